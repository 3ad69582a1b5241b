public import PercussWire

/// One of the centrals that are connected at once: 0 to 3.
public struct CentralNumber: Hashable, Sendable {
  /// The number.
  public var rawValue: UInt8

  /// How many centrals a device serves at once.
  public static let limit = 4

  /// The central of that number.
  public init(_ rawValue: UInt8) {
    self.rawValue = rawValue
  }
}

/// What happens to a device, other than values that are written to it: the same for every firmware, but for its characteristics.
public enum FirmwareInput<Characteristic: Hashable & Sendable>: Hashable, Sendable {
  /// A central connected. A number that is not free, or is beyond the limit, is answered by a disconnection.
  case connected(CentralNumber)
  /// The connection of a central ended.
  case disconnected(CentralNumber)
  /// A central enabled or disabled notifications or indications.
  case subscribed(CentralNumber, Characteristic, Bool)
  /// A central confirmed the indication that it was sent.
  case indicationConfirmed(CentralNumber)
  /// Time passed, to the next deadline that the firmware named.
  case tick
  /// The button was pressed, and how.
  case button(ButtonAction)
  /// The device is pressed with that force, in tenths of a newton.
  case load(decinewtons: UInt16)
  /// A fault of the body.
  case injected(DeviceInjection)

  /// The same with another way to name characteristics; nil where it has no name for the one that this is about.
  public func naming<Other>(
    _ name: (Characteristic) -> Other?
  ) -> FirmwareInput<Other>? {
    switch self {
    case .connected(let central): .connected(central)
    case .disconnected(let central): .disconnected(central)
    case .subscribed(let central, let characteristic, let isOn):
      name(characteristic).map { .subscribed(central, $0, isOn) }
    case .indicationConfirmed(let central): .indicationConfirmed(central)
    case .tick: .tick
    case .button(let action): .button(action)
    case .load(let force): .load(decinewtons: force)
    case .injected(let injection): .injected(injection)
    }
  }
}

/// A fault of the body that a test asks for.
public enum DeviceInjection: Hashable, Sendable {
  /// The motor does not turn, though nothing presses it.
  case motorStuck(Bool)
  /// The motor has that temperature, in tenths of a degree Celsius.
  case temperature(decidegrees: Int16)
  /// The battery has that charge, 0 to 100 per cent.
  case battery(percent: UInt8)
}

/// What the motor really does, whatever the device says: the ground truth for tests.
///
/// Speeds are in thousandths of a percussion per minute. They hold as of the last round of the control loop, at most 5 ms ago.
public struct MotorTruth: Equatable, Sendable {
  /// Speed of the motor. Never above the setpoint.
  public var speedMilliPPM: Int32
  /// Speed that the control loop drives to. Never above what is permitted.
  public var setpointMilliPPM: Int32
  /// Highest speed that the force on the motor permits.
  public var permittedMilliPPM: Int32
  /// Force on the motor, in tenths of a newton.
  public var forceDecinewtons: UInt16
  /// Force limit that is in force, in tenths of a newton.
  public var forceLimitDecinewtons: UInt16
  /// Temperature of the motor, in tenths of a degree Celsius.
  public var temperatureDecidegrees: Int16
  /// Charge in per cent, rounded up.
  public var batteryPercent: UInt8
  /// What the device is doing.
  public var state: DeviceState
  /// The faults that are latched.
  public var faults: DeviceFaults
  /// Step of the routine or stream; 65535 without one.
  public var step: UInt16
  /// The central that holds the lease.
  public var holder: CentralNumber?
  /// Whether the device is switched on.
  public var isOn: Bool
}
