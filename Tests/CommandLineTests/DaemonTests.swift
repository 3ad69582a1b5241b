import Foundation
import Testing

/// `percussd`, as whoever starts it has it.
@Suite struct DaemonTests {
  @Test(
    arguments: [
      [], ["--nonsense"], ["--emulate-bluez", "--adapter", "hci0"], ["--emulate-bluez", "--list-quirks"],
      ["--emulate-bluez", "--devices", "-1"], ["--emulate-bluez", "--devices", "1001"],
      ["--emulate-bluez", "--bus", "unix:path=/x", "--bus-path", "/y"], ["--emulate-bluez", "--bus-path", "y"],
      ["--adapter", "hci0", "--bus-path", "/y"], ["--adapter", "hci0", "--devices", "1"], ["--adapter", "hci/0"],
      ["--emulate-bluez", "--config", "a.yaml", "--devices", "2"], ["--emulate-bluez", "--log-level", "loud"],
      ["--emulate-bluez", "--log-format", "xml"], ["--emulate-bluez", "--seed", "-1"], ["--emulate-bluez", "extra"],
    ])
  func `a wrong command line is 2, and says what would be right`(arguments: [String]) async throws {
    let run = try await ProgramRun.percuss(arguments, program: "percussd")
    #expect(run.status == 2, "\(run)")
    #expect(run.output.isEmpty)
    #expect(run.errors.hasPrefix("Error: ") && run.errors.contains("Usage: percussd"), "\(run)")
  }

  @Test func `the help names every option and every exit status`() async throws {
    let run = try await ProgramRun.percussd("--help")
    #expect(run.status == 0)
    for option in [
      "emulate-bluez", "adapter", "bus", "bus-path", "config", "devices", "seed", "log-level", "log-format",
      "check-config", "list-quirks",
    ] {
      #expect(run.output.contains("\n  --\(option) "), "\(option)")
    }
    for status in ["0", "2", "65", "69", "70", "75"] {
      #expect(run.lines.contains { $0.hasPrefix("  \(status) ") }, "\(status)")
    }
    let version = try await ProgramRun.percussd("--version")
    #expect(version.output.contains(/^percussd [0-9]+\.[0-9]+\.[0-9]+ \(protocol [0-9]+\.[0-9]+\)\n$/))
  }

  @Test func `quirks are listed with what they take and what holds without them`() async throws {
    let run = try await ProgramRun.percussd("--list-quirks")
    #expect(run.status == 0 && run.errors.isEmpty)
    #expect(run.output.contains("connected_signal: one of before_reply, after_reply, missing; before_reply unless set"))
    #expect(run.lines.count >= 50)
  }

  @Test(arguments: ["percussd.yaml", "adapter.yaml"])
  func `the configurations that are installed are right`(name: String) async throws {
    let run = try await ProgramRun.percussd("--check-config", "systemd/\(name)")
    #expect(run.status == 0, "\(run)")
    #expect(run.output.hasPrefix("systemd/\(name): ok, "))
  }

  @Test func `a bad configuration is 65, with every mistake in its place, and nothing begins`() async throws {
    let folder = try TemporaryFolder()
    let file = try folder.write("percussd: 1\ndevices:\n  - modle: elite\n    count: 0\n", to: "bad.yaml")
    for arguments in [["--check-config", file], ["--emulate-bluez", "--config", file]] {
      let run = try await ProgramRun.percuss(arguments, program: "percussd")
      #expect(run.status == 65, "\(run)")
      #expect(run.output.isEmpty)
      #expect(run.errors.contains("\(file):3:5: error: ") && run.errors.contains("did you mean model?"), "\(run)")
      #expect(run.errors.contains("\(file):4:12: error: "), "\(run)")
    }
    for (path, reason) in [("no-such.yaml", "no such file or directory"), ("Sources", "it is a directory")] {
      let run = try await ProgramRun.percussd("--check-config", path)
      #expect(run.status == 65 && run.errors.contains(path) && run.errors.contains(reason), "\(run)")
    }
  }

  @Test(arguments: [SIGTERM, SIGINT])
  func `it says one line when it is ready, and ends well when asked to`(signal: Int32) async throws {
    let daemon = try await RunningDaemon("--devices", "2")
    let tree = try await daemon.shell("busctl --address=$DBUS_SYSTEM_BUS_ADDRESS --list tree org.percuss.Simulator")
    #expect(tree.output.contains("/org/percuss/simulator/dev_C8_2E_47_0A_11_03"), "\(tree)")
    daemon.program.send(signal)
    let after = await daemon.program.nextLine()
    #expect(after == nil)
    let end = await daemon.program.end()
    #expect(end == .init(status: 0))
    try await BusWatch.expectNothing(of: daemon.address)
    #expect(daemon.program.errors().contains("info ended"))
  }

  @Test func `nothing is left of one that is killed`() async throws {
    let daemon = try await RunningDaemon()
    let folder = (try BusWatch.socket(of: daemon.address) as NSString).deletingLastPathComponent
    #expect(!BusWatch.processes(mentioning: folder).isEmpty)
    daemon.program.send(SIGKILL)
    _ = await daemon.program.end()
    try await BusWatch.expectNothing(of: daemon.address)
  }

  @Test func `a second one on the same bus is 69, and says whose the name is`() async throws {
    let daemon = try await RunningDaemon()
    let second = try await ProgramRun.percussd("--emulate-bluez", "--bus", daemon.address, isLimited: false)
    #expect(second.status == 69, "\(second)")
    #expect(second.output.isEmpty)
    #expect(second.errors.contains("org.bluez belongs to process \(daemon.program.identifier)"), "\(second)")
    let first = try await daemon.shell("busctl --address=$DBUS_SYSTEM_BUS_ADDRESS status org.bluez")
    #expect(first.output.contains("PID=\(daemon.program.identifier)"), "\(first)")
  }

  @Test func `it can join a bus, and leaves it as it was`() async throws {
    let run = try await ProgramRun.shell(
      """
      dbus-run-session -- sh -c '
        bus=$DBUS_SESSION_BUS_ADDRESS
        owned() { busctl --address=$bus --no-legend list | grep -c "^org.bluez " ; }
        "$PERCUSSD" --emulate-bluez --bus "$bus" | while read -r line; do
          [ "$line" = "DBUS_SYSTEM_BUS_ADDRESS=$bus" ] && owned
          kill $(busctl --address=$bus status org.bluez | sed -n s/^PID=//p)
        done
        owned
      '
      """)
    #expect(run.output == "1\n0\n", "\(run)")
  }

  @Test func `its bus can be where others find it, one at a time`() async throws {
    let folder = try TemporaryFolder()
    let path = folder.url.appending(path: "bus").path
    let daemon = try await RunningDaemon("--bus-path", path)
    #expect(daemon.address == "unix:path=\(path)")
    let taken = try await ProgramRun.percussd("--emulate-bluez", "--bus-path", path, isLimited: false)
    #expect(taken.status == 69 && taken.errors.contains("something listens there already"), "\(taken)")
    daemon.program.send(SIGKILL)
    _ = await daemon.program.end()
    try await BusWatch.until("the socket is gone") { !FileManager.default.fileExists(atPath: path) }
    let next = try await RunningDaemon("--bus-path", path)
    next.program.send(SIGTERM)
    let end = await next.program.end()
    #expect(end == .init(status: 0))
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  @Test func `without a bus it is 69, and says what to do`() async throws {
    let unreachable = try await ProgramRun.percussd("--emulate-bluez", "--bus", "unix:path=/nonexistent/bus")
    #expect(unreachable.status == 69, "\(unreachable)")
    #expect(unreachable.errors.contains("/nonexistent/bus"), "\(unreachable)")
    let lacking = try await ProgramRun.percussd("--emulate-bluez", environment: ["PATH": "/nonexistent"])
    #expect(lacking.status == 69, "\(lacking)")
    #expect(lacking.errors.contains("apt-get install dbus-daemon"), "\(lacking)")
  }

  @Test func `without bluetoothd an adapter is 69, and says what to do`() async throws {
    let run = try await ProgramRun.shell(
      "dbus-run-session --config-file=/usr/share/dbus-1/session.conf -- sh -c '\"$PERCUSSD\" --adapter hci0 --bus $DBUS_SESSION_BUS_ADDRESS'"
    )
    #expect(run.status == 69, "\(run)")
    #expect(run.errors.contains("systemctl start bluetooth"), "\(run)")
  }

  @Test func `when the bus dies it stops and is 75`() async throws {
    let daemon = try await RunningDaemon()
    let folder = (try BusWatch.socket(of: daemon.address) as NSString).deletingLastPathComponent
    for process in BusWatch.processes(mentioning: "--config-file=\(folder)") { kill(process, SIGKILL) }
    let end = await daemon.program.end()
    #expect(end == .init(status: 75))
    let errors = daemon.program.errors()
    #expect(errors.contains("stopping every motor") && errors.contains("went away"), "\(errors)")
  }

  @Test func `logs can be objects, one a line`() async throws {
    let daemon = try await RunningDaemon("--log-format", "json", "--log-level", "debug")
    _ = try await daemon.shell(
      "busctl --address=$DBUS_SYSTEM_BUS_ADDRESS call org.percuss.Simulator /org/percuss/simulator/dev_C8_2E_47_0A_11_02 org.percuss.Simulator1.Device SetLoad d 35"
    )
    daemon.program.send(SIGTERM)
    _ = await daemon.program.end()
    let objects = try daemon.program.errors().split(separator: "\n").map { line in
      try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], "\(line)")
    }
    #expect(objects.count > 4)
    for object in objects {
      #expect((object["time"] as? String)?.contains(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d\d\dZ$/) == true, "\(object)")
      #expect(object["level"] is String && object["message"] is String)
    }
    let load = try #require(objects.first { $0["message"] as? String == "load set" })
    #expect(load["address"] as? String == "C8:2E:47:0A:11:02" && load["newtons"] as? String == "35.0")
  }

  @Test func `in the journal a line begins with its priority`() async throws {
    let daemon = try await RunningDaemon(environment: ["JOURNAL_STREAM": "8:1"])
    daemon.program.send(SIGTERM)
    _ = await daemon.program.end()
    #expect(daemon.program.errors().contains("<6>ready bus=unix:path="))
  }

  @Test func `a reader of the logs that does not read keeps nothing from going on`() async throws {
    // A thousand devices are more lines than a pipe holds, and nobody reads them until the end.
    let daemon = try await RunningDaemon("--devices", "1000", "--log-level", "debug")
    let clock = try await daemon.shell(
      "busctl --address=$DBUS_SYSTEM_BUS_ADDRESS call org.percuss.Simulator /org/percuss/simulator org.percuss.Simulator1 ReadClock"
    )
    #expect(clock.output.hasPrefix("t "), "\(clock)")
    daemon.program.send(SIGTERM)
    let end = await daemon.program.end()
    #expect(end == .init(status: 0))
  }
}
