internal import PercussBlueZ
internal import PercussDBus
internal import PercussGATT
internal import PercussTime

// Adapter1: its methods, the properties that can be set, and its power.
extension BluetoothDaemon {
  /// The services of the GATT applications on an adapter are these from now on.
  mutating func setApplicationServices(_ services: [BluetoothUUID], ofAdapter name: String) -> [DaemonAction] {
    guard let index = adapterIndex(name), adapters[index].applicationServices != services else { return [] }
    adapters[index].applicationServices = services
    changed(adapter: index, "UUIDs")
    return takeActions()
  }

  mutating func callAdapter(_ call: DaemonCall, _ index: Int) {
    let isPowered = adapters[index].isPowered
    switch call.member {
    case "StartDiscovery": isPowered ? startDiscovery(call, index) : fail(call.id, .notReady)
    case "StopDiscovery": isPowered ? stopDiscovery(call, index) : fail(call.id, .notReady)
    case "SetDiscoveryFilter":
      guard isPowered else { return fail(call.id, .notReady) }
      setDiscoveryFilter(call, index)
    case "GetDiscoveryFilters": reply(call.id, [.strings(DiscoveryFilter.keys)])
    case "RemoveDevice":
      let path = call.arguments.first?.objectPath
      guard let device = adapters[index].devices.values.first(where: { $0.path == path }) else {
        return fail(call.id, .doesNotExist)
      }
      guard isPowered else { return fail(call.id, .notReady) }
      removeDevice(device, for: call.id)
    default: fail(call.id, .unknownMethod(call))
    }
  }

  /// Sets a property that the interface describes as writable, to a value of its type. What comes after ``DaemonAction/acceptProperty`` is to be
  /// done when the caller has its answer.
  mutating func setProperty(
    _ name: String, of interface: String, _ object: DaemonObject, to value: DBusValue, at instant: MonotonicInstant
  ) -> (error: DBusErrorReply?, actions: [DaemonAction]) {
    now = max(now, instant)
    let error: DBusErrorReply?
    switch (object, interface) {
    case (.adapter(let adapter), Self.adapterInterface):
      guard let index = adapterIndex(adapter) else { return (.unknownObject, takeActions()) }
      error = setProperty(name, ofAdapter: index, to: value)
    case (.device(let key), Self.deviceInterface):
      guard device(key) != nil else { return (.unknownObject, takeActions()) }
      error = setProperty(name, of: key, to: value)
    default: error = .propertyReadOnly(name)
    }
    return (error, takeActions())
  }

  private mutating func setProperty(_ name: String, ofAdapter index: Int, to value: DBusValue) -> DBusErrorReply? {
    switch (name, value) {
    case ("Alias", .string(let alias)):
      let chosen = alias.isEmpty ? nil : alias
      guard adapters[index].alias != chosen else { return nil }
      adapters[index].alias = chosen
      changed(adapter: index, "Alias")
    case ("Powered", .boolean(let isOn)):
      guard adapters[index].isPowered != isOn else { return nil }
      setPower(isOn, index, answersFirst: true)
    case ("Discoverable", .boolean(let isOn)):
      if adapters[index].discoverableTimeout > 0, !adapters[index].isPowered { return .failed("Not Powered") }
      acceptProperty()
      setDiscoverable(isOn, index)
    case ("DiscoverableTimeout", .uint32(let seconds)):
      acceptProperty()
      adapters[index].discoverableTimeout = seconds
      changed(adapter: index, "DiscoverableTimeout")
      if adapters[index].isDiscoverable { limitDiscoverable(index) }
    case ("Pairable", .boolean(let isOn)):
      guard adapters[index].isPairable != isOn else { return nil }
      acceptProperty()
      adapters[index].isPairable = isOn
      changed(adapter: index, "Pairable")
      limitPairable(index)
    case ("PairableTimeout", .uint32(let seconds)):
      acceptProperty()
      adapters[index].pairableTimeout = seconds
      changed(adapter: index, "PairableTimeout")
      limitPairable(index)
    default: return .invalidArguments
    }
    return nil
  }

  /// The answer comes before what follows.
  private mutating func acceptProperty() {
    flush(isIdle: false)
    emit(.acceptProperty)
  }

  mutating func setDiscoverable(_ isOn: Bool, _ index: Int) {
    cancelTimer(.discoverable(adapters[index].name))
    guard adapters[index].isDiscoverable != isOn else { return }
    adapters[index].isDiscoverable = isOn
    changed(adapter: index, "Discoverable")
    if isOn { limitDiscoverable(index) }
  }

  private mutating func limitDiscoverable(_ index: Int) {
    let seconds = adapters[index].discoverableTimeout
    let timer = DaemonTimer.discoverable(adapters[index].name)
    if seconds > 0 { setTimer(timer, after: .seconds(Int64(seconds))) } else { cancelTimer(timer) }
  }

  private mutating func limitPairable(_ index: Int) {
    let seconds = adapters[index].pairableTimeout
    let timer = DaemonTimer.pairable(adapters[index].name)
    if seconds > 0, adapters[index].isPairable {
      setTimer(timer, after: .seconds(Int64(seconds)))
    } else {
      cancelTimer(timer)
    }
  }

  // MARK: Power

  /// Switches an adapter on or off. Off, temporary devices are removed, then links end, then sessions and filters; `Powered` is told last.
  mutating func setPower(_ isOn: Bool, _ index: Int, answersFirst: Bool = false) {
    guard adapters[index].isPowered != isOn else { return }
    if isOn {
      if answersFirst { acceptProperty() }
      adapters[index].isPowered = true
      changed(adapter: index, "Powered")
      return
    }
    let devices = adapters[index].addresses.compactMap { adapters[index].devices[$0] }
    for device in devices where device.isTemporary && device.link == .down { removeDevice(device.key) }
    for device in devices where device.link != .down {
      if device.link != .connecting { emit(.dropLink(device.key)) }
      loseLink(of: device.key, "br-connection-canceled")
    }
    flush(isIdle: true)
    if answersFirst { acceptProperty() }
    adapters[index].isPowered = false
    changed(adapter: index, "Powered")
    endDiscovery(index)
    adapters[index].discovery.removeAll()
    if adapters[index].isDiscoverable { setDiscoverable(false, index) }
    changed(adapter: index, "Discovering")
    changed(adapter: index, "Powered")
  }

  /// The same from outside of the bus, as by a switch on the machine.
  mutating func setPower(_ isOn: Bool, ofAdapter name: String, at instant: MonotonicInstant) -> [DaemonAction] {
    now = max(now, instant)
    if let index = adapterIndex(name) { setPower(isOn, index) }
    return takeActions()
  }

  // MARK: Adapters that come and go

  mutating func addAdapter(_ adapter: EmulatedAdapter, at instant: MonotonicInstant) -> [DaemonAction] {
    now = max(now, instant)
    guard adapterIndex(adapter.name) == nil else { return [] }
    var state = AdapterState(adapter)
    state.isPairable = agents.hasDefault
    adapters.append(state)
    announce(state)
    return takeActions()
  }

  mutating func removeAdapter(_ name: String, at instant: MonotonicInstant) -> [DaemonAction] {
    now = max(now, instant)
    guard let index = adapterIndex(name) else { return [] }
    let isSilent = quirks.adapterVanishesSilently
    for address in adapters[index].addresses {
      removeDevice(DeviceKey(adapter: name, address: address), isSilent: isSilent)
    }
    if adapters[index].isDiscovering { emit(.scan(adapter: name, isOn: false)) }
    cancelTimer(.discoverable(name))
    cancelTimer(.pairable(name))
    unexport(.adapter(name), at: adapters[index].path)
    adapters.remove(at: index)
    return takeActions()
  }
}
