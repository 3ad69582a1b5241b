public import PercussWire

/// A characteristic of the device that carries values.
public enum DeviceCharacteristic: Hashable, Sendable, CaseIterable {
  case feature, controlPoint, telemetry, event, routineData, clock, batteryLevel
}

/// What happens to a Percuss device, other than values that are written to it.
public typealias DeviceInput = FirmwareInput<DeviceCharacteristic>

/// What the device wants done.
public enum DeviceAction: Equatable, Sendable {
  /// Send the response as an indication; `DeviceInput.indicationConfirmed` answers. One at a time for each central.
  case indicate(ControlResponse, to: CentralNumber)
  /// Send an event as a notification.
  case notifyEvent(DeviceEvent, to: CentralNumber)
  /// Send telemetry as a notification.
  case notifyTelemetry(Telemetry, to: CentralNumber)
  /// Send a credit as a notification.
  case notifyRoutineStatus(RoutineStatus, to: CentralNumber)
  /// Send the charge in per cent as a notification of Battery Level; it has changed.
  case notifyBatteryLevel(UInt8, to: CentralNumber)
  /// Send the answer of the clock as a notification; who holds it back for longer adds that to its `hold`.
  case notifyClock(ClockReply, to: CentralNumber)
  /// End the connection.
  case disconnect(CentralNumber)
  /// The device switched itself off: it neither advertises nor serves until its button is pressed.
  case poweredOff
  /// The device was switched on by its button. Its clock began at 0 at that instant.
  case poweredOn
}

/// The actions of one call, in order; the caller owns the storage and empties it.
///
/// One call adds at most one response for each central, one telemetry and one credit of each kind for each central, and a
/// handful of events; a tick that comes late adds one `step_entered` for every step that has begun meanwhile.
public struct DeviceActions: Sequence, Sendable {
  /// The actions.
  public private(set) var list: [DeviceAction] = []

  /// Nothing to do.
  public init() {}

  /// Whether there is nothing to do.
  public var isEmpty: Bool { list.isEmpty }

  /// Forgets the actions and keeps the storage.
  public mutating func removeAll() {
    list.removeAll(keepingCapacity: true)
  }

  mutating func append(_ action: DeviceAction) {
    list.append(action)
  }

  /// Iterates over the actions in order.
  public func makeIterator() -> IndexingIterator<[DeviceAction]> {
    list.makeIterator()
  }
}

/// What a read of a characteristic gives.
public enum DeviceReadValue: Equatable, Sendable {
  case feature(DeviceFeature)
  case event(DeviceEvent)
  /// Charge in per cent: Battery Level of the Battery Service.
  case batteryLevel(UInt8)
}
