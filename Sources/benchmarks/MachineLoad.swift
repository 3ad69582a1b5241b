import Foundation
import Synchronization

/// What else the machine does meanwhile.
enum MachineCondition {
  case idle
  /// A process without end on each processor.
  case loaded
  /// Every thread of Swift's shared pool is busy.
  case poolSaturated
}

/// Keeps the machine busy until it is ended.
final class MachineLoad {
  private var processes: [Process] = []
  private let isOver = Flag()

  private final class Flag: Sendable {
    let value = Atomic(false)
  }

  init(_ condition: MachineCondition) {
    let processors = ProcessInfo.processInfo.activeProcessorCount
    switch condition {
    case .idle: break
    case .loaded:
      for _ in 0..<processors {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", "while :; do :; done"]
        if (try? process.run()) != nil { processes.append(process) }
      }
    case .poolSaturated:
      for _ in 0..<processors * 4 {
        Task.detached { [isOver] in while !isOver.value.load(ordering: .relaxed) {} }
      }
    }
  }

  func end() {
    isOver.value.store(true, ordering: .relaxed)
    for process in processes {
      process.terminate()
      process.waitUntilExit()
    }
  }
}
