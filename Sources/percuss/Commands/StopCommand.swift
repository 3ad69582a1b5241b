import ArgumentParser
import PercussClient

/// `percuss stop`: stops the motor, whoever drives it.
struct StopCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stop",
    abstract: "Stop the motor, whoever drives it, and see it at rest.",
    discussion: """
      A stop needs no control: any central may send it, in any state, and it works
      beside another program of this machine that drives the device. One without a lease
      of its own is held at rest for 3 s meanwhile, until that program has seen it; where
      that goes on, only listens or says nothing, the rest cannot be seen from here: 75.
      """)

  @OptionGroup var device: DeviceOptions
  @OptionGroup var recording: RecordingOptions
  @OptionGroup var output: OutputOptions

  /// How many connections may end meanwhile: the other program's, while it ends, and one or two begun before its end is known.
  private static let tries = 5

  func run() throws {
    try reportingFailures(asJSON: output.json) {
      let opened = try OpenedDevice(device, recordingIn: recording.capture)
      defer { opened.close() }
      // A program that drove the device may end the connection for both when it finds itself stopped: then the rest is seen over a new one.
      var name: String?
      for remaining in (0..<Self.tries).reversed() where name == nil {
        name = try stop(opened, isLastTry: remaining == 0)
      }
      guard let name else { return }
      say(output.json ? JSONLine.text(RestLine(device: name)) : "\(name) is at rest.")
      try opened.finishRecording()
    }
  }

  /// - Returns: what the device is called; nil when the connection ended before the motor was seen at rest, and there is another try.
  private func stop(_ opened: OpenedDevice, isLastTry: Bool) throws -> String? {
    try opened.run(for: .stop) { bench in
      do {
        try await bench.bringToRest()
        return bench.name
      } catch {
        guard !isLastTry, await !bench.device.isConnected else { throw error }
        return nil
      }
    }
  }
}

/// That the motor was seen at rest, as `--json` prints it; see `protocol-spec/output.md`.
struct RestLine: Encodable {
  let type = "stopped"
  let atRest = true
  let device: String
}
