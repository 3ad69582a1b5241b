import PercussDBus
import PercussTime
import Testing

@testable import PercussBlueZ

/// The bytes of LE Connection Update and of its events (Core Vol 4 Part E 7.8.18, 7.7.15, 7.7.65.3).
struct ConnectionUpdateTests {
  private let update = ConnectionUpdate(handle: 0x0040)

  @Test func `asks for a range of intervals`() {
    #expect(
      ConnectionUpdate.parameters(
        handle: 0x0040, interval: .microseconds(7_500)...(.milliseconds(15)), latency: 0,
        supervisionTimeout: .seconds(2)) == [0x40, 0, 6, 0, 12, 0, 0, 0, 200, 0, 0, 0, 0, 0])
  }

  @Test func `keeps to what the controller may be asked for`() {
    #expect(
      ConnectionUpdate.parameters(
        handle: 1, interval: .zero...(.seconds(100)), latency: 1_000, supervisionTimeout: .seconds(100))
        == [1, 0, 6, 0, 0x80, 0x0C, 0xF3, 1, 0x80, 0x0C, 0, 0, 0, 0])
  }

  @Test func `reads what was granted`() {
    #expect(update.received([0x04, 0x0F, 4, 0, 1, 0x13, 0x20]) == nil)
    let complete: [UInt8] = [0x04, 0x3E, 10, 0x03, 0, 0x40, 0, 12, 0, 0, 0, 200, 0]
    let granted = ConnectionParameters(
      interval: .milliseconds(15), peripheralLatency: 0, supervisionTimeout: .seconds(2))
    #expect(update.received(complete) == .granted(granted))
    #expect(granted.description == "interval 15 ms, latency 0, supervision timeout 2000 ms")
    #expect(
      ConnectionParameters(interval: .microseconds(7_500), peripheralLatency: 1, supervisionTimeout: .seconds(1))
        .description == "interval 7.5 ms, latency 1, supervision timeout 1000 ms")
    #expect(
      ConnectionParameters(interval: .microseconds(11_250), peripheralLatency: 1, supervisionTimeout: .seconds(1))
        .description.hasPrefix("interval 11.25 ms"))
    // A link of another handle is none of ours.
    #expect(ConnectionUpdate(handle: 0x0041).received(complete) == nil)
  }

  @Test func `reads refusals`() {
    #expect(update.received([0x04, 0x0F, 4, 0x0C, 1, 0x13, 0x20]) == .refused(code: 0x0C))
    #expect(update.received([0x04, 0x3E, 10, 0x03, 0x3B, 0x40, 0, 0, 0, 0, 0, 0, 0]) == .refused(code: 0x3B))
    // The status of another command.
    #expect(update.received([0x04, 0x0F, 4, 0x0C, 1, 0x14, 0x20]) == nil)
  }

  @Test func `passes over every prefix and other packets`() {
    let complete: [UInt8] = [0x04, 0x3E, 10, 0x03, 0, 0x40, 0, 12, 0, 0, 0, 200, 0]
    for count in 0..<complete.count { #expect(update.received(Array(complete.prefix(count))) == nil) }
    #expect(update.received([0x02, 0x3E, 10, 0x03, 0, 0x40, 0, 12, 0, 0, 0, 200, 0]) == nil)
    #expect(update.received([0x04, 0x3E, 1, 0x03]) == nil)
    #expect(update.received([0x04, 0x0F, 0]) == nil)
    var random = SeededGenerator(seed: 1)
    for _ in 0..<10_000 {
      let packet = (0..<random.next(upperBound: UInt(20))).map { _ in UInt8.random(in: 0...255, using: &random) }
      _ = update.received(packet)
    }
  }

  @Test func `says why it could not ask where there is no such adapter`() async throws {
    let timeline = RealTimeline(name: "hci-test")
    defer { timeline.shutDown() }
    let outcome = try await timeline.run {
      var adapter = BlueZAdapter(path: BlueZ.namespace.appending("hci77"))
      adapter.address = BluetoothAddress(rawValue: 0x00AA_0100_0000)
      let controller = HostController(of: adapter, device: BluetoothAddress(rawValue: 1), on: timeline)
      return await controller.update(
        interval: .microseconds(7_500)...(.milliseconds(15)), latency: 0, supervisionTimeout: .seconds(2),
        timeout: .seconds(1))
    }
    guard case .notAsked(let reason) = outcome else {
      Issue.record("\(outcome)")
      return
    }
    #expect(reason.contains("kernel"))
  }
}
