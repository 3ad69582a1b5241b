/// What a timeline has to do, and in which order: jobs that are ready, and timers that wait for their instant.
///
/// No clock and no threads in here; both timelines ask this same struct what comes next.
struct WorkQueue {
  /// What a timer does when its instant has come.
  enum TimerAction {
    case resume(UnsafeContinuation<Void, any Error>)
    case call(@Sendable () -> Void)
  }

  enum Work {
    case job(UnownedJob)
    case timer(TimerAction)
  }

  private enum Ready {
    case job(UnownedJob)
    case timer(UInt64)
  }

  private var ready: [Ready] = []
  private var head = 0
  private var heap = TimerHeap()
  /// The timers that wait or are ready. A heap entry that is not in here was cancelled.
  private var actions: [UInt64: TimerAction] = [:]
  private var lastTimer: UInt64 = 0
  private var order: SeededGenerator?

  /// A queue that takes ready work first in, first out, or in the order that the generator draws.
  init(order: SeededGenerator? = nil) {
    self.order = order
  }

  var hasReadyWork: Bool { head < ready.count }

  mutating func add(_ job: UnownedJob) {
    ready.append(.job(job))
  }

  mutating func nextTimerIdentifier() -> UInt64 {
    lastTimer += 1
    return lastTimer
  }

  /// Takes a timer. One whose deadline has passed queues behind the work that is ready.
  mutating func add(_ action: TimerAction, at deadline: MonotonicInstant, id: UInt64, now: MonotonicInstant) {
    actions[id] = action
    if deadline <= now {
      ready.append(.timer(id))
    } else {
      heap.insert(TimerHeap.Entry(deadline: deadline, id: id))
    }
  }

  /// Takes a timer away; nil when it has run or was never there.
  mutating func removeTimer(_ id: UInt64) -> TimerAction? {
    guard let action = actions.removeValue(forKey: id) else { return nil }
    if heap.count > 64, heap.count / 2 > actions.count {
      let alive = actions
      heap.filter { alive[$0.id] != nil }
    }
    return action
  }

  /// Takes all timers away.
  mutating func removeAllTimers() -> [TimerAction] {
    // Sorted, so that what follows does not depend on the hash seed of this process.
    let all = actions.sorted { $0.key < $1.key }.map(\.value)
    actions.removeAll()
    heap = TimerHeap()
    return all
  }

  /// The deadline of the earliest timer that still waits.
  mutating func nextDeadline() -> MonotonicInstant? {
    while let first = heap.first {
      if actions[first.id] != nil { return first.deadline }
      _ = heap.removeFirst()
    }
    return nil
  }

  /// Moves the timers whose deadline has come to the ready work, earliest first.
  mutating func collectDueTimers(now: MonotonicInstant) {
    while let first = heap.first, first.deadline <= now {
      _ = heap.removeFirst()
      if actions[first.id] != nil { ready.append(.timer(first.id)) }
    }
  }

  /// The next piece of ready work.
  mutating func next() -> Work? {
    while head < ready.count {
      if order != nil, ready.count - head > 1, let pick = order?.next(upperBound: UInt64(ready.count - head)) {
        ready.swapAt(head, head + Int(pick))
      }
      let item = ready[head]
      head += 1
      if head == ready.count {
        ready.removeAll(keepingCapacity: true)
        head = 0
      } else if head > 1_024, head > ready.count / 2 {
        ready.removeFirst(head)
        head = 0
      }
      switch item {
      case .job(let job): return .job(job)
      case .timer(let id): if let action = actions.removeValue(forKey: id) { return .timer(action) }
      }
    }
    return nil
  }
}
