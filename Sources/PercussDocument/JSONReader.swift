/// Reads a JSON document (RFC 8259) into nodes.
///
/// JSON has its own reader because libyaml refuses some of it: surrogate-pair escapes, tabs before the first brace, a
/// line break between a key and its colon, keys beyond 1,024 characters.
struct JSONReader {
  private let bytes: [UInt8]
  private let form: DocumentForm
  private var offset = 0
  /// The Unicode scalar that `offset` stands at.
  private var index = 0

  private struct SyntaxError: Error {
    var message: String
    var help: String?
    var range: SourceRange
  }

  /// The document's root, or nil when its syntax could not be read; what is wrong goes to the sink.
  static func read(_ source: SourceText, as form: DocumentForm, into sink: inout DiagnosticSink) -> DocumentNode? {
    var reader = JSONReader(bytes: source.bytes, form: form)
    do throws(SyntaxError) {
      reader.skipSpace()
      guard reader.peek != nil else { return DocumentNode(range: SourceRange(0, 0), content: .scalar("", .plain)) }
      let root = try reader.value(depth: 1)
      reader.skipSpace()
      guard reader.peek == nil else {
        throw reader.failure(
          "there is something after the end of the document", "remove it; a file holds one \(form.noun)")
      }
      return root
    } catch {
      sink.report(error.message, at: error.range, help: error.help)
      return nil
    }
  }

  private init(bytes: [UInt8], form: DocumentForm) {
    self.bytes = bytes
    self.form = form
  }

  private var peek: UInt8? { offset < bytes.count ? bytes[offset] : nil }

  private mutating func advance() {
    offset += 1
    // The text is known to be UTF-8: a scalar ends where no continuation byte follows.
    if offset >= bytes.count || bytes[offset] & 0xC0 != 0x80 { index += 1 }
  }

  private mutating func skipSpace() {
    while let byte = peek, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { advance() }
  }

  private func failure(_ message: String, _ help: String? = nil, from start: Int? = nil) -> SyntaxError {
    SyntaxError(message: message, help: help, range: SourceRange(start ?? index, max(index, (start ?? index) + 1)))
  }

  private mutating func value(depth: Int) throws(SyntaxError) -> DocumentNode {
    switch peek {
    case UInt8(ascii: "{"), UInt8(ascii: "["):
      guard depth <= DocumentNode.maximumDepth else { throw failure(tooDeep, form.nestingHelp) }
      return peek == UInt8(ascii: "{") ? try object(depth: depth) : try array(depth: depth)
    case UInt8(ascii: "\""):
      let start = index
      let text = try string()
      return DocumentNode(range: SourceRange(start, index), content: .scalar(text, .text))
    case nil:
      throw failure("the document ends where a value should stand")
    default:
      return try word()
    }
  }

  private mutating func object(depth: Int) throws(SyntaxError) -> DocumentNode {
    let start = index
    var pairs: [(key: DocumentNode, value: DocumentNode)] = []
    advance()
    skipSpace()
    while peek != UInt8(ascii: "}") {
      let keyStart = index
      guard peek == UInt8(ascii: "\"") else {
        throw failure(
          "a key should stand here", pairs.isEmpty ? "keys are in double quotes" : "remove the comma before }")
      }
      let key = DocumentNode(range: SourceRange(keyStart, index), content: .scalar(try string(), .text))
      let keyRange = SourceRange(keyStart, index)
      skipSpace()
      guard peek == UInt8(ascii: ":") else { throw failure("a “:” should stand here, after the key") }
      advance()
      skipSpace()
      pairs.append((DocumentNode(range: keyRange, content: key.content), try value(depth: depth + 1)))
      skipSpace()
      guard try more(closing: "}", opened: start) else { break }
    }
    advance()
    return DocumentNode(range: SourceRange(start, start + 1), content: .mapping(pairs))
  }

  private mutating func array(depth: Int) throws(SyntaxError) -> DocumentNode {
    let start = index
    var items: [DocumentNode] = []
    advance()
    skipSpace()
    while peek != UInt8(ascii: "]") {
      if !items.isEmpty, peek == UInt8(ascii: ",") { throw failure("a value should stand here") }
      items.append(try value(depth: depth + 1))
      skipSpace()
      guard try more(closing: "]", opened: start) else { break }
    }
    advance()
    return DocumentNode(range: SourceRange(start, start + 1), content: .sequence(items))
  }

  /// Whether a comma, then another element, follows; false stands at the closing bracket.
  private mutating func more(closing: Unicode.Scalar, opened: Int) throws(SyntaxError) -> Bool {
    switch peek {
    case UInt8(ascii: ","):
      advance()
      skipSpace()
      if peek == UInt8(ascii: closing) {
        throw failure("a comma should not stand before \(closing)", "remove the comma")
      }
      return true
    case UInt8(ascii: closing):
      return false
    case nil:
      throw SyntaxError(
        message: "a bracket is opened here and never closed", help: "add \(closing)",
        range: SourceRange(opened, opened + 1))
    default:
      throw failure("a comma or \(closing) should stand here")
    }
  }

  /// A number, `true`, `false` or `null`: kept as it is written; what it should have been is the decoder's question.
  private mutating func word() throws(SyntaxError) -> DocumentNode {
    let (start, from) = (index, offset)
    while let byte = peek, !" \t\n\r,:{}[]\"".utf8.contains(byte) { advance() }
    let text = String(decoding: bytes[from..<offset], as: UTF8.self)
    guard text == "true" || text == "false" || text == "null" || Self.isNumber(Array(text.utf8)) else {
      throw failure("this is not JSON", "text is in double quotes", from: start)
    }
    return DocumentNode(range: SourceRange(start, index), content: .scalar(text, .plain))
  }

  /// The number grammar of RFC 8259, section 6.
  private static func isNumber(_ text: [UInt8]) -> Bool {
    var rest = text[...]
    func isDigit(_ byte: UInt8?) -> Bool { byte.map { (0x30...0x39).contains($0) } ?? false }
    if rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
    guard isDigit(rest.first) else { return false }
    let leadingZero = rest.first == UInt8(ascii: "0")
    let whole = rest.prefix { isDigit($0) }
    if leadingZero && whole.count > 1 { return false }
    rest = rest.dropFirst(whole.count)
    if rest.first == UInt8(ascii: ".") {
      rest = rest.dropFirst()
      guard isDigit(rest.first) else { return false }
      rest = rest.drop { isDigit($0) }
    }
    if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
      rest = rest.dropFirst()
      if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
      guard isDigit(rest.first) else { return false }
      rest = rest.drop { isDigit($0) }
    }
    return rest.isEmpty
  }

  private mutating func string() throws(SyntaxError) -> String {
    let start = index
    var text: [UInt8] = []
    advance()
    while let byte = peek {
      switch byte {
      case UInt8(ascii: "\""):
        advance()
        return String(decoding: text, as: UTF8.self)
      case UInt8(ascii: "\\"):
        text.append(contentsOf: String(try escape()).utf8)
      case 0..<0x20:
        throw failure("a line break or tab cannot stand in a JSON text as it is", "write \\n or \\t")
      default:
        text.append(byte)
        advance()
      }
    }
    throw SyntaxError(
      message: "a quote is opened here and never closed", help: nil, range: SourceRange(start, start + 1))
  }

  private mutating func escape() throws(SyntaxError) -> Unicode.Scalar {
    let start = index
    advance()
    guard let byte = peek else { throw failure("the document ends inside a text") }
    advance()
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): break
    default: throw failure("JSON has no such escape", "a backslash itself is written \\\\", from: start)
    }
    let first = try hexadecimal(from: start)
    if let scalar = Unicode.Scalar(first) { return scalar }
    // A pair of surrogates, the high one first, makes one scalar past U+FFFF.
    guard first < 0xDC00, peek == UInt8(ascii: "\\") else {
      throw failure("half of a surrogate pair stands alone", from: start)
    }
    advance()
    guard peek == UInt8(ascii: "u") else { throw failure("half of a surrogate pair stands alone", from: start) }
    advance()
    let second = try hexadecimal(from: start)
    guard (0xDC00..<0xE000).contains(second),
      let scalar = Unicode.Scalar(0x10000 + (first & 0x3FF) << 10 + (second & 0x3FF))
    else { throw failure("half of a surrogate pair stands alone", from: start) }
    return scalar
  }

  private mutating func hexadecimal(from start: Int) throws(SyntaxError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = peek, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw failure("\\u needs four hexadecimal digits", from: start)
      }
      value = value << 4 | UInt32(digit)
      advance()
    }
    return value
  }
}
