/// How fast the motor strikes.
///
/// ```swift
/// try await device.setSpeed(.ppm(1900), ramp: .milliseconds(500))
/// ```
public struct Speed: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// Percussions per minute.
  public var ppm: UInt16

  /// A speed in percussions per minute; 0 is rest. Which speeds a device can do is in its feature.
  public init(ppm: UInt16) {
    self.ppm = ppm
  }

  /// A speed in percussions per minute.
  public static func ppm(_ value: UInt16) -> Speed { Speed(ppm: value) }

  /// The motor at rest.
  public static let rest = Speed(ppm: 0)

  /// Whether the left speed is lower.
  public static func < (left: Speed, right: Speed) -> Bool { left.ppm < right.ppm }

  /// As in `1900 ppm`.
  public var description: String { "\(ppm) ppm" }
}

/// How hard the device presses, or may press, in tenths of a newton.
public struct Force: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// Tenths of a newton.
  public var decinewtons: UInt16

  /// A force in tenths of a newton.
  public init(decinewtons: UInt16) {
    self.decinewtons = decinewtons
  }

  /// A force in tenths of a newton.
  public static func decinewtons(_ value: UInt16) -> Force { Force(decinewtons: value) }

  /// A force in newtons, rounded to the nearest tenth; outside 0...6553.5 N (or not a number) the nearest end of that range.
  public static func newtons(_ value: Double) -> Force {
    let tenths = (value * 10).rounded()
    guard tenths > 0 else { return Force(decinewtons: 0) }
    return Force(decinewtons: tenths >= Double(UInt16.max) ? UInt16.max : UInt16(tenths))
  }

  /// The force in newtons.
  public var newtons: Double { Double(decinewtons) / 10 }

  /// Whether the left force is lower.
  public static func < (left: Force, right: Force) -> Bool { left.decinewtons < right.decinewtons }

  /// As in `60.5 N`.
  public var description: String { "\(decinewtons / 10).\(decinewtons % 10) N" }
}
