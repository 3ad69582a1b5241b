import PercussDBus
import PercussSimulator
import PercussTime
import Testing

/// Calls on the bus that no well-meaning client makes: typed errors, and an emulation that goes on.
@Suite(.serialized)
struct HostileBusTests {
  typealias Bench = BusBench

  private static func error(_ bench: Bench, _ body: () async throws -> Void) async -> String {
    do {
      try await body()
      return "success"
    } catch DBusFailure.refused(let name, _) {
      return name
    } catch {
      return "\(error)"
    }
  }

  @Test func `wrong arguments, paths, members and properties`() throws {
    try Bench.run { bench in
      try await bench.connectDevice()
      let device = "org.bluez.Device1"
      func refusal(_ path: String, _ interface: String, _ member: String, _ arguments: [DBusValue]) async -> String {
        await Self.error(bench) { try await bench.call(path, interface, member, arguments) }
      }
      #expect(await refusal(Bench.devicePath, device, "Connect", [.string("x")]).hasSuffix("UnknownMethod"))
      #expect(await refusal(Bench.devicePath, device, "Explode", []).hasSuffix("UnknownMethod"))
      #expect(await refusal("/org/bluez/hci7", device, "Connect", []).hasSuffix("UnknownObject"))
      #expect(await refusal(Bench.devicePath, "org.example.None", "Connect", []).hasSuffix("UnknownMethod"))
      #expect(
        await refusal(Bench.featurePath, "org.bluez.GattCharacteristic1", "ReadValue", [.bytes([1])])
          .hasSuffix("UnknownMethod"))
      #expect(
        await refusal(
          Bench.featurePath, "org.bluez.GattCharacteristic1", "ReadValue",
          [.properties(["offset": .string("x")])]) == "org.bluez.Error.InvalidArguments")
      let properties = "org.freedesktop.DBus.Properties"
      #expect(
        await refusal(
          Bench.devicePath, properties, "Set", [.string(device), .string("Trusted"), .variant(.string("yes"))]
        ).hasSuffix("InvalidSignature"))
      #expect(
        await refusal(
          Bench.devicePath, properties, "Set", [.string(device), .string("Connected"), .variant(.boolean(false))]
        ).hasSuffix("PropertyReadOnly"))
      #expect(
        await refusal(Bench.devicePath, properties, "Get", [.string(device), .string("Colour")])
          .hasSuffix("InvalidArgs"))
      #expect(
        await refusal(
          "/org/bluez/hci0", "org.bluez.Adapter1", "RemoveDevice", [.objectPath(.root)])
          == "org.bluez.Error.DoesNotExist")
      // It goes on.
      try await bench.characteristic(Bench.featurePath, "ReadValue")
    }
  }

  @Test func `clients that vanish in the middle of everything leave nothing behind`() throws {
    try Bench.run { bench in
      try await bench.connectDevice()
      for _ in 0..<10 {
        let other = try await bench.connect()
        for (path, interface, member, arguments) in [
          ("/org/bluez/hci0", "org.bluez.Adapter1", "StartDiscovery", []),
          (Bench.featurePath, "org.bluez.GattCharacteristic1", "ReadValue", [.properties([:])]),
          (Bench.telemetryPath, "org.bluez.GattCharacteristic1", "AcquireNotify", [.properties([:])]),
          (Bench.routineDataPath, "org.bluez.GattCharacteristic1", "AcquireWrite", [.properties([:])]),
          (Bench.controlPointPath, "org.bluez.GattCharacteristic1", "StartNotify", []),
          ("/org/bluez", "org.bluez.AgentManager1", "RegisterAgent", [.objectPath(.root), .string("")]),
        ] as [(String, String, String, [DBusValue])] {
          let call = MethodCall(
            destination: "org.bluez", path: try #require(ObjectPath(path)), interface: interface, member: member,
            arguments: arguments)
          await other.send(call) { _ in }
        }
        try await bench.timeline.sleep(for: .milliseconds(5))
        await other.close()
      }
      try await bench.timeline.sleep(for: .milliseconds(500))
      #expect(try await bench.get("/org/bluez/hci0", "org.bluez.Adapter1", "Discovering")?.bool == false)
      for path in [Bench.telemetryPath, Bench.controlPointPath] {
        #expect(try await bench.get(path, "org.bluez.GattCharacteristic1", "Notifying")?.bool == false)
      }
      #expect(
        try await bench.get(Bench.telemetryPath, "org.bluez.GattCharacteristic1", "NotifyAcquired")?.bool == false)
      #expect(
        try await bench.get(Bench.routineDataPath, "org.bluez.GattCharacteristic1", "WriteAcquired")?.bool == false)
      #expect(try await bench.get("/org/bluez/hci0", "org.bluez.Adapter1", "Pairable")?.bool == false)
    }
  }

  @Test func `refused applications and advertisements leave nothing behind`() throws {
    try Bench.run { bench in
      func rules() async throws -> Int {
        let answer = try await bench.client.call(
          MethodCall(
            destination: "org.freedesktop.DBus", path: try #require(ObjectPath("/org/freedesktop/DBus")),
            interface: "org.freedesktop.DBus.Debug.Stats", member: "GetAllMatchRules"))
        let own = answer.first?.entries?.first { $0.key.string == bench.emulation.bus.uniqueName }
        return try #require(own?.value.strings).count
      }
      let before = try await rules()
      for (interface, member) in [
        ("GattManager1", "RegisterApplication"), ("LEAdvertisingManager1", "RegisterAdvertisement"),
      ] {
        for _ in 0..<10 {
          let refusal = await Self.error(bench) {
            try await bench.call(
              "/org/bluez/hci0", "org.bluez.\(interface)", member, [.objectPath(.root), .properties([:])])
          }
          #expect(refusal.hasPrefix("org.bluez.Error."), "\(refusal)")
        }
      }
      let deadline = bench.timeline.now + .seconds(10)
      while try await rules() > before, bench.timeline.now < deadline {
        try await bench.timeline.sleep(for: .milliseconds(20))
      }
      #expect(try await rules() == before)
    }
  }

  @Test func `a thousand calls at once are all answered`() throws {
    try Bench.run { bench in
      try await bench.connectDevice()
      let answers = Log<Bool>()
      for number in 0..<1_000 {
        let (path, member): (String, String) =
          number % 3 == 0
          ? (Bench.featurePath, "ReadValue")
          : number % 3 == 1 ? (Bench.telemetryPath, "StartNotify") : (Bench.telemetryPath, "StopNotify")
        let call = MethodCall(
          destination: "org.bluez", path: try #require(ObjectPath(path)), interface: "org.bluez.GattCharacteristic1",
          member: member, arguments: member == "ReadValue" ? [.properties([:])] : [])
        await bench.client.send(call) { result in
          if case .failure(.timedOut) = result { answers.append(false) } else { answers.append(true) }
        }
      }
      let start = bench.timeline.now
      while answers.count < 1_000, start.duration(to: bench.timeline.now) < .seconds(30) {
        try await bench.timeline.sleep(for: .milliseconds(20))
      }
      #expect(answers.count == 1_000 && answers.all.allSatisfy(\.self))
    }
  }

  @Test func `what nobody means is not kept`() throws {
    try Bench.run { bench in
      let long = String(repeating: "a", count: 100_000)
      let calls: [(String, String, String, [DBusValue])] = [
        (
          "/org/bluez", "org.bluez.AgentManager1", "RegisterAgent",
          [.objectPath(ObjectPath.root.appending(long)), .string("")]
        ),
        (
          "/org/bluez/hci0", "org.bluez.Adapter1", "SetDiscoveryFilter",
          [.properties(["Pattern": .string(long)])]
        ),
        (
          "/org/bluez/hci0", "org.freedesktop.DBus.Properties", "Set",
          [.string("org.bluez.Adapter1"), .string("Alias"), .variant(.string(long))]
        ),
      ]
      for (path, interface, member, arguments) in calls {
        let error = await Self.error(bench) { try await bench.call(path, interface, member, arguments) }
        #expect(error == DBusErrorName.limitsExceeded, "\(member)")
      }
      let alias = try await bench.get("/org/bluez/hci0", "org.bluez.Adapter1", "Alias")
      #expect(alias?.string != long)
    }
  }

  @Test func `an application that tells of changes without end is asked once at a time`() throws {
    try Bench.run { bench in
      let other = try await bench.connect()
      let advertisement = CountingAdvertisement()
      let path = ObjectPath.root.appending("advertisement")
      try await other.export(advertisement, at: path)
      try await bench.call(
        "/org/bluez/hci0", "org.bluez.LEAdvertisingManager1", "RegisterAdvertisement",
        [.objectPath(path), .properties([:])], as: other)
      let before = advertisement.reads.count
      // Queued in one go: nothing is read before all are sent.
      for number in 0..<500 {
        try await other.emitPropertiesChanged(
          path, interface: "org.bluez.LEAdvertisement1", changed: ["LocalName": .string("\(number)")])
      }
      try await bench.timeline.sleep(for: .milliseconds(500))
      let reads = advertisement.reads.count - before
      #expect(reads > 0 && reads < 100, "it was read \(reads) times")
      await other.close()
    }
  }
}

/// An advertisement that counts how often it is read.
private final class CountingAdvertisement: ExportedObject {
  let reads = Log<Void>()
  let interfaces = [
    InterfaceDescription(
      "org.bluez.LEAdvertisement1", methods: [.init("Release")],
      properties: [.init("Type", "s"), .init("LocalName", "s")])
  ]

  func handle(_ call: IncomingCall) { call.reply() }

  func property(_ name: String, of interface: String) -> DBusValue? {
    guard name == "Type" else { return .string("Percuss") }
    reads.append(())
    return .string("peripheral")
  }
}
