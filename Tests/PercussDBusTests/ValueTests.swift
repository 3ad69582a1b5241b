import Glibc
import PercussDBus
import PercussTime
import Testing

@Suite(.timeLimit(.minutes(1))) struct ValueTests {
  static let values: [DBusValue] = [
    .byte(0), .byte(255), .boolean(true), .boolean(false), .int16(.min), .uint16(.max), .int32(.min), .uint32(.max),
    .int64(.min), .uint64(.max), .double(-0.0), .double(.infinity), .double(1e-308),
    .string(""), .string("Größe 🦭 \u{FFFE}"), .string(String(repeating: "x", count: 100_000)),
    .objectPath(.root), .objectPath(.object), .signature(.empty), .signature(Signature(literal: "a{oa{sa{sv}}}")),
    .bytes([]), .bytes([1, 2, 3]), .bytes([UInt8](repeating: 7, count: 1_000_000)),
    .array([], of: .string), .array([.string("a"), .string("")], of: .string),
    .array([], of: Signature(literal: "(iay)")),
    .array([.uint16(1), .uint16(2)], of: Signature(literal: "q")),
    .array([.bytes([1]), .bytes([])], of: Signature(literal: "ay")),
    .array([.variant(.byte(1)), .variant(.variant(.string("x")))], of: .variant),
    .array([.structure([.int32(1), .bytes([2])])], of: Signature(literal: "(iay)")),
    .structure([.string("a"), .structure([.boolean(true), .double(2.5)])]),
    .dictionary([], key: .string, value: .variant),
    .properties(["b": .uint16(1), "a": .strings(["x"]), "c": .properties(["d": .bytes([9])])]),
    .dictionary(
      [.init(.uint16(0xFFFF), .variant(.bytes([1, 2]))), .init(.uint16(0xFFFF), .variant(.bytes([3])))],
      key: Signature(literal: "q"), value: .variant),
    .dictionary(
      [
        .init(
          .objectPath(.object), .dictionary([.init(.string("i"), .properties([:]))], key: .string, value: .properties))
      ],
      key: .objectPath, value: Signature(literal: "a{sa{sv}}")),
    .variant(.variant(.byte(1))),
    nestedVariants(48), nestedArrays(30),
  ]

  private static func nestedVariants(_ depth: Int) -> DBusValue {
    (0..<depth).reduce(.byte(1)) { value, _ in .variant(value) }
  }

  private static func nestedArrays(_ depth: Int) -> DBusValue {
    (0..<depth).reduce(.strings(["x"])) { value, _ in .array([value], of: value.signature) }
  }

  @Test func `every type comes back as it went`() async throws {
    let bench = try Bench()
    let server = try await bench.serve(TestObject())
    let client = try await bench.connect()
    for value in Self.values {
      // The second and third time by another way than the first: as a copy of a message.
      for _ in 0..<3 {
        let answer = try await client.call(.ofObject("Echo", [.variant(value)]))
        #expect(answer == [.variant(value)])
      }
    }
    await client.close()
    await server.close()
  }

  @Test func `messages that differ in bytes alone carry their own bytes`() async throws {
    let bench = try Bench()
    let server = try await bench.serve(TestObject())
    let client = try await bench.connect()
    for number in 0..<200 as Range<UInt8> {
      let bytes = [UInt8](repeating: number, count: Int(number) % 5)
      let text = number % 50 < 25 ? "same" : "other"
      #expect(
        try await client.call(.ofObject("Swap", [.string(text), .bytes(bytes)])) == [.bytes(bytes), .string(text)])
      let nested: DBusValue = .properties([
        "a": .bytes(bytes), "b": .structure([.bytes([]), .bytes([number, number])]), "c": .byte(number),
        "d": .array([.bytes([number]), .bytes([1, number])], of: Signature(literal: "ay")),
        "e": .array([.byte(number), .byte(2)], of: .byte),
      ])
      let answer = try await client.call(.ofObject("Echo", [.variant(nested)])).first?.content.propertyMap
      #expect(answer?["a"] == .bytes(bytes))
      #expect(answer?["b"] == .structure([.bytes([]), .bytes([number, number])]))
      #expect(answer?["c"] == .byte(number))
      #expect(answer?["d"] == .array([.bytes([number]), .bytes([1, number])], of: Signature(literal: "ay")))
      #expect(answer?["e"] == .bytes([number, 2]))
    }
    await client.close()
    await server.close()
  }

  @Test(
    arguments: [
      .string("a\0b"), .structure([]), .array([.string("a"), .byte(1)], of: .string), .array([.byte(1)], of: .string),
      .array([], of: .empty), .array([], of: Signature(literal: "ss")),
      .array([.array([.byte(1)], of: .string)], of: Signature(literal: "as")),
      .array([.structure([.byte(1)])], of: Signature(literal: "(s)")),
      .dictionary([], key: .variant, value: .string), .dictionary([], key: Signature(literal: "as"), value: .string),
      .dictionary([], key: .string, value: .empty), .dictionary([], key: Signature(literal: "ss"), value: .string),
      .dictionary([.init(.byte(1), .string(""))], key: .string, value: .string),
      .dictionary([.init(.string(""), .byte(1))], key: .string, value: .string),
      .variant(.string("\0")), .variant(.structure([])), nestedVariants(70), nestedArrays(40),
      .string(String(repeating: "x", count: 2 << 20)), .bytes([UInt8](repeating: 0, count: 2 << 20)),
      .structure((0..<300).map { _ in .byte(0) }),
      .descriptor(closedDescriptor()), .descriptor(takenDescriptor()),
    ] as [DBusValue])
  func `a value that is none is refused, and nothing is sent`(value: DBusValue) async throws {
    let bench = try Bench()
    let server = try await bench.serve(TestObject())
    var limits = BusConnection.Limits()
    limits.messageBytes = 1 << 20
    let client = try await bench.connect(limits: limits)
    let sent = await client.statistics.sent
    for arguments in [[value], [.variant(value)], [.string("before"), .structure([.byte(1), value])]] {
      let failure = await failure { () async throws(DBusFailure) in
        _ = try await client.call(.ofObject("Echo", arguments))
      }
      #expect(failure?.isInvalid == true, "\(String(describing: failure))")
    }
    #expect(await client.statistics.sent == sent)
    // The connection is as good as before.
    #expect(try await client.call(.ofObject("Echo", [.variant(.byte(1))])) == [.variant(.byte(1))])
    await client.close()
    await server.close()
  }

  private static func closedDescriptor() -> PassedDescriptor { PassedDescriptor(owning: 1_000_000) }

  private static func takenDescriptor() -> PassedDescriptor {
    let passed = PassedDescriptor(owning: dup(0))
    if let number = passed.take() { close(number) }
    return passed
  }

  @Test(arguments: [
    ("", ".ofName"), ("org", ""), ("org..bluez", ""), ("org.bluez\0", ""), (".org.bluez", ""), ("org.bluez.", ""),
    (":1", ""),
    ("org.1luez", ""), ("org.blüz", ""), (String(repeating: "a.", count: 128) + "b", ""),
  ])
  func `a name that is none is refused`(name: String, _: String) async throws {
    let bench = try Bench()
    let client = try await bench.connect()
    var calls = [MethodCall.ofObject("Echo", to: name), .ofObject("Echo", interface: name)]
    if !name.contains("org") || name.contains("..") || name.contains("\0") { calls.append(.ofObject(name)) }
    calls += [.ofObject("a.b"), .ofObject("1a"), .ofObject("a-b"), .ofObject(String(repeating: "a", count: 256))]
    for call in calls {
      let failure = await failure { () async throws(DBusFailure) in _ = try await client.call(call) }
      #expect(failure?.isInvalid == true, "\(call)")
    }
    await #expect(throws: DBusFailure.self) {
      try await client.emit(Signal(path: .object, interface: name, member: "Changed"))
    }
    await #expect(throws: DBusFailure.self) { try await client.subscribe(to: MatchRule(sender: name)) { _ in } }
    await #expect(throws: DBusFailure.self) { try await client.watchOwner(of: name) { _ in } }
    await #expect(throws: DBusFailure.self) { _ = try await client.requestName(name) }
    await client.close()
  }

  @Test(arguments: [
    ":1.42", "org.bluez", "_a._b", "a-b.c-d", "a.b1", ":1.2.3",
    String(repeating: "a", count: 127) + "." + String(repeating: "b", count: 127),
  ])
  func `a name that is one reaches the bus`(name: String) async throws {
    let bench = try Bench()
    let client = try await bench.connect()
    let failure = await failure { () async throws(DBusFailure) in _ = try await client.call(.ofObject("Echo", to: name))
    }
    #expect(failure?.isUnowned == true, "\(String(describing: failure))")
    await client.close()
  }
}
