import Foundation
import Testing

/// `--capture` and `percuss capture record`, as a user runs them.
@Suite struct RecordingCommandTests {
  /// What a capture says, line by line.
  private func decoded(_ file: String, _ options: String...) async throws -> [String] {
    let run = try await ProgramRun.percuss(["capture", "decode", file] + options)
    #expect(run.status == 0 && run.errors.isEmpty, "\(run)")
    #expect(!run.output.contains("  ! record"), "\(run)")
    return run.lines
  }

  @Test(
    arguments: [
      (["run", Documents.shortFile, "--virtual-time"], "routine_start"),
      (["run", Documents.shortFile, "--virtual-time", "--mode", "streamed"], "stream_start"),
      (["set", "--speed", "1900ppm", "--for", "2s", "--virtual-time"], "set_speed"),
      (["stop", "--virtual-time"], "stop"),
      (["info", "--device", "sim:mini", "--virtual-time"], "routine_query"),
      (["monitor", "--for", "2s", "--virtual-time"], "set_telemetry"),
      (["timing", "--duration", "1s"], "clock_request"),
      (["capture", "record", "--for", "2s", "--device", "sim", "--virtual-time"], "telemetry"),
    ])
  func `every command that opens a device records its conversation`(arguments: [String], frame: String) async throws {
    let folder = try TemporaryFolder()
    let file = folder.url.appending(path: "a.btsnoop").path
    let isRecord = arguments[0] == "capture"
    let run = try await ProgramRun.percuss(isRecord ? arguments + [file] : arguments + ["--capture", file])
    #expect(run.status == 0 && run.errors.isEmpty, "\(run)")
    let lines = try await decoded(file)
    #expect(lines.contains { $0.contains("connected as central of C0:00:5E:00:53:01") })
    #expect(lines.contains { $0.contains(frame) }, "\(lines.joined(separator: "\n"))")
    #expect(lines.contains { $0.contains("disconnected: ended by the local host") })
    // Every handle has a name that the capture itself tells.
    #expect(!lines.contains { $0.contains("~") })
    if arguments.contains("--virtual-time") {
      #expect(lines.first?.hasPrefix("The capture begins at 1970-01-01 00:00:00.000000 UTC") == true)
    }
  }

  @Test func `equal runs leave equal captures, and go as a run without`() async throws {
    let folder = try TemporaryFolder()
    let files = ["a", "b"].map { folder.url.appending(path: $0).path }
    let run = ["run", Documents.shortFile, "--virtual-time", "--seed", "3", "--loss", "0.2", "--json"]
    let plain = try await ProgramRun.percuss(run)
    for file in files {
      let recorded = try await ProgramRun.percuss(run + ["--capture", file])
      #expect(recorded.output == plain.output && recorded.status == plain.status, "\(recorded)")
    }
    #expect(FileManager.default.contentsEqual(atPath: files[0], andPath: files[1]))
    let elsewhere = try await ProgramRun.percuss(
      ["run", Documents.shortFile, "--virtual-time", "--seed", "4", "--loss", "0.2", "--capture", files[1]])
    #expect(elsewhere.status == 0 && !FileManager.default.contentsEqual(atPath: files[0], andPath: files[1]))
  }

  @Test(
    arguments: [
      ("/nonexistent/a.btsnoop", "no such file or directory"), ("/", "is a directory"),
      ("", "is a directory"),
    ])
  func `a capture that cannot be written is 2, and nothing moves`(path: String, reason: String) async throws {
    let run = try await ProgramRun.percuss("set", "--speed", "1900ppm", "--for", "2s", "--capture", path, "--json")
    #expect(run.status == 2 && run.errors.contains("“\(path)” cannot be written: \(reason)"), "\(run)")
    #expect(try run.objects().map { $0["type"] as? String } == ["error"])
  }

  @Test func `a pipe that nobody reads is 2 at once, and one that is read has the capture`() async throws {
    let folder = try TemporaryFolder()
    let pipe = folder.url.appending(path: "pipe").path
    try #require(mkfifo(pipe, 0o600) == 0)
    let program = try RunningProgram("set", "--speed", "1900ppm", "--for", "1s", "--capture", pipe, "--json")
    let end = await program.end()
    #expect(end == .init(status: 2))
    #expect(
      program.errors().contains("“\(pipe)” cannot be written: it is a pipe that nobody reads"), "\(program.errors())")
    let run = try await ProgramRun.shell(
      "cat '\(pipe)' > '\(pipe).copy' & sleep 1; $PERCUSS info --virtual-time --capture '\(pipe)' && wait")
    #expect(run.status == 0, "\(run)")
    #expect(try await decoded(pipe + ".copy").contains { $0.contains("routine_query") })
  }

  @Test func `what is read, or written already, is not written over`() async throws {
    let folder = try TemporaryFolder()
    let text = try String(contentsOfFile: Documents.shortFile, encoding: .utf8)
    let routine = try folder.write(text, to: "routine.yaml")
    try FileManager.default.createSymbolicLink(
      at: folder.url.appending(path: "link"), withDestinationURL: URL(filePath: routine))
    for path in [routine, folder.url.appending(path: "link").path] {
      let run = try await ProgramRun.percuss("run", routine, "--virtual-time", "--capture", path)
      #expect(run.status == 2 && run.errors.contains("it is the file that is read"), "\(run)")
    }
    #expect(try folder.text(of: "routine.yaml") == text)
    let same = folder.url.appending(path: "same").path
    try FileManager.default.createSymbolicLink(
      at: folder.url.appending(path: "here"), withDestinationURL: URL(filePath: folder.url.path))
    let names = [same, folder.url.path + "/./same", folder.url.path + "/here/same"]
    for (other, name) in [("--report", names[0]), ("--report", names[1]), ("--plot", names[2])] {
      let run = try await ProgramRun.percuss("run", routine, "--virtual-time", other, name, "--capture", same)
      #expect(run.status == 2 && run.errors.contains("\(other) and --capture name the same file"), "\(run)")
    }
    #expect(!FileManager.default.fileExists(atPath: same))
    // A device that there is not leaves a file as it was.
    let kept = try folder.write("kept", to: "kept")
    let run = try await ProgramRun.percuss("info", "--device", "sim:none", "--capture", kept)
    #expect(run.status == 69)
    #expect(try folder.text(of: "kept") == "kept")
  }

  @Test(arguments: [["--virtual-time"], []])
  func `a full disk is told and is 70, and the motor has moved and rests`(options: [String]) async throws {
    let run = try await ProgramRun.percuss(
      ["set", "--speed", "1900ppm", "--for", "1s", "--json", "--capture", "/dev/full"] + options)
    #expect(run.status == 70, "\(run)")
    #expect(run.errors.contains("“/dev/full” cannot be written any more: no space left on device"), "\(run)")
    let objects = try run.objects()
    #expect(objects.contains { $0["speed_ppm"] as? Int ?? 0 > 500 })
    #expect(objects.suffix(2).map { $0["type"] as? String } == ["stopped", "error"])
    let played = try await ProgramRun.percuss(
      ["run", Documents.shortFile, "--virtual-time", "--json", "--capture", "/dev/full"])
    #expect(played.status == 70)
    #expect(try played.objects().suffix(2).map { $0["type"] as? String } == ["result", "error"])
  }

  @Test func `what a capture lacks is told also when the work failed, whose status stays`() async throws {
    let program = try RunningProgram("set", "--speed", "1900ppm", "--for", "60s", "--json", "--capture", "/dev/full")
    _ = try await program.next(["type": "telemetry", "state": "manual"])
    program.send(SIGINT)
    let end = await program.end()
    #expect(end == .init(status: 130))
    let errors = program.errors()
    #expect(errors.contains("“/dev/full” is not whole: no space left on device"), "\(errors)")
    #expect(errors.contains("interrupted; the motor is at rest"), "\(errors)")
  }

  @Test func `a limit of the file's size is no end of the program`() async throws {
    let folder = try TemporaryFolder()
    let file = folder.url.appending(path: "a.btsnoop").path
    let run = try await ProgramRun.shell(
      "ulimit -f 8; $PERCUSS run '\(Documents.shortFile)' --virtual-time --no-picture --no-progress --capture '\(file)'"
    )
    #expect(run.status == 70 && run.errors.contains("file too large"), "\(run)")
    #expect(run.output.contains("Guarantees kept"), "\(run)")
    let size = try #require(try FileManager.default.attributesOfItem(atPath: file)[.size] as? Int)
    // In units of 512 bytes. What is there ends with a whole record.
    #expect(size <= 8 * 512 && size > 3000)
    _ = try await decoded(file)
  }

  @Test func `Ctrl-C leaves a capture to its end`() async throws {
    let folder = try TemporaryFolder()
    let file = folder.url.appending(path: "a.btsnoop").path
    let program = try RunningProgram("set", "--speed", "1900ppm", "--for", "60s", "--json", "--capture", file)
    _ = try await program.next(["type": "telemetry", "state": "manual"])
    program.send(SIGINT)
    let end = await program.end()
    #expect(end == .init(status: 130))
    let lines = try await decoded(file)
    #expect(lines.contains { $0.contains("control_request.stop ") })
    #expect(lines.contains { $0.contains("disconnected: ended by the local host") })

    let recording = try RunningProgram("capture", "record", file, "--device", "sim", "--json")
    try await Task.sleep(for: .seconds(1))
    recording.send(SIGINT)
    let line = try await recording.next(["type": "recording"])
    let recorded = await recording.end()
    #expect(recorded == .init(status: 0))
    #expect(line["records"] as? Int ?? 0 > 60)
  }

  @Test func `a program that is killed leaves what it had`() async throws {
    let folder = try TemporaryFolder()
    let file = folder.url.appending(path: "a.btsnoop").path
    let program = try RunningProgram("monitor", "--json", "--capture", file)
    for _ in 0..<3 { _ = try await program.next(["type": "telemetry"]) }
    program.send(SIGKILL)
    _ = await program.end()
    let lines = try await decoded(file)
    #expect(lines.filter { $0.contains("  telemetry counter=") }.count >= 3)
  }

  @Test func `a shell and its command record both ends`() async throws {
    let folder = try TemporaryFolder()
    let (there, here) = (folder.url.appending(path: "there").path, folder.url.appending(path: "here").path)
    let run = try await ProgramRun.percuss(
      ["shell", "--capture", there, "--", try ProgramRun.program("percuss").path, "info", "--capture", here])
    #expect(run.status == 0 && run.errors.isEmpty, "\(run)")
    let device = try await decoded(there)
    let central = try await decoded(here)
    #expect(device.contains { $0.contains("adapter has the address C8:2E:47:0A:11:02") })
    #expect(device.contains { $0.contains("connected as peripheral of 00:AA:01:00:00:00") })
    #expect(central.contains { $0.contains("connected as central of C8:2E:47:0A:11:02 (random)") })
    for lines in [device, central] { #expect(lines.contains { $0.contains("routine_query") }) }
    let failed = try await ProgramRun.percuss("shell", "--capture", "/dev/full", "--", "true")
    #expect(failed.status == 70, "\(failed)")
    let refused = try await ProgramRun.percuss("shell", "--capture", "/nonexistent/a", "--", "echo", "it ran")
    #expect(refused.status == 2 && refused.output.isEmpty, "\(refused)")
  }

  @Test func `the daemon records, and what it cannot write is 2 or 70`() async throws {
    let folder = try TemporaryFolder()
    let file = folder.url.appending(path: "a.btsnoop").path
    let daemon = try await RunningDaemon("--capture", file)
    let info = try await daemon.shell("$PERCUSS info --device 'Percuss Elite 0001'")
    #expect(info.status == 0, "\(info)")
    daemon.program.send(SIGTERM)
    let end = await daemon.program.end()
    #expect(end == .init(status: 0))
    #expect(daemon.program.errors().contains("capture written"))
    let lines = try await decoded(file)
    #expect(lines.contains { $0.contains("connected as peripheral of") })
    let refused = try await ProgramRun.percussd("--emulate-bluez", "--capture", "/nonexistent/a")
    #expect(refused.status == 2 && refused.errors.contains("“/nonexistent/a” cannot be written"), "\(refused)")
    for arguments in [["--list-quirks", "--capture", file], ["--emulate-bluez", "--config", file, "--capture", file]] {
      let run = try await ProgramRun.percuss(arguments, program: "percussd")
      #expect(run.status == 2, "\(run)")
    }
  }

  /// Without Bluetooth in the kernel or the permission the channel cannot be had; with both there is no such adapter.
  @Test func `what an adapter's recording lacks is 69, told with its remedy, and no file is written over`() async throws
  {
    let folder = try TemporaryFolder()
    let file = folder.url.appending(path: "a.btsnoop").path
    let run = try await ProgramRun.percuss("capture", "record", file, "--adapter", "hci99", "--for", "3s")
    #expect(run.status == 69, "\(run)")
    let remedies = ["--capture FILE", "bluetoothctl list"]
    #expect(remedies.contains { run.errors.contains($0) }, "\(run)")
    for arguments in [
      ["capture", "record"], ["capture", "record", file, "--virtual-time"], ["capture", "record", file, "--for", "0s"],
      ["capture", "record", file, "--device", "sim", "--adapter", "hci0"],
    ] {
      let run = try await ProgramRun.percuss(arguments)
      #expect(run.status == 2, "\(run)")
    }
  }
}
