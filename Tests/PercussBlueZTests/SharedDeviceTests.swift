import Glibc
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

@testable import PercussBlueZ

/// A device that other programs, or other tasks of this one, use at the same time: bluetoothd has its locks, and counts no users.
@Suite(.serialized) struct SharedDeviceTests {
  private static func run(
    _ change: (inout EmulationQuirks) -> Void = { _ in },
    _ test: @escaping @Sendable (EmulationBench, BlueZLink, EventLog) async throws -> Void
  ) async throws {
    var quirks = EmulationQuirks()
    change(&quirks)
    try await EmulationBench.run(quirks) { bench in
      let central = try await bench.central()
      let link = try await bench.connect(central)
      try await test(bench, link, EventLog(of: link, on: bench.timeline))
      await central.close()
    }
  }

  // MARK: Values

  @Test func `the echo of a read is no value, and hides none`() async throws {
    try await Self.run({ $0.offersAcquireNotify = false }) { bench, link, log in
      try await link.subscribe(to: [.percussEvent])
      for _ in 0..<10 { _ = try await link.read(.percussEvent) }
      #expect(await log.values(of: .percussEvent) == [])
      // Each press is one event, whatever is read meanwhile.
      let timeline = bench.timeline
      let reading = timeline.start {
        var values: Set<[UInt8]> = []
        while !Task.isCancelled { values.insert(try await link.read(.percussEvent)) }
        return values
      }
      for count in 1...5 {
        await bench.device.press(.shortPress)
        try await log.wait { $0.values(of: .percussEvent).count >= count }
      }
      reading.cancel()
      let read = try await reading.value
      // What comes late is waited for.
      try await timeline.sleep(for: .milliseconds(200))
      let events = await log.values(of: .percussEvent)
      #expect(Set(events).count == 5 && events.count == 5, "\(events)")
      #expect(!read.isEmpty)
    }
  }

  @Test func `a subscription that another program has ended is made anew`() async throws {
    try await Self.run { bench, link, log in
      try await link.subscribe(to: [.percussTelemetry])
      let other = try await bench.anotherCentral()
      for round in 1...2 {
        try await log.wait { !$0.values(of: .percussTelemetry).isEmpty }
        try await other.stopNotify(.percussTelemetry)
        let count = await log.values(of: .percussTelemetry).count
        try await log.wait(.seconds(10)) { $0.values(of: .percussTelemetry).count > count + 3 }
        #expect(await log.end == nil, "round \(round)")
      }
      await link.disconnect()
    }
  }

  @Test func `values come by signals where another program receives them so`() async throws {
    try await Self.run { bench, link, log in
      let other = try await bench.anotherCentral()
      try await other.startNotify(.percussTelemetry)
      try await link.subscribe(to: [.percussTelemetry])
      try await log.wait { $0.values(of: .percussTelemetry).count > 3 }
      // Its end of it is not ours.
      try await other.stopNotify(.percussTelemetry)
      let count = await log.values(of: .percussTelemetry).count
      try await log.wait { $0.values(of: .percussTelemetry).count > count + 3 }
      await link.disconnect()
    }
  }

  @Test func `values that another program has to itself are not to be had, and that is said`() async throws {
    try await Self.run { bench, link, log in
      let other = try await bench.anotherCentral()
      let descriptor = try #require(try await other.acquire("AcquireNotify", .percussTelemetry).take())
      do {
        try await link.subscribe(to: [.percussTelemetry])
        Issue.record("subscribed")
      } catch {
        guard case .unavailable(let text) = error as? LinkError else { throw error }
        #expect(text.contains("another program receives its values already"), "\(text)")
      }
      // It has not been taken away from whoever has it.
      await #expect(throws: DBusFailure.self) { try await other.acquire("AcquireNotify", .percussTelemetry) }
      close(descriptor)
      try await eventually("the descriptor to be given back", on: bench.timeline) {
        (try? await link.subscribe(to: [.percussTelemetry])) != nil
      }
      try await log.wait { !$0.values(of: .percussTelemetry).isEmpty }
      await link.disconnect()
    }
  }

  @Test func `what this program has just given back is waited for`() async throws {
    try await Self.run { bench, link, log in
      for _ in 0..<10 {
        try await link.subscribe(to: [.percussTelemetry])
        try await link.unsubscribe(from: [.percussTelemetry])
      }
      // bluetoothd is slow to find the descriptor closed: somebody has it still.
      let other = try await bench.anotherCentral()
      try await eventually("the descriptor to be given back", on: bench.timeline) {
        (try? await other.acquire("AcquireNotify", .percussTelemetry)).map { kept in
          bench.timeline.schedule(after: .milliseconds(300)) { if let number = kept.take() { close(number) } }
        } != nil
      }
      try await link.subscribe(to: [.percussTelemetry])
      let count = await log.values(of: .percussTelemetry).count
      try await log.wait { $0.values(of: .percussTelemetry).count > count + 2 }
      await link.disconnect()
    }
  }

  // MARK: Requests and commands

  /// Longer than any bound of this test, so that waiting for it shows.
  private static let stall: Duration = .seconds(20)

  @Test(arguments: [true, false])
  func `a stop passes a request that is under way`(_ isOwnRequest: Bool) async throws {
    try await EmulationBench.run { bench in
      let central = try await bench.central()
      let link = try await bench.connect(central)
      let device = try await Device.connect(over: link)
      try await device.takeControl(lease: .seconds(60))
      try await device.setSpeed(.ppm(1900), ramp: .milliseconds(50))
      for await sample in device.telemetry where sample.telemetry.speedPPM > 1_000 { break }
      let other = try await bench.anotherCentral()
      await bench.setFaults {
        $0.stalledWrites = 1
        $0.stall = Self.stall
      }
      let timeline = bench.timeline
      let stalled = timeline.start {
        if isOwnRequest {
          try await link.write([0], to: .percussControlPoint, type: .request)
        } else {
          try await other.write([0], to: .percussControlPoint)
        }
      }
      try await timeline.sleep(for: .milliseconds(300))
      await bench.setFaults { _ in }
      let stop = ControlRequest(sequence: 200, flags: [], body: .stop)
      let duration = try await bench.measure {
        // Twice in a row, and at once: the way past is there for as many as need it.
        async let first: Void = link.write(try stop.bytes(), to: .percussControlPoint, type: .command)
        async let second: Void = link.write(try stop.bytes(), to: .percussControlPoint, type: .command)
        _ = try await (first, second)
        for await sample in device.telemetry where sample.telemetry.speedPPM == 0 { break }
      }
      #expect(duration < .seconds(10))
      // Given back: requests of others are possible again as soon as theirs has ended.
      await link.disconnect()
      await #expect(throws: (any Error).self) { try await stalled.value }
      await central.close()
    }
  }

  @Test func `the way past a request is given back`() async throws {
    try await Self.run { bench, link, log in
      await bench.setFaults {
        $0.stalledWrites = 1
        $0.stall = .seconds(1)
      }
      let other = try await bench.anotherCentral()
      let stalled = bench.timeline.start { try await other.write([0x10], to: .percussControlPoint) }
      try await bench.timeline.sleep(for: .milliseconds(300))
      await bench.setFaults { _ in }
      let stop = ControlRequest(sequence: 1, flags: [], body: .stop)
      try await link.write(try stop.bytes(), to: .percussControlPoint, type: .command)
      _ = try? await stalled.value
      try await eventually("the descriptor to be given back", on: bench.timeline) {
        do {
          try await other.write([0x10], to: .percussControlPoint)
        } catch DBusFailure.refused(name: BlueZ.ErrorName.notPermitted, message: _) {
          return false
        } catch {
          // The device's own refusal.
        }
        return true
      }
      await link.disconnect()
    }
  }

  @Test func `a request waits for that of another program`() async throws {
    try await Self.run { bench, link, _ in
      await bench.setFaults {
        $0.stalledWrites = 1
        $0.stall = .seconds(1)
      }
      let other = try await bench.anotherCentral()
      let stalled = bench.timeline.start { try await other.write([0], to: .percussControlPoint) }
      try await bench.timeline.sleep(for: .milliseconds(300))
      await bench.setFaults { _ in }
      // The device's own answer, not that somebody else is at it.
      await #expect(throws: LinkError.attribute(.invalidAttributeValueLength, characteristic: .percussControlPoint)) {
        try await link.write([0x11], to: .percussControlPoint, type: .request)
      }
      _ = try? await stalled.value
      await link.disconnect()
    }
  }

  @Test func `a writer of one's own sends commands, keeps others out, and ends with the link`() async throws {
    try await Self.run { bench, link, log in
      let writer = try await link.acquireWriter(for: .percussClock)
      #expect(writer.maximumLength == 244)
      #expect(writer.send([]) == .unsuitable)
      #expect(writer.send([UInt8](repeating: 0, count: 245)) == .unsuitable)
      let other = try await bench.anotherCentral()
      await #expect(throws: DBusFailure.self) { try await other.write([1], to: .percussClock, type: "command") }
      try await link.subscribe(to: [.percussClock])
      let ping = try ClockRequest(sequence: 9, centralTimeMicroseconds: 0).bytes()
      #expect(writer.send(ping) == .sent)
      try await log.wait { !$0.values(of: .percussClock).isEmpty }
      // The same door for everybody of this program.
      try await link.write(ping, to: .percussClock, type: .command)
      try await log.wait { $0.values(of: .percussClock).count == 2 }
      writer.close()
      #expect(writer.send(ping) == .closed)
      let again = try await eventuallyAcquired(link, bench)
      await link.disconnect()
      #expect(again.send(ping) == .closed)
    }
  }

  private func eventuallyAcquired(_ link: BlueZLink, _ bench: EmulationBench) async throws -> AcquiredWriter {
    try await link.write(
      try ClockRequest(sequence: 1, centralTimeMicroseconds: 0).bytes(), to: .percussClock, type: .command)
    return try await link.acquireWriter(for: .percussClock)
  }

  @Test func `commands are held back, however fast they are written`() async throws {
    try await Self.run { bench, link, _ in
      // One connection event carries a few; the others are queued in bluetoothd, which has no limit of its own.
      let chunk = [UInt8](repeating: 7, count: 200)
      let timeline = bench.timeline
      let writing = timeline.start {
        for _ in 0..<100 { try await link.write(chunk, to: .percussRoutineData, type: .command) }
      }
      var most = 0
      let hasEnded = Mutex(false)
      timeline.start {
        _ = try? await writing.value
        hasEnded.withLock { $0 = true }
      }
      while !hasEnded.withLock({ $0 }) {
        most = max(most, await bench.queuedCommands())
        try await timeline.sleep(for: .milliseconds(2))
      }
      try await writing.value
      #expect(most > 0 && most <= WritePacer.limit + WritePacer.urgentReserve, "\(most) commands were queued")
      await link.disconnect()
    }
  }

  // MARK: The end

  @Test func `another program ends the connection, and that is told`() async throws {
    try await Self.run { bench, link, log in
      let other = try await bench.anotherCentral()
      let begin = bench.timeline.now
      try await other.disconnect()
      try await log.wait { $0.isFinished }
      let end = try #require(await log.end)
      #expect(end.reason == .unstated)
      #expect(begin.duration(to: end.at) < .seconds(10))
      await #expect(throws: LinkError.disconnected(.unstated)) { try await link.read(.percussFeature) }
    }
  }

  @Test func `a device that another program uses is shared, and its link outlives ours`() async throws {
    try await EmulationBench.run { bench in
      let other = try await bench.anotherCentral()
      let central = try await bench.central()
      let link = try await bench.connect(central)
      #expect(!link.beganConnection)
      #expect(try await link.read(.percussFeature) == other.read(.percussFeature))
      // A second link of the same program would take the values of the first.
      await #expect(throws: LinkError.self) { try await bench.connect(central) }
      try await other.disconnect()
      await central.close()
    }
  }
}
