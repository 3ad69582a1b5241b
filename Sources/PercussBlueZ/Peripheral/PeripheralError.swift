public import PercussDBus

/// Why a peripheral cannot be offered through bluetoothd.
public enum PeripheralError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The advertisement has more bytes than fit.
  case advertisementTooLong(size: Int, limit: Int)
  /// The advertising interval is out of its range.
  case advertisingInterval(ClosedRange<Duration>)
  /// Nobody owns `org.bluez` on the bus.
  case noBluetoothd
  /// bluetoothd has no such adapter; with those that it has, as in `hci0 (00:AA:01:00:00:00)`.
  case noAdapter(String, present: [String])
  /// The adapter cannot be a peripheral: it has no `GattManager1` or no `LEAdvertisingManager1`.
  case notAPeripheral(adapter: String)
  /// The adapter is switched off.
  case notPowered(adapter: String)
  /// bluetoothd refuses to register something: the application, the advertisement or the agent.
  case refused(String, adapter: String, DBusFailure)
  /// The bus does not work.
  case bus(DBusFailure)
  /// The peripheral was stopped.
  case stopped

  /// What happened, where, and what to do about it.
  public var description: String {
    switch self {
    case .advertisementTooLong(let size, let limit):
      "the advertisement has \(size) bytes, but only \(limit) fit; a 128-bit service UUID takes 16 of them: name fewer services or less data"
    case .advertisingInterval(let interval):
      "the advertising interval is \(interval), but must lie within 20 ms and 10.24 s"
    case .noBluetoothd:
      "bluetoothd does not run on this bus: install the package bluez, then `systemctl start bluetooth`"
    case .noAdapter(let wanted, let present):
      "there is no adapter \(wanted); "
        + (present.isEmpty
          ? "bluetoothd has none at all: plug one in, and check `rfkill list`"
          : "there is \(present.joined(separator: ", "))")
    case .notAPeripheral(let adapter):
      "the adapter \(adapter) cannot be a peripheral: bluetoothd offers no GATT or no advertising manager for it; it needs Bluetooth LE"
    case .notPowered(let adapter):
      "the adapter \(adapter) is switched off: `bluetoothctl power on`, and check `rfkill list`"
    case .refused(let what, let adapter, let failure):
      "bluetoothd does not take the \(what) on \(adapter): \(failure)"
    case .bus(let failure): failure.description
    case .stopped: "the peripheral was stopped"
    }
  }
}
