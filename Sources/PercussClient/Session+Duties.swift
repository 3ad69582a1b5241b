internal import PercussTime
internal import PercussWire

// What the host does for a device that keeps no lease, reports nothing by itself and plays no ramp.
extension Session {
  /// Whether this program has driven the motor, which moves or may move, and no lease of the device's own ends that.
  public var mustBeStopped: Bool { watch.map { $0.mayMove && $0.isOurs || lease != nil } ?? false }

  // MARK: Answers in the device's place

  mutating func answerByHost(
    _ operation: DeviceOperation, as id: RequestID, at now: MonotonicInstant, _ actions: inout [Action]
  ) {
    switch operation {
    case .request(.requestControl(let milliseconds, let policy)):
      guard (500...60_000).contains(milliseconds), policy == .stop else {
        let problem =
          policy == .stop
          ? "a lease is 500 ms to 60 s" : "the device stores no routine that it could finish; the loss policy is stop"
        actions.append(failure(of: id, operation, .invalidArgument(problem)))
        return
      }
      lease = .milliseconds(Int64(milliseconds))
      watch?.pace(at: now, isHeld: true)
      answer(id, .requestControl, .controlGranted(leaseMilliseconds: milliseconds), &actions)
    case .request(.keepAlive):
      guard lease != nil else { return actions.append(refusal(of: id, operation, .controlRequired)) }
      answer(id, .keepAlive, .empty, &actions)
    case .request(.releaseControl):
      lease = nil
      // A moving motor comes to rest.
      if watch?.mayMove == true {
        submitStop(operation, by: [id], at: now, &actions)
      } else {
        answer(id, .releaseControl, .empty, &actions)
      }
    case .request(.setTelemetry(let milliseconds)):
      let interval = Duration.milliseconds(Int64(milliseconds))
      let shortest = watch?.duties.shortestStatusInterval ?? .zero
      guard milliseconds == 0 || interval >= shortest else {
        let problem = "the device has to be asked, which is done every \(shortest.wholeMilliseconds) ms at the most"
        actions.append(failure(of: id, operation, .invalidArgument(problem)))
        return
      }
      watch?.wish = milliseconds == 0 ? nil : interval
      watch?.pace(at: now, isHeld: lease != nil)
      answer(id, .setTelemetry, .empty, &actions)
    default:
      actions.append(failure(of: id, operation, .unsupported(family: dialect.name, what: operation.title)))
    }
  }

  private func answer(
    _ id: RequestID, _ opCode: OpCode, _ body: ControlResponse.Body, _ actions: inout [Action]
  ) {
    actions.append(.complete(id, .success(.response(hostResponse(opCode, body)))))
  }

  private func hostResponse(_ opCode: OpCode, _ body: ControlResponse.Body = .empty) -> ControlResponse {
    ControlResponse(opCode: opCode, sequence: 0, result: .success, state: watch?.state ?? .idle, body: body)
  }

  func refusal(of id: RequestID, _ operation: DeviceOperation, _ result: ControlResult) -> Action {
    let body = operation.request ?? .setSpeed(speedPPM: 0, rampMilliseconds: 0)
    let response = ControlResponse(
      opCode: body.opCode, sequence: 0, result: result, state: watch?.state ?? .idle, body: .empty)
    return failure(of: id, operation, .refused(.init(operation: body, response: response, isByHost: true)))
  }

  // MARK: Ends of writes

  /// The device has accepted what was written: that is all the answer that it gives.
  mutating func acknowledged(_ request: Request, at now: MonotonicInstant, _ actions: inout [Action]) {
    outstanding = nil
    if request.operation.isMotion { watch?.commandAcknowledged(at: now) }
    watch?.pace(at: now, isHeld: lease != nil)
    if ramp != nil { watch?.hurry(at: now) }
    succeed(request, hostResponse(request.operation.request?.opCode ?? .setSpeed), &actions)
  }

  mutating func stopsAcknowledged(upTo index: Int, at now: MonotonicInstant, _ actions: inout [Action]) {
    for stop in stops[...index] {
      succeed(stop, hostResponse(stop.operation.request?.opCode ?? .stop), &actions)
    }
    stops.removeSubrange(...index)
    watch?.stops(at: now)
  }

  /// A speed was refused, or nobody knows what became of it.
  mutating func motionFailed(_ request: Request, at now: MonotonicInstant, _ actions: inout [Action]) {
    guard watch != nil, request.operation.isMotion else { return }
    watch?.commandFailed()
    ramp = nil
    if request.isPiece, end == nil { abortRamp(at: now, &actions) }
  }

  /// A ramp that cannot go on ends in a stop: nobody waits for its parts who could decide.
  private mutating func abortRamp(at now: MonotonicInstant, _ actions: inout [Action]) {
    loseControl(cause: .fault, &actions)
    submitStop(.request(.stop), by: [], at: now, &actions)
  }

  // MARK: Ramps

  /// - Returns: its first speed.
  mutating func beginRamp(to speed: MotorSpeed, over duration: Duration, at begin: MonotonicInstant) -> MotorSpeed {
    guard let watch, duration > .zero else {
      command(speed, endsRamp: true)
      return speed
    }
    let from = watch.commanded ?? watch.status.map { $0.isRunning ? $0.speed : .rest } ?? .rest
    var ramp = HostRamp(from: from, to: speed, begin: begin, duration: duration, interval: watch.duties.rampInterval)
    let first = ramp.next(at: begin)
    command(first, endsRamp: false)
    self.ramp = ramp
    return first
  }

  mutating func command(_ speed: MotorSpeed, endsRamp: Bool) {
    if endsRamp { ramp = nil }
    watch?.commands(speed)
  }

  mutating func continueRamp(at now: MonotonicInstant, _ actions: inout [Action]) {
    guard var ramp else { return }
    let isLast = ramp.isLast(at: now)
    let speed = ramp.next(at: now)
    self.ramp = isLast ? nil : ramp
    begin(
      Request(callers: [], operation: .setMotorSpeed(speed, ramp: .zero), isPiece: true), at: now, &actions)
  }

  // MARK: Status

  /// An answer that is on its way already may be older than the wish.
  mutating func submitStatus(as id: RequestID, at now: MonotonicInstant, _ actions: inout [Action]) {
    guard waitingStatusCallers.count < limits.waiting else {
      return actions.append(failure(of: id, .readStatus, .busy(limit: limits.waiting)))
    }
    waitingStatusCallers.append(id)
    watch?.hurry(at: now)
  }

  func asksForStatus(_ watch: MotorWatch, at now: MonotonicInstant) -> Bool { !watch.isAsking && watch.due <= now }

  mutating func askForStatus(at now: MonotonicInstant, _ actions: inout [Action]) {
    watch?.asks(at: now, isHeld: lease != nil)
    statusCallers += waitingStatusCallers
    waitingStatusCallers = []
    write(dialect.value(of: .readStatus), .status, at: now, &actions)
  }

  mutating func statusLost(at now: MonotonicInstant, _ actions: inout [Action]) {
    guard watch?.isAsking == true else { return }
    watch?.answerLost()
    statistics.missedTelemetry += 1
    guard let watch, watch.lost >= watch.duties.statusAttempts else { return }
    actions += statusCallers.map { failure(of: $0, .readStatus, .noResponse(attempts: watch.lost)) }
    statusCallers = []
    // Its next speed waits for a status; without one it would stand still on its way, also to rest.
    if ramp != nil { abortRamp(at: now, &actions) }
  }

  mutating func take(_ status: MotorStatus, at now: MonotonicInstant, _ actions: inout [Action]) {
    let missed = watch?.lost ?? 0
    let isMoving = outstanding?.operation.isMotion == true || !stops.isEmpty
    guard let finding = watch?.take(status, at: now, isBusy: isMoving), let watch else { return }
    actions += statusCallers.map { .complete($0, .success(.status(status))) }
    statusCallers = []
    if !waitingStatusCallers.isEmpty { self.watch?.hurry(at: now) }
    if let (previous, cause) = finding.change {
      let change = DeviceEvent.Body.stateChanged(
        state: watch.state, previous: previous, cause: cause, timeMicroseconds: UInt64(clamping: now.microseconds))
      actions.append(.event(DeviceEvent(counter: takeReportNumber(), body: change), missed: 0))
    }
    if finding.isForeignStop { dropMotion(exceptConfirm: false, &actions) }
    actions.append(.motor(status, target: watch.commanded, telemetry(of: status, watch, at: now), missed: missed))
  }

  private mutating func telemetry(of status: MotorStatus, _ watch: MotorWatch, at now: MonotonicInstant) -> Telemetry {
    func ppm(_ speed: MotorSpeed?) -> UInt16 { speed.flatMap { dialect.ratio?.speed(of: $0).ppm } ?? 0 }
    return Telemetry(
      counter: takeReportNumber(), state: watch.state,
      timeMilliseconds: UInt32(truncatingIfNeeded: now.microseconds / 1_000),
      speedPPM: status.isRunning ? ppm(status.speed) : 0, targetPPM: ppm(watch.commanded), forceDecinewtons: 0,
      temperatureDecidegrees: 0, batteryPercent: 0, step: WireConstants.noStep, remainingSeconds: 0, faults: [])
  }

  private mutating func takeReportNumber() -> UInt8 {
    defer { reportCounter &+= 1 }
    return reportCounter
  }

  mutating func take(_ version: FirmwareVersion, _ actions: inout [Action]) {
    guard let request = outstanding, request.answer == .version else {
      statistics.unmatchedResponses += 1
      return
    }
    outstanding = nil
    succeed(request, .version(version), &actions)
  }

  // MARK: Time

  private var leaseEnd: MonotonicInstant? {
    watch == nil ? nil : lease.map { lastCall.advanced(by: $0) }
  }

  var hostDeadlines: [MonotonicInstant] {
    guard let watch else { return [] }
    var deadlines = [leaseEnd, watch.deadline].compactMap { $0 }
    guard writing == nil else { return deadlines }
    if !watch.isAsking { deadlines.append(watch.due) }
    if outstanding == nil, stops.isEmpty, waiting.isEmpty, watch.isConfirmed, let ramp { deadlines.append(ramp.due) }
    return deadlines
  }

  /// The lease of a program that has fallen silent, and answers that did not come.
  mutating func performDuties(at now: MonotonicInstant, _ actions: inout [Action]) {
    if let leaseEnd, leaseEnd <= now {
      loseControl(cause: .leaseExpired, &actions)
      submitStop(.request(.stop), by: [], at: now, &actions)
    }
    if let deadline = watch?.deadline, deadline <= now { statusLost(at: now, &actions) }
  }
}
