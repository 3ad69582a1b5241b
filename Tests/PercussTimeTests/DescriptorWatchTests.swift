import Glibc
import PercussTime
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1))) struct DescriptorWatchTests {
  @Test func `what arrives is told until it is read, on the timeline`() async throws {
    let pair = try SocketPair()
    let timeline = RealTimeline()
    defer { timeline.shutDown() }
    let told = Mailbox<DescriptorEvents>()
    let count = Atomic(0)
    let watch = try timeline.watch(pair.ours, for: .readable) { events in
      #expect(timeline.isCurrent)
      // Left unread twice: it is told again.
      if count.add(1, ordering: .relaxed).newValue % 3 == 0 { pair.readOne() }
      told.post(events)
    }
    for _ in 0..<2 {
      pair.writeOne()
      for _ in 0..<3 { #expect(await told.next() == .readable) }
    }
    try await timeline.run { try await timeline.sleep(for: .milliseconds(5)) }
    #expect(count.load(ordering: .relaxed) == 6)
    watch.cancel()
    pair.writeOne()
    try await timeline.run { try await timeline.sleep(for: .milliseconds(5)) }
    #expect(count.load(ordering: .relaxed) == 6)
  }

  @Test func `room to write is told only while it is asked for`() async throws {
    let pair = try SocketPair()
    let timeline = RealTimeline()
    defer { timeline.shutDown() }
    let told = Mailbox<DescriptorEvents>()
    let watch = try timeline.watch(pair.ours, for: []) { told.post($0) }
    try await timeline.run { try await timeline.sleep(for: .milliseconds(5)) }
    #expect(told.isEmpty)
    watch.setInterest(.writable)
    #expect(await told.next() == .writable)
    watch.setInterest([])
    pair.writeOne()
    watch.setInterest([.readable, .writable])
    while await told.next() != [.readable, .writable] {}
    watch.cancel()
    watch.setInterest(.readable)
  }

  @Test func `a hang-up is told, to a reader as the end of the stream too`() async throws {
    let timeline = RealTimeline()
    defer { timeline.shutDown() }
    for interest in [DescriptorEvents.readable, []] {
      let pair = try SocketPair()
      let told = Mailbox<DescriptorEvents>()
      let count = Atomic(0)
      let watch = try timeline.watch(pair.ours, for: interest) { events in
        count.add(1, ordering: .relaxed)
        told.post(events)
      }
      pair.closeTheirs()
      #expect(await told.next() == interest.union(.hangUp))
      guard interest.isEmpty else { continue }
      // Nobody asked for anything: told once, so that the loop does not spin.
      try await timeline.run { try await timeline.sleep(for: .milliseconds(20)) }
      #expect(count.load(ordering: .relaxed) == 1)
      watch.setInterest(.readable)
      #expect(await told.next() == [.readable, .hangUp])
      watch.cancel()
    }
  }

  @Test func `the end of a pipe reaches whoever only reads`() async throws {
    var ends: [CInt] = [-1, -1]
    #expect(pipe(&ends) == 0)
    let timeline = RealTimeline()
    defer { timeline.shutDown() }
    let told = Mailbox<DescriptorEvents>()
    let reader = ends[0]
    let watch = try timeline.watch(reader, for: .readable) { told.post($0) }
    close(ends[1])
    #expect(await told.next() == [.readable, .hangUp])
    watch.cancel()
    close(reader)
  }

  @Test func `a handler may cancel itself and others that have something to tell in the same turn`() async throws {
    let timeline = RealTimeline()
    defer { timeline.shutDown() }
    let pairs = try (0..<8).map { _ in try SocketPair() }
    let calls = Atomic(0)
    let watches = Mutex<[DescriptorWatch]>([])
    try await timeline.run {
      for pair in pairs {
        pair.writeOne()
        let watch = try timeline.watch(pair.ours, for: .readable) { _ in
          calls.add(1, ordering: .relaxed)
          for watch in watches.withLock({ $0 }) { watch.cancel() }
        }
        watches.withLock { $0.append(watch) }
      }
      try await timeline.sleep(for: .milliseconds(20))
    }
    #expect(calls.load(ordering: .relaxed) == 1)
  }

  @Test func `a handler may close its descriptor and watch another of the same number`() async throws {
    let timeline = RealTimeline()
    defer { timeline.shutDown() }
    let (first, second) = (try SocketPair(), try SocketPair())
    let told = Mailbox<String>()
    let watch = Mutex<DescriptorWatch?>(nil)
    try await timeline.run {
      let firstWatch = try timeline.watch(first.ours, for: .readable) { _ in
        told.post("first")
        watch.withLock { $0.take() }?.cancel()
        #expect(dup2(second.ours, first.ours) == first.ours)
        #expect(throws: Never.self) {
          let other = try timeline.watch(first.ours, for: .readable) { _ in
            second.readOne()
            told.post("second")
          }
          watch.withLock { $0 = other }
        }
      }
      watch.withLock { $0 = firstWatch }
      first.writeOne()
    }
    #expect(await told.next() == "first")
    second.writeOne()
    #expect(await told.next() == "second")
    watch.withLock { $0 }?.cancel()
  }

  @Test func `what cannot be watched is refused`() throws {
    let timeline = RealTimeline()
    let pair = try SocketPair()
    let watch = try timeline.watch(pair.ours, for: .readable) { _ in }
    #expect(throws: DescriptorWatchError.alreadyWatched(descriptor: pair.ours)) {
      try timeline.watch(pair.ours, for: .readable) { _ in }
    }
    #expect(throws: DescriptorWatchError.notWatchable(descriptor: -1, errno: EBADF)) {
      try timeline.watch(-1, for: .readable) { _ in }
    }
    let file = open("/etc/hostname", O_RDONLY)
    #expect(throws: DescriptorWatchError.notWatchable(descriptor: file, errno: EPERM)) {
      try timeline.watch(file, for: .readable) { _ in }
    }
    close(file)
    watch.cancel()
    watch.cancel()
    let again = try timeline.watch(pair.ours, for: .readable) { _ in }
    timeline.shutDown()
    again.cancel()
    #expect(throws: DescriptorWatchError.shutDown) { try timeline.watch(pair.ours, for: .readable) { _ in } }
  }

  @Test func `a shutdown is told to every watch`() async throws {
    let timeline = RealTimeline()
    let pairs = try (0..<3).map { _ in try SocketPair() }
    let told = Mailbox<DescriptorEvents>()
    for pair in pairs { _ = try timeline.watch(pair.ours, for: .readable) { told.post($0) } }
    try await timeline.run { timeline.shutDown() }
    for _ in pairs { #expect(await told.next() == .shutDown) }
  }

  @Test func `neither jobs, nor timers, nor descriptors starve the others`() async throws {
    let timeline = RealTimeline()
    defer { timeline.shutDown() }
    let pair = try SocketPair()
    let busy = Busy()
    // Always readable, always another job, always another timer that is due.
    pair.writeOne()
    let watch = try timeline.watch(pair.ours, for: .readable) { _ in busy.count(.descriptor) }
    @Sendable func rearm() {
      timeline.schedule(at: timeline.now) {
        busy.count(.timer)
        if !busy.isDone { rearm() }
      }
    }
    try await timeline.run {
      rearm()
      while !busy.isDone {
        busy.count(.job)
        await Task.yield()
      }
    }
    watch.cancel()
  }

  @Test func `descriptors of many watches all have their turn`() async throws {
    let timeline = RealTimeline()
    defer { timeline.shutDown() }
    let pairs = try (0..<200).map { _ in try SocketPair() }
    let told = Mailbox<Int>()
    var watches: [DescriptorWatch] = []
    for (index, pair) in pairs.enumerated() {
      pair.writeOne()
      watches.append(
        try timeline.watch(pair.ours, for: .readable) { _ in
          pair.readOne()
          told.post(index)
        })
    }
    var seen: Set<Int> = []
    for _ in pairs { seen.insert(await told.next()) }
    #expect(seen.count == 200)
    for watch in watches { watch.cancel() }
  }

  @Test func `an idle timeline with watches takes no processor time`() async throws {
    let timeline = RealTimeline()
    defer { timeline.shutDown() }
    let pair = try SocketPair()
    let watch = try timeline.watch(pair.ours, for: .readable) { _ in }
    pair.closeTheirs()
    watch.setInterest([])
    let used = try await timeline.run {
      var (before, after) = (timespec(), timespec())
      clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before)
      // The timer of an action that was cancelled may wake the loop once.
      timeline.schedule(after: .milliseconds(50)) {}.cancel()
      try await timeline.sleep(for: .milliseconds(500))
      clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after)
      return Duration.seconds(after.tv_sec - before.tv_sec) + .nanoseconds(after.tv_nsec - before.tv_nsec)
    }
    #expect(used < .milliseconds(100))
    watch.cancel()
  }
}

/// Counts three kinds of work until each has happened a hundred times.
private final class Busy: Sendable {
  enum Kind { case job, timer, descriptor }
  private let counts = Mutex<[Kind: Int]>([:])

  func count(_ kind: Kind) { counts.withLock { $0[kind, default: 0] += 1 } }

  var isDone: Bool {
    counts.withLock { counts in [.job, .timer, .descriptor].allSatisfy { counts[$0, default: 0] >= 100 } }
  }
}

/// What handlers tell, in order, for a test to await.
final class Mailbox<Element: Sendable>: Sendable {
  private struct State {
    var elements: [Element] = []
    var waiter: CheckedContinuation<Element, Never>?
  }
  private let state = Mutex(State())

  var isEmpty: Bool { state.withLock { $0.elements.isEmpty } }

  func post(_ element: Element) {
    let waiter = state.withLock { state -> CheckedContinuation<Element, Never>? in
      if let waiter = state.waiter.take() { return waiter }
      state.elements.append(element)
      return nil
    }
    waiter?.resume(returning: element)
  }

  func next() async -> Element {
    await withCheckedContinuation { continuation in
      let element = state.withLock { state -> Element? in
        if !state.elements.isEmpty { return state.elements.removeFirst() }
        state.waiter = continuation
        return nil
      }
      if let element { continuation.resume(returning: element) }
    }
  }
}

/// Two connected stream sockets.
final class SocketPair: Sendable {
  let ours: CInt
  private let theirs: Mutex<CInt?>

  struct NoSockets: Error {}

  init() throws {
    var ends: [CInt] = [-1, -1]
    guard socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0, &ends) == 0 else { throw NoSockets() }
    ours = ends[0]
    theirs = Mutex(ends[1])
  }

  deinit {
    close(ours)
    closeTheirs()
  }

  func writeOne() { theirs.withLock { _ = $0.map { write($0, "x", 1) } } }

  func readOne() {
    var byte: UInt8 = 0
    _ = read(ours, &byte, 1)
  }

  func closeTheirs() { theirs.withLock { _ = $0.take().map { close($0) } } }
}
