// Written by protocol-generator from protocol-spec/percuss.yaml: change that page, then run `make generate`.

/// What happens to the motor when the central that holds the lease is lost.
public enum LossPolicy: UInt8, CaseIterable, Sendable {
  /// It ramps to rest.
  case stop = 0x00
  /// A stored routine that plays or waits goes on to its end, at most; anything else ramps to rest.
  case finishRoutine = 0x01

  /// Nil for a value without a meaning.
  @inlinable public init?(rawValue: UInt8) {
    switch rawValue {
    case 0x00: self = .stop
    case 0x01: self = .finishRoutine
    default: return nil
    }
  }

  /// The name in the specification.
  public var name: StaticString {
    switch self {
    case .stop: "stop"
    case .finishRoutine: "finish_routine"
    }
  }
}

#if !hasFeature(Embedded)
  extension LossPolicy: CustomStringConvertible {
    /// The name in the specification.
    public var description: String { "\(name)" }
  }
#endif
