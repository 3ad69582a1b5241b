import PercussTime
import PercussWire
import Testing

@testable import PercussRoutine

/// The supply of a stream as a conversation: what is asked for, what is sent, what the device says to it.
@Suite struct `The supply of a stream` {
  private static func plan(_ steps: String) throws -> Plan {
    try Plan(compiling: routine(steps), for: Fixtures.limits, mode: .streamed)
  }

  private static func feeder(_ plan: Plan, from first: Int = 0, cut: Int64 = 0, depth: Int = 32) -> StreamFeeder {
    StreamFeeder(
      plan, from: first, cut: cut, speedStep: 10, queueDepth: depth, lookAhead: .seconds(2), connectionInterval: 15_000)
  }

  private static func at(_ milliseconds: Int64) -> MonotonicInstant { .zero + .milliseconds(milliseconds) }

  /// Sends all that is due, and says which.
  private static func sent(
    by feeder: inout StreamFeeder, place: Int64, at milliseconds: Int64
  ) -> (items: [StreamFeeder.Item], then: StreamFeeder.Next) {
    var items: [StreamFeeder.Item] = []
    while true {
      let next = feeder.next(place: place, at: at(milliseconds))
      guard case .send(let item) = next, items.count < 200 else { return (items, next) }
      items.append(item)
    }
  }

  private static let seconds = "- repeat: 60\n  steps:\n    - hold: 1s\n      speed: 1900 ppm"

  @Test func `sends what begins within look-ahead and reserve, and waits for the rest`() throws {
    var feeder = Self.feeder(try Self.plan(Self.seconds))
    let (first, then) = Self.sent(by: &feeder, place: 0, at: 0)
    #expect(first.map(\.index) == [0, 1, 2, 3] && first.map(\.at) == [0, 1_000, 2_000, 3_000])
    #expect(then == .wait(until: Self.at(160)), "until the first has to be repeated")
    #expect(!feeder.isReady)
    feeder.credited(nextIndex: 4, free: 28, at: Self.at(30))
    #expect(feeder.isReady)
    #expect(Self.sent(by: &feeder, place: 0, at: 30).then == .wait(until: Self.at(1_030)))
    #expect(Self.sent(by: &feeder, place: 1_000, at: 1_030).items.map(\.index) == [4])
  }

  @Test func `ends with a rest of its own`() throws {
    var feeder = Self.feeder(try Self.plan("- hold: 1s\n  speed: 1900 ppm"))
    let items = Self.sent(by: &feeder, place: 0, at: 0).items
    #expect(items.map(\.segment.kind) == [.hold, .rest] && items.map(\.at) == [0, 1_000])
    #expect(feeder.count == 2 && !feeder.isComplete)
    feeder.credited(nextIndex: 2, free: 30, at: Self.at(30))
    #expect(feeder.isComplete)
  }

  @Test func `goes back to what the device lacks, and asks why it does not get through`() throws {
    var feeder = Self.feeder(try Self.plan(Self.seconds))
    _ = Self.sent(by: &feeder, place: 0, at: 0)
    feeder.credited(nextIndex: 1, free: 31, at: Self.at(30))
    #expect(Self.sent(by: &feeder, place: 0, at: 100).items.isEmpty)
    for round in 1...2 as ClosedRange<Int64> {
      #expect(Self.sent(by: &feeder, place: 0, at: 30 + 170 * round).items.map(\.index) == [1, 2, 3])
      for _ in 0..<3 { feeder.credited(nextIndex: 1, free: 31, at: Self.at(40 + 170 * round)) }
    }
    guard case .resolve(let item) = Self.sent(by: &feeder, place: 0, at: 900).then else {
      Issue.record("it does not ask")
      return
    }
    #expect(item.index == 1)
    let took = feeder.resolved(expecting: nil, at: Self.at(960))
    #expect(took)
    #expect(feeder.acknowledged == 2 && feeder.resentCount == 6)
  }

  @Test func `silence is no refusal: without credits it goes on repeating`() throws {
    var feeder = Self.feeder(try Self.plan(Self.seconds))
    for time in stride(from: 0, to: 3_000, by: 170) as StrideTo<Int64> {
      let (items, then) = Self.sent(by: &feeder, place: 0, at: time)
      #expect(items.map(\.index) == [0, 1, 2, 3])
      if case .resolve = then { Issue.record("it asks") }
    }
  }

  @Test func `a credit that was overtaken, or is another stream's, changes nothing`() throws {
    var feeder = Self.feeder(try Self.plan(Self.seconds))
    _ = Self.sent(by: &feeder, place: 0, at: 0)
    feeder.credited(nextIndex: 3, free: 29, at: Self.at(30))
    feeder.credited(nextIndex: 1, free: 31, at: Self.at(31))
    feeder.credited(nextIndex: 37, free: 32, at: Self.at(32))
    feeder.credited(nextIndex: WireConstants.noStep, free: 32, at: Self.at(33))
    #expect(feeder.acknowledged == 3)
  }

  @Test func `a credit that was taken for another's is put right by a request`() throws {
    var feeder = Self.feeder(try Self.plan(Self.seconds))
    _ = Self.sent(by: &feeder, place: 0, at: 0)
    feeder.credited(nextIndex: 4, free: 28, at: Self.at(30))
    let isRight = feeder.resolved(expecting: 1, at: Self.at(900))
    #expect(isRight && feeder.acknowledged == 1)
    let isOurs = feeder.resolved(expecting: 40_000, at: Self.at(901))
    #expect(!isOurs)
  }

  @Test func `never sends beyond the places that are left`() throws {
    var feeder = Self.feeder(
      try Self.plan("- repeat: 60\n  steps:\n    - hold: 100ms\n      speed: 1900 ppm"), depth: 8)
    #expect(Self.sent(by: &feeder, place: 0, at: 0).items.count == 8)
    feeder.credited(nextIndex: 8, free: 0, at: Self.at(30))
    #expect(feeder.isReady)
    #expect(Self.sent(by: &feeder, place: 0, at: 40).items.isEmpty)
    feeder.credited(nextIndex: 8, free: 2, at: Self.at(130))
    #expect(Self.sent(by: &feeder, place: 100, at: 140).items.map(\.index) == [8, 9])
    // The credit for a step that begins may be lost; its event says the same.
    feeder.began(4)
    #expect(Self.sent(by: &feeder, place: 400, at: 150).items.map(\.index) == [10, 11, 12])
  }

  @Test func `counts on behind the last index, round for round, and never sends a wrong place`() throws {
    let plan = try Self.plan(
      "- hold: 2s\n  speed: 1900 ppm\n- repeat: forever\n  steps:\n    - pulse: 1s\n      speed: 1750/2200 ppm\n      period: 500ms"
    )
    var feeder = Self.feeder(plan)
    var expected = 0
    var place: Int64 = 0
    while expected < 140_000 {
      for item in Self.sent(by: &feeder, place: place, at: place).items {
        #expect(item.position == expected && Int(item.index) == expected % 65_535)
        #expect(Int64(item.at) == (expected == 0 ? 0 : 2_000 + Int64(expected - 1) * 250))
        expected += 1
      }
      #expect(feeder.number(ofIndex: UInt16((expected - 1) % 65_535)) == expected - 1)
      feeder.credited(nextIndex: UInt16(expected % 65_535), free: 20, at: Self.at(place))
      place += 250
      feeder.began(feeder.first + max(0, Int((place - 2_000) / 250)))
    }
    #expect(feeder.acknowledged == expected)
    #expect(plan.numberCount > 16_000_000 && feeder.end == plan.numberCount)
  }

  @Test func `begins within a step after a seek`() throws {
    let plan = try Self.plan("- hold: 1s\n  speed: 1900 ppm\n- ramp: 4s\n  speed: 1800..2200 ppm\n- rest: 1s")
    let number = try #require(plan.number(at: 2_000))
    var feeder = Self.feeder(plan, from: number, cut: 1_000)
    let items = Self.sent(by: &feeder, place: 0, at: 0).items
    #expect(items[0].segment.durationMilliseconds == 3_000 && items[0].segment.speedFromPPM == 1_900)
    #expect(items.map(\.at) == [0, 3_000] && feeder.nominal(number) == 2_000_000)
    #expect(plan.number(at: 6_000) == nil && plan.number(at: 5_999) == 2 && plan.number(at: 0) == 0)
  }

  @Test func `knows which look-ahead a queue allows`() throws {
    let pulses = try Self.plan(Self.seconds + "\n- pulse: 10s\n  speed: 1750/2200 ppm\n  period: 100ms")
    let longest = try #require(StreamFeeder.longestLookAhead(pulses, queueDepth: 32))
    #expect(longest.milliseconds == 1_600 && longest.step == 60)
    #expect(StreamFeeder.longestLookAhead(try Self.plan("- rest: 10ms"), queueDepth: 32) == nil)
  }

  @Test func `is edited only where nothing was sent`() throws {
    let plan = try Self.plan(Self.seconds)
    var feeder = Self.feeder(plan)
    _ = Self.sent(by: &feeder, place: 0, at: 0)
    let shorter = try Self.plan("- repeat: 5\n  steps:\n    - hold: 1s\n      speed: 1900 ppm")
    let other = try Self.plan("- repeat: 60\n  steps:\n    - hold: 1s\n      speed: 2000 ppm")
    var edited = feeder
    let results = [edited.replace(with: shorter), edited.replace(with: other)]
    #expect(results == [true, false] && edited.count == 6)
    let isCut = feeder.replace(with: try Self.plan("- repeat: 3\n  steps:\n    - hold: 1s\n      speed: 1900 ppm"))
    #expect(!isCut)
  }
}
