import PercussGATT

// Discovery (Core Vol 3 Part G 4): what is at which handle.
extension CaptureDecoder {
  mutating func discoveryRequest(_ pdu: RawSpan, _ context: Context, into observer: inout some CaptureObserver) {
    let operation = ATTOperation(pdu.byte(0))
    request(pdu, context, into: &observer) { request in
      request.handle = pdu.little16(1)
      switch operation {
      case .readByTypeRequest, .readByGroupTypeRequest: request.type = pdu.uuid(5, length: pdu.byteCount &- 5)
      case .findByTypeValueRequest:
        // Services of one UUID are what is looked for so.
        let isService = [0x2800, 0x2801].contains(pdu.little16(5))
        request.type = isService ? BluetoothUUID(pdu.little16(5)) : nil
      default: break
      }
    }
  }

  mutating func discoveryResponse(_ pdu: RawSpan, _ context: Context, into observer: inout some CaptureObserver) {
    var event = event(pdu, context)
    let request = answer(&event, context, into: &observer)
    let table = table(event.operation, context)
    event.isDiscovery = true
    switch event.operation {
    case .readByTypeResponse where request?.type == BluetoothUUID(0x2802):
      forEachItem(pdu, minimum: 6, context, into: &observer) { decoder, item, observer in
        decoder.learn(BluetoothUUID(0x2802), at: item.little16(0), table, context, into: &observer)
      }
    case .readByTypeResponse where request?.type != BluetoothUUID(0x2803):
      event.isDiscovery = false
      return readByType(pdu, event, request, table, context, into: &observer)
    case .findInformationResponse: information(pdu, table, context, into: &observer)
    case .findByTypeValueResponse:
      guard let type = request?.type else { break }
      for place in stride(from: 1, to: pdu.byteCount &- 3, by: 4) {
        learn(type, at: pdu.little16(place), table, context, into: &observer)
      }
    default:
      let isGroup = event.operation == .readByGroupTypeResponse
      forEachItem(pdu, minimum: isGroup ? 6 : 7, context, into: &observer) { decoder, item, observer in
        if isGroup {
          decoder.learn(request?.type ?? BluetoothUUID(0x2800), at: item.little16(0), table, context, into: &observer)
        } else if let uuid = item.uuid(5, length: item.byteCount &- 5) {
          guard decoder.hasRoom(table, context, into: &observer) else { return }
          decoder.forgetRecentValues()
          decoder.attributeCount &+= decoder.tables[table].learn(
            characteristic: uuid, CharacteristicProperties(rawValue: item.byte(2)), declaredAt: item.little16(0),
            valueAt: item.little16(3))
        } else {
          decoder.report(
            .invalid(.att, field: "length", value: Int(pdu.byte(1))), context, at: 1, into: &observer)
        }
      }
    }
    emit(&event, pdu.extracting(0..<0), context, into: &observer)
  }

  /// Handles and types in pairs.
  private mutating func information(
    _ pdu: RawSpan, _ table: Int, _ context: Context, into observer: inout some CaptureObserver
  ) {
    let format = pdu.byte(1)
    guard format == 1 || format == 2 else {
      report(.invalid(.att, field: "format", value: Int(format)), context, at: 1, into: &observer)
      return
    }
    let length = format == 1 ? 2 : 16
    for place in stride(from: 2, to: pdu.byteCount &- 1 &- length, by: length &+ 2) {
      guard let uuid = pdu.uuid(place &+ 2, length: length) else { continue }
      let handle = pdu.little16(place)
      // A characteristic's declaration has told more.
      if let known = tables[table][handle], known.uuid == uuid, !known.isAssumed { continue }
      learn(uuid, at: handle, table, context, into: &observer)
    }
  }

  /// Values of one type with their handles: a way to read without knowing them.
  private mutating func readByType(
    _ pdu: RawSpan, _ event: AttributeEvent, _ request: PendingRequest?, _ table: Int, _ context: Context,
    into observer: inout some CaptureObserver
  ) {
    let type = request?.type
    forEachItem(pdu, minimum: 2, context, into: &observer) { decoder, item, observer in
      var event = event
      event.handle = item.little16(0)
      if let type, decoder.tables[table][event.handle]?.isAssumed != false {
        decoder.learn(type, at: event.handle, table, context, into: &observer)
      }
      // What fills the PDU, or the length that one byte can state, may go on.
      event.isWhole = item.byteCount &+ 2 < decoder.bearers[context.bearer].mtu && item.byteCount < 255
      decoder.emit(&event, item.extracting(2..<item.byteCount), context, into: &observer)
    }
  }

  /// The items of a response whose second byte is the length of each.
  private mutating func forEachItem<Observer: CaptureObserver>(
    _ pdu: RawSpan, minimum: Int, _ context: Context, into observer: inout Observer,
    _ use: (inout CaptureDecoder, RawSpan, inout Observer) -> Void
  ) {
    let length = Int(pdu.byte(1))
    guard length >= minimum else {
      report(.invalid(.att, field: "length", value: length), context, at: 1, into: &observer)
      return
    }
    var place = 2
    while pdu.byteCount &- place >= length {
      use(&self, pdu.extracting(place..<place &+ length), &observer)
      place &+= length
    }
    if place < pdu.byteCount {
      report(
        .truncated(.att, needed: place &+ length, available: pdu.byteCount), context, at: place, into: &observer)
    }
  }

  /// Takes an attribute of which only the type is known.
  private mutating func learn(
    _ type: BluetoothUUID, at handle: UInt16, _ table: Int, _ context: Context,
    into observer: inout some CaptureObserver
  ) {
    guard hasRoom(table, context, into: &observer) else { return }
    forgetRecentValues()
    if tables[table].learn(type: type, at: handle) { attributeCount &+= 1 }
  }

  /// The first table is that of the servers for which there was no room.
  private func hasRoom(_ table: Int, _ context: Context, into observer: inout some CaptureObserver) -> Bool {
    guard table == 0 || attributeCount >= CaptureLimits.attributes else { return true }
    report(
      .limit("more than \(CaptureLimits.servers) servers or \(CaptureLimits.attributes) attributes"), context,
      into: &observer)
    return false
  }
}
