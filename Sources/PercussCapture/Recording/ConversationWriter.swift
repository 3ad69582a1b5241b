public import PercussGATT
public import PercussLink
public import PercussTime

/// One connection of a recording, told by what a link knows: values and their characteristics, and when they came and went.
///
/// It does no I/O. What a link does not know is made up so that the records are what a host with such a connection would have recorded: handles
/// (``AttributeLayout``), the discovery that explains them, the PDUs of a long value, the confirmation of an indication.
///
/// ```swift
/// conversation.begin(at: now, &log)
/// let request = conversation.request(.write(bytes, .percussControlPoint), at: now, &log)
/// conversation.answer(request, .success([]), at: later, &log)
/// ```
///
/// ATT has one request at a time: one that is made while another waits for its answer is recorded when that has come.
public struct ConversationWriter: Sendable {
  /// Who talks, and how.
  public struct Connection: Sendable {
    /// What the recording host is.
    public var role: CapturedRole
    /// The other end.
    public var peer: CapturedAddress
    /// The number of the adapter.
    public var controller: UInt16
    /// Of HCI; of all connections of a recording different ones, because Wireshark tells them apart by nothing else.
    public var handle: UInt16
    /// ATT_MTU in bytes, 23 to 517.
    public var maximumTransmissionUnit: Int
    /// What the radio has agreed on; zeros where that is not known.
    public var parameters = CapturedParameters(interval: 0, latency: 0, timeout: 0)
    /// Whether each part of a long value is a request of its own; otherwise a request stands for all parts of the value.
    public var asksForEachPart = false
  }

  /// What the central asks for.
  public enum Request: Sendable {
    case read(BluetoothUUID, offset: Int)
    case write([UInt8], BluetoothUUID)
    case configure(BluetoothUUID, isSubscribed: Bool)
  }

  private struct Pending: Sendable {
    let number: Int
    let request: Request
    var isRecorded = false
    var answer: Result<[UInt8], ATTError>?
  }

  /// Requests that wait at most; more are left out.
  static let pendingLimit = 128

  let connection: Connection
  let layout: AttributeLayout
  private var pending: [Pending] = []
  private var requestCount = 0
  /// Indications of the recording host: the first is on its way.
  private var indications: [([UInt8], UInt16)] = []
  private var hasEnded = false
  /// Values that could not be recorded, because the profile has no such characteristic or too much waited.
  public private(set) var leftOut = 0

  /// A connection to, or as, a device with that profile.
  public init(_ connection: Connection, profile: Profile) {
    self.connection = connection
    layout = AttributeLayout(profile)
  }

  // MARK: What happened

  /// The connection is there: it, the agreement on ATT_MTU and the discovery are recorded at one instant.
  public mutating func begin(at instant: MonotonicInstant, _ log: inout MonitorLog) {
    let parameters = connection.parameters
    // LE Connection Complete (Core Vol 4 Part E 7.7.65.1).
    let event =
      [0x3E, 19, 0x01, 0] + bytes(connection.handle) + [connection.role.rawValue, connection.peer.isRandom ? 1 : 0]
      + connection.peer.littleEndianBytes + bytes(parameters.interval) + bytes(parameters.latency)
      + bytes(parameters.timeout) + [0]
    log.append(event, kind: .event, direction: .received, controller: connection.controller, at: instant)
    let unit = bytes(UInt16(clamping: connection.maximumTransmissionUnit))
    exchange([0x02] + unit, [0x03] + unit, at: instant, &log)
    recordDiscovery(at: instant, &log)
  }

  /// The central asks.
  ///
  /// - Returns: what the answer is told by; nil when it has no place here, as with a characteristic that the profile does not have.
  public mutating func request(_ request: Request, at instant: MonotonicInstant, _ log: inout MonitorLog) -> Int? {
    guard !hasEnded, handle(of: request) != nil, pending.count < Self.pendingLimit else { return nil }
    requestCount += 1
    pending.append(Pending(number: requestCount, request: request))
    proceed(at: instant, &log)
    return requestCount
  }

  /// The peripheral answers: with the value of a read, nothing for a write, or an error. What had no place is left out, and counted.
  public mutating func answer(
    _ number: Int?, _ answer: Result<[UInt8], ATTError>, at instant: MonotonicInstant, _ log: inout MonitorLog
  ) {
    guard let number else { return leaveOut() }
    guard let place = pending.firstIndex(where: { $0.number == number }) else { return }
    pending[place].answer = answer
    proceed(at: instant, &log)
  }

  /// No answer will come. A request that still waited for its turn was never sent.
  public mutating func abandon(_ number: Int?) {
    // The next one's turn comes with the next news: when the link is at its end, there are none.
    pending.removeAll { $0.number == number }
  }

  /// The central has written without asking for a response.
  public mutating func command(
    _ value: [UInt8], to characteristic: BluetoothUUID, at instant: MonotonicInstant, _ log: inout MonitorLog
  ) {
    guard !hasEnded, let handle = layout.value(of: characteristic) else { return leaveOut() }
    record([0x52] + bytes(handle) + value, fromCentral: true, at: instant, &log)
  }

  /// The peripheral has sent a value; unless it is said, as an indication where the characteristic has them.
  public mutating func value(
    _ value: [UInt8], of characteristic: BluetoothUUID, asIndication: Bool? = nil, at instant: MonotonicInstant,
    _ log: inout MonitorLog
  ) {
    guard !hasEnded, let handle = layout.value(of: characteristic) else { return leaveOut() }
    let cut = Array(value.prefix(connection.maximumTransmissionUnit - 3))
    guard asIndication ?? layout.isIndicated(characteristic) else {
      return record([0x1B] + bytes(handle) + cut, fromCentral: false, at: instant, &log)
    }
    guard connection.role == .peripheral else {
      record([0x1D] + bytes(handle) + cut, fromCentral: false, at: instant, &log)
      // A host confirms what it has received by itself.
      return record([0x1E], fromCentral: true, at: instant, &log)
    }
    guard indications.count < Self.pendingLimit else { return leaveOut() }
    indications.append((cut, handle))
    if indications.count == 1 { recordIndication(at: instant, &log) }
  }

  /// The central has confirmed the indication that is on its way.
  public mutating func confirmed(at instant: MonotonicInstant, _ log: inout MonitorLog) {
    guard !hasEnded, !indications.isEmpty else { return }
    record([0x1E], fromCentral: true, at: instant, &log)
    indications.removeFirst()
    recordIndication(at: instant, &log)
  }

  /// The connection is over.
  public mutating func end(_ reason: DisconnectReason, at instant: MonotonicInstant, _ log: inout MonitorLog) {
    guard !hasEnded else { return }
    hasEnded = true
    pending = []
    indications = []
    log.append(
      [0x05, 4, 0] + bytes(connection.handle) + [reason.code], kind: .event, direction: .received,
      controller: connection.controller, at: instant)
  }

  // MARK: Records

  private mutating func leaveOut() { leftOut += 1 }

  private func recordIndication(at instant: MonotonicInstant, _ log: inout MonitorLog) {
    guard let (value, handle) = indications.first else { return }
    record([0x1D] + bytes(handle) + value, fromCentral: false, at: instant, &log)
  }

  private func handle(of request: Request) -> UInt16? {
    switch request {
    case .read(let characteristic, _), .write(_, let characteristic): layout.value(of: characteristic)
    case .configure(let characteristic, _): layout.configuration(of: characteristic)
    }
  }

  /// Records the requests whose turn it is, and the answers that are there.
  private mutating func proceed(at instant: MonotonicInstant, _ log: inout MonitorLog) {
    while let first = pending.first, let handle = handle(of: first.request) {
      let request = pdu(of: first.request, at: handle)
      if !first.isRecorded {
        record(request, fromCentral: true, at: instant, &log)
        pending[0].isRecorded = true
      }
      guard let answer = first.answer else { return }
      pending.removeFirst()
      switch (answer, first.request) {
      case (.failure(let error), _):
        record([0x01, request[0]] + bytes(handle) + [error.rawValue], fromCentral: false, at: instant, &log)
      case (.success, .write), (.success, .configure): record([0x13], fromCentral: false, at: instant, &log)
      case (.success(let value), .read(_, let offset)):
        recordParts(of: value, from: offset, of: handle, at: instant, &log)
      }
    }
  }

  private func pdu(of request: Request, at handle: UInt16) -> [UInt8] {
    switch request {
    case .read(_, offset: 0): [0x0A] + bytes(handle)
    case .read(_, let offset): [0x0C] + bytes(handle) + bytes(UInt16(clamping: offset))
    case .write(let value, _): [0x12] + bytes(handle) + value
    case .configure(let characteristic, let isSubscribed):
      [0x12] + bytes(handle) + bytes(!isSubscribed ? 0 : layout.isIndicated(characteristic) ? 2 : 1)
    }
  }

  /// The value that a read gave, in as many PDUs as it takes (Core Vol 3 Part F 3.4.4.3 and 3.4.4.5); the request for the first is recorded.
  private func recordParts(
    of value: [UInt8], from offset: Int, of handle: UInt16, at instant: MonotonicInstant, _ log: inout MonitorLog
  ) {
    let length = max(1, connection.maximumTransmissionUnit - 1)
    var rest = value[...]
    var place = offset
    while true {
      let part = rest.prefix(length)
      record([place == 0 ? 0x0B : 0x0D] + part, fromCentral: false, at: instant, &log)
      rest = rest.dropFirst(part.count)
      place += part.count
      // A part that fills its PDU may not be the last; no value is longer than 512 bytes.
      guard part.count == length, place < 512, !connection.asksForEachPart else { return }
      record([0x0C] + bytes(handle) + bytes(UInt16(clamping: place)), fromCentral: true, at: instant, &log)
    }
  }

  func exchange(_ request: [UInt8], _ response: [UInt8], at instant: MonotonicInstant, _ log: inout MonitorLog) {
    record(request, fromCentral: true, at: instant, &log)
    record(response, fromCentral: false, at: instant, &log)
  }

  /// An ATT PDU, in one HCI ACL packet of whatever length it takes.
  private func record(
    _ pdu: [UInt8], fromCentral: Bool, at instant: MonotonicInstant, _ log: inout MonitorLog
  ) {
    let direction: CaptureDirection = fromCentral == (connection.role == .central) ? .sent : .received
    // The first packet of a PDU that cannot be flushed, from the host; or one from the controller (Core Vol 4 Part E 5.4.2).
    let boundary: UInt16 = direction == .sent ? 0 : 0x2000
    let length = UInt16(clamping: pdu.count)
    let packet = bytes(connection.handle | boundary) + bytes(length &+ 4) + bytes(length) + bytes(4) + pdu
    log.append(packet, kind: .acl, direction: direction, controller: connection.controller, at: instant)
  }
}

/// A number as Bluetooth has it: least significant byte first.
func bytes(_ number: UInt16) -> [UInt8] {
  [UInt8(truncatingIfNeeded: number), UInt8(truncatingIfNeeded: number >> 8)]
}
