internal import PercussDocument

/// The kinds of steps; each is named by the key that makes it.
enum StepKind: String, CaseIterable {
  case hold, ramp, rest, pulse, `repeat`, wait

  /// The keys that a step of this kind may have besides its own, `name` and `prompt`.
  var ownKeys: [String] {
    switch self {
    case .hold, .ramp: ["speed", "force"]
    case .rest: []
    case .pulse: ["speed", "period", "force"]
    case .repeat: ["steps"]
    case .wait: ["timeout"]
    }
  }

  var keys: [String] { [rawValue] + ownKeys + ["name", "prompt"] }

  var noun: String { "a \(rawValue)" }

  static let allKeys: [String] = {
    var keys: [String] = []
    for key in allCases.flatMap(\.keys) where !keys.contains(key) { keys.append(key) }
    return keys
  }()
}

extension DocumentDecoder {
  private static let kindList = "hold, ramp, rest, pulse, repeat or wait"

  mutating func step(_ node: DocumentNode, nesting: Int) -> RoutineStep? {
    guard case .mapping(let pairs) = node.content else {
      report("a step is a mapping, such as `- hold: 30s`", at: node, help: Self.stepHelp(for: node))
      return nil
    }
    var fields = fields(pairs)
    guard let kind = kind(of: &fields, at: node.range), let own = fields[kind.rawValue] else { return nil }
    let name = optional("name", in: fields) { $0.text($1, limit: 100, allowsLines: false) }
    let prompt: String? =
      kind == .wait
      ? required("prompt", in: fields, of: "a wait", at: own.range, example: "Move to the other leg") {
        $0.text($1, limit: 500, allowsLines: true)
      } : optional("prompt", in: fields) { $0.text($1, limit: 500, allowsLines: true) }
    let force = kind.ownKeys.contains("force") ? optional("force", in: fields) { $0.force($1) } : nil
    guard let (action, extent) = action(kind, own, fields, nesting: nesting) else { return nil }
    return RoutineStep(
      name: name, prompt: prompt, action: action, forceLimit: force, line: source.position(of: own.range.start).line,
      places: RoutineStep.Places(
        kind: own.range, speed: fields["speed"]?.value.range, force: fields["force"]?.value.range),
      extent: extent)
  }

  private static func stepHelp(for node: DocumentNode) -> String {
    guard case .scalar(let text, _) = node.content else { return "a step is one of \(Self.kindList)" }
    let words = text.split(separator: " ", maxSplits: 1)
    if let first = words.first, StepKind(rawValue: String(first)) != nil, words.count == 2 {
      return "did you mean `\(first): \(String(words[1]).shown)`?"
    }
    return "a step is one of \(Self.kindList)"
  }

  /// The one kind of a step, after its keys are checked; nil when there is none, or more than one.
  private mutating func kind(of fields: inout Fields, at range: SourceRange) -> StepKind? {
    let kinds = fields.inOrder.compactMap { field in StepKind(rawValue: field.name).map { ($0, field) } }
    var misspeltKind = false
    for field in fields.inOrder where !StepKind.allKeys.contains(field.name) {
      guard sink.hasRoom else {
        report("unknown key", at: field.range)
        continue
      }
      let candidates = kinds.first?.0.keys ?? StepKind.allKeys
      let meant = Spelling.nearest(to: field.name, among: candidates)
      fields.presume(meant)
      misspeltKind = misspeltKind || meant.flatMap(StepKind.init) != nil
      report(
        "the key “\(field.name.shown)” is not known in \(kinds.first?.0.noun ?? "a step")", at: field.range,
        help: Self.didYouMean(field.name, among: candidates))
    }
    guard let (kind, first) = kinds.first else {
      if !misspeltKind { report("this step has no kind", at: range, help: "it needs one of the keys \(Self.kindList)") }
      return nil
    }
    for (_, second) in kinds.dropFirst() {
      let line = source.position(of: first.range.start).line
      report(
        "a step has one kind; this one is already \(kind.noun), on line \(line)", at: second.range,
        help: "begin a step of its own: `- \(second.name): …`")
    }
    guard kinds.count == 1 else { return nil }
    for field in fields.inOrder where StepKind.allKeys.contains(field.name) && !kind.keys.contains(field.name) {
      report(
        "\(kind.noun) takes no \(field.name)", at: field.range, help: "it takes \(kind.keys.joined(separator: ", "))")
    }
    return kind
  }

  private mutating func action(
    _ kind: StepKind, _ own: Field, _ fields: Fields, nesting: Int
  ) -> (RoutineStep.Action, RoutineStep.Extent)? {
    switch kind {
    case .hold:
      let duration = inside("hold") { $0.duration(own.value) }
      let speed = speed(of: kind, own, fields, form: "1900 ppm") {
        if case .single(let speed) = $0 { speed } else { nil }
      }
      guard let duration, let speed else { return nil }
      return (.hold(duration: duration, speed: speed), extent(duration))
    case .ramp:
      let duration = inside("ramp") { $0.duration(own.value) }
      let speeds = speed(of: kind, own, fields, form: "1750..2400 ppm") {
        if case .range(let from, let to) = $0 { (from, to) } else { nil }
      }
      guard let duration, let (from, to) = speeds else { return nil }
      return (.ramp(duration: duration, from: from, to: to), extent(duration))
    case .rest:
      guard let duration = inside("rest", { $0.duration(own.value) }) else { return nil }
      return (.rest(duration: duration), extent(duration))
    case .pulse:
      return pulse(own, fields)
    case .repeat:
      return `repeat`(own, fields, nesting: nesting)
    case .wait:
      inside("wait") { decoder in
        if case .scalar("confirm", _) = own.value.content { return }
        decoder.report("a wait is for the operator's confirmation only", at: own.value, help: "write `wait: confirm`")
      }
      let timeout = required("timeout", in: fields, of: "a wait", at: own.range, example: "60s") { $0.duration($1) }
      guard let timeout else { return nil }
      return (.waitForConfirmation(timeout: timeout), extent(timeout))
    }
  }

  private func extent(_ duration: UInt32) -> RoutineStep.Extent {
    RoutineStep.Extent(count: 1, milliseconds: UInt64(duration))
  }

  private mutating func speed<Value>(
    of kind: StepKind, _ own: Field, _ fields: Fields, form: String, _ select: (SpeedQuantity) -> Value?
  ) -> Value? {
    required("speed", in: fields, of: kind.noun, at: own.range, example: form) { decoder, node in
      guard let quantity = decoder.speed(node) else { return nil }
      if let value = select(quantity) { return value }
      let other: StepKind
      let written: String
      switch quantity {
      case .single: (other, written) = (.hold, "one speed")
      case .range: (other, written) = (.ramp, "a speed from .. to")
      case .alternation: (other, written) = (.pulse, "two speeds in turn")
      }
      decoder.report(
        "\(kind.noun) does not take \(written)", at: node,
        help: "write it as \(form), or make the step \(other.noun)")
      return nil
    }
  }

  private mutating func pulse(_ own: Field, _ fields: Fields) -> (RoutineStep.Action, RoutineStep.Extent)? {
    let duration = inside("pulse") { $0.duration(own.value) }
    let speeds = speed(of: .pulse, own, fields, form: "1750/2200 ppm") {
      if case .alternation(let first, let second) = $0 { (first, second) } else { nil }
    }
    let period = required("period", in: fields, of: "a pulse", at: own.range, example: "2s") { $0.duration($1) }
    guard let duration, let (first, second) = speeds, let period, let field = fields["period"] else { return nil }
    let problem = inside("period") { $0.periodProblem(period, in: duration) }
    if let (message, help) = problem {
      inside("period") { $0.report(message, at: field.value, help: help) }
      return nil
    }
    let half = period / 2
    let count = Int(duration / half) + (duration % half == 0 ? 0 : 1)
    let extent = RoutineStep.Extent(count: count, milliseconds: UInt64(duration))
    guard !refuse(extent, at: own.range, what: "this pulse's half periods") else { return nil }
    return (.pulse(duration: duration, first: first, second: second, period: period), extent)
  }

  /// Every half period, the last one too, must be a step that a document could write: whole milliseconds, at least 10.
  private func periodProblem(_ period: UInt32, in duration: UInt32) -> (String, String)? {
    func text(_ value: UInt32) -> String { Dimension.duration.text(UInt64(value)) }
    let shortest = RoutineDocument.durationLimits.lowerBound
    let half = period / 2
    if half < shortest { return ("half of this period is shorter than 10 ms", "a period is at least 20 ms") }
    if period % 2 != 0 {
      return ("half of this period is no whole millisecond", "write \(text(period - 1)) or \(text(period + 1))")
    }
    if period > duration {
      return ("the period is longer than the pulse, which lasts \(text(duration))", "it is at most \(text(duration))")
    }
    let rest = duration % half
    if rest > 0, rest < shortest {
      return (
        "the last half period would be cut to \(rest) ms; steps are at least 10 ms",
        "make the pulse last \(text(duration - rest)) or \(text(duration - rest + half))"
      )
    }
    return nil
  }

  private mutating func `repeat`(
    _ own: Field, _ fields: Fields, nesting: Int
  ) -> (RoutineStep.Action, RoutineStep.Extent)? {
    let isForever = if case .scalar("forever", .plain) = own.value.content { true } else { false }
    let count = isForever ? 1 : inside("repeat") { $0.count(own.value) }
    if isForever, nesting > 0 {
      inside("repeat") {
        $0.report("a repeat without end lies in another repeat", at: own.value, help: Self.foreverHelp)
      }
    }
    guard nesting < RoutineDocument.maximumNesting else {
      report(
        "this repeat lies in \(nesting) others; \(RoutineDocument.maximumNesting) is the most, itself included",
        at: own.range, help: "write some of the inner steps out")
      return nil
    }
    let inner = required("steps", in: fields, of: "a repeat", at: own.range) { decoder, node in
      decoder.steps(node, nesting: nesting + 1)
    }
    guard let count, let inner else { return nil }
    if isForever { refuseWaits(inner.steps) }
    // Both factors are small: the count at most 100,000, the inner steps within the limits of a whole routine.
    let extent = RoutineStep.Extent(
      count: inner.extent.count * count, milliseconds: inner.extent.milliseconds * UInt64(count))
    guard !refuse(extent, at: own.range, what: "the repetitions") else { return nil }
    return (.repeat(count: isForever ? nil : count, steps: inner.steps), extent)
  }

  static let foreverHelp = "`repeat: forever` is the last step of a routine"

  /// Nobody is asked again and again without end.
  private mutating func refuseWaits(_ steps: [RoutineStep]) {
    for step in steps {
      switch step.action {
      case .waitForConfirmation:
        report("a wait lies in a repeat without end", at: step.places.kind, help: "put the wait before the repeat")
      case .repeat(_, let inner): refuseWaits(inner)
      default: break
      }
    }
  }

  /// How often a repeat plays its steps: a whole number from 1.
  private mutating func count(_ node: DocumentNode) -> Int? {
    let limit = RoutineDocument.maximumStepCount
    let help = "how often, a whole number from 1 to \(limit): `repeat: 3`; or `repeat: forever`"
    guard case .scalar(let text, let style) = node.content else {
      report("a repeat takes a number", at: node, help: help)
      return nil
    }
    let digits = text.utf8.allSatisfy { (0x30...0x39).contains($0) }
    guard style == .plain, digits, !text.isEmpty else {
      let isQuoted = style == .text && digits && !text.isEmpty
      report(
        isQuoted
          ? "the number stands in quotes"
          : text.isEmpty ? "a repeat takes a number" : "“\(text.shown)” is not a whole number from 1",
        at: node, help: isQuoted ? "write `repeat: \(text.shown)`" : help)
      return nil
    }
    guard !text.hasPrefix("0") else {
      report(
        text == "0"
          ? "a repeat of zero times" : "“\(text.shown)” begins with 0, which some readers take for octal",
        at: node, help: text == "0" ? "remove the step if it is not wanted" : help)
      return nil
    }
    guard let count = Int(text), count <= limit else {
      report("a repeat of \(text.shown) times; \(limit) is the most", at: node, help: help)
      return nil
    }
    return count
  }
}
