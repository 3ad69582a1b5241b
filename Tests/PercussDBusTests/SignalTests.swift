import PercussDBus
import PercussTime
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1))) struct SignalTests {
  private static let changed = Signal(
    path: .object, interface: testInterface, member: "Changed", arguments: [.uint32(1)])

  @Test func `every condition of a rule counts`() async throws {
    let bench = try Bench()
    let sender = try await bench.connect()
    let client = try await bench.connect()
    let other = ObjectPath(literal: "/test/object/below")
    let signals: [Signal] = [
      Self.changed,
      Signal(path: other, interface: testInterface, member: "Changed", arguments: [.string("org.bluez.mesh")]),
      Signal(path: .object, interface: "test.percuss.Other", member: "Changed", arguments: [.string("org.bluez")]),
      Signal(path: .object, interface: testInterface, member: "Other", arguments: [.objectPath(other)]),
      Signal(path: ObjectPath(literal: "/test/objects"), interface: testInterface, member: "Changed"),
      Signal(path: .root, interface: "test.percuss.End", member: "End"),
    ]
    let rules: [(MatchRule, [Int])] = [
      (MatchRule(), [0, 1, 2, 3, 4, 5]),
      (MatchRule(sender: sender.uniqueName), [0, 1, 2, 3, 4, 5]),
      (MatchRule(sender: client.uniqueName), []),
      (MatchRule(sender: "test.percuss.Nobody"), []),
      (MatchRule(path: .object), [0, 2, 3]),
      (MatchRule(pathNamespace: .object), [0, 1, 2, 3]),
      (MatchRule(pathNamespace: .root), [0, 1, 2, 3, 4, 5]),
      (MatchRule(interface: testInterface), [0, 1, 3, 4]),
      (MatchRule(interface: testInterface, member: "Changed"), [0, 1, 4]),
      (MatchRule(argument0: "org.bluez"), [2]),
      (MatchRule(argument0: "it's"), []),
      (MatchRule(argument0Path: "/test/object/"), [3]),
      (MatchRule(argument0Path: "/test/object/below"), [3]),
      (MatchRule(argument0Path: "/test/object"), []),
      (MatchRule(argument0Namespace: "org.bluez"), [1, 2]),
      (MatchRule(sender: sender.uniqueName, path: .object, interface: testInterface, member: "Other"), [3]),
    ]
    let got = Mutex<[Int: [Int]]>([:])
    for (index, (rule, _)) in rules.enumerated() {
      try await client.subscribe(to: rule) { signal in
        let number = signals.firstIndex {
          $0.path == signal.path && $0.interface == signal.interface && $0.member == signal.member
        }
        #expect(signal.sender == sender.uniqueName || signal.sender == "org.freedesktop.DBus")
        if let number { got.withLock { $0[index, default: []].append(number) } }
      }
    }
    for signal in signals { try await sender.emit(signal) }
    while got.withLock({ $0[0]?.last != 5 }) { try await bench.timeline.sleep(for: .milliseconds(1)) }
    for (index, (rule, expected)) in rules.enumerated() {
      #expect(got.withLock { $0[index] ?? [] } == expected, "\(rule)")
    }
    await client.close()
    await sender.close()
  }

  @Test func `a rule that the bus does not take is refused`() async throws {
    let bench = try Bench()
    let client = try await bench.connect()
    let refused = await failure { () async throws(DBusFailure) in
      try await client.subscribe(to: MatchRule(member: "not a member")) { _ in }
    }
    #expect(refused?.refusalName == "org.freedesktop.DBus.Error.MatchRuleInvalid")
    let invalid = await failure { () async throws(DBusFailure) in
      try await client.subscribe(to: MatchRule(path: .root, pathNamespace: .root)) { _ in }
    }
    #expect(invalid?.isInvalid == true)
    await client.close()
  }

  @Test func `a subscription that is cancelled in a handler hears no more, and the bus forgets it`() async throws {
    let bench = try Bench()
    let sender = try await bench.connect()
    let client = try await bench.connect()
    let heard = Mutex<[String]>([])
    let subscriptions = Mutex<[SignalSubscription]>([])
    for name in ["first", "second"] {
      let subscription = try await client.subscribe(to: MatchRule(interface: testInterface)) { _ in
        heard.withLock { $0.append(name) }
        // The first cancels both while the second has the same signal still to come.
        for subscription in subscriptions.withLock({ $0 }) {
          subscription.cancel()
          subscription.cancel()
        }
      }
      subscriptions.withLock { $0.append(subscription) }
    }
    try await sender.emit(Self.changed)
    try await sender.emit(Self.changed)
    // Whoever asks the bus behind the signals has got them all, once the answer is there.
    _ = try await sender.call(.ofBus("GetId"))
    while heard.withLock({ $0.isEmpty }) { _ = try await client.call(.ofBus("GetId")) }
    _ = try await client.call(.ofBus("GetId"))
    #expect(heard.withLock { $0 } == ["first"])
    let received = await client.statistics.received
    try await sender.emit(Self.changed)
    _ = try await sender.call(.ofBus("GetId"))
    _ = try await client.call(.ofBus("GetId"))
    #expect(await client.statistics.received == received + 1)
    await client.close()
    await sender.close()
  }

  @Test func `only the owner of a name speaks for it`() async throws {
    let bench = try Bench()
    let owner = try await bench.connect()
    let impostor = try await bench.connect()
    let client = try await bench.connect()
    #expect(try await owner.requestName(busName) == .owner)
    let heard = Mailbox<String>(bench.timeline)
    try await client.subscribe(to: MatchRule(sender: busName, interface: testInterface)) { heard.post($0.sender) }
    // A rule of another subscription brings the impostor's signals here, and so does their destination.
    try await client.subscribe(to: MatchRule(interface: testInterface)) { _ in }
    var directed = Self.changed
    directed.destination = client.uniqueName
    try await impostor.emit(Self.changed)
    try await impostor.emit(directed)
    _ = try await impostor.call(.ofBus("GetId"))
    try await owner.emit(directed)
    #expect(try await heard.next() == owner.uniqueName)
    // The name changes hands, and the subscription follows.
    try await owner.releaseName(busName)
    #expect(try await impostor.requestName(busName) == .owner)
    try await owner.emit(Self.changed)
    _ = try await owner.call(.ofBus("GetId"))
    try await impostor.emit(Self.changed)
    #expect(try await heard.next() == impostor.uniqueName)
    for connection in [owner, impostor, client] { await connection.close() }
  }
}

@Suite(.timeLimit(.minutes(1))) struct NameTests {
  @Test func `names are given once`() async throws {
    let bench = try Bench()
    let first = try await bench.connect()
    let second = try await bench.connect()
    #expect(try await first.requestName(busName) == .owner)
    #expect(try await first.requestName(busName) == .alreadyOwner)
    #expect(try await second.requestName(busName) == .exists)
    #expect(try await second.requestName(busName, replacing: true) == .exists)
    try await second.releaseName(busName)
    try await first.releaseName(busName)
    #expect(try await second.requestName(busName, replaceable: true) == .owner)
    #expect(try await first.requestName(busName, replacing: true) == .owner)
    let refused = await failure { () async throws(DBusFailure) in
      _ = try await first.requestName("org.freedesktop.DBus")
    }
    #expect(refused?.refusalName == DBusErrorName.invalidArguments)
    await first.close()
    await second.close()
  }

  @Test func `whoever watches a name hears who owns it, and each change`() async throws {
    let bench = try Bench()
    let client = try await bench.connect()
    let owners = Mailbox<String?>(bench.timeline)
    let watch = try await client.watchOwner(of: busName) { owners.post($0) }
    #expect(try await owners.next() == nil)
    let first = try await bench.connect()
    _ = try await first.requestName(busName, replaceable: true)
    #expect(try await owners.next() == first.uniqueName)
    // A second watch, and a subscription that follows the name, change nothing for the first.
    let others = Mailbox<String?>(bench.timeline)
    let other = try await client.watchOwner(of: busName) { others.post($0) }
    #expect(try await others.next() == first.uniqueName)
    let subscription = try await client.subscribe(to: MatchRule(sender: busName)) { _ in }
    subscription.cancel()
    let second = try await bench.connect()
    _ = try await second.requestName(busName, replacing: true)
    #expect(try await owners.next() == second.uniqueName)
    #expect(try await others.next() == second.uniqueName)
    other.cancel()
    // It is gone without a word.
    await second.close()
    #expect(try await owners.next() == nil)
    #expect(owners.all.isEmpty)
    #expect(others.all.isEmpty)
    watch.cancel()
    _ = try await first.requestName(busName)
    _ = try await client.call(.ofBus("GetId"))
    #expect(owners.all.isEmpty)
    await first.close()
    await client.close()
  }
}
