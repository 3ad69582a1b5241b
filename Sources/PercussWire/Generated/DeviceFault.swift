// Written by protocol-generator from protocol-spec/percuss.yaml: change that page, then run `make generate`.

/// One fault of the device; the bit of the same number is set in the telemetry.
///
/// A later minor version may add values: one that has no name here is kept.
public struct DeviceFault: RawRepresentable, Hashable, Sendable {
  /// The value on the wire.
  public var rawValue: UInt8

  /// Any value, with a name or without.
  @inlinable public init(rawValue: UInt8) {
    self.rawValue = rawValue
  }

  /// The load held the motor for too long.
  @inlinable public static var stall: Self { Self(rawValue: 0x00) }
  /// The motor is too hot.
  @inlinable public static var overheat: Self { Self(rawValue: 0x01) }
  /// The battery cannot drive the motor.
  @inlinable public static var batteryEmpty: Self { Self(rawValue: 0x02) }
  /// The motor does not follow its command.
  @inlinable public static var motorFailure: Self { Self(rawValue: 0x03) }

  /// The name in the specification; nil for a value that this version does not know.
  public var name: StaticString? {
    switch rawValue {
    case 0x00: "stall"
    case 0x01: "overheat"
    case 0x02: "battery_empty"
    case 0x03: "motor_failure"
    default: nil
    }
  }
}

#if !hasFeature(Embedded)
  extension DeviceFault: CustomStringConvertible {
    /// The values that this version knows.
    public static let knownValues: [Self] = [
      .stall,
      .overheat,
      .batteryEmpty,
      .motorFailure,
    ]

    /// The name in the specification, or the number.
    public var description: String { name.map { "\($0)" } ?? "0x" + String(rawValue, radix: 16) }
  }
#endif
