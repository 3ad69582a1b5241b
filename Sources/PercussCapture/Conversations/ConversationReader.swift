import PercussGATT

/// Gathers the conversations in a capture, so that one can be chosen.
///
/// It keeps at most ``itemLimit`` items over all connections, each of at most the 512 bytes that an attribute has, and at most ``connectionLimit`` connections:
/// those that are open, and those that carry frames of a device.
public struct ConversationReader: CaptureObserver {
  /// Items that are kept at most, over all connections.
  public static let itemLimit = 200_000
  /// Connections that are kept at most; more than can be open at a time.
  public static let connectionLimit = 1_024

  /// The only connection that is wanted; nil for all.
  private let wanted: Int?
  private var connections: [Int: Gathered] = [:]
  private var addresses: [UInt16: CapturedAddress] = [:]
  private var itemCount = 0
  /// How often the recorder has lost packets: they are missing on every connection that had begun.
  private var lossCount = 0
  private var hasLeftOutConnections = false

  fileprivate struct Gathered {
    var connection: CapturedConnection
    var beginning: CaptureInstant
    var last: CaptureInstant
    /// The losses before it began.
    var earlierLosses: Int
    /// With the direction that the client's PDUs have.
    var items: [(item: ConversationItem, clientDirection: CaptureDirection)] = []
    /// The places of requests that wait for their answer, by their record.
    var pending: [Int: Int] = [:]
    /// The place of the last read of each handle, which goes on with the blobs behind it.
    var reads: [UInt16: Int] = [:]
    /// The direction of the clients that use a device.
    var deviceClient: CaptureDirection?
    /// The first 16 values that were written; they tell whether another connection is the same one, recorded at its other end.
    var firstWritten: [[UInt8]] = []
    var leftOut = Conversation.LeftOut()
    var problemCount = 0
    var isCut = false
  }

  /// - Parameter connection: the number of the only connection that is wanted; nil for all.
  public init(connection: Int? = nil) {
    wanted = connection
  }

  /// Takes a value or PDU.
  public mutating func attribute(_ event: AttributeEvent, value: RawSpan) {
    guard wanted == nil || wanted == event.connection, connections[event.connection] != nil else { return }
    let added = connections[event.connection]?.take(event, value, hasRoom: itemCount < Self.itemLimit) ?? 0
    itemCount += added
  }

  /// Takes what happened to a connection.
  public mutating func connection(_ event: ConnectionEvent) {
    let number = event.connection.number
    guard wanted == nil || wanted == number else { return }
    if connections[number] == nil {
      guard connections.count < Self.connectionLimit else {
        hasLeftOutConnections = true
        return
      }
      connections[number] = Gathered(
        connection: event.connection, beginning: event.time, last: event.time, earlierLosses: lossCount)
    }
    connections[number]?.connection = event.connection
    connections[number]?.last = event.time
    switch event.kind {
    case .disconnected, .replaced: forgetUnlessOfDevice(number)
    default: break
    }
  }

  /// Forgets a connection that has ended, if nobody would choose it.
  private mutating func forgetUnlessOfDevice(_ number: Int) {
    guard let ended = connections[number], ended.deviceClient == nil else { return }
    itemCount -= ended.items.count
    connections[number] = nil
  }

  /// Takes what happened to an adapter.
  public mutating func controller(_ event: ControllerEvent) {
    if case .address(let address) = event.kind { addresses[event.controller] = address }
  }

  /// Takes a problem.
  public mutating func problem(_ problem: CaptureProblem) {
    guard let number = problem.connection else {
      if case .packetsLost = problem.reason { lossCount += 1 }
      return
    }
    connections[number]?.problemCount += 1
  }

  /// Why there is no one conversation.
  public enum ChoiceError: Error, Equatable, Sendable {
    /// No connection carries frames of a device.
    case none
    /// There is no connection of that number, or it carries no frames of a device.
    case noSuchConnection(Int)
    /// Several connections do.
    case several([Candidate])
    /// The conversation is longer than what is kept.
    case tooLong(CapturedConnection, limit: Int)
  }

  /// A connection that can be chosen.
  public struct Candidate: Equatable, Sendable {
    /// The connection.
    public var connection: CapturedConnection
    /// How many reads, writes and values it has.
    public var itemCount: Int
  }

  /// The conversation on the connection that is wanted, or on the only one that carries frames of a device.
  ///
  /// Where both ends of a connection were recorded, the central's record counts: what the device heard is what the central said.
  ///
  /// - Throws: ``ChoiceError``.
  public func choose() throws(ChoiceError) -> Conversation {
    let candidates = connections.values.filter { $0.deviceClient != nil }
      .sorted { $0.connection.number < $1.connection.number }
    let chosen: Gathered
    if let wanted {
      guard let only = candidates.first else { throw .noSuchConnection(wanted) }
      chosen = only
    } else {
      let single = candidates.filter { candidate in !candidates.contains { isOtherEnd(candidate, of: $0) } }
      guard let first = single.first else { throw .none }
      // What was left out is one more of a device, or there would have been room.
      guard single.count == 1, !hasLeftOutConnections else {
        throw .several(single.map { Candidate(connection: $0.connection, itemCount: $0.items.count) })
      }
      chosen = first
    }
    guard !chosen.isCut else { throw .tooLong(chosen.connection, limit: Self.itemLimit) }
    var conversation = chosen.conversation
    conversation.problemCount += lossCount - chosen.earlierLosses
    return conversation
  }

  /// Whether it is a peripheral's record of a connection whose central's record is there too.
  private func isOtherEnd(_ gathered: Gathered, of other: Gathered) -> Bool {
    // Where the capture begins behind both connections it tells neither roles nor addresses.
    if gathered.connection.role == nil, other.connection.role == nil, gathered.deviceClient == .received,
      other.deviceClient == .sent, gathered.connection.controller != other.connection.controller,
      gathered.beginning <= other.last, other.beginning <= gathered.last
    {
      return gathered.firstWritten == other.firstWritten
    }
    guard gathered.connection.role == .peripheral, other.connection.role == .central,
      gathered.connection.controller != other.connection.controller, let central = gathered.connection.peer,
      let peripheral = other.connection.peer
    else { return false }
    return addresses[other.connection.controller]?.number == central.number
      && addresses[gathered.connection.controller]?.number == peripheral.number
      && gathered.beginning <= other.last && other.beginning <= gathered.last
  }
}

extension ConversationReader.Gathered {
  /// Returns how many items there are more than before.
  fileprivate mutating func take(_ event: AttributeEvent, _ value: RawSpan, hasRoom: Bool) -> Int {
    last = event.time
    if let request = event.request { answer(event, value, of: request.record) }
    if event.operation == .longReadValue, let place = reads[event.handle] {
      items[place].item.bytes = value.copied()
      return 0
    }
    guard let action = action(of: event, value) else { return 0 }
    let client = event.isFromClient ? event.direction : event.direction.opposite
    guard knownCentral == nil || knownCentral == client else { return 0 }
    guard let attribute = event.attribute else {
      leftOut.ofUnknownHandles += 1
      return 0
    }
    guard !attribute.characteristic.isOfHosts else {
      leftOut.ofHosts += 1
      return 0
    }
    guard attribute.kind == .value || action == .subscribe || action == .unsubscribe, action == .read || event.isWhole
    else {
      leftOut.others += 1
      return 0
    }
    guard hasRoom else {
      isCut = true
      return 0
    }
    if attribute.format != nil, action != .read { deviceClient = deviceClient ?? client }
    if event.operation == .readRequest {
      reads[event.handle] = items.count
    }
    if event.isFromClient, event.operation != .writeCommand { pending[event.record] = items.count }
    let isConfiguration = action == .subscribe || action == .unsubscribe
    let item = ConversationItem(
      number: 0, record: event.record, time: event.time.nanoseconds(since: beginning), action: action,
      characteristic: attribute.characteristic, bytes: isConfiguration ? [] : value.copied())
    if action == .write || action == .command, firstWritten.count < 16 { firstWritten.append(item.bytes) }
    items.append((item, client))
    return 1
  }

  private func action(of event: AttributeEvent, _ value: RawSpan) -> ConversationItem.Action? {
    let attribute = event.attribute
    switch event.operation {
    case .readRequest: return attribute?.kind == .descriptor ? nil : .read
    case .notification, .indication, .multipleNotification: return .value
    case .writeRequest, .preparedValue, .writeCommand, .signedWriteCommand:
      let isCommand = event.operation == .writeCommand || event.operation == .signedWriteCommand
      guard attribute?.uuid == BluetoothUUID(0x2902) else { return isCommand ? .command : .write }
      return value.byteCount > 0 && value.byte(0) & 3 != 0 ? .subscribe : .unsubscribe
    default: return nil
    }
  }

  private mutating func answer(_ event: AttributeEvent, _ value: RawSpan, of record: Int) {
    guard event.operation != .confirmation, let place = pending.removeValue(forKey: record) else { return }
    items[place].item.answer = ConversationItem.Answer(
      record: event.record, time: event.time.nanoseconds(since: beginning), refusal: event.error.map { .error($0) })
    if event.operation == .readResponse { items[place].item.bytes = value.copied() }
  }

  /// Which way the central sends, where the capture tells.
  private var knownCentral: CaptureDirection? { connection.role.map { $0 == .central ? .sent : .received } }

  /// The items of the device and its central, without those of a client at the device's end.
  fileprivate var conversation: Conversation {
    let central = knownCentral ?? deviceClient
    var own = items.filter { $0.clientDirection == central }.map(\.item)
    for place in own.indices { own[place].number = place + 1 }
    var conversation = Conversation(connection: connection, items: own, end: last.nanoseconds(since: beginning))
    conversation.leftOut = leftOut
    conversation.problemCount = problemCount
    return conversation
  }
}

extension BluetoothUUID {
  /// Whether hosts ask for it by themselves: the characteristics of GAP and GATT, the PnP ID, and the Battery Level, which bluetoothd keeps from others.
  var isOfHosts: Bool {
    switch assignedNumber ?? 0 {
    case 0x2A00...0x2A05, 0x2AA6, 0x2B29, 0x2B2A, 0x2B3A, 0x2A50, 0x2A19: true
    default: false
    }
  }
}
