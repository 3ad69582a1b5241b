public import PercussWire

/// A characteristic of a Theragun.
public enum TheragunCharacteristic: Hashable, Sendable, CaseIterable {
  /// Where requests are written.
  case write
  /// What carries the answers.
  case notify
}

/// What happens to a Theragun, other than values that are written to it.
public typealias TheragunInput = FirmwareInput<TheragunCharacteristic>

/// What a Theragun wants done.
public enum TheragunAction: Equatable, Sendable {
  /// Send the answer as a notification.
  case notify(TheragunNotification, to: CentralNumber)
  /// End the connection.
  case disconnect(CentralNumber)
  /// The device switched itself off: it neither advertises nor serves until its button is pressed.
  case poweredOff
  /// The device was switched on by its button. Its clock began at 0 at that instant.
  case poweredOn
  /// Nothing: a write was ignored. The central is not told.
  case ignored(TheragunRefusal, from: CentralNumber)
}

/// The actions of one call, in order; the caller empties it. One call adds at most one answer, and a disconnection for each central.
public typealias TheragunActions = [TheragunAction]

/// Why a Theragun ignored a write.
public enum TheragunRefusal: Error, Equatable, Sendable {
  /// It is no request that is known.
  case malformed(WireError)
  /// The speed is above the highest one, in revolutions per minute.
  case speedAboveMaximum(rpm: UInt16, maximum: UInt16)
  /// The cause of a fault is there still.
  case faulted(DeviceFaults)
  /// It was switched off, and comes to rest.
  case switchingOff
}

#if !hasFeature(Embedded)
  extension TheragunRefusal: CustomStringConvertible {
    /// As the end of a sentence that begins with the write.
    public var description: String {
      switch self {
      case .malformed(let error): "\(error)"
      case .speedAboveMaximum(let rpm, let maximum): "\(rpm) RPM is above the \(maximum) RPM that it can do"
      case .faulted(let faults): "the cause of \(faults) is there still"
      case .switchingOff: "it is switching off"
      }
    }
  }
#endif
