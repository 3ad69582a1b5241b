// Written by protocol-generator from protocol-spec/percuss.yaml: change that page, then run `make generate`.

/// How far an upload or the queue has come.
///
///       0  kind
///       1  the fields of the body
public struct RoutineStatus: WireMessage {
  /// What follows the header.
  public var body: Body

  /// Creates the message from its fields.
  @inlinable
  public init(body: Body) {
    self.body = body
  }

  /// What follows the header.
  public enum Body: Equatable, Sendable {
    /// How far an upload has come and may go.
    /// - `transfer`: The transfer.
    /// - `nextOffset`: First byte that the device lacks; chunks beyond it were forgotten.
    /// - `window`: Bytes beyond that offset that may be under way.
    case uploadCredit(transfer: UInt8, nextOffset: UInt32, window: UInt16)
    /// How far the queue has come and may go.
    /// - `nextIndex`: First index that the device lacks; steps beyond it were forgotten.
    /// - `free`: Places left in the queue.
    case streamCredit(nextIndex: UInt16, free: UInt8)
  }

  /// What follows.
  @inlinable public var kind: RoutineStatusKind { body.kind }

  /// The most bytes of such a message.
  @inlinable public static var maximumLength: Int { 20 }

  /// The bytes of this message.
  @inlinable public var encodedLength: Int {
    switch body {
    case .uploadCredit: 8
    case .streamCredit: 4
    }
  }

  /// Decodes a whole value.
  @inlinable @inline(__always) public init(decoding value: RawSpan) throws(WireError) {
    try value.require(1, for: .routineStatus)
    let kind = try RoutineStatusKind(known: value.byte(at: 0), at: 0, .routineStatusKind)
    switch kind {
    case .uploadCredit:
      try value.require(8, for: .routineStatusUploadCredit)
      body = .uploadCredit(
        transfer: value.byte(at: 1),
        nextOffset: value.littleEndian(UInt32.self, at: 2),
        window: value.littleEndian(UInt16.self, at: 6))
    case .streamCredit:
      try value.require(4, for: .routineStatusStreamCredit)
      body = .streamCredit(nextIndex: value.littleEndian(UInt16.self, at: 1), free: value.byte(at: 3))
    }
  }

  /// Appends the encoded message; nothing is appended when it throws.
  @inlinable public func encode(into output: inout OutputRawSpan) throws(WireError) {
    switch body {
    case .uploadCredit(let transfer, let nextOffset, let window):
      try output.require(8, for: .routineStatusUploadCredit)
      output.append(8) { frame in
        writeHeader(.uploadCredit, to: frame)
        frame.write(transfer, at: 1)
        frame.write(littleEndian: nextOffset, at: 2)
        frame.write(littleEndian: window, at: 6)
      }
    case .streamCredit(let nextIndex, let free):
      try output.require(4, for: .routineStatusStreamCredit)
      output.append(4) { frame in
        writeHeader(.streamCredit, to: frame)
        frame.write(littleEndian: nextIndex, at: 1)
        frame.write(free, at: 3)
      }
    }
  }

  /// The caller has checked the values and the room.
  @inlinable func writeHeader(_ kind: RoutineStatusKind, to frame: FrameWriter) {
    frame.write(kind.rawValue, at: 0)
  }
}

extension RoutineStatus.Body {
  /// What follows.
  @inlinable public var kind: RoutineStatusKind {
    switch self {
    case .uploadCredit: .uploadCredit
    case .streamCredit: .streamCredit
    }
  }
}
