import Glibc
import Synchronization

/// A timeline in real time: one thread of its own that runs the work and sleeps until absolute `CLOCK_MONOTONIC` deadlines, with the timer slack of
/// the thread at 1 ns.
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
  private let alarm: Alarm
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
    let alarm = Alarm()
    self.alarm = alarm
    work = WorkList(now: { .ofSystem() }, workArrived: { alarm.ring() })
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

  /// Ends the timeline: sleeps end with `CancellationError`, scheduled actions are dropped, work that is ready still runs, then the thread ends.
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
    alarm.ring()
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

  /// Takes a job of the Swift concurrency runtime.
  public func enqueue(_ job: UnownedJob) {
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

  private func runThread() {
    runner.store(UInt(pthread_self()), ordering: .releasing)
    describeThread()
    while true {
      work.withQueue { $0.collectDueTimers(now: .ofSystem()) }
      if let next = work.withQueue({ $0.next() }) {
        next.perform(on: self)
      } else if endsNow() {
        return
      } else {
        alarm.wait(until: work.withQueue { $0.nextDeadline() })
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
  ///
  /// `prctl` is variadic and out of Swift's reach; these files do the same. Where they cannot be written, the thread has no name and wakes later.
  private func describeThread() {
    Self.write(String(decoding: name.utf8.prefix(15), as: UTF8.self), to: "/proc/thread-self/comm")
    var link = [CChar](repeating: 0, count: 64)
    // PID/task/TID; the slack of a thread is only found under /proc/TID.
    let length = readlink("/proc/thread-self", &link, link.count)
    let target = String(decoding: link.prefix(max(0, length)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    guard let thread = target.split(separator: "/").last else { return }
    Self.write("1", to: "/proc/\(thread)/timerslack_ns")
  }

  private static func write(_ text: String, to path: String) {
    guard let file = fopen(path, "w") else { return }
    fputs(text, file)
    fclose(file)
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
