internal import CDBus

/// Appends values to a message, each checked against the type it is to have: libdbus ends the process when they disagree.
struct MessageWriter {
  /// Containers within containers, variants included (D-Bus Specification, "Valid Signatures", and what libdbus takes).
  static let depthLimit = 64
  private static let signatureLimit = 255

  /// What is left of the size of the message; counts a little more than its bytes.
  private var room: Int
  private let byteLimit: Int

  init(byteLimit: Int) {
    self.byteLimit = byteLimit
    room = byteLimit
  }

  mutating func append(_ values: [DBusValue], to message: OpaquePointer) throws(DBusFailure) {
    var iterator = unsafe DBusMessageIter()
    unsafe dbus_message_iter_init_append(message, &iterator)
    var length = 0
    for value in values {
      length += try Self.checkedSignature(of: value).utf8.count
      guard length <= Self.signatureLimit else { throw .invalid("more than 255 bytes of types") }
      try unsafe append(value, to: &iterator, depth: 0)
    }
  }

  /// - Parameter value: of the type that the iterator's container has.
  private mutating func append(
    _ value: DBusValue, to iterator: inout DBusMessageIter, depth: Int
  ) throws(DBusFailure) {
    switch value {
    case .byte(let number): try unsafe append(number, CDBusTypeByte, to: &iterator)
    case .boolean(let truth): try unsafe append(dbus_bool_t(truth ? 1 : 0), CDBusTypeBoolean, to: &iterator)
    case .int16(let number): try unsafe append(number, CDBusTypeInt16, to: &iterator)
    case .uint16(let number): try unsafe append(number, CDBusTypeUInt16, to: &iterator)
    case .int32(let number): try unsafe append(number, CDBusTypeInt32, to: &iterator)
    case .uint32(let number): try unsafe append(number, CDBusTypeUInt32, to: &iterator)
    case .int64(let number): try unsafe append(number, CDBusTypeInt64, to: &iterator)
    case .uint64(let number): try unsafe append(number, CDBusTypeUInt64, to: &iterator)
    case .double(let number): try unsafe append(number, CDBusTypeDouble, to: &iterator)
    case .string(let text):
      guard !text.utf8.contains(0) else { throw .invalid("a string with a zero byte: \(text.debugDescription)") }
      try unsafe append(text: text, CDBusTypeString, to: &iterator)
    case .objectPath(let path): try unsafe append(text: path.description, CDBusTypeObjectPath, to: &iterator)
    case .signature(let signature): try unsafe append(text: signature.description, CDBusTypeSignature, to: &iterator)
    case .descriptor(let passed): try unsafe append(passed, to: &iterator)
    case .bytes(let bytes): try unsafe append(bytes, to: &iterator)
    case .array(let values, let element):
      guard Self.isComplete(element) else { throw .invalid("an array of \(element.description.debugDescription)") }
      try unsafe within(CDBusTypeArray, of: element.description, of: &iterator, depth: depth) {
        (writer, inner) throws(DBusFailure) in
        for value in values {
          guard value.hasType(element) else {
            throw .invalid("an array of \(element) holds a \(value.signature)")
          }
          try unsafe writer.append(value, to: &inner, depth: depth + 1)
        }
      }
    case .dictionary(let entries, let key, let type):
      guard Self.isComplete(key), Self.isComplete(type) else {
        throw .invalid("a dictionary of \(key.description.debugDescription) to \(type.description.debugDescription)")
      }
      try unsafe within(CDBusTypeArray, of: "{\(key)\(type)}", of: &iterator, depth: depth) {
        (writer, inner) throws(DBusFailure) in
        for entry in entries {
          guard entry.key.hasType(key), entry.value.hasType(type) else {
            throw .invalid(
              "a dictionary of \(key) to \(type) holds a pair of \(entry.key.signature) and \(entry.value.signature)")
          }
          try unsafe writer.within(CDBusTypeDictionaryEntry, of: nil, of: &inner, depth: depth + 1) {
            (writer, pair) throws(DBusFailure) in
            try unsafe writer.append(entry.key, to: &pair, depth: depth + 2)
            try unsafe writer.append(entry.value, to: &pair, depth: depth + 2)
          }
        }
      }
    case .structure(let members):
      try unsafe within(CDBusTypeStructure, of: nil, of: &iterator, depth: depth) {
        (writer, inner) throws(DBusFailure) in
        for member in members { try unsafe writer.append(member, to: &inner, depth: depth + 1) }
      }
    case .variant(let content):
      let type = try Self.checkedSignature(of: content)
      try unsafe within(CDBusTypeVariant, of: type, of: &iterator, depth: depth) {
        (writer, inner) throws(DBusFailure) in
        try unsafe writer.append(content, to: &inner, depth: depth + 1)
      }
    }
  }

  private mutating func append<Number: BitwiseCopyable>(
    _ number: Number, _ type: Int, to iterator: inout DBusMessageIter
  ) throws(DBusFailure) {
    try take(MemoryLayout<Number>.size * 2)
    var number = number
    guard unsafe dbus_message_iter_append_basic(&iterator, CInt(type), &number) != 0 else { throw .outOfMemory }
  }

  private mutating func append(
    text: String, _ type: Int, to iterator: inout DBusMessageIter
  ) throws(DBusFailure) {
    try take(text.utf8.count + 8)
    let accepted = unsafe text.withCString { characters in
      var characters: UnsafePointer<CChar>? = unsafe characters
      return unsafe dbus_message_iter_append_basic(&iterator, CInt(type), &characters)
    }
    guard accepted != 0 else { throw .outOfMemory }
  }

  private mutating func append(_ bytes: [UInt8], to iterator: inout DBusMessageIter) throws(DBusFailure) {
    try take(bytes.count + 8)
    var inner = unsafe DBusMessageIter()
    guard unsafe dbus_message_iter_open_container(&iterator, CInt(CDBusTypeArray), "y", &inner) != 0 else {
      throw .outOfMemory
    }
    let accepted = unsafe bytes.withUnsafeBufferPointer { buffer in
      guard var start = buffer.baseAddress else { return dbus_bool_t(1) }
      return unsafe dbus_message_iter_append_fixed_array(&inner, CInt(CDBusTypeByte), &start, CInt(buffer.count))
    }
    guard accepted != 0 else {
      unsafe dbus_message_iter_abandon_container(&iterator, &inner)
      throw .outOfMemory
    }
    guard unsafe dbus_message_iter_close_container(&iterator, &inner) != 0 else { throw .outOfMemory }
  }

  private mutating func append(
    _ passed: PassedDescriptor, to iterator: inout DBusMessageIter
  ) throws(DBusFailure) {
    try take(8)
    let accepted = passed.withDescriptor { number in
      var number = number
      return unsafe dbus_message_iter_append_basic(&iterator, CInt(CDBusTypeUnixFD), &number) != 0
    }
    guard let accepted else { throw .invalid("a descriptor that was taken out already") }
    // The message holds a duplicate.
    guard accepted else { throw .invalid("a descriptor of which the system gives no duplicate: closed, or too many") }
  }

  /// Opens a container, lets the closure fill it and closes it; abandons it when the closure throws.
  private mutating func within(
    _ type: Int, of content: String?, of iterator: inout DBusMessageIter, depth: Int,
    _ fill: (inout MessageWriter, inout DBusMessageIter) throws(DBusFailure) -> Void
  ) throws(DBusFailure) {
    guard depth < Self.depthLimit else { throw .invalid("nested deeper than \(Self.depthLimit) levels") }
    try take(16)
    var inner = unsafe DBusMessageIter()
    guard unsafe dbus_message_iter_open_container(&iterator, CInt(type), content, &inner) != 0 else {
      throw .outOfMemory
    }
    do {
      try unsafe fill(&self, &inner)
    } catch {
      unsafe dbus_message_iter_abandon_container(&iterator, &inner)
      throw error
    }
    guard unsafe dbus_message_iter_close_container(&iterator, &inner) != 0 else { throw .outOfMemory }
  }

  /// Whether this is the type of one value; the signature that it is a part of is known to be valid.
  private static func isComplete(_ type: Signature) -> Bool {
    type == .string || type == .variant || type.count == 1
  }

  private mutating func take(_ bytes: Int) throws(DBusFailure) {
    room -= bytes
    guard room >= 0 else { throw .invalid("a message of more than \(byteLimit) bytes") }
  }

  /// The type of a value as text, known to be a single complete type.
  ///
  /// What the containers within it hold is not looked at: each is checked when it is appended.
  private static func checkedSignature(of value: DBusValue) throws(DBusFailure) -> String {
    switch value {
    case .array, .structure: break
    case .dictionary(_, let key, let type): if key == .string, type == .variant { return "a{sv}" }
    default: return value.signature.description
    }
    let text = value.signature.description
    let bytes = Array(text.utf8)
    guard SignatureReader.isValid(bytes), SignatureReader.completeTypes(bytes).count == 1 else {
      throw .invalid("a value of no valid type, \(text.debugDescription)")
    }
    return text
  }
}

extension DBusValue {
  /// Whether this is a value of the type, as far as it says itself: the elements of arrays are not looked at.
  func hasType(_ type: Signature) -> Bool {
    var bytes = type.description.utf8[...]
    return takeType(from: &bytes) && bytes.isEmpty
  }

  private func takeType(from bytes: inout Substring.UTF8View) -> Bool {
    switch self {
    case .byte: return Self.take("y", from: &bytes)
    case .boolean: return Self.take("b", from: &bytes)
    case .int16: return Self.take("n", from: &bytes)
    case .uint16: return Self.take("q", from: &bytes)
    case .int32: return Self.take("i", from: &bytes)
    case .uint32: return Self.take("u", from: &bytes)
    case .int64: return Self.take("x", from: &bytes)
    case .uint64: return Self.take("t", from: &bytes)
    case .double: return Self.take("d", from: &bytes)
    case .string: return Self.take("s", from: &bytes)
    case .objectPath: return Self.take("o", from: &bytes)
    case .signature: return Self.take("g", from: &bytes)
    case .descriptor: return Self.take("h", from: &bytes)
    case .variant: return Self.take("v", from: &bytes)
    case .bytes: return Self.take("ay", from: &bytes)
    case .array(_, let element): return Self.take("a", from: &bytes) && Self.take(element.description, from: &bytes)
    case .dictionary(_, let key, let value):
      return Self.take("a{", from: &bytes) && Self.take(key.description, from: &bytes)
        && Self.take(value.description, from: &bytes) && Self.take("}", from: &bytes)
    case .structure(let members):
      guard Self.take("(", from: &bytes) else { return false }
      for member in members { guard member.takeType(from: &bytes) else { return false } }
      return Self.take(")", from: &bytes)
    }
  }

  private static func take(_ text: String, from bytes: inout Substring.UTF8View) -> Bool {
    guard bytes.starts(with: text.utf8) else { return false }
    bytes = bytes.dropFirst(text.utf8.count)
    return true
  }
}
