/// How fast a motor turns, as devices have it that speak of their motors instead of percussions.
///
/// It is no ``Speed``: how many percussions a turn of the motor gives is a matter of the device's gear, which its maker does not publish. Only a
/// ``SpeedRatio`` that a user states leads from one to the other.
public struct MotorSpeed: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// Revolutions per minute.
  public var rpm: UInt16

  /// A speed in revolutions per minute; 0 is rest.
  public init(rpm: UInt16) {
    self.rpm = rpm
  }

  /// A speed in revolutions per minute.
  public static func rpm(_ value: UInt16) -> MotorSpeed { MotorSpeed(rpm: value) }

  /// The motor at rest.
  public static let rest = MotorSpeed(rpm: 0)

  /// Whether the left speed is lower.
  public static func < (left: MotorSpeed, right: MotorSpeed) -> Bool { left.rpm < right.rpm }

  /// As in `2400 rpm`.
  public var description: String { "\(rpm) rpm" }
}

/// How many revolutions of the motor one percussion takes, as the user states it: it is not public, so there is no default.
public struct SpeedRatio: Hashable, Sendable, CustomStringConvertible {
  /// Revolutions per 1,000 percussions, which keeps it whole.
  public let rpmPerThousandPPM: Int

  /// What can be stated: 0.5 to 4 revolutions for a percussion.
  public static let range = 500...4_000

  /// A ratio within ``range``; nil for any other.
  public init?(rpmPerThousandPPM: Int) {
    guard Self.range.contains(rpmPerThousandPPM) else { return nil }
    self.rpmPerThousandPPM = rpmPerThousandPPM
  }

  /// The motor's speed for a speed in PPM, to the nearest RPM; nil beyond 65,535.
  public func motorSpeed(of speed: Speed) -> MotorSpeed? {
    UInt16(exactly: (Int(speed.ppm) * rpmPerThousandPPM + 500) / 1_000).map(MotorSpeed.init)
  }

  /// The speed for that of the motor, to the nearest PPM; 65,535 at most.
  public func speed(of motor: MotorSpeed) -> Speed {
    Speed(ppm: UInt16(clamping: (Int(motor.rpm) * 1_000 + rpmPerThousandPPM / 2) / rpmPerThousandPPM))
  }

  /// The highest whole PPM for which the motor turns no faster than that.
  public func highestSpeed(upTo motor: MotorSpeed) -> Speed {
    Speed(ppm: UInt16(clamping: Int(motor.rpm) * 1_000 / rpmPerThousandPPM))
  }

  /// As in `1.5 rpm per ppm`.
  public var description: String {
    let thousandths = String(rpmPerThousandPPM % 1_000 + 1_000).dropFirst()
    let fraction = String(thousandths.reversed().drop { $0 == "0" }.reversed())
    return "\(rpmPerThousandPPM / 1_000)\(fraction.isEmpty ? "" : "." + fraction) rpm per ppm"
  }
}

/// What a device says of its motor when it is asked.
public struct MotorStatus: Equatable, Sendable {
  /// Whether the motor runs.
  public var isRunning: Bool
  /// The speed that the device states with it.
  public var speed: MotorSpeed

  /// A status; see the properties.
  public init(isRunning: Bool, speed: MotorSpeed) {
    self.isRunning = isRunning
    self.speed = speed
  }
}

/// The version of a device's firmware, as it answers when it is asked.
public struct FirmwareVersion: Hashable, Sendable, CustomStringConvertible {
  /// The first number.
  public var major: Int
  /// The second.
  public var minor: Int
  /// The third.
  public var patch: Int

  /// A version; see the properties.
  public init(major: Int, minor: Int, patch: Int) {
    (self.major, self.minor, self.patch) = (major, minor, patch)
  }

  /// As in `1.2.3`.
  public var description: String { "\(major).\(minor).\(patch)" }
}
