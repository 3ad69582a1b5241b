/// Where a step of a plan comes from in its document.
public struct StepOrigin: Sendable {
  /// A repeat around a step, or the pulse that it is half a period of: which time of how many, from 1.
  public struct Turn: Sendable, Equatable {
    /// `repeat` or `pulse`.
    public let kind: String
    /// Which, from 1.
    public let number: Int
    /// Of how many.
    public let count: Int
  }

  /// The place in the document's structure, such as `steps[3].steps[0]`, counted from 0.
  public let path: String
  /// The line on which the document's step begins, from 1.
  public let line: Int
  /// The document's step.
  public let step: RoutineStep
  /// The repeats around it, outermost first, then the half periods of a pulse.
  public let turns: [Turn]
  /// The document's steps that begin with this step of the plan, outermost first.
  public let beginning: [RoutineStep]

  /// The step's name, or that of the innermost step around it that has one.
  public let name: String?
}

extension StepOrigin: CustomStringConvertible {
  /// The step for a person, such as `steps[3].steps[0] (repeat 2/3, pulse 4/10)`.
  public var description: String {
    guard !turns.isEmpty else { return path }
    return "\(path) (\(turns.map { "\($0.kind) \($0.number)/\($0.count)" }.joined(separator: ", ")))"
  }
}

/// Finds the document's step for any step of a plan, without keeping anything per step of the plan.
struct Outline: Sendable {
  private let steps: [RoutineStep]
  /// The first step of the plan that each step becomes, counted within one turn of the list.
  private let starts: [Int]
  private let inner: [Int: Outline]

  init(_ steps: [RoutineStep]) {
    self.steps = steps
    var starts: [Int] = []
    starts.reserveCapacity(steps.count)
    var inner: [Int: Outline] = [:]
    var count = 0
    for (index, step) in steps.enumerated() {
      starts.append(count)
      count += step.extent.count
      if case .repeat(_, let steps) = step.action { inner[index] = Outline(steps) }
    }
    self.starts = starts
    self.inner = inner
  }

  /// - Parameter index: A step of the plan; must be one that it has.
  func origin(of index: Int) -> StepOrigin? {
    var (outline, index, path) = (self, index, "")
    var turns: [StepOrigin.Turn] = []
    var beginning: [RoutineStep] = []
    var name: String?
    while true {
      let place = outline.place(of: index)
      guard outline.steps.indices.contains(place) else { return nil }
      let step = outline.steps[place]
      path += path.isEmpty ? "steps[\(place)]" : ".steps[\(place)]"
      name = step.name ?? name
      let within = index - outline.starts[place]
      // An outer step's beginning is that of all its inner ones too, but not the other way round.
      if within == 0 { beginning.append(step) }
      switch step.action {
      case .repeat(let count, _):
        guard let next = outline.inner[place] else { return nil }
        let each = step.extent.count / (count ?? 1)
        // The rounds of a repeat without end are all alike.
        if let count { turns.append(StepOrigin.Turn(kind: "repeat", number: within / each + 1, count: count)) }
        (outline, index) = (next, within % each)
        continue
      case .pulse:
        turns.append(StepOrigin.Turn(kind: "pulse", number: within + 1, count: step.extent.count))
      default:
        break
      }
      return StepOrigin(path: path, line: step.line, step: step, turns: turns, beginning: beginning, name: name)
    }
  }

  /// The last of the list's steps that begins at or before a step of the plan.
  private func place(of index: Int) -> Int {
    var low = 0
    var high = starts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if starts[middle] <= index { low = middle } else { high = middle }
    }
    return low
  }
}
