import PercussDBus

/// Plays the bus and a crowd of clients for a service that owns `org.bluez`: calls of every method with right and wrong arguments, from senders that come and
/// go, and answers to what the service asks of them.
struct HostileClients: HostileBus.Conduct {
  var values: RandomValues
  /// How often a part of what is sent is replaced by something else.
  let mangling: Double
  /// How often a message is spoiled on its way.
  let spoiling: Double
  /// How often an agent or application does not answer.
  let silence: Double
  /// How often one of the crowd leaves, and another comes.
  let leaving: Double
  /// The numbers in the names of those who are there; a name never comes twice.
  private var crowd = Array(10...29)
  private var lastNumber = 29

  init(seed: UInt64) {
    values = RandomValues(seed: seed)
    mangling = values.element([0, 0.02, 0.1, 0.4])
    spoiling = values.element([0, 0, 0, 0.001])
    (silence, leaving) = (0.1, 0.02)
  }

  /// A crowd that keeps the rules, and of which nobody stays.
  init(passing seed: UInt64) {
    values = RandomValues(seed: seed)
    (mangling, spoiling, silence, leaving) = (0, 0, 0, 0.2)
  }

  mutating func end() {}

  mutating func take(_ message: ReceivedMessage, from peer: HostileBus.Peer, on bus: HostileBus) {
    guard message.kind == WireMessage.Kind.methodCall.rawValue, message.flags & 1 == 0 else { return }
    var body: [DBusValue] = []
    if message.destination == "org.freedesktop.DBus" {
      switch message.member {
      case "Hello": body = [.string(":1.2")]
      case "RequestName", "ReleaseName": body = [.uint32(1)]
      case "GetNameOwner": body = [.string(message.firstText ?? "")]
      case "NameHasOwner": body = [.boolean(true)]
      default: break
      }
    } else if values.chance(silence) {
      return
    }
    var reply = WireMessage(
      kind: values.chance(mangling / 16) ? .error : .methodReturn, serial: 1, replySerial: message.serial)
    reply.errorName = reply.kind == .error ? "org.bluez.Error.Rejected" : nil
    reply.sender = message.destination == "org.freedesktop.DBus" ? message.destination : sender()
    reply.destination = ":1.2"
    reply.body = body.map { values.mangled($0, mangling / 16) }
    bus.send(reply, to: peer)
  }

  mutating func bother(_ peer: HostileBus.Peer, on bus: HostileBus) {
    for _ in 0..<values.number(0...6) {
      if values.chance(leaving) {
        leave(peer, bus)
      } else {
        call(peer, bus)
      }
    }
    if values.chance(spoiling / 16) { peer.hangUp() }
  }

  private mutating func sender() -> String { ":1.\(values.element(crowd))" }

  /// One of the crowd is gone: its sessions and locks should be too.
  private mutating func leave(_ peer: HostileBus.Peer, _ bus: HostileBus) {
    let place = values.number(0...crowd.count - 1)
    let name = ":1.\(crowd[place])"
    lastNumber += 1
    crowd[place] = lastNumber
    var message = WireMessage(
      kind: .signal, serial: 1, path: "/org/freedesktop/DBus", interface: "org.freedesktop.DBus",
      member: "NameOwnerChanged")
    message.sender = "org.freedesktop.DBus"
    message.body = [.string(name), .string(name), .string("")].map { values.mangled($0, mangling / 8) }
    bus.send(message, to: peer)
  }

  /// Interface, method, right arguments, and how often: what ends a connection or an object is rare, or nothing would be reached behind it.
  private static let methods: [(interface: String, member: String, arguments: String, weight: Int)] = [
    ("org.freedesktop.DBus.ObjectManager", "GetManagedObjects", "", 2),
    ("org.freedesktop.DBus.Introspectable", "Introspect", "", 2),
    ("org.freedesktop.DBus.Peer", "Ping", "", 1), ("org.freedesktop.DBus.Properties", "Get", "ss", 6),
    ("org.freedesktop.DBus.Properties", "GetAll", "s", 4), ("org.freedesktop.DBus.Properties", "Set", "ssv", 4),
    ("org.bluez.Adapter1", "StartDiscovery", "", 6), ("org.bluez.Adapter1", "StopDiscovery", "", 3),
    ("org.bluez.Adapter1", "SetDiscoveryFilter", "a{sv}", 4), ("org.bluez.Adapter1", "GetDiscoveryFilters", "", 1),
    ("org.bluez.Adapter1", "RemoveDevice", "o", 1), ("org.bluez.Device1", "Connect", "", 16),
    ("org.bluez.Device1", "Disconnect", "", 1), ("org.bluez.Device1", "Pair", "", 4),
    ("org.bluez.Device1", "CancelPairing", "", 1),
    ("org.bluez.Device1", "ConnectProfile", "s", 1), ("org.bluez.GattCharacteristic1", "ReadValue", "a{sv}", 16),
    ("org.bluez.GattCharacteristic1", "WriteValue", "aya{sv}", 40),
    ("org.bluez.GattCharacteristic1", "StartNotify", "", 16),
    ("org.bluez.GattCharacteristic1", "StopNotify", "", 8),
    ("org.bluez.GattCharacteristic1", "AcquireNotify", "a{sv}", 12),
    ("org.bluez.GattCharacteristic1", "AcquireWrite", "a{sv}", 8),
    ("org.bluez.GattDescriptor1", "ReadValue", "a{sv}", 4),
    ("org.bluez.GattDescriptor1", "WriteValue", "aya{sv}", 4), ("org.bluez.AgentManager1", "RegisterAgent", "os", 4),
    ("org.bluez.AgentManager1", "UnregisterAgent", "o", 2), ("org.bluez.AgentManager1", "RequestDefaultAgent", "o", 2),
    ("org.bluez.GattManager1", "RegisterApplication", "oa{sv}", 3),
    ("org.bluez.GattManager1", "UnregisterApplication", "o", 2),
    ("org.bluez.LEAdvertisingManager1", "RegisterAdvertisement", "oa{sv}", 3),
    ("org.bluez.LEAdvertisingManager1", "UnregisterAdvertisement", "o", 2),
  ]
  private static let weighted = methods.flatMap { Array(repeating: $0, count: $0.weight) }

  private static let properties: [(name: String, value: DBusValue)] = [
    ("Powered", .boolean(true)), ("Alias", .string("fuzz")), ("Discoverable", .boolean(true)),
    ("Pairable", .boolean(true)),
    ("DiscoverableTimeout", .uint32(1)), ("Trusted", .boolean(true)), ("Blocked", .boolean(false)),
    ("Address", .string("")),
    ("Value", .bytes([1])), ("Connected", .boolean(true)), ("UUID", .string("")), ("Nonsense", .byte(0)),
  ]

  private static let options: [String: DBusValue] = [
    "offset": .uint16(0), "type": .string("command"), "mtu": .uint16(23), "Transport": .string("le"),
    "RSSI": .int16(-90),
    "UUIDs": .strings(["7e320001-bf34-4597-a0b9-83277511650e"]), "DuplicateData": .boolean(true),
    "Pathloss": .uint16(100),
    "Pattern": .string("Per"), "Discoverable": .boolean(true), "prepare-authorize": .boolean(true),
    "link": .string("LE"),
  ]

  /// Known objects that have the interface, or might; agents and applications are named by what the crowd calls its own.
  private static func paths(with interface: String, among known: [String]) -> [String] {
    known.filter { path in
      switch interface {
      case "org.bluez.Device1": path.contains("dev_") && !path.contains("service")
      case "org.bluez.GattCharacteristic1": path.contains("char") && !path.contains("desc")
      case "org.bluez.GattDescriptor1": path.contains("desc")
      case "org.bluez.AgentManager1": path == "/org/bluez"
      case "org.freedesktop.DBus.ObjectManager": path == "/"
      case "org.freedesktop.DBus.Properties": path.hasPrefix("/org/bluez/")
      default: path.hasPrefix("/org/bluez/hci") && !path.contains("dev_")
      }
    }
  }

  private mutating func call(_ peer: HostileBus.Peer, _ bus: HostileBus) {
    let known = ["/", "/org/bluez"] + peer.paths.sorted()
    let method = values.element(Self.weighted)
    let fitting = Self.paths(with: method.interface, among: known)
    guard !fitting.isEmpty || values.chance(0.05) else { return }
    var message = WireMessage(kind: .methodCall, serial: 1)
    message.interface = values.chance(mangling / 8) ? nil : method.interface
    message.member = values.chance(mangling / 8) ? "No_such_method" : method.member
    let path = values.element(fitting.isEmpty || values.chance(0.02) ? known + Tree.paths : fitting)
    message.path = values.chance(mangling / 8) ? values.path().description : path
    message.sender = sender()
    message.destination = "org.bluez"
    message.flags = values.chance(0.05) ? 1 : 0
    let types = Signature(method.arguments)?.elements ?? []
    if method.interface == "org.freedesktop.DBus.Properties" {
      let property = values.element(Self.properties)
      let all: [DBusValue] = [.string(Self.interface(of: path)), .string(property.name), .variant(property.value)]
      message.body = all.prefix(types.count).map { values.mangled($0, mangling) }
    } else {
      message.body = types.map { values.mangled(argument($0), mangling) }
    }
    if values.chance(mangling / 4) { message.body.append(values.value()) }
    if values.chance(mangling / 4), !message.body.isEmpty { message.body.removeLast() }
    let isSpoiled = values.chance(spoiling)
    bus.send(message, to: peer) { bytes in if isSpoiled { Self.spoil(&bytes, &values) } }
  }

  private static func interface(of path: String) -> String {
    if path.contains("desc") { return "org.bluez.GattDescriptor1" }
    if path.contains("char") { return "org.bluez.GattCharacteristic1" }
    if path.contains("service") { return "org.bluez.GattService1" }
    return path.contains("dev_") ? "org.bluez.Device1" : "org.bluez.Adapter1"
  }

  private mutating func argument(_ type: Signature) -> DBusValue {
    switch type.description {
    case "ay":
      // A control request of the device, or anything.
      let opCodes: [UInt8] = [0x01, 0x02, 0x03, 0x10, 0x13, 0x20, 0x21, 0x24, 0x30, 0x40]
      return .bytes(
        values.chance(0.5)
          ? [values.element(opCodes), values.integer(), 0] + values.bytes(atMost: 17) : values.bytes(atMost: 600))
    case "a{sv}":
      var options: [String: DBusValue] = [:]
      for _ in 0..<values.number(0...3) {
        let (key, value) = values.element(Self.options.sorted { $0.key < $1.key })
        options[key] = values.mangled(value, mangling)
      }
      return .properties(options)
    case "o": return .objectPath(values.chance(0.8) ? ObjectPath("/fuzz") ?? .root : values.path())
    case "s": return .string(values.chance(0.8) ? "KeyboardDisplay" : values.text())
    default: return values.value(of: type)
    }
  }
}
