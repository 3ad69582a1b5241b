public import PercussWire

/// The services of one kind of device: which characteristics there are, and what can be done with each.
///
/// ```swift
/// Profile.percuss[.percussTelemetry]?.properties      // notify
/// Profile.percuss.name(of: BluetoothUUID(0x2A19))     // "Battery Level"
/// ```
public struct Profile: Hashable, Sendable {
  /// The services, in the order of their handles.
  public let services: [ServiceDescription]
  private let characteristics: [BluetoothUUID: CharacteristicDescription]

  /// A profile from its services. Where two characteristics have the same UUID, the first is the one found by it.
  public init(services: [ServiceDescription]) {
    self.services = services
    characteristics = Dictionary(
      services.flatMap(\.characteristics).map { ($0.uuid, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// The characteristic with the UUID, if the profile has it.
  public subscript(_ uuid: BluetoothUUID) -> CharacteristicDescription? { characteristics[uuid] }

  /// What people call the characteristic; its UUID when the profile does not know it.
  public func name(of characteristic: BluetoothUUID) -> String {
    characteristics[characteristic]?.name ?? characteristic.description
  }

  /// A Percuss device: the Percuss Service, Device Information and Battery.
  public static let percuss = Profile(services: [.percuss, .deviceInformation, .battery])
}

extension BluetoothUUID {
  /// The Percuss Service.
  public static let percussService = BluetoothUUID(percuss: 0x0001)
  /// Feature: what the device can do.
  public static let percussFeature = BluetoothUUID(percuss: 0x0002)
  /// Control Point: requests and their responses.
  public static let percussControlPoint = BluetoothUUID(percuss: 0x0003)
  /// Telemetry: what the device does now.
  public static let percussTelemetry = BluetoothUUID(percuss: 0x0004)
  /// Event: what happened, and when.
  public static let percussEvent = BluetoothUUID(percuss: 0x0005)
  /// Routine Data: upload chunks, streamed steps and credits.
  public static let percussRoutineData = BluetoothUUID(percuss: 0x0006)
  /// Clock: the clock-sync exchange.
  public static let percussClock = BluetoothUUID(percuss: 0x0007)

  /// The Device Information Service.
  public static let deviceInformationService = BluetoothUUID(0x180A)
  /// Manufacturer Name String.
  public static let manufacturerName = BluetoothUUID(0x2A29)
  /// Model Number String.
  public static let modelNumber = BluetoothUUID(0x2A24)
  /// Serial Number String.
  public static let serialNumber = BluetoothUUID(0x2A25)
  /// Firmware Revision String.
  public static let firmwareRevision = BluetoothUUID(0x2A26)
  /// Hardware Revision String.
  public static let hardwareRevision = BluetoothUUID(0x2A27)

  /// The Battery Service.
  public static let batteryService = BluetoothUUID(0x180F)
  /// Battery Level, in per cent.
  public static let batteryLevel = BluetoothUUID(0x2A19)

  /// A number over the Percuss base, `7e32XXXX-bf34-4597-a0b9-83277511650e` (`uuid_base` in percuss.yaml).
  public init(percuss number: UInt16) {
    self.init(high: 0x7e32_0000_bf34_4597 | UInt64(number) << 32, low: 0xa0b9_8327_7511_650e)
  }
}

extension BluetoothUUID {
  /// The characteristic of a message.
  public init(of message: WireSchema.Message) {
    let number = message.characteristic.number
    if let base = message.specification.uuidBase {
      self.init(high: base.high | UInt64(number) << 32, low: base.low)
    } else {
      self.init(number)
    }
  }
}

extension ServiceDescription {
  /// The Percuss Service (`services` in percuss.yaml).
  public static let percuss = ServiceDescription(
    .percussService, name: "Percuss Service",
    characteristics: [
      .init(.percussFeature, name: "Feature", properties: [.read]),
      .init(.percussControlPoint, name: "Control Point", properties: [.write, .writeWithoutResponse, .indicate]),
      .init(.percussTelemetry, name: "Telemetry", properties: [.notify]),
      .init(.percussEvent, name: "Event", properties: [.read, .notify]),
      .init(.percussRoutineData, name: "Routine Data", properties: [.writeWithoutResponse, .notify]),
      .init(.percussClock, name: "Clock", properties: [.writeWithoutResponse, .notify]),
    ])

  /// The Device Information Service (DIS 1.1).
  public static let deviceInformation = ServiceDescription(
    .deviceInformationService, name: "Device Information",
    characteristics: [
      .init(.manufacturerName, name: "Manufacturer Name", properties: [.read]),
      .init(.modelNumber, name: "Model Number", properties: [.read]),
      .init(.serialNumber, name: "Serial Number", properties: [.read]),
      .init(.firmwareRevision, name: "Firmware Revision", properties: [.read]),
      .init(.hardwareRevision, name: "Hardware Revision", properties: [.read]),
    ])

  /// The Battery Service (BAS 1.0).
  public static let battery = ServiceDescription(
    .batteryService, name: "Battery",
    characteristics: [.init(.batteryLevel, name: "Battery Level", properties: [.read, .notify])])
}
