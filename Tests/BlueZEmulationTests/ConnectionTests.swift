import PercussDBus
import PercussLink
import PercussTime
import Testing

@testable import PercussSimulator

/// Device1: how links begin and end.
struct ConnectionTests {
  typealias Talk = DaemonConversation

  private static let device = "dev_C8_2E_47_0A_11_02"

  @Test func `Connected, the reply, the GATT objects, ServicesResolved`() {
    var talk = Talk()
    talk.discover()
    #expect(talk.device("Connect") == ["air: connect"])
    #expect(
      talk.say(.air(.linkMade(Talk.key, Talk.small))) == ["\(Self.device): Connected=true", "reply Connect"])
    let resolved = talk.say(.tick)
    #expect(
      resolved.prefix(6) == [
        "added service0006 GattService1", "added char0007 GattCharacteristic1", "added desc0009 GattDescriptor1",
        "added service000a GattService1", "added char000b GattCharacteristic1", "added char000d GattCharacteristic1",
      ])
    #expect(resolved.last?.hasPrefix("\(Self.device): UUIDs=") == true)
    #expect(resolved.last?.hasSuffix("ServicesResolved=true") == true)
    #expect(resolved.count == 16)
  }

  @Test func `a connected device is connected already`() {
    var talk = Talk()
    talk.connect()
    #expect(talk.device("Connect", from: ":1.2") == ["reply Connect"])
  }

  @Test func `a second Connect fails while the first is pending`() {
    var talk = Talk()
    talk.discover()
    _ = talk.device("Connect")
    #expect(talk.device("Connect") == ["error Connect: Failed “Operation already in progress”"])
  }

  @Test func `a device that does not advertise is given up after 40 seconds`() {
    var talk = Talk()
    talk.discover()
    _ = talk.device("Connect")
    #expect(talk.wait(.milliseconds(39_999)) == [])
    #expect(
      talk.wait(.milliseconds(1)) == ["air: cancel", "error Connect: Failed “le-connection-abort-by-local”"])
    #expect(talk.device("Connect") == ["air: connect"])
  }

  @Test func `Disconnect cancels a pending Connect, in the words of BR/EDR`() {
    var talk = Talk()
    talk.discover()
    _ = talk.device("Connect")
    #expect(
      talk.device("Disconnect") == [
        "air: cancel", "error Connect: Failed “br-connection-canceled”", "reply Disconnect",
      ])
  }

  @Test func `Disconnect: ServicesResolved, the reply, Connected; the GATT objects stay`() {
    var talk = Talk()
    talk.connect()
    #expect(talk.device("Disconnect") == [])
    #expect(talk.say(.tick) == ["air: disconnect"])
    #expect(
      talk.loseLink(.closedLocally) == [
        "\(Self.device): ServicesResolved=false", "reply Disconnect", "\(Self.device): Connected=false",
      ])
    #expect(talk.daemon.device(Talk.key)?.characteristics.count == 7)
    #expect(talk.read(Talk.feature) == ["error ReadValue: Failed “Not connected”"])
  }

  @Test func `the end of a link is told`() {
    var talk = Talk()
    talk.connect()
    #expect(talk.loseLink() == ["\(Self.device): ServicesResolved=false Connected=false"])
  }

  @Test func `Disconnect without a link answers at once`() {
    var talk = Talk()
    talk.discover()
    #expect(talk.device("Disconnect") == ["reply Disconnect"])
  }

  @Test func `two who disconnect are both answered`() {
    var talk = Talk()
    talk.connect()
    _ = talk.device("Disconnect")
    _ = talk.device("Disconnect", from: ":1.2")
    _ = talk.say(.tick)
    #expect(talk.loseLink(.closedLocally).filter { $0 == "reply Disconnect" }.count == 2)
  }

  @Test func `links outlive their clients, and anybody may end them`() {
    var talk = Talk()
    talk.connect()
    #expect(talk.say(.senderVanished(":1.1")) == [])
    #expect(talk.daemon.device(Talk.key)?.isConnected == true)
    _ = talk.device("Disconnect", from: ":1.9")
    #expect(talk.say(.tick) == ["air: disconnect"])
  }

  @Test func `a second link needs no objects`() {
    var talk = Talk()
    talk.connect()
    _ = talk.loseLink()
    _ = talk.device("Connect")
    #expect(
      talk.say(.air(.linkMade(Talk.key, Talk.small))) == ["\(Self.device): Connected=true", "reply Connect"])
    #expect(talk.say(.tick) == ["\(Self.device): ServicesResolved=true"])
  }

  @Test func `after a firmware update the objects are replaced`() {
    var talk = Talk()
    talk.connect()
    _ = talk.loseLink()
    _ = talk.device("Connect")
    _ = talk.say(.air(.linkMade(Talk.key, Talk.profile)))
    let lines = talk.say(.tick)
    let removals = lines.filter { $0.hasPrefix("removed") }
    #expect(removals.first == "removed desc0009 GattDescriptor1")
    #expect(removals.last == "removed service000a GattService1")
    #expect(lines.contains("added service0027 GattService1"))
  }

  @Test func `the name of Generic Access takes the place of the advertised one, after all`() {
    var talk = Talk()
    talk.discover()
    _ = talk.device("Connect")
    var profile = Talk.small
    profile.name = "BlueZ 5.66"
    _ = talk.say(.air(.linkMade(Talk.key, profile)))
    #expect(talk.say(.tick).last == "\(Self.device): Name=BlueZ 5.66 Alias=BlueZ 5.66")
  }

  @Test func `RemoveDevice ends the link, answers, and removes the objects with the device`() {
    var talk = Talk()
    talk.connect()
    let path = DaemonObject.devicePath(Talk.key)
    #expect(talk.adapter("RemoveDevice", [.objectPath(path)]) == [])
    #expect(talk.say(.tick) == ["air: disconnect"])
    let lines = talk.loseLink(.closedLocally)
    #expect(
      lines.prefix(3) == [
        "\(Self.device): ServicesResolved=false", "reply RemoveDevice", "\(Self.device): Connected=false",
      ])
    #expect(lines.suffix(2) == ["removed service000a GattService1", "removed \(Self.device) Device1"])
    #expect(lines.contains("removed desc000f GattDescriptor1"))
    #expect(talk.daemon.device(Talk.key) == nil)
  }

  @Test func `a link that nobody asked for any more is dropped`() {
    var talk = Talk()
    talk.discover()
    _ = talk.device("Connect")
    _ = talk.device("Disconnect")
    #expect(talk.say(.air(.linkMade(Talk.key, Talk.small))) == ["air: disconnect"])
  }

  @Test func `a central that connects to us appears connected`() {
    var talk = Talk()
    let key = DeviceKey(adapter: "hci0", address: Talk.other)
    #expect(talk.say(.air(.incomingLink(key, isUp: true))) == ["added dev_C8_2E_47_0A_11_03 Device1"])
    #expect(talk.daemon.property("Connected", of: "org.bluez.Device1", .device(key)) == .boolean(true))
    #expect(
      talk.say(.air(.incomingLink(key, isUp: false))) == ["dev_C8_2E_47_0A_11_03: Connected=false"])
    #expect(talk.wait(.seconds(30)) == ["removed dev_C8_2E_47_0A_11_03 Device1"])
  }

  @Test func `profiles cannot be connected`() {
    var talk = Talk()
    talk.discover()
    #expect(
      talk.call("ConnectProfile", .device(Talk.key), [.string("180d")]) == [
        "error ConnectProfile: NotAvailable “br-connection-profile-unavailable”"
      ])
  }
}
