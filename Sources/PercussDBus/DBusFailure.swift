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
  /// The task that made the call was cancelled. The peer may still do it.
  case cancelled

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
    case .cancelled: "cancelled while waiting for the answer; the peer may do it all the same"
    }
  }
}
