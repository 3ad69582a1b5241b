// What the pictures for a terminal share: columns, colours, the axis of time.
extension RunPicture {
  enum Tone: String {
    case none = ""
    case strong = "1"
    case faint = "2"
    case good = "32"
    case bad = "31"
    case speed = "36"
    case force = "33"
    case plan = "35"
  }

  /// A row of characters in runs of one tone.
  struct Cells {
    var runs: [(tone: Tone, text: String)] = []

    mutating func append(_ character: Character, _ tone: Tone) {
      if runs.last?.tone == tone {
        runs[runs.count - 1].text.append(character)
      } else {
        runs.append((tone, String(character)))
      }
    }
  }

  /// Where a picture is drawn.
  struct Canvas {
    static let margin = 8

    let options: Options
    let width: Int
    /// What is right of the labels.
    var columns: Int { width - Self.margin - 1 }
    var isUnicode: Bool { options.characters == .unicode }

    init(_ options: Options) {
      self.options = options
      width = max(40, min(options.width, 1_000))
    }

    func right(_ text: String) -> String {
      String(repeating: " ", count: max(0, Self.margin - text.count)) + text
    }

    func timeLine(_ profile: RunProfile) -> String {
      var line = Array(repeating: Character(" "), count: columns)
      var free = 0
      for second in RunProfile.timeTicks(upTo: profile.end, count: columns / 9) {
        let column = profile.column(of: second * 1_000_000, among: columns)
        let label = RunProfile.clock(seconds: second)
        guard column >= free, column + label.count <= columns else { continue }
        for (place, character) in label.enumerated() { line[column + place] = character }
        free = column + label.count + 1
      }
      return right("min:s") + " " + String(line)
    }

    func wrap(_ text: String) -> [String] {
      var lines: [String] = []
      var line = ""
      for word in text.split(separator: " ", omittingEmptySubsequences: false) {
        if !line.isEmpty, line.count + 1 + word.count > width {
          lines.append(line)
          line = ""
        }
        line += (line.isEmpty ? "" : " ") + word
      }
      return lines + (line.isEmpty ? [] : [line])
    }

    func render(_ cells: Cells) -> String {
      cells.runs.map { paint($0.text, $0.tone) }.joined()
    }

    func paint(_ text: String, _ tone: Tone) -> String {
      options.colour && tone != .none && !text.isEmpty ? "\u{1B}[\(tone.rawValue)m\(text)\u{1B}[0m" : text
    }
  }

  static func trimmed(_ line: String) -> String {
    var line = line
    while line.last == " " { line.removeLast() }
    return line
  }
}
