import PercussRoutine

/// A stored report as a person reads it.
struct ReportText {
  /// How many of the latest steps are shown.
  static let latestCount = 5

  private let report: RunReport
  private let terminal: Terminal

  init(_ report: RunReport, terminal: Terminal) {
    self.report = report
    self.terminal = terminal
  }

  var lines: [String] {
    var lines = RunPicture(report, options: terminal.pictureOptions).heading
    lines += section("Guarantees") + GuaranteeText(terminal: terminal).table(of: report.guarantees)
    lines += section("Lateness by the \(report.mode == .live ? "host" : "device")'s clock") + lateness
    let picture = LatenessPicture(report, options: terminal.pictureOptions).text
    if !picture.isEmpty { lines += ["", String(picture.dropLast())] }
    lines += latest + circumstances
    guard !terminal.usesUnicode else { return lines }
    return lines.map { String($0.map { $0.isASCII ? $0 : Self.plain($0) }) }
  }

  private static func plain(_ character: Character) -> Character {
    switch character {
    case "µ": "u"
    case "±": "~"
    default: "?"
    }
  }

  private func section(_ title: String) -> [String] { ["", terminal.styled(title, .bold)] }

  private var lateness: [String] {
    let summary = report.lateness
    var lines = wrap(
      "\(summary.count) of \(summary.count + summary.unobservedCount) steps that began were seen to, \(summary.earlyCount) of them early; tolerance \(Self.short(report.toleranceMicroseconds))",
      to: terminal.width - 2
    ).map { "  \($0)" }
    let values: [(String, Int64?)] = [
      ("p50", summary.p50Microseconds), ("p90", summary.p90Microseconds), ("p99", summary.p99Microseconds),
      ("p99.9", summary.p999Microseconds), ("max", summary.maximumMicroseconds),
    ]
    guard summary.count > 0 else { return lines }
    let width = min(12, (terminal.width - 2) / values.count)
    lines.append("  " + values.map { pad($0.0, width, left: true) }.joined())
    lines.append("  " + values.map { pad($0.1.map(Self.short) ?? "-", width, left: true) }.joined())
    return lines
  }

  private var latest: [String] {
    let steps = report.latestSteps(atMost: Self.latestCount).filter { $0.lateMicroseconds ?? 0 != 0 }
    guard !steps.isEmpty else { return [] }
    return section("Latest steps")
      + steps.map { step in
        let at = clock(UInt32(clamping: step.plannedMicroseconds / 1_000))
        let name = step.name.map { " “\($0)”" } ?? ""
        let uncertainty = step.uncertaintyMicroseconds.map { " ± \(Self.short($0))" } ?? ""
        let late = pad(Self.short(step.lateMicroseconds ?? 0), 10, left: true)
        let line =
          "  step \(pad("\(step.index)", 5))\(pad(at, 11, left: true))\(late)\(uncertainty)  \(step.path)\(name)"
        return String(printable(line).prefix(terminal.width))
      }
  }

  private var circumstances: [String] {
    var lines: [String] = []
    if let silence = report.link.longestSilenceMicroseconds {
      lines.append("Link: the device was silent for \(Self.short(silence)) at the longest")
    }
    let counts = report.link.statistics.filter { $0.value > 0 }.sorted { $0.key < $1.key }
    if !counts.isEmpty {
      lines.append(
        "Link: " + counts.map { "\($0.value) \($0.key.replacing("_", with: " "))" }.joined(separator: ", "))
    }
    if let clocks = report.clocks {
      let drift =
        clocks.driftPartsPerBillion.map {
          ", \($0 < 0 ? "-" : "+")\(QuantityText.partsPerMillion($0)) ppm against the host's by estimate"
        } ?? ""
      let uncertainty = clocks.uncertaintyMicroseconds.map { ", known to ± \(Self.short($0))" } ?? ""
      lines.append("Device's clock: \(clocks.exchangeCount) exchanges\(uncertainty)\(drift)")
    }
    if let host = report.environment {
      let scheduling = host.scheduling == .fifo ? "fifo \(host.priority ?? 0)" : "normal scheduling"
      let slack = host.timerSlackNanoseconds.map { ", timer slack \($0) ns" } ?? ""
      let memory = host.isMemoryLocked ? ", memory locked" : ""
      lines.append(
        "Host: Linux \(host.kernel), \(host.processors) processors, sent by the \(host.sender.rawValue.replacing("_", with: " ")), \(scheduling)\(slack)\(memory)"
      )
    }
    guard !lines.isEmpty else { return [] }
    return section("Circumstances") + lines.flatMap { wrap(printable($0), to: terminal.width - 2) }.map { "  \($0)" }
  }

  private static func short(_ microseconds: Int64) -> String { QuantityText.short(microseconds: microseconds) }
}
