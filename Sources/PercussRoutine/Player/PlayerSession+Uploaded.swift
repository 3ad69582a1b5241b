internal import PercussClient
internal import PercussTime
internal import PercussWire

/// What is known of a routine that the device plays by itself.
struct UploadedState {
  /// The start of the run by the device's clock, in microseconds.
  var start: UInt64?
  /// The cause in the last change of the device's state out of the routine.
  var lastCause: ChangeCause?
  var fault: DeviceFault?
  /// The routine seems to be over, though no event has said so yet; judged when the grace time has passed.
  var isEndSuspected = false
  /// Steps that were reported before the answer to the start had come.
  var early: [DeviceEvent] = []

  /// When telemetry was measured, in microseconds from the start of the run (within a millisecond).
  func time(of telemetry: Telemetry) -> Int64? {
    guard let start else { return nil }
    let low = UInt32(truncatingIfNeeded: start / 1_000)
    return Int64(Int32(bitPattern: telemetry.timeMilliseconds &- low)) * 1_000 - Int64(start % 1_000)
  }

  /// An instant of the device's clock, in microseconds from the start of the run.
  ///
  /// A device may report anything. Beyond what a run can last the instant is the bound: late or early beyond every tolerance, and safe to reckon with.
  func time(_ microseconds: UInt64) -> Int64 {
    let time = Int64(bitPattern: microseconds &- (start ?? 0))
    return min(max(time, -Self.longestRun), Self.longestRun)
  }

  /// Twice the longest routine.
  private static let longestRun: Int64 = 2 * 86_400_000_000
}

// Uploaded mode: the device keeps the time, the player watches.
extension PlayerSession {
  /// How long an end without its event may go unexplained: the event may be on its way.
  static var grace: Duration { .seconds(1) }
  /// Telemetry comes every 200 ms; after this silence the device is asked.
  static var silence: Duration { .seconds(5) }

  mutating func started(_ response: ControlResponse, at now: MonotonicInstant) {
    guard case .routineStarted(let start) = response.body else {
      conclude(.failed, .refused, "The device's answer to the start lacks the instant. Update its firmware.", at: now)
      return
    }
    phase = .playing
    following.start = start
    hostStart = now
    bound = now.advanced(by: Self.silence)
    actions.append(.tell(.started))
    let early = following.early
    following.early = []
    for event in early { reported(event, at: now) }
  }

  /// The device reported an event.
  mutating func reported(_ event: DeviceEvent, at now: MonotonicInstant) {
    guard phase == .playing else {
      // Two characteristics do not order each other: the first steps may come before the answer to the start.
      if phase == .starting, following.early.count < 64 { following.early.append(event) }
      return
    }
    heard(at: now)
    switch event.body {
    case .stepEntered(let step, let planned, let actual):
      let (planned, actual) = (following.time(planned), following.time(actual))
      entered(Int(step), planned: planned, actual: actual, uncertainty: 1, by: .event, at: now)
    case .routineEnded(let step, let cause, let time):
      endMicroseconds = following.time(time)
      ended(in: Int(step), cause, at: now)
    case .confirmationNeeded(let step, let timeout, _):
      ask(Int(step), timeout: .milliseconds(Int64(timeout)), until: waitBound(.milliseconds(Int64(timeout)), from: now))
    case .stateChanged(let state, let previous, let cause, _):
      if Self.isPlaying(previous), !Self.isPlaying(state) {
        following.lastCause = cause
        suspectEnd(at: now)
      }
    case .faultRaised(let fault, _): following.fault = fault
    default: break
    }
  }

  static func isPlaying(_ state: DeviceState) -> Bool {
    switch state {
    case .routine, .stream, .waiting, .scheduled, .paused: true
    default: false
    }
  }

  /// The device ends a wait itself; only where nothing is heard of that the player does.
  private func waitBound(_ timeout: Duration, from now: MonotonicInstant) -> MonotonicInstant {
    now.advanced(by: timeout + .seconds(3))
  }

  mutating func followed(_ telemetry: Telemetry, at now: MonotonicInstant) {
    guard let time = following.time(of: telemetry), time >= 0 else { return }
    heard(at: now)
    if telemetry.step != WireConstants.noStep {
      let step = Int(telemetry.step)
      ledger.show(step, from: time, to: time + 1_000)
      if let asked = isAsking, step > asked { stopAsking() }
      if telemetry.state == .waiting, plan.steps.indices.contains(step), isAsking != step {
        // Its event was lost.
        let timeout = Duration.milliseconds(Int64(plan.steps[step].duration))
        ask(step, timeout: timeout, until: waitBound(timeout, from: now))
      }
    }
    if !Self.isPlaying(telemetry.state) { suspectEnd(at: now) }
  }

  mutating func heard(at now: MonotonicInstant) {
    if !following.isEndSuspected { bound = now.advanced(by: Self.silence) }
  }

  mutating func suspectEnd(at now: MonotonicInstant) {
    guard phase == .playing, !following.isEndSuspected else { return }
    following.isEndSuspected = true
    bound = now.advanced(by: Self.grace)
  }

  /// The grace time, or the silence, has lasted long enough.
  mutating func probe(at now: MonotonicInstant) {
    if following.isEndSuspected { return ended(in: nil, following.lastCause, at: now) }
    bound = now.advanced(by: Self.silence)
    actions.append(.perform(.routineQuery(slot: options.slot)))
  }

  /// The device answered while the routine plays: to a confirmation, or to the question whether it still does.
  mutating func probed(_ response: ControlResponse, at now: MonotonicInstant) {
    guard case .slotDescribed(_, let status, _, _, _) = response.body else { return }
    if !status.contains(.playing) { suspectEnd(at: now) }
  }

  /// No run takes longer than its plan with all its waits, a clock that is 0.2 % slow, and the way of the news.
  var runBound: MonotonicInstant {
    let total = Duration.milliseconds(Int64(plan.totalDuration) + Int64(plan.totalDuration) / 500) + .seconds(5)
    return hostStart?.advanced(by: total) ?? .distantFuture
  }

  mutating func concludeOverdue(at now: MonotonicInstant) {
    conclude(
      .failed, .noResponse,
      "The device still plays, but the plan with all its waits is over. It was paused, or its clock is wrong.",
      step: currentStep, at: now)
  }

  mutating func waitRanOut(at now: MonotonicInstant) {
    waitDeadline = .distantFuture
    guard let step = isAsking else { return }
    conclude(
      .stopped, .waitTimeout, "Nobody confirmed step \(step) in time. Play the routine again when someone is there.",
      step: step, at: now)
  }

  /// The device has ended the routine. `cause` is nil when it is over, but nothing said why.
  mutating func ended(in step: Int?, _ cause: ChangeCause?, at now: MonotonicInstant) {
    let place = step ?? currentStep
    if endMicroseconds == nil { endMicroseconds = hostStart.map { (now - $0).wholeMicroseconds } }
    if cause == .completed { return completed(at: now) }
    let (outcome, code, message) = explanation(of: cause, in: place)
    conclude(outcome, code, message, step: place, hasEnded: true, at: now)
  }

  private func explanation(of cause: ChangeCause?, in step: Int) -> (RunOutcome, RunReason.Code, String) {
    switch cause {
    case .command: (.stopped, .stoppedElsewhere, "Another request stopped the device in step \(step).")
    case .released: (.stopped, .stoppedElsewhere, "The lease was given back in step \(step), which ended the routine.")
    case .button: (.stopped, .button, "The device's button ended the routine in step \(step).")
    case .timer: (.stopped, .timer, "The device's timer ended the routine in step \(step).")
    case .waitTimeout:
      (
        .stopped, .waitTimeout,
        "Nobody confirmed step \(step) in time, so the device ended the routine. Play it again when someone is there."
      )
    case .autoOff: (.stopped, .switchedOff, "The device switched itself off in step \(step).")
    case .leaseExpired:
      (
        .lost, .leaseExpired,
        "The device heard nothing from the player for as long as the lease and ended the routine in step \(step). "
          + "Use a longer lease, or a better link."
      )
    case .linkLost: (.lost, .linkLost, "The device lost the connection and ended the routine in step \(step).")
    case .fault:
      (
        .failed, .fault,
        "A fault of the device\(following.fault.map { " (\($0))" } ?? "") ended the routine in step \(step). "
          + "Remove its cause, then reset the device."
      )
    case .some(let other): (.failed, .refused, "The device ended the routine in step \(step) (\(other)).")
    case nil:
      (
        .failed, .noResponse,
        "The device no longer plays, and its reports of the end were lost; the last step seen was \(step). "
          + "Use a better link."
      )
    }
  }

  mutating func completed(at now: MonotonicInstant) {
    if ledger.firstMiss != nil {
      concludeMissed(hasEnded: true, at: now)
      return
    }
    let unobserved = ledger.unobserved(isComplete: true)
    guard let first = unobserved.first else {
      conclude(.completed, .completed, "The routine was played to its end.", hasEnded: true, at: now)
      return
    }
    let which = unobserved.count == 1 ? "step \(first)" : "\(unobserved.count) steps, the first of them step \(first)"
    conclude(
      .completed, .unobserved,
      "The routine was played to its end, but the beginning of \(which) was not observed: the device's reports were lost on the way.",
      step: first, hasEnded: true, at: now)
  }
}
