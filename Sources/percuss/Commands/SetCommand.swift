import ArgumentParser
import PercussClient
import PercussSimulator
import PercussTime
import PercussWire

/// `percuss set`: drives the motor by hand for a while.
struct SetCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "set",
    abstract: "Drive the motor by hand for a while, then stop it.",
    discussion: """
      Takes control, applies what is given, shows the motor for the time of --for,
      stops it and sees it at rest. Ctrl-C stops it at once. A device whose speeds are
      those of its motor takes them as in 2400rpm.
      """)

  @Option(help: "Speed, as in 1900ppm, or as in 2400rpm where the device has its motor's; 0 is rest.")
  var speed: SpeedArgument?

  @Option(help: "One of the device's own speeds, 1 to 5, instead of --speed.")
  var preset: UInt8?

  @Option(help: "Time to reach the speed, in a straight line.")
  var ramp = DurationArgument(.milliseconds(500))

  @Option(help: "Force above which the motor yields, as in 60N.")
  var force: ForceArgument?

  @Option(help: "The device stops by itself after this time.")
  var timer: DurationArgument?

  @Option(name: .customLong("for"), help: "How long to drive the motor.")
  var length = DurationArgument(.seconds(5))

  @OptionGroup var device: DeviceOptions
  @OptionGroup var recording: RecordingOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard speed != nil || preset != nil || force != nil || timer != nil else {
      throw ValidationError("Nothing to set: give --speed, --preset, --force or --timer.")
    }
    guard speed == nil || preset == nil else { throw ValidationError("Give --speed or --preset, not both.") }
    if case .motor? = speed, case .simulated(let name) = device.selection, let model = SimulatedModel(named: name),
      DeviceFamily(name: model.advertisedName, services: [model.service]) == .percuss
    {
      throw ValidationError("The speeds of “\(device.selection)” are percussions per minute; give --speed in ppm.")
    }
    guard ramp.duration <= .seconds(60) else { throw ValidationError("--ramp is at most 60s.") }
  }

  func run() throws {
    try reportingFailures(asJSON: output.json) {
      let interruption = Interruption()
      let opened = try OpenedDevice(device, recordingIn: recording.capture)
      defer { opened.close() }
      let (name, interrupted) = try opened.run(until: interruption) { bench in
        let work = bench.timeline.start { try await drive(bench) }
        interruption.whenInterrupted { work.cancel() }
        if !bench.device.hasLease { interruption.becomePatient() }
        let result = await work.result
        // Whatever happened, the last word is a stop; the connection closes only when the motor is seen at rest.
        try await bench.bringToRest()
        do {
          let printing = try result.get()
          try await printing.value
          return (bench.name, false)
        } catch is CancellationError {
          return (bench.name, true)
        } catch let error as DeviceError where error.reason == .cancelled {
          return (bench.name, true)
        }
      }
      if interrupted { throw CommandFailure(.interrupted, "percuss: interrupted; the motor is at rest") }
      say(output.json ? JSONLine.text(RestLine(device: name)) : "\(name) is at rest.")
      try opened.finishRecording()
    }
  }

  /// What the device cannot do is said before anything is sent.
  private func check(_ device: Device) throws {
    if let force { try device.check(.request(.setForceLimit(forceDecinewtons: force.force.decinewtons))) }
    if let timer {
      let milliseconds = UInt32(clamping: timer.duration.wholeMilliseconds)
      try device.check(.request(.setTimer(durationMilliseconds: milliseconds)))
    }
    let rampMilliseconds = UInt16(clamping: ramp.duration.wholeMilliseconds)
    if let preset { try device.check(.request(.preset(index: preset, rampMilliseconds: rampMilliseconds))) }
    if let speed {
      if case .percussions(let ppm) = speed, ppm > .rest { try requireRatio(for: device) }
      try device.check(speed.operation(ramp: ramp.duration))
    }
  }

  /// Returns the task that prints, when it is time to stop.
  private func drive(_ bench: Bench) async throws -> Task<Void, any Error> {
    try check(bench.device)
    if !bench.device.hasLease { try await bench.startPrinting { tellNotice(bench.notice, asJSON: output.json) }.value }
    let printer = TelemetryPrinter(output.json ? .json : .text, ratio: bench.device.dialect.ratio)
    let telemetry = bench.device.telemetry
    let start = bench.timeline.now
    try await bench.device.takeControl()
    if let force { try await bench.device.setForceLimit(force.force) }
    if let timer { try await bench.device.setTimer(timer.duration) }
    if let preset { try await bench.device.preset(preset, ramp: ramp.duration) }
    if let speed { try await bench.device.perform(speed.operation(ramp: ramp.duration)) }
    let end = bench.timeline.now.advanced(by: length.duration)
    let printing = bench.startPrinting {
      for await sample in telemetry {
        printer.show(sample, since: start)
        if sample.receivedAt >= end { return }
      }
    }
    defer { printing.cancel() }
    // By the clock: telemetry can be lost, and the motor must not go on for want of it (PCS/CL/TE/BV-01).
    while bench.timeline.now < end {
      guard await bench.device.isConnected else {
        throw CommandFailure(
          .missedOrLost,
          bench.device.hasLease
            ? "percuss: the connection ended; the device brings its motor to rest by itself"
            : "percuss: the connection ended, and the device keeps no lease; make sure that its motor rests")
      }
      guard await bench.device.holdsControl else {
        throw CommandFailure(
          .missedOrLost,
          "percuss: control of the device was lost, and with it the motor came to rest; set the speed again")
      }
      // The host keeps the lease, and takes whoever asks nothing for hung.
      if !bench.device.hasLease { try await bench.device.keepControl() }
      try await bench.timeline.sleep(until: min(end, bench.timeline.now.advanced(by: .milliseconds(100))))
    }
    return printing
  }
}
