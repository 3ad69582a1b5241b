/// One thing wrong with a document: where, what, and what would be right.
public struct DocumentDiagnostic: Sendable, Equatable, Encodable {
  /// The name of the document, as given to the parser.
  public let file: String
  /// The line, from 1.
  public let line: Int
  /// The column, from 1, in Unicode scalars.
  public let column: Int
  /// The place in the document's structure, such as `steps[3].speed`, counted from 0; empty for the document itself.
  public let path: String
  /// What is wrong, in one sentence without a full stop.
  public let message: String
  /// What would be right, where that can be said.
  public let help: String?
  /// The line of the document, cut to a window when it is long.
  public let excerpt: String
  /// The column in `excerpt` at which the offending text begins, from 1.
  public let excerptColumn: Int
  /// The length of the offending text in `excerpt`, at least 1.
  public let excerptLength: Int
}

extension DocumentDiagnostic: CustomStringConvertible {
  /// The diagnostic as a compiler would print it, several lines without a final newline.
  public var description: String {
    let number = String(line)
    let margin = String(repeating: " ", count: number.count)
    let indent = String(repeating: " ", count: excerptColumn - 1)
    let underline = "^" + String(repeating: "~", count: excerptLength - 1)
    var text = "\(file):\(line):\(column): error: \(message)\n"
    text += "  \(number) | \(excerpt)\n"
    text += "  \(margin) | \(indent)\(underline)"
    if let help { text += "\n  \(margin) = help: \(help)" }
    return text
  }
}

/// All that is wrong with a document, in the order of the document. Never empty.
///
/// At most 100 are kept; `omitted` counts the rest.
public struct DocumentDiagnostics: Error, Sendable, Equatable {
  /// The diagnostics, in the order of the document.
  public let diagnostics: [DocumentDiagnostic]
  /// How many more there were.
  public let omitted: Int
}

extension DocumentDiagnostics: CustomStringConvertible {
  /// All diagnostics, ready to print, ending with a newline.
  public var description: String {
    var text = diagnostics.map { "\($0)\n" }.joined(separator: "\n")
    if omitted > 0 { text += "\n… and \(omitted) more\n" }
    return text
  }
}

extension String {
  /// The text for a message, cut when it is long. Counts scalars: a single character can be a megabyte of accents.
  package var shown: String {
    let scalars = unicodeScalars
    return scalars.count > 40 ? String(String.UnicodeScalarView(scalars.prefix(40))) + "…" : self
  }
}

/// Collects what is wrong while a document is read, decoded or compiled.
package struct DiagnosticSink {
  package static let limit = 100

  private var found: [(range: SourceRange, path: String, message: String, help: String?)] = []
  private var omitted = 0

  package init() {}

  package var isEmpty: Bool { found.isEmpty }

  /// Whether another report would be kept; callers skip costly suggestions when not.
  package var hasRoom: Bool { found.count < Self.limit }

  package mutating func report(
    _ message: String, at range: SourceRange, path: String = "", help: @autoclosure () -> String? = nil
  ) {
    guard hasRoom else {
      omitted += 1
      return
    }
    found.append((range, path, Self.printable(message), help().map(Self.printable)))
  }

  /// Messages quote the document, whose escapes can hold what a terminal would obey.
  private static func printable(_ text: String) -> String {
    var scalars = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      scalars.append(scalar.properties.generalCategory == .control ? "\u{FFFD}" : scalar)
    }
    return String(scalars)
  }

  /// The reports with their places resolved, or nil when there are none.
  package func diagnostics(in source: SourceText) -> DocumentDiagnostics? {
    guard !found.isEmpty else { return nil }
    let ordered = found.enumerated().sorted {
      ($0.element.range.start, $0.offset) < ($1.element.range.start, $1.offset)
    }
    let diagnostics = ordered.map { _, item in
      let (line, column) = source.position(of: item.range.start)
      let excerpt = source.excerpt(of: item.range)
      return DocumentDiagnostic(
        file: source.name, line: line, column: column, path: item.path, message: item.message, help: item.help,
        excerpt: excerpt.text, excerptColumn: excerpt.column, excerptLength: excerpt.length)
    }
    return DocumentDiagnostics(diagnostics: diagnostics, omitted: omitted)
  }
}
