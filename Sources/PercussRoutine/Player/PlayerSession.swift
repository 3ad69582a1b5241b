internal import PercussClient
internal import PercussTime
internal import PercussWire

/// What the player decides: from the first request to the motor at rest, in every mode.
///
/// It does no I/O and reads no clock. Everything enters through ``handle(_:at:)`` with its instant and leaves as actions; `nextDeadline` says when it
/// next wants `.timePassed`.
///
/// ```
/// uploaded   control ▸ query ▸ (upload ▸ query) ▸ start ▸ follow the device's events ┐
/// streamed   control ▸ first steps ▸ start ▸ supply it with steps, follow its events │
/// live       control ▸ force limit ▸ lead the device, command by command             ┴▸ stop, unless it ended by itself ▸ seen at rest ▸ release
/// ```
///
/// The first reason to end is the one reported. Whatever it is, the motor is stopped unless the device itself has ended the routine, and watched until it
/// rests. Only where another central holds the lease nothing is stopped: the motion is not the player's.
struct PlayerSession {
  enum Input: Sendable {
    case begin
    case performed(ControlRequest.Body, Result<ControlResponse, DeviceError>)
    /// A timed request was handed to the link, at that instant.
    case handedOver(ControlRequest.Body, at: MonotonicInstant)
    case uploaded(Result<RoutineImage, DeviceError>)
    case event(Device.Event)
    case telemetry(Telemetry, receivedAt: MonotonicInstant)
    case answered(step: Int, isConfirmed: Bool)
    case credit(StreamCredit)
    case clock(ClockEstimator)
    case queued(Result<Void, DeviceError>)
    case steer(Int, Steering)
    case cancelled
    case timePassed

    /// Whether it shows that the device is heard.
    var isHeard: Bool {
      switch self {
      case .event(.reported), .telemetry, .credit, .performed(_, .success): true
      default: false
      }
    }
  }

  enum Action {
    case perform(ControlRequest.Body)
    case performTimed(ControlRequest.Body, Session.Timing)
    case upload
    case stream(StreamedStep)
    case steered(Int, Result<Void, SteeringError>)
    case ask(WaitingStep)
    case stopAsking
    case tell(RunProgress)
    case finish
  }

  enum Phase: Equatable {
    case fresh, takingControl, checking, uploading, verifying, starting, playing
    case stopping, watchingRest, releasing, finished
  }

  struct Verdict: Equatable {
    var outcome: RunOutcome
    var reason: RunReason
  }

  var plan: Plan
  let feature: DeviceFeature
  let connectionInterval: Int64?
  /// Whether the device keeps the lease.
  let hasLease: Bool
  let options: PlayerOptions
  /// What is uploaded, in uploaded mode.
  let image: RoutineImage?
  /// Why the plan cannot be played at all.
  private let problem: String?
  var phase = Phase.fresh
  var ledger: StepLedger
  var motion: MotionLog
  var verdict: Verdict?
  var actions: [Action] = []
  /// When the present phase, or what it waits for, takes too long.
  var bound = MonotonicInstant.distantFuture
  /// When the run began by the host's clock: the answer to the start (uploaded), the first deadline (live).
  var hostStart: MonotonicInstant?
  var endMicroseconds: Int64?
  var isConnected = true
  /// Whether the device may hold this player's lease.
  var mayHoldControl = false
  var isAsking: Int?
  var waitDeadline = MonotonicInstant.distantFuture
  /// What is known of the device's own ending, in uploaded mode.
  var following = UploadedState()
  var live: LiveState
  var stream: StreamState?
  var restAt: Int64?
  var isRestVerified = false
  var hasTriedStop = false
  var restSamples = 0
  var clocks: ClockConversion
  var silence = Silence()

  /// How long telemetry may take to show the motor at rest after a stop.
  static let restBound: Duration = .seconds(3)

  init(
    _ plan: Plan, feature: DeviceFeature, options: PlayerOptions, connectionInterval: Int64?, hasLease: Bool = true
  ) {
    self.hasLease = hasLease
    self.plan = plan
    self.feature = feature
    self.connectionInterval = connectionInterval
    self.options = options
    var problem: String?
    var image: RoutineImage?
    switch plan.mode {
    case .live: break
    case .streamed:
      let longest = StreamFeeder.longestLookAhead(plan, queueDepth: Int(feature.queueDepth))
      if let longest, longest.milliseconds < options.lookAhead.wholeMilliseconds {
        let most = RunProfile.short(microseconds: longest.milliseconds * 1_000)
        problem =
          "From step \(longest.step) on the steps are so short that the device's queue of \(feature.queueDepth) holds only \(most) of them: "
          + "a look-ahead of \(RunProfile.short(microseconds: options.lookAhead.wholeMicroseconds)) is not possible. Use one of \(most) or less, "
          + "or play the routine uploaded."
      }
    case .uploaded:
      do { image = try RoutineImage(plan.steps.map(\.segment)) } catch { problem = "\(error)" }
    }
    self.image = image
    self.problem = problem
    ledger = StepLedger(plan, clock: plan.mode == .live ? .host : .device, tolerance: options.tolerance)
    motion = MotionLog(keepsArrival: plan.mode == .live)
    live = LiveState(plan, feature: feature, connectionInterval: connectionInterval)
    clocks = ClockConversion(keeper: plan.mode == .live ? .host : .device)
    stream = nil
    if plan.mode == .streamed { stream = StreamState(self.feeder(from: 0)) }
  }

  /// When it next wants `.timePassed`.
  var nextDeadline: MonotonicInstant? {
    var deadline = min(bound, waitDeadline)
    switch (phase, plan.mode) {
    case (.playing, .live): deadline = min(deadline, liveDeadline)
    case (.playing, .uploaded): deadline = min(deadline, runBound)
    case (.starting, .streamed), (.playing, .streamed): deadline = min(deadline, streamDeadline)
    default: break
    }
    return phase == .finished || deadline == .distantFuture ? nil : deadline
  }

  mutating func handle(_ input: Input, at now: MonotonicInstant) -> [Action] {
    actions = []
    guard phase != .finished else { return [] }
    if phase == .playing, input.isHeard { silence.heard(at: now) }
    switch input {
    case .begin: begin(at: now)
    case .performed(let operation, let result): performed(operation, result, at: now)
    case .handedOver(let operation, let instant): liveHandedOver(operation, at: instant, now)
    case .uploaded(let result): uploaded(result, at: now)
    case .event(let event): received(event, at: now)
    case .telemetry(let telemetry, let receivedAt): received(telemetry, receivedAt, at: now)
    case .answered(let step, let isConfirmed): answered(step, isConfirmed, at: now)
    case .credit(let credit): credited(credit, at: now)
    case .clock(let clock): learned(clock)
    case .queued(let result): queued(result, at: now)
    case .steer(let id, let what): steer(id, what, at: now)
    case .cancelled:
      let place = hostStart == nil ? "before the routine began" : "in step \(currentStep)"
      conclude(
        .stopped, .interrupted, "The run was interrupted \(place).",
        step: hostStart == nil ? nil : currentStep, at: now)
    case .timePassed: timePassed(at: now)
    }
    if phase == .playing, plan.mode == .live { lead(at: now) }
    if phase == .playing || phase == .starting, plan.mode == .streamed { feed(at: now) }
    if phase == .finished || verdict != nil { steered(.failure(SteeringError(description: "The run has ended."))) }
    return actions
  }

  /// The last step that is known to have begun; the first before that.
  var currentStep: Int { plan.index(ofNumber: max(0, ledger.furthest)) }

  // MARK: Before anything moves

  private mutating func begin(at now: MonotonicInstant) {
    guard phase == .fresh else { return }
    if let problem { return refuse(problem) }
    phase = .takingControl
    mayHoldControl = true
    actions += [
      .tell(.preparing(.takingControl)),
      .perform(
        .requestControl(
          leaseMilliseconds: UInt16(clamping: options.lease.wholeMilliseconds), lossPolicy: options.lossPolicy)),
    ]
  }

  /// Nothing was sent, so there is nothing to stop.
  private mutating func refuse(_ problem: String) {
    verdict = Verdict(outcome: .failed, reason: RunReason(.unplayable, problem))
    finish()
  }

  private mutating func performed(
    _ operation: ControlRequest.Body, _ result: Result<ControlResponse, DeviceError>, at now: MonotonicInstant
  ) {
    switch (phase, operation, result) {
    case (.stopping, .stop, _):
      watchRest(from: now)
    case (.releasing, .setForceLimit, _):
      bound = now.advanced(by: .seconds(10))
      actions.append(.perform(.releaseControl))
    case (.releasing, .releaseControl, _):
      finish()
    case (.stopping, _, _), (.watchingRest, _, _), (.releasing, _, _):
      // The answer to what was under way when the run ended.
      break
    case (.starting, _, _) where plan.mode == .streamed, (.playing, _, _) where plan.mode == .streamed:
      streamPerformed(operation, result, at: now)
    case (_, _, .failure(let error)):
      failed(error, at: now)
    case (.takingControl, .requestControl, .success):
      switch plan.mode {
      case .live: prepareLive(at: now)
      case .streamed: prepareStream(at: now)
      case .uploaded: checkSlot()
      }
    case (.checking, .routineQuery, .success(let response)) where holdsRoutine(response):
      start()
    case (.checking, .routineQuery, .success):
      phase = .uploading
      actions += [.tell(.preparing(.uploading)), .upload]
    case (.verifying, .routineQuery, .success(let response)) where holdsRoutine(response):
      start()
    case (.verifying, .routineQuery, .success):
      conclude(
        .failed, .notStored,
        "Slot \(options.slot) of the device does not hold the routine that was uploaded to it. Play it again; if it happens again, the device's storage fails.",
        at: now)
    case (.starting, .routineStart, .success(let response)):
      started(response, at: now)
    case (.starting, .setForceLimit, .success):
      livePrepared(at: now)
    case (.playing, _, .success(let response)):
      if plan.mode == .live { livePerformed(operation, at: now) } else { probed(response, at: now) }
    default: break
    }
  }

  private mutating func checkSlot() {
    phase = .checking
    actions += [.tell(.preparing(.checkingSlot)), .perform(.routineQuery(slot: options.slot))]
  }

  private func holdsRoutine(_ response: ControlResponse) -> Bool {
    guard case .slotDescribed(_, let status, let length, let crc32, _) = response.body, let image else { return false }
    return status.contains(.stored) && length == image.length && crc32 == image.crc32
  }

  private mutating func uploaded(_ result: Result<RoutineImage, DeviceError>, at now: MonotonicInstant) {
    guard phase == .uploading else { return }
    switch result {
    case .failure(let error): failed(error, at: now)
    case .success:
      phase = .verifying
      actions += [.tell(.preparing(.checkingSlot)), .perform(.routineQuery(slot: options.slot))]
    }
  }

  private mutating func start() {
    phase = .starting
    actions += [
      .tell(.preparing(.starting)),
      .perform(.routineStart(slot: options.slot, startMicroseconds: 0, offsetMilliseconds: 0)),
    ]
  }

  // MARK: What arrives

  private mutating func received(_ event: Device.Event, at now: MonotonicInstant) {
    switch event {
    case .disconnected(let reason):
      isConnected = false
      let after =
        options.lossPolicy == .finishRoutine && plan.mode == .uploaded && hostStart != nil
        ? "the device plays the routine to its end by itself"
        : !hasLease
          ? "the device keeps no lease: its motor may go on until it is switched off by hand"
          : "the device brings its motor to rest by itself, at the latest when its lease runs out"
      conclude(
        .lost, .linkLost,
        "The connection ended (\(reason)); \(after). Nothing is resumed: connect and play again.",
        step: hostStart == nil ? nil : currentStep, at: now)
    case .controlLost(let cause):
      lostControl(cause, at: now)
    case .missed: break
    case .reported(let report, _):
      switch plan.mode {
      case .live: liveReported(report, at: now)
      case .streamed: streamReported(report, at: now)
      case .uploaded: reported(report, at: now)
      }
    }
  }

  mutating func lostControl(_ cause: ChangeCause?, at now: MonotonicInstant) {
    mayHoldControl = false
    guard verdict == nil else { return }
    if plan.mode == .uploaded, options.lossPolicy == .finishRoutine, phase == .playing { return }
    let isExpired = cause == nil || cause == .leaseExpired || !hasLease && cause == .fault
    conclude(
      .lost, isExpired ? .leaseExpired : .controlLost,
      !hasLease && isExpired
        ? "The player asked nothing of the device for as long as the lease, or a speed failed, and this host stopped the motor. See what else this host does."
        : isExpired
          ? "The device heard nothing from the player for as long as the lease and ended the run. Use a longer lease, or a better link."
          : "The player no longer holds the lease (\(cause.map { "\($0)" } ?? "no cause given")).",
      step: hostStart == nil ? nil : currentStep, at: now)
  }

  private mutating func received(_ telemetry: Telemetry, _ receivedAt: MonotonicInstant, at now: MonotonicInstant) {
    // Between the request to start and its answer the first samples of the run may come.
    if hostStart != nil || phase == .starting { motion.record(telemetry, receivedAt: receivedAt) }
    switch phase {
    case .playing:
      if plan.mode == .uploaded { followed(telemetry, at: now) }
      if plan.mode == .streamed { streamFollowed(telemetry, at: now) }
      if verdict == nil, let position = position(telemetry, at: now) { actions.append(.tell(.moving(position))) }
    case .watchingRest:
      let isAtRest =
        telemetry.speedPPM == 0 && telemetry.targetPPM == 0 && (telemetry.state == .idle || telemetry.state == .fault)
      restSamples = isAtRest ? restSamples + 1 : 0
      // The first may have been measured before the stop arrived; the second was not.
      if restSamples >= (hasTriedStop ? 2 : 1) {
        isRestVerified = true
        restAt = hostStart == nil ? nil : motionTime(telemetry, receivedAt)
        release(at: now)
      }
    default: break
    }
  }

  // MARK: Steps and waits

  /// A step began: tells, and judges. `nominal` is where it is entered in the plan, in microseconds, where that is not its beginning.
  mutating func entered(
    _ number: Int, nominal: Int64? = nil, planned: Int64, actual: Int64, uncertainty: Int64?,
    by observation: StepReport.Observation,
    at now: MonotonicInstant
  ) {
    if let asked = isAsking, number > asked { stopAsking() }
    let late = ledger.enter(
      number, nominal: nominal, planned: planned, actual: actual, uncertainty: uncertainty, by: observation)
    guard let late else { return }
    convert(plan.index(ofNumber: number))
    actions.append(.tell(.stepEntered(index: plan.index(ofNumber: number), late: .microseconds(late))))
    guard ledger.isMiss(late), options.latePolicy == .stop else { return }
    concludeMissed(at: now)
  }

  mutating func ask(_ step: Int, timeout: Duration, until deadline: MonotonicInstant) {
    guard isAsking != step, verdict == nil else { return }
    if isAsking != nil { stopAsking() }
    isAsking = step
    waitDeadline = deadline
    let prompts = plan.prompts(atStepAt: step)
    let waiting = WaitingStep(
      index: step, prompt: prompts.isEmpty ? nil : prompts.joined(separator: "\n"), timeout: timeout)
    actions += [.tell(.waiting(waiting)), .ask(waiting)]
  }

  mutating func stopAsking() {
    guard isAsking != nil else { return }
    isAsking = nil
    waitDeadline = .distantFuture
    actions.append(.stopAsking)
  }

  /// A press of the device's button confirms a wait in every mode.
  mutating func answeredByButton(at now: MonotonicInstant) {
    guard let step = isAsking else { return }
    actions.append(.stopAsking)
    answered(step, true, at: now)
  }

  private mutating func answered(_ step: Int, _ isConfirmed: Bool, at now: MonotonicInstant) {
    guard isAsking == step, phase == .playing else { return }
    isAsking = nil
    waitDeadline = .distantFuture
    guard isConfirmed else {
      conclude(.stopped, .declined, "The operator declined to go on at step \(step).", step: step, at: now)
      return
    }
    actions.append(.tell(.confirmed(index: step)))
    switch plan.mode {
    case .live: liveConfirmed()
    case .streamed: streamConfirmed(at: now)
    case .uploaded: actions.append(.perform(.confirm(step: UInt16(clamping: step))))
    }
  }
}
