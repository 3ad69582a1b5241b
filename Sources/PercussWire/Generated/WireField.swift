// Written by protocol-generator from the specifications: change those pages, then run `make generate`.

/// A field of the specification, or a whole header, variant or record, as an error names it.
public struct WireField: RawRepresentable, Hashable, Sendable {
  /// The low 16 bits are the number in the C codec: the group in the high byte, the field in it counted from 1 in the low byte. The bits
  /// above are the place of the protocol among those of this library.
  public var rawValue: UInt32

  /// A field by its number.
  @inlinable public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// For a field of a variant its place, counted from 0 after the header; the fields of a record count one by one.
  public var parameterIndex: UInt8? {
    let index = UInt8(truncatingIfNeeded: rawValue)
    return rawValue & 0xFFFF >= 0x4000 && index > 0 ? index &- 1 : nil
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
    case 0x010101: 0
    case 0x010102: 1
    case 0x010103: 2
    case 0x010201: 0
    case 0x010202: 1
    case 0x010203: 2
    case 0x014001: 3
    case 0x014002: 4
    case 0x014003: 6
    case 0x014101: 3
    case 0x014201: 3
    case 0x014301: 3
    case 0x014302: 4
    case 0x014303: 5
    case 0x014304: 13
    case 0x014401: 3
    case 0x014402: 4
    case 0x014403: 12
    default: nil
    }
  }

  @inlinable func advanced(by distance: UInt32) -> Self { Self(rawValue: rawValue &+ distance) }

  /// `routine_segment` of Percuss.
  @inlinable public static var routineSegment: Self { Self(rawValue: 0x0100) }
  /// `routine_segment.kind` of Percuss.
  @inlinable public static var routineSegmentKind: Self { Self(rawValue: 0x0101) }
  /// `routine_segment.force_limit` of Percuss.
  @inlinable public static var routineSegmentForceLimit: Self { Self(rawValue: 0x0102) }
  /// `routine_segment.speed_from` of Percuss.
  @inlinable public static var routineSegmentSpeedFrom: Self { Self(rawValue: 0x0103) }
  /// `routine_segment.speed_to` of Percuss.
  @inlinable public static var routineSegmentSpeedTo: Self { Self(rawValue: 0x0104) }
  /// `routine_segment.duration` of Percuss.
  @inlinable public static var routineSegmentDuration: Self { Self(rawValue: 0x0105) }
  /// `routine_header` of Percuss.
  @inlinable public static var routineHeader: Self { Self(rawValue: 0x0200) }
  /// `routine_header.format` of Percuss.
  @inlinable public static var routineHeaderFormat: Self { Self(rawValue: 0x0201) }
  /// `routine_header.flags` of Percuss.
  @inlinable public static var routineHeaderFlags: Self { Self(rawValue: 0x0202) }
  /// `routine_header.segment_count` of Percuss.
  @inlinable public static var routineHeaderSegmentCount: Self { Self(rawValue: 0x0203) }
  /// `device_feature` of Percuss.
  @inlinable public static var deviceFeature: Self { Self(rawValue: 0x0300) }
  /// `device_feature.version_major` of Percuss.
  @inlinable public static var deviceFeatureVersionMajor: Self { Self(rawValue: 0x0301) }
  /// `device_feature.version_minor` of Percuss.
  @inlinable public static var deviceFeatureVersionMinor: Self { Self(rawValue: 0x0302) }
  /// `device_feature.schema_crc` of Percuss.
  @inlinable public static var deviceFeatureSchemaCRC: Self { Self(rawValue: 0x0303) }
  /// `device_feature.features` of Percuss.
  @inlinable public static var deviceFeatureFeatures: Self { Self(rawValue: 0x0304) }
  /// `device_feature.speed_minimum` of Percuss.
  @inlinable public static var deviceFeatureSpeedMinimum: Self { Self(rawValue: 0x0305) }
  /// `device_feature.speed_maximum` of Percuss.
  @inlinable public static var deviceFeatureSpeedMaximum: Self { Self(rawValue: 0x0306) }
  /// `device_feature.speed_step` of Percuss.
  @inlinable public static var deviceFeatureSpeedStep: Self { Self(rawValue: 0x0307) }
  /// `device_feature.force_maximum` of Percuss.
  @inlinable public static var deviceFeatureForceMaximum: Self { Self(rawValue: 0x0308) }
  /// `device_feature.routine_slots` of Percuss.
  @inlinable public static var deviceFeatureRoutineSlots: Self { Self(rawValue: 0x0309) }
  /// `device_feature.routine_steps` of Percuss.
  @inlinable public static var deviceFeatureRoutineSteps: Self { Self(rawValue: 0x030A) }
  /// `device_feature.queue_depth` of Percuss.
  @inlinable public static var deviceFeatureQueueDepth: Self { Self(rawValue: 0x030B) }
  /// `control_request` of Percuss.
  @inlinable public static var controlRequest: Self { Self(rawValue: 0x0400) }
  /// `control_request.op_code` of Percuss.
  @inlinable public static var controlRequestOpCode: Self { Self(rawValue: 0x0401) }
  /// `control_request.sequence` of Percuss.
  @inlinable public static var controlRequestSequence: Self { Self(rawValue: 0x0402) }
  /// `control_request.flags` of Percuss.
  @inlinable public static var controlRequestFlags: Self { Self(rawValue: 0x0403) }
  /// `control_response` of Percuss.
  @inlinable public static var controlResponse: Self { Self(rawValue: 0x0500) }
  /// `control_response.marker` of Percuss.
  @inlinable public static var controlResponseMarker: Self { Self(rawValue: 0x0501) }
  /// `control_response.op_code` of Percuss.
  @inlinable public static var controlResponseOpCode: Self { Self(rawValue: 0x0502) }
  /// `control_response.sequence` of Percuss.
  @inlinable public static var controlResponseSequence: Self { Self(rawValue: 0x0503) }
  /// `control_response.result` of Percuss.
  @inlinable public static var controlResponseResult: Self { Self(rawValue: 0x0504) }
  /// `control_response.state` of Percuss.
  @inlinable public static var controlResponseState: Self { Self(rawValue: 0x0505) }
  /// `telemetry` of Percuss.
  @inlinable public static var telemetry: Self { Self(rawValue: 0x0600) }
  /// `telemetry.counter` of Percuss.
  @inlinable public static var telemetryCounter: Self { Self(rawValue: 0x0601) }
  /// `telemetry.state` of Percuss.
  @inlinable public static var telemetryState: Self { Self(rawValue: 0x0602) }
  /// `telemetry.time` of Percuss.
  @inlinable public static var telemetryTime: Self { Self(rawValue: 0x0603) }
  /// `telemetry.speed` of Percuss.
  @inlinable public static var telemetrySpeed: Self { Self(rawValue: 0x0604) }
  /// `telemetry.target` of Percuss.
  @inlinable public static var telemetryTarget: Self { Self(rawValue: 0x0605) }
  /// `telemetry.force` of Percuss.
  @inlinable public static var telemetryForce: Self { Self(rawValue: 0x0606) }
  /// `telemetry.temperature` of Percuss.
  @inlinable public static var telemetryTemperature: Self { Self(rawValue: 0x0607) }
  /// `telemetry.battery` of Percuss.
  @inlinable public static var telemetryBattery: Self { Self(rawValue: 0x0608) }
  /// `telemetry.step` of Percuss.
  @inlinable public static var telemetryStep: Self { Self(rawValue: 0x0609) }
  /// `telemetry.remaining` of Percuss.
  @inlinable public static var telemetryRemaining: Self { Self(rawValue: 0x060A) }
  /// `telemetry.faults` of Percuss.
  @inlinable public static var telemetryFaults: Self { Self(rawValue: 0x060B) }
  /// `device_event` of Percuss.
  @inlinable public static var deviceEvent: Self { Self(rawValue: 0x0700) }
  /// `device_event.kind` of Percuss.
  @inlinable public static var deviceEventKind: Self { Self(rawValue: 0x0701) }
  /// `device_event.counter` of Percuss.
  @inlinable public static var deviceEventCounter: Self { Self(rawValue: 0x0702) }
  /// `routine_data` of Percuss.
  @inlinable public static var routineData: Self { Self(rawValue: 0x0800) }
  /// `routine_data.kind` of Percuss.
  @inlinable public static var routineDataKind: Self { Self(rawValue: 0x0801) }
  /// `routine_status` of Percuss.
  @inlinable public static var routineStatus: Self { Self(rawValue: 0x0900) }
  /// `routine_status.kind` of Percuss.
  @inlinable public static var routineStatusKind: Self { Self(rawValue: 0x0901) }
  /// `clock_request` of Percuss.
  @inlinable public static var clockRequest: Self { Self(rawValue: 0x0A00) }
  /// `clock_request.kind` of Percuss.
  @inlinable public static var clockRequestKind: Self { Self(rawValue: 0x0A01) }
  /// `clock_request.sequence` of Percuss.
  @inlinable public static var clockRequestSequence: Self { Self(rawValue: 0x0A02) }
  /// `clock_request.central_time` of Percuss.
  @inlinable public static var clockRequestCentralTime: Self { Self(rawValue: 0x0A03) }
  /// `clock_reply` of Percuss.
  @inlinable public static var clockReply: Self { Self(rawValue: 0x0B00) }
  /// `clock_reply.kind` of Percuss.
  @inlinable public static var clockReplyKind: Self { Self(rawValue: 0x0B01) }
  /// `clock_reply.sequence` of Percuss.
  @inlinable public static var clockReplySequence: Self { Self(rawValue: 0x0B02) }
  /// `clock_reply.central_time` of Percuss.
  @inlinable public static var clockReplyCentralTime: Self { Self(rawValue: 0x0B03) }
  /// `clock_reply.device_time` of Percuss.
  @inlinable public static var clockReplyDeviceTime: Self { Self(rawValue: 0x0B04) }
  /// `clock_reply.hold` of Percuss.
  @inlinable public static var clockReplyHold: Self { Self(rawValue: 0x0B05) }
  /// `control_request.request_control` of Percuss.
  @inlinable public static var controlRequestRequestControl: Self { Self(rawValue: 0x4000) }
  /// `control_request.request_control.lease` of Percuss.
  @inlinable public static var controlRequestRequestControlLease: Self { Self(rawValue: 0x4001) }
  /// `control_request.request_control.loss_policy` of Percuss.
  @inlinable public static var controlRequestRequestControlLossPolicy: Self { Self(rawValue: 0x4002) }
  /// `control_request.release_control` of Percuss.
  @inlinable public static var controlRequestReleaseControl: Self { Self(rawValue: 0x4100) }
  /// `control_request.keep_alive` of Percuss.
  @inlinable public static var controlRequestKeepAlive: Self { Self(rawValue: 0x4200) }
  /// `control_request.reset` of Percuss.
  @inlinable public static var controlRequestReset: Self { Self(rawValue: 0x4300) }
  /// `control_request.stop` of Percuss.
  @inlinable public static var controlRequestStop: Self { Self(rawValue: 0x4400) }
  /// `control_request.pause` of Percuss.
  @inlinable public static var controlRequestPause: Self { Self(rawValue: 0x4500) }
  /// `control_request.resume` of Percuss.
  @inlinable public static var controlRequestResume: Self { Self(rawValue: 0x4600) }
  /// `control_request.set_speed` of Percuss.
  @inlinable public static var controlRequestSetSpeed: Self { Self(rawValue: 0x4700) }
  /// `control_request.set_speed.speed` of Percuss.
  @inlinable public static var controlRequestSetSpeedSpeed: Self { Self(rawValue: 0x4701) }
  /// `control_request.set_speed.ramp` of Percuss.
  @inlinable public static var controlRequestSetSpeedRamp: Self { Self(rawValue: 0x4702) }
  /// `control_request.set_force_limit` of Percuss.
  @inlinable public static var controlRequestSetForceLimit: Self { Self(rawValue: 0x4800) }
  /// `control_request.set_force_limit.force` of Percuss.
  @inlinable public static var controlRequestSetForceLimitForce: Self { Self(rawValue: 0x4801) }
  /// `control_request.set_timer` of Percuss.
  @inlinable public static var controlRequestSetTimer: Self { Self(rawValue: 0x4900) }
  /// `control_request.set_timer.duration` of Percuss.
  @inlinable public static var controlRequestSetTimerDuration: Self { Self(rawValue: 0x4901) }
  /// `control_request.preset` of Percuss.
  @inlinable public static var controlRequestPreset: Self { Self(rawValue: 0x4A00) }
  /// `control_request.preset.index` of Percuss.
  @inlinable public static var controlRequestPresetIndex: Self { Self(rawValue: 0x4A01) }
  /// `control_request.preset.ramp` of Percuss.
  @inlinable public static var controlRequestPresetRamp: Self { Self(rawValue: 0x4A02) }
  /// `control_request.confirm` of Percuss.
  @inlinable public static var controlRequestConfirm: Self { Self(rawValue: 0x4B00) }
  /// `control_request.confirm.step` of Percuss.
  @inlinable public static var controlRequestConfirmStep: Self { Self(rawValue: 0x4B01) }
  /// `control_request.routine_begin` of Percuss.
  @inlinable public static var controlRequestRoutineBegin: Self { Self(rawValue: 0x4C00) }
  /// `control_request.routine_begin.slot` of Percuss.
  @inlinable public static var controlRequestRoutineBeginSlot: Self { Self(rawValue: 0x4C01) }
  /// `control_request.routine_begin.length` of Percuss.
  @inlinable public static var controlRequestRoutineBeginLength: Self { Self(rawValue: 0x4C02) }
  /// `control_request.routine_begin.crc32` of Percuss.
  @inlinable public static var controlRequestRoutineBeginCrc32: Self { Self(rawValue: 0x4C03) }
  /// `control_request.routine_commit` of Percuss.
  @inlinable public static var controlRequestRoutineCommit: Self { Self(rawValue: 0x4D00) }
  /// `control_request.routine_commit.transfer` of Percuss.
  @inlinable public static var controlRequestRoutineCommitTransfer: Self { Self(rawValue: 0x4D01) }
  /// `control_request.routine_abort` of Percuss.
  @inlinable public static var controlRequestRoutineAbort: Self { Self(rawValue: 0x4E00) }
  /// `control_request.routine_abort.transfer` of Percuss.
  @inlinable public static var controlRequestRoutineAbortTransfer: Self { Self(rawValue: 0x4E01) }
  /// `control_request.routine_query` of Percuss.
  @inlinable public static var controlRequestRoutineQuery: Self { Self(rawValue: 0x4F00) }
  /// `control_request.routine_query.slot` of Percuss.
  @inlinable public static var controlRequestRoutineQuerySlot: Self { Self(rawValue: 0x4F01) }
  /// `control_request.routine_start` of Percuss.
  @inlinable public static var controlRequestRoutineStart: Self { Self(rawValue: 0x5000) }
  /// `control_request.routine_start.slot` of Percuss.
  @inlinable public static var controlRequestRoutineStartSlot: Self { Self(rawValue: 0x5001) }
  /// `control_request.routine_start.start` of Percuss.
  @inlinable public static var controlRequestRoutineStartStart: Self { Self(rawValue: 0x5002) }
  /// `control_request.routine_start.offset` of Percuss.
  @inlinable public static var controlRequestRoutineStartOffset: Self { Self(rawValue: 0x5003) }
  /// `control_request.routine_seek` of Percuss.
  @inlinable public static var controlRequestRoutineSeek: Self { Self(rawValue: 0x5100) }
  /// `control_request.routine_seek.offset` of Percuss.
  @inlinable public static var controlRequestRoutineSeekOffset: Self { Self(rawValue: 0x5101) }
  /// `control_request.routine_clear` of Percuss.
  @inlinable public static var controlRequestRoutineClear: Self { Self(rawValue: 0x5200) }
  /// `control_request.routine_clear.slot` of Percuss.
  @inlinable public static var controlRequestRoutineClearSlot: Self { Self(rawValue: 0x5201) }
  /// `control_request.routine_validate` of Percuss.
  @inlinable public static var controlRequestRoutineValidate: Self { Self(rawValue: 0x5300) }
  /// `control_request.routine_validate.slot` of Percuss.
  @inlinable public static var controlRequestRoutineValidateSlot: Self { Self(rawValue: 0x5301) }
  /// `control_request.queue_step` of Percuss.
  @inlinable public static var controlRequestQueueStep: Self { Self(rawValue: 0x5400) }
  /// `control_request.queue_step.index` of Percuss.
  @inlinable public static var controlRequestQueueStepIndex: Self { Self(rawValue: 0x5401) }
  /// `control_request.queue_step.at` of Percuss.
  @inlinable public static var controlRequestQueueStepAt: Self { Self(rawValue: 0x5402) }
  /// `control_request.queue_step.segment.kind` of Percuss.
  @inlinable public static var controlRequestQueueStepSegmentKind: Self { Self(rawValue: 0x5403) }
  /// `control_request.queue_step.segment.force_limit` of Percuss.
  @inlinable public static var controlRequestQueueStepSegmentForceLimit: Self { Self(rawValue: 0x5404) }
  /// `control_request.queue_step.segment.speed_from` of Percuss.
  @inlinable public static var controlRequestQueueStepSegmentSpeedFrom: Self { Self(rawValue: 0x5405) }
  /// `control_request.queue_step.segment.speed_to` of Percuss.
  @inlinable public static var controlRequestQueueStepSegmentSpeedTo: Self { Self(rawValue: 0x5406) }
  /// `control_request.queue_step.segment.duration` of Percuss.
  @inlinable public static var controlRequestQueueStepSegmentDuration: Self { Self(rawValue: 0x5407) }
  /// `control_request.queue_flush` of Percuss.
  @inlinable public static var controlRequestQueueFlush: Self { Self(rawValue: 0x5500) }
  /// `control_request.queue_start` of Percuss.
  @inlinable public static var controlRequestQueueStart: Self { Self(rawValue: 0x5600) }
  /// `control_request.queue_start.start` of Percuss.
  @inlinable public static var controlRequestQueueStartStart: Self { Self(rawValue: 0x5601) }
  /// `control_request.set_telemetry` of Percuss.
  @inlinable public static var controlRequestSetTelemetry: Self { Self(rawValue: 0x5700) }
  /// `control_request.set_telemetry.interval` of Percuss.
  @inlinable public static var controlRequestSetTelemetryInterval: Self { Self(rawValue: 0x5701) }
  /// `control_response.control_granted` of Percuss.
  @inlinable public static var controlResponseControlGranted: Self { Self(rawValue: 0x5800) }
  /// `control_response.control_granted.lease` of Percuss.
  @inlinable public static var controlResponseControlGrantedLease: Self { Self(rawValue: 0x5801) }
  /// `control_response.preset_chosen` of Percuss.
  @inlinable public static var controlResponsePresetChosen: Self { Self(rawValue: 0x5900) }
  /// `control_response.preset_chosen.speed` of Percuss.
  @inlinable public static var controlResponsePresetChosenSpeed: Self { Self(rawValue: 0x5901) }
  /// `control_response.transfer_opened` of Percuss.
  @inlinable public static var controlResponseTransferOpened: Self { Self(rawValue: 0x5A00) }
  /// `control_response.transfer_opened.transfer` of Percuss.
  @inlinable public static var controlResponseTransferOpenedTransfer: Self { Self(rawValue: 0x5A01) }
  /// `control_response.transfer_opened.next_offset` of Percuss.
  @inlinable public static var controlResponseTransferOpenedNextOffset: Self { Self(rawValue: 0x5A02) }
  /// `control_response.transfer_opened.window` of Percuss.
  @inlinable public static var controlResponseTransferOpenedWindow: Self { Self(rawValue: 0x5A03) }
  /// `control_response.routine_stored` of Percuss.
  @inlinable public static var controlResponseRoutineStored: Self { Self(rawValue: 0x5B00) }
  /// `control_response.routine_stored.slot` of Percuss.
  @inlinable public static var controlResponseRoutineStoredSlot: Self { Self(rawValue: 0x5B01) }
  /// `control_response.slot_described` of Percuss.
  @inlinable public static var controlResponseSlotDescribed: Self { Self(rawValue: 0x5C00) }
  /// `control_response.slot_described.slot` of Percuss.
  @inlinable public static var controlResponseSlotDescribedSlot: Self { Self(rawValue: 0x5C01) }
  /// `control_response.slot_described.status` of Percuss.
  @inlinable public static var controlResponseSlotDescribedStatus: Self { Self(rawValue: 0x5C02) }
  /// `control_response.slot_described.length` of Percuss.
  @inlinable public static var controlResponseSlotDescribedLength: Self { Self(rawValue: 0x5C03) }
  /// `control_response.slot_described.crc32` of Percuss.
  @inlinable public static var controlResponseSlotDescribedCrc32: Self { Self(rawValue: 0x5C04) }
  /// `control_response.slot_described.next_offset` of Percuss.
  @inlinable public static var controlResponseSlotDescribedNextOffset: Self { Self(rawValue: 0x5C05) }
  /// `control_response.routine_started` of Percuss.
  @inlinable public static var controlResponseRoutineStarted: Self { Self(rawValue: 0x5D00) }
  /// `control_response.routine_started.start` of Percuss.
  @inlinable public static var controlResponseRoutineStartedStart: Self { Self(rawValue: 0x5D01) }
  /// `control_response.routine_moved` of Percuss.
  @inlinable public static var controlResponseRoutineMoved: Self { Self(rawValue: 0x5E00) }
  /// `control_response.routine_moved.step` of Percuss.
  @inlinable public static var controlResponseRoutineMovedStep: Self { Self(rawValue: 0x5E01) }
  /// `control_response.step_queued` of Percuss.
  @inlinable public static var controlResponseStepQueued: Self { Self(rawValue: 0x5F00) }
  /// `control_response.step_queued.free` of Percuss.
  @inlinable public static var controlResponseStepQueuedFree: Self { Self(rawValue: 0x5F01) }
  /// `control_response.stream_started` of Percuss.
  @inlinable public static var controlResponseStreamStarted: Self { Self(rawValue: 0x6000) }
  /// `control_response.stream_started.start` of Percuss.
  @inlinable public static var controlResponseStreamStartedStart: Self { Self(rawValue: 0x6001) }
  /// `control_response.parameter_limits` of Percuss.
  @inlinable public static var controlResponseParameterLimits: Self { Self(rawValue: 0x6100) }
  /// `control_response.parameter_limits.field` of Percuss.
  @inlinable public static var controlResponseParameterLimitsField: Self { Self(rawValue: 0x6101) }
  /// `control_response.parameter_limits.minimum` of Percuss.
  @inlinable public static var controlResponseParameterLimitsMinimum: Self { Self(rawValue: 0x6102) }
  /// `control_response.parameter_limits.maximum` of Percuss.
  @inlinable public static var controlResponseParameterLimitsMaximum: Self { Self(rawValue: 0x6103) }
  /// `control_response.upload_incomplete` of Percuss.
  @inlinable public static var controlResponseUploadIncomplete: Self { Self(rawValue: 0x6200) }
  /// `control_response.upload_incomplete.next_offset` of Percuss.
  @inlinable public static var controlResponseUploadIncompleteNextOffset: Self { Self(rawValue: 0x6201) }
  /// `control_response.index_expected` of Percuss.
  @inlinable public static var controlResponseIndexExpected: Self { Self(rawValue: 0x6300) }
  /// `control_response.index_expected.index` of Percuss.
  @inlinable public static var controlResponseIndexExpectedIndex: Self { Self(rawValue: 0x6301) }
  /// `control_response.invalid_step` of Percuss.
  @inlinable public static var controlResponseInvalidStep: Self { Self(rawValue: 0x6400) }
  /// `control_response.invalid_step.step` of Percuss.
  @inlinable public static var controlResponseInvalidStepStep: Self { Self(rawValue: 0x6401) }
  /// `device_event.state_changed` of Percuss.
  @inlinable public static var deviceEventStateChanged: Self { Self(rawValue: 0x6500) }
  /// `device_event.state_changed.state` of Percuss.
  @inlinable public static var deviceEventStateChangedState: Self { Self(rawValue: 0x6501) }
  /// `device_event.state_changed.previous` of Percuss.
  @inlinable public static var deviceEventStateChangedPrevious: Self { Self(rawValue: 0x6502) }
  /// `device_event.state_changed.cause` of Percuss.
  @inlinable public static var deviceEventStateChangedCause: Self { Self(rawValue: 0x6503) }
  /// `device_event.state_changed.time` of Percuss.
  @inlinable public static var deviceEventStateChangedTime: Self { Self(rawValue: 0x6504) }
  /// `device_event.step_entered` of Percuss.
  @inlinable public static var deviceEventStepEntered: Self { Self(rawValue: 0x6600) }
  /// `device_event.step_entered.step` of Percuss.
  @inlinable public static var deviceEventStepEnteredStep: Self { Self(rawValue: 0x6601) }
  /// `device_event.step_entered.planned` of Percuss.
  @inlinable public static var deviceEventStepEnteredPlanned: Self { Self(rawValue: 0x6602) }
  /// `device_event.step_entered.actual` of Percuss.
  @inlinable public static var deviceEventStepEnteredActual: Self { Self(rawValue: 0x6603) }
  /// `device_event.routine_ended` of Percuss.
  @inlinable public static var deviceEventRoutineEnded: Self { Self(rawValue: 0x6700) }
  /// `device_event.routine_ended.step` of Percuss.
  @inlinable public static var deviceEventRoutineEndedStep: Self { Self(rawValue: 0x6701) }
  /// `device_event.routine_ended.cause` of Percuss.
  @inlinable public static var deviceEventRoutineEndedCause: Self { Self(rawValue: 0x6702) }
  /// `device_event.routine_ended.time` of Percuss.
  @inlinable public static var deviceEventRoutineEndedTime: Self { Self(rawValue: 0x6703) }
  /// `device_event.confirmation_needed` of Percuss.
  @inlinable public static var deviceEventConfirmationNeeded: Self { Self(rawValue: 0x6800) }
  /// `device_event.confirmation_needed.step` of Percuss.
  @inlinable public static var deviceEventConfirmationNeededStep: Self { Self(rawValue: 0x6801) }
  /// `device_event.confirmation_needed.timeout` of Percuss.
  @inlinable public static var deviceEventConfirmationNeededTimeout: Self { Self(rawValue: 0x6802) }
  /// `device_event.confirmation_needed.time` of Percuss.
  @inlinable public static var deviceEventConfirmationNeededTime: Self { Self(rawValue: 0x6803) }
  /// `device_event.fault_raised` of Percuss.
  @inlinable public static var deviceEventFaultRaised: Self { Self(rawValue: 0x6900) }
  /// `device_event.fault_raised.fault` of Percuss.
  @inlinable public static var deviceEventFaultRaisedFault: Self { Self(rawValue: 0x6901) }
  /// `device_event.fault_raised.time` of Percuss.
  @inlinable public static var deviceEventFaultRaisedTime: Self { Self(rawValue: 0x6902) }
  /// `device_event.fault_cleared` of Percuss.
  @inlinable public static var deviceEventFaultCleared: Self { Self(rawValue: 0x6A00) }
  /// `device_event.fault_cleared.fault` of Percuss.
  @inlinable public static var deviceEventFaultClearedFault: Self { Self(rawValue: 0x6A01) }
  /// `device_event.fault_cleared.time` of Percuss.
  @inlinable public static var deviceEventFaultClearedTime: Self { Self(rawValue: 0x6A02) }
  /// `device_event.button` of Percuss.
  @inlinable public static var deviceEventButton: Self { Self(rawValue: 0x6B00) }
  /// `device_event.button.action` of Percuss.
  @inlinable public static var deviceEventButtonAction: Self { Self(rawValue: 0x6B01) }
  /// `device_event.button.time` of Percuss.
  @inlinable public static var deviceEventButtonTime: Self { Self(rawValue: 0x6B02) }
  /// `device_event.control_lost` of Percuss.
  @inlinable public static var deviceEventControlLost: Self { Self(rawValue: 0x6C00) }
  /// `device_event.control_lost.cause` of Percuss.
  @inlinable public static var deviceEventControlLostCause: Self { Self(rawValue: 0x6C01) }
  /// `device_event.control_lost.time` of Percuss.
  @inlinable public static var deviceEventControlLostTime: Self { Self(rawValue: 0x6C02) }
  /// `device_event.battery_low` of Percuss.
  @inlinable public static var deviceEventBatteryLow: Self { Self(rawValue: 0x6D00) }
  /// `device_event.battery_low.battery` of Percuss.
  @inlinable public static var deviceEventBatteryLowBattery: Self { Self(rawValue: 0x6D01) }
  /// `device_event.battery_low.time` of Percuss.
  @inlinable public static var deviceEventBatteryLowTime: Self { Self(rawValue: 0x6D02) }
  /// `routine_data.chunk` of Percuss.
  @inlinable public static var routineDataChunk: Self { Self(rawValue: 0x6E00) }
  /// `routine_data.chunk.transfer` of Percuss.
  @inlinable public static var routineDataChunkTransfer: Self { Self(rawValue: 0x6E01) }
  /// `routine_data.chunk.offset` of Percuss.
  @inlinable public static var routineDataChunkOffset: Self { Self(rawValue: 0x6E02) }
  /// `routine_data.chunk.payload` of Percuss.
  @inlinable public static var routineDataChunkPayload: Self { Self(rawValue: 0x6E03) }
  /// `routine_data.streamed_step` of Percuss.
  @inlinable public static var routineDataStreamedStep: Self { Self(rawValue: 0x6F00) }
  /// `routine_data.streamed_step.index` of Percuss.
  @inlinable public static var routineDataStreamedStepIndex: Self { Self(rawValue: 0x6F01) }
  /// `routine_data.streamed_step.at` of Percuss.
  @inlinable public static var routineDataStreamedStepAt: Self { Self(rawValue: 0x6F02) }
  /// `routine_data.streamed_step.segment.kind` of Percuss.
  @inlinable public static var routineDataStreamedStepSegmentKind: Self { Self(rawValue: 0x6F03) }
  /// `routine_data.streamed_step.segment.force_limit` of Percuss.
  @inlinable public static var routineDataStreamedStepSegmentForceLimit: Self { Self(rawValue: 0x6F04) }
  /// `routine_data.streamed_step.segment.speed_from` of Percuss.
  @inlinable public static var routineDataStreamedStepSegmentSpeedFrom: Self { Self(rawValue: 0x6F05) }
  /// `routine_data.streamed_step.segment.speed_to` of Percuss.
  @inlinable public static var routineDataStreamedStepSegmentSpeedTo: Self { Self(rawValue: 0x6F06) }
  /// `routine_data.streamed_step.segment.duration` of Percuss.
  @inlinable public static var routineDataStreamedStepSegmentDuration: Self { Self(rawValue: 0x6F07) }
  /// `routine_status.upload_credit` of Percuss.
  @inlinable public static var routineStatusUploadCredit: Self { Self(rawValue: 0x7000) }
  /// `routine_status.upload_credit.transfer` of Percuss.
  @inlinable public static var routineStatusUploadCreditTransfer: Self { Self(rawValue: 0x7001) }
  /// `routine_status.upload_credit.next_offset` of Percuss.
  @inlinable public static var routineStatusUploadCreditNextOffset: Self { Self(rawValue: 0x7002) }
  /// `routine_status.upload_credit.window` of Percuss.
  @inlinable public static var routineStatusUploadCreditWindow: Self { Self(rawValue: 0x7003) }
  /// `routine_status.stream_credit` of Percuss.
  @inlinable public static var routineStatusStreamCredit: Self { Self(rawValue: 0x7100) }
  /// `routine_status.stream_credit.next_index` of Percuss.
  @inlinable public static var routineStatusStreamCreditNextIndex: Self { Self(rawValue: 0x7101) }
  /// `routine_status.stream_credit.free` of Percuss.
  @inlinable public static var routineStatusStreamCreditFree: Self { Self(rawValue: 0x7102) }
  /// `request` of Theragun generation 4.
  @inlinable public static var theragunRequest: Self { Self(rawValue: 0x010100) }
  /// `request.start` of Theragun generation 4.
  @inlinable public static var theragunRequestStart: Self { Self(rawValue: 0x010101) }
  /// `request.checksum` of Theragun generation 4.
  @inlinable public static var theragunRequestChecksum: Self { Self(rawValue: 0x010102) }
  /// `request.kind` of Theragun generation 4.
  @inlinable public static var theragunRequestKind: Self { Self(rawValue: 0x010103) }
  /// `notification` of Theragun generation 4.
  @inlinable public static var theragunNotification: Self { Self(rawValue: 0x010200) }
  /// `notification.start` of Theragun generation 4.
  @inlinable public static var theragunNotificationStart: Self { Self(rawValue: 0x010201) }
  /// `notification.checksum` of Theragun generation 4.
  @inlinable public static var theragunNotificationChecksum: Self { Self(rawValue: 0x010202) }
  /// `notification.kind` of Theragun generation 4.
  @inlinable public static var theragunNotificationKind: Self { Self(rawValue: 0x010203) }
  /// `request.set_speed` of Theragun generation 4.
  @inlinable public static var theragunRequestSetSpeed: Self { Self(rawValue: 0x014000) }
  /// `request.set_speed.fixed` of Theragun generation 4.
  @inlinable public static var theragunRequestSetSpeedFixed: Self { Self(rawValue: 0x014001) }
  /// `request.set_speed.speed` of Theragun generation 4.
  @inlinable public static var theragunRequestSetSpeedSpeed: Self { Self(rawValue: 0x014002) }
  /// `request.set_speed.end` of Theragun generation 4.
  @inlinable public static var theragunRequestSetSpeedEnd: Self { Self(rawValue: 0x014003) }
  /// `request.status` of Theragun generation 4.
  @inlinable public static var theragunRequestStatus: Self { Self(rawValue: 0x014100) }
  /// `request.status.fixed` of Theragun generation 4.
  @inlinable public static var theragunRequestStatusFixed: Self { Self(rawValue: 0x014101) }
  /// `request.version` of Theragun generation 4.
  @inlinable public static var theragunRequestVersion: Self { Self(rawValue: 0x014200) }
  /// `request.version.fixed` of Theragun generation 4.
  @inlinable public static var theragunRequestVersionFixed: Self { Self(rawValue: 0x014201) }
  /// `notification.status` of Theragun generation 4.
  @inlinable public static var theragunNotificationStatus: Self { Self(rawValue: 0x014300) }
  /// `notification.status.unknown_byte` of Theragun generation 4.
  @inlinable public static var theragunNotificationStatusUnknownByte: Self { Self(rawValue: 0x014301) }
  /// `notification.status.motion` of Theragun generation 4.
  @inlinable public static var theragunNotificationStatusMotion: Self { Self(rawValue: 0x014302) }
  /// `notification.status.unknown_bytes` of Theragun generation 4.
  @inlinable public static var theragunNotificationStatusUnknownBytes: Self { Self(rawValue: 0x014303) }
  /// `notification.status.speed` of Theragun generation 4.
  @inlinable public static var theragunNotificationStatusSpeed: Self { Self(rawValue: 0x014304) }
  /// `notification.version` of Theragun generation 4.
  @inlinable public static var theragunNotificationVersion: Self { Self(rawValue: 0x014400) }
  /// `notification.version.unknown_byte` of Theragun generation 4.
  @inlinable public static var theragunNotificationVersionUnknownByte: Self { Self(rawValue: 0x014401) }
  /// `notification.version.unknown_bytes` of Theragun generation 4.
  @inlinable public static var theragunNotificationVersionUnknownBytes: Self { Self(rawValue: 0x014402) }
  /// `notification.version.version` of Theragun generation 4.
  @inlinable public static var theragunNotificationVersionVersion: Self { Self(rawValue: 0x014403) }

  /// The path in the specification, such as `control_request.request_control.lease`.
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
    case 0x010100: "request"
    case 0x010101: "request.start"
    case 0x010102: "request.checksum"
    case 0x010103: "request.kind"
    case 0x010200: "notification"
    case 0x010201: "notification.start"
    case 0x010202: "notification.checksum"
    case 0x010203: "notification.kind"
    case 0x014000: "request.set_speed"
    case 0x014001: "request.set_speed.fixed"
    case 0x014002: "request.set_speed.speed"
    case 0x014003: "request.set_speed.end"
    case 0x014100: "request.status"
    case 0x014101: "request.status.fixed"
    case 0x014200: "request.version"
    case 0x014201: "request.version.fixed"
    case 0x014300: "notification.status"
    case 0x014301: "notification.status.unknown_byte"
    case 0x014302: "notification.status.motion"
    case 0x014303: "notification.status.unknown_bytes"
    case 0x014304: "notification.status.speed"
    case 0x014400: "notification.version"
    case 0x014401: "notification.version.unknown_byte"
    case 0x014402: "notification.version.unknown_bytes"
    case 0x014403: "notification.version.version"
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
