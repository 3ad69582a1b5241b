internal import PercussDBus

/// The control interface: where it is on the bus, and what can be called. `README.md` beside this file shows how to use it.
enum ControlInterface {
  static let busName = "org.percuss.Simulator"
  static let root = ObjectPath.root.appending("org").appending("percuss").appending("simulator")
  static let simulator = "org.percuss.Simulator1"
  static let device = "org.percuss.Simulator1.Device"

  /// The errors that its methods answer with, beside `org.freedesktop.DBus.Error.InvalidArgs`.
  enum ErrorName {
    /// There is no such device or adapter.
    static let notFound = "org.percuss.Simulator1.Error.NotFound"
    /// The simulator serves a real adapter, and has nothing of what the call is about.
    static let notSupported = "org.percuss.Simulator1.Error.NotSupported"
    /// It is there already, or as many as there may be.
    static let exists = "org.percuss.Simulator1.Error.Exists"
    /// The device has no power.
    static let noPower = "org.percuss.Simulator1.Error.NoPower"
  }

  /// One sample of what the motor does; ``MotorSample`` makes it, `README.md` names the columns.
  static let sampleType: StaticString = "(ttiiiqqnysyqnb)"
  private static let samplesType: StaticString = "a(ttiiiqqnysyqnb)"
  /// How many samples one answer holds at most, but for those of one instant.
  static let traceChunkLimit = 5000

  typealias Argument = InterfaceDescription.Argument
  typealias Method = InterfaceDescription.Method
  typealias Property = InterfaceDescription.Property

  static let simulatorDescription = InterfaceDescription(
    simulator,
    methods: [
      Method(
        "AddDevice", in: [Argument("options", "a{sv}")], out: [Argument("device", "o"), Argument("address", "s")],
        summary: "Adds a virtual device, which advertises at once; every option may be left out."),
      Method(
        "RemoveDevice", in: [Argument("device", "o")],
        summary: "Takes a device away without a word, as when its power fails."),
      Method(
        "SetQuirks", in: [Argument("quirks", "a{sv}")],
        summary: "Changes how the emulated bluetoothd behaves; what is not named stays. All of it or nothing."),
      Method("ResetQuirks", summary: "Lets the emulated bluetoothd behave as bluetoothd 5.66 normally does."),
      Method(
        "ListQuirks", out: [Argument("quirks", "a(sssv)")],
        summary: "Name, what it takes, what it does, and the present value of every quirk."),
      Method(
        "SetRadio", in: [Argument("parameters", "a{sv}")],
        summary: "Changes what links over the emulated air are like that are made from now on."),
      Method(
        "SetAdapterPowered", in: [Argument("adapter", "s"), Argument("powered", "b")],
        summary: "Switches an emulated adapter such as hci0 on or off."),
      Method(
        "RemoveAdapter", in: [Argument("adapter", "s")],
        summary: "Pulls an emulated adapter out: its links end, and it goes with its devices."),
      Method(
        "AddAdapter", in: [Argument("address", "s")], out: [Argument("adapter", "s")],
        summary: "Plugs an emulated adapter in and tells its name; an empty address takes the usual one."),
      Method(
        "ReadClock", out: [Argument("monotonic_ns", "t")],
        summary: "CLOCK_MONOTONIC in nanoseconds, the clock of traces."),
    ],
    properties: [
      Property("Version", "s", summary: "Version of the simulator."),
      Property("Mode", "s", summary: "emulation, or adapter when the device is on a real one."),
      Property("Seed", "t", summary: "Decides over all chance."),
      Property("Quirks", "a{sv}", summary: "How the emulated bluetoothd behaves now; counters have counted down."),
      Property("Radio", "a{sv}", summary: "What links that are made now are like."),
      Property("Adapters", "as", summary: "The emulated adapters."),
      Property("Devices", "ao", summary: "The objects of the devices; changes are signalled."),
    ])

  static let deviceDescription = InterfaceDescription(
    device,
    methods: [
      Method(
        "PressButton", in: [Argument("action", "s")],
        summary:
          "short_press: stops the motor, or confirms a waiting step; switches on a device that is off. long_press: stops it and switches it off."
      ),
      Method(
        "SetLoad", in: [Argument("newtons", "d")],
        summary: "The device is pressed against something with that force from now on, 0 to 6553.5 N."),
      Method(
        "SetMotorStuck", in: [Argument("stuck", "b")], summary: "The motor does not turn, though nothing presses it."),
      Method(
        "SetTemperature", in: [Argument("celsius", "d")], summary: "The motor has that temperature, -40 to 150 C."),
      Method("SetBattery", in: [Argument("percent", "y")], summary: "The battery has that charge, 0 to 100 %."),
      Method("CutPower", summary: "The power fails: the motor stops, and its links end without a word."),
      Method("RestorePower", summary: "The power comes back: the device is as new, its clock begins at 0."),
      Method(
        "SetAirFaults", in: [Argument("faults", "a{sv}")],
        summary: "Changes what goes wrong between the device and its centrals; what is not named stays."),
      Method("ResetAirFaults", summary: "Nothing goes wrong any more."),
      Method("Disconnect", summary: "The device ends its links."),
      Method(
        "Disturb", in: [Argument("kind", "s"), Argument("milliseconds", "u")],
        summary: "Disturbs its open links for that time: stall, outage or central_deaf."),
      Method("SetAdvertising", in: [Argument("advertising", "b")], summary: "Whether the device advertises."),
      Method(
        "ReadTruth", out: [Argument("sample", sampleType)],
        summary: "What the motor really does at this instant, whatever the device reports."),
      Method(
        "ReadTrace", in: [Argument("after_monotonic_ns", "t"), Argument("limit", "u")],
        out: [Argument("samples", samplesType), Argument("more", "b"), Argument("thinned", "b")],
        summary:
          "What the motor did after an instant, oldest first, at most 5000 samples: whether there are more, and whether some were left out to bound the memory."
      ),
    ],
    properties: [
      Property("Address", "s", summary: "What it advertises from."),
      Property("Name", "s", summary: "What it advertises."),
      Property("Model", "s", summary: "What kind of device, as in elite or theragun-pro."),
      Property("On", "b", summary: "Whether it is switched on; changes are signalled."),
      Property("State", "s", summary: "What it is doing, as in idle or routine; changes are signalled."),
      Property("Faults", "as", summary: "The faults that are latched; changes are signalled."),
      Property("Speed", "d", summary: "What the motor turns at now, in percussions per minute."),
      Property("Force", "d", summary: "What presses on the motor now, in newtons."),
      Property("Temperature", "d", summary: "Of the motor now, in degrees Celsius."),
      Property("Battery", "y", summary: "Charge now, in per cent."),
      Property("Connections", "u", summary: "How many centrals are connected now."),
      Property(
        "IgnoredWrites", "u",
        summary: "How many writes a Theragun ignored, malformed or out of range; a Percuss device refuses them."),
      Property("AirFaults", "a{sv}", summary: "What goes wrong between the device and its centrals."),
      Property("Hand", "b", .readWrite, summary: "Whether a simulated hand presses the device while its motor turns."),
    ])
}
