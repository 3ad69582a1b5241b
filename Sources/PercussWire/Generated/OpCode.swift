// Written by protocol-generator from protocol-spec/percuss.yaml: change that page, then run `make generate`.

/// What a control request asks for.
///
/// A later minor version may add values: one that has no name here is kept.
public struct OpCode: RawRepresentable, Hashable, Sendable {
  /// The value on the wire.
  public var rawValue: UInt8

  /// Any value, with a name or without.
  public init(rawValue: UInt8) {
    self.rawValue = rawValue
  }

  /// Take the lease on the motor.
  public static let requestControl = Self(rawValue: 0x01)
  /// Give the lease back. A moving motor is ramped to rest.
  public static let releaseControl = Self(rawValue: 0x02)
  /// Renew the lease and do nothing else.
  public static let keepAlive = Self(rawValue: 0x03)
  /// Stop, forget settings and clear the faults whose cause is gone.
  public static let reset = Self(rawValue: 0x04)
  /// Ramp to rest now. From any central, in any state.
  public static let stop = Self(rawValue: 0x10)
  /// Ramp to rest and hold the place in the routine.
  public static let pause = Self(rawValue: 0x11)
  /// Go on from where pause held.
  public static let resume = Self(rawValue: 0x12)
  /// Drive the motor by hand.
  public static let setSpeed = Self(rawValue: 0x13)
  /// Limit the force above which the motor yields.
  public static let setForceLimit = Self(rawValue: 0x14)
  /// Stop by itself after a time.
  public static let setTimer = Self(rawValue: 0x15)
  /// Drive the motor at one of the device's own speeds.
  public static let preset = Self(rawValue: 0x16)
  /// The operator confirms a waiting step.
  public static let confirm = Self(rawValue: 0x17)
  /// Announce an upload.
  public static let routineBegin = Self(rawValue: 0x20)
  /// Store what was uploaded, whole or not at all.
  public static let routineCommit = Self(rawValue: 0x21)
  /// Forget a partial upload.
  public static let routineAbort = Self(rawValue: 0x22)
  /// Say what a slot holds.
  public static let routineQuery = Self(rawValue: 0x23)
  /// Play a stored routine.
  public static let routineStart = Self(rawValue: 0x24)
  /// Move within the routine that plays or is paused.
  public static let routineSeek = Self(rawValue: 0x25)
  /// Empty a slot.
  public static let routineClear = Self(rawValue: 0x26)
  /// Check a stored routine against what the device can do now.
  public static let routineValidate = Self(rawValue: 0x27)
  /// Add a step to the queue.
  public static let queueStep = Self(rawValue: 0x30)
  /// Forget the queued steps that have not begun.
  public static let queueFlush = Self(rawValue: 0x31)
  /// Play the queue.
  public static let queueStart = Self(rawValue: 0x32)
  /// Set the telemetry interval of this central.
  public static let setTelemetry = Self(rawValue: 0x40)

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
