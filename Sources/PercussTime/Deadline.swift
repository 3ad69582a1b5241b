/// A wait that took longer than it may.
public struct TimeoutError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What was awaited, as in "the response to Set Speed".
  public let what: String
  /// How long it was awaited.
  public let after: Duration

  /// A time-out of the wait for something.
  public init(waitingFor what: String, after: Duration) {
    self.what = what
    self.after = after
  }

  /// What was awaited, and how long.
  public var description: String { "waited \(after) for \(what), in vain" }
}

/// Runs the operation on the timeline and waits for it until the deadline, no longer.
///
/// At the deadline the operation is cancelled and no longer waited for, whether it heeds the cancellation or not; what it gives later is dropped.
/// When the calling task is cancelled, so is the operation; the wait then ends when the operation does, or at the deadline.
///
/// - Parameters:
///   - what: named in the error, as in "the response to Set Speed".
/// - Throws: what the operation throws; ``TimeoutError`` at the deadline.
public func withDeadline<Success: Sendable>(
  _ deadline: MonotonicInstant, on timeline: any Timeline, waitingFor what: String,
  _ operation: @escaping @Sendable () async throws -> Success
) async throws -> Success {
  let beginning = timeline.now
  let outcome = Outcome<Success>()
  let task = Task(executorPreference: timeline) {
    do { outcome.set(.success(try await operation())) } catch { outcome.set(.failure(error)) }
  }
  let timer = timeline.schedule(at: deadline) {
    let error = TimeoutError(waitingFor: what, after: beginning.duration(to: timeline.now))
    if outcome.set(.failure(error)) { task.cancel() }
  }
  defer { timer.cancel() }
  return try await withTaskCancellationHandler {
    try await outcome.value()
  } onCancel: {
    task.cancel()
  }
}

/// Runs the operation on the timeline and waits for it that long, no longer; see ``withDeadline(_:on:waitingFor:_:)``.
public func withTimeout<Success: Sendable>(
  _ timeout: Duration, on timeline: any Timeline, waitingFor what: String,
  _ operation: @escaping @Sendable () async throws -> Success
) async throws -> Success {
  try await withDeadline(
    timeline.now.advanced(by: timeout), on: timeline, waitingFor: what, operation)
}
