internal import PercussBlueZ
internal import PercussDBus
internal import PercussGATT
internal import PercussLink
internal import PercussTime

// The side of the emulation that faces the air.
extension EmulatedBlueZ {
  func performOnAir(_ action: DaemonAction) {
    switch action {
    case .scan(let adapter, true): beginScan(adapter)
    case .scan(let adapter, false):
      if let scan = scans.removeValue(forKey: adapter) { air.assumeIsolated { $0.endScan(scan) } }
    case .connect(let key): connect(key)
    case .cancelConnect(let key):
      if let attempt = attempts.removeValue(forKey: key) { air.assumeIsolated { $0.cancel(attempt) } }
    case .disconnect(let key): disconnect(key)
    case .dropLink(let key): dropLink(key)
    case .request(let key, let id, let operation): send(operation, id, to: key)
    case .command(let key, let characteristic, let value):
      links[key]?.commands.append(LinkRecord.Command(characteristic: characteristic, value: value))
      sendCommands(to: key)
    case .beginPairing(let key): beginPairing(key)
    case .tellPeer(let key, let message): say(message, key)
    case .encrypt(let key):
      if let link = links[key]?.link { air.assumeIsolated { $0.encrypt(link) } }
    default: break
    }
  }

  private func beginScan(_ adapter: String) {
    guard scans[adapter] == nil else { return }
    scans[adapter] = air.assumeIsolated { air in
      air.beginScan { [weak self] report in
        self?.assumeIsolated { $0.take(.air(.heard(adapter: adapter, report))) }
      }
    }
  }

  // MARK: Links

  private func connect(_ key: DeviceKey) {
    guard let adapter = daemon.adapter(key.adapter) else { return }
    let isReordering = daemon.quirks.reordersBursts
    attempts[key] = air.assumeIsolated { air in
      var parameters = air.parameters
      if isReordering { parameters.reordersUnacknowledged = true }
      return air.connect(from: adapter.address, to: key.address, parameters: parameters) { [weak self] link in
        self?.assumeIsolated { $0.linkMade(link, key) }
      }
    }
  }

  private func linkMade(_ link: AirLink, _ key: DeviceKey) {
    attempts[key] = nil
    links[key] = LinkRecord(link: link)
    timeline.start { [weak self] in
      for await batch in link.link.events { await self?.receive(batch, key, link.central) }
    }
    take(.air(.linkMade(key, profile(of: link, key))))
  }

  private func receive(_ batch: [LinkEvent], _ key: DeviceKey, _ central: CentralID) {
    // A link that was dropped is not heard any more.
    guard links[key]?.link.central == central else { return }
    for event in batch {
      switch event {
      case .value(let uuid, let value, at: _): take(.air(.received(key, uuid, value)))
      case .disconnected(let reason):
        links[key] = nil
        take(.air(.linkEnded(key, reason)))
      }
    }
  }

  private func disconnect(_ key: DeviceKey) {
    guard let link = links[key]?.link.link else { return endIncomingLink(key) }
    timeline.start { await link.disconnect() }
  }

  func dropLink(_ key: DeviceKey) {
    guard let link = links.removeValue(forKey: key)?.link.link else { return endIncomingLink(key) }
    timeline.start { await link.disconnect() }
  }

  /// A link that was made to this adapter, by that device.
  private func endIncomingLink(_ key: DeviceKey) {
    guard let adapter = daemon.adapter(key.adapter) else { return }
    air.assumeIsolated { $0.disconnect(adapter.address, from: key.address) }
  }

  func happened(_ event: HostEvent, at adapter: String) {
    func key(_ address: BluetoothAddress) -> DeviceKey { DeviceKey(adapter: adapter, address: address) }
    switch event {
    case .linkBegan(_, let address): take(.air(.incomingLink(key(address), isUp: true)))
    case .linkEnded(_, let address, _): take(.air(.incomingLink(key(address), isUp: false)))
    case .servicesChanged(let address): servicesChanged(key(address))
    case .pairing(let message, let address, let number): take(.air(.pairing(key(address), message, number: number)))
    }
  }

  /// What it takes to hear of changed services and to discover them; simulated.
  private static let rediscoveryTime: Duration = .milliseconds(100)

  private func servicesChanged(_ key: DeviceKey) {
    guard let link = links[key]?.link else { return }
    let profile = profile(of: link, key)
    timeline.schedule(after: Self.rediscoveryTime) { [weak self] in
      self?.assumeIsolated { emulation in
        guard emulation.links[key]?.link.central == link.central else { return }
        emulation.take(.air(.servicesChanged(key, profile)))
      }
    }
  }

  private func profile(of link: AirLink, _ key: DeviceKey) -> RemoteProfile {
    RemoteProfile(
      services: link.peripheral.profile.services, maximumTransmissionUnit: link.link.maximumTransmissionUnit,
      name: air.assumeIsolated { $0.advertisement(of: key.address)?.name })
  }

  // MARK: Requests and commands

  private func send(_ operation: AttributeOperation, _ id: OperationID, to key: DeviceKey) {
    guard let link = links[key]?.link else { return }
    timeline.start { [weak self, timeline] in
      // bluetoothd sends what is in its queue of commands before any request.
      while await self?.hasCommands(key, link.central) == true { try await timeline.sleep(for: .milliseconds(1)) }
      let result = await link.perform(operation)
      await self?.answered(id, result, key, link.central)
    }
  }

  private func answered(
    _ id: OperationID, _ result: Result<[UInt8], ATTError>, _ key: DeviceKey, _ central: CentralID
  ) {
    guard links[key]?.link.central == central else { return }
    take(.air(.answered(key, id, result)))
  }

  /// One task at a time takes the commands of a link to it, as fast as it has room.
  private func sendCommands(to key: DeviceKey) {
    guard let record = links[key], !record.isSending, !record.commands.isEmpty else { return }
    links[key]?.isSending = true
    let link = record.link
    timeline.start { [weak self] in
      while let commands = await self?.takeCommands(key, link.central), !commands.isEmpty {
        for command in commands {
          try? await link.link.write(command.value, to: command.characteristic, type: .command)
          await self?.commandsSent(1, key, link.central)
        }
      }
    }
  }

  private func hasCommands(_ key: DeviceKey, _ central: CentralID) -> Bool {
    guard let record = links[key], record.link.central == central else { return false }
    return record.isSending
  }

  private func takeCommands(_ key: DeviceKey, _ central: CentralID) -> [LinkRecord.Command] {
    guard let record = links[key], record.link.central == central else { return [] }
    links[key]?.commands = []
    if record.commands.isEmpty { links[key]?.isSending = false }
    return record.commands
  }

  private func commandsSent(_ count: Int, _ key: DeviceKey, _ central: CentralID) {
    guard links[key]?.link.central == central else { return }
    take(.air(.commandsSent(key, count)))
    resumeSockets(of: key)
  }

  // MARK: Pairing

  /// What the exchange of a pairing takes; simulated, no keys are made.
  private static let pairingTime: Duration = .milliseconds(50)

  private func say(_ message: PairingMessage, _ key: DeviceKey) {
    guard let adapter = daemon.adapter(key.adapter) else { return }
    air.assumeIsolated { $0.say(message, from: adapter.address, to: key.address) }
  }

  private func beginPairing(_ key: DeviceKey) {
    if air.assumeIsolated({ $0.hasHost(at: key.address) }) {
      return say(.request(daemon.device(key)?.bonding?.agent?.capability), key)
    }
    timeline.schedule(after: Self.pairingTime) { [weak self] in
      self?.assumeIsolated { emulation in
        let behaviour = emulation.air.assumeIsolated { $0.pairing(of: key.address) }
        emulation.take(.air(.pairingBegan(key, behaviour)))
      }
    }
  }
}

extension AirLink {
  /// Performs a request, and gives the ATT error in every case where it does not succeed.
  fileprivate func perform(_ operation: AttributeOperation) async -> Result<[UInt8], ATTError> {
    do throws(LinkError) {
      switch operation {
      case .read(let characteristic, let offset):
        return .success(try await link.read(characteristic, offset: Int(offset)))
      case .write(let characteristic, let value): try await link.write(value, to: characteristic, type: .request)
      case .longWrite(let characteristic, let value): return await writeLong(value, to: characteristic)
      case .subscribe(let characteristic): try await link.subscribe(to: [characteristic])
      case .unsubscribe(let characteristic): try await link.unsubscribe(from: [characteristic])
      case .readDescriptor(let descriptor, let offset): return await read(descriptor, from: Int(offset))
      case .writeDescriptor(let descriptor, let value): return await write(value, to: descriptor)
      }
      return .success([])
    } catch {
      return .failure(error.attributeError)
    }
  }

  /// Prepared writes and their execution (Core Vol 3 Part F 3.4.6): takes the time of as many round trips, but knows no losses.
  private func writeLong(_ value: [UInt8], to characteristic: BluetoothUUID) async -> Result<[UInt8], ATTError> {
    guard
      peripheral.hostTraits.contains(.permitsByAttribute)
        || peripheral.profile[characteristic]?.properties.contains(.write) == true
    else { return .failure(.writeNotPermitted) }
    guard value.count <= 512 else { return .failure(.invalidAttributeValueLength) }
    let part = max(1, link.maximumTransmissionUnit - 5)
    return await ask(exchanges: (value.count + part - 1) / part + 1) { peripheral, answer in
      peripheral.write(value, to: characteristic, type: .request, from: central) { refusal in
        answer(refusal.map { .failure($0) } ?? .success([]))
      }
    }
  }

  /// In as many requests as the value needs; takes their time, but knows no losses.
  private func read(_ descriptor: DescriptorID, from offset: Int) async -> Result<[UInt8], ATTError> {
    var value: [UInt8] = []
    while true {
      let offset = offset + value.count
      let result = await ask { peripheral, answer in
        peripheral.read(descriptor, offset: offset, from: central, answer: answer)
      }
      guard case .success(let part) = result else { return result }
      value += part.prefix(link.maximumTransmissionUnit - 1)
      if part.count < link.maximumTransmissionUnit - 1 || offset + part.count >= 512 { return .success(value) }
    }
  }

  private func write(_ value: [UInt8], to descriptor: DescriptorID) async -> Result<[UInt8], ATTError> {
    guard value.count <= 512 else { return .failure(.invalidAttributeValueLength) }
    return await ask { peripheral, answer in
      peripheral.write(value, to: descriptor, from: central) { refusal in
        answer(refusal.map { .failure($0) } ?? .success([]))
      }
    }
  }

  /// Asks the peripheral past the queues of the link, after the time of that many exchanges; has an answer after the 30 s of ATT at the latest.
  private func ask(
    exchanges: Int = 1,
    _ question: (FaultyPeripheral, @escaping @Sendable (Result<[UInt8], ATTError>) -> Void) -> Void
  ) async -> Result<[UInt8], ATTError> {
    try? await link.timeline.sleep(for: interval * exchanges)
    guard await link.isPeripheralConnected else { return .failure(.unlikelyError) }
    let (answers, source) = AsyncStream.makeStream(
      of: Result<[UInt8], ATTError>.self, bufferingPolicy: .bufferingOldest(1))
    let timeout = link.timeline.schedule(after: InMemoryLink.transactionTimeout) { source.finish() }
    defer { timeout.cancel() }
    question(peripheral) { answer in
      source.yield(answer)
      source.finish()
    }
    for await answer in answers { return answer }
    return .failure(.unlikelyError)
  }
}

extension LinkError {
  /// What the daemon's ATT makes of it.
  fileprivate var attributeError: ATTError {
    switch self {
    case .attribute(let error, _): error
    case .tooLong: .invalidAttributeValueLength
    case .noSuchCharacteristic, .cannotSubscribe: .invalidHandle
    case .busy: .insufficientResources
    case .disconnected, .timedOut, .unavailable: .unlikelyError
    }
  }
}
