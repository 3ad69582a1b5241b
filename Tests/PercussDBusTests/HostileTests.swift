import Glibc
import PercussDBus
import PercussTime
import Synchronization
import Testing

/// What others send: none of it ends the process, and what is right still gets through.
@Suite(.serialized, .timeLimit(.minutes(1))) struct HostileTests {
  private func connect(
    _ bus: FakeBus, _ timeline: RealTimeline, limits: BusConnection.Limits = .init()
  ) async throws -> BusConnection {
    try await BusConnection.open(bus.address, on: timeline, limits: limits, timeout: .seconds(30))
  }

  @Test func `only the one who was called can answer`() async throws {
    let bus = try FakeBus()
    let timeline = RealTimeline()
    bus.play { peer in
      let call = try peer.nextMessage()
      let wrong: [[UInt8]] = [
        RawMessage.reply(to: (call.serial + 1, 2), sender: ":1.8"),
        RawMessage.reply(to: (0xFFFF_FFFF, 2), sender: ":1.8"),
        RawMessage.reply(to: call, sender: ":1.80", body: .string("wrong"), signature: "s"),
        RawMessage.reply(to: call, sender: nil), RawMessage.reply(to: call, sender: "test.percuss.Object"),
        RawMessage.reply(to: call, type: 3, sender: ":1.80", error: "test.percuss.Error"),
        // A signal and a call that have a number to answer.
        RawMessage.reply(to: call, type: 4, sender: ":1.8"), RawMessage.reply(to: call, type: 1, sender: ":1.8"),
        // Types that nobody knows are to be ignored.
        RawMessage.reply(to: call, type: 77, sender: ":1.8"),
      ]
      // Of the last three, libdbus may end the connection for missing fields: those have their own test.
      for bytes in wrong.dropLast(3) + wrong.suffix(1) { try peer.send(bytes) }
      let right = RawMessage.reply(to: call, sender: ":1.8", body: .string("right"), signature: "s")
      try peer.send(right)
      // Twice: the second answers nothing.
      try peer.send(right)
      let next = try peer.nextMessage()
      try peer.send(
        RawMessage.reply(
          to: next, type: 3, error: "org.freedesktop.DBus.Error.NoReply", body: .string("gone"), signature: "s"))
      _ = try peer.nextMessage()
    }
    let connection = try await connect(bus, timeline)
    #expect(try await connection.call(.ofObject("Echo", to: ":1.8")) == [.string("right")])
    let gone = await failure { () async throws(DBusFailure) in
      _ = try await connection.call(.ofObject("Echo", to: ":1.8"))
    }
    #expect(gone == .refused(name: DBusErrorName.noReply, message: "gone"))
    #expect(await connection.statistics.ignored == 8)
    await connection.close()
    try await timeline.run { timeline.shutDown() }
  }

  @Test func `an answer for a followed name comes from its owner`() async throws {
    let bus = try FakeBus()
    let timeline = RealTimeline()
    bus.play { peer in
      try peer.send(RawMessage.reply(to: try peer.nextMessage()))
      try peer.send(RawMessage.reply(to: try peer.nextMessage(), body: .string(":1.8"), signature: "s"))
      let call = try peer.nextMessage()
      try peer.send(RawMessage.reply(to: call, sender: ":1.9"))
      // The name goes over to another while the call is under way: both may answer for it.
      var change = RawMessage.Body.string(busName)
      change.add(":1.8")
      change.add(":1.10")
      try peer.send(
        RawMessage.signal("org.freedesktop.DBus", "NameOwnerChanged", body: change, signature: "sss"))
      try peer.send(RawMessage.reply(to: call, sender: ":1.9"))
      try peer.send(RawMessage.reply(to: call, sender: ":1.8", body: .string("right"), signature: "s"))
      _ = try peer.nextMessage()
    }
    let connection = try await connect(bus, timeline)
    let owners = Mailbox<String?>(timeline)
    try await connection.watchOwner(of: busName) { owners.post($0) }
    #expect(try await connection.call(.ofObject("Echo")) == [.string("right")])
    #expect(owners.all == [":1.8", ":1.10"])
    await connection.close()
    try await timeline.run { timeline.shutDown() }
  }

  @Test func `messages of the wrong types are ignored or refused`() async throws {
    let bus = try FakeBus()
    let timeline = RealTimeline()
    var number = RawMessage.Body()
    number.add(UInt32(7))
    var descriptor = RawMessage.Body()
    descriptor.add(UInt32(5))
    let (seven, five) = (number, descriptor)
    bus.play { peer in
      // Both subscriptions, and the watch: each of their calls is accepted.
      for _ in 0..<3 { try peer.send(RawMessage.reply(to: try peer.nextMessage())) }
      for (interface, member) in [
        ("org.freedesktop.DBus", "NameOwnerChanged"), ("org.freedesktop.DBus", "NameLost"),
        ("org.freedesktop.DBus.Properties", "PropertiesChanged"), (testInterface, "Changed"),
      ] {
        for sender in ["org.freedesktop.DBus", ":1.9"] {
          try peer.send(RawMessage.signal(interface, member, path: "/test/object", sender: sender))
          try peer.send(
            RawMessage.signal(interface, member, path: "/test/object", sender: sender, body: seven, signature: "u"))
          // A descriptor that is not there.
          try peer.send(
            RawMessage.signal(interface, member, path: "/test/object", sender: sender, body: five, signature: "h"))
        }
      }
      for (interface, member, body, signature) in [
        (testInterface, "Echo", seven, "u"), (testInterface, "Swap", five, "h"),
        ("org.freedesktop.DBus.Properties", "Get", seven, "u"), ("org.freedesktop.DBus.Properties", "Set", five, "h"),
        ("org.freedesktop.DBus.Peer", "Ping", seven, "u"), ("org.freedesktop.DBus.Introspectable", "None", seven, "u"),
      ] {
        try peer.send(RawMessage.call(interface, member, path: "/test/object", body: body, signature: signature))
        guard try peer.nextMessage().type == 3 else { throw FakeBus.Ended() }
      }
      try peer.send(RawMessage.call(testInterface, "Ping", path: "/test/object", sender: nil))
      try peer.send(RawMessage.signal("test.percuss.End", "End", path: "/"))
      _ = try peer.nextMessage()
    }
    let connection = try await connect(bus, timeline)
    let heard = Mailbox<IncomingSignal>(timeline)
    try await connection.export(TestObject(), at: .object)
    try await connection.subscribe(to: MatchRule()) { if $0.interface != "org.freedesktop.DBus" { heard.post($0) } }
    _ = await failure { () async throws(DBusFailure) in
      try await connection.watchOwner(of: busName) { owner in if owner != nil { Issue.record("an owner from nowhere") }
      }
    }
    while try await heard.next().member != "End" {}
    #expect(await connection.statistics.unreadable > 0)
    await connection.close()
    try await timeline.run { timeline.shutDown() }
  }

  static let fatal: [[UInt8]] = {
    let good = RawMessage.signal(testInterface, "Changed", body: .string("text"), signature: "s")
    func changed(_ change: (inout [UInt8]) -> Void) -> [UInt8] {
      var bytes = good
      change(&bytes)
      return bytes
    }
    var deep = RawMessage.Body()
    for _ in 0..<100 { deep.add(signature: "v") }
    deep.add(signature: "y")
    deep.bytes.append(1)
    return [
      Array("garbage".utf8) + [UInt8](repeating: 0xFF, count: 64), [UInt8](repeating: 0, count: 64),
      changed { $0[0] = UInt8(ascii: "x") }, changed { $0[1] = 0 }, changed { $0[3] = 9 },
      // A body, and a header, of four gigabytes.
      changed { $0.replaceSubrange(4..<8, with: [0xFF, 0xFF, 0xFF, 0xFF]) },
      changed { $0.replaceSubrange(12..<16, with: [0xFF, 0xFF, 0xFF, 0xFF]) },
      // One of 192 MiB, which no bus passes on.
      changed { $0.replaceSubrange(4..<8, with: [0, 0, 0, 12]) },
      changed { $0.replaceSubrange(8..<12, with: [0, 0, 0, 0]) },
      // Text that is no UTF-8, or longer than the body.
      changed { $0[$0.count - 3] = 0xFF }, changed { $0[$0.count - 9] = 200 },
      RawMessage.signal(testInterface, "Changed", path: "no/path"), RawMessage.signal("none", "Changed"),
      RawMessage.signal(testInterface, "not.a.member"), RawMessage.signal(testInterface, "Changed", signature: "(("),
      RawMessage.signal(testInterface, "Changed", signature: "s"),
      RawMessage.signal(testInterface, "C", sender: "none"),
      RawMessage.signal(testInterface, "Changed", body: deep, signature: "v"),
      // Nobody may say that but libdbus itself.
      RawMessage.signal("org.freedesktop.DBus.Local", "Disconnected", path: "/org/freedesktop/DBus/Local"),
      RawMessage.reply(to: (0, 2)), RawMessage.reply(to: (5, 3), type: 4), RawMessage.reply(to: (5, 3), type: 1),
    ]
  }()

  @Test(arguments: fatal.indices) func `a message that is none ends the connection, not the process`(index: Int)
    async throws
  {
    let bus = try FakeBus()
    let timeline = RealTimeline()
    let bytes = Self.fatal[index]
    bus.play { peer in
      _ = try peer.nextMessage()
      try peer.send(bytes)
      // Until the other end hangs up.
      while true { _ = try peer.nextMessage() }
    }
    let connection = try await connect(bus, timeline)
    let ended = await failure { () async throws(DBusFailure) in
      _ = try await connection.call(.ofObject("Echo"), timeout: .seconds(20))
    }
    #expect(ended == .disconnected)
    try await timeline.run { timeline.shutDown() }
  }

  @Test func `a message of more values than the limit is not read`() async throws {
    let bus = try FakeBus()
    let timeline = RealTimeline()
    var many = RawMessage.Body()
    // Each structure begins on a boundary of 8 bytes; nothing follows the last.
    many.add(UInt32(8 * 100_000 + 1))
    many.align(8)
    for _ in 0..<100_000 { many.bytes += [1, 0, 0, 0, 0, 0, 0, 0] }
    many.bytes.append(1)
    let body = many
    bus.play { peer in
      let call = try peer.nextMessage()
      try peer.send(RawMessage.signal(testInterface, "Changed", body: body, signature: "a(y)"))
      try peer.send(RawMessage.reply(to: call, sender: ":1.8", body: body, signature: "a(y)"))
      try peer.send(RawMessage.call(testInterface, "Echo", path: "/test/object", body: body, signature: "a(y)"))
      // The refusal of that call, and the next call, in whatever order.
      var next = try peer.nextMessage()
      while next.type != 1 { next = try peer.nextMessage() }
      try peer.send(RawMessage.reply(to: next, sender: ":1.8", body: body, signature: "a(y)"))
      while true { _ = try peer.nextMessage() }
    }
    var limits = BusConnection.Limits()
    limits.values = 10_000
    let connection = try await connect(bus, timeline, limits: limits)
    try await connection.export(TestObject(), at: .object)
    for _ in 0..<2 {
      let unreadable = await failure { () async throws(DBusFailure) in
        _ = try await connection.call(.ofObject("Echo", to: ":1.8"))
      }
      #expect(unreadable == .unreadable("more than 10000 values in one message"))
    }
    await connection.close()
    try await timeline.run { timeline.shutDown() }
  }

  @Test func `descriptors that nobody announced are closed, and those that were announced must come`() async throws {
    let bus = try FakeBus()
    let timeline = RealTimeline()
    var ends: [CInt] = [-1, -1]
    // Closed in the programs that other tests start meanwhile.
    try #require(socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0)
    let (reading, writing) = (ends[0], ends[1])
    defer { close(reading) }
    var announcing = RawMessage()
    announcing.fields = [(1, "o", "/"), (2, "s", testInterface), (3, "s", "Changed"), (7, "s", ":1.8")]
    announcing.descriptors = 3
    let claimed = announcing.bytes
    bus.play { peer in
      let call = try peer.nextMessage()
      // With a message that says nothing of them.
      try peer.send(RawMessage.signal(testInterface, "Changed", sender: ":1.8"), with: [writing, writing])
      close(writing)
      try peer.send(RawMessage.reply(to: call, sender: ":1.8"))
      _ = try peer.nextMessage()
      try peer.send(claimed)
      while true { _ = try peer.nextMessage() }
    }
    let connection = try await connect(bus, timeline)
    #expect(try await connection.call(.ofObject("Echo", to: ":1.8")) == [])
    let ended = await failure { () async throws(DBusFailure) in
      _ = try await connection.call(.ofObject("Echo", to: ":1.8"), timeout: .seconds(20))
    }
    #expect(ended == .disconnected)
    // All copies that came are closed with the connection: reading finds the end.
    var entry = pollfd(fd: reading, events: Int16(POLLIN), revents: 0)
    #expect(poll(&entry, 1, 10_000) == 1)
    #expect(CInt(entry.revents) & CInt(POLLHUP) != 0)
    try await timeline.run { timeline.shutDown() }
  }

  @Test func `a value as large as a message may be is read`() async throws {
    let bus = try FakeBus()
    let timeline = RealTimeline()
    let count = 15 << 20
    bus.play { peer in
      var body = RawMessage.Body()
      body.add(UInt32(count))
      body.bytes += [UInt8](repeating: 7, count: count)
      try peer.send(RawMessage.reply(to: try peer.nextMessage(), sender: ":1.8", body: body, signature: "ay"))
      _ = try peer.nextMessage()
    }
    let connection = try await connect(bus, timeline)
    let values = try await connection.call(.ofObject("Echo", to: ":1.8"))
    #expect(values.first?.bytes?.count == count && values.first?.bytes?.last == 7)
    await connection.close()
    try await timeline.run { timeline.shutDown() }
  }

  @Test func `a message in pieces is a message`() async throws {
    let bus = try FakeBus()
    let timeline = RealTimeline()
    bus.play { peer in
      for byte in RawMessage.reply(to: try peer.nextMessage(), sender: ":1.8", body: .string("x"), signature: "s") {
        try peer.send([byte])
        usleep(100)
      }
      _ = try peer.nextMessage()
    }
    let connection = try await connect(bus, timeline)
    #expect(try await connection.call(.ofObject("Echo", to: ":1.8")) == [.string("x")])
    await connection.close()
    try await timeline.run { timeline.shutDown() }
  }

  @Test func `an end in the middle of a message is an end`() async throws {
    let bus = try FakeBus()
    let timeline = RealTimeline()
    bus.play { peer in
      try peer.send(
        RawMessage.reply(to: try peer.nextMessage(), sender: ":1.8", body: .string("x"), signature: "s").dropLast())
    }
    let connection = try await connect(bus, timeline)
    let ended = await failure { () async throws(DBusFailure) in _ = try await connection.call(.ofObject("Echo")) }
    #expect(ended == .disconnected)
    try await timeline.run { timeline.shutDown() }
  }

  @Test(arguments: 0..<40 as Range<UInt64>) func `changed bytes never end the process`(seed: UInt64) async throws {
    let bus = try FakeBus()
    let timeline = RealTimeline()
    bus.play { peer in
      var random = SeededGenerator(seed: seed)
      for _ in 0..<3 { try peer.send(RawMessage.reply(to: try peer.nextMessage())) }
      var properties = RawMessage.Body.string(testInterface)
      properties.add(UInt32(16))
      properties.align(8)
      properties.add("Level")
      properties.add(signature: "u")
      properties.add(UInt32(5))
      properties.add(UInt32(0))
      let good = [
        RawMessage.signal(
          "org.freedesktop.DBus.Properties", "PropertiesChanged", path: "/test/object", body: properties,
          signature: "sa{sv}as"),
        RawMessage.call(testInterface, "Ping", path: "/test/object"),
        RawMessage.call(
          "org.freedesktop.DBus.Properties", "GetAll", path: "/test/object", body: .string(testInterface),
          signature: "s"),
        RawMessage.reply(to: (5, 2), body: .string("x"), signature: "s"),
        RawMessage.signal("org.freedesktop.DBus", "NameOwnerChanged", body: .string(busName), signature: "s"),
      ]
      for _ in 0..<300 {
        var bytes = good[Int(random.next() % UInt64(good.count))]
        // Bytes of the body and of the fields, more than of what ends the connection at once.
        for _ in 0..<random.next() % 3 {
          bytes[16 + Int(random.next() % UInt64(bytes.count - 16))] = UInt8(truncatingIfNeeded: random.next())
        }
        try peer.send(bytes)
      }
      try peer.send(RawMessage.signal("test.percuss.End", "End", path: "/"))
      while true { _ = try peer.nextMessage() }
    }
    let connection = try await connect(bus, timeline)
    let ended = Mailbox<Void>(timeline)
    await connection.onEnd { ended.post(()) }
    _ = await failure { () async throws(DBusFailure) in try await connection.export(TestObject(), at: .object) }
    _ = await failure { () async throws(DBusFailure) in
      try await connection.subscribe(to: MatchRule()) { if $0.member == "End" { ended.post(()) } }
    }
    _ = await failure { () async throws(DBusFailure) in try await connection.watchOwner(of: busName) { _ in } }
    try await ended.next()
    await connection.close()
    try await timeline.run { timeline.shutDown() }
  }
}
