/// A signal to be sent.
public struct Signal: Sendable, Hashable {
  /// The object that sends it.
  public var path: ObjectPath
  /// The interface of the signal.
  public var interface: String
  /// The signal's name.
  public var member: String
  /// What it carries.
  public var arguments: [DBusValue]
  /// The one connection that gets it; nil for everybody who has a match rule for it.
  public var destination: String?

  /// A signal; see the properties.
  public init(
    path: ObjectPath, interface: String, member: String, arguments: [DBusValue] = [], destination: String? = nil
  ) {
    self.path = path
    self.interface = interface
    self.member = member
    self.arguments = arguments
    self.destination = destination
  }
}

/// A signal that has arrived.
public struct IncomingSignal: Sendable, Hashable {
  /// The unique name of the connection that sent it, as the bus vouches for it; `org.freedesktop.DBus` for the bus itself.
  public let sender: String
  /// The object that sent it.
  public let path: ObjectPath
  /// The interface of the signal.
  public let interface: String
  /// The signal's name.
  public let member: String
  /// What it carries. Nobody has checked the types: read with the optional accessors of ``DBusValue``.
  public let arguments: [DBusValue]
  /// The number of the message among all that its sender sent.
  public let serial: UInt32
}
