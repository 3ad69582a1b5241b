// Written by protocol-generator from protocol-spec/percuss.yaml: change that page, then run `make generate`.

/// What the device can do, in one read at the smallest ATT_MTU.
///
///       0  version major
///       1  version minor
///       2  schema crc
///       6  features
///      10  speed minimum
///      12  speed maximum
///      14  speed step
///      16  force maximum
///      18  routine slots
///      19  routine steps
///      21  queue depth
public struct DeviceFeature: WireMessage {
  /// Major version of the protocol; a central refuses one that it does not know.
  public var versionMajor: UInt8
  /// Minor version of the protocol; a higher one only appends.
  public var versionMinor: UInt8
  /// CRC-32 of the fields of this major version as they were in its minor version 0.
  public var schemaCRC: UInt32
  /// What the device can do.
  public var features: DeviceFeatures
  /// Lowest speed of a turning motor. In percussions per minute.
  public var speedMinimumPPM: UInt16
  /// Highest speed. In percussions per minute.
  public var speedMaximumPPM: UInt16
  /// Speeds are multiples of this. In percussions per minute, 1...65535.
  public var speedStepPPM: UInt16
  /// Highest force limit. In tenths of a newton.
  public var forceMaximumDecinewtons: UInt16
  /// Number of routine slots.
  public var routineSlots: UInt8
  /// Longest routine in segments.
  public var routineSteps: UInt16
  /// Places in the queue of streamed steps.
  public var queueDepth: UInt8

  /// Creates the message from its fields.
  @inlinable
  public init(
    versionMajor: UInt8, versionMinor: UInt8, schemaCRC: UInt32, features: DeviceFeatures, speedMinimumPPM: UInt16,
    speedMaximumPPM: UInt16, speedStepPPM: UInt16, forceMaximumDecinewtons: UInt16, routineSlots: UInt8,
    routineSteps: UInt16, queueDepth: UInt8
  ) {
    self.versionMajor = versionMajor
    self.versionMinor = versionMinor
    self.schemaCRC = schemaCRC
    self.features = features
    self.speedMinimumPPM = speedMinimumPPM
    self.speedMaximumPPM = speedMaximumPPM
    self.speedStepPPM = speedStepPPM
    self.forceMaximumDecinewtons = forceMaximumDecinewtons
    self.routineSlots = routineSlots
    self.routineSteps = routineSteps
    self.queueDepth = queueDepth
  }

  /// The most bytes of such a message.
  @inlinable public static var maximumLength: Int { 22 }

  /// The bytes of this message.
  @inlinable public var encodedLength: Int {
    22
  }

  /// Decodes a whole value.
  @inlinable @inline(__always) public init(decoding value: RawSpan) throws(WireError) {
    try value.require(22, for: .deviceFeature)
    versionMajor = value.byte(at: 0)
    versionMinor = value.byte(at: 1)
    schemaCRC = value.littleEndian(UInt32.self, at: 2)
    features = DeviceFeatures(rawValue: value.littleEndian(UInt32.self, at: 6))
    speedMinimumPPM = value.littleEndian(UInt16.self, at: 10)
    speedMaximumPPM = value.littleEndian(UInt16.self, at: 12)
    speedStepPPM = try value.littleEndian(UInt16.self, at: 14).within(1...65535, at: 14, .deviceFeatureSpeedStep)
    forceMaximumDecinewtons = value.littleEndian(UInt16.self, at: 16)
    routineSlots = value.byte(at: 18)
    routineSteps = value.littleEndian(UInt16.self, at: 19)
    queueDepth = value.byte(at: 21)
  }

  /// Appends the encoded message; nothing is appended when it throws.
  @inlinable public func encode(into output: inout OutputRawSpan) throws(WireError) {
    try speedStepPPM.within(1...65535, at: 14, .deviceFeatureSpeedStep)
    try output.require(22, for: .deviceFeature)
    output.append(22) { frame in
      frame.write(versionMajor, at: 0)
      frame.write(versionMinor, at: 1)
      frame.write(littleEndian: schemaCRC, at: 2)
      frame.write(littleEndian: features.rawValue, at: 6)
      frame.write(littleEndian: speedMinimumPPM, at: 10)
      frame.write(littleEndian: speedMaximumPPM, at: 12)
      frame.write(littleEndian: speedStepPPM, at: 14)
      frame.write(littleEndian: forceMaximumDecinewtons, at: 16)
      frame.write(routineSlots, at: 18)
      frame.write(littleEndian: routineSteps, at: 19)
      frame.write(queueDepth, at: 21)
    }
  }
}
