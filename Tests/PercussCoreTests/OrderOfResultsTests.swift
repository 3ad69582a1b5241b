import PercussWire
import Testing

@testable import PercussCore

/// Two things wrong at once: the one that the specification names first is answered. Protocol-spec sections 5 and 13.
@Suite struct OrderOfResultsTests {
  /// A request that breaks two rules, and the answer to the first of them.
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let result: ControlResult
    var field: UInt8?
    let ask: @Sendable (inout Bench) -> ControlResponse?

    init(
      _ description: String, _ result: ControlResult, field: UInt8? = nil,
      ask: @escaping @Sendable (inout Bench) -> ControlResponse?
    ) {
      testDescription = description
      self.result = result
      self.field = field
      self.ask = ask
    }
  }

  private static func step(_ index: UInt16, _ at: UInt32, _ segment: RoutineSegment) -> ControlRequest.Body {
    .queueStep(index: index, atMilliseconds: at, segment: segment)
  }

  private static func start(slot: UInt8 = 0, _ start: UInt64, _ offset: UInt32 = 0) -> ControlRequest.Body {
    .routineStart(slot: slot, startMicroseconds: start, offsetMilliseconds: offset)
  }

  /// More than a day ahead of any bench.
  private static let tooFar: UInt64 = 100_000_000_000

  private static func fill(_ bench: inout Bench) {
    for index in 0..<32 { bench.ask(step(UInt16(index), UInt32(index) * 1000, hold(1900, 1000))) }
  }

  static let queueStep = [
    Case("the segment, then the index", .outOfRange, field: 4) { $0.ask(step(7, 0, hold(1905, 1000))) },
    Case("the segment, then the place in the queue", .outOfRange, field: 4) {
      fill(&$0)
      return $0.ask(step(32, 32000, hold(1905, 1000)))
    },
    Case("the segment, then its begin", .invalidParameter) {
      fill(&$0)
      return $0.ask(step(3, 0, wait(1000)))
    },
    Case("the index, then the place in the queue", .outOfOrder) {
      fill(&$0)
      return $0.ask(step(7, 32000, hold(1900, 1000)))
    },
    Case("the place in the queue, then the begin", .queueFull) {
      fill(&$0)
      return $0.ask(step(32, 5, hold(1900, 1000)))
    },
    Case("the end of the step before, then the instant", .invalidParameter) {
      $0.ask(step(0, 0, hold(1900, 1000)))
      $0.ask(.queueStart(startMicroseconds: 0))
      $0.run(milliseconds: 500)
      return $0.ask(step(1, 100, hold(1900, 1000)))
    },
  ]

  static let routineStart = [
    Case("the slot, then the instant", .outOfRange, field: 0) { $0.ask(start(slot: 9, 1)) },
    Case("nothing there, then the instant", .notFound) { $0.ask(start(slot: 1, 1)) },
    Case("nothing there, then the offset", .notFound) { $0.ask(start(slot: 1, 0, 5000)) },
    Case("too late, then the offset", .tooLate) { $0.ask(start(1, 5000)) },
    Case("too far ahead, then the offset", .outOfRange, field: 1) { $0.ask(start(tooFar, 5000)) },
  ]

  static let queueStart = [
    Case("too late, then an empty queue", .tooLate) { $0.ask(.queueStart(startMicroseconds: 1)) },
    Case("too far ahead, then an empty queue", .outOfRange, field: 0) {
      $0.ask(.queueStart(startMicroseconds: tooFar))
    },
  ]

  static let routineBegin = [
    Case("the slot, then the length", .outOfRange, field: 0) {
      $0.ask(.routineBegin(slot: 9, length: 16, crc32: 0))
    },
    Case("the length, then its size", .outOfRange, field: 1) {
      $0.ask(.routineBegin(slot: 0, length: 5 + 11 * 3000, crc32: 0))
    },
  ]

  @Test(arguments: queueStep + routineStart + queueStart + routineBegin)
  func `of two violations the first in section 13 is answered (PCS/SR/CP/BV-06)`(each: Case) {
    var bench = Bench()
    bench.store([hold(1900, 1000)])
    let response = each.ask(&bench)
    #expect(response?.result == each.result)
    if let field = each.field {
      guard case .parameterLimits(field, _, _)? = response?.body else {
        Issue.record("field \(field) is not named: \(String(describing: response))")
        return
      }
    }
  }

  @Test(
    arguments: [
      ([0x99, 9, 0x80], .invalidParameter), ([0x99, 9, 0], .unknownOpCode), ([0x14, 9, 0], .invalidLength),
      ([0x20, 9, 0x80, 0], .invalidParameter), ([0x01, 9, 0, 0, 0], .invalidLength),
      ([0x13, 9, 0, 1, 0, 0xFF, 0xFF], .outOfRange), ([0x14, 9, 0, 0, 0], .unsupported),
      ([0x13, 9, 0, 1, 0, 0, 0], .controlRequired), ([0x12, 9, 0], .controlRequired),
    ] as [([UInt8], ControlResult)])
  func `of two violations the first in section 5 is answered (PCS/SR/CP/BV-06)`(bytes: [UInt8], result: ControlResult) {
    // Without control and without force limit, so that each request fails further checks too.
    var bench = Bench(.mini, lease: nil)
    bench.write(bytes)
    #expect(bench.responses.last?.result == result)
  }

  @Test func `the state comes before what the request itself demands (PCS/SR/CP/BV-06)`() {
    var bench = Situation.routine.bench()
    #expect(bench.ask(.setSpeed(speedPPM: 1, rampMilliseconds: 0))?.result == .wrongState)
    #expect(bench.ask(Self.start(slot: 9, 1))?.result == .wrongState)
    var fault = Situation.fault.bench()
    #expect(fault.ask(.setSpeed(speedPPM: 1, rampMilliseconds: 0))?.result == .faultActive)
  }
}
