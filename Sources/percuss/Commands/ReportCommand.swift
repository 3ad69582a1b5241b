import ArgumentParser
import PercussDocument
import PercussRoutine

/// `percuss report`: what stored reports of runs say.
struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Show stored reports of runs, and compare them.",
    subcommands: [ReportShowCommand.self, ReportCompareCommand.self])
}

/// Reads reports that `percuss run --report` wrote.
enum ReportFile {
  /// - Throws: a failure with status 65 that names file, line and column.
  static func load(_ path: String) throws -> RunReport {
    do {
      let bytes = try DocumentFile.bytes(of: path, limit: RunReport.maximumSize)
      return try RunReport.parse(bytes, name: path == "-" ? "<standard input>" : path)
    } catch let diagnostics as DocumentDiagnostics {
      throw CommandFailure(diagnostics)
    } catch let unreadable as DocumentFile.Unreadable {
      throw CommandFailure(.badDocument, unreadable.description)
    }
  }
}
