import PercussGATT

/// What every packet of a connection asks for. It stands by itself, without references, because copies of a ``Link`` were measured to take most of the time.
struct LinkHead {
  /// The connection's number; 0 before the observer has been told of it.
  var number = 0
  /// Whether fragments of a PDU wait for more.
  var isPartial = BothDirections(sent: false, received: false)
  /// The places of the attribute tables of both servers.
  var peerTable: Int
  var localTable: Int
  /// The place of ATT's state on its fixed channel.
  var bearer: Int

  var isAnnounced: Bool { number > 0 }
}

/// What is at the handle of a value that travels often, so that it is found at one look. It is forgotten when a connection or a table changes, or a PDU begins that
/// is not whole.
@usableFromInline struct RecentValue {
  @inlinable static var count: Int { 32 }
  /// No key is all ones.
  @usableFromInline var key = UInt64.max
  @usableFromInline var connection = 0
  @usableFromInline var attribute = CapturedAttribute(BluetoothUUID(0), .value)

  /// Where it is kept.
  @inlinable @inline(__always)
  static func line(_ key: UInt64) -> Int { Int(truncatingIfNeeded: key ^ key >> 34) & (count &- 1) }
}

/// What else is followed of a connection.
struct Link {
  var connection: CapturedConnection
  /// L2CAP PDUs whose fragments are being joined.
  var partial = BothDirections(sent: PartialPDU(), received: PartialPDU())
  /// Enhanced ATT channels.
  var channels: [EnhancedChannel] = []
  /// Requests for channels without an answer yet, at most eight.
  var openings: [ChannelOpening] = []
  /// Channels of which nothing is to be told, by the receiver's identifiers: of other protocols, closed, or told already.
  var silentChannels = BothDirections(sent: ChannelSet(), received: ChannelSet())

  init(_ connection: CapturedConnection) {
    self.connection = connection
  }
}

/// A PDU of which some bytes have come.
struct PartialPDU {
  private(set) var bytes: [UInt8] = []
  /// Its whole length; 0 when there is none.
  private(set) var expected = 0

  /// Where its bytes were, when that is traced and all of it known.
  private(set) var pieces: [PDUTrace.Piece] = []

  var isPending: Bool { expected > 0 }
  /// What it takes of ``CaptureLimits/pendingBytes``.
  var reserved: Int { expected }
  var isComplete: Bool { expected > 0 && bytes.count == expected }
  var missing: Int { expected &- bytes.count }
  /// Whether only a part of the L2CAP header has come, so that what is expected is the header alone.
  private(set) var isInHeader = false

  mutating func begin(_ part: RawSpan, expected: Int) {
    self.expected = expected
    bytes.append(contentsOf: part)
  }

  /// Begins with less than the four bytes that tell the length.
  mutating func begin(headerPart part: RawSpan) {
    begin(part, expected: 4)
    isInHeader = true
  }

  /// The header is whole, and has told the length.
  mutating func headerEnds(expected: Int) {
    self.expected = expected
    isInHeader = false
  }

  mutating func append(_ part: RawSpan) {
    bytes.append(contentsOf: part)
  }

  /// Takes note of where the part was that has just been appended.
  ///
  /// - Parameter room: how many pieces may be kept more.
  /// - Returns: how many pieces are kept more than before.
  mutating func gather(_ part: [PDUTrace.Piece], room: Int) -> Int {
    let length = part.reduce(0) { $0 &+ $1.count }
    let before = pieces.count
    guard length > 0 else { return 0 }
    // Where a piece is missing, no others are of use.
    if !(pieces.isEmpty && bytes.count > length), part.count <= room { pieces += part } else { pieces = [] }
    return pieces.count &- before
  }

  /// Forgets it.
  ///
  /// - Returns: what it has taken of ``CaptureLimits/pendingBytes``.
  mutating func drop() -> Int {
    guard expected > 0 else { return 0 }
    defer {
      expected = 0
      isInHeader = false
      pieces = []
    }
    // Memory is kept for PDUs of the usual length only.
    bytes.removeAll(keepingCapacity: expected <= 1024)
    return expected
  }

  /// Takes the bytes out while they are used.
  mutating func take() -> [UInt8] {
    let taken = bytes
    bytes = []
    return taken
  }

  /// Puts the memory back.
  mutating func restore(_ memory: consuming [UInt8]) {
    bytes = memory
  }
}

/// An L2CAP channel with credits that carries ATT (Core Vol 3 Part G 5.3).
struct EnhancedChannel {
  /// The receiver's identifiers of the channel, by the direction of a PDU.
  var identifiers: BothDirections<UInt16>
  /// SDUs whose segments are being joined.
  var segments = BothDirections(sent: PartialPDU(), received: PartialPDU())
  /// The place of ATT's state on it.
  var bearer: Int
}

/// Some of the channels that LE has for credit-based flow control, 0x40...0x7F (Core Vol 3 Part A 2.1).
struct ChannelSet {
  private var bits: UInt64 = 0

  func contains(_ channel: UInt16) -> Bool { bits & Self.bit(channel) != 0 }

  mutating func insert(_ channel: UInt16) { bits |= Self.bit(channel) }

  private static func bit(_ channel: UInt16) -> UInt64 {
    (0x40...0x7F).contains(channel) ? 1 << UInt64(channel &- 0x40) : 0
  }
}

/// A request for channels.
struct ChannelOpening {
  var identifier: UInt8
  /// Whether they are to carry ATT.
  var isEnhancedATT: Bool
  /// Of the request.
  var direction: CaptureDirection
  /// The requester's channel identifiers.
  var channels: [UInt16]
  var mtu: UInt16
}

/// What ATT has under way on one channel (Core Vol 3 Part F 3.3.2: one request at a time, one indication at a time). It has no references, as ``LinkHead``.
struct ATTBearer {
  static let defaultMTU = 23
  /// ATT_MTU as it was agreed, or the longest PDU where that is more: the capture may not show the agreement.
  var mtu = Self.defaultMTU
  /// By the direction of the request.
  var requests = BothDirections<PendingRequest?>(sent: nil, received: nil)
  /// By the direction of the indication.
  var indications = BothDirections<PendingRequest?>(sent: nil, received: nil)

  /// Takes note of a PDU, which is never longer than ATT_MTU.
  mutating func takesPDU(ofLength length: Int) { mtu = max(mtu, length) }
}

/// Values that are on their way on one channel in several PDUs, by the direction of the requests.
struct ATTTransfers {
  /// What Execute Write will write.
  var prepared = BothDirections<[PreparedPart]>(sent: [], received: [])
  /// A value that is being read in parts.
  var longRead = BothDirections<LongRead?>(sent: nil, received: nil)
  /// The handles of a request for several values.
  var handles = BothDirections<[UInt16]>(sent: [], received: [])

  /// What it takes of ``CaptureLimits/pendingBytes``.
  var pendingBytes: Int {
    prepared.sent.reduce(0) { $0 &+ $1.reserved } &+ prepared.received.reduce(0) { $0 &+ $1.reserved }
      &+ (longRead.sent?.bytes.count ?? 0) &+ (longRead.received?.bytes.count ?? 0)
  }
}

/// A request that has no answer yet.
struct PendingRequest {
  var operation: ATTOperation
  var record: Int
  var time: CaptureInstant
  var handle: UInt16 = 0
  var offset = 0
  /// Whether its part of a value is kept until it is written.
  var isKept = false
  /// The type that is looked for, or the service.
  var type: BluetoothUUID?

  /// What an answer tells about it.
  func answered(at instant: CaptureInstant) -> AttributeEvent.AnsweredRequest {
    .init(record: record, operation: operation, latency: instant.nanoseconds(since: time))
  }
}

/// A part of a value that will be written.
struct PreparedPart {
  var handle: UInt16
  var offset: Int
  var bytes: [UInt8]

  /// With what the part itself takes, so that empty parts are bounded too.
  var reserved: Int { bytes.count &+ 64 }
}

/// A value that is being read in parts.
struct LongRead {
  var handle: UInt16
  /// The length of its first part.
  var partLength: Int
  var bytes: [UInt8]
}
