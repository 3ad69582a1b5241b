import Foundation
import FoundationXML
import Testing

/// What a newcomer does first: play the examples.
@Suite struct ExampleRunTests {
  @Test func `there are at least eight examples, in both forms`() {
    #expect(Documents.examples.count >= 8)
    #expect(Documents.examples.contains { $0.hasSuffix(".json") })
  }

  @Test(arguments: Documents.examples)
  func `an example plays to its end, and the last line is the result`(name: String) async throws {
    let run = try await play(Self.example(name), "--seed", "7", "--loss", "0.1")
    #expect(run.status == 0, "\(run)")
    #expect(run.errors.isEmpty, "\(run.errors)")
    let objects = try run.objects()
    #expect(objects.dropLast().allSatisfy { $0["type"] as? String == "progress" })
    let result = try #require(objects.last)
    #expect(result["type"] as? String == "result")
    #expect(result["outcome"] as? String == "completed")
    let steps = try #require(result["steps"] as? [[String: Any]])
    #expect(!steps.isEmpty)
    for (index, step) in steps.enumerated() {
      let planned = try #require(step["planned_us"] as? Int, "step \(index)")
      let actual = try #require(step["actual_us"] as? Int, "step \(index)")
      #expect((planned...planned + 20_000).contains(actual), "step \(index)")
    }
    #expect((result["rest"] as? [String: Any])?["verified"] as? Bool == true)
  }

  // Short ones: a debug build takes seconds for the longest example, and whether it is long makes no difference here.
  @Test(arguments: [Documents.shortFile, example("plantar-relief.yaml")])
  func `the same seed prints the same bytes, with losses too`(file: String) async throws {
    let options = ["--seed", "3", "--loss", "0.1", "--drop", "0.05"]
    async let first = play(file, options)
    async let second = play(file, options)
    let (one, other) = try await (first, second)
    #expect(one.output == other.output)
    #expect(one.status == other.status)
    #expect(try one.objects().last?["type"] as? String == "result")
  }

  @Test func `another seed is another run`() async throws {
    async let first = play(Documents.shortFile, "--seed", "1", "--loss", "0.1")
    async let second = play(Documents.shortFile, "--seed", "2", "--loss", "0.1")
    let (one, other) = try await (first.output, second.output)
    #expect(one != other)
  }

  @Test func `the whole output is the same twice in text too`() async throws {
    let arguments = ["run", Documents.shortFile, "--virtual-time", "--seed", "14", "--drop", "0.2"]
    let (one, other) = (try await ProgramRun.percuss(arguments), try await ProgramRun.percuss(arguments))
    #expect(one.output == other.output)
    #expect(one.status == 0, "\(one)")
  }

  @Test func `a run whose steps nobody saw begin is 75, though it came to its end`() async throws {
    let run = try await play(Self.example("plantar-relief.yaml"), "--seed", "5", "--drop", "0.2")
    let result = try #require(try run.objects().last)
    #expect(result["outcome"] as? String == "completed")
    #expect((result["reason"] as? [String: Any])?["code"] as? String == "unobserved")
    #expect(run.status == 75, "\(run)")
  }

  @Test func `the report file is what the schema describes, and equals the last line`() async throws {
    let folder = try TemporaryFolder()
    let file = folder.url.appending(path: "run.json").path
    let run = try await play(Documents.shortFile, "--report", file)
    let report = try object(try folder.text(of: "run.json"))
    let schema = try object(
      String(
        contentsOf: ProgramRun.packageFolder.appending(path: "protocol-spec/report.schema.json"), encoding: .utf8))
    #expect(violations(of: schema, in: report, at: "report").isEmpty)
    #expect(NSDictionary(dictionary: report) == NSDictionary(dictionary: try #require(try run.objects().last)))
    #expect(violations(of: schema, in: ["type": "result"], at: "report").contains("report.steps is missing"))
  }

  @Test func `the plot is well-formed XML that tells of the routine`() async throws {
    let folder = try TemporaryFolder()
    _ = try await play(Documents.shortFile, "--plot", folder.url.appending(path: "run.svg").path)
    let document = try XMLDocument(data: Data(try folder.text(of: "run.svg").utf8))
    #expect(document.rootElement()?.name == "svg")
    #expect(try folder.text(of: "run.svg").contains("Short"))
  }

  /// To write the picture anew: `percuss run protocol-spec/examples/post-run-calves.yaml --virtual-time --seed 1 --plot FILE`.
  @Test func `the picture in the README is the one that the program draws now`() async throws {
    let folder = try TemporaryFolder()
    let run = try await ProgramRun.percuss(
      "run", "protocol-spec/examples/post-run-calves.yaml", "--virtual-time", "--seed", "1", "--plot",
      folder.url.appending(path: "run.svg").path)
    #expect(run.status == 0, "\(run)")
    let committed = ProgramRun.packageFolder.appending(path: "protocol-spec/pictures/post-run-calves.svg")
    let isSame = try String(contentsOf: committed, encoding: .utf8) == folder.text(of: "run.svg")
    #expect(isSame)
  }

  @Test(arguments: ["elite", "pro", "mini"])
  func `each virtual device plays a routine`(model: String) async throws {
    let steps = Documents.text("{hold: 1s, speed: 2000 ppm}", "{rest: 500ms}")
    let run = try await ProgramRun.percuss(
      "run", "-", "--device", "sim:\(model)", "--virtual-time", "--json", input: steps)
    #expect(run.status == 0, "\(run)")
  }

  private static func example(_ name: String) -> String { Documents.examplesFolder.appending(path: name).path }

  private func play(_ file: String, _ options: String...) async throws -> ProgramRun {
    try await play(file, options)
  }

  private func play(_ file: String, _ options: [String]) async throws -> ProgramRun {
    try await ProgramRun.percuss(["run", file, "--virtual-time", "--json"] + options)
  }

  private func object(_ text: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }

  /// Keys that the schema requires and the value has not, or that the value has and the schema does not know.
  private func violations(of schema: [String: Any], in value: Any, at place: String) -> [String] {
    if let items = schema["items"] as? [String: Any], let values = value as? [Any] {
      return values.enumerated().flatMap { violations(of: items, in: $1, at: "\(place)[\($0)]") }
    }
    guard let properties = schema["properties"] as? [String: [String: Any]], let object = value as? [String: Any]
    else { return [] }
    let required = schema["required"] as? [String] ?? []
    return required.filter { object[$0] == nil }.map { "\(place).\($0) is missing" }
      + object.keys.filter { properties[$0] == nil }.map { "\(place).\($0) is not described" }
      + properties.flatMap { name, schema in
        object[name].map { violations(of: schema, in: $0, at: "\(place).\(name)") } ?? []
      }
  }
}
