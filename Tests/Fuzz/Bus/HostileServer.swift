import Glibc
import PercussDBus

extension HostileBus.Conduct {
  /// What is left of a message on its way: cut, with bytes changed, or with one more behind it. What is no message ends the connection, so this is rare.
  static func spoil(_ bytes: inout [UInt8], _ values: inout RandomValues) {
    switch values.number(0...3) {
    case 0: bytes.removeLast(values.number(1...bytes.count - 1))
    case 1: bytes += values.bytes(atMost: 64)
    default:
      for _ in 0..<values.number(1...4) { bytes[values.number(0...bytes.count - 1)] = values.integer() }
    }
  }
}

/// Plays `org.freedesktop.DBus` and `org.bluez` for a client, badly.
struct HostileServer: HostileBus.Conduct {
  var values: RandomValues
  /// How often a part of what is sent is replaced by something else.
  let mangling: Double
  /// How often a message is spoiled on its way.
  let spoiling: Double
  private var acquired: [CInt] = []
  private let owner = ":1.2"
  private var tree = Tree()

  init(seed: UInt64) {
    values = RandomValues(seed: seed)
    mangling = values.element([0, 0.01, 0.03, 0.1, 0.3, 0.8])
    spoiling = values.element([0, 0, 0.001, 0.01])
  }

  /// A server that keeps the rules.
  init(honest seed: UInt64) {
    values = RandomValues(seed: seed)
    (mangling, spoiling) = (0, 0)
  }

  mutating func end() {
    for descriptor in acquired { close(descriptor) }
    acquired = []
  }

  mutating func take(_ message: ReceivedMessage, from peer: HostileBus.Peer, on bus: HostileBus) {
    guard message.kind == WireMessage.Kind.methodCall.rawValue else { return }
    if message.destination == "org.freedesktop.DBus" {
      answerAsBus(message, peer, bus)
    } else {
      answerAsBlueZ(message, peer, bus)
    }
  }

  private mutating func answerAsBus(_ message: ReceivedMessage, _ peer: HostileBus.Peer, _ bus: HostileBus) {
    let isMangled = values.chance(mangling / 8)
    var body: [DBusValue] = []
    switch message.member {
    case "Hello": body = [.string(":1.7")]
    case "GetNameOwner": body = [.string(owner)]
    case "NameHasOwner": body = [.boolean(true)]
    case "RequestName", "ReleaseName": body = [.uint32(1)]
    case "GetConnectionUnixProcessID", "GetConnectionUnixUser": body = [.uint32(1)]
    case "ListNames": body = [.strings([owner, "org.bluez"])]
    default: break
    }
    if isMangled { body = (0..<values.number(0...2)).map { _ in values.value() } }
    reply(message, body, from: "org.freedesktop.DBus", peer, bus)
  }

  private mutating func answerAsBlueZ(_ message: ReceivedMessage, _ peer: HostileBus.Peer, _ bus: HostileBus) {
    if values.chance(mangling / 2) {
      switch values.number(0...3) {
      case 0: return  // never an answer
      case 1:
        let names = [
          "Failed", "InProgress", "NotPermitted", "NotReady", "NotSupported", "NotAuthorized", "InvalidArguments",
          "DoesNotExist",
          "AuthenticationFailed", "ImproperlyConfigured", "NotConnected",
        ]
        let name = "org.bluez.Error." + values.element(names)
        let text: [DBusValue] = values.chance(0.8) ? [.string(values.text())] : [values.value()]
        reply(message, text, error: name, from: owner, peer, bus)
      default: reply(message, (0..<values.number(0...3)).map { _ in values.value() }, from: owner, peer, bus)
      }
      return
    }
    switch message.member {
    case "GetManagedObjects": reply(message, [tree.managedObjects(&values, mangling: mangling)], from: owner, peer, bus)
    case "Connect", "Pair":
      tree.isConnected = true
      reply(message, [], from: owner, peer, bus)
      changed(
        Tree.device, "org.bluez.Device1", ["Connected": .boolean(true), "ServicesResolved": .boolean(true)], peer, bus)
    case "Disconnect":
      tree.isConnected = false
      changed(
        Tree.device, "org.bluez.Device1", ["ServicesResolved": .boolean(false), "Connected": .boolean(false)], peer, bus
      )
      reply(message, [], from: owner, peer, bus)
    case "StartDiscovery":
      reply(message, [], from: owner, peer, bus)
      changed(Tree.device, "org.bluez.Device1", ["RSSI": .int16(values.integer())], peer, bus)
    case "ReadValue": reply(message, [.bytes(values.bytes(atMost: 600))], from: owner, peer, bus)
    case "StartNotify":
      changed(message.path, "org.bluez.GattCharacteristic1", ["Notifying": .boolean(true)], peer, bus)
      reply(message, [], from: owner, peer, bus)
    case "AcquireNotify", "AcquireWrite":
      guard let end = pair() else { return reply(message, [], from: owner, peer, bus) }
      reply(
        message, [.descriptor(end), .uint16(values.chance(mangling) ? values.integer() : 247)], from: owner, peer, bus)
    case "Get": reply(message, [.variant(values.value())], from: owner, peer, bus)
    case "GetAll":
      let properties = tree.interfaces(of: message.path).first?.properties ?? [:]
      reply(message, [Tree.properties(properties, &values, mangling: mangling)], from: owner, peer, bus)
    default: reply(message, [], from: owner, peer, bus)
    }
  }

  /// One end for the client; the other is written to and closed in ``bother(_:on:)``.
  private mutating func pair() -> PassedDescriptor? {
    var ends: [CInt] = [-1, -1]
    guard acquired.count < 16,
      socketpair(AF_UNIX, Int32(SOCK_SEQPACKET.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends)
        == 0
    else { return nil }
    acquired.append(ends[0])
    return PassedDescriptor(owning: ends[1])
  }

  mutating func bother(_ peer: HostileBus.Peer, on bus: HostileBus) {
    if !acquired.isEmpty {
      let place = values.number(0...acquired.count - 1)
      if values.chance(0.005) {
        close(acquired.remove(at: place))
      } else {
        var packet = values.bytes(atMost: values.chance(0.1) ? 2000 : 30)
        for _ in 0..<values.number(0...8) {
          _ = send(acquired[place], &packet, packet.count, Int32(MSG_NOSIGNAL))
          _ = recv(acquired[place], &packet, packet.count, 0)
        }
      }
    }
    for _ in 0..<values.number(0...6) { signal(peer, bus) }
    if values.chance(spoiling / 16) { peer.hangUp() }
  }

  private mutating func signal(_ peer: HostileBus.Peer, _ bus: HostileBus) {
    let path = values.element(Tree.paths)
    switch values.number(0...9) {
    case 0...4:
      guard let (interface, properties) = tree.interfaces(of: path).first else { return }
      guard let (name, known) = properties.sorted(by: { $0.key < $1.key }).randomElement(using: &values.random) else {
        return
      }
      var value = known
      if name == "Connected" || name == "ServicesResolved" {
        if values.chance(0.02) { tree.isConnected.toggle() }
        value = .boolean(tree.isConnected)
      }
      changed(path, interface, [name: value], peer, bus)
    case 5:
      let body: [DBusValue] = [
        .objectPath(ObjectPath(path) ?? .root), tree.interfaces(of: path, &values, mangling: mangling),
      ]
      emit("/", "org.freedesktop.DBus.ObjectManager", "InterfacesAdded", body, peer, bus)
    case 6 where values.chance(0.02):
      let body: [DBusValue] = [
        .objectPath(ObjectPath(path) ?? .root), .strings(tree.interfaces(of: path).map(\.interface)),
      ]
      emit("/", "org.freedesktop.DBus.ObjectManager", "InterfacesRemoved", body, peer, bus)
    case 7 where values.chance(0.01):
      let names = [owner, ""]
      let body: [DBusValue] = [.string("org.bluez"), .string(values.element(names)), .string(values.element(names))]
      emit(
        "/org/freedesktop/DBus", "org.freedesktop.DBus", "NameOwnerChanged", body, from: "org.freedesktop.DBus", peer,
        bus)
    case 8:
      // An answer that nobody asked for, or one more; a call that nobody serves.
      var message = WireMessage(kind: values.chance(0.5) ? .methodReturn : .error, serial: 1, sender: owner)
      message.replySerial = UInt32(values.number(1...60))
      message.errorName = message.kind == .error ? "org.bluez.Error.Failed" : nil
      message.body = [values.value()]
      deliver(message, peer, bus)
    case 9:
      var message = WireMessage(
        kind: .methodCall, serial: 1, path: path, member: values.element(["Ping", "Introspect", "Release", "GetAll"]))
      message.interface = values.element([
        nil, "org.freedesktop.DBus.Peer", "org.freedesktop.DBus.Introspectable", "org.bluez.Agent1",
      ])
      message.sender = ":1.9"
      message.body = values.chance(0.5) ? [] : [values.value()]
      deliver(message, peer, bus)
    default: break
    }
  }

  private mutating func changed(
    _ path: String, _ interface: String, _ properties: [String: DBusValue], _ peer: HostileBus.Peer, _ bus: HostileBus
  ) {
    let body: [DBusValue] = [
      .string(interface), Tree.properties(properties, &values, mangling: mangling),
      .strings(values.chance(mangling) ? [values.text(), "RSSI", "Connected"] : []),
    ]
    emit(path, "org.freedesktop.DBus.Properties", "PropertiesChanged", body, peer, bus)
  }

  mutating func emit(
    _ path: String, _ interface: String, _ member: String, _ body: [DBusValue], from sender: String? = nil,
    _ peer: HostileBus.Peer, _ bus: HostileBus
  ) {
    var message = WireMessage(kind: .signal, serial: 1, path: path, interface: interface, member: member)
    message.sender = values.chance(mangling / 8) ? ":1.66" : sender ?? owner
    message.body = body.map { values.mangled($0, mangling / 8) }
    if values.chance(mangling / 8) { message.body.append(values.value()) }
    deliver(message, peer, bus)
  }

  private mutating func reply(
    _ call: ReceivedMessage, _ body: [DBusValue], error: String? = nil, from sender: String, _ peer: HostileBus.Peer,
    _ bus: HostileBus
  ) {
    guard call.flags & 1 == 0 || values.chance(0.1) else { return }
    var message = WireMessage(kind: error == nil ? .methodReturn : .error, serial: 1)
    message.replySerial = call.serial
    message.errorName = error
    message.sender = sender
    message.destination = ":1.7"
    message.body = body
    for _ in 0..<(values.chance(mangling / 16) ? 2 : 1) { deliver(message, peer, bus) }
  }

  private mutating func deliver(_ message: WireMessage, _ peer: HostileBus.Peer, _ bus: HostileBus) {
    let isSpoiled = values.chance(spoiling)
    bus.send(message, to: peer) { bytes in if isSpoiled { Self.spoil(&bytes, &values) } }
  }
}
