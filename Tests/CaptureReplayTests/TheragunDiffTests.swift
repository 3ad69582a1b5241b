import PercussCapture
import PercussGATT
import PercussWire
import Testing

/// Captures of a family whose status is polled: what differs by chance is no difference, and one change is one.
struct TheragunDiffTests {
  private let captured: Conversation
  private let write = FrameFormat.theragunWrite.characteristic
  private let notify = FrameFormat.theragunNotify.characteristic

  init() throws { captured = try CapturedRun.conversation("theragun-live.btsnoop") }

  private func differences(_ other: Conversation) -> [ConversationDifference] {
    ConversationComparison(captured, other).differences
  }

  /// The first items of the capture that are such requests.
  private func places(where isWanted: (TheragunRequest.Body) -> Bool) -> [Int] {
    captured.items.indices.filter { place in
      let item = captured.items[place]
      guard item.characteristic == write, let request = try? TheragunRequest(item.bytes) else { return false }
      return isWanted(request.body)
    }
  }

  private var speeds: [Int] {
    places {
      if case .setSpeed(let speed) = $0 { speed > 0 } else { false }
    }
  }

  private var polls: [Int] { places { $0 == .status } }

  @Test func `a capture and itself do not differ, and what is not compared is told`() {
    let comparison = ConversationComparison(captured, captured)
    #expect(comparison.differences == [])
    let told = comparison.notCompared.joined(separator: "\n")
    for words in ["how often it is asked for", "unknown_bytes", "which firmware it is"] {
      #expect(told.contains(words), "\(told)")
    }
    #expect(!told.contains("checksum"))
  }

  @Test func `a speed that is changed is one difference of one field`() throws {
    for place in speeds {
      var changed = captured
      guard case .setSpeed(let speed) = try TheragunRequest(changed.items[place].bytes).body else { continue }
      changed.items[place].bytes = try TheragunRequest(body: .setSpeed(speedRPM: speed + 10)).bytes()
      let found = differences(changed)
      #expect(found.count == 1, "\(found)")
      #expect(found.first?.fields == [.init("speed", expected: "\(speed) RPM", actual: "\(speed + 10) RPM")])
    }
    #expect(speeds.count > 2)
  }

  @Test func `a speed that is left out is missing`() throws {
    var shorter = captured
    shorter.items.remove(at: try #require(speeds.last))
    #expect(differences(shorter).map(\.kind) == [.missing])
  }

  @Test func `a question or an answer less, and a little of chance in the speed, are none`() throws {
    #expect(polls.count > 10)
    var other = captured
    let asked = polls[polls.count / 2]
    let answer = try #require(captured.items[asked...].firstIndex { $0.characteristic == notify })
    for place in captured.items.indices {
      guard captured.items[place].characteristic == notify,
        var notification = try? TheragunNotification(captured.items[place].bytes),
        case .status(let byte, let motion, let bytes, let speed) = notification.body, speed > 100
      else { continue }
      notification.body = .status(
        unknownByte: byte &+ 1, motion: motion, unknownBytes: bytes, speedRPM: speed - UInt16(place % 5))
      other.items[place].bytes = try notification.bytes()
    }
    other.items.remove(at: answer)
    other.items.remove(at: asked)
    #expect(differences(other) == [])
  }

  @Test func `a motor that runs otherwise, an unlike version frame and silence are told`() throws {
    let statuses = captured.items.indices.filter { place in
      guard captured.items[place].characteristic == notify,
        case .status(_, _, _, let speed)? = (try? TheragunNotification(captured.items[place].bytes))?.body
      else { return false }
      return speed > 1000
    }
    var slow = captured
    for place in statuses {
      slow.items[place].bytes = try TheragunNotification(
        body: .status(unknownByte: 0, motion: .running, unknownBytes: 0, speedRPM: 500)
      ).bytes()
    }
    let found = differences(slow)
    #expect(!found.isEmpty && found.allSatisfy { $0.fields.map(\.name) == ["speed"] }, "\(found)")

    var silent = captured
    for place in statuses.reversed() { silent.items.remove(at: place) }
    #expect(differences(silent).contains { $0.kind == .missing && $0.characteristic == notify })

    var unknown = captured
    let version = try #require(
      captured.items.firstIndex {
        $0.characteristic == notify && (try? TheragunNotification($0.bytes))?.kind == .version
      })
    unknown.items.remove(at: version)
    #expect(differences(unknown).map(\.kind) == [.missing])
  }

  @Test func `its routine is not extracted, and why is said`() {
    #expect(captured.specification == .theragunGen4)
    #expect { try captured.extractRoutine() } throws: { "\($0)".contains("a capture of theragun-gen4") }
  }

  @Test func `a Percuss device that has short characteristics too is a Percuss device`() throws {
    var both = captured
    both.items += try CapturedRun.conversation("percuss-set.btsnoop").items
    #expect(both.specification == .percuss)
    #expect(Conversation(items: [], end: 0).specification == nil)
  }
}
