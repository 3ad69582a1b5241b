import Foundation
import PercussBlueZ
import PercussClient
import PercussCore
import PercussDBus
import PercussTime
import Testing

@testable import PercussSimulator

/// How a simulator begins and ends.
@Suite(.timeLimit(.minutes(2))) struct SimulatorTests {
  @Test func `a second one on the same bus is told who has the name`() async throws {
    let bench = try await SimulatorBench()
    let timeline = bench.timeline
    await #expect {
      _ = try await Simulator.start(
        SimulatorConfiguration(deviceCount: 1, seed: 0), on: bench.bus.address, timeline: timeline)
    } throws: { error in
      guard case SimulatorError.nameTaken("org.bluez", let owner) = error else { return false }
      return owner.contains("process \(getpid())") && "\(error)".contains("--bus")
    }
    // The first one has not noticed.
    #expect(try await bench.device("ReadTruth").count == 1)
  }

  @Test func `a bus that is not there is unreachable, and said so`() async throws {
    let timeline = RealTimeline(name: "simulator-test")
    defer { timeline.shutDown() }
    await #expect {
      _ = try await Simulator.start(
        SimulatorConfiguration(deviceCount: 1, seed: 0), on: BusAddress(path: "/nonexistent/bus"), timeline: timeline)
    } throws: { error in
      guard case SimulatorError.bus(.unreachable) = error else { return false }
      return true
    }
  }

  @Test func `when the bus dies every motor is stopped`() async throws {
    let bench = try await SimulatorBench(SimulatorConfiguration(deviceCount: 3, seed: 0))
    let device = try await bench.connect()
    try await bench.timeline.run {
      try await device.takeControl(lease: .seconds(30))
      try await device.setSpeed(.ppm(1900))
    }
    kill(bench.bus.process, SIGKILL)
    let end = await bench.simulator.waitForEnd()
    #expect(end == .busLost)
    for hosted in await bench.simulator.devices.values {
      let truth = await hosted.device.truth
      #expect(truth.speedMilliPPM == 0)
    }
    #expect(bench.notes.messages.contains("the connection to the bus has ended; stopping every motor"))
  }

  @Test func `a stop leaves motors at rest and names without owners`() async throws {
    let bench = try await SimulatorBench()
    let device = try await bench.connect()
    try await bench.timeline.run {
      try await device.takeControl(lease: .seconds(30))
      try await device.setSpeed(.ppm(1900))
    }
    try await bench.timeline.sleep(for: .milliseconds(300))
    await bench.simulator.stop()
    let end = await bench.simulator.waitForEnd()
    #expect(end == .stopped)
    let truth = try #require(await bench.simulator.devices.values.first).device
    #expect(await truth.truth.speedMilliPPM == 0)
    for name in ["org.bluez", "org.percuss.Simulator"] {
      let bus = try #require(ObjectPath("/org/freedesktop/DBus"))
      let owned = try await bench.call(
        bus, "org.freedesktop.DBus", "NameHasOwner", [.string(name)], destination: "org.freedesktop.DBus")
      #expect(owned == [.boolean(false)])
    }
  }

  @Test func `without the control interface only org.bluez is there`() async throws {
    var configuration = SimulatorConfiguration(deviceCount: 1, seed: 0)
    configuration.offersControl = false
    let bench = try await SimulatorBench(configuration)
    let refusal = try await bench.refusal { try await bench.device("ReadTruth") }
    #expect(refusal.name == "org.freedesktop.DBus.Error.ServiceUnknown" || refusal.name.hasSuffix("NameHasNoOwner"))
  }

  @Test func `the objects of one that was dropped have nothing to say`() async {
    // In a process of its own, which a call of what is gone would end.
    await #expect(processExitsWith: .success) {
      let bus = try PrivateBus.start()
      let timeline = RealTimeline(name: "simulator-test")
      let left = try await droppedSimulator(on: bus.address, timeline)
      for _ in 0..<1_000 where left.simulator != nil { try await timeline.sleep(for: .milliseconds(10)) }
      guard left.simulator == nil else { exit(1) }
      let values = try await timeline.run {
        left.objects.map { $0.property("Devices", of: "") ?? $0.property("Name", of: "") }
      }
      guard values == [nil, nil] else { exit(2) }
      bus.stop()
    }
  }

  @Test(arguments: [nil, .justWorks, .rejects] as [PairingBehaviour?])
  func `on an adapter it answers pairings only where it was told how`(pairing: PairingBehaviour?) async throws {
    let bench = try await SimulatorBench(SimulatorConfiguration(deviceCount: 0, seed: 0))
    func agents() async throws -> Bool {
      let adapter = try #require(ObjectPath("/org/bluez/hci0"))
      let values = try await bench.call(
        adapter, "org.freedesktop.DBus.Properties", "Get", [.string("org.bluez.Adapter1"), .string("Pairable")],
        destination: "org.bluez")
      return try #require(values.first).content.bool == true
    }
    #expect(try await !agents())
    var configuration = SimulatorConfiguration(deviceCount: 1, seed: 0)
    configuration.offersControl = false
    configuration.devices[0].pairing = pairing
    configuration.devices[0].requiresPairing = pairing != nil
    let simulator = try await Simulator.start(
      configuration, onAdapter: .default, of: bench.bus.address, timeline: bench.timeline)
    #expect(try await agents() == (pairing != nil))
    // Its GATT application is on some connection behind that of the bench.
    let names = try await bench.call(
      try #require(ObjectPath("/org/freedesktop/DBus")), "org.freedesktop.DBus", "ListNames", [],
      destination: "org.freedesktop.DBus")
    var flags: [String] = []
    for name in names.first?.strings ?? [] where name.hasPrefix(":") && name != bench.client.uniqueName {
      let tree = try? await bench.call(
        try #require(ObjectPath("/org/percuss/peripheral/application")), "org.freedesktop.DBus.ObjectManager",
        "GetManagedObjects", [], destination: name)
      for object in tree?.first?.entries ?? [] {
        for interface in object.value.entries ?? [] {
          flags += interface.value.propertyMap?["Flags"]?.strings ?? []
        }
      }
    }
    #expect(flags.contains("indicate"))
    #expect(Set(flags.filter { $0.hasPrefix("encrypt") }) == (pairing == nil ? [] : ["encrypt-read", "encrypt-write"]))
    await simulator.stop()
    #expect(try await !agents())
  }

  @Test func `a number to pair by is the emulation's alone`() async throws {
    let bench = try await SimulatorBench(SimulatorConfiguration(deviceCount: 0, seed: 0))
    for pairing in [PairingBehaviour.comparison(7), .passkey(7)] {
      var configuration = SimulatorConfiguration(deviceCount: 1, seed: 0)
      configuration.devices[0].pairing = pairing
      await #expect(throws: SimulatorError.pairingNumber(7)) {
        _ = try await Simulator.start(
          configuration, onAdapter: .default, of: bench.bus.address, timeline: bench.timeline)
      }
    }
  }

  @Test func `an adapter serves one device`() async throws {
    let bench = try await SimulatorBench()
    let timeline = bench.timeline
    await #expect(throws: SimulatorError.oneDevice(2)) {
      _ = try await Simulator.start(
        SimulatorConfiguration(deviceCount: 2, seed: 0), onAdapter: .default, of: bench.bus.address,
        timeline: timeline)
    }
  }
}

/// What is left of a simulator.
private struct Remains {
  weak let simulator: Simulator?
  let objects: [any ExportedObject]
}

private func droppedSimulator(on address: BusAddress, _ timeline: RealTimeline) async throws -> Remains {
  let simulator = try await Simulator.start(
    SimulatorConfiguration(deviceCount: 1, seed: 0), on: address, timeline: timeline)
  let device = try #require(await simulator.deviceList.first).address
  return Remains(simulator: simulator, objects: [SimulatorObject(of: simulator), DeviceObject(device, of: simulator)])
}
