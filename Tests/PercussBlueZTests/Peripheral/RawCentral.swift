import PercussBlueZ
import PercussDBus
import PercussGATT
import PercussTime
import PercussWire
import Testing

/// A central that calls bluetoothd itself, one call at a time, and keeps every value that it is notified.
actor RawCentral {
  nonisolated let timeline: RealTimeline
  nonisolated var unownedExecutor: UnownedSerialExecutor { timeline.asUnownedSerialExecutor() }

  nonisolated let bus: BusConnection
  nonisolated let adapter: ObjectPath
  nonisolated let device: ObjectPath
  private var paths: [BluetoothUUID: ObjectPath] = [:]
  private var values: [BluetoothUUID: [[UInt8]]] = [:]
  private var connectionChanges: [Bool] = []

  /// - Parameter device: the address of the peripheral.
  init(over bus: BusConnection, adapter: String = "hci0", device: BluetoothAddress) {
    self.bus = bus
    timeline = bus.timeline
    self.adapter = BlueZ.namespace.appending(adapter)
    self.device = self.adapter.appending("dev_\(device.pathElement)")
  }

  /// Scans until the device is there, connects, and waits until its services are known.
  static func connect(
    over bus: BusConnection, adapter: String = "hci0", device: BluetoothAddress = PeripheralRig.peripheralAddress
  ) async throws -> RawCentral {
    let central = RawCentral(over: bus, adapter: adapter, device: device)
    try await central.follow()
    try await central.find()
    try await central.connect()
    return central
  }

  private func follow() async throws {
    let rule = MatchRule(sender: BlueZ.busName, interface: BlueZ.Interface.properties, member: "PropertiesChanged")
    _ = try await bus.subscribe(to: rule) { [weak self] signal in self?.assumeIsolated { $0.take(signal) } }
  }

  private func take(_ signal: IncomingSignal) {
    guard let changed = signal.arguments.dropFirst().first?.propertyMap else { return }
    if signal.path == device, let isConnected = changed["Connected"]?.bool { connectionChanges.append(isConnected) }
    if let value = changed["Value"]?.bytes, let uuid = paths.first(where: { $0.value == signal.path })?.key {
      values[uuid, default: []].append(value)
    }
  }

  @discardableResult
  func call(
    _ member: String, of interface: String, at path: ObjectPath, _ arguments: [DBusValue] = []
  ) async throws -> [DBusValue] {
    try await bus.call(
      MethodCall(destination: BlueZ.busName, path: path, interface: interface, member: member, arguments: arguments))
  }

  /// Scans until the device is there.
  func find() async throws {
    let filter: DBusValue = .properties(["Transport": .string("le")])
    try await call("SetDiscoveryFilter", of: BlueZ.Interface.adapter, at: adapter, [filter])
    try await call("StartDiscovery", of: BlueZ.Interface.adapter, at: adapter)
    try await eventually("\(device) to be found", on: timeline) { try await self.objects()[self.device] != nil }
    try await call("StopDiscovery", of: BlueZ.Interface.adapter, at: adapter)
  }

  func connect() async throws {
    try await call("Connect", of: BlueZ.Interface.device, at: device)
    try await eventually("the services of \(device)", on: timeline) {
      try await self.objects()[self.device]?[BlueZ.Interface.device]?["ServicesResolved"]?.bool == true
    }
    paths = [:]
    for (path, interfaces) in try await objects() where path.isDescendant(of: device) {
      if let uuid = interfaces[BlueZ.Interface.characteristic]?["UUID"]?.string.flatMap({ BluetoothUUID($0) }) {
        paths[uuid] = path
      }
    }
  }

  func objects() async throws -> [ObjectPath: [String: [String: DBusValue]]] {
    let reply = try await call("GetManagedObjects", of: BlueZ.Interface.objectManager, at: .root)
    var objects: [ObjectPath: [String: [String: DBusValue]]] = [:]
    for entry in reply.first?.entries ?? [] {
      guard let path = entry.key.objectPath else { continue }
      objects[path] = Dictionary(
        (entry.value.entries ?? []).compactMap { entry in
          entry.key.string.flatMap { name in entry.value.propertyMap.map { (name, $0) } }
        }, uniquingKeysWith: { first, _ in first })
    }
    return objects
  }

  var characteristics: Set<BluetoothUUID> { Set(paths.keys) }

  var isConnected: Bool? { connectionChanges.last }

  private func path(of uuid: BluetoothUUID) throws -> ObjectPath { try #require(paths[uuid]) }

  func read(_ uuid: BluetoothUUID) async throws -> [UInt8] {
    let reply = try await call("ReadValue", of: BlueZ.Interface.characteristic, at: path(of: uuid), [.properties([:])])
    return try #require(reply.first?.bytes)
  }

  func write(_ value: [UInt8], to uuid: BluetoothUUID, type: String = "request") async throws {
    try await call(
      "WriteValue", of: BlueZ.Interface.characteristic, at: path(of: uuid),
      [.bytes(value), .properties(["type": .string(type)])])
  }

  func startNotify(_ uuid: BluetoothUUID) async throws {
    try await call("StartNotify", of: BlueZ.Interface.characteristic, at: path(of: uuid))
  }

  func stopNotify(_ uuid: BluetoothUUID) async throws {
    try await call("StopNotify", of: BlueZ.Interface.characteristic, at: path(of: uuid))
  }

  /// `AcquireNotify` or `AcquireWrite`.
  @discardableResult
  func acquire(_ method: String, _ uuid: BluetoothUUID) async throws -> PassedDescriptor {
    let reply = try await call(method, of: BlueZ.Interface.characteristic, at: path(of: uuid), [.properties([:])])
    return try #require(reply.first?.descriptor)
  }

  func disconnect() async throws { try await call("Disconnect", of: BlueZ.Interface.device, at: device) }

  /// What was notified so far, oldest first.
  func values(of uuid: BluetoothUUID) -> [[UInt8]] { values[uuid] ?? [] }

  /// Waits for that many values.
  func values(of uuid: BluetoothUUID, atLeast count: Int) async throws -> [[UInt8]] {
    try await eventually("\(count) values of \(uuid)", on: timeline) { await self.values(of: uuid).count >= count }
    return values(of: uuid)
  }
}

/// Speaks the wire protocol through a raw central.
actor RawDriver {
  nonisolated let timeline: RealTimeline
  nonisolated var unownedExecutor: UnownedSerialExecutor { timeline.asUnownedSerialExecutor() }

  private let central: RawCentral
  private var sequence: UInt8

  init(_ central: RawCentral, sequence: UInt8 = 1) {
    self.central = central
    self.sequence = sequence
    timeline = central.timeline
  }

  /// Writes the request, and waits for its response.
  @discardableResult
  func request(_ body: ControlRequest.Body) async throws -> ControlResponse {
    let request = ControlRequest(sequence: sequence, flags: [], body: body)
    sequence &+= 1
    let known = await central.values(of: .percussControlPoint).count
    try await central.write(try request.bytes(), to: .percussControlPoint)
    let values = try await central.values(of: .percussControlPoint, atLeast: known + 1)
    return try ControlResponse(values[known])
  }

  /// Takes control and has the motor turn.
  func drive(ppm: UInt16 = 1_900) async throws {
    try await request(.requestControl(leaseMilliseconds: 60_000, lossPolicy: .stop))
    try await request(.setSpeed(speedPPM: ppm, rampMilliseconds: 100))
  }
}
