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
      try await device.takeControl()
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
      try await device.takeControl()
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
