// Preloaded into btvirt, which answers at once where a controller of silicon takes its time; the times suffice on a busy machine.
//
// LE Advertising Report, 50 ms late: btvirt sends one when scanning begins, and none after. Sent at once, it reaches the kernel before the discovery
// has begun for it (DISCOVERY_FINDING), is dropped, and the scan finds nothing.
//
// LE Read Remote Features Complete, 100 ms late, where DELAY_REMOTE_FEATURES is set: sent at once, the ATT socket can be ready before bluetoothd has
// read the kernel's Device Connected event, and Connected=true is never signalled.
//
// Bluetooth Core Specification, Vol 4, Part E, 7.7.65.2 and 7.7.65.4.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <time.h>

static long delay_of(const struct iovec *parts, int count) {
  // H4: packet type 4 is an event; event code 0x3e is LE Meta; the subevent follows the length.
  unsigned char head[4];
  size_t known = 0;
  for (int i = 0; i < count && known < sizeof head; i++)
    for (size_t j = 0; j < parts[i].iov_len && known < sizeof head; j++)
      head[known++] = ((const unsigned char *)parts[i].iov_base)[j];
  if (known < sizeof head || head[0] != 0x04 || head[1] != 0x3e) return 0;
  switch (head[3]) {
    case 0x02: return 50;
    case 0x04: return getenv("DELAY_REMOTE_FEATURES") ? 100 : 0;
    default: return 0;
  }
}

ssize_t writev(int descriptor, const struct iovec *parts, int count) {
  static ssize_t (*next)(int, const struct iovec *, int);
  if (next == NULL) *(void **)&next = dlsym(RTLD_NEXT, "writev");
  long milliseconds = delay_of(parts, count);
  if (milliseconds > 0) {
    struct timespec delay = {.tv_nsec = milliseconds * 1000 * 1000};
    nanosleep(&delay, NULL);
  }
  return next(descriptor, parts, count);
}
