// Written by protocol-generator from protocol-spec/percuss.yaml: change that page, then run `make generate`.

/// A field of the specification, or a whole header, variant or record, as an error names it.
public struct WireField: RawRepresentable, Hashable, Sendable {
  /// The same number as in the C codec: the group in the high byte, the field in it counted from 1 in the low byte.
  public var rawValue: UInt16

  /// A field by its number.
  public init(rawValue: UInt16) {
    self.rawValue = rawValue
  }

  /// For a field of a variant its place, counted from 0 after the header; the fields of a record count one by one.
  public var parameterIndex: UInt8? {
    let index = UInt8(truncatingIfNeeded: rawValue)
    return rawValue >= 0x4000 && index > 0 ? index &- 1 : nil
  }

  /// The first byte of a field in its message, or of a record's field in the record; nil for a group of fields.
  public var offset: Int? {
    switch rawValue {
    case 0x0101: 0
    case 0x0102: 1
    case 0x0103: 3
    case 0x0104: 5
    case 0x0105: 7
    case 0x0201: 0
    case 0x0202: 1
    case 0x0203: 2
    case 0x0301: 0
    case 0x0302: 1
    case 0x0303: 2
    case 0x0304: 6
    case 0x0305: 10
    case 0x0306: 12
    case 0x0307: 14
    case 0x0308: 16
    case 0x0309: 18
    case 0x030A: 19
    case 0x030B: 21
    case 0x0401: 0
    case 0x0402: 1
    case 0x0403: 2
    case 0x0501: 0
    case 0x0502: 1
    case 0x0503: 2
    case 0x0504: 3
    case 0x0505: 4
    case 0x0601: 0
    case 0x0602: 1
    case 0x0603: 2
    case 0x0604: 6
    case 0x0605: 8
    case 0x0606: 10
    case 0x0607: 12
    case 0x0608: 14
    case 0x0609: 15
    case 0x060A: 17
    case 0x060B: 19
    case 0x0701: 0
    case 0x0702: 1
    case 0x0801: 0
    case 0x0901: 0
    case 0x0A01: 0
    case 0x0A02: 1
    case 0x0A03: 2
    case 0x0B01: 0
    case 0x0B02: 1
    case 0x0B03: 2
    case 0x0B04: 10
    case 0x0B05: 18
    case 0x4001: 3
    case 0x4002: 5
    case 0x4701: 3
    case 0x4702: 5
    case 0x4801: 3
    case 0x4901: 3
    case 0x4A01: 3
    case 0x4A02: 4
    case 0x4B01: 3
    case 0x4C01: 3
    case 0x4C02: 4
    case 0x4C03: 8
    case 0x4D01: 3
    case 0x4E01: 3
    case 0x4F01: 3
    case 0x5001: 3
    case 0x5002: 4
    case 0x5003: 12
    case 0x5101: 3
    case 0x5201: 3
    case 0x5301: 3
    case 0x5401: 3
    case 0x5402: 5
    case 0x5403: 9
    case 0x5404: 10
    case 0x5405: 12
    case 0x5406: 14
    case 0x5407: 16
    case 0x5601: 3
    case 0x5701: 3
    case 0x5801: 5
    case 0x5901: 5
    case 0x5A01: 5
    case 0x5A02: 6
    case 0x5A03: 10
    case 0x5B01: 5
    case 0x5C01: 5
    case 0x5C02: 6
    case 0x5C03: 7
    case 0x5C04: 11
    case 0x5C05: 15
    case 0x5D01: 5
    case 0x5E01: 5
    case 0x5F01: 5
    case 0x6001: 5
    case 0x6101: 5
    case 0x6102: 6
    case 0x6103: 10
    case 0x6201: 5
    case 0x6301: 5
    case 0x6401: 5
    case 0x6501: 2
    case 0x6502: 3
    case 0x6503: 4
    case 0x6504: 5
    case 0x6601: 2
    case 0x6602: 4
    case 0x6603: 12
    case 0x6701: 2
    case 0x6702: 4
    case 0x6703: 5
    case 0x6801: 2
    case 0x6802: 4
    case 0x6803: 8
    case 0x6901: 2
    case 0x6902: 3
    case 0x6A01: 2
    case 0x6A02: 3
    case 0x6B01: 2
    case 0x6B02: 3
    case 0x6C01: 2
    case 0x6C02: 3
    case 0x6D01: 2
    case 0x6D02: 3
    case 0x6E01: 1
    case 0x6E02: 2
    case 0x6E03: 6
    case 0x6F01: 1
    case 0x6F02: 3
    case 0x6F03: 7
    case 0x6F04: 8
    case 0x6F05: 10
    case 0x6F06: 12
    case 0x6F07: 14
    case 0x7001: 1
    case 0x7002: 2
    case 0x7003: 6
    case 0x7101: 1
    case 0x7102: 3
    default: nil
    }
  }

  func advanced(by distance: UInt16) -> Self { Self(rawValue: rawValue &+ distance) }

  /// `routine_segment`
  public static let routineSegment = Self(rawValue: 0x0100)
  /// `routine_segment.kind`
  public static let routineSegmentKind = Self(rawValue: 0x0101)
  /// `routine_segment.force_limit`
  public static let routineSegmentForceLimit = Self(rawValue: 0x0102)
  /// `routine_segment.speed_from`
  public static let routineSegmentSpeedFrom = Self(rawValue: 0x0103)
  /// `routine_segment.speed_to`
  public static let routineSegmentSpeedTo = Self(rawValue: 0x0104)
  /// `routine_segment.duration`
  public static let routineSegmentDuration = Self(rawValue: 0x0105)
  /// `routine_header`
  public static let routineHeader = Self(rawValue: 0x0200)
  /// `routine_header.format`
  public static let routineHeaderFormat = Self(rawValue: 0x0201)
  /// `routine_header.flags`
  public static let routineHeaderFlags = Self(rawValue: 0x0202)
  /// `routine_header.segment_count`
  public static let routineHeaderSegmentCount = Self(rawValue: 0x0203)
  /// `device_feature`
  public static let deviceFeature = Self(rawValue: 0x0300)
  /// `device_feature.version_major`
  public static let deviceFeatureVersionMajor = Self(rawValue: 0x0301)
  /// `device_feature.version_minor`
  public static let deviceFeatureVersionMinor = Self(rawValue: 0x0302)
  /// `device_feature.schema_crc`
  public static let deviceFeatureSchemaCRC = Self(rawValue: 0x0303)
  /// `device_feature.features`
  public static let deviceFeatureFeatures = Self(rawValue: 0x0304)
  /// `device_feature.speed_minimum`
  public static let deviceFeatureSpeedMinimum = Self(rawValue: 0x0305)
  /// `device_feature.speed_maximum`
  public static let deviceFeatureSpeedMaximum = Self(rawValue: 0x0306)
  /// `device_feature.speed_step`
  public static let deviceFeatureSpeedStep = Self(rawValue: 0x0307)
  /// `device_feature.force_maximum`
  public static let deviceFeatureForceMaximum = Self(rawValue: 0x0308)
  /// `device_feature.routine_slots`
  public static let deviceFeatureRoutineSlots = Self(rawValue: 0x0309)
  /// `device_feature.routine_steps`
  public static let deviceFeatureRoutineSteps = Self(rawValue: 0x030A)
  /// `device_feature.queue_depth`
  public static let deviceFeatureQueueDepth = Self(rawValue: 0x030B)
  /// `control_request`
  public static let controlRequest = Self(rawValue: 0x0400)
  /// `control_request.op_code`
  public static let controlRequestOpCode = Self(rawValue: 0x0401)
  /// `control_request.sequence`
  public static let controlRequestSequence = Self(rawValue: 0x0402)
  /// `control_request.flags`
  public static let controlRequestFlags = Self(rawValue: 0x0403)
  /// `control_response`
  public static let controlResponse = Self(rawValue: 0x0500)
  /// `control_response.marker`
  public static let controlResponseMarker = Self(rawValue: 0x0501)
  /// `control_response.op_code`
  public static let controlResponseOpCode = Self(rawValue: 0x0502)
  /// `control_response.sequence`
  public static let controlResponseSequence = Self(rawValue: 0x0503)
  /// `control_response.result`
  public static let controlResponseResult = Self(rawValue: 0x0504)
  /// `control_response.state`
  public static let controlResponseState = Self(rawValue: 0x0505)
  /// `telemetry`
  public static let telemetry = Self(rawValue: 0x0600)
  /// `telemetry.counter`
  public static let telemetryCounter = Self(rawValue: 0x0601)
  /// `telemetry.state`
  public static let telemetryState = Self(rawValue: 0x0602)
  /// `telemetry.time`
  public static let telemetryTime = Self(rawValue: 0x0603)
  /// `telemetry.speed`
  public static let telemetrySpeed = Self(rawValue: 0x0604)
  /// `telemetry.target`
  public static let telemetryTarget = Self(rawValue: 0x0605)
  /// `telemetry.force`
  public static let telemetryForce = Self(rawValue: 0x0606)
  /// `telemetry.temperature`
  public static let telemetryTemperature = Self(rawValue: 0x0607)
  /// `telemetry.battery`
  public static let telemetryBattery = Self(rawValue: 0x0608)
  /// `telemetry.step`
  public static let telemetryStep = Self(rawValue: 0x0609)
  /// `telemetry.remaining`
  public static let telemetryRemaining = Self(rawValue: 0x060A)
  /// `telemetry.faults`
  public static let telemetryFaults = Self(rawValue: 0x060B)
  /// `device_event`
  public static let deviceEvent = Self(rawValue: 0x0700)
  /// `device_event.kind`
  public static let deviceEventKind = Self(rawValue: 0x0701)
  /// `device_event.counter`
  public static let deviceEventCounter = Self(rawValue: 0x0702)
  /// `routine_data`
  public static let routineData = Self(rawValue: 0x0800)
  /// `routine_data.kind`
  public static let routineDataKind = Self(rawValue: 0x0801)
  /// `routine_status`
  public static let routineStatus = Self(rawValue: 0x0900)
  /// `routine_status.kind`
  public static let routineStatusKind = Self(rawValue: 0x0901)
  /// `clock_request`
  public static let clockRequest = Self(rawValue: 0x0A00)
  /// `clock_request.kind`
  public static let clockRequestKind = Self(rawValue: 0x0A01)
  /// `clock_request.sequence`
  public static let clockRequestSequence = Self(rawValue: 0x0A02)
  /// `clock_request.central_time`
  public static let clockRequestCentralTime = Self(rawValue: 0x0A03)
  /// `clock_reply`
  public static let clockReply = Self(rawValue: 0x0B00)
  /// `clock_reply.kind`
  public static let clockReplyKind = Self(rawValue: 0x0B01)
  /// `clock_reply.sequence`
  public static let clockReplySequence = Self(rawValue: 0x0B02)
  /// `clock_reply.central_time`
  public static let clockReplyCentralTime = Self(rawValue: 0x0B03)
  /// `clock_reply.device_time`
  public static let clockReplyDeviceTime = Self(rawValue: 0x0B04)
  /// `clock_reply.hold`
  public static let clockReplyHold = Self(rawValue: 0x0B05)
  /// `control_request.request_control`
  public static let controlRequestRequestControl = Self(rawValue: 0x4000)
  /// `control_request.request_control.lease`
  public static let controlRequestRequestControlLease = Self(rawValue: 0x4001)
  /// `control_request.request_control.loss_policy`
  public static let controlRequestRequestControlLossPolicy = Self(rawValue: 0x4002)
  /// `control_request.release_control`
  public static let controlRequestReleaseControl = Self(rawValue: 0x4100)
  /// `control_request.keep_alive`
  public static let controlRequestKeepAlive = Self(rawValue: 0x4200)
  /// `control_request.reset`
  public static let controlRequestReset = Self(rawValue: 0x4300)
  /// `control_request.stop`
  public static let controlRequestStop = Self(rawValue: 0x4400)
  /// `control_request.pause`
  public static let controlRequestPause = Self(rawValue: 0x4500)
  /// `control_request.resume`
  public static let controlRequestResume = Self(rawValue: 0x4600)
  /// `control_request.set_speed`
  public static let controlRequestSetSpeed = Self(rawValue: 0x4700)
  /// `control_request.set_speed.speed`
  public static let controlRequestSetSpeedSpeed = Self(rawValue: 0x4701)
  /// `control_request.set_speed.ramp`
  public static let controlRequestSetSpeedRamp = Self(rawValue: 0x4702)
  /// `control_request.set_force_limit`
  public static let controlRequestSetForceLimit = Self(rawValue: 0x4800)
  /// `control_request.set_force_limit.force`
  public static let controlRequestSetForceLimitForce = Self(rawValue: 0x4801)
  /// `control_request.set_timer`
  public static let controlRequestSetTimer = Self(rawValue: 0x4900)
  /// `control_request.set_timer.duration`
  public static let controlRequestSetTimerDuration = Self(rawValue: 0x4901)
  /// `control_request.preset`
  public static let controlRequestPreset = Self(rawValue: 0x4A00)
  /// `control_request.preset.index`
  public static let controlRequestPresetIndex = Self(rawValue: 0x4A01)
  /// `control_request.preset.ramp`
  public static let controlRequestPresetRamp = Self(rawValue: 0x4A02)
  /// `control_request.confirm`
  public static let controlRequestConfirm = Self(rawValue: 0x4B00)
  /// `control_request.confirm.step`
  public static let controlRequestConfirmStep = Self(rawValue: 0x4B01)
  /// `control_request.routine_begin`
  public static let controlRequestRoutineBegin = Self(rawValue: 0x4C00)
  /// `control_request.routine_begin.slot`
  public static let controlRequestRoutineBeginSlot = Self(rawValue: 0x4C01)
  /// `control_request.routine_begin.length`
  public static let controlRequestRoutineBeginLength = Self(rawValue: 0x4C02)
  /// `control_request.routine_begin.crc32`
  public static let controlRequestRoutineBeginCrc32 = Self(rawValue: 0x4C03)
  /// `control_request.routine_commit`
  public static let controlRequestRoutineCommit = Self(rawValue: 0x4D00)
  /// `control_request.routine_commit.transfer`
  public static let controlRequestRoutineCommitTransfer = Self(rawValue: 0x4D01)
  /// `control_request.routine_abort`
  public static let controlRequestRoutineAbort = Self(rawValue: 0x4E00)
  /// `control_request.routine_abort.transfer`
  public static let controlRequestRoutineAbortTransfer = Self(rawValue: 0x4E01)
  /// `control_request.routine_query`
  public static let controlRequestRoutineQuery = Self(rawValue: 0x4F00)
  /// `control_request.routine_query.slot`
  public static let controlRequestRoutineQuerySlot = Self(rawValue: 0x4F01)
  /// `control_request.routine_start`
  public static let controlRequestRoutineStart = Self(rawValue: 0x5000)
  /// `control_request.routine_start.slot`
  public static let controlRequestRoutineStartSlot = Self(rawValue: 0x5001)
  /// `control_request.routine_start.start`
  public static let controlRequestRoutineStartStart = Self(rawValue: 0x5002)
  /// `control_request.routine_start.offset`
  public static let controlRequestRoutineStartOffset = Self(rawValue: 0x5003)
  /// `control_request.routine_seek`
  public static let controlRequestRoutineSeek = Self(rawValue: 0x5100)
  /// `control_request.routine_seek.offset`
  public static let controlRequestRoutineSeekOffset = Self(rawValue: 0x5101)
  /// `control_request.routine_clear`
  public static let controlRequestRoutineClear = Self(rawValue: 0x5200)
  /// `control_request.routine_clear.slot`
  public static let controlRequestRoutineClearSlot = Self(rawValue: 0x5201)
  /// `control_request.routine_validate`
  public static let controlRequestRoutineValidate = Self(rawValue: 0x5300)
  /// `control_request.routine_validate.slot`
  public static let controlRequestRoutineValidateSlot = Self(rawValue: 0x5301)
  /// `control_request.queue_step`
  public static let controlRequestQueueStep = Self(rawValue: 0x5400)
  /// `control_request.queue_step.index`
  public static let controlRequestQueueStepIndex = Self(rawValue: 0x5401)
  /// `control_request.queue_step.at`
  public static let controlRequestQueueStepAt = Self(rawValue: 0x5402)
  /// `control_request.queue_step.segment.kind`
  public static let controlRequestQueueStepSegmentKind = Self(rawValue: 0x5403)
  /// `control_request.queue_step.segment.force_limit`
  public static let controlRequestQueueStepSegmentForceLimit = Self(rawValue: 0x5404)
  /// `control_request.queue_step.segment.speed_from`
  public static let controlRequestQueueStepSegmentSpeedFrom = Self(rawValue: 0x5405)
  /// `control_request.queue_step.segment.speed_to`
  public static let controlRequestQueueStepSegmentSpeedTo = Self(rawValue: 0x5406)
  /// `control_request.queue_step.segment.duration`
  public static let controlRequestQueueStepSegmentDuration = Self(rawValue: 0x5407)
  /// `control_request.queue_flush`
  public static let controlRequestQueueFlush = Self(rawValue: 0x5500)
  /// `control_request.queue_start`
  public static let controlRequestQueueStart = Self(rawValue: 0x5600)
  /// `control_request.queue_start.start`
  public static let controlRequestQueueStartStart = Self(rawValue: 0x5601)
  /// `control_request.set_telemetry`
  public static let controlRequestSetTelemetry = Self(rawValue: 0x5700)
  /// `control_request.set_telemetry.interval`
  public static let controlRequestSetTelemetryInterval = Self(rawValue: 0x5701)
  /// `control_response.control_granted`
  public static let controlResponseControlGranted = Self(rawValue: 0x5800)
  /// `control_response.control_granted.lease`
  public static let controlResponseControlGrantedLease = Self(rawValue: 0x5801)
  /// `control_response.preset_chosen`
  public static let controlResponsePresetChosen = Self(rawValue: 0x5900)
  /// `control_response.preset_chosen.speed`
  public static let controlResponsePresetChosenSpeed = Self(rawValue: 0x5901)
  /// `control_response.transfer_opened`
  public static let controlResponseTransferOpened = Self(rawValue: 0x5A00)
  /// `control_response.transfer_opened.transfer`
  public static let controlResponseTransferOpenedTransfer = Self(rawValue: 0x5A01)
  /// `control_response.transfer_opened.next_offset`
  public static let controlResponseTransferOpenedNextOffset = Self(rawValue: 0x5A02)
  /// `control_response.transfer_opened.window`
  public static let controlResponseTransferOpenedWindow = Self(rawValue: 0x5A03)
  /// `control_response.routine_stored`
  public static let controlResponseRoutineStored = Self(rawValue: 0x5B00)
  /// `control_response.routine_stored.slot`
  public static let controlResponseRoutineStoredSlot = Self(rawValue: 0x5B01)
  /// `control_response.slot_described`
  public static let controlResponseSlotDescribed = Self(rawValue: 0x5C00)
  /// `control_response.slot_described.slot`
  public static let controlResponseSlotDescribedSlot = Self(rawValue: 0x5C01)
  /// `control_response.slot_described.status`
  public static let controlResponseSlotDescribedStatus = Self(rawValue: 0x5C02)
  /// `control_response.slot_described.length`
  public static let controlResponseSlotDescribedLength = Self(rawValue: 0x5C03)
  /// `control_response.slot_described.crc32`
  public static let controlResponseSlotDescribedCrc32 = Self(rawValue: 0x5C04)
  /// `control_response.slot_described.next_offset`
  public static let controlResponseSlotDescribedNextOffset = Self(rawValue: 0x5C05)
  /// `control_response.routine_started`
  public static let controlResponseRoutineStarted = Self(rawValue: 0x5D00)
  /// `control_response.routine_started.start`
  public static let controlResponseRoutineStartedStart = Self(rawValue: 0x5D01)
  /// `control_response.routine_moved`
  public static let controlResponseRoutineMoved = Self(rawValue: 0x5E00)
  /// `control_response.routine_moved.step`
  public static let controlResponseRoutineMovedStep = Self(rawValue: 0x5E01)
  /// `control_response.step_queued`
  public static let controlResponseStepQueued = Self(rawValue: 0x5F00)
  /// `control_response.step_queued.free`
  public static let controlResponseStepQueuedFree = Self(rawValue: 0x5F01)
  /// `control_response.stream_started`
  public static let controlResponseStreamStarted = Self(rawValue: 0x6000)
  /// `control_response.stream_started.start`
  public static let controlResponseStreamStartedStart = Self(rawValue: 0x6001)
  /// `control_response.parameter_limits`
  public static let controlResponseParameterLimits = Self(rawValue: 0x6100)
  /// `control_response.parameter_limits.field`
  public static let controlResponseParameterLimitsField = Self(rawValue: 0x6101)
  /// `control_response.parameter_limits.minimum`
  public static let controlResponseParameterLimitsMinimum = Self(rawValue: 0x6102)
  /// `control_response.parameter_limits.maximum`
  public static let controlResponseParameterLimitsMaximum = Self(rawValue: 0x6103)
  /// `control_response.upload_incomplete`
  public static let controlResponseUploadIncomplete = Self(rawValue: 0x6200)
  /// `control_response.upload_incomplete.next_offset`
  public static let controlResponseUploadIncompleteNextOffset = Self(rawValue: 0x6201)
  /// `control_response.index_expected`
  public static let controlResponseIndexExpected = Self(rawValue: 0x6300)
  /// `control_response.index_expected.index`
  public static let controlResponseIndexExpectedIndex = Self(rawValue: 0x6301)
  /// `control_response.invalid_step`
  public static let controlResponseInvalidStep = Self(rawValue: 0x6400)
  /// `control_response.invalid_step.step`
  public static let controlResponseInvalidStepStep = Self(rawValue: 0x6401)
  /// `device_event.state_changed`
  public static let deviceEventStateChanged = Self(rawValue: 0x6500)
  /// `device_event.state_changed.state`
  public static let deviceEventStateChangedState = Self(rawValue: 0x6501)
  /// `device_event.state_changed.previous`
  public static let deviceEventStateChangedPrevious = Self(rawValue: 0x6502)
  /// `device_event.state_changed.cause`
  public static let deviceEventStateChangedCause = Self(rawValue: 0x6503)
  /// `device_event.state_changed.time`
  public static let deviceEventStateChangedTime = Self(rawValue: 0x6504)
  /// `device_event.step_entered`
  public static let deviceEventStepEntered = Self(rawValue: 0x6600)
  /// `device_event.step_entered.step`
  public static let deviceEventStepEnteredStep = Self(rawValue: 0x6601)
  /// `device_event.step_entered.planned`
  public static let deviceEventStepEnteredPlanned = Self(rawValue: 0x6602)
  /// `device_event.step_entered.actual`
  public static let deviceEventStepEnteredActual = Self(rawValue: 0x6603)
  /// `device_event.routine_ended`
  public static let deviceEventRoutineEnded = Self(rawValue: 0x6700)
  /// `device_event.routine_ended.step`
  public static let deviceEventRoutineEndedStep = Self(rawValue: 0x6701)
  /// `device_event.routine_ended.cause`
  public static let deviceEventRoutineEndedCause = Self(rawValue: 0x6702)
  /// `device_event.routine_ended.time`
  public static let deviceEventRoutineEndedTime = Self(rawValue: 0x6703)
  /// `device_event.confirmation_needed`
  public static let deviceEventConfirmationNeeded = Self(rawValue: 0x6800)
  /// `device_event.confirmation_needed.step`
  public static let deviceEventConfirmationNeededStep = Self(rawValue: 0x6801)
  /// `device_event.confirmation_needed.timeout`
  public static let deviceEventConfirmationNeededTimeout = Self(rawValue: 0x6802)
  /// `device_event.confirmation_needed.time`
  public static let deviceEventConfirmationNeededTime = Self(rawValue: 0x6803)
  /// `device_event.fault_raised`
  public static let deviceEventFaultRaised = Self(rawValue: 0x6900)
  /// `device_event.fault_raised.fault`
  public static let deviceEventFaultRaisedFault = Self(rawValue: 0x6901)
  /// `device_event.fault_raised.time`
  public static let deviceEventFaultRaisedTime = Self(rawValue: 0x6902)
  /// `device_event.fault_cleared`
  public static let deviceEventFaultCleared = Self(rawValue: 0x6A00)
  /// `device_event.fault_cleared.fault`
  public static let deviceEventFaultClearedFault = Self(rawValue: 0x6A01)
  /// `device_event.fault_cleared.time`
  public static let deviceEventFaultClearedTime = Self(rawValue: 0x6A02)
  /// `device_event.button`
  public static let deviceEventButton = Self(rawValue: 0x6B00)
  /// `device_event.button.action`
  public static let deviceEventButtonAction = Self(rawValue: 0x6B01)
  /// `device_event.button.time`
  public static let deviceEventButtonTime = Self(rawValue: 0x6B02)
  /// `device_event.control_lost`
  public static let deviceEventControlLost = Self(rawValue: 0x6C00)
  /// `device_event.control_lost.cause`
  public static let deviceEventControlLostCause = Self(rawValue: 0x6C01)
  /// `device_event.control_lost.time`
  public static let deviceEventControlLostTime = Self(rawValue: 0x6C02)
  /// `device_event.battery_low`
  public static let deviceEventBatteryLow = Self(rawValue: 0x6D00)
  /// `device_event.battery_low.battery`
  public static let deviceEventBatteryLowBattery = Self(rawValue: 0x6D01)
  /// `device_event.battery_low.time`
  public static let deviceEventBatteryLowTime = Self(rawValue: 0x6D02)
  /// `routine_data.chunk`
  public static let routineDataChunk = Self(rawValue: 0x6E00)
  /// `routine_data.chunk.transfer`
  public static let routineDataChunkTransfer = Self(rawValue: 0x6E01)
  /// `routine_data.chunk.offset`
  public static let routineDataChunkOffset = Self(rawValue: 0x6E02)
  /// `routine_data.chunk.payload`
  public static let routineDataChunkPayload = Self(rawValue: 0x6E03)
  /// `routine_data.streamed_step`
  public static let routineDataStreamedStep = Self(rawValue: 0x6F00)
  /// `routine_data.streamed_step.index`
  public static let routineDataStreamedStepIndex = Self(rawValue: 0x6F01)
  /// `routine_data.streamed_step.at`
  public static let routineDataStreamedStepAt = Self(rawValue: 0x6F02)
  /// `routine_data.streamed_step.segment.kind`
  public static let routineDataStreamedStepSegmentKind = Self(rawValue: 0x6F03)
  /// `routine_data.streamed_step.segment.force_limit`
  public static let routineDataStreamedStepSegmentForceLimit = Self(rawValue: 0x6F04)
  /// `routine_data.streamed_step.segment.speed_from`
  public static let routineDataStreamedStepSegmentSpeedFrom = Self(rawValue: 0x6F05)
  /// `routine_data.streamed_step.segment.speed_to`
  public static let routineDataStreamedStepSegmentSpeedTo = Self(rawValue: 0x6F06)
  /// `routine_data.streamed_step.segment.duration`
  public static let routineDataStreamedStepSegmentDuration = Self(rawValue: 0x6F07)
  /// `routine_status.upload_credit`
  public static let routineStatusUploadCredit = Self(rawValue: 0x7000)
  /// `routine_status.upload_credit.transfer`
  public static let routineStatusUploadCreditTransfer = Self(rawValue: 0x7001)
  /// `routine_status.upload_credit.next_offset`
  public static let routineStatusUploadCreditNextOffset = Self(rawValue: 0x7002)
  /// `routine_status.upload_credit.window`
  public static let routineStatusUploadCreditWindow = Self(rawValue: 0x7003)
  /// `routine_status.stream_credit`
  public static let routineStatusStreamCredit = Self(rawValue: 0x7100)
  /// `routine_status.stream_credit.next_index`
  public static let routineStatusStreamCreditNextIndex = Self(rawValue: 0x7101)
  /// `routine_status.stream_credit.free`
  public static let routineStatusStreamCreditFree = Self(rawValue: 0x7102)

  /// The path in the specification, such as `control_request.set_speed.ramp`.
  public var name: StaticString {
    switch rawValue {
    case 0x0100: "routine_segment"
    case 0x0101: "routine_segment.kind"
    case 0x0102: "routine_segment.force_limit"
    case 0x0103: "routine_segment.speed_from"
    case 0x0104: "routine_segment.speed_to"
    case 0x0105: "routine_segment.duration"
    case 0x0200: "routine_header"
    case 0x0201: "routine_header.format"
    case 0x0202: "routine_header.flags"
    case 0x0203: "routine_header.segment_count"
    case 0x0300: "device_feature"
    case 0x0301: "device_feature.version_major"
    case 0x0302: "device_feature.version_minor"
    case 0x0303: "device_feature.schema_crc"
    case 0x0304: "device_feature.features"
    case 0x0305: "device_feature.speed_minimum"
    case 0x0306: "device_feature.speed_maximum"
    case 0x0307: "device_feature.speed_step"
    case 0x0308: "device_feature.force_maximum"
    case 0x0309: "device_feature.routine_slots"
    case 0x030A: "device_feature.routine_steps"
    case 0x030B: "device_feature.queue_depth"
    case 0x0400: "control_request"
    case 0x0401: "control_request.op_code"
    case 0x0402: "control_request.sequence"
    case 0x0403: "control_request.flags"
    case 0x0500: "control_response"
    case 0x0501: "control_response.marker"
    case 0x0502: "control_response.op_code"
    case 0x0503: "control_response.sequence"
    case 0x0504: "control_response.result"
    case 0x0505: "control_response.state"
    case 0x0600: "telemetry"
    case 0x0601: "telemetry.counter"
    case 0x0602: "telemetry.state"
    case 0x0603: "telemetry.time"
    case 0x0604: "telemetry.speed"
    case 0x0605: "telemetry.target"
    case 0x0606: "telemetry.force"
    case 0x0607: "telemetry.temperature"
    case 0x0608: "telemetry.battery"
    case 0x0609: "telemetry.step"
    case 0x060A: "telemetry.remaining"
    case 0x060B: "telemetry.faults"
    case 0x0700: "device_event"
    case 0x0701: "device_event.kind"
    case 0x0702: "device_event.counter"
    case 0x0800: "routine_data"
    case 0x0801: "routine_data.kind"
    case 0x0900: "routine_status"
    case 0x0901: "routine_status.kind"
    case 0x0A00: "clock_request"
    case 0x0A01: "clock_request.kind"
    case 0x0A02: "clock_request.sequence"
    case 0x0A03: "clock_request.central_time"
    case 0x0B00: "clock_reply"
    case 0x0B01: "clock_reply.kind"
    case 0x0B02: "clock_reply.sequence"
    case 0x0B03: "clock_reply.central_time"
    case 0x0B04: "clock_reply.device_time"
    case 0x0B05: "clock_reply.hold"
    case 0x4000: "control_request.request_control"
    case 0x4001: "control_request.request_control.lease"
    case 0x4002: "control_request.request_control.loss_policy"
    case 0x4100: "control_request.release_control"
    case 0x4200: "control_request.keep_alive"
    case 0x4300: "control_request.reset"
    case 0x4400: "control_request.stop"
    case 0x4500: "control_request.pause"
    case 0x4600: "control_request.resume"
    case 0x4700: "control_request.set_speed"
    case 0x4701: "control_request.set_speed.speed"
    case 0x4702: "control_request.set_speed.ramp"
    case 0x4800: "control_request.set_force_limit"
    case 0x4801: "control_request.set_force_limit.force"
    case 0x4900: "control_request.set_timer"
    case 0x4901: "control_request.set_timer.duration"
    case 0x4A00: "control_request.preset"
    case 0x4A01: "control_request.preset.index"
    case 0x4A02: "control_request.preset.ramp"
    case 0x4B00: "control_request.confirm"
    case 0x4B01: "control_request.confirm.step"
    case 0x4C00: "control_request.routine_begin"
    case 0x4C01: "control_request.routine_begin.slot"
    case 0x4C02: "control_request.routine_begin.length"
    case 0x4C03: "control_request.routine_begin.crc32"
    case 0x4D00: "control_request.routine_commit"
    case 0x4D01: "control_request.routine_commit.transfer"
    case 0x4E00: "control_request.routine_abort"
    case 0x4E01: "control_request.routine_abort.transfer"
    case 0x4F00: "control_request.routine_query"
    case 0x4F01: "control_request.routine_query.slot"
    case 0x5000: "control_request.routine_start"
    case 0x5001: "control_request.routine_start.slot"
    case 0x5002: "control_request.routine_start.start"
    case 0x5003: "control_request.routine_start.offset"
    case 0x5100: "control_request.routine_seek"
    case 0x5101: "control_request.routine_seek.offset"
    case 0x5200: "control_request.routine_clear"
    case 0x5201: "control_request.routine_clear.slot"
    case 0x5300: "control_request.routine_validate"
    case 0x5301: "control_request.routine_validate.slot"
    case 0x5400: "control_request.queue_step"
    case 0x5401: "control_request.queue_step.index"
    case 0x5402: "control_request.queue_step.at"
    case 0x5403: "control_request.queue_step.segment.kind"
    case 0x5404: "control_request.queue_step.segment.force_limit"
    case 0x5405: "control_request.queue_step.segment.speed_from"
    case 0x5406: "control_request.queue_step.segment.speed_to"
    case 0x5407: "control_request.queue_step.segment.duration"
    case 0x5500: "control_request.queue_flush"
    case 0x5600: "control_request.queue_start"
    case 0x5601: "control_request.queue_start.start"
    case 0x5700: "control_request.set_telemetry"
    case 0x5701: "control_request.set_telemetry.interval"
    case 0x5800: "control_response.control_granted"
    case 0x5801: "control_response.control_granted.lease"
    case 0x5900: "control_response.preset_chosen"
    case 0x5901: "control_response.preset_chosen.speed"
    case 0x5A00: "control_response.transfer_opened"
    case 0x5A01: "control_response.transfer_opened.transfer"
    case 0x5A02: "control_response.transfer_opened.next_offset"
    case 0x5A03: "control_response.transfer_opened.window"
    case 0x5B00: "control_response.routine_stored"
    case 0x5B01: "control_response.routine_stored.slot"
    case 0x5C00: "control_response.slot_described"
    case 0x5C01: "control_response.slot_described.slot"
    case 0x5C02: "control_response.slot_described.status"
    case 0x5C03: "control_response.slot_described.length"
    case 0x5C04: "control_response.slot_described.crc32"
    case 0x5C05: "control_response.slot_described.next_offset"
    case 0x5D00: "control_response.routine_started"
    case 0x5D01: "control_response.routine_started.start"
    case 0x5E00: "control_response.routine_moved"
    case 0x5E01: "control_response.routine_moved.step"
    case 0x5F00: "control_response.step_queued"
    case 0x5F01: "control_response.step_queued.free"
    case 0x6000: "control_response.stream_started"
    case 0x6001: "control_response.stream_started.start"
    case 0x6100: "control_response.parameter_limits"
    case 0x6101: "control_response.parameter_limits.field"
    case 0x6102: "control_response.parameter_limits.minimum"
    case 0x6103: "control_response.parameter_limits.maximum"
    case 0x6200: "control_response.upload_incomplete"
    case 0x6201: "control_response.upload_incomplete.next_offset"
    case 0x6300: "control_response.index_expected"
    case 0x6301: "control_response.index_expected.index"
    case 0x6400: "control_response.invalid_step"
    case 0x6401: "control_response.invalid_step.step"
    case 0x6500: "device_event.state_changed"
    case 0x6501: "device_event.state_changed.state"
    case 0x6502: "device_event.state_changed.previous"
    case 0x6503: "device_event.state_changed.cause"
    case 0x6504: "device_event.state_changed.time"
    case 0x6600: "device_event.step_entered"
    case 0x6601: "device_event.step_entered.step"
    case 0x6602: "device_event.step_entered.planned"
    case 0x6603: "device_event.step_entered.actual"
    case 0x6700: "device_event.routine_ended"
    case 0x6701: "device_event.routine_ended.step"
    case 0x6702: "device_event.routine_ended.cause"
    case 0x6703: "device_event.routine_ended.time"
    case 0x6800: "device_event.confirmation_needed"
    case 0x6801: "device_event.confirmation_needed.step"
    case 0x6802: "device_event.confirmation_needed.timeout"
    case 0x6803: "device_event.confirmation_needed.time"
    case 0x6900: "device_event.fault_raised"
    case 0x6901: "device_event.fault_raised.fault"
    case 0x6902: "device_event.fault_raised.time"
    case 0x6A00: "device_event.fault_cleared"
    case 0x6A01: "device_event.fault_cleared.fault"
    case 0x6A02: "device_event.fault_cleared.time"
    case 0x6B00: "device_event.button"
    case 0x6B01: "device_event.button.action"
    case 0x6B02: "device_event.button.time"
    case 0x6C00: "device_event.control_lost"
    case 0x6C01: "device_event.control_lost.cause"
    case 0x6C02: "device_event.control_lost.time"
    case 0x6D00: "device_event.battery_low"
    case 0x6D01: "device_event.battery_low.battery"
    case 0x6D02: "device_event.battery_low.time"
    case 0x6E00: "routine_data.chunk"
    case 0x6E01: "routine_data.chunk.transfer"
    case 0x6E02: "routine_data.chunk.offset"
    case 0x6E03: "routine_data.chunk.payload"
    case 0x6F00: "routine_data.streamed_step"
    case 0x6F01: "routine_data.streamed_step.index"
    case 0x6F02: "routine_data.streamed_step.at"
    case 0x6F03: "routine_data.streamed_step.segment.kind"
    case 0x6F04: "routine_data.streamed_step.segment.force_limit"
    case 0x6F05: "routine_data.streamed_step.segment.speed_from"
    case 0x6F06: "routine_data.streamed_step.segment.speed_to"
    case 0x6F07: "routine_data.streamed_step.segment.duration"
    case 0x7000: "routine_status.upload_credit"
    case 0x7001: "routine_status.upload_credit.transfer"
    case 0x7002: "routine_status.upload_credit.next_offset"
    case 0x7003: "routine_status.upload_credit.window"
    case 0x7100: "routine_status.stream_credit"
    case 0x7101: "routine_status.stream_credit.next_index"
    case 0x7102: "routine_status.stream_credit.free"
    default: "unknown"
    }
  }
}

#if !hasFeature(Embedded)
  extension WireField: CustomStringConvertible {
    /// The path in the specification.
    public var description: String { "\(name)" }
  }
#endif
