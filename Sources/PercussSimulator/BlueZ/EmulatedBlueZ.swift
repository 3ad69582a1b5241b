public import PercussBlueZ
public import PercussCapture
public import PercussDBus
internal import PercussGATT
public import PercussLink
public import PercussTime

/// An emulated bluetoothd: owns `org.bluez` on a bus, and lets any client of BlueZ use the devices on an ``EmulatedAir``.
///
/// ```swift
/// let bus = try await BusConnection.open(privateBus.address, on: timeline)
/// let emulation = try await EmulatedBlueZ.start(on: bus)
/// await emulation.add(device, as: AirAdvertisement(address: address, name: "Percuss Elite", services: [.percussService]))
/// ```
///
/// What is decided is in `BluetoothDaemon`, which follows bluetoothd 5.66; this is only its bus, its radio and its sockets. It is simulated: no radio
/// wave leaves the machine, and what it does has been compared with bluetoothd's source, not with hardware.
public actor EmulatedBlueZ {
  /// What an emulation begins with.
  public struct Configuration: Sendable {
    /// The adapters, at first.
    public var adapters = [EmulatedAdapter()]
    /// Where it differs from the ordinary.
    public var quirks = EmulationQuirks()
    /// What links are like, for an air of its own.
    public var radio = RadioParameters()
    /// Decides over all that is random, for an air of its own.
    public var seed: UInt64 = 0
    /// Takes what goes over all links, of an air of its own.
    public var recording: CaptureRecording?

    /// One adapter, hci0, and the ordinary behaviour.
    public init() {}
  }

  /// The connection on which it owns `org.bluez`.
  public nonisolated let bus: BusConnection
  /// Where the devices are.
  public nonisolated let air: EmulatedAir
  /// What it runs on: the bus's timeline.
  public nonisolated let timeline: RealTimeline

  /// Runs on the timeline.
  public nonisolated var unownedExecutor: UnownedSerialExecutor { timeline.asUnownedSerialExecutor() }

  var daemon: BluetoothDaemon
  var calls: [CallID: IncomingCall] = [:]
  /// Calls that will never be answered, by the caller; forgotten when he leaves.
  var abandoned: [String: [IncomingCall]] = [:]
  var sockets: [ChannelID: AcquiredSocket] = [:]
  var links: [DeviceKey: LinkRecord] = [:]
  var attempts: [DeviceKey: Int] = [:]
  var scans: [String: Int] = [:]
  var extensions: [any AdapterExtension] = []
  var properties: RememberedProperties?
  private var callCount = 0
  private var tick: (instant: MonotonicInstant, action: ScheduledAction)?
  /// What is to be done once a property's `Set` has been answered.
  private var deferred: [DaemonAction] = []
  private var owners: SignalSubscription?
  private var isStopped = false

  /// A link that this side has made.
  struct LinkRecord {
    let link: AirLink
    var commands: [Command] = []
    var isSending = false

    struct Command {
      var characteristic: BluetoothUUID
      var value: [UInt8]
    }
  }

  /// The properties asked for last; whoever reads one of an object usually reads them all.
  struct RememberedProperties {
    var object: DaemonObject
    var interface: String
    var list: [NamedProperty]
  }

  /// Takes the name `org.bluez` and shows its objects.
  ///
  /// - Parameter air: of the bus's timeline; nil for an air of its own. Devices on it stay when the emulation ends.
  /// - Throws: what the bus says; ``DBusFailure/refused(name:message:)`` when somebody else owns the name.
  public static func start(
    on bus: BusConnection, air: EmulatedAir? = nil, configuration: Configuration = Configuration()
  ) async throws(DBusFailure) -> EmulatedBlueZ {
    let air =
      air
      ?? EmulatedAir(
        timeline: bus.timeline, parameters: configuration.radio, seed: configuration.seed,
        recording: configuration.recording)
    let emulation = EmulatedBlueZ(on: bus, air: air, configuration: configuration)
    try await emulation.begin(configuration.adapters)
    return emulation
  }

  private init(on bus: BusConnection, air: EmulatedAir, configuration: Configuration) {
    self.bus = bus
    self.air = air
    timeline = bus.timeline
    daemon = BluetoothDaemon(adapters: [], quirks: configuration.quirks)
  }

  private func begin(_ adapters: [EmulatedAdapter]) async throws(DBusFailure) {
    extensions = [ApplicationHost(of: self)]
    await bus.exportObjectManager(at: .root)
    perform(daemon.begin(at: timeline.now))
    let rule = MatchRule(
      sender: "org.freedesktop.DBus", interface: "org.freedesktop.DBus", member: "NameOwnerChanged")
    owners = try await bus.subscribe(to: rule) { [weak self] signal in
      guard signal.arguments.count == 3, let name = signal.arguments[0].string, name.hasPrefix(":"),
        signal.arguments[2].string == ""
      else { return }
      self?.assumeIsolated { $0.senderVanished(name) }
    }
    switch try await bus.requestName(BlueZ.busName) {
    case .owner, .alreadyOwner: break
    case .queued, .exists:
      throw .refused(
        name: "org.freedesktop.DBus.Error.NameHasOwner",
        message:
          "somebody else owns \(BlueZ.busName) on this bus: a bluetoothd, or another emulation; use a private bus")
    }
    for adapter in adapters { addAdapter(adapter) }
  }

  // MARK: Devices

  /// Puts a device on the air. It advertises while it is switched on.
  public func add(_ device: any RadioPeripheral, as advertisement: AirAdvertisement) async {
    await air.place(device, as: advertisement)
    guard let device = device as? SimulatedDevice else { return }
    let air = air
    await device.notifyOfPower { [weak air] isOn in
      air?.assumeIsolated { $0.setAdvertising(isOn, of: advertisement.address) }
    }
  }

  /// Takes a device off the air without a word.
  public func remove(_ address: BluetoothAddress) async { await air.remove(address) }

  // MARK: Behaviour

  /// Where it differs from the ordinary, as it is now: counters have counted down.
  public var quirks: EmulationQuirks { daemon.quirks }

  /// Changes its behaviour from now on.
  public func setQuirks(_ quirks: EmulationQuirks) { daemon.quirks = quirks }

  // MARK: Adapters

  /// The names of the adapters, as in `hci0`.
  public var adapterNames: [String] { daemon.adapters.map(\.name) }

  /// Switches an adapter on or off, as from outside of the bus.
  public func setPower(_ isOn: Bool, ofAdapter name: String) {
    perform(daemon.setPower(isOn, ofAdapter: name, at: timeline.now))
    setTick()
    if let adapter = adapter(name) { for each in extensions { each.adapterChanged(adapter) } }
  }

  /// Plugs an adapter in. With ``EmulationQuirks/adaptersAreRenumbered`` one that was there before has the next number.
  public func addAdapter(_ adapter: EmulatedAdapter) {
    guard !isStopped, daemon.adapterIndex(adapter.name) == nil else { return }
    let adapter = renumbered(adapter)
    for each in extensions {
      each.adapterChanged(adapter)
      daemon.addedInterfaces[adapter.name, default: []] += each.interfaces.map {
        .init(name: $0.name, properties: each.properties(of: $0.name, adapter: adapter))
      }
    }
    perform(daemon.addAdapter(adapter, at: timeline.now))
    let name = adapter.name
    air.assumeIsolated { air in
      air.setHost(at: adapter.address) { [weak self] event in
        self?.assumeIsolated { $0.happened(event, at: name) }
      }
    }
    setTick()
  }

  /// Pulls an adapter out: its links end, and it goes with its devices.
  public func removeAdapter(_ name: String) {
    guard let address = daemon.adapter(name)?.address else { return }
    for each in extensions { each.adapterRemoved(name) }
    perform(daemon.removeAdapter(name, at: timeline.now))
    daemon.addedInterfaces[name] = nil
    air.assumeIsolated { $0.setHost(at: address, nil) }
    pulledOut.insert(name)
    setTick()
  }

  private var pulledOut: Set<String> = []

  private func renumbered(_ adapter: EmulatedAdapter) -> EmulatedAdapter {
    guard daemon.quirks.adaptersAreRenumbered, pulledOut.contains(adapter.name) else { return adapter }
    var adapter = adapter
    var number = 0
    while pulledOut.contains("hci\(number)") || daemon.adapterIndex("hci\(number)") != nil { number += 1 }
    adapter.name = "hci\(number)"
    return adapter
  }

  // MARK: The end

  /// Ends as bluetoothd does when it is asked to: objects are removed, links end, the name is given back. The connection to the bus stays open.
  public func stop() async {
    guard !isStopped else { return }
    for each in extensions { each.stop() }
    for name in adapterNames { removeAdapter(name) }
    isStopped = true
    cease()
    await bus.unexport(DaemonObject.daemonPath)
    try? await bus.releaseName(BlueZ.busName)
  }

  /// Ends as if it were killed: the connection to the bus closes without a word, and links end.
  public func kill() async {
    guard !isStopped else { return }
    isStopped = true
    await bus.close()
    for each in extensions { each.stop() }
    cease()
  }

  private func cease() {
    tick?.action.cancel()
    tick = nil
    owners?.cancel()
    for (_, attempt) in attempts { air.assumeIsolated { $0.cancel(attempt) } }
    for (_, scan) in scans { air.assumeIsolated { $0.endScan(scan) } }
    for adapter in daemon.adapters { air.assumeIsolated { $0.setHost(at: adapter.address, nil) } }
    for key in Array(links.keys) { dropLink(key) }
    attempts = [:]
    scans = [:]
    sockets = [:]
    calls = [:]
    abandoned = [:]
  }

  // MARK: Turns

  /// Lets the daemon decide, and does what it wants done.
  func take(_ input: DaemonInput) {
    guard !isStopped else { return }
    perform(daemon.handle(input, at: timeline.now))
    setTick()
  }

  func nextCall() -> CallID {
    callCount += 1
    return CallID(rawValue: callCount)
  }

  func setProperty(_ name: String, of interface: String, _ object: DaemonObject, to value: DBusValue) -> DBusErrorReply?
  {
    let (error, actions) = daemon.setProperty(name, of: interface, object, to: value, at: timeline.now)
    let end = actions.firstIndex(of: .acceptProperty) ?? actions.endIndex
    perform(Array(actions[..<end]))
    if end < actions.endIndex {
      deferred += actions[(end + 1)...]
      timeline.schedule(after: .zero) { [weak self] in self?.assumeIsolated { $0.performDeferred() } }
    }
    setTick()
    if name == "Powered", case .adapter(let name) = object, let adapter = adapter(name) {
      for each in extensions { each.adapterChanged(adapter) }
    }
    return error
  }

  /// In order: what was put off comes first.
  func perform(_ actions: [DaemonAction]) {
    performDeferred()
    properties = nil
    for action in actions { perform(action) }
  }

  private func performDeferred() {
    guard !deferred.isEmpty else { return }
    let actions = deferred
    deferred = []
    properties = nil
    for action in actions { perform(action) }
  }

  private func setTick() {
    guard !isStopped, let next = daemon.nextDeadline else { return }
    if let tick, tick.instant <= next { return }
    tick?.action.cancel()
    let action = timeline.schedule(at: next) { [weak self] in
      self?.assumeIsolated { emulation in
        emulation.tick = nil
        emulation.take(.tick)
        emulation.setTick()
      }
    }
    tick = (next, action)
  }
}
