/// How late steps were that were seen elsewhere than in a run of our own, as an SVG document: over time, and how many were how late.
public struct StepLatenessPlot: Sendable {
  /// One step, in microseconds.
  public struct Step: Sendable {
    /// When it should have begun, from the beginning of the plot.
    public var plannedMicroseconds: Int64
    /// How much later it began; negative when early.
    public var lateMicroseconds: Int64

    /// A step.
    public init(plannedMicroseconds: Int64, lateMicroseconds: Int64) {
      self.plannedMicroseconds = plannedMicroseconds
      self.lateMicroseconds = lateMicroseconds
    }
  }

  private let title: String
  private let plot: LatenessPlot

  /// A plot of steps.
  ///
  /// - Parameters:
  ///   - title: above it.
  ///   - toleranceMicroseconds: what is later than this stands out.
  public init(title: String, steps: [Step], toleranceMicroseconds: Int64) {
    self.title = title
    let end = steps.lazy.map(\.plannedMicroseconds).max() ?? 0
    plot = LatenessPlot(
      title: title, steps.map { LatenessPlot.Dot(planned: $0.plannedMicroseconds, late: $0.lateMicroseconds) },
      tolerance: toleranceMicroseconds, time: 0...max(1_000, end),
      LatenessBins(steps.map(\.lateMicroseconds), tolerance: toleranceMicroseconds, division: .ten))
  }

  /// The SVG document, with a final newline.
  public var svg: String {
    var page = SVGText()
    let (width, height) = ("1000", "\(LatenessPlot.height)")
    page.open(
      "svg",
      [
        "xmlns": "http://www.w3.org/2000/svg", "viewBox": "0 0 \(width) \(height)", "width": width, "height": height,
        "role": "img", "font-family": "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif",
      ])
    page.element("title", text: title)
    page.raw(RunPlot.style)
    page.element("rect", ["class": "paper", "width": width, "height": height, "rx": "10"])
    plot.draw(into: &page)
    page.close("svg")
    return page.text
  }
}
