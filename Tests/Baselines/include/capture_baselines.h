/*
 * What the reading of captures is measured against: a walk in C that reads every header of a btsnoop file and decodes nothing.
 */
#ifndef PERCUSS_CAPTURE_BASELINES_H
#define PERCUSS_CAPTURE_BASELINES_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
  /* Records of the file. */
  uint64_t records;
  /* ATT PDUs with a handle and a value: notifications, indications, writes with and without response. */
  uint64_t values;
  /* The bytes of those values. */
  uint64_t bytes;
  /* A sum over times, lost packets, directions, handles, opcodes and handles of connections, so that none of them may be left unread. */
  uint64_t sum;
} percuss_capture_walk_result;

/* Walks a btsnoop file of data link 2001 that is in memory. Returns 0, or -1 where the file is none or ends within a record. */
int percuss_capture_walk(const uint8_t *file, size_t length, percuss_capture_walk_result *result);

/* The same of a file, which is mapped into memory. Also -1 where it cannot be. */
int percuss_capture_walk_file(const char *path, percuss_capture_walk_result *result);

#endif
