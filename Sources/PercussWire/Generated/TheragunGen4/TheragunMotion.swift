// Written by protocol-generator from protocol-spec/theragun-gen4.yaml: change that page, then run `make generate`.
//
// Unofficial: from the public documentation of the Buttplug project (docs.buttplug.io, stpihkal/protocols/theragun,
// issue stpihkal#127), made for interoperability, not tried on hardware.

/// Whether the motor runs. That it is a flag is public, its values are not: 0 and 1 are the usual ones.
///
/// A value that has no name here is kept.
public struct TheragunMotion: RawRepresentable, Hashable, Sendable {
  /// The value on the wire.
  public var rawValue: UInt8

  /// Any value, with a name or without.
  @inlinable public init(rawValue: UInt8) {
    self.rawValue = rawValue
  }

  /// It does not run.
  @inlinable public static var atRest: Self { Self(rawValue: 0x00) }
  /// It runs.
  @inlinable public static var running: Self { Self(rawValue: 0x01) }

  /// The name in the specification; nil for a value that has none.
  public var name: StaticString? {
    switch rawValue {
    case 0x00: "at_rest"
    case 0x01: "running"
    default: nil
    }
  }
}

#if !hasFeature(Embedded)
  extension TheragunMotion: CustomStringConvertible {
    /// The values that have a name.
    public static let knownValues: [Self] = [
      .atRest,
      .running,
    ]

    /// The name in the specification, or the number.
    public var description: String { name.map { "\($0)" } ?? "0x" + String(rawValue, radix: 16) }
  }
#endif
