import PercussTime
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1))) struct DeadlineThreadTests {
  /// What a test sees of one thing that was armed.
  private struct Seen: Equatable, Sendable {
    var number: Int
    var due: MonotonicInstant
    var begun: MonotonicInstant?
    var outcome: DeadlineThread.Outcome
  }

  /// Arms one that notes the instant at which it is done.
  private func arm(
    _ number: Int, at due: MonotonicInstant, notAfter latest: MonotonicInstant = .distantFuture,
    on thread: DeadlineThread, _ seen: Mailbox<Seen>
  ) throws -> DeadlineThread.HandOff {
    let begun = Mutex<MonotonicInstant?>(nil)
    return try thread.arm(at: due, notAfter: latest) { now in
      begun.withLock { $0 = now }
      return true
    } completion: { outcome in
      seen.post(Seen(number: number, due: due, begun: begun.withLock { $0 }, outcome: outcome))
    }
  }

  @Test(arguments: [Duration.zero, .microseconds(200)])
  func `does everything once, in order, none early`(spin: Duration) async throws {
    let timeline = RealTimeline()
    defer { timeline.shutDown() }
    let thread = try DeadlineThread(on: timeline, spin: spin)
    defer { thread.shutDown() }
    let seen = Mailbox<Seen>()
    // Three rounds of the ring.
    for round in 0..<3 {
      let start = timeline.now.advanced(by: .milliseconds(2))
      for index in 0..<DeadlineThread.capacity {
        _ = try arm(
          round * 100 + index, at: start.advanced(by: .microseconds(Int64(index) * 100)), on: thread, seen)
      }
      for index in 0..<DeadlineThread.capacity {
        let next = await seen.next()
        #expect(next.number == round * 100 + index)
        let begun = try #require(next.begun)
        #expect(begun >= next.due)
        guard case .done(let end, true) = next.outcome else {
          Issue.record("\(next)")
          continue
        }
        #expect(end >= begun)
      }
    }
    #expect(seen.isEmpty)
  }

  @Test func `completions are called on the timeline, and what the action says is told`() async throws {
    let timeline = RealTimeline()
    defer { timeline.shutDown() }
    let thread = try DeadlineThread(on: timeline)
    defer { thread.shutDown() }
    let told = Mailbox<Bool>()
    _ = try thread.arm(at: .zero) { _ in
      timeline.isCurrent
    } completion: { outcome in
      guard case .done(_, let succeeded) = outcome else { return }
      told.post(succeeded)
      told.post(timeline.isCurrent)
    }
    #expect(await told.next() == false)
    #expect(await told.next() == true)
  }

  @Test func `what is taken back is never done, and lets an earlier one pass`() async throws {
    let timeline = RealTimeline()
    defer { timeline.shutDown() }
    let thread = try DeadlineThread(on: timeline)
    defer { thread.shutDown() }
    let seen = Mailbox<Seen>()
    let late = try arm(0, at: timeline.now.advanced(by: .seconds(3_600)), on: thread, seen)
    #expect(throws: DeadlineThreadError.outOfOrder) { try arm(1, at: timeline.now, on: thread, seen) }
    #expect(late.disarm())
    #expect(!late.disarm())
    let soon = try arm(2, at: timeline.now.advanced(by: .milliseconds(1)), on: thread, seen)
    #expect(await seen.next().number == 2)
    #expect(!soon.disarm())
    #expect(seen.isEmpty)
  }

  @Test func `an old ticket does not take back what has its place now`() async throws {
    let timeline = RealTimeline()
    defer { timeline.shutDown() }
    let thread = try DeadlineThread(on: timeline)
    defer { thread.shutDown() }
    let seen = Mailbox<Seen>()
    let old = try arm(0, at: .zero, on: thread, seen)
    _ = await seen.next()
    for number in 1...DeadlineThread.capacity {
      _ = try arm(number, at: timeline.now.advanced(by: .milliseconds(20)), on: thread, seen)
    }
    #expect(!old.disarm())
    for number in 1...DeadlineThread.capacity { #expect(await seen.next().number == number) }
  }

  @Test func `what comes too late is not done`() async throws {
    let timeline = RealTimeline()
    defer { timeline.shutDown() }
    let thread = try DeadlineThread(on: timeline)
    defer { thread.shutDown() }
    let seen = Mailbox<Seen>()
    let now = timeline.now
    _ = try arm(
      0, at: now.advanced(by: .milliseconds(-2)), notAfter: now.advanced(by: .milliseconds(-1)), on: thread, seen)
    let next = await seen.next()
    #expect(next.begun == nil)
    guard case .tooLate(let instant) = next.outcome else {
      Issue.record("\(next)")
      return
    }
    #expect(instant > now.advanced(by: .milliseconds(-1)))
  }

  @Test func `a full ring refuses, and has room again when something was done or taken back`() async throws {
    let timeline = RealTimeline()
    defer { timeline.shutDown() }
    let thread = try DeadlineThread(on: timeline)
    defer { thread.shutDown() }
    let seen = Mailbox<Seen>()
    let far = timeline.now.advanced(by: .seconds(3_600))
    let armed = try (0..<DeadlineThread.capacity).map { try arm($0, at: far, on: thread, seen) }
    #expect(throws: DeadlineThreadError.full) { try arm(99, at: far, on: thread, seen) }
    for handOff in armed { #expect(handOff.disarm()) }
    // The thread passes them by, the timeline frees them.
    while true {
      do {
        _ = try arm(100, at: .zero, on: thread, seen)
        break
      } catch DeadlineThreadError.full {
        try await timeline.run { try await timeline.sleep(for: .milliseconds(1)) }
      }
    }
    #expect(await seen.next().number == 100)
  }

  @Test func `a race of taking back and doing has one winner`() async throws {
    let timeline = RealTimeline()
    defer { timeline.shutDown() }
    let thread = try DeadlineThread(on: timeline, spin: .microseconds(100))
    defer { thread.shutDown() }
    let done = Atomic(0)
    let told = Atomic(0)
    var takenBack = 0
    for round in 0..<2_000 {
      // What was taken back has its place until the timeline has freed it.
      if round.isMultiple(of: DeadlineThread.capacity / 2) {
        try await timeline.run { try await timeline.sleep(for: .milliseconds(5)) }
      }
      let due = timeline.now.advanced(by: .microseconds(20))
      let handOff = try thread.arm(at: due) { _ in
        done.add(1, ordering: .relaxed)
        return true
      } completion: { _ in
        told.add(1, ordering: .relaxed)
      }
      while timeline.now < due {}
      if handOff.disarm() { takenBack += 1 }
      while told.load(ordering: .relaxed) + takenBack <= round {}
    }
    #expect(done.load(ordering: .relaxed) + takenBack == 2_000)
    #expect(told.load(ordering: .relaxed) + takenBack == 2_000)
  }

  @Test func `ends while something waits, and refuses from then on`() async throws {
    let timeline = RealTimeline()
    let thread = try DeadlineThread(on: timeline)
    let seen = Mailbox<Seen>()
    _ = try arm(0, at: timeline.now.advanced(by: .seconds(3_600)), on: thread, seen)
    thread.shutDown()
    thread.shutDown()
    #expect(await seen.next().outcome == .shutDown)
    #expect(throws: DeadlineThreadError.shutDown) { try arm(1, at: .zero, on: thread, seen) }
    timeline.shutDown()
    #expect(throws: DescriptorWatchError.self) { try DeadlineThread(on: timeline) }
    #expect(seen.isEmpty)
  }

  @Test func `the end of the timeline ends it`() async throws {
    let timeline = RealTimeline()
    let thread = try DeadlineThread(on: timeline)
    timeline.shutDown()
    #expect(throws: DeadlineThreadError.shutDown) {
      try thread.arm(at: .zero) { _ in
        true
      } completion: { _ in
      }
    }
    thread.shutDown()
  }

  @Test func `says what it got of what it asked for`() throws {
    let timeline = RealTimeline()
    defer { timeline.shutDown() }
    let plain = try DeadlineThread(on: timeline)
    defer { plain.shutDown() }
    #expect(plain.scheduling == ThreadScheduling(timerSlackNanoseconds: 1))
    // Memory is not locked here: it would be for all tests of the process.
    let wish = ThreadScheduling(policy: .fifo(priority: 10))
    let urgent = try DeadlineThread(on: timeline, scheduling: wish)
    defer { urgent.shutDown() }
    #expect([.normal, .fifo(priority: 10)].contains(urgent.scheduling.policy))
    #expect(!urgent.scheduling.isMemoryLocked && !urgent.scheduling.keepsProcessorsAwake)
  }
}
