import PercussDBus
import PercussGATT
import Testing

@testable import PercussSimulator

/// A device that is another host's application: its user is asked too, it has descriptors, and its services change.
struct PeerTests {
  typealias Talk = DaemonConversation

  private static let device = "dev_C8_2E_47_0A_11_02"
  private static let label = BluetoothUUID(0x2901)

  private func talk(_ capability: String? = "KeyboardDisplay") -> Talk {
    var talk = Talk()
    if let capability {
      _ = talk.call("RegisterAgent", .daemon, [.objectPath(.root), .string(capability)], from: ":1.5")
    }
    return talk
  }

  // MARK: Pairing

  /// The one that is asked to pair.
  private func responder(_ capability: String?) -> Talk {
    var talk = talk(capability)
    _ = talk.say(.air(.incomingLink(Talk.key, isUp: true)))
    return talk
  }

  /// The one that has called `Pair`, and asked the other side.
  private func initiator(_ capability: String? = "KeyboardDisplay") -> Talk {
    var talk = talk(capability)
    talk.discover()
    _ = talk.device("Pair")
    _ = talk.say(.air(.linkMade(Talk.key, Talk.small)))
    _ = talk.say(.tick)
    return talk
  }

  private func hears(_ talk: inout Talk, _ message: PairingMessage, number: UInt32 = 7) -> [String] {
    talk.say(.air(.pairing(Talk.key, message, number: number)))
  }

  @Test func `the user of the other side is asked, and both agree`() {
    var peripheral = responder("NoInputNoOutput")
    #expect(
      hears(&peripheral, .request(.noInputNoOutput)) == [
        "peer: method(PercussSimulator.PairingMethod.justWorks)", "ask :1.5 RequestAuthorization \(Self.device)",
      ])
    #expect(peripheral.say(.agentAnswered(peripheral.questions[0], .success([]))) == ["peer: agreed"])
    #expect(hears(&peripheral, .agreed).last == "\(Self.device): Bonded=true Paired=true")

    var central = initiator("NoInputNoOutput")
    #expect(hears(&central, .method(.justWorks)) == ["peer: agreed"])
    #expect(hears(&central, .agreed).suffix(2) == ["\(Self.device): Bonded=true Paired=true", "reply Pair"])
  }

  @Test func `the user of the other side refuses`() {
    var peripheral = responder("DisplayYesNo")
    #expect(
      hears(&peripheral, .request(.displayYesNo)).last == "ask :1.5 RequestConfirmation \(Self.device) 7")
    let refusal = DBusErrorReply(bluez: "Rejected", "no")
    #expect(peripheral.say(.agentAnswered(peripheral.questions[0], .failure(refusal))) == ["peer: failed"])

    var central = initiator("DisplayYesNo")
    _ = hears(&central, .method(.comparison(7)))
    #expect(
      hears(&central, .failed) == [
        "tell :1.5 Cancel", "error Pair: AuthenticationFailed “Authentication Failed”",
      ])
    // What comes late changes nothing.
    #expect(hears(&central, .agreed) == [])
    #expect(central.daemon.device(Talk.key)?.isPaired == false)
  }

  @Test func `one agreement is none`() {
    var central = initiator()
    _ = hears(&central, .method(.comparison(7)))
    #expect(hears(&central, .agreed) == [])
    #expect(central.say(.agentAnswered(central.questions[0], .success([]))).contains("reply Pair"))
  }

  @Test(arguments: [nil, "NoInputNoOutput"])
  func `without an agent nobody pairs, and who is known already not without a word`(capability: String?) {
    var peripheral = responder(capability)
    if capability != nil {
      _ = hears(&peripheral, .request(.noInputNoOutput))
      _ = peripheral.say(.agentAnswered(peripheral.questions[0], .success([])))
      _ = hears(&peripheral, .agreed)
    }
    #expect(hears(&peripheral, .request(.noInputNoOutput)) == ["peer: failed"])
  }

  @Test func `who is asked while the other side gives up is told`() {
    var peripheral = responder("DisplayYesNo")
    _ = hears(&peripheral, .request(.keyboardDisplay))
    #expect(hears(&peripheral, .failed) == ["tell :1.5 Cancel"])
    #expect(peripheral.daemon.device(Talk.key)?.bonding == nil)
    _ = hears(&peripheral, .request(.keyboardDisplay))
    #expect(peripheral.say(.air(.incomingLink(Talk.key, isUp: false))).contains("tell :1.5 Cancel"))
  }

  @Test(
    arguments: [
      (nil, .keyboardDisplay, .justWorks), (.keyboardDisplay, .noInputNoOutput, .justWorks),
      (.displayOnly, .displayYesNo, .justWorks), (.displayYesNo, .displayYesNo, .comparison(7)),
      (.keyboardDisplay, .displayYesNo, .comparison(7)), (.displayYesNo, .keyboardDisplay, .comparison(7)),
      (.keyboardOnly, .displayOnly, .show(7)), (.keyboardDisplay, .displayOnly, .show(7)),
      (.keyboardOnly, .keyboardDisplay, .show(7)), (.displayOnly, .keyboardOnly, .enter(7)),
      (.keyboardDisplay, .keyboardOnly, .enter(7)), (.displayOnly, .keyboardDisplay, .enter(7)),
      (.keyboardOnly, .keyboardOnly, nil),
    ] as [(Agent.Capability?, Agent.Capability, PairingMethod?)])
  func `how two sides pair follows from what their users can see and enter`(
    initiator: Agent.Capability?, responder: Agent.Capability, method: PairingMethod?
  ) {
    #expect(PairingMethod(initiator: initiator, responder: responder, number: 7) == method)
  }

  @Test func `one side shows the number that the other enters`() {
    var peripheral = responder("DisplayOnly")
    #expect(
      hears(&peripheral, .request(.keyboardOnly), number: 42) == [
        "peer: method(PercussSimulator.PairingMethod.enter(42))", "tell :1.5 DisplayPasskey", "peer: agreed",
      ])
    var central = initiator("KeyboardOnly")
    #expect(hears(&central, .method(.enter(42))) == ["ask :1.5 RequestPasskey \(Self.device)"])
    _ = hears(&central, .agreed)
    #expect(central.say(.agentAnswered(central.questions[0], .success([.uint32(41)]))).contains("peer: failed"))
  }

  // MARK: Descriptors

  private static let labelled = RemoteProfile(
    services: [
      ServiceDescription(
        .percussService, name: "Labelled",
        characteristics: [
          .init(.percussFeature, name: "Feature", properties: [.read], descriptors: [label]),
          .init(.percussTelemetry, name: "Telemetry", properties: [.notify], descriptors: [label]),
        ])
    ], maximumTransmissionUnit: 247, name: nil)

  @Test func `descriptors have their handles, and are read and written over the air`() {
    var talk = talk()
    talk.connect(Self.labelled)
    let descriptor = DaemonObject.descriptor(Talk.key, 0x000d)
    #expect(talk.daemon.path(of: descriptor)?.lastElement == "desc000d")
    // After the configuration of notifications.
    #expect(talk.daemon.descriptor(Talk.key, 0x0010)?.uuid == BluetoothUUID(0x2902))
    #expect(talk.daemon.descriptor(Talk.key, 0x0011)?.uuid == Self.label)

    #expect(talk.call("ReadValue", descriptor, [.properties([:])]) == ["air: read 2901 of Feature"])
    #expect(
      talk.call("ReadValue", descriptor, [.properties(["offset": .uint16(1)])]).last?.contains("InProgress") == true)
    #expect(talk.answer(.success([1, 2])) == ["desc000d: Value=1.2", "reply ReadValue 1.2"])
    #expect(
      talk.call("ReadValue", descriptor, [.properties(["offset": .uint16(1)])]) == ["air: read 2901 of Feature from 1"])
    #expect(talk.answer(.success([3, 4])) == ["desc000d: Value=1.3.4", "reply ReadValue 3.4"])
    #expect(
      talk.call("WriteValue", descriptor, [.bytes([5]), .properties([:])]) == ["air: write 2901 of Feature 5"])
    #expect(talk.answer(.failure(ATTError(0x81))).last?.contains("0x81") == true)
    let configuration = DaemonObject.descriptor(Talk.key, 0x0010)
    #expect(
      talk.call("WriteValue", configuration, [.bytes([1, 0]), .properties([:])])
        == ["error WriteValue: NotPermitted “Write not permitted”"])
    _ = talk.call("WriteValue", descriptor, [.bytes([5]), .properties([:])])
    #expect(talk.loseLink().contains { $0.hasPrefix("error WriteValue") })
  }

  @Test func `a value read from an offset on takes its place in what was known`() {
    var talk = talk()
    talk.connect()
    _ = talk.read(Talk.feature)
    _ = talk.answer(.success([1, 2, 3]))
    #expect(talk.read(Talk.feature, offset: 2) == ["air: read Feature from 2"])
    #expect(talk.answer(.success([9])) == ["char000b: Value=1.2.9", "reply ReadValue 9"])
    // As bluetoothd 5.66: an application that gives nothing from beyond its end gives an error.
    _ = talk.read(Talk.feature, offset: 200)
    #expect(talk.answer(.success([])).last == "error ReadValue: InvalidArguments “Invalid offset”")
  }

  // MARK: Services that change

  @Test func `services that go are removed, with what waits for them, and others stay`() {
    var talk = talk()
    talk.connect(Self.labelled)
    _ = talk.characteristic(0x000e, "StartNotify")
    _ = talk.answer()
    _ = talk.read(Talk.feature)
    let nothing = RemoteProfile(services: [], maximumTransmissionUnit: 247, name: nil)
    let lines = talk.say(.air(.servicesChanged(Talk.key, nothing)))
    #expect(lines.first == "never answered ReadValue")
    #expect(
      lines.filter { $0.hasPrefix("removed") } == [
        "removed desc000d GattDescriptor1", "removed char000b GattCharacteristic1", "removed desc0010 GattDescriptor1",
        "removed desc0011 GattDescriptor1", "removed char000e GattCharacteristic1", "removed service000a GattService1",
      ])
    #expect(lines.last?.hasPrefix("\(Self.device): UUIDs=") == true)
    // The answer to what was under way goes nowhere.
    #expect(talk.answer(.success([1])) == [])

    let again = talk.say(.air(.servicesChanged(Talk.key, Self.labelled)))
    #expect(again.contains("added char000b GattCharacteristic1"))
    #expect(!again.contains { $0.contains("service0006") })
    #expect(talk.read(Talk.feature) == ["air: read Feature"])
    #expect(talk.say(.air(.servicesChanged(Talk.key, Self.labelled))) == [])
  }
}
