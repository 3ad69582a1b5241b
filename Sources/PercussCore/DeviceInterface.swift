public import PercussWire

/// One of the centrals that are connected at once: 0 to 3.
public struct CentralNumber: Hashable, Sendable {
  /// The number.
  public var rawValue: UInt8

  /// How many centrals a device serves at once.
  public static let limit = 4

  /// The central of that number.
  public init(_ rawValue: UInt8) {
    self.rawValue = rawValue
  }
}

/// A characteristic of the device that carries values.
public enum DeviceCharacteristic: Hashable, Sendable, CaseIterable {
  case feature, controlPoint, telemetry, event, routineData, clock, batteryLevel
}

/// What happens to a device, other than values that are written to it.
public enum DeviceInput: Hashable, Sendable {
  /// A central connected. A number that is not free, or is beyond the limit, is answered by `.disconnect`.
  case connected(CentralNumber)
  /// The connection of a central ended.
  case disconnected(CentralNumber)
  /// A central enabled or disabled notifications or indications.
  case subscribed(CentralNumber, DeviceCharacteristic, Bool)
  /// A central confirmed the indication that it was sent.
  case indicationConfirmed(CentralNumber)
  /// Time passed; see `DeviceCore.nextDeadline`.
  case tick
  /// The button was pressed, and how.
  case button(ButtonAction)
  /// The device is pressed with that force, in tenths of a newton.
  case load(decinewtons: UInt16)
  /// A fault of the body.
  case injected(DeviceInjection)
}

/// A fault of the body that a test asks for.
public enum DeviceInjection: Hashable, Sendable {
  /// The motor does not turn, though nothing presses it.
  case motorStuck(Bool)
  /// The motor has that temperature, in tenths of a degree Celsius.
  case temperature(decidegrees: Int16)
  /// The battery has that charge, 0 to 100 per cent.
  case battery(percent: UInt8)
}

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

/// What the motor really does, whatever the device says: the ground truth for tests.
///
/// Speeds are in thousandths of a percussion per minute. They hold as of the last round of the control loop, at most 5 ms ago.
public struct MotorTruth: Equatable, Sendable {
  /// Speed of the motor. Never above the setpoint.
  public var speedMilliPPM: Int32
  /// Speed that the control loop drives to. Never above what is permitted.
  public var setpointMilliPPM: Int32
  /// Highest speed that the force on the motor permits.
  public var permittedMilliPPM: Int32
  /// Force on the motor, in tenths of a newton.
  public var forceDecinewtons: UInt16
  /// Force limit that is in force, in tenths of a newton.
  public var forceLimitDecinewtons: UInt16
  /// Temperature of the motor, in tenths of a degree Celsius.
  public var temperatureDecidegrees: Int16
  /// Charge in per cent, rounded up.
  public var batteryPercent: UInt8
  /// What the device is doing.
  public var state: DeviceState
  /// The faults that are latched.
  public var faults: DeviceFaults
  /// Step of the routine or stream; 65535 without one.
  public var step: UInt16
  /// The central that holds the lease.
  public var holder: CentralNumber?
  /// Whether the device is switched on.
  public var isOn: Bool
}
