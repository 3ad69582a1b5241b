internal import PercussClient
internal import PercussTime

/// Whether a guarantee can be kept on a host and a link, by what was measured of them.
public struct TimingFinding: Equatable, Sendable {
  /// How it stands.
  public enum Standing: String, Codable, Sendable, CaseIterable {
    /// What was measured keeps it.
    case holds
    /// Most of what was measured keeps it.
    case atRisk = "at_risk"
    /// What was measured does not keep it.
    case fails
    /// It is not promised in this mode.
    case notPromised = "not_promised"

    /// The words for people: `at risk`.
    public var title: String {
      switch self {
      case .holds: "holds"
      case .atRisk: "at risk"
      case .fails: "does not hold"
      case .notPromised: "not promised"
      }
    }
  }

  /// Which guarantee.
  public var name: GuaranteePromise.Name
  /// In which mode.
  public var mode: PlayMode
  /// How it stands.
  public var standing: Standing
  /// What shows it, in a sentence.
  public var text: String
}

extension TimingSurvey {
  /// How the six guarantees stand on terms, by what was measured.
  public func findings(on terms: RunTerms) -> [TimingFinding] {
    terms.promises.map { promise in
      let (standing, text) = promise.isPromised ? finding(promise.name, terms) : (.notPromised, promise.text)
      return TimingFinding(name: promise.name, mode: terms.mode, standing: standing, text: text)
    }
  }

  private func finding(_ name: GuaranteePromise.Name, _ terms: RunTerms) -> (TimingFinding.Standing, String) {
    switch name {
    case .neverEarly, .noDrift, .bounded:
      guard terms.mode == .live else { return (.holds, "The device keeps it by its own clock; the run measures it.") }
      return name == .bounded ? bounded(terms) : absolute(name)
    case .linkProof: return linkProof(terms)
    case .failSafe: return failSafe(terms)
    case .evident: return evident(terms)
    }
  }

  /// What hands live commands over.
  private var sending: (lateness: LatenessHistogram, what: String) {
    handOff.map { ($0.lateness, "hand-offs") } ?? (wakeUp, "wake-ups")
  }

  private func absolute(_ name: GuaranteePromise.Name) -> (TimingFinding.Standing, String) {
    guard name == .neverEarly else {
      return (.holds, "Deadlines are absolute: what makes one late does not move the next.")
    }
    let (lateness, what) = sending
    let early = lateness.earlyCount
    return early == 0
      ? (.holds, "None of \(lateness.count) \(what) was early.")
      : (.fails, "\(early) of \(lateness.count) \(what) were early.")
  }

  private func bounded(_ terms: RunTerms) -> (TimingFinding.Standing, String) {
    let (lateness, what) = sending
    guard let most = lateness.maximum, let p99 = lateness.p99 else { return (.fails, "Nothing could be handed over.") }
    let tolerance = Duration.microseconds(terms.toleranceMicroseconds)
    let said = "99 % of \(lateness.count) \(what) were at most \(short(p99)) late, the latest \(short(most))"
    if most <= tolerance { return (.holds, "\(said); \(short(tolerance)) are allowed.") }
    return (p99 <= tolerance ? .atRisk : .fails, "\(said), and only \(short(tolerance)) are allowed.")
  }

  /// How long the link kept the longest answer: what a stall is measured by.
  private func linkProof(_ terms: RunTerms) -> (TimingFinding.Standing, String) {
    guard let most = roundTrip.maximum else { return (.fails, "No request was answered.") }
    let limits = [
      Duration.milliseconds(Int64(terms.leaseMilliseconds)), terms.lookAheadMicroseconds.map { .microseconds($0) },
    ]
    let limit = limits.compactMap { $0 }.min() ?? .zero
    let said =
      "The longest of \(roundTrip.count) answers took \(short(most)); stalls up to \(short(limit)) change no step."
    return (most * 2 < limit ? .holds : most < limit ? .atRisk : .fails, said)
  }

  private func failSafe(_ terms: RunTerms) -> (TimingFinding.Standing, String) {
    let lease = Duration.milliseconds(Int64(terms.leaseMilliseconds))
    let rest = lease + .microseconds(RunTerms.settlingMicroseconds)
    let said = "Whatever is lost, the device rests within \(short(rest))"
    guard let most = roundTrip.maximum, most * 3 >= lease * 2 else { return (.holds, "\(said).") }
    return (
      .atRisk, "\(said); but an answer took \(short(most)), and such a stall lets the lease of \(short(lease)) run out."
    )
  }

  private func evident(_ terms: RunTerms) -> (TimingFinding.Standing, String) {
    guard terms.mode != .live else { return (.holds, "This host notes the instant of each hand-off itself.") }
    guard missedNotifications > 0 else { return (.holds, "No notification was lost meanwhile.") }
    return (
      .atRisk, "\(missedNotifications) notifications were lost meanwhile: a lost event is a step that nobody saw."
    )
  }

  private func short(_ duration: Duration) -> String { RunProfile.short(microseconds: duration.wholeMicroseconds) }
}
