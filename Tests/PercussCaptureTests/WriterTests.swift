import Foundation
import PercussCapture
import Testing

/// What the writer writes, the reader reads.
struct WriterTests {
  @Test func `the bytes of a file`() {
    let writer = BTSnoopWriter(.h4)
    var file = writer.header
    let packet: [UInt8] = [0x0E, 0x00]
    let isWritten = writer.append(
      packet.span.bytes, kind: .event, direction: .received, time: CaptureInstant(microseconds: 5), to: &file)
    #expect(isWritten)
    #expect(
      hex(file)
        == hex(
          bytes("6274736e6f6f7000 00000001 000003ea 00000003 00000003 00000003 00000000 00dcddb30f2f8005 04 0e00")))
  }

  @Test(arguments: [BTSnoopWriter.Layout.hci, .h4, .monitor])
  func `every packet comes back as it was`(layout: BTSnoopWriter.Layout) {
    let writer = BTSnoopWriter(layout)
    var file = writer.header
    let kinds: [(PacketKind, CaptureDirection)] = [
      (.command, .sent), (.event, .received), (.acl, .sent), (.acl, .received), (.synchronous, .sent),
      (.isochronous, .received), (.controllerAdded, .sent), (.controllerRemoved, .sent), (.controllerOpened, .sent),
      (.controllerClosed, .sent), (.other, .sent),
    ]
    var expected: [(PacketKind, CaptureDirection)] = []
    let packet: [UInt8] = [1, 2, 3]
    for (index, (kind, direction)) in kinds.enumerated() {
      let time = CaptureInstant(nanoseconds: Int64(index) * 1000)
      if writer.append(
        packet.span.bytes, kind: kind, direction: direction, controller: 5, time: time, to: &file)
      {
        expected.append((kind, direction))
      }
    }
    let (reading, _) = read(file)
    #expect(reading.error == nil)
    #expect(reading.records.map(\.kind) == expected.map(\.0))
    #expect(reading.records.allSatisfy { $0.data.count == 3 })
    for (record, (kind, direction)) in zip(reading.records, expected) where kind.rawValue <= 5 {
      #expect(record.direction == direction)
    }
    let isMonitor = expected.count == kinds.count
    #expect(reading.records.allSatisfy { $0.controller == (isMonitor ? 5 : 0) })
    switch layout {
    case .hci: #expect(expected.count == 4)
    case .h4: #expect(expected.count == 6)
    case .monitor: #expect(isMonitor)
    }
  }

  @Test func `a packet beyond the limit is not written`() {
    let writer = BTSnoopWriter(.monitor)
    var file = writer.header
    let packet = [UInt8](repeating: 0, count: CaptureReader.maximumRecordLength)
    let isWritten = writer.append(
      packet.span.bytes, kind: .acl, direction: .sent, time: CaptureInstant(nanoseconds: 0), to: &file)
    #expect(!isWritten)
    #expect(file == writer.header)
  }

  /// A capture of the Linux monitor written anew in a layout; where that knows one adapter only, its first one.
  private func rewritten(_ file: [UInt8], as layout: BTSnoopWriter.Layout) throws -> [UInt8] {
    let writer = BTSnoopWriter(layout)
    var copy = writer.header
    var reader = CaptureReader()
    var position = 0
    while let record = try reader.next(in: file.span.bytes, at: &position, isLast: true) {
      if layout != .monitor, record.controller != 0 { continue }
      writer.append(
        file.span.bytes.extracting(record.data), kind: record.kind, direction: record.direction ?? .sent,
        controller: record.controller, time: record.time, to: &copy)
    }
    return copy
  }

  @Test(arguments: ["conversation-ordered.btsnoop", "conversation-eatt.btsnoop"])
  func `a capture of btmon, written anew, reads the same`(name: String) throws {
    let file = [UInt8](try Data(contentsOf: HostileTests.folder.appending(path: name)))
    let copy = try rewritten(file, as: .monitor)
    // Notes of which only the fact is kept may be of another kind now.
    #expect(copy.count == file.count)
    #expect(read(copy).0 == read(file).0)
  }

  private static let tshark = "/usr/bin/tshark"

  @Test(
    .enabled(if: FileManager.default.isExecutableFile(atPath: tshark), "tshark is not there"),
    arguments: [BTSnoopWriter.Layout.hci, .h4, .monitor])
  func `tshark opens what is written, and finds the same ATT PDUs`(layout: BTSnoopWriter.Layout) throws {
    let original = [UInt8](try Data(contentsOf: HostileTests.folder.appending(path: "conversation-ordered.btsnoop")))
    let bytes = try rewritten(original, as: layout)
    let file = FileManager.default.temporaryDirectory.appending(path: "percuss-\(UUID().uuidString).btsnoop")
    try Data(bytes).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(filePath: Self.tshark)
    process.arguments = ["-r", file.path, "-Y", "btatt", "-T", "fields", "-e", "frame.number"]
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    var seen = Set(text.split(separator: "\n").compactMap { Int($0) })
    #expect(seen.count > 300)
    // What several PDUs carried is told with the last of them.
    for (event, _) in read(bytes).1.values { seen.remove(event.record) }
    #expect(seen.isEmpty, "\(seen.sorted().prefix(10))")
  }
}
