import Foundation
import PercussCapture
import PercussClient
import PercussCore
import PercussGATT
import PercussLink
import PercussSimulator
import PercussTime
import PercussWire
import Testing

/// A device, a radio and a client, recorded at one end or at both.
struct RecordingTests {
  /// What a capture says, in as much as both ends can say it: operation, characteristic and value, whichever way it went.
  ///
  /// Kinds have an order of their own: what becomes ready at one instant may be done in any.
  private struct Said: CaptureObserver {
    struct Kind: Hashable {
      var operation: ATTOperation
      var characteristic: BluetoothUUID

      var isFromCentral: Bool { [.writeRequest, .writeCommand].contains(operation) }
    }

    var values: [Kind: [[UInt8]]] = [:]
    var problems: [CaptureProblem] = []
    var ends: [ConnectionEvent.Kind] = []

    mutating func attribute(_ event: AttributeEvent, value: RawSpan) {
      guard event.carriesValue, let attribute = event.attribute else { return }
      let bytes = value.withUnsafeBytes { Array($0) }
      values[Kind(operation: event.operation, characteristic: attribute.characteristic), default: []].append(bytes)
    }

    mutating func connection(_ event: ConnectionEvent) {
      if case .disconnected = event.kind { ends.append(event.kind) }
    }

    mutating func controller(_ event: ControllerEvent) {}
    mutating func problem(_ problem: CaptureProblem) { problems.append(problem) }
  }

  private struct Recorded {
    var file: Data
    var said = Said()

    init(_ path: String) throws {
      file = try Data(contentsOf: URL(filePath: path))
      var said = Said()
      var decoder = CaptureDecoder()
      try CaptureFile(path).read { record, packet in
        decoder.decode(record, packet, into: &said)
        return true
      }
      decoder.finish(into: &said)
      self.said = said
    }
  }

  private static func path() -> String {
    FileManager.default.temporaryDirectory.appending(path: "percuss-both-ends-\(UUID().uuidString)").path
  }

  /// Drives a device for a while; what either end has recorded. The device's telemetry is told too.
  private func drive(
    seed: UInt64?, radio parameters: RadioParameters = RadioParameters(), isRecorded: Bool = true
  ) throws -> (central: Recorded?, peripheral: Recorded?, speeds: [Int]) {
    let paths = [Self.path(), Self.path()]
    defer { for path in paths { try? FileManager.default.removeItem(atPath: path) } }
    // Without a seed, ready work is done in the order of its coming.
    let timeline = VirtualTimeline(seed: seed)
    let speeds = try timeline.run {
      let device = SimulatedDevice(model: .elite, on: timeline)
      let recordings = try paths.map {
        try CaptureRecording($0, by: "test", clock: .virtual, at: timeline.now, waits: true) { Issue.record("\($0)") }
      }
      let peripheral: any RadioPeripheral =
        isRecorded
        ? RecordedPeripheral(
          device, on: timeline, into: recordings[1], at: .madeUpPeer, asksForEachPart: false, address: { _ in nil })
        : device
      let plain = try InMemoryLink.connect(to: peripheral, on: timeline, parameters: parameters, seed: seed ?? 0)
      let link: any DeviceLink = isRecorded ? await RecordedLink.begin(over: plain, into: recordings[0]) : plain
      let client = try await Device.connect(over: link)
      _ = try await client.information()
      let telemetry = client.telemetry
      let listening = timeline.start {
        var speeds: [Int] = []
        for await sample in telemetry { speeds.append(Int(sample.telemetry.speedPPM)) }
        return speeds
      }
      try await client.takeControl()
      try await client.upload(.long, to: 0)
      try await client.setSpeed(.ppm(1900), ramp: .milliseconds(300))
      try await timeline.sleep(for: .seconds(3))
      try await client.stop()
      try await timeline.sleep(for: .seconds(2))
      await client.disconnect()
      try await timeline.sleep(for: .seconds(10))
      for recording in recordings {
        let summary = recording.finish()
        #expect(summary.leftOut == 0 && summary.lost == 0 && summary.failure == nil)
      }
      return try await listening.value
    }
    #expect(timeline.foreignEnqueues == 0, "something left the timeline, so the run need not repeat")
    guard isRecorded else { return (nil, nil, speeds) }
    return (try Recorded(paths[0]), try Recorded(paths[1]), speeds)
  }

  private static let radios: [RadioParameters] = {
    var lossy = RadioParameters()
    lossy.lossProbability = 0.2
    var small = RadioParameters()
    small.maximumTransmissionUnit = 23
    return [RadioParameters(), lossy, small]
  }()

  @Test(arguments: 0..<3, [1, 2, 3] as [UInt64])
  func `both ends record the same conversation, without a problem`(radio: Int, seed: UInt64) throws {
    let (central, peripheral, speeds) = try drive(seed: seed, radio: Self.radios[radio])
    let (there, here) = (try #require(central).said, try #require(peripheral).said)
    #expect(there.problems.isEmpty && here.problems.isEmpty, "\(there.problems) \(here.problems)")
    for kind in Set(there.values.keys).union(here.values.keys) {
      let (central, peripheral) = (there.values[kind] ?? [], here.values[kind] ?? [])
      // What was on its way at the end is known to its sender alone.
      let (sent, received) = kind.isFromCentral ? (central, peripheral) : (peripheral, central)
      #expect(Array(sent.prefix(received.count)) == received, "\(kind)")
      #expect(sent.count - received.count <= 2, "\(kind)")
    }
    for (operation, characteristic) in [
      (ATTOperation.writeRequest, BluetoothUUID.percussControlPoint), (.indication, .percussControlPoint),
      (.writeCommand, .percussRoutineData), (.notification, .percussTelemetry), (.readResponse, .modelNumber),
    ] {
      let kind = Said.Kind(operation: operation, characteristic: characteristic)
      #expect(there.values[kind]?.isEmpty == false, "\(operation) \(characteristic)")
    }
    #expect(there.values.values.joined().count > 50)
    #expect(there.ends == [.disconnected(reason: 0x16)] && here.ends == [.disconnected(reason: 0x13)])
    #expect(speeds.contains { $0 > 1800 })
  }

  @Test func `equal runs are equal files`() throws {
    let runs = try (0..<2).map { _ in try drive(seed: 5, radio: Self.radios[1]) }
    #expect(runs[0].central?.file == runs[1].central?.file)
    #expect(runs[0].peripheral?.file == runs[1].peripheral?.file)
    let other = try drive(seed: 6, radio: Self.radios[1])
    #expect(runs[0].central?.file != other.central?.file)
  }

  @Test(arguments: 0..<3)
  func `a recorded run goes as one that is not`(radio: Int) throws {
    // The order that a seed brings depends on how much there is to do.
    let recorded = try drive(seed: nil, radio: Self.radios[radio])
    let plain = try drive(seed: nil, radio: Self.radios[radio], isRecorded: false)
    #expect(recorded.speeds == plain.speeds)
  }

  /// Someone else's requests, in one's own order: reading and writing at once, and the end of the link in between.
  @Test func `requests at once, and the end between request and answer, leave a capture without problems`() throws {
    let path = Self.path()
    defer { try? FileManager.default.removeItem(atPath: path) }
    let timeline = VirtualTimeline()
    try timeline.run {
      let device = SimulatedDevice(model: .elite, on: timeline)
      let recording = try CaptureRecording(path, by: "test", clock: .virtual, at: .zero, waits: true) { _ in }
      let plain = try InMemoryLink.connect(to: device, on: timeline)
      let link = await RecordedLink.begin(over: plain, into: recording)
      let reading = timeline.start { try await link.read(.modelNumber) }
      let writing = timeline.start { try await link.write([0x10, 1, 0], to: .percussControlPoint, type: .request) }
      let refused = timeline.start { try await link.write([1], to: .percussFeature, type: .request) }
      let missing = timeline.start { try await link.read(BluetoothUUID(0xFFFF)) }
      _ = await (reading.result, writing.result, missing.result)
      await #expect(throws: LinkError.attribute(.writeNotPermitted, characteristic: .percussFeature)) {
        try await refused.value
      }
      // Longer than the link carries: nothing goes over it.
      await #expect(throws: LinkError.tooLong(count: 245, maximum: 244)) {
        try await link.write([UInt8](repeating: 0, count: 245), to: .percussControlPoint, type: .request)
      }
      let late = timeline.start { try await link.read(.modelNumber) }
      let waiting = timeline.start { try await link.read(.serialNumber) }
      try await timeline.sleep(for: .milliseconds(1))
      await plain.vanish(.central)
      _ = await (late.result, waiting.result)
      for await _ in link.events {}
      #expect(recording.finish().leftOut == 0)
    }
    let recorded = try Recorded(path)
    #expect(recorded.said.ends == [.disconnected(reason: 0x16)])
    #expect(recorded.said.values.filter(\.key.isFromCentral).values.joined().count == 2)
    // The first of the late reads has no answer; the one behind it was never sent.
    #expect(recorded.said.problems.count == 1)
    guard case .unanswered(.readRequest, _)? = recorded.said.problems.first?.reason else {
      Issue.record("\(recorded.said.problems)")
      return
    }
  }
}
