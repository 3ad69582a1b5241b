import PercussDocument
import Testing

@testable import PercussRoutine

@Suite struct PlanTests {
  /// A plan as lines of `offset kind speeds duration`.
  private func lines(_ plan: Plan) -> [String] {
    plan.steps.map { step in
      let speeds = step.speedFrom == step.speedTo ? "\(step.speedFrom)" : "\(step.speedFrom)..\(step.speedTo)"
      return "\(step.offset) \(step.kind) \(speeds) \(step.duration)"
    }
  }

  private func plan(
    _ steps: String, limits: DeviceLimits = Fixtures.limits, mode: PlayMode = .uploaded
  ) throws -> Plan {
    try Plan(compiling: routine(steps), for: limits, mode: mode)
  }

  private func refusals(
    _ steps: String, limits: DeviceLimits = Fixtures.limits, mode: PlayMode = .uploaded
  ) throws -> [String] {
    let document = try routine(steps)
    do throws(DocumentDiagnostics) {
      _ = try Plan(compiling: document, for: limits, mode: mode)
      return []
    } catch {
      return error.diagnostics.map { "\($0.line) \($0.path): \($0.message) → \($0.help ?? "")" }
    }
  }

  @Test func `steps lie end to end at absolute offsets`() throws {
    let plan = try plan(
      """
      - {hold: 30s, speed: 1900 ppm}
      - {ramp: 10s, speed: 1750..2400 ppm}
      - {rest: 5s}
      - repeat: 2
        steps:
          - {pulse: 3500ms, speed: 1750/2200 ppm, period: 2s}
          - {rest: 500ms}
      """)
    #expect(
      lines(plan) == [
        "0 hold 1900 30000", "30000 ramp 1750..2400 10000", "40000 rest 0 5000",
        "45000 hold 1750 1000", "46000 hold 2200 1000", "47000 hold 1750 1000", "48000 hold 2200 500",
        "48500 rest 0 500",
        "49000 hold 1750 1000", "50000 hold 2200 1000", "51000 hold 1750 1000", "52000 hold 2200 500",
        "52500 rest 0 500",
      ])
    #expect(plan.steps.map(\.index) == Array(0..<13))
    #expect(plan.nominalDuration == 53_000)
    #expect(plan.totalDuration == 53_000)
    #expect(plan.sections == [Plan.Section(steps: 0..<13, offset: 0, duration: 53_000, wait: nil)])
  }

  @Test func `a wait takes no nominal time and ends its section`() throws {
    let plan = try plan(
      """
      - {rest: 5s}
      - {wait: confirm, prompt: Turn, timeout: 60s}
      - {rest: 6s}
      - {wait: confirm, prompt: Again, timeout: 30s}
      """)
    #expect(lines(plan) == ["0 rest 0 5000", "5000 wait 0 60000", "5000 rest 0 6000", "11000 wait 0 30000"])
    #expect(plan.nominalDuration == 11_000)
    #expect(plan.totalDuration == 101_000)
    #expect(
      plan.sections == [
        Plan.Section(steps: 0..<2, offset: 0, duration: 5000, wait: 1),
        Plan.Section(steps: 2..<4, offset: 5000, duration: 6000, wait: 3),
      ])
  }

  @Test func `a routine that begins with a wait has an empty stretch before it`() throws {
    let plan = try plan("- {wait: confirm, prompt: Ready?, timeout: 60s}\n- {rest: 5s}")
    #expect(plan.sections.map(\.steps) == [0..<1, 1..<2])
    #expect(plan.sections.map(\.duration) == [0, 5000])
  }

  @Test func `a force limit is the step's, else the document's, else the device's`() throws {
    let text = "percuss: 1\nname: A\nsteps:\n  - {rest: 5s}\n  - {hold: 5s, speed: 1900 ppm, force: 60 N}\n"
    let bare = try RoutineDocument.parse(Array(text.utf8), name: "a.yaml")
    let limited = try RoutineDocument.parse(Array((text + "force: 90 N\n").utf8), name: "a.yaml")
    var unlimited = Fixtures.limits
    unlimited.forceMaximum = nil
    #expect(try Plan(compiling: bare, for: Fixtures.limits, mode: .live).steps.map(\.forceLimit) == [2670, 600])
    #expect(try Plan(compiling: limited, for: Fixtures.limits, mode: .live).steps.map(\.forceLimit) == [900, 600])
    #expect(throws: DocumentDiagnostics.self) { try Plan(compiling: limited, for: unlimited, mode: .live) }
    #expect(try plan("- {rest: 5s}", limits: unlimited).steps.map(\.forceLimit) == [nil])
  }

  @Test func `a device that cannot do a step is told apart by line, with what it can do`() throws {
    let found = try refusals(
      """
      - {hold: 5s, speed: 1740 ppm}
      - {hold: 5s, speed: 1906 ppm, force: 267.1 N}
      - repeat: 50
        steps: [{ramp: 5s, speed: 1755..2410 ppm}]
      """)
    #expect(
      found == [
        "4 steps[0].speed: 1740 ppm is beyond the device, which does 1750 to 2400 ppm → the nearest that it can do is 1750 ppm",
        "5 steps[1].speed: 1906 ppm is no multiple of the device's step, 10 ppm → the nearest that it can do is 1910 ppm",
        "5 steps[1].force: 267.1 N is above the device's maximum, 267 N → write 267 N or less",
        "7 steps[2].steps[0].speed: 1755 ppm is no multiple of the device's step, 10 ppm; "
          + "2410 ppm is beyond the device, which does 1750 to 2400 ppm → the nearest that it can do is 1750..2400 ppm",
      ])
  }

  @Test func `the device's own limits are allowed`() throws {
    #expect(try refusals("- {ramp: 5s, speed: 1750..2400 ppm, force: 267 N}").isEmpty)
  }

  @Test(
    arguments: [
      (1, 10), (5, 10), (1755, 1750), (1756, 1760), (2399, 2400), (2409, 2400), (65_535, 2400),
    ] as [(UInt16, UInt16)])
  func `the nearest speed is one that the device can do`(speed: UInt16, nearest: UInt16) {
    var limits = Fixtures.limits
    limits.speedMinimum = 0
    limits.speedMaximum = 2405
    #expect(limits.nearestSpeed(to: speed) == nearest)
    #expect(limits.nearestSpeed(to: nearest) == nearest)
  }

  @Test func `only a stored routine must fit the store`() throws {
    let steps = "- {rest: 1s}\n- {repeat: 1024, steps: [rest: 1s]}\n- {rest: 1s}"
    let found = try refusals(steps)
    #expect(found.count == 1)
    #expect(found.first?.hasPrefix("5 steps[1]: with this step the routine has 1025 steps") == true)
    #expect(try refusals(steps, mode: .streamed).isEmpty)
    #expect(try refusals(steps, mode: .live).isEmpty)
    #expect(try refusals("- {repeat: 1024, steps: [rest: 1s]}").isEmpty)
  }

  @Test func `a device without store, queue or wait says so`() throws {
    var limits = Fixtures.limits
    limits.supportsWait = false
    let steps = "- {rest: 5s}\n- {wait: confirm, prompt: Turn, timeout: 60s}"
    #expect(try refusals(steps, limits: limits).map { $0.prefix(10) } == ["5 steps[1]"])
    #expect(try refusals(steps, limits: limits, mode: .live).isEmpty)
    limits.routineSlots = 0
    limits.queueDepth = 0
    #expect(try refusals(steps, limits: limits).count == 1)
    #expect(try refusals(steps, limits: limits, mode: .streamed).count == 1)
    #expect(try refusals(steps, limits: limits, mode: .live).isEmpty)
  }

  @Test(
    arguments: [(0, 65_535, 0), (2400, 1750, 10), (0, 0, 10), (65_535, 65_535, 10), (1, 9, 10), (0, 65_535, 65_535)]
      as [(UInt16, UInt16, UInt16)])
  func `nonsense from a device is refused or obeyed, never a trap`(minimum: UInt16, maximum: UInt16, step: UInt16)
    throws
  {
    let limits = DeviceLimits(
      speedMinimum: minimum, speedMaximum: maximum, speedStep: step, forceMaximum: 0, routineSlots: -1,
      maximumRoutineSteps: .min, queueDepth: .max, supportsWait: false)
    for mode in PlayMode.allCases {
      _ = try refusals("- {hold: 5s, speed: 65535 ppm}\n- {ramp: 5s, speed: 1..65535 ppm}", limits: limits, mode: mode)
    }
  }

  @Test func `a step of the plan knows where it comes from`() throws {
    let plan = try plan(
      """
      - {hold: 5s, speed: 1900 ppm, name: First, prompt: Begin}
      - repeat: 3
        name: Set
        prompt: Three rounds
        steps:
          - {rest: 1s, prompt: Breathe}
          - repeat: 2
            steps:
              - {pulse: 4s, speed: 1750/2200 ppm, period: 2s, prompt: Press, name: Beat}
      """)
    #expect(plan.steps.count == 1 + 3 * (1 + 2 * 4))
    let labels = plan.steps.indices.map { plan.origin(ofStepAt: $0).map(String.init(describing:)) ?? "none" }
    #expect(labels[0] == "steps[0]")
    #expect(labels[1] == "steps[1].steps[0] (repeat 1/3)")
    #expect(labels[2] == "steps[1].steps[1].steps[0] (repeat 1/3, repeat 1/2, pulse 1/4)")
    #expect(labels[27] == "steps[1].steps[1].steps[0] (repeat 3/3, repeat 2/2, pulse 4/4)")
    #expect(Set(labels).count == labels.count)
    #expect(plan.origin(ofStepAt: 1)?.name == "Set")
    #expect(plan.origin(ofStepAt: 5)?.name == "Beat")
    #expect(plan.origin(ofStepAt: 5)?.line == 12)
    #expect(plan.origin(ofStepAt: 28) == nil)
    #expect(plan.origin(ofStepAt: -1) == nil)
    #expect(plan.prompts(atStepAt: 0) == ["Begin"])
    #expect(plan.prompts(atStepAt: 1) == ["Three rounds", "Breathe"])
    #expect(plan.prompts(atStepAt: 2) == ["Press"])
    #expect(plan.prompts(atStepAt: 3).isEmpty)
    #expect(plan.prompts(atStepAt: 6) == ["Press"])
    #expect(plan.prompts(atStepAt: 10) == ["Breathe"])
  }

  @Test func `a hundred thousand steps are planned without gaps`() throws {
    let plan = try plan(
      """
      - repeat: 100
        steps:
          - repeat: 100
            steps:
              - {pulse: 1s, speed: 1750/2200 ppm, period: 250ms}
              - {ramp: 10ms, speed: 1750..2400 ppm}
              - {rest: 20 ms}
      """, mode: .streamed)
    #expect(plan.steps.count == 100_000)
    var offset: UInt32 = 0
    for step in plan.steps {
      if step.offset != offset { Issue.record("step \(step.index) at \(step.offset), not \(offset)") }
      offset += step.duration
    }
    #expect(plan.nominalDuration == offset)
    #expect(plan.origin(ofStepAt: 99_999)?.path == "steps[0].steps[0].steps[2]")
  }
}
