// Written by protocol-generator from protocol-spec/percuss.yaml: change that page, then run `make generate`.

/// How a control request ended.
///
/// A later minor version may add values: one that has no name here is kept.
public struct ControlResult: RawRepresentable, Hashable, Sendable {
  /// The value on the wire.
  public var rawValue: UInt8

  /// Any value, with a name or without.
  @inlinable public init(rawValue: UInt8) {
    self.rawValue = rawValue
  }

  /// Done.
  @inlinable public static var success: Self { Self(rawValue: 0x01) }
  /// The peripheral does not know this op code.
  @inlinable public static var unknownOpCode: Self { Self(rawValue: 0x02) }
  /// The parameters are shorter than the op code needs.
  @inlinable public static var invalidLength: Self { Self(rawValue: 0x03) }
  /// A parameter is out of range; the response names it, and its limits.
  @inlinable public static var outOfRange: Self { Self(rawValue: 0x04) }
  /// A parameter has a value without a meaning, or a reserved flag is set.
  @inlinable public static var invalidParameter: Self { Self(rawValue: 0x05) }
  /// The central does not hold the lease.
  @inlinable public static var controlRequired: Self { Self(rawValue: 0x06) }
  /// Another central holds the lease.
  @inlinable public static var controlHeld: Self { Self(rawValue: 0x07) }
  /// Not possible in the state that the response names.
  @inlinable public static var wrongState: Self { Self(rawValue: 0x08) }
  /// The sequence number was used for another request.
  @inlinable public static var sequenceConflict: Self { Self(rawValue: 0x09) }
  /// The sequence number is behind the newest one; nothing was done.
  @inlinable public static var stale: Self { Self(rawValue: 0x0A) }
  /// A fault forbids it; see the fault bits of the telemetry.
  @inlinable public static var faultActive: Self { Self(rawValue: 0x0B) }
  /// The slot, the transfer or the queue holds nothing.
  @inlinable public static var notFound: Self { Self(rawValue: 0x0C) }
  /// The routine does not fit the device.
  @inlinable public static var tooLarge: Self { Self(rawValue: 0x0D) }
  /// The uploaded bytes are not the announced ones; the partial upload is gone.
  @inlinable public static var crcMismatch: Self { Self(rawValue: 0x0E) }
  /// Bytes are missing; the response says from where.
  @inlinable public static var incomplete: Self { Self(rawValue: 0x0F) }
  /// The slot plays, waits, is scheduled or is paused.
  @inlinable public static var inUse: Self { Self(rawValue: 0x10) }
  /// The queue has no place.
  @inlinable public static var queueFull: Self { Self(rawValue: 0x11) }
  /// The queue expects another index; the response says which.
  @inlinable public static var outOfOrder: Self { Self(rawValue: 0x12) }
  /// The instant has passed.
  @inlinable public static var tooLate: Self { Self(rawValue: 0x13) }
  /// The device lacks the feature.
  @inlinable public static var unsupported: Self { Self(rawValue: 0x14) }
  /// The routine asks for what the device cannot do; the response names the first such step.
  @inlinable public static var invalidRoutine: Self { Self(rawValue: 0x15) }

  /// The name in the specification; nil for a value that this version does not know.
  public var name: StaticString? {
    switch rawValue {
    case 0x01: "success"
    case 0x02: "unknown_op_code"
    case 0x03: "invalid_length"
    case 0x04: "out_of_range"
    case 0x05: "invalid_parameter"
    case 0x06: "control_required"
    case 0x07: "control_held"
    case 0x08: "wrong_state"
    case 0x09: "sequence_conflict"
    case 0x0A: "stale"
    case 0x0B: "fault_active"
    case 0x0C: "not_found"
    case 0x0D: "too_large"
    case 0x0E: "crc_mismatch"
    case 0x0F: "incomplete"
    case 0x10: "in_use"
    case 0x11: "queue_full"
    case 0x12: "out_of_order"
    case 0x13: "too_late"
    case 0x14: "unsupported"
    case 0x15: "invalid_routine"
    default: nil
    }
  }
}

#if !hasFeature(Embedded)
  extension ControlResult: CustomStringConvertible {
    /// The values that this version knows.
    public static let knownValues: [Self] = [
      .success,
      .unknownOpCode,
      .invalidLength,
      .outOfRange,
      .invalidParameter,
      .controlRequired,
      .controlHeld,
      .wrongState,
      .sequenceConflict,
      .stale,
      .faultActive,
      .notFound,
      .tooLarge,
      .crcMismatch,
      .incomplete,
      .inUse,
      .queueFull,
      .outOfOrder,
      .tooLate,
      .unsupported,
      .invalidRoutine,
    ]

    /// The name in the specification, or the number.
    public var description: String { name.map { "\($0)" } ?? "0x" + String(rawValue, radix: 16) }
  }
#endif
