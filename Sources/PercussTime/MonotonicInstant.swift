/// A point on a monotonic clock, in whole nanoseconds.
///
/// On a ``RealTimeline`` this is `CLOCK_MONOTONIC`; on a ``VirtualTimeline`` the count starts at zero.
/// Arithmetic saturates at the ends of the range (292 years) and never traps.
public struct MonotonicInstant: InstantProtocol, CustomStringConvertible {
  /// Nanoseconds since the clock's origin.
  public var nanoseconds: Int64

  /// The instant that many nanoseconds after the clock's origin.
  public init(nanoseconds: Int64) {
    self.nanoseconds = nanoseconds
  }

  /// The clock's origin.
  public static let zero = MonotonicInstant(nanoseconds: 0)

  /// Later than anything that happens: a deadline that never comes.
  public static let distantFuture = MonotonicInstant(nanoseconds: .max)

  /// Whole microseconds since the clock's origin, rounded down.
  public var microseconds: Int64 {
    let quotient = nanoseconds / 1_000
    return nanoseconds % 1_000 < 0 ? quotient - 1 : quotient
  }

  /// This instant moved by a duration (truncated to nanoseconds), saturating.
  public func advanced(by duration: Duration) -> MonotonicInstant {
    let step = duration.wholeNanoseconds
    let (sum, overflow) = nanoseconds.addingReportingOverflow(step)
    return MonotonicInstant(nanoseconds: overflow ? (step < 0 ? .min : .max) : sum)
  }

  /// The time from this instant to another, saturating.
  public func duration(to other: MonotonicInstant) -> Duration {
    let (difference, overflow) = other.nanoseconds.subtractingReportingOverflow(nanoseconds)
    return .nanoseconds(overflow ? (other < self ? Int64.min : Int64.max) : difference)
  }

  /// Whether this instant is before the other.
  public static func < (left: MonotonicInstant, right: MonotonicInstant) -> Bool {
    left.nanoseconds < right.nanoseconds
  }

  /// The instant moved forwards, saturating.
  public static func + (instant: MonotonicInstant, duration: Duration) -> MonotonicInstant {
    instant.advanced(by: duration)
  }

  /// The instant moved backwards, saturating.
  public static func - (instant: MonotonicInstant, duration: Duration) -> MonotonicInstant {
    instant.advanced(by: .nanoseconds(0 - max(duration.wholeNanoseconds, -.max)))
  }

  /// The time from the right instant to the left one, saturating.
  public static func - (left: MonotonicInstant, right: MonotonicInstant) -> Duration {
    right.duration(to: left)
  }

  /// Moves the instant forwards, saturating.
  public static func += (instant: inout MonotonicInstant, duration: Duration) {
    instant = instant.advanced(by: duration)
  }

  /// Seconds with nine decimals, as in `12.000250000s`.
  public var description: String {
    let (seconds, fraction) = nanoseconds.magnitude.quotientAndRemainder(dividingBy: 1_000_000_000)
    let digits = String(fraction)
    return "\(nanoseconds < 0 ? "-" : "")\(seconds).\(String(repeating: "0", count: 9 - digits.count))\(digits)s"
  }
}

extension Duration {
  /// The duration in whole nanoseconds, truncated towards zero, saturating at the range of `Int64`.
  public var wholeNanoseconds: Int64 {
    let (seconds, attoseconds) = components
    let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    guard !overflow else { return seconds < 0 ? .min : .max }
    let (sum, carried) = product.addingReportingOverflow(attoseconds / 1_000_000_000)
    return carried ? (seconds < 0 ? .min : .max) : sum
  }

  /// The duration in whole microseconds, truncated towards zero.
  public var wholeMicroseconds: Int64 { wholeNanoseconds / 1_000 }

  /// The duration in whole milliseconds, truncated towards zero.
  public var wholeMilliseconds: Int64 { wholeNanoseconds / 1_000_000 }
}
