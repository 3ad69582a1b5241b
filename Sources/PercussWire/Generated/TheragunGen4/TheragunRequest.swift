// Written by protocol-generator from protocol-spec/theragun-gen4.yaml: change that page, then run `make generate`.
//
// Unofficial: from the public documentation of the Buttplug project (docs.buttplug.io, stpihkal/protocols/theragun,
// issue stpihkal#127), made for interoperability, not tried on hardware.

/// A request to the device.
///
///       0  start
///       1  checksum
///       2  kind
///       3  the fields of the body
public struct TheragunRequest: WireMessage {
  /// What follows the header.
  public var body: Body

  /// Creates the message from its fields.
  @inlinable
  public init(body: Body) {
    self.body = body
  }

  /// What follows the header.
  public enum Body: Equatable, Sendable {
    /// Drive the motor.
    /// - `speedRPM`: Speed of the motor; 0 stops it. Not a number of percussions. In revolutions per minute of the
    ///   motor, 0...3616.
    case setSpeed(speedRPM: UInt16)
    /// Say what the motor does.
    case status
    /// Say which firmware it is.
    case version
  }

  /// What is asked for.
  @inlinable public var kind: TheragunRequestKind { body.kind }

  /// The most bytes of such a message.
  @inlinable public static var maximumLength: Int { 7 }

  /// The bytes of this message.
  @inlinable public var encodedLength: Int {
    switch body {
    case .setSpeed: 7
    case .status: 4
    case .version: 4
    }
  }

  /// Decodes a whole value.
  @inlinable @inline(__always) public init(decoding value: RawSpan) throws(WireError) {
    try value.require(3, for: .theragunRequest)
    try value.expect(0xAA, at: 0, .theragunRequestStart)
    try value.expect(sum8From: 2, at: 1, .theragunRequestChecksum)
    let kind = try TheragunRequestKind(known: value.byte(at: 2), at: 2, .theragunRequestKind)
    switch kind {
    case .setSpeed:
      try value.require(7, for: .theragunRequestSetSpeed)
      try value.requireNoMore(than: 7, for: .theragunRequestSetSpeed)
      try value.expect(0x03, at: 3, .theragunRequestSetSpeedFixed)
      let speedRPM = try value.bigEndian(UInt16.self, at: 4).within(0...3616, at: 4, .theragunRequestSetSpeedSpeed)
      try value.expect(0x03, at: 6, .theragunRequestSetSpeedEnd)
      body = .setSpeed(speedRPM: speedRPM)
    case .status:
      try value.require(4, for: .theragunRequestStatus)
      try value.requireNoMore(than: 4, for: .theragunRequestStatus)
      try value.expect(0x00, at: 3, .theragunRequestStatusFixed)
      body = .status
    case .version:
      try value.require(4, for: .theragunRequestVersion)
      try value.requireNoMore(than: 4, for: .theragunRequestVersion)
      try value.expect(0x00, at: 3, .theragunRequestVersionFixed)
      body = .version
    }
  }

  /// Appends the encoded message; nothing is appended when it throws.
  @inlinable public func encode(into output: inout OutputRawSpan) throws(WireError) {
    switch body {
    case .setSpeed(let speedRPM):
      try speedRPM.within(0...3616, at: 4, .theragunRequestSetSpeedSpeed)
      try output.require(7, for: .theragunRequestSetSpeed)
      output.append(7) { frame in
        writeHeader(.setSpeed, to: frame)
        frame.write(0x03, at: 3)
        frame.write(bigEndian: speedRPM, at: 4)
        frame.write(0x03, at: 6)
        frame.write(sum8From: 2, to: 7, at: 1)
      }
    case .status:
      try output.require(4, for: .theragunRequestStatus)
      output.append(4) { frame in
        writeHeader(.status, to: frame)
        frame.write(0x00, at: 3)
        frame.write(sum8From: 2, to: 4, at: 1)
      }
    case .version:
      try output.require(4, for: .theragunRequestVersion)
      output.append(4) { frame in
        writeHeader(.version, to: frame)
        frame.write(0x00, at: 3)
        frame.write(sum8From: 2, to: 4, at: 1)
      }
    }
  }

  /// The caller has checked the values and the room.
  @inlinable func writeHeader(_ kind: TheragunRequestKind, to frame: FrameWriter) {
    frame.write(0xAA, at: 0)
    frame.write(kind.rawValue, at: 2)
  }
}

extension TheragunRequest.Body {
  /// What is asked for.
  @inlinable public var kind: TheragunRequestKind {
    switch self {
    case .setSpeed: .setSpeed
    case .status: .status
    case .version: .version
    }
  }
}
