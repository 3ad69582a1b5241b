// Written by protocol-generator from protocol-spec/percuss.yaml: change that page, then run `make generate`.

/// One step of a routine as the device plays it. A rest or a wait has both speeds 0; a hold has both speeds equal.
public struct RoutineSegment: WireMessage {
  /// What the segment does.
  public var kind: SegmentKind
  /// Force above which the motor yields; 0 stands for the device's limit. In tenths of a newton.
  public var forceLimitDecinewtons: UInt16
  /// Speed at the beginning. In percussions per minute.
  public var speedFromPPM: UInt16
  /// Speed at the end. In percussions per minute.
  public var speedToPPM: UInt16
  /// How long it lasts. In milliseconds, 10...86400000.
  public var durationMilliseconds: UInt32

  /// Creates the record from its fields.
  @inlinable
  public init(
    kind: SegmentKind, forceLimitDecinewtons: UInt16, speedFromPPM: UInt16, speedToPPM: UInt16,
    durationMilliseconds: UInt32
  ) {
    self.kind = kind
    self.forceLimitDecinewtons = forceLimitDecinewtons
    self.speedFromPPM = speedFromPPM
    self.speedToPPM = speedToPPM
    self.durationMilliseconds = durationMilliseconds
  }

  /// The size of every such record in bytes.
  @inlinable public static var maximumLength: Int { 11 }

  /// The size of every such record in bytes.
  @inlinable public var encodedLength: Int { 11 }

  /// Decodes the record with which the value begins.
  @inlinable public init(decoding value: RawSpan) throws(WireError) {
    try self.init(decoding: value, at: 0)
  }

  /// Decodes the record that begins at an offset; the offsets of errors count from the beginning of the value.
  @inlinable public init(decoding value: RawSpan, at offset: Int) throws(WireError) {
    try value.require(11, at: offset, for: .routineSegment)
    try self.init(decoding: value, at: offset, as: WireField.routineSegment.advanced(by: 1))
  }

  /// `first` stands for the record's first field, wherever the record is. The caller has checked the length.
  @inlinable init(decoding value: RawSpan, at offset: Int, as first: WireField) throws(WireError) {
    kind = try SegmentKind(known: value.byte(at: offset), at: offset, first)
    forceLimitDecinewtons = value.littleEndian(UInt16.self, at: offset &+ 1)
    speedFromPPM = value.littleEndian(UInt16.self, at: offset &+ 3)
    speedToPPM = value.littleEndian(UInt16.self, at: offset &+ 5)
    durationMilliseconds = try value.littleEndian(UInt32.self, at: offset &+ 7)
      .within(10...86_400_000, at: offset &+ 7, first.advanced(by: 4))
  }

  /// Appends the encoded record; nothing is appended when it throws.
  @inlinable public func encode(into output: inout OutputRawSpan) throws(WireError) {
    try check(at: 0, as: WireField.routineSegment.advanced(by: 1))
    try output.require(11, for: .routineSegment)
    output.append(11) { frame in write(to: frame, at: 0) }
  }

  @inlinable func check(at offset: Int, as first: WireField) throws(WireError) {
    try durationMilliseconds.within(10...86_400_000, at: offset &+ 7, first.advanced(by: 4))
  }

  /// The caller has checked the values and the room.
  @inlinable func write(to frame: FrameWriter, at offset: Int) {
    frame.write(kind.rawValue, at: offset)
    frame.write(littleEndian: forceLimitDecinewtons, at: offset &+ 1)
    frame.write(littleEndian: speedFromPPM, at: offset &+ 3)
    frame.write(littleEndian: speedToPPM, at: offset &+ 5)
    frame.write(littleEndian: durationMilliseconds, at: offset &+ 7)
  }
}
