import PercussRoutine
import Testing

/// The six guarantees, judged by reports made by hand: each status that each can have.
@Suite struct `The guarantees of a run` {
  typealias Name = GuaranteePromise.Name

  static func judged(_ name: Name, _ edit: (inout RunReport) -> Void) throws -> Guarantee {
    var report = ReportFixture.calves()
    edit(&report)
    report.lateness = LatenessSummary(of: report.steps)
    return try #require(report.guarantees.first { $0.name == name })
  }

  static func late(_ report: inout RunReport, _ step: Int, by late: Int64) {
    ReportFixture.enter(&report.steps[step], late: late)
  }

  static func unseen(_ report: inout RunReport, _ step: Int) {
    report.steps[step].actualMicroseconds = nil
    report.steps[step].lateMicroseconds = nil
    report.steps[step].observation = .unobserved
  }

  @Test func `are six, in their order, and all kept where all went well`() {
    let report = ReportFixture.calves()
    #expect(report.guarantees.map(\.name) == [.neverEarly, .bounded, .noDrift, .linkProof, .failSafe, .evident])
    #expect(report.guarantees.allSatisfy { $0.status == .kept && $0.step == nil }, "\(report.guarantees)")
    #expect(!report.hasMissedGuarantee)
  }

  @Test func `a step that is early by a microsecond is never early missed, with the step`() throws {
    let guarantee = try Self.judged(.neverEarly) { Self.late(&$0, 9, by: -1) }
    #expect(guarantee.status == .missed && guarantee.step == 9)
    #expect(guarantee.evidence.contains("Step 9 began 1 µs early"))
  }

  @Test(arguments: [(20_000, .kept), (20_001, .missed), (900_000, .missed)] as [(Int64, Guarantee.Status)])
  func `the tolerance is what bounds a step, to the microsecond`(late: Int64, status: Guarantee.Status) throws {
    let guarantee = try Self.judged(.bounded) { Self.late(&$0, 7, by: late) }
    #expect(guarantee.status == status)
    #expect(guarantee.step == (status == .missed ? 7 : nil))
    #expect(guarantee.measured["max_us"] == late && guarantee.promise.limits["tolerance_us"] == 20_000)
  }

  @Test(arguments: [RunReason.Code.late, .underflow])
  func `a step that could not begin in time is late, though it never began`(code: RunReason.Code) throws {
    let guarantee = try Self.judged(.bounded) { report in
      for step in 12..<report.steps.count {
        report.steps[step] = ReportFixture.step(step, .hold, nil, 0, 1, 1900, 1900, nil)
      }
      report.outcome = .missed
      report.reason = RunReason(code, "It could not.", step: 12)
    }
    #expect(guarantee.status == .missed && guarantee.step == 12)
  }

  @Test(arguments: [Name.neverEarly, .bounded])
  func `a step that nobody saw begin leaves unproven what it could have missed`(name: Name) throws {
    let guarantee = try Self.judged(name) { Self.unseen(&$0, 4) }
    #expect(guarantee.status == .unproven && guarantee.step == 4)
    let missed = try Self.judged(name) { report in
      Self.unseen(&report, 4)
      Self.late(&report, 9, by: name == .bounded ? 30_000 : -5)
    }
    #expect(missed.status == .missed && missed.step == 9)
  }

  @Test func `a step that nobody saw begin is evident missed`() throws {
    let guarantee = try Self.judged(.evident) { report in
      Self.unseen(&report, 4)
      Self.unseen(&report, 6)
    }
    #expect(guarantee.status == .missed && guarantee.step == 4 && guarantee.measured["unobserved"] == 2)
  }

  @Test func `lateness that grows from step to step is no drift missed long before a step is`() throws {
    let guarantee = try Self.judged(.noDrift) { report in
      for step in report.steps.indices { Self.late(&report, step, by: Int64(step) * 200) }
    }
    #expect(guarantee.status == .missed)
    #expect(guarantee.promise.limits["trend_us"] == 5_000)
    #expect(guarantee.measured["trend_us"] ?? 0 > 5_000)
    let bounded = try Self.judged(.bounded) { report in
      for step in report.steps.indices { Self.late(&report, step, by: Int64(step) * 200) }
    }
    #expect(bounded.status == .kept)
  }

  @Test func `live mode promises no link-proofness, and its lead`() throws {
    let link = try Self.judged(.linkProof) { $0.mode = .live }
    #expect(link.status == .notPromised && link.promise.limits.isEmpty)
    let early = try Self.judged(.neverEarly) {
      $0.mode = .live
      $0.leadMicroseconds = 60_000
    }
    #expect(early.promise.limits == ["early_us": 0, "lead_us": 60_000])
  }

  /// What a stream that ran dry says of the link: it depends on how long that stood still.
  @Test(arguments: [(1_999_999, .missed), (2_000_000, .kept), (nil, .unproven)] as [(Int64?, Guarantee.Status)])
  func `a stall beyond the look-ahead is more than was promised`(silence: Int64?, status: Guarantee.Status) throws {
    let guarantee = try Self.judged(.linkProof) { report in
      report.mode = .streamed
      report.stream = ReportFixture.streamed.stream
      report.link.longestSilenceMicroseconds = silence
      report.outcome = .missed
      report.reason = RunReason(.underflow, "It ran dry.", step: 12)
    }
    #expect(guarantee.status == status && guarantee.step == 12)
    #expect(guarantee.promise.limits == ["look_ahead_us": 2_000_000, "stall_us": 2_000_000])
  }

  @Test func `a lost lease without a silence proves nothing of the link`() throws {
    for (silence, status) in [(400_000, Guarantee.Status.unproven), (2_100_000, .kept)] as [(Int64, Guarantee.Status)] {
      let guarantee = try Self.judged(.linkProof) { report in
        report.link.longestSilenceMicroseconds = silence
        report.outcome = .lost
        report.reason = RunReason(.leaseExpired, "The lease ran out.", step: 12)
      }
      #expect(guarantee.status == status)
    }
  }

  @Test func `a motor that is seen turning later than lease and settling is fail-safe missed`() throws {
    let guarantee = try Self.judged(.failSafe) { report in
      let end = report.endMicroseconds ?? 0
      report.motion.samples.append(
        MotionSample(
          timeMicroseconds: end + 2_500_001, setpointPPM: 0, speedPPM: 10, forceDecinewtons: 0,
          temperatureDecidegrees: 250))
    }
    #expect(guarantee.status == .missed && guarantee.measured["turning_us"] == 2_500_001)
    #expect(guarantee.promise.limits == ["rest_us": 2_500_000])
  }

  @Test func `nobody sees the motor of a lost link`() throws {
    let guarantee = try Self.judged(.failSafe) { report in
      report.outcome = .lost
      report.reason = RunReason(.linkLost, "The connection ended.", step: 3)
      report.rest = RestEvidence(isVerified: false, atMicroseconds: nil)
    }
    #expect(guarantee.status == .unproven)
  }

  @Test func `an uploaded routine that plays on after a loss is not fail-safe, and every stall is survived`() throws {
    let rest = try Self.judged(.failSafe) { $0.lossPolicy = .finishRoutine }
    #expect(rest.status == .notPromised)
    let link = try Self.judged(.linkProof) { $0.lossPolicy = .finishRoutine }
    #expect(link.status == .kept && link.promise.limits.isEmpty)
    // Streams and live runs end with their player all the same.
    let streamed = try Self.judged(.failSafe) {
      $0.lossPolicy = .finishRoutine
      $0.mode = .streamed
    }
    #expect(streamed.status == .kept)
  }

  @Test func `of a run that never began nothing is proven, and nothing missed`() {
    let report = ReportFixture.nothing
    #expect(report.guarantees.allSatisfy { $0.status == .unproven }, "\(report.guarantees)")
  }

  @Test func `what cannot be promised is said plainly`() throws {
    var report = ReportFixture.calves()
    report.mode = .live
    report.link.connectionIntervalMicroseconds = nil
    let terms = report.terms
    #expect(terms.promises.contains { !$0.isPromised && $0.name == .linkProof })
    let bounded = try #require(terms.promises.first { $0.name == .bounded })
    #expect(bounded.note?.contains("not known") == true)
    let evident = try #require(terms.promises.first { $0.name == .evident })
    #expect(evident.limits.isEmpty && evident.note?.contains("null") == true)
    let drift = try #require(terms.promises.first { $0.name == .noDrift })
    // The fixture's device has no clock.
    #expect(drift.note?.contains("does not offer its clock") == true)
    #expect(terms.reservations.count == 2)
    report.device.isSimulated = false
    report.isVirtualTime = false
    #expect(report.terms.reservations.isEmpty)
  }
}

@Suite struct `The trend of the lateness` {
  static func steps(_ late: [Int64], apart: Int64 = 1_000_000) -> [StepReport] {
    late.enumerated().map { index, late in
      var step = ReportFixture.step(index, .hold, nil, Int64(index) * apart, apart, 1900, 1900, nil)
      ReportFixture.enter(&step, late: late)
      return step
    }
  }

  @Test func `is the rise of a straight line over the run`() throws {
    let trend = try #require(LatenessTrend(of: Self.steps((0..<21).map { Int64($0) * 100 })))
    #expect(trend.overRunMicroseconds == 2_000 && trend.uncertaintyMicroseconds == 0 && trend.count == 21)
    #expect(trend.finding(within: 1_999) == .beyond)
    #expect(trend.finding(within: 2_000) == .within)
    let falling = try #require(LatenessTrend(of: Self.steps((0..<21).map { 3_000 - Int64($0) * 100 })))
    #expect(falling.overRunMicroseconds == -2_000 && falling.finding(within: 1_000) == .beyond)
  }

  @Test func `is none of a single instant`() {
    #expect(LatenessTrend(of: []) == nil)
    #expect(LatenessTrend(of: Self.steps([5])) == nil)
    #expect(LatenessTrend(of: Self.steps([5, 9], apart: 0)) == nil)
  }

  @Test func `is bounded by the spread, however few the steps`() throws {
    let trend = try #require(LatenessTrend(of: Self.steps([0, 900])))
    #expect(trend.uncertaintyMicroseconds == nil)
    #expect(trend.finding(within: 900) == .within && trend.finding(within: 899) == .unclear)
  }

  @Test(arguments: 0..<200 as Range<UInt64>) func `takes no noise for drift`(seed: UInt64) throws {
    var random = Noise(state: seed &+ 1)
    // A busy machine: mostly a fraction of a millisecond, now and then ten.
    let late = (0..<40).map { _ in random.next() % 10 == 0 ? Int64(random.next() % 15_000) : Int64(random.next() % 400)
    }
    let trend = try #require(LatenessTrend(of: Self.steps(late, apart: 250_000)))
    #expect(trend.finding(within: 1_000) != .beyond, "\(trend)")
  }

  @Test(arguments: [10, 25, 40, 55, 70]) func `takes a host that was busy from some step on for no drift`(from: Int)
    throws
  {
    var random = Noise(state: 9)
    let late = (0..<80).map { Int64(random.next() % 200) + ($0 < from ? 0 : 9_000) }
    let trend = try #require(LatenessTrend(of: Self.steps(late)))
    #expect(trend.finding(within: 1_000) == .unclear && !trend.isSteady, "\(trend)")
    // The same noise on a true drift of 100 µs a step is one.
    random = Noise(state: 9)
    let drifting = (0..<80).map { Int64(random.next() % 200) + Int64($0) * 100 }
    #expect(try #require(LatenessTrend(of: Self.steps(drifting))).finding(within: 5_000) == .beyond)
  }

  @Test func `survives the greatest numbers`() throws {
    var steps = Self.steps([.min / 4, .max / 4, 0, 1, 2, 3, 4, 5])
    steps[1].plannedMicroseconds = .max
    steps[0].plannedMicroseconds = .min
    let trend = try #require(LatenessTrend(of: steps))
    #expect(trend.finding(within: 1_000) != .within)
  }
}

/// Numbers that look like chance, the same every time.
struct Noise: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
