// How the generated codec touches bytes. Every length is checked once with `require` before fields are read or written; the
// checks of the standard library's own calls remain behind it.

extension RawSpan {
  @inlinable @inline(__always)
  func require(_ count: Int, for part: WireField) throws(WireError) {
    if byteCount < count { throw .truncated(part, at: 0, needed: count, available: byteCount) }
  }

  /// For a record that begins at an offset.
  @inlinable @inline(__always)
  func require(_ count: Int, at offset: Int, for part: WireField) throws(WireError) {
    if offset < 0 || offset > byteCount || byteCount &- offset < count {
      throw .truncated(part, at: offset, needed: count, available: byteCount)
    }
  }

  /// For a part behind which nothing may stand.
  @inlinable @inline(__always)
  func requireNoMore(than count: Int, for part: WireField) throws(WireError) {
    if byteCount > count { throw WireError(.tooLong(maximum: count, actual: byteCount), at: count, part) }
  }

  @inlinable @inline(__always)
  func byte(at offset: Int) -> UInt8 {
    unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt8.self)
  }

  @inlinable @inline(__always)
  func littleEndian<T: FixedWidthInteger & BitwiseCopyable>(_: T.Type, at offset: Int) -> T {
    T(littleEndian: unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: T.self))
  }

  @inlinable @inline(__always)
  func bigEndian<T: FixedWidthInteger & BitwiseCopyable>(_: T.Type, at offset: Int) -> T {
    T(bigEndian: unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: T.self))
  }

  /// A field that has only one value.
  @inlinable @inline(__always)
  func expect(_ constant: UInt8, at offset: Int, _ field: WireField) throws(WireError) {
    let value = byte(at: offset)
    if value != constant {
      throw WireError(.unexpectedConstant(value: Int64(value), expected: Int64(constant)), at: offset, field)
    }
  }
}

extension RawSpan {
  /// A checksum of the bytes from an offset to the end; the caller has checked that so many are there.
  @inlinable
  func expect(sum8From start: Int, at offset: Int, _ field: WireField) throws(WireError) {
    let value = byte(at: offset)
    var sum: UInt8 = 0
    for place in start..<byteCount { sum &+= byte(at: place) }
    if value != sum {
      throw WireError(.checksumMismatch(value: Int64(value), expected: Int64(sum)), at: offset, field)
    }
  }
}

extension WireError {
  /// For a part that does not fit: names the first of its fields that is not whole.
  @usableFromInline @inline(never)
  static func truncated(_ part: WireField, at base: Int, needed: Int, available: Int) -> Self {
    var field = part.advanced(by: 1)
    while let next = field.advanced(by: 1).offset, next <= available &- base { field = field.advanced(by: 1) }
    return WireError(
      .truncated(needed: base &+ needed, available: available), at: base &+ (field.offset ?? 0), field)
  }
}

extension OutputRawSpan {
  @inlinable @inline(__always)
  func require(_ count: Int, for part: WireField) throws(WireError) {
    if freeCapacity < count {
      throw WireError(.noSpace(needed: count, available: freeCapacity), at: 0, part)
    }
  }

  /// Appends so many bytes, for which the caller has checked the room; `write` fills all of them.
  @inlinable @inline(__always)
  mutating func append(_ count: Int, _ write: (FrameWriter) -> Void) {
    unsafe withUnsafeMutableBytes { buffer, initialized in
      if let base = buffer.baseAddress {
        write(unsafe FrameWriter(base: base + initialized))
        initialized &+= count
      }
    }
  }
}

/// The bytes of one frame that is being encoded; offsets count from its beginning. The caller has made room for all of them.
@usableFromInline @safe struct FrameWriter {
  @usableFromInline let base: UnsafeMutableRawPointer

  @inlinable @inline(__always)
  init(base: UnsafeMutableRawPointer) {
    unsafe self.base = base
  }

  @inlinable @inline(__always)
  func write(_ value: UInt8, at offset: Int) {
    unsafe base.storeBytes(of: value, toByteOffset: offset, as: UInt8.self)
  }

  @inlinable @inline(__always)
  func write<T: FixedWidthInteger & BitwiseCopyable>(littleEndian value: T, at offset: Int) {
    unsafe base.storeBytes(of: value.littleEndian, toByteOffset: offset, as: T.self)
  }

  @inlinable @inline(__always)
  func write<T: FixedWidthInteger & BitwiseCopyable>(bigEndian value: T, at offset: Int) {
    unsafe base.storeBytes(of: value.bigEndian, toByteOffset: offset, as: T.self)
  }

  /// The checksum of the bytes from `start` up to `end`, which are written.
  @inlinable
  func write(sum8From start: Int, to end: Int, at offset: Int) {
    var sum: UInt8 = 0
    for place in start..<end { sum &+= unsafe base.load(fromByteOffset: place, as: UInt8.self) }
    write(sum, at: offset)
  }

  @inlinable @inline(__always)
  func write(contentsOf bytes: RawSpan, at offset: Int) {
    unsafe bytes.withUnsafeBytes { source in
      if let first = source.baseAddress { unsafe (base + offset).copyMemory(from: first, byteCount: source.count) }
    }
  }
}

extension FixedWidthInteger {
  /// The value itself, when it lies within its limits or is the special one outside of them.
  @inlinable @inline(__always)
  @discardableResult
  func within(
    _ range: ClosedRange<Self>, or special: Self? = nil, at offset: Int, _ field: WireField
  ) throws(WireError) -> Self {
    if range.contains(self) || self == special { return self }
    throw WireError(
      .outOfRange(
        value: Int64(truncatingIfNeeded: self), minimum: Int64(truncatingIfNeeded: range.lowerBound),
        maximum: Int64(truncatingIfNeeded: range.upperBound)),
      at: offset, field)
  }
}

extension RawRepresentable where RawValue: FixedWidthInteger {
  /// A value of an enumeration that has no others.
  @inlinable @inline(__always)
  init(known rawValue: RawValue, at offset: Int, _ field: WireField) throws(WireError) {
    guard let value = Self(rawValue: rawValue) else {
      throw WireError(.unknownValue(Int64(truncatingIfNeeded: rawValue)), at: offset, field)
    }
    self = value
  }
}

extension OptionSet where RawValue: FixedWidthInteger {
  /// The set itself, when all of its bits are known ones.
  @inlinable @inline(__always)
  @discardableResult
  func within(_ known: RawValue, at offset: Int, _ field: WireField) throws(WireError) -> Self {
    let reserved = rawValue & ~known
    if reserved == 0 { return self }
    throw WireError(.reservedBits(Int64(truncatingIfNeeded: reserved)), at: offset, field)
  }
}
