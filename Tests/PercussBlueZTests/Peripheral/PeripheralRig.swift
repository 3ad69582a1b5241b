import PercussBlueZ
import PercussCore
import PercussDBus
import PercussGATT
import PercussLink
import PercussSimulator
import PercussTime
import Synchronization
import Testing

/// A private bus with an emulated bluetoothd: hci0 is the central's adapter, hci1 the peripheral's.
final class PeripheralRig: Sendable {
  let bus: PrivateBus
  let timeline = RealTimeline(name: "peripheral-test")
  /// What the peripheral has told.
  let log = PeripheralEventLog()
  private let name = Mutex("")

  init() throws {
    bus = try PrivateBus.start()
  }

  deinit {
    timeline.shutDown()
    bus.stop()
  }

  static let centralAddress = BluetoothAddress(rawValue: 0x00AA_0100_0000)
  static let peripheralAddress = BluetoothAddress(rawValue: 0x00AA_0100_0001)

  static let root = BlueZPeripheral.Configuration(name: nil, services: []).root
  static let application = root.appending("application")

  /// The name of the peripheral's connection.
  var peripheralName: String { name.withLock { $0 } }

  func connect() async throws -> BusConnection {
    try await BusConnection.open(bus.address, on: timeline, timeout: .seconds(20))
  }

  /// Starts bluetoothd, with as many adapters.
  func startDaemon(adapters: Int = 2, air: EmulatedAir? = nil) async throws -> EmulatedBlueZ {
    var configuration = EmulatedBlueZ.Configuration()
    configuration.adapters = (0..<adapters).map { EmulatedAdapter(name: "hci\($0)") }
    return try await EmulatedBlueZ.start(on: try await connect(), air: air, configuration: configuration)
  }

  /// Offers a peripheral on hci1, over a connection of its own unless told which.
  func offer(
    _ peripheral: any RadioPeripheral, over given: BusConnection? = nil,
    _ configure: (inout BlueZPeripheral.Configuration) -> Void = { _ in }
  ) async throws -> BlueZPeripheral {
    var configuration = BlueZPeripheral.Configuration(name: "Percuss Elite 0001", services: [.percussService])
    configuration.adapter = .name("hci1")
    configure(&configuration)
    let connection: BusConnection
    if let given { connection = given } else { connection = try await connect() }
    name.withLock { $0 = connection.uniqueName }
    return try await BlueZPeripheral.start(
      peripheral, over: connection, configuration: configuration, onEvent: { [log] in log.add($0) })
  }

  /// Runs on the timeline, for at most that long.
  func run(
    within limit: Duration = .seconds(60), _ operation: @escaping @Sendable () async throws -> Void
  ) async throws {
    try await timeline.run { [timeline] in
      try await withTimeout(limit, on: timeline, waitingFor: "the end of the test", operation)
    }
  }
}

/// Waits until the condition holds; for what no event tells.
func eventually(
  _ what: String, on timeline: RealTimeline, within limit: Duration = .seconds(20),
  _ condition: @escaping @Sendable () async throws -> Bool
) async throws {
  try await withTimeout(limit, on: timeline, waitingFor: what) {
    while try await !condition() { try await timeline.sleep(for: .milliseconds(5)) }
  }
}
