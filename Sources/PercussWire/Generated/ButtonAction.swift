// Written by protocol-generator from protocol-spec/percuss.yaml: change that page, then run `make generate`.

/// How the button was pressed.
public enum ButtonAction: UInt8, CaseIterable, Sendable {
  /// Less than a second: confirms a waiting step, and is a stop in any other state.
  case shortPress = 0x00
  /// A second or longer: a stop, and the device switches itself off once it is at rest.
  case longPress = 0x01

  /// Nil for a value without a meaning.
  @inlinable public init?(rawValue: UInt8) {
    switch rawValue {
    case 0x00: self = .shortPress
    case 0x01: self = .longPress
    default: return nil
    }
  }

  /// The name in the specification.
  public var name: StaticString {
    switch self {
    case .shortPress: "short_press"
    case .longPress: "long_press"
    }
  }
}

#if !hasFeature(Embedded)
  extension ButtonAction: CustomStringConvertible {
    /// The name in the specification.
    public var description: String { "\(name)" }
  }
#endif
