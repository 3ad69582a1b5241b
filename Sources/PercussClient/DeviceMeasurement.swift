internal import PercussGATT
internal import PercussLink
public import PercussTime
internal import PercussWire

/// How late values were handed to the link, each due at an instant of its own.
public struct HandOffMeasurement: Equatable, Sendable {
  /// From the instant until the link had it.
  public var lateness: LatenessHistogram
  /// Whether the deadline thread handed them over, straight into the link's descriptor; otherwise the timeline did.
  public var isByThread: Bool

  /// A measurement; see the properties.
  public init(lateness: LatenessHistogram, isByThread: Bool) {
    self.lateness = lateness
    self.isByThread = isByThread
  }
}

// What a link can do, measured without moving the motor.
extension Device {
  /// Hands harmless values (clock requests) to the link at instants, and tells how late each was.
  ///
  /// - Parameters:
  ///   - count: how many, 1 to 60,000.
  ///   - period: between two instants, 1 ms to 1 s.
  ///   - thread: what hands them over, where the link has a way for it.
  /// - Throws: `.invalidArgument` when the device has no Clock; `.disconnected` and `.link` when the link does not take them.
  public func measureHandOff(
    count: Int, period: Duration, by thread: DeadlineThread?
  ) async throws(DeviceError) -> HandOffMeasurement {
    let operation = "measuring the hand-off"
    let period = min(max(period, .milliseconds(1)), .seconds(1))
    guard feature.features.contains(.clock) else {
      throw DeviceError(.invalidArgument("the device does not offer its clock"), during: operation)
    }
    var writer: (any PromptWriter)?
    if thread != nil { writer = await link.acquirePromptWriter(for: .percussClock) }
    let result: Result<HandOffMeasurement, DeviceError>
    do throws(DeviceError) {
      var measurement = HandOffMeasurement(lateness: LatenessHistogram(), isByThread: writer != nil)
      var due = timeline.now.advanced(by: .milliseconds(20))
      for number in 0..<min(max(count, 1), 60_000) {
        guard
          let bytes = try? ClockRequest(sequence: UInt8(truncatingIfNeeded: number), centralTimeMicroseconds: 0).bytes()
        else { continue }
        // bluetoothd queues without bound, and a stop waits behind it: now and then an answer is awaited.
        if number % Self.unansweredLimit == Self.unansweredLimit - 1 {
          _ = try await measureRoundTrips(count: 1)
          due = timeline.now.advanced(by: period)
        }
        let end = try await handOver(bytes, at: due, by: thread, writer, during: operation)
        measurement.lateness.record(due.duration(to: end))
        // Also where that has passed: a stall makes all late that were due in it.
        due = due.advanced(by: period)
      }
      result = .success(measurement)
    } catch {
      result = .failure(error)
    }
    if writer != nil { await link.releasePromptWriter(for: .percussClock) }
    return try result.get()
  }

  /// How many values may be on their way without an answer.
  private static let unansweredLimit = 16

  /// - Returns: when the link had it.
  private func handOver(
    _ bytes: [UInt8], at due: MonotonicInstant, by thread: DeadlineThread?, _ writer: (any PromptWriter)?,
    during operation: String
  ) async throws(DeviceError) -> MonotonicInstant {
    if let connectionEnd { throw DeviceError(.disconnected(connectionEnd), during: operation) }
    if Task.isCancelled { throw DeviceError(.cancelled, during: operation) }
    if let thread, let writer {
      let outcome = await withCheckedContinuation { continuation in
        do throws(DeadlineThreadError) {
          _ = try thread.arm(at: due) { _ in
            writer.sendPromptly(bytes)
          } completion: {
            continuation.resume(returning: $0)
          }
        } catch {
          continuation.resume(returning: .shutDown)
        }
      }
      switch outcome {
      case .done(let end, succeeded: true): return end
      case .done(_, succeeded: false), .tooLate:
        throw DeviceError(.link(.unavailable("the descriptor of AcquireWrite took no more")), during: operation)
      case .shutDown: throw DeviceError(.cancelled, during: operation)
      }
    }
    do {
      try await timeline.sleep(until: due)
      try await link.write(bytes, to: .percussClock, type: .command)
      return timeline.now
    } catch {
      throw (error as? LinkError).map { DeviceError(link: $0, during: operation) }
        ?? DeviceError(.cancelled, during: operation)
    }
  }

  /// Asks the device something harmless again and again (`routine_query`; its status where that has to be asked for), one after the other, and tells how long each answer took.
  ///
  /// - Parameter count: how often, 1 to 10,000.
  /// - Throws: as ``perform(_:)``; a refusal is an answer too.
  public func measureRoundTrips(count: Int) async throws(DeviceError) -> LatenessHistogram {
    var histogram = LatenessHistogram()
    for _ in 0..<min(max(count, 1), 10_000) {
      let begin = timeline.now
      do throws(DeviceError) {
        try await perform(hasLease ? .request(.routineQuery(slot: 0)) : .readStatus)
      } catch {
        guard case .refused = error.reason else { throw error }
      }
      histogram.record(begin.duration(to: timeline.now))
    }
    return histogram
  }
}
