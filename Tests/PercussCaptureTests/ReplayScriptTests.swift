import PercussCapture
import PercussGATT
import PercussTime
import PercussWire
import Testing

/// When a replay says what: items at captured milliseconds, and what comes of early, late and missing answers.
struct ReplayScriptTests {
  /// Writes (w) and quiet commands (q) of the control point, values of it (v) and events (e), at milliseconds.
  private func conversation(_ items: [(String, Int64)]) -> Conversation {
    let items = items.enumerated().map { place, item in
      ConversationItem(
        number: place + 1, time: item.1 * 1_000_000,
        action: item.0 == "w" ? .write : item.0 == "q" ? .command : .value,
        characteristic: item.0 == "e" ? .percussEvent : .percussControlPoint, bytes: [UInt8(place)])
    }
    return Conversation(items: items, end: items.last?.time ?? 0)
  }

  private func at(_ milliseconds: Int64) -> MonotonicInstant { MonotonicInstant(nanoseconds: milliseconds * 1_000_000) }

  @Test func `items go out at their times, counted from the first`() {
    var script = ReplayScript(conversation([("w", 500), ("v", 510), ("w", 600)]), pace: .captured)
    #expect(script.step(at: at(7_000)) == .say(0))
    script.receive(.percussControlPoint)
    #expect(script.step(at: at(7_010)) == .wait(until: at(7_100)))
    #expect(script.step(at: at(7_100)) == .say(2))
    #expect(script.time(at: at(7_100)) == 600_000_000)
    // What belongs to the last item may take its time.
    #expect(script.step(at: at(7_101)) == .wait(until: at(7_300)))
    #expect(script.step(at: at(7_300)) == .finished)
    #expect(script.delay == .zero)
  }

  @Test func `what was held up makes nothing behind it later, while the device's time counts`() {
    var script = ReplayScript(conversation([("w", 0), ("v", 10), ("q", 20), ("q", 100)]), pace: .captured)
    #expect(script.step(at: at(0)) == .say(0))
    #expect(script.step(at: at(20)) == .wait(until: at(220)))
    script.receive(.percussControlPoint)
    #expect(script.step(at: at(90)) == .say(2))
    #expect(script.delay == .milliseconds(70))
    #expect(script.step(at: at(90)) == .wait(until: at(100)))
    #expect(script.step(at: at(100)) == .say(3))
    #expect(script.delay == .zero)
  }

  @Test func `before the first keep-alive, and from a start on, what was held up keeps its distance`() throws {
    let answered = conversation([("w", 0), ("v", 10), ("w", 20), ("v", 30), ("q", 100)])
    var script = ReplayScript(answered, pace: .captured)
    #expect(script.step(at: at(0)) == .say(0))
    script.receive(.percussControlPoint)
    #expect(script.step(at: at(90)) == .say(2))
    script.receive(.percussControlPoint)
    #expect(script.step(at: at(100)) == .wait(until: at(170)))

    var started = conversation([("q", 0), ("w", 20), ("v", 30), ("q", 100)])
    started.items[1].bytes = try ControlRequest(
      sequence: 1, flags: [], body: .queueStart(startMicroseconds: 0)
    ).bytes()
    script = ReplayScript(started, pace: .captured)
    #expect(script.step(at: at(0)) == .say(0))
    #expect(script.step(at: at(60)) == .say(1))
    script.receive(.percussControlPoint)
    #expect(script.step(at: at(70)) == .wait(until: at(140)))
  }

  @Test func `an answered request waits for the event that the central had heard, and a keep-alive does not`() {
    for pace in [ReplayScript.Pace.captured, .prompt] {
      let captured = conversation([("q", 0), ("e", 900), ("q", 950), ("w", 1_000), ("v", 1_010), ("q", 1_100)])
      var script = ReplayScript(captured, pace: pace)
      #expect(script.step(at: at(0)) == .say(0))
      #expect(script.step(at: at(950)) == .say(2))
      let end: Int64 = pace == .captured ? 1_200 : 2_000
      #expect(script.step(at: at(1_000)) == .wait(until: at(end)))
      script.receive(.percussEvent)
      #expect(script.step(at: at(1_050)) == .say(3))
    }
  }

  @Test func `an answer that never comes holds up one item, and nothing behind it`() {
    var script = ReplayScript(conversation([("w", 0), ("v", 10), ("w", 20), ("w", 100), ("w", 400)]), pace: .captured)
    #expect(script.step(at: at(0)) == .say(0))
    #expect(script.step(at: at(20)) == .wait(until: at(220)))
    #expect(script.step(at: at(220)) == .say(2))
    #expect(script.step(at: at(220)) == .say(3))
    #expect(script.step(at: at(220)) == .wait(until: at(400)))
    #expect(script.step(at: at(400)) == .say(4))
    #expect(script.delay == .zero)
  }

  @Test func `promptly each item follows the answers before it, and events too`() {
    var script = ReplayScript(
      conversation([("w", 0), ("v", 100), ("e", 900), ("w", 1_000), ("v", 1_010)]), pace: .prompt)
    #expect(script.step(at: at(0)) == .say(0))
    script.receive(.percussControlPoint)
    #expect(script.step(at: at(5)) == .wait(until: at(2_000)))
    script.receive(.percussEvent)
    #expect(script.step(at: at(10)) == .say(3))
    script.receive(.percussControlPoint)
    #expect(script.step(at: at(12)) == .finished)
  }

  @Test func `promptly, what had no answer keeps its distance`() {
    var script = ReplayScript(conversation([("w", 0), ("v", 10), ("q", 700), ("q", 1_400)]), pace: .prompt)
    #expect(script.step(at: at(0)) == .say(0))
    script.receive(.percussControlPoint)
    #expect(script.step(at: at(5)) == .wait(until: at(700)))
    #expect(script.step(at: at(700)) == .say(2))
    #expect(script.step(at: at(701)) == .wait(until: at(1_400)))
  }

  @Test func `times that run backwards or to their ends do not trap`() {
    for pace in [ReplayScript.Pace.captured, .prompt] {
      var script = ReplayScript(
        conversation([("w", 0), ("w", -9_000_000_000_000), ("w", 9_000_000_000_000), ("w", 5)]), pace: pace)
      for instant in [at(0), at(1), .distantFuture, .distantFuture, .distantFuture, .distantFuture] {
        _ = script.step(at: instant)
      }
    }
  }
}
