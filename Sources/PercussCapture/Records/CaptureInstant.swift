/// An instant by the clock of the machine that recorded a capture: nanoseconds since 1970-01-01 00:00 UTC.
///
/// What a file says beyond the years 1678 to 2262 is taken as the nearer end.
public struct CaptureInstant: Hashable, Comparable, Sendable {
  /// Nanoseconds since 1970-01-01 00:00 UTC.
  public let nanoseconds: Int64

  /// An instant from its nanoseconds.
  @inlinable @inline(__always)
  public init(nanoseconds: Int64) {
    self.nanoseconds = nanoseconds
  }

  /// An instant from microseconds since 1970-01-01 00:00 UTC.
  @inlinable @inline(__always)
  public init(microseconds: Int64) {
    let (product, overflow) = microseconds.multipliedReportingOverflow(by: 1000)
    nanoseconds = overflow ? (microseconds < 0 ? .min : .max) : product
  }

  /// Whole microseconds since 1970-01-01 00:00 UTC, rounded down.
  public var microseconds: Int64 {
    let (quotient, remainder) = nanoseconds.quotientAndRemainder(dividingBy: 1000)
    return remainder < 0 ? quotient &- 1 : quotient
  }

  /// Nanoseconds from an earlier instant to this one; negative where the clock was set back.
  public func nanoseconds(since earlier: CaptureInstant) -> Int64 {
    let (difference, overflow) = nanoseconds.subtractingReportingOverflow(earlier.nanoseconds)
    return overflow ? (nanoseconds < earlier.nanoseconds ? .min : .max) : difference
  }

  /// The earlier one is less.
  public static func < (left: CaptureInstant, right: CaptureInstant) -> Bool { left.nanoseconds < right.nanoseconds }
}
