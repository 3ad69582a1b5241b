internal import Dispatch
internal import Glibc
internal import Synchronization

/// A file that is written by a thread of its own: whoever has the bytes never waits for a disk, or for the reader of a pipe.
///
/// What is handed over is written at once, so that a program that is killed leaves what it had. At most ``limit`` bytes wait; what comes while there is no
/// room for it is refused. When the file cannot be written any more, as on a full disk, nothing more is taken, and what is there ends with a whole record.
final class BackgroundFile: Sendable {
  /// How many bytes wait at most.
  static let limit = 4 << 20
  /// How long the end waits for what is not written yet, in seconds: a pipe that nobody reads keeps no program from ending.
  static let patience = 10

  enum Acceptance {
    case taken
    /// Too much waits already.
    case full
    /// The file has ended.
    case ended
  }

  private struct State {
    var waiting: [UInt8] = []
    /// What is being written; it waits too.
    var underWay = 0
    var isWriting = false
    var failure: CInt?
    /// The end was waited for in vain.
    var isGivenUp = false
  }

  private let descriptor: CInt
  private let isRegular: Bool
  private let waits: Bool
  private let state = Mutex(State())
  private let queue = DispatchQueue(label: "percuss.recording")
  private let onFailure: @Sendable (_ reason: String) -> Void

  /// Creates the file; what it held is gone. A named pipe must have its reader already: nobody waits for one.
  ///
  /// - Parameters:
  ///   - waits: whether the caller waits until its bytes are written, and none are refused. For virtual time, where nothing is late.
  ///   - onFailure: called once, on another thread, when the file cannot be written any more.
  /// - Throws: ``RecordingError``.
  init(_ path: String, waits: Bool, onFailure: @escaping @Sendable (_ reason: String) -> Void) throws(RecordingError) {
    descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NONBLOCK, 0o666)
    guard descriptor >= 0 else {
      let number = errno
      throw RecordingError(
        reason: number == ENXIO ? "it is a pipe that nobody reads; start its reader first" : Self.text(number))
    }
    var status = stat()
    isRegular = unsafe fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    self.waits = waits
    self.onFailure = onFailure
  }

  deinit { close(descriptor) }

  /// Hands whole records over.
  func offer(_ records: [UInt8]) -> Acceptance {
    let (acceptance, isIdle): (Acceptance, Bool) = state.withLock { state in
      guard state.failure == nil else { return (.ended, false) }
      guard waits || state.waiting.count + state.underWay + records.count <= Self.limit else { return (.full, false) }
      state.waiting += records
      defer { state.isWriting = true }
      return (.taken, !state.isWriting)
    }
    guard isIdle else { return acceptance }
    if waits { writeAll() } else { queue.async { [self] in writeAll() } }
    return acceptance
  }

  /// Waits until everything is written, at most ``patience`` seconds.
  ///
  /// - Returns: why it is not all there; nil when it is.
  func finish() -> String? {
    let group = DispatchGroup()
    queue.async(group: group) {}
    let patience = state.withLock { $0.isGivenUp } ? 0 : Self.patience
    guard group.wait(timeout: .now() + .seconds(patience)) == .success else {
      state.withLock { $0.isGivenUp = true }
      return "it takes nothing any more; what waited for \(Self.patience) s is not in it"
    }
    return state.withLock { $0.failure }.map(Self.text)
  }

  private func writeAll() {
    while true {
      let chunk: [UInt8] = state.withLock { state in
        defer { state.waiting = [] }
        state.underWay = state.waiting.count
        if state.waiting.isEmpty { state.isWriting = false }
        return state.waiting
      }
      guard !chunk.isEmpty else { return }
      guard let failure = write(chunk) else { continue }
      state.withLock { state in
        state.failure = failure
        state.waiting = []
      }
      return onFailure(Self.text(failure))
    }
  }

  /// - Returns: the number of the error that kept some of it out of the file.
  private func write(_ chunk: [UInt8]) -> CInt? {
    var written = 0
    while written < chunk.count {
      let count = unsafe chunk[written...].withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count >= 0 {
        written += count
      } else if errno == EAGAIN {
        var room = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        unsafe poll(&room, 1, -1)
      } else if errno != EINTR {
        let failure = errno
        if isRegular { endWithWholeRecord(chunk, written) }
        return failure
      }
    }
    return nil
  }

  /// Takes the beginning of a record out of the file again.
  private func endWithWholeRecord(_ chunk: [UInt8], _ written: Int) {
    let position = lseek(descriptor, 0, SEEK_CUR)
    let surplus = written - BTSnoopWriter.wholeRecords(in: chunk, upTo: written)
    guard position >= 0, surplus > 0 else { return }
    ftruncate(descriptor, position - off_t(surplus))
  }

  private static func text(_ number: CInt) -> String { unsafe String(cString: strerror(number)).lowercased() }
}

/// Why a recording cannot begin.
public struct RecordingError: Error, CustomStringConvertible {
  let reason: String

  /// The system's words.
  public var description: String { reason }
}
