internal import Glibc

/// The bytes of document files.
package enum DocumentFile {
  /// A file that cannot be read, and why.
  package struct Unreadable: Error, CustomStringConvertible {
    package var path: String
    package var reason: String

    /// As a diagnostic begins, with the file first.
    package var description: String { "\(path): error: cannot be read: \(reason)" }
  }

  /// What is in a file, or comes from the standard input for `-`: at most one byte more than the limit, which is enough for a parser to refuse it.
  package static func bytes(of path: String, limit: Int) throws(Unreadable) -> [UInt8] {
    let isInput = path == "-"
    let descriptor = isInput ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw unreadable(path) }
    defer { if !isInput { close(descriptor) } }
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 65_536)
    while bytes.count <= limit {
      let count = read(descriptor, &part, min(part.count, limit + 1 - bytes.count))
      if count == 0 { break }
      guard count > 0 else {
        if errno == EINTR { continue }
        throw unreadable(path)
      }
      bytes += part[..<count]
    }
    return bytes
  }

  private static func unreadable(_ path: String) -> Unreadable {
    let number = errno
    let reason = number == EISDIR ? "it is a directory" : String(cString: strerror(number)).lowercased()
    return Unreadable(path: path, reason: reason)
  }
}
