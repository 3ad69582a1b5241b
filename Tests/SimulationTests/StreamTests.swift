import Foundation
import PercussClient
import PercussCore
import PercussGATT
import PercussLink
import PercussRoutine
import PercussSimulator
import PercussTime
import PercussWire
import Synchronization
import Testing

/// Routines that the host keeps the device supplied with.
@Suite("Streamed routines, end to end")
struct StreamTests {
  /// A run, and what the motor really did.
  struct Run: Sendable {
    var report: RunReport
    var bench: Bench
  }

  static func document(_ steps: String) throws -> RoutineDocument {
    try RoutineDocument.parse(Array("percuss: 1\nname: Test\nsteps:\n\(steps)\n".utf8), name: "test.yaml")
  }

  static func plan(_ document: RoutineDocument, on bench: Bench, mode: PlayMode = .streamed) throws -> Plan {
    try Plan(compiling: document, for: DeviceLimits(bench.device.feature), mode: mode)
  }

  static func player(
    _ plan: Plan, on bench: Bench, radio: RadioParameters = RadioParameters(), options: PlayerOptions = PlayerOptions()
  ) -> RoutinePlayer<Device> {
    let context = RunContext(
      device: DeviceDescription(
        name: "Elite", model: "elite", firmware: nil, isSimulated: true, feature: .init(bench.device.feature)),
      link: LinkDescription(
        transport: "memory", connectionIntervalMicroseconds: radio.interval.wholeMicroseconds,
        maximumTransmissionUnit: bench.rig.link.maximumTransmissionUnit),
      seed: 1, isVirtualTime: true)
    return RoutinePlayer(plan, on: bench.device, context: context, options: options) { _ in
      try? await bench.wait(.seconds(1))
      return true
    }
  }

  static func play(
    _ steps: String, mode: PlayMode = .streamed, radio: RadioParameters = RadioParameters(), seed: UInt64 = 1,
    configuration: SimulatedDevice.Configuration = .init(), options: PlayerOptions = PlayerOptions(),
    disturb: (@Sendable (Bench, RoutinePlayer<Device>) async throws -> Void)? = nil
  ) throws -> RunReport {
    let document = try document(steps)
    return try Bench.run(radio: radio, seed: seed, configuration: configuration) { bench in
      let player = player(try plan(document, on: bench, mode: mode), on: bench, radio: radio, options: options)
      let other = bench.timeline.start { try await disturb?(bench, player) }
      let report = await player.play()
      try await other.value
      if report.rest.isVerified { #expect(await bench.motor.truth.isAtRest) }
      return report
    }
  }

  @Test func `a routine of every kind of step plays to its end, with a wait in it`() throws {
    let report = try Self.play(
      """
        - hold: 2s
          speed: 1900 ppm
        - ramp: 3s
          speed: 1750..2400 ppm
        - rest: 1s
        - repeat: 3
          steps:
            - pulse: 4s
              speed: 1750/2200 ppm
              period: 1s
        - wait: confirm
          prompt: Other leg
          timeout: 60s
        - hold: 2s
          speed: 2000 ppm
        - rest: 1s
        - wait: confirm
          prompt: Done?
          timeout: 60s
      """)
    #expect(report.outcome == .completed && report.reason.code == .completed, "\(report.reason)")
    #expect(report.lateness.count == report.steps.count)
    #expect(report.lateness.maximumMicroseconds == 0 && report.lateness.earlyCount == 0)
    #expect(report.rest.isVerified)
    #expect(report.stream?.stepCount == report.steps.count)
    #expect(report.stream?.resentCount == 0)
  }

  // MARK: Guarantees

  /// A bad radio, other for each seed: 7.5 to 50 ms, 5 % lost, three stalls of 1.5 s.
  static func radio(_ seed: UInt64) -> (RadioParameters, SimulatedDevice.Configuration) {
    var random = SeededGenerator(seed: seed).stream("stream")
    var radio = RadioParameters()
    radio.interval = [.microseconds(7_500), .milliseconds(15), .milliseconds(30), .milliseconds(50)][Int(seed % 4)]
    radio.supervisionTimeout = .seconds(6)
    radio.maximumTransmissionUnit = seed.isMultiple(of: 3) ? 23 : 247
    radio.lossProbability = 0.05
    radio.dropProbability = 0.05
    radio.reordersUnacknowledged = seed.isMultiple(of: 2)
    var at = MonotonicInstant.zero + .milliseconds(Int64.random(in: 0...3_000, using: &random))
    for _ in 0..<3 {
      let kind = RadioDisturbance.Kind.stall
      radio.disturbances.append(RadioDisturbance(kind, from: at, until: at + .milliseconds(1_500)))
      at += .milliseconds(1_500 + Int64.random(in: 2_500...5_000, using: &random))
    }
    var configuration = SimulatedDevice.Configuration()
    configuration.driftPartsPerMillion = seed.isMultiple(of: 2) ? 100 : -100
    configuration.clockOffset = .milliseconds(Int64.random(in: 0...600_000, using: &random))
    configuration.traceInterval = .seconds(1)
    return (radio, configuration)
  }

  static let manySteps = """
      - hold: 1s
        speed: 1900 ppm
      - ramp: 1500ms
        speed: 1750..2400 ppm
      - repeat: 3
        steps:
          - pulse: 2s
            speed: 1750/2200 ppm
            period: 400ms
          - hold: 1200ms
            speed: 2000 ppm
      - rest: 500ms
      - hold: 1s
        speed: 1800 ppm
    """

  @Test(arguments: [PlayMode.streamed, .uploaded])
  func `loss, stalls, slow links and drift change no step`(mode: PlayMode) throws {
    let options = PlayerOptions(lease: .seconds(5), tolerance: .milliseconds(2))
    var resent = 0
    for seed in 0..<Self.seeds {
      let (radio, configuration) = Self.radio(seed)
      let report = try Self.play(
        Self.manySteps, mode: mode, radio: radio, seed: seed, configuration: configuration, options: options)
      // Uploaded, the two reports of the end may both be lost; the run then says that nobody knows. Steps it has seen all the same.
      guard report.outcome == .completed || (mode == .uploaded && report.reason.code == .noResponse) else {
        Issue.record("seed \(seed): \(report.reason)")
        continue
      }
      let late = report.lateness
      let isOnTime = late.earlyCount == 0 && late.maximumMicroseconds ?? .max <= 2_000
      if !isOnTime { Issue.record("seed \(seed): \(late)") }
      // No drift: the last step seen is as much on time as the first.
      let steps = report.steps.filter { $0.actualMicroseconds != nil }
      if steps.contains(where: { $0.plannedMicroseconds != $0.offsetMicroseconds }) {
        Issue.record("seed \(seed) drifts")
      }
      resent += report.stream?.resentCount ?? 0
      if mode == .streamed, report.stream?.leastAheadMicroseconds ?? 0 < 400_000 {
        Issue.record("seed \(seed): \(String(describing: report.stream))")
      }
    }
    if mode == .streamed { #expect(resent > 0, "nothing was lost, so nothing is shown") }
  }

  @Test func `a stall longer than the look-ahead brings the motor to rest, and the run says so`() throws {
    for seed in 0..<6 as Range<UInt64> {
      var radio = RadioParameters()
      radio.supervisionTimeout = .seconds(20)
      let from = MonotonicInstant.zero + .milliseconds(4_000 + 100 * Int64(seed))
      radio.disturbances = [RadioDisturbance(.stall, from: from, until: from + .seconds(6))]
      let report = try Self.play(
        "- repeat: 60\n  steps:\n    - hold: 500ms\n      speed: 1900 ppm", radio: radio, seed: seed,
        options: PlayerOptions(lease: .seconds(20)))
      #expect(report.outcome == .missed && report.reason.code == .underflow, "\(report.reason)")
      #expect(report.rest.isVerified)
      let entered = report.steps.filter(\.isEntered)
      // What was queued was played on time.
      #expect(entered.count > 8 && report.lateness.maximumMicroseconds == 0)
      #expect(report.reason.step ?? 0 >= entered.count)
      #expect(report.steps.count(where: \.isEntered) < 30)
    }
  }

  @Test func `a queue that runs dry in a rest is an underflow too`() throws {
    var radio = RadioParameters()
    radio.supervisionTimeout = .seconds(20)
    let from = MonotonicInstant.zero + .seconds(4)
    radio.disturbances = [RadioDisturbance(.stall, from: from, until: from + .seconds(6))]
    let report = try Self.play(
      "- repeat: 60\n  steps:\n    - rest: 500ms", radio: radio, options: PlayerOptions(lease: .seconds(20)))
    #expect(report.outcome == .missed && report.reason.code == .underflow, "\(report.reason)")
  }

  @Test func `a stall longer than the lease ends the run by the lease`() throws {
    var radio = RadioParameters()
    radio.supervisionTimeout = .seconds(20)
    let from = MonotonicInstant.zero + .seconds(4)
    radio.disturbances = [RadioDisturbance(.stall, from: from, until: from + .seconds(6))]
    let report = try Self.play(
      "- hold: 30s\n  speed: 1900 ppm", radio: radio, options: PlayerOptions(lease: .seconds(2)))
    #expect(report.outcome == .lost && report.reason.code == .leaseExpired, "\(report.reason)")
    #expect(report.rest.isVerified)
  }

  @Test func `a host that dies leaves the motor at rest, whatever was queued`() throws {
    let document = try Self.document("- repeat: 60\n  steps:\n    - hold: 500ms\n      speed: 1900 ppm")
    for policy in [LossPolicy.stop, .finishRoutine] {
      for seed in 0..<6 as Range<UInt64> {
        try Bench.run(seed: seed) { bench in
          let options = PlayerOptions(lossPolicy: policy)
          let player = Self.player(try Self.plan(document, on: bench), on: bench, options: options)
          let playing = bench.timeline.start { await player.play() }
          try await bench.wait(.milliseconds(5_000 + 73 * Int64(seed)))
          #expect(await bench.motor.truth.state == .stream)
          let died = bench.timeline.now
          await bench.rig.link.vanish(.central)
          try await bench.wait(.seconds(60))
          let rest = try #require(await bench.restSince, "seed \(seed)")
          #expect(rest <= died + .seconds(2) + .milliseconds(500), "seed \(seed)")
          let truth = await bench.motor.truth
          #expect(truth.state == .idle && truth.holder == nil)
          let report = try await playing.value
          #expect(report.outcome == .lost && report.reason.code == .linkLost, "\(report.reason)")
        }
      }
    }
  }

  @Test func `interrupted, stopped by the button or by another central, it stops`() throws {
    let steps = "- hold: 60s\n  speed: 1900 ppm"
    let button = try Self.play(steps) { bench, _ in
      try await bench.wait(.seconds(5))
      await bench.motor.press(.shortPress)
    }
    #expect(button.outcome == .stopped && button.reason.code == .button && button.rest.isVerified)
    let elsewhere = try Self.play(steps) { bench, _ in
      try await bench.wait(.seconds(5))
      let (_, second) = try await bench.connectAgain()
      try await second.stop()
    }
    #expect(elsewhere.reason.code == .stoppedElsewhere && elsewhere.rest.isVerified, "\(elsewhere.reason)")
    try Bench.run { bench in
      let player = Self.player(try Self.plan(try Self.document(steps), on: bench), on: bench)
      let playing = bench.timeline.start { await player.play() }
      try await bench.wait(.seconds(5))
      playing.cancel()
      let report = try await playing.value
      #expect(report.reason.code == .interrupted && report.rest.isVerified)
    }
  }

  @Test func `steps too short for look-ahead and queue are refused before anything moves`() throws {
    let steps = "- pulse: 10s\n  speed: 1750/2200 ppm\n  period: 40ms"
    let refused = try Self.play(steps)
    #expect(refused.outcome == .failed && refused.reason.code == .unplayable, "\(refused.reason)")
    let played = try Self.play(steps, options: PlayerOptions(lookAhead: .milliseconds(500)))
    #expect(played.outcome == .completed && played.lateness.maximumMicroseconds == 0, "\(played.reason)")
  }

  // MARK: Steering

  @Test func `a pause shifts what comes after it, and nothing else`() throws {
    for seed in 0..<8 as Range<UInt64> {
      let (radio, configuration) = seed < 4 ? (RadioParameters(), .init()) : Self.radio(seed)
      let report = try Self.play(
        Self.manySteps, radio: radio, seed: seed, configuration: configuration,
        options: PlayerOptions(lease: .seconds(5), tolerance: .milliseconds(2))
      ) { bench, player in
        try await bench.wait(.milliseconds(4_000 + 70 * Int64(seed)))
        try await player.pause()
        await #expect(throws: SteeringError.self) { try await player.pause() }
        try await bench.wait(.seconds(7))
        let truth = await bench.motor.truth
        #expect(truth.state == .paused && truth.isAtRest)
        try await player.resume()
        await #expect(throws: SteeringError.self) { try await player.resume() }
      }
      #expect(report.outcome == .completed, "seed \(seed): \(report.reason)")
      #expect(report.lateness.earlyCount == 0 && report.lateness.maximumMicroseconds ?? .max <= 2_000, "seed \(seed)")
      let shifts = report.steps.filter { $0.actualMicroseconds != nil }
        .map { $0.plannedMicroseconds - $0.offsetMicroseconds }
      #expect(shifts == shifts.sorted() && Set(shifts).count == 2, "seed \(seed): \(Set(shifts))")
      #expect((6_900_000...12_000_000).contains(shifts.last ?? 0), "seed \(seed): \(shifts.last ?? 0)")
    }
  }

  @Test func `a seek goes on at the place, through a rest`() throws {
    for (from, to) in [(4, 12), (8, 2), (5, 6)] as [(Int64, Int64)] {
      let report = try Self.play(Self.manySteps) { bench, player in
        try await bench.wait(.seconds(from))
        try await player.seek(to: .milliseconds(to * 1_000 + 300))
        await #expect(throws: SteeringError.self) { try await player.seek(to: .seconds(3_600)) }
      }
      #expect(report.outcome == .completed && report.reason.code == .completed, "\(report.reason)")
      #expect(report.lateness.maximumMicroseconds == 0 && report.lateness.earlyCount == 0)
      #expect(report.rest.isVerified)
      #expect(to > from + 3 ? report.steps.contains { !$0.isEntered } : true)
    }
  }

  @Test func `steps that the device does not have yet can be edited`() throws {
    let edited = Self.manySteps + "\n  - hold: 2s\n    speed: 2300 ppm"
    let report = try Self.play(Self.manySteps) { bench, player in
      try await bench.wait(.seconds(3))
      try await player.replacePlan(with: try Self.plan(try Self.document(edited), on: bench))
      let other = try Self.document("- hold: 3s\n  speed: 1800 ppm")
      await #expect(throws: SteeringError.self) {
        try await player.replacePlan(with: try Self.plan(other, on: bench))
      }
    }
    #expect(report.outcome == .completed && report.lateness.maximumMicroseconds == 0, "\(report.reason)")
    #expect(report.steps.last?.speedToPPM == 2300 && report.steps.last?.isEntered == true)
  }

  // MARK: Without end

  @Test func `a routine without end plays until it is stopped, and tells of all its rounds`() throws {
    let steps = """
        - hold: 1s
          speed: 2000 ppm
        - wait: confirm
          prompt: Ready?
          timeout: 60s
        - repeat: forever
          steps:
            - pulse: 2s
              speed: 1750/2200 ppm
              period: 500ms
            - rest: 300ms
      """
    var (radio, configuration) = Self.radio(3)
    radio.disturbances = [RadioDisturbance(.stall, from: .zero + .seconds(30), until: .zero + .seconds(31.5))]
    configuration.driftPartsPerMillion = 100
    let document = try Self.document(steps)
    try Bench.run(radio: radio, seed: 3, configuration: configuration) { [radio] bench in
      let plan = try Self.plan(document, on: bench)
      #expect(plan.isEndless && plan.loop == 2..<11 && plan.steps.count == 11)
      let player = Self.player(plan, on: bench, radio: radio, options: PlayerOptions(lease: .seconds(5)))
      let playing = bench.timeline.start { await player.play() }
      try await bench.wait(.seconds(90))
      playing.cancel()
      let report = try await playing.value
      #expect(report.outcome == .stopped && report.reason.code == .interrupted, "\(report.reason)")
      #expect(report.rest.isVerified && report.steps.count == 11)
      let seen = report.lateness.count + report.lateness.unobservedCount
      #expect(seen > 320 && report.lateness.unobservedCount * 5 < seen, "\(report.lateness)")
      #expect(report.lateness.earlyCount == 0 && report.lateness.maximumMicroseconds ?? .max <= 2_000)
      #expect(report.stream?.stepCount ?? 0 >= seen)
    }
  }

  @Test func `a routine without end is refused where it would have to be stored or led`() throws {
    let document = try Self.document("- repeat: forever\n  steps:\n    - rest: 1s")
    try Bench.run { bench in
      #expect(throws: (any Error).self) { try Self.plan(document, on: bench, mode: .uploaded) }
      #expect(throws: (any Error).self) { try Self.plan(document, on: bench, mode: .live) }
    }
  }

  @Test(.enabled(if: seeds >= 1_000)) func `hours are played on time, without drift, in the memory of a minute`() throws
  {
    var configuration = SimulatedDevice.Configuration()
    configuration.driftPartsPerMillion = 100
    configuration.traceInterval = .seconds(60)
    let report = try Self.play(
      "- repeat: 1440\n  steps:\n    - hold: 40s\n      speed: 1900 ppm\n    - rest: 20s", configuration: configuration)
    // The battery of the device may end first; what was played was on time.
    #expect(report.outcome == .completed || report.reason.code == .fault, "\(report.reason)")
    #expect(report.lateness.maximumMicroseconds == 0 && report.lateness.earlyCount == 0)
    #expect(report.lateness.count > 200)
  }

  /// How many radios are tried; `PERCUSS_SEEDS=1000` shows the whole claim, in minutes.
  static let seeds = ProcessInfo.processInfo.environment["PERCUSS_SEEDS"].flatMap(UInt64.init) ?? 200
}
