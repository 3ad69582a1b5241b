internal import PercussDBus
internal import PercussTime

// The side of the emulation that faces the bus.
extension EmulatedBlueZ {
  func descriptions(of object: DaemonObject) -> [InterfaceDescription] {
    daemon.interfaces(of: object).compactMap { name in
      BlueZInterfaces.description(of: name) ?? extensions.lazy.flatMap(\.interfaces).first { $0.name == name }
    }
  }

  func property(_ name: String, of interface: String, _ object: DaemonObject) -> DBusValue? {
    if properties?.object != object || properties?.interface != interface {
      let list = daemon.properties(interface, of: object)
      properties = RememberedProperties(object: object, interface: interface, list: list)
    }
    return properties?.list.first { $0.name == name }?.value
  }

  func take(_ call: IncomingCall, of object: DaemonObject) {
    if case .adapter(let name) = object, let adapter = adapter(name),
      let owner = extensions.first(where: { $0.interfaces.contains { $0.name == call.interface } })
    {
      return owner.handle(call, adapter: adapter)
    }
    let id = nextCall()
    calls[id] = call
    take(
      .call(
        DaemonCall(
          id: id, sender: call.sender, object: object, interface: call.interface, member: call.member,
          arguments: call.arguments)))
  }

  func senderVanished(_ name: String) {
    take(.senderVanished(name))
    abandoned[name] = nil
    for each in extensions { each.senderVanished(name) }
  }

  /// An adapter as it is now, for those who extend it.
  func adapter(_ name: String) -> EmulatedAdapter? {
    guard let state = daemon.adapter(name) else { return nil }
    var adapter = EmulatedAdapter(name: state.name, address: state.address)
    adapter.systemName = state.alias ?? state.systemName
    adapter.isPowered = state.isPowered
    return adapter
  }

  /// Tells that properties of an added interface have changed.
  func changed(_ properties: [NamedProperty], of interface: String, adapter name: String) {
    guard let index = daemon.addedInterfaces[name]?.firstIndex(where: { $0.name == interface }),
      let path = daemon.adapter(name)?.path
    else { return }
    for property in properties {
      let known = daemon.addedInterfaces[name]?[index].properties.firstIndex { $0.name == property.name }
      if let known {
        daemon.addedInterfaces[name]?[index].properties[known] = property
      } else {
        daemon.addedInterfaces[name]?[index].properties.append(property)
      }
    }
    self.properties = nil
    emit(
      Signal(
        path: path, interface: "org.freedesktop.DBus.Properties", member: "PropertiesChanged",
        arguments: [.string(interface), .dictionary(of: properties), .strings([])]))
  }

  private func emit(_ signal: Signal) {
    // A full queue loses signals, as it would for bluetoothd; a closed connection ends everything anyhow.
    try? bus.assumeIsolated { try $0.emit(signal) }
  }

  func perform(_ action: DaemonAction) {
    switch action {
    case .reply(let id, let values): calls.removeValue(forKey: id)?.reply(values)
    case .fail(let id, let error): calls.removeValue(forKey: id)?.fail(error)
    case .replyWithChannel(let id, let channel, let direction, let unit): open(channel, direction, unit, for: id)
    case .abandon(let id):
      if let call = calls.removeValue(forKey: id) { abandoned[call.sender, default: []].append(call) }
    case .signal(let signal): emit(signal)
    case .export(let object, let path):
      try? bus.assumeIsolated { try $0.export(EmulatedObject(object, of: self), at: path) }
    case .unexport(let path): bus.assumeIsolated { $0.unexport(path) }
    case .askAgent(let question, let call): ask(question, call)
    case .tellAgent(let call): bus.assumeIsolated { $0.send(call) { _ in } }
    case .closeChannel(let channel): sockets[channel] = nil
    case .send(let channel, let packet): sockets[channel]?.send(packet)
    case .acceptProperty: break
    case .scan, .connect, .cancelConnect, .disconnect, .dropLink, .request, .command, .beginPairing, .tellPeer,
      .encrypt:
      performOnAir(action)
    }
  }

  /// How long an agent has; bluetoothd waits as long.
  private static let agentTimeout: Duration = .seconds(60)

  private func ask(_ question: AgentCallID, _ call: MethodCall) {
    bus.assumeIsolated { bus in
      bus.send(call, timeout: Self.agentTimeout) { [weak self] result in
        let answer = result.mapError { failure in
          if case .refused(let name, let message) = failure { return DBusErrorReply(name, message) }
          return DBusErrorReply("org.freedesktop.DBus.Error.NoReply", failure.description)
        }
        self?.assumeIsolated { $0.take(.agentAnswered(question, answer)) }
      }
    }
  }

  // MARK: Sockets

  private func open(_ channel: ChannelID, _ direction: ChannelDirection, _ unit: Int, for id: CallID) {
    let pair = AcquiredSocket.pair(on: timeline) { [weak self] events in
      self?.assumeIsolated { $0.happened(events, on: channel, direction) }
    }
    guard let pair else {
      calls.removeValue(forKey: id)?.fail(.failed("Too many open files"))
      timeline.schedule(after: .zero) { [weak self] in
        self?.assumeIsolated { $0.take(.channelClosed(channel)) }
      }
      return
    }
    sockets[channel] = pair.own
    calls.removeValue(forKey: id)?.reply([.descriptor(pair.clients), .uint16(UInt16(clamping: unit))])
  }

  private func happened(_ events: DescriptorEvents, on channel: ChannelID, _ direction: ChannelDirection) {
    guard let socket = sockets[channel] else { return }
    for _ in 0..<AcquiredSocket.turnLimit {
      guard hasRoom(for: channel) else {
        // Goes on when commands have left.
        return socket.setReading(false)
      }
      switch socket.receive() {
      case .packet(let packet): if direction == .commands { take(.channelReceived(channel, packet)) }
      case .nothing: return
      case .empty:
        if !events.isDisjoint(with: [.hangUp, .error]) { return take(.channelClosed(channel)) }
        socket.setReading(false)
        return take(.channelReceived(channel, []))
      }
    }
  }

  private func hasRoom(for channel: ChannelID) -> Bool {
    guard let owner = daemon.channels[channel], let device = daemon.device(owner.device) else { return true }
    return device.queuedCommands < BluetoothDaemon.commandLimit
  }

  /// The sockets of a device that had to wait may go on.
  func resumeSockets(of key: DeviceKey) {
    for (channel, owner) in daemon.channels where owner.device == key && owner.direction == .commands {
      guard let lock = daemon.characteristic(key, owner.characteristic)?.writeLock, case .open = lock else { continue }
      sockets[channel]?.setReading(true)
    }
  }
}
