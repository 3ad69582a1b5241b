/* What the clients in C have in common. */
#ifndef PERCUSS_BUS_CLIENTS_H
#define PERCUSS_BUS_CLIENTS_H

#include "bus_baselines.h"

/* The descriptor of AcquireWrite of the sink, the caller's from now on; -1 when it is refused. */
int percuss_bus_client_acquire_write(percuss_bus_client *client);

#endif
