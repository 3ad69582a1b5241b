import Foundation
import Testing

/// What the program tells its caller.
@Suite struct ExitStatusTests {
  @Test(
    arguments: [
      ["run"], ["plan"], ["validate"], ["set"], ["nonsense"], ["run", "-", "--nonsense"], ["run", "-", "extra"],
      ["set", "--speed", "1900"], ["set", "--speed", "1900 rpm"], ["set", "--speed", "-1900ppm"], ["set", "--speed"],
      ["set", "--speed", "1900ppm", "--preset", "1"], ["set", "--preset", "256"], ["set", "--force", "60"],
      ["set", "--speed", "1900ppm", "--ramp", "2min"], ["set", "--speed", "1900ppm", "--for", "5"],
      ["info", "--loss", "2"], ["info", "--loss", "-0.1"], ["info", "--loss", "nan"], ["info", "--drop", "1"],
      ["info", "--mtu", "22"], ["info", "--mtu", "many"], ["info", "--interval", "1ms"], ["info", "--interval", "5s"],
      ["info", "--seed", "-1"], ["run", "-", "--lease", "100ms"], ["run", "-", "--lease", "2min"],
      ["run", "-", "--mode", "stored"], ["run", "-", "--on-loss", "hope"], ["run", "-", "--tolerance", "soon"],
      ["run", "-", "--report", "a", "--plot", "a"], ["monitor", "--rate", "1ms"],
      ["report", "show"], ["report", "show", "a", "b", "--plot", "c"], ["report", "compare", "a"],
      ["report", "compare", "a", "b", "--significance", "0"],
      ["report", "compare", "a", "b", "--least-effect-us", "-1"],
    ])
  func `a wrong command line is 2, and says what would be right`(arguments: [String]) async throws {
    let run = try await ProgramRun.percuss(arguments, input: Documents.minute)
    #expect(run.status == 2, "\(run)")
    #expect(run.output.isEmpty)
    #expect(run.errors.hasPrefix("Error: "), "\(run)")
    #expect(run.errors.contains("Usage: percuss"), "\(run)")
  }

  @Test func `a wrong command line with --json is an error line too`() async throws {
    let run = try await ProgramRun.percuss("set", "--speed", "1900", "--json")
    #expect(run.status == 2)
    let error = try #require(try run.objects().last)
    #expect(error["type"] as? String == "error")
    #expect(error["exit_status"] as? Int == 2)
    #expect((error["message"] as? String)?.contains("1900") == true)
  }

  @Test(arguments: [("--look-ahead", "3s", "streamed"), ("--scheduling", "normal", "live")])
  func `an option that the run has no use for is 2, before anything moves`(
    option: String, value: String, mode: String
  ) async throws {
    let arguments = ["run", "-", "--virtual-time", "--json", "--mode"]
    let run = try await ProgramRun.percuss(arguments + ["uploaded", option, value], input: Documents.minute)
    #expect(run.status == 2 && run.errors.contains("\(option) is for \(mode) runs"), "\(run)")
    #expect(try run.objects().map { $0["type"] as? String } == ["error"])
    let fitting = try await ProgramRun.percuss(arguments + [mode, option, value], input: Documents.minute)
    #expect(fitting.status == 0, "\(fitting)")
  }

  @Test(arguments: ["run", "plan", "validate"])
  func `a document that cannot be read is 65, and its name is told`(command: String) async throws {
    for (path, reason) in [("no-such.yaml", "no such file or directory"), ("Sources", "it is a directory")] {
      let run = try await ProgramRun.percuss(command, path, "--json")
      #expect(run.status == 65, "\(run)")
      #expect(run.errors.contains(path) && run.errors.contains(reason), "\(run)")
      #expect(try run.objects().map { $0["type"] as? String } == ["error"])
    }
  }

  @Test func `a document without an end is refused`() async throws {
    let run = try await ProgramRun.percuss("run", "/dev/zero")
    #expect(run.status == 65, "\(run)")
  }

  @Test func `a document without an end on the standard input is refused, and its name is told`() async throws {
    let run = try await ProgramRun.percuss("validate", "-", input: String(repeating: "# more\n", count: 200_000))
    #expect(run.status == 65)
    #expect(run.errors.hasPrefix("<standard input>:"), "\(run)")
  }

  @Test(arguments: ["sim:", "sim:giant"])
  func `an unknown device is 69, and the known ones are told`(device: String) async throws {
    for arguments in [["info"], ["stop"], ["run", "-"], ["plan", "-"], ["set", "--speed", "0"], ["monitor"]] {
      let run = try await ProgramRun.percuss(
        arguments + ["--device", device, "--virtual-time", "--json"], input: Documents.minute)
      #expect(run.status == 69, "\(run)")
      #expect(run.errors.contains("sim:elite"), "\(run)")
      #expect(try run.objects().last?["exit_status"] as? Int == 69)
    }
  }

  @Test(arguments: [(["--preset", "9"], 2), (["--speed", "9000ppm"], 69), (["--force", "900N"], 69)])
  func `what no device does is 2, what this one refuses is 69, and the motor stays at rest`(
    setting: [String], status: Int
  ) async throws {
    let run = try await ProgramRun.percuss(["set", "--virtual-time", "--json"] + setting)
    #expect(Int(run.status) == status, "\(run)")
    let objects = try run.objects()
    #expect(objects.last?["type"] as? String == "error")
    #expect(objects.allSatisfy { ($0["speed_ppm"] as? Int ?? 0) == 0 })
  }

  @Test func `a routine that the device cannot play is 65, and nothing moves`() async throws {
    let run = try await ProgramRun.percuss(
      "run", "-", "--virtual-time", "--json", input: Documents.text("{hold: 5s, speed: 5000 ppm, force: 60 N}"))
    #expect(run.status == 65)
    #expect(run.errors.contains("<standard input>:4:"), "\(run)")
    #expect(try run.objects().map { $0["type"] as? String } == ["error"])
  }

  @Test(arguments: [1, 2])
  func `a guarantee that the link cannot keep is 75, and the step is named`(seed: Int) async throws {
    let steps = (0..<40).map { "  - {hold: 150ms, speed: \(1800 + $0 % 2 * 100) ppm, force: 60 N}\n" }
    let run = try await ProgramRun.percuss(
      "run", "-", "--mode", "live", "--virtual-time", "--seed", "\(seed)", "--loss", "0.5", "--json",
      input: "percuss: 1\nname: Test\nsteps:\n" + steps.joined())
    #expect(run.status == 75, "\(run)")
    let result = try #require(try run.objects().last)
    #expect(result["outcome"] as? String == "missed")
    let step = try #require((result["reason"] as? [String: Any])?["step"] as? Int)
    let guarantees = try #require(result["guarantees"] as? [[String: Any]])
    let bounded = try #require(guarantees.first { $0["name"] as? String == "bounded" })
    #expect(bounded["status"] as? String == "missed" && bounded["step"] as? Int == step)
  }

  @Test(arguments: ["uploaded", "streamed", "live"])
  func `a link that loses nearly everything is 75`(mode: String) async throws {
    let run = try await ProgramRun.percuss(
      "run", "-", "--mode", mode, "--virtual-time", "--loss", "0.85", "--json", input: Documents.minute)
    #expect(run.status == 75, "\(run)")
    let last = try #require(try run.objects().last)
    #expect(last["outcome"] as? String == "lost" || last["exit_status"] as? Int == 75)
  }

  @Test func `a wait that is declined is 130, and the steps after it did not begin`() async throws {
    let document = Documents.text(
      "{hold: 1s, speed: 1900 ppm, force: 60 N}", "{wait: confirm, prompt: Turn over, timeout: 60s}",
      "{hold: 1s, speed: 1900 ppm, force: 60 N}")
    let run = try await ProgramRun.percuss(
      "run", "-", "--confirm", "no", "--virtual-time", "--json", input: document)
    #expect(run.status == 130, "\(run)")
    let result = try #require(try run.objects().last)
    #expect(result["outcome"] as? String == "stopped")
    #expect((result["reason"] as? [String: Any])?["code"] as? String == "declined")
    let steps = try #require(result["steps"] as? [[String: Any]])
    #expect(steps.last?["observation"] as? String == "not_entered")
  }

  @Test func `nobody there to confirm is a no, in real time`() async throws {
    let folder = try TemporaryFolder()
    let file = try folder.write(
      Documents.text(
        "{hold: 300ms, speed: 1900 ppm, force: 60 N}", "{wait: confirm, prompt: Turn over, timeout: 60s}",
        "{hold: 300ms, speed: 1900 ppm, force: 60 N}"), to: "routine.yaml")
    let alone = try await ProgramRun.percuss("run", file, "--json")
    #expect(alone.status == 130, "\(alone)")
    let confirmed = try await ProgramRun.percuss("run", file, "--json", "--tolerance", "5s", input: "\n")
    #expect(confirmed.status == 0, "\(confirmed)")
  }
}
