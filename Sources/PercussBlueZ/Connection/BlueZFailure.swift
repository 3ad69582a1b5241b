internal import PercussDBus
internal import PercussGATT
internal import PercussLink
internal import PercussTime

/// What bluetoothd meant by an error: its names and texts, sorted by what a client does about them (bluez `src/error.c`, `src/gatt-client.c`,
/// `src/device.c`).
enum BlueZFailure: Equatable, Sendable {
  /// The device refused with an ATT error, or an attribute that bluetoothd knows forbids it.
  case attribute(ATTError)
  /// Somebody has acquired the characteristic's descriptor.
  case acquired
  /// Another such operation has not ended.
  case inProgress
  /// There is no link to the device.
  case notConnected
  /// The object is gone: the device was evicted, or the adapter went.
  case gone
  /// The adapter is off.
  case adapterOff
  /// The controller gave a connection up; worth another try.
  case aborted
  /// A `Disconnect`, ours or somebody's, called a connection off.
  case cancelled
  /// Pairing failed, or the keys that one side keeps are of no use any more.
  case authentication
  /// There is such a thing already: for `Pair`, the pairing.
  case alreadyDone
  /// There is no discovery to stop.
  case noDiscovery
  /// The bus's policy, or bluetoothd, does not let this user do it.
  case denied
  /// bluetoothd is gone.
  case serviceGone
  /// No answer came in time.
  case unanswered
  /// Something else, with its text.
  case other(String)

  init(_ failure: DBusFailure) {
    switch failure {
    case .refused(let name, let message): self.init(name: name, message: message)
    case .timedOut: self = .unanswered
    case .disconnected, .unreachable: self = .serviceGone
    default: self = .other("\(failure)")
    }
  }

  init(name: String, message: String) {
    switch name {
    case BlueZ.ErrorName.failed: self = Self.failed(message)
    case BlueZ.ErrorName.inProgress: self = .inProgress
    case BlueZ.ErrorName.notReady: self = .adapterOff
    case BlueZ.ErrorName.notConnected: self = .notConnected
    case BlueZ.ErrorName.alreadyConnected, BlueZ.ErrorName.alreadyExists: self = .alreadyDone
    case BlueZ.ErrorName.notPermitted: self = Self.notPermitted(message)
    case BlueZ.ErrorName.notAuthorized: self = .attribute(.insufficientAuthorization)
    case BlueZ.ErrorName.notSupported: self = .attribute(.requestNotSupported)
    case BlueZ.ErrorName.improperlyConfigured: self = .attribute(.improperlyConfigured)
    case BlueZ.ErrorName.invalidValueLength: self = .attribute(.invalidAttributeValueLength)
    case BlueZ.ErrorName.invalidOffset: self = .attribute(.invalidOffset)
    case BlueZ.ErrorName.invalidArguments where message == "Invalid Length":
      self = .attribute(.invalidAttributeValueLength)
    case BlueZ.ErrorName.invalidArguments where message == "Invalid offset": self = .attribute(.invalidOffset)
    case BlueZ.ErrorName.doesNotExist, BlueZ.ErrorName.unknownObject, BlueZ.ErrorName.unknownMethod: self = .gone
    case BlueZ.ErrorName.authenticationFailed, BlueZ.ErrorName.authenticationRejected,
      BlueZ.ErrorName.authenticationCanceled, BlueZ.ErrorName.authenticationTimeout:
      self = .authentication
    case BlueZ.ErrorName.connectionAttemptFailed: self = .aborted
    case BlueZ.ErrorName.accessDenied: self = .denied
    case BlueZ.ErrorName.serviceUnknown, BlueZ.ErrorName.nameHasNoOwner: self = .serviceGone
    // The bus says so too when bluetoothd ended with the call unanswered; that it is gone is then told separately.
    case BlueZ.ErrorName.noReply: self = .unanswered
    default: self = .other(message.isEmpty ? name : "\(message) (\(name))")
    }
  }

  private static func failed(_ message: String) -> BlueZFailure {
    if let error = attributeError(in: message) { return .attribute(error) }
    switch message {
    case "Not connected", "Not Connected", "No ATT transport": return .notConnected
    case "Operation already in progress", "In Progress": return .inProgress
    case "No discovery started": return .noDiscovery
    case "le-connection-abort-by-local", "le-connection-abort-by-remote", "Software caused connection abort",
      "Connection reset by peer", "Host is down", "Connection timed out", "le-connection-refused",
      "le-connection-link-layer-error", "le-connection-gatt-browsing":
      return .aborted
    case "br-connection-canceled", "le-connection-canceled", "Operation canceled": return .cancelled
    default: return .other(message.isEmpty ? "it gives no reason" : message)
    }
  }

  private static func notPermitted(_ message: String) -> BlueZFailure {
    switch message {
    case "Read not permitted": .attribute(.readNotPermitted)
    case "Write not permitted": .attribute(.writeNotPermitted)
    // Of insufficient authentication, encryption and key size, all of which pairing mends.
    case "Not paired": .attribute(.insufficientAuthentication)
    case "Write acquired", "Notify acquired": .acquired
    default: .other(message)
    }
  }

  /// The code in `Operation failed with ATT error: 0x0e`, or in a text that is nothing but the code.
  private static func attributeError(in message: String) -> ATTError? {
    let prefix = "Operation failed with ATT error: "
    let text = message.hasPrefix(prefix) ? message.dropFirst(prefix.count) : message[...]
    guard text.hasPrefix("0x"), (3...4).contains(text.utf8.count),
      text.utf8.dropFirst(2).allSatisfy({ Character(UnicodeScalar($0)).isHexDigit }),
      let code = UInt8(text.dropFirst(2), radix: 16), code != 0
    else { return nil }
    return ATTError(code)
  }
}

extension BlueZFailure {
  /// What the users of a link or scanner are told, of an operation that is not about one attribute.
  func linkError(during what: String, after elapsed: Duration) -> LinkError {
    switch self {
    case .unanswered: .timedOut(what, after: elapsed)
    case .serviceGone: .unavailable("\(what): \(Remedy.noService)")
    case .adapterOff: .unavailable("\(what): \(Remedy.adapterOff)")
    case .denied:
      .unavailable(
        "\(what): the bus or bluetoothd does not let this user do it; join the group bluetooth, or see /etc/dbus-1/system.d/bluetooth.conf"
      )
    case .authentication:
      .unavailable(
        "\(what): the device and this computer do not agree on their keys; remove the bond on both (percuss pair --remove, or bluetoothctl remove), then pair again"
      )
    case .gone:
      .unavailable("\(what): bluetoothd has no such device any more; let the device advertise, and scan again")
    case .aborted: .unavailable("\(what): the controller gave the connection up; bring the device nearer and try again")
    case .cancelled: .unavailable("\(what): another program called the connection off; try again")
    case .inProgress: .unavailable("\(what): another program is at it already; wait for it to finish, or end it")
    case .acquired:
      .unavailable("\(what): another program holds the characteristic's descriptor; end it, or disconnect the device")
    case .notConnected: .unavailable("\(what): the device is not connected")
    case .noDiscovery: .unavailable("\(what): bluetoothd says that no discovery was started")
    case .alreadyDone: .unavailable("\(what): it has been done already")
    case .attribute(let error): .unavailable("\(what): bluetoothd or the device refused with \(error)")
    case .other(let text): .unavailable("\(what): bluetoothd refused: \(text)")
    }
  }
}

/// What to do about the usual obstacles, worded once.
enum Remedy {
  static let noService =
    "bluetoothd does not run; install the package bluez and start it with: systemctl start bluetooth"
  static let noAdapter =
    "bluetoothd has no Bluetooth adapter; plug one in, and look for it with: rfkill list bluetooth; bluetoothctl list"
  static let adapterOff =
    "the Bluetooth adapter is off; switch it on with: rfkill unblock bluetooth; bluetoothctl power on"
  static let discoveryLocked =
    "discovery is locked by a scan that another program left behind (bluez#2547); switch the adapter off and on: bluetoothctl power off; bluetoothctl power on"
}
