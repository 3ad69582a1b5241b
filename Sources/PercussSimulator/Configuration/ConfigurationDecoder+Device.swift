internal import PercussBlueZ
internal import PercussCore
internal import PercussDocument

extension DocumentDecoder {
  private static let deviceKeys = [
    "model", "count", "name", "address", "hand", "battery", "temperature", "clock_drift", "motor", "link_loss",
    "faults",
    "pairing",
  ]

  /// The devices, each as often as its count says; an address or a name of a group of several is that of its first.
  mutating func devices(_ node: DocumentNode) -> [SimulatorConfiguration.Device]? {
    guard case .sequence(let items) = node.content else {
      report("devices are a list", at: node, help: "begin every device with “- ”, such as `- model: elite`")
      return nil
    }
    var devices: [SimulatorConfiguration.Device] = []
    var places: [BluetoothAddress: Int] = [:]
    for (index, item) in items.enumerated() {
      guard let group = inside(index, { $0.group(item) }) else { continue }
      guard devices.count + group.devices.count <= SimulatorConfiguration.deviceLimit else {
        inside(index) {
          $0.report(
            "these are more than \(SimulatorConfiguration.deviceLimit) devices together", at: item,
            help: "lower the count; start a second percussd on a bus of its own for more")
        }
        break
      }
      for address in group.devices.compactMap(\.address) {
        if let earlier = places.updateValue(index, forKey: address) {
          inside(index) {
            $0.report(
              "the address \(address) is taken by devices[\(earlier)] already", at: group.addressNode ?? item,
              help: "every device has an address of its own")
          }
          break
        }
      }
      devices += group.devices
    }
    return devices
  }

  private struct Group {
    var devices: [SimulatorConfiguration.Device]
    var addressNode: DocumentNode?
  }

  private mutating func group(_ node: DocumentNode) -> Group? {
    guard let fields = mapping(node, of: "a device", keys: Self.deviceKeys) else { return nil }
    let models = SimulatedModel.named.map(\.name)
    let model = required("model", in: fields, of: "a device", at: node.range, example: "elite") {
      $0.choice($1, among: models)
    }
    let count = optional("count", in: fields) { $0.integer($1, in: 1...SimulatorConfiguration.deviceLimit) } ?? 1
    let digits = count > 1 ? 5 : 0
    let name = optional("name", in: fields) { decoder, node in
      decoder.deviceName(node, limit: SimulatorConfiguration.nameLimit - digits)
    }
    let address = optional("address", in: fields) { decoder, node in
      decoder.address(node).flatMap { decoder.room(for: count, from: $0, at: node) }
    }
    var device = SimulatorConfiguration.Device(model: model ?? "elite")
    optional("hand", in: fields) { $0.flag($1) }.map { device.hasHand = $0 }
    optional("battery", in: fields) { $0.percent($1) }.map { device.batteryPercent = $0 }
    optional("temperature", in: fields) { $0.temperature($1) }.map { device.temperatureDecidegrees = $0 }
    optional("clock_drift", in: fields) { $0.number($1, in: -10_000...10_000, unit: "parts per million") }
      .map { device.clockDriftPartsPerMillion = $0 }
    optional("motor", in: fields) { $0.choice($1, among: ["good", "stuck"]) }
      .map { device.isMotorStuck = $0 == "stuck" }
    ifPresent("link_loss", in: fields) { decoder, node in decoder.linkLoss(node, into: &device) }
    ifPresent("faults", in: fields) { decoder, node in
      decoder.settings(node, of: "the faults", AirFaults.settings, into: &device.faults)
    }
    ifPresent("pairing", in: fields) { decoder, node in decoder.pairing(node, into: &device) }
    guard model != nil else { return nil }
    let devices = (0..<count).map { number in
      var one = device
      one.name = name.map { count > 1 ? "\($0) \(DeviceNumbering.padded(number + 1))" : $0 }
      one.address = address.map { BluetoothAddress(rawValue: $0.rawValue + UInt64(number)) }
      return one
    }
    return Group(devices: devices, addressNode: fields["address"]?.value)
  }

  private mutating func linkLoss(_ node: DocumentNode, into device: inout SimulatorConfiguration.Device) {
    guard let word = choice(node, among: LinkLossBehaviour.names) else { return }
    if case .percuss = device.kind {
      report(
        "the model \(device.model) has no link_loss: without its central a Percuss device stops by its lease", at: node,
        help: "leave it out; it is for Theraguns, such as `model: theragun-pro`")
      return
    }
    device.linkLoss = LinkLossBehaviour(named: word)
  }

  private mutating func deviceName(_ node: DocumentNode, limit: Int) -> String? {
    guard let name = text(node, limit: limit, allowsLines: false) else { return nil }
    guard name.utf8.count <= limit else {
      report(
        "this name has \(name.utf8.count) bytes in UTF-8; \(limit) is the most", at: node,
        help: limit < SimulatorConfiguration.nameLimit
          ? "a group appends a number of five characters; an advertisement has room for 29 bytes"
          : "an advertisement has room for 29 bytes")
      return nil
    }
    return name
  }

  /// The address when as many as the count fit behind it.
  private mutating func room(for count: Int, from address: BluetoothAddress, at node: DocumentNode) -> BluetoothAddress?
  {
    guard address.rawValue &+ UInt64(count) <= 0xFFFF_FFFF_FFFF else {
      report(
        "\(count) addresses from \(address) on go past the last one", at: node, help: "begin with a lower address")
      return nil
    }
    return address
  }

  private mutating func pairing(_ node: DocumentNode, into device: inout SimulatorConfiguration.Device) {
    let keys = ["method", "number", "required"]
    guard let fields = mapping(node, of: "the pairing", keys: keys) else { return }
    optional("required", in: fields) { $0.flag($1) }.map { device.requiresPairing = $0 }
    let number = optional("number", in: fields) { $0.integer($1, in: 0...999_999) }
    let method =
      fields["method"] == nil
      ? "just_works"
      : optional("method", in: fields) { $0.choice($1, among: ["just_works", "comparison", "passkey", "rejects"]) }
    switch method {
    case "comparison", "passkey":
      guard fields["number"] != nil else {
        report("this way to pair needs a number", at: node, help: "add `number: 123456`")
        return
      }
      let digits = UInt32(number ?? 0)
      device.pairing = method == "passkey" ? .passkey(digits) : .comparison(digits)
    case "rejects": device.pairing = .rejects
    case "just_works": device.pairing = .justWorks
    default: break
    }
  }
}
