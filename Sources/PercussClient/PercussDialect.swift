public import PercussGATT
public import PercussLink
public import PercussWire

/// The Percuss protocol itself, in full (protocol-spec/README.md).
public struct PercussDialect: Dialect {
  /// The Percuss protocol.
  public init() {}

  /// `percuss`.
  public let name = "percuss"

  /// Everything that a Percuss device sends by itself.
  public let subscriptions: [BluetoothUUID] = [
    .percussControlPoint, .percussEvent, .percussTelemetry, .percussRoutineData, .percussClock,
  ]

  /// The newest event, with its number.
  public let readings: [BluetoothUUID] = [.percussEvent]

  /// Reads the Feature characteristic and checks the version and the schema CRC.
  public func identify(_ link: any DeviceLink) async throws(DeviceError) -> DeviceFeature {
    let bytes: [UInt8]
    do {
      bytes = try await link.read(.percussFeature)
    } catch {
      throw DeviceError(link: error, during: "reading the Feature characteristic")
    }
    let feature: DeviceFeature
    do {
      feature = try DeviceFeature(bytes)
    } catch {
      throw DeviceError(.malformedValue("\(error)"), during: "reading the Feature characteristic")
    }
    guard feature.versionMajor == WireIdentifiers.versionMajor, feature.schemaCRC == WireIdentifiers.schemaCRC else {
      throw DeviceError(
        .incompatible(
          deviceVersion: "\(feature.versionMajor).\(feature.versionMinor)", deviceSchema: feature.schemaCRC),
        during: "connecting")
    }
    return feature
  }

  /// A control request for the Control Point.
  public func value(
    of operation: ControlRequest.Body, sequence: UInt8, flags: ControlFlags
  ) throws(WireError) -> OutgoingValue {
    let request = ControlRequest(sequence: sequence, flags: flags, body: operation)
    return OutgoingValue(try request.bytes(), to: .percussControlPoint)
  }

  /// Decodes by characteristic.
  public func meaning(
    of value: [UInt8], from characteristic: BluetoothUUID
  ) throws(WireError) -> IncomingValue? {
    switch characteristic {
    case .percussControlPoint: .response(try ControlResponse(value))
    case .percussEvent: .event(try DeviceEvent(value))
    case .percussTelemetry: .telemetry(try Telemetry(value))
    case .percussRoutineData: .routineStatus(try RoutineStatus(value))
    case .percussClock: .clock(try ClockReply(value))
    default: nil
    }
  }
}
