import Foundation
import Testing

/// `percuss capture` as a user runs it.
struct CaptureCommandTests {
  static let folder = ProgramRun.packageFolder.appending(path: "captures")

  /// The golden captures.
  static let captures: [String] = {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.filter { name in ["btsnoop", "pcap", "pcapng"].contains { name.hasSuffix(".\($0)") } }.sorted()
  }()

  static func path(_ name: String) -> String { folder.appending(path: name).path }

  @Test func `there are golden captures`() {
    #expect(Self.captures.count >= 2)
  }

  /// Beside each capture stands what is to be read from it; after a change that is meant, `percuss capture decode FILE > FILE.txt` writes it anew.
  @Test(arguments: captures)
  func `a golden capture says what is written beside it`(name: String) async throws {
    let expected = try String(contentsOfFile: Self.path(name + ".txt"), encoding: .utf8)
    let run = try await ProgramRun.percuss("capture", "decode", Self.path(name))
    #expect(run.status == 0 && run.errors.isEmpty, "\(run.errors)")
    let difference = zip(run.lines, expected.split(separator: "\n", omittingEmptySubsequences: false)).enumerated()
      .first {
        $1.0 != $1.1
      }
    #expect(run.output == expected, "line \((difference?.offset ?? -1) + 1) is \(difference?.element.0 ?? "missing")")
  }

  @Test(arguments: captures)
  func `a golden capture through a pipe says the same`(name: String) async throws {
    let program = try ProgramRun.program("percuss").path
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(filePath: "/bin/sh")
    process.arguments = ["-c", "cat '\(Self.path(name))' | '\(program)' capture decode -"]
    process.standardOutput = output
    try process.run()
    let data = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    #expect(
      String(decoding: data, as: UTF8.self) == (try String(contentsOfFile: Self.path(name + ".txt"), encoding: .utf8)))
  }

  /// A btsnoop file on the disk, removed by the caller.
  private func temporary(_ bytes: some Sequence<UInt8>) throws -> URL {
    let file = FileManager.default.temporaryDirectory.appending(path: "percuss-\(UUID().uuidString).btsnoop")
    try Data(bytes).write(to: file)
    return file
  }

  private static let header: [UInt8] = Array("btsnoop\0".utf8) + [0, 0, 0, 1, 0, 0, 0x07, 0xD1]

  /// An ATT PDU in a record of the Linux monitor, as many milliseconds after the beginning.
  private static func att(_ pdu: [UInt8], isSent: Bool, milliseconds: UInt32) -> [UInt8] {
    let length = UInt8(pdu.count + 8)
    let time = withUnsafeBytes(of: (0x00DC_DDB3_0F2F_8000 + UInt64(milliseconds) * 1000).bigEndian) { Array($0) }
    return [0, 0, 0, length, 0, 0, 0, length, 0, 0, 0, isSent ? 4 : 5, 0, 0, 0, 0] + time
      + [0x40, isSent ? 0 : 0x20, length - 4, 0, length - 8, 0, 4, 0] + pdu
  }

  private static let telemetry: [UInt8] = [
    0x1B, 0x17, 0, 5, 3, 0xE8, 3, 0, 0, 0x6C, 7, 0x6C, 7, 0x2C, 1, 0x2C, 1, 0x50, 0xFF, 0xFF, 0, 0, 0,
  ]
  private static let setSpeed: [UInt8] = [0x52, 0x14, 0, 0x13, 7, 0, 0x6C, 7, 0xF4, 1]

  private static let conversation: [UInt8] =
    header + att(setSpeed, isSent: true, milliseconds: 0) + att(telemetry, isSent: false, milliseconds: 1500)
    + att([0x0A, 0x12, 0], isSent: true, milliseconds: 2000)
    + att([1, 0x0A, 0x12, 0, 2], isSent: false, milliseconds: 2030)

  @Test func `frames are shown with their fields`() async throws {
    let file = try temporary(Self.conversation)
    defer { try? FileManager.default.removeItem(at: file) }
    let run = try await ProgramRun.percuss("capture", "decode", file.path)
    #expect(run.status == 0, "\(run)")
    #expect(
      run.output == """
        The capture begins at 1970-01-01 00:00:00.000000 UTC.
            0.000000  hci0 #1   * connected before the capture, with handle 0x40
            0.000000  hci0 #1   > write command  ~Control Point (0x0014)  control_request.set_speed sequence=7 flags=none speed=1900 PPM ramp=500 ms
            1.500000  hci0 #1   < notification  ~Telemetry (0x0017)  telemetry counter=5 state=routine time=1000 ms speed=1900 PPM target=1900 PPM force=30 N temperature=30 °C battery=80 % step=65535 remaining=0 s faults=none
            2.030000  hci0 #1   < error response  ~Feature (0x0012)  Read Not Permitted (ATT error 0x02)  (30 ms)

        """)
  }

  @Test func `a Theragun's frames are shown, and other values on its characteristics are just bytes`() async throws {
    let discovery: [UInt8] = [0x09, 7, 0x20, 0, 0x10, 0x21, 0, 0xE1, 0xFF, 0x23, 0, 0x0C, 0x24, 0, 0xE2, 0xFF]
    let file = try temporary(
      Self.header + Self.att([0x08, 0x20, 0, 0x25, 0, 0x03, 0x28], isSent: true, milliseconds: 0)
        + Self.att(discovery, isSent: false, milliseconds: 10)
        + Self.att([0x52, 0x24, 0, 0xAA, 0x70, 1, 3, 9, 0x60, 3], isSent: true, milliseconds: 20)
        + Self.att([0x1B, 0x21, 0, 0x41, 0x42], isSent: false, milliseconds: 30)
        + Self.att([0x1B, 0x21, 0, 0xBB, 0x30, 0x30], isSent: false, milliseconds: 40))
    defer { try? FileManager.default.removeItem(at: file) }
    let run = try await ProgramRun.percuss("capture", "decode", file.path)
    #expect(run.status == 0, "\(run)")
    #expect(run.output.contains("theragun-gen4 request.set_speed checksum=0x70 speed=2400 RPM"), "\(run)")
    #expect(run.lines.contains { $0.hasSuffix("  41 42") }, "\(run)")
    #expect(run.output.contains("no such frame: notification.kind at byte 2: 0x30 has no meaning here"), "\(run)")
    let statistics = try await ProgramRun.percuss("capture", "stats", file.path)
    #expect(statistics.output.contains("malformed frames: 1"), "\(statistics)")
  }

  @Test(arguments: [
    (["--kind", "telemetry"], [2]), (["--kind", "set_speed"], [1]), (["--kind", "write"], [1]),
    (["--kind", "write_command", "--kind", "notification"], [1, 2]), (["--characteristic", "control point"], [1]),
    (["--characteristic", "7e320004-bf34-4597-a0b9-83277511650e"], [2]), (["--characteristic", "2a37"], []),
    (["--kind", "error"], [4]),
    (["--from", "1s"], [2, 4]), (["--to", "1s"], [1]), (["--from", "1s", "--to", "2s"], [2]),
    (["--device", "C8:2E:47:0A:11:02"], []), (["--device", "#1"], [1, 2, 4]), (["--device", "#2"], []),
    (["--all"], [1, 2, 3, 4]),
  ])
  func `filters choose`(options: [String], records: [Int]) async throws {
    let file = try temporary(Self.conversation)
    defer { try? FileManager.default.removeItem(at: file) }
    let run = try await ProgramRun.percuss(["capture", "decode", file.path, "--json"] + options)
    #expect(run.status == 0, "\(run)")
    let values = try run.objects().filter { ["att_value", "att_pdu"].contains($0["type"] as? String) }
    #expect(values.compactMap { $0["record"] as? Int } == records)
  }

  @Test(arguments: [
    (["--kind", "telemetri"], "There is no kind 'telemetri'; did you mean telemetry?"),
    (
      ["--characteristic", "telemetri"], "There is no characteristic 'telemetri'; did you mean Telemetry? Known by name"
    ),
    (["--characteristic", "7e320004-bf34"], "any other by its UUID."),
    (["--device", "elite"], "--device is an address, as in C8:2E:47:0A:11:02, or a connection's number, as in #2."),
    (["--from", "2s", "--to", "1s"], "--from is later than --to."),
  ])
  func `wrong options are told`(options: [String], message: String) async throws {
    let run = try await ProgramRun.percuss(["capture", "decode", "no-such-file"] + options)
    #expect(run.status == 2 && run.errors.contains(message), "\(run)")
  }

  @Test(arguments: ["decode", "stats"])
  func `a wrong file is 65, with its place, after what is good`(command: String) async throws {
    let file = try temporary(Array(Self.conversation.dropLast(3)))
    defer { try? FileManager.default.removeItem(at: file) }
    let run = try await ProgramRun.percuss("capture", command, file.path)
    #expect(run.status == 65, "\(run)")
    #expect(
      run.errors == """
        \(file.path): error: record 4, byte 148: the file ends here: 34 of 37 bytes are left
          the 3 records before it are good; what they say is told above

        """)
    #expect(run.output.contains(command == "decode" ? "set_speed" : "control requests: 1"), "\(run)")
    let objects = try await ProgramRun.percuss("capture", command, file.path, "--json").objects()
    #expect(objects.last?["type"] as? String == "error" && objects.last?["exit_status"] as? Int == 65)
    #expect(objects.count > 1)
  }

  @Test func `a file that is no capture, and none`() async throws {
    let file = try temporary(Array("percuss: 1\nname: none\n".utf8))
    defer { try? FileManager.default.removeItem(at: file) }
    let run = try await ProgramRun.percuss("capture", "decode", file.path)
    #expect(
      run.status == 65
        && run.errors.contains("byte 0: this is no capture that can be read; btsnoop, pcap and pcapng can"), "\(run)")
    let none = try await ProgramRun.percuss("capture", "decode", "no-such-file")
    #expect(
      none.status == 65 && none.errors == "no-such-file: error: cannot be read: no such file or directory\n", "\(none)")
  }

  @Test func `saved handles are read again`() async throws {
    let handles = FileManager.default.temporaryDirectory.appending(path: "percuss-\(UUID().uuidString).txt")
    defer { try? FileManager.default.removeItem(at: handles) }
    let saved = try await ProgramRun.percuss(
      "capture", "decode", Self.path("conversation-ordered.btsnoop"), "--save-handles", handles.path)
    #expect(saved.status == 0, "\(saved.errors)")
    #expect(try String(contentsOf: handles, encoding: .utf8).contains("[00:AA:01:01:00:01]\n0x0001 2800\n"))

    let file = try temporary(Self.header + Self.att([0x1B, 3, 0, 0x41], isSent: false, milliseconds: 0))
    defer { try? FileManager.default.removeItem(at: file) }
    try Data("[*]\n0x0003 2a00\n".utf8).write(to: handles)
    let run = try await ProgramRun.percuss("capture", "decode", file.path, "--handles", handles.path)
    #expect(run.output.contains("< notification  Device Name (0x0003)  “A”"), "\(run)")
    try Data("[*]\nnonsense\n".utf8).write(to: handles)
    let wrong = try await ProgramRun.percuss("capture", "decode", file.path, "--handles", handles.path)
    #expect(
      wrong.status == 65 && wrong.errors.hasPrefix("\(handles.path): error: line 2: 'nonsense' is no attribute"),
      "\(wrong)")
  }

  @Test func `handles are saved of all of a capture, whatever is shown of it, and of one that is wrong at its end`()
    async throws
  {
    let handles = FileManager.default.temporaryDirectory.appending(path: "percuss-\(UUID().uuidString).txt")
    defer { try? FileManager.default.removeItem(at: handles) }
    let capture = Self.path("conversation-ordered.btsnoop")
    func saved(_ run: ProgramRun) throws -> String {
      defer { try? FileManager.default.removeItem(at: handles) }
      return try String(contentsOf: handles, encoding: .utf8)
    }
    let whole = try saved(try await ProgramRun.percuss("capture", "decode", capture, "--save-handles", handles.path))
    let cut = try await ProgramRun.percuss(
      "capture", "decode", capture, "--to", "100ms", "--save-handles", handles.path)
    #expect(cut.status == 0 && cut.lines.count < 20, "\(cut)")
    #expect(try saved(cut) == whole)

    let program = try ProgramRun.program("percuss").path
    let process = Process()
    process.executableURL = URL(filePath: "/bin/sh")
    process.arguments = [
      "-c", "'\(program)' capture decode '\(capture)' --all --save-handles '\(handles.path)' | head -1",
    ]
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    #expect(try String(contentsOf: handles, encoding: .utf8) == whole)
    try FileManager.default.removeItem(at: handles)

    let broken = try temporary(try [UInt8](Data(contentsOf: URL(filePath: capture))).dropLast(3))
    defer { try? FileManager.default.removeItem(at: broken) }
    let run = try await ProgramRun.percuss("capture", "decode", broken.path, "--save-handles", handles.path)
    #expect(run.status == 65, "\(run.errors)")
    #expect(try saved(run) == whole)
  }

  @Test(arguments: captures)
  func `a golden capture is anonymized to one that decodes`(name: String) async throws {
    let output = FileManager.default.temporaryDirectory.appending(path: "percuss-\(UUID().uuidString).btsnoop")
    defer { try? FileManager.default.removeItem(at: output) }
    let run = try await ProgramRun.percuss("capture", "anonymize", Self.path(name), output.path)
    #expect(run.status == 0 && run.output.contains("from 1970-01-01 00:00:00 UTC on"), "\(run)")
    let before = try await ProgramRun.percuss("capture", "decode", Self.path(name), "--all")
    let after = try await ProgramRun.percuss("capture", "decode", output.path, "--all")
    #expect(after.status == 0 && after.lines.count == before.lines.count)
    // Frames are the same.
    let frames = { (run: ProgramRun) in run.lines.filter { $0.contains("telemetry counter=") } }
    #expect(frames(after) == frames(before))
    #expect(!after.output.contains("C8:2E:47:0A:11:02") && !after.output.contains("SIM-C8"))
    let again = try await ProgramRun.percuss("capture", "anonymize", Self.path(name), output.path)
    #expect(again.status == 2 && again.errors.contains("it is a capture, which stays"), "\(again)")
  }

  @Test func `anonymize writes what is good of a capture, nothing of what is none, and not over its input`()
    async throws
  {
    let file = try temporary(Self.conversation.dropLast(3))
    let output = FileManager.default.temporaryDirectory.appending(path: "percuss-\(UUID().uuidString).btsnoop")
    defer { for file in [file, output] { try? FileManager.default.removeItem(at: file) } }
    let own = try await ProgramRun.percuss("capture", "anonymize", file.path, file.path)
    #expect(own.status == 2 && own.errors.contains("it is the file that is read; name another"), "\(own)")
    let cut = try await ProgramRun.percuss("capture", "anonymize", file.path, output.path, "--json")
    #expect(cut.status == 65 && cut.errors.contains("the 3 records before it are good; they are written"), "\(cut)")
    #expect(try cut.objects().map { $0["type"] as? String } == ["anonymized", "error"])
    #expect(try Data(contentsOf: output).count == 16 + 3 * 32 + 10 + 23 + 3)
    try FileManager.default.removeItem(at: output)
    let none = try temporary(Array("percuss: 1\n".utf8))
    defer { try? FileManager.default.removeItem(at: none) }
    let refused = try await ProgramRun.percuss("capture", "anonymize", none.path, output.path)
    #expect(refused.status == 65 && refused.output.isEmpty, "\(refused)")
    let left = try FileManager.default.contentsOfDirectory(atPath: output.deletingLastPathComponent().path)
    #expect(!left.contains { $0.hasPrefix(output.lastPathComponent) })
  }

  @Test func `no capture is written over`() async throws {
    let file = try temporary(Self.conversation)
    let other = try temporary(Self.conversation)
    defer { for file in [file, other] { try? FileManager.default.removeItem(at: file) } }
    let own = try await ProgramRun.percuss("capture", "decode", file.path, "--save-handles", file.path)
    #expect(own.status == 2 && own.errors.contains("it is the file that is read; name another"), "\(own)")
    let second = try await ProgramRun.percuss("capture", "decode", file.path, "--save-handles", other.path)
    #expect(second.status == 2 && second.errors.contains("it is a capture, which stays"), "\(second)")
    #expect(try [UInt8](Data(contentsOf: other)) == Self.conversation)
    #expect(own.output.isEmpty && second.output.isEmpty)
  }

  @Test func `statistics tell how late steps began, and draw it`() async throws {
    let file = FileManager.default.temporaryDirectory.appending(path: "percuss-\(UUID().uuidString).svg")
    defer { try? FileManager.default.removeItem(at: file) }
    let capture = Self.path("percuss-uploaded.btsnoop")
    let run = try await ProgramRun.percuss("capture", "stats", capture, "--plot", file.path)
    #expect(run.status == 0 && run.output.contains("began, late by the device's clock by p50 "), "\(run)")
    let svg = try String(contentsOf: file, encoding: .utf8)
    #expect(svg.hasPrefix("<svg ") && svg.hasSuffix("</svg>\n") && svg.contains("<circle"))
    let none = try await ProgramRun.percuss(
      "capture", "stats", Self.path("percuss-set.btsnoop"), "--plot", file.path + ".none")
    #expect(none.status == 65 && none.errors.contains("there is nothing to plot"), "\(none)")
    let own = try await ProgramRun.percuss("capture", "stats", capture, "--plot", capture)
    #expect(own.status == 2 && own.errors.contains("it is the file that is read"), "\(own)")
  }

  @Test func `statistics of a conversation`() async throws {
    let file = try temporary(Self.conversation)
    defer { try? FileManager.default.removeItem(at: file) }
    let run = try await ProgramRun.percuss("capture", "stats", file.path)
    #expect(run.status == 0, "\(run)")
    #expect(
      run.output == """
        4 records in 2.03 s, 1 connections, 0 problems

        #1 hci0 with unknown address: 2.03 s (the capture does not show its beginning and its end)
          ATT_MTU not shown
          values           characteristic  count  bytes  per second
          > write command  Control Point       1      7           -
          < notification   Telemetry           1     20           -
          latency of    count    p50    p99    max
          read request      1  30 ms  30 ms  30 ms
          control requests: 1, of these 0 repeated
          telemetry: 1 values, 0 lost in 0 gaps
          ATT errors: 1; unanswered: 0; malformed frames: 0; problems: 0

        """)
  }
}
