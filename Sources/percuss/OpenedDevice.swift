import PercussClient
import PercussCore
import PercussLink
import PercussRoutine
import PercussSimulator
import PercussTime
import PercussWire

/// A device that a command works on, connected for as long as `run` lasts, in real or virtual time.
final class OpenedDevice {
  let isVirtualTime: Bool
  private let options: DeviceOptions
  private let model: (name: String, model: DeviceModel)
  private let virtualTimeline: VirtualTimeline?
  private let realTimeline: RealTimeline?

  /// - Throws: a failure with status 69 when there is no such device.
  init(_ options: DeviceOptions) throws {
    let parts = options.device.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard parts[0] == "sim" else {
      throw CommandFailure(
        .noDevice,
        "percuss: there is no device “\(options.device)”: this version drives virtual devices only, \(Self.names)")
    }
    let name = parts.count > 1 ? parts[1] : "elite"
    guard let model = SimulatedRig.model(named: name) else {
      throw CommandFailure(.noDevice, "percuss: there is no virtual device “\(name)”; there are \(Self.names)")
    }
    self.options = options
    self.model = (name, model)
    isVirtualTime = options.virtualTime
    virtualTimeline = options.virtualTime ? VirtualTimeline() : nil
    realTimeline = options.virtualTime ? nil : RealTimeline()
  }

  private static var names: String { SimulatedRig.models.map { "sim:\($0.name)" }.joined(separator: ", ") }

  /// Connects, and does the work with the device.
  func run<Success: Sendable>(_ work: @escaping @Sendable (Bench) async throws -> Success) throws -> Success {
    let (options, model) = (options, model)
    let operation: @Sendable (any Timeline) async throws -> Success = { timeline in
      let bench = try await Bench(options, model: model.model, named: model.name, on: timeline)
      let result: Result<Success, any Error>
      do { result = .success(try await work(bench)) } catch { result = .failure(error) }
      await bench.device.disconnect()
      return try result.get()
    }
    if let virtualTimeline { return try virtualTimeline.run { try await operation(virtualTimeline) } }
    guard let realTimeline else { throw CommandFailure(.internalFault, "percuss: no timeline") }
    return try realTimeline.run { try await operation(realTimeline) }
  }

  /// Ends the threads of the device.
  func close() {
    realTimeline?.shutDown()
  }
}

/// What a command finds on its bench: the device, and what is known of it besides.
struct Bench: Sendable {
  let device: Device
  let timeline: any Timeline
  /// What messages call the device.
  let name: String
  let isSimulated = true
  private let options: DeviceOptions
  private let rig: SimulatedRig
  private let hand: SimulatedHand

  init(_ options: DeviceOptions, model: DeviceModel, named name: String, on timeline: any Timeline) async throws {
    var radio = RadioParameters()
    radio.interval = options.interval.duration
    radio.maximumTransmissionUnit = options.mtu
    radio.lossProbability = options.loss
    radio.dropProbability = options.drop
    radio.supervisionTimeout = max(.seconds(2), options.interval.duration * 6)
    var configuration = SimulatedDevice.Configuration()
    configuration.information.model = "Percuss virtual \(name)"
    self.name = "sim:\(name)"
    self.options = options
    self.timeline = timeline
    rig = try await SimulatedRig.connect(
      model: model, on: timeline, radio: radio, seed: options.seed, configuration: configuration)
    device = try await Device.connect(over: rig.link)
    hand = SimulatedHand(on: rig.device, seed: options.seed)
    await hand.begin()
  }

  /// Starts a task that prints what it reads from a stream of the device.
  ///
  /// A reader of the output that is slow must not hold up the timeline, and with it the link and the stop. In virtual time it may: nothing waits there, and
  /// equal runs print equal lines.
  func startPrinting(_ operation: @escaping @Sendable () async throws -> Void) -> Task<Void, any Error> {
    options.virtualTime ? timeline.start(operation) : Task.detached { try await operation() }
  }

  /// ATT_MTU of the link.
  var maximumTransmissionUnit: Int { rig.link.maximumTransmissionUnit }

  /// What a report says of device and link.
  func context() async throws -> RunContext {
    let information = try await device.information()
    return RunContext(
      device: DeviceDescription(
        name: name, model: information.model, firmware: information.firmware, isSimulated: isSimulated,
        feature: .init(device.feature)),
      link: LinkDescription(
        transport: "memory", connectionIntervalMicroseconds: options.interval.duration.wholeMicroseconds,
        maximumTransmissionUnit: maximumTransmissionUnit),
      seed: options.seed, isVirtualTime: options.virtualTime)
  }

  /// Stops the motor and waits until telemetry shows it at rest, at most for as long as a stop may take and a little more.
  func bringToRest() async throws {
    let telemetry = device.telemetry
    try await device.stop()
    let isSeen = try? await withTimeout(.seconds(3), on: timeline, waitingFor: "the motor to rest") {
      for await sample in telemetry {
        if sample.telemetry.speedPPM == 0, sample.telemetry.targetPPM == 0, sample.telemetry.state.isAtRest {
          return true
        }
      }
      return false
    }
    guard isSeen == true else {
      throw CommandFailure(
        .missedOrLost, "percuss: the motor was not seen at rest after a stop; press the button on the device")
    }
  }

  /// The next telemetry; nil when none comes within two seconds.
  func newestTelemetry() async throws -> Telemetry? {
    let telemetry = device.telemetry
    return try? await withTimeout(.seconds(2), on: timeline, waitingFor: "telemetry") {
      for await sample in telemetry { return sample.telemetry }
      return nil
    }
  }
}

extension DeviceState {
  /// No motion, and none to come by itself.
  fileprivate var isAtRest: Bool { self == .idle || self == .fault }
}
