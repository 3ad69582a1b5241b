import Glibc
import PercussDBus
import PercussTime
import Testing

@Suite(.timeLimit(.minutes(1))) struct DescriptorPassingTests {
  @Test func `a descriptor arrives as one of its own`() async throws {
    let bench = try Bench()
    let server = try await bench.serve(TestObject())
    let client = try await bench.connect()
    for _ in 0..<3 {
      var ends: [CInt] = [-1, -1]
      #expect(pipe(&ends) == 0)
      let passed = PassedDescriptor(owning: ends[1])
      let answer = try await client.call(
        .ofObject("Echo", [.variant(.structure([.descriptor(passed), .descriptor(passed)]))]))
      let descriptors = (answer.first?.content.members ?? []).compactMap(\.descriptor)
      #expect(descriptors.count == 2)
      let number = try #require(descriptors[0].take())
      #expect(number != ends[1])
      #expect(descriptors[0].take() == nil)
      #expect(fcntl(number, F_GETFD) & FD_CLOEXEC != 0)
      #expect(write(number, "a", 1) == 1)
      #expect(descriptors[1].withDescriptor { write($0, "b", 1) } == 1)
      close(number)
      var bytes = [UInt8](repeating: 0, count: 3)
      #expect(read(ends[0], &bytes, 3) == 2)
      #expect(bytes == [0x61, 0x62, 0])
      close(ends[0])
    }
    await client.close()
    await server.close()
  }

  @Test func `a descriptor that is sent again and again is kept by nobody`() async throws {
    let bench = try Bench()
    let server = try await bench.serve(TestObject())
    let client = try await bench.connect()
    var ends: [CInt] = [-1, -1]
    #expect(pipe(&ends) == 0)
    defer { close(ends[0]) }
    let passed = PassedDescriptor(owning: ends[1])
    for _ in 0..<3 {
      _ = try await client.call(.ofObject("Echo", [.variant(.descriptor(passed))]))
    }
    close(try #require(passed.take()))
    var wanted = pollfd(fd: ends[0], events: Int16(POLLIN), revents: 0)
    #expect(poll(&wanted, 1, 20_000) == 1, "somebody holds the other end")
    await client.close()
    await server.close()
  }

  @Test func `nothing stays open behind connections and passed descriptors`() async {
    // In a process of its own, where nobody else opens anything.
    await #expect(processExitsWith: .success) { try await exchangeManyDescriptors() }
  }

  @Test func `two hundred connections on one timeline`() async {
    await #expect(processExitsWith: .success) { try await openManyConnections() }
  }
}

/// Ends the process when something is left open.
private func exchangeManyDescriptors() async throws {
  let bench = try Bench()
  let server = try await bench.serve(TestObject())
  for _ in 0..<5 { try await exchangeDescriptors(bench) }
  _ = try await server.call(.ofBus("GetId"))
  let before = openDescriptors()
  for _ in 0..<50 { try await exchangeDescriptors(bench) }
  _ = try await server.call(.ofBus("GetId"))
  let after = openDescriptors()
  guard after <= before else {
    print("\(before) descriptors were open, \(after) are")
    exit(1)
  }
  await server.close()
}

private func exchangeDescriptors(_ bench: Bench) async throws {
  let client = try await bench.connect()
  let passed = PassedDescriptor(owning: dup(0))
  let values: [DBusValue] = [.variant(.array([.descriptor(passed)], of: Signature(literal: "h")))]
  _ = try await client.call(.ofObject("Echo", values))
  // One refused here after a descriptor was appended, one refused there for its types, one answered to somebody who has gone.
  let refused = [
    MethodCall.ofObject("Echo", [.descriptor(passed), .string("\0")]), .ofObject("Swap", [.descriptor(passed)]),
  ]
  for call in refused {
    #expect(await failure { () async throws(DBusFailure) in _ = try await client.call(call) } != nil)
  }
  await client.send(.ofObject("Echo", values)) { _ in }
  await client.close()
}

private func openManyConnections() async throws {
  let bench = try Bench()
  let before = openDescriptors()
  var connections: [BusConnection] = []
  for _ in 0..<200 { connections.append(try await bench.connect()) }
  for (index, connection) in connections.enumerated() {
    try await connection.export(TestObject(), at: .object)
    guard index > 0 else { continue }
    let value: DBusValue = .variant(.int32(Int32(index)))
    let answer = try await connection.call(.ofObject("Echo", [value], to: connections[index - 1].uniqueName))
    guard answer == [value] else { exit(1) }
  }
  for connection in connections { await connection.close() }
  guard openDescriptors() <= before else { exit(2) }
}

/// How many descriptors this process has open.
func openDescriptors() -> Int {
  guard let folder = opendir("/proc/self/fd") else { return 0 }
  defer { closedir(folder) }
  var count = 0
  while readdir(folder) != nil { count += 1 }
  return count
}
