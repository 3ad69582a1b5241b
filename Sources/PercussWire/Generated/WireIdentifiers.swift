// Written by protocol-generator from protocol-spec/percuss.yaml: change that page, then run `make generate`.

/// What tells the Percuss protocol and its attributes from others.
public enum WireIdentifiers {
  /// A central refuses a device with another major version.
  public static let versionMajor: UInt8 = 1
  /// A higher minor version only appends.
  public static let versionMinor: UInt8 = 0
  /// CRC-32 of the fields of this major version as they were in its minor version 0.
  public static let schemaCRC: UInt32 = 0xE76F_1046

  /// The high half of `7e32XXXX-bf34-4597-a0b9-83277511650e`, with zeros in the place of XXXX.
  public static let uuidBaseHigh: UInt64 = 0x7E32_0000_BF34_4597
  /// The low half of `7e32XXXX-bf34-4597-a0b9-83277511650e`.
  public static let uuidBaseLow: UInt64 = 0xA0B9_8327_7511_650E

  /// The Percuss Service.
  public static let percussService: UInt16 = 0x0001
  /// Feature: What the device can do.
  public static let featureCharacteristic: UInt16 = 0x0002
  /// Control Point: Requests and their responses.
  public static let controlPointCharacteristic: UInt16 = 0x0003
  /// Telemetry: What the device does now.
  public static let telemetryCharacteristic: UInt16 = 0x0004
  /// Event: What happened, and when. A read gives the newest.
  public static let eventCharacteristic: UInt16 = 0x0005
  /// Routine Data: Upload chunks and streamed steps; credits come back.
  public static let routineDataCharacteristic: UInt16 = 0x0006
  /// Clock: Clock-sync exchange.
  public static let clockCharacteristic: UInt16 = 0x0007
}
