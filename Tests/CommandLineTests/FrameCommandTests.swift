import Foundation
import Testing

/// `percuss frame` as a user runs it.
struct FrameCommandTests {
  @Test(arguments: [
    ["13 07 00 6c 07 f4 01"], ["1307006C07F401"], ["13:07:00:6c:07:f4:01"], ["0x13,0x07,0x00", "0x6C07F401"],
    ["13", "07", "00", "6c", "07", "f4", "01"], ["13-07-00-6c-07-f4-01", "--as", "control_request"],
  ])
  func `bytes in any common writing`(arguments: [String]) async throws {
    let run = try await ProgramRun.percuss(["frame", "decode"] + arguments)
    #expect(run.status == 0 && run.errors.isEmpty, "\(run)")
    #expect(
      run.output == """
        control_request.set_speed: central to peripheral, Control Point (7e320003-bf34-4597-a0b9-83277511650e), 7 bytes
          Drive the motor by hand.
          offset  bytes  field     value  meaning
               0  13     op_code      19  set_speed
               1  07     sequence      7
               2  00     flags         0  none
               3  6c 07  speed      1900  1900 PPM
               5  f4 01  ramp        500  500 ms

        """)
  }

  @Test func `what could be two messages is shown as both, each with its characteristic`() async throws {
    let run = try await ProgramRun.percuss("frame", "decode", "01 2a 04 03 02 01 10 11 12 13")
    #expect(run.status == 0, "\(run)")
    #expect(
      run.lines[0] == "These bytes can be routine_data on Routine Data or clock_request on Clock; --as MESSAGE chooses."
    )
    #expect(run.output.contains("\nroutine_data.chunk: central to peripheral, Routine Data ("), "\(run)")
    #expect(run.output.contains("\nclock_request: central to peripheral, Clock ("), "\(run)")
    let chosen = try await ProgramRun.percuss(
      "frame", "decode", "01 2a 04 03 02 01 10 11 12 13", "--as", "clock_request")
    #expect(!chosen.output.contains("routine_data"), "\(chosen)")
  }

  @Test func `bytes of a later version are shown as such`() async throws {
    let run = try await ProgramRun.percuss("frame", "decode", "10 07 00 aa bb")
    #expect(run.status == 0, "\(run)")
    #expect(run.lines[6] == "       3  aa bb                   not known to this version", "\(run)")
  }

  @Test(arguments: [
    (
      "13 07 00 6c 07 61 ea",
      """
      percuss: control_request.set_speed.ramp at byte 5: 60001 is outside 0...60000
        13 07 00 6c 07 61 ea
                       ^^^^^

      """
    ),
    (
      "130700 6c",
      """
      percuss: control_request.set_speed.speed at byte 3: the value ends after 4 of at least 7 bytes
        13 07 00 6c
                 ^^^^^

      """
    ),
    (
      "13 0g 00",
      """
      percuss: 'g' is not a hexadecimal digit; write bytes as in 13 07 00
        13 0g 00
            ^

      """
    ),
    (
      "13 7 00",
      """
      percuss: '7' has an odd number of digits; write two for each byte, as in 07
        13 7 00
           ^

      """
    ),
    ("", "percuss: there are no bytes; write them as in 13 07 00\n"),
    (
      "a5 03 03 00 10 07 00 d6 f5",
      """
      percuss: the frame at offset 0 has checksum 0xF5D6, its bytes give 0xF4D6; looking for the next start byte
        a5 03 03 00 10 07 00 d6 f5
                             ^^^^^

      """
    ),
    (
      "a5 03 03 00 10 07",
      """
      percuss: the stream ends within the frame at offset 0: 6 of at least 9 bytes
        a5 03 03 00 10 07
                          ^^

      """
    ),
  ])
  func `what is wrong is marked`(text: String, errors: String) async throws {
    let run = try await ProgramRun.percuss("frame", "decode", text)
    #expect(run.status == 65 && run.output.isEmpty, "\(run)")
    #expect(run.errors == errors)
  }

  @Test func `a mistake deep in a long value is marked in its row`() async throws {
    let run = try await ProgramRun.percuss(
      "frame", "decode", "--as", "telemetry",
      "00 00 01 00 00 00 00 00 00 00 00 00 00 00 65 ff ff 00 00 00 00 00 00 00 00 00")
    #expect(run.status == 65, "\(run)")
    #expect(
      run.errors == """
        percuss: telemetry.battery at byte 14: 101 is outside 0...100
          byte 0: 00 00 01 00 00 00 00 00 00 00 00 00 00 00 65 ff
                                                            ^^

        """)
  }

  @Test func `bytes that begin no message name every reason`() async throws {
    let run = try await ProgramRun.percuss("frame", "decode", "99 88 77")
    #expect(run.status == 65, "\(run)")
    for message in [
      "device_feature", "control_request", "control_response", "telemetry", "device_event", "clock_reply",
    ] {
      #expect(run.errors.contains("  \(message)."), "\(run)")
    }
  }

  @Test func `stream frames are unwrapped, and what lies between them is told`() async throws {
    let run = try await ProgramRun.percuss(
      "frame", "decode", "a5 03 03 00 10 07 00 d6 f4", "00", "a5 00 00 00 9c cc", "a5 03 03 00 10 07 00 d6 f4")
    #expect(run.status == 65, "\(run)")
    #expect(run.lines[0] == "stream frame at byte 0, channel 3 (control_request), 3 bytes of payload", "\(run)")
    #expect(run.lines[1].hasPrefix("control_request.stop: "), "\(run)")
    #expect(run.lines.contains("stream frame at byte 16, channel 3 (control_request), 3 bytes of payload"), "\(run)")
    #expect(run.errors.contains("1 bytes at offset 9 belong to no frame"), "\(run)")
    #expect(
      run.errors.contains("channel 0 of the stream frame at byte 10 carries no message of this version"), "\(run)")
  }

  @Test func `a value that begins like a stream frame by chance`() async throws {
    let telemetry = "a5 00 01 00 00 00 00 00 00 00 00 00 00 00 64 ff ff 00 00 00"
    let run = try await ProgramRun.percuss("frame", "decode", telemetry)
    #expect(run.status == 0 && run.output.hasPrefix("telemetry: "), "\(run)")
  }

  @Test func `lines of the standard input, one after the other`() async throws {
    let input = "# a capture\n13 07 00 6c 07 f4 01\n\n10 0\n   \n10 08 00"
    let run = try await ProgramRun.percuss("frame", "decode", "-", "--json", input: input)
    #expect(run.status == 65, "\(run)")
    let objects = try run.objects()
    #expect(objects.map { $0["type"] as? String } == ["frame", "error", "frame"], "\(run)")
    #expect(objects.map { $0["line"] as? Int } == [2, nil, 6])
    #expect(run.errors.hasPrefix("percuss: line 4: '0' has an odd number of digits"), "\(run)")
  }

  @Test func `JSON has every field with its place`() async throws {
    let run = try await ProgramRun.percuss(
      "frame", "decode", "--json", "30 01 00 02 01 04 03 02 01 01 71 02 6c 07 6c 07 0a 00 00 00")
    #expect(run.status == 0, "\(run)")
    let frame = try #require(try run.objects().first)
    let interpretations = try #require(frame["interpretations"] as? [[String: Any]])
    let interpretation = try #require(interpretations.first)
    #expect(interpretations.count == 1)
    #expect(interpretation["message"] as? String == "control_request")
    #expect(interpretation["variant"] as? String == "queue_step")
    #expect(interpretation["characteristic"] as? String == "control_point")
    #expect(interpretation["ignored_bytes"] as? Int == 0)
    let fields = try #require(interpretation["fields"] as? [[String: Any]])
    let texts = fields.map {
      "\($0["offset"] ?? "") \($0["length"] ?? "") \($0["name"] ?? "") \($0["value"] ?? "") \($0["meaning"] ?? "")"
    }
    #expect(
      texts == [
        "0 1 op_code 48 queue_step", "1 1 sequence 1 1", "2 1 flags 0 none", "3 2 index 258 258",
        "5 4 at 16909060 16909060 ms (4 h 41 min 49.06 s)", "9 1 segment.kind 1 hold",
        "10 2 segment.force_limit 625 62.5 N",
        "12 2 segment.speed_from 1900 1900 PPM", "14 2 segment.speed_to 1900 1900 PPM",
        "16 4 segment.duration 10 10 ms",
      ])
  }

  @Test func `JSON of bytes that are no frame says why`() async throws {
    let run = try await ProgramRun.percuss("frame", "decode", "--json", "13 07 00 6c 07 61 ea")
    #expect(run.status == 65, "\(run)")
    let objects = try run.objects()
    #expect(objects.map { $0["type"] as? String } == ["frame", "error"], "\(run)")
    let refusals = try #require(objects.first?["refusals"] as? [[String: Any]])
    #expect(refusals.count == 1 && refusals[0]["offset"] as? Int == 5, "\(run)")
    #expect(refusals[0]["field"] as? String == "control_request.set_speed.ramp")
    #expect(objects.last?["exit_status"] as? Int == 65)
  }

  @Test(arguments: [
    ("set_speed speed=1900 ramp=500 --sequence 7", "13 07 00 6c 07 f4 01"),
    ("set_speed speed=1900ppm ramp=0.5s sequence=7", "13 07 00 6c 07 f4 01"),
    ("control_request.stop --flags quiet", "10 00 01"),
    ("set_timer duration=disabled", "15 00 00 00 00 00 00"),
    ("set_force_limit force=62.5N", "14 00 00 71 02"),
    ("routine_data.chunk transfer=1 offset=0 payload=aabbcc", "01 01 00 00 00 00 aa bb cc"),
    ("control_response op_code=stop result=success state=stopping", "80 10 00 01 07"),
    (
      "slot_described slot=1 status=stored,partial length=15 crc32=0x1 next_offset=0 state=idle",
      "80 23 00 01 00 01 03 0f 00 00 00 01 00 00 00 00 00 00 00"
    ),
  ])
  func `encodes`(arguments: String, bytes: String) async throws {
    let run = try await ProgramRun.percuss(["frame", "encode"] + arguments.split(separator: " ").map(String.init))
    #expect(run.status == 0 && run.errors.isEmpty, "\(run)")
    #expect(run.output == bytes + "\n")
  }

  @Test(arguments: [
    ("set_sped", "there is no frame 'set_sped'; did you mean set_speed?"),
    (
      "set_speed sped=1 ramp=0",
      "there is no field 'sped'; the frame takes sequence, flags, speed, ramp\n  did you mean speed?"
    ),
    ("set_speed ramp=0", "a value is missing: speed"),
    ("set_speed speed", "'speed' is not field=value"),
    ("set_speed speed=1 ramp=1 ramp=2", "the field 'ramp' is given twice"),
    ("set_speed speed=fast ramp=1", "'fast' cannot be the value of 'speed'"),
    ("set_speed speed=1 ramp=60001", "control_request.set_speed.ramp at byte 5: 60001 is outside 0...60000"),
    ("set_speed speed=1 ramp=0 --flags quite", "did you mean quiet?"),
    ("queue_step index=0 at=0 kind=hold", "did you mean segment.kind?"),
    ("telemetry --sequence 1", "there is no field 'sequence'"),
    ("set_speed speed=1 ramp=0 --sequence 256", "--sequence"),
  ])
  func `says what an argument should be`(arguments: String, message: String) async throws {
    let run = try await ProgramRun.percuss(["frame", "encode"] + arguments.split(separator: " ").map(String.init))
    #expect(run.status == 2 && run.output.isEmpty, "\(run)")
    #expect(run.errors.contains(message), "\(run)")
  }

  @Test func `every frame that is listed can be looked up, and those without fields encoded`() async throws {
    let list = try await ProgramRun.percuss("frame", "list", "--json")
    #expect(list.status == 0 && list.errors.isEmpty, "\(list)")
    let kinds = try list.objects()
    let names = kinds.compactMap { $0["name"] as? String }
    #expect(names.contains("control_request.set_speed") && names.contains("telemetry"))
    #expect(Set(names).count == kinds.count)
    let shown = try await ProgramRun.percuss("frame", "list", "set_timer")
    #expect(shown.output.contains("10 to 86400000 ms, or disabled"), "\(shown)")
    let stop = try await ProgramRun.percuss("frame", "encode", "stop", "--json")
    #expect(try stop.objects().first?["bytes"] as? String == "10 00 00")
  }

  @Test func `what is encoded decodes to what was asked for`() async throws {
    let encoded = try await ProgramRun.percuss(
      "frame", "encode", "step_entered", "counter=9", "step=3", "planned=18446744073709551615", "actual=1h")
    let bytes = encoded.output.trimmingCharacters(in: .newlines)
    let run = try await ProgramRun.percuss("frame", "decode", bytes, "--as", "device_event")
    #expect(run.status == 0, "\(run)")
    #expect(run.output.contains("18446744073709551615 µs") && run.output.contains("3600000000 µs (1 h)"), "\(run)")
  }

  @Test(arguments: [[], ["--protocol", "theragun-gen4"], ["--as", "request"]])
  func `a Theragun's frame is shown, and what is said of it`(options: [String]) async throws {
    let run = try await ProgramRun.percuss(["frame", "decode", "AA 70 01 03 09 60 03"] + options)
    #expect(run.status == 0 && run.errors.isEmpty, "\(run)")
    #expect(
      run.output == """
        theragun-gen4 request.set_speed: central to peripheral, Theragun Write (0000ffe2-0000-1000-8000-00805f9b34fb), 7 bytes
          Drive the motor.
          Unofficial: from the public documentation of the Buttplug project (docs.buttplug.io,
          stpihkal/protocols/theragun, issue stpihkal#127), made for interoperability, not tried on hardware.
          offset  bytes  field     value  meaning
               0  aa     start       170
               1  70     checksum    112  0x70
               2  01     kind          1  set_speed
               3  03     fixed         3
               4  09 60  speed      2400  2400 RPM
               6  03     end           3

        """)
  }

  @Test(arguments: [
    ("AA 71 01 03 09 60 03", "request.checksum at byte 1: the checksum is 0x71, but that of the bytes is 0x70"),
    ("AA 70 01 03 60 09 03", "request.set_speed.speed at byte 4: 24585 is outside 0...3616"),
    ("BB 30 30 00", "notification.kind at byte 2: 0x30 has no meaning here"),
    ("BB 10 10", "notification.status.unknown_byte at byte 3: the value ends after 3 of at least 15 bytes"),
  ])
  func `a Theragun's malformed frame is told by its place`(bytes: String, message: String) async throws {
    let run = try await ProgramRun.percuss("frame", "decode", bytes)
    #expect(run.status == 65 && run.output.isEmpty, "\(run)")
    #expect(run.errors.contains(message), "\(run)")
  }

  @Test func `a Theragun's frames are encoded where its protocol is named, and only there`() async throws {
    let arguments = ["frame", "encode", "set_speed", "speed=2400rpm"]
    let run = try await ProgramRun.percuss(arguments + ["--protocol", "theragun-gen4"])
    #expect(run.status == 0 && run.output == "aa 70 01 03 09 60 03\n", "\(run)")
    let own = try await ProgramRun.percuss(arguments)
    #expect(own.status == 2 && own.errors.contains("ramp"), "\(own)")
    let list = try await ProgramRun.percuss("frame", "list", "--protocol", "theragun-gen4")
    #expect(list.status == 0 && list.lines[0].hasPrefix("Unofficial: "), "\(list)")
    let help = try await ProgramRun.percuss("frame", "encode", "--help")
    #expect(help.output.contains("unofficial"), "\(help)")
    let contradiction = try await ProgramRun.percuss(
      "frame", "decode", "aa", "--as", "telemetry", "--protocol", "theragun-gen4")
    #expect(contradiction.status == 2, "\(contradiction)")
  }

  @Test func `a program that does not end is killed`() async throws {
    await #expect(throws: ProgramRun.TimedOut.self) {
      try await ProgramRun.percuss("monitor", "--for", "24h", timeout: .milliseconds(300))
    }
  }
}
