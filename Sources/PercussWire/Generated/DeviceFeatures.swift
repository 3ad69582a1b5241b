// Written by protocol-generator from protocol-spec/percuss.yaml: change that page, then run `make generate`.

/// What a device can do.
///
/// A later minor version may add flags: a bit that has no name here is kept.
public struct DeviceFeatures: OptionSet, Hashable, Sendable {
  /// The bits on the wire.
  public var rawValue: UInt32

  /// Any bits, with a name or without.
  @inlinable public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// Stores and plays routines.
  @inlinable public static var routines: Self { Self(rawValue: 1 << 0) }
  /// Plays queued steps.
  @inlinable public static var stream: Self { Self(rawValue: 1 << 1) }
  /// Answers on the Clock characteristic.
  @inlinable public static var clock: Self { Self(rawValue: 1 << 2) }
  /// Yields above a force limit.
  @inlinable public static var forceLimit: Self { Self(rawValue: 1 << 3) }
  /// Measures the force.
  @inlinable public static var forceSensor: Self { Self(rawValue: 1 << 4) }
  /// Has a timer.
  @inlinable public static var timer: Self { Self(rawValue: 1 << 5) }
  /// Has presets.
  @inlinable public static var presets: Self { Self(rawValue: 1 << 6) }
  /// Plays steps that wait for the operator.
  @inlinable public static var wait: Self { Self(rawValue: 1 << 7) }
  /// Measures the motor's temperature.
  @inlinable public static var temperatureSensor: Self { Self(rawValue: 1 << 8) }

  /// The bits that have a name.
  @inlinable public static var known: UInt32 { 0x0000_01FF }
}

#if !hasFeature(Embedded)
  extension DeviceFeatures: CustomStringConvertible {
    /// The names of the flags that are set, and the bits without a name.
    public var description: String {
      var names: [String] = []
      if contains(.routines) { names.append("routines") }
      if contains(.stream) { names.append("stream") }
      if contains(.clock) { names.append("clock") }
      if contains(.forceLimit) { names.append("force_limit") }
      if contains(.forceSensor) { names.append("force_sensor") }
      if contains(.timer) { names.append("timer") }
      if contains(.presets) { names.append("presets") }
      if contains(.wait) { names.append("wait") }
      if contains(.temperatureSensor) { names.append("temperature_sensor") }
      let others = rawValue & ~Self.known
      if others != 0 { names.append("0x" + String(others, radix: 16)) }
      return "[" + names.joined(separator: ", ") + "]"
    }
  }
#endif
