/// Whether runs are worse than others beyond noise: their steps later, or guarantees missed that the others kept.
///
/// Two things are compared, the median of the lateness and its 95th percentile. B is worse in one of them when both hold:
/// - chance alone would hardly do it: one-sided rank tests of the steps, the significance divided between the two;
/// - it matters: the difference is at least the least effect, and at least twice the standard deviation that this figure has among the halves of the
///   runs of either side. Steps of one run are not independent of each other, as the tests suppose; how far the halves differ tells how much that counts.
///
/// Described in `protocol-spec/report.md`.
public struct ReportComparison: Equatable, Sendable {
  /// What comes out.
  public enum Verdict: String, Codable, Sendable, CaseIterable {
    /// No sign that B is worse.
    case notWorse = "not_worse"
    /// B is worse.
    case worse
    /// Too few steps to tell.
    case undecided
  }

  /// How it is compared.
  public struct Options: Sendable {
    /// How often runs that are alike may be called worse, 0 to 1.
    public var significance: Double
    /// A difference below this does not matter, in microseconds.
    public var leastEffectMicroseconds: Int64

    /// Options; see the properties.
    public init(significance: Double = 0.01, leastEffectMicroseconds: Int64 = 100) {
      self.significance = significance
      self.leastEffectMicroseconds = leastEffectMicroseconds
    }
  }

  /// One figure of both sides.
  public struct Measure: Equatable, Sendable {
    /// Of which hundredth of the steps it is the lateness: 50 or 95.
    public var percentile: Int
    /// The lateness in A, in microseconds.
    public var aMicroseconds: Int64
    /// The lateness in B, in microseconds.
    public var bMicroseconds: Int64
    /// By how much B has to be later for it to count, in microseconds: the least effect, or the noise among the halves of the runs of A.
    public var neededMicroseconds: Int64
    /// How likely chance alone makes B so much later, 0 to 1.
    public var probability: Double
    /// Whether B is worse in it.
    public var isWorse: Bool
  }

  /// Why reports cannot be compared at all.
  public struct Incomparable: Error, Equatable, Sendable, CustomStringConvertible {
    /// What differs, and what to do.
    public var description: String
  }

  /// Steps that a side needs for the median.
  public static let leastSteps = 20
  /// Steps that a side needs for the 95th percentile.
  public static let leastStepsForTail = 100

  /// What comes out.
  public var verdict: Verdict
  /// Why, sentence by sentence.
  public var reasons: [String]
  /// Differences between the runs that make the comparison doubtful.
  public var warnings: [String]
  /// The figures that could be compared.
  public var measures: [Measure]
  /// How many steps of A were seen to begin.
  public var aCount: Int
  /// How many steps of B were seen to begin.
  public var bCount: Int

  /// Compares the runs of two sides, at least one each.
  ///
  /// - Throws: where one side's lateness is another thing than the other's: by another clock, or simulated.
  public init(_ a: [RunReport], _ b: [RunReport], options: Options = Options()) throws(Incomparable) {
    warnings = try Self.differences(a + b)
    let (first, second) = (a.map(Self.latenesses), b.map(Self.latenesses))
    aCount = first.reduce(0) { $0 + $1.count }
    bCount = second.reduce(0) { $0 + $1.count }
    let fewest = min(aCount, bCount)
    var percentiles: [Int] = []
    if fewest >= Self.leastSteps { percentiles.append(50) }
    if fewest >= Self.leastStepsForTail { percentiles.append(95) }
    measures = percentiles.compactMap { percentile in
      Self.measure(percentile, first, second, options, significance: options.significance / Double(percentiles.count))
    }
    reasons = Self.newlyFailed(a, b) + Self.newlyMissed(a, b)
    reasons += measures.filter(\.isWorse).map { measure in
      "\(Self.name(measure.percentile)) rose by \(Self.short(measure.bMicroseconds - measure.aMicroseconds)), more than the \(Self.short(measure.neededMicroseconds)) that noise or the least effect explain."
    }
    if !reasons.isEmpty {
      verdict = .worse
    } else if measures.isEmpty {
      verdict = .undecided
      reasons = [
        "Too little data to tell: \(aCount) steps of A and \(bCount) of B were seen to begin, at least \(Self.leastSteps) of each are needed. Give more runs of each."
      ]
    } else {
      verdict = .notWorse
      reasons = ["No sign that B is worse than A."]
      if measures.count == 1 {
        reasons.append("The latest steps were not compared: that takes \(Self.leastStepsForTail) steps of each.")
      }
    }
  }

  private static func latenesses(_ report: RunReport) -> [Int64] { report.steps.compactMap(\.lateMicroseconds) }

  private static func name(_ percentile: Int) -> String {
    percentile == 50 ? "The median of the lateness" : "The lateness that \(percentile) % of the steps do not exceed"
  }

  private static func short(_ microseconds: Int64) -> String { RunProfile.short(microseconds: microseconds) }

  /// Runs of B that did not come to a good end, where a smaller part of A's did so.
  private static func newlyFailed(_ a: [RunReport], _ b: [RunReport]) -> [String] {
    func failed(_ reports: [RunReport]) -> [RunReport] {
      reports.filter { [.missed, .lost, .failed].contains($0.outcome) }
    }
    let (before, now) = (failed(a), failed(b))
    guard let first = now.first, now.count * a.count > before.count * b.count else { return [] }
    return [
      "\(now.count) of \(b.count) runs of B failed, of A \(before.count) of \(a.count): \(first.outcome.rawValue). \(first.reason.message)"
    ]
  }

  /// Guarantees that a run of B missed and no run of A did.
  private static func newlyMissed(_ a: [RunReport], _ b: [RunReport]) -> [String] {
    func missed(_ reports: [RunReport]) -> [Guarantee] {
      reports.flatMap { $0.guarantees.filter { $0.status == .missed } }
    }
    let before = Set(missed(a).map(\.name))
    let now = missed(b).filter { !before.contains($0.name) }
    return GuaranteePromise.Name.allCases.compactMap { name in
      now.first { $0.name == name }.map { "A guarantee was missed that A kept: \(name.title). \($0.evidence)" }
    }
  }

  private static func measure(
    _ percentile: Int, _ first: [[Int64]], _ second: [[Int64]], _ options: Options, significance: Double
  ) -> Measure? {
    let (a, b) = (first.flatMap { $0 }, second.flatMap { $0 })
    guard let before = RankTest.percentile(percentile, of: a), let now = RankTest.percentile(percentile, of: b),
      let bound = RankTest.percentile(percentile, of: a + b)
    else { return nil }
    let probability =
      percentile == 50
      ? RankTest.probabilityThatGreater(a, b) : RankTest.probabilityThatMoreBeyond(bound, a, b)
    let needed = max(options.leastEffectMicroseconds, noise(percentile, first))
    return Measure(
      percentile: percentile, aMicroseconds: before, bMicroseconds: now, neededMicroseconds: needed,
      probability: probability, isWorse: probability < significance && now - before >= max(1, needed))
  }

  /// Twice the standard deviation of a percentile among the halves of the runs, in microseconds.
  private static func noise(_ percentile: Int, _ runs: [[Int64]]) -> Int64 {
    let halves = runs.flatMap { [Array($0.prefix($0.count / 2)), Array($0.suffix($0.count - $0.count / 2))] }
    let values = halves.compactMap { RankTest.percentile(percentile, of: $0) }.map(Double.init)
    guard values.count > 1 else { return 0 }
    let mean = values.reduce(0, +) / Double(values.count)
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)
    return Int64(min(2 * variance.squareRoot(), 9e15).rounded(.up))
  }

  /// What differs between the runs and makes the comparison doubtful.
  private static func differences(_ reports: [RunReport]) throws(Incomparable) -> [String] {
    func values(_ value: (RunReport) -> String) -> [String] { Array(Set(reports.map(value))).sorted() }
    let modes = values(\.mode.rawValue)
    guard modes.count < 2 else {
      throw Incomparable(
        description:
          "the runs are of different modes (\(modes.joined(separator: ", "))), whose lateness is not the same thing; compare runs of one mode"
      )
    }
    guard Set(reports.map(\.isVirtualTime)).count < 2 else {
      throw Incomparable(
        description:
          "some of the runs are in virtual time, whose instants are computed, and some are not; compare runs of one kind"
      )
    }
    let kinds: [(String, (RunReport) -> String)] = [
      ("routines", \.routine.name), ("numbers of steps", { "\($0.routine.stepCount)" }), ("devices", \.device.name),
      ("transports", \.link.transport),
      ("connection intervals", { $0.link.connectionIntervalMicroseconds.map(short) ?? "unknown" }),
      ("tolerances", { short($0.toleranceMicroseconds) }),
    ]
    return kinds.compactMap { name, value in
      let found = values(value)
      return found.count > 1 ? "the runs are of different \(name): \(found.joined(separator: ", "))" : nil
    }
  }
}
