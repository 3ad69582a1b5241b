/// A dbus-daemon of its own, for tests and for virtual devices: everybody of this user may connect, own every name and talk to everybody.
///
/// It ends with ``stop()``, and with this process however that ends.
public final class PrivateBus: Sendable {
  /// Where it listens.
  public let address: BusAddress

  init(address: BusAddress) {
    self.address = address
  }

  /// Starts the daemon and waits until it listens, at most 5 s.
  ///
  /// - Parameter folder: where its private folder is made; nil for `XDG_RUNTIME_DIR`, else `TMPDIR`, else `/tmp`.
  /// - Throws: ``DBusFailure/unreachable(address:reason:)`` when there is no dbus-daemon, naming the Debian package, or when it does not start.
  public static func start(folder: String? = nil) throws(DBusFailure) -> PrivateBus {
    throw .unreachable(address: "dbus-daemon", reason: "not yet there")
  }

  /// Ends the daemon and removes its folder. May be called more than once.
  public func stop() {}
}
