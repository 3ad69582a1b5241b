public import PercussTime
internal import Synchronization

/// A connection to a message bus: calls with bounds, signals, and objects that others call. It runs on a timeline, whose epoll loop drives it: an actor
/// of that timeline gets its answers without a hop to another thread.
///
/// ```swift
/// let timeline = RealTimeline(name: "bus")
/// let bus = try await BusConnection.open(.system, on: timeline)
/// let values = try await bus.call(
///   MethodCall(destination: "org.bluez", path: device, interface: "org.bluez.Device1", member: "Connect"))
/// let changes = try await bus.subscribe(to: MatchRule(sender: "org.bluez", member: "PropertiesChanged")) { signal in
///   print(signal.path, signal.arguments)      // on the timeline, in the order of arrival
/// }
/// ```
///
/// - ``call(_:timeout:)`` and ``send(_:timeout:answer:)`` call methods; ``emit(_:)`` sends signals.
/// - ``subscribe(to:_:)`` and ``watchOwner(of:_:)`` listen.
/// - ``export(_:at:)`` offers objects, ``requestName(_:replacing:replaceable:)`` a name to find them by.
/// - ``close()`` ends it, ``onEnd(_:)`` tells of its end.
///
/// **Order.** Signals and answers are handed to handlers in the order in which they arrived. A task that awaits ``call(_:timeout:)`` resumes a little later:
/// signals that arrived behind its answer may have been handled by then. Use ``send(_:timeout:answer:)`` where that matters.
///
/// **Trust.** Nothing that others send ends the process: what cannot be read is refused or ignored, an answer counts only when it comes from whoever was
/// called, and a subscription to a well-known name takes signals from its owner alone.
///
/// **End.** When the connection is lost, or closed here, all that waits fails with ``DBusFailure/disconnected``, and so does every later call. Nothing is connected
/// anew by itself. Dropping the last reference closes it.
public actor BusConnection {
  /// The timeline that the connection runs on; handlers and answers are called there.
  public nonisolated let timeline: RealTimeline
  /// The timeline.
  public nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe timeline.asUnownedSerialExecutor() }

  /// The name that the bus gave, as in `:1.42`.
  public nonisolated var uniqueName: String { name.withLock { $0 } }
  private nonisolated let name = Mutex("")

  /// What a connection holds at most.
  public struct Limits: Sendable, Hashable {
    /// Calls that wait for their answers; one more fails with ``DBusFailure/busy(limit:)``.
    public var pendingCalls = 4_096
    /// Bytes that wait for the bus to take them; from then on calls and signals fail with ``DBusFailure/congested(queuedBytes:)``, and answers are dropped.
    public var queuedBytes = 16 << 20
    /// The largest message, in bytes: a larger one is not sent, and one that arrives is not read, like one with too many ``values``.
    public var messageBytes = 16 << 20
    /// The values in one message that arrives, an array of bytes counting as one; a message with more is not read.
    public var values = 1 << 20
    /// Calls of exported objects that wait for their answers; one more is refused with `LimitsExceeded`.
    public var unansweredCalls = 4_096
    /// Those of one caller; one more of the same is refused likewise.
    public var unansweredCallsOfOne = 256

    /// The defaults.
    public init() {}
  }

  /// What went through a connection.
  public struct Statistics: Sendable, Hashable {
    /// Messages sent.
    public internal(set) var sent: UInt64 = 0
    /// Messages received.
    public internal(set) var received: UInt64 = 0
    /// Messages received that nobody wanted: signals without a subscription, late answers, answers from the wrong sender.
    public internal(set) var ignored: UInt64 = 0
    /// Messages received that could not be read.
    public internal(set) var unreadable: UInt64 = 0
    /// Answers that could not be sent for want of room.
    public internal(set) var dropped: UInt64 = 0
    /// Bytes that wait for the bus to take them.
    public internal(set) var queuedBytes = 0
    /// Calls that wait for their answers.
    public internal(set) var pendingCalls = 0
  }

  static let busName = "org.freedesktop.DBus"
  private static let messagesPerTurn = 128

  let limits: Limits
  var socket: BusSocket?
  var counts = Statistics()
  var pending = PendingCalls()
  private var templates = MessageTemplates()
  var signals = SignalTable()
  var exports = ExportTable()
  /// Calls of exported objects that wait for their answers, by caller.
  var unanswered: [String: Int] = [:]
  /// All of them.
  var unansweredCount = 0
  var lastIdentifier: UInt64 = 0
  private var sweep: (deadline: MonotonicInstant, action: ScheduledAction)?
  private var endHandlers: [@Sendable () -> Void] = []
  private var isTurnPlanned = false
  private var isEnded = false

  private init(timeline: RealTimeline, limits: Limits) {
    self.timeline = timeline
    self.limits = limits
  }

  isolated deinit {
    end()
  }

  /// Connects, authenticates as this process's user, and gets a name.
  ///
  /// - Throws: ``DBusFailure/unreachable(address:reason:)`` when there is no bus, it refuses this user, or it has not answered within the time-out.
  public static func open(
    _ address: BusAddress, on timeline: RealTimeline, limits: Limits = Limits(), timeout: Duration = .seconds(5)
  ) async throws(DBusFailure) -> BusConnection {
    let beginning = timeline.now
    let raw = try await BusOpening.connect(address, on: timeline, timeout: timeout)
    let connection = BusConnection(timeline: timeline, limits: limits)
    do {
      try await connection.begin(raw, timeout: timeout - beginning.duration(to: timeline.now))
    } catch {
      await connection.close()
      throw switch error {
      case .disconnected:
        .unreachable(
          address: address.description, reason: "it ended the connection before it gave a name; does it know this user?"
        )
      case .timedOut: .unreachable(address: address.description, reason: "it did not answer within \(timeout)")
      case .refused, .unreadable: .unreachable(address: address.description, reason: "it gave no name: \(error)")
      default: error
      }
    }
    return connection
  }

  private func begin(_ raw: consuming RawConnection, timeout: Duration) async throws(DBusFailure) {
    socket = try BusSocket(raw, limits: limits, timeline: timeline) { [weak self] events in
      self?.assumeIsolated { $0.handle(events) }
    }
    let answer = try await callBus("Hello", timeout: timeout)
    guard let given = answer.first?.string else { throw .unreadable("a Hello without a name") }
    name.withLock { $0 = given }
  }

  // MARK: Calls

  /// Calls a method and waits for its answer.
  ///
  /// Like a stop, a call is carried through when the task is cancelled: the wait ends at the answer or the time-out. A call that expects no reply ends when it is
  /// queued, with no values.
  ///
  /// - Parameter timeout: libdbus's usual 25 s by default; some peers take longer.
  /// - Throws: ``DBusFailure``; ``DBusFailure/refused(name:message:)`` is the peer's own answer, the others are not.
  public func call(_ call: MethodCall, timeout: Duration = .seconds(25)) async throws(DBusFailure) -> [DBusValue] {
    let result = unsafe await withUnsafeContinuation {
      (continuation: UnsafeContinuation<Result<[DBusValue], DBusFailure>, Never>) in
      send(call, timeout: timeout) { unsafe continuation.resume(returning: $0) }
    }
    return try result.get()
  }

  /// Calls a method. The answer is handed over on the timeline, in the order of arrival among signals and other answers; a failure to send, before this returns.
  public func send(
    _ call: MethodCall, timeout: Duration = .seconds(25),
    answer: @escaping @Sendable (Result<[DBusValue], DBusFailure>) -> Void
  ) {
    do throws(DBusFailure) {
      guard pending.count < limits.pendingCalls else { throw .busy(limit: limits.pendingCalls) }
      let key = MessageTemplates.Key(
        isSignal: false, destination: call.destination, path: call.path, interface: call.interface, member: call.member,
        expectsReply: call.expectsReply, startsService: call.startsService)
      let message = try templates.message(key, call.arguments) { () throws(DBusFailure) in
        try Message.methodCall(call, byteLimit: limits.messageBytes)
      }
      let serial = try transmit(message)
      guard call.expectsReply else { return answer(.success([])) }
      let deadline = timeline.now.advanced(by: timeout)
      pending.add(
        PendingCalls.Call(
          path: call.path, interface: call.interface, member: call.member, destination: call.destination,
          owner: call.destination.flatMap { signals.owner(of: $0) }, timeout: timeout, deadline: deadline,
          answer: answer),
        serial: serial)
      expectSweep(at: deadline)
    } catch {
      answer(.failure(error))
    }
  }

  /// Sends a signal.
  ///
  /// - Throws: ``DBusFailure/invalid(_:)``, ``DBusFailure/congested(queuedBytes:)``, ``DBusFailure/disconnected``.
  public func emit(_ signal: Signal) throws(DBusFailure) {
    let key = MessageTemplates.Key(
      isSignal: true, destination: signal.destination, path: signal.path, interface: signal.interface,
      member: signal.member)
    let message = try templates.message(key, signal.arguments) { () throws(DBusFailure) in
      try Message.signal(signal, byteLimit: limits.messageBytes)
    }
    _ = try transmit(message)
  }

  func transmit(_ message: borrowing Message) throws(DBusFailure) -> UInt32 {
    guard let socket, !isEnded else { throw .disconnected }
    let queued = socket.queuedBytes
    guard queued < limits.queuedBytes else { throw .congested(queuedBytes: queued) }
    let serial = try socket.send(message)
    // libdbus may find the end of the connection while it sends, and then no event of the descriptor tells of it.
    if !socket.isConnected { planTurn() }
    counts.sent += 1
    return serial
  }

  func callBus(
    _ member: String, _ arguments: [DBusValue] = [], timeout: Duration = .seconds(25)
  ) async throws(DBusFailure) -> [DBusValue] {
    try await call(Self.busCall(member, arguments), timeout: timeout)
  }

  static func busCall(_ member: String, _ arguments: [DBusValue]) -> MethodCall {
    MethodCall(
      destination: busName, path: ObjectPath(unchecked: "/org/freedesktop/DBus"), interface: busName, member: member,
      arguments: arguments)
  }

  /// One timer for all calls, set to the earliest deadline: most calls are answered long before.
  private func expectSweep(at deadline: MonotonicInstant) {
    if let sweep, sweep.deadline <= deadline { return }
    sweep?.action.cancel()
    let action = timeline.schedule(at: deadline) { [weak self] in self?.assumeIsolated { $0.sweepOverdueCalls() } }
    sweep = (deadline, action)
  }

  private func sweepOverdueCalls() {
    sweep = nil
    for call in pending.removeOverdue(now: timeline.now) { call.answer(.failure(call.timedOut)) }
    if let next = pending.earliestDeadline { expectSweep(at: next) }
  }

  // MARK: What arrives

  private func handle(_ events: DescriptorEvents) {
    guard !events.contains(.shutDown) else { return end() }
    socket?.handle(events)
    dispatch()
  }

  private func dispatch() {
    // The turn that is planned goes on with what has come meanwhile.
    guard !isTurnPlanned else { return }
    for _ in 0..<Self.messagesPerTurn {
      guard let message = socket?.nextMessage() else {
        if let socket, !socket.isConnected { end() }
        return
      }
      counts.received += 1
      receive(message)
    }
    // More may be there already, of which the descriptor says nothing; others have their turn before.
    planTurn()
  }

  private func planTurn() {
    guard !isTurnPlanned else { return }
    isTurnPlanned = true
    timeline.schedule(at: .zero) { [weak self] in
      self?.assumeIsolated { connection in
        connection.isTurnPlanned = false
        connection.dispatch()
      }
    }
  }

  private func receive(_ message: borrowing Message) {
    switch message.kind {
    case .methodReturn, .error: receiveAnswer(message)
    case .signal: receiveSignal(message)
    case .methodCall: receiveCall(message)
    case .other: counts.ignored += 1
    }
  }

  private func receiveAnswer(_ message: borrowing Message) {
    let serial = message.replySerial
    guard let call = pending.call(serial), signals.mayAnswer(call, sender: message.sender) else {
      counts.ignored += 1
      return
    }
    _ = pending.remove(serial)
    do throws(DBusFailure) {
      let values = try message.values(limit: limits.values, byteLimit: limits.messageBytes)
      guard message.kind == .error else { return call.answer(.success(values)) }
      let text: String = if case .string(let text)? = values.first { text } else { "" }
      call.answer(.failure(.refused(name: message.errorName ?? "", message: text)))
    } catch {
      counts.unreadable += 1
      call.answer(.failure(error))
    }
  }

  // MARK: The end

  /// Ends the connection: all that waits fails with ``DBusFailure/disconnected``. What was sent has been handed to the system, except what a slow bus has left in
  /// the queue. May be called more than once.
  public func close() {
    end()
  }

  /// Calls the closure on the timeline once the connection has ended: lost, closed, or its timeline shut down. At once when it has ended already.
  public func onEnd(_ closure: @escaping @Sendable () -> Void) {
    if isEnded { closure() } else { endHandlers.append(closure) }
  }

  private func end() {
    guard !isEnded else { return }
    isEnded = true
    socket?.close()
    socket = nil
    sweep?.action.cancel()
    sweep = nil
    let calls = pending.removeAll()
    let handlers = endHandlers
    endHandlers = []
    signals = SignalTable()
    exports = ExportTable()
    for call in calls { call.answer(.failure(.disconnected)) }
    for handler in handlers { handler() }
  }

  /// What went through the connection so far.
  public var statistics: Statistics {
    var statistics = counts
    statistics.queuedBytes = socket?.queuedBytes ?? 0
    statistics.pendingCalls = pending.count
    return statistics
  }

  func nextIdentifier() -> UInt64 {
    lastIdentifier += 1
    return lastIdentifier
  }
}
