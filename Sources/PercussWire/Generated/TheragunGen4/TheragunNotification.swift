// Written by protocol-generator from protocol-spec/theragun-gen4.yaml: change that page, then run `make generate`.
//
// Unofficial: from the public documentation of the Buttplug project (docs.buttplug.io, stpihkal/protocols/theragun,
// issue stpihkal#127), made for interoperability, not tried on hardware.

/// An answer of the device.
///
///       0  start
///       1  checksum
///       2  kind
///       3  the fields of the body
public struct TheragunNotification: WireMessage {
  /// What follows the header.
  public var body: Body

  /// Creates the message from its fields.
  @inlinable
  public init(body: Body) {
    self.body = body
  }

  /// What follows the header.
  public enum Body: Equatable, Sendable {
    /// What the motor does. A force follows the speed; its layout is not public.
    /// - `unknownByte`: What it means is not public.
    /// - `motion`: Whether the motor runs.
    /// - `unknownBytes`: What these eight bytes mean is not public.
    /// - `speedRPM`: Speed of the motor. In revolutions per minute of the motor.
    case status(unknownByte: UInt8, motion: TheragunMotion, unknownBytes: UInt64, speedRPM: UInt16)
    /// Which firmware it is.
    /// - `unknownByte`: What it means is not public.
    /// - `unknownBytes`: What these eight bytes mean is not public.
    /// - `version`: v: the major version is v / 100, the minor one v % 100 / 10, the patch v % 10.
    case version(unknownByte: UInt8, unknownBytes: UInt64, version: UInt16)
  }

  /// What it tells.
  @inlinable public var kind: TheragunNotificationKind { body.kind }

  /// The most bytes of such a message.
  @inlinable public static var maximumLength: Int { 512 }

  /// The bytes of this message.
  @inlinable public var encodedLength: Int {
    switch body {
    case .status: 15
    case .version: 14
    }
  }

  /// Decodes a whole value.
  @inlinable @inline(__always) public init(decoding value: RawSpan) throws(WireError) {
    try value.require(3, for: .theragunNotification)
    try value.expect(0xBB, at: 0, .theragunNotificationStart)
    try value.expect(sum8From: 2, at: 1, .theragunNotificationChecksum)
    let kind = try TheragunNotificationKind(known: value.byte(at: 2), at: 2, .theragunNotificationKind)
    switch kind {
    case .status:
      try value.require(15, for: .theragunNotificationStatus)
      body = .status(
        unknownByte: value.byte(at: 3),
        motion: TheragunMotion(rawValue: value.byte(at: 4)),
        unknownBytes: value.bigEndian(UInt64.self, at: 5),
        speedRPM: value.bigEndian(UInt16.self, at: 13))
    case .version:
      try value.require(14, for: .theragunNotificationVersion)
      body = .version(
        unknownByte: value.byte(at: 3),
        unknownBytes: value.bigEndian(UInt64.self, at: 4),
        version: value.bigEndian(UInt16.self, at: 12))
    }
  }

  /// Appends the encoded message; nothing is appended when it throws.
  @inlinable public func encode(into output: inout OutputRawSpan) throws(WireError) {
    switch body {
    case .status(let unknownByte, let motion, let unknownBytes, let speedRPM):
      try output.require(15, for: .theragunNotificationStatus)
      output.append(15) { frame in
        writeHeader(.status, to: frame)
        frame.write(unknownByte, at: 3)
        frame.write(motion.rawValue, at: 4)
        frame.write(bigEndian: unknownBytes, at: 5)
        frame.write(bigEndian: speedRPM, at: 13)
        frame.write(sum8From: 2, to: 15, at: 1)
      }
    case .version(let unknownByte, let unknownBytes, let version):
      try output.require(14, for: .theragunNotificationVersion)
      output.append(14) { frame in
        writeHeader(.version, to: frame)
        frame.write(unknownByte, at: 3)
        frame.write(bigEndian: unknownBytes, at: 4)
        frame.write(bigEndian: version, at: 12)
        frame.write(sum8From: 2, to: 14, at: 1)
      }
    }
  }

  /// The caller has checked the values and the room.
  @inlinable func writeHeader(_ kind: TheragunNotificationKind, to frame: FrameWriter) {
    frame.write(0xBB, at: 0)
    frame.write(kind.rawValue, at: 2)
  }
}

extension TheragunNotification.Body {
  /// What it tells.
  @inlinable public var kind: TheragunNotificationKind {
    switch self {
    case .status: .status
    case .version: .version
    }
  }
}
