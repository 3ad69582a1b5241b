internal import PercussBlueZ
internal import PercussDBus
internal import PercussGATT
internal import PercussTime

/// A remote device of an adapter.
struct RemoteDevice: Sendable {
  let key: DeviceKey
  let path: ObjectPath
  var isAddressRandom: Bool

  // What it says of itself.
  var name: String?
  var alias: String?
  var appearance: UInt16?
  var manufacturerData: [UInt16: [UInt8]] = [:]
  var serviceData: [BluetoothUUID: [UInt8]] = [:]
  var transmitPower: Int8?
  var advertisedServices: [BluetoothUUID] = []
  /// Known from a link, sorted.
  var uuids: [BluetoothUUID] = []
  /// Absent while nobody discovers.
  var signalStrength: Int8?
  var isConnectable = true
  /// When each of its advertisements was reported last, by the number of the set.
  var reportedAt: [UInt8: MonotonicInstant] = [:]

  // What the user decided.
  var isTrusted = false
  var isBlocked = false
  var isPaired = false
  var isBonded = false

  /// Goes by itself when it is not seen for a time.
  var isTemporary = true

  // The link.
  var link = LinkState.down
  /// As the property `Connected` says; in an aborted connection it is true for a moment.
  var isConnected = false
  /// As the property `ServicesResolved` says.
  var isResolved = false
  /// Whether its services have been resolved on any link.
  var wasResolved = false
  var connectCall: CallID?
  var endings: [Ending] = []
  var isDisconnecting = false
  var bonding: Bonding?
  var profile: RemoteProfile?
  /// Whether a pairing is signalled once the services are resolved.
  var pairingIsUntold = false

  // GATT
  var services: [RemoteService] = []
  var characteristics: [RemoteCharacteristic] = []
  var requests = RequestQueue()
  /// Commands that the link has not taken yet.
  var queuedCommands = 0
  /// In per cent, as long as bluetoothd tells it.
  var batteryLevel: UInt8?
  var initialBatteryLevel: UInt8?

  enum LinkState: Sendable, Equatable {
    case down
    /// Asked for.
    case connecting
    /// Up, but to be given up at once.
    case aborting
    case up
    /// Made by the other side.
    case incoming
  }

  /// A call that is answered when the link has ended.
  struct Ending: Sendable {
    var call: CallID
    var removes: Bool
  }

  init(key: DeviceKey, isAddressRandom: Bool) {
    self.key = key
    path = DaemonObject.devicePath(key)
    self.isAddressRandom = isAddressRandom
  }

  /// Bytes of a value in one write.
  var maximumWrite: Int { (profile?.maximumTransmissionUnit ?? 23) - 3 }

  /// Whether GATT operations are possible: there is a link that this side may use as a client.
  var hasClient: Bool { link == .up }

  func index(ofCharacteristic handle: UInt16) -> Int? {
    characteristics.firstIndex { $0.handle == handle }
  }

  /// Works on a characteristic in place; nil when there is none with that handle.
  mutating func withCharacteristic<R>(_ handle: UInt16, _ body: (inout RemoteCharacteristic) -> R) -> R? {
    guard let index = index(ofCharacteristic: handle) else { return nil }
    return body(&characteristics[index])
  }

  mutating func apply<R>(_ body: (inout RemoteDevice) -> R) -> R { body(&self) }
}

/// The pairing of a device while it lasts.
struct Bonding: Sendable {
  /// The caller of `Pair`; nil when a request needed security.
  var call: CallID?
  var sender: String?
  /// The question that is with the agent.
  var question: AgentCallID?
  /// The number that the user is to find on the device.
  var passkey: UInt32?
  var agent: Agent?
  var hasBegun = false
  /// Another host is at the other end, with a user of its own: what it has said.
  var peer: Peer?
  /// This side has agreed.
  var isAgreed = false
  /// Paired, but `Pair` is answered once the services are resolved.
  var isDone = false
  /// Requests that are sent again after it.
  var held: [RequestQueue.Request] = []

  enum Peer: Sendable {
    case isAsked, hasAgreed
  }
}

/// Requests to one device: ATT has one on its way, the others wait.
struct RequestQueue: Sendable {
  struct Request: Sendable {
    var id: OperationID
    var operation: AttributeOperation
    var purpose: Purpose
    /// Whether it has been sent again after a pairing.
    var isRepeated = false
  }

  /// What a request was for; attributes by the handle of the characteristic.
  enum Purpose: Sendable, Equatable {
    case read(UInt16)
    case write(UInt16)
    case subscribe(UInt16)
    case unsubscribe
    case batteryLevel(UInt16)
    /// By its own handle.
    case readDescriptor(UInt16)
    case writeDescriptor(UInt16)
  }

  /// How many wait at most.
  static let limit = 256

  var current: Request?
  var waiting: [Request] = []

  var isFull: Bool { waiting.count >= Self.limit }
}
