#include "bus_loop.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { watch_limit = sizeof((bus_loop *)0)->watches / sizeof(DBusWatch *) };

/* The reading and the writing watch share a descriptor: epoll takes the sum of what they want. */
static void update(bus_loop *loop) {
  uint32_t interest = 0;
  for (int i = 0; i < watch_limit; i++) {
    if (loop->watches[i] && dbus_watch_get_enabled(loop->watches[i])) {
      unsigned flags = dbus_watch_get_flags(loop->watches[i]);
      interest |= (flags & DBUS_WATCH_READABLE ? EPOLLIN : 0) | (flags & DBUS_WATCH_WRITABLE ? EPOLLOUT : 0);
    }
  }
  if (interest == loop->interest || loop->descriptor < 0) return;
  struct epoll_event event = {.events = interest, .data.fd = loop->descriptor};
  if (epoll_ctl(loop->epoll, EPOLL_CTL_MOD, loop->descriptor, &event) == 0) loop->interest = interest;
}

static dbus_bool_t add_watch(DBusWatch *watch, void *data) {
  bus_loop *loop = data;
  if (loop->descriptor < 0) {
    struct epoll_event event = {.events = 0, .data.fd = dbus_watch_get_unix_fd(watch)};
    if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, event.data.fd, &event) != 0) return FALSE;
    loop->descriptor = event.data.fd;
  }
  for (int i = 0; i < watch_limit; i++) {
    if (!loop->watches[i]) {
      loop->watches[i] = watch;
      update(loop);
      return TRUE;
    }
  }
  return FALSE;
}

static void remove_watch(DBusWatch *watch, void *data) {
  bus_loop *loop = data;
  for (int i = 0; i < watch_limit; i++) {
    if (loop->watches[i] == watch) loop->watches[i] = NULL;
  }
  update(loop);
}

static void toggle_watch(DBusWatch *watch, void *data) {
  (void)watch;
  update(data);
}

bool bus_loop_begin(bus_loop *loop, DBusConnection *connection) {
  *loop = (bus_loop){.connection = connection, .epoll = epoll_create1(EPOLL_CLOEXEC), .descriptor = -1};
  return loop->epoll >= 0
    && dbus_connection_set_watch_functions(connection, add_watch, remove_watch, toggle_watch, loop, NULL);
}

void bus_loop_end(bus_loop *loop) {
  dbus_connection_set_watch_functions(loop->connection, NULL, NULL, NULL, NULL, NULL);
  if (loop->epoll >= 0) close(loop->epoll);
}

bool bus_loop_turn(bus_loop *loop, int timeout, void (*other)(void *context, int descriptor, uint32_t events), void *context) {
  struct epoll_event events[16];
  int count = epoll_wait(loop->epoll, events, 16, timeout);
  if (count < 0) return errno == EINTR;
  for (int i = 0; i < count; i++) {
    if (events[i].data.fd != loop->descriptor) {
      if (other) other(context, events[i].data.fd, events[i].events);
      continue;
    }
    unsigned flags = (events[i].events & EPOLLIN ? DBUS_WATCH_READABLE : 0)
      | (events[i].events & EPOLLOUT ? DBUS_WATCH_WRITABLE : 0) | (events[i].events & EPOLLHUP ? DBUS_WATCH_HANGUP : 0)
      | (events[i].events & EPOLLERR ? DBUS_WATCH_ERROR : 0);
    for (int j = 0; j < watch_limit; j++) {
      DBusWatch *watch = loop->watches[j];
      if (!watch || !dbus_watch_get_enabled(watch)) continue;
      unsigned wanted = flags & (dbus_watch_get_flags(watch) | DBUS_WATCH_HANGUP | DBUS_WATCH_ERROR);
      if (wanted) dbus_watch_handle(watch, wanted);
    }
    while (dbus_connection_dispatch(loop->connection) == DBUS_DISPATCH_DATA_REMAINS) {}
  }
  return count > 0 && dbus_connection_get_is_connected(loop->connection);
}
