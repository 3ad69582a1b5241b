public import PercussGATT
public import PercussTime

/// The air between hosted devices and their centrals: devices advertise on it, and it is the scanner that finds them.
///
/// ```swift
/// let radio = InMemoryRadio(timeline: timeline, seed: 7)
/// await radio.advertise(device, as: Advertisement(id: .init("sim"), name: "Percuss One", services: [.percussService]))
/// let link = try await radio.connect(to: .init("sim"), timeout: .seconds(5))
/// ```
///
/// Advertising takes place every 100 ms; discovering services takes no time.
public actor InMemoryRadio: DeviceScanner {
  /// What all on this radio runs on.
  public nonisolated let timeline: any Timeline
  /// What the links go by that are made from now on.
  public private(set) var parameters: RadioParameters

  /// Runs on the timeline.
  public nonisolated var unownedExecutor: UnownedSerialExecutor { timeline.asUnownedSerialExecutor() }

  /// Time between the advertising events of a device.
  public static let advertisingInterval: Duration = .milliseconds(100)

  private struct Advertiser {
    let peripheral: any RadioPeripheral
    var advertisement: Advertisement
    var links: [InMemoryLink] = []
  }

  private var advertisers: [DiscoveredDevice.ID: Advertiser] = [:]
  private var centralCount = 0
  private var random: SeededGenerator

  /// An empty radio.
  ///
  /// - Parameter seed: decides over all that is random on the radio and its links.
  public init(timeline: any Timeline, parameters: RadioParameters = RadioParameters(), seed: UInt64 = 0) {
    self.timeline = timeline
    self.parameters = parameters
    random = SeededGenerator(seed: seed).stream("in-memory radio")
  }

  /// Changes what later links go by.
  public func setParameters(_ parameters: RadioParameters) {
    self.parameters = parameters
  }

  /// Has a device advertise, or changes what it advertises.
  public func advertise(_ peripheral: any RadioPeripheral, as advertisement: Advertisement) {
    if advertisers[advertisement.id]?.peripheral === peripheral {
      advertisers[advertisement.id]?.advertisement = advertisement
    } else {
      advertisers[advertisement.id] = Advertiser(peripheral: peripheral, advertisement: advertisement)
    }
  }

  /// Has a device advertise no longer. Its links go on.
  public func withdraw(_ device: DiscoveredDevice.ID) {
    advertisers[device] = nil
  }

  /// The open links of a device that advertises, oldest first.
  public func links(of device: DiscoveredDevice.ID) async -> [InMemoryLink] {
    var open: [InMemoryLink] = []
    for link in advertisers[device]?.links ?? [] where await link.isPeripheralConnected { open.append(link) }
    return open
  }

  /// See ``DeviceScanner/scan(for:duration:)``.
  public func scan(
    for services: [BluetoothUUID], duration: Duration
  ) async throws(LinkError) -> AsyncStream<DiscoveredDevice> {
    let (devices, source) = AsyncStream.makeStream(of: DiscoveredDevice.self, bufferingPolicy: .bufferingNewest(1_024))
    let deadline = timeline.now.advanced(by: duration)
    let scanning = timeline.start { [self] in
      defer { source.finish() }
      var seen: [DiscoveredDevice.ID: Advertisement] = [:]
      var next = await firstAdvertisingEvent()
      while next <= deadline {
        try await timeline.sleep(until: next)
        for advertisement in await advertisements(of: services) where seen[advertisement.id] != advertisement {
          seen[advertisement.id] = advertisement
          source.yield(advertisement.discovered(at: timeline.now))
        }
        next += Self.advertisingInterval
      }
      try await timeline.sleep(until: deadline)
    }
    source.onTermination = { _ in scanning.cancel() }
    return devices
  }

  /// See ``DeviceScanner/connect(to:timeout:)``. The link is an ``InMemoryLink``.
  public func connect(
    to device: DiscoveredDevice.ID, timeout: Duration
  ) async throws(LinkError) -> any DeviceLink {
    try parameters.validate()
    let deadline = timeline.now.advanced(by: timeout)
    var next = firstAdvertisingEvent()
    while true {
      do { try await timeline.sleep(until: min(next, deadline)) } catch {
        throw .unavailable("connecting to \(device) was cancelled")
      }
      guard next < deadline else { throw .timedOut("\(device) to accept a connection", after: timeout) }
      let open = await links(of: device)
      if let advertiser = advertisers[device], open.count < advertiser.advertisement.connectionLimit {
        centralCount += 1
        let link = try InMemoryLink.connect(
          to: advertiser.peripheral, on: timeline, parameters: parameters, central: CentralID(rawValue: centralCount),
          seed: random.next())
        advertisers[device]?.links = open + [link]
        return link
      }
      next += Self.advertisingInterval
    }
  }

  private func firstAdvertisingEvent() -> MonotonicInstant {
    let phase = Int64(random.next(upperBound: UInt64(Self.advertisingInterval.wholeNanoseconds)))
    return timeline.now.advanced(by: .nanoseconds(phase))
  }

  private func advertisements(of services: [BluetoothUUID]) -> [Advertisement] {
    advertisers.values.map(\.advertisement)
      .filter { services.isEmpty || !Set(services).isDisjoint(with: $0.services) }
      .sorted { $0.id < $1.id }
  }
}

/// What a hosted device advertises.
public struct Advertisement: Sendable, Hashable {
  /// What scanners know it by.
  public var id: DiscoveredDevice.ID
  /// Its name.
  public var name: String?
  /// Its services.
  public var services: [BluetoothUUID]
  /// What scanners say of its signal, in dBm.
  public var signalStrength: Int?
  /// How many centrals may be connected at once.
  public var connectionLimit: Int

  /// An advertisement; four centrals at once unless told otherwise.
  public init(
    id: DiscoveredDevice.ID, name: String? = nil, services: [BluetoothUUID] = [], signalStrength: Int? = nil,
    connectionLimit: Int = 4
  ) {
    self.id = id
    self.name = name
    self.services = services
    self.signalStrength = signalStrength
    self.connectionLimit = connectionLimit
  }

  func discovered(at instant: MonotonicInstant) -> DiscoveredDevice {
    DiscoveredDevice(id: id, name: name, services: services, signalStrength: signalStrength, seenAt: instant)
  }
}
