import Foundation
import PercussGATT
import Testing

@Suite struct ProfileTests {
  @Test func `characteristics are found by their UUID`() {
    #expect(Profile.percuss[.percussTelemetry]?.properties == [.notify])
    #expect(Profile.percuss.name(of: .batteryLevel) == "Battery Level")
    #expect(Profile.percuss[BluetoothUUID(0x2A00)] == nil)
    #expect(Profile.percuss.name(of: BluetoothUUID(0x2A00)) == "2A00")
  }

  @Test func `no UUID occurs twice`() {
    let all = Profile.percuss.services.flatMap { [$0.uuid] + $0.characteristics.map(\.uuid) }
    #expect(Set(all).count == all.count)
  }

  @Test func `properties have the names that BlueZ gives them`() {
    let properties: CharacteristicProperties = [.write, .writeWithoutResponse, .indicate]
    #expect(properties.rawValue == 0x2C)
    #expect(properties.flags == ["write-without-response", "write", "indicate"])
    #expect(CharacteristicProperties(flags: properties.flags + ["encrypt-read"]) == properties)
  }

  /// The table is written in Swift; the specification is the source. This reads the few lines of it that matter.
  @Test func `the Percuss Service is the one of the specification`() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let text = try String(contentsOf: root.appending(path: "protocol-spec/percuss.yaml"), encoding: .utf8)
    let lines = text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
    let base = try #require(lines.first { $0.hasPrefix("uuid_base: ") })
    #expect(base == "uuid_base: " + BluetoothUUID.percussService.fullText.replacing("7e320001", with: "7e32XXXX"))

    let services = lines.drop { $0 != "services:" }.prefix { $0 != "att_errors:" }
    var found: [CharacteristicDescription] = []
    var number: UInt16 = 0
    var title = ""
    for line in services {
      if line.hasPrefix("uuid: 0x") { number = try #require(UInt16(line.dropFirst("uuid: 0x".count), radix: 16)) }
      if line.hasPrefix("title: ") { title = String(line.dropFirst("title: ".count)) }
      if line.hasPrefix("properties: [") {
        let names: [Substring] = line.dropFirst("properties: [".count).dropLast().split(separator: ", ")
        let flags: [String] = names.map { String($0).replacing("_", with: "-") }
        found.append(.init(BluetoothUUID(percuss: number), name: title, properties: .init(flags: flags)))
      }
    }
    #expect(found == ServiceDescription.percuss.characteristics)
  }
}
