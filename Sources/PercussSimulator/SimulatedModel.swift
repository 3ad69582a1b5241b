public import PercussCore
public import PercussGATT

/// A kind of device that can be simulated: its firmware and its body.
public enum SimulatedModel: Sendable {
  /// A device that speaks the Percuss protocol.
  case percuss(DeviceModel)
  /// A Theragun of the fourth generation, as far as its protocol is public; unofficial, and not tried on hardware.
  case theragun(TheragunModel, linkLoss: LinkLossBehaviour = .keepsRunning)

  /// ``PercussCore/DeviceModel/elite``.
  public static let elite = SimulatedModel.percuss(.elite)
  /// ``PercussCore/DeviceModel/pro``.
  public static let pro = SimulatedModel.percuss(.pro)
  /// ``PercussCore/DeviceModel/mini``.
  public static let mini = SimulatedModel.percuss(.mini)

  /// All of them, by the name that a user gives.
  public static let named: [(name: String, model: SimulatedModel)] = [
    ("elite", .elite), ("pro", .pro), ("mini", .mini), ("theragun-pro", .theragun(.pro)),
    ("theragun-elite", .theragun(.elite)), ("theragun-prime", .theragun(.prime)),
  ]

  /// The model of that name; `theragun` is short for `theragun-pro`.
  public init?(named name: String) {
    let name = name == "theragun" ? "theragun-pro" : name
    guard let model = Self.named.first(where: { $0.name == name })?.model else { return nil }
    self = model
  }

  /// The services of such a device.
  public var profile: Profile {
    switch self {
    case .percuss: .percuss
    case .theragun: .theragun
    }
  }

  /// The service of its own, which it advertises.
  public var service: BluetoothUUID {
    switch self {
    case .percuss: .percussService
    case .theragun: .theragunService
    }
  }

  /// What such a device advertises as its name, where all of the model advertise the same one, by which they are known; otherwise nil.
  public var advertisedName: String? {
    switch self {
    case .percuss: nil
    case .theragun(.pro, _): "Pro"
    case .theragun(.elite, _): "Elite"
    case .theragun(.prime, _): "Prime"
    }
  }

  /// Its firmware, just switched on.
  func firmware(_ information: SimulatedDevice.Information) -> any Firmware {
    switch self {
    case .percuss(let model): PercussFirmware(model: model, information: information)
    case .theragun(let model, let linkLoss): TheragunFirmware(model: model, linkLoss: linkLoss)
    }
  }
}
