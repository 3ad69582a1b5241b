import PercussClient
import PercussCore
import PercussGATT
import PercussLink
import PercussSimulator
import PercussTime
import PercussWire
import Testing

/// A bench for one test: a virtual device, a radio, and a `Device` connected over it, all on a virtual timeline.
struct Bench: Sendable {
  var timeline: VirtualTimeline
  var rig: SimulatedRig
  var device: Device

  var motor: SimulatedDevice { rig.device }
  var interval: Duration

  /// Runs the test on a virtual timeline whose order of ready work comes from the seed too.
  static func run<Success: Sendable>(
    model: SimulatedModel = .elite, radio: RadioParameters = RadioParameters(), seed: UInt64 = 1,
    configuration: SimulatedDevice.Configuration = .init(),
    _ test: @escaping @Sendable (Bench) async throws -> Success
  ) throws -> Success {
    let timeline = VirtualTimeline(seed: seed)
    let result = try timeline.run {
      let rig = try await SimulatedRig.connect(
        model: model, on: timeline, radio: radio, seed: seed, configuration: configuration)
      let device = try await Device.connect(over: rig.link)
      return try await test(Bench(timeline: timeline, rig: rig, device: device, interval: radio.interval))
    }
    #expect(timeline.foreignEnqueues == 0, "something left the timeline, so the run need not repeat")
    return result
  }

  func wait(_ duration: Duration) async throws {
    try await timeline.sleep(for: duration)
  }

  /// A second connection to the same device, by a central that comes back or another one.
  func connectAgain() async throws -> (link: InMemoryLink, device: Device) {
    let link = try await rig.connectAgain()
    return (link, try await Device.connect(over: link))
  }

  /// Brings the device into the state; the motor turns where it can.
  func enter(_ state: DeviceState) async throws {
    try await device.takeControl()
    switch state {
    case .idle: break
    case .manual:
      try await device.setSpeed(.ppm(2400), ramp: .zero)
      try await wait(.seconds(1.5))
    case .scheduled:
      try await device.upload(.long, to: 0)
      let start = await motor.deviceMicroseconds(at: timeline.now) + 5_000_000
      try await device.startRoutine(slot: 0, atDeviceMicroseconds: start)
    case .routine:
      try await device.upload(.long, to: 0)
      try await device.startRoutine(slot: 0)
      try await wait(.seconds(1.5))
    case .stream:
      for index in 0..<8 {
        let segment = RoutineSegment.hold(2200, milliseconds: 60_000)
        try await device.perform(
          .queueStep(index: UInt16(index), atMilliseconds: UInt32(index) * 60_000, segment: segment))
      }
      try await device.perform(.queueStart(startMicroseconds: 0))
      try await wait(.seconds(1.5))
    case .waiting:
      try await device.upload(
        [.hold(2000, milliseconds: 1000), .wait(milliseconds: 600_000), .hold(2000, milliseconds: 60_000)], to: 0)
      try await device.startRoutine(slot: 0)
      try await wait(.seconds(1.2))
    case .paused:
      try await device.upload(.long, to: 0)
      try await device.startRoutine(slot: 0)
      try await wait(.seconds(1.5))
      try await device.pause()
    case .stopping:
      try await device.setSpeed(.ppm(2400), ramp: .zero)
      try await wait(.seconds(1.5))
      try await device.stop()
    case .fault:
      try await device.setSpeed(.ppm(2400), ramp: .zero)
      try await wait(.seconds(1.5))
      await motor.inject(.temperature(decidegrees: 900))
    }
    #expect(await motor.truth.state == state)
  }

  /// The ground truth must hold whatever happened: the motor is never above its setpoint, and that never above what the force permits nor above
  /// what anybody has commanded.
  func checkMotor(neverAbove commanded: UInt16, sourceLocation: SourceLocation = #_sourceLocation) async {
    for sample in await motor.trace.samples {
      let truth = sample.truth
      let isSafe =
        truth.speedMilliPPM >= 0 && truth.speedMilliPPM <= truth.setpointMilliPPM
        && truth.setpointMilliPPM <= truth.permittedMilliPPM && truth.setpointMilliPPM <= Int32(commanded) * 1000
      if !isSafe {
        Issue.record("unsafe at \(sample.at): \(truth)", sourceLocation: sourceLocation)
        return
      }
    }
  }

  /// When the motor came to the rest in which it stayed until now; `nil` while it turns.
  var restSince: MonotonicInstant? {
    get async {
      guard await motor.truth.isAtRest else { return nil }
      let samples = await motor.trace.samples
      guard let last = samples.lastIndex(where: { !$0.truth.isAtRest }) else { return .zero }
      return last + 1 < samples.count ? samples[last + 1].at : nil
    }
  }
}

extension MotorTruth {
  var isAtRest: Bool { speedMilliPPM == 0 && setpointMilliPPM == 0 }
}

extension RoutineSegment {
  static func hold(_ ppm: UInt16, milliseconds: UInt32) -> RoutineSegment {
    RoutineSegment(
      kind: .hold, forceLimitDecinewtons: 0, speedFromPPM: ppm, speedToPPM: ppm, durationMilliseconds: milliseconds)
  }

  static func wait(milliseconds: UInt32) -> RoutineSegment {
    RoutineSegment(
      kind: .wait, forceLimitDecinewtons: 0, speedFromPPM: 0, speedToPPM: 0, durationMilliseconds: milliseconds)
  }
}

extension [RoutineSegment] {
  /// Ten minutes at 2,200 PPM in 600 steps.
  static let long = [RoutineSegment](repeating: .hold(2200, milliseconds: 1000), count: 600)

  /// A routine whose bytes differ from those of every other number.
  static func numbered(_ number: Int, count: Int) -> [RoutineSegment] {
    (0..<count).map { .hold(1750 + UInt16(($0 + number) % 66) * 10, milliseconds: UInt32(1000 + number)) }
  }
}

extension RadioParameters {
  /// A good link with that ATT_MTU.
  static func mtu(_ mtu: Int) -> RadioParameters {
    var parameters = RadioParameters()
    parameters.maximumTransmissionUnit = mtu
    return parameters
  }

  /// A bad link: packets lost on the air, values dropped by hosts and overtaking each other.
  static func bad(mtu: Int) -> RadioParameters {
    var parameters = RadioParameters.mtu(mtu)
    parameters.lossProbability = 0.15
    parameters.dropProbability = 0.1
    parameters.reordersUnacknowledged = true
    parameters.supervisionTimeout = .seconds(4)
    return parameters
  }
}
