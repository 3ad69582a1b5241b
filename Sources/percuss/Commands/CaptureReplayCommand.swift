import ArgumentParser
import PercussCapture
import PercussClient
import PercussGATT
import PercussTime
import PercussWire

/// `percuss capture replay FILE`: says to a device what a captured central said, and compares what it answers.
struct CaptureReplayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Say to a Percuss device what a captured central said, and compare what it answers.",
    discussion: """
      The regression test of a firmware: reads, writes and subscriptions go out with the bytes and at the times of the \
      capture, each after the answers that the central had heard before it, and every difference is named. THE MOTOR \
      MOVES as it did in the capture. At the end it is stopped and seen at rest; Ctrl-C stops it at once. Over a link that is \
      lost nothing can be stopped: the device then does what the capture's central agreed with it.

      For captures of Percuss devices, and to Percuss devices, alone; of other families percuss capture diff compares two.

      The device should be as the captured one was: idle, with nothing in its routine slots that was not there. Times are \
      counted from what the central did last; what depends on body or radio is not compared, and said.

      Exit status 0: no difference. 75: differences, or the link was lost. 65: no capture, or no one conversation in it. \
      2: capture or device is of another family.
      """)

  @Argument(help: ArgumentHelp("The capture: a file, or - for the standard input.", valueName: "file"))
  var file: String

  @Flag(
    name: .long,
    help: "Leave out the pauses in which no keep-alive goes out, and compare no times and no telemetry.")
  var fast = false

  @Option(
    help: "What times may differ by: about two connection intervals, and what the device takes.")
  var tolerance = DurationArgument(.milliseconds(100))

  @OptionGroup var conversation: ConversationOptions
  @OptionGroup var device: DeviceOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard (.milliseconds(1) ... .seconds(10)).contains(tolerance.duration) else {
      throw ValidationError("--tolerance is 1ms to 10s.")
    }
  }

  func run() throws {
    try reportingFailures(asJSON: output.json) {
      let captured = try conversation.load(file)
      try Self.requirePercuss(captured, file)
      let interruption = Interruption()
      let opened = try OpenedDevice(device)
      defer { opened.close() }
      let announcement = output.json ? [] : announcement(captured)
      if !opened.isVirtualTime { StandardOutput.watchReader() }
      let pace: ReplayScript.Pace = fast ? .prompt : .captured
      let result = try opened.runOverLink(until: interruption) { opened in
        for line in announcement { say(line) }
        return try await Self.replay(captured, pace, over: opened, until: interruption)
      }
      var options = ConversationComparison.Options()
      options.tolerance = tolerance.duration
      options.comparesCentral = false
      options.comparesTimes = !fast
      let comparison = ConversationComparison(result.outcome.compared, result.outcome.conversation, options)
      tell(comparison, captured, result)
      try judge(comparison, result)
    }
  }

  /// What was said to a device of another family is said to none: nobody knows what a Percuss device makes of it, and others have no stop of their own.
  ///
  /// - Throws: a failure with status 2.
  private static func requirePercuss(_ captured: Conversation, _ file: String) throws {
    guard let specification = captured.specification, specification != .percuss else { return }
    throw CommandFailure(
      .usage,
      "percuss: \(file == "-" ? "<standard input>" : file) is a capture of \(specification.dialectName) (\(specification.title)), and captures of Percuss devices only are said again; percuss capture diff compares two captures of it"
    )
  }

  private struct Result: Sendable {
    let device: String
    let outcome: CaptureReplay.Outcome
    let isAtRest: Bool
    let isInterrupted: Bool
  }

  private static func replay(
    _ captured: Conversation, _ pace: ReplayScript.Pace, over opened: OpenedLink, until interruption: Interruption
  ) async throws -> Result {
    let dialect = opened.dialect
    guard let stop = dialect.value(of: .request(.stop)) else {
      throw CommandFailure(.internalFault, "percuss: \(dialect.name) has no stop")
    }
    let replay = CaptureReplay(of: captured, over: opened.link, pace: pace)
    let playing = replay.timeline.start { await replay.run() }
    let (interruptions, source) = AsyncStream.makeStream(of: Void.self)
    interruption.whenInterrupted {
      playing.cancel()
      source.yield()
      // A read or write that hangs must not hold up the stop.
      replay.timeline.start { await bringToRest() }
    }
    @Sendable func bringToRest() async -> Bool {
      await replay.bringToRest(
        by: stop.bytes, to: stop.characteristic, reports: dialect.subscriptions,
        isAtRest: { characteristic, bytes in
          guard case .telemetry(let telemetry)? = try? dialect.meaning(of: bytes, from: characteristic) else {
            return false
          }
          return telemetry.speedPPM == 0 && telemetry.targetPPM == 0
            && (telemetry.state == .idle || telemetry.state == .fault)
        }, within: .seconds(3))
    }
    let outcome = try await playing.value
    let isAtRest = await bringToRest()
    source.finish()
    var isInterrupted = false
    for await _ in interruptions { isInterrupted = true }
    return Result(device: opened.name, outcome: outcome, isAtRest: isAtRest, isInterrupted: isInterrupted)
  }

  private func announcement(_ captured: Conversation) -> [String] {
    let said = captured.items.count(where: \.isFromCentral)
    let number = captured.connection.map { " of connection #\($0.number)" } ?? ""
    var lines = [
      "Saying again to \(device.selection) the \(said) reads, writes and subscriptions\(number) of \(file). The motor moves as it did; Ctrl-C stops it."
    ]
    if captured.problemCount > 0 {
      lines.append(
        "warning: the capture has \(captured.problemCount) problems on this connection; what is missing in it shows as additional here"
      )
    }
    return lines
  }

  private func tell(_ comparison: ConversationComparison, _ captured: Conversation, _ result: Result) {
    if output.json {
      for difference in comparison.differences { say(JSONLine.text(DifferenceLine(difference))) }
      say(JSONLine.text(ReplayLine(file: file, comparison, captured, result.outcome, device: result.device)))
      return
    }
    let text = DifferenceText(terminal: .ofStandardOutput())
    for line in text.lines(comparison) { say(line) }
    if fast { say("not compared: times (--fast)") }
    say(text.verdict(comparison) + (result.isAtRest ? "; \(result.device) is at rest." : ""))
  }

  private static func afterLoss(_ policy: LossPolicy?) -> String {
    policy == .finishRoutine
      ? "as the capture's central agreed (finish_routine), a stored routine that plays goes on to its end; percuss stop, or the button on the device, stops it"
      : "the device brings its motor to rest by itself"
  }

  private func judge(_ comparison: ConversationComparison, _ result: Result) throws {
    if let reason = result.outcome.disconnection {
      throw CommandFailure(
        .missedOrLost,
        "percuss: the link ended after \(result.outcome.conversation.items.count) items: \(reason); \(Self.afterLoss(result.outcome.conversation.lossPolicy))"
      )
    }
    guard result.isAtRest else {
      throw CommandFailure(
        .missedOrLost, "percuss: the motor was not seen at rest after a stop; press the button on the device")
    }
    if result.isInterrupted { throw CommandFailure(.interrupted, "percuss: interrupted; the motor is at rest") }
    guard comparison.differences.isEmpty else { throw CommandFailure(.missedOrLost, "") }
  }
}

/// The end of a replay as `--json` prints it; see `protocol-spec/output.md`.
private struct ReplayLine: Encodable {
  let type = "replay"
  let file: String
  let device: String
  let connection: Int?
  let differences: Int
  let compared: Int
  let complete: Bool
  let said: Int
  let delayUs: Int64
  let notCompared: [String]

  init(
    file: String, _ comparison: ConversationComparison, _ captured: Conversation, _ outcome: CaptureReplay.Outcome,
    device: String
  ) {
    (self.file, self.device) = (file, device)
    connection = captured.connection?.number
    differences = comparison.differences.count
    compared = comparison.comparedCount
    complete = !outcome.isPartial
    said = outcome.conversation.items.count(where: \.isFromCentral)
    delayUs = outcome.delay.wholeMicroseconds
    notCompared = comparison.notCompared
  }
}
