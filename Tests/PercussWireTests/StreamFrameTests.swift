import PercussWire
import Testing

struct StreamFrameTests {
  /// What a decoder reports, with the payload it gave at that moment.
  enum Found: Equatable {
    case frame(channel: UInt8, payload: [UInt8])
    case refused(StreamFrameError)
  }

  func decode(_ pieces: [ArraySlice<UInt8>]) -> [Found] {
    var decoder = StreamFrameDecoder()
    var found: [Found] = []
    func take(_ event: StreamFrameDecoder.Event) {
      switch event {
      case .frame(let channel): found.append(.frame(channel: channel, payload: decoder.withPayload { copy($0) }))
      case .refused(let error): found.append(.refused(error))
      }
    }
    for piece in pieces {
      var offset = 0
      while let event = decoder.next(in: piece.span.bytes, at: &offset) { take(event) }
      #expect(offset == piece.count)
    }
    while let event = decoder.finish() { take(event) }
    return found
  }

  func encode(channel: UInt8, payload: [UInt8], capacity: Int = 600) throws(StreamFrameError) -> [UInt8] {
    try encoding(capacity: capacity) { output throws(StreamFrameError) in
      try StreamFrame.encode(channel: channel, payload: payload.span.bytes, into: &output)
    }
  }

  @Test func `every vector decodes and encodes`() throws {
    for vector in try VectorFile.named("stream_frame").vectors {
      let channel = try UInt8(#require(vector.value["channel"]?.unsigned))
      let payload = try #require(vector.value["payload"]?.bytes)
      #expect(decode([vector.bytes.bytes[...]]) == [.frame(channel: channel, payload: payload)], "\(vector.name)")
      #expect(try encode(channel: channel, payload: payload) == vector.bytes.bytes, "\(vector.name)")
    }
  }

  @Test func `every stream gives its frames and errors, however it is cut`() throws {
    let streams = try #require(try VectorFile.named("stream_frame").streams)
    for stream in streams {
      let expected = try stream.events.map(found)
      expectSameOutputHoweverSplit(stream.bytes.bytes, expected, decodedBy: decode)
    }
  }

  @Test func `every proper prefix of a frame is refused as truncated`() throws {
    for vector in try VectorFile.named("stream_frame").vectors {
      let bytes = vector.bytes.bytes
      for count in 1..<bytes.count {
        guard case .refused(.truncated(0, let needed, count))? = decode([bytes[..<count]]).first else {
          Issue.record("\(vector.name), \(count) bytes: \(decode([bytes[..<count]]))")
          continue
        }
        #expect(needed == (count < 4 ? 6 : bytes.count))
      }
    }
  }

  @Test func `in noise and damage, every byte is accounted for and every whole frame is found`() throws {
    for seed in UInt64(0)..<40 {
      var random = SeededRandom(seed: seed)
      var stream: [UInt8] = []
      var sent: [Found] = []
      for _ in 0..<Int.random(in: 1...12, using: &random) {
        let payload = (0..<Int.random(in: 0...60, using: &random)).map { _ in
          Bool.random(using: &random) ? 0xA5 : UInt8.random(in: 0...255, using: &random)
        }
        let channel = UInt8.random(in: 0...255, using: &random)
        var frame = try encode(channel: channel, payload: payload)
        switch Int.random(in: 0..<4, using: &random) {
        case 0:
          stream += (0..<Int.random(in: 1...20, using: &random)).map { _ in UInt8.random(in: 0...0xA4, using: &random) }
        case 1: frame[Int.random(in: 1..<frame.count, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        default: sent.append(.frame(channel: channel, payload: payload))
        }
        stream += frame
      }
      let output = decode([stream[...]])
      let accounted = output.reduce(UInt64(0)) { total, found in
        switch found {
        case .frame(_, let payload): total + UInt64(payload.count + StreamFrame.overhead)
        case .refused(.noise(_, let count)): total + count
        case .refused: total + 1
        }
      }
      #expect(accounted == UInt64(stream.count), "seed \(seed)")
      // A frame behind noise counts as sent too, so what was sent is a part, in order, of what was found.
      var rest = output[...]
      for frame in sent {
        let place = rest.firstIndex(of: frame)
        #expect(place != nil, "seed \(seed): \(frame) was not found")
        if let place { rest = rest[(place + 1)...] }
      }
      expectSameOutputHoweverSplit(stream, output, decodedBy: decode)
    }
  }

  @Test func `a payload beyond 512 bytes is refused`() {
    #expect(throws: StreamFrameError.payloadTooLong(count: 513)) {
      try encode(channel: 3, payload: [UInt8](repeating: 0, count: 513))
    }
  }

  @Test(arguments: [0, 5, 8])
  func `storage that is too small is refused and stays untouched`(capacity: Int) {
    #expect(throws: StreamFrameError.noSpace(needed: 9, available: capacity)) {
      try encode(channel: 3, payload: [0x10, 0x07, 0x00], capacity: capacity)
    }
  }

  @Test func `an error says what, where and what follows`() {
    #expect(
      StreamFrameError.badChecksum(offset: 12, expected: 0x29B1, found: 0x0007).description
        == "the frame at offset 12 has checksum 0x0007, its bytes give 0x29B1; looking for the next start byte")
  }

  @Test func `a decoder without a frame has no payload`() {
    var decoder = StreamFrameDecoder()
    var offset = 0
    let noise: [UInt8] = Array(repeating: 0xA5, count: 600)
    while decoder.next(in: noise.span.bytes, at: &offset) != nil {
      #expect(decoder.withPayload { $0.byteCount } == 0)
    }
    #expect(decoder.withPayload { $0.byteCount } == 0)
  }

  private func copy(_ bytes: RawSpan) -> [UInt8] {
    (0..<bytes.byteCount).map { bytes.unsafeLoad(fromByteOffset: $0, as: UInt8.self) }
  }

  func found(_ event: JSONValue) throws -> Found {
    func number(_ key: String) throws -> UInt64 { try #require(event[key]?.unsigned, "\(key) in \(event)") }
    if let frame = event["frame"] {
      return try .frame(
        channel: UInt8(#require(frame["channel"]?.unsigned)), payload: #require(frame["payload"]?.bytes))
    }
    let offset = try number("offset")
    switch try #require(event["reason"]?.string) {
    case "noise": return try .refused(.noise(offset: offset, count: number("count")))
    case "length_out_of_range":
      return try .refused(.lengthOutOfRange(offset: offset, length: Int(number("length"))))
    case "bad_checksum":
      return try .refused(
        .badChecksum(offset: offset, expected: UInt16(number("expected")), found: UInt16(number("found"))))
    case "truncated":
      return try .refused(
        .truncated(offset: offset, needed: Int(number("needed")), available: Int(number("available"))))
    case let other: throw UnknownReason(reason: other)
    }
  }

  struct UnknownReason: Error {
    var reason: String
  }
}
