import FoundationEssentials

extension RunReport {
  /// How JSON is laid out.
  public enum JSONLayout: Sendable {
    /// One line without spaces, for JSON Lines.
    case line
    /// Indented, what fits on a line kept on one, with a final newline.
    case pretty
  }

  /// The report as JSON, keys in alphabetical order, integers only: equal reports give equal bytes.
  ///
  /// - Throws: `EncodingError`; not for a report that the player made.
  public func json(_ layout: JSONLayout) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let line = [UInt8](try encoder.encode(self))
    switch layout {
    case .line: return String(decoding: line, as: UTF8.self)
    case .pretty: return JSONLayouter(width: 120).pretty(line)
    }
  }

  /// Reads a report that `json` wrote. Unknown keys are ignored.
  ///
  /// - Throws: `DecodingError` that names the place.
  public init(json: String) throws {
    self = try JSONDecoder().decode(RunReport.self, from: Data(json.utf8))
  }
}

/// Breaks compact JSON into lines: an object or array stays on one line when it fits, and is broken one element a line otherwise.
struct JSONLayouter {
  var width: Int

  func pretty(_ json: [UInt8]) -> String {
    let lengths = Self.lengthsOfContainers(json)
    var text: [UInt8] = []
    text.reserveCapacity(json.count * 5 / 4)
    var isInline: [Bool] = []
    var isInString = false
    var isEscaped = false
    var lineStart = 0
    func breakLine(_ depth: Int) {
      text.append(UInt8(ascii: "\n"))
      lineStart = text.count
      text.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 2 * depth))
    }
    for (place, byte) in json.enumerated() {
      if isInString {
        text.append(byte)
        if isEscaped {
          isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
          isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
          isInString = false
        }
        continue
      }
      switch byte {
      case UInt8(ascii: "\""):
        isInString = true
        text.append(byte)
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        text.append(byte)
        let fits = (isInline.last ?? false) || text.count - lineStart + lengths[place] <= width
        isInline.append(fits)
        if !fits { breakLine(isInline.count) }
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        if isInline.popLast() == false { breakLine(isInline.count) }
        text.append(byte)
      case UInt8(ascii: ","):
        text.append(byte)
        if isInline.last == true { text.append(UInt8(ascii: " ")) } else { breakLine(isInline.count) }
      case UInt8(ascii: ":"):
        text.append(contentsOf: [byte, UInt8(ascii: " ")])
      default:
        text.append(byte)
      }
    }
    text.append(UInt8(ascii: "\n"))
    return String(decoding: text, as: UTF8.self)
  }

  /// For the place of each opening bracket, the length of the container on one line, with its spaces; 0 elsewhere.
  private static func lengthsOfContainers(_ json: [UInt8]) -> [Int] {
    var lengths = Array(repeating: 0, count: json.count)
    var open: [(place: Int, spaces: Int)] = []
    var spaces = 0
    var isInString = false
    var isEscaped = false
    for (place, byte) in json.enumerated() {
      if isInString {
        if isEscaped {
          isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
          isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
          isInString = false
        }
        continue
      }
      switch byte {
      case UInt8(ascii: "\""): isInString = true
      case UInt8(ascii: ","), UInt8(ascii: ":"): spaces += 1
      case UInt8(ascii: "{"), UInt8(ascii: "["): open.append((place, spaces))
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        guard let start = open.popLast() else { continue }
        lengths[start.place] = place - start.place + spaces - start.spaces
      default: break
      }
    }
    return lengths
  }
}
