// Written by protocol-generator from protocol-spec/percuss.yaml: change that page, then run `make generate`.

/// The device's clock.
///
///       0  kind
///       1  sequence
///       2  central time
///      10  device time
///      18  hold
public struct ClockReply: WireMessage {
  /// From the request.
  public var sequence: UInt8
  /// From the request. In microseconds.
  public var centralTimeMicroseconds: UInt64
  /// The device's clock when the request arrived. In microseconds.
  public var deviceTimeMicroseconds: UInt64
  /// Time from then until the reply was handed to the radio; 65535 where it was as long or longer. In microseconds.
  public var holdMicroseconds: UInt16

  /// Creates the message from its fields.
  @inlinable
  public init(
    sequence: UInt8, centralTimeMicroseconds: UInt64, deviceTimeMicroseconds: UInt64, holdMicroseconds: UInt16
  ) {
    self.sequence = sequence
    self.centralTimeMicroseconds = centralTimeMicroseconds
    self.deviceTimeMicroseconds = deviceTimeMicroseconds
    self.holdMicroseconds = holdMicroseconds
  }

  /// The most bytes of such a message.
  @inlinable public static var maximumLength: Int { 20 }

  /// The bytes of this message.
  @inlinable public var encodedLength: Int {
    20
  }

  /// Decodes a whole value.
  @inlinable @inline(__always) public init(decoding value: RawSpan) throws(WireError) {
    try value.require(20, for: .clockReply)
    try value.expect(0x81, at: 0, .clockReplyKind)
    sequence = value.byte(at: 1)
    centralTimeMicroseconds = value.littleEndian(UInt64.self, at: 2)
    deviceTimeMicroseconds = value.littleEndian(UInt64.self, at: 10)
    holdMicroseconds = value.littleEndian(UInt16.self, at: 18)
  }

  /// Appends the encoded message; nothing is appended when it throws.
  @inlinable public func encode(into output: inout OutputRawSpan) throws(WireError) {
    try output.require(20, for: .clockReply)
    output.append(20) { frame in
      frame.write(0x81, at: 0)
      frame.write(sequence, at: 1)
      frame.write(littleEndian: centralTimeMicroseconds, at: 2)
      frame.write(littleEndian: deviceTimeMicroseconds, at: 10)
      frame.write(littleEndian: holdMicroseconds, at: 18)
    }
  }
}
