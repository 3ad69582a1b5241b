internal import PercussDBus

/// One of the emulation's objects on the bus: everything it is asked, the emulation answers.
final class EmulatedObject: ExportedObject {
  private let object: DaemonObject
  /// The emulation holds its objects.
  private weak let host: EmulatedBlueZ?

  /// The longest argument that means anything is a value of 512 bytes. What a client says is kept, as its agent's path and its filter are: so far more
  /// than that is refused, where bluetoothd has no limit but that of messages.
  private static let argumentLimit = 64 << 10

  init(_ object: DaemonObject, of host: EmulatedBlueZ) {
    self.object = object
    self.host = host
  }

  var interfaces: [InterfaceDescription] { host?.assumeIsolated { $0.descriptions(of: object) } ?? [] }

  func handle(_ call: IncomingCall) {
    guard let host else { return call.fail(.unknownObject) }
    guard call.arguments.reduce(0, { $0 + $1.weight }) <= Self.argumentLimit else { return call.fail(Self.tooLong) }
    host.assumeIsolated { $0.take(call, of: object) }
  }

  func property(_ name: String, of interface: String) -> DBusValue? {
    host?.assumeIsolated { $0.property(name, of: interface, object) }
  }

  func setProperty(_ name: String, of interface: String, to value: DBusValue, sender: String) -> DBusErrorReply? {
    guard let host else { return .unknownObject }
    guard value.weight <= Self.argumentLimit else { return Self.tooLong }
    return host.assumeIsolated { $0.setProperty(name, of: interface, object, to: value) }
  }

  private static let tooLong = DBusErrorReply(
    DBusErrorName.limitsExceeded, "more than \(argumentLimit) bytes of arguments")
}

/// Interfaces that are added to the object of each adapter, as those of the peripheral role are. All of it is called on the timeline.
protocol AdapterExtension: AnyObject, Sendable {
  /// What is added.
  var interfaces: [InterfaceDescription] { get }

  /// An adapter is there, or has been switched on or off. Before it is announced on the bus for the first time.
  func adapterChanged(_ adapter: EmulatedAdapter)

  /// An adapter is gone.
  func adapterRemoved(_ name: String)

  /// A call of one of the interfaces.
  func handle(_ call: IncomingCall, adapter: EmulatedAdapter)

  /// The properties of one of the interfaces, in order. A change is told with ``EmulatedBlueZ/changed(_:of:adapter:)``.
  func properties(of interface: String, adapter: EmulatedAdapter) -> [NamedProperty]

  /// Somebody has left the bus, and with that what he registered.
  func senderVanished(_ sender: String)

  /// The emulation ends.
  func stop()
}

extension AdapterExtension {
  func adapterChanged(_ adapter: EmulatedAdapter) {}
  func adapterRemoved(_ name: String) {}
  func senderVanished(_ sender: String) {}
  func stop() {}
}
