import PercussGATT
import PercussWire

/// Finds out where a Percuss Service is when the capture does not show its discovery.
///
/// The attributes of a service stand in a row, in the order of its profile. So every value that is a frame of one characteristic, of the exact
/// length and sent as the characteristic allows it, says where the service may begin; what all values agree on is where it does.
struct LayoutGuess {
  /// Handles of the service declaration that agree with all values so far; nil before the first one.
  private var beginnings: [UInt16]?
  /// No place agrees: it is no such server, or one that orders its attributes in another way.
  private var isRefuted = false

  /// Takes a value at a handle that is not known.
  ///
  /// - Returns: the only handle at which the service can begin; nil as long as there are others.
  mutating func consider(_ value: RawSpan, at handle: UInt16, _ operation: ATTOperation) -> UInt16? {
    guard !isRefuted, value.byteCount > 0 else { return nil }
    let possible = Self.values.compactMap { place, format, properties -> UInt16? in
      guard handle > place, properties.isSuperset(of: operation.property) else { return nil }
      let frame = try? format.frame(of: value, isFromClient: operation.isFromClient)
      guard let frame, frame.encodedLength == value.byteCount else { return nil }
      return handle &- place
    }
    guard !possible.isEmpty else { return nil }
    let left = beginnings.map { known in known.filter(possible.contains) } ?? possible
    beginnings = left
    isRefuted = left.isEmpty
    return left.count == 1 ? left[0] : nil
  }

  /// Where values are, counted from the service declaration.
  private static let values: [(place: UInt16, format: FrameFormat, properties: CharacteristicProperties)] =
    attributes(of: .percuss).compactMap { place, attribute in
      guard attribute.kind == .value, let format = attribute.format,
        let properties = Profile.percuss[attribute.uuid]?.properties
      else { return nil }
      return (place, format, properties)
    }

  /// The attributes of a service in their order: the declaration, and of each characteristic declaration, value and descriptors
  /// (Core Vol 3 Part G 3), its client configuration first, as BlueZ lays them out.
  static func attributes(of service: ServiceDescription) -> [(place: UInt16, attribute: CapturedAttribute)] {
    var attributes = [CapturedAttribute(BluetoothUUID(0x2800), .service)]
    for characteristic in service.characteristics {
      attributes.append(CapturedAttribute(BluetoothUUID(0x2803), .declaration, of: characteristic.uuid))
      attributes.append(CapturedAttribute(characteristic.uuid, .value))
      let isConfigured = !characteristic.properties.isDisjoint(with: [.notify, .indicate])
      for descriptor in (isConfigured ? [BluetoothUUID(0x2902)] : []) + characteristic.descriptors {
        attributes.append(CapturedAttribute(descriptor, .descriptor, of: characteristic.uuid))
      }
    }
    return attributes.enumerated().map { (UInt16(clamping: $0.offset), $0.element) }
  }
}

extension ATTOperation {
  /// What a characteristic must allow for it.
  fileprivate var property: CharacteristicProperties {
    switch self {
    case .readResponse, .longReadValue: .read
    case .writeRequest, .preparedValue: .write
    case .writeCommand: .writeWithoutResponse
    case .notification, .multipleNotification: .notify
    case .indication: .indicate
    // Whatever else carries a value says nothing here.
    default: .broadcast
    }
  }
}
