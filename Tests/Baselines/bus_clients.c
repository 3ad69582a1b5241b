#define _GNU_SOURCE
#include <dbus/dbus.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "bus_baselines.h"
#include "bus_clients.h"
#include "bus_loop.h"

enum { bound_milliseconds = 10000 };

struct percuss_bus_client {
  DBusConnection *connection;
  double *samples;
  size_t capacity;
};

static double seconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

percuss_bus_client *percuss_bus_client_open(const char *address) {
  percuss_bus_client *client = calloc(1, sizeof *client);
  if (!client) return NULL;
  client->connection = dbus_connection_open_private(address, NULL);
  if (!client->connection || !dbus_bus_register(client->connection, NULL)) {
    percuss_bus_client_close(client);
    return NULL;
  }
  dbus_connection_set_exit_on_disconnect(client->connection, FALSE);
  return client;
}

void percuss_bus_client_close(percuss_bus_client *client) {
  if (client->connection) {
    dbus_connection_close(client->connection);
    dbus_connection_unref(client->connection);
  }
  free(client->samples);
  free(client);
}

static DBusMessage *new_call(const char *path, const char *member) {
  return dbus_message_new_method_call("org.bluez", path, "org.bluez.GattCharacteristic1", member);
}

/* WriteValue with {"type": "request"}, as every client of the comparison writes it. */
static DBusMessage *new_write(const char *path, const uint8_t *value, int length) {
  const char *key = "type", *type = "request";
  DBusMessage *call = new_call(path, "WriteValue");
  DBusMessageIter out, bytes, options, entry, variant;
  dbus_message_iter_init_append(call, &out);
  dbus_message_iter_open_container(&out, DBUS_TYPE_ARRAY, "y", &bytes);
  dbus_message_iter_append_fixed_array(&bytes, DBUS_TYPE_BYTE, &value, length);
  dbus_message_iter_close_container(&out, &bytes);
  dbus_message_iter_open_container(&out, DBUS_TYPE_ARRAY, "{sv}", &options);
  dbus_message_iter_open_container(&options, DBUS_TYPE_DICT_ENTRY, NULL, &entry);
  dbus_message_iter_append_basic(&entry, DBUS_TYPE_STRING, &key);
  dbus_message_iter_open_container(&entry, DBUS_TYPE_VARIANT, "s", &variant);
  dbus_message_iter_append_basic(&variant, DBUS_TYPE_STRING, &type);
  dbus_message_iter_close_container(&entry, &variant);
  dbus_message_iter_close_container(&options, &entry);
  dbus_message_iter_close_container(&out, &options);
  return call;
}

static DBusMessage *blocking(percuss_bus_client *client, DBusMessage *call) {
  DBusMessage *reply = dbus_connection_send_with_reply_and_block(client->connection, call, bound_milliseconds, NULL);
  dbus_message_unref(call);
  return reply;
}

static int by_size(const void *left, const void *right) {
  double difference = *(const double *)left - *(const double *)right;
  return (difference > 0) - (difference < 0);
}

double percuss_bus_client_call(percuss_bus_client *client, size_t count) {
  if (count == 0) return -1;
  if (client->capacity < count) {
    free(client->samples);
    client->samples = malloc(count * sizeof *client->samples);
    client->capacity = client->samples ? count : 0;
    if (!client->samples) return -1;
  }
  uint8_t value[20] = {0};
  for (size_t i = 0; i < count; i++) {
    double began = seconds();
    value[0] = (uint8_t)i;
    DBusMessage *reply = blocking(client, new_write(PERCUSS_MOCK_REQUEST, value, sizeof value));
    if (!reply) return -1;
    dbus_message_unref(reply);
    client->samples[i] = seconds() - began;
  }
  qsort(client->samples, count, sizeof *client->samples, by_size);
  return (client->samples[(count - 1) / 2] + client->samples[count / 2]) / 2 * 1e6;
}

typedef struct {
  DBusConnection *connection;
  size_t unsent, unanswered;
  bool is_failed;
} pipeline;

static void send_next(pipeline *pipeline);

static void answered(DBusPendingCall *pending, void *data) {
  pipeline *pipeline = data;
  DBusMessage *reply = dbus_pending_call_steal_reply(pending);
  if (!reply || dbus_message_get_type(reply) == DBUS_MESSAGE_TYPE_ERROR) pipeline->is_failed = true;
  if (reply) dbus_message_unref(reply);
  dbus_pending_call_unref(pending);
  pipeline->unanswered--;
  send_next(pipeline);
}

static void send_next(pipeline *pipeline) {
  if (pipeline->unsent == 0) return;
  pipeline->unsent--;
  uint8_t value[20] = {(uint8_t)pipeline->unsent};
  DBusMessage *call = new_write(PERCUSS_MOCK_REQUEST, value, sizeof value);
  DBusPendingCall *pending = NULL;
  if (!dbus_connection_send_with_reply(pipeline->connection, call, &pending, DBUS_TIMEOUT_INFINITE) || !pending
    || !dbus_pending_call_set_notify(pending, answered, pipeline, NULL)) {
    pipeline->is_failed = true;
  }
  dbus_message_unref(call);
}

double percuss_bus_client_pipelined(percuss_bus_client *client, size_t count, size_t depth) {
  bus_loop loop;
  if (!bus_loop_begin(&loop, client->connection)) return -1;
  pipeline pipeline = {.connection = client->connection, .unsent = count, .unanswered = count};
  double began = seconds();
  for (size_t i = 0; i < depth; i++) send_next(&pipeline);
  while (pipeline.unanswered > 0 && !pipeline.is_failed && bus_loop_turn(&loop, bound_milliseconds, NULL, NULL)) {}
  double took = seconds() - began;
  bus_loop_end(&loop);
  return pipeline.unanswered == 0 && !pipeline.is_failed ? (double)count / took : -1;
}

/* The acquired descriptor, blocking; -1 when it is refused. */
static int acquire(percuss_bus_client *client, const char *path, const char *member) {
  DBusMessage *call = new_call(path, member);
  DBusMessageIter out, options;
  dbus_message_iter_init_append(call, &out);
  dbus_message_iter_open_container(&out, DBUS_TYPE_ARRAY, "{sv}", &options);
  dbus_message_iter_close_container(&out, &options);
  DBusMessage *reply = blocking(client, call);
  if (!reply) return -1;
  int descriptor = -1;
  uint16_t mtu;
  if (!dbus_message_get_args(reply, NULL, DBUS_TYPE_UNIX_FD, &descriptor, DBUS_TYPE_UINT16, &mtu, DBUS_TYPE_INVALID)) descriptor = -1;
  dbus_message_unref(reply);
  return descriptor;
}

/* The stand-in's sockets do not block; neither does a client that has other things to do. So wait where they are full or empty. */
static bool wait_for(int descriptor, short events) {
  struct pollfd poll_descriptor = {descriptor, events, 0};
  return poll(&poll_descriptor, 1, bound_milliseconds) == 1 && poll_descriptor.revents & events;
}

int percuss_bus_client_acquire_write(percuss_bus_client *client) { return acquire(client, PERCUSS_MOCK_SINK, "AcquireWrite"); }

double percuss_bus_client_acquired_write(percuss_bus_client *client, size_t count) {
  int descriptor = percuss_bus_client_acquire_write(client);
  if (descriptor < 0) return -1;
  uint8_t value[20] = {0};
  bool is_well = true;
  double began = seconds();
  for (size_t i = 0; i < count && is_well; i++) {
    value[0] = (uint8_t)i;
    while (write(descriptor, value, sizeof value) != sizeof value && is_well) is_well = wait_for(descriptor, POLLOUT);
  }
  double took = seconds() - began;
  close(descriptor);
  return is_well ? (double)count / took : -1;
}

double percuss_bus_client_acquired_notify(percuss_bus_client *client, size_t count) {
  int descriptor = acquire(client, PERCUSS_MOCK_SOURCE, "AcquireNotify");
  if (descriptor < 0) return -1;
  uint8_t command[4] = {(uint8_t)count, (uint8_t)(count >> 8), (uint8_t)(count >> 16), (uint8_t)(count >> 24)}, value[512];
  double began = seconds();
  DBusMessage *reply = blocking(client, new_write(PERCUSS_MOCK_FLOOD, command, sizeof command));
  bool is_well = reply != NULL;
  if (reply) dbus_message_unref(reply);
  for (size_t i = 0; i < count && is_well; i++) {
    ssize_t length;
    while ((length = read(descriptor, value, sizeof value)) < 0 && is_well) is_well = wait_for(descriptor, POLLIN);
    is_well = is_well && length == 20 && value[0] == (uint8_t)i && value[1] == (uint8_t)(i >> 8);
  }
  double took = seconds() - began;
  close(descriptor);
  return is_well ? (double)count / took : -1;
}
