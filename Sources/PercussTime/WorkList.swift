import Synchronization

/// The locked ``WorkQueue`` of a timeline with the operations that both timelines have in common.
final class WorkList: Sendable {
  private let queue: Mutex<State>
  private let now: @Sendable () -> MonotonicInstant
  private let workArrived: @Sendable () -> Void

  private struct State {
    var queue: WorkQueue
    /// After the shutdown no timer is accepted.
    var isClosed = false
  }

  /// - Parameter workArrived: called after each addition, without the lock.
  init(
    order: SeededGenerator? = nil, now: @escaping @Sendable () -> MonotonicInstant,
    workArrived: @escaping @Sendable () -> Void
  ) {
    queue = Mutex(State(queue: WorkQueue(order: order)))
    self.now = now
    self.workArrived = workArrived
  }

  func withQueue<R: Sendable>(_ body: (inout WorkQueue) -> R) -> R {
    queue.withLock { body(&$0.queue) }
  }

  func enqueue(_ job: UnownedJob) {
    queue.withLock { $0.queue.add(job) }
    workArrived()
  }

  func schedule(at deadline: MonotonicInstant, _ action: @escaping @Sendable () -> Void) -> ScheduledAction {
    let present = now()
    let id: UInt64? = queue.withLock { state in
      guard !state.isClosed else { return nil }
      let id = state.queue.nextTimerIdentifier()
      state.queue.add(.call(action), at: deadline, id: id, now: present)
      return id
    }
    guard let id else { return ScheduledAction(onCancel: {}) }
    workArrived()
    return ScheduledAction { [self] in
      _ = withQueue { $0.removeTimer(id) != nil }
    }
  }

  func sleep(until deadline: MonotonicInstant) async throws {
    let id = withQueue { $0.nextTimerIdentifier() }
    try await withTaskCancellationHandler {
      try await withUnsafeThrowingContinuation { (continuation: UnsafeContinuation<Void, any Error>) in
        let present = now()
        // The cancellation handler takes the same lock after the task was marked as cancelled, so either the mark is seen here or
        // the handler finds the timer.
        let accepted = queue.withLock { state in
          guard !Task.isCancelled, !state.isClosed else { return false }
          state.queue.add(.resume(continuation), at: deadline, id: id, now: present)
          return true
        }
        if accepted { workArrived() } else { continuation.resume(throwing: CancellationError()) }
      }
    } onCancel: {
      let action = withQueue { $0.removeTimer(id) }
      if case .resume(let continuation) = action { continuation.resume(throwing: CancellationError()) }
    }
  }

  /// Refuses timers from now on, drops what was scheduled and ends every sleep with `CancellationError`.
  func close() {
    let dropped = queue.withLock { state in
      state.isClosed = true
      return state.queue.removeAllTimers()
    }
    for case .resume(let continuation) in dropped { continuation.resume(throwing: CancellationError()) }
  }
}

extension WorkQueue.Work {
  /// Does the work, as the executor that the timeline is.
  func perform(on timeline: some Timeline) {
    switch self {
    case .job(let job):
      job.runSynchronously(
        isolatedTo: timeline.asUnownedSerialExecutor(), taskExecutor: timeline.asUnownedTaskExecutor())
    case .timer(.resume(let continuation)): continuation.resume()
    case .timer(.call(let action)): action()
    }
  }
}
