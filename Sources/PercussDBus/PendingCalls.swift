internal import PercussTime

/// The calls that wait for their answers, by the number of the message. No I/O and no clock in here.
struct PendingCalls {
  struct Call {
    /// What is said when no answer comes.
    let path: ObjectPath
    let interface: String
    let member: String
    /// Who was called.
    let destination: String?
    /// Who owned that name when the call was sent; nil when nobody here knows.
    let owner: String?
    let timeout: Duration
    let deadline: MonotonicInstant
    let answer: @Sendable (Result<[DBusValue], DBusFailure>) -> Void

    var timedOut: DBusFailure { .timedOut("\(interface).\(member) of \(path)", after: timeout) }
  }

  private var calls: [UInt32: Call] = [:]

  var count: Int { calls.count }

  mutating func add(_ call: Call, serial: UInt32) {
    calls[serial] = call
  }

  func call(_ serial: UInt32) -> Call? { calls[serial] }

  mutating func remove(_ serial: UInt32) -> Call? {
    calls.removeValue(forKey: serial)
  }

  /// The calls whose deadline has come, earliest first.
  mutating func removeOverdue(now: MonotonicInstant) -> [Call] {
    let overdue = calls.filter { $0.value.deadline <= now }
    for serial in overdue.keys { calls[serial] = nil }
    return overdue.sorted { ($0.value.deadline, $0.key) < ($1.value.deadline, $1.key) }.map(\.value)
  }

  /// All calls, in the order of their numbers.
  mutating func removeAll() -> [Call] {
    defer { calls = [:] }
    return calls.sorted { $0.key < $1.key }.map(\.value)
  }

  /// The earliest deadline; looks at every call.
  var earliestDeadline: MonotonicInstant? { calls.values.lazy.map(\.deadline).min() }
}
