/* What Linux has beyond POSIX and Swift's own Glibc module leaves out. */
#ifndef PERCUSS_CLINUX_SHIM_H
#define PERCUSS_CLINUX_SHIM_H

#include <poll.h>
#include <semaphore.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

/* `struct mmsghdr`, which the C library only shows with extensions on. */
struct CLinuxMessage {
  struct msghdr header;
  unsigned int length;
};

/* `recvmmsg` without waiting: takes up to that many packets with one system call. -1 with errno set when there is none. */
static inline int CLinuxReceive(int descriptor, struct CLinuxMessage *messages, unsigned int count) {
  return (int)syscall(SYS_recvmmsg, descriptor, messages, count, MSG_DONTWAIT, (void *)0);
}

/* Whether nothing more will come from the other end of a socket: it is closed, or shut down for writing (`POLLRDHUP`, which the C library only shows with
   extensions on). Reads give nothing then, again and again, and epoll tells of each. */
static inline int CLinuxIsEnded(int descriptor) {
  struct pollfd entry = {descriptor, POLLIN | 0x2000, 0};
  return poll(&entry, 1, 0) > 0 && (entry.revents & (POLLHUP | POLLERR | POLLNVAL | 0x2000)) != 0;
}

/* `sem_clockwait` (glibc 2.30), which the C library only shows with extensions on: waits until the semaphore is posted (0), or until an absolute instant of
   CLOCK_MONOTONIC (-1). */
extern int sem_clockwait(sem_t *, clockid_t, const struct timespec *);
static inline int CLinuxWaitUntil(sem_t *semaphore, int64_t nanoseconds) {
  struct timespec instant = {(time_t)(nanoseconds / 1000000000), (long)(nanoseconds % 1000000000)};
  return sem_clockwait(semaphore, CLOCK_MONOTONIC, &instant);
}

/* The name of the calling thread, as `top -H` shows it; cut at 15 bytes. */
static inline int CLinuxNameThread(const char *name) { return prctl(PR_SET_NAME, name, 0, 0, 0); }

/* Linux makes the sleeps of ordinary threads up to 50 us longer, to save wake-ups: not those of the calling thread any more. */
static inline int CLinuxSetTimerSlack(unsigned long nanoseconds) { return prctl(PR_SET_TIMERSLACK, nanoseconds, 0, 0, 0); }
static inline int CLinuxTimerSlack(void) { return prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0); }

/* Keeps what the process has in memory there, and of its present mappings each page that it touches later (`MCL_ONFAULT`, which the C library only shows with
   extensions on). Not of future ones: where the limit of locked memory is low, they could not be made. */
static inline int CLinuxLockMemory(void) { return mlockall(MCL_CURRENT | 4); }

#endif
