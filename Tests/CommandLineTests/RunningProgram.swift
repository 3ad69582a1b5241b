import Foundation
import Synchronization
import Testing

/// A program, `percuss` unless told otherwise, that runs while the test watches it and interferes. It is killed after `timeout` at the latest.
final class RunningProgram {
  /// How it ended.
  struct End: Equatable {
    var status: Int32
    var isBySignal = false
  }

  private let process = Process()
  private let reading: Int32
  private let isClosed = Flag()
  private var lines: AsyncStream<String>?
  private let ends: AsyncStream<Void>
  private let errorsPipe = Pipe()
  private let watchdog = Watchdog()

  private final class Watchdog: Sendable {
    let isAwake = Mutex(true)
  }

  private final class Flag: Sendable {
    let value = Atomic(false)
  }

  /// What the program's standard output is connected to.
  enum Output {
    case pipe
    /// A terminal of 100 columns.
    case terminal
    /// A pipe that is full already.
    case fullPipe
  }

  init(
    _ arguments: [String], output: Output = .pipe, environment: [String: String] = [:],
    timeout: Duration = .seconds(30), program: String = "percuss"
  ) throws {
    let (ends, continuation) = AsyncStream.makeStream(of: Void.self)
    self.ends = ends
    process.terminationHandler = { _ in continuation.finish() }
    process.executableURL = try ProgramRun.program(program)
    process.arguments = arguments
    process.currentDirectoryURL = ProgramRun.packageFolder
    process.environment = ProcessInfo.processInfo.environment.merging(["LC_ALL": "C.UTF-8"].merging(environment) { $1 })
    { $1 }
    process.standardInput = FileHandle.nullDevice
    process.standardError = errorsPipe
    let writing: FileHandle
    (reading, writing) = try Self.connection(output)
    process.standardOutput = writing
    try process.run()
    try writing.close()
    let identifier = process.processIdentifier
    DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(Int(timeout / .milliseconds(1)))) {
      [watchdog] in
      watchdog.isAwake.withLock { if $0 { kill(identifier, SIGKILL) } }
    }
  }

  convenience init(
    _ arguments: String..., output: Output = .pipe, environment: [String: String] = [:], program: String = "percuss"
  ) throws {
    try self.init(arguments, output: output, environment: environment, program: program)
  }

  deinit {
    watchdog.isAwake.withLock { $0 = false }
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
  }

  private static func connection(_ output: Output) throws -> (Int32, FileHandle) {
    guard case .terminal = output else {
      var ends: [Int32] = [0, 0]
      try #require(pipe(&ends) == 0)
      for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
      if case .fullPipe = output {
        let flags = fcntl(ends[1], F_GETFL)
        _ = fcntl(ends[1], F_SETFL, flags | O_NONBLOCK)
        while write(ends[1], [UInt8](repeating: 10, count: 4096), 4096) > 0 {}
        _ = fcntl(ends[1], F_SETFL, flags)
      }
      return (ends[0], FileHandle(fileDescriptor: ends[1], closeOnDealloc: true))
    }
    // `posix_openpt` and its like are not in Foundation's reach; these are the requests TIOCSPTLCK and TIOCGPTN behind them.
    let main = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
    var (locked, number): (Int32, Int32) = (0, 0)
    try #require(main >= 0 && ioctl(main, 0x4004_5431, &locked) == 0 && ioctl(main, 0x8004_5430, &number) == 0)
    let other = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY | O_CLOEXEC)
    try #require(other >= 0)
    var size = winsize(ws_row: 40, ws_col: 100, ws_xpixel: 0, ws_ypixel: 0)
    _ = ioctl(main, UInt(TIOCSWINSZ), &size)
    return (main, FileHandle(fileDescriptor: other, closeOnDealloc: true))
  }

  /// The next line of the standard output; nil at its end.
  func nextLine() async -> String? {
    let lines = self.lines ?? startReading()
    self.lines = lines
    for await line in lines { return line }
    return nil
  }

  /// A thread of its own reads, because a read blocks, and because some tests want nothing read until they say so.
  private func startReading() -> AsyncStream<String> {
    let (stream, continuation) = AsyncStream.makeStream(of: String.self)
    let (reading, isClosed) = (reading, isClosed)
    let thread = Thread {
      var unread: [UInt8] = []
      var part = [UInt8](repeating: 0, count: 65_536)
      // Not `FileHandle`, which waits until it has as much as it may read. The end of a terminal is an error to whoever reads the other side.
      while case let count = read(reading, &part, part.count), count > 0, !isClosed.value.load(ordering: .relaxed) {
        unread += part[..<count]
        while let end = unread.firstIndex(of: 10) {
          continuation.yield(String(decoding: unread[..<end], as: UTF8.self))
          unread.removeSubrange(...end)
        }
      }
      close(reading)
      continuation.finish()
    }
    thread.start()
    return stream
  }

  /// The next JSON line with these values; its absence is a failed requirement.
  func next(_ values: [String: String]) async throws -> [String: Any] {
    while let line = await nextLine() {
      guard let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] else { continue }
      if values.allSatisfy({ object[$0] as? String == $1 }) { return object }
    }
    throw NoSuchLine(values: values, errors: errors())
  }

  struct NoSuchLine: Error {
    var values: [String: String]
    var errors: String
  }

  var identifier: Int32 { process.processIdentifier }

  func send(_ signal: Int32) {
    kill(process.processIdentifier, signal)
  }

  /// As a reader such as `head` does that has enough: at the next line of the program.
  func closeOutput() {
    isClosed.value.store(true, ordering: .relaxed)
  }

  func end() async -> End {
    for await _ in ends {}
    watchdog.isAwake.withLock { $0 = false }
    return End(status: process.terminationStatus, isBySignal: process.terminationReason == .uncaughtSignal)
  }

  /// What it said on the standard error, to its end.
  func errors() -> String {
    let data = (try? errorsPipe.fileHandleForReading.readToEnd()) ?? nil
    return String(decoding: data ?? Data(), as: UTF8.self)
  }
}
