public import PercussTime
internal import Synchronization

/// A capture that is being written: a btsnoop file of the Linux monitor (data link 2001), which Wireshark, btmon and ``CaptureReader`` open.
///
/// ```swift
/// let recording = try CaptureRecording("run.btsnoop", by: "percuss 0.1.0", clock: .virtual, at: .zero, waits: true) { sayError($0) }
/// let link = await RecordedLink.begin(over: link, into: recording, to: .madeUpDevice)
/// let summary = recording.finish()
/// ```
///
/// Several links and devices may write to it, from any thread; their records come in the order of the calls. Nobody waits for the disk:
/// what there is no room for, at most 4 MiB being kept, is lost, and the records behind it say how many were.
public final class CaptureRecording: Sendable {
  /// What became of a recording.
  public struct Summary: Sendable {
    /// Records in the file.
    public var records: Int
    /// Records for which there was no room.
    public var lost: Int
    /// Values that no record could be made of.
    public var leftOut: Int
    /// Why the file is not whole; nil when it is.
    public var failure: String?
  }

  private struct State {
    var log: MonitorLog
    var taken = 0
    var leftOut = 0
    var controllers: [CapturedAddress: UInt16] = [:]
    var connections: UInt16 = 0
  }

  private let state: Mutex<State>
  private let file: BackgroundFile

  /// Creates the file, with a note of who wrote it.
  ///
  /// - Parameters:
  ///   - program: name and version of it.
  ///   - waits: whether those who record wait until it is written; for virtual time, where equal runs are equal files.
  ///   - onFailure: told once, on another thread, when the file cannot be written any more; recording ends then, and nothing else does.
  /// - Throws: ``RecordingError`` when the file cannot be created.
  public init(
    _ path: String, by program: String, note: String = CaptureRecording.reconstructionNote, clock: RecordingClock,
    at instant: MonotonicInstant, waits: Bool, onFailure: @escaping @Sendable (_ reason: String) -> Void
  ) throws(RecordingError) {
    file = try BackgroundFile(path, waits: waits, onFailure: onFailure)
    state = Mutex(State(log: MonitorLog(clock: clock)))
    record { log in log.note("recorded by \(program): \(note)", at: instant) }
  }

  /// What is said in a recording of links.
  public static let reconstructionNote =
    "values and instants as its links had them; handles, discovery, ATT_MTU exchange, parts of long values, confirmations and HCI reconstructed"

  /// Makes records, and has them written.
  public func record<Success: Sendable>(_ body: (inout MonitorLog) -> Success) -> Success {
    state.withLock { state in
      let before = state.log.count
      let result = body(&state.log)
      let bytes = state.log.take()
      guard !bytes.isEmpty else { return result }
      switch file.offer(bytes) {
      case .taken: state.taken += state.log.count - before
      case .full: state.log.lost += state.log.count - before
      // What is in the file is counted no further.
      case .ended: break
      }
      return result
    }
  }

  /// How many records were taken so far.
  public var count: Int { state.withLock { $0.taken } }

  /// Counts what no record could be made of.
  func leaveOut(_ count: Int) { state.withLock { $0.leftOut += count } }

  /// Packets that were lost before they could be recorded: the records behind them say so.
  public func lose(_ count: Int) { state.withLock { $0.log.lost += count } }

  /// The number of the adapter with that address, which is made known when it is new.
  func controller(_ address: CapturedAddress, at instant: MonotonicInstant) -> UInt16 {
    let (number, isNew): (UInt16, Bool) = state.withLock { state in
      if let known = state.controllers[address] { return (known, false) }
      let number = UInt16(clamping: state.controllers.count)
      state.controllers[address] = number
      return (number, true)
    }
    if isNew { record { $0.controller(number, address, at: instant) } }
    return number
  }

  /// A handle for a connection: 1 to 0xEFF (Core Vol 4 Part E 5.4.2), and from 1 again.
  func newHandle() -> UInt16 {
    state.withLock { state in
      state.connections = state.connections % 0xEFF &+ 1
      return state.connections
    }
  }

  /// Waits until the file is written, at most 10 s. What is recorded afterwards may be missing.
  public func finish() -> Summary {
    let failure = file.finish()
    return state.withLock { state in
      Summary(records: state.taken, lost: state.log.lost, leftOut: state.leftOut, failure: failure)
    }
  }
}

extension CapturedAddress {
  /// What stands for a host whose address is not known: one that RFC 9542 keeps for documentation.
  public static let madeUpHost = CapturedAddress(0x0000_5E00_5300, isRandom: false)

  /// What stands for the other end of a link where it has no address: a random static one.
  public static let madeUpPeer = CapturedAddress(0xC000_5E00_5301, isRandom: true)
}
