import ArgumentParser
import Foundation
import PercussBlueZ
import PercussCapture
import PercussDBus
import PercussDocument
import PercussSimulator
import PercussTime

/// `percuss shell -- COMMAND`: a command with simulated devices around it.
struct ShellCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "shell",
    abstract: "Run a command with simulated devices around it, on a private bus.",
    discussion: """
      Every BlueZ client that the command runs finds the devices, without Bluetooth and
      without root: `percuss shell -- pytest` is all that an integration test needs.
      The command has in its environment
        DBUS_SYSTEM_BUS_ADDRESS  the private bus, with org.bluez and org.percuss.Simulator
        PERCUSS_DEVICE           address of the first device
        PERCUSS_DEVICES          addresses of all of them, with a space between
      and not PERCUSS_ADAPTER, which names an adapter of this machine.

      The exit status is that of the command; 128 and the number of the signal when one
      ended it, 126 when it cannot be executed, 127 when there is no such command.
      Signals are passed on to it. Bus, devices and command end with this program, also
      when it is killed.
      """)

  @Option(name: .long, help: "How many devices of the model elite, 0 to 1000. 1 unless given.")
  var devices: Int?

  @Option(
    name: .long,
    help: ArgumentHelp("Configuration of devices, radio and faults; see systemd/percussd.yaml.", valueName: "file"))
  var config: String?

  @Option(name: .long, help: "Seed of all chance. That of the configuration, or 0, unless given.")
  var seed: UInt64?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Write a capture of all links of the devices: btsnoop, for Wireshark, btmon and percuss capture.",
      discussion: """
        As the devices' own host would record it, each device as an adapter. Handles, discovery, the parts of long \
        values and HCI are reconstructed.
        """, valueName: "file"))
  var capture: String?

  @Argument(parsing: .postTerminator, help: "The command and its arguments, after --.")
  var command: [String] = []

  func validate() throws {
    guard !command.isEmpty else { throw ValidationError("Say which command to run, as in: percuss shell -- pytest") }
    guard config == nil || devices == nil else {
      throw ValidationError("--devices is for use without --config; the configuration says how many.")
    }
    if let devices, !(0...SimulatorConfiguration.deviceLimit).contains(devices) {
      throw ValidationError("--devices is 0 to \(SimulatorConfiguration.deviceLimit), not \(devices).")
    }
  }

  func run() throws {
    let variables = ProcessInfo.processInfo.environment
    let file = try ChildProcess.executable(named: command[0], path: variables["PATH"])
    let configuration = try simulatorConfiguration()
    ChildProcess.prepare()
    let timeline = RealTimeline(name: "percuss-shell")
    defer { timeline.shutDown() }
    let recording = try capture.map {
      try FileRecording($0, besides: config ?? "-", on: timeline, isVirtualTime: false)
    }
    let status = try withSimulator(configuration, recording: recording?.recording, on: timeline) { address in
      let addresses = configuration.devices.compactMap(\.address?.description)
      var environment = variables
      environment["DBUS_SYSTEM_BUS_ADDRESS"] = address.description
      environment["PERCUSS_DEVICE"] = addresses.first ?? ""
      environment["PERCUSS_DEVICES"] = addresses.joined(separator: " ")
      environment["PERCUSS_ADAPTER"] = nil
      let child = try ChildProcess(file, Array(command.dropFirst()), environment: environment)
      return child.wait()
    }
    // The command's own failure is the one that its caller waits for.
    let whole = Result { try recording?.finish() }
    if case .failure(let error) = whole {
      guard status != 0 else { throw error }
      sayError(CommandFailure(error).message)
    }
    Foundation.exit(status)
  }

  private func simulatorConfiguration() throws -> SimulatorConfiguration {
    guard let config else { return SimulatorConfiguration(deviceCount: devices ?? 1, seed: seed ?? 0) }
    do {
      let bytes = try DocumentFile.bytes(of: config, limit: SimulatorConfiguration.maximumSize)
      return try SimulatorConfiguration.parse(bytes, name: config, seed: seed)
    } catch let diagnostics as DocumentDiagnostics {
      throw CommandFailure(diagnostics)
    } catch let unreadable as DocumentFile.Unreadable {
      throw CommandFailure(.badDocument, unreadable.description)
    }
  }

  /// Does something while the devices are there.
  private func withSimulator<Success>(
    _ configuration: SimulatorConfiguration, recording: CaptureRecording?, on timeline: RealTimeline,
    _ body: (BusAddress) throws -> Success
  ) throws -> Success {
    let bus: PrivateBus
    do { bus = try PrivateBus.start() } catch { throw CommandFailure(.noDevice, "percuss shell: \(error)") }
    defer { bus.stop() }
    let simulator = try timeline.run {
      do {
        return try await Simulator.start(
          configuration, on: bus.address, timeline: timeline, recording: recording
        ) { note in
          // The bus may go away under the command; the rest is of no interest here.
          if note.level == .error { sayError("percuss shell: \(note.message)") }
        }
      } catch let error as SimulatorError {
        throw CommandFailure(.noDevice, "percuss shell: \(error)")
      }
    }
    let result = Result { try body(bus.address) }
    try timeline.run { await simulator.stop() }
    return try result.get()
  }
}
