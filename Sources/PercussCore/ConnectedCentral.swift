internal import PercussWire

/// The characteristics that a central is subscribed to.
struct Subscriptions: OptionSet {
  let rawValue: UInt8
  static let controlPoint = Self(rawValue: 1)
  static let telemetry = Self(rawValue: 2)
  static let event = Self(rawValue: 4)
  static let routineData = Self(rawValue: 8)
  static let clock = Self(rawValue: 16)
  static let batteryLevel = Self(rawValue: 32)

  init(rawValue: UInt8) { self.rawValue = rawValue }

  init(_ characteristic: DeviceCharacteristic) {
    switch characteristic {
    case .controlPoint: self = .controlPoint
    case .telemetry: self = .telemetry
    case .event: self = .event
    case .routineData: self = .routineData
    case .clock: self = .clock
    case .batteryLevel: self = .batteryLevel
    case .feature: self = []
    }
  }
}

/// What the device knows of one connection; everything in it ends with the connection.
struct ConnectedCentral {
  static let defaultTelemetryInterval: UInt16 = 200

  var subscriptions: Subscriptions = []
  var window = SequenceWindow()
  var responses = ResponseQueue()
  /// Milliseconds; 0 for none.
  var telemetryInterval = Self.defaultTelemetryInterval
  /// When telemetry is due; nil without subscription or interval.
  var telemetryDue: DeviceInstant?
  var telemetryCounter: UInt8 = 0
  var eventCounter: UInt8 = 0
  /// The newest event for this central, with its number.
  var newestEvent: DeviceEvent

  init(newestEvent body: DeviceEvent.Body) {
    newestEvent = DeviceEvent(counter: 0, body: body)
  }

  /// Begins a telemetry interval, or none.
  mutating func restartTelemetry(at now: DeviceInstant) {
    let isWanted = subscriptions.contains(.telemetry) && telemetryInterval > 0
    telemetryDue = isWanted ? now.advanced(byMilliseconds: UInt64(telemetryInterval)) : nil
  }
}
