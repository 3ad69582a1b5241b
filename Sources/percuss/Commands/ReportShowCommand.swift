import ArgumentParser
import PercussRoutine

/// `percuss report show FILE...`: a person's view of stored reports.
struct ReportShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Show how runs ended, what became of their guarantees, and how late their steps were.",
    discussion: """
      Reads what percuss run --report wrote. Succeeds whatever the runs were like; a file
      that is no report is exit status 65, and told with the place of its first mistake.
      """)

  @Argument(help: "Reports of runs; - is the standard input.")
  var files: [String]

  @Option(
    help: "Write a picture of the run to this file, as SVG: speed, force and how late the steps were. For one report.")
  var plot: String?

  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard plot == nil || files.count == 1 else {
      throw ValidationError("--plot is for one report, not \(files.count).")
    }
  }

  func run() throws {
    try reportingFailures(asJSON: output.json) {
      let plotFile = try plot.map { try OutputFile($0, besides: files.first ?? "-") }
      for (number, file) in files.enumerated() {
        let report = try ReportFile.load(file)
        if output.json {
          say(JSONLine.text(ReportLine(report, of: file)))
        } else {
          if number > 0 { say("") }
          if files.count > 1 { say("\(file):") }
          say(ReportText(report, terminal: .ofStandardOutput()).lines.joined(separator: "\n"))
        }
        try plotFile?.write(RunPlot(report, showsDistribution: true).svg)
      }
    }
  }
}

/// A stored report as `--json` prints it, without its steps and samples; see `protocol-spec/output.md`.
private struct ReportLine: Encodable {
  struct Bar: Encodable {
    let fromUs: Int64?
    let toUs: Int64
    let count: Int
  }

  struct Step: Encodable {
    let index: Int
    let path: String
    let name: String?
    let plannedUs: Int64
    let lateUs: Int64
  }

  let type = "report"
  let file: String
  let routine: String
  let mode: PlayMode
  let device: String
  let simulated: Bool
  let virtualTime: Bool
  let outcome: RunOutcome
  let reason: RunReason
  let endUs: Int64?
  let toleranceUs: Int64
  let guarantees: [Guarantee]
  let lateness: LatenessSummary
  let histogram: [Bar]
  let latest: [Step]
  let environment: RunEnvironment?

  init(_ report: RunReport, of file: String) {
    self.file = file
    (routine, mode, device) = (report.routine.name, report.mode, report.device.name)
    (simulated, virtualTime) = (report.device.isSimulated, report.isVirtualTime)
    (outcome, reason, endUs) = (report.outcome, report.reason, report.endMicroseconds)
    (guarantees, lateness, toleranceUs) = (report.guarantees, report.lateness, report.toleranceMicroseconds)
    environment = report.environment
    histogram = report.latenessHistogram.map {
      Bar(fromUs: $0.overMicroseconds, toUs: $0.upToMicroseconds, count: $0.count)
    }
    latest = report.latestSteps(atMost: ReportText.latestCount).map {
      Step(
        index: $0.index, path: $0.path, name: $0.name, plannedUs: $0.plannedMicroseconds,
        lateUs: $0.lateMicroseconds ?? 0)
    }
  }
}
