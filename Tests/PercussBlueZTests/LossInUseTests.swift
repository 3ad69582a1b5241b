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

/// The same while a link is in use.
@Suite(.serialized) struct LossInUseTests {
  @Test(arguments: Loss.allCases) func `while connected and quiet`(_ loss: Loss) async throws {
    try await EmulationBench.run { bench in
      let central = try await bench.central()
      let link = try await bench.connect(central)
      let log = EventLog(of: link, on: bench.timeline)
      let lost = bench.timeline.now
      await loss.happen(to: bench)
      try await log.wait { $0.isFinished }
      let end = try #require(await log.end)
      bench.expectNoticed(since: lost, at: end.at)
      await #expect(throws: LinkError.disconnected(end.reason)) { try await link.read(.percussFeature) }
      await #expect(throws: LinkError.disconnected(end.reason)) { try await link.subscribe(to: [.percussEvent]) }
      await link.disconnect()
      try await loss.checkRecovery(bench, central)
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
        bench.expectNoticed(since: lost, at: end)
        #expect(error.contains("the link to the device has ended"), "\(error)")
      }
      try await loss.checkRecovery(bench, central)
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
      while let sample = await telemetry.next(), sample.telemetry.speedPPM < 1_000 {}
      #expect(await bench.device.truth.speedMilliPPM > 0)
      let lost = bench.timeline.now
      await loss.happen(to: bench)
      while await telemetry.next() != nil {}
      bench.expectNoticed(since: lost)
      #expect(await !device.isConnected)
      await #expect(throws: DeviceError.self) { try await device.setSpeed(.ppm(2000)) }
      // Whatever was lost, the motor comes to rest: the link loss policy or the lease sees to it.
      try await eventually("the motor to rest", on: bench.timeline, within: .seconds(10)) {
        await bench.device.truth.speedMilliPPM == 0
      }
      try await loss.checkRecovery(bench, central)
    }
  }

  @Test(arguments: Loss.allCases) func `while subscribing`(_ loss: Loss) async throws {
    try await EmulationBench.run { bench in
      let central = try await bench.central()
      let link = try await bench.connect(central)
      // The response does not come: the calls stay under way, one for a descriptor, one for signals.
      await bench.beginOutage(.milliseconds(500))
      let timeline = bench.timeline
      let ends = [[BluetoothUUID.percussTelemetry], [.percussControlPoint]].map { characteristics in
        timeline.start {
          await #expect(throws: LinkError.self) { try await link.subscribe(to: characteristics) }
          return timeline.now
        }
      }
      try await timeline.sleep(for: .milliseconds(100))
      let lost = timeline.now
      await loss.happen(to: bench)
      for end in ends { bench.expectNoticed(since: lost, at: try await end.value) }
      try await loss.checkRecovery(bench, central)
    }
  }

  @Test(arguments: Loss.allCases) func `while uploading`(_ loss: Loss) async throws {
    try await EmulationBench.run { bench in
      let central = try await bench.central()
      let link = try await bench.connect(central)
      let device = try await Device.connect(over: link)
      try await device.takeControl()
      let timeline = bench.timeline
      let segments = (0..<200).map { index in
        RoutineSegment(
          kind: .hold, forceLimitDecinewtons: 0, speedFromPPM: 1900, speedToPPM: 1900,
          durationMilliseconds: UInt32(1_000 + index))
      }
      let uploading = timeline.start {
        do {
          // Again and again, so that it is under way.
          while true { try await device.upload(segments, to: 1) }
        } catch {
          return (timeline.now, "\(error)")
        }
      }
      try await timeline.sleep(for: .milliseconds(300))
      let lost = timeline.now
      await loss.happen(to: bench)
      let (end, error) = try await uploading.value
      bench.expectNoticed(since: lost, at: end)
      #expect(error.contains("ended"), "\(error)")
      try await loss.checkRecovery(bench, central)
    }
  }

  @Test(arguments: Loss.allCases) func `while disconnecting`(_ loss: Loss) async throws {
    var quirks = EmulationQuirks()
    quirks.disconnectDelay = .seconds(3)
    try await EmulationBench.run(quirks) { bench in
      let central = try await bench.central()
      let link = try await bench.connect(central)
      let timeline = bench.timeline
      let disconnecting = timeline.start {
        await link.disconnect()
        return timeline.now
      }
      try await timeline.sleep(for: .milliseconds(200))
      let lost = timeline.now
      await loss.happen(to: bench)
      bench.expectNoticed(since: lost, at: try await disconnecting.value)
      try await loss.checkRecovery(bench, central)
    }
  }
}
