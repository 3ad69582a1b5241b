import PercussClient
import PercussTime
import Testing

@testable import PercussRoutine

@Suite("What a survey of timing means") struct TimingSurveyTests {
  private func histogram(_ milliseconds: Int64...) -> LatenessHistogram {
    var histogram = LatenessHistogram()
    for value in milliseconds { histogram.record(.milliseconds(value)) }
    return histogram
  }

  private func survey(
    wakeUp: LatenessHistogram? = nil, handOff: LatenessHistogram? = nil, roundTrip: LatenessHistogram? = nil,
    missed: Int = 0
  ) -> TimingSurvey {
    TimingSurvey(
      wakeUp: wakeUp ?? histogram(0, 0), handOff: handOff.map { HandOffMeasurement(lateness: $0, isByThread: true) },
      roundTrip: roundTrip ?? histogram(30, 60), clock: nil, repeatedRequests: 0, missedNotifications: missed)
  }

  private func terms(_ mode: PlayMode, lookAhead: Duration = .seconds(2)) -> RunTerms {
    let options = PlayerOptions(
      lease: PlayerOptions.lease(for: mode, lookAhead: lookAhead), tolerance: .milliseconds(20), lookAhead: lookAhead)
    return RunTerms(mode, options: options, context: RunContext(device: ReportFixture.device, link: ReportFixture.link))
  }

  private func standing(
    _ name: GuaranteePromise.Name, of survey: TimingSurvey, on terms: RunTerms
  ) throws -> TimingFinding.Standing {
    try #require(survey.findings(on: terms).first { $0.name == name }).standing
  }

  @Test func `a good link keeps everything, but what is not promised`() {
    for mode in PlayMode.allCases {
      let findings = survey(handOff: histogram(0, 1)).findings(on: terms(mode))
      #expect(findings.map(\.name) == GuaranteePromise.Name.allCases)
      for finding in findings {
        let isExpected =
          mode == .live && finding.name == .linkProof ? finding.standing == .notPromised : finding.standing == .holds
        #expect(isExpected, "\(finding)")
      }
    }
  }

  @Test func `hand-offs within the tolerance hold, a few beyond it are a risk, many are a failure`() throws {
    let live = terms(.live)
    #expect(try standing(.bounded, of: survey(handOff: histogram(1, 20)), on: live) == .holds)
    var few = LatenessHistogram()
    for number in 0..<1_000 { few.record(.milliseconds(number == 0 ? 21 : 1)) }
    #expect(try standing(.bounded, of: survey(handOff: few), on: live) == .atRisk)
    #expect(try standing(.bounded, of: survey(handOff: histogram(1, 21)), on: live) == .fails)
    // The host's clock says nothing of the modes in which the device keeps the time.
    #expect(try standing(.bounded, of: survey(handOff: histogram(1, 21)), on: terms(.uploaded)) == .holds)
  }

  @Test func `without a clock to hand over to, the wake-ups count`() throws {
    #expect(try standing(.bounded, of: survey(wakeUp: histogram(30)), on: terms(.live)) == .fails)
    #expect(try standing(.bounded, of: survey(wakeUp: LatenessHistogram()), on: terms(.live)) == .fails)
  }

  @Test func `one that is early fails`() throws {
    #expect(try standing(.neverEarly, of: survey(handOff: histogram(-1, 1)), on: terms(.live)) == .fails)
  }

  @Test func `the longest answer is held to look-ahead and lease`() throws {
    let streamed = terms(.streamed)
    #expect(try standing(.linkProof, of: survey(roundTrip: histogram(999)), on: streamed) == .holds)
    #expect(try standing(.linkProof, of: survey(roundTrip: histogram(1_100)), on: streamed) == .atRisk)
    #expect(try standing(.linkProof, of: survey(roundTrip: histogram(2_000)), on: streamed) == .fails)
    #expect(try standing(.linkProof, of: survey(roundTrip: LatenessHistogram()), on: streamed) == .fails)
    // The lease of 2 s.
    #expect(try standing(.failSafe, of: survey(roundTrip: histogram(1_300)), on: terms(.live)) == .holds)
    #expect(try standing(.failSafe, of: survey(roundTrip: histogram(1_400)), on: terms(.live)) == .atRisk)
  }

  @Test func `lost notifications are a risk where events are the evidence`() throws {
    #expect(try standing(.evident, of: survey(missed: 1), on: terms(.uploaded)) == .atRisk)
    #expect(try standing(.evident, of: survey(missed: 1), on: terms(.live)) == .holds)
  }
}
