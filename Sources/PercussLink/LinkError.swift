public import PercussGATT
import PercussTime

/// Why an operation on a link failed.
public enum LinkError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The link has ended, before the operation or during it. Whether a write took effect is then unknown.
  case disconnected(DisconnectReason)
  /// The device refused with an ATT error.
  case attribute(ATTError, characteristic: BluetoothUUID)
  /// Nothing came back in time. After a request without response the link is ended, as ATT demands.
  case timedOut(String, after: Duration)
  /// The value is longer than the link carries in one write.
  case tooLong(count: Int, maximum: Int)
  /// The device has no such characteristic.
  case noSuchCharacteristic(BluetoothUUID)
  /// The characteristic neither notifies nor indicates.
  case cannotSubscribe(BluetoothUUID)
  /// More operations wait than the link queues.
  case busy(limit: Int)
  /// The scanner or adapter cannot do it; with its own words.
  case unavailable(String)

  private static let mendedByPairing: [ATTError] = [
    .insufficientAuthentication, .insufficientEncryption, .encryptionKeySizeTooShort,
  ]

  /// A host keeps the services of a device that it has met before.
  private static let staleServices =
    "if its firmware was changed have this computer forget its services: percuss pair --remove, or bluetoothctl remove"

  /// What happened, where, and what to do about it.
  public var description: String {
    switch self {
    case .disconnected(let reason): "the link to the device has ended: \(reason)"
    case .attribute(let error, let characteristic):
      "the device refused the operation on \(Profile.percuss.name(of: characteristic)): \(error)"
        + (Self.mendedByPairing.contains(error)
          ? "; pair with it first: percuss pair, or bluetoothctl pair"
          : error == .invalidHandle ? "; \(Self.staleServices)" : "")
    case .timedOut(let what, let after):
      "waited \(after) for \(what), in vain; check that the device is on, near and not connected elsewhere, then try again"
    case .tooLong(let count, let maximum):
      "the value has \(count) bytes, but this link carries at most \(maximum) in one write; split it or raise ATT_MTU"
    case .noSuchCharacteristic(let uuid):
      "the device has no characteristic \(Profile.percuss.name(of: uuid)); check that it is the device you expect, and "
        + Self.staleServices
    case .cannotSubscribe(let uuid):
      "the characteristic \(Profile.percuss.name(of: uuid)) neither notifies nor indicates"
    case .busy(let limit): "\(limit) operations wait on this link already; await some of them first"
    case .unavailable(let reason): reason
    }
  }
}

/// Why a link ended, by the codes of the controller (Core Vol 1 Part F).
public enum DisconnectReason: Hashable, Sendable, CustomStringConvertible {
  /// 0x03: the Bluetooth adapter or service at this end is gone, or was switched off.
  case hostLost
  /// 0x08: nothing was heard for the supervision timeout.
  case supervisionTimeout
  /// 0x13: the other end closed the link.
  case closedByRemote
  /// 0x15: the other end was switched off.
  case remotePoweredOff
  /// 0x16: this end closed the link.
  case closedLocally
  /// 0x1F: the Bluetooth service at this end does not say why.
  case unstated
  /// Any other code.
  case other(UInt8)

  /// A reason from its code.
  public init(code: UInt8) {
    self =
      [.hostLost, .supervisionTimeout, .closedByRemote, .remotePoweredOff, .closedLocally, .unstated]
      .first { $0.code == code } ?? .other(code)
  }

  /// The controller's code.
  public var code: UInt8 {
    switch self {
    case .hostLost: 0x03
    case .supervisionTimeout: 0x08
    case .closedByRemote: 0x13
    case .remotePoweredOff: 0x15
    case .closedLocally: 0x16
    case .unstated: 0x1F
    case .other(let code): code
    }
  }

  /// What happened.
  public var description: String {
    switch self {
    case .hostLost: "the Bluetooth adapter or service of this computer is gone, or was switched off"
    case .supervisionTimeout: "nothing was heard for the supervision timeout (out of range, or its power is gone)"
    case .closedByRemote: "the other end closed it"
    case .remotePoweredOff: "the other end was switched off"
    case .closedLocally: "this end closed it"
    case .unstated: "for a reason that the Bluetooth service does not state (out of range, or the other end closed it)"
    case .other(let code): "reason 0x\(String(code, radix: 16))"
    }
  }
}
