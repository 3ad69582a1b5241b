/// Whether the lateness of steps grew or shrank over a run: a straight line by least squares, with its uncertainty.
///
/// ```
/// late │                    ·  ·          over the run: the line's rise from the first planned instant to the last
///      │         ·  ─·───────·──          uncertain by four standard errors, from the scatter of the steps about it
///      │──·───·──   ·
///      └──────────────────────── planned
/// ```
///
/// Planned and actual are instants of one clock, so it needs no other; what the two clocks do to each other is ``ClockEvidence``.
public struct LatenessTrend: Equatable, Sendable {
  /// What it says of a promise.
  public enum Finding: Equatable, Sendable {
    /// The trend is within the limit, its uncertainty counted in.
    case within
    /// It is beyond the limit, its uncertainty counted in.
    case beyond
    /// The steps scatter too much, or are too few, to tell.
    case unclear
  }

  /// How many steps it rests on.
  public let count: Int
  /// How much the lateness grew from the first planned instant to the last, in microseconds; negative when it shrank.
  public let overRunMicroseconds: Int64
  /// Four standard errors of that, in microseconds; nil below ``leastCount`` steps.
  public let uncertaintyMicroseconds: Int64?
  /// The greatest lateness less the least, in microseconds: no trend can be greater.
  public let spreadMicroseconds: Int64

  /// With fewer steps the scatter says nothing.
  public static let leastCount = 8

  /// The trend of the steps that were seen to begin; nil where they began at fewer than two planned instants.
  public init?(of steps: [StepReport]) {
    let points = steps.compactMap { step in step.lateMicroseconds.map { (at: step.plannedMicroseconds, late: $0) } }
    guard let first = points.map(\.at).min(), let last = points.map(\.at).max(), first < last,
      let least = points.map(\.late).min(), let most = points.map(\.late).max()
    else { return nil }
    count = points.count
    spreadMicroseconds = most.subtractingReportingOverflow(least).overflow ? .max : most - least
    let number = Double(points.count)
    let meanAt = points.reduce(0) { $0 + Double($1.at) } / number
    let meanLate = points.reduce(0) { $0 + Double($1.late) } / number
    var (square, product) = (0.0, 0.0)
    for point in points {
      let x = Double(point.at) - meanAt
      square += x * x
      product += x * (Double(point.late) - meanLate)
    }
    let slope = product / square
    let length = Double(last) - Double(first)
    overRunMicroseconds = Self.whole(slope * length)
    guard points.count >= Self.leastCount else {
      uncertaintyMicroseconds = nil
      return
    }
    let residue = points.reduce(0) { sum, point in
      let rest = Double(point.late) - meanLate - slope * (Double(point.at) - meanAt)
      return sum + rest * rest
    }
    let error = (residue / (number - 2) / square).squareRoot()
    uncertaintyMicroseconds = Self.whole((4 * error * length).rounded(.up))
  }

  /// Whether lateness is carried from step to step by more than a limit in microseconds.
  public func finding(within limit: Int64) -> Finding {
    if spreadMicroseconds <= limit { return .within }
    guard let uncertaintyMicroseconds else { return .unclear }
    let size = Int64(clamping: overRunMicroseconds.magnitude)
    if size - uncertaintyMicroseconds > limit { return .beyond }
    return uncertaintyMicroseconds <= limit && size <= limit - uncertaintyMicroseconds ? .within : .unclear
  }

  private static func whole(_ value: Double) -> Int64 {
    value.isFinite ? Int64(min(max(value, -9e15), 9e15).rounded()) : 0
  }
}
