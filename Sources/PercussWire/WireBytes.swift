// How the generated codec touches bytes. Every length is checked once with `require` before fields are read or written; the
// checks of the standard library's own calls remain behind it.

extension RawSpan {
  func require(_ count: Int, for part: WireField) throws(WireError) {
    if byteCount < count { throw .truncated(part, at: 0, needed: count, available: byteCount) }
  }

  /// For a record that begins at an offset.
  func require(_ count: Int, at offset: Int, for part: WireField) throws(WireError) {
    if offset < 0 || offset > byteCount || byteCount &- offset < count {
      throw .truncated(part, at: offset, needed: count, available: byteCount)
    }
  }

  func byte(at offset: Int) -> UInt8 {
    unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt8.self)
  }

  func littleEndian<T: FixedWidthInteger & BitwiseCopyable>(_: T.Type, at offset: Int) -> T {
    T(littleEndian: unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: T.self))
  }

  func bigEndian<T: FixedWidthInteger & BitwiseCopyable>(_: T.Type, at offset: Int) -> T {
    T(bigEndian: unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: T.self))
  }

  /// A field that has only one value.
  func expect(_ constant: UInt8, at offset: Int, _ field: WireField) throws(WireError) {
    let value = byte(at: offset)
    if value != constant {
      throw WireError(.unexpectedConstant(value: Int64(value), expected: Int64(constant)), at: offset, field)
    }
  }
}

extension WireError {
  /// For a part that does not fit: names the first of its fields that is not whole.
  static func truncated(_ part: WireField, at base: Int, needed: Int, available: Int) -> Self {
    var field = part.advanced(by: 1)
    while let next = field.advanced(by: 1).offset, next <= available &- base { field = field.advanced(by: 1) }
    return WireError(
      .truncated(needed: base &+ needed, available: available), at: base &+ (field.offset ?? 0), field)
  }
}

extension OutputRawSpan {
  func require(_ count: Int, for part: WireField) throws(WireError) {
    if freeCapacity < count {
      throw WireError(.noSpace(needed: count, available: freeCapacity), at: 0, part)
    }
  }

  mutating func append<T: FixedWidthInteger & BitwiseCopyable>(littleEndian value: T) {
    appendUnaligned(value.littleEndian)
  }

  mutating func append<T: FixedWidthInteger & BitwiseCopyable>(bigEndian value: T) {
    appendUnaligned(value.bigEndian)
  }

  private mutating func appendUnaligned<T: BitwiseCopyable>(_ value: T) {
    unsafe withUnsafeMutableBytes { buffer, count in
      unsafe buffer.storeBytes(of: value, toByteOffset: count, as: T.self)
      count &+= MemoryLayout<T>.size
    }
  }

  /// The caller has made sure that the bytes fit.
  mutating func append(contentsOf bytes: RawSpan) {
    unsafe withUnsafeMutableBytes { buffer, count in
      unsafe bytes.withUnsafeBytes { source in
        unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[count...]).copyMemory(from: source)
      }
      count &+= bytes.byteCount
    }
  }
}

extension FixedWidthInteger {
  /// The value itself, when it lies within its limits or is the special one outside of them.
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
  init(known rawValue: RawValue, at offset: Int, _ field: WireField) throws(WireError) {
    guard let value = Self(rawValue: rawValue) else {
      throw WireError(.unknownValue(Int64(truncatingIfNeeded: rawValue)), at: offset, field)
    }
    self = value
  }
}

extension OptionSet where RawValue: FixedWidthInteger {
  /// The set itself, when all of its bits are known ones.
  @discardableResult
  func within(_ known: RawValue, at offset: Int, _ field: WireField) throws(WireError) -> Self {
    let reserved = rawValue & ~known
    if reserved == 0 { return self }
    throw WireError(.reservedBits(Int64(truncatingIfNeeded: reserved)), at: offset, field)
  }
}
