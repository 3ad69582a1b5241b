import ArgumentParser
import Foundation
import Logging
import PercussBlueZ
import PercussDBus
import PercussSimulator

/// The virtual peripheral daemon: parses the command line, and hands over to ``SimulatorService``.
struct PercussdCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "percussd",
    abstract: "Virtual percussive-therapy devices for any Bluetooth LE client.",
    discussion: """
      With --emulate-bluez it emulates BlueZ and its devices on a message bus,
      without Bluetooth and without root: started on a bus of its own it prints,
      once ready, the one line DBUS_SYSTEM_BUS_ADDRESS=..., and every BlueZ client
      that has this in its environment finds the devices. With --adapter it is a
      real Bluetooth LE peripheral, through the bluetoothd of this machine. Logs
      go to the standard error. SIGTERM and SIGINT stop the motors, take
      everything off the bus and end it.

      org.percuss.Simulator on the same bus presses buttons, loads motors, injects
      faults and tells what the motors really did.

      EXIT STATUS
        0    ended as asked to
        2    the command line is wrong
        65   the configuration is wrong
        69   bus, bluetoothd or adapter is missing, or belongs to somebody else
        70   a fault of this program
        75   the bus went away
      """,
    version: "percussd \(Simulator.version) (protocol 1.0)")

  @Flag(name: .long, help: "Emulate BlueZ, on a private bus unless --bus names another.")
  var emulateBluez = false

  @Option(
    name: .long,
    help: ArgumentHelp("Be a peripheral on this adapter: hci0, or better its address.", valueName: "adapter"))
  var adapter: AdapterArgument?

  @Option(
    name: .long,
    help: ArgumentHelp("The bus to use, as in unix:path=/run/dbus/system_bus_socket.", valueName: "address"))
  var bus: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Where the socket of the private bus shall be, in the place of nothing but an old socket.", valueName: "file"))
  var busPath: String?

  @Option(
    name: .long, help: ArgumentHelp("Configuration of devices, radio and faults, YAML or JSON.", valueName: "file"))
  var config: String?

  @Option(name: .long, help: "How many devices, without a configuration. 1 unless given.")
  var devices: Int?

  @Option(
    name: .long, help: "Seed of all chance; also decides over addresses. That of the configuration, or 0, unless given."
  )
  var seed: UInt64?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Write a capture of all links of the devices: btsnoop, for Wireshark, btmon and percuss capture.",
      discussion: """
        As the devices' own host would record it, each device as an adapter. Handles, discovery, the parts of long \
        values and HCI are reconstructed. A disk that is full or slow ends or thins the capture, not the devices.
        """, valueName: "file"))
  var capture: String?

  @Option(name: .long, help: "Least level that is logged: trace, debug, info, notice, warning, error or critical.")
  var logLevel = LogLevel.info

  @Option(name: .long, help: "How logs are written: text, or json, one object a line.")
  var logFormat = LogFormat.text

  @Option(name: .long, help: ArgumentHelp("Only check a configuration.", valueName: "file"))
  var checkConfig: String?

  @Flag(name: .long, help: "Only list what quirks a configuration may give the emulated BlueZ.")
  var listQuirks = false

  func validate() throws {
    let modes = [emulateBluez, adapter != nil, checkConfig != nil, listQuirks].count { $0 }
    guard modes == 1 else {
      throw ValidationError(
        modes == 0
          ? "Say what to do: --emulate-bluez, --adapter hci0, --check-config FILE or --list-quirks."
          : "Only one of --emulate-bluez, --adapter, --check-config and --list-quirks can be done at a time.")
    }
    guard bus == nil || busPath == nil else {
      throw ValidationError("--bus joins a bus, --bus-path starts one; give one of them.")
    }
    guard busPath == nil || emulateBluez else { throw ValidationError("--bus-path goes with --emulate-bluez only.") }
    guard config == nil || devices == nil else {
      throw ValidationError("--devices is for use without --config; the configuration says how many.")
    }
    guard devices == nil || emulateBluez else {
      throw ValidationError("An adapter serves one device; leave out --devices.")
    }
    if let devices, !(0...SimulatorConfiguration.deviceLimit).contains(devices) {
      throw ValidationError("--devices is 0 to \(SimulatorConfiguration.deviceLimit), not \(devices).")
    }
    guard capture == nil || emulateBluez || adapter != nil else {
      throw ValidationError("--capture goes with --emulate-bluez or --adapter.")
    }
    if let capture, capture == config { throw ValidationError("--capture would write over the configuration.") }
    if let busPath, !busPath.hasPrefix("/") { throw ValidationError("--bus-path is an absolute path, not \(busPath).") }
  }

  /// The configuration that the options name or make.
  func simulatorConfiguration() throws -> SimulatorConfiguration {
    if let config { return try ConfigurationFile.load(config, seed: seed) }
    return SimulatorConfiguration(deviceCount: devices ?? 1, seed: seed ?? 0)
  }

  /// Where the simulator shall be.
  var place: SimulatorPlace {
    if let adapter { return .adapter(adapter.selection, bus: bus.map { BusAddress($0) } ?? .system) }
    return bus.map { .bus(BusAddress($0)) } ?? .privateBus(socket: busPath)
  }
}

/// The adapter that `--adapter` names.
struct AdapterArgument: ExpressibleByArgument {
  let selection: AdapterSelection

  init?(argument: String) {
    guard let selection = AdapterSelection(argument) else { return nil }
    self.selection = selection
  }
}

/// What `--log-level` takes.
enum LogLevel: String, CaseIterable, ExpressibleByArgument {
  case trace, debug, info, notice, warning, error, critical

  var level: Logger.Level { Logger.Level(rawValue: rawValue) ?? .info }
}
