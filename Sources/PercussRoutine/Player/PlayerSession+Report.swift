internal import PercussClient
internal import PercussTime
internal import PercussWire

extension PlayerSession {
  /// The evidence, once finished.
  func report(_ context: RunContext) -> RunReport {
    let isComplete = verdict?.reason.code == .completed || verdict?.reason.code == .unobserved
    let start = plan.mode == .live ? hostStart?.microseconds : following.start.map { Int64(bitPattern: $0) }
    return RunReport(
      outcome: verdict?.outcome ?? .failed, reason: verdict?.reason ?? RunReason(.refused, "The run did not begin."),
      routine: RoutineSummary(
        name: plan.name, stepCount: plan.steps.count, durationMicroseconds: Int64(plan.nominalDuration) * 1_000),
      mode: plan.mode, device: context.device, link: context.link, seed: context.seed,
      isVirtualTime: context.isVirtualTime, leaseMilliseconds: Int(clamping: options.lease.wholeMilliseconds),
      lossPolicy: options.lossPolicy == .finishRoutine ? .finishRoutine : .stop,
      toleranceMicroseconds: options.tolerance.wholeMicroseconds, latePolicy: options.latePolicy,
      leadMicroseconds: plan.mode == .live ? live.lead : 0, endMicroseconds: endMicroseconds,
      rest: RestEvidence(isVerified: isRestVerified, atMicroseconds: restAt),
      steps: ledger.finished(isComplete: isComplete), motion: motion.trace(from: start))
  }
}
