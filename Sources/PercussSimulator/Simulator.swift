public import PercussBlueZ
public import PercussCapture
internal import PercussCore
public import PercussDBus
public import PercussTime
internal import PercussWire

/// Virtual devices on a bus, whole: what `percussd` and `percuss shell` run.
///
/// ```swift
/// let bus = try PrivateBus.start()
/// let simulator = try await Simulator.start(SimulatorConfiguration(deviceCount: 1, seed: 0), on: bus.address, timeline: timeline)
/// // any BlueZ client with DBUS_SYSTEM_BUS_ADDRESS=\(bus.address) finds the device; org.percuss.Simulator controls it
/// await simulator.stop()
/// ```
///
/// The devices are on an ``EmulatedAir`` and reached through an ``EmulatedBlueZ``, which has the name `org.bluez` on one connection; the control interface
/// (`Control/README.md`) has `org.percuss.Simulator` on another. Everything runs on one timeline.
public actor Simulator {
  /// The version of this library.
  public static let version = "0.1.0"

  /// What everything runs on.
  public nonisolated let timeline: RealTimeline
  /// Decides over all chance.
  public nonisolated let seed: UInt64
  /// Runs on the timeline.
  public nonisolated var unownedExecutor: UnownedSerialExecutor { timeline.asUnownedSerialExecutor() }

  /// A device with what belongs to it.
  struct Hosted {
    let name: String
    let configuration: SimulatorConfiguration.Device
    let device: SimulatedDevice
    var hand: SimulatedHand?
    var faults: AirFaults
  }

  /// How a simulator came to its end.
  public enum End: Sendable, Equatable {
    /// ``stop()`` was called.
    case stopped
    /// The connection to the bus ended by itself.
    case busLost
  }

  var devices: [BluetoothAddress: Hosted] = [:]
  var stage: Stage?
  private var numbering: DeviceNumbering
  private var control: ControlService?
  private let log: @Sendable (SimulatorNote) -> Void
  private var end: End?
  private var isEnding = false
  private var waiting: [CheckedContinuation<End, Never>] = []

  // MARK: Beginning and end

  /// Emulates `org.bluez` on the bus with the devices of the configuration.
  ///
  /// - Parameters:
  ///   - recording: takes what goes over the links of all devices.
  ///   - log: is told what happens, on the timeline; it must not block.
  public static func start(
    _ configuration: SimulatorConfiguration, on address: BusAddress, timeline: RealTimeline,
    recording: CaptureRecording? = nil, log: @escaping @Sendable (SimulatorNote) -> Void = { _ in }
  ) async throws(SimulatorError) -> Simulator {
    let simulator = Simulator(configuration, timeline: timeline, log: log)
    try await simulator.begin(configuration, on: address) { () throws(SimulatorError) in
      try await Stage.emulation(of: configuration, recordedIn: recording, on: address, timeline: timeline)
    }
    return simulator
  }

  /// Offers the one device of the configuration on an adapter, through the bluetoothd of the bus. Its address is the adapter's, whatever the
  /// configuration says; radio, adapters and quirks of the configuration have no meaning. Where it says how the device pairs, the device becomes the
  /// machine's default pairing agent, and answers for itself alone.
  ///
  /// - Throws: ``SimulatorError/oneDevice(_:)`` when there is not exactly one; ``SimulatorError/pairingNumber(_:)``; what is missing of bus, bluetoothd and
  ///   adapter, after 5 s.
  public static func start(
    _ configuration: SimulatorConfiguration, onAdapter adapter: AdapterSelection, of address: BusAddress,
    timeline: RealTimeline, recording: CaptureRecording? = nil,
    log: @escaping @Sendable (SimulatorNote) -> Void = { _ in }
  ) async throws(SimulatorError) -> Simulator {
    guard configuration.devices.count == 1 else { throw .oneDevice(configuration.devices.count) }
    let simulator = Simulator(configuration, timeline: timeline, log: log)
    try await simulator.begin(configuration, on: address) { () throws(SimulatorError) in
      guard let hosted = await simulator.devices.first?.value else { throw .oneDevice(0) }
      return try await Stage.adapter(
        adapter, offering: hosted, recordedIn: recording, seed: configuration.seed, on: address, timeline: timeline
      ) { event in simulator.note(.info, "\(event)") }
    }
    return simulator
  }

  private init(
    _ configuration: SimulatorConfiguration, timeline: RealTimeline, log: @escaping @Sendable (SimulatorNote) -> Void
  ) {
    self.timeline = timeline
    self.log = log
    seed = configuration.seed
    numbering = DeviceNumbering(seed: configuration.seed)
  }

  private func begin(
    _ configuration: SimulatorConfiguration, on address: BusAddress,
    _ setUp: () async throws(SimulatorError) -> Stage
  ) async throws(SimulatorError) {
    for device in configuration.devices { place(numbering.complete(device, among: devices.keys)) }
    do throws(SimulatorError) {
      let stage = try await setUp()
      self.stage = stage
      for (address, hosted) in devices { stage.place(hosted, at: address) }
      if configuration.offersControl { control = try await ControlService.start(self, on: address) }
    } catch {
      await dismantle()
      throw error
    }
    for bus in [stage?.bus, control?.bus].compactMap(\.self) {
      await bus.onEnd { [weak self] in self?.assumeIsolated { $0.busEnded() } }
    }
  }

  /// Stops every motor, waits at most a second until it is at rest, and takes everything off the bus.
  public func stop() async {
    guard !isEnding else { return }
    isEnding = true
    await haltMotors()
    await dismantle()
    finish(.stopped)
  }

  /// Waits for the end.
  public func waitForEnd() async -> End {
    if let end { return end }
    return await withCheckedContinuation { waiting.append($0) }
  }

  private func busEnded() {
    guard !isEnding else { return }
    isEnding = true
    note(.error, "the connection to the bus has ended; stopping every motor")
    timeline.start { [self] in
      await haltMotors()
      await dismantle()
      await finish(.busLost)
    }
  }

  private func finish(_ end: End) {
    self.end = end
    for continuation in waiting { continuation.resume(returning: end) }
    waiting = []
  }

  /// Has every device switch itself off, as a long press of the button does, and waits until each motor rests.
  private func haltMotors() async {
    for (_, hosted) in devices { await hosted.device.press(.longPress) }
    let deadline = timeline.now.advanced(by: .seconds(1))
    while turning > 0, timeline.now < deadline { try? await timeline.sleep(for: .milliseconds(10)) }
    if turning > 0 {
      note(.error, "motors still turn after a second; their power is cut", [("count", "\(turning)")])
      for (_, hosted) in devices { await hosted.device.cutPower() }
    }
  }

  private var turning: Int {
    devices.values.count { hosted in hosted.device.assumeIsolated { $0.truth.speedMilliPPM > 0 } }
  }

  private func dismantle() async {
    await control?.stop()
    control = nil
    await stage?.stop()
    stage = nil
  }

  /// Tells of something that happened.
  nonisolated func note(_ level: SimulatorNote.Level, _ message: String, _ details: [(String, String)] = []) {
    log(SimulatorNote(level: level, message: message, details: details))
  }
}

// MARK: Devices

extension Simulator {
  /// What its devices advertise and where, in the order of their addresses.
  public var deviceList: [(address: BluetoothAddress, name: String)] {
    devices.sorted { $0.key < $1.key }.map { ($0.key, $0.value.name) }
  }

  /// Adds a device; it advertises at once.
  func add(_ configuration: SimulatorConfiguration.Device) throws(DBusErrorReply) -> BluetoothAddress {
    guard devices.count < SimulatorConfiguration.deviceLimit else {
      throw DBusErrorReply(
        ControlInterface.ErrorName.exists, "there are \(devices.count) devices already; remove one first")
    }
    if let address = configuration.address, devices[address] != nil {
      throw DBusErrorReply(ControlInterface.ErrorName.exists, "there is a device with the address \(address) already")
    }
    let complete = numbering.complete(configuration, among: devices.keys)
    let address = place(complete)
    control?.assumeIsolated { $0.added(address) }
    return address
  }

  /// Takes a device away without a word, as when its power fails.
  func remove(_ address: BluetoothAddress) {
    guard let hosted = devices[address] else { return }
    hosted.device.assumeIsolated { $0.cutPower() }
    stage?.remove(address)
    devices[address] = nil
    control?.assumeIsolated { $0.removed(address) }
    note(.info, "device removed", [("address", "\(address)"), ("name", hosted.name)])
  }

  @discardableResult
  private func place(_ configuration: DeviceNumbering.Complete) -> BluetoothAddress {
    let device = makeDevice(configuration)
    let hosted = Hosted(
      name: configuration.name, configuration: configuration.device, device: device, hand: nil,
      faults: configuration.device.faults)
    devices[configuration.address] = hosted
    stage?.place(hosted, at: configuration.address)
    if configuration.device.hasHand { setHand(true, of: configuration.address) }
    note(
      .info, "device added",
      [
        ("address", "\(configuration.address)"), ("name", configuration.name),
        ("model", configuration.device.model),
      ])
    return configuration.address
  }

  private func makeDevice(_ configuration: DeviceNumbering.Complete) -> SimulatedDevice {
    var settings = SimulatedDevice.Configuration()
    settings.information.model = "Percuss virtual \(configuration.device.model)"
    settings.information.serialNumber = "SIM-\(configuration.address.pathElement)"
    settings.driftPartsPerMillion = configuration.device.clockDriftPartsPerMillion
    // All traces together stay below 200 MB or so, whatever the number of devices.
    settings.traceLimit = max(4000, min(100_000, 4_000_000 / (devices.count + 1)))
    let device = SimulatedDevice(
      model: configuration.device.kind, on: timeline, configuration: settings)
    let address = configuration.address
    device.assumeIsolated { isolated in
      if let percent = configuration.device.batteryPercent { isolated.inject(.battery(percent: percent)) }
      if let degrees = configuration.device.temperatureDecidegrees {
        isolated.inject(.temperature(decidegrees: degrees))
      }
      if configuration.device.isMotorStuck { isolated.inject(.motorStuck(true)) }
      isolated.notifyOfPower { [weak self] isOn in
        self?.assumeIsolated { $0.powerChanged(isOn, of: address) }
      }
      isolated.notifyOfIgnoredWrites { [weak self] value, reason in
        self?.note(
          .info, "write ignored by the device",
          [("address", "\(address)"), ("bytes", Self.beginning(of: value)), ("reason", reason)])
      }
      isolated.notifyOfState { [weak self] sample in
        self?.assumeIsolated { $0.stateChanged(sample, of: address) }
      }
    }
    return device
  }

  /// As in `aa 10 10 00`, the first twenty bytes.
  private static func beginning(of value: [UInt8]) -> String {
    value.prefix(20).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
      + (value.count > 20 ? " and \(value.count - 20) more" : "")
  }

  private func powerChanged(_ isOn: Bool, of address: BluetoothAddress) {
    note(.info, isOn ? "device switched on" : "device switched off", [("address", "\(address)")])
    guard let hosted = devices[address] else { return }
    // Whoever had lost its power is no longer there to be switched on.
    if isOn { stage?.place(hosted, at: address) } else { stage?.setAdvertising(false, of: address) }
  }

  private func stateChanged(_ sample: MotorSample, of address: BluetoothAddress) {
    note(
      .debug, "device state",
      [
        ("address", "\(address)"), ("state", "\(sample.truth.state)"),
        ("faults", DeviceObject.names(of: sample.truth.faults).joined(separator: ",")),
      ])
    control?.assumeIsolated { $0.changed(address, sample.truth) }
  }

  // MARK: What the control interface asks for

  func setHand(_ isOn: Bool, of address: BluetoothAddress) {
    guard let hosted = devices[address], isOn != (hosted.hand != nil) else { return }
    guard isOn else {
      devices[address]?.hand = nil
      return hosted.device.assumeIsolated { $0.setLoad(decinewtons: 0) }
    }
    let hand = SimulatedHand(on: hosted.device, seed: seed ^ address.rawValue)
    hand.assumeIsolated { $0.begin() }
    devices[address]?.hand = hand
  }

  func cutPower(of address: BluetoothAddress) {
    devices[address]?.device.assumeIsolated { $0.cutPower() }
    // Without a word: its centrals notice by the supervision timeout.
    stage?.remove(address)
    note(.info, "power cut", [("address", "\(address)")])
  }

  /// The device is as it was when it was switched on for the first time.
  func restorePower(of address: BluetoothAddress) {
    devices[address]?.device.assumeIsolated { $0.restorePower() }
    note(.info, "power restored", [("address", "\(address)")])
  }

  func setFaults(_ faults: AirFaults, of address: BluetoothAddress) {
    devices[address]?.faults = faults
    stage?.setFaults(faults, of: address)
    note(.info, "faults of the air set", [("address", "\(address)")])
  }

  func disconnect(_ address: BluetoothAddress) {
    stage?.disconnect(address)
    note(.info, "links ended by the device", [("address", "\(address)")])
  }

  func setAdvertising(_ isOn: Bool, of address: BluetoothAddress) {
    stage?.setAdvertising(isOn, of: address)
    note(.info, isOn ? "advertises" : "advertises no longer", [("address", "\(address)")])
  }
}
