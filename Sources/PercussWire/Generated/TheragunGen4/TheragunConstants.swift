// Written by protocol-generator from protocol-spec/theragun-gen4.yaml: change that page, then run `make generate`.
//
// Unofficial: from the public documentation of the Buttplug project (docs.buttplug.io, stpihkal/protocols/theragun,
// issue stpihkal#127), made for interoperability, not tried on hardware.

/// The fixed numbers of the Theragun generation 4 protocol.
public enum TheragunConstants {
  /// Highest speed of Pro and Elite. In revolutions per minute of the motor.
  public static let speedMaximumRPM: UInt16 = 3616
  /// Highest speed of Prime. In revolutions per minute of the motor.
  public static let speedMaximumPrimeRPM: UInt16 = 3584
}
