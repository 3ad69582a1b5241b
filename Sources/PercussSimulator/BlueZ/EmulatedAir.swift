public import PercussBlueZ
public import PercussCapture
public import PercussGATT
public import PercussLink
public import PercussTime

/// The air between emulated adapters and devices: who advertises, who hears it, and the links between them.
///
/// ```swift
/// let air = EmulatedAir(timeline: timeline, seed: 7)
/// await air.place(device, as: AirAdvertisement(address: address, name: "Percuss Elite", services: [.percussService]))
/// await air.setFaults(faults, of: address)
/// ```
///
/// Several emulations on several buses may share one air: what one registers as a peripheral, the other can connect to. A device advertises every
/// 100 ms; discovering services takes no time. All that is random follows from the seed.
public actor EmulatedAir {
  /// What everything on this air runs on.
  public nonisolated let timeline: any Timeline
  /// What the links go by that are made from now on.
  public private(set) var parameters: RadioParameters

  /// Runs on the timeline.
  public nonisolated var unownedExecutor: UnownedSerialExecutor { timeline.asUnownedSerialExecutor() }

  /// Time between the advertisements of a device.
  public static let advertisingInterval: Duration = .milliseconds(100)
  /// The devices of a slot advertise together; the slots follow each other within the interval.
  private static let slotCount = 5

  struct Place {
    let peripheral: FaultyPeripheral
    /// What its links are made to: the same, or what records it.
    let face: any RadioPeripheral
    var advertisement: AirAdvertisement
    /// What the device advertises besides, in sets of their own.
    var furtherAdvertisements: [AirAdvertisement] = []
    var isAdvertising = true
    /// How the device pairs.
    var pairing = PairingBehaviour.justWorks
    /// The open links, by the central.
    var links: [CentralID: InMemoryLink] = [:]

    /// Whether any advertisement invites to connect.
    var isConnectable: Bool { ([advertisement] + furtherAdvertisements).contains(where: \.isConnectable) }
  }

  private let recording: CaptureRecording?
  private var places: [BluetoothAddress: Place] = [:]
  private var centrals: [CentralID: BluetoothAddress] = [:]
  private var centralCount = 0
  private var random: SeededGenerator
  private var scanners: [Int: @Sendable (AirReport) -> Void] = [:]
  private var scannerCount = 0
  private var slot = 0
  private var nextSlot: ScheduledAction?
  private var waiting: [Int: Attempt] = [:]
  private var attemptCount = 0
  private var hosts: [BluetoothAddress: @Sendable (HostEvent) -> Void] = [:]

  /// A connection that waits for the device to advertise.
  private struct Attempt {
    let central: BluetoothAddress
    let device: BluetoothAddress
    let parameters: RadioParameters
    let made: @Sendable (AirLink) -> Void
  }

  /// An empty air.
  ///
  /// - Parameters:
  ///   - parameters: what links are like: interval, latency, loss, ATT_MTU. Invalid ones end each connection before it begins.
  ///   - seed: decides over all that is random.
  ///   - recording: takes what goes over the links of all devices.
  public init(
    timeline: any Timeline, parameters: RadioParameters = RadioParameters(), seed: UInt64 = 0,
    recording: CaptureRecording? = nil
  ) {
    self.timeline = timeline
    self.recording = recording
    self.parameters = parameters
    random = SeededGenerator(seed: seed).stream("emulated air")
  }

  // MARK: Devices

  /// Puts a device on the air, or changes what it advertises. It takes the place of another device with its address, whose links end.
  public func place(_ device: any RadioPeripheral, as advertisement: AirAdvertisement) {
    let address = advertisement.address
    if places[address]?.peripheral.device === device {
      places[address]?.advertisement = advertisement
      places[address]?.isAdvertising = true
      return
    }
    remove(address)
    let peripheral = FaultyPeripheral(
      device, on: timeline, random: random.stream("faults of \(address)"),
      onLink: { [weak self] change in self?.assumeIsolated { $0.linkChanged(change, of: address) } })
    places[address] = Place(
      peripheral: peripheral, face: recorded(peripheral, as: advertisement), advertisement: advertisement)
  }

  /// What goes wrong on the air goes wrong in the recording too.
  private func recorded(_ peripheral: FaultyPeripheral, as advertisement: AirAdvertisement) -> any RadioPeripheral {
    guard let recording else { return peripheral }
    return RecordedPeripheral(
      peripheral, on: timeline, into: recording,
      at: CapturedAddress(advertisement.address.rawValue, isRandom: advertisement.isAddressRandom),
      asksForEachPart: peripheral.hostTraits.contains(.asksForEachPart)
    ) { [weak self] central in
      let address = self?.assumeIsolated { $0.address(of: central) }
      return address.map { CapturedAddress($0.rawValue, isRandom: false) }
    }
  }

  /// What a device advertises besides its first advertisement. All of them come from its one address.
  func setFurtherAdvertisements(_ advertisements: [AirAdvertisement], of address: BluetoothAddress) {
    places[address]?.furtherAdvertisements = advertisements
  }

  /// A device offers other services than before: the hosts that are connected to it are told.
  func servicesChanged(of address: BluetoothAddress) {
    for (central, link) in places[address]?.links.sorted(by: { $0.key < $1.key }) ?? [] {
      link.assumeIsolated { $0.servicesChanged() }
      if let name = centrals[central] { hosts[name]?(.servicesChanged(of: address)) }
    }
  }

  /// Has a device advertise or not. Its links go on.
  public func setAdvertising(_ isAdvertising: Bool, of address: BluetoothAddress) {
    places[address]?.isAdvertising = isAdvertising
  }

  /// Takes a device off the air without a word, as when its power fails; its centrals notice by the supervision timeout.
  public func remove(_ address: BluetoothAddress) {
    guard let place = places.removeValue(forKey: address) else { return }
    for (central, link) in place.links.sorted(by: { $0.key < $1.key }) {
      link.assumeIsolated { $0.vanish(.peripheral) }
      place.face.centralDisconnected(central, reason: .supervisionTimeout)
    }
  }

  /// The addresses of the devices on the air, in order.
  public var addresses: [BluetoothAddress] { places.keys.sorted() }

  /// What the device advertises; nil when there is none with that address.
  public func advertisement(of address: BluetoothAddress) -> AirAdvertisement? { places[address]?.advertisement }

  /// The open links of a device, oldest first.
  public func links(of address: BluetoothAddress) -> [InMemoryLink] {
    places[address]?.links.sorted { $0.key < $1.key }.map(\.value) ?? []
  }

  // MARK: Faults

  /// What goes wrong with a device from now on; counters begin anew.
  public func setFaults(_ faults: AirFaults, of address: BluetoothAddress) {
    places[address]?.peripheral.assumeIsolated { $0.setFaults(faults) }
  }

  /// What may only be read and written over an encrypted link, and how the device pairs.
  public func secure(
    _ characteristics: Set<BluetoothUUID>, of address: BluetoothAddress, pairing: PairingBehaviour = .justWorks
  ) {
    places[address]?.pairing = pairing
    places[address]?.peripheral.assumeIsolated { $0.setSecured(characteristics) }
  }

  /// Disturbs the open links of a device, for a time.
  public func disturb(_ address: BluetoothAddress, _ kind: RadioDisturbance.Kind, for duration: Duration) {
    for link in links(of: address) { link.assumeIsolated { $0.disturb(kind, for: duration) } }
  }

  /// The device ends its links.
  public func disconnect(_ address: BluetoothAddress) {
    places[address]?.peripheral.assumeIsolated { $0.disconnectAll() }
  }

  /// The device ends its links to one central.
  func disconnect(_ address: BluetoothAddress, from central: BluetoothAddress) {
    for (identifier, name) in centrals where name == central {
      places[address]?.peripheral.assumeIsolated { $0.disconnect(identifier) }
    }
  }

  /// Changes what later links go by.
  public func setParameters(_ parameters: RadioParameters) {
    self.parameters = parameters
  }

  // MARK: Receivers

  /// Reports every advertisement that is heard, until ``endScan(_:)``.
  func beginScan(_ handler: @escaping @Sendable (AirReport) -> Void) -> Int {
    scannerCount += 1
    scanners[scannerCount] = handler
    beginSlots()
    return scannerCount
  }

  func endScan(_ scanner: Int) { scanners[scanner] = nil }

  /// Connects as soon as the device advertises and has room. The attempt goes on until it succeeds or is cancelled.
  func connect(
    from central: BluetoothAddress, to device: BluetoothAddress, parameters: RadioParameters,
    made: @escaping @Sendable (AirLink) -> Void
  ) -> Int {
    attemptCount += 1
    waiting[attemptCount] = Attempt(central: central, device: device, parameters: parameters, made: made)
    beginSlots()
    return attemptCount
  }

  func cancel(_ attempt: Int) { waiting[attempt] = nil }

  /// Tells the host of this address, an adapter's, what others do to it.
  func setHost(at address: BluetoothAddress, _ handler: (@Sendable (HostEvent) -> Void)?) {
    hosts[address] = handler
  }

  /// Whether a host is at this address, and not only a device.
  func hasHost(at address: BluetoothAddress) -> Bool { hosts[address] != nil }

  /// One host says something about a pairing to another. It arrives later.
  func say(_ message: PairingMessage, from sender: BluetoothAddress, to receiver: BluetoothAddress) {
    let number = UInt32(random.next(upperBound: UInt64(1_000_000)))
    timeline.schedule(after: Self.pairingMessageTime) { [weak self] in
      self?.assumeIsolated { $0.hosts[receiver]?(.pairing(message, from: sender, number: number)) }
    }
  }

  private static let pairingMessageTime: Duration = .milliseconds(15)

  /// The address of a connected central.
  public func address(of central: CentralID) -> BluetoothAddress? { centrals[central] }

  /// How the device pairs; nil when it is not on the air.
  func pairing(of device: BluetoothAddress) -> PairingBehaviour? { places[device]?.pairing }

  /// The link is encrypted from now on.
  func encrypt(_ link: AirLink) {
    places[link.device]?.peripheral.assumeIsolated { $0.setEncrypted(link.central) }
  }

  // MARK: Slots

  private func beginSlots() {
    guard nextSlot == nil else { return }
    nextSlot = timeline.schedule(after: Self.advertisingInterval / Self.slotCount) { [weak self] in
      self?.assumeIsolated { $0.advertise() }
    }
  }

  private func advertise() {
    nextSlot = nil
    slot = (slot + 1) % Self.slotCount
    for (address, place) in places.sorted(by: { $0.key < $1.key })
    where address.rawValue % UInt64(Self.slotCount) == UInt64(slot) && place.isAdvertising {
      guard place.links.count < place.advertisement.connectionLimit else { continue }
      if !scanners.isEmpty { report(place) }
      if place.isConnectable { connectWaiting(to: address) }
    }
    if !scanners.isEmpty || !waiting.isEmpty { beginSlots() }
  }

  private func report(_ place: Place) {
    let fading = Int(random.next(upperBound: UInt64(7))) - 3
    for (set, advertisement) in ([place.advertisement] + place.furtherAdvertisements).enumerated() {
      let strength = max(-127, min(20, Int(advertisement.signalStrength) + fading))
      var report = AirReport(
        advertisement: advertisement, set: UInt8(clamping: set), signalStrength: Int8(truncatingIfNeeded: strength))
      report.advertisement.isConnectable = place.isConnectable
      for (_, handler) in scanners.sorted(by: { $0.key < $1.key }) { handler(report) }
    }
  }

  private func connectWaiting(to address: BluetoothAddress) {
    for (number, attempt) in waiting.sorted(by: { $0.key < $1.key }) where attempt.device == address {
      guard let place = places[address], place.links.count < place.advertisement.connectionLimit else { return }
      waiting[number] = nil
      centralCount += 1
      let central = CentralID(rawValue: centralCount)
      centrals[central] = attempt.central
      guard
        let link = try? InMemoryLink.connect(
          to: place.face, on: timeline, parameters: attempt.parameters, central: central, seed: random.next())
      else {
        // Only parameters out of their range come to this.
        centrals[central] = nil
        continue
      }
      places[address]?.links[central] = link
      attempt.made(
        AirLink(
          link: link, central: central, device: address, peripheral: place.peripheral,
          interval: attempt.parameters.interval))
    }
  }

  private func linkChanged(_ change: FaultyPeripheral.LinkChange, of address: BluetoothAddress) {
    switch change {
    case .began(let central):
      guard let name = centrals[central] else { return }
      hosts[address]?(.linkBegan(central, name))
    case .ended(let central, let reason):
      places[address]?.links[central] = nil
      guard let name = centrals.removeValue(forKey: central) else { return }
      hosts[address]?(.linkEnded(central, name, reason))
    }
  }
}

/// What a host learns from the air without having asked.
enum HostEvent: Sendable {
  /// Somebody has connected to it.
  case linkBegan(CentralID, BluetoothAddress)
  case linkEnded(CentralID, BluetoothAddress, DisconnectReason)
  /// A device that it is connected to offers other services than before.
  case servicesChanged(of: BluetoothAddress)
  /// Another host says something about a pairing. The number is a random one of six digits.
  case pairing(PairingMessage, from: BluetoothAddress, number: UInt32)
}

/// A link over the air, seen from the adapter that made it.
struct AirLink: Sendable {
  let link: InMemoryLink
  let central: CentralID
  let device: BluetoothAddress
  let peripheral: FaultyPeripheral
  /// Between connection events.
  let interval: Duration
}

/// How a device on the air pairs (Core Vol 3 Part H 2.3.5).
public enum PairingBehaviour: Sendable, Hashable {
  /// Without asking anybody.
  case justWorks
  /// Both sides show this number, and the user compares (Numeric Comparison).
  case comparison(UInt32)
  /// The device shows this number, and the user enters it (Passkey Entry).
  case passkey(UInt32)
  /// It refuses.
  case rejects
}
