internal import PercussTime
internal import PercussWire

// What a user does with a streamed run while it plays.
extension PlayerSession {
  mutating func steer(_ id: Int, _ what: Steering, at now: MonotonicInstant) {
    func refuse(_ reason: String) { actions.append(.steered(id, .failure(SteeringError(description: reason)))) }
    guard let state = stream, phase == .playing, verdict == nil else {
      return refuse("Only a streamed run that plays can be steered.")
    }
    guard state.steering == nil else { return refuse("The run is still busy with what was asked of it before.") }
    switch what {
    case .pause:
      guard state.stage == .running else { return refuse("The run does not play just now, so it cannot be paused.") }
      stream?.stage = .pausing
      stream?.steering = (id, what)
      actions.append(.perform(.pause))
    case .resume:
      guard state.stage == .paused else { return refuse("The run is not paused.") }
      stream?.stage = .resuming
      stream?.resumedAt = now
      stream?.bound = .distantFuture
      stream?.steering = (id, what)
      // From here on steps may come that are planned later; the device says by how much. A thousandth is for the clocks.
      let held = (now - state.pausedAt).wholeMicroseconds
      ledger.pause(currentStep, for: held - held / 1_000 - 1_000)
      actions.append(.perform(.resume))
    case .seek(let offset): seek(id, to: offset, at: now)
    case .replace(let plan):
      guard let depth = StreamFeeder.longestLookAhead(plan, queueDepth: Int(feature.queueDepth)),
        depth.milliseconds < options.lookAhead.wholeMilliseconds
      else { return replace(id, with: plan) }
      refuse("From step \(depth.step) on the steps are too short for the look-ahead and the device's queue.")
    }
  }

  mutating func steered(_ result: Result<Void, SteeringError>) {
    guard let steering = stream?.steering else { return }
    stream?.steering = nil
    actions.append(.steered(steering.id, result))
  }

  /// A pause shifts the stream by its length: by how much the device says with the next step.
  mutating func resumed(at now: MonotonicInstant) {
    guard let state = stream, state.stage == .resuming else { return }
    stream?.stage = .running
    stream?.base = state.base.advanced(by: state.resumedAt - state.pausedAt)
    stream?.origin = nil
    actions.append(.tell(.resumed))
    steered(.success(()))
  }

  private mutating func seek(_ id: Int, to offset: Int64, at now: MonotonicInstant) {
    func refuse(_ reason: String) { actions.append(.steered(id, .failure(SteeringError(description: reason)))) }
    guard let state = stream, state.stage == .running || state.stage == .paused else {
      return refuse("The run does not play just now, so it cannot go on elsewhere.")
    }
    guard var number = plan.number(at: offset), plan.steps[plan.index(ofNumber: number)].kind != .wait else {
      return refuse("The routine has no step at that place to go on with.")
    }
    var cut = offset - plan.offset(ofNumber: number)
    if Int64(plan.steps[plan.index(ofNumber: number)].duration) - cut < 10 {
      (number, cut) = (number + 1, 0)
      guard number < plan.numberCount, plan.steps[plan.index(ofNumber: number)].kind != .wait else {
        return refuse("The routine has no step at that place to go on with.")
      }
    }
    ledger.move(to: number)
    let next = feeder(from: number, cut: cut)
    stream?.begin(next)
    stream?.stage = .stopping
    stream?.steering = (id, .seek(offset))
    stream?.bound = now.advanced(by: StreamState.patience)
    bound = .distantFuture
    following.isEndSuspected = false
    // A device moves within a stream only by ending it; the motor is at rest in between.
    actions.append(.perform(.stop))
  }

  private mutating func replace(_ id: Int, with plan: Plan) {
    guard plan.mode == .streamed, stream?.feeder.replace(with: plan) == true else {
      actions.append(
        .steered(
          id,
          .failure(
            SteeringError(
              description: "The new plan differs in steps that the device has already. Only later steps can be edited.")
          )))
      return
    }
    self.plan = plan
    ledger.replace(with: plan)
    actions.append(.steered(id, .success(())))
  }
}
