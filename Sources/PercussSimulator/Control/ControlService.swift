internal import PercussBlueZ
internal import PercussCore
internal import PercussDBus
internal import PercussTime
internal import PercussWire

/// The control interface on the bus: owns `org.percuss.Simulator`, and shows an object for the simulator and one for each device.
actor ControlService {
  nonisolated let bus: BusConnection
  private nonisolated let timeline: RealTimeline
  nonisolated var unownedExecutor: UnownedSerialExecutor { timeline.asUnownedSerialExecutor() }

  /// The simulator holds the service. Nil when it has been dropped.
  private weak let simulator: Simulator?
  private var isStopped = false

  /// Shows the simulator and its devices, then takes the name.
  static func start(_ simulator: Simulator, on address: BusAddress) async throws(SimulatorError) -> ControlService {
    try await OwnedName.own(ControlInterface.busName, on: address, timeline: simulator.timeline) {
      bus throws(DBusFailure) in
      let service = ControlService(simulator, bus)
      try await service.begin(simulator)
      return service
    }
  }

  private init(_ simulator: Simulator, _ bus: BusConnection) {
    self.simulator = simulator
    self.bus = bus
    timeline = simulator.timeline
  }

  private func begin(_ simulator: Simulator) async throws(DBusFailure) {
    try await bus.export(SimulatorObject(of: simulator), at: ControlInterface.root)
    await bus.exportObjectManager(at: ControlInterface.root)
    for address in await simulator.devices.keys.sorted() {
      try await bus.export(DeviceObject(address, of: simulator), at: DeviceObject.path(of: address))
    }
    guard try await bus.requestName(ControlInterface.busName) == .owner else {
      throw .refused(name: "org.freedesktop.DBus.Error.NameHasOwner", message: "the name has an owner")
    }
  }

  /// Takes everything off the bus.
  func stop() async {
    isStopped = true
    for address in await simulator?.devices.keys.sorted() ?? [] { takeAway(address) }
    try? await bus.releaseName(ControlInterface.busName)
    await bus.close()
  }

  // MARK: What the simulator tells

  func added(_ address: BluetoothAddress) {
    guard !isStopped, let simulator else { return }
    let object = DeviceObject(address, of: simulator)
    let path = DeviceObject.path(of: address)
    bus.assumeIsolated { bus in
      // A bus that is gone tells so by itself.
      try? bus.export(object, at: path)
      try? bus.announce(path, under: ControlInterface.root)
    }
    devicesChanged()
  }

  func removed(_ address: BluetoothAddress) {
    guard !isStopped else { return }
    takeAway(address)
    devicesChanged()
  }

  func changed(_ address: BluetoothAddress, _ truth: MotorTruth) {
    guard !isStopped else { return }
    let path = DeviceObject.path(of: address)
    bus.assumeIsolated { bus in
      try? bus.emitPropertiesChanged(
        path, interface: ControlInterface.device,
        changed: [
          "On": .boolean(truth.isOn), "State": .string(truth.state.description),
          "Faults": .strings(DeviceObject.names(of: truth.faults)),
        ])
    }
  }

  private func takeAway(_ address: BluetoothAddress) {
    let path = DeviceObject.path(of: address)
    bus.assumeIsolated { bus in
      try? bus.announceRemoval(of: path, interfaces: [ControlInterface.device], under: ControlInterface.root)
      bus.unexport(path)
    }
  }

  private func devicesChanged() {
    let paths = simulator?.assumeIsolated { $0.devices.keys.sorted().map { DeviceObject.path(of: $0) } } ?? []
    bus.assumeIsolated { bus in
      try? bus.emitPropertiesChanged(
        ControlInterface.root, interface: ControlInterface.simulator,
        changed: ["Devices": .array(paths.map { .objectPath($0) }, of: .objectPath)])
    }
  }
}
