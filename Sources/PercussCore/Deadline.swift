/// The earliest of several instants, all later than now.
struct Deadline {
  let now: DeviceInstant
  private(set) var instant: DeviceInstant?

  init(now: DeviceInstant) {
    self.now = now
  }

  mutating func add(_ candidate: DeviceInstant?) {
    guard let candidate, candidate > now else { return }
    if let instant, instant <= candidate { return }
    instant = candidate
  }

  mutating func add(_ microseconds: UInt64?) {
    add(microseconds.map { DeviceInstant(microseconds: $0) })
  }
}
