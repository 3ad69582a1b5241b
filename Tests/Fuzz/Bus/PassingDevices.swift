import PercussDBus

/// A bluetoothd that keeps the rules, in a street: devices come, are heard, and go, and none comes twice.
struct PassingDevices: HostileBus.Conduct {
  private var server: HostileServer
  private var count = 0
  /// How many are there at once.
  private static let presence = 32

  init(seed: UInt64) {
    server = HostileServer(honest: seed)
  }

  mutating func take(_ message: ReceivedMessage, from peer: HostileBus.Peer, on bus: HostileBus) {
    server.take(message, from: peer, on: bus)
  }

  mutating func bother(_ peer: HostileBus.Peer, on bus: HostileBus) {
    for _ in 0..<4 {
      count += 1
      tell("InterfacesAdded", of: count, peer, bus)
      if count > Self.presence { tell("InterfacesRemoved", of: count - Self.presence, peer, bus) }
    }
  }

  mutating func end() { server.end() }

  private mutating func tell(_ member: String, of number: Int, _ peer: HostileBus.Peer, _ bus: HostileBus) {
    let bytes = (0..<6).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
    let address = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }.joined(separator: ":")
    let path = "\(Tree.adapter)/dev_\(address.replacing(":", with: "_"))"
    let properties: [String: DBusValue] = [
      "Address": .string(address), "Name": .string("Device \(number)"), "RSSI": .int16(-60),
      "UUIDs": .strings(["7e320001-bf34-4597-a0b9-83277511650e"]),
    ]
    let content: DBusValue =
      member == "InterfacesRemoved"
      ? .strings(["org.bluez.Device1"])
      : .dictionary([.init(.string("org.bluez.Device1"), .properties(properties))], key: .string, value: .properties)
    server.emit(
      "/", "org.freedesktop.DBus.ObjectManager", member, [.objectPath(ObjectPath(path) ?? .root), content], peer, bus)
  }
}
