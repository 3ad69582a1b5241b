internal import CDBus

/// Messages sent before, as the models of those that differ from them only in the contents of byte arrays.
///
/// libdbus takes some 25 us to put the arguments of a `WriteValue` together, value by value, and 1 us to copy a message (measured with 1.14). A
/// client writes the same characteristic again and again, and a server notifies the same value: so the second message of a kind is kept, and
/// the next ones are copies of it with other bytes. Only bytes are exchanged, and only for as many: whatever else differs makes a new model. A message
/// with descriptors is none: it would keep them open.
struct MessageTemplates: ~Copyable {
  /// Models kept; at one more, all are dropped.
  private static let limit = 1_024
  /// A message whose arguments are larger than this is no model.
  private static let byteLimit = 4_096

  /// All of a message but its arguments.
  struct Key: Hashable {
    var isSignal: Bool
    var destination: String?
    var path: ObjectPath
    var interface: String
    var member: String
    var expectsReply = true
    var startsService = true
  }

  private final class Template {
    let message: Message
    let arguments: [DBusValue]
    /// Where the contents of each byte array lie, from the contents of the first argument on.
    let offsets: [Int]

    init(_ message: consuming Message, _ arguments: [DBusValue], offsets: [Int]) {
      self.message = message
      self.arguments = arguments
      self.offsets = offsets
    }
  }

  /// Nil for a kind of message that was seen once.
  private var templates: [Key: Template?] = [:]

  /// The message, from its model or from the closure.
  mutating func message(
    _ key: Key, _ arguments: [DBusValue], orMake make: () throws(DBusFailure) -> Message
  ) throws(DBusFailure) -> Message {
    guard let known = templates[key] else {
      let message = try make()
      if templates.count >= Self.limit { templates.removeAll(keepingCapacity: true) }
      templates.updateValue(nil, forKey: key)
      return message
    }
    if let known, let message = Self.copy(of: known, with: arguments) { return message }
    let message = try make()
    templates.updateValue(Self.template(of: message, arguments), forKey: key)
    return message
  }

  // MARK: Models

  private static func template(of message: borrowing Message, _ arguments: [DBusValue]) -> Template? {
    guard arguments.reduce(0, { $0 + $1.weight }) <= byteLimit, !arguments.contains(where: \.holdsDescriptor),
      let copy = message.copy()
    else { return nil }
    var offsets: [Int] = []
    if arguments.contains(where: { $0.byteArrayCount > 0 }) {
      guard let base = unsafe copy.contentsOfFirstArgument() else { return nil }
      unsafe copy.withPointer { message in
        var iterator = unsafe DBusMessageIter()
        guard unsafe dbus_message_iter_init(message, &iterator) != 0 else { return }
        unsafe collect(at: &iterator) { unsafe offsets.append($0 - base) }
      }
      // An array of single bytes that was not given as bytes would be one more.
      guard offsets.count == arguments.reduce(0, { $0 + $1.byteArrayCount }) else { return nil }
    }
    return Template(copy, arguments, offsets: offsets)
  }

  /// Calls the closure with the contents of every byte array that has any, in order.
  private static func collect(
    at iterator: inout DBusMessageIter, _ found: (UnsafeMutablePointer<UInt8>) -> Void
  ) {
    while true {
      let type = unsafe dbus_message_iter_get_arg_type(&iterator)
      guard type != CDBusTypeInvalid else { return }
      if dbus_type_is_container(type) != 0 {
        var inner = unsafe DBusMessageIter()
        let element = unsafe type == CDBusTypeArray ? dbus_message_iter_get_element_type(&iterator) : 0
        let holdsBytes = element == CDBusTypeByte
        unsafe dbus_message_iter_recurse(&iterator, &inner)
        if holdsBytes {
          if let contents = unsafe Message.contents(ofBytesAt: &inner) { unsafe found(contents) }
        } else {
          unsafe collect(at: &inner, found)
        }
      }
      unsafe dbus_message_iter_next(&iterator)
    }
  }

  private static func copy(of template: Template, with arguments: [DBusValue]) -> Message? {
    guard template.arguments.differOnlyInBytes(from: arguments), let copy = template.message.copy() else { return nil }
    guard !template.offsets.isEmpty else { return copy }
    guard let base = unsafe copy.contentsOfFirstArgument() else { return nil }
    var offsets = template.offsets[...]
    for argument in arguments { unsafe argument.writeBytes(from: base, at: &offsets) }
    return copy
  }
}

extension Message {
  /// A message of its own with the same contents.
  borrowing func copy() -> Message? {
    unsafe withPointer { unsafe Message(owning: dbus_message_copy($0)) }
  }

  /// Where the contents of the first argument lie in the message, when that is bytes or text.
  borrowing func contentsOfFirstArgument() -> UnsafeMutablePointer<UInt8>? {
    unsafe withPointer { message in
      var iterator = unsafe DBusMessageIter()
      guard unsafe dbus_message_iter_init(message, &iterator) != 0 else { return nil }
      switch Int(unsafe dbus_message_iter_get_arg_type(&iterator)) {
      case CDBusTypeString, CDBusTypeObjectPath:
        var value = unsafe DBusBasicValue()
        unsafe dbus_message_iter_get_basic(&iterator, &value)
        return unsafe UnsafeMutableRawPointer(value.str)?.assumingMemoryBound(to: UInt8.self)
      case CDBusTypeArray where unsafe dbus_message_iter_get_element_type(&iterator) == CDBusTypeByte:
        var inner = unsafe DBusMessageIter()
        unsafe dbus_message_iter_recurse(&iterator, &inner)
        return unsafe Self.contents(ofBytesAt: &inner)
      default: return nil
      }
    }
  }

  /// Where the bytes of an array lie in the message; nil for none.
  ///
  /// They may be written to for as long as nobody else has the message and it was not sent.
  static func contents(ofBytesAt inner: inout DBusMessageIter) -> UnsafeMutablePointer<UInt8>? {
    var start: UnsafePointer<UInt8>?
    var count: CInt = 0
    unsafe dbus_message_iter_get_fixed_array(&inner, &start, &count)
    return count > 0 ? unsafe UnsafeMutablePointer(mutating: start) : nil
  }
}

extension [DBusValue] {
  /// Whether all is equal, or byte arrays of the same length.
  fileprivate func differOnlyInBytes(from others: [DBusValue]) -> Bool {
    guard count == others.count else { return false }
    for index in indices where !self[index].differsOnlyInBytes(from: others[index]) { return false }
    return true
  }
}

extension DBusValue {
  fileprivate func differsOnlyInBytes(from other: DBusValue) -> Bool {
    switch (self, other) {
    case (.bytes(let bytes), .bytes(let others)): return bytes.count == others.count
    // Strings that look the same are equal, whatever their bytes.
    case (.string(let text), .string(let other)): return text.utf8.elementsEqual(other.utf8)
    case (.variant(let content), .variant(let other)): return content.differsOnlyInBytes(from: other)
    case (.structure(let members), .structure(let others)): return members.differOnlyInBytes(from: others)
    case (.array(let values, let type), .array(let others, let otherType)):
      return type == otherType && values.differOnlyInBytes(from: others)
    case (.dictionary(let entries, let key, let type), .dictionary(let others, let otherKey, let otherType)):
      guard entries.count == others.count, key == otherKey, type == otherType else { return false }
      for index in entries.indices {
        guard entries[index].key.differsOnlyInBytes(from: others[index].key),
          entries[index].value.differsOnlyInBytes(from: others[index].value)
        else { return false }
      }
      return true
    default: return self == other
    }
  }

  /// Whether a descriptor is in here.
  fileprivate var holdsDescriptor: Bool {
    switch self {
    case .descriptor: true
    case .variant(let content): content.holdsDescriptor
    case .structure(let values), .array(let values, _): values.contains(where: \.holdsDescriptor)
    case .dictionary(let entries, _, _): entries.contains { $0.key.holdsDescriptor || $0.value.holdsDescriptor }
    default: false
    }
  }

  /// How many byte arrays with contents are in here.
  fileprivate var byteArrayCount: Int {
    switch self {
    case .bytes(let bytes): bytes.isEmpty ? 0 : 1
    case .variant(let content): content.byteArrayCount
    case .structure(let values), .array(let values, _): values.reduce(0) { $0 + $1.byteArrayCount }
    case .dictionary(let entries, _, _): entries.reduce(0) { $0 + $1.value.byteArrayCount }
    default: 0
    }
  }

  /// Bytes in a message, about.
  package var weight: Int {
    switch self {
    case .bytes(let bytes): bytes.count + 8
    case .string(let text): text.utf8.count + 8
    case .objectPath(let path): path.description.utf8.count + 8
    case .variant(let content): content.weight + 4
    case .structure(let values), .array(let values, _): values.reduce(8) { $0 + $1.weight }
    case .dictionary(let entries, _, _): entries.reduce(8) { $0 + $1.key.weight + $1.value.weight }
    default: 8
    }
  }

  /// Writes the contents of the byte arrays, in order, each where the next offset says.
  fileprivate func writeBytes(from base: UnsafeMutablePointer<UInt8>, at offsets: inout ArraySlice<Int>) {
    switch self {
    case .bytes(let bytes):
      guard !bytes.isEmpty, let offset = offsets.popFirst() else { return }
      unsafe bytes.withUnsafeBufferPointer { source in
        guard let start = source.baseAddress else { return }
        unsafe (base + offset).update(from: start, count: source.count)
      }
    case .variant(let content): unsafe content.writeBytes(from: base, at: &offsets)
    case .structure(let values), .array(let values, _):
      for value in values { unsafe value.writeBytes(from: base, at: &offsets) }
    case .dictionary(let entries, _, _):
      for entry in entries { unsafe entry.value.writeBytes(from: base, at: &offsets) }
    default: break
    }
  }
}
