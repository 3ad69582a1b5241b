import PercussGATT
import PercussWire

/// Finds out where a Percuss Service is when the capture does not show its discovery.
///
/// The attributes of a service stand in a row, in the order of its profile. So every value that is a frame of one characteristic, of the exact
/// length and sent as the characteristic allows it, says where the service may begin; what all values agree on is where it does.
/// A short value is a frame by chance easily: it takes a long one, or two that differ, to believe it. Values that are no such frames refute it.
struct LayoutGuess {
  /// The least length of a value that is believed by itself.
  private static let longLength = 7

  /// Handles of the service declaration that agree with all values so far; nil before the first one.
  private var beginnings: [UInt16]?
  /// The handle and the bytes of the first short value.
  private var first: UInt64?
  /// Whether the values suffice.
  private var isBelieved = false
  /// No place agrees: it is no such server, or one that orders its attributes in another way.
  private var isRefuted = false
  /// Where the service has been found.
  private(set) var start: UInt16?
  private var agreeingCount = 0
  private var refusedCount = 0

  /// Takes a value at a handle that is not known.
  ///
  /// - Returns: the only handle at which the service can begin; nil as long as there are others, or too little says so.
  mutating func consider(_ value: RawSpan, at handle: UInt16, _ operation: ATTOperation) -> UInt16? {
    guard !isRefuted, value.byteCount > 0 else { return nil }
    let possible = Self.values.compactMap { place, format, properties -> UInt16? in
      guard handle > place, properties.isSuperset(of: operation.property) else { return nil }
      let frame = try? format.frame(of: value, isFromClient: operation.isFromClient)
      guard let frame, frame.encodedLength == value.byteCount else { return nil }
      // Any bytes of its length are a Feature, but for the version.
      if case .feature(let feature) = frame, feature.versionMajor != WireIdentifiers.versionMajor { return nil }
      return handle &- place
    }
    guard !possible.isEmpty else { return nil }
    let left = beginnings.map { known in known.filter(possible.contains) } ?? possible
    beginnings = left
    isRefuted = left.isEmpty
    agreeingCount &+= 1
    if value.byteCount >= Self.longLength {
      isBelieved = true
    } else {
      var content = UInt64(handle)
      for place in 0..<value.byteCount { content = content << 8 | UInt64(value.byte(place)) }
      if let first, first != content { isBelieved = true }
      first = first ?? content
    }
    guard isBelieved, left.count == 1 else { return nil }
    start = left[0]
    return left[0]
  }

  /// Takes a value at a handle that is assumed to have that format.
  ///
  /// - Returns: false when too many values are no such frames: more than one in eight, since a device may send a malformed one.
  mutating func stands(_ value: RawSpan, as format: FrameFormat, _ operation: ATTOperation) -> Bool {
    let frame = try? format.frame(of: value, isFromClient: operation.isFromClient)
    if frame == nil { refusedCount &+= 1 } else { agreeingCount &+= 1 }
    return refusedCount &* 8 <= agreeingCount
  }

  /// Ends it for good.
  mutating func refute() {
    isRefuted = true
    start = nil
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
