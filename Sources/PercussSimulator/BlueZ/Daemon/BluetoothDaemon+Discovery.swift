internal import PercussBlueZ
internal import PercussDBus
internal import PercussTime

// Sessions of discovery, and what is heard during them.
extension BluetoothDaemon {
  mutating func setDiscoveryFilter(_ call: DaemonCall, _ index: Int) {
    guard let options = call.arguments.first, let filter = DiscoveryFilter(options) else {
      return fail(call.id, .invalidArguments)
    }
    let isEmpty = options.entries?.isEmpty == true
    answer(call.id, adapters[index].discovery.setFilter(isEmpty ? nil : filter, of: call.sender))
  }

  mutating func startDiscovery(_ call: DaemonCall, _ index: Int) {
    if let error = adapters[index].discovery.start(call.sender) { return fail(call.id, error) }
    // The reply first, the property after it.
    reply(call.id)
    guard !adapters[index].isDiscovering else { return }
    adapters[index].isDiscovering = true
    changed(adapter: index, "Discovering")
    emit(.scan(adapter: adapters[index].name, isOn: true))
  }

  mutating func stopDiscovery(_ call: DaemonCall, _ index: Int) {
    if let error = adapters[index].discovery.stop(call.sender) { return fail(call.id, error) }
    if quirks.stuckStopDiscoveries > 0, adapters[index].discovery.isEmpty {
      quirks.stuckStopDiscoveries -= 1
      adapters[index].discovery.isDeaf = true
      return fail(call.id, .busy)
    }
    reply(call.id)
    if adapters[index].discovery.isEmpty { endDiscovery(index) }
  }

  mutating func forgetDiscovery(of sender: String, _ index: Int) {
    guard adapters[index].discovery.forget(sender), adapters[index].discovery.isEmpty else { return }
    if quirks.killedScannerLocksDiscovery {
      adapters[index].discovery.isLocked = true
    } else {
      endDiscovery(index)
    }
  }

  /// The end of discovery: signal strengths go, and with them temporary devices that cannot be connected.
  mutating func endDiscovery(_ index: Int) {
    guard adapters[index].isDiscovering else { return }
    let name = adapters[index].name
    adapters[index].isDiscovering = false
    adapters[index].discovery.isDeaf = false
    for address in adapters[index].discovery.found.sorted() {
      let key = DeviceKey(adapter: name, address: address)
      let changes = withDevice(key) { device in
        let had = (device.signalStrength != nil, device.transmitPower != nil)
        device.signalStrength = nil
        device.transmitPower = nil
        return had
      }
      if changes?.0 == true { changed(key, "RSSI") }
      if changes?.1 == true { changed(key, "TxPower") }
    }
    adapters[index].discovery.found = []
    for address in adapters[index].addresses {
      guard let device = adapters[index].devices[address], device.isTemporary, device.link == .down,
        !device.isConnectable || quirks.discoveryEndEvicts
      else { continue }
      removeDevice(device.key)
    }
    changed(adapter: index, "Discovering")
    emit(.scan(adapter: name, isOn: false))
  }

  // MARK: Reports

  mutating func heard(_ report: AirReport, by name: String) {
    guard let index = adapterIndex(name), adapters[index].isDiscovering else { return }
    let advertisement = report.advertisement
    // A controller does not hear itself.
    guard advertisement.address != adapters[index].address else { return }
    let key = DeviceKey(adapter: name, address: advertisement.address)
    let known = adapters[index].devices[advertisement.address]
    let discovery = adapters[index].discovery
    // A filter, of any session, lets through what does not say that it is discoverable.
    guard advertisement.isDiscoverable || discovery.isFiltered || known != nil else { return }
    guard !discovery.isDeaf, discovery.wants(report, needsTransport: quirks.discoveryNeedsTransportFilter) else {
      return
    }
    if let last = known?.reportedAt[report.set], last.duration(to: now) < Self.reportInterval,
      !discovery.wantsDuplicates
    {
      return
    }
    if known == nil {
      guard adapters[index].devices.count < Self.deviceLimit else { return }
      addDevice(RemoteDevice(key: key, isAddressRandom: advertisement.isAddressRandom), index)
    }
    update(key, from: report, discovery)
    adapters[index].discovery.found.insert(key.address)
  }

  /// How many devices an adapter knows at most; beyond it new ones are not reported.
  static let deviceLimit = 4_096

  private mutating func update(_ key: DeviceKey, from report: AirReport, _ discovery: DiscoverySessions) {
    let advertisement = report.advertisement
    let threshold = quirks.signalsLargeRSSIChangesOnly ? discovery.hasDistance ? 0 : 8 : discovery.isFiltered ? 0 : 8
    let isRepeating = discovery.wantsDuplicates
    let now = now
    let names = withDevice(key) { device -> [String] in
      var names: [String] = []
      func set<Value: Equatable>(_ path: WritableKeyPath<RemoteDevice, Value>, _ value: Value, _ name: String) {
        guard device[keyPath: path] != value else { return }
        device[keyPath: path] = value
        names.append(name)
      }
      device.reportedAt[report.set] = now
      device.isConnectable = advertisement.isConnectable
      let difference = device.signalStrength.map { abs(Int($0) - Int(report.signalStrength)) }
      if difference.map({ $0 >= threshold }) ?? true {
        device.signalStrength = report.signalStrength
        names.append("RSSI")
      }
      if let power = advertisement.transmitPower { set(\.transmitPower, power, "TxPower") }
      if let appearance = advertisement.appearance { set(\.appearance, appearance, "Appearance") }
      if let name = advertisement.name, device.name != name {
        device.name = name
        names += device.alias == nil ? ["Name", "Alias"] : ["Name"]
      }
      if !device.wasResolved {
        let new = advertisement.services.filter { !device.advertisedServices.contains($0) }
        if !new.isEmpty { set(\.advertisedServices, device.advertisedServices + new, "UUIDs") }
      }
      // What one advertisement does not hold stays as another one said it.
      if isRepeating, !advertisement.manufacturerData.isEmpty { names.append("ManufacturerData") }
      set(
        \.manufacturerData, device.manufacturerData.merging(advertisement.manufacturerData) { $1 }, "ManufacturerData")
      if isRepeating, !advertisement.serviceData.isEmpty { names.append("ServiceData") }
      set(\.serviceData, device.serviceData.merging(advertisement.serviceData) { $1 }, "ServiceData")
      return names
    }
    for name in names ?? [] { changed(key, name) }
    restartTemporaryTimer(key)
  }
}
