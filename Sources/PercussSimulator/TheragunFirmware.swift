internal import PercussCore
internal import PercussGATT
internal import PercussWire

/// The firmware of a Theragun of the fourth generation: one characteristic to write requests to, and one that carries the answers.
struct TheragunFirmware: Firmware {
  private var core: TheragunCore
  private var wanted = TheragunActions()

  init(model: TheragunModel, linkLoss: LinkLossBehaviour) {
    core = TheragunCore(model: model, linkLoss: linkLoss)
  }

  var nextDeadline: DeviceInstant? { core.nextDeadline }
  var truth: MotorTruth { core.truth }
  var ignoredWrites: UInt32 { core.ignoredWrites }

  mutating func handle(
    _ input: FirmwareInput<BluetoothUUID>, at instant: DeviceInstant, into actions: inout [FirmwareAction]
  ) {
    guard let input = input.naming({ TheragunCharacteristic($0) }) else { return }
    core.handle(input, at: instant, into: &wanted)
    hand(over: &actions, of: [])
  }

  mutating func write(
    _ value: [UInt8], to characteristic: BluetoothUUID, from central: CentralNumber, at instant: DeviceInstant,
    into actions: inout [FirmwareAction]
  ) -> ATTError? {
    guard characteristic == .theragunWrite else { return .writeNotPermitted }
    core.write(value, from: central, at: instant, into: &wanted)
    hand(over: &actions, of: value)
    return nil
  }

  func read(_ characteristic: BluetoothUUID, by central: CentralNumber) -> Result<[UInt8], ATTError> {
    .failure(.readNotPermitted)
  }

  private mutating func hand(over actions: inout [FirmwareAction], of value: [UInt8]) {
    for action in wanted {
      switch action {
      case .notify(let notification, let central):
        // The core makes only notifications that encode.
        if let bytes = try? notification.bytes() {
          actions.append(.notify(bytes, of: .theragunNotify, to: central))
        }
      case .disconnect(let central): actions.append(.disconnect(central))
      case .poweredOff: actions.append(.poweredOff)
      case .poweredOn: actions.append(.poweredOn)
      case .ignored(let refusal, _): actions.append(.ignored(value, reason: "\(refusal)"))
      }
    }
    wanted.removeAll(keepingCapacity: true)
  }
}

extension TheragunCharacteristic {
  /// The characteristic of that UUID, if the core knows it.
  fileprivate init?(_ uuid: BluetoothUUID) {
    switch uuid {
    case .theragunWrite: self = .write
    case .theragunNotify: self = .notify
    default: return nil
    }
  }
}
