import Foundation
import Testing

/// Colours, locales, pipes and files: where the output goes, and what it may hold there.
@Suite struct OutputTests {
  private static let example = Documents.shortFile
  private static let commands = [
    ["run", example, "--virtual-time"], ["plan", example], ["validate", example], ["info", "--virtual-time"],
    ["set", "--speed", "1900ppm", "--virtual-time"], ["stop", "--virtual-time"], ["monitor", "--virtual-time"],
    ["--help"], ["run", "--help"],
  ]

  @Test(arguments: commands)
  func `what is piped holds no escape sequences, whatever the terminal is called`(arguments: [String]) async throws {
    let run = try await ProgramRun.percuss(arguments, environment: ["TERM": "xterm-256color", "NO_COLOR": ""])
    #expect(run.status == 0, "\(run)")
    #expect(!run.output.contains("\u{1B}") && !run.output.contains("\r"))
    #expect(!run.output.isEmpty && run.errors.isEmpty, "\(run)")
  }

  @Test(arguments: [("", true), ("1", false)])
  func `a terminal shows colours unless NO_COLOR says no`(noColor: String, hasColors: Bool) async throws {
    let program = try RunningProgram(
      "plan", Self.example, output: .terminal, environment: ["TERM": "xterm-256color", "NO_COLOR": noColor])
    var text = ""
    while let line = await program.nextLine() { text += line + "\n" }
    let end = await program.end()
    #expect(end == .init(status: 0))
    #expect(text.contains("Short"))
    #expect(text.contains("\u{1B}[") == hasColors)
  }

  @Test func `a terminal shows a bar while the routine plays`() async throws {
    let program = try RunningProgram(
      "run", Self.example, "--virtual-time", output: .terminal, environment: ["TERM": "xterm", "NO_COLOR": "1"])
    var text = ""
    while let line = await program.nextLine() { text += line + "\n" }
    let end = await program.end()
    #expect(end == .init(status: 0))
    #expect(text.contains("█") && text.contains("left  step 1/"))
    #expect(!text.contains(/\u{1B}\[[0-9;]*m/))
  }

  @Test(arguments: ["C", "POSIX", "de_DE.ISO-8859-1"])
  func `a locale that knows ASCII only gets a picture in ASCII`(locale: String) async throws {
    let arguments = ["run", Self.example, "--virtual-time", "--no-progress"]
    let plain = try await ProgramRun.percuss(arguments, environment: ["LC_ALL": locale])
    #expect(plain.status == 0)
    #expect(plain.output.allSatisfy { $0.isASCII }, "\(plain)")
    let rich = try await ProgramRun.percuss(arguments, environment: ["LC_ALL": "", "LANG": "C.UTF-8", "LC_CTYPE": ""])
    #expect(!rich.output.allSatisfy { $0.isASCII })
  }

  @Test func `no line of the picture is wider than the terminal`() async throws {
    for width in [40, 80, 120] {
      let run = try await ProgramRun.percuss(
        ["run", Self.example, "--virtual-time", "--no-progress"], environment: ["COLUMNS": "\(width)"])
      #expect(run.lines.allSatisfy { $0.count <= width }, "\(run)")
    }
  }

  @Test(arguments: [["plan", example, "--json"], ["run", example, "--virtual-time", "--json"], ["monitor"]])
  func `a reader that has enough ends the program quietly`(arguments: [String]) async throws {
    let program = try RunningProgram(arguments)
    _ = await program.nextLine()
    program.closeOutput()
    let end = await program.end()
    #expect(!end.isBySignal)
    #expect([0, 130].contains(end.status))
    #expect(!program.errors().contains("roken pipe"))
  }

  @Test func `an output that cannot be written is told`() async throws {
    let run = try await ProgramRun.shell("\"$PERCUSS\" plan \(Self.example) > /dev/full")
    #expect(run.status == 70, "\(run)")
    #expect(run.errors.contains("standard output cannot be written: no space left on device"), "\(run)")
  }

  @Test(arguments: ["--report", "--plot"])
  func `a file that cannot be written is told before anything moves`(option: String) async throws {
    let folder = try TemporaryFolder()
    let file = try folder.write("", to: "file")
    for path in ["/no/such/folder/run.json", folder.url.path, "\(file)/run.json", ""] {
      let run = try await ProgramRun.percuss("run", Self.example, "--virtual-time", "--json", option, path)
      #expect(run.status == 2, "\(run)")
      #expect(run.errors.contains("“\(path)” cannot be written"), "\(run)")
      #expect(try run.objects().map { $0["type"] as? String } == ["error"])
    }
  }

  @Test func `a file that became unwritable during the run costs the status, not the result`() async throws {
    let run = try await ProgramRun.percuss(
      "run", Self.example, "--virtual-time", "--json", "--report", "/dev/full")
    #expect(run.status == 70, "\(run)")
    #expect(run.errors.contains("“/dev/full” cannot be written"), "\(run)")
    #expect(try run.objects().last?["type"] as? String == "result")
    var status = stat()
    #expect(stat("/dev/full", &status) == 0 && status.st_mode & S_IFMT == S_IFCHR)
  }

  @Test func `a report goes through a link to the file behind it`() async throws {
    let folder = try TemporaryFolder()
    _ = try folder.write("old", to: "file")
    let link = folder.url.appending(path: "link").path
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "file")
    let run = try await ProgramRun.percuss("run", Self.example, "--virtual-time", "--json", "--report", link)
    #expect(run.status == 0)
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == "file")
    #expect(try folder.text(of: "file").contains("\"result\""))
  }

  @Test(arguments: ["--report", "--plot"]) func `the routine is not written over`(option: String) async throws {
    let folder = try TemporaryFolder()
    let text = Documents.text("{hold: 1s, speed: 1900 ppm}")
    let routine = try folder.write(text, to: "own.yaml")
    let link = folder.url.appending(path: "link").path
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "own.yaml")
    for path in [routine, link] {
      let run = try await ProgramRun.percuss("run", routine, "--virtual-time", option, path)
      #expect(run.status == 2, "\(run)")
      #expect(run.errors.contains("it is the file that is read"), "\(run)")
      #expect(try folder.text(of: "own.yaml") == text)
    }
  }

  @Test func `without a picture the guarantees are told all the same`() async throws {
    let run = try await ProgramRun.percuss(
      ["run", "-", "--virtual-time", "--no-picture", "--no-progress"],
      input: Documents.text("{hold: 1s, speed: 1900 ppm}"))
    #expect(run.status == 0 && run.output.contains("Guarantees kept: never early"), "\(run)")
  }

  @Test func `set ends with the motor at rest, and says so`() async throws {
    let arguments = ["set", "--speed", "1900ppm", "--for", "1s", "--virtual-time"]
    let text = try await ProgramRun.percuss(arguments)
    #expect(text.status == 0 && text.output.hasSuffix("sim:elite is at rest.\n"), "\(text)")
    let json = try await ProgramRun.percuss(arguments + ["--json"])
    #expect(try json.objects().last?["type"] as? String == "stopped", "\(json)")
  }
}
