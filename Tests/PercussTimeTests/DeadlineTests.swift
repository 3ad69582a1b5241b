import PercussTime
import Testing

@Suite struct DeadlineTests {
  @Test func `what is ready in time comes back`() throws {
    let timeline = VirtualTimeline()
    let value = try timeline.run {
      try await withTimeout(.seconds(5), on: timeline, waitingFor: "an answer") {
        try await timeline.sleep(for: .seconds(4))
        return 42
      }
    }
    #expect(value == 42)
    #expect(timeline.now == .zero.advanced(by: .seconds(4)))
  }

  @Test func `at the deadline the operation is cancelled, and the error names it`() throws {
    let timeline = VirtualTimeline()
    let log = Log()
    let expected = TimeoutError(waitingFor: "the response to Set Speed", after: .seconds(5))
    #expect(throws: expected) {
      try timeline.run {
        try await withTimeout(.seconds(5), on: timeline, waitingFor: "the response to Set Speed") {
          do { try await timeline.sleep(for: .seconds(60)) } catch { log.add("cancelled at \(timeline.now)") }
        }
      }
    }
    try timeline.run { try await timeline.sleep(for: .seconds(1)) }
    #expect(log.lines == ["cancelled at 5.000000000s"])
    #expect(expected.description == "waited 5.0 seconds for the response to Set Speed, in vain")
  }

  @Test func `an operation that ignores its cancellation is not waited for`() throws {
    let timeline = VirtualTimeline()
    try timeline.run {
      await #expect(throws: TimeoutError(waitingFor: "a deaf one", after: .seconds(5))) {
        try await withTimeout(.seconds(5), on: timeline, waitingFor: "a deaf one") {
          await withCheckedContinuation { continuation in
            timeline.schedule(after: .seconds(60)) { continuation.resume() }
          }
        }
      }
      #expect(timeline.now == .zero.advanced(by: .seconds(5)))
      try await timeline.sleep(for: .seconds(60))
    }
  }

  @Test func `the errors of the operation pass`() throws {
    struct Oops: Error {}
    let timeline = VirtualTimeline()
    #expect(throws: Oops.self) {
      try timeline.run {
        try await withTimeout(.seconds(5), on: timeline, waitingFor: "trouble") { throw Oops() }
      }
    }
  }

  @Test func `the cancellation of the caller reaches the operation`() throws {
    let timeline = VirtualTimeline()
    try timeline.run {
      let caller = timeline.start {
        try await withTimeout(.seconds(50), on: timeline, waitingFor: "nothing") {
          try await timeline.sleep(for: .seconds(60))
        }
      }
      try await timeline.sleep(for: .seconds(1))
      caller.cancel()
      await #expect(throws: CancellationError.self) { try await caller.value }
      #expect(timeline.now == .zero.advanced(by: .seconds(1)))
    }
  }
}
