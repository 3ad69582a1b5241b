#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bus_baselines.h"
#include "bus_loop.h"
#include "mock_objects.h"

enum { packets_at_once = 64, packet_length = 20, packet_limit = 512, advertising_milliseconds = 50 };

typedef struct {
  bus_loop loop;
  DBusConnection *connection;
  mock_state state;
  int write_descriptor, notify_descriptor; /* our ends; -1 while not acquired */
  uint64_t packets_written;
  uint32_t flood_sent, flood_length;
} mock;

static void answer(mock *mock, DBusMessage *call, DBusMessage *reply) {
  if (!dbus_message_get_no_reply(call)) dbus_connection_send(mock->connection, reply, NULL);
  dbus_message_unref(reply);
}

static void refuse(mock *mock, DBusMessage *call, const char *error, const char *text) {
  answer(mock, call, dbus_message_new_error(call, error, text));
}

static void characteristic_changed(mock *mock, const char *path, const char *name, dbus_bool_t value) {
  mock_emit_boolean(mock->connection, path, "org.bluez.GattCharacteristic1", name, value);
}

static void want(mock *mock, int descriptor, uint32_t events) {
  struct epoll_event event = {.events = events, .data.fd = descriptor};
  epoll_ctl(mock->loop.epoll, EPOLL_CTL_MOD, descriptor, &event);
}

/* The end that the client gets; -1 when there is none. */
static int open_pair(mock *mock, int *ours) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0) return -1;
  struct epoll_event event = {.events = EPOLLIN, .data.fd = ends[0]};
  epoll_ctl(mock->loop.epoll, EPOLL_CTL_ADD, ends[0], &event);
  *ours = ends[0];
  return ends[1];
}

static void release_write(mock *mock) {
  if (mock->write_descriptor < 0) return;
  close(mock->write_descriptor);
  mock->write_descriptor = -1;
  mock->state.is_write_acquired = FALSE;
  characteristic_changed(mock, PERCUSS_MOCK_SINK, "WriteAcquired", FALSE);
}

static void release_notify(mock *mock) {
  if (mock->notify_descriptor < 0) return;
  close(mock->notify_descriptor);
  mock->notify_descriptor = -1;
  mock->flood_length = mock->flood_sent = 0;
  mock->state.is_notify_acquired = FALSE;
  characteristic_changed(mock, PERCUSS_MOCK_SOURCE, "NotifyAcquired", FALSE);
}

static void drain(mock *mock) {
  static uint8_t buffers[packets_at_once][packet_limit];
  struct iovec parts[packets_at_once];
  struct mmsghdr packets[packets_at_once] = {0};
  for (int i = 0; i < packets_at_once; i++) {
    parts[i] = (struct iovec){buffers[i], packet_limit};
    packets[i].msg_hdr = (struct msghdr){.msg_iov = &parts[i], .msg_iovlen = 1};
  }
  int count = recvmmsg(mock->write_descriptor, packets, packets_at_once, 0, NULL);
  if (count < 0 && errno == EAGAIN) return;
  bool is_closed = count <= 0;
  for (int i = 0; i < count && !is_closed; i++) {
    is_closed = packets[i].msg_len == 0; /* no client of ours writes an empty value */
    mock->packets_written += !is_closed;
  }
  if (is_closed) release_write(mock);
}

/* The client before has closed its end, and the event that says so waits behind this call. */
static bool is_abandoned(int descriptor) {
  struct pollfd poll_descriptor = {descriptor, 0, 0};
  return poll(&poll_descriptor, 1, 0) == 1;
}

static void acquire(mock *mock, DBusMessage *call, const char *path) {
  bool is_write = strcmp(path, PERCUSS_MOCK_SINK) == 0;
  while (is_write && mock->write_descriptor >= 0 && is_abandoned(mock->write_descriptor)) drain(mock);
  if (!is_write && mock->notify_descriptor >= 0 && is_abandoned(mock->notify_descriptor)) release_notify(mock);
  if (is_write ? mock->state.is_write_acquired : mock->state.is_notify_acquired) {
    refuse(mock, call, "org.bluez.Error.NotPermitted", "Already acquired");
    return;
  }
  int theirs = open_pair(mock, is_write ? &mock->write_descriptor : &mock->notify_descriptor);
  uint16_t mtu = 247;
  DBusMessage *reply = dbus_message_new_method_return(call);
  dbus_message_append_args(reply, DBUS_TYPE_UNIX_FD, &theirs, DBUS_TYPE_UINT16, &mtu, DBUS_TYPE_INVALID);
  close(theirs); /* the message has its own copy */
  if (is_write) {
    mock->state.is_write_acquired = TRUE;
    characteristic_changed(mock, path, "WriteAcquired", TRUE);
  } else {
    mock->state.is_notify_acquired = TRUE;
    characteristic_changed(mock, path, "NotifyAcquired", TRUE);
  }
  answer(mock, call, reply);
}

static void write_value(mock *mock, DBusMessage *call, const char *path) {
  DBusMessageIter in, bytes;
  const uint8_t *value = NULL;
  int length = 0;
  if (!dbus_message_has_signature(call, "aya{sv}") || !dbus_message_iter_init(call, &in)) {
    refuse(mock, call, "org.bluez.Error.InvalidArguments", "Invalid arguments in method call");
    return;
  }
  dbus_message_iter_recurse(&in, &bytes);
  dbus_message_iter_get_fixed_array(&bytes, &value, &length);
  if (strcmp(path, PERCUSS_MOCK_FLOOD) == 0) {
    if (length < 4 || mock->notify_descriptor < 0) {
      refuse(mock, call, "org.bluez.Error.Failed", "Nobody has acquired the notifications");
      return;
    }
    mock->flood_sent = 0;
    mock->flood_length = value[0] | value[1] << 8 | value[2] << 16 | (uint32_t)value[3] << 24;
    want(mock, mock->notify_descriptor, EPOLLIN | EPOLLOUT);
  }
  answer(mock, call, dbus_message_new_method_return(call));
}

static void read_value(mock *mock, DBusMessage *call) {
  uint8_t bytes[8];
  const uint8_t *value = bytes;
  for (int i = 0; i < 8; i++) bytes[i] = (uint8_t)(mock->packets_written >> 8 * i);
  DBusMessage *reply = dbus_message_new_method_return(call);
  dbus_message_append_args(reply, DBUS_TYPE_ARRAY, DBUS_TYPE_BYTE, &value, 8, DBUS_TYPE_INVALID);
  answer(mock, call, reply);
}

static void connect_device(mock *mock, DBusMessage *call, dbus_bool_t is_connected) {
  if (!is_connected) {
    release_write(mock);
    release_notify(mock);
  }
  const char *names[2] = {is_connected ? "Connected" : "ServicesResolved", is_connected ? "ServicesResolved" : "Connected"};
  if (mock->state.is_connected != is_connected) {
    mock->state.is_connected = is_connected;
    for (int i = 0; i < 2; i++) {
      mock_emit_boolean(mock->connection, PERCUSS_MOCK_DEVICE, "org.bluez.Device1", names[i], is_connected);
    }
  }
  answer(mock, call, dbus_message_new_method_return(call));
}

static void discover(mock *mock, DBusMessage *call, dbus_bool_t is_discovering) {
  answer(mock, call, dbus_message_new_method_return(call));
  mock->state.is_discovering = is_discovering;
  mock_emit_boolean(mock->connection, PERCUSS_MOCK_ADAPTER, "org.bluez.Adapter1", "Discovering", is_discovering);
}

static DBusHandlerResult handle(DBusConnection *connection, DBusMessage *call, void *data) {
  (void)connection;
  mock *mock = data;
  if (dbus_message_get_type(call) != DBUS_MESSAGE_TYPE_METHOD_CALL) return DBUS_HANDLER_RESULT_NOT_YET_HANDLED;
  const char *path = dbus_message_get_path(call), *member = dbus_message_get_member(call);
  if (strcmp(member, "WriteValue") == 0) {
    write_value(mock, call, path);
  } else if (strcmp(member, "ReadValue") == 0) {
    read_value(mock, call);
  } else if (strcmp(member, "AcquireWrite") == 0 || strcmp(member, "AcquireNotify") == 0) {
    acquire(mock, call, path);
  } else if (strcmp(member, "Connect") == 0 || strcmp(member, "Disconnect") == 0) {
    connect_device(mock, call, strcmp(member, "Connect") == 0);
  } else if (strcmp(member, "StartDiscovery") == 0 || strcmp(member, "StopDiscovery") == 0) {
    discover(mock, call, strcmp(member, "StartDiscovery") == 0);
  } else if (strcmp(member, "SetDiscoveryFilter") == 0) {
    answer(mock, call, dbus_message_new_method_return(call));
  } else if (strcmp(member, "GetManagedObjects") == 0) {
    DBusMessage *reply = dbus_message_new_method_return(call);
    mock_append_objects(reply, &mock->state);
    answer(mock, call, reply);
  } else if (strcmp(member, "GetAll") == 0) {
    const char *interface;
    if (!dbus_message_get_args(call, NULL, DBUS_TYPE_STRING, &interface, DBUS_TYPE_INVALID)) {
      refuse(mock, call, DBUS_ERROR_INVALID_ARGS, "GetAll takes the name of an interface");
      return DBUS_HANDLER_RESULT_HANDLED;
    }
    DBusMessage *reply = dbus_message_new_method_return(call);
    mock_append_properties(reply, path, interface, &mock->state);
    answer(mock, call, reply);
  } else {
    refuse(mock, call, DBUS_ERROR_UNKNOWN_METHOD, "The stand-in has no such method");
  }
  return DBUS_HANDLER_RESULT_HANDLED;
}

static void flood(mock *mock) {
  static uint8_t buffers[packets_at_once][packet_length];
  struct iovec parts[packets_at_once];
  struct mmsghdr packets[packets_at_once] = {0};
  unsigned count = 0;
  for (; count < packets_at_once && mock->flood_sent + count < mock->flood_length; count++) {
    uint32_t number = mock->flood_sent + count;
    for (int i = 0; i < 4; i++) buffers[count][i] = (uint8_t)(number >> 8 * i);
    parts[count] = (struct iovec){buffers[count], packet_length};
    packets[count].msg_hdr = (struct msghdr){.msg_iov = &parts[count], .msg_iovlen = 1};
  }
  int sent = count ? sendmmsg(mock->notify_descriptor, packets, count, MSG_NOSIGNAL) : 0;
  if (sent > 0) mock->flood_sent += (uint32_t)sent;
  if (mock->flood_sent == mock->flood_length) want(mock, mock->notify_descriptor, EPOLLIN);
}

static void descriptor_event(void *context, int descriptor, uint32_t events) {
  mock *mock = context;
  if (descriptor == mock->write_descriptor) {
    if (events & EPOLLIN) drain(mock);
    else release_write(mock);
  } else if (descriptor == mock->notify_descriptor) {
    if (events & (EPOLLHUP | EPOLLERR)) release_notify(mock);
    else if (events & EPOLLOUT) flood(mock);
  }
}

/* Serves until the connection ends. While a client scans, the device advertises whenever the bus was quiet for a while: again and again, because
   Bleak does not listen yet when the first signal comes along with the answer to StartDiscovery. */
static void serve(mock *mock) {
  while (dbus_connection_get_is_connected(mock->connection)) {
    bool is_scanned = mock->state.is_discovering;
    bool is_quiet = !bus_loop_turn(&mock->loop, is_scanned ? advertising_milliseconds : -1, descriptor_event, mock);
    if (is_quiet && is_scanned) mock_emit_rssi(mock->connection);
  }
}

int percuss_mock_bluez_run(const char *address, int ready_descriptor) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  static mock mock = {.write_descriptor = -1, .notify_descriptor = -1};
  DBusError error = DBUS_ERROR_INIT;
  mock.connection = dbus_connection_open_private(address, &error);
  if (!mock.connection || !dbus_bus_register(mock.connection, &error)
    || dbus_bus_request_name(mock.connection, "org.bluez", DBUS_NAME_FLAG_DO_NOT_QUEUE, &error)
      != DBUS_REQUEST_NAME_REPLY_PRIMARY_OWNER) {
    fprintf(stderr, "the stand-in for bluetoothd cannot serve at %s: %s\n", address,
      dbus_error_is_set(&error) ? error.message : "the name org.bluez is taken");
    return 69;
  }
  dbus_connection_set_exit_on_disconnect(mock.connection, FALSE);
  if (!dbus_connection_add_filter(mock.connection, handle, &mock, NULL) || !bus_loop_begin(&mock.loop, mock.connection)) return 71;
  if (write(ready_descriptor, "\n", 1) != 1) return 74;
  close(ready_descriptor);
  while (dbus_connection_dispatch(mock.connection) == DBUS_DISPATCH_DATA_REMAINS) {}
  serve(&mock);
  return 0;
}
