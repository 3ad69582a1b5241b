import Foundation
import Testing

/// Looks at what programs leave behind: processes and folders of their private buses.
enum BusWatch {
  /// The numbers of the processes whose command line holds the text.
  static func processes(mentioning text: String) -> [Int32] {
    let numbers = ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { Int32($0) }
    return numbers.filter { number in
      guard number != getpid(), let file = FileHandle(forReadingAtPath: "/proc/\(number)/cmdline") else { return false }
      defer { try? file.close() }
      return String(decoding: (try? file.readToEnd()) ?? Data(), as: UTF8.self).contains(text)
    }
  }

  /// The socket of an address such as `unix:path=/tmp/x/socket,guid=...`.
  static func socket(of address: String) throws -> String {
    let path = try #require(address.split(separator: "unix:path=").last).prefix { $0 != "," }
    return String(path)
  }

  /// Waits until the condition holds, at most ten seconds.
  static func until(_ what: String, _ condition: () throws -> Bool) async throws {
    for _ in 0..<500 {
      if try condition() { return }
      await pause(.milliseconds(20))
    }
    Issue.record("not within ten seconds: \(what)")
  }

  /// Fails unless the bus of that address is gone with everything that belonged to it.
  static func expectNothing(of address: String) async throws {
    let folder = (try socket(of: address) as NSString).deletingLastPathComponent
    #expect(folder.contains("percuss-bus-"))
    try await until("nothing is left of \(folder)") {
      processes(mentioning: folder).isEmpty && !FileManager.default.fileExists(atPath: folder)
    }
  }

  static func pause(_ duration: Duration) async {
    await withCheckedContinuation { continuation in
      DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(Int(duration / .milliseconds(1)))) {
        continuation.resume()
      }
    }
  }
}

/// A `percussd --emulate-bluez` that is ready. It counts among the programs that run at a time; what a test runs beside it does not.
final class RunningDaemon {
  let program: RunningProgram
  /// Of its bus.
  let address: String

  init(_ arguments: String..., environment: [String: String] = [:]) async throws {
    await ProcessLimit.shared.enter()
    do {
      program = try RunningProgram(
        ["--emulate-bluez"] + arguments, environment: environment, timeout: .seconds(60), program: "percussd")
      guard let line = await program.nextLine() else { throw NotReady(errors: program.errors()) }
      let parts = line.split(separator: "=", maxSplits: 1)
      try #require(parts.count == 2 && parts[0] == "DBUS_SYSTEM_BUS_ADDRESS", "\(line)")
      address = String(parts[1])
    } catch {
      await ProcessLimit.shared.leave()
      throw error
    }
  }

  deinit { Task { await ProcessLimit.shared.leave() } }

  struct NotReady: Error {
    var errors: String
  }

  /// Runs a line of `sh` with the daemon's bus as the system bus.
  func shell(_ line: String) async throws -> ProgramRun {
    try await ProgramRun.shell("export DBUS_SYSTEM_BUS_ADDRESS='\(address)'; \(line)")
  }
}
