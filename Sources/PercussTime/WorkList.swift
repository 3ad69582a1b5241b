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
    /// Whether whoever does the work waits, or is about to, and wants to hear of the next addition.
    var isAsleep = false

    /// Whether the addition that was just made has to be told.
    mutating func wakes() -> Bool {
      defer { isAsleep = false }
      return isAsleep
    }
  }

  /// See ``fallAsleep()``.
  enum Idle {
    case workIsReady
    case until(MonotonicInstant?)
  }

  /// - Parameter workArrived: called without the lock for the first addition after ``State/isAsleep`` was set.
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
    let wakes = queue.withLock { state in
      state.queue.add(job)
      return state.wakes()
    }
    if wakes { workArrived() }
  }

  /// The next piece of work that is ready; nil when there is none. Timers that are due become ready before.
  func nextDue() -> WorkQueue.Work? {
    let present = now()
    return withQueue { queue in
      queue.collectDueTimers(now: present)
      return queue.next()
    }
  }

  /// Until when nothing is to be done, nil when no timer waits; or that something is ready. Additions are told from now on, until ``wakeUp()``.
  func fallAsleep() -> Idle {
    queue.withLock { state in
      guard !state.queue.hasReadyWork else { return .workIsReady }
      state.isAsleep = true
      return .until(state.queue.nextDeadline())
    }
  }

  /// Additions need not be told any longer.
  func wakeUp() {
    queue.withLock { $0.isAsleep = false }
  }

  func schedule(at deadline: MonotonicInstant, _ action: @escaping @Sendable () -> Void) -> ScheduledAction {
    let present = now()
    let added: (id: UInt64, wakes: Bool)? = queue.withLock { state in
      guard !state.isClosed else { return nil }
      let id = state.queue.nextTimerIdentifier()
      state.queue.add(.call(action), at: deadline, id: id, now: present)
      return (id, state.wakes())
    }
    guard let (id, wakes) = added else { return ScheduledAction(onCancel: {}) }
    if wakes { workArrived() }
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
        let accepted: (wakes: Bool, Void)? = queue.withLock { state in
          guard !Task.isCancelled, !state.isClosed else { return nil }
          state.queue.add(.resume(continuation), at: deadline, id: id, now: present)
          return (state.wakes(), ())
        }
        switch accepted {
        case nil: continuation.resume(throwing: CancellationError())
        case (true, _)?: workArrived()
        case (false, _)?: break
        }
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
