import PercussBlueZ
import PercussDBus
import PercussGATT
import Testing

private typealias Fake = FakeObjects

/// Conversations with the tracker of bluetoothd's objects: what the bus says, what the tree makes of it.
struct ObjectTreeTests {
  @Test func `all objects come with the first reply, parents first`() {
    var tree = BlueZObjectTree()
    #expect(tree.ownerChanged(to: Fake.owner) == [])
    #expect(!tree.isSynchronised)
    let changes = tree.managedObjects(
      Fake.managedObjects([
        (Fake.telemetryPath, Fake.telemetry), (Fake.servicePath, Fake.service), (Fake.devicePath, Fake.device()),
        (Fake.adapterPath, Fake.adapter()), (Fake.controlPointPath, Fake.controlPoint),
      ]))
    #expect(
      changes == [
        .adapterAdded(Fake.adapterPath), .deviceAdded(Fake.devicePath), .attributesChanged(of: Fake.devicePath),
      ])
    #expect(tree.isSynchronised)
    #expect(tree.adapters.map(\.name) == ["hci0"])
    #expect(tree.adapters.first?.interfaces == [BlueZ.Interface.adapter, BlueZ.Interface.gattManager])
    #expect(tree.devices().map(\.address.description) == [Fake.deviceAddress])
    #expect(tree.characteristics(of: Fake.devicePath).map(\.uuid) == [.percussControlPoint, .percussTelemetry])
    #expect(tree.characteristic(at: Fake.telemetryPath)?.properties == .notify)
    #expect(tree.characteristic(at: Fake.telemetryPath)?.maximumTransmissionUnit == 247)
    #expect((tree.statistics.ignored, tree.statistics.malformed, tree.statistics.refused) == (0, 0, 0))
  }

  @Test func `what the last reply does not have any more is gone`() {
    var tree = BlueZObjectTree.knowing([
      (Fake.adapterPath, Fake.adapter()), (Fake.devicePath, Fake.device()), (Fake.servicePath, Fake.service),
      (Fake.telemetryPath, Fake.telemetry),
    ])
    #expect(
      tree.managedObjects(
        Fake.managedObjects([
          (Fake.adapterPath, Fake.adapter()), (Fake.devicePath, Fake.device()), (Fake.servicePath, Fake.service),
        ])) == [.attributesChanged(of: Fake.devicePath)])
    #expect(tree.characteristics(of: Fake.devicePath).isEmpty)
    #expect(!tree.hasAttributes(Fake.devicePath))
    let changes = tree.managedObjects(Fake.managedObjects([(Fake.adapterPath, Fake.adapter())]))
    #expect(changes.count == 1)
    #expect(tree.devices().isEmpty)
    #expect(tree.objectCount == 1)
  }

  @Test func `a change of an object that is not known is passed over`() {
    var tree = BlueZObjectTree.knowing([(Fake.adapterPath, Fake.adapter())])
    #expect(tree.changed(Fake.devicePath, BlueZ.Interface.device, ["Connected": .boolean(true)]) == [])
    #expect(tree.changed(Fake.telemetryPath, BlueZ.Interface.characteristic, ["Value": .bytes([1])]) == [])
    #expect(tree.statistics.ignored == 2)
    #expect(tree.added(Fake.devicePath, Fake.device()) == [.deviceAdded(Fake.devicePath)])
    #expect(tree.device(at: Fake.devicePath)?.isConnected == false)
  }

  @Test func `connections, services and values are told as they change`() {
    var tree = BlueZObjectTree.knowing([
      (Fake.adapterPath, Fake.adapter()), (Fake.devicePath, Fake.device()), (Fake.servicePath, Fake.service),
      (Fake.telemetryPath, Fake.telemetry),
    ])
    #expect(
      tree.changed(Fake.devicePath, BlueZ.Interface.device, ["Connected": .boolean(true)])
        == [.deviceChanged(Fake.devicePath, .connection)])
    #expect(tree.changed(Fake.devicePath, BlueZ.Interface.device, ["Connected": .boolean(true)]) == [])
    #expect(
      tree.changed(Fake.devicePath, BlueZ.Interface.device, ["ServicesResolved": .boolean(true)])
        == [.deviceChanged(Fake.devicePath, .resolution)])
    // Equal values are notified all the same.
    for _ in 0..<2 {
      #expect(
        tree.changed(Fake.telemetryPath, BlueZ.Interface.characteristic, ["Value": .bytes([1, 2])])
          == [.value(Fake.telemetryPath, [1, 2])])
    }
    #expect(
      tree.changed(
        Fake.telemetryPath, BlueZ.Interface.characteristic,
        ["Notifying": .boolean(true), "Value": .bytes([])])
        == [.attributesChanged(of: Fake.devicePath), .value(Fake.telemetryPath, [])])
    #expect(
      tree.changed(Fake.devicePath, BlueZ.Interface.device, ["Connected": .boolean(false)])
        == [.deviceChanged(Fake.devicePath, [.connection, .resolution])])
    // The objects outlive the link.
    #expect(tree.hasAttributes(Fake.devicePath))
  }

  @Test func `services may be resolved before the connection is told`() {
    var tree = BlueZObjectTree.knowing([(Fake.adapterPath, Fake.adapter()), (Fake.devicePath, Fake.device())])
    _ = tree.changed(Fake.devicePath, BlueZ.Interface.device, ["ServicesResolved": .boolean(true)])
    _ = tree.changed(Fake.devicePath, BlueZ.Interface.device, ["Connected": .boolean(true)])
    #expect(tree.device(at: Fake.devicePath)?.servicesAreResolved == true)
  }

  @Test func `the end of discovery takes the signal strength away`() {
    var tree = BlueZObjectTree.knowing([
      (Fake.adapterPath, Fake.adapter()), (Fake.devicePath, Fake.device(strength: -60)),
    ])
    #expect(tree.device(at: Fake.devicePath)?.signalStrength == -60)
    #expect(
      tree.changed(Fake.devicePath, BlueZ.Interface.device, [:], invalidated: ["RSSI", "TxPower"])
        == [.deviceChanged(Fake.devicePath, .advertisement)])
    #expect(tree.device(at: Fake.devicePath)?.isBeingReceived == false)
    // 127 is no strength, but something was heard.
    #expect(
      tree.changed(Fake.devicePath, BlueZ.Interface.device, ["RSSI": .int16(127)])
        == [.deviceChanged(Fake.devicePath, .advertisement)])
    #expect(tree.device(at: Fake.devicePath)?.isBeingReceived == true)
    #expect(tree.device(at: Fake.devicePath)?.signalStrength == nil)
    // The same again is news all the same: it was heard again.
    #expect(
      tree.changed(Fake.devicePath, BlueZ.Interface.device, ["RSSI": .int16(127)])
        == [.deviceChanged(Fake.devicePath, .advertisement)])
  }

  @Test func `an adapter that vanishes takes its devices along`() throws {
    var tree = BlueZObjectTree.knowing([
      (Fake.adapterPath, Fake.adapter()), (Fake.devicePath, Fake.device()), (Fake.servicePath, Fake.service),
      (Fake.telemetryPath, Fake.telemetry), (Fake.descriptorPath, Fake.descriptor),
    ])
    let (device, adapter) = (try #require(tree.devices().first), try #require(tree.adapters.first))
    #expect(
      tree.removed(Fake.adapterPath, [BlueZ.Interface.adapter])
        == [.deviceRemoved(device), .adapterRemoved(adapter)])
    #expect(tree.objectCount == 0)
    // Their own removal, when it comes at last, is nothing new.
    #expect(tree.removed(Fake.devicePath, [BlueZ.Interface.device]) == [])
  }

  @Test func `another adapter under the same number is another adapter`() {
    var tree = BlueZObjectTree.knowing([(Fake.adapterPath, Fake.adapter()), (Fake.devicePath, Fake.device())])
    let changes = tree.added(Fake.adapterPath, Fake.adapter(address: "00:AA:01:01:00:01"))
    #expect(changes.count == 3)
    #expect(tree.devices().isEmpty)
    #expect(tree.adapter(with: BluetoothAddress(rawValue: 0x00AA_0101_0001))?.path == Fake.adapterPath)
  }

  @Test func `nothing is left when bluetoothd ends, and its last words do not count`() {
    var tree = BlueZObjectTree.knowing([
      (Fake.adapterPath, Fake.adapter()), (Fake.devicePath, Fake.device(isConnected: true)),
    ])
    let changes = tree.ownerChanged(to: nil)
    #expect(changes.count == 2)
    #expect(tree.objectCount == 0)
    #expect(tree.added(Fake.devicePath, Fake.device(isConnected: true)) == [])
    // A new one starts from nothing.
    #expect(tree.ownerChanged(to: ":1.9") == [])
    #expect(!tree.isSynchronised)
    #expect(tree.added(Fake.devicePath, Fake.device(isConnected: true)) == [])
    #expect(tree.statistics.ignored == 2)
  }

  @Test func `nobody but bluetoothd is believed`() {
    var tree = BlueZObjectTree.knowing([(Fake.adapterPath, Fake.adapter()), (Fake.devicePath, Fake.device())])
    let changes = tree.changed(
      Fake.devicePath, BlueZ.Interface.device, ["Connected": .boolean(true)], from: ":1.666")
    #expect(changes == [])
    #expect(tree.device(at: Fake.devicePath)?.isConnected == false)
  }

  @Test func `children may come before their parents`() {
    var tree = BlueZObjectTree.knowing([(Fake.adapterPath, Fake.adapter())])
    #expect(tree.added(Fake.descriptorPath, Fake.descriptor) == [.attributesChanged(of: Fake.devicePath)])
    #expect(tree.added(Fake.telemetryPath, Fake.telemetry) == [.attributesChanged(of: Fake.devicePath)])
    #expect(!tree.hasAttributes(Fake.devicePath))
    _ = tree.added(Fake.servicePath, Fake.service)
    _ = tree.added(Fake.devicePath, Fake.device())
    #expect(tree.hasAttributes(Fake.devicePath))
    #expect(tree.descriptors(of: Fake.telemetryPath).map(\.uuid) == [BluetoothUUID(0x2902)])
    // And go with them.
    #expect(
      tree.removed(Fake.servicePath, [BlueZ.Interface.service]) == [.attributesChanged(of: Fake.devicePath)])
    #expect(tree.objectCount == 2)
  }

  @Test func `a second interface of a device changes nothing`() {
    var tree = BlueZObjectTree.knowing([(Fake.adapterPath, Fake.adapter()), (Fake.devicePath, Fake.device())])
    let battery = ["org.bluez.Battery1": ["Percentage": DBusValue.byte(80)]]
    #expect(tree.added(Fake.devicePath, battery) == [])
    #expect(tree.removed(Fake.devicePath, ["org.bluez.Battery1"]) == [])
    #expect(tree.devices().count == 1)
  }

  @Test func `properties of a wrong type keep what was known, and are counted`() {
    var tree = BlueZObjectTree.knowing([
      (Fake.adapterPath, Fake.adapter()), (Fake.devicePath, Fake.device(isConnected: true, strength: -60)),
      (Fake.servicePath, Fake.service), (Fake.telemetryPath, Fake.telemetry),
    ])
    let nonsense: [String: DBusValue] = [
      "Connected": .string("yes"), "ServicesResolved": .byte(1), "RSSI": .string("loud"), "Name": .bytes([1]),
      "UUIDs": .strings(["no uuid"]), "Paired": .uint32(1), "Trusted": .array([], of: .string),
    ]
    let known = tree.device(at: Fake.devicePath)
    #expect(
      tree.changed(Fake.devicePath, BlueZ.Interface.device, nonsense)
        == [.deviceChanged(Fake.devicePath, .advertisement)])
    #expect(tree.device(at: Fake.devicePath) == known)
    #expect(tree.statistics.malformed == 7)
    let more: [String: DBusValue] = [
      "Flags": .string("notify"), "MTU": .string("many"), "Value": .string("x"), "Notifying": .double(1),
    ]
    #expect(tree.changed(Fake.telemetryPath, BlueZ.Interface.characteristic, more) == [])
    #expect(tree.characteristic(at: Fake.telemetryPath)?.properties == .notify)
    #expect(tree.statistics.malformed == 11)
    let long = DBusValue.bytes([UInt8](repeating: 0, count: 513))
    #expect(tree.changed(Fake.telemetryPath, BlueZ.Interface.characteristic, ["Value": long]) == [])
  }

  @Test(arguments: [
    [], [DBusValue.string("x")], [.objectPath(.root)], [.objectPath(.root), .string("x")],
    [.string("x"), .properties([:])], [.string("x"), .string("y"), .string("z")],
    [.objectPath(.root), .dictionary([.init(.byte(1), .byte(2))], key: .byte, value: .byte)],
    [.objectPath(.root), .array([.byte(1)], of: .byte)],
    [.dictionary([.init(.string("a"), .byte(1))], key: .string, value: .byte)],
  ])
  func `messages of a wrong shape do nothing`(_ arguments: [DBusValue]) {
    var tree = BlueZObjectTree.knowing([(Fake.adapterPath, Fake.adapter()), (Fake.devicePath, Fake.device())])
    for (interface, member) in [
      (BlueZ.Interface.objectManager, "InterfacesAdded"), (BlueZ.Interface.objectManager, "InterfacesRemoved"),
      (BlueZ.Interface.properties, "PropertiesChanged"), ("org.example", "Whatever"),
    ] {
      #expect(tree.signal(member, of: interface, at: Fake.devicePath, from: Fake.owner, arguments) == [])
    }
    #expect(tree.allProperties(arguments, of: BlueZ.Interface.device, at: Fake.devicePath) == [])
    #expect(tree.objectCount == 2)
    #expect(tree.statistics.malformed > 0)
  }

  @Test func `a device without a proper address is no device`() {
    var tree = BlueZObjectTree.knowing([(Fake.adapterPath, Fake.adapter())])
    #expect(tree.added(Fake.devicePath, Fake.device(address: "nonsense")) == [])
    #expect(tree.added(Fake.servicePath, [BlueZ.Interface.service: [:]]) == [])
    #expect(tree.added(.root, Fake.device()) == [])
    #expect(tree.added(.root, Fake.telemetry) == [])
    #expect(tree.objectCount == 1)
  }

  @Test func `no more objects are kept than the limit`() {
    var tree = BlueZObjectTree.knowing([(Fake.adapterPath, Fake.adapter())])
    for number in 0..<BlueZObjectTree.objectLimit + 10 {
      let address = BluetoothAddress(rawValue: UInt64(number))
      let device: FakeObjects.Interfaces = [
        BlueZ.Interface.device: ["Address": .string(address.description)]
      ]
      _ = tree.added(Fake.adapterPath.appending("dev_\(address.pathElement)"), device)
    }
    #expect(tree.objectCount == BlueZObjectTree.objectLimit)
    #expect(tree.statistics.refused == 11)
    #expect(tree.device(with: BluetoothAddress(rawValue: 77), on: Fake.adapterPath) != nil)
    // Room is made again.
    _ = tree.removed(Fake.adapterPath, [BlueZ.Interface.adapter])
    #expect(tree.objectCount == 0)
  }

  @Test func `names longer than any of bluetoothd's are not kept`() {
    var tree = BlueZObjectTree.knowing([(Fake.adapterPath, Fake.adapter())])
    let long = String(repeating: "a", count: 256)
    #expect(tree.added(Fake.adapterPath.appending(long), Fake.device()) == [])
    #expect(tree.added(Fake.adapterPath, ["org.example.\(long)": [:]]) == [])
    #expect(tree.objectCount == 1)
    #expect(tree.adapter(at: Fake.adapterPath)?.interfaces.count == 2)
    #expect(tree.statistics.malformed == 2)
  }
}
