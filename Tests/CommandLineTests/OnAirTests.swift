import Foundation
import Testing

/// The commands on devices that BlueZ reaches: the emulated BlueZ of `percuss shell`.
@Suite struct OnAirTests {
  /// Runs a command with virtual devices around it.
  private func onAir(
    _ arguments: [String], devices: Int = 1, input: String = "", shell: [String] = []
  ) async throws -> ProgramRun {
    try await ProgramRun.percuss(
      ["shell", "--devices", "\(devices)"] + shell + ["--", ProgramRun.program().path] + arguments, input: input)
  }

  @Test func `a scan shows every device that advertises, once for a person`() async throws {
    let run = try await onAir(["scan", "--for", "2s", "--json"], devices: 3)
    #expect(run.status == 0, "\(run)")
    let devices = try run.objects()
    #expect(devices.allSatisfy { $0["type"] as? String == "device" })
    let names = Set(devices.compactMap { $0["name"] as? String })
    #expect(Set(devices.compactMap { $0["address"] as? String }).count == 3, "\(run)")
    #expect(names.count == 3, "\(run)")
    let text = try await onAir(["scan", "--for", "2s"], devices: 3)
    #expect(text.lines.filter { !$0.isEmpty }.count == 3, "\(text)")
    #expect(names.allSatisfy(text.output.contains), "\(text)")
  }

  @Test func `a scan that sees nothing is 69, and says what to do`() async throws {
    let run = try await onAir(["scan", "--for", "1s"], devices: 0)
    #expect(run.status == 69, "\(run)")
    #expect(run.output.isEmpty)
    #expect(run.errors.contains("no device was seen"), "\(run)")
  }

  @Test func `a routine runs by address and by name as it does in this process`() async throws {
    let routine = Documents.text("{hold: 1s, speed: 1900 ppm, force: 60 N}", "{rest: 500ms}")
    for (mode, selection) in [("uploaded", #"--device "$PERCUSS_DEVICE""#), ("live", "")] {
      let run = try await ProgramRun.percuss(
        [
          "shell", "--", "/bin/sh", "-c",
          "'\(ProgramRun.program().path)' run - --json --tolerance 500ms --mode \(mode) \(selection)",
        ], input: routine)
      #expect(run.status == 0, "\(run)")
      let report = try #require(try run.objects().last)
      #expect(report["outcome"] as? String == "completed")
      #expect((report["link"] as? [String: Any])?["transport"] as? String == "bluez")
      #expect((report["device"] as? [String: Any])?["simulated"] as? Bool == true)
      let steps = try #require(report["steps"] as? [[String: Any]])
      #expect(steps.count == 2 && steps.allSatisfy { $0["actual_us"] != nil }, "\(run)")
    }
  }

  @Test func `info, set, stop and monitor work on the air`() async throws {
    let info = try await onAir(["info", "--json"])
    #expect(info.status == 0, "\(info)")
    let facts = try #require(try info.objects().last)
    #expect(facts["simulated"] as? Bool == true)
    #expect((facts["connection_update"] as? String)?.hasPrefix("not asked: ") == true, "\(info)")
    let set = try await onAir(["set", "--speed", "1900ppm", "--for", "1s", "--json"])
    #expect(set.status == 0, "\(set)")
    #expect(try set.objects().contains { ($0["speed_ppm"] as? Int ?? 0) > 1000 }, "\(set)")
    let stop = try await onAir(["stop", "--json"])
    #expect(stop.status == 0, "\(stop)")
    #expect(try stop.objects().last?["at_rest"] as? Bool == true)
    let monitor = try await onAir(["monitor", "--for", "1s", "--rate", "100ms", "--json"])
    #expect(monitor.status == 0, "\(monitor)")
    #expect(try monitor.objects().count { $0["type"] as? String == "telemetry" } >= 2, "\(monitor)")
  }

  @Test func `pairing is remembered, and forgotten`() async throws {
    let run = try await ProgramRun.percuss([
      "shell", "--", "/bin/sh", "-c",
      """
      p='\(ProgramRun.program().path)'; set -e
      $p pair "$PERCUSS_DEVICE" --json; $p devices --json; $p pair --remove "$PERCUSS_DEVICE" --json; $p devices --json
      """,
    ])
    #expect(run.status == 0, "\(run)")
    let objects = try run.objects()
    try #require(objects.count >= 3, "\(run)")
    #expect(objects[0]["type"] as? String == "paired")
    #expect(objects[1]["paired"] as? Bool == true)
    #expect(objects[2]["type"] as? String == "forgotten")
    #expect(objects.dropFirst(3).allSatisfy { $0["paired"] as? Bool == false }, "\(run)")
  }

  @Test func `what is missing is 69, and told with its remedy`() async throws {
    let nobody = try await onAir(["info", "--device", "No Such Gun", "--timeout", "1s"])
    #expect(nobody.status == 69, "\(nobody)")
    #expect(nobody.errors.contains("No Such Gun"), "\(nobody)")
    let adapter = try await onAir(["scan", "--for", "1s", "--adapter", "hci9"])
    #expect(adapter.status == 69, "\(adapter)")
    #expect(adapter.errors.contains("hci9"), "\(adapter)")
    let bus = try await ProgramRun.percuss(
      "scan", environment: ["DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/nonexistent/bus"])
    #expect(bus.status == 69, "\(bus)")
    #expect(bus.errors.contains("/nonexistent/bus"), "\(bus)")
  }

  @Test(arguments: [
    ["info", "--adapter", "hci0", "--device", "sim"], ["info", "--device", "Name", "--loss", "0.1"],
    ["info", "--device", "Name", "--virtual-time"], ["scan", "--for", "0s"], ["scan", "--adapter", "h c i"], ["pair"],
    ["info", "--timeout", "0s"],
  ])
  func `options that make no sense together are 2`(arguments: [String]) async throws {
    let run = try await ProgramRun.percuss(arguments)
    #expect(run.status == 2, "\(run)")
    #expect(run.output.isEmpty)
  }

  // MARK: Two programs, one device

  /// Has a second command meet a run whose motor turns already. The last two lines of the output are their exit statuses, the second's text is among the errors.
  private func beside(
    _ options: String, _ second: String, steps: String
  ) async throws -> (run: ProgramRun, statuses: [String]) {
    let program = try ProgramRun.program().path
    let folder = try TemporaryFolder()
    let routine = try folder.write(Documents.text(steps), to: "routine.yaml")
    let output = try folder.write("", to: "output")
    let run = try await ProgramRun.percuss(
      [
        "shell", "--", "/bin/sh", "-c",
        """
        '\(program)' run '\(routine)' --json \(options) > '\(output)' & run=$!
        for try in $(seq 200); do grep -q '"moving"' '\(output)' && break; sleep 0.1; done
        '\(program)' \(second) >&2; second=$?
        wait $run; echo "run $?"; echo "second $second"
        """,
      ])
    return (run, run.lines.filter { !$0.isEmpty }.suffix(2).map { String($0) })
  }

  @Test(arguments: ["stop", "finish-routine"])
  func `percuss stop stops what another percuss plays, whatever was agreed for its loss`(_ policy: String) async throws
  {
    let (run, statuses) = try await beside(
      "--on-loss \(policy)", "stop", steps: "{hold: 20s, speed: 1900 ppm, force: 60 N}")
    #expect(statuses == ["run 75", "second 0"], "\(run)")
    #expect(run.errors.contains("is at rest."), "\(run)")
  }

  @Test(arguments: ["info", "monitor --for 1s", "set --speed 1900ppm --for 1s"])
  func `another command beside a run is refused, and the run goes on`(_ command: String) async throws {
    let (run, statuses) = try await beside(
      "--tolerance 2s", command, steps: "{hold: 8s, speed: 1900 ppm, force: 60 N}")
    #expect(statuses == ["run 0", "second 69"], "\(run)")
    #expect(run.errors.contains("another program receives its values already"), "\(run)")
  }

  @Test func `a name that two devices have is refused with both addresses`() async throws {
    let configuration = try TemporaryFolder()
    let path = try configuration.write(
      "percussd: 1\ndevices: [{model: elite, name: Same Gun}, {model: elite, name: Same Gun}]\n", to: "same.yaml")
    let run = try await ProgramRun.percuss(
      [
        "shell", "--config", path, "--", ProgramRun.program().path, "set", "--device", "Same Gun", "--speed", "1900ppm",
        "--for", "1s",
      ])
    #expect(run.status == 69, "\(run)")
    #expect(run.errors.contains("2 devices are called Same Gun"), "\(run)")
  }
}
