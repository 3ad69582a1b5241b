internal import CLinux
internal import Glibc
internal import Synchronization

/// The epoll set of a timeline: watched descriptors, a timer for the next deadline, and an event by which other threads wake the loop.
///
/// ``wait(until:)`` and ``poll()`` belong to the timeline's thread; all else may come from any.
final class DescriptorPoller: Sendable {
  private let epoll: CInt
  private let wakeUp: CInt
  private let timer: CInt
  private let table = Mutex(Table())
  /// What the timer is set to; only the timeline's thread writes it.
  private let armed = Atomic<Int64>(.max)

  private struct Table {
    var entries: [UInt64: Entry] = [:]
    /// Which watch a descriptor number stands for now: a closed number comes back as another descriptor.
    var identifiers: [CInt: UInt64] = [:]
    var lastIdentifier = DescriptorPoller.reservedIdentifiers
    var isClosed = false
  }

  private struct Entry {
    let watch: DescriptorWatch
    var interest: DescriptorEvents
    /// Taken out of the epoll set, because it would report again and again what nobody asked for.
    var isParked = false
  }

  private static let wakeUpIdentifier: UInt64 = 0
  private static let timerIdentifier: UInt64 = 1
  private static let reservedIdentifiers: UInt64 = 1
  /// Events taken in one turn of the loop.
  private static let eventsPerTurn = 64

  init() {
    epoll = epoll_create1(CInt(EPOLL_CLOEXEC))
    wakeUp = eventfd(0, CInt(EFD_CLOEXEC | EFD_NONBLOCK))
    timer = timerfd_create(CLOCK_MONOTONIC, CInt(TFD_CLOEXEC | TFD_NONBLOCK))
    precondition(
      epoll >= 0 && wakeUp >= 0 && timer >= 0,
      "the system gave no descriptors for a timeline (error \(errno)); see ulimit -n")
    // Edge-triggered, so that neither has to be read: each ring and each expiry is an edge of its own.
    var event = epoll_event(events: EPOLLIN.rawValue | EPOLLET.rawValue, data: epoll_data_t(u64: Self.wakeUpIdentifier))
    epoll_ctl(epoll, EPOLL_CTL_ADD, wakeUp, &event)
    event.data.u64 = Self.timerIdentifier
    epoll_ctl(epoll, EPOLL_CTL_ADD, timer, &event)
  }

  deinit {
    close(epoll)
    close(wakeUp)
    close(timer)
  }

  // MARK: From any thread

  /// Lets the wait that is under way, or the next one, return.
  func ring() {
    eventfd_write(wakeUp, 1)
  }

  var hasWatches: Bool { table.withLock { !$0.entries.isEmpty } }

  func add(
    _ descriptor: CInt, interest: DescriptorEvents, _ handler: @escaping @Sendable (DescriptorEvents) -> Void
  ) throws(DescriptorWatchError) -> DescriptorWatch {
    // The old entry holds a handler, whose end may run anything: not with the lock held.
    var old: Entry?
    let result: Result<DescriptorWatch, DescriptorWatchError> = table.withLock { table in
      guard !table.isClosed else { return .failure(.shutDown) }
      table.lastIdentifier += 1
      let identifier = table.lastIdentifier
      guard control(EPOLL_CTL_ADD, descriptor, identifier, interest) == 0 else {
        return .failure(
          errno == EEXIST
            ? .alreadyWatched(descriptor: descriptor) : .notWatchable(descriptor: descriptor, errno: errno))
      }
      // Had the number been watched, it would still be in the epoll set: an old watch of it is for a descriptor that was closed.
      if let number = table.identifiers[descriptor] { old = table.entries.removeValue(forKey: number) }
      let watch = DescriptorWatch(
        descriptor: descriptor, identifier: identifier, poller: self, handler: handler)
      table.entries[identifier] = Entry(watch: watch, interest: interest)
      table.identifiers[descriptor] = identifier
      return .success(watch)
    }
    _ = consume old
    return try result.get()
  }

  func setInterest(_ interest: DescriptorEvents, of watch: DescriptorWatch) {
    table.withLock { table in
      guard let entry = table.entries[watch.identifier], entry.isParked || entry.interest != interest else { return }
      table.entries[watch.identifier]?.interest = interest
      table.entries[watch.identifier]?.isParked = false
      _ = control(entry.isParked ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, watch.descriptor, watch.identifier, interest)
    }
  }

  func remove(_ watch: DescriptorWatch) {
    let removed: Entry? = table.withLock { table in
      guard let entry = table.entries.removeValue(forKey: watch.identifier) else { return nil }
      table.identifiers[watch.descriptor] = nil
      if !entry.isParked { _ = control(EPOLL_CTL_DEL, watch.descriptor, watch.identifier, []) }
      return entry
    }
    _ = consume removed
  }

  // MARK: On the thread of the timeline

  /// Refuses watches from now on, and tells the present ones.
  func end() {
    let entries: [Entry] = table.withLock { table in
      table.isClosed = true
      let entries = table.entries.sorted { $0.key < $1.key }.map(\.value)
      for entry in entries where !entry.isParked {
        _ = control(EPOLL_CTL_DEL, entry.watch.descriptor, entry.watch.identifier, [])
      }
      table.entries = [:]
      table.identifiers = [:]
      return entries
    }
    for entry in entries { entry.watch.handler(.shutDown) }
  }

  /// Calls the handlers of what has happened, without waiting.
  func poll() {
    handleEvents(timeout: 0, awake: {})
  }

  /// Waits until the deadline, a ring or an event, whichever is first, and calls the handlers.
  ///
  /// - Parameter awake: called when the wait is over, before the handlers: what they add needs no ring.
  func wait(until deadline: MonotonicInstant?, awake: () -> Void) {
    // A timer that is set too early wakes the loop once in vain, which is cheaper than to set it anew at every change.
    if let deadline, deadline < .distantFuture { arm(deadline) }
    handleEvents(timeout: -1, awake: awake)
  }

  private func arm(_ deadline: MonotonicInstant) {
    guard deadline.nanoseconds < armed.load(ordering: .relaxed) else { return }
    // Zero would stop the timer.
    let (seconds, rest) = max(1, deadline.nanoseconds).quotientAndRemainder(dividingBy: 1_000_000_000)
    var setting = itimerspec()
    setting.it_value = timespec(tv_sec: time_t(seconds), tv_nsec: Int(rest))
    timerfd_settime(timer, CInt(TFD_TIMER_ABSTIME), &setting, nil)
    armed.store(deadline.nanoseconds, ordering: .relaxed)
  }

  private func handleEvents(timeout: CInt, awake: () -> Void) {
    withUnsafeTemporaryAllocation(of: epoll_event.self, capacity: Self.eventsPerTurn) { events in
      let count = epoll_wait(epoll, events.baseAddress, CInt(events.count), timeout)
      awake()
      for index in 0..<max(0, Int(count)) { handle(events[index]) }
    }
  }

  private func handle(_ event: epoll_event) {
    switch event.data.u64 {
    case Self.wakeUpIdentifier: return
    case Self.timerIdentifier: armed.store(.max, ordering: .relaxed)
    case let identifier:
      let told: (DescriptorWatch, DescriptorEvents)? = table.withLock { table in
        // Nil when an earlier handler of this turn has cancelled it.
        guard let entry = table.entries[identifier] else { return nil }
        let events = Self.translate(event.events, interest: entry.interest)
        if events.isDisjoint(with: entry.interest) {
          table.entries[identifier]?.isParked = true
          _ = control(EPOLL_CTL_DEL, entry.watch.descriptor, identifier, [])
        }
        return (entry.watch, events)
      }
      if let (watch, events) = told { watch.handler(events) }
    }
  }

  private static func translate(_ bits: UInt32, interest: DescriptorEvents) -> DescriptorEvents {
    var events: DescriptorEvents = []
    if bits & EPOLLIN.rawValue != 0 { events.insert(.readable) }
    if bits & EPOLLOUT.rawValue != 0 { events.insert(.writable) }
    if bits & EPOLLHUP.rawValue != 0 { events.insert(.hangUp) }
    if bits & EPOLLERR.rawValue != 0 { events.insert(.error) }
    // The end of a pipe is told as a hang-up alone: whoever only reads shall find it too.
    if events.contains(.hangUp) || events.contains(.error) { events.formUnion(interest.intersection(.readable)) }
    return events
  }

  private func control(
    _ operation: CInt, _ descriptor: CInt, _ identifier: UInt64, _ interest: DescriptorEvents
  ) -> CInt {
    var bits: UInt32 = 0
    if interest.contains(.readable) { bits |= EPOLLIN.rawValue }
    if interest.contains(.writable) { bits |= EPOLLOUT.rawValue }
    var event = epoll_event(events: bits, data: epoll_data_t(u64: identifier))
    return epoll_ctl(epoll, operation, descriptor, &event)
  }
}
