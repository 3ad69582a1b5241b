/// A UUID of a Bluetooth service, characteristic or descriptor.
///
/// Bluetooth SIG numbers of 16 or 32 bits are the same UUID as their long form over the Bluetooth Base UUID
/// (Core Vol 3 Part B 2.5.1), so they compare equal.
///
/// ```swift
/// let battery = BluetoothUUID(0x2A19)
/// battery == BluetoothUUID("00002a19-0000-1000-8000-00805f9b34fb")      // true
/// battery.description                                                   // "2A19"
/// ```
public struct BluetoothUUID: Hashable, Sendable, Comparable, LosslessStringConvertible {
  /// The first eight bytes as written in text.
  public let high: UInt64
  /// The last eight bytes as written in text.
  public let low: UInt64

  private static let baseHigh: UInt64 = 0x0000_0000_0000_1000
  private static let baseLow: UInt64 = 0x8000_0080_5f9b_34fb

  /// A UUID from its two halves, most significant bytes first.
  public init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// A 16-bit number of the Bluetooth SIG.
  public init(_ assignedNumber: UInt16) {
    self.init(high: UInt64(assignedNumber) << 32 | Self.baseHigh, low: Self.baseLow)
  }

  /// Parses `2A19`, `0x2A19`, `00002A19` or `00002a19-0000-1000-8000-00805f9b34fb`, in either case; nil for anything else.
  public init?(_ text: String) {
    var digits = text[...]
    if digits.hasPrefix("0x") || digits.hasPrefix("0X") {
      digits = digits.dropFirst(2)
      guard digits.utf8.count == 4 || digits.utf8.count == 8 else { return nil }
    }
    switch digits.utf8.count {
    case 4, 8:
      guard let number = Self.hexadecimal(digits) else { return nil }
      self.init(high: number << 32 | Self.baseHigh, low: Self.baseLow)
    case 36:
      let groups = digits.split(separator: "-", omittingEmptySubsequences: false)
      guard groups.map(\.utf8.count) == [8, 4, 4, 4, 12],
        let high = Self.hexadecimal(groups[0] + groups[1] + groups[2]),
        let low = Self.hexadecimal(groups[3] + groups[4])
      else { return nil }
      self.init(high: high, low: low)
    default: return nil
    }
  }

  /// A UUID as it stands in ATT and advertising: 2, 4 or 16 bytes, least significant first (Core Vol 3 Part F 3.2.1); nil for any other length.
  public init?(littleEndian bytes: some Collection<UInt8>) {
    func number(_ part: some Collection<UInt8>) -> UInt64 {
      part.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
    switch bytes.count {
    case 2, 4: self.init(high: number(bytes) << 32 | Self.baseHigh, low: Self.baseLow)
    case 16: self.init(high: number(bytes.dropFirst(8)), low: number(bytes.prefix(8)))
    default: return nil
    }
  }

  /// The 16-bit number, when this is one over the Bluetooth Base UUID.
  public var assignedNumber: UInt16? {
    guard low == Self.baseLow, high & 0xffff_ffff == Self.baseHigh else { return nil }
    return UInt16(exactly: high >> 32)
  }

  /// 16 bytes, least significant first.
  public var littleEndianBytes: [UInt8] {
    [low, high].flatMap { half in (0..<8).map { UInt8(truncatingIfNeeded: half >> (8 * UInt64($0))) } }
  }

  /// The 36 characters in lower case, as BlueZ writes UUIDs.
  public var fullText: String {
    let digits = Self.text(high, digits: 16) + Self.text(low, digits: 16)
    var text = ""
    for (index, digit) in digits.enumerated() {
      if [8, 12, 16, 20].contains(index) { text.append("-") }
      text.append(digit)
    }
    return text
  }

  /// Four upper-case digits for a 16-bit number, ``fullText`` for all others.
  public var description: String {
    guard let assignedNumber else { return fullText }
    return Self.text(UInt64(assignedNumber), digits: 4).uppercased()
  }

  /// The order of the numbers.
  public static func < (left: BluetoothUUID, right: BluetoothUUID) -> Bool {
    (left.high, left.low) < (right.high, right.low)
  }

  private static func hexadecimal(_ digits: Substring) -> UInt64? {
    // `UInt64(_:radix:)` alone would also take a sign.
    guard digits.utf8.allSatisfy({ UInt8(ascii: "0") <= $0 && $0 <= UInt8(ascii: "f") }) else { return nil }
    return UInt64(digits, radix: 16)
  }

  private static func text(_ value: UInt64, digits: Int) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: digits - text.count) + text
  }
}
