internal import PercussBlueZ
internal import PercussDBus
internal import PercussGATT

/// A GATT application as it showed itself when it was registered.
struct RegisteredApplication: Sendable, Equatable {
  struct Service: Sendable, Equatable {
    let path: ObjectPath
    let uuid: BluetoothUUID
    var characteristics: [Characteristic] = []
  }

  struct Characteristic: Sendable, Equatable {
    let path: ObjectPath
    let uuid: BluetoothUUID
    let properties: CharacteristicProperties
    /// Whether it is to be read or written over encrypted links only; BlueZ has a flag for each, this emulation one for both.
    let needsEncryption: Bool
    /// It has the property `NotifyAcquired`, and so `AcquireNotify`.
    var acquiresNotify: Bool
    /// It has the property `WriteAcquired`, and so `AcquireWrite`.
    var acquiresWrite: Bool
    /// In the order of the reply.
    var descriptors: [Descriptor] = []
  }

  struct Descriptor: Sendable, Equatable {
    let path: ObjectPath
    let uuid: BluetoothUUID
    let canRead: Bool
    let canWrite: Bool
    let needsEncryption: Bool
  }

  var services: [Service] = []

  /// How many objects an application may have, and how many bytes may describe them. bluetoothd takes as many as there are handles; nobody needs so many.
  static let objectLimit = 1_024
  static let byteLimit = 1 << 20

  /// Reads the reply to `GetManagedObjects` as bluetoothd does, in the order of the reply.
  ///
  /// - Throws: the error with which bluetoothd refuses such an application.
  init(_ reply: [DBusValue]) throws(DBusErrorReply) {
    guard reply.first?.entries?.count ?? 0 <= Self.objectLimit, reply.reduce(0, { $0 + $1.weight }) <= Self.byteLimit
    else { throw .failed("Failed to create entry in database") }
    let objects = (reply.first?.entries ?? []).compactMap { entry -> (ObjectPath, [String: [String: DBusValue]])? in
      guard let path = entry.key.objectPath, let interfaces = entry.value.entries else { return nil }
      let pairs = interfaces.compactMap { entry in
        entry.key.string.flatMap { name in entry.value.propertyMap.map { (name, $0) } }
      }
      return (path, Dictionary(pairs, uniquingKeysWith: { first, _ in first }))
    }
    guard !objects.isEmpty else { throw .failed("No object received") }
    for (path, interfaces) in objects {
      guard let properties = interfaces[BlueZ.Interface.service] else { continue }
      guard let uuid = Self.uuid(properties), properties["Primary"]?.bool != nil else {
        throw .failed("Failed to create entry in database")
      }
      services.append(Service(path: path, uuid: uuid))
    }
    for (path, interfaces) in objects {
      guard let properties = interfaces[BlueZ.Interface.characteristic] else { continue }
      guard let parent = properties["Service"]?.objectPath,
        let service = services.firstIndex(where: { $0.path == parent }),
        let flags = properties["Flags"]?.strings, !flags.isEmpty, Self.flags.isSuperset(of: flags)
      else { throw .failed("No valid service object found") }
      guard let uuid = Self.uuid(properties) else { throw .failed("Failed to create entry in database") }
      services[service].characteristics.append(Characteristic(path: path, uuid: uuid, flags: flags, properties))
    }
    for (path, interfaces) in objects {
      guard let properties = interfaces[BlueZ.Interface.descriptor] else { continue }
      try add(properties, at: path)
    }
    guard !services.isEmpty else { throw .failed("No valid service object found") }
  }

  private mutating func add(_ descriptor: [String: DBusValue], at path: ObjectPath) throws(DBusErrorReply) {
    guard let parent = descriptor["Characteristic"]?.objectPath,
      let service = services.firstIndex(where: { $0.characteristics.contains { $0.path == parent } }),
      let index = services[service].characteristics.firstIndex(where: { $0.path == parent }),
      let flags = descriptor["Flags"]?.strings, !flags.isEmpty, Self.descriptorFlags.isSuperset(of: flags)
    else { throw .failed("No valid service object found") }
    guard let uuid = Self.uuid(descriptor) else { throw .failed("Failed to create entry in database") }
    // Those of the configuration and of extended properties bluetoothd makes itself.
    guard ![BluetoothUUID(0x2900), BluetoothUUID(0x2902)].contains(uuid) else { return }
    services[service].characteristics[index].descriptors.append(Descriptor(path: path, uuid: uuid, flags: flags))
  }

  private static let descriptorFlags: Set<String> = [
    "read", "write", "encrypt-read", "encrypt-write", "encrypt-authenticated-read", "encrypt-authenticated-write",
    "secure-read", "secure-write", "authorize",
  ]

  /// bluetoothd keeps Generic Access and Generic Attribute to itself.
  private static func uuid(_ properties: [String: DBusValue]) -> BluetoothUUID? {
    properties["UUID"]?.string.flatMap { BluetoothUUID($0) }.flatMap { uuid in
      [BluetoothUUID(0x1800), BluetoothUUID(0x1801)].contains(uuid) ? nil : uuid
    }
  }

  /// All others make an application invalid.
  private static let flags: Set<String> = [
    "broadcast", "read", "write-without-response", "write", "notify", "indicate", "authenticated-signed-writes",
    "extended-properties", "reliable-write", "writable-auxiliaries", "encrypt-read", "encrypt-write", "encrypt-notify",
    "encrypt-indicate", "encrypt-authenticated-read", "encrypt-authenticated-write", "encrypt-authenticated-notify",
    "encrypt-authenticated-indicate", "secure-read", "secure-write", "secure-notify", "secure-indicate", "authorize",
  ]
}

extension RegisteredApplication.Characteristic {
  init(path: ObjectPath, uuid: BluetoothUUID, flags: [String], _ values: [String: DBusValue]) {
    self.path = path
    self.uuid = uuid
    let secured = flags.filter { $0.hasPrefix("encrypt-") || $0.hasPrefix("secure-") }
    var all = CharacteristicProperties(flags: flags)
    for flag in secured {
      all.formUnion(CharacteristicProperties(flags: [String(flag.split(separator: "-").last ?? "")]))
    }
    properties = all
    needsEncryption = !secured.isEmpty
    acquiresNotify = values["NotifyAcquired"] != nil
    acquiresWrite = values["WriteAcquired"] != nil
  }
}

extension RegisteredApplication.Descriptor {
  init(path: ObjectPath, uuid: BluetoothUUID, flags: [String]) {
    self.path = path
    self.uuid = uuid
    canRead = flags.contains { $0.hasSuffix("read") }
    canWrite = flags.contains { $0.hasSuffix("write") }
    needsEncryption = flags.contains { $0.contains("-") }
  }
}

/// An advertisement as an application has registered it.
struct RegisteredAdvertisement: Sendable, Equatable {
  var content = AdvertisementContent()
  /// Whether the flags are in the data, and not left to the adapter.
  var hasFlags = false
  var isConnectable = true
  var includesName = false
  var includesAppearance = false
  /// In seconds, after which it is released; 0 for never.
  var timeout: UInt16 = 0
  /// Whether it wants to know the number of its instance.
  var hasInstance = false

  /// Reads the properties of `LEAdvertisement1` as bluetoothd does.
  ///
  /// - Throws: the error with which bluetoothd refuses it.
  init(_ properties: [String: DBusValue]) throws(DBusErrorReply) {
    let refusal = DBusErrorReply.failed("Failed to parse advertisement.")
    switch properties["Type"]?.string {
    case "peripheral": break
    case "broadcast": isConnectable = false
    default: throw refusal
    }
    let texts = properties["ServiceUUIDs"]?.strings ?? []
    content.services = texts.compactMap { BluetoothUUID($0) }
    guard content.services.count == texts.count else { throw refusal }
    for entry in properties["ManufacturerData"]?.entries ?? [] {
      guard let company = entry.key.integer(as: UInt16.self), let data = entry.value.bytes else { throw refusal }
      content.manufacturerData[company] = data
    }
    for (service, data) in properties["ServiceData"]?.propertyMap ?? [:] {
      guard let uuid = BluetoothUUID(service), let data = data.bytes else { throw refusal }
      content.serviceData[uuid] = data
    }
    content.name = properties["LocalName"]?.string
    content.appearance = properties["Appearance"]?.integer(as: UInt16.self)
    let includes = properties["Includes"]?.strings ?? []
    content.includesTransmitPower = includes.contains("tx-power")
    includesName = includes.contains("local-name")
    includesAppearance = includes.contains("appearance")
    guard !(includesName && content.name != nil), !(includesAppearance && content.appearance != nil) else {
      throw refusal
    }
    hasFlags = properties["Discoverable"]?.bool != nil
    content.isDiscoverable = properties["Discoverable"]?.bool ?? false
    guard isConnectable || !content.isDiscoverable else { throw refusal }
    timeout = properties["Timeout"]?.integer(as: UInt16.self) ?? 0
    hasInstance = properties["Instance"] != nil
  }

  /// How many bytes the data has, with what the adapter adds.
  func size(onDiscoverable adapterIsDiscoverable: Bool) -> Int {
    let flags = hasFlags || adapterIsDiscoverable && isConnectable ? 3 : 0
    return content.size - 3 + flags + (includesAppearance ? 4 : 0)
  }
}
