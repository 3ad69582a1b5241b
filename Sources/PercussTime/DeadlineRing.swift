internal import CLinux
internal import Glibc
internal import Synchronization

/// The places between a timeline that arms and a ``DeadlineThread`` that does: one producer at a time, one consumer, no lock between them.
///
/// ```
/// free ─ arm ▸ armed ─ the thread, at the deadline ▸ doing ▸ done | tooLate ─ collect ▸ free
///                └──── disarm ▸ disarmed ──────────────────────────────────── collect ▸ free
/// ```
///
/// The thread takes the places in order and never goes back; the producer fills them in order. A ticket counts on for ever, so that an old one cannot take back
/// what has the same place later.
///
/// `@unchecked Sendable`: what is not atomic in a place is written by the producer while it is free, by the thread while it is doing, and read by the producer
/// when it is done; `state` orders them. What the producers share is held under a lock that the thread never takes.
final class DeadlineRing: @unchecked Sendable {
  typealias Action = @Sendable (MonotonicInstant) -> Bool
  typealias Completion = @Sendable (DeadlineThread.Outcome) -> Void

  private struct Place: ~Copyable {
    let state = Atomic<UInt8>(Place.free)
    var deadline: Int64 = 0
    var latest: Int64 = 0
    var action: Action?
    var completion: Completion?
    var outcome = DeadlineThread.Outcome.tooLate(at: .zero)

    static let free: UInt8 = 0
    static let armed: UInt8 = 1
    static let doing: UInt8 = 2
    static let done: UInt8 = 3
    static let disarmed: UInt8 = 4
  }

  private struct Producer {
    /// The deadlines of those that wait, by ticket; at most as many as there are places.
    var waiting: [Int: Int64] = [:]
    var next = 0
    var collected = 0
    var isClosed = false
  }

  /// Readable when something was done.
  let doorbell: CInt
  private let capacity: Int
  private let spin: Int64
  private let places: UnsafeMutablePointer<Place>
  private let semaphore: UnsafeMutablePointer<sem_t>
  private let producer = Mutex(Producer())
  /// How many tickets were armed, for the thread.
  private let armed = Atomic<Int>(0)
  /// How many the thread is through with.
  private let passed = Atomic<Int>(0)
  private let isClosing = Atomic<Bool>(false)

  init(capacity: Int, spinNanoseconds: Int64) {
    self.capacity = capacity
    spin = spinNanoseconds
    doorbell = eventfd(0, CInt(EFD_CLOEXEC | EFD_NONBLOCK))
    places = .allocate(capacity: capacity)
    for index in 0..<capacity { (places + index).initialize(to: Place()) }
    semaphore = .allocate(capacity: 1)
    semaphore.initialize(to: sem_t())
    sem_init(semaphore, 0, 0)
  }

  deinit {
    for index in 0..<capacity { (places + index).deinitialize(count: 1) }
    places.deallocate()
    sem_destroy(semaphore)
    semaphore.deallocate()
    Glibc.close(doorbell)
  }

  // MARK: The producer's side

  func arm(
    _ deadline: Int64, latest: Int64, _ action: @escaping Action, _ completion: @escaping Completion
  ) throws(DeadlineThreadError) -> Int {
    let ticket: Result<Int, DeadlineThreadError> = producer.withLock { producer in
      guard !producer.isClosed else { return .failure(.shutDown) }
      guard producer.next - producer.collected < capacity else { return .failure(.full) }
      let isLast = producer.waiting.allSatisfy { ticket, waiting in
        waiting <= deadline || places[ticket % capacity].state.load(ordering: .relaxed) != Place.armed
      }
      guard isLast else { return .failure(.outOfOrder) }
      let ticket = producer.next
      let place = places + ticket % capacity
      place.pointee.deadline = deadline
      place.pointee.latest = latest
      place.pointee.action = action
      place.pointee.completion = completion
      place.pointee.state.store(Place.armed, ordering: .releasing)
      producer.next += 1
      producer.waiting[ticket] = deadline
      armed.store(producer.next, ordering: .releasing)
      return .success(ticket)
    }
    if case .success = ticket { sem_post(semaphore) }
    return try ticket.get()
  }

  func disarm(_ ticket: Int) -> Bool {
    let isDisarmed = producer.withLock { producer in
      // Only what waits: the place of an old ticket may hold another.
      guard producer.waiting[ticket] != nil else { return false }
      let place = places + ticket % capacity
      let change = place.pointee.state.compareExchange(
        expected: Place.armed, desired: Place.disarmed, ordering: .acquiringAndReleasing)
      if change.exchanged { producer.waiting[ticket] = nil }
      return change.exchanged
    }
    // The thread passes it by; what comes after it may be due earlier.
    if isDisarmed { sem_post(semaphore) }
    return isDisarmed
  }

  /// Calls the completions of what was done. On the timeline.
  func collect() {
    var count: UInt64 = 0
    _ = eventfd_read(doorbell, &count)
    while let (completion, outcome) = takeDone() { if let outcome { completion?(outcome) } }
  }

  /// The same when the thread has ended; what it did not get to is told too.
  func collectAll() {
    while let (completion, outcome) = takeDone(isOver: true) { if let outcome { completion?(outcome) } }
  }

  /// The next place that the thread is through with, freed; without outcome where it was disarmed.
  private func takeDone(isOver: Bool = false) -> (Completion?, DeadlineThread.Outcome?)? {
    // What the closures hold ends when the lock is free again.
    var (action, completion): (Action?, Completion?) = (nil, nil)
    let result: (Bool, DeadlineThread.Outcome?) = producer.withLock { producer in
      let end = isOver ? producer.next : passed.load(ordering: .acquiring)
      guard producer.collected < end else { return (false, nil) }
      let place = places + producer.collected % capacity
      swap(&action, &place.pointee.action)
      swap(&completion, &place.pointee.completion)
      let state = place.pointee.state.exchange(Place.free, ordering: .acquiringAndReleasing)
      producer.waiting[producer.collected] = nil
      producer.collected += 1
      return (true, state == Place.done ? place.pointee.outcome : state == Place.disarmed ? nil : .shutDown)
    }
    _ = consume action
    return result.0 ? (completion, result.1) : nil
  }

  /// Lets the thread end.
  func close() {
    producer.withLock { $0.isClosed = true }
    isClosing.store(true, ordering: .releasing)
    sem_post(semaphore)
  }

  // MARK: The thread's side

  /// The loop of the thread, until the ring is closed.
  func run() {
    var next = 0
    while !isClosing.load(ordering: .acquiring) {
      guard next < armed.load(ordering: .acquiring) else {
        while sem_wait(semaphore) != 0, errno == EINTR {}
        continue
      }
      let place = places + next % capacity
      let deadline = place.pointee.deadline
      if place.pointee.state.load(ordering: .acquiring) == Place.armed {
        if MonotonicInstant.ofSystem().nanoseconds < deadline - spin {
          // A post means that something has changed: another look tells what.
          _ = CLinuxWaitUntil(semaphore, deadline - spin)
          continue
        }
        if !await(deadline, place) { continue }
      }
      next += 1
      passed.store(next, ordering: .releasing)
      eventfd_write(doorbell, 1)
    }
  }

  /// Looks at the clock until the instant has come, and does what is to be done then; false when it was closed meanwhile.
  private func await(_ deadline: Int64, _ place: UnsafeMutablePointer<Place>) -> Bool {
    var now = MonotonicInstant.ofSystem()
    while now.nanoseconds < deadline {
      if isClosing.load(ordering: .relaxed) { return false }
      if place.pointee.state.load(ordering: .relaxed) != Place.armed { return true }
      now = .ofSystem()
    }
    let begun = place.pointee.state.compareExchange(
      expected: Place.armed, desired: Place.doing, ordering: .acquiringAndReleasing)
    guard begun.exchanged else { return true }
    if now.nanoseconds > place.pointee.latest {
      place.pointee.outcome = .tooLate(at: now)
    } else {
      let succeeded = place.pointee.action?(now) ?? false
      place.pointee.outcome = .done(at: .ofSystem(), succeeded: succeeded)
    }
    place.pointee.state.store(Place.done, ordering: .releasing)
    return true
  }
}
