public import PercussWire

// What a user asks of a device. All of it but `stop`, `query` and `validate` needs control.
extension Device {
  // MARK: Control

  /// Takes the lease on the motor, or changes it when it is held already. It is renewed by itself for as long as the connection and this object live; where the host
  /// keeps it (``hasLease``), only by what is asked of the device: ``keepControl()`` at the least.
  ///
  /// - Parameters:
  ///   - lease: how long the device waits for a sign of life; 500 ms to 60 s.
  ///   - policy: what the motor does when the central is lost.
  /// - Returns: the lease in force.
  /// - Throws: `.refused` with `control_held` when another central holds it.
  @discardableResult
  public func takeControl(
    lease: Duration = .milliseconds(Int64(WireConstants.leaseDefaultMilliseconds)), onLoss policy: LossPolicy = .stop
  ) async throws(DeviceError) -> Duration {
    let milliseconds: UInt16 = try Self.milliseconds(lease, of: "lease")
    let response = try await perform(.requestControl(leaseMilliseconds: milliseconds, lossPolicy: policy))
    guard case .controlGranted(let granted) = response.body else { throw Self.unfitting(response) }
    return .milliseconds(Int64(granted))
  }

  /// Renews the lease. Needed only where the host keeps it, which takes a program that asks nothing for one that hangs, and stops the motor.
  public func keepControl() async throws(DeviceError) {
    try await perform(.keepAlive)
  }

  /// Gives the lease back; a moving motor ramps to rest.
  public func releaseControl() async throws(DeviceError) {
    try await perform(.releaseControl)
  }

  // MARK: Motion

  /// Ramps the motor to rest, whatever is going on, also without control.
  ///
  /// Goes ahead of every other request. Those that would move the motor and were called before it end with `.stopped`.
  /// - Throws: `.noResponse` after 3 s: then the motor may be running until the lease ends; the button on the device stops it.
  public func stop() async throws(DeviceError) {
    try await perform(.stop)
  }

  /// Ramps to rest and holds the place in the routine.
  public func pause() async throws(DeviceError) {
    try await perform(.pause)
  }

  /// Goes on from where ``pause()`` held.
  public func resume() async throws(DeviceError) {
    try await perform(.resume)
  }

  /// Drives the motor by hand.
  ///
  /// - Parameters:
  ///   - speed: 0, or a multiple of the device's speed step within its range.
  ///   - ramp: time to get there, 0 to 60 s; the motor takes longer where it cannot follow.
  /// - Throws: `.superseded` when a newer speed replaced it before it was sent.
  public func setSpeed(_ speed: Speed, ramp: Duration = .milliseconds(500)) async throws(DeviceError) {
    try await perform(.setSpeed(speedPPM: speed.ppm, rampMilliseconds: try Self.milliseconds(ramp, of: "ramp")))
  }

  /// Drives the motor by its own speed, on a device that speaks of that.
  ///
  /// - Parameter ramp: time to get there, 0 to 60 s; the host sends speeds in between.
  /// - Throws: `.unsupported` on a device whose speeds are percussions per minute.
  public func setMotorSpeed(_ speed: MotorSpeed, ramp: Duration = .milliseconds(500)) async throws(DeviceError) {
    try await perform(.setMotorSpeed(speed, ramp: ramp))
  }

  /// Drives the motor at one of the device's own speeds, 1 to 5.
  ///
  /// - Returns: that speed.
  @discardableResult
  public func preset(_ index: UInt8, ramp: Duration = .milliseconds(500)) async throws(DeviceError) -> Speed {
    let response = try await perform(
      .preset(index: index, rampMilliseconds: try Self.milliseconds(ramp, of: "ramp")))
    guard case .presetChosen(let ppm) = response.body else { throw Self.unfitting(response) }
    return Speed(ppm: ppm)
  }

  /// Limits the force above which the motor yields; `nil` for the device's own limit.
  public func setForceLimit(_ force: Force?) async throws(DeviceError) {
    if force == .decinewtons(0) {
      throw DeviceError(
        .invalidArgument("a force limit is above 0; nil stands for the device's own"), during: "set_force_limit")
    }
    try await perform(.setForceLimit(forceDecinewtons: force?.decinewtons ?? 0))
  }

  /// Has the device stop by itself after a time, 10 ms to 24 h; `nil` for no timer.
  public func setTimer(_ duration: Duration?) async throws(DeviceError) {
    try await perform(.setTimer(durationMilliseconds: try Self.optionalMilliseconds(duration, of: "timer")))
  }

  /// Stops, forgets force limit, timer, telemetry interval and a partial upload, and clears the faults whose cause is gone.
  ///
  /// - Throws: `.refused` with `fault_active` when a fault remains.
  public func reset() async throws(DeviceError) {
    try await perform(.reset)
  }

  // MARK: Routines

  /// Plays a stored routine.
  ///
  /// - Parameters:
  ///   - start: instant in microseconds of the device's clock, at most 24 h ahead; `nil` for now.
  ///   - offset: place in the routine to begin at.
  /// - Returns: the instant at which it begins, in microseconds of the device's clock.
  @discardableResult
  public func startRoutine(
    slot: UInt8, atDeviceMicroseconds start: UInt64? = nil, offset: Duration = .zero
  ) async throws(DeviceError) -> UInt64 {
    let response = try await perform(
      .routineStart(
        slot: slot, startMicroseconds: start ?? 0, offsetMilliseconds: try Self.milliseconds(offset, of: "offset")))
    guard case .routineStarted(let begins) = response.body else { throw Self.unfitting(response) }
    return begins
  }

  /// Moves within the routine that plays or is paused.
  ///
  /// - Returns: the step at the new place.
  @discardableResult
  public func seek(to offset: Duration) async throws(DeviceError) -> UInt16 {
    let response = try await perform(
      .routineSeek(offsetMilliseconds: try Self.milliseconds(offset, of: "offset")))
    guard case .routineMoved(let step) = response.body else { throw Self.unfitting(response) }
    return step
  }

  /// The operator confirms the waiting step, as its event named it.
  public func confirm(step: UInt16) async throws(DeviceError) {
    try await perform(.confirm(step: step))
  }

  /// What a slot holds. Needs no control.
  public func query(slot: UInt8) async throws(DeviceError) -> RoutineSlot {
    let response = try await perform(.routineQuery(slot: slot))
    guard case .slotDescribed(let slot, let status, let length, let crc32, let nextOffset) = response.body else {
      throw Self.unfitting(response)
    }
    return RoutineSlot(slot: slot, status: status, length: length, crc32: crc32, partialLength: nextOffset)
  }

  /// Checks a stored routine against what the device can do now. Needs no control.
  ///
  /// - Throws: `.refused` with `invalid_routine` and the first step that it cannot do.
  public func validate(slot: UInt8) async throws(DeviceError) {
    try await perform(.routineValidate(slot: slot))
  }

  /// Empties a slot.
  public func clear(slot: UInt8) async throws(DeviceError) {
    try await perform(.routineClear(slot: slot))
  }

  // MARK: Telemetry

  /// Sets how often this central gets telemetry, 20 ms to 60 s; `nil` for none.
  public func setTelemetryInterval(_ interval: Duration?) async throws(DeviceError) {
    try await perform(.setTelemetry(intervalMilliseconds: try Self.optionalMilliseconds(interval, of: "interval")))
  }

  // MARK: Arguments

  /// Whole milliseconds, to the nearest; what they may be is the wire's matter.
  private static func milliseconds<Number: FixedWidthInteger>(
    _ duration: Duration, of argument: String
  ) throws(DeviceError) -> Number {
    let rounded = (duration + .microseconds(500)) / .milliseconds(1)
    guard rounded >= 0, rounded < 0x1p32, let number = Number(exactly: rounded.rounded(.down)) else {
      throw DeviceError(
        .invalidArgument("\(duration) is no possible \(argument); it is 0 to \(Number.max) ms"), during: argument)
    }
    return number
  }

  /// The same where 0 stands for none and is not an argument.
  private static func optionalMilliseconds<Number: FixedWidthInteger>(
    _ duration: Duration?, of argument: String
  ) throws(DeviceError) -> Number {
    guard let duration else { return 0 }
    let number: Number = try milliseconds(duration, of: argument)
    guard number > 0 else {
      throw DeviceError(.invalidArgument("a \(argument) is longer than 0; nil stands for none"), during: argument)
    }
    return number
  }

  static func unfitting(_ response: ControlResponse) -> DeviceError { unfitting("\(response.opCode)") }

  static func unfitting(_ operation: String) -> DeviceError {
    DeviceError(.malformedValue("the answer lacks its parameters"), during: operation)
  }
}

/// What a routine slot holds.
public struct RoutineSlot: Equatable, Sendable {
  /// Which slot.
  public var slot: UInt8
  /// Whether a routine is stored, being uploaded, or playing.
  public var status: SlotStatus
  /// Bytes of the committed routine; 0 without one.
  public var length: UInt32
  /// CRC-32 of the committed routine; 0 without one.
  public var crc32: UInt32
  /// Bytes of the partial upload; 0 without one.
  public var partialLength: UInt32
}
