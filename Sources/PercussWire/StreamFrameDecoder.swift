/// Finds frames in a byte stream that arrives in pieces, and finds its way back after damage.
///
/// ```swift
/// var decoder = StreamFrameDecoder()
/// var offset = 0
/// while let event = decoder.next(in: bytes, at: &offset) {
///   switch event {
///   case .frame(let channel): decoder.withPayload { payload in handle(channel, payload) }
///   case .refused(let error): log(error)
///   }
/// }
/// ```
///
/// What comes out does not depend on how the stream is cut into pieces. After a damaged frame only its start byte is given up:
/// a frame that began within it is still found. Every byte of the stream ends up in exactly one frame, as one refused start
/// byte, or counted as noise. The decoder holds at most one frame and allocates nothing.
public struct StreamFrameDecoder: Sendable {
  /// What the decoder found.
  public enum Event: Equatable, Sendable {
    /// A whole frame; ``StreamFrameDecoder/withPayload(_:)`` gives its payload until the next call.
    case frame(channel: UInt8)
    /// Something that is no frame. Decoding goes on behind it.
    case refused(StreamFrameError)
  }

  private static let capacity = 518
  private var buffer: InlineArray<518, UInt8> = .init(repeating: 0)
  /// The candidate for a frame is `buffer[head..<tail]`.
  private var head = 0
  private var tail = 0
  /// Length of the frame that was handed out last and still lies at the head.
  private var delivered = 0
  /// Offset in the stream of the byte at the head.
  private var position: UInt64 = 0
  private var noise: UInt64 = 0

  /// A decoder at the beginning of a stream.
  public init() {}

  /// The next frame or error in `input` from `offset` on, which moves behind what was used; nil when more bytes are needed.
  ///
  /// - Parameter offset: place in `input`, in 0...input.byteCount. When nil comes back it is at the end of `input`.
  public mutating func next(in input: RawSpan, at offset: inout Int) -> Event? {
    advance(input, &offset, atEnd: false)
  }

  /// Gives up waiting for the rest of an incomplete frame: at the end of the stream, or when the line has been silent for too
  /// long. Call it until it returns nil; the decoder can then take further bytes.
  public mutating func finish() -> Event? {
    var offset = 0
    return advance(RawSpan(), &offset, atEnd: true)
  }

  /// Calls `body` with the payload of the frame that was returned last; with no bytes when it was not a frame.
  public func withPayload<Result, Failure: Error>(
    _ body: (RawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let payload = delivered == 0 ? 0..<0 : (head &+ 4)..<(head &+ delivered &- 2)
    return try unsafe body(buffer.span.bytes.extracting(payload))
  }

  private mutating func advance(_ input: RawSpan, _ offset: inout Int, atEnd: Bool) -> Event? {
    drop(delivered)
    delivered = 0
    findStart(input, &offset)
    let found = tail > head
    if noise > 0, found || atEnd {
      let count = noise
      noise = 0
      return .refused(.noise(offset: position &- count, count: count))
    }
    guard found else { return nil }

    guard fill(to: 4, from: input, &offset) else { return atEnd ? giveUp(needed: StreamFrame.overhead) : nil }
    let length = Int(buffer[head &+ 2]) | Int(buffer[head &+ 3]) << 8
    guard length <= StreamFrame.maximumPayloadLength else {
      return refuse(.lengthOutOfRange(offset: position, length: length))
    }
    let total = length &+ StreamFrame.overhead
    guard fill(to: total, from: input, &offset) else { return atEnd ? giveUp(needed: total) : nil }

    let covered = (head &+ 1)..<(head &+ 4 &+ length)
    let expected = unsafe CRC16.ccittFalse(buffer.span.bytes.extracting(covered))
    let checksum = UInt16(buffer[covered.upperBound]) | UInt16(buffer[covered.upperBound &+ 1]) << 8
    guard expected == checksum else {
      return refuse(.badChecksum(offset: position, expected: expected, found: checksum))
    }
    delivered = total
    return .frame(channel: buffer[head &+ 1])
  }

  /// Counts bytes as noise until a start byte is at the head, or nothing is left.
  private mutating func findStart(_ input: RawSpan, _ offset: inout Int) {
    while head < tail {
      if buffer[head] == StreamFrame.startByte { return }
      drop(1)
      noise &+= 1
    }
    while offset < input.byteCount {
      let byte = unsafe input.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
      offset &+= 1
      if byte == StreamFrame.startByte {
        buffer[0] = byte
        tail = 1
        return
      }
      position &+= 1
      noise &+= 1
    }
  }

  /// Takes bytes from the input until the candidate has `count`; false when the input ends before.
  private mutating func fill(to count: Int, from input: RawSpan, _ offset: inout Int) -> Bool {
    if head &+ count > Self.capacity {
      for index in head..<tail { buffer[index &- head] = buffer[index] }
      tail &-= head
      head = 0
    }
    while tail &- head < count {
      guard offset < input.byteCount else { return false }
      buffer[tail] = unsafe input.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
      tail &+= 1
      offset &+= 1
    }
    return true
  }

  private mutating func refuse(_ error: StreamFrameError) -> Event {
    drop(1)
    return .refused(error)
  }

  private mutating func giveUp(needed: Int) -> Event {
    refuse(.truncated(offset: position, needed: needed, available: tail &- head))
  }

  private mutating func drop(_ count: Int) {
    head &+= count
    position &+= UInt64(count)
    if head == tail {
      head = 0
      tail = 0
    }
  }
}
