// Written by protocol-generator from protocol-spec/percuss.yaml: change that page, then run `make generate`.

/// What an uploaded routine begins with; its segments follow without gaps.
public struct RoutineHeader: WireMessage {
  /// Format of the routine; 1. Only 1.
  public var format: UInt8
  /// Reserved; 0. Only 0.
  public var flags: UInt8
  /// Number of segments that follow. 1...65534.
  public var segmentCount: UInt16

  /// Creates the record from its fields.
  @inlinable
  public init(format: UInt8, flags: UInt8, segmentCount: UInt16) {
    self.format = format
    self.flags = flags
    self.segmentCount = segmentCount
  }

  /// The size of every such record in bytes.
  @inlinable public static var maximumLength: Int { 4 }

  /// The size of every such record in bytes.
  @inlinable public var encodedLength: Int { 4 }

  /// Decodes the record with which the value begins.
  @inlinable public init(decoding value: RawSpan) throws(WireError) {
    try self.init(decoding: value, at: 0)
  }

  /// Decodes the record that begins at an offset; the offsets of errors count from the beginning of the value.
  @inlinable public init(decoding value: RawSpan, at offset: Int) throws(WireError) {
    try value.require(4, at: offset, for: .routineHeader)
    try self.init(decoding: value, at: offset, as: WireField.routineHeader.advanced(by: 1))
  }

  /// `first` stands for the record's first field, wherever the record is. The caller has checked the length.
  @inlinable init(decoding value: RawSpan, at offset: Int, as first: WireField) throws(WireError) {
    format = try value.byte(at: offset).within(1...1, at: offset, first)
    flags = try value.byte(at: offset &+ 1).within(0...0, at: offset &+ 1, first.advanced(by: 1))
    segmentCount = try value.littleEndian(UInt16.self, at: offset &+ 2)
      .within(1...65534, at: offset &+ 2, first.advanced(by: 2))
  }

  /// Appends the encoded record; nothing is appended when it throws.
  @inlinable public func encode(into output: inout OutputRawSpan) throws(WireError) {
    try check(at: 0, as: WireField.routineHeader.advanced(by: 1))
    try output.require(4, for: .routineHeader)
    output.append(4) { frame in write(to: frame, at: 0) }
  }

  @inlinable func check(at offset: Int, as first: WireField) throws(WireError) {
    try format.within(1...1, at: offset, first)
    try flags.within(0...0, at: offset &+ 1, first.advanced(by: 1))
    try segmentCount.within(1...65534, at: offset &+ 2, first.advanced(by: 2))
  }

  /// The caller has checked the values and the room.
  @inlinable func write(to frame: FrameWriter, at offset: Int) {
    frame.write(format, at: offset)
    frame.write(flags, at: offset &+ 1)
    frame.write(littleEndian: segmentCount, at: offset &+ 2)
  }
}
