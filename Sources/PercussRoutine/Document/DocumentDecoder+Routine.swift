internal import PercussDocument

/// A routine as a document has it.
extension DocumentDecoder {
  mutating func document(_ root: DocumentNode) -> RoutineDocument? {
    if case .scalar("", .plain) = root.content {
      report("the document is empty", at: root, help: "begin with `percuss: 1`, `name:` and `steps:`")
      return nil
    }
    guard case .mapping(let pairs) = root.content else {
      report("a routine is a mapping with the keys percuss, name and steps", at: root, help: "begin with `percuss: 1`")
      return nil
    }
    var fields = fields(pairs)
    let keys = ["percuss", "name", "description", "force", "steps"]
    let unknown = fields.inOrder.filter { !keys.contains($0.name) }
    for key in unknown.prefix(DiagnosticSink.limit) { fields.presume(Spelling.nearest(to: key.name, among: keys)) }
    guard version(RoutineDocument.version, key: "percuss", in: fields, at: root) else { return nil }
    for key in unknown {
      report(
        "the key “\(key.name.shown)” is not known in a routine", at: key.range,
        help: StepKind(rawValue: key.name) != nil
          ? "a step is an item of steps: `- \(key.name): …`" : Self.didYouMean(key.name, among: keys))
    }
    let name = required("name", in: fields, of: "a routine", at: root.range) { decoder, node in
      decoder.text(node, limit: 100, allowsLines: false)
    }
    let description = optional("description", in: fields) { $0.text($1, limit: 2000, allowsLines: true) }
    let force = optional("force", in: fields) { $0.force($1) }
    let steps = required("steps", in: fields, of: "a routine", at: root.range) { decoder, node in
      decoder.steps(node, nesting: 0)
    }
    guard let name, let steps, sink.isEmpty else { return nil }
    return RoutineDocument(
      name: name, description: description, forceLimit: force, forceRange: fields["force"]?.value.range,
      steps: steps.steps, source: source)
  }

  // MARK: Steps

  struct Steps {
    var steps: [RoutineStep]
    var extent: RoutineStep.Extent
  }

  /// Decodes a list of steps. `nesting` counts the repeats around it.
  mutating func steps(_ node: DocumentNode, nesting: Int) -> Steps? {
    guard case .sequence(let items) = node.content else {
      report("steps are a list", at: node, help: "begin every step with “- ”, such as `- hold: 30s`")
      return nil
    }
    guard !items.isEmpty else {
      report("there is no step here", at: node, help: "add one, such as `- rest: 10s`")
      return nil
    }
    var result = Steps(steps: [], extent: RoutineStep.Extent(count: 0, milliseconds: 0))
    result.steps.reserveCapacity(items.count)
    var isOver = false
    for (index, item) in items.enumerated() {
      guard let step = inside(index, { $0.step(item, nesting: nesting) }) else { continue }
      // Neither sum can wrap: a step stays within the limits, and a list ends its sum with the step that crosses them.
      guard !isOver else { continue }
      result.extent.count += step.extent.count
      result.extent.milliseconds += step.extent.milliseconds
      inside(index) { isOver = $0.refuse(result.extent, at: step.places.kind, what: "the steps up to here") }
      if step.isEndless, nesting == 0, index + 1 < items.count {
        inside(index) {
          $0.report(
            "what stands behind a repeat without end is never played", at: step.places.kind, help: Self.foreverHelp)
        }
      }
      if isOver { result.extent = RoutineStep.Extent(count: 0, milliseconds: 0) }
      result.steps.append(step)
    }
    return result
  }

  /// Whether a number of steps or a duration is beyond the limits, which is then reported.
  mutating func refuse(_ extent: RoutineStep.Extent, at range: SourceRange, what: String) -> Bool {
    let limit = RoutineDocument.maximumStepCount
    if extent.count > limit {
      report(
        "\(what) make \(extent.count) steps when written out; \(limit) is the most", at: range,
        help: "a longer period or fewer repetitions make fewer steps")
      return true
    }
    if extent.milliseconds > UInt64(RoutineDocument.durationLimits.upperBound) {
      report(
        "\(what) take longer than 24 h, every wait at its time-out", at: range,
        help: "a routine lasts at most 24 h; split it")
      return true
    }
    return false
  }
}
