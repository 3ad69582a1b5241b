import PercussBlueZ
import PercussCapture
import PercussClient
import PercussCore
import PercussGATT
import PercussLink
import PercussRoutine
import PercussSimulator
import PercussTime
import PercussWire

/// A device that a command works on, connected for as long as `run` lasts, in real or virtual time.
final class OpenedDevice {
  let isVirtualTime: Bool
  let place: Place
  let ratio: SpeedRatio?
  let virtualTimeline: VirtualTimeline?
  let realTimeline: RealTimeline?
  private let recording: FileRecording?
  private var isRecordingTold = false

  /// Where the device is.
  enum Place {
    case process(SimulationOptions, SimulatedModel, name: String)
    case air(String, adapter: AdapterSelection, timeout: Duration)
  }

  /// - Parameters:
  ///   - capture: the file that the conversation is recorded in.
  ///   - input: the file that the command reads, which is not written over.
  /// - Throws: a failure with status 69 when there is no such virtual device; with status 2 when the capture cannot be written.
  init(_ options: DeviceOptions, recordingIn capture: String? = nil, besides input: String = "-") throws {
    switch options.selection {
    case .simulated(let name):
      guard options.adapter.adapter == nil else {
        throw CommandFailure(
          .usage, "percuss: --adapter is for devices on the air; “\(options.selection)” is simulated in this process.")
      }
      guard let model = SimulatedModel(named: name) else {
        throw CommandFailure(.noDevice, "percuss: there is no virtual device “\(name)”; there are \(Self.names)")
      }
      place = .process(options.simulation, model, name: name)
    case .onAir(let text):
      guard !text.isEmpty else {
        throw CommandFailure(
          .noDevice, "percuss: --device is empty; give an address, a name (percuss scan shows them), or \(Self.names)")
      }
      place = .air(text, adapter: try options.adapter.selection, timeout: options.timeout.duration)
    }
    ratio = options.rpmPerPpm?.ratio
    isVirtualTime = options.simulation.virtualTime
    let virtualTimeline = isVirtualTime ? VirtualTimeline() : nil
    let realTimeline = isVirtualTime ? nil : RealTimeline()
    (self.virtualTimeline, self.realTimeline) = (virtualTimeline, realTimeline)
    let timeline: (any Timeline)? = virtualTimeline ?? realTimeline
    do {
      recording = try capture.flatMap { path in
        try timeline.map { try FileRecording(path, besides: input, on: $0, isVirtualTime: virtualTimeline != nil) }
      }
    } catch {
      realTimeline?.shutDown()
      throw error
    }
  }

  private static var names: String { SimulatedModel.named.map { "sim:\($0.name)" }.joined(separator: ", ") }

  /// Connects, and does the work with the device.
  ///
  /// - Parameter interruption: ends a search and an attempt to connect; the work sees to the rest.
  func run<Success: Sendable>(
    for purpose: Device.Purpose = .use, until interruption: Interruption? = nil,
    _ work: @escaping @Sendable (Bench) async throws -> Success
  ) throws -> Success {
    let terms = Bench.Terms(ratio: ratio, recording: recording?.recording)
    if let virtualTimeline {
      return try virtualTimeline.run { [place] in
        guard case .process(let options, let model, let name) = place else { throw CommandFailure(.usage, "") }
        let bench = try await Bench(options, model: model, named: name, with: terms, on: virtualTimeline)
        return try await Self.work(work, on: bench).result.get()
      }
    }
    guard let realTimeline else { throw CommandFailure(.internalFault, "percuss: no timeline") }
    return try realTimeline.run { [place] in
      let connecting = realTimeline.start {
        switch place {
        case .process(let options, let model, let name):
          try await Bench(options, model: model, named: name, with: terms, on: realTimeline)
        case .air(let text, let adapter, let timeout):
          try await Bench(
            reaching: text, through: adapter, within: timeout, for: purpose, with: terms, on: realTimeline)
        }
      }
      interruption?.whenInterrupted { connecting.cancel() }
      let (result, runsOn) = try await Self.work(work, on: connecting.value)
      // A stop tries again by itself.
      if runsOn, case .use = purpose, case .air(let text, let adapter, let timeout) = place {
        await Self.stopAfterLoss(
          text, through: adapter, within: timeout, with: Bench.Terms(recording: terms.recording), on: realTimeline)
      }
      return try result.get()
    }
  }

  /// - Returns: what came of it, and whether the connection was lost, or no stop acknowledged, while the motor of a device without a lease may run.
  private static func work<Success: Sendable>(
    _ work: @Sendable (Bench) async throws -> Success, on bench: Bench
  ) async -> (result: Result<Success, any Error>, runsOn: Bool) {
    let result: Result<Success, any Error>
    do { result = .success(try await work(bench)) } catch { result = .failure(error) }
    await bench.device.disconnect()
    // Asked last: over a link that stands still only the stop before the end finds out.
    let runsOn = await bench.device.mayRunOn
    await bench.central?.close()
    return (result, runsOn)
  }

  /// The one thing that is ever sent over another connection after a loss or a stop without an answer: a stop, to a device that does not rest by itself (protocol-spec/decisions/0016). Nothing resumes.
  private static func stopAfterLoss(
    _ text: String, through adapter: AdapterSelection, within timeout: Duration, with terms: Bench.Terms,
    on timeline: RealTimeline
  ) async {
    sayError(
      "percuss: the connection was lost, or carried no stop, while the motor may run; connecting once more, to stop it and for nothing else"
    )
    do {
      let bench = try await Bench(
        reaching: text, through: adapter, within: timeout, for: .stop, with: terms, on: timeline)
      let (result, _) = await work({ try await $0.bringToRest() }, on: bench)
      try result.get()
      sayError("percuss: \(bench.name) is at rest.")
    } catch {
      sayError("percuss: the motor was not seen at rest: switch the device off by hand. (\(error))")
    }
  }

  /// Waits until the recording is whole, and tells what is missing in it. For the end of a command that has done its work and said so.
  ///
  /// - Throws: a failure with status 70 when it could not be written to the end.
  @discardableResult
  func finishRecording() throws -> CaptureRecording.Summary? {
    isRecordingTold = true
    return try recording?.finish()
  }

  /// Ends the threads of the device. What was recorded is written, whatever came of the work; what is missing in it is told, unless ``finishRecording()`` did.
  func close() {
    if !isRecordingTold {
      // The work's own failure decides the exit status.
      do { try finishRecording() } catch { sayError(CommandFailure(error).message) }
    }
    realTimeline?.shutDown()
  }
}

/// What a command finds on its bench: the device, and what is known of it besides.
struct Bench: Sendable {
  /// What the user said about the connection.
  struct Terms: Sendable {
    /// How speeds in RPM and in PPM belong together, where the device has RPM.
    var ratio: SpeedRatio?
    /// Where the conversation is recorded.
    var recording: CaptureRecording?
  }

  let device: Device
  let timeline: any Timeline
  /// What messages call the device.
  let name: String
  /// Whether the device says of itself that it is a virtual one; not asked for a stop.
  let isSimulated: Bool
  /// What reached a device on the air.
  let central: BlueZCentral?
  /// What came of the request for a short connection interval; nil on a simulated radio.
  let update: ConnectionUpdateOutcome?
  private let link: any DeviceLink
  private let simulation: (options: SimulationOptions, hand: SimulatedHand)?

  init(
    _ options: SimulationOptions, model: SimulatedModel, named name: String, with terms: Terms,
    on timeline: any Timeline
  ) async throws {
    var configuration = SimulatedDevice.Configuration()
    configuration.information.model = "Percuss virtual \(name)"
    self.name = "sim:\(name)"
    self.timeline = timeline
    let rig = try await SimulatedRig.connect(
      model: model, on: timeline, radio: options.radio, seed: options.seed ?? 0, configuration: configuration)
    link = rig.link
    let family = DeviceFamily(name: model.advertisedName, services: [model.service])
    device = try await Device.connect(
      over: rig.link.recorded(in: terms.recording, between: RecordedLink.Ends(parameters: .init(options.radio))),
      dialect: try DeviceFamily.dialect(for: family, ratio: terms.ratio))
    isSimulated = true
    (central, update) = (nil, nil)
    let hand = SimulatedHand(on: rig.device, seed: options.seed ?? 0)
    await hand.begin()
    simulation = (options, hand)
  }

  /// Finds a device on the air by its address or name, and connects to it.
  init(
    reaching text: String, through adapter: AdapterSelection, within timeout: Duration, for purpose: Device.Purpose,
    with terms: Terms, on timeline: RealTimeline
  ) async throws {
    let deadline = timeline.now.advanced(by: timeout)
    let central = try await BlueZCentral.open(adapter: adapter, on: timeline)
    do {
      let found = try await central.find(text, timeout: timeout)
      // What is known to be of no use is not even connected to.
      let family = DeviceFamily(name: found.name, services: found.services)
      _ = try DeviceFamily.dialect(for: family, ratio: family == nil ? nil : terms.ratio)
      (link, update, device) = try await Self.connect(
        to: found, through: central, before: deadline, for: purpose, with: terms)
      // Hardware says what it is; a virtual device behind a radio does so too.
      if purpose == .use {
        isSimulated = try await device.information().hardware == SimulatedDevice.Information().hardware
      } else {
        isSimulated = false
      }
      name = found.name.map { "\($0) (\(found.id))" } ?? found.id.description
    } catch {
      await central.close()
      throw error
    }
    self.central = central
    self.timeline = timeline
    simulation = nil
  }

  /// Lets a thread of its own send what is sent at an instant, where the device is on the air; nil in this process, where nothing leaves it. Shut it down after use.
  func startDeadlineThread(_ scheduling: ThreadScheduling) async throws -> DeadlineThread? {
    guard central != nil else { return nil }
    let thread = try newDeadlineThread(scheduling)
    await device.useDeadlineThread(thread)
    return thread
  }

  /// A thread on this bench's timeline, in real time. Shut it down after use.
  func newDeadlineThread(_ scheduling: ThreadScheduling) throws -> DeadlineThread {
    guard let timeline = timeline as? RealTimeline else {
      throw CommandFailure(.internalFault, "percuss: a deadline thread needs real time")
    }
    return try DeadlineThread(on: timeline, scheduling: scheduling, spin: .microseconds(100))
  }

  /// A connection that others of this computer had may be on its way to its end, which takes bluetoothd two seconds: then a new one is made.
  private static func connect(
    to found: DiscoveredDevice, through central: BlueZCentral, before deadline: MonotonicInstant,
    for purpose: Device.Purpose, with terms: Terms
  ) async throws -> (any DeviceLink, ConnectionUpdateOutcome?, Device) {
    while true {
      let now = central.timeline.now
      let link = try await central.connect(to: found.id, timeout: max(.seconds(1), now.duration(to: deadline)))
      // Connected, a device has all its services known, whatever it advertises.
      let known = await central.knownDevices().first { $0.id == found.id }
      let family = DeviceFamily(
        name: known?.name ?? found.name, services: found.services + (known?.services ?? []))
      let dialect: any Dialect
      do {
        dialect = try DeviceFamily.dialect(for: family, ratio: terms.ratio)
      } catch {
        await link.disconnect()
        throw error
      }
      // A shorter interval makes every answer quicker; without it things go on as they are. A stop waits for nothing.
      let update = purpose == .stop ? nil : await (link as? BlueZLink)?.requestParameters()
      let recorded = await link.recorded(in: terms.recording, between: RecordedLink.Ends(of: link, through: central))
      do throws(DeviceError) {
        return (link, update, try await Device.connect(over: recorded, for: purpose, dialect: dialect))
      } catch {
        guard case .disconnected = error.reason, !link.beganConnection, central.timeline.now < deadline else {
          throw error
        }
      }
    }
  }

  /// Starts a task that prints what it reads from a stream of the device.
  ///
  /// A reader of the output that is slow must not hold up the timeline, and with it the link and the stop. In virtual time it may: nothing waits there, and
  /// equal runs print equal lines.
  func startPrinting(_ operation: @escaping @Sendable () async throws -> Void) -> Task<Void, any Error> {
    isVirtualTime ? timeline.start(operation) : Task.detached { try await operation() }
  }

  private var isVirtualTime: Bool { simulation?.options.virtualTime ?? false }

  /// What a user has to know before anything moves, on a device without a lease.
  var notice: String { FamilyNotice.beforeMotion(device) }

  /// ATT_MTU of the link.
  var maximumTransmissionUnit: Int {
    get async { await link.maximumTransmissionUnit }
  }

  /// What a report says of device, link and host. Call it on the timeline, whose thread the report describes.
  ///
  /// - Parameter thread: what sends the steps of a live run, where that is a thread of its own.
  func context(sentBy thread: DeadlineThread?) async throws -> RunContext {
    let information = try await device.information()
    return RunContext(
      device: DeviceDescription(
        name: name, model: information.model, firmware: information.firmware, isSimulated: isSimulated,
        feature: .init(device.feature), dialect: .init(device.dialect)),
      link: LinkDescription(
        transport: simulation == nil ? "bluez" : "memory",
        connectionIntervalMicroseconds: await connectionInterval?.wholeMicroseconds,
        maximumTransmissionUnit: await maximumTransmissionUnit),
      seed: simulation.map { $0.options.seed ?? 0 }, isVirtualTime: isVirtualTime,
      environment: isVirtualTime ? nil : thread.map(HostEnvironment.sending) ?? HostEnvironment.ofThisThread())
  }

  /// Time between two connection events; nil when it cannot be learnt.
  var connectionInterval: Duration? {
    get async {
      if let simulation { return simulation.options.radio.interval }
      return await (link as? BlueZLink)?.connectionInterval
    }
  }

  /// Stops the motor and waits until telemetry shows it at rest, or where another program has the telemetry, until the device says so; at most for as long as a stop
  /// may take and a little more.
  func bringToRest() async throws {
    let telemetry = device.telemetry
    try await device.stop()
    if !device.hasLease, await !device.unheard.isEmpty {
      // The program that has the answers sends speeds of its own, and sees only a motor at rest as one that somebody stopped: so it is held at rest until that program has seen it. When it
      // ends the connection, the rest is seen over the next one.
      let end = timeline.now.advanced(by: Self.holdingTime)
      while timeline.now < end {
        try await device.stop()
        try await timeline.sleep(for: .milliseconds(50))
      }
      throw CommandFailure(
        .missedOrLost,
        "percuss: \(name) accepted the stop, but another program of this computer has its answers: whether the motor rests cannot be seen from here, and that program may start it again; end it"
      )
    }
    let hearsTelemetry = await !device.unheard.contains(.percussTelemetry)
    let isSeen = try? await withTimeout(.seconds(3), on: timeline, waitingFor: "the motor to rest") {
      while !hearsTelemetry {
        if await stateByQuery?.isAtRest == true { return true }
        guard await device.isConnected else { return false }
        try await timeline.sleep(for: .milliseconds(100))
      }
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

  /// How long a motor is held at rest against a program that does not know of the stop: several of its questions, and several steps of its ramps.
  private static let holdingTime = Duration.seconds(3)

  /// What the response to a harmless request says. It may be a refusal: to the device both programs are one central, with one row of sequence numbers.
  private var stateByQuery: DeviceState? {
    get async {
      do throws(DeviceError) {
        return try await device.perform(.routineQuery(slot: 0)).state
      } catch {
        guard case .refused(let refusal) = error.reason else { return nil }
        return refusal.response.state
      }
    }
  }

  /// The next telemetry; nil when none comes within two seconds.
  func newestTelemetry() async throws -> TelemetrySample? {
    let telemetry = device.telemetry
    return try? await withTimeout(.seconds(2), on: timeline, waitingFor: "telemetry") {
      for await sample in telemetry { return sample }
      return nil
    }
  }
}

extension DeviceState {
  /// No motion, and none to come by itself.
  fileprivate var isAtRest: Bool { self == .idle || self == .fault }
}
