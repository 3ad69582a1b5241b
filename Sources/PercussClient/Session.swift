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
    case complete(RequestID, Result<ControlResponse, DeviceError>)
    /// The lease is no longer held; with the device's cause when it said one.
    case controlLost(ChangeCause?)
    /// An event, and how many were lost before it.
    case event(DeviceEvent, missed: Int)
    /// Newer telemetry than any before, and how many were lost before it.
    case telemetry(Telemetry, missed: Int)
    /// How far an upload or the queue has come.
    case routineStatus(RoutineStatus)
    /// An answer of the device's clock.
    case clock(ClockReply)
  }

  /// When a request is to be written.
  public struct Timing: Equatable, Sendable {
    /// Not before this instant, and as soon as possible after it.
    public var due: MonotonicInstant
    /// After this instant not at all.
    public var latest: MonotonicInstant

    /// An instant, and how much later is still in time.
    public init(due: MonotonicInstant, latest: MonotonicInstant = .distantFuture) {
      self.due = due
      self.latest = latest
    }
  }

  /// The bounds of every wait and queue.
  public struct Limits: Sendable {
    /// How long a response may take before its request is written again (`response_timeout` in percuss.yaml).
    public var responseTimeout: Duration = .milliseconds(Int64(WireConstants.responseTimeoutMilliseconds))
    /// The same for a stop, whose caller must learn early that it has to reach for the button.
    public var stopTimeout: Duration = .milliseconds(500)
    /// How often a request is written in all before it ends with `.noResponse`.
    public var attempts = 3
    /// The same for a stop.
    public var stopAttempts = 6
    /// The pause before a request that the device had no room for (ATT error 0xFE) is written once more.
    public var backOff: Duration = .milliseconds(100)
    /// How many requests wait for their turn.
    public var waiting = 32
    /// How many stops are under way with sequence numbers of their own; more join the newest, which is then written again.
    public var parallelStops = 4

    /// The values that suit a Bluetooth LE link.
    public init() {}
  }

  /// What went over the link besides the plain sailing.
  public struct Statistics: Equatable, Sendable {
    /// Events that the device counted but that never arrived.
    public internal(set) var missedEvents = 0
    /// Telemetry that the device counted but that never arrived.
    public internal(set) var missedTelemetry = 0
    /// Events that came twice, and telemetry that came twice or too late; dropped.
    public internal(set) var droppedNotifications = 0
    /// Responses that belong to no request under way: repeated, too late, or never asked for; dropped.
    public internal(set) var unmatchedResponses = 0
    /// Values that could not be decoded; dropped.
    public internal(set) var malformedValues = 0
    /// Requests written again for want of an answer.
    public internal(set) var repeatedRequests = 0
  }

  struct Request: Sendable {
    /// Who waits for it; empty when the caller was cancelled.
    var callers: [RequestID]
    var operation: ControlRequest.Body
    /// Nil for as soon as it is its turn.
    var timing: Timing?
    var sequence: UInt8 = 0
    var value: OutgoingValue?
    var attempts = 0
    /// When the answer is overdue.
    var deadline = MonotonicInstant.distantFuture
    /// It is to be written as soon as no other write request is under way...
    var wantsWrite = false
    /// ...but not before this instant.
    var notBefore: MonotonicInstant?
    /// The device has had it.
    var wasAccepted = false
    var wasRewritten = false
    var restarts = 0
    /// Its caller gave it up, or somebody stopped the motor: whatever comes of it, it is not written again.
    var isAbandoned = false
    /// It has no caller: its answer tells which sequence numbers are ahead of those that the device has seen.
    var findsNumbers = false
  }

  enum Writing: Equatable {
    case request(sequence: UInt8)
    case stop(sequence: UInt8)
    case keepAlive
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

  /// A session for a connection.
  ///
  /// - Parameter isFresh: whether the connection began with this session. Otherwise the device may have had requests of the same central over it, and the
  ///   first request is preceded by three harmless ones that find a sequence number ahead of theirs: with one that they had, a request would be taken for a
  ///   repeated one, and be answered without being executed (PCS/CL/SQ/BV-03).
  public init(dialect: any Dialect = PercussDialect(), limits: Limits = Limits(), isFresh: Bool = true) {
    self.dialect = dialect
    self.limits = limits
    numberSearches = isFresh ? 0 : 3
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
    _ operation: ControlRequest.Body, as id: RequestID, timing: Timing? = nil, at now: MonotonicInstant
  ) -> [Action] {
    var actions: [Action] = []
    if let end {
      return [failure(of: id, operation, .disconnected(end))]
    }
    do {
      // Encoded again with its sequence number when its turn has come; an argument that the wire cannot carry is refused now.
      _ = try dialect.value(of: operation, sequence: 0, flags: [])
    } catch {
      return [failure(of: id, operation, .invalidArgument("\(error)"))]
    }
    if operation == .stop {
      submitStop(as: id, at: now, &actions)
    } else {
      if case .setSpeed = operation { supersedeWaitingSpeed(&actions) }
      guard waiting.count < limits.waiting else {
        return actions + [failure(of: id, operation, .busy(limit: limits.waiting))]
      }
      waiting.append(Request(callers: [id], operation: operation, timing: timing))
    }
    advance(now, &actions)
    return actions
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
      abandonOutstanding(&actions)
    }
    advance(now, &actions)
    return actions
  }

  /// What was armed is on its way, since that instant.
  public mutating func writeBegan(_ id: WriteID, at instant: MonotonicInstant) {
    guard armed == id else { return }
    armed = nil
    lastRenewal = instant
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
    case .stop(let sequence):
      if let index = stops.firstIndex(where: { $0.sequence == sequence }) {
        if let request = settle(stops[index], failure: failure, at: now, &actions) {
          stops[index] = request
        } else {
          stops.remove(at: index)
        }
      }
    case .request(let sequence):
      if let request = outstanding, request.sequence == sequence {
        outstanding = settle(request, failure: failure, at: now, &actions)
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
    (armed, writing, outstanding) = (nil, nil, nil)
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
    stops = []
    outstanding = nil
    waiting = []
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
    return deadlines.filter { $0 < .distantFuture }.min()
  }

  /// An instant has come.
  public mutating func timePassed(at now: MonotonicInstant) -> [Action] {
    guard end == nil else { return [] }
    var actions: [Action] = []
    for index in stops.indices.reversed() where stops[index].deadline <= now {
      guard stops[index].attempts < limits.stopAttempts else {
        fail(stops.remove(at: index), .noResponse(attempts: limits.stopAttempts), &actions)
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
