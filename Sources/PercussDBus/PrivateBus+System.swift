internal import Glibc

/// What a private bus needs of the system: a process, pipes, a folder.
extension PrivateBus {
  /// Both ends of a pipe (two sockets, which Linux can close on exec from the beginning); closed with it unless they are taken.
  final class Pipe {
    let reading: CInt
    private(set) var writing: CInt

    init?() {
      var ends: [CInt] = [-1, -1]
      guard unsafe socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
        return nil
      }
      reading = ends[0]
      writing = ends[1]
    }

    deinit {
      close(reading)
      closeWriting()
    }

    func closeWriting() {
      if writing >= 0 { close(writing) }
      writing = -1
    }

    func takeWriting() -> CInt {
      defer { writing = -1 }
      return writing
    }
  }

  /// Starts a program in a session of its own, so that a Ctrl-C in the terminal is not for it. Nil when the system does not.
  static func spawn(
    _ program: String, _ arguments: [String], descriptors: [(ours: CInt, its: CInt)]
  ) -> pid_t? {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    for (ours, its) in descriptors { unsafe posix_spawn_file_actions_adddup2(&actions, ours, its) }
    var attributes = posix_spawnattr_t()
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    unsafe sigemptyset(&signals)
    unsafe posix_spawnattr_setsigmask(&attributes, &signals)
    unsafe sigfillset(&signals)
    unsafe posix_spawnattr_setsigdefault(&attributes, &signals)
    // POSIX_SPAWN_SETSID, which Swift's Glibc leaves out.
    let newSession: CInt = 0x80
    unsafe posix_spawnattr_setflags(&attributes, Int16(newSession | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    var texts: [UnsafeMutablePointer<CChar>?] = unsafe arguments.map { unsafe strdup($0) } + [nil]
    defer { unsafe texts.forEach { unsafe free($0) } }
    var process: pid_t = 0
    let status = unsafe posix_spawn(&process, program, &actions, &attributes, &texts, environ)
    return status == 0 ? process : nil
  }

  /// The first lines that come from a descriptor; fewer when it ends before, or at the time limit.
  static func readLines(_ count: Int, from descriptor: CInt, within limit: Duration) -> [String] {
    let end = ContinuousClock.now + limit
    var text: [UInt8] = []
    while text.count(where: { $0 == UInt8(ascii: "\n") }) < count {
      let left = (end - ContinuousClock.now) / .milliseconds(1)
      var wanted = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      guard left > 0, text.count < 4_096, unsafe poll(&wanted, 1, CInt(left) + 1) > 0 else { break }
      var bytes = [UInt8](repeating: 0, count: 512)
      let read = unsafe read(descriptor, &bytes, bytes.count)
      guard read > 0 else { break }
      text += bytes.prefix(read)
    }
    return text.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
  }

  static var usualFolders: [String] {
    ["XDG_RUNTIME_DIR", "TMPDIR"].compactMap(environment) + ["/tmp"]
  }

  private static func environment(_ name: String) -> String? {
    unsafe getenv(name).map { unsafe String(cString: $0) }
  }

  /// A new folder that only this user can enter, in the first of the folders that takes one.
  static func makeFolder(in parents: [String]) throws(DBusFailure) -> String {
    for parent in parents where parent.utf8.first == UInt8(ascii: "/") {
      let path = unsafe "\(parent)/percuss-bus-XXXXXX".withCString { template -> String? in
        guard let copy = unsafe strdup(template) else { return nil }
        defer { unsafe free(copy) }
        return unsafe mkdtemp(copy).map { unsafe String(cString: $0) }
      }
      if let path { return path }
    }
    throw .unreachable(
      address: "dbus-daemon", reason: "no folder can be made in \(parents.joined(separator: ", ")); set TMPDIR")
  }

  static func removeFolder(_ folder: String) {
    for name in ["bus.conf", "log", "socket"] { unsafe unlink("\(folder)/\(name)") }
    unsafe rmdir(folder)
  }

  static func write(_ text: String, to path: String) -> Bool {
    guard let file = unsafe fopen(path, "we") else { return false }
    let written = unsafe fputs(text, file)
    return unsafe fclose(file) == 0 && written >= 0
  }

  /// What keeps a daemon from listening at the path; dbus-daemon would take the place of another one that listens there.
  static func obstacle(at path: String) -> String? {
    var status = stat()
    guard unsafe lstat(path, &status) == 0 else { return nil }
    guard status.st_mode & S_IFMT == S_IFSOCK else {
      return "what is there is no socket; choose another place"
    }
    return listens(at: path) ? "something listens there already; stop it, or choose another place" : nil
  }

  /// Whether somebody listens at the path of a socket.
  private static func listens(at path: String) -> Bool {
    let descriptor = socket(
      AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { place in
      for (index, byte) in path.utf8.prefix(place.count - 1).enumerated() { unsafe place[index] = byte }
    }
    return unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { target in
        // One whose queue is full says "again".
        unsafe connect(descriptor, target, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0 || errno == EAGAIN
      }
    }
  }

  /// The beginning of a file.
  static func readFile(_ path: String) -> String? {
    guard let file = unsafe fopen(path, "re") else { return nil }
    defer { unsafe fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 4_096)
    let count = unsafe fread(&bytes, 1, bytes.count, file)
    return String(decoding: bytes.prefix(count), as: UTF8.self)
  }

  /// The path of a program, as the shell finds it.
  static func find(_ program: String) -> String? {
    let folders = (environment("PATH") ?? "/usr/bin:/bin").split(separator: ":")
    return folders.map { "\($0)/\(program)" }.first { unsafe access($0, X_OK) == 0 }
  }
}
