internal import PercussWire

/// What the device tells: responses, events, telemetry, credits, its clock.
extension DeviceCore {
  // MARK: Responses

  mutating func respond(_ response: ControlResponse, to index: Int, into actions: inout DeviceActions) {
    guard centrals[index]?.subscriptions.contains(.controlPoint) == true else { return }
    centrals[index]?.responses.append(response)
    sendResponse(to: index, into: &actions)
  }

  mutating func sendResponse(to index: Int, into actions: inout DeviceActions) {
    guard let response = centrals[index]?.responses.next() else { return }
    actions.append(.indicate(response, to: number(index)))
  }

  func number(_ index: Int) -> CentralNumber { CentralNumber(UInt8(truncatingIfNeeded: index)) }

  // MARK: Events

  func stateEvent(_ state: DeviceState, previous: DeviceState, _ cause: ChangeCause) -> DeviceEvent.Body {
    .stateChanged(state: state, previous: previous, cause: cause, timeMicroseconds: now.microseconds)
  }

  /// An event for everybody.
  mutating func emit(_ event: DeviceEvent.Body, into actions: inout DeviceActions) {
    newestEvent = event
    for index in centrals.indices { emit(event, to: index, into: &actions) }
  }

  /// An event for one central. It is counted whether or not the central is subscribed, so that a gap tells of a loss.
  mutating func emit(_ event: DeviceEvent.Body, to index: Int, into actions: inout DeviceActions) {
    guard let last = centrals[index] else { return }
    let counter = last.eventCounter &+ 1
    let numbered = DeviceEvent(counter: counter, body: event)
    centrals[index]?.eventCounter = counter
    centrals[index]?.newestEvent = numbered
    if last.subscriptions.contains(.event) { actions.append(.notifyEvent(numbered, to: number(index))) }
  }

  // MARK: Telemetry

  mutating func sendTelemetry(into actions: inout DeviceActions) {
    for index in centrals.indices {
      guard let due = centrals[index]?.telemetryDue, due <= now, let central = centrals[index] else { continue }
      // One notification however late it is: what was missed counts as lost, and the next one keeps the phase.
      let interval = max(1, UInt64(central.telemetryInterval)) &* 1000
      let missed = now.microseconds(since: due) / interval
      let counter = central.telemetryCounter &+ UInt8(truncatingIfNeeded: missed)
      actions.append(.notifyTelemetry(telemetry(counter: counter), to: number(index)))
      centrals[index]?.telemetryCounter = counter &+ 1
      let next = due.advanced(byMicroseconds: (missed &+ 1) &* interval)
      centrals[index]?.telemetryDue = next > now ? next : nil
    }
  }

  private func telemetry(counter: UInt8) -> Telemetry {
    Telemetry(
      counter: counter, state: state, timeMilliseconds: UInt32(truncatingIfNeeded: now.microseconds / 1000),
      speedPPM: UInt16(clamping: body.speed / 1000), targetPPM: UInt16(clamping: body.setpoint / 1000),
      forceDecinewtons: rules.features.contains(.forceSensor) ? UInt16(clamping: body.load) : 0,
      temperatureDecidegrees: rules.features.contains(.temperatureSensor) ? body.heat.decidegrees : 0,
      batteryPercent: body.battery.percent, step: reportedStep,
      remainingSeconds: remainingSeconds, faults: faults)
  }

  /// The step that runs; 65535 where none does.
  var reportedStep: UInt16 {
    guard let playback, playback.segment != nil, state != .scheduled else { return WireConstants.noStep }
    return playback.step
  }

  /// What is left of routine, stream or timer, whichever ends first.
  private var remainingSeconds: UInt16 {
    var left: UInt64?
    if let timerEnd { left = timerEnd.microseconds(since: now) }
    if let playback {
      var place = playback.place(at: now)
      if let start = playback.scheduledStart { place = start.microseconds &- playback.origin }
      if place > UInt64.max / 2 { place = 0 }
      let end = playback.source == .stream ? max(queue.end &* 1000, playback.stepEnd) : playback.length
      let rest = end > place ? end &- place : 0
      left = min(left ?? rest, rest)
    }
    guard let left else { return 0 }
    return UInt16(clamping: left / 1_000_000 &+ (left % 1_000_000 == 0 ? 0 : 1))
  }

  // MARK: Credits and clock

  mutating func sendStreamCredit(into actions: inout DeviceActions) {
    isStreamCreditDue = false
    guard let holder = lease?.holder, centrals[holder]?.subscriptions.contains(.routineData) == true else { return }
    let credit = RoutineStatus(body: .streamCredit(nextIndex: queue.nextIndex, free: queue.free))
    actions.append(.notifyRoutineStatus(credit, to: number(holder)))
  }

  func writeClock(_ value: RawSpan, from index: Int, into actions: inout DeviceActions) -> AttributeError? {
    guard rules.features.contains(.clock), centrals[index]?.subscriptions.contains(.clock) == true,
      let request = try? ClockRequest(decoding: value)
    else { return nil }
    let reply = ClockReply(
      sequence: request.sequence, centralTimeMicroseconds: request.centralTimeMicroseconds,
      deviceTimeMicroseconds: now.microseconds, holdMicroseconds: 0)
    actions.append(.notifyClock(reply, to: number(index)))
    return nil
  }
}
