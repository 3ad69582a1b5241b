import PercussTime
import Testing

@Suite struct MonotonicInstantTests {
  @Test func `arithmetic saturates`() {
    let late = MonotonicInstant(nanoseconds: .max - 5)
    #expect(late.advanced(by: .seconds(1)) == .distantFuture)
    #expect(MonotonicInstant(nanoseconds: .min + 5).advanced(by: .seconds(-1)).nanoseconds == .min)
    #expect(MonotonicInstant(nanoseconds: .min).duration(to: .distantFuture) == .nanoseconds(Int64.max))
    #expect(MonotonicInstant.distantFuture.duration(to: .init(nanoseconds: .min)) == .nanoseconds(Int64.min))
    #expect(MonotonicInstant.zero.advanced(by: .seconds(Int64.max)) == .distantFuture)
    #expect(Duration.seconds(Int64.min).wholeNanoseconds == .min)
    #expect(
      Duration(secondsComponent: 9_223_372_036, attosecondsComponent: 900_000_000_000_000_000).wholeNanoseconds == .max)
  }

  @Test func `durations and text`() {
    let instant = MonotonicInstant.zero + .microseconds(12_000_250)
    #expect(instant.description == "12.000250000s")
    #expect((MonotonicInstant.zero - .nanoseconds(1)).description == "-0.000000001s")
    #expect(instant.microseconds == 12_000_250)
    #expect(MonotonicInstant(nanoseconds: -1).microseconds == -1)
    #expect(instant - .zero == .microseconds(12_000_250))
    #expect(Duration.milliseconds(-1500).wholeMilliseconds == -1500)
  }
}

@Suite struct SeededGeneratorTests {
  @Test func `the sequence is that of SplitMix64`() {
    // First outputs for seed 1234567, as published with the reference implementation's test data.
    var generator = SeededGenerator(seed: 1_234_567)
    #expect(
      (0..<5).map { _ in generator.next() } == [
        6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423, 4_593_380_528_125_082_431,
        16_408_922_859_458_223_821,
      ])
  }

  @Test func `streams are apart from each other and from their origin`() {
    var origin = SeededGenerator(seed: 1)
    var first = origin.stream("loss")
    var again = origin.stream("loss")
    var other = origin.stream("order")
    let values = [origin.next(), first.next(), other.next()]
    #expect(Set(values).count == 3)
    #expect(again.next() == values[1])
  }

  @Test(arguments: [0.0, 0.1, 0.5, 1.0]) func `chance has its probability`(probability: Double) {
    var generator = SeededGenerator(seed: 5)
    let hits = (0..<10_000).count { _ in generator.chance(probability) }
    #expect(abs(Double(hits) / 10_000 - probability) < 0.02)
    if probability == 0 || probability == 1 { #expect(hits == Int(probability * 10_000)) }
  }
}

@Suite struct LatenessHistogramTests {
  @Test func `an empty one knows nothing`() {
    let histogram = LatenessHistogram()
    #expect(histogram.count == 0)
    #expect(histogram.minimum == nil)
    #expect(histogram.p99 == nil)
  }

  @Test(arguments: [1, 63, 64, 65, 1_000, 1_048_575, 123_456_789, 90_000_000_000, Int64.max] as [Int64])
  func `percentiles are never below the truth and at most a 32nd above it`(scale: Int64) {
    var histogram = LatenessHistogram()
    var values: [Int64] = []
    var generator = SeededGenerator(seed: UInt64(scale))
    for _ in 0..<5_000 {
      let value = Int64.random(in: 0...scale, using: &generator)
      values.append(value)
      histogram.record(.nanoseconds(value))
    }
    values.sort()
    for (fraction, found) in [
      (0.0, histogram.percentile(-1)), (0.5, histogram.p50), (0.9, histogram.p90), (0.99, histogram.p99),
      (0.999, histogram.p999), (1, histogram.percentile(7)),
    ] {
      let truth = values[max(0, Int((fraction * 5_000).rounded(.up)) - 1)]
      let estimate = found?.wholeNanoseconds ?? -1
      #expect(estimate >= truth)
      #expect(Double(estimate) <= Double(truth) * (1 + 1 / 32) + 1)
    }
    #expect(histogram.minimum == .nanoseconds(values[0]))
    #expect(histogram.maximum == .nanoseconds(values[4_999]))
  }

  @Test func `early values are counted apart`() {
    var histogram = LatenessHistogram()
    histogram.record(.nanoseconds(-3))
    histogram.record(.nanoseconds(10))
    #expect(histogram.earlyCount == 1)
    #expect(histogram.minimum == .nanoseconds(-3))
    #expect(histogram.p50 == .zero)
  }

  @Test func `merging equals recording all in one`() {
    var (one, two, all) = (LatenessHistogram(), LatenessHistogram(), LatenessHistogram())
    for value in 0..<1_000 {
      if value % 3 == 0 {
        one.record(nanoseconds: Int64(value * value))
      } else {
        two.record(nanoseconds: Int64(value * value))
      }
      all.record(nanoseconds: Int64(value * value))
    }
    one.merge(two)
    #expect(one == all)
  }
}
