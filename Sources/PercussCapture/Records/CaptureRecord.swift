/// One record of a capture file: which packet it is, when it was recorded, and where its bytes are.
public struct CaptureRecord: Equatable, Sendable {
  /// Its place among the records of the file, from 1; the frame number of Wireshark.
  public var number: Int
  /// When it was recorded.
  public var time: CaptureInstant
  /// What it holds.
  public var kind: PacketKind
  /// Which way it went; nil where the file does not say.
  public var direction: CaptureDirection?
  /// The adapter's number, as in `hci0`; 0 where the file does not say.
  public var controller: UInt16
  /// The place of its first byte in the file.
  public var fileOffset: UInt64
  /// The packet's bytes, without any header of the file or of the recorder, in the bytes that the reader was given.
  public var data: Range<Int>
  /// Bytes of the packet that the recorder left out at its end.
  public var missing: Int
  /// Packets that the recorder has lost since the record before.
  public var lost: UInt32

  /// A record of a packet whose bytes are elsewhere.
  @inlinable @inline(__always)
  public init(
    number: Int, time: CaptureInstant, kind: PacketKind, direction: CaptureDirection?, controller: UInt16 = 0,
    fileOffset: UInt64 = 0, data: Range<Int>, missing: Int = 0, lost: UInt32 = 0
  ) {
    self.number = number
    self.time = time
    self.kind = kind
    self.direction = direction
    self.controller = controller
    self.fileOffset = fileOffset
    self.data = data
    self.missing = missing
    self.lost = lost
  }
}

/// What a record of a capture holds.
public enum PacketKind: UInt8, Sendable {
  /// An HCI command (Core Vol 4 Part E 5.4.1).
  case command = 1
  /// HCI ACL data, in which L2CAP and ATT travel (Core Vol 4 Part E 5.4.2).
  case acl = 2
  /// HCI synchronous data: audio.
  case synchronous = 3
  /// An HCI event (Core Vol 4 Part E 5.4.4).
  case event = 4
  /// HCI isochronous data: LE Audio.
  case isochronous = 5
  /// Linux monitor: an adapter appeared.
  case controllerAdded = 16
  /// Linux monitor: an adapter is gone.
  case controllerRemoved = 17
  /// Linux monitor: an adapter was opened.
  case controllerOpened = 18
  /// Linux monitor: an adapter was closed.
  case controllerClosed = 19
  /// Anything else, such as a note of the system.
  case other = 255
}

/// Which way a packet went at the machine that recorded it.
public enum CaptureDirection: UInt8, Sendable {
  /// From the host to its controller, and on to the peer.
  case sent = 0
  /// From the peer through the controller to the host.
  case received = 1

  /// The other way.
  public var opposite: CaptureDirection { self == .sent ? .received : .sent }
}

/// A thing for each direction.
struct BothDirections<Content> {
  var sent: Content
  var received: Content

  subscript(direction: CaptureDirection) -> Content {
    get { direction == .sent ? sent : received }
    set { if direction == .sent { sent = newValue } else { received = newValue } }
    _modify {
      if direction == .sent { yield &sent } else { yield &received }
    }
  }
}
