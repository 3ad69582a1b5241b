import ArgumentParser
import PercussBlueZ
import PercussGATT
import PercussLink
import PercussTime

/// `percuss scan`: which devices advertise nearby.
struct ScanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "scan",
    abstract: "Look for devices that advertise nearby.",
    discussion: """
      Shows each device when it is first seen, and with --json again when what it
      advertises changes. What it shows as address or name is what --device takes.
      The exit status is 69 when nothing was seen.
      """)

  @Option(name: .customLong("for"), help: "How long to look, 1s to 10min.")
  var length = DurationArgument(.seconds(5))

  @Flag(help: "Show every Bluetooth LE device, not only those with the Percuss service.")
  var all = false

  @OptionGroup var adapter: AdapterOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard (.seconds(1) ... .seconds(600)).contains(length.duration) else {
      throw ValidationError("--for is 1s to 10min.")
    }
  }

  func run() throws {
    try reportingFailures(asJSON: output.json) {
      let interruption = Interruption()
      let count = try OpenedCentral.run(adapter.selection, until: interruption) { central in
        let found = try await central.scan(for: all ? [] : [.percussService], duration: length.duration)
        var seen: Set<DiscoveredDevice.ID> = []
        for await device in found {
          let isNew = seen.insert(device.id).inserted
          if output.json || isNew { show(device) }
        }
        return seen.count
      }
      guard count > 0 else {
        throw CommandFailure(
          .noDevice,
          "percuss: no device was seen in \(length.duration.wholeMilliseconds / 1000) s; switch it on, bring it near, and end its other connections"
            + (all ? "" : "; --all shows devices of every kind"))
      }
    }
  }

  private struct Line: Encodable {
    let type = "device"
    let address: String
    let name: String?
    let rssiDbm: Int?
    let services: [String]
  }

  private func show(_ device: DiscoveredDevice) {
    if output.json {
      say(
        JSONLine.text(
          Line(
            address: device.id.description, name: device.name, rssiDbm: device.signalStrength,
            services: device.services.map(\.description))))
    } else {
      let strength = device.signalStrength.map { "\($0) dBm" } ?? "-"
      say(pad(device.id.description, 19) + pad(strength, 10) + (device.name ?? "(no name)"))
    }
  }
}
