public import PercussGATT

/// What a device is, as far as its advertisement tells: its name and its services together.
///
/// ```swift
/// let family = DeviceFamily(name: found.name, services: found.services)
/// let device = try await Device.connect(over: link, dialect: try DeviceFamily.dialect(for: family, ratio: nil))
/// ```
public enum DeviceFamily: Hashable, Sendable {
  /// The Percuss service says so.
  case percuss
  /// The service that Theraguns share with others, and the name of one. What it is its answers have to confirm.
  case theragun(TheragunKind)
  /// The same of a roller.
  case theragunRoller(name: String)
  /// The service that Theraguns share with others, and a name that says nothing.
  case stranger(name: String?)

  private static let rollers: Set<String> = ["fr01", "WaveSolo", "WaveDuo"]

  /// The family of a device that advertises, or has, these; nil where neither tells.
  public init?(name: String?, services: [BluetoothUUID]) {
    if services.contains(.percussService) {
      self = .percuss
    } else if services.contains(.theragunService) {
      if let kind = name.flatMap(TheragunKind.init(rawValue:)) {
        self = .theragun(kind)
      } else if let name, Self.rollers.contains(name) {
        self = .theragunRoller(name: name)
      } else {
        self = .stranger(name: name)
      }
    } else {
      return nil
    }
  }

  /// The dialect's name, where there is one.
  public var dialectName: String? {
    switch self {
    case .percuss: PercussDialect().name
    case .theragun, .theragunRoller: TheragunDialect.family
    case .stranger: nil
    }
  }

  /// Whether the dialect was made without its maker, from what is public.
  public var isUnofficial: Bool { self != .percuss }

  /// Why devices of this kind cannot be used; nil for one that can.
  public var problem: String? {
    switch self {
    case .percuss, .theragun: nil
    case .theragunRoller(let name):
      "\(name) is a roller, whose speeds are levels; how they are encoded is not public"
    case .stranger(let name):
      "it has the service 0xFFE0, which many products have, and its name, \(name.map { "“\($0)”" } ?? "none"), is not that of a Theragun ("
        + TheragunKind.allCases.map(\.rawValue).joined(separator: ", ") + ")"
    }
  }

  /// What speaks to a device of that family; of unknown ones the Percuss protocol asks what they are, which disturbs nothing.
  ///
  /// - Parameter ratio: how the speeds of a motor and PPM belong together, where the user states it.
  /// - Throws: `.notRecognised` for one that cannot be used; `.invalidArgument` for a ratio where speeds are in PPM.
  public static func dialect(for family: DeviceFamily?, ratio: SpeedRatio?) throws(DeviceError) -> any Dialect {
    if let problem = family?.problem {
      throw DeviceError(.notRecognised(family: TheragunDialect.family, problem: problem), during: "connecting")
    }
    if case .theragun(let kind) = family { return TheragunDialect(kind, ratio: ratio) }
    guard ratio == nil else {
      throw DeviceError(
        .invalidArgument("the device's speeds are in PPM, so there is no ratio of RPM to state"), during: "connecting")
    }
    return PercussDialect()
  }
}
