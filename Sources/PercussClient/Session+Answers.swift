internal import PercussTime
internal import PercussWire

// What the device's answers and events mean.
extension Session {
  mutating func take(
    _ response: ControlResponse, at now: MonotonicInstant, _ actions: inout [Action]
  ) {
    if response.opCode.mayStop, ownStopReportDeadline != nil {
      // Its event is on its way, if the state that it left is one that it may have led to.
      let hasStopped = response.state == .stopping || response.state == .idle
      ownStopReportDeadline = hasStopped ? now.advanced(by: limits.stopTimeout) : nil
    }
    if response.opCode == .stop, let index = stops.firstIndex(where: { $0.sequence == response.sequence }) {
      if response.result == .success {
        // The motor is at rest or on its way there, whichever of the stops before this one did it.
        for stop in stops[...index] { succeed(stop, response, &actions) }
        stops.removeSubrange(...index)
      } else {
        finish(stops.remove(at: index), response, &actions)
      }
    } else if let request = outstanding, request.sequence == response.sequence,
      request.operation.request?.opCode == response.opCode
    {
      outstanding = nil
      if request.findsNumbers {
        findNumbers()
      } else if response.result == .stale, !request.wasRewritten, !request.isAbandoned, request.restarts < 2 {
        // A stop overtook it on the way, and nothing was done: it gets a sequence number of its own after the stop's.
        waiting.insert(
          Request(callers: request.callers, operation: request.operation, restarts: request.restarts + 1), at: 0)
      } else {
        finish(request, response, &actions)
      }
    } else if response.opCode == .keepAlive, keepAlives.contains(response.sequence) {
      if response.result == .controlRequired { loseControl(cause: nil, &actions) }
    } else {
      statistics.unmatchedResponses += 1
    }
  }

  /// Whatever the answer was: of three numbers 85 apart the device takes one for new, and the ones after it, for each lies 1 to 127 ahead of the
  /// one before, and together they reach beyond the 129 that are behind (protocol-spec/README.md, section 6). So the third is the newest.
  private mutating func findNumbers() {
    if numberSearches > 0 { sequence &+= Self.numberSearchStep - 1 }
  }

  /// From the number of one search to that of the next. Stops in between may add 42.
  private static let numberSearchStep: UInt8 = 85

  mutating func finish(_ request: Request, _ response: ControlResponse, _ actions: inout [Action]) {
    guard response.result == .success else {
      if let operation = request.operation.request {
        fail(request, .refused(.init(operation: operation, response: response)), &actions)
      }
      if response.result == .controlRequired { loseControl(cause: nil, &actions) }
      return
    }
    switch (request.operation, response.body) {
    case (.request(.requestControl), .controlGranted(let milliseconds)):
      // Without a caller who knows of it the lease is left to run out.
      lease = request.callers.isEmpty ? nil : .milliseconds(Int64(milliseconds))
    case (.request(.releaseControl), _): lease = nil
    default: break
    }
    succeed(request, response, &actions)
  }

  mutating func take(_ event: DeviceEvent, at now: MonotonicInstant, _ actions: inout [Action]) {
    let missing = events.missing
    let verdict = events.enter(event.counter)
    statistics.missedEvents += events.missing - missing
    switch verdict {
    case .new(let skipped): actions.append(.event(event, missed: skipped))
    case .late: actions.append(.event(event, missed: 0))
    case .duplicate:
      statistics.droppedNotifications += 1
      return
    }
    if case .controlLost(let cause, _) = event.body {
      if cause == .released { lease = nil } else { loseControl(cause: cause, &actions) }
    }
    if case .button = event.body {
      // At rest a press changes no state. One that confirms a step is no stop; a confirmation that waits is then refused, and moves nothing.
      dropMotion(exceptConfirm: true, &actions)
    } else if tellsOfStop(event.body, at: now) {
      dropMotion(exceptConfirm: false, &actions)
    }
  }

  /// Whether somebody else stopped the motor: what a routine's own end or a speed of 0 leads to is no stop.
  private mutating func tellsOfStop(_ event: DeviceEvent.Body, at now: MonotonicInstant) -> Bool {
    guard case .stateChanged(let state, let previous, let cause, _) = event else { return false }
    switch (state, cause) {
    case (.fault, _): return true
    case (.idle, .button), (.idle, .timer), (.idle, .leaseExpired): return true
    case (.stopping, .button), (.stopping, .timer), (.stopping, .leaseExpired): return true
    case (.idle, .command) where previous == .fault, (.stopping, .command) where previous == .fault:
      return false  // a reset
    case (_, .command) where state == previous && lease != nil:
      return true  // the device says it to the holder, of the stops of others
    case (.idle, .command), (.stopping, .command):
      guard let deadline = ownStopReportDeadline else { return true }
      ownStopReportDeadline = nil
      return now > deadline
    default:
      // The motor moves again: what stops it from here on is another stop than one that was answered before.
      if stops.isEmpty, outstanding?.operation.mayStop != true { ownStopReportDeadline = nil }
      return false
    }
  }

  /// What would move the motor and was not sent yet is dropped; what was sent is not repeated.
  mutating func dropMotion(exceptConfirm: Bool, _ actions: inout [Action]) {
    func isDropped(_ request: Request) -> Bool {
      switch request.operation {
      case .request(.confirm): !exceptConfirm
      default: request.operation.isMotion && !request.operation.isRest
      }
    }
    ramp = nil
    for request in waiting where isDropped(request) { fail(request, .stopped, &actions) }
    waiting.removeAll(where: isDropped)
    if let request = outstanding, isDropped(request) {
      abandonOutstanding(&actions)
      if outstanding == nil { fail(request, .stopped, &actions) }
    }
  }

  mutating func loseControl(cause: ChangeCause?, _ actions: inout [Action]) {
    guard lease != nil else { return }
    lease = nil
    actions.append(.controlLost(cause))
  }

  func succeed(_ request: Request, _ response: ControlResponse, _ actions: inout [Action]) {
    succeed(request, .response(response), &actions)
  }

  func succeed(_ request: Request, _ answer: Answer, _ actions: inout [Action]) {
    actions += request.callers.map { .complete($0, .success(answer)) }
  }

  func fail(_ request: Request, _ reason: DeviceError.Reason, _ actions: inout [Action]) {
    actions += request.callers.map { failure(of: $0, request.operation, reason) }
  }

  func failure(of id: RequestID, _ operation: DeviceOperation, _ reason: DeviceError.Reason) -> Action {
    .complete(id, .failure(DeviceError(reason, during: operation.title)))
  }
}
