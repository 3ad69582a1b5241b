import ArgumentParser
import PercussRoutine

/// `percuss report compare A B`: whether B is worse than A beyond noise.
struct ReportCompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Tell whether the run B is worse than the run A, beyond noise.",
    discussion: """
      Worse is a guarantee missed that A kept, or steps that are later: by their median
      or their 95th percentile, more than chance explains (rank tests at --significance),
      by at least --least-effect-us, and by more than twice what these figures differ
      among the halves of the runs of one side. Several runs of each side tell more.

      Exit status 0: not worse. 75: worse, or too few steps to tell. 65: no reports, or
      reports of different modes.
      """)

  @Argument(help: "The report of the run to compare with.")
  var a: String

  @Argument(help: "The report of the run that may be worse.")
  var b: String

  @Option(help: "A report of another run like A; may come again.")
  var moreA: [String] = []

  @Option(help: "A report of another run like B; may come again.")
  var moreB: [String] = []

  @Option(help: "How often runs that are alike may be called worse, above 0 to 0.5.")
  var significance = 0.01

  @Option(help: "A smaller difference does not matter, in microseconds.")
  var leastEffectUs: Int64 = 100

  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard significance > 0, significance <= 0.5 else { throw ValidationError("--significance is above 0 to 0.5.") }
    guard (0...1_000_000_000).contains(leastEffectUs) else {
      throw ValidationError("--least-effect-us is 0 to 1000000000.")
    }
  }

  func run() throws {
    try reportingFailures(asJSON: output.json) {
      let first = try ([a] + moreA).map(ReportFile.load)
      let second = try ([b] + moreB).map(ReportFile.load)
      let options = ReportComparison.Options(significance: significance, leastEffectMicroseconds: leastEffectUs)
      let comparison: ReportComparison
      do {
        comparison = try ReportComparison(first, second, options: options)
      } catch let error as ReportComparison.Incomparable {
        throw CommandFailure(.badDocument, "percuss: \(error)")
      }
      if output.json {
        say(JSONLine.text(ComparisonLine(comparison, runs: (first.count, second.count))))
      } else {
        show(comparison, runs: (first.count, second.count))
      }
      guard comparison.verdict == .notWorse else {
        throw CommandFailure(.missedOrLost, "")
      }
    }
  }

  private func show(_ comparison: ReportComparison, runs: (Int, Int)) {
    let terminal = Terminal.ofStandardOutput()
    func many(_ count: Int, _ word: String) -> String { count == 1 ? "1 \(word)" : "\(count) \(word)s" }
    for warning in comparison.warnings { say(terminal.styled("warning: \(printable(warning))", .yellow)) }
    say(
      "A: \(many(runs.0, "run")), \(many(comparison.aCount, "step")); B: \(many(runs.1, "run")), \(many(comparison.bCount, "step"))"
    )
    if !comparison.measures.isEmpty {
      say("  lateness " + ["A", "B", "B - A", "needed", "chance"].map { pad($0, 11, left: true) }.joined())
    }
    for measure in comparison.measures {
      let difference = measure.bMicroseconds - measure.aMicroseconds
      let times = [measure.aMicroseconds, measure.bMicroseconds, difference, measure.neededMicroseconds]
      let chance = measure.probability < 0.0001 ? "< 0.01 %" : "\(Double(Int(measure.probability * 10_000)) / 100) %"
      let cells = (times.map(QuantityText.short) + [chance]).map { pad($0, 11, left: true) }.joined()
      say("  p\(pad("\(measure.percentile)", 7)) \(cells)\(measure.isWorse ? "  worse" : "")")
    }
    let (word, style): (String, Terminal.Style) =
      switch comparison.verdict {
      case .notWorse: ("not worse", .green)
      case .worse: ("worse", .red)
      case .undecided: ("undecided", .yellow)
      }
    let text = wrap(comparison.reasons.joined(separator: " "), to: terminal.width - word.count - 2)
    say(terminal.styled(word, style) + ": " + text.joined(separator: "\n"))
  }
}

/// A comparison as `--json` prints it; see `protocol-spec/output.md`.
private struct ComparisonLine: Encodable {
  struct Measure: Encodable {
    let percentile: Int
    let aUs: Int64
    let bUs: Int64
    let neededUs: Int64
    let probabilityPpm: Int
    let worse: Bool
  }

  let type = "comparison"
  let verdict: ReportComparison.Verdict
  let reasons: [String]
  let warnings: [String]
  let measures: [Measure]
  let aRuns: Int
  let bRuns: Int
  let aSteps: Int
  let bSteps: Int

  init(_ comparison: ReportComparison, runs: (Int, Int)) {
    (verdict, reasons, warnings) = (comparison.verdict, comparison.reasons, comparison.warnings)
    (aRuns, bRuns, aSteps, bSteps) = (runs.0, runs.1, comparison.aCount, comparison.bCount)
    measures = comparison.measures.map {
      Measure(
        percentile: $0.percentile, aUs: $0.aMicroseconds, bUs: $0.bMicroseconds, neededUs: $0.neededMicroseconds,
        probabilityPpm: Int(($0.probability * 1e6).rounded()), worse: $0.isWorse)
    }
  }
}
