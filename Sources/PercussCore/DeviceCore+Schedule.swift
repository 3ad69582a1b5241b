internal import PercussWire

/// What becomes due as time passes, and when the device next wants to be called.
extension DeviceCore {
  /// The earliest instant at which something becomes due.
  func earliestDeadline() -> DeviceInstant? {
    guard isOn else { return nil }
    var next = Deadline(now: now)
    next.add(lease?.end)
    next.add(timerEnd)
    for index in centrals.indices { next.add(centrals[index]?.telemetryDue) }
    if let playback {
      next.add(playback.scheduledStart)
      if playback.scheduledStart == nil { next.add(nextStepInstant(playback)) }
    }
    if body.isActive { next.add(body.inspectionInstant) }
    switch state {
    case .idle: next.add(idleSince.advanced(byMilliseconds: UInt64(model.autoOffMilliseconds)))
    case .stopping: next.add(body.restInstant)
    case .fault where isSwitchingOff: next.add(body.restInstant)
    case .manual where body.plan.to == 0: next.add(manualRestInstant)
    default: break
    }
    return next.instant
  }

  /// The device's clock has come to that instant: everything that became due meanwhile is done.
  mutating func pass(to instant: DeviceInstant, into actions: inout DeviceActions) {
    now = max(now, instant)
    body.advance(to: now.microseconds)
    guard isOn, let nextDeadline, nextDeadline <= now else { return }
    raiseFaults(into: &actions)
    if let lease, lease.isExpired(at: now) { loseControl(.leaseExpired, into: &actions) }
    if let timerEnd, timerEnd <= now { runOutTimer(into: &actions) }
    startScheduled(into: &actions)
    playOn(into: &actions)
    arriveAtRest(into: &actions)
    if isOn { sendTelemetry(into: &actions) }
    switchOffWhenIdle(into: &actions)
  }

  /// What the last input left to do.
  mutating func settle(into actions: inout DeviceActions) {
    if isOn { raiseFaults(into: &actions) }
    if isSwitchingOff { arriveAtRest(into: &actions) }
    if isStreamCreditDue { sendStreamCredit(into: &actions) }
    nextDeadline = earliestDeadline()
  }

  private func nextStepInstant(_ playback: Playback) -> DeviceInstant? {
    switch state {
    case .routine, .waiting: return playback.instant(of: playback.stepEnd, now: now)
    case .stream:
      if playback.segment != nil { return playback.instant(of: playback.stepEnd, now: now) }
      return queue.first.flatMap { playback.instant(of: $0.start &* 1000, now: now) }
    default: return nil
    }
  }

  /// Where a drive by hand to speed 0 may have come to its end.
  private var manualRestInstant: UInt64? {
    let end = body.plan.start.addingReportingOverflow(body.plan.duration)
    guard !end.overflow, end.partialValue > now.microseconds else { return body.nextRoundInstant }
    let rounds = end.partialValue / MotorBody.interval
    let last = rounds &* MotorBody.interval
    return last == end.partialValue ? last : last.addingReportingOverflow(MotorBody.interval).partialValue
  }

  private mutating func runOutTimer(into actions: inout DeviceActions) {
    timerEnd = nil
    switch state {
    case .idle, .stopping, .fault: break
    default: endMotion(.timer, into: &actions)
    }
  }

  /// The motor has come to rest where that ends a state.
  private mutating func arriveAtRest(into actions: inout DeviceActions) {
    if body.isAtRest {
      switch state {
      case .stopping: enter(.idle, .completed, into: &actions)
      case .manual where body.plan.to == 0 && body.plan.isComplete(at: body.round &* MotorBody.interval):
        body.plan = .rest
        enter(.idle, .completed, into: &actions)
      default: break
      }
    }
    if isSwitchingOff, body.isAtRest, state == .idle || state == .fault { switchOff(into: &actions) }
  }

  private mutating func switchOffWhenIdle(into actions: inout DeviceActions) {
    guard isOn, state == .idle else { return }
    let end = idleSince.advanced(byMilliseconds: UInt64(model.autoOffMilliseconds))
    guard now >= end, now > idleSince else { return }
    emit(stateEvent(.idle, previous: .idle, .autoOff), into: &actions)
    switchOff(into: &actions)
  }
}
