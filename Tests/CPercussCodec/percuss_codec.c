#include "percuss_codec.h"

#define MESSAGES(X) \
  X(device_feature) X(control_request) X(control_response) X(telemetry) X(device_event) X(routine_data) \
  X(routine_status) X(clock_request) X(clock_reply)

enum {
#define X(name) MESSAGE_##name,
  MESSAGES(X)
#undef X
};

int percuss_codec_message(const char *name) {
#define X(message) if (strcmp(name, #message) == 0) return MESSAGE_##message;
  MESSAGES(X)
#undef X
  return -1;
}

static inline bool decode(int message, const uint8_t *bytes, size_t count, percuss_codec_value *value,
    percuss_error *error) {
  switch (message) {
#define X(name) case MESSAGE_##name: return percuss_##name##_decode(bytes, count, &value->name, error);
    MESSAGES(X)
#undef X
  }
  return false;
}

static inline size_t encode(int message, const percuss_codec_value *value, uint8_t *bytes, size_t capacity,
    percuss_error *error) {
  switch (message) {
#define X(name) case MESSAGE_##name: return percuss_##name##_encode(&value->name, bytes, capacity, error);
    MESSAGES(X)
#undef X
  }
  return 0;
}

bool percuss_codec_decode(int message, const uint8_t *bytes, size_t count, percuss_codec_value *value,
    percuss_error *error) {
  return decode(message, bytes, count, value, error);
}

size_t percuss_codec_encode(int message, const percuss_codec_value *value, uint8_t *bytes, size_t capacity,
    percuss_error *error) {
  return encode(message, value, bytes, capacity, error);
}

size_t percuss_codec_decode_all(const percuss_codec_frame *frames, size_t count, percuss_codec_value *values) {
  size_t good = 0;
  for (size_t i = 0; i < count; i++) {
    good += decode(frames[i].message, frames[i].bytes, frames[i].count, &values[i], NULL);
  }
  return good;
}

size_t percuss_codec_encode_all(const percuss_codec_frame *frames, size_t count, const percuss_codec_value *values,
    uint8_t *bytes, size_t capacity) {
  size_t written = 0;
  for (size_t i = 0; i < count; i++) written += encode(frames[i].message, &values[i], bytes, capacity, NULL);
  return written;
}

/* Every field of every message: where it is in its struct. The vectors tell whether one is missing here. */
typedef struct {
  int message;
  int body; /* -1 in the header */
  const char *variant;
  const char *field;
  size_t offset;
  size_t size; /* 0 for none, and for bytes, whose length follows */
  bool is_signed;
  bool is_payload;
} row;

#define HEADER(m, f, member) \
  { MESSAGE_##m, -1, NULL, #f, offsetof(percuss_##m, member), sizeof(((percuss_##m *)0)->member), \
    IS_SIGNED(((percuss_##m *)0)->member), false }
#define BODY(m, v, V) { MESSAGE_##m, PERCUSS_##V, #v, NULL, 0, 0, false, false }
#define FIELD(m, v, V, f, member) \
  { MESSAGE_##m, PERCUSS_##V, #v, #f, offsetof(percuss_##m, as.v.member), sizeof(((percuss_##m *)0)->as.v.member), \
    IS_SIGNED(((percuss_##m *)0)->as.v.member), false }
#define PAYLOAD(m, v, V, f) \
  { MESSAGE_##m, PERCUSS_##V, #v, #f, offsetof(percuss_##m, as.v.f), 0, false, true }
#define IS_SIGNED(expression) \
  _Generic((expression), int8_t: true, int16_t: true, int32_t: true, int64_t: true, default: false)

static const row rows[] = {
  /* device_feature */
  HEADER(device_feature, version_major, version_major),
  HEADER(device_feature, version_minor, version_minor),
  HEADER(device_feature, schema_crc, schema_crc),
  HEADER(device_feature, features, features),
  HEADER(device_feature, speed_minimum, speed_minimum_ppm),
  HEADER(device_feature, speed_maximum, speed_maximum_ppm),
  HEADER(device_feature, speed_step, speed_step_ppm),
  HEADER(device_feature, force_maximum, force_maximum_decinewtons),
  HEADER(device_feature, routine_slots, routine_slots),
  HEADER(device_feature, routine_steps, routine_steps),
  HEADER(device_feature, queue_depth, queue_depth),
  /* control_request */
  HEADER(control_request, sequence, sequence),
  HEADER(control_request, flags, flags),
  FIELD(control_request, request_control, CONTROL_REQUEST_REQUEST_CONTROL, lease, lease_milliseconds),
  FIELD(control_request, request_control, CONTROL_REQUEST_REQUEST_CONTROL, loss_policy, loss_policy),
  BODY(control_request, release_control, CONTROL_REQUEST_RELEASE_CONTROL),
  BODY(control_request, keep_alive, CONTROL_REQUEST_KEEP_ALIVE),
  BODY(control_request, reset, CONTROL_REQUEST_RESET),
  BODY(control_request, stop, CONTROL_REQUEST_STOP),
  BODY(control_request, pause, CONTROL_REQUEST_PAUSE),
  BODY(control_request, resume, CONTROL_REQUEST_RESUME),
  FIELD(control_request, set_speed, CONTROL_REQUEST_SET_SPEED, speed, speed_ppm),
  FIELD(control_request, set_speed, CONTROL_REQUEST_SET_SPEED, ramp, ramp_milliseconds),
  FIELD(control_request, set_force_limit, CONTROL_REQUEST_SET_FORCE_LIMIT, force, force_decinewtons),
  FIELD(control_request, set_timer, CONTROL_REQUEST_SET_TIMER, duration, duration_milliseconds),
  FIELD(control_request, preset, CONTROL_REQUEST_PRESET, index, index),
  FIELD(control_request, preset, CONTROL_REQUEST_PRESET, ramp, ramp_milliseconds),
  FIELD(control_request, confirm, CONTROL_REQUEST_CONFIRM, step, step),
  FIELD(control_request, routine_begin, CONTROL_REQUEST_ROUTINE_BEGIN, slot, slot),
  FIELD(control_request, routine_begin, CONTROL_REQUEST_ROUTINE_BEGIN, length, length),
  FIELD(control_request, routine_begin, CONTROL_REQUEST_ROUTINE_BEGIN, crc32, crc32),
  FIELD(control_request, routine_commit, CONTROL_REQUEST_ROUTINE_COMMIT, transfer, transfer),
  FIELD(control_request, routine_abort, CONTROL_REQUEST_ROUTINE_ABORT, transfer, transfer),
  FIELD(control_request, routine_query, CONTROL_REQUEST_ROUTINE_QUERY, slot, slot),
  FIELD(control_request, routine_start, CONTROL_REQUEST_ROUTINE_START, slot, slot),
  FIELD(control_request, routine_start, CONTROL_REQUEST_ROUTINE_START, start, start_microseconds),
  FIELD(control_request, routine_start, CONTROL_REQUEST_ROUTINE_START, offset, offset_milliseconds),
  FIELD(control_request, routine_seek, CONTROL_REQUEST_ROUTINE_SEEK, offset, offset_milliseconds),
  FIELD(control_request, routine_clear, CONTROL_REQUEST_ROUTINE_CLEAR, slot, slot),
  FIELD(control_request, routine_validate, CONTROL_REQUEST_ROUTINE_VALIDATE, slot, slot),
  FIELD(control_request, queue_step, CONTROL_REQUEST_QUEUE_STEP, index, index),
  FIELD(control_request, queue_step, CONTROL_REQUEST_QUEUE_STEP, at, at_milliseconds),
  FIELD(control_request, queue_step, CONTROL_REQUEST_QUEUE_STEP, segment.kind, segment.kind),
  FIELD(control_request, queue_step, CONTROL_REQUEST_QUEUE_STEP, segment.force_limit, segment.force_limit_decinewtons),
  FIELD(control_request, queue_step, CONTROL_REQUEST_QUEUE_STEP, segment.speed_from, segment.speed_from_ppm),
  FIELD(control_request, queue_step, CONTROL_REQUEST_QUEUE_STEP, segment.speed_to, segment.speed_to_ppm),
  FIELD(control_request, queue_step, CONTROL_REQUEST_QUEUE_STEP, segment.duration, segment.duration_milliseconds),
  BODY(control_request, queue_flush, CONTROL_REQUEST_QUEUE_FLUSH),
  FIELD(control_request, queue_start, CONTROL_REQUEST_QUEUE_START, start, start_microseconds),
  FIELD(control_request, set_telemetry, CONTROL_REQUEST_SET_TELEMETRY, interval, interval_milliseconds),
  /* control_response */
  HEADER(control_response, op_code, op_code),
  HEADER(control_response, sequence, sequence),
  HEADER(control_response, result, result),
  HEADER(control_response, state, state),
  FIELD(control_response, control_granted, CONTROL_RESPONSE_CONTROL_GRANTED, lease, lease_milliseconds),
  FIELD(control_response, preset_chosen, CONTROL_RESPONSE_PRESET_CHOSEN, speed, speed_ppm),
  FIELD(control_response, transfer_opened, CONTROL_RESPONSE_TRANSFER_OPENED, transfer, transfer),
  FIELD(control_response, transfer_opened, CONTROL_RESPONSE_TRANSFER_OPENED, next_offset, next_offset),
  FIELD(control_response, transfer_opened, CONTROL_RESPONSE_TRANSFER_OPENED, window, window),
  FIELD(control_response, routine_stored, CONTROL_RESPONSE_ROUTINE_STORED, slot, slot),
  FIELD(control_response, slot_described, CONTROL_RESPONSE_SLOT_DESCRIBED, slot, slot),
  FIELD(control_response, slot_described, CONTROL_RESPONSE_SLOT_DESCRIBED, status, status),
  FIELD(control_response, slot_described, CONTROL_RESPONSE_SLOT_DESCRIBED, length, length),
  FIELD(control_response, slot_described, CONTROL_RESPONSE_SLOT_DESCRIBED, crc32, crc32),
  FIELD(control_response, slot_described, CONTROL_RESPONSE_SLOT_DESCRIBED, next_offset, next_offset),
  FIELD(control_response, routine_started, CONTROL_RESPONSE_ROUTINE_STARTED, start, start_microseconds),
  FIELD(control_response, routine_moved, CONTROL_RESPONSE_ROUTINE_MOVED, step, step),
  FIELD(control_response, step_queued, CONTROL_RESPONSE_STEP_QUEUED, free, free),
  FIELD(control_response, stream_started, CONTROL_RESPONSE_STREAM_STARTED, start, start_microseconds),
  FIELD(control_response, parameter_limits, CONTROL_RESPONSE_PARAMETER_LIMITS, field, field),
  FIELD(control_response, parameter_limits, CONTROL_RESPONSE_PARAMETER_LIMITS, minimum, minimum),
  FIELD(control_response, parameter_limits, CONTROL_RESPONSE_PARAMETER_LIMITS, maximum, maximum),
  FIELD(control_response, upload_incomplete, CONTROL_RESPONSE_UPLOAD_INCOMPLETE, next_offset, next_offset),
  FIELD(control_response, index_expected, CONTROL_RESPONSE_INDEX_EXPECTED, index, index),
  FIELD(control_response, invalid_step, CONTROL_RESPONSE_INVALID_STEP, step, step),
  /* telemetry */
  HEADER(telemetry, counter, counter),
  HEADER(telemetry, state, state),
  HEADER(telemetry, time, time_milliseconds),
  HEADER(telemetry, speed, speed_ppm),
  HEADER(telemetry, target, target_ppm),
  HEADER(telemetry, force, force_decinewtons),
  HEADER(telemetry, temperature, temperature_decidegrees),
  HEADER(telemetry, battery, battery_percent),
  HEADER(telemetry, step, step),
  HEADER(telemetry, remaining, remaining_seconds),
  HEADER(telemetry, faults, faults),
  /* device_event */
  HEADER(device_event, counter, counter),
  FIELD(device_event, state_changed, DEVICE_EVENT_STATE_CHANGED, state, state),
  FIELD(device_event, state_changed, DEVICE_EVENT_STATE_CHANGED, previous, previous),
  FIELD(device_event, state_changed, DEVICE_EVENT_STATE_CHANGED, cause, cause),
  FIELD(device_event, state_changed, DEVICE_EVENT_STATE_CHANGED, time, time_microseconds),
  FIELD(device_event, step_entered, DEVICE_EVENT_STEP_ENTERED, step, step),
  FIELD(device_event, step_entered, DEVICE_EVENT_STEP_ENTERED, planned, planned_microseconds),
  FIELD(device_event, step_entered, DEVICE_EVENT_STEP_ENTERED, actual, actual_microseconds),
  FIELD(device_event, routine_ended, DEVICE_EVENT_ROUTINE_ENDED, step, step),
  FIELD(device_event, routine_ended, DEVICE_EVENT_ROUTINE_ENDED, cause, cause),
  FIELD(device_event, routine_ended, DEVICE_EVENT_ROUTINE_ENDED, time, time_microseconds),
  FIELD(device_event, confirmation_needed, DEVICE_EVENT_CONFIRMATION_NEEDED, step, step),
  FIELD(device_event, confirmation_needed, DEVICE_EVENT_CONFIRMATION_NEEDED, timeout, timeout_milliseconds),
  FIELD(device_event, confirmation_needed, DEVICE_EVENT_CONFIRMATION_NEEDED, time, time_microseconds),
  FIELD(device_event, fault_raised, DEVICE_EVENT_FAULT_RAISED, fault, fault),
  FIELD(device_event, fault_raised, DEVICE_EVENT_FAULT_RAISED, time, time_microseconds),
  FIELD(device_event, fault_cleared, DEVICE_EVENT_FAULT_CLEARED, fault, fault),
  FIELD(device_event, fault_cleared, DEVICE_EVENT_FAULT_CLEARED, time, time_microseconds),
  FIELD(device_event, button, DEVICE_EVENT_BUTTON, action, action),
  FIELD(device_event, button, DEVICE_EVENT_BUTTON, time, time_microseconds),
  FIELD(device_event, control_lost, DEVICE_EVENT_CONTROL_LOST, cause, cause),
  FIELD(device_event, control_lost, DEVICE_EVENT_CONTROL_LOST, time, time_microseconds),
  FIELD(device_event, battery_low, DEVICE_EVENT_BATTERY_LOW, battery, battery_percent),
  FIELD(device_event, battery_low, DEVICE_EVENT_BATTERY_LOW, time, time_microseconds),
  /* routine_data */
  FIELD(routine_data, chunk, ROUTINE_DATA_CHUNK, transfer, transfer),
  FIELD(routine_data, chunk, ROUTINE_DATA_CHUNK, offset, offset),
  PAYLOAD(routine_data, chunk, ROUTINE_DATA_CHUNK, payload),
  FIELD(routine_data, streamed_step, ROUTINE_DATA_STREAMED_STEP, index, index),
  FIELD(routine_data, streamed_step, ROUTINE_DATA_STREAMED_STEP, at, at_milliseconds),
  FIELD(routine_data, streamed_step, ROUTINE_DATA_STREAMED_STEP, segment.kind, segment.kind),
  FIELD(routine_data, streamed_step, ROUTINE_DATA_STREAMED_STEP, segment.force_limit, segment.force_limit_decinewtons),
  FIELD(routine_data, streamed_step, ROUTINE_DATA_STREAMED_STEP, segment.speed_from, segment.speed_from_ppm),
  FIELD(routine_data, streamed_step, ROUTINE_DATA_STREAMED_STEP, segment.speed_to, segment.speed_to_ppm),
  FIELD(routine_data, streamed_step, ROUTINE_DATA_STREAMED_STEP, segment.duration, segment.duration_milliseconds),
  /* routine_status */
  FIELD(routine_status, upload_credit, ROUTINE_STATUS_UPLOAD_CREDIT, transfer, transfer),
  FIELD(routine_status, upload_credit, ROUTINE_STATUS_UPLOAD_CREDIT, next_offset, next_offset),
  FIELD(routine_status, upload_credit, ROUTINE_STATUS_UPLOAD_CREDIT, window, window),
  FIELD(routine_status, stream_credit, ROUTINE_STATUS_STREAM_CREDIT, next_index, next_index),
  FIELD(routine_status, stream_credit, ROUTINE_STATUS_STREAM_CREDIT, free, free),
  /* clock_request */
  HEADER(clock_request, sequence, sequence),
  HEADER(clock_request, central_time, central_time_microseconds),
  /* clock_reply */
  HEADER(clock_reply, sequence, sequence),
  HEADER(clock_reply, central_time, central_time_microseconds),
  HEADER(clock_reply, device_time, device_time_microseconds),
  HEADER(clock_reply, hold, hold_microseconds),
};

static int body_of(int message, const percuss_codec_value *value) {
  switch (message) {
    case MESSAGE_control_request: return (int)value->control_request.body;
    case MESSAGE_control_response: return (int)value->control_response.body;
    case MESSAGE_device_event: return (int)value->device_event.body;
    case MESSAGE_routine_data: return (int)value->routine_data.body;
    case MESSAGE_routine_status: return (int)value->routine_status.body;
    default: return -1;
  }
}

size_t percuss_codec_fields(int message, const percuss_codec_value *value, percuss_codec_field *fields, size_t capacity) {
  int body = body_of(message, value);
  size_t found = 0;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    if (rows[i].message != message || (rows[i].body != -1 && rows[i].body != body)) continue;
    percuss_codec_field field = { rows[i].variant, rows[i].field, 0, false, rows[i].size == 8, NULL };
    const uint8_t *place = (const uint8_t *)value + rows[i].offset;
    if (rows[i].is_payload) {
      field.payload = value->routine_data.as.chunk.payload;
      field.number = value->routine_data.as.chunk.payload_length;
    } else if (rows[i].size > 0) {
      memcpy(&field.number, place, rows[i].size); /* on a little-endian machine */
      field.is_negative = rows[i].is_signed && (field.number >> (8 * rows[i].size - 1) & 1) != 0;
      if (field.is_negative && rows[i].size < 8) field.number |= ~UINT64_C(0) << 8 * rows[i].size;
    }
    if (found < capacity) fields[found] = field;
    found++;
  }
  return found;
}
