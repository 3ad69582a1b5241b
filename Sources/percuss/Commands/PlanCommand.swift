import ArgumentParser
import PercussClient
import PercussRoutine
import PercussTime

/// `percuss plan FILE`: what a device will be told to do, step by step. Nothing moves.
struct PlanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan",
    abstract: "Show a routine as a device would play it, step by step.",
    discussion: """
      Asks the device what it can do, writes out repeats and pulses, and prints every
      step with its exact offset. What the device cannot do is an error here, as it
      would be for `percuss run`. Nothing moves.
      """)

  @Argument(help: "A routine document, YAML or JSON; - is the standard input.")
  var file: String

  @Option(help: "How it would be played: \(ModeArgument.names).")
  var mode = ModeArgument.auto

  @Flag(help: "On a device that cannot limit its force, leave the document's force limits out.")
  var withoutForce = false

  @Flag(name: .long, help: "Print every step; otherwise a long run of alike turns is summed up.")
  var all = false

  @OptionGroup var device: DeviceOptions
  @OptionGroup var output: OutputOptions

  private struct Line: Encodable {
    let type = "step"
    let index: Int
    let offsetMs: UInt32
    let durationMs: UInt32
    let kind: String
    let speedFromPpm: UInt16
    let speedToPpm: UInt16
    let forceLimitDecinewtons: UInt16?
    let path: String
    let line: Int
    let name: String?
    let prompts: [String]
  }

  private struct Summary: Encodable {
    let type = "plan"
    let name: String
    let mode: String
    let device: String
    let steps: Int
    let nominalDurationMs: UInt32
    let longestDurationMs: UInt32
    /// The first step that comes again and again; nil in a routine that ends.
    let endlessFromStep: Int?
    /// What is different on a device of another family than Percuss; nil on one of that.
    let changes: [String]?
    let rpmPerThousandPpm: Int?
  }

  func run() throws {
    try reportingFailures(asJSON: output.json) {
      let document = try RoutineFile.load(file)
      let opened = try OpenedDevice(device)
      defer { opened.close() }
      let (device, name) = try opened.run { bench in (bench.device, bench.name) }
      try requireRatio(for: device)
      let plan = try compile(document, for: device.feature, mode: mode, withoutForce: withoutForce)
      output.json ? printLines(plan, on: device, name) : printTable(plan, on: device, name)
    }
  }

  private func printLines(_ plan: Plan, on device: Device, _ name: String) {
    let changes = FamilyNotice.changes(on: device, playing: plan)
    for step in plan.steps {
      let origin = plan.origin(ofStepAt: step.index)
      say(
        JSONLine.text(
          Line(
            index: step.index, offsetMs: step.offset, durationMs: step.duration, kind: step.kind.word,
            speedFromPpm: step.speedFrom, speedToPpm: step.speedTo, forceLimitDecinewtons: step.forceLimit,
            path: origin?.description ?? "", line: origin?.line ?? 0, name: origin?.name,
            prompts: plan.prompts(atStepAt: step.index))))
    }
    say(
      JSONLine.text(
        Summary(
          name: plan.name, mode: plan.mode.rawValue, device: name, steps: plan.steps.count,
          nominalDurationMs: plan.nominalDuration, longestDurationMs: plan.totalDuration,
          endlessFromStep: plan.loop?.lowerBound, changes: changes.isEmpty ? nil : changes,
          rpmPerThousandPpm: device.dialect.ratio?.rpmPerThousandPPM)))
  }

  private func printTable(_ plan: Plan, on device: Device, _ name: String) {
    let terminal = Terminal.ofStandardOutput()
    say(terminal.styled(plan.name, .bold))
    say("  \(plan.steps.count) steps, \(clock(plan.nominalDuration)), \(plan.mode.rawValue), on \(name)")
    for change in FamilyNotice.changes(on: device, playing: plan) {
      for line in wrap(change, to: terminal.width - 4).enumerated() {
        say((line.offset == 0 ? "  ! " : "    ") + line.element)
      }
    }
    if plan.totalDuration != plan.nominalDuration {
      say("  up to \(clock(plan.totalDuration)) if each confirmation comes at the last moment")
    }
    if let loop = plan.loop { say("  then again from step \(loop.lowerBound), until it is stopped") }
    say(terminal.styled("\n  step    offset  duration  what                       force  from", .dim))
    for step in plan.steps {
      for prompt in plan.prompts(atStepAt: step.index) { say("        " + terminal.styled("“\(prompt)”", .cyan)) }
      if isSummedUp(step, in: plan) { continue }
      say(row(step, plan.origin(ofStepAt: step.index)))
    }
  }

  /// The pulses of one pulse step read best as their first pair and a count.
  private func isSummedUp(_ step: PlanStep, in plan: Plan) -> Bool {
    guard !all, let turn = plan.origin(ofStepAt: step.index)?.turns.last, turn.kind == "pulse", turn.count > 4 else {
      return false
    }
    if turn.number == 3 { say("        … \(turn.count - 3) more in turn (--all prints them)") }
    return turn.number > 2 && turn.number < turn.count
  }

  private func row(_ step: PlanStep, _ origin: StepOrigin?) -> String {
    let what =
      switch step.kind {
      case .hold: "hold \(step.speedTo) ppm"
      case .ramp: "ramp \(step.speedFrom) to \(step.speedTo) ppm"
      case .rest: "rest"
      case .wait: "wait for the operator"
      }
    let force = step.forceLimit.map { Force.decinewtons($0).description } ?? "-"
    return "  " + pad(String(step.index), 4, left: true) + pad(clock(step.offset), 10, left: true)
      + pad(seconds(step.duration), 10, left: true) + "  " + pad(what, 24) + pad(force, 8, left: true) + "  "
      + (origin?.description ?? "")
  }
}

extension PlanStep.Kind {
  var word: String {
    switch self {
    case .hold: "hold"
    case .ramp: "ramp"
    case .rest: "rest"
    case .wait: "wait"
    }
  }
}
