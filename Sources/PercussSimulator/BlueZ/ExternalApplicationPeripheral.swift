internal import PercussBlueZ
internal import PercussDBus
internal import PercussGATT
internal import PercussLink
internal import PercussTime

/// An emulated adapter as a peripheral: hands what centrals ask over the air to the GATT applications that are registered on it, and what those notify to
/// the centrals.
///
/// Permissions beyond "encrypted or not" are not emulated, and of several characteristics with one UUID only the first can be reached.
actor ExternalApplicationPeripheral: DescriptorServer {
  /// Who has registered an application, and where it is.
  struct Application: Hashable, Sendable {
    let sender: String
    let path: ObjectPath
  }

  nonisolated let timeline: RealTimeline
  nonisolated var unownedExecutor: UnownedSerialExecutor { timeline.asUnownedSerialExecutor() }
  nonisolated var profile: Profile { assumeIsolated { $0.offered } }
  nonisolated let hostTraits: HostTraits = [.asksForEachPart, .permitsByAttribute]

  private let bus: BusConnection
  /// The object that stands for a central.
  private let path: @Sendable (CentralID) -> ObjectPath?
  var database = ApplicationDatabase()
  private var offered = Profile(services: [])
  private var applications: [Int: Application] = [:]
  var ports: [CentralID: any PeripheralPort] = [:]
  var notifiers: [BluetoothUUID: AcquiredSocket] = [:]
  var writers: [BluetoothUUID: AcquiredSocket] = [:]
  private var answers: [Int: @Sendable (ATTError?) -> Void] = [:]
  private var answerCount = 0
  /// What the radio has no room for yet, in order.
  var waiting: [CentralID: [Outgoing]] = [:]
  var nextAttempt: ScheduledAction?

  struct Outgoing {
    let uuid: BluetoothUUID
    let value: [UInt8]
    let isIndication: Bool
  }

  /// How many values wait for a central; bluetoothd knows no limit, here what is beyond it is lost.
  static let waitingLimit = 4_096
  /// Time between attempts to send what waits.
  static let attemptInterval: Duration = .milliseconds(5)

  init(bus: BusConnection, path: @escaping @Sendable (CentralID) -> ObjectPath?) {
    self.bus = bus
    timeline = bus.timeline
    self.path = path
  }

  // MARK: Applications

  func add(_ registered: RegisteredApplication, _ application: Application, number: Int) {
    applications[number] = application
    database.add(registered, number: number)
    offered = database.profile
  }

  func remove(_ number: Int) {
    perform(database.remove(number))
    applications[number] = nil
    offered = database.profile
  }

  /// What may only be read and written over encrypted links.
  var secured: Set<BluetoothUUID> { database.secured }

  /// An application tells of changed properties, of which one may be a value.
  func propertiesChanged(at path: ObjectPath, application: Int, _ changed: [String: DBusValue], gone: [String]) {
    guard let uuid = database.uuid(of: path, application: application) else { return }
    database.properties(of: uuid, appeared: changed.keys, gone: gone)
    if let value = changed["Value"]?.bytes { perform(database.value(value, of: uuid)) }
  }

  // MARK: From the air

  nonisolated func centralConnected(_ central: CentralID, port: any PeripheralPort) {
    assumeIsolated { $0.ports[central] = port }
  }

  nonisolated func centralDisconnected(_ central: CentralID, reason: DisconnectReason) {
    assumeIsolated { peripheral in
      peripheral.ports[central] = nil
      peripheral.waiting[central] = nil
      peripheral.perform(peripheral.database.disconnected(central))
    }
  }

  nonisolated func read(
    _ characteristic: BluetoothUUID, from central: CentralID,
    answer: @escaping @Sendable (Result<[UInt8], ATTError>) -> Void
  ) {
    read(characteristic, offset: 0, from: central, answer: answer)
  }

  nonisolated func read(
    _ characteristic: BluetoothUUID, offset: Int, from central: CentralID,
    answer: @escaping @Sendable (Result<[UInt8], ATTError>) -> Void
  ) {
    assumeIsolated { peripheral in
      let options = peripheral.options(central, offset: offset)
      guard let call = peripheral.call("ReadValue", of: characteristic, [options]) else {
        return answer(.failure(.unlikelyError))
      }
      peripheral.sendRead(call, answer)
    }
  }

  private func sendRead(_ call: MethodCall, _ answer: @escaping @Sendable (Result<[UInt8], ATTError>) -> Void) {
    send(call) { _, result in
      switch result {
      case .success(let values): answer(values.first?.bytes.map { .success($0) } ?? .failure(.requestNotSupported))
      case .failure(let failure): answer(.failure(ATTError(failure, isRead: true)))
      }
    }
  }

  // MARK: Descriptors

  nonisolated func isSecured(_ descriptor: DescriptorID) -> Bool {
    assumeIsolated { $0.database.descriptor(descriptor)?.0.needsEncryption == true }
  }

  nonisolated func read(
    _ descriptor: DescriptorID, offset: Int, from central: CentralID,
    answer: @escaping @Sendable (Result<[UInt8], ATTError>) -> Void
  ) {
    assumeIsolated { peripheral in
      guard let (registered, number) = peripheral.database.descriptor(descriptor) else {
        return answer(.failure(.invalidHandle))
      }
      guard registered.canRead else { return answer(.failure(.readNotPermitted)) }
      let options = peripheral.options(central, offset: offset)
      guard let call = peripheral.call("ReadValue", of: registered, number, [options]) else {
        return answer(.failure(.unlikelyError))
      }
      peripheral.sendRead(call, answer)
    }
  }

  nonisolated func write(
    _ value: [UInt8], to descriptor: DescriptorID, from central: CentralID,
    answer: @escaping @Sendable (ATTError?) -> Void
  ) {
    assumeIsolated { peripheral in
      guard let (registered, number) = peripheral.database.descriptor(descriptor) else { return answer(.invalidHandle) }
      guard registered.canWrite else { return answer(.writeNotPermitted) }
      let arguments = [.bytes(value), peripheral.options(central)]
      guard let call = peripheral.call("WriteValue", of: registered, number, arguments) else {
        return answer(.unlikelyError)
      }
      peripheral.send(call) { _, result in
        if case .failure(let failure) = result { answer(ATTError(failure, isRead: false)) } else { answer(nil) }
      }
    }
  }

  private func call(
    _ member: String, of descriptor: RegisteredApplication.Descriptor, _ application: Int, _ arguments: [DBusValue]
  ) -> MethodCall? {
    applications[application].map {
      MethodCall(
        destination: $0.sender, path: descriptor.path, interface: BlueZ.Interface.descriptor, member: member,
        arguments: arguments)
    }
  }

  nonisolated func write(
    _ value: [UInt8], to characteristic: BluetoothUUID, type: WriteType, from central: CentralID,
    answer: @escaping @Sendable (ATTError?) -> Void
  ) {
    // What is longer no attribute holds (Core Vol 3 Part F 3.2.9).
    guard value.count <= 512 else { return answer(.invalidAttributeValueLength) }
    assumeIsolated { peripheral in
      peripheral.answerCount += 1
      let number = peripheral.answerCount
      peripheral.answers[number] = answer
      peripheral.perform(peripheral.database.write(value, to: characteristic, by: central, number: number))
    }
  }

  nonisolated func subscriptionChanged(_ characteristic: BluetoothUUID, isSubscribed: Bool, by central: CentralID) {
    assumeIsolated { peripheral in
      peripheral.perform(
        isSubscribed
          ? peripheral.database.subscribe(central, to: characteristic)
          : peripheral.database.unsubscribe(central, from: characteristic))
    }
  }

  nonisolated func indicationConfirmed(_ characteristic: BluetoothUUID, by central: CentralID) {
    assumeIsolated { $0.tell("Confirm", characteristic) }
  }

  // MARK: What was decided

  func perform(_ actions: [ApplicationDatabase.Action]) {
    for action in actions {
      switch action {
      case .startNotify(let uuid): tell("StartNotify", uuid)
      case .stopNotify(let uuid): tell("StopNotify", uuid)
      case .acquireNotify(let uuid, let central): acquireNotify(uuid, central)
      case .closeNotifier(let uuid): notifiers[uuid] = nil
      case .acquireWrite(let uuid, let central): acquireWrite(uuid, central)
      case .closeWriter(let uuid): writers[uuid] = nil
      case .sendPacket(let uuid, let value): writers[uuid]?.send(value)
      case .writeValue(let uuid, let value, let central, let number): write(value, uuid, central, number)
      case .answer(let number, let error): answers.removeValue(forKey: number)?(error)
      case .notify(let uuid, let value, let central):
        send(Outgoing(uuid: uuid, value: value, isIndication: false), to: central)
      case .indicate(let uuid, let value, let central):
        send(Outgoing(uuid: uuid, value: value, isIndication: true), to: central)
      }
    }
  }

  // MARK: To the application

  private func write(_ value: [UInt8], _ uuid: BluetoothUUID, _ central: CentralID, _ number: Int?) {
    guard var call = call("WriteValue", of: uuid, [.bytes(value), options(central)]) else {
      if let number { perform([.answer(number, .unlikelyError)]) }
      return
    }
    guard let number else {
      call.expectsReply = false
      return send(call) { _, _ in }
    }
    send(call) { peripheral, result in
      var refusal: ATTError?
      if case .failure(let failure) = result { refusal = ATTError(failure, isRead: false) }
      peripheral.perform([.answer(number, refusal)])
    }
  }

  // MARK: Calls

  func options(_ central: CentralID, offset: Int = 0) -> DBusValue {
    var options: [NamedProperty] = []
    if let path = path(central) { options.append(NamedProperty("device", .objectPath(path))) }
    if offset > 0 { options.append(NamedProperty("offset", .uint16(UInt16(clamping: offset)))) }
    options.append(NamedProperty("link", .string("LE")))
    if let port = ports[central] {
      options.append(NamedProperty("mtu", .uint16(UInt16(clamping: port.maximumTransmissionUnit))))
    }
    return .dictionary(of: options)
  }

  func call(_ member: String, of uuid: BluetoothUUID, _ arguments: [DBusValue] = []) -> MethodCall? {
    guard let (path, number) = database.place(of: uuid), let application = applications[number] else { return nil }
    return MethodCall(
      destination: application.sender, path: path, interface: BlueZ.Interface.characteristic, member: member,
      arguments: arguments)
  }

  private func tell(_ member: String, _ uuid: BluetoothUUID) {
    guard let call = call(member, of: uuid) else { return }
    send(call) { _, _ in }
  }

  func send(
    _ call: MethodCall,
    answer: @escaping @Sendable (isolated ExternalApplicationPeripheral, Result<[DBusValue], DBusFailure>) -> Void
  ) {
    bus.assumeIsolated { bus in
      bus.send(call) { [weak self] result in
        self?.assumeIsolated { answer($0, result) }
      }
    }
  }
}

extension ATTError {
  /// What bluetoothd makes of a call to an application that failed.
  init(_ failure: DBusFailure, isRead: Bool) {
    guard case .refused(let name, let message) = failure else {
      self = .unlikelyError
      return
    }
    self.init(applicationError: DBusErrorReply(name, message), isRead: isRead)
  }
}
