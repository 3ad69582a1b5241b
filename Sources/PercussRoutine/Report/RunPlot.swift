/// The plot of a run as an SVG document: speed as planned and as it was, force, and how late each step was, over one time axis.
///
/// Light, readable without any program, in light or dark as the viewer prefers; equal reports give equal bytes.
public struct RunPlot {
  private let profile: RunProfile
  private let axis: TimeAxis
  private let distribution: LatenessPlot?

  private static let width = 1_000
  private static let height = 596
  private static let left = 66.0
  private static let right = 980.0
  private static let speed = Panel(top: 126, height: 200)
  private static let force = Panel(top: 352, height: 84)
  private static let lateness = Panel(top: 462, height: 64)
  /// More bands than this are not drawn one by one; the waits always are.
  private static let bandLimit = 400

  /// A plot of a report.
  ///
  /// - Parameter showsDistribution: whether how late the steps were is shown once more, larger and counted, below; unless said, in real time alone, since in
  ///   virtual time steps are hardly ever late.
  public init(_ report: RunReport, showsDistribution: Bool? = nil) {
    profile = RunProfile(report)
    let isShown = (showsDistribution ?? !report.isVirtualTime) && report.lateness.count > 0
    distribution = isShown ? LatenessPlot(profile) : nil
    axis = TimeAxis(start: profile.start, end: profile.end, left: Self.left, right: Self.right)
  }

  /// The SVG document, with a final newline.
  public var svg: String {
    let reason = reasonLines
    let shift = Double(reason.count) * 17
    let height = Self.height + reason.count * 17 + (distribution == nil ? 0 : LatenessPlot.height)
    var page = SVGText()
    page.open(
      "svg",
      [
        "xmlns": "http://www.w3.org/2000/svg", "viewBox": "0 0 \(Self.width) \(height)", "width": "\(Self.width)",
        "height": "\(height)", "role": "img",
        "font-family": "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif",
      ])
    page.element("title", text: "\(profile.report.routine.name): \(profile.report.outcome.rawValue)")
    page.raw(Self.style)
    page.raw(Self.hatching)
    page.element("rect", ["class": "paper", "width": "\(Self.width)", "height": "\(height)", "rx": "10"])
    drawHeading(reason, into: &page)
    page.open("g", ["transform": "translate(0 \(SVGText.number(shift)))"])
    drawBands(into: &page)
    drawSpeed(into: &page)
    drawForce(into: &page)
    drawLateness(into: &page)
    drawTimeAxis(into: &page)
    drawLegend(into: &page)
    page.close("g")
    if let distribution {
      page.open("g", ["transform": "translate(0 \(SVGText.number(Double(Self.height) + shift)))"])
      distribution.draw(into: &page)
      page.close("g")
    }
    page.close("svg")
    return page.text
  }

  // MARK: Heading

  private var reasonLines: [String] {
    let report = profile.report
    guard report.outcome != .completed || report.reason.code != .completed else { return [] }
    return SVGText.wrap(report.reason.message, to: 150, lines: 3)
  }

  private func drawHeading(_ reason: [String], into page: inout SVGText) {
    let report = profile.report
    page.text(SVGText.cut(report.routine.name, to: 56), x: 24, y: 40, ["class": "title"])
    let verdict = "\(report.outcome.rawValue) · \(profile.elapsed)"
    let width = Double(verdict.count) * 7.6 + 28
    page.element(
      "rect",
      [
        "class": "pill \(report.outcome == .completed ? "good" : "bad")", "x": SVGText.number(Self.right - width),
        "y": "20",
        "width": SVGText.number(width), "height": "28", "rx": "14",
      ])
    page.text(verdict, x: Self.right - width / 2, y: 39, ["class": "verdict", "text-anchor": "middle"])
    for (index, line) in profile.summary().enumerated() {
      page.text(line, x: 24, y: 62 + Double(index) * 17, ["class": "note"])
    }
    for (index, line) in reason.enumerated() {
      page.text(line, x: 24, y: 62 + Double(index + 2) * 17, ["class": "reason"])
    }
  }

  // MARK: Panels

  private func drawBands(into page: inout SVGText) {
    let bottom = Self.lateness.bottom
    let isCrowded = profile.bands.count > Self.bandLimit
    for (index, band) in profile.bands.enumerated() where !isCrowded || band.isWait {
      let (x, width) = (axis.x(band.start), axis.x(band.end) - axis.x(band.start))
      guard width >= 0.5 else { continue }
      let shade = band.isWait ? "wait" : band.isEntered ? (index % 2 == 0 ? "even" : "odd") : "unplayed"
      page.open("g", [:])
      page.element("title", text: tip(band))
      page.element(
        "rect",
        [
          "class": shade, "x": SVGText.number(x), "y": "98", "width": SVGText.number(width),
          "height": SVGText.number(bottom - 98),
        ])
      let room = Int((width - 10) / 6.1)
      if room >= min(4, band.label.count) {
        page.text(
          SVGText.cut(band.label, to: room), x: x + 5, y: 113, ["class": band.isEntered ? "band" : "band unreached"])
      }
      page.close("g")
    }
    if isCrowded { page.text("\(profile.report.steps.count) steps", x: Self.left + 5, y: 113, ["class": "band"]) }
  }

  private func tip(_ band: RunProfile.Band) -> String {
    let steps =
      band.steps.count == 1
      ? "step \(band.steps.lowerBound)" : "steps \(band.steps.lowerBound) to \(band.steps.upperBound - 1)"
    let times =
      "\(RunProfile.clock(seconds: band.start / 1_000_000)) to \(RunProfile.clock(seconds: band.end / 1_000_000))"
    return "\(band.label): \(steps), \(times)\(band.isEntered ? "" : ", not played")"
  }

  private func drawSpeed(into page: inout SVGText) {
    let panel = Self.speed
    let ticks = RunProfile.ticks(upTo: profile.topSpeed * 21 / 20, count: 6)
    let scale = Scale(bottom: 0, top: max(profile.topSpeed * 21 / 20, 1), panel: panel)
    drawGrid(ticks.map { ($0, "\($0)") }, scale: scale, name: "speed", unit: "ppm", into: &page)
    var area = "M\(SVGText.number(axis.x(profile.start))) \(SVGText.number(panel.bottom))"
    var line = ""
    var previous: Double?
    for piece in thinned(profile.pieces) {
      let (x0, x1) = (axis.x(piece.start), axis.x(piece.end))
      let (y0, y1) = (scale.y(piece.from), scale.y(piece.to))
      line += previous == nil ? "M" : "L"
      line += "\(SVGText.number(x0)) \(SVGText.number(y0))L\(SVGText.number(x1)) \(SVGText.number(y1))"
      area += "L\(SVGText.number(x0)) \(SVGText.number(y0))L\(SVGText.number(x1)) \(SVGText.number(y1))"
      previous = x1
    }
    area += "L\(SVGText.number(previous ?? axis.x(profile.start))) \(SVGText.number(panel.bottom))Z"
    page.element("path", ["class": "planarea", "d": area])
    if !line.isEmpty { page.element("path", ["class": "plan", "d": line]) }
    page.element("path", ["class": "speed", "d": trace(scale, \.speedPPM)])
  }

  private func drawForce(into page: inout SVGText) {
    let top = max(profile.topForce * 11 / 10, 10)
    let scale = Scale(bottom: 0, top: top, panel: Self.force)
    let ticks = RunProfile.ticks(upTo: top / 10, count: 3).map { ($0 * 10, "\($0)") }
    drawGrid(ticks, scale: scale, name: "force", unit: "N", into: &page)
    var limit = ""
    var last: (end: Double, value: Int)?
    for (index, step) in profile.report.steps.enumerated() {
      guard let value = step.forceLimitDecinewtons else {
        last = nil
        continue
      }
      let end = axis.x(profile.pieces[index].end)
      if let known = last, known.value == value {
        last = (end, value)
        continue
      }
      if let known = last {
        limit += "H\(SVGText.number(known.end))V\(SVGText.number(scale.y(value)))"
      } else {
        limit += "M\(SVGText.number(axis.x(profile.pieces[index].start))) \(SVGText.number(scale.y(value)))"
      }
      last = (end, value)
    }
    if let known = last { limit += "H\(SVGText.number(known.end))" }
    if !limit.isEmpty { page.element("path", ["class": "limit", "d": limit]) }
    page.element("path", ["class": "force", "d": trace(scale, \.forceDecinewtons)])
  }

  private func drawLateness(into page: inout SVGText) {
    let report = profile.report
    let tolerance = Int(clamping: report.toleranceMicroseconds)
    let latest = Int(clamping: report.lateness.maximumMicroseconds ?? 0)
    let earliest = Int(clamping: report.steps.lazy.compactMap(\.lateMicroseconds).min() ?? 0)
    let top = max(tolerance, latest, 1)
    let scale = Scale(bottom: min(0, earliest), top: top / 20 + top, panel: Self.lateness)
    var ticks = [(0, "0")]
    if latest > tolerance { ticks.append((latest, RunProfile.short(microseconds: Int64(latest)))) }
    let isCovered = latest > tolerance && scale.y(tolerance) - scale.y(latest) < 13
    ticks.append((tolerance, isCovered ? "" : RunProfile.short(microseconds: Int64(tolerance))))
    drawGrid(ticks, scale: scale, name: "late", unit: "", into: &page)
    let y = SVGText.number(scale.y(tolerance))
    page.element(
      "line",
      ["class": "tolerance", "x1": SVGText.number(Self.left), "x2": SVGText.number(Self.right), "y1": y, "y2": y])
    for step in dots() {
      let x = SVGText.number(axis.x(step.plannedMicroseconds))
      if let late = step.lateMicroseconds {
        let isMissed = Int64(late).magnitude > report.toleranceMicroseconds.magnitude || late < 0
        page.element(
          "circle",
          [
            "class": isMissed ? "dot missed" : "dot", "cx": x, "cy": SVGText.number(scale.y(Int(clamping: late))),
            "r": isMissed ? "3.2" : "2.2",
          ])
      } else {
        page.element("circle", ["class": "unseen", "cx": x, "cy": SVGText.number(scale.y(0)), "r": "2.6"])
      }
    }
  }

  /// The steps that began, the worst of those that share a pixel.
  private func dots() -> [StepReport] {
    var chosen: [StepReport] = []
    var column = -1
    for step in profile.report.steps where step.isEntered {
      let here = Int(axis.x(step.plannedMicroseconds))
      if here == column, let last = chosen.last {
        let isWorse = (step.lateMicroseconds ?? 0) > (last.lateMicroseconds ?? 0)
        if isWorse { chosen[chosen.count - 1] = step }
      } else {
        chosen.append(step)
        column = here
      }
    }
    return chosen
  }

  private func drawGrid(
    _ ticks: [(value: Int, label: String)], scale: Scale, name: String, unit: String, into page: inout SVGText
  ) {
    for tick in ticks {
      let y = scale.y(tick.value)
      page.element(
        "line",
        [
          "class": tick.value == 0 ? "base" : "grid", "x1": SVGText.number(Self.left), "x2": SVGText.number(Self.right),
          "y1": SVGText.number(y), "y2": SVGText.number(y),
        ])
      page.text(tick.label, x: Self.left - 8, y: y + 4, ["class": "tick", "text-anchor": "end"])
    }
    let middle = (scale.panel.top + scale.panel.bottom) / 2
    let label = unit.isEmpty ? name : "\(name), \(unit)"
    page.text(
      label, x: 16, y: middle,
      ["class": "axis", "text-anchor": "middle", "transform": "rotate(-90 16 \(SVGText.number(middle)))"])
  }

  private func drawTimeAxis(into page: inout SVGText) {
    for second in RunProfile.timeTicks(upTo: profile.end, count: 12) {
      let x = axis.x(second * 1_000_000)
      page.element(
        "line",
        [
          "class": "grid", "x1": SVGText.number(x), "x2": SVGText.number(x), "y1": SVGText.number(Self.lateness.bottom),
          "y2": SVGText.number(Self.lateness.bottom + 5),
        ])
      page.text(
        RunProfile.clock(seconds: second), x: x, y: Self.lateness.bottom + 20,
        ["class": "tick", "text-anchor": "middle"])
    }
    page.text("time, min:s", x: Self.right, y: Self.lateness.bottom + 36, ["class": "axis", "text-anchor": "end"])
  }

  private func drawLegend(into page: inout SVGText) {
    let source = profile.report.motion.source == .telemetry ? "as the device measured" : "of the simulated motor"
    let hasLimit = profile.report.steps.contains { $0.forceLimitDecinewtons != nil }
    let hasWait = profile.bands.contains { $0.isWait }
    let hasUnseen = profile.report.lateness.unobservedCount > 0
    var entries = [("plan", "speed planned"), ("speed", "speed \(source)"), ("force", "force \(source)")]
    if hasLimit { entries.append(("limit", "force limit")) }
    entries.append(("tolerance", "tolerance"))
    if hasWait { entries.append(("wait", "waits for the operator")) }
    if hasUnseen { entries.append(("unseen", "beginning not observed")) }
    var x = Self.left
    let y = Self.lateness.bottom + 58
    for (mark, label) in entries {
      if mark == "wait" {
        page.element(
          "rect", ["class": mark, "x": SVGText.number(x), "y": SVGText.number(y - 10), "width": "18", "height": "11"])
      } else if mark == "unseen" {
        page.element("circle", ["class": mark, "cx": SVGText.number(x + 9), "cy": SVGText.number(y - 4), "r": "2.6"])
      } else {
        page.element("path", ["class": mark, "d": "M\(SVGText.number(x)) \(SVGText.number(y - 4))h18"])
      }
      page.text(label, x: x + 24, y: y, ["class": "tick"])
      x += 24 + Double(label.count) * 6.1 + 20
    }
  }

  // MARK: Lines

  /// The path of a measured value: per half pixel the first, least, greatest and last sample; broken where samples are missing.
  private func trace(_ scale: Scale, _ value: KeyPath<MotionSample, Int>) -> String {
    let samples = profile.report.motion.samples.filter {
      $0.timeMicroseconds >= profile.start && $0.timeMicroseconds <= profile.end
    }
    var intervals = zip(samples.dropFirst(), samples).map { $0.timeMicroseconds - $1.timeMicroseconds }.sorted()
    let usual = intervals.isEmpty ? 0 : intervals.remove(at: intervals.count / 2)
    let gap = max(5 * usual, 1_000_000)
    var path = ""
    var column = Int.min
    var bucket: [MotionSample] = []
    var lastTime: Int64?
    func flush() {
      guard let first = bucket.first, let last = bucket.last else { return }
      let ordered = bucket.sorted {
        ($0[keyPath: value], $0.timeMicroseconds) < ($1[keyPath: value], $1.timeMicroseconds)
      }
      var kept = [first]
      for extreme in [ordered.first, ordered.last].compactMap({ $0 }).sorted(by: {
        $0.timeMicroseconds < $1.timeMicroseconds
      })
      where extreme != kept.last { kept.append(extreme) }
      if last != kept.last { kept.append(last) }
      for sample in kept {
        let isBreak = lastTime.map { sample.timeMicroseconds - $0 > gap } ?? true
        path +=
          (isBreak ? "M" : "L")
          + "\(SVGText.number(axis.x(sample.timeMicroseconds))) \(SVGText.number(scale.y(sample[keyPath: value])))"
        lastTime = sample.timeMicroseconds
      }
      bucket.removeAll(keepingCapacity: true)
    }
    for sample in samples {
      let here = Int(axis.x(sample.timeMicroseconds) * 2)
      if here != column { flush() }
      column = here
      bucket.append(sample)
    }
    flush()
    return path.isEmpty ? "M0 0" : path
  }

  /// The plan with pieces far narrower than a pixel left out, so that a long routine makes no huge file.
  private func thinned(_ pieces: [RunProfile.Piece]) -> [RunProfile.Piece] {
    guard pieces.count > 4_000 else { return pieces }
    var kept: [RunProfile.Piece] = []
    var perColumn = 0
    var column = Int.min
    for piece in pieces {
      let here = Int(axis.x(piece.start))
      perColumn = here == column ? perColumn + 1 : 0
      column = here
      if perColumn < 3 || axis.x(piece.end) - axis.x(piece.start) >= 1 { kept.append(piece) }
    }
    return kept
  }
}

/// Where one of the stacked charts lies, in pixels.
private struct Panel {
  var top: Double
  var height: Double
  var bottom: Double { top + height }
}

private struct Scale {
  var bottom: Int
  var top: Int
  var panel: Panel

  func y(_ value: Int) -> Double {
    panel.bottom - Double(value - bottom) / Double(max(1, top - bottom)) * panel.height
  }
}

private struct TimeAxis {
  var start: Int64
  var end: Int64
  var left: Double
  var right: Double

  func x(_ time: Int64) -> Double {
    let part = Double(min(max(time, start), end) - start) / Double(max(1, end - start))
    return left + part * (right - left)
  }
}
