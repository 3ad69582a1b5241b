import CPercussCodec
import PercussWire
import Testing

/// The generated C codec against the golden vectors, and against the Swift codec on random frames.
struct CCodecTests {
  @Test(arguments: try MessageVectorTests.files()) func `C gives the value, the bytes and the errors of the vectors`(
    file: VectorFile
  ) throws {
    let swift = try #require(MessageCodec.all[file.key])
    let c = try #require(CCodec(file.key), "the C shim does not know \(file.key)")
    for vector in file.vectors {
      #expect(throws: Never.self, "\(vector.name)") {
        // The vector's names are checked on the Swift side; here enumerations and flags are numbers.
        let values = try (c.view(vector.bytes.bytes), swift.numbers(vector.bytes.bytes))
        #expect(values.0 == values.1, "\(vector.name)")
        let encoded = try c.reencode(vector.bytes.bytes)
        #expect(hexadecimal(encoded) == hexadecimal(vector.encoded), "\(vector.name)")
      }
      for count in 0..<vector.encoded.count {
        #expect(throws: CCodec.Refusal.self, "\(vector.name) into \(count) bytes") {
          try c.reencode(vector.bytes.bytes, capacity: count)
        }
      }
    }
    for vector in file.malformed ?? [] {
      #expect(throws: CCodec.Refusal(vector.error), "\(vector.name)") { try c.view(vector.bytes.bytes) }
    }
  }

  @Test(arguments: try MessageVectorTests.files()) func `C refuses every proper prefix as Swift does`(
    file: VectorFile
  ) throws {
    for vector in file.vectors {
      for count in 0..<vector.encoded.count { try expectSame(file.key, Array(vector.encoded[..<count])) }
    }
  }

  @Test(arguments: try MessageVectorTests.files(), UInt64(1)...4)
  func `C and Swift agree on random bytes and on damaged frames`(file: VectorFile, seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    var accepted = 0
    for _ in 0..<1_500 {
      var bytes: [UInt8]
      if Bool.random(using: &random), let vector = file.vectors.randomElement(using: &random) {
        bytes = vector.bytes.bytes
        for _ in 0..<Int.random(in: 0...3, using: &random) where !bytes.isEmpty {
          let place = Int.random(in: 0..<bytes.count, using: &random)
          bytes[place] = UInt8.random(in: 0...255, using: &random)
        }
        if Int.random(in: 0..<4, using: &random) == 0 {
          bytes.removeLast(Int.random(in: 0...bytes.count, using: &random))
        }
      } else {
        let length = Int.random(in: 0...30, using: &random)
        bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
      }
      if try expectSame(file.key, bytes) { accepted += 1 }
    }
    #expect(accepted > 50, "too few of the random frames are valid to say anything")
  }

  @Test func `C gives the checksums and stream frames of the vectors`() throws {
    for vector in try VectorFile.named("checksums").vectors {
      let bytes = vector.bytes.bytes
      #expect(UInt64(percuss_crc16(0xFFFF, bytes, bytes.count)) == vector.value["crc16"]?.unsigned, "\(vector.name)")
      #expect(UInt64(percuss_crc32(0, bytes, bytes.count)) == vector.value["crc32"]?.unsigned, "\(vector.name)")
    }
    for vector in try VectorFile.named("stream_frame").vectors {
      let channel = try UInt8(#require(vector.value["channel"]?.unsigned))
      let payload = try #require(vector.value["payload"]?.bytes)
      var output = [UInt8](repeating: 0, count: 600)
      let written = percuss_stream_encode(channel, payload, payload.count, &output, output.count)
      #expect(Array(output[..<written]) == vector.bytes.bytes, "\(vector.name)")
    }
  }

  @Test func `C finds the frames and errors of every stream, however it is cut`() throws {
    let swift = StreamFrameTests()
    for stream in try #require(try VectorFile.named("stream_frame").streams) {
      expectSameOutputHoweverSplit(stream.bytes.bytes, try stream.events.map(swift.found), decodedBy: decodeStream)
    }
  }

  private func decodeStream(_ pieces: [ArraySlice<UInt8>]) -> [StreamFrameTests.Found] {
    var decoder = percuss_stream_decoder()
    var found: [StreamFrameTests.Found] = []
    for (piece, atEnd) in pieces.map({ (Array($0), false) }) + [([], true)] {
      var offset = 0
      var goesOn = true
      while goesOn {
        let event = percuss_stream_next(&decoder, piece, piece.count, &offset, atEnd)
        switch event.kind {
        case PERCUSS_STREAM_FRAME:
          let payload = Array(UnsafeBufferPointer(start: event.payload, count: event.length))
          found.append(.frame(channel: event.channel, payload: payload))
        case PERCUSS_STREAM_NOISE: found.append(.refused(.noise(offset: event.offset, count: event.value)))
        case PERCUSS_STREAM_LENGTH:
          found.append(.refused(.lengthOutOfRange(offset: event.offset, length: Int(event.value))))
        case PERCUSS_STREAM_CHECKSUM:
          found.append(
            .refused(
              .badChecksum(offset: event.offset, expected: UInt16(event.expected), found: UInt16(event.value))))
        case PERCUSS_STREAM_TRUNCATED:
          found.append(
            .refused(.truncated(offset: event.offset, needed: Int(event.expected), available: Int(event.value))))
        default: goesOn = false
        }
      }
    }
    return found
  }

  /// Same acceptance, same values, same bytes, same error; true when the frame was accepted.
  @discardableResult
  private func expectSame(_ message: String, _ bytes: [UInt8]) throws -> Bool {
    let swift = try #require(MessageCodec.all[message])
    let c = try #require(CCodec(message))
    let mine = Result { () throws(WireError) in try swift.numbers(bytes) }.mapError(CCodec.Refusal.init)
    let theirs = Result { () throws(CCodec.Refusal) in try c.view(bytes) }
    guard mine == theirs else {
      Issue.record("\(message) \(hexadecimal(bytes)): Swift \(mine), C \(theirs)")
      return false
    }
    guard case .success = mine else { return false }
    let written = try (swift.reencode(bytes, nil), c.reencode(bytes))
    #expect(written.0 == written.1, "\(hexadecimal(bytes))")
    return true
  }
}
