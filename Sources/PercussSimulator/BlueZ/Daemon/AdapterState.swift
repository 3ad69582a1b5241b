public import PercussBlueZ
internal import PercussDBus
internal import PercussGATT

/// An adapter of the emulation.
struct AdapterState: Sendable {
  /// As in `hci0`.
  let name: String
  let address: BluetoothAddress
  let path: ObjectPath
  let systemName: String

  var alias: String?
  var isPowered: Bool
  var isDiscoverable = false
  /// In seconds; 0 is for ever.
  var discoverableTimeout: UInt32 = 180
  var isPairable = false
  var pairableTimeout: UInt32 = 0
  /// As the property `Discovering` says.
  var isDiscovering = false
  var discovery = DiscoverySessions()
  var devices: [BluetoothAddress: RemoteDevice] = [:]
  /// Of the GATT applications that are registered on it.
  var applicationServices: [BluetoothUUID] = []

  init(_ configuration: EmulatedAdapter) {
    name = configuration.name
    address = configuration.address
    path = DaemonObject.adapterPath(configuration.name)
    systemName = configuration.systemName
    isPowered = configuration.isPowered
  }

  /// In the order of their addresses, so that equal runs are equal.
  var addresses: [BluetoothAddress] { devices.keys.sorted() }
}

/// An adapter as the emulation begins with it.
public struct EmulatedAdapter: Sendable, Hashable {
  /// The name in its object path, as in `hci0`.
  public var name: String
  /// Its public address.
  public var address: BluetoothAddress
  /// The name of the host.
  public var systemName = "percuss"
  /// Whether it is switched on.
  public var isPowered = true

  /// An adapter that is switched on.
  ///
  /// - Parameters:
  ///   - name: `hci` and a number.
  ///   - address: nil for `00:AA:01:00:00:NN` with that number, as the virtual controllers of BlueZ's tools have them.
  public init(name: String = "hci0", address: BluetoothAddress? = nil) {
    self.name = name
    let number = UInt64(name.dropFirst(3)) ?? 0
    self.address = address ?? BluetoothAddress(rawValue: 0x00AA_0100_0000 | (number & 0xff))
  }
}
