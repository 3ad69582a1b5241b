public import PercussDBus
public import PercussGATT
public import PercussLink
public import PercussTime

/// A central on bluetoothd: finds devices, and connects to them.
///
/// ```swift
/// let central = try await BlueZCentral.open(adapter: .default, on: timeline)
/// let found = try await central.find("Percuss Elite 0001", timeout: .seconds(10))
/// let link = try await central.connect(to: found.id, timeout: .seconds(15))
/// let device = try await Device.connect(over: link)
/// ```
///
/// - Devices are known by their Bluetooth addresses, in upper case. Adapters are known by theirs too: the number in `hci0` may change.
/// - When bluetoothd or the adapter goes, every link ends with ``DisconnectReason/hostLost``, scans end, and what is under way fails. The central follows by itself when they
///   come back; what is called meanwhile waits a few seconds for that, then says what is missing.
/// - Nothing is kept in bluetoothd: the discovery session ends with its last user, a failed connect leaves no link behind.
///
/// What is decided here is decided by ``BlueZObjectTree``, `ConnectProcedure` and `DiscoveryControl`; this owns the bus.
public actor BlueZCentral: DeviceScanner {
  /// What it runs on, together with its links.
  public nonisolated let timeline: RealTimeline
  /// The timeline.
  public nonisolated var unownedExecutor: UnownedSerialExecutor { timeline.asUnownedSerialExecutor() }

  /// How long an operation waits for a bluetoothd or adapter that is not there, before it says so.
  public static let patience: Duration = .seconds(3)
  /// How long the bus may take to let this program follow bluetoothd, at least.
  static let busPatience: Duration = .seconds(2)
  /// How long bluetoothd may take for what needs no radio.
  static let callTimeout: Duration = .seconds(10)

  let address: BusAddress
  let selection: AdapterSelection
  /// Nil when the connection to the bus has ended, until somebody needs it.
  var bus: BusConnection?
  var isAttaching = false
  var isClosed = false
  /// Tells the handlers of one connection from those of the next.
  var generation = 0
  var tree = BlueZObjectTree()
  var isReadingObjects = false
  /// The adapter that was chosen, which stays the same whatever its number.
  var chosen: BluetoothAddress?
  var changeWaiters: [Int: CheckedContinuation<Void, Never>] = [:]
  private var lastNumber = 0

  var discovery = DiscoveryControl()
  var discoveryAdapter: ObjectPath?
  var discoveryDemand = 0
  var discoveryTimer: ScheduledAction?
  var discoveryStarters: [CheckedContinuation<LinkError?, Never>] = []
  var scans: [Int: Scan] = [:]
  /// The devices whose connections bluetoothd was asked to end and has not ended yet.
  var endings: Set<BluetoothAddress> = []
  var connects: [Int: RunningConnect] = [:]
  var links: [ObjectPath: WeakLink] = [:]
  /// Which link takes the values of a characteristic that come by signals.
  var valueTakers: [ObjectPath: WeakLink] = [:]
  /// Characteristics whose notifications bluetoothd may have left locked, because a link ended while they were being acquired.
  var suspectedLocks: Set<ObjectPath> = []
  /// When descriptors of notifications were closed last, by their characteristics.
  var releases: [ObjectPath: MonotonicInstant] = [:]
  /// Whether an agent of ours is registered: bluetoothd takes one of each program.
  var isPairing = false
  /// How long an operation on an attribute of later links may take.
  var attributeTimeout = BlueZLink.attributeTimeout
  /// For all links: they run on one timeline, and read one after the other.
  nonisolated let datagrams = DatagramReader()

  init(_ address: BusAddress, _ selection: AdapterSelection, on timeline: RealTimeline) {
    self.address = address
    self.selection = selection
    self.timeline = timeline
  }

  /// Connects to the bus, and finds bluetoothd and its adapter.
  ///
  /// - Parameters:
  ///   - patience: how long to wait for bluetoothd and an adapter that is on.
  /// - Throws: ``LinkError/unavailable(_:)``, which says what is missing and what to do: the bus, bluetoothd, an adapter, or its power.
  public static func open(
    bus address: BusAddress = .system, adapter: AdapterSelection = .default, on timeline: RealTimeline,
    patience: Duration = BlueZCentral.patience
  ) async throws(LinkError) -> BlueZCentral {
    let central = BlueZCentral(address, adapter, on: timeline)
    do throws(LinkError) {
      _ = try await central.readyAdapter(within: patience)
    } catch {
      await central.close()
      throw error
    }
    return central
  }

  deinit {
    guard let bus else { return }
    timeline.start { await bus.close() }
  }

  /// Ends all links, except connections that other programs use, and the connection to the bus.
  public func close() async {
    guard !isClosed else { return }
    await withTaskGroup { group in
      for link in liveLinks { group.addTask { await link.disconnect() } }
    }
    isClosed = true
    lose()
    if let bus = bus.take() { await bus.close() }
  }

  // MARK: What is known

  /// The adapters of bluetoothd, ordered by name.
  public func adapters() async -> [BlueZAdapter] { tree.adapters }

  /// The adapter that is used; nil while it is not there.
  public var adapter: BlueZAdapter? { selectedAdapter }

  /// The devices that the adapter knows, ordered by address: found in discovery, connected or paired before.
  public func knownDevices() async -> [KnownDevice] {
    guard let adapter = selectedAdapter else { return [] }
    return tree.devices(of: adapter.path).map(KnownDevice.init).sorted { $0.address < $1.address }
  }

  /// What bluetoothd sent and could not be used, so far.
  public var treeStatistics: BlueZObjectTree.Statistics { tree.statistics }

  /// How long to go on listening for a second device of the same name.
  static let namesakePatience: Duration = .milliseconds(500)

  /// A device by its name or address: at once when it is connected, paired or just being received, else as soon as it advertises. A name is listened for half a second
  /// longer, as another device may have it too.
  ///
  /// - Throws: ``LinkError/timedOut(_:after:)`` when it does not advertise in time; ``LinkError/unavailable(_:)`` when more than one has the name.
  public func find(_ nameOrAddress: String, timeout: Duration) async throws(LinkError) -> DiscoveredDevice {
    let deadline = timeline.now.advanced(by: timeout)
    let adapter = try await readyAdapter(within: min(timeout, Self.patience))
    if let device = try known(nameOrAddress, on: adapter.path) { return device }
    let advertised = try await scan(for: [], duration: max(.zero, timeline.now.duration(to: deadline)))
    for await device in advertised where device.isCalled(nameOrAddress) {
      guard BluetoothAddress(nameOrAddress) == nil else { return device }
      try? await timeline.sleep(for: Self.namesakePatience)
      return try known(nameOrAddress, on: adapter.path) ?? device
    }
    guard timeline.now >= deadline || Task.isCancelled else {
      _ = try await readyAdapter(within: .zero)
      throw .unavailable("the search for \(nameOrAddress) was broken off: discovery has ended; try again")
    }
    throw .timedOut("\(nameOrAddress) to advertise", after: timeout)
  }

  private func known(_ nameOrAddress: String, on adapter: ObjectPath) throws(LinkError) -> DiscoveredDevice? {
    let now = timeline.now
    let present = tree.devices(of: adapter)
      .filter { $0.isConnected || $0.isPaired || $0.isBeingReceived }
      .filter { DiscoveredDevice($0, seenAt: now).isCalled(nameOrAddress) }
    guard present.count < 2 else {
      let addresses = present.map(\.address.description).joined(separator: ", ")
      throw .unavailable("\(present.count) devices are called \(nameOrAddress): \(addresses); name one by its address")
    }
    return present.first.map { DiscoveredDevice($0, seenAt: now) }
  }

  /// Has bluetoothd forget a device, with its keys and what it knows of its services; ends its link.
  ///
  /// - Throws: ``LinkError/unavailable(_:)`` when bluetoothd does not know it, or refuses.
  public func removeBond(_ device: DiscoveredDevice.ID) async throws(LinkError) {
    let address = try Self.address(of: device)
    let adapter = try await readyAdapter(within: Self.patience)
    guard let known = tree.device(with: address, on: adapter.path) else {
      throw .unavailable("bluetoothd does not know \(device)")
    }
    try await removeDevice(known.path, on: adapter.path)
  }

  func removeDevice(_ device: ObjectPath, on adapter: ObjectPath) async throws(LinkError) {
    let begin = timeline.now
    do throws(DBusFailure) {
      _ = try await call(adapter, BlueZ.Interface.adapter, "RemoveDevice", [.objectPath(device)])
      // The news of it may come after the answer.
      let deadline = timeline.now.advanced(by: .seconds(2))
      while tree.device(at: device) != nil, timeline.now < deadline, !Task.isCancelled {
        await nextChange(until: deadline)
      }
    } catch {
      let failure = BlueZFailure(error)
      if failure == .gone { return }
      throw failure.linkError(during: "removing \(device.lastElement)", after: begin.duration(to: timeline.now))
    }
  }

  // MARK: Small things

  func setAttributeTimeout(_ timeout: Duration) { attributeTimeout = timeout }

  static func address(of device: DiscoveredDevice.ID) throws(LinkError) -> BluetoothAddress {
    guard let address = BluetoothAddress(device.description) else {
      throw .unavailable("\(device) is no Bluetooth address such as C8:2E:47:0A:11:02; look for one with: percuss scan")
    }
    return address
  }

  func number() -> Int {
    lastNumber += 1
    return lastNumber
  }

  /// Calls a method of bluetoothd.
  func call(
    _ path: ObjectPath, _ interface: String, _ member: String, _ arguments: [DBusValue] = [],
    timeout: Duration = BlueZCentral.callTimeout
  ) async throws(DBusFailure) -> [DBusValue] {
    guard let bus else { throw .disconnected }
    return try await bus.call(
      MethodCall(
        destination: BlueZ.busName, path: path, interface: interface, member: member, arguments: arguments),
      timeout: timeout)
  }

  /// The same without waiting; the answer comes in its order among the signals.
  func send(
    _ path: ObjectPath, _ interface: String, _ member: String, _ arguments: [DBusValue] = [],
    timeout: Duration = BlueZCentral.callTimeout,
    answer: @escaping @Sendable (isolated BlueZCentral, Result<[DBusValue], DBusFailure>) -> Void = { _, _ in }
  ) {
    guard let bus else { return answer(self, .failure(.disconnected)) }
    let call = MethodCall(
      destination: BlueZ.busName, path: path, interface: interface, member: member, arguments: arguments)
    let generation = generation
    bus.assumeIsolated { bus in
      bus.send(call, timeout: timeout) { [weak self] result in
        self?.assumeIsolated { central in
          guard central.generation == generation else { return answer(central, .failure(.disconnected)) }
          answer(central, result)
        }
      }
    }
  }
}

/// A device that bluetoothd knows.
public struct KnownDevice: Hashable, Sendable {
  /// What identifies it.
  public let address: BluetoothAddress
  /// Its name, if it has told one.
  public let name: String?
  /// Whether there is a link to it, whoever made it.
  public let isConnected: Bool
  /// Whether it is paired.
  public let isPaired: Bool
  /// Whether the user trusts it.
  public let isTrusted: Bool
  /// Received signal strength in dBm, -127 to 20; nil when it is not being received, or not known.
  public let signalStrength: Int?
  /// The services that it advertises or has.
  public let services: [BluetoothUUID]

  /// What to connect to.
  public var id: DiscoveredDevice.ID { DiscoveredDevice.ID(address.description) }

  init(_ device: BlueZDevice) {
    address = device.address
    name = device.name
    isConnected = device.isConnected
    isPaired = device.isPaired
    isTrusted = device.isTrusted
    signalStrength = device.signalStrength
    services = device.services
  }
}

extension DiscoveredDevice {
  init(_ device: BlueZDevice, seenAt now: MonotonicInstant) {
    self.init(
      id: ID(device.address.description), name: device.name, services: device.services,
      signalStrength: device.signalStrength, seenAt: now)
  }

  /// Whether the text is its name, or its address in either case.
  func isCalled(_ nameOrAddress: String) -> Bool {
    if let address = BluetoothAddress(nameOrAddress) { return id.description == address.description }
    return name == nameOrAddress
  }
}

/// A link that lives as long as its user holds it.
struct WeakLink {
  weak var link: BlueZLink?
}
