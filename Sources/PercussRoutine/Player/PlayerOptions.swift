public import PercussWire

/// How a routine is played.
public struct PlayerOptions: Sendable {
  /// How long the device waits for a sign of life before it acts by `lossPolicy`; 500 ms to 60 s.
  public var lease: Duration
  /// What the device does with the motor when the player is lost. `finishRoutine` has an effect in uploaded mode only.
  public var lossPolicy: LossPolicy
  /// The slot that an uploaded routine is stored in; what it held before is replaced.
  public var slot: UInt8
  /// How late a step may begin. By the device's clock in uploaded mode: timer and scheduling of a small controller are far below the 20 ms of the
  /// default, which nobody feels; in streamed mode the same. By the host's in live mode: a general-purpose host wakes within a few milliseconds, 20 ms on a busy one.
  public var tolerance: Duration
  /// What a step beyond the tolerance does to the run.
  public var latePolicy: LatePolicy
  /// Streamed mode: for how long ahead the device always has its steps, 100 ms to 60 s. A stall of the link that is shorter, and shorter than the lease,
  /// changes none of them.
  public var lookAhead: Duration

  /// Options; see the properties.
  public init(
    lease: Duration = .milliseconds(Int64(WireConstants.leaseDefaultMilliseconds)), lossPolicy: LossPolicy = .stop,
    slot: UInt8 = 0, tolerance: Duration = .milliseconds(20), latePolicy: LatePolicy = .stop,
    lookAhead: Duration = .seconds(2)
  ) {
    self.lease = lease
    self.lossPolicy = lossPolicy
    self.slot = slot
    self.tolerance = tolerance
    self.latePolicy = latePolicy
    self.lookAhead = lookAhead
  }

  /// A lease that suits a mode: 2 s; for streams one and a half look-aheads and 1 s more, since a stall that is longer than the lease ends the run whatever is queued.
  public static func lease(for mode: PlayMode, lookAhead: Duration) -> Duration {
    guard mode == .streamed else { return .milliseconds(Int64(WireConstants.leaseDefaultMilliseconds)) }
    return min(.seconds(60), lookAhead + lookAhead / 2 + .seconds(1))
  }
}

/// What the report says of a run that the player itself cannot know.
public struct RunContext: Sendable {
  /// On what it is played.
  public var device: DeviceDescription
  /// Over what.
  public var link: LinkDescription
  /// The seed of a simulated run; nil where chance is not seeded.
  public var seed: UInt64?
  /// Whether it is played in virtual time.
  public var isVirtualTime: Bool
  /// What the host is like; nil in virtual time, or where nothing is known of it.
  public var environment: RunEnvironment?

  /// A context; see the properties.
  public init(
    device: DeviceDescription, link: LinkDescription, seed: UInt64? = nil, isVirtualTime: Bool = false,
    environment: RunEnvironment? = nil
  ) {
    self.device = device
    self.link = link
    self.seed = seed
    self.isVirtualTime = isVirtualTime
    self.environment = environment
  }
}

/// A step that waits for the operator.
public struct WaitingStep: Equatable, Sendable {
  /// The step in the plan, counted from 0.
  public var index: Int
  /// What to show; nil where the document says nothing.
  public var prompt: String?
  /// How long the device waits; afterwards the routine ends.
  public var timeout: Duration
}

/// What a run has to tell while it goes on.
public enum RunProgress: Equatable, Sendable {
  /// What is done before anything moves.
  public enum Preparation: Equatable, Sendable {
    /// The lease is taken.
    case takingControl
    /// The device is asked whether it holds the routine already, or whether it now does.
    case checkingSlot
    /// The routine is uploaded.
    case uploading
    /// The first steps are queued.
    case queueing
    /// It is started.
    case starting
  }

  /// Something is done before anything moves.
  case preparing(Preparation)
  /// The routine plays.
  case started
  /// A step began; with how late it was, negative when early.
  case stepEntered(index: Int, late: Duration)
  /// A step waits for the operator.
  case waiting(WaitingStep)
  /// The wait is over.
  case confirmed(index: Int)
  /// The run holds its place, the motor at rest.
  case paused
  /// It goes on.
  case resumed
  /// Where the run is, as often as the device sends telemetry.
  case moving(RunPosition)
  /// The motor is brought to rest.
  case stopping
  /// The last one.
  case finished(RunOutcome)
}

/// Where a run is.
public struct RunPosition: Equatable, Sendable {
  /// The step in the plan, counted from 0.
  public var step: Int
  /// Time since the start of the run.
  public var elapsed: Duration
  /// Time left in the plan, waits ahead counted as nothing.
  public var remaining: Duration
  /// The motor's speed in PPM.
  public var speedPPM: Int
  /// The speed that it is commanded to have, in PPM.
  public var targetPPM: Int
  /// The force in 0.1 N.
  public var forceDecinewtons: Int
  /// The battery's charge in per cent.
  public var batteryPercent: Int
}
