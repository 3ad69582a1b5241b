import PercussClient
import PercussRoutine
import PercussTime

/// What `percuss timing` says.
struct TimingText {
  private static let labelWidth = 43

  let survey: TimingSurvey
  let context: RunContext
  /// For each mode.
  let terms: [RunTerms]

  private struct Measurement: Encodable {
    let type = "timing"
    let what: String
    let count: Int
    let early: Int
    let p50Us: Int64?
    let p99Us: Int64?
    let maxUs: Int64?
    let byThread: Bool?
  }

  private struct ClockLine: Encodable {
    let type = "timing_clock"
    let uncertaintyUs: Int64
    let driftPpb: Int64?
    let exchanges: Int
    let leastRoundTripUs: Int64
  }

  private struct FindingLine: Encodable {
    let type = "timing_finding"
    let mode: String
    let guarantee: String
    let standing: String
    let text: String
  }

  /// As JSON.
  var lines: [String] {
    measurements.map { JSONLine.text($0) }
      + (survey.clock.map { clock in
        [
          JSONLine.text(
            ClockLine(
              uncertaintyUs: clock.uncertainty.wholeMicroseconds,
              driftPpb: clock.driftPartsPerMillion.map { Int64(($0 * 1_000).rounded()) },
              exchanges: clock.exchangeCount, leastRoundTripUs: clock.leastRoundTrip.wholeMicroseconds))
        ]
      } ?? [])
      + findings.map {
        JSONLine.text(
          FindingLine(
            mode: $0.mode.rawValue, guarantee: $0.name.rawValue, standing: $0.standing.rawValue, text: $0.text))
      }
  }

  private var measurements: [Measurement] {
    [measurement("wake_up", survey.wakeUp, byThread: true)]
      + (survey.handOff.map { [measurement("hand_off", $0.lateness, byThread: $0.isByThread)] } ?? [])
      + [measurement("round_trip", survey.roundTrip, byThread: nil)]
  }

  private func measurement(_ what: String, _ histogram: LatenessHistogram, byThread: Bool?) -> Measurement {
    Measurement(
      what: what, count: Int(clamping: histogram.count), early: Int(clamping: histogram.earlyCount),
      p50Us: histogram.p50?.wholeMicroseconds, p99Us: histogram.p99?.wholeMicroseconds,
      maxUs: histogram.maximum?.wholeMicroseconds, byThread: byThread)
  }

  private var findings: [TimingFinding] { terms.flatMap { survey.findings(on: $0) } }

  /// For a person, in lines of a width.
  func table(width: Int) -> String {
    var rows: [String] = [
      pad("device", 12) + context.device.name
        + (context.device.isSimulated ? " (virtual: this says nothing of a real radio)" : ""),
      pad("link", 12)
        + [
          context.link.transport,
          context.link.connectionIntervalMicroseconds.map { "connection interval \(short($0))" }
            ?? "connection interval not known",
        ].joined(separator: ", "),
    ]
    if let environment = context.environment {
      rows.append(pad("this host", 12) + "Linux \(environment.kernel), \(environment.processors) processors")
      rows.append(
        pad("its thread", 12)
          + [
            environment.priority.map { "SCHED_FIFO \($0)" }
              ?? "ordinary, for real-time scheduling was not permitted or asked for",
            environment.isMemoryLocked ? "memory locked" : "memory not locked",
            environment.timerSlackNanoseconds.map { "timer slack \($0) ns" } ?? "timer slack not known",
          ].joined(separator: ", "))
    }
    rows += [
      "", pad("", Self.labelWidth) + ["p50", "p99", "latest"].map { pad($0, 11, left: true) }.joined() + "    of",
    ]
    rows.append(row("the thread wakes late by", survey.wakeUp))
    if let handOff = survey.handOff {
      rows.append(row("handed to the link late by" + (handOff.isByThread ? "" : " (no descriptor)"), handOff.lateness))
    }
    rows.append(row("an answer takes", survey.roundTrip))
    if let clock = survey.clock {
      let drift =
        clock.driftPartsPerMillion.map { "runs \(($0 * 10).rounded() / 10) ppm fast" } ?? "drift not known yet"
      rows.append(
        pad("the device's clock is known to", Self.labelWidth)
          + pad("±\(short(clock.uncertainty.wholeMicroseconds))", 11, left: true)
          + "    \(drift), \(clock.exchangeCount) exchanges")
    }
    for terms in terms {
      rows += ["", "\(terms.mode.rawValue):"]
      for finding in survey.findings(on: terms) {
        let name = "  \(pad(finding.name.title, 13))"
        rows += wrap("\(finding.standing.title). \(finding.text)", to: width - name.count).enumerated().map {
          number, line in
          (number == 0 ? name : pad("", name.count)) + line
        }
      }
    }
    return rows.joined(separator: "\n")
  }

  private func row(_ what: String, _ histogram: LatenessHistogram) -> String {
    let values = [histogram.p50, histogram.p99, histogram.maximum].map { value in
      pad(value.map { short($0.wholeMicroseconds) } ?? "-", 11, left: true)
    }
    return pad(what, Self.labelWidth) + values.joined() + "    \(histogram.count)"
  }

  private func short(_ microseconds: Int64) -> String { QuantityText.short(microseconds: microseconds) }
}
