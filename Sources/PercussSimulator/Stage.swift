internal import PercussBlueZ
internal import PercussCapture
internal import PercussCore
internal import PercussDBus
internal import PercussGATT
internal import PercussLink
internal import PercussTime
internal import Synchronization

/// Where the devices of a ``Simulator`` can be reached. Used on the timeline only.
enum Stage: Sendable {
  /// On an emulated `org.bluez`, over an emulated air.
  case emulation(EmulatedBlueZ)
  /// On a real adapter: one device, by its address, behind its faults.
  case adapter(BlueZPeripheral, FaultyPeripheral, bus: BusConnection)

  var bus: BusConnection {
    switch self {
    case .emulation(let emulation): emulation.bus
    case .adapter(_, _, let bus): bus
    }
  }

  /// What the control interface calls it.
  var name: String {
    switch self {
    case .emulation: "emulation"
    case .adapter: "adapter"
    }
  }

  /// Emulates `org.bluez` on a bus.
  static func emulation(
    of configuration: SimulatorConfiguration, recordedIn recording: CaptureRecording?, on address: BusAddress,
    timeline: RealTimeline
  ) async throws(SimulatorError) -> Stage {
    var settings = EmulatedBlueZ.Configuration()
    settings.adapters = configuration.adapters.enumerated().map { EmulatedAdapter(name: "hci\($0)", address: $1) }
    settings.quirks = configuration.quirks
    settings.radio = configuration.radio
    settings.seed = configuration.seed
    settings.recording = recording
    let beginning = settings
    return try await OwnedName.own(BlueZ.busName, on: address, timeline: timeline) { bus throws(DBusFailure) in
      .emulation(try await EmulatedBlueZ.start(on: bus, configuration: beginning))
    }
  }

  /// Offers a device through the bluetoothd of a bus, and waits until centrals can find it.
  static func adapter(
    _ adapter: AdapterSelection, offering hosted: Simulator.Hosted, recordedIn recording: CaptureRecording?,
    seed: UInt64, on address: BusAddress, timeline: RealTimeline, log: @escaping @Sendable (PeripheralEvent) -> Void
  ) async throws(SimulatorError) -> Stage {
    let pairing = try realPairing(of: hosted.configuration)
    let bus: BusConnection
    do throws(DBusFailure) { bus = try await BusConnection.open(address, on: timeline) } catch { throw .bus(error) }
    let faulty = FaultyPeripheral(
      hosted.device, on: timeline, random: SeededGenerator(seed: seed).stream("faults"), onLink: { _ in })
    await faulty.setFaults(hosted.faults)
    var settings = BlueZPeripheral.Configuration(name: hosted.name, services: [hosted.device.model.service])
    settings.adapter = adapter
    settings.pairing = pairing
    if hosted.configuration.requiresPairing { settings.security = encryption(of: hosted.device.model) }
    do throws(PeripheralError) {
      let centrals = ConnectedAddresses()
      let peripheral = try await BlueZPeripheral.start(
        centrals.recorded(faulty, in: recording, as: adapter), over: bus, configuration: settings
      ) { event in
        centrals.note(event)
        log(event)
      }
      do throws(PeripheralError) {
        try await peripheral.serving(timeout: .seconds(5))
      } catch {
        await peripheral.stop()
        throw error
      }
      return .adapter(peripheral, faulty, bus: bus)
    } catch {
      await bus.close()
      throw .peripheral(error)
    }
  }

  /// How a device pairs through a real bluetoothd; nil leaves that to the machine's agent.
  private static func realPairing(
    of device: SimulatorConfiguration.Device
  ) throws(SimulatorError) -> PeripheralPairing? {
    switch device.pairing {
    case nil: nil
    case .justWorks: PeripheralPairing()
    case .rejects: PeripheralPairing { _ in false }
    case .comparison(let number), .passkey(let number): throw .pairingNumber(number)
    }
  }

  /// Encryption for all of the device's own service that bluetoothd can guard: to it, each of these flags makes the characteristic one that is read, or written by
  /// requests, too.
  private static func encryption(of model: SimulatedModel) -> [BluetoothUUID: AttributeSecurity] {
    var security: [BluetoothUUID: AttributeSecurity] = [:]
    for service in model.profile.services where service.uuid == model.service {
      for characteristic in service.characteristics {
        if characteristic.properties.contains(.read) { security[characteristic.uuid, default: []].insert(.encryptRead) }
        if characteristic.properties.contains(.write) {
          security[characteristic.uuid, default: []].insert(.encryptWrite)
        }
      }
    }
    return security
  }

  /// Takes everything off the bus, and closes the connection.
  func stop() async {
    switch self {
    case .emulation(let emulation):
      await emulation.stop()
      for address in await emulation.air.addresses { await emulation.air.remove(address) }
    case .adapter(let peripheral, let faulty, _):
      await faulty.endLinks()
      await peripheral.stop()
    }
    await bus.close()
  }

  // MARK: Devices

  /// Has a device advertise, with its faults.
  func place(_ hosted: Simulator.Hosted, at address: BluetoothAddress) {
    switch self {
    case .emulation(let emulation):
      var advertisement = AirAdvertisement(
        address: address, name: hosted.name, services: [hosted.device.model.service])
      advertisement.isAddressRandom = address.isRandomStatic
      advertisement.connectionLimit = CentralNumber.limit
      let secured =
        hosted.configuration.requiresPairing
        ? hosted.device.profile.services.filter { $0.uuid == hosted.device.model.service }.flatMap(\.characteristics)
          .map(\.uuid)
        : []
      emulation.air.assumeIsolated { air in
        air.place(hosted.device, as: advertisement)
        air.setFaults(hosted.faults, of: address)
        air.secure(Set(secured), of: address, pairing: hosted.configuration.pairing ?? .justWorks)
      }
    case .adapter(let peripheral, _, _): peripheral.assumeIsolated { $0.setAdvertising(true) }
    }
  }

  /// Takes a device away without a word, as far as that can be: bluetoothd ends real links with one.
  func remove(_ address: BluetoothAddress) {
    switch self {
    case .emulation(let emulation): emulation.air.assumeIsolated { $0.remove(address) }
    case .adapter(let peripheral, let faulty, _):
      faulty.assumeIsolated { $0.endLinks() }
      peripheral.assumeIsolated { $0.setAdvertising(false) }
    }
  }

  func setAdvertising(_ isOn: Bool, of address: BluetoothAddress) {
    switch self {
    case .emulation(let emulation): emulation.air.assumeIsolated { $0.setAdvertising(isOn, of: address) }
    case .adapter(let peripheral, _, _): peripheral.assumeIsolated { $0.setAdvertising(isOn) }
    }
  }

  func setFaults(_ faults: AirFaults, of address: BluetoothAddress) {
    switch self {
    case .emulation(let emulation): emulation.air.assumeIsolated { $0.setFaults(faults, of: address) }
    case .adapter(_, let faulty, _): faulty.assumeIsolated { $0.setFaults(faults) }
    }
  }

  func disconnect(_ address: BluetoothAddress) {
    switch self {
    case .emulation(let emulation): emulation.air.assumeIsolated { $0.disconnect(address) }
    case .adapter(_, let faulty, _): faulty.assumeIsolated { $0.endLinks() }
    }
  }
}

/// The addresses of the centrals that bluetoothd has told of, for a recording.
private final class ConnectedAddresses: Sendable {
  private let addresses = Mutex<[CentralID: BluetoothAddress]>([:])

  func note(_ event: PeripheralEvent) {
    switch event {
    case .centralConnected(let central, let address): addresses.withLock { $0[central] = address }
    case .centralDisconnected(let central, _, _): addresses.withLock { $0[central] = nil }
    default: break
    }
  }

  /// The peripheral itself, or what records it. bluetoothd asks for each part of a long value.
  func recorded(
    _ peripheral: FaultyPeripheral, in recording: CaptureRecording?, as adapter: AdapterSelection
  ) -> any RadioPeripheral {
    guard let recording else { return peripheral }
    var own = CapturedAddress.madeUpPeer
    if case .address(let address) = adapter { own = CapturedAddress(address.rawValue, isRandom: false) }
    return RecordedPeripheral(
      peripheral, on: peripheral.timeline, into: recording, at: own, asksForEachPart: true
    ) { central in
      self.addresses.withLock { $0[central] }.map { CapturedAddress($0.rawValue, isRandom: $0.isRandomStatic) }
    }
  }
}
