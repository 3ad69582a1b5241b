// Written by protocol-generator from protocol-spec/percuss.yaml: change that page, then run `make generate`.

/// What happened.
///
///       0  kind
///       1  counter
///       2  the fields of the body
public struct DeviceEvent: WireMessage {
  /// One more than that of the last event for this central; wraps. A gap tells a loss.
  public var counter: UInt8
  /// What follows the header.
  public var body: Body

  /// Creates the message from its fields.
  @inlinable
  public init(counter: UInt8, body: Body) {
    self.counter = counter
    self.body = body
  }

  /// What follows the header.
  public enum Body: Equatable, Sendable {
    /// The device entered another state.
    /// - `state`: The new state.
    /// - `previous`: The state before.
    /// - `cause`: Why.
    /// - `timeMicroseconds`: When. In microseconds.
    case stateChanged(state: DeviceState, previous: DeviceState, cause: ChangeCause, timeMicroseconds: UInt64)
    /// A step began.
    /// - `step`: Which step.
    /// - `plannedMicroseconds`: When it should have begun. In microseconds.
    /// - `actualMicroseconds`: When it did. In microseconds.
    case stepEntered(step: UInt16, plannedMicroseconds: UInt64, actualMicroseconds: UInt64)
    /// A routine or stream ended.
    /// - `step`: The step it ended in; 65535 where none had begun.
    /// - `cause`: Why.
    /// - `timeMicroseconds`: When. In microseconds.
    case routineEnded(step: UInt16, cause: ChangeCause, timeMicroseconds: UInt64)
    /// A step waits for the operator.
    /// - `step`: Which step.
    /// - `timeoutMilliseconds`: How long it goes on waiting. In milliseconds.
    /// - `timeMicroseconds`: Since when. In microseconds.
    case confirmationNeeded(step: UInt16, timeoutMilliseconds: UInt32, timeMicroseconds: UInt64)
    /// A fault began.
    /// - `fault`: Which fault.
    /// - `timeMicroseconds`: When. In microseconds.
    case faultRaised(fault: DeviceFault, timeMicroseconds: UInt64)
    /// A fault ended.
    /// - `fault`: Which fault.
    /// - `timeMicroseconds`: When. In microseconds.
    case faultCleared(fault: DeviceFault, timeMicroseconds: UInt64)
    /// The button was pressed.
    /// - `action`: How.
    /// - `timeMicroseconds`: When. In microseconds.
    case button(action: ButtonAction, timeMicroseconds: UInt64)
    /// This central no longer holds the lease.
    /// - `cause`: Why.
    /// - `timeMicroseconds`: When. In microseconds.
    case controlLost(cause: ChangeCause, timeMicroseconds: UInt64)
    /// The battery is low.
    /// - `batteryPercent`: Charge. In per cent, 0...100.
    /// - `timeMicroseconds`: When. In microseconds.
    case batteryLow(batteryPercent: UInt8, timeMicroseconds: UInt64)
  }

  /// What is reported.
  @inlinable public var kind: EventKind { body.kind }

  /// The most bytes of such a message.
  @inlinable public static var maximumLength: Int { 20 }

  /// The bytes of this message.
  @inlinable public var encodedLength: Int {
    switch body {
    case .stateChanged: 13
    case .stepEntered: 20
    case .routineEnded: 13
    case .confirmationNeeded: 16
    case .faultRaised: 11
    case .faultCleared: 11
    case .button: 11
    case .controlLost: 11
    case .batteryLow: 11
    }
  }

  /// Decodes a whole value.
  @inlinable @inline(__always) public init(decoding value: RawSpan) throws(WireError) {
    try value.require(2, for: .deviceEvent)
    let kind = try EventKind(known: value.byte(at: 0), at: 0, .deviceEventKind)
    counter = value.byte(at: 1)
    switch kind {
    case .stateChanged:
      try value.require(13, for: .deviceEventStateChanged)
      body = try .stateChanged(
        state: DeviceState(known: value.byte(at: 2), at: 2, .deviceEventStateChangedState),
        previous: DeviceState(known: value.byte(at: 3), at: 3, .deviceEventStateChangedPrevious),
        cause: ChangeCause(rawValue: value.byte(at: 4)),
        timeMicroseconds: value.littleEndian(UInt64.self, at: 5))
    case .stepEntered:
      try value.require(20, for: .deviceEventStepEntered)
      body = .stepEntered(
        step: value.littleEndian(UInt16.self, at: 2),
        plannedMicroseconds: value.littleEndian(UInt64.self, at: 4),
        actualMicroseconds: value.littleEndian(UInt64.self, at: 12))
    case .routineEnded:
      try value.require(13, for: .deviceEventRoutineEnded)
      body = .routineEnded(
        step: value.littleEndian(UInt16.self, at: 2),
        cause: ChangeCause(rawValue: value.byte(at: 4)),
        timeMicroseconds: value.littleEndian(UInt64.self, at: 5))
    case .confirmationNeeded:
      try value.require(16, for: .deviceEventConfirmationNeeded)
      body = .confirmationNeeded(
        step: value.littleEndian(UInt16.self, at: 2),
        timeoutMilliseconds: value.littleEndian(UInt32.self, at: 4),
        timeMicroseconds: value.littleEndian(UInt64.self, at: 8))
    case .faultRaised:
      try value.require(11, for: .deviceEventFaultRaised)
      body = .faultRaised(
        fault: DeviceFault(rawValue: value.byte(at: 2)),
        timeMicroseconds: value.littleEndian(UInt64.self, at: 3))
    case .faultCleared:
      try value.require(11, for: .deviceEventFaultCleared)
      body = .faultCleared(
        fault: DeviceFault(rawValue: value.byte(at: 2)),
        timeMicroseconds: value.littleEndian(UInt64.self, at: 3))
    case .button:
      try value.require(11, for: .deviceEventButton)
      body = try .button(
        action: ButtonAction(known: value.byte(at: 2), at: 2, .deviceEventButtonAction),
        timeMicroseconds: value.littleEndian(UInt64.self, at: 3))
    case .controlLost:
      try value.require(11, for: .deviceEventControlLost)
      body = .controlLost(
        cause: ChangeCause(rawValue: value.byte(at: 2)),
        timeMicroseconds: value.littleEndian(UInt64.self, at: 3))
    case .batteryLow:
      try value.require(11, for: .deviceEventBatteryLow)
      body = try .batteryLow(
        batteryPercent: value.byte(at: 2).within(0...100, at: 2, .deviceEventBatteryLowBattery),
        timeMicroseconds: value.littleEndian(UInt64.self, at: 3))
    }
  }

  /// Appends the encoded message; nothing is appended when it throws.
  @inlinable public func encode(into output: inout OutputRawSpan) throws(WireError) {
    switch body {
    case .stateChanged(let state, let previous, let cause, let timeMicroseconds):
      try output.require(13, for: .deviceEventStateChanged)
      output.append(13) { frame in
        writeHeader(.stateChanged, to: frame)
        frame.write(state.rawValue, at: 2)
        frame.write(previous.rawValue, at: 3)
        frame.write(cause.rawValue, at: 4)
        frame.write(littleEndian: timeMicroseconds, at: 5)
      }
    case .stepEntered(let step, let plannedMicroseconds, let actualMicroseconds):
      try output.require(20, for: .deviceEventStepEntered)
      output.append(20) { frame in
        writeHeader(.stepEntered, to: frame)
        frame.write(littleEndian: step, at: 2)
        frame.write(littleEndian: plannedMicroseconds, at: 4)
        frame.write(littleEndian: actualMicroseconds, at: 12)
      }
    case .routineEnded(let step, let cause, let timeMicroseconds):
      try output.require(13, for: .deviceEventRoutineEnded)
      output.append(13) { frame in
        writeHeader(.routineEnded, to: frame)
        frame.write(littleEndian: step, at: 2)
        frame.write(cause.rawValue, at: 4)
        frame.write(littleEndian: timeMicroseconds, at: 5)
      }
    case .confirmationNeeded(let step, let timeoutMilliseconds, let timeMicroseconds):
      try output.require(16, for: .deviceEventConfirmationNeeded)
      output.append(16) { frame in
        writeHeader(.confirmationNeeded, to: frame)
        frame.write(littleEndian: step, at: 2)
        frame.write(littleEndian: timeoutMilliseconds, at: 4)
        frame.write(littleEndian: timeMicroseconds, at: 8)
      }
    case .faultRaised(let fault, let timeMicroseconds):
      try output.require(11, for: .deviceEventFaultRaised)
      output.append(11) { frame in
        writeHeader(.faultRaised, to: frame)
        frame.write(fault.rawValue, at: 2)
        frame.write(littleEndian: timeMicroseconds, at: 3)
      }
    case .faultCleared(let fault, let timeMicroseconds):
      try output.require(11, for: .deviceEventFaultCleared)
      output.append(11) { frame in
        writeHeader(.faultCleared, to: frame)
        frame.write(fault.rawValue, at: 2)
        frame.write(littleEndian: timeMicroseconds, at: 3)
      }
    case .button(let action, let timeMicroseconds):
      try output.require(11, for: .deviceEventButton)
      output.append(11) { frame in
        writeHeader(.button, to: frame)
        frame.write(action.rawValue, at: 2)
        frame.write(littleEndian: timeMicroseconds, at: 3)
      }
    case .controlLost(let cause, let timeMicroseconds):
      try output.require(11, for: .deviceEventControlLost)
      output.append(11) { frame in
        writeHeader(.controlLost, to: frame)
        frame.write(cause.rawValue, at: 2)
        frame.write(littleEndian: timeMicroseconds, at: 3)
      }
    case .batteryLow(let batteryPercent, let timeMicroseconds):
      try batteryPercent.within(0...100, at: 2, .deviceEventBatteryLowBattery)
      try output.require(11, for: .deviceEventBatteryLow)
      output.append(11) { frame in
        writeHeader(.batteryLow, to: frame)
        frame.write(batteryPercent, at: 2)
        frame.write(littleEndian: timeMicroseconds, at: 3)
      }
    }
  }

  /// The caller has checked the values and the room.
  @inlinable func writeHeader(_ kind: EventKind, to frame: FrameWriter) {
    frame.write(kind.rawValue, at: 0)
    frame.write(counter, at: 1)
  }
}

extension DeviceEvent.Body {
  /// What is reported.
  @inlinable public var kind: EventKind {
    switch self {
    case .stateChanged: .stateChanged
    case .stepEntered: .stepEntered
    case .routineEnded: .routineEnded
    case .confirmationNeeded: .confirmationNeeded
    case .faultRaised: .faultRaised
    case .faultCleared: .faultCleared
    case .button: .button
    case .controlLost: .controlLost
    case .batteryLow: .batteryLow
    }
  }
}
