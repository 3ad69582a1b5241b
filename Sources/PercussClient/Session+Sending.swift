internal import PercussGATT
internal import PercussLink
internal import PercussTime
internal import PercussWire

// What is written, and when.
extension Session {
  /// Writes what may be written now.
  mutating func advance(_ now: MonotonicInstant, _ actions: inout [Action]) {
    guard end == nil, writing == nil else { return }
    if let index = stops.firstIndex(where: { $0.isReady(at: now) }) {
      stops[index].wantsWrite = false
      write(stops[index].value, .stop(sequence: stops[index].sequence), at: now, &actions)
    } else if let request = outstanding, request.isReady(at: now) {
      outstanding?.wantsWrite = false
      write(request.value, .request(sequence: request.sequence), at: now, &actions)
    } else if outstanding == nil, stops.isEmpty, !waiting.isEmpty, numberSearches > 0 {
      numberSearches -= 1
      let query = DeviceOperation.request(.routineQuery(slot: 0))
      begin(Request(callers: [], operation: query, findsNumbers: true), at: now, &actions)
    } else if outstanding == nil, stops.isEmpty, !waiting.isEmpty {
      begin(waiting.removeFirst(), at: now, &actions)
    } else if outstanding == nil, stops.isEmpty, let ramp, ramp.due <= now, watch?.isConfirmed == true {
      continueRamp(at: now, &actions)
    } else if let watch, asksForStatus(watch, at: now) {
      askForStatus(at: now, &actions)
    } else if let keepAliveDue, keepAliveDue <= now {
      renewLease(at: now, &actions)
    }
  }

  mutating func begin(_ request: Request, at now: MonotonicInstant, _ actions: inout [Action]) {
    var request = request
    request.sequence = takeSequence()
    request.attempts += 1
    let due = max(now, request.timing?.due ?? now)
    request.deadline = due.advanced(by: limits.responseTimeout)
    if request.operation.mayStop { expectStopReport(at: due) }
    do {
      try prepare(&request, at: due)
      outstanding = request
      if let timing = request.timing {
        arm(request, timing, &actions)
      } else {
        write(request.value, .request(sequence: request.sequence), at: now, &actions)
      }
    } catch {
      fail(request, error.reason, &actions)
      advance(now, &actions)
    }
  }

  /// What it writes, and what ends it.
  private mutating func prepare(_ request: inout Request, at due: MonotonicInstant) throws(DeviceError) {
    switch try dialect.procedure(for: request.operation, sequence: request.sequence, flags: []) {
    case .write(let value, let answer):
      (request.value, request.answer) = (value, answer)
      if case .setMotorSpeed(let speed, _) = request.operation, watch != nil {
        command(speed, endsRamp: !request.isPiece)
      }
    case .ramp(let speed, let duration):
      let first = beginRamp(to: speed, over: duration, at: due)
      let piece = DeviceOperation.setMotorSpeed(first, ramp: .zero)
      guard
        case .write(let value, let answer) = try dialect.procedure(for: piece, sequence: request.sequence, flags: [])
      else { return }
      (request.value, request.answer) = (value, answer)
    case .byHost: break
    }
  }

  private mutating func arm(_ request: Request, _ timing: Timing, _ actions: inout [Action]) {
    guard let value = request.value, let caller = request.callers.first else { return }
    nextNumber &+= 1
    let id = WriteID(number: nextNumber)
    writing = (id, .request(sequence: request.sequence))
    armed = id
    actions.append(.arm(id, for: caller, value, timing))
  }

  /// What is armed makes way. Where it has just been written all the same, the device may have it, and its answer is one that nobody waits for.
  mutating func disarm(_ actions: inout [Action]) {
    guard let id = armed else { return }
    actions.append(.disarm(id))
    (armed, writing) = (nil, nil)
  }

  mutating func submitStop(
    _ operation: DeviceOperation, by callers: [RequestID], at now: MonotonicInstant, _ actions: inout [Action]
  ) {
    let wasArmed = armed != nil
    ramp = nil
    watch?.stops(at: now)
    if wasArmed {
      // Not only motion: nothing stands in the way of a stop.
      disarm(&actions)
      if let request = outstanding { fail(request, .stopped, &actions) }
      outstanding = nil
    }
    // What would move the motor and came before the stop must not come after it.
    if let request = outstanding, request.operation.isMotion {
      // It may be under way still. Its sequence number is behind the stop's, so the device will not begin it after the stop; where there are none, the stop is
      // written once more when its write has ended.
      outstanding = nil
      fail(request, .stopped, &actions)
    }
    for request in waiting where request.operation.isMotion { fail(request, .stopped, &actions) }
    waiting.removeAll { $0.operation.isMotion }
    expectStopReport(at: now)
    if stops.count >= limits.parallelStops {
      stops[stops.count - 1].callers += callers
      stops[stops.count - 1].wantsWrite = true
      writeCommand(stops[stops.count - 1].value, &actions)
      return
    }
    var stop = Request(callers: callers, operation: operation, sequence: takeSequence())
    // It has no parameter that could be out of range; a dialect that fails here leaves a stop that ends as unanswered.
    if case .write(let value, let answer)? = try? dialect.procedure(
      for: .request(.stop), sequence: stop.sequence, flags: [])
    {
      (stop.value, stop.answer) = (value, answer)
    }
    stop.attempts = 1
    stop.deadline = now.advanced(by: limits.stopTimeout)
    stop.wantsWrite = true
    // A command overtakes the write request under way; the write request that follows makes sure, and is only a repetition to the device.
    // So it does where the way of a timed request is still held open for it.
    if writing != nil || wasArmed { writeCommand(stop.value, &actions) }
    stops.append(stop)
  }

  /// The device will report the stop that is asked for now; within this time the report is not taken for that of somebody else's.
  mutating func expectStopReport(at now: MonotonicInstant) {
    ownStopReportDeadline = now.advanced(by: limits.responseTimeout)
  }

  /// The outstanding request is not written again. Where the device may have it, it keeps its place until the answer comes: still one procedure at a time.
  mutating func abandonOutstanding(_ actions: inout [Action]) {
    guard let request = outstanding else { return }
    if armed != nil {
      disarm(&actions)
      outstanding = nil
    } else if request.wasAccepted || writing?.what == .request(sequence: request.sequence) {
      outstanding?.isAbandoned = true
      outstanding?.wantsWrite = false
    } else {
      outstanding = nil
    }
  }

  /// A speed that waits, and that nothing else that moves the motor has come after, is stale when a newer one comes.
  mutating func supersedeWaitingSpeed(_ actions: inout [Action]) {
    guard let index = waiting.lastIndex(where: { $0.operation.isMotion || $0.operation == .request(.pause) }),
      waiting[index].operation.isSpeed
    else { return }
    fail(waiting.remove(at: index), .superseded, &actions)
  }

  var keepAliveDue: MonotonicInstant? {
    // Where the host keeps it, only the program renews it.
    watch == nil ? lease.map { lastRenewal.advanced(by: $0 / 3) } : nil
  }

  mutating func renewLease(at now: MonotonicInstant, _ actions: inout [Action]) {
    // While an answer is awaited, the request itself is the keep-alive: a new sequence number would push it out of the device's replay cache. What is
    // not to be repeated needs no place there.
    if let stop = stops.last {
      write(stop.value, .stop(sequence: stop.sequence), at: now, &actions)
    } else if let request = outstanding, !request.isAbandoned {
      if request.wasAccepted {
        outstanding?.wasRewritten = true
        write(request.value, .request(sequence: request.sequence), at: now, &actions)
      } else {
        lastRenewal = now
      }
    } else {
      let sequence = takeSequence()
      keepAlives.append(sequence)
      if keepAlives.count > 4 { keepAlives.removeFirst() }
      let keepAlive = dialect.value(of: .request(.keepAlive), sequence: sequence, flags: .quiet)
      write(keepAlive, .keepAlive, at: now, &actions)
    }
  }

  mutating func write(
    _ value: OutgoingValue?, _ what: Writing, at now: MonotonicInstant, _ actions: inout [Action]
  ) {
    lastRenewal = now
    guard let value else { return }
    nextNumber &+= 1
    writing = (WriteID(number: nextNumber), what)
    actions.append(.write(WriteID(number: nextNumber), value, value.type))
  }

  mutating func writeCommand(_ value: OutgoingValue?, _ actions: inout [Action]) {
    guard let value else { return }
    nextNumber &+= 1
    actions.append(.write(WriteID(number: nextNumber), value, .command))
  }

  mutating func takeSequence() -> UInt8 {
    defer { sequence &+= 1 }
    return sequence
  }

  /// What becomes of a request whose write has ended; `nil` when it is over.
  mutating func settle(
    _ request: Request, isStop: Bool = false, failure: LinkError?, at now: MonotonicInstant,
    _ actions: inout [Action]
  ) -> Request? {
    var request = request
    switch failure {
    case nil:
      request.wasAccepted = true
    case .attribute(.procedureInProgress, _) where request.wasAccepted:
      break  // A repetition came while the device still works on the answers before it.
    case .attribute(.procedureInProgress, _) where request.isAbandoned:
      fail(request, .stopped, &actions)
      return nil
    case .attribute(.procedureInProgress, _)
    where request.timing.map { now.advanced(by: limits.backOff) > $0.latest } ?? false:
      fail(request, .tooLate, &actions)
      return nil
    case .attribute(.procedureInProgress, _) where request.notBefore == nil:
      request.notBefore = now.advanced(by: limits.backOff)
      request.wantsWrite = true
    case .some(let error) where isStop && request.answer == .acknowledgement:
      // Its deadline has it written again: without a lease nothing else stops the motor.
      request.lastFailure = error
    case .some(let error):
      fail(request, .init(link: error), &actions)
      return nil
    }
    return request
  }
}
