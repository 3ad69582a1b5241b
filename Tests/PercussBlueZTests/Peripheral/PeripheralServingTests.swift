import Glibc
import PercussBlueZ
import PercussDBus
import PercussGATT
import PercussLink
import PercussSimulator
import PercussTime
import Testing

/// How the application answers bluetoothd: errors, late answers, long values, descriptors, several centrals.
@Suite(.serialized) struct PeripheralServingTests {
  @Test func `errors arrive where bluetoothd lets them, and late answers too`() async throws {
    try await withTestPeripheral { rig, daemon, peripheral, central in
      try await central.write([1, 2], to: DelayingPeripheral.requestsOnly)
      peripheral.configure { $0.refusal = ATTError(0x81) }
      await #expect(
        throws: DBusFailure.refused(name: "org.bluez.Error.Failed", message: "Operation failed with ATT error: 0x81")
      ) {
        try await central.write([3], to: DelayingPeripheral.requestsOnly)
      }
      await #expect(
        throws: DBusFailure.refused(name: "org.bluez.Error.Failed", message: "Operation failed with ATT error: 0x81")
      ) {
        try await central.read(DelayingPeripheral.long)
      }
      // Written without awaiting the application.
      try await central.write([4], to: DelayingPeripheral.long)
      peripheral.configure {
        $0.refusal = nil
        $0.delay = .milliseconds(300)
      }
      let begin = rig.timeline.now
      try await central.write([5], to: DelayingPeripheral.requestsOnly)
      #expect(try await central.read(DelayingPeripheral.long) == Array(0..<100))
      #expect(rig.timeline.now - begin >= .milliseconds(600))
      #expect(
        peripheral.diary == [
          "central 1 connected", "central 1 writes [1, 2] to AA01, request", "central 1 writes [3] to AA01, request",
          "central 1 reads AA03", "central 1 writes [4] to AA03, command", "central 1 writes [5] to AA01, request",
          "central 1 reads AA03",
        ])
    }
  }

  @Test func `notifications and commands go through descriptors, which close with the subscription and the link`()
    async throws
  {
    try await withTestPeripheral { rig, daemon, peripheral, central in
      let application = PeripheralRig.application
      @Sendable func isAcquired(_ number: String, _ property: String) async throws -> Bool? {
        try await central.bus.call(
          MethodCall(
            destination: rig.peripheralName, path: application.appending("service0000").appending("char\(number)"),
            interface: BlueZ.Interface.properties, member: "Get",
            arguments: [.string(BlueZ.Interface.characteristic), .string(property)])
        ).first?.bool
      }
      try await central.startNotify(DelayingPeripheral.notified)
      let port = try #require(peripheral.port(of: 1))
      #expect(try await isAcquired("0004", "NotifyAcquired") == true)
      for value in 0..<20 as Range<UInt8> { #expect(port.notify([value], of: DelayingPeripheral.notified)) }
      let notified = try await central.values(of: DelayingPeripheral.notified, atLeast: 20)
      #expect(notified == (0..<20).map { [$0] })
      try await central.stopNotify(DelayingPeripheral.notified)
      try await eventually("the descriptor to be closed", on: rig.timeline) {
        try await isAcquired("0004", "NotifyAcquired") == false
      }
      #expect(!port.notify([1], of: DelayingPeripheral.notified))

      for value in 0..<20 as Range<UInt8> {
        try await central.write([value], to: DelayingPeripheral.commandsOnly, type: "command")
      }
      try await eventually("all commands", on: rig.timeline) {
        peripheral.diary.count { $0.contains("AA02, command") } == 20
      }
      #expect(try await isAcquired("0001", "WriteAcquired") == true)
      try await central.disconnect()
      try await eventually("the end of the link", on: rig.timeline) {
        peripheral.diary.last == "central 1 disconnected"
      }
      #expect(try await isAcquired("0001", "WriteAcquired") == false)
      #expect(
        peripheral.diary
          == ["central 1 connected", "central 1 subscribes to AA05", "central 1 leaves AA05"]
          + (0..<20).map { "central 1 writes [\($0)] to AA02, command" } + ["central 1 disconnected"])
    }
  }

  @Test func `indications wait for each other`() async throws {
    try await withTestPeripheral { rig, daemon, peripheral, central in
      _ = try await central.read(DelayingPeripheral.long)
      #expect(peripheral.port(of: 1)?.indicate([0], of: DelayingPeripheral.indicated) == false)
      try await central.startNotify(DelayingPeripheral.indicated)
      try await eventually("the subscription", on: rig.timeline) {
        peripheral.diary.last == "central 1 subscribes to AA04"
      }
      let port = try #require(peripheral.port(of: 1))
      let taken = (0..<20 as Range<UInt8>).map { port.indicate([$0], of: DelayingPeripheral.indicated) }
      #expect(taken.count { $0 } == 17)
      let values = try await central.values(of: DelayingPeripheral.indicated, atLeast: 17)
      #expect(values == (0..<17).map { [$0] })
      try await eventually("all confirmations", on: rig.timeline) {
        peripheral.diary.count { $0 == "central 1 confirms AA04" } == 17
      }
    }
  }

  @Test func `two centrals are told apart`() async throws {
    try await withTestPeripheral(adapters: 3) { rig, daemon, peripheral, anna in
      try await anna.startNotify(DelayingPeripheral.notified)
      try await anna.write([1], to: DelayingPeripheral.commandsOnly, type: "command")
      try await eventually("the first write", on: rig.timeline) { peripheral.diary.count == 3 }
      // The second one takes the descriptors for writing away: whose a packet is could not be told.
      let boris = try await RawCentral.connect(over: try await rig.connect(), adapter: "hci2")
      try await boris.write([2], to: DelayingPeripheral.commandsOnly, type: "command")
      try await eventually("the second write", on: rig.timeline) { peripheral.diary.count == 5 }
      try await anna.write([3], to: DelayingPeripheral.commandsOnly, type: "command")
      try await eventually("the third write", on: rig.timeline) { peripheral.diary.count == 6 }
      try await boris.startNotify(DelayingPeripheral.notified)
      try await boris.startNotify(DelayingPeripheral.indicated)
      try await eventually("all of it", on: rig.timeline) { peripheral.diary.count == 8 }
      let first = try #require(peripheral.port(of: 1))
      let second = try #require(peripheral.port(of: 2))
      #expect(first.notify([4], of: DelayingPeripheral.notified))
      #expect(!second.notify([5], of: DelayingPeripheral.notified))
      #expect(second.indicate([6], of: DelayingPeripheral.indicated))
      // Who has subscribed hears it all.
      #expect(try await boris.values(of: DelayingPeripheral.notified, atLeast: 1) == [[4]])
      #expect(try await anna.values(of: DelayingPeripheral.notified, atLeast: 1) == [[4]])
      #expect(try await boris.values(of: DelayingPeripheral.indicated, atLeast: 1) == [[6]])
      try await eventually("the confirmation", on: rig.timeline) {
        peripheral.diary.last == "central 2 confirms AA04"
      }
      try await anna.disconnect()
      try await eventually("its place to be taken", on: rig.timeline) {
        peripheral.diary.last == "central 2 subscribes to AA05"
      }
      #expect(second.notify([7], of: DelayingPeripheral.notified))
      #expect(try await boris.values(of: DelayingPeripheral.notified, atLeast: 2) == [[4], [7]])
      #expect(
        peripheral.diary == [
          "central 1 connected", "central 1 subscribes to AA05", "central 1 writes [1] to AA02, command",
          "central 2 connected", "central 2 writes [2] to AA02, command", "central 1 writes [3] to AA02, command",
          "central 1 subscribes to AA04", "central 2 subscribes to AA04", "central 2 confirms AA04",
          "central 1 disconnected", "central 2 subscribes to AA05",
        ])
    }
  }

  @Test func `a port ends the link`() async throws {
    try await withTestPeripheral { rig, daemon, peripheral, central in
      _ = try await central.read(DelayingPeripheral.long)
      try #require(peripheral.port(of: 1)).disconnect()
      try await eventually("the end of the link", on: rig.timeline) {
        peripheral.diary.last == "central 1 disconnected"
      }
      try await eventually("the other end", on: rig.timeline) { await central.isConnected == false }
      #expect(peripheral.port(of: 1) == nil)
    }
  }

  /// What bluetoothd calls, from its own connection.
  @Test func `parts, permissions, power and pairing are answered, strangers are not`() async throws {
    try await withTestPeripheral { rig, daemon, peripheral, central in
      let long = PeripheralRig.application.appending("service0000").appending("char0002")
      let device = BlueZ.namespace.appending("hci1").appending("dev_00_AA_01_00_00_00")
      func call(
        _ member: String, _ arguments: [DBusValue], at path: ObjectPath, _ interface: String,
        from bus: BusConnection? = nil
      ) async throws -> [DBusValue] {
        try await (bus ?? daemon.bus).call(
          MethodCall(
            destination: rig.peripheralName, path: path, interface: interface, member: member, arguments: arguments))
      }
      func options(_ more: [String: DBusValue] = [:]) -> DBusValue {
        .properties(more.merging(["device": .objectPath(device), "link": .string("LE")]) { $1 })
      }
      let characteristic = BlueZ.Interface.characteristic
      _ = try await call(
        "WriteValue", [.bytes([9]), options(["prepare-authorize": .boolean(true)])], at: long, characteristic)
      _ = try await call("WriteValue", [.bytes([1, 2]), options(["mtu": .uint16(100)])], at: long, characteristic)
      _ = try await call("WriteValue", [.bytes([3]), options(["offset": .uint16(2)])], at: long, characteristic)
      await #expect(throws: DBusFailure.self) {
        _ = try await call("WriteValue", [.bytes([3]), options(["offset": .uint16(9)])], at: long, characteristic)
      }
      #expect(try await call("ReadValue", [options()], at: long, characteristic) == [.bytes(Array(0..<100))])
      #expect(
        try await call("ReadValue", [options(["offset": .uint16(90)])], at: long, characteristic)
          == [.bytes(Array(90..<100))])
      #expect(peripheral.port(of: 1)?.maximumTransmissionUnit == 100)
      #expect(
        peripheral.diary == [
          "central 1 connected", "central 1 writes [1, 2] to AA03, request",
          "central 1 writes [1, 2, 3] to AA03, request",
          "central 1 reads AA03",
        ])

      let advertisement = PeripheralRig.root.appending("advertisement")
      let power: [DBusValue] = [
        .string(BlueZ.Interface.advertisement), .string("TxPower"), .variant(.int16(4)),
      ]
      _ = try await call("Set", power, at: advertisement, BlueZ.Interface.properties)
      let agent = PeripheralRig.root.appending("agent")
      _ = try await call("RequestAuthorization", [.objectPath(device)], at: agent, BlueZ.Interface.agent)
      await #expect(throws: DBusFailure.refused(name: "org.bluez.Error.Rejected", message: "refused")) {
        _ = try await call("RequestConfirmation", [.objectPath(device), .uint32(7)], at: agent, BlueZ.Interface.agent)
      }
      #expect(
        rig.log.events.contains(
          .pairing(.init(central: PeripheralRig.centralAddress, kind: .comparison(7)), isAllowed: false)))

      // The default agent is asked about everything on the machine.
      let foreign = BlueZ.namespace.appending("hci0").appending("dev_00_AA_01_00_00_01")
      for (member, arguments) in [
        ("RequestAuthorization", [.objectPath(foreign)]),
        ("AuthorizeService", [.objectPath(device), .string("00001124-0000-1000-8000-00805f9b34fb")]),
        ("AuthorizeService", [.objectPath(device), .string("nonsense")]), ("AuthorizeService", [.objectPath(device)]),
      ] as [(String, [DBusValue])] {
        await #expect(throws: DBusFailure.self) {
          _ = try await call(member, arguments, at: agent, BlueZ.Interface.agent)
        }
      }

      let stranger = try await rig.connect()
      let denied = "org.freedesktop.DBus.Error.AccessDenied"
      for (member, arguments, path, interface) in [
        ("WriteValue", [.bytes([1]), options()], long, characteristic),
        ("Set", power, advertisement, BlueZ.Interface.properties),
        ("RequestAuthorization", [.objectPath(device)], agent, BlueZ.Interface.agent),
        ("Release", [], advertisement, BlueZ.Interface.advertisement),
      ] as [(String, [DBusValue], ObjectPath, String)] {
        await #expect(throws: DBusFailure.refused(name: denied, message: "only bluetoothd may call this")) {
          _ = try await call(member, arguments, at: path, interface, from: stranger)
        }
      }
      #expect(peripheral.diary.count == 4)
    }
  }

  /// Runs a test with a central that is connected to a test peripheral.
  private func withTestPeripheral(
    adapters: Int = 2,
    _ body: @escaping @Sendable (PeripheralRig, EmulatedBlueZ, DelayingPeripheral, RawCentral) async throws -> Void
  ) async throws {
    let rig = try PeripheralRig()
    try await rig.run {
      let daemon = try await rig.startDaemon(adapters: adapters)
      let tested = DelayingPeripheral(timeline: rig.timeline)
      let peripheral = try await rig.offer(tested) {
        $0.pairing = PeripheralPairing(capability: .displayYesNo) { question in
          if case .comparison = question.kind { false } else { true }
        }
      }
      try await peripheral.serving(timeout: .seconds(10))
      let central = try await RawCentral.connect(over: try await rig.connect())
      try await body(rig, daemon, tested, central)
      await peripheral.stop()
      await daemon.stop()
    }
  }
}
