import ArgumentParser
import PercussClient
import PercussRoutine
import PercussTime

/// Which device a command works on, and in what time.
struct DeviceOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "The device: sim, sim:elite, sim:pro or sim:mini.",
      discussion: "A virtual device in this process, behind a simulated radio. It is new and idle at each start."))
  var device = "sim"

  @Flag(name: .long, help: "Let virtual time run as fast as it can instead of waiting. Virtual devices only.")
  var virtualTime = false

  @Option(name: .long, help: "Seed of all chance in a simulation: the same seed gives the same run in virtual time.")
  var seed: UInt64 = 0

  @Option(name: .long, help: "Connection interval of the simulated radio, 10ms to 4s.")
  var interval = DurationArgument(.milliseconds(30))

  @Option(name: .long, help: "ATT_MTU of the simulated radio, 23 to 517 bytes.")
  var mtu = 247

  @Option(
    name: .long,
    help: "Share of packets that the simulated radio loses and sends again, 0 to 0.9; they come later, in order.")
  var loss = 0.0

  @Option(
    name: .long,
    help: "Share of notifications and unacknowledged writes that the simulation drops for good, 0 to 0.9.")
  var drop = 0.0

  func validate() throws {
    guard (.milliseconds(10) ... .seconds(4)).contains(interval.duration) else {
      throw ValidationError("--interval is 10ms to 4s.")
    }
    guard (23...517).contains(mtu) else { throw ValidationError("--mtu is 23 to 517 bytes, not \(mtu).") }
    guard (0...0.9).contains(loss) else { throw ValidationError("--loss is 0 to 0.9, not \(loss).") }
    guard (0...0.9).contains(drop) else { throw ValidationError("--drop is 0 to 0.9, not \(drop).") }
  }
}

/// How a command tells its results.
struct OutputOptions: ParsableArguments {
  @Flag(name: .long, help: "Print JSON, one object a line, as protocol-spec/output.md describes.")
  var json = false
}

/// A speed argument, as in `1900ppm`; a bare number is refused, because PPM is not the only unit in use.
struct SpeedArgument: ExpressibleByArgument {
  let speed: Speed

  init?(argument: String) {
    if argument == "0" || argument == "0ppm" || argument == "0 ppm" {
      speed = .rest
      return
    }
    guard let ppm = try? QuantityText.speed(argument) else { return nil }
    speed = .ppm(ppm)
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
