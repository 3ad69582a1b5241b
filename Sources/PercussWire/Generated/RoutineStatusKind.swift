// Written by protocol-generator from protocol-spec/percuss.yaml: change that page, then run `make generate`.

/// What a routine-data value from the peripheral carries.
public enum RoutineStatusKind: UInt8, CaseIterable, Sendable {
  /// How far an upload has come and may go.
  case uploadCredit = 0x81
  /// How far the queue has come and may go.
  case streamCredit = 0x82

  /// Nil for a value without a meaning.
  @inlinable public init?(rawValue: UInt8) {
    switch rawValue {
    case 0x81: self = .uploadCredit
    case 0x82: self = .streamCredit
    default: return nil
    }
  }

  /// The name in the specification.
  public var name: StaticString {
    switch self {
    case .uploadCredit: "upload_credit"
    case .streamCredit: "stream_credit"
    }
  }
}

#if !hasFeature(Embedded)
  extension RoutineStatusKind: CustomStringConvertible {
    /// The name in the specification.
    public var description: String { "\(name)" }
  }
#endif
