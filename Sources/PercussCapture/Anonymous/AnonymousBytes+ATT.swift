import PercussGATT
import PercussWire

extension AnonymousBytes {
  /// What may be shown of a value.
  enum Treatment {
    case keep
    case name
    case text
    case empty
  }

  /// An ATT PDU: what it asks and answers, which attributes there are, and values that are known to be harmless.
  ///
  /// - Parameter events: what a decoder has told of it: one for each value, or one for the PDU.
  mutating func attribute(_ events: [AttributeEvent], _ counts: inout AnonymizedCounts) {
    keep(0..<1)
    // Of a PDU that is no good nothing but its kind is known.
    guard let event = events.first else { return }
    switch ATTOperation(byte(0)) {
    case .errorResponse, .findInformationRequest, .readBlobRequest: keep(1..<5)
    case .exchangeMTURequest, .exchangeMTUResponse, .readRequest: keep(1..<3)
    case .readByTypeRequest, .readByGroupTypeRequest: keep(1..<21)
    case .findByTypeValueRequest:
      // The value is a service, or it is one that is looked for.
      keep(1..<7)
      if [0x2800, 0x2801].contains(little16(5)), count == 9 || count == 23 { keep(7..<count) }
    case .findInformationResponse, .findByTypeValueResponse, .readByGroupTypeResponse: keepAll()
    case .readMultipleRequest, .readMultipleVariableRequest: keepAll()
    case .readByTypeResponse where event.isDiscovery: keepAll()
    case .readByTypeResponse: items(events, &counts)
    case .readResponse, .readBlobResponse: value(event, 1..<count, &counts)
    case .readMultipleResponse: counts.values &+= 1
    case .readMultipleVariableResponse: values(events, at: 1, headLength: 2, &counts)
    case .multipleNotification: values(events, at: 1, headLength: 4, &counts)
    case .writeRequest, .writeCommand, .notification, .indication:
      keep(1..<3)
      value(event, 3..<count, &counts)
    case .prepareWriteRequest, .prepareWriteResponse:
      keep(1..<5)
      value(event, 5..<count, &counts)
    case .signedWriteCommand:
      keep(1..<3)
      value(event, 3..<max(3, count &- 12), &counts)
    case .executeWriteRequest: keep(1..<2)
    default: break
    }
  }

  /// Handles and values in items of one length.
  private mutating func items(_ events: [AttributeEvent], _ counts: inout AnonymizedCounts) {
    keep(1..<2)
    let length = Int(byte(1))
    guard length >= 2 else { return }
    for (index, event) in events.enumerated() {
      let place = 2 &+ index &* length
      guard place &+ length <= count else { return }
      keep(place..<place &+ 2)
      value(event, place &+ 2..<place &+ length, &counts)
    }
  }

  /// Values with their lengths before them.
  private mutating func values(
    _ events: [AttributeEvent], at start: Int, headLength: Int, _ counts: inout AnonymizedCounts
  ) {
    var place = start
    for event in events where place &+ headLength <= count {
      keep(place..<place &+ headLength)
      let end = min(count, place &+ headLength &+ Int(little16(place &+ headLength &- 2)))
      value(event, place &+ headLength..<end, &counts)
      place = end
    }
  }

  private mutating func value(_ event: AttributeEvent, _ range: Range<Int>, _ counts: inout AnonymizedCounts) {
    guard !range.isEmpty, range.upperBound <= count else { return }
    switch Self.treatment(of: event, Array(original[range])) {
    case .keep: keep(range)
    case .name:
      replaceText(range)
      counts.names &+= 1
    case .text:
      replaceText(range)
      counts.texts &+= 1
    case .empty: counts.values &+= 1
    }
  }

  private static func treatment(of event: AttributeEvent, _ value: [UInt8]) -> Treatment {
    guard let attribute = event.attribute else { return .empty }
    if attribute.kind == .value, let format = attribute.format {
      guard attribute.isAssumed else { return .keep }
      // What is taken for a frame only because of its handle may be anything.
      let frame = unsafe try? format.frame(of: value.span.bytes, isFromClient: event.isFromClient)
      return frame == nil ? .empty : .keep
    }
    // As short as a configuration is, where only the layout of servers says that it is one.
    if attribute.isAssumed, value.count > 2 { return .empty }
    switch attribute.uuid.assignedNumber ?? 0 {
    case 0x2A00: return .name
    case 0x2901, 0x2A24, 0x2A25, 0x2A26, 0x2A27, 0x2A28, 0x2A29: return .text
    // Services and declarations; configurations; battery, appearance, wished-for parameters, Service Changed and features of GATT.
    case 0x2800...0x2803, 0x2900, 0x2902...0x2904, 0x2A19, 0x2A01, 0x2A04, 0x2A05, 0x2AA6, 0x2B29, 0x2B3A: return .keep
    default: return .empty
    }
  }
}
