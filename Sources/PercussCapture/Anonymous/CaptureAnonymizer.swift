/// Makes a capture fit to be shown to others: what a ``CaptureDecoder`` needs stays, whatever else is empty or made up.
///
/// It keeps what it knows to be harmless: connections and their parameters, ATT_MTU, discovery, requests and answers, and the values of characteristics that a
/// ``FrameFormat`` decodes, of client configurations, battery level and the like. Addresses become others of the same type, the same one everywhere;
/// names and the texts of Device Information become as many letters. All else is emptied: values at unknown handles (bytes of 0xFF, which are no frame),
/// keys and pairing, advertised data, HCI parameters, audio, notes of the recording system (zeros). No length changes and no record goes, so that
/// numbers of records and places in packets mean the same as in the original.
///
/// Records go in, one after the other; it does no I/O. Fragments are held until their PDU is whole: at most ``heldBytes`` of records, and what belongs
/// to a PDU that takes longer is emptied.
///
/// ```swift
/// var anonymizer = CaptureAnonymizer()
/// var output = anonymizer.header
/// try CaptureFile("conversation.btsnoop").read { record, packet in
///   anonymizer.take(record, packet, to: &output)
///   return true
/// }
/// anonymizer.finish(to: &output)
/// ```
public struct CaptureAnonymizer {
  /// What is held at most while fragments of a PDU are missing, in bytes.
  public static let heldBytes = 1 << 22

  /// What has been replaced and emptied so far.
  public private(set) var counts = AnonymizedCounts()

  private let addresses: MadeUpAddresses
  private let keepsTime: Bool
  private let writer = BTSnoopWriter(.monitor)
  private var decoder: CaptureDecoder
  private var collector = Collector()
  private var beginning: CaptureInstant?
  /// Packets that the recorder has lost since the beginning.
  private var drops: UInt32 = 0
  private var held: [Held] = []
  /// Those before it are written.
  private var firstHeld = 0
  private var heldLength = 0

  private struct Held {
    var record: CaptureRecord
    var direction: CaptureDirection
    var drops: UInt32
    var bytes: AnonymousBytes
    /// Whether nothing of its payload has been copied.
    var isEmptied = false
    /// Whether that is of the Security Manager (Core Vol 3 Part A 2.1).
    var isSecurity = false
  }

  /// An anonymizer at the beginning of a capture.
  ///
  /// - Parameters:
  ///   - saved: what is at which handle, for servers whose discovery the capture does not show.
  ///   - keepsTime: whether records keep their time; otherwise the first one is at 1970-01-01 00:00 UTC.
  ///   - key: by which addresses are made up; whoever knows it can tell the real ones. Another one each time when it is left out.
  public init(
    saved: SavedHandles = SavedHandles(), keepsTime: Bool = false,
    key: (UInt64, UInt64) = (.random(in: 0 ... .max), .random(in: 0 ... .max))
  ) {
    addresses = MadeUpAddresses(key: key)
    self.keepsTime = keepsTime
    decoder = CaptureDecoder(saved: saved)
    decoder.startTracing()
  }

  /// What the written file begins with: btsnoop, as the Linux monitor writes it.
  public var header: [UInt8] { writer.header }

  /// Takes the next record, and appends those that are settled.
  public mutating func take(_ record: CaptureRecord, _ packet: RawSpan, to file: inout [UInt8]) {
    let (lost, overflow) = drops.addingReportingOverflow(record.lost)
    drops = overflow ? .max : lost
    beginning = beginning ?? record.time
    let direction =
      record.direction
      ?? (record.kind == .acl && packet.byteCount >= 4 ? decoder.inferredDirection(record, packet.little16(0)) : .sent)
    var bytes = AnonymousBytes(packet.copied(), addresses)
    // Where L2CAP headers end that began in records before.
    let headerLength = record.kind == .acl ? decoder.headerLength(record, direction, packet) : 0
    decoder.trace?.layer = nil
    decoder.trace?.header = []
    collector.events.removeAll(keepingCapacity: true)
    decoder.decode(record, packet, into: &collector)
    switch record.kind {
    case .command: bytes.command(&counts)
    case .event: bytes.event(&counts)
    case .acl: bytes.keep(0..<4 &+ headerLength)
    case .controllerAdded: bytes.controllerAdded(record.controller, &counts)
    case .controllerRemoved, .controllerOpened, .controllerClosed: break
    case .synchronous, .isochronous:
      bytes.keep(0..<2)
      counts.otherPackets &+= 1
    case .other: counts.notes &+= 1
    }
    held.append(Held(record: record, direction: direction, drops: drops, bytes: bytes))
    heldLength &+= packet.byteCount &+ 128
    if record.kind == .acl { data(packet, headerLength) }
    write(to: &file, untilHeld: decoder.pendingBytes == 0 ? 0 : Self.heldBytes)
  }

  /// Appends what is held yet: the capture has ended.
  public mutating func finish(to file: inout [UInt8]) { write(to: &file, untilHeld: 0) }

  /// Copies what may be shown of the PDU that a record of ACL data has made whole.
  private mutating func data(_ packet: RawSpan, _ headerLength: Int) {
    guard let trace = decoder.trace else { return }
    for piece in trace.header { held(piece) { $0.bytes.keep(piece.offset..<piece.offset &+ piece.count) } }
    guard let layer = trace.layer, let original = original(of: trace.pieces) else {
      held[held.count &- 1].isEmptied = packet.byteCount > 4 &+ headerLength
      held[held.count &- 1].isSecurity = headerLength == 4 && [6, 7].contains(packet.little16(6))
      return
    }
    var pdu = AnonymousBytes(original, filledWith: 0xFF, addresses)
    switch layer {
    case .signalling: pdu.signalling()
    case .att: pdu.attribute(collector.events, &counts)
    }
    var place = 0
    for piece in trace.pieces {
      held(piece) {
        $0.bytes.write(pdu.bytes[place..<place &+ piece.count], at: piece.offset)
        $0.isEmptied = false
      }
      place &+= piece.count
    }
  }

  /// The bytes of a PDU; nil when not all of them are held any more.
  private func original(of pieces: [PDUTrace.Piece]) -> [UInt8]? {
    var bytes: [UInt8] = []
    for piece in pieces {
      guard let place = place(of: piece) else { return nil }
      bytes += held[place].bytes.original[piece.offset..<piece.offset &+ piece.count]
    }
    return bytes.isEmpty ? nil : bytes
  }

  private mutating func held(_ piece: PDUTrace.Piece, _ change: (inout Held) -> Void) {
    if let place = place(of: piece) { change(&held[place]) }
  }

  /// Where a record is held; their numbers follow one another.
  private func place(of piece: PDUTrace.Piece) -> Int? {
    guard let newest = held.last else { return nil }
    let place = held.count &- 1 &- (newest.record.number &- piece.record)
    guard place >= firstHeld, place < held.count, piece.offset &+ piece.count <= held[place].bytes.count else {
      return nil
    }
    return place
  }

  private mutating func write(to file: inout [UInt8], untilHeld limit: Int) {
    while heldLength > limit, firstHeld < held.count {
      let entry = held[firstHeld]
      let time =
        keepsTime
        ? entry.record.time
        : CaptureInstant(nanoseconds: entry.record.time.nanoseconds(since: beginning ?? entry.record.time))
      let isWritten = unsafe writer.append(
        entry.bytes.bytes.span.bytes, kind: entry.record.kind, direction: entry.direction,
        controller: entry.record.controller, time: time, missing: entry.record.missing, lost: entry.drops, to: &file)
      if isWritten { counts.records &+= 1 }
      if entry.isEmptied, entry.isSecurity { counts.securityPackets &+= 1 }
      if entry.isEmptied, !entry.isSecurity { counts.otherPackets &+= 1 }
      heldLength &-= entry.bytes.count &+ 128
      firstHeld &+= 1
    }
    if firstHeld == held.count {
      held.removeAll(keepingCapacity: held.count < 1024)
      firstHeld = 0
    } else if firstHeld > 4096, firstHeld > held.count / 2 {
      held.removeSubrange(..<firstHeld)
      firstHeld = 0
    }
  }

  /// The events of one record.
  private struct Collector: CaptureObserver {
    var events: [AttributeEvent] = []

    mutating func attribute(_ event: AttributeEvent, value: RawSpan) {
      // What was joined is made of PDUs that have been told.
      if !event.operation.isJoined { events.append(event) }
    }

    mutating func connection(_ event: ConnectionEvent) {}
    mutating func controller(_ event: ControllerEvent) {}
    mutating func problem(_ problem: CaptureProblem) {}
  }
}

extension CaptureDecoder {
  /// Which way ACL data goes whose record does not say.
  fileprivate mutating func inferredDirection(_ record: CaptureRecord, _ head: UInt16) -> CaptureDirection {
    let flags = (head >> 12) & 3
    if let slot = slot(record.controller, head & 0xFFF) { return inferredDirection(slot, flags: flags) }
    return flags == 0 ? .sent : .received
  }

  /// How many bytes of ACL data belong to an L2CAP header: its first four, or those that a fragment before has lacked.
  fileprivate mutating func headerLength(_ record: CaptureRecord, _ direction: CaptureDirection, _ packet: RawSpan)
    -> Int
  {
    guard packet.byteCount >= 4 else { return 0 }
    let head = packet.little16(0)
    let available = packet.byteCount &- 4
    guard (head >> 12) & 3 == 1 else { return min(4, available) }
    guard let slot = slot(record.controller, head & 0xFFF) else { return 0 }
    let partial = links[slot].partial[direction]
    return partial.isInHeader ? min(partial.missing, available) : 0
  }
}
