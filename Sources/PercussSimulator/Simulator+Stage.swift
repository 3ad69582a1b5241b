internal import PercussBlueZ
internal import PercussDBus
internal import PercussLink

/// What the control interface asks of the stage: adapters, quirks, radio.
extension Simulator {
  /// `emulation`, or `adapter` when the device is on a real one.
  var mode: String { stage?.name ?? "emulation" }

  var quirks: EmulationQuirks {
    if case .emulation(let emulation) = stage { emulation.assumeIsolated { $0.quirks } } else { EmulationQuirks() }
  }

  var radio: RadioParameters {
    guard case .emulation(let emulation) = stage else { return RadioParameters() }
    return emulation.air.assumeIsolated { $0.parameters }
  }

  var adapterNames: [String] {
    if case .emulation(let emulation) = stage { emulation.assumeIsolated { $0.adapterNames } } else { [] }
  }

  func setQuirks(_ quirks: EmulationQuirks) throws(DBusErrorReply) {
    let emulation = try requireEmulation()
    emulation.assumeIsolated { $0.setQuirks(quirks) }
    note(.info, "quirks set")
  }

  func setRadio(_ radio: RadioParameters) throws(DBusErrorReply) {
    let emulation = try requireEmulation()
    emulation.air.assumeIsolated { $0.setParameters(radio) }
    note(.info, "radio set for links to come")
  }

  func setPowered(_ isOn: Bool, ofAdapter name: String) throws(DBusErrorReply) {
    let emulation = try requireAdapter(name)
    emulation.assumeIsolated { $0.setPower(isOn, ofAdapter: name) }
    note(.info, isOn ? "adapter switched on" : "adapter switched off", [("adapter", name)])
  }

  func removeAdapter(_ name: String) throws(DBusErrorReply) {
    let emulation = try requireAdapter(name)
    emulation.assumeIsolated { $0.removeAdapter(name) }
    note(.info, "adapter pulled out", [("adapter", name)])
  }

  /// Plugs an adapter in, and tells its name.
  func addAdapter(_ address: BluetoothAddress?) throws(DBusErrorReply) -> String {
    let emulation = try requireEmulation()
    let before = adapterNames
    guard before.count < SimulatorConfiguration.adapterLimit else {
      throw DBusErrorReply(
        ControlInterface.ErrorName.exists, "there are \(before.count) adapters already; remove one first")
    }
    let number = (0...before.count).first { !before.contains("hci\($0)") } ?? before.count
    emulation.assumeIsolated { $0.addAdapter(EmulatedAdapter(name: "hci\(number)", address: address)) }
    let name = adapterNames.first { !before.contains($0) } ?? "hci\(number)"
    note(.info, "adapter plugged in", [("adapter", name)])
    return name
  }

  func disturb(
    _ address: BluetoothAddress, _ kind: RadioDisturbance.Kind, for duration: Duration
  ) throws(DBusErrorReply) {
    let emulation = try requireEmulation()
    emulation.air.assumeIsolated { $0.disturb(address, kind, for: duration) }
    note(.info, "links disturbed", [("address", "\(address)"), ("kind", "\(kind)"), ("duration", "\(duration)")])
  }

  private func requireAdapter(_ name: String) throws(DBusErrorReply) -> EmulatedBlueZ {
    let emulation = try requireEmulation()
    guard adapterNames.contains(name) else {
      throw DBusErrorReply(
        ControlInterface.ErrorName.notFound,
        "there is no adapter “\(name)”; there are \(adapterNames.joined(separator: ", "))")
    }
    return emulation
  }

  private func requireEmulation() throws(DBusErrorReply) -> EmulatedBlueZ {
    guard case .emulation(let emulation) = stage else {
      throw DBusErrorReply(
        ControlInterface.ErrorName.notSupported, "this is about the emulation; this simulator serves a real adapter")
    }
    return emulation
  }
}
