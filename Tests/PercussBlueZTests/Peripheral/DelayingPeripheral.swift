import PercussGATT
import PercussLink
import PercussTime
import Synchronization

/// A peripheral with one characteristic of each kind, which notes what it is asked and answers as it is told.
final class DelayingPeripheral: RadioPeripheral {
  static let requestsOnly = BluetoothUUID(0xAA01)
  static let commandsOnly = BluetoothUUID(0xAA02)
  static let long = BluetoothUUID(0xAA03)
  static let indicated = BluetoothUUID(0xAA04)
  static let notified = BluetoothUUID(0xAA05)

  struct State {
    var diary: [String] = []
    var ports: [CentralID: any PeripheralPort] = [:]
    var refusal: ATTError?
    var delay: Duration?
    var value: [UInt8] = Array(0..<100)
  }

  let profile = Profile(services: [
    ServiceDescription(
      .percussService, name: "Test",
      characteristics: [
        .init(requestsOnly, name: "Requests", properties: [.write]),
        .init(commandsOnly, name: "Commands", properties: [.writeWithoutResponse]),
        .init(long, name: "Long", properties: [.read, .write, .writeWithoutResponse]),
        .init(indicated, name: "Indicated", properties: [.indicate]),
        .init(notified, name: "Notified", properties: [.notify]),
      ])
  ])
  let timeline: any Timeline
  private let state = Mutex(State())

  init(timeline: any Timeline) { self.timeline = timeline }

  var diary: [String] { state.withLock { $0.diary } }
  func configure(_ change: (inout State) -> Void) { state.withLock { change(&$0) } }
  func port(of number: Int) -> (any PeripheralPort)? {
    state.withLock { $0.ports[CentralID(rawValue: number)] }
  }

  private func note(_ line: String) { state.withLock { $0.diary.append(line) } }

  private func give(_ answer: @escaping @Sendable () -> Void) {
    if let delay = state.withLock({ $0.delay }) { timeline.schedule(after: delay, answer) } else { answer() }
  }

  func centralConnected(_ central: CentralID, port: any PeripheralPort) {
    note("\(central) connected")
    state.withLock { $0.ports[central] = port }
  }

  func centralDisconnected(_ central: CentralID, reason: DisconnectReason) {
    note("\(central) disconnected")
    state.withLock { $0.ports[central] = nil }
  }

  func read(
    _ characteristic: BluetoothUUID, from central: CentralID,
    answer: @escaping @Sendable (Result<[UInt8], ATTError>) -> Void
  ) {
    note("\(central) reads \(characteristic)")
    let (refusal, value) = state.withLock { ($0.refusal, $0.value) }
    give { answer(refusal.map { .failure($0) } ?? .success(value)) }
  }

  func write(
    _ value: [UInt8], to characteristic: BluetoothUUID, type: WriteType, from central: CentralID,
    answer: @escaping @Sendable (ATTError?) -> Void
  ) {
    note("\(central) writes \(value.count > 8 ? "\(value.count) bytes" : "\(value)") to \(characteristic), \(type)")
    let refusal = state.withLock { $0.refusal }
    give { answer(refusal) }
  }

  func subscriptionChanged(_ characteristic: BluetoothUUID, isSubscribed: Bool, by central: CentralID) {
    note("\(central) \(isSubscribed ? "subscribes to" : "leaves") \(characteristic)")
  }

  func indicationConfirmed(_ characteristic: BluetoothUUID, by central: CentralID) {
    note("\(central) confirms \(characteristic)")
  }
}
