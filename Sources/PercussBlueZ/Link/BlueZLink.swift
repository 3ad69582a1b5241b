internal import PercussDBus
public import PercussGATT
public import PercussLink
public import PercussTime

/// A connection to a device through bluetoothd.
///
/// - Requests to one characteristic wait for each other; at most ``waitingLimit`` operations wait, more throw ``LinkError/busy(limit:)``.
/// - Values come through a descriptor where bluetoothd offers it (`AcquireNotify`), else by signals.
/// - Commands to characteristics that take no requests go through a descriptor (`AcquireWrite`), others by `WriteValue`; `WritePacer` bounds how many
///   bluetoothd has queued.
/// - It ends within a second when bluetoothd, the adapter or the device's object goes.
/// - bluetoothd counts no users of a connection (bluez#89), and a disconnect ends it for all of them. So ``disconnect()`` of a link that found the connection in use
///   (``isShared``) only lets go of it.
public actor BlueZLink: DeviceLink {
  /// See ``DeviceLink/timeline``.
  public nonisolated let timeline: any Timeline
  /// See ``DeviceLink/events``.
  public nonisolated let events: AsyncStream<[LinkEvent]>
  /// See ``DeviceLink/beganConnection``.
  public nonisolated let beganConnection: Bool
  /// Whether another program had the device send values over this connection when this link began. A connection without such a user, which its maker has left behind, is
  /// taken over.
  public nonisolated let isShared: Bool
  /// The device's address.
  public nonisolated let address: BluetoothAddress
  /// The timeline.
  public nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  /// How many operations wait at most.
  public static let waitingLimit = 32
  /// How long an operation on an attribute may take: the 30 s of ATT (Core Vol 3 Part F 3.3.3), and a little for bluetoothd.
  static let attributeTimeout: Duration = .seconds(32)
  /// How long bluetoothd may take to end a connection; it does within 2.7 s.
  static let disconnectTimeout: Duration = .seconds(5)

  nonisolated let path: ObjectPath
  nonisolated let loop: RealTimeline
  let bus: BusConnection
  let central: BlueZCentral
  private let source: AsyncStream<[LinkEvent]>.Continuation

  /// Why the link has ended, once it has.
  private(set) var end: DisconnectReason?
  private var statedReason: DisconnectReason?
  private var isDisconnecting = false
  private var closing: [CheckedContinuation<Void, Never>] = []
  /// Values that came by signals in this turn of the loop; one batch.
  private var batch: [LinkEvent] = []

  /// Calls that wait for bluetoothd's answer, at the latest until the link ends.
  var calls: [UInt64: UnsafeContinuation<Result<[DBusValue], DBusFailure>, Never>] = [:]
  var lastCall: UInt64 = 0
  let attributeTimeout: Duration

  /// What the tree says of the device's characteristics; nil when it has to be read from there again.
  private var attributes: Attributes?
  /// ATT_MTU as a descriptor's reply said it.
  var acquiredUnit: Int?
  var waiting = 0
  var lanes: [Lane: [CheckedContinuation<Void, Never>]] = [:]
  var pacer = WritePacer()
  var pacerTimer: ScheduledAction?
  var roomWaiters: [CheckedContinuation<Void, Never>] = []
  var writers: [ObjectPath: AcquiredWriter] = [:]
  /// Held for a moment, for commands that pass a request; see ``giveBack(_:of:)``.
  var passing: [ObjectPath: AcquiredWriter] = [:]
  /// Characteristics whose commands go by `WriteValue`, because bluetoothd did not give a descriptor.
  var withoutWriter: Set<ObjectPath> = []
  var subscriptions: [ObjectPath: Subscription] = [:]
  /// The reads under way.
  var echoes: [ObjectPath: ReadEcho] = [:]
  var renewals = 0
  /// The last parameters that this link was granted.
  var grantedParameters: ConnectionParameters?

  /// What waits for its own kind.
  enum Lane: Hashable {
    case read(ObjectPath)
    case write(ObjectPath)
    case command(ObjectPath)
    case subscribe(ObjectPath)
  }

  init(
    to address: BluetoothAddress, at path: ObjectPath, over bus: BusConnection, of central: BlueZCentral,
    beganConnection: Bool, isShared: Bool, attributeTimeout: Duration
  ) {
    self.attributeTimeout = attributeTimeout
    self.address = address
    self.path = path
    self.bus = bus
    self.central = central
    self.beganConnection = beganConnection
    self.isShared = isShared
    loop = central.timeline
    timeline = central.timeline
    (events, source) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1_024))
  }

  deinit {
    // Watches do not end by themselves, and their descriptors are ours.
    for subscription in subscriptions.values { subscription.close() }
  }

  /// See ``DeviceLink/maximumTransmissionUnit``. No more than 513, so that a value has at most 510 bytes: of longer ones bluetoothd cuts or loses some.
  public var maximumTransmissionUnit: Int { min(attUnit, 513) }

  /// ATT_MTU in bytes, 23 to 517, as bluetoothd tells it; 23 where it does not.
  public var negotiatedTransmissionUnit: Int { attUnit }

  private var attUnit: Int { knownAttributes().maximumTransmissionUnit ?? acquiredUnit ?? 23 }

  /// The connection interval, where it is known: bluetoothd does not tell it, only the controller after ``requestParameters(interval:latency:supervisionTimeout:timeout:)``.
  public var connectionInterval: Duration? { grantedParameters?.interval }

  /// What is known of the link's parameters.
  public var parameters: ConnectionParameters? { grantedParameters }

  /// Asks for other connection parameters than the device and bluetoothd have agreed on, past bluetoothd, which has no call for it.
  ///
  /// - Parameters:
  ///   - interval: 7.5 ms to 4 s.
  ///   - latency: connection events that the device may skip, 0 to 499.
  ///   - supervisionTimeout: 100 ms to 32 s.
  /// - Returns: what was granted; or that it was refused, or why it could not be asked: without the capability CAP_NET_RAW, or on an emulated adapter.
  public func requestParameters(
    interval: ClosedRange<Duration> = .microseconds(7_500)...(.milliseconds(15)), latency: Int = 0,
    supervisionTimeout: Duration = .seconds(2), timeout: Duration = .seconds(3)
  ) async -> ConnectionUpdateOutcome {
    guard end == nil else { return .notAsked("the link has ended") }
    guard let adapter else { return .notAsked(Remedy.noAdapter) }
    let controller = HostController(of: adapter, device: address, on: loop)
    let outcome = await controller.update(
      interval: interval, latency: latency, supervisionTimeout: supervisionTimeout, timeout: timeout)
    if case .granted(let parameters) = outcome { grantedParameters = parameters }
    return outcome
  }

  private var adapter: BlueZAdapter? {
    central.assumeIsolated { [path] central in path.parent.flatMap { central.tree.adapter(at: $0) } }
  }

  // MARK: The end

  /// See ``DeviceLink/disconnect()``. A connection that others use (``isShared``) goes on.
  public func disconnect() async {
    guard end == nil else { return }
    isDisconnecting = true
    guard !isShared else { return letGo() }
    _ = loop.schedule(after: Self.disconnectTimeout) { [weak self] in
      self?.assumeIsolated { $0.linkEnded(.closedLocally) }
    }
    askToDisconnect()
    await withCheckedContinuation { closing.append($0) }
  }

  /// Ends the link, and leaves the connection to those who use it.
  private func letGo() {
    let signalled = subscriptions.filter { $0.value.descriptor == nil }.keys
    central.assumeIsolated { central in
      for path in signalled.sorted() { central.send(path, BlueZ.Interface.characteristic, "StopNotify") }
    }
    linkEnded(.closedLocally)
  }

  /// Has bluetoothd end the connection; its end is told by the tree, or read.
  private func askToDisconnect() {
    central.assumeIsolated { [path, address] central in
      central.endings.insert(address)
      central.send(path, BlueZ.Interface.device, "Disconnect") { [weak self] central, result in
        // The news of the end come before the reply, or just after it as in 5.66; should they be missing, they are to be had by asking.
        let failure: BlueZFailure? = if case .failure(let failure) = result { BlueZFailure(failure) } else { nil }
        switch failure {
        case .notConnected, .gone:
          central.endings.remove(address)
          self?.assumeIsolated { $0.linkEnded(nil) }
        default:
          central.readProperties(of: path) { $0.endings.remove(address) }
        }
      }
    }
  }

  /// A call has shown that the link is of no use any more: it is ended, so that it is not taken for connected.
  func abandon() {
    guard end == nil else { return }
    askToDisconnect()
    linkEnded(.unstated)
  }

  /// From BlueZ 5.83 on it says why.
  func note(disconnectReason reason: String) {
    statedReason =
      switch reason {
      case "org.bluez.Reason.Timeout": .supervisionTimeout
      case "org.bluez.Reason.Remote": .closedByRemote
      case "org.bluez.Reason.Local": .closedLocally
      default: nil
      }
  }

  /// The link has ended; only the first reason counts.
  ///
  /// - Parameter reason: nil when nobody says it.
  func linkEnded(_ reason: DisconnectReason?) {
    guard end == nil else { return }
    let reason =
      reason == .hostLost ? .hostLost : isDisconnecting ? .closedLocally : reason ?? statedReason ?? .unstated
    // What the device sent before the end comes before the news of it.
    for path in subscriptions.keys.sorted() { drain(path) }
    end = reason
    source.yield(batch + [.disconnected(reason)])
    batch = []
    source.finish()
    for (path, subscription) in subscriptions {
      if subscription.descriptor != nil { noteRelease(of: path) }
      subscription.close()
    }
    subscriptions = [:]
    for writer in [writers, passing].flatMap(\.values) { writer.close() }
    writers = [:]
    passing = [:]
    pacerTimer?.cancel()
    let unanswered = calls.sorted { $0.key < $1.key }
    calls = [:]
    for (_, caller) in unanswered { caller.resume(returning: .failure(.disconnected)) }
    let waiters = lanes.values.flatMap { $0 } + roomWaiters + closing
    lanes = [:]
    roomWaiters = []
    closing = []
    for waiter in waiters { waiter.resume() }
    central.assumeIsolated { $0.forget(self) }
  }

  // MARK: Characteristics

  private struct Attributes {
    /// By UUID; the first of those that have the same.
    let characteristics: [BluetoothUUID: BlueZCharacteristic]
    /// ATT_MTU as their objects say it.
    let maximumTransmissionUnit: Int?
  }

  func attributesChanged() { attributes = nil }

  private func knownAttributes() -> Attributes {
    if let attributes { return attributes }
    let all = central.assumeIsolated { [path] in $0.tree.characteristics(of: path) }
    let read = Attributes(
      characteristics: Dictionary(all.map { ($0.uuid, $0) }, uniquingKeysWith: { first, _ in first }),
      maximumTransmissionUnit: all.lazy.compactMap(\.maximumTransmissionUnit).first)
    attributes = read
    return read
  }

  private func lookUp(_ uuid: BluetoothUUID) -> BlueZCharacteristic? {
    knownAttributes().characteristics[uuid]
  }

  /// The characteristic, after a look for it at bluetoothd when it is not known: its object may not have been announced.
  func require(_ uuid: BluetoothUUID) async throws(LinkError) -> BlueZCharacteristic {
    if let end { throw .disconnected(end) }
    if let known = lookUp(uuid) { return known }
    await central.readObjects()
    if let end { throw .disconnected(end) }
    guard let known = lookUp(uuid) else { throw .noSuchCharacteristic(uuid) }
    return known
  }

  /// See ``DeviceLink/profile``: what bluetoothd has found.
  public var profile: Profile {
    central.assumeIsolated { [path] central in
      let characteristics = Dictionary(grouping: central.tree.characteristics(of: path), by: \.service)
      return Profile(
        services: central.tree.services(of: path).map { service in
          ServiceDescription(
            service.uuid, name: service.uuid.description,
            characteristics: (characteristics[service.path] ?? []).map { characteristic in
              CharacteristicDescription(
                characteristic.uuid, name: characteristic.uuid.description, properties: characteristic.properties,
                // That of its configuration comes with notifications and indications.
                descriptors: central.tree.descriptors(of: characteristic.path).map(\.uuid).filter {
                  $0 != BluetoothUUID(0x2902)
                })
            })
        })
    }
  }

  // MARK: Waiting in line

  /// Waits until nobody else is in the lane. Follow a success by ``leave(_:)``.
  func enter(_ lane: Lane) async throws(LinkError) {
    if let end { throw .disconnected(end) }
    guard lanes[lane] != nil else {
      lanes[lane] = []
      return
    }
    guard waiting < Self.waitingLimit else { throw .busy(limit: Self.waitingLimit) }
    waiting += 1
    await withCheckedContinuation { lanes[lane]?.append($0) }
    waiting -= 1
    if let end { throw .disconnected(end) }
  }

  func leave(_ lane: Lane) {
    guard var line = lanes[lane] else { return }
    guard !line.isEmpty else {
      lanes[lane] = nil
      return
    }
    let next = line.removeFirst()
    lanes[lane] = line
    next.resume()
  }

  // MARK: What arrives

  func deliver(_ values: [LinkEvent]) {
    guard end == nil, !values.isEmpty else { return }
    source.yield(values)
  }

  /// A value that came by a signal; all of one turn of the loop are one batch.
  func deliver(_ value: [UInt8], from uuid: BluetoothUUID) {
    guard end == nil else { return }
    if batch.isEmpty {
      loop.schedule(at: .zero) { [weak self] in self?.assumeIsolated { $0.deliverBatch() } }
    }
    batch.append(.value(uuid, value, at: loop.now))
    if batch.count >= 1_024 { deliverBatch() }
  }

  private func deliverBatch() {
    guard end == nil, !batch.isEmpty else { return }
    source.yield(batch)
    batch = []
  }
}
