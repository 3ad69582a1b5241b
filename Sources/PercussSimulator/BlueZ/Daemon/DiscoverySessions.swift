internal import PercussBlueZ
internal import PercussDBus
internal import PercussGATT

/// Who discovers, and with which filter. Sessions and filters belong to a unique bus name and die with it.
struct DiscoverySessions: Sendable {
  /// How many senders may have a session or a filter.
  static let limit = 1_024

  private var filters: [String: DiscoveryFilter] = [:]
  private(set) var senders: Set<String> = []
  /// Devices found since discovery began; their signal strength goes with its end.
  var found: Set<BluetoothAddress> = []
  /// Whether a session left the radio in a state where it reports nothing.
  var isDeaf = false
  /// Whether a killed client has left discovery locked.
  var isLocked = false

  var isEmpty: Bool { senders.isEmpty }
  /// Whether any of the sessions has a filter.
  var isFiltered: Bool { senders.contains { filters[$0] != nil } }

  /// Nil removes the filter.
  mutating func setFilter(_ filter: DiscoveryFilter?, of sender: String) -> DBusErrorReply? {
    guard filter == nil || filters[sender] != nil || filters.count < Self.limit else {
      return .failed("Too many discovery filters")
    }
    filters[sender] = filter
    return nil
  }

  mutating func start(_ sender: String) -> DBusErrorReply? {
    guard !isLocked, !senders.contains(sender) else { return .busy }
    guard senders.count < Self.limit else { return .failed("Too many discovery sessions") }
    senders.insert(sender)
    return nil
  }

  mutating func stop(_ sender: String) -> DBusErrorReply? {
    senders.remove(sender) == nil ? .failed("No discovery started") : nil
  }

  /// Whether the sender had a session.
  mutating func forget(_ sender: String) -> Bool {
    filters[sender] = nil
    return senders.remove(sender) != nil
  }

  mutating func removeAll() { self = DiscoverySessions() }

  /// Whether any session wants to hear of the device. Results reach everybody.
  func wants(_ report: AirReport, needsTransport: Bool) -> Bool {
    senders.contains { sender in
      guard let filter = filters[sender] else { return !needsTransport }
      return filter.matches(report) && (!needsTransport || filter.transport == .le)
    }
  }

  /// Whether any session wants data each time, changed or not.
  var wantsDuplicates: Bool { senders.contains { filters[$0]?.wantsDuplicates == true } }
  /// Whether any session asks for a distance.
  var hasDistance: Bool {
    senders.contains { filters[$0].map { $0.signalStrength != nil || $0.pathLoss != nil } == true }
  }
}

/// What a sender has set with `SetDiscoveryFilter`.
struct DiscoveryFilter: Sendable, Equatable {
  var services: Set<BluetoothUUID> = []
  /// The least, in dBm.
  var signalStrength: Int16?
  /// The most, in dB.
  var pathLoss: UInt16?
  var transport = Transport.auto
  var wantsDuplicates = false
  var isDiscoverable = false
  /// What the address or the name begins with.
  var pattern: String?

  enum Transport: String, Sendable {
    case auto, le, bredr
  }

  /// The names of the keys, as `GetDiscoveryFilters` gives them.
  static let keys = ["UUIDs", "RSSI", "Pathloss", "Transport", "DuplicateData", "Discoverable", "Pattern"]

  /// The filter that the options describe; nil when a key is unknown or a value is not of its type or range.
  init?(_ options: DBusValue) {
    guard let entries = options.entries else { return nil }
    for entry in entries {
      guard let key = entry.key.string, case .variant(let value) = entry.value, set(key, to: value) else { return nil }
    }
    if signalStrength != nil, pathLoss != nil { return nil }
  }

  private mutating func set(_ key: String, to value: DBusValue) -> Bool {
    switch (key, value) {
    case ("UUIDs", .array(let values, of: .string)):
      for value in values {
        guard let text = value.string, let uuid = BluetoothUUID(text) else { return false }
        services.insert(uuid)
      }
    case ("RSSI", .int16(let strength)):
      guard (-127...20).contains(strength) else { return false }
      signalStrength = strength
    case ("Pathloss", .uint16(let loss)):
      guard loss <= 137 else { return false }
      pathLoss = loss
    case ("Transport", .string(let name)):
      guard let known = Transport(rawValue: name) else { return false }
      transport = known
    case ("DuplicateData", .boolean(let isWanted)): wantsDuplicates = isWanted
    case ("Discoverable", .boolean(let isWanted)): isDiscoverable = isWanted
    case ("Pattern", .string(let text)): pattern = text
    default: return false
    }
    return true
  }

  func matches(_ report: AirReport) -> Bool {
    let advertisement = report.advertisement
    guard transport != .bredr else { return false }
    guard services.isEmpty || !services.isDisjoint(with: advertisement.services) else { return false }
    if let pattern, !pattern.isEmpty {
      guard advertisement.address.description.hasPrefix(pattern) || advertisement.name?.hasPrefix(pattern) == true
      else { return false }
    }
    if let least = signalStrength { return Int16(report.signalStrength) >= least }
    if let most = pathLoss {
      guard let power = advertisement.transmitPower else { return false }
      return Int(power) - Int(report.signalStrength) <= Int(most)
    }
    return true
  }
}
