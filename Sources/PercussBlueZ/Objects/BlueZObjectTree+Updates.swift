internal import PercussDBus

// How objects come, change and go.
extension BlueZObjectTree {
  // MARK: Coming

  /// - Parameter isWhole: these are all the interfaces of the object.
  mutating func add(
    _ interfaces: [DBusValue.Entry], at path: ObjectPath, isWhole: Bool, _ changes: inout [Change]
  ) {
    guard path.description.utf8.count <= Self.nameLimit else {
      statistics.malformed += 1
      return
    }
    var properties: [String: [String: DBusValue]] = [:]
    var names: Set<String> = []
    for entry in interfaces.prefix(64) {
      guard let name = entry.key.string, name.utf8.count <= Self.nameLimit, let values = entry.value.propertyMap else {
        statistics.malformed += 1
        continue
      }
      properties[name] = values
      names.insert(name)
    }
    if let values = properties[BlueZ.Interface.adapter] { addAdapter(values, at: path, &changes) }
    note(interfaces: names, at: path, isWhole: isWhole, &changes)
    if let values = properties[BlueZ.Interface.device] { addDevice(values, at: path, &changes) }
    if let values = properties[BlueZ.Interface.service] { addService(values, at: path, &changes) }
    if let values = properties[BlueZ.Interface.characteristic] { addCharacteristic(values, at: path, &changes) }
    if let values = properties[BlueZ.Interface.descriptor] { addDescriptor(values, at: path, &changes) }
  }

  private mutating func addAdapter(
    _ values: [String: DBusValue], at path: ObjectPath, _ changes: inout [Change]
  ) {
    var reader = PropertyReader(values)
    defer { statistics.malformed += reader.malformed }
    let known = adapterObjects[path]
    var adapter = BlueZAdapter(path: path)
    adapter.interfaces = known?.interfaces ?? []
    adapter.apply(&reader)
    if let known, known.address != adapter.address {
      // Another adapter has got the number.
      removeAdapter(at: path, &changes)
      adapter.interfaces = []
    }
    guard adapterObjects[path] != nil || hasRoom() else { return }
    let previous = adapterObjects.updateValue(adapter, forKey: path)
    if previous == nil {
      changes.append(.adapterAdded(path))
    } else if previous != adapter {
      changes.append(.adapterChanged(path))
    }
  }

  private mutating func note(
    interfaces: Set<String>, at path: ObjectPath, isWhole: Bool, _ changes: inout [Change]
  ) {
    guard let adapter = adapterObjects[path] else { return }
    let all = isWhole ? interfaces : adapter.interfaces.union(interfaces)
    guard all != adapter.interfaces, all.count <= 64 else { return }
    adapterObjects[path]?.interfaces = all
    if changes.last != .adapterAdded(path), changes.last != .adapterChanged(path) {
      changes.append(.adapterChanged(path))
    }
  }

  private mutating func addDevice(
    _ values: [String: DBusValue], at path: ObjectPath, _ changes: inout [Change]
  ) {
    var reader = PropertyReader(values)
    defer { statistics.malformed += reader.malformed }
    guard let address = reader.address("Address"), path.parent != nil else {
      statistics.malformed += 1
      return
    }
    var device = BlueZDevice(path: path, address: address)
    device.apply(&reader, invalidated: [])
    if let known = deviceObjects[path], known.address != address { removeDevice(at: path, &changes) }
    guard let known = deviceObjects[path] else {
      guard hasRoom() else { return }
      deviceObjects[path] = device
      changes.append(.deviceAdded(path))
      return
    }
    deviceObjects[path] = device
    let aspects = device.aspects(changedFrom: known)
    if !aspects.isEmpty { changes.append(.deviceChanged(path, aspects)) }
  }

  private mutating func addService(
    _ values: [String: DBusValue], at path: ObjectPath, _ changes: inout [Change]
  ) {
    var reader = PropertyReader(values)
    defer { statistics.malformed += reader.malformed }
    guard let uuid = reader.uuid("UUID"), let device = path.ancestor(1) else {
      statistics.malformed += 1
      return
    }
    var service = BlueZService(path: path, uuid: uuid)
    if let isPrimary = reader.bool("Primary") { service.isPrimary = isPrimary }
    keep(service, at: path, in: \.services, of: device, &changes)
  }

  private mutating func addCharacteristic(
    _ values: [String: DBusValue], at path: ObjectPath, _ changes: inout [Change]
  ) {
    var reader = PropertyReader(values)
    defer { statistics.malformed += reader.malformed }
    guard let uuid = reader.uuid("UUID"), let device = path.ancestor(2) else {
      statistics.malformed += 1
      return
    }
    var characteristic = BlueZCharacteristic(path: path, uuid: uuid)
    _ = characteristic.apply(&reader)
    keep(characteristic, at: path, in: \.characteristics, of: device, &changes)
  }

  private mutating func addDescriptor(
    _ values: [String: DBusValue], at path: ObjectPath, _ changes: inout [Change]
  ) {
    var reader = PropertyReader(values)
    defer { statistics.malformed += reader.malformed }
    guard let uuid = reader.uuid("UUID"), let device = path.ancestor(3) else {
      statistics.malformed += 1
      return
    }
    keep(BlueZDescriptor(path: path, uuid: uuid), at: path, in: \.descriptors, of: device, &changes)
  }

  private mutating func keep<Attribute: Equatable>(
    _ attribute: Attribute, at path: ObjectPath,
    in attributes: WritableKeyPath<DeviceAttributes, [ObjectPath: Attribute]>,
    of device: ObjectPath, _ changes: inout [Change]
  ) {
    let known = self.attributes[device]?[keyPath: attributes][path]
    guard known != attribute else { return }
    if known == nil {
      guard hasRoom() else { return }
      attributeCount += 1
    }
    self.attributes[device, default: DeviceAttributes()][keyPath: attributes][path] = attribute
    changes.append(.attributesChanged(of: device))
  }

  private mutating func hasRoom() -> Bool {
    if objectCount < Self.objectLimit { return true }
    statistics.refused += 1
    return false
  }

  // MARK: Changing

  mutating func propertiesChanged(at path: ObjectPath, _ arguments: [DBusValue]) -> [Change] {
    guard arguments.count == 3, let interface = arguments[0].string, let values = arguments[1].propertyMap,
      let invalidated = arguments[2].strings
    else {
      statistics.malformed += 1
      return []
    }
    return update(interface, at: path, values, invalidated: invalidated)
  }

  mutating func update(
    _ interface: String, at path: ObjectPath, _ values: [String: DBusValue], invalidated: [String]
  ) -> [Change] {
    var reader = PropertyReader(values)
    defer { statistics.malformed += reader.malformed }
    switch interface {
    case BlueZ.Interface.characteristic:
      guard let device = path.ancestor(2), attributes[device]?.characteristics[path] != nil else { break }
      var changes: [Change] = []
      if values.count > 1 || values["Value"] == nil,
        attributes[device]?.characteristics[path]?.apply(&reader) == true
      {
        changes.append(.attributesChanged(of: device))
      }
      if let value = reader.attributeValue("Value") { changes.append(.value(path, value)) }
      return changes
    case BlueZ.Interface.device:
      guard let known = deviceObjects[path] else { break }
      var device = known
      device.apply(&reader, invalidated: invalidated)
      deviceObjects[path] = device
      var aspects = device.aspects(changedFrom: known)
      if BlueZDevice.advertisedProperties.contains(where: reader.contains) { aspects.insert(.advertisement) }
      return aspects.isEmpty ? [] : [.deviceChanged(path, aspects)]
    case BlueZ.Interface.adapter:
      guard let known = adapterObjects[path] else { break }
      adapterObjects[path]?.apply(&reader)
      return adapterObjects[path] == known ? [] : [.adapterChanged(path)]
    case BlueZ.Interface.service, BlueZ.Interface.descriptor: return []  // these never change
    default: return []
    }
    statistics.ignored += 1
    return []
  }

  // MARK: Going

  mutating func remove(_ interfaces: [String], at path: ObjectPath, _ changes: inout [Change]) {
    for interface in interfaces {
      switch interface {
      case BlueZ.Interface.adapter: removeAdapter(at: path, &changes)
      case BlueZ.Interface.device: removeDevice(at: path, &changes)
      case BlueZ.Interface.service, BlueZ.Interface.characteristic, BlueZ.Interface.descriptor:
        removeAttributes(at: path, &changes)
      default:
        if adapterObjects[path]?.interfaces.remove(interface) != nil { changes.append(.adapterChanged(path)) }
      }
    }
  }

  private mutating func removeAdapter(at path: ObjectPath, _ changes: inout [Change]) {
    // Their own removal is not always announced (bluez-dbus#74).
    for device in deviceObjects.keys.filter({ $0.isDescendant(of: path) }).sorted() {
      removeDevice(at: device, &changes)
    }
    for device in attributes.keys.filter({ $0.isDescendant(of: path) }) { forgetAttributes(of: device) }
    if let adapter = adapterObjects.removeValue(forKey: path) { changes.append(.adapterRemoved(adapter)) }
  }

  private mutating func removeDevice(at path: ObjectPath, _ changes: inout [Change]) {
    forgetAttributes(of: path)
    if let device = deviceObjects.removeValue(forKey: path) { changes.append(.deviceRemoved(device)) }
  }

  private mutating func forgetAttributes(of device: ObjectPath) {
    attributeCount -= attributes.removeValue(forKey: device)?.count ?? 0
  }

  /// One attribute with what is below it.
  private mutating func removeAttributes(at path: ObjectPath, _ changes: inout [Change]) {
    for distance in 1...3 {
      guard let device = path.ancestor(distance), var known = attributes[device] else { continue }
      let count = known.count
      known.removeAll { $0 == path || $0.isDescendant(of: path) }
      guard known.count < count else { continue }
      attributeCount -= count - known.count
      attributes[device] = known.count == 0 ? nil : known
      changes.append(.attributesChanged(of: device))
      return
    }
  }

  mutating func removeEverything() -> [Change] {
    var changes: [Change] = []
    for adapter in adapterObjects.keys.sorted() { removeAdapter(at: adapter, &changes) }
    for device in deviceObjects.keys.sorted() { removeDevice(at: device, &changes) }
    attributes = [:]
    attributeCount = 0
    return changes
  }

  mutating func removeAbsent(_ present: Set<ObjectPath>, _ changes: inout [Change]) {
    for adapter in adapterObjects.keys.sorted() where !present.contains(adapter) {
      removeAdapter(at: adapter, &changes)
    }
    for device in deviceObjects.keys.sorted() where !present.contains(device) { removeDevice(at: device, &changes) }
    for (device, known) in attributes {
      var remaining = known
      remaining.removeAll { !present.contains($0) }
      guard remaining.count < known.count else { continue }
      attributeCount -= known.count - remaining.count
      attributes[device] = remaining.count == 0 ? nil : remaining
      changes.append(.attributesChanged(of: device))
    }
  }
}

extension DeviceAttributes {
  mutating func removeAll(where isRemoved: (ObjectPath) -> Bool) {
    services = services.filter { !isRemoved($0.key) }
    characteristics = characteristics.filter { !isRemoved($0.key) }
    descriptors = descriptors.filter { !isRemoved($0.key) }
  }
}
