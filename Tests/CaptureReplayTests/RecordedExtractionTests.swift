import Foundation
import PercussCapture
import PercussRoutine
import Testing

/// What is extracted from the recording of a run moves the motor as the run did.
struct RecordedExtractionTests {
  private static let examples = CapturedRun.folder.deletingLastPathComponent().appending(path: "protocol-spec/examples")

  private static func names() throws -> [String] {
    let names = try FileManager.default.contentsOfDirectory(atPath: examples.path)
      .filter { $0.hasSuffix(".yaml") || $0.hasSuffix(".json") }.sorted()
    try #require(names.count >= 8)
    return names
  }

  private func play(_ name: String, _ mode: PlayMode) throws -> RecordedRun.Result {
    let text = [UInt8](try Data(contentsOf: Self.examples.appending(path: name)))
    return try RecordedRun.play(RecordedRun.plan(text, name, mode))
  }

  private func extracted(_ run: RecordedRun.Result) throws -> Plan {
    let routine = try run.conversation.extractRoutine()
    #expect(routine.mode.rawValue == run.plan.mode.rawValue)
    let document = routine.document(named: "Again", source: "a test")
    return try RecordedRun.plan(Array(document.utf8), "extracted.yaml", run.plan.mode)
  }

  @Test(arguments: try names()) func `a streamed run of an example is the same routine`(name: String) throws {
    let run = try play(name, .streamed)
    let again = try extracted(run)
    try #require(again.steps.count == run.plan.steps.count)
    for (step, played) in zip(again.steps, run.plan.steps) {
      #expect(step.kind == played.kind && step.offset == played.offset, "\(step) was \(played)")
      #expect(step.speedFrom == played.speedFrom && step.speedTo == played.speedTo, "\(step) was \(played)")
      // A stream has no waits, so their limit and time-out are not in it.
      if played.kind == .wait { continue }
      #expect(step.duration == played.duration && step.forceLimit == played.forceLimit, "\(step) was \(played)")
    }
    #expect(again.sections.map(\.steps) == run.plan.sections.map(\.steps))
  }

  @Test(arguments: try names()) func `a live run of an example is the same motion`(name: String) throws {
    let run = try play(name, .live)
    let again = try extracted(run)
    expectSameMotion(again, run.plan)
    // It can be played as it was, and says the same of itself then.
    expectSameMotion(try extracted(RecordedRun.play(again)), again)
  }

  @Test func `a ramp that is led in pieces is one ramp`() throws {
    let text = """
      percuss: 1
      name: Long ramps
      steps:
        - hold: 2s
          speed: 2400 ppm
        - ramp: 150s
          speed: 1750..2300 ppm
        - rest: 3s
        - ramp: 130s
          speed: 2400..1800 ppm
      """
    let run = try RecordedRun.play(RecordedRun.plan(Array(text.utf8), "long.yaml", .live))
    expectSameMotion(try extracted(run), run.plan)
  }

  private func expectSameMotion(_ again: Plan, _ plan: Plan) {
    #expect(again.steps.count == plan.steps.count)
    for (step, played) in zip(again.steps, plan.steps) {
      // Led live, a wait is a rest for as long as it takes, to which the notice before the next step belongs.
      let isWait = played.kind == .wait
      let kind = isWait ? .rest : played.kind
      let duration = isWait ? 1_050 : Int(played.duration)
      #expect(step.kind == kind && abs(Int(step.duration) - duration) <= (isWait ? 100 : 10), "\(step) was \(played)")
      // A ramp that joins from another speed begins somewhere on the line; its first speed is never sent.
      let from = abs(Int(step.speedFrom) - Int(played.speedFrom))
      #expect(from <= (played.kind == .ramp ? 10 : 0) && step.speedTo == played.speedTo, "\(step) was \(played)")
      if step.kind == .rest { continue }
      #expect(step.forceLimit == played.forceLimit, "\(step) was \(played)")
    }
  }
}
