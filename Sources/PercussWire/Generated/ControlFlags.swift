// Written by protocol-generator from protocol-spec/percuss.yaml: change that page, then run `make generate`.

/// How a control request is to be answered.
///
/// A bit that has no name here is refused.
public struct ControlFlags: OptionSet, Hashable, Sendable {
  /// The bits on the wire.
  public var rawValue: UInt8

  /// Any bits, with a name or without.
  @inlinable public init(rawValue: UInt8) {
    self.rawValue = rawValue
  }

  /// No response on success. Anything but success is still answered.
  @inlinable public static var quiet: Self { Self(rawValue: 1 << 0) }

  /// The bits that have a name.
  @inlinable public static var known: UInt8 { 0x01 }
}

#if !hasFeature(Embedded)
  extension ControlFlags: CustomStringConvertible {
    /// The names of the flags that are set, and the bits without a name.
    public var description: String {
      var names: [String] = []
      if contains(.quiet) { names.append("quiet") }
      let others = rawValue & ~Self.known
      if others != 0 { names.append("0x" + String(others, radix: 16)) }
      return "[" + names.joined(separator: ", ") + "]"
    }
  }
#endif
