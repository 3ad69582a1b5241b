/*
 * What our side of the bus is measured against: a small stand-in for bluetoothd, which every client meets in the same run, and the
 * clients that a C programmer would write over libdbus. Built with the optimisation of a release build.
 */
#ifndef PERCUSS_BUS_BASELINES_H
#define PERCUSS_BUS_BASELINES_H

#include <stddef.h>
#include <stdint.h>

/* The objects of the stand-in. One adapter, one device, one service. */
#define PERCUSS_MOCK_ADAPTER "/org/bluez/hci0"
#define PERCUSS_MOCK_ADDRESS "C0:FF:EE:00:00:01"
#define PERCUSS_MOCK_DEVICE PERCUSS_MOCK_ADAPTER "/dev_C0_FF_EE_00_00_01"
#define PERCUSS_MOCK_SERVICE PERCUSS_MOCK_DEVICE "/service0001"
/* Write with response: takes any value. */
#define PERCUSS_MOCK_REQUEST PERCUSS_MOCK_SERVICE "/char0002"
/* Write without response, AcquireWrite: counts packets; a read gives the count of all so far, u64 little-endian. */
#define PERCUSS_MOCK_SINK PERCUSS_MOCK_SERVICE "/char0004"
/* Notify, AcquireNotify: 20 bytes that begin with the number of the packet in its flood, u32 little-endian. */
#define PERCUSS_MOCK_SOURCE PERCUSS_MOCK_SERVICE "/char0006"
/* Write with response: u32 little-endian, how many packets the source now sends, as fast as the reader takes them. */
#define PERCUSS_MOCK_FLOOD PERCUSS_MOCK_SERVICE "/char0008"

/* Serves on the bus at the address until the bus or the parent process ends; writes one byte to ready_descriptor once it owns the
   name org.bluez, and closes it. Returns an exit status. */
int percuss_mock_bluez_run(const char *address, int ready_descriptor);

typedef struct percuss_bus_client percuss_bus_client;

/* A client on the bus at the address; NULL when it cannot be reached. */
percuss_bus_client *percuss_bus_client_open(const char *address);
void percuss_bus_client_close(percuss_bus_client *client);

/* Writes with response, one after the other, each waited for in dbus_connection_send_with_reply_and_block. Median time of one in
   microseconds; negative when one failed. */
double percuss_bus_client_call(percuss_bus_client *client, size_t count);

/* Writes with response, `depth` of them under way, the watches of libdbus in an epoll loop. Calls per second; negative when one
   failed. */
double percuss_bus_client_pipelined(percuss_bus_client *client, size_t count, size_t depth);

/* Packets into the descriptor of AcquireWrite, by blocking writes. Packets per second; negative when one failed. */
double percuss_bus_client_acquired_write(percuss_bus_client *client, size_t count);

/* Packets out of the descriptor of AcquireNotify, by blocking reads. Packets per second; negative when one failed. */
double percuss_bus_client_acquired_notify(percuss_bus_client *client, size_t count);

/* How a thread keeps deadlines. */
typedef struct {
  int64_t period_ns;
  /* For how long before each deadline it looks at the clock instead of sleeping. */
  int64_t spin_ns;
  size_t count;
  /* Of SCHED_FIFO; 0 for an ordinary thread. */
  int priority;
} percuss_deadline_settings;

/* One packet at each of `count` absolute deadlines, from a thread of its own, into the descriptor of AcquireWrite; how late each was handed over, in
   nanoseconds. 0, or an errno. */
int percuss_deadline_loop(percuss_bus_client *client, const percuss_deadline_settings *settings, int64_t *lateness_ns);

/* How long each of `count` calls of send takes on the descriptor of AcquireWrite, in nanoseconds, with a pause before each. 0, or an errno. */
int percuss_send_times(percuss_bus_client *client, size_t count, int64_t pause_ns, int64_t *nanoseconds);

#endif
