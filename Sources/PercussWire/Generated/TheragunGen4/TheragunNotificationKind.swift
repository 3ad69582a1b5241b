// Written by protocol-generator from protocol-spec/theragun-gen4.yaml: change that page, then run `make generate`.
//
// Unofficial: from the public documentation of the Buttplug project (docs.buttplug.io, stpihkal/protocols/theragun,
// issue stpihkal#127), made for interoperability, not tried on hardware.

/// What a notification tells.
public enum TheragunNotificationKind: UInt8, CaseIterable, Sendable {
  /// What the motor does.
  case status = 0x10
  /// Which firmware it is.
  case version = 0x20

  /// Nil for a value without a meaning.
  @inlinable public init?(rawValue: UInt8) {
    switch rawValue {
    case 0x10: self = .status
    case 0x20: self = .version
    default: return nil
    }
  }

  /// The name in the specification.
  public var name: StaticString {
    switch self {
    case .status: "status"
    case .version: "version"
    }
  }
}

#if !hasFeature(Embedded)
  extension TheragunNotificationKind: CustomStringConvertible {
    /// The name in the specification.
    public var description: String { "\(name)" }
  }
#endif
