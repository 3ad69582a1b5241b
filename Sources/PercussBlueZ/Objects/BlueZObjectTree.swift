public import PercussDBus

/// What bluetoothd shows on the bus, followed through its signals: adapters, devices, services, characteristics and descriptors.
///
/// It does no I/O. Whoever owns the connection subscribes to the signals *before* it asks for all objects, and enters everything in its order of arrival:
///
/// ```
/// bus                                              tree
/// NameOwnerChanged org.bluez -> :1.7       ───▶    ownerChanged(to: ":1.7")
/// reply to GetManagedObjects               ───▶    managedObjects(...)        .adapterAdded, .deviceAdded, ...
/// PropertiesChanged {Connected: true}      ───▶    signal(...)                .deviceChanged(path, .connection)
/// PropertiesChanged {Value: 80 10 01 ...}  ───▶    signal(...)                .value(path, [0x80, ...])
/// NameOwnerChanged org.bluez -> nobody     ───▶    ownerChanged(to: nil)      .deviceRemoved, .adapterRemoved
/// ```
///
/// - Any order will do: children before parents, changes of what is not known (passed over), the removal of a parent alone (its children go too).
/// - What came from another sender than bluetoothd, or has other types than documented, is passed over and counted in ``statistics``.
/// - At most ``objectLimit`` objects are kept; more are passed over, and counted.
public struct BlueZObjectTree: Sendable {
  /// What has changed, in this order.
  public enum Change: Hashable, Sendable {
    /// An adapter has come.
    case adapterAdded(ObjectPath)
    /// Power, discovery or interfaces of an adapter have changed.
    case adapterChanged(ObjectPath)
    /// An adapter is gone; so are its devices, which are told of before.
    case adapterRemoved(BlueZAdapter)
    /// A device has come.
    case deviceAdded(ObjectPath)
    /// Parts of a device have changed, or were heard again.
    case deviceChanged(ObjectPath, DeviceAspects)
    /// A device is gone, and all its attributes.
    case deviceRemoved(BlueZDevice)
    /// Services, characteristics or descriptors below the device, or what can be done with them, have changed.
    case attributesChanged(of: ObjectPath)
    /// A characteristic has a value: notified, indicated, or read by somebody.
    case value(ObjectPath, [UInt8])
  }

  /// What was passed over.
  public struct Statistics: Hashable, Sendable {
    /// Changes of objects that are not known, and signals of others than bluetoothd.
    public internal(set) var ignored = 0
    /// Properties and messages of other types or ranges than documented.
    public internal(set) var malformed = 0
    /// Objects beyond the limit.
    public internal(set) var refused = 0
  }

  /// How many objects are kept.
  public static let objectLimit = 65_536
  /// The longest path of an object that is kept, and the longest name of an interface, in bytes; bluetoothd's have less than 100.
  static let nameLimit = 255

  /// The unique name of bluetoothd on the bus; nil while it does not run.
  public private(set) var owner: String?
  /// Whether all objects of this bluetoothd have been asked for and entered.
  public private(set) var isSynchronised = false
  /// What was passed over so far.
  public internal(set) var statistics = Statistics()

  var adapterObjects: [ObjectPath: BlueZAdapter] = [:]
  var deviceObjects: [ObjectPath: BlueZDevice] = [:]
  /// By the path of the device, which may be announced after them.
  var attributes: [ObjectPath: DeviceAttributes] = [:]
  var attributeCount = 0

  /// Knows nothing yet.
  public init() {}

  // MARK: What enters

  /// Somebody owns the name of bluetoothd from now on, or nobody does: everything known so far is gone.
  public mutating func ownerChanged(to owner: String?) -> [Change] {
    guard owner != self.owner else { return [] }
    self.owner = owner
    isSynchronised = false
    return removeEverything()
  }

  /// The reply to `GetManagedObjects`: what is not in it is gone.
  public mutating func managedObjects(_ reply: [DBusValue]) -> [Change] {
    guard let entries = reply.first?.entries, reply.count == 1 else {
      statistics.malformed += 1
      return []
    }
    var changes: [Change] = []
    var present: Set<ObjectPath> = []
    // Parents before their children.
    for entry in entries.sorted(by: { ($0.key.objectPath ?? .root) < ($1.key.objectPath ?? .root) }) {
      guard let path = entry.key.objectPath, let interfaces = entry.value.entries else {
        statistics.malformed += 1
        continue
      }
      present.insert(path)
      add(interfaces, at: path, isWhole: true, &changes)
    }
    removeAbsent(present, &changes)
    isSynchronised = true
    return changes.coalesced()
  }

  /// A signal of bluetoothd: `InterfacesAdded`, `InterfacesRemoved` or `PropertiesChanged`.
  ///
  /// - Parameter sender: the unique name of who sent it.
  public mutating func signal(
    _ member: String, of interface: String, at path: ObjectPath, from sender: String, _ arguments: [DBusValue]
  ) -> [Change] {
    guard sender == owner else {
      statistics.ignored += 1
      return []
    }
    switch (interface, member) {
    case (BlueZ.Interface.properties, "PropertiesChanged"): return propertiesChanged(at: path, arguments)
    case (BlueZ.Interface.objectManager, "InterfacesAdded"):
      guard arguments.count == 2, let path = arguments[0].objectPath, let interfaces = arguments[1].entries else {
        statistics.malformed += 1
        return []
      }
      var changes: [Change] = []
      add(interfaces, at: path, isWhole: false, &changes)
      return changes
    case (BlueZ.Interface.objectManager, "InterfacesRemoved"):
      guard arguments.count == 2, let path = arguments[0].objectPath, let interfaces = arguments[1].strings else {
        statistics.malformed += 1
        return []
      }
      var changes: [Change] = []
      remove(interfaces, at: path, &changes)
      return changes
    default: return []
    }
  }

  /// The reply to `GetAll` of an interface of an object that is known; of others it is passed over.
  public mutating func allProperties(_ reply: [DBusValue], of interface: String, at path: ObjectPath) -> [Change] {
    guard let values = reply.first?.propertyMap, reply.count == 1 else {
      statistics.malformed += 1
      return []
    }
    return update(interface, at: path, values, invalidated: [])
  }

  // MARK: What is known

  /// The adapters, ordered by path.
  public var adapters: [BlueZAdapter] { adapterObjects.values.sorted { $0.path < $1.path } }

  /// The adapter at the path.
  public func adapter(at path: ObjectPath) -> BlueZAdapter? { adapterObjects[path] }

  /// The adapter with the address, whatever its number is now.
  public func adapter(with address: BluetoothAddress) -> BlueZAdapter? {
    adapterObjects.values.first { $0.address == address }
  }

  /// The devices that an adapter sees, or that all see, ordered by path.
  public func devices(of adapter: ObjectPath? = nil) -> [BlueZDevice] {
    deviceObjects.values.filter { adapter == nil || $0.adapter == adapter }.sorted { $0.path < $1.path }
  }

  /// The device at the path.
  public func device(at path: ObjectPath) -> BlueZDevice? { deviceObjects[path] }

  /// The device with the address, as the adapter sees it.
  public func device(with address: BluetoothAddress, on adapter: ObjectPath) -> BlueZDevice? {
    let usual = deviceObjects[adapter.appending("dev_\(address.pathElement)")]
    if let usual, usual.address == address { return usual }
    return deviceObjects.values.first { $0.address == address && $0.adapter == adapter }
  }

  /// The services of a device, ordered by path, and so by handle.
  public func services(of device: ObjectPath) -> [BlueZService] {
    attributes[device]?.services.values.sorted { $0.path < $1.path } ?? []
  }

  /// The characteristics of a device, ordered by path, and so by handle.
  public func characteristics(of device: ObjectPath) -> [BlueZCharacteristic] {
    attributes[device]?.characteristics.values.sorted { $0.path < $1.path } ?? []
  }

  /// The characteristic at the path.
  public func characteristic(at path: ObjectPath) -> BlueZCharacteristic? {
    path.ancestor(2).flatMap { attributes[$0]?.characteristics[path] }
  }

  /// The descriptors of a characteristic, ordered by path, and so by handle.
  public func descriptors(of characteristic: ObjectPath) -> [BlueZDescriptor] {
    let device = characteristic.ancestor(2).flatMap { attributes[$0] }
    return device?.descriptors.values.filter { $0.characteristic == characteristic }.sorted { $0.path < $1.path } ?? []
  }

  /// Whether every service that is known of the device has a characteristic, and there is a service at all. Where it is not so, the objects
  /// may still be on their way.
  public func hasAttributes(_ device: ObjectPath) -> Bool {
    guard let known = attributes[device], !known.services.isEmpty, !known.characteristics.isEmpty else { return false }
    let occupied = Set(known.characteristics.values.map(\.service))
    return known.services.keys.allSatisfy(occupied.contains)
  }

  /// How many objects are kept.
  public var objectCount: Int { adapterObjects.count + deviceObjects.count + attributeCount }
}

/// The GATT objects of one device.
struct DeviceAttributes: Sendable {
  var services: [ObjectPath: BlueZService] = [:]
  var characteristics: [ObjectPath: BlueZCharacteristic] = [:]
  var descriptors: [ObjectPath: BlueZDescriptor] = [:]

  var count: Int { services.count + characteristics.count + descriptors.count }
}

extension ObjectPath {
  /// The path that many elements further up; nil where there is none.
  func ancestor(_ distance: Int) -> ObjectPath? {
    var path: ObjectPath? = self
    for _ in 0..<distance { path = path?.parent }
    return path
  }
}

extension [BlueZObjectTree.Change] {
  /// The same without repeated notices of changed attributes.
  fileprivate func coalesced() -> [BlueZObjectTree.Change] {
    var told: Set<ObjectPath> = []
    return filter { change in
      guard case .attributesChanged(let device) = change else { return true }
      return told.insert(device).inserted
    }
  }
}
