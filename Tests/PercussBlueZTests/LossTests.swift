import Glibc
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

/// bluetoothd, its bus, its adapter or the adapter's power goes while a central has no link yet: noticed within a second, and the next operation works or says
/// why.
@Suite(.serialized) struct LossTests {
  @Test(arguments: Loss.allCases) func `while idle`(_ loss: Loss) async throws {
    try await EmulationBench.run { bench in
      let central = try await bench.central()
      await loss.happen(to: bench)
      try await loss.checkRecovery(bench, central)
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
      bench.expectNoticed(since: lost)
      try await loss.checkRecovery(bench, central)
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
      bench.expectNoticed(since: lost, at: end)
      await bench.setAdvertising(true)
      try await loss.checkRecovery(bench, central)
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
      bench.expectNoticed(since: lost, at: end)
      try await loss.checkRecovery(bench, central)
    }
  }

  @Test(arguments: Loss.allCases) func `while pairing`(_ loss: Loss) async throws {
    try await EmulationBench.run { bench in
      let central = try await bench.central()
      await bench.secure([], .comparison(1))
      let timeline = bench.timeline
      let asked = AsyncStream.makeStream(of: Void.self)
      var agent = PairingAgent()
      agent.confirm = { _, _ in
        asked.continuation.finish()
        try? await timeline.sleep(for: .seconds(100))
        return true
      }
      let questioning = agent
      let pairing = timeline.start {
        await #expect(throws: LinkError.self) {
          try await central.pair(EmulationBench.id, agent: questioning, timeout: .seconds(60))
        }
        return timeline.now
      }
      for await _ in asked.stream {}
      let lost = timeline.now
      await loss.happen(to: bench)
      bench.expectNoticed(since: lost, at: try await pairing.value)
      await bench.secure([])
      try await loss.checkRecovery(bench, central)
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

  @Test func `a bus that does not answer is given up in time`() async throws {
    try await EmulationBench.run { bench in
      let daemon = bench.bus.process
      kill(daemon, SIGSTOP)
      defer { kill(daemon, SIGCONT) }
      let duration = await bench.measure {
        await #expect(throws: LinkError.self) {
          try await BlueZCentral.open(bus: bench.bus.address, on: bench.timeline, patience: .seconds(1))
        }
      }
      #expect(duration < .seconds(6))
    }
  }
}
