// Written by protocol-generator from protocol-spec/percuss.yaml: change that page, then run `make generate`.

/// What a control request asks for.
///
/// A later minor version may add values: one that has no name here is kept.
public struct OpCode: RawRepresentable, Hashable, Sendable {
  /// The value on the wire.
  public var rawValue: UInt8

  /// Any value, with a name or without.
  @inlinable public init(rawValue: UInt8) {
    self.rawValue = rawValue
  }

  /// Take the lease on the motor.
  @inlinable public static var requestControl: Self { Self(rawValue: 0x01) }
  /// Give the lease back. A moving motor is ramped to rest.
  @inlinable public static var releaseControl: Self { Self(rawValue: 0x02) }
  /// Renew the lease and do nothing else.
  @inlinable public static var keepAlive: Self { Self(rawValue: 0x03) }
  /// Stop, forget settings and clear the faults whose cause is gone.
  @inlinable public static var reset: Self { Self(rawValue: 0x04) }
  /// Ramp to rest now. From any central, in any state.
  @inlinable public static var stop: Self { Self(rawValue: 0x10) }
  /// Ramp to rest and hold the place in the routine.
  @inlinable public static var pause: Self { Self(rawValue: 0x11) }
  /// Go on from where pause held.
  @inlinable public static var resume: Self { Self(rawValue: 0x12) }
  /// Drive the motor by hand.
  @inlinable public static var setSpeed: Self { Self(rawValue: 0x13) }
  /// Limit the force above which the motor yields.
  @inlinable public static var setForceLimit: Self { Self(rawValue: 0x14) }
  /// Stop by itself after a time.
  @inlinable public static var setTimer: Self { Self(rawValue: 0x15) }
  /// Drive the motor at one of the device's own speeds.
  @inlinable public static var preset: Self { Self(rawValue: 0x16) }
  /// The operator confirms a waiting step.
  @inlinable public static var confirm: Self { Self(rawValue: 0x17) }
  /// Announce an upload.
  @inlinable public static var routineBegin: Self { Self(rawValue: 0x20) }
  /// Store what was uploaded, whole or not at all.
  @inlinable public static var routineCommit: Self { Self(rawValue: 0x21) }
  /// Forget a partial upload.
  @inlinable public static var routineAbort: Self { Self(rawValue: 0x22) }
  /// Say what a slot holds.
  @inlinable public static var routineQuery: Self { Self(rawValue: 0x23) }
  /// Play a stored routine.
  @inlinable public static var routineStart: Self { Self(rawValue: 0x24) }
  /// Move within the routine that plays or is paused.
  @inlinable public static var routineSeek: Self { Self(rawValue: 0x25) }
  /// Empty a slot.
  @inlinable public static var routineClear: Self { Self(rawValue: 0x26) }
  /// Check a stored routine against what the device can do now.
  @inlinable public static var routineValidate: Self { Self(rawValue: 0x27) }
  /// Add a step to the queue.
  @inlinable public static var queueStep: Self { Self(rawValue: 0x30) }
  /// Forget the queued steps that have not begun.
  @inlinable public static var queueFlush: Self { Self(rawValue: 0x31) }
  /// Play the queue.
  @inlinable public static var queueStart: Self { Self(rawValue: 0x32) }
  /// Set the telemetry interval of this central.
  @inlinable public static var setTelemetry: Self { Self(rawValue: 0x40) }

  /// The name in the specification; nil for a value that this version does not know.
  public var name: StaticString? {
    switch rawValue {
    case 0x01: "request_control"
    case 0x02: "release_control"
    case 0x03: "keep_alive"
    case 0x04: "reset"
    case 0x10: "stop"
    case 0x11: "pause"
    case 0x12: "resume"
    case 0x13: "set_speed"
    case 0x14: "set_force_limit"
    case 0x15: "set_timer"
    case 0x16: "preset"
    case 0x17: "confirm"
    case 0x20: "routine_begin"
    case 0x21: "routine_commit"
    case 0x22: "routine_abort"
    case 0x23: "routine_query"
    case 0x24: "routine_start"
    case 0x25: "routine_seek"
    case 0x26: "routine_clear"
    case 0x27: "routine_validate"
    case 0x30: "queue_step"
    case 0x31: "queue_flush"
    case 0x32: "queue_start"
    case 0x40: "set_telemetry"
    default: nil
    }
  }
}

#if !hasFeature(Embedded)
  extension OpCode: CustomStringConvertible {
    /// The values that this version knows.
    public static let knownValues: [Self] = [
      .requestControl,
      .releaseControl,
      .keepAlive,
      .reset,
      .stop,
      .pause,
      .resume,
      .setSpeed,
      .setForceLimit,
      .setTimer,
      .preset,
      .confirm,
      .routineBegin,
      .routineCommit,
      .routineAbort,
      .routineQuery,
      .routineStart,
      .routineSeek,
      .routineClear,
      .routineValidate,
      .queueStep,
      .queueFlush,
      .queueStart,
      .setTelemetry,
    ]

    /// The name in the specification, or the number.
    public var description: String { name.map { "\($0)" } ?? "0x" + String(rawValue, radix: 16) }
  }
#endif
