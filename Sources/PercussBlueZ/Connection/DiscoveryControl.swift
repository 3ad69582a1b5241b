internal import PercussLink
internal import PercussTime

/// Decides how this program's discovery session at bluetoothd is begun, kept and ended.
///
/// It does no I/O: demands, answers and instants go in, ``Action``s come out. One call is under way at a time.
///
/// A session belongs to the caller's name on the bus: everybody has one of their own, with a filter of their own, and results reach all. That goes wrong in known ways:
/// - `StopDiscovery` answers `InProgress`: the session is gone, but the next one hears nothing. So the next one is begun twice.
/// - `StartDiscovery` answers `InProgress`: a session of ours is left over and ended first; where that does not help, discovery is locked, and only the
///   adapter's power helps.
/// - A session is silent: it is begun anew, after 3 s, then after twice as long each time.
struct DiscoveryControl: Sendable {
  enum Call: Equatable, Sendable {
    /// `SetDiscoveryFilter` with `Transport: le`, without which there may be no LE devices (bluez#2309).
    case setFilter
    case start
    case stop
  }

  enum Action: Equatable, Sendable {
    /// Call it, and report with ``answered(_:at:)``.
    case call(Call)
    /// Discovery is under way.
    case started
    /// It cannot be had.
    case failed(LinkError)
  }

  private enum State: Equatable {
    case idle
    case calling(Call)
    /// Ours since then; when silent, it is begun anew at the instant.
    case active(renewal: MonotonicInstant)
    case pausing(until: MonotonicInstant)
  }

  /// How often a session is begun before it counts as locked.
  static let attempts = 4
  static let pause: Duration = .milliseconds(400)
  static let firstSilence: Duration = .seconds(3)
  static let longestSilence: Duration = .seconds(24)

  private var state = State.idle
  private(set) var isWanted = false
  private var refusals = 0
  /// The last session did not end properly: the next is begun twice.
  private var isSuspect = false
  private var silence = firstSilence

  /// Whether a session of ours is under way.
  var isActive: Bool { if case .active = state { true } else { false } }

  var nextDeadline: MonotonicInstant? {
    switch state {
    case .active(let renewal): renewal
    case .pausing(let until): until
    case .idle, .calling: nil
    }
  }

  // MARK: What enters

  mutating func want(_ isWanted: Bool, at now: MonotonicInstant) -> [Action] {
    guard isWanted != self.isWanted else { return isWanted && isActive ? [.started] : [] }
    self.isWanted = isWanted
    refusals = 0
    silence = Self.firstSilence
    switch state {
    case .idle, .pausing: return isWanted ? call(.setFilter) : becomeIdle()
    case .active: return isWanted ? [.started] : call(.stop)
    case .calling: return []
    }
  }

  /// - Parameter failure: nil for success.
  mutating func answered(_ failure: BlueZFailure?, at now: MonotonicInstant) -> [Action] {
    guard case .calling(let call) = state else { return [] }
    switch call {
    case .setFilter:
      // Without a filter there may be less to hear, but no reason to hear nothing.
      if let failure, failure.endsDiscovery { return fail(failure) }
      return isWanted ? self.call(.start) : becomeIdle()
    case .start: return startAnswered(failure, now)
    case .stop: return stopAnswered(failure, now)
    }
  }

  /// Something was heard of a device.
  mutating func heard(at now: MonotonicInstant) {
    guard case .active = state else { return }
    silence = Self.firstSilence
    state = .active(renewal: now.advanced(by: Self.longestSilence))
  }

  /// The adapter or bluetoothd is gone, or the adapter is off: so is every session. What is still wanted has to be wanted anew.
  mutating func lost() {
    state = .idle
    isWanted = false
    isSuspect = false
  }

  mutating func timePassed(at now: MonotonicInstant) -> [Action] {
    switch state {
    case .active(let renewal) where renewal <= now:
      silence = min(Self.longestSilence, silence * 2)
      return call(.stop)
    case .pausing(let until) where until <= now: return isWanted ? call(.stop) : becomeIdle()
    default: return []
    }
  }

  // MARK: Decisions

  private mutating func startAnswered(_ failure: BlueZFailure?, _ now: MonotonicInstant) -> [Action] {
    switch failure {
    case nil:
      guard isWanted else { return call(.stop) }
      if isSuspect {
        return call(.stop)
      }
      refusals = 0
      state = .active(renewal: now.advanced(by: silence))
      return [.started]
    case .inProgress:
      refusals += 1
      guard refusals < Self.attempts else {
        return fail(.unavailable("scanning: \(Remedy.discoveryLocked)"))
      }
      state = .pausing(until: now.advanced(by: Self.pause))
      return []
    case .some(let failure): return fail(failure)
    }
  }

  private mutating func stopAnswered(_ failure: BlueZFailure?, _ now: MonotonicInstant) -> [Action] {
    if failure == .inProgress {
      // The session is gone, but the next one will hear nothing.
      isSuspect = true
      refusals += 1
    } else {
      isSuspect = false
    }
    guard isWanted else { return becomeIdle() }
    guard refusals < Self.attempts else { return fail(.unavailable("scanning: \(Remedy.discoveryLocked)")) }
    return call(.setFilter)
  }

  private mutating func call(_ call: Call) -> [Action] {
    state = .calling(call)
    return [.call(call)]
  }

  private mutating func becomeIdle() -> [Action] {
    state = .idle
    return []
  }

  private mutating func fail(_ failure: BlueZFailure) -> [Action] {
    fail(failure.linkError(during: "scanning", after: .seconds(10)))
  }

  private mutating func fail(_ error: LinkError) -> [Action] {
    state = .idle
    isWanted = false
    return [.failed(error)]
  }
}

extension BlueZFailure {
  /// Whether there is no use in trying to discover after this.
  fileprivate var endsDiscovery: Bool {
    switch self {
    case .adapterOff, .serviceGone, .gone, .denied: true
    default: false
    }
  }
}
