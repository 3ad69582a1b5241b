/// The names of BlueZ on the bus.
public enum BlueZ {
  /// The well-known name of bluetoothd.
  public static let busName = "org.bluez"
}
