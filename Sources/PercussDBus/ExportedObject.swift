/// An object that others on the bus can call. The connection calls all of this on its timeline.
///
/// Introspectable, Properties, ObjectManager and Peer are the connection's own; the object only describes and implements its interfaces.
public protocol ExportedObject: AnyObject, Sendable {
  /// The interfaces of the object. Asked at every call; keep it stored.
  var interfaces: [InterfaceDescription] { get }

  /// Takes a call of a method that ``interfaces`` describes, with arguments of the described types. Answer at once or later, once.
  func handle(_ call: IncomingCall)

  /// The value of a property that ``interfaces`` describes; nil while it is absent, as a device's RSSI is.
  func property(_ name: String, of interface: String) -> DBusValue?

  /// Sets a property that ``interfaces`` describes as writable, to a value of the described type; nil when it was accepted. Announce the change with
  /// ``BusConnection/emitPropertiesChanged(_:interface:changed:invalidated:)``.
  func setProperty(_ name: String, of interface: String, to value: DBusValue, sender: String) -> DBusErrorReply?
}

extension ExportedObject {
  /// No property has a value.
  public func property(_ name: String, of interface: String) -> DBusValue? { nil }

  /// No property can be set.
  public func setProperty(
    _ name: String, of interface: String, to value: DBusValue, sender: String
  ) -> DBusErrorReply? {
    .propertyReadOnly(name)
  }
}

/// An error as an answer to a call.
public struct DBusErrorReply: Error, Sendable, Hashable {
  /// The name of the error, as in `org.bluez.Error.Failed`.
  public var name: String
  /// For people.
  public var message: String

  /// An error.
  public init(_ name: String, _ message: String = "") {
    self.name = name
    self.message = message
  }

  /// The property cannot be set.
  public static func propertyReadOnly(_ name: String) -> DBusErrorReply {
    DBusErrorReply(DBusErrorName.propertyReadOnly, "Property '\(name)' is not writable")
  }
}
