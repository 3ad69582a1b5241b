import PercussBlueZ
import PercussClient
import PercussCore
import PercussDBus
import PercussGATT
import PercussLink
import PercussSimulator
import PercussTime
import PercussWire
import Testing

/// The central against the emulated bluetoothd, on a private bus with a real dbus-daemon.
@Suite(.serialized) struct CentralTests {
  @Test func `finds a device that advertises`() async throws {
    try await EmulationBench.run { bench in
      let central = try await bench.central()
      var found: [DiscoveredDevice] = []
      for await device in try await central.scan(for: [.percussService], duration: .seconds(1)) { found.append(device) }
      #expect(found.first?.id == EmulationBench.id)
      #expect(found.last?.name == EmulationBench.deviceName)
      #expect(found.last?.services == [.percussService])
      #expect(found.last?.signalStrength != nil)
      for await device in try await central.scan(for: [BluetoothUUID(0x1234)], duration: .milliseconds(300)) {
        Issue.record("\(device)")
      }
      let known = await central.knownDevices()
      #expect(known.map(\.id) == [EmulationBench.id])
      let named = try await central.find(EmulationBench.deviceName, timeout: .seconds(5))
      #expect(named.id == EmulationBench.id)
      let addressed = try await central.find("c8:2e:47:0a:11:02", timeout: .seconds(5))
      #expect(addressed.id == EmulationBench.id)
      await #expect(throws: LinkError.timedOut("Nobody to advertise", after: .seconds(1))) {
        try await central.find("Nobody", timeout: .seconds(1))
      }
      await central.close()
    }
  }

  @Test func `connects, reads, writes and receives`() async throws {
    try await EmulationBench.run { bench in
      let central = try await bench.central()
      let link = try await bench.connect(central)
      #expect(link.beganConnection)
      #expect(await link.maximumTransmissionUnit == 247)
      let log = EventLog(of: link, on: bench.timeline)
      let feature = try DeviceFeature(await link.read(.percussFeature))
      #expect(feature.routineSlots > 0)
      try await link.subscribe(to: [.percussControlPoint, .percussTelemetry, .percussEvent])
      let request = ControlRequest(
        sequence: 7, flags: [], body: .requestControl(leaseMilliseconds: 2000, lossPolicy: .stop))
      try await link.write(try request.bytes(), to: .percussControlPoint, type: .request)
      try await log.wait { !$0.values(of: .percussControlPoint).isEmpty && $0.values(of: .percussTelemetry).count > 2 }
      let response = try ControlResponse(await log.values(of: .percussControlPoint)[0])
      #expect(response.sequence == 7)
      #expect(response.result == .success)
      try await link.unsubscribe(from: [.percussTelemetry])
      try await bench.timeline.sleep(for: .milliseconds(100))
      let count = await log.values(of: .percussTelemetry).count
      try await bench.timeline.sleep(for: .milliseconds(500))
      #expect(await log.values(of: .percussTelemetry).count == count)
      await link.disconnect()
      try await log.wait { $0.isFinished }
      #expect(await log.end?.reason == .closedLocally)
      await #expect(throws: LinkError.disconnected(.closedLocally)) { try await link.read(.percussFeature) }
      await #expect(throws: LinkError.disconnected(.closedLocally)) {
        try await link.write([1, 2, 3], to: .percussControlPoint, type: .command)
      }
      await central.close()
    }
  }

  @Test func `refuses what the device does not have, take or do`() async throws {
    try await EmulationBench.run { bench in
      let central = try await bench.central()
      let link = try await bench.connect(central)
      let unknown = BluetoothUUID(0x1234)
      await #expect(throws: LinkError.noSuchCharacteristic(unknown)) { try await link.read(unknown) }
      await #expect(throws: LinkError.cannotSubscribe(.percussFeature)) {
        try await link.subscribe(to: [.percussFeature])
      }
      await #expect(throws: LinkError.tooLong(count: 245, maximum: 244)) {
        try await link.write([UInt8](repeating: 0, count: 245), to: .percussControlPoint, type: .request)
      }
      // The device's own refusal, by its code.
      await #expect(throws: LinkError.attribute(.invalidAttributeValueLength, characteristic: .percussControlPoint)) {
        try await link.write([0x11], to: .percussControlPoint, type: .request)
      }
      await #expect(throws: LinkError.attribute(.improperlyConfigured, characteristic: .percussControlPoint)) {
        try await link.write([0x11, 0, 0, 0, 0, 0], to: .percussControlPoint, type: .request)
      }
      await #expect(throws: LinkError.attribute(.writeNotPermitted, characteristic: .percussFeature)) {
        try await link.write([1], to: .percussFeature, type: .request)
      }
      await central.close()
    }
  }

  @Test func `a whole routine goes over the air`() async throws {
    try await EmulationBench.run { bench in
      let central = try await bench.central()
      let link = try await bench.connect(central)
      let device = try await Device.connect(over: link)
      try await device.takeControl()
      let segments = (0..<40).map { index in
        RoutineSegment(
          kind: .hold, forceLimitDecinewtons: 0, speedFromPPM: 1900, speedToPPM: 1900,
          durationMilliseconds: UInt32(30 + index))
      }
      let image = try await device.upload(segments, to: 0)
      #expect(image.bytes.count > 200)
      _ = try await device.startRoutine(slot: 0)
      var sawMotion = false
      for await sample in device.telemetry {
        if sample.telemetry.speedPPM > 0 { sawMotion = true }
        if sawMotion, sample.telemetry.state == .idle { break }
      }
      #expect(sawMotion)
      try await device.stop()
      await device.disconnect()
      await central.close()
    }
  }
}
