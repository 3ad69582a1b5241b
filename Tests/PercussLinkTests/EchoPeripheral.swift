import PercussGATT
import PercussLink
import PercussTime
import Synchronization

/// A peripheral that keeps a diary and does as it is told.
final class EchoPeripheral: RadioPeripheral {
  struct State {
    var diary: [String] = []
    var ports: [CentralID: any PeripheralPort] = [:]
    var values: [BluetoothUUID: [UInt8]] = [.percussFeature: [1, 2, 3]]
    var refusal: ATTError?
    /// Indicates every value written to the control point.
    var echoes = false
    /// How long it takes to answer; nil for at once.
    var answerDelay: Duration?
    /// How often it gives each answer.
    var answerCount = 1
  }

  let timeline: any Timeline
  let profile = Profile.percuss
  private let state = Mutex(State())

  init(timeline: any Timeline) {
    self.timeline = timeline
  }

  var diary: [String] { state.withLock { $0.diary } }

  func configure(_ change: (inout State) -> Void) {
    state.withLock { change(&$0) }
  }

  func port(of central: CentralID = CentralID(rawValue: 1)) -> (any PeripheralPort)? {
    state.withLock { $0.ports[central] }
  }

  private func note(_ line: String) {
    let milliseconds = timeline.now.nanoseconds / 1_000_000
    state.withLock { $0.diary.append("\(milliseconds): \(line)") }
  }

  func centralConnected(_ central: CentralID, port: any PeripheralPort) {
    note("\(central) connected")
    state.withLock { $0.ports[central] = port }
  }

  func centralDisconnected(_ central: CentralID, reason: DisconnectReason) {
    note("\(central) disconnected, \(reason.code)")
    state.withLock { $0.ports[central] = nil }
  }

  func read(
    _ characteristic: BluetoothUUID, from central: CentralID,
    answer: @escaping @Sendable (Result<[UInt8], ATTError>) -> Void
  ) {
    note("read of \(profile.name(of: characteristic))")
    let value: Result<[UInt8], ATTError> = state.withLock { state in
      if let refusal = state.refusal { return .failure(refusal) }
      return .success(state.values[characteristic] ?? [])
    }
    give { answer(value) }
  }

  func write(
    _ value: [UInt8], to characteristic: BluetoothUUID, type: WriteType, from central: CentralID,
    answer: @escaping @Sendable (ATTError?) -> Void
  ) {
    note("\(type) \(value) to \(profile.name(of: characteristic))")
    let (refusal, echoes) = state.withLock { ($0.refusal, $0.echoes) }
    if echoes, let port = port(of: central) { _ = port.indicate(value, of: .percussControlPoint) }
    give { answer(refusal) }
  }

  private func give(_ answer: @escaping @Sendable () -> Void) {
    let (delay, count) = state.withLock { ($0.answerDelay, $0.answerCount) }
    for _ in 0..<count {
      if let delay { timeline.schedule(after: delay, answer) } else { answer() }
    }
  }

  func subscriptionChanged(_ characteristic: BluetoothUUID, isSubscribed: Bool, by central: CentralID) {
    note("\(isSubscribed ? "subscription to" : "end of") \(profile.name(of: characteristic))")
  }

  func indicationConfirmed(_ characteristic: BluetoothUUID, by central: CentralID) {
    note("confirmation of \(profile.name(of: characteristic))")
  }
}
