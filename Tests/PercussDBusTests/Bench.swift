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
    try await BusConnection.open(bus.address, on: timeline, limits: limits, timeout: .seconds(20))
  }
}
