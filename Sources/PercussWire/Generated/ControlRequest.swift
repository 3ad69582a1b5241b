// Written by protocol-generator from protocol-spec/percuss.yaml: change that page, then run `make generate`.

/// A request to the device.
///
///       0  op code
///       1  sequence
///       2  flags
///       3  the fields of the body
public struct ControlRequest: WireMessage {
  /// One more than that of the central's last request; wraps.
  public var sequence: UInt8
  /// How to answer.
  public var flags: ControlFlags
  /// What follows the header.
  public var body: Body

  /// Creates the message from its fields.
  @inlinable
  public init(sequence: UInt8, flags: ControlFlags, body: Body) {
    self.sequence = sequence
    self.flags = flags
    self.body = body
  }

  /// What follows the header.
  public enum Body: Equatable, Sendable {
    /// Take the lease, or change it.
    /// - `leaseMilliseconds`: The lease ends this long after the last value that renewed it. In milliseconds,
    ///   500...60000.
    /// - `lossPolicy`: What the motor does when the central is lost.
    case requestControl(leaseMilliseconds: UInt16, lossPolicy: LossPolicy)
    /// Give the lease back.
    case releaseControl
    /// Renew the lease.
    case keepAlive
    /// Stop, forget settings, clear faults.
    case reset
    /// Ramp to rest now.
    case stop
    /// Ramp to rest and hold the place.
    case pause
    /// Go on from where pause held.
    case resume
    /// Drive the motor by hand.
    /// - `speedPPM`: Speed to reach; 0 brings the motor to rest. In percussions per minute.
    /// - `rampMilliseconds`: Time to reach it, in a straight line; where the motor cannot follow, the device takes
    ///   longer. In milliseconds, 0...60000.
    case setSpeed(speedPPM: UInt16, rampMilliseconds: UInt16)
    /// Limit the force.
    /// - `forceDecinewtons`: Force above which the motor yields; 0 stands for the device's limit. In tenths of a
    ///   newton.
    case setForceLimit(forceDecinewtons: UInt16)
    /// Stop by itself.
    /// - `durationMilliseconds`: Time from now. In milliseconds, 10...86400000, or 0: no timer.
    case setTimer(durationMilliseconds: UInt32)
    /// Drive the motor at a preset.
    /// - `index`: Which preset. 1...5.
    /// - `rampMilliseconds`: Time to reach it. In milliseconds, 0...60000.
    case preset(index: UInt8, rampMilliseconds: UInt16)
    /// The operator confirms.
    /// - `step`: The waiting step, as its event named it.
    case confirm(step: UInt16)
    /// Announce an upload.
    /// - `slot`: Slot to store it in.
    /// - `length`: Bytes of the whole routine. 15...720878.
    /// - `crc32`: CRC-32 of the whole routine.
    case routineBegin(slot: UInt8, length: UInt32, crc32: UInt32)
    /// Store the upload.
    /// - `transfer`: The transfer that routine begin opened.
    case routineCommit(transfer: UInt8)
    /// Forget the upload.
    /// - `transfer`: The transfer that routine begin opened.
    case routineAbort(transfer: UInt8)
    /// Say what a slot holds.
    /// - `slot`: Which slot.
    case routineQuery(slot: UInt8)
    /// Play a stored routine.
    /// - `slot`: Which slot.
    /// - `startMicroseconds`: Instant of the device's clock; 0 stands for now. In microseconds.
    /// - `offsetMilliseconds`: Place in the routine to begin at. In milliseconds, 0...86400000.
    case routineStart(slot: UInt8, startMicroseconds: UInt64, offsetMilliseconds: UInt32)
    /// Move within the routine.
    /// - `offsetMilliseconds`: Place in the routine. In milliseconds, 0...86400000.
    case routineSeek(offsetMilliseconds: UInt32)
    /// Empty a slot.
    /// - `slot`: Which slot.
    case routineClear(slot: UInt8)
    /// Check a stored routine.
    /// - `slot`: Which slot.
    case routineValidate(slot: UInt8)
    /// Add a step to the queue, with a response.
    /// - `index`: One more than the step before, 0 after 65534; the first after a flush is 0.
    /// - `atMilliseconds`: Offset from the start of the stream. In milliseconds.
    /// - `segment`: The step.
    case queueStep(index: UInt16, atMilliseconds: UInt32, segment: RoutineSegment)
    /// Forget the queued steps.
    case queueFlush
    /// Play the queue.
    /// - `startMicroseconds`: Instant of the device's clock; 0 stands for now. In microseconds.
    case queueStart(startMicroseconds: UInt64)
    /// Set the telemetry interval of this central.
    /// - `intervalMilliseconds`: Time between two notifications. In milliseconds, 20...60000, or 0: no telemetry.
    case setTelemetry(intervalMilliseconds: UInt16)
  }

  /// What is asked for.
  @inlinable public var opCode: OpCode { body.opCode }

  /// The header alone, of a message that may be wrong in what follows or have reserved bits set.
  public struct Header: Equatable, Sendable {
    /// What is asked for.
    public var opCode: OpCode
    /// One more than that of the central's last request; wraps.
    public var sequence: UInt8
    /// How to answer.
    public var flags: ControlFlags

    /// Nil when the value is shorter than the header.
    @inlinable public init?(of value: RawSpan) {
      guard value.byteCount >= 3 else { return nil }
      opCode = OpCode(rawValue: value.byte(at: 0))
      sequence = value.byte(at: 1)
      flags = ControlFlags(rawValue: value.byte(at: 2))
    }
  }

  /// The most bytes of such a message.
  @inlinable public static var maximumLength: Int { 20 }

  /// The bytes of this message.
  @inlinable public var encodedLength: Int {
    switch body {
    case .requestControl: 6
    case .releaseControl: 3
    case .keepAlive: 3
    case .reset: 3
    case .stop: 3
    case .pause: 3
    case .resume: 3
    case .setSpeed: 7
    case .setForceLimit: 5
    case .setTimer: 7
    case .preset: 6
    case .confirm: 5
    case .routineBegin: 12
    case .routineCommit: 4
    case .routineAbort: 4
    case .routineQuery: 4
    case .routineStart: 16
    case .routineSeek: 7
    case .routineClear: 4
    case .routineValidate: 4
    case .queueStep: 20
    case .queueFlush: 3
    case .queueStart: 11
    case .setTelemetry: 5
    }
  }

  /// Decodes a whole value.
  @inlinable @inline(__always) public init(decoding value: RawSpan) throws(WireError) {
    try value.require(3, for: .controlRequest)
    let opCode = OpCode(rawValue: value.byte(at: 0))
    sequence = value.byte(at: 1)
    flags = try ControlFlags(rawValue: value.byte(at: 2)).within(ControlFlags.known, at: 2, .controlRequestFlags)
    switch opCode {
    case .requestControl:
      try value.require(6, for: .controlRequestRequestControl)
      body = try .requestControl(
        leaseMilliseconds: value.littleEndian(UInt16.self, at: 3)
          .within(500...60000, at: 3, .controlRequestRequestControlLease),
        lossPolicy: LossPolicy(known: value.byte(at: 5), at: 5, .controlRequestRequestControlLossPolicy))
    case .releaseControl:
      body = .releaseControl
    case .keepAlive:
      body = .keepAlive
    case .reset:
      body = .reset
    case .stop:
      body = .stop
    case .pause:
      body = .pause
    case .resume:
      body = .resume
    case .setSpeed:
      try value.require(7, for: .controlRequestSetSpeed)
      body = try .setSpeed(
        speedPPM: value.littleEndian(UInt16.self, at: 3),
        rampMilliseconds: value.littleEndian(UInt16.self, at: 5).within(0...60000, at: 5, .controlRequestSetSpeedRamp))
    case .setForceLimit:
      try value.require(5, for: .controlRequestSetForceLimit)
      body = .setForceLimit(forceDecinewtons: value.littleEndian(UInt16.self, at: 3))
    case .setTimer:
      try value.require(7, for: .controlRequestSetTimer)
      body = try .setTimer(
        durationMilliseconds: value.littleEndian(UInt32.self, at: 3)
          .within(10...86_400_000, or: 0, at: 3, .controlRequestSetTimerDuration))
    case .preset:
      try value.require(6, for: .controlRequestPreset)
      body = try .preset(
        index: value.byte(at: 3).within(1...5, at: 3, .controlRequestPresetIndex),
        rampMilliseconds: value.littleEndian(UInt16.self, at: 4).within(0...60000, at: 4, .controlRequestPresetRamp))
    case .confirm:
      try value.require(5, for: .controlRequestConfirm)
      body = .confirm(step: value.littleEndian(UInt16.self, at: 3))
    case .routineBegin:
      try value.require(12, for: .controlRequestRoutineBegin)
      body = try .routineBegin(
        slot: value.byte(at: 3),
        length: value.littleEndian(UInt32.self, at: 4).within(15...720878, at: 4, .controlRequestRoutineBeginLength),
        crc32: value.littleEndian(UInt32.self, at: 8))
    case .routineCommit:
      try value.require(4, for: .controlRequestRoutineCommit)
      body = .routineCommit(transfer: value.byte(at: 3))
    case .routineAbort:
      try value.require(4, for: .controlRequestRoutineAbort)
      body = .routineAbort(transfer: value.byte(at: 3))
    case .routineQuery:
      try value.require(4, for: .controlRequestRoutineQuery)
      body = .routineQuery(slot: value.byte(at: 3))
    case .routineStart:
      try value.require(16, for: .controlRequestRoutineStart)
      body = try .routineStart(
        slot: value.byte(at: 3),
        startMicroseconds: value.littleEndian(UInt64.self, at: 4),
        offsetMilliseconds: value.littleEndian(UInt32.self, at: 12)
          .within(0...86_400_000, at: 12, .controlRequestRoutineStartOffset))
    case .routineSeek:
      try value.require(7, for: .controlRequestRoutineSeek)
      body = try .routineSeek(
        offsetMilliseconds: value.littleEndian(UInt32.self, at: 3)
          .within(0...86_400_000, at: 3, .controlRequestRoutineSeekOffset))
    case .routineClear:
      try value.require(4, for: .controlRequestRoutineClear)
      body = .routineClear(slot: value.byte(at: 3))
    case .routineValidate:
      try value.require(4, for: .controlRequestRoutineValidate)
      body = .routineValidate(slot: value.byte(at: 3))
    case .queueStep:
      try value.require(20, for: .controlRequestQueueStep)
      body = try .queueStep(
        index: value.littleEndian(UInt16.self, at: 3),
        atMilliseconds: value.littleEndian(UInt32.self, at: 5),
        segment: RoutineSegment(decoding: value, at: 9, as: .controlRequestQueueStepSegmentKind))
    case .queueFlush:
      body = .queueFlush
    case .queueStart:
      try value.require(11, for: .controlRequestQueueStart)
      body = .queueStart(startMicroseconds: value.littleEndian(UInt64.self, at: 3))
    case .setTelemetry:
      try value.require(5, for: .controlRequestSetTelemetry)
      body = try .setTelemetry(
        intervalMilliseconds: value.littleEndian(UInt16.self, at: 3)
          .within(20...60000, or: 0, at: 3, .controlRequestSetTelemetryInterval))
    default:
      throw WireError(.unknownValue(Int64(opCode.rawValue)), at: 0, .controlRequestOpCode)
    }
  }

  /// Appends the encoded message; nothing is appended when it throws.
  @inlinable public func encode(into output: inout OutputRawSpan) throws(WireError) {
    try flags.within(ControlFlags.known, at: 2, .controlRequestFlags)
    switch body {
    case .requestControl(let leaseMilliseconds, let lossPolicy):
      try leaseMilliseconds.within(500...60000, at: 3, .controlRequestRequestControlLease)
      try output.require(6, for: .controlRequestRequestControl)
      output.append(6) { frame in
        writeHeader(.requestControl, to: frame)
        frame.write(littleEndian: leaseMilliseconds, at: 3)
        frame.write(lossPolicy.rawValue, at: 5)
      }
    case .releaseControl:
      try output.require(3, for: .controlRequestReleaseControl)
      output.append(3) { frame in writeHeader(.releaseControl, to: frame) }
    case .keepAlive:
      try output.require(3, for: .controlRequestKeepAlive)
      output.append(3) { frame in writeHeader(.keepAlive, to: frame) }
    case .reset:
      try output.require(3, for: .controlRequestReset)
      output.append(3) { frame in writeHeader(.reset, to: frame) }
    case .stop:
      try output.require(3, for: .controlRequestStop)
      output.append(3) { frame in writeHeader(.stop, to: frame) }
    case .pause:
      try output.require(3, for: .controlRequestPause)
      output.append(3) { frame in writeHeader(.pause, to: frame) }
    case .resume:
      try output.require(3, for: .controlRequestResume)
      output.append(3) { frame in writeHeader(.resume, to: frame) }
    case .setSpeed(let speedPPM, let rampMilliseconds):
      try rampMilliseconds.within(0...60000, at: 5, .controlRequestSetSpeedRamp)
      try output.require(7, for: .controlRequestSetSpeed)
      output.append(7) { frame in
        writeHeader(.setSpeed, to: frame)
        frame.write(littleEndian: speedPPM, at: 3)
        frame.write(littleEndian: rampMilliseconds, at: 5)
      }
    case .setForceLimit(let forceDecinewtons):
      try output.require(5, for: .controlRequestSetForceLimit)
      output.append(5) { frame in
        writeHeader(.setForceLimit, to: frame)
        frame.write(littleEndian: forceDecinewtons, at: 3)
      }
    case .setTimer(let durationMilliseconds):
      try durationMilliseconds.within(10...86_400_000, or: 0, at: 3, .controlRequestSetTimerDuration)
      try output.require(7, for: .controlRequestSetTimer)
      output.append(7) { frame in
        writeHeader(.setTimer, to: frame)
        frame.write(littleEndian: durationMilliseconds, at: 3)
      }
    case .preset(let index, let rampMilliseconds):
      try index.within(1...5, at: 3, .controlRequestPresetIndex)
      try rampMilliseconds.within(0...60000, at: 4, .controlRequestPresetRamp)
      try output.require(6, for: .controlRequestPreset)
      output.append(6) { frame in
        writeHeader(.preset, to: frame)
        frame.write(index, at: 3)
        frame.write(littleEndian: rampMilliseconds, at: 4)
      }
    case .confirm(let step):
      try output.require(5, for: .controlRequestConfirm)
      output.append(5) { frame in
        writeHeader(.confirm, to: frame)
        frame.write(littleEndian: step, at: 3)
      }
    case .routineBegin(let slot, let length, let crc32):
      try length.within(15...720878, at: 4, .controlRequestRoutineBeginLength)
      try output.require(12, for: .controlRequestRoutineBegin)
      output.append(12) { frame in
        writeHeader(.routineBegin, to: frame)
        frame.write(slot, at: 3)
        frame.write(littleEndian: length, at: 4)
        frame.write(littleEndian: crc32, at: 8)
      }
    case .routineCommit(let transfer):
      try output.require(4, for: .controlRequestRoutineCommit)
      output.append(4) { frame in
        writeHeader(.routineCommit, to: frame)
        frame.write(transfer, at: 3)
      }
    case .routineAbort(let transfer):
      try output.require(4, for: .controlRequestRoutineAbort)
      output.append(4) { frame in
        writeHeader(.routineAbort, to: frame)
        frame.write(transfer, at: 3)
      }
    case .routineQuery(let slot):
      try output.require(4, for: .controlRequestRoutineQuery)
      output.append(4) { frame in
        writeHeader(.routineQuery, to: frame)
        frame.write(slot, at: 3)
      }
    case .routineStart(let slot, let startMicroseconds, let offsetMilliseconds):
      try offsetMilliseconds.within(0...86_400_000, at: 12, .controlRequestRoutineStartOffset)
      try output.require(16, for: .controlRequestRoutineStart)
      output.append(16) { frame in
        writeHeader(.routineStart, to: frame)
        frame.write(slot, at: 3)
        frame.write(littleEndian: startMicroseconds, at: 4)
        frame.write(littleEndian: offsetMilliseconds, at: 12)
      }
    case .routineSeek(let offsetMilliseconds):
      try offsetMilliseconds.within(0...86_400_000, at: 3, .controlRequestRoutineSeekOffset)
      try output.require(7, for: .controlRequestRoutineSeek)
      output.append(7) { frame in
        writeHeader(.routineSeek, to: frame)
        frame.write(littleEndian: offsetMilliseconds, at: 3)
      }
    case .routineClear(let slot):
      try output.require(4, for: .controlRequestRoutineClear)
      output.append(4) { frame in
        writeHeader(.routineClear, to: frame)
        frame.write(slot, at: 3)
      }
    case .routineValidate(let slot):
      try output.require(4, for: .controlRequestRoutineValidate)
      output.append(4) { frame in
        writeHeader(.routineValidate, to: frame)
        frame.write(slot, at: 3)
      }
    case .queueStep(let index, let atMilliseconds, let segment):
      try segment.check(at: 9, as: .controlRequestQueueStepSegmentKind)
      try output.require(20, for: .controlRequestQueueStep)
      output.append(20) { frame in
        writeHeader(.queueStep, to: frame)
        frame.write(littleEndian: index, at: 3)
        frame.write(littleEndian: atMilliseconds, at: 5)
        segment.write(to: frame, at: 9)
      }
    case .queueFlush:
      try output.require(3, for: .controlRequestQueueFlush)
      output.append(3) { frame in writeHeader(.queueFlush, to: frame) }
    case .queueStart(let startMicroseconds):
      try output.require(11, for: .controlRequestQueueStart)
      output.append(11) { frame in
        writeHeader(.queueStart, to: frame)
        frame.write(littleEndian: startMicroseconds, at: 3)
      }
    case .setTelemetry(let intervalMilliseconds):
      try intervalMilliseconds.within(20...60000, or: 0, at: 3, .controlRequestSetTelemetryInterval)
      try output.require(5, for: .controlRequestSetTelemetry)
      output.append(5) { frame in
        writeHeader(.setTelemetry, to: frame)
        frame.write(littleEndian: intervalMilliseconds, at: 3)
      }
    }
  }

  /// The caller has checked the values and the room.
  @inlinable func writeHeader(_ opCode: OpCode, to frame: FrameWriter) {
    frame.write(opCode.rawValue, at: 0)
    frame.write(sequence, at: 1)
    frame.write(flags.rawValue, at: 2)
  }
}

extension ControlRequest.Body {
  /// What is asked for.
  @inlinable public var opCode: OpCode {
    switch self {
    case .requestControl: .requestControl
    case .releaseControl: .releaseControl
    case .keepAlive: .keepAlive
    case .reset: .reset
    case .stop: .stop
    case .pause: .pause
    case .resume: .resume
    case .setSpeed: .setSpeed
    case .setForceLimit: .setForceLimit
    case .setTimer: .setTimer
    case .preset: .preset
    case .confirm: .confirm
    case .routineBegin: .routineBegin
    case .routineCommit: .routineCommit
    case .routineAbort: .routineAbort
    case .routineQuery: .routineQuery
    case .routineStart: .routineStart
    case .routineSeek: .routineSeek
    case .routineClear: .routineClear
    case .routineValidate: .routineValidate
    case .queueStep: .queueStep
    case .queueFlush: .queueFlush
    case .queueStart: .queueStart
    case .setTelemetry: .setTelemetry
    }
  }
}
