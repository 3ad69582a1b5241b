internal import PercussBlueZ
internal import PercussCore
internal import PercussDBus
internal import PercussLink
internal import PercussTime
internal import PercussWire

/// A virtual device on the control interface: `org.percuss.Simulator1.Device`.
final class DeviceObject: ExportedObject {
  let interfaces = [ControlInterface.deviceDescription]
  private let address: BluetoothAddress
  /// The simulator holds the object. Nil when it has been dropped.
  private weak let simulator: Simulator?

  init(_ address: BluetoothAddress, of simulator: Simulator) {
    self.address = address
    self.simulator = simulator
  }

  static func path(of address: BluetoothAddress) -> ObjectPath {
    ControlInterface.root.appending("dev_\(address.pathElement)")
  }

  func handle(_ call: IncomingCall) {
    // A call that nobody answers is answered as dropped.
    simulator?.assumeIsolated { simulator in
      do throws(DBusErrorReply) {
        guard let device = simulator.devices[address] else {
          throw DBusErrorReply(ControlInterface.ErrorName.notFound, "the device \(address) has been removed")
        }
        call.reply(try answer(call, device, simulator))
      } catch {
        call.fail(error)
      }
    }
  }

  private func answer(
    _ call: IncomingCall, _ hosted: Simulator.Hosted, _ simulator: isolated Simulator
  ) throws(DBusErrorReply) -> [DBusValue] {
    let device = hosted.device
    let argument = call.arguments.first
    switch call.member {
    case "PressButton":
      let names = ButtonAction.allCases.map(\.description)
      guard let action = ButtonAction.allCases.first(where: { $0.description == argument?.string }) else {
        throw ControlArguments.invalid("the button takes \(names.joined(separator: ", "))")
      }
      try requirePower(device)
      device.assumeIsolated { $0.press(action) }
      note("button pressed", [("action", action.description)])
    case "SetLoad":
      guard let newtons = argument?.number, (0...6553.5).contains(newtons) else {
        throw ControlArguments.invalid("a load is 0 to 6553.5 newtons")
      }
      try requirePower(device)
      device.assumeIsolated { $0.setLoad(decinewtons: UInt16((newtons * 10).rounded())) }
      note("load set", [("newtons", "\(newtons)")])
    case "SetMotorStuck":
      let isStuck = argument?.bool ?? false
      try inject(.motorStuck(isStuck), device, "motor_stuck", "\(isStuck)")
    case "SetTemperature":
      let degrees = try ControlArguments.temperature(argument ?? .byte(0))
      try inject(.temperature(decidegrees: degrees), device, "temperature", "\(Double(degrees) / 10)")
    case "SetBattery":
      let percent = try ControlArguments.percent(argument ?? .byte(0))
      try inject(.battery(percent: percent), device, "battery", "\(percent)")
    case "CutPower":
      simulator.cutPower(of: address)
    case "RestorePower":
      guard !device.assumeIsolated({ $0.isPowered }) else {
        throw DBusErrorReply(ControlInterface.ErrorName.exists, "the device \(address) has power already")
      }
      simulator.restorePower(of: address)
    case "SetAirFaults":
      let faults = try ControlArguments.changed(hosted.faults, by: argument ?? .byte(0), AirFaults.settings)
      simulator.setFaults(faults, of: address)
    case "ResetAirFaults":
      simulator.setFaults(AirFaults(), of: address)
    case "Disconnect":
      simulator.disconnect(address)
    case "Disturb":
      try disturb(call.arguments, simulator)
    case "SetAdvertising":
      simulator.setAdvertising(argument?.bool ?? true, of: address)
    case "ReadTruth":
      return [device.assumeIsolated { $0.sample.busValue }]
    default:
      return readTrace(call.arguments, device)
    }
    return []
  }

  private func inject(
    _ injection: DeviceInjection, _ device: SimulatedDevice, _ name: String, _ value: String
  ) throws(DBusErrorReply) {
    try requirePower(device)
    device.assumeIsolated { $0.inject(injection) }
    note("fault injected", [(name, value)])
  }

  private func requirePower(_ device: SimulatedDevice) throws(DBusErrorReply) {
    guard device.assumeIsolated({ $0.isPowered }) else {
      throw DBusErrorReply(
        ControlInterface.ErrorName.noPower, "the device \(address) has no power; RestorePower gives it back")
    }
  }

  private func disturb(_ arguments: [DBusValue], _ simulator: isolated Simulator) throws(DBusErrorReply) {
    let kinds: [(String, RadioDisturbance.Kind)] = [
      ("stall", .stall), ("outage", .outage), ("central_deaf", .centralDeaf),
    ]
    guard let kind = kinds.first(where: { $0.0 == arguments.first?.string })?.1 else {
      throw ControlArguments.invalid("a disturbance is \(kinds.map(\.0).joined(separator: ", "))")
    }
    guard let milliseconds = arguments.last?.integer(as: Int.self), (1...3_600_000).contains(milliseconds) else {
      throw ControlArguments.invalid("a disturbance lasts 1 to 3600000 milliseconds")
    }
    try simulator.disturb(address, kind, for: .milliseconds(milliseconds))
  }

  private func readTrace(_ arguments: [DBusValue], _ device: SimulatedDevice) -> [DBusValue] {
    let after = arguments.first?.integer(as: Int64.self) ?? .max
    let asked = arguments.last?.integer(as: Int.self) ?? 0
    let limit = asked == 0 ? ControlInterface.traceChunkLimit : min(asked, ControlInterface.traceChunkLimit)
    let (samples, more, isThinned) = device.assumeIsolated { device in
      // The trace holds what has changed; this brings it up to the present.
      _ = device.truth
      let samples = device.trace.samples(after: MonotonicInstant(nanoseconds: after), limit: limit)
      return (samples.map(\.busValue), samples.endIndex < device.trace.samples.endIndex, device.trace.isThinned)
    }
    return [
      .array(samples, of: Signature(literal: ControlInterface.sampleType)), .boolean(more), .boolean(isThinned),
    ]
  }

  private func note(_ message: String, _ details: [(String, String)]) {
    simulator?.note(.info, message, [("address", address.description)] + details)
  }

  func property(_ name: String, of interface: String) -> DBusValue? {
    simulator?.assumeIsolated { simulator in
      guard let hosted = simulator.devices[address] else { return nil }
      let truth = hosted.device.assumeIsolated { $0.truth }
      switch name {
      case "Address": return .string(address.description)
      case "Name": return .string(hosted.name)
      case "Model": return .string(hosted.configuration.model)
      case "On": return .boolean(truth.isOn)
      case "State": return .string(truth.state.description)
      case "Faults": return .strings(Self.names(of: truth.faults))
      case "Speed": return .double(Double(truth.speedMilliPPM) / 1000)
      case "Force": return .double(Double(truth.forceDecinewtons) / 10)
      case "Temperature": return .double(Double(truth.temperatureDecidegrees) / 10)
      case "Battery": return .byte(truth.batteryPercent)
      case "Connections": return .uint32(UInt32(clamping: hosted.device.assumeIsolated { $0.connectionCount }))
      case "IgnoredWrites": return .uint32(hosted.device.assumeIsolated { $0.ignoredWrites })
      case "AirFaults": return ControlArguments.values(hosted.faults, AirFaults.settings)
      case "Hand": return .boolean(hosted.hand != nil)
      default: return nil
      }
    }
  }

  func setProperty(
    _ name: String, of interface: String, to value: DBusValue, sender: String
  ) -> DBusErrorReply? {
    guard name == "Hand", let isOn = value.bool else { return .propertyReadOnly(name) }
    simulator?.assumeIsolated { $0.setHand(isOn, of: address) }
    return nil
  }

  /// As in `["stall", "overheat"]`.
  static func names(of faults: DeviceFaults) -> [String] {
    let text = faults.description.dropFirst().dropLast()
    return text.isEmpty ? [] : text.split(separator: ", ").map(String.init)
  }
}
