/// How late the steps of a run were, for a terminal: over the run, and how many were how late.
///
/// ```
///    20 ms┤╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ tolerance
///     2 ms┤         •
///   200 µs┤ • ••  •   •• •  •
///        0┼────────────────────
///    min:s 0:00      1:00
///
///   100 to 200 µs │███████████ 41
/// ```
public struct LatenessPicture {
  private let profile: RunProfile
  private let bins: LatenessBins
  private let scale: LatenessScale
  private let canvas: RunPicture.Canvas

  private static let rows = 8
  private static let labelWidth = 18

  /// A picture of a report.
  public init(_ report: RunReport, options: RunPicture.Options = .init()) {
    profile = RunProfile(report)
    bins = LatenessBins(report, division: .three)
    scale = bins.scale
    canvas = RunPicture.Canvas(options)
  }

  /// The picture: lines of at most `width` columns, and a final newline. Empty where no step was seen to begin.
  public var text: String {
    guard bins.highest > 0 else { return "" }
    return (overRun + [""] + histogram).map { RunPicture.trimmed($0) + "\n" }.joined()
  }

  private var isUnicode: Bool { canvas.isUnicode }

  private func short(_ microseconds: Int64) -> String {
    RunProfile.short(microseconds: microseconds, micro: isUnicode ? "µ" : "u")
  }

  // MARK: Over the run

  private var overRun: [String] {
    var worst: [Int64?] = Array(repeating: nil, count: canvas.columns)
    var unseen: Set<Int> = []
    for step in profile.report.steps where step.isEntered {
      let column = profile.column(of: step.plannedMicroseconds, among: canvas.columns)
      guard let late = step.lateMicroseconds else {
        unseen.insert(column)
        continue
      }
      let known = worst[column]
      // An early step is a miss, however small.
      worst[column] = known.map { late < 0 || $0 < 0 ? min(late, $0) : max(late, $0) } ?? late
    }
    let row = { (late: Int64) -> Int in Int((scale.place(of: late) * Double(Self.rows)).rounded()) }
    let toleranceRow = row(profile.report.toleranceMicroseconds)
    var lines: [String] = []
    for height in stride(from: Self.rows, through: 0, by: -1) {
      var cells = RunPicture.Cells()
      for column in 0..<canvas.columns {
        if let late = worst[column], row(late) == height {
          let isMissed = late < 0 || late > profile.report.toleranceMicroseconds
          cells.append(isUnicode ? "•" : "o", isMissed ? .bad : .speed)
        } else if height == 0, unseen.contains(column) {
          cells.append("?", .bad)
        } else if height == toleranceRow {
          cells.append(isUnicode ? "╌" : "-", .plan)
        } else {
          cells.append(height == 0 ? (isUnicode ? "─" : "-") : " ", .none)
        }
      }
      let label =
        height == toleranceRow ? short(profile.report.toleranceMicroseconds) : height == 0 ? "0" : edgeLabel(height)
      let tick = height == 0 ? (isUnicode ? "┼" : "+") : !isUnicode ? "|" : label.isEmpty ? "│" : "┤"
      lines.append(canvas.right(label) + tick + canvas.render(cells))
    }
    lines.append(canvas.timeLine(profile))
    var legend =
      "\(isUnicode ? "•" : "o") how late each step was, the latest of a column   \(isUnicode ? "╌" : "-") tolerance"
    if !unseen.isEmpty { legend += "   ? not seen to begin" }
    return lines + canvas.wrap(legend).map { canvas.paint($0, .faint) }
  }

  /// The round number at a height, where one lies there.
  private func edgeLabel(_ height: Int) -> String {
    guard height % 2 == 0 else { return "" }
    let edge = scale.edges.min { first, second in
      let at = Double(height) / Double(Self.rows)
      return abs(scale.place(of: first) - at) < abs(scale.place(of: second) - at)
    }
    guard let edge, edge > 0, abs(scale.place(of: edge) * Double(Self.rows) - Double(height)) < 0.5 else { return "" }
    return short(edge)
  }

  // MARK: How many were how late

  private var histogram: [String] {
    var lines: [String] = []
    if bins.early > 0 { lines.append(bar("early", bins.early, .bad)) }
    if bins.onTime > 0 { lines.append(bar("0", bins.onTime, .speed)) }
    let occupied = bins.counts.indices.filter { bins.counts[$0] > 0 }
    let tolerance = scale.toleranceIndex
    for index in bins.counts.indices {
      if index == tolerance { lines.append(toleranceLine) }
      guard let first = occupied.first, let last = occupied.last, index >= first, index <= last else { continue }
      let (low, high) = (scale.edges[index], scale.edges[index + 1])
      lines.append(bar(range(low, high), bins.counts[index], index >= tolerance ? .bad : .speed))
    }
    if tolerance >= bins.counts.count { lines.append(toleranceLine) }
    let title =
      "Steps by how late they began\(bins.scope)" + (bins.isLogarithmic ? "; a bar's length is logarithmic" : "")
    return canvas.wrap(title).map { canvas.paint($0, .faint) } + lines
  }

  private func range(_ low: Int64, _ high: Int64) -> String {
    let (from, to) = (short(low), short(high))
    // The unit once where both have the same.
    let unit = to.split(separator: " ").last.map(String.init) ?? ""
    return "\(from.hasSuffix(" \(unit)") ? String(from.dropLast(unit.count + 1)) : from) to \(to)"
  }

  private var toleranceLine: String {
    let label = "tolerance \(short(profile.report.toleranceMicroseconds))"
    let dash = isUnicode ? "╌" : "-"
    let rest = max(3, canvas.width - Self.labelWidth - 2)
    return left(label) + canvas.paint(String(repeating: dash, count: rest), .plan)
  }

  private func bar(_ label: String, _ count: Int, _ tone: RunPicture.Tone) -> String {
    let number = "\(count)"
    let room = max(1, canvas.width - Self.labelWidth - 3 - number.count)
    let eighths = count == 0 ? 0 : max(1, Int((bins.length(of: count) * Double(room * 8)).rounded()))
    let (full, rest) = eighths.quotientAndRemainder(dividingBy: 8)
    let parts = Array(" ▏▎▍▌▋▊▉")
    let drawn =
      isUnicode
      ? String(repeating: "█", count: full) + (rest > 0 ? String(parts[rest]) : "")
      : String(repeating: "#", count: max(count > 0 ? 1 : 0, full))
    return left(label) + (isUnicode ? "│" : "|") + canvas.paint(drawn, tone) + (count > 0 ? " \(number)" : "")
  }

  private func left(_ label: String) -> String {
    String(repeating: " ", count: max(0, Self.labelWidth - label.count)) + label + " "
  }
}
