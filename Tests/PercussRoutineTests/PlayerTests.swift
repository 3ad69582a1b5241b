import PercussLink
import PercussTime
import PercussWire
import Testing

@testable import PercussClient
@testable import PercussRoutine

/// A routine of every kind of step: 10 s of motion around one wait.
private let everyKind = """
    - hold: 2s
      name: Calf
      speed: 1900 ppm
      force: 60 N
    - ramp: 2s
      speed: 1900..2400 ppm
    - rest: 1s
    - wait: confirm
      prompt: Other leg
      timeout: 20s
    - pulse: 4s
      speed: 1750/2200 ppm
      period: 2s
    - hold: 1s
      speed: 2400 ppm
  """

/// One run against a scripted device in virtual time.
struct ScriptedRun {
  var report: RunReport
  var requests: [(at: Int64, operation: ControlRequest.Body)]
  var uploads: Int
  var progress: [RunProgress]
  var finalState: DeviceState
  var finalTarget: UInt16

  /// - Parameters:
  ///   - confirmAfter: when the operator confirms; nil: never.
  ///   - cancelAfter: when the caller cancels.
  init(
    _ steps: String, mode: PlayMode, _ script: ScriptedDevice.Script = .init(), options: PlayerOptions = .init(),
    isStored: Bool = false, confirmAfter: Duration? = .seconds(3), isConfirmed: Bool = true,
    cancelAfter: Duration? = nil,
    connectionInterval: Int64? = 15_000, seed: UInt64? = nil
  ) throws {
    let plan = try Plan(compiling: routine(steps), for: Fixtures.limits, mode: mode)
    let image = isStored ? try RoutineImage(plan.steps.map(\.segment)) : nil
    let timeline = VirtualTimeline(seed: seed)
    self = try timeline.run(limit: .seconds(3 * 86_400)) {
      let device = ScriptedDevice(
        on: timeline, script, holding: image, segments: isStored ? plan.steps.map(\.segment) : [])
      let context = RunContext(
        device: DeviceDescription(
          name: "Script", model: nil, firmware: nil, isSimulated: true, feature: .init(device.feature)),
        link: LinkDescription(
          transport: "memory", connectionIntervalMicroseconds: connectionInterval, maximumTransmissionUnit: 23),
        isVirtualTime: true)
      let player = RoutinePlayer(plan, on: device, context: context, options: options) { _ in
        guard let confirmAfter else {
          // Nobody is there: only the cancellation ends it.
          try? await timeline.sleep(for: .seconds(100_000))
          return true
        }
        try? await timeline.sleep(for: confirmAfter)
        return isConfirmed
      }
      let told = timeline.start {
        var told: [RunProgress] = []
        for await progress in player.progress { told.append(progress) }
        return told
      }
      let run = timeline.start { await player.play() }
      if let cancelAfter { timeline.schedule(after: cancelAfter) { run.cancel() } }
      let report = try await run.value
      return ScriptedRun(
        report: report, requests: await device.requests, uploads: await device.uploads, progress: try await told.value,
        finalState: await device.state, finalTarget: await device.target)
    }
    #expect(timeline.foreignEnqueues == 0)
  }

  private init(
    report: RunReport, requests: [(at: Int64, operation: ControlRequest.Body)], uploads: Int, progress: [RunProgress],
    finalState: DeviceState, finalTarget: UInt16
  ) {
    self.report = report
    self.requests = requests
    self.uploads = uploads
    self.progress = progress
    self.finalState = finalState
    self.finalTarget = finalTarget
  }

  var asked: [OpCode] { requests.map(\.operation.opCode) }
  var hasStopped: Bool { asked.contains(.stop) }
}

@Suite struct `An uploaded run` {
  @Test(arguments: [0, 1 << 63, (1 << 63) - 1, (1 << 63) + 1_000_000, UInt64.max] as [UInt64])
  func `survives whatever instants the device reports`(instant: UInt64) throws {
    // Step 4 is the first behind a wait: its planned instant is taken from the device.
    let hostile: [DeviceEvent.Body] = [
      .stepEntered(step: 4, plannedMicroseconds: instant, actualMicroseconds: instant),
      .stepEntered(step: 3, plannedMicroseconds: instant, actualMicroseconds: ~instant),
      .routineEnded(step: 9, cause: .completed, timeMicroseconds: instant),
    ]
    for event in hostile {
      let run = try ScriptedRun(
        everyKind, mode: .uploaded, .init(accidents: [(.milliseconds(2_500), .event(event))]))
      #expect(run.hasStopped || run.report.outcome == .completed)
      #expect(run.finalTarget == 0)
      #expect(!RunPicture(run.report).text.isEmpty)
      #expect(RunPlot(run.report).svg.utf8.count < 1_000_000)
      #expect(try RunReport(json: run.report.json(.line)) == run.report)
    }
  }

  @Test func `takes control, uploads, checks, starts, follows, sees the rest and gives control back`() throws {
    let run = try ScriptedRun(everyKind, mode: .uploaded)
    #expect(run.asked == [.requestControl, .routineQuery, .routineQuery, .routineStart, .confirm, .releaseControl])
    #expect(run.uploads == 1)
    #expect(run.report.outcome == .completed)
    #expect(run.report.reason.code == .completed)
    #expect(run.report.rest.isVerified)
    #expect(run.finalState == .idle)
    #expect(run.progress.last == .finished(.completed))
    #expect(run.progress.contains(.preparing(.uploading)))
  }

  @Test func `plans what follows a wait from its confirmation`() throws {
    // steps    hold  ramp  rest  wait··········pulse···············hold
    // planned  0     2     4     5             8     9    10   11   12
    let run = try ScriptedRun(everyKind, mode: .uploaded, confirmAfter: .seconds(3))
    // The confirmation reaches the device half a round trip after the operator.
    let shift: Int64 = 3_030_000
    #expect(
      run.report.steps.map(\.plannedMicroseconds)
        == [0, 2_000_000, 4_000_000, 5_000_000] + [5, 6, 7, 8, 9].map { $0 * 1_000_000 + shift })
    #expect(run.report.steps.allSatisfy { $0.lateMicroseconds == 0 && $0.clock == .device && $0.observation == .event })
    #expect(run.report.endMicroseconds == 10_000_000 + shift)
    #expect(run.report.lateness.count == 9)
    #expect(run.report.steps[0].name == "Calf")
  }

  @Test func `sends nothing that the device holds already`() throws {
    let run = try ScriptedRun(everyKind, mode: .uploaded, isStored: true)
    #expect(run.uploads == 0)
    #expect(run.report.outcome == .completed)
  }

  @Test func `stops at a step that is late beyond the tolerance, and names it`() throws {
    let run = try ScriptedRun(everyKind, mode: .uploaded, .init(late: [0: 20_000, 1: 20_001]))
    #expect(run.report.outcome == .missed)
    #expect(run.report.reason.code == .late)
    #expect(run.report.reason.step == 1)
    #expect(run.hasStopped)
    #expect(run.report.steps[1].lateMicroseconds == 20_001)
    #expect(run.report.steps[2].observation == .notEntered)
    #expect(run.report.rest.isVerified)
  }

  @Test func `goes on after a late step when told to, and is missed all the same`() throws {
    let run = try ScriptedRun(
      everyKind, mode: .uploaded, .init(late: [1: 30_000, 5: 40_000]), options: .init(latePolicy: .continue))
    #expect(run.report.outcome == .missed)
    #expect(run.report.reason.step == 1)
    #expect(!run.hasStopped)
    #expect(run.report.steps.allSatisfy { $0.isEntered })
    #expect(run.report.lateness.maximumMicroseconds == 40_000)
  }

  @Test func `has missed what it missed on the way, however it ended`() throws {
    let run = try ScriptedRun(
      everyKind, mode: .uploaded, .init(late: [1: 30_000]), options: .init(latePolicy: .continue),
      cancelAfter: .seconds(5))
    #expect(run.report.outcome == .missed && run.report.reason.code == .late && run.report.reason.step == 1)
    #expect(run.report.reason.message.contains("interrupted"))
    #expect(run.report.rest.isVerified)
    let bounded = try #require(run.report.guarantees.first { $0.name == .bounded })
    #expect(bounded.status == .missed && bounded.step == 1)
  }

  @Test func `takes lateness that grows from step to step for a miss, though no step is one`() throws {
    let steps =
      "    - repeat: 20\n      steps:\n        - pulse: 1s\n          speed: 1750/2200 ppm\n          period: 1s"
    let late = Dictionary(uniqueKeysWithValues: (0..<40).map { ($0, Int64($0) * 200) })
    let run = try ScriptedRun(steps, mode: .uploaded, .init(late: late))
    #expect(run.report.outcome == .missed && run.report.reason.code == .drift, "\(run.report.reason)")
    #expect(run.report.reason.step == 26, "the first that is later than a quarter of the tolerance")
    #expect(run.report.guarantees.filter { $0.status == .missed }.map(\.name) == [.noDrift])
    let steady = try ScriptedRun(
      steps, mode: .uploaded, .init(late: Dictionary(uniqueKeysWithValues: (0..<40).map { ($0, 8_000) })))
    #expect(steady.report.outcome == .completed && !steady.report.hasMissedGuarantee)
  }

  @Test func `takes an early step for a miss, however small`() throws {
    let run = try ScriptedRun(everyKind, mode: .uploaded, .init(late: [2: -1]))
    #expect(run.report.reason.code == .early)
    #expect(run.report.steps[2].lateMicroseconds == -1)
  }

  @Test func `says which steps it did not see, and brackets them by telemetry`() throws {
    let run = try ScriptedRun(everyKind, mode: .uploaded, .init(lostSteps: [1, 4]))
    #expect(run.report.outcome == .completed)
    #expect(run.report.reason.code == .unobserved)
    #expect(run.report.reason.message.contains("2 steps, the first of them step 1"))
    let step = run.report.steps[1]
    #expect(step.actualMicroseconds == nil && step.lateMicroseconds == nil)
    #expect(step.observation == .telemetry)
    let between = try #require(step.betweenMicroseconds)
    #expect(between[0] < 2_000_000 && between[1] >= 2_000_000 && between[1] - between[0] <= 201_000)
    // The first step after the wait was not seen, but the second says from when the section counts.
    #expect(run.report.steps[4].plannedMicroseconds == 8_030_000)
  }

  @Test func `invents nothing without events and telemetry`() throws {
    let run = try ScriptedRun(
      "    - hold: 2s\n      speed: 1900 ppm\n    - hold: 2s\n      speed: 2000 ppm", mode: .uploaded,
      .init(lostSteps: [0, 1], losesEnd: true, hasTelemetry: false))
    #expect(run.report.outcome == .failed)
    #expect(run.report.reason.code == .noResponse)
    #expect(run.report.steps.allSatisfy { $0.actualMicroseconds == nil })
    #expect(!run.report.rest.isVerified)
    #expect(run.hasStopped)
  }

  @Test func `sees from telemetry that the operator is waited for when the event was lost`() throws {
    let run = try ScriptedRun(everyKind, mode: .uploaded, .init(losesConfirmationNeeded: true))
    #expect(run.report.outcome == .completed)
    #expect(run.asked.contains(.confirm))
  }

  @Test func `shows the prompt, and lets the button confirm`() throws {
    let run = try ScriptedRun(
      everyKind, mode: .uploaded, .init(buttonConfirmsAfter: .seconds(1)), confirmAfter: nil)
    #expect(run.report.outcome == .completed)
    #expect(!run.asked.contains(.confirm))
    #expect(run.progress.contains(.waiting(WaitingStep(index: 3, prompt: "Other leg", timeout: .seconds(20)))))
  }

  @Test func `ends as the device does when nobody confirms`() throws {
    let run = try ScriptedRun(everyKind, mode: .uploaded, confirmAfter: nil)
    #expect(run.report.outcome == .stopped)
    #expect(run.report.reason.code == .waitTimeout)
    #expect(run.report.endMicroseconds == 25_000_000)
    #expect(!run.report.steps[4].isEntered)
  }

  @Test func `stops when the operator declines`() throws {
    let run = try ScriptedRun(everyKind, mode: .uploaded, isConfirmed: false)
    #expect(run.report.reason.code == .declined)
    #expect(run.hasStopped)
    #expect(run.finalTarget == 0)
  }

  @Test(arguments: [
    (ChangeCause.button, RunOutcome.stopped, RunReason.Code.button), (.timer, .stopped, .timer),
    (.command, .stopped, .stoppedElsewhere), (.autoOff, .stopped, .switchedOff),
    (.released, .stopped, .stoppedElsewhere),
    (.leaseExpired, .lost, .leaseExpired), (.fault, .failed, .fault), (.underflow, .failed, .refused),
  ])
  func `says why the device ended it`(cause: ChangeCause, outcome: RunOutcome, code: RunReason.Code) throws {
    let run = try ScriptedRun(
      everyKind, mode: .uploaded, .init(accidents: [(.milliseconds(2_500), .ended(cause))]))
    #expect(run.report.outcome == outcome)
    #expect(run.report.reason.code == code)
    #expect(run.report.reason.step == 1)
    #expect(run.report.endMicroseconds == 2_500_000)
    #expect(run.report.steps.map(\.isEntered) == [true, true] + Array(repeating: false, count: 7))
    #expect(run.report.rest.isVerified)
  }

  @Test func `names the fault`() throws {
    let run = try ScriptedRun(everyKind, mode: .uploaded, .init(accidents: [(.seconds(1), .fault(.overheat))]))
    #expect(run.report.reason.message.contains("overheat"))
  }

  @Test func `understands an end whose event was lost from the state's change, or says that it cannot`() throws {
    let silent = try ScriptedRun(
      everyKind, mode: .uploaded, .init(losesEnd: true, accidents: [(.seconds(1), .ended(.button))]))
    #expect(silent.report.outcome == .failed)
    #expect(silent.report.reason.code == .noResponse)
    let told = try ScriptedRun(
      everyKind, mode: .uploaded,
      .init(
        losesEnd: true,
        accidents: [
          (
            .milliseconds(999),
            .event(.stateChanged(state: .stopping, previous: .routine, cause: .button, timeMicroseconds: 0))
          ),
          (.seconds(1), .ended(.button)),
        ]))
    #expect(told.report.reason.code == .button)
  }

  @Test func `is refused what another central holds, and stops nothing then`() throws {
    let run = try ScriptedRun(everyKind, mode: .uploaded, .init(refusals: [.requestControl: .controlHeld]))
    #expect(run.report.outcome == .failed)
    #expect(run.report.reason.code == .controlHeld)
    #expect(run.asked == [.requestControl])
    #expect(run.report.endMicroseconds == nil)
  }

  @Test(arguments: [OpCode.requestControl, .routineQuery, .routineStart, .confirm], [true, false])
  func `ends in bounded time with a stop when any request fails`(operation: OpCode, isSilent: Bool) throws {
    let script =
      isSilent
      ? ScriptedDevice.Script(silent: [operation]) : ScriptedDevice.Script(refusals: [operation: .unsupported])
    let run = try ScriptedRun(everyKind, mode: .uploaded, script)
    #expect(run.report.outcome == (isSilent ? .lost : .failed))
    #expect(run.report.reason.code == (isSilent ? .noResponse : .refused))
    #expect(run.hasStopped)
    #expect(run.finalTarget == 0)
  }

  @Test func `does not start what the device did not store`() throws {
    let run = try ScriptedRun(everyKind, mode: .uploaded, .init(storesNothing: true))
    #expect(run.report.reason.code == .notStored)
    #expect(!run.asked.contains(.routineStart))
  }

  @Test func `is lost with the link, and sends nothing afterwards`() throws {
    let run = try ScriptedRun(everyKind, mode: .uploaded, .init(accidents: [(.milliseconds(2_500), .disconnect)]))
    #expect(run.report.outcome == .lost)
    #expect(run.report.reason.code == .linkLost)
    #expect(run.report.reason.step == 1)
    #expect(!run.report.rest.isVerified)
    #expect(run.asked.last == .routineStart)
  }

  @Test func `is lost with the lease under the stop policy, and goes on under the other`() throws {
    let lost = try ScriptedRun(everyKind, mode: .uploaded, .init(accidents: [(.seconds(1), .controlLost(nil))]))
    #expect(lost.report.outcome == .lost)
    #expect(lost.report.reason.code == .leaseExpired)
    #expect(lost.hasStopped)
    let finished = try ScriptedRun(
      everyKind, mode: .uploaded, .init(accidents: [(.seconds(1), .controlLost(nil))]),
      options: .init(lossPolicy: .finishRoutine))
    #expect(finished.report.outcome == .completed)
    #expect(!finished.asked.contains(.releaseControl))
  }

  @Test func `does not call a run good whose motor nobody saw at rest`() throws {
    let run = try ScriptedRun(
      everyKind, mode: .uploaded, .init(ignoresStop: true), cancelAfter: .seconds(2))
    #expect(run.report.outcome == .failed)
    #expect(run.report.reason.code == .notAtRest)
    #expect(!run.report.rest.isVerified)
  }

  @Test(arguments: [0, 1, 45, 61, 100, 300, 640, 700, 701, 2_500, 4_000, 6_500, 8_600, 14_000, 14_200])
  func `stops the motor whenever it is cancelled`(milliseconds: Int) throws {
    for seed in [nil, 1, 2, 3] as [UInt64?] {
      let run = try ScriptedRun(
        everyKind, mode: .uploaded, cancelAfter: .milliseconds(milliseconds), seed: seed)
      #expect(run.report.outcome == .stopped || (milliseconds >= 14_000 && run.report.outcome == .completed))
      #expect(run.report.outcome == .completed || run.report.reason.code == .interrupted)
      #expect(run.finalTarget == 0 && run.finalState == .idle)
      #expect(run.report.rest.isVerified || run.requests.isEmpty)
    }
  }

  @Test func `is the same for the same seed, to the byte`() throws {
    for seed in [nil, 7, 8] as [UInt64?] {
      let reports = try (0..<2).map { _ in try ScriptedRun(everyKind, mode: .uploaded, seed: seed).report.json(.line) }
      #expect(reports[0] == reports[1])
    }
  }

  @Test func `dates the motion by the device's clock, across the turn of its 32 bits`() throws {
    // The script's clock stands 7.3 s before 2^32 ms when the timeline begins.
    let run = try ScriptedRun(everyKind, mode: .uploaded)
    let samples = run.report.motion.samples
    #expect(samples.count > 60)
    #expect(zip(samples, samples.dropFirst()).allSatisfy { $1.timeMicroseconds - $0.timeMicroseconds == 200_000 })
    let ramp = try #require(samples.first { $0.timeMicroseconds >= 4_000_000 })
    #expect(ramp.speedPPM == 0 && ramp.timeMicroseconds < 4_200_000)
  }
}
