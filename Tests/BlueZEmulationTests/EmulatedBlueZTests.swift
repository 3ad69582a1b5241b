import PercussBlueZ
import PercussDBus
import PercussGATT
import PercussLink
import PercussSimulator
import PercussTime
import Testing

/// The emulation on a bus with a real dbus-daemon.
@Suite(.serialized)
struct EmulatedBlueZTests {
  typealias Bench = BusBench

  @Test func `a client scans, connects, reads, writes, is notified, and disconnects`() throws {
    try Bench.run { bench in
      try await bench.connectDevice()
      let feature = try await bench.characteristic(Bench.featurePath, "ReadValue")
      #expect(feature.first?.bytes?.first == 1)
      try await bench.characteristic(Bench.controlPointPath, "StartNotify", [])
      let request: [UInt8] = [0x01, 0x01, 0x00, 0xb8, 0x0b, 0x00]
      try await bench.characteristic(
        Bench.controlPointPath, "WriteValue", [.bytes(request), .properties(["type": .string("request")])])
      try await bench.wait(for: "char000d: Value=80.1.1.1")
      try await bench.device("Disconnect")
      try await bench.wait(for: "Connected=false")
    }
  }

  @Test func `signals and answers come in the order of bluetoothd`() throws {
    try Bench.run { bench in
      try await bench.connectDevice()
      _ = bench.seen.drain()
      try await bench.characteristic(Bench.telemetryPath, "StartNotify", [])
      try await bench.characteristic(Bench.telemetryPath, "StopNotify", [])
      let lines = bench.seen.all.filter { !$0.contains("Value=") && !$0.contains("added") }
      #expect(
        lines == ["char0010: Notifying=true", "reply StartNotify", "char0010: Notifying=false", "reply StopNotify"])
      _ = bench.seen.drain()
      try await bench.device("Disconnect")
      try await bench.wait(for: "Connected=false")
      let ending = bench.seen.all.filter { $0.contains("dev_") && !$0.contains("removed") || $0.contains("reply") }
      #expect(
        ending == [
          "dev_C8_2E_47_0A_11_02: ServicesResolved=false", "reply Disconnect",
          "dev_C8_2E_47_0A_11_02: Connected=false",
        ])
      _ = bench.seen.drain()
      try await bench.device("Connect")
      try await bench.wait(for: "ServicesResolved=true")
      #expect(
        bench.seen.all.prefix(3) == [
          "dev_C8_2E_47_0A_11_02: Connected=true", "reply Connect", "dev_C8_2E_47_0A_11_02: ServicesResolved=true",
        ])
    }
  }

  @Test func `Powered is answered, then told`() throws {
    try Bench.run { bench in
      try await bench.connectDevice()
      _ = bench.seen.drain()
      try await bench.set("/org/bluez/hci0", "org.bluez.Adapter1", "Powered", .boolean(false))
      try await bench.wait(for: "Powered=false")
      let lines = bench.seen.all
      #expect(lines.first == "dev_C8_2E_47_0A_11_02: ServicesResolved=false Connected=false")
      let reply = try #require(lines.firstIndex(of: "reply Set"))
      #expect(lines[(reply + 1)...].contains { $0.hasPrefix("hci0: Powered=false") })
      await #expect(throws: DBusFailure.self) { try await bench.adapter("StartDiscovery") }
      // Who was connected learns of it over the air.
      let start = bench.timeline.now
      while await !bench.emulation.air.links(of: Bench.address).isEmpty,
        start.duration(to: bench.timeline.now) < .seconds(10)
      {
        try await bench.timeline.sleep(for: .milliseconds(20))
      }
      #expect(await bench.emulation.air.links(of: Bench.address).isEmpty)
    }
  }

  @Test func `GetManagedObjects tells the same as the signals`() throws {
    try Bench.run { bench in
      try await bench.connectDevice()
      let objects = try await bench.call("/", "org.freedesktop.DBus.ObjectManager", "GetManagedObjects")
      let paths = (objects.first?.entries ?? []).compactMap(\.key.objectPath?.description)
      #expect(paths.contains(Bench.devicePath))
      #expect(paths.contains(Bench.controlPointPath + "/desc000f"))
      #expect(Set(paths).count == paths.count)
      // Adapter, daemon, device, 4 services, 13 characteristics, 7 descriptors.
      #expect(paths.count == 27)
      let entry = objects.first?.entries?.first { $0.key.objectPath?.description == Bench.devicePath }
      let device = entry?.value.propertyMap?["org.bluez.Device1"]?.propertyMap
      #expect(device?["Address"]?.string == "C8:2E:47:0A:11:02")
      #expect(device?["Connected"]?.bool == true)
      #expect(try await bench.get(Bench.devicePath, "org.bluez.Device1", "ServicesResolved")?.bool == true)
      #expect(try await bench.get(Bench.telemetryPath, "org.bluez.GattCharacteristic1", "MTU") == .uint16(247))
    }
  }

  @Test func `two clients share a device`() throws {
    try Bench.run { bench in
      try await bench.connectDevice()
      let other = try await bench.connect()
      try await bench.call(Bench.devicePath, "org.bluez.Device1", "Connect", as: other)
      try await bench.characteristic(Bench.telemetryPath, "StartNotify", [])
      try await bench.characteristic(Bench.telemetryPath, "StartNotify", [], as: other)
      await bench.client.close()
      let values = Log<Int>()
      _ = try await other.subscribe(to: MatchRule(sender: "org.bluez", path: ObjectPath(Bench.telemetryPath))) {
        values.append($0.arguments.count)
      }
      try await bench.timeline.sleep(for: .seconds(1))
      #expect(values.count > 0)
    }
  }

  // MARK: Ends and beginnings

  @Test func `stopped, everything is removed and the name is free`() throws {
    try Bench.run { bench in
      try await bench.connectDevice()
      _ = bench.seen.drain()
      await bench.emulation.stop()
      try await bench.wait(for: "removed hci0")
      #expect(bench.seen.all.contains("removed dev_C8_2E_47_0A_11_02"))
      await #expect(throws: DBusFailure.self) { try await bench.adapter("StartDiscovery") }
      // Another one takes its place, and knows nothing.
      let again = try await EmulatedBlueZ.start(on: bench.emulation.bus, air: bench.emulation.air)
      try await bench.adapter("StartDiscovery")
      _ = bench.seen.drain()
      try await bench.wait(for: "added dev_C8_2E_47_0A_11_02")
      await again.stop()
    }
  }

  @Test func `killed, nothing is announced, and links end`() throws {
    try Bench.run { bench in
      try await bench.connectDevice()
      let owners = Log<String>()
      _ = try await bench.client.watchOwner(of: "org.bluez") { owners.append($0 ?? "nobody") }
      _ = bench.seen.drain()
      await bench.emulation.kill()
      let start = bench.timeline.now
      while owners.all.last != "nobody", start.duration(to: bench.timeline.now) < .seconds(10) {
        try await bench.timeline.sleep(for: .milliseconds(5))
      }
      #expect(owners.all.last == "nobody")
      #expect(bench.seen.all.filter { $0.hasPrefix("removed") }.isEmpty)
      try await bench.timeline.sleep(for: .milliseconds(200))
      #expect(await bench.emulation.air.links(of: Bench.address).isEmpty)
    }
  }

  @Test func `a second emulation on the bus is refused`() throws {
    try Bench.run { bench in
      let other = try await bench.connect()
      await #expect(throws: DBusFailure.self) { _ = try await EmulatedBlueZ.start(on: other) }
    }
  }

  @Test func `an adapter comes back with the next number`() throws {
    var configuration = EmulatedBlueZ.Configuration()
    configuration.quirks.adaptersAreRenumbered = true
    try Bench.run(configuration) { bench in
      await bench.emulation.removeAdapter("hci0")
      try await bench.wait(for: "removed hci0")
      await bench.emulation.addAdapter(EmulatedAdapter())
      try await bench.wait(for: "added hci1")
      #expect(try await bench.get("/org/bluez/hci1", "org.bluez.Adapter1", "Address")?.string == "00:AA:01:00:00:00")
      #expect(await bench.emulation.adapterNames == ["hci1"])
    }
  }

  @Test func `a lost link is told within the supervision timeout`() throws {
    try Bench.run { bench in
      try await bench.connectDevice()
      await bench.emulation.remove(Bench.address)
      try await bench.wait(for: "Connected=false")
      await #expect(throws: DBusFailure.self) { try await bench.characteristic(Bench.featurePath, "ReadValue") }
    }
  }

  @Test func `bursts are reordered when asked for, on links made from then on`() throws {
    for isReordered in [true, false] {
      var configuration = EmulatedBlueZ.Configuration()
      configuration.quirks.reordersBursts = isReordered
      try Bench.run(configuration) { bench in
        try await bench.connectDevice()
        for number in 0..<60 {
          try await bench.characteristic(
            Bench.routineDataPath, "WriteValue",
            [.bytes([UInt8(number)]), .properties(["type": .string("command")])])
        }
        try await bench.timeline.sleep(for: .milliseconds(500))
        let links = await bench.emulation.air.links(of: Bench.address)
        let statistics = await links.first?.statistics
        #expect((statistics?.reordered ?? 0 > 0) == isReordered)
      }
    }
  }

  @Test func `an agent is asked on the bus`() throws {
    try Bench.run { bench in
      try await bench.connectDevice()
      await bench.emulation.air.secure([.percussFeature], of: Bench.address, pairing: .passkey(123_456))
      let agent = PasskeyAgent(123_456)
      let path = ObjectPath.root.appending("agent")
      try await bench.client.export(agent, at: path)
      try await bench.call(
        "/org/bluez", "org.bluez.AgentManager1", "RegisterAgent", [.objectPath(path), .string("KeyboardDisplay")])
      try await bench.device("Pair")
      #expect(agent.asked.count == 1)
      #expect(try await bench.get(Bench.devicePath, "org.bluez.Device1", "Paired")?.bool == true)
      #expect(try await bench.characteristic(Bench.featurePath, "ReadValue").first?.bytes?.isEmpty == false)
    }
  }

  /// Enters a number.
  private final class PasskeyAgent: ExportedObject {
    let asked = Log<String>()
    private let passkey: UInt32
    let interfaces = [
      InterfaceDescription(
        "org.bluez.Agent1",
        methods: [.init("RequestPasskey", in: [.init("device", "o")], out: [.init("passkey", "u")]), .init("Cancel")])
    ]

    init(_ passkey: UInt32) { self.passkey = passkey }

    func handle(_ call: IncomingCall) {
      asked.append(call.member)
      call.reply(call.member == "RequestPasskey" ? [.uint32(passkey)] : [])
    }
  }
}
