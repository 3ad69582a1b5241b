import PercussBlueZ
import PercussCore
import PercussDBus
import PercussGATT
import PercussLink
import PercussSimulator
import PercussTime
import PercussWire
import Testing

/// A virtual device offered as a GATT application on hci1, and driven from hci0, all over the bus.
@Suite(.serialized) struct PeripheralOnBusTests {
  @Test func `a central finds it, reads, drives the motor and gets its answers`() async throws {
    let rig = try PeripheralRig()
    try await rig.run {
      let daemon = try await rig.startDaemon()
      let device = SimulatedDevice(model: .elite, on: rig.timeline)
      let peripheral = try await rig.offer(device)
      try await peripheral.serving(timeout: .seconds(10))
      #expect(rig.log.events == [.serving(adapter: "hci1")])

      let central = try await RawCentral.connect(over: try await rig.connect())
      #expect(await central.characteristics.isSuperset(of: [.percussFeature, .percussControlPoint, .batteryLevel]))
      let objects = try await central.objects()
      #expect(objects[central.device]?[BlueZ.Interface.device]?["Name"]?.string == "Percuss Elite 0001")
      let feature = try DeviceFeature(try await central.read(.percussFeature))
      #expect(feature == (await device.feature))
      #expect(
        rig.log.events.last == .centralConnected(CentralID(rawValue: 1), PeripheralRig.centralAddress))

      try await central.startNotify(.percussControlPoint)
      try await central.startNotify(.percussTelemetry)
      let driver = RawDriver(central)
      let granted = try await driver.request(.requestControl(leaseMilliseconds: 5_000, lossPolicy: .stop))
      #expect(granted.result == .success)
      #expect(try await driver.request(.setSpeed(speedPPM: 1_900, rampMilliseconds: 100)).result == .success)
      try await eventually("the motor to turn", on: rig.timeline) { await device.truth.speedMilliPPM > 0 }
      let telemetry = try Telemetry(try await central.values(of: .percussTelemetry, atLeast: 2).last ?? [])
      #expect(telemetry.state == .manual)
      #expect(try await driver.request(.stop).result == .success)
      try await eventually("the motor to stop", on: rig.timeline) { await device.truth.speedMilliPPM == 0 }

      try await central.disconnect()
      try await eventually("the end of the link", on: rig.timeline) {
        rig.log.events.contains { if case .centralDisconnected = $0 { true } else { false } }
      }
      await peripheral.stop()
      await daemon.stop()
    }
  }

  @Test func `a Theragun is offered with its name and service, and driven in its bytes`() async throws {
    let rig = try PeripheralRig()
    try await rig.run {
      let daemon = try await rig.startDaemon()
      let device = SimulatedDevice(model: .theragun(.elite), on: rig.timeline)
      let peripheral = try await rig.offer(device) { configuration in
        configuration = BlueZPeripheral.Configuration(name: "Elite", services: [device.model.service])
        configuration.adapter = .name("hci1")
      }
      try await peripheral.serving(timeout: .seconds(10))
      let central = try await RawCentral.connect(over: try await rig.connect())
      #expect(await central.characteristics.isSuperset(of: [.theragunNotify, .theragunWrite]))
      #expect(await !central.characteristics.contains(.percussControlPoint))
      let seen = try await central.objects()[central.device]?[BlueZ.Interface.device]
      #expect(seen?["Name"]?.string == "Elite")
      #expect(seen?["UUIDs"]?.strings?.contains(BluetoothUUID.theragunService.fullText) == true)

      try await central.startNotify(.theragunNotify)
      try await central.write([0xAA, 0xCA, 0x01, 0x03, 0x0B, 0xB8, 0x03], to: .theragunWrite)
      try await eventually("the motor to turn", on: rig.timeline) { await device.truth.speedMilliPPM > 1_991_000 }
      try await central.write([0xAA, 0x10, 0x10, 0x00], to: .theragunWrite)
      let status = try await central.values(of: .theragunNotify, atLeast: 1).first
      #expect(status == [0xBB, 0xD4, 0x10, 0, 0x01, 0, 0, 0, 0, 0, 0, 0, 0, 0x0B, 0xB8])
      try await central.write([0xAA, 0x07, 0x01, 0x03, 0x00, 0x00, 0x03], to: .theragunWrite)
      try await eventually("the motor to stop", on: rig.timeline) { await device.truth.speedMilliPPM == 0 }
      try await central.disconnect()
      await peripheral.stop()
      await daemon.stop()
    }
  }

  enum Trouble: String, CaseIterable, Sendable {
    case centralDisconnects, deviceRemoved, peripheralsAdapterOff, peripheralsAdapterPulled, centralsAdapterOff
    case daemonStopped, daemonKilled, busGone
  }

  @Test(arguments: Trouble.allCases)
  func `when the central that drives disappears, the motor stops`(trouble: Trouble) async throws {
    let rig = try PeripheralRig()
    try await rig.run {
      let daemon = try await rig.startDaemon()
      let device = SimulatedDevice(model: .elite, on: rig.timeline)
      let peripheral = try await rig.offer(device)
      try await peripheral.serving(timeout: .seconds(10))
      let central = try await RawCentral.connect(over: try await rig.connect())
      try await central.startNotify(.percussControlPoint)
      // A lease of a minute: it is not what stops the motor.
      try await RawDriver(central).drive()
      try await eventually("the motor to turn", on: rig.timeline) { await device.truth.speedMilliPPM > 1_000_000 }
      switch trouble {
      case .centralDisconnects: try await central.disconnect()
      case .deviceRemoved:
        try await central.call(
          "RemoveDevice", of: BlueZ.Interface.adapter, at: central.adapter, [.objectPath(central.device)])
      case .peripheralsAdapterOff: await daemon.setPower(false, ofAdapter: "hci1")
      case .peripheralsAdapterPulled: await daemon.removeAdapter("hci1")
      case .centralsAdapterOff: await daemon.setPower(false, ofAdapter: "hci0")
      case .daemonStopped: await daemon.stop()
      case .daemonKilled: await daemon.kill()
      case .busGone: rig.bus.stop()
      }
      try await eventually("the motor to stop", on: rig.timeline) { await device.truth.speedMilliPPM == 0 }
      #expect(await device.truth.holder == nil)
      await peripheral.stop()
      await daemon.stop()
    }
  }

  @Test(arguments: [false, true])
  func `after bluetoothd was restarted it is registered again, and can be driven again`(isKilled: Bool) async throws {
    let rig = try PeripheralRig()
    try await rig.run {
      let air = EmulatedAir(timeline: rig.timeline)
      var daemon = try await rig.startDaemon(air: air)
      let device = SimulatedDevice(model: .elite, on: rig.timeline)
      let peripheral = try await rig.offer(device)
      for round in 1...3 {
        try await eventually("registration \(round)", on: rig.timeline) { rig.log.servingCount == round }
        let central = try await RawCentral.connect(over: try await rig.connect())
        try await central.startNotify(.percussControlPoint)
        try await RawDriver(central).drive()
        try await eventually("the motor to turn", on: rig.timeline) { await device.truth.speedMilliPPM > 0 }
        if isKilled { await daemon.kill() } else { await daemon.stop() }
        try await eventually("the motor to stop", on: rig.timeline) { await device.truth.speedMilliPPM == 0 }
        #expect(await !peripheral.isServing)
        #expect(rig.log.events.contains(.interrupted(.noBluetoothd)))
        daemon = try await rig.startDaemon(air: air)
      }
      await peripheral.stop()
      await daemon.stop()
    }
  }

  @Test func `an adapter that goes and comes back is used again, whatever its number`() async throws {
    let rig = try PeripheralRig()
    try await rig.run {
      let daemon = try await rig.startDaemon()
      let peripheral = try await rig.offer(SimulatedDevice(model: .mini, on: rig.timeline)) {
        $0.adapter = .address(PeripheralRig.peripheralAddress)
      }
      try await peripheral.serving(timeout: .seconds(10))
      await daemon.removeAdapter("hci1")
      try await eventually("the loss to be noticed", on: rig.timeline) { await !peripheral.isServing }
      #expect(
        rig.log.events.last
          == .interrupted(.noAdapter("00:AA:01:00:00:01", present: ["hci0 (00:AA:01:00:00:00)"])))
      await daemon.addAdapter(EmulatedAdapter(name: "hci4", address: PeripheralRig.peripheralAddress))
      try await peripheral.serving(timeout: .seconds(10))
      #expect(rig.log.events.last == .serving(adapter: "hci4"))
      await daemon.setPower(false, ofAdapter: "hci4")
      try await eventually("power off", on: rig.timeline) {
        rig.log.events.last == .interrupted(.notPowered(adapter: "hci4"))
      }
      await daemon.setPower(true, ofAdapter: "hci4")
      try await peripheral.serving(timeout: .seconds(10))
      _ = try await RawCentral.connect(over: try await rig.connect())
      await peripheral.stop()
      await daemon.stop()
    }
  }

  @Test func `without bluetoothd, adapter or power it says so, and begins when they are there`() async throws {
    let rig = try PeripheralRig()
    try await rig.run {
      let peripheral = try await rig.offer(SimulatedDevice(model: .mini, on: rig.timeline))
      await #expect(throws: PeripheralError.noBluetoothd) { try await peripheral.serving(timeout: .milliseconds(200)) }
      let daemon = try await rig.startDaemon(adapters: 1)
      let expected = PeripheralError.noAdapter("hci1", present: ["hci0 (00:AA:01:00:00:00)"])
      try await eventually("the lack of the adapter", on: rig.timeline) {
        do throws(PeripheralError) { try await peripheral.serving(timeout: .milliseconds(50)) } catch {
          return error == expected
        }
        return false
      }
      var adapter = EmulatedAdapter(name: "hci1")
      adapter.isPowered = false
      await daemon.addAdapter(adapter)
      try await eventually("the lack of power", on: rig.timeline) {
        do throws(PeripheralError) { try await peripheral.serving(timeout: .milliseconds(50)) } catch {
          return error == .notPowered(adapter: "hci1")
        }
        return false
      }
      await daemon.setPower(true, ofAdapter: "hci1")
      try await peripheral.serving(timeout: .seconds(10))
      await peripheral.stop()
      await #expect(throws: PeripheralError.stopped) { try await peripheral.serving(timeout: .seconds(10)) }
      await daemon.stop()
    }
  }

  @Test func `what is too long for an advertisement never reaches bluetoothd`() async throws {
    let rig = try PeripheralRig()
    try await rig.run {
      let daemon = try await rig.startDaemon()
      let expected = PeripheralError.advertisementTooLong(size: 35, limit: 31)
      await #expect(throws: expected) {
        try await rig.offer(SimulatedDevice(model: .mini, on: rig.timeline)) {
          $0.advertisement.manufacturerData = [0xFFFF: Array(0..<10)]
        }
      }
      await daemon.stop()
    }
  }

  @Test func `a device that switches itself off is not advertised until it is on again`() async throws {
    let rig = try PeripheralRig()
    try await rig.run {
      let daemon = try await rig.startDaemon()
      let peripheral = try await rig.offer(SimulatedDevice(model: .mini, on: rig.timeline))
      try await peripheral.serving(timeout: .seconds(10))
      let observer = RawCentral(over: try await rig.connect(), device: PeripheralRig.peripheralAddress)
      @Sendable func instances() async throws -> Int? {
        try await observer.objects()[BlueZ.namespace.appending("hci1")]?[BlueZ.Interface.advertisingManager]?[
          "ActiveInstances"]?.integer()
      }
      #expect(try await instances() == 1)
      await peripheral.setAdvertising(false)
      try await eventually("the end of advertising", on: rig.timeline) { try await instances() == 0 }
      await peripheral.setAdvertising(true)
      _ = try await RawCentral.connect(over: try await rig.connect())
      await peripheral.stop()
      await daemon.stop()
    }
  }
}
