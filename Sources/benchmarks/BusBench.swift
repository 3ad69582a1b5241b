import CBusBaselines
import Foundation
import PercussBlueZ
import PercussDBus
import PercussGATT
import PercussLink
import PercussTime

/// What the benchmarks of the bus share: a private bus, on it the stand-in for bluetoothd in a process of its own, and the three clients that meet
/// it in turn.
final class BusBench {
  let timeline = RealTimeline(name: "bench")
  /// Ours, at the level of messages.
  let connection: BusConnection
  /// Ours, at the level of a device.
  let link: BlueZLink
  /// Plain libdbus in C.
  let c: OpaquePointer
  /// Python; nil where there is none with Bleak, which was said.
  let bleak: BleakClient?
  private let central: BlueZCentral
  private let bus: PrivateBus
  private let standIn: Process

  /// - Throws: when there is no dbus-daemon, or one of them cannot be started.
  init() throws {
    bus = try PrivateBus.start()
    let address = bus.address
    standIn = try Self.startStandIn(at: address)
    guard let client = percuss_bus_client_open(address.description) else {
      throw BenchmarkFailure("the C client found no bus at \(address)")
    }
    c = client
    bleak = try Self.python().map { try BleakClient(python: $0, bus: address) }
    let timeline = timeline
    (connection, central, link) = try timeline.run {
      let connection = try await BusConnection.open(address, on: timeline)
      let central = try await BlueZCentral.open(bus: address, on: timeline)
      let device = try await central.find(PERCUSS_MOCK_ADDRESS, timeout: .seconds(10))
      guard let link = try await central.connect(to: device.id, timeout: .seconds(10)) as? BlueZLink else {
        throw BenchmarkFailure("the central gave a link of another kind")
      }
      return (connection, central, link)
    }
  }

  func stop() {
    bleak?.stop()
    percuss_bus_client_close(c)
    let (connection, central, link) = (connection, central, link)
    try? timeline.run {
      await link.disconnect()
      await central.close()
      await connection.close()
    }
    standIn.terminate()
    standIn.waitUntilExit()
    bus.stop()
    timeline.shutDown()
  }

  /// The interpreter of the virtual environment that has Bleak, which is made when it is not there; nil when it cannot be had, and the script has said why.
  private static func python() -> String? {
    let script = Process()
    script.executableURL = URL(filePath: "Tests/Tools/python-environment.sh")
    let output = Pipe()
    script.standardOutput = output
    let path: Data
    do {
      try script.run()
      path = try output.fileHandleForReading.readToEnd() ?? Data()
      script.waitUntilExit()
    } catch {
      complain("Tests/Tools/python-environment.sh: \(error); run this from the top of the repository")
      return nil
    }
    guard script.terminationStatus == 0 else {
      complain("there is no Bleak to measure against: dbus.cpu and acquire_notify.rate have no baseline")
      return nil
    }
    return String(decoding: path, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
  }

  // MARK: The stand-in

  /// The argument that makes this program the stand-in instead of the benchmarks.
  private static let standInOption = "--stand-in-for-bluetoothd"

  private static func startStandIn(at address: BusAddress) throws -> Process {
    let process = Process()
    process.executableURL = URL(filePath: "/proc/self/exe")
    process.arguments = [standInOption, address.description]
    let ready = Pipe()
    process.standardOutput = ready
    try process.run()
    // It writes an empty line when it owns its name, and ends without one when it cannot.
    guard readLine(of: ready, within: 10) != nil else {
      process.terminate()
      throw BenchmarkFailure("the stand-in for bluetoothd did not start within 10 s")
    }
    return process
  }

  /// Runs as the stand-in when the program was started as such, and does not return then.
  static func serveIfStandIn() {
    guard CommandLine.arguments.count == 3, CommandLine.arguments[1] == standInOption else { return }
    exit(percuss_mock_bluez_run(CommandLine.arguments[2], STDOUT_FILENO))
  }
}

/// A Bleak in a process of its own that does what it is told line by line; see Tests/Baselines/bleak_client.py.
final class BleakClient {
  private let process = Process()
  private let orders = Pipe()
  private let answers = Pipe()

  /// - Throws: when it does not come up, or finds no device, within 60 s.
  init(python: String, bus: BusAddress) throws {
    process.executableURL = URL(filePath: python)
    process.arguments = ["-B", "Tests/Baselines/bleak_client.py"]
    process.environment = ProcessInfo.processInfo.environment.merging(["DBUS_SYSTEM_BUS_ADDRESS": bus.description]) {
      $1
    }
    process.standardInput = orders
    process.standardOutput = answers
    try process.run()
    guard readLine(of: answers, within: 60) == "ready" else {
      process.terminate()
      throw BenchmarkFailure("the Bleak client did not connect; what it said is above")
    }
  }

  func stop() {
    try? orders.fileHandleForWriting.close()
    process.terminate()
    process.waitUntilExit()
  }

  /// The first number that it answers.
  ///
  /// - Throws: when it gives none within 60 s.
  func order(_ order: String) throws -> Double {
    try orders.fileHandleForWriting.write(contentsOf: Data("\(order)\n".utf8))
    guard let answer = readLine(of: answers, within: 60),
      let number = answer.split(separator: " ").first.flatMap({ Double($0) })
    else { throw BenchmarkFailure("the Bleak client did not answer to '\(order)'; what it said is above") }
    return number
  }
}

/// The next line; nil at the end, or when it is not there within that many seconds.
private func readLine(of pipe: Pipe, within seconds: Int64) -> String? {
  let deadline = MonotonicInstant.ofSystem().advanced(by: .seconds(seconds))
  let descriptor = pipe.fileHandleForReading.fileDescriptor
  var line: [UInt8] = []
  while true {
    let left = (deadline.nanoseconds - MonotonicInstant.ofSystem().nanoseconds) / 1_000_000
    var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    let count = poll(&waiting, 1, Int32(max(0, left)))
    if count < 0, errno == EINTR { continue }
    var byte: UInt8 = 0
    guard count == 1, read(descriptor, &byte, 1) == 1 else { return nil }
    if byte == UInt8(ascii: "\n") { return String(decoding: line, as: UTF8.self) }
    line.append(byte)
  }
}
