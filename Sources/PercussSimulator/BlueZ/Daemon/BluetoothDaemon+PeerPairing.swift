internal import PercussDBus

// Pairing with a device that is another emulated host, whose user is asked too.
extension BluetoothDaemon {
  /// The host at the other end says something. The number is used where both sides are to compare or enter one.
  mutating func peerSaid(_ message: PairingMessage, number: UInt32, _ key: DeviceKey) {
    switch message {
    case .request(let capability): peerWantsPairing(capability, number, key)
    case .method(let method): pairingMethodIsKnown(method, key)
    case .agreed:
      let isAgreed = withDevice(key) { device in
        guard device.bonding?.peer != nil else { return false }
        device.bonding?.peer = .hasAgreed
        return device.bonding?.isAgreed == true
      }
      if isAgreed == true { pairingSucceeded(key) }
    case .failed:
      guard device(key)?.bonding?.isDone == false else { return }
      withDevice(key) { $0.bonding?.peer = nil }
      pairingFailed(key)
    }
  }

  /// The other side begins. Without an agent this adapter is not pairable; and whom it knows already it does not let pair again without asking somebody,
  /// as bluetoothd with `JustWorksRepairing = never`.
  private mutating func peerWantsPairing(_ capability: Agent.Capability?, _ number: UInt32, _ key: DeviceKey) {
    guard let device = device(key), device.isConnected, device.bonding == nil,
      adapter(key.adapter)?.isPairable == true, let agent = agents.agent(for: nil)
    else { return emit(.tellPeer(key, .failed)) }
    let method = PairingMethod(initiator: capability, responder: agent.capability, number: number)
    guard let method, !(device.isBonded && method == .justWorks) else { return emit(.tellPeer(key, .failed)) }
    withDevice(key) { device in
      device.bonding = Bonding(agent: agent)
      device.bonding?.hasBegun = true
      device.bonding?.peer = .isAsked
    }
    emit(.tellPeer(key, .method(method.seenFromInitiator)))
    switch method {
    case .justWorks: ask("RequestAuthorization", [], key)
    case .comparison(let number): ask("RequestConfirmation", [.uint32(number)], key)
    case .enter(let number): enter(number, key)
    case .show(let number): show(number, key)
    }
  }

  /// The other side says how. Who began has agreed already where there is nothing to compare.
  private mutating func pairingMethodIsKnown(_ method: PairingMethod, _ key: DeviceKey) {
    guard let bonding = device(key)?.bonding, bonding.hasBegun, !bonding.isDone, bonding.peer == nil else {
      return emit(.tellPeer(key, .failed))
    }
    withDevice(key) { $0.bonding?.peer = .isAsked }
    switch method {
    case .justWorks: agree(key)
    case .comparison(let number): ask("RequestConfirmation", [.uint32(number)], key)
    case .enter(let number): enter(number, key)
    case .show(let number): show(number, key)
    }
  }

  private mutating func ask(_ member: String, _ arguments: [DBusValue], _ key: DeviceKey) {
    guard let device = device(key), let agent = device.bonding?.agent else { return pairingFailed(key) }
    let question = askAgent(agent, member, [.objectPath(device.path)] + arguments, for: key)
    withDevice(key) { $0.bonding?.question = question }
  }

  private mutating func enter(_ number: UInt32, _ key: DeviceKey) {
    withDevice(key) { $0.bonding?.passkey = number }
    ask("RequestPasskey", [], key)
  }

  private mutating func show(_ number: UInt32, _ key: DeviceKey) {
    guard let device = device(key), let agent = device.bonding?.agent else { return pairingFailed(key) }
    emit(
      .tellAgent(
        MethodCall(
          destination: agent.sender, path: agent.path, interface: "org.bluez.Agent1", member: "DisplayPasskey",
          arguments: [.objectPath(device.path), .uint32(number), .uint16(0)])))
    agree(key)
  }

  /// This side has nothing against it.
  mutating func agree(_ key: DeviceKey) {
    let peer = withDevice(key) { device in
      device.bonding?.isAgreed = true
      return device.bonding?.peer
    }
    emit(.tellPeer(key, .agreed))
    if case .hasAgreed = peer ?? nil { pairingSucceeded(key) }
  }
}

/// What two hosts say to each other while their devices pair. Simulated: no keys are made.
enum PairingMessage: Sendable, Equatable {
  /// Pair; with what the sender's user can see and enter, nil without an agent.
  case request(Agent.Capability?)
  /// How it is done, as the receiver has to do it.
  case method(PairingMethod)
  /// The sender's side has agreed.
  case agreed
  /// It comes to nothing.
  case failed
}

/// What a side has to do in a pairing.
enum PairingMethod: Sendable, Equatable {
  case justWorks
  /// Both show the number, and both users compare.
  case comparison(UInt32)
  /// This side's user enters the number that the other shows.
  case enter(UInt32)
  /// This side shows the number.
  case show(UInt32)

  /// What the responder has to do in LE Secure Connections (Core Vol 3 Part H table 2.8); nil where both users were to think of one number, which is not
  /// emulated.
  init?(initiator: Agent.Capability?, responder: Agent.Capability, number: UInt32) {
    switch (initiator ?? .noInputNoOutput, responder) {
    case (.noInputNoOutput, _), (_, .noInputNoOutput), (.displayOnly, .displayOnly), (.displayOnly, .displayYesNo),
      (.displayYesNo, .displayOnly):
      self = .justWorks
    case (.keyboardOnly, .keyboardOnly): return nil
    case (.displayOnly, _), (_, .keyboardOnly): self = .enter(number)
    case (.keyboardOnly, _), (_, .displayOnly): self = .show(number)
    default: self = .comparison(number)
    }
  }

  /// The same for the other side.
  var seenFromInitiator: PairingMethod {
    switch self {
    case .enter(let number): .show(number)
    case .show(let number): .enter(number)
    case .justWorks, .comparison: self
    }
  }
}
