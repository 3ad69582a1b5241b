/// Follows the conversations in a capture: HCI, L2CAP and ATT of every connection, down to values whose characteristic is known.
///
/// It does no I/O: records go in, one after the other, and what they tell comes out at once. What is wrong in a record is a
/// ``CaptureProblem`` with its place, and decoding goes on; nothing traps. What it keeps is bounded by ``CaptureLimits``.
///
/// ```swift
/// var decoder = CaptureDecoder()
/// try CaptureFile("conversation.btsnoop").read { record, packet in
///   decoder.decode(record, packet, into: &observer)
///   return true
/// }
/// decoder.finish(into: &observer)
/// ```
///
/// ```
/// record ─ HCI event ──────────────────────────────── connections, their addresses and parameters
///        └ HCI ACL ─ L2CAP ┬ channel 4 ─────── ATT ┬─ discovery: which characteristic is at which handle
///                          ├ signalling            └─ values ─ typed frames (FrameFormat)
///                          └ credit-based ─ SDU ── ATT
/// ```
public struct CaptureDecoder {
  var controllers: [UInt16: Controller] = [:]
  /// The slots of connections; those of ended ones are used again.
  var links: [Link] = []
  /// By slot as well.
  var heads: [LinkHead] = []
  /// What ATT has under way, by the places that connections and channels have.
  var bearers: [ATTBearer] = []
  var transfers: [ATTTransfers] = []
  private var freeBearers: [Int] = []
  var freeSlots: [Int] = []
  /// By adapter and handle.
  var slots: [UInt32: Int] = [:]
  /// The newest uses of ``slots``, because the dictionary takes its time.
  private var recentKeys = InlineArray<16, UInt32>(repeating: .max)
  private var recentSlots = InlineArray<16, Int>(repeating: 0)
  /// The values that travel most, by their keys.
  @usableFromInline var recentValues = InlineArray<32, RecentValue>(repeating: RecentValue())
  /// The attributes of all servers.
  var tables: [AttributeTable] = [AttributeTable()]
  var tablePlaces: [ServerKey: Int] = [:]
  var attributeCount = 0
  /// Bytes that are kept for what is not whole yet.
  var pendingBytes = 0
  var connectionCount = 0
  let saved: SavedHandles
  /// Where the bytes of PDUs were; nil when nobody asks, which is quicker.
  var trace: PDUTrace?
  /// The longest packet of ACL data that is told without a detour: one that says nothing of ATT_MTU.
  @usableFromInline private(set) var quickLength = quickLimit

  private static let quickLimit = 8 + ATTBearer.defaultMTU
  /// Where the last record was.
  @usableFromInline var last = Place(number: 0, time: CaptureInstant(nanoseconds: 0), fileOffset: 0)

  @usableFromInline struct Place: RecordPlace {
    @usableFromInline var number: Int
    @usableFromInline var time: CaptureInstant
    @usableFromInline var fileOffset: UInt64

    @inlinable
    init(number: Int, time: CaptureInstant, fileOffset: UInt64) {
      self.number = number
      self.time = time
      self.fileOffset = fileOffset
    }
  }

  /// A decoder at the beginning of a capture.
  ///
  /// - Parameter saved: what is at which handle, for servers whose discovery the capture does not show.
  public init(saved: SavedHandles = SavedHandles()) {
    self.saved = saved
  }

  /// Takes note of where the bytes of PDUs are, from here on.
  mutating func startTracing() {
    trace = PDUTrace()
    quickLength = 0
  }

  /// Takes the next record.
  ///
  /// - Parameter packet: the bytes of the record's packet, those of its ``CaptureRecord/data``.
  @inlinable @inline(__always)
  public mutating func decode(
    _ record: CaptureRecord, _ packet: RawSpan, into observer: inout some CaptureObserver
  ) {
    last = Place(number: record.number, time: record.time, fileOffset: record.fileOffset)
    // The caller has most of the traffic without a call, so that of an event only what its observer asks for is made.
    guard let line = lineOfValue(record, packet) else { return decodeAny(record, packet, into: &observer) }
    observer.attribute(event(record, packet, line), value: packet.extracting(11..<packet.byteCount))
  }

  /// Any record.
  @usableFromInline
  @inline(never)
  mutating func decodeAny(_ record: CaptureRecord, _ packet: RawSpan, into observer: inout some CaptureObserver) {
    if record.lost > 0 {
      observer.problem(CaptureProblem(record, .packetsLost(record.lost)))
      // What was begun cannot be trusted to go on, on no controller: the count is the file's.
      for slot in slots.values { dropPartialPDUs(at: slot) }
    }
    if record.kind == .acl { acl(record, packet, into: &observer) } else { other(record, packet, into: &observer) }
  }

  /// What is not ACL data; by itself, since a jump to one of many places is not foreseen, and takes as long as a value.
  @inline(never)
  private mutating func other(
    _ record: CaptureRecord, _ packet: RawSpan, into observer: inout some CaptureObserver
  ) {
    switch record.kind {
    case .event: event(record, packet, into: &observer)
    case .controllerAdded, .controllerRemoved, .controllerClosed: controller(record, packet, into: &observer)
    case .acl, .command, .synchronous, .isochronous, .controllerOpened, .other: break
    }
  }

  /// Tells what the capture's end has left unfinished.
  public mutating func finish(into observer: inout some CaptureObserver) {
    for slot in slots.values.sorted() { tellUnfinished(slot, last, into: &observer) }
  }

  /// Tells what a connection leaves in parts or without an answer: it ends, or the capture does.
  mutating func tellUnfinished(_ slot: Int, _ place: some RecordPlace, into observer: inout some CaptureObserver) {
    func tell(_ reason: CaptureProblem.Reason) {
      observer.problem(
        CaptureProblem(
          record: place.number, time: place.time, fileOffset: place.fileOffset, connection: knownNumber(slot),
          reason: reason))
    }
    for direction in [CaptureDirection.sent, .received] {
      let partials =
        [(CaptureProblem.Layer.l2cap, links[slot].partial[direction])]
        + links[slot].channels.map { (.sdu, $0.segments[direction]) }
      for (layer, partial) in partials where partial.isPending {
        tell(.incomplete(layer, received: partial.bytes.count, expected: partial.expected))
      }
    }
    for bearer in [heads[slot].bearer] + links[slot].channels.map(\.bearer) {
      let (requests, indications) = (bearers[bearer].requests, bearers[bearer].indications)
      for request in [requests.sent, requests.received, indications.sent, indications.received] {
        if let request { tell(.unanswered(request.operation, record: request.record)) }
      }
    }
  }

  /// What is at the handles of all servers that the capture has told about; of one without a known address as of any peripheral.
  public var handles: SavedHandles {
    var handles = SavedHandles()
    for (key, place) in tablePlaces {
      let address: CapturedAddress?
      switch key {
      case .peer(_, let peer): address = peer
      case .unknown: address = nil
      case .local(let controller):
        // Without an address it would be taken for that of any peripheral.
        guard let own = controllers[controller]?.address else { continue }
        address = own
      }
      for (handle, attribute) in tables[place].all where !attribute.isAssumed {
        handles.add(attribute.uuid, at: handle, of: address)
      }
    }
    return handles
  }

  /// The slot of a connection; nil when there is none.
  @inline(__always)
  mutating func slot(_ controller: UInt16, _ handle: UInt16) -> Int? {
    let key = UInt32(controller) << 16 | UInt32(handle)
    let line = Int(key & 15)
    if recentKeys[line] == key { return recentSlots[line] }
    guard let slot = slots[key] else { return nil }
    recentKeys[line] = key
    recentSlots[line] = slot
    return slot
  }

  /// What is known of handles or connections changes.
  mutating func forgetRecentValues() {
    for line in 0..<RecentValue.count { recentValues[line].key = .max }
  }

  /// Gives a connection a slot; nil when all are taken.
  ///
  /// - Parameter tables: the places of the attribute tables of the peer's server and of the host's.
  mutating func open(_ connection: CapturedConnection, tables: (peer: Int, local: Int)) -> Int? {
    guard !freeSlots.isEmpty || links.count < CaptureLimits.connections else { return nil }
    forgetRecentValues()
    let head = LinkHead(peerTable: tables.peer, localTable: tables.local, bearer: newBearer())
    let slot: Int
    if let free = freeSlots.popLast() {
      slot = free
      links[slot] = Link(connection)
      heads[slot] = head
    } else {
      slot = links.count
      links.append(Link(connection))
      heads.append(head)
    }
    slots[UInt32(connection.controller) << 16 | UInt32(connection.handle)] = slot
    return slot
  }

  /// Forgets a connection.
  mutating func free(_ slot: Int) {
    forgetRecentValues()
    let connection = links[slot].connection
    let key = UInt32(connection.controller) << 16 | UInt32(connection.handle)
    slots[key] = nil
    let line = Int(key & 15)
    if recentKeys[line] == key { recentKeys[line] = .max }
    dropPartialPDUs(at: slot)
    for channel in links[slot].channels { freeBearer(channel.bearer) }
    freeBearer(heads[slot].bearer)
    links[slot] = Link(connection)
    freeSlots.append(slot)
  }

  /// The place of a fresh state of ATT.
  mutating func newBearer() -> Int {
    if let free = freeBearers.popLast() { return free }
    bearers.append(ATTBearer())
    transfers.append(ATTTransfers())
    return bearers.count &- 1
  }

  mutating func freeBearer(_ place: Int) {
    pendingBytes &-= transfers[place].pendingBytes
    bearers[place] = ATTBearer()
    transfers[place] = ATTTransfers()
    freeBearers.append(place)
  }

  /// The number of a connection that the observer has been told of.
  func knownNumber(_ slot: Int) -> Int? { heads[slot].isAnnounced ? heads[slot].number : nil }

  /// Forgets the fragments of a PDU.
  mutating func dropPartialPDU(_ slot: Int, _ direction: CaptureDirection) {
    trace?.keptCount &-= links[slot].partial[direction].pieces.count
    pendingBytes &-= links[slot].partial[direction].drop()
    heads[slot].isPartial[direction] = false
  }

  /// Forgets the segments of an SDU.
  mutating func dropSegments(_ slot: Int, _ channel: Int, _ direction: CaptureDirection) {
    trace?.keptCount &-= links[slot].channels[channel].segments[direction].pieces.count
    pendingBytes &-= links[slot].channels[channel].segments[direction].drop()
  }

  private mutating func dropPartialPDUs(at slot: Int) {
    for direction in [CaptureDirection.sent, .received] {
      dropPartialPDU(slot, direction)
      for channel in links[slot].channels.indices {
        dropSegments(slot, channel, direction)
      }
    }
  }
}

/// What events say of the record that they come from.
protocol RecordPlace {
  var number: Int { get }
  var time: CaptureInstant { get }
  var fileOffset: UInt64 { get }
}

extension CaptureRecord: RecordPlace {}

extension CaptureDecoder.Context: RecordPlace {
  var number: Int { record }
}

/// What is known of an adapter.
struct Controller {
  var address: CapturedAddress?
}

/// Whose attributes a table has.
enum ServerKey: Hashable {
  /// A peer of an adapter.
  case peer(UInt16, CapturedAddress)
  /// The host of an adapter.
  case local(UInt16)
  /// A peer whose address is not known, on a connection of that handle.
  case unknown(UInt16, UInt16)
}

extension CaptureProblem {
  init(_ record: CaptureRecord, _ reason: Reason, at offset: Int = 0) {
    self.init(
      record: record.number, time: record.time, fileOffset: record.fileOffset &+ UInt64(max(0, offset)),
      connection: nil,
      reason: reason)
  }
}
