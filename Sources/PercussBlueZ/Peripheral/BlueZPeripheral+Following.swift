internal import PercussDBus
internal import PercussLink
internal import PercussTime

// What bluetoothd says of adapters and devices, and the calls to it.
extension BlueZPeripheral {
  /// Subscribes first and asks afterwards, so that nothing is missed.
  func follow() async throws(DBusFailure) {
    let rules = [
      MatchRule(sender: BlueZ.busName, interface: BlueZ.Interface.objectManager),
      MatchRule(
        sender: BlueZ.busName, pathNamespace: BlueZ.namespace, interface: BlueZ.Interface.properties,
        member: "PropertiesChanged"),
      MatchRule(sender: BlueZ.busName, pathNamespace: BlueZ.namespace, interface: BlueZ.Interface.device),
    ]
    for rule in rules {
      subscriptions.append(
        try await connection.subscribe(to: rule) { [weak self] signal in self?.assumeIsolated { $0.take(signal) } })
    }
    subscriptions.append(
      try await connection.watchOwner(of: BlueZ.busName) { [weak self] owner in
        self?.assumeIsolated { $0.ownerChanged(to: owner) }
      })
  }

  private func ownerChanged(to owner: String?) {
    apply(tree.ownerChanged(to: owner))
    if let owner { askForObjects(of: owner) }
  }

  private func askForObjects(of owner: String) {
    let call = MethodCall(
      destination: owner, path: BlueZ.root, interface: BlueZ.Interface.objectManager, member: "GetManagedObjects")
    send(call) { peripheral, result in
      guard peripheral.tree.owner == owner else { return }
      switch result {
      case .success(let reply): peripheral.apply(peripheral.tree.managedObjects(reply))
      case .failure:
        peripheral.timeline.schedule(after: .seconds(1)) { [weak peripheral] in
          peripheral?.assumeIsolated { if $0.tree.owner == owner { $0.askForObjects(of: owner) } }
        }
      }
    }
  }

  private func take(_ signal: IncomingSignal) {
    if signal.interface == BlueZ.Interface.device, signal.member == "Disconnected" {
      // From 5.83 on bluetoothd says why, just before it says that.
      if reasons.count < 256, let name = signal.arguments.first?.string {
        reasons[signal.path] = DisconnectReason(bluetoothd: name)
      }
      return
    }
    apply(
      tree.signal(signal.member, of: signal.interface, at: signal.path, from: signal.sender, signal.arguments))
  }

  func apply(_ changes: [BlueZObjectTree.Change]) {
    for change in changes {
      switch change {
      case .deviceAdded(let path): deviceChanged(path)
      case .deviceChanged(let path, let aspects): if aspects.contains(.connection) { deviceChanged(path) }
      case .deviceRemoved(let device): deviceGone(device.path)
      case .adapterAdded, .adapterChanged, .adapterRemoved, .attributesChanged, .value: break
      }
    }
    updateSurroundings()
    settle()
  }

  private func deviceChanged(_ path: ObjectPath) {
    guard let device = tree.device(at: path), device.adapter == registration.surroundings.adapter?.path else { return }
    if device.isConnected {
      reasons[path] = nil
      session.deviceConnected(path)
    } else {
      deviceGone(path)
    }
  }

  private func deviceGone(_ path: ObjectPath) {
    session.deviceGone(path, reason: reasons.removeValue(forKey: path) ?? .unspecified)
  }

  private func updateSurroundings() {
    let adapter = chosenAdapter()
    let old = registration.surroundings.adapter
    let new = PeripheralRegistration.Surroundings(
      adapter: adapter.map {
        .init(path: $0.path, name: $0.name, isPowered: $0.isPowered, isPeripheral: $0.isPeripheral)
      },
      obstacle: adapter == nil ? obstacle() : nil, owner: tree.owner)
    registration.update(new, at: timeline.now)
    guard let path = new.adapter?.path else { return }
    if old?.isPowered == true, new.adapter?.isPowered == false { session.allDevicesGone(reason: .closedLocally) }
    if old?.path != path {
      for device in tree.devices(of: path) where device.isConnected { session.deviceConnected(device.path) }
    }
  }

  private func chosenAdapter() -> BlueZAdapter? {
    guard tree.isSynchronised else { return nil }
    if configuration.adapter == .default, let chosen, let adapter = tree.adapter(with: chosen) { return adapter }
    let adapter = configuration.adapter.choose(from: tree.adapters, where: \.isPeripheral)
    if chosen == nil { chosen = adapter?.address }
    return adapter
  }

  private func obstacle() -> PeripheralError? {
    guard tree.owner != nil else { return .noBluetoothd }
    guard tree.isSynchronised else { return nil }
    return .noAdapter(
      configuration.adapter.description,
      present: tree.adapters.map { adapter in adapter.address.map { "\(adapter.name) (\($0))" } ?? adapter.name })
  }

  // MARK: Calls

  /// Calls bluetoothd. The answer comes on the timeline, among the signals in their order.
  func send(
    _ call: MethodCall, timeout: Duration = .seconds(10),
    answer: @escaping @Sendable (isolated BlueZPeripheral, Result<[DBusValue], DBusFailure>) -> Void
  ) {
    connection.assumeIsolated { connection in
      connection.send(call, timeout: timeout) { [weak self] result in
        self?.assumeIsolated { answer($0, result) }
      }
    }
  }

  func askWhetherConnected(_ device: ObjectPath) {
    let call = MethodCall(
      destination: BlueZ.busName, path: device, interface: BlueZ.Interface.properties, member: "Get",
      arguments: [.string(BlueZ.Interface.device), .string("Connected")])
    send(call) { peripheral, result in
      if case .failure(.timedOut) = result { return peripheral.askWhetherConnected(device) }
      // A device that cannot be asked about counts as gone, so that the motor stops.
      let isConnected = (try? result.get())?.first?.bool ?? false
      peripheral.session.answered(isConnected: isConnected, device)
      peripheral.settle()
    }
  }

  /// Ends the link to a central; bluetoothd takes 2 s and more for it.
  func endLink(to device: ObjectPath) {
    let call = MethodCall(
      destination: BlueZ.busName, path: device, interface: BlueZ.Interface.device, member: "Disconnect")
    reasons[device] = .closedLocally
    send(call) { peripheral, result in
      peripheral.reasons[device] = nil
      // Connected=false came before the answer; where it is missing, or the device is unknown, this is the end all the same.
      peripheral.session.deviceGone(device, reason: .closedLocally)
      peripheral.settle()
    }
  }

  func register(_ part: PeripheralRegistration.Part, on adapter: ObjectPath, _ number: Int) {
    let path = object(of: part)
    let answered: @Sendable (isolated BlueZPeripheral, Result<[DBusValue], DBusFailure>) -> Void = {
      peripheral, result in
      var failure: DBusFailure?
      if case .failure(let error) = result { failure = error }
      peripheral.registration.answered(part, number: number, failure, at: peripheral.timeline.now)
      peripheral.settle()
    }
    switch part {
    case .application:
      send(
        manager(.application, on: adapter, "RegisterApplication", [.objectPath(path), .properties([:])]),
        answer: answered)
    case .advertisement:
      send(
        manager(.advertisement, on: adapter, "RegisterAdvertisement", [.objectPath(path), .properties([:])]),
        answer: answered)
    case .agent:
      let capability = configuration.pairing?.capability ?? .noInputNoOutput
      send(manager(.agent, on: adapter, "RegisterAgent", [.objectPath(path), .string(capability.rawValue)])) {
        peripheral, result in
        if case .failure(let failure) = result, !failure.isAlreadyExists { return answered(peripheral, result) }
        // Pairings that a central begins go to the default agent.
        peripheral.send(
          peripheral.manager(.agent, on: adapter, "RequestDefaultAgent", [.objectPath(path)]), answer: answered)
      }
    }
  }

  func unregister(_ part: PeripheralRegistration.Part, on adapter: ObjectPath) {
    let member =
      switch part {
      case .application: "UnregisterApplication"
      case .advertisement: "UnregisterAdvertisement"
      case .agent: "UnregisterAgent"
      }
    send(manager(part, on: adapter, member, [.objectPath(object(of: part))])) { _, _ in }
  }

  private func object(of part: PeripheralRegistration.Part) -> ObjectPath {
    switch part {
    case .application: configuration.root.appending("application")
    case .advertisement: configuration.root.appending("advertisement")
    case .agent: configuration.root.appending("agent")
    }
  }

  private func manager(
    _ part: PeripheralRegistration.Part, on adapter: ObjectPath, _ member: String, _ arguments: [DBusValue]
  ) -> MethodCall {
    let interface =
      switch part {
      case .application: BlueZ.Interface.gattManager
      case .advertisement: BlueZ.Interface.advertisingManager
      case .agent: BlueZ.Interface.agentManager
      }
    return MethodCall(
      destination: BlueZ.busName, path: part == .agent ? BlueZ.namespace : adapter, interface: interface,
      member: member, arguments: arguments)
  }
}

extension BlueZAdapter {
  /// Whether it takes GATT applications and advertisements.
  var isPeripheral: Bool {
    interfaces.isSuperset(of: [BlueZ.Interface.gattManager, BlueZ.Interface.advertisingManager])
  }
}

extension DBusFailure {
  var isAlreadyExists: Bool {
    guard case .refused(BlueZ.ErrorName.alreadyExists, _) = self else { return false }
    return true
  }
}

extension DisconnectReason {
  /// As the signal `Device1.Disconnected` names it.
  init(bluetoothd name: String) {
    switch name {
    case "org.bluez.Reason.Timeout": self = .supervisionTimeout
    case "org.bluez.Reason.Local", "org.bluez.Reason.Suspend": self = .closedLocally
    case "org.bluez.Reason.Remote": self = .closedByRemote
    default: self = .unspecified
    }
  }
}

extension BluetoothAddress {
  /// The address in the path of a device, as in `/org/bluez/hci0/dev_C8_2E_47_0A_11_02`.
  init?(pathElement path: ObjectPath) {
    guard path.lastElement.hasPrefix("dev_") else { return nil }
    self.init(String(path.lastElement.dropFirst(4)))
  }
}
