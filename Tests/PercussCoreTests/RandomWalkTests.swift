import PercussWire
import Testing

@testable import PercussCore

/// Whatever happens, in whatever order: the device stays safe. A seed that fails reproduces itself.
@Suite struct RandomWalkTests {
  @Test(arguments: 0..<40)
  func `safety holds after every input (PCS/SR/LO/BV-04, SM/BV-05, MO/BV-07, SE/BV-02)`(block: UInt64) {
    var visited: Set<DeviceState> = []
    var steps = 0
    for seed in 0..<50 {
      var walk = Walk(seed: block * 50 + UInt64(seed))
      walk.run(steps: 80)
      visited.formUnion(walk.oracle.visitedStates)
      steps += walk.oracle.enteredSteps
    }
    #expect(visited == Set(DeviceState.allCases), "the walk goes everywhere")
    #expect(steps > 40, "the walk plays routines and streams")
  }

  @Test func `the same seed is the same run`() {
    func run() -> MotorTruth {
      var walk = Walk(seed: 4711)
      walk.run(steps: 500)
      return walk.core.truth
    }
    #expect(run() == run())
  }

  @Test func `instants at the end of the clock are no trap`() {
    for distance: UInt64 in [0, 1, 4999, 5000, 1_000_000, 30_000_000] {
      for situation in Situation.allCases {
        var bench = situation.bench()
        bench.now = DeviceInstant(microseconds: .max - distance)
        bench.give(.tick)
        bench.ask(.requestControl(leaseMilliseconds: 60000, lossPolicy: .stop))
        bench.ask(.setSpeed(speedPPM: 2400, rampMilliseconds: 1000))
        bench.ask(.setTimer(durationMilliseconds: 86_400_000))
        bench.run(milliseconds: 60000)
        bench.ask(.routineStart(slot: 0, startMicroseconds: .max, offsetMilliseconds: 0))
        bench.ask(.stop)
        bench.run(milliseconds: 60000)
        #expect(bench.core.nextDeadline.map { $0 > bench.now } ?? true)
      }
    }
  }

  @Test func `an instant before the last one counts as that one`() {
    var bench = Situation.manual.bench()
    let before = bench.core.truth
    bench.now = .zero
    bench.give(.tick)
    #expect(bench.core.truth == before)
    #expect(bench.ask(.stop)?.result == .success)
  }

  @Test func `a twenty-minute routine is played to its end`() {
    var bench = Bench(lease: 60000, policy: .finishRoutine)
    bench.store((0..<600).map { hold($0 % 2 == 0 ? 1900 : 2200, 2000) })
    bench.give(.subscribed(CentralNumber(0), .telemetry, true))
    bench.ask(.routineStart(slot: 0, startMicroseconds: 0, offsetMilliseconds: 0))
    bench.run(milliseconds: 1_200_000)
    #expect(bench.steps.count == 600)
    #expect(bench.steps.allSatisfy { $0.planned == $0.actual })
    #expect(bench.endings == [.completed])
  }
}
