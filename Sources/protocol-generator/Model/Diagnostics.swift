import Yams

/// Something wrong in a specification, and where.
struct Problem: Error, Equatable, CustomStringConvertible {
  var file: String
  /// Counted from 1.
  var line: Int
  /// Counted from 1.
  var column: Int
  var message: String

  var description: String { "\(file):\(line):\(column): \(message)" }
}

/// Everything that is wrong in a specification.
struct SpecificationError: Error, CustomStringConvertible {
  var problems: [Problem]

  var description: String { problems.map(\.description).joined(separator: "\n") }
}

/// Collects what is wrong while a specification is read, so that all of it is reported at once.
final class Diagnostics {
  let file: String
  private(set) var problems: [Problem] = []

  init(file: String) {
    self.file = file
  }

  func report(_ message: String, at node: Node) {
    let problem = Problem(file: file, line: node.mark?.line ?? 1, column: node.mark?.column ?? 1, message: message)
    if !problems.contains(problem) { problems.append(problem) }
  }
}
