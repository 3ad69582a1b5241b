/// What can be done with a characteristic (Core Vol 3 Part G 3.3.1.1).
public struct CharacteristicProperties: OptionSet, Hashable, Sendable, CustomStringConvertible {
  /// The byte in the characteristic's declaration.
  public let rawValue: UInt8

  /// Properties from the byte in the characteristic's declaration.
  public init(rawValue: UInt8) {
    self.rawValue = rawValue
  }

  /// Its value may be broadcast.
  public static let broadcast = CharacteristicProperties(rawValue: 0x01)
  /// It can be read.
  public static let read = CharacteristicProperties(rawValue: 0x02)
  /// It can be written without a response.
  public static let writeWithoutResponse = CharacteristicProperties(rawValue: 0x04)
  /// It can be written with a response.
  public static let write = CharacteristicProperties(rawValue: 0x08)
  /// It sends values that are not confirmed.
  public static let notify = CharacteristicProperties(rawValue: 0x10)
  /// It sends values that are confirmed.
  public static let indicate = CharacteristicProperties(rawValue: 0x20)
  /// It can be written with a signature.
  public static let authenticatedSignedWrites = CharacteristicProperties(rawValue: 0x40)
  /// A descriptor holds more properties.
  public static let extendedProperties = CharacteristicProperties(rawValue: 0x80)

  /// The names as BlueZ's `Flags` property has them, in the order of the bits.
  public var flags: [String] { Self.flagNames.filter { contains($0.0) }.map(\.1) }

  /// The properties that the names of BlueZ's `Flags` property mean; names that are no GATT properties are passed over.
  public init(flags: some Sequence<String>) {
    self = flags.reduce(into: []) { properties, flag in
      if let known = Self.flagNames.first(where: { $0.1 == flag }) { properties.insert(known.0) }
    }
  }

  /// As in `read, notify`.
  public var description: String { flags.joined(separator: ", ") }

  private static let flagNames: [(CharacteristicProperties, String)] = [
    (.broadcast, "broadcast"), (.read, "read"), (.writeWithoutResponse, "write-without-response"), (.write, "write"),
    (.notify, "notify"), (.indicate, "indicate"), (.authenticatedSignedWrites, "authenticated-signed-writes"),
    (.extendedProperties, "extended-properties"),
  ]
}

/// A characteristic of a service as a server offers it.
public struct CharacteristicDescription: Hashable, Sendable {
  /// What identifies it.
  public let uuid: BluetoothUUID
  /// What people call it.
  public let name: String
  /// What can be done with it.
  public let properties: CharacteristicProperties
  /// Its descriptors besides that of its configuration, which notifications and indications bring with them; in the order of their handles.
  public let descriptors: [BluetoothUUID]

  /// A characteristic.
  public init(
    _ uuid: BluetoothUUID, name: String, properties: CharacteristicProperties, descriptors: [BluetoothUUID] = []
  ) {
    self.uuid = uuid
    self.name = name
    self.properties = properties
    self.descriptors = descriptors
  }
}

/// A service as a server offers it.
public struct ServiceDescription: Hashable, Sendable {
  /// What identifies it.
  public let uuid: BluetoothUUID
  /// What people call it.
  public let name: String
  /// Its characteristics, in the order of their handles.
  public let characteristics: [CharacteristicDescription]

  /// A service.
  public init(_ uuid: BluetoothUUID, name: String, characteristics: [CharacteristicDescription]) {
    self.uuid = uuid
    self.name = name
    self.characteristics = characteristics
  }
}
