public import PercussDBus
public import PercussGATT

/// An adapter as bluetoothd shows it (`org.bluez.Adapter1`).
public struct BlueZAdapter: Hashable, Sendable {
  /// Its object; the number in it may change while the adapter stays the same.
  public let path: ObjectPath
  /// What identifies it; nil until bluetoothd has said it.
  public internal(set) var address: BluetoothAddress?
  /// Whether it is switched on.
  public internal(set) var isPowered = false
  /// Whether somebody's discovery is under way on it.
  public internal(set) var isDiscovering = false
  /// Whether it can be a central; so it is where bluetoothd does not say (before 5.55).
  public internal(set) var canBeCentral = true
  /// The names of the interfaces of the object, as far as there are no more than 64.
  public internal(set) var interfaces: Set<String> = []

  /// As in `hci0`.
  public var name: String { String(path.lastElement) }
}

/// A remote device as bluetoothd shows it (`org.bluez.Device1`).
public struct BlueZDevice: Hashable, Sendable {
  /// Its object.
  public let path: ObjectPath
  /// What identifies it.
  public internal(set) var address: BluetoothAddress
  /// The name that it advertises or has told; nil when it has not.
  public internal(set) var name: String?
  /// Whether there is a link to it, whoever made it.
  public internal(set) var isConnected = false
  /// Whether bluetoothd says that it knows the device's GATT services, for this link.
  public internal(set) var servicesAreResolved = false
  /// Whether it is paired.
  public internal(set) var isPaired = false
  /// Whether its keys are kept.
  public internal(set) var isBonded = false
  /// Whether the user trusts it.
  public internal(set) var isTrusted = false
  /// Whether the user has blocked it.
  public internal(set) var isBlocked = false
  /// Received signal strength in dBm, -127 to 20; nil when nothing is received at present, or it is not known.
  public internal(set) var signalStrength: Int?
  /// Whether it has been heard in the discovery that is under way.
  public internal(set) var isBeingReceived = false
  /// The services that it advertises or has, at most 256.
  public internal(set) var services: [BluetoothUUID] = []

  /// The adapter that sees it.
  public var adapter: ObjectPath { path.parent ?? .root }
}

/// A GATT service of a device (`org.bluez.GattService1`).
public struct BlueZService: Hashable, Sendable {
  /// Its object.
  public let path: ObjectPath
  /// What identifies it.
  public internal(set) var uuid: BluetoothUUID
  /// Whether it is a primary service.
  public internal(set) var isPrimary = true
}

/// A GATT characteristic of a device (`org.bluez.GattCharacteristic1`).
public struct BlueZCharacteristic: Hashable, Sendable {
  /// Its object.
  public let path: ObjectPath
  /// What identifies it.
  public internal(set) var uuid: BluetoothUUID
  /// What can be done with it.
  public internal(set) var properties: CharacteristicProperties = []
  /// ATT_MTU of the link in bytes, 23 to 517; nil when bluetoothd does not say (before 5.62).
  public internal(set) var maximumTransmissionUnit: Int?
  /// Whether somebody receives its values through signals or a descriptor.
  public internal(set) var isNotifying = false
  /// Whether somebody has its values sent to a descriptor; nil where that is not offered.
  public internal(set) var isNotifyAcquired: Bool?
  /// Whether somebody writes it through a descriptor; nil where that is not offered.
  public internal(set) var isWriteAcquired: Bool?
  /// Whether some program has its values sent, or holds a descriptor for it.
  var isInUse: Bool { isNotifying || isNotifyAcquired == true || isWriteAcquired == true }

  /// The service that it belongs to.
  public var service: ObjectPath { path.parent ?? .root }
}

/// A GATT descriptor of a device (`org.bluez.GattDescriptor1`).
public struct BlueZDescriptor: Hashable, Sendable {
  /// Its object.
  public let path: ObjectPath
  /// What identifies it.
  public internal(set) var uuid: BluetoothUUID

  /// The characteristic that it belongs to.
  public var characteristic: ObjectPath { path.parent ?? .root }
}

/// The parts of a device that a change is about.
public struct DeviceAspects: OptionSet, Hashable, Sendable {
  /// One bit for each part.
  public let rawValue: UInt8

  /// Parts from their bits.
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Whether there is a link to it.
  public static let connection = DeviceAspects(rawValue: 1)
  /// Whether its services are known.
  public static let resolution = DeviceAspects(rawValue: 2)
  /// It was heard: name, services, signal strength, or the data of its advertisement, which may be the same as before.
  public static let advertisement = DeviceAspects(rawValue: 4)
  /// Pairing, bond, trust, block.
  public static let pairing = DeviceAspects(rawValue: 8)
}
