public import PercussGATT
public import PercussLink
public import PercussTime

/// A hosted device that records what goes over its links, as its host sees it, and changes nothing.
///
/// Each recorded device has an adapter of its own in the recording, with the device's address. A subscription is recorded when the device is told of it; an
/// indication when the one before it was confirmed.
public actor RecordedPeripheral: RadioPeripheral {
  /// What records and its ports run on.
  public nonisolated let timeline: any Timeline
  /// The device.
  public nonisolated let device: any RadioPeripheral
  /// Runs on the timeline.
  public nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe timeline.asUnownedSerialExecutor() }
  /// See `RadioPeripheral`.
  public nonisolated var profile: Profile { device.profile }
  /// See `RadioPeripheral`.
  public nonisolated var hostTraits: HostTraits { device.hostTraits }

  private let recording: CaptureRecording
  private let controller: UInt16
  private let asksForEachPart: Bool
  private let address: @Sendable (CentralID) -> CapturedAddress?
  private var conversations: [CentralID: ConversationWriter] = [:]

  /// Records a device from now on.
  ///
  /// - Parameters:
  ///   - own: the device's address.
  ///   - asksForEachPart: whether the host asks the device for each part of a long value.
  ///   - address: of a central that has connected; where nobody knows it, one is made up of its number.
  public init(
    _ device: any RadioPeripheral, on timeline: any Timeline, into recording: CaptureRecording, at own: CapturedAddress,
    asksForEachPart: Bool, address: @escaping @Sendable (CentralID) -> CapturedAddress?
  ) {
    self.device = device
    self.timeline = timeline
    self.recording = recording
    self.asksForEachPart = asksForEachPart
    self.address = address
    controller = recording.controller(own, at: timeline.now)
  }

  // MARK: From the radio

  /// See `RadioPeripheral`.
  public nonisolated func centralConnected(_ central: CentralID, port: any PeripheralPort) {
    assumeIsolated { $0.begin(central, port) }
    device.centralConnected(central, port: RecordedPort(port, of: self, central: central))
  }

  /// See `RadioPeripheral`.
  public nonisolated func centralDisconnected(_ central: CentralID, reason: DisconnectReason) {
    assumeIsolated { peripheral in
      peripheral.record(central) { $0.end(reason, at: $1, &$2) }
      peripheral.conversations[central] = nil
    }
    device.centralDisconnected(central, reason: reason)
  }

  /// See `RadioPeripheral`.
  public nonisolated func read(
    _ characteristic: BluetoothUUID, from central: CentralID,
    answer: @escaping @Sendable (Result<[UInt8], ATTError>) -> Void
  ) {
    read(characteristic, offset: 0, from: central, answer: answer)
  }

  /// See `RadioPeripheral`.
  public nonisolated func read(
    _ characteristic: BluetoothUUID, offset: Int, from central: CentralID,
    answer: @escaping @Sendable (Result<[UInt8], ATTError>) -> Void
  ) {
    let number = begin(.read(characteristic, offset: offset), of: central)
    device.read(characteristic, offset: offset, from: central) { [weak self] value in
      self?.assumeIsolated { $0.record(central) { $0.answer(number, value, at: $1, &$2) } }
      answer(value)
    }
  }

  /// See `RadioPeripheral`.
  public nonisolated func write(
    _ value: [UInt8], to characteristic: BluetoothUUID, type: WriteType, from central: CentralID,
    answer: @escaping @Sendable (ATTError?) -> Void
  ) {
    guard type == .request else {
      assumeIsolated { $0.record(central) { $0.command(value, to: characteristic, at: $1, &$2) } }
      return device.write(value, to: characteristic, type: type, from: central, answer: answer)
    }
    let number = begin(.write(value, characteristic), of: central)
    device.write(value, to: characteristic, type: type, from: central) { [weak self] refusal in
      let result: Result<[UInt8], ATTError> = refusal.map { .failure($0) } ?? .success([])
      self?.assumeIsolated { $0.record(central) { $0.answer(number, result, at: $1, &$2) } }
      answer(refusal)
    }
  }

  /// See `RadioPeripheral`.
  public nonisolated func subscriptionChanged(
    _ characteristic: BluetoothUUID, isSubscribed: Bool, by central: CentralID
  ) {
    let number = begin(.configure(characteristic, isSubscribed: isSubscribed), of: central)
    assumeIsolated { $0.record(central) { $0.answer(number, .success([]), at: $1, &$2) } }
    device.subscriptionChanged(characteristic, isSubscribed: isSubscribed, by: central)
  }

  /// See `RadioPeripheral`.
  public nonisolated func indicationConfirmed(_ characteristic: BluetoothUUID, by central: CentralID) {
    assumeIsolated { $0.record(central) { $0.confirmed(at: $1, &$2) } }
    device.indicationConfirmed(characteristic, by: central)
  }

  // MARK: Recording

  /// The device has sent a value, which the radio has taken.
  func sent(_ value: [UInt8], of characteristic: BluetoothUUID, to central: CentralID, asIndication: Bool) {
    record(central) { $0.value(value, of: characteristic, asIndication: asIndication, at: $1, &$2) }
  }

  private func begin(_ central: CentralID, _ port: any PeripheralPort) {
    let madeUp = CapturedAddress(CapturedAddress.madeUpHost.number | UInt64(central.rawValue & 0xFF), isRandom: false)
    var connection = ConversationWriter.Connection(
      role: .peripheral, peer: address(central) ?? madeUp, controller: controller, handle: recording.newHandle(),
      maximumTransmissionUnit: port.maximumTransmissionUnit)
    connection.asksForEachPart = asksForEachPart
    conversations[central] = ConversationWriter(connection, profile: device.profile)
    record(central) { $0.begin(at: $1, &$2) }
  }

  private nonisolated func begin(_ request: ConversationWriter.Request, of central: CentralID) -> Int? {
    assumeIsolated { $0.record(central) { $0.request(request, at: $1, &$2) } ?? nil }
  }

  @discardableResult
  private func record<Success: Sendable>(
    _ central: CentralID, _ body: (inout ConversationWriter, MonotonicInstant, inout MonitorLog) -> Success
  ) -> Success? {
    guard var conversation = conversations[central] else { return nil }
    let before = conversation.leftOut
    let now = timeline.now
    let result = recording.record { body(&conversation, now, &$0) }
    if conversation.leftOut > before { recording.leaveOut(conversation.leftOut - before) }
    conversations[central] = conversation
    return result
  }
}

/// The port that a recorded device sends through.
private final class RecordedPort: PeripheralPort {
  private let port: any PeripheralPort
  private let central: CentralID
  /// The peripheral holds the device, which holds the port.
  private weak let peripheral: RecordedPeripheral?

  init(_ port: any PeripheralPort, of peripheral: RecordedPeripheral, central: CentralID) {
    self.port = port
    self.peripheral = peripheral
    self.central = central
  }

  var maximumTransmissionUnit: Int { port.maximumTransmissionUnit }

  func notify(_ value: [UInt8], of characteristic: BluetoothUUID) -> Bool {
    guard port.notify(value, of: characteristic) else { return false }
    peripheral?.assumeIsolated { $0.sent(value, of: characteristic, to: central, asIndication: false) }
    return true
  }

  func indicate(_ value: [UInt8], of characteristic: BluetoothUUID) -> Bool {
    guard port.indicate(value, of: characteristic) else { return false }
    peripheral?.assumeIsolated { $0.sent(value, of: characteristic, to: central, asIndication: true) }
    return true
  }

  func disconnect() { port.disconnect() }
}
