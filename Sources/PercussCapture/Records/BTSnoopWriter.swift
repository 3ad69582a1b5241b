/// Writes btsnoop files, which Wireshark, btmon and ``CaptureReader`` read. It does no I/O: bytes are appended to an array of the caller's.
///
/// ```swift
/// let writer = BTSnoopWriter(.monitor)
/// var file = writer.header
/// writer.append(packet, kind: .acl, direction: .sent, controller: 0, time: now, to: &file)
/// ```
public struct BTSnoopWriter: Sendable {
  /// What a file can tell of its packets.
  public enum Layout: Sendable {
    /// Data link 1001: commands, events and ACL data of one controller.
    case hci
    /// Data link 1002: all packets of one controller.
    case h4
    /// Data link 2001: the packets of many controllers, their coming and going, and notes; what `btmon -w` writes.
    case monitor
  }

  private let layout: Layout

  /// A writer of one file.
  public init(_ layout: Layout) {
    self.layout = layout
  }

  /// What the file begins with.
  public var header: [UInt8] {
    let link: LinkType =
      switch layout {
      case .hci: .hci
      case .h4: .h4
      case .monitor: .monitor
      }
    var bytes: [UInt8] = []
    bytes.append(bigEndian: BTSnoop.magic)
    bytes.append(bigEndian: 1 as UInt32)
    bytes.append(bigEndian: link.btsnoop ?? 0)
    return bytes
  }

  /// Appends one packet.
  ///
  /// - Parameters:
  ///   - packet: its bytes from the HCI header on, without the byte that H4 puts before it; at most ``CaptureReader/maximumRecordLength``.
  ///   - direction: which way it went; commands are always sent, events received.
  ///   - controller: the adapter's number; only ``Layout/monitor`` keeps it.
  ///   - missing: bytes that the recorder left out at the packet's end.
  ///   - lost: how many packets the recorder has lost since the file's beginning.
  /// - Returns: false when the layout cannot hold such a packet: nothing is appended.
  @discardableResult
  public func append(
    _ packet: RawSpan, kind: PacketKind, direction: CaptureDirection, controller: UInt16 = 0, time: CaptureInstant,
    missing: Int = 0, lost: UInt32 = 0, to file: inout [UInt8]
  ) -> Bool {
    guard packet.byteCount < CaptureReader.maximumRecordLength, let flags = flags(kind, direction, controller) else {
      return false
    }
    let isH4 = if case .h4 = layout { true } else { false }
    append(
      packet, after: isH4 ? kind.rawValue : nil, missing: missing, flags: flags, time: time, lost: lost, to: &file)
    return true
  }

  /// Appends a message of the Linux monitor as the kernel gave it.
  ///
  /// - Parameters:
  ///   - opcode: what it is (`struct hci_mon_hdr`).
  ///   - index: the adapter's number; 0xFFFF for none.
  /// - Returns: false, and nothing is appended, when it is too long or the layout is not ``Layout/monitor``.
  @discardableResult
  public func append(
    _ packet: RawSpan, monitorOpcode opcode: UInt16, index: UInt16, time: CaptureInstant, lost: UInt32 = 0,
    to file: inout [UInt8]
  ) -> Bool {
    guard case .monitor = layout, packet.byteCount < CaptureReader.maximumRecordLength else { return false }
    append(
      packet, after: nil, missing: 0, flags: UInt32(index) << 16 | UInt32(opcode), time: time, lost: lost, to: &file)
    return true
  }

  private func append(
    _ packet: RawSpan, after byte: UInt8?, missing: Int, flags: UInt32, time: CaptureInstant, lost: UInt32,
    to file: inout [UInt8]
  ) {
    let length = UInt32(packet.byteCount) &+ (byte == nil ? 0 : 1)
    file.append(bigEndian: UInt32(clamping: Int(length) &+ max(0, missing)))
    file.append(bigEndian: length)
    file.append(bigEndian: flags)
    file.append(bigEndian: lost)
    // An instant is at most 292 years from 1970.
    file.append(bigEndian: UInt64(bitPattern: time.microseconds &+ BTSnoop.epoch))
    if let byte { file.append(byte) }
    file.append(contentsOf: packet)
  }

  /// How many of the first bytes of a part of a file are whole records; the part begins with a record, or with the file's header.
  static func wholeRecords(in part: [UInt8], upTo end: Int) -> Int {
    let bytes = unsafe part.span.bytes
    guard end <= bytes.byteCount else { return 0 }
    var position = 0
    if end >= 8, bytes.big64(0) == BTSnoop.magic { position = BTSnoop.headerLength }
    while end &- position >= BTSnoop.recordHeaderLength {
      let length = BTSnoop.recordHeaderLength &+ Int(bytes.big32(position &+ 4))
      guard end &- position >= length else { break }
      position &+= length
    }
    return min(position, end)
  }

  private func flags(_ kind: PacketKind, _ direction: CaptureDirection, _ controller: UInt16) -> UInt32? {
    let isReceived = direction == .received
    switch (layout, kind) {
    case (.hci, .command): return 2
    case (.hci, .event): return 3
    case (.hci, .acl): return isReceived ? 1 : 0
    case (.hci, _): return nil
    case (.h4, .command): return 2
    case (.h4, .event): return 3
    case (.h4, .acl), (.h4, .synchronous), (.h4, .isochronous): return isReceived ? 1 : 0
    case (.h4, _): return nil
    case (.monitor, _):
      let opcode: UInt32 =
        switch kind {
        case .controllerAdded: 0
        case .controllerRemoved: 1
        case .command: 2
        case .event: 3
        case .acl: isReceived ? 5 : 4
        case .synchronous: isReceived ? 7 : 6
        case .controllerOpened: 8
        case .controllerClosed: 9
        case .other: 12
        case .isochronous: isReceived ? 19 : 18
        }
      return UInt32(controller) << 16 | opcode
    }
  }
}

extension [UInt8] {
  fileprivate mutating func append(bigEndian number: some FixedWidthInteger & UnsignedInteger) {
    for byte in (0..<(number.bitWidth / 8)).reversed() { append(UInt8(truncatingIfNeeded: number >> (8 &* byte))) }
  }
}
