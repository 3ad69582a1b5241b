/* The plain way to be on time in C: one thread, absolute deadlines, clock_nanosleep, one packet each into the descriptor of AcquireWrite. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "bus_baselines.h"
#include "bus_clients.h"

struct deadline_loop {
  const percuss_deadline_settings *settings;
  int descriptor;
  int64_t *lateness;
  int status;
};

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static void *run(void *context) {
  struct deadline_loop *loop = context;
  const percuss_deadline_settings *settings = loop->settings;
  prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
  if (settings->priority > 0) {
    struct sched_param parameters = {.sched_priority = settings->priority};
    if ((loop->status = pthread_setschedparam(pthread_self(), SCHED_FIFO, &parameters))) return NULL;
  }
  uint8_t packet[20] = {0};
  int64_t start = now() + 20000000;
  for (size_t number = 0; number < settings->count; number++) {
    int64_t due = start + (int64_t)number * settings->period_ns, wake = due - settings->spin_ns;
    struct timespec time = {wake / 1000000000, wake % 1000000000};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL) == EINTR) {}
    while (now() < due) {}
    packet[0] = (uint8_t)number;
    if (send(loop->descriptor, packet, sizeof packet, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
      loop->status = errno;
      return NULL;
    }
    loop->lateness[number] = now() - due;
  }
  return NULL;
}

int percuss_deadline_loop(percuss_bus_client *client, const percuss_deadline_settings *settings, int64_t *lateness_ns) {
  int descriptor = percuss_bus_client_acquire_write(client);
  if (descriptor < 0) return ENOTCONN;
  struct deadline_loop loop = {settings, descriptor, lateness_ns, 0};
  pthread_t thread;
  int status = pthread_create(&thread, NULL, run, &loop);
  if (status == 0) {
    pthread_join(thread, NULL);
    status = loop.status;
  }
  close(descriptor);
  return status;
}

int percuss_send_times(percuss_bus_client *client, size_t count, int64_t pause_ns, int64_t *nanoseconds) {
  int descriptor = percuss_bus_client_acquire_write(client), status = 0;
  if (descriptor < 0) return ENOTCONN;
  uint8_t packet[20] = {0};
  for (size_t number = 0; number < count && status == 0; number++) {
    for (int64_t begin = now(); now() - begin < pause_ns;) {}
    int64_t begin = now();
    if (send(descriptor, packet, sizeof packet, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) status = errno;
    nanoseconds[number] = now() - begin;
  }
  close(descriptor);
  return status;
}
