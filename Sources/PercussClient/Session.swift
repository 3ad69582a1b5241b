public import PercussGATT
public import PercussLink
public import PercussTime
public import PercussWire

/// A central's conversation with one device over one connection: decides what is written and when, and what each answer means.
///
/// It does no I/O and reads no clock. Everything enters as a call with its instant and leaves as ``Action``s; ``nextDeadline`` says when it next
/// wants ``timePassed(at:)``.
///
/// ```
/// caller                session                     device
/// set_speed 1900  ───▶  write 13 00 …        ───▶
/// set_speed 2000  ───▶  (waits)
/// set_speed 2100  ───▶  (replaces 2000, whose caller learns `.superseded`)
/// stop            ───▶  write 10 01 …        ───▶          at once, ahead of everything; the speeds end with `.stopped`
///                       complete stop        ◀───  80 10 01 success
/// ```
///
/// - One procedure at a time: a request is written when the one before it is answered. Only a stop does not wait.
/// - A request without an answer is written again with the same sequence number and bytes, which the device answers without executing it twice.
/// - While the lease is held, something reaches the device every third of it.
/// - When the device reports that somebody else stopped the motor (another central, the button, the timer, a fault), what would move it and waits
///   ends with `.stopped`, and what is under way is not repeated.
/// - For a device that cannot, the host keeps the lease, asks for the status and plays ramps; see ``HostDuties``.
/// - A request may be timed: when its turn has come it is armed, with its sequence number and bytes, and written at its instant.
/// - At most ``Limits/waiting`` requests wait; further ones end with `.busy`. A stop is never refused.
/// - When the connection ends, everything ends with `.disconnected`, and so does everything submitted later.
public struct Session: Sendable {
  /// Names one submitted request.
  public struct RequestID: Hashable, Sendable {
    let number: UInt64
  }

  /// Names one write.
  public struct WriteID: Hashable, Sendable {
    let number: UInt64
  }

  /// What ended a request well.
  public enum Answer: Equatable, Sendable {
    /// The device's response, or what the host says in its place.
    case response(ControlResponse)
    /// What its motor does.
    case status(MotorStatus)
    /// Its firmware.
    case version(FirmwareVersion)
  }

  /// What the shell has to do, in this order.
  public enum Action: Equatable, Sendable {
    /// Write a value, and report the end of it with ``Session/writeEnded(_:failure:at:)``.
    case write(WriteID, OutgoingValue, WriteType)
    /// Write a value at an instant, neither earlier nor after the latest one, unless it is disarmed before. Report its beginning with
    /// ``Session/writeBegan(_:at:)`` and its end with ``Session/writeEnded(_:failure:at:)``; or ``Session/cameTooLate(_:at:)``.
    case arm(WriteID, for: RequestID, OutgoingValue, Timing)
    /// What was armed is not to be written any more. Where it was, that is no matter.
    case disarm(WriteID)
    /// Tell the caller of a request how it ended.
    case complete(RequestID, Result<Answer, DeviceError>)
    /// The lease is no longer held; with the device's cause when it said one.
    case controlLost(ChangeCause?)
    /// An event, and how many were lost before it.
    case event(DeviceEvent, missed: Int)
    /// Newer telemetry than any before, and how many were lost before it.
    case telemetry(Telemetry, missed: Int)
    /// The same from a device that says only this of its motor, when it is asked. Of the telemetry only state, time, and the speeds as far as their ratio is known,
    /// mean anything.
    case motor(MotorStatus, target: MotorSpeed?, Telemetry, missed: Int)
    /// How far an upload or the queue has come.
    case routineStatus(RoutineStatus)
    /// An answer of the device's clock.
    case clock(ClockReply)
  }

  /// Counts of losses, repetitions and nonsense so far.
  public internal(set) var statistics = Statistics()
  /// Why the connection ended, when it has.
  public internal(set) var end: DisconnectReason?
  /// The lease that is held, as far as the session knows.
  public internal(set) var lease: Duration?

  let dialect: any Dialect
  let limits: Limits
  var waiting: [Request] = []
  var outstanding: Request?
  var stops: [Request] = []
  /// The one write request under way: ATT allows no second one.
  var writing: (id: WriteID, what: Writing)?
  /// That it is to be written at an instant of its own, and may be taken back.
  var armed: WriteID?
  var lastRenewal = MonotonicInstant.zero
  var keepAlives: [UInt8] = []
  /// Until when a report of a stop may be that of a stop which this session asked for.
  var ownStopReportDeadline: MonotonicInstant?
  var sequence: UInt8 = 0
  /// How many requests are still to be spent on finding a sequence number that is ahead; 0 once there is one.
  var numberSearches: Int
  var nextNumber: UInt64 = 0
  var events = CounterWindow()
  var telemetry = CounterWindow()
  /// What is known of the motor of a device that has to be asked; nil for one that reports.
  var watch: MotorWatch?
  /// What the host plays in the device's place.
  var ramp: HostRamp?
  /// When the program asked something last, which renews a lease that the host keeps.
  var lastCall = MonotonicInstant.zero
  /// Who waits for the status that was asked for, and who for one that is still to be asked for.
  var statusCallers: [RequestID] = []
  var waitingStatusCallers: [RequestID] = []
  /// Counts what is made of statuses.
  var reportCounter: UInt8 = 0

  /// A session for a connection.
  ///
  /// - Parameter isFresh: whether the connection began with this session. Otherwise the device may have had requests of the same central over it, and the
  ///   first request is preceded by three harmless ones that find a sequence number ahead of theirs: with one that they had, a request would be taken for a
  ///   repeated one, and be answered without being executed (PCS/CL/SQ/BV-03).
  public init(dialect: any Dialect = PercussDialect(), limits: Limits = Limits(), isFresh: Bool = true) {
    self.dialect = dialect
    self.limits = limits
    watch = dialect.duties.map(MotorWatch.init)
    numberSearches = isFresh || watch != nil ? 0 : 3
  }

  /// How many requests wait for their turn.
  public var waitingCount: Int { waiting.count }

  /// Whether a write request is under way. Bulk data had better wait until it has ended: then a stop that has to go out as a command finds the way free.
  public var isWriting: Bool { writing != nil }

  /// A name for a request to submit.
  public mutating func newRequest() -> RequestID {
    nextNumber &+= 1
    return RequestID(number: nextNumber)
  }

  // MARK: What enters

  /// Submits a request.
  ///
  /// - Parameter timing: when it is to be written; nil for as soon as it is its turn. From its turn on, which it takes at once where nothing is under way, nothing but a
  ///   stop is written before it: submit it shortly before it is due. A stop is never timed.
  public mutating func submit(
    _ operation: DeviceOperation, as id: RequestID, timing: Timing? = nil, at now: MonotonicInstant
  ) -> [Action] {
    var actions: [Action] = []
    if let end {
      return [failure(of: id, operation, .disconnected(end))]
    }
    let procedure: Procedure
    do {
      // Encoded again with its sequence number when its turn has come; what cannot be sent is refused now.
      procedure = try dialect.procedure(for: operation, sequence: 0, flags: [])
    } catch {
      return [failure(of: id, operation, error.reason)]
    }
    if watch != nil {
      lastCall = now
      if operation.isMotion, lease == nil { return [refusal(of: id, operation, .controlRequired)] }
    }
    switch (operation, procedure) {
    case (_, .byHost): answerByHost(operation, as: id, at: now, &actions)
    case (_, .write(_, answer: .status)): submitStatus(as: id, at: now, &actions)
    case (.request(.stop), _): submitStop(.request(.stop), by: [id], at: now, &actions)
    default:
      if operation.isSpeed { supersedeWaitingSpeed(&actions) }
      guard waiting.count < limits.waiting else {
        return actions + [failure(of: id, operation, .busy(limit: limits.waiting))]
      }
      waiting.append(Request(callers: [id], operation: operation, timing: timing))
    }
    advance(now, &actions)
    return actions
  }

  /// Submits what the Percuss protocol has a request for.
  public mutating func submit(
    _ operation: ControlRequest.Body, as id: RequestID, timing: Timing? = nil, at now: MonotonicInstant
  ) -> [Action] {
    submit(.request(operation), as: id, timing: timing, at: now)
  }

  /// Gives up waiting for a request. What was not sent is not sent any more, what was sent is not repeated; a stop is not cancelled.
  public mutating func cancel(_ id: RequestID, at now: MonotonicInstant) -> [Action] {
    var actions: [Action] = []
    if let index = waiting.firstIndex(where: { $0.callers.contains(id) }) {
      let request = waiting.remove(at: index)
      actions.append(failure(of: id, request.operation, .cancelled))
    } else if let request = outstanding, request.callers.contains(id) {
      actions.append(failure(of: id, request.operation, .cancelled))
      outstanding?.callers = []
      // A ramp goes on beside what is asked meanwhile.
      if request.operation.isMotion { ramp = nil }
      abandonOutstanding(&actions)
    } else if statusCallers.contains(id) || waitingStatusCallers.contains(id) {
      statusCallers.removeAll { $0 == id }
      waitingStatusCallers.removeAll { $0 == id }
      actions.append(failure(of: id, .readStatus, .cancelled))
    }
    advance(now, &actions)
    return actions
  }

  /// What was armed is on its way, since that instant.
  public mutating func writeBegan(_ id: WriteID, at instant: MonotonicInstant) {
    guard armed == id else { return }
    armed = nil
    lastRenewal = instant
    lastCall = max(lastCall, instant)
    let deadline = instant.advanced(by: limits.responseTimeout)
    outstanding?.deadline = deadline
  }

  /// A write has ended: handed over or acknowledged, as its type says, or failed.
  public mutating func writeEnded(
    _ id: WriteID, failure: LinkError?, at now: MonotonicInstant
  ) -> [Action] {
    var actions: [Action] = []
    // Commands only run ahead of a write request that follows; their fate does not matter.
    guard let ended = writing, ended.id == id else { return [] }
    writing = nil
    armed = nil
    switch ended.what {
    case .keepAlive: break
    case .status: if failure != nil { statusLost(at: now, &actions) }
    case .stop(let sequence):
      if let index = stops.firstIndex(where: { $0.sequence == sequence }) {
        if failure == nil, stops[index].answer == .acknowledgement {
          stopsAcknowledged(upTo: index, at: now, &actions)
        } else if let request = settle(stops[index], isStop: true, failure: failure, at: now, &actions) {
          stops[index] = request
        } else {
          stops.remove(at: index)
        }
      }
    case .request(let sequence):
      if let request = outstanding, request.sequence == sequence {
        if failure == nil, request.answer == .acknowledgement {
          acknowledged(request, at: now, &actions)
        } else {
          outstanding = settle(request, failure: failure, at: now, &actions)
          if outstanding == nil { motionFailed(request, at: now, &actions) }
        }
      }
    }
    advance(now, &actions)
    return actions
  }

  /// What was armed could not be written in time, and was not: its request ends with `.tooLate`.
  public mutating func cameTooLate(_ id: WriteID, at now: MonotonicInstant) -> [Action] {
    guard armed == id else { return [] }
    var actions: [Action] = []
    if let request = outstanding { fail(request, .tooLate, &actions) }
    watch?.commandFailed()
    (armed, writing, outstanding, ramp) = (nil, nil, nil, nil)
    advance(now, &actions)
    return actions
  }

  /// The peripheral sent a value.
  public mutating func received(
    _ bytes: [UInt8], from characteristic: BluetoothUUID, at now: MonotonicInstant
  ) -> [Action] {
    guard end == nil else { return [] }
    var actions: [Action] = []
    do {
      switch try dialect.meaning(of: bytes, from: characteristic) {
      case .response(let response): take(response, at: now, &actions)
      case .event(let event): take(event, at: now, &actions)
      case .telemetry(let value):
        let missing = telemetry.missing
        let verdict = telemetry.enter(value.counter)
        statistics.missedTelemetry += telemetry.missing - missing
        if case .new(let skipped) = verdict {
          actions.append(.telemetry(value, missed: skipped))
        } else {
          // Older than what is known: of no use to anyone who wants to know the present.
          statistics.droppedNotifications += 1
        }
      case .routineStatus(let status): actions.append(.routineStatus(status))
      case .clock(let reply): actions.append(.clock(reply))
      case .status(let status): take(status, at: now, &actions)
      case .version(let version): take(version, &actions)
      case nil: break
      }
    } catch {
      statistics.malformedValues += 1
    }
    advance(now, &actions)
    return actions
  }

  /// The connection has ended: everything ends with it, and nothing is sent again over another one.
  public mutating func disconnected(_ reason: DisconnectReason) -> [Action] {
    guard end == nil else { return [] }
    end = reason
    lease = nil
    var actions: [Action] = []
    disarm(&actions)
    writing = nil
    let all = stops + [outstanding].compactMap { $0 } + waiting
    actions += (statusCallers + waitingStatusCallers).map { failure(of: $0, .readStatus, .disconnected(reason)) }
    stops = []
    outstanding = nil
    waiting = []
    (statusCallers, waitingStatusCallers) = ([], [])
    ramp = nil
    return actions
      + all.flatMap { request in request.callers.map { failure(of: $0, request.operation, .disconnected(reason)) } }
  }

  /// When it next wants ``timePassed(at:)``; `nil` when only something that enters can make a difference.
  public var nextDeadline: MonotonicInstant? {
    guard end == nil else { return nil }
    var deadlines = stops.map(\.deadline)
    if let outstanding { deadlines.append(outstanding.deadline) }
    if writing == nil {
      deadlines += (stops + [outstanding].compactMap { $0 }).filter(\.wantsWrite).compactMap(\.notBefore)
      if let keepAliveDue { deadlines.append(keepAliveDue) }
    }
    deadlines += hostDeadlines
    return deadlines.filter { $0 < .distantFuture }.min()
  }

  /// An instant has come.
  public mutating func timePassed(at now: MonotonicInstant) -> [Action] {
    guard end == nil else { return [] }
    var actions: [Action] = []
    performDuties(at: now, &actions)
    for index in stops.indices.reversed() where stops[index].deadline <= now {
      guard stops[index].attempts < limits.stopAttempts else {
        let stop = stops.remove(at: index)
        fail(
          stop, stop.lastFailure.map(DeviceError.Reason.init) ?? .noResponse(attempts: limits.stopAttempts), &actions)
        continue
      }
      stops[index].attempts += 1
      stops[index].deadline = now.advanced(by: limits.stopTimeout)
      stops[index].wantsWrite = true
      stops[index].wasRewritten = true
      statistics.repeatedRequests += 1
      if writing != nil { writeCommand(stops[index].value, &actions) }
    }
    if var request = outstanding, request.deadline <= now {
      // Written again it would be late, and nobody would know.
      let isLate = request.timing.map { now > $0.latest } ?? false
      if request.isAbandoned || isLate || request.attempts >= limits.attempts {
        outstanding = nil
        fail(request, .noResponse(attempts: request.attempts), &actions)
        motionFailed(request, at: now, &actions)
      } else {
        request.attempts += 1
        request.deadline = now.advanced(by: limits.responseTimeout)
        // A copy that still waits inside the link needs no second one behind it.
        if writing?.what != .request(sequence: request.sequence) {
          request.wantsWrite = true
          request.wasRewritten = true
          statistics.repeatedRequests += 1
        }
        outstanding = request
      }
    }
    advance(now, &actions)
    return actions
  }
}
