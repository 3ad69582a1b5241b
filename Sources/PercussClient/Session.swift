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
  }

  private enum Writing: Equatable {
    case request(sequence: UInt8)
    case stop(sequence: UInt8)
    case keepAlive
  }

  /// Counts of losses, repetitions and nonsense so far.
  public private(set) var statistics = Statistics()
  /// Why the connection ended, when it has.
  public private(set) var end: DisconnectReason?
  /// The lease that is held, as far as the session knows.
  public private(set) var lease: Duration?

  private let dialect: any Dialect
  private let limits: Limits
  private var waiting: [Request] = []
  private var outstanding: Request?
  private var stops: [Request] = []
  /// The one write request under way: ATT allows no second one.
  private var writing: (id: WriteID, what: Writing)?
  private var lastRenewal = MonotonicInstant.zero
  private var keepAlives: [UInt8] = []
  private var sequence: UInt8 = 0
  private var nextNumber: UInt64 = 0
  private var events = CounterWindow()
  private var telemetry = CounterWindow()

  /// A session for a fresh connection.
  public init(dialect: any Dialect = PercussDialect(), limits: Limits = Limits()) {
    self.dialect = dialect
    self.limits = limits
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
  public mutating func submit(
    _ operation: ControlRequest.Body, as id: RequestID, at now: MonotonicInstant
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
      waiting.append(Request(callers: [id], operation: operation))
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
      // It keeps its place until the answer comes: still one procedure at a time.
      outstanding?.callers = []
      if !request.wasAccepted, writing?.what != .request(sequence: request.sequence) { outstanding = nil }
    }
    advance(now, &actions)
    return actions
  }

  /// A write has ended: handed over or acknowledged, as its type says, or failed.
  public mutating func writeEnded(
    _ id: WriteID, failure: LinkError?, at now: MonotonicInstant
  ) -> [Action] {
    var actions: [Action] = []
    // Commands only run ahead of a write request that follows; their fate does not matter.
    guard let ended = writing, ended.id == id else { return [] }
    writing = nil
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

  /// The peripheral sent a value.
  public mutating func received(
    _ bytes: [UInt8], from characteristic: BluetoothUUID, at now: MonotonicInstant
  ) -> [Action] {
    guard end == nil else { return [] }
    var actions: [Action] = []
    do {
      switch try dialect.meaning(of: bytes, from: characteristic) {
      case .response(let response): take(response, at: now, &actions)
      case .event(let event): take(event, &actions)
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
    writing = nil
    let all = stops + [outstanding].compactMap { $0 } + waiting
    stops = []
    outstanding = nil
    waiting = []
    return all.flatMap { request in
      request.callers.map { failure(of: $0, request.operation, .disconnected(reason)) }
    }
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
      if request.callers.isEmpty || request.attempts >= limits.attempts {
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

  // MARK: Sending

  /// Writes what may be written now.
  private mutating func advance(_ now: MonotonicInstant, _ actions: inout [Action]) {
    guard end == nil, writing == nil else { return }
    if let index = stops.firstIndex(where: { $0.isReady(at: now) }) {
      stops[index].wantsWrite = false
      write(stops[index].value, .stop(sequence: stops[index].sequence), at: now, &actions)
    } else if let request = outstanding, request.isReady(at: now) {
      outstanding?.wantsWrite = false
      write(request.value, .request(sequence: request.sequence), at: now, &actions)
    } else if outstanding == nil, stops.isEmpty, !waiting.isEmpty {
      begin(waiting.removeFirst(), at: now, &actions)
    } else if let keepAliveDue, keepAliveDue <= now {
      renewLease(at: now, &actions)
    }
  }

  private mutating func begin(_ request: Request, at now: MonotonicInstant, _ actions: inout [Action]) {
    var request = request
    request.sequence = takeSequence()
    request.attempts += 1
    request.deadline = now.advanced(by: limits.responseTimeout)
    do {
      request.value = try dialect.value(of: request.operation, sequence: request.sequence, flags: [])
      outstanding = request
      write(request.value, .request(sequence: request.sequence), at: now, &actions)
    } catch {
      fail(request, .invalidArgument("\(error)"), &actions)
      advance(now, &actions)
    }
  }

  private mutating func submitStop(as id: RequestID, at now: MonotonicInstant, _ actions: inout [Action]) {
    // What would move the motor and came before the stop must not come after it.
    if let request = outstanding, request.operation.isMotion {
      // It may be under way still. Its sequence number is behind the stop's, so the device will not begin it after the stop.
      outstanding = nil
      fail(request, .stopped, &actions)
    }
    for request in waiting where request.operation.isMotion { fail(request, .stopped, &actions) }
    waiting.removeAll { $0.operation.isMotion }
    if stops.count >= limits.parallelStops {
      stops[stops.count - 1].callers.append(id)
      stops[stops.count - 1].wantsWrite = true
      writeCommand(stops[stops.count - 1].value, &actions)
      return
    }
    var stop = Request(callers: [id], operation: .stop, sequence: takeSequence())
    stop.value = try? dialect.value(of: .stop, sequence: stop.sequence, flags: [])
    stop.attempts = 1
    stop.deadline = now.advanced(by: limits.stopTimeout)
    stop.wantsWrite = true
    // A command overtakes the write request under way; the write request that follows makes sure, and is only a repetition to the device.
    if writing != nil { writeCommand(stop.value, &actions) }
    stops.append(stop)
  }

  /// A speed that waits, and that nothing else that moves the motor has come after, is stale when a newer one comes.
  private mutating func supersedeWaitingSpeed(_ actions: inout [Action]) {
    guard let index = waiting.lastIndex(where: { $0.operation.isMotion || $0.operation == .pause }),
      case .setSpeed = waiting[index].operation
    else { return }
    fail(waiting.remove(at: index), .superseded, &actions)
  }

  private var keepAliveDue: MonotonicInstant? {
    lease.map { lastRenewal.advanced(by: $0 / 3) }
  }

  private mutating func renewLease(at now: MonotonicInstant, _ actions: inout [Action]) {
    // While an answer is awaited, the request itself is the keep-alive: a new sequence number would push it out of the device's replay cache.
    if let stop = stops.last {
      write(stop.value, .stop(sequence: stop.sequence), at: now, &actions)
    } else if let request = outstanding {
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
      write(
        try? dialect.value(of: .keepAlive, sequence: sequence, flags: .quiet), .keepAlive, at: now, &actions)
    }
  }

  private mutating func write(
    _ value: OutgoingValue?, _ what: Writing, at now: MonotonicInstant, _ actions: inout [Action]
  ) {
    lastRenewal = now
    guard let value else { return }
    nextNumber &+= 1
    writing = (WriteID(number: nextNumber), what)
    actions.append(.write(WriteID(number: nextNumber), value, .request))
  }

  private mutating func writeCommand(_ value: OutgoingValue?, _ actions: inout [Action]) {
    guard let value else { return }
    nextNumber &+= 1
    actions.append(.write(WriteID(number: nextNumber), value, .command))
  }

  private mutating func takeSequence() -> UInt8 {
    defer { sequence &+= 1 }
    return sequence
  }

  /// What becomes of a request whose write has ended; `nil` when it is over.
  private mutating func settle(
    _ request: Request, failure: LinkError?, at now: MonotonicInstant, _ actions: inout [Action]
  ) -> Request? {
    var request = request
    switch failure {
    case nil:
      request.wasAccepted = true
    case .attribute(.procedureInProgress, _) where request.wasAccepted:
      break  // A repetition came while the device still works on the answers before it.
    case .attribute(.procedureInProgress, _) where request.notBefore == nil:
      request.notBefore = now.advanced(by: limits.backOff)
      request.wantsWrite = true
    case .some(let error):
      fail(request, .init(link: error), &actions)
      return nil
    }
    return request
  }

  // MARK: Answers

  private mutating func take(
    _ response: ControlResponse, at now: MonotonicInstant, _ actions: inout [Action]
  ) {
    if response.opCode == .stop, let index = stops.firstIndex(where: { $0.sequence == response.sequence }) {
      if response.result == .success {
        // The motor is at rest or on its way there, whichever of the stops before this one did it.
        for stop in stops[...index] { succeed(stop, response, &actions) }
        stops.removeSubrange(...index)
      } else {
        finish(stops.remove(at: index), response, &actions)
      }
    } else if let request = outstanding, request.sequence == response.sequence,
      request.operation.opCode == response.opCode
    {
      outstanding = nil
      if response.result == .stale, !request.wasRewritten, !request.callers.isEmpty, request.restarts < 2 {
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

  private mutating func finish(_ request: Request, _ response: ControlResponse, _ actions: inout [Action]) {
    guard response.result == .success else {
      fail(request, .refused(.init(operation: request.operation, response: response)), &actions)
      if response.result == .controlRequired { loseControl(cause: nil, &actions) }
      return
    }
    switch (request.operation, response.body) {
    case (.requestControl, .controlGranted(let milliseconds)):
      // Without a caller who knows of it the lease is left to run out.
      lease = request.callers.isEmpty ? nil : .milliseconds(Int64(milliseconds))
    case (.releaseControl, _): lease = nil
    default: break
    }
    succeed(request, response, &actions)
  }

  private mutating func take(_ event: DeviceEvent, _ actions: inout [Action]) {
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
  }

  private mutating func loseControl(cause: ChangeCause?, _ actions: inout [Action]) {
    guard lease != nil else { return }
    lease = nil
    actions.append(.controlLost(cause))
  }

  private func succeed(_ request: Request, _ response: ControlResponse, _ actions: inout [Action]) {
    actions += request.callers.map { .complete($0, .success(response)) }
  }

  private func fail(_ request: Request, _ reason: DeviceError.Reason, _ actions: inout [Action]) {
    actions += request.callers.map { failure(of: $0, request.operation, reason) }
  }

  private func failure(
    of id: RequestID, _ operation: ControlRequest.Body, _ reason: DeviceError.Reason
  ) -> Action {
    .complete(id, .failure(DeviceError(reason, during: operation.title)))
  }
}

extension Session.Request {
  func isReady(at now: MonotonicInstant) -> Bool {
    wantsWrite && notBefore.map { $0 <= now } ?? true
  }
}
