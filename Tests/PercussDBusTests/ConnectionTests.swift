import Glibc
import PercussDBus
import PercussTime
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1))) struct ConnectionTests {
  @Test func `the bus gives a name and answers`() async throws {
    let bench = try Bench()
    let connection = try await bench.connect()
    #expect(connection.uniqueName.hasPrefix(":1."))
    let owner = try await connection.call(.ofBus("GetNameOwner", [.string(connection.uniqueName)]))
    #expect(owner == [.string(connection.uniqueName)])
    await connection.close()
  }

  @Test func `a bus that is not there cannot be reached`() async throws {
    let timeline = RealTimeline()
    defer { timeline.shutDown() }
    for address in [
      "unix:path=/nonexistent/socket", "unix:path=/etc/hostname", "", "nonsense", "unix:", "a:b=c;unix:path=%zz",
    ] {
      let failure = await failure { () async throws(DBusFailure) in
        _ = try await BusConnection.open(BusAddress(address), on: timeline)
      }
      guard case .unreachable(address, let reason)? = failure else {
        Issue.record("\(address): \(String(describing: failure))")
        continue
      }
      #expect(!reason.isEmpty)
    }
  }

  @Test func `a killed bus is noticed at once by all that waits`() async throws {
    let bench = try Bench()
    let object = TestObject()
    let server = try await bench.serve(object)
    let client = try await bench.connect()
    let ends = Mailbox<String>(bench.timeline)
    for (connection, name) in [(server, "server"), (client, "client")] {
      await connection.onEnd {
        #expect(bench.timeline.isCurrent)
        ends.post(name)
      }
    }
    try await client.subscribe(to: MatchRule(sender: busName)) { _ in }
    async let first = failure { () async throws(DBusFailure) in _ = try await client.call(.ofObject("Keep")) }
    async let second = failure { () async throws(DBusFailure) in _ = try await client.call(.ofObject("Keep")) }
    while object.kept.withLock({ $0.count < 2 }) { try await bench.timeline.sleep(for: .milliseconds(1)) }
    let killed = bench.timeline.now
    kill(bench.bus.process, SIGKILL)
    #expect(await first == .disconnected)
    #expect(await second == .disconnected)
    // Long before the time-out of the calls.
    #expect(killed.duration(to: bench.timeline.now) < .seconds(10))
    #expect(try await Set([ends.next(), ends.next()]) == ["server", "client"])
    // Too late: nobody is there, and nothing breaks.
    object.kept.withLock { $0.removeFirst() }.reply()
    object.kept.withLock { $0.removeAll() }
    await expectEnded(client)
    await client.onEnd { ends.post("late") }
    #expect(try await ends.next() == "late")
    #expect(ends.all.isEmpty)
  }

  /// Everything fails at once, and says why.
  private func expectEnded(_ connection: BusConnection) async {
    #expect(
      await failure { () async throws(DBusFailure) in _ = try await connection.call(.ofBus("GetId")) } == .disconnected)
    #expect(
      await failure { () async throws(DBusFailure) in
        try await connection.emit(Signal(path: .root, interface: "a.b", member: "C"))
      } == .disconnected)
    #expect(
      await failure { () async throws(DBusFailure) in try await connection.subscribe(to: MatchRule()) { _ in } }
        == .disconnected)
    #expect(
      await failure { () async throws(DBusFailure) in try await connection.watchOwner(of: busName) { _ in } }
        == .disconnected)
    #expect(
      await failure { () async throws(DBusFailure) in _ = try await connection.requestName(busName) } == .disconnected)
    #expect(
      await failure { () async throws(DBusFailure) in try await connection.releaseName(busName) } == .disconnected)
    #expect(
      await failure { () async throws(DBusFailure) in try await connection.export(TestObject(), at: .root) }
        == .disconnected)
    await connection.close()
  }

  @Test func `a closed connection lets go of everything`() async throws {
    let bench = try Bench()
    let other = try await bench.connect()
    var client: BusConnection? = try await bench.connect()
    weak var object: TestObject?
    weak let held = client
    let name = try #require(client?.uniqueName)
    do {
      let exported = TestObject()
      object = exported
      try await client?.export(exported, at: .object)
    }
    #expect(object != nil)
    let owners = Mailbox<String?>(bench.timeline)
    try await other.watchOwner(of: name) { owners.post($0) }
    #expect(try await owners.next() == name)
    let ended = Mailbox<Void>(bench.timeline)
    await client?.onEnd { ended.post(()) }
    // Nobody closes it: its last reference is dropped.
    client = nil
    #expect(try await owners.next() == nil)
    try await ended.next()
    #expect(held == nil)
    #expect(object == nil)
    await other.close()
  }

  @Test func `a shutdown of the timeline ends its connections`() async throws {
    let bench = try Bench()
    let timeline = RealTimeline()
    let client = try await BusConnection.open(bench.bus.address, on: timeline)
    let server = try await bench.serve(TestObject())
    let pending = Mailbox<Result<[DBusValue], DBusFailure>>(bench.timeline)
    let ended = Mailbox<Void>(bench.timeline)
    await client.onEnd { ended.post(()) }
    await client.send(.ofObject("Keep")) { pending.post($0) }
    try await timeline.run { timeline.shutDown() }
    #expect(try await pending.next() == .failure(.disconnected))
    try await ended.next()
    await expectEnded(client)
    let late = await failure { () async throws(DBusFailure) in
      _ = try await BusConnection.open(bench.bus.address, on: timeline)
    }
    #expect(late != nil)
    await server.close()
  }

  @Test func `a handler may close the connection that calls it`() async throws {
    let bench = try Bench()
    let server = try await bench.serve(TestObject())
    let client = try await bench.connect()
    let results = Mailbox<Result<[DBusValue], DBusFailure>>(bench.timeline)
    for _ in 0..<3 {
      await client.send(.ofObject("Ping")) { result in
        client.assumeIsolated { $0.close() }
        results.post(result)
      }
    }
    let all = try await [results.next(), results.next(), results.next()]
    #expect(all.filter { $0 == .success([]) }.count == 1)
    #expect(all.filter { $0 == .failure(.disconnected) }.count == 2)
    await server.close()
  }
}
