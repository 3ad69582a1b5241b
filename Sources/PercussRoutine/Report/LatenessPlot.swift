/// How late the steps of a run were, as a part of an SVG document: over the run, and how many were how late.
struct LatenessPlot {
  /// A step, in microseconds.
  struct Dot {
    var planned: Int64
    /// Nil where that was not seen.
    var late: Int64?
  }

  private let title: String
  private let all: [Dot]
  private let tolerance: Int64
  /// The shown stretch of time in microseconds.
  private let time: ClosedRange<Int64>
  private let bins: LatenessBins
  private let scale: LatenessScale

  /// In pixels.
  static let height = 410
  private static let left = 66.0
  private static let right = 980.0
  private static let run = (top: 36.0, bottom: 176.0)
  private static let bars = (top: 226.0, bottom: 350.0)
  /// What stands left of the scale: the bars of steps that were early or on time.
  private static let slot = 44.0

  init(_ profile: RunProfile) {
    let report = profile.report
    self.init(
      title: "Lateness by the \(report.mode == .live ? "host" : "device")'s clock",
      report.steps.filter(\.isEntered).map { Dot(planned: $0.plannedMicroseconds, late: $0.lateMicroseconds) },
      tolerance: report.toleranceMicroseconds, time: profile.start...max(profile.start, profile.end),
      LatenessBins(report, division: .ten))
  }

  init(title: String, _ dots: [Dot], tolerance: Int64, time: ClosedRange<Int64>, _ bins: LatenessBins) {
    self.title = title
    all = dots
    self.tolerance = tolerance
    self.time = time
    self.bins = bins
    scale = bins.scale
  }

  func draw(into page: inout SVGText) {
    page.text(title, x: 24, y: 16, ["class": "band"])
    drawRun(into: &page)
    drawBars(into: &page)
  }

  // MARK: Over the run

  private func y(_ late: Int64) -> Double {
    Self.run.bottom - scale.place(of: late) * (Self.run.bottom - Self.run.top)
  }

  private func x(_ time: Int64) -> Double {
    let (start, end) = (self.time.lowerBound, self.time.upperBound)
    let part = Double(min(max(time, start), end) - start) / Double(max(1, end - start))
    return Self.left + part * (Self.right - Self.left)
  }

  private func drawRun(into page: inout SVGText) {
    line("base", Self.left, Self.run.bottom, Self.right, Self.run.bottom, into: &page)
    page.text("0", x: Self.left - 8, y: Self.run.bottom + 4, ["class": "tick", "text-anchor": "end"])
    let toleranceY = y(tolerance)
    for edge in decades where abs(y(edge) - toleranceY) > 13 && Self.run.bottom - y(edge) > 12 {
      line("grid", Self.left, y(edge), Self.right, y(edge), into: &page)
      page.text(short(edge), x: Self.left - 8, y: y(edge) + 4, ["class": "tick", "text-anchor": "end"])
    }
    line("tolerance", Self.left, toleranceY, Self.right, toleranceY, into: &page)
    page.text(short(tolerance), x: Self.left - 8, y: toleranceY + 4, ["class": "tick", "text-anchor": "end"])
    axisName("late", at: (Self.run.top + Self.run.bottom) / 2, into: &page)
    for dot in dots() {
      let (place, late) = (SVGText.number(x(dot.planned)), dot.late)
      page.element(
        "circle",
        [
          "class": late == nil ? "unseen" : isMissed(late ?? 0) ? "dot missed" : "dot", "cx": place,
          "cy": SVGText.number(late.map(y) ?? Self.run.bottom), "r": late.map(isMissed) == true ? "3.2" : "2.2",
        ])
    }
    for second in RunProfile.timeTicks(upTo: time.upperBound, count: 12) {
      let place = x(second * 1_000_000)
      line("grid", place, Self.run.bottom, place, Self.run.bottom + 5, into: &page)
      page.text(
        RunProfile.clock(seconds: second), x: place, y: Self.run.bottom + 20,
        ["class": "tick", "text-anchor": "middle"])
    }
  }

  /// The steps that began; of those that share a pixel those that differ by more than one.
  private func dots() -> [Dot] {
    var taken: Set<Int> = []
    return all.filter { dot in
      let row = dot.late.map { Int(y($0)) } ?? -1
      return taken.insert(Int(x(dot.planned)) * 1_000 + row).inserted
    }
  }

  // MARK: How many were how late

  private var slots: [(label: String, count: Int, isMissed: Bool)] {
    var slots: [(label: String, count: Int, isMissed: Bool)] = []
    if bins.early > 0 { slots.append(("early", bins.early, true)) }
    if bins.onTime > 0 { slots.append(("0", bins.onTime, false)) }
    return slots
  }

  private var barsLeft: Double { Self.left + Double(slots.count) * Self.slot }

  private func barX(_ edge: Int) -> Double {
    barsLeft + Double(edge) / Double(scale.edges.count - 1) * (Self.right - barsLeft)
  }

  private func drawBars(into page: inout SVGText) {
    let bottom = Self.bars.bottom
    for (place, slot) in slots.enumerated() {
      let x = Self.left + Double(place) * Self.slot
      bar(from: x + 6, to: x + Self.slot - 10, slot.count, isMissed: slot.isMissed, "\(slot.label)", into: &page)
      page.text(slot.label, x: x + Self.slot / 2 - 2, y: bottom + 17, ["class": "tick", "text-anchor": "middle"])
    }
    for (index, count) in bins.counts.enumerated() where count > 0 {
      let (low, high) = (scale.edges[index], scale.edges[index + 1])
      bar(
        from: barX(index) + 0.5, to: barX(index + 1) - 0.5, count, isMissed: index >= scale.toleranceIndex,
        "\(short(low)) to \(short(high))", into: &page)
    }
    line("base", Self.left, bottom, Self.right, bottom, into: &page)
    let toleranceX = barX(scale.toleranceIndex)
    line("tolerance", toleranceX, Self.bars.top - 12, toleranceX, bottom, into: &page)
    // To the side on which there is room.
    let isLeft = toleranceX > Self.right - 120
    page.text(
      "tolerance \(short(tolerance))", x: toleranceX + (isLeft ? -6 : 6), y: Self.bars.top - 4,
      ["class": "tick", "text-anchor": isLeft ? "end" : "start"])
    var free = barsLeft - 30
    for edge in decades {
      guard let index = scale.edges.firstIndex(of: edge), barX(index) - free > 30 else { continue }
      line("grid", barX(index), bottom, barX(index), bottom + 5, into: &page)
      page.text(short(edge), x: barX(index), y: bottom + 17, ["class": "tick", "text-anchor": "middle"])
      free = barX(index) + 20
    }
    axisName("steps", at: (Self.bars.top + bottom) / 2, into: &page)
    let note =
      bins.isLogarithmic
      ? "how late steps began\(bins.scope); a bar's height is logarithmic" : "how late steps began\(bins.scope)"
    page.text(note, x: Self.right, y: bottom + 38, ["class": "axis", "text-anchor": "end"])
  }

  private func bar(
    from left: Double, to right: Double, _ count: Int, isMissed: Bool, _ range: String, into page: inout SVGText
  ) {
    let height = max(2, bins.length(of: count) * (Self.bars.bottom - Self.bars.top - 16))
    page.open("g", [:])
    page.element("title", text: "\(range): \(count == 1 ? "1 step" : "\(count) steps")")
    page.element(
      "rect",
      [
        "class": isMissed ? "missed" : "dot", "x": SVGText.number(left), "y": SVGText.number(Self.bars.bottom - height),
        "width": SVGText.number(max(1, right - left)), "height": SVGText.number(height),
      ])
    let number = "\(count)"
    if right - left > Double(number.count) * 5.5 {
      page.text(
        number, x: (left + right) / 2, y: Self.bars.bottom - height - 5, ["class": "tick", "text-anchor": "middle"])
    }
    page.close("g")
  }

  // MARK: Parts

  private func isMissed(_ late: Int64) -> Bool { late < 0 || late > tolerance }

  /// The edges to be labelled: 1, 10, 100 µs and so on; where there are few, also what lies between.
  private var decades: [Int64] {
    func isRound(_ edge: Int64, _ firsts: Set<Int64>) -> Bool {
      var rest = edge
      while rest >= 10, rest % 10 == 0 { rest /= 10 }
      return edge > 0 && firsts.contains(rest)
    }
    let whole = scale.edges.filter { isRound($0, [1]) }
    return whole.count >= 3 ? whole : scale.edges.filter { isRound($0, [1, 2, 5]) }
  }

  private func short(_ microseconds: Int64) -> String { RunProfile.short(microseconds: microseconds) }

  private func line(
    _ kind: String, _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, into page: inout SVGText
  ) {
    page.element(
      "line",
      [
        "class": kind, "x1": SVGText.number(x1), "x2": SVGText.number(x2), "y1": SVGText.number(y1),
        "y2": SVGText.number(y2),
      ])
  }

  private func axisName(_ name: String, at y: Double, into page: inout SVGText) {
    page.text(
      name, x: 16, y: y,
      ["class": "axis", "text-anchor": "middle", "transform": "rotate(-90 16 \(SVGText.number(y)))"])
  }
}
