import ArgumentParser
import PercussCapture

/// `percuss capture diff A B`: what two captured conversations differ in.
struct CaptureDiffCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Tell what two captured conversations differ in: by meaning, without regard to time.",
    discussion: """
      Compares what a central and a device said, characteristic by characteristic, and names what is missing, additional, \
      moved or changed, with the fields and the records of both. Times differ when they do by more than --tolerance, \
      counted from what the central did last.

      Exit status 0: no difference. 75: differences. 65: no captures, or no one conversation in them.
      """)

  @Argument(help: "The capture to compare with.")
  var a: String

  @Argument(help: "The capture that may differ.")
  var b: String

  @Option(help: "What times may differ by.")
  var tolerance = DurationArgument(.milliseconds(100))

  @OptionGroup var conversation: ConversationOptions

  @Option(
    name: .customLong("connection-b"), help: "Which connection of B. (default: as of A)")
  var connectionB: Int?

  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard a != "-" || b != "-" else { throw ValidationError("Only one capture can come from the standard input.") }
    if let connectionB, connectionB < 1 { throw ValidationError("--connection-b is a number from 1.") }
  }

  func run() throws {
    try reportingFailures(asJSON: output.json) {
      let first = try conversation.load(a)
      var options = conversation
      options.connection = connectionB ?? conversation.connection
      let second = try options.load(b)
      var comparing = ConversationComparison.Options()
      comparing.tolerance = tolerance.duration
      let comparison = ConversationComparison(first, second, comparing)
      if output.json {
        for difference in comparison.differences { say(JSONLine.text(DifferenceLine(difference))) }
        say(JSONLine.text(DiffLine(a: a, b: b, comparison)))
      } else {
        let text = DifferenceText(terminal: .ofStandardOutput(), names: ("A", "B"))
        for line in text.lines(comparison) { say(line) }
        say(text.verdict(comparison))
      }
      guard comparison.differences.isEmpty else { throw CommandFailure(.missedOrLost, "") }
    }
  }
}

/// The end of a comparison as `--json` prints it; see `protocol-spec/output.md`.
private struct DiffLine: Encodable {
  let type = "capture_diff"
  let a: String
  let b: String
  let differences: Int
  let compared: Int
  let notCompared: [String]

  init(a: String, b: String, _ comparison: ConversationComparison) {
    (self.a, self.b) = (a, b)
    differences = comparison.differences.count
    compared = comparison.comparedCount
    notCompared = comparison.notCompared
  }
}
