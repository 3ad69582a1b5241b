import PercussDBus

/// A plausible tree of `org.bluez`, whose parts a hostile server then replaces, drops and repeats.
struct Tree {
  /// Whether the device is connected, and its services known.
  var isConnected = false

  static let adapter = "/org/bluez/hci0"
  static let address = "C8:2E:47:0A:11:02"
  static let device = "/org/bluez/hci0/dev_C8_2E_47_0A_11_02"
  static let service = device + "/service0001"
  /// Their UUIDs are those of the Percuss characteristics 0002 to 0007.
  static let characteristics = (0..<6).map { service + "/char000\(2 + 2 * $0)" }
  static let descriptor = service + "/char0004/desc0005"

  static let paths =
    ["/org/bluez", adapter, device, service, descriptor, device + "/service00010", adapter + "/dev_00_00_00_00_00_00"]
    + characteristics

  typealias Interfaces = [(interface: String, properties: [String: DBusValue])]

  func interfaces(of path: String) -> Interfaces {
    switch path {
    case Self.adapter:
      return [
        (
          "org.bluez.Adapter1",
          [
            "Address": .string("00:AA:01:00:00:00"), "AddressType": .string("public"), "Name": .string("fuzz"),
            "Alias": .string("fuzz"), "Powered": .boolean(true), "Discovering": .boolean(false),
            "Roles": .strings(["central", "peripheral"]), "UUIDs": .strings([]),
          ]
        )
      ]
    case Self.device:
      return [
        (
          "org.bluez.Device1",
          [
            "Adapter": Self.object(Self.adapter), "Address": .string(Self.address), "AddressType": .string("random"),
            "Alias": .string("Percuss"), "Name": .string("Percuss"), "Paired": .boolean(false),
            "Connected": .boolean(isConnected),
            "ServicesResolved": .boolean(isConnected), "RSSI": .int16(-50),
            "UUIDs": .strings(["7e320001-bf34-4597-a0b9-83277511650e"]),
          ]
        )
      ]
    case Self.service:
      return [
        (
          "org.bluez.GattService1",
          [
            "Device": Self.object(Self.device), "UUID": .string("7e320001-bf34-4597-a0b9-83277511650e"),
            "Primary": .boolean(true),
          ]
        )
      ]
    case Self.descriptor:
      return [
        (
          "org.bluez.GattDescriptor1",
          [
            "Characteristic": Self.object(Self.characteristics[1]),
            "UUID": .string("00002902-0000-1000-8000-00805f9b34fb"),
          ]
        )
      ]
    default:
      guard let index = Self.characteristics.firstIndex(of: path) else { return [] }
      let flags = [
        ["read"], ["write", "write-without-response", "indicate"], ["notify"], ["read", "notify"],
        ["write-without-response", "notify"], ["write-without-response", "notify"],
      ]
      var properties: [String: DBusValue] = [
        "Service": Self.object(Self.service), "UUID": .string("7e32000\(2 + index)-bf34-4597-a0b9-83277511650e"),
        "Flags": .strings(flags[index]), "MTU": .uint16(247), "Notifying": .boolean(false), "Value": .bytes([]),
      ]
      if flags[index].contains("notify") { properties["NotifyAcquired"] = .boolean(false) }
      if flags[index].contains("write-without-response") { properties["WriteAcquired"] = .boolean(false) }
      return [("org.bluez.GattCharacteristic1", properties)]
    }
  }

  private static func object(_ text: String) -> DBusValue { .objectPath(ObjectPath(text) ?? .root) }

  /// The `a{sa{sv}}` of an object, mangled.
  func interfaces(of path: String, _ values: inout RandomValues, mangling probability: Double) -> DBusValue {
    var entries: [DBusValue.Entry] = []
    for (interface, properties) in interfaces(of: path) where !values.chance(probability) {
      entries.append(.init(.string(interface), Self.properties(properties, &values, mangling: probability)))
    }
    if values.chance(probability) {
      entries.append(.init(.string(values.text()), values.value(of: .properties)))
    }
    return .dictionary(entries, key: .string, value: .properties)
  }

  /// An `a{sv}`, mangled.
  static func properties(
    _ properties: [String: DBusValue], _ values: inout RandomValues, mangling probability: Double
  ) -> DBusValue {
    var entries: [DBusValue.Entry] = []
    // In order, so that a seed says all.
    for (name, value) in properties.sorted(by: { $0.key < $1.key }) where !values.chance(probability / 2) {
      entries.append(.init(.string(name), .variant(values.mangled(value, probability))))
    }
    return .dictionary(entries, key: .string, value: .variant)
  }

  /// The `a{oa{sa{sv}}}` of `GetManagedObjects`, mangled.
  func managedObjects(_ values: inout RandomValues, mangling probability: Double) -> DBusValue {
    var entries: [DBusValue.Entry] = []
    for path in [Self.adapter, Self.device, Self.service, Self.descriptor] + Self.characteristics
    where !values.chance(probability / 2) {
      let place = values.chance(probability / 4) ? values.path() : ObjectPath(path) ?? .root
      entries.append(.init(.objectPath(place), interfaces(of: path, &values, mangling: probability)))
    }
    return .dictionary(
      entries, key: .objectPath, value: Signature("a{sa{sv}}") ?? .properties)
  }
}
