/*
 * The generated C codec behind plain functions that are the same for every message, for the tests and benchmarks that compare it
 * with the Swift one. Messages go by their place in percuss_codec_messages.
 */
#ifndef PERCUSS_CODEC_H
#define PERCUSS_CODEC_H

#include "../../../protocol-spec/generated/percuss.h"

/* One decoded value of any message. */
typedef union {
  percuss_device_feature device_feature;
  percuss_control_request control_request;
  percuss_control_response control_response;
  percuss_telemetry telemetry;
  percuss_device_event device_event;
  percuss_routine_data routine_data;
  percuss_routine_status routine_status;
  percuss_clock_request clock_request;
  percuss_clock_reply clock_reply;
} percuss_codec_value;

/* The message's place, or -1. */
int percuss_codec_message(const char *name);

bool percuss_codec_decode(int message, const uint8_t *bytes, size_t count, percuss_codec_value *value, percuss_error *error);
size_t percuss_codec_encode(int message, const percuss_codec_value *value, uint8_t *bytes, size_t capacity,
    percuss_error *error);

/* One field of a decoded value, in the names of the specification. */
typedef struct {
  const char *variant; /* NULL in the header */
  const char *field;   /* NULL for a variant without fields; "segment.duration" within a record */
  uint64_t number;
  bool is_negative;       /* then the number is a two's complement */
  bool is_wide;           /* 64 bits */
  const uint8_t *payload; /* for bytes, with the number of them */
} percuss_codec_field;

/* Fills in at most `capacity` fields of a decoded value and returns how many there are. */
size_t percuss_codec_fields(int message, const percuss_codec_value *value, percuss_codec_field *fields, size_t capacity);

/* For the benchmarks: one frame of a mix. */
typedef struct {
  const uint8_t *bytes;
  size_t count;
  int message;
} percuss_codec_frame;

/* Decode or encode every frame once; the number of those that went well, and of bytes written. */
size_t percuss_codec_decode_all(const percuss_codec_frame *frames, size_t count, percuss_codec_value *values);
size_t percuss_codec_encode_all(const percuss_codec_frame *frames, size_t count, const percuss_codec_value *values,
    uint8_t *bytes, size_t capacity);

/* Calls of malloc and its relatives by this thread so far; -1 where they are not counted (another C library, a sanitizer). */
int64_t percuss_codec_allocations(void);

#include "theragun_codec.h"

#endif
