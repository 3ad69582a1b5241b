import Glibc
import PercussBlueZ
import PercussCore
import PercussDBus
import PercussGATT
import PercussLink
import PercussSimulator
import PercussTime
import PercussWire
import Testing

/// 200 virtual devices in one process, all connected and all with telemetry at 10 Hz; one client uses 20 of them.
@Suite(.serialized)
struct ManyDevicesTests {
  private static let deviceCount = 200
  private static let usedCount = 20

  @Test func `200 devices at 10 Hz, of which one client uses 20: nothing is lost`() throws {
    let daemonBus = try PrivateBus.start()
    let timeline = RealTimeline(name: "many")
    defer {
      timeline.shutDown()
      daemonBus.stop()
    }
    try timeline.run {
      try await withTimeout(.seconds(110), on: timeline, waitingFor: "the test") {
        let before = Self.residentKilobytes()
        let bus = try await BusConnection.open(daemonBus.address, on: timeline)
        let emulation = try await EmulatedBlueZ.start(on: bus)
        for number in 0..<Self.deviceCount {
          let device = SimulatedDevice(model: .elite, on: timeline)
          let advertisement = AirAdvertisement(
            address: Self.address(number), name: "Elite \(number)", services: [.percussService])
          await emulation.add(device, as: advertisement)
        }
        let idle = Self.residentKilobytes()
        let crowd = try await TelemetryReader(daemonBus, timeline)
        let user = try await TelemetryReader(daemonBus, timeline)
        try await crowd.scan(for: Self.deviceCount)
        try await withThrowingTaskGroup(of: Void.self) { group in
          for number in 0..<Self.deviceCount {
            let reader = number < Self.usedCount ? user : crowd
            group.addTask(executorPreference: timeline) { try await reader.open(Self.address(number)) }
          }
          try await group.waitForAll()
        }
        let connected = Self.residentKilobytes()
        crowd.reset()
        user.reset()
        let processor = Self.processorSeconds()
        let start = timeline.now
        try await timeline.sleep(for: .seconds(5))
        let used = Self.processorSeconds() - processor
        let took = start.duration(to: timeline.now)
        // What a stalled machine makes a device send all at once does not fit into one connection event, and is refused there. Nothing else may
        // get lost, from the first notification on.
        let refused = await Self.refused(on: emulation.air)
        #expect(user.lost + crowd.lost <= refused, "telemetry was lost")
        for reader in [user, crowd] {
          #expect(reader.perDevice.count == (reader === user ? Self.usedCount : Self.deviceCount - Self.usedCount))
          // On a busy machine fewer may have come by now, but not none.
          #expect(reader.perDevice.values.allSatisfy { $0 > 10 })
        }
        let count = user.count + crowd.count
        print(
          """
          \(Self.deviceCount) devices: \(count) notifications in \(took.wholeMilliseconds) ms, \(user.lost + crowd.lost) lost, \(Int(used * 100_000 / Double(took.wholeMilliseconds)))% of a core; \
          memory per device \((idle - before) / Self.deviceCount) KiB idle, \((connected - before) / Self.deviceCount) KiB \
          connected with its objects on the bus
          """)
        #expect((connected - before) / Self.deviceCount < 2_048)
        await emulation.stop()
        await bus.close()
      }
    }
  }

  private static func address(_ number: Int) -> BluetoothAddress {
    BluetoothAddress(rawValue: 0xC82E_470B_0000 + UInt64(number))
  }

  private static func refused(on air: EmulatedAir) async -> Int {
    var count = 0
    for address in await air.addresses {
      for link in await air.links(of: address) { count += await link.statistics.refused }
    }
    return count
  }

  private static func residentKilobytes() -> Int {
    guard let file = fopen("/proc/self/statm", "r") else { return 0 }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 128)
    fgets(&line, CInt(line.count), file)
    let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let fields = text.split(separator: " ")
    return fields.count > 1 ? (Int(fields[1]) ?? 0) * 4 : 0
  }

  private static func processorSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}

/// A client that has the telemetry of devices in sockets, and checks its counters. Runs on the timeline.
private final class TelemetryReader: @unchecked Sendable {
  private let bus: BusConnection
  private let timeline: RealTimeline
  private var watches: [DescriptorWatch] = []
  private var counters: [BluetoothAddress: UInt8] = [:]
  /// Notifications by device.
  private(set) var perDevice: [BluetoothAddress: Int] = [:]
  private(set) var lost = 0

  var count: Int { perDevice.values.reduce(0, +) }

  init(_ daemonBus: PrivateBus, _ timeline: RealTimeline) async throws {
    self.timeline = timeline
    bus = try await BusConnection.open(daemonBus.address, on: timeline)
  }

  func reset() { perDevice = [:] }

  func scan(for devices: Int) async throws {
    try await call("/org/bluez/hci0", "org.bluez.Adapter1", "StartDiscovery")
    // On a busy machine it takes its time until all have been heard.
    for _ in 0..<100 {
      try await timeline.sleep(for: .milliseconds(200))
      let objects = try await call("/", "org.freedesktop.DBus.ObjectManager", "GetManagedObjects")
      guard case .dictionary(let entries, _, _) = objects.first else { break }
      let heard = entries.count {
        if case .objectPath(let path) = $0.key { "\(path)".contains("/dev_") } else { false }
      }
      if heard >= devices { break }
    }
    try await call("/org/bluez/hci0", "org.bluez.Adapter1", "StopDiscovery")
  }

  func open(_ address: BluetoothAddress) async throws {
    let device = "/org/bluez/hci0/dev_\(address.pathElement)"
    try await call(device, "org.bluez.Device1", "Connect")
    // The objects come behind the answer.
    try await timeline.sleep(for: .milliseconds(500))
    let service = device + "/service000a"
    let request = try ControlRequest(
      sequence: 1, flags: [], body: .setTelemetry(intervalMilliseconds: 100)
    ).bytes()
    let telemetry = try await call(
      service + "/char0010", "org.bluez.GattCharacteristic1", "AcquireNotify", [.properties([:])])
    try await call(service + "/char000d", "org.bluez.GattCharacteristic1", "StartNotify")
    try await call(
      service + "/char000d", "org.bluez.GattCharacteristic1", "WriteValue", [.bytes(request), .properties([:])])
    let descriptor = try #require(telemetry.first?.descriptor?.take())
    watches.append(
      try timeline.watch(descriptor, for: .readable) { [weak self] _ in self?.read(descriptor, address) })
  }

  private func read(_ descriptor: CInt, _ address: BluetoothAddress) {
    var buffer = [UInt8](repeating: 0, count: 64)
    while true {
      let count = buffer.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
      guard count > 0 else { return }
      if let last = counters[address] { lost += Int(buffer[0] &- last &- 1) }
      counters[address] = buffer[0]
      perDevice[address, default: 0] += 1
    }
  }

  @discardableResult
  private func call(
    _ path: String, _ interface: String, _ member: String, _ arguments: [DBusValue] = []
  ) async throws -> [DBusValue] {
    try await bus.call(
      MethodCall(
        destination: "org.bluez", path: try #require(ObjectPath(path)), interface: interface,
        member: member, arguments: arguments))
  }
}
