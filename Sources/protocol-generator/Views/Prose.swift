/// Text for people inside of generated files.
enum Prose {
  static let width = 120

  /// Broken into lines that fit behind `/// ` at an indentation.
  static func lines(_ text: String, indent: Int) -> [String] {
    wrap(text, width: width - indent - 4)
  }

  static func wrap(_ text: String, width: Int) -> [String] {
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ") {
      if !line.isEmpty, line.count + 1 + word.count > width {
        lines.append(line)
        // Continuation of a list item.
        line = text.hasPrefix("- ") ? "  " + word : String(word)
      } else {
        line += (line.isEmpty ? "" : " ") + word
      }
    }
    return lines + [line]
  }

  /// What a field means, with unit and limits.
  static func documentation(_ field: Field) -> String {
    var parts: [String] = []
    if let unit = field.unit, unit.suffix != nil { parts.append("in \(unit.title)") }
    if let range = field.range {
      parts.append(
        range.lowerBound == range.upperBound
          ? "only \(range.lowerBound)" : "\(range.lowerBound)...\(range.upperBound)")
    }
    parts += field.special.map { "or \($0.value): \($0.doc.prefix(1).lowercased() + $0.doc.dropFirst().dropLast())" }
    guard !parts.isEmpty else { return field.doc }
    let limits = parts.joined(separator: ", ")
    return "\(field.doc) \(limits.prefix(1).uppercased() + limits.dropFirst())."
  }

  /// A list between an opening and a closing, on one line where it fits, else filled into lines of its own.
  static func fill(_ items: [String], opening: String, closing: String) -> String {
    let single = opening + items.joined(separator: ", ") + closing
    guard single.count > width else { return single }
    let indent = String(repeating: " ", count: opening.prefix { $0 == " " }.count)
    let lines = wrapItems(items, width: width - indent.count - 2).map { "\(indent)  \($0)" }
    return "\(opening)\n\(lines.joined(separator: "\n"))\n\(indent)\(closing)"
  }

  private static func wrapItems(_ items: [String], width: Int) -> [String] {
    var lines: [String] = [""]
    for (index, item) in items.enumerated() {
      let text = item + (index + 1 < items.count ? "," : "")
      let line = lines[lines.count - 1]
      if line.isEmpty {
        lines[lines.count - 1] = text
      } else if line.count + 1 + text.count <= width {
        lines[lines.count - 1] += " " + text
      } else {
        lines.append(text)
      }
    }
    return lines
  }

  /// Breaks lines of code beyond the width behind their last comma or operator within it; comments stay whole.
  static func breakingLines(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).flatMap { line -> [String] in
      var lines: [String] = []
      var rest = String(line)
      let indent = String(repeating: " ", count: line.prefix { $0 == " " }.count + 4)
      while rest.count > width, !rest.contains("/*"), !rest.hasPrefix(" *"), !rest.hasPrefix("#"),
        let end = [", ", " || ", " | ", " && "].compactMap({ rest.prefix(width).ranges(of: $0).last?.upperBound }).max()
      {
        lines.append(String(rest[..<rest.index(before: end)]))
        rest = indent + rest[end...]
      }
      return lines + [rest]
    }.joined(separator: "\n")
  }

  static func group(_ digits: String, by size: Int) -> String {
    var groups: [Substring] = []
    var rest = digits[...]
    while !rest.isEmpty {
      groups.append(rest.suffix(size))
      rest = rest.dropLast(size)
    }
    return groups.reversed().joined(separator: "_")
  }

  static func right(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }

  static func left(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }
}
