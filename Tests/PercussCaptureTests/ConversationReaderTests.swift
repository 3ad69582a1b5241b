import PercussCapture
import PercussGATT
import Testing

struct ConversationReaderTests {
  private func reader(
    _ script: Script, connection: Int? = nil, saved: SavedHandles = SavedHandles()
  ) -> ConversationReader {
    var records = CaptureReader()
    var decoder = CaptureDecoder(saved: saved)
    var reader = ConversationReader(connection: connection)
    var position = 0
    let file = script.file
    do throws(CaptureFileError) {
      let bytes = file.span.bytes
      while let record = try records.next(in: bytes, at: &position, isLast: true) {
        decoder.decode(record, bytes.extracting(record.data), into: &reader)
      }
    } catch {
      Issue.record("\(error)")
    }
    decoder.finish(into: &reader)
    return reader
  }

  /// A capture with a discovery; handles as in ``Script/discover(at:)``.
  private func discovered() -> Script {
    var script = Script()
    script.connect()
    script.discover()
    return script
  }

  @Test func `requests have their answers, values stand by themselves`() throws {
    var script = discovered()
    script.sent("12 1500 0200")  // Control Point: Client Configuration
    script.received("13")
    script.sent("12 1400" + Sample.stop)
    script.received("13")
    script.received("1d 1400 80 10 08 00 06")
    script.sent("1e")
    script.sent("0a 1200")  // Feature
    script.received("01 0a 1200 0e")
    script.sent("52 1400" + Sample.setSpeed)
    let conversation = try reader(script).choose()
    #expect(conversation.items.map(\.action) == [.subscribe, .write, .value, .read, .command])
    #expect(conversation.items.map(\.number) == [1, 2, 3, 4, 5])
    #expect(conversation.items[1].bytes == bytes(Sample.stop) && conversation.items[1].answer?.refusal == nil)
    #expect(conversation.items[1].answer?.record == (conversation.items[1].record ?? 0) + 1)
    #expect(conversation.items[3].answer?.refusal == .error(.unlikelyError) && conversation.items[3].bytes.isEmpty)
    #expect(conversation.items[4].answer == nil)
    #expect(zip(conversation.items, conversation.items.dropFirst()).allSatisfy { $0.time < $1.time })
  }

  @Test func `what hosts ask of each other is counted, and no part of it`() throws {
    var script = discovered()
    script.sent("08 0100 ffff 002a")
    script.sent("12 9900 01")
    script.sent("12 1400" + Sample.stop)
    let conversation = try reader(script).choose()
    #expect(conversation.items.count == 1)
    #expect(conversation.leftOut.ofUnknownHandles == 1)
  }

  @Test func `a capture without a device has no conversation`() {
    var script = Script()
    script.connect()
    script.sent("0a 0300")
    #expect(throws: ConversationReader.ChoiceError.none) { try reader(script).choose() }
    #expect(throws: ConversationReader.ChoiceError.noSuchConnection(7)) { try reader(script, connection: 7).choose() }
  }

  @Test func `of several connections one must be chosen`() throws {
    var script = discovered()
    script.sent("12 1400" + Sample.stop)
    script.disconnect()
    script.connect()
    script.discover()
    script.sent("12 1400" + Sample.setSpeed)
    #expect {
      try reader(script).choose()
    } throws: { error in
      guard case .several(let candidates)? = error as? ConversationReader.ChoiceError else { return false }
      return candidates.map(\.connection.number) == [1, 2] && candidates.map(\.itemCount) == [1, 1]
    }
    #expect(try reader(script, connection: 2).choose().items.map(\.bytes) == [bytes(Sample.setSpeed)])
  }

  @Test func `who the central is follows from who writes, where the capture does not tell`() throws {
    var script = Script()
    script.received("52 1400" + Sample.setSpeed)
    script.sent("1d 1400 80 10 08 00 06")
    let saved = try SavedHandles("[*]\n0x0014 \(BluetoothUUID.percussControlPoint.fullText)\n")
    // The host that recorded is the device: what it receives is the central's.
    let conversation = try reader(script, saved: saved).choose()
    #expect(conversation.connection?.role == nil)
    #expect(conversation.items.map(\.action) == [.command, .value])
  }

  private static let saved = "[*]\n0x0014 \(BluetoothUUID.percussControlPoint.fullText)\n"

  /// Each connection takes the handle of the one before, and packets are lost at each record.
  @Test(.timeLimit(.minutes(1))) func `of many connections with losses the one of a device is found, in bounded time`()
    throws
  {
    var decoder = CaptureDecoder(saved: try SavedHandles(Self.saved))
    var reader = ConversationReader()
    var number = 0
    func decode(_ kind: PacketKind, _ packet: [UInt8]) {
      number += 1
      let record = CaptureRecord(
        number: number, time: CaptureInstant(microseconds: Int64(number)), kind: kind,
        direction: kind == .event ? .received : .sent, controller: 0, data: 0..<packet.count, lost: 1)
      decoder.decode(record, packet.span.bytes, into: &reader)
    }
    let complete =
      [0x3E, 19, 1, 0] + little(Script.handle) + [0, 1] + Script.peer + little(24) + little(0) + little(42) + [0]
    let begin = ContinuousClock.now
    for _ in 0..<20_000 { decode(.event, complete) }
    let written = [0x52, 0x14, 0] + bytes(Sample.stop)
    for _ in 0..<3 {
      decode(
        .acl,
        little(Script.handle) + little(UInt16(written.count + 4)) + little(UInt16(written.count)) + little(4) + written)
    }
    decoder.finish(into: &reader)
    let conversation = try reader.choose()
    #expect(ContinuousClock.now - begin < .seconds(10))
    #expect(conversation.connection?.number == 20_000 && conversation.items.count == 3)
    // What was lost before the first record of a connection is not missing on it.
    #expect(conversation.problemCount == 3)
  }

  @Test func `of more connections with a device than are kept, one must be chosen`() throws {
    var script = Script()
    let count = ConversationReader.connectionLimit + 10
    for _ in 0..<count {
      script.connect()
      script.sent("52 1400" + Sample.stop)
    }
    let saved = try SavedHandles(Self.saved)
    #expect {
      try reader(script, saved: saved).choose()
    } throws: { error in
      guard case .several(let candidates)? = error as? ConversationReader.ChoiceError else { return false }
      return candidates.count == ConversationReader.connectionLimit
    }
    let last = try reader(script, connection: count, saved: saved).choose()
    #expect(last.items.count == 1)
  }
}
