import Glibc
import PercussBlueZ
import PercussClient
import PercussCore
import PercussDBus
import PercussGATT
import PercussLink
import PercussTime
import Synchronization
import Testing

@testable import PercussSimulator

/// A private bus with an emulated bluetoothd on a thread of its own, as another process would be, and room for centrals on another.
actor EmulationBench {
  nonisolated let timeline: RealTimeline
  nonisolated let host: RealTimeline
  private nonisolated let currentBus: Mutex<PrivateBus>
  /// Where it listens, also the next one.
  private nonisolated let socket: String
  nonisolated let air: EmulatedAir
  nonisolated let device: SimulatedDevice
  nonisolated var unownedExecutor: UnownedSerialExecutor { host.asUnownedSerialExecutor() }

  static let deviceAddress = BluetoothAddress(rawValue: 0xC82E_470A_1102)
  static let deviceName = "Percuss Elite 0001"
  static let id = DiscoveredDevice.ID(deviceAddress.description)

  private(set) var emulation: EmulatedBlueZ?
  private var configuration = EmulatedBlueZ.Configuration()

  nonisolated var bus: PrivateBus { currentBus.withLock { $0 } }

  private nonisolated let stalls = StallWatch()

  private init(_ bus: PrivateBus, at socket: String, radio: RadioParameters) {
    currentBus = Mutex(bus)
    self.socket = socket
    timeline = RealTimeline(name: "central-test")
    host = RealTimeline(name: "emulation-test")
    air = EmulatedAir(timeline: host, parameters: radio, seed: 1)
    device = SimulatedDevice(model: .elite, on: host)
  }

  /// Runs the test with a bench, and clears away.
  static func run(
    _ quirks: EmulationQuirks = EmulationQuirks(), radio: RadioParameters = fastRadio,
    startsDaemon: Bool = true, _ test: @escaping @Sendable (EmulationBench) async throws -> Void
  ) async throws {
    var folder = Array("/tmp/percuss-central.XXXXXX\0".utf8CString)
    let made = try #require(mkdtemp(&folder))
    let path = String(cString: made)
    defer { rmdir(path) }
    let bus = try PrivateBus.start(socket: "\(path)/bus")
    let bench = EmulationBench(bus, at: "\(path)/bus", radio: radio)
    defer {
      bench.stalls.stop()
      bench.timeline.shutDown()
      bench.host.shutDown()
      bench.bus.stop()
    }
    let result: Result<Void, any Error>
    do {
      try await bench.host.run { try await bench.begin(quirks, startsDaemon: startsDaemon) }
      try await bench.timeline.run {
        try await withTimeout(.seconds(120), on: bench.timeline, waitingFor: "the test to end") {
          try await test(bench)
        }
      }
      result = .success(())
    } catch {
      result = .failure(error)
    }
    try await bench.host.run { await bench.stop() }
    try result.get()
  }

  static var fastRadio: RadioParameters {
    var radio = RadioParameters()
    radio.interval = .microseconds(7_500)
    radio.supervisionTimeout = .milliseconds(600)
    return radio
  }

  private func begin(_ quirks: EmulationQuirks, startsDaemon: Bool) async throws {
    configuration.quirks = quirks
    await air.place(
      device,
      as: AirAdvertisement(address: Self.deviceAddress, name: Self.deviceName, services: [.percussService]))
    if startsDaemon { try await start() }
  }

  /// Starts bluetoothd, on a connection to the bus of its own.
  func start() async throws {
    let connection = try await BusConnection.open(bus.address, on: host, timeout: .seconds(20))
    emulation = try await EmulatedBlueZ.start(on: connection, air: air, configuration: configuration)
  }

  func stop() async {
    guard let emulation = emulation.take() else { return }
    await emulation.stop()
    await emulation.bus.close()
  }

  /// Ends it without a word.
  func kill() async {
    await emulation.take()?.kill()
  }

  /// Ends it together with its bus, as when percussd is killed.
  func killWithBus() async {
    bus.stop()
    await kill()
  }

  /// Starts it again with a bus at the same place.
  func startWithBus() async throws {
    let bus = try PrivateBus.start(socket: socket)
    currentBus.withLock { $0 = bus }
    try await start()
  }

  func setQuirks(_ quirks: EmulationQuirks) async {
    configuration.quirks = quirks
    await emulation?.setQuirks(quirks)
  }

  func setPower(_ isOn: Bool) async { await emulation?.setPower(isOn, ofAdapter: "hci0") }

  func removeAdapter() async { await emulation?.removeAdapter("hci0") }

  func addAdapter() async { await emulation?.addAdapter(EmulatedAdapter()) }

  func setAdvertising(_ isOn: Bool) async { await air.setAdvertising(isOn, of: Self.deviceAddress) }

  /// Takes the device off the air without a word.
  func cutPower() async { await air.remove(Self.deviceAddress) }

  // MARK: The air

  /// What goes wrong with the device's values from now on.
  func setFaults(_ change: @Sendable (inout AirFaults) -> Void) async {
    var faults = AirFaults()
    change(&faults)
    await air.setFaults(faults, of: Self.deviceAddress)
  }

  /// What of the device needs a pairing, and how it pairs.
  func secure(_ characteristics: Set<BluetoothUUID>, _ pairing: PairingBehaviour = .justWorks) async {
    await air.secure(characteristics, of: Self.deviceAddress, pairing: pairing)
  }

  /// Neither end hears the other for that long.
  func beginOutage(_ duration: Duration) async { await air.disturb(Self.deviceAddress, .outage, for: duration) }

  /// The device ends its links.
  func disconnectFromDevice() async { await air.disconnect(Self.deviceAddress) }

  /// Puts another device into the place of ours, or ours again. Connected or not, it is as a device with new firmware.
  func replaceDevice(by other: (any RadioPeripheral)?) async {
    await air.place(
      other ?? device,
      as: AirAdvertisement(address: Self.deviceAddress, name: Self.deviceName, services: [.percussService]))
  }

  /// How many commands bluetoothd has queued for the device.
  func queuedCommands() async -> Int {
    await emulation?.daemon.adapters.first?.devices[Self.deviceAddress]?.queuedCommands ?? 0
  }

  // MARK: Clients

  /// A connection to the bus, as another program has one.
  nonisolated func anotherProgram() async throws -> BusConnection {
    try await BusConnection.open(bus.address, on: timeline, timeout: .seconds(20))
  }

  /// Another program that uses the device too.
  nonisolated func anotherCentral() async throws -> RawCentral {
    try await RawCentral.connect(over: try await anotherProgram(), device: Self.deviceAddress)
  }

  /// A central, connected to the bus.
  nonisolated func central(_ adapter: AdapterSelection = .default) async throws -> BlueZCentral {
    try await BlueZCentral.open(bus: bus.address, adapter: adapter, on: timeline)
  }

  nonisolated func connect(_ central: BlueZCentral, timeout: Duration = .seconds(15)) async throws -> BlueZLink {
    try #require(try await central.connect(to: Self.id, timeout: timeout) as? BlueZLink)
  }

  /// Whether a loss was noticed within a second, by requirement. What the machine itself stood still does not count.
  nonisolated func expectNoticed(
    since loss: MonotonicInstant, at instant: MonotonicInstant? = nil, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let elapsed = loss.duration(to: instant ?? timeline.now)
    #expect(elapsed - stalls.duration(since: loss) < .seconds(1), sourceLocation: sourceLocation)
  }

  /// How long something takes.
  nonisolated func measure(_ operation: () async throws -> Void) async rethrows -> Duration {
    let begin = timeline.now
    try await operation()
    return begin.duration(to: timeline.now)
  }
}

/// Notes when the machine stands still, as virtual ones do: a thread of its own then wakes up late.
final class StallWatch: Sendable {
  private let timeline = RealTimeline(name: "stall-watch")
  private let stalls = Mutex<[(end: MonotonicInstant, lateness: Duration)]>([])

  /// Watches until ``stop()``.
  init() {
    timeline.start { [self] in
      while true {
        let due = timeline.now.advanced(by: .milliseconds(20))
        try await timeline.sleep(for: .milliseconds(20))
        let now = timeline.now
        let lateness = due.duration(to: now)
        if lateness > .milliseconds(50) { stalls.withLock { $0.append((now, lateness)) } }
      }
    }
  }

  func stop() { timeline.shutDown() }

  func duration(since instant: MonotonicInstant) -> Duration {
    stalls.withLock { $0.filter { $0.end > instant }.reduce(.zero) { $0 + $1.lateness } }
  }
}

/// Collects what comes from a link.
actor EventLog {
  private(set) var events: [LinkEvent] = []
  private(set) var end: (reason: DisconnectReason, at: MonotonicInstant)?
  private(set) var isFinished = false
  nonisolated let timeline: RealTimeline
  nonisolated var unownedExecutor: UnownedSerialExecutor { timeline.asUnownedSerialExecutor() }

  init(of link: BlueZLink, on timeline: RealTimeline) {
    self.timeline = timeline
    timeline.start {
      for await batch in link.events { await self.take(batch) }
      await self.finish()
    }
  }

  private func take(_ batch: [LinkEvent]) {
    events += batch
    for case .disconnected(let reason) in batch { end = (reason, timeline.now) }
  }

  private func finish() { isFinished = true }

  func values(of uuid: BluetoothUUID) -> [[UInt8]] {
    events.compactMap { if case .value(uuid, let value, at: _) = $0 { value } else { nil } }
  }

  /// Waits until the condition holds, at most that long.
  func wait(_ limit: Duration = .seconds(5), until condition: @Sendable (isolated EventLog) -> Bool) async throws {
    let deadline = timeline.now.advanced(by: limit)
    while !condition(self) {
      guard timeline.now < deadline else {
        throw TimeoutError(waitingFor: "an event; there were \(events.count)", after: limit)
      }
      try await timeline.sleep(for: .milliseconds(5))
    }
  }
}
