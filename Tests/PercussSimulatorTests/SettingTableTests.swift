import Foundation
import PercussCore
import PercussLink
import Testing

@testable import PercussSimulator

/// The tables of named settings, the structures they set, and the schema that describes them: each says the same.
@Suite struct SettingTableTests {
  private func definitions() throws -> [String: Any] {
    let file = URL(filePath: #filePath).appending(path: "../../../systemd/percussd.schema.json").standardizedFileURL
    let schema = try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any]
    return try #require(schema?["$defs"] as? [String: Any])
  }

  private func names(_ value: some Any) -> [String] {
    Mirror(reflecting: value).children.compactMap { $0.label.map(SettingName.snakeCase) }
  }

  @Test func `every quirk can be set by its name`() {
    #expect(EmulationQuirks.settings.map(\.name) == names(EmulationQuirks()))
  }

  @Test func `every fault of the air can be set by its name`() {
    #expect(AirFaults.settings.map(\.name) == names(AirFaults()))
  }

  @Test func `every parameter of the radio but its disturbances can be set`() {
    let shortNames = [
      "maximum_transmission_unit": "mtu", "loss_probability": "loss", "drop_probability": "drop",
    ]
    let names = names(RadioParameters()).filter { $0 != "disturbances" }.map { shortNames[$0] ?? $0 }
    #expect(RadioParameters.settings.map(\.name) == names)
  }

  @Test func `names are written in small letters`() {
    #expect(SettingName.snakeCase("signalsLargeRSSIChangesOnly") == "signals_large_rssi_changes_only")
    #expect(SettingName.snakeCase("afterReply") == "after_reply")
    #expect(SettingName.snakeCase("stall") == "stall")
  }

  @Test func `a setting takes what its kind says, and gives it back`() {
    check(EmulationQuirks.settings, EmulationQuirks())
    check(AirFaults.settings, AirFaults())
    check(RadioParameters.settings, RadioParameters())
  }

  private func check<Root>(_ table: [Setting<Root>], _ initial: Root) {
    for setting in table {
      let (good, bad) = examples(of: setting.kind)
      for value in good {
        var root = initial
        #expect(setting.set(&root, value), "\(setting.name)")
        #expect(setting.get(root) == value, "\(setting.name)")
        for other in table where other.name != setting.name { #expect(other.get(root) == other.get(initial)) }
      }
      for value in bad {
        var root = initial
        #expect(!setting.set(&root, value), "\(setting.name)")
        #expect(setting.get(root) == setting.get(initial))
      }
    }
  }

  private func examples(of kind: SettingKind) -> (good: [SettingValue], bad: [SettingValue]) {
    switch kind {
    case .flag: ([.flag(true), .flag(false)], [.count(1)])
    case .count(let range):
      (
        [.count(range.lowerBound), .count(range.upperBound)],
        [.count(range.lowerBound - 1), .count(range.upperBound + 1), .flag(true)]
      )
    case .share(let range): ([.share(0), .share(range.upperBound)], [.share(-0.1), .share(range.upperBound + 0.01)])
    case .duration(let range):
      (
        [.duration(range.lowerBound), .duration(range.upperBound)],
        [.duration(range.upperBound + .milliseconds(1)), .share(1)]
      )
    case .choice(let words): (words.map { .choice($0) }, [.choice("nonsense"), .choice("")])
    }
  }

  @Test(arguments: ["quirks", "faults", "radio"])
  func `the schema knows the same names, kinds and ranges`(section: String) throws {
    let definitions = try definitions()
    let described = try #require(
      (definitions[section] as? [String: Any])?["properties"] as? [String: [String: Any]])
    let table: [(name: String, kind: SettingKind, summary: String)] =
      switch section {
      case "quirks": EmulationQuirks.settings.map { ($0.name, $0.kind, $0.summary) }
      case "faults": AirFaults.settings.map { ($0.name, $0.kind, $0.summary) }
      default: RadioParameters.settings.map { ($0.name, $0.kind, $0.summary) }
      }
    #expect(Set(described.keys) == Set(table.map(\.name)))
    for (name, kind, summary) in table {
      let property = try #require(described[name], "\(name)")
      #expect(property["description"] as? String == summary)
      switch kind {
      case .flag: #expect(property["type"] as? String == "boolean", "\(name)")
      case .count(let range):
        #expect(property["minimum"] as? Int == range.lowerBound && property["maximum"] as? Int == range.upperBound)
      case .share(let range):
        #expect((property["maximum"] as? NSNumber)?.doubleValue == range.upperBound, "\(name)")
      case .duration: #expect(property["$ref"] as? String == "#/$defs/duration", "\(name)")
      case .choice(let words): #expect(property["enum"] as? [String] == words, "\(name)")
      }
    }
  }

  @Test func `the schema knows every key of a device`() throws {
    let definitions = try definitions()
    let device = try #require((definitions["device"] as? [String: Any])?["properties"] as? [String: Any])
    #expect(
      Set(device.keys) == [
        "model", "count", "name", "address", "hand", "battery", "temperature", "clock_drift", "motor",
        "link_loss", "faults", "pairing",
      ])
    #expect((device["model"] as? [String: Any])?["enum"] as? [String] == SimulatedModel.named.map(\.name))
    #expect((device["link_loss"] as? [String: Any])?["enum"] as? [String] == LinkLossBehaviour.names)
  }
}
