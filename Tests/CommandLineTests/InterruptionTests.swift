import Foundation
import Testing

/// Ctrl-C and its like, in real time: the motor is stopped and seen at rest before the program ends.
@Suite struct InterruptionTests {
  private static let minute = "percuss: 1\nname: Test\nsteps:\n  - {hold: 60s, speed: 1900 ppm, force: 60 N}\n"
  /// Longer than one packet, so that its upload takes a while.
  private static let long =
    "percuss: 1\nname: Test\nsteps:\n  - repeat: 200\n    steps:\n"
    + "      - {hold: 1s, speed: 1900 ppm, force: 60 N}\n      - {hold: 1s, speed: 2000 ppm, force: 60 N}\n"

  @Test(arguments: [[SIGINT], [SIGTERM], [SIGHUP], [SIGINT, SIGINT], [SIGTERM, SIGCONT, SIGTERM]])
  func `a run that is interrupted stops the motor and reports`(signals: [Int32]) async throws {
    let folder = try TemporaryFolder()
    let file = try folder.write(Self.minute, to: "routine.yaml")
    let program = try RunningProgram(
      "run", file, "--json", "--tolerance", "10s", "--report", folder.url.appending(path: "run.json").path)
    _ = try await program.next(["type": "progress", "event": "moving"])
    for signal in signals { program.send(signal) }
    let result = try await program.next(["type": "result"])
    let after = await program.nextLine()
    #expect(after == nil)
    let end = await program.end()
    #expect(end == .init(status: 130))
    #expect(result["outcome"] as? String == "stopped")
    #expect((result["reason"] as? [String: Any])?["code"] as? String == "interrupted")
    #expect((result["rest"] as? [String: Any])?["verified"] as? Bool == true)
    #expect(try folder.text(of: "run.json").contains("\"stopped\""))
  }

  @Test(arguments: ["uploading", "taking_control"])
  func `an interruption before the start ends the run before anything moves`(stage: String) async throws {
    let folder = try TemporaryFolder()
    let file = try folder.write(Self.long, to: "routine.yaml")
    let program = try RunningProgram("run", file, "--json", "--interval", "200ms", "--mtu", "23")
    _ = try await program.next(["type": "progress", "event": stage])
    program.send(SIGINT)
    let result = try await program.next(["type": "result"])
    let end = await program.end()
    #expect(end == .init(status: 130))
    #expect(result["outcome"] as? String == "stopped")
    let steps = try #require(result["steps"] as? [[String: Any]])
    #expect(steps.allSatisfy { $0["observation"] as? String == "not_entered" })
    let samples = (result["motion"] as? [String: Any])?["samples"] as? [[Int]] ?? []
    #expect(samples.allSatisfy { $0[2] == 0 })
  }

  @Test(arguments: [SIGINT, SIGTERM])
  func `a motor driven by hand is seen at rest`(signal: Int32) async throws {
    let program = try RunningProgram("set", "--speed", "1900ppm", "--for", "60s", "--json")
    _ = try await program.next(["type": "telemetry", "state": "manual"])
    program.send(signal)
    let error = try await program.next(["type": "error"])
    #expect(error["exit_status"] as? Int == 130)
    let end = await program.end()
    #expect(end == .init(status: 130))
    #expect(program.errors().contains("the motor is at rest"))
  }

  @Test func `a command whose lease ran out while it stood still says that control was lost`() async throws {
    let program = try RunningProgram("set", "--speed", "1900ppm", "--for", "60s", "--json")
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

  @Test func `a second signal ends the program at once, whatever it waits for`() async throws {
    let folder = try TemporaryFolder()
    let file = try folder.write(Self.minute, to: "routine.yaml")
    let program = try RunningProgram("run", file, "--json", "--tolerance", "10s", output: .fullPipe)
    try await Task.sleep(for: .seconds(3))
    program.send(SIGINT)
    try await Task.sleep(for: .seconds(4))
    // The motor rests; what is left is to say so, and nobody reads.
    #expect(kill(program.identifier, 0) == 0)
    program.send(SIGINT)
    let end = await program.end()
    #expect(end == .init(status: SIGINT, isBySignal: true))
  }

  @Test func `monitoring ends well with an interruption`() async throws {
    let program = try RunningProgram("monitor", "--json")
    _ = try await program.next(["type": "telemetry"])
    program.send(SIGINT)
    let end = await program.end()
    #expect(end == .init(status: 0))
  }

  @Test func `a wait for the operator can be interrupted`() async throws {
    let folder = try TemporaryFolder()
    let file = try folder.write(
      Documents.text("{wait: confirm, prompt: Ready, timeout: 60s}", "{hold: 5s, speed: 1900 ppm, force: 60 N}"),
      to: "routine.yaml")
    let program = try RunningProgram("run", file, "--json", "--confirm", "yes", "--tolerance", "10s")
    _ = try await program.next(["type": "progress", "event": "waiting"])
    program.send(SIGTERM)
    let result = try await program.next(["type": "result"])
    #expect(result["outcome"] as? String == "stopped")
    let end = await program.end()
    #expect(end == .init(status: 130))
  }

  @Test func `when the reader of the output goes away, the motor is stopped and the report written`() async throws {
    let folder = try TemporaryFolder()
    let file = try folder.write(Self.minute, to: "routine.yaml")
    let program = try RunningProgram(
      "run", file, "--json", "--tolerance", "10s", "--report", folder.url.appending(path: "run.json").path)
    _ = try await program.next(["type": "progress", "event": "moving"])
    program.closeOutput()
    let end = await program.end()
    #expect(end == .init(status: 130))
    let report = try #require(
      try JSONSerialization.jsonObject(with: Data(try folder.text(of: "run.json").utf8)) as? [String: Any])
    #expect(report["outcome"] as? String == "stopped")
    #expect((report["rest"] as? [String: Any])?["verified"] as? Bool == true)
  }

  @Test func `a reader that does not read does not keep the motor from its stop`() async throws {
    let folder = try TemporaryFolder()
    let file = try folder.write(Self.minute, to: "routine.yaml")
    let program = try RunningProgram("run", file, "--json", "--tolerance", "10s", output: .fullPipe)
    // After three seconds the motor is under way, and nothing of it has been read.
    try await Task.sleep(for: .seconds(3))
    program.send(SIGINT)
    try await Task.sleep(for: .seconds(4))
    let result = try await program.next(["type": "result"])
    let end = await program.end()
    #expect(end == .init(status: 130))
    #expect(result["outcome"] as? String == "stopped")
    // Had the timeline stood still until the output was read, the run would have ended then.
    let length = result["end_us"] as? Int ?? 0
    #expect(length < 5_000_000)
  }
}
