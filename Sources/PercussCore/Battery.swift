/// The charge, drained once every 100 ms by what the motor did.
///
/// One unit is the energy of one microsecond at the highest speed without load.
struct Battery {
  let capacity: Int64
  private let drainAtRest: Int64
  private(set) var charge: Int64

  /// Microseconds between two drains.
  private static let interval: Int64 = 100_000

  init(model: DeviceModel) {
    capacity = max(1, Int64(model.runtimeSeconds) &* 1_000_000)
    // What empties the capacity in the standby time.
    drainAtRest = max(1, capacity / max(1, Int64(model.standbySeconds) &* 10))
    charge = capacity
  }

  /// Charge in per cent, rounded up: 0 means empty.
  var percent: UInt8 {
    UInt8(clamping: (charge &* 100 &+ capacity &- 1) / capacity)
  }

  var isEmpty: Bool { charge == 0 }

  /// Sets the charge (a bench supply, a fault that is injected).
  mutating func set(percent: UInt8) {
    charge = capacity / 100 &* Int64(min(percent, 100))
  }

  /// Drains what 100 ms take.
  ///
  /// - Parameters:
  ///   - speed: share of the highest speed, in thousandths.
  ///   - load: share of the stall force, in thousandths.
  ///   - held: whether the motor is driven but held.
  ///
  /// A quarter of the power does not depend on the speed, so that 73 % of the speed (1,750 of 2,400 percussions per
  /// minute) make 80 % of the drain: 120 minutes become 150. The load takes up to half as much again, and so does
  /// a held motor.
  mutating func drain(speed: Int64, load: Int64, held: Bool) {
    let turning = speed == 0 ? 0 : 260 &+ speed &* 740 / 1000 &+ speed &* load / 2000
    let power = held ? 1500 : turning
    charge = max(0, charge &- drainAtRest &- Self.interval &* power / 1000)
  }

  /// Drains what so many intervals of 100 ms at rest take.
  mutating func drainAtRest(intervals: UInt64) {
    let (amount, overflow) = UInt64(drainAtRest).multipliedReportingOverflow(by: intervals)
    charge = overflow || amount >= UInt64(charge) ? 0 : charge &- Int64(amount)
  }
}
