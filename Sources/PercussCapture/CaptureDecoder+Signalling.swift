// L2CAP signalling of LE (Core Vol 3 Part A 4): which channels carry Enhanced ATT.
extension CaptureDecoder {
  /// The protocol of Enhanced ATT (Assigned Numbers, SPSM).
  private static var enhancedATT: UInt16 { 0x0027 }

  mutating func signalling(_ packet: RawSpan, _ context: Context, into observer: inout some CaptureObserver) {
    if trace != nil { note(.signalling, packet, context) }
    var rest = packet
    var context = context
    while rest.byteCount > 0 {
      guard rest.byteCount >= 4 else {
        report(.truncated(.signalling, needed: 4, available: rest.byteCount), context, into: &observer)
        return
      }
      let (code, identifier, length) = (rest.byte(0), rest.byte(1), Int(rest.little16(2)))
      guard rest.byteCount &- 4 >= length else {
        report(
          .truncated(.signalling, needed: length &+ 4, available: rest.byteCount), context, at: 2, into: &observer)
        return
      }
      let data = rest.extracting(4..<4 &+ length)
      switch code {
      case 0x14, 0x17: request(code, identifier, data, context, into: &observer)
      case 0x15, 0x18: response(code, identifier, data, context, into: &observer)
      case 0x06: disconnection(data, context, into: &observer)
      default: break
      }
      rest = rest.extracting(4 &+ length..<rest.byteCount)
      if !context.isJoined { context.offset &+= 4 &+ length }
    }
  }

  /// A request for one channel, or for up to five.
  private mutating func request(
    _ code: UInt8, _ identifier: UInt8, _ data: RawSpan, _ context: Context, into observer: inout some CaptureObserver
  ) {
    let needed = code == 0x14 ? 10 : 8
    guard data.byteCount >= needed else {
      report(.truncated(.signalling, needed: needed, available: data.byteCount), context, into: &observer)
      return
    }
    var opening = ChannelOpening(
      identifier: identifier, isEnhancedATT: data.little16(0) == Self.enhancedATT, direction: context.direction,
      channels: [],
      mtu: code == 0x14 ? data.little16(4) : data.little16(2))
    if code == 0x14 {
      opening.channels = [data.little16(2)]
    } else {
      for place in stride(from: 8, to: min(data.byteCount, 18) &- 1, by: 2) {
        opening.channels.append(data.little16(place))
      }
    }
    links[context.slot].openings.removeAll {
      $0.identifier == identifier && $0.direction == context.direction
    }
    if links[context.slot].openings.count == 8 { links[context.slot].openings.removeFirst() }
    links[context.slot].openings.append(opening)
  }

  private mutating func response(
    _ code: UInt8, _ identifier: UInt8, _ data: RawSpan, _ context: Context, into observer: inout some CaptureObserver
  ) {
    let slot = context.slot
    let place = links[slot].openings.firstIndex {
      $0.identifier == identifier && $0.direction == context.direction.opposite
    }
    // The answer to a request that the capture does not show.
    guard let place else { return }
    let needed = code == 0x15 ? 10 : 8
    guard data.byteCount >= needed else {
      report(.truncated(.signalling, needed: needed, available: data.byteCount), context, into: &observer)
      return
    }
    let opening = links[slot].openings.remove(at: place)
    if opening.isEnhancedATT, !heads[slot].isAnnounced { announce(slot, context, .found, into: &observer) }
    let offered = code == 0x15 ? data.little16(2) : data.little16(0)
    let result = code == 0x15 ? data.little16(8) : data.little16(6)
    var isOpened = false
    for (index, requester) in opening.channels.enumerated() {
      let responder: UInt16
      if code == 0x15 {
        responder = result == 0 ? data.little16(0) : 0
      } else {
        responder = data.byteCount >= 10 &+ 2 &* index ? data.little16(8 &+ 2 &* index) : 0
      }
      guard responder != 0 else { continue }
      isOpened = true
      guard opening.isEnhancedATT else {
        // The response went to the requester.
        links[slot].silentChannels[context.direction].insert(requester)
        links[slot].silentChannels[context.direction.opposite].insert(responder)
        continue
      }
      add(requester: requester, responder: responder, mtu: min(opening.mtu, offered), context, into: &observer)
    }
    if opening.isEnhancedATT, !isOpened { tell(context, slot, .channelRefused(result: result), into: &observer) }
  }

  private mutating func add(
    requester: UInt16, responder: UInt16, mtu: UInt16, _ context: Context, into observer: inout some CaptureObserver
  ) {
    let slot = context.slot
    // The response went to the requester.
    var identifiers = BothDirections<UInt16>(sent: 0, received: 0)
    identifiers[context.direction] = requester
    identifiers[context.direction.opposite] = responder
    close(slot) { $0.identifiers.sent == identifiers.sent || $0.identifiers.received == identifiers.received }
    guard links[slot].channels.count < CaptureLimits.channels else {
      report(.limit("more than \(CaptureLimits.channels) channels of a connection"), context, into: &observer)
      return
    }
    let bearer = newBearer()
    let mtu = max(64, mtu)
    bearers[bearer].mtu = Int(mtu)
    links[slot].channels.append(EnhancedChannel(identifiers: identifiers, bearer: bearer))
    let kind = ConnectionEvent.Kind.channelOpened(
      sent: identifiers.sent, received: identifiers.received, mtu: mtu)
    tell(context, slot, kind, into: &observer)
  }

  private mutating func disconnection(
    _ data: RawSpan, _ context: Context, into observer: inout some CaptureObserver
  ) {
    guard data.byteCount >= 4 else {
      report(.truncated(.signalling, needed: 4, available: data.byteCount), context, into: &observer)
      return
    }
    // Destination is the channel at the receiver of the request.
    let (destination, source) = (data.little16(0), data.little16(2))
    let direction = context.direction
    let closed = close(context.slot) {
      $0.identifiers[direction] == destination && $0.identifiers[direction.opposite] == source
    }
    for channel in closed {
      tell(
        context, context.slot, .channelClosed(sent: channel.sent, received: channel.received), into: &observer)
    }
  }

  @discardableResult
  private mutating func close(_ slot: Int, where isClosed: (EnhancedChannel) -> Bool) -> [BothDirections<UInt16>] {
    var closed: [BothDirections<UInt16>] = []
    for channel in links[slot].channels where isClosed(channel) {
      pendingBytes &-= channel.segments.sent.reserved &+ channel.segments.received.reserved
      freeBearer(channel.bearer)
      closed.append(channel.identifiers)
      // What was on its way then comes to nobody.
      links[slot].silentChannels.sent.insert(channel.identifiers.sent)
      links[slot].silentChannels.received.insert(channel.identifiers.received)
    }
    links[slot].channels.removeAll(where: isClosed)
    return closed
  }
}
