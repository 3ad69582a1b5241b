internal import PercussBlueZ
internal import PercussDBus
internal import PercussGATT
internal import PercussLink
internal import PercussTime

// The descriptors that applications give, and the queues in front of the radio.
extension ExternalApplicationPeripheral {
  /// bluetoothd takes everything from an application, and sends it when the radio has room.
  func send(_ outgoing: Outgoing, to central: CentralID) {
    guard let port = ports[central] else { return }
    if waiting[central] == nil, port.send(outgoing) { return }
    guard waiting[central]?.count ?? 0 < Self.waitingLimit else { return }
    waiting[central, default: []].append(outgoing)
    setAttempt()
  }

  private func setAttempt() {
    guard nextAttempt == nil, !waiting.isEmpty else { return }
    nextAttempt = timeline.schedule(after: Self.attemptInterval) { [weak self] in
      self?.assumeIsolated { $0.sendWaiting() }
    }
  }

  private func sendWaiting() {
    nextAttempt = nil
    for (central, list) in waiting.sorted(by: { $0.key < $1.key }) {
      guard let port = ports[central] else { continue }
      // What is not subscribed to any more never finds room.
      let rest = list.drop { !database.isSubscribed(central, to: $0.uuid) || port.send($0) }
      waiting[central] = rest.isEmpty ? nil : Array(rest)
    }
    setAttempt()
  }

  // MARK: Descriptors

  func acquireNotify(_ uuid: BluetoothUUID, _ central: CentralID) {
    guard let call = call("AcquireNotify", of: uuid, [options(central)]) else { return }
    send(call) { peripheral, result in
      let socket = peripheral.socket(in: result) { [weak peripheral] events in
        peripheral?.assumeIsolated { $0.notified(uuid, events) }
      }
      peripheral.notifiers[uuid] = socket
      let isFinal: Bool
      switch result {
      case .failure(.refused(BlueZ.ErrorName.failed, _)), .failure(.refused(BlueZ.ErrorName.noReply, _)),
        .failure(.timedOut):
        isFinal = true
      default: isFinal = false
      }
      peripheral.perform(
        peripheral.database.notifierAcquired(uuid, isRefused: socket == nil, mayStart: !isFinal))
    }
  }

  func acquireWrite(_ uuid: BluetoothUUID, _ central: CentralID) {
    guard let call = call("AcquireWrite", of: uuid, [options(central)]) else { return }
    send(call) { peripheral, result in
      let socket = peripheral.socket(in: result) { [weak peripheral] events in
        peripheral?.assumeIsolated { $0.writerHappened(uuid, events) }
      }
      peripheral.writers[uuid] = socket
      var refusal: ATTError?
      if socket == nil { refusal = .unlikelyError }
      if case .failure(let failure) = result { refusal = ATTError(failure, isRead: false) }
      peripheral.perform(peripheral.database.writerAcquired(uuid, refusal))
    }
  }

  private func socket(
    in result: Result<[DBusValue], DBusFailure>, _ handler: @escaping @Sendable (DescriptorEvents) -> Void
  ) -> AcquiredSocket? {
    guard case .success(let values) = result, values.count == 2, let descriptor = values[0].descriptor,
      values[1].integer(as: UInt16.self) != nil
    else { return nil }
    return AcquiredSocket.adopt(descriptor, on: timeline, handler: handler)
  }

  private func notified(_ uuid: BluetoothUUID, _ events: DescriptorEvents) {
    for _ in 0..<AcquiredSocket.turnLimit {
      switch notifiers[uuid]?.receive() {
      case .packet(let value): perform(database.value(value, of: uuid))
      case .nothing, nil: return
      case .empty:
        // bluetoothd stops reading at an empty packet, too.
        notifiers[uuid] = nil
        return database.notifierClosed(uuid)
      }
    }
  }

  private func writerHappened(_ uuid: BluetoothUUID, _ events: DescriptorEvents) {
    guard events.isDisjoint(with: [.hangUp, .error]) else {
      writers[uuid] = nil
      return database.writerClosed(uuid)
    }
    // Nothing is expected from there. What has nothing more to say would be told of for ever.
    if case .empty? = writers[uuid]?.receive() { writers[uuid]?.setReading(false) }
  }
}

extension PeripheralPort {
  fileprivate func send(_ outgoing: ExternalApplicationPeripheral.Outgoing) -> Bool {
    outgoing.isIndication
      ? indicate(outgoing.value, of: outgoing.uuid) : notify(outgoing.value, of: outgoing.uuid)
  }
}
