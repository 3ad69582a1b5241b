import PercussCore
import PercussGATT
import PercussLink
import PercussSimulator
import PercussTime
import PercussWire
import Testing

/// The virtual Theragun behind the simulated radio, in bytes: nothing here knows a dialect.
@Suite struct TheragunRigTests {
  private static let status: [UInt8] = [0xAA, 0x10, 0x10, 0x00]
  /// 3000 RPM is 0x0BB8.
  private static let fast: [UInt8] = [0xAA, 0xCA, 0x01, 0x03, 0x0B, 0xB8, 0x03]
  private static let stop: [UInt8] = [0xAA, 0x07, 0x01, 0x03, 0x00, 0x00, 0x03]

  private static func run(
    _ model: SimulatedModel, configuration: SimulatedDevice.Configuration = .init(),
    _ test: @escaping @Sendable (SimulatedRig) async throws -> Void
  ) throws {
    let timeline = VirtualTimeline(seed: 3)
    try timeline.run {
      let rig = try await SimulatedRig.connect(model: model, on: timeline, seed: 3, configuration: configuration)
      try await rig.link.subscribe(to: [.theragunNotify])
      try await test(rig)
    }
    #expect(timeline.foreignEnqueues == 0)
  }

  /// The next value that the device notifies.
  private static func answer(_ rig: SimulatedRig, to request: [UInt8]) async throws -> [UInt8] {
    try await rig.link.write(request, to: .theragunWrite, type: .request)
    return try await withTimeout(.seconds(5), on: rig.timeline, waitingFor: "an answer") {
      for await batch in rig.link.events {
        for case .value(.theragunNotify, let value, _) in batch { return value }
      }
      return []
    }
  }

  @Test(arguments: ["theragun", "theragun-pro", "theragun-elite", "theragun-prime"])
  func `it is found by name and service, turns, answers and stops`(name: String) throws {
    let model = try #require(SimulatedModel(named: name))
    try Self.run(model) { rig in
      var found: [DiscoveredDevice] = []
      for await device in try await rig.radio.scan(for: [.theragunService], duration: .seconds(1)) {
        found.append(device)
      }
      let names = ["theragun": "Pro", "theragun-pro": "Pro", "theragun-elite": "Elite", "theragun-prime": "Prime"]
      #expect(found.map(\.name) == [names[name]])
      try await rig.link.write(Self.fast, to: .theragunWrite, type: .request)
      try await rig.timeline.sleep(for: .seconds(2))
      // 3000 revolutions of the simulation are 1991.15 percussions.
      #expect((1_991_100...1_991_200).contains(await rig.device.truth.speedMilliPPM))
      let status = try await Self.answer(rig, to: Self.status)
      #expect(status == [0xBB, 0xD4, 0x10, 0, 0x01, 0, 0, 0, 0, 0, 0, 0, 0, 0x0B, 0xB8])
      // Without a response it means the same.
      try await rig.link.write(Self.stop, to: .theragunWrite, type: .command)
      try await rig.timeline.sleep(for: .seconds(1))
      #expect(await rig.device.truth.speedMilliPPM == 0)
      let atRest = try await Self.answer(rig, to: Self.status)
      #expect(atRest == [0xBB, 0x10, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
    }
  }

  @Test func `what is malformed is accepted by the link, ignored by the device, and counted`() throws {
    try Self.run(.theragun(.elite)) { rig in
      try await rig.link.write(Self.fast, to: .theragunWrite, type: .request)
      try await rig.timeline.sleep(for: .seconds(2))
      let before = await rig.device.truth.speedMilliPPM
      let wrong: [[UInt8]] = [
        [], [0xAA], Array(Self.stop.dropLast()), Self.stop + [0], [0xAA, 0x08, 0x01, 0x03, 0x00, 0x00, 0x03],
      ]
      for bytes in wrong { try await rig.link.write(bytes, to: .theragunWrite, type: .request) }
      #expect(await rig.device.ignoredWrites == 5)
      #expect(await rig.device.truth.speedMilliPPM == before)
      await #expect(throws: LinkError.self) { try await rig.link.read(.theragunWrite) }
      await #expect(throws: LinkError.self) { try await rig.link.read(.batteryLevel) }
    }
  }

  @Test(arguments: [LinkLossBehaviour.keepsRunning, .stops])
  func `when the link is lost the motor does as it is set`(linkLoss: LinkLossBehaviour) throws {
    try Self.run(.theragun(.pro, linkLoss: linkLoss)) { rig in
      try await rig.link.write(Self.fast, to: .theragunWrite, type: .request)
      try await rig.timeline.sleep(for: .seconds(2))
      await rig.link.disconnect()
      try await rig.timeline.sleep(for: .seconds(60))
      let isRunning = await rig.device.truth.speedMilliPPM > 1_990_000
      #expect(isRunning == (linkLoss == .keepsRunning))
      // Whoever comes back can stop it.
      let again = try await rig.connectAgain()
      try await again.write(Self.stop, to: .theragunWrite, type: .request)
      try await rig.timeline.sleep(for: .seconds(1))
      #expect(await rig.device.truth.speedMilliPPM == 0)
    }
  }

  @Test func `the button switches it off and on, the power cut takes everything`() throws {
    try Self.run(.theragun(.elite)) { rig in
      try await rig.link.write(Self.fast, to: .theragunWrite, type: .request)
      try await rig.timeline.sleep(for: .seconds(2))
      await rig.device.press(.longPress)
      try await rig.timeline.sleep(for: .seconds(1))
      #expect(await !rig.device.truth.isOn)
      await #expect(throws: LinkError.self) { try await rig.link.write(Self.fast, to: .theragunWrite, type: .request) }
      await rig.device.press(.shortPress)
      let again = try await rig.connectAgain()
      try await again.write(Self.fast, to: .theragunWrite, type: .request)
      try await rig.timeline.sleep(for: .seconds(2))
      #expect(await rig.device.truth.speedMilliPPM > 1_990_000)
      await rig.device.cutPower()
      #expect(await rig.device.truth.speedMilliPPM == 0)
      await rig.device.restorePower()
      #expect(await rig.device.truth.isOn)
      #expect(await rig.device.truth.speedMilliPPM == 0)
    }
  }

  @Test func `a hand that presses shows as a little less speed in status and truth`() throws {
    try Self.run(.theragun(.elite)) { rig in
      let hand = SimulatedHand(on: rig.device, seed: 1)
      await hand.begin()
      try await rig.link.write(Self.fast, to: .theragunWrite, type: .request)
      try await rig.timeline.sleep(for: .seconds(5))
      #expect(await rig.device.truth.forceDecinewtons > 250)
      let status = try await Self.answer(rig, to: Self.status)
      let rpm = Int(status[13]) << 8 | Int(status[14])
      #expect((2900..<3000).contains(rpm))
    }
  }
}
