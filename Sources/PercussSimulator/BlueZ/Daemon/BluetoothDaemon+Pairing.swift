internal import PercussBlueZ
internal import PercussDBus
internal import PercussGATT

// Pairing: by `Pair`, or because an attribute wants security.
extension BluetoothDaemon {
  mutating func pair(_ call: DaemonCall, _ key: DeviceKey) {
    keep(key)
    guard let device = device(key) else { return fail(call.id, .unknownObject(call)) }
    if device.bonding != nil { return fail(call.id, .inProgress) }
    // What is bonded on LE is paired on BR/EDR next, which there is not.
    if device.isBonded {
      return fail(call.id, DBusErrorReply(bluez: "AuthenticationFailed", "Authentication Failed"))
    }
    if device.link == .connecting || device.link == .aborting {
      return fail(call.id, .failed("Operation already in progress"))
    }
    guard adapter(key.adapter)?.isPowered == true else {
      return fail(call.id, DBusErrorReply(bluez: "AuthenticationFailed", "Authentication Failed"))
    }
    let agent = agents.agent(for: call.sender)
    withDevice(key) { $0.bonding = Bonding(call: call.id, sender: call.sender, agent: agent) }
    if device.link == .down { beginConnecting(key) } else { continuePairing(key) }
  }

  /// The link is there: the pairing begins on it.
  mutating func continuePairing(_ key: DeviceKey) {
    let begins = withDevice(key) { device in
      guard device.bonding?.hasBegun == false else { return false }
      device.bonding?.hasBegun = true
      return true
    }
    if begins == true { emit(.beginPairing(key)) }
  }

  /// A request wants security: it is held until a pairing has succeeded. False when the device is paired already, so that there is nothing to be gained.
  mutating func waitsForPairing(_ request: RequestQueue.Request, _ key: DeviceKey) -> Bool {
    guard let device = device(key), !device.isBonded, device.link == .up else { return false }
    if device.bonding == nil {
      let agent = agents.agent(for: nil)
      withDevice(key) { $0.bonding = Bonding(agent: agent) }
    }
    withDevice(key) { $0.bonding?.held.append(request) }
    continuePairing(key)
    return true
  }

  mutating func pairingBegan(_ key: DeviceKey, _ behaviour: PairingBehaviour?) {
    guard let device = device(key), let bonding = device.bonding, bonding.hasBegun, !bonding.isDone else { return }
    let path = DBusValue.objectPath(device.path)
    switch behaviour {
    case .justWorks: pairingSucceeded(key)
    case .comparison(let number):
      guard let agent = bonding.agent, agent.capability.canCompare else { return pairingSucceeded(key) }
      let question = askAgent(agent, "RequestConfirmation", [path, .uint32(number)], for: key)
      withDevice(key) { $0.bonding?.question = question }
    case .passkey(let number):
      guard let agent = bonding.agent, agent.capability.canEnter else { return pairingSucceeded(key) }
      let question = askAgent(agent, "RequestPasskey", [path], for: key)
      withDevice(key) { device in
        device.bonding?.question = question
        device.bonding?.passkey = number
      }
    case .rejects, nil: pairingFailed(key)
    }
  }

  mutating func agentAnswered(
    _ question: AgentCallID, _ answer: Result<[DBusValue], DBusErrorReply>, for key: DeviceKey
  ) {
    guard let bonding = device(key)?.bonding, bonding.question == question else { return }
    withDevice(key) { $0.bonding?.question = nil }
    guard case .success(let values) = answer else { return pairingFailed(key) }
    if let passkey = bonding.passkey, values.first != .uint32(passkey) { return pairingFailed(key) }
    bonding.peer == nil ? pairingSucceeded(key) : agree(key)
  }

  mutating func pairingSucceeded(_ key: DeviceKey) {
    emit(.encrypt(key))
    keep(key)
    withDevice(key) { device in
      device.isPaired = true
      device.isBonded = true
      device.bonding?.isDone = true
    }
    changed(key, "Bonded")
    let held = withDevice(key) { device in
      defer { device.bonding?.held = [] }
      return device.bonding?.held ?? []
    }
    for request in held ?? [] { resume(request, key, isPaired: true) }
    if device(key)?.wasResolved == true || device(key)?.link == .incoming {
      changed(key, "Paired")
      pairingResolved(key)
    } else {
      withDevice(key) { $0.pairingIsUntold = true }
    }
  }

  /// `Pair` is answered once services have been resolved, on this link or an earlier one.
  mutating func pairingResolved(_ key: DeviceKey) {
    guard let bonding = device(key)?.bonding, bonding.isDone else { return }
    withDevice(key) { $0.bonding = nil }
    if let call = bonding.call { reply(call) }
  }

  mutating func pairingFailed(_ key: DeviceKey) {
    failPairing(key, DBusErrorReply(bluez: "AuthenticationFailed", "Authentication Failed"))
  }

  /// Ends a pairing, if there is one. A device that is neither paired nor trusted is a passing visitor again.
  mutating func failPairing(_ key: DeviceKey, _ error: DBusErrorReply) {
    guard let bonding = withDevice(key, { $0.bonding.take() }) ?? nil else { return }
    if bonding.peer != nil, !bonding.isDone { emit(.tellPeer(key, .failed)) }
    if let question = bonding.question, let agent = bonding.agent {
      forgetQuestion(question)
      emit(
        .tellAgent(
          MethodCall(
            destination: agent.sender, path: agent.path, interface: "org.bluez.Agent1", member: "Cancel",
            expectsReply: false)))
    }
    withDevice(key) { device in
      if !device.isPaired, !device.isTrusted { device.isTemporary = true }
    }
    if let call = bonding.call { fail(call, error) }
    for request in bonding.held { resume(request, key, isPaired: false) }
    restartTemporaryTimer(key)
  }

  mutating func cancelPairing(_ call: DaemonCall, _ key: DeviceKey) {
    guard device(key)?.bonding != nil else { return fail(call.id, .doesNotExist) }
    failPairing(key, DBusErrorReply(bluez: "AuthenticationCanceled", "Authentication Canceled"))
    reply(call.id)
  }

  /// The caller of `Pair`, or the agent that is being asked, has left the bus.
  mutating func forgetPairing(of sender: String, _ key: DeviceKey) {
    guard let device = device(key), let bonding = device.bonding else { return }
    if let call = bonding.call, bonding.sender == sender {
      emit(.abandon(call))
      withDevice(key) { $0.bonding?.call = nil }
      failPairing(key, DBusErrorReply(bluez: "AuthenticationCanceled", "Authentication Canceled"))
      switch self.device(key)?.link {
      case .up: emit(.disconnect(key))
      case .connecting:
        emit(.cancelConnect(key))
        cancelTimer(.connectTimeout(key))
        withDevice(key) { $0.link = .down }
      default: break
      }
    } else if bonding.question != nil, bonding.agent?.sender == sender {
      pairingFailed(key)
    }
  }
}
