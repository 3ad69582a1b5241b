import PercussWire
import Testing

@testable import PercussCore

/// Button and power: protocol-spec section 12.
@Suite struct PowerTests {
  @Test(arguments: Situation.allCases)
  func `a short press stops, and confirms in waiting (PCS/SR/BU/BV-01, BV-02)`(situation: Situation) {
    var bench = situation.bench()
    bench.give(.button(.shortPress))
    #expect(bench.events.first == .button(action: .shortPress, timeMicroseconds: bench.now.microseconds))
    if situation == .waiting {
      #expect(bench.state == .routine)
      #expect(bench.changes == [Change(.routine, .button)])
    } else {
      #expect(bench.endings == (situation.hasPlayback ? [.button] : []))
      bench.run(milliseconds: 505)
      #expect(bench.core.truth.speedMilliPPM == 0)
    }
    #expect(bench.core.truth.holder == CentralNumber(0))
  }

  @Test(arguments: Situation.allCases)
  func `a long press stops and switches off once at rest (PCS/SR/BU/BV-03)`(situation: Situation) {
    var bench = situation.bench(centrals: 2)
    bench.give(.button(.longPress))
    bench.run(milliseconds: 505)
    #expect(!bench.core.truth.isOn)
    #expect(bench.core.truth.speedMilliPPM == 0)
    let last = bench.log.suffix(3).map(\.action)
    #expect(last == [.disconnect(CentralNumber(0)), .disconnect(CentralNumber(1)), .poweredOff])
    #expect(bench.core.nextDeadline == nil)
  }

  @Test func `a device that is off does nothing, and begins anew when its button is pressed (PCS/SR/BU/BV-06, BV-07)`()
  {
    var bench = Situation.idle.bench()
    bench.ask(.setForceLimit(forceDecinewtons: 300))
    bench.ask(.routineBegin(slot: 3, length: 15, crc32: 1))
    bench.give(.button(.longPress))
    bench.log.removeAll()
    #expect(bench.write([OpCode.stop.rawValue, 1, 0]) == nil)
    bench.give(.connected(CentralNumber(0)))
    #expect(bench.log.map(\.action) == [.disconnect(CentralNumber(0))])
    #expect(bench.core.read(.feature, by: CentralNumber(0)) == nil)
    bench.sleep(milliseconds: 50000)
    bench.give(.button(.shortPress))
    #expect(bench.log.last?.action == .poweredOn)
    bench.now = .zero
    bench.connect(0)
    #expect(
      bench.core.read(.event, by: CentralNumber(0))
        == .event(
          DeviceEvent(
            counter: 0, body: .stateChanged(state: .idle, previous: .idle, cause: .powerOn, timeMicroseconds: 0))))
    bench.ask(.requestControl(leaseMilliseconds: 2000, lossPolicy: .stop))
    #expect(bench.core.truth.forceLimitDecinewtons == 1780)
    #expect(bench.core.store.upload == nil)
    #expect(
      bench.ask(.routineStart(slot: 0, startMicroseconds: 0, offsetMilliseconds: 0))?.body
        == .routineStarted(startMicroseconds: 0))
  }

  @Test func `fifteen idle minutes without a request switch it off (PCS/SR/BU/BV-05)`() {
    var bench = Bench(lease: nil)
    bench.run(milliseconds: 600_000)
    bench.ask(.routineQuery(slot: 0))
    bench.run(milliseconds: 899_999)
    #expect(bench.core.truth.isOn)
    bench.log.removeAll()
    bench.run(milliseconds: 1)
    #expect(!bench.core.truth.isOn)
    #expect(bench.changes == [Change(.idle, .autoOff)])
  }

  @Test func `what moves, waits or is paused is not idle`() {
    for situation in [Situation.manual, .waiting, .paused] {
      var bench = situation.bench()
      for _ in 0..<40 {
        bench.run(milliseconds: 29000)
        if situation == .waiting { bench.ask(.routineSeek(offsetMilliseconds: 0)) }
        bench.ask(.keepAlive)
      }
      #expect(bench.core.truth.isOn)
      #expect(bench.state == situation.state)
    }
  }

  @Test func `a fault whose cause is there is raised anew after switching on`() {
    var bench = Bench()
    bench.give(.injected(.battery(percent: 0)))
    bench.give(.button(.longPress))
    #expect(!bench.core.truth.isOn)
    bench.give(.button(.shortPress))
    #expect(bench.core.truth.faults == .batteryEmpty)
    #expect(bench.state == .fault)
  }
}
