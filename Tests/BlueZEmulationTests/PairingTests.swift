import PercussDBus
import PercussGATT
import Testing

@testable import PercussSimulator

/// Pair, and pairing because an attribute wants it.
struct PairingTests {
  typealias Talk = DaemonConversation

  private static let device = "dev_C8_2E_47_0A_11_02"
  private let failed = "error Pair: AuthenticationFailed “Authentication Failed”"

  private func registered(_ capability: String = "KeyboardDisplay") -> Talk {
    var talk = Talk()
    _ = talk.call("RegisterAgent", .daemon, [.objectPath(.root), .string(capability)], from: ":1.5")
    talk.discover()
    return talk
  }

  @Test func `Pair connects, pairs and is answered once the services are resolved`() {
    var talk = registered()
    #expect(talk.device("Pair") == ["air: connect"])
    #expect(
      talk.say(.air(.linkMade(Talk.key, Talk.small))) == ["\(Self.device): Connected=true", "air: pair"])
    _ = talk.say(.tick)
    #expect(
      talk.say(.air(.pairingBegan(Talk.key, .justWorks))) == [
        "air: encrypt", "\(Self.device): Bonded=true Paired=true", "reply Pair",
      ])
    #expect(talk.daemon.device(Talk.key)?.bonding == nil)
  }

  @Test func `paired before the services are resolved, it is told with them`() {
    var quirks = EmulationQuirks()
    quirks.resolutionDelay = .seconds(1)
    var talk = Talk(quirks)
    talk.discover()
    _ = talk.device("Pair")
    _ = talk.say(.air(.linkMade(Talk.key, Talk.small)))
    #expect(
      talk.say(.air(.pairingBegan(Talk.key, .justWorks))) == ["air: encrypt", "\(Self.device): Bonded=true"])
    let lines = talk.wait(.seconds(1))
    #expect(lines.suffix(1) == ["reply Pair"])
    #expect(lines.dropLast().last?.hasSuffix("ServicesResolved=true Paired=true") == true)
  }

  @Test func `a device whose services were resolved before is paired before they are again`() {
    var talk = registered()
    talk.connect()
    _ = talk.loseLink()
    _ = talk.device("Pair")
    _ = talk.say(.air(.linkMade(Talk.key, Talk.small)))
    #expect(
      talk.say(.air(.pairingBegan(Talk.key, .justWorks))).contains("reply Pair"))
  }

  @Test func `the user compares numbers`() {
    var talk = registered()
    _ = talk.device("Pair")
    _ = talk.say(.air(.linkMade(Talk.key, Talk.small)))
    #expect(
      talk.say(.air(.pairingBegan(Talk.key, .comparison(123456)))).last
        == "ask :1.5 RequestConfirmation \(Self.device) 123456")
    #expect(
      talk.say(.agentAnswered(talk.questions[0], .success([]))) == [
        "air: encrypt", "\(Self.device): Bonded=true Paired=true", "reply Pair",
      ])
  }

  @Test func `the user says no`() {
    var talk = registered()
    _ = talk.device("Pair")
    _ = talk.say(.air(.linkMade(Talk.key, Talk.small)))
    _ = talk.say(.air(.pairingBegan(Talk.key, .comparison(1))))
    #expect(
      talk.say(.agentAnswered(talk.questions[0], .failure(.init(bluez: "Rejected", "no")))) == [failed])
    #expect(talk.daemon.device(Talk.key)?.isPaired == false)
  }

  @Test(arguments: [(UInt32(7), true), (8, false)])
  func `the user enters the number that the device shows`(_ entered: UInt32, _ isRight: Bool) {
    var talk = registered()
    _ = talk.device("Pair")
    _ = talk.say(.air(.linkMade(Talk.key, Talk.small)))
    #expect(talk.say(.air(.pairingBegan(Talk.key, .passkey(7)))).last == "ask :1.5 RequestPasskey \(Self.device)")
    let lines = talk.say(.agentAnswered(talk.questions[0], .success([.uint32(entered)])))
    #expect(lines.last == (isRight ? "reply Pair" : failed))
  }

  @Test func `an agent that can show nothing is asked nothing`() {
    var talk = registered("NoInputNoOutput")
    _ = talk.device("Pair")
    _ = talk.say(.air(.linkMade(Talk.key, Talk.small)))
    #expect(talk.say(.air(.pairingBegan(Talk.key, .comparison(1)))).last == "reply Pair")
  }

  @Test func `a device that refuses`() {
    var talk = registered()
    _ = talk.device("Pair")
    _ = talk.say(.air(.linkMade(Talk.key, Talk.small)))
    #expect(talk.say(.air(.pairingBegan(Talk.key, .rejects))).last == failed)
    #expect(talk.daemon.device(Talk.key)?.isTemporary == true)
  }

  @Test func `Pair again, twice at once, cancelled`() {
    var talk = registered()
    _ = talk.device("Pair")
    #expect(talk.device("Pair") == ["error Pair: InProgress “In Progress”"])
    #expect(
      talk.device("CancelPairing") == [
        "error Pair: AuthenticationCanceled “Authentication Canceled”", "reply CancelPairing",
      ])
    #expect(talk.device("CancelPairing") == ["error CancelPairing: DoesNotExist “Does Not Exist”"])
    _ = talk.say(.air(.linkMade(Talk.key, Talk.small)))
    _ = talk.device("Pair")
    _ = talk.say(.air(.pairingBegan(Talk.key, .justWorks)))
    // As bluetoothd: what is bonded on LE is tried on BR/EDR.
    #expect(talk.device("Pair") == [failed])
  }

  @Test func `cancelled while the user is asked, the agent is told`() {
    var talk = registered()
    _ = talk.device("Pair")
    _ = talk.say(.air(.linkMade(Talk.key, Talk.small)))
    _ = talk.say(.air(.pairingBegan(Talk.key, .comparison(1))))
    #expect(
      talk.device("CancelPairing") == [
        "tell :1.5 Cancel", "error Pair: AuthenticationCanceled “Authentication Canceled”", "reply CancelPairing",
      ])
    #expect(talk.say(.agentAnswered(talk.questions[0], .success([]))) == [])
  }

  @Test func `who leaves the bus cancels`() {
    var talk = registered()
    _ = talk.device("Pair")
    _ = talk.say(.air(.linkMade(Talk.key, Talk.small)))
    _ = talk.say(.air(.pairingBegan(Talk.key, .comparison(1))))
    #expect(
      talk.say(.senderVanished(":1.1")) == ["never answered Pair", "tell :1.5 Cancel", "air: disconnect"])
  }

  @Test func `an agent that leaves while it is asked`() {
    var talk = registered()
    _ = talk.device("Pair")
    _ = talk.say(.air(.linkMade(Talk.key, Talk.small)))
    _ = talk.say(.air(.pairingBegan(Talk.key, .comparison(1))))
    #expect(talk.say(.senderVanished(":1.5")).contains(failed))
  }

  @Test func `a read that needs pairing pairs, and is sent again`() {
    var talk = registered()
    talk.connect()
    _ = talk.read(Talk.feature)
    #expect(talk.answer(.failure(.insufficientAuthentication)) == ["air: pair"])
    #expect(
      talk.say(.air(.pairingBegan(Talk.key, .justWorks))) == [
        "air: encrypt", "air: read Feature", "\(Self.device): Bonded=true Paired=true",
      ])
    #expect(talk.answer(.success([1])).last == "reply ReadValue 1")
  }

  @Test func `a read whose pairing fails is not permitted`() {
    var talk = registered()
    talk.connect()
    _ = talk.read(Talk.feature)
    _ = talk.answer(.failure(.insufficientEncryption))
    #expect(
      talk.say(.air(.pairingBegan(Talk.key, .rejects))) == ["error ReadValue: NotPermitted “Not paired”"])
  }

  @Test func `a read that stays refused is not sent for ever`() {
    var talk = registered()
    talk.connect()
    _ = talk.read(Talk.feature)
    _ = talk.answer(.failure(.insufficientAuthentication))
    _ = talk.say(.air(.pairingBegan(Talk.key, .justWorks)))
    #expect(
      talk.answer(.failure(.insufficientAuthentication)) == ["error ReadValue: NotPermitted “Not paired”"])
  }

  @Test func `a bonded device is encrypted as soon as it is connected`() {
    var talk = registered()
    talk.connect()
    _ = talk.device("Pair")
    _ = talk.say(.air(.pairingBegan(Talk.key, .justWorks)))
    _ = talk.loseLink()
    _ = talk.device("Connect")
    #expect(talk.say(.air(.linkMade(Talk.key, Talk.small))).first == "air: encrypt")
  }
}
