/// One serial executor with a clock. Everything of a link (virtual device, radio, client, player) runs on one timeline, so that
/// virtual time can drive the same code as real time.
///
/// ```swift
/// let timeline = VirtualTimeline(seed: 7)
/// try timeline.run {
///   try await timeline.sleep(for: .seconds(1200))     // takes microseconds; `timeline.now` has moved by 20 minutes
/// }
/// ```
///
/// Stay on the timeline:
/// - actors return it: `nonisolated var unownedExecutor: UnownedSerialExecutor { timeline.asUnownedSerialExecutor() }`;
/// - unstructured tasks start with ``start(_:)``; all their child tasks (`async let`, task groups) stay. Never a plain `Task { }`, not even in an actor's
///   method: Swift resumes a task without executor preference through the shared thread pool after every continuation;
/// - no `@concurrent` function, `Task.detached`, `Task.sleep`, or actor without that executor.
///
/// Closures given to ``schedule(at:_:)`` run on the timeline too, so `assumeIsolated` works in them.
/// Task priorities are ignored: ready work runs in order of arrival (or in seeded order, see ``VirtualTimeline``).
public protocol Timeline: SerialExecutor, TaskExecutor {
  /// The present instant.
  var now: MonotonicInstant { get }

  /// Resumes at the deadline, never before it; a deadline that has passed still lets other ready work go first.
  ///
  /// - Throws: `CancellationError`, at once, when the task is or becomes cancelled, or the timeline has shut down.
  func sleep(until deadline: MonotonicInstant) async throws

  /// Runs the closure on the timeline at the deadline, or as soon as the work already ready has run when it has passed.
  ///
  /// Closures for different instants run in the order of their instants. There is no limit to how many can wait; each costs memory until it ran or
  /// is cancelled. After a shutdown the closure never runs.
  @discardableResult
  func schedule(at deadline: MonotonicInstant, _ action: @escaping @Sendable () -> Void) -> ScheduledAction

  /// Whether the calling code runs on this timeline.
  var isCurrent: Bool { get }
}

extension Timeline {
  /// Resumes after the duration; see ``sleep(until:)``.
  public func sleep(for duration: Duration) async throws {
    try await sleep(until: now.advanced(by: duration))
  }

  /// Runs the closure on the timeline after the duration; see ``schedule(at:_:)``.
  @discardableResult
  public func schedule(after duration: Duration, _ action: @escaping @Sendable () -> Void) -> ScheduledAction {
    schedule(at: now.advanced(by: duration), action)
  }

  /// Starts an unstructured task that, with all its child tasks, runs on the timeline.
  @discardableResult
  public func start<Success: Sendable>(
    _ operation: @escaping @Sendable () async throws -> Success
  ) -> Task<Success, any Error> {
    Task(executorPreference: self) { try await operation() }
  }
}

/// Something that a timeline will do later.
public struct ScheduledAction: Sendable {
  private let onCancel: @Sendable () -> Void

  /// A token whose cancellation calls the closure; for those who implement a ``Timeline``.
  public init(onCancel: @escaping @Sendable () -> Void) {
    self.onCancel = onCancel
  }

  /// Prevents the action. Does nothing when it has run already, or when it is cancelled already.
  public func cancel() { onCancel() }
}

/// Why a timeline could not bring an operation to its end.
public enum TimelineError: Error, Equatable, CustomStringConvertible {
  /// Nothing is runnable and nothing is scheduled, but the operation has not finished: it waits for something that will never come.
  case stuck(at: MonotonicInstant)
  /// The operation was still running when the virtual time allowed for it had passed.
  case exceeded(limit: Duration)
  /// Work kept becoming ready without virtual time moving on.
  case livelock(at: MonotonicInstant)
  /// The timeline is running already: `run` was called from within its own work, or from a second thread.
  case alreadyRunning
  /// The timeline has been shut down.
  case shutDown

  /// What happened, and what to look at.
  public var description: String {
    switch self {
    case .stuck(let instant):
      "nothing left to run at \(instant), but the operation has not finished: it awaits something that no task, "
        + "timer or connection will deliver, or it left the timeline"
    case .exceeded(let limit): "the operation did not finish within \(limit) of virtual time"
    case .livelock(let instant):
      "virtual time stands still at \(instant): work keeps becoming ready; look for a loop that never sleeps"
    case .alreadyRunning: "the timeline is running already; await the operation instead of running it from within"
    case .shutDown: "the timeline has been shut down; create a new one"
    }
  }
}
