import Glibc
import PercussTime
import Synchronization
import Testing

@Suite struct VirtualTimelineTests {
  @Test func `twenty minutes pass without waiting for them`() throws {
    let timeline = VirtualTimeline()
    let woken = try timeline.run {
      try await timeline.sleep(for: .seconds(1200))
      return timeline.now
    }
    #expect(woken == MonotonicInstant(nanoseconds: 1_200_000_000_000))
  }

  @Test func `sleepers wake in the order of their deadlines`() throws {
    let timeline = VirtualTimeline()
    let log = Log()
    try timeline.run {
      try await withThrowingTaskGroup(of: Void.self) { group in
        for delay in [30, 10, 20, 10] {
          group.addTask {
            try await timeline.sleep(for: .milliseconds(delay))
            log.add("\(delay) at \(timeline.now)")
          }
        }
        try await group.waitForAll()
      }
    }
    #expect(
      log.lines == ["10 at 0.010000000s", "10 at 0.010000000s", "20 at 0.020000000s", "30 at 0.030000000s"])
  }

  @Test func `scheduled actions run at their instant, on the timeline, unless cancelled`() throws {
    let timeline = VirtualTimeline()
    let log = Log()
    try timeline.run {
      timeline.schedule(after: .seconds(2)) { log.add("second at \(timeline.now), on it \(timeline.isCurrent)") }
      timeline.schedule(after: .seconds(1)) { log.add("first at \(timeline.now)") }
      let cancelled = timeline.schedule(after: .seconds(1)) { log.add("never") }
      cancelled.cancel()
      cancelled.cancel()
      try await timeline.sleep(for: .seconds(3))
      timeline.schedule(at: .zero) { log.add("late ones at once, at \(timeline.now)") }
      await Task.yield()
      await Task.yield()
    }
    #expect(
      log.lines == [
        "first at 1.000000000s", "second at 2.000000000s, on it true", "late ones at once, at 3.000000000s",
      ])
  }

  @Test func `a cancelled sleep ends at once`() throws {
    let timeline = VirtualTimeline()
    try timeline.run {
      let sleeper = timeline.start { try await timeline.sleep(for: .seconds(3600)) }
      try await timeline.sleep(for: .seconds(1))
      sleeper.cancel()
      await #expect(throws: CancellationError.self) { try await sleeper.value }
      #expect(timeline.now == .zero.advanced(by: .seconds(1)))

      let cancelledBefore = timeline.start {
        withUnsafeCurrentTask { $0?.cancel() }
        try await timeline.sleep(for: .seconds(3600))
      }
      await #expect(throws: CancellationError.self) { try await cancelledBefore.value }
    }
    #expect(timeline.now == .zero.advanced(by: .seconds(1)))
  }

  @Test func `an operation that waits for nothing is stuck`() throws {
    let timeline = VirtualTimeline()
    let (stream, source) = AsyncStream.makeStream(of: Int.self)
    #expect(throws: TimelineError.stuck(at: .zero.advanced(by: .seconds(5)))) {
      try timeline.run {
        try await timeline.sleep(for: .seconds(5))
        for await _ in stream {}
      }
    }
    source.finish()
  }

  @Test func `an operation past the limit is cancelled and may unwind`() throws {
    let timeline = VirtualTimeline()
    let log = Log()
    #expect(throws: TimelineError.exceeded(limit: .seconds(60))) {
      try timeline.run(limit: .seconds(60)) {
        do {
          while true { try await timeline.sleep(for: .seconds(1)) }
        } catch {
          log.add("unwound at \(timeline.now)")
          throw error
        }
      }
    }
    #expect(log.lines == ["unwound at 60.000000000s"])
  }

  @Test func `a run within a run is refused`() throws {
    let timeline = VirtualTimeline()
    let error = try timeline.run { () -> TimelineError? in
      do { try timeline.run {} } catch { return error as? TimelineError }
      return nil
    }
    #expect(error == .alreadyRunning)
  }

  @Test func `the error of the operation comes out, and a later run goes on`() throws {
    struct Oops: Error {}
    let timeline = VirtualTimeline()
    let log = Log()
    #expect(throws: Oops.self) {
      try timeline.run {
        timeline.start {
          try await timeline.sleep(for: .seconds(2))
          log.add("left over, at \(timeline.now)")
        }
        try await timeline.sleep(for: .seconds(1))
        throw Oops()
      }
    }
    #expect(log.lines.isEmpty)
    try timeline.run { try await timeline.sleep(for: .seconds(5)) }
    #expect(log.lines == ["left over, at 2.000000000s"])
    #expect(timeline.now == .zero.advanced(by: .seconds(6)))
  }

  @Test func `tasks, children, actors, streams and actions all stay on the running thread`() async throws {
    let timeline = VirtualTimeline()
    let places = Log()
    let note: @Sendable (String) -> Void = { if !timeline.isCurrent { places.add($0) } }
    let total = try timeline.run {
      note("operation")
      let tally = Tally(timeline: timeline, note: note)
      let (stream, source) = AsyncStream.makeStream(of: Int.self)
      let reader = timeline.start {
        for await value in stream {
          note("stream")
          await tally.add(value)
        }
        note("after the stream")
      }
      async let child: Void = {
        note("async let")
        try await timeline.sleep(for: .milliseconds(1))
        note("async let after a sleep")
      }()
      await withTaskGroup(of: Void.self) { group in
        for value in 1...10 {
          group.addTask {
            note("child task")
            await tally.add(value)
            source.yield(value)
            note("child task after the actor")
          }
        }
      }
      try await child
      await tally.startTask()
      timeline.schedule(after: .milliseconds(1)) {
        note("action")
        tally.assumeIsolated { $0.count(100) }
      }
      try await timeline.sleep(for: .milliseconds(5))
      source.finish()
      try await reader.value
      note("operation at its end")
      return await tally.total
    }
    #expect(places.lines == [])
    #expect(timeline.foreignEnqueues == 0)
    #expect(total == 2 * 55 + 100 + 1000)
  }

  @Test func `work that leaves the timeline is noticed`() throws {
    let timeline = VirtualTimeline()
    let elsewhere = RealTimeline(name: "elsewhere")
    defer { elsewhere.shutDown() }
    try timeline.run {
      let (stream, source) = AsyncStream.makeStream(of: Int.self)
      let reader = timeline.start { for await _ in stream {} }
      // Virtual time moves only when nothing is left to run: the reader waits by then.
      try await timeline.sleep(for: .milliseconds(1))
      elsewhere.schedule(at: .zero) { source.finish() }
      // At most ten seconds; the other thread needs the processor too, on a busy machine.
      for _ in 0..<10_000 where timeline.foreignEnqueues == 0 {
        usleep(1000)
        await Task.yield()
      }
      try await reader.value
    }
    #expect(timeline.foreignEnqueues == 1)
  }

  @Test(arguments: [nil, 1, 2, 99] as [UInt64?])
  func `equal seeds give equal runs`(seed: UInt64?) throws {
    let first = try race(seed: seed)
    #expect(try race(seed: seed) == first)
    #expect(first.count == 200)
  }

  @Test func `a seed changes the order of what is ready at one instant, none keeps it`() throws {
    let inOrder = try race(seed: nil)
    #expect(inOrder.prefix(10) == ["0.0", "1.0", "2.0", "3.0", "4.0", "5.0", "6.0", "7.0", "8.0", "9.0"])
    #expect(try race(seed: 1) != inOrder)
    #expect(try race(seed: 1) != race(seed: 2))
  }

  private func race(seed: UInt64?) throws -> [String] {
    let timeline = VirtualTimeline(seed: seed)
    let log = Log()
    try timeline.run {
      try await withThrowingTaskGroup(of: Void.self) { group in
        for runner in 0..<10 {
          group.addTask {
            for lap in 0..<20 {
              log.add("\(runner).\(lap)")
              try await timeline.sleep(for: .milliseconds(10))
            }
          }
        }
        try await group.waitForAll()
      }
    }
    return log.lines
  }

  @Test func `a hundred thousand events, with a watchdog that is set again each time`() throws {
    let timeline = VirtualTimeline()
    let barks = Log()
    try timeline.run {
      var watchdog = timeline.schedule(after: .seconds(3600)) { barks.add("bark") }
      for _ in 0..<100_000 {
        try await timeline.sleep(for: .milliseconds(12))
        watchdog.cancel()
        watchdog = timeline.schedule(after: .seconds(3600)) { barks.add("bark") }
      }
      watchdog.cancel()
      try await timeline.sleep(for: .seconds(7200))
    }
    #expect(barks.lines == [])
    #expect(timeline.now == .zero.advanced(by: .seconds(1200 + 7200)))
  }
}

private actor Tally {
  nonisolated let timeline: any Timeline
  nonisolated let note: @Sendable (String) -> Void
  var total = 0

  nonisolated var unownedExecutor: UnownedSerialExecutor { timeline.asUnownedSerialExecutor() }

  init(timeline: any Timeline, note: @escaping @Sendable (String) -> Void) {
    self.timeline = timeline
    self.note = note
  }

  func add(_ value: Int) async {
    note("actor")
    await pause()
    total += value
  }

  func count(_ value: Int) { total += value }

  func startTask() {
    timeline.start { [self] in
      note("task of an actor")
      try await timeline.sleep(for: .milliseconds(2))
      note("task after a sleep")
      try await withTimeout(.milliseconds(1), on: timeline, waitingFor: "little") { [note] in
        note("operation with a deadline")
      }
      note("task after a wait with a deadline")
      await add(1000)
    }
  }

  nonisolated func pause() async {
    note("nonisolated function")
    await Task.yield()
    note("nonisolated function after a yield")
  }
}

final class Log: Sendable {
  private let storage = Mutex<[String]>([])
  var lines: [String] { storage.withLock { $0 } }
  func add(_ line: String) { storage.withLock { $0.append(line) } }
}
