// Written by protocol-generator from protocol-spec/percuss.yaml: change that page, then run `make generate`.

/// The faults that are active.
///
/// A later minor version may add flags: a bit that has no name here is kept.
public struct DeviceFaults: OptionSet, Hashable, Sendable {
  /// The bits on the wire.
  public var rawValue: UInt8

  /// Any bits, with a name or without.
  @inlinable public init(rawValue: UInt8) {
    self.rawValue = rawValue
  }

  /// The load held the motor for too long.
  @inlinable public static var stall: Self { Self(rawValue: 1 << 0) }
  /// The motor is too hot.
  @inlinable public static var overheat: Self { Self(rawValue: 1 << 1) }
  /// The battery cannot drive the motor.
  @inlinable public static var batteryEmpty: Self { Self(rawValue: 1 << 2) }
  /// The motor does not follow its command.
  @inlinable public static var motorFailure: Self { Self(rawValue: 1 << 3) }

  /// The bits that have a name.
  @inlinable public static var known: UInt8 { 0x0F }
}

#if !hasFeature(Embedded)
  extension DeviceFaults: CustomStringConvertible {
    /// The names of the flags that are set, and the bits without a name.
    public var description: String {
      var names: [String] = []
      if contains(.stall) { names.append("stall") }
      if contains(.overheat) { names.append("overheat") }
      if contains(.batteryEmpty) { names.append("battery_empty") }
      if contains(.motorFailure) { names.append("motor_failure") }
      let others = rawValue & ~Self.known
      if others != 0 { names.append("0x" + String(others, radix: 16)) }
      return "[" + names.joined(separator: ", ") + "]"
    }
  }
#endif
