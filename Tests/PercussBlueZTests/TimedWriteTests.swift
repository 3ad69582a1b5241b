import PercussClient
import PercussCore
import PercussGATT
import PercussLink
import PercussTime
import PercussWire
import Synchronization
import Testing

@testable import PercussBlueZ
@testable import PercussSimulator

/// Requests that the deadline thread writes into the descriptor of `AcquireWrite`, on the emulated bluetoothd.
@Suite(.serialized) struct TimedWriteTests {
  private static func run(
    _ quirks: EmulationQuirks = EmulationQuirks(),
    _ test: @escaping @Sendable (EmulationBench, BlueZLink, Device) async throws -> Void
  ) async throws {
    try await EmulationBench.run(quirks) { bench in
      let thread = try DeadlineThread(on: bench.timeline)
      defer { thread.shutDown() }
      let central = try await bench.central()
      let link = try await bench.connect(central)
      let device = try await Device.connect(over: link)
      await device.useDeadlineThread(thread)
      try await device.takeControl(lease: .seconds(20))
      try await test(bench, link, device)
      await device.disconnect()
      await central.close()
    }
  }

  /// Sends a speed at an instant; returns how late it was handed over.
  private static func lead(_ device: Device, _ ppm: UInt16, after delay: Duration) async throws -> Duration {
    let due = device.timeline.now.advanced(by: delay)
    let handedOver = Mutex<MonotonicInstant?>(nil)
    _ = try await device.perform(.setSpeed(speedPPM: ppm, rampMilliseconds: 0), timing: .init(due: due)) { instant in
      handedOver.withLock { $0 = instant }
    }
    return due.duration(to: try #require(handedOver.withLock { $0 }))
  }

  @Test func `the thread writes them, none early, and each is answered`() async throws {
    try await Self.run { bench, _, device in
      for round in 0..<10 {
        let late = try await Self.lead(device, round.isMultiple(of: 2) ? 1900 : 2000, after: .milliseconds(60))
        #expect(late >= .zero)
      }
      let writes = await device.timedWrites
      #expect(writes.byThread >= 8, "\(writes)")
      #expect(await device.latestTelemetry?.telemetry.targetPPM ?? 0 > 0)
      try await device.stop()
    }
  }

  @Test func `between them the way is free for the stop of another program`() async throws {
    try await Self.run { bench, _, device in
      _ = try await Self.lead(device, 1900, after: .milliseconds(60))
      let other = try await bench.anotherCentral()
      let stop = try ControlRequest(sequence: 0, flags: [], body: .stop).bytes()
      try await eventually("a stop of another program to be taken", on: bench.timeline) {
        (try? await other.write(stop, to: .percussControlPoint)) != nil
      }
      try await eventually("the motor to rest", on: bench.timeline) {
        await device.latestTelemetry?.telemetry.targetPPM == 0
      }
    }
  }

  @Test func `a stop goes past what is armed, and that is never written`() async throws {
    try await Self.run { bench, _, device in
      _ = try await Self.lead(device, 1900, after: .milliseconds(60))
      let due = bench.timeline.now.advanced(by: .milliseconds(400))
      let wasHandedOver = Mutex(false)
      let armed = bench.timeline.start {
        try await device.perform(.setSpeed(speedPPM: 2400, rampMilliseconds: 0), timing: .init(due: due)) { _ in
          wasHandedOver.withLock { $0 = true }
        }
      }
      // Until it has the descriptor.
      try await bench.timeline.sleep(for: .milliseconds(100))
      try await device.stop()
      await #expect { try await armed.value } throws: { ($0 as? DeviceError)?.reason == .stopped }
      try await bench.timeline.sleep(until: due.advanced(by: .milliseconds(300)))
      #expect(!wasHandedOver.withLock { $0 })
      #expect(await device.latestTelemetry?.telemetry.targetPPM == 0)
    }
  }

  @Test func `however many there were, a stop finds its way`() async throws {
    try await Self.run { bench, link, device in
      // More than the link lets wait without an answer to a request, one after the other.
      for round in 0..<30 {
        _ = try await Self.lead(device, round.isMultiple(of: 2) ? 1900 : 2000, after: .milliseconds(40))
      }
      let stop = try ControlRequest(sequence: 250, flags: [], body: .stop).bytes()
      let duration = try await bench.measure {
        try await link.write(stop, to: .percussControlPoint, type: .command)
      }
      #expect(duration < .seconds(2))
      try await device.stop()
    }
  }

  @Test func `the stop of another program gets through while one command follows the other`() async throws {
    try await Self.run { bench, _, device in
      let leading = bench.timeline.start {
        for round in 0..<200 {
          _ = try await Self.lead(device, round.isMultiple(of: 2) ? 1900 : 2000, after: .milliseconds(40))
        }
      }
      try await bench.timeline.sleep(for: .milliseconds(500))
      let other = try await bench.anotherCentral()
      let stop = try ControlRequest(sequence: 0, flags: [], body: .stop).bytes()
      try await eventually("a stop of another program to be taken", on: bench.timeline) {
        (try? await other.write(stop, to: .percussControlPoint)) != nil
      }
      leading.cancel()
      _ = try? await leading.value
      try await device.stop()
    }
  }

  @Test func `what is due far ahead is refused, since nothing else is sent before it`() async throws {
    try await Self.run { _, _, device in
      await #expect {
        _ = try await Self.lead(device, 1900, after: .seconds(5))
      } throws: { error in
        if case .invalidArgument = (error as? DeviceError)?.reason { true } else { false }
      }
    }
  }

  @Test func `without a descriptor the timeline writes them`() async throws {
    var quirks = EmulationQuirks()
    quirks.offersAcquireWrite = false
    try await Self.run(quirks) { _, _, device in
      #expect(try await Self.lead(device, 1900, after: .milliseconds(60)) >= .zero)
      #expect(await device.timedWrites.byThread == 0)
      #expect(await device.timedWrites.byTimeline == 1)
      try await device.stop()
    }
  }
}
