import Glibc
import PercussDBus
import PercussTime
import Testing

/// More than anybody can take: what is kept is bounded, and others have their turn.
@Suite(.serialized, .timeLimit(.minutes(1))) struct FloodTests {
  @Test func `a flood of signals, each handed on, leaves room for others`() async throws {
    let bus = try FakeBus()
    let timeline = RealTimeline()
    let count: UInt32 = 5_000
    bus.play { peer in
      try peer.send(RawMessage.reply(to: try peer.nextMessage()))
      var bytes: [UInt8] = []
      for number in 0..<count {
        var body = RawMessage.Body()
        body.add(number)
        bytes += RawMessage.signal(testInterface, "Changed", path: "/a", sender: ":1.8", body: body, signature: "u")
        // Answers that nobody waits for, in between.
        bytes += RawMessage.reply(to: (1_000_000 + number, 2), sender: ":1.8")
        guard bytes.count > 1 << 16 || number == count - 1 else { continue }
        try peer.send(bytes)
        bytes = []
      }
      _ = try peer.nextMessage()
    }
    let connection = try await BusConnection.open(bus.address, on: timeline, timeout: .seconds(30))
    let ended = Mailbox<Void>(timeline)
    let turns = Mailbox<UInt32>(timeline)
    let heard = Mailbox<UInt32>(timeline)
    try await connection.subscribe(to: MatchRule(interface: testInterface)) { signal in
      guard let number = signal.arguments.first?.integer(as: UInt32.self) else { return }
      heard.post(number)
      // What was scheduled comes between the signals, not behind them all.
      if number == 0 { timeline.schedule(at: .zero) { turns.post(UInt32(heard.all.count)) } }
      if number == count - 1 { ended.post(()) }
    }
    try await ended.next()
    #expect(heard.all == Array(0..<count))
    #expect(try await turns.next() < 1_000)
    #expect(await connection.statistics.ignored == UInt64(count))
    let statistics = await connection.statistics
    #expect(statistics.pendingCalls == 0 && statistics.unreadable == 0 && statistics.queuedBytes == 0)
    await connection.close()
    try await timeline.run { timeline.shutDown() }
  }

  @Test func `answers to a peer that does not read them are dropped at the limit`() async throws {
    let bus = try FakeBus()
    let timeline = RealTimeline()
    let count = 2_000
    let done = Mailbox<Void>(timeline)
    bus.play { peer in
      let call = RawMessage.call("org.freedesktop.DBus.Introspectable", "Introspect", path: "/test/object")
      for _ in 0..<count { try peer.send(call) }
      done.post(())
      // Reads nothing until it is closed.
      while true { usleep(100_000); try peer.send(call) }
    }
    var limits = BusConnection.Limits()
    limits.queuedBytes = 1 << 18
    let connection = try await BusConnection.open(bus.address, on: timeline, limits: limits, timeout: .seconds(30))
    try await connection.export(TestObject(), at: .object)
    try await done.next()
    let limit = timeline.now.advanced(by: .seconds(20))
    while await connection.statistics.received < UInt64(count), timeline.now < limit {
      try await timeline.sleep(for: .milliseconds(5))
    }
    let statistics = await connection.statistics
    #expect(statistics.dropped > 0)
    #expect(statistics.queuedBytes >= 1 << 18 && statistics.queuedBytes < 1 << 18 + 10_000)
    let congested = await failure { () async throws(DBusFailure) in _ = try await connection.call(.ofObject("Echo")) }
    #expect(congested == .congested(queuedBytes: statistics.queuedBytes))
    await connection.close()
    try await timeline.run { timeline.shutDown() }
  }

  @Test func `a bus that answers nothing is waited for until the bound`() async throws {
    let bus = try FakeBus()
    let timeline = RealTimeline()
    bus.play { peer in while true { _ = try peer.nextMessage() } }
    let connection = try await BusConnection.open(bus.address, on: timeline, timeout: .seconds(30))
    let results = Mailbox<Result<[DBusValue], DBusFailure>>(timeline)
    for milliseconds in [200, 100, 0] {
      await connection.send(.ofObject("Echo"), timeout: .milliseconds(milliseconds)) { results.post($0) }
    }
    var bounds: Set<Duration> = []
    for _ in 0..<3 {
      guard case .failure(.timedOut(_, after: let bound)) = try await results.next() else { throw FakeBus.Ended() }
      bounds.insert(bound)
    }
    #expect(bounds == [.zero, .milliseconds(100), .milliseconds(200)])
    #expect(await connection.statistics.pendingCalls == 0)
    await connection.close()
    try await timeline.run { timeline.shutDown() }
  }
}
