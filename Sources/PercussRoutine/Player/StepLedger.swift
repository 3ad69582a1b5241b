internal import PercussTime
internal import PercussWire

/// The steps of a run with what is known of each: the evidence in the making.
///
/// Instants are microseconds from the start of the run. Offsets count within sections: the steps after a wait are planned from the instant of its
/// confirmation, which only the one who keeps the time knows.
struct StepLedger {
  private(set) var steps: [StepReport]
  private(set) var plan: Plan
  private let clock: StepReport.Clock
  /// The newest number under which each step of an endless plan was entered.
  private var newest: [Int]
  /// How late the steps of an endless plan were; empty for a plan that ends, whose steps are all kept.
  private var histogram = LatenessHistogram()
  private(set) var seenCount = 0
  /// Steps that a seek passed over.
  private var skipped: Set<Int> = []
  /// Sections whose clock has stood still: what their shift is at least from now on.
  private var floors: [Int: Int64] = [:]
  /// How much later than its nominal offset each section is planned; nil until its first step is seen.
  private var shifts: [Int64?]
  private var sectionOfStep: [Int]
  private let tolerance: Int64
  /// The last step that is known to have begun, seen or not; -1 before the first.
  private(set) var furthest = -1
  /// The first step that was early or late beyond the tolerance, and how late it was.
  private(set) var firstMiss: (step: Int, late: Int64)?

  private var lastTelemetry: (step: Int, time: Int64)?
  private var brackets: [Int: [Int64]] = [:]

  init(_ plan: Plan, clock: StepReport.Clock, tolerance: Duration) {
    self.tolerance = tolerance.wholeMicroseconds
    self.plan = plan
    self.clock = clock
    steps = plan.steps.map { Self.report($0, of: plan, clock) }
    newest = Array(repeating: -1, count: plan.steps.count)
    sectionOfStep = Self.sections(of: plan)
    shifts = Array(repeating: nil, count: max(1, plan.sections.count))
    shifts[0] = 0
  }

  private static func report(_ step: PlanStep, of plan: Plan, _ clock: StepReport.Clock) -> StepReport {
    let origin = plan.origin(ofStepAt: step.index)
    return StepReport(
      index: step.index, path: origin?.path ?? "", name: origin?.name, kind: StepReport.Kind(step.kind),
      offsetMicroseconds: Int64(step.offset) * 1_000, durationMicroseconds: Int64(step.duration) * 1_000,
      speedFromPPM: Int(step.speedFrom), speedToPPM: Int(step.speedTo),
      forceLimitDecinewtons: step.forceLimit.map { Int($0) }, clock: clock)
  }

  private static func sections(of plan: Plan) -> [Int] {
    var sectionOfStep = Array(repeating: 0, count: plan.steps.count)
    for (number, section) in plan.sections.enumerated() {
      for step in section.steps where sectionOfStep.indices.contains(step) { sectionOfStep[step] = number }
    }
    return sectionOfStep
  }

  /// A step began. `planned` is what the keeper of the time says; it counts where the plan cannot know, in the first step seen after a wait or a pause.
  ///
  /// - Parameters:
  ///   - number: the step, counted on through the rounds of an endless plan.
  ///   - nominal: where it is entered in the plan's nominal time, where that is not its beginning.
  /// - Returns: how late it was in microseconds, negative when early; nil for a step that is not in the plan or was entered already.
  mutating func enter(
    _ number: Int, nominal: Int64? = nil, planned: Int64, actual: Int64, uncertainty: Int64?,
    by observation: StepReport.Observation
  ) -> Int64? {
    guard (0..<plan.numberCount).contains(number) else { return nil }
    let index = plan.index(ofNumber: number)
    guard number > newest[index] else { return nil }
    newest[index] = number
    let section = sectionOfStep[index]
    let offset = nominal ?? plan.offset(ofNumber: number) * 1_000
    let claimed = planned &- offset
    if let floor = floors[section], claimed >= floor {
      floors[section] = nil
      shifts[section] = claimed
    }
    let shift = shifts[section] ?? claimed
    shifts[section] = shift
    let due = offset &+ shift
    let late = actual &- due
    steps[index].plannedMicroseconds = due
    steps[index].actualMicroseconds = actual
    steps[index].lateMicroseconds = late
    steps[index].uncertaintyMicroseconds = uncertainty
    steps[index].secondClock = nil
    steps[index].observation = observation
    furthest = max(furthest, number)
    seenCount += 1
    if plan.isEndless { histogram.record(.microseconds(late)) }
    if isMiss(late), firstMiss.map({ index < $0.step }) ?? true { firstMiss = (index, late) }
    return late
  }

  /// The instants of a step that was entered, by the other clock.
  mutating func tell(_ index: Int, _ second: SecondClock) {
    if steps.indices.contains(index) { steps[index].secondClock = second }
  }

  /// Steps of a section are planned that much later than nominal from now on.
  mutating func anchor(_ index: Int, shift: Int64) {
    guard sectionOfStep.indices.contains(index) else { return }
    shifts[sectionOfStep[index]] = shift
    floors[sectionOfStep[index]] = nil
  }

  /// The section's clock has stood still for at least that long; the next step says for how long.
  mutating func pause(_ index: Int, for duration: Int64) {
    guard sectionOfStep.indices.contains(index), let shift = shifts[sectionOfStep[index]] else { return }
    floors[sectionOfStep[index]] = shift &+ duration
  }

  /// The run goes on at another step: those passed over are not played, those to be played again not entered yet.
  mutating func move(to number: Int) {
    let index = plan.index(ofNumber: number)
    for later in index..<steps.count {
      steps[later] = Self.report(plan.steps[later], of: plan, clock)
      newest[later] = -1
      brackets[later] = nil
      skipped.remove(later)
    }
    for passed in furthest + 1..<max(furthest + 1, min(number, steps.count)) { skipped.insert(passed) }
    for section in shifts.indices where section > sectionOfStep[index] { shifts[section] = nil }
    furthest = number - 1
    lastTelemetry = nil
  }

  /// Another plan takes over; what has begun is the same in both.
  mutating func replace(with plan: Plan) {
    let kept = steps
    self.plan = plan
    steps = plan.steps.map { $0.index <= furthest ? kept[$0.index] : Self.report($0, of: plan, clock) }
    newest = plan.steps.map { newest.indices.contains($0.index) && $0.index <= furthest ? newest[$0.index] : -1 }
    sectionOfStep = Self.sections(of: plan)
    shifts = plan.sections.indices.map { shifts.indices.contains($0) ? shifts[$0] : nil }
  }

  /// Early by any amount, or late beyond the tolerance.
  func isMiss(_ late: Int64) -> Bool { late < 0 || late > tolerance }

  /// Telemetry, sampled between the two instants, showed a step running.
  mutating func show(_ number: Int, from earliest: Int64, to latest: Int64) {
    guard (0..<plan.numberCount).contains(number) else { return }
    let last = lastTelemetry ?? (step: -1, time: 0)
    if number > last.step {
      for passed in max(last.step + 1, number - steps.count + 1)...number {
        let index = plan.index(ofNumber: passed)
        if newest[index] < passed { brackets[index] = [last.time, latest] }
      }
    }
    lastTelemetry = (number, earliest)
    furthest = max(furthest, number)
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
      guard index <= passed, !skipped.contains(index) else { return step }
      step.observation = brackets[index] == nil ? .unobserved : .telemetry
      step.betweenMicroseconds = brackets[index]
      return step
    }
  }

  /// The steps that began without their event being seen.
  func unobserved(isComplete: Bool) -> [Int] {
    let passed = isComplete ? steps.count - 1 : furthest
    return steps.indices.filter { $0 <= passed && !steps[$0].isEntered && !skipped.contains($0) }
  }

  /// How late all rounds of an endless plan were; nil for a plan that ends, whose steps tell.
  var endlessLateness: LatenessSummary? {
    guard plan.isEndless else { return nil }
    return LatenessSummary(of: histogram, unobserved: max(0, furthest + 1 - seenCount))
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
