import PercussClient
import PercussGATT
import PercussLink
import PercussWire
import Testing

/// Somebody else stops the motor: protocol-spec section 10.
@Suite("Stops of others")
struct ForeignStopTests {
  private static func change(
    _ state: DeviceState, from previous: DeviceState, _ cause: ChangeCause
  ) -> DeviceEvent.Body {
    .stateChanged(state: state, previous: previous, cause: cause, timeMicroseconds: 5)
  }

  static let stops: [DeviceEvent.Body] = [
    change(.stopping, from: .manual, .command), change(.idle, from: .scheduled, .command),
    change(.idle, from: .idle, .command), change(.stopping, from: .stopping, .command),
    change(.stopping, from: .routine, .button), change(.idle, from: .scheduled, .button),
    change(.stopping, from: .manual, .timer), change(.stopping, from: .manual, .leaseExpired),
    change(.fault, from: .manual, .fault), .button(action: .shortPress, timeMicroseconds: 5),
    .button(action: .longPress, timeMicroseconds: 5),
  ]

  static let noStops: [DeviceEvent.Body] = [
    change(.idle, from: .manual, .completed), change(.stopping, from: .routine, .completed),
    change(.stopping, from: .stream, .underflow), change(.stopping, from: .waiting, .waitTimeout),
    change(.idle, from: .stopping, .completed), change(.routine, from: .waiting, .button),
    change(.paused, from: .routine, .command), change(.manual, from: .idle, .command),
    change(.idle, from: .fault, .command), change(.waiting, from: .routine, .schedule),
    change(.stopping, from: .manual, .released),
    .stepEntered(step: 1, plannedMicroseconds: 1, actualMicroseconds: 1),
  ]

  static let motions: [ControlRequest.Body] = [
    .speed(1900), .preset(index: 1, rampMilliseconds: 0), .resume, .confirm(step: 1),
    .routineStart(slot: 0, startMicroseconds: 0, offsetMilliseconds: 0), .routineSeek(offsetMilliseconds: 0),
    .queueStart(startMicroseconds: 0),
  ]

  private let described = ControlResponse.Body.slotDescribed(slot: 0, status: [], length: 0, crc32: 0, nextOffset: 0)

  @Test(arguments: stops)
  func `a speed that waits is not sent after somebody else's stop (PCS/CL/ST/BV-03, BV-04)`(event: DeviceEvent.Body) {
    var talk = Conversation()
    talk.takeControl()
    #expect(talk.submit("query", .routineQuery(slot: 0)) == ["request 1 routine_query"])
    #expect(talk.submit("speed", .speed(1900)) == [])
    #expect(talk.event(1, event) == ["event 1", "speed: stopped"])
    #expect(talk.writeEnds() == [])
    #expect(talk.respond(1, .routineQuery, body: described) == ["query: success"])
    #expect(talk.submit("again", .speed(1900)) == ["request 2 set_speed"], "its user asks for it again")
  }

  @Test(arguments: motions)
  func `nothing that moves the motor is sent after somebody else's stop (PCS/CL/ST/BV-03)`(
    motion: ControlRequest.Body
  ) {
    var talk = Conversation()
    _ = talk.submit("query", .routineQuery(slot: 0))
    #expect(talk.submit("motion", motion) == [])
    #expect(talk.submit("force", .setForceLimit(forceDecinewtons: 0)) == [])
    #expect(talk.event(1, Self.change(.stopping, from: .manual, .command)) == ["event 1", "motion: stopped"])
    #expect(talk.writeEnds() == [])
    #expect(talk.respond(0, .routineQuery, body: described) == ["query: success", "request 1 set_force_limit"])
  }

  @Test(arguments: noStops)
  func `what ends or changes in another way stops nothing`(event: DeviceEvent.Body) {
    var talk = Conversation()
    _ = talk.submit("query", .routineQuery(slot: 0))
    #expect(talk.submit("speed", .speed(1900)) == [])
    #expect(talk.writeEnds() == [])
    #expect(talk.event(1, event) == ["event 1"])
    #expect(talk.respond(0, .routineQuery, body: described) == ["query: success", "request 1 set_speed"])
  }

  @Test func `a speed of 0 goes on, and so does a confirmation where the button may have confirmed`() {
    var talk = Conversation()
    _ = talk.submit("query", .routineQuery(slot: 0))
    #expect(talk.submit("zero", .speed(0)) == [])
    #expect(talk.submit("confirm", .confirm(step: 1)) == [])
    #expect(talk.event(1, .button(action: .shortPress, timeMicroseconds: 5)) == ["event 1"])
    #expect(talk.event(2, Self.change(.routine, from: .waiting, .button)) == ["event 2"])
    #expect(talk.event(3, Self.change(.stopping, from: .routine, .button)) == ["event 3", "confirm: stopped"])
    #expect(talk.writeEnds() == [])
    #expect(talk.respond(0, .routineQuery, body: described) == ["query: success", "request 1 set_speed"])
  }

  // MARK: What is under way

  @Test func `a speed without an answer is not repeated after somebody else's stop (PCS/CL/ST/BV-03)`() {
    var talk = Conversation()
    #expect(talk.submit("speed", .speed(1900)) == ["request 0 set_speed"])
    #expect(talk.writeEnds() == [])
    #expect(talk.event(1, Self.change(.stopping, from: .manual, .button)) == ["event 1"])
    #expect(talk.submit("pause", .pause) == [], "still one procedure at a time")
    #expect(talk.wait(.milliseconds(2999)) == [])
    #expect(talk.wait(.milliseconds(1)) == ["speed: no response after 1", "request 1 pause"])
  }

  @Test func `nor is it repeated to renew the lease: a keep-alive does that`() {
    var talk = Conversation()
    talk.takeControl(lease: 600)
    #expect(talk.submit("speed", .speed(1900)) == ["request 1 set_speed"])
    #expect(talk.writeEnds() == [])
    #expect(talk.event(1, Self.change(.stopping, from: .manual, .button)) == ["event 1"])
    #expect(talk.wait(.milliseconds(200)) == ["request 2 keep_alive"])
    #expect(talk.writeEnds() == [])
    #expect(talk.respond(1, .setSpeed, .wrongState, state: .stopping) == ["speed: refused wrong_state"])
  }

  @Test func `a repetition that waits for the link is not written any more`() {
    var talk = Conversation()
    #expect(talk.submit("speed", .speed(1900)) == ["request 0 set_speed"])
    #expect(talk.writeEnds() == [])
    #expect(talk.event(1, Self.change(.idle, from: .idle, .command)) == ["event 1"])
    #expect(talk.respond(0, .setSpeed, .stale) == ["speed: refused stale"], "and gets no new number")
    #expect(talk.wait(.seconds(9)) == [])
  }

  @Test(arguments: [true, false])
  func `a speed that the device had no room for is not written again`(writeEndedBefore: Bool) {
    let full = LinkError.attribute(.procedureInProgress, characteristic: .percussControlPoint)
    var talk = Conversation()
    #expect(talk.submit("speed", .speed(1900)) == ["request 0 set_speed"])
    let stop = Self.change(.stopping, from: .manual, .button)
    if writeEndedBefore {
      #expect(talk.writeEnds(full) == [])
      #expect(talk.event(1, stop) == ["event 1", "speed: stopped"])
    } else {
      #expect(talk.event(1, stop) == ["event 1"])
      #expect(talk.writeEnds(full) == ["speed: stopped"])
    }
    #expect(talk.wait(.seconds(9)) == [])
  }

  @Test func `a cancelled speed is not repeated to renew the lease either`() {
    var talk = Conversation()
    talk.takeControl(lease: 600)
    #expect(talk.submit("speed", .speed(1900)) == ["request 1 set_speed"])
    #expect(talk.writeEnds() == [])
    #expect(talk.cancel("speed") == ["speed: cancelled"])
    #expect(talk.wait(.milliseconds(200)) == ["request 2 keep_alive"])
  }

  // MARK: This session's own stops

  @Test func `the report of the session's own stop takes nothing away that was asked for after it`() {
    var talk = Conversation()
    talk.takeControl()
    #expect(talk.submit("stop", .stop) == ["request 1 stop"])
    #expect(talk.submit("speed", .speed(1900)) == [])
    #expect(talk.event(1, Self.change(.stopping, from: .manual, .command)) == ["event 1"])
    #expect(talk.event(2, Self.change(.idle, from: .stopping, .completed)) == ["event 2"])
    #expect(talk.writeEnds() == [])
    #expect(talk.respond(1, .stop, state: .stopping) == ["stop: success", "request 2 set_speed"])
    #expect(talk.submit("next", .speed(2000)) == [])
    #expect(
      talk.event(3, Self.change(.stopping, from: .manual, .command)) == ["event 3", "next: stopped"],
      "the second report is that of somebody else's")
  }

  @Test(arguments: [(ControlRequest.Body.stop, OpCode.stop), (.reset, .reset), (.queueFlush, .queueFlush)])
  func `a report that comes after the answer is still that of the own request`(
    operation: ControlRequest.Body, opCode: OpCode
  ) {
    var talk = Conversation()
    talk.takeControl()
    #expect(talk.submit("own", operation) == ["request 1 \(opCode)"])
    #expect(talk.writeEnds() == [])
    #expect(talk.respond(1, opCode, state: .stopping) == ["own: success"])
    #expect(talk.submit("query", .routineQuery(slot: 0)) == ["request 2 routine_query"])
    #expect(talk.submit("speed", .speed(1900)) == [])
    #expect(talk.event(1, Self.change(.stopping, from: .stream, .command)) == ["event 1"])
    #expect(talk.event(2, Self.change(.stopping, from: .manual, .command)) == ["event 2", "speed: stopped"])
  }

  @Test func `an own stop at rest, which nothing reports, does not hide somebody else's later`() {
    var talk = Conversation()
    talk.takeControl(lease: 60000)
    _ = talk.submit("stop", .stop)
    _ = talk.writeEnds()
    #expect(talk.respond(1, .stop) == ["stop: success"])
    #expect(talk.submit("a", .speed(1900)) == ["request 2 set_speed"])
    #expect(talk.writeEnds() == [])
    #expect(talk.submit("b", .speed(2000)) == [])
    #expect(
      talk.event(1, Self.change(.idle, from: .idle, .command)) == ["event 1", "b: stopped"], "the holder's are silent")
    #expect(talk.submit("c", .speed(2100)) == [])
    #expect(talk.event(2, Self.change(.manual, from: .idle, .command)) == ["event 2"])
    #expect(talk.event(3, Self.change(.stopping, from: .manual, .command)) == ["event 3", "c: stopped"])
  }
}
