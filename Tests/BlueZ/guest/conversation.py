"""One conversation with org.bluez, step by step, over plain D-Bus calls: what bluetoothd answers, and in which order.

The same steps run against bluetoothd in the guest and against an emulation of it. Each step begins with the signal
org.percuss.Test.Step on the bus, so that a trace of the bus can be cut into steps, and ends when the bus has been quiet for a while.
Needs two adapters that hear each other: the central's and the peripheral's.
"""

import asyncio
import socket
import time

import gatt_server
from dbus_fast import BusType, Message, MessageType, Variant
from dbus_fast.aio import MessageBus
from dbus_fast.service import ServiceInterface, method

QUIET = 0.6  # seconds without a message that end a step
ADAPTER, DEVICE = "org.bluez.Adapter1", "org.bluez.Device1"
CHARACTERISTIC, DESCRIPTOR = "org.bluez.GattCharacteristic1", "org.bluez.GattDescriptor1"
PROPERTIES, MANAGER = "org.freedesktop.DBus.Properties", "org.freedesktop.DBus.ObjectManager"


class Agent(ServiceInterface):
    """Agrees to whatever it is asked."""

    def __init__(self, name):
        super().__init__("org.bluez.Agent1")
        self.role = name

    @method()
    def Release(self):
        pass

    @method()
    def RequestAuthorization(self, device: "o"):
        print(self.role, "authorizes", flush=True)

    @method()
    def AuthorizeService(self, device: "o", uuid: "s"):
        pass

    @method()
    def RequestConfirmation(self, device: "o", passkey: "u"):
        print(self.role, "confirms", flush=True)

    @method()
    def Cancel(self):
        pass


class Conversation:
    def __init__(self, central="00:AA:01:00:00:00", peripheral="00:AA:01:01:00:01"):
        self.central_address, self.peripheral_address = central, peripheral
        self.objects = {}
        self.changed = asyncio.Event()
        self.heard = time.monotonic()

    async def open(self):
        self.bus = await MessageBus(bus_type=BusType.SYSTEM, negotiate_unix_fd=True).connect()
        self.bus.add_message_handler(self.hear)
        for rule in ("type='signal',sender='org.bluez',interface='org.freedesktop.DBus.ObjectManager'",
                     "type='signal',sender='org.bluez',interface='org.freedesktop.DBus.Properties',path_namespace='/org/bluez'"):
            await self.bus.call(Message(destination="org.freedesktop.DBus", path="/org/freedesktop/DBus", interface="org.freedesktop.DBus",
                                        member="AddMatch", signature="s", body=[rule]))
        reply = await self.bus.call(Message(destination="org.bluez", path="/", interface=MANAGER, member="GetManagedObjects"))
        self.objects = reply.body[0]
        self.adapter = self.find(ADAPTER, "Address", self.central_address)
        self.other = self.find(ADAPTER, "Address", self.peripheral_address)
        self.device = f"{self.adapter}/dev_{self.peripheral_address.replace(':', '_')}"
        self.visitor = f"{self.other}/dev_{self.central_address.replace(':', '_')}"
        self.server = gatt_server.Server(self.other)
        await self.server.connect()

    # What is known of the objects

    def hear(self, message):
        self.heard = time.monotonic()
        if message.message_type != MessageType.SIGNAL:
            return
        if message.member == "InterfacesAdded":
            path, interfaces = message.body
            self.objects.setdefault(path, {}).update(interfaces)
        elif message.member == "InterfacesRemoved":
            path, interfaces = message.body
            for interface in interfaces:
                self.objects.get(path, {}).pop(interface, None)
        elif message.member == "PropertiesChanged":
            interface, values, gone = message.body
            known = self.objects.setdefault(message.path, {}).setdefault(interface, {})
            known.update(values)
            for name in gone:
                known.pop(name, None)
        self.changed.set()

    def find(self, interface, name, value, under="/"):
        for path, interfaces in sorted(self.objects.items()):
            if path.startswith(under) and interface in interfaces and name in interfaces[interface] and interfaces[interface][name].value == value:
                return path
        raise KeyError(f"no {interface} with {name} {value} below {under}")

    def characteristic(self, uuid):
        return self.find(CHARACTERISTIC, "UUID", uuid, self.device)

    def property(self, path, interface, name):
        value = self.objects.get(path, {}).get(interface, {}).get(name)
        return None if value is None else value.value

    async def until(self, path, interface, name, value, seconds=20):
        end = time.monotonic() + seconds
        while self.property(path, interface, name) != value:
            self.changed.clear()
            left = end - time.monotonic()
            if left <= 0:
                print(f"  {path} {name} did not become {value} within {seconds} s", flush=True)
                return False
            try:
                await asyncio.wait_for(self.changed.wait(), left)
            except asyncio.TimeoutError:
                pass
        return True

    # What is done

    async def step(self, name):
        await self.quiet()
        print(f"== {name}", flush=True)
        await self.bus.send(Message(message_type=MessageType.SIGNAL, path="/org/percuss/test", interface="org.percuss.Test", member="Step",
                                    signature="s", body=[name]))

    async def quiet(self, seconds=15):
        end = time.monotonic() + seconds
        while time.monotonic() < end and time.monotonic() - self.heard < QUIET:
            await asyncio.sleep(0.05)

    async def call(self, path, interface, member, signature="", *arguments, seconds=60):
        """The reply's values, or the error as text."""
        message = Message(destination="org.bluez", path=path, interface=interface, member=member, signature=signature, body=list(arguments))
        try:
            reply = await asyncio.wait_for(self.bus.call(message), seconds)
        except asyncio.TimeoutError:
            print(f"  {member}: no answer within {seconds} s", flush=True)
            return None
        self.heard = time.monotonic()
        if reply.message_type == MessageType.ERROR:
            text = f"{reply.error_name}: {reply.body[0] if reply.body else ''}"
            print(f"  {member}: {text}", flush=True)
            return text
        self.descriptors = reply.unix_fds
        print(f"  {member}: {reply.body}", flush=True)
        return reply.body

    async def read(self, uuid, **options):
        return await self.call(self.characteristic(uuid), CHARACTERISTIC, "ReadValue", "a{sv}", {k: Variant("q", v) for k, v in options.items()})

    async def write(self, uuid, value, kind, offset=None):
        options = {"type": Variant("s", kind)} | ({} if offset is None else {"offset": Variant("q", offset)})
        return await self.call(self.characteristic(uuid), CHARACTERISTIC, "WriteValue", "aya{sv}", value, options)

    async def on(self, uuid, member):
        return await self.call(self.characteristic(uuid), CHARACTERISTIC, member)

    async def on_device(self, member, seconds=60):
        return await self.call(self.device, DEVICE, member, seconds=seconds)

    async def on_adapter(self, member, signature="", *arguments):
        return await self.call(self.adapter, ADAPTER, member, signature, *arguments)

    async def power(self, adapter, on):
        reply = await self.call(adapter, PROPERTIES, "Set", "ssv", ADAPTER, "Powered", Variant("b", on))
        await self.until(adapter, ADAPTER, "Powered", on)
        return reply

    async def acquire(self, uuid, member):
        reply = await self.call(self.characteristic(uuid), CHARACTERISTIC, member, "a{sv}", {})
        if not isinstance(reply, list):
            return None
        pipe = socket.socket(fileno=self.descriptors[reply[0]])
        pipe.setblocking(False)
        return pipe

    async def packet(self, pipe, seconds=10):
        try:
            value = await asyncio.wait_for(asyncio.get_running_loop().sock_recv(pipe, 1024), seconds)
            print(f"  packet {value.hex() or 'end'}", flush=True)
        except (asyncio.TimeoutError, OSError) as error:
            print(f"  no packet: {type(error).__name__}", flush=True)

    async def discover(self):
        await self.on_adapter("SetDiscoveryFilter", "a{sv}", {"Transport": Variant("s", "le")})
        await self.on_adapter("StartDiscovery")
        await self.until(self.device, DEVICE, "Address", self.peripheral_address)
        await self.quiet()
        await self.on_adapter("StopDiscovery")

    async def connect(self):
        await self.on_device("Connect")
        await self.until(self.device, DEVICE, "ServicesResolved", True)

    async def converse(self, steps=None):
        """Plays the steps with these names, or all."""
        for name, function in STEPS.items():
            if steps is None or name in steps:
                await self.step(name)
                try:
                    await function(self)
                except KeyError as missing:
                    print(f"  not done: {missing}", flush=True)
        await self.step("end")


STEPS = {}


def step(function):
    STEPS[function.__name__.replace("_", " ")] = function
    return function


@step
async def register(c):
    await c.server.register()


@step
async def scan(c):
    await c.discover()


@step
async def scan_errors(c):
    await c.on_adapter("StopDiscovery")
    await c.on_adapter("StartDiscovery")
    await c.on_adapter("StartDiscovery")
    await c.on_adapter("StopDiscovery")
    await c.on_adapter("SetDiscoveryFilter", "a{sv}", {"Transport": Variant("s", "nonsense")})
    await c.call(c.adapter + "/dev_11_22_33_44_55_66", DEVICE, "Connect")
    await c.on_device("Disconnect")


@step
async def connect(c):
    await c.connect()


@step
async def connect_again(c):
    await c.on_device("Connect")


@step
async def read(c):
    await c.read(gatt_server.READ)
    await c.read(gatt_server.READ, offset=48)


@step
async def read_errors(c):
    await c.read(gatt_server.REQUEST)
    await c.read(gatt_server.READ, offset=200)


@step
async def write(c):
    await c.write(gatt_server.REQUEST, b"request", "request")
    await c.quiet()
    await c.write(gatt_server.COMMAND, b"command", "command")
    await c.quiet()
    await c.call(c.characteristic(gatt_server.REQUEST), CHARACTERISTIC, "WriteValue", "aya{sv}", b"no type", {})


@step
async def write_errors(c):
    await c.write(gatt_server.READ, b"refused", "request")
    await c.write(gatt_server.NOTIFY, b"no", "request")
    await c.write(gatt_server.REQUEST, b"no", "command")
    await c.write(gatt_server.COMMAND, b"no", "request")
    await c.write(gatt_server.COMMAND, bytes(600), "command")
    await c.write(gatt_server.REQUEST, bytes(513), "request")


@step
async def descriptor(c):
    path = c.find(DESCRIPTOR, "UUID", gatt_server.LABEL, c.device)
    await c.call(path, DESCRIPTOR, "ReadValue", "a{sv}", {})
    await c.call(path, DESCRIPTOR, "WriteValue", "aya{sv}", b"another", {})
    await c.call(path, DESCRIPTOR, "ReadValue", "a{sv}", {})


@step
async def notify(c):
    await c.on(gatt_server.NOTIFY, "StartNotify")
    await c.on(gatt_server.INDICATE, "StartNotify")
    await c.quiet()
    await c.write(gatt_server.REQUEST, b"both", "request")
    await c.quiet()
    await c.write(gatt_server.COMMAND, b"same", "command")
    await c.quiet()
    await c.write(gatt_server.COMMAND, b"same", "command")


@step
async def notify_errors(c):
    await c.on(gatt_server.NOTIFY, "StartNotify")
    await c.on(gatt_server.READ, "StartNotify")
    await c.on(gatt_server.PIPE, "StopNotify")
    await c.acquire(gatt_server.NOTIFY, "AcquireNotify")


@step
async def notify_off(c):
    await c.on(gatt_server.NOTIFY, "StopNotify")
    await c.quiet()
    await c.on(gatt_server.INDICATE, "StopNotify")


@step
async def acquire(c):
    c.writer = await c.acquire(gatt_server.PIPE, "AcquireWrite")
    await c.quiet()
    c.reader = await c.acquire(gatt_server.PIPE, "AcquireNotify")
    await c.quiet()
    if c.writer and c.reader:
        c.writer.send(b"through")
        await c.packet(c.reader)


@step
async def acquire_errors(c):
    await c.acquire(gatt_server.PIPE, "AcquireWrite")
    await c.acquire(gatt_server.PIPE, "AcquireNotify")
    await c.write(gatt_server.PIPE, b"beside", "command")
    await c.on(gatt_server.PIPE, "StartNotify")
    await c.acquire(gatt_server.READ, "AcquireWrite")
    await c.acquire(gatt_server.READ, "AcquireNotify")


@step
async def release(c):
    for pipe, name in ((c.writer, "WriteAcquired"), (c.reader, "NotifyAcquired")):
        if pipe:
            pipe.close()
            await c.until(c.characteristic(gatt_server.PIPE), CHARACTERISTIC, name, False)


@step
async def acquire_indications(c):
    pipe = await c.acquire(gatt_server.INDICATE, "AcquireNotify")
    await c.quiet()
    await c.write(gatt_server.REQUEST, b"indicated", "request")
    if pipe:
        await c.packet(pipe)
        pipe.close()


@step
async def disconnect(c):
    await c.on(gatt_server.NOTIFY, "StartNotify")
    c.reader = await c.acquire(gatt_server.PIPE, "AcquireNotify")
    await c.quiet()
    await c.on_device("Disconnect")
    await c.until(c.visitor, DEVICE, "Connected", False)
    if c.reader:
        await c.packet(c.reader)


@step
async def disconnected_errors(c):
    await c.read(gatt_server.READ)
    await c.write(gatt_server.REQUEST, b"no", "request")
    await c.write(gatt_server.COMMAND, b"no", "command")
    await c.acquire(gatt_server.PIPE, "AcquireWrite")
    await c.acquire(gatt_server.PIPE, "AcquireNotify")
    await c.on_device("Disconnect")


@step
async def reconnect(c):
    await c.connect()


@step
async def disconnect_by_peripheral(c):
    await c.call(c.visitor, DEVICE, "Disconnect")
    await c.until(c.device, DEVICE, "Connected", False)


@step
async def pair(c):
    for bus, adapter, name in ((c.bus, c.adapter, "central"), (c.server.bus, c.other, "peripheral")):
        bus.export("/org/percuss/agent", Agent(name))
        await bus.call(Message(destination="org.bluez", path="/org/bluez", interface="org.bluez.AgentManager1", member="RegisterAgent",
                               signature="os", body=["/org/percuss/agent", "NoInputNoOutput"]))
    await c.server.bus.call(Message(destination="org.bluez", path="/org/bluez", interface="org.bluez.AgentManager1",
                                    member="RequestDefaultAgent", signature="o", body=["/org/percuss/agent"]))
    await c.quiet()
    await c.on_device("Pair")
    await c.until(c.device, DEVICE, "ServicesResolved", True)


@step
async def pair_again(c):
    await c.on_device("Pair")


@step
async def read_encrypted(c):
    await c.read(gatt_server.SECRET)


@step
async def remove(c):
    await c.on_adapter("RemoveDevice", "o", c.device)
    await c.until(c.device, DEVICE, "Connected", None)
    await c.call(c.other, ADAPTER, "RemoveDevice", "o", c.visitor)
    await c.on_adapter("RemoveDevice", "o", c.device)


@step
async def scan_after_removal(c):
    await c.discover()
    await c.connect()


@step
async def peripheral_off(c):
    await c.on(gatt_server.NOTIFY, "StartNotify")
    await c.quiet()
    await c.power(c.other, False)
    await c.until(c.device, DEVICE, "Connected", False)


@step
async def peripheral_on(c):
    await c.power(c.other, True)
    await c.quiet()
    await c.connect()


@step
async def central_off(c):
    await c.power(c.adapter, False)


@step
async def central_off_errors(c):
    await c.on_adapter("StartDiscovery")
    await c.on_device("Connect")
    await c.on_device("Pair")


@step
async def central_on(c):
    await c.power(c.adapter, True)
    await c.quiet()
    await c.connect()
    await c.quiet()
    await c.on_device("Disconnect")


@step
async def connect_to_absent(c):
    await c.server.withdraw()
    await c.quiet()
    pending = asyncio.ensure_future(c.on_device("Connect"))
    await asyncio.sleep(1)
    await c.on_device("Connect")
    await c.on_device("Disconnect")
    await pending


@step
async def application_gone(c):
    await c.server.advertise()
    await c.quiet()
    await c.discover()
    await c.connect()
    await c.quiet()
    c.server.bus.disconnect()
    await c.quiet()


async def main(steps=None, **addresses):
    conversation = Conversation(**addresses)
    await conversation.open()
    await conversation.converse(steps)


if __name__ == "__main__":
    asyncio.run(main())
