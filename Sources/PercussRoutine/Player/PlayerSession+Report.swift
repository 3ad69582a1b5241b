internal import PercussClient
internal import PercussTime
internal import PercussWire

extension PlayerSession {
  /// The evidence, once finished.
  func report(_ context: RunContext, statistics: [String: Int64] = [:], at now: MonotonicInstant) -> RunReport {
    let isComplete = verdict?.reason.code == .completed || verdict?.reason.code == .unobserved
    var link = context.link
    link.longestSilenceMicroseconds = silence.longest.map(\.wholeMicroseconds)
    link.statistics.merge(statistics) { _, own in own }
    let start = plan.mode == .live ? hostStart?.microseconds : following.start.map { Int64(bitPattern: $0) }
    return RunReport(
      outcome: verdict?.outcome ?? .failed, reason: verdict?.reason ?? RunReason(.refused, "The run did not begin."),
      routine: RoutineSummary(
        name: plan.name, stepCount: plan.steps.count, durationMicroseconds: Int64(plan.nominalDuration) * 1_000,
        leavesOutForce: plan.leavesOutForce ? true : nil),
      mode: plan.mode, device: context.device, link: link, seed: context.seed,
      isVirtualTime: context.isVirtualTime, environment: context.environment,
      leaseMilliseconds: Int(clamping: options.lease.wholeMilliseconds),
      lossPolicy: options.lossPolicy == .finishRoutine ? .finishRoutine : .stop,
      toleranceMicroseconds: options.tolerance.wholeMicroseconds, latePolicy: options.latePolicy,
      leadMicroseconds: plan.mode == .live ? live.lead : 0, endMicroseconds: endMicroseconds,
      rest: RestEvidence(isVerified: isRestVerified, atMicroseconds: restAt), lateness: ledger.endlessLateness,
      stream: stream?.evidence(options.lookAhead, at: now), clocks: clocks.evidence(at: now),
      steps: ledger.finished(isComplete: isComplete), motion: motion.trace(from: start))
  }

  /// When telemetry was measured (uploaded, streamed) or arrived (live), in microseconds from the start of the run.
  func motionTime(_ telemetry: Telemetry, _ receivedAt: MonotonicInstant) -> Int64? {
    plan.mode == .live ? hostStart.map { (receivedAt - $0).wholeMicroseconds } : following.time(of: telemetry)
  }

  /// Where the run is, for whoever watches it.
  func position(_ telemetry: Telemetry, at now: MonotonicInstant) -> RunPosition? {
    guard let hostStart, ledger.furthest >= 0, ledger.furthest < plan.numberCount else { return nil }
    let elapsed = max(0, (now - hostStart).wholeMicroseconds)
    // Of an endless plan, what is left of the round.
    let index = currentStep
    let nominal = Int64(plan.nominalDuration) * 1_000
    let step = plan.steps[index]
    let beforeStep = nominal - Int64(step.offset) * 1_000
    let inStep = elapsed - ledger.shift(at: index) - plan.offset(ofNumber: ledger.furthest) * 1_000
    let remaining = step.kind == .wait ? beforeStep : beforeStep - max(0, inStep)
    return RunPosition(
      step: index, elapsed: .microseconds(elapsed), remaining: .microseconds(min(max(0, remaining), nominal)),
      speedPPM: Int(telemetry.speedPPM), targetPPM: Int(telemetry.targetPPM),
      forceDecinewtons: Int(telemetry.forceDecinewtons), batteryPercent: Int(telemetry.batteryPercent))
  }
}
