/// An instant of the device's own clock: microseconds since it began to run.
///
/// Arithmetic saturates at both ends, so that no instant that comes from outside can trap the device.
public struct DeviceInstant: Comparable, Hashable, Sendable {
  /// Microseconds since the clock began.
  public var microseconds: UInt64

  /// The instant so many microseconds after the clock began.
  public init(microseconds: UInt64) {
    self.microseconds = microseconds
  }

  /// The instant so many milliseconds after the clock began, at most the last one there is.
  public init(milliseconds: UInt64) {
    self.init(microseconds: 0)
    self = advanced(byMilliseconds: milliseconds)
  }

  /// The first instant.
  public static var zero: Self { Self(microseconds: 0) }

  /// Whether the left instant is before the right one.
  public static func < (left: Self, right: Self) -> Bool {
    left.microseconds < right.microseconds
  }

  /// The instant so many microseconds later, at most the last one there is.
  public func advanced(byMicroseconds amount: UInt64) -> Self {
    let (sum, overflow) = microseconds.addingReportingOverflow(amount)
    return Self(microseconds: overflow ? .max : sum)
  }

  /// The instant so many milliseconds later, at most the last one there is.
  public func advanced(byMilliseconds amount: UInt64) -> Self {
    let (product, overflow) = amount.multipliedReportingOverflow(by: 1000)
    return advanced(byMicroseconds: overflow ? .max : product)
  }

  /// Microseconds from an earlier instant to this one; 0 where that one is not earlier.
  public func microseconds(since earlier: Self) -> UInt64 {
    microseconds > earlier.microseconds ? microseconds &- earlier.microseconds : 0
  }
}
