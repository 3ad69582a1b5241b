import Glibc
import PercussDBus
import PercussLink
import PercussSimulator
import PercussTime
import Testing

/// AcquireNotify and AcquireWrite with their sockets, as a client has them.
@Suite(.serialized)
struct AcquiredSocketTests {
  typealias Bench = BusBench

  /// The client's end of a socket.
  private struct Client: ~Copyable {
    let descriptor: CInt

    init(_ answer: [DBusValue]) throws {
      descriptor = try #require(answer.first?.descriptor?.take())
      #expect(answer.last == .uint16(247))
    }

    deinit { Glibc.close(descriptor) }

    func write(_ bytes: [UInt8]) -> Int {
      bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) }
    }

    /// Nil while there is nothing; empty at the end.
    func read() -> [UInt8]? {
      var buffer = [UInt8](repeating: 0, count: 1_024)
      let count = buffer.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
      return count < 0 ? nil : Array(buffer.prefix(count))
    }
  }

  @Test func `notifications are packets, and the link's end closes the socket`() throws {
    try Bench.run { bench in
      try await bench.connectDevice()
      let client = try Client(try await bench.characteristic(Bench.telemetryPath, "AcquireNotify"))
      #expect(bench.seen.all.contains("char0010: NotifyAcquired=true"))
      var packets: [[UInt8]] = []
      let start = bench.timeline.now
      while packets.count < 3, start.duration(to: bench.timeline.now) < .seconds(10) {
        if let packet = client.read() { packets.append(packet) }
        try await bench.timeline.sleep(for: .milliseconds(10))
      }
      #expect(packets.count == 3 && packets.allSatisfy { $0.count == 20 })
      #expect(!bench.seen.all.contains { $0.hasPrefix("char0010: Value=") })
      try await bench.device("Disconnect")
      try await bench.wait(for: "NotifyAcquired=false")
      while let packet = client.read(), !packet.isEmpty {}
      #expect(client.read() == [])
    }
  }

  @Test func `packets are commands, cut at 512 bytes, and an empty one ends the reading`() throws {
    try Bench.run { bench in
      try await bench.connectDevice()
      let client = try Client(try await bench.characteristic(Bench.routineDataPath, "AcquireWrite"))
      #expect(client.write([1, 2, 3]) == 3)
      #expect(client.write([UInt8](repeating: 0, count: 600)) == 600)
      #expect(client.write([4]) == 1)
      try await bench.timeline.sleep(for: .milliseconds(300))
      let link = await bench.emulation.air.links(of: Bench.address).first
      let delivered = await link?.statistics.deliveredToPeripheral ?? 0
      // The battery's read and subscription, and the two packets that fit.
      #expect(delivered == 4)
      _ = client.write([])
      _ = client.write([5])
      try await bench.timeline.sleep(for: .milliseconds(200))
      #expect(await link?.statistics.deliveredToPeripheral == delivered)
      #expect(
        try await bench.get(Bench.routineDataPath, "org.bluez.GattCharacteristic1", "WriteAcquired")?.bool == true)
    }
  }

  @Test func `a client that closes its socket releases the lock`() throws {
    try Bench.run { bench in
      try await bench.connectDevice()
      do {
        _ = try Client(try await bench.characteristic(Bench.routineDataPath, "AcquireWrite"))
      }
      try await bench.wait(for: "WriteAcquired=false")
      _ = try Client(try await bench.characteristic(Bench.routineDataPath, "AcquireWrite"))
    }
  }

  @Test func `a client that leaves the bus releases its locks`() throws {
    try Bench.run { bench in
      try await bench.connectDevice()
      let other = try await bench.connect()
      let answer = try await bench.characteristic(Bench.telemetryPath, "AcquireNotify", as: other)
      await #expect(throws: DBusFailure.self) {
        try await bench.characteristic(Bench.telemetryPath, "AcquireNotify")
      }
      await other.close()
      try await bench.wait(for: "NotifyAcquired=false")
      _ = try Client(try await bench.characteristic(Bench.telemetryPath, "AcquireNotify"))
      _ = answer
    }
  }

  @Test func `a client that writes faster than the air carries is held up, and nothing is lost`() throws {
    try Bench.run { bench in
      try await bench.connectDevice()
      let client = try Client(try await bench.characteristic(Bench.routineDataPath, "AcquireWrite"))
      var written = 0
      var isHeldUp = false
      for _ in 0..<2_000 {
        if client.write([UInt8](repeating: 0, count: 20)) == 20 { written += 1 } else { isHeldUp = true }
        if isHeldUp { break }
      }
      #expect(isHeldUp && errno == EAGAIN)
      let link = await bench.emulation.air.links(of: Bench.address).first
      let start = bench.timeline.now
      while await (link?.statistics.deliveredToPeripheral ?? 0) < written + 2,
        start.duration(to: bench.timeline.now) < .seconds(20)
      {
        try await bench.timeline.sleep(for: .milliseconds(50))
      }
      #expect(await link?.statistics.deliveredToPeripheral == written + 2)
    }
  }
}
