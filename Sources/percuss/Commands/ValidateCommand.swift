import ArgumentParser
import PercussRoutine

/// `percuss validate FILE...`: whether documents are right, for any device.
struct ValidateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "validate",
    abstract: "Check routine documents.",
    discussion: """
      Checks everything that does not depend on a device, and reports all problems of
      all files. Whether a device can play a routine is what `percuss plan` checks.
      """)

  @Argument(help: "Routine documents, YAML or JSON; - is the standard input.")
  var files: [String]

  @OptionGroup var output: OutputOptions

  private struct Line: Encodable {
    let type = "validation"
    let file: String
    let name: String
    let valid = true
  }

  func run() throws {
    var areValid = true
    for file in files {
      do {
        let document = try RoutineFile.load(file)
        say(output.json ? JSONLine.text(Line(file: file, name: document.name)) : "\(file): ok, “\(document.name)”")
      } catch {
        var failure = CommandFailure(error)
        failure.asJSON = output.json
        failure.report()
        areValid = false
      }
    }
    // Each problem is told already.
    guard areValid else { throw CommandFailure(.badDocument, "") }
  }
}
