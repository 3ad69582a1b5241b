import PercussBlueZ
import PercussDBus
import PercussGATT
import PercussLink
import PercussTime
import Testing

@testable import PercussSimulator

/// Every switch does what its documentation says. The two that act on adapters and links themselves are tested on the bus.
struct QuirkTests {
  typealias Talk = DaemonConversation

  private static let device = "dev_C8_2E_47_0A_11_02"
  private let options: [DBusValue] = [.properties([:])]

  private func talk(_ change: (inout EmulationQuirks) -> Void) -> Talk {
    var quirks = EmulationQuirks()
    change(&quirks)
    return Talk(quirks)
  }

  private func connecting(_ change: (inout EmulationQuirks) -> Void) -> Talk {
    var talk = talk(change)
    talk.discover()
    _ = talk.device("Connect")
    return talk
  }

  private func connected(_ change: (inout EmulationQuirks) -> Void) -> Talk {
    var talk = talk(change)
    talk.connect()
    return talk
  }

  private func linkMade(_ profile: RemoteProfile = Talk.small) -> DaemonInput { .air(.linkMade(Talk.key, profile)) }

  // MARK: Order of signals

  @Test func `the Connected signal comes after the reply`() {
    var talk = connecting { $0.connectedSignal = .afterReply }
    #expect(talk.say(linkMade()) == ["reply Connect"])
    #expect(talk.wait(.milliseconds(20)).contains("\(Self.device): Connected=true"))
  }

  @Test func `the Connected signal never comes, though Get says true`() {
    var talk = connecting { $0.connectedSignal = .missing }
    #expect(talk.say(linkMade()) == ["reply Connect"])
    #expect(!talk.wait(.seconds(60)).contains { $0.contains("Connected=true") })
    #expect(talk.daemon.property("Connected", of: "org.bluez.Device1", .device(Talk.key)) == .boolean(true))
  }

  @Test func `ServicesResolved comes before the objects`() {
    var talk = connecting { $0.servicesResolved = .beforeObjects }
    _ = talk.say(linkMade())
    let lines = talk.say(.tick)
    #expect(lines.first?.hasSuffix("ServicesResolved=true") == true)
    #expect(lines.dropFirst().allSatisfy { $0.hasPrefix("added") } && lines.count == 16)
  }

  @Test func `everything is resolved before the reply`() {
    var talk = connecting { $0.servicesResolved = .beforeReply }
    let lines = talk.say(linkMade())
    #expect(lines.first == "\(Self.device): Connected=true")
    #expect(lines.dropLast().last?.hasSuffix("ServicesResolved=true") == true)
    #expect(lines.last == "reply Connect")
    #expect(talk.say(.tick) == [])
  }

  @Test func `services are never resolved`() {
    var talk = connecting { $0.servicesResolved = .never }
    #expect(talk.say(linkMade()) == ["\(Self.device): Connected=true", "reply Connect"])
    #expect(talk.wait(.seconds(3600)) == [])
  }

  @Test func `services are resolved later`() {
    var talk = connecting { $0.resolutionDelay = .milliseconds(300) }
    _ = talk.say(linkMade())
    #expect(talk.wait(.milliseconds(299)) == [])
    #expect(talk.wait(.milliseconds(1)).last?.hasSuffix("ServicesResolved=true") == true)
  }

  // MARK: Adapter and discovery

  @Test func `an adapter vanishes without its devices`() {
    var talk = connected { $0.adapterVanishesSilently = true }
    #expect(talk.lines { $0.removeAdapter("hci0", at: $1) } == ["air: drop", "removed hci0 Adapter1"])
    #expect(talk.read(Talk.feature).first?.contains("UnknownObject") == true)
  }

  @Test func `a StopDiscovery sticks, and the next session hears nothing`() {
    var talk = talk { $0.stuckStopDiscoveries = 1 }
    _ = talk.adapter("StartDiscovery")
    #expect(talk.adapter("StopDiscovery") == ["error StopDiscovery: InProgress “Operation already in progress”"])
    #expect(talk.daemon.adapters[0].isDiscovering)
    #expect(talk.adapter("StopDiscovery") == ["error StopDiscovery: Failed “No discovery started”"])
    #expect(talk.adapter("StartDiscovery") == ["reply StartDiscovery"])
    #expect(talk.hear() == [])
    #expect(talk.adapter("StopDiscovery").first == "reply StopDiscovery")
    _ = talk.adapter("StartDiscovery")
    #expect(talk.hear() == ["added \(Self.device) Device1"])
  }

  @Test func `a killed scanner locks discovery until the adapter is switched off`() {
    var talk = talk { $0.killedScannerLocksDiscovery = true }
    _ = talk.adapter("StartDiscovery")
    #expect(talk.say(.senderVanished(":1.1")) == [])
    #expect(
      talk.adapter("StartDiscovery", from: ":1.2") == [
        "error StartDiscovery: InProgress “Operation already in progress”"
      ])
    _ = talk.set("Powered", .boolean(false), .adapter("hci0"))
    _ = talk.set("Powered", .boolean(true), .adapter("hci0"))
    #expect(talk.adapter("StartDiscovery", from: ":1.2").first == "reply StartDiscovery")
  }

  @Test func `LE devices are only found with a filter for LE`() {
    var talk = talk { $0.discoveryNeedsTransportFilter = true }
    _ = talk.adapter("StartDiscovery")
    #expect(talk.hear() == [])
    _ = talk.adapter("SetDiscoveryFilter", [.properties(["Transport": .string("auto")])])
    #expect(talk.hear() == [])
    _ = talk.adapter("SetDiscoveryFilter", [.properties(["Transport": .string("le")])])
    #expect(talk.hear() == ["added \(Self.device) Device1"])
  }

  @Test func `small changes of signal strength are not told, but to those who ask for a distance`() {
    var talk = talk { $0.signalsLargeRSSIChangesOnly = true }
    _ = talk.adapter("SetDiscoveryFilter", [.properties(["Transport": .string("le")])])
    _ = talk.adapter("StartDiscovery")
    _ = talk.hear(strength: -60)
    _ = talk.wait(.seconds(1))
    #expect(talk.hear(strength: -67) == [])
    _ = talk.wait(.seconds(1))
    #expect(talk.hear(strength: -68) == ["\(Self.device): RSSI=-68"])
    _ = talk.adapter("SetDiscoveryFilter", [.properties(["RSSI": .int16(-127)])])
    _ = talk.wait(.seconds(1))
    #expect(talk.hear(strength: -67) == ["\(Self.device): RSSI=-67"])
  }

  @Test func `temporary devices go sooner`() {
    var talk = talk { $0.temporaryTimeout = .seconds(1) }
    talk.discover()
    #expect(talk.wait(.seconds(1)) == ["removed \(Self.device) Device1"])
  }

  @Test func `the end of discovery evicts`() {
    var talk = talk { $0.discoveryEndEvicts = true }
    _ = talk.adapter("StartDiscovery")
    _ = talk.hear()
    #expect(talk.adapter("StopDiscovery").contains("removed \(Self.device) Device1"))
  }

  // MARK: Connections

  @Test func `the first connects abort, connected for a moment`() {
    var talk = connecting { $0.abortedConnects = 1 }
    #expect(
      talk.say(linkMade()) == [
        "\(Self.device): Connected=true", "error Connect: Failed “le-connection-abort-by-local”", "air: disconnect",
      ])
    #expect(talk.device("Connect") == ["error Connect: Failed “Operation already in progress”"])
    #expect(talk.loseLink(.closedLocally) == ["\(Self.device): Connected=false"])
    #expect(talk.device("Connect") == ["air: connect"])
    #expect(talk.say(linkMade()) == ["\(Self.device): Connected=true", "reply Connect"])
    #expect(talk.daemon.quirks.abortedConnects == 0)
  }

  @Test func `an abort evicts the device`() {
    var talk = connecting { quirks in
      quirks.abortedConnects = 1
      quirks.abortEvicts = true
    }
    _ = talk.say(linkMade())
    #expect(
      talk.loseLink(.closedLocally) == ["\(Self.device): Connected=false", "removed \(Self.device) Device1"])
  }

  @Test func `Connect waits for another time`() {
    var talk = connecting { $0.connectTimeout = .seconds(1) }
    #expect(talk.wait(.seconds(1)).last == "error Connect: Failed “le-connection-abort-by-local”")
  }

  @Test func `a second Connect is in progress`() {
    var talk = connecting { $0.concurrentConnectIsInProgress = true }
    #expect(talk.device("Connect") == ["error Connect: InProgress “In Progress”"])
  }

  @Test func `Disconnect takes its time, and StartNotify is refused meanwhile`() {
    var talk = connected { $0.disconnectDelay = .seconds(2) }
    #expect(talk.device("Disconnect") == [])
    #expect(
      talk.characteristic(Talk.telemetry, "StartNotify") == ["error StartNotify: NotConnected “Not Connected”"])
    #expect(talk.wait(.milliseconds(1_999)) == [])
    #expect(talk.wait(.milliseconds(1)) == ["air: disconnect"])
  }

  @Test func `Disconnect is answered last`() {
    var talk = connected { $0.disconnectReplyComesFirst = false }
    _ = talk.device("Disconnect")
    _ = talk.say(.tick)
    #expect(
      talk.loseLink(.closedLocally) == [
        "\(Self.device): ServicesResolved=false Connected=false", "reply Disconnect",
      ])
  }

  @Test(arguments: [
    (DisconnectReason.supervisionTimeout, "org.bluez.Reason.Timeout Connection timeout"),
    (.closedByRemote, "org.bluez.Reason.Remote Connection terminated by remote user"),
    (.closedLocally, "org.bluez.Reason.Local Connection terminated by local host"),
    (.other(0x3e), "org.bluez.Reason.Unknown Unspecified"),
  ])
  func `the end of a connection has a signal of its own`(_ reason: DisconnectReason, _ text: String) {
    var talk = connected { $0.sendsDisconnectedSignal = true }
    #expect(
      talk.loseLink(reason) == [
        "\(Self.device): ServicesResolved=false", "\(Self.device): Disconnected \(text)",
        "\(Self.device): Connected=false",
      ])
  }

  @Test func `a read whose pairing is refused is never answered`() {
    var talk = connected { $0.rejectedPairingLeavesReadsPending = true }
    _ = talk.read(Talk.feature)
    _ = talk.answer(.failure(.insufficientAuthentication))
    #expect(talk.say(.air(.pairingBegan(Talk.key, .rejects))) == [])
    // And others wait with it.
    #expect(talk.read(Talk.feature, from: ":1.2") == [])
  }

  // MARK: GATT

  @Test func `there are no sockets for notifications`() {
    var talk = connected { $0.offersAcquireNotify = false }
    #expect(
      talk.characteristic(Talk.telemetry, "AcquireNotify", options).first?.contains("UnknownMethod") == true)
    #expect(
      talk.daemon.property(
        "NotifyAcquired", of: "org.bluez.GattCharacteristic1", .characteristic(Talk.key, Talk.telemetry)) == nil)
  }

  @Test func `there are no sockets for commands`() {
    var talk = connected { $0.offersAcquireWrite = false }
    #expect(
      talk.characteristic(Talk.routineData, "AcquireWrite", options).first?.contains("UnknownMethod") == true)
    #expect(
      talk.daemon.property(
        "WriteAcquired", of: "org.bluez.GattCharacteristic1", .characteristic(Talk.key, Talk.routineData)) == nil)
  }

  @Test func `indications can be acquired, though no property says so`() {
    var talk = connected { $0.acquiresIndications = true }
    #expect(
      talk.characteristic(Talk.controlPoint, "AcquireNotify", options) == ["air: subscribe Control Point"])
    #expect(talk.answer().last == "reply AcquireNotify socket for notifications 247")
    #expect(
      talk.daemon.property(
        "NotifyAcquired", of: "org.bluez.GattCharacteristic1", .characteristic(Talk.key, Talk.controlPoint)) == nil)
  }

  @Test(arguments: [true, false])
  func `a lost AcquireNotify stays locked or not`(_ isLocked: Bool) {
    var talk = connected { $0.lostAcquireNotifyStaysLocked = isLocked }
    _ = talk.characteristic(Talk.telemetry, "AcquireNotify", options)
    let lines = talk.loseLink()
    #expect(lines.contains("never answered AcquireNotify") == isLocked)
    _ = talk.device("Connect")
    _ = talk.say(linkMade())
    _ = talk.say(.tick)
    let again = talk.characteristic(Talk.telemetry, "AcquireNotify", options)
    #expect(again == [isLocked ? "error AcquireNotify: NotPermitted “Notify acquired”" : "air: subscribe Telemetry"])
    guard isLocked else { return }
    // Anybody's StopNotify unlocks it.
    _ = talk.characteristic(Talk.telemetry, "StopNotify", from: ":1.7")
    #expect(talk.characteristic(Talk.telemetry, "AcquireNotify", options) == ["air: subscribe Telemetry"])
  }

  @Test func `changed services go stale`() {
    var talk = connected { $0.noticesChangedServices = false }
    _ = talk.loseLink()
    _ = talk.device("Connect")
    _ = talk.say(linkMade(Talk.profile))
    #expect(talk.say(.tick) == ["\(Self.device): ServicesResolved=true"])
    #expect(talk.daemon.device(Talk.key)?.services.count == 2)
  }

  @Test func `services are forgotten with the link`() {
    var talk = connected { $0.forgetsServices = true }
    #expect(talk.loseLink().contains("removed service000a GattService1"))
    #expect(talk.daemon.device(Talk.key)?.services.isEmpty == true)
    _ = talk.device("Connect")
    _ = talk.say(linkMade())
    #expect(talk.say(.tick).contains("added service000a GattService1"))
  }

  @Test func `services that bluetoothd uses itself cannot be written`() {
    let battery = ServiceDescription(
      .batteryService, name: "Battery",
      characteristics: [.init(.batteryLevel, name: "Battery Level", properties: [.write, .writeWithoutResponse])])
    for isReadOnly in [true, false] {
      var talk = talk { $0.claimedServicesAreReadOnly = isReadOnly }
      talk.connect(RemoteProfile(services: [battery], maximumTransmissionUnit: 23))
      let refusal = "NotAuthorized “Operation Not Authorized”"
      #expect((talk.write(0x000b, [1]) == ["error WriteValue: \(refusal)"]) == isReadOnly)
      let acquired = talk.characteristic(0x000b, "AcquireWrite", options)
      #expect((acquired == ["error AcquireWrite: \(refusal)"]) == isReadOnly)
    }
  }

  // MARK: By name

  @Test func `every property has its switch, and keeps what is set`() throws {
    let names = Mirror(reflecting: EmulationQuirks()).children.compactMap(\.label)
    #expect(Set(names) == Set(QuirkSwitch.all.map(\.name)))
    let others = ["connectedSignal": "missing", "servicesResolved": "never"]
    for quirk in QuirkSwitch.all {
      var quirks = EmulationQuirks()
      let before = try #require(quirks.text(of: quirk.name))
      let value =
        others[quirk.name]
        ?? (before == "true" ? "false" : before == "false" ? "true" : before.hasSuffix("s") ? "1234ms" : "7")
      try quirks.set(quirk.name, to: value)
      #expect(quirks.text(of: quirk.name) == value)
      #expect(quirks != EmulationQuirks())
      try quirks.set(quirk.name, to: before)
      #expect(quirks == EmulationQuirks())
    }
  }

  @Test(arguments: [
    ("nonsense", "true"), ("abortEvicts", "maybe"), ("abortedConnects", "-1"), ("abortedConnects", "x"),
    ("disconnectDelay", "2"), ("disconnectDelay", "-1s"), ("disconnectDelay", "99999999999s"),
    ("connectedSignal", "sometimes"),
  ])
  func `refuses what is no switch or no value, and says what would be`(_ name: String, _ value: String) {
    var quirks = EmulationQuirks()
    #expect(throws: QuirkError.self) { try quirks.set(name, to: value) }
    #expect(quirks == EmulationQuirks())
  }

  @Test func `the real delays`() {
    #expect(EmulationQuirks.withRealDelays.disconnectDelay == .seconds(2))
    #expect(EmulationQuirks.withRealDelays.resolutionDelay == .milliseconds(300))
  }
}
