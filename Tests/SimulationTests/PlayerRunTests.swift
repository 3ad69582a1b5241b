import Foundation
import PercussClient
import PercussCore
import PercussLink
import PercussRoutine
import PercussSimulator
import PercussTime
import PercussWire
import Testing

/// The player on the whole stack: radio, client and virtual device.
@Suite struct `A routine on the virtual device` {
  private static let examples = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../protocol-spec/examples")
  static func names() throws -> [String] {
    let names = try FileManager.default.contentsOfDirectory(atPath: examples.path)
      .filter { $0.hasSuffix(".yaml") || $0.hasSuffix(".json") }.sorted()
    try #require(names.count >= 8)
    return names
  }

  private static func play(
    _ name: String, mode: PlayMode, seed: UInt64, radio: RadioParameters = RadioParameters(),
    confirmAfter: Duration = .seconds(4), disturb: (@Sendable (Bench) -> Void)? = nil
  ) throws -> RunReport {
    let bytes = [UInt8](try Data(contentsOf: examples.appending(path: name)))
    let document = try RoutineDocument.parse(bytes, name: name)
    return try Bench.run(model: .pro, radio: radio, seed: seed) { bench in
      let feature = bench.device.feature
      let limits = DeviceLimits(
        speedMinimum: feature.speedMinimumPPM, speedMaximum: feature.speedMaximumPPM, speedStep: feature.speedStepPPM,
        forceMaximum: feature.forceMaximumDecinewtons, routineSlots: Int(feature.routineSlots),
        maximumRoutineSteps: Int(feature.routineSteps), queueDepth: Int(feature.queueDepth), supportsWait: true)
      let plan = try Plan(compiling: document, for: limits, mode: mode)
      let context = RunContext(
        device: DeviceDescription(
          name: "Pro", model: "pro", firmware: nil, isSimulated: true, feature: .init(feature)),
        link: LinkDescription(
          transport: "memory", connectionIntervalMicroseconds: radio.interval.wholeMicroseconds,
          maximumTransmissionUnit: bench.rig.link.maximumTransmissionUnit),
        seed: seed, isVirtualTime: true)
      disturb?(bench)
      let player = RoutinePlayer(plan, on: bench.device, context: context) { _ in
        try? await bench.wait(confirmAfter)
        return true
      }
      let report = await player.play()
      let truth = await bench.motor.truth
      #expect(truth.speedMilliPPM == 0 || !report.rest.isVerified)
      return report
    }
  }

  @Test(arguments: try names()) func `plays every example uploaded, on time by the device's clock`(name: String) throws
  {
    let report = try Self.play(name, mode: .uploaded, seed: 1)
    #expect(report.outcome == .completed, "\(report.reason)")
    #expect(report.reason.code == .completed)
    #expect(report.lateness.count == report.steps.count)
    #expect(report.rest.isVerified)
    #expect(!report.motion.samples.isEmpty)
  }

  @Test(arguments: try names()) func `plays every example streamed, on time by the device's clock`(name: String) throws
  {
    let report = try Self.play(name, mode: .streamed, seed: 3)
    #expect(report.outcome == .completed && report.reason.code == .completed, "\(report.reason)")
    #expect(report.lateness.count == report.steps.count && report.lateness.maximumMicroseconds == 0)
    #expect(report.rest.isVerified)
  }

  @Test(arguments: try names()) func `plays every example live, on time by the host's clock`(name: String) throws {
    let report = try Self.play(name, mode: .live, seed: 2)
    #expect(report.outcome == .completed, "\(report.reason)")
    #expect(report.lateness.maximumMicroseconds == 0)
    // The motor is where each ramp is, whatever it came from: as soon as a motor can be, less what telemetry takes to come.
    for step in report.steps where step.kind == .ramp {
      let start = step.plannedMicroseconds
      let samples = report.motion.samples.filter {
        (start + 1_300_000..<start + step.durationMicroseconds).contains($0.timeMicroseconds)
      }
      for sample in samples {
        let passed = sample.timeMicroseconds - start
        let line =
          step.speedFromPPM + (step.speedToPPM - step.speedFromPPM) * Int(passed) / Int(step.durationMicroseconds)
        #expect(
          abs(sample.setpointPPM - line) <= 60, "step \(step.index), \(passed) us: \(sample.setpointPPM), not \(line)")
      }
    }
  }

  @Test(arguments: [UInt64](1...3)) func `leaves the same report for the same seed, to the byte`(seed: UInt64) throws {
    let name = "post-run-calves.yaml"
    var radio = RadioParameters()
    radio.dropProbability = 0.05
    let reports = try (0..<2).map { _ in try Self.play(name, mode: .uploaded, seed: seed, radio: radio).json(.line) }
    #expect(reports[0] == reports[1])
  }

  @Test(arguments: [UInt64](1...5)) func `says what it did not see where notifications are lost`(seed: UInt64) throws {
    let name = "post-run-calves.yaml"
    var radio = RadioParameters()
    radio.dropProbability = 0.2
    let report = try Self.play(name, mode: .uploaded, seed: seed, radio: radio)
    let unseen = report.steps.filter { $0.isEntered && $0.actualMicroseconds == nil }
    #expect(unseen.count == report.lateness.unobservedCount)
    #expect(report.outcome == .completed || report.reason.code == .noResponse, "\(report.reason)")
    if report.outcome == .completed { #expect((report.reason.code == .unobserved) == !unseen.isEmpty) }
    #expect(
      report.steps.allSatisfy { step in
        guard let between = step.betweenMicroseconds else { return true }
        return between[0] <= step.plannedMicroseconds && step.plannedMicroseconds <= between[1]
      })
  }

  @Test(arguments: PlayMode.allCases) func `is lost when the link vanishes`(mode: PlayMode) throws {
    let name = "post-run-calves.yaml"
    let report = try Self.play(name, mode: mode, seed: 4) { bench in
      bench.timeline.start {
        try await bench.wait(.seconds(20))
        await bench.rig.link.vanish(.peripheral)
      }
    }
    #expect(report.outcome == .lost, "\(report.reason)")
    #expect(report.steps.contains { !$0.isEntered })
  }

  @Test(arguments: PlayMode.allCases) func `is stopped by the button on the device`(mode: PlayMode) throws {
    let name = "post-run-calves.yaml"
    let report = try Self.play(name, mode: mode, seed: 5) { bench in
      bench.timeline.start {
        try await bench.wait(.seconds(10))
        await bench.motor.press(.shortPress)
      }
    }
    #expect(report.outcome == .stopped)
    #expect(report.reason.code == .button, "\(report.reason)")
    #expect(report.rest.isVerified)
  }
}
