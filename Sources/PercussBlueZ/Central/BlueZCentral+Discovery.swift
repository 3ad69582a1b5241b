internal import PercussDBus
public import PercussGATT
public import PercussLink
internal import PercussTime

/// Somebody's scan.
struct Scan {
  let services: Set<BluetoothUUID>
  let source: AsyncStream<DiscoveredDevice>.Continuation
  /// What was told of each device, without the instant. No larger than the tree: what has gone from there is told anew when it comes again.
  var told: [BluetoothAddress: Advertised] = [:]
  var timer: ScheduledAction?

  struct Advertised: Equatable {
    let name: String?
    let services: [BluetoothUUID]
    let signalStrength: Int?
  }
}

// Discovery is one session at bluetoothd, shared by the scans and connects of this program.
extension BlueZCentral {
  /// See ``DeviceScanner/scan(for:duration:)``. The stream ends early when bluetoothd or the adapter goes; what is called next says why.
  ///
  /// - Throws: ``LinkError/unavailable(_:)`` when discovery cannot be had, with what to do.
  public func scan(
    for services: [BluetoothUUID], duration: Duration
  ) async throws(LinkError) -> AsyncStream<DiscoveredDevice> {
    let adapter = try await readyAdapter(within: Self.patience)
    let (devices, source) = AsyncStream.makeStream(of: DiscoveredDevice.self, bufferingPolicy: .bufferingNewest(1_024))
    let id = number()
    scans[id] = Scan(services: Set(services), source: source)
    source.onTermination = { [weak self, timeline] _ in
      timeline.schedule(at: .zero) { [weak self] in self?.assumeIsolated { $0.endScan(id) } }
    }
    // What another program's discovery is receiving is news to this one.
    for device in tree.devices(of: adapter.path) where device.isBeingReceived { report(device) }
    if let error = await demandDiscovery() {
      endScan(id)
      throw error
    }
    scans[id]?.timer = timeline.schedule(after: duration) { [weak self] in
      self?.assumeIsolated { $0.endScan(id) }
    }
    return devices
  }

  private func endScan(_ id: Int) {
    guard let scan = scans.removeValue(forKey: id) else { return }
    scan.timer?.cancel()
    scan.source.finish()
    releaseDiscovery()
  }

  /// Something was heard of a device.
  func heard(_ path: ObjectPath, isNew: Bool) {
    guard let device = tree.device(at: path) else { return }
    if device.adapter == discoveryAdapter {
      discovery.heard(at: timeline.now)
      armDiscoveryTimer()
    }
    // A device that comes connected has connected to us; it does not advertise.
    guard device.isBeingReceived || isNew && !device.isConnected else { return }
    report(device)
  }

  private func report(_ device: BlueZDevice) {
    guard device.adapter == selectedAdapter?.path else { return }
    for id in scans.keys {
      guard let scan = scans[id], scan.services.isEmpty || !scan.services.isDisjoint(with: device.services) else {
        continue
      }
      let advertised = Scan.Advertised(
        name: device.name, services: device.services, signalStrength: device.signalStrength)
      guard scan.told[device.address] != advertised else { continue }
      scans[id]?.told[device.address] = advertised
      scan.source.yield(DiscoveredDevice(device, seenAt: timeline.now))
    }
  }

  // MARK: The session

  /// One more user of discovery; give it back with ``releaseDiscovery()``, also after an error.
  ///
  /// - Returns: why there is none.
  private func demandDiscovery() async -> LinkError? {
    await withCheckedContinuation { continuation in
      discoveryStarters.append(continuation)
      demandDiscoveryWithoutWaiting()
    }
  }

  func demandDiscoveryWithoutWaiting() {
    discoveryDemand += 1
    discoveryAdapter = discoveryAdapter ?? selectedAdapter?.path
    execute(discovery.want(true, at: timeline.now))
  }

  func releaseDiscovery() {
    discoveryDemand = max(0, discoveryDemand - 1)
    guard discoveryDemand == 0 else { return }
    execute(discovery.want(false, at: timeline.now))
  }

  private func execute(_ actions: [DiscoveryControl.Action]) {
    for action in actions {
      switch action {
      case .call(let discoveryCall): perform(discoveryCall)
      case .started: startersResume(nil)
      case .failed(let error): discoveryFailed(error)
      }
    }
    armDiscoveryTimer()
  }

  private func perform(_ discoveryCall: DiscoveryControl.Call) {
    // A session lives on the adapter on which it was begun.
    if discoveryCall == .setFilter { discoveryAdapter = selectedAdapter?.path }
    guard let adapter = discoveryAdapter else {
      execute(discovery.answered(.gone, at: timeline.now))
      return
    }
    let (member, arguments): (String, [DBusValue]) =
      switch discoveryCall {
      case .setFilter: ("SetDiscoveryFilter", [.properties(["Transport": .string("le")])])
      case .start: ("StartDiscovery", [])
      case .stop: ("StopDiscovery", [])
      }
    send(adapter, BlueZ.Interface.adapter, member, arguments) { central, result in
      let failure: BlueZFailure? = if case .failure(let failure) = result { BlueZFailure(failure) } else { nil }
      // The answer of an adapter that is gone means nothing to the session on the next.
      guard central.discoveryAdapter == adapter else { return }
      central.execute(central.discovery.answered(failure, at: central.timeline.now))
    }
  }

  private func discoveryFailed(_ error: LinkError) {
    startersResume(error)
    for id in connects.keys.sorted() { finishConnect(id) { $0.discoveryFailed(error) } }
    for id in scans.keys.sorted() { endScan(id) }
  }

  /// The session is gone with the adapter, its power, or bluetoothd.
  func loseDiscovery(because error: LinkError) {
    discovery.lost()
    discoveryAdapter = nil
    discoveryFailed(error)
    armDiscoveryTimer()
  }

  private func startersResume(_ error: LinkError?) {
    let starters = discoveryStarters
    discoveryStarters = []
    for starter in starters { starter.resume(returning: error) }
  }

  private func armDiscoveryTimer() {
    discoveryTimer?.cancel()
    discoveryTimer = discovery.nextDeadline.map { deadline in
      timeline.schedule(at: deadline) { [weak self] in
        self?.assumeIsolated { central in central.execute(central.discovery.timePassed(at: central.timeline.now)) }
      }
    }
  }
}
