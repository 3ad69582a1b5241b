import ArgumentParser
import PercussClient
import PercussRoutine
import PercussTime

/// `percuss timing`: how punctual this computer and a link are.
struct TimingCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "timing",
    abstract: "Measure how punctual this computer and a link are, and say which guarantees hold here.",
    discussion: """
      Measures how late a thread wakes for its deadlines, how late values are handed to
      the link, how long answers take, and how well the device's clock is known. The
      motor does not move. What it says held while it was measured, and no longer.
      """)

  @Option(help: "How long each of the four measurements takes, 1s to 10min.")
  var duration = DurationArgument(.seconds(5))

  @Option(help: "The time between two deadlines, 10ms to 1s.")
  var period = DurationArgument(.milliseconds(10))

  @Option(
    help:
      "How the thread is scheduled: real-time (SCHED_FIFO, memory locked, processors kept awake, each where permitted) or normal."
  )
  var scheduling = SchedulingArgument.realTime

  @Option(help: "How late a step of a run may begin.")
  var tolerance = DurationArgument(.milliseconds(20))

  @Option(help: "How far ahead the device of a streamed run has its steps, 100ms to 60s.")
  var lookAhead = DurationArgument(.seconds(2))

  @OptionGroup var device: DeviceOptions
  @OptionGroup var recording: RecordingOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard (.seconds(1) ... .seconds(600)).contains(duration.duration) else {
      throw ValidationError("--duration is 1s to 10min.")
    }
    guard (.milliseconds(10) ... .seconds(1)).contains(period.duration) else {
      throw ValidationError("--period is 10ms to 1s.")
    }
    guard (.milliseconds(100) ... .seconds(60)).contains(lookAhead.duration) else {
      throw ValidationError("--look-ahead is 100ms to 60s.")
    }
    guard !device.simulation.virtualTime else {
      throw ValidationError("--virtual-time has nothing to measure: in virtual time everything is on time.")
    }
  }

  func run() throws {
    try reportingFailures(asJSON: output.json) {
      let interruption = Interruption()
      let opened = try OpenedDevice(device, recordingIn: recording.capture)
      defer { opened.close() }
      let extent = TimingSurvey.Extent(duration: duration.duration, period: period.duration)
      let (survey, context) = try opened.run(until: interruption) { [scheduling] bench in
        let measuring = bench.timeline.start {
          let thread = try bench.newDeadlineThread(scheduling.wish)
          defer { thread.shutDown() }
          let context = try await bench.context(sentBy: thread)
          return (try await TimingSurvey.measure(bench.device, with: thread, extent: extent), context)
        }
        interruption.whenInterrupted { measuring.cancel() }
        do {
          return try await measuring.value
        } catch let error as DeviceError where error.reason == .cancelled {
          throw CommandFailure(.interrupted, "percuss: interrupted; nothing has moved")
        }
      }
      let text = TimingText(survey: survey, context: context, terms: terms(in: context))
      output.json ? text.lines.forEach { say($0) } : say(text.table(width: Terminal.ofStandardOutput().width))
      try opened.finishRecording()
    }
  }

  /// The terms of a run in each mode that the device can play.
  private func terms(in context: RunContext) -> [RunTerms] {
    let features = context.device.feature.features
    return PlayMode.allCases.filter { mode in
      switch mode {
      case .uploaded: features.contains("routines")
      case .streamed: features.contains("stream")
      case .live: true
      }
    }.map { mode in
      let options = PlayerOptions(
        lease: PlayerOptions.lease(for: mode, lookAhead: lookAhead.duration), tolerance: tolerance.duration,
        lookAhead: lookAhead.duration)
      return RunTerms(mode, options: options, context: context)
    }
  }
}
