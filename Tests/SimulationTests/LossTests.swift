import PercussClient
import PercussCore
import PercussLink
import PercussSimulator
import PercussTime
import PercussWire
import Testing

@Suite("Loss of the central, end to end")
struct LossTests {
  static let lease: Duration = .seconds(2)

  @Test(arguments: DeviceState.allCases)
  func `the motor is at rest within lease and ramp after the central has vanished, in every state`(state: DeviceState)
    throws
  {
    for seed in 0..<6 as Range<UInt64> {
      try Bench.run(seed: seed) { bench in
        try await bench.enter(state)
        try await bench.wait(.milliseconds(Int64(seed) * 5))
        let vanished = bench.timeline.now
        await bench.rig.link.vanish(.central)
        try await bench.wait(.seconds(120))
        let rest = try #require(await bench.restSince, "seed \(seed)")
        #expect(rest <= vanished + Self.lease + .milliseconds(500), "seed \(seed)")
        if state != .fault { #expect(await bench.motor.truth.state == .idle) }
        #expect(await bench.motor.truth.holder == nil)
        await bench.checkMotor(neverAbove: 2400)
      }
    }
  }

  @Test(arguments: [RadioDisturbance.Kind.outage, .stall, .centralDeaf])
  func `an outage or a stall of the radio ends the motion too`(kind: RadioDisturbance.Kind) throws {
    for seed in 0..<6 as Range<UInt64> {
      try Bench.run(seed: seed) { bench in
        try await bench.enter(.routine)
        let began = bench.timeline.now
        await bench.rig.link.disturb(kind, for: .seconds(30))
        try await bench.wait(.seconds(60))
        let rest = try #require(await bench.restSince)
        #expect(rest <= began + Self.lease + .seconds(2) + .milliseconds(500))
        // In a stall and an outage nothing that would renew the lease gets through.
        if kind != .centralDeaf { #expect(rest <= began + Self.lease + .milliseconds(500)) }
        #expect(await bench.device.holdsControl == false)
      }
    }
  }

  @Test func `with the other policy a routine plays on to its end, and no further`() throws {
    try Bench.run { bench in
      try await bench.device.takeControl(onLoss: .finishRoutine)
      try await bench.device.upload([.hold(2000, milliseconds: 20_000)], to: 0)
      try await bench.device.startRoutine(slot: 0)
      let started = bench.timeline.now
      try await bench.wait(.seconds(2))
      await bench.rig.link.vanish(.central)
      try await bench.wait(.seconds(10))
      #expect(await bench.motor.truth.state == .routine)
      try await bench.wait(.seconds(60))
      let rest = try #require(await bench.restSince)
      #expect(rest > started + .seconds(19) && rest <= started + .seconds(20) + .milliseconds(500))
    }
  }

  @Test(arguments: DeviceState.allCases)
  func `nothing resumes by itself when the central comes back`(state: DeviceState) throws {
    try Bench.run { bench in
      try await bench.enter(state)
      await bench.rig.link.vanish(.central)
      try await bench.wait(.seconds(5))
      let (_, back) = try await bench.connectAgain()
      let connected = bench.timeline.now
      try await bench.wait(.seconds(60))
      #expect(await bench.motor.trace.samples.allSatisfy { $0.at < connected || $0.truth.isAtRest })
      #expect(await back.holdsControl == false)
      #expect(await bench.motor.truth.holder == nil)
      await #expect(throws: DeviceError.self) { try await back.setSpeed(.ppm(1900)) }
    }
  }

  @Test func `after the end of the connection every call fails at once, and the events say so`() throws {
    try Bench.run { bench in
      try await bench.enter(.manual)
      let events = bench.device.events
      let waiting = bench.timeline.start { try await bench.device.pause() }
      await bench.rig.link.disturb(.outage, for: .seconds(10))
      try await bench.wait(.seconds(5))
      let began = bench.timeline.now
      let ended = DeviceError.Reason.disconnected(.supervisionTimeout)
      for call in Self.calls {
        let error = await #expect(throws: DeviceError.self) { try await call(bench.device) }
        #expect(error?.reason == ended)
      }
      #expect(bench.timeline.now == began)
      let error = await #expect(throws: DeviceError.self) { try await waiting.value }
      #expect(error?.reason == ended)
      var last: Device.Event?
      for await event in events { last = event }
      #expect(last == .disconnected(.supervisionTimeout))
      for await event in bench.device.events { #expect(event == .disconnected(.supervisionTimeout)) }
      for await _ in bench.device.telemetry { Issue.record("telemetry after the end") }
    }
  }

  private static let calls: [@Sendable (Device) async throws -> Void] = [
    { try await $0.takeControl() }, { try await $0.releaseControl() }, { try await $0.stop() },
    { try await $0.pause() }, { try await $0.resume() }, { try await $0.setSpeed(.ppm(1900)) },
    { try await $0.preset(1) }, { try await $0.setForceLimit(.newtons(60)) }, { try await $0.setTimer(.seconds(60)) },
    { try await $0.reset() }, { try await $0.startRoutine(slot: 0) }, { try await $0.seek(to: .seconds(1)) },
    { try await $0.confirm(step: 0) }, { _ = try await $0.query(slot: 0) }, { try await $0.validate(slot: 0) },
    { try await $0.clear(slot: 0) }, { try await $0.setTelemetryInterval(.seconds(1)) },
    { try await $0.upload(.long, to: 0) }, { _ = try await $0.exchangeClock() }, { _ = try await $0.information() },
  ]

  @Test func `the lease is kept alive for as long as the device object lives, however little is asked of it`() throws {
    for lease in [Duration.milliseconds(500), .seconds(2), .seconds(60)] {
      try Bench.run(radio: .bad(mtu: 23)) { bench in
        try await bench.device.takeControl(lease: lease)
        try await bench.device.setSpeed(.ppm(1900))
        try await bench.wait(.seconds(300))
        #expect(await bench.device.holdsControl)
        #expect(await bench.motor.truth.state == .manual)
      }
    }
  }

  @Test func `a lease that ran out in a stall is told, once, with its cause`() throws {
    try Bench.run { bench in
      try await bench.enter(.manual)
      // In a stall telemetry would fill the queue of the radio, and the event would find no place.
      try await bench.device.setTelemetryInterval(nil)
      let events = bench.device.events
      await bench.rig.link.disturb(.stall, for: .seconds(4))
      try await bench.wait(.seconds(10))
      #expect(await bench.device.holdsControl == false)
      #expect(await bench.device.isConnected)
      await bench.device.disconnect()
      var losses: [ChangeCause?] = []
      for await event in events { if case .controlLost(let cause) = event { losses.append(cause) } }
      #expect(losses == [.leaseExpired])
    }
  }

  @Test func `a device whose power fails is noticed, and its motor stands still`() throws {
    try Bench.run { bench in
      try await bench.enter(.routine)
      let cut = bench.timeline.now
      await bench.motor.cutPower()
      await bench.rig.link.vanish(.peripheral)
      try await bench.wait(.seconds(5))
      #expect(await bench.device.isConnected == false)
      #expect(try #require(await bench.restSince) == cut)
    }
  }
}
