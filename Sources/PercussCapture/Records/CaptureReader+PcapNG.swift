/// What the blocks of a pcapng section have said so far (draft-ietf-opsawg-pcapng).
struct PcapNGSection: Sendable {
  static let sectionHeader: UInt32 = 0x0A0D_0D0A
  static let byteOrderMark: UInt32 = 0x1A2B_3C4D

  var isBigEndian = false
  var interfaces: [Interface] = []
  /// Of the last packet with a time; simple packets have none of their own.
  var time = CaptureInstant(nanoseconds: 0)

  struct Interface: Sendable {
    var link: LinkType
    /// 0 where there is no limit.
    var snapLength: UInt32
    /// As the option `if_tsresol` has it.
    var resolution: UInt8 = 6
    /// Seconds to add.
    var offset: Int64 = 0

    /// The instant of a time stamp.
    func instant(_ ticks: UInt64) -> CaptureInstant {
      let exponent = UInt64(resolution & 0x7F)
      let nanoseconds: Int128
      if resolution & 0x80 != 0 {
        nanoseconds = exponent > 64 ? 0 : (Int128(ticks) * 1_000_000_000) >> Int128(exponent)
      } else if exponent <= 9 {
        nanoseconds = Int128(ticks) * Int128(Self.power(9 &- exponent))
      } else {
        nanoseconds = exponent > 28 ? 0 : Int128(ticks) / Int128(Self.power(exponent &- 9))
      }
      return CaptureInstant(nanoseconds: Int64(clamping: nanoseconds + Int128(offset) * 1_000_000_000))
    }

    /// 10 to the power, which is at most 19.
    private static func power(_ exponent: UInt64) -> UInt64 {
      (0..<exponent).reduce(1) { product, _ in product &* 10 }
    }
  }
}

extension CaptureReader {
  mutating func nextPcapNG(_ bytes: RawSpan, _ position: Int) throws(CaptureFileError) -> Step {
    let available = bytes.byteCount &- position
    guard available >= 12 else { return .needs(12) }
    let isSection = bytes.big32(position) == PcapNGSection.sectionHeader
    if isSection {
      switch PcapNGSection.byteOrderMark {
      case bytes.little32(position &+ 8): section = PcapNGSection(isBigEndian: false)
      case bytes.big32(position &+ 8): section = PcapNGSection(isBigEndian: true)
      default: throw error(.unknownByteOrder)
      }
    }
    let isBigEndian = section.isBigEndian
    let type = bytes.number32(position, isBigEndian: isBigEndian)
    let total = bytes.number32(position &+ 4, isBigEndian: isBigEndian)
    guard total >= (isSection ? 28 : 12), total <= Self.maximumBlockLength, total % 4 == 0 else {
      throw error(.badLength(total, limit: Self.maximumBlockLength))
    }
    let length = Int(total)
    guard available >= length else { return .needs(length) }
    let again = bytes.number32(position &+ length &- 4, isBigEndian: isBigEndian)
    guard again == total else { throw error(.lengthsDiffer(total, again)) }
    let body = position &+ 8..<position &+ length &- 4
    switch type {
    case PcapNGSection.sectionHeader:
      let major = UInt32(bytes.number16(body.lowerBound &+ 4, isBigEndian: isBigEndian))
      let minor = UInt32(bytes.number16(body.lowerBound &+ 6, isBigEndian: isBigEndian))
      guard major == 1 else { throw error(.unknownVersion(major: major, minor: minor)) }
    case 1:
      guard section.interfaces.count < Self.maximumInterfaces else {
        throw error(.tooManyInterfaces(limit: Self.maximumInterfaces))
      }
      section.interfaces.append(try interface(bytes, body, isBigEndian: isBigEndian))
    case 6: return .record(try enhancedPacket(bytes, body, at: position), length: length)
    case 3: return .record(try simplePacket(bytes, body, at: position), length: length)
    default: break  // Names, statistics, secrets, and what others add.
    }
    return .skipped(length)
  }

  private func interface(
    _ bytes: RawSpan, _ body: Range<Int>, isBigEndian: Bool
  ) throws(CaptureFileError) -> PcapNGSection.Interface {
    guard body.count >= 8 else { throw error(.badLength(UInt32(body.count &+ 12), limit: Self.maximumBlockLength)) }
    let link = UInt32(bytes.number16(body.lowerBound, isBigEndian: isBigEndian))
    var interface = PcapNGSection.Interface(
      link: LinkType(pcap: link) ?? .foreign,
      snapLength: bytes.number32(body.lowerBound &+ 4, isBigEndian: isBigEndian))
    forEachOption(bytes, body.lowerBound &+ 8..<body.upperBound, isBigEndian: isBigEndian) { code, value in
      switch (code, value.count) {
      case (9, 1): interface.resolution = bytes.byte(value.lowerBound)
      case (14, 8):
        let start = value.lowerBound
        interface.offset = Int64(bitPattern: isBigEndian ? bytes.big64(start) : bytes.little64(start))
      default: break
      }
    }
    return interface
  }

  private mutating func enhancedPacket(
    _ bytes: RawSpan, _ body: Range<Int>, at position: Int
  ) throws(CaptureFileError) -> CaptureRecord {
    let isBigEndian = section.isBigEndian
    guard body.count >= 20 else { throw error(.badLength(UInt32(body.count &+ 12), limit: Self.maximumBlockLength)) }
    func number(_ offset: Int) -> UInt32 { bytes.number32(body.lowerBound &+ offset, isBigEndian: isBigEndian) }
    let interfaceNumber = number(0)
    guard interfaceNumber < section.interfaces.count else { throw error(.unknownInterface(interfaceNumber)) }
    let interface = section.interfaces[Int(interfaceNumber)]
    section.time = interface.instant(UInt64(number(4)) << 32 | UInt64(number(8)))
    let captured = number(12)
    let limit = min(body.count &- 20, Self.maximumRecordLength)
    guard captured <= limit else { throw error(.badLength(captured, limit: limit)) }
    let data = body.lowerBound &+ 20..<body.lowerBound &+ 20 &+ Int(captured)
    let padded = data.upperBound &+ ((4 &- data.count % 4) % 4)
    var direction: CaptureDirection?
    forEachOption(bytes, min(padded, body.upperBound)..<body.upperBound, isBigEndian: isBigEndian) { code, value in
      guard code == 2, value.count == 4 else { return }
      switch bytes.number32(value.lowerBound, isBigEndian: isBigEndian) & 3 {
      case 1: direction = .received
      case 2: direction = .sent
      default: break
      }
    }
    return record(
      of: interface.link, bytes, data, at: position, time: section.time, original: number(16), direction: direction)
  }

  private func simplePacket(
    _ bytes: RawSpan, _ body: Range<Int>, at position: Int
  ) throws(CaptureFileError) -> CaptureRecord {
    guard body.count >= 4 else { throw error(.badLength(UInt32(body.count &+ 12), limit: Self.maximumBlockLength)) }
    guard let interface = section.interfaces.first else { throw error(.unknownInterface(0)) }
    let original = bytes.number32(body.lowerBound, isBigEndian: section.isBigEndian)
    let captured = interface.snapLength == 0 ? original : min(original, interface.snapLength)
    let limit = min(body.count &- 4, Self.maximumRecordLength)
    guard captured <= limit else { throw error(.badLength(captured, limit: limit)) }
    let start = body.lowerBound &+ 4
    return record(
      of: interface.link, bytes, start..<start &+ Int(captured), at: position, time: section.time, original: original,
      direction: nil)
  }

  /// Options that do not fit end the list: they are comments on a packet that is good without them.
  private func forEachOption(
    _ bytes: RawSpan, _ options: Range<Int>, isBigEndian: Bool, _ use: (_ code: UInt16, _ value: Range<Int>) -> Void
  ) {
    var place = options.lowerBound
    while options.upperBound &- place >= 4 {
      let code = bytes.number16(place, isBigEndian: isBigEndian)
      let length = Int(bytes.number16(place &+ 2, isBigEndian: isBigEndian))
      guard code != 0, options.upperBound &- place &- 4 >= length else { return }
      use(code, place &+ 4..<place &+ 4 &+ length)
      place = min(options.upperBound, place &+ 4 &+ (length &+ 3) / 4 * 4)
    }
  }
}
