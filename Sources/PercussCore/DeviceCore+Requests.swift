internal import PercussWire

/// What each control request does, once it has passed every check that requests have in common.
extension DeviceCore {
  mutating func execute(
    _ request: ControlRequest.Body, from index: Int, into actions: inout DeviceActions
  ) -> ControlOutcome {
    switch request {
    case .requestControl(let lease, let policy):
      self.lease = Lease(holder: index, milliseconds: lease, policy: policy, now: now)
      return .done(.controlGranted(leaseMilliseconds: lease))
    case .releaseControl:
      loseControl(.released, into: &actions)
      return .done
    case .keepAlive: return .done
    case .reset: return reset(from: index, into: &actions)
    case .stop:
      endMotion(.command, into: &actions)
      return .done
    case .pause:
      pause(into: &actions)
      return .done
    case .resume:
      resume(into: &actions)
      return .done
    case .setSpeed(let speed, let ramp): return setSpeed(speed, ramp: ramp, into: &actions)
    case .setForceLimit(let force): return setForceLimit(force)
    case .setTimer(let duration):
      timerEnd = duration == 0 ? nil : now.advanced(byMilliseconds: UInt64(duration))
      return .done
    case .preset(let preset, let ramp):
      let speed = presetSpeed(preset)
      drive(at: speed, ramp: ramp, into: &actions)
      return .done(.presetChosen(speedPPM: speed))
    case .confirm(let step):
      let waiting = playback?.step ?? WireConstants.noStep
      guard step == waiting else { return .outOfRange(0, UInt32(waiting), UInt32(waiting)) }
      confirmStep(.command, into: &actions)
      return .done
    case .routineBegin(let slot, let length, let crc32): return beginUpload(slot, length, crc32)
    case .routineCommit(let transfer): return commitUpload(transfer)
    case .routineAbort(let transfer): return store.abort(transfer: transfer) ? .done : .refused(.notFound)
    case .routineQuery(let slot): return describe(slot)
    case .routineStart(let slot, let start, let offset):
      return startRoutine(slot, at: start, offset: offset, into: &actions)
    case .routineSeek(let offset): return seek(offset, into: &actions)
    case .routineClear(let slot): return clear(slot)
    case .routineValidate(let slot): return validate(slot)
    case .queueStep(let step, let start, let segment): return queueStep(step, at: start, segment)
    case .queueFlush:
      flushStream(into: &actions)
      return .done
    case .queueStart(let start): return startStream(at: start, into: &actions)
    case .setTelemetry(let interval):
      centrals[index]?.telemetryInterval = interval
      centrals[index]?.restartTelemetry(at: now)
      return .done
    }
  }

  // MARK: Settings

  private mutating func reset(from index: Int, into actions: inout DeviceActions) -> ControlOutcome {
    endMotion(.command, into: &actions)
    forceLimit = nil
    updateForceLimit()
    store.dropUpload()
    centrals[index]?.telemetryInterval = ConnectedCentral.defaultTelemetryInterval
    centrals[index]?.restartTelemetry(at: now)
    guard state == .fault else { return .done }
    return clearFaults(into: &actions) ? .done : .refused(.faultActive)
  }

  private mutating func setForceLimit(_ force: UInt16) -> ControlOutcome {
    let maximum = model.forceMaximumDecinewtons
    guard force <= maximum else { return .outOfRange(0, 0, UInt32(maximum)) }
    forceLimit = force == 0 ? nil : force
    updateForceLimit()
    return .done
  }

  // MARK: Driving by hand

  private mutating func setSpeed(
    _ speed: UInt16, ramp: UInt16, into actions: inout DeviceActions
  ) -> ControlOutcome {
    if let limits = rules.limits(violatedBy: speed) { return .outOfRange(0, limits.minimum, limits.maximum) }
    if speed == 0 && state == .idle { return .done }
    drive(at: speed, ramp: ramp, into: &actions)
    return .done
  }

  private mutating func drive(at speed: UInt16, ramp: UInt16, into actions: inout DeviceActions) {
    body.plan = SpeedPlan(
      start: now.microseconds, from: body.setpoint, to: Int32(speed) &* 1000, duration: UInt64(ramp) &* 1000)
    enter(.manual, .command, into: &actions)
  }

  private func presetSpeed(_ preset: UInt8) -> UInt16 {
    let speeds = model.presetsPPM
    switch preset {
    case 1: return speeds.0
    case 2: return speeds.1
    case 3: return speeds.2
    case 4: return speeds.3
    default: return speeds.4
    }
  }

  // MARK: Slots and uploads

  /// The refusal of a slot that the device does not have; it is parameter 0 of every request.
  func slotRefusal(_ slot: UInt8) -> ControlOutcome? {
    slot < store.slotCount ? nil : .outOfRange(0, 0, UInt32(store.slotCount) &- 1)
  }

  private mutating func beginUpload(_ slot: UInt8, _ length: UInt32, _ crc32: UInt32) -> ControlOutcome {
    if let refusal = slotRefusal(slot) { return refusal }
    do {
      let upload = try store.begin(slot: slot, length: length, crc32: crc32)
      return .done(
        .transferOpened(transfer: upload.transfer, nextOffset: upload.nextOffset, window: Upload.window))
    } catch {
      switch error {
      case .length(let minimum, let maximum): return .outOfRange(1, minimum, maximum)
      case .tooLarge: return .refused(.tooLarge)
      }
    }
  }

  private mutating func commitUpload(_ transfer: UInt8) -> ControlOutcome {
    do {
      return .done(.routineStored(slot: try store.commit(transfer: transfer, playing: playback?.slot)))
    } catch {
      switch error {
      case .notFound: return .refused(.notFound)
      case .crcMismatch: return .refused(.crcMismatch)
      case .inUse: return .refused(.inUse)
      case .incomplete(let nextOffset): return .refused(.incomplete, .uploadIncomplete(nextOffset: nextOffset))
      case .invalid(let step): return .refused(.invalidRoutine, .invalidStep(step: step))
      }
    }
  }

  private func describe(_ slot: UInt8) -> ControlOutcome {
    if let refusal = slotRefusal(slot) { return refusal }
    var status: SlotStatus = []
    let routine = store.routine(slot)
    if routine != nil { status.insert(.stored) }
    if playback?.slot == slot { status.insert(.playing) }
    var nextOffset: UInt32 = 0
    if let upload = store.upload, upload.slot == slot, !upload.isStored {
      status.insert(.partial)
      nextOffset = upload.nextOffset
    }
    return .done(
      .slotDescribed(
        slot: slot, status: status, length: UInt32(clamping: routine?.bytes.count ?? 0), crc32: routine?.crc32 ?? 0,
        nextOffset: nextOffset))
  }

  private mutating func clear(_ slot: UInt8) -> ControlOutcome {
    if let refusal = slotRefusal(slot) { return refusal }
    guard playback?.slot != slot else { return .refused(.inUse) }
    store.clear(slot: slot)
    return .done
  }

  /// What is stored was checked when it was committed, and what a device can do does not change.
  private func validate(_ slot: UInt8) -> ControlOutcome {
    if let refusal = slotRefusal(slot) { return refusal }
    guard let routine = store.routine(slot) else { return .refused(.notFound) }
    for step in 0..<routine.segmentCount {
      guard let segment = routine.segment(step), rules.fault(in: segment, isStreamed: false) == nil else {
        return .refused(.invalidRoutine, .invalidStep(step: step))
      }
    }
    return .done
  }
}
