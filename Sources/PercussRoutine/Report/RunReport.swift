/// The evidence of one run: what was planned, what happened when and by whose clock, how it ended, and what the motor did.
///
/// ```swift
/// let report = await player.play()
/// print(report.outcome, report.lateness.maximumMicroseconds ?? 0)
/// try report.json(.pretty)                    // what `percuss run --report FILE.json` writes
/// ```
///
/// Instants are whole microseconds from the start of the run: the device instant at which it began (uploaded, streamed), or the host instant at which it was
/// due to begin (live). The written form is described in `protocol-spec/report.md`; equal reports are written as equal bytes.
public struct RunReport: Codable, Equatable, Sendable {
  /// How the run ended.
  public var outcome: RunOutcome
  /// Why.
  public var reason: RunReason
  /// What was played.
  public var routine: RoutineSummary
  /// Who kept the time.
  public var mode: PlayMode
  /// On what.
  public var device: DeviceDescription
  /// Over what.
  public var link: LinkDescription
  /// The seed of a simulated run; nil where chance was not seeded.
  public var seed: UInt64?
  /// Whether the run happened in virtual time: its instants are then those of a simulation, not measurements.
  public var isVirtualTime: Bool
  /// What the host was like; nil in virtual time, or where nothing is known of it.
  public var environment: RunEnvironment?
  /// The lease on the motor, in milliseconds.
  public var leaseMilliseconds: Int
  /// What the device does when the player is lost.
  public var lossPolicy: ReportedLossPolicy
  /// How early or late a step may be, in microseconds.
  public var toleranceMicroseconds: Int64
  /// What a step beyond the tolerance does to the run.
  public var latePolicy: LatePolicy
  /// How long before its deadline a command may leave (a lowered force limit in live mode), in microseconds.
  public var leadMicroseconds: Int64
  /// When the run ended, in microseconds from its start; nil when it never began.
  public var endMicroseconds: Int64?
  /// Whether the motor was seen at rest at the end.
  public var rest: RestEvidence
  /// How late the steps were.
  public var lateness: LatenessSummary
  /// How the steps were brought to the device ahead of time; nil unless they were streamed.
  public var stream: StreamEvidence?
  /// How the clocks of device and host belong together; nil where the device does not offer its clock, or no exchange told it.
  public var clocks: ClockEvidence?
  /// Every step of the plan in order, entered or not.
  public var steps: [StepReport]
  /// What the motor did.
  public var motion: MotionTrace

  /// A report of all its parts; see the properties.
  public init(
    outcome: RunOutcome, reason: RunReason, routine: RoutineSummary, mode: PlayMode, device: DeviceDescription,
    link: LinkDescription, seed: UInt64?, isVirtualTime: Bool, environment: RunEnvironment? = nil,
    leaseMilliseconds: Int,
    lossPolicy: ReportedLossPolicy, toleranceMicroseconds: Int64, latePolicy: LatePolicy, leadMicroseconds: Int64,
    endMicroseconds: Int64?, rest: RestEvidence, lateness: LatenessSummary? = nil, stream: StreamEvidence? = nil,
    clocks: ClockEvidence? = nil, steps: [StepReport], motion: MotionTrace
  ) {
    self.outcome = outcome
    self.reason = reason
    self.routine = routine
    self.mode = mode
    self.device = device
    self.link = link
    self.seed = seed
    self.isVirtualTime = isVirtualTime
    self.environment = environment
    self.leaseMilliseconds = leaseMilliseconds
    self.lossPolicy = lossPolicy
    self.toleranceMicroseconds = toleranceMicroseconds
    self.latePolicy = latePolicy
    self.leadMicroseconds = leadMicroseconds
    self.endMicroseconds = endMicroseconds
    self.rest = rest
    self.lateness = lateness ?? LatenessSummary(of: steps)
    self.stream = stream
    self.clocks = clocks
    self.steps = steps
    self.motion = motion
  }
}

/// How a run ended.
public enum RunOutcome: String, Codable, Sendable, CaseIterable {
  /// The routine was played to its end, each step that was seen within the tolerance.
  case completed
  /// It was ended before its end on purpose: by the operator, the button, the timer, or another central.
  case stopped
  /// A guarantee was missed: a step was early or late beyond the tolerance, or the steps drifted.
  case missed
  /// The link or the lease was lost.
  case lost
  /// It could not be played, or not to its end.
  case failed
}

/// Why a run ended as it did.
public struct RunReason: Codable, Equatable, Sendable {
  /// What a program looks at.
  public enum Code: String, Codable, Sendable, CaseIterable {
    /// Played to the end, every step seen.
    case completed
    /// Played to the end, but not all steps were seen to begin: events were lost on the way.
    case unobserved
    /// The caller cancelled the run, as Ctrl-C does.
    case interrupted
    /// The operator declined to go on at a wait.
    case declined
    /// Nobody confirmed a wait in time.
    case waitTimeout = "wait_timeout"
    /// The device's button ended it.
    case button
    /// The device's timer ended it.
    case timer
    /// A control request that was not the player's ended it.
    case stoppedElsewhere = "stopped_elsewhere"
    /// The device switched itself off.
    case switchedOff = "switched_off"
    /// A step began too late.
    case late
    /// A step began too early.
    case early
    /// Lateness was carried from step to step.
    case drift
    /// The connection ended.
    case linkLost = "link_lost"
    /// The device heard nothing for as long as the lease.
    case leaseExpired = "lease_expired"
    /// The player no longer held the lease, for another reason.
    case controlLost = "control_lost"
    /// Another central holds the lease.
    case controlHeld = "control_held"
    /// The device refused a request.
    case refused
    /// The device did not answer, or an expected event did not come.
    case noResponse = "no_response"
    /// The device reported a fault.
    case fault
    /// The plan cannot be played in this mode on this link.
    case unplayable
    /// The stored routine was not the uploaded one.
    case notStored = "not_stored"
    /// The streamed steps did not reach the device in time; it brought its motor to rest.
    case underflow
    /// The motor was not seen at rest in time.
    case notAtRest = "not_at_rest"
  }

  /// What a program looks at.
  public var code: Code
  /// What a person reads: what happened, where, and what to do; one or two sentences.
  public var message: String
  /// The step concerned, counted from 0; nil where none is.
  public var step: Int?

  /// A reason; see the properties.
  public init(_ code: Code, _ message: String, step: Int? = nil) {
    self.code = code
    self.message = message
    self.step = step
  }
}

/// What a step that is early or late beyond the tolerance does to the run. Either way its outcome is `missed`.
public enum LatePolicy: String, Codable, Sendable, CaseIterable {
  /// The run is stopped.
  case stop
  /// The run goes on to its end.
  case `continue`
}

/// What the device does with the motor when the player is lost, as a report names it.
public enum ReportedLossPolicy: String, Codable, Sendable, CaseIterable {
  /// It ramps to rest.
  case stop
  /// An uploaded routine goes on to its end.
  case finishRoutine = "finish_routine"
}

/// What was played.
public struct RoutineSummary: Codable, Equatable, Sendable {
  /// The routine's name.
  public var name: String
  /// The steps after expansion.
  public var stepCount: Int
  /// The length of the plan in microseconds, without the waits for the operator.
  public var durationMicroseconds: Int64
  /// True where the document's force limits were left out, because the device has none and the user said so; otherwise nil.
  public var leavesOutForce: Bool?

  /// A summary; see the properties.
  public init(name: String, stepCount: Int, durationMicroseconds: Int64, leavesOutForce: Bool? = nil) {
    self.leavesOutForce = leavesOutForce
    self.name = name
    self.stepCount = stepCount
    self.durationMicroseconds = durationMicroseconds
  }
}

/// Whether the motor was seen at rest at the end of a run.
public struct RestEvidence: Codable, Equatable, Sendable {
  /// Telemetry showed speed and target 0, and no motion going on, after the end.
  public var isVerified: Bool
  /// When, in microseconds from the start of the run; nil when it was not seen, or the run never began.
  public var atMicroseconds: Int64?

  /// Evidence; see the properties.
  public init(isVerified: Bool, atMicroseconds: Int64?) {
    self.isVerified = isVerified
    self.atMicroseconds = atMicroseconds
  }
}
