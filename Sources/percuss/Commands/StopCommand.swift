import ArgumentParser
import PercussClient

/// `percuss stop`: stops the motor, whoever drives it.
struct StopCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stop",
    abstract: "Stop the motor, whoever drives it, and see it at rest.",
    discussion: "A stop needs no control: any central may send it, in any state.")

  @OptionGroup var device: DeviceOptions
  @OptionGroup var output: OutputOptions

  private struct Line: Encodable {
    let type = "stopped"
    let atRest = true
    let device: String
  }

  func run() throws {
    try reportingFailures(asJSON: output.json) {
      let opened = try OpenedDevice(device)
      defer { opened.close() }
      let name = try opened.run { bench in
        try await bench.bringToRest()
        return bench.name
      }
      say(output.json ? JSONLine.text(Line(device: name)) : "\(name) is at rest.")
    }
  }
}
