public import PercussBlueZ
public import PercussGATT
internal import PercussTime

/// What a device on the ``EmulatedAir`` says of itself in its advertisements and scan responses.
public struct AirAdvertisement: Sendable, Hashable {
  /// The address that it advertises from.
  public var address: BluetoothAddress
  /// Whether the address is a random one (Core Vol 6 Part B 1.3.2) or was given by the IEEE.
  public var isAddressRandom = true
  /// Complete Local Name.
  public var name: String?
  /// Complete List of Service UUIDs.
  public var services: [BluetoothUUID]
  /// Manufacturer Specific Data by company.
  public var manufacturerData: [UInt16: [UInt8]] = [:]
  /// Service Data by service.
  public var serviceData: [BluetoothUUID: [UInt8]] = [:]
  /// Appearance (Assigned Numbers 2.6).
  public var appearance: UInt16?
  /// TX Power Level in dBm.
  public var transmitPower: Int8?
  /// Flags (Supplement to the Core, Part A 1.3). Without a discoverable mode nobody reports the device.
  public var flags: UInt8 = 0x06
  /// What receivers say of its signal, in dBm, -127 to 20; each advertisement arrives up to 3 dB stronger or weaker.
  public var signalStrength: Int8 = -60
  /// Whether it accepts connections.
  public var isConnectable = true
  /// How many centrals may be connected at once.
  public var connectionLimit = 4

  /// An advertisement of a device that can be connected.
  public init(address: BluetoothAddress, name: String? = nil, services: [BluetoothUUID] = []) {
    self.address = address
    self.name = name
    self.services = services
  }

  /// Whether it advertises as discoverable, limited or general.
  var isDiscoverable: Bool { flags & 0x03 != 0 }
}

/// One advertisement, as a receiver heard it.
struct AirReport: Sendable, Equatable {
  var advertisement: AirAdvertisement
  /// Which of the device's advertisements it is (Advertising Set ID, Core Vol 6 Part B 4.4.2.10).
  var set: UInt8 = 0
  /// In dBm.
  var signalStrength: Int8
}
