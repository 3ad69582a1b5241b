import PercussWire
import Testing

@testable import PercussCore

/// The generator of the random walks (SplitMix64): a seed is a whole run.
struct SeededRandom: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

/// A device that is handled at random by up to four centrals, a hand and the time.
struct Walk {
  var core: DeviceCore
  var random: SeededRandom
  var now: DeviceInstant
  let oracle: Oracle
  /// Whether every tick comes on time.
  let isPunctual: Bool
  private let lease: UInt16
  private let policy: LossPolicy
  private var sequences = [UInt8](repeating: 0, count: 4)
  private var sent: [[UInt8]] = []
  private var uploaded = 0

  init(seed: UInt64) {
    random = SeededRandom(state: seed)
    let models = [DeviceModel.elite, .elite, .pro, .mini]
    let model = models[Int.random(in: 0..<4, using: &random)]
    core = DeviceCore(model: model)
    isPunctual = Bool.random(using: &random)
    lease = [500, 2000, 10000, 60000][Int.random(in: 0..<4, using: &random)]
    policy = Bool.random(using: &random) ? .stop : .finishRoutine
    now = seed % 16 == 15 ? DeviceInstant(microseconds: .max - 40_000_000) : DeviceInstant(milliseconds: 1000)
    oracle = Oracle(
      model: model, lease: lease, policy: policy, isPunctual: isPunctual, now: now, truth: core.truth, seed: seed)
    give(.tick)
    for central: UInt8 in 0..<2 { connect(central) }
    request(.requestControl(leaseMilliseconds: lease, lossPolicy: policy), from: 0)
    store()
  }

  mutating func run(steps: Int) {
    for _ in 0..<steps { step() }
  }

  // MARK: One step

  private mutating func step() {
    switch Int.random(in: 0..<100, using: &random) {
    case 0..<25: pass()
    case 25..<40: help()
    case 40..<72:
      request(body(), from: UInt8.random(in: 0..<4, using: &random) & UInt8.random(in: 0..<4, using: &random))
    case 72..<76: again()
    case 76..<80: noise()
    case 80..<84: stream()
    case 84..<86: chunk()
    case 86..<88: store()
    case 88..<90: give(.button(Int.random(in: 0..<8, using: &random) == 0 ? .longPress : .shortPress))
    case 90..<93:
      give(.load(decinewtons: [0, 0, 0, 0, 400, 550, 1500, 3000][Int.random(in: 0..<8, using: &random)]))
    case 93: inject()
    case 94, 95: for central: UInt8 in 0..<5 { give(.indicationConfirmed(CentralNumber(central))) }
    case 96: give(.disconnected(CentralNumber(UInt8.random(in: 0..<5, using: &random))))
    default: connect(UInt8.random(in: 0..<5, using: &random))
    }
  }

  /// Does what leads on from where the device is, so that the walk gets everywhere.
  private mutating func help() {
    let truth = core.truth
    if !truth.isOn {
      give(.button(.shortPress))
      connect(0)
    } else if core.centrals[0] == nil {
      connect(0)
    } else if truth.holder == nil {
      request(.requestControl(leaseMilliseconds: lease, lossPolicy: policy), from: 0)
    } else if truth.state == .fault {
      give(.load(decinewtons: 0))
      give(.injected(.motorStuck(false)))
      give(.injected(.temperature(decidegrees: 250)))
      give(.injected(.battery(percent: 80)))
      request(.reset, from: 0)
    } else if truth.state == .idle {
      switch Int.random(in: 0..<3, using: &random) {
      case 0:
        store()
        request(.routineStart(slot: 0, startMicroseconds: 0, offsetMilliseconds: 0), from: 0)
        request(.routineStart(slot: 1, startMicroseconds: 0, offsetMilliseconds: 0), from: 0)
      case 1:
        stream()
        request(.queueStart(startMicroseconds: now.advanced(byMilliseconds: 100).microseconds), from: 0)
      default: request(.preset(index: 5, rampMilliseconds: 0), from: 0)
      }
    } else if truth.state == .waiting {
      request(.confirm(step: truth.step), from: 0)
    } else if truth.state == .paused {
      request(.resume, from: 0)
    } else {
      request(.pause, from: 0)
    }
  }

  private mutating func pass() {
    let longest: UInt64 = [1000, 20000, 300_000, 2_000_000][Int.random(in: 0..<4, using: &random)]
    let end = now.advanced(byMicroseconds: UInt64.random(in: 0...longest, using: &random))
    if isPunctual {
      while let next = core.nextDeadline, next <= end {
        now = next
        give(.tick)
      }
    }
    now = end
    if Bool.random(using: &random) { give(.tick) }
  }

  private mutating func connect(_ central: UInt8) {
    give(.connected(CentralNumber(central)))
    for characteristic in DeviceCharacteristic.allCases where Int.random(in: 0..<8, using: &random) > 0 {
      give(.subscribed(CentralNumber(central), characteristic, true))
    }
    if Int.random(in: 0..<8, using: &random) == 0 { give(.subscribed(CentralNumber(central), .controlPoint, false)) }
  }

  private mutating func body() -> ControlRequest.Body {
    let speeds: [UInt16] = [0, 1750, 1900, 2400, 2100, 1905, 1000, 2500]
    let speed = speeds[Int.random(in: 0..<8, using: &random)]
    let ramp: UInt16 = [0, 0, 100, 3000][Int.random(in: 0..<4, using: &random)]
    let slot = UInt8.random(in: 0..<2, using: &random)
    let starts: [UInt64] = [0, 0, now.advanced(byMilliseconds: 300).microseconds, now.microseconds, 1, .max]
    let start = starts[Int.random(in: 0..<6, using: &random)]
    let offset = UInt32.random(in: 0...3000, using: &random)
    switch Int.random(in: 0..<34, using: &random) {
    case 0..<5: return .requestControl(leaseMilliseconds: lease, lossPolicy: policy)
    case 5: return .releaseControl
    case 6: return .keepAlive
    case 7: return .reset
    case 8: return .stop
    case 9, 10: return .pause
    case 11, 12: return .resume
    case 13..<17: return .setSpeed(speedPPM: speed, rampMilliseconds: ramp)
    case 17: return .setForceLimit(forceDecinewtons: UInt16.random(in: 0...2000, using: &random))
    case 18: return .setTimer(durationMilliseconds: [0, 10, 300, 2000][Int.random(in: 0..<4, using: &random)])
    case 19: return .preset(index: UInt8.random(in: 1...5, using: &random), rampMilliseconds: ramp)
    case 20, 21: return .confirm(step: UInt16.random(in: 0...3, using: &random))
    case 22: return .routineQuery(slot: slot)
    case 23..<27: return .routineStart(slot: slot, startMicroseconds: start, offsetMilliseconds: offset)
    case 27, 28: return .routineSeek(offsetMilliseconds: offset)
    case 29: return .routineValidate(slot: slot)
    case 30: return .queueFlush
    case 31: return .queueStart(startMicroseconds: start)
    case 32: return .setTelemetry(intervalMilliseconds: [0, 20, 200, 1000][Int.random(in: 0..<4, using: &random)])
    default: return Bool.random(using: &random) ? .routineClear(slot: slot) : .routineCommit(transfer: 1)
    }
  }

  private mutating func segment() -> RoutineSegment {
    let milliseconds = UInt32.random(in: 10...900, using: &random)
    switch Int.random(in: 0..<6, using: &random) {
    case 0: return rest(milliseconds)
    case 1: return ramp(0, 2400, milliseconds)
    case 2: return ramp(2300, 1800, milliseconds)
    case 3: return wait(milliseconds)
    case 4: return hold(2000, milliseconds, force: 500)
    default: return hold(2400, milliseconds)
    }
  }

  // MARK: Writes

  private mutating func request(_ body: ControlRequest.Body, from central: UInt8) {
    let index = Int(central)
    sequences[index] &+= 1
    // Now and then another number, often a stale one; the next request goes on in order.
    let isOdd = Int.random(in: 0..<20, using: &random) == 0
    let sequence = isOdd ? sequences[index] &+ UInt8.random(in: 100...255, using: &random) : sequences[index]
    if isOdd, sequence &- sequences[index] < 128 { sequences[index] = sequence }
    let flags: ControlFlags = Int.random(in: 0..<5, using: &random) == 0 ? .quiet : []
    guard let bytes = try? ControlRequest(sequence: sequence, flags: flags, body: body).bytes() else { return }
    sent.append([central] + bytes)
    if sent.count > 8 { sent.removeFirst() }
    write(bytes, to: .controlPoint, from: central)
  }

  /// A value that was sent before, by the same central.
  private mutating func again() {
    guard let value = sent.randomElement(using: &random) else { return }
    write(Array(value.dropFirst()), to: .controlPoint, from: value[0])
  }

  /// Random bytes, or a value with some of its bytes changed or cut.
  private mutating func noise() {
    var bytes = (0..<Int.random(in: 0...24, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
    if let value = sent.randomElement(using: &random), Bool.random(using: &random) {
      bytes = Array(value.dropFirst().prefix(Int.random(in: 0...20, using: &random)))
      if !bytes.isEmpty {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
    }
    // A request for control has its own lease and policy in each run; the oracle counts on it.
    if bytes.first == OpCode.requestControl.rawValue { bytes[0] = 0xEE }
    let characteristic = DeviceCharacteristic.allCases.randomElement(using: &random) ?? .controlPoint
    write(bytes, to: characteristic, from: UInt8.random(in: 0..<5, using: &random))
  }

  private mutating func stream() {
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      let index = core.queue.nextIndex &+ (Int.random(in: 0..<10, using: &random) == 0 ? 1 : 0)
      let at = UInt32(truncatingIfNeeded: core.queue.end &+ UInt64.random(in: 0...200, using: &random))
      let data = RoutineData(body: .streamedStep(index: index, atMilliseconds: at, segment: segment()))
      if let bytes = try? data.bytes() { write(bytes, to: .routineData, from: 0) }
    }
  }

  private mutating func chunk() {
    let payload = (0..<Int.random(in: 1...30, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
    write(
      [1, UInt8.random(in: 0...3, using: &random), UInt8.random(in: 0...40, using: &random), 0, 0, 0] + payload,
      to: .routineData, from: 0)
  }

  /// An upload, mostly whole.
  private mutating func store() {
    let segments = (0..<Int.random(in: 1...6, using: &random)).map { _ in segment() }
    let bytes = routineBytes(segments)
    let slot = UInt8.random(in: 0..<2, using: &random)
    request(.routineBegin(slot: slot, length: UInt32(bytes.count), crc32: checksum(bytes)), from: 0)
    let transfer = core.store.upload?.transfer ?? 0
    var offset = 0
    while offset < bytes.count {
      let end = min(offset + 14, bytes.count)
      write([1, transfer, UInt8(offset), 0, 0, 0] + bytes[offset..<end], to: .routineData, from: 0)
      offset = end
    }
    if Int.random(in: 0..<8, using: &random) > 0 { request(.routineCommit(transfer: transfer), from: 0) }
  }

  private mutating func inject() {
    switch Int.random(in: 0..<4, using: &random) {
    case 0: give(.injected(.motorStuck(Bool.random(using: &random))))
    case 1: give(.injected(.temperature(decidegrees: [250, 900][Int.random(in: 0..<2, using: &random)])))
    default: give(.injected(.battery(percent: [0, 10, 50, 100][Int.random(in: 0..<4, using: &random)])))
    }
  }

  // MARK: The device

  private mutating func give(_ input: DeviceInput) {
    var actions = DeviceActions()
    let before = core.truth
    core.handle(input, at: now, into: &actions)
    if actions.list.contains(.poweredOn) { now = .zero }
    oracle.check(input: input, written: nil, at: now, before: before, core: core, actions: actions)
    answer(actions)
  }

  private mutating func write(_ bytes: [UInt8], to characteristic: DeviceCharacteristic, from central: UInt8) {
    var actions = DeviceActions()
    let before = core.truth
    _ = core.write(bytes, to: characteristic, from: CentralNumber(central), at: now, into: &actions)
    oracle.check(
      input: nil,
      written: Oracle.Written(bytes: bytes, characteristic: characteristic, central: CentralNumber(central)),
      at: now, before: before, core: core, actions: actions)
    answer(actions)
  }

  private mutating func answer(_ actions: DeviceActions) {
    for action in actions {
      if case .indicate(_, let central) = action, Int.random(in: 0..<50, using: &random) > 0 {
        give(.indicationConfirmed(central))
      }
    }
  }
}
