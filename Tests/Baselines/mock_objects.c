#include "mock_objects.h"

#include <stdint.h>
#include <string.h>

#include "bus_baselines.h"

static void append_variant(DBusMessageIter *out, int type, const void *value) {
  const char signature[2] = {(char)type, 0};
  DBusMessageIter variant;
  dbus_message_iter_open_container(out, DBUS_TYPE_VARIANT, signature, &variant);
  dbus_message_iter_append_basic(&variant, type, value);
  dbus_message_iter_close_container(out, &variant);
}

static void property(DBusMessageIter *properties, const char *name, int type, const void *value) {
  DBusMessageIter entry;
  dbus_message_iter_open_container(properties, DBUS_TYPE_DICT_ENTRY, NULL, &entry);
  dbus_message_iter_append_basic(&entry, DBUS_TYPE_STRING, &name);
  append_variant(&entry, type, value);
  dbus_message_iter_close_container(properties, &entry);
}

static void text(DBusMessageIter *properties, const char *name, const char *value) {
  property(properties, name, DBUS_TYPE_STRING, &value);
}

static void path_of(DBusMessageIter *properties, const char *name, const char *value) {
  property(properties, name, DBUS_TYPE_OBJECT_PATH, &value);
}

static void boolean(DBusMessageIter *properties, const char *name, dbus_bool_t value) {
  property(properties, name, DBUS_TYPE_BOOLEAN, &value);
}

static void number(DBusMessageIter *properties, const char *name, int type, uint16_t value) {
  property(properties, name, type, &value);
}

static void strings(DBusMessageIter *properties, const char *name, const char *first, const char *second) {
  DBusMessageIter entry, variant, array;
  dbus_message_iter_open_container(properties, DBUS_TYPE_DICT_ENTRY, NULL, &entry);
  dbus_message_iter_append_basic(&entry, DBUS_TYPE_STRING, &name);
  dbus_message_iter_open_container(&entry, DBUS_TYPE_VARIANT, "as", &variant);
  dbus_message_iter_open_container(&variant, DBUS_TYPE_ARRAY, "s", &array);
  if (first) dbus_message_iter_append_basic(&array, DBUS_TYPE_STRING, &first);
  if (second) dbus_message_iter_append_basic(&array, DBUS_TYPE_STRING, &second);
  dbus_message_iter_close_container(&variant, &array);
  dbus_message_iter_close_container(&entry, &variant);
  dbus_message_iter_close_container(properties, &entry);
}

#define UUID(number) "7e32" number "-bf34-4597-a0b9-83277511650e"

static void adapter(DBusMessageIter *out, const mock_state *state) {
  text(out, "Address", "00:AA:01:00:00:00");
  text(out, "AddressType", "public");
  text(out, "Name", "mock");
  text(out, "Alias", "mock");
  boolean(out, "Powered", TRUE);
  boolean(out, "Discovering", state->is_discovering);
  strings(out, "UUIDs", NULL, NULL);
  strings(out, "Roles", "central", "peripheral");
}

static void device(DBusMessageIter *out, const mock_state *state) {
  path_of(out, "Adapter", PERCUSS_MOCK_ADAPTER);
  text(out, "Address", PERCUSS_MOCK_ADDRESS);
  text(out, "AddressType", "random");
  text(out, "Name", "Mock");
  text(out, "Alias", "Mock");
  boolean(out, "Paired", FALSE);
  boolean(out, "Trusted", FALSE);
  boolean(out, "Blocked", FALSE);
  boolean(out, "Connected", state->is_connected);
  boolean(out, "ServicesResolved", state->is_connected);
  number(out, "RSSI", DBUS_TYPE_INT16, (uint16_t)-50);
  strings(out, "UUIDs", UUID("0001"), NULL);
}

static void service(DBusMessageIter *out, const mock_state *state) {
  (void)state;
  path_of(out, "Device", PERCUSS_MOCK_DEVICE);
  text(out, "UUID", UUID("0001"));
  boolean(out, "Primary", TRUE);
  DBusMessageIter entry, variant, array;
  const char *name = "Includes";
  dbus_message_iter_open_container(out, DBUS_TYPE_DICT_ENTRY, NULL, &entry);
  dbus_message_iter_append_basic(&entry, DBUS_TYPE_STRING, &name);
  dbus_message_iter_open_container(&entry, DBUS_TYPE_VARIANT, "ao", &variant);
  dbus_message_iter_open_container(&variant, DBUS_TYPE_ARRAY, "o", &array);
  dbus_message_iter_close_container(&variant, &array);
  dbus_message_iter_close_container(&entry, &variant);
  dbus_message_iter_close_container(out, &entry);
}

static void characteristic(DBusMessageIter *out, const char *uuid, const char *flag, const char *second) {
  path_of(out, "Service", PERCUSS_MOCK_SERVICE);
  text(out, "UUID", uuid);
  strings(out, "Flags", flag, second);
  number(out, "MTU", DBUS_TYPE_UINT16, 247);
}

static void request(DBusMessageIter *out, const mock_state *state) {
  (void)state;
  characteristic(out, UUID("0102"), "write", NULL);
}

static void sink(DBusMessageIter *out, const mock_state *state) {
  characteristic(out, UUID("0104"), "write-without-response", "read");
  boolean(out, "WriteAcquired", state->is_write_acquired);
}

static void source(DBusMessageIter *out, const mock_state *state) {
  characteristic(out, UUID("0106"), "notify", NULL);
  boolean(out, "Notifying", state->is_notify_acquired);
  boolean(out, "NotifyAcquired", state->is_notify_acquired);
}

static void flood(DBusMessageIter *out, const mock_state *state) {
  (void)state;
  characteristic(out, UUID("0108"), "write", NULL);
}

static const struct {
  const char *path, *interface;
  void (*append)(DBusMessageIter *properties, const mock_state *state);
} objects[] = {
  {PERCUSS_MOCK_ADAPTER, "org.bluez.Adapter1", adapter},
  {PERCUSS_MOCK_DEVICE, "org.bluez.Device1", device},
  {PERCUSS_MOCK_SERVICE, "org.bluez.GattService1", service},
  {PERCUSS_MOCK_REQUEST, "org.bluez.GattCharacteristic1", request},
  {PERCUSS_MOCK_SINK, "org.bluez.GattCharacteristic1", sink},
  {PERCUSS_MOCK_SOURCE, "org.bluez.GattCharacteristic1", source},
  {PERCUSS_MOCK_FLOOD, "org.bluez.GattCharacteristic1", flood},
};
enum { object_count = sizeof objects / sizeof *objects };

void mock_append_objects(DBusMessage *message, const mock_state *state) {
  DBusMessageIter out, paths, path, interfaces, interface, properties;
  dbus_message_iter_init_append(message, &out);
  dbus_message_iter_open_container(&out, DBUS_TYPE_ARRAY, "{oa{sa{sv}}}", &paths);
  for (int i = 0; i < object_count; i++) {
    dbus_message_iter_open_container(&paths, DBUS_TYPE_DICT_ENTRY, NULL, &path);
    dbus_message_iter_append_basic(&path, DBUS_TYPE_OBJECT_PATH, &objects[i].path);
    dbus_message_iter_open_container(&path, DBUS_TYPE_ARRAY, "{sa{sv}}", &interfaces);
    dbus_message_iter_open_container(&interfaces, DBUS_TYPE_DICT_ENTRY, NULL, &interface);
    dbus_message_iter_append_basic(&interface, DBUS_TYPE_STRING, &objects[i].interface);
    dbus_message_iter_open_container(&interface, DBUS_TYPE_ARRAY, "{sv}", &properties);
    objects[i].append(&properties, state);
    dbus_message_iter_close_container(&interface, &properties);
    dbus_message_iter_close_container(&interfaces, &interface);
    dbus_message_iter_close_container(&path, &interfaces);
    dbus_message_iter_close_container(&paths, &path);
  }
  dbus_message_iter_close_container(&out, &paths);
}

void mock_append_properties(DBusMessage *message, const char *path, const char *interface, const mock_state *state) {
  DBusMessageIter out, properties;
  dbus_message_iter_init_append(message, &out);
  dbus_message_iter_open_container(&out, DBUS_TYPE_ARRAY, "{sv}", &properties);
  for (int i = 0; i < object_count; i++) {
    if (strcmp(objects[i].path, path) == 0 && strcmp(objects[i].interface, interface) == 0) {
      objects[i].append(&properties, state);
    }
  }
  dbus_message_iter_close_container(&out, &properties);
}

static void emit(DBusConnection *connection, const char *path, const char *interface, const char *name, int type,
    const void *value) {
  DBusMessage *signal = dbus_message_new_signal(path, "org.freedesktop.DBus.Properties", "PropertiesChanged");
  DBusMessageIter out, properties, invalidated;
  dbus_message_iter_init_append(signal, &out);
  dbus_message_iter_append_basic(&out, DBUS_TYPE_STRING, &interface);
  dbus_message_iter_open_container(&out, DBUS_TYPE_ARRAY, "{sv}", &properties);
  property(&properties, name, type, value);
  dbus_message_iter_close_container(&out, &properties);
  dbus_message_iter_open_container(&out, DBUS_TYPE_ARRAY, "s", &invalidated);
  dbus_message_iter_close_container(&out, &invalidated);
  dbus_connection_send(connection, signal, NULL);
  dbus_message_unref(signal);
}

void mock_emit_boolean(DBusConnection *connection, const char *path, const char *interface, const char *name, dbus_bool_t value) {
  emit(connection, path, interface, name, DBUS_TYPE_BOOLEAN, &value);
}

void mock_emit_rssi(DBusConnection *connection) {
  int16_t rssi = -50;
  emit(connection, PERCUSS_MOCK_DEVICE, "org.bluez.Device1", "RSSI", DBUS_TYPE_INT16, &rssi);
}
