// ACL data: fragments of L2CAP PDUs (Core Vol 4 Part E 5.4.2), and their channels (Core Vol 3 Part A 3).
extension CaptureDecoder {
  /// Whose PDU is being decoded, and where it stands.
  struct Context {
    /// The number of the record.
    var record: Int
    var time: CaptureInstant
    /// Where the record's packet begins.
    var packetOffset: UInt64
    var slot: Int
    var direction: CaptureDirection
    /// The PDU's place in the record's packet; of a PDU that was joined of several that of the last part.
    var offset = 4
    /// Whether it was, so that places in it are none in the file.
    var isJoined = false
    /// The receiver's channel.
    var channel: UInt16 = 4
    /// The place of what ATT has under way on that channel.
    var bearer: Int

    var fileOffset: UInt64 { packetOffset &+ UInt64(offset) }
  }

  /// Where ``recentValues`` has what most of the traffic of a device carries, a value in one piece that is told at once: every step more would take as long as
  /// all of it. Nil for anything else.
  @inlinable @inline(__always)
  mutating func lineOfValue(_ record: CaptureRecord, _ packet: RawSpan) -> Int? {
    guard record.kind == .acl, record.lost == 0, packet.byteCount >= 11, packet.byteCount <= quickLength,
      let direction = record.direction
    else { return nil }
    let header = packet.little64(0)
    let length = packet.byteCount &- 4
    let isWhole = header >> 16 == UInt64(length) | UInt64(length &- 4) << 16 | 4 << 32 && header & 0x3000 != 0x1000
    let opcode = packet.byte(8)
    guard isWhole, opcode == 0x1B || opcode == 0x52 else { return nil }
    let key =
      UInt64(record.controller) << 48 | (header & 0xFFF) << 36 | UInt64(direction.rawValue) << 32
      | UInt64(opcode) << 16 | UInt64(packet.little16(9))
    let line = RecentValue.line(key)
    return recentValues[line].key == key || findValue(key, line) ? line : nil
  }

  /// The event of such a value.
  @inlinable @inline(__always)
  mutating func event(_ record: CaptureRecord, _ packet: RawSpan, _ line: Int) -> AttributeEvent {
    AttributeEvent(
      record: record.number, time: record.time, fileOffset: record.fileOffset &+ 8,
      connection: recentValues[line].connection, direction: record.direction ?? .sent, channel: 4,
      operation: ATTOperation(packet.byte(8)), handle: packet.little16(9), attribute: recentValues[line].attribute)
  }

  /// Keeps at hand what is at the handle of a value that is notified or written, when that is known for certain.
  @usableFromInline
  @inline(never)
  mutating func findValue(_ key: UInt64, _ line: Int) -> Bool {
    let direction: CaptureDirection = key >> 32 & 1 == 0 ? .sent : .received
    let isToPeer = (direction == .sent) == (key >> 16 & 0xFF == 0x52)
    guard let slot = slot(UInt16(key >> 48), UInt16(key >> 36 & 0xFFF)) else { return false }
    let head = heads[slot]
    // A PDU that comes before another is whole is told after that.
    guard head.isAnnounced, !head.isPartial[direction] else { return false }
    let attribute = tables[isToPeer ? head.peerTable : head.localTable][UInt16(key & 0xFFFF)]
    guard let attribute, !attribute.isAssumed else { return false }
    recentValues[line] = RecentValue(key: key, connection: head.number, attribute: attribute)
    return true
  }

  @inline(__always)
  mutating func acl(
    _ record: CaptureRecord, _ packet: RawSpan, into observer: inout some CaptureObserver
  ) {
    guard packet.byteCount >= 4 else {
      observer.problem(CaptureProblem(record, .truncated(.acl, needed: 4, available: packet.byteCount)))
      return
    }
    let head = packet.little16(0)
    let stated = Int(packet.little16(2))
    guard let slot = slot(record.controller, head & 0xFFF) ?? find(record, head & 0xFFF, into: &observer) else {
      return
    }
    let isContinuation = (head >> 12) & 3 == 1
    let direction = record.direction ?? inferredDirection(slot, flags: (head >> 12) & 3)
    var context = Context(
      record: record.number, time: record.time, packetOffset: record.fileOffset, slot: slot, direction: direction,
      bearer: heads[slot].bearer)
    let actual = packet.byteCount &- 4
    if actual == stated, !isContinuation, actual >= 4, Int(packet.little16(4)) &+ 4 == actual,
      !heads[slot].isPartial[direction]
    {
      guard packet.little16(6) == 4 else {
        return pdu(packet.extracting(4..<packet.byteCount), context, into: &observer)
      }
      context.offset = 8
      return att(packet.extracting(8..<packet.byteCount), context, into: &observer)
    }
    guard actual == stated else {
      if record.missing > 0 {
        report(.packetCut(missing: record.missing), context, into: &observer)
      } else {
        report(.lengthDiffers(.acl, stated: stated, actual: actual), context, at: -2, into: &observer)
      }
      // Neither this part nor what it belongs to can be trusted.
      dropPartialPDU(slot, direction)
      return
    }
    fragment(packet.extracting(4..<packet.byteCount), isContinuation: isContinuation, context, into: &observer)
  }

  /// A part of a PDU, or a PDU after one that never became whole.
  private mutating func fragment(
    _ part: RawSpan, isContinuation: Bool, _ context: Context, into observer: inout some CaptureObserver
  ) {
    let (slot, direction) = (context.slot, context.direction)
    if isContinuation {
      guard links[slot].partial[direction].isPending else {
        report(.unexpectedContinuation, context, into: &observer)
        return
      }
      guard endHeader(with: part, context, into: &observer) else { return }
      guard part.byteCount <= links[slot].partial[direction].missing else {
        let partial = links[slot].partial[direction]
        report(
          .lengthDiffers(.l2cap, stated: partial.expected, actual: partial.bytes.count &+ part.byteCount), context,
          into: &observer)
        dropPartialPDU(slot, direction)
        return
      }
      links[slot].partial[direction].append(part)
      tracePart(part, context)
    } else {
      let partial = links[slot].partial[direction]
      if partial.isPending {
        report(
          .incomplete(.l2cap, received: partial.bytes.count, expected: partial.expected), context, into: &observer)
        dropPartialPDU(slot, direction)
      }
      guard part.byteCount >= 4 else {
        // A controller may split even the header (Core Vol 4 Part E 5.4.2).
        guard part.byteCount > 0 else {
          report(.truncated(.l2cap, needed: 4, available: 0), context, into: &observer)
          return
        }
        guard reserve(4, context, into: &observer) else { return }
        links[slot].partial[direction].begin(headerPart: part)
        heads[slot].isPartial[direction] = true
        forgetRecentValues()
        tracePart(part, context)
        return
      }
      let length = Int(part.little16(0)) &+ 4
      guard part.byteCount <= length else {
        report(.lengthDiffers(.l2cap, stated: length, actual: part.byteCount), context, into: &observer)
        return
      }
      if part.byteCount == length { return pdu(part, context, into: &observer) }
      guard reserve(length, context, into: &observer) else { return }
      links[slot].partial[direction].begin(part, expected: length)
      heads[slot].isPartial[direction] = true
      forgetRecentValues()
      tracePart(part, context)
    }
    guard links[slot].partial[direction].isComplete else { return }
    let bytes = links[slot].partial[direction].take()
    trace?.joined = links[slot].partial[direction].pieces
    dropPartialPDU(slot, direction)
    var context = context
    context.isJoined = true
    unsafe pdu(bytes.span.bytes, context, into: &observer)
  }

  /// Finds out how long the PDU is whose header came in parts, once a part ends that.
  ///
  /// - Returns: false when there is no room for it, which is told.
  private mutating func endHeader(
    with part: RawSpan, _ context: Context, into observer: inout some CaptureObserver
  ) -> Bool {
    let (slot, direction) = (context.slot, context.direction)
    let partial = links[slot].partial[direction]
    guard partial.isInHeader, part.byteCount >= partial.missing else {
      guard partial.isInHeader else { return true }
      links[slot].partial[direction].append(part)
      tracePart(part, context)
      return false
    }
    let low = partial.bytes[0]
    let high = partial.bytes.count > 1 ? partial.bytes[1] : part.byte(0)
    let length = Int(high) << 8 | Int(low)
    guard reserve(length, context, into: &observer) else {
      dropPartialPDU(slot, direction)
      return false
    }
    links[slot].partial[direction].headerEnds(expected: length &+ 4)
    return true
  }

  /// A whole L2CAP PDU.
  private mutating func pdu(_ pdu: RawSpan, _ context: Context, into observer: inout some CaptureObserver) {
    var context = context
    context.channel = pdu.little16(2)
    if !context.isJoined { context.offset &+= 4 }
    let payload = pdu.extracting(4..<pdu.byteCount)
    switch context.channel {
    case 0x0004: att(payload, context, into: &observer)
    case 0x0005: signalling(payload, context, into: &observer)
    case 0x0040...0xFFFF:
      let channel = context.channel
      let index = links[context.slot].channels.firstIndex { $0.identifiers[context.direction] == channel }
      guard let index else { return unopened(payload, context, into: &observer) }
      context.bearer = links[context.slot].channels[index].bearer
      segment(payload, context, index, into: &observer)
    default: break
    }
  }

  /// Data on a channel whose opening the capture does not show: told once, so that no values vanish silently.
  ///
  /// On a connection that may be of BR/EDR, whose channels have the same numbers, only what looks like ATT is told.
  private mutating func unopened(
    _ payload: RawSpan, _ context: Context, into observer: inout some CaptureObserver
  ) {
    let (slot, channel) = (context.slot, context.channel)
    guard (0x40...0x7F).contains(channel), !links[slot].silentChannels[context.direction].contains(channel) else {
      return
    }
    let isATT =
      payload.byteCount > 2 && Int(payload.little16(0)) == payload.byteCount &- 2
      && ATTOperation(payload.byte(2)).isKnown
    guard heads[slot].isAnnounced || isATT else { return }
    links[slot].silentChannels[context.direction].insert(channel)
    report(.unknownChannel(channel), context, into: &observer)
  }

  /// A segment of an SDU on a credit-based channel (Core Vol 3 Part A 3.4).
  private mutating func segment(
    _ payload: RawSpan, _ context: Context, _ index: Int, into observer: inout some CaptureObserver
  ) {
    let (slot, direction) = (context.slot, context.direction)
    if !links[slot].channels[index].segments[direction].isPending {
      guard payload.byteCount >= 2 else {
        report(.truncated(.segment, needed: 2, available: payload.byteCount), context, into: &observer)
        return
      }
      let length = Int(payload.little16(0))
      let part = payload.extracting(2..<payload.byteCount)
      guard part.byteCount <= length else {
        report(.lengthDiffers(.segment, stated: length, actual: part.byteCount), context, into: &observer)
        return
      }
      if trace != nil {
        let header = PDUTrace.first(2, of: pieces(payload, context))
        trace?.header = header
      }
      var context = context
      if !context.isJoined { context.offset &+= 2 }
      if part.byteCount == length { return att(part, context, into: &observer) }
      guard reserve(length, context, into: &observer) else { return }
      links[slot].channels[index].segments[direction].begin(part, expected: length)
      traceSegment(part, context, index)
      return
    }
    let partial = links[slot].channels[index].segments[direction]
    guard payload.byteCount <= partial.missing else {
      report(
        .lengthDiffers(.segment, stated: partial.expected, actual: partial.bytes.count &+ payload.byteCount), context,
        into: &observer)
      dropSegments(slot, index, direction)
      return
    }
    links[slot].channels[index].segments[direction].append(payload)
    traceSegment(payload, context, index)
    guard links[slot].channels[index].segments[direction].isComplete else { return }
    let bytes = links[slot].channels[index].segments[direction].take()
    trace?.joined = links[slot].channels[index].segments[direction].pieces
    dropSegments(slot, index, direction)
    var context = context
    context.isJoined = true
    unsafe att(bytes.span.bytes, context, into: &observer)
  }

  /// A connection whose beginning the capture does not show.
  private mutating func find(
    _ record: CaptureRecord, _ handle: UInt16, into observer: inout some CaptureObserver
  ) -> Int? {
    let connection = CapturedConnection(
      number: 0, controller: record.controller, handle: handle, peer: nil, role: nil)
    let hasRoom = links.count &- freeSlots.count < CaptureLimits.connections
    let slot = hasRoom ? open(connection, tables: tables(of: connection, isNew: true)) : nil
    if slot == nil {
      observer.problem(CaptureProblem(record, .limit("more than \(CaptureLimits.connections) connections at a time")))
    }
    return slot
  }

  /// Which way data went that the file does not tell of: a host begins PDUs on LE with 0, a controller with 2 (Core Vol 4 Part E 5.4.2).
  func inferredDirection(_ slot: Int, flags: UInt16) -> CaptureDirection {
    switch flags {
    case 0: .sent
    case 1: links[slot].partial.sent.isPending ? .sent : .received
    default: .received
    }
  }

  /// Takes room for what is not whole yet; false, and told, when there is none.
  mutating func reserve(_ count: Int, _ context: Context, into observer: inout some CaptureObserver) -> Bool {
    guard count <= CaptureLimits.pendingBytes &- pendingBytes else {
      report(.limit("more than \(CaptureLimits.pendingBytes) bytes of incomplete PDUs"), context, into: &observer)
      return false
    }
    pendingBytes &+= count
    return true
  }

  /// Tells what is wrong, at a byte counted from the PDU; of one that was joined, at its last part.
  func report(
    _ reason: CaptureProblem.Reason, _ context: Context, at offset: Int = 0, into observer: inout some CaptureObserver
  ) {
    observer.problem(
      CaptureProblem(
        record: context.record, time: context.time,
        fileOffset: context.packetOffset &+ UInt64(max(0, context.offset &+ (context.isJoined ? 0 : offset))),
        connection: knownNumber(context.slot),
        reason: reason))
  }
}
