internal import PercussClient
internal import PercussTime
internal import PercussWire

/// What is known of a device that is led command by command.
struct LiveState {
  /// The commands, or why there are none.
  let schedule: Result<LiveSchedule, LiveSchedule.TooShort>
  /// The uncertainty of a hand-off: a command waits for the next connection event. Nil when the interval is unknown.
  let uncertainty: Int64?
  /// Whether the device limits its force.
  let limitsForce: Bool
  var next = 0
  /// One request at a time: the one whose answer is awaited.
  var outstanding: ControlRequest.Body?
  /// The command that is on its way to its instant.
  var armed: (command: LiveSchedule.Command, operation: ControlRequest.Body)?
  /// When the last request was sent.
  var lastSent = MonotonicInstant.zero
  /// How much later than nominal the present section is: the time taken by waits.
  var shift: Int64 = 0
  /// The wait that is going on.
  var waiting: Int?
  /// Whether the operator has confirmed it.
  var isConfirmed = false
  var hasChangedForceLimit = false

  init(_ plan: Plan, feature: DeviceFeature, connectionInterval: Int64?) {
    limitsForce = feature.features.contains(.forceLimit)
    uncertainty = connectionInterval
    do throws(LiveSchedule.TooShort) {
      schedule = .success(
        try LiveSchedule(plan, feature: feature, connectionInterval: connectionInterval))
    } catch {
      schedule = .failure(error)
    }
  }

  var commands: [LiveSchedule.Command] {
    if case .success(let schedule) = schedule { schedule.commands } else { [] }
  }

  /// A request is under way, or a command on its way to its instant.
  var isBusy: Bool { outstanding != nil || armed != nil }

  var lead: Int64 {
    if case .success(let schedule) = schedule { schedule.lead } else { 0 }
  }
}

// Live mode: the host keeps the time. Every command is due at an absolute instant from the start of the run, and none leaves before it.
extension PlayerSession {
  mutating func prepareLive(at now: MonotonicInstant) {
    if case .failure(let problem) = live.schedule {
      conclude(
        .failed, .unplayable,
        "Step \(problem.step) lasts \(RunProfile.short(microseconds: problem.duration)), but live its commands need "
          + "\(RunProfile.short(microseconds: problem.needed)) on this link. Make it longer, or play the routine uploaded.",
        step: problem.step, at: now)
      return
    }
    actions.append(.tell(.preparing(.starting)))
    phase = .starting
    guard live.limitsForce else { return startLive(at: now) }
    send(.setForceLimit(forceDecinewtons: plan.steps.first?.forceLimit ?? 0), at: now)
  }

  private mutating func startLive(at now: MonotonicInstant) {
    phase = .playing
    hostStart = now.advanced(by: Self.notice)
    actions.append(.tell(.started))
  }

  private mutating func send(_ operation: ControlRequest.Body, at now: MonotonicInstant) {
    if case .setForceLimit = operation { live.hasChangedForceLimit = true }
    live.outstanding = operation
    live.lastSent = now
    actions.append(.perform(operation))
  }

  mutating func livePerformed(_ operation: ControlRequest.Body, at now: MonotonicInstant) {
    if live.outstanding == operation { live.outstanding = nil }
  }

  /// The first force limit is in force: the run begins.
  mutating func livePrepared(at now: MonotonicInstant) {
    live.outstanding = nil
    startLive(at: now)
  }

  private func instant(_ microseconds: Int64) -> MonotonicInstant {
    (hostStart ?? .zero).advanced(by: .microseconds(microseconds))
  }

  /// When the next command is due; the end of the plan after the last one; never while the operator is waited for.
  private var due: MonotonicInstant {
    let commands = live.commands
    if let waiting = live.waiting, live.next == commands.count || commands[live.next].step != waiting {
      return .distantFuture
    }
    guard live.next < commands.count else { return instant(Int64(plan.nominalDuration) * 1_000 + live.shift) }
    return instant(commands[live.next].due + live.shift)
  }

  /// By when the next step must begin, or the run end; force limits and the later parts of a ramp have no lateness of their own.
  private var latest: MonotonicInstant {
    if live.waiting != nil { return .distantFuture }
    let commands = live.commands
    let entry = commands[min(live.next, commands.count)...].first { $0.entersStep }
    let due = entry.map(\.due) ?? Int64(plan.nominalDuration) * 1_000
    return instant(due + live.shift).advanced(by: options.tolerance)
  }

  /// When the next command is prepared: encoded, and handed to whoever sends it on time. From then on nothing else is sent. The end of the plan needs no preparation.
  private var arming: MonotonicInstant {
    let due = due
    guard due < .distantFuture, live.next < live.commands.count else { return due }
    return due.advanced(by: .zero - min(Self.armingTime, options.lease / 4))
  }

  /// From the decision to go on to the instant at which that begins, at the start and after a wait: as much as it takes to prepare a command.
  static let notice: Duration = .milliseconds(50)

  /// How long before its instant a command is prepared: what else the program does may take that long without making it late.
  static let armingTime: Duration = .milliseconds(100)

  /// Requests of the player's own renew the lease before the device object would, at instants where they are not in a step's way.
  private var renewal: MonotonicInstant {
    let ordinary = live.lastSent.advanced(by: options.lease / 4)
    let procedure = Duration.microseconds(live.lead)
    let arming = arming
    guard arming > ordinary, arming < ordinary.advanced(by: procedure) else {
      return arming <= ordinary ? .distantFuture : ordinary
    }
    let earlier = arming.advanced(by: .zero - procedure)
    return earlier > live.lastSent.advanced(by: procedure) ? earlier : .distantFuture
  }

  var liveDeadline: MonotonicInstant {
    // With an answer outstanding nothing can be sent; the tolerance still runs out.
    guard live.isBusy else { return min(arming, renewal) }
    // Whoever has it knows whether it was in time, and tells; this timeline may be the one that is late.
    guard live.armed == nil else { return .distantFuture }
    return options.latePolicy == .stop ? latest.advanced(by: .microseconds(1)) : .distantFuture
  }

  /// Sends what is due.
  mutating func lead(at now: MonotonicInstant) {
    if options.latePolicy == .stop, live.armed == nil, now > latest { return concludeHeldUp(at: now) }
    guard !live.isBusy else { return }
    if live.isConfirmed { endWait(at: now) }
    guard now >= arming else {
      if now >= renewal { send(.keepAlive, at: now) }
      return
    }
    let commands = live.commands
    guard live.next < commands.count else {
      finishLive(at: now)
      return
    }
    let command = commands[live.next]
    let operation: ControlRequest.Body =
      switch command.change {
      case .speed(let ppm, let ramp): .setSpeed(speedPPM: ppm, rampMilliseconds: ramp)
      case .forceLimit(let limit): .setForceLimit(forceDecinewtons: limit)
      }
    if case .forceLimit = command.change { live.hasChangedForceLimit = true }
    live.outstanding = operation
    live.armed = (command, operation)
    // Where a step is given up that is too late, its command must not leave after all.
    let timing = Session.Timing(due: due, latest: options.latePolicy == .stop ? latest : .distantFuture)
    actions.append(.performTimed(operation, timing))
  }

  /// A command left at that instant. What was handed over before the run's end came is evidence too.
  mutating func liveHandedOver(_ operation: ControlRequest.Body, at instant: MonotonicInstant, _ now: MonotonicInstant)
  {
    guard let (command, armed) = live.armed, armed == operation else { return }
    live.armed = nil
    live.lastSent = instant
    live.next += 1
    if command.entersStep, let hostStart {
      entered(
        command.step, planned: command.due + live.shift, actual: (instant - hostStart).wholeMicroseconds,
        uncertainty: live.uncertainty, by: .handOff, at: now)
    }
    guard plan.steps[command.step].kind == .wait, verdict == nil else { return }
    live.waiting = command.step
    // Its commands are all sent before the operator is asked.
    let commands = live.commands
    guard live.next == commands.count || commands[live.next].step != command.step else { return }
    let timeout = Duration.milliseconds(Int64(plan.steps[command.step].duration))
    ask(command.step, timeout: timeout, until: instant.advanced(by: timeout))
  }

  mutating func liveConfirmed() {
    live.isConfirmed = true
  }

  /// What comes next is planned from the confirmation on, with a notice, or from the answer to a request that was under way then.
  private mutating func endWait(at now: MonotonicInstant) {
    live.isConfirmed = false
    guard let hostStart, let step = live.waiting else { return }
    live.waiting = nil
    let next = now.advanced(by: Self.notice)
    live.shift = (next - hostStart).wholeMicroseconds - Int64(plan.steps[step].offset) * 1_000
  }

  private mutating func finishLive(at now: MonotonicInstant) {
    if ledger.firstMiss != nil {
      concludeMissed(at: now)
    } else {
      conclude(.completed, .completed, "The routine was played to its end.", at: now)
    }
  }

  /// The command was due, but could not be sent in time.
  mutating func concludeHeldUp(at now: MonotonicInstant) {
    guard live.next < live.commands.count else {
      let late = (now - instant(Int64(plan.nominalDuration) * 1_000 + live.shift)).wholeMicroseconds
      return conclude(
        .missed, .late,
        "The run ended \(RunProfile.short(microseconds: late)) after its instant, because this host was busy: the last step lasted that much longer.",
        step: plan.steps.count - 1, at: now)
    }
    let step = live.commands[live.next].step
    let allowed = RunProfile.short(microseconds: options.tolerance.wholeMicroseconds)
    conclude(
      .missed, .late,
      "Step \(step) could not begin within \(allowed) of its instant: "
        + (live.outstanding == nil || live.armed != nil
          ? "this host was busy. " : "the device had not answered the request before. ")
        + "Play it uploaded, where the device keeps the time, or use a better link.",
      step: step, at: now)
  }

  /// The device reported an event while it is led.
  mutating func liveReported(_ event: DeviceEvent, at now: MonotonicInstant) {
    guard phase == .playing else { return }
    let step = currentStep
    switch event.body {
    case .faultRaised(let fault, _):
      conclude(
        .failed, .fault,
        "A fault of the device (\(fault)) ended the run in step \(step). Remove its cause, then reset the device.",
        step: step, at: now)
    case .button(.shortPress, _) where live.waiting != nil && live.waiting == isAsking:
      answeredByButton(at: now)
    case .button:
      conclude(.stopped, .button, "The device's button ended the run in step \(step).", step: step, at: now)
    case .stateChanged(let state, let previous, let cause, _) where state == .idle || state == .stopping:
      switch cause {
      case .button:
        conclude(
          .stopped, .button,
          hasLease
            ? "The device's button ended the run in step \(step)."
            : "Somebody else stopped the motor in step \(step): by the device's button, or by another program.",
          step: step, at: now)
      case .timer: conclude(.stopped, .timer, "The device's timer ended the run in step \(step).", step: step, at: now)
      case .autoOff:
        conclude(.stopped, .switchedOff, "The device switched itself off in step \(step).", step: step, at: now)
      // At rest a stop of another central changes no state; the device tells it all the same.
      case .command where state == .stopping || state == previous:
        conclude(
          .stopped, .stoppedElsewhere, "Another request stopped the device in step \(step).", step: step, at: now)
      default: break
      }
    default: break
    }
  }
}
