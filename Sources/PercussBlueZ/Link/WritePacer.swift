internal import PercussTime

/// Bounds the write commands that bluetoothd holds for one link.
///
/// bluetoothd answers a command when it has queued it, and queues without bound, so the answer says nothing. But it sends what it has queued before any
/// request, so the answer to a request that was made after a command shows that the command is on its way:
///
/// ```
/// command 1 … 8   ──▶                     8 unconfirmed: a barrier is wanted
/// read (barrier)  ──▶
/// command 9 … 16  ──▶                     16 unconfirmed: the next waits
///                 ◀──  answer to the read  1 … 8 are confirmed, 8 are left
/// ```
///
/// Every answered request counts, whoever wanted it; only when none is under way and half of the places are taken a read is made for the purpose. Where
/// nothing can be read, commands are held to be sent after ``presumedDrain``.
struct WritePacer: Equatable, Sendable {
  /// How many unconfirmed commands there may be; one more waits.
  static let limit = 16
  /// How many unconfirmed commands make a barrier worth its round trip.
  static let barrierThreshold = 8
  /// How many commands in a hurry may go beyond the limit.
  static let urgentReserve = 4
  /// After this time a command counts as sent when nothing can show it: 16 commands of 20 bytes take four connection events of 50 ms.
  static let presumedDrain: Duration = .milliseconds(250)

  /// Counts the commands up to an instant.
  struct Mark: Equatable, Sendable {
    fileprivate var number: UInt64
  }

  private var sent: UInt64 = 0
  private var confirmed: UInt64 = 0
  private var barrierUnderWay = false
  /// Whether a read can be made for the purpose.
  var canHaveBarrier = true
  private var newestAt = MonotonicInstant.zero

  /// How many commands may still wait in bluetoothd.
  var unconfirmed: Int { Int(sent - confirmed) }

  func hasRoom(isUrgent: Bool) -> Bool {
    unconfirmed < Self.limit + (isUrgent ? Self.urgentReserve : 0)
  }

  /// A command goes out.
  mutating func commandSent(at now: MonotonicInstant) {
    sent += 1
    newestAt = now
  }

  /// A request goes out: its answer will confirm the commands up to the mark.
  func mark() -> Mark { Mark(number: sent) }

  /// The request was answered by the device.
  mutating func answered(_ mark: Mark) {
    confirmed = max(confirmed, mark.number)
  }

  /// Whether a read is to be made now. It then counts as under way until ``barrierEnded(_:answered:)``.
  mutating func takeBarrier() -> Mark? {
    guard canHaveBarrier, !barrierUnderWay, unconfirmed >= Self.barrierThreshold else { return nil }
    barrierUnderWay = true
    return mark()
  }

  /// - Parameter answered: by the device; what bluetoothd refuses by itself shows nothing.
  mutating func barrierEnded(_ mark: Mark, answered: Bool) {
    barrierUnderWay = false
    if answered { self.answered(mark) } else { canHaveBarrier = false }
  }

  /// When commands count as sent for want of anything that could show it; nil when there is something, or none to wait for.
  var nextDeadline: MonotonicInstant? {
    canHaveBarrier || unconfirmed == 0 ? nil : newestAt.advanced(by: Self.presumedDrain)
  }

  mutating func timePassed(at now: MonotonicInstant) {
    if let nextDeadline, nextDeadline <= now { confirmed = sent }
  }
}
