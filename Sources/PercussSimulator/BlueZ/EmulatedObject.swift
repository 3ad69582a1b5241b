internal import PercussDBus

/// One of the emulation's objects on the bus: everything it is asked, the emulation answers.
final class EmulatedObject: ExportedObject {
  private let object: DaemonObject
  /// The emulation holds its objects.
  private weak let host: EmulatedBlueZ?

  init(_ object: DaemonObject, of host: EmulatedBlueZ) {
    self.object = object
    self.host = host
  }

  var interfaces: [InterfaceDescription] { host?.assumeIsolated { $0.descriptions(of: object) } ?? [] }

  func handle(_ call: IncomingCall) {
    guard let host else { return call.fail(.unknownObject) }
    host.assumeIsolated { $0.take(call, of: object) }
  }

  func property(_ name: String, of interface: String) -> DBusValue? {
    host?.assumeIsolated { $0.property(name, of: interface, object) }
  }

  func setProperty(_ name: String, of interface: String, to value: DBusValue, sender: String) -> DBusErrorReply? {
    guard let host else { return .unknownObject }
    return host.assumeIsolated { $0.setProperty(name, of: interface, object, to: value) }
  }
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
