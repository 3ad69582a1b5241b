import PercussClient
import PercussDBus
import PercussGATT
import PercussLink
import PercussSimulator
import PercussTime
import Testing

@testable import PercussBlueZ

// Switches that matter in certain circumstances only.
extension QuirkCase {
  static let staged: [QuirkCase] = [
    QuirkCase(["servicesResolved": "never"], "and in the end they are", play: servicesAreNeverResolved),
    QuirkCase(["adapterVanishesSilently": "true"], "the adapter goes and comes", play: adapterGoesAndComes),
    QuirkCase(["adaptersAreRenumbered": "true"], "the adapter goes and comes", play: adapterGoesAndComes),
    QuirkCase(["killedScannerLocksDiscovery": "true"], "a scanner is killed", play: scannerIsKilled),
    QuirkCase(["temporaryTimeout": "50ms"], "the device is silent for a time", play: deviceIsSilent),
    QuirkCase(["connectTimeout": "300ms"], "the device is silent for a time", play: deviceIsSilentWhileConnecting),
    QuirkCase(["concurrentConnectIsInProgress": "true"], "another program connects", play: anotherProgramConnects),
    QuirkCase(["concurrentConnectIsInProgress": "false"], "another program connects", play: anotherProgramConnects),
    QuirkCase(["sendsDisconnectedSignal": "true"], "the device disconnects") {
      try await deviceDisconnects($0, reason: .closedByRemote)
    },
    QuirkCase(["sendsDisconnectedSignal": "false"], "the device disconnects") {
      try await deviceDisconnects($0, reason: .unstated)
    },
    QuirkCase(["rejectedPairingLeavesReadsPending": "true"], "the device rejects", play: readStaysPending),
    QuirkCase(["rejectedPairingLeavesReadsPending": "false"], "the device rejects", play: readIsRefused),
    QuirkCase(["lostAcquireNotifyStaysLocked": "true"], "the link is lost meanwhile", play: acquireNotifyIsLost),
    QuirkCase(["lostAcquireNotifyStaysLocked": "false"], "the link is lost meanwhile", play: acquireNotifyIsLost),
    QuirkCase(["noticesChangedServices": "true"], "the firmware changes", play: changedServicesAreNoticed),
    QuirkCase(["noticesChangedServices": "false"], "the firmware changes", play: changedServicesAreStale),
    QuirkCase(["claimedServicesAreReadOnly": "true"], "a claimed service is written", play: claimedServiceIsWritten),
  ]

  // MARK: Adapter and discovery

  private static func adapterGoesAndComes(_ talk: ClientConversation) async throws {
    let (bench, central) = (talk.bench, talk.central)
    try await talk.play()
    let address = await central.adapter?.address
    let link = try await talk.connect()
    let log = EventLog(of: link, on: bench.timeline)
    await bench.removeAdapter()
    try await log.wait { $0.isFinished }
    // Where the device goes first, nobody says why.
    #expect(try await [.hostLost, .unstated].contains(#require(log.end).reason))
    let error = try await talk.failure(within: .seconds(8), of: "a connection without an adapter") {
      _ = try await central.connect(to: EmulationBench.id, timeout: .seconds(1))
    }
    #expect("\(error)".contains("rfkill"))
    await bench.addAdapter()
    try await talk.play()
    #expect(await central.adapter?.address == address)
  }

  private static func scannerIsKilled(_ talk: ClientConversation) async throws {
    let (bench, central) = (talk.bench, talk.central)
    let scanner = try await bench.anotherProgram()
    let gone = AsyncStream.makeStream(of: Void.self)
    let owner = try await bench.anotherProgram()
    _ = try await owner.watchOwner(of: scanner.uniqueName) { if $0 == nil { gone.continuation.finish() } }
    _ = try await scanner.call(
      MethodCall(
        destination: BlueZ.busName, path: BlueZ.namespace.appending("hci0"), interface: BlueZ.Interface.adapter,
        member: "StartDiscovery"))
    await scanner.close()
    // bluetoothd hears of it at the same time.
    for await _ in gone.stream {}
    for what in ["a scan", "the connection to an unknown device"] {
      let error = try await talk.failure(within: .seconds(10), of: what) {
        if what == "a scan" {
          _ = try await central.scan(for: [], duration: .seconds(1))
        } else {
          _ = try await central.connect(to: EmulationBench.id, timeout: .seconds(5))
        }
      }
      #expect("\(error)".contains("bluetoothctl power off"), "\(error)")
    }
    // As it says.
    for isOn in [false, true] {
      await bench.setPower(isOn)
      try await eventually("the news of it", on: bench.timeline) { await central.adapter?.isPowered == isOn }
    }
    try await talk.play()
  }

  private static func deviceIsSilent(_ talk: ClientConversation) async throws {
    let (bench, central) = (talk.bench, talk.central)
    try await talk.scan()
    await bench.setAdvertising(false)
    try await eventually("the device to be forgotten", on: bench.timeline) { await central.knownDevices().isEmpty }
    let error = try await talk.failure(within: .seconds(8), of: "the connection to a silent device") {
      _ = try await central.connect(to: EmulationBench.id, timeout: .seconds(1))
    }
    guard case .timedOut = error else { throw error }
    await bench.setAdvertising(true)
    try await talk.use(try await talk.connect())
  }

  // MARK: Connections

  private static func servicesAreNeverResolved(_ talk: ClientConversation) async throws {
    let (bench, central) = (talk.bench, talk.central)
    for _ in 0..<2 {
      try await talk.scan()
      let error = try await talk.failure(within: .seconds(8), of: "the connection") {
        _ = try await central.connect(to: EmulationBench.id, timeout: .seconds(2))
      }
      guard case .timedOut(let what, after: _) = error else { throw error }
      #expect(what.contains("services"))
      try await eventually("the half-made link to end", on: bench.timeline) {
        await central.knownDevices().allSatisfy { !$0.isConnected }
      }
    }
    await bench.setQuirks(EmulationQuirks())
    try await talk.play()
  }

  private static func deviceIsSilentWhileConnecting(_ talk: ClientConversation) async throws {
    let (bench, timeline) = (talk.bench, talk.bench.timeline)
    try await talk.scan()
    await bench.setAdvertising(false)
    let connecting = timeline.start { try await talk.connect() }
    try await timeline.sleep(for: .milliseconds(1_500))
    await bench.setAdvertising(true)
    try await talk.use(try await connecting.value)
    try await talk.play()
  }

  private static func anotherProgramConnects(_ talk: ClientConversation) async throws {
    let (bench, timeline) = (talk.bench, talk.bench.timeline)
    try await talk.scan()
    await bench.setAdvertising(false)
    let other = RawCentral(over: try await bench.anotherProgram(), device: EmulationBench.deviceAddress)
    let connectingElsewhere = timeline.start { try await other.connect() }
    try await timeline.sleep(for: .milliseconds(300))
    let connecting = timeline.start { try await talk.connect() }
    try await timeline.sleep(for: .milliseconds(700))
    await bench.setAdvertising(true)
    let link = try await connecting.value
    try await connectingElsewhere.value
    // It is not ours alone: sequence numbers may be used up, and who ends it ends it for both.
    #expect(!link.beganConnection)
    try await talk.use(link)
    try await talk.play()
  }

  private static func deviceDisconnects(_ talk: ClientConversation, reason: DisconnectReason) async throws {
    try await talk.play()
    let link = try await talk.connect()
    let log = EventLog(of: link, on: talk.bench.timeline)
    await talk.bench.disconnectFromDevice()
    try await log.wait { $0.isFinished }
    #expect(await log.end?.reason == reason)
    try await talk.play()
  }

  // MARK: Pairing

  private static func readIsRefused(_ talk: ClientConversation) async throws {
    await talk.bench.secure([.percussFeature], .rejects)
    let link = try await talk.connect()
    let error = try await talk.failure(within: .seconds(10), of: "a read that needs a pairing") {
      _ = try await link.read(.percussFeature)
    }
    #expect(error == .attribute(.insufficientAuthentication, characteristic: .percussFeature))
    #expect("\(error)".contains("percuss pair"))
    // That is no reason to end the link.
    #expect(try await link.read(.manufacturerName).isEmpty == false)
    await link.disconnect()
    await talk.bench.secure([])
    try await talk.play()
  }

  private static func readStaysPending(_ talk: ClientConversation) async throws {
    await talk.bench.secure([.percussFeature], .rejects)
    await talk.central.setAttributeTimeout(.seconds(2))
    let link = try await talk.connect()
    let log = EventLog(of: link, on: talk.bench.timeline)
    let error = try await talk.failure(within: .seconds(10), of: "a read that is never answered") {
      _ = try await link.read(.percussFeature)
    }
    guard case .timedOut = error else { throw error }
    // Nothing more can be said to the device on this link.
    try await log.wait { $0.isFinished }
    await talk.bench.secure([])
    await talk.central.setAttributeTimeout(BlueZLink.attributeTimeout)
    try await talk.play()
  }

  // MARK: GATT

  private static func acquireNotifyIsLost(_ talk: ClientConversation) async throws {
    let bench = talk.bench
    let link = try await talk.connect()
    // bluetoothd's own conversation with the battery goes before, each request after the other.
    for _ in 0..<3 { _ = try await link.read(.manufacturerName) }
    await bench.beginOutage(.seconds(2))
    let error = try await talk.failure(within: .seconds(8), of: "a subscription during which the link is lost") {
      try await link.subscribe(to: [.percussTelemetry])
    }
    guard case .disconnected = error else { throw error }
    let again = try await talk.connect()
    try await again.subscribe(to: [.percussTelemetry])
    // Through the descriptor: other subscriptions are locked out.
    let other = try await bench.anotherCentral()
    await #expect(throws: DBusFailure.self) { try await other.startNotify(.percussTelemetry) }
    try await talk.use(again)
    try await talk.play()
  }

  private static func changedServicesAreNoticed(_ talk: ClientConversation) async throws {
    try await talk.play()
    await talk.bench.replaceDevice(by: DelayingPeripheral(timeline: talk.bench.host))
    let link = try await talk.connect()
    #expect(try await link.read(DelayingPeripheral.long).count == 100)
    await #expect(throws: LinkError.noSuchCharacteristic(.percussFeature)) { try await link.read(.percussFeature) }
    await link.disconnect()
    await talk.bench.replaceDevice(by: nil)
    try await talk.play()
  }

  private static func changedServicesAreStale(_ talk: ClientConversation) async throws {
    try await talk.play()
    await talk.bench.replaceDevice(by: DelayingPeripheral(timeline: talk.bench.host))
    let link = try await talk.connect()
    for uuid in [BluetoothUUID.percussFeature, DelayingPeripheral.long] {
      let error = try await talk.failure(within: .seconds(10), of: "a read of what is stale") {
        _ = try await link.read(uuid)
      }
      #expect("\(error)".contains("percuss pair --remove"), "\(error)")
    }
    // As it says.
    try await talk.central.removeBond(EmulationBench.id)
    let fresh = try await talk.connect()
    #expect(try await fresh.read(DelayingPeripheral.long).count == 100)
    await fresh.disconnect()
  }

  private static func claimedServiceIsWritten(_ talk: ClientConversation) async throws {
    try await talk.play()
    let link = try await talk.connect()
    #expect(try await link.read(.batteryLevel).count == 1)
    let refusal = LinkError.attribute(.insufficientAuthorization, characteristic: .batteryLevel)
    await #expect(throws: refusal) { try await link.write([1], to: .batteryLevel, type: .request) }
    await #expect(throws: refusal) { try await link.acquireWriter(for: .batteryLevel) }
    try await talk.use(link)
  }
}
