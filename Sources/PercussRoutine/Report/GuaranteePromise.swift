internal import PercussClient
internal import PercussTime
internal import PercussWire

/// What one of the six guarantees means for a run: stated before it begins, on this device, over this link, in this mode.
public struct GuaranteePromise: Equatable, Sendable {
  /// The six; section 22 of the specification defines them.
  public enum Name: String, Codable, Sendable, CaseIterable {
    /// No step begins, and no command leaves, before its instant.
    case neverEarly = "never_early"
    /// No step is later than the tolerance.
    case bounded
    /// Lateness is not carried from step to step.
    case noDrift = "no_drift"
    /// A stall of the link changes no step.
    case linkProof = "link_proof"
    /// Whatever is lost, the motor comes to rest.
    case failSafe = "fail_safe"
    /// The report says when each step began, or that nobody saw it.
    case evident

    /// The name for people: `never early`.
    public var title: String {
      switch self {
      case .neverEarly: "never early"
      case .bounded: "bounded"
      case .noDrift: "no drift"
      case .linkProof: "link-proof"
      case .failSafe: "fail-safe"
      case .evident: "evident"
      }
    }
  }

  /// Which it is.
  public var name: Name
  /// Whether it is promised at all.
  public var isPromised: Bool
  /// What is promised, or why nothing is; for a person.
  public var text: String
  /// The numbers in it, by name with the unit; empty where nothing is promised.
  public var limits: [String: Int64]
  /// What it depends on, or does not cover; nil where there is nothing to add.
  public var note: String?

  init(_ name: Name, _ text: String, _ limits: [String: Int64], note: String? = nil) {
    (self.name, self.text, self.limits, self.note, isPromised) = (name, text, limits, note, true)
  }

  init(notPromised name: Name, _ text: String, note: String? = nil) {
    (self.name, self.text, limits, self.note, isPromised) = (name, text, [:], note, false)
  }
}

/// The terms of a run, on which its guarantees rest.
public struct RunTerms: Equatable, Sendable {
  /// Who keeps the time.
  public var mode: PlayMode
  /// How late a step may begin, in microseconds.
  public var toleranceMicroseconds: Int64
  /// What a later one does to the run.
  public var latePolicy: LatePolicy
  /// How long before its step a falling force limit may leave, in microseconds; live mode.
  public var leadMicroseconds: Int64
  /// The lease on the motor, in milliseconds.
  public var leaseMilliseconds: Int
  /// What the device does when the player is lost.
  public var lossPolicy: ReportedLossPolicy
  /// How far ahead the device has its steps, in microseconds; streamed mode.
  public var lookAheadMicroseconds: Int64?
  /// The connection interval in microseconds; nil when unknown.
  public var connectionIntervalMicroseconds: Int64?
  /// Whether the device offers its clock, so that its instants can be told by the host's.
  public var offersClock: Bool
  /// Whether the device keeps the lease; otherwise this host does, and it ends with it.
  public var hasLease: Bool
  /// The ratio of RPM to PPM that the speeds rest on, as the user stated it; nil where the device speaks of PPM itself.
  public var rpmPerThousandPPM: Int?
  /// Whether the device is a virtual one.
  public var isSimulated: Bool
  /// Whether time is virtual.
  public var isVirtualTime: Bool

  /// How long after the lease the motor is at rest, in microseconds: PCS/SR/LO/BV-04.
  static let settlingMicroseconds: Int64 = 500_000
  /// The part of the tolerance that a trend of the lateness may use up.
  static let trendShare: Int64 = 4

  /// The terms of a run that is about to begin.
  public init(_ plan: Plan, options: PlayerOptions, context: RunContext) {
    self.init(plan.mode, options: options, context: context)
  }

  /// The terms of any run in a mode.
  public init(_ mode: PlayMode, options: PlayerOptions, context: RunContext) {
    self.mode = mode
    toleranceMicroseconds = options.tolerance.wholeMicroseconds
    latePolicy = options.latePolicy
    connectionIntervalMicroseconds = context.link.connectionIntervalMicroseconds
    leadMicroseconds =
      mode == .live ? LiveSchedule.procedureTime(connectionInterval: connectionIntervalMicroseconds) : 0
    leaseMilliseconds = Int(clamping: options.lease.wholeMilliseconds)
    lossPolicy = options.lossPolicy == .finishRoutine ? .finishRoutine : .stop
    lookAheadMicroseconds = mode == .streamed ? options.lookAhead.wholeMicroseconds : nil
    offersClock = context.device.feature.features.contains("clock")
    hasLease = context.device.dialect?.hasLease ?? true
    rpmPerThousandPPM = context.device.dialect?.rpmPerThousandPPM
    isSimulated = context.device.isSimulated
    isVirtualTime = context.isVirtualTime
  }

  /// The terms that a report names.
  init(of report: RunReport) {
    mode = report.mode
    toleranceMicroseconds = report.toleranceMicroseconds
    latePolicy = report.latePolicy
    leadMicroseconds = report.leadMicroseconds
    leaseMilliseconds = report.leaseMilliseconds
    lossPolicy = report.lossPolicy
    lookAheadMicroseconds = report.stream?.lookAheadMicroseconds
    connectionIntervalMicroseconds = report.link.connectionIntervalMicroseconds
    offersClock = report.device.feature.features.contains("clock")
    hasLease = report.device.dialect?.hasLease ?? true
    rpmPerThousandPPM = report.device.dialect?.rpmPerThousandPPM
    isSimulated = report.device.isSimulated
    isVirtualTime = report.isVirtualTime
  }

  /// The six promises, in the order of the specification.
  public var promises: [GuaranteePromise] { GuaranteePromise.Name.allCases.map(promise) }

  /// What holds for all of them and a person must know: that device or time are not real.
  public var reservations: [String] {
    var reservations: [String] = []
    if let rpmPerThousandPPM, let ratio = SpeedRatio(rpmPerThousandPPM: rpmPerThousandPPM) {
      reservations.append(
        "The device knows RPM of its motor only: all speeds in PPM rest on \(ratio), which is what you stated and nothing that was measured here."
      )
    }
    if isSimulated {
      reservations.append(
        "The device is a virtual one: what is promised is promised for a simulation, no motor of metal moves.")
    }
    if isVirtualTime {
      reservations.append("Time is virtual: instants are computed, they say nothing about this host or a real link.")
    }
    return reservations
  }

  /// How much the lateness may rise or fall over the run, in microseconds.
  var trendLimit: Int64 { toleranceMicroseconds / Self.trendShare }

  /// By when after its end the motor is at rest, in microseconds.
  var restLimit: Int64 { leaseMicroseconds + Self.settlingMicroseconds }

  private var leaseMicroseconds: Int64 { Int64(leaseMilliseconds) * 1_000 }
  private var clock: String { mode == .live ? "this host's" : "the device's" }
  private var playsOnAfterLoss: Bool { mode == .uploaded && lossPolicy == .finishRoutine }

  func promise(_ name: GuaranteePromise.Name) -> GuaranteePromise {
    switch name {
    case .neverEarly: neverEarly
    case .bounded: bounded
    case .noDrift: noDrift
    case .linkProof: linkProof
    case .failSafe: failSafe
    case .evident: evident
    }
  }

  private var neverEarly: GuaranteePromise {
    guard mode == .live else {
      return GuaranteePromise(
        .neverEarly, "No step begins before its planned instant by the device's clock.", ["early_us": 0])
    }
    return GuaranteePromise(
      .neverEarly,
      "No step's command leaves before its instant by this host's clock; a lower force limit leaves up to \(short(leadMicroseconds)) before its step.",
      ["early_us": 0, "lead_us": leadMicroseconds])
  }

  private var bounded: GuaranteePromise {
    let policy = latePolicy == .stop ? "a later one stops the run" : "the run goes on after a later one, and has failed"
    let what = mode == .live ? "Each step's command is handed to the link" : "Each step begins"
    var note: String?
    if mode == .live {
      note =
        connectionIntervalMicroseconds.map {
          "The motor follows up to \(short($0)) after the command, one connection interval; later where packets are lost on the air."
        } ?? "How long after the command the motor follows is not known, since the connection interval is not."
    }
    return GuaranteePromise(
      .bounded, "\(what) at most \(short(toleranceMicroseconds)) after its instant by \(clock) clock; \(policy).",
      ["tolerance_us": toleranceMicroseconds], note: note)
  }

  private var noDrift: GuaranteePromise {
    let other = mode == .live ? "the device's" : "this host's"
    let ppm = Int64(ClockEstimator.driftLimitPartsPerMillion)
    return GuaranteePromise(
      .noDrift,
      "Lateness is not carried on: over the whole run its trend is at most \(short(trendLimit)) by \(clock) clock.",
      ["trend_us": trendLimit],
      note: offersClock
        ? "Against \(other) clock the run may go up to \(ppm) ppm faster or slower; the report says how much."
        : "The device does not offer its clock: how the run went by \(other) is not known.")
  }

  private var linkProof: GuaranteePromise {
    let timeout =
      "How long the link may be silent before it is given up, its supervision timeout, is not known to this program."
    switch mode {
    case .live:
      return GuaranteePromise(
        notPromised: .linkProof, "Not in live mode: every step needs the link at its instant, and a stall delays it.")
    case .uploaded where playsOnAfterLoss:
      return GuaranteePromise(
        .linkProof, "No stall and no loss of the link changes a step: the device plays what it has stored to the end.",
        [:])
    case .uploaded:
      return GuaranteePromise(
        .linkProof,
        "No stall of the link changes a step while it is shorter than the lease, \(short(leaseMicroseconds)), and than the supervision timeout.",
        ["stall_us": leaseMicroseconds], note: timeout)
    case .streamed:
      let lookAhead = lookAheadMicroseconds ?? 0
      return GuaranteePromise(
        .linkProof,
        "No stall of the link changes a step while it is shorter than the look-ahead, \(short(lookAhead)), the lease, \(short(leaseMicroseconds)), and the supervision timeout.",
        ["stall_us": min(lookAhead, leaseMicroseconds), "look_ahead_us": lookAhead], note: timeout)
    }
  }

  /// What a host can do for a device without a lease, and what nobody can.
  public static let withoutLease =
    "The device keeps no lease. This program stops it when the run ends, when it is told to end, and when it falls silent itself; but if it is killed or suspended, if "
    + "this computer stops, or if the link is lost and cannot be made again, the motor goes on until you switch it off by hand."

  private var failSafe: GuaranteePromise {
    guard hasLease else { return GuaranteePromise(notPromised: .failSafe, "It cannot be. \(Self.withoutLease)") }
    guard !playsOnAfterLoss else {
      return GuaranteePromise(
        notPromised: .failSafe,
        "Not with the loss policy finish_routine: when link or host are lost, the device plays on to the routine's end, and rests then."
      )
    }
    return GuaranteePromise(
      .failSafe,
      "Whatever ends the run or is lost, link, host or lease, the motor is at rest within \(short(restLimit)): the lease and 500 ms.",
      ["rest_us": restLimit],
      note: "After the loss of the link the device sees to it by itself, and nobody here can watch.")
  }

  private var evident: GuaranteePromise {
    let uncertainty = mode == .live ? connectionIntervalMicroseconds : 1
    return GuaranteePromise(
      .evident,
      "The report has the planned and the actual instant of each step that began, with its uncertainty; a step that nobody saw begin fails the run.",
      uncertainty.map { ["uncertainty_us": $0] } ?? [:],
      note: uncertainty == nil
        ? "The uncertainty is null: when the motor follows a command is not known, since the connection interval is not."
        : nil)
  }

  private func short(_ microseconds: Int64) -> String { RunProfile.short(microseconds: microseconds) }
}
