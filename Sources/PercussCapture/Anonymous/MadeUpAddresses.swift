/// Gives every Bluetooth address another one, always the same, and no two the same: a permutation under a secret key, so that nothing grows with the capture.
struct MadeUpAddresses {
  /// Both halves of the key.
  private let key: (UInt64, UInt64)

  private static let halfBits: UInt64 = 23
  private static let half: UInt64 = (1 << halfBits) - 1

  init(key: (UInt64, UInt64)) {
    self.key = key
  }

  /// The address that stands for another one. The upper two bits stay, which tell the type of a random address (Core Vol 6 Part B 1.3.2); so do
  /// all zeros and all ones, which are no addresses.
  func address(for number: UInt64) -> UInt64 {
    guard number != 0, number != 0xFFFF_FFFF_FFFF else { return number }
    // A Feistel network over the other 46 bits. SipHash, which the hasher is, does not tell its key.
    var (left, right) = (number >> Self.halfBits & Self.half, number & Self.half)
    for round: UInt64 in 0..<6 {
      var hasher = Hasher()
      hasher.combine(key.0)
      hasher.combine(key.1)
      hasher.combine(right | round << 32)
      (left, right) = (right, left ^ UInt64(bitPattern: Int64(hasher.finalize())) & Self.half)
    }
    return number & 0xC000_0000_0000 | left << Self.halfBits | right
  }
}
