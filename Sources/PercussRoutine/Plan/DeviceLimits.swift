public import PercussWire

/// What a device can do, as far as a routine needs to know.
public struct DeviceLimits: Sendable, Equatable {
  /// The slowest and fastest speed, in PPM.
  public var speedMinimum: UInt16
  /// The fastest speed, in PPM.
  public var speedMaximum: UInt16
  /// Speeds are multiples of this, in PPM; 0 and 1 allow all.
  public var speedStep: UInt16
  /// The highest force limit, in 0.1 N; nil when the device cannot limit its force.
  public var forceMaximum: UInt16?
  /// How many routines the device stores; 0 when it cannot store any.
  public var routineSlots: Int
  /// How many steps a stored routine may have.
  public var maximumRoutineSteps: Int
  /// How many steps the device's queue takes ahead of time; 0 when it has none.
  public var queueDepth: Int
  /// Whether a stored routine may wait for the operator's confirmation.
  public var supportsWait: Bool

  /// Describes a device; see the properties for units.
  public init(
    speedMinimum: UInt16, speedMaximum: UInt16, speedStep: UInt16, forceMaximum: UInt16?, routineSlots: Int,
    maximumRoutineSteps: Int, queueDepth: Int, supportsWait: Bool
  ) {
    self.speedMinimum = speedMinimum
    self.speedMaximum = speedMaximum
    self.speedStep = speedStep
    self.forceMaximum = forceMaximum
    self.routineSlots = routineSlots
    self.maximumRoutineSteps = maximumRoutineSteps
    self.queueDepth = queueDepth
    self.supportsWait = supportsWait
  }
}

extension DeviceLimits {
  /// The speed that the device can do nearest to another, the lower of two; nil when it can do none.
  func nearestSpeed(to speed: UInt16) -> UInt16? {
    let step = max(1, Int(speedStep))
    // Standing still is no speed, even for a device that counts from 0.
    let lowest = max(step, (Int(speedMinimum) + step - 1) / step * step)
    let highest = Int(speedMaximum) / step * step
    guard lowest <= highest else { return nil }
    let below = Int(speed) / step * step
    let nearest = Int(speed) - below <= below + step - Int(speed) ? below : below + step
    return UInt16(exactly: min(max(nearest, lowest), highest))
  }
}

/// Who keeps the time while a routine plays.
public enum PlayMode: String, Sendable, CaseIterable {
  /// The device, from a routine stored whole.
  case uploaded
  /// The device, from a queue that the host fills ahead of time.
  case streamed
  /// The host, command by command.
  case live
}

extension DeviceLimits {
  /// What a routine may ask of a device with this feature.
  public init(_ feature: DeviceFeature) {
    let has = feature.features
    self.init(
      speedMinimum: feature.speedMinimumPPM, speedMaximum: feature.speedMaximumPPM,
      speedStep: feature.speedStepPPM,
      forceMaximum: has.contains(.forceLimit) ? feature.forceMaximumDecinewtons : nil,
      routineSlots: has.contains(.routines) ? Int(feature.routineSlots) : 0,
      maximumRoutineSteps: Int(feature.routineSteps),
      queueDepth: has.contains(.stream) ? Int(feature.queueDepth) : 0, supportsWait: has.contains(.wait))
  }
}
