import ArgumentParser
import PercussBlueZ

/// `percuss devices`: which devices this machine knows.
struct DevicesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "devices",
    abstract: "List the devices that BlueZ knows, without looking for new ones.",
    discussion: "Those that were seen lately, are paired, or are connected. `percuss scan` looks for others.")

  @OptionGroup var adapter: AdapterOptions
  @OptionGroup var output: OutputOptions

  private struct Line: Encodable {
    let type = "known_device"
    let address: String
    let name: String?
    let paired: Bool
    let connected: Bool
    let trusted: Bool
    let rssiDbm: Int?
  }

  func run() throws {
    try reportingFailures(asJSON: output.json) {
      let devices = try OpenedCentral.run(adapter.selection) { await $0.knownDevices() }
      for device in devices {
        if output.json {
          say(
            JSONLine.text(
              Line(
                address: device.address.description, name: device.name, paired: device.isPaired,
                connected: device.isConnected, trusted: device.isTrusted, rssiDbm: device.signalStrength)))
        } else {
          let states = [(device.isConnected, "connected"), (device.isPaired, "paired"), (device.isTrusted, "trusted")]
          let words = states.filter(\.0).map(\.1).joined(separator: ", ")
          say(pad(device.address.description, 19) + pad(device.name ?? "(no name)", 24) + words)
        }
      }
      if devices.isEmpty, !output.json { say("BlueZ knows no devices; percuss scan looks for some.") }
    }
  }
}
