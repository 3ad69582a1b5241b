/* What the stand-in's objects look like on the bus: org.freedesktop.DBus.ObjectManager and the signals of properties. */
#ifndef PERCUSS_MOCK_OBJECTS_H
#define PERCUSS_MOCK_OBJECTS_H

#include <dbus/dbus.h>
#include <stdbool.h>

/* What changes; all else is fixed. */
typedef struct {
  dbus_bool_t is_discovering, is_connected, is_write_acquired, is_notify_acquired;
} mock_state;

/* Appends the a{oa{sa{sv}}} of GetManagedObjects. */
void mock_append_objects(DBusMessage *message, const mock_state *state);

/* Appends the a{sv} of one interface's properties. */
void mock_append_properties(DBusMessage *message, const char *path, const char *interface, const mock_state *state);

/* Sends PropertiesChanged for one property. */
void mock_emit_boolean(DBusConnection *connection, const char *path, const char *interface, const char *name, dbus_bool_t value);
void mock_emit_rssi(DBusConnection *connection);

#endif
