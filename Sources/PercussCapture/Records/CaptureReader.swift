/// Takes a capture file apart into its records, whatever its format: btsnoop, pcap or pcapng.
///
/// It does no I/O: the caller gives it bytes, of a mapped file all at once, of a pipe as they come.
///
/// ```swift
/// var reader = CaptureReader()
/// var position = 0
/// while let record = try reader.next(in: bytes, at: &position, isLast: true) {
///   print(record.number, record.kind, record.data.count)
/// }
/// ```
///
/// | format | link types |
/// |---|---|
/// | btsnoop 1 | 1001 HCI, 1002 HCI UART (H4), 2001 Linux monitor (`btmon -w`) |
/// | pcap, either byte order, micro- or nanoseconds | 187 H4, 201 H4 with direction, 254 Linux monitor |
/// | pcapng, either byte order | the same; packets of other interfaces are ``PacketKind/other`` |
public struct CaptureReader: Sendable {
  /// The longest record, in bytes: four times the longest HCI packet.
  public static let maximumRecordLength = 1 << 18
  /// The longest block of a pcapng file, in bytes. A stream's reader never has to keep more than this.
  public static let maximumBlockLength = 1 << 24
  /// The most interfaces of a pcapng section.
  public static let maximumInterfaces = 256

  @usableFromInline enum Format: Sendable {
    case unknown
    case btsnoop(LinkType)
    case pcap(PcapHeader)
    case pcapng
    /// Nothing can be read any more.
    case ended
  }

  @usableFromInline var format = Format.unknown
  /// Of a pcapng file.
  var section = PcapNGSection()
  /// The number of the last record.
  @usableFromInline var count = 0
  /// The place in the file of the byte at the caller's position.
  @usableFromInline var fileOffset: UInt64 = 0
  /// The recorder's count of lost packets, of btsnoop files.
  @usableFromInline var drops: UInt32 = 0

  /// A reader at the beginning of a file.
  public init() {}

  /// Whether a file that begins so is a capture of a format that can be read; 24 bytes suffice.
  public static func isCapture(_ beginning: RawSpan) -> Bool {
    var reader = CaptureReader()
    var position = 0
    // An error is told by whoever reads the file; here only the format that it has found counts.
    _ = try? reader.next(in: beginning, at: &position, isLast: false)
    if case .btsnoop = reader.format { return true }
    if case .pcap = reader.format { return true }
    // What is wrong behind its first four bytes ends a reading.
    return beginning.byteCount >= 4 && beginning.big32(0) == 0x0A0D_0D0A
  }

  /// The next record.
  ///
  /// - Parameters:
  ///   - bytes: the file, or what has come of it since the position before.
  ///   - position: the first byte that has not been read; moved on behind the record. A caller that drops the bytes before it sets it back.
  ///   - isLast: whether no bytes follow these.
  /// - Returns: nil when the bytes end before the next record does: at the end of the file, or until more bytes come.
  /// - Throws: ``CaptureFileError`` when the rest cannot be read; nil follows.
  @inlinable @inline(__always)
  public mutating func next(
    in bytes: RawSpan, at position: inout Int, isLast: Bool
  ) throws(CaptureFileError) -> CaptureRecord? {
    guard position >= 0, position <= bytes.byteCount else { return nil }
    if case .btsnoop(let link) = format, let record = wholeBTSnoop(in: bytes, at: &position, link) { return record }
    // A copy, so that the position itself can stay in a register.
    var place = position
    defer { position = place }
    return try nextInAnyCase(in: bytes, at: &place, isLast: isLast)
  }

  @usableFromInline
  mutating func nextInAnyCase(
    in bytes: RawSpan, at position: inout Int, isLast: Bool
  ) throws(CaptureFileError) -> CaptureRecord? {
    do throws(CaptureFileError) {
      while true {
        let step: Step
        switch format {
        case .unknown: step = try begin(bytes, position)
        case .btsnoop(let link):
          if let record = wholeBTSnoop(in: bytes, at: &position, link) { return record }
          step = try nextBTSnoop(bytes, position)
        case .pcap(let header): step = try nextPcap(bytes, position, header)
        case .pcapng: step = try nextPcapNG(bytes, position)
        case .ended: return nil
        }
        switch step {
        case .record(let record, let length):
          position &+= length
          fileOffset &+= UInt64(length)
          count &+= 1
          return record
        case .skipped(let length):
          position &+= length
          fileOffset &+= UInt64(length)
        case .needs(let needed):
          guard isLast else { return nil }
          let available = bytes.byteCount &- position
          if available > 0 || count == 0, case .unknown = format { throw beginningError(available) }
          format = .ended
          if available > 0 { throw error(.truncated(needed: needed, available: available)) }
          return nil
        }
      }
    } catch {
      format = .ended
      throw error
    }
  }

  /// What stands at a position.
  enum Step {
    /// A record, which takes so many bytes of the file.
    case record(CaptureRecord, length: Int)
    /// A header, or a block without a packet.
    case skipped(Int)
    /// So many bytes are needed from the position on.
    case needs(Int)
  }

  func error(_ reason: CaptureFileError.Reason) -> CaptureFileError {
    let isHeader = if case .unknown = format { true } else { false }
    return CaptureFileError(reason, record: isHeader ? 0 : count &+ 1, offset: fileOffset)
  }

  private func beginningError(_ available: Int) -> CaptureFileError {
    error(
      available == 0
        ? .empty : available < 4 ? .unknownFormat : .truncated(needed: available < 16 ? 16 : 24, available: available))
  }

  /// Finds out the format.
  private mutating func begin(_ bytes: RawSpan, _ position: Int) throws(CaptureFileError) -> Step {
    let available = bytes.byteCount &- position
    guard available >= 4 else { return .needs(4) }
    switch bytes.big32(position) {
    case 0x6274_736E:  // "btsn"
      guard available >= BTSnoop.headerLength else { return .needs(BTSnoop.headerLength) }
      format = .btsnoop(try btsnoopLink(bytes, position))
      return .skipped(BTSnoop.headerLength)
    case 0x0A0D_0D0A:
      format = .pcapng
      return .skipped(0)
    case let magic:
      guard let kind = PcapHeader(magic: magic) else { throw error(.unknownFormat) }
      guard available >= PcapHeader.length else { return .needs(PcapHeader.length) }
      format = .pcap(try pcapHeader(bytes, position, kind))
      return .skipped(PcapHeader.length)
    }
  }
}
