import PercussWire

/// What bytes can be, when nobody says which message they are.
struct FrameReading {
  /// Messages that take every byte.
  var frames: [FrameDescription] = []
  /// Messages that would ignore the bytes at the end, as if a later minor version had appended them.
  var longer: [FrameDescription] = []
  /// Messages that the bytes are not, and why.
  var refusals: [Refusal] = []

  struct Refusal {
    var message: WireSchema.Message
    var error: WireError
  }

  /// - Parameter messages: those that the bytes can be.
  init(_ bytes: [UInt8], as messages: [WireSchema.Message] = WireSchema.specifications.flatMap(\.messages)) {
    for message in messages {
      do throws(WireError) {
        let frame = try FrameDescription(decoding: bytes, as: message)
        if frame.ignored.isEmpty { frames.append(frame) } else { longer.append(frame) }
      } catch {
        refusals.append(Refusal(message: message, error: error))
      }
    }
    if frames.isEmpty { (frames, longer) = (longer, []) }
  }

  /// The refusals of the messages that the bytes most likely were meant to be: those whose kind the first byte names, else all of the first
  /// protocol.
  func likelyRefusals(of bytes: [UInt8]) -> [Refusal] {
    let begun = refusals.filter { $0.message.canBegin(with: bytes.first) }
    return begun.isEmpty
      ? refusals.filter { $0.message.specification == refusals.first?.message.specification } : begun
  }
}

extension WireSchema.Message {
  /// Whether the byte is the message's marker, or the kind of one of its variants.
  fileprivate func canBegin(with byte: UInt8?) -> Bool {
    guard let byte, let first = header.first else { return false }
    if let constant = first.constant { return constant == Int64(byte) }
    return isImplied(first)
      && variants.contains { $0.when.contains { $0.field == first.name && $0.value == Int64(byte) } }
  }
}

/// Stream frames and what lies between them.
enum StreamPart {
  case frame(offset: Int, channel: UInt8, payload: [UInt8])
  case refused(StreamFrameError)

  static func all(of bytes: [UInt8]) -> [StreamPart] {
    var decoder = StreamFrameDecoder()
    var parts: [StreamPart] = []
    var input = 0
    // Every byte is in a frame, is noise, or is the start byte of what was refused.
    var offset = 0
    while let event = decoder.next(in: bytes.span.bytes, at: &input) ?? decoder.finish() {
      switch event {
      case .frame(let channel):
        let payload = decoder.withPayload { span in
          var payload: [UInt8] = []
          for place in 0..<span.byteCount { payload.append(span.unsafeLoad(fromByteOffset: place, as: UInt8.self)) }
          return payload
        }
        parts.append(.frame(offset: offset, channel: channel, payload: payload))
        offset += payload.count + StreamFrame.overhead
      case .refused(let error):
        parts.append(.refused(error))
        if case .noise(_, let count) = error { offset += Int(clamping: count) } else { offset += 1 }
      }
    }
    return parts
  }
}

extension StreamFrameError {
  /// Where in the stream the frame begins, or the noise.
  var offset: Int {
    switch self {
    case .noise(let offset, _), .lengthOutOfRange(let offset, _), .badChecksum(let offset, _, _),
      .truncated(let offset, _, _):
      Int(clamping: offset)
    case .payloadTooLong, .noSpace: 0
    }
  }

  /// The bytes that are wrong, as far as the error knows; `bytes` are the whole stream.
  func place(in bytes: [UInt8]) -> Range<Int> {
    switch self {
    case .noise(let offset, let count): return Int(clamping: offset)..<Int(clamping: offset &+ count)
    case .lengthOutOfRange(let offset, _): return Int(clamping: offset) + 2..<Int(clamping: offset) + 4
    case .badChecksum(let offset, _, _):
      let start = Int(clamping: offset)
      guard start + 3 < bytes.count else { return start..<start + 1 }
      let checksum = start + 4 + Int(bytes[start + 2]) + Int(bytes[start + 3]) << 8
      return checksum..<checksum + 2
    case .truncated: return bytes.count..<bytes.count + 1
    case .payloadTooLong, .noSpace: return 0..<0
    }
  }
}
