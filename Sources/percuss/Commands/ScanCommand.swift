import ArgumentParser
import PercussBlueZ
import PercussClient
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
      Devices of other families than Percuss are shown with theirs, where name and
      service together tell it: as unofficial, and why where they cannot be used.
      The exit status is 69 when nothing was seen.
      """)

  @Option(name: .customLong("for"), help: "How long to look, 1s to 10min.")
  var length = DurationArgument(.seconds(5))

  @Flag(help: "Show every Bluetooth LE device, not only those of a known family.")
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
        let found = try await central.scan(
          for: all ? [] : [.percussService, .theragunService], duration: length.duration)
        var seen: Set<DiscoveredDevice.ID> = []
        for await device in found {
          let family = DeviceFamily(name: device.name, services: device.services)
          // The service alone says nothing: many products share it.
          if !all, case .stranger? = family { continue }
          let isNew = seen.insert(device.id).inserted
          if output.json || isNew { show(device, family) }
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
    let dialect: String?
    let unofficial: Bool?
    let problem: String?
  }

  private func show(_ device: DiscoveredDevice, _ family: DeviceFamily?) {
    let isUnofficial = family?.dialectName != nil && family?.isUnofficial == true
    if output.json {
      say(
        JSONLine.text(
          Line(
            address: device.id.description, name: device.name, rssiDbm: device.signalStrength,
            services: device.services.map(\.description), dialect: isUnofficial ? family?.dialectName : nil,
            unofficial: isUnofficial ? true : nil, problem: family?.problem)))
    } else {
      let strength = device.signalStrength.map { "\($0) dBm" } ?? "-"
      var line = pad(device.id.description, 19) + pad(strength, 10) + (device.name ?? "(no name)")
      if isUnofficial, let dialect = family?.dialectName { line += "  \(dialect), unofficial" }
      if let problem = family?.problem { line += "  not usable: \(problem)" }
      say(line)
    }
  }
}
