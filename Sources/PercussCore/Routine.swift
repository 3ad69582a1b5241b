internal import PercussWire

/// A routine as it was uploaded, and as it is stored: a header of 4 bytes, then 11 bytes for each segment.
struct Routine {
  static let headerLength: UInt32 = 4
  static let segmentLength: UInt32 = 11
  /// Longest routine in milliseconds.
  static let longest: UInt64 = 86_400_000

  let bytes: [UInt8]
  let crc32: UInt32
  let segmentCount: UInt16
  /// The whole length, each segment with its whole duration.
  let milliseconds: UInt64

  /// Why bytes are not a routine that the device can play: the first step that it cannot, 65535 for the header.
  struct Refusal: Error {
    let step: UInt16
  }

  init(bytes: [UInt8], crc32: UInt32, rules: SegmentRules) throws(Refusal) {
    let header: RoutineHeader
    do {
      header = try RoutineHeader(decoding: unsafe bytes.span.bytes)
    } catch {
      throw Refusal(step: WireConstants.noStep)
    }
    guard bytes.count == Int(Self.length(ofSegments: UInt32(header.segmentCount))) else {
      throw Refusal(step: WireConstants.noStep)
    }
    self.bytes = bytes
    self.crc32 = crc32
    segmentCount = header.segmentCount
    var total: UInt64 = 0
    for index in 0..<header.segmentCount {
      guard let segment = Self.segment(index, in: bytes), rules.fault(in: segment, isStreamed: false) == nil else {
        throw Refusal(step: index)
      }
      total += UInt64(segment.durationMilliseconds)
      if total > Self.longest { throw Refusal(step: index) }
    }
    milliseconds = total
  }

  static func length(ofSegments count: UInt32) -> UInt32 {
    headerLength &+ count &* segmentLength
  }

  func segment(_ index: UInt16) -> RoutineSegment? {
    index < segmentCount ? Self.segment(index, in: bytes) : nil
  }

  private static func segment(_ index: UInt16, in bytes: [UInt8]) -> RoutineSegment? {
    let start = Int(length(ofSegments: UInt32(index)))
    let end = start + Int(segmentLength)
    guard end <= bytes.count else { return nil }
    return try? RoutineSegment(decoding: unsafe bytes.span.bytes.extracting(start..<end))
  }

  /// A segment and where it lies.
  struct Place {
    let step: UInt16
    let segment: RoutineSegment
    /// Milliseconds from the routine's beginning.
    let start: UInt64
  }

  /// The segment at so many milliseconds; nil at the end and beyond.
  func place(atMilliseconds offset: UInt64) -> Place? {
    guard offset < milliseconds else { return nil }
    var start: UInt64 = 0
    for index in 0..<segmentCount {
      guard let segment = segment(index) else { return nil }
      let end = start + UInt64(segment.durationMilliseconds)
      if offset < end { return Place(step: index, segment: segment, start: start) }
      start = end
    }
    return nil
  }
}
