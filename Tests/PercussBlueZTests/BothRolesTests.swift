import PercussBlueZ
import PercussClient
import PercussCore
import PercussDBus
import PercussGATT
import PercussLink
import PercussSimulator
import PercussTime
import PercussWire
import Synchronization
import Testing

/// Our own peripheral on hci1, our own central with a device's whole life on hci0, and bluetoothd, emulated, between them.
@Suite(.serialized) struct BothRolesTests {
  @Test func `found, connected, asked, driven, given a routine that plays and is stopped, disconnected`() async throws {
    let rig = try PeripheralRig()
    try await rig.run {
      let daemon = try await rig.startDaemon()
      let simulated = SimulatedDevice(model: .elite, on: rig.timeline)
      let peripheral = try await rig.offer(simulated)
      try await peripheral.serving(timeout: .seconds(20))
      let central = try await BlueZCentral.open(bus: rig.bus.address, adapter: .name("hci0"), on: rig.timeline)
      let found = try await central.find("Percuss Elite 0001", timeout: .seconds(20))
      #expect(found.id.description == PeripheralRig.peripheralAddress.description)
      #expect(found.services == [.percussService])
      // Twice: the second time bluetoothd knows the device and its services.
      for round in 0..<UInt32(2) {
        let link = try await central.connect(to: found.id, timeout: .seconds(20))
        let device = try await Device.connect(over: link)
        #expect(device.feature == (await simulated.feature))
        #expect(try await device.information().serialNumber?.isEmpty == false)
        try await device.takeControl(lease: .seconds(10))
        try await device.setTelemetryInterval(.milliseconds(50))
        var telemetry = device.telemetry.makeAsyncIterator()
        for _ in 0..<3 { #expect(await telemetry.next()?.telemetry.state == .idle) }

        // More than one chunk, and another one each time: what is stored already is not sent again.
        let segments = (0..<UInt16(60)).map { number in
          RoutineSegment(
            kind: .hold, forceLimitDecinewtons: 0, speedFromPPM: 1_750 + 10 * number, speedToPPM: 1_750 + 10 * number,
            durationMilliseconds: 20_000 + round)
        }
        let image = try await device.upload(segments, to: 0)
        #expect(try await device.query(slot: 0).crc32 == image.crc32)
        let events = EventRecord(of: device)
        try await device.startRoutine(slot: 0)
        try await eventually("the first step", on: rig.timeline) { events.steps.first == 0 }
        try await eventually("the motor to turn", on: rig.timeline) { await simulated.truth.speedMilliPPM > 1_000_000 }
        try await device.stop()
        try await eventually("the motor to stop", on: rig.timeline) { await simulated.truth.speedMilliPPM == 0 }
        try await eventually("the end of the routine", on: rig.timeline) { events.hasEnded }
        await device.disconnect()
        try await eventually("the end of the link", on: rig.timeline) { rig.log.disconnectionCount > round }
        #expect(await simulated.truth.holder == nil)
      }
      await central.close()
      await peripheral.stop()
      await daemon.stop()
    }
  }

  @Test func `when the peripheral's process goes the motor stops, the central is told, and finds it again`()
    async throws
  {
    let rig = try PeripheralRig()
    try await rig.run {
      let daemon = try await rig.startDaemon()
      let simulated = SimulatedDevice(model: .elite, on: rig.timeline)
      let central = try await BlueZCentral.open(bus: rig.bus.address, adapter: .name("hci0"), on: rig.timeline)
      for round in 1...2 {
        let process = try await rig.connect()
        let peripheral = try await rig.offer(simulated, over: process)
        try await peripheral.serving(timeout: .seconds(20))
        let found = try await central.find("Percuss Elite 0001", timeout: .seconds(20))
        let device = try await Device.connect(over: try await central.connect(to: found.id, timeout: .seconds(20)))
        try await device.takeControl(lease: .seconds(60))
        try await device.setSpeed(.ppm(1_900))
        try await eventually("the motor to turn", on: rig.timeline) { await simulated.truth.speedMilliPPM > 1_000_000 }
        // bluetoothd keeps the link; what the application served is gone.
        let events = device.events
        await process.close()
        for await event in events { if case .disconnected = event { break } }
        try await eventually("the motor to stop", on: rig.timeline) { await simulated.truth.speedMilliPPM == 0 }
        #expect(await simulated.truth.holder == nil, "round \(round)")
        await peripheral.stop()
      }
      await central.close()
      await daemon.stop()
    }
  }

  @Test(arguments: [(true, true), (true, false), (false, true)])
  func `to pair, both users compare the number`(centralAgrees: Bool, peripheralAgrees: Bool) async throws {
    let rig = try PeripheralRig()
    let numbers = Mutex<(central: [UInt32], peripheral: [UInt32])>(([], []))
    try await rig.run {
      let daemon = try await rig.startDaemon()
      let peripheral = try await rig.offer(SimulatedDevice(model: .elite, on: rig.timeline)) {
        $0.security = [.percussFeature: .encryptRead]
        $0.pairing = PeripheralPairing(capability: .displayYesNo) { question in
          guard case .comparison(let number) = question.kind else { return false }
          numbers.withLock { $0.peripheral.append(number) }
          return peripheralAgrees
        }
      }
      try await peripheral.serving(timeout: .seconds(20))
      let central = try await BlueZCentral.open(bus: rig.bus.address, adapter: .name("hci0"), on: rig.timeline)
      let found = try await central.find("Percuss Elite 0001", timeout: .seconds(20))
      var agent = PairingAgent()
      agent.confirm = { _, number in
        numbers.withLock { $0.central.append(number) }
        return centralAgrees
      }
      if centralAgrees, peripheralAgrees {
        try await central.pair(found.id, agent: agent, timeout: .seconds(20))
        let link = try await central.connect(to: found.id, timeout: .seconds(20))
        #expect(try await link.read(.percussFeature).isEmpty == false)
      } else {
        await #expect(throws: LinkError.self) { try await central.pair(found.id, agent: agent, timeout: .seconds(20)) }
      }
      let asked = numbers.withLock { $0 }
      #expect(asked.peripheral.count == 1 && asked.central == asked.peripheral)
      await central.close()
      await peripheral.stop()
      await daemon.stop()
    }
  }

  @Test func `two applications advertise on one adapter, and both are heard`() async throws {
    let rig = try PeripheralRig()
    try await rig.run {
      let daemon = try await rig.startDaemon()
      let first = try await rig.offer(SimulatedDevice(model: .elite, on: rig.timeline))
      try await first.serving(timeout: .seconds(20))
      let second = try await rig.offer(DelayingPeripheral(timeline: rig.timeline)) {
        $0.advertisement = AdvertisementContent(name: nil, services: [.batteryService])
        $0.advertisement.manufacturerData = [0xFFFF: [1, 2]]
      }
      try await second.serving(timeout: .seconds(20))
      let central = RawCentral(over: try await rig.connect(), device: PeripheralRig.peripheralAddress)
      try await central.find()
      try await eventually("both advertisements", on: rig.timeline) {
        let device = try await central.objects()[central.device]?[BlueZ.Interface.device]
        return Set(device?["UUIDs"]?.strings ?? []).isSuperset(
          of: [BluetoothUUID.percussService, .batteryService].map(\.fullText)) && device?["ManufacturerData"] != nil
      }
      let adapter = try await central.objects()[BlueZ.namespace.appending("hci1")]
      #expect(adapter?[BlueZ.Interface.advertisingManager]?["ActiveInstances"]?.integer() == 2)
      #expect(
        adapter?[BlueZ.Interface.adapter]?["UUIDs"]?.strings?.contains(BluetoothUUID.percussService.fullText) == true)
      // One of them goes: the other is still there, and can be connected.
      await second.stop()
      try await central.connect()
      #expect(await central.characteristics.contains(.percussControlPoint))
      await first.stop()
      await daemon.stop()
    }
  }
}

/// What a device has reported since.
private final class EventRecord: Sendable {
  private let record = Mutex<[DeviceEvent]>([])

  init(of device: Device) {
    let events = device.events
    device.timeline.start { [weak self] in
      for await event in events {
        if case .reported(let report, receivedAt: _) = event { self?.record.withLock { $0.append(report) } }
      }
    }
  }

  /// The steps that were entered, in order.
  var steps: [UInt16] {
    record.withLock { events in
      events.compactMap { event in
        guard case .stepEntered(let step, _, _) = event.body else { return nil }
        return step
      }
    }
  }

  /// Whether a routine has ended.
  var hasEnded: Bool {
    record.withLock { events in
      events.contains { event in
        guard case .routineEnded = event.body else { return false }
        return true
      }
    }
  }
}
