import Foundation
import PercussCapture
import PercussGATT
import Testing

/// Whatever the bytes: no trap, what is good is kept, and pieces make no difference.
struct HostileTests {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "captures")

  /// Something of everything.
  static func everything(_ layout: BTSnoopWriter.Layout = .monitor) -> [UInt8] {
    var script = Script(layout)
    script.packet(.controllerAdded, .sent, [0, 1] + [6, 5, 4, 3, 2, 1] + Array("hci0\0\0\0\0".utf8))
    script.connect()
    script.discover()
    script.sent("02 0502")
    script.received("03 f700")
    script.sent("0a 1200")
    script.received("0b 0102")
    script.sent("16 1400 0000 1307006c")
    script.received("17 1400 0000 1307006c")
    script.sent("18 01")
    script.received("19")
    script.acl(.received, little(7) + little(4) + bytes("1b 17"))
    script.acl(.received, bytes("00 01020304"), begins: false)
    script.l2cap(.sent, 5, bytes("17 01 0c00 2700 0002 4000 0500 6000 6100"))
    script.l2cap(.received, 5, bytes("18 01 0c00 f701 4000 0500 0000 5000 5100"))
    script.sdu(.sent, 0x50, "52 1400" + Sample.setSpeed)
    script.l2cap(.received, 0x61, bytes("0700 1b 1700"))
    script.l2cap(.received, 0x61, bytes("01020304"))
    script.received("23 1700 0100 09 1a00 0200 0708")
    script.sent("20 1200 1e00")
    script.received("21 0200 0102 0100 03")
    script.received("1d 1400 80 13 07 01 03")
    script.sent("1e")
    script.disconnect()
    script.received("1b 1700 05 03 e8030000 6c07 6c07 2c01 2c01 50 ffff 0000 00")
    return script.file
  }

  @Test(arguments: [BTSnoopWriter.Layout.hci, .h4, .monitor])
  func `any split of a stream gives the same`(layout: BTSnoopWriter.Layout) {
    let file = Self.everything(layout)
    let (whole, recorder) = read(file)
    #expect(whole.error == nil && recorder.problems.isEmpty && recorder.values.count > 30)
    for length in [1, 2, 3, 7, 16, 24, 40, 101, 1000] {
      #expect(read(file, pieceLength: length).0 == whole, "in pieces of \(length)")
    }
  }

  @Test func `every truncation keeps what is whole, and says where it ends`() {
    let file = Self.everything()
    let (whole, _) = read(file)
    for length in 0..<file.count {
      let (reading, _) = read(Array(file[..<length]))
      #expect(reading.records == Array(whole.records.prefix(reading.records.count)))
      if let error = reading.error {
        #expect(error.offset <= UInt64(length))
        #expect(error.record == (length < 16 ? 0 : reading.records.count + 1))
      } else {
        // Only the ends of records are ends of files.
        let end = reading.records.last.map { $0.fileOffset + UInt64($0.data.count) } ?? 16
        #expect(end == UInt64(length))
      }
    }
  }

  @Test(arguments: [UInt8(0xFF), 0x01, 0x80, 0x10])
  func `every corruption of a byte is survived, and what is before it kept`(mask: UInt8) {
    let file = Self.everything()
    let (whole, _) = read(file)
    for place in file.indices {
      var wrong = file
      wrong[place] ^= mask
      let (reading, recorder) = read(wrong)
      let before = whole.records.prefix { $0.fileOffset + UInt64($0.data.count) <= UInt64(place) }
      #expect(Array(reading.records.prefix(before.count)) == Array(before), "byte \(place)")
      if let error = reading.error { #expect(error.offset <= UInt64(file.count)) }
      for problem in recorder.problems { #expect(problem.fileOffset <= UInt64(file.count)) }
    }
  }

  @Test func `random packets are survived`() {
    var generator = SystemRandomNumberGenerator()
    let seed = UInt64.random(in: 0 ... .max, using: &generator)
    var state = seed
    func next() -> UInt8 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return UInt8(truncatingIfNeeded: state >> 33)
    }
    for _ in 0..<200 {
      var script = EnhancedATTTests.enhanced()
      for _ in 0..<40 {
        let direction: CaptureDirection = next() & 1 == 0 ? .sent : .received
        let payload = (0..<Int(next() & 31)).map { _ in next() }
        switch next() & 7 {
        case 0: script.packet(.event, direction, payload)
        case 1: script.event(0x3E, payload)
        case 2: script.acl(direction, payload, begins: next() & 1 == 0)
        case 3: script.l2cap(direction, 5, payload)
        case 4: script.l2cap(direction, direction == .sent ? 0x50 : 0x60, payload)
        default: script.l2cap(direction, 4, [next() & 0x3F] + payload)
        }
      }
      let (reading, _) = read(script.file)
      #expect(reading.error == nil && reading.records.count == 43, "seed \(seed)")
    }
  }

  @Test func `the golden captures are the same in pieces, and without a mistake`() throws {
    let files = try FileManager.default.contentsOfDirectory(at: Self.folder, includingPropertiesForKeys: nil)
      .filter { ["btsnoop", "pcap", "pcapng"].contains($0.pathExtension) }
    #expect(files.count >= 2)
    for file in files {
      let bytes = [UInt8](try Data(contentsOf: file))
      let (whole, recorder) = read(bytes)
      #expect(whole.error == nil && !recorder.values.isEmpty, "\(file.lastPathComponent)")
      #expect(read(bytes, pieceLength: 4093).0 == whole, "\(file.lastPathComponent)")

      var mapped = Recorder()
      var decoder = CaptureDecoder()
      try CaptureFile(file.path).read { record, packet in
        decoder.decode(record, packet, into: &mapped)
        return true
      }
      decoder.finish(into: &mapped)
      #expect(mapped.lines == whole.lines, "\(file.lastPathComponent)")
    }
  }

  @Test func `files that cannot be opened`() {
    for (path, reason) in [("/nowhere/a.btsnoop", "no such file or directory"), ("/", "it is a directory")] {
      do throws(CaptureFile.Failure) {
        try CaptureFile(path).read { _, _ in true }
        Issue.record("\(path) was read")
      } catch {
        #expect(error.description == "cannot be read: \(reason)")
      }
    }
  }
}
