import PercussCore
import PercussLink
import PercussRoutine
import PercussSimulator
import PercussTime
import Testing

/// The guarantees and the two clocks of runs on the whole stack.
@Suite struct `The evidence of a run on the virtual device` {
  static let steps = "- repeat: 40\n  steps:\n    - pulse: 1s\n      speed: 1750/2200 ppm\n      period: 1s"

  static func stall(_ length: Duration) -> RadioParameters {
    var radio = RadioParameters()
    radio.supervisionTimeout = .seconds(20)
    let from = MonotonicInstant.zero + .seconds(6)
    radio.disturbances = [RadioDisturbance(.stall, from: from, until: from + length)]
    return radio
  }

  static func status(_ report: RunReport, _ name: GuaranteePromise.Name) -> Guarantee.Status? {
    report.guarantees.first { $0.name == name }?.status
  }

  @Test(arguments: [PlayMode.uploaded, .streamed])
  func `a stall shorter than promised for leaves all six kept, and is measured`(mode: PlayMode) throws {
    let report = try StreamTests.play(
      Self.steps, mode: mode, radio: Self.stall(.milliseconds(700)), options: PlayerOptions(lease: .seconds(5)))
    #expect(report.outcome == .completed, "\(report.reason)")
    #expect(report.guarantees.allSatisfy { $0.status == .kept }, "\(report.guarantees)")
    #expect((650_000...1_000_000).contains(report.link.longestSilenceMicroseconds ?? 0))
  }

  @Test func `a stall longer than the look-ahead is bounded missed, and more than was promised of the link`() throws {
    let report = try StreamTests.play(
      Self.steps, radio: Self.stall(.seconds(6)), options: PlayerOptions(lease: .seconds(20)))
    #expect(report.reason.code == .underflow, "\(report.reason)")
    let bounded = try #require(report.guarantees.first { $0.name == .bounded })
    #expect(bounded.status == .missed && bounded.step == report.reason.step)
    #expect(Self.status(report, .linkProof) == .kept && Self.status(report, .failSafe) == .kept)
    #expect(Self.status(report, .neverEarly) == .kept && Self.status(report, .noDrift) == .kept)
    #expect(report.link.longestSilenceMicroseconds ?? 0 > 5_500_000)
  }

  @Test func `a stall in live mode is bounded missed, with the step, and nothing was promised of the link`() throws {
    let report = try StreamTests.play(
      Self.steps, mode: .live, radio: Self.stall(.milliseconds(1_500)), options: PlayerOptions(lease: .seconds(5)))
    #expect(report.outcome == .missed)
    let bounded = try #require(report.guarantees.first { $0.name == .bounded })
    #expect(bounded.status == .missed && bounded.step == report.reason.step && bounded.step != nil)
    #expect(Self.status(report, .linkProof) == .notPromised)
  }

  @Test(arguments: PlayMode.allCases)
  func `each step is told by both clocks, within the stated uncertainty`(mode: PlayMode) throws {
    var told = 0
    for seed in 0..<6 as Range<UInt64> {
      var radio = RadioParameters()
      radio.interval = seed.isMultiple(of: 2) ? .microseconds(7_500) : .milliseconds(30)
      radio.lossProbability = mode == .live ? 0 : 0.05
      var configuration = SimulatedDevice.Configuration()
      configuration.driftPartsPerMillion = seed.isMultiple(of: 2) ? 100 : -100
      configuration.clockOffset = .seconds(Int64(seed) * 97)
      let document = try StreamTests.document(Self.steps)
      told += try Bench.run(radio: radio, seed: seed, configuration: configuration) { [radio] bench in
        let plan = try StreamTests.plan(document, on: bench, mode: mode)
        let report = await StreamTests.player(plan, on: bench, radio: radio).play()
        #expect(report.outcome == .completed, "\(report.reason)")
        let clocks = try #require(report.clocks)
        let expected: Int64 = seed.isMultiple(of: 2) ? 100_000 : -100_000
        // In so short a run the estimate leans towards what crystals usually do.
        #expect(((clocks.driftPartsPerBillion ?? 0) - expected).magnitude < 100_000, "\(clocks)")
        var told = 0
        for step in report.steps {
          guard let actual = step.actualMicroseconds, let second = step.secondClock else { continue }
          #expect(second.clock != step.clock)
          told += 1
          // What the device's clock really showed when the host's showed its part of the two.
          let (host, device) = mode == .live ? (actual, second.actualMicroseconds) : (second.actualMicroseconds, actual)
          let instant = MonotonicInstant.zero + .microseconds(clocks.hostStartMicroseconds + host)
          let truth = await bench.motor.deviceMicroseconds(at: instant)
          let error = Int64(bitPattern: truth &- (clocks.deviceStartMicroseconds &+ UInt64(bitPattern: device)))
          // Two, for both numbers are whole.
          if abs(error) > second.uncertaintyMicroseconds + 2 {
            Issue.record("seed \(seed), step \(step.index): \(error) \(second)")
          }
        }
        return told
      }
    }
    #expect(told >= 6 * 75, "\(told)")
  }

  @Test func `what was lost on the link is counted`() throws {
    var radio = RadioParameters()
    radio.dropProbability = 0.1
    let report = try StreamTests.play(Self.steps, mode: .uploaded, radio: radio, seed: 2)
    let counts = report.link.statistics
    #expect(counts["telemetry_missed"] ?? 0 > 0, "\(counts)")
    #expect(counts["events_missed"] ?? 0 >= Int64(report.lateness.unobservedCount))
    #expect(
      Set(counts.keys) == [
        "events_missed", "telemetry_missed", "notifications_dropped", "responses_unmatched", "values_malformed",
        "requests_repeated",
      ])
    #expect((Self.status(report, .evident) == .missed) == (report.lateness.unobservedCount > 0))
  }
}
