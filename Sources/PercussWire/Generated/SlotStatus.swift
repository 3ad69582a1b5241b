// Written by protocol-generator from protocol-spec/percuss.yaml: change that page, then run `make generate`.

/// What a routine slot holds.
///
/// A later minor version may add flags: a bit that has no name here is kept.
public struct SlotStatus: OptionSet, Hashable, Sendable {
  /// The bits on the wire.
  public var rawValue: UInt8

  /// Any bits, with a name or without.
  @inlinable public init(rawValue: UInt8) {
    self.rawValue = rawValue
  }

  /// A committed routine.
  @inlinable public static var stored: Self { Self(rawValue: 1 << 0) }
  /// An upload that is not committed yet.
  @inlinable public static var partial: Self { Self(rawValue: 1 << 1) }
  /// The committed routine plays, waits, is scheduled or is paused.
  @inlinable public static var playing: Self { Self(rawValue: 1 << 2) }

  /// The bits that have a name.
  @inlinable public static var known: UInt8 { 0x07 }
}

#if !hasFeature(Embedded)
  extension SlotStatus: CustomStringConvertible {
    /// The names of the flags that are set, and the bits without a name.
    public var description: String {
      var names: [String] = []
      if contains(.stored) { names.append("stored") }
      if contains(.partial) { names.append("partial") }
      if contains(.playing) { names.append("playing") }
      let others = rawValue & ~Self.known
      if others != 0 { names.append("0x" + String(others, radix: 16)) }
      return "[" + names.joined(separator: ", ") + "]"
    }
  }
#endif
