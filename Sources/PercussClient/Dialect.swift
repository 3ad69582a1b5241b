public import PercussGATT
public import PercussLink
public import PercussWire

/// How one device family says in bytes what the operations of a ``Device`` mean, and what the host has to do for it.
///
/// For each operation it says how it is sent and what answers it, that the host answers it by itself, or that the family cannot do it; see
/// ``Procedure``. ``PercussDialect`` is our own protocol in full, ``TheragunDialect`` one that knows speed, status and version alone.
/// `protocol-spec/dialects.md` shows how to add another.
public protocol Dialect: Sendable {
  /// The family, as a user would write it: `percuss`.
  var name: String { get }

  /// What the host does in the device's place; nil for a device that numbers requests, keeps a lease, ramps and reports by itself.
  var duties: HostDuties? { get }

  /// The characteristics whose values the session needs.
  var subscriptions: [BluetoothUUID] { get }

  /// The characteristics that are read once after subscribing, so that counters have a beginning and no first loss goes unnoticed.
  var readings: [BluetoothUUID] { get }

  /// Asks the peripheral what it is and what it can do, without writing anything.
  ///
  /// - Throws: a ``DeviceError`` when it is no device of this family, or one that this version cannot speak to.
  func identify(_ link: any DeviceLink) async throws(DeviceError) -> DeviceFeature

  /// How an operation is carried out.
  ///
  /// - Parameter sequence: the number that tells the request from others, for a family that numbers them.
  /// - Throws: `.unsupported` where the family cannot do it, `.invalidArgument` where a parameter is outside what it can carry.
  func procedure(
    for operation: DeviceOperation, sequence: UInt8, flags: ControlFlags
  ) throws(DeviceError) -> Procedure

  /// What a value from the peripheral says; `nil` for a characteristic that means nothing here.
  ///
  /// - Throws: a `WireError` when the value is malformed.
  func meaning(of value: [UInt8], from characteristic: BluetoothUUID) throws(WireError) -> IncomingValue?

  /// How the speeds of the motor and PPM belong together, where a user has stated it; nil where the device speaks of PPM itself, or nothing was stated.
  var ratio: SpeedRatio? { get }

  /// The highest speed of the motor, on a device that speaks of that.
  var highestMotorSpeed: MotorSpeed? { get }
}

extension Dialect {
  /// Nothing.
  public var duties: HostDuties? { nil }

  /// None.
  public var ratio: SpeedRatio? { nil }

  /// Unknown.
  public var highestMotorSpeed: MotorSpeed? { nil }

  /// That the family has none of what an operation asks for.
  func unsupported(_ what: String, _ operation: DeviceOperation) -> DeviceError {
    DeviceError(.unsupported(family: name, what: what), during: operation.title)
  }

  /// What an operation writes; nil where it writes nothing.
  public func value(of operation: DeviceOperation, sequence: UInt8 = 0, flags: ControlFlags = []) -> OutgoingValue? {
    guard case .write(let value, _)? = try? procedure(for: operation, sequence: sequence, flags: flags) else {
      return nil
    }
    return value
  }
}

/// How a family carries out an operation.
public enum Procedure: Equatable, Sendable {
  /// A value is written; what ends it is said.
  case write(OutgoingValue, answer: Answer)
  /// The host sends one motor speed after the other until that is reached, each as ``DeviceOperation/setMotorSpeed(_:ramp:)`` without a ramp; over no time, one.
  case ramp(to: MotorSpeed, over: Duration)
  /// The host answers by itself: it keeps the lease, and asks for the status as often as is wished. Nothing is written.
  case byHost

  /// What ends a procedure.
  public enum Answer: Equatable, Sendable {
    /// A response of the device, with the op code and the number of the request.
    case response
    /// The end of the write itself, which the device has then accepted.
    case acknowledgement
    /// The next status.
    case status
    /// The next version.
    case version
  }
}

/// Bytes for a characteristic.
public struct OutgoingValue: Equatable, Sendable {
  /// Where they are written.
  public var characteristic: BluetoothUUID
  /// One ATT value.
  public var bytes: [UInt8]
  /// How they are written.
  public var type: WriteType
  /// Whether the device answers in the same way when they are written without response; where the answer is the end of the write, it does not.
  public var isAnsweredAsCommand: Bool

  /// Bytes for a characteristic.
  public init(
    _ bytes: [UInt8], to characteristic: BluetoothUUID, type: WriteType = .request, isAnsweredAsCommand: Bool = true
  ) {
    self.characteristic = characteristic
    self.bytes = bytes
    self.type = type
    self.isAnsweredAsCommand = isAnsweredAsCommand
  }
}

/// What a device says.
public enum IncomingValue: Equatable, Sendable {
  /// The answer to a request.
  case response(ControlResponse)
  /// Something happened.
  case event(DeviceEvent)
  /// What the device does now.
  case telemetry(Telemetry)
  /// How far an upload or the queue has come.
  case routineStatus(RoutineStatus)
  /// The device's clock.
  case clock(ClockReply)
  /// Whether the motor runs.
  case status(MotorStatus)
  /// The version of the firmware.
  case version(FirmwareVersion)
}

/// What the host does for a device that keeps no lease, reports nothing by itself, plays no ramp and numbers no request.
///
/// - The lease is the host's: it is renewed by whatever the program asks of the device, and by nothing else. When nothing comes for its length, the motor is stopped.
/// - The status is asked for: that is the telemetry, and the only way to know the motor at rest.
/// - A ramp is a row of speeds, each sent when the one before was acknowledged and a status has shown the motor obeying it, and not before ``rampInterval`` has passed: a motor
///   that is stopped by hand on a ramp stays so.
public struct HostDuties: Equatable, Sendable {
  /// How often the status is asked for at least, while control is held or the motor is not known to rest.
  public var statusInterval: Duration = .milliseconds(200)
  /// The same otherwise, unless the program wishes it more often.
  public var idleStatusInterval: Duration = .seconds(1)
  /// The shortest interval that a program can wish for.
  public var shortestStatusInterval: Duration = .milliseconds(100)
  /// After this time an answer is lost.
  public var statusTimeout: Duration = .seconds(1)
  /// How many answers in a row may be lost before a caller that waits for one is told, and a ramp ends in a stop.
  public var statusAttempts = 3
  /// The time between two speeds of a ramp.
  public var rampInterval: Duration = .milliseconds(250)
  /// How long the motor may take to run after its speed was acknowledged.
  public var startTime: Duration = .seconds(2)

  /// The values that suit a Bluetooth LE link with an interval of up to 50 ms.
  public init() {}
}
