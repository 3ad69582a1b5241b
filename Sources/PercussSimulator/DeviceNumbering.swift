internal import PercussBlueZ
internal import PercussTime

/// Gives devices the names and addresses that their configurations leave out: names count from 1, but for those that all of a model have,
/// and addresses follow from the seed.
struct DeviceNumbering {
  /// A device with both.
  struct Complete {
    var device: SimulatorConfiguration.Device
    var name: String
    var address: BluetoothAddress
  }

  /// Addresses that nobody gave are random static ones (Core Vol 6 Part B 1.3.2.1) of this block.
  private static let block: UInt64 = 0xC82E_4700_0000
  private var nextAddress: UInt64
  private var count = 0

  /// The first address is C8:2E:47:0A:11:02 for seed 0.
  init(seed: UInt64) {
    var random = SeededGenerator(seed: seed).stream("device addresses")
    nextAddress = seed == 0 ? 0x0A_1102 : random.next() & 0xFF_FFFF
  }

  /// - Parameter taken: the addresses that it must not have.
  mutating func complete(
    _ device: SimulatorConfiguration.Device, among taken: some Collection<BluetoothAddress>
  ) -> Complete {
    count += 1
    let name =
      device.name ?? device.kind.advertisedName
      ?? "Percuss \(device.model.prefix(1).uppercased())\(device.model.dropFirst()) \(Self.padded(count))"
    return Complete(device: device, name: name, address: device.address ?? freeAddress(among: Set(taken)))
  }

  /// There are 2^24 of them, and a simulator has a thousand devices at most.
  private mutating func freeAddress(among taken: Set<BluetoothAddress>) -> BluetoothAddress {
    while true {
      let address = BluetoothAddress(rawValue: Self.block | nextAddress)
      nextAddress = (nextAddress + 1) & 0xFF_FFFF
      if !taken.contains(address) { return address }
    }
  }

  /// As in `0001`.
  static func padded(_ number: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }
}

extension BluetoothAddress {
  /// Whether this is a random static address: the two highest bits are ones.
  var isRandomStatic: Bool { rawValue >> 46 == 0b11 }
}
