public import PercussDocument

/// A routine as its author wrote it: steps with quantities, checked, not yet bound to a device.
///
/// A value exists only when the whole document is valid, so a ``Plan`` made from it can trust every number.
///
/// ```yaml
/// percuss: 1
/// name: Post-run calves
/// steps:
///   - hold: 30s
///     speed: 1900 ppm
///     force: 60 N
/// ```
///
/// Source: `protocol-spec/routine.md`.
public struct RoutineDocument: Sendable {
  /// The version of the format that this library reads, the value of the key `percuss`.
  public static let version = 1
  /// The largest document, in bytes.
  public static let maximumSize = 1 << 20
  /// How many repeats may lie in each other.
  public static let maximumNesting = 16
  /// How many steps a plan may have, after repeats and pulses are written out.
  public static let maximumStepCount = 100_000
  /// The shortest and the longest duration, in milliseconds: 10 ms and 24 h. The upper bound holds for the whole routine too.
  public static let durationLimits: ClosedRange<UInt32> = 10...86_400_000

  /// What the routine is called, for people.
  public let name: String
  /// What it is for, for people.
  public let description: String?
  /// The force limit of the steps that name none, in 0.1 N; nil leaves it to the device's maximum.
  public let forceLimit: UInt16?
  /// At least one.
  public let steps: [RoutineStep]

  /// Whether it goes on until it is stopped: its last step repeats forever.
  public var isEndless: Bool { steps.last?.isEndless ?? false }

  let source: SourceText
  /// Where the document's own force limit stands.
  let forceRange: SourceRange?

  init(
    name: String, description: String?, forceLimit: UInt16?, forceRange: SourceRange?, steps: [RoutineStep],
    source: SourceText
  ) {
    self.forceRange = forceRange
    self.name = name
    self.description = description
    self.forceLimit = forceLimit
    self.steps = steps
    self.source = source
  }

  /// Reads a routine document.
  ///
  /// - Parameters:
  ///   - bytes: The document in UTF-8, with or without a byte order mark, at most ``maximumSize`` bytes.
  ///   - name: The name for diagnostics, usually the file's path. One that ends in `.json` is read as JSON, in `.yaml` or
  ///     `.yml` as YAML; with any other, a document that begins with a bracket or brace is JSON.
  /// - Throws: All that is wrong with the document, each with its place. A syntax error ends the reading.
  public static func parse(_ bytes: [UInt8], name: String) throws(DocumentDiagnostics) -> RoutineDocument {
    try DocumentReader.read(bytes, name: name, as: .routine) { decoder, root in decoder.document(root) }
  }
}

extension DocumentForm {
  static let routine = DocumentForm(
    noun: "routine", item: "step", anItem: "a step", writtenOut: "every step is written out",
    aliasHelp: "; steps that come again go into a repeat",
    nestingHelp: "a routine nests at most \(RoutineDocument.maximumNesting) repeats",
    beginning: "`percuss: 1`, `name:` and `steps:`", maximumSize: RoutineDocument.maximumSize,
    sizeHelp: "a repeat says in a few lines what comes again")
}

/// One step of a routine document.
public struct RoutineStep: Sendable {
  /// What a step does. Durations are in milliseconds, speeds in PPM.
  public enum Action: Sendable {
    /// Keeps one speed.
    case hold(duration: UInt32, speed: UInt16)
    /// Changes the speed evenly, from the first value to the last.
    case ramp(duration: UInt32, from: UInt16, to: UInt16)
    /// Stands still.
    case rest(duration: UInt32)
    /// Holds two speeds in turn, each for half a period, the first one first.
    case pulse(duration: UInt32, first: UInt16, second: UInt16, period: UInt32)
    /// Plays its steps, `count` times; nil stands for without end, in the last step of a document.
    case `repeat`(count: Int?, steps: [RoutineStep])
    /// Stands still until the operator confirms, at most for the time-out.
    case waitForConfirmation(timeout: UInt32)
  }

  /// What the step is called, for people.
  public let name: String?
  /// What the operator should do.
  public let prompt: String?
  /// What the step does.
  public let action: Action
  /// The step's own force limit in 0.1 N, if it names one.
  public let forceLimit: UInt16?
  /// The line on which the step begins, from 1.
  public let line: Int

  /// Where the parts are that a device may be unable to do.
  struct Places: Sendable {
    var kind: SourceRange
    var speed: SourceRange?
    var force: SourceRange?
  }

  let places: Places
  /// How many steps of a plan this one becomes, and how long they take with every wait at its time-out; of a repeat without end, one round.
  let extent: Extent

  struct Extent: Sendable {
    var count: Int
    var milliseconds: UInt64
  }

  /// Whether it repeats without end.
  var isEndless: Bool {
    if case .repeat(nil, _) = action { true } else { false }
  }

  /// The key that makes a step of this kind.
  public var kind: String {
    switch action {
    case .hold: "hold"
    case .ramp: "ramp"
    case .rest: "rest"
    case .pulse: "pulse"
    case .repeat: "repeat"
    case .waitForConfirmation: "wait"
    }
  }
}
