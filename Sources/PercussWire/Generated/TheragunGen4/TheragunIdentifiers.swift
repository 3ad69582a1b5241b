// Written by protocol-generator from protocol-spec/theragun-gen4.yaml: change that page, then run `make generate`.
//
// Unofficial: from the public documentation of the Buttplug project (docs.buttplug.io, stpihkal/protocols/theragun,
// issue stpihkal#127), made for interoperability, not tried on hardware.

/// What tells the Theragun generation 4 protocol and its attributes from others.
public enum TheragunIdentifiers {
  /// The Theragun Service.
  public static let theragunService: UInt16 = 0xFFE0
  /// Theragun Notify: What the device answers.
  public static let notifyCharacteristic: UInt16 = 0xFFE1
  /// Theragun Write: Requests: speed and status are written with response, version without.
  public static let writeCharacteristic: UInt16 = 0xFFE2
}
