internal import PercussDocument

/// Finds everything in a document that a device cannot do. Each step of the document is looked at once, however often it plays.
struct DeviceCheck {
  let limits: DeviceLimits
  let mode: PlayMode
  let leavesOutForce: Bool
  var sink = DiagnosticSink()
  private var planned = 0
  private var reportedLength = false

  init(limits: DeviceLimits, mode: PlayMode, leavesOutForce: Bool = false) {
    self.limits = limits
    self.mode = mode
    self.leavesOutForce = leavesOutForce
  }

  mutating func check(_ document: RoutineDocument) {
    let beginning = SourceRange(0, 1)
    switch mode {
    case .uploaded where limits.routineSlots < 1 || limits.maximumRoutineSteps < 1:
      sink.report("the device stores no routines, so this one cannot be uploaded", at: beginning, help: "play it live")
    case .streamed where limits.queueDepth < 1:
      sink.report(
        "the device has no step queue, so this routine cannot be streamed", at: beginning, help: "play it live")
    default:
      break
    }
    if let force = document.forceLimit, let range = document.forceRange {
      check(force: force, at: range, path: "force")
    }
    check(document.steps, path: "steps", counts: true)
  }

  /// `counts` is false inside a repeat, whose steps are counted as one with it.
  private mutating func check(_ steps: [RoutineStep], path: String, counts: Bool) {
    for (index, step) in steps.enumerated() {
      let path = "\(path)[\(index)]"
      if counts { count(step, path: path) }
      if let force = step.forceLimit, let range = step.places.force {
        check(force: force, at: range, path: "\(path).force")
      }
      let speedAt = step.places.speed ?? step.places.kind
      switch step.action {
      case .hold(_, let speed):
        check(speeds: [speed], at: speedAt, path: "\(path).speed") { "\($0[0]) ppm" }
      case .ramp(_, let from, let to):
        check(speeds: [from, to], at: speedAt, path: "\(path).speed") { "\($0[0])..\($0[1]) ppm" }
      case .pulse(_, let first, let second, _):
        check(speeds: [first, second], at: speedAt, path: "\(path).speed") { "\($0[0])/\($0[1]) ppm" }
      case .rest:
        break
      case .repeat(let count, let inner):
        if count == nil, mode != .streamed {
          sink.report(
            "a routine without end cannot be \(mode == .uploaded ? "uploaded" : "played live")", at: step.places.kind,
            path: path, help: limits.queueDepth > 0 ? "play it streamed" : "the device has no step queue; say how often"
          )
        }
        check(inner, path: "\(path).steps", counts: false)
      case .waitForConfirmation where mode == .uploaded && limits.routineSlots > 0 && !limits.supportsWait:
        sink.report(
          "the device cannot wait for a confirmation within a stored routine", at: step.places.kind, path: path,
          help: "play the routine live or streamed")
      case .waitForConfirmation:
        break
      }
    }
  }

  private mutating func count(_ step: RoutineStep, path: String) {
    planned += step.extent.count
    let most = limits.maximumRoutineSteps
    guard mode == .uploaded, limits.routineSlots > 0, most > 0, planned > most, !reportedLength else { return }
    reportedLength = true
    sink.report(
      "with this step the routine has \(planned) steps when written out; the device stores \(most)",
      at: step.places.kind, path: path,
      help: "use fewer repetitions or a longer pulse period, or play it live or streamed")
  }

  private mutating func check(speeds: [UInt16], at range: SourceRange, path: String, form: ([UInt16]) -> String) {
    guard sink.hasRoom else {
      if speeds.contains(where: { limits.nearestSpeed(to: $0) != $0 }) { sink.report("", at: range) }
      return
    }
    let nearest = speeds.compactMap(limits.nearestSpeed)
    guard nearest != speeds else { return }
    guard nearest.count == speeds.count else {
      sink.report("the device can do no speed at all: its limits contradict each other", at: range, path: path)
      return
    }
    let possible = limits.speedMinimum...max(limits.speedMinimum, limits.speedMaximum)
    let reasons = speeds.filter { limits.nearestSpeed(to: $0) != $0 }.map { speed in
      if possible.contains(speed) { return "\(speed) ppm is no multiple of the device's step, \(limits.speedStep) ppm" }
      return "\(speed) ppm is beyond the device, which does \(limits.speedMinimum) to \(limits.speedMaximum) ppm"
    }
    sink.report(
      reasons.joined(separator: "; "), at: range, path: path, help: "the nearest that it can do is \(form(nearest))")
  }

  private mutating func check(force: UInt16, at range: SourceRange, path: String) {
    guard let most = limits.forceMaximum else {
      guard !leavesOutForce else { return }
      sink.report(
        "the device cannot limit its force", at: range, path: path,
        help: "remove the force for this device, or leave all limits out, minding the force yourself (--without-force)")
      return
    }
    guard force > most else { return }
    let (wanted, text) = (Dimension.force.text(UInt64(force)), Dimension.force.text(UInt64(most)))
    sink.report(
      "\(wanted) is above the device's maximum, \(text)", at: range, path: path, help: "write \(text) or less")
  }
}
