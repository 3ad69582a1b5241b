public import PercussGATT
public import PercussTime

/// A connection over an in-memory radio: the central's end is this ``DeviceLink``, the peripheral's end a hosted ``RadioPeripheral``.
///
/// ```swift
/// // A connected pair is one call.
/// let link = try InMemoryLink.connect(to: device, on: timeline, seed: 7)
/// await link.disturb(.outage, for: .seconds(3))        // what does the device do?
/// ```
///
/// Up to 32 requests, and 32 commands that found no room, wait; more throw ``LinkError/busy(limit:)``.
public actor InMemoryLink: DeviceLink {
  /// What both ends run on.
  public nonisolated let timeline: any Timeline
  /// What the peripheral knows this central by.
  public nonisolated let central: CentralID
  /// See ``DeviceLink/events``.
  public nonisolated let events: AsyncStream<[LinkEvent]>
  /// ATT_MTU in bytes.
  public nonisolated let maximumTransmissionUnit: Int

  /// Runs on the timeline.
  public nonisolated var unownedExecutor: UnownedSerialExecutor { timeline.asUnownedSerialExecutor() }

  /// How many operations of each kind wait at most.
  public static let waitingLimit = 32
  /// The ATT transaction timeout (Core Vol 3 Part F 3.3.3).
  public static let transactionTimeout: Duration = .seconds(30)

  private var radio: RadioLink<AttributePDU>
  private var server: AttributeServer
  private let source: AsyncStream<[LinkEvent]>.Continuation
  private var wakeUp: (instant: MonotonicInstant, action: ScheduledAction)?
  /// Why the central's end is over, once it is.
  private var end: DisconnectReason?

  private var requests = WaitingLine<AttributeRequest, [UInt8]>()
  private var outstanding: (waiting: WaitingLine<AttributeRequest, [UInt8]>.Waiting, timeout: ScheduledAction)?
  private var commands = WaitingLine<AttributePDU, Void>()
  private var closing: [CheckedContinuation<Void, Never>] = []

  /// Connects to a peripheral at once; both ends know of it when this returns. Call it on the timeline.
  ///
  /// - Parameters:
  ///   - central: what the peripheral is to know this central by.
  ///   - seed: decides over losses, drops and reordering.
  /// - Throws: ``LinkError/unavailable(_:)`` when a radio parameter is out of its range.
  public static func connect(
    to peripheral: any RadioPeripheral, on timeline: any Timeline, parameters: RadioParameters = RadioParameters(),
    central: CentralID = CentralID(rawValue: 1), seed: UInt64 = 0
  ) throws(LinkError) -> InMemoryLink {
    try parameters.validate()
    let link = InMemoryLink(
      to: peripheral, on: timeline, parameters: parameters, central: central, seed: seed)
    link.assumeIsolated { $0.scheduleWakeUp() }
    peripheral.centralConnected(central, port: InMemoryPort(link))
    return link
  }

  private init(
    to peripheral: any RadioPeripheral, on timeline: any Timeline, parameters: RadioParameters, central: CentralID,
    seed: UInt64
  ) {
    self.timeline = timeline
    self.central = central
    maximumTransmissionUnit = parameters.maximumTransmissionUnit
    (events, source) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1_024))
    radio = RadioLink(parameters: parameters, start: timeline.now, seed: seed)
    server = AttributeServer(
      central: central, peripheral: peripheral, maximumTransmissionUnit: parameters.maximumTransmissionUnit)
  }

  // MARK: The central's operations

  /// See ``DeviceLink/profile``.
  public var profile: Profile { server.peripheral.profile }

  /// See ``DeviceLink/read(_:)``.
  public func read(_ characteristic: BluetoothUUID) async throws(LinkError) -> [UInt8] {
    try await read(characteristic, offset: 0)
  }

  /// Reads a value from an offset on.
  public func read(_ characteristic: BluetoothUUID, offset: Int) async throws(LinkError) -> [UInt8] {
    var value: [UInt8] = []
    while true {
      let part = try await perform(.read(characteristic, offset: offset + value.count))
      value += part
      // A part that fills its PDU may not be the last.
      if part.count < maximumTransmissionUnit - 1 || offset + value.count >= 512 { return value }
    }
  }

  /// See ``DeviceLink/write(_:to:type:)``.
  public func write(
    _ value: [UInt8], to characteristic: BluetoothUUID, type: WriteType
  ) async throws(LinkError) {
    guard value.count <= maximumTransmissionUnit - 3 else {
      throw .tooLong(count: value.count, maximum: maximumTransmissionUnit - 3)
    }
    guard type == .command else {
      _ = try await perform(.write(value, characteristic))
      return
    }
    try require(characteristic)
    let command = AttributePDU.command(value, characteristic)
    advance()
    let isUrgent = isUrgent(command)
    if isUrgent || commands.isEmpty, hasRoom(for: command), send(command, from: .central) { return }
    if let end { throw .disconnected(end) }
    guard commands.count < Self.waitingLimit else { throw .busy(limit: Self.waitingLimit) }
    let name = Profile.percuss.name(of: characteristic)
    try await withCheckedContinuation { continuation in
      let waiting = commands.append(command, continuation)
      timeline.schedule(after: Self.transactionTimeout) { [weak self] in
        self?.assumeIsolated { link in
          link.commands.remove(waiting)?.fail(
            .timedOut("room to send a command to \(name)", after: Self.transactionTimeout))
        }
      }
    }.get()
  }

  /// See ``DeviceLink/subscribe(to:)``.
  public func subscribe(to characteristics: [BluetoothUUID]) async throws(LinkError) {
    for characteristic in characteristics { try await configure(characteristic, isSubscribed: true) }
  }

  /// See ``DeviceLink/unsubscribe(from:)``.
  public func unsubscribe(from characteristics: [BluetoothUUID]) async throws(LinkError) {
    for characteristic in characteristics { try await configure(characteristic, isSubscribed: false) }
  }

  private func configure(_ characteristic: BluetoothUUID, isSubscribed: Bool) async throws(LinkError) {
    try require(characteristic)
    guard let properties = server.peripheral.profile[characteristic]?.properties,
      !properties.isDisjoint(with: [.notify, .indicate])
    else { throw .cannotSubscribe(characteristic) }
    _ = try await perform(.configure(characteristic, isSubscribed: isSubscribed))
  }

  /// See ``DeviceLink/disconnect()``.
  public func disconnect() async {
    advance()
    guard end == nil else { return }
    radio.close(from: .central, at: timeline.now)
    scheduleWakeUp()
    await withCheckedContinuation { closing.append($0) }
  }

  private func require(_ characteristic: BluetoothUUID) throws(LinkError) {
    if let end { throw .disconnected(end) }
    guard server.peripheral.profile[characteristic] != nil else { throw .noSuchCharacteristic(characteristic) }
  }

  /// A command to a characteristic that takes requests too is in a hurry; all others carry bulk data.
  private func isUrgent(_ pdu: AttributePDU) -> Bool {
    guard case .command(_, let uuid) = pdu else { return true }
    return server.peripheral.profile[uuid]?.properties.contains(.write) == true
  }

  /// Bulk data leaves places in each connection event for one request, one confirmation and one urgent command, so that none of these
  /// waits for a second event. Where an event carries too little for that, it leaves what it can.
  private func hasRoom(for pdu: AttributePDU) -> Bool {
    let reserve = isUrgent(pdu) ? 0 : min(3, radio.parameters.eventCapacity - 1)
    return radio.room(at: .central) > reserve
  }

  /// One ATT request and its response; requests wait for each other.
  private func perform(_ request: AttributeRequest) async throws(LinkError) -> [UInt8] {
    try require(request.characteristic)
    guard requests.count < Self.waitingLimit else { throw .busy(limit: Self.waitingLimit) }
    return try await withCheckedContinuation { continuation in
      requests.append(request, continuation)
      advance()
      startNextRequest()
    }.get()
  }

  private func startNextRequest() {
    guard outstanding == nil, end == nil, let next = requests.popFirst() else { return }
    let timeout = timeline.schedule(after: Self.transactionTimeout) { [weak self] in
      self?.assumeIsolated { $0.transactionTimedOut() }
    }
    outstanding = (next, timeout)
    _ = send(.request(next.item), from: .central)
  }

  /// After this no more ATT PDUs may be sent, so the link ends.
  private func transactionTimedOut() {
    guard let (waiting, _) = outstanding.take() else { return }
    waiting.fail(.timedOut(waiting.item.description, after: Self.transactionTimeout))
    radio.close(from: .central, at: timeline.now)
    scheduleWakeUp()
  }

  // MARK: Faults and figures

  /// What the radio has done so far.
  public var statistics: RadioStatistics { radio.statistics }

  /// Whether the peripheral still holds the link to be up.
  public var isPeripheralConnected: Bool { radio.isConnected(.peripheral) }

  /// Disturbs the radio from now on, for a time.
  public func disturb(_ kind: RadioDisturbance.Kind, for duration: Duration) {
    advance()
    let now = timeline.now
    radio.disturb(RadioDisturbance(kind, from: now, until: now.advanced(by: duration)), at: now)
    scheduleWakeUp()
  }

  /// Takes an end off the air without a word: the central as if its process were killed, the peripheral as if its power failed.
  ///
  /// A vanished central's operations throw ``DisconnectReason/closedLocally`` and its events end. A vanished peripheral is told nothing.
  public func vanish(_ end: RadioEnd) {
    advance()
    guard radio.isConnected(end) else { return }
    radio.vanish(end, at: timeline.now)
    if end == .central { centralEnded(.closedLocally) }
    scheduleWakeUp()
  }

  // MARK: The radio

  @discardableResult
  private func send(_ pdu: AttributePDU, from end: RadioEnd) -> Bool {
    let taken = radio.send(pdu, from: end, isAcknowledged: pdu.isAcknowledged, at: timeline.now)
    scheduleWakeUp()
    return taken
  }

  private func scheduleWakeUp() {
    let next = radio.nextWakeUp
    guard next != wakeUp?.instant else { return }
    wakeUp?.action.cancel()
    wakeUp = next.map { instant in
      // The link lives as long as something is to happen on it.
      (instant, timeline.schedule(at: instant) { self.assumeIsolated { $0.wake() } })
    }
  }

  private func wake() {
    wakeUp = nil
    advance()
    scheduleWakeUp()
  }

  /// Lets the radio catch up with the clock, and hands on what happened.
  private func advance() {
    let outputs = radio.advance(to: timeline.now)
    guard !outputs.isEmpty else { return }
    var batch: [LinkEvent] = []
    for output in outputs {
      switch output {
      case .delivered(let pdu, to: .central): receive(pdu, &batch)
      case .delivered(let pdu, to: .peripheral): serve(server.receive(pdu))
      case .disconnected(.central, let reason):
        if !batch.isEmpty { source.yield(batch) }
        batch = []
        centralEnded(reason)
      case .disconnected(.peripheral, let reason):
        server.peripheral.centralDisconnected(central, reason: reason)
      }
    }
    if !batch.isEmpty { source.yield(batch) }
    while let first = commands.first, hasRoom(for: first), let next = commands.popFirst() {
      _ = send(next.item, from: .central)
      next.succeed(())
    }
  }

  private func receive(_ pdu: AttributePDU, _ batch: inout [LinkEvent]) {
    switch pdu {
    case .notification(let value, let uuid): batch.append(.value(uuid, value, at: timeline.now))
    case .indication(let value, let uuid):
      batch.append(.value(uuid, value, at: timeline.now))
      send(.confirmation, from: .central)
    case .response(let result):
      guard let (waiting, timeout) = outstanding.take() else { return }
      timeout.cancel()
      switch result {
      case .success(let value): waiting.succeed(value)
      case .failure(let error): waiting.fail(.attribute(error, characteristic: waiting.item.characteristic))
      }
      startNextRequest()
    case .request, .command, .confirmation: break
    }
  }

  private func serve(_ step: AttributeServer.Step) {
    switch step {
    case .none: break
    case .send(let pdu): send(pdu, from: .peripheral)
    case .ask(.read(let uuid, let offset, let number)):
      server.peripheral.read(uuid, offset: offset, from: central) { [weak self] value in
        self?.assumeIsolated { $0.respond($0.server.response(to: value, of: number)) }
      }
    case .ask(.write(let value, let uuid, number: nil)):
      server.peripheral.write(value, to: uuid, type: .command, from: central) { _ in }
    case .ask(.write(let value, let uuid, let number?)):
      server.peripheral.write(value, to: uuid, type: .request, from: central) { [weak self] refusal in
        self?.assumeIsolated { $0.respond($0.server.response(to: refusal, of: number)) }
      }
    case .ask(.subscription(let uuid, let isSubscribed)):
      send(.response(.success([])), from: .peripheral)
      server.peripheral.subscriptionChanged(uuid, isSubscribed: isSubscribed, by: central)
    case .ask(.confirmed(let uuid, let next)):
      if let next { send(next, from: .peripheral) }
      server.peripheral.indicationConfirmed(uuid, by: central)
    }
  }

  private func respond(_ response: AttributePDU?) {
    if let response { send(response, from: .peripheral) }
  }

  private func centralEnded(_ reason: DisconnectReason) {
    guard end == nil else { return }
    end = reason
    source.yield([.disconnected(reason)])
    source.finish()
    if let (waiting, timeout) = outstanding.take() {
      timeout.cancel()
      waiting.fail(.disconnected(reason))
    }
    while let waiting = requests.popFirst() { waiting.fail(.disconnected(reason)) }
    while let waiting = commands.popFirst() { waiting.fail(.disconnected(reason)) }
    for continuation in closing { continuation.resume() }
    closing = []
  }

  // MARK: The peripheral's end, for its port

  /// The peripheral's host tells it that the services are others than before.
  public func servicesChanged() { server.servicesChanged() }

  func notify(_ value: [UInt8], of characteristic: BluetoothUUID) -> Bool {
    guard radio.isConnected(.peripheral), let pdu = server.notification(value, of: characteristic) else { return false }
    let taken = send(pdu, from: .peripheral)
    if !taken { radio.countRefused() }
    return taken
  }

  func indicate(_ value: [UInt8], of characteristic: BluetoothUUID) -> Bool {
    guard radio.isConnected(.peripheral) else { return false }
    switch server.indicate(value, of: characteristic) {
    case .send(let pdu): return send(pdu, from: .peripheral)
    case .waits: return true
    case .notSubscribed: return false
    case .queueFull:
      radio.countRefused()
      return false
    }
  }

  func closeFromPeripheral() {
    radio.close(from: .peripheral, at: timeline.now)
    scheduleWakeUp()
  }
}
