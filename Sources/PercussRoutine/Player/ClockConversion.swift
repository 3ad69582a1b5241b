internal import PercussClient
internal import PercussTime

/// Tells the instants of a run by the clock that did not keep its time. Sans I/O.
///
/// What the other clock showed at the start is settled with the first exchange that tells it, and not changed afterwards: then each step's instant is
/// uncertain by its own conversion only.
struct ClockConversion {
  /// Whose clock keeps the time of the run.
  let keeper: StepReport.Clock
  var estimator: ClockEstimator?
  /// The start of the run by both clocks; nil while that is not known.
  private(set) var start: (device: UInt64, host: MonotonicInstant)?
  /// Steps that began before anything was known of the other clock.
  var pending: [Int] = []

  /// More steps than this do not wait to be told by the other clock.
  static let pendingLimit = 64

  init(keeper: StepReport.Clock) {
    self.keeper = keeper
  }

  /// Settles the start, where the keeper's clock tells it and the other is known.
  mutating func settle(deviceStart: UInt64?, hostStart: MonotonicInstant?) {
    guard start == nil, let estimator else { return }
    switch keeper {
    case .device:
      guard let deviceStart, let host = estimator.hostReading(ofDeviceMicroseconds: deviceStart) else { return }
      start = (deviceStart, host.instant)
    case .host:
      guard let hostStart, let device = estimator.reading(at: hostStart) else { return }
      start = (device.deviceMicroseconds, hostStart)
    }
  }

  /// The instants of a step, given in microseconds from the start of the run by the keeper's clock, by the other.
  func second(planned: Int64, actual: Int64) -> SecondClock? {
    guard let there = other(actual), let due = other(planned) else { return nil }
    return SecondClock(
      clock: keeper == .device ? .host : .device, plannedMicroseconds: due.time, actualMicroseconds: there.time,
      uncertaintyMicroseconds: max(there.uncertainty, due.uncertainty))
  }

  private func other(_ time: Int64) -> (time: Int64, uncertainty: Int64)? {
    guard let start, let estimator else { return nil }
    switch keeper {
    case .device:
      let microseconds = start.device &+ UInt64(bitPattern: time)
      return estimator.hostReading(ofDeviceMicroseconds: microseconds).map {
        (($0.instant - start.host).wholeMicroseconds, Self.roundedUp($0.uncertainty))
      }
    case .host:
      return estimator.reading(at: start.host.advanced(by: .microseconds(time))).map {
        (Int64(bitPattern: $0.deviceMicroseconds &- start.device), Self.roundedUp($0.uncertainty))
      }
    }
  }

  private static func roundedUp(_ uncertainty: Duration) -> Int64 {
    (uncertainty + .nanoseconds(999)).wholeMicroseconds
  }

  func evidence(at now: MonotonicInstant) -> ClockEvidence? {
    guard let start, let estimator else { return nil }
    return ClockEvidence(
      deviceStartMicroseconds: start.device, hostStartMicroseconds: start.host.microseconds,
      uncertaintyMicroseconds: estimator.reading(at: now).map { Self.roundedUp($0.uncertainty) },
      driftPartsPerBillion: estimator.driftPartsPerMillion.map { Int64(($0 * 1_000).rounded()) },
      exchangeCount: estimator.acceptedCount, resetCount: estimator.resetCount)
  }
}

extension PlayerSession {
  /// More is known of the device's clock.
  mutating func learned(_ clock: ClockEstimator) {
    stream?.clock = clock
    clocks.estimator = clock
    let pending = clocks.pending
    clocks.pending = []
    for step in pending { convert(step) }
  }

  /// Tells a step that was entered by the other clock, now or when that is known.
  mutating func convert(_ index: Int) {
    clocks.settle(deviceStart: following.start, hostStart: plan.mode == .live ? hostStart : nil)
    guard ledger.steps.indices.contains(index), case let step = ledger.steps[index],
      let actual = step.actualMicroseconds
    else { return }
    if let second = clocks.second(planned: step.plannedMicroseconds, actual: actual) {
      ledger.tell(index, second)
    } else if clocks.pending.count < ClockConversion.pendingLimit {
      clocks.pending.append(index)
    }
  }
}

/// For how long nothing came from the device.
struct Silence {
  private var last: MonotonicInstant?
  /// The longest so far; nil before anything was heard.
  private(set) var longest: Duration?

  mutating func heard(at now: MonotonicInstant) {
    longest = max(longest ?? .zero, last.map { now - $0 } ?? .zero)
    last = now
  }

  /// The run ends: the last silence counts too.
  mutating func ended(at now: MonotonicInstant) {
    if last != nil { heard(at: now) }
    last = nil
  }
}

extension Session.Statistics {
  /// What came on top of earlier counts, by the names of the report.
  func counts(since earlier: Session.Statistics) -> [String: Int64] {
    [
      "events_missed": Int64(missedEvents - earlier.missedEvents),
      "telemetry_missed": Int64(missedTelemetry - earlier.missedTelemetry),
      "notifications_dropped": Int64(droppedNotifications - earlier.droppedNotifications),
      "responses_unmatched": Int64(unmatchedResponses - earlier.unmatchedResponses),
      "values_malformed": Int64(malformedValues - earlier.malformedValues),
      "requests_repeated": Int64(repeatedRequests - earlier.repeatedRequests),
    ]
  }
}
