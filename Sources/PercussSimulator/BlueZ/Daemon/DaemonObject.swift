internal import PercussBlueZ
internal import PercussDBus

/// A remote device as one adapter knows it.
struct DeviceKey: Hashable, Sendable, Comparable {
  /// As in `hci0`.
  var adapter: String
  var address: BluetoothAddress

  static func < (left: DeviceKey, right: DeviceKey) -> Bool {
    (left.adapter, left.address) < (right.adapter, right.address)
  }
}

/// What an object on the bus stands for. Attributes are known by their handles, as in their paths.
enum DaemonObject: Hashable, Sendable {
  /// `/org/bluez`.
  case daemon
  /// `/org/bluez/hci0`.
  case adapter(String)
  /// `/org/bluez/hci0/dev_C8_2E_47_0A_11_02`.
  case device(DeviceKey)
  /// `.../service000a`.
  case service(DeviceKey, UInt16)
  /// `.../service000a/char000b`.
  case characteristic(DeviceKey, UInt16)
  /// `.../service000a/char000b/desc000d`.
  case descriptor(DeviceKey, UInt16)

  static let daemonPath = ObjectPath.root.appending("org").appending("bluez")

  static func adapterPath(_ name: String) -> ObjectPath { daemonPath.appending(name) }

  static func devicePath(_ key: DeviceKey) -> ObjectPath {
    adapterPath(key.adapter).appending("dev_\(key.address.pathElement)")
  }
}

extension UInt16 {
  /// Four hexadecimal digits, as handles have in paths.
  var handleText: String {
    let digits = String(self, radix: 16)
    return String(repeating: "0", count: 4 - digits.count) + digits
  }
}
