import Foundation
import PercussClient
import PercussDocument
import PercussLink
import PercussRoutine
import PercussTime

/// Why a command ends without having done what was asked, and with which exit status.
struct CommandFailure: Error {
  var status: ExitStatus
  /// What happened, where, and what to do: for a person.
  var message: String
  /// The problems of a document, one by one; empty for other failures.
  var diagnostics: [DocumentDiagnostic] = []
  /// Whether the failure is also told as a JSON line on the standard output.
  var asJSON = false

  init(_ status: ExitStatus, _ message: String) {
    self.status = status
    self.message = message
  }

  init(_ diagnostics: DocumentDiagnostics) {
    status = .badDocument
    message = diagnostics.description.trimmingCharacters(in: .newlines)
    self.diagnostics = diagnostics.diagnostics
  }

  /// Gives any error of the libraries its exit status.
  init(_ error: any Error) {
    switch error {
    case let failure as CommandFailure: self = failure
    case let diagnostics as DocumentDiagnostics: self.init(diagnostics)
    case is CancellationError: self.init(.interrupted, "percuss: interrupted before a device was connected")
    case let error as DeviceError: self.init(Self.status(of: error), "percuss: \(error)")
    case let error as LinkError: self.init(.noDevice, "percuss: \(error)")
    default: self.init(.internalFault, "percuss: \(error)")
    }
  }

  private static func status(of error: DeviceError) -> ExitStatus {
    switch error.reason {
    case .disconnected, .noResponse, .uploadStalled: .missedOrLost
    case .invalidArgument: .usage
    case .cancelled: .interrupted
    default: .noDevice
    }
  }

  /// Tells the failure, on the standard error and, for a command with `--json`, as the last line of the standard output.
  func report() {
    // Without a message everything is told already.
    guard !message.isEmpty else { return }
    if asJSON { say(JSONLine.text(FailureLine(self))) }
    sayError(message)
  }
}

/// A failure as `--json` prints it; see `protocol-spec/output.md`.
private struct FailureLine: Encodable {
  struct Diagnostic: Encodable {
    let file: String
    let line: Int
    let column: Int
    let path: String
    let message: String
    let help: String?
  }

  let type = "error"
  let exitStatus: Int32
  let message: String
  let diagnostics: [Diagnostic]

  init(_ failure: CommandFailure) {
    exitStatus = failure.status.rawValue
    message = failure.message
    diagnostics = failure.diagnostics.map {
      Diagnostic(
        file: $0.file, line: $0.line, column: $0.column, path: $0.path, message: $0.message, help: $0.help)
    }
  }
}
