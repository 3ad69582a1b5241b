/// One step of a run: when it should have begun, and when it did.
public struct StepReport: Codable, Equatable, Sendable {
  /// What a step does.
  public enum Kind: String, Codable, Sendable, CaseIterable {
    /// Keeps one speed.
    case hold
    /// Moves from one speed to another in a straight line.
    case ramp
    /// Keeps the motor at rest.
    case rest
    /// Keeps the motor at rest until the operator confirms.
    case wait
  }

  /// How it is known that the step began.
  public enum Observation: String, Codable, Sendable, CaseIterable {
    /// The device's event said when.
    case event
    /// The host handed its command to the link.
    case handOff = "hand_off"
    /// Its event was lost; telemetry before and after it shows that it began between the two instants of `between_us`.
    case telemetry
    /// Its event was lost, and so was the telemetry; later steps show that it was passed.
    case unobserved
    /// It did not begin.
    case notEntered = "not_entered"
  }

  /// Whose clock an instant comes from.
  public enum Clock: String, Codable, Sendable, CaseIterable {
    /// The device's.
    case device
    /// The host's.
    case host
  }

  /// The step in the plan, counted from 0.
  public var index: Int
  /// The step's place in the document, such as `steps[3].steps[0]`.
  public var path: String
  /// What the document calls it; nil where it says nothing.
  public var name: String?
  /// What it does.
  public var kind: Kind
  /// Its place in the plan in microseconds, the waits before it counted as nothing.
  public var offsetMicroseconds: Int64
  /// How long it lasts, in microseconds; of a wait, the time-out.
  public var durationMicroseconds: Int64
  /// The speed it begins with, in PPM.
  public var speedFromPPM: Int
  /// The speed it ends with, in PPM.
  public var speedToPPM: Int
  /// The force above which the motor yields, in 0.1 N; nil where that is the device's own limit.
  public var forceLimitDecinewtons: Int?
  /// When it should begin, in microseconds from the start of the run; waits before it count with the time they took, those still ahead with nothing.
  public var plannedMicroseconds: Int64
  /// When it began, in microseconds from the start of the run; nil where that was not seen.
  public var actualMicroseconds: Int64?
  /// Actual less planned, in microseconds; negative when early.
  public var lateMicroseconds: Int64?
  /// The clock of `actualMicroseconds`.
  public var clock: Clock
  /// How far the motor's change may be from `actualMicroseconds`, in microseconds: the clock's resolution where the device stamps it, the time a command spends on
  /// the link where the host does; nil when unknown.
  public var uncertaintyMicroseconds: Int64?
  /// The same instants by the other clock; nil where they are not known.
  public var secondClock: SecondClock?
  /// How it is known that it began.
  public var observation: Observation
  /// Where its event was lost: it began after the first and not after the second, in microseconds.
  public var betweenMicroseconds: [Int64]?

  /// A step that has not begun yet.
  public init(
    index: Int, path: String, name: String?, kind: Kind, offsetMicroseconds: Int64, durationMicroseconds: Int64,
    speedFromPPM: Int, speedToPPM: Int, forceLimitDecinewtons: Int?, clock: Clock
  ) {
    self.index = index
    self.path = path
    self.name = name
    self.kind = kind
    self.offsetMicroseconds = offsetMicroseconds
    self.durationMicroseconds = durationMicroseconds
    self.speedFromPPM = speedFromPPM
    self.speedToPPM = speedToPPM
    self.forceLimitDecinewtons = forceLimitDecinewtons
    self.clock = clock
    plannedMicroseconds = offsetMicroseconds
    observation = .notEntered
  }

  /// Whether the step began, seen or not.
  public var isEntered: Bool { observation != .notEntered }
}
