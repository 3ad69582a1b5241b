/* libdbus-1 for Swift: its header, and the constants that are macros with casts, which Swift does not see. */
#ifndef PERCUSS_CDBUS_SHIM_H
#define PERCUSS_CDBUS_SHIM_H

#include <dbus/dbus.h>

enum {
  CDBusTypeInvalid = 0,
  CDBusTypeByte = 'y',
  CDBusTypeBoolean = 'b',
  CDBusTypeInt16 = 'n',
  CDBusTypeUInt16 = 'q',
  CDBusTypeInt32 = 'i',
  CDBusTypeUInt32 = 'u',
  CDBusTypeInt64 = 'x',
  CDBusTypeUInt64 = 't',
  CDBusTypeDouble = 'd',
  CDBusTypeString = 's',
  CDBusTypeObjectPath = 'o',
  CDBusTypeSignature = 'g',
  CDBusTypeUnixFD = 'h',
  CDBusTypeArray = 'a',
  CDBusTypeVariant = 'v',
  CDBusTypeStructure = 'r',
  CDBusTypeDictionaryEntry = 'e',

  CDBusMaximumMessageLength = DBUS_MAXIMUM_MESSAGE_LENGTH
};

#endif
