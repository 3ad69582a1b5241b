/// The code with which a GATT server refuses a request (Core Vol 3 Part F 3.4.1.1).
///
/// Every byte can be one; ``name`` knows those that the specification names.
public struct ATTError: Error, RawRepresentable, Hashable, Sendable, CustomStringConvertible {
  /// The code on the air.
  public let rawValue: UInt8

  /// An error from its code.
  public init(rawValue: UInt8) {
    self.rawValue = rawValue
  }

  /// An error from its code.
  public init(_ code: UInt8) {
    self.rawValue = code
  }

  /// 0x01: the attribute handle is not valid on this server.
  public static let invalidHandle = ATTError(0x01)
  /// 0x02: the attribute cannot be read.
  public static let readNotPermitted = ATTError(0x02)
  /// 0x03: the attribute cannot be written.
  public static let writeNotPermitted = ATTError(0x03)
  /// 0x04: the attribute PDU was invalid.
  public static let invalidPDU = ATTError(0x04)
  /// 0x05: the attribute requires authentication.
  public static let insufficientAuthentication = ATTError(0x05)
  /// 0x06: the server does not support the request.
  public static let requestNotSupported = ATTError(0x06)
  /// 0x07: the offset was past the end of the attribute.
  public static let invalidOffset = ATTError(0x07)
  /// 0x08: the attribute requires authorization.
  public static let insufficientAuthorization = ATTError(0x08)
  /// 0x09: too many prepared writes are queued.
  public static let prepareQueueFull = ATTError(0x09)
  /// 0x0A: no attribute found within the range of handles.
  public static let attributeNotFound = ATTError(0x0A)
  /// 0x0B: the attribute cannot be read in parts.
  public static let attributeNotLong = ATTError(0x0B)
  /// 0x0C: the encryption key is too short.
  public static let encryptionKeySizeTooShort = ATTError(0x0C)
  /// 0x0D: the length of the value is invalid for the attribute.
  public static let invalidAttributeValueLength = ATTError(0x0D)
  /// 0x0E: an error that was not expected.
  public static let unlikelyError = ATTError(0x0E)
  /// 0x0F: the attribute requires encryption.
  public static let insufficientEncryption = ATTError(0x0F)
  /// 0x10: the attribute type is not a grouping one.
  public static let unsupportedGroupType = ATTError(0x10)
  /// 0x11: the server lacks resources.
  public static let insufficientResources = ATTError(0x11)
  /// 0x12: the server's database has changed; the client must discover it again.
  public static let databaseOutOfSync = ATTError(0x12)
  /// 0x13: the value is not allowed.
  public static let valueNotAllowed = ATTError(0x13)
  /// 0xFC: the write was refused for a reason of the profile (Supplement to the Core, Part B 1.2).
  public static let writeRequestRejected = ATTError(0xFC)
  /// 0xFD: the client characteristic configuration does not allow it: notifications or indications are not enabled.
  public static let improperlyConfigured = ATTError(0xFD)
  /// 0xFE: a procedure is in progress already.
  public static let procedureInProgress = ATTError(0xFE)
  /// 0xFF: the value is out of range.
  public static let outOfRange = ATTError(0xFF)

  /// Codes that an application defines: 0x80 to 0x9F.
  public static let applicationCodes: ClosedRange<UInt8> = 0x80...0x9F
  /// Codes common to all profiles: 0xE0 to 0xFF.
  public static let commonProfileCodes: ClosedRange<UInt8> = 0xE0...0xFF

  /// Whether the application defines what the code means.
  public var isApplicationError: Bool { Self.applicationCodes.contains(rawValue) }

  /// The name in the specification; nil for codes without one.
  public var name: String? { Self.names[rawValue] }

  /// As in `Write Not Permitted (ATT error 0x03)`.
  public var description: String {
    let digits = String(rawValue, radix: 16, uppercase: true)
    let code = "ATT error 0x\(digits.utf8.count == 1 ? "0" : "")\(digits)"
    if let name { return "\(name) (\(code))" }
    if isApplicationError { return "\(code), defined by the application" }
    return Self.commonProfileCodes.contains(rawValue) ? "\(code), reserved for profiles" : "\(code), reserved"
  }

  private static let names: [UInt8: String] = [
    0x01: "Invalid Handle", 0x02: "Read Not Permitted", 0x03: "Write Not Permitted", 0x04: "Invalid PDU",
    0x05: "Insufficient Authentication", 0x06: "Request Not Supported", 0x07: "Invalid Offset",
    0x08: "Insufficient Authorization", 0x09: "Prepare Queue Full", 0x0A: "Attribute Not Found",
    0x0B: "Attribute Not Long", 0x0C: "Encryption Key Size Too Short", 0x0D: "Invalid Attribute Value Length",
    0x0E: "Unlikely Error", 0x0F: "Insufficient Encryption", 0x10: "Unsupported Group Type",
    0x11: "Insufficient Resources", 0x12: "Database Out Of Sync", 0x13: "Value Not Allowed",
    0xFC: "Write Request Rejected", 0xFD: "Client Characteristic Configuration Descriptor Improperly Configured",
    0xFE: "Procedure Already in Progress", 0xFF: "Out of Range",
  ]
}
