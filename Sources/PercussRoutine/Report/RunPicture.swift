/// The picture of a run for a terminal: speed as an area with the plan above it where the motor fell short, force, steps and time.
///
/// ```
/// Post-run calves: completed in 4:35
/// ppm
/// 2400 ┤      ▁▃▅▇█ █ █ █
/// 1600 ┤███████████ █ █ █
///  800 ┤███████████ █ █ █
///    0 ┼────────────────────
/// ```
public struct RunPicture {
  /// Which characters may be used.
  public enum Characters: Sendable {
    /// Block elements and box drawing.
    case unicode
    /// ASCII only.
    case ascii
  }

  /// How it is drawn.
  public struct Options: Sendable {
    /// Columns; at least 40.
    public var width: Int
    /// Which characters may be used.
    public var characters: Characters
    /// Whether ANSI colours may be used. The caller knows about terminals and NO_COLOR.
    public var colour: Bool

    /// Options; see the properties.
    public init(width: Int = 80, characters: Characters = .unicode, colour: Bool = false) {
      self.width = width
      self.characters = characters
      self.colour = colour
    }
  }

  private let profile: RunProfile
  private let options: Options
  private let columns: Int
  private let waitColumns: Set<Int>
  private static let margin = 8
  private static let speedRows = 8
  private static let forceRows = 3

  /// A picture of a report.
  public init(_ report: RunReport, options: Options = Options()) {
    profile = RunProfile(report)
    self.options = options
    columns = max(40, min(options.width, 1_000)) - Self.margin - 1
    var waits: Set<Int> = []
    for band in profile.bands where band.isWait && band.isEntered {
      let first = profile.column(of: band.start, among: columns)
      waits.formUnion(first...max(first, profile.column(of: band.end - 1, among: columns)))
    }
    waitColumns = waits
  }

  /// The picture: lines of at most `width` columns, and a final newline.
  public var text: String {
    let report = profile.report
    let isUnicode = options.characters == .unicode
    let motion = MotionColumns(report.motion.samples, count: columns, from: profile.start, to: profile.end)
    var lines: [String] = []
    let outcome = paint(report.outcome.rawValue, report.outcome == .completed ? .good : .bad)
    let title = plain(report.routine.name)
    let room = max(8, columns + Self.margin - report.outcome.rawValue.count - 12)
    lines.append("\(paint(cut(title, to: room), .strong)): \(outcome), \(profile.elapsed)")
    for line in profile.summary(micro: isUnicode ? "µ" : "u", separator: isUnicode ? " · " : ", ") {
      lines += wrap(plain(line)).map { paint($0, .faint) }
    }
    if report.outcome != .completed || report.reason.code != .completed { lines += wrap(plain(report.reason.message)) }
    lines.append("")
    lines += area(
      motion.speed, top: profile.topSpeed, rows: Self.speedRows, unit: "ppm", tone: .speed, label: { "\($0)" },
      plan: (0..<columns).map { column in
        profile.plannedSpeed(at: motion.middle(of: column))
      })
    lines.append(axis())
    lines.append(contentsOf: bandLines())
    lines += area(
      motion.force, top: profile.topForce, rows: Self.forceRows, unit: "N", tone: .force, label: RunProfile.newtons,
      plan: nil)
    lines.append(axis())
    lines.append(timeLine())
    lines += wrap(plain(legend)).map { paint($0, .faint) }
    return lines.map { line in trimmed(line) + "\n" }.joined()
  }

  private var legend: String {
    let isUnicode = options.characters == .unicode
    let source = profile.report.motion.source == .telemetry ? "measured by the device" : "the simulated motor"
    var parts = ["\(isUnicode ? "█" : "#") \(source)", "\(isUnicode ? "╌" : "-") planned, where it is above"]
    if !waitColumns.isEmpty { parts.append("\(isUnicode ? "┆" : ":") waits for the operator") }
    return parts.joined(separator: "   ")
  }

  // MARK: Parts

  /// An area chart: each cell is filled by eighths; the plan shows where it lies above the area.
  private func area(
    _ values: [Int?], top: Int, rows: Int, unit: String, tone: Tone, label: (Int) -> String, plan: [Int]?
  ) -> [String] {
    let steps = options.characters == .unicode ? Array(" ▁▂▃▄▅▆▇█") : Array(" .:#")
    let resolution = steps.count - 1
    let levels = values.map { value in value.map { ($0 * rows * resolution + top / 2) / top } }
    let planRows: [Int?]? = plan?.map { speed in
      speed > 0 ? min(rows - 1, max(0, (speed * rows * resolution + top / 2) / top - 1) / resolution) : nil
    }
    var lines: [String] = []
    for row in stride(from: rows - 1, through: 0, by: -1) {
      var cells = Cells()
      for column in 0..<columns {
        let level = (levels[column] ?? 0) - row * resolution
        if level > 0 {
          cells.append(steps[min(level, resolution)], tone)
        } else if planRows?[column] == row {
          cells.append(options.characters == .unicode ? "╌" : "-", .plan)
        } else if waitColumns.contains(column) {
          cells.append(options.characters == .unicode ? "┆" : ":", .faint)
        } else {
          cells.append(" ", .none)
        }
      }
      let isLabelled = row == rows - 1 || (rows > 4 && row == rows / 2 - 1)
      let scale = row == rows - 1 ? top : top * (row + 1) / rows
      let text = isLabelled ? label(scale) + (row == rows - 1 ? " \(unit)" : "") : ""
      lines.append(right(text) + tick(isLabelled) + render(cells))
    }
    return lines
  }

  /// The names of the steps where they begin, as many as there is room for.
  private func bandLines() -> [String] {
    var line = Array(repeating: Character(" "), count: columns)
    let bar: Character = options.characters == .unicode ? "╵" : "'"
    var free = 0
    for band in profile.bands {
      let start = profile.column(of: band.start, among: columns)
      let end = profile.column(of: band.end, among: columns)
      guard start >= free else { continue }
      let room = max(0, end - start - 1)
      let label = Array(plain(band.label))
      guard room >= min(3, label.count) else { continue }
      line[start] = bar
      for (place, character) in cut(String(label), to: room).enumerated() { line[start + 1 + place] = character }
      free = end
    }
    return [right("steps") + " " + paint(String(line), .faint)]
  }

  private func axis() -> String {
    right("0")
      + (options.characters == .unicode
        ? "┼" + String(repeating: "─", count: columns) : "+" + String(repeating: "-", count: columns))
  }

  private func timeLine() -> String {
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

  private func tick(_ isLabelled: Bool) -> String {
    guard options.characters == .unicode else { return "|" }
    return isLabelled ? "┤" : "│"
  }

  private func right(_ text: String) -> String {
    String(repeating: " ", count: max(0, Self.margin - text.count)) + text
  }

  // MARK: Text

  /// Text from documents and devices without control characters, and in ASCII where that is asked for.
  private func plain(_ text: String) -> String {
    String(
      String.UnicodeScalarView(
        text.unicodeScalars.compactMap { scalar in
          if scalar.properties.generalCategory == .control || scalar.properties.generalCategory == .format {
            return nil
          }
          return options.characters == .ascii && !scalar.isASCII ? "?" : scalar
        }))
  }

  private func cut(_ text: String, to room: Int) -> String {
    guard text.count > room else { return text }
    guard room > 1 else { return String(text.prefix(room)) }
    return String(text.prefix(room - 1)) + (options.characters == .unicode ? "…" : "~")
  }

  private func wrap(_ text: String) -> [String] {
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ", omittingEmptySubsequences: false) {
      if !line.isEmpty, line.count + 1 + word.count > columns + Self.margin + 1 {
        lines.append(line)
        line = ""
      }
      line += (line.isEmpty ? "" : " ") + word
    }
    return lines + (line.isEmpty ? [] : [line])
  }

  private func trimmed(_ line: String) -> String {
    var line = line
    while line.last == " " { line.removeLast() }
    return line
  }

  // MARK: Colour

  private enum Tone: String {
    case none = ""
    case strong = "1"
    case faint = "2"
    case good = "32"
    case bad = "31"
    case speed = "36"
    case force = "33"
    case plan = "35"
  }

  private struct Cells {
    var runs: [(tone: Tone, text: String)] = []

    mutating func append(_ character: Character, _ tone: Tone) {
      if runs.last?.tone == tone {
        runs[runs.count - 1].text.append(character)
      } else {
        runs.append((tone, String(character)))
      }
    }
  }

  private func render(_ cells: Cells) -> String {
    cells.runs.map { paint($0.text, $0.tone) }.joined()
  }

  private func paint(_ text: String, _ tone: Tone) -> String {
    options.colour && tone != .none && !text.isEmpty ? "\u{1B}[\(tone.rawValue)m\(text)\u{1B}[0m" : text
  }
}
