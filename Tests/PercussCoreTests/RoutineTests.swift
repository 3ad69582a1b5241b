import PercussWire
import Testing

@testable import PercussCore

/// A routine plays by the device's clock: protocol-spec section 14, playing.
@Suite struct RoutineTests {
  private func playing(_ segments: [RoutineSegment], at start: UInt64 = 0, offset: UInt32 = 0) -> Bench {
    var bench = Bench()
    bench.store(segments)
    bench.log.removeAll()
    bench.ask(.routineStart(slot: 0, startMicroseconds: start, offsetMilliseconds: offset))
    return bench
  }

  /// Steps that were entered on time, from microseconds at which they were planned.
  private func onTime(_ planned: [UInt64], from first: UInt16 = 0) -> [EnteredStep] {
    planned.enumerated().map { EnteredStep(step: first + UInt16($0), planned: $1, actual: $1) }
  }

  @Test func `every step is entered at its planned instant (PCS/SR/RT/BV-02, BV-03, BV-06)`() {
    var bench = playing([hold(1900, 2000), ramp(1900, 2400, 1234), rest(500), hold(1750, 10), hold(2000, 777)])
    bench.run(milliseconds: 10000)
    #expect(bench.steps == onTime([1_000_000, 3_000_000, 4_234_000, 4_734_000, 4_744_000]))
    #expect(bench.endings == [.completed])
    #expect(
      bench.changes == [Change(.routine, .command), Change(.stopping, .completed), Change(.idle, .completed)])
  }

  @Test func `a scheduled routine begins at its instant, which need not be on any grid (PCS/SR/RT/BV-01)`() {
    var bench = playing([hold(1900, 1001), hold(2000, 1000)], at: 7_654_321)
    #expect(bench.state == .scheduled)
    bench.run(milliseconds: 6000)
    #expect(bench.core.truth.speedMilliPPM == 0)
    bench.run(milliseconds: 10000)
    #expect(bench.steps == onTime([7_654_321, 8_655_321]))
    #expect(bench.changes.first == Change(.scheduled, .command))
    #expect(bench.changes.dropFirst().first == Change(.routine, .schedule))
  }

  @Test func `a start within the routine begins at that place (PCS/SR/RT/BV-04, BV-15)`() {
    var bench = playing([hold(1900, 1000), ramp(1750, 2400, 2000), hold(2000, 1000)], offset: 2000)
    bench.run(milliseconds: 900)
    // Half of the ramp is over, and 0.9 s more.
    #expect(abs(bench.core.truth.setpointMilliPPM - 2_367_500) < 3000)
    bench.run(milliseconds: 5000)
    #expect(bench.steps == onTime([1_000_000, 2_000_000], from: 1))
  }

  @Test func `a late tick keeps the plan and says how late it was`() {
    var bench = playing([hold(1900, 1000), hold(2000, 1000), hold(2100, 5000)])
    bench.sleep(milliseconds: 2345)
    bench.give(.tick)
    #expect(
      bench.steps == [
        EnteredStep(step: 0, planned: 1_000_000, actual: 1_000_000),
        EnteredStep(step: 1, planned: 2_000_000, actual: 3_345_000),
        EnteredStep(step: 2, planned: 3_000_000, actual: 3_345_000),
      ])
    bench.run(milliseconds: 10000)
    #expect(bench.events.contains(.routineEnded(step: 2, cause: .completed, timeMicroseconds: 8_000_000)))
  }

  @Test func `a pause shifts the rest by its length (PCS/SR/RT/BV-10)`() {
    var bench = playing([hold(1900, 1000), hold(2000, 1000)])
    bench.run(milliseconds: 400)
    bench.ask(.pause)
    bench.run(milliseconds: 505)
    #expect(bench.core.truth.speedMilliPPM == 0)
    bench.run(milliseconds: 9495)
    #expect(bench.core.truth.speedMilliPPM == 0)
    bench.ask(.resume)
    bench.run(milliseconds: 5000)
    #expect(bench.steps == onTime([1_000_000, 12_000_000]))
    #expect(bench.endings == [.completed])
  }

  @Test func `a resume climbs to where the plan is (PCS/SR/MO/BV-06)`() {
    var bench = playing([ramp(1750, 2400, 4000)])
    bench.run(milliseconds: 2000)
    bench.ask(.pause)
    bench.run(milliseconds: 1000)
    bench.ask(.resume)
    bench.run(milliseconds: 50)
    #expect(bench.core.truth.setpointMilliPPM <= 160_000)
    bench.run(milliseconds: 950)
    #expect(abs(bench.core.truth.setpointMilliPPM - 2_237_500) < 3000)
  }

  @Test func `a wait ends with the confirmation, which plans the rest (PCS/SR/RT/BV-07, BV-08)`() {
    var bench = playing([hold(1900, 1000), wait(10000), hold(2000, 1000), hold(2100, 1000)])
    bench.run(milliseconds: 4000)
    #expect(bench.state == .waiting)
    #expect(bench.core.truth.speedMilliPPM == 0)
    #expect(
      bench.events.contains(.confirmationNeeded(step: 1, timeoutMilliseconds: 10000, timeMicroseconds: 2_000_000)))
    #expect(bench.ask(.confirm(step: 0))?.body == .parameterLimits(field: 0, minimum: 1, maximum: 1))
    #expect(bench.ask(.confirm(step: 1))?.state == .routine)
    bench.run(milliseconds: 5000)
    #expect(bench.steps == onTime([1_000_000, 2_000_000, 5_000_000, 6_000_000]))
    #expect(bench.endings == [.completed])
  }

  @Test func `a wait that is not confirmed ends the routine (PCS/SR/RT/BV-09)`() {
    var bench = playing([wait(5000), hold(1900, 1000)])
    bench.run(milliseconds: 4999)
    #expect(bench.state == .waiting)
    bench.run(milliseconds: 1)
    #expect(bench.endings == [.waitTimeout])
    #expect(bench.state == .idle)
    #expect(bench.steps.count == 1)
  }

  @Test func `a confirmed wait at the end completes the routine`() {
    var bench = playing([hold(1900, 1000), wait(5000)])
    bench.run(milliseconds: 2000)
    bench.ask(.confirm(step: 1))
    #expect(bench.endings == [.completed])
  }

  @Test func `a pause freezes the time-out of a wait (PCS/SR/RT/BV-11)`() {
    var bench = playing([wait(5000), hold(1900, 1000)])
    bench.run(milliseconds: 3000)
    bench.ask(.pause)
    bench.run(milliseconds: 20000)
    #expect(bench.ask(.resume)?.state == .waiting)
    #expect(
      bench.events.last
        == .confirmationNeeded(step: 0, timeoutMilliseconds: 2000, timeMicroseconds: bench.now.microseconds))
    bench.run(milliseconds: 1999)
    #expect(bench.state == .waiting)
    bench.run(milliseconds: 1)
    #expect(bench.endings == [.waitTimeout])
  }

  @Test func `a late tick gives a wait its whole time-out`() {
    var bench = playing([hold(1900, 1000), wait(5000)])
    bench.sleep(milliseconds: 5500)
    bench.give(.tick)
    #expect(bench.state == .waiting)
    bench.run(milliseconds: 4999)
    #expect(bench.state == .waiting)
  }

  @Test func `a change of place enters the step there now (PCS/SR/RT/BV-12)`() {
    var bench = playing([hold(1900, 1000), hold(2000, 1000), hold(2100, 1000)])
    bench.run(milliseconds: 300)
    #expect(bench.ask(.routineSeek(offsetMilliseconds: 2500))?.body == .routineMoved(step: 2))
    bench.run(milliseconds: 100)
    #expect(bench.ask(.routineSeek(offsetMilliseconds: 0))?.body == .routineMoved(step: 0))
    bench.run(milliseconds: 10000)
    #expect(bench.steps.map(\.step) == [0, 2, 0, 1, 2])
    #expect(bench.steps.map(\.planned) == [1_000_000, 1_300_000, 1_400_000, 2_400_000, 3_400_000])
    #expect(bench.steps.allSatisfy { $0.planned == $0.actual })
    bench.log.removeAll()
  }

  @Test func `a change of place before the clock began is no trap`() {
    var bench = playing([hold(1900, 60_000_000), hold(2000, 1000)])
    bench.run(milliseconds: 300)
    bench.ask(.routineSeek(offsetMilliseconds: 59_999_000))
    bench.run(milliseconds: 5000)
    #expect(bench.steps.map(\.planned) == [1_000_000, 1_300_000, 2_300_000])
    #expect(bench.endings == [.completed])
  }

  @Test func `a change of place during a pause is entered at the resume (PCS/SR/RT/BV-13)`() {
    var bench = playing([hold(1900, 1000), wait(3000), hold(2100, 1000)])
    bench.run(milliseconds: 300)
    bench.ask(.pause)
    #expect(bench.ask(.routineSeek(offsetMilliseconds: 4200))?.state == .paused)
    bench.run(milliseconds: 1000)
    #expect(bench.steps.count == 1)
    bench.ask(.resume)
    #expect(bench.steps.last == EnteredStep(step: 2, planned: 2_300_000, actual: 2_300_000))
    bench.run(milliseconds: 799)
    #expect(bench.endings.isEmpty)
    bench.run(milliseconds: 1)
    #expect(bench.endings == [.completed])
  }

  @Test func `a change of place into a wait and out of it changes the state`() {
    var bench = playing([hold(1900, 1000), wait(3000), hold(2100, 1000)])
    #expect(bench.ask(.routineSeek(offsetMilliseconds: 2000))?.state == .waiting)
    #expect(
      bench.events.last
        == .confirmationNeeded(step: 1, timeoutMilliseconds: 2000, timeMicroseconds: bench.now.microseconds))
    #expect(bench.ask(.routineSeek(offsetMilliseconds: 0))?.state == .routine)
    #expect(
      bench.ask(.routineSeek(offsetMilliseconds: 5000))?.body == .parameterLimits(field: 0, minimum: 0, maximum: 4999))
  }

  @Test func `a stop ends it with the step it ended in (PCS/SR/SM/BV-04)`() {
    var bench = playing([hold(1900, 1000), hold(2000, 1000)])
    bench.run(milliseconds: 1500)
    bench.ask(.stop)
    #expect(bench.events.contains(.routineEnded(step: 1, cause: .command, timeMicroseconds: 2_500_000)))
    var scheduled = playing([hold(1900, 1000)], at: 9_000_000)
    scheduled.ask(.stop)
    #expect(
      scheduled.events.contains(.routineEnded(step: 65535, cause: .command, timeMicroseconds: 1_000_000)))
  }

  @Test func `how often somebody looks changes nothing`() {
    let segments = [ramp(0, 2400, 700), hold(1900, 333), wait(400), hold(2400, 1000)]
    func run(tickingEvery extra: UInt64?) -> (MotorTruth, [EnteredStep]) {
      var bench = playing(segments)
      bench.give(.load(decinewtons: 1900))
      for _ in 0..<200 {
        let end = bench.now.advanced(byMilliseconds: 10)
        if let extra {
          while bench.now.advanced(byMicroseconds: extra) < end {
            bench.run(until: bench.now.advanced(byMicroseconds: extra))
          }
        }
        bench.run(until: end)
      }
      return (bench.core.truth, bench.steps)
    }
    let expected = run(tickingEvery: nil)
    for extra: UInt64 in [1000, 1777, 4999] {
      let found = run(tickingEvery: extra)
      #expect(found.0 == expected.0)
      #expect(found.1 == expected.1)
    }
  }
}
