import PercussGATT
import PercussLink
import PercussTime
import PercussWire

/// A link to a device that is only a script: each written value goes to a closure, which says what comes back.
actor ScriptedLink: DeviceLink {
  /// What a write brings: the failure of the write itself, and values that arrive.
  struct Reply: Sendable {
    var failure: LinkError?
    var values: [(BluetoothUUID, [UInt8])] = []

    static let nothing = Reply()
  }

  typealias Script = @Sendable (_ value: [UInt8], _ characteristic: BluetoothUUID, _ type: WriteType) -> Reply

  nonisolated let timeline: any Timeline
  nonisolated let events: AsyncStream<[LinkEvent]>
  nonisolated let source: AsyncStream<[LinkEvent]>.Continuation
  nonisolated let maximumTransmissionUnit = 23
  nonisolated let profile = Profile.percuss
  nonisolated var unownedExecutor: UnownedSerialExecutor { timeline.asUnownedSerialExecutor() }

  private let script: Script
  private let readings: [BluetoothUUID: Result<[UInt8], LinkError>]
  private let subscriptionFailure: LinkError?
  private(set) var subscriptions: [BluetoothUUID] = []
  private(set) var written: [(BluetoothUUID, [UInt8], WriteType)] = []
  private(set) var disconnections = 0

  init(
    on timeline: any Timeline, readings: [BluetoothUUID: Result<[UInt8], LinkError>] = [:],
    subscriptionFailure: LinkError? = nil, script: @escaping Script = ScriptedLink.answering { _ in .success }
  ) {
    self.timeline = timeline
    self.readings = Self.usual.merging(readings) { $1 }
    self.subscriptionFailure = subscriptionFailure
    self.script = script
    (events, source) = AsyncStream.makeStream()
  }

  /// A script that answers every control request with a result and no parameters.
  static func answering(_ result: @escaping @Sendable (ControlRequest) -> ControlResult?) -> Script {
    { value, characteristic, _ in
      guard characteristic == .percussControlPoint, let request = try? ControlRequest(value),
        let result = result(request)
      else { return .nothing }
      let response = ControlResponse(
        opCode: request.opCode, sequence: request.sequence, result: result, state: .idle, body: .empty)
      return Reply(values: (try? response.bytes()).map { [(.percussControlPoint, $0)] } ?? [])
    }
  }

  static func feature(
    major: UInt8 = WireIdentifiers.versionMajor, schema: UInt32 = WireIdentifiers.schemaCRC,
    features: DeviceFeatures = [.routines, .clock]
  ) -> Result<[UInt8], LinkError> {
    let feature = DeviceFeature(
      versionMajor: major, versionMinor: 0, schemaCRC: schema, features: features, speedMinimumPPM: 1750,
      speedMaximumPPM: 2400, speedStepPPM: 10, forceMaximumDecinewtons: 1780, routineSlots: 2, routineSteps: 100,
      queueDepth: 0)
    return .success((try? feature.bytes()) ?? [])
  }

  private static let usual: [BluetoothUUID: Result<[UInt8], LinkError>] = [
    .percussFeature: feature(),
    .percussEvent: .success(
      (try? DeviceEvent(
        counter: 0, body: .stateChanged(state: .idle, previous: .idle, cause: .powerOn, timeMicroseconds: 0)
      ).bytes()) ?? []),
    .manufacturerName: .success(Array("Acme".utf8)),
    .modelNumber: .success([0x41, 0xFF]),
  ]

  nonisolated func send(_ value: [UInt8], from characteristic: BluetoothUUID) {
    source.yield([.value(characteristic, value, at: timeline.now)])
  }

  nonisolated func drop(_ reason: DisconnectReason) {
    source.yield([.disconnected(reason)])
    source.finish()
  }

  func read(_ characteristic: BluetoothUUID) async throws(LinkError) -> [UInt8] {
    guard let reading = readings[characteristic] else { throw .noSuchCharacteristic(characteristic) }
    return try reading.get()
  }

  func write(_ value: [UInt8], to characteristic: BluetoothUUID, type: WriteType) async throws(LinkError) {
    written.append((characteristic, value, type))
    let reply = script(value, characteristic, type)
    for (characteristic, value) in reply.values { send(value, from: characteristic) }
    if let failure = reply.failure { throw failure }
  }

  func subscribe(to characteristics: [BluetoothUUID]) async throws(LinkError) {
    if let subscriptionFailure { throw subscriptionFailure }
    subscriptions += characteristics
  }

  func unsubscribe(from characteristics: [BluetoothUUID]) async throws(LinkError) {
    subscriptions.removeAll { characteristics.contains($0) }
  }

  func disconnect() async {
    disconnections += 1
    drop(.closedLocally)
  }
}
