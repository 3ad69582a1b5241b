internal import CLinux
import Glibc
import Synchronization

/// A timeline in real time: one thread of its own that runs the work, sleeps until absolute `CLOCK_MONOTONIC` deadlines, with the timer slack of
/// the thread at 1 ns, and calls the handlers of watched descriptors, all from one epoll loop.
///
/// In each turn ready work comes first, then due timers, then descriptors; a turn has an end, so that none waits for another for ever. Handlers run on the
/// timeline like scheduled actions do: an actor of the timeline can be entered from them without a hop.
///
/// The thread starts with the timeline and ends with ``shutDown()``, which the owner must call.
///
/// ```swift
/// let timeline = RealTimeline(name: "link")
/// defer { timeline.shutDown() }
/// try timeline.run { try await timeline.sleep(for: .milliseconds(10)) }
/// ```
public final class RealTimeline: Timeline {
  private let work: WorkList
  private let poller: DescriptorPoller
  private let thread: Mutex<ThreadState>
  /// The thread of the timeline; 0 before it runs and after it has ended.
  private let runner = Atomic<UInt>(0)
  private let name: String

  private struct ThreadState {
    var handle: pthread_t?
    var isStopping = false
  }

  /// Starts a timeline.
  ///
  /// - Parameter name: of its thread, as `top -H` shows it; cut at 15 bytes.
  public init(name: String = "percuss-time") {
    self.name = name
    let poller = DescriptorPoller()
    self.poller = poller
    work = WorkList(now: { .ofSystem() }, workArrived: { poller.ring() })
    thread = Mutex(ThreadState())
    thread.withLock { $0.handle = launch() }
  }

  /// `CLOCK_MONOTONIC`.
  public var now: MonotonicInstant { .ofSystem() }

  /// Whether the calling thread is the timeline's own.
  public var isCurrent: Bool { runner.load(ordering: .acquiring) == UInt(pthread_self()) }

  /// Runs the operation on the timeline and blocks the calling thread until it has finished.
  ///
  /// - Throws: what the operation throws; ``TimelineError/alreadyRunning`` when called on the timeline itself, which would never end;
  ///   ``TimelineError/shutDown`` after the shutdown.
  @available(*, noasync, message: "await run instead")
  public func run<Success: Sendable>(_ operation: @escaping @Sendable () async throws -> Success) throws -> Success {
    guard !isCurrent else { throw TimelineError.alreadyRunning }
    guard !thread.withLock({ $0.isStopping }) else { throw TimelineError.shutDown }
    let outcome = Outcome<Success>()
    let done = Alarm()
    Task(executorPreference: self) {
      do { outcome.set(.success(try await operation())) } catch { outcome.set(.failure(error)) }
      done.ring()
    }
    while true {
      if let result = outcome.take() { return try result.get() }
      done.wait(until: nil)
    }
  }

  /// Runs the operation on the timeline; the cancellation of the caller reaches it.
  ///
  /// - Throws: what the operation throws; ``TimelineError/shutDown`` after the shutdown.
  public func run<Success: Sendable>(
    _ operation: @escaping @Sendable () async throws -> Success
  ) async throws -> Success {
    guard !thread.withLock({ $0.isStopping }) else { throw TimelineError.shutDown }
    let task = Task(executorPreference: self) { try await operation() }
    return try await withTaskCancellationHandler {
      try await task.value
    } onCancel: {
      task.cancel()
    }
  }

  /// Ends the timeline: sleeps end with `CancellationError`, scheduled actions are dropped, watches end with ``DescriptorEvents/shutDown``, work that is ready still
  /// runs, then the thread ends.
  ///
  /// Blocks until the thread has ended, except on the timeline itself. Jobs that arrive later still run, one after the other, on a thread started for them, so
  /// that no task is left hanging. May be called more than once.
  public func shutDown() {
    let handle: pthread_t? = thread.withLock { state in
      guard !state.isStopping else { return nil }
      state.isStopping = true
      return state.handle
    }
    work.close()
    poller.ring()
    guard let handle else { return }
    if pthread_equal(handle, pthread_self()) != 0 { pthread_detach(handle) } else { pthread_join(handle, nil) }
  }

  /// See ``Timeline/sleep(until:)``.
  public func sleep(until deadline: MonotonicInstant) async throws {
    try await work.sleep(until: deadline)
  }

  /// See ``Timeline/schedule(at:_:)``.
  @discardableResult
  public func schedule(at deadline: MonotonicInstant, _ action: @escaping @Sendable () -> Void) -> ScheduledAction {
    work.schedule(at: deadline, action)
  }

  /// Calls the handler on the timeline whenever the descriptor is as asked for, again and again for as long as it is (level-triggered); also when it has an error
  /// or its other end is gone.
  ///
  /// The descriptor stays the caller's, who cancels the watch before closing it. A hang-up that nobody reacts to is told once, unless reading was
  /// asked for: then until the handler cancels. May be called from any thread.
  ///
  /// - Throws: ``DescriptorWatchError``.
  public func watch(
    _ descriptor: CInt, for events: DescriptorEvents, _ handler: @escaping @Sendable (DescriptorEvents) -> Void
  ) throws(DescriptorWatchError) -> DescriptorWatch {
    try poller.add(descriptor, interest: events, handler)
  }

  /// Takes a job of the Swift concurrency runtime.
  public func enqueue(_ job: UnownedJob) {
    // The job may hold the last reference to the timeline, and end before this does.
    let kept = Unmanaged.passRetained(self)
    defer { kept.release() }
    work.enqueue(job)
    let late: pthread_t? = thread.withLock { state in
      guard state.isStopping, state.handle == nil else { return nil }
      state.handle = launch()
      return state.handle
    }
    if let late { pthread_detach(late) }
  }

  /// Takes a job of the Swift concurrency runtime.
  public func enqueue(_ job: consuming ExecutorJob) {
    enqueue(UnownedJob(job))
  }

  /// Lets `assumeIsolated` succeed in scheduled actions, which run outside of any task.
  public func checkIsolated() {
    precondition(isCurrent, "this code must run on the thread of the timeline \(name)")
  }

  /// Whether the calling code is isolated to this timeline.
  public func isIsolatingCurrentContext() -> Bool? { isCurrent }

  // MARK: The thread

  private func launch() -> pthread_t {
    var handle = pthread_t()
    let context = Unmanaged.passRetained(self).toOpaque()
    let status = pthread_create(
      &handle, nil,
      { context in
        guard let context else { return nil }
        Unmanaged<RealTimeline>.fromOpaque(context).takeRetainedValue().runThread()
        return nil
      }, context)
    precondition(status == 0, "the system gave no thread for the timeline \(name) (error \(status)); see ulimit -u")
    return handle
  }

  /// Pieces of work in one turn of the loop, before it looks at the descriptors again.
  private static let workPerTurn = 64

  private func runThread() {
    runner.store(UInt(pthread_self()), ordering: .releasing)
    describeThread()
    var toldTheEnd = false
    while true {
      for _ in 0..<Self.workPerTurn {
        guard let next = work.nextDue() else { break }
        next.perform(on: self)
      }
      if !toldTheEnd, thread.withLock({ $0.isStopping }) {
        toldTheEnd = true
        poller.end()
      }
      switch work.fallAsleep() {
      case .workIsReady: if poller.hasWatches { poller.poll() }
      case .until(let deadline):
        if endsNow() { return }
        poller.wait(until: deadline) { work.wakeUp() }
      }
    }
  }

  /// When stopping with nothing left to do, says goodbye such that a job enqueued from here on starts another thread.
  private func endsNow() -> Bool {
    thread.withLock { state in
      guard state.isStopping, !work.withQueue({ $0.hasReadyWork }) else { return false }
      runner.store(0, ordering: .releasing)
      state.handle = nil
      return true
    }
  }

  /// Names the thread and sets its timer slack to 1 ns: Linux otherwise makes the sleeps of ordinary threads up to 50 us longer to save wake-ups.
  private func describeThread() {
    _ = CLinuxNameThread(name)
    _ = CLinuxSetTimerSlack(1)
  }
}

extension MonotonicInstant {
  /// The present reading of `CLOCK_MONOTONIC`. For the shells that stamp what arrives from the system; everything else asks its ``Timeline``.
  public static func ofSystem() -> MonotonicInstant {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return MonotonicInstant(nanoseconds: Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec))
  }
}
