public import PercussGATT
public import PercussWire

/// What the values of a characteristic are: the one place where the bytes of a capture become typed frames.
///
/// To add a family of devices, give its characteristics cases here, name their UUIDs in ``init(_:)``, and decode them in ``frame(of:isFromClient:)``.
public enum FrameFormat: UInt8, Sendable, CaseIterable {
  case percussFeature
  case percussControlPoint
  case percussTelemetry
  case percussEvent
  case percussRoutineData
  case percussClock
  case theragunWrite
  case theragunNotify

  /// The format of a characteristic's values; nil for one that carries no frames.
  public init?(_ characteristic: BluetoothUUID) {
    switch characteristic {
    case .percussFeature: self = .percussFeature
    case .percussControlPoint: self = .percussControlPoint
    case .percussTelemetry: self = .percussTelemetry
    case .percussEvent: self = .percussEvent
    case .percussRoutineData: self = .percussRoutineData
    case .percussClock: self = .percussClock
    case Self.theragunWriteCharacteristic: self = .theragunWrite
    case Self.theragunNotifyCharacteristic: self = .theragunNotify
    default: return nil
    }
  }

  /// The characteristic that has this format.
  public var characteristic: BluetoothUUID {
    switch self {
    case .percussFeature: .percussFeature
    case .percussControlPoint: .percussControlPoint
    case .percussTelemetry: .percussTelemetry
    case .percussEvent: .percussEvent
    case .percussRoutineData: .percussRoutineData
    case .percussClock: .percussClock
    case .theragunWrite: Self.theragunWriteCharacteristic
    case .theragunNotify: Self.theragunNotifyCharacteristic
    }
  }

  private static let theragunWriteCharacteristic = BluetoothUUID(TheragunIdentifiers.writeCharacteristic)
  private static let theragunNotifyCharacteristic = BluetoothUUID(TheragunIdentifiers.notifyCharacteristic)

  /// The typed frame of a whole value.
  ///
  /// - Parameter isFromClient: whether it was written, not read or notified.
  /// - Returns: nil when the characteristic carries nothing that way, and for a value of another product on the same characteristic.
  /// - Throws: what the generated decoder of the message throws.
  @inlinable @inline(__always)
  public func frame(of value: RawSpan, isFromClient: Bool) throws(WireError) -> CapturedFrame? {
    // Most of a capture is telemetry.
    if self == .percussTelemetry, !isFromClient { return .telemetry(try Telemetry(decoding: value)) }
    return try anyFrame(of: value, isFromClient: isFromClient)
  }

  /// The same of any characteristic.
  @usableFromInline
  func anyFrame(of value: RawSpan, isFromClient: Bool) throws(WireError) -> CapturedFrame? {
    switch (self, isFromClient) {
    case (.percussFeature, false): .feature(try DeviceFeature(decoding: value))
    case (.percussControlPoint, true): .request(try ControlRequest(decoding: value))
    case (.percussControlPoint, false): .response(try ControlResponse(decoding: value))
    case (.percussTelemetry, false): .telemetry(try Telemetry(decoding: value))
    case (.percussEvent, false): .event(try DeviceEvent(decoding: value))
    case (.percussRoutineData, true): .routineData(try RoutineData(decoding: value))
    case (.percussRoutineData, false): .routineStatus(try RoutineStatus(decoding: value))
    case (.percussClock, true): .clockRequest(try ClockRequest(decoding: value))
    case (.percussClock, false): .clockReply(try ClockReply(decoding: value))
    case (.theragunWrite, true), (.theragunNotify, false): try sharedFrame(of: value)
    case (.percussFeature, true), (.percussTelemetry, true), (.percussEvent, true): nil
    case (.theragunWrite, false), (.theragunNotify, true): nil
    }
  }

  /// On a characteristic with a short UUID, which any product may use.
  private func sharedFrame(of value: RawSpan) throws(WireError) -> CapturedFrame? {
    do throws(WireError) {
      return self == .theragunWrite
        ? .theragunRequest(try TheragunRequest(decoding: value))
        : .theragunNotification(try TheragunNotification(decoding: value))
    } catch {
      if isMeant(by: error) { throw error }
      return nil
    }
  }

  /// Whether a value that was refused with this error is a malformed frame, and not another product's value.
  ///
  /// The Percuss characteristics are Percuss' own. 0xFFE1 and 0xFFE2 are anyone's: there the first byte and the checksum decide.
  public func isMeant(by error: WireError) -> Bool {
    guard self == .theragunWrite || self == .theragunNotify else { return true }
    return switch error.reason {
    case .checksumMismatch: false
    case .unexpectedConstant: error.offset > 0
    // Before the kind there is no knowing.
    case .truncated: error.offset > 2
    default: true
    }
  }

  /// What the values are in the specification; nil when the characteristic carries nothing that way.
  public func message(isFromClient: Bool) -> WireSchema.Message? {
    switch (self, isFromClient) {
    case (.percussFeature, false): WireSchema.deviceFeature
    case (.percussControlPoint, true): WireSchema.controlRequest
    case (.percussControlPoint, false): WireSchema.controlResponse
    case (.percussTelemetry, false): WireSchema.telemetry
    case (.percussEvent, false): WireSchema.deviceEvent
    case (.percussRoutineData, true): WireSchema.routineData
    case (.percussRoutineData, false): WireSchema.routineStatus
    case (.percussClock, true): WireSchema.clockRequest
    case (.percussClock, false): WireSchema.clockReply
    case (.theragunWrite, true): WireSchema.theragunRequest
    case (.theragunNotify, false): WireSchema.theragunNotification
    case (.theragunWrite, false), (.theragunNotify, true): nil
    case (.percussFeature, true), (.percussTelemetry, true), (.percussEvent, true): nil
    }
  }
}

/// A frame that a capture shows, typed.
public enum CapturedFrame: Equatable, Sendable {
  case feature(DeviceFeature)
  case request(ControlRequest)
  case response(ControlResponse)
  case telemetry(Telemetry)
  case event(DeviceEvent)
  case routineData(RoutineData)
  case routineStatus(RoutineStatus)
  case clockRequest(ClockRequest)
  case clockReply(ClockReply)
  case theragunRequest(TheragunRequest)
  case theragunNotification(TheragunNotification)

  /// The bytes that it takes on the wire.
  public var encodedLength: Int {
    switch self {
    case .feature(let frame): frame.encodedLength
    case .request(let frame): frame.encodedLength
    case .response(let frame): frame.encodedLength
    case .telemetry(let frame): frame.encodedLength
    case .event(let frame): frame.encodedLength
    case .routineData(let frame): frame.encodedLength
    case .routineStatus(let frame): frame.encodedLength
    case .clockRequest(let frame): frame.encodedLength
    case .clockReply(let frame): frame.encodedLength
    case .theragunRequest(let frame): frame.encodedLength
    case .theragunNotification(let frame): frame.encodedLength
    }
  }
}

extension AttributeEvent {
  /// The typed frame in its value; nil for a value that is none, and for a part of one.
  ///
  /// - Throws: what the generated decoder throws.
  @inlinable @inline(__always)
  public func frame(of value: RawSpan) throws(WireError) -> CapturedFrame? {
    guard carriesValue, isWhole, let attribute, attribute.kind == .value, let format = attribute.format else {
      return nil
    }
    return try format.frame(of: value, isFromClient: isFromClient)
  }
}
