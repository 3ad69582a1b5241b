/* See capture_baselines.h. */
#include "capture_baselines.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static uint32_t big32(const uint8_t *bytes) {
  uint32_t number;
  memcpy(&number, bytes, sizeof number);
  return __builtin_bswap32(number);
}

static uint16_t little16(const uint8_t *bytes) {
  uint16_t number;
  memcpy(&number, bytes, sizeof number);
  return number;
}

/* HCI ACL, L2CAP and ATT of a packet that is not in fragments. */
static void packet(const uint8_t *data, uint32_t length, uint32_t opcode, percuss_capture_walk_result *result) {
  if (length < 4) return;
  uint16_t head = little16(data);
  uint16_t stated = little16(data + 2);
  if (stated != length - 4 || ((head >> 12) & 3) == 1 || stated < 4) return;
  const uint8_t *pdu = data + 4;
  uint16_t payload = little16(pdu);
  if (payload != stated - 4 || little16(pdu + 2) != 4 || payload < 3) return;
  const uint8_t *att = pdu + 4;
  switch (att[0]) {
    case 0x12: case 0x1B: case 0x1D: case 0x52:
      result->values++;
      result->bytes += payload - 3u;
      result->sum += opcode + (head & 0xFFFu) + att[0] + little16(att + 1);
  }
}

int percuss_capture_walk(const uint8_t *file, size_t length, percuss_capture_walk_result *result) {
  memset(result, 0, sizeof *result);
  if (length < 16 || memcmp(file, "btsnoop", 8) != 0 || big32(file + 8) != 1 || big32(file + 12) != 2001) return -1;
  size_t place = 16;
  while (place < length) {
    if (length - place < 24) return -1;
    uint32_t original = big32(file + place);
    uint32_t included = big32(file + place + 4);
    uint32_t flags = big32(file + place + 8);
    if (included > original || included > length - place - 24) return -1;
    uint64_t time;
    memcpy(&time, file + place + 16, sizeof time);
    result->sum += big32(file + place + 12) + __builtin_bswap64(time);
    uint32_t opcode = flags & 0xFFFF;
    if (opcode == 4 || opcode == 5) packet(file + place + 24, included, opcode, result);
    result->records++;
    place += 24 + included;
  }
  return 0;
}

int percuss_capture_walk_file(const char *path, percuss_capture_walk_result *result) {
  int descriptor = open(path, O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return -1;
  struct stat status;
  int outcome = -1;
  if (fstat(descriptor, &status) == 0 && status.st_size > 0) {
    size_t length = (size_t)status.st_size;
    void *file = mmap(NULL, length, PROT_READ, MAP_PRIVATE, descriptor, 0);
    if (file != MAP_FAILED) {
      madvise(file, length, MADV_SEQUENTIAL);
      outcome = percuss_capture_walk(file, length, result);
      munmap(file, length);
    }
  }
  close(descriptor);
  return outcome;
}
