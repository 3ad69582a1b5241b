"""A small GATT application and its advertisement, on dbus-fast: a peripheral that shares no code with Percuss."""

import asyncio
import os
import socket
import sys

from dbus_fast import BusType, DBusError, Message, MessageType, PropertyAccess
from dbus_fast.aio import MessageBus
from dbus_fast.service import ServiceInterface, dbus_property, method

UUID = "c0de{:04x}-7065-7263-7573-73000000bbbb"
SERVICE = UUID.format(1)
READ = UUID.format(2)  # reads 00 01 02 ... 31; refuses a write with the application error 0x81
REQUEST = UUID.format(3)  # what is written is notified on NOTIFY
COMMAND = UUID.format(4)  # the same, without a response
NOTIFY = UUID.format(5)
INDICATE = UUID.format(6)  # indicates what is written to REQUEST
SECRET = UUID.format(7)  # reads "secret", over an encrypted link only
PIPE = UUID.format(8)  # commands and notifications over descriptors: each packet that is written is notified
LABEL = UUID.format(0x11)  # a descriptor of READ that can be written
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


class Pipe(Characteristic):
    """A characteristic whose values pass through descriptors that bluetoothd asks for."""

    def __init__(self, uuid):
        super().__init__(uuid, ["write-without-response", "notify"])
        self.writer = self.reader = None

    @dbus_property(PropertyAccess.READ)
    def WriteAcquired(self) -> "b":
        return self.reader is not None

    @dbus_property(PropertyAccess.READ)
    def NotifyAcquired(self) -> "b":
        return self.writer is not None

    @method()
    def AcquireWrite(self, options: "a{sv}") -> "hq":
        print("acquire write", {key: option.value for key, option in options.items()}, flush=True)
        self.reader, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.reader.setblocking(False)
        asyncio.get_running_loop().add_reader(self.reader, self.readable)
        return self.given(theirs, options["mtu"].value)

    @method()
    def AcquireNotify(self, options: "a{sv}") -> "hq":
        print("acquire notify", {key: option.value for key, option in options.items()}, flush=True)
        self.writer, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.writer.setblocking(False)
        asyncio.get_running_loop().add_reader(self.writer, self.hung_up)
        return self.given(theirs, options["mtu"].value)

    def given(self, theirs, mtu):
        """Our own copy is closed once the reply is out: only then the end of bluetoothd's is seen."""
        descriptor = theirs.detach()
        asyncio.get_running_loop().call_later(0.2, os.close, descriptor)
        return [descriptor, mtu]

    def readable(self):
        packet = self.reader.recv(1024)
        print("packet", packet.hex() or "end", flush=True)
        if not packet:
            asyncio.get_running_loop().remove_reader(self.reader)
            self.reader.close()
            self.reader = None
        elif self.writer:
            self.writer.send(packet)

    def hung_up(self):
        if not self.writer.recv(1024):
            print("notify descriptor ended", flush=True)
            asyncio.get_running_loop().remove_reader(self.writer)
            self.writer.close()
            self.writer = None


class Descriptor(ServiceInterface):
    def __init__(self, uuid, characteristic):
        super().__init__("org.bluez.GattDescriptor1")
        self.uuid, self.characteristic, self.value = uuid, characteristic, b"label"

    @dbus_property(PropertyAccess.READ)
    def UUID(self) -> "s":
        return self.uuid

    @dbus_property(PropertyAccess.READ)
    def Characteristic(self) -> "o":
        return self.characteristic

    @dbus_property(PropertyAccess.READ)
    def Flags(self) -> "as":
        return ["read", "write"]

    @method()
    def ReadValue(self, options: "a{sv}") -> "ay":
        return self.value

    @method()
    def WriteValue(self, value: "ay", options: "a{sv}"):
        self.value = bytes(value)


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


class Server:
    """The application on a connection of its own."""

    def __init__(self, adapter, name="percuss-python"):
        self.adapter, self.name = adapter, name

    async def connect(self):
        self.bus = await MessageBus(bus_type=BusType.SYSTEM, negotiate_unix_fd=True).connect()
        self.characteristics = export(self.bus, self.name)

    async def call(self, interface, member, signature="", *arguments):
        reply = await self.bus.call(Message(
            destination="org.bluez", path=self.adapter, interface=interface, member=member, signature=signature, body=list(arguments)))
        if reply.message_type == MessageType.ERROR:
            raise DBusError(reply.error_name, str(reply.body))

    async def register(self):
        await self.call("org.bluez.GattManager1", "RegisterApplication", "oa{sv}", ROOT, {})
        await self.advertise()

    async def advertise(self):
        await self.call("org.bluez.LEAdvertisingManager1", "RegisterAdvertisement", "oa{sv}", ROOT + "/advertisement", {})

    async def withdraw(self):
        await self.call("org.bluez.LEAdvertisingManager1", "UnregisterAdvertisement", "o", ROOT + "/advertisement")


def export(bus, name):
    characteristics = {
        READ: Characteristic(READ, ["read", "write"], bytes(range(50))),
        REQUEST: Characteristic(REQUEST, ["write"]),
        COMMAND: Characteristic(COMMAND, ["write-without-response"]),
        NOTIFY: Characteristic(NOTIFY, ["notify"]),
        INDICATE: Characteristic(INDICATE, ["indicate"]),
        SECRET: Characteristic(SECRET, ["encrypt-read"], b"secret"),
        PIPE: Pipe(PIPE),
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
    bus.export(f"{ROOT}/service0/char0/desc0", Descriptor(LABEL, f"{ROOT}/service0/char0"))
    bus.export(f"{ROOT}/advertisement", Advertisement(name))
    return characteristics


async def serve(adapter):
    server = Server(adapter)
    await server.connect()
    await server.register()
    print("registered", flush=True)
    await asyncio.get_running_loop().create_future()


def main(adapter="/org/bluez/hci1"):
    asyncio.run(serve(adapter))


if __name__ == "__main__":
    main(*sys.argv[1:])
