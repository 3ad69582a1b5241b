internal import PercussWire

/// A routine on its way into the device. It survives its connection, and touches no slot until it is committed.
struct Upload {
  /// Bytes beyond the credit that may be under way.
  static let window: UInt16 = 1024

  let transfer: UInt8
  let slot: UInt8
  let length: UInt32
  let crc32: UInt32
  /// Whether the slot holds this very routine already, so that no bytes are needed.
  let isStored: Bool
  private(set) var bytes: [UInt8] = []
  private var checksum = CRC32()
  private var creditedOffset: UInt32
  private var hasReportedGap = false

  init(transfer: UInt8, slot: UInt8, length: UInt32, crc32: UInt32, isStored: Bool) {
    self.transfer = transfer
    self.slot = slot
    self.length = length
    self.crc32 = crc32
    self.isStored = isStored
    creditedOffset = isStored ? length : 0
  }

  /// The first byte that is missing.
  var nextOffset: UInt32 { isStored ? length : UInt32(truncatingIfNeeded: bytes.count) }
  var isComplete: Bool { nextOffset == length }
  /// Whether the bytes are the announced ones.
  var isIntact: Bool { checksum.value == crc32 }

  /// Takes a chunk in.
  ///
  /// Bytes that are there already are skipped, and a chunk behind a gap is forgotten.
  ///
  /// - Returns: whether a credit is due: half a window after the last credit, at the end, for the first gap since a byte was
  ///   taken, and for a chunk without news. Half a window counts from a credit of any kind, because a credit that comes
  ///   earlier tells the central of a gap.
  mutating func take(offset: UInt32, value: RawSpan, payload: Range<Int>) -> Bool {
    let isCreditDue = takesCredit(offset: offset, value: value, payload: payload)
    if isCreditDue { creditedOffset = nextOffset }
    return isCreditDue
  }

  private mutating func takesCredit(offset: UInt32, value: RawSpan, payload: Range<Int>) -> Bool {
    let next = nextOffset
    if offset > next {
      defer { hasReportedGap = true }
      return !hasReportedGap
    }
    let (end, overflow) = offset.addingReportingOverflow(UInt32(clamping: payload.count))
    guard !overflow, end <= length, end > next else { return true }
    let known = Int(next - offset)
    let news = value.extracting((payload.lowerBound + known)..<payload.upperBound)
    checksum.update(news)
    var index = 0
    while index < news.byteCount {
      bytes.append(unsafe news.unsafeLoad(fromByteOffset: index, as: UInt8.self))
      index += 1
    }
    hasReportedGap = false
    return isComplete || nextOffset - creditedOffset >= UInt32(Self.window / 2)
  }

  /// The upload is announced again: it goes on where it stands.
  mutating func resume() {
    creditedOffset = nextOffset
    hasReportedGap = false
  }
}
