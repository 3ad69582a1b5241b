// Written by protocol-generator from protocol-spec/percuss.yaml: change that page, then run `make generate`.

/// How the button was pressed.
public enum ButtonAction: UInt8, CaseIterable, Sendable {
  /// Less than a second: stops a moving motor, confirms a waiting step.
  case shortPress = 0x00
  /// A second or longer: stops, and switches the device off.
  case longPress = 0x01

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
