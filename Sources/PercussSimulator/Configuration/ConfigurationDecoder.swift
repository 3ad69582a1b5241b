internal import PercussBlueZ
internal import PercussDocument
internal import PercussLink

extension DocumentForm {
  static let configuration = DocumentForm(
    noun: "configuration", item: "device", anItem: "a device", writtenOut: "every device is written out",
    aliasHelp: "; equal devices have a count", nestingHelp: "a configuration nests four deep",
    beginning: "`percussd: 1`", maximumSize: SimulatorConfiguration.maximumSize,
    sizeHelp: "a count says in one line what comes again")
}

/// A simulator's configuration as a document has it.
extension DocumentDecoder {
  private static let configurationKeys = ["percussd", "seed", "control", "adapters", "devices", "radio", "quirks"]

  mutating func configuration(_ root: DocumentNode) -> SimulatorConfiguration? {
    if case .scalar("", .plain) = root.content {
      report("the document is empty", at: root, help: "begin with `percussd: 1`")
      return nil
    }
    guard
      let fields = mapping(
        root, of: "a configuration", keys: Self.configurationKeys, version: SimulatorConfiguration.version)
    else { return nil }
    var configuration = SimulatorConfiguration()
    optional("seed", in: fields) { $0.seed($1) }.map { configuration.seed = $0 }
    optional("control", in: fields) { $0.flag($1) }.map { configuration.offersControl = $0 }
    optional("adapters", in: fields) { $0.adapters($1) }.map { configuration.adapters = $0 }
    ifPresent("radio", in: fields) { decoder, node in
      decoder.settings(node, of: "the radio", RadioParameters.settings, into: &configuration.radio)
      decoder.check(configuration.radio, at: node)
    }
    ifPresent("quirks", in: fields) { decoder, node in
      decoder.settings(node, of: "the quirks", EmulationQuirks.settings, into: &configuration.quirks)
    }
    let written = fields["devices"] == nil ? [SimulatorConfiguration.Device(model: "elite")] : nil
    configuration.devices = written ?? optional("devices", in: fields) { $0.devices($1) } ?? []
    return configuration
  }

  /// What holds between parameters of the radio.
  private mutating func check(_ radio: RadioParameters, at node: DocumentNode) {
    guard sink.isEmpty else { return }
    do throws(LinkError) {
      try radio.validate()
    } catch {
      report("\(error)", at: node, help: "raise supervision_timeout, or lower interval or peripheral_latency")
    }
  }

  private mutating func adapters(_ node: DocumentNode) -> [BluetoothAddress]? {
    guard case .sequence(let items) = node.content, !items.isEmpty else {
      report(
        "adapters are a list of addresses", at: node, help: "such as `adapters: [\"00:AA:01:00:00:00\"]`")
      return nil
    }
    guard items.count <= SimulatorConfiguration.adapterLimit else {
      report(
        "there are \(items.count) adapters; \(SimulatorConfiguration.adapterLimit) is the most", at: node,
        help: "remove some")
      return nil
    }
    var addresses: [BluetoothAddress] = []
    for (index, item) in items.enumerated() {
      inside(index) { decoder in
        guard let address = decoder.address(item) else { return }
        if addresses.contains(address) {
          decoder.report("the address \(address) is there twice", at: item, help: "remove one of the two")
        }
        addresses.append(address)
      }
    }
    return addresses
  }
}
