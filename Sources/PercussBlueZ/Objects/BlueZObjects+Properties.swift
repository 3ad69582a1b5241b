internal import PercussDBus
internal import PercussGATT

// What the properties that bluetoothd announces mean. Each keeps its value where it is not mentioned, or malformed.
extension BlueZAdapter {
  mutating func apply(_ reader: inout PropertyReader) {
    if let address = reader.address("Address") { self.address = address }
    if let isPowered = reader.bool("Powered") { self.isPowered = isPowered }
    if let isDiscovering = reader.bool("Discovering") { self.isDiscovering = isDiscovering }
    if let roles = reader.strings("Roles") { canBeCentral = roles.contains("central") }
  }
}

extension BlueZDevice {
  /// What changes when an advertisement of the device is received.
  static let advertisedProperties = [
    "RSSI", "TxPower", "Name", "UUIDs", "ManufacturerData", "ServiceData", "AdvertisingFlags", "AdvertisingData",
  ]

  mutating func apply(_ reader: inout PropertyReader, invalidated: [String]) {
    if let name = reader.string("Name") { self.name = name }
    if let isResolved = reader.bool("ServicesResolved") { servicesAreResolved = isResolved }
    if let isConnected = reader.bool("Connected") {
      self.isConnected = isConnected
      // Services are known for one link only. The news of a link may come after that of its services, so nothing follows from its absence.
      if !isConnected { servicesAreResolved = false }
    }
    if let isPaired = reader.bool("Paired") { self.isPaired = isPaired }
    if let isBonded = reader.bool("Bonded") { self.isBonded = isBonded }
    if let isTrusted = reader.bool("Trusted") { self.isTrusted = isTrusted }
    if let isBlocked = reader.bool("Blocked") { self.isBlocked = isBlocked }
    if let services = reader.uuids("UUIDs") { self.services = services }
    if let strength = reader.integer("RSSI", in: -32_768...32_767) {
      // 127 stands for unknown (Core Vol 4 Part E 7.7.65.2).
      signalStrength = (-127...20).contains(strength) ? strength : nil
      isBeingReceived = true
    }
    if invalidated.contains("RSSI") {
      signalStrength = nil
      isBeingReceived = false
    }
  }

  func aspects(changedFrom old: BlueZDevice) -> DeviceAspects {
    var aspects: DeviceAspects = []
    if isConnected != old.isConnected { aspects.insert(.connection) }
    if servicesAreResolved != old.servicesAreResolved { aspects.insert(.resolution) }
    if (name, services) != (old.name, old.services) || isBeingReceived != old.isBeingReceived
      || signalStrength != old.signalStrength
    {
      aspects.insert(.advertisement)
    }
    if (isPaired, isBonded, isTrusted, isBlocked) != (old.isPaired, old.isBonded, old.isTrusted, old.isBlocked) {
      aspects.insert(.pairing)
    }
    return aspects
  }
}

extension BlueZCharacteristic {
  /// Whether something has changed.
  mutating func apply(_ reader: inout PropertyReader) -> Bool {
    let old = self
    if let flags = reader.strings("Flags") { properties = CharacteristicProperties(flags: flags) }
    if let mtu = reader.integer("MTU", in: 0...65_535) {
      // 0 while there is no link.
      maximumTransmissionUnit = mtu < 23 ? nil : min(mtu, 517)
    }
    if let isNotifying = reader.bool("Notifying") { self.isNotifying = isNotifying }
    if let isAcquired = reader.bool("NotifyAcquired") { isNotifyAcquired = isAcquired }
    if let isAcquired = reader.bool("WriteAcquired") { isWriteAcquired = isAcquired }
    return self != old
  }
}
