import PercussBlueZ
import PercussClient
import PercussDBus
import PercussGATT
import PercussLink
import PercussSimulator
import PercussTime
import Testing

/// What becomes of bluetoothd under a central.
enum Loss: String, CaseIterable, Sendable, CustomTestStringConvertible {
  /// It is asked to end: objects are removed, the name is given back.
  case stopped
  /// It is killed: only the bus tells.
  case killed
  case adapterRemoved
  case adapterOff

  var testDescription: String { rawValue }

  func happen(to bench: EmulationBench) async {
    switch self {
    case .stopped: await bench.stop()
    case .killed: await bench.kill()
    case .adapterRemoved: await bench.removeAdapter()
    case .adapterOff: await bench.setPower(false)
    }
  }

  func mend(_ bench: EmulationBench) async throws {
    switch self {
    case .stopped, .killed: try await bench.start()
    case .adapterRemoved: await bench.addAdapter()
    case .adapterOff: await bench.setPower(true)
    }
  }
}

/// bluetoothd, its adapter or the adapter's power goes, in every phase of a central's life: noticed within a second, and the next operation works or says why.
@Suite(.serialized) struct LossTests {
  /// Noticed within this time, by requirement.
  static let bound: Duration = .seconds(1)

  /// The next operation says why, or works; once things are mended, it works.
  private func checkRecovery(
    _ bench: EmulationBench, _ central: BlueZCentral, after loss: Loss
  ) async throws {
    let duration = await bench.measure {
      do {
        _ = try await central.connect(to: EmulationBench.id, timeout: .seconds(1))
        Issue.record("connected without bluetoothd or adapter")
      } catch {
        guard case .unavailable(let text) = error as? LinkError else {
          Issue.record("\(error)")
          return
        }
        #expect(text.contains("bluetoothctl") || text.contains("systemctl start bluetooth"), "\(text)")
      }
    }
    #expect(duration < .seconds(3))
    try await loss.mend(bench)
    let link = try await bench.connect(central)
    let device = try await Device.connect(over: link)
    try await device.takeControl()
    try await device.stop()
    await device.disconnect()
    await central.close()
  }

  @Test(arguments: Loss.allCases) func `while idle`(_ loss: Loss) async throws {
    try await EmulationBench.run { bench in
      let central = try await bench.central()
      await loss.happen(to: bench)
      try await checkRecovery(bench, central, after: loss)
    }
  }

  @Test(arguments: Loss.allCases) func `while scanning`(_ loss: Loss) async throws {
    try await EmulationBench.run { bench in
      let central = try await bench.central()
      let devices = try await central.scan(for: [], duration: .seconds(30))
      var iterator = devices.makeAsyncIterator()
      _ = await iterator.next()
      await loss.happen(to: bench)
      let lost = bench.timeline.now
      while await iterator.next() != nil {}
      #expect(lost.duration(to: bench.timeline.now) < Self.bound)
      try await checkRecovery(bench, central, after: loss)
    }
  }

  @Test(arguments: Loss.allCases) func `while connecting`(_ loss: Loss) async throws {
    try await EmulationBench.run { bench in
      let central = try await bench.central()
      _ = try await central.find(EmulationBench.deviceName, timeout: .seconds(5))
      // Nobody answers: `Connect` stays under way.
      await bench.setAdvertising(false)
      let timeline = bench.timeline
      let connecting = timeline.start {
        do {
          _ = try await central.connect(to: EmulationBench.id, timeout: .seconds(30))
          return MonotonicInstant.distantFuture
        } catch {
          return timeline.now
        }
      }
      try await timeline.sleep(for: .milliseconds(200))
      let lost = timeline.now
      await loss.happen(to: bench)
      let end = try await connecting.value
      #expect(lost.duration(to: end) < Self.bound)
      await bench.setAdvertising(true)
      try await checkRecovery(bench, central, after: loss)
    }
  }

  @Test(arguments: Loss.allCases) func `while services are resolved`(_ loss: Loss) async throws {
    var quirks = EmulationQuirks()
    quirks.servicesResolved = .never
    try await EmulationBench.run(quirks) { bench in
      let central = try await bench.central()
      let timeline = bench.timeline
      let connecting = timeline.start {
        do {
          _ = try await central.connect(to: EmulationBench.id, timeout: .seconds(30))
          return MonotonicInstant.distantFuture
        } catch {
          return timeline.now
        }
      }
      while await central.knownDevices().first?.isConnected != true { try await timeline.sleep(for: .milliseconds(10)) }
      let lost = timeline.now
      await bench.setQuirks(EmulationQuirks())
      await loss.happen(to: bench)
      let end = try await connecting.value
      #expect(lost.duration(to: end) < Self.bound)
      try await checkRecovery(bench, central, after: loss)
    }
  }

  @Test(arguments: Loss.allCases) func `while connected and quiet`(_ loss: Loss) async throws {
    try await EmulationBench.run { bench in
      let central = try await bench.central()
      let link = try await bench.connect(central)
      let log = EventLog(of: link, on: bench.timeline)
      let lost = bench.timeline.now
      await loss.happen(to: bench)
      try await log.wait { $0.isFinished }
      let end = try #require(await log.end)
      #expect(lost.duration(to: end.at) < Self.bound)
      await #expect(throws: LinkError.disconnected(end.reason)) { try await link.read(.percussFeature) }
      await #expect(throws: LinkError.disconnected(end.reason)) { try await link.subscribe(to: [.percussEvent]) }
      await link.disconnect()
      try await checkRecovery(bench, central, after: loss)
    }
  }

  @Test(arguments: Loss.allCases) func `while writing`(_ loss: Loss) async throws {
    try await EmulationBench.run { bench in
      let central = try await bench.central()
      let link = try await bench.connect(central)
      let timeline = bench.timeline
      // Requests and commands at once, until they fail.
      let requests = timeline.start {
        while true {
          do { _ = try await link.read(.percussFeature) } catch { return (timeline.now, "\(error)") }
        }
      }
      let commands = timeline.start {
        let chunk = [UInt8](repeating: 0, count: 100)
        while true {
          do {
            try await link.write([0x01] + chunk, to: .percussRoutineData, type: .command)
          } catch {
            return (timeline.now, "\(error)")
          }
        }
      }
      try await timeline.sleep(for: .milliseconds(300))
      let lost = timeline.now
      await loss.happen(to: bench)
      let ends = [try await requests.value, try await commands.value]
      for (end, error) in ends {
        #expect(lost.duration(to: end) < Self.bound)
        #expect(error.contains("the link to the device has ended"), "\(error)")
      }
      try await checkRecovery(bench, central, after: loss)
    }
  }

  @Test(arguments: Loss.allCases) func `while values stream in`(_ loss: Loss) async throws {
    try await EmulationBench.run { bench in
      let central = try await bench.central()
      let link = try await bench.connect(central)
      let device = try await Device.connect(over: link)
      try await device.takeControl()
      try await device.setSpeed(.ppm(1900))
      var telemetry = device.telemetry.makeAsyncIterator()
      for _ in 0..<3 { _ = await telemetry.next() }
      let lost = bench.timeline.now
      await loss.happen(to: bench)
      while await telemetry.next() != nil {}
      #expect(lost.duration(to: bench.timeline.now) < Self.bound)
      #expect(await !device.isConnected)
      await #expect(throws: DeviceError.self) { try await device.setSpeed(.ppm(2000)) }
      // Whatever was lost, the motor comes to rest: the link loss policy or the lease sees to it.
      try await checkRecovery(bench, central, after: loss)
    }
  }

  @Test func `an adapter that comes back under another number is the same adapter`() async throws {
    var quirks = EmulationQuirks()
    quirks.adaptersAreRenumbered = true
    quirks.adapterVanishesSilently = true
    try await EmulationBench.run(quirks) { bench in
      let central = try await bench.central(.name("hci0"))
      let address = try #require(await central.adapter?.address)
      let link = try await bench.connect(central)
      let log = EventLog(of: link, on: bench.timeline)
      await bench.removeAdapter()
      try await log.wait(.seconds(1)) { $0.isFinished }
      #expect(await central.adapter == nil)
      await bench.addAdapter()
      let again = try await bench.connect(central)
      #expect(await central.adapter?.name == "hci1")
      #expect(await central.adapter?.address == address)
      await again.disconnect()
      await central.close()
    }
  }

  @Test func `a device that bluetoothd removes is not connected any more`() async throws {
    try await EmulationBench.run { bench in
      let central = try await bench.central()
      let link = try await bench.connect(central)
      let log = EventLog(of: link, on: bench.timeline)
      try await central.removeBond(EmulationBench.id)
      try await log.wait(.seconds(1)) { $0.isFinished }
      #expect(await central.knownDevices().isEmpty)
      let again = try await bench.connect(central)
      await again.disconnect()
      await central.close()
    }
  }

  @Test func `a device whose power fails is gone after the supervision timeout`() async throws {
    try await EmulationBench.run { bench in
      let central = try await bench.central()
      let link = try await bench.connect(central)
      let log = EventLog(of: link, on: bench.timeline)
      await bench.cutPower()
      try await log.wait(.seconds(3)) { $0.isFinished }
      await #expect(throws: LinkError.self) { try await bench.connect(central, timeout: .seconds(1)) }
      await central.close()
    }
  }

  @Test func `nothing is there, and that is said`() async throws {
    try await EmulationBench.run(startsDaemon: false) { bench in
      let timeline = bench.timeline
      func reason(_ open: () async throws -> BlueZCentral) async -> String {
        do {
          _ = try await open()
          return "it opened"
        } catch {
          return "\(error)"
        }
      }
      let noService = await reason {
        try await BlueZCentral.open(bus: bench.bus.address, on: timeline, patience: .milliseconds(200))
      }
      #expect(noService.contains("systemctl start bluetooth"))
      let noBus = await reason {
        try await BlueZCentral.open(bus: BusAddress(path: "/nonexistent/bus"), on: timeline)
      }
      #expect(noBus.contains("/nonexistent/bus"))
      try await bench.start()
      await bench.setPower(false)
      let off = await reason {
        try await BlueZCentral.open(bus: bench.bus.address, on: timeline, patience: .milliseconds(200))
      }
      #expect(off.contains("bluetoothctl power on"))
      let other = await reason {
        try await BlueZCentral.open(
          bus: bench.bus.address, adapter: .name("hci7"), on: timeline, patience: .milliseconds(200))
      }
      #expect(other.contains("hci7") && other.contains("hci0"))
      await bench.removeAdapter()
      let none = await reason {
        try await BlueZCentral.open(bus: bench.bus.address, on: timeline, patience: .milliseconds(200))
      }
      #expect(none.contains("rfkill"))
    }
  }
}
