internal import PercussBlueZ
internal import PercussDBus
internal import PercussGATT

// What the objects are and say of themselves. The properties are in bluetoothd's order.
extension BluetoothDaemon {
  /// The interfaces of an object that exists.
  func interfaces(of object: DaemonObject) -> [String] {
    switch object {
    case .daemon: ["org.bluez.AgentManager1", "org.bluez.ProfileManager1"]
    case .adapter(let name): [Self.adapterInterface] + (addedInterfaces[name] ?? []).map(\.name)
    case .device(let key):
      device(key)?.batteryLevel == nil ? [Self.deviceInterface] : [Self.deviceInterface, Self.batteryInterface]
    case .service: [Self.serviceInterface]
    case .characteristic: [Self.characteristicInterface]
    case .descriptor: [Self.descriptorInterface]
    }
  }

  /// Nil when there is no such object.
  func path(of object: DaemonObject) -> ObjectPath? {
    switch object {
    case .daemon: DaemonObject.daemonPath
    case .adapter(let name): adapter(name)?.path
    case .device(let key): device(key)?.path
    case .service(let key, let handle): device(key)?.services.first { $0.handle == handle }?.path
    case .characteristic(let key, let handle): characteristic(key, handle)?.path
    case .descriptor(let key, let handle): descriptor(key, handle)?.path
    }
  }

  func parent(of object: DaemonObject) -> DaemonObject? {
    switch object {
    case .daemon: nil
    case .adapter: .daemon
    case .device(let key): .adapter(key.adapter)
    case .service(let key, _): .device(key)
    case .characteristic(let key, let handle):
      characteristic(key, handle).map { .service(key, $0.service.handle) }
    case .descriptor(let key, let handle):
      characteristic(key, ofDescriptor: handle).map { .characteristic(key, $0.handle) }
    }
  }

  func descriptor(_ key: DeviceKey, _ handle: UInt16) -> RemoteDescriptor? {
    characteristic(key, ofDescriptor: handle)?.descriptors.first { $0.handle == handle }
  }

  func characteristic(_ key: DeviceKey, ofDescriptor handle: UInt16) -> RemoteCharacteristic? {
    device(key)?.characteristics.first { $0.descriptors.contains { $0.handle == handle } }
  }

  /// A property as it is now; nil while it is absent, or when there is no such object.
  func property(_ name: String, of interface: String, _ object: DaemonObject) -> DBusValue? {
    properties(interface, of: object).first { $0.name == name }?.value
  }

  /// All properties that an interface of an object has now.
  func properties(_ interface: String, of object: DaemonObject) -> [NamedProperty] {
    switch (object, interface) {
    case (.adapter(let name), Self.adapterInterface): adapter(name).map { properties(of: $0) } ?? []
    case (.adapter(let name), _): addedInterfaces[name]?.first { $0.name == interface }?.properties ?? []
    case (.device(let key), Self.deviceInterface): device(key).map { properties(of: $0) } ?? []
    case (.device(let key), Self.batteryInterface):
      [
        device(key)?.batteryLevel.map { NamedProperty("Percentage", .byte($0)) },
        NamedProperty("Source", .string("GATT Battery Service")),
      ].compactMap(\.self)
    case (.service(let key, let handle), _):
      device(key)?.services.first { $0.handle == handle }.map { properties(of: $0, key) } ?? []
    case (.characteristic(let key, let handle), _):
      characteristic(key, handle).map { properties(of: $0, key) } ?? []
    case (.descriptor(let key, let handle), _): descriptor(key, handle).map { properties(of: $0, key) } ?? []
    default: []
    }
  }

  /// What bluetoothd offers by itself; those of audio are only named.
  private static let localServices: [UInt16] = [0x1801, 0x1800, 0x1200, 0x110C, 0x110E, 0x180A]

  private func properties(of adapter: AdapterState) -> [NamedProperty] {
    [
      NamedProperty("Address", .string(adapter.address.description)),
      NamedProperty("AddressType", .string("public")),
      NamedProperty("Name", .string(adapter.systemName)),
      NamedProperty("Alias", .string(adapter.alias ?? adapter.systemName)),
      NamedProperty("Class", .uint32(0)),
      NamedProperty("Powered", .boolean(adapter.isPowered)),
      NamedProperty("Discoverable", .boolean(adapter.isDiscoverable)),
      NamedProperty("DiscoverableTimeout", .uint32(adapter.discoverableTimeout)),
      NamedProperty("Pairable", .boolean(adapter.isPairable)),
      NamedProperty("PairableTimeout", .uint32(adapter.pairableTimeout)),
      NamedProperty("Discovering", .boolean(adapter.isDiscovering)),
      NamedProperty(
        "UUIDs",
        .strings((adapter.applicationServices + Self.localServices.map { BluetoothUUID($0) }).map(\.fullText))),
      // The USB identifier of BlueZ and its version, 5.66.
      NamedProperty("Modalias", .string("usb:v1D6Bp0246d0542")),
      NamedProperty("Roles", .strings(["central", "peripheral"])),
    ]
  }

  private func properties(of device: RemoteDevice) -> [NamedProperty] {
    let dashed = device.key.address.description.replacing(":", with: "-")
    let services = device.wasResolved ? device.uuids : device.advertisedServices
    var list = [
      NamedProperty("Address", .string(device.key.address.description)),
      NamedProperty("AddressType", .string(device.isAddressRandom ? "random" : "public")),
    ]
    if let name = device.name { list.append(NamedProperty("Name", .string(name))) }
    list.append(NamedProperty("Alias", .string(device.alias ?? device.name ?? dashed)))
    if let appearance = device.appearance { list.append(NamedProperty("Appearance", .uint16(appearance))) }
    list += [
      NamedProperty("Paired", .boolean(device.isPaired)),
      NamedProperty("Bonded", .boolean(device.isBonded)),
      NamedProperty("Trusted", .boolean(device.isTrusted)),
      NamedProperty("Blocked", .boolean(device.isBlocked)),
      NamedProperty("LegacyPairing", .boolean(false)),
    ]
    if let strength = device.signalStrength { list.append(NamedProperty("RSSI", .int16(Int16(strength)))) }
    list += [
      NamedProperty("Connected", .boolean(device.isConnected)),
      NamedProperty("UUIDs", .strings(services.map(\.fullText))),
      NamedProperty("Adapter", .objectPath(DaemonObject.adapterPath(device.key.adapter))),
    ]
    if !device.manufacturerData.isEmpty {
      let entries = device.manufacturerData.sorted { $0.key < $1.key }
        .map { DBusValue.Entry(.uint16($0.key), .variant(.bytes($0.value))) }
      list.append(NamedProperty("ManufacturerData", .dictionary(entries, key: .uint16, value: .variant)))
    }
    if !device.serviceData.isEmpty {
      let entries = device.serviceData.sorted { $0.key < $1.key }
        .map { DBusValue.Entry(.string($0.key.fullText), .variant(.bytes($0.value))) }
      list.append(NamedProperty("ServiceData", .dictionary(entries, key: .string, value: .variant)))
    }
    if let power = device.transmitPower { list.append(NamedProperty("TxPower", .int16(Int16(power)))) }
    list.append(NamedProperty("ServicesResolved", .boolean(device.isResolved)))
    return list
  }

  private func properties(of service: RemoteService, _ key: DeviceKey) -> [NamedProperty] {
    [
      NamedProperty("UUID", .string(service.uuid.fullText)),
      NamedProperty("Device", .objectPath(DaemonObject.devicePath(key))),
      NamedProperty("Primary", .boolean(true)),
      NamedProperty("Includes", .array([], of: .objectPath)),
    ]
  }

  private func properties(of characteristic: RemoteCharacteristic, _ key: DeviceKey) -> [NamedProperty] {
    var list = [
      NamedProperty("UUID", .string(characteristic.uuid.fullText)),
      NamedProperty("Service", .objectPath(characteristic.service.path)),
    ]
    list.append(NamedProperty("Value", .bytes(characteristic.value)))
    if characteristic.canNotify { list.append(NamedProperty("Notifying", .boolean(characteristic.isNotifying))) }
    list.append(NamedProperty("Flags", .strings(characteristic.properties.flags)))
    if quirks.offersAcquireWrite, characteristic.properties.contains(.writeWithoutResponse) {
      list.append(NamedProperty("WriteAcquired", .boolean(characteristic.writeLock != nil)))
    }
    if quirks.offersAcquireNotify, characteristic.properties.contains(.notify) {
      list.append(NamedProperty("NotifyAcquired", .boolean(characteristic.notifyLock != nil)))
    }
    if let device = device(key), device.hasClient, let profile = device.profile {
      list.append(NamedProperty("MTU", .uint16(UInt16(clamping: profile.maximumTransmissionUnit))))
    }
    return list
  }

  private func properties(of descriptor: RemoteDescriptor, _ key: DeviceKey) -> [NamedProperty] {
    let owner = characteristic(key, ofDescriptor: descriptor.handle)?.path ?? .root
    return [
      NamedProperty("UUID", .string(descriptor.uuid.fullText)),
      NamedProperty("Characteristic", .objectPath(owner)),
      NamedProperty("Value", .bytes(descriptor.value)),
    ]
  }
}

extension Signature {
  static let uint16 = DBusValue.uint16(0).signature
}
