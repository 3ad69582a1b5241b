/*
 * The generated C codec of Theragun generation 4 behind plain functions that are the same for every message, for the tests that compare it
 * with the Swift one. Messages go by their place in theragun_codec_messages.
 */
#ifndef THERAGUN_CODEC_H
#define THERAGUN_CODEC_H

#include "../../../protocol-spec/generated/theragun_gen4.h"
#include "percuss_codec.h"

/* One decoded value of any message. */
typedef union {
  theragun_gen4_request request;
  theragun_gen4_notification notification;
} theragun_codec_value;

/* The message's place, or -1. */
int theragun_codec_message(const char *name);

bool theragun_codec_decode(int message, const uint8_t *bytes, size_t count, theragun_codec_value *value, theragun_gen4_error *error);
size_t theragun_codec_encode(int message, const theragun_codec_value *value, uint8_t *bytes, size_t capacity, theragun_gen4_error *error);

/* Fills in at most `capacity` fields of a decoded value and returns how many there are. */
size_t theragun_codec_fields(int message, const theragun_codec_value *value, percuss_codec_field *fields, size_t capacity);

#endif
