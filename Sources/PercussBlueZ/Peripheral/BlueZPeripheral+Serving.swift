internal import PercussDBus
internal import PercussGATT
internal import PercussLink
internal import PercussTime

// What bluetoothd calls, and what goes to it.
extension BlueZPeripheral {
  func isBluetoothd(_ sender: String) -> Bool { sender == tree.owner }

  func handle(_ call: IncomingCall, for role: ApplicationTree.Role) {
    guard isBluetoothd(call.sender) else { return call.fail(.stranger) }
    switch role {
    case .service: call.fail(BlueZ.ErrorName.unknownMethod)
    case .descriptor(let value):
      guard call.member == "ReadValue" else { return call.fail(ATTError.writeNotPermitted.applicationError) }
      let offset = ApplicationOptions(call.arguments.first).offset
      guard offset <= value.count else { return call.fail(ATTError.invalidOffset.applicationError) }
      call.reply([.bytes(Array(value.dropFirst(offset)))])
    case .characteristic(let uuid): handle(call, of: uuid)
    }
  }

  private func handle(_ call: IncomingCall, of uuid: BluetoothUUID) {
    switch call.member {
    case "ReadValue": read(uuid, call)
    case "WriteValue": write(uuid, call)
    case "AcquireNotify": acquireNotify(uuid, call)
    case "AcquireWrite": acquireWrite(uuid, call)
    case "StartNotify":
      session.notifyStarted(uuid)
      call.reply()
    case "StopNotify":
      notifiers.removeValue(forKey: uuid)?.close()
      session.notifyStopped(uuid)
      call.reply()
    case "Confirm":
      session.confirmed(uuid, at: timeline.now)
      call.reply()
    default: call.fail(BlueZ.ErrorName.unknownMethod)
    }
    settle()
  }

  // MARK: Values

  private func read(_ uuid: BluetoothUUID, _ call: IncomingCall) {
    let options = ApplicationOptions(call.arguments.first)
    let step = session.read(uuid, options)
    // A central that is new is introduced first.
    settle()
    switch step {
    case .answer(let value): call.reply([.bytes(value)])
    case .refuse(let error): call.fail(error.applicationError)
    case .ask(let central):
      peripheral.read(uuid, from: central) { [weak self] result in
        let part = result.flatMap { value in
          self?.assumeIsolated { $0.session.answer(to: central, of: uuid, with: value, from: options.offset) }
            ?? .failure(.unlikelyError)
        }
        switch part {
        case .success(let value): call.reply([.bytes(value)])
        case .failure(let error): call.fail(error.applicationError)
        }
      }
    }
  }

  private func write(_ uuid: BluetoothUUID, _ call: IncomingCall) {
    guard call.arguments.count == 2, let value = call.arguments[0].bytes else {
      return call.fail(BlueZ.ErrorName.invalidArguments)
    }
    let step = session.write(
      value, to: uuid, ApplicationOptions(call.arguments[1]), expectsReply: call.expectsReply)
    settle()
    switch step {
    case .accept: call.reply()
    case .refuse(let error): call.fail(error.applicationError)
    case .ask(let value, let central, let type):
      peripheral.write(value, to: uuid, type: type, from: central) { refusal in
        if let refusal { call.fail(refusal.applicationError) } else { call.reply() }
      }
    }
  }

  // MARK: Descriptors

  /// Whether values of the characteristic go through a descriptor now; nil where they never do.
  func acquisition(_ property: String, of uuid: BluetoothUUID) -> Bool? {
    switch property {
    case "NotifyAcquired": session.isNotifiable(uuid) ? notifiers[uuid] != nil : nil
    case "WriteAcquired": session.isWritable(uuid) && session.offersWriters ? writers[uuid] != nil : nil
    default: nil
    }
  }

  private func acquireNotify(_ uuid: BluetoothUUID, _ call: IncomingCall) {
    guard let (near, far) = PacketSocket.pair() else { return call.fail(BlueZ.ErrorName.notAvailable) }
    guard let unit = session.acquireNotify(uuid, ApplicationOptions(call.arguments.first)) else {
      return call.fail(BlueZ.ErrorName.notSupported)
    }
    do {
      try near.observe(reading: false, on: timeline) { [weak self, identity = ObjectIdentifier(near)] _ in
        self?.assumeIsolated { $0.notifierClosed(uuid, identity) }
      }
    } catch {
      session.notifyStopped(uuid)
      return call.fail(BlueZ.ErrorName.notAvailable)
    }
    notifiers.updateValue(near, forKey: uuid)?.close()
    call.reply([.descriptor(far), .uint16(UInt16(clamping: unit))])
  }

  private func notifierClosed(_ uuid: BluetoothUUID, _ identity: ObjectIdentifier) {
    guard let socket = notifiers[uuid], ObjectIdentifier(socket) == identity else { return }
    socket.close()
    notifiers[uuid] = nil
    session.notifyStopped(uuid)
    settle()
  }

  private func acquireWrite(_ uuid: BluetoothUUID, _ call: IncomingCall) {
    guard let (near, far) = PacketSocket.pair() else { return call.fail(BlueZ.ErrorName.notAvailable) }
    let unit = session.acquireWrite(uuid, ApplicationOptions(call.arguments.first))
    settle()
    guard let unit else { return call.fail(ATTError.unlikelyError.applicationError) }
    do {
      try near.observe(reading: true, on: timeline) { [weak self, identity = ObjectIdentifier(near)] events in
        self?.assumeIsolated { $0.packetsArrived(uuid, identity, isHungUp: events.contains(.hangUp)) }
      }
    } catch {
      session.writerClosed(uuid)
      return call.fail(ATTError.unlikelyError.applicationError)
    }
    writers.updateValue(near, forKey: uuid)?.close()
    call.reply([.descriptor(far), .uint16(UInt16(clamping: unit))])
  }

  /// How many packets are taken from a descriptor before others have their turn.
  private static let packetsPerTurn = 32

  private func packetsArrived(_ uuid: BluetoothUUID, _ identity: ObjectIdentifier, isHungUp: Bool) {
    guard let socket = writers[uuid], ObjectIdentifier(socket) == identity else { return }
    for _ in 0..<Self.packetsPerTurn {
      switch socket.receive(isHungUp: isHungUp) {
      case .packet(let value):
        guard let central = session.packet(on: uuid) else { return }
        peripheral.write(value, to: uuid, type: .command, from: central) { _ in }
        // A write may end the link, and the descriptor with it.
        guard writers[uuid] === socket else { return settle() }
      case .nothing: return settle()
      case .closed:
        socket.close()
        writers[uuid] = nil
        session.writerClosed(uuid)
        return settle()
      }
    }
    settle()
  }

  // MARK: For the ports

  func notify(_ value: [UInt8], of uuid: BluetoothUUID, for central: CentralID) -> Bool {
    let value = Array(value.prefix(PeripheralSession.valueLimit))
    switch session.way(for: uuid, of: central) {
    case nil: return false
    case .signals: return emit(value, of: uuid)
    case .descriptor:
      switch notifiers[uuid]?.send(value) {
      case .taken: return true
      case .full: return false
      case .closed, nil:
        notifiers.removeValue(forKey: uuid)?.close()
        session.notifyStopped(uuid)
        settle()
        return false
      }
    }
  }

  func indicate(_ value: [UInt8], of uuid: BluetoothUUID, for central: CentralID) -> Bool {
    let isTaken = session.indicate(value, of: uuid, for: central, at: timeline.now)
    settle()
    return isTaken
  }

  // MARK: Registration and pairing

  func released(_ part: PeripheralRegistration.Part, _ call: IncomingCall) {
    guard isBluetoothd(call.sender) else { return call.fail(.stranger) }
    call.reply()
    registration.released(part, at: timeline.now)
    settle()
  }

  func answer(pairing call: IncomingCall) {
    guard isBluetoothd(call.sender) else { return call.fail(.stranger) }
    let device = call.arguments.first?.objectPath
    switch call.member {
    case "Release": released(.agent, call)
    case "Cancel": call.reply()
    case "RequestAuthorization": decide(.pairing, device, call)
    case "RequestConfirmation": decide(.comparison(call.arguments.last?.integer(as: UInt32.self) ?? 0), device, call)
    case "AuthorizeService": decide(.service(call.arguments.last?.string ?? ""), device, call)
    case "DisplayPasskey":
      let number = call.arguments.dropFirst().first?.integer(as: UInt32.self) ?? 0
      report(.passkey(number, device.flatMap { BluetoothAddress(pathElement: $0) }))
      call.reply()
    default: call.fail(BlueZ.ErrorName.rejected, "nobody is here to enter anything")
    }
  }

  private func decide(_ kind: PairingQuestion.Kind, _ device: ObjectPath?, _ call: IncomingCall) {
    let question = PairingQuestion(central: device.flatMap { BluetoothAddress(pathElement: $0) }, kind: kind)
    let isAllowed = isOwn(kind, device) && configuration.pairing?.decide(question) == true
    report(.pairing(question, isAllowed: isAllowed))
    if isAllowed { call.reply() } else { call.fail(BlueZ.ErrorName.rejected, "refused") }
  }

  /// Whether a question to the machine's default agent is about this peripheral, and not about a keyboard, say.
  private func isOwn(_ kind: PairingQuestion.Kind, _ device: ObjectPath?) -> Bool {
    guard let adapter = registration.surroundings.adapter?.path, device?.isDescendant(of: adapter) == true else {
      return false
    }
    guard case .service(let uuid) = kind else { return true }
    return peripheral.profile.services.contains { $0.uuid == BluetoothUUID(uuid) }
  }
}
