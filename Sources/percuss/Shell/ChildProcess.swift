import Foundation

/// A command that runs as a child of this program, in its foreground, and dies with it.
///
/// The child is in this program's own process group: what is typed at the terminal (Ctrl-C, Ctrl-Z) reaches both, as in a shell. Signals that others
/// send to this program are passed on. Used from the main thread only, and from the beginning of the program: the signals that are waited
/// for have to be blocked before any other thread starts.
struct ChildProcess {
  /// What is waited for, and kept from ending this program.
  private static let signals = [SIGCHLD, SIGINT, SIGTERM, SIGHUP, SIGQUIT]

  private let identifier: pid_t

  /// Has this thread, and all that start later, take none of the signals that ``wait()`` takes.
  static func prepare() {
    var set = signalSet(signals)
    pthread_sigmask(SIG_BLOCK, &set, nil)
  }

  /// The file that the command's name stands for, searched as a shell does.
  ///
  /// - Throws: a failure with status 127 when there is none, 126 when it cannot be executed: what shells answer.
  static func executable(named name: String, path: String?) throws -> String {
    let folders = (path ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":", omittingEmptySubsequences: false)
    let candidates = name.contains("/") ? [name] : folders.map { $0.isEmpty ? "./\(name)" : "\($0)/\(name)" }
    var isFound = false
    for candidate in candidates where !name.isEmpty {
      var status = stat()
      guard stat(candidate, &status) == 0 else { continue }
      isFound = true
      if status.st_mode & S_IFMT == S_IFREG, access(candidate, X_OK) == 0 { return candidate }
    }
    throw isFound
      ? CommandFailure(
        .cannotExecute,
        "percuss shell: “\(name)” cannot be executed: it is a directory, or lacks the permission (chmod +x)")
      : CommandFailure(.commandNotFound, "percuss shell: “\(name)”: command not found")
  }

  /// Starts the command.
  ///
  /// setpriv(1) has the kernel kill it when this program ends, however that ends, and then becomes the command.
  init(_ file: String, _ arguments: [String], environment: [String: String]) throws {
    let wrapper = "/usr/bin/setpriv"
    guard access(wrapper, X_OK) == 0 else {
      throw CommandFailure(.noDevice, "percuss shell: \(wrapper) is missing; install the package util-linux")
    }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = Self.signalSet([])
    // This program ignores SIGPIPE; a command expects the default.
    var defaults = Self.signalSet(Self.signals + [SIGPIPE])
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &defaults)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    let words = [wrapper, "--pdeathsig", "KILL", "--", file] + arguments
    var argv: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0)=\($1)") } + [nil]
    defer { for pointer in argv + variables { free(pointer) } }
    var child = pid_t()
    let status = posix_spawn(&child, wrapper, nil, &attributes, &argv, &variables)
    guard status == 0 else {
      throw CommandFailure(.internalFault, "percuss shell: “\(file)” could not be started: \(systemMessage(status))")
    }
    identifier = child
  }

  /// Waits for the end of the command, however long it takes, and passes on the signals that this program gets meanwhile.
  ///
  /// - Returns: its exit status; 128 and the number of the signal when one ended it, as in a shell.
  func wait() -> Int32 {
    var set = Self.signalSet(Self.signals)
    while true {
      var status: Int32 = 0
      let ended = waitpid(identifier, &status, WNOHANG)
      if ended == identifier { return Self.exitStatus(status) }
      guard ended == 0 || errno == EINTR else { return ExitStatus.internalFault.rawValue }
      var information = siginfo_t()
      let signal = sigwaitinfo(&set, &information)
      // The terminal sends its signals to the whole foreground group; the command has had them.
      let isFromTerminal = information.si_code > 0
      if signal > 0, signal != SIGCHLD, !isFromTerminal { kill(identifier, signal) }
    }
  }

  private static func exitStatus(_ status: Int32) -> Int32 {
    let signal = status & 0x7F
    return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
  }

  private static func signalSet(_ signals: [Int32]) -> sigset_t {
    var set = sigset_t()
    sigemptyset(&set)
    for signal in signals { sigaddset(&set, signal) }
    return set
  }
}
