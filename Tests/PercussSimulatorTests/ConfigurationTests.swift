import Foundation
import PercussBlueZ
import PercussCore
import PercussDocument
import PercussGATT
import PercussLink
import PercussTime
import Testing

@testable import PercussSimulator

/// Configuration files: what they say, and what is said about bad ones.
@Suite struct ConfigurationTests {
  private static let package = URL(filePath: #filePath).appending(path: "../../..").standardizedFileURL
  private static let badFolder = URL(filePath: #filePath).deletingLastPathComponent().appending(
    path: "BadConfigurations")
  static let badNames = ((try? FileManager.default.contentsOfDirectory(atPath: badFolder.path)) ?? [])
    .filter { !$0.hasSuffix(".expected") }.sorted()

  private func parse(_ text: String) throws(DocumentDiagnostics) -> SimulatorConfiguration {
    try SimulatorConfiguration.parse(Array(text.utf8), name: "test.yaml")
  }

  @Test func `a version alone is one device, one adapter and no faults`() throws {
    let configuration = try parse("percussd: 1\n")
    #expect(configuration.devices.map(\.name) == ["Percuss Elite 0001"])
    #expect(configuration.devices.map(\.address?.description) == ["C8:2E:47:0A:11:02"])
    #expect(configuration.adapters.map(\.description) == ["00:AA:01:00:00:00"])
    #expect(configuration.quirks == EmulationQuirks())
    #expect(configuration.radio == .init())
    #expect(configuration.offersControl)
  }

  @Test func `the example says what its comments say`() throws {
    let bytes = try Data(contentsOf: Self.package.appending(path: "systemd/percussd.yaml"))
    let configuration = try SimulatorConfiguration.parse(Array(bytes), name: "percussd.yaml")
    #expect(
      configuration.devices.map(\.name)
        == ["Percuss Elite 0001", "Percuss Elite 0002", "Percuss Mini", "Shaky Elite", "Percuss Pro 0005", "Elite"])
    #expect(Set(configuration.devices.compactMap(\.address)).count == 6)
    #expect(configuration.devices[5].model == "theragun-elite" && configuration.devices[5].linkLoss == .keepsRunning)
    let mini = configuration.devices[2]
    #expect(mini.address == BluetoothAddress("C8:2E:47:20:00:01"))
    #expect(mini.hasHand && mini.batteryPercent == 35 && mini.temperatureDecidegrees == 315)
    #expect(mini.clockDriftPartsPerMillion == 40 && !mini.isMotorStuck)
    let faults = configuration.devices[3].faults
    #expect(faults.droppedNotifications == 0.01 && faults.notificationDelay == .milliseconds(200))
    #expect(faults.refusal.rawValue == 0x0E && faults.disconnectAfter == 5000)
    #expect(configuration.devices[4].pairing == .passkey(123456) && configuration.devices[4].requiresPairing)
    #expect(configuration.radio.lossProbability == 0.02)
    #expect(configuration.quirks.abortedConnects == 1 && configuration.quirks.disconnectDelay == .seconds(2))
    #expect(configuration.seed == 7)
  }

  @Test func `a group counts names and addresses up`() throws {
    let configuration = try parse(
      "percussd: 1\ndevices:\n  - {model: pro, count: 3, name: Gym, address: \"C8:2E:47:0A:11:FF\"}\n")
    #expect(configuration.devices.map(\.name) == ["Gym 0001", "Gym 0002", "Gym 0003"])
    #expect(
      configuration.devices.map(\.address?.description)
        == ["C8:2E:47:0A:11:FF", "C8:2E:47:0A:12:00", "C8:2E:47:0A:12:01"])
  }

  @Test func `Theraguns of a model share a name, unless they are given one`() throws {
    let configuration = try parse(
      """
      percussd: 1
      devices:
        - {model: theragun-pro, count: 2}
        - {model: theragun-prime, link_loss: stops, name: liv2}
        - {model: elite}

      """)
    #expect(configuration.devices.map(\.name) == ["Pro", "Pro", "liv2", "Percuss Elite 0004"])
    #expect(Set(configuration.devices.map(\.address)).count == 4)
    guard case .theragun(.pro, linkLoss: .keepsRunning) = configuration.devices[0].kind,
      case .theragun(.prime, linkLoss: .stops) = configuration.devices[2].kind,
      case .percuss = configuration.devices[3].kind
    else {
      Issue.record("\(configuration.devices)")
      return
    }
  }

  @Test func `addresses that are not given follow from the seed, and give way to those that are`() throws {
    let first = SimulatorConfiguration(deviceCount: 20, seed: 7).devices.map(\.address)
    #expect(first == SimulatorConfiguration(deviceCount: 20, seed: 7).devices.map(\.address))
    #expect(Set(first).count == 20)
    #expect(first != SimulatorConfiguration(deviceCount: 20, seed: 8).devices.map(\.address))
    #expect(first.allSatisfy { $0?.isRandomStatic == true })
    let configuration = try parse(
      "percussd: 1\ndevices:\n  - {model: elite, count: 2}\n  - {model: elite, address: \"C8:2E:47:0A:11:03\"}\n")
    #expect(
      configuration.devices.map(\.address?.description)
        == ["C8:2E:47:0A:11:02", "C8:2E:47:0A:11:04", "C8:2E:47:0A:11:03"])
  }

  @Test func `an empty list of devices is none, for those that are added later`() throws {
    #expect(try parse("percussd: 1\ndevices: []\n").devices.isEmpty)
  }

  @Test func `JSON says the same`() throws {
    let json = #"{"percussd": 1, "seed": 7, "devices": [{"model": "mini", "battery": "5 %"}], "control": false}"#
    let configuration = try SimulatorConfiguration.parse(Array(json.utf8), name: "percussd.json")
    #expect(configuration.devices.map(\.batteryPercent) == [5])
    #expect(!configuration.offersControl)
  }

  /// To write the expected texts anew after a change of wording, run with `UPDATE_EXPECTED=1`, then read the difference.
  @Test(arguments: badNames)
  func `a bad configuration gets exactly the diagnostics beside it`(name: String) throws {
    let file = try FileHandle(forReadingFrom: Self.badFolder.appending(path: name))
    defer { try? file.close() }
    let bytes = [UInt8](try file.readToEnd() ?? Data())
    let found: String
    do throws(DocumentDiagnostics) {
      _ = try SimulatorConfiguration.parse(bytes, name: name)
      Issue.record("\(name) is accepted")
      return
    } catch {
      found = error.description
    }
    let expected = Self.badFolder.appending(path: "\(name).expected")
    if ProcessInfo.processInfo.environment["UPDATE_EXPECTED"] == "1" { try Data(found.utf8).write(to: expected) }
    #expect(try String(contentsOf: expected, encoding: .utf8) == found)
  }

  @Test func `there are bad configurations of both formats`() {
    #expect(Self.badNames.count >= 15)
    #expect(Self.badNames.contains { $0.hasSuffix(".json") })
  }

  @Test(arguments: [
    ("7.5 ms", 7_500_000), ("30s", 30_000_000_000), ("1 min 30 s", 90_000_000_000), ("0 s", 0), ("500us", 500_000),
    ("24 h", 86_400_000_000_000), ("0.000000001 s", 1), ("1.25 h", 4_500_000_000_000),
  ])
  func `a duration is read exactly, and written so that it reads back`(text: String, nanoseconds: Int64) {
    let duration = Duration.nanoseconds(nanoseconds)
    #expect(DurationText.read(text) == duration)
    #expect(DurationText.read(DurationText.text(duration)) == duration, "\(DurationText.text(duration))")
  }

  @Test(arguments: [
    "", " ", "5", "5 minutes", "s", "-1 s", "1 s 1 min", "1 s 1 s", "25 h", "1..5 s", "1. s", ".5 s", "1e3 ms",
    "0.1234567891 s", "0.0000000001 h", "99999999999 s", "١ s", "1 s x", "1,5 s",
  ])
  func `what is no duration is refused`(text: String) {
    #expect(DurationText.read(text) == nil)
  }

  @Test func `every duration reads back as it is written`() {
    var random = SeededGenerator(seed: 1)
    for _ in 0..<20_000 {
      let limit = UInt64(1) << random.next(upperBound: UInt64(47))
      let duration = Duration.nanoseconds(Int64(random.next(upperBound: min(limit, 86_400_000_000_000)) / 1000 * 1000))
      #expect(DurationText.read(DurationText.text(duration)) == duration, "\(DurationText.text(duration))")
    }
  }
}
