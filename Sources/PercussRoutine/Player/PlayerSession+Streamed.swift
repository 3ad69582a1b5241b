internal import PercussClient
internal import PercussTime
internal import PercussWire

// Streamed mode: the device keeps the time, the player keeps it supplied.
//
//   flush ▸ the first steps ▸ start ▸ steps, ahead of time ▸ … ▸ the rest that ends the stream ▸ wait? ▸ flush ▸ …
extension PlayerSession {
  mutating func prepareStream(at now: MonotonicInstant) {
    phase = .starting
    actions.append(.tell(.preparing(.queueing)))
    flush(at: now)
  }

  private mutating func flush(at now: MonotonicInstant) {
    stream?.stage = .flushing
    actions.append(.perform(.queueFlush))
  }

  func feeder(from number: Int, cut: Int64 = 0) -> StreamFeeder {
    StreamFeeder(
      plan, from: number, cut: cut, speedStep: feature.speedStepPPM, queueDepth: Int(feature.queueDepth),
      lookAhead: options.lookAhead, connectionInterval: connectionInterval)
  }

  // MARK: Supply

  /// Sends what is due. One step at a time is handed to the link, which takes the next when it has room.
  mutating func feed(at now: MonotonicInstant) {
    guard verdict == nil, var state = stream else { return }
    defer { if verdict == nil { stream = state } }
    guard now < state.bound else { return concludeStuck(at: now) }
    switch state.stage {
    case .stopping, .flushing, .over: return
    case .filling, .starting, .running, .pausing, .paused, .resuming: break
    }
    if !state.isWriting, !state.isResolving {
      switch state.feeder.next(place: state.place(at: now), at: now) {
      case .send(let item):
        state.isWriting = true
        actions.append(
          .stream(StreamedStep(index: item.index, atMilliseconds: item.at, segment: item.segment)))
      case .resolve(let item):
        state.isResolving = true
        actions.append(.perform(.queueStep(index: item.index, atMilliseconds: item.at, segment: item.segment)))
      case .wait(let until): state.wake = until
      }
    }
    if let retryAt = state.retryAt {
      guard now >= retryAt else { return }
      state.retryAt = nil
    } else {
      guard state.stage == .filling, state.waiting == nil, state.feeder.isReady else { return }
    }
    state.stage = .starting
    if state.retries == 0 { state.base = now }
    if hostStart == nil { actions.append(.tell(.preparing(.starting))) }
    actions.append(.perform(.queueStart(startMicroseconds: 0)))
  }

  var streamDeadline: MonotonicInstant {
    guard let stream else { return .distantFuture }
    let wake = stream.isWriting || stream.isResolving ? MonotonicInstant.distantFuture : stream.wake
    return min(wake, stream.bound, stream.retryAt ?? .distantFuture)
  }

  mutating func queued(_ result: Result<Void, DeviceError>, at now: MonotonicInstant) {
    stream?.isWriting = false
    if case .failure(let error) = result { failed(error, at: now) }
  }

  mutating func credited(_ credit: StreamCredit, at now: MonotonicInstant) {
    guard let stage = stream?.stage, stage != .flushing, stage != .stopping, stage != .over else { return }
    stream?.feeder.credited(nextIndex: credit.nextIndex, free: credit.free, at: now)
  }

  mutating func streamPerformed(
    _ operation: ControlRequest.Body, _ result: Result<ControlResponse, DeviceError>, at now: MonotonicInstant
  ) {
    switch (operation, result) {
    case (.queueFlush, .success) where stream?.stage == .flushing:
      stream?.stage = .filling
      if stream?.waiting == nil { stream?.bound = now.advanced(by: StreamState.patience) }
    case (.queueStart, .success(let response)): streamStarted(response, at: now)
    case (.queueStart, .failure(let error)): startRefused(error, at: now)
    case (.queueStep, _): resolved(result, at: now)
    case (.pause, .success):
      stream?.stage = .paused
      stream?.pausedAt = now
      stream?.bound = now.advanced(by: StreamState.longestPause)
      actions.append(.tell(.paused))
      steered(.success(()))
    case (.resume, .success): resumed(at: now)
    case (.pause, .failure(let error)), (.resume, .failure(let error)):
      guard case .refused(let refusal) = error.reason, refusal.result == .wrongState else {
        return failed(error, at: now)
      }
      stream?.stage = operation == .pause ? .running : .paused
      steered(.failure(SteeringError(description: "\(error)")))
    case (.stop, .success) where stream?.stage == .stopping: flush(at: now)
    case (_, .failure(let error)): failed(error, at: now)
    default: break
    }
  }

  private mutating func streamStarted(_ response: ControlResponse, at now: MonotonicInstant) {
    guard stream?.stage == .starting else { return }
    guard case .streamStarted(let start) = response.body else {
      conclude(.failed, .refused, "The device's answer to the start lacks the instant. Update its firmware.", at: now)
      return
    }
    let isFirst = hostStart == nil
    if isFirst {
      phase = .playing
      following.start = start
      hostStart = stream?.base ?? now
      actions.append(.tell(.started))
    }
    following.isEndSuspected = false
    following.lastCause = nil
    stream?.stage = .running
    stream?.origin = start
    stream?.bound = .distantFuture
    stream?.feeder.isPlaying = true
    bound = now.advanced(by: Self.silence)
    if let feeder = stream?.feeder {
      ledger.anchor(plan.index(ofNumber: feeder.first), shift: following.time(start) - feeder.nominal(feeder.first))
    }
    steered(.success(()))
    let early = following.early
    following.early = []
    for event in early { streamReported(event, at: now) }
  }

  /// At the end of a stream the motor may need a moment more to come to rest.
  private mutating func startRefused(_ error: DeviceError, at now: MonotonicInstant) {
    guard case .refused(let refusal) = error.reason, refusal.result == .wrongState, refusal.state == .stopping,
      let retries = stream?.retries, retries < 20
    else { return failed(error, at: now) }
    stream?.retries = retries + 1
    stream?.retryAt = now.advanced(by: .milliseconds(100))
  }

  /// A step that did not get through was asked for by a request.
  private mutating func resolved(_ result: Result<ControlResponse, DeviceError>, at now: MonotonicInstant) {
    stream?.isResolving = false
    switch result {
    case .success: _ = stream?.feeder.resolved(expecting: nil, at: now)
    case .failure(let error):
      guard case .refused(let refusal) = error.reason else { return failed(error, at: now) }
      switch (refusal.result, refusal.response.body) {
      case (.outOfOrder, .indexExpected(let index)):
        // Index 0 of a queue that plays nothing any more: the end of the stream is on its way to be known.
        if stream?.feeder.resolved(expecting: index, at: now) == false { suspectEnd(at: now) }
      case (.queueFull, _): break
      case (.tooLate, _): concludeUnderflow(hasEnded: false, at: now)
      default: failed(error, at: now)
      }
    }
  }

  // MARK: What the device reports

  mutating func streamReported(_ event: DeviceEvent, at now: MonotonicInstant) {
    guard let state = stream, phase == .playing || phase == .starting else { return }
    guard phase == .playing, state.isPlaying || state.stage != .starting else {
      // Two characteristics do not order each other: the first steps may come before the answer to the start.
      if state.stage == .starting, following.early.count < 64 { following.early.append(event) }
      return
    }
    heard(at: now)
    switch event.body {
    case .stepEntered(let index, let planned, let actual):
      guard state.isPlaying, let number = state.feeder.number(ofIndex: index) else { return }
      streamEntered(number, planned: planned, actual: actual, at: now)
    case .routineEnded(let index, let cause, let time):
      guard state.isPlaying else { return }
      let number = state.feeder.number(ofIndex: index)
      if cause == .completed, number == state.feeder.end {
        endMicroseconds = following.time(time) - Int64(StreamFeeder.settling) * 1_000
        return streamEnded(at: now)
      }
      endMicroseconds = following.time(time)
      if cause == .completed || cause == .underflow { return concludeUnderflow(hasEnded: true, at: now) }
      ended(in: number.map(plan.index), cause, at: now)
    case .stateChanged(let state, let previous, let cause, _):
      stateChanged(to: state, from: previous, cause, at: now)
    case .faultRaised(let fault, _):
      following.fault = fault
      if !state.isPlaying { ended(in: state.waiting, .fault, at: now) }
    case .button(.shortPress, _) where isAsking != nil: answeredByButton(at: now)
    case .button where !state.isPlaying: ended(in: state.waiting, .button, at: now)
    default: break
    }
  }

  private mutating func streamEntered(_ number: Int, planned: UInt64, actual: UInt64, at now: MonotonicInstant) {
    guard let feeder = stream?.feeder else { return }
    stream?.feeder.began(number)
    let position = number - feeder.first
    // The device's own word; it holds across pauses too.
    if position > 0 { stream?.origin = planned &- UInt64(feeder.at(position)) &* 1_000 }
    let isEnd = number == feeder.end
    // The rest that ends a stream stands for the wait behind it; at the end of the plan it stands for nothing.
    guard !isEnd || plan.steps.indices.contains(number) && plan.steps[number].kind == .wait else { return }
    entered(
      number, nominal: feeder.nominal(number), planned: following.time(planned), actual: following.time(actual),
      uncertainty: 1, by: .event, at: now)
  }

  private mutating func stateChanged(
    to state: DeviceState, from previous: DeviceState, _ cause: ChangeCause, at now: MonotonicInstant
  ) {
    guard let stream else { return }
    if stream.isPlaying {
      guard Self.isPlaying(previous), !Self.isPlaying(state) else { return }
      following.lastCause = cause
      suspectEnd(at: now)
    } else if stream.stage != .over || stream.waiting != nil {
      // At rest, between two streams; the player's own stop before a seek changes the state.
      switch cause {
      case .timer, .autoOff: ended(in: stream.waiting, cause, at: now)
      case .command where state == previous: ended(in: stream.waiting, cause, at: now)
      default: break
      }
    }
  }

  mutating func streamFollowed(_ telemetry: Telemetry, at now: MonotonicInstant) {
    guard let state = stream, state.isPlaying, let origin = state.origin, let time = following.time(of: telemetry),
      time >= following.time(origin)
    else { return }
    heard(at: now)
    if let number = state.feeder.number(ofIndex: telemetry.step) {
      stream?.feeder.began(number)
      if number < state.feeder.end { ledger.show(number, from: time, to: time + 1_000) }
    }
    if !Self.isPlaying(telemetry.state) { suspectEnd(at: now) }
  }

  /// Nothing was heard for long, or the stream seems to be over.
  mutating func probeStream(at now: MonotonicInstant) {
    guard following.isEndSuspected, let state = stream else {
      bound = now.advanced(by: Self.silence)
      if stream?.isPlaying == true { actions.append(.perform(.keepAlive)) }
      return
    }
    // All that the device had is over by its clock: where its reports are lost, that says how it ended.
    let hadAll = state.place(at: now) >= state.feeder.at(min(state.feeder.acknowledged, state.feeder.count - 1))
    let isOver = state.feeder.isComplete && hadAll
    switch following.lastCause {
    case .completed where isOver, nil where isOver: streamEnded(at: now)
    case nil where hadAll: concludeUnderflow(hasEnded: true, at: now)
    case .completed, .underflow: concludeUnderflow(hasEnded: true, at: now)
    case let cause: ended(in: nil, cause, at: now)
    }
  }

  // MARK: Ends

  /// The stream was played to its end: a wait, or that of the routine.
  private mutating func streamEnded(at now: MonotonicInstant) {
    guard let end = stream?.feeder.end, plan.steps.indices.contains(end) else {
      stream?.stage = .over
      return completed(at: now)
    }
    let timeout = Duration.milliseconds(Int64(plan.steps[end].duration))
    following.isEndSuspected = false
    bound = .distantFuture
    endMicroseconds = nil
    stream?.waiting = end
    if end + 1 < plan.steps.count {
      let next = feeder(from: end + 1)
      stream?.begin(next)
      flush(at: now)
    } else {
      stream?.stage = .over
    }
    ask(end, timeout: timeout, until: now.advanced(by: timeout))
  }

  mutating func streamConfirmed(at now: MonotonicInstant) {
    stream?.waiting = nil
    stream?.bound = now.advanced(by: StreamState.patience)
    if stream?.stage == .over {
      endMicroseconds = hostStart.map { (now - $0).wholeMicroseconds }
      completed(at: now)
    }
  }

  private mutating func concludeUnderflow(hasEnded: Bool, at now: MonotonicInstant) {
    guard let feeder = stream?.feeder else { return }
    let step = plan.index(ofNumber: min(feeder.first + feeder.acknowledged, plan.numberCount - 1))
    conclude(
      .missed, .underflow,
      "Step \(step) did not reach the device in time, so its motor ramped to rest: the link stood still for longer than the "
        + "look-ahead (\(RunProfile.short(microseconds: options.lookAhead.wholeMicroseconds))). Use a longer look-ahead or a better link, "
        + "or play the routine uploaded.",
      step: step, hasEnded: hasEnded, at: now)
  }

  private mutating func concludeStuck(at now: MonotonicInstant) {
    if stream?.stage == .paused {
      conclude(
        .stopped, .waitTimeout, "Nobody resumed the routine within an hour. Play it again when someone is there.",
        step: currentStep, at: now)
    } else {
      conclude(
        .lost, .noResponse,
        "The steps could not be brought to the device within \(RunProfile.short(microseconds: StreamState.patience.wholeMicroseconds)). "
          + "Use a better link.", at: now)
    }
  }
}
