import Foundation
import PercussClient
import PercussRoutine
import PercussTime

/// What this host is like, for the report of a run.
enum HostEnvironment {
  /// The environment of the calling thread: in real time that of the timeline, which sends the commands.
  static func ofThisThread() -> RunEnvironment {
    var parameters = sched_param()
    // The kernel may add SCHED_RESET_ON_FORK to the policy.
    let policy = sched_getscheduler(0) & 0xFFFF
    // The kernel shows the slack of a thread only where its number stands for a process.
    let link = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/thread-self")
    let thread = link?.split(separator: "/").last
    let isFIFO = policy == SCHED_FIFO && sched_getparam(0, &parameters) == 0
    return RunEnvironment(
      kernel: kernel, processors: processors, sender: .timeline,
      scheduling: isFIFO ? .fifo : .normal, priority: isFIFO ? Int(parameters.sched_priority) : nil,
      timerSlackNanoseconds: thread.flatMap { text(of: "/proc/\($0)/timerslack_ns") }.flatMap { Int64($0) },
      // Only the deadline thread locks the program's memory.
      isMemoryLocked: false)
  }

  /// The environment where a thread of its own sends the commands, with what it was granted.
  static func sending(by thread: DeadlineThread) -> RunEnvironment {
    let granted = thread.scheduling
    var priority: Int?
    if case .fifo(let granted) = granted.policy { priority = granted }
    return RunEnvironment(
      kernel: kernel, processors: processors, sender: .deadlineThread,
      scheduling: priority == nil ? .normal : .fifo, priority: priority,
      timerSlackNanoseconds: granted.timerSlackNanoseconds.map(Int64.init), isMemoryLocked: granted.isMemoryLocked)
  }

  /// Who it was in the end: where there is no descriptor just then, the timeline sends.
  static func sender(of writes: TimedWrites) -> RunEnvironment.Sender {
    writes.byThread == 0 ? .timeline : writes.byTimeline == 0 ? .deadlineThread : .both
  }

  private static var kernel: String { text(of: "/proc/sys/kernel/osrelease") ?? "unknown" }
  private static var processors: Int { ProcessInfo.processInfo.activeProcessorCount }

  private static func text(of file: String) -> String? {
    guard let text = try? String(contentsOfFile: file, encoding: .utf8) else { return nil }
    let line = text.trimmingCharacters(in: .whitespacesAndNewlines)
    return line.isEmpty ? nil : line
  }
}
