import PercussWire
import Testing

@testable import PercussCore

/// Stop always wins: protocol-spec section 10.
@Suite struct StopTests {
  @Test(arguments: Situation.allCases)
  func `a stop is executed in every state (PCS/SR/ST/BV-01, BV-04)`(situation: Situation) {
    var bench = situation.bench()
    #expect(bench.state == situation.state)
    let response = bench.ask(.stop)
    #expect(response?.result == .success)
    #expect(bench.endings == (situation.hasPlayback ? [.command] : []))
    bench.run(milliseconds: 505)
    #expect(bench.core.truth.speedMilliPPM == 0)
    #expect(bench.core.truth.setpointMilliPPM == 0)
    #expect(bench.state == (situation == .fault ? .fault : .idle))
    bench.run(milliseconds: 60000)
    #expect(bench.core.truth.speedMilliPPM == 0, "nothing resumes by itself")
  }

  @Test(arguments: Situation.allCases)
  func `any central may stop, without control and without indications (PCS/SR/ST/BV-01, BV-05, BV-10)`(
    situation: Situation
  ) {
    var bench = situation.bench()
    bench.connect(2, subscribing: false)
    #expect(bench.write([OpCode.stop.rawValue, 77, 0], from: 2) == nil)
    #expect(bench.responses.isEmpty)
    bench.run(milliseconds: 505)
    #expect(bench.core.truth.speedMilliPPM == 0)
    #expect(bench.core.truth.holder == CentralNumber(0), "the holder keeps control")
  }

  @Test func `the holder learns of another central's stop also at rest (PCS/SR/ST/BV-11)`() {
    var bench = Situation.idle.bench()
    bench.connect(2)
    bench.log.removeAll()
    #expect(bench.write([OpCode.stop.rawValue, 1, 0]) == nil)
    #expect(bench.events.isEmpty, "its own it knows")
    #expect(bench.write([OpCode.stop.rawValue, 77, 0], from: 2) == nil)
    guard case .stateChanged(.idle, .idle, .command, _)? = bench.events.last else {
      Issue.record("no event of the stop: \(bench.events)")
      return
    }
  }

  @Test(arguments: Situation.allCases)
  func
    `a stop is executed while an indication is outstanding and the queue of responses is full (PCS/SR/ST/BV-06, BV-07)`(
      situation: Situation
    )
  {
    var bench = situation.bench()
    bench.confirmsIndications = false
    // One is sent and not confirmed, four wait.
    for _ in 0..<5 { bench.ask(.keepAlive) }
    let next = UInt8(200)
    #expect(bench.write([OpCode.keepAlive.rawValue, next, 0]) == .procedureInProgress)
    bench.log.removeAll()
    #expect(bench.write([OpCode.stop.rawValue, next, 0]) == nil)
    bench.run(milliseconds: 505)
    #expect(bench.core.truth.speedMilliPPM == 0)
    #expect(bench.responses.isEmpty)
    bench.confirmsIndications = true
    bench.give(.indicationConfirmed(CentralNumber(0)))
    #expect(bench.responses.map(\.opCode) == [.stop, .keepAlive, .keepAlive, .keepAlive, .keepAlive])
  }

  @Test(arguments: Situation.allCases)
  func `a stop with a stale, a used or a replayed sequence number is executed (PCS/SR/ST/BV-02)`(situation: Situation) {
    for sequence: UInt8 in [1, 2, 200, 255] {
      var bench = situation.bench()
      bench.send(ControlRequest(sequence: sequence, flags: [], body: .stop))
      #expect(bench.responses.last?.result == .success)
      bench.send(ControlRequest(sequence: sequence, flags: [], body: .stop))
      #expect(bench.responses.last?.result == .success)
      bench.run(milliseconds: 505)
      #expect(bench.core.truth.speedMilliPPM == 0)
    }
  }

  @Test func `the same stop again stops again (PCS/SR/ST/BV-09)`() {
    var bench = Bench()
    let stop = ControlRequest(sequence: 50, flags: [], body: .stop)
    bench.send(stop)
    bench.send(ControlRequest(sequence: 51, flags: [], body: .setSpeed(speedPPM: 2400, rampMilliseconds: 0)))
    bench.run(milliseconds: 1000)
    #expect(bench.state == .manual)
    let response = bench.send(stop)
    #expect(response?.result == .success)
    #expect(response?.state == .stopping)
    bench.run(milliseconds: 505)
    #expect(bench.state == .idle)
  }

  @Test func `a request that was sent before the stop and arrives after it is stale (PCS/SR/ST/BV-08)`() {
    var bench = Bench()
    bench.send(ControlRequest(sequence: 21, flags: [], body: .stop))
    let late = bench.send(
      ControlRequest(sequence: 20, flags: [], body: .setSpeed(speedPPM: 2400, rampMilliseconds: 0)))
    #expect(late?.result == .stale)
    bench.run(milliseconds: 1000)
    #expect(bench.core.truth.speedMilliPPM == 0)
  }

  @Test func `reserved flags and trailing bytes do not keep a stop from being executed (PCS/SR/ST/BV-02)`() {
    var bench = Situation.manual.bench()
    #expect(bench.write([OpCode.stop.rawValue, 99, 0xFE] + [UInt8](repeating: 7, count: 40)) == nil)
    #expect(bench.state == .stopping)
    #expect(bench.responses.last?.result == .success)
  }

  @Test func `a quiet stop is silent (PCS/SR/ST/BV-10)`() {
    var bench = Situation.manual.bench()
    #expect(bench.ask(.stop, flags: .quiet) == nil)
    #expect(bench.state == .stopping)
  }

  @Test func `a stop cancels queue, schedule and timer, and keeps a partial upload (PCS/SR/ST/BV-04, BV-05)`() {
    var bench = Situation.scheduledStream.bench()
    bench.ask(.setTimer(durationMilliseconds: 5000))
    let bytes = routineBytes([hold(1900, 1000), hold(2000, 1000)])
    bench.beginUpload(bytes, slot: 3)
    bench.sendChunk(Array(bytes[0..<10]), transfer: 3, at: 0)
    bench.ask(.stop)
    #expect(bench.core.nextDeadline == bench.core.lease?.end, "neither schedule nor timer is left")
    #expect(bench.ask(.queueStep(index: 0, atMilliseconds: 0, segment: hold(2000, 1000)))?.result == .success)
    let query = bench.ask(.routineQuery(slot: 3))
    guard case .slotDescribed(3, .partial, 0, 0, 10) = query?.body else {
      Issue.record("\(String(describing: query))")
      return
    }
  }

  @Test(arguments: [DeviceModel.elite, .pro, .mini])
  func `from any speed and any instant the motor is at rest within 500 ms (PCS/SR/ST/BV-03)`(model: DeviceModel) {
    for offset in stride(from: UInt64(0), to: 5000, by: 311) {
      var bench = Bench(model)
      bench.ask(.setSpeed(speedPPM: 2400, rampMilliseconds: 0))
      bench.run(until: DeviceInstant(microseconds: 4_000_000 + offset))
      #expect(bench.core.truth.speedMilliPPM == 2_400_000)
      bench.ask(.stop)
      bench.run(milliseconds: 500)
      #expect(bench.core.truth.speedMilliPPM == 0)
      #expect(bench.state == .idle)
    }
  }
}
