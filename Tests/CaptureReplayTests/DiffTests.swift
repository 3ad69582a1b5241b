import PercussCapture
import PercussGATT
import Testing

/// Two captured conversations, of which the second is the first with one thing changed.
struct DiffTests {
  static let names = GoldenReplayTests.suitable + ["percuss-link-kept.btsnoop"]

  @Test(arguments: names)
  func `a capture and itself do not differ`(name: String) throws {
    let conversation = try CapturedRun.conversation(name)
    #expect(ConversationComparison(conversation, conversation).differences == [])
  }

  /// For every item: without it, exactly it is missing; with it alone, exactly it is additional.
  @Test(arguments: ["percuss-set.btsnoop", "percuss-streamed.btsnoop"])
  func `a frame that is removed is missing, and the other way additional`(name: String) throws {
    let conversation = try CapturedRun.conversation(name)
    for place in conversation.items.indices {
      var shorter = conversation
      let removed = shorter.items.remove(at: place)
      let missing = ConversationComparison(conversation, shorter).differences
      #expect(missing.count == 1, "item \(removed.number): \(missing)")
      #expect(missing.first?.kind == .missing)
      #expect(missing.first?.characteristic == removed.characteristic)
      let additional = ConversationComparison(shorter, conversation).differences
      #expect(additional.map(\.kind) == [.additional], "item \(removed.number): \(additional)")
    }
  }

  @Test func `a byte that is changed is a field that is named`() throws {
    let conversation = try CapturedRun.conversation("percuss-uploaded.btsnoop")
    var changed = conversation
    let place = try #require(
      conversation.items.firstIndex { $0.characteristic == .percussTelemetry && $0.number > 60 })
    changed.items[place].bytes[14] = 55
    let differences = ConversationComparison(conversation, changed).differences
    #expect(differences.count == 1)
    #expect(differences.first?.fields == [.init("battery", expected: "100 %", actual: "55 %")])
    #expect(differences.first?.expected?.record == conversation.items[place].record)
    #expect(differences.first?.actual?.record == conversation.items[place].record)
  }

  @Test func `a request that is changed is named with its field`() throws {
    let conversation = try CapturedRun.conversation("percuss-set.btsnoop")
    var changed = conversation
    let place = try #require(changed.items.firstIndex { $0.action == .write && $0.bytes.first == 0x13 })
    changed.items[place].bytes[3] = 0x76
    let differences = ConversationComparison(conversation, changed).differences
    #expect(differences.count == 1, "\(differences)")
    #expect(differences.first?.fields == [.init("speed", expected: "1900 PPM", actual: "1910 PPM")])
  }

  @Test func `an event that is moved is moved`() throws {
    let conversation = try CapturedRun.conversation("percuss-uploaded.btsnoop")
    var moved = conversation
    let events = conversation.items.indices.filter {
      conversation.items[$0].characteristic == .percussEvent && conversation.items[$0].action == .value
    }
    let item = moved.items.remove(at: events[1])
    moved.items.insert(item, at: events[4])
    let differences = ConversationComparison(conversation, moved).differences
    #expect(differences.map(\.kind) == [.moved], "\(differences)")
    #expect(differences.first?.expected?.record == conversation.items[events[1]].record)
  }

  @Test func `a pause is a difference in time, once, and none within the tolerance`() throws {
    let conversation = try CapturedRun.conversation("percuss-set.btsnoop")
    var paused = conversation
    let place = try #require(paused.items.firstIndex { $0.action == .write && $0.bytes.first == 0x10 })
    for later in place..<paused.items.count {
      paused.items[later].time += 150_000_000
      paused.items[later].answer?.time += 150_000_000
    }
    let differences = ConversationComparison(conversation, paused).differences
    let first = try #require(differences.first)
    #expect(first.fields.map(\.name) == ["time"] && first.what.contains("stop"), "\(differences)")
    var options = ConversationComparison.Options()
    options.tolerance = .milliseconds(300)
    #expect(ConversationComparison(conversation, paused, options).differences == [])
  }

  @Test func `two runs of the same routine in different modes differ, and it is told within the bounds`() throws {
    let uploaded = try CapturedRun.conversation("percuss-uploaded.btsnoop")
    let live = try CapturedRun.conversation("percuss-live.btsnoop")
    #expect(ConversationComparison(uploaded, live).differences.count > 5)
  }

  /// What a hostile capture can hold at most is compared in seconds, not hours.
  @Test(.timeLimit(.minutes(1)))
  func `long conversations that have nothing in common are unlike`() throws {
    func conversation(_ seed: Int) -> Conversation {
      let items = (0..<60_000).map { place in
        let number = place * 2 + seed
        return ConversationItem(
          number: place + 1, time: Int64(place) * 1000, action: .value, characteristic: BluetoothUUID(0x2A37),
          bytes: [UInt8(number & 0xFF), UInt8(number >> 8 & 0xFF), UInt8(number >> 16)])
      }
      return Conversation(items: items, end: 60_000_000)
    }
    let differences = ConversationComparison(conversation(0), conversation(1)).differences
    #expect(differences.map(\.kind) == [.unlike])
  }

  @Test func `times at the ends of their range do not trap`() {
    func conversation(_ time: Int64) -> Conversation {
      let item = ConversationItem(
        number: 1, time: time, action: .value, characteristic: .percussEvent,
        bytes: [2, 1, 0, 0] + [UInt8](repeating: 0xFF, count: 16))
      return Conversation(items: [item], end: time)
    }
    for (a, b) in [(Int64.min, Int64.max), (.max, .min), (0, .max), (.min, .min)] {
      _ = ConversationComparison(conversation(a), conversation(b)).differences
    }
  }
}
