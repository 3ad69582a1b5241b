public import PercussClient
public import PercussTime
internal import PercussWire

/// What was measured of this host, a link and a device's clock, and which guarantees a run can keep on them.
///
/// ```swift
/// let survey = try await TimingSurvey.measure(device, with: thread, extent: .init(seconds: 5))
/// for finding in survey.findings(on: terms) { print(finding.name.title, finding.standing, finding.text) }
/// ```
///
/// It says what held while it was measured: a host that gets busier, or a device that moves away, is another.
public struct TimingSurvey: Equatable, Sendable {
  /// How long and how often is measured.
  public struct Extent: Equatable, Sendable {
    /// How long each of the measurements takes, 1 s to 10 min.
    public var duration: Duration
    /// The time between two deadlines, 1 ms to 1 s; of both at most 60,000 deadlines.
    public var period: Duration

    /// An extent; beyond its ranges the nearer end is taken.
    public init(duration: Duration = .seconds(5), period: Duration = .milliseconds(10)) {
      self.duration = min(max(duration, .seconds(1)), .seconds(600))
      self.period = min(max(period, .milliseconds(1)), .seconds(1))
    }

    /// How many deadlines that makes.
    public var count: Int {
      Int(clamping: min(60_000, max(1, duration.wholeMicroseconds / max(1, period.wholeMicroseconds))))
    }
  }

  /// What is known of the device's clock.
  public struct Clock: Equatable, Sendable {
    /// How wrong a converted instant is at the most, at the end of the measurement.
    public var uncertainty: Duration
    /// How much faster it runs than the host's, in parts per million; nil where it was measured for less than 5 s.
    public var driftPartsPerMillion: Double?
    /// On how many exchanges that rests.
    public var exchangeCount: Int
    /// The shortest time there and back.
    public var leastRoundTrip: Duration
  }

  /// How late the thread woke for its deadlines; it did nothing at them.
  public var wakeUp: LatenessHistogram
  /// How late values were handed to the link.
  public var handOff: HandOffMeasurement?
  /// How long the answers to requests took.
  public var roundTrip: LatenessHistogram
  /// What is known of the device's clock; nil where it offers none, or no exchange succeeded.
  public var clock: Clock?
  /// Requests that were sent again for want of an answer, while all of that was measured.
  public var repeatedRequests: Int
  /// Telemetry and events that did not arrive meanwhile.
  public var missedNotifications: Int

  // MARK: Measuring

  /// Measures, without moving the motor. Takes four times the extent's duration at the most, and as long as 3 requests may take.
  ///
  /// - Throws: `DeviceError` when the device or the link fails.
  public static func measure(
    _ device: Device, with thread: DeadlineThread, extent: Extent
  ) async throws(DeviceError) -> TimingSurvey {
    let timeline = device.timeline
    let before = await device.statistics
    let wakeUp = await Self.wakeUps(of: thread, extent, on: timeline)
    if Task.isCancelled { throw DeviceError(.cancelled, during: "measuring") }
    let hasClock = device.feature.features.contains(.clock)
    let handOff =
      hasClock ? try await device.measureHandOff(count: extent.count, period: extent.period, by: thread) : nil
    var roundTrip = LatenessHistogram()
    let end = timeline.now.advanced(by: extent.duration)
    repeat { roundTrip.merge(try await device.measureRoundTrips(count: 1)) } while timeline.now < end
    let following = timeline.start { await device.followClock() }
    if hasClock { try? await timeline.sleep(for: extent.duration + .seconds(1)) }
    following.cancel()
    let after = await device.statistics
    let estimator = await device.clock
    var clock: Clock?
    if let reading = estimator.reading(at: timeline.now), let least = estimator.leastRoundTrip {
      clock = Clock(
        uncertainty: reading.uncertainty, driftPartsPerMillion: estimator.driftPartsPerMillion,
        exchangeCount: estimator.acceptedCount, leastRoundTrip: least)
    }
    return TimingSurvey(
      wakeUp: wakeUp, handOff: handOff, roundTrip: roundTrip, clock: clock,
      repeatedRequests: after.repeatedRequests - before.repeatedRequests,
      missedNotifications: after.missedEvents + after.missedTelemetry - before.missedEvents - before.missedTelemetry)
  }

  /// How late the thread wakes when nothing is to be done.
  private static func wakeUps(
    of thread: DeadlineThread, _ extent: Extent, on timeline: any Timeline
  ) async -> LatenessHistogram {
    var histogram = LatenessHistogram()
    let start = timeline.now.advanced(by: .milliseconds(20))
    for number in 0..<extent.count {
      guard !Task.isCancelled else { break }
      let due = start.advanced(by: extent.period * number)
      let woken: MonotonicInstant? = await withCheckedContinuation { continuation in
        do throws(DeadlineThreadError) {
          _ = try thread.arm(at: due) { _ in
            true
          } completion: { outcome in
            if case .done(let instant, _) = outcome {
              continuation.resume(returning: instant)
            } else {
              continuation.resume(returning: nil)
            }
          }
        } catch {
          continuation.resume(returning: nil)
        }
      }
      if let woken { histogram.record(due.duration(to: woken)) }
    }
    return histogram
  }
}
