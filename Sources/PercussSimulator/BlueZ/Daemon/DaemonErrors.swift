internal import PercussDBus
internal import PercussGATT

// The errors of bluetoothd, in its words: clients read some of the texts.
extension DBusErrorReply {
  init(bluez name: String, _ message: String) {
    self.init("org.bluez.Error.\(name)", message)
  }

  static func failed(_ text: String) -> DBusErrorReply { DBusErrorReply(bluez: "Failed", text) }
  static func notPermitted(_ text: String) -> DBusErrorReply { DBusErrorReply(bluez: "NotPermitted", text) }
  static func invalidArguments(_ text: String) -> DBusErrorReply { DBusErrorReply(bluez: "InvalidArguments", text) }

  static let invalidArguments = invalidArguments("Invalid arguments in method call")
  static let inProgress = DBusErrorReply(bluez: "InProgress", "In Progress")
  static let busy = DBusErrorReply(bluez: "InProgress", "Operation already in progress")
  static let notReady = DBusErrorReply(bluez: "NotReady", "Resource Not Ready")
  static let notSupported = DBusErrorReply(bluez: "NotSupported", "Operation is not supported")
  static let notAuthorized = DBusErrorReply(bluez: "NotAuthorized", "Operation Not Authorized")
  static let doesNotExist = DBusErrorReply(bluez: "DoesNotExist", "Does Not Exist")
  static let alreadyExists = DBusErrorReply(bluez: "AlreadyExists", "Already Exists")
  static let notConnected = DBusErrorReply(bluez: "NotConnected", "Not Connected")
  /// Of GATT objects without a link.
  static let notConnectedNow = failed("Not connected")

  /// What a method that this version does not have gives.
  static func unknownMethod(_ call: DaemonCall) -> DBusErrorReply {
    DBusErrorReply("org.freedesktop.DBus.Error.UnknownMethod", unknownObject(call).message)
  }

  /// What a call to an object that has gone gives.
  static func unknownObject(_ call: DaemonCall) -> DBusErrorReply {
    let signature = call.arguments.map(\.signature.description).joined()
    return DBusErrorReply(
      "org.freedesktop.DBus.Error.UnknownObject",
      "Method \"\(call.member)\" with signature \"\(signature)\" on interface \"\(call.interface)\" doesn't exist\n")
  }

  /// The same where the call is not known.
  static let unknownObject = DBusErrorReply("org.freedesktop.DBus.Error.UnknownObject", "The object is gone")

  /// The ATT error of a remote device. Several collapse into one.
  static func attribute(_ error: ATTError) -> DBusErrorReply {
    switch error {
    case .readNotPermitted: .notPermitted("Read not permitted")
    case .writeNotPermitted: .notPermitted("Write not permitted")
    case .insufficientAuthentication, .insufficientEncryption, .encryptionKeySizeTooShort: .notPermitted("Not paired")
    case .invalidOffset: .invalidArguments("Invalid offset")
    case .invalidAttributeValueLength: .invalidArguments("Invalid Length")
    case .insufficientAuthorization: .notAuthorized
    case .requestNotSupported: .notSupported
    default:
      .failed(
        "Operation failed with ATT error: 0x\(error.rawValue < 16 ? "0" : "")\(String(error.rawValue, radix: 16))")
    }
  }
}
