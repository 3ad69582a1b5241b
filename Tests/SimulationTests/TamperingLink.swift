import PercussGATT
import PercussLink
import PercussTime

/// A link with someone in the middle: looks at each value before it passes, and may keep it.
///
/// The someone runs on the timeline, like everything.
actor TamperingLink: DeviceLink {
  typealias Filter = @Sendable (BluetoothUUID, [UInt8]) async -> Bool

  nonisolated let timeline: any Timeline
  nonisolated let events: AsyncStream<[LinkEvent]>
  nonisolated var unownedExecutor: UnownedSerialExecutor { timeline.asUnownedSerialExecutor() }

  private let link: InMemoryLink
  private let onWrite: Filter

  /// - Parameters:
  ///   - onWrite: whether a written value is passed on; else it is lost, and the writer does not notice.
  ///   - onValue: whether a value from the device is passed on.
  init(_ link: InMemoryLink, onWrite: @escaping Filter = { _, _ in true }, onValue: @escaping Filter = { _, _ in true })
  {
    self.link = link
    timeline = link.timeline
    self.onWrite = onWrite
    let (events, source) = AsyncStream.makeStream(of: [LinkEvent].self)
    self.events = events
    timeline.start {
      for await batch in link.events {
        var passed: [LinkEvent] = []
        for event in batch {
          if case .value(let characteristic, let bytes, _) = event, await !onValue(characteristic, bytes) { continue }
          passed.append(event)
        }
        if !passed.isEmpty { source.yield(passed) }
      }
      source.finish()
    }
  }

  var profile: Profile { get async { await link.profile } }

  var maximumTransmissionUnit: Int { get async { link.maximumTransmissionUnit } }

  func read(_ characteristic: BluetoothUUID) async throws(LinkError) -> [UInt8] {
    try await link.read(characteristic)
  }

  func write(_ value: [UInt8], to characteristic: BluetoothUUID, type: WriteType) async throws(LinkError) {
    guard await onWrite(characteristic, value) else { return }
    try await link.write(value, to: characteristic, type: type)
  }

  func subscribe(to characteristics: [BluetoothUUID]) async throws(LinkError) {
    try await link.subscribe(to: characteristics)
  }

  func unsubscribe(from characteristics: [BluetoothUUID]) async throws(LinkError) {
    try await link.unsubscribe(from: characteristics)
  }

  func disconnect() async { await link.disconnect() }
}
