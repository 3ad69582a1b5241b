import PercussBlueZ
import PercussClient
import PercussCore
import PercussGATT
import PercussLink
import PercussSimulator
import PercussTime
import PercussWire
import Testing

/// What a client does with a device, step by step, each step within its bound.
struct ClientConversation: Sendable {
  let bench: EmulationBench
  let central: BlueZCentral

  /// Everything from the scan to the disconnect.
  func play() async throws {
    try await scan()
    try await use(try await connect())
  }

  func scan() async throws {
    let isFound = try await within(.seconds(15), "the scan") { [central] in
      let devices = try await central.scan(for: [.percussService], duration: .seconds(12))
      for await device in devices where device.id == EmulationBench.id { return true }
      return false
    }
    #expect(isFound)
  }

  func connect() async throws -> BlueZLink {
    try await within(.seconds(25), "the connection") { [bench, central] in
      try await bench.connect(central, timeout: .seconds(20))
    }
  }

  /// Reads, writes, subscribes, uploads, moves the motor, sees telemetry, stops, and disconnects.
  func use(_ link: BlueZLink) async throws {
    #expect(try await within(.seconds(10), "a read") { try await link.read(.manufacturerName) }.isEmpty == false)
    let device = try await within(.seconds(20), "the subscriptions") { try await Device.connect(over: link) }
    try await within(.seconds(10), "control") { try await device.takeControl() }
    try await within(.seconds(20), "the upload") { try await device.upload(Self.routine, to: 1) }
    try await within(.seconds(10), "the speed") {
      try await device.setSpeed(.ppm(1900), ramp: .milliseconds(100))
    }
    try await within(.seconds(15), "telemetry") {
      for await sample in device.telemetry where sample.telemetry.speedPPM > 0 { break }
    }
    try await within(.seconds(10), "the stop") { try await device.stop() }
    try await within(.seconds(10), "the end of a subscription") {
      try await link.unsubscribe(from: [.percussTelemetry])
    }
    try await within(.seconds(8), "the disconnect") { await device.disconnect() }
    #expect(await !device.isConnected)
    await #expect(throws: LinkError.disconnected(.closedLocally)) { try await link.read(.percussFeature) }
  }

  private static let routine = (0..<20).map { _ in
    RoutineSegment(
      kind: .hold, forceLimitDecinewtons: 0, speedFromPPM: 1900, speedToPPM: 1900, durationMilliseconds: 1_000)
  }

  /// What is taken for a hang when it takes longer. A busy machine keeps it.
  @discardableResult
  func within<Success: Sendable>(
    _ bound: Duration, _ what: String, _ step: @escaping @Sendable () async throws -> Success
  ) async throws -> Success {
    try await withTimeout(bound, on: bench.timeline, waitingFor: what, step)
  }

  /// The error of a step that has to fail; what is expected of it is the test's.
  func failure(
    within bound: Duration, of what: String, _ step: @escaping @Sendable () async throws -> Void
  ) async throws -> LinkError {
    do {
      try await within(bound, what, step)
    } catch let error as LinkError {
      return error
    }
    throw Unexpected(description: "\(what) succeeded")
  }

  struct Unexpected: Error, CustomStringConvertible {
    let description: String
  }
}
