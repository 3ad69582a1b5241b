// Written by protocol-generator from protocol-spec/percuss.yaml: change that page, then run `make generate`.

/// Why the state changed or a routine ended.
///
/// A later minor version may add values: one that has no name here is kept.
public struct ChangeCause: RawRepresentable, Hashable, Sendable {
  /// The value on the wire.
  public var rawValue: UInt8

  /// Any value, with a name or without.
  @inlinable public init(rawValue: UInt8) {
    self.rawValue = rawValue
  }

  /// The device began.
  @inlinable public static var powerOn: Self { Self(rawValue: 0x00) }
  /// A control request.
  @inlinable public static var command: Self { Self(rawValue: 0x01) }
  /// The button on the device.
  @inlinable public static var button: Self { Self(rawValue: 0x02) }
  /// The routine, stream or ramp came to its end.
  @inlinable public static var completed: Self { Self(rawValue: 0x03) }
  /// The timer ran out.
  @inlinable public static var timer: Self { Self(rawValue: 0x04) }
  /// The central fell silent.
  @inlinable public static var leaseExpired: Self { Self(rawValue: 0x05) }
  /// The central's connection ended.
  @inlinable public static var linkLost: Self { Self(rawValue: 0x06) }
  /// A fault.
  @inlinable public static var fault: Self { Self(rawValue: 0x07) }
  /// The queue ran dry.
  @inlinable public static var underflow: Self { Self(rawValue: 0x08) }
  /// The operator did not confirm in time.
  @inlinable public static var waitTimeout: Self { Self(rawValue: 0x09) }
  /// The instant or the step of a schedule was reached.
  @inlinable public static var schedule: Self { Self(rawValue: 0x0A) }
  /// The central gave the lease back.
  @inlinable public static var released: Self { Self(rawValue: 0x0B) }
  /// The device was idle for too long.
  @inlinable public static var autoOff: Self { Self(rawValue: 0x0C) }

  /// The name in the specification; nil for a value that this version does not know.
  public var name: StaticString? {
    switch rawValue {
    case 0x00: "power_on"
    case 0x01: "command"
    case 0x02: "button"
    case 0x03: "completed"
    case 0x04: "timer"
    case 0x05: "lease_expired"
    case 0x06: "link_lost"
    case 0x07: "fault"
    case 0x08: "underflow"
    case 0x09: "wait_timeout"
    case 0x0A: "schedule"
    case 0x0B: "released"
    case 0x0C: "auto_off"
    default: nil
    }
  }
}

#if !hasFeature(Embedded)
  extension ChangeCause: CustomStringConvertible {
    /// The values that this version knows.
    public static let knownValues: [Self] = [
      .powerOn,
      .command,
      .button,
      .completed,
      .timer,
      .leaseExpired,
      .linkLost,
      .fault,
      .underflow,
      .waitTimeout,
      .schedule,
      .released,
      .autoOff,
    ]

    /// The name in the specification, or the number.
    public var description: String { name.map { "\($0)" } ?? "0x" + String(rawValue, radix: 16) }
  }
#endif
