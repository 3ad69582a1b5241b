internal import PercussDBus
internal import PercussGATT

/// A service of a remote device, as bluetoothd exports it.
struct RemoteService: Sendable {
  let handle: UInt16
  let uuid: BluetoothUUID
  let path: ObjectPath
}

/// A descriptor. The configuration of notifications is read and written by this side itself, as bluetoothd does.
struct RemoteDescriptor: Sendable {
  let handle: UInt16
  let uuid: BluetoothUUID
  let path: ObjectPath
  /// The value read last.
  var value: [UInt8] = []
  var read: PendingRead?
  /// The caller whose write is on its way.
  var writer: CallID?

  var isConfiguration: Bool { uuid == RemoteAttributes.configurationUUID }
}

/// Reads at one offset are one read.
struct PendingRead: Sendable {
  var offset: UInt16
  var calls: [CallID]
}

/// A characteristic of a remote device with all that its clients do with it.
struct RemoteCharacteristic: Sendable {
  let service: RemoteService
  /// Of its declaration; the value's is one more.
  let handle: UInt16
  let uuid: BluetoothUUID
  let properties: CharacteristicProperties
  let path: ObjectPath
  var descriptors: [RemoteDescriptor]
  /// Whether the remote's Bluetooth stack serves it by itself, as Service Changed.
  let belongsToHost: Bool

  /// The value read or notified last.
  var value: [UInt8] = []
  var read: PendingRead?
  /// The caller whose write is on its way.
  var writer: CallID?
  var notifyClients: [NotifyClient] = []
  var isNotifying = false
  var notifyLock: NotifyLock?
  var writeLock: WriteLock?
  var subscription = Subscription.off
  /// bluetoothd itself wants the notifications.
  var isUsedByDaemon = false

  /// A sender that has called `StartNotify`.
  struct NotifyClient: Sendable {
    var sender: String
    /// Whether the notifications are registered on the present link.
    var isActive: Bool
    /// Answered when the subscription is.
    var call: CallID?
  }

  /// Who has `AcquireNotify`.
  enum NotifyLock: Sendable {
    /// The subscription, or the discovery of services, has not ended.
    case pending(CallID, sender: String)
    case open(ChannelID, sender: String)
    /// The call was lost with its link, and the lock stays.
    case stuck
  }

  /// Who has `AcquireWrite`.
  enum WriteLock: Sendable {
    /// The discovery of services has not ended.
    case pending(CallID, sender: String)
    case open(ChannelID, sender: String)
    /// An empty packet has ended the reading of the socket, without a word.
    case deaf(ChannelID, sender: String)

    var channel: ChannelID? {
      switch self {
      case .pending: nil
      case .open(let channel, _), .deaf(let channel, _): channel
      }
    }
  }

  /// What the device's Client Characteristic Configuration is, as far as this side knows.
  enum Subscription: Sendable {
    case off, enabling, on
  }

  var canNotify: Bool { !properties.isDisjoint(with: [.notify, .indicate]) }

  /// Whether anybody wants its notifications.
  var isWanted: Bool {
    if isUsedByDaemon || notifyClients.contains(where: \.isActive) { return true }
    switch notifyLock {
    case .pending, .open: return true
    case .stuck, nil: return false
    }
  }

  /// The value of the Client Characteristic Configuration descriptor.
  var configuration: [UInt8] {
    guard subscription == .on else { return [0, 0] }
    return properties.contains(.indicate) ? [2, 0] : [1, 0]
  }
}

/// Lays out the attributes of a remote device.
struct RemoteAttributes {
  var services: [RemoteService] = []
  var characteristics: [RemoteCharacteristic] = []
  /// Of all services, those that bluetoothd keeps to itself too.
  var uuids: [BluetoothUUID] = []

  private static let genericAccess = BluetoothUUID(0x1800)
  private static let genericAttribute = ServiceDescription(
    BluetoothUUID(0x1801), name: "Generic Attribute",
    characteristics: [.init(BluetoothUUID(0x2A05), name: "Service Changed", properties: [.indicate])])
  static let configurationUUID = BluetoothUUID(0x2902)

  /// As a device has them whose stack begins with Generic Access (handles 1 to 5, which bluetoothd does not export) and Generic Attribute (6 to 9).
  init(of services: [ServiceDescription], at device: ObjectPath) {
    uuids = [Self.genericAccess, Self.genericAttribute.uuid] + services.map(\.uuid)
    var handle: UInt16 = 6
    add(Self.genericAttribute, belongsToHost: true, at: device, &handle)
    for service in services { add(service, belongsToHost: false, at: device, &handle) }
  }

  /// A service that finds no room among the handles is left out.
  private mutating func add(
    _ description: ServiceDescription, belongsToHost: Bool, at device: ObjectPath, _ next: inout UInt16
  ) {
    let count = description.characteristics.reduce(1) { $0 + 2 + ($1.hasConfiguration ? 1 : 0) + $1.descriptors.count }
    guard count <= Int(UInt16.max - next) else { return }
    let path = device.appending("service\(next.handleText)")
    let service = RemoteService(handle: next, uuid: description.uuid, path: path)
    services.append(service)
    next += 1
    for characteristic in description.characteristics {
      let path = path.appending("char\(next.handleText)")
      let handle = next
      next += 2
      let uuids = (characteristic.hasConfiguration ? [Self.configurationUUID] : []) + characteristic.descriptors
      var descriptors: [RemoteDescriptor] = []
      for uuid in uuids {
        descriptors.append(RemoteDescriptor(handle: next, uuid: uuid, path: path.appending("desc\(next.handleText)")))
        next += 1
      }
      characteristics.append(
        RemoteCharacteristic(
          service: service, handle: handle, uuid: characteristic.uuid, properties: characteristic.properties,
          path: path, descriptors: descriptors, belongsToHost: belongsToHost))
    }
  }
}

extension CharacteristicDescription {
  fileprivate var hasConfiguration: Bool { !properties.isDisjoint(with: [.notify, .indicate]) }
}
