internal import PercussDBus

/// The interfaces of org.bluez as introspection shows them, and as arguments are checked against.
enum BlueZInterfaces {
  typealias Argument = InterfaceDescription.Argument

  private static let options = Argument("options", "a{sv}")

  static func description(of interface: String) -> InterfaceDescription? { all[interface] }

  private static let all: [String: InterfaceDescription] = Dictionary(
    [agentManager, profileManager, adapter, device, battery, service, characteristic, descriptor].map { ($0.name, $0) },
    uniquingKeysWith: { first, _ in first })

  static let agentManager = InterfaceDescription(
    "org.bluez.AgentManager1",
    methods: [
      .init("RegisterAgent", in: [Argument("agent", "o"), Argument("capability", "s")]),
      .init("UnregisterAgent", in: [Argument("agent", "o")]),
      .init("RequestDefaultAgent", in: [Argument("agent", "o")]),
    ])

  static let profileManager = InterfaceDescription(
    "org.bluez.ProfileManager1",
    methods: [
      .init("RegisterProfile", in: [Argument("profile", "o"), Argument("UUID", "s"), options]),
      .init("UnregisterProfile", in: [Argument("profile", "o")]),
    ])

  static let adapter = InterfaceDescription(
    "org.bluez.Adapter1",
    methods: [
      .init("StartDiscovery"), .init("SetDiscoveryFilter", in: [Argument("properties", "a{sv}")]),
      .init("StopDiscovery"), .init("RemoveDevice", in: [Argument("device", "o")]),
      .init("GetDiscoveryFilters", out: [Argument("filters", "as")]),
    ],
    properties: [
      .init("Address", "s"), .init("AddressType", "s"), .init("Name", "s"), .init("Alias", "s", .readWrite),
      .init("Class", "u"), .init("Powered", "b", .readWrite), .init("Discoverable", "b", .readWrite),
      .init("DiscoverableTimeout", "u", .readWrite), .init("Pairable", "b", .readWrite),
      .init("PairableTimeout", "u", .readWrite), .init("Discovering", "b"), .init("UUIDs", "as"),
      .init("Modalias", "s"), .init("Roles", "as"),
    ])

  static let device = InterfaceDescription(
    "org.bluez.Device1",
    methods: [
      .init("Disconnect"), .init("Connect"), .init("ConnectProfile", in: [Argument("UUID", "s")]),
      .init("DisconnectProfile", in: [Argument("UUID", "s")]), .init("Pair"), .init("CancelPairing"),
    ],
    properties: [
      .init("Address", "s"), .init("AddressType", "s"), .init("Name", "s"), .init("Alias", "s", .readWrite),
      .init("Appearance", "q"), .init("Paired", "b"), .init("Bonded", "b"), .init("Trusted", "b", .readWrite),
      .init("Blocked", "b", .readWrite), .init("LegacyPairing", "b"), .init("RSSI", "n"), .init("Connected", "b"),
      .init("UUIDs", "as"), .init("Adapter", "o"), .init("ManufacturerData", "a{qv}"),
      .init("ServiceData", "a{sv}"), .init("TxPower", "n"), .init("ServicesResolved", "b"),
    ],
    signals: [.init("Disconnected", [Argument("name", "s"), Argument("message", "s")])])

  static let battery = InterfaceDescription(
    "org.bluez.Battery1", properties: [.init("Percentage", "y"), .init("Source", "s")])

  static let service = InterfaceDescription(
    "org.bluez.GattService1",
    properties: [.init("UUID", "s"), .init("Device", "o"), .init("Primary", "b"), .init("Includes", "ao")])

  static let characteristic = InterfaceDescription(
    "org.bluez.GattCharacteristic1",
    methods: [
      .init("ReadValue", in: [options], out: [Argument("value", "ay")]),
      .init("WriteValue", in: [Argument("value", "ay"), options]),
      .init("AcquireWrite", in: [options], out: [Argument("fd", "h"), Argument("mtu", "q")]),
      .init("AcquireNotify", in: [options], out: [Argument("fd", "h"), Argument("mtu", "q")]),
      .init("StartNotify"), .init("StopNotify"),
    ],
    properties: [
      .init("UUID", "s"), .init("Service", "o"), .init("Value", "ay"), .init("Notifying", "b"), .init("Flags", "as"),
      .init("WriteAcquired", "b"), .init("NotifyAcquired", "b"), .init("MTU", "q"),
    ])

  static let descriptor = InterfaceDescription(
    "org.bluez.GattDescriptor1",
    methods: [
      .init("ReadValue", in: [options], out: [Argument("value", "ay")]),
      .init("WriteValue", in: [Argument("value", "ay"), options]),
    ],
    properties: [.init("UUID", "s"), .init("Characteristic", "o"), .init("Value", "ay")])
}
