internal import PercussTime
internal import PercussWire

/// The steps of a run with what is known of each: the evidence in the making.
///
/// Instants are microseconds from the start of the run. Offsets count within sections: the steps after a wait are planned from the instant of its
/// confirmation, which only the one who keeps the time knows.
struct StepLedger {
  private(set) var steps: [StepReport]
  /// How much later than its nominal offset each section is planned; nil until its first step is seen.
  private var shifts: [Int64?]
  private let sectionOfStep: [Int]
  private let tolerance: Int64
  /// The last step that is known to have begun, seen or not; -1 before the first.
  private(set) var furthest = -1
  /// The first step that was early or late beyond the tolerance.
  private(set) var firstMiss: Int?

  private var lastTelemetry: (step: Int, time: Int64)?
  private var brackets: [Int: [Int64]] = [:]

  init(_ plan: Plan, clock: StepReport.Clock, tolerance: Duration) {
    self.tolerance = tolerance.wholeMicroseconds
    steps = plan.steps.map { step in
      let origin = plan.origin(ofStepAt: step.index)
      return StepReport(
        index: step.index, path: origin?.path ?? "", name: origin?.name, kind: StepReport.Kind(step.kind),
        offsetMicroseconds: Int64(step.offset) * 1_000, durationMicroseconds: Int64(step.duration) * 1_000,
        speedFromPPM: Int(step.speedFrom), speedToPPM: Int(step.speedTo),
        forceLimitDecinewtons: step.forceLimit.map { Int($0) }, clock: clock)
    }
    var sectionOfStep = Array(repeating: 0, count: plan.steps.count)
    for (number, section) in plan.sections.enumerated() {
      for step in section.steps where sectionOfStep.indices.contains(step) { sectionOfStep[step] = number }
    }
    self.sectionOfStep = sectionOfStep
    shifts = Array(repeating: nil, count: max(1, plan.sections.count))
    shifts[0] = 0
  }

  /// A step began. `planned` is what the keeper of the time says; it counts where the plan cannot know, in the first step seen after a wait.
  ///
  /// - Returns: how late it was in microseconds, negative when early; nil for a step that is not in the plan or was entered already.
  mutating func enter(
    _ index: Int, planned: Int64, actual: Int64, uncertainty: Int64?, by observation: StepReport.Observation
  ) -> Int64? {
    guard steps.indices.contains(index), !steps[index].isEntered else { return nil }
    let section = sectionOfStep[index]
    let shift = shifts[section] ?? (planned &- steps[index].offsetMicroseconds)
    shifts[section] = shift
    let due = steps[index].offsetMicroseconds &+ shift
    let late = actual &- due
    steps[index].plannedMicroseconds = due
    steps[index].actualMicroseconds = actual
    steps[index].lateMicroseconds = late
    steps[index].uncertaintyMicroseconds = uncertainty
    steps[index].observation = observation
    furthest = max(furthest, index)
    if isMiss(late), firstMiss.map({ index < $0 }) ?? true { firstMiss = index }
    return late
  }

  /// Early by any amount, or late beyond the tolerance.
  func isMiss(_ late: Int64) -> Bool { late < 0 || late > tolerance }

  /// Telemetry, sampled between the two instants, showed a step running.
  mutating func show(_ index: Int, from earliest: Int64, to latest: Int64) {
    guard steps.indices.contains(index) else { return }
    let last = lastTelemetry ?? (step: -1, time: 0)
    if index > last.step {
      for passed in last.step + 1...index where !steps[passed].isEntered { brackets[passed] = [last.time, latest] }
    }
    lastTelemetry = (index, earliest)
    furthest = max(furthest, index)
  }

  /// How much later than its nominal offset a step is planned, as far as is known.
  func shift(at index: Int) -> Int64 {
    guard sectionOfStep.indices.contains(index) else { return shifts.last { $0 != nil }.flatMap { $0 } ?? 0 }
    return shifts[...sectionOfStep[index]].last { $0 != nil }.flatMap { $0 } ?? 0
  }

  /// The steps as they are reported, with what was passed unseen marked as such. `isComplete`: the routine came to its end.
  func finished(isComplete: Bool) -> [StepReport] {
    let passed = isComplete ? steps.count - 1 : furthest
    return steps.enumerated().map { index, step in
      guard !step.isEntered else { return step }
      var step = step
      step.plannedMicroseconds = step.offsetMicroseconds &+ shift(at: index)
      guard index <= passed else { return step }
      step.observation = brackets[index] == nil ? .unobserved : .telemetry
      step.betweenMicroseconds = brackets[index]
      return step
    }
  }

  /// The steps that began without their event being seen.
  func unobserved(isComplete: Bool) -> [Int] {
    let passed = isComplete ? steps.count - 1 : furthest
    return steps.indices.filter { $0 <= passed && !steps[$0].isEntered }
  }
}

extension StepReport.Kind {
  init(_ kind: PlanStep.Kind) {
    switch kind {
    case .hold: self = .hold
    case .ramp: self = .ramp
    case .rest: self = .rest
    case .wait: self = .wait
    }
  }
}

extension PlanStep {
  /// The step as the device stores it.
  var segment: RoutineSegment {
    let wireKind: SegmentKind =
      switch kind {
      case .hold: .hold
      case .ramp: .ramp
      case .rest: .rest
      case .wait: .wait
      }
    return RoutineSegment(
      kind: wireKind, forceLimitDecinewtons: forceLimit ?? 0, speedFromPPM: speedFrom, speedToPPM: speedTo,
      durationMilliseconds: duration)
  }
}
