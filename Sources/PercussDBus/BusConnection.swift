public import PercussTime

/// A connection to a message bus.
public actor BusConnection {
  /// The timeline that the connection runs on; handlers and answers are called there.
  public nonisolated let timeline: RealTimeline
  /// The name that the bus gave, as in `:1.42`.
  public nonisolated let uniqueName: String

  /// The timeline.
  public nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe timeline.asUnownedSerialExecutor() }

  init(timeline: RealTimeline, uniqueName: String) {
    self.timeline = timeline
    self.uniqueName = uniqueName
  }

  /// What a connection holds at most.
  public struct Limits: Sendable, Hashable {
    /// Calls that wait for their answers; one more fails with ``DBusFailure/busy(limit:)``.
    public var pendingCalls = 4096
    /// Bytes that wait to be taken by the bus; above, what is sent fails with ``DBusFailure/congested(queuedBytes:)``.
    public var queuedBytes = 16 << 20
    /// The largest message that is taken, in bytes; the connection ends at a larger one.
    public var messageBytes = 16 << 20
    /// Calls of exported objects that wait for their answers; one more is refused.
    public var unansweredCalls = 4096

    /// The defaults.
    public init() {}
  }

  /// Connects, authenticates and gets a name.
  public static func open(
    _ address: BusAddress, on timeline: RealTimeline, limits: Limits = Limits(), timeout: Duration = .seconds(5)
  ) async throws(DBusFailure) -> BusConnection {
    throw .disconnected
  }

  /// Calls a method and waits for its answer.
  public func call(
    _ call: MethodCall, timeout: Duration = .seconds(25)
  ) async throws(DBusFailure) -> [DBusValue] {
    throw .disconnected
  }

  /// Calls a method; the answer is handed over on the timeline, in the order of arrival among signals and other answers.
  public func send(
    _ call: MethodCall, timeout: Duration = .seconds(25),
    answer: @escaping @Sendable (Result<[DBusValue], DBusFailure>) -> Void
  ) {}

  /// Sends a signal.
  public func emit(_ signal: Signal) throws(DBusFailure) {}

  /// Subscribes to signals.
  public func subscribe(
    to rule: MatchRule, _ handler: @escaping @Sendable (IncomingSignal) -> Void
  ) async throws(DBusFailure) -> SignalSubscription { throw .disconnected }

  /// Watches who owns a name.
  public func watchOwner(
    of name: String, _ handler: @escaping @Sendable (_ owner: String?) -> Void
  ) async throws(DBusFailure) -> SignalSubscription { throw .disconnected }

  /// Asks for a name.
  public func requestName(
    _ name: String, replacing: Bool = false
  ) async throws(DBusFailure) -> NameRequestResult { throw .disconnected }

  /// Gives a name back.
  public func releaseName(_ name: String) async throws(DBusFailure) {}

  /// Lets others call the object.
  public func export(_ object: any ExportedObject, at path: ObjectPath) throws(DBusFailure) {}

  /// Takes the object at the path away.
  public func unexport(_ path: ObjectPath) {}

  /// Answers `GetManagedObjects` at the root with everything exported below it.
  public func exportObjectManager(at root: ObjectPath) {}

  /// Sends `InterfacesAdded` with all properties of the object.
  public func announce(_ path: ObjectPath, under root: ObjectPath) throws(DBusFailure) {}

  /// Sends `InterfacesRemoved`.
  public func announceRemoval(
    of path: ObjectPath, interfaces: [String], under root: ObjectPath
  ) throws(DBusFailure) {}

  /// Sends `PropertiesChanged`.
  public func emitPropertiesChanged(
    _ path: ObjectPath, interface: String, changed: [String: DBusValue], invalidated: [String] = []
  ) throws(DBusFailure) {}

  /// Ends the connection.
  public func close() {}

  /// Calls the closure on the timeline once the connection has ended; at once when it has.
  public func onEnd(_ closure: @escaping @Sendable () -> Void) {}

  /// What went through the connection.
  public struct Statistics: Sendable, Hashable {
    /// Messages sent.
    public var sent: UInt64 = 0
    /// Messages received.
    public var received: UInt64 = 0
    /// Messages received that nobody wanted, or that could not be read.
    public var ignored: UInt64 = 0
    /// Bytes that wait to be taken by the bus.
    public var queuedBytes = 0
    /// Calls that wait for their answers.
    public var pendingCalls = 0
  }

  /// What went through the connection so far.
  public var statistics: Statistics { Statistics() }
}

/// How the bus answered a request for a name.
public enum NameRequestResult: UInt32, Sendable, Hashable {
  /// This connection owns the name.
  case owner = 1
  /// Somebody else owns the name; this connection is in the queue for it. Never the answer here: nobody queues.
  case queued = 2
  /// Somebody else owns the name.
  case exists = 3
  /// This connection owned the name already.
  case alreadyOwner = 4
}
