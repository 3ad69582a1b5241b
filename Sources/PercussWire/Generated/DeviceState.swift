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

  /// Nil for a value without a meaning.
  @inlinable public init?(rawValue: UInt8) {
    switch rawValue {
    case 0x00: self = .idle
    case 0x01: self = .manual
    case 0x02: self = .scheduled
    case 0x03: self = .routine
    case 0x04: self = .stream
    case 0x05: self = .waiting
    case 0x06: self = .paused
    case 0x07: self = .stopping
    case 0x08: self = .fault
    default: return nil
    }
  }

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
