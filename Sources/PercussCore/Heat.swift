/// The motor's temperature: it approaches what its work would make of it in the end, once every 100 ms.
struct Heat {
  private let ambient: Int64
  private let riseRunning: Int64
  private let riseLoaded: Int64
  private let riseHeld: Int64
  /// How many intervals of 100 ms are one time constant.
  private let intervals: Int64
  /// Millionths of a degree Celsius.
  private(set) var microdegrees: Int64

  private static let unit: Int64 = 100_000

  init(model: DeviceModel) {
    ambient = Int64(model.ambientDecidegrees) &* Self.unit
    riseRunning = Int64(model.riseRunningDecidegrees) &* Self.unit
    riseLoaded = Int64(model.riseLoadedDecidegrees) &* Self.unit
    riseHeld = Int64(model.riseHeldDecidegrees) &* Self.unit
    intervals = max(1, Int64(model.heatSeconds) &* 10)
    microdegrees = ambient
  }

  /// Temperature in tenths of a degree Celsius.
  var decidegrees: Int16 { Int16(clamping: microdegrees / Self.unit) }

  /// Sets the temperature (a hot motor that is injected).
  mutating func set(decidegrees: Int16) {
    microdegrees = Int64(decidegrees) &* Self.unit
  }

  /// Warms or cools for 100 ms.
  ///
  /// - Parameters:
  ///   - speed: share of the highest speed, in thousandths.
  ///   - load: share of the stall force, in thousandths.
  ///   - held: whether the motor is driven but held.
  mutating func step(speed: Int64, load: Int64, held: Bool) {
    let rise = riseRunning &* speed / 1000 &+ riseLoaded &* speed / 1000 &* load / 1000 &+ (held ? riseHeld : 0)
    microdegrees = microdegrees &+ (ambient &+ rise &- microdegrees) / intervals
  }

  /// Cools at rest for so many intervals of 100 ms; stops early where nothing changes any more.
  mutating func cool(intervals count: UInt64) {
    var left = count
    while left > 0 {
      let change = (ambient &- microdegrees) / intervals
      if change == 0 { return }
      microdegrees = microdegrees &+ change
      left &-= 1
    }
  }
}
