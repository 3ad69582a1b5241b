internal import PercussBlueZ
internal import PercussDBus
internal import PercussGATT
internal import PercussLink

/// A method call that waits for its answer.
struct CallID: Hashable, Sendable { var rawValue: Int }
/// A request on its way to a remote device.
struct OperationID: Hashable, Sendable { var rawValue: Int }
/// The daemon's end of a socket that `AcquireNotify` or `AcquireWrite` gave away.
struct ChannelID: Hashable, Sendable { var rawValue: Int }
/// A question to a pairing agent.
struct AgentCallID: Hashable, Sendable { var rawValue: Int }

/// A method call of one of org.bluez's own interfaces; the types of its arguments are those of the interface.
struct DaemonCall: Sendable {
  var id: CallID
  /// The caller's unique name.
  var sender: String
  var object: DaemonObject
  var interface: String
  var member: String
  var arguments: [DBusValue] = []
}

/// What happens to the daemon.
enum DaemonInput: Sendable {
  case call(DaemonCall)
  /// A connection to the bus has ended.
  case senderVanished(String)
  case air(AirEvent)
  /// A client has closed its end of a socket.
  case channelClosed(ChannelID)
  /// A client has written a packet.
  case channelReceived(ChannelID, [UInt8])
  case agentAnswered(AgentCallID, Result<[DBusValue], DBusErrorReply>)
  /// Time has passed; see ``BluetoothDaemon/nextDeadline``.
  case tick
}

/// What happens on the air.
enum AirEvent: Sendable {
  /// An advertisement was heard by an adapter that scans.
  case heard(adapter: String, AirReport)
  /// A link that was asked for is up.
  case linkMade(DeviceKey, RemoteProfile)
  case linkEnded(DeviceKey, DisconnectReason)
  /// A notification or indication has arrived.
  case received(DeviceKey, BluetoothUUID, [UInt8])
  /// A request has its response; without a link it fails.
  case answered(DeviceKey, OperationID, Result<[UInt8], ATTError>)
  /// That many commands have left the queue.
  case commandsSent(DeviceKey, Int)
  /// How the device that is to be paired does it; nil when it is gone.
  case pairingBegan(DeviceKey, PairingBehaviour?)
  /// Somebody has connected to this adapter, or is gone again.
  case incomingLink(DeviceKey, isUp: Bool)
  /// The device offers other services than before.
  case servicesChanged(DeviceKey, RemoteProfile)
  /// The host at the other end of a link says something about a pairing. The number is there to be used should one be needed.
  case pairing(DeviceKey, PairingMessage, number: UInt32)
}

/// What a device offers over a link.
struct RemoteProfile: Sendable, Equatable {
  var services: [ServiceDescription]
  var maximumTransmissionUnit: Int
  /// Device Name of the Generic Access service.
  var name: String?
}

/// A request to a remote device.
enum AttributeOperation: Sendable, Equatable {
  case read(BluetoothUUID, offset: UInt16)
  case write(BluetoothUUID, [UInt8])
  /// Prepared writes and their execution, for values longer than one write.
  case longWrite(BluetoothUUID, [UInt8])
  case subscribe(BluetoothUUID)
  case unsubscribe(BluetoothUUID)
  case readDescriptor(DescriptorID, offset: UInt16)
  case writeDescriptor(DescriptorID, [UInt8])
}

/// A descriptor, known by its characteristic and its own UUID.
struct DescriptorID: Hashable, Sendable {
  var characteristic: BluetoothUUID
  var uuid: BluetoothUUID
}

/// What the daemon wants done. To be done in order.
enum DaemonAction: Sendable, Equatable {
  // The bus
  case reply(CallID, [DBusValue])
  case fail(CallID, DBusErrorReply)
  /// Answers with a new socket and the ATT_MTU; the daemon's end is the channel.
  case replyWithChannel(CallID, ChannelID, ChannelDirection, maximumTransmissionUnit: Int)
  /// Gives a call up: it will never be answered.
  case abandon(CallID)
  case signal(Signal)
  case export(DaemonObject, ObjectPath)
  case unexport(ObjectPath)
  case askAgent(AgentCallID, MethodCall)
  /// Calls an agent without waiting for an answer.
  case tellAgent(MethodCall)
  case closeChannel(ChannelID)
  case send(ChannelID, [UInt8])
  /// The answer to a property's `Set` goes out here; what follows comes after it.
  case acceptProperty

  // The air
  case scan(adapter: String, isOn: Bool)
  case connect(DeviceKey)
  case cancelConnect(DeviceKey)
  /// Ends the link; ``AirEvent/linkEnded(_:_:)`` follows.
  case disconnect(DeviceKey)
  /// Ends the link; nothing more is to be heard of it.
  case dropLink(DeviceKey)
  case request(DeviceKey, OperationID, AttributeOperation)
  case command(DeviceKey, BluetoothUUID, [UInt8])
  case beginPairing(DeviceKey)
  /// Says something about a pairing to the host at the other end.
  case tellPeer(DeviceKey, PairingMessage)
  case encrypt(DeviceKey)
}

/// Which way packets go through a socket.
enum ChannelDirection: Sendable, Equatable {
  /// To the client, as notifications.
  case notifications
  /// From the client, as write commands.
  case commands
}
