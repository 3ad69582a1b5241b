import ArgumentParser
import Foundation
import PercussBlueZ
import PercussLink
import PercussTime

/// `percuss pair DEVICE`: pairs this machine with a device, or forgets it.
struct PairCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pair",
    abstract: "Pair with a device, or forget it.",
    discussion: """
      Most devices pair without a question. Where one has a number to compare or to
      type, this asks on the terminal; without a terminal such a pairing is refused.
      """)

  @Argument(help: "The device, by address or advertised name.")
  var device: String

  @Flag(help: "Forget the device: its keys, and what is known of its services.")
  var remove = false

  @Option(help: "How long to look for the device and pair with it, 1s to 5min.")
  var timeout = DurationArgument(.seconds(60))

  @OptionGroup var adapter: AdapterOptions
  @OptionGroup var output: OutputOptions

  private struct Line: Encodable {
    let type: String
    let address: String
    let name: String?
  }

  func validate() throws {
    guard (.seconds(1) ... .seconds(300)).contains(timeout.duration) else {
      throw ValidationError("--timeout is 1s to 5min.")
    }
  }

  func run() throws {
    try reportingFailures(asJSON: output.json) {
      let interruption = Interruption()
      let (id, name) = try OpenedCentral.run(adapter.selection, until: interruption) { central in
        remove ? try await forget(on: central) : try await pair(on: central)
      }
      let called = name.map { "\($0) (\(id))" } ?? id.description
      say(
        output.json
          ? JSONLine.text(Line(type: remove ? "forgotten" : "paired", address: id.description, name: name))
          : remove ? "\(called) is forgotten." : "\(called) is paired.")
    }
  }

  private func pair(on central: BlueZCentral) async throws -> (DiscoveredDevice.ID, String?) {
    let deadline = central.timeline.now.advanced(by: timeout.duration)
    let found = try await central.find(device, timeout: timeout.duration)
    try await central.pair(
      found.id, agent: isatty(STDIN_FILENO) == 1 ? Self.terminalAgent : .justWorks,
      timeout: max(.seconds(1), central.timeline.now.duration(to: deadline)))
    return (found.id, found.name)
  }

  private func forget(on central: BlueZCentral) async throws -> (DiscoveredDevice.ID, String?) {
    let known = await central.knownDevices().filter {
      $0.name == device || $0.id.description == device.uppercased()
    }
    guard let first = known.first else {
      throw CommandFailure(.noDevice, "percuss: BlueZ knows no device “\(device)”; percuss devices lists what it knows")
    }
    guard known.count == 1 else {
      let addresses = known.map(\.address.description).joined(separator: ", ")
      throw CommandFailure(
        .noDevice, "percuss: \(known.count) devices are called “\(device)”: give one of \(addresses)")
    }
    try await central.removeBond(first.id)
    return (first.id, first.name)
  }

  /// Asks on the standard error, so that the standard output holds results only.
  private static var terminalAgent: PairingAgent {
    var agent = PairingAgent()
    agent.enterPasskey = { device in
      sayError("The six digits that \(device) shows: ")
      return await LineReader.shared.nextLine().flatMap { UInt32($0.filter { $0 != " " }) }
    }
    agent.showPasskey = { device, passkey, entered in
      if entered == 0 { sayError("Type \(digits(passkey)) on \(device).") }
    }
    agent.confirm = { device, passkey in
      sayError("Does \(device) show \(digits(passkey))? Return for yes, Ctrl-D for no.")
      return await LineReader.shared.nextLine() != nil
    }
    return agent
  }

  private static func digits(_ passkey: UInt32) -> String {
    let text = String(passkey)
    return String(repeating: "0", count: max(0, 6 - text.count)) + text
  }
}
