import Glibc
import Synchronization

/// A timeline that runs everything on the calling thread and, whenever nothing is runnable, jumps to the next deadline.
///
/// A run is a pure function of its seed and of the operation: instants, order and results repeat exactly, thousands of times faster than
/// real time. Work takes no virtual time; only sleeping and scheduled actions move the clock.
///
/// Work that leaves the timeline (see ``Timeline``) breaks this; ``foreignEnqueues`` tells.
public final class VirtualTimeline: Timeline {
  private let clock: VirtualClock
  private let work: WorkList
  /// The thread inside `run`; 0 when there is none.
  private let runner = Atomic<UInt>(0)
  private let foreign = Atomic<Int>(0)
  private let performed = Atomic<Int>(0)

  /// How much work may become ready at one instant before ``TimelineError/livelock(at:)`` is thrown.
  public static let workPerInstantLimit = 10_000_000

  /// A timeline at instant zero.
  ///
  /// - Parameter seed: with a seed, work that is ready at the same instant runs in an order drawn from it, which finds races; without one, first in, first out.
  public init(seed: UInt64? = nil) {
    let clock = VirtualClock()
    self.clock = clock
    work = WorkList(
      order: seed.map { SeededGenerator(seed: $0).stream("order of ready work") }, now: { clock.now }, workArrived: {})
  }

  /// The virtual instant; zero at first.
  public var now: MonotonicInstant { clock.now }

  /// How many jobs came from a thread other than the one that runs the timeline, during `run`. Not zero means that something left the timeline, and
  /// that the run need not repeat.
  public var foreignEnqueues: Int { foreign.load(ordering: .relaxed) }

  /// How many jobs and actions have run so far: a measure of a simulation's size, equal in equal runs.
  public var performedWork: Int { performed.load(ordering: .relaxed) }

  /// Whether the calling thread is inside ``run(limit:_:)`` of this timeline.
  public var isCurrent: Bool { runner.load(ordering: .relaxed) == UInt(pthread_self()) }

  /// Runs the operation, and all that runs on this timeline, on the calling thread until the operation has finished.
  ///
  /// Tasks, sleeps and actions that are left then go on with the next `run`. When the operation cannot finish it is cancelled and may unwind
  /// at that instant, before the error is thrown.
  ///
  /// - Parameter limit: how far virtual time may move.
  /// - Throws: what the operation throws; a ``TimelineError`` when it cannot finish.
  public func run<Success: Sendable>(
    limit: Duration = .seconds(48 * 3600), _ operation: @escaping @Sendable () async throws -> Success
  ) throws -> Success {
    let thread = UInt(pthread_self())
    guard runner.compareExchange(expected: 0, desired: thread, ordering: .acquiring).exchanged else {
      throw TimelineError.alreadyRunning
    }
    defer { runner.store(0, ordering: .releasing) }

    let outcome = Outcome<Success>()
    // Asked after every piece of work, so it is not part of the generic outcome, whose layout is only known at run time.
    let isFinished = Flag()
    let task = Task(executorPreference: self) {
      do { outcome.set(.success(try await operation())) } catch { outcome.set(.failure(error)) }
      isFinished.raise()
    }
    let end = now.advanced(by: limit)
    while true {
      if let problem = performReadyWork(until: isFinished) {
        task.cancel()
        throw problem
      }
      if let result = outcome.take() { return try result.get() }
      guard let deadline = work.withQueue({ $0.nextDeadline() }), deadline < .distantFuture else {
        return try abandon(task, because: .stuck(at: now))
      }
      guard deadline <= end else { return try abandon(task, because: .exceeded(limit: limit)) }
      clock.move(to: deadline)
      work.withQueue { $0.collectDueTimers(now: deadline) }
    }
  }

  private func performReadyWork(until isDone: Flag) -> TimelineError? {
    for _ in 0..<Self.workPerInstantLimit {
      guard !isDone.isRaised, let next = work.withQueue({ $0.next() }) else { return nil }
      next.perform(on: self)
      performed.add(1, ordering: .relaxed)
    }
    return .livelock(at: now)
  }

  private func abandon<Success>(_ task: Task<Void, Never>, because error: TimelineError) throws -> Success {
    task.cancel()
    _ = performReadyWork(until: Flag())
    throw error
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
    let thread = runner.load(ordering: .relaxed)
    if thread != 0, thread != UInt(pthread_self()) { foreign.add(1, ordering: .relaxed) }
    work.enqueue(job)
  }

  /// Takes a job of the Swift concurrency runtime.
  public func enqueue(_ job: consuming ExecutorJob) {
    enqueue(UnownedJob(job))
  }

  /// Lets `assumeIsolated` succeed in scheduled actions, which run outside of any task.
  public func checkIsolated() {
    precondition(isCurrent, "this code must run on the virtual timeline, inside run(_:)")
  }

  /// Whether the calling code is isolated to this timeline.
  public func isIsolatingCurrentContext() -> Bool? { isCurrent }
}

/// Raised once.
private final class Flag: Sendable {
  private let value = Atomic(false)

  var isRaised: Bool { value.load(ordering: .acquiring) }

  func raise() { value.store(true, ordering: .releasing) }
}

/// The instant of a virtual timeline; apart from it so that its work list can read it.
private final class VirtualClock: Sendable {
  private let nanoseconds = Atomic<Int64>(0)

  var now: MonotonicInstant { MonotonicInstant(nanoseconds: nanoseconds.load(ordering: .relaxed)) }

  func move(to instant: MonotonicInstant) {
    nanoseconds.store(instant.nanoseconds, ordering: .relaxed)
  }
}
