import Foundation
import PercussClient
import PercussCore
import PercussDocument
import PercussLink
import PercussRoutine
import PercussSimulator
import PercussTime
import PercussWire
import Testing

/// The player, the `theragun-gen4` dialect and the virtual Theragun behind the simulated radio.
@Suite struct `A routine on the virtual Theragun` {
  private static let examples = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../protocol-spec/examples")
  private static let ratio = SpeedRatio(rpmPerThousandPPM: 1_500)

  private static func document(_ name: String) throws -> RoutineDocument {
    try RoutineDocument.parse([UInt8](try Data(contentsOf: examples.appending(path: name))), name: name)
  }

  private struct Rig: Sendable {
    var timeline: VirtualTimeline
    var rig: SimulatedRig
    var device: Device
    var interval: Duration

    func context() -> RunContext {
      RunContext(
        device: DeviceDescription(
          name: "Pro", model: nil, firmware: nil, isSimulated: true, feature: .init(device.feature),
          dialect: .init(device.dialect)),
        link: LinkDescription(
          transport: "memory", connectionIntervalMicroseconds: interval.wholeMicroseconds,
          maximumTransmissionUnit: rig.link.maximumTransmissionUnit), isVirtualTime: true)
    }
  }

  private static func run<Success: Sendable>(
    radio: RadioParameters = RadioParameters(), seed: UInt64 = 5,
    _ test: @escaping @Sendable (Rig) async throws -> Success
  ) throws -> Success {
    let timeline = VirtualTimeline(seed: seed)
    let result = try timeline.run {
      let model = try #require(SimulatedModel(named: "theragun"))
      let rig = try await SimulatedRig.connect(model: model, on: timeline, radio: radio, seed: seed)
      let family = DeviceFamily(name: model.advertisedName, services: [model.service])
      let dialect = try DeviceFamily.dialect(for: family, ratio: ratio)
      let device = try await Device.connect(over: rig.link, dialect: dialect)
      return try await test(Rig(timeline: timeline, rig: rig, device: device, interval: radio.interval))
    }
    #expect(timeline.foreignEnqueues == 0)
    return result
  }

  private static func play(_ document: RoutineDocument, on bench: Rig) async throws -> RunReport {
    let plan = try Plan(
      compiling: document, for: DeviceLimits(bench.device.feature), mode: .live, withoutForce: true)
    let player = RoutinePlayer(plan, on: bench.device, context: bench.context()) { _ in
      try? await bench.timeline.sleep(for: .seconds(4))
      return true
    }
    return await player.play()
  }

  @Test(arguments: try `A routine on the virtual device`.names())
  func `plays every example live, and says what it cannot promise`(name: String) throws {
    let document = try Self.document(name)
    let (report, truth) = try Self.run { bench in
      (try await Self.play(document, on: bench), await bench.rig.device.truth)
    }
    #expect(report.outcome == .completed && report.reason.code == .completed, "\(report.reason)")
    #expect(report.lateness.count == report.steps.count && report.lateness.earlyCount == 0)
    #expect(report.lateness.maximumMicroseconds ?? .max <= 20_000)
    #expect(report.rest.isVerified && truth.speedMilliPPM == 0)
    #expect(report.device.dialect == .init(name: "theragun-gen4", hasLease: false, rpmPerThousandPPM: 1_500))
    #expect(report.routine.leavesOutForce == true)
    #expect(report.steps.allSatisfy { $0.forceLimitDecinewtons == nil })
    let status = Dictionary(uniqueKeysWithValues: report.guarantees.map { ($0.name, $0.status) })
    #expect(status[.failSafe] == .notPromised)
    #expect(status[.bounded] == .kept && status[.neverEarly] == .kept && status[.evident] == .kept)
    // A motor that follows its commands: on ramps within one step of the host's and what an answer is old.
    for step in report.steps where step.kind == .ramp && step.durationMicroseconds > 3_000_000 {
      let samples = report.motion.samples.filter {
        (step.plannedMicroseconds + 1_500_000..<step.plannedMicroseconds + step.durationMicroseconds)
          .contains($0.timeMicroseconds)
      }
      #expect(!samples.isEmpty)
      let slope = Double(step.speedToPPM - step.speedFromPPM) / Double(step.durationMicroseconds)
      for sample in samples {
        let line = Double(step.speedFromPPM) + slope * Double(sample.timeMicroseconds - step.plannedMicroseconds)
        #expect(abs(Double(sample.speedPPM) - line) <= abs(slope) * 700_000 + 20, "step \(step.index) \(sample)")
      }
    }
    // The report says the same to whoever reads it.
    #expect(try RunReport(json: try report.json(.line)) == report)
  }

  @Test func `a routine with force limits is refused unless they are left out on purpose`() throws {
    let document = try Self.document("post-run-calves.yaml")
    try Self.run { bench in
      let limits = DeviceLimits(bench.device.feature)
      let error = #expect(throws: DocumentDiagnostics.self) {
        _ = try Plan(compiling: document, for: limits, mode: .live)
      }
      #expect(error?.diagnostics.contains { $0.message == "the device cannot limit its force" && $0.line > 0 } == true)
      for mode in [PlayMode.uploaded, .streamed] {
        #expect(throws: DocumentDiagnostics.self) {
          _ = try Plan(compiling: document, for: limits, mode: mode, withoutForce: true)
        }
      }
    }
  }

  @Test func `the end of the run is a stop, also when the player's task is cancelled on a ramp`() throws {
    let document = try RoutineDocument.parse(
      Array("percuss: 1\nname: Ramp\nsteps:\n  - ramp: 20s\n    speed: 1750..2400 ppm\n".utf8), name: "ramp.yaml")
    let (report, speed) = try Self.run { bench in
      let playing = bench.timeline.start { try await Self.play(document, on: bench) }
      try await bench.timeline.sleep(for: .seconds(8))
      #expect(await bench.rig.device.truth.speedMilliPPM > 1_500_000)
      playing.cancel()
      return (try await playing.value, await bench.rig.device.truth.speedMilliPPM)
    }
    #expect(report.outcome == .stopped && report.reason.code == .interrupted)
    #expect(report.rest.isVerified && speed == 0)
  }

  @Test func `a link that is lost ends the run, which says that the motor may go on`() throws {
    let document = try RoutineDocument.parse(
      Array("percuss: 1\nname: Ramp\nsteps:\n  - ramp: 20s\n    speed: 1750..2400 ppm\n".utf8), name: "ramp.yaml")
    let report = try Self.run { bench in
      let playing = bench.timeline.start { try await Self.play(document, on: bench) }
      try await bench.timeline.sleep(for: .seconds(8))
      await bench.rig.link.disconnect()
      let report = try await playing.value
      #expect(await bench.device.mayRunOn)
      // The one thing that is sent over another connection.
      let link = try await bench.rig.connectAgain()
      let again = try await Device.connect(over: link, for: .stop, dialect: TheragunDialect(.pro))
      try await again.stop()
      try await bench.timeline.sleep(for: .seconds(2))
      #expect(await bench.rig.device.truth.speedMilliPPM == 0)
      #expect(await again.latestTelemetry?.telemetry.state == .idle)
      return report
    }
    #expect(report.outcome == .lost && report.reason.code == .linkLost)
    #expect(report.reason.message.contains("keeps no lease"))
  }

  @Test func `lost packets make steps later, and none is lost`() throws {
    var radio = RadioParameters()
    radio.lossProbability = 0.1
    radio.dropProbability = 0.05
    let document = try Self.document("post-run-calves.yaml")
    let report = try Self.run(radio: radio) { try await Self.play(document, on: $0) }
    #expect(report.outcome == .completed, "\(report.reason)")
    #expect(report.link.statistics["telemetry_missed"] ?? 0 > 0, "answers were dropped, and that was noticed")
    #expect(report.rest.isVerified)
  }

  @Test func `two devices of different dialects are driven at once by one program`() throws {
    let timeline = VirtualTimeline(seed: 9)
    try timeline.run {
      let percuss = try await SimulatedRig.connect(model: .elite, on: timeline, seed: 9)
      let other = try await SimulatedRig.connect(
        model: try #require(SimulatedModel(named: "theragun-prime")), on: timeline, seed: 10)
      let elite = try await Device.connect(over: percuss.link)
      let prime = try await Device.connect(over: other.link, dialect: TheragunDialect(.prime))
      try await elite.takeControl()
      try await prime.takeControl()
      try await elite.setSpeed(.ppm(1900))
      try await prime.setMotorSpeed(.rpm(3000), ramp: .seconds(1))
      for _ in 0..<20 {
        try await timeline.sleep(for: .milliseconds(250))
        try await prime.keepControl()
      }
      #expect(await percuss.device.truth.speedMilliPPM == 1_900_000)
      #expect(await prime.latestTelemetry?.motor?.status == MotorStatus(isRunning: true, speed: .rpm(3000)))
      #expect(await elite.latestTelemetry?.motor == nil)
      // Each stops for itself.
      try await elite.stop()
      try await timeline.sleep(for: .seconds(1))
      #expect(await percuss.device.truth.speedMilliPPM == 0)
      #expect(await other.device.truth.speedMilliPPM > 0)
      try await prime.stop()
      try await timeline.sleep(for: .seconds(1))
      #expect(await other.device.truth.speedMilliPPM == 0)
      #expect(await prime.latestTelemetry?.telemetry.state == .idle)
    }
    #expect(timeline.foreignEnqueues == 0)
  }
}
