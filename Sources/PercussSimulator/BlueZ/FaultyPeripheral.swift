internal import PercussGATT
internal import PercussLink
internal import PercussTime

/// A device behind its ``AirFaults``: hands everything on, but for what goes wrong. It also refuses what needs a pairing that there is not.
actor FaultyPeripheral: RadioPeripheral {
  nonisolated let timeline: any Timeline
  nonisolated let device: any RadioPeripheral
  nonisolated var unownedExecutor: UnownedSerialExecutor { timeline.asUnownedSerialExecutor() }
  nonisolated var profile: Profile { device.profile }
  nonisolated var hostTraits: HostTraits { device.hostTraits }

  private var faults: AirFaults
  private var random: SeededGenerator
  private var links: [CentralID: Link] = [:]
  /// Told of each link that begins and ends.
  private let onLink: @Sendable (LinkChange) -> Void
  /// What may only be read and written over an encrypted link.
  private var secured: Set<BluetoothUUID> = []

  enum LinkChange: Sendable {
    case began(CentralID)
    case ended(CentralID, DisconnectReason)
  }

  private struct Link {
    let port: FaultyPort
    var operations = 0
    var isEncrypted = false
  }

  init(
    _ device: any RadioPeripheral, on timeline: any Timeline, random: SeededGenerator,
    onLink: @escaping @Sendable (LinkChange) -> Void
  ) {
    self.device = device
    self.timeline = timeline
    self.random = random
    self.onLink = onLink
    faults = AirFaults()
  }

  func setFaults(_ faults: AirFaults) { self.faults = faults }
  func endLinks() { for link in links.values { link.port.disconnect() } }
  func setSecured(_ characteristics: Set<BluetoothUUID>) { secured = characteristics }
  func setEncrypted(_ central: CentralID) { links[central]?.isEncrypted = true }

  func disconnect(_ central: CentralID) { links[central]?.port.disconnect() }

  /// Ends the links from the device's end.
  func disconnectAll() {
    for (_, link) in links.sorted(by: { $0.key < $1.key }) { link.port.disconnect() }
  }

  // MARK: From the radio

  nonisolated func centralConnected(_ central: CentralID, port: any PeripheralPort) {
    assumeIsolated { peripheral in
      let port = FaultyPort(port, of: peripheral, central: central)
      peripheral.links[central] = Link(port: port)
      peripheral.onLink(.began(central))
      peripheral.device.centralConnected(central, port: port)
    }
  }

  nonisolated func centralDisconnected(_ central: CentralID, reason: DisconnectReason) {
    assumeIsolated { peripheral in
      guard peripheral.links.removeValue(forKey: central) != nil else { return }
      peripheral.device.centralDisconnected(central, reason: reason)
      peripheral.onLink(.ended(central, reason))
    }
  }

  nonisolated func read(
    _ characteristic: BluetoothUUID, from central: CentralID,
    answer: @escaping @Sendable (Result<[UInt8], ATTError>) -> Void
  ) {
    read(characteristic, offset: 0, from: central, answer: answer)
  }

  nonisolated func read(
    _ characteristic: BluetoothUUID, offset: Int, from central: CentralID,
    answer: @escaping @Sendable (Result<[UInt8], ATTError>) -> Void
  ) {
    assumeIsolated { peripheral in
      guard peripheral.mayAccess(characteristic, central) else {
        return answer(.failure(.insufficientAuthentication))
      }
      peripheral.device.read(characteristic, offset: offset, from: central, answer: answer)
      peripheral.countOperation(of: central)
    }
  }

  nonisolated func write(
    _ value: [UInt8], to characteristic: BluetoothUUID, type: WriteType, from central: CentralID,
    answer: @escaping @Sendable (ATTError?) -> Void
  ) {
    assumeIsolated { peripheral in
      guard peripheral.mayAccess(characteristic, central) else { return answer(.insufficientAuthentication) }
      peripheral.write(value, characteristic, type, central, answer)
      peripheral.countOperation(of: central)
    }
  }

  nonisolated func subscriptionChanged(
    _ characteristic: BluetoothUUID, isSubscribed: Bool, by central: CentralID
  ) {
    assumeIsolated { peripheral in
      peripheral.device.subscriptionChanged(characteristic, isSubscribed: isSubscribed, by: central)
      peripheral.countOperation(of: central)
    }
  }

  nonisolated func indicationConfirmed(_ characteristic: BluetoothUUID, by central: CentralID) {
    device.indicationConfirmed(characteristic, by: central)
  }

  // MARK: Descriptors

  nonisolated func read(
    _ descriptor: DescriptorID, offset: Int, from central: CentralID,
    answer: @escaping @Sendable (Result<[UInt8], ATTError>) -> Void
  ) {
    assumeIsolated { peripheral in
      guard let server = peripheral.device as? any DescriptorServer else { return answer(.failure(.invalidHandle)) }
      guard peripheral.links[central]?.isEncrypted == true || !server.isSecured(descriptor) else {
        return answer(.failure(.insufficientAuthentication))
      }
      server.read(descriptor, offset: offset, from: central, answer: answer)
      peripheral.countOperation(of: central)
    }
  }

  nonisolated func write(
    _ value: [UInt8], to descriptor: DescriptorID, from central: CentralID,
    answer: @escaping @Sendable (ATTError?) -> Void
  ) {
    assumeIsolated { peripheral in
      guard let server = peripheral.device as? any DescriptorServer else { return answer(.invalidHandle) }
      guard peripheral.links[central]?.isEncrypted == true || !server.isSecured(descriptor) else {
        return answer(.insufficientAuthentication)
      }
      server.write(value, to: descriptor, from: central, answer: answer)
      peripheral.countOperation(of: central)
    }
  }

  private func mayAccess(_ characteristic: BluetoothUUID, _ central: CentralID) -> Bool {
    !secured.contains(characteristic) || links[central]?.isEncrypted == true
  }

  private func write(
    _ value: [UInt8], _ characteristic: BluetoothUUID, _ type: WriteType, _ central: CentralID,
    _ answer: @escaping @Sendable (ATTError?) -> Void
  ) {
    if happens(faults.lostWrites) { return }
    if happens(faults.refusedWrites) { return answer(faults.refusal) }
    guard happens(faults.stalledWrites) else {
      return device.write(value, to: characteristic, type: type, from: central, answer: answer)
    }
    timeline.schedule(after: faults.stall) { [weak self] in
      self?.assumeIsolated { peripheral in
        guard peripheral.links[central] != nil else { return }
        peripheral.device.write(value, to: characteristic, type: type, from: central, answer: answer)
      }
    }
  }

  /// Draws only for faults that there are, so that a fault elsewhere changes nothing here.
  private func happens(_ probability: Double) -> Bool {
    probability > 0 && random.chance(probability)
  }

  private func countOperation(of central: CentralID) {
    guard let limit = faults.disconnectAfter, var link = links[central] else { return }
    link.operations += 1
    links[central] = link
    if link.operations == limit { link.port.disconnect() }
  }

  // MARK: From the device

  func send(
    _ value: [UInt8], of characteristic: BluetoothUUID, isIndication: Bool, through port: any PeripheralPort,
    to central: CentralID
  ) -> Bool {
    defer { countOperation(of: central) }
    var value = value
    if happens(faults.corruptedNotifications), !value.isEmpty {
      let bit = Int(random.next(upperBound: UInt64(value.count * 8)))
      value[bit / 8] ^= 1 << (bit % 8)
    }
    if happens(faults.droppedNotifications) {
      if isIndication { confirmLater(characteristic, central) }
      return true
    }
    let isDoubled = !isIndication && happens(faults.duplicatedNotifications)
    let isDelayed = happens(faults.delayedNotifications)
    guard isDelayed else {
      let isTaken = Self.send(value, characteristic, isIndication, port)
      if isDoubled { _ = port.notify(value, of: characteristic) }
      return isTaken
    }
    let sent = value
    timeline.schedule(after: faults.notificationDelay) { [weak self] in
      self?.assumeIsolated { peripheral in
        guard peripheral.links[central] != nil else { return }
        if !Self.send(sent, characteristic, isIndication, port), isIndication {
          peripheral.device.indicationConfirmed(characteristic, by: central)
        }
      }
    }
    return true
  }

  private func confirmLater(_ characteristic: BluetoothUUID, _ central: CentralID) {
    timeline.schedule(after: .zero) { [weak self] in
      self?.assumeIsolated { peripheral in
        guard peripheral.links[central] != nil else { return }
        peripheral.device.indicationConfirmed(characteristic, by: central)
      }
    }
  }

  private static func send(
    _ value: [UInt8], _ characteristic: BluetoothUUID, _ isIndication: Bool, _ port: any PeripheralPort
  ) -> Bool {
    isIndication ? port.indicate(value, of: characteristic) : port.notify(value, of: characteristic)
  }
}

/// A device that serves descriptors other than the configuration of notifications. Called on the timeline; answers as ``RadioPeripheral`` has it.
protocol DescriptorServer: RadioPeripheral {
  /// Whether the descriptor may only be used over an encrypted link.
  func isSecured(_ descriptor: DescriptorID) -> Bool

  /// A central reads from an offset on.
  func read(
    _ descriptor: DescriptorID, offset: Int, from central: CentralID,
    answer: @escaping @Sendable (Result<[UInt8], ATTError>) -> Void)

  /// A central writes.
  func write(
    _ value: [UInt8], to descriptor: DescriptorID, from central: CentralID,
    answer: @escaping @Sendable (ATTError?) -> Void)
}

/// The port that a device behind faults sends through.
final class FaultyPort: PeripheralPort {
  private let port: any PeripheralPort
  private let central: CentralID
  /// The peripheral holds the port.
  private weak let peripheral: FaultyPeripheral?

  init(_ port: any PeripheralPort, of peripheral: FaultyPeripheral, central: CentralID) {
    self.port = port
    self.peripheral = peripheral
    self.central = central
  }

  var maximumTransmissionUnit: Int { port.maximumTransmissionUnit }

  func notify(_ value: [UInt8], of characteristic: BluetoothUUID) -> Bool {
    peripheral?.assumeIsolated {
      $0.send(value, of: characteristic, isIndication: false, through: port, to: central)
    } ?? false
  }

  func indicate(_ value: [UInt8], of characteristic: BluetoothUUID) -> Bool {
    peripheral?.assumeIsolated {
      $0.send(value, of: characteristic, isIndication: true, through: port, to: central)
    } ?? false
  }

  func disconnect() { port.disconnect() }
}
