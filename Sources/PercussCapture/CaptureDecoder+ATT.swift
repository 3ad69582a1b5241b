import PercussGATT

// ATT PDUs (Core Vol 3 Part F 3.4).
extension CaptureDecoder {
  mutating func att(_ pdu: RawSpan, _ context: Context, into observer: inout some CaptureObserver) {
    guard pdu.byteCount > 0 else {
      report(.truncated(.att, needed: 1, available: 0), context, into: &observer)
      return
    }
    if trace != nil { note(.att, pdu, context) }
    if !heads[context.slot].isAnnounced { announce(context.slot, context, .found, into: &observer) }
    if pdu.byteCount > ATTBearer.defaultMTU { bearers[context.bearer].takesPDU(ofLength: pdu.byteCount) }
    let operation = ATTOperation(pdu.byte(0))
    let needed = operation.minimumLength
    guard pdu.byteCount >= needed else {
      report(.truncated(.att, needed: needed, available: pdu.byteCount), context, into: &observer)
      return
    }
    switch operation {
    case .errorResponse: errorResponse(pdu, context, into: &observer)
    case .exchangeMTURequest: request(pdu, context, into: &observer) { $0.offset = Int(pdu.little16(1)) }
    case .exchangeMTUResponse: exchangedMTU(pdu, context, into: &observer)
    case .findInformationRequest, .findByTypeValueRequest, .readByTypeRequest, .readByGroupTypeRequest:
      discoveryRequest(pdu, context, into: &observer)
    case .findInformationResponse, .findByTypeValueResponse, .readByTypeResponse, .readByGroupTypeResponse:
      discoveryResponse(pdu, context, into: &observer)
    case .readRequest: request(pdu, context, into: &observer) { $0.handle = pdu.little16(1) }
    case .readBlobRequest:
      request(pdu, context, into: &observer) {
        $0.handle = pdu.little16(1)
        $0.offset = Int(pdu.little16(3))
      }
    case .readMultipleRequest, .readMultipleVariableRequest:
      request(pdu, context, into: &observer) { $0.handle = pdu.little16(1) }
      guard operation == .readMultipleVariableRequest else { break }
      let end = min(pdu.byteCount &- 1, 1 &+ 2 &* CaptureLimits.handlesOfRequest)
      transfers[context.bearer].handles[context.direction] = stride(from: 1, to: end, by: 2).map { pdu.little16($0) }
    case .readResponse, .readBlobResponse: readResponse(pdu, context, into: &observer)
    case .readMultipleResponse, .readMultipleVariableResponse: readMultiple(pdu, context, into: &observer)
    case .writeRequest:
      request(pdu, context, value: 3..<pdu.byteCount, into: &observer) { $0.handle = pdu.little16(1) }
    case .prepareWriteRequest: prepareWrite(pdu, context, into: &observer)
    case .executeWriteRequest: executeWrite(pdu, context, into: &observer)
    case .writeResponse, .prepareWriteResponse, .executeWriteResponse:
      var event = event(pdu, context)
      answer(&event, context, into: &observer)
      emit(&event, pdu.extracting(0..<0), context, into: &observer)
    case .notification, .writeCommand:
      var event = event(pdu, context)
      event.handle = pdu.little16(1)
      emit(&event, pdu.extracting(3..<pdu.byteCount), context, into: &observer)
    case .signedWriteCommand:  // The signature takes the last twelve bytes.
      var event = event(pdu, context)
      event.handle = pdu.little16(1)
      emit(&event, pdu.extracting(3..<pdu.byteCount &- 12), context, into: &observer)
    case .indication: indication(pdu, context, into: &observer)
    case .confirmation: confirmation(pdu, context, into: &observer)
    case .multipleNotification: multipleNotification(pdu, context, into: &observer)
    default:
      report(.invalid(.att, field: "opcode", value: Int(pdu.byte(0))), context, into: &observer)
    }
  }

  @inline(__always)
  func event(_ pdu: RawSpan, _ context: Context) -> AttributeEvent {
    AttributeEvent(
      record: context.record, time: context.time, fileOffset: context.fileOffset,
      connection: heads[context.slot].number, direction: context.direction, channel: context.channel,
      operation: ATTOperation(pdu.byte(0)))
  }

  /// Hands an event to the observer, with what is known of its attribute.
  @inline(__always)
  mutating func emit(
    _ event: inout AttributeEvent, _ value: RawSpan, _ context: Context, into observer: inout some CaptureObserver
  ) {
    let table = table(event.operation, context)
    if event.handle != 0 {
      event.attribute = tables[table][event.handle]
      if event.attribute?.isAssumed != false, value.byteCount > 0, event.isWhole, event.carriesValue {
        if let assumed = event.attribute {
          event.attribute = doubt(assumed, event, value, table, context, into: &observer)
        } else {
          event.attribute = assume(event, value, table)
        }
      }
    }
    observer.attribute(event, value: value)
  }

  /// The table of the server: a client's PDU goes to it, a server's comes from it.
  @inline(__always)
  func table(_ operation: ATTOperation, _ context: Context) -> Int {
    (context.direction == .sent) == operation.isFromClient
      ? heads[context.slot].peerTable : heads[context.slot].localTable
  }

  /// Takes the attribute to be one of a Percuss Service, where its values say so.
  ///
  /// - Returns: what is at the event's handle then.
  @inline(never)
  private mutating func assume(_ event: AttributeEvent, _ value: RawSpan, _ table: Int) -> CapturedAttribute? {
    guard table > 0, let start = tables[table].guess.consider(value, at: event.handle, event.operation) else {
      return nil
    }
    for (place, attribute) in LayoutGuess.attributes(of: .percuss) {
      let (handle, overflow) = start.addingReportingOverflow(place)
      guard !overflow, tables[table][handle] == nil, attributeCount < CaptureLimits.attributes else { continue }
      var assumed = attribute
      assumed.isAssumed = true
      if tables[table].learn(assumed, at: handle) { attributeCount &+= 1 }
    }
    return tables[table][event.handle]
  }

  /// Forgets what was assumed of a server whose values are not those that would be at their handles.
  ///
  /// - Returns: what is at the event's handle then.
  @inline(never)
  private mutating func doubt(
    _ assumed: CapturedAttribute, _ event: AttributeEvent, _ value: RawSpan, _ table: Int, _ context: Context,
    into observer: inout some CaptureObserver
  ) -> CapturedAttribute? {
    guard let format = assumed.format, !tables[table].guess.stands(value, as: format, event.operation) else {
      return assumed
    }
    attributeCount &-= tables[table].withdrawGuess()
    report(.assumptionWithdrawn(handle: event.handle), context, into: &observer)
    return tables[table][event.handle]
  }

  // MARK: Requests and answers

  /// A request, which waits for its answer.
  mutating func request(
    _ pdu: RawSpan, _ context: Context, value: Range<Int> = 0..<0, into observer: inout some CaptureObserver,
    _ fill: (inout PendingRequest) -> Void
  ) {
    var event = event(pdu, context)
    var request = PendingRequest(
      operation: event.operation, record: context.record, time: context.time)
    fill(&request)
    if let forgotten = bearers[context.bearer].requests[context.direction] {
      report(.unanswered(forgotten.operation, record: forgotten.record), context, into: &observer)
    }
    event.handle = request.handle
    event.offset = request.operation == .exchangeMTURequest ? 0 : request.offset
    event.isWhole = request.operation != .prepareWriteRequest
    bearers[context.bearer].requests[context.direction] = request
    emit(&event, pdu.extracting(value), context, into: &observer)
  }

  /// Finds what a response answers, and takes its handle and place.
  @discardableResult
  @inline(__always)
  mutating func answer(
    _ event: inout AttributeEvent, _ context: Context, into observer: inout some CaptureObserver
  ) -> PendingRequest? {
    let direction = context.direction.opposite
    let request = bearers[context.bearer].requests[direction]
    guard let request, request.operation.rawValue == event.operation.rawValue &- 1 else {
      report(.unexpectedResponse(event.operation), context, into: &observer)
      return nil
    }
    bearers[context.bearer].requests[direction] = nil
    event.request = request.answered(at: context.time)
    event.handle = request.handle
    if request.operation != .exchangeMTURequest { event.offset = request.offset }
    return request
  }

  private mutating func errorResponse(
    _ pdu: RawSpan, _ context: Context, into observer: inout some CaptureObserver
  ) {
    var event = event(pdu, context)
    event.handle = pdu.little16(2)
    event.error = ATTError(pdu.byte(4))
    let direction = context.direction.opposite
    let request = bearers[context.bearer].requests[direction]
    if let request, request.operation == ATTOperation(pdu.byte(1)) {
      bearers[context.bearer].requests[direction] = nil
      event.request = request.answered(at: context.time)
      // What the server refused to prepare it will not write.
      if request.operation == .prepareWriteRequest, request.isKept,
        let refused = transfers[context.bearer].prepared[direction].popLast()
      {
        pendingBytes &-= refused.reserved
      }
    } else {
      report(.unexpectedResponse(event.operation), context, into: &observer)
    }
    emit(&event, pdu.extracting(0..<0), context, into: &observer)
  }

  private mutating func exchangedMTU(
    _ pdu: RawSpan, _ context: Context, into observer: inout some CaptureObserver
  ) {
    var event = event(pdu, context)
    let request = answer(&event, context, into: &observer)
    emit(&event, pdu.extracting(0..<0), context, into: &observer)
    guard let request else { return }
    let server = pdu.little16(1)
    let agreed = max(ATTBearer.defaultMTU, min(request.offset, Int(server)))
    bearers[context.bearer].mtu = agreed
    let client = UInt16(clamping: request.offset)
    tell(
      context, context.slot, .mtu(client: client, server: server, agreed: UInt16(clamping: agreed)),
      into: &observer)
  }

  private mutating func indication(
    _ pdu: RawSpan, _ context: Context, into observer: inout some CaptureObserver
  ) {
    var event = event(pdu, context)
    event.handle = pdu.little16(1)
    if let forgotten = bearers[context.bearer].indications[context.direction] {
      report(.unanswered(.indication, record: forgotten.record), context, into: &observer)
    }
    bearers[context.bearer].indications[context.direction] = PendingRequest(
      operation: .indication, record: context.record, time: context.time, handle: event.handle)
    let value = pdu.extracting(3..<pdu.byteCount)
    emit(&event, value, context, into: &observer)
    // Service Changed (Core Vol 3 Part G 7.1): what is known of these handles is not true any more.
    if event.attribute?.uuid == BluetoothUUID(0x2A05), value.byteCount == 4 {
      let (first, last) = (value.little16(0), value.little16(2))
      guard first <= last else { return }
      let table = table(.indication, context)
      let before = tables[table].count
      tables[table].forget(first...last)
      forgetRecentValues()
      attributeCount &-= before &- tables[table].count
    }
  }

  private mutating func confirmation(
    _ pdu: RawSpan, _ context: Context, into observer: inout some CaptureObserver
  ) {
    var event = event(pdu, context)
    let direction = context.direction.opposite
    if let indication = bearers[context.bearer].indications[direction] {
      bearers[context.bearer].indications[direction] = nil
      event.handle = indication.handle
      event.request = indication.answered(at: context.time)
    } else {
      report(.unexpectedResponse(.confirmation), context, into: &observer)
    }
    emit(&event, pdu.extracting(0..<0), context, into: &observer)
  }
}

extension ATTOperation {
  /// The bytes that such a PDU has at least.
  fileprivate var minimumLength: Int {
    switch self {
    case .errorResponse, .findInformationRequest, .readBlobRequest, .prepareWriteRequest, .prepareWriteResponse: 5
    case .exchangeMTURequest, .exchangeMTUResponse, .readRequest, .writeRequest, .notification, .indication,
      .writeCommand:
      3
    case .findByTypeValueRequest, .readByTypeRequest, .readByGroupTypeRequest: 7
    case .findInformationResponse, .readByTypeResponse, .readByGroupTypeResponse, .executeWriteRequest: 2
    case .findByTypeValueResponse, .readMultipleRequest, .readMultipleVariableRequest: 5
    case .signedWriteCommand: 15
    default: 1
    }
  }
}
