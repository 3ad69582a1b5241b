import PercussWire

/// What must hold for any bytes: the decoder returns or throws, never traps; what it throws points into the value; what it returns
/// encodes to the very bytes that were decoded, less those it ignored; a checksum over these is another one then.
func checkMessage<Message: WireMessage>(_: Message.Type, _ bytes: UnsafeRawBufferPointer) {
  do throws(WireError) {
    let message = try Message(decoding: bytes.bytes)
    let length = message.encodedLength
    guard length <= bytes.count else { fail("encodedLength \(length) of \(message) is more than was decoded", bytes) }
    withUnsafeTemporaryAllocation(byteCount: length, alignment: 1) { storage in
      var output = OutputRawSpan(buffer: storage, initializedCount: 0)
      do throws(WireError) {
        try encode(message, from: bytes.bytes, into: &output)
      } catch {
        fail("\(message) was decoded but does not encode: \(error)", bytes)
      }
      let written = output.finalize(for: storage)
      if message is TheragunNotification, length < bytes.count, length > 1 {
        guard (try? Message(decoding: UnsafeRawBufferPointer(storage).bytes)) == message else {
          fail("\(message) encodes to bytes that it is not decoded from", bytes)
        }
        storage[1] = bytes[1]
      }
      guard written == length, storage.elementsEqual(bytes.prefix(length)) else {
        fail("\(message) encodes to other bytes: \(hexadecimal(UnsafeRawBufferPointer(storage)))", bytes)
      }
    }
  } catch {
    guard error.offset >= 0, error.offset <= bytes.count else { fail("\(error) points outside of the value", bytes) }
  }
}

private func encode<Message: WireMessage>(
  _ message: Message, from bytes: RawSpan, into output: inout OutputRawSpan
) throws(WireError) {
  if let data = message as? RoutineData, case .chunk(let transfer, let offset, let payload) = data.body {
    try RoutineData.encodeChunk(transfer: transfer, offset: offset, payload: bytes.extracting(payload), into: &output)
  } else {
    try message.encode(into: &output)
  }
}

/// However a stream is cut, the same frames come out, and every byte is accounted for.
func checkStream(_ bytes: UnsafeRawBufferPointer) {
  let whole = summary(of: bytes, pieceLength: max(bytes.count, 1))
  let pieces = summary(of: bytes, pieceLength: 1 + bytes.count % 7)
  guard whole == pieces else { fail("a stream in pieces gives \(pieces), whole \(whole)", bytes) }
  guard whole.accounted == UInt64(bytes.count) else { fail("\(whole.accounted) bytes are accounted for", bytes) }
}

private struct StreamSummary: Equatable {
  var frames = 0
  var refused = 0
  var accounted: UInt64 = 0
  var checksum = CRC32()

  mutating func add(_ event: StreamFrameDecoder.Event, _ decoder: borrowing StreamFrameDecoder) {
    switch event {
    case .frame:
      frames += 1
      decoder.withPayload { payload in
        checksum.update(payload)
        accounted += UInt64(payload.byteCount + StreamFrame.overhead)
      }
    case .refused(.noise(_, let count)):
      refused += 1
      accounted += count
    case .refused:
      refused += 1
      accounted += 1
    }
  }
}

private func summary(of bytes: UnsafeRawBufferPointer, pieceLength: Int) -> StreamSummary {
  var decoder = StreamFrameDecoder()
  var summary = StreamSummary()
  for start in stride(from: 0, to: bytes.count, by: pieceLength) {
    let piece = UnsafeRawBufferPointer(rebasing: bytes[start..<min(start + pieceLength, bytes.count)]).bytes
    var offset = 0
    while let event = decoder.next(in: piece, at: &offset) { summary.add(event, decoder) }
  }
  while let event = decoder.finish() { summary.add(event, decoder) }
  return summary
}

/// Ends the process, as libFuzzer wants it.
func fail(_ message: String, _ bytes: UnsafeRawBufferPointer) -> Never {
  fatalError("\(message)\ninput: \(hexadecimal(bytes))")
}

func hexadecimal(_ bytes: UnsafeRawBufferPointer) -> String {
  bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
}

/// A whole routine: a header, and its segments as far as they are there.
func checkRoutine(_ bytes: UnsafeRawBufferPointer) {
  do throws(WireError) {
    let header = try RoutineHeader(decoding: bytes.bytes)
    for index in 0..<Int(header.segmentCount) {
      _ = try RoutineSegment(decoding: bytes.bytes, at: 4 + 11 * index)
    }
    guard bytes.count >= 4 + 11 * Int(header.segmentCount) else {
      fail("segments were decoded that are not there", bytes)
    }
  } catch {
    guard error.offset >= 0, error.offset <= bytes.count else { fail("\(error) points outside of the routine", bytes) }
  }
}
