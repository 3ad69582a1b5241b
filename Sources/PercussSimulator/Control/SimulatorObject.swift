internal import PercussBlueZ
internal import PercussDBus
internal import PercussLink
internal import PercussTime

/// The simulator on the control interface: `org.percuss.Simulator1`.
final class SimulatorObject: ExportedObject {
  let interfaces = [ControlInterface.simulatorDescription]
  /// The simulator holds the object. Nil when it has been dropped.
  private weak let simulator: Simulator?

  init(of simulator: Simulator) {
    self.simulator = simulator
  }

  func handle(_ call: IncomingCall) {
    // A call that nobody answers is answered as dropped.
    simulator?.assumeIsolated { simulator in
      do throws(DBusErrorReply) {
        call.reply(try answer(call, simulator))
      } catch {
        call.fail(error)
      }
    }
  }

  private func answer(
    _ call: IncomingCall, _ simulator: isolated Simulator
  ) throws(DBusErrorReply) -> [DBusValue] {
    let argument = call.arguments.first ?? .string("")
    switch call.member {
    case "AddDevice":
      let address = try simulator.add(try ControlArguments.device(argument))
      return [.objectPath(DeviceObject.path(of: address)), .string(address.description)]
    case "RemoveDevice":
      guard let path = argument.objectPath,
        let address = simulator.devices.keys.first(where: { DeviceObject.path(of: $0) == path })
      else {
        throw DBusErrorReply(
          ControlInterface.ErrorName.notFound, "there is no device at \(argument.objectPath?.description ?? "")")
      }
      simulator.remove(address)
    case "SetQuirks":
      try simulator.setQuirks(
        try ControlArguments.changed(simulator.quirks, by: argument, EmulationQuirks.settings))
    case "ResetQuirks":
      try simulator.setQuirks(EmulationQuirks())
    case "ListQuirks":
      let quirks = simulator.quirks
      let rows = EmulationQuirks.settings.map { setting in
        DBusValue.structure([
          .string(setting.name), .string(setting.kind.domain), .string(setting.summary),
          .variant(setting.get(quirks).busValue),
        ])
      }
      return [.array(rows, of: Signature(literal: "(sssv)"))]
    case "SetRadio":
      let radio = try ControlArguments.changed(simulator.radio, by: argument, RadioParameters.settings)
      do throws(LinkError) { try radio.validate() } catch { throw ControlArguments.invalid("\(error)") }
      try simulator.setRadio(radio)
    case "SetAdapterPowered":
      try simulator.setPowered(call.arguments.last?.bool ?? true, ofAdapter: argument.string ?? "")
    case "RemoveAdapter":
      try simulator.removeAdapter(argument.string ?? "")
    case "AddAdapter":
      let address = try (argument.string ?? "").isEmpty ? nil : ControlArguments.address(argument.string ?? "")
      return [.string(try simulator.addAdapter(address))]
    default:
      return [.uint64(UInt64(clamping: simulator.timeline.now.nanoseconds))]
    }
    return []
  }

  func property(_ name: String, of interface: String) -> DBusValue? {
    simulator?.assumeIsolated { simulator in
      switch name {
      case "Version": .string(Simulator.version)
      case "Mode": .string(simulator.mode)
      case "Seed": .uint64(simulator.seed)
      case "Quirks": ControlArguments.values(simulator.quirks, EmulationQuirks.settings)
      case "Radio": ControlArguments.values(simulator.radio, RadioParameters.settings)
      case "Adapters": .strings(simulator.adapterNames)
      case "Devices":
        .array(simulator.devices.keys.sorted().map { .objectPath(DeviceObject.path(of: $0)) }, of: .objectPath)
      default: nil
      }
    }
  }
}
