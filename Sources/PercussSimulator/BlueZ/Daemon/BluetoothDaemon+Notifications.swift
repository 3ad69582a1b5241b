internal import PercussDBus
internal import PercussGATT

// StartNotify, StopNotify, AcquireNotify and AcquireWrite, with their locks.
extension BluetoothDaemon {
  // MARK: Signals

  mutating func startNotify(_ call: DaemonCall, _ key: DeviceKey, _ handle: UInt16) {
    guard let device = device(key), let characteristic = characteristic(key, handle) else {
      return fail(call.id, .unknownObject(call))
    }
    if device.isDisconnecting { return fail(call.id, .notConnected) }
    if characteristic.notifyLock != nil { return fail(call.id, .notPermitted("Notify acquired")) }
    guard characteristic.canNotify else { return fail(call.id, .notSupported) }
    if let client = characteristic.notifyClients.first(where: { $0.sender == call.sender }) {
      return answer(call.id, client.isActive && client.call == nil ? nil : .inProgress)
    }
    guard characteristic.notifyClients.count < Self.notifyClientLimit else {
      return fail(call.id, .failed("Failed allocate notify session"))
    }
    // Without a link it is registered when there is one.
    let isConnected = device.hasClient
    let client = RemoteCharacteristic.NotifyClient(
      sender: call.sender, isActive: isConnected, call: isConnected ? call.id : nil)
    withCharacteristic(key, handle) { $0.notifyClients.append(client) }
    if isConnected { subscribe(key, handle) } else { reply(call.id) }
  }

  /// How many senders may have notifications of one characteristic.
  static let notifyClientLimit = 1_024

  mutating func stopNotify(_ call: DaemonCall, _ key: DeviceKey, _ handle: UInt16) {
    guard let characteristic = characteristic(key, handle) else { return fail(call.id, .unknownObject(call)) }
    if let lock = characteristic.notifyLock {
      // Anybody's StopNotify takes it from whoever has it.
      releaseNotifyLock(lock, key, handle)
      return reply(call.id)
    }
    guard characteristic.notifyClients.contains(where: { $0.sender == call.sender }) else {
      return fail(call.id, .failed("No notify session started"))
    }
    removeNotifyClient(call.sender, key, handle)
    reply(call.id)
  }

  private mutating func removeNotifyClient(_ sender: String, _ key: DeviceKey, _ handle: UInt16) {
    let calls = withCharacteristic(key, handle) { characteristic in
      let calls = characteristic.notifyClients.filter { $0.sender == sender }.compactMap(\.call)
      characteristic.notifyClients.removeAll { $0.sender == sender }
      return calls
    }
    for call in calls ?? [] { fail(call, .failed("Operation failed")) }
    updateNotifying(key, handle)
    unsubscribeWhenUnwanted(key, handle)
  }

  private mutating func updateNotifying(_ key: DeviceKey, _ handle: UInt16) {
    let isChanged = withCharacteristic(key, handle) { characteristic in
      guard characteristic.isNotifying, !characteristic.notifyClients.contains(where: \.isActive) else { return false }
      characteristic.isNotifying = false
      return true
    }
    if isChanged == true { changed(key, handle, "Notifying") }
  }

  // MARK: Descriptors

  mutating func acquireNotify(_ call: DaemonCall, _ key: DeviceKey, _ handle: UInt16) {
    guard let characteristic = characteristic(key, handle) else { return fail(call.id, .unknownObject(call)) }
    guard device(key)?.hasClient == true else { return fail(call.id, .notConnectedNow) }
    if characteristic.notifyLock != nil { return fail(call.id, .notPermitted("Notify acquired")) }
    if !characteristic.notifyClients.isEmpty { return fail(call.id, .inProgress) }
    guard characteristic.properties.contains(.notify) || quirks.acquiresIndications && characteristic.canNotify else {
      return fail(call.id, .notSupported)
    }
    withCharacteristic(key, handle) { $0.notifyLock = .pending(call.id, sender: call.sender) }
    subscribe(key, handle)
  }

  mutating func acquireWrite(_ call: DaemonCall, _ key: DeviceKey, _ handle: UInt16) {
    guard let device = device(key), let characteristic = characteristic(key, handle) else {
      return fail(call.id, .unknownObject(call))
    }
    guard device.hasClient else { return fail(call.id, .notConnectedNow) }
    if isReadOnly(characteristic) { return fail(call.id, .notAuthorized) }
    if characteristic.writeLock != nil { return fail(call.id, .notPermitted("Write acquired")) }
    guard characteristic.properties.contains(.writeWithoutResponse) else { return fail(call.id, .notSupported) }
    withCharacteristic(key, handle) { $0.writeLock = .pending(call.id, sender: call.sender) }
    if device.isResolved { openWriteLock(key, handle) }
  }

  /// The services are resolved: what waited for that gets its socket.
  mutating func openWaitingLocks(of key: DeviceKey) {
    for characteristic in device(key)?.characteristics ?? [] {
      if case .pending = characteristic.writeLock { openWriteLock(key, characteristic.handle) }
      if characteristic.subscription == .on { openNotifyLock(key, characteristic.handle) }
    }
  }

  private mutating func openWriteLock(_ key: DeviceKey, _ handle: UInt16) {
    guard case .pending(let call, let sender) = characteristic(key, handle)?.writeLock else { return }
    let channel = addChannel(key, handle, .commands)
    withCharacteristic(key, handle) { $0.writeLock = .open(channel, sender: sender) }
    changed(key, handle, "WriteAcquired")
    replyWithChannel(call, channel, key)
  }

  private mutating func openNotifyLock(_ key: DeviceKey, _ handle: UInt16) {
    guard case .pending(let call, let sender) = characteristic(key, handle)?.notifyLock, device(key)?.isResolved == true
    else { return }
    let channel = addChannel(key, handle, .notifications)
    withCharacteristic(key, handle) { $0.notifyLock = .open(channel, sender: sender) }
    changed(key, handle, "NotifyAcquired")
    replyWithChannel(call, channel, key)
  }

  private mutating func addChannel(_ key: DeviceKey, _ handle: UInt16, _ direction: ChannelDirection) -> ChannelID {
    let channel = ChannelID(rawValue: nextNumber())
    channels[channel] = ChannelOwner(device: key, characteristic: handle, direction: direction)
    return channel
  }

  private mutating func replyWithChannel(_ call: CallID, _ channel: ChannelID, _ key: DeviceKey) {
    flush(isIdle: false)
    let direction = channels[channel]?.direction ?? .commands
    let unit = device(key)?.profile?.maximumTransmissionUnit ?? 23
    emit(.replyWithChannel(call, channel, direction, maximumTransmissionUnit: unit))
  }

  // MARK: Sockets

  mutating func channelClosed(_ channel: ChannelID) {
    guard let owner = channels[channel] else { return }
    switch owner.direction {
    case .notifications:
      if let lock = characteristic(owner.device, owner.characteristic)?.notifyLock {
        releaseNotifyLock(lock, owner.device, owner.characteristic)
      }
    case .commands: releaseWriteLock(owner.device, owner.characteristic)
    }
  }

  /// A packet becomes a write command. What the link does not carry is lost without a word; an empty packet makes bluetoothd stop reading.
  mutating func channelReceived(_ channel: ChannelID, _ packet: [UInt8]) {
    guard let owner = channels[channel], let characteristic = characteristic(owner.device, owner.characteristic),
      case .open(channel, let sender) = characteristic.writeLock
    else { return }
    if packet.isEmpty {
      withCharacteristic(owner.device, owner.characteristic) { $0.writeLock = .deaf(channel, sender: sender) }
      return
    }
    _ = queueCommand(packet, owner.device, characteristic.uuid)
  }

  private mutating func releaseNotifyLock(
    _ lock: RemoteCharacteristic.NotifyLock, _ key: DeviceKey, _ handle: UInt16
  ) {
    withCharacteristic(key, handle) { $0.notifyLock = nil }
    switch lock {
    case .open(let channel, _):
      channels[channel] = nil
      emit(.closeChannel(channel))
    case .pending(let call, _): emit(.abandon(call))
    case .stuck: break
    }
    changed(key, handle, "NotifyAcquired")
    unsubscribeWhenUnwanted(key, handle)
  }

  private mutating func releaseWriteLock(_ key: DeviceKey, _ handle: UInt16) {
    guard let lock = withCharacteristic(key, handle, { $0.writeLock.take() }) ?? nil else { return }
    if let channel = lock.channel {
      channels[channel] = nil
      emit(.closeChannel(channel))
    }
    if case .pending(let call, _) = lock { fail(call, .notConnectedNow) }
    changed(key, handle, "WriteAcquired")
  }

  // MARK: Subscriptions

  /// Has the device notify, when it does not yet; ``subscriptionEnded(_:_:_:)`` answers those who wait.
  private mutating func subscribe(_ key: DeviceKey, _ handle: UInt16) {
    guard let characteristic = characteristic(key, handle) else { return }
    switch characteristic.subscription {
    case .on: return subscriptionEnded(.success([]), key, handle)
    case .enabling: return
    case .off: break
    }
    withCharacteristic(key, handle) { $0.subscription = .enabling }
    if characteristic.belongsToHost { return subscriptionEnded(.success([]), key, handle) }
    if !send(.subscribe(characteristic.uuid), to: key, for: .subscribe(handle)) {
      subscriptionEnded(.failure(.insufficientResources), key, handle)
    }
  }

  mutating func beginDaemonSubscription(_ key: DeviceKey, _ handle: UInt16) {
    withCharacteristic(key, handle) { $0.isUsedByDaemon = true }
    subscribe(key, handle)
  }

  private mutating func unsubscribeWhenUnwanted(_ key: DeviceKey, _ handle: UInt16) {
    guard let characteristic = characteristic(key, handle), !characteristic.isWanted,
      characteristic.subscription != .off
    else { return }
    withCharacteristic(key, handle) { $0.subscription = .off }
    if !characteristic.belongsToHost { _ = send(.unsubscribe(characteristic.uuid), to: key, for: .unsubscribe) }
  }

  mutating func subscriptionEnded(_ result: Result<[UInt8], ATTError>, _ key: DeviceKey, _ handle: UInt16) {
    guard let before = characteristic(key, handle), before.subscription != .off else { return }
    switch result {
    case .success:
      withCharacteristic(key, handle) { $0.subscription = .on }
      let isNews = withCharacteristic(key, handle) { characteristic in
        guard !characteristic.isNotifying, characteristic.notifyClients.contains(where: \.isActive) else {
          return false
        }
        characteristic.isNotifying = true
        return true
      }
      if isNews == true { changed(key, handle, "Notifying") }
      for call in takeNotifyCalls(key, handle) { reply(call) }
      openNotifyLock(key, handle)
      if before.isUsedByDaemon { batterySubscribed(key, handle) }
    case .failure(let error):
      withCharacteristic(key, handle) { $0.subscription = .off }
      let calls = takeNotifyCalls(key, handle)
      withCharacteristic(key, handle) { $0.notifyClients.removeAll(where: \.isActive) }
      for call in calls { fail(call, .attribute(error)) }
      loseNotifyCall(.attribute(error), key, handle)
      updateNotifying(key, handle)
    }
  }

  private mutating func takeNotifyCalls(_ key: DeviceKey, _ handle: UInt16) -> [CallID] {
    withCharacteristic(key, handle) { characteristic in
      characteristic.notifyClients.indices.compactMap { characteristic.notifyClients[$0].call.take() }
    } ?? []
  }

  /// An `AcquireNotify` whose subscription failed: up to 5.83 it is never answered, and the lock stays.
  private mutating func loseNotifyCall(_ error: DBusErrorReply, _ key: DeviceKey, _ handle: UInt16) {
    guard case .pending(let call, _) = characteristic(key, handle)?.notifyLock else { return }
    if quirks.lostAcquireNotifyStaysLocked {
      withCharacteristic(key, handle) { $0.notifyLock = .stuck }
      emit(.abandon(call))
    } else {
      withCharacteristic(key, handle) { $0.notifyLock = nil }
      fail(call, error)
    }
  }

  /// A new link: clients that are still on the bus are registered again by themselves.
  mutating func rearmNotifications(of key: DeviceKey) {
    for characteristic in device(key)?.characteristics ?? [] where !characteristic.notifyClients.isEmpty {
      withCharacteristic(key, characteristic.handle) { characteristic in
        for index in characteristic.notifyClients.indices { characteristic.notifyClients[index].isActive = true }
      }
      subscribe(key, characteristic.handle)
    }
  }

  /// The link is gone. Sockets close; `StartNotify` sessions wait for the next link.
  mutating func abandonNotifications(of key: DeviceKey, _ handle: UInt16) {
    guard let characteristic = characteristic(key, handle) else { return }
    withCharacteristic(key, handle) { characteristic in
      characteristic.subscription = .off
      characteristic.isUsedByDaemon = false
      for index in characteristic.notifyClients.indices { characteristic.notifyClients[index].isActive = false }
    }
    if characteristic.writeLock != nil { releaseWriteLock(key, handle) }
    switch characteristic.notifyLock {
    case .open(let channel, _):
      withCharacteristic(key, handle) { $0.notifyLock = nil }
      channels[channel] = nil
      emit(.closeChannel(channel))
      changed(key, handle, "NotifyAcquired")
    case .pending: loseNotifyCall(.notConnectedNow, key, handle)
    case .stuck, nil: break
    }
  }

  /// A client has left the bus.
  mutating func forgetNotifications(of sender: String, _ key: DeviceKey) {
    for characteristic in device(key)?.characteristics ?? [] {
      if characteristic.notifyClients.contains(where: { $0.sender == sender }) {
        removeNotifyClient(sender, key, characteristic.handle)
      }
      switch characteristic.notifyLock {
      case .pending(_, sender), .open(_, sender):
        if let lock = characteristic.notifyLock { releaseNotifyLock(lock, key, characteristic.handle) }
      default: break
      }
      switch characteristic.writeLock {
      case .pending(_, sender), .open(_, sender), .deaf(_, sender): releaseWriteLock(key, characteristic.handle)
      default: break
      }
    }
  }

  // MARK: Values

  /// A notification goes to whoever has the socket; else it is signalled, even when it is the value that was there.
  mutating func received(_ value: [UInt8], of uuid: BluetoothUUID, from key: DeviceKey) {
    guard let characteristic = device(key)?.characteristics.first(where: { $0.uuid == uuid }) else { return }
    if case .open(let channel, _) = characteristic.notifyLock { emit(.send(channel, value)) }
    if characteristic.isUsedByDaemon { batteryNotified(value, key, characteristic.handle) }
    guard characteristic.notifyClients.contains(where: \.isActive) else { return }
    withCharacteristic(key, characteristic.handle) { $0.value = value }
    changed(key, characteristic.handle, "Value")
    flush(isIdle: false)
  }
}
