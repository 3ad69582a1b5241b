/// Bytes as people write and copy them: `13 07 00`, `130700`, `13:07:00`, `0x13, 0x07`, on one line or in several arguments.
enum HexText {
  /// The bytes of a text.
  ///
  /// Blanks, colons, commas and hyphens separate; digits that stand together come in twos.
  static func bytes(_ text: String) throws(HexTextError) -> [UInt8] {
    let characters = Array(text)
    var bytes: [UInt8] = []
    var index = 0
    while index < characters.count {
      if isSeparator(characters[index]) {
        index += 1
        continue
      }
      var end = index
      while end < characters.count, !isSeparator(characters[end]) { end += 1 }
      bytes += try word(index..<end, of: characters)
      index = end
    }
    return bytes
  }

  private static func isSeparator(_ character: Character) -> Bool {
    character.isWhitespace || ":,-".contains(character)
  }

  private static func word(_ range: Range<Int>, of characters: [Character]) throws(HexTextError) -> [UInt8] {
    let hasPrefix =
      range.count >= 2 && characters[range.lowerBound] == "0" && "xX".contains(characters[range.lowerBound + 1])
    let digits = hasPrefix ? range.dropFirst(2) : range
    let values = characters[digits].map { $0.isASCII ? $0.hexDigitValue : nil }
    if let wrong = values.firstIndex(of: nil) {
      let place = digits.lowerBound + wrong
      throw HexTextError(
        text: String(characters), place: place..<place + 1,
        message: "'\(characters[place])' is not a hexadecimal digit; write bytes as in 13 07 00")
    }
    guard values.count.isMultiple(of: 2), !values.isEmpty else {
      throw HexTextError(
        text: String(characters), place: range,
        message:
          "'\(String(characters[range].prefix(40)))' has an odd number of digits; write two for each byte, as in 07")
    }
    return stride(from: 0, to: values.count, by: 2).map { place -> UInt8 in
      let (high, low) = (values[place] ?? 0, values[place + 1] ?? 0)
      return UInt8(high * 16 + low)
    }
  }
}

/// A text that is no bytes, and the place of what is wrong in it.
struct HexTextError: Error {
  var text: String
  /// In characters.
  var place: Range<Int>
  var message: String

  /// The message, and below it the text with a mark under the place.
  var description: String {
    // Of a long text what stands around the place.
    let start = max(0, place.lowerBound - 40)
    let shown = text.dropFirst(start).prefix(76).map { $0.isNewline || $0 == "\t" ? " " : $0 }
    let marks = max(1, min(place.count, 76 - (place.lowerBound - start)))
    let lead = start > 0 ? "…" : ""
    return """
      \(message)
        \(lead)\(String(shown))
        \(String(repeating: " ", count: lead.count + place.lowerBound - start))\(String(repeating: "^", count: marks))
      """
  }
}
