// Written by protocol-generator from protocol-spec/percuss.yaml: change that page, then run `make generate`.

/// How a control request ended.
///
/// A later minor version may add values: one that has no name here is kept.
public struct ControlResult: RawRepresentable, Hashable, Sendable {
  /// The value on the wire.
  public var rawValue: UInt8

  /// Any value, with a name or without.
  public init(rawValue: UInt8) {
    self.rawValue = rawValue
  }

  /// Done.
  public static let success = Self(rawValue: 0x01)
  /// The peripheral does not know this op code.
  public static let unknownOpCode = Self(rawValue: 0x02)
  /// The parameters are shorter than the op code needs.
  public static let invalidLength = Self(rawValue: 0x03)
  /// A parameter is out of range; the response names it, and its limits.
  public static let outOfRange = Self(rawValue: 0x04)
  /// A parameter has a value without a meaning, or a reserved flag is set.
  public static let invalidParameter = Self(rawValue: 0x05)
  /// The central does not hold the lease.
  public static let controlRequired = Self(rawValue: 0x06)
  /// Another central holds the lease.
  public static let controlHeld = Self(rawValue: 0x07)
  /// Not possible in the state that the response names.
  public static let wrongState = Self(rawValue: 0x08)
  /// The sequence number was used for another request.
  public static let sequenceConflict = Self(rawValue: 0x09)
  /// The sequence number is behind the newest one; nothing was done.
  public static let stale = Self(rawValue: 0x0A)
  /// A fault forbids it; see the fault bits of the telemetry.
  public static let faultActive = Self(rawValue: 0x0B)
  /// The slot, the transfer or the queue holds nothing.
  public static let notFound = Self(rawValue: 0x0C)
  /// The routine does not fit the device.
  public static let tooLarge = Self(rawValue: 0x0D)
  /// The uploaded bytes are not the announced ones; the partial upload is gone.
  public static let crcMismatch = Self(rawValue: 0x0E)
  /// Bytes are missing; the response says from where.
  public static let incomplete = Self(rawValue: 0x0F)
  /// The slot plays, waits, is scheduled or is paused.
  public static let inUse = Self(rawValue: 0x10)
  /// The queue has no place.
  public static let queueFull = Self(rawValue: 0x11)
  /// The queue expects another index; the response says which.
  public static let outOfOrder = Self(rawValue: 0x12)
  /// The instant has passed.
  public static let tooLate = Self(rawValue: 0x13)
  /// The device lacks the feature.
  public static let unsupported = Self(rawValue: 0x14)
  /// The routine asks for what the device cannot do; the response names the first such step.
  public static let invalidRoutine = Self(rawValue: 0x15)

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
