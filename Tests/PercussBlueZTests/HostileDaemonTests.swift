import Glibc
import PercussDBus
import PercussLink
import PercussSimulator
import PercussTime
import Testing

@testable import PercussBlueZ

/// A bluetoothd that does what none does, and what must not cost the program its time or its memory.
@Suite(.timeLimit(.minutes(1))) struct HostileDaemonTests {
  private static func pair(_ kind: __socket_type = SOCK_SEQPACKET) throws -> (near: CInt, far: CInt) {
    var ends: [CInt] = [-1, -1]
    try #require(socketpair(AF_UNIX, CInt(kind.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0)
    return (ends[0], ends[1])
  }

  /// Otherwise it would give empty values for ever, each with a turn of the loop.
  @Test(arguments: [SOCK_SEQPACKET.rawValue, SOCK_STREAM.rawValue])
  func `a socket that will say nothing more is an end, though its other end stays open`(kind: UInt32) throws {
    let (near, far) = try Self.pair(__socket_type(kind))
    defer { for end in [near, far] { close(end) } }
    let reader = DatagramReader()
    var packets: [Int] = []
    #expect(send(far, [1, 2], 2, 0) == 2)
    #expect(reader.drain(near) { packets.append($0.count) } == .empty)
    if kind == SOCK_SEQPACKET.rawValue {
      // An empty packet is a value.
      #expect(send(far, nil, 0, 0) == 0)
      #expect(reader.drain(near) { packets.append($0.count) } == .empty)
    }
    shutdown(far, CInt(SHUT_WR))
    #expect(reader.drain(near) { packets.append($0.count) } == .closed)
    #expect(packets == (kind == SOCK_SEQPACKET.rawValue ? [2, 0] : [2]))
  }

  @Test func `what is no socket is an end`() throws {
    var ends: [CInt] = [-1, -1]
    try #require(pipe(&ends) == 0)
    defer { for end in ends { close(end) } }
    #expect(write(ends[1], [1], 1) == 1)
    #expect(DatagramReader().drain(ends[0]) { _ in Issue.record("a packet from a pipe") } == .closed)
    let writer = AcquiredWriter(owning: dup(ends[1]), maximumTransmissionUnit: 247)
    #expect(writer.send([1]) == .closed)
    #expect(writer.isDrained)
  }

  @Test func `a peripheral's descriptor that will say nothing more is an end`() throws {
    let pair = try #require(PacketSocket.pair())
    let sent = pair.far.withDescriptor { far in
      let sent = send(far, nil, 0, 0)
      shutdown(far, CInt(SHUT_WR))
      return sent
    }
    #expect(sent == 0)
    // The empty packet cannot be told from the end that follows it.
    #expect(pair.near.receive(isHungUp: false) == .closed)
    pair.near.close()
  }

  @Test func `what a scan has told of a device is forgotten with the device`() async throws {
    try await EmulationBench.run { bench in
      let central = try await bench.central()
      let devices = try await central.scan(for: [], duration: .seconds(30))
      for await device in devices {
        #expect(device.id == EmulationBench.id)
        break
      }
      let scan = try await central.scan(for: [], duration: .seconds(30))
      func told() async -> [Int] { await central.scans.values.map(\.told.count) }
      let limit = bench.timeline.now.advanced(by: .seconds(10))
      while await !told().contains(1), bench.timeline.now < limit {
        try await bench.timeline.sleep(for: .milliseconds(5))
      }
      #expect(await told().contains(1))
      await bench.setAdvertising(false)
      try await central.removeBond(EmulationBench.id)
      while await told().contains(1), bench.timeline.now < limit {
        try await bench.timeline.sleep(for: .milliseconds(5))
      }
      #expect(await told().allSatisfy { $0 == 0 })
      _ = scan
      await central.close()
    }
  }
}
