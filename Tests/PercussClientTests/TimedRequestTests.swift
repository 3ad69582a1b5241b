import PercussClient
import PercussGATT
import PercussLink
import PercussTime
import PercussWire
import Testing

/// Requests that are written at an instant, and what comes in their way.
@Suite("Timed requests")
struct TimedRequestTests {
  @Test func `a request is armed ahead, written at its instant, and answered`() {
    var talk = Conversation()
    #expect(talk.submit("a", .speed(1900), at: .milliseconds(500)) == ["arm 0 set_speed at 500"])
    #expect(talk.session.isWriting)
    #expect(talk.submit("b", .pause) == [], "nothing goes before it")
    #expect(talk.wait(.milliseconds(500)) == [])
    #expect(talk.fires() == [])
    #expect(talk.writeEnds() == [])
    #expect(talk.respond(0, .setSpeed) == ["a: success", "request 1 pause"])
  }

  @Test func `it waits for its turn like any other, and is armed then though its instant has passed`() {
    var talk = Conversation()
    #expect(talk.submit("a", .pause) == ["request 0 pause"])
    #expect(talk.submit("b", .speed(1900), at: .milliseconds(100)) == [])
    #expect(talk.writeEnds() == [])
    #expect(talk.wait(.milliseconds(200)) == [])
    #expect(talk.respond(0, .pause) == ["a: success", "arm 1 set_speed at 100"])
  }

  @Test func `its answer is awaited from its instant on, then it is repeated at once with the same bytes`() {
    var talk = Conversation()
    _ = talk.submit("a", .speed(1900), at: .seconds(2))
    #expect(talk.wait(.seconds(2)) == [])
    _ = talk.fires()
    _ = talk.writeEnds()
    #expect(talk.wait(.milliseconds(2_999)) == [])
    #expect(talk.wait(.milliseconds(1)) == ["request 0 set_speed"])
    #expect(Set(talk.written).count == 1)
  }

  @Test func `where it must not be late, it is not written a second time`() {
    var talk = Conversation()
    _ = talk.submit("a", .speed(1900), at: .zero, notAfter: .milliseconds(20))
    _ = talk.fires()
    _ = talk.writeEnds()
    #expect(talk.wait(.seconds(3)) == ["a: no response after 1"])
    _ = talk.submit("b", .speed(2000), at: .seconds(3), notAfter: .milliseconds(3_020))
    _ = talk.fires()
    // The device had no room for it.
    #expect(talk.writeEnds(.attribute(.procedureInProgress, characteristic: .percussControlPoint)) == ["b: too late"])
    #expect(talk.wait(.seconds(10)) == [])
  }

  @Test func `one that was given up waiting for makes way all the same when it comes too late`() {
    var talk = Conversation()
    _ = talk.submit("a", .speed(1900), at: .zero)
    // Whoever has it says nothing for as long as an answer may take, three times.
    #expect(talk.wait(.seconds(9)) == ["a: no response after 3"])
    _ = talk.submit("b", .pause)
    #expect(talk.isTooLate() == ["request 1 pause"])
  }

  @Test func `a stop takes it back and goes at once, past the way that is held open for it (PCS/CL/ST/BV-01)`() {
    var talk = Conversation()
    _ = talk.submit("a", .speed(1900), at: .milliseconds(500))
    #expect(talk.submit("halt", .stop) == ["disarm 0", "a: stopped", "command 1 stop", "request 1 stop"])
    #expect(talk.writeEnds() == [])
    #expect(talk.respond(1, .stop) == ["halt: success"])
    #expect(talk.wait(.seconds(10)) == [], "nothing is left of it")
  }

  @Test func `a stop takes back what does not move the motor too`() {
    var talk = Conversation()
    _ = talk.submit("a", .setForceLimit(forceDecinewtons: 400), at: .milliseconds(500))
    #expect(talk.submit("halt", .stop) == ["disarm 0", "a: stopped", "command 1 stop", "request 1 stop"])
  }

  @Test func `what was written just before a stop is a request under way like any other`() {
    var talk = Conversation()
    _ = talk.submit("a", .speed(1900), at: .zero)
    _ = talk.fires()
    #expect(talk.submit("halt", .stop) == ["a: stopped", "command 1 stop"])
    #expect(talk.writeEnds() == ["request 1 stop"])
  }

  @Test func `the answer to what was written while a stop took it back belongs to nobody`() {
    var talk = Conversation()
    _ = talk.submit("a", .speed(1900), at: .zero)
    _ = talk.submit("halt", .stop)
    #expect(talk.respond(0, .setSpeed) == [])
    #expect(talk.session.statistics.unmatchedResponses == 1)
    #expect(talk.respond(1, .stop) == ["halt: success"])
  }

  @Test func `cancelled, it makes way for what comes next`() {
    var talk = Conversation()
    _ = talk.submit("a", .speed(1900), at: .seconds(60))
    _ = talk.submit("b", .pause)
    #expect(talk.cancel("a") == ["a: cancelled", "disarm 0", "request 1 pause"])
  }

  @Test func `a stop of the button takes it back`() {
    var talk = Conversation()
    _ = talk.submit("a", .speed(1900), at: .seconds(1))
    #expect(talk.event(0) == ["event 0", "disarm 0", "a: stopped"])
  }

  @Test func `one that came too late ends so, and the next goes on`() {
    var talk = Conversation()
    _ = talk.submit("a", .speed(1900), at: .milliseconds(10))
    _ = talk.submit("b", .pause)
    _ = talk.wait(.milliseconds(50))
    #expect(talk.isTooLate() == ["a: too late", "request 1 pause"])
  }

  @Test func `the end of the connection takes it back`() {
    var talk = Conversation()
    _ = talk.submit("a", .speed(1900), at: .seconds(1))
    #expect(talk.disconnect() == ["disarm 0", "a: disconnected"])
  }

  @Test func `the lease is renewed after it, counted from its instant (PCS/CL/LE/BV-01)`() {
    var talk = Conversation()
    talk.takeControl(lease: 3_000)
    _ = talk.submit("a", .speed(1900), at: .milliseconds(800))
    #expect(talk.wait(.milliseconds(800)) == [])
    _ = talk.fires()
    _ = talk.writeEnds()
    _ = talk.respond(1, .setSpeed, state: .manual)
    #expect(talk.wait(.milliseconds(999)) == [])
    #expect(talk.wait(.milliseconds(1)) == ["request 2 keep_alive"])
  }
}
