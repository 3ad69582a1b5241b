internal import PercussWire

/// A Theragun of the fourth generation, as far as it is public: what it advertises differs, and how fast it turns.
///
/// Source: facts that others found out (see `TheragunCore`). Its body is invented: it is the one that a virtual Percuss device of the same class has.
public enum TheragunModel: Hashable, Sendable, CaseIterable {
  case pro, elite, prime

  /// The highest speed, in revolutions per minute.
  public var speedMaximumRPM: UInt16 {
    switch self {
    case .pro, .elite: TheragunConstants.speedMaximumRPM
    case .prime: TheragunConstants.speedMaximumPrimeRPM
    }
  }

  /// The body, without what only a Percuss firmware has of it: no force limit and no sensor that makes the motor yield.
  var body: DeviceModel {
    var body: DeviceModel = self == .pro ? .pro : .elite
    body.features = 0
    body.forceMaximumDecinewtons = 0
    return body
  }
}

/// What a Theragun does with its motor when nobody is connected to it any more. What real ones do is not public.
public enum LinkLossBehaviour: Hashable, Sendable, CaseIterable {
  /// The motor goes on: the worst that a client has to reckon with.
  case keepsRunning
  /// The motor stops.
  case stops
}

/// The speed of the simulated motor by the revolutions that the protocol speaks of.
///
/// How revolutions and percussions go together in a real Theragun is not public. The simulated body has a gear of its own, 3616 revolutions to 2400
/// percussions: invented, not measured on any device, and of no meaning outside of the simulation.
enum SimulatedGear {
  private static let revolutions: Int32 = 3616
  private static let milliPercussions: Int32 = 2_400_000

  /// Thousandths of a percussion per minute at so many revolutions per minute.
  static func milliPPM(ofRPM rpm: UInt16) -> Int32 {
    Int32(truncatingIfNeeded: Int64(rpm) &* Int64(milliPercussions) / Int64(revolutions))
  }

  /// Revolutions per minute, rounded: those that were asked for come out again.
  static func rpm(ofMilliPPM speed: Int32) -> UInt16 {
    let half = Int64(milliPercussions) / 2
    return UInt16(clamping: (Int64(max(0, speed)) &* Int64(revolutions) &+ half) / Int64(milliPercussions))
  }
}
