internal import PercussGATT
internal import PercussLink
internal import PercussTime

// One indication of a characteristic is on its way at a time.
extension PeripheralSession {
  /// Whether a notification of the central may go out, and how; nil when not.
  func way(for uuid: BluetoothUUID, of central: CentralID) -> Channel.Way? {
    isSubscribed(central, to: uuid) ? channels[uuid]?.way : nil
  }

  /// Takes an indication; false when the central has not subscribed, or too many wait.
  mutating func indicate(_ value: [UInt8], of uuid: BluetoothUUID, for central: CentralID, at now: MonotonicInstant)
    -> Bool
  {
    guard indicates(uuid), isSubscribed(central, to: uuid) else { return false }
    var queue = indications[uuid] ?? IndicationQueue()
    guard queue.waiting.count < Self.indicationLimit else { return false }
    queue.waiting.append(Indication(central: central, value: Array(value.prefix(Self.valueLimit))))
    indications[uuid] = queue
    sendNext(uuid, at: now)
    return true
  }

  /// A central has confirmed; bluetoothd does not say which.
  mutating func confirmed(_ uuid: BluetoothUUID, at now: MonotonicInstant) {
    guard let central = indications[uuid]?.unconfirmed?.central else { return }
    indications[uuid]?.unconfirmed = nil
    put(.confirmed(uuid, central))
    sendNext(uuid, at: now)
  }

  /// Drops what a central that is gone can neither get nor confirm.
  mutating func dropIndications(of central: CentralID) {
    for uuid in indications.keys.sorted() {
      indications[uuid]?.waiting.removeAll { $0.central == central }
      guard let unconfirmed = indications[uuid]?.unconfirmed, unconfirmed.central == central else { continue }
      indications[uuid]?.unconfirmed = nil
      // The deadline is as good a clock as any: what is sent now has as long as what it follows had left.
      sendNext(uuid, at: unconfirmed.deadline - Self.confirmationTimeout)
    }
  }

  private mutating func sendNext(_ uuid: BluetoothUUID, at now: MonotonicInstant) {
    guard var queue = indications[uuid], queue.unconfirmed == nil, !queue.waiting.isEmpty else { return }
    let next = queue.waiting.removeFirst()
    queue.unconfirmed = (next.central, now.advanced(by: Self.confirmationTimeout))
    indications[uuid] = queue
    put(.indicate(next.value, uuid))
  }

  /// When ``tick(at:)`` is due.
  var nextDeadline: MonotonicInstant? { indications.values.compactMap(\.unconfirmed?.deadline).min() }

  /// Gives up confirmations that are overdue, so that what waits behind them goes out. A central that owes one has lost its link by now.
  mutating func tick(at now: MonotonicInstant) {
    for uuid in indications.keys.sorted() {
      guard let unconfirmed = indications[uuid]?.unconfirmed, unconfirmed.deadline <= now else { continue }
      confirmed(uuid, at: now)
    }
  }
}
