import Glibc
import PercussDBus
import PercussTime
import Synchronization
import Testing

/// What one client of a bus can do to others by sending too much.
@Suite(.timeLimit(.minutes(1))) struct LimitTests {
  @Test func `a message that is larger than what is taken is refused, and the connection goes on`() async throws {
    let bench = try Bench()
    var limits = BusConnection.Limits()
    limits.messageBytes = 1 << 20
    let server = try await bench.serve(TestObject(), limits: limits)
    let client = try await bench.connect()
    let large: DBusValue = .bytes([UInt8](repeating: 7, count: 2 << 20))
    let call = await failure { () async throws(DBusFailure) in
      _ = try await client.call(.ofObject("Echo", [.variant(large)]))
    }
    #expect(call?.refusalName == DBusErrorName.limitsExceeded, "\(String(describing: call))")

    let signals = Mailbox<DBusValue?>(bench.timeline)
    try await server.subscribe(to: MatchRule(sender: client.uniqueName)) { signals.post($0.arguments.first) }
    for value in [
      large, .array(Array(repeating: .string(String(repeating: "x", count: 999)), count: 2_000), of: .string), .byte(1),
    ] {
      try await client.emit(Signal(path: .object, interface: testInterface, member: "Changed", arguments: [value]))
    }
    #expect(try await signals.next() == .byte(1))
    #expect(await server.statistics.unreadable == 3)

    try await client.export(LargeAnswer(), at: .object)
    let answer = await failure { () async throws(DBusFailure) in
      _ = try await server.call(.ofObject("Ping", to: client.uniqueName))
    }
    guard case .unreadable? = answer else { throw Mailbox<Int>.Nothing() }
    #expect(try await client.call(.ofObject("Ping")) == [])
    await client.close()
    await server.close()
  }

  private final class LargeAnswer: ExportedObject {
    let interfaces = [InterfaceDescription(testInterface, methods: [.init("Ping", out: [.init("answer", "ay")])])]
    func handle(_ call: IncomingCall) { call.reply([.bytes([UInt8](repeating: 7, count: 2 << 20))]) }
  }

  @Test func `a private bus passes nothing on that is larger than everybody takes, and others go on`() async throws {
    let bench = try Bench()
    let server = try await bench.serve(TestObject())
    var limits = BusConnection.Limits()
    limits.messageBytes = 64 << 20
    let hostile = try await bench.connect(limits: limits)
    let client = try await bench.connect()
    let large: DBusValue = .variant(.bytes([UInt8](repeating: 7, count: 20 << 20)))
    let refused = await failure { () async throws(DBusFailure) in
      _ = try await hostile.call(.ofObject("Echo", [large]), timeout: .seconds(2))
    }
    #expect(refused != nil)
    // The largest that may be sent arrives.
    let bytes = BusConnection.Limits().messageBytes - 64
    let answer = try await client.call(
      .ofObject("Swap", [.string(""), .bytes([UInt8](repeating: 7, count: bytes))]))
    #expect(answer.first?.bytes?.count == bytes)
    await client.close()
    await server.close()
  }

  @Test func `a caller that leaves its calls unanswered locks nobody else out`() async throws {
    let bench = try Bench()
    let object = TestObject()
    var limits = BusConnection.Limits()
    limits.unansweredCallsOfOne = 2
    let server = try await bench.serve(object, limits: limits)
    let greedy = try await bench.connect()
    let client = try await bench.connect()
    let results = Mailbox<Result<[DBusValue], DBusFailure>>(bench.timeline)
    for _ in 0..<3 { await greedy.send(.ofObject("Keep")) { results.post($0) } }
    guard case .failure(let failure) = try await results.next() else { throw Mailbox<Int>.Nothing() }
    #expect(failure.refusalName == DBusErrorName.limitsExceeded)
    #expect(try await client.call(.ofObject("Ping")) == [])
    object.kept.withLock { $0.removeAll() }
    for _ in 0..<2 { _ = try await results.next() }
    #expect(try await greedy.call(.ofObject("Ping")) == [])
    for connection in [greedy, client, server] { await connection.close() }
  }
}
