/// Which signals a subscription wants (D-Bus Specification, "Match Rules"); what is nil does not matter.
public struct MatchRule: Hashable, Sendable, CustomStringConvertible {
  /// The name of who sends. With a well-known name, only what its present owner sends is handed on, whoever else sends to this connection.
  public var sender: String?
  /// The object that sends.
  public var path: ObjectPath?
  /// The object that sends, or one above it. Not together with ``path``.
  public var pathNamespace: ObjectPath?
  /// The interface of the signal.
  public var interface: String?
  /// The name of the signal.
  public var member: String?
  /// The first argument, a string.
  public var argument0: String?
  /// The first argument, a string or path: equal, or one is a prefix of the other that ends with `/`.
  public var argument0Path: String?
  /// The first argument, a name: equal to this one, or in the namespace of it (`org.bluez` holds `org.bluez.mesh`).
  public var argument0Namespace: String?

  /// A rule; see the properties.
  public init(
    sender: String? = nil, path: ObjectPath? = nil, pathNamespace: ObjectPath? = nil, interface: String? = nil,
    member: String? = nil, argument0: String? = nil, argument0Path: String? = nil, argument0Namespace: String? = nil
  ) {
    self.sender = sender
    self.path = path
    self.pathNamespace = pathNamespace
    self.interface = interface
    self.member = member
    self.argument0 = argument0
    self.argument0Path = argument0Path
    self.argument0Namespace = argument0Namespace
  }

  /// The text of the rule, as `AddMatch` takes it.
  public var description: String {
    let terms: [(String, String?)] = [
      ("sender", sender), ("path", path?.description), ("path_namespace", pathNamespace?.description),
      ("interface", interface), ("member", member), ("arg0", argument0), ("arg0path", argument0Path),
      ("arg0namespace", argument0Namespace),
    ]
    return "type='signal'"
      + terms.compactMap { key, value in value.map { ",\(key)=\(Self.quoted($0))" } }.joined()
  }

  /// Between quotes nothing can be escaped; an apostrophe is written outside of them.
  private static func quoted(_ text: String) -> String {
    "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: #"'\''"#) + "'"
  }
}

/// A subscription to signals, or to the owner of a name. It lasts until it is cancelled or the connection ends; dropping the token does not end it.
public final class SignalSubscription: Sendable {
  private let onCancel: @Sendable () -> Void

  init(onCancel: @escaping @Sendable () -> Void) {
    self.onCancel = onCancel
  }

  /// Ends the subscription. On the connection's timeline the handler is not called again; from elsewhere it may be called until the timeline has got the word.
  public func cancel() { onCancel() }
}
