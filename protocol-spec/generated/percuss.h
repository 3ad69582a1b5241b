/*
 * The Percuss wire protocol, version 1.0, for firmware: C11, header only, without allocation.
 *
 * Written by protocol-generator from protocol-spec/percuss.yaml: change that page, then run `make generate`.
 *
 *   percuss_control_request message;
 *   percuss_error error;
 *   if (!percuss_control_request_decode(bytes, count, &message, &error)) refuse(&error);
 *
 * Every message and record has a decode function, which returns false and fills the error (NULL is allowed) when the bytes
 * are wrong, and an encode function, which returns the bytes written, or 0 and fills the error. Lengths are checked before
 * values, the header before what follows; the first mistake is reported. Bytes behind the last known field are ignored.
 */
#ifndef PERCUSS_H
#define PERCUSS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Identification */

enum {
  PERCUSS_VERSION_MAJOR = 1,
  PERCUSS_VERSION_MINOR = 0,
};

/* CRC-32 of the fields of this major version as they were in its minor version 0. */
#define PERCUSS_SCHEMA_CRC UINT32_C(0xE76F1046)

/* 7e32XXXX-bf34-4597-a0b9-83277511650e with zeros in the place of XXXX, in the order in which it is written. */
#define PERCUSS_UUID_BASE { 0x7e, 0x32, 0x00, 0x00, 0xbf, 0x34, 0x45, 0x97, 0xa0, 0xb9, 0x83, 0x27, 0x75, 0x11, 0x65, 0x0e }

enum {
  PERCUSS_UUID_PERCUSS_SERVICE = 0x0001, /* Percuss Service */
  PERCUSS_UUID_FEATURE         = 0x0002, /* Feature */
  PERCUSS_UUID_CONTROL_POINT   = 0x0003, /* Control Point */
  PERCUSS_UUID_TELEMETRY       = 0x0004, /* Telemetry */
  PERCUSS_UUID_EVENT           = 0x0005, /* Event */
  PERCUSS_UUID_ROUTINE_DATA    = 0x0006, /* Routine Data */
  PERCUSS_UUID_CLOCK           = 0x0007, /* Clock */
};

/* Constants */

/* Longest control frame; one ATT value at the smallest ATT_MTU (23). */
#define PERCUSS_BASE_FRAME_LENGTH                     20
/* Shortest lease that a central may ask for. */
#define PERCUSS_LEASE_MINIMUM_MILLISECONDS            500
/* Longest lease that a central may ask for. */
#define PERCUSS_LEASE_MAXIMUM_MILLISECONDS            60000
/* The lease that a central asks for unless it has a reason. */
#define PERCUSS_LEASE_DEFAULT_MILLISECONDS            2000
/* From any speed a stop brings the motor to rest within this time. */
#define PERCUSS_STOP_RAMP_MAXIMUM_MILLISECONDS        500
/* Longest ramp of one command. */
#define PERCUSS_RAMP_MAXIMUM_MILLISECONDS             60000
/* Shortest segment of a routine. */
#define PERCUSS_SEGMENT_DURATION_MINIMUM_MILLISECONDS 10
/* Longest segment of a routine, and longest timer: 24 hours. */
#define PERCUSS_SEGMENT_DURATION_MAXIMUM_MILLISECONDS 86400000
/* A central that has waited this long for a response repeats the request. */
#define PERCUSS_RESPONSE_TIMEOUT_MILLISECONDS         3000
/* Requests of one central whose responses a peripheral keeps for replay. */
#define PERCUSS_REPLAY_DEPTH                          4
/* Responses that wait for their indication, for one central, beside the one that is sent and unconfirmed; a stop has a place of its own beyond them. */
#define PERCUSS_RESPONSE_QUEUE_DEPTH                  4
/* Presets are numbered from 1. */
#define PERCUSS_PRESET_COUNT                          5
/* The step number when no step is running. */
#define PERCUSS_NO_STEP                               65535

/* Errors with which a peripheral refuses an ATT request (Core Vol 3 Part F 3.4.1.1) */

enum {
  /* A control request too short for its header. */
  PERCUSS_ATT_ERROR_INVALID_ATTRIBUTE_VALUE_LENGTH = 0x0D,
  /* A value that cannot be read on another characteristic than the Control Point. */
  PERCUSS_ATT_ERROR_MALFORMED_VALUE                = 0x81,
  /* A control request other than stop while the central has not enabled indications. */
  PERCUSS_ATT_ERROR_IMPROPERLY_CONFIGURED          = 0xFD,
  /* As many responses as the peripheral keeps wait for their indication. Never the answer to a stop. */
  PERCUSS_ATT_ERROR_PROCEDURE_IN_PROGRESS          = 0xFE,
};

/* What a control request asks for. Open: other values are kept. */
typedef uint8_t percuss_op_code;
enum {
  PERCUSS_OP_CODE_REQUEST_CONTROL  = 0x01, /* Take the lease on the motor. */
  PERCUSS_OP_CODE_RELEASE_CONTROL  = 0x02, /* Give the lease back. A moving motor is ramped to rest. */
  PERCUSS_OP_CODE_KEEP_ALIVE       = 0x03, /* Renew the lease and do nothing else. */
  PERCUSS_OP_CODE_RESET            = 0x04, /* Stop, forget settings and clear the faults whose cause is gone. */
  PERCUSS_OP_CODE_STOP             = 0x10, /* Ramp to rest now. From any central, in any state. */
  PERCUSS_OP_CODE_PAUSE            = 0x11, /* Ramp to rest and hold the place in the routine. */
  PERCUSS_OP_CODE_RESUME           = 0x12, /* Go on from where pause held. */
  PERCUSS_OP_CODE_SET_SPEED        = 0x13, /* Drive the motor by hand. */
  PERCUSS_OP_CODE_SET_FORCE_LIMIT  = 0x14, /* Limit the force above which the motor yields. */
  PERCUSS_OP_CODE_SET_TIMER        = 0x15, /* Stop by itself after a time. */
  PERCUSS_OP_CODE_PRESET           = 0x16, /* Drive the motor at one of the device's own speeds. */
  PERCUSS_OP_CODE_CONFIRM          = 0x17, /* The operator confirms a waiting step. */
  PERCUSS_OP_CODE_ROUTINE_BEGIN    = 0x20, /* Announce an upload. */
  PERCUSS_OP_CODE_ROUTINE_COMMIT   = 0x21, /* Store what was uploaded, whole or not at all. */
  PERCUSS_OP_CODE_ROUTINE_ABORT    = 0x22, /* Forget a partial upload. */
  PERCUSS_OP_CODE_ROUTINE_QUERY    = 0x23, /* Say what a slot holds. */
  PERCUSS_OP_CODE_ROUTINE_START    = 0x24, /* Play a stored routine. */
  PERCUSS_OP_CODE_ROUTINE_SEEK     = 0x25, /* Move within the routine that plays or is paused. */
  PERCUSS_OP_CODE_ROUTINE_CLEAR    = 0x26, /* Empty a slot. */
  PERCUSS_OP_CODE_ROUTINE_VALIDATE = 0x27, /* Check a stored routine against what the device can do now. */
  PERCUSS_OP_CODE_QUEUE_STEP       = 0x30, /* Add a step to the queue. */
  PERCUSS_OP_CODE_QUEUE_FLUSH      = 0x31, /* Forget the queued steps that have not begun. */
  PERCUSS_OP_CODE_QUEUE_START      = 0x32, /* Play the queue. */
  PERCUSS_OP_CODE_SET_TELEMETRY    = 0x40, /* Set the telemetry interval of this central. */
};

/* How a control request ended. Open: other values are kept. */
typedef uint8_t percuss_control_result;
enum {
  PERCUSS_CONTROL_RESULT_SUCCESS           = 0x01, /* Done. */
  PERCUSS_CONTROL_RESULT_UNKNOWN_OP_CODE   = 0x02, /* The peripheral does not know this op code. */
  PERCUSS_CONTROL_RESULT_INVALID_LENGTH    = 0x03, /* The parameters are shorter than the op code needs. */
  PERCUSS_CONTROL_RESULT_OUT_OF_RANGE      = 0x04, /* A parameter is out of range; the response names it, and its limits. */
  PERCUSS_CONTROL_RESULT_INVALID_PARAMETER = 0x05, /* A parameter has a value without a meaning, or a reserved flag is set. */
  PERCUSS_CONTROL_RESULT_CONTROL_REQUIRED  = 0x06, /* The central does not hold the lease. */
  PERCUSS_CONTROL_RESULT_CONTROL_HELD      = 0x07, /* Another central holds the lease. */
  PERCUSS_CONTROL_RESULT_WRONG_STATE       = 0x08, /* Not possible in the state that the response names. */
  PERCUSS_CONTROL_RESULT_SEQUENCE_CONFLICT = 0x09, /* The sequence number was used for another request. */
  PERCUSS_CONTROL_RESULT_STALE             = 0x0A, /* The sequence number is behind the newest one; nothing was done. */
  PERCUSS_CONTROL_RESULT_FAULT_ACTIVE      = 0x0B, /* A fault forbids it; see the fault bits of the telemetry. */
  PERCUSS_CONTROL_RESULT_NOT_FOUND         = 0x0C, /* The slot, the transfer or the queue holds nothing. */
  PERCUSS_CONTROL_RESULT_TOO_LARGE         = 0x0D, /* The routine does not fit the device. */
  PERCUSS_CONTROL_RESULT_CRC_MISMATCH      = 0x0E, /* The uploaded bytes are not the announced ones; the partial upload is gone. */
  PERCUSS_CONTROL_RESULT_INCOMPLETE        = 0x0F, /* Bytes are missing; the response says from where. */
  PERCUSS_CONTROL_RESULT_IN_USE            = 0x10, /* The slot plays, waits, is scheduled or is paused. */
  PERCUSS_CONTROL_RESULT_QUEUE_FULL        = 0x11, /* The queue has no place. */
  PERCUSS_CONTROL_RESULT_OUT_OF_ORDER      = 0x12, /* The queue expects another index; the response says which. */
  PERCUSS_CONTROL_RESULT_TOO_LATE          = 0x13, /* The instant has passed. */
  PERCUSS_CONTROL_RESULT_UNSUPPORTED       = 0x14, /* The device lacks the feature. */
  PERCUSS_CONTROL_RESULT_INVALID_ROUTINE   = 0x15, /* The routine asks for what the device cannot do; the response names the first such step. */
};

/* What the device is doing. */
typedef uint8_t percuss_device_state;
enum {
  PERCUSS_DEVICE_STATE_IDLE      = 0x00, /* The motor is at rest. */
  PERCUSS_DEVICE_STATE_MANUAL    = 0x01, /* The motor follows set-speed or preset commands. */
  PERCUSS_DEVICE_STATE_SCHEDULED = 0x02, /* A start at a later instant is accepted; the motor is at rest. */
  PERCUSS_DEVICE_STATE_ROUTINE   = 0x03, /* A stored routine plays. */
  PERCUSS_DEVICE_STATE_STREAM    = 0x04, /* Queued steps play. */
  PERCUSS_DEVICE_STATE_WAITING   = 0x05, /* A step waits for the operator; the motor ramps to rest and stays there. */
  PERCUSS_DEVICE_STATE_PAUSED    = 0x06, /* A routine or stream is held; the motor ramps to rest and stays there. */
  PERCUSS_DEVICE_STATE_STOPPING  = 0x07, /* The motor ramps to rest. */
  PERCUSS_DEVICE_STATE_FAULT     = 0x08, /* A fault holds the motor at rest, or ramps it there, until reset. */
};

/* What happens to the motor when the central that holds the lease is lost. */
typedef uint8_t percuss_loss_policy;
enum {
  PERCUSS_LOSS_POLICY_STOP           = 0x00, /* It ramps to rest. */
  PERCUSS_LOSS_POLICY_FINISH_ROUTINE = 0x01, /* A stored routine that plays or waits goes on to its end, at most; anything else ramps to rest. */
};

/* What a segment of a routine does. */
typedef uint8_t percuss_segment_kind;
enum {
  PERCUSS_SEGMENT_KIND_HOLD = 0x01, /* Keep one speed. */
  PERCUSS_SEGMENT_KIND_RAMP = 0x02, /* Move from one speed to another in a straight line. */
  PERCUSS_SEGMENT_KIND_REST = 0x03, /* Keep the motor at rest. */
  PERCUSS_SEGMENT_KIND_WAIT = 0x04, /* Keep the motor at rest until the operator confirms; the duration is the time-out, after which the routine ends. */
};

/* Why the state changed or a routine ended. Open: other values are kept. */
typedef uint8_t percuss_change_cause;
enum {
  PERCUSS_CHANGE_CAUSE_POWER_ON      = 0x00, /* The device began. */
  PERCUSS_CHANGE_CAUSE_COMMAND       = 0x01, /* A control request. */
  PERCUSS_CHANGE_CAUSE_BUTTON        = 0x02, /* The button on the device. */
  PERCUSS_CHANGE_CAUSE_COMPLETED     = 0x03, /* The routine, stream or ramp came to its end. */
  PERCUSS_CHANGE_CAUSE_TIMER         = 0x04, /* The timer ran out. */
  PERCUSS_CHANGE_CAUSE_LEASE_EXPIRED = 0x05, /* The central fell silent. */
  PERCUSS_CHANGE_CAUSE_LINK_LOST     = 0x06, /* The central's connection ended. */
  PERCUSS_CHANGE_CAUSE_FAULT         = 0x07, /* A fault. */
  PERCUSS_CHANGE_CAUSE_UNDERFLOW     = 0x08, /* The queue ran dry. */
  PERCUSS_CHANGE_CAUSE_WAIT_TIMEOUT  = 0x09, /* The operator did not confirm in time. */
  PERCUSS_CHANGE_CAUSE_SCHEDULE      = 0x0A, /* The instant or the step of a schedule was reached. */
  PERCUSS_CHANGE_CAUSE_RELEASED      = 0x0B, /* The central gave the lease back. */
  PERCUSS_CHANGE_CAUSE_AUTO_OFF      = 0x0C, /* The device was idle for too long. */
};

/* One fault of the device; the bit of the same number is set in the telemetry. Open: other values are kept. */
typedef uint8_t percuss_device_fault;
enum {
  PERCUSS_DEVICE_FAULT_STALL         = 0x00, /* The load held the motor for too long. */
  PERCUSS_DEVICE_FAULT_OVERHEAT      = 0x01, /* The motor is too hot. */
  PERCUSS_DEVICE_FAULT_BATTERY_EMPTY = 0x02, /* The battery cannot drive the motor. */
  PERCUSS_DEVICE_FAULT_MOTOR_FAILURE = 0x03, /* The motor does not follow its command. */
};

/* How the button was pressed. */
typedef uint8_t percuss_button_action;
enum {
  PERCUSS_BUTTON_ACTION_SHORT_PRESS = 0x00, /* Less than a second: confirms a waiting step, and is a stop in any other state. */
  PERCUSS_BUTTON_ACTION_LONG_PRESS  = 0x01, /* A second or longer: a stop, and the device switches itself off once it is at rest. */
};

/* What an event reports. */
typedef uint8_t percuss_event_kind;
enum {
  PERCUSS_EVENT_KIND_STATE_CHANGED       = 0x01, /* The device entered another state. */
  PERCUSS_EVENT_KIND_STEP_ENTERED        = 0x02, /* A step began; with the planned and the actual instant. */
  PERCUSS_EVENT_KIND_ROUTINE_ENDED       = 0x03, /* A routine or stream ended, and why. */
  PERCUSS_EVENT_KIND_CONFIRMATION_NEEDED = 0x04, /* A step waits for the operator. */
  PERCUSS_EVENT_KIND_FAULT_RAISED        = 0x05, /* A fault began. */
  PERCUSS_EVENT_KIND_FAULT_CLEARED       = 0x06, /* A fault ended. */
  PERCUSS_EVENT_KIND_BUTTON              = 0x07, /* The button was pressed. */
  PERCUSS_EVENT_KIND_CONTROL_LOST        = 0x08, /* This central no longer holds the lease. */
  PERCUSS_EVENT_KIND_BATTERY_LOW         = 0x09, /* The battery fell to 10 %. */
};

/* What a routine-data value from the central carries. */
typedef uint8_t percuss_routine_data_kind;
enum {
  PERCUSS_ROUTINE_DATA_KIND_CHUNK         = 0x01, /* A part of an upload. */
  PERCUSS_ROUTINE_DATA_KIND_STREAMED_STEP = 0x02, /* A step for the queue. */
};

/* What a routine-data value from the peripheral carries. */
typedef uint8_t percuss_routine_status_kind;
enum {
  PERCUSS_ROUTINE_STATUS_KIND_UPLOAD_CREDIT = 0x81, /* How far an upload has come and may go. */
  PERCUSS_ROUTINE_STATUS_KIND_STREAM_CREDIT = 0x82, /* How far the queue has come and may go. */
};

/* How a control request is to be answered. Other bits are refused. */
typedef uint8_t percuss_control_flags;
enum {
  PERCUSS_CONTROL_FLAGS_QUIET = 1 << 0, /* No response on success. Anything but success is still answered. */
};
#define PERCUSS_CONTROL_FLAGS_KNOWN 0x01

/* What a device can do. Other bits are kept. */
typedef uint32_t percuss_device_features;
enum {
  PERCUSS_DEVICE_FEATURES_ROUTINES           = 1 << 0, /* Stores and plays routines. */
  PERCUSS_DEVICE_FEATURES_STREAM             = 1 << 1, /* Plays queued steps. */
  PERCUSS_DEVICE_FEATURES_CLOCK              = 1 << 2, /* Answers on the Clock characteristic. */
  PERCUSS_DEVICE_FEATURES_FORCE_LIMIT        = 1 << 3, /* Yields above a force limit. */
  PERCUSS_DEVICE_FEATURES_FORCE_SENSOR       = 1 << 4, /* Measures the force. */
  PERCUSS_DEVICE_FEATURES_TIMER              = 1 << 5, /* Has a timer. */
  PERCUSS_DEVICE_FEATURES_PRESETS            = 1 << 6, /* Has presets. */
  PERCUSS_DEVICE_FEATURES_WAIT               = 1 << 7, /* Plays steps that wait for the operator. */
  PERCUSS_DEVICE_FEATURES_TEMPERATURE_SENSOR = 1 << 8, /* Measures the motor's temperature. */
};
#define PERCUSS_DEVICE_FEATURES_KNOWN 0x000001FF

/* The faults that are active. Other bits are kept. */
typedef uint8_t percuss_device_faults;
enum {
  PERCUSS_DEVICE_FAULTS_STALL         = 1 << 0, /* The load held the motor for too long. */
  PERCUSS_DEVICE_FAULTS_OVERHEAT      = 1 << 1, /* The motor is too hot. */
  PERCUSS_DEVICE_FAULTS_BATTERY_EMPTY = 1 << 2, /* The battery cannot drive the motor. */
  PERCUSS_DEVICE_FAULTS_MOTOR_FAILURE = 1 << 3, /* The motor does not follow its command. */
};
#define PERCUSS_DEVICE_FAULTS_KNOWN 0x0F

/* What a routine slot holds. Other bits are kept. */
typedef uint8_t percuss_slot_status;
enum {
  PERCUSS_SLOT_STATUS_STORED  = 1 << 0, /* A committed routine. */
  PERCUSS_SLOT_STATUS_PARTIAL = 1 << 1, /* An upload that is not committed yet. */
  PERCUSS_SLOT_STATUS_PLAYING = 1 << 2, /* The committed routine plays, waits, is scheduled or is paused. */
};
#define PERCUSS_SLOT_STATUS_KNOWN 0x07

/* A field, or a whole header, variant or record: the group in the high byte, the field in it counted from 1 in the low one. */
typedef uint16_t percuss_field;
enum {
  PERCUSS_FIELD_ROUTINE_SEGMENT = 0x0100,
  PERCUSS_FIELD_ROUTINE_SEGMENT_KIND = 0x0101,
  PERCUSS_FIELD_ROUTINE_SEGMENT_FORCE_LIMIT = 0x0102,
  PERCUSS_FIELD_ROUTINE_SEGMENT_SPEED_FROM = 0x0103,
  PERCUSS_FIELD_ROUTINE_SEGMENT_SPEED_TO = 0x0104,
  PERCUSS_FIELD_ROUTINE_SEGMENT_DURATION = 0x0105,
  PERCUSS_FIELD_ROUTINE_HEADER = 0x0200,
  PERCUSS_FIELD_ROUTINE_HEADER_FORMAT = 0x0201,
  PERCUSS_FIELD_ROUTINE_HEADER_FLAGS = 0x0202,
  PERCUSS_FIELD_ROUTINE_HEADER_SEGMENT_COUNT = 0x0203,
  PERCUSS_FIELD_DEVICE_FEATURE = 0x0300,
  PERCUSS_FIELD_DEVICE_FEATURE_VERSION_MAJOR = 0x0301,
  PERCUSS_FIELD_DEVICE_FEATURE_VERSION_MINOR = 0x0302,
  PERCUSS_FIELD_DEVICE_FEATURE_SCHEMA_CRC = 0x0303,
  PERCUSS_FIELD_DEVICE_FEATURE_FEATURES = 0x0304,
  PERCUSS_FIELD_DEVICE_FEATURE_SPEED_MINIMUM = 0x0305,
  PERCUSS_FIELD_DEVICE_FEATURE_SPEED_MAXIMUM = 0x0306,
  PERCUSS_FIELD_DEVICE_FEATURE_SPEED_STEP = 0x0307,
  PERCUSS_FIELD_DEVICE_FEATURE_FORCE_MAXIMUM = 0x0308,
  PERCUSS_FIELD_DEVICE_FEATURE_ROUTINE_SLOTS = 0x0309,
  PERCUSS_FIELD_DEVICE_FEATURE_ROUTINE_STEPS = 0x030A,
  PERCUSS_FIELD_DEVICE_FEATURE_QUEUE_DEPTH = 0x030B,
  PERCUSS_FIELD_CONTROL_REQUEST = 0x0400,
  PERCUSS_FIELD_CONTROL_REQUEST_OP_CODE = 0x0401,
  PERCUSS_FIELD_CONTROL_REQUEST_SEQUENCE = 0x0402,
  PERCUSS_FIELD_CONTROL_REQUEST_FLAGS = 0x0403,
  PERCUSS_FIELD_CONTROL_RESPONSE = 0x0500,
  PERCUSS_FIELD_CONTROL_RESPONSE_MARKER = 0x0501,
  PERCUSS_FIELD_CONTROL_RESPONSE_OP_CODE = 0x0502,
  PERCUSS_FIELD_CONTROL_RESPONSE_SEQUENCE = 0x0503,
  PERCUSS_FIELD_CONTROL_RESPONSE_RESULT = 0x0504,
  PERCUSS_FIELD_CONTROL_RESPONSE_STATE = 0x0505,
  PERCUSS_FIELD_TELEMETRY = 0x0600,
  PERCUSS_FIELD_TELEMETRY_COUNTER = 0x0601,
  PERCUSS_FIELD_TELEMETRY_STATE = 0x0602,
  PERCUSS_FIELD_TELEMETRY_TIME = 0x0603,
  PERCUSS_FIELD_TELEMETRY_SPEED = 0x0604,
  PERCUSS_FIELD_TELEMETRY_TARGET = 0x0605,
  PERCUSS_FIELD_TELEMETRY_FORCE = 0x0606,
  PERCUSS_FIELD_TELEMETRY_TEMPERATURE = 0x0607,
  PERCUSS_FIELD_TELEMETRY_BATTERY = 0x0608,
  PERCUSS_FIELD_TELEMETRY_STEP = 0x0609,
  PERCUSS_FIELD_TELEMETRY_REMAINING = 0x060A,
  PERCUSS_FIELD_TELEMETRY_FAULTS = 0x060B,
  PERCUSS_FIELD_DEVICE_EVENT = 0x0700,
  PERCUSS_FIELD_DEVICE_EVENT_KIND = 0x0701,
  PERCUSS_FIELD_DEVICE_EVENT_COUNTER = 0x0702,
  PERCUSS_FIELD_ROUTINE_DATA = 0x0800,
  PERCUSS_FIELD_ROUTINE_DATA_KIND = 0x0801,
  PERCUSS_FIELD_ROUTINE_STATUS = 0x0900,
  PERCUSS_FIELD_ROUTINE_STATUS_KIND = 0x0901,
  PERCUSS_FIELD_CLOCK_REQUEST = 0x0A00,
  PERCUSS_FIELD_CLOCK_REQUEST_KIND = 0x0A01,
  PERCUSS_FIELD_CLOCK_REQUEST_SEQUENCE = 0x0A02,
  PERCUSS_FIELD_CLOCK_REQUEST_CENTRAL_TIME = 0x0A03,
  PERCUSS_FIELD_CLOCK_REPLY = 0x0B00,
  PERCUSS_FIELD_CLOCK_REPLY_KIND = 0x0B01,
  PERCUSS_FIELD_CLOCK_REPLY_SEQUENCE = 0x0B02,
  PERCUSS_FIELD_CLOCK_REPLY_CENTRAL_TIME = 0x0B03,
  PERCUSS_FIELD_CLOCK_REPLY_DEVICE_TIME = 0x0B04,
  PERCUSS_FIELD_CLOCK_REPLY_HOLD = 0x0B05,
  PERCUSS_FIELD_CONTROL_REQUEST_REQUEST_CONTROL = 0x4000,
  PERCUSS_FIELD_CONTROL_REQUEST_REQUEST_CONTROL_LEASE = 0x4001,
  PERCUSS_FIELD_CONTROL_REQUEST_REQUEST_CONTROL_LOSS_POLICY = 0x4002,
  PERCUSS_FIELD_CONTROL_REQUEST_RELEASE_CONTROL = 0x4100,
  PERCUSS_FIELD_CONTROL_REQUEST_KEEP_ALIVE = 0x4200,
  PERCUSS_FIELD_CONTROL_REQUEST_RESET = 0x4300,
  PERCUSS_FIELD_CONTROL_REQUEST_STOP = 0x4400,
  PERCUSS_FIELD_CONTROL_REQUEST_PAUSE = 0x4500,
  PERCUSS_FIELD_CONTROL_REQUEST_RESUME = 0x4600,
  PERCUSS_FIELD_CONTROL_REQUEST_SET_SPEED = 0x4700,
  PERCUSS_FIELD_CONTROL_REQUEST_SET_SPEED_SPEED = 0x4701,
  PERCUSS_FIELD_CONTROL_REQUEST_SET_SPEED_RAMP = 0x4702,
  PERCUSS_FIELD_CONTROL_REQUEST_SET_FORCE_LIMIT = 0x4800,
  PERCUSS_FIELD_CONTROL_REQUEST_SET_FORCE_LIMIT_FORCE = 0x4801,
  PERCUSS_FIELD_CONTROL_REQUEST_SET_TIMER = 0x4900,
  PERCUSS_FIELD_CONTROL_REQUEST_SET_TIMER_DURATION = 0x4901,
  PERCUSS_FIELD_CONTROL_REQUEST_PRESET = 0x4A00,
  PERCUSS_FIELD_CONTROL_REQUEST_PRESET_INDEX = 0x4A01,
  PERCUSS_FIELD_CONTROL_REQUEST_PRESET_RAMP = 0x4A02,
  PERCUSS_FIELD_CONTROL_REQUEST_CONFIRM = 0x4B00,
  PERCUSS_FIELD_CONTROL_REQUEST_CONFIRM_STEP = 0x4B01,
  PERCUSS_FIELD_CONTROL_REQUEST_ROUTINE_BEGIN = 0x4C00,
  PERCUSS_FIELD_CONTROL_REQUEST_ROUTINE_BEGIN_SLOT = 0x4C01,
  PERCUSS_FIELD_CONTROL_REQUEST_ROUTINE_BEGIN_LENGTH = 0x4C02,
  PERCUSS_FIELD_CONTROL_REQUEST_ROUTINE_BEGIN_CRC32 = 0x4C03,
  PERCUSS_FIELD_CONTROL_REQUEST_ROUTINE_COMMIT = 0x4D00,
  PERCUSS_FIELD_CONTROL_REQUEST_ROUTINE_COMMIT_TRANSFER = 0x4D01,
  PERCUSS_FIELD_CONTROL_REQUEST_ROUTINE_ABORT = 0x4E00,
  PERCUSS_FIELD_CONTROL_REQUEST_ROUTINE_ABORT_TRANSFER = 0x4E01,
  PERCUSS_FIELD_CONTROL_REQUEST_ROUTINE_QUERY = 0x4F00,
  PERCUSS_FIELD_CONTROL_REQUEST_ROUTINE_QUERY_SLOT = 0x4F01,
  PERCUSS_FIELD_CONTROL_REQUEST_ROUTINE_START = 0x5000,
  PERCUSS_FIELD_CONTROL_REQUEST_ROUTINE_START_SLOT = 0x5001,
  PERCUSS_FIELD_CONTROL_REQUEST_ROUTINE_START_START = 0x5002,
  PERCUSS_FIELD_CONTROL_REQUEST_ROUTINE_START_OFFSET = 0x5003,
  PERCUSS_FIELD_CONTROL_REQUEST_ROUTINE_SEEK = 0x5100,
  PERCUSS_FIELD_CONTROL_REQUEST_ROUTINE_SEEK_OFFSET = 0x5101,
  PERCUSS_FIELD_CONTROL_REQUEST_ROUTINE_CLEAR = 0x5200,
  PERCUSS_FIELD_CONTROL_REQUEST_ROUTINE_CLEAR_SLOT = 0x5201,
  PERCUSS_FIELD_CONTROL_REQUEST_ROUTINE_VALIDATE = 0x5300,
  PERCUSS_FIELD_CONTROL_REQUEST_ROUTINE_VALIDATE_SLOT = 0x5301,
  PERCUSS_FIELD_CONTROL_REQUEST_QUEUE_STEP = 0x5400,
  PERCUSS_FIELD_CONTROL_REQUEST_QUEUE_STEP_INDEX = 0x5401,
  PERCUSS_FIELD_CONTROL_REQUEST_QUEUE_STEP_AT = 0x5402,
  PERCUSS_FIELD_CONTROL_REQUEST_QUEUE_STEP_SEGMENT_KIND = 0x5403,
  PERCUSS_FIELD_CONTROL_REQUEST_QUEUE_STEP_SEGMENT_FORCE_LIMIT = 0x5404,
  PERCUSS_FIELD_CONTROL_REQUEST_QUEUE_STEP_SEGMENT_SPEED_FROM = 0x5405,
  PERCUSS_FIELD_CONTROL_REQUEST_QUEUE_STEP_SEGMENT_SPEED_TO = 0x5406,
  PERCUSS_FIELD_CONTROL_REQUEST_QUEUE_STEP_SEGMENT_DURATION = 0x5407,
  PERCUSS_FIELD_CONTROL_REQUEST_QUEUE_FLUSH = 0x5500,
  PERCUSS_FIELD_CONTROL_REQUEST_QUEUE_START = 0x5600,
  PERCUSS_FIELD_CONTROL_REQUEST_QUEUE_START_START = 0x5601,
  PERCUSS_FIELD_CONTROL_REQUEST_SET_TELEMETRY = 0x5700,
  PERCUSS_FIELD_CONTROL_REQUEST_SET_TELEMETRY_INTERVAL = 0x5701,
  PERCUSS_FIELD_CONTROL_RESPONSE_CONTROL_GRANTED = 0x5800,
  PERCUSS_FIELD_CONTROL_RESPONSE_CONTROL_GRANTED_LEASE = 0x5801,
  PERCUSS_FIELD_CONTROL_RESPONSE_PRESET_CHOSEN = 0x5900,
  PERCUSS_FIELD_CONTROL_RESPONSE_PRESET_CHOSEN_SPEED = 0x5901,
  PERCUSS_FIELD_CONTROL_RESPONSE_TRANSFER_OPENED = 0x5A00,
  PERCUSS_FIELD_CONTROL_RESPONSE_TRANSFER_OPENED_TRANSFER = 0x5A01,
  PERCUSS_FIELD_CONTROL_RESPONSE_TRANSFER_OPENED_NEXT_OFFSET = 0x5A02,
  PERCUSS_FIELD_CONTROL_RESPONSE_TRANSFER_OPENED_WINDOW = 0x5A03,
  PERCUSS_FIELD_CONTROL_RESPONSE_ROUTINE_STORED = 0x5B00,
  PERCUSS_FIELD_CONTROL_RESPONSE_ROUTINE_STORED_SLOT = 0x5B01,
  PERCUSS_FIELD_CONTROL_RESPONSE_SLOT_DESCRIBED = 0x5C00,
  PERCUSS_FIELD_CONTROL_RESPONSE_SLOT_DESCRIBED_SLOT = 0x5C01,
  PERCUSS_FIELD_CONTROL_RESPONSE_SLOT_DESCRIBED_STATUS = 0x5C02,
  PERCUSS_FIELD_CONTROL_RESPONSE_SLOT_DESCRIBED_LENGTH = 0x5C03,
  PERCUSS_FIELD_CONTROL_RESPONSE_SLOT_DESCRIBED_CRC32 = 0x5C04,
  PERCUSS_FIELD_CONTROL_RESPONSE_SLOT_DESCRIBED_NEXT_OFFSET = 0x5C05,
  PERCUSS_FIELD_CONTROL_RESPONSE_ROUTINE_STARTED = 0x5D00,
  PERCUSS_FIELD_CONTROL_RESPONSE_ROUTINE_STARTED_START = 0x5D01,
  PERCUSS_FIELD_CONTROL_RESPONSE_ROUTINE_MOVED = 0x5E00,
  PERCUSS_FIELD_CONTROL_RESPONSE_ROUTINE_MOVED_STEP = 0x5E01,
  PERCUSS_FIELD_CONTROL_RESPONSE_STEP_QUEUED = 0x5F00,
  PERCUSS_FIELD_CONTROL_RESPONSE_STEP_QUEUED_FREE = 0x5F01,
  PERCUSS_FIELD_CONTROL_RESPONSE_STREAM_STARTED = 0x6000,
  PERCUSS_FIELD_CONTROL_RESPONSE_STREAM_STARTED_START = 0x6001,
  PERCUSS_FIELD_CONTROL_RESPONSE_PARAMETER_LIMITS = 0x6100,
  PERCUSS_FIELD_CONTROL_RESPONSE_PARAMETER_LIMITS_FIELD = 0x6101,
  PERCUSS_FIELD_CONTROL_RESPONSE_PARAMETER_LIMITS_MINIMUM = 0x6102,
  PERCUSS_FIELD_CONTROL_RESPONSE_PARAMETER_LIMITS_MAXIMUM = 0x6103,
  PERCUSS_FIELD_CONTROL_RESPONSE_UPLOAD_INCOMPLETE = 0x6200,
  PERCUSS_FIELD_CONTROL_RESPONSE_UPLOAD_INCOMPLETE_NEXT_OFFSET = 0x6201,
  PERCUSS_FIELD_CONTROL_RESPONSE_INDEX_EXPECTED = 0x6300,
  PERCUSS_FIELD_CONTROL_RESPONSE_INDEX_EXPECTED_INDEX = 0x6301,
  PERCUSS_FIELD_CONTROL_RESPONSE_INVALID_STEP = 0x6400,
  PERCUSS_FIELD_CONTROL_RESPONSE_INVALID_STEP_STEP = 0x6401,
  PERCUSS_FIELD_DEVICE_EVENT_STATE_CHANGED = 0x6500,
  PERCUSS_FIELD_DEVICE_EVENT_STATE_CHANGED_STATE = 0x6501,
  PERCUSS_FIELD_DEVICE_EVENT_STATE_CHANGED_PREVIOUS = 0x6502,
  PERCUSS_FIELD_DEVICE_EVENT_STATE_CHANGED_CAUSE = 0x6503,
  PERCUSS_FIELD_DEVICE_EVENT_STATE_CHANGED_TIME = 0x6504,
  PERCUSS_FIELD_DEVICE_EVENT_STEP_ENTERED = 0x6600,
  PERCUSS_FIELD_DEVICE_EVENT_STEP_ENTERED_STEP = 0x6601,
  PERCUSS_FIELD_DEVICE_EVENT_STEP_ENTERED_PLANNED = 0x6602,
  PERCUSS_FIELD_DEVICE_EVENT_STEP_ENTERED_ACTUAL = 0x6603,
  PERCUSS_FIELD_DEVICE_EVENT_ROUTINE_ENDED = 0x6700,
  PERCUSS_FIELD_DEVICE_EVENT_ROUTINE_ENDED_STEP = 0x6701,
  PERCUSS_FIELD_DEVICE_EVENT_ROUTINE_ENDED_CAUSE = 0x6702,
  PERCUSS_FIELD_DEVICE_EVENT_ROUTINE_ENDED_TIME = 0x6703,
  PERCUSS_FIELD_DEVICE_EVENT_CONFIRMATION_NEEDED = 0x6800,
  PERCUSS_FIELD_DEVICE_EVENT_CONFIRMATION_NEEDED_STEP = 0x6801,
  PERCUSS_FIELD_DEVICE_EVENT_CONFIRMATION_NEEDED_TIMEOUT = 0x6802,
  PERCUSS_FIELD_DEVICE_EVENT_CONFIRMATION_NEEDED_TIME = 0x6803,
  PERCUSS_FIELD_DEVICE_EVENT_FAULT_RAISED = 0x6900,
  PERCUSS_FIELD_DEVICE_EVENT_FAULT_RAISED_FAULT = 0x6901,
  PERCUSS_FIELD_DEVICE_EVENT_FAULT_RAISED_TIME = 0x6902,
  PERCUSS_FIELD_DEVICE_EVENT_FAULT_CLEARED = 0x6A00,
  PERCUSS_FIELD_DEVICE_EVENT_FAULT_CLEARED_FAULT = 0x6A01,
  PERCUSS_FIELD_DEVICE_EVENT_FAULT_CLEARED_TIME = 0x6A02,
  PERCUSS_FIELD_DEVICE_EVENT_BUTTON = 0x6B00,
  PERCUSS_FIELD_DEVICE_EVENT_BUTTON_ACTION = 0x6B01,
  PERCUSS_FIELD_DEVICE_EVENT_BUTTON_TIME = 0x6B02,
  PERCUSS_FIELD_DEVICE_EVENT_CONTROL_LOST = 0x6C00,
  PERCUSS_FIELD_DEVICE_EVENT_CONTROL_LOST_CAUSE = 0x6C01,
  PERCUSS_FIELD_DEVICE_EVENT_CONTROL_LOST_TIME = 0x6C02,
  PERCUSS_FIELD_DEVICE_EVENT_BATTERY_LOW = 0x6D00,
  PERCUSS_FIELD_DEVICE_EVENT_BATTERY_LOW_BATTERY = 0x6D01,
  PERCUSS_FIELD_DEVICE_EVENT_BATTERY_LOW_TIME = 0x6D02,
  PERCUSS_FIELD_ROUTINE_DATA_CHUNK = 0x6E00,
  PERCUSS_FIELD_ROUTINE_DATA_CHUNK_TRANSFER = 0x6E01,
  PERCUSS_FIELD_ROUTINE_DATA_CHUNK_OFFSET = 0x6E02,
  PERCUSS_FIELD_ROUTINE_DATA_CHUNK_PAYLOAD = 0x6E03,
  PERCUSS_FIELD_ROUTINE_DATA_STREAMED_STEP = 0x6F00,
  PERCUSS_FIELD_ROUTINE_DATA_STREAMED_STEP_INDEX = 0x6F01,
  PERCUSS_FIELD_ROUTINE_DATA_STREAMED_STEP_AT = 0x6F02,
  PERCUSS_FIELD_ROUTINE_DATA_STREAMED_STEP_SEGMENT_KIND = 0x6F03,
  PERCUSS_FIELD_ROUTINE_DATA_STREAMED_STEP_SEGMENT_FORCE_LIMIT = 0x6F04,
  PERCUSS_FIELD_ROUTINE_DATA_STREAMED_STEP_SEGMENT_SPEED_FROM = 0x6F05,
  PERCUSS_FIELD_ROUTINE_DATA_STREAMED_STEP_SEGMENT_SPEED_TO = 0x6F06,
  PERCUSS_FIELD_ROUTINE_DATA_STREAMED_STEP_SEGMENT_DURATION = 0x6F07,
  PERCUSS_FIELD_ROUTINE_STATUS_UPLOAD_CREDIT = 0x7000,
  PERCUSS_FIELD_ROUTINE_STATUS_UPLOAD_CREDIT_TRANSFER = 0x7001,
  PERCUSS_FIELD_ROUTINE_STATUS_UPLOAD_CREDIT_NEXT_OFFSET = 0x7002,
  PERCUSS_FIELD_ROUTINE_STATUS_UPLOAD_CREDIT_WINDOW = 0x7003,
  PERCUSS_FIELD_ROUTINE_STATUS_STREAM_CREDIT = 0x7100,
  PERCUSS_FIELD_ROUTINE_STATUS_STREAM_CREDIT_NEXT_INDEX = 0x7101,
  PERCUSS_FIELD_ROUTINE_STATUS_STREAM_CREDIT_FREE = 0x7102,
};

/* Errors */

typedef enum {
  PERCUSS_OK,
  PERCUSS_TRUNCATED,           /* available: value, needed: minimum */
  PERCUSS_OUT_OF_RANGE,        /* value, minimum, maximum */
  PERCUSS_UNKNOWN_VALUE,       /* value */
  PERCUSS_RESERVED_BITS,       /* those that are set: value */
  PERCUSS_UNEXPECTED_CONSTANT, /* value, expected: minimum */
  PERCUSS_TOO_LONG,            /* length: value, maximum */
  PERCUSS_NO_SPACE,            /* available: value, needed: minimum */
  PERCUSS_INCONSISTENT_BODY,   /* the header does not announce this body */
} percuss_reason;

typedef struct {
  percuss_reason reason;
  percuss_field field; /* for a truncated value the first that is not whole */
  size_t offset;        /* of the field's first byte in the value */
  int64_t value;        /* what the reason says about these three */
  int64_t minimum;
  int64_t maximum;
} percuss_error;

/* The first byte of a field in its message, or of a record's field in the record; -1 for a group of fields. */
static inline int percuss_field_offset(percuss_field field) {
  switch (field) {
    case 0x0101: return 0;
    case 0x0102: return 1;
    case 0x0103: return 3;
    case 0x0104: return 5;
    case 0x0105: return 7;
    case 0x0201: return 0;
    case 0x0202: return 1;
    case 0x0203: return 2;
    case 0x0301: return 0;
    case 0x0302: return 1;
    case 0x0303: return 2;
    case 0x0304: return 6;
    case 0x0305: return 10;
    case 0x0306: return 12;
    case 0x0307: return 14;
    case 0x0308: return 16;
    case 0x0309: return 18;
    case 0x030A: return 19;
    case 0x030B: return 21;
    case 0x0401: return 0;
    case 0x0402: return 1;
    case 0x0403: return 2;
    case 0x0501: return 0;
    case 0x0502: return 1;
    case 0x0503: return 2;
    case 0x0504: return 3;
    case 0x0505: return 4;
    case 0x0601: return 0;
    case 0x0602: return 1;
    case 0x0603: return 2;
    case 0x0604: return 6;
    case 0x0605: return 8;
    case 0x0606: return 10;
    case 0x0607: return 12;
    case 0x0608: return 14;
    case 0x0609: return 15;
    case 0x060A: return 17;
    case 0x060B: return 19;
    case 0x0701: return 0;
    case 0x0702: return 1;
    case 0x0801: return 0;
    case 0x0901: return 0;
    case 0x0A01: return 0;
    case 0x0A02: return 1;
    case 0x0A03: return 2;
    case 0x0B01: return 0;
    case 0x0B02: return 1;
    case 0x0B03: return 2;
    case 0x0B04: return 10;
    case 0x0B05: return 18;
    case 0x4001: return 3;
    case 0x4002: return 5;
    case 0x4701: return 3;
    case 0x4702: return 5;
    case 0x4801: return 3;
    case 0x4901: return 3;
    case 0x4A01: return 3;
    case 0x4A02: return 4;
    case 0x4B01: return 3;
    case 0x4C01: return 3;
    case 0x4C02: return 4;
    case 0x4C03: return 8;
    case 0x4D01: return 3;
    case 0x4E01: return 3;
    case 0x4F01: return 3;
    case 0x5001: return 3;
    case 0x5002: return 4;
    case 0x5003: return 12;
    case 0x5101: return 3;
    case 0x5201: return 3;
    case 0x5301: return 3;
    case 0x5401: return 3;
    case 0x5402: return 5;
    case 0x5403: return 9;
    case 0x5404: return 10;
    case 0x5405: return 12;
    case 0x5406: return 14;
    case 0x5407: return 16;
    case 0x5601: return 3;
    case 0x5701: return 3;
    case 0x5801: return 5;
    case 0x5901: return 5;
    case 0x5A01: return 5;
    case 0x5A02: return 6;
    case 0x5A03: return 10;
    case 0x5B01: return 5;
    case 0x5C01: return 5;
    case 0x5C02: return 6;
    case 0x5C03: return 7;
    case 0x5C04: return 11;
    case 0x5C05: return 15;
    case 0x5D01: return 5;
    case 0x5E01: return 5;
    case 0x5F01: return 5;
    case 0x6001: return 5;
    case 0x6101: return 5;
    case 0x6102: return 6;
    case 0x6103: return 10;
    case 0x6201: return 5;
    case 0x6301: return 5;
    case 0x6401: return 5;
    case 0x6501: return 2;
    case 0x6502: return 3;
    case 0x6503: return 4;
    case 0x6504: return 5;
    case 0x6601: return 2;
    case 0x6602: return 4;
    case 0x6603: return 12;
    case 0x6701: return 2;
    case 0x6702: return 4;
    case 0x6703: return 5;
    case 0x6801: return 2;
    case 0x6802: return 4;
    case 0x6803: return 8;
    case 0x6901: return 2;
    case 0x6902: return 3;
    case 0x6A01: return 2;
    case 0x6A02: return 3;
    case 0x6B01: return 2;
    case 0x6B02: return 3;
    case 0x6C01: return 2;
    case 0x6C02: return 3;
    case 0x6D01: return 2;
    case 0x6D02: return 3;
    case 0x6E01: return 1;
    case 0x6E02: return 2;
    case 0x6E03: return 6;
    case 0x6F01: return 1;
    case 0x6F02: return 3;
    case 0x6F03: return 7;
    case 0x6F04: return 8;
    case 0x6F05: return 10;
    case 0x6F06: return 12;
    case 0x6F07: return 14;
    case 0x7001: return 1;
    case 0x7002: return 2;
    case 0x7003: return 6;
    case 0x7101: return 1;
    case 0x7102: return 3;
    default: return -1;
  }
}

/* The path in the specification. */
static inline const char *percuss_field_name(percuss_field field) {
  switch (field) {
    case 0x0100: return "routine_segment";
    case 0x0101: return "routine_segment.kind";
    case 0x0102: return "routine_segment.force_limit";
    case 0x0103: return "routine_segment.speed_from";
    case 0x0104: return "routine_segment.speed_to";
    case 0x0105: return "routine_segment.duration";
    case 0x0200: return "routine_header";
    case 0x0201: return "routine_header.format";
    case 0x0202: return "routine_header.flags";
    case 0x0203: return "routine_header.segment_count";
    case 0x0300: return "device_feature";
    case 0x0301: return "device_feature.version_major";
    case 0x0302: return "device_feature.version_minor";
    case 0x0303: return "device_feature.schema_crc";
    case 0x0304: return "device_feature.features";
    case 0x0305: return "device_feature.speed_minimum";
    case 0x0306: return "device_feature.speed_maximum";
    case 0x0307: return "device_feature.speed_step";
    case 0x0308: return "device_feature.force_maximum";
    case 0x0309: return "device_feature.routine_slots";
    case 0x030A: return "device_feature.routine_steps";
    case 0x030B: return "device_feature.queue_depth";
    case 0x0400: return "control_request";
    case 0x0401: return "control_request.op_code";
    case 0x0402: return "control_request.sequence";
    case 0x0403: return "control_request.flags";
    case 0x0500: return "control_response";
    case 0x0501: return "control_response.marker";
    case 0x0502: return "control_response.op_code";
    case 0x0503: return "control_response.sequence";
    case 0x0504: return "control_response.result";
    case 0x0505: return "control_response.state";
    case 0x0600: return "telemetry";
    case 0x0601: return "telemetry.counter";
    case 0x0602: return "telemetry.state";
    case 0x0603: return "telemetry.time";
    case 0x0604: return "telemetry.speed";
    case 0x0605: return "telemetry.target";
    case 0x0606: return "telemetry.force";
    case 0x0607: return "telemetry.temperature";
    case 0x0608: return "telemetry.battery";
    case 0x0609: return "telemetry.step";
    case 0x060A: return "telemetry.remaining";
    case 0x060B: return "telemetry.faults";
    case 0x0700: return "device_event";
    case 0x0701: return "device_event.kind";
    case 0x0702: return "device_event.counter";
    case 0x0800: return "routine_data";
    case 0x0801: return "routine_data.kind";
    case 0x0900: return "routine_status";
    case 0x0901: return "routine_status.kind";
    case 0x0A00: return "clock_request";
    case 0x0A01: return "clock_request.kind";
    case 0x0A02: return "clock_request.sequence";
    case 0x0A03: return "clock_request.central_time";
    case 0x0B00: return "clock_reply";
    case 0x0B01: return "clock_reply.kind";
    case 0x0B02: return "clock_reply.sequence";
    case 0x0B03: return "clock_reply.central_time";
    case 0x0B04: return "clock_reply.device_time";
    case 0x0B05: return "clock_reply.hold";
    case 0x4000: return "control_request.request_control";
    case 0x4001: return "control_request.request_control.lease";
    case 0x4002: return "control_request.request_control.loss_policy";
    case 0x4100: return "control_request.release_control";
    case 0x4200: return "control_request.keep_alive";
    case 0x4300: return "control_request.reset";
    case 0x4400: return "control_request.stop";
    case 0x4500: return "control_request.pause";
    case 0x4600: return "control_request.resume";
    case 0x4700: return "control_request.set_speed";
    case 0x4701: return "control_request.set_speed.speed";
    case 0x4702: return "control_request.set_speed.ramp";
    case 0x4800: return "control_request.set_force_limit";
    case 0x4801: return "control_request.set_force_limit.force";
    case 0x4900: return "control_request.set_timer";
    case 0x4901: return "control_request.set_timer.duration";
    case 0x4A00: return "control_request.preset";
    case 0x4A01: return "control_request.preset.index";
    case 0x4A02: return "control_request.preset.ramp";
    case 0x4B00: return "control_request.confirm";
    case 0x4B01: return "control_request.confirm.step";
    case 0x4C00: return "control_request.routine_begin";
    case 0x4C01: return "control_request.routine_begin.slot";
    case 0x4C02: return "control_request.routine_begin.length";
    case 0x4C03: return "control_request.routine_begin.crc32";
    case 0x4D00: return "control_request.routine_commit";
    case 0x4D01: return "control_request.routine_commit.transfer";
    case 0x4E00: return "control_request.routine_abort";
    case 0x4E01: return "control_request.routine_abort.transfer";
    case 0x4F00: return "control_request.routine_query";
    case 0x4F01: return "control_request.routine_query.slot";
    case 0x5000: return "control_request.routine_start";
    case 0x5001: return "control_request.routine_start.slot";
    case 0x5002: return "control_request.routine_start.start";
    case 0x5003: return "control_request.routine_start.offset";
    case 0x5100: return "control_request.routine_seek";
    case 0x5101: return "control_request.routine_seek.offset";
    case 0x5200: return "control_request.routine_clear";
    case 0x5201: return "control_request.routine_clear.slot";
    case 0x5300: return "control_request.routine_validate";
    case 0x5301: return "control_request.routine_validate.slot";
    case 0x5400: return "control_request.queue_step";
    case 0x5401: return "control_request.queue_step.index";
    case 0x5402: return "control_request.queue_step.at";
    case 0x5403: return "control_request.queue_step.segment.kind";
    case 0x5404: return "control_request.queue_step.segment.force_limit";
    case 0x5405: return "control_request.queue_step.segment.speed_from";
    case 0x5406: return "control_request.queue_step.segment.speed_to";
    case 0x5407: return "control_request.queue_step.segment.duration";
    case 0x5500: return "control_request.queue_flush";
    case 0x5600: return "control_request.queue_start";
    case 0x5601: return "control_request.queue_start.start";
    case 0x5700: return "control_request.set_telemetry";
    case 0x5701: return "control_request.set_telemetry.interval";
    case 0x5800: return "control_response.control_granted";
    case 0x5801: return "control_response.control_granted.lease";
    case 0x5900: return "control_response.preset_chosen";
    case 0x5901: return "control_response.preset_chosen.speed";
    case 0x5A00: return "control_response.transfer_opened";
    case 0x5A01: return "control_response.transfer_opened.transfer";
    case 0x5A02: return "control_response.transfer_opened.next_offset";
    case 0x5A03: return "control_response.transfer_opened.window";
    case 0x5B00: return "control_response.routine_stored";
    case 0x5B01: return "control_response.routine_stored.slot";
    case 0x5C00: return "control_response.slot_described";
    case 0x5C01: return "control_response.slot_described.slot";
    case 0x5C02: return "control_response.slot_described.status";
    case 0x5C03: return "control_response.slot_described.length";
    case 0x5C04: return "control_response.slot_described.crc32";
    case 0x5C05: return "control_response.slot_described.next_offset";
    case 0x5D00: return "control_response.routine_started";
    case 0x5D01: return "control_response.routine_started.start";
    case 0x5E00: return "control_response.routine_moved";
    case 0x5E01: return "control_response.routine_moved.step";
    case 0x5F00: return "control_response.step_queued";
    case 0x5F01: return "control_response.step_queued.free";
    case 0x6000: return "control_response.stream_started";
    case 0x6001: return "control_response.stream_started.start";
    case 0x6100: return "control_response.parameter_limits";
    case 0x6101: return "control_response.parameter_limits.field";
    case 0x6102: return "control_response.parameter_limits.minimum";
    case 0x6103: return "control_response.parameter_limits.maximum";
    case 0x6200: return "control_response.upload_incomplete";
    case 0x6201: return "control_response.upload_incomplete.next_offset";
    case 0x6300: return "control_response.index_expected";
    case 0x6301: return "control_response.index_expected.index";
    case 0x6400: return "control_response.invalid_step";
    case 0x6401: return "control_response.invalid_step.step";
    case 0x6500: return "device_event.state_changed";
    case 0x6501: return "device_event.state_changed.state";
    case 0x6502: return "device_event.state_changed.previous";
    case 0x6503: return "device_event.state_changed.cause";
    case 0x6504: return "device_event.state_changed.time";
    case 0x6600: return "device_event.step_entered";
    case 0x6601: return "device_event.step_entered.step";
    case 0x6602: return "device_event.step_entered.planned";
    case 0x6603: return "device_event.step_entered.actual";
    case 0x6700: return "device_event.routine_ended";
    case 0x6701: return "device_event.routine_ended.step";
    case 0x6702: return "device_event.routine_ended.cause";
    case 0x6703: return "device_event.routine_ended.time";
    case 0x6800: return "device_event.confirmation_needed";
    case 0x6801: return "device_event.confirmation_needed.step";
    case 0x6802: return "device_event.confirmation_needed.timeout";
    case 0x6803: return "device_event.confirmation_needed.time";
    case 0x6900: return "device_event.fault_raised";
    case 0x6901: return "device_event.fault_raised.fault";
    case 0x6902: return "device_event.fault_raised.time";
    case 0x6A00: return "device_event.fault_cleared";
    case 0x6A01: return "device_event.fault_cleared.fault";
    case 0x6A02: return "device_event.fault_cleared.time";
    case 0x6B00: return "device_event.button";
    case 0x6B01: return "device_event.button.action";
    case 0x6B02: return "device_event.button.time";
    case 0x6C00: return "device_event.control_lost";
    case 0x6C01: return "device_event.control_lost.cause";
    case 0x6C02: return "device_event.control_lost.time";
    case 0x6D00: return "device_event.battery_low";
    case 0x6D01: return "device_event.battery_low.battery";
    case 0x6D02: return "device_event.battery_low.time";
    case 0x6E00: return "routine_data.chunk";
    case 0x6E01: return "routine_data.chunk.transfer";
    case 0x6E02: return "routine_data.chunk.offset";
    case 0x6E03: return "routine_data.chunk.payload";
    case 0x6F00: return "routine_data.streamed_step";
    case 0x6F01: return "routine_data.streamed_step.index";
    case 0x6F02: return "routine_data.streamed_step.at";
    case 0x6F03: return "routine_data.streamed_step.segment.kind";
    case 0x6F04: return "routine_data.streamed_step.segment.force_limit";
    case 0x6F05: return "routine_data.streamed_step.segment.speed_from";
    case 0x6F06: return "routine_data.streamed_step.segment.speed_to";
    case 0x6F07: return "routine_data.streamed_step.segment.duration";
    case 0x7000: return "routine_status.upload_credit";
    case 0x7001: return "routine_status.upload_credit.transfer";
    case 0x7002: return "routine_status.upload_credit.next_offset";
    case 0x7003: return "routine_status.upload_credit.window";
    case 0x7100: return "routine_status.stream_credit";
    case 0x7101: return "routine_status.stream_credit.next_index";
    case 0x7102: return "routine_status.stream_credit.free";
    default: return "unknown";
  }
}

/* The place of a variant's field, counted from 0 after the header with the fields of a record one by one; -1 for another field. */
static inline int percuss_field_parameter(percuss_field field) {
  return field >= 0x4000 && (field & 0xFF) != 0 ? (field & 0xFF) - 1 : -1;
}

static inline bool percuss_fail(percuss_error *error, percuss_reason reason, percuss_field field, size_t offset,
    int64_t value, int64_t minimum, int64_t maximum) {
  if (error != NULL) *error = (percuss_error){ reason, field, offset, value, minimum, maximum };
  return false;
}

/* A part that begins at `base` and does not fit: names the first of its fields that is not whole. */
static inline bool percuss_truncated(percuss_error *error, percuss_field part, size_t base, size_t needed,
    size_t available) {
  percuss_field field = (percuss_field)(part + 1);
  for (;;) {
    int next = percuss_field_offset((percuss_field)(field + 1));
    if (next < 0 || base + (size_t)next > available) break;
    field++;
  }
  return percuss_fail(error, PERCUSS_TRUNCATED, field, base + (size_t)percuss_field_offset(field), (int64_t)available,
      (int64_t)(base + needed), 0);
}

/* Bytes */

static inline uint8_t percuss_read_u8(const uint8_t *bytes) {
  return bytes[0];
}

static inline void percuss_write_u8(uint8_t *bytes, uint8_t value) {
  bytes[0] = value;
}

static inline uint16_t percuss_read_u16(const uint8_t *bytes) {
  return (uint16_t)(bytes[0] | (uint32_t)bytes[1] << 8);
}

static inline void percuss_write_u16(uint8_t *bytes, uint16_t value) {
  bytes[0] = (uint8_t)value;
  bytes[1] = (uint8_t)(value >> 8);
}

static inline uint32_t percuss_read_u32(const uint8_t *bytes) {
  return (uint32_t)(bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24);
}

static inline void percuss_write_u32(uint8_t *bytes, uint32_t value) {
  bytes[0] = (uint8_t)value;
  bytes[1] = (uint8_t)(value >> 8);
  bytes[2] = (uint8_t)(value >> 16);
  bytes[3] = (uint8_t)(value >> 24);
}

static inline uint64_t percuss_read_u64(const uint8_t *bytes) {
  return (uint64_t)(bytes[0] | (uint64_t)bytes[1] << 8 | (uint64_t)bytes[2] << 16 | (uint64_t)bytes[3] << 24 |
      (uint64_t)bytes[4] << 32 | (uint64_t)bytes[5] << 40 | (uint64_t)bytes[6] << 48 | (uint64_t)bytes[7] << 56);
}

static inline void percuss_write_u64(uint8_t *bytes, uint64_t value) {
  bytes[0] = (uint8_t)value;
  bytes[1] = (uint8_t)(value >> 8);
  bytes[2] = (uint8_t)(value >> 16);
  bytes[3] = (uint8_t)(value >> 24);
  bytes[4] = (uint8_t)(value >> 32);
  bytes[5] = (uint8_t)(value >> 40);
  bytes[6] = (uint8_t)(value >> 48);
  bytes[7] = (uint8_t)(value >> 56);
}

static inline int8_t percuss_read_i8(const uint8_t *bytes) {
  return (int8_t)bytes[0];
}

static inline void percuss_write_i8(uint8_t *bytes, int8_t value) {
  bytes[0] = (uint8_t)value;
}

static inline int16_t percuss_read_i16(const uint8_t *bytes) {
  return (int16_t)(uint16_t)(bytes[0] | (uint32_t)bytes[1] << 8);
}

static inline void percuss_write_i16(uint8_t *bytes, int16_t value) {
  bytes[0] = (uint8_t)value;
  bytes[1] = (uint8_t)((uint16_t)value >> 8);
}

static inline int32_t percuss_read_i32(const uint8_t *bytes) {
  return (int32_t)(uint32_t)(bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24);
}

static inline void percuss_write_i32(uint8_t *bytes, int32_t value) {
  bytes[0] = (uint8_t)value;
  bytes[1] = (uint8_t)((uint32_t)value >> 8);
  bytes[2] = (uint8_t)((uint32_t)value >> 16);
  bytes[3] = (uint8_t)((uint32_t)value >> 24);
}

static inline int64_t percuss_read_i64(const uint8_t *bytes) {
  return (int64_t)(uint64_t)(bytes[0] | (uint64_t)bytes[1] << 8 | (uint64_t)bytes[2] << 16 | (uint64_t)bytes[3] << 24 |
      (uint64_t)bytes[4] << 32 | (uint64_t)bytes[5] << 40 | (uint64_t)bytes[6] << 48 | (uint64_t)bytes[7] << 56);
}

static inline void percuss_write_i64(uint8_t *bytes, int64_t value) {
  bytes[0] = (uint8_t)value;
  bytes[1] = (uint8_t)((uint64_t)value >> 8);
  bytes[2] = (uint8_t)((uint64_t)value >> 16);
  bytes[3] = (uint8_t)((uint64_t)value >> 24);
  bytes[4] = (uint8_t)((uint64_t)value >> 32);
  bytes[5] = (uint8_t)((uint64_t)value >> 40);
  bytes[6] = (uint8_t)((uint64_t)value >> 48);
  bytes[7] = (uint8_t)((uint64_t)value >> 56);
}

/* Checks of values */

static inline bool percuss_device_state_is_known(percuss_device_state value) {
  switch (value) {
    case PERCUSS_DEVICE_STATE_IDLE:
    case PERCUSS_DEVICE_STATE_MANUAL:
    case PERCUSS_DEVICE_STATE_SCHEDULED:
    case PERCUSS_DEVICE_STATE_ROUTINE:
    case PERCUSS_DEVICE_STATE_STREAM:
    case PERCUSS_DEVICE_STATE_WAITING:
    case PERCUSS_DEVICE_STATE_PAUSED:
    case PERCUSS_DEVICE_STATE_STOPPING:
    case PERCUSS_DEVICE_STATE_FAULT:
      return true;
    default:
      return false;
  }
}

static inline bool percuss_loss_policy_is_known(percuss_loss_policy value) {
  switch (value) {
    case PERCUSS_LOSS_POLICY_STOP:
    case PERCUSS_LOSS_POLICY_FINISH_ROUTINE:
      return true;
    default:
      return false;
  }
}

static inline bool percuss_segment_kind_is_known(percuss_segment_kind value) {
  switch (value) {
    case PERCUSS_SEGMENT_KIND_HOLD:
    case PERCUSS_SEGMENT_KIND_RAMP:
    case PERCUSS_SEGMENT_KIND_REST:
    case PERCUSS_SEGMENT_KIND_WAIT:
      return true;
    default:
      return false;
  }
}

static inline bool percuss_button_action_is_known(percuss_button_action value) {
  switch (value) {
    case PERCUSS_BUTTON_ACTION_SHORT_PRESS:
    case PERCUSS_BUTTON_ACTION_LONG_PRESS:
      return true;
    default:
      return false;
  }
}

static inline bool percuss_event_kind_is_known(percuss_event_kind value) {
  switch (value) {
    case PERCUSS_EVENT_KIND_STATE_CHANGED:
    case PERCUSS_EVENT_KIND_STEP_ENTERED:
    case PERCUSS_EVENT_KIND_ROUTINE_ENDED:
    case PERCUSS_EVENT_KIND_CONFIRMATION_NEEDED:
    case PERCUSS_EVENT_KIND_FAULT_RAISED:
    case PERCUSS_EVENT_KIND_FAULT_CLEARED:
    case PERCUSS_EVENT_KIND_BUTTON:
    case PERCUSS_EVENT_KIND_CONTROL_LOST:
    case PERCUSS_EVENT_KIND_BATTERY_LOW:
      return true;
    default:
      return false;
  }
}

static inline bool percuss_routine_data_kind_is_known(percuss_routine_data_kind value) {
  switch (value) {
    case PERCUSS_ROUTINE_DATA_KIND_CHUNK:
    case PERCUSS_ROUTINE_DATA_KIND_STREAMED_STEP:
      return true;
    default:
      return false;
  }
}

static inline bool percuss_routine_status_kind_is_known(percuss_routine_status_kind value) {
  switch (value) {
    case PERCUSS_ROUTINE_STATUS_KIND_UPLOAD_CREDIT:
    case PERCUSS_ROUTINE_STATUS_KIND_STREAM_CREDIT:
      return true;
    default:
      return false;
  }
}

/* Records */

/* One step of a routine as the device plays it. A rest or a wait has both speeds 0; a hold has both speeds equal. */
typedef struct {
  percuss_segment_kind kind;        /* What the segment does. */
  uint16_t force_limit_decinewtons; /* Force above which the motor yields; 0 stands for the device's limit. In tenths of a newton. */
  uint16_t speed_from_ppm;          /* Speed at the beginning. In percussions per minute. */
  uint16_t speed_to_ppm;            /* Speed at the end. In percussions per minute. */
  uint32_t duration_milliseconds;   /* How long it lasts. In milliseconds, 10...86400000. */
} percuss_routine_segment;

enum { PERCUSS_ROUTINE_SEGMENT_LENGTH = 11 };

static inline bool percuss_routine_segment_check(const percuss_routine_segment *record, percuss_field first,
    size_t base, percuss_error *error) {
  if (!percuss_segment_kind_is_known(record->kind)) {
    return percuss_fail(error, PERCUSS_UNKNOWN_VALUE, first, base, record->kind, 0, 0);
  }
  if (record->duration_milliseconds < 10 || record->duration_milliseconds > 86400000) {
    return percuss_fail(error, PERCUSS_OUT_OF_RANGE, (percuss_field)(first + 4), base + 7,
        record->duration_milliseconds, 10, 86400000);
  }
  return true;
}

/* The caller has checked the length. */
static inline bool percuss_routine_segment_read(const uint8_t *bytes, size_t base, percuss_field first,
    percuss_routine_segment *record, percuss_error *error) {
  record->kind = percuss_read_u8(bytes);
  record->force_limit_decinewtons = percuss_read_u16(bytes + 1);
  record->speed_from_ppm = percuss_read_u16(bytes + 3);
  record->speed_to_ppm = percuss_read_u16(bytes + 5);
  record->duration_milliseconds = percuss_read_u32(bytes + 7);
  return percuss_routine_segment_check(record, first, base, error);
}

static inline void percuss_routine_segment_write(uint8_t *bytes, const percuss_routine_segment *record) {
  percuss_write_u8(bytes, record->kind);
  percuss_write_u16(bytes + 1, record->force_limit_decinewtons);
  percuss_write_u16(bytes + 3, record->speed_from_ppm);
  percuss_write_u16(bytes + 5, record->speed_to_ppm);
  percuss_write_u32(bytes + 7, record->duration_milliseconds);
}

/* Decodes the record that begins at an offset of a value. */
static inline bool percuss_routine_segment_decode(const uint8_t *bytes, size_t count, size_t offset,
    percuss_routine_segment *record, percuss_error *error) {
  if (offset > count || count - offset < 11) return percuss_truncated(error, PERCUSS_FIELD_ROUTINE_SEGMENT, offset, 11,
      count);
  return percuss_routine_segment_read(bytes + offset, offset, (percuss_field)(PERCUSS_FIELD_ROUTINE_SEGMENT + 1),
      record, error);
}

static inline size_t percuss_routine_segment_encode(const percuss_routine_segment *record, uint8_t *bytes,
    size_t capacity, percuss_error *error) {
  if (!percuss_routine_segment_check(record, (percuss_field)(PERCUSS_FIELD_ROUTINE_SEGMENT + 1), 0, error)) return 0;
  if (capacity < 11) return percuss_fail(error, PERCUSS_NO_SPACE, PERCUSS_FIELD_ROUTINE_SEGMENT, 0, (int64_t)capacity,
      11, 0);
  percuss_routine_segment_write(bytes, record);
  return 11;
}

/* What an uploaded routine begins with; its segments follow without gaps. */
typedef struct {
  uint8_t format;         /* Format of the routine; 1. Only 1. */
  uint8_t flags;          /* Reserved; 0. Only 0. */
  uint16_t segment_count; /* Number of segments that follow. 1...65534. */
} percuss_routine_header;

enum { PERCUSS_ROUTINE_HEADER_LENGTH = 4 };

static inline bool percuss_routine_header_check(const percuss_routine_header *record, percuss_field first, size_t base,
    percuss_error *error) {
  if (record->format < 1 || record->format > 1) {
    return percuss_fail(error, PERCUSS_OUT_OF_RANGE, first, base, record->format, 1, 1);
  }
  if (record->flags > 0) {
    return percuss_fail(error, PERCUSS_OUT_OF_RANGE, (percuss_field)(first + 1), base + 1, record->flags, 0, 0);
  }
  if (record->segment_count < 1 || record->segment_count > 65534) {
    return percuss_fail(error, PERCUSS_OUT_OF_RANGE, (percuss_field)(first + 2), base + 2, record->segment_count, 1,
        65534);
  }
  return true;
}

/* The caller has checked the length. */
static inline bool percuss_routine_header_read(const uint8_t *bytes, size_t base, percuss_field first,
    percuss_routine_header *record, percuss_error *error) {
  record->format = percuss_read_u8(bytes);
  record->flags = percuss_read_u8(bytes + 1);
  record->segment_count = percuss_read_u16(bytes + 2);
  return percuss_routine_header_check(record, first, base, error);
}

static inline void percuss_routine_header_write(uint8_t *bytes, const percuss_routine_header *record) {
  percuss_write_u8(bytes, record->format);
  percuss_write_u8(bytes + 1, record->flags);
  percuss_write_u16(bytes + 2, record->segment_count);
}

/* Decodes the record that begins at an offset of a value. */
static inline bool percuss_routine_header_decode(const uint8_t *bytes, size_t count, size_t offset,
    percuss_routine_header *record, percuss_error *error) {
  if (offset > count || count - offset < 4) return percuss_truncated(error, PERCUSS_FIELD_ROUTINE_HEADER, offset, 4,
      count);
  return percuss_routine_header_read(bytes + offset, offset, (percuss_field)(PERCUSS_FIELD_ROUTINE_HEADER + 1), record,
      error);
}

static inline size_t percuss_routine_header_encode(const percuss_routine_header *record, uint8_t *bytes,
    size_t capacity, percuss_error *error) {
  if (!percuss_routine_header_check(record, (percuss_field)(PERCUSS_FIELD_ROUTINE_HEADER + 1), 0, error)) return 0;
  if (capacity < 4) return percuss_fail(error, PERCUSS_NO_SPACE, PERCUSS_FIELD_ROUTINE_HEADER, 0, (int64_t)capacity, 4,
      0);
  percuss_routine_header_write(bytes, record);
  return 4;
}

/* Messages */

/* What the device can do, in one read at the smallest ATT_MTU. */
typedef struct {
  uint8_t version_major;              /* Major version of the protocol; a central refuses one that it does not know. */
  uint8_t version_minor;              /* Minor version of the protocol; a higher one only appends. */
  uint32_t schema_crc;                /* CRC-32 of the fields of this major version as they were in its minor version 0. */
  percuss_device_features features;   /* What the device can do. */
  uint16_t speed_minimum_ppm;         /* Lowest speed of a turning motor. In percussions per minute. */
  uint16_t speed_maximum_ppm;         /* Highest speed. In percussions per minute. */
  uint16_t speed_step_ppm;            /* Speeds are multiples of this. In percussions per minute, 1...65535. */
  uint16_t force_maximum_decinewtons; /* Highest force limit. In tenths of a newton. */
  uint8_t routine_slots;              /* Number of routine slots. */
  uint16_t routine_steps;             /* Longest routine in segments. */
  uint8_t queue_depth;                /* Places in the queue of streamed steps. */
} percuss_device_feature;

enum { PERCUSS_DEVICE_FEATURE_MAXIMUM = 22 };

static inline bool percuss_device_feature_decode(const uint8_t *bytes, size_t count, percuss_device_feature *message,
    percuss_error *error) {
  if (count < 22) return percuss_truncated(error, PERCUSS_FIELD_DEVICE_FEATURE, 0, 22, count);
  message->version_major = percuss_read_u8(bytes);
  message->version_minor = percuss_read_u8(bytes + 1);
  message->schema_crc = percuss_read_u32(bytes + 2);
  message->features = percuss_read_u32(bytes + 6);
  message->speed_minimum_ppm = percuss_read_u16(bytes + 10);
  message->speed_maximum_ppm = percuss_read_u16(bytes + 12);
  message->speed_step_ppm = percuss_read_u16(bytes + 14);
  if (message->speed_step_ppm < 1) {
    return percuss_fail(error, PERCUSS_OUT_OF_RANGE, PERCUSS_FIELD_DEVICE_FEATURE_SPEED_STEP, 14,
        message->speed_step_ppm, 1, 65535);
  }
  message->force_maximum_decinewtons = percuss_read_u16(bytes + 16);
  message->routine_slots = percuss_read_u8(bytes + 18);
  message->routine_steps = percuss_read_u16(bytes + 19);
  message->queue_depth = percuss_read_u8(bytes + 21);
  return true;
}

static inline size_t percuss_device_feature_encode(const percuss_device_feature *message, uint8_t *bytes,
    size_t capacity, percuss_error *error) {
  if (message->speed_step_ppm < 1) {
    return percuss_fail(error, PERCUSS_OUT_OF_RANGE, PERCUSS_FIELD_DEVICE_FEATURE_SPEED_STEP, 14,
        message->speed_step_ppm, 1, 65535);
  }
  if (capacity < 22) {
    return percuss_fail(error, PERCUSS_NO_SPACE, PERCUSS_FIELD_DEVICE_FEATURE, 0, (int64_t)capacity, 22, 0);
  }
  percuss_write_u8(bytes, message->version_major);
  percuss_write_u8(bytes + 1, message->version_minor);
  percuss_write_u32(bytes + 2, message->schema_crc);
  percuss_write_u32(bytes + 6, message->features);
  percuss_write_u16(bytes + 10, message->speed_minimum_ppm);
  percuss_write_u16(bytes + 12, message->speed_maximum_ppm);
  percuss_write_u16(bytes + 14, message->speed_step_ppm);
  percuss_write_u16(bytes + 16, message->force_maximum_decinewtons);
  percuss_write_u8(bytes + 18, message->routine_slots);
  percuss_write_u16(bytes + 19, message->routine_steps);
  percuss_write_u8(bytes + 21, message->queue_depth);
  return 22;
}

/* Which member of `percuss_control_request.as` holds the body. */
typedef enum {
  PERCUSS_CONTROL_REQUEST_REQUEST_CONTROL,
  PERCUSS_CONTROL_REQUEST_RELEASE_CONTROL,
  PERCUSS_CONTROL_REQUEST_KEEP_ALIVE,
  PERCUSS_CONTROL_REQUEST_RESET,
  PERCUSS_CONTROL_REQUEST_STOP,
  PERCUSS_CONTROL_REQUEST_PAUSE,
  PERCUSS_CONTROL_REQUEST_RESUME,
  PERCUSS_CONTROL_REQUEST_SET_SPEED,
  PERCUSS_CONTROL_REQUEST_SET_FORCE_LIMIT,
  PERCUSS_CONTROL_REQUEST_SET_TIMER,
  PERCUSS_CONTROL_REQUEST_PRESET,
  PERCUSS_CONTROL_REQUEST_CONFIRM,
  PERCUSS_CONTROL_REQUEST_ROUTINE_BEGIN,
  PERCUSS_CONTROL_REQUEST_ROUTINE_COMMIT,
  PERCUSS_CONTROL_REQUEST_ROUTINE_ABORT,
  PERCUSS_CONTROL_REQUEST_ROUTINE_QUERY,
  PERCUSS_CONTROL_REQUEST_ROUTINE_START,
  PERCUSS_CONTROL_REQUEST_ROUTINE_SEEK,
  PERCUSS_CONTROL_REQUEST_ROUTINE_CLEAR,
  PERCUSS_CONTROL_REQUEST_ROUTINE_VALIDATE,
  PERCUSS_CONTROL_REQUEST_QUEUE_STEP,
  PERCUSS_CONTROL_REQUEST_QUEUE_FLUSH,
  PERCUSS_CONTROL_REQUEST_QUEUE_START,
  PERCUSS_CONTROL_REQUEST_SET_TELEMETRY,
} percuss_control_request_body;

/* A request to the device. */
typedef struct {
  uint8_t sequence;            /* One more than that of the central's last request; wraps. */
  percuss_control_flags flags; /* How to answer. */
  percuss_control_request_body body;
  union {
    /* Take the lease, or change it. */
    struct {
      uint16_t lease_milliseconds;     /* The lease ends this long after the last value that renewed it. In milliseconds, 500...60000. */
      percuss_loss_policy loss_policy; /* What the motor does when the central is lost. */
    } request_control;
    /* Drive the motor by hand. */
    struct {
      uint16_t speed_ppm;         /* Speed to reach; 0 brings the motor to rest. In percussions per minute. */
      uint16_t ramp_milliseconds; /* Time to reach it, in a straight line; where the motor cannot follow, the device takes longer. In milliseconds, 0...60000. */
    } set_speed;
    /* Limit the force. */
    struct {
      uint16_t force_decinewtons; /* Force above which the motor yields; 0 stands for the device's limit. In tenths of a newton. */
    } set_force_limit;
    /* Stop by itself. */
    struct {
      uint32_t duration_milliseconds; /* Time from now. In milliseconds, 10...86400000, or 0: no timer. */
    } set_timer;
    /* Drive the motor at a preset. */
    struct {
      uint8_t index;              /* Which preset. 1...5. */
      uint16_t ramp_milliseconds; /* Time to reach it. In milliseconds, 0...60000. */
    } preset;
    /* The operator confirms. */
    struct {
      uint16_t step; /* The waiting step, as its event named it. */
    } confirm;
    /* Announce an upload. */
    struct {
      uint8_t slot;    /* Slot to store it in. */
      uint32_t length; /* Bytes of the whole routine. 15...720878. */
      uint32_t crc32;  /* CRC-32 of the whole routine. */
    } routine_begin;
    /* Store the upload. */
    struct {
      uint8_t transfer; /* The transfer that routine begin opened. */
    } routine_commit;
    /* Forget the upload. */
    struct {
      uint8_t transfer; /* The transfer that routine begin opened. */
    } routine_abort;
    /* Say what a slot holds. */
    struct {
      uint8_t slot; /* Which slot. */
    } routine_query;
    /* Play a stored routine. */
    struct {
      uint8_t slot;                 /* Which slot. */
      uint64_t start_microseconds;  /* Instant of the device's clock; 0 stands for now. In microseconds. */
      uint32_t offset_milliseconds; /* Place in the routine to begin at. In milliseconds, 0...86400000. */
    } routine_start;
    /* Move within the routine. */
    struct {
      uint32_t offset_milliseconds; /* Place in the routine. In milliseconds, 0...86400000. */
    } routine_seek;
    /* Empty a slot. */
    struct {
      uint8_t slot; /* Which slot. */
    } routine_clear;
    /* Check a stored routine. */
    struct {
      uint8_t slot; /* Which slot. */
    } routine_validate;
    /* Add a step to the queue, with a response. */
    struct {
      uint16_t index;                  /* One more than the step before, 0 after 65534; the first after a flush is 0. */
      uint32_t at_milliseconds;        /* Offset from the start of the stream. In milliseconds. */
      percuss_routine_segment segment; /* The step. */
    } queue_step;
    /* Play the queue. */
    struct {
      uint64_t start_microseconds; /* Instant of the device's clock; 0 stands for now. In microseconds. */
    } queue_start;
    /* Set the telemetry interval of this central. */
    struct {
      uint16_t interval_milliseconds; /* Time between two notifications. In milliseconds, 20...60000, or 0: no telemetry. */
    } set_telemetry;
  } as;
} percuss_control_request;

enum { PERCUSS_CONTROL_REQUEST_MAXIMUM = 20 };

static inline bool percuss_control_request_decode(const uint8_t *bytes, size_t count, percuss_control_request *message,
    percuss_error *error) {
  if (count < 3) return percuss_truncated(error, PERCUSS_FIELD_CONTROL_REQUEST, 0, 3, count);
  percuss_op_code op_code = percuss_read_u8(bytes);
  message->sequence = percuss_read_u8(bytes + 1);
  message->flags = percuss_read_u8(bytes + 2);
  if ((message->flags & ~PERCUSS_CONTROL_FLAGS_KNOWN) != 0) {
    return percuss_fail(error, PERCUSS_RESERVED_BITS, PERCUSS_FIELD_CONTROL_REQUEST_FLAGS, 2,
        message->flags & ~PERCUSS_CONTROL_FLAGS_KNOWN, 0, 0);
  }
  switch (op_code) {
    case PERCUSS_OP_CODE_REQUEST_CONTROL:
      if (count < 6) return percuss_truncated(error, PERCUSS_FIELD_CONTROL_REQUEST_REQUEST_CONTROL, 0, 6, count);
      message->body = PERCUSS_CONTROL_REQUEST_REQUEST_CONTROL;
      message->as.request_control.lease_milliseconds = percuss_read_u16(bytes + 3);
      if (message->as.request_control.lease_milliseconds < 500 ||
          message->as.request_control.lease_milliseconds > 60000) {
        return percuss_fail(error, PERCUSS_OUT_OF_RANGE, PERCUSS_FIELD_CONTROL_REQUEST_REQUEST_CONTROL_LEASE, 3,
            message->as.request_control.lease_milliseconds, 500, 60000);
      }
      message->as.request_control.loss_policy = percuss_read_u8(bytes + 5);
      if (!percuss_loss_policy_is_known(message->as.request_control.loss_policy)) {
        return percuss_fail(error, PERCUSS_UNKNOWN_VALUE, PERCUSS_FIELD_CONTROL_REQUEST_REQUEST_CONTROL_LOSS_POLICY, 5,
            message->as.request_control.loss_policy, 0, 0);
      }
      return true;
    case PERCUSS_OP_CODE_RELEASE_CONTROL:
      message->body = PERCUSS_CONTROL_REQUEST_RELEASE_CONTROL;
      return true;
    case PERCUSS_OP_CODE_KEEP_ALIVE:
      message->body = PERCUSS_CONTROL_REQUEST_KEEP_ALIVE;
      return true;
    case PERCUSS_OP_CODE_RESET:
      message->body = PERCUSS_CONTROL_REQUEST_RESET;
      return true;
    case PERCUSS_OP_CODE_STOP:
      message->body = PERCUSS_CONTROL_REQUEST_STOP;
      return true;
    case PERCUSS_OP_CODE_PAUSE:
      message->body = PERCUSS_CONTROL_REQUEST_PAUSE;
      return true;
    case PERCUSS_OP_CODE_RESUME:
      message->body = PERCUSS_CONTROL_REQUEST_RESUME;
      return true;
    case PERCUSS_OP_CODE_SET_SPEED:
      if (count < 7) return percuss_truncated(error, PERCUSS_FIELD_CONTROL_REQUEST_SET_SPEED, 0, 7, count);
      message->body = PERCUSS_CONTROL_REQUEST_SET_SPEED;
      message->as.set_speed.speed_ppm = percuss_read_u16(bytes + 3);
      message->as.set_speed.ramp_milliseconds = percuss_read_u16(bytes + 5);
      if (message->as.set_speed.ramp_milliseconds > 60000) {
        return percuss_fail(error, PERCUSS_OUT_OF_RANGE, PERCUSS_FIELD_CONTROL_REQUEST_SET_SPEED_RAMP, 5,
            message->as.set_speed.ramp_milliseconds, 0, 60000);
      }
      return true;
    case PERCUSS_OP_CODE_SET_FORCE_LIMIT:
      if (count < 5) return percuss_truncated(error, PERCUSS_FIELD_CONTROL_REQUEST_SET_FORCE_LIMIT, 0, 5, count);
      message->body = PERCUSS_CONTROL_REQUEST_SET_FORCE_LIMIT;
      message->as.set_force_limit.force_decinewtons = percuss_read_u16(bytes + 3);
      return true;
    case PERCUSS_OP_CODE_SET_TIMER:
      if (count < 7) return percuss_truncated(error, PERCUSS_FIELD_CONTROL_REQUEST_SET_TIMER, 0, 7, count);
      message->body = PERCUSS_CONTROL_REQUEST_SET_TIMER;
      message->as.set_timer.duration_milliseconds = percuss_read_u32(bytes + 3);
      if ((message->as.set_timer.duration_milliseconds < 10 ||
          message->as.set_timer.duration_milliseconds > 86400000) && message->as.set_timer.duration_milliseconds != 0) {
        return percuss_fail(error, PERCUSS_OUT_OF_RANGE, PERCUSS_FIELD_CONTROL_REQUEST_SET_TIMER_DURATION, 3,
            message->as.set_timer.duration_milliseconds, 10, 86400000);
      }
      return true;
    case PERCUSS_OP_CODE_PRESET:
      if (count < 6) return percuss_truncated(error, PERCUSS_FIELD_CONTROL_REQUEST_PRESET, 0, 6, count);
      message->body = PERCUSS_CONTROL_REQUEST_PRESET;
      message->as.preset.index = percuss_read_u8(bytes + 3);
      if (message->as.preset.index < 1 || message->as.preset.index > 5) {
        return percuss_fail(error, PERCUSS_OUT_OF_RANGE, PERCUSS_FIELD_CONTROL_REQUEST_PRESET_INDEX, 3,
            message->as.preset.index, 1, 5);
      }
      message->as.preset.ramp_milliseconds = percuss_read_u16(bytes + 4);
      if (message->as.preset.ramp_milliseconds > 60000) {
        return percuss_fail(error, PERCUSS_OUT_OF_RANGE, PERCUSS_FIELD_CONTROL_REQUEST_PRESET_RAMP, 4,
            message->as.preset.ramp_milliseconds, 0, 60000);
      }
      return true;
    case PERCUSS_OP_CODE_CONFIRM:
      if (count < 5) return percuss_truncated(error, PERCUSS_FIELD_CONTROL_REQUEST_CONFIRM, 0, 5, count);
      message->body = PERCUSS_CONTROL_REQUEST_CONFIRM;
      message->as.confirm.step = percuss_read_u16(bytes + 3);
      return true;
    case PERCUSS_OP_CODE_ROUTINE_BEGIN:
      if (count < 12) return percuss_truncated(error, PERCUSS_FIELD_CONTROL_REQUEST_ROUTINE_BEGIN, 0, 12, count);
      message->body = PERCUSS_CONTROL_REQUEST_ROUTINE_BEGIN;
      message->as.routine_begin.slot = percuss_read_u8(bytes + 3);
      message->as.routine_begin.length = percuss_read_u32(bytes + 4);
      if (message->as.routine_begin.length < 15 || message->as.routine_begin.length > 720878) {
        return percuss_fail(error, PERCUSS_OUT_OF_RANGE, PERCUSS_FIELD_CONTROL_REQUEST_ROUTINE_BEGIN_LENGTH, 4,
            message->as.routine_begin.length, 15, 720878);
      }
      message->as.routine_begin.crc32 = percuss_read_u32(bytes + 8);
      return true;
    case PERCUSS_OP_CODE_ROUTINE_COMMIT:
      if (count < 4) return percuss_truncated(error, PERCUSS_FIELD_CONTROL_REQUEST_ROUTINE_COMMIT, 0, 4, count);
      message->body = PERCUSS_CONTROL_REQUEST_ROUTINE_COMMIT;
      message->as.routine_commit.transfer = percuss_read_u8(bytes + 3);
      return true;
    case PERCUSS_OP_CODE_ROUTINE_ABORT:
      if (count < 4) return percuss_truncated(error, PERCUSS_FIELD_CONTROL_REQUEST_ROUTINE_ABORT, 0, 4, count);
      message->body = PERCUSS_CONTROL_REQUEST_ROUTINE_ABORT;
      message->as.routine_abort.transfer = percuss_read_u8(bytes + 3);
      return true;
    case PERCUSS_OP_CODE_ROUTINE_QUERY:
      if (count < 4) return percuss_truncated(error, PERCUSS_FIELD_CONTROL_REQUEST_ROUTINE_QUERY, 0, 4, count);
      message->body = PERCUSS_CONTROL_REQUEST_ROUTINE_QUERY;
      message->as.routine_query.slot = percuss_read_u8(bytes + 3);
      return true;
    case PERCUSS_OP_CODE_ROUTINE_START:
      if (count < 16) return percuss_truncated(error, PERCUSS_FIELD_CONTROL_REQUEST_ROUTINE_START, 0, 16, count);
      message->body = PERCUSS_CONTROL_REQUEST_ROUTINE_START;
      message->as.routine_start.slot = percuss_read_u8(bytes + 3);
      message->as.routine_start.start_microseconds = percuss_read_u64(bytes + 4);
      message->as.routine_start.offset_milliseconds = percuss_read_u32(bytes + 12);
      if (message->as.routine_start.offset_milliseconds > 86400000) {
        return percuss_fail(error, PERCUSS_OUT_OF_RANGE, PERCUSS_FIELD_CONTROL_REQUEST_ROUTINE_START_OFFSET, 12,
            message->as.routine_start.offset_milliseconds, 0, 86400000);
      }
      return true;
    case PERCUSS_OP_CODE_ROUTINE_SEEK:
      if (count < 7) return percuss_truncated(error, PERCUSS_FIELD_CONTROL_REQUEST_ROUTINE_SEEK, 0, 7, count);
      message->body = PERCUSS_CONTROL_REQUEST_ROUTINE_SEEK;
      message->as.routine_seek.offset_milliseconds = percuss_read_u32(bytes + 3);
      if (message->as.routine_seek.offset_milliseconds > 86400000) {
        return percuss_fail(error, PERCUSS_OUT_OF_RANGE, PERCUSS_FIELD_CONTROL_REQUEST_ROUTINE_SEEK_OFFSET, 3,
            message->as.routine_seek.offset_milliseconds, 0, 86400000);
      }
      return true;
    case PERCUSS_OP_CODE_ROUTINE_CLEAR:
      if (count < 4) return percuss_truncated(error, PERCUSS_FIELD_CONTROL_REQUEST_ROUTINE_CLEAR, 0, 4, count);
      message->body = PERCUSS_CONTROL_REQUEST_ROUTINE_CLEAR;
      message->as.routine_clear.slot = percuss_read_u8(bytes + 3);
      return true;
    case PERCUSS_OP_CODE_ROUTINE_VALIDATE:
      if (count < 4) return percuss_truncated(error, PERCUSS_FIELD_CONTROL_REQUEST_ROUTINE_VALIDATE, 0, 4, count);
      message->body = PERCUSS_CONTROL_REQUEST_ROUTINE_VALIDATE;
      message->as.routine_validate.slot = percuss_read_u8(bytes + 3);
      return true;
    case PERCUSS_OP_CODE_QUEUE_STEP:
      if (count < 20) return percuss_truncated(error, PERCUSS_FIELD_CONTROL_REQUEST_QUEUE_STEP, 0, 20, count);
      message->body = PERCUSS_CONTROL_REQUEST_QUEUE_STEP;
      message->as.queue_step.index = percuss_read_u16(bytes + 3);
      message->as.queue_step.at_milliseconds = percuss_read_u32(bytes + 5);
      if (!percuss_routine_segment_read(bytes + 9, 9, PERCUSS_FIELD_CONTROL_REQUEST_QUEUE_STEP_SEGMENT_KIND,
          &message->as.queue_step.segment, error)) {
        return false;
      }
      return true;
    case PERCUSS_OP_CODE_QUEUE_FLUSH:
      message->body = PERCUSS_CONTROL_REQUEST_QUEUE_FLUSH;
      return true;
    case PERCUSS_OP_CODE_QUEUE_START:
      if (count < 11) return percuss_truncated(error, PERCUSS_FIELD_CONTROL_REQUEST_QUEUE_START, 0, 11, count);
      message->body = PERCUSS_CONTROL_REQUEST_QUEUE_START;
      message->as.queue_start.start_microseconds = percuss_read_u64(bytes + 3);
      return true;
    case PERCUSS_OP_CODE_SET_TELEMETRY:
      if (count < 5) return percuss_truncated(error, PERCUSS_FIELD_CONTROL_REQUEST_SET_TELEMETRY, 0, 5, count);
      message->body = PERCUSS_CONTROL_REQUEST_SET_TELEMETRY;
      message->as.set_telemetry.interval_milliseconds = percuss_read_u16(bytes + 3);
      if ((message->as.set_telemetry.interval_milliseconds < 20 ||
          message->as.set_telemetry.interval_milliseconds > 60000) &&
          message->as.set_telemetry.interval_milliseconds != 0) {
        return percuss_fail(error, PERCUSS_OUT_OF_RANGE, PERCUSS_FIELD_CONTROL_REQUEST_SET_TELEMETRY_INTERVAL, 3,
            message->as.set_telemetry.interval_milliseconds, 20, 60000);
      }
      return true;
    default:
      break;
  }
  return percuss_fail(error, PERCUSS_UNKNOWN_VALUE, PERCUSS_FIELD_CONTROL_REQUEST_OP_CODE, 0, op_code, 0, 0);
}

static inline size_t percuss_control_request_encode(const percuss_control_request *message, uint8_t *bytes,
    size_t capacity, percuss_error *error) {
  if ((message->flags & ~PERCUSS_CONTROL_FLAGS_KNOWN) != 0) {
    return percuss_fail(error, PERCUSS_RESERVED_BITS, PERCUSS_FIELD_CONTROL_REQUEST_FLAGS, 2,
        message->flags & ~PERCUSS_CONTROL_FLAGS_KNOWN, 0, 0);
  }
  percuss_op_code op_code = 0;
  size_t length = 3;
  switch (message->body) {
    case PERCUSS_CONTROL_REQUEST_REQUEST_CONTROL:
      if (message->as.request_control.lease_milliseconds < 500 ||
          message->as.request_control.lease_milliseconds > 60000) {
        return percuss_fail(error, PERCUSS_OUT_OF_RANGE, PERCUSS_FIELD_CONTROL_REQUEST_REQUEST_CONTROL_LEASE, 3,
            message->as.request_control.lease_milliseconds, 500, 60000);
      }
      if (!percuss_loss_policy_is_known(message->as.request_control.loss_policy)) {
        return percuss_fail(error, PERCUSS_UNKNOWN_VALUE, PERCUSS_FIELD_CONTROL_REQUEST_REQUEST_CONTROL_LOSS_POLICY, 5,
            message->as.request_control.loss_policy, 0, 0);
      }
      length = 6;
      if (capacity < length) {
        return percuss_fail(error, PERCUSS_NO_SPACE, PERCUSS_FIELD_CONTROL_REQUEST_REQUEST_CONTROL, 0,
            (int64_t)capacity, (int64_t)length, 0);
      }
      op_code = PERCUSS_OP_CODE_REQUEST_CONTROL;
      percuss_write_u16(bytes + 3, message->as.request_control.lease_milliseconds);
      percuss_write_u8(bytes + 5, message->as.request_control.loss_policy);
      break;
    case PERCUSS_CONTROL_REQUEST_RELEASE_CONTROL:
      length = 3;
      if (capacity < length) {
        return percuss_fail(error, PERCUSS_NO_SPACE, PERCUSS_FIELD_CONTROL_REQUEST_RELEASE_CONTROL, 0,
            (int64_t)capacity, (int64_t)length, 0);
      }
      op_code = PERCUSS_OP_CODE_RELEASE_CONTROL;
      break;
    case PERCUSS_CONTROL_REQUEST_KEEP_ALIVE:
      length = 3;
      if (capacity < length) {
        return percuss_fail(error, PERCUSS_NO_SPACE, PERCUSS_FIELD_CONTROL_REQUEST_KEEP_ALIVE, 0, (int64_t)capacity,
            (int64_t)length, 0);
      }
      op_code = PERCUSS_OP_CODE_KEEP_ALIVE;
      break;
    case PERCUSS_CONTROL_REQUEST_RESET:
      length = 3;
      if (capacity < length) {
        return percuss_fail(error, PERCUSS_NO_SPACE, PERCUSS_FIELD_CONTROL_REQUEST_RESET, 0, (int64_t)capacity,
            (int64_t)length, 0);
      }
      op_code = PERCUSS_OP_CODE_RESET;
      break;
    case PERCUSS_CONTROL_REQUEST_STOP:
      length = 3;
      if (capacity < length) {
        return percuss_fail(error, PERCUSS_NO_SPACE, PERCUSS_FIELD_CONTROL_REQUEST_STOP, 0, (int64_t)capacity,
            (int64_t)length, 0);
      }
      op_code = PERCUSS_OP_CODE_STOP;
      break;
    case PERCUSS_CONTROL_REQUEST_PAUSE:
      length = 3;
      if (capacity < length) {
        return percuss_fail(error, PERCUSS_NO_SPACE, PERCUSS_FIELD_CONTROL_REQUEST_PAUSE, 0, (int64_t)capacity,
            (int64_t)length, 0);
      }
      op_code = PERCUSS_OP_CODE_PAUSE;
      break;
    case PERCUSS_CONTROL_REQUEST_RESUME:
      length = 3;
      if (capacity < length) {
        return percuss_fail(error, PERCUSS_NO_SPACE, PERCUSS_FIELD_CONTROL_REQUEST_RESUME, 0, (int64_t)capacity,
            (int64_t)length, 0);
      }
      op_code = PERCUSS_OP_CODE_RESUME;
      break;
    case PERCUSS_CONTROL_REQUEST_SET_SPEED:
      if (message->as.set_speed.ramp_milliseconds > 60000) {
        return percuss_fail(error, PERCUSS_OUT_OF_RANGE, PERCUSS_FIELD_CONTROL_REQUEST_SET_SPEED_RAMP, 5,
            message->as.set_speed.ramp_milliseconds, 0, 60000);
      }
      length = 7;
      if (capacity < length) {
        return percuss_fail(error, PERCUSS_NO_SPACE, PERCUSS_FIELD_CONTROL_REQUEST_SET_SPEED, 0, (int64_t)capacity,
            (int64_t)length, 0);
      }
      op_code = PERCUSS_OP_CODE_SET_SPEED;
      percuss_write_u16(bytes + 3, message->as.set_speed.speed_ppm);
      percuss_write_u16(bytes + 5, message->as.set_speed.ramp_milliseconds);
      break;
    case PERCUSS_CONTROL_REQUEST_SET_FORCE_LIMIT:
      length = 5;
      if (capacity < length) {
        return percuss_fail(error, PERCUSS_NO_SPACE, PERCUSS_FIELD_CONTROL_REQUEST_SET_FORCE_LIMIT, 0,
            (int64_t)capacity, (int64_t)length, 0);
      }
      op_code = PERCUSS_OP_CODE_SET_FORCE_LIMIT;
      percuss_write_u16(bytes + 3, message->as.set_force_limit.force_decinewtons);
      break;
    case PERCUSS_CONTROL_REQUEST_SET_TIMER:
      if ((message->as.set_timer.duration_milliseconds < 10 ||
          message->as.set_timer.duration_milliseconds > 86400000) && message->as.set_timer.duration_milliseconds != 0) {
        return percuss_fail(error, PERCUSS_OUT_OF_RANGE, PERCUSS_FIELD_CONTROL_REQUEST_SET_TIMER_DURATION, 3,
            message->as.set_timer.duration_milliseconds, 10, 86400000);
      }
      length = 7;
      if (capacity < length) {
        return percuss_fail(error, PERCUSS_NO_SPACE, PERCUSS_FIELD_CONTROL_REQUEST_SET_TIMER, 0, (int64_t)capacity,
            (int64_t)length, 0);
      }
      op_code = PERCUSS_OP_CODE_SET_TIMER;
      percuss_write_u32(bytes + 3, message->as.set_timer.duration_milliseconds);
      break;
    case PERCUSS_CONTROL_REQUEST_PRESET:
      if (message->as.preset.index < 1 || message->as.preset.index > 5) {
        return percuss_fail(error, PERCUSS_OUT_OF_RANGE, PERCUSS_FIELD_CONTROL_REQUEST_PRESET_INDEX, 3,
            message->as.preset.index, 1, 5);
      }
      if (message->as.preset.ramp_milliseconds > 60000) {
        return percuss_fail(error, PERCUSS_OUT_OF_RANGE, PERCUSS_FIELD_CONTROL_REQUEST_PRESET_RAMP, 4,
            message->as.preset.ramp_milliseconds, 0, 60000);
      }
      length = 6;
      if (capacity < length) {
        return percuss_fail(error, PERCUSS_NO_SPACE, PERCUSS_FIELD_CONTROL_REQUEST_PRESET, 0, (int64_t)capacity,
            (int64_t)length, 0);
      }
      op_code = PERCUSS_OP_CODE_PRESET;
      percuss_write_u8(bytes + 3, message->as.preset.index);
      percuss_write_u16(bytes + 4, message->as.preset.ramp_milliseconds);
      break;
    case PERCUSS_CONTROL_REQUEST_CONFIRM:
      length = 5;
      if (capacity < length) {
        return percuss_fail(error, PERCUSS_NO_SPACE, PERCUSS_FIELD_CONTROL_REQUEST_CONFIRM, 0, (int64_t)capacity,
            (int64_t)length, 0);
      }
      op_code = PERCUSS_OP_CODE_CONFIRM;
      percuss_write_u16(bytes + 3, message->as.confirm.step);
      break;
    case PERCUSS_CONTROL_REQUEST_ROUTINE_BEGIN:
      if (message->as.routine_begin.length < 15 || message->as.routine_begin.length > 720878) {
        return percuss_fail(error, PERCUSS_OUT_OF_RANGE, PERCUSS_FIELD_CONTROL_REQUEST_ROUTINE_BEGIN_LENGTH, 4,
            message->as.routine_begin.length, 15, 720878);
      }
      length = 12;
      if (capacity < length) {
        return percuss_fail(error, PERCUSS_NO_SPACE, PERCUSS_FIELD_CONTROL_REQUEST_ROUTINE_BEGIN, 0, (int64_t)capacity,
            (int64_t)length, 0);
      }
      op_code = PERCUSS_OP_CODE_ROUTINE_BEGIN;
      percuss_write_u8(bytes + 3, message->as.routine_begin.slot);
      percuss_write_u32(bytes + 4, message->as.routine_begin.length);
      percuss_write_u32(bytes + 8, message->as.routine_begin.crc32);
      break;
    case PERCUSS_CONTROL_REQUEST_ROUTINE_COMMIT:
      length = 4;
      if (capacity < length) {
        return percuss_fail(error, PERCUSS_NO_SPACE, PERCUSS_FIELD_CONTROL_REQUEST_ROUTINE_COMMIT, 0,
            (int64_t)capacity, (int64_t)length, 0);
      }
      op_code = PERCUSS_OP_CODE_ROUTINE_COMMIT;
      percuss_write_u8(bytes + 3, message->as.routine_commit.transfer);
      break;
    case PERCUSS_CONTROL_REQUEST_ROUTINE_ABORT:
      length = 4;
      if (capacity < length) {
        return percuss_fail(error, PERCUSS_NO_SPACE, PERCUSS_FIELD_CONTROL_REQUEST_ROUTINE_ABORT, 0, (int64_t)capacity,
            (int64_t)length, 0);
      }
      op_code = PERCUSS_OP_CODE_ROUTINE_ABORT;
      percuss_write_u8(bytes + 3, message->as.routine_abort.transfer);
      break;
    case PERCUSS_CONTROL_REQUEST_ROUTINE_QUERY:
      length = 4;
      if (capacity < length) {
        return percuss_fail(error, PERCUSS_NO_SPACE, PERCUSS_FIELD_CONTROL_REQUEST_ROUTINE_QUERY, 0, (int64_t)capacity,
            (int64_t)length, 0);
      }
      op_code = PERCUSS_OP_CODE_ROUTINE_QUERY;
      percuss_write_u8(bytes + 3, message->as.routine_query.slot);
      break;
    case PERCUSS_CONTROL_REQUEST_ROUTINE_START:
      if (message->as.routine_start.offset_milliseconds > 86400000) {
        return percuss_fail(error, PERCUSS_OUT_OF_RANGE, PERCUSS_FIELD_CONTROL_REQUEST_ROUTINE_START_OFFSET, 12,
            message->as.routine_start.offset_milliseconds, 0, 86400000);
      }
      length = 16;
      if (capacity < length) {
        return percuss_fail(error, PERCUSS_NO_SPACE, PERCUSS_FIELD_CONTROL_REQUEST_ROUTINE_START, 0, (int64_t)capacity,
            (int64_t)length, 0);
      }
      op_code = PERCUSS_OP_CODE_ROUTINE_START;
      percuss_write_u8(bytes + 3, message->as.routine_start.slot);
      percuss_write_u64(bytes + 4, message->as.routine_start.start_microseconds);
      percuss_write_u32(bytes + 12, message->as.routine_start.offset_milliseconds);
      break;
    case PERCUSS_CONTROL_REQUEST_ROUTINE_SEEK:
      if (message->as.routine_seek.offset_milliseconds > 86400000) {
        return percuss_fail(error, PERCUSS_OUT_OF_RANGE, PERCUSS_FIELD_CONTROL_REQUEST_ROUTINE_SEEK_OFFSET, 3,
            message->as.routine_seek.offset_milliseconds, 0, 86400000);
      }
      length = 7;
      if (capacity < length) {
        return percuss_fail(error, PERCUSS_NO_SPACE, PERCUSS_FIELD_CONTROL_REQUEST_ROUTINE_SEEK, 0, (int64_t)capacity,
            (int64_t)length, 0);
      }
      op_code = PERCUSS_OP_CODE_ROUTINE_SEEK;
      percuss_write_u32(bytes + 3, message->as.routine_seek.offset_milliseconds);
      break;
    case PERCUSS_CONTROL_REQUEST_ROUTINE_CLEAR:
      length = 4;
      if (capacity < length) {
        return percuss_fail(error, PERCUSS_NO_SPACE, PERCUSS_FIELD_CONTROL_REQUEST_ROUTINE_CLEAR, 0, (int64_t)capacity,
            (int64_t)length, 0);
      }
      op_code = PERCUSS_OP_CODE_ROUTINE_CLEAR;
      percuss_write_u8(bytes + 3, message->as.routine_clear.slot);
      break;
    case PERCUSS_CONTROL_REQUEST_ROUTINE_VALIDATE:
      length = 4;
      if (capacity < length) {
        return percuss_fail(error, PERCUSS_NO_SPACE, PERCUSS_FIELD_CONTROL_REQUEST_ROUTINE_VALIDATE, 0,
            (int64_t)capacity, (int64_t)length, 0);
      }
      op_code = PERCUSS_OP_CODE_ROUTINE_VALIDATE;
      percuss_write_u8(bytes + 3, message->as.routine_validate.slot);
      break;
    case PERCUSS_CONTROL_REQUEST_QUEUE_STEP:
      if (!percuss_routine_segment_check(&message->as.queue_step.segment,
          PERCUSS_FIELD_CONTROL_REQUEST_QUEUE_STEP_SEGMENT_KIND, 9, error)) return 0;
      length = 20;
      if (capacity < length) {
        return percuss_fail(error, PERCUSS_NO_SPACE, PERCUSS_FIELD_CONTROL_REQUEST_QUEUE_STEP, 0, (int64_t)capacity,
            (int64_t)length, 0);
      }
      op_code = PERCUSS_OP_CODE_QUEUE_STEP;
      percuss_write_u16(bytes + 3, message->as.queue_step.index);
      percuss_write_u32(bytes + 5, message->as.queue_step.at_milliseconds);
      percuss_routine_segment_write(bytes + 9, &message->as.queue_step.segment);
      break;
    case PERCUSS_CONTROL_REQUEST_QUEUE_FLUSH:
      length = 3;
      if (capacity < length) {
        return percuss_fail(error, PERCUSS_NO_SPACE, PERCUSS_FIELD_CONTROL_REQUEST_QUEUE_FLUSH, 0, (int64_t)capacity,
            (int64_t)length, 0);
      }
      op_code = PERCUSS_OP_CODE_QUEUE_FLUSH;
      break;
    case PERCUSS_CONTROL_REQUEST_QUEUE_START:
      length = 11;
      if (capacity < length) {
        return percuss_fail(error, PERCUSS_NO_SPACE, PERCUSS_FIELD_CONTROL_REQUEST_QUEUE_START, 0, (int64_t)capacity,
            (int64_t)length, 0);
      }
      op_code = PERCUSS_OP_CODE_QUEUE_START;
      percuss_write_u64(bytes + 3, message->as.queue_start.start_microseconds);
      break;
    case PERCUSS_CONTROL_REQUEST_SET_TELEMETRY:
      if ((message->as.set_telemetry.interval_milliseconds < 20 ||
          message->as.set_telemetry.interval_milliseconds > 60000) &&
          message->as.set_telemetry.interval_milliseconds != 0) {
        return percuss_fail(error, PERCUSS_OUT_OF_RANGE, PERCUSS_FIELD_CONTROL_REQUEST_SET_TELEMETRY_INTERVAL, 3,
            message->as.set_telemetry.interval_milliseconds, 20, 60000);
      }
      length = 5;
      if (capacity < length) {
        return percuss_fail(error, PERCUSS_NO_SPACE, PERCUSS_FIELD_CONTROL_REQUEST_SET_TELEMETRY, 0, (int64_t)capacity,
            (int64_t)length, 0);
      }
      op_code = PERCUSS_OP_CODE_SET_TELEMETRY;
      percuss_write_u16(bytes + 3, message->as.set_telemetry.interval_milliseconds);
      break;
    default:
      return percuss_fail(error, PERCUSS_INCONSISTENT_BODY, PERCUSS_FIELD_CONTROL_REQUEST, 3, (int64_t)message->body,
          0, 0);
  }
  percuss_write_u8(bytes, op_code);
  percuss_write_u8(bytes + 1, message->sequence);
  percuss_write_u8(bytes + 2, message->flags);
  return length;
}

/* Which member of `percuss_control_response.as` holds the body. */
typedef enum {
  PERCUSS_CONTROL_RESPONSE_EMPTY, /* no body */
  PERCUSS_CONTROL_RESPONSE_CONTROL_GRANTED,
  PERCUSS_CONTROL_RESPONSE_PRESET_CHOSEN,
  PERCUSS_CONTROL_RESPONSE_TRANSFER_OPENED,
  PERCUSS_CONTROL_RESPONSE_ROUTINE_STORED,
  PERCUSS_CONTROL_RESPONSE_SLOT_DESCRIBED,
  PERCUSS_CONTROL_RESPONSE_ROUTINE_STARTED,
  PERCUSS_CONTROL_RESPONSE_ROUTINE_MOVED,
  PERCUSS_CONTROL_RESPONSE_STEP_QUEUED,
  PERCUSS_CONTROL_RESPONSE_STREAM_STARTED,
  PERCUSS_CONTROL_RESPONSE_PARAMETER_LIMITS,
  PERCUSS_CONTROL_RESPONSE_UPLOAD_INCOMPLETE,
  PERCUSS_CONTROL_RESPONSE_INDEX_EXPECTED,
  PERCUSS_CONTROL_RESPONSE_INVALID_STEP,
} percuss_control_response_body;

/* The answer to a control request. */
typedef struct {
  percuss_op_code op_code;       /* The request's op code. */
  uint8_t sequence;              /* The request's sequence number. */
  percuss_control_result result; /* How it ended. */
  percuss_device_state state;    /* The device's state after it. */
  percuss_control_response_body body;
  union {
    /* The lease is held. */
    struct {
      uint16_t lease_milliseconds; /* The lease that is in force. In milliseconds, 500...60000. */
    } control_granted;
    /* The preset is driven. */
    struct {
      uint16_t speed_ppm; /* Its speed. In percussions per minute. */
    } preset_chosen;
    /* The upload may begin or go on. */
    struct {
      uint8_t transfer;     /* Names the transfer in its chunks. */
      uint32_t next_offset; /* Bytes that the device already has: 0 for a new upload. */
      uint16_t window;      /* Bytes beyond that offset that may be under way. */
    } transfer_opened;
    /* The routine is stored. */
    struct {
      uint8_t slot; /* Where. */
    } routine_stored;
    /* What the slot holds. */
    struct {
      uint8_t slot;               /* Which slot. */
      percuss_slot_status status; /* What it holds. */
      uint32_t length;            /* Bytes of the committed routine; 0 without one. */
      uint32_t crc32;             /* CRC-32 of the committed routine; 0 without one. */
      uint32_t next_offset;       /* Bytes of the partial upload; 0 without one. */
    } slot_described;
    /* The routine plays or is scheduled. */
    struct {
      uint64_t start_microseconds; /* Instant at which it begins by the device's clock. In microseconds. */
    } routine_started;
    /* The place has changed. */
    struct {
      uint16_t step; /* The step at the new place. */
    } routine_moved;
    /* The step is queued. */
    struct {
      uint8_t free; /* Places left in the queue. */
    } step_queued;
    /* The stream plays or is scheduled. */
    struct {
      uint64_t start_microseconds; /* Instant of offset 0 of the stream by the device's clock. In microseconds. */
    } stream_started;
    /* What would have been accepted. */
    struct {
      uint8_t field;    /* Which parameter, counted from 0 after the header. */
      uint32_t minimum; /* Lowest accepted value; of an instant, how many milliseconds ahead it may lie. */
      uint32_t maximum; /* Highest accepted value; of an instant, how many milliseconds ahead it may lie. */
    } parameter_limits;
    /* Where bytes are missing. */
    struct {
      uint32_t next_offset; /* First missing byte. */
    } upload_incomplete;
    /* Which index the queue expects. */
    struct {
      uint16_t index; /* The expected index. */
    } index_expected;
    /* What the device cannot do. */
    struct {
      uint16_t step; /* The first step that asks for it; 65535 for the header of the routine. */
    } invalid_step;
  } as;
} percuss_control_response;

enum { PERCUSS_CONTROL_RESPONSE_MAXIMUM = 20 };

static inline bool percuss_control_response_decode(const uint8_t *bytes, size_t count,
    percuss_control_response *message, percuss_error *error) {
  if (count < 5) return percuss_truncated(error, PERCUSS_FIELD_CONTROL_RESPONSE, 0, 5, count);
  if (percuss_read_u8(bytes) != 0x80) {
    return percuss_fail(error, PERCUSS_UNEXPECTED_CONSTANT, PERCUSS_FIELD_CONTROL_RESPONSE_MARKER, 0,
        percuss_read_u8(bytes), 0x80, 0);
  }
  message->op_code = percuss_read_u8(bytes + 1);
  message->sequence = percuss_read_u8(bytes + 2);
  message->result = percuss_read_u8(bytes + 3);
  message->state = percuss_read_u8(bytes + 4);
  if (!percuss_device_state_is_known(message->state)) {
    return percuss_fail(error, PERCUSS_UNKNOWN_VALUE, PERCUSS_FIELD_CONTROL_RESPONSE_STATE, 4, message->state, 0, 0);
  }
  if (message->op_code == PERCUSS_OP_CODE_REQUEST_CONTROL && message->result == PERCUSS_CONTROL_RESULT_SUCCESS) {
    if (count < 7) return percuss_truncated(error, PERCUSS_FIELD_CONTROL_RESPONSE_CONTROL_GRANTED, 0, 7, count);
    message->body = PERCUSS_CONTROL_RESPONSE_CONTROL_GRANTED;
    message->as.control_granted.lease_milliseconds = percuss_read_u16(bytes + 5);
    if (message->as.control_granted.lease_milliseconds < 500 ||
        message->as.control_granted.lease_milliseconds > 60000) {
      return percuss_fail(error, PERCUSS_OUT_OF_RANGE, PERCUSS_FIELD_CONTROL_RESPONSE_CONTROL_GRANTED_LEASE, 5,
          message->as.control_granted.lease_milliseconds, 500, 60000);
    }
    return true;
  }
  if (message->op_code == PERCUSS_OP_CODE_PRESET && message->result == PERCUSS_CONTROL_RESULT_SUCCESS) {
    if (count < 7) return percuss_truncated(error, PERCUSS_FIELD_CONTROL_RESPONSE_PRESET_CHOSEN, 0, 7, count);
    message->body = PERCUSS_CONTROL_RESPONSE_PRESET_CHOSEN;
    message->as.preset_chosen.speed_ppm = percuss_read_u16(bytes + 5);
    return true;
  }
  if (message->op_code == PERCUSS_OP_CODE_ROUTINE_BEGIN && message->result == PERCUSS_CONTROL_RESULT_SUCCESS) {
    if (count < 12) return percuss_truncated(error, PERCUSS_FIELD_CONTROL_RESPONSE_TRANSFER_OPENED, 0, 12, count);
    message->body = PERCUSS_CONTROL_RESPONSE_TRANSFER_OPENED;
    message->as.transfer_opened.transfer = percuss_read_u8(bytes + 5);
    message->as.transfer_opened.next_offset = percuss_read_u32(bytes + 6);
    message->as.transfer_opened.window = percuss_read_u16(bytes + 10);
    return true;
  }
  if (message->op_code == PERCUSS_OP_CODE_ROUTINE_COMMIT && message->result == PERCUSS_CONTROL_RESULT_SUCCESS) {
    if (count < 6) return percuss_truncated(error, PERCUSS_FIELD_CONTROL_RESPONSE_ROUTINE_STORED, 0, 6, count);
    message->body = PERCUSS_CONTROL_RESPONSE_ROUTINE_STORED;
    message->as.routine_stored.slot = percuss_read_u8(bytes + 5);
    return true;
  }
  if (message->op_code == PERCUSS_OP_CODE_ROUTINE_QUERY && message->result == PERCUSS_CONTROL_RESULT_SUCCESS) {
    if (count < 19) return percuss_truncated(error, PERCUSS_FIELD_CONTROL_RESPONSE_SLOT_DESCRIBED, 0, 19, count);
    message->body = PERCUSS_CONTROL_RESPONSE_SLOT_DESCRIBED;
    message->as.slot_described.slot = percuss_read_u8(bytes + 5);
    message->as.slot_described.status = percuss_read_u8(bytes + 6);
    message->as.slot_described.length = percuss_read_u32(bytes + 7);
    message->as.slot_described.crc32 = percuss_read_u32(bytes + 11);
    message->as.slot_described.next_offset = percuss_read_u32(bytes + 15);
    return true;
  }
  if (message->op_code == PERCUSS_OP_CODE_ROUTINE_START && message->result == PERCUSS_CONTROL_RESULT_SUCCESS) {
    if (count < 13) return percuss_truncated(error, PERCUSS_FIELD_CONTROL_RESPONSE_ROUTINE_STARTED, 0, 13, count);
    message->body = PERCUSS_CONTROL_RESPONSE_ROUTINE_STARTED;
    message->as.routine_started.start_microseconds = percuss_read_u64(bytes + 5);
    return true;
  }
  if (message->op_code == PERCUSS_OP_CODE_ROUTINE_SEEK && message->result == PERCUSS_CONTROL_RESULT_SUCCESS) {
    if (count < 7) return percuss_truncated(error, PERCUSS_FIELD_CONTROL_RESPONSE_ROUTINE_MOVED, 0, 7, count);
    message->body = PERCUSS_CONTROL_RESPONSE_ROUTINE_MOVED;
    message->as.routine_moved.step = percuss_read_u16(bytes + 5);
    return true;
  }
  if (message->op_code == PERCUSS_OP_CODE_QUEUE_STEP && message->result == PERCUSS_CONTROL_RESULT_SUCCESS) {
    if (count < 6) return percuss_truncated(error, PERCUSS_FIELD_CONTROL_RESPONSE_STEP_QUEUED, 0, 6, count);
    message->body = PERCUSS_CONTROL_RESPONSE_STEP_QUEUED;
    message->as.step_queued.free = percuss_read_u8(bytes + 5);
    return true;
  }
  if (message->op_code == PERCUSS_OP_CODE_QUEUE_START && message->result == PERCUSS_CONTROL_RESULT_SUCCESS) {
    if (count < 13) return percuss_truncated(error, PERCUSS_FIELD_CONTROL_RESPONSE_STREAM_STARTED, 0, 13, count);
    message->body = PERCUSS_CONTROL_RESPONSE_STREAM_STARTED;
    message->as.stream_started.start_microseconds = percuss_read_u64(bytes + 5);
    return true;
  }
  if (message->result == PERCUSS_CONTROL_RESULT_OUT_OF_RANGE) {
    if (count < 14) return percuss_truncated(error, PERCUSS_FIELD_CONTROL_RESPONSE_PARAMETER_LIMITS, 0, 14, count);
    message->body = PERCUSS_CONTROL_RESPONSE_PARAMETER_LIMITS;
    message->as.parameter_limits.field = percuss_read_u8(bytes + 5);
    message->as.parameter_limits.minimum = percuss_read_u32(bytes + 6);
    message->as.parameter_limits.maximum = percuss_read_u32(bytes + 10);
    return true;
  }
  if (message->result == PERCUSS_CONTROL_RESULT_INCOMPLETE) {
    if (count < 9) return percuss_truncated(error, PERCUSS_FIELD_CONTROL_RESPONSE_UPLOAD_INCOMPLETE, 0, 9, count);
    message->body = PERCUSS_CONTROL_RESPONSE_UPLOAD_INCOMPLETE;
    message->as.upload_incomplete.next_offset = percuss_read_u32(bytes + 5);
    return true;
  }
  if (message->result == PERCUSS_CONTROL_RESULT_OUT_OF_ORDER) {
    if (count < 7) return percuss_truncated(error, PERCUSS_FIELD_CONTROL_RESPONSE_INDEX_EXPECTED, 0, 7, count);
    message->body = PERCUSS_CONTROL_RESPONSE_INDEX_EXPECTED;
    message->as.index_expected.index = percuss_read_u16(bytes + 5);
    return true;
  }
  if (message->result == PERCUSS_CONTROL_RESULT_INVALID_ROUTINE) {
    if (count < 7) return percuss_truncated(error, PERCUSS_FIELD_CONTROL_RESPONSE_INVALID_STEP, 0, 7, count);
    message->body = PERCUSS_CONTROL_RESPONSE_INVALID_STEP;
    message->as.invalid_step.step = percuss_read_u16(bytes + 5);
    return true;
  }
  message->body = PERCUSS_CONTROL_RESPONSE_EMPTY;
  return true;
}

static inline size_t percuss_control_response_encode(const percuss_control_response *message, uint8_t *bytes,
    size_t capacity, percuss_error *error) {
  if (!percuss_device_state_is_known(message->state)) {
    return percuss_fail(error, PERCUSS_UNKNOWN_VALUE, PERCUSS_FIELD_CONTROL_RESPONSE_STATE, 4, message->state, 0, 0);
  }
  size_t length = 5;
  switch (message->body) {
    case PERCUSS_CONTROL_RESPONSE_EMPTY:
      if ((message->op_code == PERCUSS_OP_CODE_REQUEST_CONTROL && message->result == PERCUSS_CONTROL_RESULT_SUCCESS) ||
          (message->op_code == PERCUSS_OP_CODE_PRESET && message->result == PERCUSS_CONTROL_RESULT_SUCCESS) ||
          (message->op_code == PERCUSS_OP_CODE_ROUTINE_BEGIN && message->result == PERCUSS_CONTROL_RESULT_SUCCESS) ||
          (message->op_code == PERCUSS_OP_CODE_ROUTINE_COMMIT && message->result == PERCUSS_CONTROL_RESULT_SUCCESS) ||
          (message->op_code == PERCUSS_OP_CODE_ROUTINE_QUERY && message->result == PERCUSS_CONTROL_RESULT_SUCCESS) ||
          (message->op_code == PERCUSS_OP_CODE_ROUTINE_START && message->result == PERCUSS_CONTROL_RESULT_SUCCESS) ||
          (message->op_code == PERCUSS_OP_CODE_ROUTINE_SEEK && message->result == PERCUSS_CONTROL_RESULT_SUCCESS) ||
          (message->op_code == PERCUSS_OP_CODE_QUEUE_STEP && message->result == PERCUSS_CONTROL_RESULT_SUCCESS) ||
          (message->op_code == PERCUSS_OP_CODE_QUEUE_START && message->result == PERCUSS_CONTROL_RESULT_SUCCESS) ||
          (message->result == PERCUSS_CONTROL_RESULT_OUT_OF_RANGE) ||
          (message->result == PERCUSS_CONTROL_RESULT_INCOMPLETE) ||
          (message->result == PERCUSS_CONTROL_RESULT_OUT_OF_ORDER) ||
          (message->result == PERCUSS_CONTROL_RESULT_INVALID_ROUTINE)) {
        return percuss_fail(error, PERCUSS_INCONSISTENT_BODY, PERCUSS_FIELD_CONTROL_RESPONSE, 5, 0, 0, 0);
      }
      if (capacity < length) return percuss_fail(error, PERCUSS_NO_SPACE, PERCUSS_FIELD_CONTROL_RESPONSE, 0,
          (int64_t)capacity, 5, 0);
      break;
    case PERCUSS_CONTROL_RESPONSE_CONTROL_GRANTED:
      if (!(message->op_code == PERCUSS_OP_CODE_REQUEST_CONTROL && message->result == PERCUSS_CONTROL_RESULT_SUCCESS)) {
        return percuss_fail(error, PERCUSS_INCONSISTENT_BODY, PERCUSS_FIELD_CONTROL_RESPONSE_CONTROL_GRANTED, 5, 0, 0,
            0);
      }
      if (message->as.control_granted.lease_milliseconds < 500 ||
          message->as.control_granted.lease_milliseconds > 60000) {
        return percuss_fail(error, PERCUSS_OUT_OF_RANGE, PERCUSS_FIELD_CONTROL_RESPONSE_CONTROL_GRANTED_LEASE, 5,
            message->as.control_granted.lease_milliseconds, 500, 60000);
      }
      length = 7;
      if (capacity < length) {
        return percuss_fail(error, PERCUSS_NO_SPACE, PERCUSS_FIELD_CONTROL_RESPONSE_CONTROL_GRANTED, 0,
            (int64_t)capacity, (int64_t)length, 0);
      }
      percuss_write_u16(bytes + 5, message->as.control_granted.lease_milliseconds);
      break;
    case PERCUSS_CONTROL_RESPONSE_PRESET_CHOSEN:
      if (!(message->op_code == PERCUSS_OP_CODE_PRESET && message->result == PERCUSS_CONTROL_RESULT_SUCCESS)) {
        return percuss_fail(error, PERCUSS_INCONSISTENT_BODY, PERCUSS_FIELD_CONTROL_RESPONSE_PRESET_CHOSEN, 5, 0, 0, 0);
      }
      length = 7;
      if (capacity < length) {
        return percuss_fail(error, PERCUSS_NO_SPACE, PERCUSS_FIELD_CONTROL_RESPONSE_PRESET_CHOSEN, 0,
            (int64_t)capacity, (int64_t)length, 0);
      }
      percuss_write_u16(bytes + 5, message->as.preset_chosen.speed_ppm);
      break;
    case PERCUSS_CONTROL_RESPONSE_TRANSFER_OPENED:
      if (!(message->op_code == PERCUSS_OP_CODE_ROUTINE_BEGIN && message->result == PERCUSS_CONTROL_RESULT_SUCCESS)) {
        return percuss_fail(error, PERCUSS_INCONSISTENT_BODY, PERCUSS_FIELD_CONTROL_RESPONSE_TRANSFER_OPENED, 5, 0, 0,
            0);
      }
      length = 12;
      if (capacity < length) {
        return percuss_fail(error, PERCUSS_NO_SPACE, PERCUSS_FIELD_CONTROL_RESPONSE_TRANSFER_OPENED, 0,
            (int64_t)capacity, (int64_t)length, 0);
      }
      percuss_write_u8(bytes + 5, message->as.transfer_opened.transfer);
      percuss_write_u32(bytes + 6, message->as.transfer_opened.next_offset);
      percuss_write_u16(bytes + 10, message->as.transfer_opened.window);
      break;
    case PERCUSS_CONTROL_RESPONSE_ROUTINE_STORED:
      if (!(message->op_code == PERCUSS_OP_CODE_ROUTINE_COMMIT && message->result == PERCUSS_CONTROL_RESULT_SUCCESS)) {
        return percuss_fail(error, PERCUSS_INCONSISTENT_BODY, PERCUSS_FIELD_CONTROL_RESPONSE_ROUTINE_STORED, 5, 0, 0,
            0);
      }
      length = 6;
      if (capacity < length) {
        return percuss_fail(error, PERCUSS_NO_SPACE, PERCUSS_FIELD_CONTROL_RESPONSE_ROUTINE_STORED, 0,
            (int64_t)capacity, (int64_t)length, 0);
      }
      percuss_write_u8(bytes + 5, message->as.routine_stored.slot);
      break;
    case PERCUSS_CONTROL_RESPONSE_SLOT_DESCRIBED:
      if (!(message->op_code == PERCUSS_OP_CODE_ROUTINE_QUERY && message->result == PERCUSS_CONTROL_RESULT_SUCCESS)) {
        return percuss_fail(error, PERCUSS_INCONSISTENT_BODY, PERCUSS_FIELD_CONTROL_RESPONSE_SLOT_DESCRIBED, 5, 0, 0,
            0);
      }
      length = 19;
      if (capacity < length) {
        return percuss_fail(error, PERCUSS_NO_SPACE, PERCUSS_FIELD_CONTROL_RESPONSE_SLOT_DESCRIBED, 0,
            (int64_t)capacity, (int64_t)length, 0);
      }
      percuss_write_u8(bytes + 5, message->as.slot_described.slot);
      percuss_write_u8(bytes + 6, message->as.slot_described.status);
      percuss_write_u32(bytes + 7, message->as.slot_described.length);
      percuss_write_u32(bytes + 11, message->as.slot_described.crc32);
      percuss_write_u32(bytes + 15, message->as.slot_described.next_offset);
      break;
    case PERCUSS_CONTROL_RESPONSE_ROUTINE_STARTED:
      if (!(message->op_code == PERCUSS_OP_CODE_ROUTINE_START && message->result == PERCUSS_CONTROL_RESULT_SUCCESS)) {
        return percuss_fail(error, PERCUSS_INCONSISTENT_BODY, PERCUSS_FIELD_CONTROL_RESPONSE_ROUTINE_STARTED, 5, 0, 0,
            0);
      }
      length = 13;
      if (capacity < length) {
        return percuss_fail(error, PERCUSS_NO_SPACE, PERCUSS_FIELD_CONTROL_RESPONSE_ROUTINE_STARTED, 0,
            (int64_t)capacity, (int64_t)length, 0);
      }
      percuss_write_u64(bytes + 5, message->as.routine_started.start_microseconds);
      break;
    case PERCUSS_CONTROL_RESPONSE_ROUTINE_MOVED:
      if (!(message->op_code == PERCUSS_OP_CODE_ROUTINE_SEEK && message->result == PERCUSS_CONTROL_RESULT_SUCCESS)) {
        return percuss_fail(error, PERCUSS_INCONSISTENT_BODY, PERCUSS_FIELD_CONTROL_RESPONSE_ROUTINE_MOVED, 5, 0, 0, 0);
      }
      length = 7;
      if (capacity < length) {
        return percuss_fail(error, PERCUSS_NO_SPACE, PERCUSS_FIELD_CONTROL_RESPONSE_ROUTINE_MOVED, 0,
            (int64_t)capacity, (int64_t)length, 0);
      }
      percuss_write_u16(bytes + 5, message->as.routine_moved.step);
      break;
    case PERCUSS_CONTROL_RESPONSE_STEP_QUEUED:
      if (!(message->op_code == PERCUSS_OP_CODE_QUEUE_STEP && message->result == PERCUSS_CONTROL_RESULT_SUCCESS)) {
        return percuss_fail(error, PERCUSS_INCONSISTENT_BODY, PERCUSS_FIELD_CONTROL_RESPONSE_STEP_QUEUED, 5, 0, 0, 0);
      }
      length = 6;
      if (capacity < length) {
        return percuss_fail(error, PERCUSS_NO_SPACE, PERCUSS_FIELD_CONTROL_RESPONSE_STEP_QUEUED, 0, (int64_t)capacity,
            (int64_t)length, 0);
      }
      percuss_write_u8(bytes + 5, message->as.step_queued.free);
      break;
    case PERCUSS_CONTROL_RESPONSE_STREAM_STARTED:
      if (!(message->op_code == PERCUSS_OP_CODE_QUEUE_START && message->result == PERCUSS_CONTROL_RESULT_SUCCESS)) {
        return percuss_fail(error, PERCUSS_INCONSISTENT_BODY, PERCUSS_FIELD_CONTROL_RESPONSE_STREAM_STARTED, 5, 0, 0,
            0);
      }
      length = 13;
      if (capacity < length) {
        return percuss_fail(error, PERCUSS_NO_SPACE, PERCUSS_FIELD_CONTROL_RESPONSE_STREAM_STARTED, 0,
            (int64_t)capacity, (int64_t)length, 0);
      }
      percuss_write_u64(bytes + 5, message->as.stream_started.start_microseconds);
      break;
    case PERCUSS_CONTROL_RESPONSE_PARAMETER_LIMITS:
      if (!(message->result == PERCUSS_CONTROL_RESULT_OUT_OF_RANGE)) {
        return percuss_fail(error, PERCUSS_INCONSISTENT_BODY, PERCUSS_FIELD_CONTROL_RESPONSE_PARAMETER_LIMITS, 5, 0, 0,
            0);
      }
      length = 14;
      if (capacity < length) {
        return percuss_fail(error, PERCUSS_NO_SPACE, PERCUSS_FIELD_CONTROL_RESPONSE_PARAMETER_LIMITS, 0,
            (int64_t)capacity, (int64_t)length, 0);
      }
      percuss_write_u8(bytes + 5, message->as.parameter_limits.field);
      percuss_write_u32(bytes + 6, message->as.parameter_limits.minimum);
      percuss_write_u32(bytes + 10, message->as.parameter_limits.maximum);
      break;
    case PERCUSS_CONTROL_RESPONSE_UPLOAD_INCOMPLETE:
      if (!(message->result == PERCUSS_CONTROL_RESULT_INCOMPLETE)) {
        return percuss_fail(error, PERCUSS_INCONSISTENT_BODY, PERCUSS_FIELD_CONTROL_RESPONSE_UPLOAD_INCOMPLETE, 5, 0,
            0, 0);
      }
      length = 9;
      if (capacity < length) {
        return percuss_fail(error, PERCUSS_NO_SPACE, PERCUSS_FIELD_CONTROL_RESPONSE_UPLOAD_INCOMPLETE, 0,
            (int64_t)capacity, (int64_t)length, 0);
      }
      percuss_write_u32(bytes + 5, message->as.upload_incomplete.next_offset);
      break;
    case PERCUSS_CONTROL_RESPONSE_INDEX_EXPECTED:
      if (!(message->result == PERCUSS_CONTROL_RESULT_OUT_OF_ORDER)) {
        return percuss_fail(error, PERCUSS_INCONSISTENT_BODY, PERCUSS_FIELD_CONTROL_RESPONSE_INDEX_EXPECTED, 5, 0, 0,
            0);
      }
      length = 7;
      if (capacity < length) {
        return percuss_fail(error, PERCUSS_NO_SPACE, PERCUSS_FIELD_CONTROL_RESPONSE_INDEX_EXPECTED, 0,
            (int64_t)capacity, (int64_t)length, 0);
      }
      percuss_write_u16(bytes + 5, message->as.index_expected.index);
      break;
    case PERCUSS_CONTROL_RESPONSE_INVALID_STEP:
      if (!(message->result == PERCUSS_CONTROL_RESULT_INVALID_ROUTINE)) {
        return percuss_fail(error, PERCUSS_INCONSISTENT_BODY, PERCUSS_FIELD_CONTROL_RESPONSE_INVALID_STEP, 5, 0, 0, 0);
      }
      length = 7;
      if (capacity < length) {
        return percuss_fail(error, PERCUSS_NO_SPACE, PERCUSS_FIELD_CONTROL_RESPONSE_INVALID_STEP, 0, (int64_t)capacity,
            (int64_t)length, 0);
      }
      percuss_write_u16(bytes + 5, message->as.invalid_step.step);
      break;
    default:
      return percuss_fail(error, PERCUSS_INCONSISTENT_BODY, PERCUSS_FIELD_CONTROL_RESPONSE, 5, (int64_t)message->body,
          0, 0);
  }
  percuss_write_u8(bytes, 0x80);
  percuss_write_u8(bytes + 1, message->op_code);
  percuss_write_u8(bytes + 2, message->sequence);
  percuss_write_u8(bytes + 3, message->result);
  percuss_write_u8(bytes + 4, message->state);
  return length;
}

/* What the device does now. */
typedef struct {
  uint8_t counter;                 /* One more than that of the last one to this central; wraps. A gap tells a loss. */
  percuss_device_state state;      /* What the device is doing. */
  uint32_t time_milliseconds;      /* Low 32 bits of the device's clock in milliseconds. In milliseconds. */
  uint16_t speed_ppm;              /* Speed of the motor as measured. In percussions per minute. */
  uint16_t target_ppm;             /* Speed that the motor is commanded to have now. In percussions per minute. */
  uint16_t force_decinewtons;      /* Force as measured. In tenths of a newton. */
  int16_t temperature_decidegrees; /* Temperature of the motor. In tenths of a degree Celsius. */
  uint8_t battery_percent;         /* Charge. In per cent, 0...100. */
  uint16_t step;                   /* Step that plays, waits or is paused; 65535 without one. */
  uint16_t remaining_seconds;      /* Time left of routine or stream, or of the timer if that is less, rounded up; 65535 where it is as long or longer; 0 without any. In seconds. */
  percuss_device_faults faults;    /* The faults that are active. */
} percuss_telemetry;

enum { PERCUSS_TELEMETRY_MAXIMUM = 20 };

static inline bool percuss_telemetry_decode(const uint8_t *bytes, size_t count, percuss_telemetry *message,
    percuss_error *error) {
  if (count < 20) return percuss_truncated(error, PERCUSS_FIELD_TELEMETRY, 0, 20, count);
  message->counter = percuss_read_u8(bytes);
  message->state = percuss_read_u8(bytes + 1);
  if (!percuss_device_state_is_known(message->state)) {
    return percuss_fail(error, PERCUSS_UNKNOWN_VALUE, PERCUSS_FIELD_TELEMETRY_STATE, 1, message->state, 0, 0);
  }
  message->time_milliseconds = percuss_read_u32(bytes + 2);
  message->speed_ppm = percuss_read_u16(bytes + 6);
  message->target_ppm = percuss_read_u16(bytes + 8);
  message->force_decinewtons = percuss_read_u16(bytes + 10);
  message->temperature_decidegrees = percuss_read_i16(bytes + 12);
  message->battery_percent = percuss_read_u8(bytes + 14);
  if (message->battery_percent > 100) {
    return percuss_fail(error, PERCUSS_OUT_OF_RANGE, PERCUSS_FIELD_TELEMETRY_BATTERY, 14, message->battery_percent, 0,
        100);
  }
  message->step = percuss_read_u16(bytes + 15);
  message->remaining_seconds = percuss_read_u16(bytes + 17);
  message->faults = percuss_read_u8(bytes + 19);
  return true;
}

static inline size_t percuss_telemetry_encode(const percuss_telemetry *message, uint8_t *bytes, size_t capacity,
    percuss_error *error) {
  if (!percuss_device_state_is_known(message->state)) {
    return percuss_fail(error, PERCUSS_UNKNOWN_VALUE, PERCUSS_FIELD_TELEMETRY_STATE, 1, message->state, 0, 0);
  }
  if (message->battery_percent > 100) {
    return percuss_fail(error, PERCUSS_OUT_OF_RANGE, PERCUSS_FIELD_TELEMETRY_BATTERY, 14, message->battery_percent, 0,
        100);
  }
  if (capacity < 20) {
    return percuss_fail(error, PERCUSS_NO_SPACE, PERCUSS_FIELD_TELEMETRY, 0, (int64_t)capacity, 20, 0);
  }
  percuss_write_u8(bytes, message->counter);
  percuss_write_u8(bytes + 1, message->state);
  percuss_write_u32(bytes + 2, message->time_milliseconds);
  percuss_write_u16(bytes + 6, message->speed_ppm);
  percuss_write_u16(bytes + 8, message->target_ppm);
  percuss_write_u16(bytes + 10, message->force_decinewtons);
  percuss_write_i16(bytes + 12, message->temperature_decidegrees);
  percuss_write_u8(bytes + 14, message->battery_percent);
  percuss_write_u16(bytes + 15, message->step);
  percuss_write_u16(bytes + 17, message->remaining_seconds);
  percuss_write_u8(bytes + 19, message->faults);
  return 20;
}

/* Which member of `percuss_device_event.as` holds the body. */
typedef enum {
  PERCUSS_DEVICE_EVENT_STATE_CHANGED,
  PERCUSS_DEVICE_EVENT_STEP_ENTERED,
  PERCUSS_DEVICE_EVENT_ROUTINE_ENDED,
  PERCUSS_DEVICE_EVENT_CONFIRMATION_NEEDED,
  PERCUSS_DEVICE_EVENT_FAULT_RAISED,
  PERCUSS_DEVICE_EVENT_FAULT_CLEARED,
  PERCUSS_DEVICE_EVENT_BUTTON,
  PERCUSS_DEVICE_EVENT_CONTROL_LOST,
  PERCUSS_DEVICE_EVENT_BATTERY_LOW,
} percuss_device_event_body;

/* What happened. */
typedef struct {
  uint8_t counter; /* One more than that of the last event for this central; wraps. A gap tells a loss. */
  percuss_device_event_body body;
  union {
    /* The device entered another state. */
    struct {
      percuss_device_state state;    /* The new state. */
      percuss_device_state previous; /* The state before. */
      percuss_change_cause cause;    /* Why. */
      uint64_t time_microseconds;    /* When. In microseconds. */
    } state_changed;
    /* A step began. */
    struct {
      uint16_t step;                 /* Which step. */
      uint64_t planned_microseconds; /* When it should have begun. In microseconds. */
      uint64_t actual_microseconds;  /* When it did. In microseconds. */
    } step_entered;
    /* A routine or stream ended. */
    struct {
      uint16_t step;              /* The step it ended in; 65535 where none had begun. */
      percuss_change_cause cause; /* Why. */
      uint64_t time_microseconds; /* When. In microseconds. */
    } routine_ended;
    /* A step waits for the operator. */
    struct {
      uint16_t step;                 /* Which step. */
      uint32_t timeout_milliseconds; /* How long it goes on waiting. In milliseconds. */
      uint64_t time_microseconds;    /* Since when. In microseconds. */
    } confirmation_needed;
    /* A fault began. */
    struct {
      percuss_device_fault fault; /* Which fault. */
      uint64_t time_microseconds; /* When. In microseconds. */
    } fault_raised;
    /* A fault ended. */
    struct {
      percuss_device_fault fault; /* Which fault. */
      uint64_t time_microseconds; /* When. In microseconds. */
    } fault_cleared;
    /* The button was pressed. */
    struct {
      percuss_button_action action; /* How. */
      uint64_t time_microseconds;   /* When. In microseconds. */
    } button;
    /* This central no longer holds the lease. */
    struct {
      percuss_change_cause cause; /* Why. */
      uint64_t time_microseconds; /* When. In microseconds. */
    } control_lost;
    /* The battery is low. */
    struct {
      uint8_t battery_percent;    /* Charge. In per cent, 0...100. */
      uint64_t time_microseconds; /* When. In microseconds. */
    } battery_low;
  } as;
} percuss_device_event;

enum { PERCUSS_DEVICE_EVENT_MAXIMUM = 20 };

static inline bool percuss_device_event_decode(const uint8_t *bytes, size_t count, percuss_device_event *message,
    percuss_error *error) {
  if (count < 2) return percuss_truncated(error, PERCUSS_FIELD_DEVICE_EVENT, 0, 2, count);
  percuss_event_kind kind = percuss_read_u8(bytes);
  if (!percuss_event_kind_is_known(kind)) {
    return percuss_fail(error, PERCUSS_UNKNOWN_VALUE, PERCUSS_FIELD_DEVICE_EVENT_KIND, 0, kind, 0, 0);
  }
  message->counter = percuss_read_u8(bytes + 1);
  switch (kind) {
    case PERCUSS_EVENT_KIND_STATE_CHANGED:
      if (count < 13) return percuss_truncated(error, PERCUSS_FIELD_DEVICE_EVENT_STATE_CHANGED, 0, 13, count);
      message->body = PERCUSS_DEVICE_EVENT_STATE_CHANGED;
      message->as.state_changed.state = percuss_read_u8(bytes + 2);
      if (!percuss_device_state_is_known(message->as.state_changed.state)) {
        return percuss_fail(error, PERCUSS_UNKNOWN_VALUE, PERCUSS_FIELD_DEVICE_EVENT_STATE_CHANGED_STATE, 2,
            message->as.state_changed.state, 0, 0);
      }
      message->as.state_changed.previous = percuss_read_u8(bytes + 3);
      if (!percuss_device_state_is_known(message->as.state_changed.previous)) {
        return percuss_fail(error, PERCUSS_UNKNOWN_VALUE, PERCUSS_FIELD_DEVICE_EVENT_STATE_CHANGED_PREVIOUS, 3,
            message->as.state_changed.previous, 0, 0);
      }
      message->as.state_changed.cause = percuss_read_u8(bytes + 4);
      message->as.state_changed.time_microseconds = percuss_read_u64(bytes + 5);
      return true;
    case PERCUSS_EVENT_KIND_STEP_ENTERED:
      if (count < 20) return percuss_truncated(error, PERCUSS_FIELD_DEVICE_EVENT_STEP_ENTERED, 0, 20, count);
      message->body = PERCUSS_DEVICE_EVENT_STEP_ENTERED;
      message->as.step_entered.step = percuss_read_u16(bytes + 2);
      message->as.step_entered.planned_microseconds = percuss_read_u64(bytes + 4);
      message->as.step_entered.actual_microseconds = percuss_read_u64(bytes + 12);
      return true;
    case PERCUSS_EVENT_KIND_ROUTINE_ENDED:
      if (count < 13) return percuss_truncated(error, PERCUSS_FIELD_DEVICE_EVENT_ROUTINE_ENDED, 0, 13, count);
      message->body = PERCUSS_DEVICE_EVENT_ROUTINE_ENDED;
      message->as.routine_ended.step = percuss_read_u16(bytes + 2);
      message->as.routine_ended.cause = percuss_read_u8(bytes + 4);
      message->as.routine_ended.time_microseconds = percuss_read_u64(bytes + 5);
      return true;
    case PERCUSS_EVENT_KIND_CONFIRMATION_NEEDED:
      if (count < 16) return percuss_truncated(error, PERCUSS_FIELD_DEVICE_EVENT_CONFIRMATION_NEEDED, 0, 16, count);
      message->body = PERCUSS_DEVICE_EVENT_CONFIRMATION_NEEDED;
      message->as.confirmation_needed.step = percuss_read_u16(bytes + 2);
      message->as.confirmation_needed.timeout_milliseconds = percuss_read_u32(bytes + 4);
      message->as.confirmation_needed.time_microseconds = percuss_read_u64(bytes + 8);
      return true;
    case PERCUSS_EVENT_KIND_FAULT_RAISED:
      if (count < 11) return percuss_truncated(error, PERCUSS_FIELD_DEVICE_EVENT_FAULT_RAISED, 0, 11, count);
      message->body = PERCUSS_DEVICE_EVENT_FAULT_RAISED;
      message->as.fault_raised.fault = percuss_read_u8(bytes + 2);
      message->as.fault_raised.time_microseconds = percuss_read_u64(bytes + 3);
      return true;
    case PERCUSS_EVENT_KIND_FAULT_CLEARED:
      if (count < 11) return percuss_truncated(error, PERCUSS_FIELD_DEVICE_EVENT_FAULT_CLEARED, 0, 11, count);
      message->body = PERCUSS_DEVICE_EVENT_FAULT_CLEARED;
      message->as.fault_cleared.fault = percuss_read_u8(bytes + 2);
      message->as.fault_cleared.time_microseconds = percuss_read_u64(bytes + 3);
      return true;
    case PERCUSS_EVENT_KIND_BUTTON:
      if (count < 11) return percuss_truncated(error, PERCUSS_FIELD_DEVICE_EVENT_BUTTON, 0, 11, count);
      message->body = PERCUSS_DEVICE_EVENT_BUTTON;
      message->as.button.action = percuss_read_u8(bytes + 2);
      if (!percuss_button_action_is_known(message->as.button.action)) {
        return percuss_fail(error, PERCUSS_UNKNOWN_VALUE, PERCUSS_FIELD_DEVICE_EVENT_BUTTON_ACTION, 2,
            message->as.button.action, 0, 0);
      }
      message->as.button.time_microseconds = percuss_read_u64(bytes + 3);
      return true;
    case PERCUSS_EVENT_KIND_CONTROL_LOST:
      if (count < 11) return percuss_truncated(error, PERCUSS_FIELD_DEVICE_EVENT_CONTROL_LOST, 0, 11, count);
      message->body = PERCUSS_DEVICE_EVENT_CONTROL_LOST;
      message->as.control_lost.cause = percuss_read_u8(bytes + 2);
      message->as.control_lost.time_microseconds = percuss_read_u64(bytes + 3);
      return true;
    case PERCUSS_EVENT_KIND_BATTERY_LOW:
      if (count < 11) return percuss_truncated(error, PERCUSS_FIELD_DEVICE_EVENT_BATTERY_LOW, 0, 11, count);
      message->body = PERCUSS_DEVICE_EVENT_BATTERY_LOW;
      message->as.battery_low.battery_percent = percuss_read_u8(bytes + 2);
      if (message->as.battery_low.battery_percent > 100) {
        return percuss_fail(error, PERCUSS_OUT_OF_RANGE, PERCUSS_FIELD_DEVICE_EVENT_BATTERY_LOW_BATTERY, 2,
            message->as.battery_low.battery_percent, 0, 100);
      }
      message->as.battery_low.time_microseconds = percuss_read_u64(bytes + 3);
      return true;
    default:
      break;
  }
  return percuss_fail(error, PERCUSS_UNKNOWN_VALUE, PERCUSS_FIELD_DEVICE_EVENT_KIND, 0, kind, 0, 0);
}

static inline size_t percuss_device_event_encode(const percuss_device_event *message, uint8_t *bytes, size_t capacity,
    percuss_error *error) {
  percuss_event_kind kind = 0;
  size_t length = 2;
  switch (message->body) {
    case PERCUSS_DEVICE_EVENT_STATE_CHANGED:
      if (!percuss_device_state_is_known(message->as.state_changed.state)) {
        return percuss_fail(error, PERCUSS_UNKNOWN_VALUE, PERCUSS_FIELD_DEVICE_EVENT_STATE_CHANGED_STATE, 2,
            message->as.state_changed.state, 0, 0);
      }
      if (!percuss_device_state_is_known(message->as.state_changed.previous)) {
        return percuss_fail(error, PERCUSS_UNKNOWN_VALUE, PERCUSS_FIELD_DEVICE_EVENT_STATE_CHANGED_PREVIOUS, 3,
            message->as.state_changed.previous, 0, 0);
      }
      length = 13;
      if (capacity < length) {
        return percuss_fail(error, PERCUSS_NO_SPACE, PERCUSS_FIELD_DEVICE_EVENT_STATE_CHANGED, 0, (int64_t)capacity,
            (int64_t)length, 0);
      }
      kind = PERCUSS_EVENT_KIND_STATE_CHANGED;
      percuss_write_u8(bytes + 2, message->as.state_changed.state);
      percuss_write_u8(bytes + 3, message->as.state_changed.previous);
      percuss_write_u8(bytes + 4, message->as.state_changed.cause);
      percuss_write_u64(bytes + 5, message->as.state_changed.time_microseconds);
      break;
    case PERCUSS_DEVICE_EVENT_STEP_ENTERED:
      length = 20;
      if (capacity < length) {
        return percuss_fail(error, PERCUSS_NO_SPACE, PERCUSS_FIELD_DEVICE_EVENT_STEP_ENTERED, 0, (int64_t)capacity,
            (int64_t)length, 0);
      }
      kind = PERCUSS_EVENT_KIND_STEP_ENTERED;
      percuss_write_u16(bytes + 2, message->as.step_entered.step);
      percuss_write_u64(bytes + 4, message->as.step_entered.planned_microseconds);
      percuss_write_u64(bytes + 12, message->as.step_entered.actual_microseconds);
      break;
    case PERCUSS_DEVICE_EVENT_ROUTINE_ENDED:
      length = 13;
      if (capacity < length) {
        return percuss_fail(error, PERCUSS_NO_SPACE, PERCUSS_FIELD_DEVICE_EVENT_ROUTINE_ENDED, 0, (int64_t)capacity,
            (int64_t)length, 0);
      }
      kind = PERCUSS_EVENT_KIND_ROUTINE_ENDED;
      percuss_write_u16(bytes + 2, message->as.routine_ended.step);
      percuss_write_u8(bytes + 4, message->as.routine_ended.cause);
      percuss_write_u64(bytes + 5, message->as.routine_ended.time_microseconds);
      break;
    case PERCUSS_DEVICE_EVENT_CONFIRMATION_NEEDED:
      length = 16;
      if (capacity < length) {
        return percuss_fail(error, PERCUSS_NO_SPACE, PERCUSS_FIELD_DEVICE_EVENT_CONFIRMATION_NEEDED, 0,
            (int64_t)capacity, (int64_t)length, 0);
      }
      kind = PERCUSS_EVENT_KIND_CONFIRMATION_NEEDED;
      percuss_write_u16(bytes + 2, message->as.confirmation_needed.step);
      percuss_write_u32(bytes + 4, message->as.confirmation_needed.timeout_milliseconds);
      percuss_write_u64(bytes + 8, message->as.confirmation_needed.time_microseconds);
      break;
    case PERCUSS_DEVICE_EVENT_FAULT_RAISED:
      length = 11;
      if (capacity < length) {
        return percuss_fail(error, PERCUSS_NO_SPACE, PERCUSS_FIELD_DEVICE_EVENT_FAULT_RAISED, 0, (int64_t)capacity,
            (int64_t)length, 0);
      }
      kind = PERCUSS_EVENT_KIND_FAULT_RAISED;
      percuss_write_u8(bytes + 2, message->as.fault_raised.fault);
      percuss_write_u64(bytes + 3, message->as.fault_raised.time_microseconds);
      break;
    case PERCUSS_DEVICE_EVENT_FAULT_CLEARED:
      length = 11;
      if (capacity < length) {
        return percuss_fail(error, PERCUSS_NO_SPACE, PERCUSS_FIELD_DEVICE_EVENT_FAULT_CLEARED, 0, (int64_t)capacity,
            (int64_t)length, 0);
      }
      kind = PERCUSS_EVENT_KIND_FAULT_CLEARED;
      percuss_write_u8(bytes + 2, message->as.fault_cleared.fault);
      percuss_write_u64(bytes + 3, message->as.fault_cleared.time_microseconds);
      break;
    case PERCUSS_DEVICE_EVENT_BUTTON:
      if (!percuss_button_action_is_known(message->as.button.action)) {
        return percuss_fail(error, PERCUSS_UNKNOWN_VALUE, PERCUSS_FIELD_DEVICE_EVENT_BUTTON_ACTION, 2,
            message->as.button.action, 0, 0);
      }
      length = 11;
      if (capacity < length) {
        return percuss_fail(error, PERCUSS_NO_SPACE, PERCUSS_FIELD_DEVICE_EVENT_BUTTON, 0, (int64_t)capacity,
            (int64_t)length, 0);
      }
      kind = PERCUSS_EVENT_KIND_BUTTON;
      percuss_write_u8(bytes + 2, message->as.button.action);
      percuss_write_u64(bytes + 3, message->as.button.time_microseconds);
      break;
    case PERCUSS_DEVICE_EVENT_CONTROL_LOST:
      length = 11;
      if (capacity < length) {
        return percuss_fail(error, PERCUSS_NO_SPACE, PERCUSS_FIELD_DEVICE_EVENT_CONTROL_LOST, 0, (int64_t)capacity,
            (int64_t)length, 0);
      }
      kind = PERCUSS_EVENT_KIND_CONTROL_LOST;
      percuss_write_u8(bytes + 2, message->as.control_lost.cause);
      percuss_write_u64(bytes + 3, message->as.control_lost.time_microseconds);
      break;
    case PERCUSS_DEVICE_EVENT_BATTERY_LOW:
      if (message->as.battery_low.battery_percent > 100) {
        return percuss_fail(error, PERCUSS_OUT_OF_RANGE, PERCUSS_FIELD_DEVICE_EVENT_BATTERY_LOW_BATTERY, 2,
            message->as.battery_low.battery_percent, 0, 100);
      }
      length = 11;
      if (capacity < length) {
        return percuss_fail(error, PERCUSS_NO_SPACE, PERCUSS_FIELD_DEVICE_EVENT_BATTERY_LOW, 0, (int64_t)capacity,
            (int64_t)length, 0);
      }
      kind = PERCUSS_EVENT_KIND_BATTERY_LOW;
      percuss_write_u8(bytes + 2, message->as.battery_low.battery_percent);
      percuss_write_u64(bytes + 3, message->as.battery_low.time_microseconds);
      break;
    default:
      return percuss_fail(error, PERCUSS_INCONSISTENT_BODY, PERCUSS_FIELD_DEVICE_EVENT, 2, (int64_t)message->body, 0,
          0);
  }
  percuss_write_u8(bytes, kind);
  percuss_write_u8(bytes + 1, message->counter);
  return length;
}

/* Which member of `percuss_routine_data.as` holds the body. */
typedef enum {
  PERCUSS_ROUTINE_DATA_CHUNK,
  PERCUSS_ROUTINE_DATA_STREAMED_STEP,
} percuss_routine_data_body;

/* Upload chunks and streamed steps. */
typedef struct {
  percuss_routine_data_body body;
  union {
    /* A part of an upload. */
    struct {
      uint8_t transfer;       /* The transfer that routine begin opened. */
      uint32_t offset;        /* Place of the first byte in the routine. */
      const uint8_t *payload; /* The bytes. */
      size_t payload_length;  /* In bytes. */
    } chunk;
    /* A step for the queue, without a response; a credit follows. */
    struct {
      uint16_t index;                  /* One more than the step before, 0 after 65534; the first after a flush is 0. */
      uint32_t at_milliseconds;        /* Offset from the start of the stream. In milliseconds. */
      percuss_routine_segment segment; /* The step. */
    } streamed_step;
  } as;
} percuss_routine_data;

enum { PERCUSS_ROUTINE_DATA_MAXIMUM = 512 };

static inline bool percuss_routine_data_decode(const uint8_t *bytes, size_t count, percuss_routine_data *message,
    percuss_error *error) {
  if (count < 1) return percuss_truncated(error, PERCUSS_FIELD_ROUTINE_DATA, 0, 1, count);
  percuss_routine_data_kind kind = percuss_read_u8(bytes);
  if (!percuss_routine_data_kind_is_known(kind)) {
    return percuss_fail(error, PERCUSS_UNKNOWN_VALUE, PERCUSS_FIELD_ROUTINE_DATA_KIND, 0, kind, 0, 0);
  }
  switch (kind) {
    case PERCUSS_ROUTINE_DATA_KIND_CHUNK:
      if (count < 7) return percuss_truncated(error, PERCUSS_FIELD_ROUTINE_DATA_CHUNK, 0, 7, count);
      message->body = PERCUSS_ROUTINE_DATA_CHUNK;
      message->as.chunk.transfer = percuss_read_u8(bytes + 1);
      message->as.chunk.offset = percuss_read_u32(bytes + 2);
      if (count > 512) return percuss_fail(error, PERCUSS_TOO_LONG, PERCUSS_FIELD_ROUTINE_DATA_CHUNK_PAYLOAD, 6,
          (int64_t)count, 0, 512);
      message->as.chunk.payload = bytes + 6;
      message->as.chunk.payload_length = count - 6;
      return true;
    case PERCUSS_ROUTINE_DATA_KIND_STREAMED_STEP:
      if (count < 18) return percuss_truncated(error, PERCUSS_FIELD_ROUTINE_DATA_STREAMED_STEP, 0, 18, count);
      message->body = PERCUSS_ROUTINE_DATA_STREAMED_STEP;
      message->as.streamed_step.index = percuss_read_u16(bytes + 1);
      message->as.streamed_step.at_milliseconds = percuss_read_u32(bytes + 3);
      if (!percuss_routine_segment_read(bytes + 7, 7, PERCUSS_FIELD_ROUTINE_DATA_STREAMED_STEP_SEGMENT_KIND,
          &message->as.streamed_step.segment, error)) {
        return false;
      }
      return true;
    default:
      break;
  }
  return percuss_fail(error, PERCUSS_UNKNOWN_VALUE, PERCUSS_FIELD_ROUTINE_DATA_KIND, 0, kind, 0, 0);
}

static inline size_t percuss_routine_data_encode(const percuss_routine_data *message, uint8_t *bytes, size_t capacity,
    percuss_error *error) {
  percuss_routine_data_kind kind = 0;
  size_t length = 1;
  switch (message->body) {
    case PERCUSS_ROUTINE_DATA_CHUNK:
      if (message->as.chunk.payload_length < 1) {
        return percuss_fail(error, PERCUSS_TRUNCATED, PERCUSS_FIELD_ROUTINE_DATA_CHUNK_PAYLOAD, 6,
            6 + (int64_t)message->as.chunk.payload_length, 7, 0);
      }
      if (message->as.chunk.payload_length > 506) {
        return percuss_fail(error, PERCUSS_TOO_LONG, PERCUSS_FIELD_ROUTINE_DATA_CHUNK_PAYLOAD, 6,
            6 + (int64_t)message->as.chunk.payload_length, 0, 512);
      }
      length = 6 + message->as.chunk.payload_length;
      if (capacity < length) {
        return percuss_fail(error, PERCUSS_NO_SPACE, PERCUSS_FIELD_ROUTINE_DATA_CHUNK, 0, (int64_t)capacity,
            (int64_t)length, 0);
      }
      kind = PERCUSS_ROUTINE_DATA_KIND_CHUNK;
      percuss_write_u8(bytes + 1, message->as.chunk.transfer);
      percuss_write_u32(bytes + 2, message->as.chunk.offset);
      memcpy(bytes + 6, message->as.chunk.payload, message->as.chunk.payload_length);
      break;
    case PERCUSS_ROUTINE_DATA_STREAMED_STEP:
      if (!percuss_routine_segment_check(&message->as.streamed_step.segment,
          PERCUSS_FIELD_ROUTINE_DATA_STREAMED_STEP_SEGMENT_KIND, 7, error)) return 0;
      length = 18;
      if (capacity < length) {
        return percuss_fail(error, PERCUSS_NO_SPACE, PERCUSS_FIELD_ROUTINE_DATA_STREAMED_STEP, 0, (int64_t)capacity,
            (int64_t)length, 0);
      }
      kind = PERCUSS_ROUTINE_DATA_KIND_STREAMED_STEP;
      percuss_write_u16(bytes + 1, message->as.streamed_step.index);
      percuss_write_u32(bytes + 3, message->as.streamed_step.at_milliseconds);
      percuss_routine_segment_write(bytes + 7, &message->as.streamed_step.segment);
      break;
    default:
      return percuss_fail(error, PERCUSS_INCONSISTENT_BODY, PERCUSS_FIELD_ROUTINE_DATA, 1, (int64_t)message->body, 0,
          0);
  }
  percuss_write_u8(bytes, kind);
  return length;
}

/* Which member of `percuss_routine_status.as` holds the body. */
typedef enum {
  PERCUSS_ROUTINE_STATUS_UPLOAD_CREDIT,
  PERCUSS_ROUTINE_STATUS_STREAM_CREDIT,
} percuss_routine_status_body;

/* How far an upload or the queue has come. */
typedef struct {
  percuss_routine_status_body body;
  union {
    /* How far an upload has come and may go. */
    struct {
      uint8_t transfer;     /* The transfer. */
      uint32_t next_offset; /* First byte that the device lacks; chunks beyond it were forgotten. */
      uint16_t window;      /* Bytes beyond that offset that may be under way. */
    } upload_credit;
    /* How far the queue has come and may go. */
    struct {
      uint16_t next_index; /* First index that the device lacks; steps beyond it were forgotten. */
      uint8_t free;        /* Places left in the queue. */
    } stream_credit;
  } as;
} percuss_routine_status;

enum { PERCUSS_ROUTINE_STATUS_MAXIMUM = 20 };

static inline bool percuss_routine_status_decode(const uint8_t *bytes, size_t count, percuss_routine_status *message,
    percuss_error *error) {
  if (count < 1) return percuss_truncated(error, PERCUSS_FIELD_ROUTINE_STATUS, 0, 1, count);
  percuss_routine_status_kind kind = percuss_read_u8(bytes);
  if (!percuss_routine_status_kind_is_known(kind)) {
    return percuss_fail(error, PERCUSS_UNKNOWN_VALUE, PERCUSS_FIELD_ROUTINE_STATUS_KIND, 0, kind, 0, 0);
  }
  switch (kind) {
    case PERCUSS_ROUTINE_STATUS_KIND_UPLOAD_CREDIT:
      if (count < 8) return percuss_truncated(error, PERCUSS_FIELD_ROUTINE_STATUS_UPLOAD_CREDIT, 0, 8, count);
      message->body = PERCUSS_ROUTINE_STATUS_UPLOAD_CREDIT;
      message->as.upload_credit.transfer = percuss_read_u8(bytes + 1);
      message->as.upload_credit.next_offset = percuss_read_u32(bytes + 2);
      message->as.upload_credit.window = percuss_read_u16(bytes + 6);
      return true;
    case PERCUSS_ROUTINE_STATUS_KIND_STREAM_CREDIT:
      if (count < 4) return percuss_truncated(error, PERCUSS_FIELD_ROUTINE_STATUS_STREAM_CREDIT, 0, 4, count);
      message->body = PERCUSS_ROUTINE_STATUS_STREAM_CREDIT;
      message->as.stream_credit.next_index = percuss_read_u16(bytes + 1);
      message->as.stream_credit.free = percuss_read_u8(bytes + 3);
      return true;
    default:
      break;
  }
  return percuss_fail(error, PERCUSS_UNKNOWN_VALUE, PERCUSS_FIELD_ROUTINE_STATUS_KIND, 0, kind, 0, 0);
}

static inline size_t percuss_routine_status_encode(const percuss_routine_status *message, uint8_t *bytes,
    size_t capacity, percuss_error *error) {
  percuss_routine_status_kind kind = 0;
  size_t length = 1;
  switch (message->body) {
    case PERCUSS_ROUTINE_STATUS_UPLOAD_CREDIT:
      length = 8;
      if (capacity < length) {
        return percuss_fail(error, PERCUSS_NO_SPACE, PERCUSS_FIELD_ROUTINE_STATUS_UPLOAD_CREDIT, 0, (int64_t)capacity,
            (int64_t)length, 0);
      }
      kind = PERCUSS_ROUTINE_STATUS_KIND_UPLOAD_CREDIT;
      percuss_write_u8(bytes + 1, message->as.upload_credit.transfer);
      percuss_write_u32(bytes + 2, message->as.upload_credit.next_offset);
      percuss_write_u16(bytes + 6, message->as.upload_credit.window);
      break;
    case PERCUSS_ROUTINE_STATUS_STREAM_CREDIT:
      length = 4;
      if (capacity < length) {
        return percuss_fail(error, PERCUSS_NO_SPACE, PERCUSS_FIELD_ROUTINE_STATUS_STREAM_CREDIT, 0, (int64_t)capacity,
            (int64_t)length, 0);
      }
      kind = PERCUSS_ROUTINE_STATUS_KIND_STREAM_CREDIT;
      percuss_write_u16(bytes + 1, message->as.stream_credit.next_index);
      percuss_write_u8(bytes + 3, message->as.stream_credit.free);
      break;
    default:
      return percuss_fail(error, PERCUSS_INCONSISTENT_BODY, PERCUSS_FIELD_ROUTINE_STATUS, 1, (int64_t)message->body, 0,
          0);
  }
  percuss_write_u8(bytes, kind);
  return length;
}

/* A question for the device's clock. */
typedef struct {
  uint8_t sequence;                   /* Comes back in the reply. */
  uint64_t central_time_microseconds; /* The central's clock; comes back in the reply. In microseconds. */
} percuss_clock_request;

enum { PERCUSS_CLOCK_REQUEST_MAXIMUM = 20 };

static inline bool percuss_clock_request_decode(const uint8_t *bytes, size_t count, percuss_clock_request *message,
    percuss_error *error) {
  if (count < 10) return percuss_truncated(error, PERCUSS_FIELD_CLOCK_REQUEST, 0, 10, count);
  if (percuss_read_u8(bytes) != 0x01) {
    return percuss_fail(error, PERCUSS_UNEXPECTED_CONSTANT, PERCUSS_FIELD_CLOCK_REQUEST_KIND, 0,
        percuss_read_u8(bytes), 0x01, 0);
  }
  message->sequence = percuss_read_u8(bytes + 1);
  message->central_time_microseconds = percuss_read_u64(bytes + 2);
  return true;
}

static inline size_t percuss_clock_request_encode(const percuss_clock_request *message, uint8_t *bytes,
    size_t capacity, percuss_error *error) {
  if (capacity < 10) {
    return percuss_fail(error, PERCUSS_NO_SPACE, PERCUSS_FIELD_CLOCK_REQUEST, 0, (int64_t)capacity, 10, 0);
  }
  percuss_write_u8(bytes, 0x01);
  percuss_write_u8(bytes + 1, message->sequence);
  percuss_write_u64(bytes + 2, message->central_time_microseconds);
  return 10;
}

/* The device's clock. */
typedef struct {
  uint8_t sequence;                   /* From the request. */
  uint64_t central_time_microseconds; /* From the request. In microseconds. */
  uint64_t device_time_microseconds;  /* The device's clock when the request arrived. In microseconds. */
  uint16_t hold_microseconds;         /* Time from then until the reply was handed to the radio; 65535 where it was as long or longer. In microseconds. */
} percuss_clock_reply;

enum { PERCUSS_CLOCK_REPLY_MAXIMUM = 20 };

static inline bool percuss_clock_reply_decode(const uint8_t *bytes, size_t count, percuss_clock_reply *message,
    percuss_error *error) {
  if (count < 20) return percuss_truncated(error, PERCUSS_FIELD_CLOCK_REPLY, 0, 20, count);
  if (percuss_read_u8(bytes) != 0x81) {
    return percuss_fail(error, PERCUSS_UNEXPECTED_CONSTANT, PERCUSS_FIELD_CLOCK_REPLY_KIND, 0, percuss_read_u8(bytes),
        0x81, 0);
  }
  message->sequence = percuss_read_u8(bytes + 1);
  message->central_time_microseconds = percuss_read_u64(bytes + 2);
  message->device_time_microseconds = percuss_read_u64(bytes + 10);
  message->hold_microseconds = percuss_read_u16(bytes + 18);
  return true;
}

static inline size_t percuss_clock_reply_encode(const percuss_clock_reply *message, uint8_t *bytes, size_t capacity,
    percuss_error *error) {
  if (capacity < 20) {
    return percuss_fail(error, PERCUSS_NO_SPACE, PERCUSS_FIELD_CLOCK_REPLY, 0, (int64_t)capacity, 20, 0);
  }
  percuss_write_u8(bytes, 0x81);
  percuss_write_u8(bytes + 1, message->sequence);
  percuss_write_u64(bytes + 2, message->central_time_microseconds);
  percuss_write_u64(bytes + 10, message->device_time_microseconds);
  percuss_write_u16(bytes + 18, message->hold_microseconds);
  return 20;
}

/* Checksums */

/* CRC-32 of IEEE 802.3. Begin with 0 and give the result back in for further bytes. */
static inline uint32_t percuss_crc32(uint32_t crc, const uint8_t *bytes, size_t count) {
  static const uint32_t table[256] = {
    0x00000000, 0x77073096, 0xEE0E612C, 0x990951BA, 0x076DC419, 0x706AF48F, 0xE963A535, 0x9E6495A3,
    0x0EDB8832, 0x79DCB8A4, 0xE0D5E91E, 0x97D2D988, 0x09B64C2B, 0x7EB17CBD, 0xE7B82D07, 0x90BF1D91,
    0x1DB71064, 0x6AB020F2, 0xF3B97148, 0x84BE41DE, 0x1ADAD47D, 0x6DDDE4EB, 0xF4D4B551, 0x83D385C7,
    0x136C9856, 0x646BA8C0, 0xFD62F97A, 0x8A65C9EC, 0x14015C4F, 0x63066CD9, 0xFA0F3D63, 0x8D080DF5,
    0x3B6E20C8, 0x4C69105E, 0xD56041E4, 0xA2677172, 0x3C03E4D1, 0x4B04D447, 0xD20D85FD, 0xA50AB56B,
    0x35B5A8FA, 0x42B2986C, 0xDBBBC9D6, 0xACBCF940, 0x32D86CE3, 0x45DF5C75, 0xDCD60DCF, 0xABD13D59,
    0x26D930AC, 0x51DE003A, 0xC8D75180, 0xBFD06116, 0x21B4F4B5, 0x56B3C423, 0xCFBA9599, 0xB8BDA50F,
    0x2802B89E, 0x5F058808, 0xC60CD9B2, 0xB10BE924, 0x2F6F7C87, 0x58684C11, 0xC1611DAB, 0xB6662D3D,
    0x76DC4190, 0x01DB7106, 0x98D220BC, 0xEFD5102A, 0x71B18589, 0x06B6B51F, 0x9FBFE4A5, 0xE8B8D433,
    0x7807C9A2, 0x0F00F934, 0x9609A88E, 0xE10E9818, 0x7F6A0DBB, 0x086D3D2D, 0x91646C97, 0xE6635C01,
    0x6B6B51F4, 0x1C6C6162, 0x856530D8, 0xF262004E, 0x6C0695ED, 0x1B01A57B, 0x8208F4C1, 0xF50FC457,
    0x65B0D9C6, 0x12B7E950, 0x8BBEB8EA, 0xFCB9887C, 0x62DD1DDF, 0x15DA2D49, 0x8CD37CF3, 0xFBD44C65,
    0x4DB26158, 0x3AB551CE, 0xA3BC0074, 0xD4BB30E2, 0x4ADFA541, 0x3DD895D7, 0xA4D1C46D, 0xD3D6F4FB,
    0x4369E96A, 0x346ED9FC, 0xAD678846, 0xDA60B8D0, 0x44042D73, 0x33031DE5, 0xAA0A4C5F, 0xDD0D7CC9,
    0x5005713C, 0x270241AA, 0xBE0B1010, 0xC90C2086, 0x5768B525, 0x206F85B3, 0xB966D409, 0xCE61E49F,
    0x5EDEF90E, 0x29D9C998, 0xB0D09822, 0xC7D7A8B4, 0x59B33D17, 0x2EB40D81, 0xB7BD5C3B, 0xC0BA6CAD,
    0xEDB88320, 0x9ABFB3B6, 0x03B6E20C, 0x74B1D29A, 0xEAD54739, 0x9DD277AF, 0x04DB2615, 0x73DC1683,
    0xE3630B12, 0x94643B84, 0x0D6D6A3E, 0x7A6A5AA8, 0xE40ECF0B, 0x9309FF9D, 0x0A00AE27, 0x7D079EB1,
    0xF00F9344, 0x8708A3D2, 0x1E01F268, 0x6906C2FE, 0xF762575D, 0x806567CB, 0x196C3671, 0x6E6B06E7,
    0xFED41B76, 0x89D32BE0, 0x10DA7A5A, 0x67DD4ACC, 0xF9B9DF6F, 0x8EBEEFF9, 0x17B7BE43, 0x60B08ED5,
    0xD6D6A3E8, 0xA1D1937E, 0x38D8C2C4, 0x4FDFF252, 0xD1BB67F1, 0xA6BC5767, 0x3FB506DD, 0x48B2364B,
    0xD80D2BDA, 0xAF0A1B4C, 0x36034AF6, 0x41047A60, 0xDF60EFC3, 0xA867DF55, 0x316E8EEF, 0x4669BE79,
    0xCB61B38C, 0xBC66831A, 0x256FD2A0, 0x5268E236, 0xCC0C7795, 0xBB0B4703, 0x220216B9, 0x5505262F,
    0xC5BA3BBE, 0xB2BD0B28, 0x2BB45A92, 0x5CB36A04, 0xC2D7FFA7, 0xB5D0CF31, 0x2CD99E8B, 0x5BDEAE1D,
    0x9B64C2B0, 0xEC63F226, 0x756AA39C, 0x026D930A, 0x9C0906A9, 0xEB0E363F, 0x72076785, 0x05005713,
    0x95BF4A82, 0xE2B87A14, 0x7BB12BAE, 0x0CB61B38, 0x92D28E9B, 0xE5D5BE0D, 0x7CDCEFB7, 0x0BDBDF21,
    0x86D3D2D4, 0xF1D4E242, 0x68DDB3F8, 0x1FDA836E, 0x81BE16CD, 0xF6B9265B, 0x6FB077E1, 0x18B74777,
    0x88085AE6, 0xFF0F6A70, 0x66063BCA, 0x11010B5C, 0x8F659EFF, 0xF862AE69, 0x616BFFD3, 0x166CCF45,
    0xA00AE278, 0xD70DD2EE, 0x4E048354, 0x3903B3C2, 0xA7672661, 0xD06016F7, 0x4969474D, 0x3E6E77DB,
    0xAED16A4A, 0xD9D65ADC, 0x40DF0B66, 0x37D83BF0, 0xA9BCAE53, 0xDEBB9EC5, 0x47B2CF7F, 0x30B5FFE9,
    0xBDBDF21C, 0xCABAC28A, 0x53B39330, 0x24B4A3A6, 0xBAD03605, 0xCDD70693, 0x54DE5729, 0x23D967BF,
    0xB3667A2E, 0xC4614AB8, 0x5D681B02, 0x2A6F2B94, 0xB40BBE37, 0xC30C8EA1, 0x5A05DF1B, 0x2D02EF8D,
  };
  crc = ~crc;
  for (size_t i = 0; i < count; i++) crc = table[(crc ^ bytes[i]) & 0xFF] ^ crc >> 8;
  return ~crc;
}

/* CRC-16/CCITT-FALSE. Begin with 0xFFFF and give the result back in for further bytes. */
static inline uint16_t percuss_crc16(uint16_t crc, const uint8_t *bytes, size_t count) {
  static const uint16_t table[256] = {
    0x0000, 0x1021, 0x2042, 0x3063, 0x4084, 0x50A5, 0x60C6, 0x70E7,
    0x8108, 0x9129, 0xA14A, 0xB16B, 0xC18C, 0xD1AD, 0xE1CE, 0xF1EF,
    0x1231, 0x0210, 0x3273, 0x2252, 0x52B5, 0x4294, 0x72F7, 0x62D6,
    0x9339, 0x8318, 0xB37B, 0xA35A, 0xD3BD, 0xC39C, 0xF3FF, 0xE3DE,
    0x2462, 0x3443, 0x0420, 0x1401, 0x64E6, 0x74C7, 0x44A4, 0x5485,
    0xA56A, 0xB54B, 0x8528, 0x9509, 0xE5EE, 0xF5CF, 0xC5AC, 0xD58D,
    0x3653, 0x2672, 0x1611, 0x0630, 0x76D7, 0x66F6, 0x5695, 0x46B4,
    0xB75B, 0xA77A, 0x9719, 0x8738, 0xF7DF, 0xE7FE, 0xD79D, 0xC7BC,
    0x48C4, 0x58E5, 0x6886, 0x78A7, 0x0840, 0x1861, 0x2802, 0x3823,
    0xC9CC, 0xD9ED, 0xE98E, 0xF9AF, 0x8948, 0x9969, 0xA90A, 0xB92B,
    0x5AF5, 0x4AD4, 0x7AB7, 0x6A96, 0x1A71, 0x0A50, 0x3A33, 0x2A12,
    0xDBFD, 0xCBDC, 0xFBBF, 0xEB9E, 0x9B79, 0x8B58, 0xBB3B, 0xAB1A,
    0x6CA6, 0x7C87, 0x4CE4, 0x5CC5, 0x2C22, 0x3C03, 0x0C60, 0x1C41,
    0xEDAE, 0xFD8F, 0xCDEC, 0xDDCD, 0xAD2A, 0xBD0B, 0x8D68, 0x9D49,
    0x7E97, 0x6EB6, 0x5ED5, 0x4EF4, 0x3E13, 0x2E32, 0x1E51, 0x0E70,
    0xFF9F, 0xEFBE, 0xDFDD, 0xCFFC, 0xBF1B, 0xAF3A, 0x9F59, 0x8F78,
    0x9188, 0x81A9, 0xB1CA, 0xA1EB, 0xD10C, 0xC12D, 0xF14E, 0xE16F,
    0x1080, 0x00A1, 0x30C2, 0x20E3, 0x5004, 0x4025, 0x7046, 0x6067,
    0x83B9, 0x9398, 0xA3FB, 0xB3DA, 0xC33D, 0xD31C, 0xE37F, 0xF35E,
    0x02B1, 0x1290, 0x22F3, 0x32D2, 0x4235, 0x5214, 0x6277, 0x7256,
    0xB5EA, 0xA5CB, 0x95A8, 0x8589, 0xF56E, 0xE54F, 0xD52C, 0xC50D,
    0x34E2, 0x24C3, 0x14A0, 0x0481, 0x7466, 0x6447, 0x5424, 0x4405,
    0xA7DB, 0xB7FA, 0x8799, 0x97B8, 0xE75F, 0xF77E, 0xC71D, 0xD73C,
    0x26D3, 0x36F2, 0x0691, 0x16B0, 0x6657, 0x7676, 0x4615, 0x5634,
    0xD94C, 0xC96D, 0xF90E, 0xE92F, 0x99C8, 0x89E9, 0xB98A, 0xA9AB,
    0x5844, 0x4865, 0x7806, 0x6827, 0x18C0, 0x08E1, 0x3882, 0x28A3,
    0xCB7D, 0xDB5C, 0xEB3F, 0xFB1E, 0x8BF9, 0x9BD8, 0xABBB, 0xBB9A,
    0x4A75, 0x5A54, 0x6A37, 0x7A16, 0x0AF1, 0x1AD0, 0x2AB3, 0x3A92,
    0xFD2E, 0xED0F, 0xDD6C, 0xCD4D, 0xBDAA, 0xAD8B, 0x9DE8, 0x8DC9,
    0x7C26, 0x6C07, 0x5C64, 0x4C45, 0x3CA2, 0x2C83, 0x1CE0, 0x0CC1,
    0xEF1F, 0xFF3E, 0xCF5D, 0xDF7C, 0xAF9B, 0xBFBA, 0x8FD9, 0x9FF8,
    0x6E17, 0x7E36, 0x4E55, 0x5E74, 0x2E93, 0x3EB2, 0x0ED1, 0x1EF0,
  };
  for (size_t i = 0; i < count; i++) crc = (uint16_t)(table[(uint8_t)(crc >> 8 ^ bytes[i])] ^ crc << 8);
  return crc;
}

/* Frames on a byte stream: start, channel, length, payload, checksum of what lies between start and checksum */

enum {
  PERCUSS_STREAM_START = 0xA5,
  PERCUSS_STREAM_PAYLOAD_MAXIMUM = 512,
  PERCUSS_STREAM_OVERHEAD = 6,
};

/* Which message the payload is. */
enum {
  PERCUSS_CHANNEL_DEVICE_FEATURE   = 0x02,
  PERCUSS_CHANNEL_CONTROL_REQUEST  = 0x03,
  PERCUSS_CHANNEL_CONTROL_RESPONSE = 0x13,
  PERCUSS_CHANNEL_TELEMETRY        = 0x04,
  PERCUSS_CHANNEL_DEVICE_EVENT     = 0x05,
  PERCUSS_CHANNEL_ROUTINE_DATA     = 0x06,
  PERCUSS_CHANNEL_ROUTINE_STATUS   = 0x16,
  PERCUSS_CHANNEL_CLOCK_REQUEST    = 0x07,
  PERCUSS_CHANNEL_CLOCK_REPLY      = 0x17,
};

/* The bytes written; 0 when the payload is too long or does not fit. */
static inline size_t percuss_stream_encode(uint8_t channel, const uint8_t *payload, size_t length, uint8_t *bytes,
    size_t capacity) {
  if (length > PERCUSS_STREAM_PAYLOAD_MAXIMUM || capacity < length + PERCUSS_STREAM_OVERHEAD) return 0;
  bytes[0] = PERCUSS_STREAM_START;
  bytes[1] = channel;
  percuss_write_u16(bytes + 2, (uint16_t)length);
  if (length > 0) memcpy(bytes + 4, payload, length);
  percuss_write_u16(bytes + 4 + length, percuss_crc16(0xFFFF, bytes + 1, length + 3));
  return length + PERCUSS_STREAM_OVERHEAD;
}

/* Finds frames in a stream that arrives in pieces. Set it to {0} at the beginning. */
typedef struct {
  uint8_t buffer[PERCUSS_STREAM_PAYLOAD_MAXIMUM + PERCUSS_STREAM_OVERHEAD];
  size_t head, tail;  /* the candidate for a frame */
  size_t delivered;   /* length of the frame handed out last, at the head */
  uint64_t position;  /* of the byte at the head in the stream */
  uint64_t noise;     /* bytes before it that belong to no frame */
} percuss_stream_decoder;

typedef enum {
  PERCUSS_STREAM_MORE,           /* no more in these bytes */
  PERCUSS_STREAM_FRAME,          /* channel, payload, length */
  PERCUSS_STREAM_NOISE,          /* bytes that belong to no frame: offset, value */
  PERCUSS_STREAM_LENGTH,         /* a start byte with an impossible length: offset, value */
  PERCUSS_STREAM_CHECKSUM,       /* a damaged frame: offset, value, expected */
  PERCUSS_STREAM_TRUNCATED,      /* the stream ended: offset, bytes there: value, needed: expected */
} percuss_stream_kind;

typedef struct {
  percuss_stream_kind kind;
  uint8_t channel;
  const uint8_t *payload; /* until the next call */
  size_t length;
  uint64_t offset; /* in the stream */
  uint64_t value;
  uint64_t expected;
} percuss_stream_event;

static inline void percuss_stream_drop(percuss_stream_decoder *decoder, size_t count) {
  decoder->head += count;
  decoder->position += count;
  if (decoder->head == decoder->tail) decoder->head = decoder->tail = 0;
}

static inline bool percuss_stream_fill(percuss_stream_decoder *decoder, size_t needed, const uint8_t *bytes,
    size_t count, size_t *offset) {
  if (decoder->head + needed > sizeof decoder->buffer) {
    memmove(decoder->buffer, decoder->buffer + decoder->head, decoder->tail - decoder->head);
    decoder->tail -= decoder->head;
    decoder->head = 0;
  }
  while (decoder->tail - decoder->head < needed) {
    if (*offset >= count) return false;
    decoder->buffer[decoder->tail++] = bytes[(*offset)++];
  }
  return true;
}

static inline percuss_stream_event percuss_stream_refuse(percuss_stream_decoder *decoder, percuss_stream_kind kind,
    uint64_t value, uint64_t expected) {
  percuss_stream_event event = { kind, 0, NULL, 0, decoder->position, value, expected };
  percuss_stream_drop(decoder, 1);
  return event;
}

/*
 * The next frame or mistake in `bytes` from `*offset` on, which moves behind what was used. Call it until there is no more. With
 * `at_end` the rest of an unfinished frame is given up. After a mistake only the start byte is lost: a frame that began within
 * a damaged one is still found.
 */
static inline percuss_stream_event percuss_stream_next(percuss_stream_decoder *decoder, const uint8_t *bytes,
    size_t count, size_t *offset, bool at_end) {
  percuss_stream_event more = { PERCUSS_STREAM_MORE, 0, NULL, 0, decoder->position, 0, 0 };
  percuss_stream_drop(decoder, decoder->delivered);
  decoder->delivered = 0;
  while (decoder->head < decoder->tail && decoder->buffer[decoder->head] != PERCUSS_STREAM_START) {
    percuss_stream_drop(decoder, 1);
    decoder->noise++;
  }
  while (decoder->head == decoder->tail && *offset < count) {
    uint8_t byte = bytes[(*offset)++];
    if (byte == PERCUSS_STREAM_START) {
      decoder->buffer[0] = byte;
      decoder->tail = 1;
    } else {
      decoder->position++;
      decoder->noise++;
    }
  }
  bool found = decoder->tail > decoder->head;
  if (decoder->noise > 0 && (found || at_end)) {
    uint64_t noise = decoder->noise;
    decoder->noise = 0;
    return (percuss_stream_event){ PERCUSS_STREAM_NOISE, 0, NULL, 0, decoder->position - noise, noise, 0 };
  }
  if (!found) return more;
  if (!percuss_stream_fill(decoder, 4, bytes, count, offset)) {
    if (!at_end) return more;
    return percuss_stream_refuse(decoder, PERCUSS_STREAM_TRUNCATED, decoder->tail - decoder->head,
        PERCUSS_STREAM_OVERHEAD);
  }
  size_t length = percuss_read_u16(decoder->buffer + decoder->head + 2);
  if (length > PERCUSS_STREAM_PAYLOAD_MAXIMUM) return percuss_stream_refuse(decoder, PERCUSS_STREAM_LENGTH, length, 0);
  size_t total = length + PERCUSS_STREAM_OVERHEAD;
  if (!percuss_stream_fill(decoder, total, bytes, count, offset)) {
    if (!at_end) return more;
    return percuss_stream_refuse(decoder, PERCUSS_STREAM_TRUNCATED, decoder->tail - decoder->head, total);
  }
  const uint8_t *frame = decoder->buffer + decoder->head;
  uint16_t expected = percuss_crc16(0xFFFF, frame + 1, length + 3);
  uint16_t checksum = percuss_read_u16(frame + 4 + length);
  if (checksum != expected) return percuss_stream_refuse(decoder, PERCUSS_STREAM_CHECKSUM, checksum, expected);
  decoder->delivered = total;
  return (percuss_stream_event){ PERCUSS_STREAM_FRAME, frame[1], frame + 4, length, decoder->position, 0, 0 };
}

#endif
