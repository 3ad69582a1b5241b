internal import PercussTime

/// A row of speeds from one to another, evenly.
struct HostRamp: Equatable {
  let from: MotorSpeed
  let to: MotorSpeed
  let begin: MonotonicInstant
  let duration: Duration
  let interval: Duration
  /// When the next speed is due.
  private(set) var due: MonotonicInstant

  init(from: MotorSpeed, to: MotorSpeed, begin: MonotonicInstant, duration: Duration, interval: Duration) {
    (self.from, self.to, self.begin, self.duration, self.interval) = (from, to, begin, duration, interval)
    due = begin
  }

  /// Whether the last speed is the next one.
  func isLast(at now: MonotonicInstant) -> Bool { now >= begin.advanced(by: duration) }

  /// The speed to send now: that of the ramp in the middle of the time until the next, so that it is as often above the line as below; at its end, the one it leads to.
  mutating func next(at now: MonotonicInstant) -> MotorSpeed {
    let end = begin.advanced(by: duration)
    guard now < end else { return to }
    let following = min(now.advanced(by: interval), end)
    due = following
    let middle = (begin.duration(to: now) + begin.duration(to: following)) / 2
    let part = min(1, max(0, middle / duration))
    let exact = Double(from.rpm) + (Double(to.rpm) - Double(from.rpm)) * part
    return MotorSpeed(rpm: UInt16(exact.rounded()))
  }
}
