import Foundation
import PercussBlueZ
import PercussClient
import PercussCore
import PercussDBus
import PercussGATT
import PercussLink
import PercussTime
import Synchronization
import Testing

@testable import PercussSimulator

/// The control interface, over a real bus.
@Suite(.timeLimit(.minutes(2))) struct ControlTests {
  @Test func `truth and trace tell what the motor did, chunk by chunk`() async throws {
    let bench = try await SimulatorBench()
    let device = try await bench.connect()
    let begin = try #require(try await bench.call("ReadClock").first?.integer(as: UInt64.self))
    try await bench.timeline.run {
      try await device.takeControl(lease: .seconds(30))
      try await device.setSpeed(.ppm(1900), ramp: .milliseconds(200))
    }
    try await bench.until("the motor turns") { try await speed(bench) > 1_800_000 }
    #expect(try await bench.property("State").string == "manual")
    guard case .double(let shown) = try await bench.property("Speed") else { throw SimulatorBench.NotRefused() }
    #expect(shown > 1700 && shown <= 1900)
    try await bench.timeline.run { try await device.stop() }
    try await bench.until("the motor rests") { try await speed(bench) == 0 }

    var after: UInt64 = 0
    var samples: [DBusValue] = []
    var chunks = 0
    while true {
      let answer = try await bench.device("ReadTrace", .uint64(after), .uint32(10))
      let part = try #require(answer[0].elements)
      #expect(part.count >= 1 && part.count < 20)
      samples += part
      chunks += 1
      guard answer[1].bool == true else { break }
      after = try #require(part.last?.members?.first?.integer(as: UInt64.self))
    }
    #expect(chunks > 3)
    let whole = try #require(await bench.simulator.devices.values.first).device
    #expect(samples == (await whole.trace.samples).map(\.busValue))
    let columns = samples.compactMap(\.members)
    #expect(columns.contains { ($0[2].integer(as: Int.self) ?? 0) > 1_800_000 && $0[9].string == "manual" })
    let instants = columns.compactMap { $0[0].integer(as: UInt64.self) }
    #expect(instants == instants.sorted())
    #expect(instants.last ?? 0 > begin)
    // Without a limit it is one chunk, and nothing comes after the last instant.
    let all = try await bench.device("ReadTrace", .uint64(0), .uint32(0))
    #expect(all[0].elements?.count == samples.count && all[1].bool == false && all[2].bool == false)
    let rest = try await bench.device("ReadTrace", .uint64(.max), .uint32(0))
    #expect(rest[0].elements?.isEmpty == true)
  }

  private func speed(_ bench: SimulatorBench) async throws -> Int {
    let sample = try #require(try await bench.device("ReadTruth").first?.members)
    return try #require(sample[2].integer(as: Int.self))
  }

  @Test func `a load that holds the motor is a fault, and is signalled`() async throws {
    let bench = try await SimulatorBench()
    let seen = Mutex<[String: DBusValue]>([:])
    let rule = MatchRule(sender: ControlInterface.busName, member: "PropertiesChanged")
    _ = try await bench.client.subscribe(to: rule) { signal in
      guard signal.arguments.first?.string == ControlInterface.device,
        let changed = signal.arguments.dropFirst().first?.propertyMap
      else { return }
      seen.withLock { $0.merge(changed) { $1 } }
    }
    let device = try await bench.connect()
    try await bench.timeline.run {
      try await device.takeControl(lease: .seconds(30))
      try await device.setSpeed(.ppm(1900))
    }
    try await bench.device("SetLoad", .double(180))
    try await bench.until("the stall is signalled") {
      seen.withLock { $0["Faults"]?.strings == ["stall"] && $0["State"]?.string == "fault" }
    }
    guard case .double(let force) = try await bench.property("Force") else { throw SimulatorBench.NotRefused() }
    #expect(force == 180)
  }

  @Test func `the body can be changed and read`() async throws {
    let bench = try await SimulatorBench()
    try await bench.device("SetBattery", .byte(42))
    try await bench.device("SetTemperature", .double(31.5))
    try await bench.device("SetMotorStuck", .boolean(true))
    guard case .byte(let charge) = try await bench.property("Battery"),
      case .double(let degrees) = try await bench.property("Temperature")
    else { throw SimulatorBench.NotRefused() }
    #expect((41...42).contains(charge))
    #expect((31.0...31.5).contains(degrees))
    let device = try await bench.connect()
    try await bench.timeline.run {
      try await device.takeControl(lease: .seconds(30))
      try await device.setSpeed(.ppm(1900))
    }
    try await bench.until("the motor is found to be stuck") {
      try await bench.property("Faults").strings == ["motor_failure"]
    }
    try await bench.device("SetBattery", .byte(0))
    try await bench.until("the battery is empty") {
      try await bench.property("Faults").strings?.contains("battery_empty") == true
    }
  }

  @Test func `the button stops the motor, and switches the device off and on`() async throws {
    let bench = try await SimulatorBench()
    let device = try await bench.connect()
    try await bench.timeline.run {
      try await device.takeControl(lease: .seconds(30))
      try await device.setSpeed(.ppm(1900))
    }
    try await bench.device("PressButton", .string("short_press"))
    try await bench.until("the motor rests") { try await speed(bench) == 0 }
    #expect(try await bench.property("On").bool == true)
    try await bench.device("PressButton", .string("long_press"))
    try await bench.until("the device is off") { try await bench.property("On").bool == false }
    try await bench.until("its centrals are gone") { try await bench.property("Connections").integer() == 0 }
    try await bench.device("PressButton", .string("short_press"))
    try await bench.until("the device is on") { try await bench.property("On").bool == true }
  }

  @Test func `without power nothing can be done but to give it back`() async throws {
    let bench = try await SimulatorBench()
    let address = try #require(await bench.simulator.deviceList.first?.address)
    try await bench.device("CutPower")
    for member in ["SetMotorStuck", "SetBattery", "PressButton"] {
      let argument: DBusValue =
        member == "SetBattery" ? .byte(5) : member == "PressButton" ? .string("short_press") : .boolean(true)
      let refusal = try await bench.refusal { try await bench.device(member, argument) }
      #expect(refusal.name == ControlInterface.ErrorName.noPower)
      #expect(refusal.message.contains("RestorePower"))
    }
    #expect(try await bench.property("On").bool == false)
    #expect(await isOnAir(address, bench) == false)
    try await bench.device("RestorePower")
    #expect(try await bench.property("On").bool == true)
    #expect(await isOnAir(address, bench))
    let again = try await bench.refusal { try await bench.device("RestorePower") }
    #expect(again.name == ControlInterface.ErrorName.exists)
    try await bench.device("SetBattery", .byte(5))
  }

  private func isOnAir(_ address: BluetoothAddress, _ bench: SimulatorBench) async -> Bool {
    guard case .emulation(let emulation) = await bench.simulator.stage else { return false }
    return await emulation.air.addresses.contains(address)
  }

  @Test func `devices come and go, and the object manager tells`() async throws {
    let bench = try await SimulatorBench()
    let told = Mutex<[String]>([])
    for member in ["InterfacesAdded", "InterfacesRemoved"] {
      _ = try await bench.client.subscribe(
        to: MatchRule(sender: ControlInterface.busName, path: SimulatorBench.root, member: member)
      ) { signal in
        told.withLock { $0.append("\(member) \(signal.arguments.first?.objectPath?.lastElement ?? "")") }
      }
    }
    let options = DBusValue.properties([
      "model": .string("mini"), "name": .string("Extra"), "address": .string("C8:00:00:00:00:09"),
      "battery": .uint32(50), "temperature": .double(30), "clock_drift": .int32(-40), "hand": .boolean(true),
      "faults": .properties(["dropped_notifications": .double(0.5)]),
    ])
    let added = try await bench.call("AddDevice", options)
    #expect(added.last?.string == "C8:00:00:00:00:09")
    let address = try #require(BluetoothAddress("C8:00:00:00:00:09"))
    #expect(try await bench.property("Name", of: address).string == "Extra")
    #expect(try await bench.property("Hand", of: address).bool == true)
    let faults = try await bench.property("AirFaults", of: address).propertyMap
    #expect(faults?["dropped_notifications"] == .double(0.5))
    #expect(try await bench.simulatorProperty("Devices").elements?.count == 2)
    let unnamed = try await bench.call("AddDevice", .properties([:]))
    #expect(unnamed.last?.string == "C8:2E:47:0A:11:03")

    let managed = try await bench.call(
      SimulatorBench.root, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects", [])
    #expect(managed.first?.entries?.count == 3)

    try await bench.call("RemoveDevice", try #require(added.first))
    try await bench.until("it is told") {
      told.withLock {
        $0 == [
          "InterfacesAdded dev_C8_00_00_00_00_09", "InterfacesAdded dev_C8_2E_47_0A_11_03",
          "InterfacesRemoved dev_C8_00_00_00_00_09",
        ]
      }
    }
    let gone = try await bench.refusal { try await bench.device("ReadTruth", of: address) }
    #expect(gone.name == "org.freedesktop.DBus.Error.UnknownObject")
    let twice = try await bench.refusal { try await bench.call("RemoveDevice", try #require(added.first)) }
    #expect(twice.name == ControlInterface.ErrorName.notFound)
  }

  @Test(arguments: [
    ("model", DBusValue.string("giant"), "elite, pro, mini"), ("model", .uint32(1), "string"),
    ("name", .string(""), "1 to 29"), ("name", .string(String(repeating: "ä", count: 15)), "30"),
    ("address", .string("C8"), "C8:2E:47:0A:11:02"), ("address", .string("00:00:00:00:00:00"), "C8:2E"),
    ("battery", .byte(101), "0 to 100"), ("temperature", .double(.nan), "-40 to 150"), ("hand", .byte(1), "boolean"),
    ("clock_drift", .double(1e9), "10000"), ("faults", .boolean(true), "a{sv}"), ("colour", .string("red"), "model"),
    ("link_loss", .string("stops"), "for Theraguns"), ("link_loss", .string("coasts"), "keeps_running, stops"),
  ])
  func `a device that cannot be is refused, and what would be right is said`(
    option: String, value: DBusValue, help: String
  ) async throws {
    let bench = try await SimulatorBench()
    let refusal = try await bench.refusal { try await bench.call("AddDevice", .properties([option: value])) }
    #expect(refusal.name == "org.freedesktop.DBus.Error.InvalidArgs")
    #expect(refusal.message.contains(help), "\(refusal.message)")
    #expect(await bench.simulator.deviceList.count == 1)
  }

  @Test func `a Theragun is added, pressed, loaded, and what it ignores is counted and told`() async throws {
    let bench = try await SimulatorBench()
    let added = try await bench.call(
      "AddDevice", .properties(["model": .string("theragun-prime"), "link_loss": .string("stops")]))
    let address = try #require(BluetoothAddress(added.last?.string ?? ""))
    #expect(try await bench.property("Name", of: address).string == "Prime")
    #expect(try await bench.property("Model", of: address).string == "theragun-prime")
    let device = try #require(await bench.simulator.devices[address]).device
    let timeline = bench.timeline
    let link = try await timeline.run {
      let link = try InMemoryLink.connect(to: device, on: timeline)
      // 3000 RPM; then 3600, which a Prime does not have, and a checksum that is wrong.
      try await link.write([0xAA, 0xCA, 0x01, 0x03, 0x0B, 0xB8, 0x03], to: .theragunWrite, type: .request)
      try await link.write([0xAA, 0x25, 0x01, 0x03, 0x0E, 0x10, 0x03], to: .theragunWrite, type: .request)
      try await link.write([0xAA, 0xFF, 0x01, 0x03, 0x00, 0x00, 0x03], to: .theragunWrite, type: .request)
      return link
    }
    #expect(try await bench.property("IgnoredWrites", of: address).integer() == 2)
    #expect(try await bench.property("IgnoredWrites").integer() == 0)
    #expect(bench.notes.messages.count { $0 == "write ignored by the device" } == 2)
    try await bench.until("the motor turns") { await device.truth.speedMilliPPM > 1_900_000 }
    #expect(try await bench.property("State", of: address).string == "manual")
    try await bench.device("SetLoad", .double(180), of: address)
    try await bench.until("the motor stalls") { try await bench.property("Faults", of: address).strings == ["stall"] }
    try await bench.device("SetLoad", .double(0), of: address)
    try await bench.device("SetAirFaults", .properties(["refused_writes": .double(1)]), of: address)
    #expect(try #require(await bench.simulator.devices[address]).faults.refusedWrites == 1)
    try await bench.device("PressButton", .string("long_press"), of: address)
    try await bench.until("the device is off") { try await bench.property("On", of: address).bool == false }
    await link.disconnect()
  }

  @Test func `an address is given once`() async throws {
    let bench = try await SimulatorBench()
    let refusal = try await bench.refusal {
      try await bench.call("AddDevice", .properties(["address": .string("C8:2E:47:0A:11:02")]))
    }
    #expect(refusal.name == ControlInterface.ErrorName.exists)
  }

  @Test func `quirks are set by name, all or none`() async throws {
    let bench = try await SimulatorBench()
    try await bench.call(
      "SetQuirks",
      .properties([
        "aborted_connects": .int32(2), "disconnect_delay": .string("2 s"), "resolution_delay": .uint64(300_000),
        "connected_signal": .string("missing"), "forgets_services": .boolean(true),
      ]))
    var quirks = EmulationQuirks()
    quirks.abortedConnects = 2
    quirks.disconnectDelay = .seconds(2)
    quirks.resolutionDelay = .milliseconds(300)
    quirks.connectedSignal = .missing
    quirks.forgetsServices = true
    #expect(await bench.simulator.quirks == quirks)
    let told = try #require(try await bench.simulatorProperty("Quirks").propertyMap)
    #expect(told["disconnect_delay"] == .uint64(2_000_000) && told["aborted_connects"] == .uint32(2))
    #expect(told.count == EmulationQuirks.settings.count)

    for (name, value, help) in [
      ("aborted_connect", DBusValue.uint32(1), "did you mean aborted_connects?"),
      ("aborted_connects", .string("2"), "whole number from 0"), ("aborted_connects", .int32(-1), "from 0"),
      ("connected_signal", .string("never"), "before_reply"), ("disconnect_delay", .string("2"), "microseconds"),
      ("disconnect_delay", .uint64(.max), "microseconds"), ("forgets_services", .uint32(1), "boolean"),
    ] {
      let refusal = try await bench.refusal {
        try await bench.call("SetQuirks", .properties([name: value, "acquires_indications": .boolean(true)]))
      }
      #expect(refusal.name == "org.freedesktop.DBus.Error.InvalidArgs")
      #expect(refusal.message.contains(help), "\(refusal.message)")
      #expect(await bench.simulator.quirks == quirks)
    }
    let rows = try #require(try await bench.call("ListQuirks").first?.elements)
    #expect(rows.count == EmulationQuirks.settings.count)
    #expect(rows.first?.members?.first?.string == "connected_signal")
    try await bench.call("ResetQuirks")
    #expect(await bench.simulator.quirks == EmulationQuirks())
  }

  @Test func `the radio is changed within its ranges`() async throws {
    let bench = try await SimulatorBench()
    try await bench.call("SetRadio", .properties(["interval": .string("30 ms"), "loss": .double(0.1)]))
    #expect(await bench.simulator.radio.interval == .milliseconds(30))
    let refusal = try await bench.refusal {
      try await bench.call("SetRadio", .properties(["peripheral_latency": .uint32(400)]))
    }
    #expect(refusal.message.contains("supervision timeout"))
    #expect(await bench.simulator.radio.peripheralLatency == 0)
  }

  @Test func `faults of the air are set by name`() async throws {
    let bench = try await SimulatorBench()
    try await bench.device("SetAirFaults", .properties(["lost_writes": .double(0.25), "refusal": .byte(0x81)]))
    try await bench.device("SetAirFaults", .properties(["disconnect_after": .uint32(7)]))
    let faults = try #require(await bench.simulator.devices.values.first).faults
    #expect(faults.lostWrites == 0.25 && faults.refusal.rawValue == 0x81 && faults.disconnectAfter == 7)
    let refusal = try await bench.refusal {
      try await bench.device("SetAirFaults", .properties(["lost_writes": .double(1.5)]))
    }
    #expect(refusal.message.contains("from 0.0 to 1.0"))
    try await bench.device("ResetAirFaults")
    #expect(try #require(await bench.simulator.devices.values.first).faults == AirFaults())
  }

  @Test func `adapters are switched, pulled out and plugged in`() async throws {
    let bench = try await SimulatorBench()
    let path = try #require(ObjectPath("/org/bluez/hci0"))
    func powered() async throws -> Bool? {
      try await bench.call(
        path, "org.freedesktop.DBus.Properties", "Get", [.string("org.bluez.Adapter1"), .string("Powered")],
        destination: "org.bluez"
      ).first?.bool
    }
    #expect(try await powered() == true)
    try await bench.call("SetAdapterPowered", .string("hci0"), .boolean(false))
    #expect(try await powered() == false)
    #expect(try await bench.call("AddAdapter", .string("")).first?.string == "hci1")
    #expect(try await bench.simulatorProperty("Adapters").strings == ["hci0", "hci1"])
    try await bench.call("RemoveAdapter", .string("hci0"))
    #expect(try await bench.simulatorProperty("Adapters").strings == ["hci1"])
    for member in ["RemoveAdapter", "SetAdapterPowered"] {
      let refusal = try await bench.refusal {
        _ = try await bench.call(
          SimulatorBench.root, ControlInterface.simulator, member,
          member == "RemoveAdapter" ? [.string("hci7")] : [.string("hci7"), .boolean(true)])
      }
      #expect(refusal.name == ControlInterface.ErrorName.notFound)
      #expect(refusal.message.contains("hci1"))
    }
    let refusal = try await bench.refusal { try await bench.call("AddAdapter", .string("hci9")) }
    #expect(refusal.name == "org.freedesktop.DBus.Error.InvalidArgs")
  }

  @Test(arguments: [
    ("PressButton", [DBusValue.string("hard")]), ("SetLoad", [.double(-1)]), ("SetLoad", [.double(.nan)]),
    ("SetLoad", [.double(7000)]), ("SetTemperature", [.double(200)]), ("SetBattery", [.byte(101)]),
    ("Disturb", [.string("rain"), .uint32(10)]), ("Disturb", [.string("stall"), .uint32(0)]),
    ("Disturb", [.string("outage"), .uint32(.max)]),
  ])
  func `what no device can do is refused`(member: String, arguments: [DBusValue]) async throws {
    let bench = try await SimulatorBench()
    let path = DeviceObject.path(of: try #require(await bench.simulator.deviceList.first?.address))
    let refusal = try await bench.refusal {
      _ = try await bench.call(path, ControlInterface.device, member, arguments)
    }
    #expect(refusal.name == "org.freedesktop.DBus.Error.InvalidArgs")
  }

  @Test(arguments: [("SetLoad", [DBusValue.string("much")]), ("SetLoad", []), ("ReadTrace", [.uint32(0), .uint32(0)])])
  func `arguments of other types never reach a device`(member: String, arguments: [DBusValue]) async throws {
    let bench = try await SimulatorBench()
    let path = DeviceObject.path(of: try #require(await bench.simulator.deviceList.first?.address))
    let refusal = try await bench.refusal {
      _ = try await bench.call(path, ControlInterface.device, member, arguments)
    }
    #expect(refusal.name == "org.freedesktop.DBus.Error.UnknownMethod")
  }

  @Test func `links are disturbed and ended`() async throws {
    let bench = try await SimulatorBench()
    try await bench.device("Disturb", .string("stall"), .uint32(50))
    try await bench.device("Disconnect")
    try await bench.device("SetAdvertising", .boolean(false))
    #expect(bench.notes.messages.suffix(3) == ["links disturbed", "links ended by the device", "advertises no longer"])
  }

  @Test func `every method and property explains itself, in the introspection and on the page`() async throws {
    let bench = try await SimulatorBench()
    let page = try String(
      contentsOf: URL(filePath: #filePath).appending(path: "../../../Sources/PercussSimulator/Control/README.md")
        .standardizedFileURL, encoding: .utf8)
    let first = DeviceObject.path(of: try #require(await bench.simulator.deviceList.first?.address))
    for (path, description) in [
      (SimulatorBench.root, ControlInterface.simulatorDescription), (first, ControlInterface.deviceDescription),
    ] {
      let answer = try await bench.call(path, "org.freedesktop.DBus.Introspectable", "Introspect", [])
      let xml = try #require(answer.first?.string)
      for method in description.methods {
        #expect(!method.summary.isEmpty && xml.contains(method.summary), "\(method.name)")
        let inputs = method.inputs.map { "\($0.type) \($0.name)" }.joined(separator: ", ")
        #expect(page.contains("`\(method.name)(\(inputs))"), "\(method.name)(\(inputs)) is not on the page")
      }
      for property in description.properties {
        #expect(!property.summary.isEmpty && xml.contains(property.summary), "\(property.name)")
        #expect(page.contains("| `\(property.name)` | `\(property.type)` |"), "\(property.name) is not on the page")
      }
    }
  }
}
