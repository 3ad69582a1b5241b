import Foundation
import PercussDocument
import PercussRoutine
import Testing

/// Reports that come from outside.
@Suite struct `A stored report` {
  static func problem(_ text: String, name: String = "run.json") -> DocumentDiagnostic? {
    do {
      _ = try RunReport.parse(Array(text.utf8), name: name)
      return nil
    } catch {
      return error.diagnostics.first
    }
  }

  static func edited(_ edit: (inout [String: Any]) -> Void) throws -> String {
    let text = try ReportFixture.small.json(.line)
    var object = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    edit(&object)
    let data = try JSONSerialization.data(withJSONObject: object, options: [.sortedKeys, .prettyPrinted])
    return String(decoding: data, as: UTF8.self)
  }

  @Test func `reads back as it was`() throws {
    for report in [ReportFixture.small, ReportFixture.streamed, ReportFixture.calves(), ReportFixture.nothing] {
      #expect(try RunReport.parse(Array(report.json(.pretty).utf8), name: "run.json") == report)
    }
  }

  @Test func `of the first format is read, and its guarantees are judged`() throws {
    let text = try Self.edited { report in
      report["format"] = 1
      for key in ["guarantees", "environment", "clocks"] { report[key] = nil }
      report["lateness"] = (report["lateness"] as? [String: Any])?.filter { $0.key != "p999_us" }
      report["link"] = (report["link"] as? [String: Any])?.filter { $0.key != "longest_silence_us" }
      report["steps"] = (report["steps"] as? [[String: Any]])?.map { $0.filter { $0.key != "second_clock" } }
    }
    let report = try RunReport.parse(Array(text.utf8), name: "old.json")
    #expect(report.steps == ReportFixture.small.steps)
    #expect(report.guarantees.map(\.status) == ReportFixture.small.guarantees.map(\.status))
    #expect(report.lateness.p999Microseconds == nil)
  }

  @Test func `of a later format is read, what it adds is ignored`() throws {
    let text = try Self.edited { report in
      report["format"] = 7
      report["weather"] = ["rain": 1]
    }
    #expect(try RunReport.parse(Array(text.utf8), name: "new.json") == ReportFixture.small)
  }

  @Test func `does not say what became of its guarantees: that is judged anew`() throws {
    let text = try Self.edited { report in
      report["guarantees"] = (report["guarantees"] as? [[String: Any]])?.map { guarantee in
        guarantee.merging(["status": "missed"]) { _, new in new }
      }
    }
    let report = try RunReport.parse(Array(text.utf8), name: "forged.json")
    #expect(!report.hasMissedGuarantee)
  }

  @Test(arguments: [
    ("", "the document is empty", 1, 1), ("{}", "the key “type” is missing", 1, 1), ("[1]", "an object should", 1, 1),
    ("{\n  \"type\": 5\n}", "a text should stand here", 2, 11),
    ("{\"type\": \"result\"}", "the key “format” is missing", 1, 1),
    ("{\"type\": \"error\", \"format\": 1}", "this is no report of a run", 1, 10),
    ("{\"type\": \"result\", \"format\": 0}", "formats are 1 and higher", 1, 30),
    ("{\"type\": \"result\",", "a comma should not stand", 1, 19), ("{\"type\": \"result", "a quote is opened", 1, 10),
    ("percuss: 1\nname: Routine\n", "this is not JSON", 1, 1),
  ])
  func `that is none is refused with its place`(text: String, message: String, line: Int, column: Int) throws {
    let problem = try #require(Self.problem(text))
    #expect(problem.file == "run.json")
    #expect(problem.message.contains(message) || text.hasSuffix(","), "\(problem)")
    #expect((problem.line, problem.column) == (line, column) || text.hasSuffix(","), "\(problem)")
  }

  /// Values that no run can have, each with the path that the message must name.
  private static let hostileClocks =
    "\"clocks\" : {\"device_start_us\": 0, \"drift_ppb\": 9223372036854775807, \"exchanges\": 9, \"host_start_us\": 0, \"resets\": 0, \"uncertainty_us\": 1}"

  static let impossible: [(String, String, String)] = [
    ("\"late_us\" : 120", "\"late_us\" : 9223372036854775807", "steps[1].late_us"),
    ("\"late_us\" : 120", "\"late_us\" : 99999999999999999999999", "steps[1].late_us"),
    ("\"late_us\" : 120", "\"late_us\" : 0.5", "steps[1].late_us"),
    ("\"late_us\" : 120", "\"late_us\" : \"late\"", "steps[1].late_us"),
    ("\"planned_us\" : 2000000", "\"planned_us\" : -9223372036854775808", "steps[1].planned_us"),
    ("\"duration_us\" : 1000000", "\"duration_us\" : -1", "steps[1].duration_us"),
    ("\"speed_to_ppm\" : 2400", "\"speed_to_ppm\" : 9223372036854775807", "steps[1].speed_to_ppm"),
    ("\"index\" : 1", "\"index\" : 7", "steps[1].index"),
    ("\"end_us\" : 2500000", "\"end_us\" : 9000000000000000000", "end_us"),
    ("\"lead_us\" : 0", "\"lead_us\" : -1", "lead_us"),
    ("\"clocks\" : null", hostileClocks, "clocks.drift_ppb"),
    ("\"stride\" : 1", "\"stride\" : 0", "motion.stride"),
    ("\"outcome\" : \"stopped\"", "\"outcome\" : \"splendid\"", "outcome"),
    ("\"source\" : \"telemetry\"", "\"source\" : null", "motion.source"),
  ]

  @Test(arguments: impossible.indices) func `with what no run can have is refused, and the path is told`(number: Int)
    throws
  {
    let (good, bad, path) = Self.impossible[number]
    let text = try Self.edited { _ in }
    try #require(text.contains(good))
    let problem = try #require(Self.problem(text.replacing(good, with: bad, maxReplacements: 1)))
    // The first of several equal keys may stand in another step.
    #expect(problem.path.replacing(#/steps\[.\]/#, with: "steps[1]") == path, "\(problem)")
    #expect(problem.line > 1)
  }

  @Test func `that is cut off anywhere is refused`() throws {
    let text = Array(try ReportFixture.small.json(.line).utf8)
    for length in stride(from: 0, to: text.count - 1, by: 7) {
      #expect(throws: DocumentDiagnostics.self) { try RunReport.parse(Array(text.prefix(length)), name: "cut.json") }
    }
  }

  @Test func `whose brackets go deep is refused`() {
    for text in [String(repeating: "[", count: 100_000), String(repeating: "{\"a\":", count: 100_000)] {
      #expect(throws: DocumentDiagnostics.self) { try RunReport.parse(Array(text.utf8), name: "deep.json") }
    }
  }

  @Test(arguments: 0..<300 as Range<UInt64>) func `with a damaged byte is refused or can be drawn`(seed: UInt64) throws
  {
    var noise = Noise(state: seed &* 77 &+ 5)
    var text = Array(try ReportFixture.streamed.json(.line).utf8)
    for _ in 0..<Int.random(in: 1...3, using: &noise) {
      let place = Int.random(in: text.indices, using: &noise)
      text[place] =
        Bool.random(using: &noise)
        ? UInt8.random(in: 0x30...0x39, using: &noise) : UInt8.random(in: 0...255, using: &noise)
    }
    guard let report = try? RunReport.parse(text, name: "damaged.json") else { return }
    #expect(report.guarantees.count == 6)
    #expect(!RunPicture(report).text.isEmpty)
    #expect(LatenessPicture(report).text.utf8.count < 100_000)
    #expect(RunPlot(report, showsDistribution: true).svg.utf8.count < 1_000_000)
    #expect(report.latestSteps(atMost: 5).count <= 3 && report.latenessHistogram.count < 60)
  }

  @Test func `of the greatest numbers that are allowed can be drawn`() throws {
    var report = ReportFixture.streamed
    let most: Int64 = 1_000_000_000_000_000
    for step in report.steps.indices {
      report.steps[step].plannedMicroseconds = step == 0 ? -most : most
      report.steps[step].durationMicroseconds = most
      report.steps[step].lateMicroseconds = step == 1 ? most : -most
      report.steps[step].speedToPPM = 1_000_000
    }
    report.endMicroseconds = most
    report.toleranceMicroseconds = most
    report.lateness = LatenessSummary(of: report.steps)
    report = try RunReport.parse(Array(report.json(.line).utf8), name: "great.json")
    #expect(report.guarantees.count == 6)
    #expect(!RunPicture(report).text.isEmpty && !LatenessPicture(report).text.isEmpty)
    #expect(RunPlot(report, showsDistribution: true).svg.utf8.count < 3_000_000)
  }
}
