internal import CLinux
internal import Glibc

/// How a thread that must be on time asks to be treated by the system, and what it got.
public struct ThreadScheduling: Equatable, Sendable {
  /// Who goes first when processors are short.
  public enum Policy: Equatable, Sendable {
    /// A thread like all others (`SCHED_OTHER`).
    case normal
    /// Ahead of all ordinary threads (`SCHED_FIFO`), with a priority of 1 to 99.
    case fifo(priority: Int)
  }

  /// Who goes first when processors are short.
  public var policy: Policy
  /// Whether the process stays in memory (`mlockall`), so that nothing on the way waits for a disk.
  public var isMemoryLocked: Bool
  /// Whether the processors are kept from sleeping deeply (`/dev/cpu_dma_latency` held at 0), which costs power and saves the time of waking up.
  public var keepsProcessorsAwake: Bool
  /// By how much the system may lengthen a sleep to save wake-ups, in nanoseconds; nil where it does not say.
  public var timerSlackNanoseconds: Int?

  /// A wish, or what came of it; see the properties.
  public init(
    policy: Policy = .normal, isMemoryLocked: Bool = false, keepsProcessorsAwake: Bool = false,
    timerSlackNanoseconds: Int? = 1
  ) {
    self.policy = policy
    self.isMemoryLocked = isMemoryLocked
    self.keepsProcessorsAwake = keepsProcessorsAwake
    self.timerSlackNanoseconds = timerSlackNanoseconds
  }

  /// All that helps: needs the capabilities `CAP_SYS_NICE` and `CAP_IPC_LOCK` (or limits `rtprio` and `memlock`), and the right to `/dev/cpu_dma_latency`.
  public static let realTime = ThreadScheduling(
    policy: .fifo(priority: 50), isMemoryLocked: true, keepsProcessorsAwake: true)

  /// Asks for it for the calling thread, and the rest for the process.
  ///
  /// - Returns: what was granted, and the descriptor that keeps the processors awake for as long as it is open.
  func apply() -> (granted: ThreadScheduling, latency: CInt?) {
    var granted = ThreadScheduling(timerSlackNanoseconds: nil)
    if let slack = timerSlackNanoseconds { _ = CLinuxSetTimerSlack(UInt(max(1, slack))) }
    let slack = CLinuxTimerSlack()
    if slack >= 0 { granted.timerSlackNanoseconds = Int(slack) }
    if isMemoryLocked { granted.isMemoryLocked = CLinuxLockMemory() == 0 }
    if case .fifo(let priority) = policy {
      var parameters = sched_param()
      parameters.sched_priority = CInt(min(max(priority, 1), 99))
      if pthread_setschedparam(pthread_self(), SCHED_FIFO, &parameters) == 0 { granted.policy = policy }
    }
    var latency: CInt?
    if keepsProcessorsAwake {
      let descriptor = open("/dev/cpu_dma_latency", O_WRONLY | O_CLOEXEC)
      var most: Int32 = 0
      if descriptor >= 0, write(descriptor, &most, 4) == 4 {
        latency = descriptor
        granted.keepsProcessorsAwake = true
      } else if descriptor >= 0 {
        close(descriptor)
      }
    }
    return (granted, latency)
  }
}
