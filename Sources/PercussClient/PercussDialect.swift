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

  /// A control request for the Control Point, answered by a response with its number. The device speaks of percussions, and reports by itself.
  public func procedure(
    for operation: DeviceOperation, sequence: UInt8, flags: ControlFlags
  ) throws(DeviceError) -> Procedure {
    switch operation {
    case .request(let body):
      do {
        let bytes = try ControlRequest(sequence: sequence, flags: flags, body: body).bytes()
        return .write(OutgoingValue(bytes, to: .percussControlPoint), answer: .response)
      } catch {
        throw DeviceError(.invalidArgument("\(error)"), during: operation.title)
      }
    case .setMotorSpeed: throw unsupported("speeds in RPM; its speeds are percussions per minute", operation)
    case .readStatus: throw unsupported("status to ask for; its telemetry tells", operation)
    case .readVersion: throw unsupported("version to ask for; its Device Information Service tells", operation)
    }
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
