internal import PercussDBus
internal import PercussLink
internal import PercussTime

// Follows bluetoothd: the bus, the owner of its name, its objects.
extension BlueZCentral {
  // MARK: The bus

  /// Connects to the bus, subscribes before anything is asked for, and watches who owns bluetoothd's name; all of it until the deadline.
  private func attach(until deadline: MonotonicInstant) async throws(LinkError) {
    guard !isAttaching else {
      await nextChange(until: deadline)
      return
    }
    isAttaching = true
    defer {
      isAttaching = false
      wakeWaiters()
    }
    generation += 1
    let generation = generation
    let bus: BusConnection
    do throws(DBusFailure) {
      bus = try await BusConnection.open(address, on: timeline, timeout: timeline.now.duration(to: deadline))
    } catch {
      throw .unavailable("Bluetooth cannot be used: \(error)")
    }
    do {
      try await withDeadline(deadline, on: timeline, waitingFor: "an answer of the bus") { [self] in
        try await follow(over: bus, generation)
      }
    } catch {
      self.bus = nil
      await bus.close()
      throw .unavailable("the bus at \(address) does not let bluetoothd be followed: \(error)")
    }
    if isClosed {
      self.bus = nil
      await bus.close()
    }
  }

  private func follow(over bus: BusConnection, _ generation: Int) async throws(DBusFailure) {
    for rule in Self.rules {
      _ = try await bus.subscribe(to: rule) { [weak self] signal in
        self?.assumeIsolated { central in
          if central.generation == generation { central.received(signal) }
        }
      }
    }
    // Too late for whoever has waited until the deadline.
    guard self.generation == generation, isAttaching else { return }
    // From here on the answers of bluetoothd come in their order among its signals.
    self.bus = bus
    _ = try await bus.watchOwner(of: BlueZ.busName) { [weak self] owner in
      self?.assumeIsolated { central in
        if central.generation == generation { central.ownerChanged(to: owner) }
      }
    }
    await bus.onEnd { [weak self] in
      self?.assumeIsolated { central in
        guard central.generation == generation else { return }
        central.bus = nil
        central.lose()
      }
    }
  }

  private static let rules = [
    MatchRule(sender: BlueZ.busName, interface: BlueZ.Interface.objectManager),
    MatchRule(
      sender: BlueZ.busName, pathNamespace: BlueZ.namespace, interface: BlueZ.Interface.properties,
      member: "PropertiesChanged"),
    MatchRule(
      sender: BlueZ.busName, pathNamespace: BlueZ.namespace, interface: BlueZ.Interface.device, member: "Disconnected"),
  ]

  // MARK: What arrives

  private func ownerChanged(to owner: String?) {
    guard owner != tree.owner else { return }
    lose()
    isReadingObjects = false
    guard owner != nil else { return }
    apply(tree.ownerChanged(to: owner))
    readObjects()
  }

  /// bluetoothd is gone, or the bus: so is all that depends on it.
  func lose() {
    let changes = tree.ownerChanged(to: nil)
    suspectedLocks = []
    releases = [:]
    for id in connects.keys.sorted() { finishConnect(id) { $0.serviceLost() } }
    loseDiscovery(because: .unavailable("scanning: \(Remedy.noService)"))
    apply(changes)
    wakeWaiters()
  }

  private func received(_ signal: IncomingSignal) {
    if signal.interface == BlueZ.Interface.device {
      guard signal.sender == tree.owner, let reason = signal.arguments.first?.string else { return }
      links[signal.path]?.link?.assumeIsolated { $0.note(disconnectReason: reason) }
      return
    }
    apply(
      tree.signal(
        signal.member, of: signal.interface, at: signal.path, from: signal.sender, signal.arguments))
  }

  /// Asks for all objects, and asks again until they come, as long as this bluetoothd lives.
  func readObjects(then: (@Sendable (isolated BlueZCentral) -> Void)? = nil) {
    guard let owner = tree.owner else {
      then?(self)
      return
    }
    isReadingObjects = true
    send(.root, BlueZ.Interface.objectManager, "GetManagedObjects") { central, result in
      guard central.tree.owner == owner else {
        then?(central)
        return
      }
      central.isReadingObjects = false
      switch result {
      case .success(let reply): central.apply(central.tree.managedObjects(reply))
      case .failure:
        guard !central.tree.isSynchronised else { break }
        central.timeline.schedule(after: .milliseconds(500)) { [weak central] in
          central?.assumeIsolated { central in
            if central.tree.owner == owner, !central.isReadingObjects { central.readObjects() }
          }
        }
      }
      central.wakeWaiters()
      then?(central)
    }
  }

  /// Reads the properties of a device anew, should a signal be missing.
  func readProperties(of device: ObjectPath, then: @escaping @Sendable (isolated BlueZCentral) -> Void = { _ in }) {
    send(
      device, BlueZ.Interface.properties, "GetAll", [.string(BlueZ.Interface.device)], timeout: .seconds(5)
    ) { central, result in
      switch result {
      case .success(let reply):
        central.apply(central.tree.allProperties(reply, of: BlueZ.Interface.device, at: device))
      case .failure(let failure):
        // bluetoothd has it no more, whatever was announced.
        if BlueZFailure(failure) == .gone, central.tree.device(at: device) != nil { central.readObjects() }
      }
      then(central)
    }
  }

  func readProperties(of device: ObjectPath) async {
    await withCheckedContinuation { continuation in
      readProperties(of: device) { _ in continuation.resume() }
    }
  }

  func readObjects() async {
    await withCheckedContinuation { continuation in
      readObjects { _ in continuation.resume() }
    }
  }

  // MARK: Who is told

  func apply(_ changes: [BlueZObjectTree.Change]) {
    guard !changes.isEmpty else { return }
    var isStructural = false
    for change in changes {
      if case .value(let path, let value) = change {
        valueTakers[path]?.link?.assumeIsolated { $0.received(value, from: path) }
        continue
      }
      isStructural = true
      tell(of: change)
    }
    guard isStructural else { return }
    seeConnects()
    wakeWaiters()
  }

  private func tell(of change: BlueZObjectTree.Change) {
    switch change {
    case .adapterRemoved(let adapter):
      if adapter.path == discoveryAdapter { loseDiscovery(because: .unavailable("scanning: \(Remedy.noAdapter)")) }
    case .adapterChanged(let path):
      guard let adapter = tree.adapter(at: path), !adapter.isPowered else { break }
      if path == discoveryAdapter { loseDiscovery(because: .unavailable("scanning: \(Remedy.adapterOff)")) }
      for link in liveLinks where link.path.isDescendant(of: path) { end(link, because: .hostLost) }
    case .deviceAdded(let path): heard(path, isNew: true)
    case .deviceChanged(let path, let aspects):
      if aspects.contains(.advertisement) { heard(path, isNew: false) }
      if aspects.contains(.connection), tree.device(at: path)?.isConnected == false, let link = links[path]?.link {
        end(link, because: nil)
      }
    case .deviceRemoved(let device):
      for id in scans.keys { scans[id]?.told[device.address] = nil }
      guard let link = links[device.path]?.link else { break }
      let adapter = tree.adapter(at: device.adapter)
      end(link, because: adapter?.isPowered == true ? nil : .hostLost)
    case .attributesChanged(let device): links[device]?.link?.assumeIsolated { $0.attributesChanged() }
    case .adapterAdded, .value: break
    }
  }

  var liveLinks: [BlueZLink] { links.values.compactMap(\.link) }

  private func end(_ link: BlueZLink, because reason: DisconnectReason?) {
    link.assumeIsolated { $0.linkEnded(reason) }
  }

  /// A link has ended: its values are nobody's any more.
  func forget(_ link: BlueZLink) {
    if links[link.path]?.link === link || links[link.path]?.link == nil { links[link.path] = nil }
    valueTakers = valueTakers.filter { $0.value.link != nil && $0.value.link !== link }
  }

  // MARK: Waiting for bluetoothd

  /// Returns when something has changed, at the latest at the deadline.
  func nextChange(until deadline: MonotonicInstant) async {
    let id = number()
    let timer = timeline.schedule(at: deadline) { [weak self] in self?.assumeIsolated { $0.wakeWaiter(id) } }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        if Task.isCancelled { continuation.resume() } else { changeWaiters[id] = continuation }
      }
    } onCancel: {
      timeline.schedule(at: .zero) { [weak self] in self?.assumeIsolated { $0.wakeWaiter(id) } }
    }
    timer.cancel()
  }

  private func wakeWaiter(_ id: Int) { changeWaiters.removeValue(forKey: id)?.resume() }

  func wakeWaiters() {
    let waiters = changeWaiters.values
    changeWaiters = [:]
    for waiter in waiters { waiter.resume() }
  }

  /// The adapter to use, once it is there and on.
  ///
  /// - Throws: what is missing after that time, and what to do about it.
  func readyAdapter(within patience: Duration) async throws(LinkError) -> BlueZAdapter {
    let deadline = timeline.now.advanced(by: patience)
    while true {
      guard !isClosed else { throw .unavailable("this connection to bluetoothd was closed; open another one") }
      // Whoever cannot wait for an adapter waits for the bus all the same: it answers at once, unless it hangs.
      if bus == nil { try await attach(until: max(deadline, timeline.now.advanced(by: Self.busPatience))) }
      guard let obstacle else {
        if let adapter = selectedAdapter { return adapter }
        continue
      }
      guard timeline.now < deadline, !Task.isCancelled else { throw .unavailable(obstacle) }
      await nextChange(until: deadline)
    }
  }

  /// The adapter that is used: the one that was chosen, when there was one.
  var selectedAdapter: BlueZAdapter? {
    if let chosen, let adapter = tree.adapter(with: chosen) { return adapter }
    // Whoever asked for a certain one gets no other.
    if chosen != nil, selection != .default { return nil }
    return selection.choose(from: tree.adapters) { $0.canBeCentral }
  }

  /// What keeps the adapter from being used; nil when nothing does.
  private var obstacle: String? {
    guard tree.owner != nil else { return Remedy.noService }
    guard tree.isSynchronised else {
      return "bluetoothd is there but does not answer; restart it with: systemctl restart bluetooth"
    }
    guard let adapter = selectedAdapter else {
      let others = tree.adapters.map { "\($0.name) (\($0.address.map(\.description) ?? "no address"))" }
      guard selection != .default, !others.isEmpty else { return Remedy.noAdapter }
      return "bluetoothd has no adapter \(selection); it has \(others.joined(separator: ", "))"
    }
    guard adapter.canBeCentral else { return "the adapter \(adapter.name) cannot be a central; choose another one" }
    guard adapter.isPowered else { return Remedy.adapterOff }
    chosen = adapter.address
    return nil
  }
}
