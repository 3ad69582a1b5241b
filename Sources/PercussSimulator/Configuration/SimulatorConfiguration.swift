public import PercussBlueZ
public import PercussCore
public import PercussDocument
public import PercussLink

/// What a ``Simulator`` is made of: which devices, on which adapters, and what goes wrong.
///
/// ```yaml
/// percussd: 1
/// seed: 7
/// devices:
///   - {model: elite, count: 3}
///   - {model: mini, name: Percuss Mini, address: "C8:2E:47:00:00:01", hand: true}
/// quirks: {connected_signal: missing}
/// ```
///
/// Every key is described in `systemd/percussd.schema.json`, and shown in `systemd/percussd.yaml`.
public struct SimulatorConfiguration: Sendable {
  /// The version of the format that this library reads, the value of the key `percussd`.
  public static let version = 1
  /// The largest document, in bytes.
  public static let maximumSize = 1 << 20
  /// How many devices a configuration may have.
  public static let deviceLimit = 1000
  /// How many adapters a configuration may have.
  public static let adapterLimit = 16
  /// How many bytes of UTF-8 a name may have: what fits into an advertisement of its own.
  public static let nameLimit = 29

  /// Decides over all chance, and over the addresses that are not given.
  public var seed: UInt64 = 0
  /// The emulated adapters: hci0, hci1 and so on.
  public var adapters: [BluetoothAddress] = [SimulatorConfiguration.adapterAddress(0)]
  /// The devices.
  public var devices: [Device] = []
  /// What links over the emulated air are like.
  public var radio = RadioParameters()
  /// How the emulated bluetoothd behaves.
  public var quirks = EmulationQuirks()
  /// Whether the control interface is offered on the bus.
  public var offersControl = true

  /// No devices, one adapter, nothing goes wrong.
  public init() {}

  /// As many devices of the model elite, named and addressed by their number and the seed.
  public init(deviceCount: Int, seed: UInt64) {
    self.seed = seed
    devices = Self.numbered(
      (0..<max(0, min(deviceCount, Self.deviceLimit))).map { _ in Device(model: "elite") }, seed: seed)
  }

  /// Reads a configuration document, YAML or JSON, with its `devices` and everything else in it checked.
  ///
  /// - Parameters:
  ///   - name: for diagnostics, usually the file's path.
  ///   - seed: takes the place of the document's own.
  /// - Throws: all that is wrong with the document, each with line, column and what would be right.
  public static func parse(
    _ bytes: [UInt8], name: String, seed: UInt64? = nil
  ) throws(DocumentDiagnostics) -> SimulatorConfiguration {
    var configuration = try DocumentReader.read(bytes, name: name, as: .configuration) { decoder, root in
      decoder.configuration(root)
    }
    if let seed { configuration.seed = seed }
    configuration.devices = numbered(configuration.devices, seed: configuration.seed)
    return configuration
  }
}

extension SimulatorConfiguration {
  /// One virtual device.
  public struct Device: Sendable {
    /// What kind of device, by its name in ``SimulatedModel/named``: `elite`, `theragun-pro` and so on.
    public var model: String
    /// What it advertises; nil for a name of its model and number, as in `Percuss Elite 0001`, or for a Theragun the name that all of its model have.
    public var name: String?
    /// What it advertises from; nil for one that follows from the seed and its number.
    public var address: BluetoothAddress?
    /// Whether a simulated hand presses it while its motor turns.
    public var hasHand = false
    /// How much faster than the timeline its clock runs, in parts per million, -10,000 to 10,000.
    public var clockDriftPartsPerMillion = 0.0
    /// Charge of its battery, 0 to 100 per cent; nil for full.
    public var batteryPercent: UInt8?
    /// Temperature of its motor, in tenths of a degree Celsius; nil for that of the room.
    public var temperatureDecidegrees: Int16?
    /// Whether the motor does not turn.
    public var isMotorStuck = false
    /// What a Theragun does when nobody is connected to it any more; nil for ``PercussCore/LinkLossBehaviour/keepsRunning``. A Percuss device has a lease.
    public var linkLoss: LinkLossBehaviour?
    /// What goes wrong on the air between it and its centrals.
    public var faults = AirFaults()
    /// How it pairs; nil where that is not said: without asking in the emulation, as the machine does on a real adapter.
    public var pairing: PairingBehaviour?
    /// Whether its own service can only be used once paired.
    public var requiresPairing = false

    /// A device in good order.
    public init(model: String) {
      self.model = model
    }

    /// The kind of device; an elite where the name is unknown.
    var kind: SimulatedModel {
      let kind = SimulatedModel(named: model) ?? .elite
      if case .theragun(let model, _) = kind, let linkLoss { return .theragun(model, linkLoss: linkLoss) }
      return kind
    }
  }

  /// The address of an emulated adapter that has none of its own: 00:AA:01 and its number, as `btvirt` gives them.
  static func adapterAddress(_ number: Int) -> BluetoothAddress {
    BluetoothAddress(rawValue: 0x00AA_0100_0000 | UInt64(number & 0xFF_FFFF))
  }

  /// Gives every device the name and the address that it lacks; numbers count from 1.
  static func numbered(_ devices: [Device], seed: UInt64) -> [Device] {
    var taken = Set(devices.compactMap(\.address))
    var numbering = DeviceNumbering(seed: seed)
    return devices.map { device in
      let complete = numbering.complete(device, among: taken)
      taken.insert(complete.address)
      var device = device
      device.name = complete.name
      device.address = complete.address
      return device
    }
  }
}

extension LinkLossBehaviour {
  /// As configurations and the control interface have it.
  static let names = ["keeps_running", "stops"]

  init?(named name: String) {
    switch name {
    case "keeps_running": self = .keepsRunning
    case "stops": self = .stops
    default: return nil
    }
  }
}
