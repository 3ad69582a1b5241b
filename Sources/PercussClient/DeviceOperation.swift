internal import PercussTime
public import PercussWire

/// What a central asks of a device. How a family sends it, and what answers it, its ``Dialect`` says.
public enum DeviceOperation: Equatable, Sendable {
  /// What the Percuss protocol has a request for.
  case request(ControlRequest.Body)
  /// Turn the motor, reaching the speed evenly in that time.
  case setMotorSpeed(MotorSpeed, ramp: Duration)
  /// Say whether the motor runs, and how fast.
  case readStatus
  /// Say the version of the firmware.
  case readVersion

  /// The request of the Percuss protocol, where it is one.
  var request: ControlRequest.Body? { if case .request(let body) = self { body } else { nil } }

  /// Whether it makes the motor move, now or later, so that it must not come after a stop that it was submitted before.
  var isMotion: Bool {
    switch self {
    case .request(let body): body.isMotion
    case .setMotorSpeed: true
    case .readStatus, .readVersion: false
    }
  }

  /// Whether a newer one of these makes it stale.
  var isSpeed: Bool {
    switch self {
    case .request(.setSpeed), .setMotorSpeed: true
    default: false
    }
  }

  /// Whether it brings the motor to rest as a speed.
  var isRest: Bool {
    switch self {
    case .request(.setSpeed(0, _)), .setMotorSpeed(.rest, _): true
    default: false
    }
  }

  /// Whether the device may report it as a stop: a change to stopping or idle with the cause `command`.
  var mayStop: Bool { request?.opCode.mayStop ?? false }

  /// The operation with the arguments that matter to a reader of an error.
  public var title: String {
    switch self {
    case .request(let body): body.title
    case .setMotorSpeed(let speed, let ramp): "set_speed to \(speed) in \(ramp.wholeMilliseconds) ms"
    case .readStatus: "status"
    case .readVersion: "version"
    }
  }
}

extension OpCode {
  /// Whether the device may report it as a stop: a change to stopping or idle with the cause `command`.
  var mayStop: Bool { self == .stop || self == .reset || self == .queueFlush }
}

extension ControlRequest.Body {
  /// Whether it makes the motor move, now or later, so that it must not come after a stop that it was submitted before.
  var isMotion: Bool {
    switch self {
    case .setSpeed, .preset, .resume, .confirm, .routineStart, .routineSeek, .queueStep, .queueStart: true
    default: false
    }
  }

  /// The operation with the arguments that matter to a reader of an error.
  var title: String {
    switch self {
    case .setSpeed(let speed, let ramp): "set_speed to \(speed) ppm in \(ramp) ms"
    case .setForceLimit(let force): "set_force_limit to \(Force(decinewtons: force))"
    case .setTimer(let duration): "set_timer to \(duration) ms"
    case .preset(let index, _): "preset \(index)"
    case .confirm(let step): "confirm of step \(step)"
    case .routineBegin(let slot, let length, _): "routine_begin of \(length) bytes for slot \(slot)"
    case .routineStart(let slot, _, _): "routine_start of slot \(slot)"
    case .routineQuery(let slot): "routine_query of slot \(slot)"
    case .routineClear(let slot): "routine_clear of slot \(slot)"
    case .routineValidate(let slot): "routine_validate of slot \(slot)"
    case .routineSeek(let offset): "routine_seek to \(offset) ms"
    default: "\(opCode)"
    }
  }

  /// Whether it asks for a speed between two that the device names: they are the nearest that it has (PCS/SR/CP/BI-03).
  func speedBetween(_ minimum: UInt32, _ maximum: UInt32) -> Bool {
    guard case .setSpeed(let speed, _) = self else { return false }
    return UInt32(speed) > minimum && UInt32(speed) < maximum
  }

  /// What the specification calls a parameter, counted from 0 after the header as `parameter_limits` counts it.
  func parameterName(_ index: UInt8) -> String {
    let prefix = "control_request.\(opCode)."
    let names = (UInt32(0x40)...0x7F).lazy.map { WireField(rawValue: $0 << 8 | UInt32(index) + 1).description }
    return names.first { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) } ?? "parameter \(index)"
  }
}
