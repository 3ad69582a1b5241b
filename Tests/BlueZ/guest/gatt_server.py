"""A small GATT application and its advertisement, on dbus-fast: a peripheral that shares no code with Percuss."""

import asyncio
import sys

from dbus_fast import BusType, DBusError, PropertyAccess, Variant
from dbus_fast.aio import MessageBus
from dbus_fast.service import ServiceInterface, dbus_property, method

UUID = "c0de{:04x}-7065-7263-7573-73000000bbbb"
SERVICE = UUID.format(1)
READ = UUID.format(2)  # reads 00 01 02 ... 31; refuses a write with the application error 0x81
REQUEST = UUID.format(3)  # what is written is notified on NOTIFY
COMMAND = UUID.format(4)  # the same, without a response
NOTIFY = UUID.format(5)
INDICATE = UUID.format(6)  # indicates what is written to REQUEST
ROOT = "/org/example"


class Service(ServiceInterface):
    def __init__(self):
        super().__init__("org.bluez.GattService1")

    @dbus_property(PropertyAccess.READ)
    def UUID(self) -> "s":
        return SERVICE

    @dbus_property(PropertyAccess.READ)
    def Primary(self) -> "b":
        return True


class Characteristic(ServiceInterface):
    def __init__(self, uuid, flags, value=b""):
        super().__init__("org.bluez.GattCharacteristic1")
        self.uuid, self.flags, self.value = uuid, flags, value
        self.written = lambda value: None

    @dbus_property(PropertyAccess.READ)
    def UUID(self) -> "s":
        return self.uuid

    @dbus_property(PropertyAccess.READ)
    def Service(self) -> "o":
        return ROOT + "/service0"

    @dbus_property(PropertyAccess.READ)
    def Flags(self) -> "as":
        return self.flags

    @dbus_property(PropertyAccess.READ)
    def Value(self) -> "ay":
        return self.value

    @method()
    def ReadValue(self, options: "a{sv}") -> "ay":
        print("read", self.uuid[4:8], {key: option.value for key, option in options.items()}, flush=True)
        return self.value[options["offset"].value if "offset" in options else 0 :]

    @method()
    def WriteValue(self, value: "ay", options: "a{sv}"):
        print("written", self.uuid[4:8], bytes(value).hex(), {key: option.value for key, option in options.items()}, flush=True)
        if self.uuid == READ:
            raise DBusError("org.bluez.Error.Failed", "0x81")
        self.written(bytes(value))

    @method()
    def StartNotify(self):
        print("notify on", self.uuid[4:8], flush=True)

    @method()
    def StopNotify(self):
        print("notify off", self.uuid[4:8], flush=True)

    @method()
    def Confirm(self):
        print("confirmed", self.uuid[4:8], flush=True)

    def notify(self, value):
        self.emit_properties_changed({"Value": value})


class Advertisement(ServiceInterface):
    def __init__(self, name):
        super().__init__("org.bluez.LEAdvertisement1")
        self.local_name = name

    @dbus_property(PropertyAccess.READ)
    def Type(self) -> "s":
        return "peripheral"

    @dbus_property(PropertyAccess.READ)
    def LocalName(self) -> "s":
        return self.local_name

    @dbus_property(PropertyAccess.READ)
    def ServiceUUIDs(self) -> "as":
        return [SERVICE]

    @method()
    def Release(self):
        print("advertisement released", flush=True)


class Application(ServiceInterface):
    """The root: dbus-fast answers GetManagedObjects for everything below by itself."""

    def __init__(self):
        super().__init__("org.example.Application")


async def serve(adapter, name):
    bus = await MessageBus(bus_type=BusType.SYSTEM).connect()
    characteristics = {
        READ: Characteristic(READ, ["read", "write"], bytes(range(50))),
        REQUEST: Characteristic(REQUEST, ["write"]),
        COMMAND: Characteristic(COMMAND, ["write-without-response"]),
        NOTIFY: Characteristic(NOTIFY, ["notify"]),
        INDICATE: Characteristic(INDICATE, ["indicate"]),
    }

    def requested(value):
        characteristics[NOTIFY].notify(value)
        characteristics[INDICATE].notify(value)

    characteristics[REQUEST].written = requested
    characteristics[COMMAND].written = characteristics[NOTIFY].notify
    bus.export(ROOT, Application())
    bus.export(ROOT + "/service0", Service())
    for number, characteristic in enumerate(characteristics.values()):
        bus.export(f"{ROOT}/service0/char{number}", characteristic)
    bus.export("/org/example/advertisement", Advertisement(name))

    node = await bus.introspect("org.bluez", adapter)
    proxy = bus.get_proxy_object("org.bluez", adapter, node)
    await proxy.get_interface("org.bluez.GattManager1").call_register_application(ROOT, {})
    await proxy.get_interface("org.bluez.LEAdvertisingManager1").call_register_advertisement("/org/example/advertisement", {})
    print("registered", flush=True)
    await asyncio.get_running_loop().create_future()


def main(adapter="/org/bluez/hci1", name="percuss-python"):
    asyncio.run(serve(adapter, name))


if __name__ == "__main__":
    main(*sys.argv[1:])
