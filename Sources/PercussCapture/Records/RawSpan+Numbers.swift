import PercussGATT

// How captures are read. The callers have compared lengths before; the standard library's own bounds checks remain behind them, and any
// bytes are a number.
extension RawSpan {
  @inlinable @inline(__always)
  func byte(_ offset: Int) -> UInt8 {
    unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt8.self)
  }

  @inlinable @inline(__always)
  func little16(_ offset: Int) -> UInt16 {
    UInt16(littleEndian: unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt16.self))
  }

  @inline(__always)
  func little32(_ offset: Int) -> UInt32 {
    UInt32(littleEndian: unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self))
  }

  @inlinable @inline(__always)
  func little64(_ offset: Int) -> UInt64 {
    UInt64(littleEndian: unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
  }

  @inline(__always)
  func big16(_ offset: Int) -> UInt16 {
    UInt16(bigEndian: unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt16.self))
  }

  @inline(__always)
  func big32(_ offset: Int) -> UInt32 {
    UInt32(bigEndian: unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self))
  }

  @inlinable @inline(__always)
  func big64(_ offset: Int) -> UInt64 {
    UInt64(bigEndian: unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
  }

  /// In the byte order of a pcap file.
  @inline(__always)
  func number16(_ offset: Int, isBigEndian: Bool) -> UInt16 { isBigEndian ? big16(offset) : little16(offset) }

  /// In the byte order of a pcap file.
  @inline(__always)
  func number32(_ offset: Int, isBigEndian: Bool) -> UInt32 { isBigEndian ? big32(offset) : little32(offset) }

  /// A UUID of 2, 4 or 16 bytes; nil for any other length.
  func uuid(_ offset: Int, length: Int) -> BluetoothUUID? {
    switch length {
    case 2: BluetoothUUID(little16(offset))
    case 4: BluetoothUUID(shortened: little32(offset))
    case 16: BluetoothUUID(high: little64(offset &+ 8), low: little64(offset))
    default: nil
    }
  }

  /// A copy of the bytes.
  func copied() -> [UInt8] {
    unsafe withUnsafeBytes { unsafe [UInt8]($0) }
  }
}

extension [UInt8] {
  /// Appends the bytes.
  mutating func append(contentsOf bytes: RawSpan) {
    unsafe bytes.withUnsafeBytes { unsafe append(contentsOf: $0) }
  }
}

extension BluetoothUUID {
  /// A 32-bit number over the Bluetooth Base UUID (Core Vol 3 Part B 2.5.1).
  init(shortened number: UInt32) {
    let base = BluetoothUUID(0)
    self.init(high: base.high | UInt64(number) << 32, low: base.low)
  }
}
