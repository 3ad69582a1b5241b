import PercussBlueZ
import PercussDBus
import PercussTime
import Testing

@testable import PercussSimulator

/// Adapter1 and Device1: what can be set; power; adapters that come and go; agents.
struct AdapterTests {
  typealias Talk = DaemonConversation

  private static let device = "dev_C8_2E_47_0A_11_02"

  @Test func `an adapter has what clients look for`() {
    let talk = Talk()
    let properties = talk.daemon.properties("org.bluez.Adapter1", of: .adapter("hci0"))
    #expect(properties.first == NamedProperty("Address", .string("00:AA:01:00:00:00")))
    #expect(properties.contains(NamedProperty("Powered", .boolean(true))))
    #expect(properties.contains(NamedProperty("Roles", .strings(["central", "peripheral"]))))
    #expect(properties.contains(NamedProperty("Discovering", .boolean(false))))
  }

  @Test func `Alias is told, and empty is the name of the system`() {
    var talk = Talk()
    #expect(talk.set("Alias", .string("bench"), .adapter("hci0")) == ["hci0: Alias=bench"])
    #expect(talk.set("Alias", .string("bench"), .adapter("hci0")) == [])
    #expect(talk.set("Alias", .string(""), .adapter("hci0")) == ["hci0: Alias=percuss"])
  }

  @Test func `switched off, links end first, then Powered is told after the answer`() {
    var talk = Talk()
    talk.connect()
    _ = talk.adapter("StartDiscovery")
    _ = talk.hear(Talk.other)
    #expect(
      talk.set("Powered", .boolean(false), .adapter("hci0")) == [
        "removed dev_C8_2E_47_0A_11_03 Device1", "air: drop",
        "\(Self.device): ServicesResolved=false Connected=false", "set", "air: scan hci0 off",
        "hci0: Powered=false Discovering=false",
      ])
    #expect(talk.adapter("StartDiscovery") == ["error StartDiscovery: NotReady “Resource Not Ready”"])
    #expect(
      talk.adapter("SetDiscoveryFilter", [.properties([:])]) == [
        "error SetDiscoveryFilter: NotReady “Resource Not Ready”"
      ])
    #expect(talk.device("Connect") == ["error Connect: Failed “Input/output error”"])
    #expect(talk.set("Powered", .boolean(true), .adapter("hci0")) == ["set", "hci0: Powered=true"])
    #expect(talk.device("Connect") == ["air: connect"])
  }

  @Test func `switched off, a pending Connect fails`() {
    var talk = Talk()
    talk.discover()
    _ = talk.device("Connect")
    let lines = talk.set("Powered", .boolean(false), .adapter("hci0"))
    #expect(lines.contains("error Connect: Failed “br-connection-canceled”"))
    #expect(lines.contains("air: cancel"))
    #expect(talk.say(.air(.linkMade(Talk.key, Talk.small))) == ["air: disconnect"])
  }

  @Test func `discoverable for a time`() {
    var talk = Talk()
    #expect(talk.set("Discoverable", .boolean(true), .adapter("hci0")) == ["set", "hci0: Discoverable=true"])
    #expect(talk.wait(.seconds(179)) == [])
    #expect(talk.wait(.seconds(1)) == ["hci0: Discoverable=false"])
    _ = talk.set("DiscoverableTimeout", .uint32(0), .adapter("hci0"))
    _ = talk.set("Discoverable", .boolean(true), .adapter("hci0"))
    #expect(talk.wait(.seconds(10_000)) == [])
  }

  @Test func `pairable while there is an agent, or for a time`() {
    var talk = Talk()
    #expect(
      talk.call("RegisterAgent", .daemon, [.objectPath(.root), .string("")]) == [
        "reply RegisterAgent", "hci0: Pairable=true",
      ])
    #expect(talk.say(.senderVanished(":1.1")) == ["hci0: Pairable=false"])
    _ = talk.set("PairableTimeout", .uint32(5), .adapter("hci0"))
    #expect(talk.set("Pairable", .boolean(true), .adapter("hci0")) == ["set", "hci0: Pairable=true"])
    #expect(talk.wait(.seconds(5)) == ["hci0: Pairable=false"])
  }

  @Test func `a device's alias, trust and block are told`() {
    var talk = Talk()
    talk.connect()
    let device = DaemonObject.device(Talk.key)
    #expect(talk.set("Alias", .string("gun"), device) == ["\(Self.device): Alias=gun"])
    #expect(talk.set("Trusted", .boolean(true), device) == ["\(Self.device): Trusted=true"])
    #expect(talk.set("Trusted", .boolean(true), device) == [])
    #expect(talk.set("Blocked", .boolean(true), device) == ["air: disconnect", "\(Self.device): Blocked=true"])
    #expect(talk.set("Name", .string("x"), device) == ["refused org.bluez.Error.InvalidArguments"])
  }

  @Test func `an adapter that is pulled out takes its devices along`() {
    var talk = Talk()
    talk.connect()
    let lines = talk.lines { $0.removeAdapter("hci0", at: $1) }
    #expect(lines.first == "air: drop")
    #expect(lines.suffix(2) == ["removed \(Self.device) Device1", "removed hci0 Adapter1"])
    #expect(talk.adapter("StartDiscovery").first?.contains("UnknownObject") == true)
    #expect(talk.lines { $0.addAdapter(EmulatedAdapter(), at: $1) } == ["added hci0 Adapter1"])
    #expect(talk.daemon.device(Talk.key) == nil)
  }

  @Test func `adapters are apart`() {
    var talk = Talk(adapters: [EmulatedAdapter(), EmulatedAdapter(name: "hci1")])
    _ = talk.adapter("StartDiscovery")
    #expect(
      talk.call("StopDiscovery", .adapter("hci1")) == ["error StopDiscovery: Failed “No discovery started”"])
    #expect(talk.daemon.adapters[1].address.description == "00:AA:01:00:00:01")
    #expect(talk.set("Powered", .boolean(false), .adapter("hci1")) == ["set", "hci1: Powered=false Discovering=false"])
    #expect(talk.daemon.adapters[0].isPowered)
  }

  @Test func `agents register once a sender`() {
    var talk = Talk()
    let path = DBusValue.objectPath(ObjectPath.root.appending("agent"))
    #expect(
      talk.call("RegisterAgent", .daemon, [path, .string("Telepathy")]) == [
        "error RegisterAgent: InvalidArguments “Invalid arguments in method call”"
      ])
    _ = talk.call("RegisterAgent", .daemon, [path, .string("NoInputNoOutput")])
    #expect(
      talk.call("RegisterAgent", .daemon, [path, .string("")]) == [
        "error RegisterAgent: AlreadyExists “Already Exists”"
      ])
    #expect(talk.call("RequestDefaultAgent", .daemon, [path]) == ["reply RequestDefaultAgent"])
    #expect(
      talk.call("RequestDefaultAgent", .daemon, [path], from: ":1.2") == [
        "error RequestDefaultAgent: DoesNotExist “Does Not Exist”"
      ])
    #expect(
      talk.call("UnregisterAgent", .daemon, [.objectPath(.root)]) == [
        "error UnregisterAgent: DoesNotExist “Does Not Exist”"
      ])
    #expect(talk.call("UnregisterAgent", .daemon, [path]) == ["reply UnregisterAgent", "hci0: Pairable=false"])
  }
}
