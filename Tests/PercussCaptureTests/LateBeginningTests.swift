import PercussCapture
import PercussGATT
import PercussWire
import Testing

/// Captures that begin in the middle of a connection: what its values and lengths tell, and what is known from elsewhere.
struct LateBeginningTests {
  @Test func `without discovery the values tell where the Percuss Service is`() {
    var script = Script()
    script.sent("52 1400" + Sample.setSpeed)
    script.received("1b 1700 05 03 e8030000 6c07 6c07 2c01 2c01 50 ffff 0000 00")
    script.sent("12 1800 0100")
    script.received("13")
    let result = script.result
    #expect(result.connections.map(\.kind) == [.found])
    #expect(
      result.shown == [
        "write_command ~Control Point 13 07 00 6c 07 f4 01",
        "notification ~Telemetry 05 03 e8 03 00 00 6c 07 6c 07 2c 01 2c 01 50 ff ff 00 00 00",
        "write_request ~Telemetry/2902 01 00",
      ])
    #expect(result.frames.count == 2)
  }

  @Test func `a short value alone makes no Percuss device, two that differ do`() {
    var script = Script()
    // The bytes of a stop, again and again.
    for _ in 0..<3 { script.sent("52 1400" + Sample.stop) }
    #expect(script.result.shown == Array(repeating: "write_command 20 10 08 00", count: 3))
    script.sent("52 1400 10 09 00")
    #expect(script.result.shown.last == "write_command ~Control Point 10 09 00")
    #expect(script.result.problems.isEmpty)
  }

  @Test func `a guess that values refuse is withdrawn`() {
    var script = Script()
    script.sent("52 1400" + Sample.setSpeed)
    script.received("1b 1700 4869")
    script.received("1b 1700 4869")
    script.sent("52 1400" + Sample.setSpeed)
    let result = script.result
    #expect(
      result.shown == [
        "write_command ~Control Point 13 07 00 6c 07 f4 01", "notification 23 48 69", "notification 23 48 69",
        "write_command 20 13 07 00 6c 07 f4 01",
      ])
    #expect(result.problems.map(\.reason) == [.assumptionWithdrawn(handle: 0x17)])
    #expect(result.frames.count == 1)
  }

  @Test func `one malformed value of many does not refute a guess, nor a value at a handle beside it`() {
    var script = Script()
    for sequence in 0..<8 { script.sent("52 1400 13" + hex([UInt8(sequence)]) + "00 6c07 f401") }
    script.received("1b 1700 4869")
    script.received("1b 4000 4869")
    let result = script.result
    #expect(result.problems.isEmpty)
    #expect(result.shown.suffix(2) == ["notification ~Telemetry 48 69", "notification 64 48 69"])
  }

  // A value of 150 bytes, on a connection whose agreement on ATT_MTU (101 or more) the capture does not show.
  @Test(arguments: [([100, 50], true), ([75, 75, 0], true), ([100, 101], false), ([60, 60, 30], true)])
  func `a long value on a connection that was there before the capture is joined by the lengths of its parts`(
    lengths: [Int], isJoined: Bool
  ) {
    var script = Script()
    var offset = 0
    for length in lengths {
      script.sent(offset == 0 ? "0a 1700" : "0c 1700" + hex(little(UInt16(offset))))
      script.received((offset == 0 ? "0b" : "0d") + hex((0..<length).map { UInt8(truncatingIfNeeded: offset + $0) }))
      offset += length
    }
    let result = script.result
    #expect(result.problems.isEmpty, "\(result.problems)")
    let values = result.values.filter { $0.event.carriesValue }
    #expect(values.prefix(lengths.count).allSatisfy { !$0.event.isWhole })
    let joined = values.filter { $0.event.operation == .longReadValue }
    #expect(joined.map(\.bytes) == (isJoined ? [(0..<offset).map { UInt8(truncatingIfNeeded: $0) }] : []))
    #expect(joined.allSatisfy { $0.event.isWhole })
  }

  @Test func `a value that is shorter than another PDU is whole, though ATT_MTU is not known`() {
    var script = Script()
    let text = hex([UInt8](repeating: 0x41, count: 60))
    script.sent("0a 1900")
    script.received("0b" + text)
    script.received("1b 1a00" + text)
    script.sent("0a 1900")
    script.received("0b" + text)
    script.sent("0c 1900 3c00")
    script.received("0d")
    let values = script.result.values.filter { $0.event.carriesValue }
    #expect(values.map(\.event.isWhole) == [false, true, true, false])
  }

  @Test func `values of another device are not taken for frames`() {
    var script = Script()
    script.received("1b 1700 0102")
    script.sent("52 1800 ffffffff")
    script.received("1d 1900 48656c6c6f")
    #expect(script.result.frames.isEmpty)
    #expect(
      script.result.shown == ["notification 23 01 02", "write_command 24 ff ff ff ff", "indication 25 48 65 6c 6c 6f"])
  }

  @Test func `saved handles serve where the capture shows no discovery, and are what it told`() throws {
    var decoder = CaptureDecoder()
    var recorder = Recorder()
    var reader = CaptureReader()
    let file = AttributeTests.discovered().file
    var position = 0
    while let record = try reader.next(in: file.span.bytes, at: &position, isLast: true) {
      decoder.decode(record, file.span.bytes.extracting(record.data), into: &recorder)
    }
    let saved = decoder.handles
    #expect(
      saved.text.hasPrefix(
        "[C8:2E:47:0A:11:02]\n0x0010 2800\n0x0011 2803\n0x0012 7e320002-bf34-4597-a0b9-83277511650e\n"))
    #expect(try SavedHandles(saved.text) == saved)

    var script = Script()
    script.connect()
    script.sent("12 1500 0200")
    script.received("1b 1700 00")
    let result = read(script.file, saved: saved).1
    #expect(result.shown == ["write_request Control Point/2902 02 00", "notification Telemetry 00"])
    var stranger = Script()
    stranger.connect(peer: [1, 2, 3, 4, 5, 6])
    stranger.received("1b 1700 00")
    #expect(read(stranger.file, saved: saved).1.shown == ["notification 23 00"])
    let any = try SavedHandles("# by hand\r\n[*]\r\n0x0017 7e320004-bf34-4597-a0b9-83277511650e\n")
    #expect(read(stranger.file, saved: any).1.shown == ["notification Telemetry 00"])
  }

  @Test(arguments: [
    ("0x17", "line 1: '0x17' is no attribute; write a handle and a UUID, as in 0x0012 2a19"),
    ("\n0x0000 2a19", "line 2: '0x0000 2a19' is no attribute; write a handle and a UUID, as in 0x0012 2a19"),
    (
      "0x17 xyz",
      "line 1: 'xyz' is no UUID; write it as in 2a19 or 7e320003-bf34-4597-a0b9-83277511650e"
    ),
    ("[C8:2E]", "line 1: '[C8:2E]' is no server; write it as in [C8:2E:47:0A:11:02], or [*] for any peripheral"),
  ])
  func `mistakes in saved handles have their line`(text: String, message: String) {
    do {
      _ = try SavedHandles(text)
      Issue.record("it was taken")
    } catch {
      #expect(error.description == message)
    }
  }
}
