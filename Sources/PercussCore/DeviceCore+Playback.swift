internal import PercussWire

/// Routines: start, steps, pause, confirmation, change of place, end.
extension DeviceCore {
  /// Longest time that a start may lie ahead, in milliseconds.
  static var longestSchedule: UInt32 { 86_400_000 }

  mutating func startRoutine(
    _ slot: UInt8, at start: UInt64, offset: UInt32, into actions: inout DeviceActions
  ) -> ControlOutcome {
    if let refusal = slotRefusal(slot) { return refusal }
    guard let routine = store.routine(slot) else { return .refused(.notFound) }
    let instant: DeviceInstant
    switch startInstant(start, field: 1) {
    case .at(let found): instant = found
    case .refused(let refusal): return refusal
    }
    guard UInt64(offset) < routine.milliseconds else {
      return .outOfRange(2, 0, UInt32(clamping: routine.milliseconds - 1))
    }
    var next = Playback(
      source: .routine(slot: slot), origin: instant.microseconds &- UInt64(offset) &* 1000,
      length: routine.milliseconds &* 1000)
    if instant > now { next.scheduledStart = instant }
    playback = next
    if instant > now {
      enter(.scheduled, .command, into: &actions)
    } else {
      enterPlace(planned: instant, .command, into: &actions)
    }
    return .done(.routineStarted(startMicroseconds: instant.microseconds))
  }

  enum StartInstant {
    case at(DeviceInstant)
    case refused(ControlOutcome)
  }

  /// When a start is to be: 0 stands for now, the past is too late, and more than a day ahead is out of range.
  func startInstant(_ microseconds: UInt64, field: UInt8) -> StartInstant {
    if microseconds == 0 { return .at(now) }
    let instant = DeviceInstant(microseconds: microseconds)
    if instant < now { return .refused(.refused(.tooLate)) }
    if instant.microseconds(since: now) > UInt64(Self.longestSchedule) * 1000 {
      return .refused(.outOfRange(field, 0, Self.longestSchedule))
    }
    return .at(instant)
  }

  mutating func startScheduled(into actions: inout DeviceActions) {
    guard state == .scheduled, let start = playback?.scheduledStart, start <= now else { return }
    playback?.scheduledStart = nil
    if playback?.source == .stream {
      enter(.stream, .schedule, into: &actions)
    } else {
      enterPlace(planned: start, .schedule, into: &actions)
    }
  }

  /// Everything of a routine or stream that has become due.
  mutating func playOn(into actions: inout DeviceActions) {
    while let current = playback {
      switch state {
      case .stream:
        guard streamOn(current, into: &actions) else { return }
      case .routine, .waiting:
        guard current.place(at: now) >= current.stepEnd else { return }
        if state == .waiting {
          finish(.waitTimeout, into: &actions)
          return
        }
        enterNextStep(.schedule, into: &actions)
      default: return
      }
    }
  }

  private mutating func enterNextStep(_ cause: ChangeCause, into actions: inout DeviceActions) {
    guard let current = playback, let slot = current.slot,
      let segment = store.routine(slot)?.segment(current.step &+ 1)
    else {
      finish(.completed, into: &actions)
      return
    }
    playback?.step = current.step &+ 1
    playback?.segment = segment
    playback?.stepStart = current.stepEnd
    playback?.stepEnd = current.stepEnd &+ UInt64(segment.durationMilliseconds) &* 1000
    let planned = DeviceInstant(microseconds: current.origin &+ current.stepEnd)
    enterStep(planned: planned, cause, into: &actions)
  }

  /// Enters the step that lies at the present place, anew.
  private mutating func enterPlace(planned: DeviceInstant, _ cause: ChangeCause, into actions: inout DeviceActions) {
    guard let current = playback else { return }
    locate(current.place(at: planned))
    enterStep(planned: planned, cause, into: &actions)
  }

  /// Finds the step at a place, which lies within the routine.
  private mutating func locate(_ place: UInt64) {
    guard let slot = playback?.slot, let found = store.routine(slot)?.place(atMilliseconds: place / 1000) else {
      return
    }
    playback?.step = found.step
    playback?.segment = found.segment
    playback?.stepStart = found.start &* 1000
    playback?.stepEnd = (found.start + UInt64(found.segment.durationMilliseconds)) &* 1000
    playback?.isEntered = false
  }

  /// The present step begins: state, motor, events.
  private mutating func enterStep(planned: DeviceInstant, _ cause: ChangeCause, into actions: inout DeviceActions) {
    guard let segment = playback?.segment else { return }
    let isWait = segment.kind == .wait
    // A wait gives its whole time-out, however late it is entered.
    if isWait { playback?.origin &+= now.microseconds(since: planned) }
    playback?.isEntered = true
    body.plan = playback?.plan ?? .rest
    updateForceLimit()
    enter(isWait ? .waiting : .routine, cause, into: &actions)
    reportStep(planned: planned, into: &actions)
    if isWait { askForConfirmation(into: &actions) }
  }

  mutating func reportStep(planned: DeviceInstant, into actions: inout DeviceActions) {
    guard let step = playback?.step else { return }
    emit(
      .stepEntered(
        step: step, plannedMicroseconds: planned.microseconds, actualMicroseconds: now.microseconds),
      into: &actions)
  }

  private mutating func askForConfirmation(into actions: inout DeviceActions) {
    guard let current = playback else { return }
    let left = current.stepEnd &- current.place(at: now)
    emit(
      .confirmationNeeded(
        step: current.step, timeoutMilliseconds: UInt32(clamping: left / 1000), timeMicroseconds: now.microseconds),
      into: &actions)
  }

  /// The operator confirmed: the next step is planned at this instant.
  mutating func confirmStep(_ cause: ChangeCause, into actions: inout DeviceActions) {
    guard state == .waiting, let current = playback else { return }
    playback?.origin = now.microseconds &- current.stepEnd
    enterNextStep(cause, into: &actions)
  }

  // MARK: Pause and place

  mutating func pause(into actions: inout DeviceActions) {
    guard let current = playback else { return }
    playback?.heldPlace = current.place(at: now)
    body.plan = .rest
    enter(.paused, .command, into: &actions)
  }

  /// Goes on from the held place; the pause moves the origin by its length.
  mutating func resume(into actions: inout DeviceActions) {
    guard let current = playback, let place = current.heldPlace else { return }
    playback?.origin = now.microseconds &- place
    playback?.heldPlace = nil
    if current.source == .stream {
      body.plan = playback?.plan ?? .rest
      enter(.stream, .command, into: &actions)
      return
    }
    guard current.isEntered else {
      enterStep(planned: now, .command, into: &actions)
      return
    }
    body.plan = playback?.plan ?? .rest
    let isWait = current.segment?.kind == .wait
    enter(isWait ? .waiting : .routine, .command, into: &actions)
    if isWait { askForConfirmation(into: &actions) }
  }

  mutating func seek(_ offset: UInt32, into actions: inout DeviceActions) -> ControlOutcome {
    guard let current = playback else { return .refused(.wrongState) }
    let place = UInt64(offset) &* 1000
    guard place < current.length else { return .outOfRange(0, 0, UInt32(clamping: current.length / 1000 - 1)) }
    if state == .paused {
      playback?.heldPlace = place
      locate(place)
      updateForceLimit()
    } else {
      playback?.origin = now.microseconds &- place
      enterPlace(planned: now, .command, into: &actions)
    }
    return .done(.routineMoved(step: playback?.step ?? WireConstants.noStep))
  }

  // MARK: End

  /// The routine or stream came to its own end; the timer goes on.
  mutating func finish(_ cause: ChangeCause, into actions: inout DeviceActions) {
    let wasStream = playback?.source == .stream
    endPlayback(cause, into: &actions)
    if wasStream { queue.flush() }
    rest(cause, into: &actions)
  }

  mutating func endPlayback(_ cause: ChangeCause, into actions: inout DeviceActions) {
    guard let ended = playback else { return }
    playback = nil
    if ended.source == .stream { queue.flush() }
    emit(
      .routineEnded(step: ended.step, cause: cause, timeMicroseconds: now.microseconds), into: &actions)
  }
}
