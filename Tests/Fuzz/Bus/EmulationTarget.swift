import PercussBlueZ
import PercussCore
import PercussDBus
import PercussGATT
import PercussSimulator
import PercussTime

/// The emulated bluetoothd with two devices and a random mix of its quirks, amid clients that keep no rule.
let emulationTarget = FuzzTarget("emulation", against: { HostileClients(seed: $0) }) { address, seed, timeline in
  var values = RandomValues(seed: ~seed)
  guard let emulation = await emulation(at: address, seed, randomQuirks(&values), timeline) else { return }
  for _ in 0..<values.number(2...8) {
    try? await timeline.sleep(for: .milliseconds(150))
    switch values.number(0...15) {
    case 0:
      await emulation.setPower(false, ofAdapter: "hci0")
      await emulation.setPower(true, ofAdapter: "hci0")
    case 1:
      await emulation.removeAdapter("hci0")
      await emulation.addAdapter(EmulatedAdapter())
    case 2: await emulation.setQuirks(randomQuirks(&values))
    case 3: if let address = BluetoothAddress(Tree.address) { await emulation.remove(address) }
    default: break
    }
  }
  if values.chance(0.5) { await emulation.stop() } else { await emulation.kill() }
  await emulation.bus.close()
}

/// The emulation for a long time, with clients that come, do this and that, and leave: what it holds is bounded by who is there, not by who has been.
let crowdTarget = FuzzTarget(
  lasting: "crowd", allowance: .init(forEachMessage: 512, atMost: 512 << 10), against: { HostileClients(passing: $0) }
) {
  address, seed, timeline, isOver in
  guard let emulation = await emulation(at: address, seed, EmulationQuirks(), timeline) else { return }
  while !isOver.hasCome {
    try? await timeline.sleep(for: .milliseconds(400))
    // Now and then nobody is connected, and nothing found.
    await emulation.setPower(false, ofAdapter: "hci0")
    try? await timeline.sleep(for: .milliseconds(100))
    await emulation.setPower(true, ofAdapter: "hci0")
  }
  await emulation.stop()
  await emulation.bus.close()
}

private func emulation(
  at address: BusAddress, _ seed: UInt64, _ quirks: EmulationQuirks, _ timeline: RealTimeline
) async -> EmulatedBlueZ? {
  guard let connection = try? await BusConnection.open(address, on: timeline, timeout: .seconds(1)) else { return nil }
  var configuration = EmulatedBlueZ.Configuration()
  configuration.seed = seed
  configuration.quirks = quirks
  guard let emulation = try? await EmulatedBlueZ.start(on: connection, configuration: configuration) else {
    await connection.close()
    return nil
  }
  for text in [Tree.address, "C8:2E:47:0A:11:03"] {
    guard let address = BluetoothAddress(text) else { continue }
    var device = SimulatedDevice.Configuration()
    // What the motor did is kept, up to a limit: here it would look like growth.
    device.traceLimit = 64
    await emulation.add(
      SimulatedDevice(model: .elite, on: timeline, configuration: device),
      as: AirAdvertisement(address: address, name: "Percuss", services: [.percussService]))
  }
  return emulation
}

private func randomQuirks(_ values: inout RandomValues) -> EmulationQuirks {
  var quirks = EmulationQuirks()
  guard values.chance(0.7) else { return quirks }
  quirks.connectedSignal = values.element(EmulationQuirks.ConnectedSignal.allCases)
  quirks.servicesResolved = values.element(EmulationQuirks.ServicesResolved.allCases)
  quirks.adapterVanishesSilently = values.chance(0.3)
  quirks.adaptersAreRenumbered = values.chance(0.3)
  quirks.stuckStopDiscoveries = values.number(0...2)
  quirks.killedScannerLocksDiscovery = values.chance(0.3)
  quirks.temporaryTimeout = .milliseconds(values.number(0...200))
  quirks.discoveryEndEvicts = values.chance(0.3)
  quirks.abortedConnects = values.number(0...2)
  quirks.abortEvicts = values.chance(0.3)
  quirks.connectTimeout = .milliseconds(values.number(0...100))
  quirks.disconnectDelay = .milliseconds(values.number(0...50))
  quirks.rejectedPairingLeavesReadsPending = values.chance(0.3)
  quirks.offersAcquireNotify = values.chance(0.8)
  quirks.offersAcquireWrite = values.chance(0.8)
  quirks.acquiresIndications = values.chance(0.3)
  quirks.forgetsServices = values.chance(0.3)
  quirks.reordersBursts = values.chance(0.3)
  return quirks
}
