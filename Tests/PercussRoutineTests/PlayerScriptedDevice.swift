import PercussTime
import PercussWire

@testable import PercussClient
@testable import PercussLink
@testable import PercussRoutine

/// The other end of a player, without a link: plays stored segments by a clock of its own, and misbehaves as told.
actor ScriptedDevice: RoutineDevice {
  /// What it does otherwise than a good device; the default is a good one.
  struct Script: Sendable {
    /// From a request to its answer; the request is carried out half-way.
    var roundTrip: Duration = .milliseconds(60)
    /// From now on (by count of requests of that kind) it takes that long instead.
    var slowSpeeds: [Int: Duration] = [:]
    var refusals: [OpCode: ControlResult] = [:]
    var silent: Set<OpCode> = []
    /// Steps that it enters late, in microseconds.
    var late: [Int: Int64] = [:]
    var lostSteps: Set<Int> = []
    var losesEnd = false
    var losesConfirmationNeeded = false
    var hasTelemetry = true
    /// The upload ends well, but the slot does not hold it.
    var storesNothing = false
    /// A stop is answered, and the motor runs on.
    var ignoresStop = false
    /// What happens at a time after the start.
    var accidents: [(after: Duration, Accident)] = []
    /// The confirmation comes by the button after that time.
    var buttonConfirmsAfter: Duration?
  }

  enum Accident: Sendable {
    case disconnect
    case controlLost(ChangeCause?)
    case ended(ChangeCause)
    case fault(DeviceFault)
    case event(DeviceEvent.Body)
  }

  nonisolated let timeline: any Timeline
  nonisolated let feature = DeviceFeature(
    versionMajor: 1, versionMinor: 0, schemaCRC: 0, features: [.routines, .wait, .forceLimit, .clock],
    speedMinimumPPM: 1750, speedMaximumPPM: 2400, speedStepPPM: 10, forceMaximumDecinewtons: 2670, routineSlots: 4,
    routineSteps: 1024, queueDepth: 0)
  nonisolated let events: AsyncStream<Device.Event>
  nonisolated let telemetry: AsyncStream<TelemetrySample>
  private let eventSink: AsyncStream<Device.Event>.Continuation
  private let telemetrySink: AsyncStream<TelemetrySample>.Continuation

  private let script: Script
  /// What it was asked for, and when in milliseconds.
  private(set) var requests: [(at: Int64, operation: ControlRequest.Body)] = []
  private(set) var uploads = 0
  private(set) var stored: RoutineImage?
  private var segments: [RoutineSegment] = []
  private(set) var state = DeviceState.idle
  private(set) var target: UInt16 = 0
  private var step: UInt16 = WireConstants.noStep
  private var isConnected = true
  /// Raised by everything that ends what was planned.
  private var generation = 0
  private var counter: UInt8 = 0

  nonisolated var unownedExecutor: UnownedSerialExecutor { timeline.asUnownedSerialExecutor() }

  init(
    on timeline: any Timeline, _ script: Script = Script(), holding: RoutineImage? = nil,
    segments: [RoutineSegment] = []
  ) {
    self.timeline = timeline
    self.script = script
    stored = holding
    self.segments = segments
    (events, eventSink) = AsyncStream.makeStream()
    (telemetry, telemetrySink) = AsyncStream.makeStream()
    if script.hasTelemetry {
      timeline.schedule(after: .milliseconds(200)) { [weak self] in self?.assumeIsolated { $0.measure() } }
    }
  }

  private var deviceMicroseconds: UInt64 { UInt64(timeline.now.microseconds) + 4_294_960_000_000 }

  // MARK: What the player asks

  func perform(_ operation: ControlRequest.Body) async throws(DeviceError) -> ControlResponse {
    let title = "\(operation.opCode)"
    guard isConnected else { throw DeviceError(.disconnected(.supervisionTimeout), during: title) }
    requests.append((timeline.now.nanoseconds / 1_000_000, operation))
    guard !script.silent.contains(operation.opCode) else {
      try? await timeline.sleep(for: .seconds(9))
      throw DeviceError(isConnected ? .noResponse(attempts: 3) : .disconnected(.supervisionTimeout), during: title)
    }
    var roundTrip = script.roundTrip
    if case .setSpeed = operation {
      roundTrip =
        script.slowSpeeds[requests.count { if case .setSpeed = $0.operation { true } else { false } } - 1] ?? roundTrip
    }
    try? await timeline.sleep(for: roundTrip / 2)
    guard isConnected else { throw DeviceError(.disconnected(.supervisionTimeout), during: title) }
    let result = script.refusals[operation.opCode] ?? .success
    let body = result == .success ? carryOut(operation) : .empty
    try? await timeline.sleep(for: roundTrip / 2)
    guard isConnected else { throw DeviceError(.disconnected(.supervisionTimeout), during: title) }
    let response = ControlResponse(opCode: operation.opCode, sequence: 0, result: result, state: state, body: body)
    guard result == .success else {
      throw DeviceError(.refused(.init(operation: operation, response: response)), during: title)
    }
    return response
  }

  func perform(
    _ operation: ControlRequest.Body, timing: Session.Timing,
    handedOver: @escaping @Sendable (MonotonicInstant) -> Void
  ) async throws(DeviceError) -> ControlResponse {
    let stopsBefore = stops
    if timeline.now < timing.due { try? await timeline.sleep(until: timing.due) }
    let title = "\(operation.opCode)"
    guard stops == stopsBefore else { throw DeviceError(.stopped, during: title) }
    guard timeline.now <= timing.latest else { throw DeviceError(.tooLate, during: title) }
    if isConnected { handedOver(timeline.now) }
    return try await perform(operation)
  }

  private var stops: Int { requests.count { $0.operation == .stop } }

  func upload(
    _ segments: [RoutineSegment], to slot: UInt8, progress: (@Sendable (Int, Int) -> Void)?
  ) async throws(DeviceError) -> RoutineImage {
    uploads += 1
    try? await timeline.sleep(for: .milliseconds(500))
    guard isConnected else { throw DeviceError(.disconnected(.supervisionTimeout), during: "upload") }
    let image = try RoutineImage(segments)
    if !script.storesNothing {
      stored = image
      self.segments = segments
    }
    return image
  }

  // It has no queue and tells no clock.
  nonisolated var streamCredits: AsyncStream<StreamCredit> { AsyncStream { $0.finish() } }
  func queue(_ step: StreamedStep) async throws(DeviceError) {}
  var statistics: Session.Statistics { Session.Statistics() }
  func followClock(_ update: (@Sendable (ClockEstimator) async -> Void)?) async {}

  private func carryOut(_ operation: ControlRequest.Body) -> ControlResponse.Body {
    switch operation {
    case .requestControl(let lease, _): return .controlGranted(leaseMilliseconds: lease)
    case .routineQuery(let slot):
      let isPlaying = state == .routine || state == .waiting
      return .slotDescribed(
        slot: slot, status: stored == nil ? [] : isPlaying ? [.stored, .playing] : .stored, length: stored?.length ?? 0,
        crc32: stored?.crc32 ?? 0, nextOffset: 0)
    case .routineStart:
      let start = deviceMicroseconds
      state = .routine
      later(by: .zero) { $0.enter(0, planned: start) }
      for accident in script.accidents { later(by: accident.after, evenWhenEnded: true) { $0.happen(accident.1) } }
      return .routineStarted(startMicroseconds: start)
    case .confirm(let step): confirm(Int(step))
    case .setSpeed(let speed, _):
      target = speed
      state = speed == 0 ? .idle : .manual
      if requests.count(where: { if case .setSpeed = $0.operation { true } else { false } }) == 1 {
        for accident in script.accidents { later(by: accident.after, evenWhenEnded: true) { $0.happen(accident.1) } }
      }
    case .stop: if !script.ignoresStop { end(.command) }
    default: break
    }
    return .empty
  }

  // MARK: What it does

  private func enter(_ index: Int, planned: UInt64) {
    guard segments.indices.contains(index) else {
      end(.completed)
      return
    }
    let segment = segments[index]
    let late = script.late[index] ?? 0
    later(by: .microseconds(max(0, late))) { device in
      device.step = UInt16(index)
      device.target = segment.speedFromPPM
      if !device.script.lostSteps.contains(index) {
        device.report(
          .stepEntered(
            step: UInt16(index), plannedMicroseconds: planned,
            actualMicroseconds: UInt64(Int64(planned) + late)))
      }
    }
    let duration = Duration.milliseconds(Int64(segment.durationMilliseconds))
    guard segment.kind == .wait else {
      later(by: duration) { $0.enter(index + 1, planned: planned + UInt64(segment.durationMilliseconds) * 1_000) }
      return
    }
    state = .waiting
    if !script.losesConfirmationNeeded {
      report(
        .confirmationNeeded(
          step: UInt16(index), timeoutMilliseconds: segment.durationMilliseconds, timeMicroseconds: deviceMicroseconds))
    }
    if let press = script.buttonConfirmsAfter { later(by: press) { $0.confirm(index) } }
    later(by: duration) { $0.end(.waitTimeout) }
  }

  private func confirm(_ index: Int) {
    guard state == .waiting, index == Int(step) else { return }
    generation += 1
    state = .routine
    enter(index + 1, planned: deviceMicroseconds)
  }

  private func end(_ cause: ChangeCause) {
    let wasPlaying = state == .routine || state == .waiting
    generation += 1
    if wasPlaying, !script.losesEnd {
      report(.routineEnded(step: step, cause: cause, timeMicroseconds: deviceMicroseconds))
      report(.stateChanged(state: .stopping, previous: .routine, cause: cause, timeMicroseconds: deviceMicroseconds))
    }
    state = target == 0 ? .idle : .stopping
    step = WireConstants.noStep
    later(by: .milliseconds(300)) { device in
      device.target = 0
      device.state = cause == .fault ? .fault : .idle
    }
  }

  private func happen(_ accident: Accident) {
    switch accident {
    case .disconnect:
      isConnected = false
      generation += 1
      eventSink.yield(.disconnected(.supervisionTimeout))
      eventSink.finish()
      telemetrySink.finish()
    case .controlLost(let cause):
      eventSink.yield(.controlLost(cause))
      if let cause { end(cause) }
    case .ended(let cause): end(cause)
    case .fault(let fault):
      report(.faultRaised(fault: fault, timeMicroseconds: deviceMicroseconds))
      end(.fault)
    case .event(let body): report(body)
    }
  }

  private func report(_ body: DeviceEvent.Body) {
    guard isConnected else { return }
    eventSink.yield(.reported(DeviceEvent(counter: counter, body: body), receivedAt: timeline.now))
    counter &+= 1
  }

  private func measure() {
    guard isConnected else { return }
    let telemetry = Telemetry(
      counter: 0, state: state, timeMilliseconds: UInt32(truncatingIfNeeded: deviceMicroseconds / 1_000),
      speedPPM: target,
      targetPPM: target, forceDecinewtons: 0, temperatureDecidegrees: 250, batteryPercent: 90, step: step,
      remainingSeconds: 0, faults: [])
    telemetrySink.yield(TelemetrySample(telemetry: telemetry, receivedAt: timeline.now, missed: 0))
    timeline.schedule(after: .milliseconds(200)) { [weak self] in self?.assumeIsolated { $0.measure() } }
  }

  private func later(
    by delay: Duration, evenWhenEnded: Bool = false, _ action: @escaping @Sendable (isolated ScriptedDevice) -> Void
  ) {
    let planned = generation
    timeline.schedule(after: delay) { [weak self] in
      self?.assumeIsolated { device in
        if evenWhenEnded || device.generation == planned { action(device) }
      }
    }
  }
}
