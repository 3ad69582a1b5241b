/* What Linux has beyond POSIX and Swift's own Glibc module leaves out. */
#ifndef PERCUSS_CLINUX_SHIM_H
#define PERCUSS_CLINUX_SHIM_H

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>

#endif
