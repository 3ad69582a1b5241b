internal import PercussBlueZ
internal import PercussDBus

extension BluetoothDaemon {
  static let adapterInterface = "org.bluez.Adapter1"
  static let deviceInterface = "org.bluez.Device1"
  static let batteryInterface = "org.bluez.Battery1"
  static let serviceInterface = "org.bluez.GattService1"
  static let characteristicInterface = "org.bluez.GattCharacteristic1"
  static let descriptorInterface = "org.bluez.GattDescriptor1"
  private static let introspectableInterface = "org.freedesktop.DBus.Introspectable"
  private static let propertiesInterface = "org.freedesktop.DBus.Properties"

  mutating func changed(_ key: DeviceKey, _ property: String) {
    pending.change(property, of: Self.deviceInterface, .device(key))
  }

  mutating func changed(adapter index: Int, _ property: String) {
    pending.change(property, of: Self.adapterInterface, .adapter(adapters[index].name))
  }

  mutating func changed(_ key: DeviceKey, _ handle: UInt16, _ property: String) {
    pending.change(property, of: Self.characteristicInterface, .characteristic(key, handle))
  }

  /// Signals all that is pending; see ``PendingSignals``.
  mutating func flush(isIdle: Bool) {
    while let object = pending.next(isIdle: isIdle) { flush(object) }
  }

  /// Signals what is pending of one object.
  mutating func flush(_ object: DaemonObject) {
    guard let changes = pending.take(object), let path = path(of: object) else { return }
    if !changes.added.isEmpty {
      if let parent = parent(of: object), pending.isUnannounced(parent) { flush(parent) }
      emitAdded(object, path, changes.added)
    }
    for (interface, names) in changes.changed { emitChanged(object, path, interface, names) }
    if !changes.removed.isEmpty { emitRemoved(path, changes.removed) }
  }

  private mutating func emitAdded(_ object: DaemonObject, _ path: ObjectPath, _ interfaces: [String]) {
    var entries = interfaces.map { interface in
      DBusValue.Entry(.string(interface), .dictionary(of: properties(interface, of: object)))
    }
    // A new object has these too, without properties.
    if interfaces.first == self.interfaces(of: object).first {
      let none = DBusValue.dictionary(of: [])
      entries.insert(DBusValue.Entry(.string(Self.introspectableInterface), none), at: 0)
      entries.append(DBusValue.Entry(.string(Self.propertiesInterface), none))
    }
    let signal = Signal(
      path: .root, interface: "org.freedesktop.DBus.ObjectManager", member: "InterfacesAdded",
      arguments: [.objectPath(path), .dictionary(entries, key: .string, value: .properties)])
    emit(.signal(signal))
  }

  private mutating func emitChanged(_ object: DaemonObject, _ path: ObjectPath, _ interface: String, _ names: [String])
  {
    var changed: [NamedProperty] = []
    var invalidated: [String] = []
    for name in names {
      if let value = property(name, of: interface, object) {
        changed.append(NamedProperty(name, value))
      } else {
        invalidated.append(name)
      }
    }
    let signal = Signal(
      path: path, interface: Self.propertiesInterface, member: "PropertiesChanged",
      arguments: [.string(interface), .dictionary(of: changed), .strings(invalidated)])
    emit(.signal(signal))
  }

  mutating func emitRemoved(_ path: ObjectPath, _ interfaces: [String]) {
    let signal = Signal(
      path: .root, interface: "org.freedesktop.DBus.ObjectManager", member: "InterfacesRemoved",
      arguments: [.objectPath(path), .strings(interfaces)])
    emit(.signal(signal))
  }

  // MARK: Objects that come and go

  /// Exports an object; its announcement is pending.
  mutating func export(_ object: DaemonObject, at path: ObjectPath) {
    emit(.export(object, path))
    for interface in interfaces(of: object) { pending.add(interface, of: object) }
  }

  /// Takes an object away. What is pending of it goes out, then its removal, at once; one that was never announced goes in silence.
  mutating func unexport(_ object: DaemonObject, at path: ObjectPath, isSilent: Bool = false) {
    let changes = pending.take(object)
    let known = interfaces(of: object).filter { changes?.added.contains($0) != true }
    if !known.isEmpty, !isSilent {
      for (interface, names) in changes?.changed ?? [] where known.contains(interface) {
        emitChanged(object, path, interface, names)
      }
      emitRemoved(path, [Self.propertiesInterface, Self.introspectableInterface] + known.reversed())
    }
    emit(.unexport(path))
  }

  mutating func announce(_ adapter: AdapterState) {
    export(.adapter(adapter.name), at: adapter.path)
  }
}

/// A property as it stands in a list, in the order of its interface.
struct NamedProperty: Equatable, Sendable {
  var name: String
  var value: DBusValue

  init(_ name: String, _ value: DBusValue) {
    self.name = name
    self.value = value
  }
}

extension DBusValue {
  /// An `a{sv}` in this order.
  static func dictionary(of properties: [NamedProperty]) -> DBusValue {
    .dictionary(
      properties.map { Entry(.string($0.name), .variant($0.value)) }, key: .string, value: .variant)
  }
}
