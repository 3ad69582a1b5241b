import Glibc
import PercussDBus
import PercussTime
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1))) struct CallTests {
  @Test func `errors come as they were given`() async throws {
    let bench = try Bench()
    let server = try await bench.serve(TestObject())
    let client = try await bench.connect()
    func refusal(_ call: MethodCall) async -> DBusFailure? {
      await failure { () async throws(DBusFailure) in _ = try await client.call(call) }
    }
    #expect(
      await refusal(.ofObject("Fail", [.string("org.bluez.Error.Failed"), .string("0x81")]))
        == .refused(name: "org.bluez.Error.Failed", message: "0x81"))
    #expect(
      await refusal(.ofObject("FailBadly"))
        == .refused(name: DBusErrorName.failed, message: "text (no name)"))
    #expect(
      await refusal(.ofObject("Drop"))
        == .refused(name: DBusErrorName.failed, message: "test.percuss.Object1.Drop was dropped without an answer"))
    #expect(await refusal(.ofObject("Answer"))?.refusalName == DBusErrorName.failed)
    #expect(await refusal(.ofObject("Nothing"))?.refusalName == DBusErrorName.unknownMethod)
    #expect(await refusal(.ofObject("Echo", [.string("no variant")]))?.refusalName == DBusErrorName.unknownMethod)
    #expect(
      await refusal(.ofObject("Echo", interface: "test.percuss.None"))?.refusalName == DBusErrorName.unknownMethod)
    #expect(
      await refusal(.ofObject("Echo", path: ObjectPath(literal: "/test/none")))?.refusalName
        == DBusErrorName.unknownObject)
    #expect(
      await refusal(.ofObject("Echo", path: ObjectPath(literal: "/test")))?.refusalName == DBusErrorName.unknownMethod)
    var starting = MethodCall.ofObject("Echo", to: "test.percuss.None")
    #expect(await refusal(starting)?.isUnowned == true)
    starting.startsService = true
    #expect(await refusal(starting)?.isUnowned == true)
    #expect(await refusal(.ofObject("Echo"))?.isUnowned == false)
    await client.close()
    await server.close()
  }

  @Test func `a call that nobody answers ends at its time-out, and a late answer is dropped`() async throws {
    let bench = try Bench()
    let object = TestObject()
    let server = try await bench.serve(object)
    let client = try await bench.connect()
    let beginning = bench.timeline.now
    // The longer one waits, and does not delay the shorter.
    async let longer = failure { () async throws(DBusFailure) in
      _ = try await client.call(.ofObject("Keep"), timeout: .milliseconds(400))
    }
    let shorter = await failure { () async throws(DBusFailure) in
      _ = try await client.call(.ofObject("Keep"), timeout: .milliseconds(50))
    }
    #expect(shorter == .timedOut("test.percuss.Object1.Keep of /test/object", after: .milliseconds(50)))
    #expect(beginning.duration(to: bench.timeline.now) >= .milliseconds(50))
    #expect(await longer == .timedOut("test.percuss.Object1.Keep of /test/object", after: .milliseconds(400)))
    #expect(beginning.duration(to: bench.timeline.now) >= .milliseconds(400))
    let ignored = await client.statistics.ignored
    for call in object.kept.withLock({ $0 }) { call.reply() }
    _ = try await client.call(.ofObject("Ping"))
    #expect(await client.statistics.ignored == ignored + 2)
    await client.close()
    await server.close()
  }

  @Test func `answers are handed over in the order of arrival`() async throws {
    let bench = try Bench()
    let server = try await bench.serve(TestObject())
    let client = try await bench.connect()
    let order = Mailbox<String>(bench.timeline)
    try await client.subscribe(to: MatchRule(sender: server.uniqueName, interface: testInterface)) {
      order.post("signal \($0.arguments[0].integer() ?? -1)")
    }
    // The server sends, for each call, a signal before its answer, and the bus keeps the order of what one connection sends.
    let path = ObjectPath(literal: "/test/interleaving")
    try await server.export(Interleaving(server), at: path)
    for number in 0..<500 {
      await client.send(.ofObject("Ping", path: path)) { result in
        if case .success = result { order.post("answer \(number)") }
      }
    }
    for number in 0..<500 {
      #expect(try await order.next() == "signal \(number)")
      #expect(try await order.next() == "answer \(number)")
    }
    await client.close()
    await server.close()
  }

  /// Emits a signal, then answers.
  private final class Interleaving: ExportedObject {
    let interfaces = [InterfaceDescription(testInterface, methods: [.init("Ping")])]
    private let server: BusConnection
    private let calls = Atomic<UInt32>(0)

    init(_ server: BusConnection) {
      self.server = server
    }

    func handle(_ call: IncomingCall) {
      let number = calls.add(1, ordering: .relaxed).oldValue
      #expect(throws: Never.self) {
        try server.assumeIsolated { server in
          try server.emit(
            Signal(path: .object, interface: testInterface, member: "Changed", arguments: [.uint32(number)]))
        }
      }
      call.reply()
    }
  }

  @Test func `a call without a reply ends when it is sent, and none is sent back`() async throws {
    let bench = try Bench()
    let object = TestObject()
    let server = try await bench.serve(object)
    let client = try await bench.connect()
    var call = MethodCall.ofObject("Keep")
    call.expectsReply = false
    #expect(try await client.call(call) == [])
    // Behind it in the queue of the server.
    _ = try await client.call(.ofObject("Ping"))
    let kept = try #require(object.kept.withLock { $0.first })
    #expect(!kept.expectsReply)
    #expect(kept.sender == client.uniqueName)
    let (received, sent) = await (client.statistics.received, server.statistics.sent)
    kept.reply()
    _ = try await client.call(.ofObject("Ping"))
    #expect(await client.statistics.received == received + 1)
    #expect(await server.statistics.sent == sent + 1)
    await client.close()
    await server.close()
  }

  @Test func `only the first answer counts, from whatever thread`() async throws {
    let bench = try Bench()
    let object = TestObject()
    let server = try await bench.serve(object)
    let client = try await bench.connect()
    async let answer = client.call(.ofObject("Keep"))
    while object.kept.withLock({ $0.isEmpty }) { _ = try await client.call(.ofObject("Ping")) }
    let call = try #require(object.kept.withLock { $0.popLast() })
    call.reply([.string("first")])
    call.reply([.string("second")])
    call.fail("test.percuss.Error.Third")
    #expect(try await answer == [.string("first")])
    await client.close()
    await server.close()
  }

  @Test func `a thousand tasks on other threads call at once`() async throws {
    let bench = try Bench()
    let server = try await bench.serve(TestObject())
    let client = try await bench.connect()
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for number in 0..<1_000 as Range<Int32> {
        group.addTask {
          try await client.call(.ofObject("Echo", [.variant(.int32(number))]), timeout: .seconds(50))
            == [.variant(.int32(number))]
        }
      }
      for try await isRight in group { #expect(isRight) }
    }
    #expect(await client.statistics.pendingCalls == 0)
    await client.close()
    await server.close()
  }

  @Test func `no more calls wait than the limit says`() async throws {
    let bench = try Bench()
    let object = TestObject()
    let server = try await bench.serve(object)
    var limits = BusConnection.Limits()
    limits.pendingCalls = 3
    let client = try await bench.connect(limits: limits)
    let results = Mailbox<Result<[DBusValue], DBusFailure>>(bench.timeline)
    for _ in 0..<4 { await client.send(.ofObject("Keep")) { results.post($0) } }
    #expect(try await results.next() == .failure(.busy(limit: 3)))
    while object.kept.withLock({ $0.count < 3 }) { try await bench.timeline.sleep(for: .milliseconds(1)) }
    object.kept.withLock { $0.removeFirst() }.reply()
    #expect(try await results.next() == .success([]))
    #expect(try await client.call(.ofObject("Ping")) == [])
    await client.close()
    for _ in 0..<2 { #expect(try await results.next() == .failure(.disconnected)) }
    await server.close()
  }

  @Test func `no more calls are taken than the limit says`() async throws {
    let bench = try Bench()
    let object = TestObject()
    var limits = BusConnection.Limits()
    limits.unansweredCalls = 2
    let server = try await bench.serve(object, limits: limits)
    let client = try await bench.connect()
    let results = Mailbox<Result<[DBusValue], DBusFailure>>(bench.timeline)
    for _ in 0..<3 { await client.send(.ofObject("Keep")) { results.post($0) } }
    guard case .failure(let failure) = try await results.next() else { throw Mailbox<Int>.Nothing() }
    #expect(failure.refusalName == DBusErrorName.limitsExceeded)
    object.kept.withLock { $0.removeAll() }
    for _ in 0..<2 {
      guard case .failure(let failure) = try await results.next() else { throw Mailbox<Int>.Nothing() }
      #expect(failure.refusalName == DBusErrorName.failed)
    }
    #expect(try await client.call(.ofObject("Ping")) == [])
    await client.close()
    await server.close()
  }

  @Test func `what a bus that does not read leaves is bounded`() async throws {
    let bench = try Bench()
    var limits = BusConnection.Limits()
    limits.queuedBytes = 1 << 20
    let client = try await bench.connect(limits: limits)
    #expect(kill(bench.bus.process, SIGSTOP) == 0)
    defer { kill(bench.bus.process, SIGCONT) }
    let signal = Signal(
      path: .object, interface: testInterface, member: "Changed",
      arguments: [.bytes([UInt8](repeating: 0, count: 100_000))])
    var emitted = 0
    let limit = await failure { () async throws(DBusFailure) in
      for _ in 0..<1_000 {
        try await client.emit(signal)
        emitted += 1
      }
    }
    guard case .congested(let queued) = limit else { throw Mailbox<Int>.Nothing() }
    #expect(queued >= 1 << 20 && queued < 1 << 20 + 200_000)
    #expect(await failure { () async throws(DBusFailure) in _ = try await client.call(.ofBus("GetId")) } == limit)
    kill(bench.bus.process, SIGCONT)
    while await client.statistics.queuedBytes > 0 { try await bench.timeline.sleep(for: .milliseconds(1)) }
    try await client.emit(signal)
    _ = try await client.call(.ofBus("GetId"))
    #expect(await client.statistics.sent == UInt64(emitted) + 3)
    await client.close()
  }
}
