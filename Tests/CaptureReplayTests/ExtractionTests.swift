import Foundation
import PercussCapture
import PercussClient
import PercussDocument
import PercussGATT
import PercussLink
import PercussRoutine
import PercussSimulator
import PercussTime
import PercussWire
import Testing

/// The routine that was played, from what was said: compiled again, it is the plan that was played.
struct ExtractionTests {
  private static let examples = CapturedRun.folder.deletingLastPathComponent().appending(path: "protocol-spec/examples")

  /// Routines that all modes can play.
  private static let names: [String] = {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: examples.path)) ?? []
    return names.filter { $0.hasSuffix(".yaml") }.sorted()
  }()

  private func plan(_ text: [UInt8], _ name: String, _ mode: PlayMode) throws -> Plan {
    let feature = try CapturedRun.feature()
    return try Plan(
      compiling: RoutineDocument.parse(text, name: name), for: DeviceLimits(feature), mode: mode)
  }

  private func segments(_ plan: Plan) -> [RoutineSegment] {
    plan.steps.compactMap { step in
      SegmentKind(rawValue: step.kind.rawValue).map {
        RoutineSegment(
          kind: $0, forceLimitDecinewtons: step.forceLimit ?? 0, speedFromPPM: step.speedFrom,
          speedToPPM: step.speedTo, durationMilliseconds: step.duration)
      }
    }
  }

  /// The conversation that uploads and starts a routine, in chunks that come twice and out of order.
  private func uploading(_ segments: [RoutineSegment]) throws -> Conversation {
    let image = try RoutineImage(segments)
    var conversation = Written()
    try conversation.request(
      .routineBegin(slot: 0, length: image.length, crc32: image.crc32),
      .transferOpened(transfer: 3, nextOffset: 0, window: 1024))
    let starts = stride(from: 0, to: image.bytes.count, by: 20).reversed()
    for start in Array(starts) + [0] {
      conversation.add(
        .command, .percussRoutineData,
        [1, 3] + little(UInt32(start)) + image.bytes[start..<min(start + 20, image.bytes.count)])
    }
    try conversation.request(.routineCommit(transfer: 3), .routineStored(slot: 0))
    try conversation.request(
      .routineStart(slot: 0, startMicroseconds: 0, offsetMilliseconds: 0), .routineStarted(startMicroseconds: 5))
    return conversation.result
  }

  private func little(_ number: UInt32) -> [UInt8] { (0..<4).map { UInt8(number >> ($0 * 8) & 0xFF) } }

  @Test(arguments: names)
  func `an uploaded example is the same plan`(name: String) throws {
    let text = [UInt8](try Data(contentsOf: Self.examples.appending(path: name)))
    guard let plan = try? plan(text, name, .uploaded) else { return }
    let routine = try uploading(segments(plan)).extractRoutine()
    #expect(routine.mode == .uploaded && routine.segments == segments(plan))
    let document = routine.document(named: name, source: "a test")
    let again = try self.plan(Array(document.utf8), "extracted.yaml", .uploaded)
    #expect(segments(again) == segments(plan))
  }

  @Test(arguments: names)
  func `a streamed example is the same plan`(name: String) throws {
    let text = [UInt8](try Data(contentsOf: Self.examples.appending(path: name)))
    guard let plan = try? plan(text, name, .streamed), plan.sections.count == 1 else { return }
    var conversation = Written()
    try conversation.request(.queueFlush, .empty)
    for (index, segment) in segments(plan).enumerated() {
      let body = RoutineData.Body.streamedStep(
        index: UInt16(index), atMilliseconds: plan.steps[index].offset, segment: segment)
      if index == 2 {
        try conversation.request(.queueStart(startMicroseconds: 0), .streamStarted(startMicroseconds: 5))
      }
      conversation.add(.command, .percussRoutineData, try RoutineData(body: body).bytes())
    }
    if plan.steps.count < 3 {
      try conversation.request(.queueStart(startMicroseconds: 0), .streamStarted(startMicroseconds: 5))
    }
    let routine = try conversation.result.extractRoutine()
    let again = try self.plan(
      Array(routine.document(named: name, source: "a test").utf8), "extracted.yaml", .streamed)
    #expect(segments(again) == segments(plan))
  }

  @Test(arguments: [
    ("percuss-uploaded.btsnoop", ExtractedRoutine.Mode.uploaded), ("percuss-streamed.btsnoop", .streamed),
    ("percuss-streamed-eatt.btsnoop", .streamed), ("percuss-live.btsnoop", .live),
  ])
  func `golden captures of one routine give that routine`(name: String, mode: ExtractedRoutine.Mode) throws {
    let routine = try CapturedRun.conversation(name).extractRoutine()
    #expect(routine.mode == mode)
    let played: [(SegmentKind, UInt16, UInt16, UInt32)] = [
      (.hold, 1900, 1900, 2000), (.ramp, 1900, 2200, 1000), (.rest, 0, 0, 500), (.hold, 2000, 2000, 1000),
    ]
    try #require(routine.segments.count == played.count, "\(routine)")
    for (segment, step) in zip(routine.segments, played) {
      #expect(segment.kind == step.0 && segment.speedFromPPM == step.1 && segment.speedToPPM == step.2)
      #expect(segment.forceLimitDecinewtons == 1780)
      let exact = mode == .live ? 20 : 0
      #expect(abs(Int(segment.durationMilliseconds) - Int(step.3)) <= exact, "\(segment)")
    }
    let document = routine.document(named: "Again", source: name)
    #expect(try segments(plan(Array(document.utf8), "extracted.yaml", .uploaded)) == routine.segments)
  }

  @Test func `a motor that was driven by hand is a routine too`() throws {
    let routine = try CapturedRun.conversation("percuss-set.btsnoop").extractRoutine()
    // A routine cannot ramp from rest; from the lowest speed it can.
    #expect(routine.mode == .live && routine.segments.map(\.kind) == [.ramp, .hold])
    #expect(
      routine.segments[0].speedFromPPM == 1750 && routine.segments[0].speedToPPM == routine.segments[1].speedToPPM)
    #expect(routine.notes.count == 1 && routine.notes[0].contains("from rest"))
  }

  @Test func `a force limit ends no step beside whose speed it was sent, and splits a hold`() throws {
    var conversation = Written()
    try conversation.request(.setForceLimit(forceDecinewtons: 600), .empty, at: 0)
    try conversation.request(.setSpeed(speedPPM: 1900, rampMilliseconds: 0), .empty, at: 50)
    try conversation.request(.setForceLimit(forceDecinewtons: 500), .empty, at: 2_550)
    try conversation.request(.setSpeed(speedPPM: 2300, rampMilliseconds: 20_000), .empty, at: 5_050)
    try conversation.request(.setForceLimit(forceDecinewtons: 900), .empty, at: 5_170)
    try conversation.request(.setForceLimit(forceDecinewtons: 300), .empty, at: 24_930)
    try conversation.request(.setSpeed(speedPPM: 2000, rampMilliseconds: 0), .empty, at: 25_050)
    try conversation.request(.stop, .empty, at: 26_050)
    let routine = try conversation.result.extractRoutine()
    let expected: [RoutineSegment] = [
      .moving(.hold, 1900, 1900, 2_500, 600), .moving(.hold, 1900, 1900, 2_500, 500),
      .moving(.ramp, 1900, 2300, 20_000, 900), .moving(.hold, 2000, 2000, 1_000, 300),
    ]
    #expect(routine.segments == expected && routine.notes.isEmpty, "\(routine)")
  }

  @Test func `a ramp whose force limit changes has the lowest, and says so`() throws {
    var conversation = Written()
    try conversation.request(.setForceLimit(forceDecinewtons: 600), .empty, at: 0)
    try conversation.request(.setSpeed(speedPPM: 1900, rampMilliseconds: 0), .empty, at: 50)
    try conversation.request(.setSpeed(speedPPM: 2300, rampMilliseconds: 20_000), .empty, at: 2_050)
    try conversation.request(.setForceLimit(forceDecinewtons: 200), .empty, at: 12_050)
    try conversation.request(.stop, .empty, at: 22_050)
    let routine = try conversation.result.extractRoutine()
    #expect(routine.segments == [.moving(.hold, 1900, 1900, 2_000, 600), .moving(.ramp, 1900, 2300, 20_000, 200)])
    #expect(routine.notes.count == 1 && routine.notes[0].contains("the lowest of its limits"), "\(routine.notes)")
  }

  @Test func `a ramp that was cut off ends where the motor was`() throws {
    var conversation = Written()
    try conversation.request(.setSpeed(speedPPM: 2000, rampMilliseconds: 0), .empty, at: 0)
    try conversation.request(.setSpeed(speedPPM: 2400, rampMilliseconds: 10_000), .empty, at: 1_000)
    try conversation.request(.setSpeed(speedPPM: 2000, rampMilliseconds: 0), .empty, at: 6_000)
    try conversation.request(.stop, .empty, at: 7_000)
    let routine = try conversation.result.extractRoutine()
    let expected: [RoutineSegment] = [
      .moving(.hold, 2000, 2000, 1_000, 0), .moving(.ramp, 2000, 2200, 5_000, 0), .moving(.hold, 2000, 2000, 1_000, 0),
    ]
    #expect(routine.segments == expected, "\(routine)")
  }

  private func stream(_ segments: [RoutineSegment], in conversation: inout Written, at begin: UInt64) throws {
    try conversation.request(.queueFlush, .empty)
    var start: UInt32 = 0
    for (index, segment) in segments.enumerated() {
      let body = RoutineData.Body.streamedStep(index: UInt16(index), atMilliseconds: start, segment: segment)
      conversation.add(.command, .percussRoutineData, try RoutineData(body: body).bytes())
      start += segment.durationMilliseconds
    }
    try conversation.request(.queueStart(startMicroseconds: 0), .streamStarted(startMicroseconds: begin))
  }

  @Test func `what was streamed before a stop or by someone else is no part of the routine`() throws {
    let (first, second) = (
      RoutineSegment.moving(.hold, 1900, 1900, 5_000, 500), RoutineSegment.moving(.hold, 2100, 2100, 5_000, 500)
    )
    var stopped = Written()
    try stream([first, first], in: &stopped, at: 5)
    try stopped.request(.stop, .empty)
    try stream([second], in: &stopped, at: 20_000_000)
    let routine = try stopped.result.extractRoutine()
    #expect(routine.segments == [second])
    #expect(
      routine.notes.contains { $0.contains("2 steps were streamed before") && $0.contains("stopped") },
      "\(routine.notes)")

    var released = Written()
    try stream([first], in: &released, at: 5)
    try released.request(.releaseControl, .empty)
    try stream([second], in: &released, at: 20_000_000)
    #expect(try released.result.extractRoutine().segments == [second])

    var waited = Written()
    try stream([first], in: &waited, at: 5)
    try stream([second], in: &waited, at: 70_000_005)
    let wait = try waited.result.extractRoutine()
    #expect(wait.segments.map(\.kind) == [.hold, .wait, .hold])
    // 65 s.
    #expect(wait.segments[1].durationMilliseconds == 120_000 && wait.notes.contains { $0.contains("time-out") })
  }

  @Test func `steps of which it is not known whether they were played are an error`() throws {
    let (first, second) = (
      RoutineSegment.moving(.hold, 1900, 1900, 5_000, 500), RoutineSegment.moving(.hold, 2100, 2100, 5_000, 500)
    )
    var edited = Written()
    try stream([first, first], in: &edited, at: 5)
    try edited.request(.queueFlush, .empty, state: .stream)
    #expect { try edited.result.extractRoutine() } throws: { "\($0)".contains("taken back") }

    var unlike = Written()
    try stream([first], in: &unlike, at: 5)
    for segment in [first, second] {
      let body = RoutineData.Body.streamedStep(index: 0, atMilliseconds: 0, segment: segment)
      unlike.add(.command, .percussRoutineData, try RoutineData(body: body).bytes())
    }
    #expect { try unlike.result.extractRoutine() } throws: { "\($0)".contains("sent twice") }
  }

  @Test func `what is missing is told`() throws {
    let info = try CapturedRun.conversation("percuss-scan-and-info.btsnoop")
    #expect(throws: ExtractionError.self) { try info.extractRoutine() }
    let killed = try CapturedRun.conversation("percuss-central-killed.btsnoop")
    #expect { try killed.extractRoutine() } throws: { "\($0)".contains("does not show the end") }

    var uploaded = try CapturedRun.conversation("percuss-uploaded.btsnoop")
    let chunk = try #require(
      uploaded.items.firstIndex { $0.action == .command && $0.characteristic == .percussRoutineData })
    uploaded.items.remove(at: chunk)
    #expect { try uploaded.extractRoutine() } throws: { "\($0)".contains("parts of its upload are missing") }
    let begin = try #require(uploaded.items.firstIndex { $0.action == .write && $0.bytes.first == 0x20 })
    uploaded.items.removeSubrange(begin...(begin + 1))
    #expect { try uploaded.extractRoutine() } throws: { "\($0)".contains("is not in the capture") }

    var streamed = try CapturedRun.conversation("percuss-streamed.btsnoop")
    streamed.items.removeAll { $0.action == .command && $0.bytes.starts(with: [2, 1, 0]) }
    #expect { try streamed.extractRoutine() } throws: { "\($0)".contains("step 1 of the stream is missing") }
  }

  @Test func `times at the ends of their range are too long, and do not trap`() throws {
    var conversation = try CapturedRun.conversation("percuss-set.btsnoop")
    let speed = try #require(conversation.items.firstIndex { $0.action == .write && $0.bytes.first == 0x13 })
    let stop = try #require(conversation.items.firstIndex { $0.action == .write && $0.bytes.first == 0x10 })
    (conversation.items[speed].time, conversation.items[stop].time) = (.min, .max)
    #expect { try conversation.extractRoutine() } throws: { "\($0)".contains("24 h") }
  }

  /// Under every number that a transfer can have, many times, as no device would answer.
  @Test func `uploads that are announced take no room and no time`() throws {
    var conversation = Written()
    for number in 0..<40_000 {
      let (transfer, slot) = (UInt8(number & 0xFF), UInt8(number >> 8 & 0xFF))
      try conversation.request(
        .routineBegin(slot: slot, length: 720_878, crc32: UInt32(number)),
        .transferOpened(transfer: transfer, nextOffset: 0, window: 1024))
    }
    try conversation.request(.routineCommit(transfer: 1), .routineStored(slot: 0))
    try conversation.request(
      .routineStart(slot: 0, startMicroseconds: 0, offsetMilliseconds: 0), .routineStarted(startMicroseconds: 5))
    let result = conversation.result
    let begin = ContinuousClock.now
    #expect { try result.extractRoutine() } throws: { "\($0)".contains("parts of its upload are missing") }
    #expect(ContinuousClock.now - begin < .seconds(4))
  }

  @Test func `a name from outside stays one line in quotes`() throws {
    let routine = try CapturedRun.conversation("percuss-uploaded.btsnoop").extractRoutine()
    let document = routine.document(named: "a \"name\"\nsteps: []\\", source: "evil\nname: x")
    #expect(try RoutineDocument.parse(Array(document.utf8), name: "x.yaml").name == "a \"name\" steps: []\\")
  }
}

/// A conversation that is written by hand.
private struct Written {
  private var items: [ConversationItem] = []
  private var sequence: UInt8 = 0

  mutating func add(_ action: ConversationItem.Action, _ characteristic: BluetoothUUID, _ bytes: [UInt8]) {
    items.append(
      ConversationItem(
        number: items.count + 1, time: Int64(items.count) * 10_000_000, action: action, characteristic: characteristic,
        bytes: bytes))
  }

  /// - Parameter milliseconds: when; after what came before unless given.
  mutating func request(
    _ body: ControlRequest.Body, _ answer: ControlResponse.Body, at milliseconds: Int64? = nil,
    state: DeviceState = .idle
  ) throws {
    let request = ControlRequest(sequence: sequence, flags: [], body: body)
    add(.write, .percussControlPoint, try request.bytes())
    if let milliseconds { items[items.count - 1].time = milliseconds * 1_000_000 }
    let response = ControlResponse(
      opCode: request.opCode, sequence: sequence, result: .success, state: state, body: answer)
    add(.value, .percussControlPoint, try response.bytes())
    sequence &+= 1
  }

  var result: Conversation { Conversation(items: items, end: Int64(items.count) * 10_000_000) }
}

extension RoutineSegment {
  fileprivate static func moving(
    _ kind: SegmentKind, _ from: UInt16, _ to: UInt16, _ milliseconds: UInt32, _ force: UInt16
  ) -> Self {
    Self(
      kind: kind, forceLimitDecinewtons: force, speedFromPPM: from, speedToPPM: to, durationMilliseconds: milliseconds)
  }
}
