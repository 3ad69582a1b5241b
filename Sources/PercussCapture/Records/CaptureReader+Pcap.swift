/// What the header of a pcap file says of its records.
@usableFromInline struct PcapHeader: Sendable {
  static let length = 24
  static let recordHeaderLength = 16

  var isBigEndian: Bool
  /// Nanoseconds in a unit of the records' fractions: 1 or 1000.
  var nanoseconds: Int64
  var link = LinkType.foreign

  /// The first four bytes of a file, as a big-endian number; nil when it is no pcap file.
  init?(magic: UInt32) {
    switch magic {
    case 0xA1B2_C3D4: (isBigEndian, nanoseconds) = (true, 1000)
    case 0xD4C3_B2A1: (isBigEndian, nanoseconds) = (false, 1000)
    case 0xA1B2_3C4D: (isBigEndian, nanoseconds) = (true, 1)
    case 0x4D3C_B2A1: (isBigEndian, nanoseconds) = (false, 1)
    default: return nil
    }
  }
}

extension CaptureReader {
  func pcapHeader(
    _ bytes: RawSpan, _ position: Int, _ kind: PcapHeader
  ) throws(CaptureFileError) -> PcapHeader {
    var header = kind
    let major = UInt32(bytes.number16(position &+ 4, isBigEndian: header.isBigEndian))
    let minor = UInt32(bytes.number16(position &+ 6, isBigEndian: header.isBigEndian))
    guard major == 2 else { throw error(.unknownVersion(major: major, minor: minor)) }
    // The upper bits tell the length of a checksum, which HCI does not have.
    let number = bytes.number32(position &+ 20, isBigEndian: header.isBigEndian) & 0xFFFF
    guard let link = LinkType(pcap: number) else { throw error(.unknownLinkType(number)) }
    header.link = link
    return header
  }

  mutating func nextPcap(
    _ bytes: RawSpan, _ position: Int, _ header: PcapHeader
  ) throws(CaptureFileError) -> Step {
    let available = bytes.byteCount &- position
    guard available >= PcapHeader.recordHeaderLength else { return .needs(PcapHeader.recordHeaderLength) }
    let included = bytes.number32(position &+ 8, isBigEndian: header.isBigEndian)
    let original = bytes.number32(position &+ 12, isBigEndian: header.isBigEndian)
    guard included <= Self.maximumRecordLength else {
      throw error(.badLength(included, limit: Self.maximumRecordLength))
    }
    let length = PcapHeader.recordHeaderLength &+ Int(included)
    guard available >= length else { return .needs(length) }
    let seconds = Int64(bytes.number32(position, isBigEndian: header.isBigEndian))
    let fraction = Int64(bytes.number32(position &+ 4, isBigEndian: header.isBigEndian))
    let data = position &+ PcapHeader.recordHeaderLength..<position &+ length
    let record = record(
      of: header.link, bytes, data, at: position,
      time: CaptureInstant(nanoseconds: seconds &* 1_000_000_000 &+ fraction &* header.nanoseconds), original: original,
      direction: nil)
    return .record(record, length: length)
  }

  /// A record of a pcap or pcapng file.
  ///
  /// - Parameter direction: as the file's own metadata tells it.
  func record(
    of link: LinkType, _ bytes: RawSpan, _ data: Range<Int>, at position: Int, time: CaptureInstant, original: UInt32,
    direction: CaptureDirection?
  ) -> CaptureRecord {
    var packet = PacketHeader(link, bytes, data, flags: 0)
    // H4 alone does not tell which way data went; commands and events go one way only.
    if case .h4 = link {
      packet.direction =
        switch packet.kind {
        case .command: .sent
        case .event: .received
        default: direction
        }
    }
    let start = data.lowerBound &+ packet.length
    return CaptureRecord(
      number: count &+ 1, time: time, kind: packet.kind, direction: packet.direction, controller: packet.controller,
      fileOffset: fileOffset &+ UInt64(start &- position), data: start..<data.upperBound,
      missing: max(0, Int(original) &- data.count))
  }
}
