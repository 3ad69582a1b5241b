/// Milliseconds as minutes and seconds: `4:35.000`.
func clock(_ milliseconds: UInt32) -> String {
  let (minutes, rest) = (milliseconds / 60_000, milliseconds % 60_000)
  return "\(minutes):\(zeros(rest / 1000, 2)).\(zeros(rest % 1000, 3))"
}

/// Milliseconds as seconds: `1.5 s`.
func seconds(_ milliseconds: UInt32) -> String {
  let fraction = milliseconds % 1000
  guard fraction != 0 else { return "\(milliseconds / 1000) s" }
  var digits = zeros(fraction, 3)
  while digits.hasSuffix("0") { digits.removeLast() }
  return "\(milliseconds / 1000).\(digits) s"
}

private func zeros(_ number: UInt32, _ width: Int) -> String {
  let digits = String(number)
  return String(repeating: "0", count: max(0, width - digits.count)) + digits
}

/// A number of things: `1 step`, `2 steps`.
func count(_ number: some BinaryInteger, _ thing: String) -> String {
  number == 1 ? "1 \(thing)" : "\(number) \(thing)s"
}

/// The text in a column of that width; a longer one is kept whole.
func pad(_ text: String, _ width: Int, left: Bool = false) -> String {
  // Of ASCII, which most of it is, each byte is a character.
  let count = text.utf8.allSatisfy { $0 < 0x80 } ? text.utf8.count : text.count
  guard count < width else { return text }
  let space = String(repeating: " ", count: width - count)
  return left ? space + text : text + space
}

/// The text in lines of at most that many characters, broken at spaces; a longer word stands alone.
func wrap(_ text: String, to width: Int) -> [String] {
  var lines: [String] = []
  var line = ""
  for word in text.split(separator: " ") {
    if !line.isEmpty, line.count + 1 + word.count > width {
      lines.append(line)
      line = ""
    }
    line += (line.isEmpty ? "" : " ") + word
  }
  return lines + (line.isEmpty ? [] : [line])
}

/// Text from outside without what a terminal would obey.
func printable(_ text: String) -> String {
  String(
    String.UnicodeScalarView(
      text.unicodeScalars.filter {
        $0.properties.generalCategory != .control && $0.properties.generalCategory != .format
      }))
}
