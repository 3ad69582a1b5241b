import Glibc
import PercussDBus
import PercussTime
import Testing

@Suite(.timeLimit(.minutes(1))) struct ConnectionTests {
  @Test func `the bus gives a name and answers`() async throws {
    let bench = try Bench()
    let connection = try await bench.connect()
    #expect(connection.uniqueName.hasPrefix(":1."))
    let owner = try await connection.call(
      MethodCall(
        destination: "org.freedesktop.DBus", path: ObjectPath(literal: "/org/freedesktop/DBus"),
        interface: "org.freedesktop.DBus", member: "GetNameOwner", arguments: [.string(connection.uniqueName)]))
    #expect(owner == [.string(connection.uniqueName)])
    await connection.close()
  }
}
