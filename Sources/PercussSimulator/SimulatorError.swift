public import PercussBlueZ
public import PercussDBus

/// Why a ``Simulator`` cannot begin.
public enum SimulatorError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The bus does not work.
  case bus(DBusFailure)
  /// Somebody else owns the name that it needs; with who that is, as far as the bus tells.
  case nameTaken(String, owner: String)
  /// The bus does not let this user own the name.
  case nameForbidden(String)

  /// bluetoothd does not offer the device.
  case peripheral(PeripheralError)
  /// An adapter serves one device, not as many as this.
  case oneDevice(Int)
  /// The device is to pair by this number, but on a real adapter the two controllers agree on one of their own.
  case pairingNumber(UInt32)

  /// What happened, and what to do about it.
  public var description: String {
    switch self {
    case .bus(let failure): failure.description
    case .peripheral(let error): error.description
    case .oneDevice(let count):
      "an adapter serves one device, but the configuration has \(count): leave one under devices"
    case .pairingNumber(let number):
      "on a real adapter nobody chooses the number of a pairing, but the configuration says \(number): use the method just_works or rejects"
    case .nameTaken(let name, let owner):
      "\(name) belongs to \(owner) on this bus: stop that one, or use a bus of your own (without --bus one is started)"
    case .nameForbidden(let name):
      "the policy of this bus lets this user not own \(name): use a bus of your own (without --bus one is started), or install the policy from systemd/"
    }
  }
}
