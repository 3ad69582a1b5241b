internal import PercussClient
internal import PercussTime
internal import PercussWire

// How a run ends: the first reason counts, then the motor is stopped, seen at rest, and given back.
extension PlayerSession {
  /// A request failed.
  mutating func failed(_ error: DeviceError, at now: MonotonicInstant) {
    let step = hostStart == nil ? nil : currentStep
    switch error.reason {
    case .disconnected:
      isConnected = false
      conclude(.lost, .linkLost, "\(error)", step: step, at: now)
    case .noResponse:
      conclude(.lost, .noResponse, "\(error)", step: step, at: now)
    case .refused(let refusal) where refusal.result == .controlHeld:
      mayHoldControl = false
      conclude(.failed, .controlHeld, "\(error)", step: step, at: now)
    case .refused(let refusal) where refusal.result == .controlRequired:
      lostControl(nil, at: now)
    case .refused(let refusal) where refusal.result == .faultActive:
      conclude(.failed, .fault, "\(error)", step: step, at: now)
    case .refused(let refusal) where phase == .playing && plan.mode == .uploaded && Self.isLateConfirmation(refusal):
      // The button, or the time-out, was faster than the operator; the device's event says which.
      break
    case .tooLate: concludeHeldUp(at: now)
    case .stopped:
      conclude(
        .stopped, .stoppedElsewhere, "A stop that was not part of the run stopped the device.",
        step: step,
        at: now)
    default:
      conclude(.failed, .refused, "\(error)", step: step, at: now)
    }
  }

  private static func isLateConfirmation(_ refusal: DeviceError.Refusal) -> Bool {
    guard case .confirm = refusal.operation else { return false }
    return refusal.result == .wrongState || refusal.result == .outOfRange
  }

  mutating func timePassed(at now: MonotonicInstant) {
    if now >= waitDeadline { waitRanOut(at: now) }
    if phase == .playing, plan.mode == .uploaded, now >= runBound { concludeOverdue(at: now) }
    guard now >= bound else { return }
    bound = .distantFuture
    switch phase {
    case .playing:
      if plan.mode == .uploaded { probe(at: now) }
      if plan.mode == .streamed { probeStream(at: now) }
    case .stopping: watchRest(from: now)
    case .watchingRest:
      guard hasTriedStop || !isConnected else { return stop(at: now) }
      doubtRest()
      release(at: now)
    case .releasing: finish()
    default: break
    }
  }

  /// The first reason to end; later ones change nothing.
  mutating func conclude(
    _ outcome: RunOutcome, _ code: RunReason.Code, _ message: String, step: Int? = nil, hasEnded: Bool = false,
    at now: MonotonicInstant
  ) {
    guard verdict == nil else {
      // The end of the connection ends what was still to be done.
      if !isConnected, phase != .finished {
        doubtRest()
        finish()
      }
      return
    }
    if outcome == .completed || outcome == .stopped, let missed = missedOnTheWay(message) {
      verdict = Verdict(outcome: .missed, reason: missed)
    } else {
      verdict = Verdict(outcome: outcome, reason: RunReason(code, message, step: step))
    }
    silence.ended(at: now)
    if endMicroseconds == nil { endMicroseconds = hostStart.map { (now - $0).wholeMicroseconds } }
    stopAsking()
    if phase == .fresh || !isConnected || code == .controlHeld {
      // Nothing was sent, nothing can be sent, or the motion is another's.
      finish()
    } else if hasEnded {
      watchRest(from: now)
    } else {
      stop(at: now)
    }
  }

  mutating func concludeMissed(hasEnded: Bool = false, at now: MonotonicInstant) {
    guard let miss = missOfStep() else { return }
    conclude(.missed, miss.code, miss.message, step: miss.step, hasEnded: hasEnded, at: now)
  }

  /// The first step that was early or late beyond the tolerance, as a reason; nil when none was.
  func missOfStep() -> RunReason? {
    guard let (miss, late) = ledger.firstMiss else { return nil }
    let size = RunProfile.short(microseconds: Int64(clamping: late.magnitude))
    let allowed = RunProfile.short(microseconds: options.tolerance.wholeMicroseconds)
    let clock = plan.mode == .live ? "host's" : "device's"
    let remedy =
      plan.mode == .live
      ? "Play it uploaded, where the device keeps the time, or allow a greater tolerance."
      : "Allow a greater tolerance, or look at what keeps the device busy."
    return RunReason(
      late < 0 ? .early : .late,
      late < 0
        ? "Step \(miss) began \(size) early by the \(clock) clock; no step may."
        : "Step \(miss) began \(size) late by the \(clock) clock; at most \(allowed) are allowed. \(remedy)",
      step: miss)
  }

  /// A run that missed a guarantee has missed it, however it ended afterwards.
  private func missedOnTheWay(_ ending: String) -> RunReason? {
    if let miss = missOfStep() { return RunReason(miss.code, "\(miss.message) \(ending)", step: miss.step) }
    let limit = options.tolerance.wholeMicroseconds / RunTerms.trendShare
    guard let trend = LatenessTrend(of: ledger.steps), trend.finding(within: limit) == .beyond else { return nil }
    return RunReason(
      .drift,
      "Lateness was carried from step to step: it changed by \(RunProfile.short(microseconds: trend.overRunMicroseconds)) over the run. \(ending)",
      step: ledger.steps.first { $0.lateMicroseconds ?? 0 > limit }?.index)
  }

  mutating func stop(at now: MonotonicInstant) {
    phase = .stopping
    hasTriedStop = true
    actions.append(.tell(.stopping))
    // The device object repeats a stop for 3 s before it gives up.
    bound = now.advanced(by: .seconds(5))
    actions.append(.perform(.stop))
  }

  mutating func watchRest(from now: MonotonicInstant) {
    phase = .watchingRest
    restSamples = 0
    bound = now.advanced(by: Self.restBound)
  }

  /// Nobody saw the motor at rest: a run that would have been called a good one is not.
  mutating func doubtRest() {
    guard !isRestVerified, let verdict, verdict.outcome == .completed || verdict.outcome == .stopped else { return }
    let seen = isConnected ? "telemetry did not show" : "the connection ended before telemetry showed"
    self.verdict = Verdict(
      outcome: isConnected ? .failed : .lost,
      reason: RunReason(
        isConnected ? .notAtRest : .linkLost,
        "\(verdict.reason.message) But \(seen) the motor at rest. Make sure that it is; its button stops it.",
        step: verdict.reason.step))
  }

  mutating func release(at now: MonotonicInstant) {
    guard mayHoldControl, isConnected else { return finish() }
    phase = .releasing
    // The device object gives up a request after 9 s.
    bound = now.advanced(by: .seconds(10))
    actions.append(.perform(live.hasChangedForceLimit ? .setForceLimit(forceDecinewtons: 0) : .releaseControl))
  }

  mutating func finish() {
    phase = .finished
    bound = .distantFuture
    if let verdict { actions += [.tell(.finished(verdict.outcome)), .finish] }
  }
}
