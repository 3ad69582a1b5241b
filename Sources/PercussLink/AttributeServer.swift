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
  /// What a long read has left of the value it began with, so that its parts agree.
  private var rest: Rest?
  /// The request that the peripheral has not answered yet. ATT knows one at a time.
  private var unanswered: Int?
  /// What that request reads, and from where.
  private var reading: (BluetoothUUID, offset: Int)?
  private var requestCount = 0

  init(central: CentralID, peripheral: any RadioPeripheral, maximumTransmissionUnit: Int) {
    self.central = central
    self.peripheral = peripheral
    self.maximumTransmissionUnit = maximumTransmissionUnit
  }

  private struct Rest {
    let uuid: BluetoothUUID
    let offset: Int
    let bytes: ArraySlice<UInt8>
  }

  /// The services are others than before: what has been subscribed to and is no more ends without a word.
  mutating func servicesChanged() {
    let profile = peripheral.profile
    subscriptions = subscriptions.filter { profile[$0] != nil }
    waitingIndications.removeAll { profile[$0.1] == nil }
    rest = nil
  }

  /// What comes of a PDU from the central. The peripheral is only asked by whoever runs the question, after leaving this struct.
  enum Step {
    case none
    case send(AttributePDU)
    case ask(Question)
  }

  enum Question {
    /// Answered by ``response(to:of:)`` with the number.
    case read(BluetoothUUID, offset: Int, number: Int)
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
      guard let characteristic = peripheral.profile[uuid], permits(.writeWithoutResponse, characteristic.properties)
      else { return .none }
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
      guard permits(.read, properties) else { return .send(.response(.failure(.readNotPermitted))) }
      if let rest, rest.uuid == uuid, rest.offset == offset, offset > 0 { return .send(part(of: rest)) }
      reading = (uuid, offset)
      return .ask(.read(uuid, offset: offset, number: nextRequest()))
    case .write(let value, let uuid):
      guard permits(.write, properties) else { return .send(.response(.failure(.writeNotPermitted))) }
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

  private func permits(_ use: CharacteristicProperties, _ properties: CharacteristicProperties) -> Bool {
    guard peripheral.hostTraits.contains(.permitsByAttribute) else { return properties.contains(use) }
    let writes: CharacteristicProperties = [.write, .writeWithoutResponse]
    if properties.isDisjoint(with: writes.union(.read)) { return true }
    return use == .read ? properties.contains(.read) : !properties.isDisjoint(with: writes)
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
    guard case .success(let bytes) = value, let (uuid, offset) = reading.take() else { return .response(value) }
    return part(of: Rest(uuid: uuid, offset: offset, bytes: bytes.prefix(max(0, 512 - offset))))
  }

  /// The response to a write, from what the peripheral gave; nil when the request has its response already.
  mutating func response(to refusal: ATTError?, of number: Int) -> AttributePDU? {
    guard unanswered == number else { return nil }
    unanswered = nil
    return .response(refusal.map { .failure($0) } ?? .success([]))
  }

  private mutating func part(of value: Rest) -> AttributePDU {
    let limit = maximumTransmissionUnit - 1
    let part = value.bytes.prefix(limit)
    let mayGoOn = part.count == limit && !peripheral.hostTraits.contains(.asksForEachPart)
    rest =
      mayGoOn
      ? Rest(uuid: value.uuid, offset: value.offset + part.count, bytes: value.bytes.dropFirst(part.count)) : nil
    return .response(.success(Array(part)))
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
