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
  private let canvas: Canvas
  private var columns: Int { canvas.columns }
  private let waitColumns: Set<Int>
  private static let speedRows = 8
  private static let forceRows = 3

  /// A picture of a report.
  public init(_ report: RunReport, options: Options = Options()) {
    profile = RunProfile(report)
    self.options = options
    canvas = Canvas(options)
    var waits: Set<Int> = []
    for band in profile.bands where band.isWait && band.isEntered {
      let first = profile.column(of: band.start, among: canvas.columns)
      waits.formUnion(first...max(first, profile.column(of: band.end - 1, among: canvas.columns)))
    }
    waitColumns = waits
  }

  /// The picture: lines of at most `width` columns, and a final newline.
  public var text: String {
    let motion = MotionColumns(profile.report.motion.samples, count: columns, from: profile.start, to: profile.end)
    var lines = headingLines
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
    lines.append(canvas.timeLine(profile))
    lines += canvas.wrap(plain(legend)).map { canvas.paint($0, .faint) }
    return lines.map { line in Self.trimmed(line) + "\n" }.joined()
  }

  /// What stands above the picture, for whoever shows it without: routine and outcome, the circumstances, the reason.
  public var heading: [String] { headingLines.map(Self.trimmed) }

  private var headingLines: [String] {
    let report = profile.report
    let isUnicode = options.characters == .unicode
    var lines: [String] = []
    let outcome = canvas.paint(report.outcome.rawValue, report.outcome == .completed ? .good : .bad)
    let title = plain(report.routine.name)
    let room = max(8, columns + Canvas.margin - report.outcome.rawValue.count - 12)
    lines.append("\(canvas.paint(cut(title, to: room), .strong)): \(outcome), \(profile.elapsed)")
    for line in profile.summary(micro: isUnicode ? "µ" : "u", separator: isUnicode ? " · " : ", ") {
      lines += canvas.wrap(plain(line)).map { canvas.paint($0, .faint) }
    }
    if report.outcome != .completed || report.reason.code != .completed {
      lines += canvas.wrap(plain(report.reason.message))
    }
    return lines
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
      lines.append(canvas.right(text) + tick(isLabelled) + canvas.render(cells))
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
    return [canvas.right("steps") + " " + canvas.paint(String(line), .faint)]
  }

  private func axis() -> String {
    canvas.right("0")
      + (options.characters == .unicode
        ? "┼" + String(repeating: "─", count: columns) : "+" + String(repeating: "-", count: columns))
  }

  private func tick(_ isLabelled: Bool) -> String {
    guard options.characters == .unicode else { return "|" }
    return isLabelled ? "┤" : "│"
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
}
