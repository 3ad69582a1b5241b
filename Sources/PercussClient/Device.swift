public import PercussGATT
public import PercussLink
public import PercussTime
public import PercussWire

/// A device that a central is connected to.
///
/// ```swift
/// let device = try await Device.connect(over: link)
/// try await device.takeControl()
/// try await device.setSpeed(.ppm(1900), ramp: .milliseconds(500))
/// for await event in device.events { ... }
/// try await device.stop()
/// ```
///
/// - Control is a lease, which the device object keeps alive while it exists; whatever dies, the motor ramps to rest by itself. Not all families have that: see ``hasLease``.
/// - ``stop()`` goes ahead of everything, is never refused for want of room, and works in a cancelled task.
/// - Every call ends within a bounded time. After the connection has ended every call fails at once with `.disconnected`, and nothing is ever sent again over another one:
///   connect anew and decide.
/// - It runs on the link's timeline. What is decided there is decided by ``Session`` and ``RoutineUpload``.
public actor Device {
  /// What the device can do.
  public nonisolated let feature: DeviceFeature
  /// What it runs on.
  public nonisolated let timeline: any Timeline
  /// What says the operations in bytes.
  public nonisolated let dialect: any Dialect
  /// The device family's name.
  public nonisolated var dialectName: String { dialect.name }
  /// Whether the device itself keeps the lease: its motor then comes to rest whatever dies. Without, the host keeps it, and stops the motor for as long as it and the
  /// connection live; see ``HostDuties``.
  public nonisolated var hasLease: Bool { dialect.duties == nil }

  /// The characteristics whose values do not come, because another program on this host has them for itself. Empty unless connected with ``Purpose/stop``.
  public private(set) var unheard: [BluetoothUUID] = []

  let link: any DeviceLink
  var session: Session
  private var handOvers: [Session.RequestID: @Sendable (MonotonicInstant) -> Void] = [:]
  var deadlineThread: DeadlineThread?
  var armedWrites: [Session.WriteID: ArmedWrite] = [:]
  /// Who wrote the timed requests so far.
  public internal(set) var timedWrites = TimedWrites()
  private var callers: [Session.RequestID: CheckedContinuation<Result<Session.Answer, DeviceError>, Never>] = [:]
  private var timer: (deadline: MonotonicInstant, action: ScheduledAction)?
  private nonisolated let eventBroadcast = Broadcast<Event>(limit: DeviceEvents.limit)
  private nonisolated let telemetryBroadcast = Broadcast<TelemetrySample>(limit: TelemetrySamples.limit)
  nonisolated let streamBroadcast = Broadcast<StreamCredit>(limit: StreamCredits.limit)
  /// The newest telemetry, if any has come.
  public private(set) var latestTelemetry: TelemetrySample?

  var uploading: RoutineUpload?
  var creditArrival: Awaited<Void>?
  private var writeEnd: Awaited<Void>?
  var clockReplies: [UInt8: Awaited<(ClockReply, MonotonicInstant)>] = [:]
  var clockSequence: UInt8 = 0
  /// What is known of the device's clock; see ``followClock(_:)``.
  public internal(set) var clock = ClockEstimator()
  var isFollowingClock = false
  /// When the next exchange of those who follow the clock is due.
  var clockDue = MonotonicInstant.zero
  /// Whether ``disconnect()`` stopped the motor, and the device acknowledged it.
  private var wasStoppedAtEnd = false

  /// The timeline.
  public nonisolated var unownedExecutor: UnownedSerialExecutor { timeline.asUnownedSerialExecutor() }

  /// What a connection is made for.
  public enum Purpose: Sendable {
    /// Everything. All that the device sends must be heard.
    case use
    /// To stop the motor, whoever drives it: a stop is written before anything else is asked, and what cannot be heard is done without.
    case stop
  }

  /// Makes sure what is at the other end of the link, and subscribes to what it sends.
  ///
  /// The link stays the caller's when this fails, except that one to an incompatible device is ended; afterwards it belongs to the device, and ends
  /// with it.
  ///
  /// - Throws: `.incompatible` when the device speaks another version of the protocol; `.link`, `.disconnected` or `.malformedValue` when it cannot be asked.
  public static func connect(
    over link: any DeviceLink, for purpose: Purpose = .use, dialect: any Dialect = PercussDialect(),
    limits: Session.Limits = Session.Limits()
  ) async throws(DeviceError) -> Device {
    let feature: DeviceFeature
    do throws(DeviceError) {
      feature = try await identify(link, dialect)
    } catch {
      // PCS/CL/PR/BV-02: nothing is to be said to a device that means something else by it.
      if case .incompatible = error.reason { await link.disconnect() }
      throw error
    }
    if purpose == .stop, let stop = dialect.value(of: .request(.stop)) { await write(stop, to: link) }
    let device = Device(link, feature: feature, dialect: dialect, limits: limits)
    // From here on nothing that the device sends goes by unseen.
    await device.startReading()
    do throws(LinkError) {
      for characteristic in dialect.subscriptions {
        do throws(LinkError) {
          try await link.subscribe(to: [characteristic])
        } catch {
          guard purpose == .stop, case .unavailable = error else { throw error }
          await device.missed(characteristic)
        }
      }
      for characteristic in dialect.readings {
        await device.received(try await link.read(characteristic), from: characteristic)
      }
    } catch {
      await device.abandon()
      throw DeviceError(link: error, during: "subscribing")
    }
    // Without its answers, which another program has, there is nothing to confirm; only a stop gets this far then.
    if dialect.duties != nil, await device.unheard.isEmpty { try await device.confirmFamily() }
    return device
  }

  /// How long the services of a device may take to come back on a connection that others on this computer had before.
  private static let servicePatience: Duration = .seconds(2)

  /// On such a connection what the device offers may just be changing: its application was started anew.
  private static func identify(_ link: any DeviceLink, _ dialect: any Dialect) async throws(DeviceError)
    -> DeviceFeature
  {
    let deadline = link.timeline.now.advanced(by: link.beganConnection ? .zero : servicePatience)
    while true {
      do throws(DeviceError) {
        return try await dialect.identify(link)
      } catch {
        guard case .link(.noSuchCharacteristic) = error.reason, link.timeline.now < deadline,
          (try? await link.timeline.sleep(for: .milliseconds(100))) != nil
        else { throw error }
      }
    }
  }

  /// Whatever comes of it. A stop is executed whatever its number (PCS/SR/ST/BV-02), so this one may go ahead of everything else; the device object sends its own.
  private static func write(_ stop: OutgoingValue, to link: any DeviceLink) async {
    try? await link.write(stop.bytes, to: stop.characteristic, type: stop.type)
  }

  /// Name and service do not make sure what a device is that shares its service with others: it has to answer as one of the family, before anything is sent that moves.
  private func confirmFamily() async throws(DeviceError) {
    do throws(DeviceError) {
      _ = try await perform(.readStatus)
    } catch {
      let malformed = statistics.malformedValues
      abandon()
      guard case .noResponse = error.reason else { throw error }
      let problem =
        malformed == 0
        ? "it did not answer when it was asked for its status"
        : "what it answered when it was asked for its status cannot be read"
      throw DeviceError(.notRecognised(family: dialectName, problem: problem), during: "connecting")
    }
  }

  private init(_ link: any DeviceLink, feature: DeviceFeature, dialect: any Dialect, limits: Session.Limits) {
    self.link = link
    self.feature = feature
    timeline = link.timeline
    self.dialect = dialect
    session = Session(dialect: dialect, limits: limits, isFresh: link.beganConnection)
  }

  deinit {
    timer?.action.cancel()
    guard session.end == nil else { return }
    // Without its owner the lease is no longer kept alive; ending the link lets the device know at once. One that keeps none has to be told.
    let stop = session.mustBeStopped ? dialect.value(of: .request(.stop)) : nil
    timeline.start { [link] in
      if let stop { await Self.write(stop, to: link) }
      await link.disconnect()
    }
  }

  // MARK: State

  /// Whether this central holds the lease, as far as it knows.
  public var holdsControl: Bool { session.lease != nil }

  /// Whether the connection has not ended.
  public var isConnected: Bool { session.end == nil }

  /// Counts of losses, repetitions and nonsense so far.
  public var statistics: Session.Statistics { session.statistics }

  /// What the device and the connection have to tell from now on. Every sequence gets everything.
  public nonisolated var events: DeviceEvents { DeviceEvents(subscription: eventBroadcast.subscribe()) }

  /// The telemetry from now on, every 200 ms unless ``setTelemetryInterval(_:)`` says otherwise. Every sequence gets everything.
  public nonisolated var telemetry: TelemetrySamples {
    TelemetrySamples(subscription: telemetryBroadcast.subscribe())
  }

  /// Ends the connection. When control is held, the device does what was agreed for its loss; call ``stop()`` before to be sure of a rest. One that keeps no lease is
  /// stopped before, unless its motor is known to rest; ``mayRunOn`` says afterwards whether that failed.
  public func disconnect() async {
    if session.mustBeStopped, session.end == nil { wasStoppedAtEnd = (try? await stop()) != nil }
    await link.disconnect()
    connectionEnded(.closedLocally)
  }

  // MARK: Requests

  /// Sends any request and waits for its answer: the door for what has no method of its own.
  ///
  /// When the calling task is cancelled, the wait ends at once, unless the request is a stop or a release, which are carried through.
  ///
  /// - Throws: `.refused` for every result but success; see ``DeviceError/Reason``.
  @discardableResult
  public func perform(_ operation: ControlRequest.Body) async throws(DeviceError) -> ControlResponse {
    let answer = try await perform(.request(operation), nil, nil)
    guard case .response(let response) = answer else { throw Self.unfitting("\(operation.opCode)") }
    return response
  }

  /// Whether the device's family can do an operation; what its own limits say of the arguments only the device knows.
  ///
  /// - Throws: `.unsupported`, or `.invalidArgument` for what cannot be sent.
  public nonisolated func check(_ operation: DeviceOperation) throws(DeviceError) {
    _ = try dialect.procedure(for: operation, sequence: 0, flags: [])
  }

  /// Whether the connection has ended with a motor that this program drove and that may run on, because nothing but this host stops it: the connection was lost, or the
  /// stop before its end was not acknowledged.
  public var mayRunOn: Bool { session.end != nil && session.mustBeStopped && !wasStoppedAtEnd }

  /// Asks for any operation and waits for its answer; as for a request.
  ///
  /// - Throws: `.unsupported` where the device's family cannot do it, before anything is sent.
  @discardableResult
  public func perform(_ operation: DeviceOperation) async throws(DeviceError) -> Session.Answer {
    try await perform(operation, nil, nil)
  }

  func perform(
    _ operation: DeviceOperation, _ timing: Session.Timing?,
    _ handedOver: (@Sendable (MonotonicInstant) -> Void)?
  ) async throws(DeviceError) -> Session.Answer {
    let isCancellable = operation != .request(.stop) && operation != .request(.releaseControl)
    guard !(isCancellable && Task.isCancelled) else { throw DeviceError(.cancelled, during: operation.title) }
    let id = session.newRequest()
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        callers[id] = continuation
        handOvers[id] = handedOver
        execute(session.submit(operation, as: id, timing: timing, at: timeline.now))
      }
    } onCancel: {
      guard isCancellable else { return }
      timeline.schedule(at: .zero) { [weak self] in self?.assumeIsolated { $0.cancel(id) } }
    }
    return try result.get()
  }

  private func cancel(_ id: Session.RequestID) {
    execute(session.cancel(id, at: timeline.now))
  }

  func execute(_ actions: [Session.Action]) {
    for action in actions {
      switch action {
      case .write(let id, let value, let type): write(value, type, as: id)
      case .arm(let id, let caller, let value, let timing):
        arm(id, ArmedWrite(value: value, timing: timing, handedOver: handOvers[caller] ?? { _ in }))
      case .disarm(let id): disarm(id)
      case .complete(let id, let result):
        handOvers[id] = nil
        callers.removeValue(forKey: id)?.resume(returning: result)
      case .controlLost(let cause): eventBroadcast.send(.controlLost(cause))
      case .event(let event, let missed):
        if missed > 0 { eventBroadcast.send(.missed(missed)) }
        if case .controlLost = event.body { continue }
        eventBroadcast.send(.reported(event, receivedAt: timeline.now))
      case .telemetry(let telemetry, let missed):
        tell(TelemetrySample(telemetry: telemetry, receivedAt: timeline.now, missed: missed))
      case .motor(let status, let target, let telemetry, let missed):
        let motor = MotorReport(status: status, target: target)
        tell(TelemetrySample(telemetry: telemetry, receivedAt: timeline.now, missed: missed, motor: motor))
      case .routineStatus(let status): received(status)
      case .clock(let reply): clockReplies.removeValue(forKey: reply.sequence)?.resolve((reply, timeline.now))
      }
    }
    armTimer()
  }

  private func tell(_ sample: TelemetrySample) {
    latestTelemetry = sample
    telemetryBroadcast.send(sample)
  }

  func write(_ value: OutgoingValue, _ type: WriteType, as id: Session.WriteID) {
    timeline.start { [link, weak self] in
      do throws(LinkError) {
        try await link.write(value.bytes, to: value.characteristic, type: type)
        await self?.writeEnded(id, nil)
      } catch {
        await self?.writeEnded(id, error)
      }
    }
  }

  func writeEnded(_ id: Session.WriteID, _ failure: LinkError?) {
    execute(session.writeEnded(id, failure: failure, at: timeline.now))
    if !session.isWriting { writeEnd?.resolve(()) }
  }

  func armTimer() {
    guard session.nextDeadline != timer?.deadline else { return }
    timer?.action.cancel()
    timer = session.nextDeadline.map { deadline in
      let action = timeline.schedule(at: deadline) { [weak self] in self?.assumeIsolated { $0.timePassed() } }
      return (deadline, action)
    }
  }

  private func timePassed() {
    timer = nil
    execute(session.timePassed(at: timeline.now))
  }

  /// Lets a write request under way come to its end, so that bulk data does not stand in a stop's way. At most a second: then the link is at fault, and bulk data finds out for itself.
  func letWriteEnd() async {
    guard session.isWriting else { return }
    let end = Awaited<Void>()
    writeEnd = end
    await end.value(until: timeline.now.advanced(by: .seconds(1)), on: timeline)
    writeEnd = nil
  }

  // MARK: What arrives

  private func startReading() {
    timeline.start { [weak self, events = link.events] in
      for await batch in events {
        guard let self else { return }
        await self.received(batch)
      }
      await self?.connectionEnded(.closedLocally)
    }
  }

  private func received(_ batch: [LinkEvent]) {
    for event in batch {
      switch event {
      case .value(let characteristic, let bytes, at: _): received(bytes, from: characteristic)
      case .disconnected(let reason): connectionEnded(reason)
      }
    }
  }

  private func received(_ bytes: [UInt8], from characteristic: BluetoothUUID) {
    execute(session.received(bytes, from: characteristic, at: timeline.now))
  }

  private func connectionEnded(_ reason: DisconnectReason) {
    guard session.end == nil else { return }
    execute(session.disconnected(reason))
    creditArrival?.resolve(nil)
    writeEnd?.resolve(nil)
    for reply in clockReplies.values { reply.resolve(nil) }
    clockReplies = [:]
    eventBroadcast.finish(with: .disconnected(reason))
    telemetryBroadcast.finish()
    streamBroadcast.finish()
  }

  private func missed(_ characteristic: BluetoothUUID) { unheard.append(characteristic) }

  /// Lets go of a link that stays the caller's.
  private func abandon() {
    connectionEnded(.closedLocally)
  }

  /// Why nothing works any more; `nil` while connected.
  var connectionEnd: DisconnectReason? { session.end }
}
