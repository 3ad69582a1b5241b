import Synchronization

/// Hands every element to all subscribers, each with a bounded buffer of its own.
///
/// A subscriber that does not keep up loses its oldest elements; it is told how many. Nobody else notices.
final class Broadcast<Element: Sendable>: Sendable {
  private struct State {
    /// In the order of subscription, so that a seeded run repeats.
    var subscriptions: [Reference] = []
    var nextIdentity = 0
    /// What subscribers find at the end; not nil once it has come.
    var last: [Element]?
  }

  private struct Reference {
    var identity: Int
    weak var subscription: Subscription<Element>?
  }

  private let limit: Int
  private let state = Mutex(State())

  init(limit: Int) {
    self.limit = limit
  }

  /// A subscription to everything from now on. After the end it gives only the last element.
  func subscribe() -> Subscription<Element> {
    let identity = state.withLock { state in
      state.nextIdentity += 1
      return state.nextIdentity
    }
    let subscription = Subscription<Element>(limit: limit) { [weak self] in
      self?.state.withLock { $0.subscriptions.removeAll { $0.identity == identity } }
    }
    let last = state.withLock { state in
      if state.last == nil { state.subscriptions.append(Reference(identity: identity, subscription: subscription)) }
      return state.last
    }
    if let last {
      for element in last { subscription.add(element) }
      subscription.finish()
    }
    return subscription
  }

  func send(_ element: Element) {
    for subscription in live() { subscription.add(element) }
  }

  /// Sends a last element, if any, and ends all subscriptions, also those to come.
  func finish(with element: Element? = nil) {
    let last = element.map { [$0] } ?? []
    let first = state.withLock { state in
      guard state.last == nil else { return false }
      state.last = last
      return true
    }
    guard first else { return }
    for subscription in live() {
      for element in last { subscription.add(element) }
      subscription.finish()
    }
  }

  private func live() -> [Subscription<Element>] {
    state.withLock { $0.subscriptions.compactMap(\.subscription) }
  }
}

/// One subscriber's buffer.
final class Subscription<Element: Sendable>: Sendable {
  /// What the subscriber takes: an element, and how many were dropped before it because the buffer was full.
  typealias Item = (element: Element, dropped: Int)

  private struct State {
    var buffer: [Element] = []
    /// Index of the oldest element in `buffer`; what stands before it has been taken.
    var head = 0
    var dropped = 0
    var isFinished = false
    var waiting: [(token: Int, continuation: CheckedContinuation<Item?, Never>)] = []
    var nextToken = 0

    var count: Int { buffer.count - head }

    mutating func takeOldest() -> Element? {
      guard head < buffer.count else { return nil }
      let element = buffer[head]
      head += 1
      // The taken part goes when it is half of the storage: every element is moved once on average.
      if head * 2 > buffer.count {
        buffer.removeFirst(head)
        head = 0
      }
      return element
    }

    mutating func take() -> Item? {
      guard let element = takeOldest() else { return nil }
      defer { dropped = 0 }
      return (element, dropped)
    }
  }

  private let limit: Int
  private let state = Mutex(State())
  private let onRelease: @Sendable () -> Void

  init(limit: Int, onRelease: @escaping @Sendable () -> Void) {
    self.limit = limit
    self.onRelease = onRelease
  }

  deinit { onRelease() }

  func add(_ element: Element) {
    let waiter = state.withLock { state -> CheckedContinuation<Item?, Never>? in
      guard !state.isFinished else { return nil }
      if !state.waiting.isEmpty { return state.waiting.removeFirst().continuation }
      if state.count >= limit {
        _ = state.takeOldest()
        state.dropped += 1
      }
      state.buffer.append(element)
      return nil
    }
    waiter?.resume(returning: (element, 0))
  }

  func finish() {
    let waiters = state.withLock { state in
      state.isFinished = true
      defer { state.waiting = [] }
      return state.waiting
    }
    for waiter in waiters { waiter.continuation.resume(returning: nil) }
  }

  /// The next element; `nil` after the last one, or at once when the task is cancelled.
  func next() async -> Item? {
    let token = state.withLock { state in
      state.nextToken += 1
      return state.nextToken
    }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { (continuation: CheckedContinuation<Item?, Never>) in
        // Found: an item, or that none will come.
        let found = state.withLock { state -> Item?? in
          if let item = state.take() { return .some(item) }
          if state.isFinished || Task.isCancelled { return .some(nil) }
          state.waiting.append((token, continuation))
          return nil
        }
        if let found { continuation.resume(returning: found) }
      }
    } onCancel: {
      let waiter = state.withLock { state -> CheckedContinuation<Item?, Never>? in
        guard let index = state.waiting.firstIndex(where: { $0.token == token }) else { return nil }
        return state.waiting.remove(at: index).continuation
      }
      waiter?.resume(returning: nil)
    }
  }
}
