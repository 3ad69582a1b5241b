internal import PercussTime
internal import PercussWire

/// What a host knows of a motor whose device says only what it is asked: what was commanded, what was seen, and whether it can be taken to rest.
///
/// ```
/// speed 2400  ─▶ ack          ask ─▶ running    ask ─▶ running    stop ─▶ ack     ask ─▶ not running
/// may move since its writing                                                      at rest: asked after the last command
/// ```
///
/// An answer carries no number. So there is one question at a time, and after one that was lost the next answer proves nothing: it may be the old one.
struct MotorWatch {
  /// What a status came to.
  struct Finding {
    /// Whether somebody else stopped the motor, or it did not start.
    var isForeignStop = false
    /// The state before, where it has changed, and why.
    var change: (previous: DeviceState, cause: ChangeCause)?
  }

  let duties: HostDuties
  /// The speed commanded last; nil while nothing is known of it.
  var commanded: MotorSpeed?
  /// Whether a stop was asked for, and no speed since.
  private(set) var isStopping = false
  /// Whether the motor moves or may move, as far as is known.
  private(set) var mayMove = true
  /// Whether this program has driven it since it was last known to rest: what others drive is not to be stopped for them.
  private(set) var isOurs = false
  /// The newest status.
  private(set) var status: MotorStatus?
  private(set) var state = DeviceState.idle
  /// Questions whose answers were lost since the newest status.
  private(set) var lost = 0
  /// When the next question is due.
  private(set) var due = MonotonicInstant.zero
  /// How often the program wishes it to be asked; nil for as the duties say.
  var wish: Duration?
  private var ask: (deadline: MonotonicInstant, epoch: Int)?
  /// Counts commands: an answer to a question from before the newest proves nothing of what came after.
  private var epoch = 0
  private var mayBeStale = false
  private var hasRun = false
  /// The slower of the two speeds commanded last: a motor that obeys is not far below it. At rest that says nothing.
  private var floor = MotorSpeed.rest
  /// Whether the motor was seen near that since it was commanded to move.
  private var isUpToSpeed = false
  private var startDeadline = MonotonicInstant.distantFuture
  private var confirmedEpoch = -1

  init(_ duties: HostDuties) {
    self.duties = duties
  }

  // MARK: Commands

  /// A speed is about to be written.
  mutating func commands(_ speed: MotorSpeed) {
    epoch += 1
    if commanded ?? .rest == .rest { (hasRun, startDeadline) = (false, .distantFuture) }
    floor = min(commanded ?? .rest, speed)
    if floor == .rest { isUpToSpeed = false }
    commanded = speed
    isStopping = false
    if speed > .rest { (mayMove, isOurs) = (true, true) }
  }

  /// The device has accepted the speed.
  mutating func commandAcknowledged(at now: MonotonicInstant) {
    epoch += 1
    startDeadline = min(startDeadline, now.advanced(by: duties.startTime))
  }

  /// Whether a status that was asked for after the newest command has shown the motor obeying it: somebody may have stopped it by hand, and then a ramp must not go on.
  var isConfirmed: Bool { confirmedEpoch == epoch }

  /// What was commanded may not have been carried out.
  mutating func commandFailed() {
    commanded = nil
    floor = .rest
    mayMove = true
    epoch += 1
  }

  /// A stop is about to be written, or was acknowledged: the next question is due.
  mutating func stops(at now: MonotonicInstant) {
    epoch += 1
    commanded = .rest
    floor = .rest
    isStopping = true
    hasRun = false
    due = now
  }

  // MARK: Questions

  /// Whether an answer is awaited.
  var isAsking: Bool { ask != nil }

  /// When the answer that is awaited is lost.
  var deadline: MonotonicInstant? { ask?.deadline }

  /// The question is being written.
  mutating func asks(at now: MonotonicInstant, isHeld: Bool) {
    ask = (now.advanced(by: duties.statusTimeout), epoch)
    due = now.advanced(by: interval(isHeld: isHeld))
  }

  /// As soon as possible.
  mutating func hurry(at now: MonotonicInstant) { due = min(due, now) }

  private func interval(isHeld: Bool) -> Duration {
    let usual = isHeld || mayMove ? duties.statusInterval : duties.idleStatusInterval
    return min(wish ?? usual, usual)
  }

  /// Control was taken or given back, or the motor moved: what was due late is due sooner.
  mutating func pace(at now: MonotonicInstant, isHeld: Bool) {
    due = min(due, now.advanced(by: interval(isHeld: isHeld)))
  }

  /// The answer did not come.
  mutating func answerLost() {
    ask = nil
    lost += 1
    mayBeStale = true
  }

  /// - Parameter isBusy: a speed is being written.
  mutating func take(_ status: MotorStatus, at now: MonotonicInstant, isBusy: Bool) -> Finding {
    let isFresh = ask.map { $0.epoch == epoch } ?? false && !mayBeStale && !isBusy
    ask = nil
    mayBeStale = false
    lost = 0
    let isFirst = self.status == nil
    self.status = status
    var finding = Finding()
    let isDriven = commanded ?? .rest > .rest
    if status.isRunning {
      mayMove = true
      // One that has not come to rest yet from before has not run at the new speed.
      hasRun = hasRun || isDriven && isFresh
      if isFresh, isHeldBack(status.speed) {
        finding.isForeignStop = true
        commanded = .rest
        (isStopping, hasRun, floor) = (true, false, .rest)
      }
    } else if isFresh {
      if isDriven {
        guard hasRun || now >= startDeadline else {
          confirmedEpoch = epoch
          return finding
        }
        finding.isForeignStop = true
        commanded = .rest
        hasRun = false
      }
      (mayMove, isOurs) = (false, false)
    }
    if isFresh { confirmedEpoch = epoch }
    let previous = state
    state = newState(isRunning: status.isRunning, isDriven: isDriven)
    guard state != previous, !isFirst || state != .idle else { return finding }
    let isOwn = !finding.isForeignStop && (commanded != nil)
    finding.change = (previous, isOwn && (state != .manual || isDriven) ? .command : .button)
    return finding
  }

  /// Whether somebody else slows a motor that has run as commanded: it falls below half of the slower speed. Whoever commands one speed after the other would
  /// otherwise see it at rest late, or never. A load that does that is next to stalling the motor.
  private mutating func isHeldBack(_ speed: MotorSpeed) -> Bool {
    guard floor > .rest else { return false }
    if Int(speed.rpm) * 4 >= Int(floor.rpm) * 3 { isUpToSpeed = true }
    return isUpToSpeed && Int(speed.rpm) * 2 < Int(floor.rpm)
  }

  private func newState(isRunning: Bool, isDriven: Bool) -> DeviceState {
    if isRunning { return isStopping ? .stopping : .manual }
    guard mayMove else { return .idle }
    // Said to rest, but not proven to: it is just being started, or this is an answer from before a command.
    return isDriven ? .manual : isStopping ? .stopping : state
  }
}
