import PercussWire
import Testing

/// Every file of `protocol-spec/vectors` that is a message's, against the Swift codec.
struct MessageVectorTests {
  /// Those that no message carries have tests of their own.
  static let others: Set = ["checksums", "routine", "stream_frame"]

  static func files() throws -> [VectorFile] {
    try VectorFile.all().filter { !others.contains($0.message) }
  }

  func codec(_ file: VectorFile) throws -> MessageCodec {
    try #require(MessageCodec.all[file.key], "\(file.key) has vectors but no codec in MessageCodec.all")
  }

  @Test func `every message has its vectors, and every file its vectors and malformed ones`() throws {
    let files = try Self.files()
    #expect(Set(files.map(\.key)) == Set(MessageCodec.all.keys))
    for file in files {
      #expect(!file.vectors.isEmpty && !(file.malformed ?? []).isEmpty, "\(file.message)")
      let names = file.vectors.map(\.name) + (file.malformed ?? []).map(\.name)
      #expect(Set(names).count == names.count, "\(file.message) has a name twice")
    }
  }

  @Test(arguments: try files()) func `decodes to what the vector says`(file: VectorFile) throws {
    let codec = try codec(file)
    for vector in file.vectors {
      #expect(throws: Never.self, "\(vector.name)") {
        let view = try codec.view(vector.bytes.bytes)
        #expect(view == vector.value, "\(vector.name)")
      }
    }
  }

  @Test(arguments: try files()) func `encodes what was decoded to the same bytes`(file: VectorFile) throws {
    let codec = try codec(file)
    for vector in file.vectors {
      #expect(throws: Never.self, "\(vector.name)") {
        let encoded = try codec.reencode(vector.bytes.bytes, nil)
        #expect(hexadecimal(encoded) == hexadecimal(vector.encoded), "\(vector.name)")
        #expect(try codec.view(encoded) == codec.view(vector.encoded), "\(vector.name)")
        #expect(encoded.count <= codec.maximumLength, "\(vector.name)")
      }
    }
  }

  @Test(arguments: try files()) func `refuses what is malformed, with the exact error`(file: VectorFile) throws {
    let codec = try codec(file)
    for vector in file.malformed ?? [] {
      do throws(WireError) {
        let view = try codec.view(vector.bytes.bytes)
        Issue.record("\(file.message), \(vector.name): was decoded as \(view)")
      } catch {
        #expect(error.json(ofRequest: file.message == "control_request") == vector.error, "\(vector.name)")
        #expect("\(error)".contains("\(error.field)"), "\(vector.name)")
      }
    }
  }

  @Test(arguments: try files()) func `refuses every proper prefix as truncated, or by its checksum`(file: VectorFile)
    throws
  {
    let codec = try codec(file)
    for vector in file.vectors {
      let whole = vector.encoded
      for count in 0..<whole.count {
        let prefix = Array(whole[..<count])
        do throws(WireError) {
          let view = try codec.view(prefix)
          // A chunk has no length of its own: a prefix with a byte of payload is a shorter chunk.
          guard view["chunk"] != nil, count >= 7 else {
            Issue.record("\(vector.name): its first \(count) bytes were decoded as \(view)")
            continue
          }
          #expect(view["chunk"]?["payload"]?.bytes == Array(whole[6..<count]), "\(vector.name)")
        } catch {
          // The sum of fewer bytes is another one.
          if try file.schema.header.contains(where: { $0.checksum != nil }), case .checksumMismatch = error.reason {
            #expect(count >= 3 && error.offset == 1)
            continue
          }
          guard case .truncated(let needed, count) = error.reason, needed > count, needed <= whole.count else {
            Issue.record("\(vector.name): its first \(count) bytes were refused with \(error)")
            continue
          }
          #expect(error.offset <= count)
        }
      }
    }
  }

  @Test(arguments: try files()) func `encodes nothing into storage that is too small`(file: VectorFile) throws {
    let codec = try codec(file)
    for vector in file.vectors {
      for capacity in 0..<vector.encoded.count {
        do throws(WireError) {
          _ = try codec.reencode(vector.bytes.bytes, capacity)
          Issue.record("\(vector.name): encoded into \(capacity) bytes")
        } catch {
          #expect(error.reason == .noSpace(needed: vector.encoded.count, available: capacity), "\(vector.name)")
        }
      }
    }
  }

  @Test func `a whole routine decodes, and its checksum is the one announced`() throws {
    for vector in try VectorFile.named("routine").vectors {
      let bytes = vector.bytes.bytes
      let (header, segments) = try routine(bytes)
      let view = JSONView(source: bytes)
      #expect(view.of(header) == vector.value["header"], "\(vector.name)")
      #expect(.array(segments.map(view.of)) == vector.value["segments"], "\(vector.name)")
      #expect(UInt64(CRC32.ieee(bytes.span.bytes)) == vector.crc32?.unsigned, "\(vector.name)")
      let encoded = try header.bytes() + segments.flatMap { try $0.bytes() }
      #expect(encoded == bytes, "\(vector.name)")
    }
  }

  @Test func `a malformed routine is refused at the place that is wrong`() throws {
    for vector in try VectorFile.named("routine").malformed ?? [] {
      do throws(WireError) {
        _ = try routine(vector.bytes.bytes)
        Issue.record("\(vector.name): was decoded")
      } catch {
        #expect(error.json(ofRequest: false) == vector.error, "\(vector.name)")
      }
    }
  }

  private func routine(_ bytes: [UInt8]) throws(WireError) -> (RoutineHeader, [RoutineSegment]) {
    let header = try RoutineHeader(decoding: bytes.span.bytes)
    var segments: [RoutineSegment] = []
    for index in 0..<Int(header.segmentCount) {
      segments.append(try RoutineSegment(decoding: bytes.span.bytes, at: 4 + 11 * index))
    }
    return (header, segments)
  }
}
