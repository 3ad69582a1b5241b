/// What became of one of the six guarantees in a run: judged by what the report holds, and by nothing else.
///
/// ```swift
/// for guarantee in report.guarantees where guarantee.status == .missed { print(guarantee.name.title, guarantee.evidence) }
/// ```
public struct Guarantee: Equatable, Sendable {
  /// What became of a guarantee.
  public enum Status: String, Codable, Sendable, CaseIterable {
    /// The report shows that it was kept.
    case kept
    /// The report shows that it was not: the run has failed.
    case missed
    /// Nothing was promised.
    case notPromised = "not_promised"
    /// The report shows neither.
    case unproven

    /// The word for people: `not promised`.
    public var title: String { self == .notPromised ? "not promised" : rawValue }
  }

  /// What was promised.
  public var promise: GuaranteePromise
  /// What became of it.
  public var status: Status
  /// The first step concerned, counted from 0; nil where none is.
  public var step: Int?
  /// What shows it, in a sentence.
  public var evidence: String
  /// The numbers in that, by name with the unit.
  public var measured: [String: Int64]

  /// Which of the six it is.
  public var name: GuaranteePromise.Name { promise.name }
}

extension RunReport {
  /// The terms of the run.
  public var terms: RunTerms { RunTerms(of: self) }

  /// What became of the six guarantees, in the order of the specification: a function of the rest of the report.
  public var guarantees: [Guarantee] {
    let judge = GuaranteeJudge(self)
    return terms.promises.map(judge.judge)
  }

  /// Whether a guarantee was missed: the run has failed, whatever its outcome.
  public var hasMissedGuarantee: Bool { guarantees.contains { $0.status == .missed } }
}

/// Judges guarantees by a report.
private struct GuaranteeJudge {
  private struct Finding {
    var status: Guarantee.Status
    var evidence: String
    var step: Int?
    var measured: [String: Int64] = [:]

    init(_ status: Guarantee.Status, _ evidence: String, step: Int? = nil, _ measured: [String: Int64] = [:]) {
      (self.status, self.evidence, self.step, self.measured) = (status, evidence, step, measured)
    }
  }

  private let report: RunReport
  private let terms: RunTerms
  /// The first step that began without being seen to.
  private let unseen: StepReport?

  init(_ report: RunReport) {
    self.report = report
    terms = report.terms
    unseen = report.steps.first { $0.isEntered && $0.lateMicroseconds == nil }
  }

  func judge(_ promise: GuaranteePromise) -> Guarantee {
    let finding: Finding
    if !promise.isPromised {
      finding = Finding(.notPromised, promise.text)
    } else {
      switch promise.name {
      case .neverEarly: finding = neverEarly
      case .bounded: finding = bounded
      case .noDrift: finding = noDrift
      case .linkProof: finding = linkProof(promise.limits["stall_us"])
      case .failSafe: finding = failSafe
      case .evident: finding = evident
      }
    }
    return Guarantee(
      promise: promise, status: finding.status, step: finding.step, evidence: finding.evidence,
      measured: finding.measured)
  }

  // MARK: The instants of steps

  private var seenCount: Int { report.lateness.count }

  /// Where not all steps were seen, what the others show is not enough.
  private func onlySeen(_ what: String) -> Finding {
    guard seenCount > 0 else { return Finding(.unproven, "No step was seen to begin.", step: unseen?.index) }
    return Finding(
      .unproven, "\(count(report.lateness.unobservedCount)) not seen to begin; of the \(seenCount) seen, \(what).",
      step: unseen?.index)
  }

  private var neverEarly: Finding {
    let early = report.lateness.earlyCount
    guard early == 0 else {
      let first = report.steps.first { $0.lateMicroseconds ?? 0 < 0 }
      let how =
        first?.lateMicroseconds.map { "Step \(first?.index ?? 0) began \(size($0)) early" } ?? "A step began early"
      return Finding(
        .missed, "\(how); \(count(early)) early in all.", step: first?.index ?? reasonStep(.early),
        ["early": Int64(early)])
    }
    guard seenCount > 0, report.lateness.unobservedCount == 0 else { return onlySeen("none was early") }
    return Finding(.kept, "None of the \(seenCount) steps that began was early.", ["early": 0])
  }

  private var bounded: Finding {
    let tolerance = report.toleranceMicroseconds
    var measured: [String: Int64] = [:]
    if let most = report.lateness.maximumMicroseconds { measured["max_us"] = most }
    // The first that began too late, or did not begin in time at all.
    let late = report.steps.first { $0.lateMicroseconds ?? 0 > tolerance }
    let held = reasonStep(.late, .underflow)
    if let late, late.index <= held ?? .max {
      let others = report.steps.count { $0.lateMicroseconds ?? 0 > tolerance }
      return Finding(
        .missed,
        "Step \(late.index) began \(size(late.lateMicroseconds ?? 0)) late; \(count(others)) late beyond the tolerance in all.",
        step: late.index, measured)
    }
    if report.reason.code == .late || report.reason.code == .underflow {
      let step = held.map { "Step \($0)" } ?? "A step"
      return Finding(.missed, "\(step) did not begin within \(size(tolerance)) of its instant.", step: held, measured)
    }
    guard report.lateness.maximumMicroseconds ?? 0 <= tolerance else {
      return Finding(.missed, "A step began \(size(measured["max_us"] ?? 0)) late.", measured)
    }
    guard seenCount > 0, report.lateness.unobservedCount == 0 else {
      return onlySeen("none was late beyond the tolerance")
    }
    return Finding(
      .kept, "The latest of the \(seenCount) steps that began was \(size(measured["max_us"] ?? 0)) late.", measured)
  }

  private var noDrift: Finding {
    guard let trend = LatenessTrend(of: report.steps) else {
      return Finding(.unproven, "Fewer than two steps were seen to begin; they show no trend.")
    }
    var measured = ["trend_us": trend.overRunMicroseconds, "spread_us": trend.spreadMicroseconds]
    if let uncertainty = trend.uncertaintyMicroseconds { measured["uncertainty_us"] = uncertainty }
    let rise =
      "Over \(trend.count) steps the lateness \(trend.overRunMicroseconds < 0 ? "fell" : "rose") by \(size(trend.overRunMicroseconds))"
      + (trend.uncertaintyMicroseconds.map { ", uncertain by \(size($0))" } ?? "")
    let clocks = report.clocks?.driftPartsPerBillion.map {
      "; against the host's clock the device's is estimated to have run \(QuantityText.partsPerMillion($0)) ppm \($0 < 0 ? "slow" : "fast")"
    }
    switch trend.finding(within: terms.trendLimit) {
    case .within: return Finding(.kept, "\(rise)\(clocks ?? "").", measured)
    case .beyond:
      return Finding(
        .missed, "\(rise)\(clocks ?? "").",
        step: report.steps.first { $0.lateMicroseconds ?? 0 > terms.trendLimit }?.index,
        measured)
    case .unclear:
      return Finding(
        .unproven,
        "\(rise), which proves no trend: the steps scatter too much, are too few, or were late from some instant on.",
        measured)
    }
  }

  // MARK: Link and motor

  private func linkProof(_ limit: Int64?) -> Finding {
    let silence = report.link.longestSilenceMicroseconds
    var measured: [String: Int64] = [:]
    if let silence { measured["longest_silence_us"] = silence }
    if let ahead = report.stream?.leastAheadMicroseconds { measured["least_ahead_us"] = ahead }
    guard report.steps.contains(where: \.isEntered) else { return Finding(.unproven, "No step began.", measured) }
    let heard =
      silence.map { "the device was silent for \(size($0)) at the longest" }
      ?? "how long the device was silent is not known"
    // A longer silence is beyond what was promised.
    let isBeyond = limit.map { limit in silence.map { $0 >= limit } ?? false } ?? false
    switch report.reason.code {
    case .underflow:
      let step = report.reason.step
      let what = "Step \(step.map(String.init) ?? "?") did not reach the device in time; \(heard)"
      if silence == nil { return Finding(.unproven, "\(what).", step: step, measured) }
      return isBeyond
        ? Finding(.kept, "\(what), longer than promised for.", step: step, measured)
        : Finding(.missed, "\(what), shorter than promised for.", step: step, measured)
    case .leaseExpired:
      return isBeyond
        ? Finding(.kept, "The lease ran out; \(heard), longer than promised for.", measured)
        : Finding(
          .unproven, "The lease ran out; \(heard), and whether link or host stood still is not known.", measured)
    case .linkLost where report.outcome == .lost:
      return Finding(
        .kept, "No step was changed until the connection ended, which is more than a stall; \(heard).", measured)
    case .noResponse, .controlLost:
      return Finding(.unproven, "The run was lost before its end; \(heard).", measured)
    default:
      let ahead = report.stream?.leastAheadMicroseconds.map { ", and had steps for \(size($0)) at the least" } ?? ""
      return Finding(.kept, "No step was changed by the link: \(heard)\(ahead).", measured)
    }
  }

  private var failSafe: Finding {
    guard let end = report.endMicroseconds else {
      return report.rest.isVerified
        ? Finding(.kept, "The run never began, and the motor was seen at rest.")
        : Finding(.unproven, "The run never began.")
    }
    let turning = report.motion.samples.last { $0.timeMicroseconds > end && ($0.speedPPM > 0 || $0.setpointPPM > 0) }
    if let turning, turning.timeMicroseconds - end > terms.restLimit {
      let after = turning.timeMicroseconds - end
      return Finding(.missed, "The motor still turned \(size(after)) after the end of the run.", ["turning_us": after])
    }
    guard report.rest.isVerified, let rest = report.rest.atMicroseconds else {
      let why = report.outcome == .lost ? "The link was lost" : "Telemetry did not show it"
      return Finding(.unproven, "\(why), so nobody here saw the motor at rest.")
    }
    let after = max(0, rest - end)
    return after <= terms.restLimit
      ? Finding(.kept, "The motor was seen at rest \(size(after)) after the end of the run.", ["rest_us": after])
      : Finding(
        .unproven, "The motor was seen at rest only \(size(after)) after the end of the run.", ["rest_us": after])
  }

  private var evident: Finding {
    let unobserved = report.lateness.unobservedCount
    let measured = ["unobserved": Int64(unobserved)]
    guard unobserved == 0 else {
      return Finding(
        .missed,
        "\(count(unobserved)) not seen to begin, the first of them step \(unseen?.index ?? report.reason.step ?? 0).",
        step: unseen?.index ?? report.reason.step, measured)
    }
    guard seenCount > 0 else { return Finding(.unproven, "No step began.", measured) }
    let isCertain = report.steps.allSatisfy { $0.lateMicroseconds == nil || $0.uncertaintyMicroseconds != nil }
    return Finding(
      .kept,
      "All \(seenCount) steps that began have a planned and an actual instant\(isCertain ? " with its uncertainty" : ", but of unknown uncertainty").",
      measured)
  }

  // MARK: Words

  private func reasonStep(_ codes: RunReason.Code...) -> Int? {
    codes.contains(report.reason.code) ? report.reason.step : nil
  }

  private func count(_ steps: Int) -> String { steps == 1 ? "1 step was" : "\(steps) steps were" }

  private func size(_ microseconds: Int64) -> String {
    RunProfile.short(microseconds: Int64(clamping: microseconds.magnitude))
  }
}
