import PercussBlueZ
import PercussTime

/// A Bluetooth adapter of this machine that a command works with, for as long as `run` lasts.
enum OpenedCentral {
  /// Opens the adapter and does the work; an interruption cancels it.
  static func run<Success: Sendable>(
    _ adapter: AdapterSelection, until interruption: Interruption? = nil,
    _ work: @escaping @Sendable (BlueZCentral) async throws -> Success
  ) throws -> Success {
    let timeline = RealTimeline()
    defer { timeline.shutDown() }
    return try timeline.run {
      let task = timeline.start {
        let central = try await BlueZCentral.open(adapter: adapter, on: timeline)
        let result: Result<Success, any Error>
        do { result = .success(try await work(central)) } catch { result = .failure(error) }
        await central.close()
        return try result.get()
      }
      interruption?.whenInterrupted { task.cancel() }
      return try await task.value
    }
  }
}
