import PercussGATT
import PercussTime

/// The peripheral's host on one connection: checks what the profile permits, asks the peripheral, keeps the subscriptions, and has one
/// indication on its way at a time.
struct AttributeServer {
  let central: CentralID
  let peripheral: any RadioPeripheral
  let maximumTransmissionUnit: Int

  /// How many indications wait for the confirmation of the one before.
  static let indicationLimit = 16

  private var subscriptions: Set<BluetoothUUID> = []
  private var waitingIndications: [([UInt8], BluetoothUUID)] = []
  private var unconfirmed: BluetoothUUID?
  /// The value that a long read began with, so that its parts agree.
  private var readValue: [UInt8] = []
  /// The request that the peripheral has not answered yet. ATT knows one at a time.
  private var unanswered: Int?
  private var requestCount = 0

  init(central: CentralID, peripheral: any RadioPeripheral, maximumTransmissionUnit: Int) {
    self.central = central
    self.peripheral = peripheral
    self.maximumTransmissionUnit = maximumTransmissionUnit
  }

  /// What comes of a PDU from the central. The peripheral is only asked by whoever runs the question, after leaving this struct.
  enum Step {
    case none
    case send(AttributePDU)
    case ask(Question)
  }

  enum Question {
    /// Answered by ``response(to:of:)`` with the number.
    case read(BluetoothUUID, number: Int)
    /// A request has a number, and is answered by ``response(to:of:)``; a command has none.
    case write([UInt8], BluetoothUUID, number: Int?)
    case subscription(BluetoothUUID, Bool)
    case confirmed(BluetoothUUID, next: AttributePDU?)
  }

  mutating func receive(_ pdu: AttributePDU) -> Step {
    switch pdu {
    case .request(let request): return receive(request)
    case .command(let value, let uuid):
      // A refused command has no answer.
      guard peripheral.profile[uuid]?.properties.contains(.writeWithoutResponse) == true else { return .none }
      return .ask(.write(value, uuid, number: nil))
    case .confirmation:
      guard let confirmed = unconfirmed.take() else { return .none }
      guard !waitingIndications.isEmpty else { return .ask(.confirmed(confirmed, next: nil)) }
      let (value, uuid) = waitingIndications.removeFirst()
      unconfirmed = uuid
      return .ask(.confirmed(confirmed, next: .indication(value, uuid)))
    case .response, .notification, .indication: return .none
    }
  }

  private mutating func receive(_ request: AttributeRequest) -> Step {
    let properties = peripheral.profile[request.characteristic]?.properties ?? []
    switch request {
    case .read(let uuid, let offset):
      guard properties.contains(.read) else { return .send(.response(.failure(.readNotPermitted))) }
      return offset == 0 ? .ask(.read(uuid, number: nextRequest())) : .send(part(from: offset))
    case .write(let value, let uuid):
      guard properties.contains(.write) else { return .send(.response(.failure(.writeNotPermitted))) }
      return .ask(.write(value, uuid, number: nextRequest()))
    case .configure(let uuid, let isSubscribed):
      guard !properties.isDisjoint(with: [.notify, .indicate]) else {
        return .send(.response(.failure(.attributeNotFound)))
      }
      let changed = isSubscribed ? subscriptions.insert(uuid).inserted : subscriptions.remove(uuid) != nil
      if !isSubscribed { waitingIndications.removeAll { $0.1 == uuid } }
      return changed ? .ask(.subscription(uuid, isSubscribed)) : .send(.response(.success([])))
    }
  }

  private mutating func nextRequest() -> Int {
    requestCount += 1
    unanswered = requestCount
    return requestCount
  }

  /// The response to a read, from what the peripheral gave; nil when the request has its response already.
  mutating func response(to value: Result<[UInt8], ATTError>, of number: Int) -> AttributePDU? {
    guard unanswered == number else { return nil }
    unanswered = nil
    guard case .success(let bytes) = value else { return .response(value) }
    readValue = Array(bytes.prefix(512))
    return part(from: 0)
  }

  /// The response to a write, from what the peripheral gave; nil when the request has its response already.
  mutating func response(to refusal: ATTError?, of number: Int) -> AttributePDU? {
    guard unanswered == number else { return nil }
    unanswered = nil
    return .response(refusal.map { .failure($0) } ?? .success([]))
  }

  private func part(from offset: Int) -> AttributePDU {
    guard offset <= readValue.count else { return .response(.failure(.invalidOffset)) }
    return .response(.success(Array(readValue.dropFirst(offset).prefix(maximumTransmissionUnit - 1))))
  }

  /// A notification, cut to what fits; nil when the central has not subscribed.
  func notification(_ value: [UInt8], of uuid: BluetoothUUID) -> AttributePDU? {
    guard subscriptions.contains(uuid) else { return nil }
    return .notification(Array(value.prefix(maximumTransmissionUnit - 3)), uuid)
  }

  enum Indication {
    case send(AttributePDU)
    case waits
    case notSubscribed
    case queueFull
  }

  /// Takes an indication, cut to what fits.
  mutating func indicate(_ value: [UInt8], of uuid: BluetoothUUID) -> Indication {
    guard subscriptions.contains(uuid) else { return .notSubscribed }
    guard waitingIndications.count < Self.indicationLimit else { return .queueFull }
    let cut = Array(value.prefix(maximumTransmissionUnit - 3))
    if unconfirmed == nil {
      unconfirmed = uuid
      return .send(.indication(cut, uuid))
    }
    waitingIndications.append((cut, uuid))
    return .waits
  }
}
