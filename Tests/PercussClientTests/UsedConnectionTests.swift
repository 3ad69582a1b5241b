import PercussClient
import PercussWire
import Testing

/// A program ended, the host kept its connection, and the next program uses it: to the device they are one central.
@Suite("A connection that others have used")
struct UsedConnectionTests {
  @Test func `the first request is preceded by one that finds a sequence number (PCS/CL/SQ/BV-03)`() {
    var talk = Conversation(isFresh: false)
    #expect(talk.submit("speed", .speed(1900)) == ["request 0 routine_query"])
    #expect(talk.writeEnds() == [])
    #expect(talk.respond(0, .routineQuery, .stale) == ["request 85 routine_query"])
    #expect(talk.writeEnds() == [])
    #expect(talk.respond(85, .routineQuery, .sequenceConflict) == ["request 170 routine_query"])
    #expect(talk.writeEnds() == [])
    #expect(talk.respond(170, .routineQuery, .unsupported) == ["request 171 set_speed"])
    #expect(talk.writeEnds() == [])
    #expect(talk.respond(171, .setSpeed) == ["speed: success"])
    #expect(talk.submit("pause", .pause) == ["request 172 pause"])
  }

  @Test func `a fresh connection needs none`() {
    var talk = Conversation()
    #expect(talk.submit("speed", .speed(1900)) == ["request 0 set_speed"])
  }

  @Test func `a stop waits for no number`() {
    var talk = Conversation(isFresh: false)
    #expect(talk.submit("stop", .stop) == ["request 0 stop"])
    #expect(talk.writeEnds() == [])
    #expect(talk.respond(0, .stop) == ["stop: success"])
    #expect(talk.submit("speed", .speed(1900)) == ["request 1 routine_query"])
  }

  @Test func `whatever numbers the device has seen, the request is new to it`() {
    for seen in UInt8.min...UInt8.max {
      var device = Device(newest: seen, kept: [])
      expectNew(&device, "seen \(seen)")
    }
  }

  @Test(arguments: 0..<200)
  func `program after program with the same requests over one connection, each is executed`(seed: UInt64) {
    var generator = SmallGenerator(state: seed)
    var device = Device(newest: UInt8.random(in: 0...255, using: &generator), kept: [])
    for program in 0..<12 { expectNew(&device, "seed \(seed), program \(program)") }
  }

  /// A new session over the connection has its first request executed.
  private func expectNew(_ device: inout Device, _ history: String) {
    var talk = Conversation(isFresh: false)
    _ = talk.submit("pause", .pause)
    for _ in 0..<8 {
      guard let request = talk.writes.first?.request else { break }
      _ = talk.writeEnds()
      let verdict = device.verdict(on: request.sequence, request.opCode)
      guard request.opCode == .routineQuery else {
        #expect(request.opCode == .pause && verdict == .new, "\(history)")
        return
      }
      // As a device without routines answers what it executes, now or again.
      let result: ControlResult =
        switch verdict {
        case .new, .replay: .unsupported
        case .conflict: .sequenceConflict
        case .stale: .stale
        }
      _ = talk.respond(request.sequence, .routineQuery, result)
    }
    Issue.record("no request came through: \(history)")
  }

  /// What a device makes of sequence numbers (protocol-spec/README.md, section 6).
  private struct Device {
    enum Verdict { case new, replay, conflict, stale }

    var newest: UInt8
    var kept: [(sequence: UInt8, opCode: OpCode)]

    mutating func verdict(on sequence: UInt8, _ opCode: OpCode) -> Verdict {
      guard 1...127 ~= sequence &- newest else {
        guard let entry = kept.first(where: { $0.sequence == sequence }) else { return .stale }
        return entry.opCode == opCode ? .replay : .conflict
      }
      newest = sequence
      kept.removeAll { $0.sequence == sequence }
      kept = kept.suffix(3) + [(sequence, opCode)]
      return .new
    }
  }

  private struct SmallGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state ^ (state >> 29)
    }
  }
}
