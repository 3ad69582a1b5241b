/* libbluetooth for Swift: addresses and the HCI calls for connection parameters. */
#ifndef PERCUSS_CBLUETOOTH_SHIM_H
#define PERCUSS_CBLUETOOTH_SHIM_H

#include <bluetooth/bluetooth.h>
#include <bluetooth/hci.h>
#include <bluetooth/hci_lib.h>

#endif
