public import PercussWire

/// A routine as it is uploaded: header and segments in bytes, with their CRC-32.
public struct RoutineImage: Equatable, Sendable {
  /// `routine_header` and then every `routine_segment` (percuss.yaml), without gaps.
  public let bytes: [UInt8]
  /// CRC-32 (IEEE) of the bytes.
  public let crc32: UInt32

  /// The bytes of 1 to 65,534 segments.
  ///
  /// - Throws: `.invalidArgument` when there are none or too many, or a field is outside what the wire can carry.
  public init(_ segments: [RoutineSegment]) throws(DeviceError) {
    let problem = "a routine has 1 to 65534 segments, this one has \(segments.count)"
    guard let count = UInt16(exactly: segments.count) else {
      throw DeviceError(.invalidArgument(problem), during: "encoding a routine")
    }
    do {
      var bytes = try RoutineHeader(format: 1, flags: 0, segmentCount: count).bytes()
      bytes.reserveCapacity(bytes.count + segments.count * RoutineSegment.maximumLength)
      for segment in segments { bytes += try segment.bytes() }
      self.bytes = bytes
      crc32 = CRC32.ieee(bytes.span.bytes)
    } catch {
      throw DeviceError(.invalidArgument("\(error)"), during: "encoding a routine")
    }
  }

  /// A part of the routine as a chunk of a transfer: one ATT value for the Routine Data characteristic.
  ///
  /// - Throws: a `WireError` when the part is empty, or longer than 506 bytes.
  func chunk(_ part: Range<Int>, transfer: UInt8) throws(WireError) -> [UInt8] {
    let part = part.clamped(to: bytes.indices)
    let payload = Array(bytes[part])
    var failure: WireError?
    let value = [UInt8](unsafeUninitializedCapacity: RoutineData.maximumLength) { buffer, count in
      let raw = UnsafeMutableRawBufferPointer(buffer)
      var output = OutputRawSpan(buffer: raw, initializedCount: 0)
      do throws(WireError) {
        try RoutineData.encodeChunk(
          transfer: transfer, offset: UInt32(truncatingIfNeeded: part.lowerBound), payload: payload.span.bytes,
          into: &output)
      } catch {
        failure = error
      }
      count = output.finalize(for: raw)
    }
    if let failure { throw failure }
    return value
  }

  /// Length in bytes; always fits, since a routine has at most 65,534 segments.
  public var length: UInt32 { UInt32(truncatingIfNeeded: bytes.count) }
}
