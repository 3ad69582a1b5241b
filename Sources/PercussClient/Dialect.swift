public import PercussGATT
public import PercussLink
public import PercussWire

/// How one device family says in bytes what the operations of a ``Device`` mean.
///
/// The operations, and what devices report, are named by the Percuss protocol's own types; a family that can do less refuses the rest, and says
/// so in the feature that ``identify(_:)`` gives. A family is one type: ``PercussDialect``.
public protocol Dialect: Sendable {
  /// The family, as a user would write it: `percuss`.
  var name: String { get }

  /// The characteristics whose values the session needs.
  var subscriptions: [BluetoothUUID] { get }

  /// The characteristics that are read once after subscribing, so that counters have a beginning and no first loss goes unnoticed.
  var readings: [BluetoothUUID] { get }

  /// Asks the peripheral what it is and what it can do.
  ///
  /// - Throws: a ``DeviceError`` when it is no device of this family, or one that this version cannot speak to.
  func identify(_ link: any DeviceLink) async throws(DeviceError) -> DeviceFeature

  /// The value that asks for an operation.
  ///
  /// - Throws: a `WireError` when a parameter is outside what the wire can carry.
  func value(
    of operation: ControlRequest.Body, sequence: UInt8, flags: ControlFlags
  ) throws(WireError) -> OutgoingValue

  /// What a value from the peripheral says; `nil` for a characteristic that means nothing here.
  ///
  /// - Throws: a `WireError` when the value is malformed.
  func meaning(of value: [UInt8], from characteristic: BluetoothUUID) throws(WireError) -> IncomingValue?
}

/// Bytes for a characteristic.
public struct OutgoingValue: Equatable, Sendable {
  /// Where they are written.
  public var characteristic: BluetoothUUID
  /// One ATT value.
  public var bytes: [UInt8]

  /// Bytes for a characteristic.
  public init(_ bytes: [UInt8], to characteristic: BluetoothUUID) {
    self.characteristic = characteristic
    self.bytes = bytes
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
}
