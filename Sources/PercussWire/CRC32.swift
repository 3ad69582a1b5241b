/// CRC-32 of IEEE 802.3, the checksum of a whole routine: polynomial 0x04C11DB7, reflected, initial value and final XOR
/// 0xFFFFFFFF.
///
/// ```swift
/// var crc = CRC32()
/// for chunk in chunks { crc.update(chunk) }
/// crc.value          // 0xCBF43926 for the nine characters "123456789"
/// ```
public struct CRC32: Equatable, Sendable {
  private var remainder: UInt32 = 0xFFFF_FFFF

  /// The checksum of no bytes.
  public init() {}

  /// The checksum of the bytes so far.
  public var value: UInt32 { ~remainder }

  /// Takes further bytes in.
  public mutating func update(_ bytes: RawSpan) {
    var crc = remainder
    let count = bytes.byteCount
    var offset = 0
    while count &- offset >= 4 {
      let word = unsafe UInt32(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self)) ^ crc
      crc =
        Self.table[768 &+ Int(UInt8(truncatingIfNeeded: word))]
        ^ Self.table[512 &+ Int(UInt8(truncatingIfNeeded: word >> 8))]
        ^ Self.table[256 &+ Int(UInt8(truncatingIfNeeded: word >> 16))]
        ^ Self.table[Int(UInt8(truncatingIfNeeded: word >> 24))]
      offset &+= 4
    }
    while offset < count {
      let byte = unsafe bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
      crc = (crc >> 8) ^ Self.table[Int(UInt8(truncatingIfNeeded: crc) ^ byte)]
      offset &+= 1
    }
    remainder = crc
  }

  /// The checksum of these bytes.
  public static func ieee(_ bytes: RawSpan) -> UInt32 {
    var crc = CRC32()
    crc.update(bytes)
    return crc.value
  }
}
