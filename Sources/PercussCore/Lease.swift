internal import PercussWire

/// Who may command the motor, until when, and what happens when that central is lost.
struct Lease: Equatable {
  /// The central that holds it.
  var holder: Int
  /// Milliseconds from one proof of life of the holder to the end.
  var milliseconds: UInt16
  var policy: LossPolicy
  /// From this instant on the lease has expired.
  var end: DeviceInstant

  init(holder: Int, milliseconds: UInt16, policy: LossPolicy, now: DeviceInstant) {
    self.holder = holder
    self.milliseconds = milliseconds
    self.policy = policy
    end = now.advanced(byMilliseconds: UInt64(milliseconds))
  }

  /// The holder gave a proof of life.
  mutating func renew(at now: DeviceInstant) {
    end = now.advanced(byMilliseconds: UInt64(milliseconds))
  }

  /// Whether the holder was silent for the whole lease.
  func isExpired(at now: DeviceInstant) -> Bool { now >= end }
}
