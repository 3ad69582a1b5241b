public import PercussDBus
public import PercussGATT

// The errors between a GATT application and bluetoothd, which passes them on to the central as ATT errors.
//
// The way is narrow: codes of the application (0x80 to 0x9F), 0xFE, 0xFD, 0x0D, 0x06, 0x07, 0x08 and the permission errors arrive as they are. All
// others become 0x0E. Where a characteristic can be written without response, bluetoothd answers all writes itself, with success.
extension ATTError {
  /// What an application answers bluetoothd, so that the central gets this error, or the nearest one that passes.
  public var applicationError: DBusErrorReply {
    let name: String
    switch self {
    case _ where isApplicationError:
      return DBusErrorReply(BlueZ.ErrorName.failed, "0x" + String(rawValue, radix: 16))
    case .procedureInProgress: name = BlueZ.ErrorName.inProgress
    case .improperlyConfigured: name = BlueZ.ErrorName.improperlyConfigured
    case .invalidAttributeValueLength: name = BlueZ.ErrorName.invalidValueLength
    case .requestNotSupported: name = BlueZ.ErrorName.notSupported
    case .invalidOffset: name = BlueZ.ErrorName.invalidOffset
    case .insufficientAuthorization: name = BlueZ.ErrorName.notAuthorized
    case .readNotPermitted, .writeNotPermitted: name = BlueZ.ErrorName.notPermitted
    default: name = "org.freedesktop.DBus.Error.Failed"
    }
    return DBusErrorReply(name, description)
  }

  /// What bluetoothd tells the central when an application answers with this error.
  ///
  /// - Parameter isRead: whether the application refused a read; else it refused a write.
  public init(applicationError error: DBusErrorReply, isRead: Bool) {
    self =
      switch error.name {
      case BlueZ.ErrorName.failed: Self.applicationCode(in: error.message)
      case BlueZ.ErrorName.inProgress: .procedureInProgress
      case BlueZ.ErrorName.improperlyConfigured: .improperlyConfigured
      case BlueZ.ErrorName.invalidValueLength: .invalidAttributeValueLength
      case BlueZ.ErrorName.notSupported: .requestNotSupported
      case BlueZ.ErrorName.invalidOffset: .invalidOffset
      case BlueZ.ErrorName.notAuthorized: .insufficientAuthorization
      case BlueZ.ErrorName.notPermitted: isRead ? .readNotPermitted : .writeNotPermitted
      default: .unlikelyError
      }
  }

  /// `0x81`, or the number in decimal; 0x80 for any other text.
  private static func applicationCode(in message: String) -> ATTError {
    let isHexadecimal = message.hasPrefix("0x") || message.hasPrefix("0X")
    let code = isHexadecimal ? UInt8(message.dropFirst(2), radix: 16) : UInt8(message)
    return ATTError(code.flatMap { applicationCodes.contains($0) ? $0 : nil } ?? 0x80)
  }
}
