import PercussCapture
import PercussGATT
import PercussWire
import Testing

/// ATT: discovery, values, requests and their answers, and what the values are.
struct AttributeTests {
  /// A connection whose Percuss Service was discovered at 0x10.
  static func discovered() -> Script {
    var script = Script()
    script.connect()
    script.discover()
    return script
  }

  @Test func `discovery gives handles their characteristics, and values their frames`() throws {
    var script = Self.discovered()
    script.sent("12 1500 0200")
    script.received("13")
    script.sent("12 1400" + Sample.setSpeed)
    script.received("13")
    script.received("1d 1400 80 13 07 01 03")
    script.sent("1e")
    script.received("1b 1700 05 03 e8030000 6c07 6c07 2c01 2c01 50 ffff 0000 00")
    let result = script.result
    #expect(result.problems.isEmpty)
    #expect(
      result.shown == [
        "write_request Control Point/2902 02 00", "write_request Control Point 13 07 00 6c 07 f4 01",
        "indication Control Point 80 13 07 01 03",
        "notification Telemetry 05 03 e8 03 00 00 6c 07 6c 07 2c 01 2c 01 50 ff ff 00 00 00",
      ])
    #expect(result.frames.count == 3)
    #expect(
      result.frames.first
        == .request(ControlRequest(sequence: 7, flags: [], body: .setSpeed(speedPPM: 1900, rampMilliseconds: 500))))
    guard case .telemetry(let telemetry) = result.frames.last else {
      Issue.record("\(result.frames)")
      return
    }
    #expect(telemetry.counter == 5 && telemetry.speedPPM == 1900)
    let confirmation = try #require(result.values.last { $0.event.operation == .confirmation })
    #expect(confirmation.event.request?.latency == 1_000_000 && confirmation.event.handle == 0x14)
  }

  @Test func `discovery by Find Information and Find By Type Value`() {
    var script = Script()
    script.connect()
    script.sent("06 0100 ffff 0028" + hex(BluetoothUUID.percussService.littleEndianBytes))
    script.received("07 1000 2100")
    script.sent("04 1100 1400")
    script.received(
      "05 02 1200" + hex(BluetoothUUID.percussFeature.littleEndianBytes) + "1700"
        + hex(BluetoothUUID.percussTelemetry.littleEndianBytes))
    script.sent("04 1800 1800")
    script.received("05 01 1800 0229")
    script.sent("12 1800 0100")
    script.received("1b 1700 00")
    #expect(
      script.result.shown == ["write_request Telemetry/2902 01 00", "notification Telemetry 00"])
  }

  @Test func `reading by type gives values and handles at once`() {
    var script = Script()
    script.connect()
    script.sent("08 0100 ffff 192a")
    script.received("09 03 0500 63 0600 64")
    script.received("1b 0500 62")
    #expect(
      script.result.shown == [
        "read_by_type_response Battery Level 63", "read_by_type_response Battery Level 64",
        "notification Battery Level 62",
      ])
  }

  @Test func `handles are remembered for the next connection with the same peer, not for another`() {
    var script = Self.discovered()
    script.disconnect()
    script.connect()
    script.received("1b 1700 00")
    script.disconnect()
    script.connect(peer: [1, 2, 3, 4, 5, 6])
    script.received("1b 1700 00")
    #expect(script.result.shown == ["notification Telemetry 00", "notification 23 00"])
  }

  @Test func `Service Changed makes handles unknown again`() {
    var script = Self.discovered()
    script.sent("08 0100 0a00 052a")
    script.received("09 04 0300 0000")
    script.received("1d 0300 1600 ffff")
    script.sent("1e")
    script.received("1b 1700 00")
    script.received("1d 1400 00")
    #expect(script.result.shown.suffix(2) == ["notification 23 00", "indication Control Point 00"])
  }

  @Test func `what is learnt anew of a handle counts from there on, for values that have just been seen too`() {
    var script = Self.discovered()
    script.received("1b 1700 00")
    script.received("1b 1700 00")
    script.sent("04 1700 1700")
    script.received("05 01 1700 192a")
    script.received("1b 1700 63")
    // A part of a PDU is pending: what comes now is not told before it.
    script.acl(.received, [9, 0, 4, 0, 1])
    script.received("1b 1700 62")
    let result = script.result
    #expect(
      result.shown == [
        "notification Telemetry 00", "notification Telemetry 00", "notification Battery Level 63",
        "notification Battery Level 62",
      ])
    #expect(result.problems.map(\.reason) == [.incomplete(.l2cap, received: 5, expected: 13)])
  }

  @Test func `Service Changed is cheap, however often it comes and however little it changes`() {
    var script = Self.discovered()
    script.sent("08 0100 0a00 052a")
    script.received("09 04 0300 0000")
    // An attribute at the last handle makes the table as long as it gets.
    script.sent("04 ffff ffff")
    script.received("05 01 ffff 0229")
    for _ in 0..<2_000 {
      script.received("1d 0300 0100 0100")
      script.sent("1e")
    }
    // And everything, again and again, learnt anew each time.
    for _ in 0..<200 {
      script.sent("04 ffff ffff")
      script.received("05 01 ffff 0229")
      script.received("1d 0300 0400 ffff")
      script.sent("1e")
    }
    script.received("1b 1700 00")
    #expect(script.result.shown.last == "notification 23 00")
  }

  @Test func `included services with and without their UUID are understood`() {
    var script = Script()
    script.connect()
    script.sent("08 0100 ffff 0228")
    script.received("09 06 0500 2000 2500")
    script.sent("08 0600 ffff 0228")
    script.received("09 08 0600 3000 3500 0f18")
    #expect(script.result.problems.isEmpty, "\(script.result.problems)")
  }

  @Test func `what a server refused to prepare is not written`() {
    var script = Self.discovered()
    script.sent("16 1400 0000 aabb")
    script.received("01 16 1400 09")
    script.sent("16 1400 0000 aabb")
    script.received("17 1400 0000 aabb")
    script.sent("16 1400 0200 cc")
    script.received("17 1400 0200 cc")
    script.sent("18 01")
    script.received("19")
    let written = script.result.values.filter { $0.event.operation == .preparedValue }.map(\.bytes)
    #expect(written == [[0xAA, 0xBB, 0xCC]])
  }

  @Test func `the MTU is agreed for both`() {
    var script = Script()
    script.connect()
    script.sent("02 0502")
    script.received("03 f700")
    script.sent("02 0500")
    script.received("03 f700")
    #expect(
      script.result.connections.dropFirst().map(\.kind) == [
        .mtu(client: 517, server: 247, agreed: 247), .mtu(client: 5, server: 247, agreed: 23),
      ])
  }

  @Test func `answers find their requests, and what does not fit is told`() {
    var script = Script()
    script.connect()
    script.sent("0a 1700")
    script.received("0b 01")
    script.sent("0a 1800")
    script.received("01 0a 1800 02")
    script.received("0b 02")
    script.received("13")
    script.sent("0a 1900")
    script.sent("12 1a00 01")
    script.received("0b 03")
    script.received("01 08 1900 0a")
    script.sent("1e")
    script.received("1d 1700 01")
    script.received("1d 1700 02")
    script.disconnect()
    let result = script.result
    #expect(
      result.problems.map(\.reason) == [
        .unexpectedResponse(.readResponse), .unexpectedResponse(.writeResponse),
        .unanswered(.readRequest, record: 8), .unexpectedResponse(.readResponse), .unexpectedResponse(.errorResponse),
        .unexpectedResponse(.confirmation), .unanswered(.indication, record: 13),
        .unanswered(.writeRequest, record: 9), .unanswered(.indication, record: 14),
      ])
    let error = result.values.first { $0.event.error != nil }
    #expect(error?.event.error == .readNotPermitted && error?.event.request?.record == 4)
    #expect(result.values[1].event.request == .init(record: 2, operation: .readRequest, latency: 1_000_000))
  }

  @Test func `a client may be at either end`() {
    var script = Self.discovered()
    // The peer reads from this host, at a handle that means another thing there.
    script.received("0a 1700")
    script.sent("0b 01")
    script.received("52 1700 02")
    script.sent("1b 1700 03")
    #expect(script.result.shown == ["read_response 23 01", "write_command 23 02", "notification 23 03"])
  }

  @Test func `long values: read in parts, and prepared`() {
    var script = Self.discovered()
    let feature = "01 00 46106fe7 ff0f0000 b004 600e 3200 5802 04 f401 10"  // 22 bytes: as many as fit
    script.sent("0a 1200")
    script.received("0b" + feature)
    script.sent("0c 1200 1600")
    script.received("0d aabb")
    script.sent("16 1400 0000 1307006c")
    script.received("17 1400 0000 1307006c")
    script.sent("16 1400 0400 07f401")
    script.received("17 1400 0400 07f401")
    script.sent("18 01")
    script.received("19")
    script.sent("16 1400 0000 13")
    script.received("17 1400 0000 13")
    script.sent("18 00")
    script.received("19")
    let result = script.result
    #expect(result.problems.isEmpty)
    #expect(
      result.values.filter { $0.event.carriesValue && $0.event.isWhole }.map {
        "\($0.event.operation.name) \($0.bytes.count)"
      } == [
        "read_response 22", "long_read_value 24", "prepared_value 7",
      ])
    #expect(result.frames.count == 3)
    #expect(result.frames[0] == result.frames[1])
    guard case .feature = result.frames[0], case .request = result.frames[2] else {
      Issue.record("\(result.frames)")
      return
    }
  }

  @Test func `several values in one PDU`() {
    var script = Self.discovered()
    script.sent("20 1200 1d00")
    script.received("21 0200 0102 0100 03")
    script.received("23 1700 0100 09 1a00 0200 0708")
    script.sent("0e 1200 1d00")
    script.received("0f 0102")
    script.received("23 1700 0500 09")
    script.sent("d2 1400 100700 000000000000000000000000")
    let result = script.result
    #expect(
      result.shown == [
        "read_multiple_variable_response Feature 01 02", "read_multiple_variable_response Routine Data 03",
        "multiple_handle_value_notification Telemetry 09", "multiple_handle_value_notification Event 07 08",
        "read_multiple_response Feature 01 02", "signed_write_command Control Point 10 07 00",
      ])
    #expect(result.problems.map(\.reason) == [.truncated(.att, needed: 10, available: 6)])
  }

  @Test func `which operations carry values, and which a client sends`() {
    let all = (0...0xFF).map { ATTOperation(UInt8($0)) } + [.preparedValue, .longReadValue]
    #expect(
      Set(all.filter(\.carriesValue)) == [
        .readResponse, .readBlobResponse, .readMultipleResponse, .readByTypeResponse, .readMultipleVariableResponse,
        .writeRequest, .writeCommand, .signedWriteCommand, .prepareWriteRequest, .notification, .indication,
        .multipleNotification, .preparedValue, .longReadValue,
      ])
    let named = all.filter { $0.isFromClient && !$0.name.hasPrefix("opcode_") }
    #expect(
      Set(named) == [
        .exchangeMTURequest, .findInformationRequest, .findByTypeValueRequest, .readByTypeRequest, .readRequest,
        .readBlobRequest, .readMultipleRequest, .readByGroupTypeRequest, .writeRequest, .prepareWriteRequest,
        .executeWriteRequest, .confirmation, .readMultipleVariableRequest, .writeCommand, .signedWriteCommand,
        .preparedValue,
      ])
  }

  static let short: [(String, CaptureProblem.Reason)] = [
    ("01 0a 1700", .truncated(.att, needed: 5, available: 4)), ("02 17", .truncated(.att, needed: 3, available: 2)),
    ("0a 17", .truncated(.att, needed: 3, available: 2)),
    ("08 0100 ffff 03", .truncated(.att, needed: 7, available: 6)),
    ("16 1700 00", .truncated(.att, needed: 5, available: 4)), ("52 17", .truncated(.att, needed: 3, available: 2)),
    ("d2 1700 00", .truncated(.att, needed: 15, available: 4)), ("18", .truncated(.att, needed: 2, available: 1)),
    ("99", .invalid(.att, field: "opcode", value: 0x99)), ("14", .invalid(.att, field: "opcode", value: 0x14)),
  ]

  @Test(arguments: short)
  func `PDUs that are too short or unknown`(pdu: String, reason: CaptureProblem.Reason) {
    var script = Script()
    script.connect()
    script.sent(pdu)
    #expect(script.result.problems.map(\.reason) == [reason])
  }

  @Test(arguments: [
    ("10 0100 ffff 0028", "11 00 1000", CaptureProblem.Reason.invalid(.att, field: "length", value: 0)),
    ("10 0100 ffff 0028", "11 06 1000 2000 0a18 30", .truncated(.att, needed: 14, available: 9)),
    ("08 0100 ffff 0328", "09 08 1000 0a 1100 0102 03", .invalid(.att, field: "length", value: 8)),
    ("08 0100 ffff 002a", "09 01 10", .invalid(.att, field: "length", value: 1)),
    ("04 0100 ffff", "05 03 1000 0229", .invalid(.att, field: "format", value: 3)),
  ])
  func `discovery responses that are wrong`(request: String, response: String, reason: CaptureProblem.Reason) {
    var script = Script()
    script.connect()
    script.sent(request)
    script.received(response)
    #expect(script.result.problems.map(\.reason) == [reason])
  }

  @Test func `a value that is no frame is refused, not trapped over`() {
    var script = Self.discovered()
    script.received("1b 1700 0503")
    script.received("1b 1700")
    let result = script.result
    #expect(result.problems.isEmpty && result.frames.isEmpty)
    let (event, bytes) = result.values[result.values.count - 2]
    #expect(throws: WireError.self) { try event.frame(of: bytes.span.bytes) }
  }

  @Test func `every format has the characteristic that it belongs to, and a message for each of its frames`() {
    #expect(
      FrameFormat.allCases.dropLast(2).map(\.characteristic) == ServiceDescription.percuss.characteristics.map(\.uuid))
    #expect(FrameFormat.allCases.suffix(2).map(\.characteristic) == [BluetoothUUID(0xFFE2), BluetoothUUID(0xFFE1)])
    for format in FrameFormat.allCases {
      #expect(FrameFormat(format.characteristic) == format)
      for isFromClient in [true, false] {
        let message = format.message(isFromClient: isFromClient)
        #expect(message == nil || message.map(BluetoothUUID.init(of:)) == format.characteristic)
      }
    }
  }
}
