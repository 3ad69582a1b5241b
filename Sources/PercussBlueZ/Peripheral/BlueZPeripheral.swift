public import PercussDBus
public import PercussGATT
public import PercussLink
public import PercussTime

/// Offers a ``RadioPeripheral`` to real centrals: as a GATT application and an LE advertisement of bluetoothd.
///
/// ```swift
/// let bus = try await BusConnection.open(.system, on: timeline)
/// var configuration = BlueZPeripheral.Configuration(name: "Percuss Elite 0001", services: [.percussService])
/// configuration.adapter = .name("hci0")
/// let peripheral = try await BlueZPeripheral.start(device, over: bus, configuration: configuration) { print($0) }
/// try await peripheral.serving(timeout: .seconds(10))
/// ```
///
/// It registers again by itself when bluetoothd or the adapter comes back, or bluetoothd has dropped something. When a central disconnects or is removed,
/// and when the adapter or bluetoothd goes, ``RadioPeripheral/centralDisconnected(_:reason:)`` is called, so that what the central drove stops.
///
/// What bluetoothd (5.66 to 5.87) permits no peripheral to do:
/// - **Notify one central of several.** A value goes to all that have subscribed. So a characteristic's notifications are those of one central, the
///   first to subscribe; other subscribers hear them too. Indications are everybody's: to the peripheral, all centrals have subscribed as soon as one
///   has, and each gets the responses to all. With one central at a time, as usual, none of this shows.
/// - **Refuse what can be written without response.** bluetoothd answers a write request to such a characteristic itself, with success, before it asks
///   the peripheral. Errors arrive only from other characteristics, and only those of ``PercussGATT/ATTError/applicationError``.
/// - **Learn how a central wrote.** Only a characteristic that takes requests alone tells a request from a command.
/// - **Know a central before its first operation.** It is connected, to the peripheral, from then on.
/// - **Bound what is sent.** bluetoothd takes every notification at once and queues it without a limit.
public actor BlueZPeripheral {
  /// How a peripheral is offered.
  public struct Configuration: Sendable {
    /// The adapter. Where any will do, the first one that was used is kept.
    public var adapter = AdapterSelection.default
    /// What is advertised.
    public var advertisement: AdvertisementContent
    /// What characteristics demand of the link; nothing unless told otherwise.
    public var security: [BluetoothUUID: AttributeSecurity] = [:]
    /// How it pairs; nil, as at the beginning, leaves that to whatever agent the machine has. Otherwise the peripheral takes the place of the machine's default
    /// agent for as long as it is offered, because pairings that a central begins go to that one.
    public var pairing: PeripheralPairing?
    /// Whether each characteristic has a descriptor with its name, as a help for people with other clients.
    public var hasDescriptions = false
    /// Where its objects are; two peripherals of one connection need two places.
    public var root = ObjectPath.root.appending("org").appending("percuss").appending("peripheral")

    /// The usual way to offer a peripheral; the name is cut at 29 bytes.
    public init(name: String?, services: [BluetoothUUID]) {
      advertisement = AdvertisementContent(name: name, services: services)
    }
  }

  /// What it runs on: the timeline of the connection, which the peripheral must run on too.
  public nonisolated let timeline: RealTimeline

  /// Runs on the timeline.
  public nonisolated var unownedExecutor: UnownedSerialExecutor { timeline.asUnownedSerialExecutor() }

  let peripheral: any RadioPeripheral
  let connection: BusConnection
  let configuration: Configuration
  private let onEvent: @Sendable (PeripheralEvent) -> Void
  private let application: ApplicationTree

  var session: PeripheralSession
  var registration: PeripheralRegistration
  var tree = BlueZObjectTree()
  private var ports: [CentralID: BlueZPort] = [:]
  /// This end of the descriptors by which values are notified.
  var notifiers: [BluetoothUUID: PacketSocket] = [:]
  /// This end of the descriptors by which values are written.
  var writers: [BluetoothUUID: PacketSocket] = [:]
  /// Why devices are about to disconnect.
  var reasons: [ObjectPath: DisconnectReason] = [:]
  var subscriptions: [SignalSubscription] = []
  /// The adapter that was chosen first.
  var chosen: BluetoothAddress?
  private var wakeUp: (instant: MonotonicInstant, action: ScheduledAction)?
  private var isSettling = false
  private var waiting: [Int: CheckedContinuation<Result<Void, PeripheralError>, Never>] = [:]
  private var waitCount = 0
  private var end: PeripheralError?

  /// Offers a peripheral. Returns before it is registered; ``serving(timeout:)`` waits for that.
  ///
  /// - Parameter onEvent: called on the timeline.
  /// - Throws: ``PeripheralError/advertisementTooLong(size:limit:)`` and ``PeripheralError/advertisingInterval(_:)`` before bluetoothd sees anything;
  ///   ``PeripheralError/bus(_:)`` when the bus does not work.
  public static func start(
    _ peripheral: any RadioPeripheral, over connection: BusConnection, configuration: Configuration,
    onEvent: @escaping @Sendable (PeripheralEvent) -> Void = { _ in }
  ) async throws(PeripheralError) -> BlueZPeripheral {
    try configuration.advertisement.validate()
    let offered = BlueZPeripheral(peripheral, over: connection, configuration: configuration, onEvent: onEvent)
    do { try await offered.begin() } catch {
      await offered.stop()
      throw .bus(error)
    }
    return offered
  }

  private init(
    _ peripheral: any RadioPeripheral, over connection: BusConnection, configuration: Configuration,
    onEvent: @escaping @Sendable (PeripheralEvent) -> Void
  ) {
    self.peripheral = peripheral
    self.connection = connection
    self.configuration = configuration
    self.onEvent = onEvent
    timeline = connection.timeline
    session = PeripheralSession(profile: peripheral.profile)
    registration = PeripheralRegistration(hasAgent: configuration.pairing != nil)
    application = ApplicationTree(
      of: peripheral.profile, at: configuration.root.appending("application"), security: configuration.security,
      hasDescriptions: configuration.hasDescriptions)
  }

  // MARK: For its owner

  /// Whether centrals can find and connect it now.
  public var isServing: Bool { registration.isServing }

  /// Waits until centrals can find and connect it.
  ///
  /// - Throws: why they cannot, when the time is over, or when it was stopped.
  public func serving(timeout: Duration) async throws(PeripheralError) {
    if registration.isServing { return }
    if let end { throw end }
    waitCount += 1
    let number = waitCount
    let timer = timeline.schedule(after: timeout) { [weak self] in
      self?.assumeIsolated { peripheral in
        let late = DBusFailure.timedOut("the registration with bluetoothd", after: timeout)
        peripheral.resume(number, .failure(peripheral.registration.obstacle ?? .bus(late)))
      }
    }
    defer { timer.cancel() }
    try await withCheckedContinuation { waiting[number] = $0 }.get()
  }

  private func resume(_ number: Int, _ result: Result<Void, PeripheralError>) {
    waiting.removeValue(forKey: number)?.resume(returning: result)
  }

  /// Advertises, or does so no longer, as when the device is switched off. Links go on.
  public func setAdvertising(_ isOn: Bool) {
    registration.setAdvertising(isOn, at: timeline.now)
    settle()
  }

  /// The address of a connected central; nil when it is gone.
  public func address(of central: CentralID) -> BluetoothAddress? {
    session.device(of: central).flatMap { BluetoothAddress(pathElement: $0) }
  }

  /// Takes everything back from bluetoothd. The links of centrals stay, as bluetoothd has it, but to the peripheral they are over.
  public func stop() {
    finish(.stopped)
  }

  func finish(_ reason: PeripheralError) {
    guard end == nil else { return }
    end = reason
    registration.stop()
    settle()
    wakeUp?.action.cancel()
    wakeUp = nil
    for subscription in subscriptions { subscription.cancel() }
    subscriptions = []
    connection.assumeIsolated { connection in
      for entry in application.entries { connection.unexport(entry.path) }
      for name in ["application", "advertisement", "agent"] {
        connection.unexport(configuration.root.appending(name))
      }
    }
    for number in waiting.keys { resume(number, .failure(reason)) }
  }

  // MARK: Beginning

  private func begin() async throws(DBusFailure) {
    try export()
    try await follow()
  }

  private func export() throws(DBusFailure) {
    let root = configuration.root
    try onConnection { [application, configuration] connection throws(DBusFailure) in
      for entry in application.entries { try connection.export(ApplicationObject(entry, of: self), at: entry.path) }
      connection.exportObjectManager(at: root.appending("application"))
      try connection.export(
        AdvertisementObject(configuration.advertisement, of: self), at: root.appending("advertisement"))
      if configuration.pairing != nil {
        try connection.export(PairingAgentObject(of: self), at: root.appending("agent"))
      }
      connection.onEnd { [weak self] in self?.assumeIsolated { $0.connectionEnded() } }
    }
  }

  /// The connection runs on the same timeline.
  private func onConnection(
    _ body: @Sendable (isolated BusConnection) throws(DBusFailure) -> Void
  ) throws(DBusFailure) {
    let result: Result<Void, DBusFailure> = connection.assumeIsolated { connection in
      do throws(DBusFailure) { return .success(try body(connection)) } catch { return .failure(error) }
    }
    try result.get()
  }

  private func connectionEnded() {
    guard end == nil else { return }
    report(.interrupted(.bus(.disconnected)))
    apply(tree.ownerChanged(to: nil))
    finish(.bus(.disconnected))
  }

  // MARK: Doing what was decided

  func report(_ event: PeripheralEvent) { onEvent(event) }

  /// Does what the decisions want done, and sets the timer.
  func settle() {
    // What is done may lead here again; the outermost call does it all, in order.
    guard !isSettling else { return }
    isSettling = true
    defer { isSettling = false }
    while true {
      let outputs = session.takeOutputs()
      let steps = registration.takeOutputs()
      if outputs.isEmpty, steps.isEmpty { break }
      for output in outputs { perform(output) }
      for step in steps { perform(step) }
    }
    setTimer()
  }

  private func perform(_ output: PeripheralSession.Output) {
    switch output {
    case .connected(let central):
      let port = BlueZPort(of: central, self)
      ports[central] = port
      report(.centralConnected(central, address(of: central)))
      peripheral.centralConnected(central, port: port)
    case .disconnected(let central, let reason):
      let address = ports.removeValue(forKey: central)?.address
      report(.centralDisconnected(central, address, reason))
      peripheral.centralDisconnected(central, reason: reason)
    case .subscription(let uuid, let isOn, let central):
      peripheral.subscriptionChanged(uuid, isSubscribed: isOn, by: central)
    case .confirmed(let uuid, let central): peripheral.indicationConfirmed(uuid, by: central)
    case .indicate(let value, let uuid):
      // What never leaves is never confirmed.
      if !emit(value, of: uuid) { session.confirmed(uuid, at: timeline.now) }
    case .askWhetherConnected(let device): askWhetherConnected(device)
    case .endLink(let device): endLink(to: device)
    case .closeWriters(let uuids): for uuid in uuids { writers.removeValue(forKey: uuid)?.close() }
    case .offerWriters(let isOn): offerWriters(isOn)
    }
  }

  private func perform(_ output: PeripheralRegistration.Output) {
    switch output {
    case .register(let part, let adapter, let number): register(part, on: adapter, number)
    case .unregister(let part, let adapter): unregister(part, on: adapter)
    case .applicationEnded:
      session.registrationEnded(reason: .closedLocally)
      for socket in notifiers.values { socket.close() }
      notifiers = [:]
    case .serving:
      report(.serving(adapter: registration.surroundings.adapter?.name ?? ""))
      for number in waiting.keys.sorted() { resume(number, .success(())) }
    case .interrupted(let error): report(.interrupted(error))
    }
  }

  private func setTimer() {
    let next = end == nil ? [session.nextDeadline, registration.nextDeadline].compactMap(\.self).min() : nil
    guard next != wakeUp?.instant else { return }
    wakeUp?.action.cancel()
    wakeUp = next.map { instant in
      (instant, timeline.schedule(at: instant) { [weak self] in self?.assumeIsolated { $0.wake() } })
    }
  }

  private func wake() {
    wakeUp = nil
    session.tick(at: timeline.now)
    registration.tick(at: timeline.now)
    settle()
  }

  // MARK: Sending

  func emit(_ value: [UInt8], of uuid: BluetoothUUID) -> Bool {
    guard let path = application.paths[uuid] else { return false }
    do {
      try onConnection { connection throws(DBusFailure) in
        try connection.emitPropertiesChanged(
          path, interface: BlueZ.Interface.characteristic, changed: ["Value": .bytes(value)])
      }
    } catch {
      return false
    }
    return true
  }

  private func offerWriters(_ isOn: Bool) {
    for (uuid, path) in application.paths where session.isWritable(uuid) {
      connection.assumeIsolated { connection in
        // Where the bus is congested bluetoothd asks in vain, and writes in the other way.
        try? connection.emitPropertiesChanged(
          path, interface: BlueZ.Interface.characteristic, changed: isOn ? ["WriteAcquired": .boolean(false)] : [:],
          invalidated: isOn ? [] : ["WriteAcquired"])
      }
    }
  }
}
