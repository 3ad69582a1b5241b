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
    /// Nil for the Percuss protocol.
    let dialect: String?
    let unofficial: Bool?
    // Of a Percuss device:
    var protocolVersion: String?
    var schemaCrc: UInt32?
    let features: [String]
    var speedMinimumPpm: UInt16?
    var speedMaximumPpm: UInt16?
    var speedStepPpm: UInt16?
    var forceMaximumDecinewtons: UInt16?
    var routineSlots: UInt8?
    var routineSteps: UInt16?
    var queueDepth: UInt8?
    // Of one whose speeds are its motor's:
    var speedMaximumRpm: UInt16?
    var rpmPerThousandPpm: Int?
    var speedRpm: UInt16?
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
    let sample = try await bench.newestTelemetry()
    let telemetry = sample?.motor == nil ? sample?.telemetry : nil
    let dialect = bench.device.dialect
    var line = Line(
      device: bench.name, simulated: bench.isSimulated, manufacturer: information.manufacturer,
      model: information.model, serialNumber: information.serialNumber, firmware: information.firmware,
      hardware: information.hardware, dialect: bench.device.hasLease ? nil : dialect.name,
      unofficial: bench.device.hasLease ? nil : true,
      features: DeviceDescription.Feature(feature).features,
      batteryPercent: telemetry?.batteryPercent, state: sample?.telemetry.state.description,
      mtu: await bench.maximumTransmissionUnit,
      connectionIntervalUs: await bench.connectionInterval?.wholeMicroseconds,
      connectionUpdate: bench.update?.description, slots: slots)
    if bench.device.hasLease || dialect.ratio != nil {
      (line.speedMinimumPpm, line.speedMaximumPpm) = (feature.speedMinimumPPM, feature.speedMaximumPPM)
      line.speedStepPpm = feature.speedStepPPM
    }
    if bench.device.hasLease {
      line.protocolVersion = "\(feature.versionMajor).\(feature.versionMinor)"
      line.schemaCrc = feature.schemaCRC
      line.forceMaximumDecinewtons = feature.forceMaximumDecinewtons
      (line.routineSlots, line.routineSteps) = (feature.routineSlots, feature.routineSteps)
      line.queueDepth = feature.queueDepth
    } else {
      line.speedMaximumRpm = dialect.highestMotorSpeed?.rpm
      line.rpmPerThousandPpm = dialect.ratio?.rpmPerThousandPPM
      line.speedRpm = sample?.motor.map { $0.status.isRunning ? $0.status.speed.rpm : 0 }
    }
    return line
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
    ]
    if let version = line.protocolVersion, let schema = line.schemaCrc {
      rows += [
        ("protocol", "\(version), schema 0x\(String(schema, radix: 16))"),
        ("can do", line.features.joined(separator: ", ")),
      ]
    } else {
      rows += [
        ("dialect", "\(line.dialect ?? "-"): unofficial, and not tried on hardware"),
        ("can do", "speeds of its motor, status, version; no lease, force limit, timer, storage or ramp of its own"),
      ]
    }
    if let highest = line.speedMaximumRpm { rows.append(("motor", "0 to \(highest) rpm")) }
    if let lowest = line.speedMinimumPpm, let highest = line.speedMaximumPpm, let step = line.speedStepPpm {
      let basis =
        line.rpmPerThousandPpm.flatMap(SpeedRatio.init(rpmPerThousandPPM:)).map { ", by \($0) as you stated it" } ?? ""
      rows.append(("speed", "\(lowest) to \(highest) ppm in steps of \(step)\(basis)"))
    } else {
      rows.append(("speed", "in ppm not known: it takes --rpm-per-ppm"))
    }
    if let force = line.forceMaximumDecinewtons, let slots = line.routineSlots, let steps = line.routineSteps,
      let depth = line.queueDepth
    {
      rows += [
        ("force", "limit up to \(Force.decinewtons(force))"),
        ("routines", "\(count(slots, "slot")) of \(count(steps, "step"))"),
        ("queue", count(depth, "step")),
      ]
    }
    rows += [
      ("battery", line.batteryPercent.map { "\($0) %" } ?? "-"),
      ("state", (line.state ?? "-") + (line.speedRpm.map { ", \($0) rpm" } ?? "")),
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
