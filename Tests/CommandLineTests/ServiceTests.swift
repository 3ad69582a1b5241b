import Foundation
import Testing

/// `percussd` as a service: what it tells its manager (sd_notify(3)).
@Suite struct ServiceTests {
  /// The socket of a service manager.
  final class ManagerSocket: Sendable {
    private let descriptor: Int32

    /// - Parameter name: a path or, after `@`, a name of the abstract namespace.
    init(_ name: String) throws {
      descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
      var address = sockaddr_un()
      address.sun_family = sa_family_t(AF_UNIX)
      var bytes = Array(name.utf8)
      let isAbstract = bytes[0] == UInt8(ascii: "@")
      if isAbstract { bytes[0] = 0 }
      withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
      let beginning = MemoryLayout<sockaddr_un>.offset(of: \.sun_path) ?? 2
      let length = socklen_t(beginning + bytes.count + (isAbstract ? 0 : 1))
      let status = withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
      }
      try #require(status == 0, "\(String(cString: strerror(errno)))")
    }

    deinit { close(descriptor) }

    /// The lines of the next message; none when there is none within the time.
    func next(within milliseconds: Int32) -> [String] {
      var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      guard poll(&waiting, 1, milliseconds) > 0 else { return [] }
      var bytes = [UInt8](repeating: 0, count: 4096)
      let count = recv(descriptor, &bytes, bytes.count, 0)
      return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self).split(separator: "\n").map(String.init)
    }

    /// Reads on until a message has the line.
    func wait(for line: String) -> [String] {
      for _ in 0..<1000 {
        let lines = next(within: 20_000)
        if lines.isEmpty || lines.contains(line) { return lines }
      }
      return []
    }
  }

  private static func socketName(_ kind: String, in folder: URL) -> String {
    kind == "path" ? folder.appending(path: "notify").path : "@percuss-test-\(UUID().uuidString)"
  }

  @Test(arguments: ["path", "abstract"])
  func `the manager is told when it is ready and when it ends`(kind: String) async throws {
    let folder = try TemporaryFolder()
    let name = Self.socketName(kind, in: folder.url)
    let manager = try ManagerSocket(name)
    let daemon = try await RunningDaemon(environment: ["NOTIFY_SOCKET": name])
    let ready = manager.next(within: 20_000)
    #expect(ready == ["READY=1", "STATUS=Percuss Elite 0001 at C8:2E:47:0A:11:02"])
    // Without WATCHDOG_USEC it says nothing more.
    #expect(manager.next(within: 300).isEmpty)
    daemon.program.send(SIGTERM)
    #expect(manager.next(within: 20_000) == ["STOPPING=1"])
    _ = await daemon.program.end()
  }

  @Test func `the watchdog hears of the timeline until it hangs`() async throws {
    let folder = try TemporaryFolder()
    let name = Self.socketName("path", in: folder.url)
    let manager = try ManagerSocket(name)
    let daemon = try await RunningDaemon(environment: ["NOTIFY_SOCKET": name, "WATCHDOG_USEC": "200000"])
    _ = manager.wait(for: "READY=1")
    for _ in 0..<5 { #expect(manager.next(within: 20_000) == ["WATCHDOG=1"]) }
    daemon.program.send(SIGSTOP)
    // What was on its way may still arrive.
    await BusWatch.pause(.milliseconds(300))
    while !manager.next(within: 0).isEmpty {}
    #expect(manager.next(within: 1000).isEmpty)
    daemon.program.send(SIGCONT)
    #expect(manager.next(within: 20_000) == ["WATCHDOG=1"])
    daemon.program.send(SIGTERM)
    #expect(manager.wait(for: "STOPPING=1") == ["STOPPING=1"])
    let end = await daemon.program.end()
    #expect(end == .init(status: 0))
  }

  @Test func `a watchdog that is for another process is left alone`() async throws {
    let folder = try TemporaryFolder()
    let name = Self.socketName("path", in: folder.url)
    let manager = try ManagerSocket(name)
    let daemon = try await RunningDaemon(
      environment: ["NOTIFY_SOCKET": name, "WATCHDOG_USEC": "50000", "WATCHDOG_PID": "1"])
    _ = manager.wait(for: "READY=1")
    #expect(manager.next(within: 400).isEmpty)
    daemon.program.send(SIGTERM)
    _ = await daemon.program.end()
  }

  @Test(arguments: ["vsock:2:1", "relative", "/\(String(repeating: "x", count: 120))"])
  func `a manager that cannot be told is 69`(name: String) async throws {
    let run = try await ProgramRun.percussd("--emulate-bluez", environment: ["NOTIFY_SOCKET": name])
    #expect(run.status == 69, "\(run)")
    #expect(run.errors.contains("NOTIFY_SOCKET"), "\(run)")
  }
}
