import PercussBlueZ
import PercussDBus
import PercussTime
import Testing

@testable import PercussSimulator

/// Adapter1: sessions of discovery, filters, and devices that come and go with them.
struct DiscoveryTests {
  typealias Talk = DaemonConversation

  private static let device = "dev_C8_2E_47_0A_11_02"

  @Test func `answers StartDiscovery before Discovering, then announces what it hears`() {
    var talk = Talk()
    #expect(talk.adapter("StartDiscovery") == ["reply StartDiscovery", "air: scan hci0 on", "hci0: Discovering=true"])
    #expect(talk.hear() == ["added \(Self.device) Device1"])
    #expect(talk.hear() == [])
    _ = talk.wait(.milliseconds(500))
    #expect(talk.hear(strength: -70) == ["\(Self.device): RSSI=-70"])
  }

  @Test func `without a filter small changes of the signal strength are not told, with one all are`() {
    var talk = Talk()
    _ = talk.adapter("StartDiscovery")
    _ = talk.hear(strength: -60)
    _ = talk.wait(.milliseconds(500))
    #expect(talk.hear(strength: -63) == [])
    _ = talk.adapter("SetDiscoveryFilter", [.properties(["Transport": .string("le")])])
    _ = talk.wait(.milliseconds(500))
    #expect(talk.hear(strength: -60) == ["\(Self.device): RSSI=-60"])
    _ = talk.wait(.milliseconds(500))
    #expect(talk.hear(strength: -60) == ["\(Self.device): RSSI=-60"])
  }

  @Test func `the end of discovery takes the signal strength away`() {
    var talk = Talk()
    _ = talk.adapter("StartDiscovery")
    _ = talk.hear { $0.transmitPower = 4 }
    #expect(
      talk.adapter("StopDiscovery") == [
        "reply StopDiscovery", "air: scan hci0 off", "\(Self.device): RSSI gone TxPower gone",
        "hci0: Discovering=false",
      ])
  }

  @Test func `a session is one sender's, and Discovering is everybody's`() {
    var talk = Talk()
    _ = talk.adapter("StartDiscovery")
    #expect(talk.adapter("StartDiscovery") == ["error StartDiscovery: InProgress “Operation already in progress”"])
    #expect(talk.adapter("StartDiscovery", from: ":1.2") == ["reply StartDiscovery"])
    #expect(talk.adapter("StopDiscovery") == ["reply StopDiscovery"])
    #expect(talk.adapter("StopDiscovery") == ["error StopDiscovery: Failed “No discovery started”"])
    #expect(talk.say(.senderVanished(":1.2")) == ["air: scan hci0 off", "hci0: Discovering=false"])
  }

  @Test func `a filter dies with its sender`() {
    var talk = Talk()
    let nobody = DBusValue.properties(["UUIDs": .strings(["180d"])])
    _ = talk.adapter("SetDiscoveryFilter", [nobody])
    _ = talk.adapter("StartDiscovery")
    #expect(talk.hear() == [])
    _ = talk.say(.senderVanished(":1.1"))
    _ = talk.adapter("StartDiscovery")
    #expect(talk.hear() == ["added \(Self.device) Device1"])
  }

  @Test func `an empty filter removes the one before`() {
    var talk = Talk()
    _ = talk.adapter("SetDiscoveryFilter", [.properties(["UUIDs": .strings(["180d"])])])
    _ = talk.adapter("StartDiscovery")
    #expect(talk.hear() == [])
    _ = talk.adapter("SetDiscoveryFilter", [.properties([:])])
    #expect(talk.hear() == ["added \(Self.device) Device1"])
  }

  @Test(arguments: [
    (["UUIDs": DBusValue.strings(["7e320001-bf34-4597-a0b9-83277511650e"])], true),
    (["UUIDs": .strings(["180d"])], false), (["RSSI": .int16(-70)], true), (["RSSI": .int16(-50)], false),
    (["Pathloss": .uint16(70)], true), (["Pathloss": .uint16(60)], false), (["Transport": .string("bredr")], false),
    (["Transport": .string("auto")], true), (["Pattern": .string("Percuss")], true),
    (["Pattern": .string("C8:2E")], true), (["Pattern": .string("Other")], false),
    (["Discoverable": .boolean(true), "DuplicateData": .boolean(true)], true),
  ])
  func `filters`(_ options: [String: DBusValue], _ isHeard: Bool) {
    var talk = Talk()
    #expect(talk.adapter("SetDiscoveryFilter", [.properties(options)]) == ["reply SetDiscoveryFilter"])
    _ = talk.adapter("StartDiscovery")
    #expect(talk.hear { $0.transmitPower = 5 }.isEmpty == !isHeard)
  }

  @Test(arguments: [
    ["UUIDs": DBusValue.strings(["nonsense"])], ["UUIDs": .string("180d")], ["RSSI": .int16(21)],
    ["RSSI": .uint16(1)], ["Pathloss": .uint16(138)], ["Transport": .string("LE")], ["Colour": .string("red")],
    ["RSSI": .int16(-60), "Pathloss": .uint16(60)], ["Pattern": .boolean(true)],
  ])
  func `refuses malformed filters`(_ options: [String: DBusValue]) {
    var talk = Talk()
    #expect(
      talk.adapter("SetDiscoveryFilter", [.properties(options)]) == [
        "error SetDiscoveryFilter: InvalidArguments “Invalid arguments in method call”"
      ])
  }

  @Test func `lists the keys of filters`() {
    var talk = Talk()
    #expect(
      talk.adapter("GetDiscoveryFilters") == [
        "reply GetDiscoveryFilters [UUIDs,RSSI,Pathloss,Transport,DuplicateData,Discoverable,Pattern]"
      ])
  }

  @Test func `devices that are not seen any more go by themselves, and calls to them fail`() {
    var talk = Talk()
    talk.discover()
    #expect(talk.wait(.seconds(29)) == [])
    #expect(talk.wait(.seconds(1)) == ["removed \(Self.device) Device1"])
    #expect(talk.device("Connect").first?.hasPrefix("error Connect: org.freedesktop.DBus.Error.UnknownObject") == true)
  }

  @Test func `being heard again, being connected or paired keeps a device`() {
    var talk = Talk()
    _ = talk.adapter("StartDiscovery")
    _ = talk.hear()
    for _ in 0..<5 {
      _ = talk.wait(.seconds(20))
      _ = talk.hear()
    }
    #expect(talk.daemon.device(Talk.key) != nil)
    talk.connect()
    _ = talk.loseLink()
    #expect(talk.wait(.seconds(3600)) == [])
    #expect(talk.daemon.device(Talk.key) != nil)
  }

  @Test func `devices that cannot be connected go with the end of discovery`() {
    var talk = Talk()
    _ = talk.adapter("StartDiscovery")
    _ = talk.hear { $0.isConnectable = false }
    #expect(talk.adapter("StopDiscovery").contains("removed \(Self.device) Device1"))
  }

  @Test func `an adapter does not hear itself`() {
    var talk = Talk()
    _ = talk.adapter("StartDiscovery")
    #expect(talk.hear(EmulatedAdapter().address) == [])
    #expect(talk.hear() != [])
  }

  @Test func `what is not discoverable is not reported`() {
    var talk = Talk()
    _ = talk.adapter("StartDiscovery")
    #expect(talk.hear { $0.flags = 0x04 } == [])
    // As bluetoothd's own peripherals advertise; with a filter, as every LE client sets one, they are found.
    _ = talk.adapter("SetDiscoveryFilter", [.properties(["Transport": .string("le")])], from: ":1.2")
    _ = talk.adapter("StartDiscovery", from: ":1.2")
    #expect(talk.hear { $0.flags = 0x04 } == ["added \(Self.device) Device1"])
  }

  @Test func `new data of a known device is told, the same only to those who want duplicates`() {
    var talk = Talk()
    _ = talk.adapter("StartDiscovery")
    _ = talk.hear { $0.manufacturerData = [0xffff: [1]] }
    _ = talk.wait(.milliseconds(500))
    let changed = talk.hear { $0.manufacturerData = [0xffff: [2]] }
    #expect(changed.count == 1 && changed[0].contains("ManufacturerData"))
    _ = talk.wait(.milliseconds(500))
    #expect(talk.hear { $0.manufacturerData = [0xffff: [2]] } == [])
    _ = talk.adapter("SetDiscoveryFilter", [.properties(["DuplicateData": .boolean(true)])])
    let repeated = talk.hear { $0.manufacturerData = [0xffff: [2]] }
    #expect(repeated.count == 1 && repeated[0].contains("ManufacturerData"))
  }

  @Test func `RemoveDevice removes, then answers`() {
    var talk = Talk()
    talk.discover()
    let path = DBusValue.objectPath(DaemonObject.devicePath(Talk.key))
    #expect(talk.adapter("RemoveDevice", [path]) == ["removed \(Self.device) Device1", "reply RemoveDevice"])
    #expect(talk.adapter("RemoveDevice", [path]) == ["error RemoveDevice: DoesNotExist “Does Not Exist”"])
  }

  @Test func `knows no more devices than its limit`() {
    var talk = Talk()
    _ = talk.adapter("StartDiscovery")
    for number in 0..<(BluetoothDaemon.deviceLimit + 10) { _ = talk.hear(.init(rawValue: UInt64(number))) }
    #expect(talk.daemon.adapters[0].devices.count == BluetoothDaemon.deviceLimit)
  }
}
