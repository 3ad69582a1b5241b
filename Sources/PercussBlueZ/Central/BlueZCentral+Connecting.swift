internal import PercussDBus
public import PercussLink
internal import PercussTime

/// A connect that is under way.
struct RunningConnect {
  var procedure: ConnectProcedure
  let device: BluetoothAddress
  let adapter: BluetoothAddress?
  let caller: CheckedContinuation<Result<BlueZLink, LinkError>, Never>
  var timer: ScheduledAction?
}

extension BlueZCentral {
  /// See ``DeviceScanner/connect(to:timeout:)``. The link is a ``BlueZLink``; its services are known.
  ///
  /// A connection that exists already, because another program made it or a link of this one outlived its user, is taken over:
  /// ``DeviceLink/beganConnection`` is then false. A cancelled task gives up at once.
  ///
  /// - Throws: ``LinkError/timedOut(_:after:)``; ``LinkError/unavailable(_:)`` with what to do.
  public func connect(
    to device: DiscoveredDevice.ID, timeout: Duration
  ) async throws(LinkError) -> any DeviceLink {
    let address = try Self.address(of: device)
    let deadline = timeline.now.advanced(by: timeout)
    let adapter = try await readyAdapter(within: min(timeout, Self.patience))
    // A connection that this program is just ending, which takes bluetoothd two seconds, is none to take over.
    let patience = min(deadline, timeline.now.advanced(by: BlueZLink.disconnectTimeout))
    while endings.contains(address), timeline.now < patience {
      guard (try? await timeline.sleep(for: .milliseconds(10))) != nil else { break }
    }
    guard !liveLinks.contains(where: { $0.address == address }),
      !connects.values.contains(where: { $0.device == address })
    else { throw .unavailable("this program is connected to \(device) already; disconnect that link first") }
    let id = number()
    let remaining = max(.zero, timeline.now.duration(to: deadline))
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { caller in
        let procedure = ConnectProcedure(to: address.description, from: timeline.now, timeout: remaining)
        connects[id] = RunningConnect(
          procedure: procedure, device: address, adapter: adapter.address, caller: caller)
        if Task.isCancelled { finishConnect(id) { $0.cancel() } } else { seeConnect(id) }
      }
    } onCancel: {
      timeline.schedule(at: .zero) { [weak self] in
        self?.assumeIsolated { $0.finishConnect(id) { $0.cancel() } }
      }
    }
    return try result.get()
  }

  // MARK: The procedures

  func seeConnects() {
    for id in connects.keys.sorted() { seeConnect(id) }
  }

  private func seeConnect(_ id: Int) {
    guard let connect = connects[id] else { return }
    let (sight, now) = (sight(connect), timeline.now)
    advance(id) { $0.seen(sight, at: now) }
  }

  func finishConnect(_ id: Int, _ decide: (inout ConnectProcedure) -> [ConnectProcedure.Action]) {
    advance(id, decide)
  }

  private func sight(_ connect: RunningConnect) -> ConnectProcedure.Sight {
    let adapter = connect.adapter.map { tree.adapter(with: $0) } ?? nil
    let device = adapter.flatMap { tree.device(with: connect.device, on: $0.path) }
    return .init(adapter: adapter, device: device, hasAttributes: device.map { tree.hasAttributes($0.path) } ?? false)
  }

  private func advance(_ id: Int, _ decide: (inout ConnectProcedure) -> [ConnectProcedure.Action]) {
    guard var procedure = connects[id]?.procedure else { return }
    let actions = decide(&procedure)
    connects[id]?.procedure = procedure
    for action in actions { execute(action, of: id) }
    guard let procedure = connects[id]?.procedure else { return }
    connects[id]?.timer?.cancel()
    connects[id]?.timer = procedure.nextDeadline.map { deadline in
      timeline.schedule(at: deadline) { [weak self] in
        self?.assumeIsolated { central in
          let now = central.timeline.now
          central.advance(id) { $0.timePassed(at: now) }
        }
      }
    }
  }

  private func execute(_ action: ConnectProcedure.Action, of id: Int) {
    switch action {
    case .discover(true): demandDiscoveryWithoutWaiting()
    case .discover(false): releaseDiscovery()
    case .connect(let path, let attempt):
      // The procedure has the deadline; this bound only keeps the call from being waited for beyond what bluetoothd takes.
      send(path, BlueZ.Interface.device, "Connect", timeout: .seconds(60)) { central, result in
        let failure: BlueZFailure? = if case .failure(let failure) = result { BlueZFailure(failure) } else { nil }
        let now = central.timeline.now
        central.advance(id) { $0.connectAnswered(failure, attempt: attempt, at: now) }
      }
    case .disconnect(let path): send(path, BlueZ.Interface.device, "Disconnect")
    case .readProperties(let path):
      readProperties(of: path) { central in
        guard let connect = central.connects[id] else { return }
        let (sight, now) = (central.sight(connect), central.timeline.now)
        central.advance(id) { $0.propertiesRead(sight, at: now) }
      }
    case .readObjects:
      readObjects { central in
        guard let connect = central.connects[id] else { return }
        let (sight, now) = (central.sight(connect), central.timeline.now)
        central.advance(id) { $0.objectsRead(sight, at: now) }
      }
    case .finish(let result): finished(id, result)
    }
  }

  private func finished(_ id: Int, _ result: Result<ConnectProcedure.Connected, LinkError>) {
    guard let connect = connects.removeValue(forKey: id) else { return }
    connect.timer?.cancel()
    switch result {
    case .failure(let error): connect.caller.resume(returning: .failure(error))
    case .success(let connected):
      guard let bus else {
        connect.caller.resume(returning: .failure(.disconnected(.hostLost)))
        return
      }
      // From this instant on the link is told of everything.
      let isShared = !connected.isNewLink && tree.characteristics(of: connected.path).contains(where: \.isInUse)
      let link = BlueZLink(
        to: connect.device, at: connected.path, over: bus, of: self, beganConnection: connected.isNewLink,
        isShared: isShared, attributeTimeout: attributeTimeout)
      links[connected.path] = WeakLink(link: link)
      connect.caller.resume(returning: .success(link))
    }
  }
}
