/// What the motor is asked to do as time goes by: one straight line from a speed to another, and that speed from then on.
///
/// ```
/// speed          ________ to
///          _____/
/// from ___/
///         |start  |start + duration
/// ```
/// Speeds are in thousandths of a percussion per minute. The start may lie before the clock's zero (a step that was
/// entered in its middle); it then wraps around, and so does the difference that is taken to it.
struct SpeedPlan: Equatable {
  /// Microseconds of the device's clock, modulo 2^64.
  var start: UInt64 = 0
  var from: Int32 = 0
  var to: Int32 = 0
  /// Microseconds.
  var duration: UInt64 = 0

  /// The motor at rest, for ever.
  static var rest: Self { Self() }

  /// Whether the plan never asks the motor to move.
  var isRest: Bool { from == 0 && to == 0 }

  /// The speed that is asked for at that instant.
  ///
  /// Rounded towards the speed at the beginning: a climb is never above its line, and a descent does not reach its end
  /// before its time.
  func speed(at instant: UInt64) -> Int32 {
    let elapsed = instant &- start
    if elapsed > UInt64.max / 2 { return from }
    if elapsed >= duration { return to }
    // The longest segment is 8.64e10 microseconds and a speed is at most 6.6e7: the product fits.
    let change = (Int64(to) &- Int64(from)) &* Int64(truncatingIfNeeded: elapsed)
    return from &+ Int32(truncatingIfNeeded: change / Int64(truncatingIfNeeded: duration))
  }

  /// Whether the line's end is reached: the speed does not change any more.
  func isComplete(at instant: UInt64) -> Bool {
    let elapsed = instant &- start
    return elapsed <= UInt64.max / 2 && elapsed >= duration
  }
}
