public import PercussWire

/// A percussive-therapy device, whole: what a central may ask of it, and the motor that obeys.
///
/// Everything that happens to the device enters with the instant of the device's clock at which it happens, and what the
/// device wants done comes out as actions. It reads no clock, waits for nothing and owns no link; the same inputs at the
/// same instants give the same actions, bit for bit.
///
/// ```swift
/// var device = DeviceCore(model: .elite)
/// var actions = DeviceActions()
/// let phone = CentralNumber(0)
/// device.handle(.connected(phone), at: now, into: &actions)
/// device.handle(.subscribed(phone, .controlPoint, true), at: now, into: &actions)
/// let refusal = device.write(bytes, to: .controlPoint, from: phone, at: now, into: &actions)
/// for action in actions { ... }                 // send what it wants sent
/// // and again, at device.nextDeadline:
/// device.handle(.tick, at: device.nextDeadline ?? now, into: &actions)
/// ```
/// A value goes this way: `DeviceCore+ControlPoint` (sequence, replay, order of the checks), `DeviceCore+Requests` (one
/// function for each request), `DeviceCore+Motion` and `DeviceCore+Playback` (what the motor shall do), `MotorBody` (what it
/// does), `DeviceCore+Reports` (what is told about it). What becomes due as time passes is in `DeviceCore+Schedule`.
///
/// A tick that comes late loses nothing but time: decisions that were due are made at the instant of the tick, steps keep
/// their planned instants, and the events name both. An instant before the last one counts as that one.
///
/// Source: protocol-spec/README.md, the requirements `PCS/SR/...`: control point in sections 5, 6 and 13, lease in 7 and 11, states in 8,
/// motion in 9 and 10, timer, faults and power in 12, routines in 14, streams in 15, reports in 16 to 18.
public struct DeviceCore: Sendable {
  let model: DeviceModel
  let rules: SegmentRules
  var body: MotorBody
  var store: RoutineStore
  var queue: StepQueue
  /// One place for each central that may be connected.
  var centrals: [ConnectedCentral?]

  /// The last instant at which anything happened.
  var now = DeviceInstant.zero
  var isOn = true
  var state = DeviceState.idle
  /// Latched until a reset.
  var faults: DeviceFaults = []
  var lease: Lease?
  var playback: Playback?
  /// The limit that a central set, in tenths of a newton; nil for the device's own.
  var forceLimit: UInt16?
  var timerEnd: DeviceInstant?
  /// Since when the device has been idle without a request.
  var idleSince = DeviceInstant.zero
  /// Whether the device switches itself off once the motor is at rest.
  var isSwitchingOff = false
  var hasWarnedOfBattery = false
  /// The charge that subscribers know, in per cent.
  var reportedBattery: UInt8 = 100
  var isStreamCreditDue = false
  /// The newest event that went to everybody.
  var newestEvent: DeviceEvent.Body

  /// The next instant at which a decision is due: the caller gives a `.tick` then. Nil when nothing is due by itself.
  ///
  /// Always later than the last instant. Calls at other times change nothing in what the device does.
  public internal(set) var nextDeadline: DeviceInstant?

  /// A device that was just switched on: idle, charged, at room temperature, with empty slots.
  public init(model: DeviceModel) {
    self.model = model
    rules = SegmentRules(model: model)
    body = MotorBody(model: model)
    store = RoutineStore(model: model)
    queue = StepQueue(depth: model.queueDepth)
    centrals = Array(repeating: nil, count: CentralNumber.limit)
    newestEvent = Self.powerOnEvent
    nextDeadline = earliestDeadline()
  }

  static var powerOnEvent: DeviceEvent.Body {
    .stateChanged(state: .idle, previous: .idle, cause: .powerOn, timeMicroseconds: 0)
  }

  /// Takes in what happened.
  ///
  /// - Parameters:
  ///   - input: what happened.
  ///   - instant: when, by the device's clock; never before the last one.
  ///   - actions: what the device wants done is appended.
  public mutating func handle(_ input: DeviceInput, at instant: DeviceInstant, into actions: inout DeviceActions) {
    if case .tick = input, let nextDeadline, instant < nextDeadline {
      // Nothing is due: the motor goes on, and that is all.
      pass(to: instant, into: &actions)
      return
    }
    pass(to: instant, into: &actions)
    switch input {
    case .connected(let central): connect(central, into: &actions)
    case .disconnected(let central): disconnect(central, into: &actions)
    case .subscribed(let central, let characteristic, let isOn):
      subscribe(central, to: characteristic, isOn, into: &actions)
    case .indicationConfirmed(let central):
      guard let index = index(of: central) else { break }
      centrals[index]?.responses.confirmed()
      sendResponse(to: index, into: &actions)
    case .tick: break
    case .button(let action): press(action, into: &actions)
    case .load(let force): body.load = Int32(force)
    case .injected(let injection): body.inject(injection)
    }
    settle(into: &actions)
  }

  /// Takes in a value that a central wrote.
  ///
  /// - Parameters:
  ///   - value: the bytes, whatever they are.
  ///   - characteristic: where it was written.
  ///   - central: who wrote it. A value from nobody is ignored, and so is every value while the device is off.
  ///   - instant: when it arrived, by the device's clock; never before the last one.
  ///   - actions: what the device wants done is appended.
  /// - Returns: the ATT error with which a write request is refused; a write command is then ignored. Nil when it was accepted.
  public mutating func write(
    _ value: RawSpan, to characteristic: DeviceCharacteristic, from central: CentralNumber, at instant: DeviceInstant,
    into actions: inout DeviceActions
  ) -> AttributeError? {
    pass(to: instant, into: &actions)
    defer { settle(into: &actions) }
    guard isOn, let index = index(of: central) else { return nil }
    switch characteristic {
    case .controlPoint: return writeControlPoint(value, from: index, into: &actions)
    case .routineData: return writeRoutineData(value, from: index, into: &actions)
    case .clock: return writeClock(value, from: index, into: &actions)
    case .feature, .telemetry, .event, .batteryLevel: return .malformedValue
    }
  }

  /// What a read of a characteristic gives; nil where it cannot be read, or the device is off.
  ///
  /// Reading changes nothing. The newest event is the newest one for that central.
  public func read(_ characteristic: DeviceCharacteristic, by central: CentralNumber) -> DeviceReadValue? {
    guard isOn, let index = index(of: central), let record = centrals[index] else { return nil }
    switch characteristic {
    case .feature: return .feature(feature)
    case .event: return .event(record.newestEvent)
    case .batteryLevel: return .batteryLevel(body.battery.percent)
    case .controlPoint, .telemetry, .routineData, .clock: return nil
    }
  }

  /// What the device can do.
  public var feature: DeviceFeature {
    DeviceFeature(
      versionMajor: WireIdentifiers.versionMajor, versionMinor: WireIdentifiers.versionMinor,
      schemaCRC: WireIdentifiers.schemaCRC, features: rules.features, speedMinimumPPM: model.speedMinimumPPM,
      speedMaximumPPM: model.speedMaximumPPM, speedStepPPM: rules.speedStep,
      forceMaximumDecinewtons: model.forceMaximumDecinewtons, routineSlots: store.slotCount,
      routineSteps: model.routineSteps, queueDepth: model.queueDepth)
  }

  /// What the motor really does, as of the last call.
  public var truth: MotorTruth {
    MotorTruth(
      speedMilliPPM: body.speed, setpointMilliPPM: body.setpoint, permittedMilliPPM: body.permitted,
      forceDecinewtons: UInt16(clamping: body.load), forceLimitDecinewtons: UInt16(clamping: body.forceLimit),
      temperatureDecidegrees: body.heat.decidegrees, batteryPercent: body.battery.percent, state: state,
      faults: faults, step: reportedStep, holder: lease.map { CentralNumber(UInt8(truncatingIfNeeded: $0.holder)) },
      isOn: isOn)
  }

  // MARK: Connections

  func index(of central: CentralNumber) -> Int? {
    let index = Int(central.rawValue)
    return index < centrals.count && centrals[index] != nil ? index : nil
  }

  private mutating func connect(_ central: CentralNumber, into actions: inout DeviceActions) {
    let index = Int(central.rawValue)
    guard isOn, index < centrals.count, centrals[index] == nil else {
      actions.append(.disconnect(central))
      return
    }
    centrals[index] = ConnectedCentral(newestEvent: newestEvent)
  }

  private mutating func disconnect(_ central: CentralNumber, into actions: inout DeviceActions) {
    guard let index = index(of: central) else { return }
    centrals[index] = nil
    if lease?.holder == index { loseControl(.linkLost, into: &actions) }
  }

  private mutating func subscribe(
    _ central: CentralNumber, to characteristic: DeviceCharacteristic, _ isSubscribed: Bool,
    into actions: inout DeviceActions
  ) {
    guard let index = index(of: central) else { return }
    let subscription = Subscriptions(characteristic)
    let wasSubscribed = centrals[index]?.subscriptions.isSuperset(of: subscription) == true
    guard isSubscribed != wasSubscribed else { return }
    if isSubscribed {
      centrals[index]?.subscriptions.insert(subscription)
    } else {
      centrals[index]?.subscriptions.remove(subscription)
    }
    if subscription == .telemetry { centrals[index]?.restartTelemetry(at: now) }
    if subscription == .controlPoint { centrals[index]?.responses = ResponseQueue() }
  }
}

#if !hasFeature(Embedded)
  extension DeviceCore {
    /// Takes in a value that a central wrote; see `write(_:to:from:at:into:)`.
    public mutating func write(
      _ value: [UInt8], to characteristic: DeviceCharacteristic, from central: CentralNumber,
      at instant: DeviceInstant, into actions: inout DeviceActions
    ) -> AttributeError? {
      write(unsafe value.span.bytes, to: characteristic, from: central, at: instant, into: &actions)
    }
  }
#endif
