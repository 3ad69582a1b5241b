import PercussWire
import Testing

/// The Theragun's frames as a program uses them; the vectors hold the rest.
struct TheragunFrameTests {
  @Test func `a request is made with its checksum`() throws {
    #expect(try TheragunRequest(body: .setSpeed(speedRPM: 2400)).bytes() == [0xAA, 0x70, 0x01, 0x03, 0x09, 0x60, 0x03])
    #expect(try TheragunRequest(body: .status).bytes() == [0xAA, 0x10, 0x10, 0x00])
    #expect(try TheragunRequest(body: .version).bytes() == [0xAA, 0x20, 0x20, 0x00])
    #expect(TheragunRequest(body: .status).kind == .status)
  }

  @Test func `every speed in range comes back, every other is refused in both directions`() throws {
    for speed in UInt16.min...UInt16.max {
      let bytes = [0x01, 0x03, UInt8(speed >> 8), UInt8(truncatingIfNeeded: speed), 0x03]
      let frame = [0xAA, bytes.reduce(0, &+)] + bytes
      if speed <= TheragunConstants.speedMaximumRPM {
        #expect(try TheragunRequest(frame) == TheragunRequest(body: .setSpeed(speedRPM: speed)))
        #expect(try TheragunRequest(body: .setSpeed(speedRPM: speed)).bytes() == frame)
      } else {
        let expected = WireError(
          .outOfRange(value: Int64(speed), minimum: 0, maximum: 3616), at: 4, .theragunRequestSetSpeedSpeed)
        #expect(throws: expected) { try TheragunRequest(frame) }
        #expect(throws: expected) { try TheragunRequest(body: .setSpeed(speedRPM: speed)).bytes() }
      }
    }
  }

  @Test func `no single damaged byte goes unnoticed`() throws {
    let frame: [UInt8] = [0xBB, 0x7A, 0x10, 0, 0x01, 0, 0, 0, 0, 0, 0, 0, 0, 0x09, 0x60]
    for place in frame.indices {
      for value in UInt8.min...UInt8.max where value != frame[place] {
        var damaged = frame
        damaged[place] = value
        let error = #expect(throws: WireError.self) { try TheragunNotification(damaged) }
        #expect(error?.offset == (place == 0 ? 0 : 1))
      }
    }
  }

  @Test func `an error names what was found and what should be there`() {
    #expect {
      try TheragunRequest([0xAA, 0x71, 0x01, 0x03, 0x09, 0x60, 0x03])
    } throws: { error in
      "\(error)" == "request.checksum at byte 1: the checksum is 0x71, but that of the bytes is 0x70"
    }
  }

  @Test func `the fields of two protocols are never the same`() {
    #expect(WireField.theragunRequest.rawValue != WireField.deviceFeature.rawValue)
    #expect(WireField.theragunRequestSetSpeedSpeed.offset == 4)
    #expect(WireField.theragunRequestSetSpeedSpeed.parameterIndex == 1)
    #expect(WireField.theragunRequestChecksum.parameterIndex == nil)
  }

  @Test func `words for people`() throws {
    let frame = try FrameDescription(
      decoding: [0xBB, 0x44, 0x10, 0x0A, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0x60, 0x12, 0x34, 0x56],
      as: WireSchema.theragunNotification)
    #expect(frame.body.map(\.meaning) == ["0x0a", "running", "0x0102030405060708", "2400 RPM"])
    #expect(frame.header.map(\.meaning) == ["187", "0x44", "status"])
    #expect(frame.ignored == 15..<18)
    #expect(frame.message.specification.notice?.contains("not tried on hardware") == true)
  }

  @Test func `RPM and PPM are not taken for each other`() throws {
    let builder = try #require(FrameBuilder.named("set_speed", in: .theragunGen4).first)
    #expect(try builder.bytes([(name: "speed", text: "2400 RPM")]) == [0xAA, 0x70, 1, 3, 9, 0x60, 3])
    #expect(throws: FrameBuilderError.self) { try builder.bytes([(name: "speed", text: "2400 PPM")]) }
    #expect(throws: FrameBuilderError.unknownField("checksum", known: ["speed"])) {
      try builder.bytes([(name: "speed", text: "1"), (name: "checksum", text: "8")])
    }
  }
}
