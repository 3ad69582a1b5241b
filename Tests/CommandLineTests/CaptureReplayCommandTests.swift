import Foundation
import Testing

/// `percuss capture replay`, `diff` and `extract-routine` as a user runs them.
struct CaptureReplayCommandTests {
  private static func path(_ name: String) -> String { CaptureCommandTests.path("percuss-\(name).btsnoop") }

  @Test(arguments: ["set", "uploaded", "streamed", "streamed-eatt", "live", "central-killed", "scan-and-info"])
  func `a golden capture said again to a virtual device shows no difference`(name: String) async throws {
    for pace in [[], ["--fast"]] {
      let run = try await ProgramRun.percuss(
        ["capture", "replay", Self.path(name), "--device", "sim:elite", "--virtual-time"] + pace)
      #expect(run.status == 0 && run.errors.isEmpty, "\(run)")
      #expect(run.output.contains("The motor moves as it did"))
      #expect(run.output.contains("no difference") && run.output.contains("sim:elite is at rest."), "\(run)")
      #expect(run.output.contains("not compared: Telemetry, force") == (name != "none"))
    }
  }

  @Test func `another model differs, and is named`() async throws {
    let run = try await ProgramRun.percuss(
      "capture", "replay", Self.path("set"), "--device", "sim:mini", "--virtual-time")
    #expect(run.status == 75 && run.errors.isEmpty, "\(run)")
    #expect(run.output.contains("read device_feature") && run.output.contains("is at rest."), "\(run)")
  }

  @Test func `through the emulated BlueZ there is no difference either`() async throws {
    let run = try await ProgramRun.percuss([
      "shell", "--", ProgramRun.program().path, "capture", "replay", Self.path("set"), "--tolerance", "2s", "--json",
    ])
    // The model says its name, which is not that of the captured device.
    let differences = try run.objects().filter { $0["type"] as? String == "difference" }
    #expect(differences.allSatisfy { $0["characteristic"] as? String == "Model Number" }, "\(run)")
    #expect(try run.objects().last?["complete"] as? Bool == true, "\(run)")
  }

  @Test(arguments: [SIGINT, SIGTERM])
  func `an interruption stops the motor first`(signal: Int32) async throws {
    let program = try RunningProgram("capture", "replay", Self.path("live"), "--device", "sim")
    _ = await program.nextLine()
    try await Task.sleep(for: .seconds(2))
    program.send(signal)
    let end = await program.end()
    #expect(end == .init(status: 130))
    #expect(program.errors().contains("interrupted; the motor is at rest"), "\(program.errors())")
  }

  @Test func `when the reader of the output goes away, the motor is stopped`() throws {
    // Nothing is said between the first line and the end.
    let replay = "'\(try ProgramRun.program("percuss").path)' capture replay '\(Self.path("live"))' --device sim"
    let process = Process()
    let errors = Pipe()
    process.executableURL = URL(filePath: "/bin/sh")
    process.arguments = ["-c", "{ \(replay); echo status $? >&2; } | { read line; sleep 2; }"]
    process.standardError = errors
    try process.run()
    let text = String(decoding: try errors.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    process.waitUntilExit()
    #expect(text.contains("interrupted; the motor is at rest") && text.contains("status 130"), "\(text)")
  }

  @Test func `a capture that breaks off is not told of above`() async throws {
    let folder = try TemporaryFolder()
    let bytes = try Data(contentsOf: URL(filePath: Self.path("uploaded")))
    let file = folder.url.appending(path: "cut.btsnoop")
    try bytes.prefix(bytes.count / 2).write(to: file)
    for arguments in [["extract-routine"], ["replay", "--virtual-time"], ["diff", Self.path("uploaded")]] {
      let run = try await ProgramRun.percuss(["capture"] + arguments + [file.path])
      #expect(run.status == 65 && !run.errors.contains("above"), "\(run)")
      #expect(run.errors.contains("before it are good; percuss capture decode shows what they say"), "\(run)")
    }
    let decoded = try await ProgramRun.percuss("capture", "decode", file.path)
    #expect(decoded.status == 65 && decoded.errors.contains("what they say is told above"))
  }

  @Test func `a name keeps its quotes`() async throws {
    let run = try await ProgramRun.percuss(
      "capture", "extract-routine", Self.path("uploaded"), "--name", #"My: #name "x" \ y"#)
    #expect(run.status == 0 && run.output.contains(#"name: "My: #name \"x\" \\ y""#), "\(run)")
  }

  @Test func `what an extracted routine says otherwise is told`() async throws {
    let run = try await ProgramRun.percuss("capture", "extract-routine", Self.path("set"))
    #expect(run.status == 0 && run.errors.hasPrefix("note: Step 0 took"), "\(run)")
  }

  @Test func `what is no conversation is 65, and says what to do`() async throws {
    let none = try await ProgramRun.percuss(
      "capture", "replay", CaptureCommandTests.path("conversation-ordered.btsnoop"), "--virtual-time")
    #expect(none.status == 65 && none.errors.contains("no connection in it carries frames"), "\(none)")
    let wrong = try await ProgramRun.percuss("capture", "diff", Self.path("set"), Self.path("set"), "--connection", "9")
    #expect(wrong.status == 65 && wrong.errors.contains("#9"), "\(wrong)")
    let missing = try await ProgramRun.percuss("capture", "extract-routine", "/no/such")
    #expect(missing.status == 65, "\(missing)")
    let info = try await ProgramRun.percuss("capture", "extract-routine", Self.path("scan-and-info"))
    #expect(info.status == 65 && info.errors.contains("no routine was started"), "\(info)")
    let usage = try await ProgramRun.percuss("capture", "diff", "-", "-")
    #expect(usage.status == 2, "\(usage)")
  }

  @Test func `captures and devices of another family are refused by replay and extraction, and compared by diff`()
    async throws
  {
    let theragun = CaptureCommandTests.path("theragun-live.btsnoop")
    for device in ["sim:elite", "sim:theragun"] {
      let run = try await ProgramRun.percuss("capture", "replay", theragun, "--device", device, "--virtual-time")
      #expect(run.status == 2 && run.output.isEmpty, "\(run)")
      #expect(
        run.errors.contains("a capture of theragun-gen4") && run.errors.contains("percuss capture diff"), "\(run)")
    }
    let other = try await ProgramRun.percuss(
      "capture", "replay", Self.path("set"), "--device", "sim:theragun", "--virtual-time")
    #expect(
      other.status == 2 && other.output.isEmpty && other.errors.contains("sim:theragun speaks theragun-gen4"),
      "\(other)")
    let routine = try await ProgramRun.percuss("capture", "extract-routine", theragun)
    #expect(routine.status == 65 && routine.output.isEmpty, "\(routine)")
    #expect(routine.errors.contains("a capture of theragun-gen4"), "\(routine)")

    let folder = try TemporaryFolder()
    let files = ["1", "2"].map { folder.url.appending(path: $0).path }
    for (seed, file) in zip(["1", "2"], files) {
      let run = try await ProgramRun.percuss(
        "run", Documents.shortFile, "--virtual-time", "--device", "sim:theragun", "--rpm-per-ppm", "1.5",
        "--without-force", "--seed", seed, "--capture", file)
      #expect(run.status == 0, "\(run)")
    }
    let diff = try await ProgramRun.percuss(["capture", "diff"] + files)
    #expect(diff.status == 0 && diff.output.contains("no difference"), "\(diff)")
  }

  @Test func `either side of a capture of both can be chosen`() async throws {
    let run = try await ProgramRun.percuss(
      "capture", "diff", Self.path("set"), Self.path("set"), "--connection", "2", "--connection-b", "1")
    #expect(run.status == 0 && run.output.contains("no difference"), "\(run)")
  }

  @Test func `an extracted routine is one that can be planned`() async throws {
    let folder = try TemporaryFolder()
    let file = folder.url.appending(path: "routine.yaml").path
    for name in ["uploaded", "streamed", "live", "set"] {
      let run = try await ProgramRun.percuss("capture", "extract-routine", Self.path(name), "-o", file)
      #expect(run.status == 0 && run.output.isEmpty, "\(run)")
      let plan = try await ProgramRun.percuss("plan", file)
      #expect(plan.status == 0, "\(plan)")
    }
    let text = try await ProgramRun.percuss("capture", "extract-routine", Self.path("uploaded"))
    #expect(text.output.contains("  - ramp: 1s\n    speed: 1900..2200 ppm\n"), "\(text)")
  }
}
