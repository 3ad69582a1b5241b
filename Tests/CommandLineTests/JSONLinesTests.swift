import Foundation
import Testing

/// What `--json` prints, against the page that promises it: every documented key appears, and no other.
@Suite struct JSONLinesTests {
  /// The keys that `protocol-spec/output.md` promises for each type of line; those in `sometimes` only where they have a value.
  private static let promises: [String: (always: Set<String>, sometimes: Set<String>)] = [
    "error": (["exit_status", "message", "diagnostics"], []),
    "progress": (
      ["event"],
      [
        "step", "late_us", "prompt", "elapsed_ms", "remaining_ms", "speed_ppm", "target_ppm", "force_decinewtons",
        "battery_percent",
      ]
    ),
    "guarantee": (
      ["name", "promised", "promise", "limits", "device", "mode", "simulated", "virtual_time"], ["note"]
    ),
    "report": (
      [
        "file", "routine", "mode", "device", "simulated", "virtual_time", "outcome", "reason", "tolerance_us",
        "guarantees", "lateness", "histogram", "latest",
      ], ["end_us", "environment"]
    ),
    "comparison": (
      ["verdict", "reasons", "warnings", "measures", "a_runs", "b_runs", "a_steps", "b_steps"], []
    ),
    "validation": (["file", "name", "valid"], []),
    "step": (
      [
        "index", "offset_ms", "duration_ms", "kind", "speed_from_ppm", "speed_to_ppm", "force_limit_decinewtons",
        "path", "line", "prompts",
      ], ["name"]
    ),
    "plan": (["name", "mode", "device", "steps", "nominal_duration_ms", "longest_duration_ms"], ["endless_from_step"]),
    "telemetry": (
      [
        "received_us", "device_ms", "counter", "missed", "state", "speed_ppm", "target_ppm", "force_decinewtons",
        "temperature_decidegrees", "battery_percent", "remaining_s", "faults",
      ], ["step"]
    ),
    "stopped": (["device", "at_rest"], []),
    "info": (
      [
        "device", "simulated", "manufacturer", "model", "serial_number", "firmware", "hardware", "protocol_version",
        "schema_crc", "features", "speed_minimum_ppm", "speed_maximum_ppm", "speed_step_ppm",
        "force_maximum_decinewtons", "routine_slots", "routine_steps", "queue_depth", "battery_percent", "state", "mtu",
        "slots",
      ], ["connection_interval_us", "connection_update"]
    ),
    "att_value": (
      [
        "record", "time_us", "elapsed_us", "file_offset", "connection", "controller", "direction", "channel",
        "operation", "handle", "bytes",
      ],
      [
        "device", "uuid", "characteristic", "characteristic_uuid", "assumed", "offset", "partial", "request_record",
        "latency_us", "frame", "refusal",
      ]
    ),
    "att_pdu": (
      [
        "record", "time_us", "elapsed_us", "file_offset", "connection", "controller", "direction", "channel",
        "operation",
      ],
      [
        "handle", "device", "uuid", "characteristic", "characteristic_uuid", "assumed", "offset", "partial", "error",
        "error_name", "request_record", "latency_us",
      ]
    ),
    "connection": (
      ["record", "time_us", "elapsed_us", "connection", "controller", "handle", "event"],
      [
        "device", "address_type", "role", "interval_us", "latency", "timeout_ms", "status", "status_name", "encrypted",
        "mtu", "client_mtu", "server_mtu", "channel_sent", "channel_received", "result",
      ]
    ),
    "controller": (
      ["record", "time_us", "elapsed_us", "controller", "event"], ["address", "device", "status", "status_name"]
    ),
    "problem": (["record", "time_us", "elapsed_us", "file_offset", "message"], ["connection"]),
    "anonymized": (
      [
        "file", "records", "addresses", "names", "texts", "values", "advertising_fields", "security_packets",
        "hci_packets", "other_packets", "notes", "keeps_time",
      ], []
    ),
    "recording": (["file", "source", "records", "lost", "left_out", "duration_us"], []),
    "difference": (
      ["kind", "characteristic", "characteristic_uuid", "what", "count", "fields"], ["expected", "actual"]
    ),
    "replay": (
      ["file", "device", "differences", "compared", "complete", "said", "delay_us", "not_compared"], ["connection"]
    ),
    "capture_diff": (["a", "b", "differences", "compared", "not_compared"], []),
    "extracted_routine": (["mode", "steps", "notes", "document"], []),
    "capture_statistics": (["records", "duration_us", "connections", "problems"], []),
    "connection_statistics": (
      [
        "connection", "controller", "time_us", "duration_us", "has_beginning", "has_end", "values", "latencies",
        "control_requests", "control_retries", "telemetry_values", "telemetry_gaps", "telemetry_lost",
        "malformed_frames", "att_errors", "unanswered", "problems",
      ], ["device", "role", "mtu", "interval_us", "steps"]
    ),
  ]

  private static let example = Documents.examplesFolder.appending(path: "post-run-calves.yaml").path

  @Test func `the page documents what these tests expect`() throws {
    for (type, keys) in Self.promises {
      #expect(keys.always.union(keys.sometimes).subtracting(try documentedWords(of: type)).isEmpty, "\(type)")
    }
  }

  @Test func `plan prints its steps and then the plan`() async throws {
    let objects = try await lines("plan", Self.example)
    try check(objects, of: ["step", "plan"])
    let steps = objects.dropLast()
    #expect(steps.enumerated().allSatisfy { $1["index"] as? Int == $0 })
    #expect(objects.last?["steps"] as? Int == steps.count)
    let text = try await ProgramRun.percuss("plan", Self.example, "--all")
    #expect(
      text.lines.filter { $0.contains(#/^ +[0-9]+ +[0-9]+:[0-9]{2}\.[0-9]{3} /#) }.count == steps.count, "\(text)")
  }

  @Test func `run prints its progress`() async throws {
    let objects = try await lines("run", Self.example, "--virtual-time")
    try check(objects.dropLast(), of: ["progress"])
    let events = Set(objects.compactMap { $0["event"] as? String })
    #expect(events.isSuperset(of: ["taking_control", "uploading", "starting", "started", "step_entered", "waiting"]))
    #expect(events.subtracting(try documentedWords(of: "progress")).isEmpty)
    let seen = objects.dropLast().reduce(into: Set<String>()) { $0.formUnion($1.keys) }
    #expect(Self.promises["progress"]?.sometimes.subtracting(seen).isEmpty == true)
  }

  @Test(arguments: ["uploaded", "streamed", "live"])
  func `run --guarantee first tells what is promised`(mode: String) async throws {
    let objects = try await lines("run", Documents.shortFile, "--virtual-time", "--guarantee", "--mode", mode)
    try check(objects.prefix(6), of: ["guarantee"])
    try check(objects.dropFirst(6).dropLast(), of: ["progress"])
    let names = objects.prefix(6).map { $0["name"] as? String }
    #expect(names == ["never_early", "bounded", "no_drift", "link_proof", "fail_safe", "evident"])
    #expect(
      objects.prefix(6).allSatisfy {
        $0["promised"] as? Bool == (mode != "live" || $0["name"] as? String != "link_proof")
      })
    let judged = try #require(objects.last?["guarantees"] as? [[String: Any]])
    #expect(judged.map { $0["name"] as? String } == names)
    #expect(judged.map { $0["promise"] as? String } == objects.prefix(6).map { $0["promise"] as? String })
    let text = try await ProgramRun.percuss("run", Documents.shortFile, "--virtual-time", "--guarantee", "--mode", mode)
    #expect(text.output.contains("What is promised on sim:elite, \(mode):"))
    #expect(text.output.contains("Time is virtual") && text.output.contains("The device is a virtual one"))
    #expect(text.output.contains("not promised. Not in live mode") == (mode == "live"), "\(text)")
    #expect(text.output.contains("Guarantees kept: never early, bounded"), "\(text)")
  }

  @Test func `report show and report compare print a line each`() async throws {
    let folder = try TemporaryFolder()
    let file = folder.url.appending(path: "run.json").path
    _ = try await lines("run", Self.example, "--virtual-time", "--no-progress", "--report", file)
    try check(try await lines("report", "show", file, file), of: ["report"])
    let comparison = try await lines("report", "compare", file, file)
    try check(comparison, of: ["comparison"])
    #expect(comparison.first?["verdict"] as? String == "not_worse")
  }

  @Test func `a run without progress prints its result alone`() async throws {
    let objects = try await lines("run", Self.example, "--virtual-time", "--no-progress")
    #expect(objects.map { $0["type"] as? String } == ["result"])
  }

  @Test func `validate has a line for each file, and goes on after a bad one`() async throws {
    let bad = Documents.badFolder.appending(path: "wrong-unit.yaml").path
    let run = try await ProgramRun.percuss("validate", Self.example, bad, "no-such.yaml", Self.example, "--json")
    #expect(run.status == 65)
    let objects = try run.objects()
    #expect(objects.map { $0["type"] as? String } == ["validation", "error", "error", "validation"])
    try check(objects, of: ["validation", "error"])
    #expect(objects.first?["name"] as? String == "Post-run calves")
    #expect(objects.first?["valid"] as? Bool == true)

    let text = try await ProgramRun.percuss("validate", Self.example, bad, Self.example)
    #expect(text.status == 65)
    #expect(text.lines.filter { $0.hasSuffix("ok, “Post-run calves”") }.count == 2, "\(text)")
  }

  @Test(arguments: Documents.examples)
  func `validate accepts every example`(name: String) async throws {
    let run = try await ProgramRun.percuss("validate", Documents.examplesFolder.appending(path: name).path)
    #expect(run.status == 0, "\(run)")
  }

  @Test(arguments: ["elite", "pro", "mini"])
  func `info tells what a device is`(model: String) async throws {
    let objects = try await lines("info", "--device", "sim:\(model)", "--virtual-time")
    try check(objects, of: ["info"])
    let info = try #require(objects.first)
    #expect(info["device"] as? String == "sim:\(model)")
    #expect(info["simulated"] as? Bool == true)
    let slots = try #require(info["slots"] as? [[String: Any]])
    #expect(slots.count == info["routine_slots"] as? Int)
    #expect(slots.allSatisfy { Set($0.keys) == ["slot", "status", "length", "crc32"] })
    let text = try await ProgramRun.percuss("info", "--device", "sim:\(model)", "--virtual-time")
    #expect(text.status == 0 && text.output.contains("virtual: no motor of metal"), "\(text)")
  }

  @Test func `set shows the motor reach its speed and ends with it at rest`() async throws {
    let objects = try await lines(
      "set", "--speed", "1900ppm", "--force", "60N", "--ramp", "1s", "--for", "5s", "--virtual-time")
    try check(objects, of: ["telemetry", "stopped"])
    #expect(objects.contains { $0["speed_ppm"] as? Int ?? 0 > 1800 })
    let instants = objects.compactMap { $0["received_us"] as? Int }
    #expect(instants == instants.sorted() && instants.allSatisfy { $0 >= 0 })
    #expect(instants.last.map { (5_000_000...5_500_000).contains($0) } == true)
    let stops = try await lines("set", "--preset", "1", "--timer", "2s", "--for", "5s", "--virtual-time")
    #expect(stops.last { $0["type"] as? String == "telemetry" }?["speed_ppm"] as? Int == 0)
    let text = try await ProgramRun.percuss("set", "--speed", "0", "--for", "1s", "--virtual-time")
    #expect(text.status == 0 && text.output.contains("0 ppm"), "\(text)")
  }

  @Test func `stop tells that the motor is at rest`() async throws {
    let objects = try await lines("stop", "--virtual-time")
    try check(objects, of: ["stopped"])
    #expect(objects.first?["at_rest"] as? Bool == true)
    let text = try await ProgramRun.percuss("stop", "--virtual-time")
    #expect(text.output == "sim:elite is at rest.\n")
  }

  @Test func `monitor prints telemetry at its rate`() async throws {
    let objects = try await lines("monitor", "--for", "10s", "--rate", "100ms", "--virtual-time")
    try check(objects, of: ["telemetry"])
    #expect((90...110).contains(objects.count))
    let lossy = try await lines("monitor", "--for", "10s", "--rate", "100ms", "--virtual-time", "--drop", "0.5")
    #expect(lossy.contains { $0["missed"] as? Int ?? 0 > 0 })
    let text = try await ProgramRun.percuss("monitor", "--for", "1s", "--virtual-time")
    #expect(text.status == 0 && text.lines.allSatisfy { $0.isEmpty || $0.contains(" ppm ") }, "\(text)")
  }

  @Test func `capture decode prints values, PDUs, events and problems`() async throws {
    for name in CaptureCommandTests.captures {
      let objects = try await lines("capture", "decode", CaptureCommandTests.path(name), "--all")
      // Nothing is wrong in some of them.
      let problem = objects.first { $0["type"] as? String == "problem" }.map { _ in "problem" }
      try check(objects, of: Set(["att_value", "att_pdu", "connection", "controller"] + [problem].compactMap(\.self)))
      for type in ["connection", "controller"] {
        let events = Set(objects.filter { $0["type"] as? String == type }.compactMap { $0["event"] as? String })
        #expect(events.subtracting(try documentedWords(of: type)).isEmpty, "\(events)")
      }
    }
  }

  @Test(arguments: CaptureCommandTests.captures)
  func `lines of a capture have their keys in alphabetical order and escape what JSON asks for`(name: String)
    async throws
  {
    let run = try await ProgramRun.percuss("capture", "decode", CaptureCommandTests.path(name), "--all", "--json")
    for line in run.lines where !line.isEmpty {
      let object = try JSONSerialization.jsonObject(with: Data(line.utf8))
      let again = try JSONSerialization.data(withJSONObject: object, options: [.sortedKeys, .withoutEscapingSlashes])
      #expect(line == String(decoding: again, as: UTF8.self))
    }
  }

  @Test func `capture decode prints problems`() async throws {
    let objects = try await lines("capture", "decode", CaptureCommandTests.path("conversation-eatt.btsnoop"), "--all")
    #expect(objects.contains { $0["type"] as? String == "problem" })
  }

  @Test func `capture anonymize prints what it replaced and emptied`() async throws {
    let output = FileManager.default.temporaryDirectory.appending(path: "percuss-\(UUID().uuidString).btsnoop")
    defer { try? FileManager.default.removeItem(at: output) }
    let objects = try await lines(
      "capture", "anonymize", CaptureCommandTests.path("conversation-ordered.btsnoop"), output.path)
    try check(objects, of: ["anonymized"])
    #expect(objects.first?["addresses"] as? Int ?? 0 > 10 && objects.first?["security_packets"] as? Int ?? 0 > 2)
  }

  @Test func `capture record prints what became of it`() async throws {
    let folder = try TemporaryFolder()
    let file = folder.url.appending(path: "a.btsnoop").path
    let objects = try await lines("capture", "record", file, "--device", "sim:pro", "--virtual-time", "--for", "5s")
    try check(objects, of: ["recording"])
    #expect(objects.first?["file"] as? String == file && objects.first?["source"] as? String == "sim:pro")
    #expect(objects.first?["duration_us"] as? Int == 5_000_000 && objects.first?["lost"] as? Int == 0)
  }

  @Test func `capture stats prints the capture and its connections`() async throws {
    let objects = try await lines("capture", "stats", CaptureCommandTests.path("conversation-ordered.btsnoop"))
    try check(objects, of: ["capture_statistics", "connection_statistics"])
    #expect(objects.first?["connections"] as? Int == objects.count - 1)
  }

  @Test func `capture replay, diff and extract-routine print differences and a last line`() async throws {
    let (set, live) = (
      CaptureCommandTests.path("percuss-set.btsnoop"), CaptureCommandTests.path("percuss-live.btsnoop")
    )
    try check(try await lines("capture", "replay", set, "--virtual-time"), of: ["replay"])
    try check(try await lines("capture", "diff", set, set), of: ["capture_diff"])
    try check(try await lines("capture", "extract-routine", live), of: ["extracted_routine"])
    let run = try await ProgramRun.percuss("capture", "diff", set, live, "--json")
    #expect(run.status == 75 && run.errors.isEmpty, "\(run)")
    let objects = try run.objects()
    try check(objects, of: ["difference", "capture_diff"])
    #expect(objects.last?["differences"] as? Int == objects.count - 1)
  }

  /// The objects that a command prints with `--json`, which succeeds.
  private func lines(_ arguments: String...) async throws -> [[String: Any]] {
    let run = try await ProgramRun.percuss(arguments + ["--json"])
    #expect(run.status == 0, "\(run)")
    #expect(run.errors.isEmpty, "\(run)")
    return try run.objects()
  }

  /// Every line is of one of the types, which all occur, and has the keys promised for it.
  private func check(_ objects: some Sequence<[String: Any]>, of types: Set<String>) throws {
    var seen: Set<String> = []
    for object in objects {
      let type = try #require(object["type"] as? String)
      seen.insert(type)
      let promise = try #require(Self.promises[type], "\(type)")
      let keys = Set(object.keys).subtracting(["type"])
      #expect(promise.always.subtracting(keys).isEmpty, "\(type) \(object)")
      #expect(keys.subtracting(promise.always).subtracting(promise.sometimes).isEmpty, "\(type) \(object)")
    }
    #expect(seen == types)
  }

  /// The words in `code` of the page's section about a type of line.
  private func documentedWords(of type: String) throws -> Set<String> {
    let page = try String(
      contentsOf: ProgramRun.packageFolder.appending(path: "protocol-spec/output.md"), encoding: .utf8)
    let sections = page.components(separatedBy: "\n## ")
    let section = try #require(
      sections.first { $0.split(separator: "\n")[0].components(separatedBy: " and ").contains(type) })
    return Set(section.matches(of: /`([a-z0-9_]+)`/).map { String($0.1) })
  }
}
