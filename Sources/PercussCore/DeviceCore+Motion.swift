internal import PercussWire

/// States, stops, faults, control, button and power: what makes the motor move or not.
extension DeviceCore {
  mutating func enter(_ next: DeviceState, _ cause: ChangeCause, into actions: inout DeviceActions) {
    guard next != state else { return }
    let previous = state
    state = next
    if next == .idle { idleSince = now }
    emit(stateEvent(next, previous: previous, cause), into: &actions)
  }

  /// A stop: whatever moves, is scheduled, waits or is paused ends, the queue and the timer with it.
  mutating func endMotion(_ cause: ChangeCause, into actions: inout DeviceActions) {
    timerEnd = nil
    flushQueue()
    endPlayback(cause, into: &actions)
    switch state {
    case .idle, .stopping, .fault: break
    default: rest(cause, into: &actions)
    }
  }

  /// Ramps to rest: stopping, or idle at once where the motor is at rest already.
  mutating func rest(_ cause: ChangeCause, into actions: inout DeviceActions) {
    body.plan = .rest
    updateForceLimit()
    enter(body.isAtRest ? .idle : .stopping, cause, into: &actions)
  }

  /// Forgets the steps that have not begun; the running one keeps its place in time.
  mutating func flushQueue() {
    var end: UInt64 = 0
    if let playback, playback.source == .stream, playback.segment != nil { end = playback.stepEnd / 1000 }
    queue.flush(end: end)
  }

  /// The limit in force: the lowest of the device's, the one that was set and the segment's.
  mutating func updateForceLimit() {
    var limit = forceLimit ?? model.forceMaximumDecinewtons
    if let segment = playback?.segment, segment.forceLimitDecinewtons > 0 {
      limit = min(limit, segment.forceLimitDecinewtons)
    }
    body.forceLimit = Int32(limit)
  }

  // MARK: Control

  /// The holder fell silent, its link ended, or it gave control back.
  mutating func loseControl(_ cause: ChangeCause, into actions: inout DeviceActions) {
    guard let lost = lease else { return }
    lease = nil
    if cause == .leaseExpired {
      emit(.controlLost(cause: cause, timeMicroseconds: now.microseconds), to: lost.holder, into: &actions)
    }
    if lost.policy == .finishRoutine && cause != .released && (state == .routine || state == .waiting) {
      flushQueue()
      return
    }
    endMotion(cause, into: &actions)
  }

  mutating func renewLease(of index: Int) {
    if lease?.holder == index { lease?.renew(at: now) }
  }

  // MARK: Faults

  mutating func raiseFaults(into actions: inout DeviceActions) {
    reportBattery(into: &actions)
    let fresh = body.conditions.subtracting(faults)
    guard !fresh.isEmpty else { return }
    faults.formUnion(fresh)
    if state != .fault {
      timerEnd = nil
      endPlayback(.fault, into: &actions)
      flushQueue()
      body.plan = .rest
      updateForceLimit()
      enter(.fault, .fault, into: &actions)
    }
    for fault in Self.allFaults where fresh.contains(fault.flag) {
      emit(.faultRaised(fault: fault.name, timeMicroseconds: now.microseconds), into: &actions)
    }
  }

  /// Clears the faults whose cause is gone; true when none is left.
  mutating func clearFaults(into actions: inout DeviceActions) -> Bool {
    let left = body.lastingCauses
    let cleared = faults.subtracting(left)
    faults.formIntersection(left)
    body.forgetConditions()
    for fault in Self.allFaults where cleared.contains(fault.flag) {
      emit(.faultCleared(fault: fault.name, timeMicroseconds: now.microseconds), into: &actions)
    }
    guard faults.isEmpty else { return false }
    enter(body.isAtRest ? .idle : .stopping, .command, into: &actions)
    return true
  }

  private static var allFaults: [(flag: DeviceFaults, name: DeviceFault)] {
    [
      (.stall, .stall), (.overheat, .overheat), (.batteryEmpty, .batteryEmpty), (.motorFailure, .motorFailure),
    ]
  }

  private mutating func reportBattery(into actions: inout DeviceActions) {
    let percent = body.battery.percent
    if percent != reportedBattery {
      reportedBattery = percent
      for index in centrals.indices where centrals[index]?.subscriptions.contains(.batteryLevel) == true {
        actions.append(.notifyBatteryLevel(percent, to: number(index)))
      }
    }
    if percent > model.batteryLowPercent {
      hasWarnedOfBattery = false
    } else if !hasWarnedOfBattery {
      hasWarnedOfBattery = true
      emit(.batteryLow(batteryPercent: percent, timeMicroseconds: now.microseconds), into: &actions)
    }
  }

  // MARK: Button and power

  mutating func press(_ action: ButtonAction, into actions: inout DeviceActions) {
    guard isOn else {
      switchOn(into: &actions)
      return
    }
    idleSince = now
    emit(.button(action: action, timeMicroseconds: now.microseconds), into: &actions)
    switch action {
    case .shortPress:
      if state == .waiting {
        confirmStep(.button, into: &actions)
      } else {
        endMotion(.button, into: &actions)
      }
    case .longPress:
      endMotion(.button, into: &actions)
      isSwitchingOff = true
    }
  }

  /// Ends the connections and forgets everything but the stored routines. The motor is at rest.
  mutating func switchOff(into actions: inout DeviceActions) {
    timerEnd = nil
    lease = nil
    forceLimit = nil
    endPlayback(.autoOff, into: &actions)
    flushQueue()
    store.forgetTransfers()
    for index in centrals.indices where centrals[index] != nil {
      actions.append(.disconnect(CentralNumber(UInt8(truncatingIfNeeded: index))))
      centrals[index] = nil
    }
    isOn = false
    isSwitchingOff = false
    isStreamCreditDue = false
    actions.append(.poweredOff)
  }

  /// The device begins again, and its clock with it.
  private mutating func switchOn(into actions: inout DeviceActions) {
    isOn = true
    now = .zero
    body.restartClock()
    state = .idle
    faults = []
    hasWarnedOfBattery = false
    idleSince = .zero
    updateForceLimit()
    newestEvent = Self.powerOnEvent
    actions.append(.poweredOn)
  }
}
