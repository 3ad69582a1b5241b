/// The address of a Bluetooth device or adapter, 48 bits (Core Vol 6 Part B 1.3).
///
/// ```swift
/// let address = BluetoothAddress("C8:2E:47:0A:11:02")
/// address?.pathElement                                  // "C8_2E_47_0A_11_02", as in BlueZ's object paths
/// ```
public struct BluetoothAddress: Hashable, Sendable, Comparable, LosslessStringConvertible {
  /// The 48 bits, the first byte of the text being the most significant.
  public let rawValue: UInt64

  /// An address from its lower 48 bits.
  public init(rawValue: UInt64) {
    self.rawValue = rawValue & 0xffff_ffff_ffff
  }

  /// Parses six pairs of hexadecimal digits in either case with colons, or with underscores as in BlueZ's object paths; nil for anything else.
  public init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard bytes.count == 17 else { return nil }
    let separator = bytes[2]
    guard separator == UInt8(ascii: ":") || separator == UInt8(ascii: "_") else { return nil }
    var value: UInt64 = 0
    for (index, byte) in bytes.enumerated() {
      if index % 3 == 2 {
        guard byte == separator else { return nil }
      } else {
        guard let digit = Character(UnicodeScalar(byte)).hexDigitValue else { return nil }
        value = value << 4 | UInt64(digit)
      }
    }
    rawValue = value
  }

  /// Upper-case pairs with colons, as in `C8:2E:47:0A:11:02`.
  public var description: String { text(separator: ":") }

  /// Upper-case pairs with underscores, as in BlueZ's object paths.
  public var pathElement: String { text(separator: "_") }

  /// An address as HCI has it: six bytes, least significant first; nil for any other count.
  public init?(littleEndian bytes: some Collection<UInt8>) {
    guard bytes.count == 6 else { return nil }
    rawValue = bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// Six bytes, least significant first, as HCI has it.
  public var littleEndianBytes: [UInt8] {
    (0..<6).map { UInt8(truncatingIfNeeded: rawValue >> UInt64(8 * $0)) }
  }

  private func text(separator: String) -> String {
    (0..<6).map { index in
      let byte = UInt8(truncatingIfNeeded: rawValue >> UInt64(40 - 8 * index))
      let digits = String(byte, radix: 16, uppercase: true)
      return digits.utf8.count == 1 ? "0\(digits)" : digits
    }.joined(separator: separator)
  }

  /// The order of the numbers.
  public static func < (left: BluetoothAddress, right: BluetoothAddress) -> Bool { left.rawValue < right.rawValue }
}
