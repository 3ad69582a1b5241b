import Dispatch
import Foundation
import Synchronization
import Testing

/// One run of a built program, as a user has it: arguments and input in, what it printed and its exit status out.
struct ProgramRun: Sendable, CustomStringConvertible {
  var program = "percuss"
  var arguments: [String]
  var status: Int32
  var output: String
  var errors: String

  /// The lines of the standard output.
  var lines: [String] { output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) }

  /// The lines of the standard output as JSON objects.
  func objects() throws -> [[String: Any]] {
    try output.split(separator: "\n").map { line in
      try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], "\(line)")
    }
  }

  var description: String {
    "\(program) \(arguments.joined(separator: " ")): exit \(status)\n--- output\n\(output)\n--- errors\n\(errors)"
  }

  /// Runs `percuss` to its end.
  ///
  /// Output and input pass through files, so that no pipe can fill up. The environment is that of the tests, without colours.
  ///
  /// - Throws: ``TimedOut`` after the program has been killed.
  static func percuss(
    _ arguments: String..., input: String = "", environment: [String: String] = [:], folder: URL? = nil,
    timeout: Duration = .seconds(60)
  ) async throws -> ProgramRun {
    try await percuss(arguments, input: input, environment: environment, folder: folder, timeout: timeout)
  }

  /// Runs `percussd` to its end.
  ///
  /// - Parameter isLimited: whether it counts among the programs that run at a time; not beside a ``RunningDaemon``, which has a place already.
  static func percussd(
    _ arguments: String..., environment: [String: String] = [:], isLimited: Bool = true
  ) async throws -> ProgramRun {
    try await percuss(arguments, environment: environment, program: "percussd", isLimited: isLimited)
  }

  /// The same, with the arguments in an array.
  static func percuss(
    _ arguments: [String], input: String = "", environment: [String: String] = [:], folder: URL? = nil,
    timeout: Duration = .seconds(60), program: String = "percuss", isLimited: Bool = true
  ) async throws -> ProgramRun {
    let files = FileManager.default.temporaryDirectory.appending(path: "percuss-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: files, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: files) }
    let names = ["input", "output", "errors"].map { files.appending(path: $0) }
    try Data(input.utf8).write(to: names[0])
    for name in names.dropFirst() { try Data().write(to: name) }

    let process = Process()
    process.executableURL = try Self.program(program)
    process.arguments = arguments
    process.currentDirectoryURL = folder ?? packageFolder
    process.environment = ProcessInfo.processInfo.environment.merging(
      ["NO_COLOR": "1", "TERM": "dumb", "LC_ALL": "C.UTF-8"].merging(environment) { $1 }
    ) { $1 }

    // Not before its turn: with the descriptors of a thousand that wait, `Process.run` reads beyond the end of its list of them.
    if isLimited { await ProcessLimit.shared.enter() }
    let outcome: Result<Bool, any Error>
    do {
      process.standardInput = try FileHandle(forReadingFrom: names[0])
      process.standardOutput = try FileHandle(forWritingTo: names[1])
      process.standardError = try FileHandle(forWritingTo: names[2])
      outcome = .success(try await end(of: process, within: timeout))
    } catch {
      outcome = .failure(error)
    }
    if isLimited { await ProcessLimit.shared.leave() }
    let ended = try outcome.get()
    let text = try names.map { String(decoding: try Data(contentsOf: $0), as: UTF8.self) }
    guard ended else { throw TimedOut(arguments: arguments, after: timeout, output: text[1], errors: text[2]) }
    return ProgramRun(
      program: program, arguments: arguments, status: process.terminationStatus, output: text[1], errors: text[2])
  }

  /// The program did not end in time.
  struct TimedOut: Error {
    var arguments: [String]
    var after: Duration
    var output: String
    var errors: String
  }

  /// The root of the package.
  static let packageFolder = URL(filePath: #filePath).appending(path: "../../..").standardizedFileURL

  /// The program that was built with the tests: it lies beside their bundle.
  static func program(_ name: String = "percuss") throws -> URL {
    let tests = URL(filePath: CommandLine.arguments[0]).standardizedFileURL
    let places = [tests, Bundle.main.executableURL ?? tests].map {
      $0.deletingLastPathComponent().appending(path: name)
    }
    return try #require(
      places.first { FileManager.default.isExecutableFile(atPath: $0.path) }, "no program at \(places.map(\.path))")
  }

  /// False when the process had to be killed.
  private static func end(of process: Process, within timeout: Duration) async throws -> Bool {
    let ends = AsyncStream<Void> { continuation in
      process.terminationHandler = { _ in continuation.finish() }
    }
    try process.run()
    let watch = Watch(process.processIdentifier)
    DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(Int(timeout / .milliseconds(1)))) {
      watch.kill()
    }
    for await _ in ends {}
    return watch.stop()
  }

  /// Kills a process that runs for too long, and no other that gets its number later.
  private final class Watch: Sendable {
    private enum State { case running(pid_t), killed, ended }
    private let state: Mutex<State>

    init(_ process: pid_t) { state = Mutex(.running(process)) }

    func kill() {
      state.withLock { state in
        guard case .running(let process) = state else { return }
        state = .killed
        _ = Foundation.kill(process, SIGKILL)
      }
    }

    /// True when the process ended by itself.
    func stop() -> Bool {
      state.withLock { state in
        guard case .running = state else { return false }
        state = .ended
        return true
      }
    }
  }
}
