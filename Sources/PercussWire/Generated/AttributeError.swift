// Written by protocol-generator from protocol-spec/percuss.yaml: change that page, then run `make generate`.

/// The errors with which a peripheral refuses an ATT request (Core Vol 3 Part F 3.4.1.1).
public enum AttributeError: UInt8, CaseIterable, Sendable {
  /// A control request too short for its header.
  case invalidAttributeValueLength = 0x0D
  /// A value that cannot be read on another characteristic than the Control Point.
  case malformedValue = 0x81
  /// A control request other than stop while the central has not enabled indications.
  case improperlyConfigured = 0xFD
  /// As many responses as the peripheral keeps wait for their indication. Never the answer to a stop.
  case procedureInProgress = 0xFE

  /// Nil for a value without a meaning.
  @inlinable public init?(rawValue: UInt8) {
    switch rawValue {
    case 0x0D: self = .invalidAttributeValueLength
    case 0x81: self = .malformedValue
    case 0xFD: self = .improperlyConfigured
    case 0xFE: self = .procedureInProgress
    default: return nil
    }
  }

  /// The name in the specification.
  public var name: StaticString {
    switch self {
    case .invalidAttributeValueLength: "invalid_attribute_value_length"
    case .malformedValue: "malformed_value"
    case .improperlyConfigured: "improperly_configured"
    case .procedureInProgress: "procedure_in_progress"
    }
  }
}

#if !hasFeature(Embedded)
  extension AttributeError: CustomStringConvertible {
    /// The name in the specification.
    public var description: String { "\(name)" }
  }
#endif
