/// The layout of btsnoop files: like snoop (RFC 1761), with other flags, and microseconds since the year 0.
@usableFromInline enum BTSnoop {
  static let headerLength = 16
  @inlinable static var recordHeaderLength: Int { 24 }
  /// `btsnoop` and a zero.
  static let magic: UInt64 = 0x6274_736E_6F6F_7000
  /// 1970-01-01 in microseconds since the year 0.
  @inlinable static var epoch: Int64 { 0x00DC_DDB3_0F2F_8000 }
}

extension CaptureReader {
  func btsnoopLink(_ bytes: RawSpan, _ position: Int) throws(CaptureFileError) -> LinkType {
    guard bytes.big64(position) == BTSnoop.magic else { throw error(.unknownFormat) }
    let version = bytes.big32(position &+ 8)
    guard version == 1 else { throw error(.unknownVersion(major: version, minor: 0)) }
    let number = bytes.big32(position &+ 12)
    guard let link = LinkType(btsnoop: number) else { throw error(.unknownLinkType(number)) }
    return link
  }

  /// The next record, when it is all there and right; ``nextBTSnoop(_:_:_:)`` tells what else it is.
  @inlinable @inline(__always)
  mutating func wholeBTSnoop(in bytes: RawSpan, at position: inout Int, _ link: LinkType) -> CaptureRecord? {
    let header = BTSnoop.recordHeaderLength
    guard bytes.byteCount &- position >= header else { return nil }
    // Two fields with one look each.
    let lengths = bytes.big64(position)
    let original = UInt32(truncatingIfNeeded: lengths >> 32)
    let included = UInt32(truncatingIfNeeded: lengths)
    let length = header &+ Int(included)
    guard included <= original, included <= Self.maximumRecordLength, bytes.byteCount &- position >= length else {
      return nil
    }
    let flagsAndDrops = bytes.big64(position &+ 8)
    let allDrops = UInt32(truncatingIfNeeded: flagsAndDrops)
    let lost = allDrops > drops ? allDrops &- drops : 0
    drops = allDrops
    let ticks = Int64(bitPattern: bytes.big64(position &+ 16))
    let data = position &+ header..<position &+ length
    let flags = UInt32(truncatingIfNeeded: flagsAndDrops >> 32)
    let packet: PacketHeader
    // ACL data, which is most of a capture, is told apart by a comparison: a jump to one of many places is not foreseen.
    if case .monitor = link, flags & 0xFFFE == 4 {
      packet = PacketHeader(
        kind: .acl, direction: flags & 1 == 0 ? .sent : .received, controller: UInt16(flags >> 16), length: 0)
    } else {
      packet = PacketHeader(link, bytes, data, flags: flags)
    }
    let start = fileOffset
    position &+= length
    fileOffset &+= UInt64(length)
    count &+= 1
    return CaptureRecord(
      number: count, time: CaptureInstant(microseconds: ticks.subtractingClamped(BTSnoop.epoch)),
      kind: packet.kind, direction: packet.direction, controller: packet.controller,
      fileOffset: start &+ UInt64(header &+ packet.length), data: data.lowerBound &+ packet.length..<data.upperBound,
      missing: Int(original &- included), lost: lost)
  }

  /// Why there is no whole record.
  func nextBTSnoop(_ bytes: RawSpan, _ position: Int) throws(CaptureFileError) -> Step {
    let header = BTSnoop.recordHeaderLength
    guard bytes.byteCount &- position >= header else { return .needs(header) }
    let original = bytes.big32(position)
    let included = bytes.big32(position &+ 4)
    guard included <= Self.maximumRecordLength, included <= original else {
      throw error(.badLength(included, limit: min(Self.maximumRecordLength, Int(original))))
    }
    return .needs(header &+ Int(included))
  }
}

extension Int64 {
  /// The difference, or the nearer end of what can be represented.
  @inlinable @inline(__always)
  func subtractingClamped(_ other: Int64) -> Int64 {
    let (difference, overflow) = subtractingReportingOverflow(other)
    return overflow ? (self < other ? .min : .max) : difference
  }
}
