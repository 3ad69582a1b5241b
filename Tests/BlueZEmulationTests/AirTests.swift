import PercussBlueZ
import PercussCore
import PercussGATT
import PercussLink
import PercussTime
import Testing

@testable import PercussSimulator

/// The emulated air in virtual time: advertising, connecting, and what goes wrong.
struct AirTests {
  // MARK: Advertising and connecting

  @Test func `advertisements are heard every 100 ms, and follow from the seed`() throws {
    func strengths(_ seed: UInt64) throws -> [Int8] {
      try AirScene(seed: seed).run { scene in
        let heard = Log<Int8>()
        let scan = await scene.air.beginScan { heard.append($0.signalStrength) }
        try await scene.timeline.sleep(for: .milliseconds(1_050))
        await scene.air.endScan(scan)
        try await scene.timeline.sleep(for: .seconds(1))
        return heard.all
      }
    }
    let first = try strengths(1)
    #expect((10...11).contains(first.count))
    #expect(first.allSatisfy { (-63...(-57)).contains($0) })
    #expect(try strengths(1) == first)
    #expect(try strengths(2) != first)
  }

  @Test func `a device is connected when it advertises, not before`() throws {
    try AirScene().run { scene in
      await scene.air.setAdvertising(false, of: AirScene.address)
      let made = Log<CentralID>()
      _ = await scene.attempt { made.append($0.central) }
      try await scene.timeline.sleep(for: .seconds(60))
      #expect(made.count == 0)
      await scene.air.setAdvertising(true, of: AirScene.address)
      try await scene.timeline.sleep(for: .milliseconds(100))
      #expect(made.count == 1)
    }
  }

  @Test func `an attempt that was given up makes no link`() throws {
    try AirScene().run { scene in
      let made = Log<CentralID>()
      await scene.air.cancel(await scene.attempt { made.append($0.central) })
      try await scene.timeline.sleep(for: .seconds(1))
      #expect(made.count == 0)
    }
  }

  @Test func `a device takes as many centrals as it says`() throws {
    try AirScene().run { scene in
      let made = Log<AirLink>()
      for _ in 0..<6 { _ = await scene.attempt { made.append($0) } }
      try await scene.timeline.sleep(for: .seconds(1))
      #expect(made.count == 4)
      let link = try #require(made.all.first)
      #expect(await scene.air.address(of: link.central) == AirScene.central)
      await link.link.disconnect()
      try await scene.timeline.sleep(for: .seconds(1))
      #expect(made.count == 5)
      #expect(await scene.air.address(of: link.central) == nil)
    }
  }

  @Test func `a device that is taken away is missed after the supervision timeout`() throws {
    try AirScene().run { scene in
      let link = try await scene.connect()
      let start = scene.timeline.now
      await scene.air.remove(AirScene.address)
      for await batch in link.link.events where batch.contains(.disconnected(.supervisionTimeout)) { break }
      let missed = start.duration(to: scene.timeline.now)
      #expect(missed > .seconds(1) && missed < .seconds(4))
      #expect(await scene.air.addresses == [])
    }
  }

  @Test func `whoever connects to an adapter is told of`() throws {
    try AirScene().run { scene in
      let changes = Log<String>()
      await scene.air.setHost(at: AirScene.address) { event in
        switch event {
        case .linkBegan(_, let name): changes.append("began \(name)")
        case .linkEnded(_, let name, let reason): changes.append("ended \(name) \(reason.code)")
        case .servicesChanged, .pairing: changes.append("\(event)")
        }
      }
      let link = try await scene.connect()
      await link.link.disconnect()
      #expect(changes.all == ["began 00:AA:01:00:00:00", "ended 00:AA:01:00:00:00 19"])
    }
  }

  @Test func `secured characteristics want an encrypted link`() throws {
    try AirScene().run { scene in
      let link = try await scene.connect()
      await scene.air.secure([.percussFeature], of: AirScene.address, pairing: .passkey(7))
      #expect(await scene.air.pairing(of: AirScene.address) == .passkey(7))
      await #expect(
        throws: LinkError.attribute(.insufficientAuthentication, characteristic: .percussFeature)
      ) { try await link.link.read(.percussFeature) }
      await scene.air.encrypt(link)
      #expect(try await link.link.read(.percussFeature).isEmpty == false)
    }
  }

  // MARK: Faults of notifications

  @Test func `dropped notifications do not arrive`() throws {
    let lost = try AirScene().telemetry { $0.droppedNotifications = 1 }
    #expect(lost.isEmpty)
    let some = try AirScene().telemetry { $0.droppedNotifications = 0.5 }.count
    let all = try AirScene().telemetry { _ in }.count
    #expect(some > 0 && some < all)
  }

  @Test func `duplicated notifications arrive twice`() throws {
    let values = try AirScene().telemetry { $0.duplicatedNotifications = 1 }
    #expect(values.count > 4 && values.count % 2 == 0)
    for pair in stride(from: 0, to: values.count - 1, by: 2) { #expect(values[pair] == values[pair + 1]) }
  }

  @Test func `corrupted notifications differ in one bit`() throws {
    let right = try AirScene().telemetry { _ in }
    let wrong = try AirScene().telemetry { $0.corruptedNotifications = 1 }
    #expect(right.count == wrong.count && !right.isEmpty)
    for (right, wrong) in zip(right, wrong) {
      #expect(zip(right, wrong).reduce(0) { $0 + ($1.0 ^ $1.1).nonzeroBitCount } == 1)
    }
  }

  @Test func `delayed notifications arrive later`() throws {
    let inTime = try AirScene().telemetry(for: .seconds(2)) { _ in }.count
    let late = try AirScene().telemetry(for: .seconds(2)) { faults in
      faults.delayedNotifications = 1
      faults.notificationDelay = .seconds(1)
    }.count
    #expect(late > 0 && late <= inTime / 2 + 1)
  }

  @Test func `a dropped indication is confirmed all the same`() throws {
    try AirScene().run { scene in
      await scene.setFaults { $0.droppedNotifications = 1 }
      let link = try await scene.connect()
      try await link.link.subscribe(to: [.percussControlPoint])
      // More requests than responses may wait for their confirmation.
      for number in 0..<8 {
        let request = [0x01, UInt8(number + 1), 0x00, 0xb8, 0x0b, 0x00]
        try await link.link.write(request, to: .percussControlPoint, type: .request)
        try await scene.timeline.sleep(for: .milliseconds(100))
      }
      #expect(await link.link.isPeripheralConnected)
    }
  }

  // MARK: Faults of writes

  private static let request: [UInt8] = [0x01, 0x01, 0x00, 0xb8, 0x0b, 0x00]

  @Test func `refused writes get the error, and never reach the device`() throws {
    try AirScene().run { scene in
      await scene.setFaults { faults in
        faults.refusedWrites = 1
        faults.refusal = ATTError(0x81)
      }
      let link = try await scene.connect()
      try await link.link.subscribe(to: [.percussControlPoint])
      await #expect(throws: LinkError.attribute(ATTError(0x81), characteristic: .percussControlPoint)) {
        try await link.link.write(Self.request, to: .percussControlPoint, type: .request)
      }
    }
  }

  @Test func `stalled writes are answered later`() throws {
    try AirScene().run { scene in
      await scene.setFaults { $0.stalledWrites = 1 }
      let link = try await scene.connect()
      try await link.link.subscribe(to: [.percussControlPoint])
      let start = scene.timeline.now
      try await link.link.write(Self.request, to: .percussControlPoint, type: .request)
      let took = start.duration(to: scene.timeline.now)
      #expect(took >= .seconds(2) && took < .seconds(3))
    }
  }

  @Test func `a lost write is never answered, and ends the link after 30 s`() throws {
    try AirScene().run { scene in
      await scene.setFaults { $0.lostWrites = 1 }
      let link = try await scene.connect()
      try await link.link.subscribe(to: [.percussControlPoint])
      let start = scene.timeline.now
      await #expect(throws: LinkError.self) {
        try await link.link.write(Self.request, to: .percussControlPoint, type: .request)
      }
      #expect(start.duration(to: scene.timeline.now) >= .seconds(30))
      try await scene.timeline.sleep(for: .seconds(1))
      #expect(await link.link.isPeripheralConnected == false)
    }
  }

  @Test(arguments: 1...6)
  func `the link ends at step N, on each link anew`(_ step: Int) throws {
    try AirScene().run { scene in
      await scene.setFaults { $0.disconnectAfter = step }
      for _ in 0..<2 {
        let link = try await scene.connect()
        var done = 0
        while await link.link.isPeripheralConnected, done < 10 {
          _ = try? await link.link.read(.percussFeature)
          done += 1
        }
        #expect(done == step || done == step + 1)
      }
    }
  }

  @Test func `a device can end its links, and be disturbed`() throws {
    try AirScene().run { scene in
      let first = try await scene.connect()
      await scene.air.disconnect(AirScene.address)
      for await batch in first.link.events where batch.contains(.disconnected(.closedByRemote)) { break }
      let second = try await scene.connect()
      await scene.air.disturb(AirScene.address, .outage, for: .seconds(5))
      for await batch in second.link.events where batch.contains(.disconnected(.supervisionTimeout)) { break }
      #expect(await scene.air.links(of: AirScene.address).isEmpty)
    }
  }
}

/// An air in virtual time with one device on it.
private struct AirScene: Sendable {
  static let address = BluetoothAddress(rawValue: 0xC82E_470A_1102)
  static let central = BluetoothAddress(rawValue: 0x00AA_0100_0000)

  let timeline = VirtualTimeline()
  let air: EmulatedAir
  let device: SimulatedDevice

  init(seed: UInt64 = 7) {
    air = EmulatedAir(timeline: timeline, seed: seed)
    device = SimulatedDevice(model: .elite, on: timeline)
  }

  func run<Success: Sendable>(_ body: @escaping @Sendable (AirScene) async throws -> Success) throws -> Success {
    try timeline.run(limit: .seconds(600)) {
      await air.place(device, as: AirAdvertisement(address: Self.address, name: "Elite", services: [.percussService]))
      return try await body(self)
    }
  }

  func attempt(_ made: @escaping @Sendable (AirLink) -> Void) async -> Int {
    await air.connect(from: Self.central, to: Self.address, parameters: await air.parameters, made: made)
  }

  func connect() async throws -> AirLink {
    let made = Log<AirLink>()
    _ = await attempt { made.append($0) }
    try await timeline.sleep(for: .milliseconds(200))
    return try #require(made.all.first)
  }

  func setFaults(_ change: (inout AirFaults) -> Void) async {
    var faults = AirFaults()
    change(&faults)
    await air.setFaults(faults, of: Self.address)
  }

  /// The telemetry that arrives under the faults, within a time.
  func telemetry(
    for duration: Duration = .seconds(3), _ change: @escaping @Sendable (inout AirFaults) -> Void
  ) throws -> [[UInt8]] {
    try run { scene in
      await scene.setFaults(change)
      let link = try await scene.connect()
      let values = Log<[UInt8]>()
      scene.timeline.start {
        for await batch in link.link.events {
          for case .value(.percussTelemetry, let value, at: _) in batch { values.append(value) }
        }
      }
      try await link.link.subscribe(to: [.percussTelemetry])
      try await scene.timeline.sleep(for: duration)
      await link.link.disconnect()
      return values.all
    }
  }
}
