// Written by protocol-generator from protocol-spec/percuss.yaml: change that page, then run `make generate`.

/// The answer to a control request.
///
///       0  marker
///       1  op code
///       2  sequence
///       3  result
///       4  state
///       5  the fields of the body
public struct ControlResponse: WireMessage {
  /// The request's op code.
  public var opCode: OpCode
  /// The request's sequence number.
  public var sequence: UInt8
  /// How it ended.
  public var result: ControlResult
  /// The device's state after it.
  public var state: DeviceState
  /// What follows the header.
  public var body: Body

  /// Creates the message from its fields.
  @inlinable
  public init(opCode: OpCode, sequence: UInt8, result: ControlResult, state: DeviceState, body: Body) {
    self.opCode = opCode
    self.sequence = sequence
    self.result = result
    self.state = state
    self.body = body
  }

  /// What follows the header.
  public enum Body: Equatable, Sendable {
    /// Nothing: the header says it all.
    case empty
    /// The lease is held.
    /// - `leaseMilliseconds`: The lease that is in force. In milliseconds, 500...60000.
    case controlGranted(leaseMilliseconds: UInt16)
    /// The preset is driven.
    /// - `speedPPM`: Its speed. In percussions per minute.
    case presetChosen(speedPPM: UInt16)
    /// The upload may begin or go on.
    /// - `transfer`: Names the transfer in its chunks.
    /// - `nextOffset`: Bytes that the device already has: 0 for a new upload.
    /// - `window`: Bytes beyond that offset that may be under way.
    case transferOpened(transfer: UInt8, nextOffset: UInt32, window: UInt16)
    /// The routine is stored.
    /// - `slot`: Where.
    case routineStored(slot: UInt8)
    /// What the slot holds.
    /// - `slot`: Which slot.
    /// - `status`: What it holds.
    /// - `length`: Bytes of the committed routine; 0 without one.
    /// - `crc32`: CRC-32 of the committed routine; 0 without one.
    /// - `nextOffset`: Bytes of the partial upload; 0 without one.
    case slotDescribed(slot: UInt8, status: SlotStatus, length: UInt32, crc32: UInt32, nextOffset: UInt32)
    /// The routine plays or is scheduled.
    /// - `startMicroseconds`: Instant at which it begins by the device's clock. In microseconds.
    case routineStarted(startMicroseconds: UInt64)
    /// The place has changed.
    /// - `step`: The step at the new place.
    case routineMoved(step: UInt16)
    /// The step is queued.
    /// - `free`: Places left in the queue.
    case stepQueued(free: UInt8)
    /// The stream plays or is scheduled.
    /// - `startMicroseconds`: Instant of offset 0 of the stream by the device's clock. In microseconds.
    case streamStarted(startMicroseconds: UInt64)
    /// What would have been accepted.
    /// - `field`: Which parameter, counted from 0 after the header.
    /// - `minimum`: Lowest accepted value; of an instant, how many milliseconds ahead it may lie.
    /// - `maximum`: Highest accepted value; of an instant, how many milliseconds ahead it may lie.
    case parameterLimits(field: UInt8, minimum: UInt32, maximum: UInt32)
    /// Where bytes are missing.
    /// - `nextOffset`: First missing byte.
    case uploadIncomplete(nextOffset: UInt32)
    /// Which index the queue expects.
    /// - `index`: The expected index.
    case indexExpected(index: UInt16)
    /// What the device cannot do.
    /// - `step`: The first step that asks for it; 65535 for the header of the routine.
    case invalidStep(step: UInt16)
  }

  /// The most bytes of such a message.
  @inlinable public static var maximumLength: Int { 20 }

  /// The bytes of this message.
  @inlinable public var encodedLength: Int {
    switch body {
    case .empty: 5
    case .controlGranted: 7
    case .presetChosen: 7
    case .transferOpened: 12
    case .routineStored: 6
    case .slotDescribed: 19
    case .routineStarted: 13
    case .routineMoved: 7
    case .stepQueued: 6
    case .streamStarted: 13
    case .parameterLimits: 14
    case .uploadIncomplete: 9
    case .indexExpected: 7
    case .invalidStep: 7
    }
  }

  /// Decodes a whole value.
  @inlinable @inline(__always) public init(decoding value: RawSpan) throws(WireError) {
    try value.require(5, for: .controlResponse)
    try value.expect(0x80, at: 0, .controlResponseMarker)
    opCode = OpCode(rawValue: value.byte(at: 1))
    sequence = value.byte(at: 2)
    result = ControlResult(rawValue: value.byte(at: 3))
    state = try DeviceState(known: value.byte(at: 4), at: 4, .controlResponseState)
    switch (opCode, result) {
    case (.requestControl, .success):
      try value.require(7, for: .controlResponseControlGranted)
      body = try .controlGranted(
        leaseMilliseconds: value.littleEndian(UInt16.self, at: 5)
          .within(500...60000, at: 5, .controlResponseControlGrantedLease))
    case (.preset, .success):
      try value.require(7, for: .controlResponsePresetChosen)
      body = .presetChosen(speedPPM: value.littleEndian(UInt16.self, at: 5))
    case (.routineBegin, .success):
      try value.require(12, for: .controlResponseTransferOpened)
      body = .transferOpened(
        transfer: value.byte(at: 5),
        nextOffset: value.littleEndian(UInt32.self, at: 6),
        window: value.littleEndian(UInt16.self, at: 10))
    case (.routineCommit, .success):
      try value.require(6, for: .controlResponseRoutineStored)
      body = .routineStored(slot: value.byte(at: 5))
    case (.routineQuery, .success):
      try value.require(19, for: .controlResponseSlotDescribed)
      body = .slotDescribed(
        slot: value.byte(at: 5),
        status: SlotStatus(rawValue: value.byte(at: 6)),
        length: value.littleEndian(UInt32.self, at: 7),
        crc32: value.littleEndian(UInt32.self, at: 11),
        nextOffset: value.littleEndian(UInt32.self, at: 15))
    case (.routineStart, .success):
      try value.require(13, for: .controlResponseRoutineStarted)
      body = .routineStarted(startMicroseconds: value.littleEndian(UInt64.self, at: 5))
    case (.routineSeek, .success):
      try value.require(7, for: .controlResponseRoutineMoved)
      body = .routineMoved(step: value.littleEndian(UInt16.self, at: 5))
    case (.queueStep, .success):
      try value.require(6, for: .controlResponseStepQueued)
      body = .stepQueued(free: value.byte(at: 5))
    case (.queueStart, .success):
      try value.require(13, for: .controlResponseStreamStarted)
      body = .streamStarted(startMicroseconds: value.littleEndian(UInt64.self, at: 5))
    case (_, .outOfRange):
      try value.require(14, for: .controlResponseParameterLimits)
      body = .parameterLimits(
        field: value.byte(at: 5),
        minimum: value.littleEndian(UInt32.self, at: 6),
        maximum: value.littleEndian(UInt32.self, at: 10))
    case (_, .incomplete):
      try value.require(9, for: .controlResponseUploadIncomplete)
      body = .uploadIncomplete(nextOffset: value.littleEndian(UInt32.self, at: 5))
    case (_, .outOfOrder):
      try value.require(7, for: .controlResponseIndexExpected)
      body = .indexExpected(index: value.littleEndian(UInt16.self, at: 5))
    case (_, .invalidRoutine):
      try value.require(7, for: .controlResponseInvalidStep)
      body = .invalidStep(step: value.littleEndian(UInt16.self, at: 5))
    default:
      body = .empty
    }
  }

  /// Appends the encoded message; nothing is appended when it throws.
  @inlinable public func encode(into output: inout OutputRawSpan) throws(WireError) {
    switch body {
    case .empty:
      guard !announcesBody else { throw WireError(.inconsistentBody, at: 5, .controlResponse) }
      try output.require(5, for: .controlResponse)
      output.append(5) { frame in writeHeader(to: frame) }
    case .controlGranted(let leaseMilliseconds):
      guard opCode == .requestControl && result == .success else {
        throw WireError(.inconsistentBody, at: 5, .controlResponseControlGranted)
      }
      try leaseMilliseconds.within(500...60000, at: 5, .controlResponseControlGrantedLease)
      try output.require(7, for: .controlResponseControlGranted)
      output.append(7) { frame in
        writeHeader(to: frame)
        frame.write(littleEndian: leaseMilliseconds, at: 5)
      }
    case .presetChosen(let speedPPM):
      guard opCode == .preset && result == .success else {
        throw WireError(.inconsistentBody, at: 5, .controlResponsePresetChosen)
      }
      try output.require(7, for: .controlResponsePresetChosen)
      output.append(7) { frame in
        writeHeader(to: frame)
        frame.write(littleEndian: speedPPM, at: 5)
      }
    case .transferOpened(let transfer, let nextOffset, let window):
      guard opCode == .routineBegin && result == .success else {
        throw WireError(.inconsistentBody, at: 5, .controlResponseTransferOpened)
      }
      try output.require(12, for: .controlResponseTransferOpened)
      output.append(12) { frame in
        writeHeader(to: frame)
        frame.write(transfer, at: 5)
        frame.write(littleEndian: nextOffset, at: 6)
        frame.write(littleEndian: window, at: 10)
      }
    case .routineStored(let slot):
      guard opCode == .routineCommit && result == .success else {
        throw WireError(.inconsistentBody, at: 5, .controlResponseRoutineStored)
      }
      try output.require(6, for: .controlResponseRoutineStored)
      output.append(6) { frame in
        writeHeader(to: frame)
        frame.write(slot, at: 5)
      }
    case .slotDescribed(let slot, let status, let length, let crc32, let nextOffset):
      guard opCode == .routineQuery && result == .success else {
        throw WireError(.inconsistentBody, at: 5, .controlResponseSlotDescribed)
      }
      try output.require(19, for: .controlResponseSlotDescribed)
      output.append(19) { frame in
        writeHeader(to: frame)
        frame.write(slot, at: 5)
        frame.write(status.rawValue, at: 6)
        frame.write(littleEndian: length, at: 7)
        frame.write(littleEndian: crc32, at: 11)
        frame.write(littleEndian: nextOffset, at: 15)
      }
    case .routineStarted(let startMicroseconds):
      guard opCode == .routineStart && result == .success else {
        throw WireError(.inconsistentBody, at: 5, .controlResponseRoutineStarted)
      }
      try output.require(13, for: .controlResponseRoutineStarted)
      output.append(13) { frame in
        writeHeader(to: frame)
        frame.write(littleEndian: startMicroseconds, at: 5)
      }
    case .routineMoved(let step):
      guard opCode == .routineSeek && result == .success else {
        throw WireError(.inconsistentBody, at: 5, .controlResponseRoutineMoved)
      }
      try output.require(7, for: .controlResponseRoutineMoved)
      output.append(7) { frame in
        writeHeader(to: frame)
        frame.write(littleEndian: step, at: 5)
      }
    case .stepQueued(let free):
      guard opCode == .queueStep && result == .success else {
        throw WireError(.inconsistentBody, at: 5, .controlResponseStepQueued)
      }
      try output.require(6, for: .controlResponseStepQueued)
      output.append(6) { frame in
        writeHeader(to: frame)
        frame.write(free, at: 5)
      }
    case .streamStarted(let startMicroseconds):
      guard opCode == .queueStart && result == .success else {
        throw WireError(.inconsistentBody, at: 5, .controlResponseStreamStarted)
      }
      try output.require(13, for: .controlResponseStreamStarted)
      output.append(13) { frame in
        writeHeader(to: frame)
        frame.write(littleEndian: startMicroseconds, at: 5)
      }
    case .parameterLimits(let field, let minimum, let maximum):
      guard result == .outOfRange else {
        throw WireError(.inconsistentBody, at: 5, .controlResponseParameterLimits)
      }
      try output.require(14, for: .controlResponseParameterLimits)
      output.append(14) { frame in
        writeHeader(to: frame)
        frame.write(field, at: 5)
        frame.write(littleEndian: minimum, at: 6)
        frame.write(littleEndian: maximum, at: 10)
      }
    case .uploadIncomplete(let nextOffset):
      guard result == .incomplete else {
        throw WireError(.inconsistentBody, at: 5, .controlResponseUploadIncomplete)
      }
      try output.require(9, for: .controlResponseUploadIncomplete)
      output.append(9) { frame in
        writeHeader(to: frame)
        frame.write(littleEndian: nextOffset, at: 5)
      }
    case .indexExpected(let index):
      guard result == .outOfOrder else {
        throw WireError(.inconsistentBody, at: 5, .controlResponseIndexExpected)
      }
      try output.require(7, for: .controlResponseIndexExpected)
      output.append(7) { frame in
        writeHeader(to: frame)
        frame.write(littleEndian: index, at: 5)
      }
    case .invalidStep(let step):
      guard result == .invalidRoutine else {
        throw WireError(.inconsistentBody, at: 5, .controlResponseInvalidStep)
      }
      try output.require(7, for: .controlResponseInvalidStep)
      output.append(7) { frame in
        writeHeader(to: frame)
        frame.write(littleEndian: step, at: 5)
      }
    }
  }

  /// The caller has checked the values and the room.
  @inlinable func writeHeader(to frame: FrameWriter) {
    frame.write(0x80, at: 0)
    frame.write(opCode.rawValue, at: 1)
    frame.write(sequence, at: 2)
    frame.write(result.rawValue, at: 3)
    frame.write(state.rawValue, at: 4)
  }

  /// Whether the header calls for a body.
  @inlinable var announcesBody: Bool {
    switch (opCode, result) {
    case (.requestControl, .success): true
    case (.preset, .success): true
    case (.routineBegin, .success): true
    case (.routineCommit, .success): true
    case (.routineQuery, .success): true
    case (.routineStart, .success): true
    case (.routineSeek, .success): true
    case (.queueStep, .success): true
    case (.queueStart, .success): true
    case (_, .outOfRange): true
    case (_, .incomplete): true
    case (_, .outOfOrder): true
    case (_, .invalidRoutine): true
    default: false
    }
  }
}
