internal import CLinux
internal import Glibc

/// A point in civil time, for what people and log collectors read. Never for measuring: it jumps when the clock is set.
public struct WallClockInstant: Hashable, Sendable, CustomStringConvertible {
  /// Whole seconds since 1970-01-01 00:00 UTC.
  public var seconds: Int64
  /// The rest of the second, 0 to 999,999,999.
  public var nanoseconds: Int64

  /// The instant that many seconds and nanoseconds after 1970-01-01 00:00 UTC.
  public init(seconds: Int64, nanoseconds: Int64 = 0) {
    self.seconds = seconds
    self.nanoseconds = nanoseconds
  }

  /// The present reading of `CLOCK_REALTIME`.
  public static func ofSystem() -> WallClockInstant {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return WallClockInstant(seconds: Int64(time.tv_sec), nanoseconds: Int64(time.tv_nsec))
  }

  /// UTC with milliseconds, as in `2026-07-31T12:00:05.250Z` (RFC 3339).
  public var description: String {
    var time = time_t(seconds)
    var parts = tm()
    guard gmtime_r(&time, &parts) != nil else { return "\(seconds)s" }
    func padded(_ number: Int, _ width: Int) -> String {
      let digits = String(number)
      return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
    let date =
      "\(padded(Int(parts.tm_year) + 1900, 4))-\(padded(Int(parts.tm_mon) + 1, 2))-\(padded(Int(parts.tm_mday), 2))"
    let clock = "\(padded(Int(parts.tm_hour), 2)):\(padded(Int(parts.tm_min), 2)):\(padded(Int(parts.tm_sec), 2))"
    return "\(date)T\(clock).\(padded(Int(nanoseconds / 1_000_000), 3))Z"
  }
}
