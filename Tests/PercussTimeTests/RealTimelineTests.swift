import PercussTime
import Testing

@Suite(.timeLimit(.minutes(1))) struct RealTimelineTests {
  @Test func `a sleep never ends early, and deadlines do not add up`() async throws {
    let timeline = RealTimeline()
    defer { timeline.shutDown() }
    var lateness = LatenessHistogram()
    let measured = try await timeline.run {
      var measured: [Duration] = []
      var deadline = timeline.now
      for _ in 0..<50 {
        deadline += .milliseconds(2)
        try await timeline.sleep(until: deadline)
        #expect(timeline.isCurrent)
        measured.append(deadline.duration(to: timeline.now))
      }
      return measured
    }
    for late in measured { lateness.record(late) }
    #expect(lateness.count == 50)
    #expect(lateness.earlyCount == 0)
  }

  @Test func `a program can block on it`() async throws {
    let answer = try await offThePool {
      let timeline = RealTimeline()
      defer { timeline.shutDown() }
      return try timeline.run {
        try await timeline.sleep(for: .milliseconds(1))
        return 42
      }
    }
    #expect(answer == 42)
  }

  @Test func `actions and sleeps run in the order of their deadlines`() async throws {
    let timeline = RealTimeline()
    defer { timeline.shutDown() }
    let log = Log()
    try await timeline.run {
      let start = timeline.now
      timeline.schedule(at: start.advanced(by: .milliseconds(4))) { log.add("4") }
      timeline.schedule(at: start.advanced(by: .milliseconds(2))) { log.add("2, on it \(timeline.isCurrent)") }
      timeline.schedule(at: start.advanced(by: .milliseconds(3))) { log.add("never") }.cancel()
      try await timeline.sleep(until: start.advanced(by: .milliseconds(6)))
      log.add("6")
    }
    #expect(log.lines == ["2, on it true", "4", "6"])
  }

  @Test func `a cancelled caller cancels the operation`() async throws {
    let timeline = RealTimeline()
    defer { timeline.shutDown() }
    let (started, source) = AsyncStream.makeStream(of: Void.self)
    let caller = Task {
      try await timeline.run {
        source.finish()
        try await timeline.sleep(for: .seconds(3600))
      }
    }
    for await _ in started {}
    caller.cancel()
    await #expect(throws: CancellationError.self) { try await caller.value }
  }

  @Test func `the shutdown ends sleeps and drops actions, and no task hangs`() async throws {
    let timeline = RealTimeline()
    let log = Log()
    let (started, source) = AsyncStream.makeStream(of: Void.self)
    let (gate, opener) = AsyncStream.makeStream(of: Void.self)
    timeline.schedule(after: .seconds(3600)) { log.add("never") }
    let sleeper = timeline.start {
      source.finish()
      try await timeline.sleep(for: .seconds(3600))
    }
    let waiter = timeline.start {
      for await _ in gate {}
      log.add("a job after the shutdown, on the timeline \(timeline.isCurrent)")
      try await timeline.sleep(for: .seconds(3600))
    }
    for await _ in started {}
    try await offThePool {
      timeline.shutDown()
      timeline.shutDown()
    }
    await #expect(throws: CancellationError.self) { try await sleeper.value }
    opener.finish()
    await #expect(throws: CancellationError.self) { try await waiter.value }
    #expect(log.lines == ["a job after the shutdown, on the timeline true"])
    await #expect(throws: TimelineError.shutDown) { try await timeline.run {} }
  }

  @Test func `it may be shut down from within`() async throws {
    let timeline = RealTimeline()
    try await timeline.run { timeline.shutDown() }
    await #expect(throws: TimelineError.shutDown) { try await timeline.run {} }
  }

  @Test func `an actor on it can be entered from its actions`() async throws {
    let timeline = RealTimeline()
    defer { timeline.shutDown() }
    let counter = Counter(timeline: timeline)
    try await timeline.run {
      timeline.schedule(after: .milliseconds(1)) { counter.assumeIsolated { $0.value += 1 } }
      try await timeline.sleep(for: .milliseconds(3))
      #expect(await counter.value == 1)
    }
  }

  private actor Counter {
    nonisolated let timeline: any Timeline
    var value = 0
    nonisolated var unownedExecutor: UnownedSerialExecutor { timeline.asUnownedSerialExecutor() }
    init(timeline: any Timeline) { self.timeline = timeline }
  }

  /// Blocking calls are not for the threads of async code; this gives them a timeline's thread to block.
  private func offThePool<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
    let other = RealTimeline(name: "blocked")
    let (results, source) = AsyncStream.makeStream(of: Result<T, any Error>.self)
    other.schedule(at: .zero) {
      source.yield(Result { try body() })
      source.finish()
    }
    for await result in results {
      other.shutDown()
      return try result.get()
    }
    throw CancellationError()
  }
}
