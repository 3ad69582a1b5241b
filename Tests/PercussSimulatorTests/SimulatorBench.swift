import PercussBlueZ
import PercussClient
import PercussDBus
import PercussLink
import PercussTime
import Synchronization
import Testing

@testable import PercussSimulator

/// A simulator on a private bus, and a client of its control interface.
final class SimulatorBench: Sendable {
  let bus: PrivateBus
  let timeline = RealTimeline(name: "simulator-test")
  let simulator: Simulator
  let client: BusConnection
  let notes: NoteList

  final class NoteList: Sendable {
    private let list = Mutex([String]())

    func add(_ note: SimulatorNote) { list.withLock { $0.append(note.message) } }
    var messages: [String] { list.withLock { $0 } }
  }

  static let root = ControlInterface.root

  init(_ configuration: SimulatorConfiguration = .init(deviceCount: 1, seed: 0)) async throws {
    let bus = try PrivateBus.start()
    let notes = NoteList()
    self.bus = bus
    self.notes = notes
    simulator = try await Simulator.start(configuration, on: bus.address, timeline: timeline) { notes.add($0) }
    client = try await BusConnection.open(bus.address, on: timeline, timeout: .seconds(20))
  }

  deinit {
    timeline.shutDown()
    bus.stop()
  }

  /// Calls a method of the simulator.
  @discardableResult
  func call(_ member: String, _ arguments: DBusValue...) async throws -> [DBusValue] {
    try await call(Self.root, ControlInterface.simulator, member, arguments)
  }

  /// Calls a method of a device; the first one unless told otherwise.
  @discardableResult
  func device(_ member: String, _ arguments: DBusValue..., of address: BluetoothAddress? = nil) async throws
    -> [DBusValue]
  {
    try await call(try await path(address), ControlInterface.device, member, arguments)
  }

  /// A property of a device.
  func property(_ name: String, of address: BluetoothAddress? = nil) async throws -> DBusValue {
    let values = try await call(
      try await path(address), "org.freedesktop.DBus.Properties", "Get",
      [.string(ControlInterface.device), .string(name)])
    return try #require(values.first).content
  }

  /// A property of the simulator.
  func simulatorProperty(_ name: String) async throws -> DBusValue {
    let values = try await call(
      Self.root, "org.freedesktop.DBus.Properties", "Get", [.string(ControlInterface.simulator), .string(name)])
    return try #require(values.first).content
  }

  func call(
    _ path: ObjectPath, _ interface: String, _ member: String, _ arguments: [DBusValue],
    destination: String = ControlInterface.busName
  ) async throws -> [DBusValue] {
    try await client.call(
      MethodCall(
        destination: destination, path: path, interface: interface, member: member, arguments: arguments),
      timeout: .seconds(20))
  }

  /// What the call was refused with.
  func refusal(of body: () async throws -> Void) async throws -> (name: String, message: String) {
    do {
      try await body()
    } catch DBusFailure.refused(let name, let message) {
      return (name, message)
    }
    throw NotRefused()
  }

  struct NotRefused: Error {}

  private func path(_ address: BluetoothAddress?) async throws -> ObjectPath {
    let first = await simulator.deviceList.first?.address
    return DeviceObject.path(of: try #require(address ?? first))
  }

  /// The first device, connected as a central has it.
  func connect() async throws -> Device {
    let device = try #require(await simulator.devices.values.first).device
    let timeline = timeline
    return try await timeline.run {
      try await Device.connect(over: try InMemoryLink.connect(to: device, on: timeline))
    }
  }

  /// Waits until the condition holds, at most ten seconds.
  func until(_ what: String, _ condition: () async throws -> Bool) async throws {
    let deadline = timeline.now.advanced(by: .seconds(10))
    while timeline.now < deadline {
      if try await condition() { return }
      try await timeline.sleep(for: .milliseconds(20))
    }
    Issue.record("not within ten seconds: \(what)")
  }
}
