import ArgumentParser
import Foundation
import PercussBlueZ
import PercussClient
import PercussLink
import PercussRoutine
import PercussTime
import PercussWire

/// Which device a command works on, and in what time.
struct DeviceOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "The device: sim, sim:elite, sim:pro, sim:mini or sim:theragun-pro, -elite, -prime; or an address or a name on the air. (default: $PERCUSS_DEVICE, else sim)",
      discussion: """
        sim is a virtual device in this process, behind a simulated radio; it is new and idle at each start. \
        An address, as in C8:2E:47:0A:11:02, or an advertised name is looked for through BlueZ.
        """))
  var device: String?

  @OptionGroup var adapter: AdapterOptions

  @Option(name: .long, help: "How long to look for a device on the air and connect to it, 1s to 5min.")
  var timeout = DurationArgument(.seconds(20))

  @Option(
    name: .long,
    help: ArgumentHelp(
      "For a device whose speeds are those of its motor: its revolutions for one percussion, 0.5 to 4, as you measured it.",
      discussion:
        "There is no default, since it is not public. Needed wherever speeds in ppm are meant for such a device."))
  var rpmPerPpm: RatioArgument?

  @OptionGroup(title: "Virtual devices in this process") var simulation: SimulationOptions

  /// The device that is meant.
  var selection: DeviceSelection {
    DeviceSelection(
      device ?? ProcessInfo.processInfo.environment["PERCUSS_DEVICE"].flatMap { $0.isEmpty ? nil : $0 } ?? "sim")
  }

  func validate() throws {
    guard (.seconds(1) ... .seconds(300)).contains(timeout.duration) else {
      throw ValidationError("--timeout is 1s to 5min.")
    }
    try simulation.validate(for: selection)
  }
}

/// What `--device` means.
enum DeviceSelection: CustomStringConvertible {
  /// A virtual device in this process, by the name of its model.
  case simulated(model: String)
  /// A device that BlueZ reaches, by its address or its name.
  case onAir(String)

  init(_ text: String) {
    if text == "sim" {
      self = .simulated(model: "elite")
    } else if text.hasPrefix("sim:") {
      self = .simulated(model: String(text.dropFirst(4)))
    } else {
      self = .onAir(text)
    }
  }

  var description: String {
    switch self {
    case .simulated(let model): "sim:\(model)"
    case .onAir(let text): text
    }
  }
}

/// Which Bluetooth adapter of this machine is used.
struct AdapterOptions: ParsableArguments {
  @Option(
    name: .long,
    help:
      "The Bluetooth adapter, by name (hci0) or address. (default: $PERCUSS_ADAPTER, else the first that is powered)")
  var adapter: String?

  /// The adapter that is meant.
  var selection: AdapterSelection {
    get throws {
      guard let text = adapter ?? ProcessInfo.processInfo.environment["PERCUSS_ADAPTER"], !text.isEmpty else {
        return .default
      }
      guard let selection = AdapterSelection(text) else {
        throw CommandFailure(
          .usage, "percuss: “\(text)” is no adapter; give a name like hci0, or an address like 00:1A:7D:DA:71:13")
      }
      return selection
    }
  }
}

/// What a simulation in this process is like.
struct SimulationOptions: ParsableArguments {
  @Flag(name: .long, help: "Let virtual time run as fast as it can instead of waiting.")
  var virtualTime = false

  @Option(name: .long, help: "Seed of all chance: the same seed gives the same run in virtual time. (default: 0)")
  var seed: UInt64?

  @Option(name: .long, help: "Connection interval of the simulated radio, 10ms to 4s. (default: 30ms)")
  var interval: DurationArgument?

  @Option(name: .long, help: "ATT_MTU of the simulated radio, 23 to 517 bytes. (default: 247)")
  var mtu: Int?

  @Option(
    name: .long,
    help:
      "Share of packets that the simulated radio loses and sends again, 0 to 0.9; they come later, in order. (default: 0)"
  )
  var loss: Double?

  @Option(
    name: .long,
    help: "Share of notifications and unacknowledged writes that the simulation drops for good, 0 to 0.9. (default: 0)")
  var drop: Double?

  /// The first of the options that is given.
  var given: String? {
    let options: [(Bool, String)] = [
      (virtualTime, "--virtual-time"), (seed != nil, "--seed"), (interval != nil, "--interval"), (mtu != nil, "--mtu"),
      (loss != nil, "--loss"), (drop != nil, "--drop"),
    ]
    return options.first(where: \.0)?.1
  }

  func validate(for selection: DeviceSelection) throws {
    if case .onAir = selection, let given {
      throw ValidationError(
        "\(given) is for virtual devices in this process (--device sim...), and “\(selection)” is looked for on the air."
      )
    }
    if let interval, !(.milliseconds(10) ... .seconds(4)).contains(interval.duration) {
      throw ValidationError("--interval is 10ms to 4s.")
    }
    if let mtu, !(23...517).contains(mtu) { throw ValidationError("--mtu is 23 to 517 bytes, not \(mtu).") }
    if let loss, !(0...0.9).contains(loss) { throw ValidationError("--loss is 0 to 0.9, not \(loss).") }
    if let drop, !(0...0.9).contains(drop) { throw ValidationError("--drop is 0 to 0.9, not \(drop).") }
  }

  /// The simulated radio.
  var radio: RadioParameters {
    var radio = RadioParameters()
    radio.interval = interval?.duration ?? .milliseconds(30)
    radio.maximumTransmissionUnit = mtu ?? 247
    radio.lossProbability = loss ?? 0
    radio.dropProbability = drop ?? 0
    radio.supervisionTimeout = max(.seconds(2), radio.interval * 6)
    return radio
  }
}

/// How a command tells its results.
struct OutputOptions: ParsableArguments {
  @Flag(name: .long, help: "Print JSON, one object a line, as protocol-spec/output.md describes.")
  var json = false
}

/// A speed argument, as in `1900ppm`, or `2400rpm` of the motor itself; a bare number is refused, because PPM is not the only unit in use.
enum SpeedArgument: ExpressibleByArgument {
  case percussions(Speed)
  case motor(MotorSpeed)

  init?(argument: String) {
    if argument == "0" || argument == "0ppm" || argument == "0 ppm" {
      self = .percussions(.rest)
    } else if argument.lowercased().hasSuffix("rpm") {
      let digits = argument.dropLast(3).trimmingCharacters(in: .whitespaces)
      guard digits.allSatisfy(\.isASCII), let rpm = UInt16(digits) else { return nil }
      self = .motor(.rpm(rpm))
    } else {
      guard let ppm = try? QuantityText.speed(argument) else { return nil }
      self = .percussions(.ppm(ppm))
    }
  }

  /// What it asks of a device.
  func operation(ramp: Duration) -> DeviceOperation {
    switch self {
    case .percussions(let speed):
      .request(.setSpeed(speedPPM: speed.ppm, rampMilliseconds: UInt16(clamping: ramp.wholeMilliseconds)))
    case .motor(let speed): .setMotorSpeed(speed, ramp: ramp)
    }
  }
}

/// A ratio argument, as in `1.5`: up to three decimals.
struct RatioArgument: ExpressibleByArgument {
  let ratio: SpeedRatio

  init?(argument: String) {
    let parts = argument.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    let fraction = parts.count == 2 ? parts[1] : "0"
    let digits = Set("0123456789")
    guard let whole = parts.first, (1...2).contains(whole.count), (1...3).contains(fraction.count),
      whole.allSatisfy(digits.contains), fraction.allSatisfy(digits.contains),
      let units = Int(whole), let thousandths = Int(fraction + String(repeating: "0", count: 3 - fraction.count)),
      let ratio = SpeedRatio(rpmPerThousandPPM: units * 1_000 + thousandths)
    else { return nil }
    self.ratio = ratio
  }
}

/// A duration argument, as in `500ms`, `30s` or `1min30s`.
struct DurationArgument: ExpressibleByArgument {
  let duration: Duration

  init(_ duration: Duration) { self.duration = duration }

  /// As the help shows a default.
  var defaultValueDescription: String {
    let milliseconds = duration.wholeMilliseconds
    return milliseconds % 1000 == 0 ? "\(milliseconds / 1000)s" : "\(milliseconds)ms"
  }

  init?(argument: String) {
    guard let duration = try? QuantityText.duration(argument) else { return nil }
    self.duration = duration
  }
}

/// A force argument, as in `60N` or `62.5N`.
struct ForceArgument: ExpressibleByArgument {
  let force: Force

  init?(argument: String) {
    guard let decinewtons = try? QuantityText.force(argument) else { return nil }
    force = .decinewtons(decinewtons)
  }
}
