internal import PercussBlueZ
internal import PercussDBus
internal import PercussGATT
internal import PercussLink

// How connections begin and end.
extension BluetoothDaemon {
  mutating func handle(_ event: AirEvent) {
    switch event {
    case .heard(let adapter, let report): heard(report, by: adapter)
    case .linkMade(let key, let profile): linkMade(key, profile)
    case .linkEnded(let key, let reason): linkEnded(key, reason)
    case .received(let key, let uuid, let value): received(value, of: uuid, from: key)
    case .answered(let key, let operation, let result): answered(operation, result, by: key)
    case .commandsSent(let key, let count):
      withDevice(key) { $0.queuedCommands = max(0, $0.queuedCommands - count) }
    case .pairingBegan(let key, let behaviour): pairingBegan(key, behaviour)
    case .incomingLink(let key, let isUp): incomingLink(key, isUp: isUp)
    case .servicesChanged(let key, let profile): servicesChanged(key, profile)
    case .pairing(let key, let message, let number): peerSaid(message, number: number, key)
    }
  }

  // MARK: Connect

  mutating func connect(_ call: DaemonCall, _ key: DeviceKey) {
    guard let device = device(key) else { return fail(call.id, .unknownObject(call)) }
    switch device.link {
    case .up, .incoming: return reply(call.id)
    case .connecting, .aborting:
      return fail(
        call.id, quirks.concurrentConnectIsInProgress ? .inProgress : .failed("Operation already in progress"))
    case .down: break
    }
    keep(key)
    guard adapter(key.adapter)?.isPowered == true else { return fail(call.id, .failed("Input/output error")) }
    beginConnecting(key)
    withDevice(key) { $0.connectCall = call.id }
  }

  mutating func beginConnecting(_ key: DeviceKey) {
    withDevice(key) { $0.link = .connecting }
    emit(.connect(key))
    setTimer(.connectTimeout(key), after: quirks.connectTimeout)
  }

  mutating func connectTimedOut(_ key: DeviceKey) {
    guard device(key)?.link == .connecting else { return }
    emit(.cancelConnect(key))
    connectFailed(key, "le-connection-abort-by-local")
  }

  private mutating func connectFailed(_ key: DeviceKey, _ text: String) {
    let call = withDevice(key) { device -> CallID? in
      if device.link == .connecting { device.link = .down }
      return device.connectCall.take()
    }
    cancelTimer(.connectTimeout(key))
    failPairing(key, .failed("Software caused connection abort"))
    if let call, let call { fail(call, .failed(text)) }
  }

  private mutating func linkMade(_ key: DeviceKey, _ profile: RemoteProfile) {
    guard device(key)?.link == .connecting else { return emit(.disconnect(key)) }
    cancelTimer(.connectTimeout(key))
    if quirks.abortedConnects > 0 { return abortConnect(key) }
    withDevice(key) { device in
      device.link = .up
      device.isConnected = true
      device.profile = profile
    }
    if device(key)?.isBonded == true { emit(.encrypt(key)) }
    if quirks.connectedSignal == .beforeReply {
      changed(key, "Connected")
      // The kernel tells of the link in a turn of its own, before the socket is ready.
      flush(isIdle: true)
    }
    if quirks.servicesResolved == .beforeReply { resolve(key) }
    rearmNotifications(of: key)
    if let call = withDevice(key, { $0.connectCall.take() }) ?? nil { reply(call) }
    switch quirks.connectedSignal {
    case .afterReply: setTimer(.lateConnectedSignal(key), after: .milliseconds(20))
    case .beforeReply, .missing: break
    }
    switch quirks.servicesResolved {
    case .afterObjects, .beforeObjects: setTimer(.resolve(key), after: quirks.resolutionDelay)
    case .beforeReply, .never: break
    }
    continuePairing(key)
  }

  /// le-connection-abort-by-local: connected for a moment, then the error, then connected no more.
  private mutating func abortConnect(_ key: DeviceKey) {
    quirks.abortedConnects -= 1
    withDevice(key) { device in
      device.link = .aborting
      device.isConnected = true
    }
    changed(key, "Connected")
    flush(isIdle: true)
    connectFailed(key, "le-connection-abort-by-local")
    emit(.disconnect(key))
  }

  // MARK: Disconnect

  mutating func disconnect(_ key: DeviceKey, for call: CallID) {
    switch device(key)?.link {
    case .up, .incoming: endLink(of: key, for: RemoteDevice.Ending(call: call, removes: false))
    case .connecting:
      // The error speaks of BR/EDR on LE too.
      emit(.cancelConnect(key))
      connectFailed(key, "br-connection-canceled")
      reply(call)
    case .aborting:
      withDevice(key) { $0.endings.append(RemoteDevice.Ending(call: call, removes: false)) }
    case .down, nil: reply(call)
    }
  }

  /// Ends a link and answers the call when it has ended.
  mutating func endLink(of key: DeviceKey, for ending: RemoteDevice.Ending) {
    failPairing(key, DBusErrorReply(bluez: "AuthenticationCanceled", "Authentication Canceled"))
    let isFirst = withDevice(key) { device in
      device.endings.append(ending)
      defer { device.isDisconnecting = true }
      return !device.isDisconnecting
    }
    if isFirst == true { setTimer(.endLink(key), after: quirks.disconnectDelay) }
  }

  mutating func linkEnded(_ key: DeviceKey, _ reason: DisconnectReason) {
    guard let device = device(key) else { return }
    switch device.link {
    case .up, .incoming: loseLink(of: key, "br-connection-canceled", reason: reason)
    case .aborting:
      withDevice(key) { device in
        device.link = .down
        device.isConnected = false
      }
      changed(key, "Connected")
      let endings = withDevice(key) { device in
        defer { device.endings = [] }
        return device.endings
      }
      for ending in endings ?? [] { reply(ending.call) }
      if quirks.abortEvicts { removeDevice(key) }
    case .connecting, .down: break
    }
  }

  /// What follows the end of a link, whatever ended it: `ServicesResolved=false`, the replies, `Connected=false`, then the GATT side.
  mutating func loseLink(of key: DeviceKey, _ text: String, reason: DisconnectReason = .closedLocally) {
    guard let device = device(key) else { return }
    cancelTimer(.endLink(key))
    cancelTimer(.resolve(key))
    cancelTimer(.lateConnectedSignal(key))
    switch device.link {
    case .down: return
    case .connecting:
      emit(.cancelConnect(key))
      return connectFailed(key, text)
    case .up, .aborting, .incoming: break
    }
    withDevice(key) { device in
      device.link = .down
      device.isConnected = false
      device.isDisconnecting = false
    }
    if device.isResolved {
      withDevice(key) { $0.isResolved = false }
      changed(key, "ServicesResolved")
    }
    if !quirks.disconnectReplyComesFirst { tellDisconnected(key, reason) }
    let removes = answerEndings(of: key, text)
    if quirks.disconnectReplyComesFirst { tellDisconnected(key, reason) }
    failPairing(key, DBusErrorReply(bluez: "AuthenticationCanceled", "Authentication Canceled"))
    if removes { return removeDevice(key) }
    flush(isIdle: true)
    abandonOperations(of: key)
    if quirks.forgetsServices { unexportServices(of: key) }
    restartTemporaryTimer(key)
  }

  private mutating func tellDisconnected(_ key: DeviceKey, _ reason: DisconnectReason) {
    if quirks.sendsDisconnectedSignal, let path = device(key)?.path {
      flush(isIdle: false)
      let (name, message) = reason.bearerReason
      emit(
        .signal(
          Signal(
            path: path, interface: Self.deviceInterface, member: "Disconnected",
            arguments: [.string(name), .string(message)])))
    }
    changed(key, "Connected")
  }

  /// Answers what waits for the end of the link; tells whether one of them wants the device removed.
  private mutating func answerEndings(of key: DeviceKey, _ text: String) -> Bool {
    if let call = withDevice(key, { $0.connectCall.take() }) ?? nil { fail(call, .failed(text)) }
    let endings = withDevice(key) { device in
      defer { device.endings = [] }
      return device.endings
    }
    for ending in endings ?? [] { reply(ending.call) }
    return endings?.contains(where: \.removes) == true
  }

  // MARK: The peripheral role

  /// Somebody connects to this adapter: a device appears, connected, or becomes connected.
  private mutating func incomingLink(_ key: DeviceKey, isUp: Bool) {
    guard let index = adapterIndex(key.adapter) else { return }
    if isUp {
      guard device(key)?.link ?? .down == .down else { return }
      if device(key) == nil { addDevice(RemoteDevice(key: key, isAddressRandom: false), index) }
      cancelTimer(.temporary(key))
      withDevice(key) { device in
        device.link = .incoming
        device.isConnected = true
      }
      changed(key, "Connected")
    } else if device(key)?.link == .incoming {
      loseLink(of: key, "br-connection-canceled", reason: .closedByRemote)
    }
  }
}

extension DisconnectReason {
  /// As the signal `Disconnected` says it.
  fileprivate var bearerReason: (String, String) {
    switch self {
    case .supervisionTimeout: ("org.bluez.Reason.Timeout", "Connection timeout")
    case .closedByRemote, .remotePoweredOff: ("org.bluez.Reason.Remote", "Connection terminated by remote user")
    case .closedLocally: ("org.bluez.Reason.Local", "Connection terminated by local host")
    case .hostLost, .unstated, .other: ("org.bluez.Reason.Unknown", "Unspecified")
    }
  }
}
