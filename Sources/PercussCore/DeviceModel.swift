internal import PercussWire

/// What a kind of device can do and how its body behaves: every figure of the virtual device, in this one place.
///
/// Speeds, presets, stroke, running time and stall force follow what the makers of such devices publish: up to 2,400
/// percussions per minute, five presets from 1,750 to 2,400, 120 to 150 minutes on a charge, 40 to 60 pounds of force
/// (178 to 267 N) before the motor stalls. The makers publish neither inertia nor heat: those figures are chosen so that the
/// motor feels plausible and so that the limits of the specification hold (rest within 500 ms from any speed), and are
/// marked *chosen*.
public struct DeviceModel: Sendable {
  // MARK: What it tells in its Feature characteristic

  /// Whether it stores and plays routines, streams, has a timer and so on: the bits of `DeviceFeatures`.
  public internal(set) var features: UInt32
  /// Lowest speed of a turning motor, in percussions per minute. Published: the lowest preset.
  public internal(set) var speedMinimumPPM: UInt16 = 1750
  /// Highest speed, in percussions per minute. Published.
  public internal(set) var speedMaximumPPM: UInt16 = 2400
  /// Speeds are multiples of this, in percussions per minute. Chosen.
  public internal(set) var speedStepPPM: UInt16 = 10
  /// Highest force limit, in tenths of a newton; 0 without a force limit. Chosen: the stall force.
  public internal(set) var forceMaximumDecinewtons: UInt16
  /// Routine slots. Chosen.
  public internal(set) var routineSlots: UInt8
  /// Longest routine, in segments of 11 bytes. Chosen.
  public internal(set) var routineSteps: UInt16
  /// Places in the queue of streamed steps. Chosen.
  public internal(set) var queueDepth: UInt8

  // MARK: The body

  /// The speeds of presets 1 to 5, in percussions per minute. Published: the first, the last and their number.
  public internal(set) var presetsPPM: (UInt16, UInt16, UInt16, UInt16, UInt16) = (1750, 1900, 2100, 2200, 2400)
  /// Force that holds the motor, in tenths of a newton. Published.
  public internal(set) var stallForceDecinewtons: UInt16
  /// From rest to the highest speed at the greatest acceleration, in milliseconds. Chosen.
  public internal(set) var accelerationMilliseconds: UInt16 = 800
  /// From the highest speed to rest at the greatest deceleration, in milliseconds. Chosen; below the 500 ms that the
  /// specification gives a stop.
  public internal(set) var decelerationMilliseconds: UInt16 = 400
  /// How long the motor takes to close the gap to its setpoint by 63 % when it speeds up, in milliseconds. Chosen.
  public internal(set) var inertiaMilliseconds: UInt16 = 100
  /// Running time on a full charge at the highest speed without load, in seconds. Published: 120 to 150 minutes.
  public internal(set) var runtimeSeconds: UInt32 = 7200
  /// How long a full charge lasts at rest, in seconds. Chosen: four days.
  public internal(set) var standbySeconds: UInt32 = 345_600
  /// Charge at which the device warns, in per cent. Specification.
  public internal(set) var batteryLowPercent: UInt8 = 10
  /// Room temperature, in tenths of a degree Celsius. Chosen.
  public internal(set) var ambientDecidegrees: Int16 = 250
  /// How far the motor warms above the room in the end at the highest speed without load, in tenths of a degree. Chosen.
  public internal(set) var riseRunningDecidegrees: Int16 = 250
  /// How much further at the stall force. Chosen: a heavy hand reaches the cut-off after about ten minutes.
  public internal(set) var riseLoadedDecidegrees: Int16 = 600
  /// How far a motor warms above the room in the end that is held while it is driven. Chosen.
  public internal(set) var riseHeldDecidegrees: Int16 = 1500
  /// How long the motor takes to come 63 % closer to that temperature, in seconds. Chosen.
  public internal(set) var heatSeconds: UInt16 = 600
  /// Temperature at which the motor is switched off, in tenths of a degree. Chosen.
  public internal(set) var cutOffDecidegrees: Int16 = 700
  /// Temperature below which a reset clears the fault again. Chosen.
  public internal(set) var coolDecidegrees: Int16 = 600
  /// How long the motor may be held, or fail to follow, before that is a fault, in milliseconds. Chosen.
  public internal(set) var faultDelayMilliseconds: UInt16 = 1000
  /// Idle this long without any request the device switches itself off, in milliseconds. Chosen: 15 minutes.
  public internal(set) var autoOffMilliseconds: UInt32 = 900_000

  /// A device of the middle class: everything that the specification knows, 178 N.
  public static var elite: Self {
    Self(
      features: allFeatures, forceMaximumDecinewtons: 1780, routineSlots: 4, routineSteps: 2048, queueDepth: 32,
      stallForceDecinewtons: 1780)
  }

  /// The strongest device: 267 N, more and longer routines, 150 minutes on a charge.
  public static var pro: Self {
    var model = Self(
      features: allFeatures, forceMaximumDecinewtons: 2670, routineSlots: 8, routineSteps: 4096, queueDepth: 64,
      stallForceDecinewtons: 2670)
    model.runtimeSeconds = 9000
    return model
  }

  /// A small device: no stream, no waiting steps, no force sensor and no force limit; one slot of 64 steps.
  public static var mini: Self {
    let features: DeviceFeatures = [.routines, .clock, .timer, .presets, .temperatureSensor]
    return Self(
      features: features.rawValue, forceMaximumDecinewtons: 0, routineSlots: 1, routineSteps: 64, queueDepth: 0,
      stallForceDecinewtons: 900)
  }

  private static var allFeatures: UInt32 {
    let features: DeviceFeatures = [
      .routines, .stream, .clock, .forceLimit, .forceSensor, .timer, .presets, .wait, .temperatureSensor,
    ]
    return features.rawValue
  }
}
