import PercussDocument
import PercussRoutine

/// Reads routine documents from files, or from the standard input for `-`.
enum RoutineFile {
  static func load(_ path: String) throws -> RoutineDocument {
    do {
      let bytes = try DocumentFile.bytes(of: path, limit: RoutineDocument.maximumSize)
      return try RoutineDocument.parse(bytes, name: path == "-" ? "<standard input>" : path)
    } catch let diagnostics as DocumentDiagnostics {
      throw CommandFailure(diagnostics)
    } catch let unreadable as DocumentFile.Unreadable {
      throw CommandFailure(.badDocument, unreadable.description)
    }
  }
}
