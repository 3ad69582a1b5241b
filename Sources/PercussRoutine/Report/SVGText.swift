/// Writes well-formed SVG: everything from outside is escaped, attributes stand in alphabetical order, numbers have one decimal.
struct SVGText {
  private(set) var text = ""
  private var depth = 0

  mutating func open(_ name: String, _ attributes: [String: String]) {
    indent()
    text += "<\(name)\(Self.written(attributes))>\n"
    depth += 1
  }

  mutating func close(_ name: String) {
    depth -= 1
    indent()
    text += "</\(name)>\n"
  }

  mutating func element(_ name: String, _ attributes: [String: String] = [:], text content: String? = nil) {
    indent()
    text += "<\(name)\(Self.written(attributes))"
    text += content.map { ">\(Self.escaped($0))</\(name)>\n" } ?? "/>\n"
  }

  mutating func text(_ content: String, x: Double, y: Double, _ attributes: [String: String]) {
    element("text", attributes.merging(["x": Self.number(x), "y": Self.number(y)]) { old, _ in old }, text: content)
  }

  /// Markup of this program's own.
  mutating func raw(_ markup: String) {
    text += markup
  }

  private mutating func indent() {
    text += String(repeating: "  ", count: depth)
  }

  private static func written(_ attributes: [String: String]) -> String {
    attributes.sorted { $0.key < $1.key }.map { " \($0.key)=\"\(escaped($0.value))\"" }.joined()
  }

  /// With the markup characters escaped, and without those that XML 1.0 cannot hold.
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "\t", "\n", "\r": result += " "
      default:
        let isForbidden = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) || scalar.value & 0xFFFE == 0xFFFE
        if !isForbidden { result.unicodeScalars.append(scalar) }
      }
    }
    return result
  }

  /// A number with at most one decimal, the same on every machine.
  static func number(_ value: Double) -> String {
    guard value.isFinite, abs(value) < 1e9 else { return "0" }
    let tenths = Int((value * 10).rounded())
    let sign = tenths < 0 ? "-" : ""
    let (whole, part) = tenths.magnitude.quotientAndRemainder(dividingBy: 10)
    return part == 0 ? "\(sign)\(whole)" : "\(sign)\(whole).\(part)"
  }

  static func cut(_ text: String, to room: Int) -> String {
    text.count > room ? String(text.prefix(max(0, room - 1))) + "…" : text
  }

  /// The text in lines of at most that many characters, the last one cut where there are more lines than asked for.
  static func wrap(_ text: String, to room: Int, lines limit: Int) -> [String] {
    var lines = [""]
    for word in text.split(separator: " ") {
      let last = lines[lines.count - 1]
      if last.isEmpty {
        lines[lines.count - 1] = String(word)
      } else if last.count + 1 + word.count <= room {
        lines[lines.count - 1] = last + " " + word
      } else {
        lines.append(String(word))
      }
    }
    guard lines.count > limit else { return lines.map { cut($0, to: room) } }
    return lines[..<(limit - 1)] + [cut(lines[(limit - 1)...].joined(separator: " "), to: room)]
  }
}
