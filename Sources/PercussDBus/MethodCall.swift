/// A method call to be sent.
///
/// ```swift
/// let connect = MethodCall(destination: "org.bluez", path: device, interface: "org.bluez.Device1", member: "Connect")
/// ```
public struct MethodCall: Sendable, Hashable {
  /// The bus name that is called, unique (`:1.42`) or well-known; nil for the other end itself.
  public var destination: String?
  /// The object that is called.
  public var path: ObjectPath
  /// The interface of the method.
  public var interface: String
  /// The method's name.
  public var member: String
  /// What the method is given.
  public var arguments: [DBusValue]
  /// Whether an answer is awaited. Without, the peer is told not to answer, and the call ends as soon as it is queued.
  public var expectsReply: Bool
  /// Whether the bus may start a service that owns the destination's name. Off by default: an error is better than a hardware service by surprise.
  public var startsService: Bool

  /// A call; see the properties.
  public init(
    destination: String?, path: ObjectPath, interface: String, member: String, arguments: [DBusValue] = [],
    expectsReply: Bool = true, startsService: Bool = false
  ) {
    self.destination = destination
    self.path = path
    self.interface = interface
    self.member = member
    self.arguments = arguments
    self.expectsReply = expectsReply
    self.startsService = startsService
  }

  /// What is called, as in `org.bluez.Device1.Connect of /org/bluez/hci0`.
  var summary: String { "\(interface).\(member) of \(path)" }
}
