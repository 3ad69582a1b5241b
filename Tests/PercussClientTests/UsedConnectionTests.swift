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
    #expect(talk.respond(0, .routineQuery, .stale) == ["request 128 routine_query"])
    #expect(talk.writeEnds() == [])
    #expect(talk.respond(128, .routineQuery, .sequenceConflict) == ["request 132 set_speed"])
    #expect(talk.writeEnds() == [])
    #expect(talk.respond(132, .setSpeed) == ["speed: success"])
    #expect(talk.submit("pause", .pause) == ["request 133 pause"])
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
      for depth in UInt8(0)...4 {
        var device = Device(newest: seen, depth: depth)
        var talk = Conversation(isFresh: false)
        var lines = talk.submit("pause", .pause)
        for _ in 0..<4 where lines.first?.hasSuffix("routine_query") == true {
          guard let request = talk.writes.first?.request else { break }
          _ = talk.writeEnds()
          // As a device without routines answers what it executes.
          lines = talk.respond(request.sequence, .routineQuery, device.refusal(of: request.sequence) ?? .unsupported)
        }
        guard let request = talk.writes.first?.request, request.opCode == .pause else {
          Issue.record("seen \(seen), \(depth) kept: \(lines)")
          continue
        }
        #expect(device.refusal(of: request.sequence) == nil, "seen \(seen), \(depth) kept")
      }
    }
  }

  /// What a device makes of sequence numbers (protocol-spec/README.md, section 6). What it has kept has other bytes.
  private struct Device {
    var newest: UInt8
    var depth: UInt8

    mutating func refusal(of sequence: UInt8) -> ControlResult? {
      guard 1...127 ~= sequence &- newest else { return newest &- sequence < depth ? .sequenceConflict : .stale }
      newest = sequence
      return nil
    }
  }
}
