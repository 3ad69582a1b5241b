import PercussCapture
import PercussGATT
import PercussWire
import Testing

/// Values on 0xFFE1 and 0xFFE2, which Theragun devices share with other products.
struct TheragunFrameTests {
  /// A connection in which 0xFFE1 was discovered at 0x21 and 0xFFE2 at 0x24.
  private static func discovered() -> Script {
    var script = Script()
    script.connect()
    script.sent("08 2000 2500 0328")
    script.received("09 07 2000 10 2100 e1ff 2300 0c 2400 e2ff")
    return script
  }

  @Test func `a frame is one by its first byte and its checksum`() {
    var script = Self.discovered()
    script.sent("12 2400 aa 70 01 03 09 60 03")
    script.received("13")
    script.sent("52 2400 aa 20 20 00")
    script.received("1b 2100 bb 7a 10 00 01 00 00 00 00 00 00 00 00 09 60")
    script.received("1b 2100 bb 44 10 0a 01 01 02 03 04 05 06 07 08 09 60 12 34 56")
    let result = script.result
    #expect(result.problems.isEmpty)
    #expect(
      result.frames == [
        .theragunRequest(TheragunRequest(body: .setSpeed(speedRPM: 2400))),
        .theragunRequest(TheragunRequest(body: .version)),
        .theragunNotification(
          TheragunNotification(body: .status(unknownByte: 0, motion: .running, unknownBytes: 0, speedRPM: 2400))),
        .theragunNotification(
          TheragunNotification(
            body: .status(unknownByte: 10, motion: .running, unknownBytes: 0x0102_0304_0506_0708, speedRPM: 2400))),
      ])
    #expect(result.frames.map(\.encodedLength) == [7, 4, 15, 15])
  }

  @Test(arguments: [
    "52 2400 01 02 03", "52 2400 aa 71 01 03 09 60 03", "52 2400 aa", "52 2400 aa 70", "52 2400", "52 2400 ab 10 10 00",
    "52 2400 bb 10 10 00",
  ])
  func `another product's value is no frame, and not malformed`(pdu: String) throws {
    var script = Self.discovered()
    script.sent(pdu)
    let (event, value) = try #require(script.result.values.last)
    #expect(event.attribute?.characteristic == BluetoothUUID(0xFFE2))
    #expect(try event.frame(of: value.span.bytes) == nil)
  }

  @Test(arguments: [
    ("52 2400 aa 05 02 03", 2), ("52 2400 aa 04 01 03", 4), ("52 2400 aa 70 01 03 09 60 03 00", 7),
    ("52 2400 aa 36 01 03 0e 21 03", 4), ("52 2400 aa 71 01 04 09 60 03", 3),
  ])
  func `a malformed frame is refused where its first byte and checksum are right`(pdu: String, offset: Int) throws {
    var script = Self.discovered()
    script.sent(pdu)
    let (event, value) = try #require(script.result.values.last)
    let error = #expect(throws: WireError.self) { try event.frame(of: value.span.bytes) }
    #expect(error?.offset == offset)
  }

  @Test func `what is sent the other way on these characteristics is nothing known`() throws {
    var script = Self.discovered()
    script.received("1b 2400 aa 10 10 00")
    script.sent("52 2100 bb 10 10 00 00 00 00 00 00 00 00 00 00 00 00")
    for (event, value) in script.result.values.suffix(2) {
      #expect(try event.frame(of: value.span.bytes) == nil)
    }
  }
}
