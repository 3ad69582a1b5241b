import PercussWire
import Testing

@testable import PercussCore

/// What must hold of a device whatever happens to it, kept track of from what goes in and comes out.
///
/// It knows the motor's truth, the values that were written and the actions; how the device came to them it does not know.
final class Oracle {
  struct Written {
    let bytes: [UInt8]
    let characteristic: DeviceCharacteristic
    let central: CentralNumber
  }

  private let seed: UInt64
  private let lease: UInt64
  private let policy: LossPolicy
  private let isPunctual: Bool
  private let steepestClimb: Int32
  private let steepestFall: Int32
  private let queueDepth: Int

  private var last: MotorTruth
  private var lastInstant: DeviceInstant
  /// Where the lease of the present holder ends.
  private var leaseEnd: DeviceInstant?
  private var holder: CentralNumber?
  /// Since when nobody has held control.
  private var freeSince: DeviceInstant?
  /// Whether a routine may go on without a holder.
  private var mayFinish = false
  private var outstanding: Set<CentralNumber> = []
  private var connected: Set<CentralNumber> = []
  /// Since when the device has been in a state in which the motor ramps to rest and stays there.
  private var restingSince: DeviceInstant?
  /// What was seen, so that a walk can show that it went everywhere.
  private(set) var visitedStates: Set<DeviceState> = []
  private(set) var enteredSteps = 0

  init(
    model: DeviceModel, lease: UInt16, policy: LossPolicy, isPunctual: Bool, now: DeviceInstant, truth: MotorTruth,
    seed: UInt64
  ) {
    self.seed = seed
    self.lease = UInt64(lease)
    self.policy = policy
    self.isPunctual = isPunctual
    // From the documented figures: 800 ms up, 400 ms down, in rounds of 5 ms.
    steepestClimb = Int32(model.speedMaximumPPM) * 1000 / 160
    steepestFall = Int32(model.speedMaximumPPM) * 1000 / 80
    queueDepth = Int(model.queueDepth)
    last = truth
    lastInstant = now
    freeSince = now
  }

  func check(
    input: DeviceInput?, written: Written?, at now: DeviceInstant, before: MotorTruth, core: DeviceCore,
    actions: DeviceActions
  ) {
    let truth = core.truth
    if actions.list.contains(.poweredOn) {
      last = truth
      restart(at: now)
    }
    checkMotion(truth, at: now)
    checkHolder(input, written, truth, at: now)
    checkRest(truth, at: now)
    checkCause(input, written, before, truth, actions)
    checkActions(input, actions, at: now)
    if let next = core.nextDeadline { expect(next > now, "the next deadline is later than now") }
    expect(core.queue.free <= queueDepth, "the queue keeps its depth")
    for central in core.centrals { expect((central?.responses.count ?? 0) <= 5, "responses keep their places") }
    if let upload = core.store.upload { expect(upload.bytes.count <= Int(upload.length), "an upload keeps its length") }
    last = truth
    lastInstant = now
  }

  private func expect(_ holds: Bool, _ what: String) {
    if !holds { Issue.record("seed \(seed) at \(lastInstant.microseconds): \(what); state \(last.state)") }
  }

  private func restart(at now: DeviceInstant) {
    lastInstant = now
    leaseEnd = nil
    holder = nil
    freeSince = now
    mayFinish = false
  }

  // MARK: The motor

  private func checkMotion(_ truth: MotorTruth, at now: DeviceInstant) {
    expect(truth.speedMilliPPM >= 0, "the motor does not turn backwards")
    expect(truth.speedMilliPPM <= truth.setpointMilliPPM, "the motor is not above its setpoint")
    expect(truth.setpointMilliPPM <= truth.permittedMilliPPM, "the setpoint is not above what is permitted")
    let rounds = Int64(clamping: now.microseconds / 5000 - lastInstant.microseconds / 5000)
    let change = Int64(truth.setpointMilliPPM) - Int64(last.setpointMilliPPM)
    expect(change <= min(rounds, 1000) * Int64(steepestClimb), "the setpoint climbs no steeper than the device can")
    expect(-change <= min(rounds, 1000) * Int64(steepestFall), "the setpoint falls no steeper than the device can")
    switch truth.state {
    case .idle, .scheduled: expect(truth.setpointMilliPPM == 0 && truth.speedMilliPPM == 0, "idle means at rest")
    case .fault: expect(!truth.faults.isEmpty, "a fault has a name")
    default: break
    }
    if !truth.isOn { expect(truth.speedMilliPPM == 0, "off means at rest") }
    visitedStates.insert(truth.state)
    switch truth.state {
    case .paused, .waiting, .stopping, .fault:
      // A pause may be followed by a wait or the other way round: count from the last change.
      if restingSince == nil || truth.state != last.state { restingSince = now }
      if let restingSince, now.microseconds(since: restingSince) >= 505_000 {
        expect(truth.setpointMilliPPM == 0 && truth.speedMilliPPM == 0, "a state of rest is at rest")
        expect(truth.state != .stopping, "stopping comes to its end")
      }
    default: restingSince = nil
    }
  }

  // MARK: Control

  private func checkHolder(_ input: DeviceInput?, _ written: Written?, _ truth: MotorTruth, at now: DeviceInstant) {
    if let leaseEnd, now >= leaseEnd { lose(at: isPunctual ? leaseEnd : now, last.state) }
    if case .disconnected(let central)? = input {
      connected.remove(central)
      if central == holder { lose(at: now, last.state) }
    }
    if let written, written.central == holder {
      let isLife = written.characteristic == .controlPoint && written.bytes.count >= 3
      let isData = written.characteristic == .routineData && !written.bytes.isEmpty
      if isLife || isData { leaseEnd = now.advanced(byMilliseconds: lease) }
    }
    if holder != nil && truth.holder == nil {
      // Given back, or switched off.
      let isRelease = written?.bytes.first == OpCode.releaseControl.rawValue
      expect(isRelease || !truth.isOn, "control does not end by itself")
      lose(at: now, .idle)
    }
    if holder == nil, let found = truth.holder {
      let isRequest = written?.bytes.first == OpCode.requestControl.rawValue && written?.central == found
      expect(isRequest, "control is taken by its request")
      holder = found
      freeSince = nil
      leaseEnd = now.advanced(byMilliseconds: lease)
    }
    expect(truth.holder == holder, "the holder is who asked and lives")
  }

  private func lose(at instant: DeviceInstant, _ state: DeviceState) {
    holder = nil
    leaseEnd = nil
    freeSince = instant
    mayFinish = policy == .finishRoutine && (state == .routine || state == .waiting)
  }

  /// Without a holder the motor is at rest 500 ms later, unless a routine may finish.
  private func checkRest(_ truth: MotorTruth, at now: DeviceInstant) {
    if truth.state != .routine && truth.state != .waiting {
      if mayFinish && holder == nil { freeSince = now }
      mayFinish = false
    }
    guard holder == nil, !mayFinish, let freeSince, now.microseconds(since: freeSince) >= 505_000 else { return }
    // A caller that is late lets the device notice late.
    guard isPunctual else { return }
    expect(truth.speedMilliPPM == 0 && truth.setpointMilliPPM == 0, "the motor rests without a holder")
  }

  // MARK: Cause and effect

  private static let still: Set<DeviceState> = [.idle, .paused, .stopping, .fault]
  private static let movers: Set<OpCode> = [
    .setSpeed, .preset, .resume, .routineStart, .queueStart,
  ]

  /// Out of rest leads only a request of the holder.
  private func checkCause(
    _ input: DeviceInput?, _ written: Written?, _ before: MotorTruth, _ truth: MotorTruth, _ actions: DeviceActions
  ) {
    let opCode = written.flatMap { write in
      write.characteristic == .controlPoint && write.bytes.count >= 3 ? write.bytes.first.map(OpCode.init) : nil
    }
    if Self.still.contains(before.state) && !Self.still.contains(truth.state) {
      let isAsked = opCode.map { Self.movers.contains($0) } ?? false
      expect(isAsked && written?.central == before.holder, "nothing starts or resumes by itself")
    }
    if Self.still.contains(before.state) {
      expect(truth.setpointMilliPPM <= before.setpointMilliPPM, "at rest the setpoint does not rise")
    }
    if opCode == .stop, let central = written?.central, connected.contains(central), before.isOn {
      expect([.idle, .stopping, .fault].contains(truth.state), "a stop is executed")
    }
  }

  private func checkActions(_ input: DeviceInput?, _ actions: DeviceActions, at now: DeviceInstant) {
    if case .indicationConfirmed(let central)? = input { outstanding.remove(central) }
    if case .subscribed(let central, .controlPoint, false)? = input { outstanding.remove(central) }
    if case .disconnected(let central)? = input { outstanding.remove(central) }
    if case .connected(let central)? = input, !actions.list.contains(.disconnect(central)) { connected.insert(central) }
    for action in actions {
      switch action {
      case .indicate(let response, let central):
        expect(outstanding.insert(central).inserted, "one indication at a time")
        expect((try? response.bytes()) != nil, "a response can be sent: \(response)")
      case .notifyEvent(let event, _):
        expect((try? event.bytes())?.count ?? 99 <= 20, "an event can be sent")
        if case .controlLost(_, let time) = event.body {
          expect(!isPunctual || time == freeSince?.microseconds, "control ends with the lease")
        }
        if case .stepEntered(_, let planned, let actual) = event.body {
          enteredSteps += 1
          expect(actual >= planned, "no step is early")
          expect(actual == planned || !isPunctual, "steps are on time")
        }
      case .notifyTelemetry(let telemetry, _):
        expect((try? telemetry.bytes())?.count ?? 99 <= 20, "telemetry can be sent")
        expect(telemetry.speedPPM <= telemetry.targetPPM, "telemetry: not above the setpoint")
      case .notifyRoutineStatus(let status, _): expect((try? status.bytes()) != nil, "a credit can be sent")
      case .notifyClock(let reply, _): expect((try? reply.bytes()) != nil, "a clock reply can be sent")
      case .disconnect(let central):
        if case .connected(central)? = input { break }
        connected.remove(central)
        outstanding.remove(central)
      case .notifyBatteryLevel, .poweredOff, .poweredOn: break
      }
    }
  }
}
