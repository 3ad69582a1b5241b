internal import PercussDBus

/// What is to be signalled of each object, collected as bluetoothd's D-Bus library does: changes of a property until the next turn of its loop
/// become one signal with the newest value; before any reply all that is pending goes out.
///
/// The two ways out have different orders, and with them comes a race of the real daemon: an idle loop tells objects in the order of their latest change,
/// a reply in the order of their first. So `ServicesResolved=true` of a device that had an earlier change overtakes the GATT objects when any reply
/// comes between (bluez#1489).
struct PendingSignals {
  /// What is to be told of one object, in this order.
  struct Changes: Equatable {
    var added: [String] = []
    var changed: [(interface: String, properties: [String])] = []
    var removed: [String] = []

    static func == (left: Changes, right: Changes) -> Bool {
      left.added == right.added && left.removed == right.removed
        && left.changed.elementsEqual(right.changed) { $0.interface == $1.interface && $0.properties == $1.properties }
    }
  }

  private struct Entry {
    var object: DaemonObject
    var changes = Changes()
    var latest = 0
  }

  /// In the order of their first change.
  private var entries: [Entry] = []
  private var count = 0

  var isEmpty: Bool { entries.isEmpty }

  mutating func add(_ interface: String, of object: DaemonObject) {
    change(object) { $0.added.append(interface) }
  }

  /// What has not been announced yet will be announced as it is then.
  mutating func change(_ property: String, of interface: String, _ object: DaemonObject) {
    if entries.first(where: { $0.object == object })?.changes.added.contains(interface) == true { return }
    change(object) { changes in
      guard let index = changes.changed.firstIndex(where: { $0.interface == interface }) else {
        return changes.changed.append((interface, [property]))
      }
      if !changes.changed[index].properties.contains(property) { changes.changed[index].properties.append(property) }
    }
  }

  private mutating func change(_ object: DaemonObject, _ body: (inout Changes) -> Void) {
    count += 1
    let index: Int
    if let known = entries.firstIndex(where: { $0.object == object }) {
      index = known
    } else {
      entries.append(Entry(object: object))
      index = entries.count - 1
    }
    body(&entries[index].changes)
    entries[index].latest = count
  }

  /// Whether the object has interfaces that were not announced yet.
  func isUnannounced(_ object: DaemonObject) -> Bool {
    entries.first { $0.object == object }?.changes.added.isEmpty == false
  }

  /// Takes what is pending of one object; nil when there is nothing.
  mutating func take(_ object: DaemonObject) -> Changes? {
    guard let index = entries.firstIndex(where: { $0.object == object }) else { return nil }
    return entries.remove(at: index).changes
  }

  /// The object to be told of next.
  func next(isIdle: Bool) -> DaemonObject? {
    isIdle ? entries.min { $0.latest < $1.latest }?.object : entries.first?.object
  }
}
