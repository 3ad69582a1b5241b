internal import Synchronization

/// A call of an exported object's method, to be answered once with ``reply(_:)`` or ``fail(_:_:)``, at once or later, from any thread.
///
/// A call that is dropped without an answer is answered with an error, so that no caller waits in vain. Where the caller wants no answer, none is sent.
public final class IncomingCall: Sendable {
  /// The unique name of the caller.
  public let sender: String
  /// The object that is called.
  public let path: ObjectPath
  /// The interface of the method.
  public let interface: String
  /// The method's name.
  public let member: String
  /// What it was given, of the types that the object's description states.
  public let arguments: [DBusValue]
  /// Whether the caller waits for an answer.
  public let expectsReply: Bool

  private let answer: Mutex<(@Sendable (Result<[DBusValue], DBusErrorReply>) -> Void)?>

  init(
    sender: String, path: ObjectPath, interface: String, member: String, arguments: [DBusValue], expectsReply: Bool,
    answer: @escaping @Sendable (Result<[DBusValue], DBusErrorReply>) -> Void
  ) {
    self.sender = sender
    self.path = path
    self.interface = interface
    self.member = member
    self.arguments = arguments
    self.expectsReply = expectsReply
    self.answer = Mutex(answer)
  }

  deinit {
    fail(DBusErrorName.failed, "\(interface).\(member) was dropped without an answer")
  }

  /// Answers with these values. A second answer is ignored.
  public func reply(_ values: [DBusValue] = []) {
    answer.withLock { $0.take() }?(.success(values))
  }

  /// Answers with an error, as in `org.bluez.Error.Failed`. A second answer is ignored.
  public func fail(_ name: String, _ message: String = "") {
    fail(DBusErrorReply(name, message))
  }

  /// Answers with an error. A second answer is ignored.
  public func fail(_ error: DBusErrorReply) {
    answer.withLock { $0.take() }?(.failure(error))
  }
}
