import PercussGATT

/// The handles that a recording gives to the attributes of a profile: in the profile's order, from 1 on, without a gap.
///
/// A link knows values by their characteristics, a capture by handles; those of the device may be others.
struct AttributeLayout: Sendable {
  struct Attribute: Sendable {
    let handle: UInt16
    let type: BluetoothUUID
    /// Of a characteristic's declaration; the value's handle is the next one.
    let declared: CharacteristicDescription?
  }

  struct Service: Sendable {
    let uuid: BluetoothUUID
    let attributes: [Attribute]
    let handles: ClosedRange<UInt16>
  }

  let services: [Service]
  private var values: [BluetoothUUID: UInt16] = [:]
  private var configurations: [BluetoothUUID: UInt16] = [:]
  private var indicated: Set<BluetoothUUID> = []

  /// What has no handle left, of 65,535, is left out.
  init(_ profile: Profile) {
    var services: [Service] = []
    var next = 1
    for service in profile.services {
      let laidOut = LayoutGuess.attributes(of: service)
      guard next + laidOut.count <= Int(UInt16.max) else { break }
      var characteristics = service.characteristics.makeIterator()
      var attributes: [Attribute] = []
      for (place, attribute) in laidOut {
        let handle = UInt16(truncatingIfNeeded: next + Int(place))
        var declared: CharacteristicDescription?
        if attribute.kind == .declaration { declared = characteristics.next() }
        // Of those with the same UUID the first is meant by it.
        if attribute.kind == .value, values[attribute.uuid] == nil { values[attribute.uuid] = handle }
        if attribute.uuid == Self.configuration, configurations[attribute.characteristic] == nil {
          configurations[attribute.characteristic] = handle
        }
        attributes.append(Attribute(handle: handle, type: attribute.uuid, declared: declared))
      }
      let handles = UInt16(truncatingIfNeeded: next)...UInt16(truncatingIfNeeded: next + laidOut.count - 1)
      services.append(Service(uuid: service.uuid, attributes: attributes, handles: handles))
      next += laidOut.count
    }
    self.services = services
    indicated = Set(values.keys.filter { profile[$0]?.properties.contains(.indicate) == true })
  }

  private static let configuration = BluetoothUUID(0x2902)

  /// Where the value of a characteristic is.
  func value(of characteristic: BluetoothUUID) -> UInt16? { values[characteristic] }

  /// Where its Client Characteristic Configuration is.
  func configuration(of characteristic: BluetoothUUID) -> UInt16? { configurations[characteristic] }

  /// Whether its values come as indications, which are preferred where there are both.
  func isIndicated(_ characteristic: BluetoothUUID) -> Bool { indicated.contains(characteristic) }
}
