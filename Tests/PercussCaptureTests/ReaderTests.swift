import PercussCapture
import Testing

/// The formats of capture files, byte by byte.
struct ReaderTests {
  static let btsnoop = bytes("6274736e6f6f7000 00000001")
  static let epoch = bytes("00dcddb30f2f8000")

  /// A record of btsnoop at 1970-01-01 00:00.
  static func record(_ data: [UInt8], flags: UInt8, drops: UInt8 = 0, missing: UInt8 = 0) -> [UInt8] {
    let length = UInt8(data.count)
    return [0, 0, 0, length + missing, 0, 0, 0, length, 0, 0, 0, flags, 0, 0, 0, drops] + epoch + data
  }

  @Test func `btsnoop without H4 tells the packet by its flags`() {
    let file =
      Self.btsnoop + bytes("000003e9") + Self.record([3, 12, 0], flags: 2)
      + Self.record([0x0E, 4, 1, 3, 0x0C, 0], flags: 3) + Self.record([1], flags: 0) + Self.record([2], flags: 1)
    let records = read(file).0.records
    #expect(records.map(\.kind) == [.command, .event, .acl, .acl])
    #expect(records.map(\.direction) == [.sent, .received, .sent, .received])
    #expect(records.map(\.number) == [1, 2, 3, 4])
    #expect(records.map(\.fileOffset) == [40, 67, 97, 122])
    #expect(records[0].time.nanoseconds == 0)
  }

  @Test func `btsnoop with H4 tells the packet by its first byte`() {
    let file =
      Self.btsnoop + bytes("000003ea") + Self.record([1, 3, 12, 0], flags: 2) + Self.record([2, 9], flags: 1)
      + Self.record([4, 0, 0], flags: 3) + Self.record([3, 0], flags: 0) + Self.record([5, 0], flags: 0)
      + Self.record([0x77, 0], flags: 0) + Self.record([], flags: 0)
    let records = read(file).0.records
    #expect(
      records.map(\.kind) == [.command, .acl, .event, .synchronous, .isochronous, .other, .other])
    #expect(records.map(\.data.count) == [3, 1, 2, 1, 1, 2, 0])
    #expect(records[1].direction == .received && records[1].fileOffset == 69)
  }

  @Test func `btsnoop of the Linux monitor tells adapter and packet`() {
    var file = Self.btsnoop + bytes("000007d1")
    for opcode: UInt8 in [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 18, 19] {
      file += bytes("00000000 00000000 0003 00") + [opcode] + bytes("00000000") + Self.epoch
    }
    let records = read(file).0.records
    #expect(
      records.map(\.kind) == [
        .controllerAdded, .controllerRemoved, .command, .event, .acl, .acl, .synchronous, .synchronous,
        .controllerOpened, .controllerClosed, .other, .isochronous, .isochronous,
      ])
    #expect(records.allSatisfy { $0.controller == 3 })
    #expect(records[4].direction == .sent && records[5].direction == .received)
  }

  @Test func `what a recorder lost or cut off is known`() {
    let file =
      Self.btsnoop + bytes("000003ea") + Self.record([4, 0], flags: 3, drops: 2)
      + Self.record([4, 0], flags: 3, drops: 2, missing: 7) + Self.record([4, 0], flags: 3, drops: 5)
    let records = read(file).0.records
    #expect(records.map(\.lost) == [2, 0, 3])
    #expect(records.map(\.missing) == [0, 7, 0])
  }

  @Test func `times before 1970 and beyond all years are numbers`() {
    let before = bytes("00000001 00000001 00000003 00000000 00dcddb30f2f7fff 04")
    let far = bytes("00000001 00000001 00000003 00000000 7fffffffffffffff 04")
    let records = read(Self.btsnoop + bytes("000003ea") + before + far).0.records
    #expect(records.map(\.time.nanoseconds) == [-1000, .max])
    #expect(records[0].time.microseconds == -1)
  }

  static func pcapHeader(_ magic: String, link: [UInt8]) -> [UInt8] {
    let isLittle = magic.hasPrefix("d4") || magic.hasPrefix("4d")
    return bytes(magic) + (isLittle ? [2, 0, 4, 0] : [0, 2, 0, 4]) + bytes("0000000000000000 00000000") + link
  }

  @Test(arguments: ["d4c3b2a1", "a1b2c3d4", "4d3cb2a1", "a1b23c4d"])
  func `pcap in either byte order, in micro- and nanoseconds`(magic: String) {
    let isLittle = magic.hasPrefix("d4") || magic.hasPrefix("4d")
    func number(_ value: UInt8) -> [UInt8] { isLittle ? [value, 0, 0, 0] : [0, 0, 0, value] }
    let file =
      Self.pcapHeader(magic, link: number(201)) + number(7) + number(9) + number(6) + number(8)
      + bytes("00000001 04ff")
    let records = read(file).0.records
    #expect(records.count == 1)
    #expect(records[0].kind == .event && records[0].direction == .received && records[0].missing == 2)
    let isNano = magic.contains("3c4d") || magic.hasPrefix("4d3c")
    #expect(records[0].time.nanoseconds == 7_000_000_000 + (isNano ? 9 : 9000))
    #expect(records[0].fileOffset == 24 + 16 + 5)
  }

  @Test func `pcap with H4 alone leaves the direction of data open`() {
    let file =
      Self.pcapHeader("d4c3b2a1", link: [187, 0, 0, 0]) + bytes("00000000 00000000 02000000 02000000 02aa")
      + bytes("00000000 00000000 02000000 02000000 04bb") + bytes("00000000 00000000 02000000 02000000 01cc")
    let records = read(file).0.records
    #expect(records.map(\.kind) == [.acl, .event, .command])
    #expect(records.map(\.direction) == [nil, .received, .sent])
  }

  @Test func `pcap of the Linux monitor`() {
    let file =
      Self.pcapHeader("d4c3b2a1", link: [254, 0, 0, 0]) + bytes("00000000 00000000 05000000 05000000 00020005 99")
      + bytes("00000000 00000000 02000000 02000000 0002")
    let records = read(file).0.records
    #expect(records[0].kind == .acl && records[0].direction == .received && records[0].controller == 2)
    #expect(records[0].data.count == 1)
    #expect(records[1].kind == .other)
  }

  /// A pcapng block in little-endian order.
  static func block(_ type: UInt8, _ body: [UInt8], isBig: Bool = false) -> [UInt8] {
    let padded = body + [UInt8](repeating: 0, count: (4 - body.count % 4) % 4)
    let length = UInt8(padded.count + 12)
    func number(_ value: UInt8) -> [UInt8] { isBig ? [0, 0, 0, value] : [value, 0, 0, 0] }
    return number(type) + number(length) + padded + number(length)
  }

  static let section =
    bytes("0a0d0d0a 1c000000 4d3c2b1a 0100 0000 ffffffffffffffff 1c000000")

  @Test func `pcapng: interfaces, packets, options, other blocks`() {
    let file =
      Self.section
      // Interface 0: H4 in nanoseconds, 10 s later; interface 1: Ethernet; interface 2: 2^-10 s.
      + Self.block(1, bytes("bb00 0000 00000000 0900 0100 09000000 0e00 0800 0a00000000000000 0000 0000"))
      + Self.block(1, bytes("0100 0000 00000000"))
      + Self.block(1, bytes("c900 0000 00000000 0900 0100 8a000000 0000 0000"))
      + Self.block(5, bytes("00000000 00000000 00000000"))
      // Inbound ACL by its flags.
      + Self.block(6, bytes("00000000 00000000 05000000 02000000 03000000 02aa 0000 0200 0400 01000000 0000 0000"))
      + Self.block(6, bytes("01000000 00000000 00000000 02000000 02000000 dddd 0000"))
      + Self.block(6, bytes("02000000 00000000 00040000 06000000 06000000 00000000 0188 0000"))
      + Self.block(3, bytes("02000000 04bb 0000"))
    let (reading, _) = read(file)
    #expect(reading.error == nil)
    let records = reading.records
    #expect(records.map(\.number) == [1, 2, 3, 4])
    #expect(records.map(\.kind) == [.acl, .other, .command, .event])
    #expect(records[0].time.nanoseconds == 10_000_000_005 && records[0].direction == .received)
    #expect(records[0].missing == 1)
    #expect(records[2].time.nanoseconds == 1_000_000_000)
    #expect(records[3].time == records[2].time)
  }

  @Test func `pcapng in big-endian order, and a second section in the other`() {
    let big =
      bytes("0a0d0d0a 0000001c 1a2b3c4d 0001 0000 ffffffffffffffff 0000001c")
      + Self.block(1, bytes("00bb 0000 00000000"), isBig: true)
      + Self.block(6, bytes("00000000 00000000 00000003 00000002 00000002 04aa 0000"), isBig: true)
    let little =
      Self.section + Self.block(1, bytes("bb00 0000 00000000"))
      + Self.block(6, bytes("00000000 00000000 04000000 02000000 02000000 01aa 0000"))
    let records = read(big + little).0.records
    #expect(records.map(\.kind) == [.event, .command])
    #expect(records.map(\.time.nanoseconds) == [3000, 4000])
  }

  static let wrong: [([UInt8], CaptureFileError.Reason, Int, UInt64)] = [
    ([], .empty, 0, 0),
    (bytes("62"), .unknownFormat, 0, 0),
    (bytes("89504e47 0d0a1a0a"), .unknownFormat, 0, 0),
    (bytes("6274736e 6f6f7001 00000001 000003ea"), .unknownFormat, 0, 0),
    (bytes("6274736e 6f6f7000 00000002 000003ea"), .unknownVersion(major: 2, minor: 0), 0, 0),
    (btsnoop + bytes("000003eb"), .unknownLinkType(1003), 0, 0),
    (btsnoop + bytes("0000"), .truncated(needed: 16, available: 14), 0, 0),
    (btsnoop + bytes("000003ea") + [0, 0, 0], .truncated(needed: 24, available: 3), 1, 16),
    (
      btsnoop + bytes("000003ea") + record([4, 0], flags: 3) + record([4, 0], flags: 3).dropLast(),
      .truncated(needed: 26, available: 25), 2, 42
    ),
    (
      btsnoop + bytes("000003ea ffffffff ffffffff 00000000 00000000 0000000000000000"),
      .badLength(0xFFFF_FFFF, limit: CaptureReader.maximumRecordLength), 1, 16
    ),
    (
      btsnoop + bytes("000003ea 00000001 00000002 00000000 00000000 0000000000000000 0000"),
      .badLength(2, limit: 1), 1, 16
    ),
    (pcapHeader("d4c3b2a1", link: [1, 0, 0, 0]), .unknownLinkType(1), 0, 0),
    (
      pcapHeader("d4c3b2a1", link: [187, 0, 0, 0]) + bytes("00000000 00000000 ffffff7f ffffff7f"),
      .badLength(0x7FFF_FFFF, limit: CaptureReader.maximumRecordLength), 1, 24
    ),
    (bytes("0a0d0d0a 1c000000 99999999 0100 0000 ffffffffffffffff 1c000000"), .unknownByteOrder, 1, 0),
    (
      bytes("0a0d0d0a 1c000000 4d3c2b1a 0200 0000 ffffffffffffffff 1c000000"), .unknownVersion(major: 2, minor: 0), 1, 0
    ),
    (section + bytes("06000000 00000001 0000"), .truncated(needed: 12, available: 10), 1, 28),
    (
      section + bytes("06000000 000000ff 00000000"),
      .badLength(0xFF00_0000, limit: CaptureReader.maximumBlockLength), 1, 28
    ),
    (section + bytes("0b000000 0c000000 10000000"), .lengthsDiffer(12, 16), 1, 28),
    (
      section + block(6, bytes("01000000 00000000 00000000 00000000 00000000")), .unknownInterface(1), 1, 28
    ),
  ]

  @Test(arguments: wrong)
  func `a wrong file is refused with its place`(
    file: [UInt8], reason: CaptureFileError.Reason, record: Int, offset: UInt64
  ) {
    let (reading, _) = read(file)
    #expect(reading.error == CaptureFileError(reason, record: record, offset: offset))
    #expect(reading.records.count == max(0, record - 1))
  }

  @Test func `what is before the mistake is kept`() {
    let good = Self.btsnoop + bytes("000003ea") + Self.record([4, 0], flags: 3)
    let (reading, _) = read(good + bytes("ffffffff ffffffff 00000000 00000000 0000000000000000"))
    #expect(reading.records.count == 1)
    #expect(reading.error?.record == 2)
    #expect(reading.error?.description.hasPrefix("record 2, byte 42: a length of 4294967295 bytes cannot be") == true)
  }

  @Test func `a file with a header alone has no records and no mistake`() {
    let (reading, _) = read(Self.btsnoop + bytes("000003ea"))
    #expect(reading.records.isEmpty && reading.error == nil)
  }
}
