public import PercussCore
public import PercussGATT

/// A kind of device that can be simulated: its firmware and its body.
public enum SimulatedModel: Sendable {
  /// A device that speaks the Percuss protocol.
  case percuss(DeviceModel)

  /// ``PercussCore/DeviceModel/elite``.
  public static let elite = SimulatedModel.percuss(.elite)
  /// ``PercussCore/DeviceModel/pro``.
  public static let pro = SimulatedModel.percuss(.pro)
  /// ``PercussCore/DeviceModel/mini``.
  public static let mini = SimulatedModel.percuss(.mini)

  /// The services of such a device.
  public var profile: Profile {
    switch self {
    case .percuss: .percuss
    }
  }

  /// The service of its own, which it advertises.
  public var service: BluetoothUUID {
    switch self {
    case .percuss: .percussService
    }
  }

  /// Its firmware, just switched on.
  func firmware(_ information: SimulatedDevice.Information) -> any Firmware {
    switch self {
    case .percuss(let model): PercussFirmware(model: model, information: information)
    }
  }
}
