/// How a packet stands in a record.
@usableFromInline enum LinkType: Sendable {
  /// btsnoop 1001: the HCI packet alone; the record's flags say which.
  case hci
  /// btsnoop 1002, pcap 187: a byte says which HCI packet follows (Core Vol 4 Part A 2).
  case h4
  /// pcap 201: the direction, then as H4.
  case h4WithDirection
  /// btsnoop 2001: the record's flags are the header of the Linux monitor.
  case monitor
  /// pcap 254: the header of the Linux monitor stands before the packet.
  case monitorWithHeader
  /// No Bluetooth HCI.
  case foreign

  /// A data link of btsnoop; nil for one that cannot be read.
  init?(btsnoop number: UInt32) {
    switch number {
    case 1001: self = .hci
    case 1002: self = .h4
    case 2001: self = .monitor
    default: return nil
    }
  }

  /// A link type of pcap and pcapng; nil for one that cannot be read.
  init?(pcap number: UInt32) {
    switch number {
    case 187: self = .h4
    case 201: self = .h4WithDirection
    case 254: self = .monitorWithHeader
    default: return nil
    }
  }

  /// The numbers in a btsnoop header, by which it can be written.
  var btsnoop: UInt32? {
    switch self {
    case .hci: 1001
    case .h4: 1002
    case .monitor: 2001
    case .h4WithDirection, .monitorWithHeader, .foreign: nil
    }
  }
}

/// Which packet a record holds, and how many bytes before it belong to the recorder.
@usableFromInline struct PacketHeader {
  @usableFromInline var kind = PacketKind.other
  @usableFromInline var direction: CaptureDirection?
  @usableFromInline var controller: UInt16 = 0
  @usableFromInline var length = 0

  @inlinable @inline(__always)
  init(kind: PacketKind, direction: CaptureDirection?, controller: UInt16, length: Int) {
    self.kind = kind
    self.direction = direction
    self.controller = controller
    self.length = length
  }

  /// Reads what stands before the packet.
  ///
  /// - Parameter flags: of a btsnoop record.
  @usableFromInline
  @inline(never)
  init(_ link: LinkType, _ bytes: RawSpan, _ data: Range<Int>, flags: UInt32) {
    switch link {
    case .monitor: monitor(opcode: UInt16(truncatingIfNeeded: flags), controller: UInt16(flags >> 16))
    case .h4: h4(bytes, data, direction: flags & 1 == 0 ? .sent : .received)
    case .hci:
      direction = flags & 1 == 0 ? .sent : .received
      kind = flags & 2 == 0 ? .acl : direction == .sent ? .command : .event
    case .h4WithDirection:
      guard data.count >= 4 else { return }
      length = 4
      let way: CaptureDirection = bytes.big32(data.lowerBound) & 1 == 0 ? .sent : .received
      h4(bytes, data.lowerBound &+ 4..<data.upperBound, direction: way)
    case .monitorWithHeader:
      guard data.count >= 4 else { return }
      length = 4
      monitor(opcode: bytes.big16(data.lowerBound &+ 2), controller: bytes.big16(data.lowerBound))
    case .foreign: break
    }
  }

  @inline(__always)
  private mutating func h4(_ bytes: RawSpan, _ data: Range<Int>, direction: CaptureDirection) {
    guard let first = data.first, let kind = PacketKind(rawValue: bytes.byte(first)), kind.rawValue <= 5 else {
      return
    }
    length &+= 1
    self.kind = kind
    self.direction = direction
  }

  /// The opcodes of the Linux monitor (`struct hci_mon_hdr`).
  @inline(__always)
  private mutating func monitor(opcode: UInt16, controller: UInt16) {
    self.controller = controller
    switch opcode {
    case 4: (kind, direction) = (.acl, .sent)
    case 5: (kind, direction) = (.acl, .received)
    case 3: (kind, direction) = (.event, .received)
    case 2: (kind, direction) = (.command, .sent)
    case 6: (kind, direction) = (.synchronous, .sent)
    case 7: (kind, direction) = (.synchronous, .received)
    case 18: (kind, direction) = (.isochronous, .sent)
    case 19: (kind, direction) = (.isochronous, .received)
    case 0: kind = .controllerAdded
    case 1: kind = .controllerRemoved
    case 8: kind = .controllerOpened
    case 9: kind = .controllerClosed
    default: kind = .other
    }
  }
}
