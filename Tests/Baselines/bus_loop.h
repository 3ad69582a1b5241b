/* One libdbus connection on one epoll loop, as the watch functions of libdbus ask for. */
#ifndef PERCUSS_BUS_LOOP_H
#define PERCUSS_BUS_LOOP_H

#include <dbus/dbus.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct {
  DBusConnection *connection;
  int epoll;
  int descriptor; /* of the connection; -1 before its first watch */
  uint32_t interest;
  DBusWatch *watches[8];
} bus_loop;

/* Takes the connection's watches; false when out of memory. */
bool bus_loop_begin(bus_loop *loop, DBusConnection *connection);

/* Gives them back. The connection stays. */
void bus_loop_end(bus_loop *loop);

/* Waits for events, handles and dispatches those of the connection, and hands each other descriptor's to `other` (may be NULL).
   False after the time-out in milliseconds, or when the connection has ended. */
bool bus_loop_turn(bus_loop *loop, int timeout, void (*other)(void *context, int descriptor, uint32_t events), void *context);

#endif
