/// Whether the lateness of steps grew or shrank over a run: a straight line by least squares, with its uncertainty.
///
/// ```
/// late │                    ·  ·          over the run: the line's rise from the first planned instant to the last
///      │         ·  ─·───────·──          uncertain by four standard errors, from the scatter of the steps about it
///      │──·───·──   ·
///      └──────────────────────── planned
/// ```
///
/// What is carried from step to step rises all the time. A host that was busy from some instant on makes a step in the lateness instead, which a line
/// through all of it takes for a rise; so each half of the run must show it too.
///
/// Planned and actual are instants of one clock, so it needs no other; what the two clocks do to each other is ``ClockEvidence``.
public struct LatenessTrend: Equatable, Sendable {
  /// What it says of a promise.
  public enum Finding: Equatable, Sendable {
    /// The trend is within the limit, its uncertainty counted in.
    case within
    /// It is beyond the limit, its uncertainty counted in, and each half of the run has it.
    case beyond
    /// The steps scatter too much, are too few, or were not later and later but late from some instant on.
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
  /// Whether each half of the steps shows it by itself, beyond doubt.
  public let isSteady: Bool

  /// With fewer steps the scatter says nothing.
  public static let leastCount = 8

  private typealias Point = (at: Int64, late: Int64)

  /// The trend of the steps that were seen to begin; nil where they began at fewer than two planned instants.
  public init?(of steps: [StepReport]) {
    let points = steps.compactMap { step in step.lateMicroseconds.map { (at: step.plannedMicroseconds, late: $0) } }
      .sorted { $0.at < $1.at }
    guard let line = Self.line(through: points[...]), let least = points.map(\.late).min(),
      let most = points.map(\.late).max()
    else { return nil }
    count = points.count
    spreadMicroseconds = most.subtractingReportingOverflow(least).overflow ? .max : most - least
    overRunMicroseconds = Self.whole(line.rise)
    uncertaintyMicroseconds = line.uncertainty.map { Self.whole($0.rounded(.up)) }
    let halves = [points[..<(points.count / 2)], points[(points.count / 2)...]].map(Self.line)
    isSteady = halves.allSatisfy { half in
      guard let half, let uncertainty = half.uncertainty else { return false }
      return (half.rise < 0) == (line.rise < 0) && abs(half.rise) > uncertainty
    }
  }

  /// Whether lateness is carried from step to step by more than a limit in microseconds.
  public func finding(within limit: Int64) -> Finding {
    if spreadMicroseconds <= limit { return .within }
    guard let uncertaintyMicroseconds else { return .unclear }
    let size = Int64(clamping: overRunMicroseconds.magnitude)
    if size - uncertaintyMicroseconds > limit { return isSteady ? .beyond : .unclear }
    return uncertaintyMicroseconds <= limit && size <= limit - uncertaintyMicroseconds ? .within : .unclear
  }

  /// The rise of the line from the first instant to the last, and four standard errors of it, in microseconds.
  private static func line(through points: ArraySlice<Point>) -> (rise: Double, uncertainty: Double?)? {
    guard let first = points.first?.at, let last = points.last?.at, first < last else { return nil }
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
    guard points.count >= leastCount else { return (slope * length, nil) }
    let residue = points.reduce(0) { sum, point in
      let rest = Double(point.late) - meanLate - slope * (Double(point.at) - meanAt)
      return sum + rest * rest
    }
    return (slope * length, 4 * (residue / (number - 2) / square).squareRoot() * length)
  }

  private static func whole(_ value: Double) -> Int64 {
    value.isFinite ? Int64(min(max(value, -9e15), 9e15).rounded()) : 0
  }
}
