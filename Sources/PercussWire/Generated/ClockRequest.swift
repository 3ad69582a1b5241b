// Written by protocol-generator from protocol-spec/percuss.yaml: change that page, then run `make generate`.

/// A question for the device's clock.
///
///       0  kind
///       1  sequence
///       2  central time
public struct ClockRequest: WireMessage {
  /// Comes back in the reply.
  public var sequence: UInt8
  /// The central's clock; comes back in the reply. In microseconds.
  public var centralTimeMicroseconds: UInt64

  /// Creates the message from its fields.
  @inlinable
  public init(sequence: UInt8, centralTimeMicroseconds: UInt64) {
    self.sequence = sequence
    self.centralTimeMicroseconds = centralTimeMicroseconds
  }

  /// The most bytes of such a message.
  @inlinable public static var maximumLength: Int { 20 }

  /// The bytes of this message.
  @inlinable public var encodedLength: Int {
    10
  }

  /// Decodes a whole value.
  @inlinable @inline(__always) public init(decoding value: RawSpan) throws(WireError) {
    try value.require(10, for: .clockRequest)
    try value.expect(0x01, at: 0, .clockRequestKind)
    sequence = value.byte(at: 1)
    centralTimeMicroseconds = value.littleEndian(UInt64.self, at: 2)
  }

  /// Appends the encoded message; nothing is appended when it throws.
  @inlinable public func encode(into output: inout OutputRawSpan) throws(WireError) {
    try output.require(10, for: .clockRequest)
    output.append(10) { frame in
      frame.write(0x01, at: 0)
      frame.write(sequence, at: 1)
      frame.write(littleEndian: centralTimeMicroseconds, at: 2)
    }
  }
}
