import PercussWire

@testable import PercussCore

/// A device on the bench: a clock that is turned by hand, and centrals that ask and listen.
///
/// ```swift
/// var bench = Bench()                    // one central, subscribed to everything, holds the lease
/// bench.ask(.setSpeed(speedPPM: 1900, rampMilliseconds: 0))
/// bench.run(milliseconds: 500)
/// #expect(bench.core.truth.speedMilliPPM > 1_800_000)
/// ```
struct Bench {
  var core: DeviceCore
  var now = DeviceInstant(milliseconds: 1000)
  /// What the device did, with the instant; drained by the tests.
  var log: [(at: DeviceInstant, action: DeviceAction)] = []
  /// Whether every indication is confirmed at once.
  var confirmsIndications = true
  /// What is looked at after every call.
  var watch: ((Bench) -> Void)?

  private var sequences = [UInt8](repeating: 0, count: 4)

  init(_ model: DeviceModel = .elite, centrals: Int = 1, lease: UInt16? = 60000, policy: LossPolicy = .stop) {
    core = DeviceCore(model: model)
    for index in 0..<centrals { connect(UInt8(index)) }
    if let lease { ask(.requestControl(leaseMilliseconds: lease, lossPolicy: policy)) }
    log.removeAll()
  }

  // MARK: Inputs

  mutating func give(_ input: DeviceInput) {
    var actions = DeviceActions()
    core.handle(input, at: now, into: &actions)
    take(actions)
  }

  private mutating func take(_ actions: DeviceActions) {
    for action in actions { log.append((now, action)) }
    watch?(self)
    guard confirmsIndications else { return }
    for action in actions {
      if case .indicate(_, let central) = action { give(.indicationConfirmed(central)) }
    }
  }

  mutating func connect(_ central: UInt8, subscribing: Bool = true) {
    sequences[Int(central)] = 0
    give(.connected(CentralNumber(central)))
    guard subscribing else { return }
    for characteristic in [DeviceCharacteristic.controlPoint, .event, .routineData, .clock] {
      give(.subscribed(CentralNumber(central), characteristic, true))
    }
  }

  @discardableResult
  mutating func write(
    _ bytes: [UInt8], to characteristic: DeviceCharacteristic = .controlPoint, from central: UInt8 = 0
  ) -> AttributeError? {
    var actions = DeviceActions()
    let error = core.write(bytes, to: characteristic, from: CentralNumber(central), at: now, into: &actions)
    take(actions)
    return error
  }

  /// Sends a request with the next sequence number and gives the response to it, if one came.
  @discardableResult
  mutating func ask(
    _ body: ControlRequest.Body, from central: UInt8 = 0, flags: ControlFlags = []
  ) -> ControlResponse? {
    sequences[Int(central)] &+= 1
    return send(ControlRequest(sequence: sequences[Int(central)], flags: flags, body: body), from: central)
  }

  /// Sends a request as it is and gives the response that came at once, if one did.
  @discardableResult
  mutating func send(_ request: ControlRequest, from central: UInt8 = 0) -> ControlResponse? {
    guard let bytes = try? request.bytes() else { return nil }
    let before = log.count
    write(bytes, from: central)
    return log[before...].compactMap { entry -> ControlResponse? in
      if case .indicate(let response, CentralNumber(central)) = entry.action { response } else { nil }
    }.last
  }

  mutating func stream(_ index: UInt16, at: UInt32, _ segment: RoutineSegment) {
    let data = RoutineData(body: .streamedStep(index: index, atMilliseconds: at, segment: segment))
    if let bytes = try? data.bytes() { write(bytes, to: .routineData) }
  }

  // MARK: Time

  /// Lets the time pass, with a tick at every deadline, on time.
  mutating func run(milliseconds: UInt64) {
    run(until: now.advanced(byMilliseconds: milliseconds))
  }

  mutating func run(until end: DeviceInstant) {
    while let next = core.nextDeadline, next <= end {
      now = next
      give(.tick)
    }
    now = end
    give(.tick)
  }

  /// Lets the time pass and nobody calls.
  mutating func sleep(milliseconds: UInt64) {
    now = now.advanced(byMilliseconds: milliseconds)
  }

  // MARK: What was seen

  var state: DeviceState { core.truth.state }

  var events: [DeviceEvent.Body] { events(for: 0) }

  func events(for central: UInt8) -> [DeviceEvent.Body] {
    log.compactMap {
      if case .notifyEvent(let event, CentralNumber(central)) = $0.action { event.body } else { nil }
    }
  }

  var telemetry: [Telemetry] {
    log.compactMap { if case .notifyTelemetry(let telemetry, _) = $0.action { telemetry } else { nil } }
  }

  var credits: [RoutineStatus.Body] {
    log.compactMap { if case .notifyRoutineStatus(let status, _) = $0.action { status.body } else { nil } }
  }

  var responses: [ControlResponse] {
    log.compactMap { if case .indicate(let response, _) = $0.action { response } else { nil } }
  }

  /// Step, planned and actual instant of every step that was entered, in microseconds.
  var steps: [EnteredStep] {
    events.compactMap {
      if case .stepEntered(let step, let planned, let actual) = $0 {
        EnteredStep(step: step, planned: planned, actual: actual)
      } else {
        nil
      }
    }
  }

  /// State and cause of every change.
  var changes: [Change] {
    events.compactMap {
      if case .stateChanged(let state, _, let cause, _) = $0 { Change(state, cause) } else { nil }
    }
  }

  var endings: [ChangeCause] {
    events.compactMap { if case .routineEnded(_, let cause, _) = $0 { cause } else { nil } }
  }

  // MARK: Routines

  /// Uploads a routine and commits it.
  @discardableResult
  mutating func store(_ segments: [RoutineSegment], slot: UInt8 = 0) -> ControlResponse? {
    let bytes = routineBytes(segments)
    guard case .transferOpened(let transfer, _, _) = beginUpload(bytes, slot: slot)?.body else { return nil }
    sendChunks(bytes, transfer: transfer)
    return ask(.routineCommit(transfer: transfer))
  }

  @discardableResult
  mutating func beginUpload(_ bytes: [UInt8], slot: UInt8 = 0, from central: UInt8 = 0) -> ControlResponse? {
    ask(.routineBegin(slot: slot, length: UInt32(bytes.count), crc32: checksum(bytes)), from: central)
  }

  mutating func sendChunks(
    _ bytes: [UInt8], transfer: UInt8, from start: Int = 0, size: Int = 14, central: UInt8 = 0
  ) {
    var offset = start
    while offset < bytes.count {
      let end = min(offset + size, bytes.count)
      sendChunk(Array(bytes[offset..<end]), transfer: transfer, at: offset, central: central)
      offset = end
    }
  }

  mutating func sendChunk(_ payload: [UInt8], transfer: UInt8, at offset: Int, central: UInt8 = 0) {
    let place = UInt32(offset)
    let header = [
      RoutineDataKind.chunk.rawValue, transfer, UInt8(truncatingIfNeeded: place),
      UInt8(truncatingIfNeeded: place >> 8), UInt8(truncatingIfNeeded: place >> 16),
      UInt8(truncatingIfNeeded: place >> 24),
    ]
    write(header + payload, to: .routineData, from: central)
  }
}

struct EnteredStep: Equatable {
  var step: UInt16
  var planned: UInt64
  var actual: UInt64
}

struct Change: Equatable {
  var state: DeviceState
  var cause: ChangeCause

  init(_ state: DeviceState, _ cause: ChangeCause) {
    self.state = state
    self.cause = cause
  }
}

func hold(_ speed: UInt16, _ milliseconds: UInt32, force: UInt16 = 0) -> RoutineSegment {
  RoutineSegment(
    kind: .hold, forceLimitDecinewtons: force, speedFromPPM: speed, speedToPPM: speed,
    durationMilliseconds: milliseconds)
}

func ramp(_ from: UInt16, _ to: UInt16, _ milliseconds: UInt32) -> RoutineSegment {
  RoutineSegment(
    kind: .ramp, forceLimitDecinewtons: 0, speedFromPPM: from, speedToPPM: to, durationMilliseconds: milliseconds)
}

func rest(_ milliseconds: UInt32) -> RoutineSegment {
  RoutineSegment(
    kind: .rest, forceLimitDecinewtons: 0, speedFromPPM: 0, speedToPPM: 0, durationMilliseconds: milliseconds)
}

func wait(_ milliseconds: UInt32) -> RoutineSegment {
  RoutineSegment(
    kind: .wait, forceLimitDecinewtons: 0, speedFromPPM: 0, speedToPPM: 0, durationMilliseconds: milliseconds)
}

func routineBytes(_ segments: [RoutineSegment]) -> [UInt8] {
  let header = RoutineHeader(format: 1, flags: 0, segmentCount: UInt16(segments.count))
  return segments.reduce((try? header.bytes()) ?? []) { $0 + ((try? $1.bytes()) ?? []) }
}

func checksum(_ bytes: [UInt8]) -> UInt32 { CRC32.ieee(bytes.span.bytes) }
