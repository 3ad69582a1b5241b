import PercussTime
import PercussWire
import Testing

@testable import PercussClient
@testable import PercussRoutine

/// What a live run hands over, as text: milliseconds from the start of the run, and the command.
private func frames(_ run: ScriptedRun) -> String {
  // The first speed is the start of the run.
  let start = run.requests.first { if case .setSpeed = $0.operation { true } else { false } }?.at ?? 0
  return run.requests.compactMap { request in
    let time = request.at - start
    switch request.operation {
    case .setSpeed(let speed, let ramp): return "\(time) speed \(speed)" + (ramp == 0 ? "" : " in \(ramp)")
    case .setForceLimit(let limit): return "\(time) limit \(limit / 10)"
    case .stop: return "\(time) stop"
    default: return nil
    }
  }.prefix { !$0.hasSuffix(" limit 0") }.joined(separator: " | ")
}

private func lateness(_ run: ScriptedRun) -> String {
  run.report.steps.map { $0.lateMicroseconds.map { "\($0 / 1_000)" } ?? "-" }.joined(separator: " ")
}

@Suite struct `A live run` {
  /// Steps in, frames out, lateness in ms. One procedure takes 60 ms of the 4 x 15 ms that are allowed for it, and the first step comes 50 ms after it.
  @Test(arguments: [
    (
      "    - hold: 2s\n      speed: 1900 ppm\n    - rest: 1s\n    - hold: 1s\n      speed: 2400 ppm",
      "-110 limit 267 | 0 speed 1900 | 2000 speed 0 | 3000 speed 2400 | 4000 stop",
      "0 0 0"
    ),
    (
      "    - hold: 2s\n      speed: 1900 ppm\n    - ramp: 3s\n      speed: 1900..2400 ppm",
      "-110 limit 267 | 0 speed 1900 | 2000 speed 2400 in 3000 | 5000 stop",
      "0 0"
    ),
    // A ramp that begins elsewhere is joined where it will be when the motor can be there.
    (
      "    - ramp: 3s\n      speed: 1750..2400 ppm",
      "-110 limit 267 | 0 speed 1910 | 730 speed 2400 in 2270 | 3000 stop",
      "0"
    ),
    // Longer than one command can hold: in equal pieces.
    (
      "    - hold: 1s\n      speed: 1800 ppm\n    - ramp: 90s\n      speed: 1800..2400 ppm",
      "-110 limit 267 | 0 speed 1800 | 1000 speed 2100 in 45000 | 46000 speed 2400 in 45000 | 91000 stop",
      "0 0"
    ),
    // A falling limit goes ahead of its step, a rising one after it: never more force than planned.
    (
      "    - hold: 1s\n      speed: 1900 ppm\n      force: 60 N\n    - hold: 1s\n      speed: 1900 ppm\n      force: 40 N\n"
        + "    - hold: 1s\n      speed: 1900 ppm\n      force: 80 N",
      "-110 limit 60 | 0 speed 1900 | 940 limit 40 | 1000 speed 1900 | 2000 speed 1900 | 2060 limit 80 | 3000 stop",
      "0 0 0"
    ),
    // After a wait of 3 s everything counts from the confirmation, here 50 ms after the answer to the keep-alive that it met at 4060.
    (
      "    - hold: 1s\n      speed: 1900 ppm\n      force: 60 N\n    - wait: confirm\n      prompt: Go\n      timeout: 9s\n"
        + "    - hold: 1s\n      speed: 2000 ppm\n      force: 40 N",
      "-110 limit 60 | 0 speed 1900 | 1000 speed 0 | 1060 limit 40 | 4170 speed 2000 | 5170 stop",
      "0 0 0"
    ),
  ])
  func `hands over every command at its instant`(steps: String, expected: String, late: String) throws {
    let run = try ScriptedRun(steps, mode: .live)
    #expect(frames(run) == expected)
    #expect(lateness(run) == late)
    #expect(run.report.outcome == .completed)
    #expect(run.report.rest.isVerified)
    #expect(
      run.report.steps.allSatisfy {
        $0.clock == .host && $0.observation == .handOff && $0.uncertaintyMicroseconds == 15_000
      })
    #expect(run.asked.suffix(2) == [.setForceLimit, .releaseControl])
  }

  @Test func `does not drift over a thousand steps`() throws {
    let run = try ScriptedRun(
      "    - pulse: 20min\n      speed: 1750/2400 ppm\n      period: 2s", mode: .live)
    #expect(run.report.steps.count == 1_200)
    #expect(run.report.steps.allSatisfy { $0.lateMicroseconds == 0 })
    #expect(run.report.endMicroseconds == 1_200_000_000)
  }

  @Test func `keeps the lease alive by itself, out of the way of its steps`() throws {
    let run = try ScriptedRun(
      "    - hold: 5030ms\n      speed: 1900 ppm\n    - hold: 1s\n      speed: 2000 ppm", mode: .live)
    let moving = run.requests.drop { $0.operation.opCode != .setSpeed }.prefix { $0.operation.opCode != .stop }
    for (one, next) in zip(moving, moving.dropFirst()) {
      #expect(next.at - one.at >= 60)
      // A third of the lease is where the device object would send one of its own.
      #expect(next.at - one.at <= 2_000 / 3)
    }
    #expect(run.report.lateness.maximumMicroseconds == 0)
  }

  @Test func `stops when an answer keeps the next step waiting`() throws {
    // steps   0 hold   1000 hold   2000 hold
    // frames  0 speed  1000 speed  ········ 2020 stop
    // late    0        0           -
    let run = try ScriptedRun(
      "    - hold: 1s\n      speed: 1900 ppm\n    - hold: 1s\n      speed: 2000 ppm\n    - hold: 1s\n      speed: 2100 ppm",
      mode: .live, .init(slowSpeeds: [1: .milliseconds(2_500)]))
    #expect(run.report.outcome == .missed)
    #expect(run.report.reason.step == 2)
    #expect(lateness(run) == "0 0 -")
    #expect(frames(run).contains("1000 speed 2000 | 2020 stop"))
    #expect(run.report.steps[2].observation == .notEntered)
  }

  @Test func `goes on late when told to, and says how late`() throws {
    // frames  0 speed  1000 speed  2500 speed  3000 speed   (the answer to the second took 1500 ms)
    // late    0        0           500         0
    let run = try ScriptedRun(
      "    - pulse: 4s\n      speed: 1900/2000 ppm\n      period: 2s", mode: .live,
      .init(slowSpeeds: [1: .milliseconds(1_500)]), options: .init(latePolicy: .continue))
    #expect(lateness(run) == "0 0 500 0")
    #expect(run.report.outcome == .missed)
    #expect(run.report.reason.step == 2)
    #expect(frames(run).contains("4000 stop"))
  }

  @Test func `refuses steps that are too short for the link before anything moves`() throws {
    let run = try ScriptedRun(
      "    - hold: 1s\n      speed: 1900 ppm\n    - pulse: 100ms\n      speed: 1900/2000 ppm\n      period: 100ms",
      mode: .live)
    #expect(run.report.outcome == .failed)
    #expect(run.report.reason.code == .unplayable)
    #expect(run.report.reason.step == 1)
    #expect(run.report.reason.message.contains("50 ms"))
    #expect(!run.asked.contains(.setSpeed))
  }

  @Test(arguments: [
    (ScriptedDevice.Accident.disconnect, RunOutcome.lost, RunReason.Code.linkLost),
    (.controlLost(.leaseExpired), .lost, .leaseExpired), (.controlLost(.command), .lost, .controlLost),
    (.fault(.stall), .failed, .fault),
    (
      .event(.stateChanged(state: .stopping, previous: .manual, cause: .button, timeMicroseconds: 0)), .stopped, .button
    ),
    (.event(.stateChanged(state: .idle, previous: .manual, cause: .timer, timeMicroseconds: 0)), .stopped, .timer),
    (
      .event(.stateChanged(state: .stopping, previous: .manual, cause: .command, timeMicroseconds: 0)), .stopped,
      .stoppedElsewhere
    ),
  ])
  func `never goes on after the device has ended the motion`(
    accident: ScriptedDevice.Accident, outcome: RunOutcome, code: RunReason.Code
  ) throws {
    let run = try ScriptedRun(everyMinute, mode: .live, .init(accidents: [(.milliseconds(1_500), accident)]))
    #expect(run.report.outcome == outcome)
    #expect(run.report.reason.code == code)
    #expect(run.asked.count { $0 == .setSpeed } == 2)
    #expect(run.finalTarget == 0 || outcome == .lost)
  }

  @Test(arguments: [
    (DeviceEvent.Body.button(action: .shortPress, timeMicroseconds: 0), RunReason.Code.button),
    (.button(action: .longPress, timeMicroseconds: 0), .button),
    (.stateChanged(state: .idle, previous: .idle, cause: .command, timeMicroseconds: 0), .stoppedElsewhere),
  ])
  func `does not move a motor again that was stopped while it rested`(
    event: DeviceEvent.Body, code: RunReason.Code
  ) throws {
    let run = try ScriptedRun(
      "    - hold: 1s\n      speed: 1900 ppm\n    - rest: 5s\n    - hold: 1s\n      speed: 1900 ppm", mode: .live,
      .init(accidents: [(.milliseconds(3_000), .event(event))]))
    #expect(run.report.outcome == .stopped)
    #expect(run.report.reason.code == code)
    #expect(run.report.reason.step == 1)
    #expect(!run.report.steps.contains { $0.index == 2 && $0.actualMicroseconds != nil })
    #expect(run.finalTarget == 0)
  }

  @Test func `takes a press of the button for the confirmation of a wait`() throws {
    let run = try ScriptedRun(
      "    - wait: confirm\n      prompt: Go\n      timeout: 9s\n    - hold: 1s\n      speed: 1900 ppm", mode: .live,
      .init(accidents: [
        (.milliseconds(3_000), .event(.button(action: .shortPress, timeMicroseconds: 0)))
      ]), confirmAfter: nil)
    #expect(run.report.outcome == .completed)
    #expect(lateness(run) == "0 0")
  }

  private let everyMinute = "    - pulse: 60s\n      speed: 1900/2000 ppm\n      period: 2s"

  @Test(arguments: [0, 1, 45, 61, 130, 700, 1_000, 1_120, 1_121, 30_000])
  func `stops the motor whenever it is cancelled`(milliseconds: Int) throws {
    for seed in [nil, 1, 2, 3] as [UInt64?] {
      let run = try ScriptedRun(everyMinute, mode: .live, cancelAfter: .milliseconds(milliseconds), seed: seed)
      #expect(run.report.reason.code == .interrupted)
      #expect(run.finalTarget == 0 && run.finalState == .idle)
      let afterStop = run.requests.drop { $0.operation.opCode != .stop }
      #expect(!afterStop.contains { $0.operation.opCode == .setSpeed })
    }
  }

  @Test(arguments: [OpCode.requestControl, .setForceLimit, .setSpeed])
  func `ends with a stop when a request fails`(operation: OpCode) throws {
    for script in [ScriptedDevice.Script(silent: [operation]), .init(refusals: [operation: .unsupported])] {
      let run = try ScriptedRun(everyMinute, mode: .live, script)
      #expect([.lost, .failed, .missed].contains(run.report.outcome))
      #expect(run.hasStopped)
      #expect(run.finalTarget == 0)
    }
  }

  @Test(arguments: [1, 30, 61, 100, 499, 500, 501, 530, 560, 561, 1_000, 1_030])
  func `is on time after a wait whatever was under way at its confirmation`(milliseconds: Int) throws {
    let run = try ScriptedRun(
      "    - wait: confirm\n      prompt: Go\n      timeout: 9s\n    - hold: 1s\n      speed: 1900 ppm", mode: .live,
      confirmAfter: .milliseconds(milliseconds))
    #expect(run.report.outcome == .completed)
    #expect(lateness(run) == "0 0")
    let due = try #require(run.report.steps.last).plannedMicroseconds
    #expect((50_000...110_000).contains(due - Int64(milliseconds) * 1_000))
  }

  @Test func `ends a wait that nobody confirms`() throws {
    let run = try ScriptedRun(
      "    - hold: 1s\n      speed: 1900 ppm\n    - wait: confirm\n      prompt: Go\n      timeout: 9s\n    - hold: 1s\n      speed: 1900 ppm",
      mode: .live, confirmAfter: nil)
    #expect(run.report.outcome == .stopped)
    #expect(run.report.reason.code == .waitTimeout)
    #expect(run.report.endMicroseconds == 10_000_000)
  }
}
