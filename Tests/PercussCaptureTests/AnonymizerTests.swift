import Foundation
import PercussCapture
import PercussGATT
import Testing

/// What is written for others to see.
struct AnonymizerTests {
  /// A capture anonymized, its input in pieces as a reader gives them.
  static func anonymized(
    _ file: [UInt8], keepsTime: Bool = false, saved: SavedHandles = SavedHandles()
  ) -> (file: [UInt8], counts: AnonymizedCounts) {
    var anonymizer = CaptureAnonymizer(saved: saved, keepsTime: keepsTime, key: (1, 2))
    var output = anonymizer.header
    var reader = CaptureReader()
    var position = 0
    let bytes = file.span.bytes
    while let record = try? reader.next(in: bytes, at: &position, isLast: true) {
      anonymizer.take(record, bytes.extracting(record.data), to: &output)
    }
    anonymizer.finish(to: &output)
    return (output, anonymizer.counts)
  }

  private static let name = "Nora's gun"
  private static let serial = "SN-4711-XYZ"
  private static let own: [UInt8] = [0x9A, 0x8B, 0x7C, 0x6D, 0x5E, 0x4F]
  private static let key: [UInt8] = [
    0xDE, 0xAD, 0xC0, 0xDE, 0x10, 0x32, 0x54, 0x76, 0x98, 0xBA, 0xDC, 0xFE, 0xA1, 0xB2, 0xC3, 0xD4,
  ]
  private static let manufacturer: [UInt8] = [0x5A, 0x01, 0xE7, 0x93, 0x44, 0xB6]
  private static let secrets: [[UInt8]] = [
    Script.peer, own, Array(name.utf8), Array(serial.utf8), key, manufacturer, Array("user alice".utf8),
    [0x70, 0x61, 0x73, 0x73, 0x77, 0x64],
  ]

  /// Everything that tells who it was, in every place where it can be.
  private static func telling() -> Script {
    var script = Script()
    script.packet(.controllerAdded, .sent, [0, 1] + own + Array("alice's\0".utf8))
    script.packet(.controllerOpened, .sent, own)
    script.packet(.other, .sent, Array("bluetoothd: user alice".utf8))
    script.event(0x0E, [1, 0x09, 0x10, 0] + own)
    let advertised =
      [2, 1, 6, UInt8(name.utf8.count + 1), 9] + Array(name.utf8) + [UInt8(manufacturer.count + 1), 0xFF] + manufacturer
    script.event(0x3E, [2, 1, 0, 1] + Script.peer + [UInt8(advertised.count)] + advertised + [0xC8])
    script.event(
      0x3E,
      [0x0D, 1, 0x13, 0, 1] + Script.peer + [1, 0, 0xFF, 0x7F, 0xC8, 0, 0, 0] + own + [UInt8(advertised.count)]
        + advertised)
    script.packet(
      .command, .sent, [0x0D, 0x20, 25, 0x60, 0, 0x30, 0, 0, 1] + Script.peer + [UInt8](repeating: 0, count: 13))
    script.packet(.command, .sent, [0x13, 0x0C, 32] + Array(name.utf8) + [UInt8](repeating: 0, count: 22))
    script.connect()
    script.l2cap(.sent, 6, [6] + key)
    script.packet(.command, .sent, [0x19, 0x20, 28, 0x40, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10] + key)
    script.event(0x18, Script.peer + key + [4])
    script.discover()
    // Names, and a characteristic of another device, read whole, in parts, by type, several at once, in fragments.
    script.sent("08 0100 0f00 002a")
    script.received("09" + hex([UInt8(name.utf8.count + 2), 3, 0]) + hex(Array(name.utf8)))
    script.sent("04 3000 3100")
    script.received("05 01 3000 252a 3100 0229")
    script.sent("0a 3000")
    script.received("0b" + hex(Array(serial.utf8)))
    script.sent("20 3000 0300")
    script.received(
      "21" + hex([UInt8(serial.utf8.count), 0] + Array(serial.utf8) + [UInt8(name.utf8.count), 0] + Array(name.utf8)))
    script.sent("16 4400 0000" + hex(manufacturer))
    script.received("17 4400 0000" + hex(manufacturer))
    script.sent("18 01")
    script.received("19")
    let pdu = [0x1B, 0x45, 0] + Array("user alice passwd".utf8)
    let whole = little(UInt16(pdu.count)) + little(4) + pdu
    script.acl(.received, Array(whole[..<3]))
    script.event(0x08, [0] + little(Script.handle) + [1])
    script.acl(.received, Array(whole[3..<9]), begins: false)
    script.acl(.received, Array(whole[9...]), begins: false)
    script.received("23 4500 0600" + hex(manufacturer) + "1700 0100 09")
    script.l2cap(.received, 0x3A, manufacturer)
    // A PDU that is no good, and one that never ends.
    script.received("99" + hex(key))
    script.packet(.synchronous, .received, [0x40, 0, 6] + manufacturer)
    script.sent("12 1400" + Sample.setSpeed)
    script.received("13")
    script.received("1b 1700 05 03 e8030000 6c07 6c07 2c01 2c01 50 ffff 0000 00")
    script.acl(.received, little(40) + little(4) + [0x1B, 0x45, 0] + key)
    script.disconnect()
    return script
  }

  private static func contains(_ file: [UInt8], _ secret: [UInt8]) -> Bool {
    guard file.count >= secret.count, let first = secret.first else { return false }
    return file.indices.dropLast(secret.count - 1).contains { place in
      file[place] == first && file[place..<place + secret.count].elementsEqual(secret)
    }
  }

  @Test func `nothing that tells who it was is in the output, in either order`() {
    let file = Self.telling().file
    let (output, counts) = Self.anonymized(file)
    for secret in Self.secrets {
      #expect(Self.contains(file, secret))
      #expect(!Self.contains(output, secret) && !Self.contains(output, secret.reversed()), "\(hex(secret))")
      // Nor half of it.
      let half = Array(secret.prefix(4))
      #expect(!Self.contains(output, half) && !Self.contains(output, half.reversed()), "\(hex(half))")
    }
    #expect(output.count == file.count)
    #expect(
      counts.addresses == 7 && counts.names == 5 && counts.texts == 2 && counts.advertisingFields == 2
        && counts.securityPackets == 1 && counts.notes == 1 && counts.otherPackets == 3, "\(counts)")
  }

  /// The lines of a reading with the bytes of values replaced, where they were allowed to be.
  private static func comparable(_ recorder: Recorder) -> [String] {
    recorder.values.map { event, bytes in
      let isKept = event.attribute?.format != nil || event.attribute?.uuid.assignedNumber == 0x2902
      return "\(event.record) \(event.connection) \(event.direction) \(event.operation) \(event.handle) "
        + "\(event.attribute.map { "\($0)" } ?? "") \(event.error.map { "\($0)" } ?? "") \(event.request.map { "\($0)" } ?? "") "
        + "\(event.isWhole) \(event.offset) \(isKept ? hex(bytes) : String(bytes.count))"
    }
      + recorder.connections.map { "\($0.record) \($0.connection.number) \($0.connection.role as Any) \($0.kind)" }
      + recorder.problems.map { "\($0.record) \($0.fileOffset) \($0.reason)" }
  }

  @Test func `what a decoder says of it is the same but for what was replaced`() throws {
    let file = Self.telling().file
    let before = read(file).1
    let after = read(Self.anonymized(file).file).1
    #expect(Self.comparable(after) == Self.comparable(before))
    #expect(after.frames == before.frames && after.frames.count >= 2)
    let name = try #require(after.values.first { $0.event.attribute?.uuid == BluetoothUUID(0x2A00) })
    #expect(name.bytes == Array(repeating: UInt8(ascii: "x"), count: Self.name.utf8.count))
    // One address stands for another everywhere, and its type stays.
    let peer = try #require(after.connections.first?.connection.peer)
    #expect(peer.isRandom && peer.number >> 46 == 3 && peer != before.connections.first?.connection.peer)
    let addresses = after.controllers.compactMap { if case .address(let address) = $0.kind { address } else { nil } }
    #expect(Set(addresses).count == 1 && !addresses.isEmpty)
    #expect(read(Self.anonymized(file).file).0.records.first?.time.nanoseconds == 0)
    #expect(read(Self.anonymized(file, keepsTime: true).file).0.records.first?.time.microseconds == 1000)
  }

  private static let captures: [String] = {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: HostileTests.folder.path)) ?? []
    return names.filter { name in ["btsnoop", "pcap", "pcapng"].contains { name.hasSuffix(".\($0)") } }.sorted()
  }()

  @Test(arguments: captures)
  func `a golden capture says the same when it is anonymized, but for names and addresses`(name: String) throws {
    let file = [UInt8](try Data(contentsOf: HostileTests.folder.appending(path: name)))
    let (output, counts) = Self.anonymized(file)
    let (reading, after) = read(output)
    let before = read(file).1
    #expect(reading.error == nil && counts.records == reading.records.count)
    #expect(Self.comparable(after) == Self.comparable(before))
    for secret in ["SIM-C8_2E_47_0A_11_02", "Percuss Elite", "percuss virtual"] {
      #expect(!Self.contains(output, Array(secret.utf8)))
    }
    // 00:AA:01:00:00:00 and the device's.
    for address: [UInt8] in [[0, 0, 0, 1, 0xAA, 0], [1, 0, 1, 1, 0xAA, 0], Script.peer] {
      #expect(!Self.contains(output, address), "\(hex(address))")
    }
    // Made by chance, it is the same.
    #expect(Self.anonymized(output).counts.records == counts.records)
  }

  @Test func `emptied values are not taken for those of a Percuss device`() {
    for length in 1...64 {
      var script = Script()
      let value = hex([UInt8](repeating: 0xFF, count: length))
      for handle: UInt16 in [0x30, 0x40] {
        for write in ["1b", "1d", "52", "12"] {
          if ["1b", "1d"].contains(write) { script.received(write + hex(little(handle)) + value) }
          if ["52", "12"].contains(write) { script.sent(write + hex(little(handle)) + value) }
        }
        script.sent("0a" + hex(little(handle)))
        script.received("0b" + value)
      }
      script.received("1b 5000" + hex([UInt8](repeating: 0x41, count: 70)))
      script.sent("0a 3000")
      script.received("0b" + value)
      #expect(!script.result.shown.contains { $0.contains("~") }, "\(length)")
    }
  }

  @Test func `a capture in parts without end is held within its bound, and nothing of it shown`() {
    var script = Script()
    script.acl(.received, little(0xFFFF) + little(4) + [0x1B, 0x45, 0])
    for _ in 0..<3_000 { script.received("1b 4500 6162636465666768") }
    let (output, counts) = Self.anonymized(script.file)
    #expect(output.count == script.file.count && counts.records == 3_001)
    #expect(!Self.contains(output, Array("abcd".utf8)))
  }

  @Test(arguments: [UInt8(0xFF), 0x01, 0x80, 0x10])
  func `whatever is wrong in a capture, it is written with as many records and shows no key`(mask: UInt8) {
    let file = Self.telling().file
    for place in stride(from: 16, to: file.count, by: 3) {
      var wrong = file
      wrong[place] ^= mask
      let (output, counts) = Self.anonymized(wrong)
      let (reading, _) = read(output)
      #expect(reading.error == nil && reading.records.count == counts.records, "byte \(place)")
      #expect(!Self.contains(output, Self.key), "byte \(place)")
    }
  }
}
