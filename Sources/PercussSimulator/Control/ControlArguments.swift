internal import PercussBlueZ
internal import PercussCore
internal import PercussDBus
internal import PercussDocument
internal import PercussTime
internal import PercussWire

/// What callers of the control interface give, read and refused in words that say what would be right.
enum ControlArguments {
  static func invalid(_ message: String) -> DBusErrorReply {
    DBusErrorReply("org.freedesktop.DBus.Error.InvalidArgs", message)
  }

  /// The structure with the named settings changed; all of them or, when one is wrong, none.
  static func changed<Root>(
    _ root: Root, by values: DBusValue, _ table: [Setting<Root>]
  ) throws(DBusErrorReply) -> Root {
    guard let map = values.propertyMap else { throw invalid("settings are an a{sv}") }
    var root = root
    for (name, value) in map.sorted(by: { $0.key < $1.key }) {
      guard let setting = table.first(where: { $0.name == name }) else {
        let names = table.map(\.name)
        let help = Spelling.nearest(to: name, among: names).map { "did you mean \($0)?" }
        throw invalid("there is no setting “\(name)”; \(help ?? "there are \(names.joined(separator: ", "))")")
      }
      guard let read = setting.kind.value(value), setting.set(&root, read) else {
        throw invalid("\(name) takes \(setting.kind.domain)")
      }
    }
    return root
  }

  /// Every setting as an `a{sv}`.
  static func values<Root>(_ root: Root, _ table: [Setting<Root>]) -> DBusValue {
    .properties(Dictionary(uniqueKeysWithValues: table.map { ($0.name, $0.get(root).busValue) }))
  }

  /// A new device from the options of `AddDevice`: the keys of a configuration file that are no mappings, and `faults`.
  static func device(_ options: DBusValue) throws(DBusErrorReply) -> SimulatorConfiguration.Device {
    guard var map = options.propertyMap else { throw invalid("options are an a{sv}") }
    let models = SimulatedModel.named.map(\.name)
    let model = try string(map.removeValue(forKey: "model"), "model") ?? "elite"
    guard models.contains(model) else {
      throw invalid("there is no model “\(model)”; there are \(models.joined(separator: ", "))")
    }
    var device = SimulatorConfiguration.Device(model: model)
    if let name = try string(map.removeValue(forKey: "name"), "name") {
      guard (1...SimulatorConfiguration.nameLimit).contains(name.utf8.count) else {
        throw invalid("a name has 1 to \(SimulatorConfiguration.nameLimit) bytes in UTF-8, not \(name.utf8.count)")
      }
      device.name = name
    }
    if let text = try string(map.removeValue(forKey: "address"), "address") { device.address = try address(text) }
    if let value = map.removeValue(forKey: "hand") {
      guard let hand = value.bool else { throw invalid("hand takes a boolean") }
      device.hasHand = hand
    }
    if let value = map.removeValue(forKey: "battery") { device.batteryPercent = try percent(value) }
    if let value = map.removeValue(forKey: "temperature") { device.temperatureDecidegrees = try temperature(value) }
    if let value = map.removeValue(forKey: "clock_drift") {
      guard let drift = value.number, drift.magnitude <= 10_000 else {
        throw invalid("clock_drift takes -10000 to 10000 parts per million")
      }
      device.clockDriftPartsPerMillion = drift
    }
    if let word = try string(map.removeValue(forKey: "link_loss"), "link_loss") {
      guard let linkLoss = LinkLossBehaviour(named: word) else {
        throw invalid("link_loss takes \(LinkLossBehaviour.names.joined(separator: ", "))")
      }
      if case .percuss = device.kind {
        throw invalid("link_loss is for Theraguns; the model \(model) stops by its lease")
      }
      device.linkLoss = linkLoss
    }
    if let value = map.removeValue(forKey: "faults") {
      device.faults = try changed(device.faults, by: value, AirFaults.settings)
    }
    if let other = map.keys.sorted().first {
      throw invalid(
        "there is no option “\(other)”; there are model, name, address, hand, battery, temperature, clock_drift, link_loss, faults"
      )
    }
    return device
  }

  static func address(_ text: String) throws(DBusErrorReply) -> BluetoothAddress {
    guard let address = BluetoothAddress(text), address.rawValue != 0, address.rawValue != 0xFFFF_FFFF_FFFF else {
      throw invalid("“\(text)” is not a Bluetooth address; one is written C8:2E:47:0A:11:02")
    }
    return address
  }

  static func percent(_ value: DBusValue) throws(DBusErrorReply) -> UInt8 {
    guard let percent = value.integer(as: UInt8.self), percent <= 100 else {
      throw invalid("a charge is 0 to 100 per cent")
    }
    return percent
  }

  /// In tenths of a degree.
  static func temperature(_ value: DBusValue) throws(DBusErrorReply) -> Int16 {
    guard let degrees = value.number, (-40...150).contains(degrees) else {
      throw invalid("a temperature is -40 to 150 degrees Celsius")
    }
    return Int16((degrees * 10).rounded())
  }

  private static func string(_ value: DBusValue?, _ name: String) throws(DBusErrorReply) -> String? {
    guard let value else { return nil }
    guard let text = value.string else { throw invalid("\(name) takes a string") }
    return text
  }
}

extension DBusValue {
  /// A double or any integer, when it is a finite number.
  var number: Double? {
    if case .double(let value) = content { return value.isFinite ? value : nil }
    return integer(as: Int.self).map(Double.init)
  }
}

extension SettingKind {
  /// The value that a caller on the bus means; nil when it is of another kind. Its range is the setting's own affair.
  func value(_ value: DBusValue) -> SettingValue? {
    switch self {
    case .flag: value.bool.map { .flag($0) }
    case .count: value.integer(as: Int.self).map { .count($0) }
    case .share: value.number.map { .share($0) }
    case .duration:
      if let microseconds = value.integer(as: Int64.self) {
        // More than a day is beyond every range, and could overflow.
        microseconds.magnitude <= 86_400_000_000 ? .duration(.microseconds(microseconds)) : nil
      } else {
        value.string.flatMap(DurationText.read).map { .duration($0) }
      }
    case .choice: value.string.map { .choice($0) }
    }
  }

  /// What it takes, for people.
  var domain: String {
    switch self {
    case .flag: "a boolean"
    case .count(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
    case .share(let range): "a number from \(range.lowerBound) to \(range.upperBound)"
    case .duration(let range):
      "microseconds, or a text with a unit: \(DurationText.text(range.lowerBound)) to \(DurationText.text(range.upperBound))"
    case .choice(let words): "one of \(words.joined(separator: ", "))"
    }
  }
}

extension SettingValue {
  /// The value as it goes over the bus: durations are microseconds.
  var busValue: DBusValue {
    switch self {
    case .flag(let flag): .boolean(flag)
    case .count(let count): .uint32(UInt32(clamping: count))
    case .share(let share): .double(share)
    case .duration(let duration): .uint64(UInt64(clamping: duration.wholeMicroseconds))
    case .choice(let word): .string(word)
    }
  }
}

extension MotorSample {
  /// As in ``ControlInterface/sampleType``.
  var busValue: DBusValue {
    .structure([
      .uint64(UInt64(clamping: at.nanoseconds)), .uint64(deviceMicroseconds), .int32(truth.speedMilliPPM),
      .int32(truth.setpointMilliPPM), .int32(truth.permittedMilliPPM), .uint16(truth.forceDecinewtons),
      .uint16(truth.forceLimitDecinewtons), .int16(truth.temperatureDecidegrees), .byte(truth.batteryPercent),
      .string(truth.state.description), .byte(truth.faults.rawValue), .uint16(truth.step),
      .int16(truth.holder.map { Int16($0.rawValue) } ?? -1), .boolean(truth.isOn),
    ])
  }
}
