internal import PercussClient
internal import PercussTime
internal import PercussWire

/// What is known of a run whose steps are streamed: one stream after the other, each from a beginning to the next wait.
struct StreamState {
  enum Stage: Equatable {
    /// The motor is brought to rest before the run goes on at another place.
    case stopping
    /// The device is asked to forget what it has.
    case flushing
    /// The first steps are sent; the stream begins when they are there and nobody is waited for.
    case filling
    /// The device is asked to play.
    case starting
    case running, pausing, paused, resuming
    /// The last stream is over.
    case over
  }

  var stage = Stage.flushing
  var feeder: StreamFeeder
  /// A step is on its way to the link.
  var isWriting = false
  /// A request finds out why a step does not get through.
  var isResolving = false
  /// When the feeder wants to be asked again.
  var wake = MonotonicInstant.distantFuture
  /// By when what the stage waits for must have come.
  var bound = MonotonicInstant.distantFuture
  /// When to ask once more for a start that came before the motor was at rest.
  var retryAt: MonotonicInstant?
  var retries = 0
  /// The wait that the operator has to confirm before the stream begins.
  var waiting: Int?

  var clock: ClockEstimator?
  /// Place 0 of the stream by the device's clock, in microseconds; nil while it is not known.
  var origin: UInt64?
  /// Place 0 of the stream by the host's clock, or before it.
  var base = MonotonicInstant.distantFuture
  var pausedAt = MonotonicInstant.zero
  var resumedAt = MonotonicInstant.zero
  /// The steering that is under way.
  var steering: (id: Int, what: Steering)?

  /// Of the streams before this one.
  var earlier = (steps: 0, resent: 0, leastAhead: Int64?.none)

  /// How long the steps before the start may take to get through, and anything else that a stage waits for.
  static let patience: Duration = .seconds(10)
  /// How long a run may be held.
  static let longestPause: Duration = .seconds(3_600)

  init(_ feeder: StreamFeeder) {
    self.feeder = feeder
  }

  var isPlaying: Bool {
    switch stage {
    case .running, .pausing, .paused, .resuming: true
    case .stopping, .flushing, .filling, .starting, .over: false
    }
  }

  /// How far the device is at most in the stream, in milliseconds.
  ///
  /// By the device's clock where that is known, else by the host's, reckoned fast: steps that come too soon do no harm.
  func place(at now: MonotonicInstant) -> Int64 {
    guard isPlaying || stage == .starting else { return 0 }
    let moment = stage == .paused || stage == .resuming ? min(now, pausedAt) : now
    let elapsed = max(0, (moment - base).wholeMilliseconds)
    let most = elapsed + elapsed / 500 + 10
    guard let origin, let reading = clock?.reading(at: moment) else { return most }
    let place = Int64(bitPattern: reading.deviceMicroseconds &- origin) / 1_000
    return min(max(0, place + reading.uncertainty.wholeMilliseconds + 1), most)
  }

  /// The next stream takes over.
  mutating func begin(_ next: StreamFeeder) {
    earlier = totals
    feeder = next
    stage = .flushing
    (wake, bound, retryAt, retries) = (.distantFuture, .distantFuture, nil, 0)
    (origin, isResolving) = (nil, false)
  }

  var totals: (steps: Int, resent: Int, leastAhead: Int64?) {
    let least = [earlier.leastAhead, feeder.leastAhead].compactMap { $0 }.min()
    return (earlier.steps + feeder.committed, earlier.resent + feeder.resentCount, least)
  }

  func evidence(_ lookAhead: Duration, at now: MonotonicInstant) -> StreamEvidence {
    let totals = totals
    return StreamEvidence(
      lookAheadMicroseconds: lookAhead.wholeMicroseconds, leastAheadMicroseconds: totals.leastAhead.map { $0 * 1_000 },
      stepCount: totals.steps, resentCount: totals.resent,
      clockUncertaintyMicroseconds: clock?.reading(at: now)?.uncertainty.wholeMicroseconds,
      clockDriftPartsPerBillion: clock?.driftPartsPerMillion.map { Int64(($0 * 1_000).rounded()) })
  }
}

/// What a user may do with a streamed run while it plays.
enum Steering: Sendable {
  case pause, resume
  /// Milliseconds of the plan's nominal time.
  case seek(Int64)
  case replace(Plan)
}

/// Why a run could not be paused, resumed, moved or edited; it goes on as it was.
public struct SteeringError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What happened, and what to do.
  public var description: String
}
