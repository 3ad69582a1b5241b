import PercussDocument
import PercussRoutine
import Testing

/// Documents made to hurt: they must end, in a value or in located diagnostics, and never in a trap.
@Suite struct HostileDocumentTests {
  @Test(arguments: [
    ("brackets", "["), ("braces", "{"), ("brackets on lines", "[\n"), ("braces with keys", "{a: "), ("dashes", "- "),
    ("explicit keys", "? "), ("colons", ": "), ("quotes", "\""), ("anchors", "&a "), ("aliases", "*a "),
    ("tags", "!a "),
    ("commas", "[,"), ("line breaks", "\n"), ("carriage returns", "\r"), ("tabs", "\t"), ("directives", "%TAG !a! x\n"),
    ("document starts", "---\n"), ("document ends", "...\n"), ("one key", "a: 1\n"), ("block scalars", "a: |\n"),
    ("escapes", "\"\\u0041"), ("comments", "# x\n"), ("percussions", "percuss: 1\n"), ("empty steps", "-\n"),
  ])
  func `a megabyte of one thing is refused`(name: String, unit: String) {
    let text = String(repeating: unit, count: RoutineDocument.maximumSize / unit.utf8.count)
    #expect(!problems(text).isEmpty)
    #expect(!problems(text, name: "a.json").isEmpty)
    #expect(!problems("percuss: 1\nname: A\nsteps: " + text.prefix(1_000_000)).isEmpty)
  }

  @Test func `an alias bomb costs no more than its length`() {
    let levels = (1..<40).map { "- &l\($0) [*l\($0 - 1), *l\($0 - 1), *l\($0 - 1)]\n" }.joined()
    let found = problems("- &l0 [a]\n" + levels + "- ? *l39\n  : *l39\n")
    #expect(found.contains { $0.message.hasPrefix("the alias *l39") })
    #expect(found.allSatisfy { $0.line <= 42 })
  }

  @Test func `many different keys and steps are read in one pass`() {
    let keys = (0..<80_000).map { "k\($0): 1\n" }.joined()
    #expect(problems("percuss: 1\n" + keys).count == 100)
    let steps = (0..<40_000).map { _ in "- {rest: 10ms}\n" }.joined()
    #expect(problems("percuss: 1\nname: A\nsteps:\n" + steps).isEmpty)
  }

  @Test(arguments: 0..<40)
  func `mutated documents give a value or located diagnostics`(seed: UInt64) throws {
    let names = Fixtures.exampleNames + Fixtures.badNames
    var random = SplitMix(state: seed)
    for _ in 0..<150 {
      guard let name = names.randomElement(using: &random) else { return }
      let folder = Fixtures.exampleNames.contains(name) ? Fixtures.examples : Fixtures.badDocuments
      var bytes = try Fixtures.bytes(name, in: folder)
      for _ in 0..<Int.random(in: 1...6, using: &random) { mutate(&bytes, &random) }
      check(bytes, name: name)
    }
  }

  private func mutate(_ bytes: inout [UInt8], _ random: inout SplitMix) {
    let at = Int.random(in: 0...bytes.count, using: &random)
    let to = Int.random(in: at...min(bytes.count, at + 20), using: &random)
    let words = [
      "\n", "  ", "\t", "- ", ": ", "? ", "*a", "&a", "!!str", "<<", "|", ">", "\"", "'", "[", "]", "{", "}", ",", "#",
      "---",
      "%", "-", "0", "99999999999", ".", "..", "/", "ms", "min", "h", "N", "ppm", "repeat: 9", "steps:", "\u{0}",
      "\u{feff}",
      "é", "\u{2028}", "\u{85}", "\\ud800", "\r", "~", "1e309",
    ]
    switch Int.random(in: 0..<5, using: &random) {
    case 0: bytes.removeSubrange(at..<to)
    case 1: bytes.insert(UInt8.random(in: 0...255, using: &random), at: at)
    case 2: bytes.insert(contentsOf: Array((words.randomElement(using: &random) ?? "").utf8), at: at)
    case 3: bytes.insert(contentsOf: bytes[at..<to], at: Int.random(in: 0...bytes.count, using: &random))
    default: if at < bytes.count { bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &random) }
    }
  }

  private func check(_ bytes: [UInt8], name: String) {
    do throws(DocumentDiagnostics) {
      let document = try RoutineDocument.parse(bytes, name: name)
      let plan = try Plan(compiling: document, for: Fixtures.limits, mode: .live)
      #expect(plan.totalDuration <= RoutineDocument.durationLimits.upperBound)
      for step in plan.steps { #expect(RoutineDocument.durationLimits.contains(step.duration)) }
    } catch {
      #expect(!error.diagnostics.isEmpty)
      let lines = bytes.count { $0 == 0x0A || $0 == 0x0D } + 1
      for diagnostic in error.diagnostics {
        #expect((1...lines).contains(diagnostic.line) && diagnostic.column >= 1, "\(diagnostic)")
        #expect(diagnostic.excerptColumn + diagnostic.excerptLength - 1 <= diagnostic.excerpt.unicodeScalars.count + 1)
        #expect(!diagnostic.description.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" })
      }
    }
  }
}

/// The generator of the SplitMix64 paper: the same numbers for the same seed.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
