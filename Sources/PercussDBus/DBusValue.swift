/// A value as messages on a bus carry it, with its type.
///
/// ```swift
/// let options: DBusValue = .properties(["type": .string("command"), "offset": .uint16(0)])
/// ```
public enum DBusValue: Hashable, Sendable {
  case byte(UInt8)
  case boolean(Bool)
  case int16(Int16)
  case uint16(UInt16)
  case int32(Int32)
  case uint32(UInt32)
  case int64(Int64)
  case uint64(UInt64)
  case double(Double)
  case string(String)
  case objectPath(ObjectPath)
  case signature(Signature)
  /// A file descriptor that travels with the message.
  case descriptor(PassedDescriptor)
  /// An array of bytes, `ay`: never an ``array(_:of:)`` of ``byte(_:)``.
  case bytes([UInt8])
  /// An array of any other type; each value has the type of the elements.
  case array([DBusValue], of: Signature)
  /// An array of pairs, in order; the keys are basic types.
  case dictionary([Entry], key: Signature, value: Signature)
  case structure([DBusValue])
  indirect case variant(DBusValue)

  /// One pair of a dictionary.
  public struct Entry: Hashable, Sendable {
    /// Of a basic type.
    public var key: DBusValue
    /// Of any type.
    public var value: DBusValue

    /// A pair.
    public init(_ key: DBusValue, _ value: DBusValue) {
      self.key = key
      self.value = value
    }
  }

  /// An `a{sv}` of these, ordered by name.
  public static func properties(_ values: [String: DBusValue]) -> DBusValue {
    .dictionary(
      values.sorted { $0.key < $1.key }.map { Entry(.string($0.key), .variant($0.value)) },
      key: .string, value: .variant)
  }

  /// An `as` of these.
  public static func strings(_ values: some Sequence<String>) -> DBusValue {
    .array(values.map { .string($0) }, of: .string)
  }

  /// The type of this value.
  public var signature: Signature {
    switch self {
    case .byte: .byte
    case .boolean: Signature(unchecked: "b")
    case .int16: Signature(unchecked: "n")
    case .uint16: Signature(unchecked: "q")
    case .int32: Signature(unchecked: "i")
    case .uint32: Signature(unchecked: "u")
    case .int64: Signature(unchecked: "x")
    case .uint64: Signature(unchecked: "t")
    case .double: Signature(unchecked: "d")
    case .string: .string
    case .objectPath: .objectPath
    case .signature: Signature(unchecked: "g")
    case .descriptor: Signature(unchecked: "h")
    case .bytes: Signature(unchecked: "ay")
    case .array(_, let element): Signature(unchecked: "a\(element)")
    case .dictionary(_, let key, let value): Signature(unchecked: "a{\(key)\(value)}")
    case .structure(let members): Signature(unchecked: "(\(members.map(\.signature.description).joined()))")
    case .variant: .variant
    }
  }
}

/// Reading a value as what it is expected to be. Variants are looked into; any other type is nil, never a trap.
extension DBusValue {
  /// What is inside of any variants around it.
  public var content: DBusValue {
    var value = self
    while case .variant(let inner) = value { value = inner }
    return value
  }

  /// The truth value.
  public var bool: Bool? { if case .boolean(let value) = content { value } else { nil } }
  /// The text.
  public var string: String? { if case .string(let value) = content { value } else { nil } }
  /// The path.
  public var objectPath: ObjectPath? { if case .objectPath(let value) = content { value } else { nil } }
  /// The bytes of an `ay`.
  public var bytes: [UInt8]? { if case .bytes(let value) = content { value } else { nil } }
  /// The descriptor.
  public var descriptor: PassedDescriptor? { if case .descriptor(let value) = content { value } else { nil } }

  /// Any integer type, when it fits.
  public func integer<I: FixedWidthInteger>(as type: I.Type = Int.self) -> I? {
    switch content {
    case .byte(let value): I(exactly: value)
    case .int16(let value): I(exactly: value)
    case .uint16(let value): I(exactly: value)
    case .int32(let value): I(exactly: value)
    case .uint32(let value): I(exactly: value)
    case .int64(let value): I(exactly: value)
    case .uint64(let value): I(exactly: value)
    default: nil
    }
  }

  /// The strings of an `as`.
  public var strings: [String]? {
    guard case .array(let values, let element) = content, element == .string else { return nil }
    return values.compactMap(\.string)
  }

  /// The values of an array of anything but bytes.
  public var elements: [DBusValue]? { if case .array(let values, _) = content { values } else { nil } }

  /// The members of a structure.
  public var members: [DBusValue]? { if case .structure(let values) = content { values } else { nil } }

  /// The values of a dictionary with string keys, without the variants around them; a repeated key counts with its last value.
  public var propertyMap: [String: DBusValue]? {
    guard case .dictionary(let entries, _, _) = content else { return nil }
    var map: [String: DBusValue] = [:]
    map.reserveCapacity(entries.count)
    for entry in entries {
      guard case .string(let key) = entry.key else { return nil }
      map[key] = entry.value.content
    }
    return map
  }

  /// The pairs of a dictionary.
  public var entries: [Entry]? { if case .dictionary(let entries, _, _) = content { entries } else { nil } }
}
