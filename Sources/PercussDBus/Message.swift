internal import CDBus

/// One message of libdbus; the handle owns a reference and gives it back at its end.
///
/// What libdbus does not accept it answers by ending the process. So everything is checked here before, and what comes out is valid.
@safe struct Message: ~Copyable {
  private let pointer: OpaquePointer

  init?(owning pointer: OpaquePointer?) {
    guard let pointer = unsafe pointer else { return nil }
    unsafe self.pointer = pointer
  }

  deinit {
    unsafe dbus_message_unref(pointer)
  }

  /// The message for a function of libdbus, which may take a reference of its own.
  borrowing func withPointer<Result: ~Copyable, Failure: Error>(
    _ body: (OpaquePointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try unsafe body(pointer)
  }

  // MARK: To be sent

  static func methodCall(_ call: MethodCall, byteLimit: Int) throws(DBusFailure) -> Message {
    if let destination = call.destination { try checkBusName(destination) }
    try checkInterface(call.interface)
    try checkMember(call.member)
    let pointer = unsafe dbus_message_new_method_call(
      call.destination, call.path.description, call.interface, call.member)
    guard let message = unsafe Message(owning: pointer) else { throw .outOfMemory }
    unsafe dbus_message_set_auto_start(message.pointer, call.startsService ? 1 : 0)
    if !call.expectsReply { unsafe dbus_message_set_no_reply(message.pointer, 1) }
    try message.append(call.arguments, byteLimit: byteLimit)
    return message
  }

  static func signal(_ signal: Signal, byteLimit: Int) throws(DBusFailure) -> Message {
    if let destination = signal.destination { try checkBusName(destination) }
    try checkInterface(signal.interface)
    try checkMember(signal.member)
    let pointer = unsafe dbus_message_new_signal(signal.path.description, signal.interface, signal.member)
    guard let message = unsafe Message(owning: pointer) else { throw .outOfMemory }
    if let destination = signal.destination {
      guard unsafe dbus_message_set_destination(message.pointer, destination) != 0 else { throw .outOfMemory }
    }
    try message.append(signal.arguments, byteLimit: byteLimit)
    return message
  }

  /// The answer to a call, or the error that it is answered with.
  static func answer(
    _ answer: Result<[DBusValue], DBusErrorReply>, toSerial serial: UInt32, from caller: String, byteLimit: Int
  ) throws(DBusFailure) -> Message {
    let isError = if case .failure = answer { true } else { false }
    let kind = isError ? DBUS_MESSAGE_TYPE_ERROR : DBUS_MESSAGE_TYPE_METHOD_RETURN
    guard let message = unsafe Message(owning: dbus_message_new(kind)) else { throw .outOfMemory }
    try checkBusName(caller)
    guard serial != 0 else { throw .invalid("a message without a number cannot be answered") }
    unsafe dbus_message_set_no_reply(message.pointer, 1)
    guard unsafe dbus_message_set_reply_serial(message.pointer, serial) != 0,
      unsafe dbus_message_set_destination(message.pointer, caller) != 0
    else { throw .outOfMemory }
    switch answer {
    case .success(let values): try message.append(values, byteLimit: byteLimit)
    case .failure(let error):
      let isValid = BusNames.isInterface(error.name)
      guard unsafe dbus_message_set_error_name(message.pointer, isValid ? error.name : DBusErrorName.failed) != 0 else {
        throw .outOfMemory
      }
      let text = isValid ? error.message : "\(error.message) (\(error.name))"
      // A text cannot be refused: this is the refusal.
      let plain = text.utf8.contains(0) ? String(text.filter { $0 != "\0" }) : text
      try message.append([.string(plain)], byteLimit: byteLimit)
    }
    return message
  }

  private borrowing func append(_ values: [DBusValue], byteLimit: Int) throws(DBusFailure) {
    guard !values.isEmpty else { return }
    var writer = MessageWriter(byteLimit: byteLimit)
    try unsafe writer.append(values, to: pointer)
  }

  private static func checkBusName(_ name: String) throws(DBusFailure) {
    guard BusNames.isBusName(name) else { throw .invalid("\(name.debugDescription) is no name on a bus") }
  }

  private static func checkInterface(_ name: String) throws(DBusFailure) {
    guard BusNames.isInterface(name) else { throw .invalid("\(name.debugDescription) is no name of an interface") }
  }

  private static func checkMember(_ name: String) throws(DBusFailure) {
    guard BusNames.isMember(name) else { throw .invalid("\(name.debugDescription) is no name of a method or signal") }
  }

  // MARK: That has arrived

  enum Kind { case methodCall, methodReturn, error, signal, other }

  var kind: Kind {
    switch unsafe dbus_message_get_type(pointer) {
    case DBUS_MESSAGE_TYPE_METHOD_CALL: .methodCall
    case DBUS_MESSAGE_TYPE_METHOD_RETURN: .methodReturn
    case DBUS_MESSAGE_TYPE_ERROR: .error
    case DBUS_MESSAGE_TYPE_SIGNAL: .signal
    default: .other
    }
  }

  var serial: UInt32 { unsafe dbus_message_get_serial(pointer) }
  /// The number of the call that this answers; 0 when it is no answer.
  var replySerial: UInt32 { unsafe dbus_message_get_reply_serial(pointer) }
  /// Empty without a bus.
  var sender: String { unsafe Self.text(dbus_message_get_sender(pointer)) ?? "" }
  var interface: String? { unsafe Self.text(dbus_message_get_interface(pointer)) }
  var member: String? { unsafe Self.text(dbus_message_get_member(pointer)) }
  var errorName: String? { unsafe Self.text(dbus_message_get_error_name(pointer)) }
  var signature: String { unsafe Self.text(dbus_message_get_signature(pointer)) ?? "" }
  var path: ObjectPath? { unsafe Self.text(dbus_message_get_path(pointer)).map { ObjectPath(unchecked: $0) } }
  var expectsReply: Bool { unsafe dbus_message_get_no_reply(pointer) == 0 }

  /// The arguments.
  ///
  /// - Throws: ``DBusFailure/unreadable(_:)`` when there are too many or they are too large, or a descriptor did not come with them.
  borrowing func values(limit: Int, byteLimit: Int = .max) throws(DBusFailure) -> [DBusValue] {
    var reader = MessageReader(valueLimit: limit, byteLimit: byteLimit)
    return try unsafe reader.values(of: pointer)
  }

  private static func text(_ pointer: UnsafePointer<CChar>?) -> String? {
    unsafe pointer.map { unsafe String(cString: $0) }
  }
}

extension DBusFailure {
  static let outOfMemory = DBusFailure.invalid("libdbus got no memory")
}
