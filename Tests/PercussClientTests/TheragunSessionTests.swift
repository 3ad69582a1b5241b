import PercussClient
import PercussGATT
import PercussLink
import PercussTime
import PercussWire
import Testing

@Suite("Session with a Theragun")
struct TheragunSessionTests {
  // MARK: Good

  @Test func `a speed is answered by the end of its write, and its bytes are those that are public`() {
    var talk = MotorConversation.begun()
    #expect(talk.submit("speed", rpm: 2400) == ["request speed 2400"])
    #expect(talk.written.last == [0xAA, 0x70, 0x01, 0x03, 0x09, 0x60, 0x03])
    #expect(talk.writeEnds() == ["speed: success"])
    #expect(talk.asks(1, 2392) == ["state manual by command", "running 2392 of 2400"])
    #expect(talk.samples.last?.telemetry.speedPPM == 0, "nobody has stated how RPM and PPM belong together")
    #expect(talk.samples.last?.telemetry.state == .manual)
  }

  @Test func `at rest is known only from a status that was asked for after the stop`() {
    var talk = MotorConversation.begun()
    _ = talk.submit("speed", rpm: 2400)
    _ = talk.writeEnds()
    _ = talk.asks(1, 2400)
    #expect(talk.stop() == ["request speed 0"])
    #expect(talk.session.mustBeStopped)
    #expect(talk.writeEnds() == ["stop: success", "request status"], "asked at once")
    #expect(talk.writeEnds() == [])
    #expect(talk.status(1, 900) == ["state stopping by command", "running 900 of 0"])
    #expect(talk.asks(0, 0) == ["state idle by command", "at rest of 0"])
    #expect(talk.submit("release", .request(.releaseControl)) == ["release: success"], "nothing to stop")
    #expect(!talk.session.mustBeStopped)
  }

  @Test func `the status is asked for every 200 ms while control is held, and every second at rest without`() {
    var talk = MotorConversation.begun()
    var asked = 0
    for _ in 0..<10 {
      _ = talk.submit("alive", .request(.keepAlive))
      asked += talk.wait(.milliseconds(200)).count { $0 == "request status" }
      _ = talk.writeEnds()
      _ = talk.status(0, 0)
    }
    #expect((9...10).contains(asked))
    _ = talk.submit("release", .request(.releaseControl))
    asked = 0
    for _ in 0..<10 {
      asked += talk.wait(.milliseconds(1_000)).count { $0 == "request status" }
      _ = talk.writeEnds()
      _ = talk.status(0, 0)
    }
    #expect((9...11).contains(asked))
  }

  @Test func `a program may wish for the status more often, but not more often than every 100 ms`() {
    var talk = MotorConversation.begun()
    #expect(talk.submit("wish", .request(.setTelemetry(intervalMilliseconds: 50))) == ["wish: invalid argument"])
    #expect(talk.submit("wish", .request(.setTelemetry(intervalMilliseconds: 100))) == ["wish: success"])
    #expect(talk.wait(.milliseconds(100)) == ["request status"])
  }

  @Test func `a version is asked for without response, and answered by a notification`() {
    var talk = MotorConversation.begun()
    #expect(talk.submit("version", .readVersion) == ["command version"])
    #expect(talk.writeEnds() == [])
    let answer = TheragunNotification(body: .version(unknownByte: 0, unknownBytes: 0, version: 231))
    #expect(talk.receive((try? answer.bytes()) ?? []) == ["version: version 2.3.1"])
  }

  @Test func `speeds in PPM go through the ratio that the user stated, there and back`() {
    var talk = MotorConversation.begun(ratio: SpeedRatio(rpmPerThousandPPM: 1_500))
    let operation = DeviceOperation.request(.setSpeed(speedPPM: 1900, rampMilliseconds: 0))
    #expect(talk.submit("speed", operation) == ["request speed 2850"])
    _ = talk.writeEnds()
    #expect(talk.asks(1, 2850) == ["state manual by command", "running 2850 of 2850"])
    #expect(talk.samples.last?.telemetry.speedPPM == 1900)
    #expect(talk.samples.last?.telemetry.targetPPM == 1900)
  }

  @Test func `a timed speed is armed, and no status is asked for meanwhile`() {
    var talk = MotorConversation.begun()
    #expect(talk.submit("speed", rpm: 2400, at: .milliseconds(500)) == ["arm speed 2400 at 500"])
    #expect(talk.wait(.milliseconds(500)) == [])
    #expect(talk.fires() == [])
    #expect(talk.writeEnds() == ["speed: success", "request status"])
  }

  // MARK: Ramps

  @Test func `a ramp is a row of speeds 250 ms apart, through the middle of the line, ending where it leads`() {
    var talk = MotorConversation.begun()
    #expect(talk.submit("ramp", rpm: 2000, over: .seconds(1)) == ["request speed 250"])
    #expect(talk.endWrites(of: ["request speed 250"]).contains("ramp: success"))
    var speeds: [String] = []
    for _ in 0..<26 {
      let lines = talk.endWrites(of: talk.wait(.milliseconds(50))) + talk.endWrites(of: talk.status(1, 1000))
      speeds += lines.filter { $0.contains("request speed") }
    }
    #expect(speeds == ["request speed 750", "request speed 1250", "request speed 1750", "request speed 2000"])
    #expect(talk.wait(.milliseconds(50)).filter { $0.contains("speed") } == [])
  }

  @Test func `the next speed of a ramp waits for the acknowledgement of the one before, however long that takes`() {
    var talk = MotorConversation.begun()
    #expect(talk.submit("ramp", rpm: 2000, over: .seconds(1)) == ["request speed 250"])
    #expect(talk.wait(.milliseconds(700)) == [])
    #expect(talk.writeEnds() == ["ramp: success", "request status"])
    #expect(talk.writeEnds() == [])
    #expect(talk.status(1, 250).last == "request speed 1650", "where the ramp is by then")
  }

  @Test func `a motor that is stopped by hand on a ramp stays so`() {
    var talk = MotorConversation.begun()
    #expect(talk.submit("ramp", rpm: 2000, over: .seconds(2)) == ["request speed 125"])
    #expect(talk.writeEnds() == ["ramp: success", "request status"])
    _ = talk.writeEnds()
    #expect(talk.status(1, 120) == ["state manual by command", "running 120 of 125"])
    var lines: [String] = []
    for _ in 0..<40 {
      lines += talk.endWrites(of: talk.wait(.milliseconds(100))) + talk.endWrites(of: talk.status(0, 0))
      _ = talk.submit("alive", .request(.keepAlive))
    }
    #expect(lines.contains("state idle by button"), "\(lines)")
    #expect(lines.filter { $0.hasPrefix("request speed") }.count <= 1, "\(lines)")
  }

  @Test func `a question that is given up beside a ramp leaves the ramp to go on to rest`() {
    var talk = MotorConversation.begun(lease: 60_000)
    _ = talk.submit("speed", rpm: 2000)
    _ = talk.writeEnds()
    _ = talk.asks(1, 2000)
    #expect(talk.submit("ramp", rpm: 0, over: .seconds(1)) == ["request speed 1750"])
    #expect(talk.endWrites(of: ["request speed 1750"]).contains("ramp: success"))
    _ = talk.status(1, 1750)
    #expect(talk.submit("version", .readVersion) == ["command version"])
    _ = talk.writeEnds()
    #expect(talk.cancel("version") == ["version: cancelled"])
    let answer = TheragunNotification(body: .version(unknownByte: 0, unknownBytes: 0, version: 231))
    var lines = talk.receive((try? answer.bytes()) ?? [])
    for _ in 0..<30 {
      lines += talk.endWrites(of: talk.wait(.milliseconds(50))) + talk.endWrites(of: talk.status(1, 900))
    }
    #expect(
      lines.filter { $0.hasPrefix("request speed") } == [1250, 750, 250, 0].map { "request speed \($0)" }, "\(lines)")
  }

  @Test(arguments: [UInt16(0), 3000])
  func `a ramp ends in a stop when three questions in a row go unanswered, down and up`(goal: UInt16) {
    var talk = MotorConversation.begun(lease: 60_000)
    _ = talk.submit("speed", rpm: 2000)
    _ = talk.writeEnds()
    _ = talk.asks(1, 2000)
    var lines = talk.endWrites(of: talk.submit("ramp", rpm: goal, over: .seconds(2)))
    for _ in 0..<29 { lines += talk.endWrites(of: talk.wait(.milliseconds(100))) }
    #expect(lines.count { $0.hasPrefix("request speed") } == 1, "\(lines)")
    for _ in 0..<5 { lines += talk.endWrites(of: talk.wait(.milliseconds(100))) }
    #expect(lines.contains("control lost fault"), "\(lines)")
    #expect(lines.last { $0.hasPrefix("request speed") } == "request speed 0", "\(lines)")
    #expect(talk.session.mustBeStopped, "nothing has shown it at rest")
  }

  @Test func `a stop ends a ramp, and so does a newer speed`() {
    for rpm in [UInt16(0), 500] {
      var talk = MotorConversation.begun()
      _ = talk.submit("ramp", rpm: 2000, over: .seconds(1))
      #expect(talk.endWrites(of: ["request speed 250"]).contains("ramp: success"))
      _ = talk.status(1, 200)
      #expect((rpm == 0 ? talk.stop() : talk.submit("speed", rpm: rpm)) == ["request speed \(rpm)"])
      var lines: [String] = []
      for _ in 0..<8 { lines += talk.writeEnds() + talk.wait(.milliseconds(200)) }
      #expect(!lines.contains { $0.hasPrefix("request speed") })
    }
  }

  // MARK: Stop

  @Test func `a stop overtakes the speed that is being written, and is written once more behind it`() {
    var talk = MotorConversation.begun()
    #expect(talk.submit("speed", rpm: 2400) == ["request speed 2400"])
    #expect(talk.submit("next", rpm: 2600) == [])
    #expect(talk.stop() == ["speed: stopped", "next: stopped", "command speed 0"])
    #expect(
      talk.writeEnds() == ["request speed 0"], "the command may have overtaken the speed: only this one is behind it")
    #expect(talk.writeEnds() == ["stop: success", "request status"])
  }

  @Test func `a stop takes back what is armed`() {
    var talk = MotorConversation.begun()
    _ = talk.submit("speed", rpm: 2400, at: .milliseconds(500))
    #expect(talk.stop() == ["disarm", "speed: stopped", "command speed 0", "request speed 0"])
  }

  @Test func `a stop is repeated until it is acknowledged, for three seconds, also past a refusal`() {
    var talk = MotorConversation.begun(lease: 60_000)
    let refused = LinkError.attribute(.unlikelyError, characteristic: .theragunWrite)
    var lines = talk.endWrites(of: talk.stop(), stopsWith: refused)
    for _ in 0..<40 {
      lines += talk.endWrites(of: talk.wait(.milliseconds(100)), stopsWith: refused)
      _ = talk.status(1, 1000)
    }
    #expect(lines.count { $0 == "request speed 0" } == 6)
    #expect(lines.count { $0.hasPrefix("stop: ") } == 1)
    #expect(lines.contains("stop: link"), "\(lines)")
  }

  @Test func `a release stops as a stop does: it is written again past a refusal`() {
    var talk = MotorConversation.begun(lease: 60_000)
    _ = talk.submit("speed", rpm: 2400)
    _ = talk.writeEnds()
    let refused = LinkError.attribute(.unlikelyError, characteristic: .theragunWrite)
    var lines = talk.endWrites(of: talk.wait(.milliseconds(200))) + talk.status(1, 2400)
    lines += talk.endWrites(of: talk.submit("release", .request(.releaseControl)), stopsWith: refused)
    #expect(!lines.contains { $0.hasPrefix("release: ") }, "\(lines)")
    lines += talk.endWrites(of: talk.status(1, 2400)) + talk.endWrites(of: talk.wait(.milliseconds(600)))
    #expect(lines.count { $0 == "request speed 0" } == 2, "\(lines)")
    #expect(lines.contains("release: success"), "\(lines)")
  }

  @Test func `a stop behind a write that never ends goes out as a command again and again, and says so at last`() {
    var talk = MotorConversation.begun(lease: 60_000)
    _ = talk.submit("speed", rpm: 2400)
    #expect(talk.stop() == ["speed: stopped", "command speed 0"])
    let lines = talk.wait(.seconds(4))
    #expect(lines.count { $0 == "command speed 0" } == 5)
    #expect(lines.contains("stop: no response after 6"))
  }

  // MARK: The host's lease

  @Test func `without control nothing moves`() {
    var talk = MotorConversation()
    #expect(talk.submit("speed", rpm: 2400) == ["speed: refused control_required"])
    #expect(talk.submit("alive", .request(.keepAlive)) == ["alive: refused control_required", "request status"])
    #expect(talk.written == [[0xAA, 0x10, 0x10, 0x00]], "asking moves nothing")
  }

  @Test func `a program that asks nothing for as long as the lease is taken for hung, and the motor is stopped`() {
    var talk = MotorConversation.begun(lease: 1_000)
    _ = talk.submit("speed", rpm: 2400)
    _ = talk.writeEnds()
    _ = talk.asks(1, 2400)
    var lines: [String] = []
    for _ in 0..<8 where !lines.contains("request speed 0") {
      let new = talk.wait(.milliseconds(200))
      lines += new
      if new == ["request status"] { _ = talk.writeEnds() }
      _ = talk.status(1, 2400)
    }
    #expect(lines.contains("control lost lease_expired"))
    #expect(lines.contains("request speed 0"))
    #expect(talk.now <= .zero + .milliseconds(1_300))
    #expect(talk.submit("speed", rpm: 2400) == ["speed: refused control_required"], "nothing resumes by itself")
  }

  @Test func `what is asked renews the lease`() {
    var talk = MotorConversation.begun(lease: 1_000)
    var lines: [String] = []
    for _ in 0..<10 {
      lines += talk.submit("alive", .request(.keepAlive)) + talk.wait(.milliseconds(400))
      _ = talk.writeEnds()
      _ = talk.status(0, 0)
    }
    #expect(!lines.contains { $0.hasPrefix("control lost") })
  }

  @Test func `giving control back stops a motor that may move`() {
    var talk = MotorConversation.begun()
    _ = talk.submit("speed", rpm: 2400)
    _ = talk.writeEnds()
    #expect(talk.submit("release", .request(.releaseControl)).contains("request speed 0"))
    #expect(talk.writeEnds().contains("release: success"))
  }

  // MARK: Bad and ugly

  @Test(arguments: [
    DeviceOperation.request(.setForceLimit(forceDecinewtons: 600)), .request(.setTimer(durationMilliseconds: 1_000)),
    .request(.preset(index: 1, rampMilliseconds: 0)), .request(.routineQuery(slot: 0)),
    .request(.routineBegin(slot: 0, length: 15, crc32: 0)), .request(.routineValidate(slot: 0)),
    .request(.queueFlush), .request(.pause), .request(.resume), .request(.reset), .request(.confirm(step: 0)),
    .request(.setSpeed(speedPPM: 1900, rampMilliseconds: 0)),
  ]) func `what the family cannot do is unsupported, and nothing is sent`(operation: DeviceOperation) {
    var talk = MotorConversation.begun()
    let before = talk.written.count
    #expect(talk.submit("a", operation) == ["a: unsupported"])
    #expect(talk.written.count == before)
  }

  @Test func `a speed beyond the device is refused before anything is sent`() {
    var talk = MotorConversation.begun()
    #expect(talk.submit("fast", rpm: 3617) == ["fast: invalid argument"])
    #expect(talk.submit("full", rpm: 3616) == ["request speed 3616"])
    var prime = MotorConversation(.prime)
    #expect(prime.submit("fast", rpm: 3585) == ["fast: invalid argument"])
  }

  @Test func `a refused speed ends with the link's error, and what was commanded is not known any more`() {
    var talk = MotorConversation.begun()
    _ = talk.submit("speed", rpm: 2400)
    let refused = LinkError.attribute(.unlikelyError, characteristic: .theragunWrite)
    #expect(talk.writeEnds(refused) == ["speed: link"])
    #expect(talk.asks(0, 0) == ["at rest of ?"])
  }

  @Test func `a ramp whose speed is refused ends in a stop, since nobody waits who could decide`() {
    var talk = MotorConversation.begun()
    _ = talk.submit("ramp", rpm: 2000, over: .seconds(2))
    _ = talk.writeEnds()
    _ = talk.writeEnds()
    _ = talk.status(1, 125)
    var lines: [String] = []
    for _ in 0..<20 where !lines.contains(where: { $0.hasPrefix("request speed") }) {
      lines += talk.wait(.milliseconds(50))
      if lines.last == "request status" { lines += talk.writeEnds() + talk.status(1, 250) }
    }
    #expect(lines.contains { $0.hasPrefix("request speed") })
    let refused = LinkError.attribute(.unlikelyError, characteristic: .theragunWrite)
    #expect(talk.writeEnds(refused) == ["control lost fault", "request speed 0"])
  }

  @Test func `a write whose response is lost is not doubled, and ends within nine seconds`() {
    var talk = MotorConversation.begun(lease: 60_000)
    _ = talk.submit("speed", rpm: 2400)
    #expect(talk.wait(.seconds(9)) == ["speed: no response after 3"])
    #expect(talk.session.mustBeStopped)
  }

  @Test(
    arguments: [
      [], [0xBB], [0xBB, 0x10, 0x10], [0xAA, 0x10, 0x10, 0x00],
      [0xBB, 0x12, 0x10, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0x09, 0x60],  // a wrong checksum
      [0xBB, 0x7A, 0x10, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0x09],  // truncated
      [0xBB, 0x31, 0x30, 0x01],  // an unknown type
    ] as [[UInt8]]) func `a value that is no answer is counted, and proves nothing`(bytes: [UInt8])
  {
    var talk = MotorConversation()
    #expect(talk.submit("status", .readStatus) == ["request status"])
    _ = talk.writeEnds()
    #expect(talk.receive(bytes) == [])
    #expect(talk.session.statistics.malformedValues == 1)
    #expect(talk.status(0, 0) == ["status: success", "at rest of ?"], "the good one still counts")
  }

  @Test func `a lost answer is noticed, and told with the next`() {
    var talk = MotorConversation.begun()
    #expect(talk.wait(.milliseconds(200)) == ["request status"])
    _ = talk.writeEnds()
    #expect(talk.wait(.milliseconds(1_000)) == ["request status"])
    #expect(talk.session.statistics.missedTelemetry == 1)
    _ = talk.writeEnds()
    #expect(talk.status(0, 0) == ["at rest of ? after 1 missed"])
  }

  @Test func `silence ends the wait for a status after three questions`() {
    var talk = MotorConversation()
    _ = talk.submit("status", .readStatus)
    var lines: [String] = []
    for _ in 0..<3 {
      lines += talk.writeEnds()
      lines += talk.wait(.seconds(1))
    }
    #expect(lines.contains("status: no response after 3"))
  }

  @Test func `after a lost answer the next proves no rest: it may be the late one, from before the stop`() {
    var talk = MotorConversation.begun()
    _ = talk.submit("speed", rpm: 2400)
    _ = talk.writeEnds()
    _ = talk.wait(.milliseconds(200)) + talk.writeEnds()
    _ = talk.wait(.milliseconds(1_000))
    #expect(talk.session.statistics.missedTelemetry == 1)
    _ = talk.writeEnds()
    _ = talk.status(0, 0)
    #expect(talk.session.mustBeStopped)
  }

  @Test func `a motor that was running and rests without being told was stopped by hand: what waits is not sent`() {
    var talk = MotorConversation.begun()
    _ = talk.submit("speed", rpm: 2400)
    _ = talk.writeEnds()
    _ = talk.asks(1, 2400)
    #expect(talk.asks(0, 0) == ["state idle by button", "at rest of 0"])
    #expect(talk.wait(.milliseconds(200)) == ["request status"], "and it is not started again")
  }

  @Test func `a motor far below the slower of two speeds is stopped by somebody else, who cannot be outpaced`() {
    var talk = MotorConversation.begun()
    for (rpm, seen) in [(2600, 2100), (3300, 2700), (2600, 2500)] as [(UInt16, UInt16)] {
      _ = talk.submit("speed", rpm: rpm)
      _ = talk.writeEnds()
      #expect(!talk.asks(1, seen).contains { $0.contains("button") })
    }
    // Its own speeds go on between the stops of another program.
    _ = talk.submit("speed", rpm: 3300)
    _ = talk.writeEnds()
    #expect(talk.asks(1, 1400) == ["running 1400 of 3300"], "not yet: a load slows it too")
    _ = talk.submit("speed", rpm: 2600)
    _ = talk.writeEnds()
    #expect(talk.asks(1, 1200) == ["state stopping by button", "running 1200 of 0"])
  }

  @Test func `a motor that comes up to speed slowly, or is told a much lower one, is not held back`() {
    var talk = MotorConversation.begun()
    for (rpm, seen) in [(600, 100), (1800, 250), (3300, 1500), (500, 3200), (400, 900)] as [(UInt16, UInt16)] {
      _ = talk.submit("speed", rpm: rpm)
      _ = talk.writeEnds()
      #expect(talk.asks(1, seen).last == "running \(seen) of \(rpm)")
    }
  }

  @Test func `a motor that was switched on by hand is reported, and not taken to rest`() {
    var talk = MotorConversation.begun()
    #expect(talk.asks(1, 1800) == ["state manual by button", "running 1800 of ?"])
    #expect(talk.session.mustBeStopped)
  }

  @Test func `the end of the connection ends everything, a ramp too`() {
    var talk = MotorConversation.begun()
    _ = talk.submit("ramp", rpm: 2000, over: .seconds(1))
    _ = talk.writeEnds()
    _ = talk.writeEnds()
    _ = talk.status(1, 200)
    _ = talk.submit("status", .readStatus)
    #expect(talk.disconnect() == ["status: disconnected"])
    #expect(talk.session.nextDeadline == nil)
    #expect(talk.wait(.seconds(5)) == [])
    #expect(talk.session.mustBeStopped, "it may run on")
    #expect(talk.submit("speed", rpm: 500) == ["speed: disconnected"])
  }

  @Test func `a cancelled speed that was not sent is not sent, and one that was ends its ramp`() {
    var talk = MotorConversation.begun()
    #expect(talk.wait(.milliseconds(200)) == ["request status"])
    #expect(talk.submit("speed", rpm: 2400) == [], "the question is being written")
    #expect(talk.cancel("speed") == ["speed: cancelled"])
    #expect(talk.writeEnds() == [])
    _ = talk.status(0, 0)
    #expect(talk.submit("ramp", rpm: 2000, over: .seconds(1)) == ["request speed 250"])
    #expect(talk.cancel("ramp") == ["ramp: cancelled"])
    _ = talk.writeEnds()
    #expect(!talk.wait(.milliseconds(900)).contains { $0.hasPrefix("request speed") })
  }
}
