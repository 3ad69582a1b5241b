import PercussWire
import Testing

/// Values that a program can build but no frame can carry.
struct EncodingTests {
  @Test func `a value out of range is refused as decoding it would be`() {
    expect(
      .outOfRange(value: 60001, minimum: 0, maximum: 60000), at: 5, "control_request.set_speed.ramp",
      ControlRequest(sequence: 7, flags: [], body: .setSpeed(speedPPM: 1900, rampMilliseconds: 60001)))
    expect(
      .outOfRange(value: 0, minimum: 1, maximum: 5), at: 3, "control_request.preset.index",
      ControlRequest(sequence: 7, flags: [], body: .preset(index: 0, rampMilliseconds: 0)))
    expect(
      .outOfRange(value: 101, minimum: 0, maximum: 100), at: 2, "device_event.battery_low.battery",
      DeviceEvent(counter: 1, body: .batteryLow(batteryPercent: 101, timeMicroseconds: 0)))
  }

  @Test func `a special value is in range, what lies between it and the range is not`() throws {
    let none = ControlRequest(sequence: 7, flags: [], body: .setTimer(durationMilliseconds: 0))
    #expect(try none.bytes() == [0x15, 7, 0, 0, 0, 0, 0])
    expect(
      .outOfRange(value: 9, minimum: 10, maximum: 86_400_000), at: 3, "control_request.set_timer.duration",
      ControlRequest(sequence: 7, flags: [], body: .setTimer(durationMilliseconds: 9)))
  }

  @Test func `a segment out of range is named by its place in the frame that carries it`() {
    let segment = RoutineSegment(
      kind: .hold, forceLimitDecinewtons: 0, speedFromPPM: 1900, speedToPPM: 1900, durationMilliseconds: 9)
    let reason = WireError.Reason.outOfRange(value: 9, minimum: 10, maximum: 86_400_000)
    expect(reason, at: 7, "routine_segment.duration", segment)
    expect(
      reason, at: 16, "control_request.queue_step.segment.duration",
      ControlRequest(sequence: 7, flags: [], body: .queueStep(index: 0, atMilliseconds: 0, segment: segment)))
    expect(
      reason, at: 14, "routine_data.streamed_step.segment.duration",
      RoutineData(body: .streamedStep(index: 0, atMilliseconds: 0, segment: segment)))
  }

  @Test func `a reserved flag is refused`() {
    expect(
      .reservedBits(0x80), at: 2, "control_request.flags",
      ControlRequest(sequence: 7, flags: ControlFlags(rawValue: 0x81), body: .stop))
  }

  @Test(arguments: [
    ControlResponse(
      opCode: .stop, sequence: 7, result: .success, state: .idle, body: .controlGranted(leaseMilliseconds: 500)),
    ControlResponse(
      opCode: .requestControl, sequence: 7, result: .controlHeld, state: .idle,
      body: .controlGranted(leaseMilliseconds: 500)),
    ControlResponse(opCode: .requestControl, sequence: 7, result: .success, state: .idle, body: .empty),
    ControlResponse(opCode: .setSpeed, sequence: 7, result: .outOfRange, state: .idle, body: .empty),
    ControlResponse(
      opCode: .setSpeed, sequence: 7, result: .success, state: .idle,
      body: .parameterLimits(field: 0, minimum: 0, maximum: 0)),
    ControlResponse(
      opCode: .routineStart, sequence: 7, result: .success, state: .idle, body: .streamStarted(startMicroseconds: 0)),
  ])
  func `a response whose body does not follow from its op code and result is refused`(response: ControlResponse) {
    #expect { try response.bytes() } throws: { error in
      (error as? WireError)?.reason == .inconsistentBody
    }
  }

  @Test func `a chunk carries at least one byte and at most as many as a value has room for`() throws {
    func chunk(_ count: Int) throws(WireError) -> [UInt8] {
      let payload = [UInt8](repeating: 0x5A, count: count)
      return try encoding(capacity: 600) { output throws(WireError) in
        try RoutineData.encodeChunk(transfer: 1, offset: 2, payload: payload.span.bytes, into: &output)
      }
    }
    #expect(try chunk(1) == [1, 1, 2, 0, 0, 0, 0x5A])
    #expect(try chunk(506).count == 512)
    #expect { try chunk(0) } throws: { error in
      (error as? WireError)?.reason == .truncated(needed: 7, available: 6)
    }
    #expect { try chunk(507) } throws: { error in
      (error as? WireError)?.reason == .tooLong(maximum: 512, actual: 513)
    }
  }

  @Test func `an error reads as a sentence that names field, byte and what would be right`() {
    #expect {
      try ControlRequest([0x13, 7, 0, 0x6C, 0x07, 0x61, 0xEA])
    } throws: { error in
      "\(error)" == "control_request.set_speed.ramp at byte 5: 60001 is outside 0...60000"
    }
  }

  private func expect(
    _ reason: WireError.Reason, at offset: Int, _ field: String, _ message: some WireMessage,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    do throws(WireError) {
      let bytes = try message.bytes()
      Issue.record("was encoded as \(hexadecimal(bytes))", sourceLocation: sourceLocation)
    } catch {
      #expect(error.reason == reason, sourceLocation: sourceLocation)
      #expect(error.offset == offset, sourceLocation: sourceLocation)
      #expect("\(error.field)" == field, sourceLocation: sourceLocation)
    }
  }
}
