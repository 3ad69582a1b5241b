/* libbluetooth for Swift: addresses and the HCI calls for connection parameters. What is variadic or generic in C is wrapped. */
#ifndef PERCUSS_CBLUETOOTH_SHIM_H
#define PERCUSS_CBLUETOOTH_SHIM_H

#include <bluetooth/bluetooth.h>
#include <bluetooth/hci.h>
#include <bluetooth/hci_lib.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

/* The type of an LE link, which the header leaves to the kernel. */
enum { CBluetoothLowEnergyLink = 0x80 };

/* The handle of the LE link to a device, least significant byte of its address first; or the negative error number. */
static inline int CBluetoothLinkHandle(int descriptor, const uint8_t address[6]) {
  union {
    struct hci_conn_info_req request;
    uint8_t bytes[sizeof(struct hci_conn_info_req) + sizeof(struct hci_conn_info)];
  } buffer;
  memset(&buffer, 0, sizeof buffer);
  memcpy(buffer.request.bdaddr.b, address, 6);
  buffer.request.type = CBluetoothLowEnergyLink;
  if (ioctl(descriptor, HCIGETCONNINFO, &buffer) < 0) return -errno;
  return buffer.request.conn_info[0].handle;
}

/* Lets a socket receive command status and LE events only; 0 or the negative error number. */
static inline int CBluetoothReceiveLinkEvents(int descriptor) {
  struct hci_filter filter;
  hci_filter_clear(&filter);
  hci_filter_set_ptype(HCI_EVENT_PKT, &filter);
  hci_filter_set_event(EVT_CMD_STATUS, &filter);
  hci_filter_set_event(EVT_LE_META_EVENT, &filter);
  return setsockopt(descriptor, SOL_HCI, HCI_FILTER, &filter, sizeof filter) < 0 ? -errno : 0;
}

/* Opens the kernel's copy of everything that goes between its hosts and controllers; a descriptor that does not block, or the negative error number. */
static inline int CBluetoothOpenMonitor(void) {
  int descriptor = socket(AF_BLUETOOTH, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, BTPROTO_HCI);
  if (descriptor < 0) return -errno;
  struct sockaddr_hci address = {AF_BLUETOOTH, HCI_DEV_NONE, HCI_CHANNEL_MONITOR};
  int on = 1, room = 8 << 20;
  if (setsockopt(descriptor, SOL_SOCKET, SO_TIMESTAMP, &on, sizeof on) < 0 ||
      bind(descriptor, (struct sockaddr *)&address, sizeof address) < 0) {
    int number = errno;
    close(descriptor);
    return -number;
  }
  /* What finds no room the kernel drops without a word. Without CAP_NET_ADMIN there is less of it. */
  if (setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room) < 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
  return descriptor;
}

/* A message of the monitor: its header (`struct hci_mon_hdr`), and when the kernel made it. */
struct CBluetoothMonitored {
  uint16_t opcode, index;
  int64_t seconds, microseconds;
};

/* Takes the next message: how many bytes it has behind its header, or the negative error number. */
static inline int CBluetoothReceiveMonitored(int descriptor, uint8_t *bytes, int size, struct CBluetoothMonitored *message) {
  uint16_t header[3];
  union {
    char bytes[CMSG_SPACE(sizeof(struct timeval))];
    struct cmsghdr align;
  } control;
  struct iovec parts[2] = {{header, sizeof header}, {bytes, (size_t)size}};
  struct msghdr packet = {.msg_iov = parts, .msg_iovlen = 2, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
  ssize_t count = recvmsg(descriptor, &packet, MSG_DONTWAIT);
  if (count < 0) return -errno;
  if (count < (ssize_t)sizeof header) return -EPROTO;
  message->opcode = btohs(header[0]);
  message->index = btohs(header[1]);
  message->seconds = 0;
  message->microseconds = 0;
  for (struct cmsghdr *entry = CMSG_FIRSTHDR(&packet); entry; entry = CMSG_NXTHDR(&packet, entry)) {
    if (entry->cmsg_level != SOL_SOCKET || entry->cmsg_type != SCM_TIMESTAMP) continue;
    struct timeval time;
    memcpy(&time, CMSG_DATA(entry), sizeof time);
    message->seconds = time.tv_sec;
    message->microseconds = time.tv_usec;
  }
  return (int)(count - (ssize_t)sizeof header);
}

/* How many bytes the other end of a socket has not taken yet; or -1. */
static inline int CBluetoothUnsentBytes(int descriptor) {
  int count = 0;
  return ioctl(descriptor, SIOCOUTQ, &count) < 0 ? -1 : count;
}

#endif
