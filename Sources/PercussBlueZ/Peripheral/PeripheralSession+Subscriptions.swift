internal import PercussGATT
internal import PercussLink

// Who has subscribed, as far as bluetoothd says it.
extension PeripheralSession {
  /// The characteristics that notify or indicate, in the order of their handles.
  var subscribable: [BluetoothUUID] {
    profile.services.flatMap(\.characteristics)
      .filter { !$0.properties.isDisjoint(with: [.notify, .indicate]) }.map(\.uuid)
  }

  /// bluetoothd indicates whatever can be indicated.
  func indicates(_ uuid: BluetoothUUID) -> Bool { profile[uuid]?.properties.contains(.indicate) == true }

  /// Somebody has subscribed, maybe not the first; bluetoothd does not say who. Values go out as signals.
  mutating func notifyStarted(_ uuid: BluetoothUUID) {
    guard channels[uuid] == nil else { return }
    // Most likely the one that came last.
    open(uuid, .signals, for: centrals.last?.id)
  }

  /// A central is the first to subscribe, and values go to a descriptor. Gives ATT_MTU, or nil when there is to be no descriptor.
  mutating func acquireNotify(_ uuid: BluetoothUUID, _ options: ApplicationOptions) -> Int? {
    guard isNotifiable(uuid), let place = place(of: options) else { return nil }
    open(uuid, .descriptor, for: centrals[place].id)
    return centrals[place].maximumTransmissionUnit
  }

  /// Whether a characteristic notifies through descriptors.
  func isNotifiable(_ uuid: BluetoothUUID) -> Bool {
    profile[uuid]?.properties.contains(.notify) == true && !indicates(uuid)
  }

  private mutating func open(_ uuid: BluetoothUUID, _ way: Channel.Way, for central: CentralID?) {
    guard profile[uuid]?.properties.isDisjoint(with: [.notify, .indicate]) == false else { return }
    let known = channels.updateValue(Channel(way: way), forKey: uuid)
    if indicates(uuid) {
      guard known == nil else { return }
      for central in centrals { put(.subscription(uuid, isOn: true, central.id)) }
    } else if known?.holder == central {
      channels[uuid]?.holder = central
    } else {
      if let old = known?.holder { put(.subscription(uuid, isOn: false, old)) }
      if let central { hand(uuid, to: central) }
    }
  }

  /// The last subscriber is gone: bluetoothd says so, or has closed the descriptor.
  mutating func notifyStopped(_ uuid: BluetoothUUID) {
    guard let channel = channels.removeValue(forKey: uuid) else { return }
    indications[uuid] = nil
    let subscribers = indicates(uuid) ? centrals.map(\.id) : channel.holder.map { [$0] } ?? []
    for central in subscribers { put(.subscription(uuid, isOn: false, central)) }
  }

  func isSubscribed(_ central: CentralID, to uuid: BluetoothUUID) -> Bool {
    guard let channel = channels[uuid], centrals.contains(where: { $0.id == central }) else { return false }
    return indicates(uuid) || channel.holder == central
  }
}
