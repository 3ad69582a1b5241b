// Written by protocol-generator from protocol-spec/percuss.yaml: change that page, then run `make generate`.

/// What a routine-data value from the central carries.
public enum RoutineDataKind: UInt8, CaseIterable, Sendable {
  /// A part of an upload.
  case chunk = 0x01
  /// A step for the queue.
  case streamedStep = 0x02

  /// Nil for a value without a meaning.
  @inlinable public init?(rawValue: UInt8) {
    switch rawValue {
    case 0x01: self = .chunk
    case 0x02: self = .streamedStep
    default: return nil
    }
  }

  /// The name in the specification.
  public var name: StaticString {
    switch self {
    case .chunk: "chunk"
    case .streamedStep: "streamed_step"
    }
  }
}

#if !hasFeature(Embedded)
  extension RoutineDataKind: CustomStringConvertible {
    /// The name in the specification.
    public var description: String { "\(name)" }
  }
#endif
