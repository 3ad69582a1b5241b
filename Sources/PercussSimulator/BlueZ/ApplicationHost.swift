internal import PercussBlueZ
internal import PercussDBus
internal import PercussGATT
internal import PercussLink
internal import PercussTime

/// Adds the peripheral role to the emulation: takes GATT applications and advertisements of clients of the bus, and puts the adapter on the air with them.
/// All advertisements of an adapter go out one after the other, from its one address, as those of a controller with extended advertising do.
actor ApplicationHost: AdapterExtension {
  nonisolated let interfaces = [ApplicationInterfaces.gattManager, ApplicationInterfaces.advertisingManager]
  nonisolated let timeline: RealTimeline
  nonisolated var unownedExecutor: UnownedSerialExecutor { timeline.asUnownedSerialExecutor() }

  /// How many advertisements an adapter has at once.
  static let advertisementLimit: UInt8 = 5
  /// How many applications an adapter has at once.
  static let applicationLimit = 64

  private let bus: BusConnection
  private let air: EmulatedAir
  private weak var emulation: EmulatedBlueZ?
  private var adapters: [String: Adapter] = [:]
  private var count = 0
  /// Advertisements that are being read again, and whether they have changed meanwhile.
  private var rereads: [Int: Bool] = [:]

  private struct Adapter {
    var state: EmulatedAdapter
    let peripheral: ExternalApplicationPeripheral
    var applications: [Application] = []
    var advertisements: [Advertisement] = []
  }

  private struct Application {
    let number: Int
    let owner: ExternalApplicationPeripheral.Application
    var subscription: SignalSubscription?
  }

  private struct Advertisement {
    let number: Int
    let owner: ExternalApplicationPeripheral.Application
    let instance: UInt8
    /// Nil while it is read for the first time.
    var registered: RegisteredAdvertisement?
    var timeout: ScheduledAction?
    var subscription: SignalSubscription?
  }

  init(of emulation: EmulatedBlueZ) {
    self.emulation = emulation
    bus = emulation.bus
    air = emulation.air
    timeline = emulation.timeline
  }

  // MARK: Adapters

  nonisolated func adapterChanged(_ adapter: EmulatedAdapter) {
    assumeIsolated { host in
      if host.adapters[adapter.name] == nil {
        let path: @Sendable (CentralID) -> ObjectPath? = { [air = host.air, name = adapter.name] central in
          air.assumeIsolated { $0.address(of: central) }
            .map { DaemonObject.devicePath(DeviceKey(adapter: name, address: $0)) }
        }
        let peripheral = ExternalApplicationPeripheral(bus: host.bus, path: path)
        host.adapters[adapter.name] = Adapter(state: adapter, peripheral: peripheral)
      }
      host.adapters[adapter.name]?.state = adapter
      host.advertise(adapter.name)
    }
  }

  nonisolated func adapterRemoved(_ name: String) {
    assumeIsolated { host in
      guard let adapter = host.adapters.removeValue(forKey: name) else { return }
      for advertisement in adapter.advertisements { host.end(advertisement, isReleased: true) }
      for application in adapter.applications { host.end(application, on: adapter.peripheral) }
      host.air.assumeIsolated { $0.remove(adapter.state.address) }
    }
  }

  nonisolated func senderVanished(_ sender: String) {
    assumeIsolated { host in
      for name in host.adapters.keys.sorted() {
        host.removeApplications(name) { $0.owner.sender == sender }
        host.removeAdvertisements(name, isReleased: false) { $0.owner.sender == sender }
      }
    }
  }

  nonisolated func stop() {
    assumeIsolated { host in
      for name in host.adapters.keys.sorted() { host.adapterRemoved(name) }
    }
  }

  // MARK: Calls

  nonisolated func handle(_ call: IncomingCall, adapter: EmulatedAdapter) {
    assumeIsolated { $0.take(call, adapter.name) }
  }

  private func take(_ call: IncomingCall, _ name: String) {
    guard let path = call.arguments.first?.objectPath, let adapter = adapters[name] else {
      return call.fail(.invalidArguments)
    }
    let owner = ExternalApplicationPeripheral.Application(sender: call.sender, path: path)
    switch call.member {
    case "RegisterApplication":
      guard !adapter.applications.contains(where: { $0.owner == owner }) else { return call.fail(.alreadyExists) }
      guard adapter.applications.count < Self.applicationLimit else {
        return call.fail(.failed("Failed to register application"))
      }
      register(owner, name, call)
    case "UnregisterApplication":
      guard adapter.applications.contains(where: { $0.owner == owner }) else { return call.fail(.doesNotExist) }
      removeApplications(name) { $0.owner == owner }
      call.reply()
    case "RegisterAdvertisement":
      guard !adapter.advertisements.contains(where: { $0.owner == owner }) else { return call.fail(.alreadyExists) }
      let taken = Set(adapter.advertisements.map(\.instance))
      guard let instance = (1...Self.advertisementLimit).first(where: { !taken.contains($0) }) else {
        return call.fail(.notPermitted("Maximum advertisements reached"))
      }
      advertise(owner, instance, name, call)
    case "UnregisterAdvertisement":
      guard adapter.advertisements.contains(where: { $0.owner == owner }) else { return call.fail(.doesNotExist) }
      removeAdvertisements(name, isReleased: false) { $0.owner == owner }
      call.reply()
    default: call.fail("org.freedesktop.DBus.Error.UnknownMethod")
    }
  }

  // MARK: Applications

  private func register(_ owner: ExternalApplicationPeripheral.Application, _ name: String, _ call: IncomingCall) {
    count += 1
    let number = count
    adapters[name]?.applications.append(Application(number: number, owner: owner))
    timeline.start { [weak self, bus] in
      do throws(DBusErrorReply) {
        await self?.follow(owner, name, application: number)
        let objects = MethodCall(
          destination: owner.sender, path: owner.path, interface: BlueZ.Interface.objectManager,
          member: "GetManagedObjects")
        let reply = (try? await bus.call(objects)) ?? []
        try await self?.registered(RegisteredApplication(reply), number, name)
        call.reply()
      } catch {
        await self?.removeApplications(name) { $0.number == number }
        call.fail(error)
      }
    }
  }

  private func registered(
    _ application: RegisteredApplication, _ number: Int, _ name: String
  ) throws(DBusErrorReply) {
    guard let adapter = adapters[name], let index = adapter.applications.firstIndex(where: { $0.number == number })
    else { throw .failed("Failed to register application") }
    adapter.peripheral.assumeIsolated { $0.add(application, adapter.applications[index].owner, number: number) }
    servicesChanged(name)
    advertise(name)
  }

  /// Applications have come or gone: the bus and the connected centrals are told.
  private func servicesChanged(_ name: String) {
    guard let adapter = adapters[name] else { return }
    let services = adapter.peripheral.profile.services.map(\.uuid)
    emulation?.assumeIsolated { $0.perform($0.daemon.setApplicationServices(services, ofAdapter: name)) }
    air.assumeIsolated { $0.servicesChanged(of: adapter.state.address) }
  }

  /// What an application notifies by signals.
  private func follow(
    _ owner: ExternalApplicationPeripheral.Application, _ name: String, application number: Int
  ) async {
    let rule = MatchRule(
      sender: owner.sender, pathNamespace: owner.path, interface: BlueZ.Interface.properties,
      member: "PropertiesChanged", argument0: BlueZ.Interface.characteristic)
    let subscription = try? await bus.subscribe(to: rule) { [weak self] signal in
      guard signal.arguments.count == 3, let changed = signal.arguments[1].propertyMap else { return }
      let gone = signal.arguments[2].strings ?? []
      self?.assumeIsolated { host in
        guard let adapter = host.adapters[name] else { return }
        adapter.peripheral.assumeIsolated {
          $0.propertiesChanged(at: signal.path, application: number, changed, gone: gone)
        }
      }
    }
    guard let index = adapters[name]?.applications.firstIndex(where: { $0.number == number }) else {
      subscription?.cancel()
      return
    }
    adapters[name]?.applications[index].subscription = subscription
  }

  private func removeApplications(_ name: String, where isRemoved: (Application) -> Bool) {
    guard let adapter = adapters[name] else { return }
    let removed = adapter.applications.filter(isRemoved)
    adapters[name]?.applications.removeAll(where: isRemoved)
    for application in removed { end(application, on: adapter.peripheral) }
    if !removed.isEmpty { servicesChanged(name) }
  }

  private func end(_ application: Application, on peripheral: ExternalApplicationPeripheral) {
    application.subscription?.cancel()
    peripheral.assumeIsolated { $0.remove(application.number) }
  }

  // MARK: Advertisements

  private func advertise(
    _ owner: ExternalApplicationPeripheral.Application, _ instance: UInt8, _ name: String, _ call: IncomingCall
  ) {
    count += 1
    let number = count
    adapters[name]?.advertisements.append(Advertisement(number: number, owner: owner, instance: instance))
    timeline.start { [weak self] in
      do throws(DBusErrorReply) {
        await self?.follow(owner, name, advertisement: number)
        try await self?.readAdvertisement(number, name)
        await self?.advertised(number, name)
        call.reply()
      } catch {
        await self?.removeAdvertisements(name, isReleased: false) { $0.number == number }
        call.fail(error)
      }
    }
  }

  private func readAdvertisement(_ number: Int, _ name: String) async throws(DBusErrorReply) {
    guard let owner = adapters[name]?.advertisements.first(where: { $0.number == number })?.owner else { return }
    let call = MethodCall(
      destination: owner.sender, path: owner.path, interface: BlueZ.Interface.properties, member: "GetAll",
      arguments: [.string(BlueZ.Interface.advertisement)])
    let reply = (try? await bus.call(call)) ?? []
    let registered = try RegisteredAdvertisement(reply.first?.propertyMap ?? [:])
    guard registered.size(onDiscoverable: isDiscoverable(name)) <= AdvertisementContent.sizeLimit else {
      throw .failed("Failed to register advertisement")
    }
    guard let index = adapters[name]?.advertisements.firstIndex(where: { $0.number == number }) else {
      throw .failed("Failed to complete registration")
    }
    adapters[name]?.advertisements[index].registered = registered
    advertise(name)
  }

  private func advertised(_ number: Int, _ name: String) {
    guard let index = adapters[name]?.advertisements.firstIndex(where: { $0.number == number }),
      let advertisement = adapters[name]?.advertisements[index], let registered = advertisement.registered
    else { return }
    if registered.timeout > 0 {
      adapters[name]?.advertisements[index].timeout = timeline.schedule(after: .seconds(Int64(registered.timeout))) {
        [weak self] in
        self?.assumeIsolated { $0.removeAdvertisements(name, isReleased: true) { $0.number == number } }
      }
    }
    // As with a controller that tells the power it has chosen.
    set("TxPower", .int16(0), advertisement.owner)
    if registered.hasInstance { set("Instance", .byte(advertisement.instance), advertisement.owner) }
    tellInstances(name)
  }

  private func set(_ property: String, _ value: DBusValue, _ owner: ExternalApplicationPeripheral.Application) {
    let call = MethodCall(
      destination: owner.sender, path: owner.path, interface: BlueZ.Interface.properties, member: "Set",
      arguments: [.string(BlueZ.Interface.advertisement), .string(property), .variant(value)])
    bus.assumeIsolated { $0.send(call) { _ in } }
  }

  private func follow(
    _ owner: ExternalApplicationPeripheral.Application, _ name: String, advertisement number: Int
  ) async {
    let rule = MatchRule(
      sender: owner.sender, path: owner.path, interface: BlueZ.Interface.properties, member: "PropertiesChanged",
      argument0: BlueZ.Interface.advertisement)
    let subscription = try? await bus.subscribe(to: rule) { [weak self] _ in
      self?.assumeIsolated { $0.rereadAdvertisement(number, name) }
    }
    guard let index = adapters[name]?.advertisements.firstIndex(where: { $0.number == number }) else {
      subscription?.cancel()
      return
    }
    adapters[name]?.advertisements[index].subscription = subscription
  }

  /// However often an application tells of changes, it is asked once at a time.
  private func rereadAdvertisement(_ number: Int, _ name: String) {
    guard rereads.updateValue(true, forKey: number) == nil else { return }
    timeline.start { [weak self] in
      while await self?.takeReread(number) == true {
        // What has become too long, or wrong, is not advertised; the former stays.
        try? await self?.readAdvertisement(number, name)
      }
    }
  }

  /// Whether the advertisement has changed since it was read; when not, the reading is over.
  private func takeReread(_ number: Int) -> Bool {
    guard rereads[number] == true else {
      rereads[number] = nil
      return false
    }
    rereads[number] = false
    return true
  }

  private func removeAdvertisements(_ name: String, isReleased: Bool, where isRemoved: (Advertisement) -> Bool) {
    let removed = adapters[name]?.advertisements.filter(isRemoved) ?? []
    guard !removed.isEmpty else { return }
    adapters[name]?.advertisements.removeAll(where: isRemoved)
    for advertisement in removed { end(advertisement, isReleased: isReleased) }
    advertise(name)
    tellInstances(name)
  }

  private func end(_ advertisement: Advertisement, isReleased: Bool) {
    advertisement.timeout?.cancel()
    advertisement.subscription?.cancel()
    guard isReleased, advertisement.registered != nil else { return }
    let call = MethodCall(
      destination: advertisement.owner.sender, path: advertisement.owner.path,
      interface: BlueZ.Interface.advertisement, member: "Release", expectsReply: false)
    bus.assumeIsolated { $0.send(call) { _ in } }
  }

  private func tellInstances(_ name: String) {
    guard let adapter = adapters[name] else { return }
    let interface = BlueZ.Interface.advertisingManager
    let changed = properties(of: interface, adapter: adapter.state).filter { $0.name.hasSuffix("Instances") }
    emulation?.assumeIsolated { $0.changed(changed, of: interface, adapter: name) }
  }

  nonisolated func properties(of interface: String, adapter: EmulatedAdapter) -> [NamedProperty] {
    guard interface == BlueZ.Interface.advertisingManager else { return [] }
    let active = assumeIsolated { host in
      host.adapters[adapter.name]?.advertisements.count { $0.registered != nil } ?? 0
    }
    let used = UInt8(clamping: active)
    return ApplicationInterfaces.properties(active: used, supported: Self.advertisementLimit - used)
  }

  private func isDiscoverable(_ name: String) -> Bool {
    emulation?.assumeIsolated { $0.daemon.adapter(name)?.isDiscoverable == true } ?? false
  }

  /// Puts the adapter on the air as what is registered says, or takes it off.
  private func advertise(_ name: String) {
    guard let adapter = adapters[name] else { return }
    let registered = adapter.advertisements.sorted { $0.instance < $1.instance }.compactMap(\.registered)
    let address = adapter.state.address
    let all = registered.map { AirAdvertisement($0, adapter.state, isDiscoverable: isDiscoverable(name)) }
    guard let first = all.first, adapter.state.isPowered else {
      return air.assumeIsolated { $0.setAdvertising(false, of: address) }
    }
    let secured = adapter.peripheral.assumeIsolated { $0.secured }
    air.assumeIsolated { air in
      air.place(adapter.peripheral, as: first)
      air.setFurtherAdvertisements(Array(all.dropFirst()), of: address)
      air.secure(secured, of: address)
    }
  }
}

extension AirAdvertisement {
  fileprivate init(_ registered: RegisteredAdvertisement, _ adapter: EmulatedAdapter, isDiscoverable: Bool) {
    let content = registered.content
    self.init(
      address: adapter.address, name: content.sentName ?? (registered.includesName ? adapter.systemName : nil),
      services: content.services)
    isAddressRandom = false
    manufacturerData = content.manufacturerData
    serviceData = content.serviceData
    appearance = content.appearance ?? (registered.includesAppearance ? 0 : nil)
    transmitPower = content.includesTransmitPower ? 0 : nil
    flags = content.isDiscoverable || !registered.hasFlags && isDiscoverable ? 0x06 : 0x04
    isConnectable = registered.isConnectable
  }
}
