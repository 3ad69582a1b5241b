internal import Glibc
internal import Synchronization

/// A dbus-daemon of its own, for tests and for virtual devices: everybody of this user may connect, own every name and talk to everybody; descriptors pass.
///
/// It ends with ``stop()``, and with this process however that ends: its keeper, a shell, waits for the end of a pipe that this process holds, and then ends the
/// daemon and removes its folder. Its socket is removed by the daemon itself, when it ends.
///
/// ```swift
/// let bus = try PrivateBus.start()
/// defer { bus.stop() }
/// let connection = try await BusConnection.open(bus.address, on: timeline)
/// ```
public final class PrivateBus: Sendable {
  /// Where it listens.
  public let address: BusAddress
  /// Its private folder, which is removed with it.
  public let folder: String
  /// The number of the daemon's process; to kill it in a test of what happens then.
  public let process: Int32

  private struct Keeper {
    let process: pid_t
    /// The keeper ends the daemon when this is closed.
    let lifeline: CInt
  }

  private let keeper: Mutex<Keeper?>
  private static let startLimit = Duration.seconds(5)

  private init(address: BusAddress, folder: String, process: pid_t, keeper: Keeper) {
    self.address = address
    self.folder = folder
    self.process = process
    self.keeper = Mutex(keeper)
  }

  deinit {
    stop()
  }

  /// Starts the daemon and blocks until it listens, at most 5 s.
  ///
  /// - Parameters:
  ///   - folder: where its private folder is made; nil for `XDG_RUNTIME_DIR`, else `TMPDIR`, else `/tmp`, whichever can be written first.
  ///   - socket: where it listens instead of in its private folder; then every user may connect who can reach that place. A socket on which nobody
  ///     listens any more gives way; anything else that is there stays, and the bus does not start.
  /// - Throws: ``DBusFailure/unreachable(address:reason:)`` when there is no dbus-daemon, naming the Debian package, or when it does not start.
  public static func start(
    folder parent: String? = nil, socket: String? = nil
  ) throws(DBusFailure) -> PrivateBus {
    guard let program = Self.find("dbus-daemon") else {
      throw .unreachable(
        address: "dbus-daemon", reason: "there is no such program on PATH; install it with: apt-get install dbus-daemon"
      )
    }
    let folder = try makeFolder(in: parent.map { [$0] } ?? Self.usualFolders)
    do {
      return try start(program, in: folder, socket: socket)
    } catch {
      removeFolder(folder)
      throw error
    }
  }

  private static func start(
    _ program: String, in folder: String, socket: String?
  ) throws(DBusFailure) -> PrivateBus {
    let path = socket ?? "\(folder)/socket"
    let address = BusAddress(path: path)
    func failure(_ reason: String) -> DBusFailure { .unreachable(address: address.description, reason: reason) }
    guard path.utf8.count <= 107 else {
      throw failure(
        "a socket's path has at most 107 bytes; \(socket == nil ? "set TMPDIR to a shorter one" : "choose a shorter one")"
      )
    }
    if let obstacle = obstacle(at: path) { throw failure(obstacle) }
    guard write(configuration(address, admitsEveryone: socket != nil), to: "\(folder)/bus.conf") else {
      throw failure("\(folder)/bus.conf cannot be written")
    }
    guard let lifeline = Pipe(), let report = Pipe() else { throw failure("the system gave no pipe; see ulimit -n") }
    guard
      let shell = spawn(
        "/bin/sh", ["sh", "-c", keeperScript, "sh", folder, program],
        descriptors: [(lifeline.reading, 0), (report.writing, 3)])
    else { throw failure("the system did not start /bin/sh") }
    let keeper = Keeper(process: shell, lifeline: lifeline.takeWriting())
    report.closeWriting()
    // The daemon's address, once it listens, and the number of its process.
    let lines = readLines(2, from: report.reading, within: startLimit)
    guard lines.count == 2, let process = lines.lazy.compactMap({ pid_t($0) }).first else {
      // The folder goes with the keeper.
      let said = (readFile("\(folder)/log") ?? "").split(separator: "\n").last.map(String.init)
      end(keeper)
      throw failure("\(program) did not start: \(said ?? "it said nothing for \(startLimit)")")
    }
    return PrivateBus(address: address, folder: folder, process: process, keeper: keeper)
  }

  /// Ends the daemon and removes its folder; blocks until it has, at most 5 s. May be called more than once.
  public func stop() {
    guard let keeper = keeper.withLock({ $0.take() }) else { return }
    Self.end(keeper)
    Self.removeFolder(folder)
  }

  private static func end(_ keeper: Keeper) {
    close(keeper.lifeline)
    var status: CInt = 0
    for _ in 0..<2_500 {
      let ended = unsafe waitpid(keeper.process, &status, WNOHANG)
      if ended != 0, errno != EINTR || ended > 0 { return }
      usleep(2_000)
    }
    // The keeper leads a session of its own, with the daemon in it.
    kill(-keeper.process, SIGKILL)
    unsafe waitpid(keeper.process, &status, 0)
  }

  /// $1 is the folder, $2 the daemon. Only the daemon keeps descriptor 3; `read` returns when the owner is gone. The socket is left to the daemon: one that
  /// is there after its end belongs to somebody else.
  private static let keeperScript = """
    "$2" --config-file="$1/bus.conf" --nofork --nopidfile --print-address=3 </dev/null >"$1/log" 2>&1 &
    daemon=$!
    echo $daemon >&3
    exec 3>&-
    read -r nothing
    kill $daemon 2>/dev/null
    wait $daemon 2>/dev/null
    rm -f -- "$1/bus.conf" "$1/log" "$1/socket"
    rmdir -- "$1"
    """

  /// What the daemon takes in one message: a little more than what ``BusConnection`` sends, which counts no header. Whoever sends more is disconnected.
  private static let messageBytes = BusConnection.Limits().messageBytes + (1 << 20)
  /// What it keeps for a client that does not read; then calls of it fail, and signals are lost to it.
  private static let bytesForOneClient = 32 << 20
  /// What it keeps of one client for all others before it stops reading from it. Many times the former, so that clients that do not read
  /// do not hold up the one that they listen to.
  private static let bytesOfOneClient = 1 << 30

  private static func configuration(_ address: BusAddress, admitsEveryone: Bool) -> String {
    """
    <!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
     "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
    <busconfig>
      <type>session</type>
      <listen>\(address)</listen>
      <auth>EXTERNAL</auth>
      <policy context="default">
        <allow send_destination="*"/>
        <allow receive_sender="*"/>
        <allow own="*"/>\(admitsEveryone ? "<allow user=\"*\"/>" : "")
      </policy>
      <limit name="max_incoming_bytes">\(bytesOfOneClient)</limit>
      <limit name="max_outgoing_bytes">\(bytesForOneClient)</limit>
      <limit name="max_message_size">\(messageBytes)</limit>
      <limit name="max_message_unix_fds">64</limit>
      <limit name="max_completed_connections">10000</limit>
      <limit name="max_incomplete_connections">1000</limit>
      <limit name="max_connections_per_user">10000</limit>
      <limit name="max_names_per_connection">50000</limit>
      <limit name="max_match_rules_per_connection">50000</limit>
      <limit name="max_replies_per_connection">50000</limit>
    </busconfig>
    """
  }
}
