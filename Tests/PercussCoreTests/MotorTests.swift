import PercussWire
import Testing

@testable import PercussCore

/// What the motor does, and its faults: protocol-spec sections 9 and 12.
@Suite struct MotorTests {
  private func driving(_ speed: UInt16 = 2400, _ model: DeviceModel = .elite) -> Bench {
    var bench = Bench(model)
    bench.ask(.setSpeed(speedPPM: speed, rampMilliseconds: 0))
    bench.run(milliseconds: 3000)
    return bench
  }

  @Test func `the setpoint follows a ramp in a straight line and the motor lags (PCS/SR/MO/BV-01, BV-07)`() {
    var bench = Bench()
    bench.ask(.setSpeed(speedPPM: 2400, rampMilliseconds: 10000))
    for tenth in 1...10 {
      bench.run(milliseconds: 1000)
      let truth = bench.core.truth
      #expect(abs(truth.setpointMilliPPM - Int32(tenth) * 240_000) <= 1200)
      #expect(truth.speedMilliPPM < truth.setpointMilliPPM || tenth == 10)
    }
    bench.run(milliseconds: 1000)
    #expect(bench.core.truth.speedMilliPPM == 2_400_000)
  }

  @Test func `a new speed begins from the present setpoint (PCS/SR/MO/BV-02)`() {
    var bench = Bench()
    bench.ask(.setSpeed(speedPPM: 2400, rampMilliseconds: 10000))
    bench.run(milliseconds: 5000)
    bench.ask(.setSpeed(speedPPM: 1800, rampMilliseconds: 6000))
    bench.run(milliseconds: 3000)
    #expect(abs(bench.core.truth.setpointMilliPPM - 1_500_000) < 2000)
  }

  @Test func `presets are speeds (PCS/SR/CP/BV-09)`() {
    for (index, speed) in [UInt16(1750), 1900, 2100, 2200, 2400].enumerated() {
      var bench = Bench()
      let response = bench.ask(.preset(index: UInt8(index + 1), rampMilliseconds: 0))
      #expect(response?.body == .presetChosen(speedPPM: speed))
      bench.run(milliseconds: 3000)
      #expect(bench.core.truth.speedMilliPPM == Int32(speed) * 1000)
    }
  }

  @Test func `above its force limit the motor yields, to rest at 1.25 times (PCS/SR/MO/BV-10, BV-11)`() {
    var bench = driving()
    bench.ask(.setForceLimit(forceDecinewtons: 600))
    for (load, setpoint) in [(600, 2400), (675, 1200), (690, 960), (749, 16), (750, 0), (900, 0), (600, 2400)] {
      bench.give(.load(decinewtons: UInt16(load)))
      bench.run(milliseconds: 1500)
      #expect(bench.core.truth.setpointMilliPPM == Int32(setpoint) * 1000, "\(load)")
      #expect(bench.state == .manual)
    }
  }

  @Test func `the lowest of three force limits is in force (PCS/SR/MO/BV-09)`() {
    var bench = Bench()
    bench.store([hold(1900, 1000, force: 500), hold(1900, 1000), hold(1900, 1000, force: 900)])
    #expect(bench.core.truth.forceLimitDecinewtons == 1780)
    bench.ask(.setForceLimit(forceDecinewtons: 800))
    #expect(bench.core.truth.forceLimitDecinewtons == 800)
    bench.ask(.routineStart(slot: 0, startMicroseconds: 0, offsetMilliseconds: 0))
    var limits: [UInt16] = []
    for _ in 0..<3 {
      limits.append(bench.core.truth.forceLimitDecinewtons)
      bench.run(milliseconds: 1000)
    }
    #expect(limits == [500, 800, 800])
    bench.ask(.setForceLimit(forceDecinewtons: 0))
    #expect(bench.core.truth.forceLimitDecinewtons == 1780)
  }

  @Test func `a motor that is held for a second stalls (PCS/SR/FA/BV-01, BV-02)`() {
    var bench = driving()
    bench.log.removeAll()
    bench.give(.load(decinewtons: 1780))
    bench.run(milliseconds: 900)
    #expect(bench.core.truth.speedMilliPPM == 0)
    #expect(bench.state == .manual)
    bench.run(milliseconds: 150)
    #expect(bench.state == .fault)
    #expect(bench.core.truth.faults == .stall)
    #expect(bench.ask(.reset)?.result == .faultActive)
    bench.give(.load(decinewtons: 0))
    bench.run(milliseconds: 500)
    bench.log.removeAll()
    #expect(bench.ask(.reset)?.result == .success)
    #expect(bench.state == .idle)
    #expect(bench.events.contains { if case .faultCleared(.stall, _) = $0 { true } else { false } })
    bench.run(milliseconds: 5000)
    #expect(bench.core.truth.speedMilliPPM == 0, "nothing resumes by itself")
  }

  @Test func `a load that comes and goes within a second is no stall`() {
    var bench = driving()
    for _ in 0..<10 {
      bench.give(.load(decinewtons: 2000))
      bench.run(milliseconds: 900)
      bench.give(.load(decinewtons: 0))
      bench.run(milliseconds: 100)
    }
    #expect(bench.state == .manual)
  }

  @Test func `a motor that does not follow fails`() {
    var bench = driving()
    bench.give(.injected(.motorStuck(true)))
    bench.run(milliseconds: 1200)
    #expect(bench.core.truth.faults == .motorFailure)
    bench.give(.injected(.motorStuck(false)))
    #expect(bench.ask(.reset)?.result == .success)
  }

  @Test func `heavy work overheats the motor, and it cools before a reset clears that`() {
    var bench = driving()
    bench.give(.load(decinewtons: 1700))
    bench.ask(.requestControl(leaseMilliseconds: 60000, lossPolicy: .stop))
    var seconds = 0
    while bench.state == .manual && seconds < 3600 {
      bench.run(milliseconds: 1000)
      bench.ask(.keepAlive)
      seconds += 1
    }
    #expect(bench.core.truth.faults == .overheat)
    #expect((300...1800).contains(seconds))
    bench.give(.load(decinewtons: 0))
    #expect(bench.ask(.reset)?.result == .faultActive)
    seconds = 0
    while bench.ask(.reset)?.result == .faultActive && seconds < 3600 {
      bench.run(milliseconds: 1000)
      seconds += 1
    }
    #expect(bench.state == .idle)
    #expect(bench.core.truth.temperatureDecidegrees < 600)
  }

  @Test func `a charge lasts as long as published, warns at 10 % and ends in a fault (PCS/SR/FA/BV-07)`() {
    for (model, speed, minutes) in [
      (DeviceModel.elite, UInt16(2400), 118...121), (.elite, 1750, 147...152), (.pro, 2400, 147...151),
    ] {
      var bench = driving(speed, model)
      var passed = 0
      var warnings: [Int] = []
      while bench.state == .manual && passed < 300 {
        for _ in 0..<2 {
          bench.run(milliseconds: 30000)
          bench.ask(.keepAlive)
        }
        passed += 1
        if bench.events.contains(where: { if case .batteryLow = $0 { true } else { false } }) {
          warnings.append(passed)
        }
        bench.log.removeAll()
      }
      #expect(minutes.contains(passed), "\(speed): \(passed)")
      #expect(bench.core.truth.faults == .batteryEmpty)
      #expect(warnings.count == 1)
      #expect(bench.ask(.reset)?.result == .faultActive)
      bench.give(.injected(.battery(percent: 100)))
      #expect(bench.ask(.reset)?.result == .success)
    }
  }

  @Test func `a second fault is reported in fault (PCS/SR/FA/BV-03, BV-05)`() {
    var bench = Situation.fault.bench()
    bench.give(.injected(.battery(percent: 0)))
    #expect(bench.core.truth.faults == [.overheat, .batteryEmpty])
    #expect(bench.changes.isEmpty)
    bench.give(.injected(.temperature(decidegrees: 250)))
    #expect(bench.ask(.reset)?.result == .faultActive)
    #expect(bench.core.truth.faults == .batteryEmpty)
  }

  @Test func `the timer ends what moves (PCS/SR/TM/BV-01 to BV-03)`() {
    for situation in Situation.allCases {
      var bench = situation.bench()
      bench.ask(.setTimer(durationMilliseconds: 250))
      bench.run(milliseconds: 249)
      bench.log.removeAll()
      bench.run(milliseconds: 1)
      #expect(bench.endings == (situation.hasPlayback ? [.timer] : []), "\(situation)")
      bench.run(milliseconds: 505)
      #expect(bench.core.truth.speedMilliPPM == 0)
    }
    var cancelled = Situation.manual.bench()
    cancelled.ask(.setTimer(durationMilliseconds: 250))
    cancelled.ask(.setTimer(durationMilliseconds: 0))
    cancelled.run(milliseconds: 1000)
    #expect(cancelled.state == .manual)
  }

  @Test func `a reset forgets force limit, timer and partial upload (PCS/SR/CP/BV-07)`() {
    var bench = Situation.routine.bench()
    bench.ask(.setForceLimit(forceDecinewtons: 300))
    bench.ask(.setTimer(durationMilliseconds: 5000))
    bench.ask(.routineBegin(slot: 3, length: 15, crc32: 1))
    bench.ask(.setTelemetry(intervalMilliseconds: 1000))
    bench.ask(.reset)
    #expect(bench.state == .stopping)
    #expect(bench.core.truth.forceLimitDecinewtons == 1780)
    #expect(bench.core.timerEnd == nil)
    #expect(bench.core.store.upload == nil)
    #expect(bench.core.store.routine(0) != nil)
    #expect(bench.core.centrals[0]?.telemetryInterval == 200)
    #expect(bench.core.truth.holder == CentralNumber(0))
  }
}
