import Foundation
import Logging
import PercussBlueZ
import PercussCapture
import PercussDBus
import PercussSimulator
import PercussTime
import ServiceLifecycle

/// Where a simulator is offered.
enum SimulatorPlace: Sendable {
  /// On a bus of its own, with its socket there or anywhere.
  case privateBus(socket: String?)
  /// Emulated on a bus that is there already.
  case bus(BusAddress)
  /// Through the bluetoothd of this bus, on the adapter of that name or address.
  case adapter(AdapterSelection, bus: BusAddress)
}

/// Runs a ``Simulator`` until the service group shuts down or the bus goes away.
struct SimulatorService: Service {
  let configuration: SimulatorConfiguration
  let place: SimulatorPlace
  /// The file that all links are recorded in.
  let capture: String?
  let notification: ServiceNotification?
  let logger: Logger

  /// Returns after a graceful shutdown with every motor at rest; throws a ``Failure`` when it cannot begin or go on.
  func run() async throws {
    let timeline = RealTimeline(name: "percussd")
    defer { timeline.shutDown() }
    var privateBus: PrivateBus?
    defer { privateBus?.stop() }
    let address: BusAddress
    switch place {
    case .privateBus(let socket):
      do { privateBus = try PrivateBus.start(socket: socket) } catch {
        throw Failure(.unavailable, "percussd: \(error)")
      }
      address = privateBus?.address ?? .system
    case .bus(let there): address = there
    case .adapter(_, let there): address = there
    }
    let recording = try record(on: timeline)
    let result: Result<Void, any Error>
    do {
      result = .success(try await timeline.run { try await serve(on: address, timeline, recording) })
    } catch {
      result = .failure(error)
    }
    try finish(recording)
    try result.get()
  }

  private func record(on timeline: RealTimeline) throws -> CaptureRecording? {
    guard let capture else { return nil }
    // A file that has grown as long as this process may make one is an error of the write, not the end of the program.
    signal(SIGXFSZ, SIG_IGN)
    let now = timeline.now
    do {
      return try CaptureRecording(
        capture, by: "percussd \(Simulator.version)", clock: RecordingClock(now, is: .ofSystem()), at: now, waits: false
      ) { [logger] reason in
        logger.error("the capture cannot be written any more", metadata: ["file": "\(capture)", "reason": "\(reason)"])
      }
    } catch {
      throw Failure(.usage, "percussd: “\(capture)” cannot be written: \(error)")
    }
  }

  /// Waits until the capture is whole, at most 10 s.
  private func finish(_ recording: CaptureRecording?) throws {
    guard let capture, let summary = recording?.finish() else { return }
    let metadata: Logger.Metadata = [
      "file": "\(capture)", "records": .stringConvertible(summary.records), "lost": .stringConvertible(summary.lost),
      "left_out": .stringConvertible(summary.leftOut),
    ]
    logger.log(level: summary.lost + summary.leftOut > 0 ? .warning : .info, "capture written", metadata: metadata)
    if let failure = summary.failure {
      throw Failure(.internalFault, "percussd: “\(capture)” is not whole: \(failure)")
    }
  }

  private func serve(
    on address: BusAddress, _ timeline: RealTimeline, _ recording: CaptureRecording?
  ) async throws {
    let simulator: Simulator
    do {
      simulator = try await begin(on: address, timeline, recording)
    } catch let error as SimulatorError {
      throw Failure(.unavailable, "percussd: \(error)")
    }
    let watchdog = notification.flatMap { Watchdog($0, on: timeline) }
    // Exactly this line; whoever starts the daemon waits for it.
    if case .adapter = place {} else { Self.say("DBUS_SYSTEM_BUS_ADDRESS=\(address)") }
    notification?.send("READY=1", "STATUS=\(await status(simulator))")
    logger.info("ready", metadata: ["bus": "\(address)", "devices": .stringConvertible(configuration.devices.count)])
    let end = await withGracefulShutdownHandler {
      await simulator.waitForEnd()
    } onGracefulShutdown: {
      logger.info("shutting down")
      notification?.send("STOPPING=1")
      timeline.start { await simulator.stop() }
    }
    watchdog?.stop()
    if end == .busLost {
      throw Failure(
        .busLost,
        "percussd: the bus at \(address) went away; every motor was stopped. Start the bus, then percussd again")
    }
  }

  private func begin(
    on address: BusAddress, _ timeline: RealTimeline, _ recording: CaptureRecording?
  ) async throws -> Simulator {
    let logger = logger
    let log: @Sendable (SimulatorNote) -> Void = { note in logger.log(note) }
    return switch place {
    case .privateBus, .bus:
      try await Simulator.start(configuration, on: address, timeline: timeline, recording: recording, log: log)
    case .adapter(let adapter, _):
      try await Simulator.start(
        configuration, onAdapter: adapter, of: address, timeline: timeline, recording: recording, log: log)
    }
  }

  private func status(_ simulator: Simulator) async -> String {
    let devices = await simulator.deviceList
    let first = devices.first.map { "\($0.name) at \($0.address)" } ?? "no device"
    return devices.count > 1 ? "\(first) and \(devices.count - 1) more" : first
  }

  private static func say(_ line: String) {
    Output.write(line + "\n", to: STDOUT_FILENO)
  }
}

extension Logger {
  /// Logs what a simulator tells.
  fileprivate func log(_ note: SimulatorNote) {
    let level: Level =
      switch note.level {
      case .debug: .debug
      case .info: .info
      case .warning: .warning
      case .error: .error
      }
    log(level: level, "\(note.message)", metadata: Metadata(uniqueKeysWithValues: note.details.map { ($0, "\($1)") }))
  }
}
