import Foundation
import PercussDocument
import PercussRoutine
import Testing

@Suite struct RoutineDocumentTests {
  @Test(arguments: Fixtures.exampleNames)
  func `an example is valid, lasts 2 to 20 minutes, and can be uploaded`(name: String) throws {
    let document = try RoutineDocument.parse(Fixtures.bytes(name, in: Fixtures.examples), name: name)
    let plan = try Plan(compiling: document, for: Fixtures.limits, mode: .uploaded)
    #expect((120_000...1_200_000).contains(plan.nominalDuration))
    #expect(plan.steps.allSatisfy { ($0.forceLimit ?? 0) <= 1800 || document.forceLimit == nil })
  }

  @Test func `the examples use every kind of step and both formats`() throws {
    var kinds: Set<String> = []
    func collect(_ steps: [RoutineStep]) {
      for step in steps {
        kinds.insert(step.kind)
        if case .repeat(_, let inner) = step.action { collect(inner) }
      }
    }
    for name in Fixtures.exampleNames {
      collect(try RoutineDocument.parse(Fixtures.bytes(name, in: Fixtures.examples), name: name).steps)
    }
    #expect(kinds == ["hold", "ramp", "rest", "pulse", "repeat", "wait"])
    #expect(Fixtures.exampleNames.count >= 9)
    #expect(Fixtures.exampleNames.contains { $0.hasSuffix(".json") })
  }

  @Test func `the example and the diagnostic of the specification's page are real`() throws {
    let folder = Fixtures.examples.deletingLastPathComponent()
    let page = String(decoding: try Fixtures.bytes("routine.md", in: folder), as: UTF8.self)
    let blocks = page.components(separatedBy: "```")
    let example = try #require(blocks.first { $0.hasPrefix("yaml\n") }).dropFirst(5)
    #expect(problems(String(example)).isEmpty)
    let misspelt = String(example).replacingOccurrences(of: "    speed: 1900", with: "    sped: 1900")
    let found = problems(misspelt, name: "calves.yaml").map(\.description)
    #expect(blocks.contains("\n\(found.joined(separator: "\n"))\n"))
  }

  @Test func `a document says what its author wrote`() throws {
    let document = try RoutineDocument.parse(
      Array(
        """
        percuss: 1
        name: Post-run calves
        description: |
          Two lines,
          kept as they are.
        force: 50 N
        steps:
          - hold: 30s
            speed: 1900 ppm
            force: 60.5 N
            prompt: Left calf, slow strokes towards the knee
          - {repeat: 3, name: Pulses, steps: [{pulse: 20s, speed: 1750/2200 ppm, period: 2s}]}
          - wait: confirm
            prompt: >-
              Move to
              the right calf
            timeout: 60s
        """.utf8), name: "calves.yaml")
    #expect(document.name == "Post-run calves")
    #expect(document.description == "Two lines,\nkept as they are.")
    #expect(document.forceLimit == 500)
    #expect(document.steps.map(\.kind) == ["hold", "repeat", "wait"])
    #expect(document.steps.map(\.line) == [8, 12, 13])
    #expect(document.steps[0].forceLimit == 605)
    #expect(document.steps[1].name == "Pulses")
    #expect(document.steps[2].prompt == "Move to the right calf")
    guard case .repeat(3, let inner) = document.steps[1].action,
      case .pulse(20_000, 1750, 2200, 2000) = inner[0].action
    else { return #expect(Bool(false), "\(document.steps[1].action)") }
  }

  @Test(arguments: [
    "\t{\"percuss\":1,\"name\"\n:\t\"A\\/B \\ud83d\\ude86 \\u00e9\\\"\\\\\",\"steps\":[{\"rest\":\"5s\"}]}",
    "{\n\t\"percuss\": 1,\r\n\t\"steps\" : [ { \"rest\" : \"5s\" } ] ,\n\t\"name\": \"A/B 🚆 é\\\"\\\\\"\n}\n",
  ])
  func `JSON is read as JSON, tabs and escapes included`(text: String) throws {
    for name in ["a.json", "-"] {
      let document = try RoutineDocument.parse(Array(text.utf8), name: name)
      #expect(document.name == "A/B 🚆 é\"\\")
    }
  }

  @Test(arguments: [
    "", "   ", "{", "}", "[]", "{]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{,}", "[1 2]", "[1,,2]", "01", "-", "1.",
    "1e",
    "+1", "nul", "\"", "\"\\", "\"\\u12", "\"\\x\"", "\"\\udc00\"", "\"\\ud800\\u0041\"", "\"\\ud800\\n\"", "// c\n{}",
    "{'a':1}", "{\"a\":1}{", "\"\u{1}\"", "\u{2028}{}",
  ])
  func `what is not a JSON routine is refused with a place`(text: String) {
    let found = problems(text, name: "a.json")
    #expect(!found.isEmpty)
    #expect(found.allSatisfy { $0.line >= 1 && $0.column >= 1 && !$0.message.isEmpty })
  }

  @Test func `a document's version is looked at before anything else`() {
    let found = problems("percuss: 2\nactions: []\n")
    #expect(found.map(\.message) == ["this version of the format is not known"])
  }

  @Test func `line ends and a byte order mark make no difference`() throws {
    let text = "percuss: 1\nname: A\nsteps:\n  - rest: 5s\n  - rest: 6s\n"
    let variants = [
      text, text.replacingOccurrences(of: "\n", with: "\r\n"), text.replacingOccurrences(of: "\n", with: "\r"),
      "\u{feff}" + text,
    ]
    for variant in variants {
      let document = try RoutineDocument.parse(Array(variant.utf8), name: "a.yaml")
      #expect(document.steps.map(\.line) == [4, 5])
    }
  }

  @Test func `a document one byte beyond the limit is refused, one at the limit is read`() throws {
    let head = "percuss: 1\nname: A\nsteps: [rest: 5s]\n#"
    let padding = String(repeating: "x", count: RoutineDocument.maximumSize - head.utf8.count)
    #expect(problems(head + padding).isEmpty)
    #expect(problems(head + padding + "x").map(\.line) == [1])
  }

  @Test func `sixteen repeats may lie in each other, seventeen may not`() throws {
    func nested(_ depth: Int) -> String {
      let open = String(repeating: "{repeat: 1, steps: [", count: depth)
      return "percuss: 1\nname: A\nsteps: [" + open + "rest: 5s" + String(repeating: "]}", count: depth) + "]\n"
    }
    #expect(problems(nested(16)).isEmpty)
    #expect(problems(nested(17)).count == 1)
    #expect(problems(nested(40)).count == 1)
  }

  @Test func `exactly 100,000 steps and 24 hours are allowed`() throws {
    #expect(problems("percuss: 1\nname: A\nsteps: [{repeat: 100000, steps: [rest: 864ms]}]").isEmpty)
    #expect(problems("percuss: 1\nname: A\nsteps: [{repeat: 100000, steps: [rest: 865ms]}]").count == 1)
    #expect(
      problems("percuss: 1\nname: A\nsteps: [{repeat: 99999, steps: [rest: 1ms]}, {rest: 1s}, {rest: 1s}]").count == 1)
  }

  @Test func `a diagnostic names its place in the structure`() {
    let found = problems("percuss: 1\nname: A\nsteps:\n  - rest: 5s\n  - repeat: 2\n    steps:\n      - rest: 5\n")
    #expect(found.map(\.path) == ["steps[1].steps[0].rest"])
  }

  @Test func `no more than a hundred diagnostics are kept, the rest is counted`() {
    let steps = String(repeating: "  - rest: 5\n", count: 250)
    do throws(DocumentDiagnostics) {
      _ = try RoutineDocument.parse(Array("percuss: 1\nname: A\nsteps:\n\(steps)".utf8), name: "a.yaml")
      Issue.record("accepted")
    } catch {
      #expect(error.diagnostics.count == 100)
      #expect(error.omitted == 150)
      #expect(error.description.hasSuffix("\n… and 150 more\n"))
    }
  }
}
