import Foundation
import PercussDocument
import PercussRoutine

/// Reads routine documents from files, or from the standard input for `-`.
enum DocumentFile {
  static func load(_ path: String) throws -> RoutineDocument {
    do {
      return try RoutineDocument.parse(try bytes(of: path), name: path == "-" ? "<standard input>" : path)
    } catch let diagnostics as DocumentDiagnostics {
      throw CommandFailure(diagnostics)
    }
  }

  /// At most one byte more than the largest document: enough for the parser to refuse it.
  private static func bytes(of path: String) throws -> [UInt8] {
    var isDirectory: ObjCBool = false
    if path != "-", FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory), isDirectory.boolValue {
      throw unreadable(path, "it is a directory")
    }
    errno = ENOENT
    guard let file = path == "-" ? FileHandle.standardInput : FileHandle(forReadingAtPath: path) else {
      throw unreadable(path, systemMessage(errno))
    }
    do {
      var data = Data()
      while data.count <= RoutineDocument.maximumSize,
        let part = try file.read(upToCount: RoutineDocument.maximumSize + 1 - data.count), !part.isEmpty
      {
        data.append(part)
      }
      return Array(data)
    } catch {
      throw unreadable(path, error.localizedDescription)
    }
  }

  private static func unreadable(_ path: String, _ reason: String) -> CommandFailure {
    CommandFailure(.badDocument, "\(path): error: cannot be read: \(reason)")
  }
}
