import PercussTime
import Testing

@testable import PercussClient

/// A device's clock, and a way there and back.
private struct Far {
  var beginning: UInt64 = 40_000_000
  var drift = 0.0

  func microseconds(at host: Double) -> UInt64 {
    beginning &+ UInt64(bitPattern: Int64((host * (1 + drift * 1e-6)).rounded(.down)))
  }

  /// An exchange that leaves at `host` microseconds and is on the way for so long.
  func exchange(at host: Double, there: Double, back: Double, hold: Double = 250) -> ClockSample {
    let received = host + there + hold + back
    return ClockSample(
      sentAt: MonotonicInstant(nanoseconds: Int64(host * 1_000)),
      receivedAt: MonotonicInstant(nanoseconds: Int64(received * 1_000)),
      deviceMicroseconds: microseconds(at: host + there), hold: .microseconds(Int64(hold)))
  }
}

private func instant(_ microseconds: Double) -> MonotonicInstant {
  MonotonicInstant(nanoseconds: Int64(microseconds * 1_000))
}

/// How far the reading at an instant is from the truth, and how far it says it may be, in microseconds.
private func judge(_ estimator: ClockEstimator, of far: Far, at host: Double) -> (error: Int64, bound: Int64)? {
  guard let reading = estimator.reading(at: instant(host)) else { return nil }
  let error = Int64(bitPattern: reading.deviceMicroseconds &- far.microseconds(at: host))
  return (error, reading.uncertainty.wholeMicroseconds)
}

@Suite struct `The estimate of a device's clock` {
  @Test func `is that of the specification's example after one exchange`() throws {
    var estimator = ClockEstimator()
    #expect(estimator.reading(at: .zero) == nil)
    estimator.add(
      ClockSample(
        sentAt: instant(1_000_000), receivedAt: instant(1_030_250), deviceMicroseconds: 12_500_000,
        hold: .microseconds(250)))
    let reading = try #require(estimator.reading(at: instant(1_015_125)))
    #expect(abs(Int64(reading.deviceMicroseconds) - 12_500_125) <= 1)
    #expect((15_000...15_600).contains(reading.uncertainty.wholeMicroseconds))
    #expect(estimator.leastRoundTrip == .milliseconds(30))
    #expect(estimator.driftPartsPerMillion == nil)
  }

  @Test(arguments: [-200.0, -50, 0, 50, 200]) func `finds the drift, and holds its bound`(drift: Double) throws {
    let far = Far(drift: drift)
    var random = SeededGenerator(seed: UInt64(drift + 300))
    var estimator = ClockEstimator()
    var host = 5_000_000.0
    for _ in 0..<60 {
      let there = Double.random(in: 500...8_000, using: &random)
      estimator.add(far.exchange(at: host, there: there, back: 7_500))
      host += Double(estimator.pause.wholeMicroseconds)
      for ahead in [0.0, 500_000, 5_000_000, -3_000_000] {
        let (error, bound) = try #require(judge(estimator, of: far, at: host + ahead))
        #expect(abs(error) <= bound)
      }
    }
    #expect(abs(try #require(estimator.driftPartsPerMillion) - drift) < 60)
    #expect(try #require(judge(estimator, of: far, at: host)).bound < 6_000)
    #expect(estimator.rejectedCount == 0 && estimator.resetCount == 0)
  }

  @Test func `holds its bound where the two ways are as unequal as can be`() throws {
    for (there, back) in [(0.0, 40_000.0), (40_000.0, 0.0)] {
      let far = Far(drift: 150)
      var estimator = ClockEstimator()
      for second in 0..<40 {
        let host = Double(second) * 1e6
        estimator.add(far.exchange(at: host, there: there, back: back))
        let (error, bound) = try #require(judge(estimator, of: far, at: host + 900_000))
        #expect(abs(error) <= bound)
      }
    }
  }

  @Test func `converts both ways`() throws {
    let far = Far(drift: -180)
    var estimator = ClockEstimator()
    for second in 0..<20 { estimator.add(far.exchange(at: Double(second) * 1e6, there: 3_000, back: 4_000)) }
    for host in [3e6, 19.5e6, 25e6, 100e6] {
      let there = try #require(estimator.hostReading(ofDeviceMicroseconds: far.microseconds(at: host)))
      let error = (there.instant - instant(host)).wholeMicroseconds
      #expect(abs(error) <= there.uncertainty.wholeMicroseconds)
    }
  }

  @Test func `begins anew when the device does, and is silent while in doubt`() throws {
    var estimator = ClockEstimator()
    let before = Far(drift: 20)
    for second in 0..<20 { estimator.add(before.exchange(at: Double(second) * 1e6, there: 3_000, back: 4_000)) }
    let after = Far(beginning: 0 &- 19_000_000, drift: 20)
    estimator.add(after.exchange(at: 20e6, there: 3_000, back: 4_000))
    #expect(estimator.reading(at: instant(20e6)) == nil)
    #expect(estimator.hostReading(ofDeviceMicroseconds: 1) == nil)
    #expect(estimator.pause == ClockEstimator.fastInterval)
    estimator.add(after.exchange(at: 20.05e6, there: 3_000, back: 4_000))
    let (error, bound) = try #require(judge(estimator, of: after, at: 20.1e6))
    #expect(abs(error) <= bound)
    #expect(estimator.resetCount == 1 && estimator.rejectedCount == 0)
  }

  @Test func `rejects an exchange that contradicts its neighbours, and those that say nothing`() throws {
    let far = Far()
    var estimator = ClockEstimator()
    for second in 0..<10 { estimator.add(far.exchange(at: Double(second) * 1e6, there: 3_000, back: 4_000)) }
    estimator.add(Far(beginning: 90_000_000).exchange(at: 10e6, there: 3_000, back: 4_000))
    estimator.add(far.exchange(at: 11e6, there: 3_000, back: 4_000))
    var late = far.exchange(at: 12e6, there: 3_000, back: 4_000)
    late.hold = nil
    estimator.add(late)
    var impossible = far.exchange(at: 12e6, there: 3_000, back: 4_000)
    impossible.hold = .milliseconds(60)
    estimator.add(impossible)
    #expect(estimator.rejectedCount == 3 && estimator.resetCount == 0)
    let (error, bound) = try #require(judge(estimator, of: far, at: 12e6))
    #expect(abs(error) <= bound && bound < 5_000)
  }

  @Test func `goes on where the device's microseconds wrap, and whatever it claims`() throws {
    let far = Far(beginning: .max - 5_000_000)
    var estimator = ClockEstimator()
    for second in 0..<20 { estimator.add(far.exchange(at: Double(second) * 1e6, there: 3_000, back: 4_000)) }
    let (error, bound) = try #require(judge(estimator, of: far, at: 20e6))
    #expect(abs(error) <= bound && estimator.resetCount == 0)
    // Nothing that a device says may trap.
    for claimed in [0, .max, UInt64(1) << 63, 1 << 62, .max >> 1] as [UInt64] {
      for _ in 0..<3 {
        var sample = far.exchange(at: 21e6, there: 3_000, back: 4_000)
        sample.deviceMicroseconds = claimed
        estimator.add(sample)
        _ = estimator.reading(at: .distantFuture)
        _ = estimator.reading(at: MonotonicInstant(nanoseconds: .min))
        _ = estimator.hostReading(ofDeviceMicroseconds: .max / 3)
      }
    }
  }

  @Test func `starts fast, then about once a second, in constant memory`() {
    let far = Far()
    var estimator = ClockEstimator()
    var host = 0.0
    for number in 0..<2_000 {
      #expect(estimator.pause == (number < 8 ? .milliseconds(50) : .seconds(1)))
      estimator.add(far.exchange(at: host, there: 3_000, back: 4_000))
      host += Double(estimator.pause.wholeMicroseconds)
    }
    #expect(estimator.acceptedCount == 2_000)
    #expect(MemoryLayout.size(ofValue: estimator) < 256)
  }
}
