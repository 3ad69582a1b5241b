internal import PercussGATT
internal import PercussLink

/// A connection to a central, for the peripheral.
final class BlueZPort: PeripheralPort {
  let address: BluetoothAddress?
  private let central: CentralID
  private weak let peripheral: BlueZPeripheral?

  init(of central: CentralID, _ peripheral: isolated BlueZPeripheral) {
    self.central = central
    self.peripheral = peripheral
    address = peripheral.address(of: central)
  }

  var maximumTransmissionUnit: Int {
    peripheral?.assumeIsolated { $0.session.maximumTransmissionUnit(of: central) } ?? 23
  }

  func notify(_ value: [UInt8], of characteristic: BluetoothUUID) -> Bool {
    peripheral?.assumeIsolated { $0.notify(value, of: characteristic, for: central) } ?? false
  }

  func indicate(_ value: [UInt8], of characteristic: BluetoothUUID) -> Bool {
    peripheral?.assumeIsolated { $0.indicate(value, of: characteristic, for: central) } ?? false
  }

  func disconnect() {
    peripheral?.assumeIsolated { peripheral in
      if let device = peripheral.session.device(of: central) { peripheral.endLink(to: device) }
    }
  }
}
