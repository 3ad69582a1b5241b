internal import PercussDBus
internal import PercussGATT
internal import PercussLink

/// What bluetoothd decides as the server in front of GATT applications: how values go to an application and come from it, and who has subscribed.
///
/// After bluetoothd's `src/gatt-database.c`: the first subscriber has the application asked for a descriptor where it offers one, else each one has it
/// told to start; what it notifies goes to all who have subscribed; a characteristic that can be written without response is written without
/// awaiting the application.
struct ApplicationDatabase: Sendable {
  /// What is to be done, in order.
  enum Action: Equatable {
    case startNotify(BluetoothUUID)
    case stopNotify(BluetoothUUID)
    case acquireNotify(BluetoothUUID, CentralID)
    case closeNotifier(BluetoothUUID)
    case acquireWrite(BluetoothUUID, CentralID)
    case closeWriter(BluetoothUUID)
    case sendPacket(BluetoothUUID, [UInt8])
    /// Without a number no answer is awaited.
    case writeValue(BluetoothUUID, [UInt8], CentralID, number: Int?)
    /// Tell the central.
    case answer(Int, ATTError?)
    case notify(BluetoothUUID, [UInt8], CentralID)
    case indicate(BluetoothUUID, [UInt8], CentralID)
  }

  /// Writes that wait for a descriptor; one more is refused or lost.
  static let waitingLimit = 64

  private struct Write {
    let value: [UInt8]
    let central: CentralID
    let number: Int
  }

  private enum Writer {
    case absent
    case acquiring([Write])
    case open
  }

  private struct Characteristic {
    let application: Int
    var registered: RegisteredApplication.Characteristic
    var subscribers: [CentralID] = []
    var isNotifierPending = false
    var hasNotifier = false
    var writer = Writer.absent

    var isIndicated: Bool { registered.properties.contains(.indicate) }
    var awaitsWrites: Bool { !registered.properties.contains(.writeWithoutResponse) }
  }

  private var applications: [(number: Int, application: RegisteredApplication)] = []
  private var characteristics: [BluetoothUUID: Characteristic] = [:]

  // MARK: Applications

  /// Adds what an application offers. A characteristic of a UUID that there is already cannot be reached.
  mutating func add(_ application: RegisteredApplication, number: Int) {
    applications.append((number, application))
    for characteristic in application.services.flatMap(\.characteristics)
    where characteristics[characteristic.uuid] == nil {
      characteristics[characteristic.uuid] = Characteristic(application: number, registered: characteristic)
    }
  }

  /// Takes an application away; its writes fail, its descriptors close.
  mutating func remove(_ number: Int) -> [Action] {
    applications.removeAll { $0.number == number }
    var actions: [Action] = []
    for uuid in characteristics.keys.sorted() where characteristics[uuid]?.application == number {
      guard let gone = characteristics.removeValue(forKey: uuid) else { continue }
      if gone.hasNotifier { actions.append(.closeNotifier(uuid)) }
      switch gone.writer {
      case .absent: break
      case .acquiring(let writes): actions += writes.map { .answer($0.number, .requestNotSupported) }
      case .open: actions.append(.closeWriter(uuid))
      }
    }
    return actions
  }

  /// What centrals discover.
  var profile: Profile {
    Profile(
      services: applications.flatMap(\.application.services).map { service in
        ServiceDescription(
          service.uuid, name: service.uuid.description,
          characteristics: service.characteristics.map {
            CharacteristicDescription(
              $0.uuid, name: $0.uuid.description, properties: $0.properties, descriptors: $0.descriptors.map(\.uuid))
          })
      })
  }

  /// What may only be read and written over encrypted links.
  var secured: Set<BluetoothUUID> {
    Set(characteristics.filter(\.value.registered.needsEncryption).keys)
  }

  /// Where the characteristic is, and whose.
  func place(of uuid: BluetoothUUID) -> (path: ObjectPath, application: Int)? {
    characteristics[uuid].map { ($0.registered.path, $0.application) }
  }

  /// A descriptor, and whose it is.
  func descriptor(_ id: DescriptorID) -> (RegisteredApplication.Descriptor, application: Int)? {
    guard let owner = characteristics[id.characteristic],
      let descriptor = owner.registered.descriptors.first(where: { $0.uuid == id.uuid })
    else { return nil }
    return (descriptor, owner.application)
  }

  func uuid(of path: ObjectPath, application: Int) -> BluetoothUUID? {
    characteristics.first { $0.value.registered.path == path && $0.value.application == application }?.key
  }

  /// A property of a characteristic has come or gone: what it offers is another.
  mutating func properties(of uuid: BluetoothUUID, appeared: some Sequence<String>, gone: some Sequence<String>) {
    func update(_ isThere: inout Bool, _ name: String) {
      if gone.contains(name) { isThere = false }
      if appeared.contains(name) { isThere = true }
    }
    guard var characteristic = characteristics[uuid] else { return }
    update(&characteristic.registered.acquiresNotify, "NotifyAcquired")
    update(&characteristic.registered.acquiresWrite, "WriteAcquired")
    characteristics[uuid] = characteristic
  }

  // MARK: Writes

  mutating func write(_ value: [UInt8], to uuid: BluetoothUUID, by central: CentralID, number: Int) -> [Action] {
    guard let characteristic = characteristics[uuid] else { return [.answer(number, .unlikelyError)] }
    switch characteristic.writer {
    case .open: return [.sendPacket(uuid, value), .answer(number, nil)]
    case .acquiring(let writes):
      guard writes.count < Self.waitingLimit else { return [.answer(number, .insufficientResources)] }
      characteristics[uuid]?.writer = .acquiring(writes + [Write(value: value, central: central, number: number)])
      return []
    case .absent: break
    }
    if characteristic.registered.acquiresWrite {
      characteristics[uuid]?.writer = .acquiring([Write(value: value, central: central, number: number)])
      return [.acquireWrite(uuid, central)]
    }
    return forward([Write(value: value, central: central, number: number)], uuid, characteristic)
  }

  private func forward(_ writes: [Write], _ uuid: BluetoothUUID, _ characteristic: Characteristic) -> [Action] {
    writes.flatMap { write -> [Action] in
      if characteristic.awaitsWrites { return [.writeValue(uuid, write.value, write.central, number: write.number)] }
      return [.writeValue(uuid, write.value, write.central, number: nil), .answer(write.number, nil)]
    }
  }

  /// The application has given a descriptor for writing, or refuses.
  mutating func writerAcquired(_ uuid: BluetoothUUID, _ refusal: ATTError?) -> [Action] {
    guard let characteristic = characteristics[uuid], case .acquiring(let writes) = characteristic.writer else {
      return refusal == nil ? [.closeWriter(uuid)] : []
    }
    characteristics[uuid]?.writer = refusal == nil ? .open : .absent
    switch refusal {
    case nil: return writes.flatMap { [.sendPacket(uuid, $0.value), .answer($0.number, nil)] }
    // No reason that a central would understand: then in the other way, and without awaiting the application.
    case .unlikelyError:
      return writes.flatMap { [.writeValue(uuid, $0.value, $0.central, number: nil), .answer($0.number, nil)] }
    case let refusal?: return writes.map { .answer($0.number, refusal) }
    }
  }

  /// The application has closed the descriptor; the next write asks for one again.
  mutating func writerClosed(_ uuid: BluetoothUUID) {
    if case .open = characteristics[uuid]?.writer { characteristics[uuid]?.writer = .absent }
  }

  // MARK: Subscriptions

  mutating func subscribe(_ central: CentralID, to uuid: BluetoothUUID) -> [Action] {
    guard var characteristic = characteristics[uuid], !characteristic.subscribers.contains(central) else { return [] }
    characteristic.subscribers.append(central)
    defer { characteristics[uuid] = characteristic }
    if characteristic.hasNotifier || characteristic.isNotifierPending { return [] }
    guard characteristic.registered.acquiresNotify else { return [.startNotify(uuid)] }
    characteristic.isNotifierPending = true
    return [.acquireNotify(uuid, central)]
  }

  /// The application has given a descriptor for notifications, or refuses.
  mutating func notifierAcquired(_ uuid: BluetoothUUID, isRefused: Bool, mayStart: Bool) -> [Action] {
    guard characteristics[uuid]?.isNotifierPending == true else { return isRefused ? [] : [.closeNotifier(uuid)] }
    characteristics[uuid]?.isNotifierPending = false
    if isRefused { return mayStart ? [.startNotify(uuid)] : [] }
    guard characteristics[uuid]?.subscribers.isEmpty == false else { return [.closeNotifier(uuid)] }
    characteristics[uuid]?.hasNotifier = true
    return []
  }

  /// The application has closed the descriptor. It may go on with signals.
  mutating func notifierClosed(_ uuid: BluetoothUUID) { characteristics[uuid]?.hasNotifier = false }

  mutating func unsubscribe(_ central: CentralID, from uuid: BluetoothUUID) -> [Action] {
    guard let index = characteristics[uuid]?.subscribers.firstIndex(of: central) else { return [] }
    characteristics[uuid]?.subscribers.remove(at: index)
    guard let characteristic = characteristics[uuid], characteristic.subscribers.isEmpty else { return [] }
    if characteristic.hasNotifier {
      characteristics[uuid]?.hasNotifier = false
      return [.closeNotifier(uuid)]
    }
    return characteristic.isNotifierPending ? [] : [.stopNotify(uuid)]
  }

  /// The subscriptions of a central end with its link. Descriptors for writing stay, as with bluetoothd.
  mutating func disconnected(_ central: CentralID) -> [Action] {
    characteristics.keys.sorted().flatMap { unsubscribe(central, from: $0) }
  }

  func isSubscribed(_ central: CentralID, to uuid: BluetoothUUID) -> Bool {
    characteristics[uuid]?.subscribers.contains(central) == true
  }

  /// The application notifies: everybody who has subscribed gets it.
  func value(_ value: [UInt8], of uuid: BluetoothUUID) -> [Action] {
    guard let characteristic = characteristics[uuid] else { return [] }
    let value = Array(value.prefix(512))
    return characteristic.subscribers.map {
      characteristic.isIndicated ? .indicate(uuid, value, $0) : .notify(uuid, value, $0)
    }
  }
}
