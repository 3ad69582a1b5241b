internal import PercussTime

/// The clock of a virtual device: it began at an instant of the timeline, and runs a little fast or slow.
struct DeviceClock: Equatable, Sendable {
  /// The instant of the timeline at which the clock showed `beginning`.
  var origin: MonotonicInstant
  /// What it showed then, in microseconds.
  var beginning: UInt64
  /// How much faster it runs than the timeline, in parts per billion.
  var driftPartsPerBillion: Int64

  private static let nanosecondsPerMicrosecond: Int128 = 1000
  private static let billion: Int128 = 1_000_000_000

  private var rate: Int128 { Self.billion + Int128(driftPartsPerBillion) }

  /// What the clock shows at the instant, in microseconds.
  func microseconds(at instant: MonotonicInstant) -> UInt64 {
    let elapsed = Int128(instant.nanoseconds) - Int128(origin.nanoseconds)
    guard elapsed > 0 else { return beginning }
    let counted = elapsed * rate / (Self.billion * Self.nanosecondsPerMicrosecond)
    return UInt64(clamping: Int128(beginning) + counted)
  }

  /// The first instant at which the clock shows that many microseconds.
  func instant(of microseconds: UInt64) -> MonotonicInstant {
    let counted = Int128(microseconds) - Int128(beginning)
    guard counted > 0 else { return origin }
    let elapsed = (counted * Self.billion * Self.nanosecondsPerMicrosecond + rate - 1) / rate
    return MonotonicInstant(nanoseconds: Int64(clamping: Int128(origin.nanoseconds) + elapsed))
  }
}
