import Foundation
import PercussBlueZ
import PercussClient
import PercussTime
import Testing

/// An integration test in Swift, against the virtual device: percuss shell -- swift test --filter DriveTests
@Suite(.enabled(if: ProcessInfo.processInfo.environment["PERCUSS_DEVICE"] != nil))
struct DriveTests {
  @Test func `the motor turns and stops`() async throws {
    let name = try #require(ProcessInfo.processInfo.environment["PERCUSS_DEVICE"])
    let timeline = RealTimeline()
    defer { timeline.shutDown() }
    let (moving, resting) = try await timeline.run {
      let central = try await BlueZCentral.open(on: timeline)
      let found = try await central.find(name, timeout: .seconds(10))
      let link = try await central.connect(to: found.id, timeout: .seconds(10))
      let device = try await Device.connect(over: link)
      try await device.takeControl()
      try await device.setSpeed(.ppm(1900), ramp: .milliseconds(500))
      try await timeline.sleep(for: .milliseconds(1500))
      let moving = await device.latestTelemetry?.telemetry.speedPPM
      try await device.stop()
      try await timeline.sleep(for: .milliseconds(1500))
      let resting = await device.latestTelemetry?.telemetry.speedPPM
      await device.disconnect()
      await central.close()
      return (moving, resting)
    }
    #expect((1880...1920).contains(moving ?? 0))
    #expect(resting == 0)
  }
}
