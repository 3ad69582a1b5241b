/* What Linux has beyond POSIX and Swift's own Glibc module leaves out. */
#ifndef PERCUSS_CLINUX_SHIM_H
#define PERCUSS_CLINUX_SHIM_H

#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
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

#endif
