/// A frame on a byte stream (UART, TCP, a capture), where no GATT keeps values apart; `stream_framing` of the specification.
///
/// ```
///  0      1         2        4               4 + n
/// +------+---------+--------+---------------+----------+
/// | 0xA5 | channel | length | payload       | checksum |    length n: 0...512, little-endian
/// +------+---------+--------+---------------+----------+
///         '----- covered by the checksum --'                CRC-16/CCITT-FALSE, little-endian
/// ```
///
/// The channel says which message the payload is. Encode with ``encode(channel:payload:into:)``, decode with
/// ``StreamFrameDecoder``.
public enum StreamFrame {
  /// The byte that every frame begins with. It may also occur within a frame.
  public static let startByte: UInt8 = 0xA5
  /// Longest payload in bytes.
  public static let maximumPayloadLength = 512
  /// Bytes of a frame beyond its payload.
  public static let overhead = 6

  /// Appends one frame to caller-owned storage.
  ///
  /// - Throws: ``StreamFrameError/payloadTooLong(count:)``, or ``StreamFrameError/noSpace(needed:available:)`` when
  ///   fewer than ``overhead`` bytes more than the payload are free. Nothing is written then.
  public static func encode(
    channel: UInt8, payload: RawSpan, into output: inout OutputRawSpan
  ) throws(StreamFrameError) {
    let count = payload.byteCount
    guard count <= maximumPayloadLength else { throw .payloadTooLong(count: count) }
    guard output.freeCapacity >= count &+ overhead else {
      throw .noSpace(needed: count &+ overhead, available: output.freeCapacity)
    }
    let covered: InlineArray<3, UInt8> = [
      channel, UInt8(truncatingIfNeeded: count), UInt8(truncatingIfNeeded: count >> 8),
    ]
    var crc = CRC16()
    unsafe crc.update(covered.span.bytes)
    crc.update(payload)
    output.append(startByte)
    output.append(covered[0])
    output.append(covered[1])
    output.append(covered[2])
    var offset = 0
    while offset < count {
      unsafe output.append(payload.unsafeLoad(fromByteOffset: offset, as: UInt8.self))
      offset &+= 1
    }
    output.append(UInt8(truncatingIfNeeded: crc.value))
    output.append(UInt8(truncatingIfNeeded: crc.value >> 8))
  }
}

/// What is wrong with a byte stream, and where. Offsets count from the first byte that the decoder was given.
public enum StreamFrameError: Error, Equatable, Sendable {
  /// Bytes that belong to no frame were skipped up to the next start byte.
  case noise(offset: UInt64, count: UInt64)
  /// The start byte at this offset is followed by a length beyond ``StreamFrame/maximumPayloadLength``.
  case lengthOutOfRange(offset: UInt64, length: Int)
  /// The frame at this offset does not have the checksum that its bytes give.
  case badChecksum(offset: UInt64, expected: UInt16, found: UInt16)
  /// The stream ended within the frame at this offset.
  case truncated(offset: UInt64, needed: Int, available: Int)
  /// A payload to encode is longer than ``StreamFrame/maximumPayloadLength``.
  case payloadTooLong(count: Int)
  /// The storage to encode into is too small.
  case noSpace(needed: Int, available: Int)
}

#if !hasFeature(Embedded)
  extension StreamFrameError: CustomStringConvertible {
    /// A sentence that says what is wrong, and where.
    public var description: String {
      switch self {
      case .noise(let offset, let count):
        "\(count) bytes at offset \(offset) belong to no frame and were skipped"
      case .lengthOutOfRange(let offset, let length):
        "the frame at offset \(offset) announces \(length) bytes, more than \(StreamFrame.maximumPayloadLength); "
          + "looking for the next start byte"
      case .badChecksum(let offset, let expected, let found):
        "the frame at offset \(offset) has checksum \(hexadecimal(found)), its bytes give \(hexadecimal(expected)); "
          + "looking for the next start byte"
      case .truncated(let offset, let needed, let available):
        "the stream ends within the frame at offset \(offset): \(available) of at least \(needed) bytes"
      case .payloadTooLong(let count):
        "a payload of \(count) bytes does not fit a frame, which carries at most \(StreamFrame.maximumPayloadLength)"
      case .noSpace(let needed, let available):
        "the frame needs \(needed) bytes of storage, \(available) are free"
      }
    }

    private func hexadecimal(_ value: UInt16) -> String {
      let digits = String(value, radix: 16, uppercase: true)
      return "0x" + String(repeating: "0", count: 4 - digits.count) + digits
    }
  }
#endif
