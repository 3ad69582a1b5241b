// Written by protocol-generator from protocol-spec/percuss.yaml: change that page, then run `make generate`.

/// What an event reports.
public enum EventKind: UInt8, CaseIterable, Sendable {
  /// The device entered another state.
  case stateChanged = 0x01
  /// A step began; with the planned and the actual instant.
  case stepEntered = 0x02
  /// A routine or stream ended, and why.
  case routineEnded = 0x03
  /// A step waits for the operator.
  case confirmationNeeded = 0x04
  /// A fault began.
  case faultRaised = 0x05
  /// A fault ended.
  case faultCleared = 0x06
  /// The button was pressed.
  case button = 0x07
  /// This central no longer holds the lease.
  case controlLost = 0x08
  /// The battery fell to 10 %.
  case batteryLow = 0x09

  /// Nil for a value without a meaning.
  @inlinable public init?(rawValue: UInt8) {
    switch rawValue {
    case 0x01: self = .stateChanged
    case 0x02: self = .stepEntered
    case 0x03: self = .routineEnded
    case 0x04: self = .confirmationNeeded
    case 0x05: self = .faultRaised
    case 0x06: self = .faultCleared
    case 0x07: self = .button
    case 0x08: self = .controlLost
    case 0x09: self = .batteryLow
    default: return nil
    }
  }

  /// The name in the specification.
  public var name: StaticString {
    switch self {
    case .stateChanged: "state_changed"
    case .stepEntered: "step_entered"
    case .routineEnded: "routine_ended"
    case .confirmationNeeded: "confirmation_needed"
    case .faultRaised: "fault_raised"
    case .faultCleared: "fault_cleared"
    case .button: "button"
    case .controlLost: "control_lost"
    case .batteryLow: "battery_low"
    }
  }
}

#if !hasFeature(Embedded)
  extension EventKind: CustomStringConvertible {
    /// The name in the specification.
    public var description: String { "\(name)" }
  }
#endif
