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

/// One way in which a bluetoothd differs from the ordinary.
struct Quirk: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let quirks: EmulationQuirks
  /// Whether connecting must succeed; else it must end with a typed error.
  var connects = true

  init(_ name: String, connects: Bool = true, _ change: (inout EmulationQuirks) -> Void) {
    testDescription = name
    var quirks = EmulationQuirks()
    change(&quirks)
    self.quirks = quirks
    self.connects = connects
  }

  static let orders: [Quirk] = EmulationQuirks.ConnectedSignal.allCases.flatMap { connected in
    EmulationQuirks.ServicesResolved.allCases.map { resolved in
      Quirk("Connected \(connected), services \(resolved)", connects: resolved != .never) {
        $0.connectedSignal = connected
        $0.servicesResolved = resolved
      }
    }
  }

  static let others: [Quirk] = [
    Quirk("slow resolution") { $0.resolutionDelay = .milliseconds(500) },
    Quirk("one stuck StopDiscovery") { $0.stuckStopDiscoveries = 1 },
    Quirk("two stuck StopDiscovery") { $0.stuckStopDiscoveries = 2 },
    Quirk("discovery needs the transport filter") { $0.discoveryNeedsTransportFilter = true },
    Quirk("large RSSI changes only") { $0.signalsLargeRSSIChangesOnly = true },
    Quirk("devices are soon forgotten") { $0.temporaryTimeout = .milliseconds(50) },
    Quirk("the end of discovery evicts") { $0.discoveryEndEvicts = true },
    Quirk("two aborted connects") { $0.abortedConnects = 2 },
    Quirk("two aborted connects that evict") {
      $0.abortedConnects = 2
      $0.abortEvicts = true
    },
    Quirk("aborted, evicting, and forgetful") {
      $0.abortedConnects = 1
      $0.abortEvicts = true
      $0.discoveryEndEvicts = true
      $0.connectedSignal = .missing
      $0.servicesResolved = .beforeObjects
    },
    Quirk("slow disconnect") { $0.disconnectDelay = .seconds(2) },
    Quirk("the signal Disconnected") { $0.sendsDisconnectedSignal = true },
    Quirk("no AcquireNotify") { $0.offersAcquireNotify = false },
    Quirk("no AcquireWrite") { $0.offersAcquireWrite = false },
    Quirk("no descriptors at all") {
      $0.offersAcquireNotify = false
      $0.offersAcquireWrite = false
    },
    Quirk("AcquireNotify for indications") { $0.acquiresIndications = true },
    Quirk("services are forgotten") { $0.forgetsServices = true },
    Quirk("bursts are reordered") { $0.reordersBursts = true },
    Quirk("as slow as the real one") { $0 = .withRealDelays },
  ]
}

/// Our client against every switchable behaviour of bluetoothd: a whole life, twice, in bounded time.
@Suite(.serialized) struct QuirkTests {
  @Test(arguments: Quirk.orders + Quirk.others)
  func `lives through`(_ quirk: Quirk) async throws {
    try await EmulationBench.run(quirk.quirks) { bench in
      let central = try await bench.central()
      for round in 0..<2 {
        guard quirk.connects else {
          let duration = await bench.measure {
            await #expect(throws: LinkError.self) { try await bench.connect(central, timeout: .seconds(3)) }
          }
          #expect(duration < .seconds(5))
          continue
        }
        if round == 1 {
          var isFound = false
          for await device in try await central.scan(for: [.percussService], duration: .seconds(2)) {
            isFound = device.id == EmulationBench.id
            if isFound { break }
          }
          #expect(isFound)
        }
        let link = try await bench.connect(central)
        let device = try await Device.connect(over: link)
        try await device.takeControl()
        try await device.setSpeed(.ppm(1900), ramp: .milliseconds(100))
        var samples = 0
        for await sample in device.telemetry {
          samples += 1
          if samples >= 3, sample.telemetry.speedPPM > 0 { break }
        }
        let segments = (0..<20).map { _ in
          RoutineSegment(
            kind: .hold, forceLimitDecinewtons: 0, speedFromPPM: 1900, speedToPPM: 1900, durationMilliseconds: 1_000)
        }
        try await device.stop()
        for await sample in device.telemetry where sample.telemetry.state == .idle { break }
        try await device.upload(segments, to: 1)
        let duration = await bench.measure { await device.disconnect() }
        #expect(duration < .seconds(4))
        #expect(await !device.isConnected)
      }
      await central.close()
    }
  }
}
