import PercussGATT

/// The peripheral's end of an ``InMemoryLink``.
final class InMemoryPort: PeripheralPort {
  private let link: InMemoryLink

  init(_ link: InMemoryLink) {
    self.link = link
  }

  var maximumTransmissionUnit: Int { link.maximumTransmissionUnit }

  func notify(_ value: [UInt8], of characteristic: BluetoothUUID) -> Bool {
    link.assumeIsolated { $0.notify(value, of: characteristic) }
  }

  func indicate(_ value: [UInt8], of characteristic: BluetoothUUID) -> Bool {
    link.assumeIsolated { $0.indicate(value, of: characteristic) }
  }

  func disconnect() {
    link.assumeIsolated { $0.closeFromPeripheral() }
  }
}
