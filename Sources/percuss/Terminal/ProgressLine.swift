import Foundation
import PercussClient
import PercussRoutine
import PercussTime
import Synchronization

/// Shows a run while it goes on: a bar and the live step on a terminal, a line for each step when piped, JSON lines with `--json`.
final class ProgressLine: Sendable {
  enum Form { case text, json }

  private let form: Form
  private let terminal: Terminal
  /// Whether the last line on the terminal is to be drawn over.
  private let isDrawn = Mutex(false)

  init(_ form: Form, terminal: Terminal) {
    self.form = form
    self.terminal = terminal
  }

  private struct Line: Encodable {
    var type = "progress"
    var event: String
    var step: Int?
    var lateUs: Int64?
    var prompt: String?
    var elapsedMs: Int64?
    var remainingMs: Int64?
    var speedPpm: Int?
    var targetPpm: Int?
    var forceDecinewtons: Int?
    var batteryPercent: Int?
  }

  /// - Parameter tellsForce: whether the device tells its force and its battery.
  func show(_ progress: RunProgress, of plan: Plan, tellsForce: Bool) {
    switch form {
    case .json:
      guard var line = line(for: progress, of: plan) else { return }
      if !tellsForce { (line.forceDecinewtons, line.batteryPercent) = (nil, nil) }
      say(JSONLine.text(line))
    case .text: showText(progress, of: plan, tellsForce: tellsForce)
    }
  }

  private func line(for progress: RunProgress, of plan: Plan) -> Line? {
    switch progress {
    case .preparing(let stage): Line(event: Self.word(stage))
    case .started: Line(event: "started")
    case .stepEntered(let index, let late):
      Line(
        event: "step_entered", step: index, lateUs: late.wholeMicroseconds,
        prompt: plan.prompts(atStepAt: index).last)
    case .waiting(let step): Line(event: "waiting", step: step.index, prompt: step.prompt)
    case .confirmed(let index): Line(event: "confirmed", step: index)
    case .paused: Line(event: "paused")
    case .resumed: Line(event: "resumed")
    case .moving(let position):
      Line(
        event: "moving", step: position.step, elapsedMs: position.elapsed.wholeMilliseconds,
        remainingMs: position.remaining.wholeMilliseconds, speedPpm: position.speedPPM,
        targetPpm: position.targetPPM, forceDecinewtons: position.forceDecinewtons,
        batteryPercent: position.batteryPercent)
    case .stopping: Line(event: "stopping")
    case .finished: nil
    }
  }

  private static func word(_ stage: RunProgress.Preparation) -> String {
    switch stage {
    case .takingControl: "taking_control"
    case .checkingSlot: "checking_slot"
    case .uploading: "uploading"
    case .queueing: "queueing"
    case .starting: "starting"
    }
  }

  private func showText(_ progress: RunProgress, of plan: Plan, tellsForce: Bool) {
    switch progress {
    case .preparing(let stage):
      if terminal.isInteractive { draw(Self.word(stage).replacingOccurrences(of: "_", with: " ") + " …") }
    case .started: printLine("\(plan.name), \(clock(plan.nominalDuration)), \(count(plan.steps.count, "step"))")
    case .stepEntered(let index, _):
      for prompt in plan.prompts(atStepAt: index) { printLine(terminal.styled("  “\(prompt)”", .cyan)) }
      // On a terminal the bar tells the step; a file gets one line for each.
      if !terminal.isInteractive { printLine(describe(index, of: plan)) }
    case .waiting(let step):
      printLine(terminal.styled("  \(step.prompt ?? "Waiting for the operator"): press Return to go on", .yellow))
    case .confirmed: printLine("  confirmed")
    case .paused: printLine("  paused")
    case .resumed: printLine("  resumed")
    case .moving(let position): if terminal.isInteractive { draw(bar(position, of: plan, tellsForce: tellsForce)) }
    case .stopping: if terminal.isInteractive { draw("stopping …") }
    case .finished: erase()
    }
  }

  private func describe(_ index: Int, of plan: Plan) -> String {
    guard plan.steps.indices.contains(index) else { return "  step \(index)" }
    let step = plan.steps[index]
    let speed = step.kind == .ramp ? "\(step.speedFrom) to \(step.speedTo) ppm" : "\(step.speedTo) ppm"
    let what = step.kind == .hold || step.kind == .ramp ? "\(step.kind.word) \(speed)" : step.kind.word
    return "  \(pad(clock(step.offset), 10, left: true))  step \(index): \(what), \(seconds(step.duration))"
  }

  private func bar(_ position: RunPosition, of plan: Plan, tellsForce: Bool) -> String {
    let (elapsed, remaining) = (position.elapsed.wholeMilliseconds, position.remaining.wholeMilliseconds)
    let whole = max(1, elapsed + remaining)
    let width = max(10, min(40, terminal.width - 60))
    let filled = min(width, max(0, Int(Int64(width) * elapsed / whole)))
    let (full, empty) = terminal.usesUnicode ? ("█", "░") : ("#", ".")
    let shown = String(repeating: full, count: filled) + String(repeating: empty, count: width - filled)
    let left = clock(UInt32(clamping: remaining)).dropLast(4)
    let force = Force.decinewtons(UInt16(clamping: position.forceDecinewtons))
    return "  \(shown) \(left) left  step \(position.step + 1)/\(plan.steps.count)  \(position.speedPPM) ppm"
      + (tellsForce ? "  \(force)" : "")
  }

  private func draw(_ text: String) {
    isDrawn.withLock { isDrawn in
      isDrawn = true
      say("\r\u{1B}[2K" + String(text.prefix(terminal.width - 1)), terminator: "")
    }
  }

  private func erase() {
    isDrawn.withLock { isDrawn in
      if isDrawn { say("\r\u{1B}[2K", terminator: "") }
      isDrawn = false
    }
  }

  private func printLine(_ text: String) {
    erase()
    say(text)
  }
}
