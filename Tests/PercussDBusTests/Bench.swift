import Glibc
import PercussDBus
import PercussTime
import Synchronization
import Testing

/// A private bus and a timeline for one test.
final class Bench: Sendable {
  let bus: PrivateBus
  let timeline = RealTimeline(name: "bus-test")

  init() throws {
    bus = try PrivateBus.start()
  }

  deinit {
    timeline.shutDown()
    bus.stop()
  }

  func connect(limits: BusConnection.Limits = .init()) async throws -> BusConnection {
    try await BusConnection.open(bus.address, on: timeline, limits: limits, timeout: .seconds(30))
  }

  /// A connection that exports the object and owns `test.percuss.Object`.
  func serve(
    _ object: any ExportedObject, at path: ObjectPath = .object, limits: BusConnection.Limits = .init()
  ) async throws -> BusConnection {
    let server = try await connect(limits: limits)
    try await server.export(object, at: path)
    #expect(try await server.requestName(busName) == .owner)
    return server
  }
}

let busName = "test.percuss.Object"
let testInterface = "test.percuss.Object1"

extension ObjectPath {
  static let object = ObjectPath(literal: "/test/object")
}

extension MethodCall {
  /// A call of the object that ``Bench/serve(_:at:limits:)`` offers.
  static func ofObject(
    _ member: String, _ arguments: [DBusValue] = [], interface: String = testInterface, path: ObjectPath = .object,
    to destination: String = busName
  ) -> MethodCall {
    MethodCall(destination: destination, path: path, interface: interface, member: member, arguments: arguments)
  }

  static func ofBus(_ member: String, _ arguments: [DBusValue] = []) -> MethodCall {
    MethodCall(
      destination: "org.freedesktop.DBus", path: ObjectPath(literal: "/org/freedesktop/DBus"),
      interface: "org.freedesktop.DBus", member: member, arguments: arguments)
  }
}

/// The object that most tests call.
final class TestObject: ExportedObject {
  let interfaces = [
    InterfaceDescription(
      testInterface,
      methods: [
        .init("Echo", in: [.init("value", "v")], out: [.init("value", "v")]),
        .init(
          "Swap", in: [.init("first", "s"), .init("second", "ay")], out: [.init("second", "ay"), .init("first", "s")]),
        .init("Fail", in: [.init("name", "s"), .init("text", "s")]),
        .init("FailBadly"), .init("Drop"), .init("Keep"), .init("Answer", out: [.init("bad", "s")]), .init("Ping"),
      ],
      properties: [
        .init("Name", "s"), .init("Level", "u", .readWrite), .init("Absent", "n"), .init("Secret", "s", .write),
      ],
      signals: [.init("Changed", [.init("level", "u")])]),
    InterfaceDescription("test.percuss.Other", methods: [.init("Ping", out: [.init("answer", "s")])]),
  ]

  let kept = Mutex<[IncomingCall]>([])
  let level = Mutex<UInt32>(7)
  let setters = Mutex<[String]>([])

  func handle(_ call: IncomingCall) {
    switch (call.interface, call.member) {
    case ("test.percuss.Other", "Ping"): call.reply([.string("other")])
    case (_, "Echo"): call.reply(call.arguments)
    case (_, "Swap"): call.reply(call.arguments.reversed())
    case (_, "Fail"): call.fail(call.arguments[0].string ?? "", call.arguments[1].string ?? "")
    case (_, "FailBadly"): call.fail("no name", "text\0")
    case (_, "Keep"): kept.withLock { $0.append(call) }
    case (_, "Answer"): call.reply([.string("not\0valid")])
    case (_, "Ping"): call.reply()
    default: break
    }
  }

  func property(_ name: String, of interface: String) -> DBusValue? {
    switch name {
    case "Name": .string("test")
    case "Level": .uint32(level.withLock { $0 })
    default: nil
    }
  }

  func setProperty(_ name: String, of interface: String, to value: DBusValue, sender: String) -> DBusErrorReply? {
    setters.withLock { $0.append(sender) }
    guard name == "Level", let number = value.integer(as: UInt32.self) else { return nil }
    guard number <= 10 else { return DBusErrorReply("test.percuss.Error.TooHigh", "at most 10") }
    level.withLock { $0 = number }
    return nil
  }
}

/// What handlers tell, in order, for a test to await; each wait ends after 30 s.
final class Mailbox<Element: Sendable>: Sendable {
  private struct State {
    var elements: [Element] = []
    var waiter: CheckedContinuation<Element?, Never>?
  }
  private let state = Mutex(State())
  private let timeline: RealTimeline

  struct Nothing: Error {}

  init(_ timeline: RealTimeline) {
    self.timeline = timeline
  }

  var all: [Element] { state.withLock { $0.elements } }

  func post(_ element: Element) {
    let waiter = state.withLock { state -> CheckedContinuation<Element?, Never>? in
      if let waiter = state.waiter.take() { return waiter }
      state.elements.append(element)
      return nil
    }
    waiter?.resume(returning: element)
  }

  func next() async throws -> Element {
    let limit = timeline.schedule(after: .seconds(30)) { [self] in
      state.withLock { $0.waiter.take() }?.resume(returning: nil)
    }
    defer { limit.cancel() }
    let element: Element? = await withCheckedContinuation { continuation in
      let element = state.withLock { state -> Element? in
        if !state.elements.isEmpty { return state.elements.removeFirst() }
        state.waiter = continuation
        return nil
      }
      if let element { continuation.resume(returning: element) }
    }
    guard let element else { throw Nothing() }
    return element
  }
}

/// The error that the operation throws.
func failure(_ operation: () async throws(DBusFailure) -> Void) async -> DBusFailure? {
  do throws(DBusFailure) {
    try await operation()
    return nil
  } catch {
    return error
  }
}

extension DBusFailure {
  /// The name of the error that the peer answered with.
  var refusalName: String? { if case .refused(let name, _) = self { name } else { nil } }

  var isInvalid: Bool { if case .invalid = self { true } else { false } }
}
