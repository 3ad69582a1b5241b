public import PercussLink

/// What happens to a ``BlueZPeripheral``, for whoever keeps a log.
public enum PeripheralEvent: Equatable, Sendable, CustomStringConvertible {
  /// Everything is registered with bluetoothd, and the adapter is on: centrals can find and connect the peripheral.
  case serving(adapter: String)
  /// That is so no longer, or not yet. It goes on by itself once it can, except after ``PeripheralError/stopped`` and ``PeripheralError/bus(_:)``.
  case interrupted(PeripheralError)
  /// A central has made its first operation.
  case centralConnected(CentralID, BluetoothAddress?)
  /// A central is gone.
  case centralDisconnected(CentralID, BluetoothAddress?, DisconnectReason)
  /// A central wants to pair, and was allowed to or not.
  case pairing(PairingQuestion, isAllowed: Bool)
  /// The user of the central must enter this number.
  case passkey(UInt32, BluetoothAddress?)

  /// What happened.
  public var description: String {
    func name(_ central: CentralID, _ address: BluetoothAddress?) -> String {
      address.map { "\(central) (\($0))" } ?? central.description
    }
    return switch self {
    case .serving(let adapter): "offered on \(adapter)"
    case .interrupted(let error): "not offered: \(error)"
    case .centralConnected(let central, let address): "\(name(central, address)) connected"
    case .centralDisconnected(let central, let address, let reason):
      "\(name(central, address)) disconnected: \(reason)"
    case .pairing(let question, let isAllowed): "\(question): \(isAllowed ? "allowed" : "refused")"
    case .passkey(let number, let address):
      "passkey for \(address?.description ?? "a central"): \(PairingQuestion.digits(number))"
    }
  }
}

/// What bluetoothd asks when a central wants to pair.
public struct PairingQuestion: Equatable, Sendable, CustomStringConvertible {
  /// What is to be allowed.
  public enum Kind: Equatable, Sendable {
    /// A pairing in which nobody can compare anything (Just Works).
    case pairing
    /// A pairing in which both sides show this number (Numeric Comparison).
    case comparison(UInt32)
    /// The use of a service, by a central that is not trusted.
    case service(String)
  }

  /// Who wants to.
  public var central: BluetoothAddress?
  /// What it wants.
  public var kind: Kind

  /// A question.
  public init(central: BluetoothAddress?, kind: Kind) {
    self.central = central
    self.kind = kind
  }

  /// What is asked.
  public var description: String {
    let who = central?.description ?? "a central"
    return switch kind {
    case .pairing: "\(who) wants to pair"
    case .comparison(let number): "\(who) wants to pair, and shows \(Self.digits(number))"
    case .service(let uuid): "\(who) wants to use the service \(uuid)"
    }
  }

  static func digits(_ number: UInt32) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, 6 - digits.count)) + digits
  }
}

/// How a peripheral pairs.
public struct PeripheralPairing: Sendable {
  /// What it has to talk with its user (Core Vol 3 Part H 2.3.2); the raw values are BlueZ's.
  public enum Capability: String, Sendable, Hashable, CaseIterable {
    /// It shows a number.
    case displayOnly = "DisplayOnly"
    /// It shows a number, and the user says yes or no.
    case displayYesNo = "DisplayYesNo"
    /// Nothing.
    case noInputNoOutput = "NoInputNoOutput"
  }

  /// What there is to talk with the user.
  public var capability: Capability
  /// Whether to allow it; called on the timeline. It is not asked about devices of other adapters and other programs' services: those are refused.
  public var decide: @Sendable (PairingQuestion) -> Bool

  /// A device without buttons and display, which allows everybody; unless told otherwise.
  public init(
    capability: Capability = .noInputNoOutput, decide: @escaping @Sendable (PairingQuestion) -> Bool = { _ in true }
  ) {
    self.capability = capability
    self.decide = decide
  }
}
