internal import CDBus

/// Reads the values of a message, which libdbus has found valid: types, lengths, UTF-8, and nesting of at most 64 levels.
///
/// Left to check is what a valid message may do to the memory of its reader, and descriptors that are not there.
struct MessageReader {
  /// libdbus takes no deeper nesting; counted again, because it bounds the stack that is used here.
  static let depthLimit = 64

  private var room: Int
  private let valueLimit: Int
  /// What is left of the size of all byte arrays and texts; other values are bounded by their number.
  private var bytesLeft: Int
  private let byteLimit: Int

  init(valueLimit: Int, byteLimit: Int) {
    self.valueLimit = valueLimit
    self.byteLimit = byteLimit
    room = valueLimit
    bytesLeft = byteLimit
  }

  mutating func values(of message: OpaquePointer) throws(DBusFailure) -> [DBusValue] {
    var iterator = unsafe DBusMessageIter()
    guard unsafe dbus_message_iter_init(message, &iterator) != 0 else { return [] }
    guard var type = unsafe dbus_message_get_signature(message) else { return [] }
    var values: [DBusValue] = []
    repeat {
      values.append(try unsafe value(at: &iterator, type: &type, depth: 0))
    } while unsafe dbus_message_iter_next(&iterator) != 0
    return values
  }

  /// - Parameter type: the text of the types from this value on; moved past the type of this one.
  private mutating func value(
    at iterator: inout DBusMessageIter, type: inout UnsafePointer<CChar>, depth: Int
  ) throws(DBusFailure) -> DBusValue {
    room -= 1
    guard room >= 0 else { throw .unreadable("more than \(valueLimit) values in one message") }
    guard depth <= Self.depthLimit else { throw .unreadable("nested deeper than \(Self.depthLimit) levels") }
    let letter = unsafe UInt8(bitPattern: type.pointee)
    switch letter {
    case UInt8(ascii: "a"): return try unsafe array(at: &iterator, type: &type, depth: depth)
    case UInt8(ascii: "("):
      unsafe type += 1
      var inner = unsafe DBusMessageIter()
      unsafe dbus_message_iter_recurse(&iterator, &inner)
      var members: [DBusValue] = []
      while unsafe type.pointee != CChar(bitPattern: UInt8(ascii: ")")), unsafe type.pointee != 0 {
        members.append(try unsafe value(at: &inner, type: &type, depth: depth + 1))
        unsafe dbus_message_iter_next(&inner)
      }
      if unsafe type.pointee != 0 { unsafe type += 1 }
      return .structure(members)
    case UInt8(ascii: "v"):
      unsafe type += 1
      return .variant(try unsafe variant(at: &iterator, depth: depth))
    default:
      if letter != 0 { unsafe type += 1 }
      return try unsafe basic(at: &iterator, letter)
    }
  }

  private mutating func variant(at iterator: inout DBusMessageIter, depth: Int) throws(DBusFailure) -> DBusValue {
    var inner = unsafe DBusMessageIter()
    unsafe dbus_message_iter_recurse(&iterator, &inner)
    let kind = unsafe dbus_message_iter_get_arg_type(&inner)
    guard !Self.isBasic(kind) else {
      room -= 1
      return try unsafe basic(at: &inner, UInt8(truncatingIfNeeded: kind))
    }
    guard let text = unsafe dbus_message_iter_get_signature(&inner) else { throw .outOfMemory }
    defer { unsafe dbus_free(text) }
    var type = unsafe UnsafePointer(text)
    return try unsafe value(at: &inner, type: &type, depth: depth + 1)
  }

  private mutating func array(
    at iterator: inout DBusMessageIter, type: inout UnsafePointer<CChar>, depth: Int
  ) throws(DBusFailure) -> DBusValue {
    let element = unsafe type + 1
    let end = unsafe Self.end(ofTypeAt: element)
    unsafe type = end
    var inner = unsafe DBusMessageIter()
    unsafe dbus_message_iter_recurse(&iterator, &inner)
    switch unsafe UInt8(bitPattern: element.pointee) {
    case UInt8(ascii: "y"): return try unsafe bytes(at: &inner)
    case UInt8(ascii: "{"): return try unsafe dictionary(at: &inner, type: element, end: end, depth: depth)
    default: break
    }
    var values: [DBusValue] = []
    while unsafe dbus_message_iter_get_arg_type(&inner) != CDBusTypeInvalid {
      var next = unsafe element
      values.append(try unsafe value(at: &inner, type: &next, depth: depth + 1))
      unsafe dbus_message_iter_next(&inner)
    }
    return .array(values, of: unsafe Self.signature(from: element, to: end))
  }

  private mutating func take(bytes count: Int) throws(DBusFailure) {
    bytesLeft -= count
    guard bytesLeft >= 0 else { throw .unreadable("more than \(byteLimit) bytes in one message") }
  }

  private mutating func bytes(at inner: inout DBusMessageIter) throws(DBusFailure) -> DBusValue {
    var start: UnsafePointer<UInt8>?
    var count: CInt = 0
    unsafe dbus_message_iter_get_fixed_array(&inner, &start, &count)
    guard let start = unsafe start, count > 0 else { return .bytes([]) }
    try take(bytes: Int(count))
    return .bytes(unsafe Array(UnsafeBufferPointer(start: start, count: Int(count))))
  }

  /// - Parameter type: the brace before the type of the key.
  private mutating func dictionary(
    at inner: inout DBusMessageIter, type: UnsafePointer<CChar>, end: UnsafePointer<CChar>, depth: Int
  ) throws(DBusFailure) -> DBusValue {
    let key = unsafe type + 1
    let content = unsafe type + 2
    var entries: [DBusValue.Entry] = []
    while unsafe dbus_message_iter_get_arg_type(&inner) != CDBusTypeInvalid {
      var pair = unsafe DBusMessageIter()
      unsafe dbus_message_iter_recurse(&inner, &pair)
      var keyType = unsafe key
      let name = try unsafe value(at: &pair, type: &keyType, depth: depth + 2)
      unsafe dbus_message_iter_next(&pair)
      var contentType = unsafe content
      entries.append(DBusValue.Entry(name, try unsafe value(at: &pair, type: &contentType, depth: depth + 2)))
      unsafe dbus_message_iter_next(&inner)
    }
    return .dictionary(
      entries, key: unsafe Self.signature(from: key, to: content),
      value: unsafe Self.signature(from: content, to: end - 1))
  }

  private mutating func basic(at iterator: inout DBusMessageIter, _ letter: UInt8) throws(DBusFailure) -> DBusValue {
    var value = unsafe DBusBasicValue()
    unsafe dbus_message_iter_get_basic(&iterator, &value)
    switch Int(letter) {
    case CDBusTypeByte: return .byte(unsafe value.byt)
    case CDBusTypeBoolean: return .boolean(unsafe value.bool_val != 0)
    case CDBusTypeInt16: return .int16(unsafe value.i16)
    case CDBusTypeUInt16: return .uint16(unsafe value.u16)
    case CDBusTypeInt32: return .int32(unsafe value.i32)
    case CDBusTypeUInt32: return .uint32(unsafe value.u32)
    case CDBusTypeInt64: return .int64(Int64(unsafe value.i64))
    case CDBusTypeUInt64: return .uint64(UInt64(unsafe value.u64))
    case CDBusTypeDouble: return .double(unsafe value.dbl)
    case CDBusTypeString: return .string(try unsafe text(value.str))
    case CDBusTypeObjectPath: return .objectPath(ObjectPath(unchecked: try unsafe text(value.str)))
    case CDBusTypeSignature: return .signature(Signature(unchecked: try unsafe text(value.str)))
    case CDBusTypeUnixFD:
      // A duplicate, or -1.
      guard unsafe value.fd >= 0 else { throw .unreadable("a descriptor that did not come with the message") }
      return .descriptor(PassedDescriptor(owning: unsafe value.fd))
    default: throw .unreadable("a value of the unknown type \(letter)")
    }
  }

  private mutating func text(_ characters: UnsafePointer<CChar>?) throws(DBusFailure) -> String {
    guard let characters = unsafe characters else { return "" }
    let text = unsafe String(cString: characters)
    try take(bytes: text.utf8.count)
    return text
  }

  private static func isBasic(_ type: CInt) -> Bool { dbus_type_is_basic(type) != 0 }

  private static func signature(from start: UnsafePointer<CChar>, to end: UnsafePointer<CChar>) -> Signature {
    let count = unsafe end - start
    if count == 1 {
      switch unsafe UInt8(bitPattern: start.pointee) {
      case UInt8(ascii: "s"): return .string
      case UInt8(ascii: "v"): return .variant
      default: break
      }
    }
    let bytes = unsafe UnsafeBufferPointer(start: start, count: count)
    return Signature(unchecked: unsafe String(decoding: UnsafeRawBufferPointer(bytes), as: UTF8.self))
  }

  /// Where the complete type ends that begins there, in a signature that is valid.
  private static func end(ofTypeAt start: UnsafePointer<CChar>) -> UnsafePointer<CChar> {
    var (position, open) = unsafe (start, 0)
    while true {
      switch unsafe UInt8(bitPattern: position.pointee) {
      case 0: return unsafe position
      case UInt8(ascii: "a"):
        unsafe position += 1
        continue
      case UInt8(ascii: "("), UInt8(ascii: "{"): open += 1
      case UInt8(ascii: ")"), UInt8(ascii: "}"): open -= 1
      default: break
      }
      unsafe position += 1
      if open == 0 { return unsafe position }
    }
  }
}
