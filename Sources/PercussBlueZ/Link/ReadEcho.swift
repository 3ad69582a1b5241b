/// Tells notified values from the echo of a read, for as long as the read is under way.
///
/// bluetoothd announces the value of a notification and the result of a read by the same signal (bleak#1856). While this program reads a
/// characteristic whose values come by signals they are held back; when the answer is there, the last equal one was its echo.
///
/// The reads of other programs cannot be told from notifications; the counters in our frames can.
struct ReadEcho: Equatable, Sendable {
  /// How many values are held back; the oldest is let go when there are more.
  static let limit = 64

  private var held: [[UInt8]] = []

  /// - Returns: what to hand on now.
  mutating func received(_ value: [UInt8]) -> [[UInt8]] {
    held.append(value)
    return held.count > Self.limit ? [held.removeFirst()] : []
  }

  /// The read has ended.
  ///
  /// - Parameter value: what was read; nil when it failed.
  /// - Returns: what to hand on now.
  consuming func values(without value: [UInt8]?) -> [[UInt8]] {
    if let value, let echo = held.lastIndex(of: value) { held.remove(at: echo) }
    return held
  }
}
