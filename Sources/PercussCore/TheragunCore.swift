internal import PercussWire

/// The firmware of a Theragun of the fourth generation, as far as its protocol is public, over the body of the virtual device.
///
/// Unofficial, made for interoperability: the frames follow what others found out by reverse engineering (the Buttplug project's device
/// documentation), and were not tried on hardware. What is not public is chosen here, and said where it is.
///
/// ```swift
/// var device = TheragunCore(model: .elite)
/// var actions = TheragunActions()
/// device.handle(.connected(phone), at: now, into: &actions)
/// device.write([0xAA, 0x70, 0x01, 0x03, 0x09, 0x60, 0x03], from: phone, at: now, into: &actions)   // 2400 RPM
/// ```
/// As with `DeviceCore` everything enters with the instant of the device's clock, and what shall be done comes out as actions; it reads no clock, and
/// nothing that is written to it traps.
///
/// Chosen, because it is not public:
/// - What it cannot read (a wrong checksum or length, an unknown request), and a speed above its highest one, it ignores: nothing is refused, as with most
///   such firmware, and nothing is clamped. Each is counted, and told as an action to whoever hosts it.
/// - It has no lease: whoever writes is obeyed, up to four at once. What happens when the last of them is gone is a `LinkLossBehaviour`.
/// - A status tells the speed at which the motor turns, and that it runs until it is at rest; the bytes whose meaning is not public are 0.
/// - A fault of the body stops the motor; a new speed clears it once its cause is gone. At rest for 15 minutes without a request it switches itself off.
///   A short press of the button stops the motor, a long one also switches off; the next one switches on. Nothing starts by itself.
public struct TheragunCore: Sendable {
  /// Hundreds, tens and ones of the version that the firmware tells: 1.0.0.
  static let version: UInt16 = 100

  private let model: TheragunModel
  private let linkLoss: LinkLossBehaviour
  private let autoOffMilliseconds: UInt64
  private var body: MotorBody
  /// One place for each central that may be connected: whether it is subscribed.
  private var centrals: [Bool?] = Array(repeating: nil, count: CentralNumber.limit)

  private var now = DeviceInstant.zero
  private var isOn = true
  private var state = DeviceState.idle
  private var faults: DeviceFaults = []
  private var idleSince = DeviceInstant.zero
  private var isSwitchingOff = false

  /// How many writes it ignored since it was made.
  public private(set) var ignoredWrites: UInt32 = 0

  /// The next instant at which a decision is due: the caller gives a `.tick` then. Nil when nothing is due by itself.
  public private(set) var nextDeadline: DeviceInstant?

  /// A device that was just switched on: idle, charged, at room temperature.
  public init(model: TheragunModel, linkLoss: LinkLossBehaviour = .keepsRunning) {
    self.model = model
    self.linkLoss = linkLoss
    let body = model.body
    autoOffMilliseconds = UInt64(body.autoOffMilliseconds)
    self.body = MotorBody(model: body)
    nextDeadline = earliestDeadline()
  }

  /// What the motor really does, as of the last call: without steps, without a holder of control, and without a force limit.
  public var truth: MotorTruth {
    MotorTruth(
      speedMilliPPM: body.speed, setpointMilliPPM: body.setpoint, permittedMilliPPM: body.permitted,
      forceDecinewtons: UInt16(clamping: body.load), forceLimitDecinewtons: 0,
      temperatureDecidegrees: body.heat.decidegrees, batteryPercent: body.battery.percent, state: state,
      faults: faults, step: WireConstants.noStep, holder: nil, isOn: isOn)
  }

  /// Takes in what happened.
  ///
  /// - Parameters:
  ///   - input: what happened.
  ///   - instant: when, by the device's clock; one before the last counts as that one.
  ///   - actions: what the device wants done is appended.
  public mutating func handle(_ input: TheragunInput, at instant: DeviceInstant, into actions: inout TheragunActions) {
    pass(to: instant, into: &actions)
    switch input {
    case .connected(let central): connect(central, into: &actions)
    case .disconnected(let central): disconnect(central)
    case .subscribed(let central, .notify, let isSubscribed):
      if let index = index(of: central) { centrals[index] = isSubscribed }
    case .subscribed(_, .write, _), .indicationConfirmed, .tick: break
    case .button(let action): press(action, into: &actions)
    case .load(let force): body.load = Int32(force)
    case .injected(let injection): body.inject(injection)
    }
    settle(into: &actions)
  }

  /// Takes in a value that a central wrote, whatever bytes it has. A value from nobody is ignored, and so is every value while the device is off.
  public mutating func write(
    _ value: RawSpan, from central: CentralNumber, at instant: DeviceInstant, into actions: inout TheragunActions
  ) {
    pass(to: instant, into: &actions)
    defer { settle(into: &actions) }
    guard isOn, let index = index(of: central) else { return }
    do throws(TheragunRefusal) {
      try perform(value, from: index, into: &actions)
      idleSince = now
    } catch {
      ignoredWrites = ignoredWrites == .max ? .max : ignoredWrites &+ 1
      actions.append(.ignored(error, from: central))
    }
  }

  // MARK: Requests

  private mutating func perform(
    _ value: RawSpan, from index: Int, into actions: inout TheragunActions
  ) throws(TheragunRefusal) {
    let request: TheragunRequest
    do throws(WireError) { request = try TheragunRequest(decoding: value) } catch { throw .malformed(error) }
    switch request.body {
    case .setSpeed(let rpm): try drive(at: rpm)
    case .status:
      let isRunning = !body.isAtRest || !body.plan.isRest
      let speed = SimulatedGear.rpm(ofMilliPPM: body.speed)
      let status = TheragunNotification.Body.status(
        unknownByte: 0, motion: isRunning ? .running : .atRest, unknownBytes: 0, speedRPM: speed)
      notify(status, to: index, into: &actions)
    case .version: notify(.version(unknownByte: 0, unknownBytes: 0, version: Self.version), to: index, into: &actions)
    }
  }

  private mutating func drive(at rpm: UInt16) throws(TheragunRefusal) {
    guard rpm > 0 else { return stop() }
    guard rpm <= model.speedMaximumRPM else { throw .speedAboveMaximum(rpm: rpm, maximum: model.speedMaximumRPM) }
    guard !isSwitchingOff else { throw .switchingOff }
    try clearFaults()
    let speed = SimulatedGear.milliPPM(ofRPM: rpm)
    body.plan = SpeedPlan(start: now.microseconds, from: speed, to: speed, duration: 0)
    state = .manual
  }

  /// The answer goes to who asked, where it is subscribed.
  private func notify(_ body: TheragunNotification.Body, to index: Int, into actions: inout TheragunActions) {
    guard centrals[index] == true else { return }
    actions.append(.notify(TheragunNotification(body: body), to: CentralNumber(UInt8(truncatingIfNeeded: index))))
  }

  // MARK: Connections

  private func index(of central: CentralNumber) -> Int? {
    let index = Int(central.rawValue)
    return index < centrals.count && centrals[index] != nil ? index : nil
  }

  private mutating func connect(_ central: CentralNumber, into actions: inout TheragunActions) {
    let index = Int(central.rawValue)
    guard isOn, index < centrals.count, centrals[index] == nil else {
      actions.append(.disconnect(central))
      return
    }
    centrals[index] = false
  }

  private mutating func disconnect(_ central: CentralNumber) {
    guard let index = index(of: central) else { return }
    centrals[index] = nil
    if linkLoss == .stops, centrals.allSatisfy({ $0 == nil }) { stop() }
  }

  // MARK: Motion

  private mutating func stop() {
    guard state == .manual else { return }
    body.plan = .rest
    enterRest()
  }

  private mutating func enterRest() {
    state = body.isAtRest ? .idle : .stopping
    idleSince = now
  }

  private mutating func raiseFaults() {
    let fresh = body.conditions.subtracting(faults)
    guard !fresh.isEmpty else { return }
    faults.formUnion(fresh)
    body.plan = .rest
    state = .fault
    idleSince = now
  }

  private mutating func clearFaults() throws(TheragunRefusal) {
    guard !faults.isEmpty else { return }
    faults.formIntersection(body.lastingCauses)
    guard faults.isEmpty else { throw .faulted(faults) }
    body.forgetConditions()
  }

  // MARK: Button and power

  private mutating func press(_ action: ButtonAction, into actions: inout TheragunActions) {
    guard isOn else { return switchOn(into: &actions) }
    idleSince = now
    stop()
    if action == .longPress { isSwitchingOff = true }
  }

  private mutating func switchOff(into actions: inout TheragunActions) {
    for index in centrals.indices where centrals[index] != nil {
      actions.append(.disconnect(CentralNumber(UInt8(truncatingIfNeeded: index))))
      centrals[index] = nil
    }
    isOn = false
    isSwitchingOff = false
    actions.append(.poweredOff)
  }

  /// The device begins again, and its clock with it.
  private mutating func switchOn(into actions: inout TheragunActions) {
    isOn = true
    now = .zero
    body.restartClock()
    state = .idle
    faults = []
    idleSince = .zero
    actions.append(.poweredOn)
  }

  // MARK: Time

  private mutating func pass(to instant: DeviceInstant, into actions: inout TheragunActions) {
    now = max(now, instant)
    body.advance(to: now.microseconds)
    guard isOn, let nextDeadline, nextDeadline <= now else { return }
    raiseFaults()
    arriveAtRest(into: &actions)
    if isOn, isResting, now >= autoOff, now > idleSince { switchOff(into: &actions) }
  }

  private mutating func settle(into actions: inout TheragunActions) {
    if isOn { raiseFaults() }
    if isSwitchingOff { arriveAtRest(into: &actions) }
    nextDeadline = earliestDeadline()
  }

  private mutating func arriveAtRest(into actions: inout TheragunActions) {
    guard body.isAtRest else { return }
    if state == .stopping { enterRest() }
    if isSwitchingOff, isResting { switchOff(into: &actions) }
  }

  private var isResting: Bool { body.isAtRest && (state == .idle || state == .fault) }
  private var autoOff: DeviceInstant { idleSince.advanced(byMilliseconds: autoOffMilliseconds) }

  private func earliestDeadline() -> DeviceInstant? {
    guard isOn else { return nil }
    var next = Deadline(now: now)
    if body.isActive { next.add(body.inspectionInstant) }
    if state == .stopping || (state == .fault && isSwitchingOff) { next.add(body.restInstant) }
    if isResting { next.add(autoOff) }
    return next.instant
  }
}

#if !hasFeature(Embedded)
  extension TheragunCore {
    /// Takes in a value that a central wrote; see `write(_:from:at:into:)`.
    public mutating func write(
      _ value: [UInt8], from central: CentralNumber, at instant: DeviceInstant, into actions: inout TheragunActions
    ) {
      write(unsafe value.span.bytes, from: central, at: instant, into: &actions)
    }
  }
#endif
