import PercussClient
import PercussCore
import PercussLink
import PercussSimulator
import PercussTime
import PercussWire
import Synchronization
import Testing

@Suite("Clock sync, end to end")
struct ClockTests {
  struct Count: Sendable {
    var checks = 0
    var misses = 0
    var worst: Double = 0
    var widest = Duration.zero
  }

  @Test func `the device's time is within the stated uncertainty, whatever the radio does`() throws {
    var total = Count()
    for seed in 0..<72 as Range<UInt64> {
      let count = try Self.follow(seed: seed)
      total.checks += count.checks
      total.misses += count.misses
      total.worst = max(total.worst, count.worst)
      total.widest = max(total.widest, count.widest)
    }
    #expect(total.checks > 100_000)
    #expect(total.misses * 1_000 <= total.checks, "\(total)")
  }

  /// Half a minute with a device, and what the estimate said all the while.
  private static func follow(seed: UInt64) throws -> Count {
    var random = SeededGenerator(seed: seed).stream("clock")
    var radio = RadioParameters()
    radio.interval = [.microseconds(7_500), .milliseconds(15), .milliseconds(30), .milliseconds(50)][Int(seed % 4)]
    radio.supervisionTimeout = .seconds(10)
    radio.lossProbability = [0, 0.05, 0.3][Int(seed / 4 % 3)]
    radio.dropProbability = [0, 0.05, 0.2][Int(seed / 12 % 3)]
    radio.reordersUnacknowledged = seed.isMultiple(of: 2)
    for _ in 0..<2 {
      let from = MonotonicInstant.zero + .milliseconds(Int64.random(in: 500...25_000, using: &random))
      let kind = [RadioDisturbance.Kind.stall, .outage, .centralDeaf].randomElement(using: &random) ?? .stall
      let length = Duration.milliseconds(Int64.random(in: 100...4_000, using: &random))
      radio.disturbances.append(RadioDisturbance(kind, from: from, until: from + length))
    }
    var configuration = SimulatedDevice.Configuration()
    configuration.driftPartsPerMillion = Double.random(in: -200...200, using: &random)
    configuration.clockOffset = .milliseconds(Int64.random(in: 0...600_000, using: &random))
    return try Bench.run(radio: radio, seed: seed, configuration: configuration) { bench in
      let following = bench.timeline.start { await bench.device.followClock() }
      var count = Count()
      for _ in 0..<300 {
        try await bench.wait(.milliseconds(101))
        let now = bench.timeline.now
        let clock = await bench.device.clock
        for instant in [now, now + .seconds(3), now - .seconds(1)] where instant > .zero + .seconds(1) {
          let truth = await bench.motor.deviceMicroseconds(at: instant)
          guard let reading = clock.reading(at: instant) else { continue }
          let error = Duration.microseconds(Int64(truth) - Int64(reading.deviceMicroseconds))
          count.checks += 1
          if max(error, .zero - error) > reading.uncertainty { count.misses += 1 }
          count.worst = max(count.worst, abs(error / reading.uncertainty))
          count.widest = max(count.widest, reading.uncertainty)
          guard let back = clock.hostReading(ofDeviceMicroseconds: truth) else { continue }
          let distance = back.instant - instant
          count.checks += 1
          if max(distance, .zero - distance) > back.uncertainty { count.misses += 1 }
        }
      }
      following.cancel()
      try await following.value
      #expect(await bench.device.clock.acceptedCount > 8, "seed \(seed)")
      #expect(await bench.device.clock.resetCount == 0, "seed \(seed)")
      return count
    }
  }

  @Test func `a good link is known to a few milliseconds, and drift to a few parts per million`() throws {
    var configuration = SimulatedDevice.Configuration()
    configuration.driftPartsPerMillion = 100
    try Bench.run(seed: 3, configuration: configuration) { bench in
      let following = bench.timeline.start { await bench.device.followClock() }
      try await bench.wait(.seconds(1))
      let early = try #require(await bench.device.deviceInstant(for: bench.timeline.now))
      #expect(early.uncertainty < .milliseconds(16))
      try await bench.wait(.seconds(60))
      let reading = try #require(await bench.device.deviceInstant(for: bench.timeline.now))
      #expect(reading.uncertainty < .milliseconds(16))
      let drift = try #require(await bench.device.clock.driftPartsPerMillion)
      #expect(abs(drift - 100) < 50, "\(drift)")
      following.cancel()
    }
  }

  @Test func `several share the exchanges, and nobody asks when nobody wants to know`() throws {
    try Bench.run { bench in
      let told = Mutex(0)
      let first = bench.timeline.start { await bench.device.followClock() }
      let second = bench.timeline.start { await bench.device.followClock { _ in told.withLock { $0 += 1 } } }
      try await bench.wait(.seconds(20))
      let count = await bench.device.clock.acceptedCount
      #expect((20...30).contains(count), "\(count)")
      #expect(told.withLock { $0 } >= 20)
      first.cancel()
      second.cancel()
      try await bench.wait(.seconds(20))
      #expect(await bench.device.clock.acceptedCount <= count + 1)
    }
  }

  @Test func `following ends with the connection, and at once where there is no clock`() throws {
    try Bench.run { bench in
      let following = bench.timeline.start { await bench.device.followClock() }
      try await bench.wait(.seconds(2))
      await bench.rig.link.vanish(.peripheral)
      try await bench.wait(.seconds(5))
      let began = bench.timeline.now
      try await following.value
      #expect(bench.timeline.now == began)
    }
  }
}
