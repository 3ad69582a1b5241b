import Foundation
import Testing

/// `percussd`, and the bus that it has made, end under a `percuss` that uses them, and come back.
@Suite(.serialized) struct DaemonLossTests {
  private static func environment(_ path: String) -> [String: String] {
    ["DBUS_SYSTEM_BUS_ADDRESS": "unix:path=\(path)", "PERCUSS_DEVICE": "C8:2E:47:0A:11:02"]
  }

  @Test(arguments: [SIGTERM, SIGKILL])
  func `percuss notices, says why, and works again`(signal: Int32) async throws {
    let folder = try TemporaryFolder()
    let path = folder.url.appending(path: "bus").path
    try await endUnderMonitor(signal, path)
    let without = try await ProgramRun.percuss(
      ["info", "--json"], environment: Self.environment(path), isLimited: false)
    #expect(without.status == 69, "\(without)")
    #expect((without.output + without.errors).contains(path), "\(without)")
    let next = try await RunningDaemon("--bus-path", path)
    let again = try await ProgramRun.percuss(
      ["info", "--json"], environment: Self.environment(path), isLimited: false)
    #expect(again.status == 0, "\(again)")
    next.program.send(SIGTERM)
    _ = await next.program.end()
  }

  /// The daemon's place among the programs is free again afterwards.
  private func endUnderMonitor(_ signal: Int32, _ path: String) async throws {
    let daemon = try await RunningDaemon("--bus-path", path)
    let program = try RunningProgram("monitor", "--for", "60s", "--json", environment: Self.environment(path))
    _ = try await program.next(["type": "telemetry"])
    let begin = ContinuousClock.now
    daemon.program.send(signal)
    let end = await program.end()
    // A second to notice it, and what a busy machine takes to end a program.
    #expect(begin.duration(to: .now) < .seconds(6))
    #expect(end == .init(status: 75))
    let errors = program.errors()
    #expect(errors.contains("ended") || errors.contains("gone"), "\(errors)")
    _ = await daemon.program.end()
    try await BusWatch.until("the socket is gone") { !FileManager.default.fileExists(atPath: path) }
  }
}
