import PercussBlueZ
import PercussDBus
import PercussGATT

/// The objects of a bluetoothd as its messages carry them, for scripted conversations with the tree.
enum FakeObjects {
  typealias Interfaces = [String: [String: DBusValue]]

  static let owner = ":1.7"
  static let adapterPath = BlueZ.namespace.appending("hci0")
  static let adapterAddress = "00:AA:01:00:00:00"
  static let deviceAddress = "C8:2E:47:0A:11:02"
  static let devicePath = adapterPath.appending("dev_C8_2E_47_0A_11_02")
  static let servicePath = devicePath.appending("service0010")
  static let controlPointPath = servicePath.appending("char0013")
  static let telemetryPath = servicePath.appending("char0016")
  static let descriptorPath = telemetryPath.appending("desc0018")

  static func adapter(isPowered: Bool = true, address: String = adapterAddress) -> Interfaces {
    [
      BlueZ.Interface.adapter: [
        "Address": .string(address), "Powered": .boolean(isPowered), "Discovering": .boolean(false),
        "Roles": .strings(["central", "peripheral"]),
      ],
      BlueZ.Interface.gattManager: [:],
    ]
  }

  static func device(
    isConnected: Bool = false, isResolved: Bool = false, strength: Int16? = nil, address: String = deviceAddress
  ) -> Interfaces {
    var properties: [String: DBusValue] = [
      "Address": .string(address), "Alias": .string("Percuss"), "Name": .string("Percuss"),
      "Adapter": .objectPath(adapterPath), "Connected": .boolean(isConnected),
      "ServicesResolved": .boolean(isResolved), "Paired": .boolean(false), "Trusted": .boolean(false),
      "UUIDs": .strings([BluetoothUUID.percussService.fullText]),
    ]
    if let strength { properties["RSSI"] = .int16(strength) }
    return [BlueZ.Interface.device: properties]
  }

  static let service: Interfaces = [
    BlueZ.Interface.service: [
      "UUID": .string(BluetoothUUID.percussService.fullText), "Device": .objectPath(devicePath),
      "Primary": .boolean(true),
    ]
  ]

  static func characteristic(_ uuid: BluetoothUUID, flags: [String], mtu: UInt16 = 247) -> Interfaces {
    [
      BlueZ.Interface.characteristic: [
        "UUID": .string(uuid.fullText), "Service": .objectPath(servicePath), "Flags": .strings(flags),
        "MTU": .uint16(mtu), "Notifying": .boolean(false), "NotifyAcquired": .boolean(false),
      ]
    ]
  }

  static let controlPoint = characteristic(
    .percussControlPoint, flags: ["write", "write-without-response", "indicate"])
  static let telemetry = characteristic(.percussTelemetry, flags: ["notify"])

  static let descriptor: Interfaces = [
    BlueZ.Interface.descriptor: [
      "UUID": .string(BluetoothUUID(0x2902).fullText), "Characteristic": .objectPath(telemetryPath),
    ]
  ]

  /// The `a{sa{sv}}` of an object.
  static func value(_ interfaces: Interfaces) -> DBusValue {
    .dictionary(
      interfaces.sorted { $0.key < $1.key }.map { .init(.string($0.key), .properties($0.value)) },
      key: .string, value: .properties)
  }

  /// The reply to `GetManagedObjects`.
  static func managedObjects(_ objects: [(ObjectPath, Interfaces)]) -> [DBusValue] {
    [
      .dictionary(
        objects.map { .init(.objectPath($0.0), value($0.1)) }, key: .objectPath,
        value: Signature("a{sa{sv}}") ?? .empty)
    ]
  }
}

extension BlueZObjectTree {
  /// A tree that knows the objects.
  static func knowing(_ objects: [(ObjectPath, FakeObjects.Interfaces)]) -> BlueZObjectTree {
    var tree = BlueZObjectTree()
    _ = tree.ownerChanged(to: FakeObjects.owner)
    _ = tree.managedObjects(FakeObjects.managedObjects(objects))
    return tree
  }

  mutating func added(_ path: ObjectPath, _ interfaces: FakeObjects.Interfaces) -> [Change] {
    signal(
      "InterfacesAdded", of: BlueZ.Interface.objectManager, at: .root, from: FakeObjects.owner,
      [.objectPath(path), FakeObjects.value(interfaces)])
  }

  mutating func removed(_ path: ObjectPath, _ interfaces: [String]) -> [Change] {
    signal(
      "InterfacesRemoved", of: BlueZ.Interface.objectManager, at: .root, from: FakeObjects.owner,
      [.objectPath(path), .strings(interfaces)])
  }

  mutating func changed(
    _ path: ObjectPath, _ interface: String, _ values: [String: DBusValue], invalidated: [String] = [],
    from sender: String = FakeObjects.owner
  ) -> [Change] {
    signal(
      "PropertiesChanged", of: BlueZ.Interface.properties, at: path, from: sender,
      [.string(interface), .properties(values), .strings(invalidated)])
  }
}
