import ArgumentParser
import PercussClient
import PercussLink
import PercussTime
import PercussWire

/// `percuss monitor`: what a device reports, as it reports it.
struct MonitorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "monitor",
    abstract: "Show telemetry and events as they arrive.",
    discussion: "Only listens: it takes no control and moves nothing. Ctrl-C ends it, with status 0.")

  @Option(name: .customLong("for"), help: "How long to listen; without it until Ctrl-C, or 10s of virtual time.")
  var length: DurationArgument?

  @Option(help: "Time between two telemetry values, 20ms to 60s; from 100ms where the device has to be asked.")
  var rate = DurationArgument(.milliseconds(200))

  @OptionGroup var device: DeviceOptions
  @OptionGroup var recording: RecordingOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard (.milliseconds(20) ... .seconds(60)).contains(rate.duration) else {
      throw ValidationError("--rate is 20ms to 60s.")
    }
  }

  func run() throws {
    try reportingFailures(asJSON: output.json) {
      let interruption = Interruption()
      let opened = try OpenedDevice(device, recordingIn: recording.capture)
      defer { opened.close() }
      let length = length?.duration ?? (opened.isVirtualTime ? .seconds(10) : nil)
      let ended = try opened.run(until: interruption) { bench in
        let work = bench.timeline.start { try await listen(bench, for: length) }
        interruption.whenInterrupted { work.cancel() }
        do {
          return try await work.value
        } catch let error as DeviceError where error.reason == .cancelled {
          return nil
        }
      }
      guard let ended else {
        try opened.finishRecording()
        return
      }
      throw CommandFailure(.missedOrLost, "percuss: the connection ended (\(ended)); connect again")
    }
  }

  /// Why the connection ended; nil when the time was over or the user had enough.
  private func listen(_ bench: Bench, for length: Duration?) async throws -> String? {
    let printer = TelemetryPrinter(output.json ? .json : .text, ratio: bench.device.dialect.ratio)
    let telemetry = bench.device.telemetry
    let (events, endings) = (bench.device.events, bench.device.events)
    try await bench.device.setTelemetryInterval(rate.duration)
    let start = bench.timeline.now
    let watching = bench.startPrinting { for await sample in telemetry { printer.show(sample, since: start) } }
    let clock = length.map { length in
      bench.timeline.schedule(after: length) { watching.cancel() }
    }
    defer { clock?.cancel() }
    let reading = bench.startPrinting { for await event in events { printer.show(event, since: start) } }
    defer { reading.cancel() }
    let ending = bench.timeline.start { () -> String? in
      for await event in endings {
        if case .disconnected(let reason) = event { return reason.description }
      }
      return nil
    }
    defer { ending.cancel() }
    try await withTaskCancellationHandler {
      try await watching.value
    } onCancel: {
      watching.cancel()
    }
    guard await !bench.device.isConnected else { return nil }
    try await reading.value
    return try await ending.value
  }
}
