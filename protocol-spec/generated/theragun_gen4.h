/*
 * The Theragun generation 4 wire protocol, for firmware: C11, header only, without allocation.
 *
 * Written by protocol-generator from protocol-spec/theragun-gen4.yaml: change that page, then run `make generate`.
 *
 * Unofficial: from the public documentation of the Buttplug project (docs.buttplug.io, stpihkal/protocols/theragun,
 * issue stpihkal#127), made for interoperability, not tried on hardware.
 *
 *   theragun_gen4_request message;
 *   theragun_gen4_error error;
 *   if (!theragun_gen4_request_decode(bytes, count, &message, &error)) refuse(&error);
 *
 * Every message and record has a decode function, which returns false and fills the error (NULL is allowed) when the bytes
 * are wrong, and an encode function, which returns the bytes written, or 0 and fills the error. Lengths are checked before
 * values, the header before what follows; the first mistake is reported. Bytes behind the last known field are ignored, unless
 * a message has none.
 */
#ifndef THERAGUN_GEN4_H
#define THERAGUN_GEN4_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Identification */

enum {
  THERAGUN_GEN4_UUID_THERAGUN_SERVICE = 0xFFE0, /* Theragun Service */
  THERAGUN_GEN4_UUID_NOTIFY           = 0xFFE1, /* Theragun Notify */
  THERAGUN_GEN4_UUID_WRITE            = 0xFFE2, /* Theragun Write */
};

/* Constants */

/* Highest speed of Pro and Elite. */
#define THERAGUN_GEN4_SPEED_MAXIMUM_RPM       3616
/* Highest speed of Prime. */
#define THERAGUN_GEN4_SPEED_MAXIMUM_PRIME_RPM 3584

/* What a request asks for. */
typedef uint8_t theragun_gen4_request_kind;
enum {
  THERAGUN_GEN4_REQUEST_KIND_SET_SPEED = 0x01, /* Drive the motor. */
  THERAGUN_GEN4_REQUEST_KIND_STATUS    = 0x10, /* Say what the motor does. */
  THERAGUN_GEN4_REQUEST_KIND_VERSION   = 0x20, /* Say which firmware it is. */
};

/* What a notification tells. */
typedef uint8_t theragun_gen4_notification_kind;
enum {
  THERAGUN_GEN4_NOTIFICATION_KIND_STATUS  = 0x10, /* What the motor does. */
  THERAGUN_GEN4_NOTIFICATION_KIND_VERSION = 0x20, /* Which firmware it is. */
};

/* Whether the motor runs. That it is a flag is public, its values are not: 0 and 1 are the usual ones. Open: other values are kept. */
typedef uint8_t theragun_gen4_motion;
enum {
  THERAGUN_GEN4_MOTION_AT_REST = 0x00, /* It does not run. */
  THERAGUN_GEN4_MOTION_RUNNING = 0x01, /* It runs. */
};

/* A field, or a whole header, variant or record: the group in the high byte, the field in it counted from 1 in the low one. */
typedef uint16_t theragun_gen4_field;
enum {
  THERAGUN_GEN4_FIELD_REQUEST = 0x0100,
  THERAGUN_GEN4_FIELD_REQUEST_START = 0x0101,
  THERAGUN_GEN4_FIELD_REQUEST_CHECKSUM = 0x0102,
  THERAGUN_GEN4_FIELD_REQUEST_KIND = 0x0103,
  THERAGUN_GEN4_FIELD_NOTIFICATION = 0x0200,
  THERAGUN_GEN4_FIELD_NOTIFICATION_START = 0x0201,
  THERAGUN_GEN4_FIELD_NOTIFICATION_CHECKSUM = 0x0202,
  THERAGUN_GEN4_FIELD_NOTIFICATION_KIND = 0x0203,
  THERAGUN_GEN4_FIELD_REQUEST_SET_SPEED = 0x4000,
  THERAGUN_GEN4_FIELD_REQUEST_SET_SPEED_FIXED = 0x4001,
  THERAGUN_GEN4_FIELD_REQUEST_SET_SPEED_SPEED = 0x4002,
  THERAGUN_GEN4_FIELD_REQUEST_SET_SPEED_END = 0x4003,
  THERAGUN_GEN4_FIELD_REQUEST_STATUS = 0x4100,
  THERAGUN_GEN4_FIELD_REQUEST_STATUS_FIXED = 0x4101,
  THERAGUN_GEN4_FIELD_REQUEST_VERSION = 0x4200,
  THERAGUN_GEN4_FIELD_REQUEST_VERSION_FIXED = 0x4201,
  THERAGUN_GEN4_FIELD_NOTIFICATION_STATUS = 0x4300,
  THERAGUN_GEN4_FIELD_NOTIFICATION_STATUS_UNKNOWN_BYTE = 0x4301,
  THERAGUN_GEN4_FIELD_NOTIFICATION_STATUS_MOTION = 0x4302,
  THERAGUN_GEN4_FIELD_NOTIFICATION_STATUS_UNKNOWN_BYTES = 0x4303,
  THERAGUN_GEN4_FIELD_NOTIFICATION_STATUS_SPEED = 0x4304,
  THERAGUN_GEN4_FIELD_NOTIFICATION_VERSION = 0x4400,
  THERAGUN_GEN4_FIELD_NOTIFICATION_VERSION_UNKNOWN_BYTE = 0x4401,
  THERAGUN_GEN4_FIELD_NOTIFICATION_VERSION_UNKNOWN_BYTES = 0x4402,
  THERAGUN_GEN4_FIELD_NOTIFICATION_VERSION_VERSION = 0x4403,
};

/* Errors */

typedef enum {
  THERAGUN_GEN4_OK,
  THERAGUN_GEN4_TRUNCATED,           /* available: value, needed: minimum */
  THERAGUN_GEN4_OUT_OF_RANGE,        /* value, minimum, maximum */
  THERAGUN_GEN4_UNKNOWN_VALUE,       /* value */
  THERAGUN_GEN4_RESERVED_BITS,       /* those that are set: value */
  THERAGUN_GEN4_UNEXPECTED_CONSTANT, /* value, expected: minimum */
  THERAGUN_GEN4_CHECKSUM_MISMATCH,   /* value, expected: minimum */
  THERAGUN_GEN4_TOO_LONG,            /* length: value, maximum */
  THERAGUN_GEN4_NO_SPACE,            /* available: value, needed: minimum */
  THERAGUN_GEN4_INCONSISTENT_BODY,   /* the header does not announce this body */
} theragun_gen4_reason;

typedef struct {
  theragun_gen4_reason reason;
  theragun_gen4_field field; /* for a truncated value the first that is not whole */
  size_t offset;        /* of the field's first byte in the value */
  int64_t value;        /* what the reason says about these three */
  int64_t minimum;
  int64_t maximum;
} theragun_gen4_error;

/* The first byte of a field in its message, or of a record's field in the record; -1 for a group of fields. */
static inline int theragun_gen4_field_offset(theragun_gen4_field field) {
  switch (field) {
    case 0x0101: return 0;
    case 0x0102: return 1;
    case 0x0103: return 2;
    case 0x0201: return 0;
    case 0x0202: return 1;
    case 0x0203: return 2;
    case 0x4001: return 3;
    case 0x4002: return 4;
    case 0x4003: return 6;
    case 0x4101: return 3;
    case 0x4201: return 3;
    case 0x4301: return 3;
    case 0x4302: return 4;
    case 0x4303: return 5;
    case 0x4304: return 13;
    case 0x4401: return 3;
    case 0x4402: return 4;
    case 0x4403: return 12;
    default: return -1;
  }
}

/* The path in the specification. */
static inline const char *theragun_gen4_field_name(theragun_gen4_field field) {
  switch (field) {
    case 0x0100: return "request";
    case 0x0101: return "request.start";
    case 0x0102: return "request.checksum";
    case 0x0103: return "request.kind";
    case 0x0200: return "notification";
    case 0x0201: return "notification.start";
    case 0x0202: return "notification.checksum";
    case 0x0203: return "notification.kind";
    case 0x4000: return "request.set_speed";
    case 0x4001: return "request.set_speed.fixed";
    case 0x4002: return "request.set_speed.speed";
    case 0x4003: return "request.set_speed.end";
    case 0x4100: return "request.status";
    case 0x4101: return "request.status.fixed";
    case 0x4200: return "request.version";
    case 0x4201: return "request.version.fixed";
    case 0x4300: return "notification.status";
    case 0x4301: return "notification.status.unknown_byte";
    case 0x4302: return "notification.status.motion";
    case 0x4303: return "notification.status.unknown_bytes";
    case 0x4304: return "notification.status.speed";
    case 0x4400: return "notification.version";
    case 0x4401: return "notification.version.unknown_byte";
    case 0x4402: return "notification.version.unknown_bytes";
    case 0x4403: return "notification.version.version";
    default: return "unknown";
  }
}

/* The place of a variant's field, counted from 0 after the header with the fields of a record one by one; -1 for another field. */
static inline int theragun_gen4_field_parameter(theragun_gen4_field field) {
  return field >= 0x4000 && (field & 0xFF) != 0 ? (field & 0xFF) - 1 : -1;
}

static inline bool theragun_gen4_fail(theragun_gen4_error *error, theragun_gen4_reason reason,
    theragun_gen4_field field, size_t offset, int64_t value, int64_t minimum, int64_t maximum) {
  if (error != NULL) *error = (theragun_gen4_error){ reason, field, offset, value, minimum, maximum };
  return false;
}

/* A part that begins at `base` and does not fit: names the first of its fields that is not whole. */
static inline bool theragun_gen4_truncated(theragun_gen4_error *error, theragun_gen4_field part, size_t base,
    size_t needed, size_t available) {
  theragun_gen4_field field = (theragun_gen4_field)(part + 1);
  for (;;) {
    int next = theragun_gen4_field_offset((theragun_gen4_field)(field + 1));
    if (next < 0 || base + (size_t)next > available) break;
    field++;
  }
  return theragun_gen4_fail(error, THERAGUN_GEN4_TRUNCATED, field, base + (size_t)theragun_gen4_field_offset(field),
      (int64_t)available, (int64_t)(base + needed), 0);
}

/* Bytes */

static inline uint8_t theragun_gen4_read_u8(const uint8_t *bytes) {
  return bytes[0];
}

static inline void theragun_gen4_write_u8(uint8_t *bytes, uint8_t value) {
  bytes[0] = value;
}

static inline uint16_t theragun_gen4_read_u16(const uint8_t *bytes) {
  return (uint16_t)((uint32_t)bytes[0] << 8 | bytes[1]);
}

static inline void theragun_gen4_write_u16(uint8_t *bytes, uint16_t value) {
  bytes[0] = (uint8_t)(value >> 8);
  bytes[1] = (uint8_t)value;
}

static inline uint32_t theragun_gen4_read_u32(const uint8_t *bytes) {
  return (uint32_t)((uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3]);
}

static inline void theragun_gen4_write_u32(uint8_t *bytes, uint32_t value) {
  bytes[0] = (uint8_t)(value >> 24);
  bytes[1] = (uint8_t)(value >> 16);
  bytes[2] = (uint8_t)(value >> 8);
  bytes[3] = (uint8_t)value;
}

static inline uint64_t theragun_gen4_read_u64(const uint8_t *bytes) {
  return (uint64_t)((uint64_t)bytes[0] << 56 | (uint64_t)bytes[1] << 48 | (uint64_t)bytes[2] << 40 |
      (uint64_t)bytes[3] << 32 | (uint64_t)bytes[4] << 24 | (uint64_t)bytes[5] << 16 | (uint64_t)bytes[6] << 8 |
      bytes[7]);
}

static inline void theragun_gen4_write_u64(uint8_t *bytes, uint64_t value) {
  bytes[0] = (uint8_t)(value >> 56);
  bytes[1] = (uint8_t)(value >> 48);
  bytes[2] = (uint8_t)(value >> 40);
  bytes[3] = (uint8_t)(value >> 32);
  bytes[4] = (uint8_t)(value >> 24);
  bytes[5] = (uint8_t)(value >> 16);
  bytes[6] = (uint8_t)(value >> 8);
  bytes[7] = (uint8_t)value;
}

static inline int8_t theragun_gen4_read_i8(const uint8_t *bytes) {
  return (int8_t)bytes[0];
}

static inline void theragun_gen4_write_i8(uint8_t *bytes, int8_t value) {
  bytes[0] = (uint8_t)value;
}

static inline int16_t theragun_gen4_read_i16(const uint8_t *bytes) {
  return (int16_t)(uint16_t)((uint32_t)bytes[0] << 8 | bytes[1]);
}

static inline void theragun_gen4_write_i16(uint8_t *bytes, int16_t value) {
  bytes[0] = (uint8_t)((uint16_t)value >> 8);
  bytes[1] = (uint8_t)value;
}

static inline int32_t theragun_gen4_read_i32(const uint8_t *bytes) {
  return (int32_t)(uint32_t)((uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3]);
}

static inline void theragun_gen4_write_i32(uint8_t *bytes, int32_t value) {
  bytes[0] = (uint8_t)((uint32_t)value >> 24);
  bytes[1] = (uint8_t)((uint32_t)value >> 16);
  bytes[2] = (uint8_t)((uint32_t)value >> 8);
  bytes[3] = (uint8_t)value;
}

static inline int64_t theragun_gen4_read_i64(const uint8_t *bytes) {
  return (int64_t)(uint64_t)((uint64_t)bytes[0] << 56 | (uint64_t)bytes[1] << 48 | (uint64_t)bytes[2] << 40 |
      (uint64_t)bytes[3] << 32 | (uint64_t)bytes[4] << 24 | (uint64_t)bytes[5] << 16 | (uint64_t)bytes[6] << 8 |
      bytes[7]);
}

static inline void theragun_gen4_write_i64(uint8_t *bytes, int64_t value) {
  bytes[0] = (uint8_t)((uint64_t)value >> 56);
  bytes[1] = (uint8_t)((uint64_t)value >> 48);
  bytes[2] = (uint8_t)((uint64_t)value >> 40);
  bytes[3] = (uint8_t)((uint64_t)value >> 32);
  bytes[4] = (uint8_t)((uint64_t)value >> 24);
  bytes[5] = (uint8_t)((uint64_t)value >> 16);
  bytes[6] = (uint8_t)((uint64_t)value >> 8);
  bytes[7] = (uint8_t)value;
}

/* The low eight bits of the sum of the bytes. */
static inline uint8_t theragun_gen4_sum8(const uint8_t *bytes, size_t count) {
  uint8_t sum = 0;
  for (size_t i = 0; i < count; i++) sum = (uint8_t)(sum + bytes[i]);
  return sum;
}

/* Checks of values */

static inline bool theragun_gen4_request_kind_is_known(theragun_gen4_request_kind value) {
  switch (value) {
    case THERAGUN_GEN4_REQUEST_KIND_SET_SPEED:
    case THERAGUN_GEN4_REQUEST_KIND_STATUS:
    case THERAGUN_GEN4_REQUEST_KIND_VERSION:
      return true;
    default:
      return false;
  }
}

static inline bool theragun_gen4_notification_kind_is_known(theragun_gen4_notification_kind value) {
  switch (value) {
    case THERAGUN_GEN4_NOTIFICATION_KIND_STATUS:
    case THERAGUN_GEN4_NOTIFICATION_KIND_VERSION:
      return true;
    default:
      return false;
  }
}

/* Messages */

/* Which member of `theragun_gen4_request.as` holds the body. */
typedef enum {
  THERAGUN_GEN4_REQUEST_SET_SPEED,
  THERAGUN_GEN4_REQUEST_STATUS,
  THERAGUN_GEN4_REQUEST_VERSION,
} theragun_gen4_request_body;

/* A request to the device. */
typedef struct {
  theragun_gen4_request_body body;
  union {
    /* Drive the motor. */
    struct {
      uint16_t speed_rpm; /* Speed of the motor; 0 stops it. Not a number of percussions. In revolutions per minute of the motor, 0...3616. */
    } set_speed;
  } as;
} theragun_gen4_request;

enum { THERAGUN_GEN4_REQUEST_MAXIMUM = 7 };

static inline bool theragun_gen4_request_decode(const uint8_t *bytes, size_t count, theragun_gen4_request *message,
    theragun_gen4_error *error) {
  if (count < 3) return theragun_gen4_truncated(error, THERAGUN_GEN4_FIELD_REQUEST, 0, 3, count);
  if (theragun_gen4_read_u8(bytes) != 0xAA) {
    return theragun_gen4_fail(error, THERAGUN_GEN4_UNEXPECTED_CONSTANT, THERAGUN_GEN4_FIELD_REQUEST_START, 0,
        theragun_gen4_read_u8(bytes), 0xAA, 0);
  }
  uint8_t checksum_expected = theragun_gen4_sum8(bytes + 2, count - 2);
  if (bytes[1] != checksum_expected) {
    return theragun_gen4_fail(error, THERAGUN_GEN4_CHECKSUM_MISMATCH, THERAGUN_GEN4_FIELD_REQUEST_CHECKSUM, 1,
        bytes[1], checksum_expected, 0);
  }
  theragun_gen4_request_kind kind = theragun_gen4_read_u8(bytes + 2);
  if (!theragun_gen4_request_kind_is_known(kind)) {
    return theragun_gen4_fail(error, THERAGUN_GEN4_UNKNOWN_VALUE, THERAGUN_GEN4_FIELD_REQUEST_KIND, 2, kind, 0, 0);
  }
  switch (kind) {
    case THERAGUN_GEN4_REQUEST_KIND_SET_SPEED:
      if (count < 7) return theragun_gen4_truncated(error, THERAGUN_GEN4_FIELD_REQUEST_SET_SPEED, 0, 7, count);
      if (count > 7) return theragun_gen4_fail(error, THERAGUN_GEN4_TOO_LONG, THERAGUN_GEN4_FIELD_REQUEST_SET_SPEED, 7,
          (int64_t)count, 0, 7);
      message->body = THERAGUN_GEN4_REQUEST_SET_SPEED;
      if (theragun_gen4_read_u8(bytes + 3) != 0x03) {
        return theragun_gen4_fail(error, THERAGUN_GEN4_UNEXPECTED_CONSTANT,
            THERAGUN_GEN4_FIELD_REQUEST_SET_SPEED_FIXED, 3, theragun_gen4_read_u8(bytes + 3), 0x03, 0);
      }
      message->as.set_speed.speed_rpm = theragun_gen4_read_u16(bytes + 4);
      if (message->as.set_speed.speed_rpm > 3616) {
        return theragun_gen4_fail(error, THERAGUN_GEN4_OUT_OF_RANGE, THERAGUN_GEN4_FIELD_REQUEST_SET_SPEED_SPEED, 4,
            message->as.set_speed.speed_rpm, 0, 3616);
      }
      if (theragun_gen4_read_u8(bytes + 6) != 0x03) {
        return theragun_gen4_fail(error, THERAGUN_GEN4_UNEXPECTED_CONSTANT, THERAGUN_GEN4_FIELD_REQUEST_SET_SPEED_END,
            6, theragun_gen4_read_u8(bytes + 6), 0x03, 0);
      }
      return true;
    case THERAGUN_GEN4_REQUEST_KIND_STATUS:
      if (count < 4) return theragun_gen4_truncated(error, THERAGUN_GEN4_FIELD_REQUEST_STATUS, 0, 4, count);
      if (count > 4) return theragun_gen4_fail(error, THERAGUN_GEN4_TOO_LONG, THERAGUN_GEN4_FIELD_REQUEST_STATUS, 4,
          (int64_t)count, 0, 4);
      message->body = THERAGUN_GEN4_REQUEST_STATUS;
      if (theragun_gen4_read_u8(bytes + 3) != 0x00) {
        return theragun_gen4_fail(error, THERAGUN_GEN4_UNEXPECTED_CONSTANT, THERAGUN_GEN4_FIELD_REQUEST_STATUS_FIXED,
            3, theragun_gen4_read_u8(bytes + 3), 0x00, 0);
      }
      return true;
    case THERAGUN_GEN4_REQUEST_KIND_VERSION:
      if (count < 4) return theragun_gen4_truncated(error, THERAGUN_GEN4_FIELD_REQUEST_VERSION, 0, 4, count);
      if (count > 4) return theragun_gen4_fail(error, THERAGUN_GEN4_TOO_LONG, THERAGUN_GEN4_FIELD_REQUEST_VERSION, 4,
          (int64_t)count, 0, 4);
      message->body = THERAGUN_GEN4_REQUEST_VERSION;
      if (theragun_gen4_read_u8(bytes + 3) != 0x00) {
        return theragun_gen4_fail(error, THERAGUN_GEN4_UNEXPECTED_CONSTANT, THERAGUN_GEN4_FIELD_REQUEST_VERSION_FIXED,
            3, theragun_gen4_read_u8(bytes + 3), 0x00, 0);
      }
      return true;
    default:
      break;
  }
  return theragun_gen4_fail(error, THERAGUN_GEN4_UNKNOWN_VALUE, THERAGUN_GEN4_FIELD_REQUEST_KIND, 2, kind, 0, 0);
}

static inline size_t theragun_gen4_request_encode(const theragun_gen4_request *message, uint8_t *bytes,
    size_t capacity, theragun_gen4_error *error) {
  theragun_gen4_request_kind kind = 0;
  size_t length = 3;
  switch (message->body) {
    case THERAGUN_GEN4_REQUEST_SET_SPEED:
      if (message->as.set_speed.speed_rpm > 3616) {
        return theragun_gen4_fail(error, THERAGUN_GEN4_OUT_OF_RANGE, THERAGUN_GEN4_FIELD_REQUEST_SET_SPEED_SPEED, 4,
            message->as.set_speed.speed_rpm, 0, 3616);
      }
      length = 7;
      if (capacity < length) {
        return theragun_gen4_fail(error, THERAGUN_GEN4_NO_SPACE, THERAGUN_GEN4_FIELD_REQUEST_SET_SPEED, 0,
            (int64_t)capacity, (int64_t)length, 0);
      }
      kind = THERAGUN_GEN4_REQUEST_KIND_SET_SPEED;
      theragun_gen4_write_u8(bytes + 3, 0x03);
      theragun_gen4_write_u16(bytes + 4, message->as.set_speed.speed_rpm);
      theragun_gen4_write_u8(bytes + 6, 0x03);
      break;
    case THERAGUN_GEN4_REQUEST_STATUS:
      length = 4;
      if (capacity < length) {
        return theragun_gen4_fail(error, THERAGUN_GEN4_NO_SPACE, THERAGUN_GEN4_FIELD_REQUEST_STATUS, 0,
            (int64_t)capacity, (int64_t)length, 0);
      }
      kind = THERAGUN_GEN4_REQUEST_KIND_STATUS;
      theragun_gen4_write_u8(bytes + 3, 0x00);
      break;
    case THERAGUN_GEN4_REQUEST_VERSION:
      length = 4;
      if (capacity < length) {
        return theragun_gen4_fail(error, THERAGUN_GEN4_NO_SPACE, THERAGUN_GEN4_FIELD_REQUEST_VERSION, 0,
            (int64_t)capacity, (int64_t)length, 0);
      }
      kind = THERAGUN_GEN4_REQUEST_KIND_VERSION;
      theragun_gen4_write_u8(bytes + 3, 0x00);
      break;
    default:
      return theragun_gen4_fail(error, THERAGUN_GEN4_INCONSISTENT_BODY, THERAGUN_GEN4_FIELD_REQUEST, 3,
          (int64_t)message->body, 0, 0);
  }
  theragun_gen4_write_u8(bytes, 0xAA);
  theragun_gen4_write_u8(bytes + 2, kind);
  bytes[1] = theragun_gen4_sum8(bytes + 2, length - 2);
  return length;
}

/* Which member of `theragun_gen4_notification.as` holds the body. */
typedef enum {
  THERAGUN_GEN4_NOTIFICATION_STATUS,
  THERAGUN_GEN4_NOTIFICATION_VERSION,
} theragun_gen4_notification_body;

/* An answer of the device. */
typedef struct {
  theragun_gen4_notification_body body;
  union {
    /* What the motor does. A force follows the speed; its layout is not public. */
    struct {
      uint8_t unknown_byte;        /* What it means is not public. */
      theragun_gen4_motion motion; /* Whether the motor runs. */
      uint64_t unknown_bytes;      /* What these eight bytes mean is not public. */
      uint16_t speed_rpm;          /* Speed of the motor. In revolutions per minute of the motor. */
    } status;
    /* Which firmware it is. */
    struct {
      uint8_t unknown_byte;   /* What it means is not public. */
      uint64_t unknown_bytes; /* What these eight bytes mean is not public. */
      uint16_t version;       /* v: the major version is v / 100, the minor one v % 100 / 10, the patch v % 10. */
    } version;
  } as;
} theragun_gen4_notification;

enum { THERAGUN_GEN4_NOTIFICATION_MAXIMUM = 512 };

static inline bool theragun_gen4_notification_decode(const uint8_t *bytes, size_t count,
    theragun_gen4_notification *message, theragun_gen4_error *error) {
  if (count < 3) return theragun_gen4_truncated(error, THERAGUN_GEN4_FIELD_NOTIFICATION, 0, 3, count);
  if (theragun_gen4_read_u8(bytes) != 0xBB) {
    return theragun_gen4_fail(error, THERAGUN_GEN4_UNEXPECTED_CONSTANT, THERAGUN_GEN4_FIELD_NOTIFICATION_START, 0,
        theragun_gen4_read_u8(bytes), 0xBB, 0);
  }
  uint8_t checksum_expected = theragun_gen4_sum8(bytes + 2, count - 2);
  if (bytes[1] != checksum_expected) {
    return theragun_gen4_fail(error, THERAGUN_GEN4_CHECKSUM_MISMATCH, THERAGUN_GEN4_FIELD_NOTIFICATION_CHECKSUM, 1,
        bytes[1], checksum_expected, 0);
  }
  theragun_gen4_notification_kind kind = theragun_gen4_read_u8(bytes + 2);
  if (!theragun_gen4_notification_kind_is_known(kind)) {
    return theragun_gen4_fail(error, THERAGUN_GEN4_UNKNOWN_VALUE, THERAGUN_GEN4_FIELD_NOTIFICATION_KIND, 2, kind, 0, 0);
  }
  switch (kind) {
    case THERAGUN_GEN4_NOTIFICATION_KIND_STATUS:
      if (count < 15) return theragun_gen4_truncated(error, THERAGUN_GEN4_FIELD_NOTIFICATION_STATUS, 0, 15, count);
      message->body = THERAGUN_GEN4_NOTIFICATION_STATUS;
      message->as.status.unknown_byte = theragun_gen4_read_u8(bytes + 3);
      message->as.status.motion = theragun_gen4_read_u8(bytes + 4);
      message->as.status.unknown_bytes = theragun_gen4_read_u64(bytes + 5);
      message->as.status.speed_rpm = theragun_gen4_read_u16(bytes + 13);
      return true;
    case THERAGUN_GEN4_NOTIFICATION_KIND_VERSION:
      if (count < 14) return theragun_gen4_truncated(error, THERAGUN_GEN4_FIELD_NOTIFICATION_VERSION, 0, 14, count);
      message->body = THERAGUN_GEN4_NOTIFICATION_VERSION;
      message->as.version.unknown_byte = theragun_gen4_read_u8(bytes + 3);
      message->as.version.unknown_bytes = theragun_gen4_read_u64(bytes + 4);
      message->as.version.version = theragun_gen4_read_u16(bytes + 12);
      return true;
    default:
      break;
  }
  return theragun_gen4_fail(error, THERAGUN_GEN4_UNKNOWN_VALUE, THERAGUN_GEN4_FIELD_NOTIFICATION_KIND, 2, kind, 0, 0);
}

static inline size_t theragun_gen4_notification_encode(const theragun_gen4_notification *message, uint8_t *bytes,
    size_t capacity, theragun_gen4_error *error) {
  theragun_gen4_notification_kind kind = 0;
  size_t length = 3;
  switch (message->body) {
    case THERAGUN_GEN4_NOTIFICATION_STATUS:
      length = 15;
      if (capacity < length) {
        return theragun_gen4_fail(error, THERAGUN_GEN4_NO_SPACE, THERAGUN_GEN4_FIELD_NOTIFICATION_STATUS, 0,
            (int64_t)capacity, (int64_t)length, 0);
      }
      kind = THERAGUN_GEN4_NOTIFICATION_KIND_STATUS;
      theragun_gen4_write_u8(bytes + 3, message->as.status.unknown_byte);
      theragun_gen4_write_u8(bytes + 4, message->as.status.motion);
      theragun_gen4_write_u64(bytes + 5, message->as.status.unknown_bytes);
      theragun_gen4_write_u16(bytes + 13, message->as.status.speed_rpm);
      break;
    case THERAGUN_GEN4_NOTIFICATION_VERSION:
      length = 14;
      if (capacity < length) {
        return theragun_gen4_fail(error, THERAGUN_GEN4_NO_SPACE, THERAGUN_GEN4_FIELD_NOTIFICATION_VERSION, 0,
            (int64_t)capacity, (int64_t)length, 0);
      }
      kind = THERAGUN_GEN4_NOTIFICATION_KIND_VERSION;
      theragun_gen4_write_u8(bytes + 3, message->as.version.unknown_byte);
      theragun_gen4_write_u64(bytes + 4, message->as.version.unknown_bytes);
      theragun_gen4_write_u16(bytes + 12, message->as.version.version);
      break;
    default:
      return theragun_gen4_fail(error, THERAGUN_GEN4_INCONSISTENT_BODY, THERAGUN_GEN4_FIELD_NOTIFICATION, 3,
          (int64_t)message->body, 0, 0);
  }
  theragun_gen4_write_u8(bytes, 0xBB);
  theragun_gen4_write_u8(bytes + 2, kind);
  bytes[1] = theragun_gen4_sum8(bytes + 2, length - 2);
  return length;
}

#endif
