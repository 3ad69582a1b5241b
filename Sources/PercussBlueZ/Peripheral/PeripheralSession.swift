internal import PercussDBus
internal import PercussGATT
internal import PercussLink
internal import PercussTime

/// What a GATT application decides when bluetoothd asks it: who the centrals are, whose the notifications are, and what an indication waits for.
///
/// bluetoothd tells the central of a read and of a write. Of subscriptions it tells the first alone, and what the application notifies goes to every
/// central that has subscribed. Therefore:
/// - The notifications of a characteristic are those of one central, its *holder*: the first to subscribe, and when it goes, the one that has been
///   there for longest. To the peripheral, no other has subscribed; they hear what the holder is sent.
/// - Indications are every central's. Whoever has subscribed gets them all, so they must tell whose they are, as a response does by its sequence number.
///
/// A descriptor for writing names one central too, the first to write. So they are offered only while no second device is connected to the adapter,
/// and taken back when one comes.
///
/// ```
/// bluetoothd                                session                              peripheral
/// ReadValue {device: dev_AA}      ───▶      .ask(central 1)            ───▶      connected(central 1), read
/// StartNotify                     ───▶                                 ───▶      subscription(central 1)
/// WriteValue {device: dev_AA}     ───▶      .ask(central 1)            ───▶      write
/// PropertiesChanged {Value}       ◀───      .indicate                  ◀───      indicate
/// Confirm                         ───▶                                 ───▶      confirmed
/// Device1.Connected = false       ───▶                                 ───▶      disconnected(central 1)
/// ```
struct PeripheralSession {
  /// What comes of a call, in order.
  enum Output: Equatable {
    case connected(CentralID)
    case disconnected(CentralID, DisconnectReason)
    case subscription(BluetoothUUID, isOn: Bool, CentralID)
    case confirmed(BluetoothUUID, CentralID)
    /// Send the value to whoever has subscribed.
    case indicate([UInt8], BluetoothUUID)
    /// Ask bluetoothd whether the device is connected; see ``answered(isConnected:_:)``.
    case askWhetherConnected(ObjectPath)
    case endLink(ObjectPath)
    /// Close this end of the descriptors for writing.
    case closeWriters(Set<BluetoothUUID>)
    /// Offer descriptors for writing, or do so no longer.
    case offerWriters(Bool)
  }

  struct Central {
    let id: CentralID
    let device: ObjectPath
    var maximumTransmissionUnit = 23
    /// What was read last, so that the parts of a long read agree.
    var lastRead: (characteristic: BluetoothUUID, value: [UInt8])?
    /// What was written last, for long writes that come in parts.
    var lastWrite: (characteristic: BluetoothUUID, value: [UInt8])?
  }

  /// How values of a characteristic go to bluetoothd while somebody has subscribed to it.
  struct Channel: Equatable {
    enum Way { case signals, descriptor }

    var way: Way
    /// Whose the notifications are. Nobody's where a bond keeps the subscription of a central that is not connected.
    var holder: CentralID?
  }

  struct Indication {
    let central: CentralID
    let value: [UInt8]
  }

  struct IndicationQueue {
    var waiting: [Indication] = []
    var unconfirmed: (central: CentralID, deadline: MonotonicInstant)?
  }

  /// How many centrals are kept apart; a controller has fewer links.
  static let centralLimit = 32
  /// How many indications of a characteristic wait for the confirmation of the one before.
  static let indicationLimit = 16
  /// How long a confirmation is awaited: the transaction timeout of ATT (Core Vol 3 Part F 3.3.3), after which bluetoothd ends the link.
  static let confirmationTimeout: Duration = .seconds(30)
  /// The longest value of an attribute (Core Vol 3 Part F 3.2.9).
  static let valueLimit = 512

  let profile: Profile
  /// In the order of their arrival.
  var centrals: [Central] = []
  /// The devices that bluetoothd says are connected to the adapter, centrals or not.
  private(set) var connectedDevices: Set<ObjectPath> = []
  private(set) var offersWriters = true
  var channels: [BluetoothUUID: Channel] = [:]
  var indications: [BluetoothUUID: IndicationQueue] = [:]
  var writers: [BluetoothUUID: CentralID] = [:]
  private var centralCount = 0
  private var outputs: [Output] = []

  init(profile: Profile) {
    self.profile = profile
  }

  /// What there is to do since the last time.
  mutating func takeOutputs() -> [Output] {
    defer { outputs.removeAll(keepingCapacity: true) }
    return outputs
  }

  mutating func put(_ output: Output) { outputs.append(output) }

  // MARK: Devices

  /// bluetoothd says that a device is connected to the adapter.
  mutating func deviceConnected(_ device: ObjectPath) {
    guard connectedDevices.count < 256 else { return }
    connectedDevices.insert(device)
    updateWriters()
  }

  /// A device is not connected any more, or not known any more.
  mutating func deviceGone(_ device: ObjectPath, reason: DisconnectReason) {
    connectedDevices.remove(device)
    if let central = centrals.first(where: { $0.device == device }) { remove(central.id, reason: reason) }
    updateWriters()
  }

  /// The answer to ``Output/askWhetherConnected(_:)``.
  mutating func answered(isConnected: Bool, _ device: ObjectPath) {
    if isConnected { deviceConnected(device) } else { deviceGone(device, reason: .unspecified) }
  }

  /// The adapter was switched off: no device is connected any more.
  mutating func allDevicesGone(reason: DisconnectReason) {
    for central in centrals { remove(central.id, reason: reason) }
    connectedDevices = []
    updateWriters()
  }

  /// bluetoothd or the adapter is gone, or has lost the application: so are all centrals and subscriptions.
  mutating func registrationEnded(reason: DisconnectReason) {
    allDevicesGone(reason: reason)
    for uuid in subscribable where channels[uuid] != nil { notifyStopped(uuid) }
    if !writers.isEmpty { put(.closeWriters(Set(writers.keys))) }
    writers = [:]
  }

  func device(of central: CentralID) -> ObjectPath? { centrals.first { $0.id == central }?.device }

  func central(of device: ObjectPath) -> CentralID? { centrals.first { $0.device == device }?.id }

  /// ATT_MTU of a central, as far as bluetoothd has said it.
  func maximumTransmissionUnit(of central: CentralID) -> Int {
    centrals.first { $0.id == central }?.maximumTransmissionUnit ?? 23
  }

  /// The place of the central that an operation names, which may be its first; nil when none is named, or there are too many.
  mutating func place(of options: ApplicationOptions) -> Int? {
    guard let device = options.device else { return nil }
    let place: Int
    if let known = centrals.firstIndex(where: { $0.device == device }) {
      place = known
    } else {
      guard centrals.count < Self.centralLimit else { return nil }
      centralCount += 1
      let central = Central(id: CentralID(rawValue: centralCount), device: device)
      centrals.append(central)
      place = centrals.count - 1
      put(.connected(central.id))
      // What bluetoothd handed over before the link ended may come after its end; that central would stay for ever.
      if !connectedDevices.contains(device) { put(.askWhetherConnected(device)) }
      for uuid in subscribable where channels[uuid] != nil {
        if indicates(uuid) {
          put(.subscription(uuid, isOn: true, central.id))
        } else if channels[uuid]?.holder == nil {
          hand(uuid, to: central.id)
        }
      }
      updateWriters()
    }
    if let unit = options.maximumTransmissionUnit { centrals[place].maximumTransmissionUnit = unit }
    return place
  }

  private mutating func remove(_ central: CentralID, reason: DisconnectReason) {
    guard let place = centrals.firstIndex(where: { $0.id == central }) else { return }
    centrals.remove(at: place)
    let itsWriters = Set(writers.filter { $0.value == central }.keys)
    for uuid in itsWriters { writers[uuid] = nil }
    if !itsWriters.isEmpty { put(.closeWriters(itsWriters)) }
    put(.disconnected(central, reason))
    dropIndications(of: central)
    for uuid in subscribable where channels[uuid]?.holder == central {
      channels[uuid]?.holder = nil
      if let next = centrals.first { hand(uuid, to: next.id) }
    }
  }

  mutating func hand(_ uuid: BluetoothUUID, to central: CentralID) {
    channels[uuid]?.holder = central
    put(.subscription(uuid, isOn: true, central))
  }

  /// Whose a packet is cannot be told with two devices.
  mutating func updateWriters() {
    let devices = connectedDevices.union(centrals.map(\.device))
    let isOne = devices.count <= 1
    guard isOne != offersWriters else { return }
    offersWriters = isOne
    if !isOne, !writers.isEmpty {
      put(.closeWriters(Set(writers.keys)))
      writers = [:]
    }
    put(.offerWriters(isOne))
  }
}

extension DisconnectReason {
  /// 0x1F: bluetoothd does not say why (Core Vol 1 Part F 1.3).
  static let unspecified = DisconnectReason.other(0x1F)
}
