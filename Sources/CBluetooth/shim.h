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

/* How many bytes the other end of a socket has not taken yet; or -1. */
static inline int CBluetoothUnsentBytes(int descriptor) {
  int count = 0;
  return ioctl(descriptor, SIOCOUTQ, &count) < 0 ? -1 : count;
}

#endif
