/// Why something on a bus did not work.
public enum DBusFailure: Error, Equatable, Sendable, CustomStringConvertible {
  /// The peer, or the bus, answered with an error: its name, as in `org.bluez.Error.Failed`, and its text.
  case refused(name: String, message: String)
  /// No answer came in time. The peer may still have done it, or do it later.
  case timedOut(String, after: Duration)
  /// The connection to the bus has ended, or was closed here.
  case disconnected
  /// The bus cannot be reached at this address; with the system's words.
  case unreachable(address: String, reason: String)
  /// What was to be sent is no valid message; nothing was sent.
  case invalid(String)
  /// As many calls as the connection allows are waiting for their answers.
  case busy(limit: Int)
  /// As many bytes as the connection allows wait for the bus to take them: it, or a receiver, is too slow.
  case congested(queuedBytes: Int)
  /// What the peer answered cannot be read: more values, or nested deeper, than is taken.
  case unreadable(String)

  /// What happened, where, and what to do about it.
  public var description: String {
    switch self {
    case .refused(let name, let message): message.isEmpty ? name : "\(message) (\(name))"
    case .timedOut(let what, let after): "no answer to \(what) within \(after); the peer may have done it all the same"
    case .disconnected: "the connection to the bus has ended; connect anew"
    case .unreachable(let address, let reason):
      "the bus at \(address) cannot be reached: \(reason); check that dbus-daemon runs there, or set DBUS_SYSTEM_BUS_ADDRESS"
    case .invalid(let reason): "not sent: \(reason)"
    case .busy(let limit): "\(limit) calls are waiting for answers already; await some of them first"
    case .congested(let bytes): "not sent: \(bytes) bytes already wait for the bus; send less at a time"
    case .unreadable(let reason): "the answer cannot be read: \(reason)"
    }
  }
}

extension DBusFailure {
  /// Whether the bus answered that nobody owns the name that was called or asked about.
  public var isUnowned: Bool {
    guard case .refused(let name, _) = self else { return false }
    return name == DBusErrorName.nameHasNoOwner || name == DBusErrorName.serviceUnknown
  }
}

/// The names of errors that every bus knows (D-Bus Specification and the reference implementation).
public enum DBusErrorName {
  /// Something, said in the message only.
  public static let failed = "org.freedesktop.DBus.Error.Failed"
  /// Nobody owns the name that was called, and the bus could not start a service for it.
  public static let serviceUnknown = "org.freedesktop.DBus.Error.ServiceUnknown"
  /// Nobody owns the name that was asked about, or called by a call that starts no service.
  public static let nameHasNoOwner = "org.freedesktop.DBus.Error.NameHasNoOwner"
  /// The peer left, or did not answer in the bus's own time.
  public static let noReply = "org.freedesktop.DBus.Error.NoReply"
  /// The bus's policy is against it.
  public static let accessDenied = "org.freedesktop.DBus.Error.AccessDenied"
  /// Too much of something.
  public static let limitsExceeded = "org.freedesktop.DBus.Error.LimitsExceeded"
  /// There is no object at the path.
  public static let unknownObject = "org.freedesktop.DBus.Error.UnknownObject"
  /// The object has no such interface.
  public static let unknownInterface = "org.freedesktop.DBus.Error.UnknownInterface"
  /// The object has no such method, or not with these arguments.
  public static let unknownMethod = "org.freedesktop.DBus.Error.UnknownMethod"
  /// The object has no such property.
  public static let unknownProperty = "org.freedesktop.DBus.Error.UnknownProperty"
  /// The property cannot be set.
  public static let propertyReadOnly = "org.freedesktop.DBus.Error.PropertyReadOnly"
  /// The arguments have the right types, or not even these, and make no sense.
  public static let invalidArguments = "org.freedesktop.DBus.Error.InvalidArgs"
  /// The value is of another type than the property.
  public static let invalidSignature = "org.freedesktop.DBus.Error.InvalidSignature"
}
