import Foundation
import PercussCapture
import PercussCore
import PercussLink
import PercussSimulator
import PercussTime
import PercussWire
import Testing

/// A golden capture, said again to a virtual device.
enum CapturedRun {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "captures")

  /// The conversation in a capture.
  static func conversation(_ name: String, connection: Int? = nil) throws -> Conversation {
    try conversation(at: folder.appending(path: name).path, connection: connection)
  }

  /// The conversation in a capture that lies elsewhere.
  static func conversation(at path: String, connection: Int? = nil) throws -> Conversation {
    let file = try CaptureFile(path)
    var reader = ConversationReader(connection: connection)
    var decoder = CaptureDecoder()
    try file.read { record, packet in
      decoder.decode(record, packet, into: &reader)
      return true
    }
    decoder.finish(into: &reader)
    return try reader.choose()
  }

  /// The feature of the device in the captures.
  static func feature() throws -> DeviceFeature {
    let read = try conversation("percuss-set.btsnoop").items.first { $0.action == .read }
    return try DeviceFeature(try #require(read).bytes)
  }

  /// Says it again to a virtual elite behind some misbehaviour, in virtual time.
  static func replay(
    _ captured: Conversation, pace: ReplayScript.Pace = .captured, seed: UInt64 = 0,
    misbehaving misbehaviour: Misbehaviour = Misbehaviour()
  ) throws -> CaptureReplay.Outcome {
    let timeline = VirtualTimeline()
    return try timeline.run {
      var parameters = RadioParameters()
      parameters.interval = .milliseconds(30)
      parameters.maximumTransmissionUnit = 247
      var configuration = SimulatedDevice.Configuration()
      configuration.information.model = "Percuss virtual elite"
      let device = SimulatedDevice(model: .elite, on: timeline, configuration: configuration)
      let peripheral = MisbehavingPeripheral(device, misbehaviour)
      let link = try InMemoryLink.connect(
        to: peripheral, on: timeline, parameters: parameters, central: CentralID(rawValue: 1), seed: seed)
      let outcome = await CaptureReplay(of: captured, over: link, pace: pace).run()
      await link.disconnect()
      return outcome
    }
  }

  /// What the replay of a capture differs in.
  static func compare(
    _ captured: Conversation, pace: ReplayScript.Pace = .captured, seed: UInt64 = 0,
    misbehaving misbehaviour: Misbehaviour = Misbehaviour()
  ) throws -> ConversationComparison {
    let outcome = try replay(captured, pace: pace, seed: seed, misbehaving: misbehaviour)
    var options = ConversationComparison.Options()
    options.comparesCentral = false
    options.comparesTimes = pace == .captured
    return ConversationComparison(outcome.compared, outcome.conversation, options)
  }
}
