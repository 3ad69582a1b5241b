import PercussClient
import PercussCore
import PercussLink
import PercussSimulator
import PercussTime
import PercussWire
import Testing

@Suite("Stop, end to end")
struct StopTests {
  @Test(arguments: DeviceState.allCases)
  func `a stop is executed within one connection event, in every state`(state: DeviceState) throws {
    for seed in 0..<8 as Range<UInt64> {
      try Bench.run(seed: seed) { bench in
        try await bench.enter(state)
        let called = bench.timeline.now
        try await bench.device.stop()
        try await bench.wait(.seconds(1))
        let samples = await bench.motor.trace.samples
        let ends: Set<DeviceState> = state == .fault ? [.fault] : [.stopping, .idle]
        let executed = samples.last { $0.at <= called + bench.interval }
        #expect(executed.map { ends.contains($0.truth.state) } == true, "seed \(seed): \(String(describing: executed))")
        let rest = try #require(await bench.restSince, "seed \(seed)")
        #expect(rest <= called + bench.interval + .milliseconds(500), "seed \(seed)")
        await bench.checkMotor(neverAbove: 2400)
      }
    }
  }

  @Test(arguments: [23, 247], [DeviceState.manual, .routine, .stream])
  func `neither an upload nor a full queue delays a stop`(mtu: Int, state: DeviceState) throws {
    for seed in 0..<8 as Range<UInt64> {
      try Bench.run(radio: .mtu(mtu), seed: seed) { bench in
        try await bench.enter(state)
        let image = try RoutineImage(.numbered(3, count: 500))
        async let upload = bench.device.upload(.numbered(3, count: 500), to: 1)
        // The upload is under way when the queue fills; neither is waited for.
        try await bench.wait(.milliseconds(150 + Int64(seed) * 7))
        let crowd = bench.timeline.start {
          await withTaskGroup(of: Void.self) { group in
            for _ in 0..<40 {
              group.addTask { _ = try? await bench.device.perform(.setForceLimit(forceDecinewtons: 600)) }
            }
          }
        }
        try await bench.wait(.milliseconds(Int64(seed)))
        let called = bench.timeline.now
        try await bench.device.stop()
        try await bench.wait(.milliseconds(600))
        let executed = await bench.motor.trace.samples.last { $0.at <= called + bench.interval }
        #expect(executed?.truth.state == .stopping, "seed \(seed)")
        #expect(try #require(await bench.restSince) <= called + bench.interval + .milliseconds(500))
        _ = try await crowd.value
        #expect(try await upload == image, "the upload comes to its end all the same")
      }
    }
  }

  @Test func `a stop from a second central stops the motor of the first, which keeps control`() throws {
    try Bench.run { bench in
      try await bench.enter(.manual)
      let (_, second) = try await bench.connectAgain()
      let called = bench.timeline.now
      try await second.stop()
      try await bench.wait(.seconds(1))
      #expect(try #require(await bench.restSince) <= called + bench.interval + .milliseconds(500))
      #expect(await bench.device.holdsControl)
      try await bench.device.setSpeed(.ppm(1800))
    }
  }

  @Test func `a stop works in a cancelled task`() throws {
    try Bench.run { bench in
      try await bench.enter(.manual)
      let task = bench.timeline.start {
        try? await bench.timeline.sleep(for: .seconds(100))
        #expect(Task.isCancelled)
        try await bench.device.stop()
      }
      try await bench.wait(.seconds(1))
      task.cancel()
      try await task.value
      try await bench.wait(.seconds(1))
      #expect(await bench.motor.truth.isAtRest)
    }
  }

  @Test func `speeds that came before the stop never come after it`() throws {
    for seed in 0..<40 as Range<UInt64> {
      try Bench.run(radio: .bad(mtu: 23), seed: seed) { bench in
        try await bench.device.takeControl(lease: .seconds(20))
        let speeds = (0..<6).map { number in
          bench.timeline.start { try await bench.device.setSpeed(.ppm(1800 + UInt16(number) * 10), ramp: .zero) }
        }
        try await bench.wait(.milliseconds(Int64(seed) * 4))
        try await bench.device.stop()
        try await bench.wait(.seconds(30))
        #expect(await bench.motor.truth.isAtRest, "seed \(seed)")
        for speed in speeds {
          let result = await speed.result
          if case .failure(let error as DeviceError) = result {
            let expected = error.reason == .stopped || error.reason == .superseded
            #expect(expected, "seed \(seed): \(error)")
          }
        }
      }
    }
  }
}
