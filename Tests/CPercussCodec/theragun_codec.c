#include "theragun_codec.h"

enum { REQUEST, NOTIFICATION };

int theragun_codec_message(const char *name) {
  if (strcmp(name, "request") == 0) return REQUEST;
  if (strcmp(name, "notification") == 0) return NOTIFICATION;
  return -1;
}

bool theragun_codec_decode(int message, const uint8_t *bytes, size_t count, theragun_codec_value *value, theragun_gen4_error *error) {
  if (message == REQUEST) return theragun_gen4_request_decode(bytes, count, &value->request, error);
  return theragun_gen4_notification_decode(bytes, count, &value->notification, error);
}

size_t theragun_codec_encode(int message, const theragun_codec_value *value, uint8_t *bytes, size_t capacity, theragun_gen4_error *error) {
  if (message == REQUEST) return theragun_gen4_request_encode(&value->request, bytes, capacity, error);
  return theragun_gen4_notification_encode(&value->notification, bytes, capacity, error);
}

size_t theragun_codec_fields(int message, const theragun_codec_value *value, percuss_codec_field *fields, size_t capacity) {
  percuss_codec_field found[4];
  size_t count = 0;
#define FIELD(variant, name, member) \
  found[count++] = (percuss_codec_field){ variant, name, member, false, sizeof(member) == 8, NULL }
  if (message == REQUEST) {
    switch (value->request.body) {
      case THERAGUN_GEN4_REQUEST_SET_SPEED: FIELD("set_speed", "speed", value->request.as.set_speed.speed_rpm); break;
      case THERAGUN_GEN4_REQUEST_STATUS: found[count++] = (percuss_codec_field){ .variant = "status" }; break;
      case THERAGUN_GEN4_REQUEST_VERSION: found[count++] = (percuss_codec_field){ .variant = "version" }; break;
    }
  } else {
    switch (value->notification.body) {
      case THERAGUN_GEN4_NOTIFICATION_STATUS:
        FIELD("status", "unknown_byte", value->notification.as.status.unknown_byte);
        FIELD("status", "motion", value->notification.as.status.motion);
        FIELD("status", "unknown_bytes", value->notification.as.status.unknown_bytes);
        FIELD("status", "speed", value->notification.as.status.speed_rpm);
        break;
      case THERAGUN_GEN4_NOTIFICATION_VERSION:
        FIELD("version", "unknown_byte", value->notification.as.version.unknown_byte);
        FIELD("version", "unknown_bytes", value->notification.as.version.unknown_bytes);
        FIELD("version", "version", value->notification.as.version.version);
        break;
    }
  }
  for (size_t i = 0; i < count && i < capacity; i++) fields[i] = found[i];
  return count;
}
