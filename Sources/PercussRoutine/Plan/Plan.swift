public import PercussDocument

/// A routine made ready for one device: every step written out, with its exact offset.
///
/// ```
/// document   hold 30s ── repeat 2 ─┬─ pulse 4s, period 2s ── wait: confirm ── rest 5s
///                                  │
/// plan       0:hold  1:hold 2:hold 3:hold 4:hold 5:hold … 9:wait │ 10:rest
/// offset     0       30s    31s    32s    33s    34s      38s    │ 38s
/// section    └─────────────────────── 0 ────────────────────────┘ └─ 1 ──
/// ```
///
/// Offsets are nominal: a wait takes no time in them. The steps after a wait belong to another ``Section``, whose clock
/// starts when the operator confirms; within a section `step.offset - section.offset` is exact. Without waits there is
/// one section, and offsets count from the start of the routine. An endless routine ends with its ``loop``, which is written out once.
public struct Plan: Sendable {
  /// The steps between two waits.
  public struct Section: Sendable, Equatable {
    /// Its steps by index. A wait is the last step of the section that it ends.
    public let steps: Range<Int>
    /// The nominal offset of its first step in milliseconds.
    public let offset: UInt32
    /// How long it takes in milliseconds, without the wait that ends it.
    public let duration: UInt32
    /// The index of the wait that ends it; nil for the last one, unless the routine ends with a wait.
    public let wait: Int?
  }

  /// The routine's name.
  public let name: String
  /// The name of the document that it was made from.
  public let documentName: String
  /// How it is meant to be played.
  public let mode: PlayMode
  /// The steps in order, at least one and at most 100,000. Of an endless routine they hold one round.
  public let steps: [PlanStep]
  /// The last steps, which an endless routine plays again and again; nil for one that ends.
  public let loop: Range<Int>?
  /// The sections in order; together they hold all steps.
  public let sections: [Section]
  /// How long the routine takes in milliseconds when every confirmation comes at once; of an endless one, until the first round is over.
  public let nominalDuration: UInt32
  /// How long it takes in milliseconds when every confirmation comes in the last moment, at most 24 h.
  public let totalDuration: UInt32

  let outline: Outline

  /// Whether the document's force limits were left out; see ``init(compiling:for:mode:withoutForce:)``.
  public let leavesOutForce: Bool

  /// Compiles a document for a device.
  ///
  /// - Parameter withoutForce: leaves the document's force limits out on a device that cannot limit its force, instead of refusing it. They protect a person: only that person
  ///   can decide it.
  /// - Throws: Everything in the document that the device cannot do in this mode, each with its place and the nearest value that
  ///   would do. Nothing is rounded or left out.
  public init(
    compiling document: RoutineDocument, for limits: DeviceLimits, mode: PlayMode, withoutForce: Bool = false
  ) throws(DocumentDiagnostics) {
    leavesOutForce = withoutForce && limits.forceMaximum == nil
    var check = DeviceCheck(limits: limits, mode: mode, leavesOutForce: leavesOutForce)
    check.check(document)
    if let diagnostics = check.sink.diagnostics(in: document.source) { throw diagnostics }
    var expansion = Expansion(
      defaultForce: document.forceLimit ?? limits.forceMaximum, leavesOutForce: leavesOutForce)
    expansion.steps.reserveCapacity(document.steps.reduce(0) { $0 + $1.extent.count })
    expansion.append(document.steps)
    name = document.name
    documentName = document.source.name
    self.mode = mode
    steps = expansion.steps
    loop = expansion.loop
    sections = expansion.finishedSections
    nominalDuration = expansion.offset
    totalDuration = UInt32(clamping: document.steps.reduce(0) { $0 + $1.extent.milliseconds })
    outline = Outline(document.steps)
  }

  /// Where a step comes from in the document; nil for an index that the plan does not have.
  public func origin(ofStepAt index: Int) -> StepOrigin? {
    steps.indices.contains(index) ? outline.origin(of: index) : nil
  }

  /// The prompts to show when a step begins, outermost first: those of the document's steps that begin with it.
  public func prompts(atStepAt index: Int) -> [String] {
    origin(ofStepAt: index)?.beginning.compactMap(\.prompt) ?? []
  }
}

/// One step of a plan: what the device's motor does for a while, one segment of a routine on the wire.
public struct PlanStep: Sendable, Equatable {
  /// What happens; the raw value is the segment's kind on the wire.
  public enum Kind: UInt8, Sendable {
    /// One speed, `speedFrom` and `speedTo` alike.
    case hold = 1
    /// From `speedFrom` to `speedTo`, evenly.
    case ramp = 2
    /// Standing still, both speeds 0.
    case rest = 3
    /// Standing still until the operator confirms, both speeds 0; the duration is the time-out.
    case wait = 4
  }

  /// The place among the plan's steps, from 0.
  public let index: Int
  /// The nominal beginning in milliseconds, waits counted as nothing; see ``Plan``.
  public let offset: UInt32
  /// How long it lasts in milliseconds; for a wait, its time-out. 10 ms to 24 h.
  public let duration: UInt32
  /// What happens.
  public let kind: Kind
  /// The speed at the beginning, in PPM.
  public let speedFrom: UInt16
  /// The speed at the end, in PPM.
  public let speedTo: UInt16
  /// The force limit in 0.1 N: the step's own, else the document's, else the device's maximum; nil when the device has none.
  public let forceLimit: UInt16?
}

/// Writes a checked document out into steps and sections.
private struct Expansion {
  let defaultForce: UInt16?
  let leavesOutForce: Bool
  var steps: [PlanStep] = []
  var offset: UInt32 = 0
  private(set) var loop: Range<Int>?
  private var sections: [Plan.Section] = []
  private var sectionStart = 0
  private var sectionOffset: UInt32 = 0

  init(defaultForce: UInt16?, leavesOutForce: Bool) {
    (self.defaultForce, self.leavesOutForce) = (defaultForce, leavesOutForce)
  }

  var finishedSections: [Plan.Section] {
    guard sectionStart < steps.count else { return sections }
    return sections + [
      Plan.Section(
        steps: sectionStart..<steps.count, offset: sectionOffset, duration: offset - sectionOffset, wait: nil)
    ]
  }

  mutating func append(_ list: [RoutineStep]) {
    for step in list {
      let force = leavesOutForce ? nil : step.forceLimit ?? defaultForce
      switch step.action {
      case .hold(let duration, let speed):
        append(.hold, duration, speed, speed, force)
      case .ramp(let duration, let from, let to):
        append(.ramp, duration, from, to, force)
      case .rest(let duration):
        append(.rest, duration, 0, 0, force)
      case .pulse(let duration, let first, let second, let period):
        var left = duration
        for half in 0..<step.extent.count {
          let speed = half % 2 == 0 ? first : second
          let part = min(left, period / 2)
          append(.hold, part, speed, speed, force)
          left -= part
        }
      case .repeat(let count, let inner):
        let first = steps.count
        for _ in 0..<(count ?? 1) { append(inner) }
        if count == nil { loop = first..<steps.count }
      case .waitForConfirmation(let timeout):
        append(.wait, timeout, 0, 0, force)
      }
    }
  }

  /// A valid document ends within 24 h, so offsets stay far from their type's limit.
  private mutating func append(
    _ kind: PlanStep.Kind, _ duration: UInt32, _ from: UInt16, _ to: UInt16, _ force: UInt16?
  ) {
    steps.append(
      PlanStep(
        index: steps.count, offset: offset, duration: duration, kind: kind, speedFrom: from, speedTo: to,
        forceLimit: force))
    guard kind == .wait else {
      offset += duration
      return
    }
    sections.append(
      Plan.Section(
        steps: sectionStart..<steps.count, offset: sectionOffset, duration: offset - sectionOffset,
        wait: steps.count - 1))
    sectionStart = steps.count
    sectionOffset = offset
  }
}
