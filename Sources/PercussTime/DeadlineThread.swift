internal import CLinux
internal import Glibc
internal import Synchronization

/// A thread that does things at instants: what the host has to send on time, it sends.
///
/// It awaits nothing, takes no lock that others hold for long, and allocates nothing between an instant and what is done there. What is to be done is prepared
/// ahead by a timeline, handed over through a ring of ``capacity`` places without a lock, and can be taken back until the moment at which it is done.
///
/// ```swift
/// let deadlines = try DeadlineThread(on: timeline, scheduling: .realTime)
/// let handOff = try deadlines.arm(at: due, notAfter: due.advanced(by: tolerance)) { _ in
///   writer.send(frame) == .sent                                      // on the thread
/// } completion: { outcome in … }                                     // on the timeline, later
/// handOff.disarm()                                                   // a stop: true when it will never be done
/// ```
///
/// - Never early: nothing is done before its instant. It sleeps until ``spin`` before it, then looks at the clock until it has come.
/// - Whatever wakes too late for `notAfter` is not done at all.
/// - In the order of their instants: one that is earlier than another which waits is refused.
public final class DeadlineThread: Sendable {
  /// What became of something that was armed.
  public enum Outcome: Equatable, Sendable {
    /// It was done; at the instant at which it was over. `succeeded` is what the action returned.
    case done(at: MonotonicInstant, succeeded: Bool)
    /// The thread woke too late, at this instant, and did not do it.
    case tooLate(at: MonotonicInstant)
    /// The thread was shut down before.
    case shutDown
  }

  /// Something that was armed.
  public struct HandOff: Sendable {
    private let ring: DeadlineRing
    private let ticket: Int

    init(_ ring: DeadlineRing, _ ticket: Int) {
      self.ring = ring
      self.ticket = ticket
    }

    /// Takes it back: true when it was not begun and never will be; its completion is then not called. False when it is done, or just being done. From any thread.
    @discardableResult
    public func disarm() -> Bool { ring.disarm(ticket) }
  }

  /// How much can be armed at a time.
  public static let capacity = 64
  /// The longest ``spin``.
  public static let longestSpin: Duration = .milliseconds(1)

  /// What was granted of the scheduling that was asked for.
  public let scheduling: ThreadScheduling
  /// For how long before an instant the thread looks at the clock instead of sleeping.
  public let spin: Duration

  private let ring: DeadlineRing
  private let timeline: RealTimeline
  private let watch: DescriptorWatch
  private let thread: Mutex<pthread_t?>

  /// Starts the thread; it ends with ``shutDown()``.
  ///
  /// - Parameters:
  ///   - timeline: from where things are armed, and where their completions are called.
  ///   - spin: 0 to ``longestSpin``; beyond is taken as the nearer end.
  /// - Throws: ``DescriptorWatchError`` when the timeline has been shut down; ``DeadlineThreadError/noThread(errno:)``.
  public init(
    on timeline: RealTimeline, scheduling: ThreadScheduling = ThreadScheduling(), spin: Duration = .zero,
    name: String = "percuss-deadline"
  ) throws {
    self.timeline = timeline
    self.spin = min(max(spin, .zero), Self.longestSpin)
    let ring = DeadlineRing(capacity: Self.capacity, spinNanoseconds: self.spin.wholeNanoseconds)
    self.ring = ring
    watch = try timeline.watch(ring.doorbell, for: .readable) { events in
      if events.contains(.shutDown) { ring.close() } else { ring.collect() }
    }
    let start = DeadlineThreadStart(ring: ring, scheduling: scheduling, name: name)
    var handle = pthread_t()
    let status = pthread_create(
      &handle, nil,
      { context in
        guard let context else { return nil }
        Unmanaged<DeadlineThreadStart>.fromOpaque(context).takeRetainedValue().run()
        return nil
      }, Unmanaged.passRetained(start).toOpaque())
    guard status == 0 else {
      Unmanaged.passUnretained(start).release()
      watch.cancel()
      thread = Mutex(nil)
      self.scheduling = ThreadScheduling(timerSlackNanoseconds: nil)
      throw DeadlineThreadError.noThread(errno: status)
    }
    thread = Mutex(handle)
    self.scheduling = start.awaitGranted()
  }

  deinit { shutDown() }

  /// Lets the action be done on the thread at the deadline, and the completion be called on the timeline afterwards.
  ///
  /// The action must neither wait nor allocate. Call it from the timeline.
  ///
  /// - Parameters:
  ///   - deadline: one that has passed is done as soon as the thread wakes.
  ///   - latest: after it the action is not done any more.
  /// - Throws: ``DeadlineThreadError``.
  public func arm(
    at deadline: MonotonicInstant, notAfter latest: MonotonicInstant = .distantFuture,
    _ action: @escaping @Sendable (MonotonicInstant) -> Bool, completion: @escaping @Sendable (Outcome) -> Void
  ) throws(DeadlineThreadError) -> HandOff {
    HandOff(ring, try ring.arm(deadline.nanoseconds, latest: latest.nanoseconds, action, completion))
  }

  /// Ends the thread: what is armed is not done any more, and its completion says so, on the timeline. Blocks for as long as an action takes.
  public func shutDown() {
    watch.cancel()
    ring.close()
    guard let handle = thread.withLock({ $0.take() }) else { return }
    if pthread_equal(handle, pthread_self()) != 0 { pthread_detach(handle) } else { pthread_join(handle, nil) }
    timeline.schedule(at: .zero) { [ring] in ring.collectAll() }
  }
}

/// Why something could not be armed.
public enum DeadlineThreadError: Error, Equatable, Sendable, CustomStringConvertible {
  /// ``DeadlineThread/capacity`` wait already.
  case full
  /// Another that waits has a later deadline.
  case outOfOrder
  /// The thread was shut down.
  case shutDown
  /// The system gave no thread.
  case noThread(errno: CInt)

  /// What happened, and what to do.
  public var description: String {
    switch self {
    case .full: "\(DeadlineThread.capacity) deadlines wait already; arm more when they have passed"
    case .outOfOrder: "a later deadline was armed before this one; arm them in the order of their instants"
    case .shutDown: "the deadline thread was shut down; create a new one"
    case .noThread(let errno): "the system gave no thread for deadlines (error \(errno)); see ulimit -u"
    }
  }
}

/// What the thread begins with, and the answer to its creator.
private final class DeadlineThreadStart: Sendable {
  private let ring: DeadlineRing
  private let wish: ThreadScheduling
  private let name: String
  private let granted = Mutex<ThreadScheduling?>(nil)
  private let ready = Alarm()

  init(ring: DeadlineRing, scheduling: ThreadScheduling, name: String) {
    self.ring = ring
    wish = scheduling
    self.name = name
  }

  func run() {
    _ = CLinuxNameThread(name)
    let (scheduling, latency) = wish.apply()
    granted.withLock { $0 = scheduling }
    ready.ring()
    ring.run()
    if let latency { close(latency) }
  }

  func awaitGranted() -> ThreadScheduling {
    while true {
      if let scheduling = granted.withLock({ $0 }) { return scheduling }
      ready.wait(until: nil)
    }
  }
}
