/// A stretch of a document, in Unicode scalars from its beginning.
package struct SourceRange: Equatable, Sendable {
  package var start: Int
  package var end: Int

  package init(_ start: Int, _ end: Int) {
    self.start = start
    self.end = end
  }
}

/// The bytes of a document with a table of its lines, so that any place in it can be named and shown.
///
/// Lines end at LF, CR LF or CR, as editors count them. Columns count Unicode scalars from 1.
package struct SourceText: Sendable {
  /// What makes bytes no text at all.
  enum Defect: Error, Equatable {
    case notUTF8(at: Int)
    case controlCharacter(Unicode.Scalar, at: Int)
  }

  struct Excerpt: Equatable {
    var text: String
    var column: Int
    var length: Int
  }

  /// The name that diagnostics use, usually the file's path.
  package let name: String
  /// The text without its byte order mark.
  let bytes: [UInt8]
  /// The first thing wrong with the encoding; the line table is complete up to there.
  let defect: Defect?

  private struct Line {
    var scalar: Int
    var byte: Int
  }

  private let lines: [Line]

  init(name: String, bytes: [UInt8]) {
    self.name = name
    self.bytes = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
    var lines = [Line(scalar: 0, byte: 0)]
    var defect: Defect?
    var offset = 0
    var index = 0
    let text = self.bytes
    while offset < text.count {
      guard let (scalar, length) = Self.scalar(in: text, at: offset) else {
        defect = .notUTF8(at: index)
        break
      }
      if Self.isForbidden(scalar) {
        defect = .controlCharacter(scalar, at: index)
        break
      }
      offset += length
      index += 1
      let endsLine = scalar == "\n" || (scalar == "\r" && (offset >= text.count || text[offset] != 0x0A))
      if endsLine { lines.append(Line(scalar: index, byte: offset)) }
    }
    self.lines = lines
    self.defect = defect
  }

  /// The line and column, both from 1, of a Unicode scalar of the text.
  package func position(of scalar: Int) -> (line: Int, column: Int) {
    var low = 0
    var high = lines.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if lines[middle].scalar <= scalar { low = middle } else { high = middle }
    }
    return (low + 1, scalar - lines[low].scalar + 1)
  }

  /// The line that the range begins on, as it can be printed, with the part to underline.
  ///
  /// A line of more than 100 scalars is cut to a window around the range. What a terminal would obey is replaced.
  func excerpt(of range: SourceRange) -> Excerpt {
    let (line, column) = position(of: range.start)
    let width = 100
    let lineStart = lines[line - 1].byte
    let from = advance(from: lineStart, by: max(0, column - 1 - 40))
    // The line is short enough when its beginning and what follows the window's beginning fit together.
    let isWhole = endsLine(advance(from: lineStart, by: width))
    let start = isWhole ? lineStart : from
    let end = advance(from: start, by: width)
    var text = String.UnicodeScalarView()
    if start > lineStart { text.append("…") }
    for scalar in String(decoding: bytes[start..<end], as: UTF8.self).unicodeScalars {
      text.append(scalar == "\t" ? " " : scalar.properties.generalCategory == .control ? "\u{FFFD}" : scalar)
    }
    let first = start > lineStart ? 41 : column - 1
    if !endsLine(end) { text.append("…") }
    return Excerpt(
      text: String(text), column: first + 1, length: max(1, min(range.end - range.start, text.count - first)))
  }

  /// The byte `count` scalars further on, or the end of the line.
  private func advance(from byte: Int, by count: Int) -> Int {
    var (byte, left) = (byte, count)
    while left > 0, !endsLine(byte) {
      byte += 1
      while byte < bytes.count, bytes[byte] & 0xC0 == 0x80 { byte += 1 }
      left -= 1
    }
    return byte
  }

  private func endsLine(_ byte: Int) -> Bool {
    byte >= bytes.count || bytes[byte] == 0x0A || bytes[byte] == 0x0D
  }

  /// Neither YAML nor JSON text holds these raw; both can escape them.
  private static func isForbidden(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x09, 0x0A, 0x0D, 0x85: false
    case 0..<0x20, 0x7F..<0xA0, 0xFEFF, 0xFFFE, 0xFFFF: true
    default: false
    }
  }

  /// Decodes one scalar, refusing what UTF-8 forbids: truncation, overlong forms, surrogates, values past U+10FFFF.
  private static func scalar(in bytes: [UInt8], at offset: Int) -> (Unicode.Scalar, Int)? {
    let first = bytes[offset]
    if first < 0x80 { return (Unicode.Scalar(first), 1) }
    let (length, minimum): (Int, UInt32)
    var value: UInt32
    switch first {
    case 0xC2...0xDF: (length, minimum, value) = (2, 0x80, UInt32(first & 0x1F))
    case 0xE0...0xEF: (length, minimum, value) = (3, 0x800, UInt32(first & 0x0F))
    case 0xF0...0xF4: (length, minimum, value) = (4, 0x10000, UInt32(first & 0x07))
    default: return nil
    }
    guard bytes.count - offset >= length else { return nil }
    for next in 1..<length {
      let byte = bytes[offset + next]
      guard byte & 0xC0 == 0x80 else { return nil }
      value = value << 6 | UInt32(byte & 0x3F)
    }
    guard value >= minimum, let scalar = Unicode.Scalar(value) else { return nil }
    return (scalar, length)
  }
}
