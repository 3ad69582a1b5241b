import PercussGATT
import PercussLink
import PercussSimulator
import PercussTime

/// What a device does otherwise than it should: one thing, at one place.
struct Misbehaviour: Sendable {
  /// What becomes of a value that the device sends; called with its place among those of its characteristic, from 0. Nil loses it.
  var onSend: @Sendable (BluetoothUUID, Int, [UInt8]) -> [UInt8]? = { _, _, value in value }
  /// Whether a value is sent twice.
  var repeats: @Sendable (BluetoothUUID, Int, [UInt8]) -> Bool = { _, _, _ in false }
  /// How much later a value is sent.
  var delay: @Sendable (BluetoothUUID, Int) -> Duration = { _, _ in .zero }
  /// The error with which a write is refused, which the device then never sees; called with its place among the writes to its characteristic.
  var onWrite: @Sendable (BluetoothUUID, Int, [UInt8]) -> ATTError? = { _, _, _ in nil }
  /// Whether a write is lost: the device never sees it, and a request has no answer.
  var swallows: @Sendable (BluetoothUUID, Int, [UInt8]) -> Bool = { _, _, _ in false }
  /// What becomes of a value that is read.
  var onRead: @Sendable (BluetoothUUID, [UInt8]) -> [UInt8] = { _, value in value }
}

/// A virtual device behind a misbehaviour.
final class MisbehavingPeripheral: RadioPeripheral {
  let device: SimulatedDevice
  let misbehaviour: Misbehaviour
  /// Unsafe only to the compiler: used on the timeline alone.
  private nonisolated(unsafe) var sent: [BluetoothUUID: Int] = [:]
  private nonisolated(unsafe) var written: [BluetoothUUID: Int] = [:]

  init(_ device: SimulatedDevice, _ misbehaviour: Misbehaviour) {
    self.device = device
    self.misbehaviour = misbehaviour
  }

  var profile: Profile { device.profile }

  func centralConnected(_ central: CentralID, port: any PeripheralPort) {
    device.centralConnected(central, port: Port(port, self, central))
  }

  func centralDisconnected(_ central: CentralID, reason: DisconnectReason) {
    device.centralDisconnected(central, reason: reason)
  }

  func read(
    _ characteristic: BluetoothUUID, from central: CentralID,
    answer: @escaping @Sendable (Result<[UInt8], ATTError>) -> Void
  ) {
    device.read(characteristic, from: central) { [misbehaviour] in
      answer($0.map { misbehaviour.onRead(characteristic, $0) })
    }
  }

  func write(
    _ value: [UInt8], to characteristic: BluetoothUUID, type: WriteType, from central: CentralID,
    answer: @escaping @Sendable (ATTError?) -> Void
  ) {
    let place = written[characteristic, default: 0]
    written[characteristic] = place + 1
    if let error = misbehaviour.onWrite(characteristic, place, value) { return answer(error) }
    if misbehaviour.swallows(characteristic, place, value) { return }
    device.write(value, to: characteristic, type: type, from: central, answer: answer)
  }

  func subscriptionChanged(_ characteristic: BluetoothUUID, isSubscribed: Bool, by central: CentralID) {
    device.subscriptionChanged(characteristic, isSubscribed: isSubscribed, by: central)
  }

  func indicationConfirmed(_ characteristic: BluetoothUUID, by central: CentralID) {
    device.indicationConfirmed(characteristic, by: central)
  }

  private final class Port: PeripheralPort {
    let port: any PeripheralPort
    let peripheral: MisbehavingPeripheral
    let central: CentralID

    init(_ port: any PeripheralPort, _ peripheral: MisbehavingPeripheral, _ central: CentralID) {
      self.port = port
      self.peripheral = peripheral
      self.central = central
    }

    var maximumTransmissionUnit: Int { port.maximumTransmissionUnit }

    func notify(_ value: [UInt8], of characteristic: BluetoothUUID) -> Bool {
      pass(value, characteristic, isIndication: false) { $0.notify($1, of: characteristic) }
    }

    func indicate(_ value: [UInt8], of characteristic: BluetoothUUID) -> Bool {
      pass(value, characteristic, isIndication: true) { $0.indicate($1, of: characteristic) }
    }

    private func pass(
      _ value: [UInt8], _ characteristic: BluetoothUUID, isIndication: Bool,
      _ send: @escaping @Sendable (any PeripheralPort, [UInt8]) -> Bool
    ) -> Bool {
      let place = peripheral.sent[characteristic, default: 0]
      peripheral.sent[characteristic] = place + 1
      let delay = peripheral.misbehaviour.delay(characteristic, place)
      guard let passed = peripheral.misbehaviour.onSend(characteristic, place, value) else {
        // As by a host that loses it behind its confirmation.
        if isIndication {
          peripheral.device.timeline.schedule(after: .zero) { [device = peripheral.device, central] in
            device.indicationConfirmed(characteristic, by: central)
          }
        }
        return true
      }
      if peripheral.misbehaviour.repeats(characteristic, place, value) { _ = send(port, passed) }
      guard delay > .zero else { return send(port, passed) }
      peripheral.device.timeline.schedule(after: delay) { [port] in _ = send(port, passed) }
      return true
    }

    func disconnect() { port.disconnect() }
  }
}
