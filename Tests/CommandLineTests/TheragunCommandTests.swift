import Foundation
import Testing

/// The commands on a virtual Theragun in this process: what works, what is refused, and what is said before anything moves.
@Suite struct TheragunCommandTests {
  private static let device = ["--device", "sim:theragun", "--virtual-time"]
  private static let ratio = ["--rpm-per-ppm", "1.5"]
  private static let example = Documents.examplesFolder.appending(path: "post-run-calves.yaml").path

  private func theragun(_ arguments: [String], input: String = "") async throws -> ProgramRun {
    try await ProgramRun.percuss(arguments + Self.device, input: input)
  }

  private func message(_ run: ProgramRun) -> String { run.errors.split(separator: "\n").joined(separator: " ") }

  @Test(arguments: ["plan", "run"]) func `a routine needs the user's own ratio, and why is said`(command: String)
    async throws
  {
    let run = try await theragun([command, Self.example])
    #expect(run.status == 2, "\(run)")
    #expect(message(run).contains("is not public") && message(run).contains("To measure it"), "\(run)")
    #expect(run.output.isEmpty)
  }

  @Test(arguments: ["plan", "run"]) func `force limits are refused with their line, unless left out on purpose`(
    command: String
  ) async throws {
    let refused = try await theragun([command, Self.example] + Self.ratio)
    #expect(refused.status == 65, "\(refused)")
    #expect(message(refused).contains("the device cannot limit its force"), "\(refused)")
    #expect(message(refused).contains("--without-force"), "\(refused)")
    #expect(refused.errors.contains("post-run-calves.yaml:"), "\(refused)")
  }

  @Test func `a plan shows what is different`() async throws {
    let run = try await theragun(["plan", Self.example, "--without-force", "--json"] + Self.ratio)
    #expect(run.status == 0, "\(run)")
    let plan = try #require(try run.objects().last)
    #expect(plan["mode"] as? String == "live")
    #expect(plan["rpm_per_thousand_ppm"] as? Int == 1_500)
    let changes = (plan["changes"] as? [String] ?? []).joined(separator: " ")
    for words in ["unofficial", "not tried on hardware", "250 ms apart", "left out", "switch it off by hand"] {
      #expect(changes.contains(words), "\(words)")
    }
    #expect(try run.objects().dropLast().allSatisfy { $0["force_limit_decinewtons"] == nil })
    for mode in ["uploaded", "streamed"] {
      let other = try await theragun(["plan", Self.example, "--without-force", "--mode", mode] + Self.ratio)
      #expect(other.status == 65, "\(other)")
    }
  }

  @Test func `a run says first what it cannot promise, and its report holds the ratio`() async throws {
    let run = try await theragun(["run", Self.example, "--without-force", "--guarantee", "--json"] + Self.ratio)
    #expect(run.status == 0, "\(run.errors)")
    let lines = try run.objects()
    let types = lines.compactMap { $0["type"] as? String }
    #expect(Array(types.prefix(7)) == Array(repeating: "guarantee", count: 6) + ["notice"])
    let failSafe = lines.first { $0["name"] as? String == "fail_safe" }
    #expect(failSafe?["promised"] as? Bool == false)
    #expect((failSafe?["promise"] as? String)?.contains("keeps no lease") == true)
    let report = try #require(lines.last)
    let dialect = (report["device"] as? [String: Any])?["dialect"] as? [String: Any]
    #expect(dialect?["name"] as? String == "theragun-gen4")
    #expect(dialect?["has_lease"] as? Bool == false)
    #expect(dialect?["rpm_per_thousand_ppm"] as? Int == 1_500)
    #expect((report["routine"] as? [String: Any])?["without_force"] as? Bool == true)
    let moving = lines.filter { $0["event"] as? String == "moving" }
    #expect(!moving.isEmpty && moving.allSatisfy { $0["battery_percent"] == nil && $0["force_decinewtons"] == nil })
  }

  @Test func `the motor's own speed is set in RPM, and shown`() async throws {
    let run = try await theragun(["set", "--speed", "2400rpm", "--ramp", "1s", "--for", "3s", "--json"])
    #expect(run.status == 0, "\(run)")
    let lines = try run.objects()
    #expect(lines.first?["type"] as? String == "notice")
    // The virtual motor is a little slower under its load, as a real one is.
    #expect(
      lines.contains { (2350...2400).contains($0["speed_rpm"] as? Int ?? 0) && $0["target_rpm"] as? Int == 2400 },
      "\(run)")
    #expect(lines.allSatisfy { $0["speed_ppm"] == nil && $0["battery_percent"] == nil })
    #expect(lines.last?["at_rest"] as? Bool == true)
    let both = try await theragun(["set", "--speed", "1600ppm", "--for", "3s", "--json"] + Self.ratio)
    #expect(
      try both.objects().contains {
        $0["target_rpm"] as? Int == 2400 && $0["target_ppm"] as? Int == 1600
          && (1560...1600).contains($0["speed_ppm"] as? Int ?? 0)
      })
  }

  @Test(arguments: [
    (["set", "--speed", "1600ppm"], 2, "is not public"), (["set", "--speed", "3617rpm"], 2, "0 to 3616 rpm"),
    (["set", "--force", "60N"], 69, "unsupported by this device: theragun-gen4 has no force limit"),
    (["set", "--timer", "5s"], 69, "has no timer"), (["set", "--preset", "1"], 69, "has no presets"),
    (["monitor", "--rate", "50ms"], 2, "every 100 ms at the most"),
    (["run", example, "--without-force", "--on-loss", "finish-routine", "--rpm-per-ppm", "1.5"], 2, "store routines"),
  ])
  func `what such a device cannot do is said, and nothing moves`(arguments: [String], status: Int32, words: String)
    async throws
  {
    let run = try await theragun(arguments)
    #expect(run.status == status, "\(run)")
    #expect(message(run).contains(words), "\(run)")
  }

  @Test(arguments: ["0.4", "4.001", "1.5001", "1,5", "-1", "nan", ""])
  func `a ratio is 0.5 to 4 with up to three decimals`(text: String) async throws {
    let run = try await theragun(["info", "--rpm-per-ppm", text])
    #expect(run.status == 2, "\(run)")
  }

  @Test func `what is for such devices only is refused for others`() async throws {
    let ratio = try await ProgramRun.percuss(["info"] + Self.ratio)
    #expect(ratio.status == 2 && message(ratio).contains("speeds are in PPM"), "\(ratio)")
    let force = try await ProgramRun.percuss("plan", Self.example, "--without-force")
    #expect(force.status == 2 && message(force).contains("this one can"), "\(force)")
    let speed = try await ProgramRun.percuss("set", "--speed", "2400rpm")
    #expect(speed.status == 2 && message(speed).contains("percussions per minute"), "\(speed)")
  }

  @Test func `info, monitor, stop and timing tell what such a device has, and nothing that it has not`() async throws {
    let info = try await theragun(["info", "--json"])
    let facts = try #require(try info.objects().last)
    #expect(facts["dialect"] as? String == "theragun-gen4" && facts["unofficial"] as? Bool == true)
    #expect(facts["speed_maximum_rpm"] as? Int == 3616 && facts["state"] as? String == "idle")
    for key in ["routine_slots", "protocol_version", "queue_depth", "speed_maximum_ppm", "battery_percent"] {
      #expect(facts[key] == nil, "\(key)")
    }
    let text = try await theragun(["info"] + Self.ratio)
    #expect(text.output.contains("unofficial") && text.output.contains("2410 ppm"), "\(text)")
    #expect(!text.output.contains("slots") && !text.output.contains("queue"), "\(text)")
    let monitor = try await theragun(["monitor", "--for", "2s", "--json"])
    #expect(monitor.status == 0)
    #expect((9...11).contains(try monitor.objects().count { $0["running"] as? Bool == false }), "\(monitor)")
    let stop = try await theragun(["stop", "--json"])
    #expect(stop.status == 0, "\(stop)")
    #expect(try stop.objects().last?["at_rest"] as? Bool == true)
    let timing = try await ProgramRun.percuss("timing", "--duration", "1s", "--device", "sim:theragun", "--json")
    #expect(timing.status == 0, "\(timing)")
    let findings = try timing.objects().filter { $0["type"] as? String == "timing_finding" }
    #expect(Set(findings.compactMap { $0["mode"] as? String }) == ["live"])
    #expect(
      findings.first { $0["guarantee"] as? String == "fail_safe" }?["standing"] as? String == "not_promised",
      "\(timing)")
  }

  @Test(arguments: [[SIGINT], [SIGTERM], [SIGHUP], [SIGTSTP], [SIGTTIN], [SIGTTOU], [SIGQUIT], [SIGTSTP, SIGINT]])
  func `whatever ends the program, the motor is stopped and seen at rest first; it does not let itself be hurried`(
    signals: [Int32]
  ) async throws {
    let program = try RunningProgram("set", "--speed", "2400rpm", "--for", "60s", "--device", "sim:theragun", "--json")
    _ = try await program.next(["type": "telemetry", "state": "manual"])
    for signal in signals {
      program.send(signal)
      try await Task.sleep(for: .milliseconds(700))
      program.send(signal)
    }
    let error = try await program.next(["type": "error"])
    #expect(error["exit_status"] as? Int == 130)
    let end = await program.end()
    #expect(end == .init(status: 130))
    #expect(program.errors().contains("the motor is at rest"))
  }

  @Test func `a command whose lease the host let expire while it stood still says that control was lost`() async throws
  {
    let program = try RunningProgram("set", "--speed", "2400rpm", "--for", "60s", "--device", "sim:theragun", "--json")
    _ = try await program.next(["type": "telemetry", "state": "manual"])
    program.send(SIGSTOP)
    try await Task.sleep(for: .seconds(4))
    program.send(SIGCONT)
    let error = try await program.next(["type": "error"])
    #expect(error["exit_status"] as? Int == 75)
    let end = await program.end()
    #expect(end == .init(status: 75))
    #expect(program.errors().contains("control of the device was lost"))
  }

  @Test func `that a program which is suspended stops nothing is said before anything moves`() async throws {
    let run = try await theragun(["set", "--speed", "2400rpm", "--for", "1s", "--json"])
    let notice = try #require(try run.objects().first)
    #expect((notice["message"] as? String)?.contains("killed or suspended") == true, "\(run)")
  }
}
