// Written by protocol-generator from protocol-spec/percuss.yaml: change that page, then run `make generate`.

/// Upload chunks and streamed steps.
///
///       0  kind
///       1  the fields of the body
public struct RoutineData: WireMessage {
  /// What follows the header.
  public var body: Body

  /// Creates the message from its fields.
  @inlinable
  public init(body: Body) {
    self.body = body
  }

  /// What follows the header.
  public enum Body: Equatable, Sendable {
    /// A part of an upload.
    /// - `transfer`: The transfer that routine begin opened.
    /// - `offset`: Place of the first byte in the routine.
    /// - `payload`: The bytes.
    case chunk(transfer: UInt8, offset: UInt32, payload: Range<Int>)
    /// A step for the queue, without a response; a credit follows.
    /// - `index`: One more than the step before, 0 after 65534; the first after a flush is 0.
    /// - `atMilliseconds`: Offset from the start of the stream. In milliseconds.
    /// - `segment`: The step.
    case streamedStep(index: UInt16, atMilliseconds: UInt32, segment: RoutineSegment)
  }

  /// What follows.
  @inlinable public var kind: RoutineDataKind { body.kind }

  /// The most bytes of such a message.
  @inlinable public static var maximumLength: Int { 512 }

  /// The bytes of this message.
  @inlinable public var encodedLength: Int {
    switch body {
    case .chunk(_, _, let payload): 6 &+ payload.upperBound &- payload.lowerBound
    case .streamedStep: 18
    }
  }

  /// Decodes a whole value.
  @inlinable @inline(__always) public init(decoding value: RawSpan) throws(WireError) {
    try value.require(1, for: .routineData)
    let kind = try RoutineDataKind(known: value.byte(at: 0), at: 0, .routineDataKind)
    switch kind {
    case .chunk:
      try value.require(7, for: .routineDataChunk)
      guard value.byteCount <= Self.maximumLength else {
        throw WireError(.tooLong(maximum: Self.maximumLength, actual: value.byteCount), at: 6, .routineDataChunkPayload)
      }
      body = .chunk(
        transfer: value.byte(at: 1),
        offset: value.littleEndian(UInt32.self, at: 2),
        payload: 6..<value.byteCount)
    case .streamedStep:
      try value.require(18, for: .routineDataStreamedStep)
      body = try .streamedStep(
        index: value.littleEndian(UInt16.self, at: 1),
        atMilliseconds: value.littleEndian(UInt32.self, at: 3),
        segment: RoutineSegment(decoding: value, at: 7, as: .routineDataStreamedStepSegmentKind))
    }
  }

  /// Appends the encoded message; nothing is appended when it throws.
  @inlinable public func encode(into output: inout OutputRawSpan) throws(WireError) {
    switch body {
    case .chunk:
      throw WireError(.detachedPayload, at: 6, .routineDataChunkPayload)
    case .streamedStep(let index, let atMilliseconds, let segment):
      try segment.check(at: 7, as: .routineDataStreamedStepSegmentKind)
      try output.require(18, for: .routineDataStreamedStep)
      output.append(18) { frame in
        writeHeader(.streamedStep, to: frame)
        frame.write(littleEndian: index, at: 1)
        frame.write(littleEndian: atMilliseconds, at: 3)
        segment.write(to: frame, at: 7)
      }
    }
  }

  /// Appends a `chunk` with a payload that lies elsewhere; nothing is appended when it throws.
  public static func encodeChunk(
    transfer: UInt8, offset: UInt32, payload: RawSpan, into output: inout OutputRawSpan
  ) throws(WireError) {
    guard payload.byteCount >= 1 else {
      throw WireError(.truncated(needed: 7, available: 6 &+ payload.byteCount), at: 6, .routineDataChunkPayload)
    }
    guard payload.byteCount <= maximumLength &- 6 else {
      throw WireError(.tooLong(maximum: maximumLength, actual: 6 &+ payload.byteCount), at: 6, .routineDataChunkPayload)
    }
    try output.require(6 &+ payload.byteCount, for: .routineDataChunk)
    output.append(6 &+ payload.byteCount) { frame in
      frame.write(RoutineDataKind.chunk.rawValue, at: 0)
      frame.write(transfer, at: 1)
      frame.write(littleEndian: offset, at: 2)
      frame.write(contentsOf: payload, at: 6)
    }
  }

  /// The caller has checked the values and the room.
  @inlinable func writeHeader(_ kind: RoutineDataKind, to frame: FrameWriter) {
    frame.write(kind.rawValue, at: 0)
  }
}

extension RoutineData.Body {
  /// What follows.
  @inlinable public var kind: RoutineDataKind {
    switch self {
    case .chunk: .chunk
    case .streamedStep: .streamedStep
    }
  }
}
