import ArgumentParser
import PercussCapture

/// Which conversation of a capture, and what is known beside it.
struct ConversationOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "Which connection, by its number in percuss capture decode. (default: the only one that carries frames of a device)",
      valueName: "number"))
  var connection: Int?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "What is at which handle, for captures without a discovery: a file of --save-handles.", valueName: "file"))
  var handles: String?

  func validate() throws {
    if let connection, connection < 1 { throw ValidationError("--connection is a number from 1.") }
  }

  /// Reads a capture to its end, and chooses.
  ///
  /// - Throws: a failure with status 65 when there is no one conversation in it.
  func load(_ file: String) throws -> Conversation {
    var reader = ConversationReader(connection: connection)
    let (_, failure) = try CaptureOptions.readAll(
      file, handles: handles, into: &reader, good: "percuss capture decode shows what they say", while: { _, _ in true }
    )
    if let failure { throw failure }
    let name = file == "-" ? "<standard input>" : file
    do throws(ConversationReader.ChoiceError) {
      return try reader.choose()
    } catch {
      throw CommandFailure(.badDocument, "\(name): error: \(Self.text(error))")
    }
  }

  private static func text(_ error: ConversationReader.ChoiceError) -> String {
    switch error {
    case .none:
      "no connection in it carries frames of a device; percuss capture decode --all shows what there is, and --handles names handles whose discovery is not in it"
    case .noSuchConnection(let number):
      "there is no connection #\(number) that carries frames of a device; percuss capture stats shows the connections"
    case .several(let several):
      "several connections carry frames of a device; choose one:"
        + several.prefix(20).map {
          "\n  --connection \(name($0.connection)), \($0.itemCount) reads, writes and values"
        }.joined() + (several.count > 20 ? "\n  and \(several.count - 20) more; percuss capture stats shows them" : "")
    case .tooLong(let connection, let limit):
      "the conversation of connection #\(connection.number) has more than \(limit) reads, writes and values; cut the capture"
    }
  }

  private static func name(_ connection: CapturedConnection) -> String {
    let peer = connection.peer.map { "with \($0)" } ?? "with an unknown address"
    let role = connection.role.map { $0 == .central ? ", as its central" : ", as its peripheral" } ?? ""
    return "\(connection.number)   hci\(connection.controller) \(peer)\(role)"
  }
}
