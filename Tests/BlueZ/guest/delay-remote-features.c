// Preloaded into btvirt: the event LE Read Remote Features Complete leaves 100 ms late.
//
// A controller of silicon takes a few connection events for that answer; btvirt gives it at once, so that the ATT socket can be ready before
// bluetoothd has read the kernel's Device Connected event, and Connected=true is never signalled. Bluetooth Core Specification, Vol 4, Part E, 7.7.65.4.
// 20 ms suffice on an idle machine; on a busy one the guest needs more.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>
#include <sys/uio.h>
#include <time.h>

ssize_t writev(int descriptor, const struct iovec *parts, int count) {
  static ssize_t (*next)(int, const struct iovec *, int);
  if (next == NULL) *(void **)&next = dlsym(RTLD_NEXT, "writev");

  // H4: packet type 4 is an event; event code 0x3e is LE Meta; subevent 4 follows the length.
  unsigned char head[4];
  size_t known = 0;
  for (int i = 0; i < count && known < sizeof head; i++)
    for (size_t j = 0; j < parts[i].iov_len && known < sizeof head; j++)
      head[known++] = ((const unsigned char *)parts[i].iov_base)[j];
  if (known == sizeof head && head[0] == 0x04 && head[1] == 0x3e && head[3] == 0x04) {
    struct timespec delay = {.tv_nsec = 100 * 1000 * 1000};
    nanosleep(&delay, NULL);
  }
  return next(descriptor, parts, count);
}
