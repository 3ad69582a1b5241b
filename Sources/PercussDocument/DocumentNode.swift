/// A value of a YAML or JSON document with its place, before anything is known of what it describes.
package struct DocumentNode: Sendable {
  /// How a scalar was written, which decides what readers take it for.
  package enum Style: Sendable {
    /// Without quotes: YAML readers may take it for a number, a truth value or null.
    case plain
    /// In quotes or as a block: text, whatever it says.
    case text
  }

  package enum Content: Sendable {
    case scalar(String, Style)
    case sequence([DocumentNode])
    case mapping([(key: DocumentNode, value: DocumentNode)])
    /// Already reported: nothing more is to be said about it.
    case invalid
  }

  package var range: SourceRange
  package var content: Content

  /// How deep collections may lie in each other. The deepest valid routine, 16 repeats, needs 35.
  static let maximumDepth = 64
}

extension DocumentNode {
  /// What YAML 1.1 or 1.2 readers, or JSON, take the scalar for when that is not text.
  package var nonTextReading: String? {
    guard case .scalar(let text, .plain) = content else { return nil }
    switch text.lowercased() {
    case "", "~", "null": return "nothing"
    case "true", "false", "yes", "no", "on", "off", "y", "n": return "a truth value"
    case ".inf", "-.inf", "+.inf", ".nan": return "a number"
    default: break
    }
    let bytes = Array(text.utf8)
    let isNumeric = bytes.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "+"),
        UInt8(ascii: "-"), UInt8(ascii: ":"), UInt8(ascii: "e"), UInt8(ascii: "E"):
        true
      default: false
      }
    }
    let startsNumeric = bytes.first.map { $0 < UInt8(ascii: ":") } ?? false
    if isNumeric && startsNumeric && bytes.contains(where: { (0x30...0x39).contains($0) }) { return "a number" }
    if text.hasPrefix("0x") || text.hasPrefix("0o"), bytes.count > 2 {
      let isHexadecimal = text.dropFirst(2).allSatisfy { $0.isHexDigit }
      if isHexadecimal { return "a number" }
    }
    return nil
  }
}
