// Written by protocol-generator from protocol-spec/percuss.yaml: change that page, then run `make generate`.

#if !hasFeature(Embedded)
  extension WireSchema.Specification {
    /// Percuss.
    public static let percuss = Self(
      name: "percuss", title: "Percuss",
      notice: nil,
      isBigEndian: false, uuidBase: (high: 0x7E32_0000_BF34_4597, low: 0xA0B9_8327_7511_650E))
  }

  extension WireSchema {
    /// Every message of Percuss, in the order of the specification.
    public static let messages: [Message] = [
      deviceFeature,
      controlRequest,
      controlResponse,
      telemetry,
      deviceEvent,
      routineData,
      routineStatus,
      clockRequest,
      clockReply,
    ]

    /// What the device can do, in one read at the smallest ATT_MTU.
    public static let deviceFeature = Message(
      name: "device_feature", doc: "What the device can do, in one read at the smallest ATT_MTU.",
      specification: .percuss, direction: .peripheralToCentral, characteristic: .feature, channel: 0x02,
      codec: DeviceFeature.self, requiresVariant: false,
      header: [
        WireSchema.Field(
          "version_major", at: 0, .integer(.u8),
          doc: "Major version of the protocol; a central refuses one that it does not know."
        ),
        WireSchema.Field(
          "version_minor", at: 1, .integer(.u8), doc: "Minor version of the protocol; a higher one only appends."
        ),
        WireSchema.Field(
          "schema_crc", at: 2, .integer(.u32),
          doc: "CRC-32 of the fields of this major version as they were in its minor version 0."
        ),
        WireSchema.Field("features", at: 6, .flags(.deviceFeatures), doc: "What the device can do."),
        WireSchema.Field("speed_minimum", at: 10, .integer(.u16), unit: .ppm, doc: "Lowest speed of a turning motor."),
        WireSchema.Field("speed_maximum", at: 12, .integer(.u16), unit: .ppm, doc: "Highest speed."),
        WireSchema.Field(
          "speed_step", at: 14, .integer(.u16), unit: .ppm, range: 1...65535, doc: "Speeds are multiples of this."
        ),
        WireSchema.Field("force_maximum", at: 16, .integer(.u16), unit: .decinewton, doc: "Highest force limit."),
        WireSchema.Field("routine_slots", at: 18, .integer(.u8), doc: "Number of routine slots."),
        WireSchema.Field("routine_steps", at: 19, .integer(.u16), doc: "Longest routine in segments."),
        WireSchema.Field("queue_depth", at: 21, .integer(.u8), doc: "Places in the queue of streamed steps."),
      ],
      variants: [])

    /// A request to the device.
    public static let controlRequest = Message(
      name: "control_request", doc: "A request to the device.",
      specification: .percuss, direction: .centralToPeripheral, characteristic: .controlPoint, channel: 0x03,
      codec: ControlRequest.self, requiresVariant: true,
      header: [
        WireSchema.Field("op_code", at: 0, .enumeration(.opCode), doc: "What is asked for."),
        WireSchema.Field(
          "sequence", at: 1, .integer(.u8), doc: "One more than that of the central's last request; wraps."
        ),
        WireSchema.Field("flags", at: 2, .flags(.controlFlags), doc: "How to answer."),
      ],
      variants: [
        .controlRequestRequestControl,
        .controlRequestReleaseControl,
        .controlRequestKeepAlive,
        .controlRequestReset,
        .controlRequestStop,
        .controlRequestPause,
        .controlRequestResume,
        .controlRequestSetSpeed,
        .controlRequestSetForceLimit,
        .controlRequestSetTimer,
        .controlRequestPreset,
        .controlRequestConfirm,
        .controlRequestRoutineBegin,
        .controlRequestRoutineCommit,
        .controlRequestRoutineAbort,
        .controlRequestRoutineQuery,
        .controlRequestRoutineStart,
        .controlRequestRoutineSeek,
        .controlRequestRoutineClear,
        .controlRequestRoutineValidate,
        .controlRequestQueueStep,
        .controlRequestQueueFlush,
        .controlRequestQueueStart,
        .controlRequestSetTelemetry,
      ])

    /// The answer to a control request.
    public static let controlResponse = Message(
      name: "control_response", doc: "The answer to a control request.",
      specification: .percuss, direction: .peripheralToCentral, characteristic: .controlPoint, channel: 0x13,
      codec: ControlResponse.self, requiresVariant: false,
      header: [
        WireSchema.Field("marker", at: 0, .integer(.u8), constant: 0x80, doc: "Tells a response from a request."),
        WireSchema.Field("op_code", at: 1, .enumeration(.opCode), doc: "The request's op code."),
        WireSchema.Field("sequence", at: 2, .integer(.u8), doc: "The request's sequence number."),
        WireSchema.Field("result", at: 3, .enumeration(.controlResult), doc: "How it ended."),
        WireSchema.Field("state", at: 4, .enumeration(.deviceState), doc: "The device's state after it."),
      ],
      variants: [
        .controlResponseControlGranted,
        .controlResponsePresetChosen,
        .controlResponseTransferOpened,
        .controlResponseRoutineStored,
        .controlResponseSlotDescribed,
        .controlResponseRoutineStarted,
        .controlResponseRoutineMoved,
        .controlResponseStepQueued,
        .controlResponseStreamStarted,
        .controlResponseParameterLimits,
        .controlResponseUploadIncomplete,
        .controlResponseIndexExpected,
        .controlResponseInvalidStep,
      ])

    /// What the device does now.
    public static let telemetry = Message(
      name: "telemetry", doc: "What the device does now.",
      specification: .percuss, direction: .peripheralToCentral, characteristic: .telemetry, channel: 0x04,
      codec: Telemetry.self, requiresVariant: false,
      header: [
        WireSchema.Field(
          "counter", at: 0, .integer(.u8),
          doc: "One more than that of the last one to this central; wraps. A gap tells a loss."
        ),
        WireSchema.Field("state", at: 1, .enumeration(.deviceState), doc: "What the device is doing."),
        WireSchema.Field(
          "time", at: 2, .integer(.u32), unit: .millisecond, doc: "Low 32 bits of the device's clock in milliseconds."
        ),
        WireSchema.Field("speed", at: 6, .integer(.u16), unit: .ppm, doc: "Speed of the motor as measured."),
        WireSchema.Field(
          "target", at: 8, .integer(.u16), unit: .ppm, doc: "Speed that the motor is commanded to have now."
        ),
        WireSchema.Field("force", at: 10, .integer(.u16), unit: .decinewton, doc: "Force as measured."),
        WireSchema.Field("temperature", at: 12, .integer(.i16), unit: .decidegree, doc: "Temperature of the motor."),
        WireSchema.Field("battery", at: 14, .integer(.u8), unit: .percent, range: 0...100, doc: "Charge."),
        WireSchema.Field(
          "step", at: 15, .integer(.u16), doc: "Step that plays, waits or is paused; 65535 without one."
        ),
        WireSchema.Field(
          "remaining", at: 17, .integer(.u16), unit: .second,
          doc: "Time left of routine or stream, or of the timer if that is less, rounded up; 65535 where it is as "
            + "long or longer; 0 without any."
        ),
        WireSchema.Field("faults", at: 19, .flags(.deviceFaults), doc: "The faults that are active."),
      ],
      variants: [])

    /// What happened.
    public static let deviceEvent = Message(
      name: "device_event", doc: "What happened.",
      specification: .percuss, direction: .peripheralToCentral, characteristic: .event, channel: 0x05,
      codec: DeviceEvent.self, requiresVariant: true,
      header: [
        WireSchema.Field("kind", at: 0, .enumeration(.eventKind), doc: "What is reported."),
        WireSchema.Field(
          "counter", at: 1, .integer(.u8),
          doc: "One more than that of the last event for this central; wraps. A gap tells a loss."
        ),
      ],
      variants: [
        .deviceEventStateChanged,
        .deviceEventStepEntered,
        .deviceEventRoutineEnded,
        .deviceEventConfirmationNeeded,
        .deviceEventFaultRaised,
        .deviceEventFaultCleared,
        .deviceEventButton,
        .deviceEventControlLost,
        .deviceEventBatteryLow,
      ])

    /// Upload chunks and streamed steps.
    public static let routineData = Message(
      name: "routine_data", doc: "Upload chunks and streamed steps.",
      specification: .percuss, direction: .centralToPeripheral, characteristic: .routineData, channel: 0x06,
      codec: RoutineData.self, requiresVariant: true,
      header: [
        WireSchema.Field("kind", at: 0, .enumeration(.routineDataKind), doc: "What follows.")
      ],
      variants: [
        .routineDataChunk,
        .routineDataStreamedStep,
      ])

    /// How far an upload or the queue has come.
    public static let routineStatus = Message(
      name: "routine_status", doc: "How far an upload or the queue has come.",
      specification: .percuss, direction: .peripheralToCentral, characteristic: .routineData, channel: 0x16,
      codec: RoutineStatus.self, requiresVariant: true,
      header: [
        WireSchema.Field("kind", at: 0, .enumeration(.routineStatusKind), doc: "What follows.")
      ],
      variants: [
        .routineStatusUploadCredit,
        .routineStatusStreamCredit,
      ])

    /// A question for the device's clock.
    public static let clockRequest = Message(
      name: "clock_request", doc: "A question for the device's clock.",
      specification: .percuss, direction: .centralToPeripheral, characteristic: .clock, channel: 0x07,
      codec: ClockRequest.self, requiresVariant: false,
      header: [
        WireSchema.Field("kind", at: 0, .integer(.u8), constant: 0x01, doc: "Tells a request."),
        WireSchema.Field("sequence", at: 1, .integer(.u8), doc: "Comes back in the reply."),
        WireSchema.Field(
          "central_time", at: 2, .integer(.u64), unit: .microsecond,
          doc: "The central's clock; comes back in the reply."
        ),
      ],
      variants: [])

    /// The device's clock.
    public static let clockReply = Message(
      name: "clock_reply", doc: "The device's clock.",
      specification: .percuss, direction: .peripheralToCentral, characteristic: .clock, channel: 0x17,
      codec: ClockReply.self, requiresVariant: false,
      header: [
        WireSchema.Field("kind", at: 0, .integer(.u8), constant: 0x81, doc: "Tells a reply."),
        WireSchema.Field("sequence", at: 1, .integer(.u8), doc: "From the request."),
        WireSchema.Field("central_time", at: 2, .integer(.u64), unit: .microsecond, doc: "From the request."),
        WireSchema.Field(
          "device_time", at: 10, .integer(.u64), unit: .microsecond, doc: "The device's clock when the request arrived."
        ),
        WireSchema.Field(
          "hold", at: 18, .integer(.u16), unit: .microsecond,
          doc: "Time from then until the reply was handed to the radio; 65535 where it was as long or longer."
        ),
      ],
      variants: [])
  }

  extension WireSchema.Variant {
    static let controlRequestRequestControl = Self(
      name: "request_control", doc: "Take the lease, or change it.",
      when: [WireSchema.Selector("op_code", is: 0x01)],
      fields: [
        WireSchema.Field(
          "lease", at: 3, .integer(.u16), unit: .millisecond, range: 500...60000,
          doc: "The lease ends this long after the last value that renewed it."
        ),
        WireSchema.Field(
          "loss_policy", at: 5, .enumeration(.lossPolicy), doc: "What the motor does when the central is lost."
        ),
      ])
    static let controlRequestReleaseControl = Self(
      name: "release_control", doc: "Give the lease back.",
      when: [WireSchema.Selector("op_code", is: 0x02)],
      fields: [])
    static let controlRequestKeepAlive = Self(
      name: "keep_alive", doc: "Renew the lease.",
      when: [WireSchema.Selector("op_code", is: 0x03)],
      fields: [])
    static let controlRequestReset = Self(
      name: "reset", doc: "Stop, forget settings, clear faults.",
      when: [WireSchema.Selector("op_code", is: 0x04)],
      fields: [])
    static let controlRequestStop = Self(
      name: "stop", doc: "Ramp to rest now.",
      when: [WireSchema.Selector("op_code", is: 0x10)],
      fields: [])
    static let controlRequestPause = Self(
      name: "pause", doc: "Ramp to rest and hold the place.",
      when: [WireSchema.Selector("op_code", is: 0x11)],
      fields: [])
    static let controlRequestResume = Self(
      name: "resume", doc: "Go on from where pause held.",
      when: [WireSchema.Selector("op_code", is: 0x12)],
      fields: [])
    static let controlRequestSetSpeed = Self(
      name: "set_speed", doc: "Drive the motor by hand.",
      when: [WireSchema.Selector("op_code", is: 0x13)],
      fields: [
        WireSchema.Field(
          "speed", at: 3, .integer(.u16), unit: .ppm, doc: "Speed to reach; 0 brings the motor to rest."
        ),
        WireSchema.Field(
          "ramp", at: 5, .integer(.u16), unit: .millisecond, range: 0...60000,
          doc: "Time to reach it, in a straight line; where the motor cannot follow, the device takes longer."
        ),
      ])
    static let controlRequestSetForceLimit = Self(
      name: "set_force_limit", doc: "Limit the force.",
      when: [WireSchema.Selector("op_code", is: 0x14)],
      fields: [
        WireSchema.Field(
          "force", at: 3, .integer(.u16), unit: .decinewton,
          doc: "Force above which the motor yields; 0 stands for the device's limit."
        )
      ])
    static let controlRequestSetTimer = Self(
      name: "set_timer", doc: "Stop by itself.",
      when: [WireSchema.Selector("op_code", is: 0x15)],
      fields: [
        WireSchema.Field(
          "duration", at: 3, .integer(.u32), unit: .millisecond, range: 10...86_400_000,
          special: [WireSchema.NamedValue("disabled", 0, "No timer.")], doc: "Time from now."
        )
      ])
    static let controlRequestPreset = Self(
      name: "preset", doc: "Drive the motor at a preset.",
      when: [WireSchema.Selector("op_code", is: 0x16)],
      fields: [
        WireSchema.Field("index", at: 3, .integer(.u8), range: 1...5, doc: "Which preset."),
        WireSchema.Field("ramp", at: 4, .integer(.u16), unit: .millisecond, range: 0...60000, doc: "Time to reach it."),
      ])
    static let controlRequestConfirm = Self(
      name: "confirm", doc: "The operator confirms.",
      when: [WireSchema.Selector("op_code", is: 0x17)],
      fields: [
        WireSchema.Field("step", at: 3, .integer(.u16), doc: "The waiting step, as its event named it.")
      ])
    static let controlRequestRoutineBegin = Self(
      name: "routine_begin", doc: "Announce an upload.",
      when: [WireSchema.Selector("op_code", is: 0x20)],
      fields: [
        WireSchema.Field("slot", at: 3, .integer(.u8), doc: "Slot to store it in."),
        WireSchema.Field(
          "length", at: 4, .integer(.u32), unit: .byte, range: 15...720878, doc: "Bytes of the whole routine."
        ),
        WireSchema.Field("crc32", at: 8, .integer(.u32), doc: "CRC-32 of the whole routine."),
      ])
    static let controlRequestRoutineCommit = Self(
      name: "routine_commit", doc: "Store the upload.",
      when: [WireSchema.Selector("op_code", is: 0x21)],
      fields: [
        WireSchema.Field("transfer", at: 3, .integer(.u8), doc: "The transfer that routine begin opened.")
      ])
    static let controlRequestRoutineAbort = Self(
      name: "routine_abort", doc: "Forget the upload.",
      when: [WireSchema.Selector("op_code", is: 0x22)],
      fields: [
        WireSchema.Field("transfer", at: 3, .integer(.u8), doc: "The transfer that routine begin opened.")
      ])
    static let controlRequestRoutineQuery = Self(
      name: "routine_query", doc: "Say what a slot holds.",
      when: [WireSchema.Selector("op_code", is: 0x23)],
      fields: [
        WireSchema.Field("slot", at: 3, .integer(.u8), doc: "Which slot.")
      ])
    static let controlRequestRoutineStart = Self(
      name: "routine_start", doc: "Play a stored routine.",
      when: [WireSchema.Selector("op_code", is: 0x24)],
      fields: [
        WireSchema.Field("slot", at: 3, .integer(.u8), doc: "Which slot."),
        WireSchema.Field(
          "start", at: 4, .integer(.u64), unit: .microsecond, doc: "Instant of the device's clock; 0 stands for now."
        ),
        WireSchema.Field(
          "offset", at: 12, .integer(.u32), unit: .millisecond, range: 0...86_400_000,
          doc: "Place in the routine to begin at."
        ),
      ])
    static let controlRequestRoutineSeek = Self(
      name: "routine_seek", doc: "Move within the routine.",
      when: [WireSchema.Selector("op_code", is: 0x25)],
      fields: [
        WireSchema.Field(
          "offset", at: 3, .integer(.u32), unit: .millisecond, range: 0...86_400_000, doc: "Place in the routine."
        )
      ])
    static let controlRequestRoutineClear = Self(
      name: "routine_clear", doc: "Empty a slot.",
      when: [WireSchema.Selector("op_code", is: 0x26)],
      fields: [
        WireSchema.Field("slot", at: 3, .integer(.u8), doc: "Which slot.")
      ])
    static let controlRequestRoutineValidate = Self(
      name: "routine_validate", doc: "Check a stored routine.",
      when: [WireSchema.Selector("op_code", is: 0x27)],
      fields: [
        WireSchema.Field("slot", at: 3, .integer(.u8), doc: "Which slot.")
      ])
    static let controlRequestQueueStep = Self(
      name: "queue_step", doc: "Add a step to the queue, with a response.",
      when: [WireSchema.Selector("op_code", is: 0x30)],
      fields: [
        WireSchema.Field(
          "index", at: 3, .integer(.u16),
          doc: "One more than the step before, 0 after 65534; the first after a flush is 0."
        ),
        WireSchema.Field("at", at: 5, .integer(.u32), unit: .millisecond, doc: "Offset from the start of the stream."),
        WireSchema.Field("segment", at: 9, .record(.routineSegment), doc: "The step."),
      ])
    static let controlRequestQueueFlush = Self(
      name: "queue_flush", doc: "Forget the queued steps.",
      when: [WireSchema.Selector("op_code", is: 0x31)],
      fields: [])
    static let controlRequestQueueStart = Self(
      name: "queue_start", doc: "Play the queue.",
      when: [WireSchema.Selector("op_code", is: 0x32)],
      fields: [
        WireSchema.Field(
          "start", at: 3, .integer(.u64), unit: .microsecond, doc: "Instant of the device's clock; 0 stands for now."
        )
      ])
    static let controlRequestSetTelemetry = Self(
      name: "set_telemetry", doc: "Set the telemetry interval of this central.",
      when: [WireSchema.Selector("op_code", is: 0x40)],
      fields: [
        WireSchema.Field(
          "interval", at: 3, .integer(.u16), unit: .millisecond, range: 20...60000,
          special: [WireSchema.NamedValue("disabled", 0, "No telemetry.")], doc: "Time between two notifications."
        )
      ])
    static let controlResponseControlGranted = Self(
      name: "control_granted", doc: "The lease is held.",
      when: [WireSchema.Selector("op_code", is: 0x01), WireSchema.Selector("result", is: 0x01)],
      fields: [
        WireSchema.Field(
          "lease", at: 5, .integer(.u16), unit: .millisecond, range: 500...60000, doc: "The lease that is in force."
        )
      ])
    static let controlResponsePresetChosen = Self(
      name: "preset_chosen", doc: "The preset is driven.",
      when: [WireSchema.Selector("op_code", is: 0x16), WireSchema.Selector("result", is: 0x01)],
      fields: [
        WireSchema.Field("speed", at: 5, .integer(.u16), unit: .ppm, doc: "Its speed.")
      ])
    static let controlResponseTransferOpened = Self(
      name: "transfer_opened", doc: "The upload may begin or go on.",
      when: [WireSchema.Selector("op_code", is: 0x20), WireSchema.Selector("result", is: 0x01)],
      fields: [
        WireSchema.Field("transfer", at: 5, .integer(.u8), doc: "Names the transfer in its chunks."),
        WireSchema.Field(
          "next_offset", at: 6, .integer(.u32), unit: .byte,
          doc: "Bytes that the device already has: 0 for a new upload."
        ),
        WireSchema.Field(
          "window", at: 10, .integer(.u16), unit: .byte, doc: "Bytes beyond that offset that may be under way."
        ),
      ])
    static let controlResponseRoutineStored = Self(
      name: "routine_stored", doc: "The routine is stored.",
      when: [WireSchema.Selector("op_code", is: 0x21), WireSchema.Selector("result", is: 0x01)],
      fields: [
        WireSchema.Field("slot", at: 5, .integer(.u8), doc: "Where.")
      ])
    static let controlResponseSlotDescribed = Self(
      name: "slot_described", doc: "What the slot holds.",
      when: [WireSchema.Selector("op_code", is: 0x23), WireSchema.Selector("result", is: 0x01)],
      fields: [
        WireSchema.Field("slot", at: 5, .integer(.u8), doc: "Which slot."),
        WireSchema.Field("status", at: 6, .flags(.slotStatus), doc: "What it holds."),
        WireSchema.Field(
          "length", at: 7, .integer(.u32), unit: .byte, doc: "Bytes of the committed routine; 0 without one."
        ),
        WireSchema.Field("crc32", at: 11, .integer(.u32), doc: "CRC-32 of the committed routine; 0 without one."),
        WireSchema.Field(
          "next_offset", at: 15, .integer(.u32), unit: .byte, doc: "Bytes of the partial upload; 0 without one."
        ),
      ])
    static let controlResponseRoutineStarted = Self(
      name: "routine_started", doc: "The routine plays or is scheduled.",
      when: [WireSchema.Selector("op_code", is: 0x24), WireSchema.Selector("result", is: 0x01)],
      fields: [
        WireSchema.Field(
          "start", at: 5, .integer(.u64), unit: .microsecond, doc: "Instant at which it begins by the device's clock."
        )
      ])
    static let controlResponseRoutineMoved = Self(
      name: "routine_moved", doc: "The place has changed.",
      when: [WireSchema.Selector("op_code", is: 0x25), WireSchema.Selector("result", is: 0x01)],
      fields: [
        WireSchema.Field("step", at: 5, .integer(.u16), doc: "The step at the new place.")
      ])
    static let controlResponseStepQueued = Self(
      name: "step_queued", doc: "The step is queued.",
      when: [WireSchema.Selector("op_code", is: 0x30), WireSchema.Selector("result", is: 0x01)],
      fields: [
        WireSchema.Field("free", at: 5, .integer(.u8), doc: "Places left in the queue.")
      ])
    static let controlResponseStreamStarted = Self(
      name: "stream_started", doc: "The stream plays or is scheduled.",
      when: [WireSchema.Selector("op_code", is: 0x32), WireSchema.Selector("result", is: 0x01)],
      fields: [
        WireSchema.Field(
          "start", at: 5, .integer(.u64), unit: .microsecond,
          doc: "Instant of offset 0 of the stream by the device's clock."
        )
      ])
    static let controlResponseParameterLimits = Self(
      name: "parameter_limits", doc: "What would have been accepted.",
      when: [WireSchema.Selector("result", is: 0x04)],
      fields: [
        WireSchema.Field("field", at: 5, .integer(.u8), doc: "Which parameter, counted from 0 after the header."),
        WireSchema.Field(
          "minimum", at: 6, .integer(.u32),
          doc: "Lowest accepted value; of an instant, how many milliseconds ahead it may lie."
        ),
        WireSchema.Field(
          "maximum", at: 10, .integer(.u32),
          doc: "Highest accepted value; of an instant, how many milliseconds ahead it may lie."
        ),
      ])
    static let controlResponseUploadIncomplete = Self(
      name: "upload_incomplete", doc: "Where bytes are missing.",
      when: [WireSchema.Selector("result", is: 0x0F)],
      fields: [
        WireSchema.Field("next_offset", at: 5, .integer(.u32), unit: .byte, doc: "First missing byte.")
      ])
    static let controlResponseIndexExpected = Self(
      name: "index_expected", doc: "Which index the queue expects.",
      when: [WireSchema.Selector("result", is: 0x12)],
      fields: [
        WireSchema.Field("index", at: 5, .integer(.u16), doc: "The expected index.")
      ])
    static let controlResponseInvalidStep = Self(
      name: "invalid_step", doc: "What the device cannot do.",
      when: [WireSchema.Selector("result", is: 0x15)],
      fields: [
        WireSchema.Field(
          "step", at: 5, .integer(.u16), doc: "The first step that asks for it; 65535 for the header of the routine."
        )
      ])
    static let deviceEventStateChanged = Self(
      name: "state_changed", doc: "The device entered another state.",
      when: [WireSchema.Selector("kind", is: 0x01)],
      fields: [
        WireSchema.Field("state", at: 2, .enumeration(.deviceState), doc: "The new state."),
        WireSchema.Field("previous", at: 3, .enumeration(.deviceState), doc: "The state before."),
        WireSchema.Field("cause", at: 4, .enumeration(.changeCause), doc: "Why."),
        WireSchema.Field("time", at: 5, .integer(.u64), unit: .microsecond, doc: "When."),
      ])
    static let deviceEventStepEntered = Self(
      name: "step_entered", doc: "A step began.",
      when: [WireSchema.Selector("kind", is: 0x02)],
      fields: [
        WireSchema.Field("step", at: 2, .integer(.u16), doc: "Which step."),
        WireSchema.Field("planned", at: 4, .integer(.u64), unit: .microsecond, doc: "When it should have begun."),
        WireSchema.Field("actual", at: 12, .integer(.u64), unit: .microsecond, doc: "When it did."),
      ])
    static let deviceEventRoutineEnded = Self(
      name: "routine_ended", doc: "A routine or stream ended.",
      when: [WireSchema.Selector("kind", is: 0x03)],
      fields: [
        WireSchema.Field("step", at: 2, .integer(.u16), doc: "The step it ended in; 65535 where none had begun."),
        WireSchema.Field("cause", at: 4, .enumeration(.changeCause), doc: "Why."),
        WireSchema.Field("time", at: 5, .integer(.u64), unit: .microsecond, doc: "When."),
      ])
    static let deviceEventConfirmationNeeded = Self(
      name: "confirmation_needed", doc: "A step waits for the operator.",
      when: [WireSchema.Selector("kind", is: 0x04)],
      fields: [
        WireSchema.Field("step", at: 2, .integer(.u16), doc: "Which step."),
        WireSchema.Field("timeout", at: 4, .integer(.u32), unit: .millisecond, doc: "How long it goes on waiting."),
        WireSchema.Field("time", at: 8, .integer(.u64), unit: .microsecond, doc: "Since when."),
      ])
    static let deviceEventFaultRaised = Self(
      name: "fault_raised", doc: "A fault began.",
      when: [WireSchema.Selector("kind", is: 0x05)],
      fields: [
        WireSchema.Field("fault", at: 2, .enumeration(.deviceFault), doc: "Which fault."),
        WireSchema.Field("time", at: 3, .integer(.u64), unit: .microsecond, doc: "When."),
      ])
    static let deviceEventFaultCleared = Self(
      name: "fault_cleared", doc: "A fault ended.",
      when: [WireSchema.Selector("kind", is: 0x06)],
      fields: [
        WireSchema.Field("fault", at: 2, .enumeration(.deviceFault), doc: "Which fault."),
        WireSchema.Field("time", at: 3, .integer(.u64), unit: .microsecond, doc: "When."),
      ])
    static let deviceEventButton = Self(
      name: "button", doc: "The button was pressed.",
      when: [WireSchema.Selector("kind", is: 0x07)],
      fields: [
        WireSchema.Field("action", at: 2, .enumeration(.buttonAction), doc: "How."),
        WireSchema.Field("time", at: 3, .integer(.u64), unit: .microsecond, doc: "When."),
      ])
    static let deviceEventControlLost = Self(
      name: "control_lost", doc: "This central no longer holds the lease.",
      when: [WireSchema.Selector("kind", is: 0x08)],
      fields: [
        WireSchema.Field("cause", at: 2, .enumeration(.changeCause), doc: "Why."),
        WireSchema.Field("time", at: 3, .integer(.u64), unit: .microsecond, doc: "When."),
      ])
    static let deviceEventBatteryLow = Self(
      name: "battery_low", doc: "The battery is low.",
      when: [WireSchema.Selector("kind", is: 0x09)],
      fields: [
        WireSchema.Field("battery", at: 2, .integer(.u8), unit: .percent, range: 0...100, doc: "Charge."),
        WireSchema.Field("time", at: 3, .integer(.u64), unit: .microsecond, doc: "When."),
      ])
    static let routineDataChunk = Self(
      name: "chunk", doc: "A part of an upload.",
      when: [WireSchema.Selector("kind", is: 0x01)],
      fields: [
        WireSchema.Field("transfer", at: 1, .integer(.u8), doc: "The transfer that routine begin opened."),
        WireSchema.Field("offset", at: 2, .integer(.u32), unit: .byte, doc: "Place of the first byte in the routine."),
        WireSchema.Field("payload", at: 6, .bytes(minimum: 1), doc: "The bytes."),
      ])
    static let routineDataStreamedStep = Self(
      name: "streamed_step", doc: "A step for the queue, without a response; a credit follows.",
      when: [WireSchema.Selector("kind", is: 0x02)],
      fields: [
        WireSchema.Field(
          "index", at: 1, .integer(.u16),
          doc: "One more than the step before, 0 after 65534; the first after a flush is 0."
        ),
        WireSchema.Field("at", at: 3, .integer(.u32), unit: .millisecond, doc: "Offset from the start of the stream."),
        WireSchema.Field("segment", at: 7, .record(.routineSegment), doc: "The step."),
      ])
    static let routineStatusUploadCredit = Self(
      name: "upload_credit", doc: "How far an upload has come and may go.",
      when: [WireSchema.Selector("kind", is: 0x81)],
      fields: [
        WireSchema.Field("transfer", at: 1, .integer(.u8), doc: "The transfer."),
        WireSchema.Field(
          "next_offset", at: 2, .integer(.u32), unit: .byte,
          doc: "First byte that the device lacks; chunks beyond it were forgotten."
        ),
        WireSchema.Field(
          "window", at: 6, .integer(.u16), unit: .byte, doc: "Bytes beyond that offset that may be under way."
        ),
      ])
    static let routineStatusStreamCredit = Self(
      name: "stream_credit", doc: "How far the queue has come and may go.",
      when: [WireSchema.Selector("kind", is: 0x82)],
      fields: [
        WireSchema.Field(
          "next_index", at: 1, .integer(.u16), doc: "First index that the device lacks; steps beyond it were forgotten."
        ),
        WireSchema.Field("free", at: 3, .integer(.u8), doc: "Places left in the queue."),
      ])
  }

  extension WireSchema.Record {
    static let routineSegment = Self(
      name: "routine_segment",
      fields: [
        WireSchema.Field("kind", at: 0, .enumeration(.segmentKind), doc: "What the segment does."),
        WireSchema.Field(
          "force_limit", at: 1, .integer(.u16), unit: .decinewton,
          doc: "Force above which the motor yields; 0 stands for the device's limit."
        ),
        WireSchema.Field("speed_from", at: 3, .integer(.u16), unit: .ppm, doc: "Speed at the beginning."),
        WireSchema.Field("speed_to", at: 5, .integer(.u16), unit: .ppm, doc: "Speed at the end."),
        WireSchema.Field(
          "duration", at: 7, .integer(.u32), unit: .millisecond, range: 10...86_400_000, doc: "How long it lasts."
        ),
      ])
    static let routineHeader = Self(
      name: "routine_header",
      fields: [
        WireSchema.Field("format", at: 0, .integer(.u8), range: 1...1, doc: "Format of the routine; 1."),
        WireSchema.Field("flags", at: 1, .integer(.u8), range: 0...0, doc: "Reserved; 0."),
        WireSchema.Field(
          "segment_count", at: 2, .integer(.u16), range: 1...65534, doc: "Number of segments that follow."
        ),
      ])
  }

  extension WireSchema.Enumeration {
    static let opCode = Self(
      name: "op_code", integer: .u8, isOpen: true,
      values: [
        WireSchema.NamedValue("request_control", 1, "Take the lease on the motor."),
        WireSchema.NamedValue("release_control", 2, "Give the lease back. A moving motor is ramped to rest."),
        WireSchema.NamedValue("keep_alive", 3, "Renew the lease and do nothing else."),
        WireSchema.NamedValue("reset", 4, "Stop, forget settings and clear the faults whose cause is gone."),
        WireSchema.NamedValue("stop", 16, "Ramp to rest now. From any central, in any state."),
        WireSchema.NamedValue("pause", 17, "Ramp to rest and hold the place in the routine."),
        WireSchema.NamedValue("resume", 18, "Go on from where pause held."),
        WireSchema.NamedValue("set_speed", 19, "Drive the motor by hand."),
        WireSchema.NamedValue("set_force_limit", 20, "Limit the force above which the motor yields."),
        WireSchema.NamedValue("set_timer", 21, "Stop by itself after a time."),
        WireSchema.NamedValue("preset", 22, "Drive the motor at one of the device's own speeds."),
        WireSchema.NamedValue("confirm", 23, "The operator confirms a waiting step."),
        WireSchema.NamedValue("routine_begin", 32, "Announce an upload."),
        WireSchema.NamedValue("routine_commit", 33, "Store what was uploaded, whole or not at all."),
        WireSchema.NamedValue("routine_abort", 34, "Forget a partial upload."),
        WireSchema.NamedValue("routine_query", 35, "Say what a slot holds."),
        WireSchema.NamedValue("routine_start", 36, "Play a stored routine."),
        WireSchema.NamedValue("routine_seek", 37, "Move within the routine that plays or is paused."),
        WireSchema.NamedValue("routine_clear", 38, "Empty a slot."),
        WireSchema.NamedValue("routine_validate", 39, "Check a stored routine against what the device can do now."),
        WireSchema.NamedValue("queue_step", 48, "Add a step to the queue."),
        WireSchema.NamedValue("queue_flush", 49, "Forget the queued steps that have not begun."),
        WireSchema.NamedValue("queue_start", 50, "Play the queue."),
        WireSchema.NamedValue("set_telemetry", 64, "Set the telemetry interval of this central."),
      ])
    static let controlResult = Self(
      name: "control_result", integer: .u8, isOpen: true,
      values: [
        WireSchema.NamedValue("success", 1, "Done."),
        WireSchema.NamedValue("unknown_op_code", 2, "The peripheral does not know this op code."),
        WireSchema.NamedValue("invalid_length", 3, "The parameters are shorter than the op code needs."),
        WireSchema.NamedValue("out_of_range", 4, "A parameter is out of range; the response names it, and its limits."),
        WireSchema.NamedValue(
          "invalid_parameter", 5, "A parameter has a value without a meaning, or a reserved flag is set."
        ),
        WireSchema.NamedValue("control_required", 6, "The central does not hold the lease."),
        WireSchema.NamedValue("control_held", 7, "Another central holds the lease."),
        WireSchema.NamedValue("wrong_state", 8, "Not possible in the state that the response names."),
        WireSchema.NamedValue("sequence_conflict", 9, "The sequence number was used for another request."),
        WireSchema.NamedValue("stale", 10, "The sequence number is behind the newest one; nothing was done."),
        WireSchema.NamedValue("fault_active", 11, "A fault forbids it; see the fault bits of the telemetry."),
        WireSchema.NamedValue("not_found", 12, "The slot, the transfer or the queue holds nothing."),
        WireSchema.NamedValue("too_large", 13, "The routine does not fit the device."),
        WireSchema.NamedValue(
          "crc_mismatch", 14, "The uploaded bytes are not the announced ones; the partial upload is gone."
        ),
        WireSchema.NamedValue("incomplete", 15, "Bytes are missing; the response says from where."),
        WireSchema.NamedValue("in_use", 16, "The slot plays, waits, is scheduled or is paused."),
        WireSchema.NamedValue("queue_full", 17, "The queue has no place."),
        WireSchema.NamedValue("out_of_order", 18, "The queue expects another index; the response says which."),
        WireSchema.NamedValue("too_late", 19, "The instant has passed."),
        WireSchema.NamedValue("unsupported", 20, "The device lacks the feature."),
        WireSchema.NamedValue(
          "invalid_routine", 21,
          "The routine asks for what the device cannot do; the response names the first such step."
        ),
      ])
    static let deviceState = Self(
      name: "device_state", integer: .u8, isOpen: false,
      values: [
        WireSchema.NamedValue("idle", 0, "The motor is at rest."),
        WireSchema.NamedValue("manual", 1, "The motor follows set-speed or preset commands."),
        WireSchema.NamedValue("scheduled", 2, "A start at a later instant is accepted; the motor is at rest."),
        WireSchema.NamedValue("routine", 3, "A stored routine plays."),
        WireSchema.NamedValue("stream", 4, "Queued steps play."),
        WireSchema.NamedValue("waiting", 5, "A step waits for the operator; the motor ramps to rest and stays there."),
        WireSchema.NamedValue("paused", 6, "A routine or stream is held; the motor ramps to rest and stays there."),
        WireSchema.NamedValue("stopping", 7, "The motor ramps to rest."),
        WireSchema.NamedValue("fault", 8, "A fault holds the motor at rest, or ramps it there, until reset."),
      ])
    static let lossPolicy = Self(
      name: "loss_policy", integer: .u8, isOpen: false,
      values: [
        WireSchema.NamedValue("stop", 0, "It ramps to rest."),
        WireSchema.NamedValue(
          "finish_routine", 1,
          "A stored routine that plays or waits goes on to its end, at most; anything else ramps to rest."
        ),
      ])
    static let segmentKind = Self(
      name: "segment_kind", integer: .u8, isOpen: false,
      values: [
        WireSchema.NamedValue("hold", 1, "Keep one speed."),
        WireSchema.NamedValue("ramp", 2, "Move from one speed to another in a straight line."),
        WireSchema.NamedValue("rest", 3, "Keep the motor at rest."),
        WireSchema.NamedValue(
          "wait", 4,
          "Keep the motor at rest until the operator confirms; the duration is the time-out, after which the "
            + "routine ends."
        ),
      ])
    static let changeCause = Self(
      name: "change_cause", integer: .u8, isOpen: true,
      values: [
        WireSchema.NamedValue("power_on", 0, "The device began."),
        WireSchema.NamedValue("command", 1, "A control request."),
        WireSchema.NamedValue("button", 2, "The button on the device."),
        WireSchema.NamedValue("completed", 3, "The routine, stream or ramp came to its end."),
        WireSchema.NamedValue("timer", 4, "The timer ran out."),
        WireSchema.NamedValue("lease_expired", 5, "The central fell silent."),
        WireSchema.NamedValue("link_lost", 6, "The central's connection ended."),
        WireSchema.NamedValue("fault", 7, "A fault."),
        WireSchema.NamedValue("underflow", 8, "The queue ran dry."),
        WireSchema.NamedValue("wait_timeout", 9, "The operator did not confirm in time."),
        WireSchema.NamedValue("schedule", 10, "The instant or the step of a schedule was reached."),
        WireSchema.NamedValue("released", 11, "The central gave the lease back."),
        WireSchema.NamedValue("auto_off", 12, "The device was idle for too long."),
      ])
    static let deviceFault = Self(
      name: "device_fault", integer: .u8, isOpen: true,
      values: [
        WireSchema.NamedValue("stall", 0, "The load held the motor for too long."),
        WireSchema.NamedValue("overheat", 1, "The motor is too hot."),
        WireSchema.NamedValue("battery_empty", 2, "The battery cannot drive the motor."),
        WireSchema.NamedValue("motor_failure", 3, "The motor does not follow its command."),
      ])
    static let buttonAction = Self(
      name: "button_action", integer: .u8, isOpen: false,
      values: [
        WireSchema.NamedValue(
          "short_press", 0, "Less than a second: confirms a waiting step, and is a stop in any other state."
        ),
        WireSchema.NamedValue(
          "long_press", 1, "A second or longer: a stop, and the device switches itself off once it is at rest."
        ),
      ])
    static let eventKind = Self(
      name: "event_kind", integer: .u8, isOpen: false,
      values: [
        WireSchema.NamedValue("state_changed", 1, "The device entered another state."),
        WireSchema.NamedValue("step_entered", 2, "A step began; with the planned and the actual instant."),
        WireSchema.NamedValue("routine_ended", 3, "A routine or stream ended, and why."),
        WireSchema.NamedValue("confirmation_needed", 4, "A step waits for the operator."),
        WireSchema.NamedValue("fault_raised", 5, "A fault began."),
        WireSchema.NamedValue("fault_cleared", 6, "A fault ended."),
        WireSchema.NamedValue("button", 7, "The button was pressed."),
        WireSchema.NamedValue("control_lost", 8, "This central no longer holds the lease."),
        WireSchema.NamedValue("battery_low", 9, "The battery fell to 10 %."),
      ])
    static let routineDataKind = Self(
      name: "routine_data_kind", integer: .u8, isOpen: false,
      values: [
        WireSchema.NamedValue("chunk", 1, "A part of an upload."),
        WireSchema.NamedValue("streamed_step", 2, "A step for the queue."),
      ])
    static let routineStatusKind = Self(
      name: "routine_status_kind", integer: .u8, isOpen: false,
      values: [
        WireSchema.NamedValue("upload_credit", 129, "How far an upload has come and may go."),
        WireSchema.NamedValue("stream_credit", 130, "How far the queue has come and may go."),
      ])
  }

  extension WireSchema.FlagSet {
    static let controlFlags = Self(
      name: "control_flags", integer: .u8,
      flags: [
        WireSchema.NamedValue("quiet", 0, "No response on success. Anything but success is still answered.")
      ])
    static let deviceFeatures = Self(
      name: "device_features", integer: .u32,
      flags: [
        WireSchema.NamedValue("routines", 0, "Stores and plays routines."),
        WireSchema.NamedValue("stream", 1, "Plays queued steps."),
        WireSchema.NamedValue("clock", 2, "Answers on the Clock characteristic."),
        WireSchema.NamedValue("force_limit", 3, "Yields above a force limit."),
        WireSchema.NamedValue("force_sensor", 4, "Measures the force."),
        WireSchema.NamedValue("timer", 5, "Has a timer."),
        WireSchema.NamedValue("presets", 6, "Has presets."),
        WireSchema.NamedValue("wait", 7, "Plays steps that wait for the operator."),
        WireSchema.NamedValue("temperature_sensor", 8, "Measures the motor's temperature."),
      ])
    static let deviceFaults = Self(
      name: "device_faults", integer: .u8,
      flags: [
        WireSchema.NamedValue("stall", 0, "The load held the motor for too long."),
        WireSchema.NamedValue("overheat", 1, "The motor is too hot."),
        WireSchema.NamedValue("battery_empty", 2, "The battery cannot drive the motor."),
        WireSchema.NamedValue("motor_failure", 3, "The motor does not follow its command."),
      ])
    static let slotStatus = Self(
      name: "slot_status", integer: .u8,
      flags: [
        WireSchema.NamedValue("stored", 0, "A committed routine."),
        WireSchema.NamedValue("partial", 1, "An upload that is not committed yet."),
        WireSchema.NamedValue("playing", 2, "The committed routine plays, waits, is scheduled or is paused."),
      ])
  }

  extension WireSchema.Characteristic {
    static let feature = Self(
      name: "feature", title: "Feature", number: WireIdentifiers.featureCharacteristic
    )
    static let controlPoint = Self(
      name: "control_point", title: "Control Point", number: WireIdentifiers.controlPointCharacteristic
    )
    static let telemetry = Self(
      name: "telemetry", title: "Telemetry", number: WireIdentifiers.telemetryCharacteristic
    )
    static let event = Self(
      name: "event", title: "Event", number: WireIdentifiers.eventCharacteristic
    )
    static let routineData = Self(
      name: "routine_data", title: "Routine Data", number: WireIdentifiers.routineDataCharacteristic
    )
    static let clock = Self(
      name: "clock", title: "Clock", number: WireIdentifiers.clockCharacteristic
    )
  }

  extension WireSchema.Unit {
    static let ppm = Self(name: "ppm", symbol: "PPM", decimals: 0)
    static let decinewton = Self(name: "decinewton", symbol: "N", decimals: 1)
    static let decidegree = Self(name: "decidegree", symbol: "°C", decimals: 1)
    static let percent = Self(name: "percent", symbol: "%", decimals: 0)
    static let millisecond = Self(name: "millisecond", symbol: "ms", decimals: 0)
    static let microsecond = Self(name: "microsecond", symbol: "µs", decimals: 0)
    static let second = Self(name: "second", symbol: "s", decimals: 0)
    static let byte = Self(name: "byte", symbol: "B", decimals: 0)
  }
#endif
