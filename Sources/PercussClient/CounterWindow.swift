/// Follows the 8-bit counter of a stream of notifications: tells what is new from what came twice or late, and counts what never came.
///
/// Notifications can be lost at either host's boundary, and between some hosts they arrive reordered, so a number behind the newest one is not an error.
struct CounterWindow: Equatable, Sendable {
  /// What a number says about its value.
  enum Verdict: Equatable {
    /// Newer than all before; that many were skipped.
    case new(skipped: Int)
    /// Older than the newest, but not seen yet: it had been counted as missing.
    case late
    /// Seen already.
    case duplicate
  }

  /// How many numbers have been skipped and not come late.
  private(set) var missing = 0
  private var newest: UInt8?
  /// Bit n: the number n behind the newest has come.
  private var seen: UInt64 = 0

  /// Enters one number.
  mutating func enter(_ counter: UInt8) -> Verdict {
    guard let newest else {
      self.newest = counter
      // Nothing before the first one was missed: mark it as seen.
      seen = .max
      return .new(skipped: 0)
    }
    let ahead = counter &- newest
    if ahead == 0 { return .duplicate }
    if ahead < 128 {
      self.newest = counter
      seen = ahead < 64 ? (seen << UInt64(ahead)) | 1 : 1
      missing += Int(ahead) - 1
      return .new(skipped: Int(ahead) - 1)
    }
    let behind = newest &- counter
    let bit: UInt64 = behind < 64 ? 1 << UInt64(behind) : 0
    // Further back than the window: too old to tell, and too old to be of use.
    guard bit != 0, seen & bit == 0 else { return .duplicate }
    seen |= bit
    missing -= 1
    return .late
  }
}
