import PercussBlueZ
import Synchronization

/// What a peripheral has told.
final class PeripheralEventLog: Sendable {
  private let entries = Mutex<[PeripheralEvent]>([])

  func add(_ event: PeripheralEvent) { entries.withLock { $0.append(event) } }

  var events: [PeripheralEvent] { entries.withLock { $0 } }

  func count(where isCounted: (PeripheralEvent) -> Bool) -> Int { events.count(where: isCounted) }

  var servingCount: Int { count { if case .serving = $0 { true } else { false } } }

  var disconnectionCount: Int { count { if case .centralDisconnected = $0 { true } else { false } } }
}
