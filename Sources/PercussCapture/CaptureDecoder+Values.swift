import PercussGATT

// Values that are read or written in parts, or several at a time.
extension CaptureDecoder {
  mutating func readResponse(_ pdu: RawSpan, _ context: Context, into observer: inout some CaptureObserver) {
    var event = event(pdu, context)
    let value = pdu.extracting(1..<pdu.byteCount)
    let direction = context.direction.opposite
    let isFull = value.byteCount >= bearers[context.bearer].mtu &- 1
    guard let request = answer(&event, context, into: &observer) else {
      event.isWhole = false
      emit(&event, value, context, into: &observer)
      return
    }
    let isFirst = request.offset == 0
    let long = transfers[context.bearer].longRead[direction]
    // A value goes on only behind a part that has filled its PDU. Where the agreement on ATT_MTU is not known, longer PDUs tell that it has not.
    let continues =
      !isFirst && long?.handle == request.handle && long?.bytes.count == request.offset
      && long?.partLength == bearers[context.bearer].mtu &- 1
    event.isWhole = isFirst && (!isFull || isFrame(value, event, context))
    emit(&event, value, context, into: &observer)

    if !continues {
      pendingBytes &-= long?.bytes.count ?? 0
      transfers[context.bearer].longRead[direction] = nil
      guard isFirst, isFull, reserve(value.byteCount, context, into: &observer) else { return }
      transfers[context.bearer].longRead[direction] = LongRead(
        handle: request.handle, partLength: value.byteCount, bytes: value.copied())
      return
    }
    // An attribute has at most 512 bytes (Core Vol 3 Part F 3.2.9).
    let isTooLong = request.offset &+ value.byteCount > 512
    if isFull, !isTooLong {
      guard reserve(value.byteCount, context, into: &observer) else { return }
      transfers[context.bearer].longRead[direction]?.bytes.append(contentsOf: value)
      return
    }
    pendingBytes &-= request.offset
    transfers[context.bearer].longRead[direction] = nil
    guard var bytes = long?.bytes, !isTooLong else { return }
    bytes.append(contentsOf: value)
    event.operation = .longReadValue
    event.offset = 0
    event.isWhole = true
    unsafe emit(&event, bytes.span.bytes, context, into: &observer)
  }

  /// Whether a value that fills its PDU is all of the attribute's nevertheless.
  private func isFrame(_ value: RawSpan, _ event: AttributeEvent, _ context: Context) -> Bool {
    guard let format = tables[table(event.operation, context)][event.handle]?.format else { return false }
    return (try? format.frame(of: value, isFromClient: false)) != nil
  }

  mutating func readMultiple(_ pdu: RawSpan, _ context: Context, into observer: inout some CaptureObserver) {
    var event = event(pdu, context)
    let request = answer(&event, context, into: &observer)
    guard event.operation == .readMultipleVariableResponse else {
      // The values stand in a row without their lengths.
      event.isWhole = false
      emit(&event, pdu.extracting(1..<pdu.byteCount), context, into: &observer)
      return
    }
    var handles = request == nil ? [] : transfers[context.bearer].handles[context.direction.opposite][...]
    transfers[context.bearer].handles[context.direction.opposite] = []
    var place = 1
    while pdu.byteCount &- place >= 2 {
      let length = Int(pdu.little16(place))
      let start = place &+ 2
      let end = min(pdu.byteCount, start &+ length)
      event.handle = handles.popFirst() ?? 0
      // The last value may be cut off by ATT_MTU.
      event.isWhole = end == start &+ length && event.handle != 0
      emit(&event, pdu.extracting(start..<end), context, into: &observer)
      place = end
    }
    if place < pdu.byteCount {
      report(.truncated(.att, needed: place &+ 2, available: pdu.byteCount), context, at: place, into: &observer)
    }
  }

  mutating func multipleNotification(
    _ pdu: RawSpan, _ context: Context, into observer: inout some CaptureObserver
  ) {
    var place = 1
    while place < pdu.byteCount {
      let left = pdu.byteCount &- place
      let length = left >= 4 ? Int(pdu.little16(place &+ 2)) : 0
      guard left >= 4, left &- 4 >= length else {
        report(
          .truncated(.att, needed: place &+ 4 &+ length, available: pdu.byteCount), context, at: place, into: &observer)
        return
      }
      var event = event(pdu, context)
      event.handle = pdu.little16(place)
      emit(&event, pdu.extracting(place &+ 4..<place &+ 4 &+ length), context, into: &observer)
      place &+= 4 &+ length
    }
  }

  mutating func prepareWrite(_ pdu: RawSpan, _ context: Context, into observer: inout some CaptureObserver) {
    let part = PreparedPart(
      handle: pdu.little16(1), offset: Int(pdu.little16(3)), bytes: pdu.extracting(5..<pdu.byteCount).copied())
    request(pdu, context, value: 5..<pdu.byteCount, into: &observer) {
      $0.handle = part.handle
      $0.offset = part.offset
    }
    guard reserve(part.reserved, context, into: &observer) else { return }
    transfers[context.bearer].prepared[context.direction].append(part)
    bearers[context.bearer].requests[context.direction]?.isKept = true
  }

  mutating func executeWrite(_ pdu: RawSpan, _ context: Context, into observer: inout some CaptureObserver) {
    request(pdu, context, into: &observer) { _ in }
    let parts = transfers[context.bearer].prepared[context.direction]
    transfers[context.bearer].prepared[context.direction] = []
    pendingBytes &-= parts.reduce(0) { $0 &+ $1.reserved }
    guard pdu.byte(1) == 1 else { return }  // Cancelled.
    // Parts of one value follow one another; what does not begin where the part before ended is another write.
    var index = 0
    while index < parts.count {
      var event = event(pdu, context)
      event.operation = .preparedValue
      event.handle = parts[index].handle
      event.offset = parts[index].offset
      var value = parts[index].bytes
      index &+= 1
      while index < parts.count, parts[index].handle == event.handle,
        parts[index].offset == event.offset &+ value.count
      {
        value += parts[index].bytes
        index &+= 1
      }
      event.isWhole = event.offset == 0
      unsafe emit(&event, value.span.bytes, context, into: &observer)
    }
  }
}
