import PercussWire
import Testing

@testable import PercussCore

/// Every request in every state: protocol-spec section 8.
@Suite struct StateMatrixTests {
  /// What a request of the holder gives in a state.
  struct Row {
    let name: String
    let request: ControlRequest.Body
    /// Where it succeeds. Elsewhere: `fault_active` in fault, else `wrong_state`.
    let succeeds: Set<Situation>
    /// Results that differ from that rule.
    var others: [Situation: ControlResult] = [:]
  }

  static let everywhere = Set(Situation.allCases)
  static let playing: Set<Situation> = [.routine, .stream, .waiting]

  static let rows: [Row] = [
    Row(
      name: "request_control", request: .requestControl(leaseMilliseconds: 2000, lossPolicy: .stop),
      succeeds: everywhere),
    Row(name: "release_control", request: .releaseControl, succeeds: everywhere),
    Row(name: "keep_alive", request: .keepAlive, succeeds: everywhere),
    Row(
      name: "reset", request: .reset, succeeds: everywhere.subtracting([.fault]), others: [.fault: .faultActive]),
    Row(name: "stop", request: .stop, succeeds: everywhere),
    Row(name: "pause", request: .pause, succeeds: playing),
    Row(name: "resume", request: .resume, succeeds: [.paused, .pausedStream]),
    Row(
      name: "set_speed", request: .setSpeed(speedPPM: 1900, rampMilliseconds: 0), succeeds: [.idle, .manual]),
    Row(
      name: "set_speed 0", request: .setSpeed(speedPPM: 0, rampMilliseconds: 0), succeeds: [.idle, .manual]),
    Row(name: "set_force_limit", request: .setForceLimit(forceDecinewtons: 600), succeeds: everywhere),
    Row(name: "set_timer", request: .setTimer(durationMilliseconds: 60000), succeeds: everywhere),
    Row(name: "preset", request: .preset(index: 3, rampMilliseconds: 0), succeeds: [.idle, .manual]),
    Row(name: "confirm", request: .confirm(step: 0), succeeds: [.waiting]),
    Row(name: "routine_begin", request: .routineBegin(slot: 2, length: 15, crc32: 0), succeeds: everywhere),
    Row(name: "routine_commit", request: .routineCommit(transfer: 2), succeeds: everywhere),
    Row(
      name: "routine_abort", request: .routineAbort(transfer: 9), succeeds: [],
      others: Dictionary(uniqueKeysWithValues: Situation.allCases.map { ($0, ControlResult.notFound) })),
    Row(name: "routine_query", request: .routineQuery(slot: 0), succeeds: everywhere),
    Row(
      name: "routine_start", request: .routineStart(slot: 0, startMicroseconds: 0, offsetMilliseconds: 0),
      succeeds: [.idle]),
    Row(
      name: "routine_seek", request: .routineSeek(offsetMilliseconds: 100), succeeds: [.routine, .waiting, .paused]),
    Row(name: "routine_clear", request: .routineClear(slot: 3), succeeds: everywhere),
    Row(
      name: "routine_clear of slot 0", request: .routineClear(slot: 0),
      succeeds: everywhere.subtracting([.scheduled, .routine, .paused]),
      others: [.scheduled: .inUse, .routine: .inUse, .paused: .inUse]),
    Row(name: "routine_validate", request: .routineValidate(slot: 0), succeeds: everywhere),
    Row(
      name: "queue_step", request: .queueStep(index: 0, atMilliseconds: 20000, segment: hold(1900, 1000)),
      succeeds: everywhere.subtracting([.stream, .pausedStream, .scheduledStream]),
      others: [.stream: .outOfOrder, .pausedStream: .outOfOrder, .scheduledStream: .outOfOrder]),
    Row(name: "queue_flush", request: .queueFlush, succeeds: everywhere),
    Row(
      name: "queue_start of an empty queue", request: .queueStart(startMicroseconds: 0), succeeds: [],
      others: [.idle: .notFound]),
    Row(name: "set_telemetry", request: .setTelemetry(intervalMilliseconds: 50), succeeds: everywhere),
  ]

  @Test(arguments: rows.indices)
  func `each request gives its result in each state (PCS/SR/SM/BV-01, BI-01, BI-02)`(row: Int) {
    let row = Self.rows[row]
    for situation in Situation.allCases {
      var bench = situation.bench()
      let expected: ControlResult
      if let other = row.others[situation] {
        expected = other
      } else if row.succeeds.contains(situation) {
        expected = .success
      } else {
        expected = situation == .fault ? .faultActive : .wrongState
      }
      let response = bench.ask(row.request)
      #expect(response?.result == expected, "\(row.name) in \(situation)")
      #expect(response?.state == bench.state, "\(row.name) in \(situation)")
    }
  }

  /// The state after a request that succeeds, as the table of section 8 has it. The wait of the situation is at rest.
  private static func state(after row: Row, in situation: Situation) -> DeviceState {
    switch ControlRequest(sequence: 0, flags: [], body: row.request).opCode {
    case .stop, .releaseControl, .reset:
      switch situation {
      case .idle, .scheduled, .scheduledStream, .waiting: return .idle
      case .fault: return .fault
      default: return .stopping
      }
    case .setSpeed where row.request == .setSpeed(speedPPM: 0, rampMilliseconds: 0): return situation.state
    case .setSpeed, .preset: return .manual
    case .pause: return .paused
    case .resume: return situation == .paused ? .routine : .stream
    case .confirm, .routineStart: return .routine
    case .queueFlush where situation == .scheduledStream: return .idle
    default: return situation.state
    }
  }

  @Test(arguments: rows.indices)
  func `a request that succeeds leads to its state, any other to none (PCS/SR/SM/BV-01, CP/BV-04)`(row: Int) {
    let row = Self.rows[row]
    for situation in Situation.allCases {
      var bench = situation.bench()
      let isDone = bench.ask(row.request)?.result == .success
      #expect(
        bench.state
          == (isDone ? Self.state(after: row, in: situation) : row.request == .reset ? .fault : situation.state),
        "\(row.name) in \(situation)")
    }
  }

  @Test(arguments: rows.indices)
  func `without control only five requests are possible (PCS/SR/LE/BV-11, BI-01)`(row: Int) {
    let row = Self.rows[row]
    let free: Set<OpCode> = [.stop, .routineQuery, .routineValidate, .setTelemetry]
    for situation in Situation.allCases {
      var bench = situation.bench(centrals: 2)
      let before = bench.core.truth
      let request = ControlRequest(sequence: 1, flags: [], body: row.request)
      let response = bench.send(request, from: 1)
      if free.contains(request.opCode) {
        #expect(response?.result == .success, "\(row.name) in \(situation)")
      } else {
        let expected: ControlResult = request.opCode == .requestControl ? .controlHeld : .controlRequired
        #expect(response?.result == expected, "\(row.name) in \(situation)")
        #expect(bench.core.truth == before, "\(row.name) in \(situation)")
      }
    }
  }

  @Test func `the table has every op code`() {
    let tested = Set(Self.rows.map { ControlRequest(sequence: 0, flags: [], body: $0.request).opCode })
    #expect(tested == Set(OpCode.knownValues))
  }

  @Test func `a device without a feature says unsupported (PCS/SR/PR/BV-07)`() {
    var bench = Bench(.mini)
    let requests: [ControlRequest.Body] = [
      .setForceLimit(forceDecinewtons: 100), .confirm(step: 0), .queueFlush, .queueStart(startMicroseconds: 0),
      .queueStep(index: 0, atMilliseconds: 0, segment: hold(1900, 1000)),
    ]
    for request in requests { #expect(bench.ask(request)?.result == .unsupported, "\(request)") }
    #expect(bench.store([hold(1900, 1000, force: 10)])?.body == .invalidStep(step: 0))
    #expect(bench.store([hold(1900, 1000), wait(1000)])?.body == .invalidStep(step: 1))
  }

  @Test
  func `unknown op codes, short requests, reserved flags and unknown values are refused (PCS/SR/CP/BI-04 to BI-06)`() {
    var bench = Bench()
    let cases: [([UInt8], ControlResult)] = [
      ([0x7E, 10, 0], .unknownOpCode), ([0xC0, 11, 0], .unknownOpCode), ([0x80, 12, 0], .unknownOpCode),
      ([OpCode.setSpeed.rawValue, 13, 0, 0x6C], .invalidLength),
      ([OpCode.keepAlive.rawValue, 14, 2], .invalidParameter),
      ([OpCode.requestControl.rawValue, 15, 0, 0xD0, 7, 9], .invalidParameter),
      ([OpCode.requestControl.rawValue, 16, 0, 1, 0, 0], .outOfRange),
    ]
    for (bytes, result) in cases {
      #expect(bench.write(bytes) == nil)
      #expect(bench.responses.last?.result == result, "\(bytes)")
    }
  }

  @Test func `a manual drive to 0 ends in idle`() {
    var bench = Situation.manual.bench()
    bench.ask(.setSpeed(speedPPM: 0, rampMilliseconds: 1000))
    bench.run(milliseconds: 900)
    #expect(bench.state == .manual)
    bench.run(milliseconds: 110)
    #expect(bench.changes == [Change(.idle, .completed)])
    #expect(bench.core.truth.speedMilliPPM == 0)
  }
}
