import PercussWire
import Testing

@testable import PercussCore

/// Telemetry, events, clock and reads: protocol-spec sections 16 to 18.
@Suite struct ReportTests {
  private func subscribe(_ bench: inout Bench, _ central: UInt8 = 0) {
    bench.give(.subscribed(CentralNumber(central), .telemetry, true))
  }

  private func instants(_ bench: Bench) -> [UInt64] {
    bench.log.compactMap { if case .notifyTelemetry = $0.action { $0.at.microseconds } else { nil } }
  }

  @Test func `telemetry comes at its interval, without drift (PCS/SR/TE/BV-01, BV-04)`() {
    var bench = Bench()
    bench.now = DeviceInstant(microseconds: 1_000_123)
    subscribe(&bench)
    bench.run(milliseconds: 1000)
    #expect(instants(bench) == (1...5).map { 1_000_123 + $0 * 200_000 })
    #expect(bench.telemetry.map(\.counter) == [0, 1, 2, 3, 4])
    bench.log.removeAll()
    bench.ask(.setTelemetry(intervalMilliseconds: 20))
    bench.run(milliseconds: 100)
    #expect(bench.telemetry.count == 5)
    bench.log.removeAll()
    bench.ask(.setTelemetry(intervalMilliseconds: 0))
    bench.run(milliseconds: 5000)
    #expect(bench.telemetry.isEmpty)
  }

  @Test func `a late tick sends one value, counts the others and keeps the phase`() {
    var bench = Bench()
    subscribe(&bench)
    bench.sleep(milliseconds: 1050)
    bench.give(.tick)
    bench.run(milliseconds: 150)
    #expect(bench.telemetry.map(\.counter) == [4, 5])
    #expect(instants(bench).last == 2_200_000)
  }

  @Test
  func `an interval is of one central, of one connection, and kept until the subscription (PCS/SR/TE/BV-02, BV-03)`() {
    var bench = Bench(centrals: 2)
    bench.ask(.setTelemetry(intervalMilliseconds: 50), from: 1)
    subscribe(&bench, 0)
    subscribe(&bench, 1)
    bench.run(milliseconds: 1000)
    #expect(bench.telemetry.count == 5 + 20)
    bench.give(.disconnected(CentralNumber(1)))
    bench.connect(1)
    subscribe(&bench, 1)
    bench.log.removeAll()
    bench.run(milliseconds: 1000)
    #expect(bench.telemetry.count == 5 + 5)
  }

  @Test func `telemetry says what is (PCS/SR/TE/BV-06)`() {
    var bench = Bench()
    bench.store([hold(1900, 10000), rest(5500)])
    subscribe(&bench)
    bench.give(.load(decinewtons: 234))
    bench.ask(.routineStart(slot: 0, startMicroseconds: 0, offsetMilliseconds: 0))
    bench.run(milliseconds: 3000)
    let seen = bench.telemetry.last
    #expect(seen?.state == .routine)
    #expect(seen?.timeMilliseconds == 4000)
    #expect(seen?.targetPPM == 1900)
    #expect((1850...1900).contains(seen?.speedPPM ?? 0))
    #expect(seen?.forceDecinewtons == 234)
    #expect(seen?.batteryPercent == 100)
    #expect(seen?.step == 0)
    #expect(seen?.remainingSeconds == 13)
    bench.ask(.setTimer(durationMilliseconds: 2100))
    bench.run(milliseconds: 200)
    #expect(bench.telemetry.last?.remainingSeconds == 2)
    bench.run(milliseconds: 3000)
    #expect(bench.telemetry.last?.state == .idle)
    #expect(bench.telemetry.last?.step == 65535)
    #expect(bench.telemetry.last?.remainingSeconds == 0)
  }

  @Test func `a device without sensors says 0`() {
    var bench = Bench(.mini)
    subscribe(&bench)
    bench.give(.load(decinewtons: 100))
    bench.run(milliseconds: 200)
    #expect(bench.telemetry.last?.forceDecinewtons == 0)
  }

  @Test func `events are numbered for each central (PCS/SR/EV/BV-01 to BV-04)`() {
    var bench = Bench(centrals: 2)
    bench.give(.subscribed(CentralNumber(1), .event, false))
    bench.ask(.setSpeed(speedPPM: 1900, rampMilliseconds: 0))
    bench.give(.subscribed(CentralNumber(1), .event, true))
    bench.connect(2)
    bench.ask(.stop)
    func counters(_ central: UInt8) -> [UInt8] {
      bench.log.compactMap {
        if case .notifyEvent(let event, CentralNumber(central)) = $0.action { event.counter } else { nil }
      }
    }
    #expect(counters(0) == [1, 2])
    #expect(counters(1) == [2])
    #expect(counters(2) == [1])
    bench.connect(3)
    guard case .event(let newest)? = bench.core.read(.event, by: CentralNumber(3)) else {
      Issue.record("no event to read")
      return
    }
    #expect(newest.counter == 0)
    #expect(bench.core.read(.event, by: CentralNumber(0)) == .event(DeviceEvent(counter: 2, body: newest.body)))
  }

  @Test func `the clock answers who listens (PCS/SR/CK/BV-01, BI-01)`() throws {
    var bench = Bench()
    let request = ClockRequest(sequence: 42, centralTimeMicroseconds: 7)
    bench.write(try request.bytes(), to: .clock)
    let reply = ClockReply(
      sequence: 42, centralTimeMicroseconds: 7, deviceTimeMicroseconds: bench.now.microseconds, holdMicroseconds: 0)
    #expect(bench.log.map(\.action) == [.notifyClock(reply, to: CentralNumber(0))])
    #expect(bench.write([1, 2, 3], to: .clock) == nil)
    bench.give(.subscribed(CentralNumber(0), .clock, false))
    bench.write(try request.bytes(), to: .clock)
    #expect(bench.log.count == 1)
  }

  @Test func `Feature says what the device can do (PCS/SR/PR/BV-05, BV-06)`() throws {
    for model in [DeviceModel.elite, .pro, .mini] {
      let bench = Bench(model)
      guard case .feature(let feature)? = bench.core.read(.feature, by: CentralNumber(0)) else {
        Issue.record("no feature")
        continue
      }
      #expect(feature.schemaCRC == WireIdentifiers.schemaCRC)
      #expect(feature.speedMinimumPPM % feature.speedStepPPM == 0)
      #expect(feature.speedMaximumPPM % feature.speedStepPPM == 0)
      #expect(try feature.bytes().count == 22)
    }
  }

  @Test func `the battery level is read and notified`() {
    var bench = Bench()
    bench.give(.subscribed(CentralNumber(0), .batteryLevel, true))
    bench.log.removeAll()
    bench.give(.injected(.battery(percent: 55)))
    #expect(bench.log.map(\.action) == [.notifyBatteryLevel(55, to: CentralNumber(0))])
    #expect(bench.core.read(.batteryLevel, by: CentralNumber(0)) == .batteryLevel(55))
    #expect(bench.core.read(.controlPoint, by: CentralNumber(0)) == nil)
  }
}
