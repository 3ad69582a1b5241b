import Testing

@testable import PercussRoutine

@Suite struct `The comparison of two runs` {
  typealias Verdict = ReportComparison.Verdict

  /// Lateness as a busy host has it: mostly some hundred microseconds, now and then milliseconds.
  static func run(_ count: Int, seed: UInt64, shift: Int64 = 0, tail: UInt64 = 20) -> RunReport {
    var noise = Noise(state: seed &* 1_000_003)
    let late = (0..<count).map { _ in
      shift + 60 + Int64(noise.next() % 300) + (noise.next() % tail == 0 ? Int64(noise.next() % 4_000) : 0)
    }
    return `The figure of the lateness`.report(late)
  }

  static func verdict(_ a: [RunReport], _ b: [RunReport], leastEffect: Int64 = 100) throws -> Verdict {
    try ReportComparison(a, b, options: .init(leastEffectMicroseconds: leastEffect)).verdict
  }

  @Test func `calls runs that are alike worse hardly ever, whatever the least effect`() throws {
    let worse = try (0..<300 as Range<UInt64>).count { seed in
      try Self.verdict([Self.run(200, seed: seed * 2 + 1)], [Self.run(200, seed: seed * 2 + 2)], leastEffect: 0)
        == .worse
    }
    // One in a hundred at most is promised; three would be expected of the tests alone.
    #expect(worse <= 3, "\(worse) of 300")
  }

  @Test func `finds steps that are all later`() throws {
    for seed in 0..<20 as Range<UInt64> {
      let (a, b) = (Self.run(60, seed: seed + 1), Self.run(60, seed: seed + 500, shift: 2_000))
      #expect(try Self.verdict([a], [b]) == .worse)
      #expect(try Self.verdict([b], [a]) == .notWorse, "earlier is not worse")
    }
  }

  @Test func `finds a longer tail under the same median`() throws {
    let comparison = try ReportComparison([Self.run(2_000, seed: 3)], [Self.run(2_000, seed: 4, tail: 6)])
    #expect(comparison.verdict == .worse, "\(comparison)")
    #expect(comparison.measures.first { $0.percentile == 50 }?.isWorse == false)
    #expect(comparison.measures.first { $0.percentile == 95 }?.isWorse == true)
  }

  @Test func `lets pass what is too small to matter, however sure`() throws {
    let (a, b) = (Self.run(5_000, seed: 5), Self.run(5_000, seed: 6, shift: 50))
    #expect(try Self.verdict([a], [b], leastEffect: 100) == .notWorse)
    #expect(try Self.verdict([a], [b], leastEffect: 20) == .worse)
  }

  @Test func `lets pass what the halves of one run differ by as well`() throws {
    // The second half of A is 1 ms later than its first: a busy machine, not a worse program.
    let uneven = `The figure of the lateness`.report(
      (0..<200).map { Int64($0 % 7) * 10 + ($0 < 100 ? 100 : 1_100) })
    let late = `The figure of the lateness`.report((0..<200).map { Int64($0 % 7) * 10 + 1_100 })
    #expect(try Self.verdict([uneven], [late]) == .notWorse)
  }

  @Test func `with too little data says so`() throws {
    for (a, b) in [(19, 500), (500, 19), (0, 0), (1, 1)] {
      let comparison = try ReportComparison([Self.run(a, seed: 1)], [Self.run(b, seed: 2, shift: 9_000)])
      #expect(comparison.verdict == .undecided && comparison.measures.isEmpty)
      #expect(comparison.reasons.joined().contains("Too little data"))
    }
    // More runs make up for short ones.
    let a = ([1, 2, 3, 4] as [UInt64]).map { Self.run(10, seed: $0) }
    let b = ([11, 12, 13, 14] as [UInt64]).map { Self.run(10, seed: $0, shift: 9_000) }
    #expect(try Self.verdict(a, b) == .worse)
  }

  @Test func `a guarantee missed that was kept before is worse, with however little data`() throws {
    let (good, bad) = (Self.run(3, seed: 1), `The figure of the lateness`.report([10, 25_000, 10]))
    let comparison = try ReportComparison([good], [bad])
    #expect(comparison.verdict == .worse && comparison.reasons[0].contains("bounded"))
    #expect(try Self.verdict([bad], [good]) == .undecided)
    #expect(try Self.verdict([bad], [bad]) == .undecided, "it is no worse than before")
  }

  @Test func `runs that fail more often are worse, whatever their steps`() throws {
    let good = Self.run(60, seed: 1)
    var lost = Self.run(60, seed: 1)
    lost.outcome = .lost
    lost.reason = RunReason(.linkLost, "The connection ended.")
    #expect(try Self.verdict([good], [lost]) == .worse)
    #expect(try Self.verdict([good, lost], [lost, lost]) == .worse)
    #expect(try Self.verdict([lost], [lost]) == .notWorse)
    #expect(try Self.verdict([good, lost], [lost, good]) == .notWorse)
  }

  @Test func `what scatters more than before is not excused by its scatter`() throws {
    let even = Self.run(400, seed: 8)
    let half = `The figure of the lateness`.report((0..<400).map { $0 < 200 ? 100 : 15_000 + Int64($0) })
    #expect(try Self.verdict([even], [half]) == .worse)
  }

  @Test func `lateness that is another thing is not compared`() throws {
    let a = Self.run(50, seed: 1)
    var b = a
    b.mode = .live
    #expect(throws: ReportComparison.Incomparable.self) { try ReportComparison([a], [b]) }
    b = a
    b.isVirtualTime = false
    #expect(throws: ReportComparison.Incomparable.self) { try ReportComparison([a], [b]) }
  }

  @Test func `another routine, device, link or tolerance is a warning`() throws {
    let a = Self.run(50, seed: 1)
    var b = a
    b.routine.name = "Other"
    b.device.name = "Pro"
    b.link.connectionIntervalMicroseconds = nil
    b.toleranceMicroseconds = 50_000
    let warnings = try ReportComparison([a], [b]).warnings
    #expect(warnings.count == 4 && warnings.contains { $0.contains("30 ms, unknown") }, "\(warnings)")
    #expect(try ReportComparison([a], [a]).warnings.isEmpty)
  }

  /// 8 and 8 values without ties, U = 52 of 64: by the tables between 1 % (55) and 2.5 % (51), one-sided.
  @Test func `ranks as Mann and Whitney do`() {
    let (first, second): ([Int64], [Int64]) = ([1, 2, 3, 4, 5, 9, 11, 13], [6, 7, 8, 10, 12, 14, 15, 16])
    let probability = RankTest.probabilityThatGreater(first, second)
    #expect((0.01...0.025).contains(probability), "\(probability)")
    #expect(RankTest.probabilityThatGreater(second, first) > 0.97)
    #expect(RankTest.probabilityThatGreater([5, 5, 5], [5, 5, 5]) == 1)
    #expect(RankTest.probabilityThatGreater([], [1]) == 1)
  }
}
