import Foundation
import Testing

/// `percuss shell`: a command with devices around it, and nothing left of them.
@Suite struct ShellCommandTests {
  private static let commands: [(String, Int32)] = [
    ("true", 0), ("false", 1), ("sh -c exit\u{A0}7", 7), ("sh -c kill\u{A0}-TERM\u{A0}$$", 143),
    ("sh -c kill\u{A0}-KILL\u{A0}$$", 137), ("/bin/true", 0), ("no-such-command", 127), ("./no-such-file", 127),
    ("/etc/passwd", 126), ("/etc", 126),
  ]

  /// - Parameter line: words with spaces between; a no-break space stands for a space within a word.
  @Test(arguments: commands)
  func `the exit status is that of the command`(line: String, status: Int32) async throws {
    let command = line.split(separator: " ").map { String($0).replacing("\u{A0}", with: " ") }
    let run = try await ProgramRun.percuss(["shell", "--"] + command)
    #expect(run.status == status, "\(run)")
    #expect(run.output.isEmpty)
    if [126, 127].contains(status) { #expect(run.errors.contains("“\(command[0])”"), "\(run)") }
  }

  @Test(
    arguments: [
      ["shell"], ["shell", "--"], ["shell", "true"], ["shell", "--devices", "x", "--", "true"],
      ["shell", "--devices", "1001", "--", "true"], ["shell", "--config", "a", "--devices", "1", "--", "true"],
    ])
  func `a wrong command line is 2`(arguments: [String]) async throws {
    let run = try await ProgramRun.percuss(arguments)
    #expect(run.status == 2, "\(run)")
    #expect(run.errors.contains("Usage: percuss shell"), "\(run)")
  }

  @Test func `a bad configuration is 65, and the command does not run`() async throws {
    let folder = try TemporaryFolder()
    let file = try folder.write("percussd: 1\ndevices: 7\n", to: "bad.yaml")
    let run = try await ProgramRun.percuss("shell", "--config", file, "--", "echo", "it ran")
    #expect(run.status == 65 && run.output.isEmpty, "\(run)")
    #expect(run.errors.contains("\(file):2:10: error: "), "\(run)")
    let missing = try await ProgramRun.percuss("shell", "--config", "no-such.yaml", "--", "echo", "it ran")
    #expect(missing.status == 65 && missing.errors.contains("no-such.yaml"), "\(missing)")
  }

  @Test func `without dbus-daemon it is 69, and says what to install`() async throws {
    let run = try await ProgramRun.percuss(["shell", "--", "/bin/true"], environment: ["PATH": "/nonexistent"])
    #expect(run.status == 69, "\(run)")
    #expect(run.errors.contains("apt-get install dbus-daemon"), "\(run)")
  }

  @Test func `the command has its input and output, its arguments and its environment`() async throws {
    let copied = try await ProgramRun.percuss(["shell", "--", "cat"], input: "one\ntwo\n")
    #expect(copied.output == "one\ntwo\n" && copied.status == 0 && copied.errors.isEmpty, "\(copied)")
    let arguments = try await ProgramRun.percuss("shell", "--", "printf", "%s|", "a b", "--devices", "", "-x", "--")
    #expect(arguments.output == "a b|--devices||-x|--|")
    let script =
      "echo \"$DBUS_SYSTEM_BUS_ADDRESS\"; echo \"$PERCUSS_DEVICE\"; echo \"$PERCUSS_DEVICES\"; echo \"$MINE\""
    let shown = try await ProgramRun.percuss(
      ["shell", "--devices", "2", "--", "sh", "-c", script], environment: ["MINE": "kept"])
    #expect(shown.lines[0].hasPrefix("unix:path="))
    #expect(
      shown.lines.dropFirst() == [
        "C8:2E:47:0A:11:02", "C8:2E:47:0A:11:02 C8:2E:47:0A:11:03", "kept", "",
      ])
    try await BusWatch.expectNothing(of: shown.lines[0])
  }

  @Test func `an adapter that the environment names is not one of the simulation`() async throws {
    let run = try await ProgramRun.percuss(
      ["shell", "--", "sh", "-c", "echo ${PERCUSS_ADAPTER-none}"], environment: ["PERCUSS_ADAPTER": "hci7"])
    #expect(run.output == "none\n" && run.status == 0, "\(run)")
  }

  @Test func `BlueZ is there, with its devices, for a client that knows nothing of simulations`() async throws {
    let run = try await ProgramRun.shell(
      """
      "$PERCUSS" shell --devices 2 -- sh -c '"$PERCUSS" info --device "$PERCUSS_DEVICE" --json; "$PERCUSS" set --speed 1900ppm --for 1s --device "$PERCUSS_DEVICE"; busctl --address=$DBUS_SYSTEM_BUS_ADDRESS call org.percuss.Simulator /org/percuss/simulator/dev_$(echo $PERCUSS_DEVICE | tr : _) org.percuss.Simulator1.Device ReadTrace tu 0 0'
      """)
    #expect(run.status == 0, "\(run)")
    let information = try #require(run.lines.first)
    #expect(information.contains("\"model\":\"Percuss virtual elite\""), "\(run)")
    // The ground truth has the speed that was asked for.
    #expect(run.output.contains("\"manual\""), "\(run)")
    #expect(run.output.contains(" 1900000 "), "\(run)")
  }

  @Test func `the devices are those of the configuration`() async throws {
    let run = try await ProgramRun.percuss(
      "shell", "--config", "systemd/percussd.yaml", "--", "sh", "-c", "echo $PERCUSS_DEVICES | wc -w")
    #expect(run.output.trimmingCharacters(in: .whitespacesAndNewlines) == "6", "\(run)")
  }

  @Test(arguments: [(SIGTERM, "TERM"), (SIGINT, "INT"), (SIGHUP, "HUP"), (SIGQUIT, "QUIT")])
  func `signals are passed on to the command, which decides`(signal: Int32, name: String) async throws {
    let script = "trap 'echo got it; exit 9' \(name); echo $DBUS_SYSTEM_BUS_ADDRESS; while :; do sleep 0.05; done"
    let program = try RunningProgram("shell", "--", "sh", "-c", script)
    let address = try #require(await program.nextLine())
    program.send(signal)
    let answer = await program.nextLine()
    #expect(answer == "got it")
    let end = await program.end()
    #expect(end == .init(status: 9))
    try await BusWatch.expectNothing(of: address)
  }

  @Test func `when it is killed, command and bus end with it`() async throws {
    // A number of its own: what another, killed run of the tests has left is not meant.
    let length = "98765\(getpid())"
    let script = "echo $DBUS_SYSTEM_BUS_ADDRESS; exec sleep \(length)"
    let program = try RunningProgram("shell", "--", "sh", "-c", script)
    let address = try #require(await program.nextLine())
    try await BusWatch.until("the command runs") { !BusWatch.processes(mentioning: "sleep\u{0}\(length)").isEmpty }
    program.send(SIGKILL)
    _ = await program.end()
    try await BusWatch.until("the command is gone") { BusWatch.processes(mentioning: "sleep\u{0}\(length)").isEmpty }
    try await BusWatch.expectNothing(of: address)
  }

  @Test func `when its bus dies it says so, and the command goes on`() async throws {
    let temporary = try TemporaryFolder()
    let signal = temporary.url.appending(path: "go").path
    let script = "echo $DBUS_SYSTEM_BUS_ADDRESS; while [ ! -e \(signal) ]; do sleep 0.05; done; echo done"
    let program = try RunningProgram("shell", "--", "sh", "-c", script)
    let address = try #require(await program.nextLine())
    let folder = (try BusWatch.socket(of: address) as NSString).deletingLastPathComponent
    for process in BusWatch.processes(mentioning: "--config-file=\(folder)") { kill(process, SIGKILL) }
    try await BusWatch.until("the bus is gone") {
      BusWatch.processes(mentioning: "--config-file=\(folder)").isEmpty
    }
    _ = try temporary.write("", to: "go")
    let line = await program.nextLine()
    #expect(line == "done")
    let end = await program.end()
    #expect(end == .init(status: 0))
    #expect(program.errors().contains("percuss shell: the connection to the bus has ended"))
  }
}
