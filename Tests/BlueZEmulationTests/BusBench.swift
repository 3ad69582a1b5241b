import PercussBlueZ
import PercussCore
import PercussDBus
import PercussGATT
import PercussLink
import PercussSimulator
import PercussTime
import Testing

/// An emulation with one device on a bus of its own, and a client that writes down what it sees.
final class BusBench: Sendable {
  static let address = BluetoothAddress(rawValue: 0xC82E_470A_1102)
  static let devicePath = "/org/bluez/hci0/dev_C8_2E_47_0A_11_02"
  static let featurePath = devicePath + "/service000a/char000b"
  static let controlPointPath = devicePath + "/service000a/char000d"
  static let telemetryPath = devicePath + "/service000a/char0010"
  static let routineDataPath = devicePath + "/service000a/char0016"

  let daemonBus: PrivateBus
  let timeline: RealTimeline
  let emulation: EmulatedBlueZ
  let device: SimulatedDevice
  /// The client's connection.
  let client: BusConnection
  /// Signals and answers, in the order in which the client gets them.
  let seen: Log<String>

  /// Runs the body with a bench, and takes everything down after it, within a time that even a busy machine keeps.
  static func run(
    _ configuration: EmulatedBlueZ.Configuration = EmulatedBlueZ.Configuration(),
    _ body: @escaping @Sendable (BusBench) async throws -> Void
  ) throws {
    let daemonBus = try PrivateBus.start()
    let timeline = RealTimeline(name: "bench")
    defer {
      timeline.shutDown()
      daemonBus.stop()
    }
    try timeline.run {
      try await withTimeout(.seconds(60), on: timeline, waitingFor: "the test") {
        let bench = try await BusBench(daemonBus, timeline, configuration)
        try await body(bench)
        await bench.client.close()
        await bench.emulation.stop()
        await bench.emulation.bus.close()
      }
    }
  }

  private init(
    _ daemonBus: PrivateBus, _ timeline: RealTimeline, _ configuration: EmulatedBlueZ.Configuration
  ) async throws {
    self.daemonBus = daemonBus
    self.timeline = timeline
    let bus = try await BusConnection.open(daemonBus.address, on: timeline)
    emulation = try await EmulatedBlueZ.start(on: bus, configuration: configuration)
    device = SimulatedDevice(model: .elite, on: timeline)
    await emulation.add(
      device, as: AirAdvertisement(address: Self.address, name: "Elite", services: [.percussService]))
    client = try await BusConnection.open(daemonBus.address, on: timeline)
    let seen = Log<String>()
    self.seen = seen
    _ = try await client.subscribe(to: MatchRule(sender: "org.bluez")) { seen.append(Self.text($0)) }
  }

  /// Another client.
  func connect() async throws -> BusConnection {
    try await BusConnection.open(daemonBus.address, on: timeline)
  }

  /// Calls, writes the answer down where it comes, and gives it.
  @discardableResult
  func call(
    _ path: String, _ interface: String, _ member: String, _ arguments: [DBusValue] = [],
    as other: BusConnection? = nil
  ) async throws -> [DBusValue] {
    let (seen, client) = (seen, other ?? client)
    let call = MethodCall(
      destination: "org.bluez", path: try #require(ObjectPath(path)), interface: interface, member: member,
      arguments: arguments)
    return try await withCheckedContinuation { continuation in
      client.assumeIsolated { bus in
        bus.send(call) { result in
          switch result {
          case .success: seen.append("reply \(member)")
          case .failure(.refused(let name, let message)): seen.append("error \(member) \(name) \(message)")
          case .failure(let failure): seen.append("failure \(member) \(failure)")
          }
          continuation.resume(returning: result)
        }
      }
    }.get()
  }

  @discardableResult
  func adapter(_ member: String, _ arguments: [DBusValue] = []) async throws -> [DBusValue] {
    try await call("/org/bluez/hci0", "org.bluez.Adapter1", member, arguments)
  }

  @discardableResult
  func device(_ member: String) async throws -> [DBusValue] {
    try await call(Self.devicePath, "org.bluez.Device1", member)
  }

  @discardableResult
  func characteristic(
    _ path: String, _ member: String, _ arguments: [DBusValue] = [.properties([:])], as other: BusConnection? = nil
  ) async throws -> [DBusValue] {
    try await call(path, "org.bluez.GattCharacteristic1", member, arguments, as: other)
  }

  func get(_ path: String, _ interface: String, _ property: String) async throws -> DBusValue? {
    try await client.call(
      MethodCall(
        destination: "org.bluez", path: try #require(ObjectPath(path)), interface: "org.freedesktop.DBus.Properties",
        member: "Get", arguments: [.string(interface), .string(property)])
    ).first?.content
  }

  func set(_ path: String, _ interface: String, _ property: String, _ value: DBusValue) async throws {
    try await call(
      path, "org.freedesktop.DBus.Properties", "Set", [.string(interface), .string(property), .variant(value)])
  }

  /// Waits until a line that contains the text has been seen.
  func wait(for text: String, _ limit: Duration = .seconds(10)) async throws {
    let deadline = timeline.now + limit
    while !seen.all.contains(where: { $0.contains(text) }) {
      guard timeline.now < deadline else {
        Issue.record("“\(text)” was not seen in \(limit), but: \(seen.all.joined(separator: "\n"))")
        return
      }
      try await timeline.sleep(for: .milliseconds(5))
    }
  }

  /// Finds the device by a scan, and connects to it.
  func connectDevice() async throws {
    try await adapter("SetDiscoveryFilter", [.properties(["Transport": .string("le")])])
    try await adapter("StartDiscovery")
    try await wait(for: "added dev_C8_2E_47_0A_11_02")
    try await adapter("StopDiscovery")
    try await device("Connect")
    try await wait(for: "ServicesResolved=true")
  }

  private static func text(_ signal: IncomingSignal) -> String {
    let arguments = signal.arguments
    func text(_ value: DBusValue) -> String {
      switch value.content {
      case .boolean(let flag): "\(flag)"
      case .bytes(let bytes): bytes.map { String($0, radix: 16) }.joined(separator: ".")
      case .string(let text): text
      default: "…"
      }
    }
    switch signal.member {
    case "InterfacesAdded" where arguments.count == 2:
      return "added \(arguments[0].objectPath?.lastElement ?? "")"
    case "InterfacesRemoved" where arguments.count == 2:
      return "removed \(arguments[0].objectPath?.lastElement ?? "")"
    case "PropertiesChanged" where arguments.count == 3:
      let changed = (arguments[1].entries ?? []).map { "\(text($0.key))=\(text($0.value))" }
      return "\(signal.path.lastElement): \((changed + (arguments[2].strings ?? [])).joined(separator: " "))"
    default: return "\(signal.path.lastElement): \(signal.member)"
    }
  }
}
