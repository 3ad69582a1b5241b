import Foundation

/// How a file of the package differs from what it should be.
struct Difference: CustomStringConvertible {
  var path: String
  /// Nil where there is no file.
  var found: String?
  /// Nil where there should be none.
  var expected: String?

  /// - Parameter folders: those whose files are all generated: one that no longer is does not belong there.
  static func between(_ files: [WrittenFile], and root: URL, folders: OutputFolders) -> [Difference] {
    let expected = files.compactMap { file -> Difference? in
      let found = try? String(contentsOf: root.appending(path: file.path), encoding: .utf8)
      return found == file.text ? nil : Difference(path: file.path, found: found, expected: file.text)
    }
    let surplus = [folders.swift, folders.others].flatMap { folder in
      let names = (try? FileManager.default.subpathsOfDirectory(atPath: root.appending(path: folder).path)) ?? []
      return names.sorted().map { "\(folder)/\($0)" }
    }.filter { path in
      var isFolder: ObjCBool = false
      let exists = FileManager.default.fileExists(atPath: root.appending(path: path).path, isDirectory: &isFolder)
      return exists && !isFolder.boolValue && !files.contains { $0.path == path }
    }
    return expected
      + surplus.map { path in
        let found = try? String(contentsOf: root.appending(path: path), encoding: .utf8)
        return Difference(path: path, found: found ?? "", expected: nil)
      }
  }

  /// Makes the file what it should be.
  func resolve(in root: URL) throws {
    let file = root.appending(path: path)
    guard let expected else { return try FileManager.default.removeItem(at: file) }
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try expected.write(to: file, atomically: true, encoding: .utf8)
  }

  var summary: String {
    if found == nil { return "added    \(path)" }
    return expected == nil ? "removed  \(path)" : "changed  \(path)"
  }

  /// The summary and, for a changed file, the first line that differs.
  var description: String {
    guard let found, let expected else { return summary }
    let lines = (found: Self.lines(found), expected: Self.lines(expected))
    let same = zip(lines.found, lines.expected).prefix { $0 == $1 }.count
    return """
      \(summary) from line \(same + 1)
        - \(same < lines.found.count ? lines.found[same] : "(end of file)")
        + \(same < lines.expected.count ? lines.expected[same] : "(end of file)")
      """
  }

  private static func lines(_ text: String) -> [Substring] {
    text.split(separator: "\n", omittingEmptySubsequences: false)
  }
}
