@testable import PercussWire
import Testing

struct ChecksumTests {
  @Test func `the check values of both catalogues come out`() {
    let digits = Array("123456789".utf8)
    #expect(CRC16.ccittFalse(digits.span.bytes) == 0x29B1)
    #expect(CRC32.ieee(digits.span.bytes) == 0xCBF4_3926)
  }

  @Test func `every vector comes out`() throws {
    for vector in try VectorFile.named("checksums").vectors {
      let bytes = vector.bytes.bytes
      #expect(UInt64(CRC16.ccittFalse(bytes.span.bytes)) == vector.value["crc16"]?.unsigned, "\(vector.name)")
      #expect(UInt64(CRC32.ieee(bytes.span.bytes)) == vector.value["crc32"]?.unsigned, "\(vector.name)")
    }
  }

  @Test func `the result does not depend on how the bytes are cut`() {
    let bytes = (0..<64).map { UInt8(truncatingIfNeeded: $0 &* 73 &+ 11) }
    for first in 0...bytes.count {
      for second in first...bytes.count {
        var small = CRC16()
        var large = CRC32()
        for part in [0..<first, first..<second, second..<bytes.count] {
          small.update(bytes.span.bytes.extracting(part))
          large.update(bytes.span.bytes.extracting(part))
        }
        #expect(small.value == bitwise16(bytes))
        #expect(large.value == bitwise32(bytes))
      }
    }
  }

  @Test func `the tables are those of the polynomials`() {
    for zeros in 0..<4 {
      for byte in 0..<256 {
        let message = [UInt8(byte)] + [UInt8](repeating: 0, count: zeros)
        #expect(CRC16.table[256 * zeros + byte] == bitwise16(message, initial: 0))
        #expect(CRC32.table[256 * zeros + byte] == ~bitwise32(message, initial: 0))
      }
    }
  }

  /// Straight from the definition: one bit at a time.
  private func bitwise16(_ bytes: [UInt8], initial: UInt16 = 0xFFFF) -> UInt16 {
    var crc = initial
    for byte in bytes {
      crc ^= UInt16(byte) << 8
      for _ in 0..<8 { crc = crc & 0x8000 == 0 ? crc << 1 : (crc << 1) ^ 0x1021 }
    }
    return crc
  }

  private func bitwise32(_ bytes: [UInt8], initial: UInt32 = 0xFFFF_FFFF) -> UInt32 {
    var crc = initial
    for byte in bytes {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 0 ? crc >> 1 : (crc >> 1) ^ 0xEDB8_8320 }
    }
    return ~crc
  }
}
