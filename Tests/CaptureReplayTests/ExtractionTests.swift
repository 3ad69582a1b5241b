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
    #expect(routine.mode == .live && routine.segments.map(\.kind) == [.hold])
    #expect(routine.notes.count == 1 && routine.notes[0].contains("from rest"))
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
    #expect(try RoutineDocument.parse(Array(document.utf8), name: "x.yaml").name == "a namesteps: []")
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

  mutating func request(_ body: ControlRequest.Body, _ answer: ControlResponse.Body) throws {
    let request = ControlRequest(sequence: sequence, flags: [], body: body)
    add(.write, .percussControlPoint, try request.bytes())
    let response = ControlResponse(
      opCode: request.opCode, sequence: sequence, result: .success, state: .idle, body: answer)
    add(.value, .percussControlPoint, try response.bytes())
    sequence &+= 1
  }

  var result: Conversation { Conversation(items: items, end: Int64(items.count) * 10_000_000) }
}
