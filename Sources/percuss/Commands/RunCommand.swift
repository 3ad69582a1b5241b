import ArgumentParser
import Foundation
import PercussClient
import PercussRoutine
import PercussTime
import PercussWire

/// `percuss run FILE`: plays a routine and shows what happened.
struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Play a routine on a device and report what happened.",
    discussion: """
      Compiles the document for the device, plays it, and ends with a picture of the
      run and what became of the six guarantees: never early, bounded, no drift,
      link-proof, fail-safe, evident. A missed one is exit status 75. Ctrl-C stops the
      motor, sees it at rest, and reports the steps until then; so does the end of
      whoever reads the output.

      With --json the last line is the report, with "outcome" and "steps"; the lines
      before it tell the progress. Outcomes: completed, stopped, missed, lost, failed.
      """)

  @Argument(help: "A routine document, YAML or JSON; - is the standard input.")
  var file: String

  @Option(help: "Who keeps the time: \(ModeArgument.names).")
  var mode = ModeArgument.auto

  @Option(
    help:
      "Streamed: how far ahead the device always has its steps, 100ms to 60s; shorter stalls of the link change none. (default: 2s)"
  )
  var lookAhead: DurationArgument?

  @Option(
    help:
      "How long the device waits for a sign of life before it stops, 500ms to 60s; 2s unless streamed, then one and a half look-aheads and 1s."
  )
  var lease: DurationArgument?

  @Option(help: "What the device does when this program or the link is lost: stop, finish-routine.")
  var onLoss = LossArgument.stop

  @Option(help: "How late a step may begin.")
  var tolerance = DurationArgument(.milliseconds(20))

  @Option(help: "What a later step does: stop ends the run, continue plays on; the outcome is missed either way.")
  var onLate = LateArgument.stop

  @Option(
    help:
      "Live, on the air: how the thread that sends the steps is scheduled: real-time (SCHED_FIFO, memory locked, processors kept awake, each where permitted) or normal. (default: real-time)"
  )
  var scheduling: SchedulingArgument?

  @Option(
    help:
      "Who confirms steps that wait: ask (each a line of input, the Return key), yes (after a second), no; ask unless time is virtual, then yes."
  )
  var confirm: ConfirmArgument?

  @Flag(
    help:
      "On a device that cannot limit its force, leave the document's force limits out; without this such a routine is refused."
  )
  var withoutForce = false

  @Flag(help: "Before it begins, tell what is promised on this device and link, in this mode.")
  var guarantee = false

  @Option(help: "Write the report to this file, as JSON.")
  var report: String?

  @Option(help: "Write a picture of the run to this file, as SVG.")
  var plot: String?

  @Flag(inversion: .prefixedNo, help: "End with a picture in the terminal.")
  var picture = true

  @Flag(inversion: .prefixedNo, help: "Tell each step and prompt as the routine plays.")
  var progress = true

  @OptionGroup var device: DeviceOptions
  @OptionGroup var recording: RecordingOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard lease.map({ (.milliseconds(500) ... .seconds(60)).contains($0.duration) }) ?? true else {
      throw ValidationError("--lease is 500ms to 60s.")
    }
    guard lookAhead.map({ (.milliseconds(100) ... .seconds(60)).contains($0.duration) }) ?? true else {
      throw ValidationError("--look-ahead is 100ms to 60s.")
    }
    let outputs = [("--report", report), ("--plot", plot), ("--capture", recording.capture)].compactMap { name, path in
      path.map { (name, OutputFile.place(of: $0)) }
    }
    for (index, output) in outputs.enumerated() {
      if let other = outputs[..<index].first(where: { $0.1 == output.1 }) {
        throw ValidationError("\(other.0) and \(output.0) name the same file.")
      }
    }
  }

  func run() throws {
    try reportingFailures(asJSON: output.json) {
      let document = try RoutineFile.load(file)
      let (reportFile, plotFile) = (
        try self.report.map { try OutputFile($0, besides: file) }, try plot.map { try OutputFile($0, besides: file) }
      )
      let interruption = Interruption()
      let opened = try OpenedDevice(device, recordingIn: recording.capture, besides: file)
      defer { opened.close() }
      let report = try play(document, on: opened, until: interruption)
      // A file that cannot be written does not keep the result from whoever reads the output.
      let files = Result {
        try reportFile?.write(try report.json(.pretty))
        try plotFile?.write(RunPlot(report).svg)
      }
      if case .failure(let error) = files { sayError(CommandFailure(error).message) }
      try show(report)
      let status = Self.status(of: report)
      guard status == .done else {
        let missed = report.guarantees.first {
          // Unless the reason says so already.
          $0.status == .missed && report.outcome != .missed && report.reason.code != .unobserved
        }
        let also = missed.map { " Missed: \($0.name.title). \($0.evidence)" } ?? ""
        let message = "percuss: \(report.outcome.rawValue): \(report.reason.message)\(also)"
        throw CommandFailure(status, output.json ? "" : message)
      }
      try opened.finishRecording()
      // The message is told already.
      if case .failure(let error) = files { throw CommandFailure(CommandFailure(error).status, "") }
    }
  }

  private func play(
    _ document: RoutineDocument, on opened: OpenedDevice, until interruption: Interruption
  ) throws -> RunReport {
    let confirmation = Confirmation(confirm ?? (opened.isVirtualTime ? .yes : .ask))
    let progressLine = ProgressLine(output.json ? .json : .text, terminal: .ofStandardOutput())
    return try opened.run(until: interruption) { bench in
      try requireRatio(for: bench.device)
      if !bench.device.hasLease {
        guard onLoss == .stop else {
          throw CommandFailure(
            .usage, "percuss: --on-loss finish-routine is for devices that store routines; this one does not")
        }
        interruption.becomePatient()
      }
      let plan = try compile(document, for: bench.device.feature, mode: mode, withoutForce: withoutForce)
      try requireUse(in: plan.mode)
      let lookAhead = lookAhead?.duration ?? .seconds(2)
      let options = PlayerOptions(
        lease: lease?.duration ?? PlayerOptions.lease(for: plan.mode, lookAhead: lookAhead),
        lossPolicy: onLoss.policy, tolerance: tolerance.duration, latePolicy: onLate.policy,
        lookAhead: lookAhead)
      let deadlineThread =
        plan.mode == .live ? try await bench.startDeadlineThread((scheduling ?? .realTime).wish) : nil
      defer { deadlineThread?.shutDown() }
      let context = try await bench.context(sentBy: deadlineThread)
      if guarantee {
        let terms = RunTerms(plan, options: options, context: context)
        try await bench.startPrinting { tell(terms, of: context.device.name) }.value
      }
      if !bench.device.hasLease {
        try await bench.startPrinting { tellNotice(bench.notice, asJSON: output.json) }.value
      }
      let player = RoutinePlayer(
        plan, on: bench.device, context: context, options: options,
        confirm: { step in await confirmation.confirm(step, on: bench.timeline) })
      let printing = bench.startPrinting {
        for await news in player.progress where progress {
          progressLine.show(news, of: plan, tellsForce: bench.device.hasLease)
        }
      }
      let playing = bench.timeline.start { await player.play() }
      interruption.whenInterrupted { playing.cancel() }
      var report = try await playing.value
      if report.environment?.sender == .deadlineThread {
        report.environment?.sender = HostEnvironment.sender(of: await bench.device.timedWrites)
      }
      try await printing.value
      return report
    }
  }

  /// An option that would do nothing is a misunderstanding.
  ///
  /// - Throws: a failure with status 2.
  private func requireUse(in mode: PlayMode) throws {
    let options: [(isGiven: Bool, name: String, mode: PlayMode)] = [
      (lookAhead != nil, "--look-ahead", .streamed), (scheduling != nil, "--scheduling", .live),
    ]
    guard let idle = options.first(where: { $0.isGiven && $0.mode != mode }) else { return }
    throw CommandFailure(
      .usage,
      "percuss: \(idle.name) is for \(idle.mode.rawValue) runs, and this one is \(mode.rawValue); leave it out, or add --mode \(idle.mode.rawValue)"
    )
  }

  private func tell(_ terms: RunTerms, of device: String) {
    if output.json {
      for promise in terms.promises { say(JSONLine.text(GuaranteeLine(promise, of: terms, device: device))) }
    } else {
      say(GuaranteeText(terminal: .ofStandardOutput()).promises(of: terms, device: device).joined(separator: "\n"))
    }
  }

  private func show(_ report: RunReport) throws {
    if output.json {
      say(try report.json(.line))
    } else {
      let terminal = Terminal.ofStandardOutput()
      if picture { say("\n" + RunPicture(report, options: terminal.pictureOptions).text) }
      say(GuaranteeText(terminal: terminal).summary(of: report.guarantees).joined(separator: "\n"))
    }
  }

  static func status(of report: RunReport) -> ExitStatus {
    // Whatever ended it, and however.
    if report.hasMissedGuarantee { return .missedOrLost }
    return switch (report.outcome, report.reason.code) {
    // Steps that nobody saw begin are steps without evidence.
    case (.completed, .unobserved): .missedOrLost
    case (.completed, _): .done
    case (.stopped, .interrupted), (.stopped, .declined): .interrupted
    case (.stopped, _), (.missed, _), (.lost, _): .missedOrLost
    case (.failed, .unplayable): .badDocument
    case (.failed, .noResponse), (.failed, .notAtRest): .missedOrLost
    case (.failed, _): .noDevice
    }
  }
}

/// How the thread that sends live steps is scheduled.
enum SchedulingArgument: String, ExpressibleByArgument, CaseIterable {
  case realTime = "real-time"
  case normal

  var wish: ThreadScheduling { self == .realTime ? .realTime : ThreadScheduling() }
}

/// What the device does when its central is lost.
enum LossArgument: String, ExpressibleByArgument, CaseIterable {
  case stop
  case finishRoutine = "finish-routine"

  var policy: LossPolicy { self == .stop ? .stop : .finishRoutine }
}

/// What a late step does to the run.
enum LateArgument: String, ExpressibleByArgument, CaseIterable {
  case stop
  case `continue`

  var policy: LatePolicy { self == .stop ? .stop : .continue }
}
