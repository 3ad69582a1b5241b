// Written by protocol-generator from protocol-spec/percuss.yaml: change that page, then run `make generate`.

/// What a segment of a routine does.
public enum SegmentKind: UInt8, CaseIterable, Sendable {
  /// Keep one speed.
  case hold = 0x01
  /// Move from one speed to another in a straight line.
  case ramp = 0x02
  /// Keep the motor at rest.
  case rest = 0x03
  /// Keep the motor at rest until the operator confirms; the duration is the time-out, after which the routine ends.
  case wait = 0x04

  /// Nil for a value without a meaning.
  @inlinable public init?(rawValue: UInt8) {
    switch rawValue {
    case 0x01: self = .hold
    case 0x02: self = .ramp
    case 0x03: self = .rest
    case 0x04: self = .wait
    default: return nil
    }
  }

  /// The name in the specification.
  public var name: StaticString {
    switch self {
    case .hold: "hold"
    case .ramp: "ramp"
    case .rest: "rest"
    case .wait: "wait"
    }
  }
}

#if !hasFeature(Embedded)
  extension SegmentKind: CustomStringConvertible {
    /// The name in the specification.
    public var description: String { "\(name)" }
  }
#endif
