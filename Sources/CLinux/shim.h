/* What Linux has beyond POSIX and Swift's own Glibc module leaves out. */
#ifndef PERCUSS_CLINUX_SHIM_H
#define PERCUSS_CLINUX_SHIM_H

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

#endif
