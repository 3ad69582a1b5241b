-- A Wireshark dissector for the Percuss wire protocol, version 1.0: the ATT values of its characteristics.
--
-- Written by protocol-generator from protocol-spec/percuss.yaml: change that page, then run `make generate`.
--
-- Copy it into the folder of personal Lua plugins (Help > About > Folders), or: tshark -X lua_script:percuss.lua -r FILE
-- Values are found by UUID where the capture has the discovery of services. Where it has not, tell Wireshark which
-- handle is which characteristic: tshark -d btatt.handle==0x0010,percuss_feature

local percuss = Proto("percuss", "Percuss")

-- Enumerations and flags

local op_code = {
  [0x01] = "request_control",
  [0x02] = "release_control",
  [0x03] = "keep_alive",
  [0x04] = "reset",
  [0x10] = "stop",
  [0x11] = "pause",
  [0x12] = "resume",
  [0x13] = "set_speed",
  [0x14] = "set_force_limit",
  [0x15] = "set_timer",
  [0x16] = "preset",
  [0x17] = "confirm",
  [0x20] = "routine_begin",
  [0x21] = "routine_commit",
  [0x22] = "routine_abort",
  [0x23] = "routine_query",
  [0x24] = "routine_start",
  [0x25] = "routine_seek",
  [0x26] = "routine_clear",
  [0x27] = "routine_validate",
  [0x30] = "queue_step",
  [0x31] = "queue_flush",
  [0x32] = "queue_start",
  [0x40] = "set_telemetry",
}

local control_result = {
  [0x01] = "success",
  [0x02] = "unknown_op_code",
  [0x03] = "invalid_length",
  [0x04] = "out_of_range",
  [0x05] = "invalid_parameter",
  [0x06] = "control_required",
  [0x07] = "control_held",
  [0x08] = "wrong_state",
  [0x09] = "sequence_conflict",
  [0x0A] = "stale",
  [0x0B] = "fault_active",
  [0x0C] = "not_found",
  [0x0D] = "too_large",
  [0x0E] = "crc_mismatch",
  [0x0F] = "incomplete",
  [0x10] = "in_use",
  [0x11] = "queue_full",
  [0x12] = "out_of_order",
  [0x13] = "too_late",
  [0x14] = "unsupported",
  [0x15] = "invalid_routine",
}

local device_state = {
  [0x00] = "idle",
  [0x01] = "manual",
  [0x02] = "scheduled",
  [0x03] = "routine",
  [0x04] = "stream",
  [0x05] = "waiting",
  [0x06] = "paused",
  [0x07] = "stopping",
  [0x08] = "fault",
}

local loss_policy = {
  [0x00] = "stop",
  [0x01] = "finish_routine",
}

local segment_kind = {
  [0x01] = "hold",
  [0x02] = "ramp",
  [0x03] = "rest",
  [0x04] = "wait",
}

local change_cause = {
  [0x00] = "power_on",
  [0x01] = "command",
  [0x02] = "button",
  [0x03] = "completed",
  [0x04] = "timer",
  [0x05] = "lease_expired",
  [0x06] = "link_lost",
  [0x07] = "fault",
  [0x08] = "underflow",
  [0x09] = "wait_timeout",
  [0x0A] = "schedule",
  [0x0B] = "released",
  [0x0C] = "auto_off",
}

local device_fault = {
  [0x00] = "stall",
  [0x01] = "overheat",
  [0x02] = "battery_empty",
  [0x03] = "motor_failure",
}

local button_action = {
  [0x00] = "short_press",
  [0x01] = "long_press",
}

local event_kind = {
  [0x01] = "state_changed",
  [0x02] = "step_entered",
  [0x03] = "routine_ended",
  [0x04] = "confirmation_needed",
  [0x05] = "fault_raised",
  [0x06] = "fault_cleared",
  [0x07] = "button",
  [0x08] = "control_lost",
  [0x09] = "battery_low",
}

local routine_data_kind = {
  [0x01] = "chunk",
  [0x02] = "streamed_step",
}

local routine_status_kind = {
  [0x81] = "upload_credit",
  [0x82] = "stream_credit",
}

local control_flags = {
  { bit = 0, name = "quiet", doc = "No response on success. Anything but success is still answered." },
}

local device_features = {
  { bit = 0, name = "routines", doc = "Stores and plays routines." },
  { bit = 1, name = "stream", doc = "Plays queued steps." },
  { bit = 2, name = "clock", doc = "Answers on the Clock characteristic." },
  { bit = 3, name = "force_limit", doc = "Yields above a force limit." },
  { bit = 4, name = "force_sensor", doc = "Measures the force." },
  { bit = 5, name = "timer", doc = "Has a timer." },
  { bit = 6, name = "presets", doc = "Has presets." },
  { bit = 7, name = "wait", doc = "Plays steps that wait for the operator." },
  { bit = 8, name = "temperature_sensor", doc = "Measures the motor's temperature." },
}

local device_faults = {
  { bit = 0, name = "stall", doc = "The load held the motor for too long." },
  { bit = 1, name = "overheat", doc = "The motor is too hot." },
  { bit = 2, name = "battery_empty", doc = "The battery cannot drive the motor." },
  { bit = 3, name = "motor_failure", doc = "The motor does not follow its command." },
}

local slot_status = {
  { bit = 0, name = "stored", doc = "A committed routine." },
  { bit = 1, name = "partial", doc = "An upload that is not committed yet." },
  { bit = 2, name = "playing", doc = "The committed routine plays, waits, is scheduled or is paused." },
}

-- Records: fields in order

local routine_segment = {
  { name = "kind", title = "Kind", type = "u8", values = segment_kind, doc = "What the segment does." },
  { name = "force_limit", title = "Force limit", type = "u16", unit = " × 0.1 N", doc = "Force above which the motor yields; 0 stands for the device's limit." },
  { name = "speed_from", title = "Speed from", type = "u16", unit = " PPM", doc = "Speed at the beginning." },
  { name = "speed_to", title = "Speed to", type = "u16", unit = " PPM", doc = "Speed at the end." },
  { name = "duration", title = "Duration", type = "u32", unit = " ms", minimum = 10, maximum = 86400000, doc = "How long it lasts." },
}

local routine_header = {
  { name = "format", title = "Format", type = "u8", minimum = 1, maximum = 1, doc = "Format of the routine; 1." },
  { name = "flags", title = "Flags", type = "u8", minimum = 0, maximum = 0, doc = "Reserved; 0." },
  { name = "segment_count", title = "Segment count", type = "u16", minimum = 1, maximum = 65534, doc = "Number of segments that follow." },
}

-- Messages: a header, then the first variant that agrees with it

local messages = {
  device_feature = {
    title = "Device feature", maximum_length = 22,
    header = {
      { name = "version_major", title = "Version major", type = "u8", doc = "Major version of the protocol; a central refuses one that it does not know." },
      { name = "version_minor", title = "Version minor", type = "u8", doc = "Minor version of the protocol; a higher one only appends." },
      { name = "schema_crc", title = "Schema crc", type = "u32", doc = "CRC-32 of the fields of this major version as they were in its minor version 0." },
      { name = "features", title = "Features", type = "u32", flags = device_features, doc = "What the device can do." },
      { name = "speed_minimum", title = "Speed minimum", type = "u16", unit = " PPM", doc = "Lowest speed of a turning motor." },
      { name = "speed_maximum", title = "Speed maximum", type = "u16", unit = " PPM", doc = "Highest speed." },
      { name = "speed_step", title = "Speed step", type = "u16", unit = " PPM", minimum = 1, maximum = 65535, doc = "Speeds are multiples of this." },
      { name = "force_maximum", title = "Force maximum", type = "u16", unit = " × 0.1 N", doc = "Highest force limit." },
      { name = "routine_slots", title = "Routine slots", type = "u8", doc = "Number of routine slots." },
      { name = "routine_steps", title = "Routine steps", type = "u16", doc = "Longest routine in segments." },
      { name = "queue_depth", title = "Queue depth", type = "u8", doc = "Places in the queue of streamed steps." },
    },
  },
  control_request = {
    title = "Control request", maximum_length = 20,
    header = {
      { name = "op_code", title = "Op code", type = "u8", values = op_code, open = true, doc = "What is asked for." },
      { name = "sequence", title = "Sequence", type = "u8", doc = "One more than that of the central's last request; wraps." },
      { name = "flags", title = "Flags", type = "u8", flags = control_flags, known = 0x01, doc = "How to answer." },
    },
    otherwise = "error",
    variants = {
      {
        name = "request_control", when = { op_code = 0x01 },
        fields = {
          { name = "lease", title = "Lease", type = "u16", unit = " ms", minimum = 500, maximum = 60000, doc = "The lease ends this long after the last value that renewed it." },
          { name = "loss_policy", title = "Loss policy", type = "u8", values = loss_policy, doc = "What the motor does when the central is lost." },
        },
      },
      {
        name = "release_control", when = { op_code = 0x02 },
        fields = {},
      },
      {
        name = "keep_alive", when = { op_code = 0x03 },
        fields = {},
      },
      {
        name = "reset", when = { op_code = 0x04 },
        fields = {},
      },
      {
        name = "stop", when = { op_code = 0x10 },
        fields = {},
      },
      {
        name = "pause", when = { op_code = 0x11 },
        fields = {},
      },
      {
        name = "resume", when = { op_code = 0x12 },
        fields = {},
      },
      {
        name = "set_speed", when = { op_code = 0x13 },
        fields = {
          { name = "speed", title = "Speed", type = "u16", unit = " PPM", doc = "Speed to reach; 0 brings the motor to rest." },
          { name = "ramp", title = "Ramp", type = "u16", unit = " ms", minimum = 0, maximum = 60000, doc = "Time to reach it, in a straight line; where the motor cannot follow, the device takes longer." },
        },
      },
      {
        name = "set_force_limit", when = { op_code = 0x14 },
        fields = {
          { name = "force", title = "Force", type = "u16", unit = " × 0.1 N", doc = "Force above which the motor yields; 0 stands for the device's limit." },
        },
      },
      {
        name = "set_timer", when = { op_code = 0x15 },
        fields = {
          { name = "duration", title = "Duration", type = "u32", unit = " ms", minimum = 10, maximum = 86400000, special = { [0] = "disabled" }, doc = "Time from now." },
        },
      },
      {
        name = "preset", when = { op_code = 0x16 },
        fields = {
          { name = "index", title = "Index", type = "u8", minimum = 1, maximum = 5, doc = "Which preset." },
          { name = "ramp", title = "Ramp", type = "u16", unit = " ms", minimum = 0, maximum = 60000, doc = "Time to reach it." },
        },
      },
      {
        name = "confirm", when = { op_code = 0x17 },
        fields = {
          { name = "step", title = "Step", type = "u16", doc = "The waiting step, as its event named it." },
        },
      },
      {
        name = "routine_begin", when = { op_code = 0x20 },
        fields = {
          { name = "slot", title = "Slot", type = "u8", doc = "Slot to store it in." },
          { name = "length", title = "Length", type = "u32", unit = " B", minimum = 15, maximum = 720878, doc = "Bytes of the whole routine." },
          { name = "crc32", title = "Crc32", type = "u32", doc = "CRC-32 of the whole routine." },
        },
      },
      {
        name = "routine_commit", when = { op_code = 0x21 },
        fields = {
          { name = "transfer", title = "Transfer", type = "u8", doc = "The transfer that routine begin opened." },
        },
      },
      {
        name = "routine_abort", when = { op_code = 0x22 },
        fields = {
          { name = "transfer", title = "Transfer", type = "u8", doc = "The transfer that routine begin opened." },
        },
      },
      {
        name = "routine_query", when = { op_code = 0x23 },
        fields = {
          { name = "slot", title = "Slot", type = "u8", doc = "Which slot." },
        },
      },
      {
        name = "routine_start", when = { op_code = 0x24 },
        fields = {
          { name = "slot", title = "Slot", type = "u8", doc = "Which slot." },
          { name = "start", title = "Start", type = "u64", unit = " µs", doc = "Instant of the device's clock; 0 stands for now." },
          { name = "offset", title = "Offset", type = "u32", unit = " ms", minimum = 0, maximum = 86400000, doc = "Place in the routine to begin at." },
        },
      },
      {
        name = "routine_seek", when = { op_code = 0x25 },
        fields = {
          { name = "offset", title = "Offset", type = "u32", unit = " ms", minimum = 0, maximum = 86400000, doc = "Place in the routine." },
        },
      },
      {
        name = "routine_clear", when = { op_code = 0x26 },
        fields = {
          { name = "slot", title = "Slot", type = "u8", doc = "Which slot." },
        },
      },
      {
        name = "routine_validate", when = { op_code = 0x27 },
        fields = {
          { name = "slot", title = "Slot", type = "u8", doc = "Which slot." },
        },
      },
      {
        name = "queue_step", when = { op_code = 0x30 },
        fields = {
          { name = "index", title = "Index", type = "u16", doc = "One more than the step before, 0 after 65534; the first after a flush is 0." },
          { name = "at", title = "At", type = "u32", unit = " ms", doc = "Offset from the start of the stream." },
          { name = "segment", title = "Segment", record = routine_segment, doc = "The step." },
        },
      },
      {
        name = "queue_flush", when = { op_code = 0x31 },
        fields = {},
      },
      {
        name = "queue_start", when = { op_code = 0x32 },
        fields = {
          { name = "start", title = "Start", type = "u64", unit = " µs", doc = "Instant of the device's clock; 0 stands for now." },
        },
      },
      {
        name = "set_telemetry", when = { op_code = 0x40 },
        fields = {
          { name = "interval", title = "Interval", type = "u16", unit = " ms", minimum = 20, maximum = 60000, special = { [0] = "disabled" }, doc = "Time between two notifications." },
        },
      },
    },
  },
  control_response = {
    title = "Control response", maximum_length = 20,
    header = {
      { name = "marker", title = "Marker", type = "u8", constant = 0x80, hex = true, doc = "Tells a response from a request." },
      { name = "op_code", title = "Op code", type = "u8", values = op_code, open = true, doc = "The request's op code." },
      { name = "sequence", title = "Sequence", type = "u8", doc = "The request's sequence number." },
      { name = "result", title = "Result", type = "u8", values = control_result, open = true, doc = "How it ended." },
      { name = "state", title = "State", type = "u8", values = device_state, doc = "The device's state after it." },
    },
    otherwise = "empty",
    variants = {
      {
        name = "control_granted", when = { op_code = 0x01, result = 0x01 },
        fields = {
          { name = "lease", title = "Lease", type = "u16", unit = " ms", minimum = 500, maximum = 60000, doc = "The lease that is in force." },
        },
      },
      {
        name = "preset_chosen", when = { op_code = 0x16, result = 0x01 },
        fields = {
          { name = "speed", title = "Speed", type = "u16", unit = " PPM", doc = "Its speed." },
        },
      },
      {
        name = "transfer_opened", when = { op_code = 0x20, result = 0x01 },
        fields = {
          { name = "transfer", title = "Transfer", type = "u8", doc = "Names the transfer in its chunks." },
          { name = "next_offset", title = "Next offset", type = "u32", unit = " B", doc = "Bytes that the device already has: 0 for a new upload." },
          { name = "window", title = "Window", type = "u16", unit = " B", doc = "Bytes beyond that offset that may be under way." },
        },
      },
      {
        name = "routine_stored", when = { op_code = 0x21, result = 0x01 },
        fields = {
          { name = "slot", title = "Slot", type = "u8", doc = "Where." },
        },
      },
      {
        name = "slot_described", when = { op_code = 0x23, result = 0x01 },
        fields = {
          { name = "slot", title = "Slot", type = "u8", doc = "Which slot." },
          { name = "status", title = "Status", type = "u8", flags = slot_status, doc = "What it holds." },
          { name = "length", title = "Length", type = "u32", unit = " B", doc = "Bytes of the committed routine; 0 without one." },
          { name = "crc32", title = "Crc32", type = "u32", doc = "CRC-32 of the committed routine; 0 without one." },
          { name = "next_offset", title = "Next offset", type = "u32", unit = " B", doc = "Bytes of the partial upload; 0 without one." },
        },
      },
      {
        name = "routine_started", when = { op_code = 0x24, result = 0x01 },
        fields = {
          { name = "start", title = "Start", type = "u64", unit = " µs", doc = "Instant at which it begins by the device's clock." },
        },
      },
      {
        name = "routine_moved", when = { op_code = 0x25, result = 0x01 },
        fields = {
          { name = "step", title = "Step", type = "u16", doc = "The step at the new place." },
        },
      },
      {
        name = "step_queued", when = { op_code = 0x30, result = 0x01 },
        fields = {
          { name = "free", title = "Free", type = "u8", doc = "Places left in the queue." },
        },
      },
      {
        name = "stream_started", when = { op_code = 0x32, result = 0x01 },
        fields = {
          { name = "start", title = "Start", type = "u64", unit = " µs", doc = "Instant of offset 0 of the stream by the device's clock." },
        },
      },
      {
        name = "parameter_limits", when = { result = 0x04 },
        fields = {
          { name = "field", title = "Field", type = "u8", doc = "Which parameter, counted from 0 after the header." },
          { name = "minimum", title = "Minimum", type = "u32", doc = "Lowest accepted value; of an instant, how many milliseconds ahead it may lie." },
          { name = "maximum", title = "Maximum", type = "u32", doc = "Highest accepted value; of an instant, how many milliseconds ahead it may lie." },
        },
      },
      {
        name = "upload_incomplete", when = { result = 0x0F },
        fields = {
          { name = "next_offset", title = "Next offset", type = "u32", unit = " B", doc = "First missing byte." },
        },
      },
      {
        name = "index_expected", when = { result = 0x12 },
        fields = {
          { name = "index", title = "Index", type = "u16", doc = "The expected index." },
        },
      },
      {
        name = "invalid_step", when = { result = 0x15 },
        fields = {
          { name = "step", title = "Step", type = "u16", doc = "The first step that asks for it; 65535 for the header of the routine." },
        },
      },
    },
  },
  telemetry = {
    title = "Telemetry", maximum_length = 20,
    header = {
      { name = "counter", title = "Counter", type = "u8", doc = "One more than that of the last one to this central; wraps. A gap tells a loss." },
      { name = "state", title = "State", type = "u8", values = device_state, doc = "What the device is doing." },
      { name = "time", title = "Time", type = "u32", unit = " ms", doc = "Low 32 bits of the device's clock in milliseconds." },
      { name = "speed", title = "Speed", type = "u16", unit = " PPM", doc = "Speed of the motor as measured." },
      { name = "target", title = "Target", type = "u16", unit = " PPM", doc = "Speed that the motor is commanded to have now." },
      { name = "force", title = "Force", type = "u16", unit = " × 0.1 N", doc = "Force as measured." },
      { name = "temperature", title = "Temperature", type = "i16", unit = " × 0.1 °C", doc = "Temperature of the motor." },
      { name = "battery", title = "Battery", type = "u8", unit = " %", minimum = 0, maximum = 100, doc = "Charge." },
      { name = "step", title = "Step", type = "u16", doc = "Step that plays, waits or is paused; 65535 without one." },
      { name = "remaining", title = "Remaining", type = "u16", unit = " s", doc = "Time left of routine or stream, or of the timer if that is less, rounded up; 65535 where it is as long or longer; 0 without any." },
      { name = "faults", title = "Faults", type = "u8", flags = device_faults, doc = "The faults that are active." },
    },
  },
  device_event = {
    title = "Device event", maximum_length = 20,
    header = {
      { name = "kind", title = "Kind", type = "u8", values = event_kind, doc = "What is reported." },
      { name = "counter", title = "Counter", type = "u8", doc = "One more than that of the last event for this central; wraps. A gap tells a loss." },
    },
    otherwise = "error",
    variants = {
      {
        name = "state_changed", when = { kind = 0x01 },
        fields = {
          { name = "state", title = "State", type = "u8", values = device_state, doc = "The new state." },
          { name = "previous", title = "Previous", type = "u8", values = device_state, doc = "The state before." },
          { name = "cause", title = "Cause", type = "u8", values = change_cause, open = true, doc = "Why." },
          { name = "time", title = "Time", type = "u64", unit = " µs", doc = "When." },
        },
      },
      {
        name = "step_entered", when = { kind = 0x02 },
        fields = {
          { name = "step", title = "Step", type = "u16", doc = "Which step." },
          { name = "planned", title = "Planned", type = "u64", unit = " µs", doc = "When it should have begun." },
          { name = "actual", title = "Actual", type = "u64", unit = " µs", doc = "When it did." },
        },
      },
      {
        name = "routine_ended", when = { kind = 0x03 },
        fields = {
          { name = "step", title = "Step", type = "u16", doc = "The step it ended in; 65535 where none had begun." },
          { name = "cause", title = "Cause", type = "u8", values = change_cause, open = true, doc = "Why." },
          { name = "time", title = "Time", type = "u64", unit = " µs", doc = "When." },
        },
      },
      {
        name = "confirmation_needed", when = { kind = 0x04 },
        fields = {
          { name = "step", title = "Step", type = "u16", doc = "Which step." },
          { name = "timeout", title = "Timeout", type = "u32", unit = " ms", doc = "How long it goes on waiting." },
          { name = "time", title = "Time", type = "u64", unit = " µs", doc = "Since when." },
        },
      },
      {
        name = "fault_raised", when = { kind = 0x05 },
        fields = {
          { name = "fault", title = "Fault", type = "u8", values = device_fault, open = true, doc = "Which fault." },
          { name = "time", title = "Time", type = "u64", unit = " µs", doc = "When." },
        },
      },
      {
        name = "fault_cleared", when = { kind = 0x06 },
        fields = {
          { name = "fault", title = "Fault", type = "u8", values = device_fault, open = true, doc = "Which fault." },
          { name = "time", title = "Time", type = "u64", unit = " µs", doc = "When." },
        },
      },
      {
        name = "button", when = { kind = 0x07 },
        fields = {
          { name = "action", title = "Action", type = "u8", values = button_action, doc = "How." },
          { name = "time", title = "Time", type = "u64", unit = " µs", doc = "When." },
        },
      },
      {
        name = "control_lost", when = { kind = 0x08 },
        fields = {
          { name = "cause", title = "Cause", type = "u8", values = change_cause, open = true, doc = "Why." },
          { name = "time", title = "Time", type = "u64", unit = " µs", doc = "When." },
        },
      },
      {
        name = "battery_low", when = { kind = 0x09 },
        fields = {
          { name = "battery", title = "Battery", type = "u8", unit = " %", minimum = 0, maximum = 100, doc = "Charge." },
          { name = "time", title = "Time", type = "u64", unit = " µs", doc = "When." },
        },
      },
    },
  },
  routine_data = {
    title = "Routine data", maximum_length = 512,
    header = {
      { name = "kind", title = "Kind", type = "u8", values = routine_data_kind, doc = "What follows." },
    },
    otherwise = "error",
    variants = {
      {
        name = "chunk", when = { kind = 0x01 },
        fields = {
          { name = "transfer", title = "Transfer", type = "u8", doc = "The transfer that routine begin opened." },
          { name = "offset", title = "Offset", type = "u32", unit = " B", doc = "Place of the first byte in the routine." },
          { name = "payload", title = "Payload", type = "bytes", minimum_length = 1, doc = "The bytes." },
        },
      },
      {
        name = "streamed_step", when = { kind = 0x02 },
        fields = {
          { name = "index", title = "Index", type = "u16", doc = "One more than the step before, 0 after 65534; the first after a flush is 0." },
          { name = "at", title = "At", type = "u32", unit = " ms", doc = "Offset from the start of the stream." },
          { name = "segment", title = "Segment", record = routine_segment, doc = "The step." },
        },
      },
    },
  },
  routine_status = {
    title = "Routine status", maximum_length = 20,
    header = {
      { name = "kind", title = "Kind", type = "u8", values = routine_status_kind, doc = "What follows." },
    },
    otherwise = "error",
    variants = {
      {
        name = "upload_credit", when = { kind = 0x81 },
        fields = {
          { name = "transfer", title = "Transfer", type = "u8", doc = "The transfer." },
          { name = "next_offset", title = "Next offset", type = "u32", unit = " B", doc = "First byte that the device lacks; chunks beyond it were forgotten." },
          { name = "window", title = "Window", type = "u16", unit = " B", doc = "Bytes beyond that offset that may be under way." },
        },
      },
      {
        name = "stream_credit", when = { kind = 0x82 },
        fields = {
          { name = "next_index", title = "Next index", type = "u16", doc = "First index that the device lacks; steps beyond it were forgotten." },
          { name = "free", title = "Free", type = "u8", doc = "Places left in the queue." },
        },
      },
    },
  },
  clock_request = {
    title = "Clock request", maximum_length = 20,
    header = {
      { name = "kind", title = "Kind", type = "u8", constant = 0x01, hex = true, doc = "Tells a request." },
      { name = "sequence", title = "Sequence", type = "u8", doc = "Comes back in the reply." },
      { name = "central_time", title = "Central time", type = "u64", unit = " µs", doc = "The central's clock; comes back in the reply." },
    },
  },
  clock_reply = {
    title = "Clock reply", maximum_length = 20,
    header = {
      { name = "kind", title = "Kind", type = "u8", constant = 0x81, hex = true, doc = "Tells a reply." },
      { name = "sequence", title = "Sequence", type = "u8", doc = "From the request." },
      { name = "central_time", title = "Central time", type = "u64", unit = " µs", doc = "From the request." },
      { name = "device_time", title = "Device time", type = "u64", unit = " µs", doc = "The device's clock when the request arrived." },
      { name = "hold", title = "Hold", type = "u16", unit = " µs", doc = "Time from then until the reply was handed to the radio; 65535 where it was as long or longer." },
    },
  },
}

-- Characteristics: what the central writes, and what the peripheral sends

local characteristics = {
  { uuid = "7e320002-bf34-4597-a0b9-83277511650e", name = "feature", title = "Feature", to_central = "device_feature" },
  { uuid = "7e320003-bf34-4597-a0b9-83277511650e", name = "control_point", title = "Control Point", to_peripheral = "control_request", to_central = "control_response" },
  { uuid = "7e320004-bf34-4597-a0b9-83277511650e", name = "telemetry", title = "Telemetry", to_central = "telemetry" },
  { uuid = "7e320005-bf34-4597-a0b9-83277511650e", name = "event", title = "Event", to_central = "device_event" },
  { uuid = "7e320006-bf34-4597-a0b9-83277511650e", name = "routine_data", title = "Routine Data", to_peripheral = "routine_data", to_central = "routine_status" },
  { uuid = "7e320007-bf34-4597-a0b9-83277511650e", name = "clock", title = "Clock", to_peripheral = "clock_request", to_central = "clock_reply" },
}

-- Below here nothing is particular to the protocol.

local experts = {
  truncated = ProtoExpert.new("percuss.truncated", "The value ends before its last field", expert.group.MALFORMED, expert.severity.ERROR),
  range = ProtoExpert.new("percuss.out_of_range", "Out of range", expert.group.MALFORMED, expert.severity.ERROR),
  unknown = ProtoExpert.new("percuss.unknown_value", "A value without a meaning", expert.group.MALFORMED, expert.severity.ERROR),
  newer = ProtoExpert.new("percuss.newer", "A value of a later minor version", expert.group.PROTOCOL, expert.severity.NOTE),
  reserved = ProtoExpert.new("percuss.reserved_bits", "Reserved bits are set", expert.group.MALFORMED, expert.severity.ERROR),
  constant = ProtoExpert.new("percuss.unexpected_constant", "Another value than the only one", expert.group.MALFORMED, expert.severity.ERROR),
  long = ProtoExpert.new("percuss.too_long", "More bytes than one value can have", expert.group.MALFORMED, expert.severity.ERROR),
  checksum = ProtoExpert.new("percuss.checksum", "Another checksum than that of the bytes", expert.group.CHECKSUM, expert.severity.ERROR),
  trailing = ProtoExpert.new("percuss.trailing", "Bytes that a later minor version appended", expert.group.PROTOCOL, expert.severity.NOTE),
}
percuss.experts = experts

local sizes = { u8 = 1, u16 = 2, u32 = 4, u64 = 8, i8 = 1, i16 = 2, i32 = 4, i64 = 8 }
local kinds = {
  u8 = "uint8", u16 = "uint16", u32 = "uint32", u64 = "uint64", i8 = "int8", i16 = "int16", i32 = "int32", i64 = "int64",
}
local all = {}

local function proto_field(abbreviation, spec)
  if spec.type == "bytes" then return ProtoField.bytes(abbreviation, spec.title, base.SPACE, spec.doc) end
  local make = ProtoField[kinds[spec.type]]
  if spec.values then return make(abbreviation, spec.title, base.HEX, spec.values, nil, spec.doc) end
  if spec.flags then return make(abbreviation, spec.title, base.HEX, nil, nil, spec.doc) end
  if spec.unit then return make(abbreviation, spec.title, base.UNIT_STRING, { spec.unit }, nil, spec.doc) end
  return make(abbreviation, spec.title, spec.hex and base.HEX or base.DEC, nil, nil, spec.doc)
end

-- Gives every field its ProtoField, named after its place in the specification.
local function define(prefix, specs)
  local fields = {}
  for _, spec in ipairs(specs) do
    local field = setmetatable({}, { __index = spec })
    field.path = prefix .. "." .. spec.name
    if spec.record then
      field.proto = ProtoField.none(field.path, spec.title, spec.doc)
      field.fields = define(field.path, spec.record)
    else
      field.proto = proto_field(field.path, spec)
      field.bits = {}
      for _, flag in ipairs(spec.flags or {}) do
        local mask = UInt64(1):lshift(flag.bit):tonumber()
        local bit = ProtoField.bool(field.path .. "." .. flag.name, flag.name, 8 * sizes[spec.type], nil, mask, flag.doc)
        table.insert(field.bits, bit)
        table.insert(all, bit)
      end
    end
    table.insert(all, field.proto)
    table.insert(fields, field)
  end
  return fields
end

for name, message in pairs(messages) do
  message.proto = ProtoField.none("percuss." .. name, message.title)
  table.insert(all, message.proto)
  message.header = define("percuss." .. name, message.header)
  for _, variant in ipairs(message.variants or {}) do
    variant.fields = define("percuss." .. name .. "." .. variant.name, variant.fields)
  end
end
percuss.fields = all

local function number(range, kind)
  local signed, size = kind:sub(1, 1) == "i", sizes[kind]
  if size == 8 then return nil end
  if signed then return range:le_int() end
  return range:le_uint()
end

-- The low eight bits of the sum of the bytes from an offset to the end.
local function sum8(tvb, from)
  local sum = 0
  for place = from, tvb:len() - 1 do sum = sum + tvb:range(place, 1):uint() end
  return sum % 256
end

local function check(item, field, value, tvb)
  if value == nil then return end
  if field.special and field.special[value] then
    item:append_text(" (" .. field.special[value] .. ")")
  elseif field.minimum and (value < field.minimum or value > field.maximum) then
    item:add_proto_expert_info(experts.range, string.format("%d is outside %d...%d", value, field.minimum, field.maximum))
  end
  if field.values and not field.values[value] then
    item:add_proto_expert_info(field.open and experts.newer or experts.unknown)
  end
  if field.known and bit.band(value, bit.bnot(field.known)) ~= 0 then
    item:add_proto_expert_info(experts.reserved)
  end
  if field.constant and value ~= field.constant then item:add_proto_expert_info(experts.constant) end
  if field.checksum_from and tvb:len() >= field.checksum_from and value ~= sum8(tvb, field.checksum_from) then
    item:add_proto_expert_info(experts.checksum, string.format("The bytes sum up to 0x%02X", sum8(tvb, field.checksum_from)))
  end
end

-- Adds the fields from an offset on. Returns the offset behind them, or nil when the value ends too early.
local function dissect(tvb, tree, fields, offset, seen)
  for _, field in ipairs(fields) do
    if field.record then
      local item = tree:add(field.proto, tvb:range(math.min(offset, tvb:len() - 1)))
      local from = offset
      offset = dissect(tvb, item, field.fields, offset, {})
      if not offset then return nil end
      item:set_len(offset - from)
    elseif field.type == "bytes" then
      local length = tvb:len() - offset
      if length < field.minimum_length then
        tree:add_proto_expert_info(experts.truncated, field.path .. " is missing")
        return nil
      end
      if length > 0 then tree:add(field.proto, tvb:range(offset)) end
      offset = tvb:len()
    else
      local size = sizes[field.type]
      if offset + size > tvb:len() then
        tree:add_proto_expert_info(experts.truncated, field.path .. " is not whole")
        return nil
      end
      local range = tvb:range(offset, size)
      local item = tree:add_le(field.proto, range)
      for _, flag in ipairs(field.bits) do item:add_le(flag, range) end
      local value = number(range, field.type)
      check(item, field, value, tvb)
      seen[field.name] = value
      offset = offset + size
    end
  end
  return offset
end

local function agrees(variant, seen)
  for name, value in pairs(variant.when) do
    if seen[name] ~= value then return false end
  end
  return true
end

local function dissect_message(name, tvb, pinfo, tree)
  local message = messages[name]
  local subtree = tree:add(percuss, tvb:range(), "Percuss " .. message.title)
  subtree:add(message.proto, tvb:range()):set_hidden(true)
  local summary = message.title
  local seen = {}
  local offset = dissect(tvb, subtree, message.header, 0, seen)
  if offset and message.variants then
    local found
    for _, variant in ipairs(message.variants) do
      if agrees(variant, seen) then found = variant break end
    end
    if found then
      summary = summary .. ": " .. found.name
      subtree:append_text(": " .. found.name)
      offset = dissect(tvb, subtree, found.fields, offset, seen)
    elseif message.otherwise == "error" then
      subtree:add_proto_expert_info(experts.unknown, "No variant agrees with the header")
      offset = nil
    end
  end
  if tvb:len() > message.maximum_length and offset == tvb:len() then subtree:add_proto_expert_info(experts.long) end
  if offset and offset < tvb:len() and message.exact then
    subtree:add_proto_expert_info(experts.long)
  elseif offset and offset < tvb:len() then
    subtree:add_proto_expert_info(experts.trailing, (tvb:len() - offset) .. " bytes behind the last known field")
  end
  pinfo.cols.protocol = "Percuss"
  pinfo.cols.info:append(", " .. summary)
  return tvb:len()
end

-- Which end speaks follows from the ATT opcode: these are written by the central.
local att_opcode = Field.new("btatt.opcode")
local from_central = { [0x12] = true, [0x16] = true, [0x52] = true, [0xD2] = true }

for _, characteristic in ipairs(characteristics) do
  local proto = Proto("percuss_" .. characteristic.name, "Percuss " .. characteristic.title)
  function proto.dissector(tvb, pinfo, tree)
    if tvb:len() == 0 then return 0 end
    local opcodes = { att_opcode() }
    local opcode = #opcodes > 0 and opcodes[#opcodes].value or 0x1B
    local name = from_central[opcode] and characteristic.to_peripheral or characteristic.to_central
    return dissect_message(name or characteristic.to_peripheral, tvb, pinfo, tree)
  end
  DissectorTable.get("bluetooth.uuid"):add(characteristic.uuid, proto)
  DissectorTable.get("btatt.handle"):add_for_decode_as(proto)
end
