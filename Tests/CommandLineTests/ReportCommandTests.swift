import Foundation
import FoundationXML
import Testing

/// `percuss report`: stored reports, shown and compared.
@Suite struct ReportCommandTests {
  private static let many = "percuss: 1\nname: Many\nsteps:\n  - {pulse: 40s, speed: 1750/2000 ppm, period: 1s}\n"

  /// The report of a run in virtual time, with every step later by that.
  private static func report(_ folder: borrowing TemporaryFolder, _ name: String, laterBy late: Int = 0) async throws
    -> String
  {
    let file = folder.url.appending(path: name).path
    let run = try await ProgramRun.percuss("run", "-", "--virtual-time", "--no-progress", "--report", file, input: many)
    #expect(run.status == 0, "\(run)")
    guard late != 0 else { return file }
    var report = try object(try folder.text(of: name))
    report["steps"] = (report["steps"] as? [[String: Any]])?.map { step in
      step.merging(["late_us": (step["late_us"] as? Int ?? 0) + late]) { _, new in new }
    }
    return try folder.write(String(decoding: JSONSerialization.data(withJSONObject: report), as: UTF8.self), to: name)
  }

  private static func object(_ text: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }

  @Test func `show tells outcome, guarantees, lateness and the latest steps`() async throws {
    let folder = try TemporaryFolder()
    let file = try await Self.report(folder, "run.json", laterBy: 3_000)
    let run = try await ProgramRun.percuss("report", "show", file)
    #expect(run.status == 0, "\(run)")
    for text in [
      "Many: completed, 40 s", "never early  kept.", "fail-safe    kept.", "p99.9", "2 to 5 ms", "tolerance 20 ms",
      "Latest steps", "3 ms ± 1 µs", "Device's clock:",
    ] { #expect(run.output.contains(text), "\(text) in \(run)") }
    let ascii = try await ProgramRun.percuss(["report", "show", file], environment: ["LC_ALL": "C", "COLUMNS": "60"])
    #expect(ascii.output.utf8.allSatisfy { $0 < 0x80 } && ascii.lines.allSatisfy { $0.count <= 60 }, "\(ascii)")
  }

  @Test func `show reads several reports and the standard input, and draws one`() async throws {
    let folder = try TemporaryFolder()
    let file = try await Self.report(folder, "run.json")
    let both = try await ProgramRun.percuss("report", "show", file, "-", input: folder.text(of: "run.json"))
    #expect(both.status == 0 && both.lines.count { $0.hasPrefix("Many: completed") } == 2, "\(both)")
    let plot = folder.url.appending(path: "run.svg").path
    let run = try await ProgramRun.percuss("report", "show", file, "--plot", plot)
    #expect(run.status == 0, "\(run)")
    let document = try XMLDocument(data: Data(try folder.text(of: "run.svg").utf8))
    #expect(document.rootElement()?.name == "svg")
    #expect(try folder.text(of: "run.svg").contains("Lateness by the device's clock"))
  }

  @Test func `a missed run is shown with status 0, and named as missed`() async throws {
    let folder = try TemporaryFolder()
    let file = try await Self.report(folder, "run.json", laterBy: 30_000)
    let run = try await ProgramRun.percuss("report", "show", file)
    #expect(run.status == 0 && run.output.contains("bounded      missed. Step 0 began 30 ms late"), "\(run)")
  }

  @Test func `what is no report is 65, with file, line and column`() async throws {
    let folder = try TemporaryFolder()
    let cases = [
      ("routine.yaml", Self.many, ":1:1: error:"), ("empty.json", "", ":1:1: error:"),
      ("cut.json", "{\n  \"type\": \"result\",\n  \"format\"", ":3:11: error:"),
      ("other.json", "{\n  \"type\": \"info\",\n \"format\": 1}", ":2:11: error:"),
    ]
    for (name, text, place) in cases {
      let file = try folder.write(text, to: name)
      for command in [["show", file], ["compare", file, file]] {
        let run = try await ProgramRun.percuss(["report"] + command + ["--json"])
        #expect(run.status == 65, "\(run)")
        #expect(run.errors.contains(name + place), "\(run)")
        let error = try #require(try run.objects().last)
        #expect(error["type"] as? String == "error")
        #expect((error["diagnostics"] as? [[String: Any]])?.first?["line"] is Int)
      }
    }
    let missing = try await ProgramRun.percuss("report", "show", "no-such.json")
    #expect(missing.status == 65 && missing.errors.contains("no-such.json: error: cannot be read"), "\(missing)")
    let endless = try await ProgramRun.percuss("report", "show", "/dev/zero")
    #expect(endless.status == 65, "\(endless)")
  }

  @Test func `a report cannot command the terminal`() async throws {
    let folder = try TemporaryFolder()
    let file = try await Self.report(folder, "run.json", laterBy: 500)
    let evil = try folder.text(of: "run.json").replacing("\"Many\"", with: "\"\\u001b[2JMany\"")
      .replacing("\"path\":\"", with: "\"path\":\"\\u001b]0;x\\u0007").replacing("\"memory\"", with: "\"\\u009b1m\"")
    let run = try await ProgramRun.percuss("report", "show", try folder.write(evil, to: "evil.json"))
    #expect(run.status == 0, "\(run)")
    let compared = try await ProgramRun.percuss("report", "compare", file, folder.url.appending(path: "evil.json").path)
    for scalar in (run.output + compared.output).unicodeScalars {
      #expect(scalar == "\n" || scalar.properties.generalCategory != .control)
    }
  }

  @Test func `compare is 0 where a run is not worse, 75 where it is`() async throws {
    let folder = try TemporaryFolder()
    let good = try await Self.report(folder, "good.json")
    let later = try await Self.report(folder, "later.json", laterBy: 2_000)
    let same = try await ProgramRun.percuss("report", "compare", good, good)
    #expect(same.status == 0 && same.output.contains("not worse"), "\(same)")
    let worse = try await ProgramRun.percuss("report", "compare", good, later, "--json")
    #expect(worse.status == 75 && worse.errors.isEmpty, "\(worse)")
    #expect(try worse.objects().map { $0["verdict"] as? String } == ["worse"])
    let better = try await ProgramRun.percuss("report", "compare", later, good)
    #expect(better.status == 0, "\(better)")
    let unimportant = try await ProgramRun.percuss("report", "compare", good, later, "--least-effect-us", "2001")
    #expect(unimportant.status == 0, "\(unimportant)")
    let several = try await ProgramRun.percuss(
      "report", "compare", good, later, "--more-a", good, "--more-b", later, "--more-b", later)
    #expect(several.status == 75 && several.output.contains("A: 2 runs, 160 steps; B: 3 runs, 240 steps"), "\(several)")
  }

  @Test func `compare says where there is too little to tell, and refuses what is another thing`() async throws {
    let folder = try TemporaryFolder()
    let file = folder.url.appending(path: "short.json").path
    _ = try await ProgramRun.percuss("run", Documents.shortFile, "--virtual-time", "--no-progress", "--report", file)
    let few = try await ProgramRun.percuss("report", "compare", file, file)
    #expect(few.status == 75 && few.output.contains("undecided: Too little data to tell"), "\(few)")
    let good = try await Self.report(folder, "good.json")
    let live = try folder.write(
      try folder.text(of: "good.json").replacing("\"mode\": \"uploaded\"", with: "\"mode\": \"live\""), to: "live.json")
    let refused = try await ProgramRun.percuss("report", "compare", good, live)
    #expect(refused.status == 65 && refused.errors.contains("different modes (live, uploaded)"), "\(refused)")
  }

  @Test func `a run in real time tells of its host, one in virtual time does not`() async throws {
    let steps = Documents.text("{hold: 1s, speed: 2000 ppm}")
    let real = try await ProgramRun.percuss("run", "-", "--no-progress", "--json", input: steps)
    let measured = try #require(try real.objects().last)
    let host = try #require(measured["environment"] as? [String: Any], "\(real)")
    #expect(host["sender"] as? String == "timeline" && host["memory_locked"] as? Bool == false)
    #expect((host["kernel"] as? String)?.isEmpty == false && host["processors"] as? Int ?? 0 > 0)
    #expect(host["timer_slack_ns"] is Int)
    let virtual = try await ProgramRun.percuss("run", "-", "--no-progress", "--json", "--virtual-time", input: steps)
    let computed = try #require(try virtual.objects().last)
    #expect(computed["environment"] is NSNull)
  }
}
