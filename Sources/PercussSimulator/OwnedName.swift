internal import PercussDBus
internal import PercussTime

/// Takes well-known names, and finds out who has them already.
enum OwnedName {
  /// Connects to the bus and begins something there that owns a name; closes the connection when that does not work.
  static func own<Value: Sendable>(
    _ name: String, on address: BusAddress, timeline: RealTimeline,
    _ begin: (BusConnection) async throws(DBusFailure) -> Value
  ) async throws(SimulatorError) -> Value {
    let bus: BusConnection
    do throws(DBusFailure) { bus = try await BusConnection.open(address, on: timeline) } catch { throw .bus(error) }
    do throws(DBusFailure) {
      return try await begin(bus)
    } catch {
      let reason = await explain(error, name, on: bus)
      await bus.close()
      throw reason
    }
  }

  private static func explain(_ failure: DBusFailure, _ name: String, on bus: BusConnection) async -> SimulatorError {
    guard case .refused(let error, _) = failure else { return .bus(failure) }
    if error == "org.freedesktop.DBus.Error.AccessDenied" { return .nameForbidden(name) }
    guard let owner = await owner(of: name, on: bus), owner.name != bus.uniqueName else { return .bus(failure) }
    return .nameTaken(name, owner: owner.text)
  }

  /// Who owns a name: its unique name and, as far as the bus tells, its process.
  private static func owner(of name: String, on bus: BusConnection) async -> (name: String, text: String)? {
    guard let owner = await ask(bus, "GetNameOwner", name)?.string else { return nil }
    guard let process = await ask(bus, "GetConnectionUnixProcessID", owner)?.integer(as: Int32.self) else {
      return (owner, owner)
    }
    return (owner, "process \(process) (\(owner))")
  }

  private static func ask(_ bus: BusConnection, _ member: String, _ argument: String) async -> DBusValue? {
    let call = MethodCall(
      destination: "org.freedesktop.DBus",
      path: ObjectPath.root.appending("org").appending("freedesktop").appending("DBus"),
      interface: "org.freedesktop.DBus", member: member, arguments: [.string(argument)])
    return try? await bus.call(call, timeout: .seconds(2)).first
  }
}
