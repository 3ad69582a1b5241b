internal import PercussCore
internal import PercussGATT
internal import PercussWire

/// The firmware of a Percuss device, with its Device Information.
struct PercussFirmware: Firmware {
  private var core: DeviceCore
  private let information: SimulatedDevice.Information
  private var wanted = DeviceActions()

  init(model: DeviceModel, information: SimulatedDevice.Information) {
    core = DeviceCore(model: model)
    self.information = information
  }

  var nextDeadline: DeviceInstant? { core.nextDeadline }
  var truth: MotorTruth { core.truth }
  var ignoredWrites: UInt32 { 0 }

  mutating func handle(
    _ input: FirmwareInput<BluetoothUUID>, at instant: DeviceInstant, into actions: inout [FirmwareAction]
  ) {
    guard let input = input.naming({ DeviceCharacteristic($0) }) else { return }
    core.handle(input, at: instant, into: &wanted)
    hand(over: &actions)
  }

  mutating func write(
    _ value: [UInt8], to characteristic: BluetoothUUID, from central: CentralNumber, at instant: DeviceInstant,
    into actions: inout [FirmwareAction]
  ) -> ATTError? {
    guard let place = DeviceCharacteristic(characteristic) else { return .writeNotPermitted }
    let refusal = core.write(value, to: place, from: central, at: instant, into: &wanted)
    hand(over: &actions)
    return refusal.map { ATTError($0.rawValue) }
  }

  func read(_ characteristic: BluetoothUUID, by central: CentralNumber) -> Result<[UInt8], ATTError> {
    switch characteristic {
    case .manufacturerName: return .success(Array(information.manufacturer.utf8))
    case .modelNumber: return .success(Array(information.model.utf8))
    case .serialNumber: return .success(Array(information.serialNumber.utf8))
    case .firmwareRevision: return .success(Array(information.firmware.utf8))
    case .hardwareRevision: return .success(Array(information.hardware.utf8))
    default: break
    }
    guard let place = DeviceCharacteristic(characteristic), let value = core.read(place, by: central) else {
      return .failure(.readNotPermitted)
    }
    do {
      switch value {
      case .feature(let feature): return .success(try feature.bytes())
      case .event(let event): return .success(try event.bytes())
      case .batteryLevel(let percent): return .success([percent])
      }
    } catch {
      return .failure(.unlikelyError)
    }
  }

  private mutating func hand(over actions: inout [FirmwareAction]) {
    for action in wanted { if let action = FirmwareAction(action) { actions.append(action) } }
    wanted.removeAll()
  }
}

extension FirmwareAction {
  /// What the core wants sent, as bytes.
  fileprivate init?(_ action: DeviceAction) {
    switch action {
    case .indicate(let response, let central): self.init(response, .percussControlPoint, central, isIndication: true)
    case .notifyEvent(let event, let central): self.init(event, .percussEvent, central)
    case .notifyTelemetry(let telemetry, let central): self.init(telemetry, .percussTelemetry, central)
    case .notifyRoutineStatus(let status, let central): self.init(status, .percussRoutineData, central)
    case .notifyClock(let reply, let central): self.init(reply, .percussClock, central)
    case .notifyBatteryLevel(let percent, let central): self = .notify([percent], of: .batteryLevel, to: central)
    case .disconnect(let central): self = .disconnect(central)
    case .poweredOff: self = .poweredOff
    case .poweredOn: self = .poweredOn
    }
  }

  private init?(
    _ message: some WireMessage, _ characteristic: BluetoothUUID, _ central: CentralNumber, isIndication: Bool = false
  ) {
    // The core makes only frames that encode; one that did not would be lost like a notification in the air.
    guard let bytes = try? message.bytes() else { return nil }
    self =
      isIndication ? .indicate(bytes, of: characteristic, to: central) : .notify(bytes, of: characteristic, to: central)
  }
}

extension DeviceCharacteristic {
  /// The characteristic of that UUID, if the core knows it.
  fileprivate init?(_ uuid: BluetoothUUID) {
    switch uuid {
    case .percussFeature: self = .feature
    case .percussControlPoint: self = .controlPoint
    case .percussTelemetry: self = .telemetry
    case .percussEvent: self = .event
    case .percussRoutineData: self = .routineData
    case .percussClock: self = .clock
    case .batteryLevel: self = .batteryLevel
    default: return nil
    }
  }
}
