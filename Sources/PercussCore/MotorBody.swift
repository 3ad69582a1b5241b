internal import PercussWire

/// The body of the device: a control loop of 200 Hz between what is commanded and what the motor does.
///
/// Once every 5 ms of the device's clock, at whole multiples of it, the loop moves its setpoint towards the plan within the
/// greatest acceleration and deceleration, and the motor follows: it lags behind a setpoint that climbs and is braked to
/// one that falls, so that it is never above it. Above the force limit the permitted speed falls, to nothing at 1.25 times
/// the limit, and the setpoint with it.
///
/// ```
/// plan ──► min(plan, permitted by force) ──► slew limits ──► setpoint ──► inertia, load ──► speed
/// ```
/// The loop is advanced lazily, so how often somebody looks changes nothing. Everything is integer arithmetic: the same
/// inputs at the same instants give the same motion, bit for bit, on every machine.
struct MotorBody {
  /// Microseconds between two rounds of the control loop.
  static let interval: UInt64 = 5000
  /// Rounds between two looks at the conditions that are faults: 50 ms.
  static let inspectionRounds: UInt64 = 10
  /// Rounds between two steps of heat and battery: 100 ms.
  private static let slowRounds: UInt64 = 20

  private let model: MotorConstants
  /// The last round of the control loop that was run.
  private(set) var round: UInt64 = 0

  /// What the motor is asked to do.
  var plan = SpeedPlan.rest
  /// The limit in force, in tenths of a newton.
  var forceLimit: Int32
  /// The force with which the device is pressed, in tenths of a newton.
  var load: Int32 = 0
  /// Whether the motor cannot turn although nothing presses it (a fault that is injected).
  var isStuck = false

  /// Speeds, in thousandths of a percussion per minute: what the loop drives to, what it may drive to at most (by the force), and
  /// what the motor does.
  private(set) var setpoint: Int32 = 0
  private(set) var permitted: Int32
  private(set) var speed: Int32 = 0

  private(set) var heat: Heat
  private(set) var battery: Battery
  private var heldRounds: Int32 = 0
  private var strayRounds: Int32 = 0
  /// The conditions that are faults, as the last inspection found them.
  private(set) var conditions: DeviceFaults = []

  init(model: DeviceModel) {
    self.model = MotorConstants(model)
    heat = Heat(model: model)
    battery = Battery(model: model)
    permitted = self.model.speedMaximum
    forceLimit = self.model.forceMaximum
  }

  /// Whether the motor neither moves nor is driven.
  var isAtRest: Bool { setpoint == 0 && speed == 0 }

  /// Whether the motor moves, or the plan will make it move.
  var isActive: Bool { !isAtRest || !plan.isRest }

  /// The first instant at which a plan of rest has brought the setpoint to 0; nil past the end of the clock.
  var restInstant: UInt64? {
    let rounds = UInt64((setpoint &+ model.deceleration &- 1) / model.deceleration)
    return instant(ofRound: round &+ rounds)
  }

  /// The next inspection; nil past the end of the clock.
  var inspectionInstant: UInt64? {
    instant(ofRound: (round / Self.inspectionRounds &+ 1) &* Self.inspectionRounds)
  }

  /// The next round of the control loop; nil past the end of the clock.
  var nextRoundInstant: UInt64? { instant(ofRound: round &+ 1) }

  private func instant(ofRound round: UInt64) -> UInt64? {
    let (instant, overflow) = round.multipliedReportingOverflow(by: Self.interval)
    return overflow ? nil : instant
  }

  /// Runs the control loop up to that instant of the device's clock, in microseconds.
  mutating func advance(to now: UInt64) {
    let target = now / Self.interval
    while round < target {
      if isAtRest && (plan.isRest || battery.isEmpty || yieldsFully) {
        rest(until: target)
        return
      }
      round &+= 1
      runRound()
    }
  }

  /// A fault that is injected: the body looks at once whether that is a condition.
  mutating func inject(_ injection: DeviceInjection) {
    switch injection {
    case .motorStuck(let isStuck): self.isStuck = isStuck
    case .temperature(let decidegrees):
      heat.set(decidegrees: decidegrees)
      inspect()
    case .battery(let percent):
      battery.set(percent: percent)
      inspect()
    }
  }

  /// Whether a load holds the motor, or would.
  var isHeld: Bool { load >= model.stallForce }

  /// What makes a fault and is there still: nothing clears such a fault yet.
  var lastingCauses: DeviceFaults {
    var causes: DeviceFaults = []
    if isHeld { causes.insert(.stall) }
    if heat.decidegrees >= model.cool { causes.insert(.overheat) }
    if battery.isEmpty { causes.insert(.batteryEmpty) }
    return causes
  }

  /// Forgets how long the motor was held or failed to follow, and which conditions were found.
  mutating func forgetConditions() {
    heldRounds = 0
    strayRounds = 0
    inspect()
  }

  /// The clock begins at 0 again. The motor is at rest.
  mutating func restartClock() {
    round = 0
  }

  private mutating func rest(until target: UInt64) {
    let slow = target / Self.slowRounds &- round / Self.slowRounds
    heat.cool(intervals: slow)
    battery.drainAtRest(intervals: slow)
    permitted = permittedByForce(wanted: 0)
    heldRounds = 0
    strayRounds = 0
    round = target
    inspect()
  }

  private mutating func runRound() {
    moveSetpoint()
    moveMotor()
    if round % Self.inspectionRounds == 0 { inspect() }
    if round % Self.slowRounds == 0 {
      let share = Int64(speed) &* 1000 / Int64(model.speedMaximum)
      let loadShare = min(1000, Int64(load) &* 1000 / Int64(model.stallForce))
      let isBlocked = setpoint > 0 && (isHeld || isStuck)
      heat.step(speed: share, load: loadShare, held: isBlocked)
      battery.drain(speed: share, load: loadShare, held: isBlocked)
    }
  }

  private mutating func moveSetpoint() {
    let wanted = battery.isEmpty ? 0 : plan.speed(at: round &* Self.interval)
    // The setpoint cannot fall faster than the greatest deceleration, so neither does what is permitted.
    permitted = max(permittedByForce(wanted: wanted), setpoint &- model.deceleration)
    let target = min(wanted, permitted)
    setpoint =
      target > setpoint ? min(target, setpoint &+ model.acceleration) : max(target, setpoint &- model.deceleration)
  }

  /// The highest speed up to the force limit; above it a share of the wanted speed that is 0 at 1.25 times the limit.
  private func permittedByForce(wanted: Int32) -> Int32 {
    guard model.hasForceSensor, load > forceLimit else { return model.speedMaximum }
    let excess = Int64(load &- forceLimit) &* 4
    let limit = Int64(forceLimit)
    return excess >= limit ? 0 : Int32(truncatingIfNeeded: Int64(wanted) &* (limit &- excess) / limit)
  }

  /// Whether the force alone keeps the motor at rest, whatever is wanted.
  private var yieldsFully: Bool {
    model.hasForceSensor && load > forceLimit && (load &- forceLimit) &* 4 >= forceLimit
  }

  private mutating func moveMotor() {
    let blocked = isHeld || isStuck || battery.isEmpty
    if blocked {
      speed = max(0, speed &- model.holding)
    } else {
      // The motor gives way a little under load: a sixteenth at the stall force.
      let sag = Int64(setpoint) &* Int64(load) / Int64(model.stallForce) / 16
      let goal = setpoint &- Int32(truncatingIfNeeded: sag)
      if speed < goal { speed &+= (goal &- speed &+ model.inertia &- 1) / model.inertia }
      if speed > goal { speed = max(goal, speed &- model.deceleration) }
    }
    speed = min(speed, setpoint)
    heldRounds = setpoint > 0 && isHeld ? min(heldRounds &+ 1, model.faultRounds) : 0
    let follows = speed >= setpoint / 2 || isHeld || battery.isEmpty
    strayRounds = follows ? 0 : min(strayRounds &+ 1, model.faultRounds)
  }

  private mutating func inspect() {
    var found: DeviceFaults = []
    if heldRounds >= model.faultRounds { found.insert(.stall) }
    if heat.decidegrees >= model.cutOff { found.insert(.overheat) }
    if battery.isEmpty { found.insert(.batteryEmpty) }
    if strayRounds >= model.faultRounds { found.insert(.motorFailure) }
    conditions = found
  }
}

/// The figures of a model in the units of the control loop.
private struct MotorConstants {
  let speedMaximum: Int32
  /// Greatest change of the setpoint in one round, in thousandths of a percussion per minute.
  let acceleration: Int32
  let deceleration: Int32
  /// How fast a held motor comes to rest: ten rounds from the highest speed.
  let holding: Int32
  /// Rounds of one time constant.
  let inertia: Int32
  let stallForce: Int32
  let forceMaximum: Int32
  let hasForceSensor: Bool
  let cutOff: Int16
  let cool: Int16
  let faultRounds: Int32

  init(_ model: DeviceModel) {
    func rounds(_ milliseconds: UInt16) -> Int32 { max(1, Int32(milliseconds) / 5) }
    speedMaximum = max(1, Int32(model.speedMaximumPPM)) &* 1000
    acceleration = max(1, speedMaximum / rounds(model.accelerationMilliseconds))
    let braking = rounds(model.decelerationMilliseconds)
    deceleration = max(1, (speedMaximum &+ braking &- 1) / braking)
    holding = max(1, speedMaximum / 10)
    inertia = rounds(model.inertiaMilliseconds)
    stallForce = max(1, Int32(model.stallForceDecinewtons))
    forceMaximum = Int32(model.forceMaximumDecinewtons)
    hasForceSensor = DeviceFeatures(rawValue: model.features).contains(.forceSensor)
    cutOff = model.cutOffDecidegrees
    cool = model.coolDecidegrees
    faultRounds = rounds(model.faultDelayMilliseconds)
  }
}
