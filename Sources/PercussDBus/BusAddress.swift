internal import Glibc

/// Where a bus listens, as in `unix:path=/run/dbus/system_bus_socket` (D-Bus Specification, "Server Addresses").
public struct BusAddress: Sendable, Hashable, CustomStringConvertible {
  /// The text of the address.
  public let description: String

  /// An address from its text, which is not checked until it is used.
  public init(_ text: String) {
    description = text
  }

  /// The socket at a path of the file system.
  public init(path: String) {
    // What is not in this set is written as %xx.
    let plain = Set("-_/.\\*0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8)
    let digits = Array("0123456789abcdef".utf8)
    var text = Array("unix:path=".utf8)
    for byte in path.utf8 {
      if plain.contains(byte) {
        text.append(byte)
      } else {
        text += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 0xF)]]
      }
    }
    description = String(decoding: text, as: UTF8.self)
  }

  /// The system bus: what `DBUS_SYSTEM_BUS_ADDRESS` names, else `/run/dbus/system_bus_socket`.
  public static var system: BusAddress {
    unsafe getenv("DBUS_SYSTEM_BUS_ADDRESS").map { unsafe BusAddress(String(cString: $0)) }
      ?? BusAddress(path: "/run/dbus/system_bus_socket")
  }
}
