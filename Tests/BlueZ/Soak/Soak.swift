import Foundation
import PercussBlueZ
import PercussClient
import PercussGATT
import PercussLink
import PercussTime
import PercussWire

/// Connects again and again, then writes again and again, and counts what got lost: `bluez-soak ADAPTER DEVICE CYCLES WRITES`.
///
/// Every write is a request to the control point that the device answers with an indication. One line of JSON at the end; the exit status is 0 when
/// nothing hung and nothing was lost, and 1 otherwise.
@main
struct Soak {
  let central: BlueZCentral
  let address: String
  let timeline: RealTimeline
  var count = Count()

  /// What a soak has come to.
  struct Count: Encodable {
    var cycles = 0
    var writes = 0
    var lostResponses = 0
    var missedEvents = 0
    var missedTelemetry = 0
    var slowestConnectMs: Int64 = 0
    var slowestWriteMs: Int64 = 0
    var connectSeconds = 0.0
    var writeSeconds = 0.0
  }

  static func main() {
    let arguments = CommandLine.arguments
    guard arguments.count == 5, let adapter = AdapterSelection(arguments[1]), let cycles = Int(arguments[3]),
      let writes = Int(arguments[4])
    else {
      say("usage: bluez-soak ADAPTER DEVICE CYCLES WRITES")
      exit(2)
    }
    let timeline = RealTimeline()
    do {
      let count = try timeline.run {
        let central = try await BlueZCentral.open(adapter: adapter, on: timeline)
        var soak = Soak(central: central, address: arguments[2], timeline: timeline)
        try await soak.connect(cycles)
        try await soak.write(writes)
        await central.close()
        return soak.count
      }
      timeline.shutDown()
      let encoder = JSONEncoder()
      encoder.outputFormatting = .sortedKeys
      encoder.keyEncodingStrategy = .convertToSnakeCase
      say(String(decoding: try encoder.encode(count), as: UTF8.self))
      exit(count.lostResponses == 0 && count.missedEvents == 0 ? 0 : 1)
    } catch {
      say("bluez-soak: \(error)")
      exit(1)
    }
  }

  static func say(_ text: String) {
    FileHandle.standardOutput.write(Data((text + "\n").utf8))
  }

  /// Connects, asks one thing, and disconnects, that often.
  mutating func connect(_ cycles: Int) async throws {
    let began = timeline.now
    for cycle in 0..<cycles {
      let start = timeline.now
      let device = try await open()
      count.slowestConnectMs = max(count.slowestConnectMs, start.duration(to: timeline.now).wholeMilliseconds)
      _ = try await device.query(slot: 0)
      await close(device)
      count.cycles += 1
      if cycle % 10 == 9 { Self.say("\(cycle + 1) connections") }
    }
    count.connectSeconds = Double(began.duration(to: timeline.now).wholeMilliseconds) / 1000
  }

  /// Writes that often, each time with an answer.
  mutating func write(_ writes: Int) async throws {
    guard writes > 0 else { return }
    let device = try await open()
    let began = timeline.now
    for write in 0..<writes {
      let start = timeline.now
      _ = try await device.query(slot: UInt8(write % Int(max(1, device.feature.routineSlots))))
      count.slowestWriteMs = max(count.slowestWriteMs, start.duration(to: timeline.now).wholeMilliseconds)
      count.writes += 1
      if write % 1000 == 999 { Self.say("\(write + 1) writes") }
    }
    count.writeSeconds = Double(began.duration(to: timeline.now).wholeMilliseconds) / 1000
    await close(device)
  }

  private func open() async throws -> Device {
    let found = try await central.find(address, timeout: .seconds(20))
    return try await Device.connect(over: central.connect(to: found.id, timeout: .seconds(30)))
  }

  private mutating func close(_ device: Device) async {
    let statistics = await device.statistics
    count.lostResponses += statistics.repeatedRequests
    count.missedEvents += statistics.missedEvents
    count.missedTelemetry += statistics.missedTelemetry
    await device.disconnect()
  }
}
