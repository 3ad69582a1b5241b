import ArgumentParser
import PercussBlueZ
import PercussClient
import PercussRoutine
import PercussTime
import PercussWire

/// `percuss info`: what a device is and what it can do.
struct InfoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "info", abstract: "Show what a device is, what it can do and what its slots hold.")

  @OptionGroup var device: DeviceOptions
  @OptionGroup var recording: RecordingOptions
  @OptionGroup var output: OutputOptions

  private struct Slot: Encodable, Sendable {
    let slot: UInt8
    let status: String
    let length: UInt32
    let crc32: UInt32
  }

  private struct Line: Encodable, Sendable {
    let type = "info"
    let device: String
    let simulated: Bool
    let manufacturer: String?
    let model: String?
    let serialNumber: String?
    let firmware: String?
    let hardware: String?
    let protocolVersion: String
    let schemaCrc: UInt32
    let features: [String]
    let speedMinimumPpm: UInt16
    let speedMaximumPpm: UInt16
    let speedStepPpm: UInt16
    let forceMaximumDecinewtons: UInt16
    let routineSlots: UInt8
    let routineSteps: UInt16
    let queueDepth: UInt8
    let batteryPercent: UInt8?
    let state: String?
    let mtu: Int
    let connectionIntervalUs: Int64?
    let connectionUpdate: String?
    let slots: [Slot]
  }

  func run() throws {
    try reportingFailures(asJSON: output.json) {
      let opened = try OpenedDevice(device, recordingIn: recording.capture)
      defer { opened.close() }
      let line = try opened.run { try await Self.ask($0) }
      output.json ? say(JSONLine.text(line)) : Self.printTable(line)
      try opened.finishRecording()
    }
  }

  private static func ask(_ bench: Bench) async throws -> Line {
    let feature = bench.device.feature
    let information = try await bench.device.information()
    var slots: [Slot] = []
    for number in 0..<feature.routineSlots {
      let slot = try await bench.device.query(slot: number)
      slots.append(Slot(slot: number, status: Self.words(slot.status), length: slot.length, crc32: slot.crc32))
    }
    let telemetry = try await bench.newestTelemetry()
    return Line(
      device: bench.name, simulated: bench.isSimulated, manufacturer: information.manufacturer,
      model: information.model, serialNumber: information.serialNumber, firmware: information.firmware,
      hardware: information.hardware, protocolVersion: "\(feature.versionMajor).\(feature.versionMinor)",
      schemaCrc: feature.schemaCRC, features: DeviceDescription.Feature(feature).features,
      speedMinimumPpm: feature.speedMinimumPPM, speedMaximumPpm: feature.speedMaximumPPM,
      speedStepPpm: feature.speedStepPPM, forceMaximumDecinewtons: feature.forceMaximumDecinewtons,
      routineSlots: feature.routineSlots, routineSteps: feature.routineSteps, queueDepth: feature.queueDepth,
      batteryPercent: telemetry?.batteryPercent, state: telemetry?.state.description,
      mtu: await bench.maximumTransmissionUnit,
      connectionIntervalUs: await bench.connectionInterval?.wholeMicroseconds,
      connectionUpdate: bench.update?.description, slots: slots)
  }

  private static func words(_ status: SlotStatus) -> String {
    let words = [(SlotStatus.stored, "stored"), (.partial, "partial"), (.playing, "playing")]
      .filter { status.contains($0.0) }.map(\.1)
    return words.isEmpty ? "empty" : words.joined(separator: " ")
  }

  private static func printTable(_ line: Line) {
    var rows: [(String, String)] = [
      ("device", line.device + (line.simulated ? " (virtual: no motor of metal)" : "")),
      ("manufacturer", line.manufacturer ?? "-"), ("model", line.model ?? "-"),
      ("serial number", line.serialNumber ?? "-"), ("firmware", line.firmware ?? "-"),
      ("hardware", line.hardware ?? "-"),
      ("protocol", "\(line.protocolVersion), schema 0x\(String(line.schemaCrc, radix: 16))"),
      ("can do", line.features.joined(separator: ", ")),
      ("speed", "\(line.speedMinimumPpm) to \(line.speedMaximumPpm) ppm in steps of \(line.speedStepPpm)"),
      ("force", "limit up to \(Force.decinewtons(line.forceMaximumDecinewtons))"),
      ("routines", "\(count(line.routineSlots, "slot")) of \(count(line.routineSteps, "step"))"),
      ("queue", count(line.queueDepth, "step")),
      ("battery", line.batteryPercent.map { "\($0) %" } ?? "-"), ("state", line.state ?? "-"),
      ("ATT_MTU", "\(line.mtu) bytes"),
      (
        "interval",
        [line.connectionIntervalUs.map { "\($0) us" } ?? "not known", line.connectionUpdate].compactMap(\.self)
          .joined(separator: "; ")
      ),
    ]
    for slot in line.slots {
      rows.append(("slot \(slot.slot)", slot.status == "empty" ? "empty" : "\(slot.status), \(slot.length) bytes"))
    }
    for (name, value) in rows { say(pad(name, 15) + value) }
  }
}
