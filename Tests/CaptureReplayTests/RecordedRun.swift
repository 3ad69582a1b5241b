import Foundation
import PercussCapture
import PercussClient
import PercussDocument
import PercussLink
import PercussRoutine
import PercussSimulator
import PercussTime
import PercussWire
import Testing

/// A routine that a virtual elite plays in virtual time, as `percuss run --virtual-time --capture` has it.
enum RecordedRun {
  /// What a run leaves.
  struct Result: Sendable {
    /// What was played.
    let plan: Plan
    /// What the capture says of it.
    let conversation: Conversation
  }

  /// Compiles a document for a virtual elite.
  static func plan(_ text: [UInt8], _ name: String, _ mode: PlayMode) throws -> Plan {
    try Plan(compiling: .parse(text, name: name), for: DeviceLimits(CapturedRun.feature()), mode: mode)
  }

  /// Plays it, and reads what was recorded. Waits are confirmed after a second.
  static func play(_ plan: Plan, interval: Duration = RadioParameters().interval) throws -> Result {
    let path = FileManager.default.temporaryDirectory.appending(path: "percuss-recorded-run-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let timeline = VirtualTimeline()
    let report = try timeline.run {
      var radio = RadioParameters()
      radio.interval = interval
      let rig = try await SimulatedRig.connect(model: .elite, on: timeline, radio: radio)
      let recording = try CaptureRecording(path, by: "test", clock: .virtual, at: timeline.now, waits: true) {
        Issue.record("\($0)")
      }
      let device = try await Device.connect(over: RecordedLink.begin(over: rig.link, into: recording))
      let context = RunContext(
        device: DeviceDescription(
          name: "Elite", model: "elite", firmware: nil, isSimulated: true, feature: .init(device.feature)),
        link: LinkDescription(
          transport: "memory", connectionIntervalMicroseconds: radio.interval.wholeMicroseconds,
          maximumTransmissionUnit: rig.link.maximumTransmissionUnit),
        seed: 0, isVirtualTime: true)
      let player = RoutinePlayer(plan, on: device, context: context) { _ in
        (try? await timeline.sleep(for: .seconds(1))) != nil
      }
      let report = await player.play()
      await device.disconnect()
      #expect(recording.finish().leftOut == 0)
      return report
    }
    try #require(report.outcome == .completed, "\(report.reason)")
    return Result(plan: plan, conversation: try CapturedRun.conversation(at: path))
  }
}
