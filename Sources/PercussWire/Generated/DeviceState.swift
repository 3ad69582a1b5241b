// Written by protocol-generator from protocol-spec/percuss.yaml: change that page, then run `make generate`.

/// What the device is doing.
public enum DeviceState: UInt8, CaseIterable, Sendable {
  /// The motor is at rest.
  case idle = 0x00
  /// The motor follows set-speed or preset commands.
  case manual = 0x01
  /// A start at a later instant is accepted; the motor is at rest.
  case scheduled = 0x02
  /// A stored routine plays.
  case routine = 0x03
  /// Queued steps play.
  case stream = 0x04
  /// A step waits for the operator; the motor ramps to rest and stays there.
  case waiting = 0x05
  /// A routine or stream is held; the motor ramps to rest and stays there.
  case paused = 0x06
  /// The motor ramps to rest.
  case stopping = 0x07
  /// A fault holds the motor at rest, or ramps it there, until reset.
  case fault = 0x08

  /// The name in the specification.
  public var name: StaticString {
    switch self {
    case .idle: "idle"
    case .manual: "manual"
    case .scheduled: "scheduled"
    case .routine: "routine"
    case .stream: "stream"
    case .waiting: "waiting"
    case .paused: "paused"
    case .stopping: "stopping"
    case .fault: "fault"
    }
  }
}

#if !hasFeature(Embedded)
  extension DeviceState: CustomStringConvertible {
    /// The name in the specification.
    public var description: String { "\(name)" }
  }
#endif
