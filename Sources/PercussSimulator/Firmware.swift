internal import PercussCore
internal import PercussGATT

/// The firmware of a virtual device, as its host sees it: attributes and bytes in place of frames. One for each family of devices, over what `PercussCore` has.
///
/// As everything there it reads no clock and owns no link: what happens enters with the instant of the device's clock, and what shall be done comes out.
protocol Firmware: Sendable {
  /// The next instant at which a decision is due; nil when nothing is due by itself.
  var nextDeadline: DeviceInstant? { get }

  /// What the motor really does, as of the last call.
  var truth: MotorTruth { get }

  /// How many writes it ignored because they meant nothing to it; none where it refuses such writes instead.
  var ignoredWrites: UInt32 { get }

  /// Takes in what happened; what it knows nothing of changes nothing.
  mutating func handle(
    _ input: FirmwareInput<BluetoothUUID>, at instant: DeviceInstant, into actions: inout [FirmwareAction])

  /// Takes in a value that a central wrote. Gives the ATT error with which a request is refused.
  mutating func write(
    _ value: [UInt8], to characteristic: BluetoothUUID, from central: CentralNumber, at instant: DeviceInstant,
    into actions: inout [FirmwareAction]
  ) -> ATTError?

  /// What a read of a characteristic gives; it changes nothing.
  func read(_ characteristic: BluetoothUUID, by central: CentralNumber) -> Result<[UInt8], ATTError>
}

/// What a firmware wants done.
enum FirmwareAction: Equatable, Sendable {
  case notify([UInt8], of: BluetoothUUID, to: CentralNumber)
  /// `FirmwareInput.indicationConfirmed` answers.
  case indicate([UInt8], of: BluetoothUUID, to: CentralNumber)
  case disconnect(CentralNumber)
  /// Nothing: a write was ignored, and why. Its central is not told.
  case ignored([UInt8], reason: String)
  /// It neither advertises nor serves until its button is pressed.
  case poweredOff
  /// Its clock began at 0 at that instant.
  case poweredOn
}
