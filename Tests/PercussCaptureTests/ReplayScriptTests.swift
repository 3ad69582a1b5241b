import PercussCapture
import PercussGATT
import PercussTime
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

  @Test func `an answer that comes late makes all that follows as much later`() {
    var script = ReplayScript(conversation([("w", 0), ("v", 10), ("w", 20), ("w", 100)]), pace: .captured)
    #expect(script.step(at: at(0)) == .say(0))
    #expect(script.step(at: at(20)) == .wait(until: at(220)))
    script.receive(.percussControlPoint)
    #expect(script.step(at: at(90)) == .say(2))
    #expect(script.step(at: at(90)) == .wait(until: at(170)))
    #expect(script.delay == .milliseconds(70))
  }

  @Test func `an answer that never comes holds up one item, and nothing behind it`() {
    var script = ReplayScript(conversation([("w", 0), ("v", 10), ("w", 20), ("w", 100), ("w", 400)]), pace: .captured)
    #expect(script.step(at: at(0)) == .say(0))
    #expect(script.step(at: at(20)) == .wait(until: at(220)))
    #expect(script.step(at: at(220)) == .say(2))
    #expect(script.step(at: at(220)) == .say(3))
    #expect(script.step(at: at(220)) == .wait(until: at(400)))
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
