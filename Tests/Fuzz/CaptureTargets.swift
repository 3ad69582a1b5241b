import PercussCapture
import PercussGATT
import PercussTime
import PercussWire

struct FuzzTarget: Sendable {
  var name: String
  var check: @Sendable (UnsafeRawBufferPointer) -> Void
}

/// The formats of files, each with its own beginning so that no input is lost on it; and packets alone.
let fuzzTargets: [FuzzTarget] = [
  FuzzTarget(name: "btsnoop") { checkFile(Array("btsnoop\0".utf8) + [0, 0, 0, 1, 0, 0, 7, 0xD1] + $0) },
  FuzzTarget(name: "btsnoop-h4") { checkFile(Array("btsnoop\0".utf8) + [0, 0, 0, 1, 0, 0, 3, 0xEA] + $0) },
  FuzzTarget(name: "pcap") { checkFile([0xD4, 0xC3, 0xB2, 0xA1, 2, 0, 4, 0] + $0) },
  FuzzTarget(name: "pcapng") { checkFile([0x0A, 0x0D, 0x0D, 0x0A] + $0) },
  FuzzTarget(name: "packets") { checkPackets($0) },
  FuzzTarget(name: "saved-handles") { checkSavedHandles($0) },
  FuzzTarget(name: "conversations") { checkConversation($0) },
]

/// However a file is cut, the same records and events come out; their places lie in the file.
private func checkFile(_ file: [UInt8]) {
  let whole = Digest(of: file, pieceLength: max(1, file.count))
  let pieces = Digest(of: file, pieceLength: 1 + file.count % 61)
  file.withUnsafeBytes { bytes in
    guard whole == pieces else { fail("in pieces \(pieces), whole \(whole)", bytes) }
    if let error = whole.error, error.offset > UInt64(file.count) { fail("\(error) points outside of the file", bytes) }
    guard whole.lastOffset <= UInt64(file.count) else { fail("\(whole) points outside of the file", bytes) }
    checkAnonymized(file, records: whole.records, bytes)
  }
  checkConversation(of: file)
}

/// Whatever conversation a file has, a routine is looked for in it and it is compared, in bounded time.
private func checkConversation(of file: [UInt8]) {
  var conversation = ConversationReader()
  var decoder = CaptureDecoder()
  var reader = CaptureReader()
  var position = 0
  let bytes = file.span.bytes
  while let record = try? reader.next(in: bytes, at: &position, isLast: true) {
    decoder.decode(record, bytes.extracting(record.data), into: &conversation)
  }
  decoder.finish(into: &conversation)
  guard let chosen = try? conversation.choose() else { return }
  _ = try? chosen.extractRoutine()
  guard ConversationComparison(chosen, chosen).differences.isEmpty else {
    file.withUnsafeBytes { fail("differs from itself", $0) }
  }
}

/// Of every record there is one, in a file that can be read to its end.
private func checkAnonymized(_ file: [UInt8], records: Int, _ input: UnsafeRawBufferPointer) {
  var anonymizer = CaptureAnonymizer(key: (1, 2))
  var output = anonymizer.header
  var reader = CaptureReader()
  var position = 0
  let bytes = file.span.bytes
  while let record = try? reader.next(in: bytes, at: &position, isLast: true) {
    anonymizer.take(record, bytes.extracting(record.data), to: &output)
  }
  anonymizer.finish(to: &output)
  let written = Digest(of: output, pieceLength: output.count)
  guard anonymizer.counts.records == records, written.records == records, written.error == nil else {
    fail("of \(records) records \(written.records) were written: \(written)", input)
  }
}

/// A conversation that has begun, and then packets: a byte for kind and direction, one for the length.
private func checkPackets(_ input: UnsafeRawBufferPointer) {
  var decoder = CaptureDecoder()
  var digest = Digest()
  var number = 0
  func decode(_ decoder: inout CaptureDecoder, _ digest: inout Digest, _ head: UInt8, _ packet: [UInt8]) {
    number += 1
    let kinds: [PacketKind] = [
      .acl, .acl, .event, .controllerAdded, .controllerClosed, .acl, .command, .controllerRemoved,
    ]
    let directions: [CaptureDirection?] = [.sent, .received, nil, .received]
    let record = CaptureRecord(
      number: number, time: CaptureInstant(nanoseconds: Int64(number) * 1000), kind: kinds[Int(head & 7)],
      direction: directions[Int(head >> 3 & 3)], controller: UInt16(head >> 6 & 1), data: 0..<packet.count,
      lost: head >> 7 == 1 ? 1 : 0)
    decoder.decode(record, packet.span.bytes, into: &digest)
  }
  decode(&decoder, &digest, 2, [0x3E, 19, 1, 0, 0x40, 0, 0, 1, 2, 0x11, 0x0A, 0x47, 0x2E, 0xC8, 24, 0, 0, 0, 42, 0, 0])
  var handle: UInt8 = 0x11
  for characteristic in ServiceDescription.percuss.characteristics {
    decode(&decoder, &digest, 0, [0x40, 0, 11, 0, 7, 0, 4, 0, 0x08, handle, 0, 0xFF, 0xFF, 0x03, 0x28])
    let declaration = [characteristic.properties.rawValue, handle + 1, 0] + characteristic.uuid.littleEndianBytes
    decode(&decoder, &digest, 8 | 1, [0x40, 0x20, 27, 0, 23, 0, 4, 0, 0x09, 21, handle, 0] + declaration)
    handle += 3
  }
  decode(&decoder, &digest, 0, [0x40, 0, 18, 0, 14, 0, 5, 0, 0x17, 1, 10, 0, 0x27, 0, 0, 2, 64, 0, 5, 0, 0x60, 0])
  decode(&decoder, &digest, 8 | 1, [0x40, 0x20, 18, 0, 14, 0, 5, 0, 0x18, 1, 10, 0, 0, 2, 64, 0, 5, 0, 0, 0, 0x50, 0])
  var rest = input[...]
  while rest.count >= 2, let head = rest.popFirst(), let length = rest.popFirst() {
    decode(&decoder, &digest, head, Array(rest.prefix(Int(length))))
    rest = rest.dropFirst(Int(length))
  }
  decoder.finish(into: &digest)
  _ = decoder.handles
}

private func checkSavedHandles(_ input: UnsafeRawBufferPointer) {
  do throws(SavedHandles.Mistake) {
    let handles = try SavedHandles(String(decoding: input, as: UTF8.self))
    guard try SavedHandles(handles.text) == handles else { fail("\(handles) is not what its text says", input) }
  } catch {
    guard error.line >= 1 else { fail("\(error)", input) }
  }
}

/// Items of a conversation: action and characteristic, hundredths of a second since the last one, a length, bytes. It does not differ from itself; whatever else comes of
/// comparing it with a part of it, of saying it again and of looking for a routine in it, comes in bounded time.
private func checkConversation(_ input: UnsafeRawBufferPointer) {
  let characteristics = FrameFormat.allCases.map(\.characteristic) + [BluetoothUUID.modelNumber, .serialNumber]
  var items: [ConversationItem] = []
  var time: Int64 = 0
  var rest = input[...]
  while rest.count >= 3, let head = rest.popFirst(), let distance = rest.popFirst(), let length = rest.popFirst() {
    // The longest distance is one that no clock has.
    time = distance == 255 ? (time < 0 ? .max : .min) : time &+ Int64(distance) * 10_000_000
    var item = ConversationItem(
      number: items.count + 1, record: items.count, time: time,
      action: ConversationItem.Action(rawValue: head & 7) ?? .value,
      characteristic: characteristics[Int(head >> 3) % characteristics.count], bytes: Array(rest.prefix(Int(length))))
    if item.isFromCentral, head & 0x80 == 0 { item.answer = ConversationItem.Answer(time: time) }
    items.append(item)
    rest = rest.dropFirst(Int(length))
  }
  let whole = Conversation(items: items, end: time)
  let part = Conversation(items: items.enumerated().filter { $0.offset % 7 != 3 }.map(\.element), end: time)
  let own = ConversationComparison(whole, whole).differences
  guard own.isEmpty else { fail("differs from itself: \(own)", input) }
  _ = ConversationComparison(whole, part).differences
  _ = ConversationComparison(part, whole).differences
  do throws(ExtractionError) {
    let routine = try whole.extractRoutine()
    guard !routine.segments.isEmpty else { fail("a routine without steps", input) }
    _ = routine.document(named: "fuzz", source: "fuzz")
  } catch {}
  for pace in [ReplayScript.Pace.captured, .prompt] {
    var script = ReplayScript(whole, pace: pace)
    var now = MonotonicInstant.zero
    var isFinished = false
    // Each item is said once, and waited for at most twice.
    for _ in 0...(3 * items.count + 3) where !isFinished {
      switch script.step(at: now) {
      case .say(let place): script.receive(items[place].characteristic)
      case .wait(let instant):
        guard instant > now else { fail("waits for \(instant) at \(now)", input) }
        now = instant
      case .finished: isFinished = true
      }
    }
    guard isFinished else { fail("a script that does not end", input) }
  }
}

/// All that was told, in one number.
private struct Digest: CaptureObserver, Equatable {
  var records = 0
  var events = 0
  var sum: UInt64 = 0
  var lastOffset: UInt64 = 0
  var error: CaptureFileError?

  init() {}

  init(of file: [UInt8], pieceLength: Int) {
    var reader = CaptureReader()
    var decoder = CaptureDecoder()
    var buffer: [UInt8] = []
    var place = 0
    repeat {
      let end = min(file.count, place + pieceLength)
      buffer += file[place..<end]
      place = end
      var position = 0
      do throws(CaptureFileError) {
        let bytes = buffer.span.bytes
        while let record = try reader.next(in: bytes, at: &position, isLast: place == file.count) {
          records += 1
          add(UInt64(record.number) &+ record.fileOffset &+ UInt64(record.data.count) &+ UInt64(record.kind.rawValue))
          add(UInt64(bitPattern: record.time.nanoseconds) &+ UInt64(record.missing))
          lastOffset = max(lastOffset, record.fileOffset &+ UInt64(record.data.count))
          decoder.decode(record, bytes.extracting(record.data), into: &self)
        }
      } catch {
        self.error = error
      }
      buffer.removeSubrange(..<position)
    } while place < file.count
    decoder.finish(into: &self)
  }

  mutating func add(_ number: UInt64) { sum = (sum &* 31) &+ number }

  mutating func attribute(_ event: AttributeEvent, value: RawSpan) {
    events += 1
    add(UInt64(event.record) &+ event.fileOffset &+ UInt64(event.handle) &+ UInt64(value.byteCount))
    for place in 0..<value.byteCount { add(UInt64(value.unsafeLoad(fromByteOffset: place, as: UInt8.self))) }
    if case .some = try? event.frame(of: value) { add(1) }
  }

  mutating func connection(_ event: ConnectionEvent) {
    events += 1
    add(UInt64(event.record) &+ UInt64(event.connection.number))
  }

  mutating func controller(_ event: ControllerEvent) {
    events += 1
    add(UInt64(event.record))
  }

  mutating func problem(_ problem: CaptureProblem) {
    events += 1
    add(UInt64(problem.record) &+ problem.fileOffset)
    lastOffset = max(lastOffset, problem.fileOffset)
  }
}
