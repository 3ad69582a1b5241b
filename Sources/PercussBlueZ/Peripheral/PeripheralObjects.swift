internal import PercussDBus
internal import PercussGATT

// The objects that bluetoothd calls. They only pass on.

/// A service, characteristic or descriptor.
final class ApplicationObject: ExportedObject {
  let interfaces: [InterfaceDescription]
  private let entry: ApplicationTree.Entry
  private weak let peripheral: BlueZPeripheral?

  init(_ entry: ApplicationTree.Entry, of peripheral: BlueZPeripheral) {
    self.entry = entry
    interfaces = [entry.interface]
    self.peripheral = peripheral
  }

  func handle(_ call: IncomingCall) {
    guard let peripheral else { return call.fail(.gone) }
    peripheral.assumeIsolated { $0.handle(call, for: entry.role) }
  }

  func property(_ name: String, of interface: String) -> DBusValue? {
    if let value = entry.properties[name] { return value }
    guard case .characteristic(let uuid) = entry.role else { return nil }
    return peripheral?.assumeIsolated { $0.acquisition(name, of: uuid) }.map { .boolean($0) }
  }
}

/// What is advertised.
final class AdvertisementObject: ExportedObject {
  let interfaces = [
    InterfaceDescription(
      BlueZ.Interface.advertisement, methods: [.init("Release")],
      properties: [
        .init("Type", "s"), .init("ServiceUUIDs", "as"), .init("ManufacturerData", "a{qv}"),
        .init("ServiceData", "a{sv}"), .init("Includes", "as"), .init("LocalName", "s"), .init("Appearance", "q"),
        .init("Discoverable", "b"), .init("MinInterval", "u"), .init("MaxInterval", "u"),
        .init("TxPower", "n", .readWrite),
      ])
  ]
  private let properties: [String: DBusValue]
  private weak let peripheral: BlueZPeripheral?

  init(_ content: AdvertisementContent, of peripheral: BlueZPeripheral) {
    properties = content.properties
    self.peripheral = peripheral
  }

  func handle(_ call: IncomingCall) {
    guard let peripheral else { return call.fail(.gone) }
    peripheral.assumeIsolated { $0.released(.advertisement, call) }
  }

  func property(_ name: String, of interface: String) -> DBusValue? { properties[name] }

  /// With a controller that tells its power, bluetoothd sets `TxPower`. It is not read back: what is read is taken for a wish.
  func setProperty(_ name: String, of interface: String, to value: DBusValue, sender: String) -> DBusErrorReply? {
    guard let peripheral else { return .gone }
    return peripheral.assumeIsolated { $0.isBluetoothd(sender) } ? nil : .stranger
  }
}

/// What is asked when a central pairs.
final class PairingAgentObject: ExportedObject {
  let interfaces = [
    InterfaceDescription(
      BlueZ.Interface.agent,
      methods: [
        .init("Release"), .init("Cancel"), .init("RequestAuthorization", in: [.init("device", "o")]),
        .init("RequestConfirmation", in: [.init("device", "o"), .init("passkey", "u")]),
        .init("AuthorizeService", in: [.init("device", "o"), .init("uuid", "s")]),
        .init("DisplayPasskey", in: [.init("device", "o"), .init("passkey", "u"), .init("entered", "q")]),
        .init("DisplayPinCode", in: [.init("device", "o"), .init("pincode", "s")]),
        .init("RequestPasskey", in: [.init("device", "o")], out: [.init("passkey", "u")]),
        .init("RequestPinCode", in: [.init("device", "o")], out: [.init("pincode", "s")]),
      ])
  ]
  private weak let peripheral: BlueZPeripheral?

  init(of peripheral: BlueZPeripheral) {
    self.peripheral = peripheral
  }

  func handle(_ call: IncomingCall) {
    guard let peripheral else { return call.fail(.gone) }
    peripheral.assumeIsolated { $0.answer(pairing: call) }
  }
}

extension DBusErrorReply {
  static let gone = DBusErrorReply(BlueZ.ErrorName.unknownObject, "the peripheral is gone")
  static let stranger = DBusErrorReply(BlueZ.ErrorName.accessDenied, "only bluetoothd may call this")
}
