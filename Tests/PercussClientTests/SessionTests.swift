import PercussClient
import PercussGATT
import PercussLink
import PercussTime
import PercussWire
import Testing

@Suite("Session")
struct SessionTests {
  @Test func `one procedure at a time: the next request is written when the one before is answered (PCS/CL/CP/BV-01)`()
  {
    var talk = Conversation()
    #expect(talk.submit("a", .pause) == ["request 0 pause"])
    #expect(talk.submit("b", .resume) == [])
    #expect(talk.writeEnds() == [])
    #expect(talk.respond(0, .pause) == ["a: success", "request 1 resume"])
    #expect(talk.writeEnds() == [])
    #expect(talk.respond(1, .resume) == ["b: success"])
    #expect(talk.session.nextDeadline == nil)
  }

  @Test
  func
    `an answer that comes before its write is acknowledged counts, and the next write waits for the acknowledgement`()
  {
    var talk = Conversation()
    #expect(talk.submit("a", .pause) == ["request 0 pause"])
    #expect(talk.submit("b", .resume) == [])
    #expect(talk.respond(0, .pause) == ["a: success"])
    #expect(talk.writeEnds() == ["request 1 resume"])
  }

  @Test
  func
    `a request without an answer is repeated with the same bytes, and ends within a bound (PCS/CL/CP/BV-02, SQ/BV-01)`()
  {
    var talk = Conversation()
    #expect(talk.submit("a", .speed(1900)) == ["request 0 set_speed"])
    #expect(talk.writeEnds() == [])
    #expect(talk.wait(.milliseconds(2999)) == [])
    #expect(talk.wait(.milliseconds(1)) == ["request 0 set_speed"])
    #expect(talk.writeEnds() == [])
    #expect(talk.wait(.seconds(3)) == ["request 0 set_speed"])
    #expect(talk.writeEnds() == [])
    #expect(talk.wait(.seconds(3)) == ["a: no response after 3"])
    #expect(Set(talk.written).count == 1)
    #expect(talk.session.nextDeadline == nil)
    #expect(talk.respond(0, .setSpeed) == [], "too late")
    #expect(talk.session.statistics.unmatchedResponses == 1)
    #expect(talk.submit("b", .pause) == ["request 1 pause"], "the next one goes on")
  }

  @Test func `the answer to a repetition counts once (PCS/CL/CP/BV-03)`() {
    var talk = Conversation()
    _ = talk.submit("a", .pause)
    _ = talk.writeEnds()
    #expect(talk.wait(.seconds(3)) == ["request 0 pause"])
    #expect(talk.writeEnds() == [])
    #expect(talk.respond(0, .pause) == ["a: success"])
    #expect(talk.respond(0, .pause) == [])
    #expect(talk.session.statistics.unmatchedResponses == 1)
    #expect(talk.session.statistics.repeatedRequests == 1)
  }

  @Test
  func `a copy that still waits inside the link is not followed by another, but the wait is bounded all the same`() {
    var talk = Conversation()
    #expect(talk.submit("a", .pause) == ["request 0 pause"])
    #expect(talk.wait(.seconds(9)) == ["a: no response after 3"])
    #expect(talk.submit("b", .resume) == [], "the link is still at it")
    #expect(talk.writeEnds() == ["request 1 resume"])
  }

  // MARK: Stop

  @Test func `a stop overtakes the request under way and everything that waits (PCS/CL/ST/BV-01, BV-04)`() {
    var talk = Conversation()
    #expect(talk.submit("speed", .speed(1900)) == ["request 0 set_speed"])
    #expect(talk.submit("next", .speed(2000)) == [])
    #expect(talk.submit("query", .routineQuery(slot: 0)) == [])
    #expect(talk.submit("stop", .stop) == ["speed: stopped", "next: stopped", "command 1 stop"])
    #expect(talk.writeEnds() == ["request 1 stop"], "to make sure: a command can be lost")
    #expect(talk.writeEnds() == [])
    #expect(talk.respond(1, .stop) == ["stop: success", "request 2 routine_query"])
    #expect(talk.written[1] == talk.written[2], "the same bytes, so a repetition to the device")
  }

  @Test func `a stop with nothing under way is one write request`() {
    var talk = Conversation()
    #expect(talk.submit("stop", .stop) == ["request 0 stop"])
    #expect(talk.writeEnds() == [])
    #expect(talk.respond(0, .stop) == ["stop: success"])
  }

  @Test func `a stop that was answered needs no second copy`() {
    var talk = Conversation()
    #expect(talk.submit("query", .routineQuery(slot: 0)) == ["request 0 routine_query"])
    #expect(talk.submit("stop", .stop) == ["command 1 stop"])
    #expect(talk.respond(1, .stop) == ["stop: success"])
    #expect(talk.writeEnds() == [])
  }

  @Test
  func `a stop goes out while an answer is awaited, and what is submitted after it waits for it (PCS/CL/ST/BV-01)`() {
    var talk = Conversation()
    #expect(talk.submit("query", .routineQuery(slot: 0)) == ["request 0 routine_query"])
    #expect(talk.writeEnds() == [])
    #expect(talk.submit("stop", .stop) == ["request 1 stop"])
    #expect(talk.submit("speed", .speed(1900)) == [])
    #expect(talk.writeEnds() == [])
    #expect(
      talk.respond(
        0, .routineQuery, body: .slotDescribed(slot: 0, status: [], length: 0, crc32: 0, nextOffset: 0))
        == ["query: success"])
    #expect(talk.respond(1, .stop) == ["stop: success", "request 2 set_speed"])
  }

  @Test
  func `a stop is never refused for want of room, and never joined while there are few (PCS/CL/ST/BV-01, CP/BV-04)`() {
    var talk = Conversation()
    _ = talk.submit("first", .routineQuery(slot: 0))
    for number in 0..<32 { #expect(talk.submit("\(number)", .routineQuery(slot: 1)) == []) }
    #expect(talk.submit("one too many", .routineQuery(slot: 2)) == ["one too many: busy"])
    #expect(talk.session.waitingCount == 32)
    #expect(talk.submit("stop 1", .stop) == ["command 1 stop"])
    #expect(talk.submit("stop 2", .stop) == ["command 2 stop"])
    #expect(talk.submit("stop 3", .stop) == ["command 3 stop"])
    #expect(talk.submit("stop 4", .stop) == ["command 4 stop"])
    #expect(talk.submit("stop 5", .stop) == ["command 4 stop"], "joins the newest, which is written again at once")
    #expect(
      talk.respond(4, .stop) == [
        "stop 1: success", "stop 2: success", "stop 3: success", "stop 4: success", "stop 5: success",
      ])
  }

  @Test
  func
    `a stop without an answer is repeated every half second, as a command too while the link is busy, and its caller learns of it early (PCS/CL/ST/BV-02)`()
  {
    var talk = Conversation()
    #expect(talk.submit("stop", .stop) == ["request 0 stop"])
    #expect(talk.wait(.milliseconds(500)) == ["command 0 stop"])
    #expect(talk.writeEnds() == ["request 0 stop"])
    #expect(talk.writeEnds() == [])
    #expect(talk.wait(.milliseconds(500)) == ["request 0 stop"])
    #expect(talk.writeEnds() == [])
    #expect(talk.wait(.milliseconds(1999)).filter { $0.hasPrefix("stop") } == [])
    #expect(talk.wait(.milliseconds(1)) == ["stop: no response after 6"])
  }

  @Test func `a request that the stop overtook on the way gets a new number and goes again`() {
    var talk = Conversation()
    #expect(talk.submit("commit", .routineCommit(transfer: 1)) == ["request 0 routine_commit"])
    #expect(talk.submit("stop", .stop) == ["command 1 stop"])
    #expect(talk.respond(1, .stop) == ["stop: success"])
    #expect(talk.writeEnds() == [])
    #expect(talk.respond(0, .routineCommit, .stale) == ["request 2 routine_commit"])
    #expect(talk.writeEnds() == [])
    #expect(talk.respond(2, .routineCommit, body: .routineStored(slot: 0)) == ["commit: success"])
  }

  @Test func `what moves the motor is not sent again after a stop (PCS/CL/ST/BV-03)`() {
    var talk = Conversation()
    #expect(talk.submit("speed", .speed(1900)) == ["request 0 set_speed"])
    #expect(talk.submit("stop", .stop) == ["speed: stopped", "command 1 stop"])
    #expect(talk.writeEnds() == ["request 1 stop"])
    #expect(talk.writeEnds() == [])
    #expect(talk.respond(0, .setSpeed, .stale) == [])
    #expect(talk.respond(1, .stop) == ["stop: success"])
    #expect(talk.wait(.seconds(60)) == [])
  }

  // MARK: Speeds

  @Test func `a speed that waits is replaced by a newer one (PCS/CL/CP/BV-04)`() {
    var talk = Conversation()
    #expect(talk.submit("a", .speed(1800)) == ["request 0 set_speed"])
    #expect(talk.submit("b", .speed(1900)) == [])
    #expect(talk.submit("c", .speed(2000)) == ["b: superseded"])
    #expect(talk.submit("d", .speed(2100)) == ["c: superseded"])
    #expect(talk.writeEnds() == [])
    #expect(talk.respond(0, .setSpeed) == ["a: success", "request 1 set_speed"])
    #expect(talk.writes.last?.request.body == .speed(2100))
  }

  @Test func `flooding with speeds never fills the queue`() {
    var talk = Conversation()
    _ = talk.submit("first", .speed(1800))
    for number in 0..<1000 { _ = talk.submit("\(number)", .speed(1900)) }
    #expect(talk.session.waitingCount == 1)
  }

  @Test(arguments: [
    ControlRequest.Body.pause, .preset(index: 1, rampMilliseconds: 0),
    .routineStart(slot: 0, startMicroseconds: 0, offsetMilliseconds: 0),
  ])
  func `a speed is not taken away from before something that moves or holds the motor`(between: ControlRequest.Body) {
    var talk = Conversation()
    _ = talk.submit("first", .routineQuery(slot: 0))
    #expect(talk.submit("a", .speed(1800)) == [])
    #expect(talk.submit("b", between) == [])
    #expect(talk.submit("c", .speed(1900)) == [])
    #expect(talk.session.waitingCount == 3)
  }

  // MARK: Keep-alive

  @Test func `the lease is renewed a third of it after the last write (PCS/CL/LE/BV-01)`() {
    var talk = Conversation()
    talk.takeControl(lease: 3000)
    #expect(talk.session.lease == .seconds(3))
    #expect(talk.wait(.milliseconds(999)) == [])
    #expect(talk.wait(.milliseconds(1)) == ["request 1 keep_alive"])
    #expect(talk.writeEnds() == [])
    #expect(talk.wait(.milliseconds(500)) == [])
    #expect(talk.submit("a", .pause) == ["request 2 pause"])
    #expect(talk.writeEnds() == [])
    #expect(talk.respond(2, .pause) == ["a: success"])
    #expect(talk.wait(.milliseconds(999)) == [], "the request counts as a sign of life")
    #expect(talk.wait(.milliseconds(1)) == ["request 3 keep_alive"])
    #expect(talk.written.last?[2] == ControlFlags.quiet.rawValue)
  }

  @Test func `while an answer is awaited the request itself is the sign of life (PCS/CL/LE/BV-01)`() {
    var talk = Conversation()
    talk.takeControl(lease: 600)
    #expect(talk.submit("a", .pause) == ["request 1 pause"])
    #expect(talk.writeEnds() == [])
    #expect(talk.wait(.milliseconds(200)) == ["request 1 pause"])
    #expect(talk.writeEnds(.attribute(.procedureInProgress, characteristic: .percussControlPoint)) == [])
    #expect(talk.wait(.milliseconds(200)) == ["request 1 pause"])
    #expect(talk.writeEnds() == [])
    #expect(talk.respond(1, .pause) == ["a: success"])
  }

  @Test func `without control nothing is kept alive`() {
    var talk = Conversation()
    #expect(talk.wait(.seconds(3600)) == [])
    talk.takeControl()
    _ = talk.submit("release", .releaseControl)
    _ = talk.writeEnds()
    #expect(talk.respond(1, .releaseControl) == ["release: success"])
    #expect(talk.session.lease == nil)
    #expect(talk.wait(.seconds(3600)) == [])
  }

  @Test func `a refused keep-alive tells that control is lost, once (PCS/CL/LE/BV-02)`() {
    var talk = Conversation()
    talk.takeControl(lease: 3000)
    #expect(talk.wait(.seconds(1)) == ["request 1 keep_alive"])
    #expect(talk.writeEnds() == [])
    #expect(talk.respond(1, .keepAlive, .controlRequired) == ["control lost"])
    #expect(talk.event(1, .controlLost(cause: .leaseExpired, timeMicroseconds: 5)) == ["event 1"])
    #expect(talk.wait(.seconds(3600)) == [], "nothing is taken back by itself")
  }

  @Test func `the device's event tells that control is lost, and why (PCS/CL/LE/BV-02)`() {
    var talk = Conversation()
    talk.takeControl()
    #expect(
      talk.event(1, .controlLost(cause: .leaseExpired, timeMicroseconds: 5)) == [
        "event 1", "control lost lease_expired",
      ])
    #expect(talk.session.lease == nil)
  }

  @Test func `a lease whose caller was cancelled is left to run out`() {
    var talk = Conversation()
    _ = talk.submit("control", .requestControl(leaseMilliseconds: 2000, lossPolicy: .stop))
    _ = talk.writeEnds()
    #expect(talk.cancel("control") == ["control: cancelled"])
    #expect(talk.respond(0, .requestControl, body: .controlGranted(leaseMilliseconds: 2000)) == [])
    #expect(talk.wait(.seconds(60)) == [])
  }

  // MARK: Refusals

  @Test func `a refusal names what was asked and what the device accepts`() throws {
    var session = Session()
    let id = session.newRequest()
    _ = session.submit(.speed(2500), as: id, at: .zero)
    let response = ControlResponse(
      opCode: .setSpeed, sequence: 0, result: .outOfRange, state: .idle,
      body: .parameterLimits(field: 0, minimum: 1750, maximum: 2400))
    let actions = session.received(try response.bytes(), from: .percussControlPoint, at: .zero)
    guard case .complete(id, .failure(let error)) = actions.first else {
      Issue.record("not refused: \(actions)")
      return
    }
    #expect(
      error.description
        == "set_speed to 2500 ppm in 500 ms: speed is out of range; the device accepts 1750 to 2400. "
        + "Choose a value in that range; a speed must be a multiple of the device's speed step.")
  }

  @Test func `a speed between two that the device has is told the nearest`() throws {
    var session = Session()
    let id = session.newRequest()
    _ = session.submit(.speed(1905), as: id, at: .zero)
    let response = ControlResponse(
      opCode: .setSpeed, sequence: 0, result: .outOfRange, state: .idle,
      body: .parameterLimits(field: 0, minimum: 1900, maximum: 1910))
    let actions = session.received(try response.bytes(), from: .percussControlPoint, at: .zero)
    guard case .complete(id, .failure(let error)) = actions.first else {
      Issue.record("not refused: \(actions)")
      return
    }
    #expect(error.description.contains("the device has no such speed; the nearest are 1900 and 1910 PPM"))
  }

  @Test func `what the wire cannot carry is refused before anything is sent`() {
    var talk = Conversation()
    #expect(talk.submit("a", .setSpeed(speedPPM: 1900, rampMilliseconds: 60001)) == ["a: invalid argument"])
    #expect(talk.submit("b", .pause) == ["request 0 pause"])
  }

  @Test func `a device without room is asked once more after a pause (PCS/CL/ER/BV-01)`() {
    var talk = Conversation()
    let full = LinkError.attribute(.procedureInProgress, characteristic: .percussControlPoint)
    #expect(talk.submit("a", .pause) == ["request 0 pause"])
    #expect(talk.writeEnds(full) == [])
    #expect(talk.wait(.milliseconds(99)) == [])
    #expect(talk.wait(.milliseconds(1)) == ["request 0 pause"])
    #expect(talk.writeEnds(full) == ["a: link"])
  }

  @Test(arguments: [
    LinkError.attribute(.improperlyConfigured, characteristic: .percussControlPoint), .busy(limit: 3),
    .timedOut("a response", after: .seconds(30)),
  ])
  func `another failure of the write ends the request`(failure: LinkError) {
    var talk = Conversation()
    _ = talk.submit("a", .pause)
    #expect(talk.submit("b", .resume) == [])
    #expect(talk.writeEnds(failure) == ["a: link", "request 1 resume"])
  }

  // MARK: Cancellation and the end

  @Test func `a cancelled request that waits is never sent`() {
    var talk = Conversation()
    _ = talk.submit("a", .pause)
    #expect(talk.submit("b", .resume) == [])
    #expect(talk.cancel("b") == ["b: cancelled"])
    _ = talk.writeEnds()
    #expect(talk.respond(0, .pause) == ["a: success"])
  }

  @Test func `a cancelled request under way keeps its place, but is not repeated`() {
    var talk = Conversation()
    _ = talk.submit("a", .speed(1900))
    _ = talk.writeEnds()
    #expect(talk.cancel("a") == ["a: cancelled"])
    #expect(talk.submit("b", .pause) == [])
    #expect(talk.wait(.seconds(3)) == ["request 1 pause"])
  }

  @Test func `a stop cannot be cancelled`() {
    var talk = Conversation()
    _ = talk.submit("stop", .stop)
    #expect(talk.cancel("stop") == [])
    #expect(talk.respond(0, .stop) == ["stop: success"])
  }

  @Test func `the end of the connection ends everything, and nothing is ever sent again (PCS/CL/SQ/BV-02)`() {
    var talk = Conversation()
    talk.takeControl()
    _ = talk.submit("a", .pause)
    _ = talk.submit("b", .resume)
    _ = talk.submit("stop", .stop)
    #expect(talk.disconnect() == ["stop: disconnected", "a: disconnected"])
    #expect(talk.session.lease == nil)
    #expect(talk.session.nextDeadline == nil)
    #expect(talk.submit("late", .stop) == ["late: disconnected"])
    #expect(talk.writeEnds() == [])
    #expect(talk.respond(2, .stop) == [])
    #expect(talk.wait(.seconds(3600)) == [])
    #expect(talk.disconnect() == [])
  }

  // MARK: What arrives

  @Test func `responses that belong to nothing are counted and dropped (PCS/CL/CP/BV-03)`() {
    var talk = Conversation()
    #expect(talk.respond(9, .setSpeed) == [])
    _ = talk.submit("a", .pause)
    #expect(talk.respond(0, .resume) == [], "the right number, the wrong op code")
    #expect(talk.respond(1, .pause) == [], "the wrong number")
    #expect(talk.session.statistics.unmatchedResponses == 3)
    #expect(talk.respond(0, .pause) == ["a: success"])
  }

  @Test func `malformed values are counted and dropped (PCS/CL/OR/BV-02, SE/BV-01)`() {
    var talk = Conversation()
    _ = talk.submit("a", .pause)
    for bytes in [[], [0x80], [0x80, 0x11, 0], [0x81, 0x11, 0, 1, 0]] as [[UInt8]] {
      #expect(talk.receive(bytes) == [])
    }
    #expect(talk.receive([0xFF], from: .percussEvent) == [])
    #expect(talk.receive([0xFF], from: .percussTelemetry) == [])
    #expect(talk.receive([], from: .percussClock) == [])
    #expect(talk.receive([1, 2, 3], from: .batteryLevel) == [], "means nothing here")
    #expect(talk.session.statistics.malformedValues == 7)
    #expect(talk.respond(0, .pause) == ["a: success"])
  }

  @Test func `the sequence number wraps (PCS/CL/SQ/BV-01)`() {
    var talk = Conversation()
    for number in 0..<600 {
      #expect(talk.submit("\(number)", .pause) == ["request \(number % 256) pause"])
      #expect(talk.writeEnds() == [])
      #expect(talk.respond(UInt8(number % 256), .pause) == ["\(number): success"])
    }
  }

  @Test func `gaps in the events are counted, late ones are given, repeated ones dropped (PCS/CL/EV/BV-01, OR/BV-01)`()
  {
    var talk = Conversation()
    #expect(talk.event(254) == ["event 254"])
    #expect(talk.event(255) == ["event 255"])
    #expect(talk.event(2) == ["event 2 after 2 missed"])
    #expect(talk.session.statistics.missedEvents == 2)
    #expect(talk.event(0) == ["event 0"], "late")
    #expect(talk.session.statistics.missedEvents == 1)
    #expect(talk.event(0) == [])
    #expect(talk.event(2) == [])
    #expect(talk.session.statistics.droppedNotifications == 2)
  }

  @Test func `telemetry is only ever newer`() {
    var talk = Conversation()
    #expect(talk.telemetry(10) == ["telemetry 10"])
    #expect(talk.telemetry(13) == ["telemetry 13 after 2 missed"])
    #expect(talk.telemetry(12) == [])
    #expect(talk.telemetry(13) == [])
    #expect(talk.telemetry(14) == ["telemetry 14"])
    #expect(talk.session.statistics.missedTelemetry == 1)
    #expect(talk.session.statistics.droppedNotifications == 2)
  }
}
