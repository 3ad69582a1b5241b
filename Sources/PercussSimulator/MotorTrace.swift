public import PercussCore
public import PercussTime

/// What the motor really did at an instant: the ground truth, whatever the device reported.
public struct MotorSample: Equatable, Sendable {
  /// When, by the timeline.
  public var at: MonotonicInstant
  /// When, by the device's clock, in microseconds since it was switched on.
  public var deviceMicroseconds: UInt64
  /// What it did, as of the last round of its control loop (at most 5 ms before).
  public var truth: MotorTruth
}

/// What the motor did over time: a sample at every change that was noticed, and every ``interval`` while it moves.
///
/// Holds at most ``limit`` samples. When there would be more, every second one goes, save where the state changed, and the interval doubles;
/// ``isThinned`` then says so.
public struct MotorTrace: Equatable, Sendable {
  /// The samples, in order of time.
  public private(set) var samples: [MotorSample] = []
  /// Time between two samples of a moving motor.
  public private(set) var interval: Duration
  /// Whether samples have been left out to bound the memory.
  public private(set) var isThinned = false
  /// How many samples are held at most.
  public let limit: Int

  /// An empty trace.
  ///
  /// - Parameters:
  ///   - interval: time between two samples of a moving motor, at least 5 ms, which is a round of the control loop.
  ///   - limit: how many samples are held at most, at least 2.
  public init(interval: Duration = .milliseconds(20), limit: Int = 200_000) {
    self.interval = max(interval, .milliseconds(5))
    self.limit = max(limit, 2)
  }

  /// The samples later than an instant, oldest first: as many as the limit, and those of the same instant as the last of them, so that going on from
  /// that instant leaves none out.
  public func samples(after instant: MonotonicInstant, limit: Int) -> ArraySlice<MotorSample> {
    var (low, high) = (0, samples.count)
    while low < high {
      let middle = (low + high) / 2
      if samples[middle].at <= instant { low = middle + 1 } else { high = middle }
    }
    var end = min(samples.count, low + max(0, limit))
    while end > low, end < samples.count, samples[end].at == samples[end - 1].at { end += 1 }
    return samples[low..<end]
  }

  /// Enters a sample, unless nothing has changed since the last one.
  mutating func enter(_ sample: MotorSample) {
    if let last = samples.last {
      if last.truth == sample.truth { return }
      let isChange = last.truth.state != sample.truth.state || last.truth.isOn != sample.truth.isOn
      // A thinned trace stays as coarse as it has become.
      if isThinned, !isChange, last.at.duration(to: sample.at) < interval { return }
    }
    if samples.count >= limit { thin() }
    samples.append(sample)
  }

  private mutating func thin() {
    isThinned = true
    interval *= 2
    var kept: [MotorSample] = []
    kept.reserveCapacity(samples.count)
    for (index, sample) in samples.enumerated() {
      if index % 2 == 0 || kept.last?.truth.state != sample.truth.state { kept.append(sample) }
    }
    // Changes of state alone fill it: then the oldest half goes.
    if kept.count > limit / 4 * 3 { kept.removeFirst(kept.count / 2) }
    samples = kept
  }
}
