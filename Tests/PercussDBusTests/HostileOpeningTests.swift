import Glibc
import PercussDBus
import PercussTime
import Testing

/// A bus that goes wrong before it is one: the wait ends at its bound, with a reason.
@Suite(.serialized, .timeLimit(.minutes(1))) struct HostileOpeningTests {
  @Test func `a bus that goes wrong before it gives a name cannot be reached`() async throws {
    let timeline = RealTimeline()
    let scripts: [@Sendable (FakeBus.Peer) throws -> Void] = [
      { _ in },
      { while true { _ = try $0.line() } },
      {
        try $0.send(Array("REJECTED\r\n".utf8))
        while true { _ = try $0.line() }
      },
      { try $0.send([UInt8](repeating: 0xFF, count: 100_000)) },
      {
        try $0.authenticate()
        while true { _ = try $0.nextMessage() }
      },
      {
        try $0.authenticate()
        try $0.send(RawMessage.reply(to: try $0.nextMessage()))
        while true { _ = try $0.nextMessage() }
      },
      {
        try $0.authenticate()
        try $0.send(RawMessage.reply(to: try $0.nextMessage(), type: 3, error: "a.b"))
        while true { _ = try $0.nextMessage() }
      },
    ]
    for (index, script) in scripts.enumerated() {
      let bus = try FakeBus()
      bus.serve(script)
      let refused = await failure { () async throws(DBusFailure) in
        _ = try await BusConnection.open(bus.address, on: timeline, timeout: .milliseconds(300))
      }
      switch refused {
      case .unreachable(bus.address.description, _): break
      default: Issue.record("\(index): \(String(describing: refused))")
      }
    }
    try await timeline.run { timeline.shutDown() }
  }

  @Test func `a bus that takes no connection is not waited for`() async throws {
    // Nobody accepts, and the queue is full: to connect blocks.
    let path = "/tmp/percuss-full-\(getpid())"
    let listener = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    defer { unlink(path) }
    #expect(FakeBus.withAddress(path) { bind(listener, $0, $1) } == 0)
    #expect(listen(listener, 0) == 0)
    var waiting: [CInt] = []
    while true {
      let client = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
      waiting.append(client)
      guard FakeBus.withAddress(path, { Glibc.connect(client, $0, $1) }) == 0 else { break }
    }
    let timeline = RealTimeline()
    let refused = await failure { () async throws(DBusFailure) in
      _ = try await BusConnection.open(BusAddress(path: path), on: timeline, timeout: .milliseconds(200))
    }
    guard case .unreachable? = refused else { throw FakeBus.Ended() }
    try await timeline.run { timeline.shutDown() }
    for client in waiting { close(client) }
    close(listener)
  }
}
