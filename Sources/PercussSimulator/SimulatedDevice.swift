public import PercussCore
public import PercussGATT
public import PercussLink
public import PercussTime
public import PercussWire

/// A virtual device: the device's own logic and body, hosted behind a radio, with a clock of its own and controls for its operator.
///
/// ```swift
/// let device = SimulatedDevice(model: .elite, on: timeline)
/// let link = try InMemoryLink.connect(to: device, on: timeline)
/// await device.press(.shortPress)
/// await device.trace.samples                     // what the motor really did
/// ```
///
/// Everything that is known of a protocol is its firmware's, `PercussCore` behind a ``Firmware``; this is only its timer, its radio and its operator.
public actor SimulatedDevice: RadioPeripheral {
  /// What may differ from one virtual device to the next.
  public struct Configuration: Sendable {
    /// What the device says it is, on the Device Information Service.
    public var information = Information()
    /// How much faster than the timeline its clock runs, in parts per million; crystals are within ±50.
    public var driftPartsPerMillion = 0.0
    /// How long it has been switched on already, which is what its clock shows at first. An idle device switches itself off after 15 minutes.
    public var clockOffset = Duration.zero
    /// Time between two samples of the trace while the motor moves.
    public var traceInterval = Duration.milliseconds(20)
    /// How many samples the trace holds; see ``MotorTrace``.
    public var traceLimit = 200_000

    /// A device that was just switched on, with a perfect clock.
    public init() {}
  }

  /// The texts of the Device Information Service.
  public struct Information: Sendable {
    /// Manufacturer Name String.
    public var manufacturer = "Percuss"
    /// Model Number String.
    public var model = "Simulated"
    /// Serial Number String.
    public var serialNumber = "SIM-0001"
    /// Firmware Revision String.
    public var firmware = "1.0"
    /// Hardware Revision String.
    public var hardware = "virtual"

    /// The texts of a simulation.
    public init() {}
  }

  private struct Connection {
    var central: CentralID
    var port: any PeripheralPort
  }

  /// What it runs on.
  public nonisolated let timeline: any Timeline
  /// What kind of device it is.
  public nonisolated let model: SimulatedModel
  /// Its services.
  public nonisolated var profile: Profile { model.profile }

  /// Runs on the timeline.
  public nonisolated var unownedExecutor: UnownedSerialExecutor { timeline.asUnownedSerialExecutor() }

  /// What the motor did so far.
  public private(set) var trace: MotorTrace

  private let information: Information
  private var firmware: any Firmware
  private var clock: DeviceClock
  private var actions: [FirmwareAction] = []
  /// By the number under which the firmware knows the central.
  private var connections: [Connection?] = Array(repeating: nil, count: CentralNumber.limit)
  private var wakeUp: (instant: MonotonicInstant, action: ScheduledAction)?
  private var hasPower = true
  private var onPowerChange: (@Sendable (Bool) -> Void)?
  private var onIgnoredWrite: (@Sendable (_ value: [UInt8], _ reason: String) -> Void)?
  private var onStateChange: (@Sendable (MotorSample) -> Void)?
  private var toldTruth: MotorTruth?

  /// A device that is switched on, idle, with empty slots and a full battery.
  public init(model: SimulatedModel, on timeline: any Timeline, configuration: Configuration = Configuration()) {
    self.timeline = timeline
    information = configuration.information
    self.model = model
    firmware = model.firmware(information)
    let drift = (configuration.driftPartsPerMillion * 1000).rounded()
    clock = DeviceClock(
      origin: timeline.now, beginning: UInt64(clamping: configuration.clockOffset.wholeMicroseconds),
      driftPartsPerBillion: drift.magnitude <= 100_000_000 ? Int64(drift) : 0)
    trace = MotorTrace(interval: configuration.traceInterval, limit: configuration.traceLimit)
  }

  deinit { wakeUp?.action.cancel() }

  // MARK: The operator and the body

  /// The button is pressed. A device that is off is switched on by it.
  public func press(_ action: ButtonAction) { take(.button(action)) }

  /// The device is pressed against something with that force, from now on.
  public func setLoad(decinewtons: UInt16) { take(.load(decinewtons: decinewtons)) }

  /// A fault of the body.
  public func inject(_ injection: DeviceInjection) { take(.injected(injection)) }

  /// The power fails: the motor stops, nothing is sent any more, and nobody is told. Its links have to be taken off the air by whoever made
  /// them (``InMemoryLink/vanish(_:)``).
  public func cutPower() {
    take(.tick)
    guard hasPower else { return }
    hasPower = false
    wakeUp?.action.cancel()
    wakeUp = nil
    var truth = firmware.truth
    truth.speedMilliPPM = 0
    truth.setpointMilliPPM = 0
    truth.isOn = false
    note(truth)
    onPowerChange?(false)
  }

  /// The power comes back: the device is as it was when it was made, with a clock that begins at 0, and advertises. The trace goes on.
  public func restorePower() {
    guard !hasPower else { return }
    hasPower = true
    firmware = model.firmware(information)
    clock = DeviceClock(origin: timeline.now, beginning: 0, driftPartsPerBillion: clock.driftPartsPerBillion)
    connections = Array(repeating: nil, count: CentralNumber.limit)
    onPowerChange?(true)
    settle()
  }

  /// What the motor does now.
  public var truth: MotorTruth {
    if hasPower { take(.tick) }
    return hasPower ? firmware.truth : trace.samples.last?.truth ?? firmware.truth
  }

  /// How many writes a Theragun ignored since it was made: what was malformed, unknown, out of range or at the wrong time. Its centrals are not told. A
  /// Percuss device refuses such writes instead.
  public var ignoredWrites: UInt32 { firmware.ignoredWrites }

  /// What a Percuss device says of itself on the Feature characteristic; nil for one of another family.
  public var feature: DeviceFeature? {
    if case .percuss(let model) = model { DeviceCore(model: model).feature } else { nil }
  }

  /// What the device's clock shows at an instant of the timeline, in microseconds: for tests that compare clocks.
  public func deviceMicroseconds(at instant: MonotonicInstant) -> UInt64 { clock.microseconds(at: instant) }

  /// The instant of the timeline at which the device's clock shows that many microseconds.
  public func instant(ofDeviceMicroseconds microseconds: UInt64) -> MonotonicInstant { clock.instant(of: microseconds) }

  /// Calls the closure, on the timeline, when the device switches itself off (false) or is switched on (true).
  func notifyOfPower(_ closure: @escaping @Sendable (Bool) -> Void) { onPowerChange = closure }

  /// Calls the closure, on the timeline, with value and reason whenever a write was ignored.
  func notifyOfIgnoredWrites(_ closure: @escaping @Sendable (_ value: [UInt8], _ reason: String) -> Void) {
    onIgnoredWrite = closure
  }

  /// Whether it has power; ``cutPower()`` takes it for good.
  var isPowered: Bool { hasPower }

  /// How many centrals are connected.
  var connectionCount: Int { connections.count { $0 != nil } }

  /// Calls the closure, on the timeline, when the state, the faults or the power of the device have changed.
  func notifyOfState(_ closure: @escaping @Sendable (MotorSample) -> Void) { onStateChange = closure }

  /// What the motor does at this instant, with the readings of both clocks.
  var sample: MotorSample {
    let truth = truth
    return MotorSample(at: timeline.now, deviceMicroseconds: now.microseconds, truth: truth)
  }

  // MARK: The radio

  /// See ``RadioPeripheral/centralConnected(_:port:)``. A fifth central is turned away.
  public nonisolated func centralConnected(_ central: CentralID, port: any PeripheralPort) {
    assumeIsolated { device in
      guard device.hasPower, let place = device.connections.firstIndex(where: { $0 == nil }) else {
        port.disconnect()
        return
      }
      device.connections[place] = Connection(central: central, port: port)
      device.take(.connected(CentralNumber(UInt8(truncatingIfNeeded: place))))
    }
  }

  /// See ``RadioPeripheral/centralDisconnected(_:reason:)``.
  public nonisolated func centralDisconnected(_ central: CentralID, reason: DisconnectReason) {
    assumeIsolated { device in
      guard let number = device.number(of: central) else { return }
      device.connections[Int(number.rawValue)] = nil
      device.take(.disconnected(number))
    }
  }

  /// See ``RadioPeripheral/read(_:from:answer:)``. The device answers at once.
  public nonisolated func read(
    _ characteristic: BluetoothUUID, from central: CentralID,
    answer: @escaping @Sendable (Result<[UInt8], ATTError>) -> Void
  ) {
    answer(assumeIsolated { $0.value(of: characteristic, for: central) })
  }

  /// See ``RadioPeripheral/write(_:to:type:from:answer:)``. The device answers at once.
  public nonisolated func write(
    _ value: [UInt8], to characteristic: BluetoothUUID, type: WriteType, from central: CentralID,
    answer: @escaping @Sendable (ATTError?) -> Void
  ) {
    answer(assumeIsolated { $0.accept(value, for: characteristic, from: central) })
  }

  /// See ``RadioPeripheral/subscriptionChanged(_:isSubscribed:by:)``.
  public nonisolated func subscriptionChanged(
    _ characteristic: BluetoothUUID, isSubscribed: Bool, by central: CentralID
  ) {
    assumeIsolated { device in
      guard let number = device.number(of: central) else { return }
      device.take(.subscribed(number, characteristic, isSubscribed))
    }
  }

  /// See ``RadioPeripheral/indicationConfirmed(_:by:)``.
  public nonisolated func indicationConfirmed(_ characteristic: BluetoothUUID, by central: CentralID) {
    assumeIsolated { device in
      guard let number = device.number(of: central) else { return }
      device.take(.indicationConfirmed(number))
    }
  }

  private func number(of central: CentralID) -> CentralNumber? {
    connections.firstIndex { $0?.central == central }.map { CentralNumber(UInt8(truncatingIfNeeded: $0)) }
  }

  private func accept(
    _ value: [UInt8], for characteristic: BluetoothUUID, from central: CentralID
  ) -> ATTError? {
    guard hasPower, let number = number(of: central) else { return .unlikelyError }
    let now = now
    catchUp(to: now)
    let refusal = firmware.write(value, to: characteristic, from: number, at: now, into: &actions)
    settle()
    return refusal
  }

  private func value(of characteristic: BluetoothUUID, for central: CentralID) -> Result<[UInt8], ATTError> {
    guard hasPower, let number = number(of: central) else { return .failure(.unlikelyError) }
    take(.tick)
    return firmware.read(characteristic, by: number)
  }

  // MARK: The firmware

  private var now: DeviceInstant { DeviceInstant(microseconds: clock.microseconds(at: timeline.now)) }

  private func take(_ input: FirmwareInput<BluetoothUUID>) {
    guard hasPower else { return }
    let now = now
    catchUp(to: now)
    firmware.handle(input, at: now, into: &actions)
    settle()
  }

  /// How late the host may be without the device being late.
  private static let longestHold: UInt64 = 10_000_000

  /// The device keeps its times whatever holds up the host: what became due meanwhile is done now, each at its own instant by the device's clock.
  private func catchUp(to now: DeviceInstant) {
    var last: DeviceInstant?
    while let due = firmware.nextDeadline, due < now, now.microseconds - due.microseconds <= Self.longestHold,
      last.map({ $0 < due }) ?? true
    {
      last = due
      firmware.handle(.tick, at: due, into: &actions)
      carryOut()
      note(firmware.truth, at: min(timeline.now, clock.instant(of: due.microseconds)))
    }
  }

  /// Does what the firmware wants done, notes what the motor does, and sets the timer.
  private func settle() {
    carryOut()
    note(firmware.truth)
    setTimer()
  }

  private func carryOut() {
    while !actions.isEmpty {
      let list = actions
      actions.removeAll(keepingCapacity: true)
      for action in list { perform(action) }
    }
  }

  /// - Parameter instant: the timeline's, when it is not now.
  private func note(_ truth: MotorTruth, at instant: MonotonicInstant? = nil) {
    let instant = instant ?? timeline.now
    let sample = MotorSample(at: instant, deviceMicroseconds: clock.microseconds(at: instant), truth: truth)
    trace.enter(sample)
    guard let onStateChange else { return }
    let told = toldTruth
    toldTruth = truth
    guard told?.state != truth.state || told?.faults != truth.faults || told?.isOn != truth.isOn else { return }
    onStateChange(sample)
  }

  private func perform(_ action: FirmwareAction) {
    switch action {
    case .notify(let value, let characteristic, let central):
      // One that the radio has no room for is lost; a counter in it may tell the central.
      _ = port(of: central)?.notify(value, of: characteristic)
    case .indicate(let value, let characteristic, let central):
      let port = port(of: central)
      let isTaken = port?.indicate(value, of: characteristic) ?? false
      // What never leaves is never confirmed: without this the firmware would wait for ever.
      if !isTaken, port != nil { firmware.handle(.indicationConfirmed(central), at: now, into: &actions) }
    case .disconnect(let central): port(of: central)?.disconnect()
    case .ignored(let value, let reason): onIgnoredWrite?(value, reason)
    case .poweredOff: onPowerChange?(false)
    case .poweredOn:
      clock = DeviceClock(origin: timeline.now, beginning: 0, driftPartsPerBillion: clock.driftPartsPerBillion)
      onPowerChange?(true)
    }
  }

  private func port(of central: CentralNumber) -> (any PeripheralPort)? {
    let place = Int(central.rawValue)
    return connections.indices.contains(place) ? connections[place]?.port : nil
  }

  private func setTimer() {
    var next = firmware.nextDeadline.map { clock.instant(of: $0.microseconds) }
    let truth = firmware.truth
    if truth.speedMilliPPM > 0 || truth.setpointMilliPPM > 0 {
      let sampling = timeline.now.advanced(by: trace.interval)
      next = min(next ?? sampling, sampling)
    }
    guard next != wakeUp?.instant else { return }
    wakeUp?.action.cancel()
    wakeUp = next.map { instant in
      (instant, timeline.schedule(at: instant) { [weak self] in self?.assumeIsolated { $0.wake() } })
    }
  }

  private func wake() {
    wakeUp = nil
    take(.tick)
  }
}
