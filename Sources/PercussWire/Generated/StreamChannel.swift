// Written by protocol-generator from protocol-spec/percuss.yaml: change that page, then run `make generate`.

/// Which message the payload of a stream frame is.
public enum StreamChannel: UInt8, CaseIterable, Sendable {
  /// The byte with which every stream frame begins.
  public static let startByte: UInt8 = 0xA5
  /// The longest payload of a stream frame in bytes.
  public static let maximumPayloadLength = 512

  /// What the device can do, in one read at the smallest ATT_MTU.
  case deviceFeature = 0x02
  /// A request to the device.
  case controlRequest = 0x03
  /// The answer to a control request.
  case controlResponse = 0x13
  /// What the device does now.
  case telemetry = 0x04
  /// What happened.
  case deviceEvent = 0x05
  /// Upload chunks and streamed steps.
  case routineData = 0x06
  /// How far an upload or the queue has come.
  case routineStatus = 0x16
  /// A question for the device's clock.
  case clockRequest = 0x07
  /// The device's clock.
  case clockReply = 0x17

  /// The name of the message in the specification.
  public var name: StaticString {
    switch self {
    case .deviceFeature: "device_feature"
    case .controlRequest: "control_request"
    case .controlResponse: "control_response"
    case .telemetry: "telemetry"
    case .deviceEvent: "device_event"
    case .routineData: "routine_data"
    case .routineStatus: "routine_status"
    case .clockRequest: "clock_request"
    case .clockReply: "clock_reply"
    }
  }
}

#if !hasFeature(Embedded)
  extension StreamChannel: CustomStringConvertible {
    /// The name of the message in the specification.
    public var description: String { "\(name)" }
  }
#endif
