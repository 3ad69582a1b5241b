import Foundation
import PercussDBus
import PercussTime
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1))) struct ExportTests {
  @Test func `other programs see the object as it is described`() async throws {
    let bench = try Bench()
    let server = try await bench.serve(TestObject())
    await server.exportObjectManager(at: .root)
    let listing = try await Program.output(
      "busctl", ["--address=\(bench.bus.address)", "--no-pager", "introspect", busName, "/test/object"])
    for line in [
      "org.freedesktop.DBus.Peer", "test.percuss.Object1", ".Echo method v v", ".Swap method say ays",
      ".Name property s \"test\"", ".Level property u 7 emits-change writable", ".Changed signal u",
      ".GetAll method s a{sv}",
    ] {
      #expect(listing.contains(line), "\(listing)")
    }
    let tree = try await Program.output(
      "busctl", ["--address=\(bench.bus.address)", "--no-pager", "--list", "tree", busName])
    #expect(tree.split(separator: "\n") == ["/", "/test", "/test/object"])
    let text = try await Program.output(
      "dbus-send",
      [
        "--bus=\(bench.bus.address)", "--print-reply", "--dest=\(busName)", "/test",
        "org.freedesktop.DBus.Introspectable.Introspect",
      ])
    #expect(text.contains("<node name=\"object\"/>"))
    let managed = try await Program.output(
      "dbus-send",
      [
        "--bus=\(bench.bus.address)", "--print-reply", "--dest=\(busName)", "/",
        "org.freedesktop.DBus.ObjectManager.GetManagedObjects",
      ])
    #expect(managed.contains("object path \"/test/object\"") && managed.contains("string \"Level\""))
    let set = try await Program.output(
      "busctl",
      ["--address=\(bench.bus.address)", "set-property", busName, "/test/object", testInterface, "Level", "u", "9"])
    #expect(set.isEmpty)
    let level = try await Program.output(
      "busctl", ["--address=\(bench.bus.address)", "get-property", busName, "/test/object", testInterface, "Level"])
    #expect(level == "u 9")
    await server.close()
  }

  @Test func `properties are read and set by their description`() async throws {
    let bench = try Bench()
    let object = TestObject()
    let server = try await bench.serve(object)
    let client = try await bench.connect()
    func call(_ member: String, _ arguments: [DBusValue], path: ObjectPath = .object) async -> Result<
      [DBusValue], DBusFailure
    > {
      do throws(DBusFailure) {
        return .success(
          try await client.call(
            .ofObject(member, arguments, interface: "org.freedesktop.DBus.Properties", path: path)))
      } catch {
        return .failure(error)
      }
    }
    func refusal(_ result: Result<[DBusValue], DBusFailure>) -> String? {
      if case .failure(let failure) = result { failure.refusalName } else { nil }
    }
    let interface = DBusValue.string(testInterface)
    #expect(await call("Get", [interface, .string("Name")]) == .success([.variant(.string("test"))]))
    let all = try await call("GetAll", [interface]).get().first?.propertyMap
    #expect(all == ["Name": .string("test"), "Level": .uint32(7)])
    #expect(await call("GetAll", [.string("org.freedesktop.DBus.Peer")]) == .success([.properties([:])]))
    for name in ["Absent", "Secret", "None", ""] {
      #expect(refusal(await call("Get", [interface, .string(name)])) == DBusErrorName.invalidArguments)
    }
    #expect(refusal(await call("GetAll", [.string("no.such")])) == DBusErrorName.invalidArguments)
    #expect(refusal(await call("Get", [.string("no.such"), .string("Name")])) == DBusErrorName.invalidArguments)
    #expect(refusal(await call("Get", [interface])) == DBusErrorName.unknownMethod)
    #expect(
      refusal(await call("Get", [interface, .string("Name")], path: ObjectPath(literal: "/none")))
        == DBusErrorName.unknownObject)

    #expect(await call("Set", [interface, .string("Level"), .variant(.uint32(3))]) == .success([]))
    #expect(object.level.withLock { $0 } == 3)
    #expect(
      await call("Set", [interface, .string("Level"), .variant(.uint32(11))])
        == .failure(.refused(name: "test.percuss.Error.TooHigh", message: "at most 10")))
    #expect(
      refusal(await call("Set", [interface, .string("Level"), .variant(.int32(3))])) == DBusErrorName.invalidSignature)
    #expect(
      refusal(await call("Set", [interface, .string("Name"), .variant(.string("x"))])) == DBusErrorName.propertyReadOnly
    )
    #expect(await call("Set", [interface, .string("Secret"), .variant(.string("x"))]) == .success([]))
    #expect(object.setters.withLock { $0 } == [client.uniqueName, client.uniqueName, client.uniqueName])
    await client.close()
    await server.close()
  }

  @Test func `a method is found by its name where the interface is not said`() async throws {
    let bench = try Bench()
    let server = try await bench.serve(TestObject())
    let output = try await Program.output(
      "python3",
      [
        "-c", Self.callWithoutInterface, bench.bus.address.description,
      ])
    #expect(output == "5 answered")
    await server.close()
  }

  /// python-dbus cannot leave the interface out; these bytes do.
  private static let callWithoutInterface = """
    import os, socket, struct, sys
    path = dict(p.split("=") for p in sys.argv[1].split(":", 1)[1].split(","))["path"]
    s = socket.socket(socket.AF_UNIX); s.connect(path)
    s.sendall(b"\\0AUTH EXTERNAL " + str(os.getuid()).encode().hex().encode() + b"\\r\\n")
    s.recv(999); s.sendall(b"BEGIN\\r\\n")
    serial = 0
    def call(dest, path, member, interface=None):
        global serial
        serial += 1
        fields = b""
        for code, sig, value in [(1, b"o", path), (6, b"s", dest), (3, b"s", member)] + ([(2, b"s", interface)] if interface else []):
            fields += b"\\0" * (-len(fields) % 8) + bytes([code, 1]) + sig + b"\\0"
            fields += b"\\0" * (-len(fields) % 4) + struct.pack("<I", len(value)) + value.encode() + b"\\0"
        head = struct.pack("<BBBBIII", ord("l"), 1, 0, 1, 0, serial, len(fields)) + fields
        s.sendall(head + b"\\0" * (-len(head) % 8))
    call("org.freedesktop.DBus", "/org/freedesktop/DBus", "Hello", "org.freedesktop.DBus")
    for member in ["Ping", "Introspect", "GetMachineId", "Nothing"]:
        call("test.percuss.Object", "/test/object", member)
    answers, data = 0, b""
    while answers < 5:
        data += s.recv(65536)
        while len(data) >= 16:
            body, _, fields = struct.unpack_from("<III", data, 4)
            size = 16 + fields + (-fields % 8) + body
            if len(data) < size: break
            answers += data[1] in (2, 3)
            data = data[size:]
    print(answers, "answered")
    """

  @Test func `the objects below a root are told together, and changes as they are announced`() async throws {
    let bench = try Bench()
    let server = try await bench.connect()
    let client = try await bench.connect()
    let manager = "org.freedesktop.DBus.ObjectManager"
    let paths = ["/a", "/a/b", "/a/b/c", "/ab"].map { ObjectPath($0) ?? .root }
    await server.exportObjectManager(at: paths[0])
    for path in paths { try await server.export(TestObject(), at: path) }
    #expect(
      await failure { () async throws(DBusFailure) in try await server.export(TestObject(), at: paths[1]) }?.isInvalid
        == true)
    let call = MethodCall.ofObject("GetManagedObjects", interface: manager, path: paths[0], to: server.uniqueName)
    let objects = try #require(try await client.call(call).first?.entries)
    #expect(objects.map(\.key) == [.objectPath(paths[1]), .objectPath(paths[2])])
    let interfaces = try #require(objects[0].value.entries)
    #expect(
      interfaces.map(\.key.string) == [
        "org.freedesktop.DBus.Introspectable", testInterface, "test.percuss.Other", "org.freedesktop.DBus.Properties",
      ])
    #expect(interfaces[1].value.propertyMap == ["Name": .string("test"), "Level": .uint32(7)])
    let other = MethodCall.ofObject("GetManagedObjects", interface: manager, path: paths[1], to: server.uniqueName)
    #expect(
      await failure { () async throws(DBusFailure) in _ = try await client.call(other) }?.refusalName
        == DBusErrorName.unknownMethod)

    let signals = Mailbox<IncomingSignal>(bench.timeline)
    try await client.subscribe(to: MatchRule(sender: server.uniqueName)) { signals.post($0) }
    try await server.announce(paths[2], under: paths[0])
    try await server.emitPropertiesChanged(
      paths[2], interface: testInterface, changed: ["Level": .uint32(8)], invalidated: ["Absent"])
    await server.unexport(paths[2])
    try await server.announceRemoval(of: paths[2], interfaces: [testInterface], under: paths[0])
    let added = try await signals.next()
    #expect((added.path, added.interface, added.member) == (paths[0], manager, "InterfacesAdded"))
    #expect(added.arguments == [.objectPath(paths[2]), objects[1].value])
    let changed = try await signals.next()
    #expect((changed.path, changed.member) == (paths[2], "PropertiesChanged"))
    #expect(
      changed.arguments == [.string(testInterface), .properties(["Level": .uint32(8)]), .strings(["Absent"])])
    #expect(try await signals.next().arguments == [.objectPath(paths[2]), .strings([testInterface])])
    #expect(try await client.call(call).first?.entries?.count == 1)
    #expect(
      await failure { () async throws(DBusFailure) in try await server.announce(paths[2], under: paths[0]) }?.isInvalid
        == true)
    await client.close()
    await server.close()
  }

  @Test func `a description that cannot be told is refused`() async throws {
    let bench = try Bench()
    let server = try await bench.connect()
    for description in [
      InterfaceDescription("none"), InterfaceDescription("a.b", methods: [.init("c.d")]),
      InterfaceDescription("a.b", properties: [.init("", "s")]), InterfaceDescription("a.b", signals: [.init("1")]),
    ] {
      let object = Described(description)
      #expect(
        await failure { () async throws(DBusFailure) in try await server.export(object, at: .object) }?.isInvalid
          == true)
    }
    await server.close()
  }

  private final class Described: ExportedObject {
    let interfaces: [InterfaceDescription]
    init(_ description: InterfaceDescription) { interfaces = [description] }
    func handle(_ call: IncomingCall) {}
  }
}

/// A program of the system, run to its end.
enum Program {
  struct Failure: Error {
    let program: String
    let status: Int32
    let output: String
  }

  /// What it prints, with single spaces; at most 20 s.
  static func output(_ program: String, _ arguments: [String]) async throws -> String {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["timeout", "20", program] + arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    process.standardInput = FileHandle.nullDevice
    let status: Int32 = try await withCheckedThrowingContinuation { continuation in
      process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
      do { try process.run() } catch { continuation.resume(throwing: error) }
    }
    let text = String(decoding: try pipe.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    let lines = text.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
    guard status == 0 else { throw Failure(program: program, status: status, output: text) }
    return lines.joined(separator: "\n")
  }
}
